/* cli/translate.c: `yuzui explain --translate FROM TO FILE`: a request of one dialect as a provider of another gets it, and what of it is
 * lost. TO is a dialect, or with -c the name of a provider of that config, whose options then count. Nobody is asked. */
#include "dialect/translate.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/request.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "dialect/losses.h"
#include "dialect/neutral.h"
#include "plugin/loader.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct asked {
    const char *from, *to, *file;
    const char *config, *model, *flavour; /* NULL: not said */
    bool stream, json;
} asked;

/* What goes out. */
typedef struct outgoing {
    yz_endpoint endpoint;
    yz_str body;
    const yz_losses *losses;
    bool forwarded; /* as it came, but for what the target does not take */
} outgoing;

/* ---- who translates ---------------------------------------------------------------------------------------------------------- */

/* The name of an adapter stands for the dialect that it speaks. */
static const char *dialect_of(const char *word) {
    const yz_plugin *const *plugins;
    size_t n = yz_plugin_list(YZ_KIND_ADAPTER, &plugins, NULL);
    for (size_t i = 0; i < n; i++)
        if (strcmp(plugins[i]->name, word) == 0)
            return plugins[i]->adapter->dialect;
    return word;
}

/* The name of a plugin that writes the dialect; NULL: an error was printed. */
static const char *adapter_of(const char *dialect) {
    const yz_plugin *const *plugins;
    size_t n = yz_plugin_list(YZ_KIND_ADAPTER, &plugins, NULL);
    for (size_t i = 0; i < n; i++)
        if (plugins[i]->adapter->write && (strcmp(plugins[i]->adapter->dialect, dialect) == 0 || strcmp(plugins[i]->name, dialect) == 0))
            return plugins[i]->name;
    fprintf(stderr, "yuzui explain: no adapter writes the dialect \"%s\"; there are:", dialect);
    for (size_t i = 0; i < n; i++)
        if (plugins[i]->adapter->write)
            fprintf(stderr, " %s", plugins[i]->adapter->dialect);
    fprintf(stderr, "; the name of a provider is looked for in a config that -c names\n");
    return NULL;
}

/* A config with one provider, of that dialect and flavour. NULL: an error was printed. */
static const yz_settings *settings_of(const asked *a, yz_arena *arena, yz_diag *diag) {
    if (a->config)
        return yz_settings_read(a->config, arena, diag);
    const char *adapter = adapter_of(a->to);
    if (!adapter)
        return NULL;
    yz_buf text = {0};
    yz_buf_printf(&text, "listen \"127.0.0.1:8080\"\nprovider \"%s\" { adapter = \"%s\", key = \"none\", base_url = \"http://127.0.0.1\"",
                  a->to, adapter);
    if (a->flavour)
        yz_buf_printf(&text, ", flavour = \"%s\"", a->flavour);
    yz_buf_printf(&text, " }\nmodel \"auto\" { \"%s\" }\nkey \"none\" {}\nchain { auth {} }\n", a->to);
    const yz_settings *settings = yz_settings_read_text("--flavour", yz_buf_view(&text), arena, diag);
    yz_buf_free(&text);
    return settings;
}

static const yz_adapter *reader_of(const yz_settings *s, const char *dialect) {
    const yz_adapter *found = yz_dialects_find(&s->dialects, yz_str_of(dialect));
    if (found && found->read && found->accept)
        return found;
    fprintf(stderr, "yuzui explain: no adapter reads the dialect \"%s\"; there are:", dialect);
    for (size_t i = 0; i < s->dialects.n; i++)
        if (s->dialects.owners[i]->read)
            fprintf(stderr, " %s", s->dialects.owners[i]->dialect);
    fprintf(stderr, "\n");
    return NULL;
}

/* By its name, else the first that speaks the dialect. */
static const yz_provider_settings *provider_of(const yz_settings *s, const char *to) {
    const yz_provider_settings *speaks = NULL;
    for (size_t i = 0; i < s->n_providers; i++) {
        const yz_adapter *adapter = s->providers[i]->pub.adapter;
        if (yz_str_is(s->providers[i]->pub.name, to) && adapter->write)
            return s->providers[i];
        if (!speaks && adapter->write && strcmp(adapter->dialect, to) == 0)
            speaks = s->providers[i];
    }
    if (!speaks)
        fprintf(stderr, "yuzui explain: no provider of this config has the name or the dialect \"%s\", and writes chats\n", to);
    return speaks;
}

