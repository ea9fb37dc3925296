/* config/read_server.c: directives about the process and the client side: addresses, limits, log, and the like. */
#include "base/arena.h"
#include "base/hmac.h"
#include "base/log.h"
#include "base/reason.h"
#include "config/read.h"
#include "net/tls.h"
#include "plugin/loader.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- addresses ------------------------------------------------------------------------------------------------------------- */

bool yz_listen_parse(yz_str text, yz_arena *arena, yz_listen_settings *out) {
    const char *colon = text.n > 0 ? memrchr(text.p, ':', text.n) : NULL;
    size_t host_n = colon ? (size_t)(colon - text.p) : 0;
    yz_str host = {text.p, host_n};
    char *end = NULL;
    unsigned long port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 65536;
    if (port > 65535 || end != text.p + text.n)
        return false;
    bool bracketed = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (bracketed)
        host = (yz_str){host.p + 1, host.n - 2};
    if (yz_str_is(host, "localhost"))
        host = YZ_STR("127.0.0.1");
    unsigned char binary[16];
    out->address = yz_dup(arena, text);
    out->host = yz_dup(arena, host);
    out->port = (uint16_t)port;
    return host.n == 0 || inet_pton(bracketed ? AF_INET6 : AF_INET, out->host.p, binary) == 1;
}

const char *yz_listen_fault(yz_str text) {
    const char *colon = text.n > 0 ? memrchr(text.p, ':', text.n) : NULL;
    size_t digits = 0;
    while (colon && colon + 1 + digits < text.p + text.n && isdigit((unsigned char)colon[1 + digits]))
        digits++;
    bool port = colon && digits > 0 && colon + 1 + digits == text.p + text.n;
    if (memmem(text.p, text.n, "://", 3))
        return "what is wanted is an IP address and a port, without http:// before and a path after them";
    if (yz_str_starts(text, "unix:") || yz_str_starts(text, "/"))
        return "yuzui listens on TCP, at an IP address and a port";
    if (!port)
        return colon ? "after the colon a port is wanted, a number up to 65535"
                     : "an IP address and a port are wanted, with a colon between";
    if (strtoul(colon + 1, NULL, 10) > 65535)
        return "a port is a number up to 65535";
    if (*text.p != '[' && memchr(text.p, ':', (size_t)(colon - text.p)))
        return "an IPv6 address stands in brackets";
    return "names are not looked up: an IP address of this machine is wanted, or none for all of them";
}

static void free_tls(void *tls) { yz_tls_unref(tls); }

static bool load_certificate(yz_reader *reader, const char *what, yz_listen_settings *listen) {
    if (listen->cert.n == 0 && listen->key.n == 0)
        return true;
    if (listen->cert.n == 0 || listen->key.n == 0) {
        yz_diag_error(reader->diag, "%s: cert and key go together, but there is only %s", what, listen->cert.n > 0 ? "cert" : "key");
        return false;
    }
    listen->cert = yz_read_file(reader, listen->cert, yz_format(reader->arena, "%s: cert", what).p);
    listen->key = yz_read_file(reader, listen->key, yz_format(reader->arena, "%s: key", what).p);
    if (listen->cert.n == 0 || listen->key.n == 0 || !yz_pem_pair(reader->diag, what, listen->cert.p, listen->key.p))
        return false;
    listen->tls = yz_tls_server(listen->cert, listen->key, reader->diag);
    if (listen->tls)
        yz_on_free(reader->arena, free_tls, listen->tls);
    return listen->tls != NULL;
}

typedef struct listen_options {
    yz_str cert, key, chain, token, edit_policies;
    yz_tables tokens;
    const yz_oidc_settings *oidc;
    yz_list trusted;
    bool reuse_port, account_page;
} listen_options;

