/* text.c: the text of an answer, which follows from the question. Shared with the load client, which checks it. */
#include "sim.h"

/* FNV-1a over "model\ntext". simlib.py computes the same. */
uint64_t answer_hash(const char *model, const char *text, size_t n) {
    uint64_t h = 14695981039346656037u;
    for (; *model; model++)
        h = (h ^ (unsigned char)*model) * 1099511628211u;
    h = (h ^ '\n') * 1099511628211u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 1099511628211u;
    return h;
}

/* A few of them need escaping or several bytes. */
static const char *const words[16] = {"river",  "levee", "split", "gate",  "\"sand\"", "鱼嘴", "dam\\weir", "🚀",
                                      "spring", "tide",  "fish",  "mouth", "line\nup", "ﬁeld", "canal",     "stone"};

void answer_text(uint64_t hash, int64_t n, buf *out) {
    buf_printf(out, "[%016llx]", (unsigned long long)hash);
    uint64_t x = hash;
    for (int64_t i = 0; i < n; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        buf_add(out, " ", 1);
        buf_adds(out, words[x >> 60]);
    }
    buf_printf(out, " [/%016llx]", (unsigned long long)hash);
}
