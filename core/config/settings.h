/* config/settings.h: what yuzui.lua says, checked and typed. Immutable once built; all of it lives in one arena of the generation.
 * Durations in ms, sizes in bytes. */
#ifndef YUZUI_CONFIG_SETTINGS_H
#define YUZUI_CONFIG_SETTINGS_H

#include "base/diag.h"
#include "base/dialects.h"
#include "base/network.h"
#include "base/secret.h"
#include "config/flavour.h"
#include "config/url.h"
#include "http/h1.h"
#include "price/price.h"

#include <netinet/in.h>
#include <yuzui/plugin.h>

struct yz_tls;

typedef struct yz_stage_settings {
    yz_place at;
    const yz_plugin *plugin; /* with a filter */
    const void *config;      /* plugin->config_size bytes */
} yz_stage_settings;

/* What an option that names operations may hold, and what it comes to: bit op is set for each; "all" sets every one. */
#define YZ_OPERATION_WORD(name, word) word " "
#define YZ_OPERATIONS                 YZ_OPS(YZ_OPERATION_WORD) "all"
#define YZ_OPERATION_BIT(name, word)  | (uint64_t)1 << YZ_OP_##name
#define YZ_ALL_OPERATIONS             ((uint64_t)0 YZ_OPS(YZ_OPERATION_BIT))
uint64_t yz_operations_of(const yz_list *words);

/* The stages a request runs through, in order. The last ones, the gateway's own, are not among them. */
typedef struct yz_chain_settings {
    yz_place at;
    yz_str name; /* empty: the default chain */
    yz_stage_settings *stages;
    size_t n_stages;
    yz_list models;   /* whose requests it takes: names, each may end in '*' */
    uint64_t refuses; /* bit op: operations it does not serve */
} yz_chain_settings;

typedef struct yz_listen_settings {
    yz_place at;
    yz_str address; /* "127.0.0.1:8080", "[::1]:8080", ":8080" */
    yz_str host;    /* an IP address; empty: all of the machine's */
    uint16_t port;
    yz_str cert, key; /* files; empty: plain */
    struct yz_tls *tls;
    yz_network *trusted; /* proxies that are believed about whom they forward for */
    size_t n_trusted;
    bool reuse_port;                /* other processes may listen there as well */
    const yz_chain_settings *chain; /* of all requests that come in here; NULL: not said */
} yz_listen_settings;

typedef struct yz_timeouts {
    int64_t connect, first_byte, first_token, idle, total, stall;
} yz_timeouts;

#define YZ_NODES_MOST 32 /* addresses of a provider */

/* A model of a provider that another adapter reaches there. */
typedef struct yz_other_provider {
    yz_str model;                /* its name; "gpt-5-codex*": every name it begins */
    const yz_provider *provider; /* the same account, with that adapter and its usual options */
} yz_other_provider;

typedef struct yz_provider_settings {
    yz_provider pub; /* first: a yz_provider * of a target can be cast to this */
    yz_place at;
    yz_url base;
    bool exact_url;   /* base is taken as it stands */
    yz_secret *key;   /* NULL: none; of several the first */
    yz_secret **keys; /* all of them */
    size_t n_keys;
    struct yz_key_ring *ring;        /* whose turn it is; NULL: there are not several */
    const yz_credential *credential; /* how a key is shown; NULL: as the adapter says */
    yz_str key_problem;              /* why there is no key: calls must fail saying so; empty: */
    yz_str key_missing; /* the environment variable the key should have come from but that is not set: calls must fail saying so */
    yz_timeouts timeout;
    yz_url proxy;          /* scheme empty: none */
    yz_map headers, query; /* added to every request */
    struct yz_tls *tls;
    struct yz_reach *reach;             /* shared by workers: can it be reached? */
    int64_t max_connections;            /* per worker */
    int64_t min_rate;                   /* bytes of content a second, judged over timeout.stall; 0: any */
    int64_t max_answer;                 /* bytes of a document that must be held whole to be translated */
    int64_t embed_inputs, embed_tokens; /* the most of one request for embeddings; 0: as the model's facts say, -1: any number */
    bool strict;                        /* refuse what a translation would lose */
    const yz_flavour *flavour;          /* the one it names, or that of its host; NULL: neither */
    const yz_flavours *flavours;        /* all of them */
    yz_other_provider *others;          /* as its flavour says, in that order */
    size_t n_others;
    yz_target account; /* it without a model: for what it stores */
    /* Of a provider that is reached at several addresses: what this one is called, its share, and on the provider itself, which is the
     * first of them, all. */
    yz_str node; /* empty: there is one address */
    uint32_t node_weight;
    yz_str region; /* where it is: what it asks may depend on that (docs/prices.md); empty: not said */
    struct yz_provider_settings **nodes;
    size_t n_nodes;
} yz_provider_settings;
/* The provider as it reaches this model: itself, or one of its others. */
const yz_provider *yz_provider_for(const yz_provider *provider, yz_str model);