static const yz_option LISTEN_OPTIONS[] = {
    {"cert", YZ_OPTION_STRING, offsetof(listen_options, cert),
     .help = "PEM file with the certificate chain; with it, the address speaks TLS"},
    {"key", YZ_OPTION_STRING, offsetof(listen_options, key), .help = "PEM file with the certificate's private key"},
    {"reuse_port", YZ_OPTION_BOOL, offsetof(listen_options, reuse_port), "false",
     .help = "other processes may listen there too; the kernel spreads connections over all of them"},
    {"trusted", YZ_OPTION_LIST, offsetof(listen_options, trusted),
     .help = "addresses or networks of proxies whose X-Forwarded-For is believed, as in { \"10.0.0.0/8\" }"},
};
const yz_option_rows yz_listen_rows = YZ_ROWS(LISTEN_OPTIONS);
static const yz_option REQUEST_OPTIONS[] = {
    {"chain", YZ_OPTION_STRING, offsetof(listen_options, chain), .help = "the chain of requests that come in here"},
    {"account_page", YZ_OPTION_BOOL, offsetof(listen_options, account_page), "false",
     .help = "owners of keys find a page at /account: their balance, what they used, codes; it needs a ledger and the console's plugin"},
};
static const yz_option BEARER_OPTIONS[] = {
    {"name", YZ_OPTION_STRING, offsetof(yz_admin_token, name), .required = true, .help = "who has it, for the audit"},
    {"token", YZ_OPTION_STRING, offsetof(yz_admin_token, token), .required = true, .help = "at least 16 bytes"},
    {"role", YZ_OPTION_CHOICE, offsetof(yz_admin_token, role), "read", .choices = YZ_ADMIN_ROLES,
     .help = "what it may: look; also make and change keys; also move money"},
    {"policies", YZ_OPTION_BOOL, offsetof(yz_admin_token, policies), "false",
     .help = "it may also activate versions of policies; for a role from operate on, where edit_policies is said"},
};
static const yz_option_table BEARER_TABLE = YZ_TABLE(BEARER_OPTIONS, yz_admin_token);
static const yz_option ADMIN_OPTIONS[] = {
    {"token", YZ_OPTION_STRING, offsetof(listen_options, token),
     .help = "what admin requests must carry as a bearer token; needed where the address is not a loopback one. It may do all"},
    {"tokens", YZ_OPTION_TABLES, offsetof(listen_options, tokens), .table = &BEARER_TABLE, .help = "further ones, with names and roles"},
    {"oidc", YZ_OPTION_TABLE, offsetof(listen_options, oidc), .table = &yz_oidc_table,
     .help = "people sign in to the console at an OpenID provider"},
    {"edit_policies", YZ_OPTION_STRING, offsetof(listen_options, edit_policies),
     .help = "a folder that keeps every version of the policies' files; with it, they may be edited from the console and the API, "
             "by tokens alone. Without it, by nobody"},
};
const yz_option_rows yz_admin_rows = YZ_ROWS(ADMIN_OPTIONS);

static bool read_trusted(yz_reader *reader, const yz_list *list, yz_listen_settings *out) {
    out->trusted = yz_alloc(reader->arena, (list->n + 1) * sizeof(*out->trusted));
    for (size_t i = 0; i < list->n; i++)
        if (!yz_network_parse(list->items[i], &out->trusted[out->n_trusted++])) {
            yz_diag_error(reader->diag, "trusted: \"%.*s\" is neither an address nor a network, such as \"10.0.0.1\" or \"10.0.0.0/8\"",
                          YZ_STR_ARGS(list->items[i]));
            return false;
        }
    return true;
}

