/* journal/journal.h: what became of a request, written down: as a line of JSON for machines, as a line for people, and as the tree of its
 * calls. It knows no request: whoever ends one says what is to be reported, the rest is read from the records (yuzui/record.h).
 *
 * Never a key, a prompt, an address with its query: names of models are those of the config, a path is one that was declared.
 * docs/configuration.md tells what every field means. Worker thread.
 */
#ifndef YUZUI_JOURNAL_JOURNAL_H
#define YUZUI_JOURNAL_JOURNAL_H

#include "call/tree.h"

#include <yuzui/record.h>

/* What became of one request. Empty texts are left out. */
typedef struct yz_journal_entry {
    yz_str time;   /* of its end: "2026-01-01T00:00:00.000Z" */
    yz_str id;     /* of an alphabet that needs no escaping */
    yz_str client; /* its address */
    yz_str via;    /* that of the trusted proxy which said so */
    yz_str method; /* if it is one of HTTP's */
    yz_str path;   /* as an adapter or the server declares it: "/v1beta/models/{model}:generateContent" */
    const char *op;
    const char *dialect; /* the client's; NULL: not known */
    bool stream;
    yz_str asked; /* the model's name, if it is one that may be shown */
    int status;
    bool gone;    /* the client left */
    int64_t left; /* that it left: ns of the monotonic clock; 0: it has not */
    yz_str error;
    int64_t started;        /* when, on the monotonic clock in ns */
    int64_t started_ms, ms; /* the same in ms; how long it took */
    uint64_t bytes;
    const yz_record *record;    /* of the root call; NULL: none was made */
    const yz_note_entry *notes; /* the rest; a note with the name of one of these is left out */
    yz_str lost;
} yz_journal_entry;

/* How often providers were asked so far for what this record is of: a request, or a policy's question on its way, whose attempts are not
 * the request's. As many as `calls` of its line has, without those that another request has in full. */
int64_t yz_journal_attempts(const yz_record *from);

/* {"time":…,…} without the last brace, so that more may follow. */
void yz_journal_put(yz_buf *out, const yz_journal_entry *entry);
/* ,"tree":[…]: every call of the request, also those that asked no provider; times in us since its beginning. */
void yz_journal_put_tree(yz_buf *out, const yz_journal_entry *entry);
/* One line for people, with its end. */
void yz_journal_put_text(yz_buf *out, const yz_journal_entry *entry);
/* A line for each question that a policy asked on its own (llm.chat) while it decided, with its end; `text`: for people. */
void yz_journal_put_questions(yz_buf *out, const yz_journal_entry *entry, bool text);

#endif
