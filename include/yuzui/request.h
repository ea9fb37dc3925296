/* yuzui/request.h: what a client asked, and what came back: the values that travel through the call tree.
 *
 * A request is immutable once it is in the tree. A stage that wants another model or another body makes a changed copy
 * (yz_request_copy, then assign) and starts a child with it; siblings keep theirs.
 */
#ifndef YUZUI_REQUEST_H
#define YUZUI_REQUEST_H

#include <yuzui/base.h>
#include <yuzui/body.h>
#include <yuzui/json.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct yz_adapter yz_adapter;
struct yz_neutral;
struct yz_dialects;

/* What is asked for. CHAT and EMBEDDING are translated between dialects, VIDEO where a stage follows it as a job, and IMAGE where the
 * target of another dialect paints in chats; the others are forwarded to a provider of the same dialect. */
/* clang-format off */
#define YZ_OPS(X)                                                                                                      \
    X(CHAT, "chat")                                                                                                    \
    X(COMPLETION, "completion")                                                                                        \
    X(EMBEDDING, "embedding")                                                                                          \
    X(MODERATION, "moderation")                                                                                        \
    X(MODELS, "models") /* answered by the gateway itself */                                                           \
    X(COUNT, "count")   /* the tokens of a chat; estimated where no provider can be asked */                           \
    X(STORED, "stored") /* what a provider stores: read, changed, deleted. No model is named, and none is asked */     \
    X(COMPACT, "compact") /* a long chat as a shorter one that the provider can go on from */                          \
    X(IMAGE, "image")                     /* a picture from words */                                                   \
    X(IMAGE_EDIT, "image_edit")           /* … from pictures and words */                                              \
    X(IMAGE_VARIATION, "image_variation") /* … from a picture */                                                       \
    X(SPEECH, "speech")                   /* sound from words */                                                       \
    X(TRANSCRIPTION, "transcription")     /* words from sound */                                                       \
    X(TRANSLATION, "translation")         /* English words from sound */                                               \
    X(RERANK, "rerank")                   /* documents in the order of a question */                                   \
    X(VIDEO, "video")                     /* a film from words: the answer is what to ask for it by (STORED) */            \
    X(BATCH, "batch")                     /* many chats with one model, worked on later: likewise */                       \
    X(FILE, "file")                       /* a file that a provider keeps: the requests of such a batch */             \
    X(MUSIC, "music")                     /* songs, or words for one: worked on later, like a film */                     \
    X(DRAWING, "drawing")                 /* a picture drawn step by step, and each step from the one before: likewise */ \
    X(REALTIME, "realtime") /* a session: a WebSocket, whose frames go both ways as they are until one side ends it */
/* clang-format on */
typedef enum yz_op {
#define YZ_OP_ENUM(name, word) YZ_OP_##name,
    YZ_OPS(YZ_OP_ENUM)
#undef YZ_OP_ENUM
} yz_op;

/* Is it work that its provider goes on with after its answer, and that who began it asks for by its id until it is over (job.h)? */
static inline bool yz_op_begins(yz_op op) { return op == YZ_OP_VIDEO || op == YZ_OP_MUSIC || op == YZ_OP_DRAWING; }

/* Does a provider that has begun such work make something that is paid for, each time anew? Then nobody asks it a second time unless it
 * surely has not begun: no retry, no hedge. */
static inline bool yz_op_makes(yz_op op) {
    return op == YZ_OP_IMAGE || op == YZ_OP_IMAGE_EDIT || op == YZ_OP_IMAGE_VARIATION || op == YZ_OP_SPEECH || op == YZ_OP_BATCH ||
           yz_op_begins(op);
}

/* Is the answer about something that a provider keeps, and says nothing of what this request has used? */
static inline bool yz_op_keeps(yz_op op) { return op == YZ_OP_STORED || op == YZ_OP_BATCH || op == YZ_OP_FILE; }

typedef struct yz_header {
    yz_str name; /* lower case */
    yz_str value;
} yz_header;