/* `more`: the options that are its own. */
static bool read_address(yz_reader *reader, const yz_statement *statement, const yz_option *more, size_t n_more, yz_listen_settings *out,
                         listen_options *options) {
    const char *needs =
        more == ADMIN_OPTIONS ? "an address such as admin \"127.0.0.1:8081\"" : "an address such as listen \"127.0.0.1:8080\"";
    yz_str text = yz_read_text(reader, statement, 0, needs);
    yz_option_set sets[] = {{LISTEN_OPTIONS, sizeof(LISTEN_OPTIONS) / sizeof(*LISTEN_OPTIONS), options}, {more, n_more, options}};
    bool ok = text.n > 0;
    out->at = statement->at;
    if (ok && !yz_listen_parse(text, reader->arena, out)) {
        yz_diag_error(reader->diag, "%s \"%.*s\": %s, such as \"127.0.0.1:8080\", \"[::1]:8080\" or \":8080\"", statement->name.p,
                      YZ_STR_ARGS(text), yz_listen_fault(text));
        ok = false;
    }
    ok = yz_options_fill(sets, 2, yz_read_arg(statement, 1), statement->name.p, reader->arena, reader->diag) && ok;
    ok = yz_read_no_more(reader, statement, 2) && ok;
    out->cert = options->cert;
    out->key = options->key;
    out->reuse_port = options->reuse_port;
    ok = read_trusted(reader, &options->trusted, out) && ok;
    return load_certificate(reader, statement->name.p, out) && ok;
}

static bool same_address(const yz_listen_settings *a, const yz_listen_settings *b) {
    return a->port != 0 && a->port == b->port && yz_str_eq(a->host, b->host);
}

void yz_read_listen(yz_reader *reader, const yz_statement *statement) {
    yz_settings *s = reader->settings;
    yz_listen_settings listen = {0};
    listen_options options = {0};
    if (!read_address(reader, statement, REQUEST_OPTIONS, sizeof(REQUEST_OPTIONS) / sizeof(*REQUEST_OPTIONS), &listen, &options))
        return;
    listen.chain = yz_read_chain_named(reader, yz_format(reader->arena, "listen \"%.*s\"", YZ_STR_ARGS(listen.address)).p, options.chain);
    for (size_t i = 0; i < s->n_listens; i++)
        if (same_address(&s->listens[i], &listen)) {
            yz_diag_error(reader->diag, "listen \"%.*s\" is there twice: first in line %d", YZ_STR_ARGS(listen.address),
                          s->listens[i].at.line);
            return;
        }
    s->listens[s->n_listens++] = listen;
    s->account_page |= options.account_page;
    if (options.account_page && yz_plugin_exists(YZ_STR("console")))
        s->console = yz_plugin_find(YZ_STR("console"), reader->diag);
}

/* ---- the command line's ----------------------------------------------------------------------------------------------------- */

static const char *listen_said, *admin_said;

const char *yz_settings_say(const char *listen, const char *admin) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_listen_settings parsed;
    bool no_admin = admin && strcmp(admin, "none") == 0;
    const char *wrong = listen && !yz_listen_parse(yz_str_of(listen), arena, &parsed)              ? listen
                        : admin && !no_admin && !yz_listen_parse(yz_str_of(admin), arena, &parsed) ? admin
                                                                                                   : NULL;
    yz_arena_free(arena);
    listen_said = listen;
    admin_said = admin;
    return wrong;
}

void yz_read_said(yz_reader *reader) {
    yz_settings *s = reader->settings;
    if (listen_said) {
        s->listens[0].at = (yz_place){"--listen", 0}; /* what the first one says beside its address holds: TLS, the chain */
        yz_listen_parse(yz_str_of(listen_said), reader->arena, &s->listens[0]);
        s->n_listens = 1;
    }
    if (admin_said && strcmp(admin_said, "none") == 0) {
        s->admin = NULL;
    } else if (admin_said) {
        if (!s->admin)
            s->admin = yz_alloc(reader->arena, sizeof(*s->admin));
        s->admin->at = (yz_place){"--admin", 0};
        yz_listen_parse(yz_str_of(admin_said), reader->arena, s->admin);
        yz_diag_at(reader->diag, s->admin->at);
        if (!yz_read_is_loopback(s->admin->host) && s->admin_tokens.n == 0 && s->admin_token.n < 16)
            yz_diag_error(reader->diag,
                          "%s can be reached from other machines and so needs a token of 16 bytes in the config's admin "
                          "directive",
                          admin_said);
    }
}

