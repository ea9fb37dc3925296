/* people/rows.h: what a ledger's rows are to people: columns with names, in one table for each kind, by which they are written as JSON and
 * as CSV, and documented. For commands and for the admin API. */
#ifndef YUZUI_PEOPLE_ROWS_H
#define YUZUI_PEOPLE_ROWS_H

#include <yuzui/ledger.h>

typedef enum yz_column_type {
    YZ_COLUMN_TEXT,
    YZ_COLUMN_USD,    /* nano-USD */
    YZ_COLUMN_NUMBER, /* whole */
    YZ_COLUMN_TIME,   /* Unix seconds; 0: empty */
    YZ_COLUMN_STATE,  /* yz_hold_state */
    YZ_COLUMN_NOTE,   /* what a move's detail says for people */
    YZ_COLUMN_BY,     /* who made a move, by its detail */
    YZ_COLUMN_SAID,   /* what the row's detail says under the column's name */
    YZ_COLUMN_JSON,   /* an object, if the row has one; not in CSV */
} yz_column_type;

typedef struct yz_column {
    const char *name;
    yz_column_type type;
    size_t offset; /* in yz_ledger_row */
    unsigned by;   /* of sums: there only if they are kept apart by one of these; 0: always */
    const char *help;
} yz_column;

typedef struct yz_rows {
    const yz_column *columns;
    size_t n;
} yz_rows;
extern const yz_rows yz_rows_accounts, yz_rows_charges, yz_rows_sums, yz_rows_margins, yz_rows_moves, yz_rows_changes, yz_rows_jobs,
    yz_rows_faults;

/* "{…}". `by`: of sums, what they are kept apart by. `detail`: also columns of type JSON. */
void yz_rows_json(const yz_rows *rows, const yz_ledger_row *row, unsigned by, bool detail, yz_buf *out);
/* A line with its end; row NULL: the names of the columns. What a spreadsheet would take for a formula gets a ' before it. */
void yz_rows_csv(const yz_rows *rows, const yz_ledger_row *row, unsigned by, yz_buf *out);

/* Sums that are kept apart by a label (sums.h): beside YZ_USAGE_BY_…, for what is written; no ledger is asked for it. */
#define YZ_ROWS_BY_LABEL (1U << 30)
/* The words of yz_rows_by, for people. */
#define YZ_ROWS_BY_WORDS "account, key, model, provider, hour, day, label:NAME"

/* "day,model,label:team" as YZ_USAGE_BY_… and YZ_ROWS_BY_LABEL, or-ed, and the name of the label; label NULL: there are none. False: a word
 * is none of them, or two are labels. Empty: 0. */
bool yz_rows_by(yz_str words, unsigned *by, yz_str *label);

/* The detail of a CREDIT, REFUND or TRANSFER: who made it, and a note for people. */
void yz_rows_put_note(yz_str by, yz_str note, yz_buf *out);
/* The note of such a detail, appended. */
void yz_rows_note(yz_str detail, yz_buf *out);

#endif