/* A body of the type multipart/form-data (RFC 7578), which is how files are sent along with a request. Everything lies in the body. */
typedef struct yz_form_field {
    size_t size;
    const struct yz_form_field *next; /* in the order of the body */
    yz_str name;                      /* as sent, without its quotes */
    bool file;                        /* it says a file name */
    yz_str value;                     /* its bytes */
    bool open;                        /* the last one of a body that streams: these are the first of its bytes, more come with the rest */
} yz_form_field;
#define YZ_FORM_FIELD .size = sizeof(yz_form_field)
typedef struct yz_form {
    size_t size;
    yz_str type; /* the Content-Type, which names the boundary */
    const yz_form_field *fields;
} yz_form;
#define YZ_FORM .size = sizeof(yz_form)
/* The only field of this name, if it is no file. NULL: there is none, or several. */
static inline const yz_form_field *yz_form_find(const yz_form *form, const char *name) {
    const yz_form_field *found = NULL;
    for (const yz_form_field *f = form->fields; f; f = f->next) {
        if (!yz_str_is(f->name, name))
            continue;
        if (found || f->file)
            return NULL;
        found = f;
    }
    return found;
}

/* An upstream account. Its key is not here: only the upstream client can read it. */
typedef struct yz_provider {
    size_t size;
    yz_str name;
    const yz_adapter *adapter;
    const void *config; /* the adapter's own options, of adapter->config_size bytes */
} yz_provider;
#define YZ_PROVIDER .size = sizeof(yz_provider)

/* One way to serve a model. Lives as long as its generation. */
/* What is known of a provider's model: a row of the catalogue (docs/flavours.md). 0 says nothing, and then a model gets what is asked. */
typedef enum yz_beside_tools { YZ_BESIDE_TOOLS_ANY, YZ_BESIDE_TOOLS_LEFT_OUT, YZ_BESIDE_TOOLS_NONE } yz_beside_tools;
typedef enum yz_spelling { YZ_SPELLING_FREE, YZ_SPELLING_OLD, YZ_SPELLING_NEW } yz_spelling;
#define YZ_SAMPLING_IDLE 3 /* of `sampling`: takes it while it does not think */
typedef struct yz_model_facts {
    size_t size;
    int64_t max_tokens;      /* the most an answer may have: asked for more, it is asked for this, before a writer sees it */
    int effort_beside_tools; /* yz_beside_tools: beside tools, reasoning_effort must not be there, or must say "none" */
    int prefill;             /* yz_switch (chat.h): takes an answer that is begun for it */
    int sampling;            /* yz_switch, or YZ_SAMPLING_IDLE: takes temperature, top_p and top_k */
    int late_system;         /* yz_switch: takes instructions (role system) in the middle of a conversation */
    int spelling;            /* yz_spelling: how a model of OpenAI wants what has two spellings (max_completion_tokens, role developer) */
    int stop;                /* yz_switch: takes stop */
    int parallel;            /* yz_switch: takes parallel_tool_calls */
    yz_str efforts;          /* the words of reasoning_effort that it takes, with blanks between; "no": it takes none. Empty: not known */
    int penalties;           /* yz_switch: takes presence_penalty and frequency_penalty */
    int64_t embed_inputs;    /* the most inputs that one request for embeddings may have */
    int64_t embed_tokens;    /* … and tokens, of all of them */
} yz_model_facts;

typedef struct yz_target {
    size_t size;
    const yz_provider *provider;
    yz_str model; /* the provider's own name for it */
    /* What the config says of it for whoever chooses among a model's targets; 0: nothing. */
    uint32_t weight;             /* its share, beside that of the others; 0 counts as 1 */
    uint32_t tier;               /* targets of a higher tier are spare ones: for when none of a lower tier can take more; 0 counts as 1 */
    uint32_t concurrency;        /* calls it takes at once, of all workers together */
    const yz_model_facts *facts; /* NULL: nobody knows the model */
    yz_str node; /* of several addresses of its provider, the one it is: its keys and what its account allows are those of all. Empty: there
                  * is one */
} yz_target;
#define YZ_TARGET .size = sizeof(yz_target)
/* "provider/model", or "provider@node/model": how a target is named to people. In the arena. */
yz_str yz_target_name(yz_arena *arena, const yz_target *target);
/* Are these the same model of the same account? */
static inline bool yz_target_is_sibling(const yz_target *a, const yz_target *b) {
    return yz_str_eq(a->provider->name, b->provider->name) && yz_str_eq(a->model, b->model);
}

