/* config/settings.c: reading a config as a whole. */
#include "config/settings.h"
#include "base/reason.h"

#include "base/arena.h"
#include "config/read.h"
#include "config/script_inner.h"
#include "plugin/loader.h"

#include <errno.h>
#include <stdlib.h>

/* ---- the directives -------------------------------------------------------------------------------------------------------- */

typedef struct directive {
    const char *name;
    int pass; /* those of an earlier one are read before: others hang on them */
    yz_read_fn *read;
    bool repeats;
    const char *help;
    const yz_option_rows *rows; /* what it takes; NULL: its documents say */
} directive;

static const directive DIRECTIVES[] = {
    {"listen", 1, yz_read_listen, true, "listen \"127.0.0.1:8080\" { cert = \"…\", key = \"…\", chain = \"…\" }: an address to serve",
     &yz_listen_rows},
    {"admin", 1, yz_read_admin, true, "admin \"127.0.0.1:8081\" { token = … }: the address for reload and status", &yz_admin_rows},
    {"workers", 1, yz_read_workers, false, "workers \"auto\" or workers(2): threads; \"auto\" is one per processor", NULL},
    {"flavour", 0, yz_read_flavour, true,
     "flavour \"acme\" { source, date, adapter, base_url, options, errors, finish, … }: a vendor's ways", NULL},
    {"provider", 1, yz_read_provider, true,
     "provider \"openai\" { adapter = \"openai\", key = env \"…\", base_url, timeout, … }: an upstream account", &yz_provider_rows},
    {"model", 2, yz_read_model, true,
     "model \"gpt-5.2\" { \"openai\", { \"backup\", as = \"…\" } }: a name and its targets, in order of preference", &yz_target_rows},
    {"key", 1, yz_read_key, true, "key \"sk-…\" { name = \"team\", tenant, models = { \"gpt-*\" }, tags, chain }: a client", &yz_key_rows},
    {"chain", 0, yz_read_chain, true,
     "chain { auth {}, policy \"p.lua\", cache {}, fallback {}, retry {} }: the stages of a request; chain \"batch\" { models = { … }, … "
     "}: "
     "of those it takes",
     &yz_chain_rows},
    {"store", 0, yz_read_store, true, "store \"shared\" { kind = \"redis\", … }: a store that stages name", NULL},
    {"ledger", 0, yz_read_ledger, false, "ledger \"sqlite\" { path = \"/var/lib/yuzui/ledger.db\" }: where prepaid money is kept", NULL},
    {"payments", 1, yz_read_payments, true,
     "payments \"stripe\" { secret = env \"STRIPE_WEBHOOK_SECRET\" }: whose signed events pay into the ledger", NULL},
    {"media", 1, yz_read_media, false,
     "media { sign = env \"MEDIA_KEY\", base_url = \"https://gateway.example\" }: what jobs made is served at signed addresses", NULL},
    {"prices", 0, yz_read_prices, true,
     "prices \"openai\" { source, date, models = { { name = \"gpt-5.2\", input = 1.75, output = 14 } } }: USD per million tokens", NULL},
    {"limits", 1, yz_read_limits, false, "limits { body = \"32MiB\", connections = 20000, idle_time = \"75s\", … }: what clients may do",
     &yz_limits_rows},
    {"cors", 1, yz_read_cors, false, "cors { origins = { \"https://app.example\" } }: browsers may call", &yz_cors_rows},
    {"log", 1, yz_read_log, false, "log { access = true, level = \"info\" }", &yz_log_rows},
    {"plugins", 1, yz_read_plugins, true, "plugins \"folder\": more plugins; before the first use of one", NULL},
    {"secret", 0, yz_read_secret, false, "secret(env \"YUZUI_SECRET\"): shared by a fleet, so that all compute the same cache keys", NULL},
    {"watch", 1, yz_read_watch, false, "watch(false): do not reload when a file changes", NULL},
    {"drain", 1, yz_read_drain, false, "drain \"30s\": how long running requests may take after SIGTERM", NULL},
};
enum { N_DIRECTIVES = sizeof(DIRECTIVES) / sizeof(*DIRECTIVES) };

