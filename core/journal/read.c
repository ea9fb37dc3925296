/* journal/read.c: what records say of a request, or of a question that a policy asked on its way. */
#include "base/word.h"
#include "journal/inner.h"

/* ---- words -------------------------------------------------------------------------------------------------------------- */

#define WORD(name, word) word,
static const char *const caches[] = {YZ_CACHE_STATES(WORD)}, *const sources[] = {YZ_USAGE_SOURCES(WORD)},
                         *const becauses[] = {YZ_BECAUSES(WORD)}, *const outcomes[] = {YZ_OUTCOMES(WORD)},
                         *const finishes[] = {YZ_FINISHES(WORD)};
#undef WORD

const char *yz_journal_cache_word(yz_cache_state state) { return caches[state]; }
const char *yz_journal_source_word(yz_usage_source source) { return sources[source]; }
const char *yz_journal_because_word(yz_because because) { return becauses[because]; }
const char *yz_journal_outcome_word(yz_outcome outcome) { return outcomes[outcome]; }
const char *yz_journal_finish_word(yz_finish finish) { return finishes[finish]; }

/* ---- who stands where ---------------------------------------------------------------------------------------------------- */

bool yz_journal_below(const yz_record *record, const yz_record *above) {
    while (record && record != above)
        record = record->parent;
    return record != NULL;
}

const yz_record *yz_journal_question(const yz_record *record) {
    while (record && record->because != YZ_BECAUSE_QUESTION)
        record = record->parent;
    return record;
}

int64_t yz_journal_attempts(const yz_record *from) {
    const yz_record *question = yz_journal_question(from);
    int64_t n = 0;
    for (const yz_record *r = from; r; r = r->next) {
        if (yz_record_attempt(r) && yz_journal_question(r) == question)
            n++;
        if (r->shared && r->cache != YZ_CACHE_COALESCED) /* what it began for others, too, and will have a copy of */
            n += yz_journal_attempts(r->shared);
    }
    return n;
}

/* ---- the sum ------------------------------------------------------------------------------------------------------------- */

/* Nobody has its answer, but what it used will be paid: that of a try that was given up, or of one that failed where all did. */
static bool used_in_vain(const yz_record *r, const yz_record *from) {
    return r->usage && (r->outcome == YZ_OUTCOME_CANCELLED || (r->outcome == YZ_OUTCOME_FAILED && from->outcome == YZ_OUTCOME_FAILED));
}

static void add(yz_summary *s, const yz_record *r, const yz_record *from) {
    if (used_in_vain(r, from) && !s->answer->usage)
        s->usage = r;
    if (r->target && !s->answer->target)
        s->target = r;
    if (r->cache && !from->answer && !s->cache)
        s->cache = r->cache;
}

yz_summary yz_summary_of(const yz_record *from) {
    const yz_record *answer = yz_record_answer(from);
    yz_summary s = {.answer = answer, .usage = answer->usage ? answer : NULL, .target = answer->target ? answer : NULL};
    s.attempts = yz_journal_attempts(from);
    for (const yz_record *r = from; r; r = r->answer)
        s.cache = s.cache ? s.cache : r->cache;
    bool whole = !from->parent;
    for (const yz_record *r = from; r; r = r->next)
        if (whole || yz_journal_below(r, from))
            add(&s, r, from);
    return s;
}

bool yz_summary_says(const yz_summary *s, const char *note) {
    return (s->cache && yz_word_is(note, "cache")) || yz_word_is(note, "attempts") ||
           (s->target && (yz_word_is(note, "model") || yz_word_is(note, "target")));
}
