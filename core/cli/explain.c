/* cli/explain.c: `yuzui explain`: what the policies of a config would do with a question, or with a whole request, and why, without asking
 * any provider. Which chain it takes is chosen as in service: by the key's name and the address that are given, and by the model. */
#include "cli/explain.h"
#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "dialect/chat.h"
#include "loop/loop.h"
#include "plugin/loader.h"
#include "plugin/options.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct question {
    const char *config, *model; /* model NULL: the body's, or "auto" */
    const char *text;           /* "-": from standard input */
    const char *body;           /* a file with a whole request; "-": from standard input; NULL: a request is made of the text */
    const char *key, *listen;   /* NULL: none shown; the first one */
    const char *dialect;        /* the client's; NULL: that of chats that name none */
    yz_cli_words headers;
    bool json;
} question;

static void leaf(void *arg, yz_call *call, const yz_request *request, rehearsed *out) {
    (void)arg;
    (void)call;
    (void)request;
    out->text = YZ_STR("(explain asks no provider)");
}

/* ---- the chain --------------------------------------------------------------------------------------------------------------- */

/* What was said instead of a name may be a key itself: it is never printed. */
static void tell_no_key(const yz_settings *s, yz_str said) {
    enum { FEW = 8 };
    const yz_key_settings *owner = yz_settings_key(s, said);
    const char *ledger = s->ledger ? "; those that the ledger keeps are not looked up" : "";
    const char **names = calloc(s->n_keys + 1, sizeof *names);
    for (size_t i = 0; names && i < s->n_keys; i++)
        names[i] = s->keys[i].pub.name.p;
    const char *meant = names ? yz_did_you_mean(said, names, s->n_keys) : NULL;
    fprintf(stderr, "yuzui explain: --key takes the name of a key, ");
    if (owner)
        fprintf(stderr, "and what it says is a key itself, that of \"%.*s\": --key %.*s\n", YZ_STR_ARGS(owner->pub.name),
                YZ_STR_ARGS(owner->pub.name));
    else if (meant)
        fprintf(stderr, "and no key of this config has that one: did you mean \"%s\"?%s\n", meant, ledger);
    else
        fprintf(stderr, "and no key of this config has that one%s", s->n_keys > 0 && s->n_keys <= FEW ? "; there are" : "");
    for (size_t i = 0; !owner && !meant && s->n_keys <= FEW && i < s->n_keys; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", names ? names[i] : "");
    if (!owner && !meant)
        fprintf(stderr, "%s\n", ledger);
    free(names);
}

static const yz_key_settings *find_key(const yz_settings *s, const char *name) {
    for (size_t i = 0; i < s->n_keys; i++)
        if (yz_str_is(s->keys[i].pub.name, name))
            return &s->keys[i];
    tell_no_key(s, yz_str_of(name));
    return NULL;
}

static const yz_listen_settings *find_listen(const yz_settings *s, const char *address) {
    const yz_listen_settings *found = yz_settings_listen(s, yz_str_of(address));
    if (!found)
        fprintf(stderr, "yuzui explain: there is no listen \"%s\" in this config\n", address);
    return found;
}

/* The chain the question takes, who asks, and why; false: an error was printed. */
static bool choose(const yz_settings *s, const question *q, yz_str model, yz_explained *e) {
    const yz_key_settings *key = q->key ? find_key(s, q->key) : NULL;
    const yz_listen_settings *listen = q->listen ? find_listen(s, q->listen) : &s->listens[0];
    if ((q->key && !key) || !listen)
        return false;
    e->key = key ? &key->pub : NULL;
    e->chain = yz_chain_choose(s, key ? key->chain : NULL, listen, model);
    e->why = key && key->chain              ? "of the key"
             : listen->chain                ? "of the address"
             : e->chain != s->default_chain ? "of the model"
                                            : "the default";
    return true;
}

size_t yz_explain_policies(const yz_chain *chain, yz_link *links) {
    size_t n = 0;
    for (size_t i = 0; i < chain->n; i++)
        if (chain->links[i].filter == yz_policy_plugin.filter)
            links[n++] = chain->links[i];
    return n;
}

/* ---- the request --------------------------------------------------------------------------------------------------------------- */

yz_str yz_explain_read_file(const char *name, int64_t most, yz_arena *arena) {
    yz_buf text = {0};
    int fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    while (fd >= 0 && (int64_t)text.n <= most && (n = read(fd, yz_buf_room(&text, 65536), 65536)) > 0)
        text.n += (size_t)n;
    if (n < 0)
        fprintf(stderr, "yuzui explain: cannot read %s: %s\n", name, strerror(errno));
    if (fd > STDIN_FILENO)
        close(fd);
    yz_str whole = n >= 0 ? yz_dup(arena, yz_str_at(text.p, (int64_t)text.n <= most ? text.n : (size_t)most + 1)) : (yz_str){0};
    yz_buf_free(&text);
    return whole;
}

/* The dialect the client is to speak; NULL: an error was printed. */
static const yz_adapter *find_dialect(const yz_settings *s, const char *name) {
    const yz_adapter *found = name ? yz_dialects_find(&s->dialects, yz_str_of(name)) : yz_dialects_fallback(&s->dialects);
    if (found && found->read)
        return found;
    fprintf(stderr, "yuzui explain: there is no adapter for %s%s; there are:", name ? "the dialect " : "chats that name no dialect",
            name ? name : "");
    for (size_t i = 0; i < s->dialects.n; i++)
        if (s->dialects.owners[i]->read)
            fprintf(stderr, " %s", s->dialects.owners[i]->dialect);
    fprintf(stderr, "\n");
    return NULL;
}

/* The options of the adapter, as a config that says none would have them. */
static const void *options_of(const yz_adapter *adapter, yz_arena *arena) {
    const yz_plugin *const *plugins;
    yz_diag diag = {0};
    const void *options = NULL;
    for (size_t i = 0, n = yz_plugin_list(YZ_KIND_ADAPTER, &plugins, NULL); i < n; i++)
        if (plugins[i]->adapter == adapter)
            options = yz_options_config(plugins[i], NULL, arena, &diag);
    yz_diag_free(&diag);
    return options;
}

/* The question as a client of this dialect would ask it. Empty: it cannot be asked there, which was printed. */
static yz_str make_body(yz_arena *arena, const yz_adapter *dialect, yz_str said) {
    const yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("explain"), .adapter = dialect, .config = options_of(dialect, arena)};
    const yz_target target = {YZ_TARGET, .provider = &provider, .model = YZ_STR("auto")};
    yz_chat *chat = yz_chat_new(arena);
    yz_part_add(yz_message_add(chat, YZ_ROLE_USER), YZ_PART_TEXT)->text = yz_json_escape(arena, said);
    yz_buf text = {0};
    yz_str body = {0};
    if (dialect->write && provider.config && yz_chat_write(chat, &target, arena, yz_losses_new(arena), &text) == YZ_OK)
        body = yz_dup(arena, yz_buf_view(&text));
    else
        fprintf(stderr, "yuzui explain: the adapter of %s cannot write a question; --body FILE brings one\n", dialect->dialect);
    yz_buf_free(&text);
    return body;
}

