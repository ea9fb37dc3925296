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
 *   joined.c        answers to the pieces of a request as one     patch.c  values that stay but for some places
 *   others.c        members that have no place                       index.c  what is found by an id or a name
 *   names.c         names of tools that are exchanged                told.c   what a job's client is told of it
 *   schema.c        strict schemas      schema_plain.c, schema_refs.c  plain ones      part.c  ids of calls, data URLs, texts of several
 * parts as one string
 */
#ifndef COMMON_COMMON_H
#define COMMON_COMMON_H

#include <yuzui/answer.h>
#include <yuzui/job.h>
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
/* The same for a chat that asks for one, in a word or as a budget; what the client would miss of it is told. */
yz_str oa_effort_sent(const yz_model_facts *facts, const yz_chat *chat, yz_losses *losses);

/* ---- errors (error.c) ---------------------------------------------------------------------------------------------------- */

/* Says the class of an error by its status (`said`) and the dialect's words (type, code). */
typedef void yc_judge(yz_error *error);
/* A response with an error's status; the contract is yz_adapter's read_error, whose `status` is the dialect's own affair. */
void yc_read_error(int status, const yz_json *body, yz_arena *arena, yc_judge *judge, yz_error *out);
/* What a provider says beside an answer that is whole. */
void yc_emit_beside(const yz_error *error, yz_sink *sink);
/* An error that stands in a document or event of an answer with status 200; false: there is none, and *out says that one was reported. */
bool yc_error_inside(const yz_json *body, yz_arena *arena, yc_judge *judge, yz_error *out);
/* Does what a code or a type means say more than the status beside it? 0, 400 and 429 mean several things, but a word for any failure
 * (api_error) or any fault of a request says less than 400 and 429. */
bool yc_says_more(yz_error_class word, int status);

/* ---- errors (openai_error.c) -------------------------------------------------------------------------------------------- */

/* A response with an error's status; the contract is yz_adapter's read_error. */
void oa_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out);
/* An error that stands in a document or event of an answer with status 200; false: there is none, and *out says that one was reported. */
bool oa_error_inside(const yz_json *body, yz_arena *arena, yz_error *out);
/* {"error": {message, type, param, code}}, as both APIs of OpenAI say it. */
void oa_put_error(const yz_error *error, int status, yz_str code, yz_buf *out);

/* ---- answers to pieces (joined.c) -------------------------------------------------------------------------------------------- */

/* Where they differ, by the names of members: the list whose elements stand one behind the other; what in each of them is its place there,
 * and is counted on (NULL: nothing); and the object of what was used, whose whole numbers are added up, and whose other members, which are
 * of one piece, do not go on. */
typedef struct yc_joint {
    const char *list, *index, *usage;
} yc_joint;
/* The contract is yz_adapter's join_embedded. All else is as the first of them says. Answers are read as text: they have more numbers than
 * a document that is parsed may have values. */
int yc_join(const yc_joint *joint, const yz_str *answers, const size_t *inputs, size_t n, yz_arena *arena, yz_buf *out);

/* ---- members (others.c) ------------------------------------------------------------------------------------------------- */

/* Loses "WHAT.KEY" for each member of an object (others: no effect) that `known` (YZ_NAMES) does not name; one that is null or false asks
 * for nothing. */
void yc_lose_others(const yz_json *object, const char *what, const char *const *known, yz_arena *arena, yz_losses *losses);
/* A part of an answer, by the name that its event gives it, if it does. */
void yc_lose_named(const yz_encode_info *info, yz_str name, const char *otherwise);

/* ---- what a body is (elsewhere.c) -------------------------------------------------------------------------------------- */

/* Does this member `error` (NULL: none) say that something failed? Some servers write false, an empty one, or
 * {"code":0,"message":"success"} beside each answer. */
bool yc_names_error(const yz_json *error);

/* Of a body that lacks the field `own`: to which path it most likely belongs, as the end of a sentence; empty: nothing says so. */
const char *yc_elsewhere(const yz_json *root, const char *own);

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
/* files.c: does this target hold all files that the body names, for this client? Else *why says which is nobody's. The request with their
 * own ids, as the provider knows them. */
bool yc_files_held(const yz_call *call, const yz_request *request, const yz_target *target, yz_error *why);
const yz_request *yc_files_bare(const yz_request *request, yz_arena *arena);
/* stored.c: the name of the first field by which a body would have its provider read something that an account keeps; empty: it names
 * nothing of the kind. Plain, in the arena. */
yz_str yc_names_stored(const yz_json *body, yz_arena *arena);
/* What stands behind the id in the path, or where there is none: "/items/msg_1"; empty: nothing. */
yz_str yc_kept_rest(const yz_request *request);

/* ---- keys (near_key.c) --------------------------------------------------------------------------------------------------- */

#define YC_NEAR_WORDS "the field \"%.*s\" may be read as another: fields are spelt as the API has them, such as %s"
/* Is it this plain name to a server that does not look at case? Also where it is the name. */
bool yc_folds_to(yz_str key, const char *name);
/* A top-level key that a server which does not look at case may take for one of these names (a list that ends in NULL), and that is none of
 * them; empty: there is none. Plain, in the arena. */
