/* common/common.h: what the bundled adapters share: code that would stand in two of them. It is no plugin: each that includes this is
 * linked with all of it (CMakeLists.txt), and sees include/ alone, as every plugin does. What ledgers share is writer.h, what caches
 * share recorded.h, what webhooks do hook.h.
 *
 *   openai_model.c  what OpenAI's models take, by the catalogue      openai_error.c  error bodies of OpenAI, both ways
 *   signature.c     signatures of other vendors                    usage.c  counts that cannot be
 *   kept.c          ids of what providers keep                     json_word.c  what a form of json_object needs
 *   word.c          words that are compared
 *   named.c         whether a client named the model it gets
 *   near_key.c      keys that one reader takes for another's      without.c  objects without some of their members
 *   others.c        members that have no place
 *   schema.c        strict schemas      schema_plain.c  plain ones      part.c  ids of calls, data URLs, texts of several parts as one
 * string
 */
#ifndef COMMON_COMMON_H
#define COMMON_COMMON_H

#include <yuzui/answer.h>
#include <yuzui/plugin.h>

/* ---- models (openai_model.c) --------------------------------------------------------------------------------------------------- */

/* By the catalogue; NULL: it does not name the model, which gets what is asked then. */
bool oa_is_own(const yz_model_facts *facts);    /* a model of OpenAI */
bool oa_new_style(const yz_model_facts *facts); /* max_completion_tokens, role developer */
bool oa_takes_penalties(const yz_model_facts *facts);
bool oa_thinks(const yz_model_facts *facts); /* is known to take a reasoning_effort */
bool oa_takes_stop(const yz_model_facts *facts);
bool oa_takes_parallel(const yz_model_facts *facts); /* parallel_tool_calls */
/* temperature, top_p and penalties, with this reasoning_effort (empty: none is sent) */
bool oa_takes_sampling(const yz_model_facts *facts, yz_str effort);
/* The nearest reasoning_effort the model takes; empty: none may be sent. */
yz_str oa_effort(const yz_model_facts *facts, yz_str effort);

/* ---- errors (openai_error.c) -------------------------------------------------------------------------------------------- */

/* A response with an error's status; the contract is yz_adapter's read_error. */
void oa_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out);
/* An error that stands in a document or event of an answer with status 200; false: there is none, and *out says that one was reported. */
bool oa_error_inside(const yz_json *body, yz_arena *arena, yz_error *out);
/* {"error": {message, type, param, code}}, as both APIs of OpenAI say it. */
void oa_put_error(const yz_error *error, int status, yz_str code, yz_buf *out);

/* ---- members (others.c) ------------------------------------------------------------------------------------------------- */

/* Loses "WHAT.KEY" for each member of an object (others: no effect) that `known` (YZ_NAMES) does not name; one that is null or false asks
 * for nothing. */
void yc_lose_others(const yz_json *object, const char *what, const char *const *known, yz_arena *arena, yz_losses *losses);

/* ---- schemas (schema.c) ------------------------------------------------------------------------------------------------- */

/* OpenAI refuses `strict` for a schema (raw JSON) with an object that has optional or unnamed properties: may it be said of this one? */
bool yc_strict_ok(yz_arena *arena, yz_str schema);
/* As servers want it that take a plainer JSON Schema (schema_plain.c); itself if it is so already. Sets *lost if that took something away.
 */
yz_str yc_plain_schema(yz_arena *arena, yz_str schema, bool *lost);
#define YC_NO_PARAMETERS "{\"type\":\"object\",\"properties\":{}}" /* of a function that has no schema */

/* ---- ids of what providers keep (kept.c) --------------------------------------------------------------------------------- */

