/* base/request.c: requests, losses and errors as values. */
#include "base/request.h"
#include "base/arena.h"
#include "base/record.h"

#include <stdio.h>
#include <yuzui/request.h>

yz_str yz_target_name(yz_arena *arena, const yz_target *target) {
    yz_str provider = target->provider->name, node = target->node;
    return yz_format(arena, "%.*s%s%.*s/%.*s", YZ_STR_ARGS(provider), node.n > 0 ? "@" : "", YZ_STR_ARGS(node), YZ_STR_ARGS(target->model));
}

yz_request *yz_request_copy(yz_arena *arena, const yz_request *request) {
    yz_request *copy = yz_alloc_raw(arena, sizeof *copy), room;
    *copy = *YZ_WIDE(request, &room);
    return copy;
}

void yz_request_place(yz_arena *arena, yz_request *request) {
    request->neutral = yz_alloc(arena, sizeof *request->neutral);
    request->neutral->arena = arena;
    request->neutral->json = request->json;
}

int yz_request_replace(yz_arena *arena, yz_request *request, yz_str body) {
    yz_json *json;
    int code = yz_json_parse(arena, body, YZ_JSON_LONE_SURROGATES, &json, NULL);
    if (code < 0)
        return code;
    if (request->model_node) {
        yz_str key = yz_json_key(request->model_node);
        const yz_json *m = json->child;
        while (m && !yz_str_eq(yz_json_key(m), key))
            m = m->next;
        request->model_node = m;
    }
    request->body = body;
    request->json = json;
    yz_request_place(arena, request);
    return YZ_OK;
}

yz_str yz_header_find(const yz_header *headers, size_t n, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < n; i++)
        if (headers[i].name.n == length && memcmp(headers[i].name.p, name, length) == 0)
            return headers[i].value;
    return (yz_str){NULL, 0};
}

yz_str yz_request_header(const yz_request *request, const char *name) { return yz_header_find(request->headers, request->n_headers, name); }

const char *yz_op_word(yz_op op) {
    static const char *const words[] = {
#define OP_WORD(name, word) word,
        YZ_OPS(OP_WORD)
#undef OP_WORD
    };
    return words[op];
}

/* ---- what comes back -------------------------------------------------------------------------------------------------- */

static const yz_header *copy_headers(yz_arena *arena, const yz_header *headers, size_t n) {
    yz_header *copy = n > 0 ? yz_alloc(arena, n * sizeof *copy) : NULL;
    for (size_t i = 0; i < n; i++)
        copy[i] = (yz_header){yz_dup(arena, headers[i].name), yz_dup(arena, headers[i].value)};
    return copy;
}

static const yz_str *copy_texts(yz_arena *arena, const yz_str *texts, size_t n) {
    yz_str *copy = n > 0 ? yz_alloc(arena, n * sizeof *copy) : NULL;
    for (size_t i = 0; i < n; i++)
        copy[i] = yz_dup(arena, texts[i]);
    return copy;
}

const yz_allowance *yz_allowance_copy(yz_arena *arena, const yz_allowance *allowance) {
    yz_allowance *copy = allowance ? yz_alloc_raw(arena, sizeof *copy) : NULL;
    if (copy)
        *copy = *allowance;
    return copy;
}

yz_head *yz_head_copy(yz_arena *arena, const yz_head *head) {
    yz_head *copy = yz_alloc_raw(arena, sizeof *copy), room;
    *copy = *YZ_WIDE(head, &room);
    copy->losses = copy_texts(arena, copy->losses, copy->n_losses);
    copy->content_type = yz_dup(arena, head->content_type);
    copy->part = yz_dup(arena, copy->part);
    copy->headers = copy_headers(arena, copy->headers, copy->n_headers);
    return copy;
}

yz_usage *yz_usage_copy(yz_arena *arena, const yz_usage *usage) {
    yz_usage *copy = usage ? yz_alloc(arena, sizeof *copy) : NULL;
    if (copy)
        *copy = *usage;
    return copy;
}

yz_end *yz_end_copy(yz_arena *arena, const yz_end *end) {
    yz_end *copy = yz_alloc(arena, sizeof *copy), room;
    *copy = *YZ_WIDE(end, &room);
    copy->usage = yz_usage_copy(arena, end->usage);
    return copy;
}

/* ---- errors --------------------------------------------------------------------------------------------------------- */

int yz_refuse(yz_arena *arena, yz_error *error, yz_str param, const char *fmt, ...) {
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    yz_error refusal = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .message = yz_dup(arena, yz_str_of(text)), .param = param};
    yz_fill(error, &refusal, sizeof refusal);
    return YZ_EINVAL;
}

static const struct {
    const char *word;
    int status;
} classes[] = {
#define CLASS_ENTRY(name, word, status) {word, status},
    YZ_ERROR_CLASSES(CLASS_ENTRY)
#undef CLASS_ENTRY
};

yz_error_class yz_error_class_of(int status) {
    switch (status) {
    case 401:
    case 403:
    case 407: /* a proxy on the way */
        return YZ_ERROR_UPSTREAM_AUTH;
    case 402:
        return YZ_ERROR_QUOTA;
    case 404:
        return YZ_ERROR_NOT_FOUND;
    case 408:
    case 504:
        return YZ_ERROR_TIMEOUT;
    case 413:
        return YZ_ERROR_TOO_LARGE;
    case 501:
        return YZ_ERROR_UNSUPPORTED;
    case 429:
        return YZ_ERROR_RATE_LIMIT;
    case 503:
    case 529:
        return YZ_ERROR_OVERLOADED;
    default:
        return status >= 499 || status < 400 ? YZ_ERROR_SERVER : YZ_ERROR_BAD_REQUEST; /* 499: a relay's own connection was lost */
    }
}

yz_error *yz_error_copy(yz_arena *arena, const yz_error *error) {
    yz_error *copy = yz_alloc(arena, sizeof *copy), room;
    *copy = *YZ_WIDE(error, &room);
    copy->code = yz_dup(arena, error->code);
    copy->message = yz_dup(arena, error->message);
    copy->param = yz_dup(arena, error->param);
    copy->type = yz_dup(arena, error->type);
    copy->headers = copy_headers(arena, copy->headers, copy->n_headers);
    return copy;
}

const char *yz_error_word(yz_error_class class_) {
    size_t i = (size_t)class_;
    return classes[i < sizeof classes / sizeof *classes ? i : YZ_ERROR_INTERNAL].word;
}

int yz_error_status(const yz_error *error) {
    if (error->status)
        return error->status;
    size_t i = (size_t)error->class_;
    return classes[i < sizeof classes / sizeof *classes ? i : YZ_ERROR_INTERNAL].status;
}
