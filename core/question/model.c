/* question/model.c: opening a model, and judging by it (see model.h). What a file says is checked once, when it is opened. */
#include "question/model.h"

#include "base/arena.h"
#include "question/weigh.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS_LOG2_MAX 18
#define AHEAD          8 /* features whose entries are on their way from memory */

struct yz_model {
    yz_str bytes;
    bool mapped;
    yz_model_head head;
    yz_str labels[YZ_MODEL_LABELS_MAX];
    const uint8_t *entries;
    uint32_t mask;
};

/* ---- opening -------------------------------------------------------------------------------------------------------------- */

static const char *check_head(const yz_model_head *h, size_t n) {
    static const char magic[8] = YZ_MODEL_MAGIC_BYTES;
    if (memcmp(h->magic, magic, sizeof magic) != 0)
        return "it is not a model made by `yuzui train`";
    if (h->features != YZ_FEATURES_VERSION)
        return "it was made for another version of the features: train it again";
    if (h->n_labels < 2 || h->n_labels > YZ_MODEL_LABELS_MAX || h->slots_log2 < 1 || h->slots_log2 > SLOTS_LOG2_MAX ||
        h->stride < h->n_labels + 1 || h->stride > 32 || h->stride % 2 || !(h->scale > 0 && h->scale < 1e6f))
        return "its head is damaged";
    if (h->label_bytes > 4096 || n != sizeof *h + h->label_bytes + ((size_t)h->stride << h->slots_log2))
        return "it is cut off or damaged";
    return NULL;
}

static const char *read_labels(yz_model *m) {
    const char *p = m->bytes.p + sizeof m->head, *end = p + m->head.label_bytes;
    for (uint32_t i = 0; i < m->head.n_labels; i++) {
        const char *nul = memchr(p, 0, (size_t)(end - p));
        if (!nul || nul == p || nul - p > YZ_MODEL_LABEL_MAX)
            return "its labels are damaged";
        m->labels[i] = (yz_str){p, (size_t)(nul - p)};
        p = nul + 1;
    }
    return NULL;
}

/* A table without a free slot would be searched for ever. */
static bool has_free_slot(const yz_model *m) {
    for (uint32_t i = 0; i <= m->mask; i++)
        if (m->entries[i * m->head.stride] == 0 && m->entries[i * m->head.stride + 1] == 0)
            return true;
    return false;
}

yz_model *yz_model_of(yz_str bytes, const char **why) {
    yz_model_head head;
    *why = bytes.n < sizeof head ? "it is too short" : NULL;
    if (!*why) {
        memcpy(&head, bytes.p, sizeof head);
        *why = check_head(&head, bytes.n);
    }
    if (*why)
        return NULL;
    yz_model *m = yz_calloc(1, sizeof *m);
    m->bytes = bytes;
    m->head = head;
    m->entries = (const uint8_t *)bytes.p + sizeof head + head.label_bytes;
    m->mask = (1u << head.slots_log2) - 1;
    *why = read_labels(m);
    if (!*why && !has_free_slot(m))
        *why = "its table is full";
    if (!*why)
        return m;
    free(m);
    return NULL;
}

yz_model *yz_model_open(const char *path, const char **why) {
    struct stat st;
    yz_model *m = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *why = fd < 0 ? "it cannot be opened" : NULL;
    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > YZ_MODEL_BYTES_MAX))
        *why = "it is no file of at most 1 MiB";
    if (!*why) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (p == MAP_FAILED) {
            *why = "it cannot be mapped";
        } else if ((m = yz_model_of((yz_str){p, (size_t)st.st_size}, why))) {
            m->mapped = true;
        } else {
            munmap(p, (size_t)st.st_size);
        }
    }
    if (fd >= 0)
        close(fd);
    return m;
}

void yz_model_close(yz_model *m) {
    if (m && m->mapped)
        munmap((void *)(uintptr_t)m->bytes.p, m->bytes.n);
    free(m);
}

size_t yz_model_labels(const yz_model *m) { return m->head.n_labels; }
yz_str yz_model_label(const yz_model *m, size_t at) { return m->labels[at]; }