void yz_settings_print_directives(yz_buf *out) {
    for (size_t i = 0; i < N_DIRECTIVES; i++)
        yz_buf_printf(out, "  %s\n", DIRECTIVES[i].help);
    yz_buf_lit(out, "  env \"NAME\": the value of an environment variable; env.NAME: the same as a string, or nil\n"
                    "  require \"name\": runs NAME.lua beside the config\n");
}

static const directive *find_directive(yz_str name) {
    for (size_t i = 0; i < N_DIRECTIVES; i++)
        if (yz_str_is(name, DIRECTIVES[i].name))
            return &DIRECTIVES[i];
    return NULL;
}

bool yz_settings_print_directive(yz_str name, yz_buf *out) {
    const directive *d = find_directive(name);
    if (!d)
        return false;
    yz_buf_printf(out, "%s\n", d->help);
    if (d->rows) {
        yz_buf_lit(out, "\n  option, type, default, meaning:\n");
        yz_options_print(d->rows->options, d->rows->n, out);
    }
    yz_buf_lit(out, "\n  docs/configuration.md says more.\n");
    return true;
}

void yz_settings_print_option(yz_str name, yz_buf *out) {
    for (size_t i = 0; i < N_DIRECTIVES; i++) {
        const yz_option_rows *rows = DIRECTIVES[i].rows;
        for (size_t k = 0; rows && k < rows->n; k++)
            if (yz_str_is(name, rows->options[k].name)) {
                yz_buf_printf(out, "%s:\n", DIRECTIVES[i].name);
                yz_options_print(&rows->options[k], 1, out);
            }
    }
}

size_t yz_settings_directives(const char **names, size_t most) {
    size_t n = 0;
    while (n < N_DIRECTIVES && n < most) {
        names[n] = DIRECTIVES[n].name;
        n++;
    }
    return n;
}

/* ---- reading --------------------------------------------------------------------------------------------------------------- */

static void read_statements(yz_reader *reader, const yz_statement *statements, int pass) {
    int seen[N_DIRECTIVES] = {0};
    for (const yz_statement *statement = statements; statement; statement = statement->next) {
        const directive *d = statement->plugin ? NULL : find_directive(statement->name);
        if (!d || d->pass != pass)
            continue;
        yz_diag_at(reader->diag, statement->at);
        if (yz_diag_full(reader->diag)) {
            yz_diag_error(reader->diag, "too many errors: what follows is not read");
            return;
        }
        if (seen[d - DIRECTIVES] && !d->repeats)
            yz_diag_error(reader->diag, "%s is there twice: first in line %d", d->name, seen[d - DIRECTIVES]);
        else
            d->read(reader, statement);
        seen[d - DIRECTIVES] = statement->at.line;
    }
}

static bool is_any(yz_str host) { return host.n == 0 || yz_str_is(host, "0.0.0.0") || yz_str_is(host, "::"); }

static bool overlap(const yz_listen_settings *a, const yz_listen_settings *b) {
    return a->port != 0 && a->port == b->port && (yz_str_eq(a->host, b->host) || is_any(a->host) || is_any(b->host));
}

