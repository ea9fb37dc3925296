/* journal/line.c: a request as a line of JSON. */
#include "base/put.h"
#include "base/word.h"
#include "journal/inner.h"

#include <yuzui/adapter.h>

/* ---- fields -------------------------------------------------------------------------------------------------------------- */

static void put_name(yz_buf *out, yz_str name) {
    char *p = yz_buf_room(out, name.n + 4);
    p[0] = ',';
    p[1] = '"';
    memcpy(p + 2, name.p, name.n);
    p[name.n + 2] = '"';
    p[name.n + 3] = ':';
    out->n += name.n + 4;
}

void yz_field_number(yz_buf *out, yz_str name, int64_t value) {
    put_name(out, name);
    yz_put_number(out, value < 0 ? 0 : (uint64_t)value, 10);
}

void yz_field_text(yz_buf *out, yz_str name, yz_str value) {
    if (value.n == 0)
        return;
    put_name(out, name);
    yz_buf_json_str(out, value);
}

/* What needs no escaping: a word of ours. */
static void field_word(yz_buf *out, yz_str name, const char *word) {
    put_name(out, name);
    yz_buf_char(out, '"');
    yz_buf_lit(out, word);
    yz_buf_char(out, '"');
}

/* Each part is cut where it is longer than a name should be. */
void yz_field_target(yz_buf *out, yz_str name, const yz_target *target) {
    yz_str provider = target->provider->name, model = target->model;
    put_name(out, name);
    yz_buf_char(out, '"');
    yz_buf_json(out, (yz_str){provider.p, provider.n < 127 ? provider.n : 127});
    if (target->node.n > 0) {
        yz_buf_char(out, '@');
        yz_buf_json(out, (yz_str){target->node.p, target->node.n < 64 ? target->node.n : 64});
    }
    yz_buf_char(out, '/');
    yz_buf_json(out, (yz_str){model.p, model.n < 128 ? model.n : 128});
    yz_buf_char(out, '"');
}

void yz_field_usage(yz_buf *out, const yz_usage *usage) {
    static const struct {
        yz_meter meter;
        yz_str name;
    } meters[] = {
#define TOKENS(meter, name)                                                                                                                \
    {                                                                                                                                      \
        YZ_METER_##meter, { name, sizeof(name) - 1 }                                                                                       \
    }
        TOKENS(INPUT, "input_tokens"),
        TOKENS(OUTPUT, "output_tokens"),
        TOKENS(CACHED, "cached_tokens"),
        TOKENS(CACHE_WRITE, "cache_write_tokens"),
        TOKENS(CACHE_WRITE_5M, "cache_write_5m_tokens"),
        TOKENS(CACHE_WRITE_1H, "cache_write_1h_tokens"),
        TOKENS(REASONING, "reasoning_tokens"),
        TOKENS(AUDIO_INPUT, "audio_input_tokens"),
        TOKENS(AUDIO_OUTPUT, "audio_output_tokens"),
        TOKENS(IMAGE_INPUT, "image_input_tokens"),
        TOKENS(IMAGE_OUTPUT, "image_output_tokens"),
        TOKENS(TOOL_PROMPT, "tool_prompt_tokens"),
        TOKENS(SEARCHES, "searches"),
        TOKENS(PREDICTION_ACCEPTED, "prediction_accepted_tokens"),
        TOKENS(PREDICTION_REJECTED, "prediction_rejected_tokens"),
        TOKENS(PICTURES, "pictures"),
        TOKENS(SECONDS, "seconds"),
        TOKENS(CHARACTERS, "characters"),
#undef TOKENS
    };
    _Static_assert(sizeof(meters) / sizeof(*meters) == YZ_METERS_NAMED, "a meter has no field");
    for (size_t i = 0; i < YZ_METERS_NAMED; i++) {
        int64_t least = i < 2 ? 0 : 1, n = yz_usage_get(usage, meters[i].meter); /* less is not worth a field */
        if (n >= least)
            yz_field_number(out, meters[i].name, n);
    }
}

