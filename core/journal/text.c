/* journal/text.c: a request as a line for people, who watch a terminal. What machines want to know is in the JSON. */
#include "base/word.h"
#include "journal/inner.h"

static yz_str note_of(const yz_journal_entry *entry, const char *name) {
    for (const yz_note_entry *note = entry->notes; note; note = note->next)
        if (yz_word_is(note->name, name))
            return note->value;
    return (yz_str){0};
}

static void put_word(yz_buf *out, const char *before, yz_str word) {
    if (word.n > 0)
        yz_buf_printf(out, " %s%.*s", before, YZ_STR_ARGS(word));
}

static void put_said(yz_buf *out, yz_str words) {
    if (words.n > 0)
        yz_buf_printf(out, " (it says: %.*s)", YZ_STR_ARGS(words));
}

static void put_target(yz_buf *out, const yz_target *target) {
    yz_buf_printf(out, " -> %.*s%s%.*s/%.*s", YZ_STR_ARGS(target->provider->name), target->node.n ? "@" : "", YZ_STR_ARGS(target->node),
                  YZ_STR_ARGS(target->model));
}

static void put_summary(yz_buf *out, const yz_journal_entry *entry, const yz_summary *s) {
    const yz_usage *usage = s->usage ? s->usage->usage : NULL;
    if (s->target)
        put_target(out, s->target->target);
    yz_buf_printf(out, " %lld ms", (long long)entry->ms);
    if (entry->record->content)
        yz_buf_printf(out, " (first %lld)", (long long)(entry->record->content / 1000000 - entry->started_ms));
    if (usage)
        yz_buf_printf(out, ", %lld+%lld tokens", (long long)yz_usage_count(usage, YZ_METER_INPUT),
                      (long long)yz_usage_count(usage, YZ_METER_OUTPUT));
    if (s->attempts > 1)
        yz_buf_printf(out, ", %lld attempts", (long long)s->attempts);
    if (s->cache)
        put_word(out, "cache ", yz_str_of(yz_journal_cache_word(s->cache)));
}

void yz_journal_put_text(yz_buf *out, const yz_journal_entry *entry) {
    yz_buf_printf(out, "%.*s %d%s", YZ_STR_ARGS(entry->time), entry->status, entry->gone ? " (left)" : "");
    put_word(out, "", entry->method);
    put_word(out, "", entry->path);
    put_word(out, "", entry->asked);
    if (entry->record) {
        yz_summary s = yz_summary_of(entry->record);
        put_summary(out, entry, &s);
    } else {
        yz_buf_printf(out, " %lld ms", (long long)entry->ms);
    }
    put_word(out, "", entry->error);
    put_said(out, yz_journal_said(entry->record));
    put_word(out, "$", note_of(entry, "cost"));
    put_word(out, "policy ", note_of(entry, "policy"));
    put_word(out, "lost ", entry->lost);
    put_word(out, "key ", note_of(entry, "key"));
    put_word(out, "from ", entry->client);
    put_word(out, "id ", entry->id);
    yz_buf_char(out, '\n');
}