bool yz_read_is_loopback(yz_str host) { return yz_str_starts(host, "127.") || yz_str_is(host, "::1"); }

/* Names tell who did something, so they are different, as are the tokens themselves. */
static bool tokens_ok(yz_reader *reader, const listen_options *options) {
    const yz_tables *all = &options->tokens;
    for (size_t i = 0; i < all->n; i++) {
        const yz_admin_token *one = all->items[i];
        bool again = yz_str_eq(one->token, options->token) || yz_str_is(one->name, "admin");
        for (size_t k = 0; k < i; k++) {
            const yz_admin_token *before = all->items[k];
            again |= yz_str_eq(one->token, before->token) || yz_str_eq(one->name, before->name);
        }
        if (one->token.n >= 16 && one->name.n > 0 && one->name.n <= YZ_ADMIN_NAME_MAX && !again)
            continue;
        if (again)
            yz_diag_error(reader->diag,
                          "admin: tokens[%zu]: each should have a name and a token of its own (\"admin\" is the one of `token`)", i + 1);
        else
            yz_diag_error(reader->diag, "admin: tokens[%zu]: a name should have 1 to %d bytes, and a token at least 16, not %zu and %zu",
                          i + 1, YZ_ADMIN_NAME_MAX, one->name.n, one->token.n);
        return false;
    }
    return true;
}

/* The provider may be away, and commands such as `yuzui reload` have no browser. */
static bool sign_on_ok(yz_reader *reader, listen_options *options) {
    if (!options->oidc)
        return true;
    if (options->token.n == 0 && options->tokens.n == 0) {
        yz_diag_error(reader->diag, "admin: oidc needs a token beside it, for commands such as `yuzui reload` and for a day without the "
                                    "provider: token = env \"ADMIN_TOKEN\"");
        return false;
    }
    options->oidc = yz_read_oidc(reader, options->oidc);
    return options->oidc != NULL;
}

/* A policy is code that runs here: whoever puts one in its place must be somebody. */
static bool editing_ok(yz_reader *reader, const listen_options *options) {
    bool any = options->token.n > 0;
    for (size_t i = 0; options->oidc && i < options->oidc->roles.n; i++)
        any |= ((const yz_oidc_role *)options->oidc->roles.items[i])->policies;
    for (size_t i = 0; i < options->tokens.n; i++) {
        const yz_admin_token *one = options->tokens.items[i];
        any |= one->policies;
        if (one->policies && one->role == YZ_ADMIN_READ) {
            yz_diag_error(reader->diag, "admin: tokens[%zu]: policies = true needs role = \"operate\" or \"money\"", i + 1);
            return false;
        }
    }
    if (options->edit_policies.n > 0 && !any)
        yz_diag_error(
            reader->diag,
            "admin: edit_policies needs somebody who may: token = …, or one of tokens, or of the roles of oidc, with policies = true");
    return options->edit_policies.n == 0 || any;
}

static yz_str folder_of(yz_reader *reader, yz_str said) {
    char *full;
    if (said.n == 0 || said.p[0] == '/')
        return said;
    full = realpath(reader->settings->folder.n ? yz_dup(reader->arena, reader->settings->folder).p : ".", NULL);
    yz_str folder = yz_format(reader->arena, "%s/%.*s", full ? full : ".", YZ_STR_ARGS(said));
    free(full);
    return folder;
}

