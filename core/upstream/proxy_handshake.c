/* proxy_handshake.c: CONNECT (RFC 9110) and SOCKS5 (RFC 1928, 1929) from the client's side. The host goes as a name, so the proxy resolves
 * it. A proxy that says more than its answer is refused: nobody but the server may speak after it, and servers wait to be spoken to. */
#include "upstream/proxy_handshake.h"

#include "base/arena.h"
#include "base/base64.h"

#include <arpa/inet.h>

void yz_basic_credentials(yz_buf *out, yz_str user, yz_str password) {
    yz_buf pair = {0};
    yz_buf_str(&pair, user);
    yz_buf_char(&pair, ':');
    yz_buf_str(&pair, password);
    yz_buf_lit(out, "Basic ");
    yz_put_base64(out, yz_buf_view(&pair));
    explicit_bzero(pair.p, pair.n);
    yz_buf_free(&pair);
}

static yz_proxy_step refuse(const char **reason, const char *why) {
    *reason = why;
    return YZ_PROXY_REFUSED;
}

/* ---- CONNECT --------------------------------------------------------------------------------------------------------- */

static yz_arena *on_begin(void *arg) { return ((yz_proxy_handshake *)arg)->arena; }

static int on_head(void *arg, const yz_h1_head *head) {
    ((yz_proxy_handshake *)arg)->status = head->status;
    return YZ_OK;
}

static int on_body(void *arg, yz_str bytes) {
    (void)arg, (void)bytes;
    return YZ_EINVAL; /* none was to come */
}

static void on_end(void *arg) { ((yz_proxy_handshake *)arg)->ended = true; }

static void say_connect(yz_proxy_handshake *hs, yz_buf *out) {
    static const yz_h1_hooks hooks = {on_begin, on_head, on_body, on_end};
    static const yz_h1_limits limits = {.line = 4096, .headers = 16384, .count = 100, .body = 0};
    hs->arena = yz_arena_new(NULL);
    hs->h1 = yz_h1_new(true, &limits, &hooks, hs);
    yz_h1_expect(hs->h1, true); /* an answer to CONNECT has no body, whatever its head says */
    bool v6 = memchr(hs->url->host.p, ':', hs->url->host.n);
    yz_buf_printf(out, "CONNECT %s%.*s%s:%u HTTP/1.1\r\nHost: %s%.*s%s:%u\r\n", v6 ? "[" : "", YZ_STR_ARGS(hs->url->host), v6 ? "]" : "",
                  hs->url->port, v6 ? "[" : "", YZ_STR_ARGS(hs->url->host), v6 ? "]" : "", hs->url->port);
    if (hs->proxy->user.n) {
        yz_buf_lit(out, "Proxy-Authorization: ");
        yz_basic_credentials(out, hs->proxy->user, hs->proxy->password);
        yz_buf_lit(out, "\r\n");
    }
    yz_buf_lit(out, "\r\n");
}

static yz_proxy_step http_bytes(yz_proxy_handshake *hs, yz_str bytes, yz_buf *out, const char **reason) {
    if (!hs->h1) {
        say_connect(hs, out);
        return YZ_PROXY_MORE;
    }
    size_t used;
    if (yz_h1_feed(hs->h1, bytes.p, bytes.n, &used) != YZ_OK)
        return refuse(reason, "the proxy did not answer in HTTP");
    if (!hs->ended)
        return YZ_PROXY_MORE;
    if (hs->status == 407)
        return refuse(reason, "the proxy wants other credentials (407)");
    if (hs->status < 200 || hs->status > 299)
        return refuse(reason, "the proxy refused the tunnel");
    return used == bytes.n ? YZ_PROXY_DONE : refuse(reason, "the proxy sent more than its answer");
}

/* ---- SOCKS5 ---------------------------------------------------------------------------------------------------------- */

enum { SOCKS_START, SOCKS_GREETED, SOCKS_AUTH, SOCKS_ASKED };

static void socks_ask(yz_proxy_handshake *hs, yz_buf *out) {
    char host[256];
    unsigned char address[16];
    yz_str name = hs->url->host;
    memcpy(host, name.p, name.n); /* at most 253 bytes: url.c */
    host[name.n] = 0;
    yz_buf_put(out, "\5\1", 3); /* version, CONNECT, reserved */
    if (inet_pton(AF_INET, host, address) == 1) {
        yz_buf_char(out, 1);
        yz_buf_put(out, address, 4);
    } else if (inet_pton(AF_INET6, host, address) == 1) {
        yz_buf_char(out, 4);
        yz_buf_put(out, address, 16);
    } else {
        yz_buf_char(out, 3);
        yz_buf_char(out, (char)name.n);
        yz_buf_str(out, name);
    }
    yz_buf_char(out, (char)(hs->url->port >> 8));
    yz_buf_char(out, (char)(hs->url->port & 255));
    hs->stage = SOCKS_ASKED;
}