/* What binds a key that the ledger keeps (docs/keys.md): the key itself, or a group that it is in. A limit binds all below it. */
typedef struct yz_scope {
    size_t size;
    const char *kind; /* "key" or "group" */
    yz_str name;
    const yz_str *models; /* allowed names, each may end in '*'; none: all */
    size_t n_models;
    const yz_str *addresses; /* IP addresses and ranges that its requests may come from; none: all */
    size_t n_addresses;
    bool disabled;
    int64_t expires;  /* Unix seconds; 0: never */
    int64_t rpm, tpm; /* requests, tokens in a minute; 0: any number */
    /* nano-USD in a day and a month of UTC, and ever; 0: any sum */
    int64_t budget_day, budget_month, budget_total;
    yz_str downgrade; /* the model that answers where a budget does not cover the one asked for; empty: none does */
} yz_scope;
#define YZ_SCOPE .size = sizeof(yz_scope)

/* Who asks: found by yz_key_find. Made by the `key` directive, or kept by the ledger. Lives as long as the call that found it. */
typedef struct yz_key {
    size_t size;
    yz_str name;          /* for logs and metrics; never the key itself */
    yz_str tenant;        /* keys of one tenant may share cached answers; the key's name unless configured */
    const yz_str *models; /* allowed names, each may end in '*' */
    size_t n_models;
    const yz_header *tags; /* what the config says of it beside, as texts: tags = { tier = "gold" } */
    size_t n_tags;
    yz_str account;                /* of the ledger, that pays; empty: the one of its name */
    int64_t markup;                /* what its requests cost, in millionths of their price; 0: as much as the price */
    const yz_scope *const *scopes; /* what binds it: itself first, then its group, the group of that …; none for the config's keys */
    size_t n_scopes;
    bool strict; /* as yz_request.strict, of all its requests */
} yz_key;
#define YZ_KEY .size = sizeof(yz_key)

/* The trace that a request belongs to (https://www.w3.org/TR/trace-context/): made by a stage, seen by all below it. */
typedef struct yz_trace {
    size_t size;
    char id[32];  /* lower case hex */
    bool sampled; /* it is kept; a policy may change its mind (req:pass("trace", "no")) */
    bool hidden;  /* providers are not told */
    yz_str state; /* tracestate of the client, or empty */
} yz_trace;
#define YZ_TRACE .size = sizeof(yz_trace)