static void check_whole(yz_reader *reader, const yz_statement *statements) {
    const yz_settings *s = reader->settings;
    for (const yz_statement *statement = statements; statement; statement = statement->next)
        if (statement->plugin && !statement->used) {
            yz_diag_at(reader->diag, statement->at);
            yz_diag_warn(reader->diag, "the stage %s stands outside the chain and does nothing", statement->name.p);
        }
    yz_diag_at(reader->diag, (yz_place){s->watched[0].p, 0});
    bool clean = reader->diag->errors == 0; /* else what is missing may just be misspelt */
    if (s->n_listens == 0 && clean)
        yz_diag_error(reader->diag, "there is no address to serve: listen \"127.0.0.1:8080\" says one");
    if (!s->default_chain && clean)
        yz_diag_error(reader->diag,
                      "there is no chain%s: chain { auth {}, retry { attempts = 3 } } says which stages a request runs through%s",
                      s->n_chains > 0 ? " without a name" : "", s->n_chains > 0 ? " that takes none of the others" : "");
    for (size_t i = 0; i < s->n_listens; i++)
        if (s->admin && overlap(s->admin, &s->listens[i])) {
            yz_diag_at(reader->diag, s->admin->at);
            int line = s->listens[i].at.line;
            yz_diag_error(reader->diag, "admin \"%.*s\" and listen \"%.*s\" (%s) want the same port: give one of them another",
                          YZ_STR_ARGS(s->admin->address), YZ_STR_ARGS(s->listens[i].address),
                          line > 0 ? yz_format(reader->arena, "line %d", line).p : "--listen");
        }
    if (clean)
        yz_read_model_names(reader), yz_read_addresses(reader);
    if (reader->diag->errors == 0)
        yz_read_sense(reader);
}

static void read_script(yz_reader *reader, const yz_script *script) {
    for (const yz_statement *statement = script->statements; statement; statement = statement->next) {
        reader->n_records++;
        yz_read_unset(reader, statement);
    }
    for (size_t i = 0; i < script->n_files; i++)
        yz_settings_watch(reader->settings, reader->arena, script->files[i]);
    yz_read_defaults(reader);
    reader->settings->unset = script->unset;
    read_statements(reader, script->statements, 0);
    yz_flavours_read_all(&reader->settings->flavours, reader->settings->folder, reader->arena, reader->diag);
    yz_prices_read_all(&reader->settings->prices, reader->settings->folder, reader->arena, reader->diag);
    read_statements(reader, script->statements, 1);
    read_statements(reader, script->statements, 2);
    yz_read_said(reader);
    yz_read_finish_models(reader);
    yz_read_finish_chains(reader);
    yz_read_finish_payments(reader);
    yz_read_adapters(reader);
    check_whole(reader, script->statements);
}

yz_settings *yz_settings_read_text(const char *file, yz_str text, yz_arena *arena, yz_diag *diag) {
    static const char *names[N_DIRECTIVES];
    for (size_t i = 0; i < N_DIRECTIVES; i++)
        names[i] = DIRECTIVES[i].name;
    yz_settings *settings = yz_alloc(arena, sizeof(*settings));
    const char *slash = strrchr(file, '/');
    char *full = realpath(file, NULL);
    settings->file = yz_dup(arena, yz_str_of(full ? full : file));
    size_t folder_n = slash ? (size_t)(slash - file) : 0;
    settings->folder = slash ? yz_dup(arena, (yz_str){file, folder_n > 0 ? folder_n : 1}) : YZ_STR(".");
    free(full);
    yz_plugin_add_core(&yz_policy_plugin);
    yz_plugin_add_core(&yz_workflow_plugin);
    yz_script script;
    unsigned errors = diag->errors;
    if (yz_script_run(file, text, (yz_str){file, slash ? folder_n + 1 : 0}, names, N_DIRECTIVES, arena, diag, &script)) {
        yz_reader reader = {.settings = settings, .arena = arena, .diag = diag, .statements = script.statements};
        read_script(&reader, &script);
    }
    yz_diag_sort(diag);
    return diag->errors == errors ? settings : NULL;
}

/* Where the first line begins that holds something, and no comment of any of these languages; NULL: nowhere. */
static const char *next_line(const char *p) {
    for (;; p++) {
        p += strspn(p, " \t\r\n");
        if (*p != '#' && strncmp(p, "--", 2) != 0)
            return *p ? p : NULL;
        if (strncmp(p, "--[", 3) == 0 || !(p = strchr(p, '\n'))) /* a long comment is Lua's */
            return NULL;
    }
}

/* A name and a colon, with nothing more in the line, begin a block in YAML, and nothing in Lua. */
static bool is_yaml_block(const char *p) {
    size_t n = strcspn(p, ": \t\r\n\"'={}()[],");
    return n > 0 && p[n] == ':' && strchr("\r\n", p[n + 1]);
}