static void socks_identify(yz_proxy_handshake *hs, yz_buf *out) {
    yz_str user = hs->proxy->user, password = hs->proxy->password;
    yz_buf_char(out, 1);
    yz_buf_char(out, (char)user.n);
    yz_buf_str(out, user);
    yz_buf_char(out, (char)password.n);
    yz_buf_str(out, password);
    hs->stage = SOCKS_AUTH;
}

static const char *socks_refusal(unsigned char code) {
    static const char *const reasons[] = {"",
                                          "the proxy failed",
                                          "the proxy's rules do not allow this server",
                                          "the proxy cannot reach the server's network",
                                          "the proxy cannot reach the server",
                                          "the server refused the proxy's connection",
                                          "the proxy's connection timed out"};
    return code < sizeof reasons / sizeof *reasons ? reasons[code] : "the proxy refused";
}

static yz_proxy_step socks_answered(yz_proxy_handshake *hs, const char **reason) {
    const unsigned char *p = (const unsigned char *)hs->in.p;
    if (hs->in.n < 5)
        return YZ_PROXY_MORE;
    if (p[0] != 5)
        return refuse(reason, "the proxy does not speak SOCKS5");
    if (p[1] != 0)
        return refuse(reason, socks_refusal(p[1]));
    size_t wanted = 6 + (p[3] == 1 ? 4u : p[3] == 4 ? 16u : 1u + p[4]);
    if (hs->in.n < wanted)
        return YZ_PROXY_MORE;
    return hs->in.n == wanted ? YZ_PROXY_DONE : refuse(reason, "the proxy sent more than its answer");
}

static yz_proxy_step socks_bytes(yz_proxy_handshake *hs, yz_str bytes, yz_buf *out, const char **reason) {
    bool known = hs->proxy->user.n > 0;
    if (hs->proxy->user.n > 255 || hs->proxy->password.n > 255)
        return refuse(reason, "the proxy's user or password is longer than SOCKS5 can carry");
    if (hs->stage == SOCKS_START) {
        yz_buf_put(out, known ? "\5\2\0\2" : "\5\1\0", known ? 4 : 3);
        hs->stage = SOCKS_GREETED;
        return YZ_PROXY_MORE;
    }
    if (hs->in.n + bytes.n > 512)
        return refuse(reason, "the proxy does not speak SOCKS5");
    yz_buf_str(&hs->in, bytes);
    if (hs->stage == SOCKS_ASKED)
        return socks_answered(hs, reason);
    if (hs->in.n < 2)
        return YZ_PROXY_MORE;
    const unsigned char *p = (const unsigned char *)hs->in.p;
    bool greeted = hs->stage == SOCKS_GREETED;
    if (hs->in.n > 2 || p[0] != (greeted ? 5 : 1))
        return refuse(reason, "the proxy does not speak SOCKS5");
    if (greeted ? (p[1] != 0 && !(p[1] == 2 && known)) : p[1] != 0)
        return refuse(reason, "the proxy wants other credentials");
    hs->in.n = 0;
    if (greeted && p[1] == 2)
        socks_identify(hs, out);
    else
        socks_ask(hs, out);
    return YZ_PROXY_MORE;
}

/* ---- both ------------------------------------------------------------------------------------------------------------ */

void yz_proxy_handshake_start(yz_proxy_handshake *hs, const yz_url *proxy, const yz_url *url) {
    hs->proxy = proxy;
    hs->url = url;
}

yz_proxy_step yz_proxy_handshake_bytes(yz_proxy_handshake *hs, yz_str bytes, yz_buf *out, const char **reason) {
    if (yz_str_is(hs->proxy->scheme, "socks5"))
        return socks_bytes(hs, bytes, out, reason);
    if (yz_str_is(hs->proxy->scheme, "http"))
        return http_bytes(hs, bytes, out, reason);
    return refuse(reason, "the proxy's address is neither http:// nor socks5://");
}

void yz_proxy_handshake_free(yz_proxy_handshake *hs) {
    yz_buf_free(&hs->in);
    if (hs->h1)
        yz_h1_free(hs->h1);
    if (hs->arena)
        yz_arena_free(hs->arena);
}
