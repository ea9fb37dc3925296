/* anthropic/write_id.c: ids of tool calls in this dialect's alphabet.
 *
 * Others make ids like "functions.search:0", and some begin anew in each turn; this API wants letters, digits, "_" and "-", and no
 * id twice in a conversation. A foreign character becomes "_" and the id gets a hash of the original after it; the second call of an id
 * gets "_2". Results take the ids that the calls so named in the last turn were written with, the first result that of the first.
 */
#include "anthropic.h"

struct an_ids {
    struct seen {
        uint64_t hash;          /* 0: free */
        unsigned count, told;   /* calls; those of them that have their result, or are of an earlier turn */
        const yz_message *turn; /* the last that called so */
    } * slots;
    size_t mask;
};

an_ids *an_ids_new(const yz_chat *chat, yz_arena *arena) {
    size_t calls = 0, slots = 16;
    for (const yz_message *message = chat->messages; message; message = message->next)
        for (const yz_part *part = message->parts; part; part = part->next)
            calls += part->kind == YZ_PART_TOOL_CALL;
    while (slots < calls * 2)
        slots *= 2;
    an_ids *ids = yz_alloc(arena, sizeof(*ids));
    ids->slots = yz_alloc(arena, slots * sizeof(*ids->slots));
    ids->mask = slots - 1;
    return ids;
}

static uint64_t hash(yz_str s) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    h ^= h >> 29;
    return h ? h : 1;
}

/* The place of an id, or the free one where it would go. Clients choose ids, so a run of full slots is cut off: then two ids may
 * share a count, which the provider would tell them. */
static struct seen *find(const an_ids *ids, uint64_t h) {
    size_t at = (h * 0x9E3779B97F4A7C15u >> 20) & ids->mask;
    for (unsigned tries = 0; tries < 64 && ids->slots[at].hash && ids->slots[at].hash != h; tries++)
        at = (at + 1) & ids->mask;
    return &ids->slots[at];
}

static bool fits(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }

static void put(const an_writer *w, yz_str id, uint64_t h, unsigned count) {
    bool foreign = id.n == 0;
    yz_buf_char(w->out, '"');
    for (size_t i = 0; i < id.n; i++) {
        foreign |= !fits(id.p[i]);
        yz_buf_char(w->out, fits(id.p[i]) ? id.p[i] : '_');
    }
    if (foreign)
        yz_buf_printf(w->out, "_%08x", (unsigned)h);
    if (count > 1)
        yz_buf_printf(w->out, "_%u", count);
    yz_buf_char(w->out, '"');
}

void an_put_call_id(an_writer *w, yz_str id) {
    uint64_t h = hash(id);
    struct seen *seen = find(w->ids, h);
    if (seen->turn != w->turn)
        seen->told = seen->count;
    seen->hash = h;
    seen->turn = w->turn;
    put(w, id, h, ++seen->count);
}

void an_put_result_id(an_writer *w, yz_str id) {
    uint64_t h = hash(id);
    struct seen *seen = find(w->ids, h);
    if (seen->told < seen->count)
        seen->told++;
    put(w, id, h, seen->told);
}