void yz_read_admin(yz_reader *reader, const yz_statement *statement) {
    yz_settings *s = reader->settings;
    yz_listen_settings *admin = yz_alloc(reader->arena, sizeof(*admin));
    listen_options options = {0};
    if (!read_address(reader, statement, ADMIN_OPTIONS, sizeof(ADMIN_OPTIONS) / sizeof(*ADMIN_OPTIONS), admin, &options) ||
        !tokens_ok(reader, &options) || !sign_on_ok(reader, &options) || !editing_ok(reader, &options))
        return;
    if (yz_plugin_exists(YZ_STR("console")))
        s->console = yz_plugin_find(YZ_STR("console"), reader->diag);
    if (s->admin) {
        yz_diag_error(reader->diag, "admin is there twice: first in line %d", s->admin->at.line);
    } else if (!yz_read_is_loopback(admin->host) && options.token.n == 0 && options.tokens.n == 0) {
        yz_diag_error(
            reader->diag,
            "admin \"%.*s\" can be reached from other machines and so needs a token: admin \"%.*s\" { token = env \"ADMIN_TOKEN\" }",
            YZ_STR_ARGS(admin->address), YZ_STR_ARGS(admin->address));
    } else if (!yz_read_is_loopback(admin->host) && options.token.n > 0 && options.token.n < 16) { /* nothing slows guessing here */
        yz_diag_error(reader->diag, "admin: token should have at least 16 bytes where other machines reach the address, but has %zu",
                      options.token.n);
    } else {
        s->admin = admin;
        s->admin_token = options.token;
        s->admin_tokens = options.tokens;
        s->oidc = options.oidc;
        s->edit_policies = folder_of(reader, options.edit_policies);
    }
}

/* ---- one value ------------------------------------------------------------------------------------------------------------- */

static bool whole(const yz_value *value, int64_t *out) {
    if (!value || value->kind != YZ_VALUE_NUMBER || !(value->number >= -1e15 && value->number <= 1e15))
        return false;
    *out = (int64_t)value->number;
    return (double)*out == value->number;
}

static bool is_number(const yz_value *value) {
    return yz_value_is_text(value) && value->text.n > 0 && value->text.p[0] >= '0' && value->text.p[0] <= '9';
}

void yz_read_workers(yz_reader *reader, const yz_statement *statement) {
    const yz_value *value = yz_read_arg(statement, 0);
    int64_t n;
    if (yz_value_is_text(value) && yz_str_is(value->text, "auto"))
        reader->settings->workers = 0;
    else if (whole(value, &n) && n >= 1 && n <= 256)
        reader->settings->workers = n;
    else
        yz_diag_error(reader->diag, "workers should be \"auto\" or a whole number from 1 to 256, %snot %.*s",
                      is_number(value) ? "as in workers(4), " : "", YZ_STR_ARGS(yz_value_describe(reader->arena, value)));
    yz_read_no_more(reader, statement, 1);
}

void yz_read_watch(yz_reader *reader, const yz_statement *statement) {
    const yz_value *value = yz_read_arg(statement, 0);
    if (!value || value->kind != YZ_VALUE_BOOL)
        yz_diag_error(reader->diag, "watch should be true or false, as in watch(false), not %.*s",
                      YZ_STR_ARGS(yz_value_describe(reader->arena, value)));
    else
        reader->settings->watch = value->truth;
    yz_read_no_more(reader, statement, 1);
}

void yz_read_drain(yz_reader *reader, const yz_statement *statement) {
    int64_t ms;
    yz_str text = yz_read_text(reader, statement, 0, "a duration such as drain \"30s\"");
    if (text.n > 0 && yz_parse_duration(text, &ms) && ms <= 86400000)
        reader->settings->limits.drain_time = ms;
    else if (text.n > 0)
        yz_diag_error(reader->diag, "drain should be a duration of at most 24h, such as \"30s\", not \"%.*s\"", YZ_STR_ARGS(text));
    yz_read_no_more(reader, statement, 1);
}

