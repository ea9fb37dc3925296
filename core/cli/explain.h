/* cli/explain.h: what `yuzui explain` found out, and how it is shown. */
#ifndef YUZUI_CLI_EXPLAIN_H
#define YUZUI_CLI_EXPLAIN_H

#include "cli/rehearse.h"

typedef struct yz_explained {
    yz_arena *arena;
    const yz_settings *settings;
    const yz_chain_settings *chain;
    const char *why;    /* it takes this chain */
    const yz_key *key;  /* who asks; NULL: nobody was named */
    yz_str asked;       /* the model */
    bool model_made_up; /* nobody named one, and no policy chooses */
    bool refused;       /* auth would refuse this key that model; then nothing was played */
    rehearsal r;        /* what came of it */
} yz_explained;

/* Does the chain look at keys? */
bool yz_explain_judges(const yz_chain_settings *chain);
void yz_explain_words(const yz_explained *e);
void yz_explain_json(const yz_explained *e);

#endif