yz_request *yz_explain_question(yz_arena *arena, const yz_settings *settings, yz_str text) {
    const yz_adapter *dialect = yz_dialects_fallback(&settings->dialects);
    yz_str body = dialect && dialect->read ? make_body(arena, dialect, text) : (yz_str){0};
    return body.p ? rehearsal_request(arena, settings, dialect, body) : NULL;
}

/* "name: value", names in lower case as a server reads them. */
static bool read_header(const char *text, yz_arena *arena, yz_header *out) {
    const char *colon = strchr(text, ':');
    if (!colon || colon == text) {
        fprintf(stderr, "yuzui explain: -H holds no header, as it has no name before a colon; it should be \"name: value\"\n");
        return false;
    }
    char *name = yz_alloc_bytes(arena, (size_t)(colon - text) + 1);
    for (const char *p = text; p < colon; p++)
        name[p - text] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    name[colon - text] = 0;
    out->name = yz_str_of(name);
    out->value = yz_str_of(colon + 1 + strspn(colon + 1, " \t"));
    return true;
}

static bool read_headers(const question *q, yz_arena *arena, yz_request *request) {
    yz_header *headers = yz_alloc(arena, (q->headers.n + 1) * sizeof *headers);
    for (size_t i = 0; i < q->headers.n; i++)
        if (!read_header(q->headers.items[i], arena, &headers[i]))
            return false;
    request->headers = headers;
    request->n_headers = q->headers.n;
    return true;
}

/* A body that is longer than the config lets in: the gateway answers before it reads it to its end. */
static bool is_too_long(yz_explained *e, yz_str body) {
    int64_t most = e->settings->limits.http.body;
    if ((int64_t)body.n > most)
        e->refusal = yz_format(e->arena, "%s (413): the body is too long; limits { body = … } lets %lld bytes in",
                               yz_error_word(YZ_ERROR_TOO_LARGE), (long long)most);
    return e->refusal.n > 0;
}

static void refuse(yz_explained *e, const yz_error *error, const char *otherwise) {
    yz_str message = error && error->message.n > 0 ? error->message : yz_str_of(otherwise);
    e->refusal = yz_format(e->arena, "%s: %.*s", yz_error_word(error ? error->class_ : YZ_ERROR_BAD_REQUEST), YZ_STR_ARGS(message));
}

