/* outgoing.c: what goes to the provider.
 *
 * Same dialect: the client's body as it is, with the model's name exchanged and usage asked for, which not every client does: slices, no
 * copy, and what is still to come of it after them. Another dialect, or a question of the gateway's own: read into the neutral form and
 * written anew, once for all attempts (dialect/neutral.h). The head is built from the endpoint and the config; nothing of the client's head
 * gets here except what the adapter asks for.
 */
#include "upstream/provider_inner.h"

#include "base/hops.h"
#include "dialect/embed.h"
#include "dialect/film.h"
#include "dialect/losses.h"
#include "dialect/own_question.h"
#include "dialect/translate.h"

#define MAX_HEADERS 64

/* ---- the body -------------------------------------------------------------------------------------------------------- */

/* The body that goes out: these known slices, and what is still to come of the request's own. */
static void set_body(yz_leaf *leaf, size_t n, const yz_body *upload) {
    leaf->body = (yz_body){YZ_BODY, .known = leaf->parts, .n_known = n};
    for (size_t i = 0; i < n; i++)
        leaf->body.length += (int64_t)leaf->parts[i].n;
    if (upload) {
        int64_t rest = upload->length < 0 ? -1 : upload->length - (int64_t)leaf->request->body.n;
        leaf->body.length = rest < 0 ? -1 : leaf->body.length + rest;
        leaf->body.ops = upload->ops;
        leaf->body.source = upload->source;
        leaf->body.replayable = upload->replayable;
    }
    leaf->plan.body = upload || leaf->body.length ? &leaf->body : NULL;
}

/* What the adapter asks by, where the client has no body. */
static void set_question(yz_leaf *leaf, yz_str body) {
    leaf->parts[0] = body;
    set_body(leaf, 1, NULL);
}

/* Cuts what is known of the body around the places that are exchanged, the first one first. Returns the number of slices. */
static size_t cut(yz_leaf *leaf, const yz_splice *places, size_t n_places) {
    yz_str rest = leaf->request->body;
    size_t n = 0;
    for (size_t i = 0; i < n_places; i++) {
        size_t before = (size_t)(places[i].at.p - rest.p), after = before + places[i].at.n;
        leaf->parts[n++] = (yz_str){rest.p, before};
        leaf->parts[n++] = places[i].with;
        rest = (yz_str){rest.p + after, rest.n - after};
    }
    leaf->parts[n++] = rest;
    return n;
}

/* A form has the name as it is. */
static bool splice_model_field(yz_leaf *leaf, yz_splice *out) {
    const yz_form_field *field = leaf->request->model_field;
    if (!field || yz_str_eq(field->value, leaf->target->model))
        return false;
    *out = (yz_splice){YZ_SPLICE, .at = field->value, .with = leaf->target->model};
    return true;
}

static bool splice_model(yz_leaf *leaf, yz_splice *out) {
    const yz_json *node = leaf->request->model_node;
    if (leaf->request->form)
        return splice_model_field(leaf, out);
    if (!node || yz_str_eq(yz_json_text(leaf->arena, node), leaf->target->model))
        return false;
    yz_buf name = {0};
    yz_buf_json_str(&name, leaf->target->model);
    *out = (yz_splice){YZ_SPLICE, .at = yz_json_raw(node), .with = yz_dup(leaf->arena, yz_buf_view(&name))};
    yz_buf_free(&name);
    return true;
}

/* Token counts are wanted of every stream, whether or not the client wants them. */
static bool splice_usage(yz_leaf *leaf, yz_splice *out) {
    const yz_request *request = leaf->request;
    *out = (yz_splice){YZ_SPLICE};
    if (!request->stream || request->op != YZ_OP_CHAT || request->upload || !leaf->adapter->ask_usage)
        return false;
    return leaf->asks_usage = leaf->adapter->ask_usage(&leaf->provider->pub, request, out);
}

static size_t splice(yz_leaf *leaf) {
    yz_splice places[2];
    size_t n = 0;
    n += splice_model(leaf, &places[n]);
    n += splice_usage(leaf, &places[n]);
    if (n == 2 && places[1].at.p < places[0].at.p) {
        yz_splice model = places[0];
        places[0] = places[1];
        places[1] = model;
    }
    return cut(leaf, places, n);
}