void yz_read_secret(yz_reader *reader, const yz_statement *statement) {
    yz_str text = yz_read_text(reader, statement, 0, "a text shared by the fleet, as in secret(env \"YUZUI_SECRET\")");
    if (text.n > 0 && text.n < 16)
        yz_diag_error(reader->diag, "secret should have at least 16 bytes, but has %zu", text.n);
    else if (text.n > 0 && !yz_hmac_secret_set(text))
        yz_diag_error(reader->diag, "secret cannot change while yuzui runs: key hashes and cache keys hang on it; restart instead");
    else
        reader->settings->has_secret = text.n > 0;
    if (text.n > 0)
        explicit_bzero((char *)(uintptr_t)text.p, text.n); /* our copy, in the arena */
    yz_read_no_more(reader, statement, 1);
}

static void check_folder(yz_reader *reader, yz_str path) {
    yz_str full = yz_settings_path(reader->settings, reader->arena, path);
    struct stat st;
    if (stat(full.p, &st) != 0 || !S_ISDIR(st.st_mode))
        yz_diag_error(reader->diag, "plugins: there is no folder %s", full.p);
}

/* The folders were added when the script said it; here they are only checked. */
void yz_read_plugins(yz_reader *reader, const yz_statement *statement) {
    const yz_value *value = yz_read_arg(statement, 0);
    bool list = value && value->kind == YZ_VALUE_TABLE && value->n_items > 0;
    for (size_t i = 0; list && i < value->n_items; i++)
        list = yz_value_is_text(&value->items[i]);
    yz_str one = list ? YZ_STR("") : yz_read_text(reader, statement, 0, "a folder, as in plugins \"plugins\", or a list of them");
    if (one.n > 0)
        check_folder(reader, one);
    for (size_t i = 0; list && i < value->n_items; i++)
        check_folder(reader, value->items[i].text);
    yz_read_no_more(reader, statement, 1);
}

/* ---- tables ---------------------------------------------------------------------------------------------------------------- */

