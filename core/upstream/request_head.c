/* request_head.c: the head of a request as it goes out. Built from parsed values only, in one buffer; the one place that reads a
 * provider's key. */
#include "base/put.h"
#include "base/secret.h"
#include "upstream/fetch_inner.h"
#include "upstream/proxy_handshake.h"

static bool target_ok(yz_str path) {
    for (size_t i = 0; i < path.n; i++)
        if ((unsigned char)path.p[i] <= ' ' || (unsigned char)path.p[i] >= 0x7f || path.p[i] == '#')
            return false;
    return path.n > 0 && path.p[0] == '/';
}

const char *yz_fetch_check_plan(const yz_fetch_plan *plan) {
    if (!yz_h1_name_ok(plan->method))
        return "its method is not a word";
    if (!target_ok(plan->path))
        return "its path must begin with a slash and hold neither blanks nor control bytes";
    for (size_t i = 0; i < plan->n_headers; i++) {
        if (!yz_h1_name_ok(plan->headers[i].name) || !yz_h1_value_ok(plan->headers[i].value))
            return "a header holds bytes that may not stand in it";
        if (yz_h1_framing(plan->headers[i].name))
            return "it brings a header (such as host or content-length) that only the gateway may set";
    }
    if (plan->secret && !yz_h1_value_ok(yz_secret_reveal(plan->secret)))
        return "the key holds bytes that may not stand in a header";
    return NULL;
}

static void put_host(yz_buf *out, const yz_url *url) {
    bool v6 = memchr(url->host.p, ':', url->host.n);
    if (v6)
        yz_buf_char(out, '[');
    yz_buf_str(out, url->host);
    if (v6)
        yz_buf_char(out, ']');
    if (url->port != (url->tls ? 443 : 80)) {
        yz_buf_char(out, ':');
        yz_put_number(out, url->port, 10);
    }
}

static void put_header(yz_buf *out, yz_str name, yz_str value) {
    yz_buf_str(out, name);
    yz_buf_put(out, ": ", 2);
    yz_buf_str(out, value);
    yz_buf_put(out, "\r\n", 2);
}

static void put_proxy(yz_buf *out, const yz_fetch_plan *plan) {
    if (!plan->proxy->user.n)
        return;
    yz_buf_lit(out, "proxy-authorization: ");
    yz_basic_credentials(out, plan->proxy->user, plan->proxy->password);
    yz_buf_put(out, "\r\n", 2);
}

static void put_length(yz_buf *out, const yz_fetch_plan *plan) {
    if (plan->upgrade) {
        yz_buf_lit(out, "connection: Upgrade\r\nupgrade: websocket\r\n");
    } else if (plan->body && plan->body->length < 0) {
        yz_buf_lit(out, "transfer-encoding: chunked\r\n");
    } else if (plan->body || yz_str_is(plan->method, "POST") || yz_str_is(plan->method, "PUT")) {
        yz_buf_lit(out, "content-length: ");
        yz_put_number(out, plan->body ? (uint64_t)plan->body->length : 0, 10);
        yz_buf_lit(out, "\r\n");
    }
}

static const yz_signer *signer_of(const yz_fetch_plan *plan) { return plan->signer ? plan->signer : yz_signer_find(NULL); }

/* Room for the whole head at once: a buffer that grows would leave copies of the key. */
static size_t bound(const yz_fetch_plan *plan) {
    size_t n = 256 + plan->method.n + plan->path.n + 2 * plan->url->host.n;
    for (size_t i = 0; i < plan->n_headers; i++)
        n += plan->headers[i].name.n + plan->headers[i].value.n + 4;
    if (plan->proxy)
        n += 2 * (plan->proxy->user.n + plan->proxy->password.n);
    if (plan->secret)
        n += strlen(plan->auth_header) + strlen(plan->auth_prefix) + signer_of(plan)->room(yz_secret_reveal(plan->secret));
    return n;
}

void yz_fetch_write_head(const yz_fetch *fetch, yz_buf *out) {
    const yz_fetch_plan *plan = &fetch->plan;
    bool by_proxy = plan->proxy && yz_str_is(plan->proxy->scheme, "http") && !plan->url->tls;
    yz_buf_room(out, bound(plan));
    yz_buf_str(out, plan->method);
    yz_buf_char(out, ' ');
    if (by_proxy) {
        yz_buf_lit(out, "http://");
        put_host(out, plan->url);
    }
    yz_buf_str(out, plan->path);
    yz_buf_lit(out, " HTTP/1.1\r\nhost: ");
    put_host(out, plan->url);
    yz_buf_lit(out, "\r\n");
    bool named = false;
    for (size_t i = 0; i < plan->n_headers; i++) {
        put_header(out, plan->headers[i].name, plan->headers[i].value);
        named |= yz_str_ieq(plan->headers[i].name, YZ_STR("user-agent"));
    }
    if (!named)
        yz_buf_lit(out, "user-agent: yuzui/" YZ_VERSION "\r\n");
    if (by_proxy)
        put_proxy(out, plan);
    put_length(out, plan);
    if (plan->secret) {
        yz_buf_lit(out, plan->auth_header);
        yz_buf_lit(out, ": ");
        yz_buf_lit(out, plan->auth_prefix);
        signer_of(plan)->put(yz_secret_reveal(plan->secret), out);
        yz_buf_lit(out, "\r\n");
    }
    yz_buf_lit(out, "\r\n");
}
