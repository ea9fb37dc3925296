/* journal/inner.h: what the files of this room share: fields of JSON, and how records are read. */
#ifndef YUZUI_JOURNAL_INNER_H
#define YUZUI_JOURNAL_INNER_H

#include "journal/journal.h"

/* What of the records below one of them makes up a line. */
typedef struct yz_summary {
    const yz_record *answer; /* whose answer it was */
    const yz_record *usage;  /* whose tokens: of the answer; if there was none, of the last call that was cut off */
    const yz_record *target; /* who answered, or was asked last */
    yz_cache_state cache;
    int64_t attempts; /* yz_journal_attempts */
} yz_summary;

yz_summary yz_summary_of(const yz_record *from);
/* Has the record said what this note says, better? */
bool yz_summary_says(const yz_summary *summary, const char *note);

/* Is a record that of `above`, or of a call below it? */
bool yz_journal_below(const yz_record *record, const yz_record *above);
/* The question of a policy's own that a record is, or belongs to; NULL: it is the request's. */
const yz_record *yz_journal_question(const yz_record *record);

/* ,"name":value — a negative number counts as 0, an empty text is left out. */
void yz_field_number(yz_buf *out, yz_str name, int64_t value);
void yz_field_text(yz_buf *out, yz_str name, yz_str value);
/* ,"name":"provider/model" */
void yz_field_target(yz_buf *out, yz_str name, const yz_target *target);
/* ,"input_tokens":3,… */
void yz_field_usage(yz_buf *out, const yz_usage *usage);
/* ,"calls":[…]: those below `from` that asked a provider, as they asked; times in ms since each did. Questions are left out, unless it is
 * one. */
void yz_field_calls(yz_buf *out, const yz_record *from, int64_t started);

/* The provider's words of the error that ended a request; empty: none did, or nothing is known of it. NULL is no request. */
yz_str yz_journal_said(const yz_record *root);

const char *yz_journal_cache_word(yz_cache_state state);
const char *yz_journal_source_word(yz_usage_source source);
const char *yz_journal_because_word(yz_because because);
const char *yz_journal_outcome_word(yz_outcome outcome);
const char *yz_journal_finish_word(yz_finish finish);

#endif