/* Who will have nothing left out or changed, as the end of a sentence; NULL: nobody minds. */
static const char *strictly(const yz_leaf *leaf) {
    const yz_request *request = leaf->request;
    if (leaf->provider->strict)
        return " (the provider is strict: nothing may be left out or changed)";
    if (request->strict)
        return " (x-yuzui-strict: nothing may be left out or changed)";
    return request->key && request->key->strict ? " (its key is strict: nothing may be left out or changed)" : NULL;
}

/* All of them are listed, as many as the header would list. `why`: what makes it a refusal, if not that nothing is left; or empty. */
static void fail_lost(yz_leaf *leaf, const yz_losses *losses, const char *why) {
    yz_str said = losses->n ? yz_losses_said(losses, leaf->arena) : YZ_STR("this request");
    yz_leaf_fail_whole(leaf, YZ_ERROR_UNSUPPORTED,
                       yz_format(leaf->arena, "its dialect %s cannot carry: %.*s%s", leaf->adapter->dialect, YZ_STR_ARGS(said), why));
}

/* The client's request cannot be read. */
static void fail_unread(yz_leaf *leaf) {
    yz_error error = *leaf->written->reading->error;
    yz_leaf_error(leaf, &error);
}

typedef int (*whole_writer)(const yz_request *, const yz_target *, yz_arena *, yz_losses *, yz_buf *, yz_error *);

/* What is no chat. */
static int translate_whole(yz_leaf *leaf, whole_writer writer) {
    yz_buf body = {0};
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_UNSUPPORTED};
    leaf->lost = yz_losses_new(leaf->arena);
    int code = writer(leaf->request, leaf->target, leaf->arena, leaf->lost, &body, &error);
    leaf->parts[0] = yz_dup(leaf->arena, yz_buf_view(&body));
    yz_buf_free(&body);
    const char *why = strictly(leaf);
    bool refused = code == YZ_OK && why && leaf->lost->n > 0;
    if (code == YZ_OK && !refused)
        set_body(leaf, 1, NULL);
    else if (error.message.n)
        yz_leaf_error(leaf, &error);
    else if (refused)
        fail_lost(leaf, leaf->lost, why);
    else
        yz_leaf_fail(leaf, YZ_ERROR_UNSUPPORTED, "its dialect %s cannot carry: %.*s", leaf->adapter->dialect,
                     YZ_STR_ARGS(leaf->lost->n ? leaf->lost->names[leaf->lost->n - 1] : YZ_STR("this request"))); /* the last straw */
    return refused ? YZ_EUNSUPPORTED : code;
}

/* Its answer is another dialect's, too: nobody but a stage that follows it could tell the client of it. */
static int translate_film(yz_leaf *leaf) {
    if (leaf->request->job.n > 0)
        return translate_whole(leaf, yz_film_write);
    yz_leaf_fail(
        leaf, YZ_ERROR_UNSUPPORTED,
        "it speaks %s, and a film that is asked for in %s needs somebody who follows it: put the stage jobs into the chain, above bill",
        leaf->adapter->dialect, leaf->request->dialect->dialect);
    return YZ_EUNSUPPORTED;
}

static int translate(yz_leaf *leaf) {
    const yz_adapter *from = leaf->request->dialect, *to = leaf->adapter;
    if (leaf->request->op == YZ_OP_EMBEDDING && !leaf->request->upload && yz_embed_crosses(from, to))
        return translate_whole(leaf, yz_embed_write);
    if (leaf->request->op == YZ_OP_VIDEO && !leaf->request->upload && yz_film_crosses(from, to))
        return translate_film(leaf);
    if (leaf->request->op != YZ_OP_CHAT || leaf->request->upload || !from->read || !to->write) {
        yz_leaf_fail(leaf, YZ_ERROR_UNSUPPORTED,
                     "it speaks %s, and this kind of request cannot be translated from %s; use a target that speaks it", to->dialect,
                     from->dialect);
        return YZ_EUNSUPPORTED;
    }
    const yz_written *written = leaf->written = yz_request_write(leaf->request, leaf->arena, leaf->target);
    if (written->code < 0) {
        if (written->reading->error)
            fail_unread(leaf);
        else
            fail_lost(leaf, &written->losses, "");
        return written->code;
    }
    const char *why = strictly(leaf);
    if (why && written->losses.n) {
        fail_lost(leaf, &written->losses, why);
        return YZ_EUNSUPPORTED;
    }
    leaf->parts[0] = yz_buf_view(&written->body);
    set_body(leaf, 1, NULL);
    return YZ_OK;
}