/* Names with a colon, and then a block or a list. */
static bool is_yaml(const char *line) {
    for (; line; line = next_line(line + strcspn(line, "\n"))) {
        if (is_yaml_block(line) || strncmp(line, "- ", 2) == 0)
            return true;
        if (line[strcspn(line, ":=({\n")] != ':')
            return false;
    }
    return false;
}

/* Name = value, and later [table] in a line of its own: in Lua a value would follow it. */
static bool is_toml(const char *first) {
    size_t n = strcspn(first, "=\n");
    if (first[n] != '=' || memmem(first, strcspn(first, "\n"), "[[", 2) || strcspn(first, "({") < n)
        return false;
    for (const char *line = first; (line = next_line(line + strcspn(line, "\n")));) {
        size_t to = *line == '[' ? strcspn(line, "\n\r") : 0, name = to > 0 ? strcspn(line, "]") : 0;
        bool closed = to > 0 && name < to && strchr("\"'{", line[1]) == NULL;
        while (closed && name < to && strchr("] \t", line[name]))
            name++;
        if (closed && (name == to || line[name] == '#'))
            return true;
    }
    return false;
}

/* The language of another program's config; NULL: it may be Lua, in which no statement begins with a bracket or a brace. */
static const char *other_language(const char *text) {
    const char *first = next_line(text);
    if (!first)
        return NULL;
    const char *close = *first == '[' ? strpbrk(first, "]\n") : NULL;
    bool table = close && *close == ']' && first[1] != '"' && first[1] != '{' && first[1] != ']' && strchr("]\r\n \t#", close[1]);
    if (*first == '[' || (*first == '{' && strchr(first, ':')))
        return table ? "it looks like TOML" : "it looks like JSON";
    if (is_toml(first))
        return "it looks like TOML";
    return is_yaml(first) ? "it looks like YAML" : NULL;
}

/* A file of a policy ends by returning its function. */
static bool is_policy(const char *text) {
    for (const char *p = strstr(text, "return function"); p; p = strstr(p + 1, "return function"))
        if (p == text || p[-1] == '\n')
            return true;
    return false;
}

/* What was named instead of a config; NULL: it may be one. Nothing of it is shown: it may be a key. A NUL stands behind the text. */
static const char *other_file(yz_str text) {
    if (yz_str_starts(text, "-----BEGIN "))
        return "it holds a certificate or a key (PEM)";
    if (yz_str_starts(text, "\xff\xfe") || yz_str_starts(text, "\xfe\xff"))
        return "it is text in UTF-16; saved as UTF-8 it can be read";
    if (text.n > 0 && memchr(text.p, '\0', text.n))
        return "it is no text";
    if (text.n > 0 && is_policy(text.p))
        return "it is a policy, which a config names in its chain, as in chain { policy \"route.lua\" {} }; `yuzui check` of the config "
               "tries it";
    return text.n > 0 ? other_language(text.p) : NULL;
}

yz_settings *yz_settings_read(const char *file, yz_arena *arena, yz_diag *diag) {
    yz_buf text = {0};
    if (!yz_running_read(file, &text)) {
        yz_diag_at(diag, (yz_place){0});
        int why = errno;
        yz_diag_error(diag, "cannot read the config %s: %s%s", file, yz_file_reason(why),
                      why == ENOENT ? ": -c FILE names another one, and `yuzui init` writes one" : "");
        return NULL;
    }
    yz_buf_char(&text, '\0'); /* other_language stops there */
    text.n--;
    const char *other = other_file(yz_buf_view(&text));
    yz_settings *settings = other ? NULL : yz_settings_read_text(file, yz_buf_view(&text), arena, diag);
    if (other) {
        yz_diag_at(diag, (yz_place){0});
        yz_diag_error(diag, "%s is no config: %s; a config is Lua, such as listen \"127.0.0.1:8080\" and more (docs/configuration.md)",
                      file, other);
    }
    if (text.p)
        explicit_bzero(text.p, text.n); /* it may hold keys */
    yz_buf_free(&text);
    return settings;
}