typedef struct yz_request {
    size_t size;
    const yz_adapter *dialect; /* whose format the body is in */
    yz_op op;
    bool stream;               /* the client wants a stream */
    bool no_cache;             /* neither read from nor write to a cache */
    yz_str id;                 /* x-request-id */
    yz_str body;               /* proven bytes: all of a whole body, the known ones at the beginning of one that streams */
    const yz_json *json;       /* the index over body; NULL when there is none */
    const yz_json *model_node; /* the value to splice when the model changes; NULL when the body has none */
    /* The body is a form, and `json` is NULL; NULL: it is JSON. What to splice is then `model_field`, with the name as it is. */
    const yz_form *form;
    const yz_form_field *model_field;
    yz_str model;             /* what is asked for now: plain text, the only place the model is read from */
    yz_str credential;        /* the key the client showed; empty when none, and .p is NULL if no header was there for one. Never log it. */
    const yz_key *key;        /* who that is: set by an auth stage, else NULL */
    const yz_target *target;  /* which target to use; NULL: the first one of `model` */
    const yz_header *headers; /* the client's, without credentials, cookies and hop-by-hop ones */
    size_t n_headers;
    /* The address the connection came from, as text without a port ("192.0.2.1", "2001:db8::1"); empty: not known. Behind a reverse
     * proxy it is the proxy's, for all clients, unless the config trusts that proxy: then it is the one that it forwards for. */
    yz_str client;
    bool include_usage;         /* the client wants token counts in its stream, in a dialect where that is a wish of its own */
    struct yz_neutral *neutral; /* the host's: where the neutral form of the body is kept (yz_request_read) */
    yz_str method;              /* "POST"; empty: the gateway asks itself (llm.chat) */
    yz_str path;                /* unescaped, without the query: "/v1/chat/completions"; empty likewise */
    yz_str query;               /* what stood after the "?", still escaped, without a credential (`key=`); empty when none */
    const yz_body *upload;      /* the whole body, of which `body` holds the known bytes, when it streams; NULL: `body` is all of it */
    bool events;                /* whoever asks reads its answer as events: they come beside the bytes, also where nothing is translated */
    const struct yz_dialects *dialects; /* the host's: the adapters of the generation it was asked of (yz_dialect_find) */
    bool target_free;                   /* `target` is the next one in order, no more: a stage below may take another of the model's */
    uint32_t hops; /* how many yuzui it has passed before this one: a stage that lets requests wait for each other looks at it */
    /* What stages above have left for those below, each name once ("tier" = "gold"). It goes with this copy of the
     * request, never to a provider or client, and into no cache's key. */
    const yz_header *passed;
    size_t n_passed;
    bool once; /* it may be sent once: not again, unasked, where a pooled connection turns out to be dead */
    /* With op STORED: the id that the path names, the {id} of its route; empty: it names none (something new is to be stored). With BATCH:
     * the id of the file it is about, where no model is named; set by the adapter's `accept`. Who stores
     * it is asked of the client's dialect (adapter.h: holds): whatever a stage says of model and target, nobody else is asked. */
    yz_str stored;
    yz_trace *trace; /* NULL: none. In the memory of the stage that made it; copies of the request share it */
    /* Only these providers may be asked, by their names: yz_targets knows no others, and the last stage refuses any. With n_within 0 every
     * one may. It goes with this copy of the request. */
    const yz_str *within;
    size_t n_within;
    bool wake; /* it is no client's: its stage's own work (yz_filter.wake) */
    /* What it begins goes on after its answer, under this id, which a stage above has made: no other request has it. What is held in the
     * ledger for it is held under the same id. Empty: it is no such request, or nobody follows it. */
    yz_str job;
    yz_str keeper; /* of `stored`: the provider that keeps it, by name, as a stage above knows; empty: the client's dialect is asked */
    /* With op STORED, set by the adapter's `accept`: the operation that began what the path is for, such as VIDEO; CHAT: any. And what is
     * asked for: 0: how that stands; else which piece of what was made, from 1 (job.h: made). */
    yz_op begun_by;
    unsigned piece;
    yz_str came_by; /* which yuzui those of `hops` were, as their header x-yuzui-hops said; empty: none, or unknown */
    yz_str hook;    /* where its provider is to say that something has come of it, if its dialect has a field for that; empty: nowhere */
    bool strict;    /* its client would rather be refused than asked for with something left out or changed (x-yuzui-strict) */
} yz_request;
#define YZ_REQUEST .size = sizeof(yz_request)

/* Is it for an account, and for no model: about what is stored, or a file that comes in parts, which may ask for any model? */
static inline bool yz_request_nameless(const yz_request *request) {
    return request->op == YZ_OP_STORED || request->stored.n > 0 || (request->op == YZ_OP_FILE && request->model.n == 0);
}

/* A copy in the arena, to be changed before it is passed on. */
yz_request *yz_request_copy(yz_arena *arena, const yz_request *request);
/* Replaces (or adds, or with an empty `raw` removes) one top-level field of the body by raw JSON; the rest of the body is not read again.
 * The value of another field, as it lies in this body, is not read either: so one is renamed. `model` must be changed by assignment
 * instead. YZ_EINVAL when raw is not JSON. */