typedef struct yz_model_settings {
    yz_place at;
    yz_str name;
    const yz_target **targets; /* none: a name that policies know, listed for clients */
    size_t n_targets;
    const char *told_apart;   /* "weight": an option for whoever chooses that is said of one of them, or of a node; NULL: none is */
    const yz_target *told_of; /* … that one */
    bool pattern; /* its name ends in '*': it stands for every name it begins; what the targets' models end in likewise is filled in */
} yz_model_settings;

typedef struct yz_key_settings {
    yz_key pub;
    yz_place at;
    uint8_t hash[32];               /* yz_hmac of the key */
    const char *weakness;           /* why it is no secret, as the end of a sentence; NULL: it may be one */
    const yz_chain_settings *chain; /* of all its requests; NULL: not said */
} yz_key_settings;

typedef struct yz_store_settings {
    yz_place at;
    yz_str name;
    const yz_plugin *plugin; /* with a store */
    const void *config;
} yz_store_settings;

typedef struct yz_limit_settings {
    yz_h1_limits http;
    int64_t upload;      /* bytes of a form that streams */
    int64_t stream_from; /* longer forms stream; at most http.body */
    int64_t bodies;      /* bytes of larger bodies held at once, of all workers together */
    int64_t connections; /* per worker */
    int64_t header_time; /* from the first byte of a head to its end */
    int64_t body_time;   /* without a byte of the body */
    int64_t body_rate;   /* bytes per second: after the first 5 s, then over each body_time */
    int64_t idle_time;   /* between requests */
    int64_t write_time;  /* a client that takes nothing */
    int64_t heartbeat;   /* silence towards a client that waits for its stream, before it gets a sign of life; 0: it gets none */
    int64_t session_time, session_idle; /* a session at most, and with neither side saying anything */
    int64_t session_frame;              /* bytes of one frame of its client's */
    int64_t drain_time;                 /* after SIGTERM */
    int64_t hops;                       /* how many yuzui a request may pass through */
} yz_limit_settings;

typedef struct yz_cors_settings {
    bool on;
    yz_list origins, headers; /* "*" allowed */
    int64_t max_age;          /* ms */
} yz_cors_settings;

/* How lines of the log are written. */
typedef enum yz_log_format {
    YZ_LOG_AUTO, /* requests as JSON, or as text where a person watches a terminal; other lines as text */
    YZ_LOG_JSON, /* all as JSON */
    YZ_LOG_TEXT,
} yz_log_format;

/* What the bearer of an admin token may do; each role may do what those before it may. */
typedef enum yz_admin_role { YZ_ADMIN_READ, YZ_ADMIN_OPERATE, YZ_ADMIN_MONEY } yz_admin_role;
#define YZ_ADMIN_ROLES    "read operate money"
#define YZ_ADMIN_NAME_MAX 100 /* bytes of a token's name */

typedef struct yz_admin_token {
    yz_str name, token;
    int role;      /* yz_admin_role */
    bool policies; /* its bearer may activate versions of policies */
} yz_admin_token;

/* Who may what of those that an OpenID provider vouches for: whoever has this value in this claim. */
typedef struct yz_oidc_role {
    yz_str claim, value; /* value "*": any */
    int role;            /* yz_admin_role */
    bool policies;       /* as in yz_admin_token */
} yz_oidc_role;

