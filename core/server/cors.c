/* cors.c: which pages may use the gateway; see cors.h. */
#include "server/cors.h"

static bool allowed(const yz_cors_settings *cors, yz_str origin) {
    for (size_t i = 0; i < cors->origins.n; i++)
        if (yz_str_is(cors->origins.items[i], "*") || yz_str_ieq(cors->origins.items[i], origin))
            return true;
    return false;
}

static bool applies(const yz_asked *asked) {
    const yz_cors_settings *cors = &asked->settings->cors;
    yz_str origin = asked->found.origin;
    return cors->on && !asked->admin && origin.n && yz_h1_value_ok(origin) && allowed(cors, origin);
}

void yz_cors_headers(const yz_asked *asked, yz_buf *out) {
    if (!applies(asked))
        return;
    yz_buf_lit(out, "access-control-allow-origin: ");
    yz_buf_str(out, asked->found.origin);
    yz_buf_lit(out, "\r\nvary: origin\r\naccess-control-expose-headers: *\r\n");
}

/* "*" in the settings allows what the page asks for; a wildcard would not cover Authorization. */
static yz_str headers_of(const yz_asked *asked) {
    const yz_cors_settings *cors = &asked->settings->cors;
    yz_buf text = {0};
    for (size_t i = 0; i < cors->headers.n; i++) {
        if (yz_str_is(cors->headers.items[i], "*")) {
            yz_buf_free(&text);
            yz_str wanted = yz_request_header(&asked->request, "access-control-request-headers");
            return yz_h1_value_ok(wanted) ? wanted : (yz_str){0};
        }
        yz_buf_printf(&text, "%s%.*s", i ? ", " : "", YZ_STR_ARGS(cors->headers.items[i]));
    }
    yz_str list = yz_dup(asked->arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return list;
}

size_t yz_cors_preflight(const yz_asked *asked, yz_header headers[YZ_CORS_PREFLIGHT]) {
    if (!applies(asked) || !yz_request_header(&asked->request, "access-control-request-method").n)
        return 0;
    size_t n = 0;
    headers[n++] = (yz_header){YZ_STR("access-control-allow-methods"), asked->allow};
    yz_str allow = headers_of(asked);
    if (allow.n)
        headers[n++] = (yz_header){YZ_STR("access-control-allow-headers"), allow};
    yz_str age = yz_format(asked->arena, "%lld", (long long)(asked->settings->cors.max_age / 1000));
    headers[n++] = (yz_header){YZ_STR("access-control-max-age"), age};
    return n;
}