int yz_request_set(yz_arena *arena, yz_request *request, const char *field, yz_str raw);
/* A header's value, empty if absent. Name in lower case. */
yz_str yz_request_header(const yz_request *request, const char *name);
/* The most tokens its answer may have, as the body says in whatever field its dialect has for that; 0: it does not say. */
int64_t yz_request_most_output(const yz_request *request);

/* ---- what comes back ---------------------------------------------------------------------------------------------- */

/* What an answer used, meter by meter. A later minor names more meters; a dialect fills what it can tell.
 * INPUT is all of the input: what came from a cache and what went into one, audio, pictures and tool prompts are inside. OUTPUT likewise
 * holds REASONING, AUDIO_OUTPUT, IMAGE_OUTPUT and both PREDICTION meters. CACHE_WRITE holds both of its classes. */
/* clang-format off */
#define YZ_METERS(X)                                                                                                   \
    X(INPUT, "input")                                                                                                  \
    X(CACHED, "cached")                  /* of the input: read from the provider's cache */                            \
    X(CACHE_WRITE, "cache_write")        /* of the input: written into it, of every lifetime */                        \
    X(CACHE_WRITE_5M, "cache_write_5m")  /* … to be kept for five minutes */                                           \
    X(CACHE_WRITE_1H, "cache_write_1h")  /* … to be kept for an hour */                                                \
    X(OUTPUT, "output")                                                                                                \
    X(REASONING, "reasoning")            /* of the output */                                                           \
    X(AUDIO_INPUT, "audio_input")        /* of the input, and not of CACHED, where a provider tells them apart */      \
    X(AUDIO_OUTPUT, "audio_output")                                                                                    \
    X(IMAGE_INPUT, "image_input")                                                                                      \
    X(IMAGE_OUTPUT, "image_output")                                                                                    \
    X(TOOL_PROMPT, "tool_prompt")        /* of the input: results of tools that ran at the provider */                 \
    X(SEARCHES, "searches")              /* searches of the web, not tokens */                                         \
    X(PREDICTION_ACCEPTED, "prediction_accepted")                                                                      \
    X(PREDICTION_REJECTED, "prediction_rejected")                                                                      \
    X(PICTURES, "pictures")              /* that were made: another way to count what tokens may count too, as are … */ \
    X(SECONDS, "seconds")                /* … of sound that was heard, or of a film that is made, and … */             \
    X(CHARACTERS, "characters")          /* … of a text that was spoken */
/* clang-format on */
typedef enum yz_meter {
#define YZ_METER_ENUM(name, word) YZ_METER_##name,
    YZ_METERS(YZ_METER_ENUM)
#undef YZ_METER_ENUM
        YZ_METERS_NAMED /* how many this minor names */
} yz_meter;

/* Which of its services a vendor says has answered: each may have prices of its own. OTHER: one that has no name here. */
/* clang-format off */
#define YZ_SERVICES(X)                                                                                                 \
    X(UNSAID, "") X(STANDARD, "standard") X(BATCH, "batch") X(FLEX, "flex") X(PRIORITY, "priority") X(FAST, "fast") X(OTHER, "other")
/* clang-format on */
typedef enum yz_service {
#define YZ_SERVICE_ENUM(name, word) YZ_SERVICE_##name,
    YZ_SERVICES(YZ_SERVICE_ENUM)
#undef YZ_SERVICE_ENUM
        YZ_SERVICES_NAMED
} yz_service;

/* A value, with room for the meters of all minors. All zero: nothing is known. Read and written by the functions below. */
#define YZ_METERS_MAX 32
typedef struct yz_usage {
    uint64_t known; /* bit m: n[m] was said; from bit 56 on: a yz_service */
    int64_t n[YZ_METERS_MAX];
} yz_usage;