/* ---- the head -------------------------------------------------------------------------------------------------------- */

static void put_encoded(yz_buf *out, yz_str text) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool plain =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            yz_buf_char(out, (char)c);
        else
            yz_buf_printf(out, "%%%02X", c);
    }
}

/* "/v1/messages" after a base that ends in "/v1" already is "/messages". */
static yz_str after_version(const yz_provider_settings *provider, yz_str path) {
    yz_str base = provider->base.path;
    const char *second = path.n > 2 && path.p[0] == '/' && path.p[1] == 'v' ? memchr(path.p + 1, '/', path.n - 1) : NULL;
    size_t n = second ? (size_t)(second - path.p) : 0;
    bool twice = n > 0 && !provider->exact_url && base.n >= n && memcmp(base.p + base.n - n, path.p, n) == 0;
    return twice ? (yz_str){second, path.n - n} : path;
}

/* "/v1beta" at the end of a base, or nothing. */
static yz_str before_version(yz_str base) {
    const char *last = base.n ? memrchr(base.p, '/', base.n) : NULL;
    size_t n = last ? (size_t)(last - base.p) : 0;
    bool version = last && n + 2 < base.n && last[1] == 'v' && last[2] >= '0' && last[2] <= '9';
    return version ? (yz_str){base.p, n} : base;
}

static yz_str path_of(yz_leaf *leaf, const yz_endpoint *endpoint) {
    const yz_provider_settings *provider = leaf->provider;
    yz_buf path = {0};
    yz_buf_str(&path, endpoint->unversioned ? before_version(provider->base.path) : provider->base.path);
    yz_buf_str(&path, after_version(provider, endpoint->path));
    bool query = endpoint->path.n && memchr(endpoint->path.p, '?', endpoint->path.n);
    for (size_t i = 0; i < provider->query.n; i++) {
        yz_buf_char(&path, query ? '&' : '?');
        query = true;
        put_encoded(&path, provider->query.items[i].name);
        yz_buf_char(&path, '=');
        put_encoded(&path, provider->query.items[i].value);
    }
    yz_str whole = yz_dup(leaf->arena, path.n ? yz_buf_view(&path) : YZ_STR("/"));
    yz_buf_free(&path);
    return whole;
}

/* Adds a header; one of the same name that is there already wins. */
static void add_header(yz_header *list, size_t *n, yz_str name, yz_str value) {
    for (size_t i = 0; i < *n; i++)
        if (yz_str_ieq(list[i].name, name))
            return;
    if (*n < MAX_HEADERS)
        list[(*n)++] = (yz_header){name, value};
}

