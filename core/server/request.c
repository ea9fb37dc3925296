/* request.c: what a head and a body ask for; see request.h. The headers themselves are read in headers.c. */
#include "server/request.h"

#include "base/hops.h"
#include "base/request.h"
#include "http/form.h"
#include "server/claim.h"
#include "server/json_slip.h"
#include "server/meant.h"
#include "server/refusal.h"

void yz_asked_name(yz_asked *asked) {
    if (asked->request.id.n)
        return;
    static const char digits[] = "0123456789abcdef";
    char *p = yz_alloc_bytes(asked->arena, 32);
    for (size_t half = 0; half < 2; half++) {
        uint64_t bits = yz_random(asked->worker);
        for (size_t i = 0; i < 16; i++, bits >>= 4)
            p[half * 16 + i] = digits[bits & 15];
    }
    asked->request.id = (yz_str){p, 32};
}

/* ---- the head ------------------------------------------------------------------------------------------------------- */

/* What the admin address answers, and only it. */
static bool is_admins(yz_str path) {
    static const char *const paths[] = {"/reload", "/metrics", "/status", "/calls", "/console", "/openapi.json"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (yz_str_is(path, paths[i]))
            return true;
    return false;
}

static const yz_error *not_found(yz_asked *asked, const yz_routes *routes) {
    if (!routes->admin && is_admins(asked->request.path))
        return yz_refusal(asked->arena, YZ_ERROR_NOT_FOUND, 0,
                          "there is no such path here: it is answered at the admin address, which admin \"…\" of the config says");
    yz_str meant = yz_routes_meant(routes, asked->request.path, asked->arena);
    if (meant.n)
        return yz_refusal(asked->arena, YZ_ERROR_NOT_FOUND, 0, "there is no such path here: did you mean %.*s?", YZ_STR_ARGS(meant));
    if (routes->admin)
        return yz_refusal(asked->arena, YZ_ERROR_NOT_FOUND, 0,
                          "there is no such path here: this is the admin address, clients ask at that of `listen`; there are: %.*s",
                          YZ_STR_ARGS(yz_routes_list(routes, asked->arena, 12)));
    return yz_refusal(asked->arena, YZ_ERROR_NOT_FOUND, 0, "there is no such path here; there are: %.*s",
                      YZ_STR_ARGS(yz_routes_list(routes, asked->arena, 12)));
}

static yz_method method_of(yz_str method) {
    if (yz_str_is(method, "HEAD"))
        return YZ_METHOD_HEAD;
    return yz_str_is(method, "OPTIONS") ? YZ_METHOD_OPTIONS : YZ_METHOD_PLAIN;
}

/* Who would rather have another protocol (Codex: WebSocket) asks once more in plain HTTP at 426, and at other statuses again and again. */
static const yz_error *wrong_method(const yz_asked *asked, const yz_h1_head *head) {
    for (size_t i = 0; i < head->n_headers; i++)
        if (yz_str_ieq(head->headers[i].name, YZ_STR("upgrade")))
            return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 426, "there is no other protocol here than HTTP: use %.*s",
                              YZ_STR_ARGS(asked->allow));
    return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 405, "this path takes %.*s only", YZ_STR_ARGS(asked->allow));
}

/* The official SDKs escape the slash in the name of a model (vendor/model) that they ask about. It parts no segments in a name: so where a
 * path is that question and nothing else, it is read. NULL: it is another. */
static const yz_path *about_model(yz_asked *asked, const yz_routes *routes, const yz_h1_head *head) {
    bool known;
    yz_buf plain = {0};
    for (size_t i = 0; i < head->target.n; i++) {
        const char *c = head->target.p + i;
        bool slash = head->target.n - i >= 3 && c[0] == '%' && c[1] == '2' && (c[2] == 'F' || c[2] == 'f');
        yz_buf_char(&plain, slash ? '/' : *c);
        i += slash ? 2 : 0;
    }
    const yz_path *path = NULL;
    if (plain.n < head->target.n &&
        yz_h1_target(asked->arena, yz_dup(asked->arena, yz_buf_view(&plain)), &asked->request.path, &asked->request.query) == YZ_OK)
        path = yz_routes_find(routes, head->method, asked->request.path, &known);
    if (!path && plain.n < head->target.n && asked->request.path.n > 0)
        path = yz_routes_guess(routes, head->method, &asked->request.path, asked->arena, &known);
    yz_buf_free(&plain);
    return path && path->op == YZ_OP_MODELS && path->pattern && !path->local ? path : NULL;
}