/* Single sign-on at the admin listener's console, by an OpenID provider. */
typedef struct yz_oidc_settings {
    yz_str issuer, client_id;
    const yz_secret *client_secret; /* NULL: a public client */
    yz_str url;                     /* of the admin address, as browsers know it; without a slash at the end */
    yz_str label, name, ca;         /* of the button; the claim that names people, empty: the usual ones; a file of authorities */
    yz_list scopes;
    yz_tables roles; /* yz_oidc_role */
    int64_t session; /* ms that a badge is good for */
    /* made of them */
    yz_str redirect_uri;
    struct yz_tls *tls; /* NULL: the issuer is asked in the clear, on this machine */
    uint8_t print[32];  /* of all that decides who may what: another one makes badges void */
} yz_oidc_settings;

/* A payment provider, whose signed events pay into the ledger: POST /v1/payments/NAME. `type`, `id`, `account`, `amount`, `currency` are
 * places in an event, as in "data.object.id". */
typedef struct yz_payment_settings {
    yz_str name, header;     /* of the signature, in lower case */
    const yz_secret *secret; /* never empty */
    int64_t tolerance;       /* ms */
    yz_str type, id, account, amount, currency;
    yz_str payment, refund_id, refund_amount;
    yz_list paid;                 /* types that pay in */
    yz_list refunded, reinstated; /* types that take a payment back; that give it back again */
    yz_map only;                  /* places, and what must stand there for paying in */
    int64_t per_usd;
    struct yz_payment_settings *next;
} yz_payment_settings;

/* Addresses of what providers have made become addresses of the gateway: media/media.h. */
typedef struct yz_media_settings {
    const yz_secret *sign; /* at least 16 bytes */
    yz_str base_url;       /* without a slash at the end */
    int64_t expires;       /* ms */
    bool reach_private;
    struct yz_tls *tls;
} yz_media_settings;

typedef struct yz_settings {
    yz_str file;     /* absolute path of yuzui.lua */
    yz_str folder;   /* its folder, without a slash at the end; ".": the current one. Relative paths start here */
    int64_t workers; /* 0: one per processor */
    yz_listen_settings *listens;
    size_t n_listens;
    yz_listen_settings *admin;    /* NULL: none */
    const yz_plugin *console;     /* a filter between the admin listener's guard and its answers; NULL: it is not installed */
    yz_str admin_token;           /* a bearer token that may do all; empty: there is none */
    yz_tables admin_tokens;       /* further ones: yz_admin_token. With none at all the admin address must be a loopback one */
    const yz_oidc_settings *oidc; /* single sign-on; NULL: there is none. With it there is a token, too */
    bool account_page;            /* owners of keys find the console's page for them at /account */
    yz_str edit_policies;         /* the folder that keeps versions of policies, absolute; empty: nobody may activate one */
    const yz_adapter **adapters;  /* every adapter that can be found and has routes: these are served, the first of a path wins */
    size_t n_adapters;
    yz_dialects dialects; /* of every adapter that can be found; a provider's own first */
    yz_flavours flavours;
    yz_prices prices;
    yz_provider_settings **providers;
    size_t n_providers;
    yz_model_settings *models; /* sorted by name */
    size_t n_models, n_patterns;
    yz_key_settings *keys; /* sorted by hash */
    size_t n_keys;
    yz_chain_settings *chains; /* in the order of the config; one of them is the default */
    size_t n_chains;
    const yz_chain_settings *default_chain;
    bool keys_choose; /* some key names a chain: its owner is looked up before the chain begins */
    yz_store_settings *stores;
    size_t n_stores;
    bool has_secret;               /* of yz_hmac, from the config: the same in every process that reads it */
    yz_store_settings *ledger;     /* the plugin has a ledger, the name is the plugin's; NULL: none is declared */
    yz_payment_settings *payments; /* NULL: none */
    yz_media_settings *media;      /* NULL: such addresses stay as they are */
    yz_limit_settings limits;
    yz_cors_settings cors;
    bool access_log;
    yz_log_level log_level;
    yz_str log_file; /* absolute, or from the working folder; empty: stderr */
    yz_log_format log_format;
    yz_list unset;    /* variables of the environment that the config read and that are not set */
    bool watch;       /* reload when a file changes; without it only for those of `renewed` */
    yz_list renewed;  /* files that hold keys which somebody else renews */
    int64_t renew_at; /* when a key that a command made is due, Unix seconds: then the config is loaded anew; 0: none is */
    yz_str *watched;  /* config, policies and what they required, plugins, certificates */
    size_t n_watched;
} yz_settings;

