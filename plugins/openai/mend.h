/* openai/mend.h: what the files share that mend a body of this dialect: mend.c its fields and schemas, mend_message.c its messages,
 * mend_calls.c their calls, mend_model.c what the catalogue says of the model, mend_names.c names of tools, mend_tools.c other fields of
 * them, mend_types.c their types.
 */
#ifndef OPENAI_MEND_H
#define OPENAI_MEND_H

#include "openai.h"

/* The request itself while nothing has changed; a copy after that. */
typedef struct oa_mending {
    const oa_config *config;
    const yz_model_facts *facts; /* NULL: nothing is known */
    bool own_model;              /* one of OpenAI's */
    const char *thoughts;        /* the field that the provider wants earlier thoughts in; NULL: it does not ask for them */
    const yz_request *from;
    yz_request *copy;
    yz_arena *arena;
    yz_losses *losses;
} oa_mending;

/* A field as it stands now; NULL: it is not there. */
const yz_json *oa_mend_get(const oa_mending *m, const char *field);
void oa_mend_set(oa_mending *m, const char *field, yz_str raw); /* an empty `raw` removes it */
/* Removes a field; it is told, unless it says no more than what holds without it (null, false, one answer). */
void oa_mend_drop(oa_mending *m, const char *field);

/* Sets the field, if anything was exchanged in it. `value` is what it was; NULL: it is not there. */
void oa_end_patching(oa_mending *m, yc_patched *p, const char *field, const yz_json *value);

/* The key of a member, however the client spells it: "\\u0069d" is "id". */
yz_str oa_plain_key(const oa_mending *m, const yz_json *member);
bool oa_is_empty(const yz_json *value); /* null, false, or a text, list or object with nothing in it */

void oa_mend_messages(oa_mending *m);
/* Calls of a message (mend_calls.c): must they be written anew? As a list. */
bool oa_concerned_calls(const oa_mending *m, const yz_json *calls);
void oa_put_calls(const oa_mending *m, const yz_json *calls, yz_buf *out);
static inline bool oa_nine_ids(const oa_mending *m) { return m->config->call_ids == OA_IDS_NINE; }
/* Fields of tools that the provider refuses (tool_fields). */
void oa_mend_tools(oa_mending *m);
/* Tools of types that the provider does not take (tool_types). */
void oa_mend_types(oa_mending *m);
/* Names of tools that the provider refuses (tool_names). */
void oa_mend_names(oa_mending *m);
/* What several vendors call thinking, for one who knows reasoning_effort alone. `meant`: the client named this very model. True: it was
 * there, and is said by reasoning_effort now, or told as lost. */
bool oa_mend_thinking(oa_mending *m, bool meant);
/* Fields that the provider does not take (option fields), of a client that meant another one. */
void oa_mend_fields(oa_mending *m);
/* The greatest answer, of whatever client. */
void oa_mend_limit(oa_mending *m);
/* What the model refuses, of a client that meant another one. */
void oa_mend_for_model(oa_mending *m);
/* A conversation that ends with the assistant's words, for a model that takes none such, of the same client. After oa_mend_messages. */
void oa_mend_prefill(oa_mending *m);

#endif