static inline void yz_usage_set(yz_usage *usage, yz_meter meter, int64_t n) { /* negative: not said, nothing changes */
    if (n < 0 || (unsigned)meter >= YZ_METERS_MAX)
        return;
    usage->known |= (uint64_t)1 << (unsigned)meter;
    usage->n[meter] = n;
}
/* -1 when it was not said, also of NULL. */
static inline int64_t yz_usage_get(const yz_usage *usage, yz_meter meter) {
    return usage && (unsigned)meter < YZ_METERS_MAX && usage->known >> (unsigned)meter & 1 ? usage->n[meter] : -1;
}
/* The same, and 0 when it was not said. */
static inline int64_t yz_usage_count(const yz_usage *usage, yz_meter meter) {
    int64_t n = yz_usage_get(usage, meter);
    return n > 0 ? n : 0;
}
/* The two that everybody reports; -1: not said. */
static inline yz_usage yz_usage_of(int64_t input, int64_t output) {
    yz_usage usage;
    memset(&usage, 0, sizeof(usage));
    yz_usage_set(&usage, YZ_METER_INPUT, input);
    yz_usage_set(&usage, YZ_METER_OUTPUT, output);
    return usage;
}
/* The service that a vendor or a client names: "default" and its like are the standard one; "auto", and nothing, are none. */
yz_service yz_service_of(yz_str word);
/* UNSAID also of NULL. */
static inline yz_service yz_usage_service(const yz_usage *usage) { return usage ? (yz_service)(usage->known >> 56) : YZ_SERVICE_UNSAID; }
static inline void yz_usage_set_service(yz_usage *usage, yz_service service) { /* UNSAID: nothing changes */
    if (service != YZ_SERVICE_UNSAID)
        usage->known = (usage->known & (~UINT64_C(0) >> 8)) | (uint64_t)service << 56;
}
/* What was said later counts; what was not said stays. `from` may be NULL. */
static inline void yz_usage_merge(yz_usage *into, const yz_usage *from) {
    yz_usage_set_service(into, yz_usage_service(from));
    for (unsigned m = 0; from && from->known >> m && m < YZ_METERS_MAX; m++)
        yz_usage_set(into, (yz_meter)m, yz_usage_get(from, (yz_meter)m));
}

/* What is left of limits per time: of the account at a provider, as its answer says, or of what a client may ask of the gateway. */
/* clang-format off */
#define YZ_QUOTAS(X)                                                                                                   \
    X(REQUESTS, "requests")                                                                                            \
    X(TOKENS, "tokens")                  /* input and output together */                                               \
    X(INPUT_TOKENS, "input_tokens")                                                                                    \
    X(OUTPUT_TOKENS, "output_tokens")
/* clang-format on */
typedef enum yz_quota_kind {
#define YZ_QUOTA_ENUM(name, word) YZ_QUOTA_##name,
    YZ_QUOTAS(YZ_QUOTA_ENUM)
#undef YZ_QUOTA_ENUM
        YZ_QUOTAS_NAMED /* how many this minor names */
} yz_quota_kind;

typedef struct yz_quota {
    int64_t most;  /* allowed in a window; 0: not said */
    int64_t left;  /* of it */
    int64_t reset; /* ms until all of it is there again; 0: not said */
} yz_quota;
/* A value, with room for the limits of all minors. All zero: nothing is known. */
#define YZ_QUOTAS_MAX 8
typedef struct yz_allowance {
    uint64_t known; /* bit k: of[k].left was said */
    yz_quota of[YZ_QUOTAS_MAX];
} yz_allowance;

/* clang-format off */
#define YZ_FINISHES(X) X(NONE, "none") X(STOP, "stop") X(LENGTH, "length") X(TOOLS, "tools") X(FILTER, "filter") X(OTHER, "other")
/* clang-format on */
typedef enum yz_finish {
#define YZ_FINISH_ENUM(name, word) YZ_FINISH_##name,
    YZ_FINISHES(YZ_FINISH_ENUM)
#undef YZ_FINISH_ENUM
} yz_finish;