#define YC_KEPT_MAX   200  /* bytes of an id, which stands in a path; a longer one is left as it is */
#define YC_MARKED_MAX 4096 /* … of a session's handle, which stands in none */
/* Does this target hold what the client calls so? *bare is the id as far as it can be told. */
bool yc_kept_held(const yz_request *request, const yz_target *target, yz_arena *arena, yz_str id, yz_str *bare);
yz_str yc_kept_bare(yz_str id); /* the provider's own id, of one that says whose it is; any other as it is */
/* What is to stand behind an id (escaped, as the provider says it), so that it says whose it is; empty: nothing. */
yz_str yc_kept_mark(yz_arena *arena, const yz_request *request, const yz_target *target, yz_str id);
/* The parameters of the query that are known to be the provider's; what a client says beside (its key may be there) goes nowhere. */
yz_str yc_kept_query(const yz_request *request, yz_arena *arena);
/* yz_adapter.holds of a dialect whose requests name what is kept by `stored` alone; `what` it is, for people: "Video". */
bool yc_kept_holds(const yz_call *call, const yz_request *request, const yz_target *target, const char *what, yz_error *why);
bool yc_kept_word(yz_str text); /* what an id in a path may consist of: letters, digits, '_', '-' and '.' */
/* What stands behind the id in the path, or where there is none: "/items/msg_1"; empty: nothing. */
yz_str yc_kept_rest(const yz_request *request);

/* ---- keys (near_key.c) --------------------------------------------------------------------------------------------------- */

/* A top-level key that a server which does not look at case may take for one of these names (a list that ends in NULL), and that is none of
 * them; empty: there is none. Plain, in the arena. */
yz_str yc_near_key(const yz_json *body, const char *const *names, yz_arena *arena);

/* Members of an object that are left out, in whatever case: lists that end in NULL, or are NULL. */
typedef struct yc_hidden {
    const char *const *at_top;   /* of the object's own */
    const char *const *anywhere; /* also of those within it */
} yc_hidden;
/* An object, written anew without them (without.c). In the arena. */
yz_str yc_without(const yz_json *object, const yc_hidden *hidden, yz_arena *arena);

/* ---- the protocols of relays (relayed.c) --------------------------------------------------------------------------------- */

/* YZ_OK, or why the body is refused: a key of it may be taken for one of these names, the first of which serves as an example. */
int yc_relayed_spelling(const yz_json *body, const char *const *names, yz_arena *arena, yz_error *error);
/* YZ_OK, or why the body is refused: it asks for several jobs, and its "ids" is no list of texts. */
int yc_relayed_ids(const yz_request *request, yz_arena *arena, yz_error *error);
/* yz_adapter.names_jobs of such a body. */
size_t yc_relayed_named(const yz_request *request, yz_str *at, size_t most);
/* yz_adapter.holds of a dialect whose jobs the stage jobs follows, and nobody else: what that does not know is nobody's. `unfollowed` says
 * that the chain has no such stage. */
bool yc_relayed_holds(const yz_request *request, yz_str unfollowed, yz_error *why);
bool yc_relayed_good_id(yz_str id);           /* may it stand in a path? */
int yc_relayed_percent(const yz_json *value); /* "30%" */
/* A copy: the answer is gone before whoever asked reads it. */
yz_str yc_relayed_text(yz_arena *arena, const yz_json *value);
/* Sets told and id_at: the body as its client is told it, and its member `id` in that. */
void yc_relayed_tell(yz_job *job, const yz_json *body, const yc_hidden *hidden, const char *id, yz_arena *arena);

/* ---- signatures (signature.c) ------------------------------------------------------------------------------------------- */

/* A signature in a dialect whose own vendor is `own`: as it is, or wrapped. Both escaped. */
yz_str yc_wrap_signature(yz_arena *arena, yz_str signature, yz_str vendor, const char *own);
bool yc_is_foreign_signature(yz_str text); /* is it a wrapped one? */
/* Whose it is: `own` if nothing says otherwise; else the vendor that the wrapping names, which is taken off. Empty: there is none. */
yz_str yc_unwrap_signature(yz_str *text, const char *own);