/* ---- notes ---------------------------------------------------------------------------------------------------------------- */

/* Names are the operator's, whatever they look like. */
static bool is_name(const char *note) {
    static const char *const names[] = {"key", "chain", "policy", "model", "target"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (yz_word_is(note, names[i]))
            return true;
    return false;
}

/* A number as stages write it in their notes: whole, or an amount such as 0.00042. */
static bool is_number(yz_str text) {
    size_t whole = 0, i = 0;
    while (whole < text.n && text.p[whole] >= '0' && text.p[whole] <= '9')
        whole++;
    if (whole == 0 || text.n > 20 || whole > 15 || (whole > 1 && text.p[0] == '0'))
        return false;
    for (i = whole + 1; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
        ;
    return whole == text.n || (text.p[whole] == '.' && i == text.n && text.n > whole + 1);
}

static void put_note(yz_buf *out, const yz_note_entry *note) {
    if (!is_number(note->value) || is_name(note->name)) {
        yz_field_text(out, yz_str_of(note->name), note->value);
        return;
    }
    put_name(out, yz_str_of(note->name));
    yz_buf_str(out, note->value);
}

/* ---- a line --------------------------------------------------------------------------------------------------------------- */

/* How it came. */
static void put_question(yz_buf *out, const yz_journal_entry *entry) {
    yz_field_text(out, YZ_STR("client"), entry->client);
    yz_field_text(out, YZ_STR("via"), entry->via);
    yz_field_text(out, YZ_STR("method"), entry->method);
    yz_field_text(out, YZ_STR("path"), entry->path);
    yz_field_text(out, YZ_STR("op"), yz_str_of(entry->op));
    if (entry->stream)
        yz_buf_str(out, YZ_STR(",\"stream\":true"));
    if (entry->dialect)
        field_word(out, YZ_STR("dialect"), entry->dialect);
    yz_field_text(out, YZ_STR("asked"), entry->asked);
}

static void put_target(yz_buf *out, const yz_record *r) {
    const yz_adapter *adapter = r->target->provider->adapter;
    yz_field_text(out, YZ_STR("model"), r->model);
    yz_field_target(out, YZ_STR("target"), r->target);
    if (adapter)
        field_word(out, YZ_STR("target_dialect"), adapter->dialect);
}

/* What the records tell. */
static void put_summary(yz_buf *out, const yz_summary *s) {
    if (s->usage) {
        yz_field_usage(out, s->usage->usage);
        if (s->usage->source != YZ_SOURCE_PROVIDER && s->usage->source != YZ_SOURCE_JOINED && s->usage->source != YZ_SOURCE_NONE)
            field_word(out, YZ_STR("usage"), yz_journal_source_word(s->usage->source));
    }
    if (s->cache)
        field_word(out, YZ_STR("cache"), yz_journal_cache_word(s->cache));
    if (s->target)
        put_target(out, s->target);
    if (s->attempts > 1)
        yz_field_number(out, YZ_STR("attempts"), s->attempts);
}

/* By the provider; or by a stage that ended its answer in its place, where only the end was missing. */
static void put_finish(yz_buf *out, const yz_record *from, const yz_record *answer) {
    yz_finish finish = answer->finish ? answer->finish : from->finish;
    if (finish)
        field_word(out, YZ_STR("finish"), yz_journal_finish_word(finish));
}

yz_str yz_journal_said(const yz_record *root) {
    yz_str words = {0};
    const yz_record *answer = root ? yz_record_answer(root) : NULL;
    if (answer && answer->words.n) /* also beside an answer that is whole */
        return answer->words;
    if (!root || root->outcome != YZ_OUTCOME_FAILED)
        return words;
    for (const yz_record *r = root; r; r = r->next) /* a stage made an error of its own of it: the last that failed is the reason */
        if (r->words.n && r->error == root->error)
            words = r->words;
    return words;
}

void yz_journal_put(yz_buf *out, const yz_journal_entry *entry) {
    const yz_record *root = entry->record;
    yz_summary s = {0};
    yz_buf_str(out, YZ_STR("{\"time\":\""));
    yz_buf_str(out, entry->time);
    yz_buf_str(out, YZ_STR("\",\"id\":\""));
    yz_buf_str(out, entry->id);
    yz_buf_char(out, '"');
    put_question(out, entry);
    yz_field_number(out, YZ_STR("status"), entry->status);
    if (entry->gone)
        yz_buf_str(out, YZ_STR(",\"gone\":true"));
    if (root && entry->left)
        yz_field_number(out, YZ_STR("left_ms"), (entry->left - entry->started) / 1000000);
    yz_field_text(out, YZ_STR("error"), entry->error);
    yz_field_text(out, YZ_STR("said"), yz_journal_said(root));
    if (root) {
        s = yz_summary_of(root);
        put_finish(out, root, s.answer);
    }
    yz_field_number(out, YZ_STR("ms"), entry->ms);
    if (root && root->content)
        yz_field_number(out, YZ_STR("first_ms"), root->content / 1000000 - entry->started_ms);
    yz_field_number(out, YZ_STR("bytes"), (int64_t)entry->bytes);
    if (root)
        put_summary(out, &s);
    for (const yz_note_entry *note = entry->notes; note; note = note->next)
        if (!yz_summary_says(&s, note->name))
            put_note(out, note);
    yz_field_text(out, YZ_STR("lost"), entry->lost);
    if (root)
        yz_field_calls(out, root, entry->started);
}

/* ---- questions of policies --------------------------------------------------------------------------------------------------- */

static int64_t ms_between(int64_t from, int64_t to) { return to > from ? (to - from) / 1000000 : 0; }

static void put_policy_question(yz_buf *out, const yz_journal_entry *entry, const yz_record *r) {
    yz_summary s = yz_summary_of(r);
    yz_buf_str(out, YZ_STR("{\"time\":\""));
    yz_buf_str(out, entry->time);
    yz_buf_str(out, YZ_STR("\",\"request\":\""));
    yz_buf_str(out, entry->id);
    yz_buf_char(out, '"');
    field_word(out, YZ_STR("op"), "policy");
    yz_field_text(out, YZ_STR("asked"), r->model);
    field_word(out, YZ_STR("outcome"), yz_journal_outcome_word(r->outcome));
    if (r->outcome == YZ_OUTCOME_FAILED)
        field_word(out, YZ_STR("error"), yz_error_word(r->error));
    put_finish(out, r, s.answer);
    yz_field_number(out, YZ_STR("at_ms"), ms_between(entry->started, r->begin));
    yz_field_number(out, YZ_STR("ms"), ms_between(r->begin, r->end));
    put_summary(out, &s);
    yz_field_calls(out, r, entry->started);
    yz_buf_str(out, YZ_STR("}\n"));
}

static void put_policy_text(yz_buf *out, const yz_journal_entry *entry, const yz_record *r) {
    yz_buf_printf(out, "%.*s policy asked %.*s for %.*s: %s after %lld ms\n", YZ_STR_ARGS(entry->time), YZ_STR_ARGS(r->model),
                  YZ_STR_ARGS(entry->id), r->outcome == YZ_OUTCOME_FAILED ? yz_error_word(r->error) : yz_journal_outcome_word(r->outcome),
                  (long long)ms_between(r->begin, r->end));
}

void yz_journal_put_questions(yz_buf *out, const yz_journal_entry *entry, bool text) {
    for (const yz_record *r = entry->record; r; r = r->next)
        if (r->because == YZ_BECAUSE_QUESTION)
            (text ? put_policy_text : put_policy_question)(out, entry, r);
}