/* An answer begins. Success only: a failure is an error event. Slices live until the call's memory is freed. */
typedef struct yz_head {
    size_t size;
    int status;                /* 2xx */
    bool stream;               /* the bytes are server-sent events; else one document */
    bool reencode;             /* do not forward the bytes, even to a client of this dialect: decode and encode them anew */
    const yz_adapter *dialect; /* the format of the bytes; NULL: opaque, forward as they are */
    const yz_target *target;   /* who answers; NULL for a local answer */
    yz_str content_type;
    int64_t length;       /* bytes to come, -1 when unknown */
    const yz_str *losses; /* request fields the translation could not carry, and how: see yz_losses */
    size_t n_losses;
    const yz_header *headers; /* the provider's limit_headers (adapter.h): for a client of `dialect` */
    size_t n_headers;
    yz_str part; /* status 206: which part of the whole these bytes are, as Content-Range says it: "bytes 0-99/1000" */
    bool parts;  /* whoever asks may ask for a part of it (Range) */
} yz_head;
#define YZ_HEAD .size = sizeof(yz_head)
/* A copy with all it points to, but for adapter and target. */
yz_head *yz_head_copy(yz_arena *arena, const yz_head *head);

/* What a chunk is known to hold. */
#define YZ_MARK_CONTENT 1u /* the first content of the answer, or more of it */
#define YZ_MARK_FINISH  2u
#define YZ_MARK_USAGE   4u
#define YZ_MARK_SEAM                                                                                                                       \
    8u /* another call goes on with the answer from here. A client that reads another form of it than came is told in a comment */

/* A piece of an answer, in the dialect of the head. Of a stream: always whole events. Valid during the hook only.
 *
 * Who had to decode the bytes hands on what it read: `events` says the same as the bytes, in neutral form. A reader that has used the
 * events of a chunk has not read its bytes, so it needs the events of every later chunk as well: whoever cannot promise them to it (an
 * answer is replayed from a store, a chunk was kept) gives it bytes alone from the beginning. Going over from bytes to events is free. */
typedef struct yz_chunk {
    size_t size;
    yz_str bytes;
    unsigned marks;
    const struct yz_event *events; /* linked by next; NULL: decode the bytes */
} yz_chunk;
#define YZ_CHUNK .size = sizeof(yz_chunk)

/* The answer is complete: its terminal event was seen. A stream that merely stopped is an error. */
typedef struct yz_end {
    size_t size;
    const yz_usage *usage; /* NULL: nothing is known. Valid during the hook */
    yz_finish finish;
    bool unsaid; /* of a chat: it says nothing besides thoughts (no text, no call, no picture), or breaks off in a call or at a pause */
} yz_end;
#define YZ_END .size = sizeof(yz_end)
yz_end *yz_end_copy(yz_arena *arena, const yz_end *end); /* with its usage */

/* Error classes: name, word (stable: it is the `code` clients see unless the error brings its own), HTTP status. */
/* clang-format off */
#define YZ_ERROR_CLASSES(X)                                                                                            \
    X(BAD_REQUEST, "bad_request", 400)         /* the request itself is wrong: another provider will not help */       \
    X(AUTH, "invalid_api_key", 401)            /* the client's key */                                                  \
    X(FORBIDDEN, "model_not_allowed", 403)                                                                             \
    X(NOT_FOUND, "not_found", 404)                                                                                     \
    X(TOO_LARGE, "request_too_large", 413)                                                                             \
    X(CONTEXT_LENGTH, "context_length_exceeded", 400)                                                                  \
    X(CONTENT_POLICY, "content_policy", 400)                                                                           \
    X(RATE_LIMIT, "rate_limited", 429)                                                                                 \
    X(QUOTA, "upstream_quota", 429)            /* the provider account is out of money or quota */                     \
    X(UPSTREAM_AUTH, "upstream_auth", 502)     /* the provider refused the gateway's key */                            \
    X(CONNECT, "upstream_unreachable", 502)    /* nothing was sent */                                                  \
    X(BROKEN, "upstream_broken", 502)          /* reset, truncated, garbled */                                         \
    X(TIMEOUT, "upstream_timeout", 504)                                                                                \
    X(OVERLOADED, "upstream_overloaded", 503)                                                                          \
    X(SERVER, "upstream_error", 502)                                                                                   \
    X(UNSUPPORTED, "unsupported", 400)         /* the target's dialect cannot carry it */                              \
    X(UNAVAILABLE, "unavailable", 503)         /* the gateway itself: draining, over a limit */                        \
    X(INTERNAL, "internal_error", 500)                                                                                 \
    X(ANSWERED, "upstream_unreadable", 502)    /* the answer came whole, and cannot be used: asking again is paid again */