#define LIMIT(name, type, field, def, lo, hi, text)                                                                                        \
    { name, YZ_OPTION_##type, offsetof(yz_limit_settings, field), .otherwise = def, .help = text, .min = lo, .max = hi }
static const yz_option LIMIT_OPTIONS[] = {
    LIMIT("request_line", SIZE, http.line, "8KiB", 256, 1 << 20, "bytes of a request line"),
    LIMIT("headers", SIZE, http.headers, "64KiB", 1024, 16 << 20, "bytes of all headers of a request"),
    LIMIT("header_count", INT, http.count, "100", 10, 10000, "headers of a request"),
    LIMIT("body", SIZE, http.body, "32MiB", 1024, 1ll << 32, "bytes of a request's body"),
    LIMIT("upload", SIZE, upload, "4GiB", 0, 1ll << 44, "bytes of a form whose file is passed on as it comes; 0: none is"),
    LIMIT("stream_from", SIZE, stream_from, "32MiB", 1024, 1ll << 32, "forms longer than this are passed on as they come; at most `body`"),
    LIMIT("bodies", SIZE, bodies, "512MiB", 1024, 1ll << 44, "bytes of all larger bodies held at once; at least `body`"),
    LIMIT("connections", INT, connections, "20000", 1, 10000000, "client connections of one worker"),
    LIMIT("header_time", DURATION, header_time, "10s", 100, 3600000, "from the first byte of a head to its end"),
    LIMIT("body_time", DURATION, body_time, "30s", 100, 3600000, "without a byte of the body"),
    LIMIT("body_rate", SIZE, body_rate, "1KiB", 0, 1ll << 40,
          "bytes a second a body must bring: after the first 5 s, then over each body_time"),
    LIMIT("idle_time", DURATION, idle_time, "75s", 100, 86400000, "between two requests of a connection"),
    LIMIT("write_time", DURATION, write_time, "60s", 100, 86400000, "with a client that takes nothing"),
    LIMIT("hops", INT, hops, "8", 1, 1000, "gateways of this kind that a request may pass through; the next one refuses it as a loop"),
    LIMIT("heartbeat", DURATION, heartbeat, "10s", 0, 3600000,
          "silence towards a client that waits for its stream, before it gets a sign of life; 0s: it gets none"),
    LIMIT("session_time", DURATION, session_time, "1h", 1000, 86400000, "a session (a WebSocket) at most"),
    LIMIT("session_idle", DURATION, session_idle, "10m", 100, 86400000, "in a session without a byte from either side"),
    LIMIT("session_frame", SIZE, session_frame, "32MiB", 1024, 1ll << 32, "bytes of one frame of a client's, in a session"),
};
const yz_option_rows yz_limits_rows = YZ_ROWS(LIMIT_OPTIONS);
_Static_assert(sizeof(size_t) == sizeof(int64_t), "limits that are size_t are filled as int64_t");

/* The drain time has a directive of its own and keeps what it said. */
static bool fill_limits(yz_reader *reader, const yz_value *table) {
    yz_option_set set = {LIMIT_OPTIONS, sizeof(LIMIT_OPTIONS) / sizeof(*LIMIT_OPTIONS), &reader->settings->limits};
    return yz_options_fill(&set, 1, table, "limits", reader->arena, reader->diag);
}

void yz_read_limits(yz_reader *reader, const yz_statement *statement) {
    yz_limit_settings *limits = &reader->settings->limits;
    fill_limits(reader, yz_read_arg(statement, 0));
    if (limits->bodies < limits->http.body)
        limits->bodies = limits->http.body; /* or the longest body could never be taken */
    if (limits->stream_from > limits->http.body)
        limits->stream_from = limits->http.body;
    yz_read_no_more(reader, statement, 1);
}

static const yz_option CORS_OPTIONS[] = {
    {"origins", YZ_OPTION_LIST, offsetof(yz_cors_settings, origins), "*", .help = "origins that may call from a browser; \"*\": all"},
    {"headers", YZ_OPTION_LIST, offsetof(yz_cors_settings, headers), "*", .help = "request headers they may send; \"*\": all"},
    {"max_age", YZ_OPTION_DURATION, offsetof(yz_cors_settings, max_age), "1h", .help = "how long a browser may remember the answer",
     .max = 86400000},
};
const yz_option_rows yz_cors_rows = YZ_ROWS(CORS_OPTIONS);

/* "https://app.example", "http://localhost:3000" or "*": anything else is what no browser sends. */
static bool is_origin(yz_str text) {
    const char *mark = text.n > 0 ? memmem(text.p, text.n, "://", 3) : NULL;
    return yz_str_is(text, "*") || yz_str_is(text, "null") ||
           (mark && mark > text.p && mark + 3 < text.p + text.n && !memchr(mark + 3, '/', (size_t)(text.p + text.n - mark) - 3));
}

void yz_read_cors(yz_reader *reader, const yz_statement *statement) {
    yz_cors_settings *cors = &reader->settings->cors;
    yz_option_set set = {CORS_OPTIONS, sizeof(CORS_OPTIONS) / sizeof(*CORS_OPTIONS), cors};
    cors->on = yz_options_fill(&set, 1, yz_read_arg(statement, 0), "cors", reader->arena, reader->diag);
    for (size_t i = 0; i < cors->origins.n; i++)
        if (!is_origin(cors->origins.items[i]))
            yz_diag_error(reader->diag,
                          "cors: \"%.*s\" is no origin: scheme, host and port without a path, such as \"https://app.example\"",
                          YZ_STR_ARGS(cors->origins.items[i]));
    for (size_t i = 0; i < cors->headers.n; i++)
        if (!yz_h1_name_ok(cors->headers.items[i])) /* "*" is one */
            yz_diag_error(reader->diag, "cors: headers: entry %zu is no header name, such as \"x-session\", nor \"*\"", i + 1);
    yz_read_no_more(reader, statement, 1);
}

typedef struct log_options {
    bool access;
    int level, format;
    yz_str file;
} log_options;

static const yz_option LOG_OPTIONS[] = {
    {"access", YZ_OPTION_BOOL, offsetof(log_options, access), "true", .help = "a line for each request"},
    {"level", YZ_OPTION_CHOICE, offsetof(log_options, level), "info", .help = "lines below it are left out",
     .choices = "debug info warn error"},
    {"file", YZ_OPTION_STRING, offsetof(log_options, file),
     .help = "where lines go; opened anew at SIGHUP and SIGUSR1. Not said: to stderr"},
    {"format", YZ_OPTION_CHOICE, offsetof(log_options, format), "auto",
     .help =
         "json: every line is JSON; text: every line is for people; auto: requests are JSON unless a terminal shows them, the rest is text",
     .choices = "auto json text"},
};
const yz_option_rows yz_log_rows = YZ_ROWS(LOG_OPTIONS);

/* A FIFO may be read later than it is named: its reader may not have begun yet. */
static void look_for_reader(yz_reader *reader, yz_str path) {
    int fd = open(path.p, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENXIO)
        yz_diag_warn(reader->diag, "log: file \"%.*s\" is a FIFO that nobody reads: as long as that is so, lines go to stderr",
                     YZ_STR_ARGS(path));
    if (fd >= 0)
        close(fd);
}

/* Nothing is made here: `yuzui check` reads configs too. */
static yz_str read_log_file(yz_reader *reader, yz_str file) {
    if (file.n == 0)
        return file;
    yz_str path = yz_settings_path(reader->settings, reader->arena, file);
    const char *slash = memrchr(path.p, '/', path.n);
    yz_str folder = slash ? yz_dup(reader->arena, (yz_str){path.p, (size_t)(slash - path.p) + 1}) : YZ_STR(".");
    struct stat st = {0};
    if (stat(path.p, &st) == 0 && S_ISDIR(st.st_mode))
        yz_diag_error(reader->diag, "log: file \"%.*s\" is a folder: the name of a file in it is wanted", YZ_STR_ARGS(path));
    else if (access(path.p, F_OK) == 0 ? access(path.p, W_OK) != 0 : access(folder.p, W_OK) != 0)
        yz_diag_error(reader->diag, "log: file \"%.*s\" cannot be written: %s", YZ_STR_ARGS(path), yz_file_reason(errno));
    else if (S_ISFIFO(st.st_mode))
        look_for_reader(reader, path);
    return path;
}

void yz_read_log(yz_reader *reader, const yz_statement *statement) {
    log_options options = {0};
    yz_option_set set = {LOG_OPTIONS, sizeof(LOG_OPTIONS) / sizeof(*LOG_OPTIONS), &options};
    if (yz_options_fill(&set, 1, yz_read_arg(statement, 0), "log", reader->arena, reader->diag)) {
        reader->settings->access_log = options.access;
        reader->settings->log_level = (yz_log_level)options.level;
        reader->settings->log_format = (yz_log_format)options.format;
        reader->settings->log_file = read_log_file(reader, options.file);
    }
    yz_read_no_more(reader, statement, 1);
}

void yz_read_defaults(yz_reader *reader) {
    yz_settings *s = reader->settings;
    fill_limits(reader, NULL);
    s->limits.drain_time = 30000;
    s->access_log = true;
    s->log_level = YZ_LOG_INFO;
    s->watch = true;
    s->listens = yz_alloc(reader->arena, (reader->n_records + 1) * sizeof(*s->listens));
    s->providers = yz_alloc(reader->arena, (reader->n_records + 1) * sizeof(*s->providers));
    s->models = yz_alloc(reader->arena, (reader->n_records + 1) * sizeof(*s->models));
    s->keys = yz_alloc(reader->arena, (reader->n_records + 1) * sizeof(*s->keys));
    s->chains = yz_alloc(reader->arena, (reader->n_records + 1) * sizeof(*s->chains));
    s->stores = yz_alloc(reader->arena, (reader->n_records + 1) * sizeof(*s->stores));
}
