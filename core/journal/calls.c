/* journal/calls.c: the calls of a request: those that asked a provider, for its line; and the whole tree, to look at. */
#include "base/put.h"
#include "journal/inner.h"

/* ---- those that asked a provider ------------------------------------------------------------------------------------------- */

static void put_since(yz_buf *out, yz_str name, int64_t from, int64_t at) {
    if (at > 0)
        yz_field_number(out, name, (at - from) / 1000000);
}

static void put_outcome(yz_buf *out, const yz_record *r) {
    if (r->status > 0)
        yz_field_number(out, YZ_STR("status"), r->status);
    if (r->outcome == YZ_OUTCOME_FAILED) {
        yz_field_text(out, YZ_STR("error"), yz_str_of(yz_error_word(r->error)));
        yz_field_text(out, YZ_STR("said"), r->words);
    }
    if (r->outcome == YZ_OUTCOME_CANCELLED)
        yz_buf_str(out, YZ_STR(",\"cancelled\":true"));
}

/* A retry below a fallback's second model is a retry; the first call there is the fallback's. */
static yz_because because_of(const yz_record *r) {
    while (r->because == YZ_BECAUSE_FIRST && r->parent)
        r = r->parent;
    return r->because == YZ_BECAUSE_QUESTION ? YZ_BECAUSE_FIRST : r->because;
}

static void put_asked(yz_buf *out, const yz_record *r, int64_t started) {
    size_t at = out->n;
    yz_field_target(out, YZ_STR("target"), r->target);
    out->p[at] = '{'; /* for its comma */
    yz_because because = because_of(r);
    if (because != YZ_BECAUSE_FIRST)
        yz_field_text(out, YZ_STR("because"), yz_str_of(yz_journal_because_word(because)));
    put_outcome(out, r);
    if (r->key > 0)
        yz_field_number(out, YZ_STR("key"), r->key);
    if (!yz_record_attempt(r))
        yz_buf_str(out, YZ_STR(",\"shared\":true"));
    yz_field_number(out, YZ_STR("at_ms"), (r->asked - started) / 1000000);
    put_since(out, YZ_STR("connect_ms"), r->asked, r->connect);
    put_since(out, YZ_STR("sent_ms"), r->asked, r->sent);
    put_since(out, YZ_STR("first_ms"), r->asked, r->first);
    put_since(out, YZ_STR("content_ms"), r->asked, r->content);
    put_since(out, YZ_STR("last_ms"), r->asked, r->last);
    put_since(out, YZ_STR("ms"), r->asked, r->end);
    yz_buf_char(out, '}');
}

void yz_field_calls(yz_buf *out, const yz_record *from, int64_t started) {
    enum { MOST = 32 };
    const yz_record *question = yz_journal_question(from), *asked[MOST];
    size_t n = 0, left_out = 0;
    for (const yz_record *r = from; r; r = r->next) {
        if (r->asked == 0 || yz_journal_question(r) != question)
            continue;
        if (n == MOST) {
            left_out++;
            continue;
        }
        size_t at = n++;
        for (; at > 0 && asked[at - 1]->asked > r->asked; at--) /* a call stands before its earlier tries */
            asked[at] = asked[at - 1];
        asked[at] = r;
    }
    for (size_t i = 0; i < n; i++) {
        yz_buf_str(out, i == 0 ? YZ_STR(",\"calls\":[") : YZ_STR(","));
        put_asked(out, asked[i], started);
    }
    if (n > 0)
        yz_buf_char(out, ']');
    if (left_out > 0)
        yz_field_number(out, YZ_STR("calls_left_out"), (int64_t)left_out);
}

/* ---- the tree -------------------------------------------------------------------------------------------------------------- */

static void put_us(yz_buf *out, yz_str name, int64_t started, int64_t at) {
    if (at > 0)
        yz_field_number(out, name, (at - started) / 1000);
}

static void put_decisions(yz_buf *out, const yz_decision *decision) {
    const char *comma = "";
    if (!decision)
        return;
    yz_buf_lit(out, ",\"decisions\":[");
    for (; decision; decision = decision->earlier) {
        yz_buf_lit(out, comma);
        yz_buf_str(out, decision->failed ? YZ_STR("{\"failed\":true") : YZ_STR("{\"failed\":false"));
        yz_field_text(out, YZ_STR("policy"), decision->policy);
        if (!yz_str_eq(decision->chosen, decision->asked)) /* else it may be a name that nobody knows */
            yz_field_text(out, YZ_STR("chosen"), decision->chosen);
        yz_field_text(out, YZ_STR("reason"), decision->failed ? YZ_STR("") : decision->reason); /* why it failed is in the log */
        yz_buf_char(out, '}');
        comma = ",";
    }
    yz_buf_char(out, ']');
}

static void put_times(yz_buf *out, const yz_record *r, int64_t started) {
    put_us(out, YZ_STR("begin"), started, r->begin);
    put_us(out, YZ_STR("asked"), started, r->asked);
    put_us(out, YZ_STR("connect"), started, r->connect);
    put_us(out, YZ_STR("sent"), started, r->sent);
    put_us(out, YZ_STR("first"), started, r->first);
    put_us(out, YZ_STR("content"), started, r->content);
    put_us(out, YZ_STR("last"), started, r->last);
    put_us(out, YZ_STR("end"), started, r->end);
}

static void put_node(yz_buf *out, const yz_record *r, int64_t up, const yz_record *winner, int64_t started) {
    yz_buf_lit(out, "{\"stage\":");
    yz_buf_json_str(out, yz_str_of(r->stage));
    if (up >= 0)
        yz_field_number(out, YZ_STR("up"), up);
    yz_field_text(out, YZ_STR("because"), yz_str_of(yz_journal_because_word(r->because)));
    yz_field_text(out, YZ_STR("outcome"), yz_str_of(yz_journal_outcome_word(r->outcome)));
    if (r == winner)
        yz_buf_lit(out, ",\"answered\":true");
    put_outcome(out, r);
    if (r->target) { /* else its model may be one that nobody knows */
        yz_field_text(out, YZ_STR("model"), r->model);
        yz_field_target(out, YZ_STR("target"), r->target);
    }
    if (r->cache)
        yz_field_text(out, YZ_STR("cache"), yz_str_of(yz_journal_cache_word(r->cache)));
    if (r->usage) {
        yz_field_usage(out, r->usage);
        yz_field_text(out, YZ_STR("usage"), yz_str_of(yz_journal_source_word(r->source)));
    }
    put_decisions(out, r->decision);
    put_times(out, r, started);
    yz_buf_char(out, '}');
}

static int64_t place_of(const yz_record *root, const yz_record *wanted) {
    int64_t i = 0;
    for (const yz_record *r = root; r && wanted; r = r->next, i++)
        if (r == wanted)
            return i;
    return -1;
}

void yz_journal_put_tree(yz_buf *out, const yz_journal_entry *entry) {
    enum { MOST = 64 };
    const yz_record *winner = entry->record ? yz_record_answer(entry->record) : NULL;
    size_t n = 0;
    yz_buf_lit(out, ",\"tree\":[");
    for (const yz_record *r = entry->record; r && n < MOST; r = r->next, n++) {
        if (n > 0)
            yz_buf_char(out, ',');
        put_node(out, r, place_of(entry->record, r->parent), winner, entry->started);
    }
    yz_buf_char(out, ']');
}