/* clang-format on */
typedef enum yz_error_class {
#define YZ_CLASS_ENUM(name, word, status) YZ_ERROR_##name,
    YZ_ERROR_CLASSES(YZ_CLASS_ENUM)
#undef YZ_CLASS_ENUM
} yz_error_class;

/* May the provider have begun work that costs money? */
typedef enum yz_started { YZ_STARTED_NO, YZ_STARTED_MAYBE, YZ_STARTED_YES } yz_started;

/* Does it help to ask the same again? */
typedef enum yz_again { YZ_AGAIN_UNSAID, YZ_AGAIN_YES, YZ_AGAIN_NO } yz_again;

typedef struct yz_error {
    size_t size;
    yz_error_class class_;
    int status;          /* HTTP status for the client; 0: the class's */
    yz_str code;         /* stable and machine-readable; empty: the class's word */
    yz_str message;      /* plain text for the client: never a key, an address or a stack */
    yz_str param;        /* the request field at fault, or empty */
    int64_t retry_after; /* ms the peer asked to wait; 1: at once; 0: it did not say */
    yz_started started;
    const yz_target *target;  /* who failed; NULL: the gateway */
    bool elsewhere;           /* the next attempt will ask another target: it need not wait, retry_after is about this one */
    yz_str type;              /* the provider's own word for the kind of error, beside `code`; empty: none */
    int said;                 /* the status the provider gave it, in its head or its body; 0: none */
    yz_again again;           /* the peer says whether asking again can help (x-should-retry) */
    const yz_header *headers; /* likewise those of `target`: for a client of its dialect */
    size_t n_headers;
    int resent;   /* how often the request went out again before this, unasked: a pooled connection was dead */
    bool nowhere; /* all targets of the model are out of use: another attempt would only add to the load; retry_after
                   * is the time until the first one is tried again */
    bool spent;   /* what may be spent on other attempts at this model is: one more would only add to the load */
    bool others; /* not `elsewhere`, but a target that was asked before is in use: the next attempt goes to that one, if it does not wait */
} yz_error;
#define YZ_ERROR .size = sizeof(yz_error)
yz_error *yz_error_copy(yz_arena *arena, const yz_error *error); /* with its texts */
/* After this error, may the request be sent again, to whomever? Not if it may have made something already. */
static inline bool yz_may_repeat(const yz_request *request, const yz_error *error) {
    return !yz_op_makes(request->op) || error->started == YZ_STARTED_NO;
}

/* The stable word of a class, "rate_limited": what clients see as `code`. Never NULL. */
const char *yz_error_word(yz_error_class class_);
/* Refuses a client's request: fills *error with BAD_REQUEST, the field at fault (kept, not copied) and a message for the client, at most
 * 255 bytes. Returns YZ_EINVAL. */
int yz_refuse(yz_arena *arena, yz_error *error, yz_str param, const char *fmt, ...) YZ_PRINTF(4, 5);
/* The class of a provider's refusal with this HTTP status; SERVER for what is no error status, as in a failure inside an answer. */
yz_error_class yz_error_class_of(int status);
int yz_error_status(const yz_error *error); /* the status to send: its own, or its class's */

#ifdef __cplusplus
}
#endif
#endif