static const yz_error *route(yz_asked *asked, const yz_routes *routes, const yz_h1_head *head) {
    bool options = asked->method == YZ_METHOD_OPTIONS;
    if (options && yz_str_is(head->target, "*")) {
        asked->allow = yz_routes_allow(routes, head->target, asked->arena);
        return NULL;
    }
    const yz_path *path = NULL;
    if (yz_h1_target(asked->arena, head->target, &asked->request.path, &asked->request.query) < 0 &&
        !(path = about_model(asked, routes, head)))
        return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 0,
                          "the request target must be a path, without dot segments, escaped slashes or broken escapes");
    bool exists = false;
    if (!path)
        path = yz_routes_find(routes, head->method, asked->request.path, &exists);
    if (!path && !exists)
        path = yz_routes_guess(routes, head->method, &asked->request.path, asked->arena, &exists);
    yz_str asked_path = asked->request.path; /* /v1beta/models/NAME:generate would be a model called so, to be looked at */
    bool misnamed = !path && exists && yz_str_is(head->method, "POST") && memchr(asked_path.p, ':', asked_path.n) &&
                    yz_routes_meant(routes, asked_path, asked->arena).n > 0;
    if (!path && (!exists || misnamed))
        return not_found(asked, routes);
    if (!path) {
        asked->allow = yz_routes_allow(routes, asked->request.path, asked->arena);
        return options ? NULL : wrong_method(asked, head);
    }
    path = yz_routes_choose(routes, path, head);
    asked->local = path->local;
    asked->path = path->path; /* of a plugin, which stays mapped, or a literal */
    asked->form = path->form;
    asked->streams = path->streams;
    asked->opens = path->opens;
    asked->body = path->body;
    asked->request.wake = path->local == YZ_LOCAL_HOOK;
    asked->request.op = path->op;
    asked->request.dialect = path->adapter;
    asked->request.dialects = &asked->settings->dialects;
    asked->request.stream = path->stream;
    yz_str named = yz_path_named(path, asked->request.path);
    asked->request.model = path->id ? (yz_str){NULL, 0} : named;
    asked->request.stored = path->id ? named : (yz_str){NULL, 0};
    if (path->adapter && path->adapter->write_error)
        asked->dialect = path->adapter;
    return NULL;
}

/* A provider of the config may lead back here, by way of others or not: without an end to it every request would fill the gateway. */
static const yz_error *too_far(const yz_asked *asked) {
    enum { OWN_MOST = 1 }; /* a gateway may be a provider of itself, but not of that again: what comes back may come back many times over */
    uint32_t hops = asked->found.hops;
    int64_t most = asked->settings->limits.hops;
    if (hops == 0 || (hops < most && yz_hops_own(asked->found.came_by) <= OWN_MOST))
        return NULL;
    yz_error *error =
        yz_refusal(asked->arena, YZ_ERROR_INTERNAL, 508,
                   "a loop: this request has passed %u gateways already%s, so a provider of one of them seems to lead back to it "
                   "(limits { hops = %lld } of the last)",
                   (unsigned)hops, hops < most ? ", this one more than once" : "", (long long)most);
    error->code = YZ_STR("loop_detected");
    error->again = YZ_AGAIN_NO;
    return error;
}

/* A key in the query is a habit of single dialects: on the paths of others it is nothing. */
static const char *const *key_params(const yz_asked *asked) { return asked->request.dialect ? asked->request.dialect->key_params : NULL; }

const yz_error *yz_asked_read_head(yz_asked *asked, const yz_routes *routes, const yz_h1_head *head) {
    asked->head = head;
    asked->method = method_of(head->method);
    const yz_error *error = yz_headers_read(asked->arena, asked->known, head, &asked->found);
    yz_request *request = &asked->request;
    request->method = head->method;
    request->headers = asked->found.headers;
    request->n_headers = asked->found.n;
    request->no_cache = asked->found.no_cache;
    request->strict = asked->found.strict;
    request->id = asked->found.id;
    yz_asked_name(asked);
    const yz_error *wrong = route(asked, routes, head);
    if (!wrong)
        wrong = error ? error : yz_headers_read_query(asked->arena, key_params(asked), &request->query, &asked->found);
    request->credential = asked->found.credential;
    request->hops = asked->found.hops;
    request->came_by = asked->found.came_by;
    return wrong ? wrong : too_far(asked);
}

static bool takes_body(const yz_asked *asked) {
    if (asked->body)
        return asked->method == YZ_METHOD_PLAIN;
    bool local = asked->local != YZ_LOCAL_NONE || asked->method == YZ_METHOD_OPTIONS || asked->request.op == YZ_OP_MODELS ||
                 asked->request.op == YZ_OP_REALTIME;
    return !local && (asked->request.op != YZ_OP_STORED || yz_str_is(asked->head->method, "POST"));
}

