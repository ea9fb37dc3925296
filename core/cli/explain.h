/* cli/explain.h: what `yuzui explain` found out, and how it is shown. */
#ifndef YUZUI_CLI_EXPLAIN_H
#define YUZUI_CLI_EXPLAIN_H

#include "cli/rehearse.h"

typedef struct yz_explained {
    yz_arena *arena;
    const yz_settings *settings;
    const yz_chain_settings *chain;
    const char *why;   /* it takes this chain */
    const yz_key *key; /* who asks; NULL: nobody was named */
    yz_str asked;      /* the model */
    const yz_request *request;
    bool whole;         /* a body was given, not a question alone */
    bool model_made_up; /* nobody named one, and no policy chooses */
    yz_str refusal;     /* what the gateway would answer instead, as it came; empty: it goes on. Then nothing was played */
    rehearsal r;        /* what came of it */
} yz_explained;

/* The target, of a pattern with the rest of the model's name filled in. In the arena. */
const yz_target *yz_explain_target(const yz_explained *e, const yz_model_settings *found, const yz_target *target, yz_str model);
/* What the stages would do with it: a line each, or with `json` a list of objects. Appended. */
void yz_explain_stages(const yz_explained *e, bool json, yz_buf *out);
/* The model that some stage tries after this one; NULL: none. */
const yz_str *yz_explain_model_after(const yz_chain_settings *chain, yz_str model);
/* What becomes of the body for each target that may be asked, later ones too: in whose dialect it is written, what is lost of it, and who
 * cannot be asked so. Lines, or with `json` the items of a list. Appended. */
void yz_explain_bodies(const yz_explained *e, bool json, yz_buf *out);
/* Is there nobody who can be asked it? */
bool yz_explain_unwritten(const yz_explained *e);
/* Does a stage of the chain refuse it? With `served`: one below the first policy, which meets what came of it; else one above. True:
 * e->refusal is what it says. */
bool yz_explain_refused(yz_explained *e, bool served);
/* A file, or standard input ("-"), in the arena, up to a byte more than `most`; p NULL: an error was printed. */
yz_str yz_explain_read_file(const char *name, int64_t most, yz_arena *arena);
/* A question as a client would ask it, in the dialect of chats that name none; NULL: no adapter writes one. */
yz_request *yz_explain_question(yz_arena *arena, const yz_settings *settings, yz_str text);
/* The policies and workflows of the chain, in order, into `links`, which has room for one more. How many. */
size_t yz_explain_policies(const yz_chain *chain, yz_link *links);
/* Does the chain look at keys? */
bool yz_explain_judges(const yz_chain_settings *chain);
void yz_explain_words(const yz_explained *e);
void yz_explain_json(const yz_explained *e);

#endif