/* ---- counts (usage.c) --------------------------------------------------------------------------------------------------- */

/* What is counted inside of the input or the output is no more than that, whatever a server says: else it would be paid beside it. */
void yc_usage_bound(yz_usage *usage);

/* ---- names (named.c) ---------------------------------------------------------------------------------------------------- */

/* Did the client name the very model that is asked, as its provider calls it? Then it knows what that takes. */
bool yc_names_target(const yz_request *request, const yz_target *target, yz_arena *arena);

/* What is asked where an answer was begun for a model that takes no such thing. */
#define YC_GO_ON "Go on exactly where your last message ends, without repeating any of it."

/* ---- words (word.c) ----------------------------------------------------------------------------------------------------- */

/* The text of a string that is compared with words, or passed on as one: as a client means it that spells it with escapes, where that is
 * the same escaped and plain; else as it stands. Empty for non-strings. */
yz_str yc_word(yz_arena *arena, const yz_json *node);

/* ---- forms (json_word.c) ------------------------------------------------------------------------------------------------ */

/* OpenAI, and who copies it, refuses json_object where nobody has said the word JSON: then the chat with an instruction that does. */
const yz_chat *yc_with_json_word(const yz_chat *chat, yz_arena *arena);

/* ---- parts (part.c) ----------------------------------------------------------------------------------------------------- */

void yc_put_quoted(yz_buf *out, yz_str escaped); /* escaped text as a string */
bool yc_is_text(const yz_part *part);            /* a text or a refusal */
/* The texts of these parts as one string, `between` (escaped) between those that are not empty. */
void yc_put_joined(yz_buf *out, const yz_part *parts, const char *between);
void yc_put_texts(yz_buf *out, const yz_part *parts, const char *between); /* the same without its quotes */
/* A text, or a document that is text: what a tool's result says in words. */
bool yc_is_said(const yz_part *part);
/* What pictures, sound and documents these are, in words (escaped); nothing if there are none. */
void yc_put_file_names(yz_buf *out, const yz_part *parts);
/* The same of a tool's result that says of itself, or else by a word before it, that it is an error; documents that are text are in it,
 * after their titles. One that says nothing in words tells what else it is, so that it is no empty text. */
void yc_put_result_text(yz_buf *out, const yz_part *result);
/* Is a tool's result an error, and does not say so itself? Then the word "Error" is to stand before it. */
bool yc_hides_error(const yz_part *result);
/* The text of a part, escaped; of a document that is text, after its title. */
yz_str yc_titled(yz_arena *arena, const yz_part *part);
/* The arguments of a call as JSON text in a string. */
void yc_put_arguments(yz_buf *out, const yz_part *call);
/* An id of a tool call, escaped; one that is longer than `max` becomes a hash, the same for call and result. */
void yc_put_call_id(yz_buf *out, yz_str id, size_t max);
/* `n` letters and digits, after `before`, that stand for the id. */
void yc_put_short_id(yz_buf *out, yz_str id, const char *before, size_t n);
/* A user's name, escaped; OpenAI takes 64 characters: a longer one becomes a hash, so that one user stays one user. */
void yc_put_user(yz_buf *out, yz_str user);
void yc_put_data_url(yz_buf *out, const yz_part *part);
bool yc_asks_detail(const yz_part *image); /* is it to be looked at in a certain detail, which two dialects can say? */
/* "data:image/png;base64,…" into media type and data; anything else stays a URL. False: it is a data: URL that cannot be read. */
bool yc_read_url(yz_arena *arena, const yz_json *node, yz_part *part);
/* How much a chat is to be thought over, as a word of effort, whether it says so in words or in tokens; empty: it does not say. */
yz_str yc_effort_of(const yz_chat *chat);
/* What only the dialect it came from can carry: lost under the name its reader gave it. */
void yc_lose_part(yz_losses *losses, yz_arena *arena, const yz_part *part);

#endif