/* What a client says about how its body is to be read goes along with the body, if it is made of names and dates. */
static bool says_plainly(yz_str value) {
    for (size_t i = 0; i < value.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_., ", value.p[i]) || !value.p[i])
            return false;
    return value.n > 0 && value.n <= 1024;
}

static void put_body_headers(const yz_leaf *leaf, yz_header *list, size_t *n) {
    const char *const *names = leaf->translated ? NULL : leaf->request->dialect->body_headers;
    for (; names && *names; names++) {
        yz_str value = yz_request_header(leaf->request, *names);
        if (says_plainly(value))
            add_header(list, n, yz_str_of(*names), value);
    }
}

/* Of what was made, which is passed on as it comes, a client may want a part. */
static void put_range(yz_leaf *leaf, yz_header *list, size_t *n) {
    bool made = leaf->request->op == YZ_OP_STORED && leaf->request->piece > 0 && yz_str_is(leaf->plan.method, "GET");
    yz_str range = made ? yz_request_header(leaf->request, "range") : YZ_STR("");
    leaf->plan.moves = made;
    leaf->plan.part = yz_h1_range_ok(range);
    if (!leaf->plan.part)
        return;
    yz_str version = yz_request_header(leaf->request, "if-range");
    add_header(list, n, YZ_STR("range"), range);
    if (version.n > 0 && version.n <= 256 && !memchr(version.p, '\r', version.n) && !memchr(version.p, '\n', version.n))
        add_header(list, n, YZ_STR("if-range"), version);
}

static size_t count_names(const char *const *names) {
    size_t n = 0;
    while (names && names[n])
        n++;
    return n;
}

/* Sound and subtitles have types of their own. */
static yz_str accepted(const yz_request *request) {
    if (request->stream)
        return YZ_STR("text/event-stream");
    bool any = request->op == YZ_OP_SPEECH || request->op == YZ_OP_TRANSCRIPTION || request->op == YZ_OP_TRANSLATION;
    return any ? YZ_STR("*/*") : YZ_STR("application/json");
}

/* https://www.w3.org/TR/trace-context/#traceparent-header: 00-TRACE-SPAN-FLAGS. Without printf, as all on every request's way. */
static yz_str traceparent(yz_arena *arena, const yz_trace *trace, uint64_t span) {
    enum { TRACE = 3, SPAN = TRACE + sizeof(trace->id) + 1, FLAGS = SPAN + 16 + 1, LENGTH = FLAGS + 2 };
    char *p = yz_alloc_bytes(arena, LENGTH + 1);
    memcpy(p, "00-", TRACE);
    memcpy(p + TRACE, trace->id, sizeof(trace->id));
    p[SPAN - 1] = p[FLAGS - 1] = '-';
    for (size_t i = 16; i-- > 0; span >>= 4)
        p[SPAN + i] = "0123456789abcdef"[span & 15];
    memcpy(p + FLAGS, trace->sampled ? "01" : "00", sizeof("01"));
    return (yz_str){p, LENGTH};
}

/* Each call has a span of its own, which its record remembers. */
static void put_trace(yz_leaf *leaf, yz_header *list, size_t *n) {
    const yz_trace *trace = leaf->request->trace;
    if (!trace || trace->hidden)
        return;
    yz_record *record = yz_call_record(leaf->call);
    if (record->span == 0)
        record->span = yz_random(yz_call_worker(leaf->call)) | 1;
    add_header(list, n, YZ_STR("traceparent"), traceparent(leaf->arena, trace, record->span));
    if (trace->state.n > 0)
        add_header(list, n, YZ_STR("tracestate"), trace->state);
}

/* The user's own headers come first: they may replace, also the one that carries the key, since no request has two credentials. */
static void put_headers(yz_leaf *leaf, const yz_endpoint *endpoint) {
    const yz_provider_settings *provider = leaf->provider;
    size_t n = 0, most = provider->headers.n + endpoint->n_headers + count_names(leaf->request->dialect->body_headers) + 8;
    yz_header *list = yz_alloc(leaf->arena, (most < MAX_HEADERS ? most : MAX_HEADERS) * sizeof *list);
    for (size_t i = 0; i < provider->headers.n; i++) {
        add_header(list, &n, provider->headers.items[i].name, provider->headers.items[i].value);
        if (yz_str_ieq(provider->headers.items[i].name, yz_str_of(leaf->plan.auth_header)))
            leaf->plan.secret = NULL;
    }
    put_body_headers(leaf, list, &n);
    put_range(leaf, list, &n);
    put_trace(leaf, list, &n);
    for (size_t i = 0; i < endpoint->n_headers; i++)
        add_header(list, &n, endpoint->headers[i].name, endpoint->headers[i].value);
    if (leaf->plan.upgrade) {
        add_header(list, &n, YZ_STR("sec-websocket-version"), YZ_STR("13"));
        add_header(list, &n, YZ_STR("sec-websocket-key"), leaf->session->key);
    } else if (leaf->plan.body)
        add_header(list, &n, YZ_STR("content-type"),
                   leaf->request->form && !leaf->translated ? leaf->request->form->type : YZ_STR("application/json"));
    add_header(list, &n, YZ_STR("accept"), accepted(leaf->request));
    if (leaf->request->id.n)
        add_header(list, &n, YZ_STR("x-request-id"), leaf->request->id);
    add_header(list, &n, YZ_STR("x-yuzui-hops"), yz_hops_next(leaf->arena, leaf->request));
    leaf->plan.headers = list;
    leaf->plan.n_headers = n;
}

/* How the key is shown: as the config says, else as the endpoint does, else in the adapter's own way. */
static int plan_credential(yz_leaf *leaf, const yz_endpoint *endpoint) {
    const yz_credential *way = leaf->provider->credential;
    if (!way)
        way = yz_credential_find(leaf->adapter, endpoint->credential);
    if (!way) {
        yz_leaf_fail(leaf, YZ_ERROR_INTERNAL, "its adapter shows the key in a way it does not declare (\"%s\")", endpoint->credential);
        return YZ_ENOTFOUND;
    }
    leaf->plan.auth_header = way->header;
    leaf->plan.auth_prefix = way->prefix ? way->prefix : "";
    leaf->plan.signer = yz_signer_find(way->signer);
    return YZ_OK;
}

static int plan(yz_leaf *leaf, const yz_endpoint *endpoint) {
    const yz_provider_settings *provider = leaf->provider;
    int code = plan_credential(leaf, endpoint);
    if (code < 0)
        return code;
    leaf->plan.url = &provider->base;
    leaf->plan.proxy = &provider->proxy;
    leaf->plan.tls = provider->tls;
    leaf->plan.timeout = provider->timeout;
    leaf->plan.max_connections = provider->max_connections;
    leaf->plan.method = yz_str_of(endpoint->method ? endpoint->method : "POST");
    leaf->plan.path = path_of(leaf, endpoint);
    yz_leaf_first_key(leaf);
    if (leaf->request->op == YZ_OP_REALTIME)
        yz_leaf_session_plan(leaf);
    put_headers(leaf, endpoint);
    return YZ_OK;
}

/* A model of another dialect paints in a chat: from here on the request is one. What the client said is read before, as it was meant. */
static void as_chat(yz_leaf *leaf) {
    yz_request_read(leaf->request, leaf->arena);
    yz_request *chat = yz_request_copy(leaf->arena, leaf->request);
    chat->op = YZ_OP_CHAT;
    leaf->request = chat;
    leaf->paints = true;
}

/* The list of models is where the adapter serves its own; the rest of the head is as ever. */
static int models_endpoint(const yz_leaf *leaf, yz_endpoint *endpoint) {
    yz_request chat = *leaf->request;
    chat.op = YZ_OP_CHAT;
    int code = leaf->adapter->endpoint(&leaf->provider->pub, &chat, leaf->target, leaf->arena, endpoint);
    for (size_t i = 0; code == YZ_OK && i < leaf->adapter->n_routes; i++) {
        const yz_route *route = &leaf->adapter->routes[i];
        if (route->op != YZ_OP_MODELS || strchr(route->path, '{'))
            continue;
        endpoint->method = route->method;
        endpoint->path = yz_str_of(route->path);
        return YZ_OK;
    }
    return YZ_EUNSUPPORTED;
}

static int endpoint_of(const yz_leaf *leaf, yz_endpoint *endpoint) {
    if (!leaf->adapter->endpoint)
        return YZ_EUNSUPPORTED;
    if (leaf->request->op == YZ_OP_MODELS)
        return models_endpoint(leaf, endpoint);
    return leaf->adapter->endpoint(&leaf->provider->pub, leaf->request, leaf->target, leaf->arena, endpoint);
}

/* What goes to no provider is taken out of a body that is forwarded. */
static void keep_back(yz_leaf *leaf, yz_losses *losses) {
    const char *const *names = leaf->adapter->kept_back;
    for (; names && *names && leaf->request->json; names++) {
        if (!yz_json_get(leaf->request->json, *names))
            continue;
        yz_request *without = yz_request_copy(leaf->arena, leaf->request);
        yz_request_set(leaf->arena, without, *names, YZ_STR(""));
        leaf->request = without;
        yz_lose(losses, *names);
    }
}

/* Where its provider is to say that something has come of it: instead of what a client may have said there. */
static void put_hook(yz_leaf *leaf) {
    const char *field = leaf->adapter->hook_field;
    if (!field || leaf->request->hook.n == 0 || !leaf->request->json)
        return;
    yz_buf raw = {0};
    yz_request *with = yz_request_copy(leaf->arena, leaf->request);
    yz_buf_json_str(&raw, leaf->request->hook);
    if (yz_request_set(leaf->arena, with, field, yz_buf_view(&raw)) == YZ_OK)
        leaf->request = with;
    yz_buf_free(&raw);
}

/* A body that is forwarded, as this target takes it. False: somebody is strict, and the call has been ended. */
static bool mend(yz_leaf *leaf) {
    yz_losses losses = {YZ_LOSSES, .arena = leaf->arena};
    yz_arena *arena = leaf->session && leaf->session->opening ? leaf->session->opening : leaf->arena;
    keep_back(leaf, &losses);
    put_hook(leaf);
    if ((leaf->request->json || leaf->request->form) && leaf->adapter->mend)
        leaf->request = leaf->adapter->mend(leaf->request, leaf->target, arena, &losses);
    if (losses.n == 0)
        return true;
    leaf->lost = yz_losses_new(leaf->arena);
    yz_losses_copy(leaf->lost, losses.names, losses.n);
    const char *why = strictly(leaf);
    if (!why)
        return true;
    yz_leaf_fail_whole(leaf, YZ_ERROR_UNSUPPORTED,
                       yz_format(leaf->arena, "it does not take as the request says it: %.*s%s",
                                 YZ_STR_ARGS(yz_losses_said(leaf->lost, leaf->arena)), why));
    return false;
}

int yz_leaf_prepare(yz_leaf *leaf) {
    yz_endpoint endpoint = {YZ_ENDPOINT};
    if (leaf->provider->key_missing.n) {
        yz_leaf_fail(leaf, YZ_ERROR_UPSTREAM_AUTH, "it has no key: the environment variable %.*s is not set",
                     YZ_STR_ARGS(leaf->provider->key_missing));
        return YZ_ENOTFOUND;
    }
    if (leaf->provider->key_problem.n) {
        yz_leaf_fail(leaf, YZ_ERROR_UPSTREAM_AUTH, "it has no key: %.*s", YZ_STR_ARGS(leaf->provider->key_problem));
        return YZ_ENOTFOUND;
    }
    yz_error why = {YZ_ERROR, .class_ = YZ_ERROR_NOT_FOUND};
    const yz_adapter *from = leaf->request->dialect;
    if (from->holds && leaf->request->keeper.n == 0 && !from->holds(leaf->call, leaf->request, leaf->target, &why)) {
        yz_leaf_error(leaf, &why);
        return YZ_ENOTFOUND;
    }
    leaf->translated = yz_own_question_rewritten(leaf->request, leaf->arena, leaf->target) || yz_rewrites(leaf->request, leaf->target);
    if (leaf->translated && leaf->request->op == YZ_OP_IMAGE && yz_serves(leaf->call, leaf->target, leaf->request))
        as_chat(leaf);
    if (leaf->request->op == YZ_OP_REALTIME)
        yz_leaf_session_new(leaf);
    if (!leaf->translated && !mend(leaf))
        return YZ_EUNSUPPORTED;
    bool lists = leaf->request->op == YZ_OP_STORED && leaf->request->stored.n == 0 && yz_str_is(leaf->request->method, "GET");
    int code = endpoint_of(leaf, &endpoint);
    if (code < 0) {
        yz_leaf_fail(
            leaf, YZ_ERROR_UNSUPPORTED, "it has no such operation (dialect %s)%s", leaf->adapter->dialect,
            lists ? ": its list would be of everybody's; the stage jobs, which the operator may put into the chain, has one of yours" : "");
        return code;
    }
    if (leaf->translated)
        code = translate(leaf);
    else if (endpoint.body.n > 0 && leaf->request->body.n == 0)
        set_question(leaf, endpoint.body);
    else
        set_body(leaf, splice(leaf), leaf->request->upload);
    return code == YZ_OK ? plan(leaf, &endpoint) : code;
}
