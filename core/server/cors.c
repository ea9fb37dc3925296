/* cors.c: lets pages of other origins use the gateway, if the settings say so. Without them no header is sent and a browser keeps
 * such pages out; requests without an Origin are none of this file's business.
 */
#include "server/internal.h"

static bool allowed(const yz_cors_settings *cors, yz_str origin) {
    for (size_t i = 0; i < cors->origins.n; i++)
        if (yz_str_is(cors->origins.items[i], "*") || yz_str_ieq(cors->origins.items[i], origin))
            return true;
    return false;
}

static bool applies(const yz_exchange *x) {
    const yz_cors_settings *cors = &x->share->settings->cors;
    return cors->on && !x->connection->admin && x->origin.n && yz_h1_value_ok(x->origin) && allowed(cors, x->origin);
}

void yz_cors_headers(const yz_exchange *x, yz_buf *out) {
    if (!applies(x))
        return;
    yz_buf_lit(out, "access-control-allow-origin: ");
    yz_buf_str(out, x->origin);
    yz_buf_lit(out, "\r\nvary: origin\r\naccess-control-expose-headers: *\r\n");
}

/* "*" in the settings allows what the page asks for; a wildcard would not cover Authorization. */
static yz_str headers_of(yz_exchange *x) {
    const yz_cors_settings *cors = &x->share->settings->cors;
    yz_buf text = {0};
    for (size_t i = 0; i < cors->headers.n; i++) {
        if (yz_str_is(cors->headers.items[i], "*")) {
            yz_buf_free(&text);
            yz_str asked = yz_request_header(&x->request, "access-control-request-headers");
            return yz_h1_value_ok(asked) ? asked : (yz_str){0};
        }
        yz_buf_printf(&text, "%s%.*s", i ? ", " : "", YZ_STR_ARGS(cors->headers.items[i]));
    }
    yz_str list = yz_dup(x->arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return list;
}

void yz_cors_options(yz_exchange *x) {
    yz_extra extra = {.headers = {{YZ_STR("allow"), x->allow}}, .n = 1};
    if (applies(x) && yz_request_header(&x->request, "access-control-request-method").n) {
        yz_str age = yz_format(x->arena, "%lld", (long long)(x->share->settings->cors.max_age / 1000));
        extra.headers[extra.n++] = (yz_header){YZ_STR("access-control-allow-methods"), x->allow};
        yz_str headers = headers_of(x);
        if (headers.n)
            extra.headers[extra.n++] = (yz_header){YZ_STR("access-control-allow-headers"), headers};
        extra.headers[extra.n++] = (yz_header){YZ_STR("access-control-max-age"), age};
    }
    yz_respond(x, 204, (yz_str){0}, (yz_str){0}, &extra);
}