/* A body that the gateway refuses before any stage sees it. A model that was named beside it stands in it. */
static bool is_no_request(yz_explained *e, const yz_request *request) {
    yz_request *seen = yz_request_copy(e->arena, request);
    yz_error error = {YZ_ERROR};
    if (!yz_json_given(seen->json, "model"))
        yz_request_set(e->arena, seen, "model", yz_format(e->arena, "\"%.*s\"", YZ_STR_ARGS(yz_json_escape(e->arena, request->model))));
    if (!seen->dialect->accept || seen->dialect->accept(seen, e->arena, &error) >= 0)
        return false;
    refuse(e, &error, "it is no request of its dialect");
    return true;
}

/* One that targets of other dialects would be asked, and that nobody can read to write theirs. */
static void refuse_unreadable(yz_explained *e) {
    const yz_request *served = e->r.served;
    const yz_model_settings *model = yz_model_find(e->settings, served->model);
    for (size_t i = 0; model && i < model->n_targets; i++)
        if (strcmp(model->targets[i]->provider->adapter->dialect, served->dialect->dialect) == 0)
            return; /* as it came */
    const yz_reading *reading = model && model->n_targets > 0 ? yz_request_read(served, e->arena) : NULL;
    if (reading && reading->code < 0)
        refuse(e, reading->error, "it cannot be read as a chat");
}

/* NULL: an error was printed, or e->refusal is the gateway's. */
static yz_request *make_request(const question *q, yz_explained *e) {
    const yz_settings *settings = e->settings;
    yz_arena *arena = e->arena;
    const char *file = q->body ? q->body : strcmp(q->text, "-") == 0 ? "-" : NULL;
    yz_str said = file ? yz_explain_read_file(file, settings->limits.http.body, arena) : yz_str_of(q->text);
    const yz_adapter *dialect = said.p ? find_dialect(settings, q->dialect) : NULL;
    yz_str body = !dialect || q->body ? said : make_body(arena, dialect, said);
    if (!dialect || !body.p || is_too_long(e, body))
        return NULL;
    yz_request *request = rehearsal_request(arena, settings, dialect, body);
    if (!request || !yz_json_is(request->json, YZ_JSON_OBJECT)) {
        fprintf(stderr, "yuzui explain: %s holds no JSON object\n", q->body ? q->body : "what the adapter wrote");
        return NULL;
    }
    if (q->key && !find_key(settings, q->key)) /* a stranger's body is not looked at */
        return NULL;
    if (q->model || !request->model.n)
        request->model = yz_str_of(q->model ? q->model : "auto");
    return read_headers(q, arena, request) && !is_no_request(e, request) ? request : NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------ */

static int play(yz_share *share, yz_explained *e, yz_request *request, bool json) {
    const yz_chain *chain = yz_share_chain(share, e->chain);
    static const yz_outside nothing;
    rehearsal *r = &e->r;
    *r = (rehearsal){.worker = share->worker, .share = share, .leaf = leaf, .arena = e->arena};
    r->links = yz_alloc(e->arena, (chain->n + 1) * sizeof *r->links);
    r->n_policies = yz_explain_policies(chain, r->links);
    request->key = e->key;
    if (e->key && yz_explain_judges(e->chain) && !yz_key_allows(e->key, request->model))
        e->refusal =
            yz_format(e->arena, "the key \"%.*s\" may not ask for \"%.*s\"", YZ_STR_ARGS(e->key->name), YZ_STR_ARGS(request->model));
    e->asked = request->model;
    e->request = request;
    if (share->lua)
        share->lua->outside = &nothing;
    bool plays = e->refusal.n == 0 && !yz_explain_refused(e, false);
    if (plays && !rehearse(r, request)) {
        fprintf(stderr, "yuzui explain: the policy did not come to an end\n");
        return 1;
    }
    if (plays && r->served && !yz_explain_refused(e, true))
        refuse_unreadable(e);
    (json ? yz_explain_json : yz_explain_words)(e);
    return e->refusal.n > 0 || r->failed || yz_explain_unwritten(e);
}

/* A model that is asked for by its name, of those that this key may use; *next: where to go on. NULL: there is none more. */
static const yz_model_settings *next_model(const yz_explained *e, size_t *next) {
    const yz_settings *s = e->settings;
    bool judges = e->key && yz_explain_judges(e->chain);
    while (*next < s->n_models) {
        const yz_model_settings *model = &s->models[(*next)++];
        if (!model->pattern && model->n_targets > 0 && (!judges || yz_key_allows(e->key, model->name)))
            return model;
    }
    return NULL;
}

/* "auto" is for a policy to choose; without one it would only be said that nobody serves it. If there is one model, that is meant; which of
 * several, nobody can know. False: that was printed. */
static bool take_the_model(yz_share *share, yz_explained *e, yz_request *request) {
    enum { SHOWN = 8 };
    const yz_chain *chain = yz_share_chain(share, e->chain);
    yz_link *links = yz_alloc(e->arena, (chain->n + 1) * sizeof *links);
    size_t next = 0, n = 1;
    if (yz_explain_policies(chain, links) > 0 || yz_model_find(e->settings, request->model))
        return true;
    const yz_model_settings *first = next_model(e, &next), *another = first ? next_model(e, &next) : NULL;
    if (first && !another) {
        request->model = first->name;
        e->model_made_up = true;
    }
    if (!another)
        return true;
    fprintf(stderr, "yuzui explain: no model was named, and no policy of the chain chooses one: --model NAME names one of %.*s",
            YZ_STR_ARGS(first->name));
    for (; another; another = next_model(e, &next))
        if (n++ < SHOWN)
            fprintf(stderr, ", %.*s", YZ_STR_ARGS(another->name));
    fprintf(stderr, n > SHOWN ? " and %zu more\n" : "\n", n - SHOWN);
    return false;
}

static int refused(const yz_explained *e, bool json) {
    if (e->refusal.n > 0)
        (json ? yz_explain_json : yz_explain_words)(e);
    return 1;
}

static int explain_with(yz_generation *generation, const question *q) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_explained e = {.settings = generation->settings, .arena = arena, .whole = q->body != NULL};
    yz_request *request = make_request(q, &e);
    yz_share *share = &generation->shares[0];
    int code = request ? 1 : refused(&e, q->json);
    bool chosen = request && choose(generation->settings, q, request->model, &e);
    if (chosen && !q->model && yz_str_is(request->model, "auto"))
        chosen =
            take_the_model(share, &e, request) && choose(generation->settings, q, request->model, &e); /* the chain may be the model's */
    if (chosen)
        code = play(share, &e, request, q->json);
    yz_arena_free(arena);
    return code;
}