/* ---- the request --------------------------------------------------------------------------------------------------------------- */

static int refuse(const asked *a, const yz_error *error, const char *otherwise) {
    yz_str message = error && error->message.n > 0 ? error->message : yz_str_of(otherwise);
    fprintf(stderr, "yuzui explain: %s: %s: %.*s\n", a->file, yz_error_word(error ? error->class_ : YZ_ERROR_BAD_REQUEST),
            YZ_STR_ARGS(message));
    return 1;
}

/* As a client's. NULL: an error was printed. */
static yz_request *request_of(const asked *a, const yz_settings *s, const yz_adapter *from, yz_arena *arena) {
    yz_str body = yz_explain_read_file(a->file, s->limits.http.body, arena);
    yz_request *request = body.p ? rehearsal_request(arena, s, from, body) : NULL;
    yz_error error = {YZ_ERROR};
    if (!request || !yz_json_is(request->json, YZ_JSON_OBJECT)) {
        if (body.p)
            fprintf(stderr, "yuzui explain: %s holds no JSON object\n", a->file);
        return NULL;
    }
    request->stream = a->stream;
    request->model = a->model ? yz_str_of(a->model) : request->model.n ? request->model : YZ_STR("auto");
    yz_request *seen = yz_request_copy(arena, request); /* dialects that say the model in the path need none in the body */
    if (!request->model_node)
        yz_request_set(arena, seen, "model", yz_format(arena, "\"%.*s\"", YZ_STR_ARGS(yz_json_escape(arena, request->model))));
    if (from->accept(seen, arena, &error) < 0) {
        refuse(a, &error, "it is no request of its dialect");
        return NULL;
    }
    request->stream = seen->stream;
    request->include_usage = seen->include_usage;
    return request;
}

/* Of the target's own dialect: what is forwarded. */
static void mend(const yz_request *request, const yz_target *target, yz_arena *arena, outgoing *out) {
    const yz_adapter *adapter = target->provider->adapter;
    yz_losses *losses = yz_losses_new(arena);
    yz_request *sent = yz_request_copy(arena, adapter->mend ? adapter->mend(request, target, arena, losses) : request);
    if (yz_json_given(sent->json, "model"))
        yz_request_set(arena, sent, "model", yz_format(arena, "\"%.*s\"", YZ_STR_ARGS(yz_json_escape(arena, target->model))));
    *out = (outgoing){.endpoint = {YZ_ENDPOINT}, .body = sent->body, .losses = losses, .forwarded = true};
}

static int write_it(const asked *a, const yz_request *request, const yz_target *target, yz_arena *arena, outgoing *out) {
    yz_written *written = yz_request_write(request, arena, target);
    *out = (outgoing){.endpoint = {YZ_ENDPOINT}, .body = yz_dup(arena, yz_buf_view(&written->body)), .losses = &written->losses};
    int code = written->code;
    if (code < 0 && written->reading->code < 0)
        return refuse(a, written->reading->error, "it cannot be read as a chat");
    if (code < 0)
        fprintf(stderr, "yuzui explain: %s: the dialect %s cannot say this: %.*s\n", a->file, target->provider->adapter->dialect,
                YZ_STR_ARGS(out->losses->n > 0 ? yz_losses_said(out->losses, arena) : YZ_STR("it")));
    yz_written_done(written);
    return code < 0;
}

/* ---- showing it ---------------------------------------------------------------------------------------------------------------- */

static const char *method_of(const outgoing *o) { return o->endpoint.method ? o->endpoint.method : "POST"; }

static void show(const outgoing *o) {
    printf("%s %.*s\n", method_of(o), YZ_STR_ARGS(o->endpoint.path));
    for (size_t i = 0; i < o->endpoint.n_headers; i++)
        printf("%.*s: %.*s\n", YZ_STR_ARGS(o->endpoint.headers[i].name), YZ_STR_ARGS(o->endpoint.headers[i].value));
    printf("\n%.*s\n\n%s", YZ_STR_ARGS(o->body), o->losses->n ? "lost: " : "nothing is lost");
    printf("%.*s", YZ_STR_ARGS(yz_losses_said(o->losses, o->losses->arena)));
    printf(o->forwarded ? "; of its own dialect, so it is forwarded\n" : "\n");
}