const yz_error *yz_asked_judge(yz_asked *asked) {
    const yz_h1_head *head = asked->head;
    const yz_found *found = &asked->found;
    if (found->expects_other)
        return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 417, "the only expectation that can be met is 100-continue");
    if (!takes_body(asked)) {
        if (head->has_body && (head->chunked || head->length > 0))
            return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 0, "this path takes no body");
        return NULL;
    }
    if (asked->local == YZ_LOCAL_HOOK) /* that it came is all that counts: nobody reads it */
        return NULL;
    if (found->coding.n && !yz_str_ieq(found->coding, YZ_STR("identity")) && !yz_headers_packed(found->coding))
        return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 415,
                          "the Content-Encoding of a body must be gzip or zstd, or the body plain");
    const char *also = asked->form ? ", or multipart/form-data with a boundary" : "";
    if (!head->has_body || head->length == 0)
        return asked->request.op == YZ_OP_STORED || asked->body
                   ? NULL
                   : yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 0, "the body is empty: it must be a JSON object%s", also);
    if (!yz_headers_json(found->type) && yz_str_starts(found->type, "application/x-www-form-urlencoded"))
        return yz_refusal(
            asked->arena, YZ_ERROR_BAD_REQUEST, 415,
            "the Content-Type must be application/json%s, not application/x-www-form-urlencoded, which curl says unless it is told: "
            "-H 'Content-Type: application/json'",
            also);
    if (!yz_headers_json(found->type) && !(asked->form && yz_form_is(found->type)))
        return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 415, "the Content-Type must be application/json%s", also);
    return NULL;
}

void yz_asked_guess(yz_asked *asked, const yz_h1_head *seen, yz_str bytes) {
    asked->head = seen;
    asked->method = seen && yz_str_is(seen->method, "HEAD") ? YZ_METHOD_HEAD : YZ_METHOD_PLAIN;
    yz_str id = seen ? yz_headers_id(seen) : (yz_str){0};
    if (id.n)
        asked->request.id = id;
    asked->dialect = seen && seen->target.n ? yz_claim(asked->settings, seen) : yz_claim_raw(asked->settings, bytes);
}

/* ---- the body ------------------------------------------------------------------------------------------------------- */

static const yz_error *accepted(yz_asked *asked) {
    yz_request *request = &asked->request;
    yz_error *error = yz_alloc(asked->arena, sizeof(*error));
    error->size = sizeof(*error);
    if (request->dialect->accept && request->dialect->accept(request, asked->arena, error) < 0)
        return error;
    return NULL;
}

static const yz_error *read_form(yz_asked *asked) {
    const char *why = "";
    if (yz_form_read(asked->arena, asked->found.type, asked->request.body, &asked->request.form, &why) == YZ_OK)
        return NULL;
    return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 0, "the body is no usable form: %s", why);
}

static const yz_error *read_json(yz_asked *asked) {
    yz_request *request = &asked->request;
    yz_json *json = NULL;
    const char *what = asked->opens ? "first message" : "body";
    yz_json_fault fault = {0, "malformed"};
    int code = yz_json_parse(asked->arena, request->body, 0, &json, &fault);
    if (code < 0)
        return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, code == YZ_ELIMIT ? 413 : 0, "the %s is not usable JSON: %s at byte %zu%s",
                          what, fault.reason, fault.at, code == YZ_ELIMIT ? "" : yz_json_slip(request->body, fault.at));
    if (!yz_json_is(json, YZ_JSON_OBJECT))
        return yz_refusal(asked->arena, YZ_ERROR_BAD_REQUEST, 0, "the %s must be a JSON object", what);
    request->json = json;
    return NULL;
}

const yz_error *yz_asked_read_body(yz_asked *asked, yz_str body) {
    yz_request *request = &asked->request;
    if (request->op == YZ_OP_MODELS || asked->local == YZ_LOCAL_HOOK || (asked->local != YZ_LOCAL_NONE && body.n == 0))
        return NULL;
    if ((request->op == YZ_OP_REALTIME && !asked->opens) || (request->op == YZ_OP_STORED && body.n == 0))
        return accepted(asked);
    request->body = body;
    const yz_error *wrong = asked->form && yz_form_is(asked->found.type) ? read_form(asked) : read_json(asked);
    if (wrong || asked->local != YZ_LOCAL_NONE)
        return wrong;
    yz_request_place(asked->arena, request);
    return accepted(asked);
}

/* Is its last field a file that may be passed on without having been seen? */
static bool ends_in_file(const yz_asked *asked, const yz_form *form) {
    const yz_form_field *last = form->fields;
    while (last && last->next)
        last = last->next;
    for (const char *const *name = asked->streams; last && last->file && *name; name++)
        if (yz_str_is(last->name, *name))
            return true;
    return false;
}

const yz_error *yz_asked_read_known(yz_asked *asked, const yz_body *upload) {
    yz_request before = asked->request, *request = &asked->request;
    const yz_error *missing = NULL;
    request->body = upload->known[0];
    request->upload = upload;
    if (!yz_form_read_known(asked->arena, asked->found.type, request->body, &request->form) || !ends_in_file(asked, request->form)) {
        missing = yz_refusal(asked->arena, YZ_ERROR_TOO_LARGE, 0, "what it begins with is no usable form, or no file that may be long");
    } else {
        yz_request_place(asked->arena, request);
        missing = accepted(asked);
    }
    if (missing)
        *request = before;
    return missing;
}