static int explain(const question *q) {
    yz_diag diag = {0};
    yz_worker *worker = yz_worker_new(0);
    yz_generation *generation = yz_generation_build(q->config, 1, &worker, 1, &diag);
    if (diag.text.n)
        fprintf(stderr, "%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
    int code = generation ? explain_with(generation, q) : 1;
    if (generation)
        yz_generation_discard(generation);
    yz_diag_free(&diag);
    yz_worker_free(worker);
    return code;
}

/* Is it the id of a request: 32 hex digits, as the gateway makes them, or a UUID, as clients do? */
static bool is_id(const char *text) {
    static const char uuid[] = "00000000-0000-0000-0000-000000000000";
    size_t n = strlen(text), digits = strspn(text, "0123456789abcdefABCDEF");
    bool parted = n == sizeof uuid - 1;
    for (size_t i = 0; i < n && parted; i++)
        parted = uuid[i] == '-' ? text[i] == '-' : strchr("0123456789abcdefABCDEF", text[i]) != NULL;
    return parted || (n == 32 && digits == n);
}

static int tell_id(const char *id) {
    fprintf(stderr,
            "yuzui explain: \"%s\" is the id of a request, and explain takes a question that was not asked yet. What was done with that "
            "one stands in its line of the access log; `yuzui usage %s` says what it cost and why, where there is a ledger; GET "
            "/calls at the admin address has it while it runs\n",
            id, id);
    return 2;
}

int yz_cli_explain(int argc, char **argv) {
    if (yz_cli_translates(argc, argv))
        return yz_cli_translate(argc, argv);
    question q = {.config = "yuzui.lua"};
    const char *instead = NULL;
    const yz_cli_option options[] = {
        {"--config", "-c", .value = &q.config}, {"--model", "-m", .value = &q.model},     {"--instead", NULL, .value = &instead},
        {"--key", NULL, .value = &q.key},       {"--listen", NULL, .value = &q.listen},   {"--header", "-H", .words = &q.headers},
        {"--body", NULL, .value = &q.body},     {"--dialect", NULL, .value = &q.dialect}, {"--json", NULL, .flag = &q.json}};
    if (yz_cli_options(argc, argv, options, sizeof options / sizeof *options, &q.text) != 0)
        return 2;
    if (!q.text && !q.body)
        return yz_cli_wrong_usage(argv[0], "it needs a question, or --body FILE; - is standard input");
    if (yz_cli_instead(argv[0], instead) != 0)
        return 2;
    if (q.text && q.body)
        return yz_cli_wrong_usage(argv[0], "it takes a question or --body FILE, not both");
    if (q.text && is_id(q.text))
        return tell_id(q.text);
    return explain(&q);
}