yz_str yc_near_key(const yz_json *body, const char *const *names, yz_arena *arena);
/* Likewise of the field "model" alone, for requests that must be quick. */
yz_str yc_near_model(const yz_json *body, yz_arena *arena);
/* Refuses what is near: with `such` as one that is spelt right. */
int yc_refuse_near(yz_str near, const char *such, yz_arena *arena, yz_error *error);
/* Refuses a body (NULL: a form's) that has a field near one of these, or near "model". */
int yc_accept_names(const yz_json *body, const char *const *names, yz_arena *arena, yz_error *error);
int yc_accept_model(const yz_json *body, yz_arena *arena, yz_error *error);

/* Members of an object that are left out, in whatever case: lists that end in NULL, or are NULL. */
typedef struct yc_hidden {
    const char *const *at_top;   /* of the object's own */
    const char *const *anywhere; /* also of those within it */
} yc_hidden;

/* An object, written anew without them (without.c). In the arena. */
yz_str yc_without(const yz_json *object, const yc_hidden *hidden, yz_arena *arena);

/* A value that stays as the client spelt it but for some places in it (patch.c), exchanged in their order; `at` is how far it has been
 * written: at first its beginning. yc_end_patching: was anything exchanged? Then `out`, which is freed by the caller, is what it is now. */
typedef struct yc_patched {
    yz_buf out;
    const char *at;
    bool changed;
} yc_patched;
void yc_patch(yc_patched *p, yz_str place, yz_str with);
bool yc_end_patching(yc_patched *p, const yz_json *value);

/* Names of tools in a body that not every provider takes (names.c), in the order they stand: exchanged in `patched`, or listed at `at`. */
typedef struct yc_names {
    yz_arena *arena;
    yc_patched *patched; /* NULL: they are listed */
    yz_str *at;          /* escaped */
    size_t most, n;      /* room there; how many there are, of which the first stand there */
} yc_names;
void yc_see_name(yc_names *names, const yz_json *name);

/* Jobs as their clients are told of them (told.c). yc_told: those members of the provider's document that are kept with a job, in this
 * order, as far as YZ_JOB_KEPT_MAX reaches (yz_job.kept), those that are null only with `nulls`; in the arena. yc_put_ends:
 * ,"first_id":…,"last_id":…,"has_more":… of a list. */
yz_str yc_told(const yz_json *body, const char *const *names, bool nulls, yz_arena *arena);
void yc_put_ends(const yz_job *const *jobs, size_t n, bool more, yz_buf *out);

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
/* What a relay's word for a job's state means; a word that nobody knows: it goes on. Its id, which some write as a number. */
yz_job_state yc_relayed_state(yz_str word);
yz_str yc_relayed_id(const yz_json *value);
/* The object with a number in `id` as a text, and with this word as its `status` (empty: as it is). */
yz_str yc_relayed_respell(const yz_json *body, const char *id, yz_str status, yz_arena *arena);
/* Sets told and id_at: the body as its client is told it, spelt so, and its member `id` in that. */
void yc_relayed_tell(yz_job *job, const yz_json *body, const yc_hidden *hidden, const char *id, yz_str status, yz_arena *arena);

/* ---- signatures (signature.c) ------------------------------------------------------------------------------------------- */

/* A signature in a dialect whose own vendor is `own`: as it is, or wrapped. Both escaped. */
yz_str yc_wrap_signature(yz_arena *arena, yz_str signature, yz_str vendor, const char *own);
bool yc_is_foreign_signature(yz_str text); /* is it a wrapped one? */
/* A checksum or an id in hex where a signature is due (vLLM: 32 digits)? Nobody signs so: what is signed is base64 of a hundred bytes. */
bool yc_is_digest(yz_str text);
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
bool yc_one_of(yz_str word, const char *const *words); /* a list as YZ_NAMES makes it */

/* ---- forms (json_word.c) ------------------------------------------------------------------------------------------------ */

/* OpenAI, and who copies it, refuses json_object where nobody has said the word JSON: then the chat with an instruction that does. */
const yz_chat *yc_with_json_word(const yz_chat *chat, yz_arena *arena);

/* ---- ids and names (index.c) --------------------------------------------------------------------------------------------- */

/* What stands under keys that a client chose, whose bytes outlive it. Lives in the arena. */
typedef struct yc_index yc_index;
yc_index *yc_index_new(yz_arena *arena);
void *yc_index_get(const yc_index *index, yz_str key);       /* NULL: nothing */
void yc_index_put(yc_index *index, yz_str key, void *value); /* in place of what stood there */

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
/* Is the tool that must be called among those that are offered? Not so if it was one that runs at another provider. True if none is named.
 */
bool yc_offers_chosen(const yz_chat *chat);
/* What only the dialect it came from can carry: lost under the name its reader gave it. */
void yc_lose_part(yz_losses *losses, yz_arena *arena, const yz_part *part);

#endif