/* The model of this name; else the one whose pattern fits, the longest first; else NULL. */
const yz_model_settings *yz_model_find(const yz_settings *settings, yz_str name);
/* What counts for a target at a time (Unix seconds): what is said of its provider by name, else of its flavour. NULL: nothing is known. */
const yz_price *yz_settings_price(const yz_settings *settings, const yz_target *target, int64_t at);
/* A model's name as it may be shown: one the config knows, or "auto", which leaves the choice to the policy; else "?", since any other
 * may hold anything, a prompt too. Of a pattern the pattern itself. Empty stays empty. */
yz_str yz_settings_shown(const yz_settings *settings, yz_str model);
/* NULL: this credential belongs to nobody. Constant time in the credential. */
const yz_key_settings *yz_settings_key(const yz_settings *settings, yz_str credential);
/* Likewise by its hash (yz_hmac). */
const yz_key_settings *yz_settings_key_of(const yz_settings *settings, const uint8_t hash[32]);
/* The listen directive of this address, as the config spells it; NULL: none. */
const yz_listen_settings *yz_settings_listen(const yz_settings *settings, yz_str address);
/* Which chain a request takes (config/choose.c): that of the key it shows; else that of the address it came in at; else the one whose
 * `models` fit what is asked for; else the default. of_key, listen: NULL: none, unknown; model: empty: none is asked for. Never NULL. */
const yz_chain_settings *yz_chain_choose(const yz_settings *settings, const yz_chain_settings *of_key, const yz_listen_settings *listen,
                                         yz_str model);
/* Is the choice made, whatever model is asked for? Else any of the default chain and those with `models` may come of it. */
bool yz_chain_decided(const yz_settings *settings, const yz_chain_settings *of_key, const yz_listen_settings *listen);

/* Reads and checks a config file; all of it lives in the arena, which must outlive the plugins' use of their options. Relative paths
 * start at the file's folder. NULL: every error found has been reported to diag. Warnings do not fail. Control thread. */
yz_settings *yz_settings_read(const char *file, yz_arena *arena, yz_diag *diag);
/* Likewise from memory; `file` names it in messages and says where relative paths start. */
yz_settings *yz_settings_read_text(const char *file, yz_str text, yz_arena *arena, yz_diag *diag);
/* Reads "127.0.0.1:8080", "[::1]:8080", ":8080" or "localhost:8080" into address, host and port, copied; false: it is none. */
bool yz_listen_parse(yz_str text, yz_arena *arena, yz_listen_settings *out);
/* What keeps a text from being one; it is none. */
const char *yz_listen_fault(yz_str text);
/* What `yuzui run --listen ADDRESS --admin ADDRESS` says instead of every config that is read from now on; NULL: nothing; admin "none": no
 * admin address. Kept, not copied. Returns the address that is none, else NULL. Before the first config is read. */
const char *yz_settings_say(const char *listen, const char *admin);
/* Adds a file to `renewed`. */
void yz_settings_renew_file(yz_settings *settings, yz_arena *arena, yz_str path);
/* Adds a file to `watched`, unless it is there. */
void yz_settings_watch(yz_settings *settings, yz_arena *arena, yz_str path);
/* A path as the config says it: relative ones start at the config's folder. NUL-terminated, in the arena. */
yz_str yz_settings_path(const yz_settings *settings, yz_arena *arena, yz_str path);

/* The directives, for people: `yuzui help config`. */
void yz_settings_print_directives(yz_buf *out);
/* What one of them is for and takes, appended. False: there is no such directive. */
bool yz_settings_print_directive(yz_str name, yz_buf *out);
/* The options of that name, each below the directive that has it, appended; nothing: none has. */
void yz_settings_print_option(yz_str name, yz_buf *out);
/* Their names; how many, at most so many. */
size_t yz_settings_directives(const char **names, size_t most);

#endif