static void show_json(const outgoing *o) {
    yz_buf out = {0};
    yz_buf_printf(&out, "{\"method\":\"%s\",\"path\":", method_of(o));
    yz_buf_json_str(&out, o->endpoint.path);
    yz_buf_lit(&out, ",\"headers\":{");
    for (size_t i = 0; i < o->endpoint.n_headers; i++) {
        yz_buf_lit(&out, i ? "," : "");
        yz_buf_json_str(&out, o->endpoint.headers[i].name);
        yz_buf_char(&out, ':');
        yz_buf_json_str(&out, o->endpoint.headers[i].value);
    }
    yz_buf_printf(&out, "},\"body\":%.*s,\"lost\":[", YZ_STR_ARGS(o->body));
    for (size_t i = 0; i < o->losses->n; i++) {
        yz_buf_lit(&out, i ? "," : "");
        yz_buf_json_str(&out, o->losses->names[i]);
    }
    yz_buf_printf(&out, "],\"forwarded\":%s}\n", o->forwarded ? "true" : "false");
    fwrite(out.p, 1, out.n, stdout);
    yz_buf_free(&out);
}

/* ---- the command --------------------------------------------------------------------------------------------------------------- */

static int translate_with(const asked *a, const yz_settings *s, yz_arena *arena) {
    const yz_adapter *from = reader_of(s, dialect_of(a->from));
    const yz_provider_settings *provider = from ? provider_of(s, a->to) : NULL;
    yz_request *request = provider ? request_of(a, s, from, arena) : NULL;
    if (!request)
        return 1;
    const yz_target target = {YZ_TARGET, .provider = &provider->pub, .model = request->model,
                              .facts = yz_flavours_model(&s->flavours, provider->flavour, request->model)};
    const yz_adapter *to = provider->pub.adapter;
    outgoing out;
    if (strcmp(from->dialect, to->dialect) == 0 && !yz_rewrites(request, &target))
        mend(request, &target, arena, &out);
    else if (write_it(a, request, &target, arena, &out) != 0)
        return 1;
    if (to->endpoint && to->endpoint(&provider->pub, request, &target, arena, &out.endpoint) < 0)
        return refuse(a, NULL, "the provider has no such operation");
    (a->json ? show_json : show)(&out);
    return 0;
}

static int translate(const asked *a) {
    yz_diag diag = {0};
    yz_arena *arena = yz_arena_new(NULL);
    const yz_settings *settings = settings_of(a, arena, &diag);
    if (diag.errors > 0)
        fprintf(stderr, "%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
    int code = settings && diag.errors == 0 ? translate_with(a, settings, arena) : 1;
    yz_diag_free(&diag);
    yz_arena_free(arena);
    return code;
}

bool yz_cli_translates(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--translate") == 0)
            return true;
    return false;
}

/* Takes "--translate FROM TO" out of the arguments. False: there is no TO. */
static bool take_dialects(int *argc, char **argv, asked *a) {
    int at = 1, n = 1;
    while (strcmp(argv[at], "--translate") != 0)
        at++;
    if (at + 2 >= *argc || argv[at + 1][0] == '-' || argv[at + 2][0] == '-')
        return false;
    a->from = argv[at + 1];
    a->to = argv[at + 2];
    for (int i = 1; i < *argc; i++)
        if (i < at || i > at + 2)
            argv[n++] = argv[i];
    *argc = n;
    return true;
}

int yz_cli_translate(int argc, char **argv) {
    asked a = {0};
    if (!take_dialects(&argc, argv, &a))
        return yz_cli_wrong_usage(argv[0], "--translate takes two dialects and a file: --translate FROM TO request.json");
    const yz_cli_option options[] = {{"--config", "-c", .value = &a.config},
                                     {"--model", "-m", .value = &a.model},
                                     {"--flavour", NULL, .value = &a.flavour},
                                     {"--stream", NULL, .flag = &a.stream},
                                     {"--json", NULL, .flag = &a.json}};
    if (yz_cli_options(argc, argv, options, sizeof options / sizeof *options, &a.file) != 0)
        return 2;
    if (!a.file)
        return yz_cli_wrong_usage(argv[0], "--translate needs a file with a request; - is standard input");
    if (a.flavour && a.config)
        return yz_cli_wrong_usage(argv[0], "--flavour is of a dialect alone: with -c the provider's own counts");
    if (a.flavour && a.flavour[strspn(a.flavour, "abcdefghijklmnopqrstuvwxyz0123456789-_.")])
        return yz_cli_wrong_usage(argv[0], "\"%s\" is no name of a flavour", a.flavour);
    return translate(&a);
}
