/* ledger.c: what was seen, what was billed, what went wrong: a ring of the last requests, and totals. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

totals sim_totals;
static entry *ring;
static size_t ring_size = 20000;
static uint64_t next_seq = 1;

#define MAX_VIOLATIONS 200
static struct { char what[96], bytes[400]; } violations[MAX_VIOLATIONS];

void ledger_size(size_t n) { ring_size = n; }

entry *ledger_add(void) {
    if (!ring)
        ring = sim_alloc(ring_size * sizeof *ring);
    entry *e = &ring[next_seq % ring_size];
    free(e->head);
    free(e->body);
    *e = (entry){.seq = next_seq++, .at_us = wall_us(), .first_us = -1, .end_us = -1, .rule = -1};
    return e;
}

entry *ledger_find(uint64_t seq) {
    entry *e = ring && seq ? &ring[seq % ring_size] : NULL;
    return e && e->seq == seq ? e : NULL;
}

void ledger_violation(const char *what, str bytes) {
    uint64_t i = sim_totals.violations++;
    if (i >= MAX_VIOLATIONS)
        return;
    snprintf(violations[i].what, sizeof violations[i].what, "%s", what);
    size_t n = bytes.n < sizeof violations[i].bytes - 1 ? bytes.n : sizeof violations[i].bytes - 1;
    for (size_t k = 0; k < n; k++) { /* printable, so that the report is JSON */
        unsigned char c = (unsigned char)bytes.p[k];
        violations[i].bytes[k] = c == '\n' || (c >= 0x20 && c < 0x7f) ? (char)c : '.';
    }
    violations[i].bytes[n] = 0;
}

void ledger_reset(void) {
    for (size_t i = 0; ring && i < ring_size; i++) {
        free(ring[i].head);
        free(ring[i].body);
        ring[i] = (entry){0};
    }
    memset(violations, 0, sizeof violations);
    sim_totals = (totals){.open = sim_totals.open};
}

static void number(cJSON *o, const char *name, int64_t v) { cJSON_AddNumberToObject(o, name, (double)v); }
static void text(cJSON *o, const char *name, const char *v) { cJSON_AddStringToObject(o, name, v); }

static cJSON *entry_json(const entry *e) {
    cJSON *o = cJSON_CreateObject();
    number(o, "seq", (int64_t)e->seq);
    number(o, "at_us", e->at_us);
    number(o, "connection", e->connection);
    number(o, "nth_on_connection", e->nth);
    text(o, "provider", e->provider);
    text(o, "path", e->path);
    text(o, "model", e->model);
    text(o, "request_id", e->request_id);
    text(o, "answer_id", e->answer_id);
    text(o, "key", e->key);
    cJSON_AddBoolToObject(o, "stream", e->stream);
    cJSON_AddBoolToObject(o, "done", e->done);
    cJSON_AddBoolToObject(o, "aborted", e->aborted);
    number(o, "status", e->status);
    number(o, "rule", e->rule);
    number(o, "first_us", e->first_us);
    number(o, "end_us", e->end_us);
    number(o, "prompt_tokens", e->prompt_tokens);
    number(o, "completion_tokens", e->completion_tokens);
    number(o, "billed_prompt", e->billed_prompt);
    number(o, "billed_completion", e->billed_completion);
    number(o, "sent", (int64_t)e->sent);
    if (e->refused[0])
        text(o, "refused", e->refused);
    if (e->head)
        text(o, "head", e->head);
    if (e->body)
        text(o, "body", e->body);
    return o;
}

cJSON *ledger_log(uint64_t since) {
    cJSON *list = cJSON_CreateArray();
    uint64_t first = next_seq > ring_size ? next_seq - ring_size : 1;
    for (uint64_t seq = since + 1 > first ? since + 1 : first; seq < next_seq; seq++)
        if (ledger_find(seq))
            cJSON_AddItemToArray(list, entry_json(ledger_find(seq)));
    return list;
}

cJSON *ledger_stats(void) {
    cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
    const totals *t = &sim_totals;
#define TOTAL(name) number(o, #name, (int64_t)t->name)
    TOTAL(requests), TOTAL(answered), TOTAL(errors), TOTAL(refused), TOTAL(aborted), TOTAL(violations), TOTAL(markers), TOTAL(connections),
        TOTAL(open);
    TOTAL(resets), TOTAL(bytes), TOTAL(billed_prompt), TOTAL(billed_completion);
    for (uint64_t i = 0; i < t->violations && i < MAX_VIOLATIONS; i++) {
        cJSON *v = cJSON_CreateObject();
        text(v, "what", violations[i].what);
        text(v, "bytes", violations[i].bytes);
        cJSON_AddItemToArray(list, v);
    }
    cJSON_AddItemToObject(o, "violation_list", list);
    cJSON_AddItemToObject(o, "rules", script_hits());
    return o;
}