/* ---- judging -------------------------------------------------------------------------------------------------------------- */

/* The entry of a feature; NULL: the model does not know it, as of most. */
static const uint8_t *find(const yz_model *m, uint32_t hash, uint32_t stride) {
    uint16_t wanted = (uint16_t)(hash >> 16 | 1), tag;
    for (uint32_t slot = hash & m->mask;; slot = (slot + 1) & m->mask) {
        const uint8_t *e = m->entries + (size_t)slot * stride;
        memcpy(&tag, e, sizeof tag);
        if (tag == wanted)
            return e;
        if (tag == 0)
            return NULL;
    }
}

/* Adds the weights of every feature the model knows; returns how many those were. */
static unsigned add_weights(const yz_model *m, const yz_features *f, int32_t *sums) {
    unsigned known = 0, n = m->head.n_labels - 1;
    for (unsigned i = 0; i < f->n; i++) {
        if (i + AHEAD < f->n)
            __builtin_prefetch(m->entries + (size_t)(f->hash[i + AHEAD] & m->mask) * m->head.stride);
        const uint8_t *e = find(m, f->hash[i], m->head.stride);
        for (unsigned k = 0; e && k < n; k++)
            sums[k] += (int8_t)e[2 + k];
        known += e != NULL;
    }
    return known;
}

static unsigned add_all(const yz_model *m, const yz_features *f, int32_t *sums) {
    if (m->head.stride != 4 || m->head.n_labels != 3)
        return add_weights(m, f, sums);
    yz_weights w = yz_weigh(m->entries, m->mask, f);
    sums[0] = w.first;
    sums[1] = w.second;
    return w.known;
}

static void choose(const yz_model *m, const int32_t *sums, unsigned known, yz_judgement *out) {
    unsigned n = m->head.n_labels, best = n - 1, second = n - 1;
    double scale = known ? (double)m->head.scale / sqrt((double)known) : 0, total = 0;
    for (unsigned k = 0; k < n; k++)
        if (sums[k] > sums[best])
            best = k;
    second = best == n - 1 ? 0 : n - 1;
    for (unsigned k = 0; k < n; k++)
        if (k != best && sums[k] > sums[second])
            second = k;
    for (unsigned k = 0; k < n; k++)
        total += exp(scale * (sums[k] - sums[best]));
    out->label = best;
    out->second = second;
    out->probability = 1 / total;
    out->margin = (1 - exp(scale * (sums[second] - sums[best]))) / total;
}

/* ---- what else can be said -------------------------------------------------------------------------------------------------- */

static const char *language_of(const yz_shape *s) {
    if (s->cjk * 4 > s->chars)
        return "zh";
    return s->words ? "en" : "";
}

static bool is_code(const yz_shape *s) { return s->fence || (s->code_marks >= 6 && s->code_marks * 12 > s->chars); }

/* Length, mathematics, code and the number of parts, each up to a quarter. */
static double difficulty_of(const yz_tokens *t) {
    const yz_shape *s = &t->shape;
    double length = log2((double)s->bytes + 1) / 48, parts = (t->sentences + s->lines + s->question_marks) / 40.0;
    double mathematics = (s->numbers + 2.0 * s->operators + 2.0 * s->latex) / 40, code = is_code(s) ? 0.25 : 0;
    double sum = (length < 0.25 ? length : 0.25) + (parts < 0.25 ? parts : 0.25) + (mathematics < 0.25 ? mathematics : 0.25) + code;
    return sum;
}

void yz_model_judge(const yz_model *m, yz_str text, yz_judgement *out) {
    yz_tokens tokens;
    yz_features features;
    int32_t sums[YZ_MODEL_LABELS_MAX] = {0};
    yz_tokens_read(&tokens, yz_ask_of(text));
    yz_features_of(&features, &tokens);
    unsigned known = add_all(m, &features, sums);
    choose(m, sums, known, out);
    out->language = language_of(&tokens.shape);
    out->code = is_code(&tokens.shape);
    out->chars = tokens.shape.chars;
    out->difficulty = difficulty_of(&tokens);
}
