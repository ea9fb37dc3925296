/* tunnel.c: CONNECT (RFC 9110) and SOCKS5 (RFC 1928, 1929) from the client's side. The host goes as a name, so the proxy resolves it.
 * A proxy that says more than its answer is refused: nobody but the server may speak behind it, and servers wait to be spoken to. */
#include "upstream/tunnel.h"

#include "base/arena.h"

#include <arpa/inet.h>

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(yz_buf *out, yz_str bytes) {
    for (size_t i = 0; i < bytes.n; i += 3) {
        unsigned value = (unsigned)(unsigned char)bytes.p[i] << 16;
        if (i + 1 < bytes.n)
            value |= (unsigned)(unsigned char)bytes.p[i + 1] << 8;
        if (i + 2 < bytes.n)
            value |= (unsigned char)bytes.p[i + 2];
        yz_buf_char(out, base64_digits[value >> 18]);
        yz_buf_char(out, base64_digits[value >> 12 & 63]);
        yz_buf_char(out, i + 1 < bytes.n ? base64_digits[value >> 6 & 63] : '=');
        yz_buf_char(out, i + 2 < bytes.n ? base64_digits[value & 63] : '=');
    }
}

void yz_basic_credentials(yz_buf *out, yz_str user, yz_str password) {
    yz_buf pair = {0};
    yz_buf_str(&pair, user);
    yz_buf_char(&pair, ':');
    yz_buf_str(&pair, password);
    yz_buf_lit(out, "Basic ");
    put_base64(out, yz_buf_view(&pair));
    explicit_bzero(pair.p, pair.n);
    yz_buf_free(&pair);
}

static yz_tunnel_step refuse(const char **words, const char *why) {
    *words = why;
    return YZ_TUNNEL_REFUSED;
}

/* ---- CONNECT --------------------------------------------------------------------------------------------------------- */

static yz_arena *on_begin(void *arg) { return ((yz_tunnel *)arg)->arena; }

static int on_head(void *arg, const yz_h1_head *head) {
    ((yz_tunnel *)arg)->status = head->status;
    return YZ_OK;
}

static int on_body(void *arg, yz_str bytes) {
    (void)arg, (void)bytes;
    return YZ_EINVAL; /* told not to expect one */
}

static void on_end(void *arg) { ((yz_tunnel *)arg)->ended = true; }

static void say_connect(yz_tunnel *tunnel, yz_buf *out) {
    static const yz_h1_hooks hooks = {on_begin, on_head, on_body, on_end};
    static const yz_h1_limits limits = {.line = 4096, .headers = 16384, .count = 100, .body = 0};
    tunnel->arena = yz_arena_new(NULL);
    tunnel->h1 = yz_h1_new(true, &limits, &hooks, tunnel);
    yz_h1_expect(tunnel->h1, true); /* an answer to CONNECT has no body, whatever its head says */
    bool v6 = memchr(tunnel->url->host.p, ':', tunnel->url->host.n);
    yz_buf_printf(out, "CONNECT %s%.*s%s:%u HTTP/1.1\r\nHost: %s%.*s%s:%u\r\n", v6 ? "[" : "", YZ_STR_ARGS(tunnel->url->host),
                  v6 ? "]" : "", tunnel->url->port, v6 ? "[" : "", YZ_STR_ARGS(tunnel->url->host), v6 ? "]" : "", tunnel->url->port);
    if (tunnel->proxy->user.n) {
        yz_buf_lit(out, "Proxy-Authorization: ");
        yz_basic_credentials(out, tunnel->proxy->user, tunnel->proxy->password);
        yz_buf_lit(out, "\r\n");
    }
    yz_buf_lit(out, "\r\n");
}

static yz_tunnel_step http_bytes(yz_tunnel *tunnel, yz_str bytes, yz_buf *out, const char **words) {
    if (!tunnel->h1) {
        say_connect(tunnel, out);
        return YZ_TUNNEL_MORE;
    }
    size_t used;
    if (yz_h1_feed(tunnel->h1, bytes.p, bytes.n, &used) != YZ_OK)
        return refuse(words, "the proxy did not answer in HTTP");
    if (!tunnel->ended)
        return YZ_TUNNEL_MORE;
    if (tunnel->status == 407)
        return refuse(words, "the proxy wants other credentials (407)");
    if (tunnel->status < 200 || tunnel->status > 299)
        return refuse(words, "the proxy refused the tunnel");
    return used == bytes.n ? YZ_TUNNEL_DONE : refuse(words, "the proxy sent more than its answer");
}

/* ---- SOCKS5 ---------------------------------------------------------------------------------------------------------- */

enum { SOCKS_START, SOCKS_GREETED, SOCKS_AUTH, SOCKS_ASKED };

static void socks_ask(yz_tunnel *tunnel, yz_buf *out) {
    char host[256];
    unsigned char address[16];
    yz_str name = tunnel->url->host;
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
    yz_buf_char(out, (char)(tunnel->url->port >> 8));
    yz_buf_char(out, (char)(tunnel->url->port & 255));
    tunnel->stage = SOCKS_ASKED;
}

static void socks_identify(yz_tunnel *tunnel, yz_buf *out) {
    yz_str user = tunnel->proxy->user, password = tunnel->proxy->password;
    yz_buf_char(out, 1);
    yz_buf_char(out, (char)user.n);
    yz_buf_str(out, user);
    yz_buf_char(out, (char)password.n);
    yz_buf_str(out, password);
    tunnel->stage = SOCKS_AUTH;
}

static const char *socks_refusal(unsigned char code) {
    static const char *const words[] = {"",
                                        "the proxy failed",
                                        "the proxy's rules do not allow this server",
                                        "the proxy cannot reach the server's network",
                                        "the proxy cannot reach the server",
                                        "the server refused the proxy's connection",
                                        "the proxy's connection timed out"};
    return code < sizeof words / sizeof *words ? words[code] : "the proxy refused";
}

static yz_tunnel_step socks_answered(yz_tunnel *tunnel, const char **words) {
    const unsigned char *p = (const unsigned char *)tunnel->in.p;
    if (tunnel->in.n < 5)
        return YZ_TUNNEL_MORE;
    if (p[0] != 5)
        return refuse(words, "the proxy does not speak SOCKS5");
    if (p[1] != 0)
        return refuse(words, socks_refusal(p[1]));
    size_t wanted = 6 + (p[3] == 1 ? 4u : p[3] == 4 ? 16u : 1u + p[4]);
    if (tunnel->in.n < wanted)
        return YZ_TUNNEL_MORE;
    return tunnel->in.n == wanted ? YZ_TUNNEL_DONE : refuse(words, "the proxy sent more than its answer");
}

static yz_tunnel_step socks_bytes(yz_tunnel *tunnel, yz_str bytes, yz_buf *out, const char **words) {
    bool known = tunnel->proxy->user.n > 0;
    if (tunnel->proxy->user.n > 255 || tunnel->proxy->password.n > 255)
        return refuse(words, "the proxy's user or password is longer than SOCKS5 can carry");
    if (tunnel->stage == SOCKS_START) {
        yz_buf_put(out, known ? "\5\2\0\2" : "\5\1\0", known ? 4 : 3);
        tunnel->stage = SOCKS_GREETED;
        return YZ_TUNNEL_MORE;
    }
    if (tunnel->in.n + bytes.n > 512)
        return refuse(words, "the proxy does not speak SOCKS5");
    yz_buf_str(&tunnel->in, bytes);
    if (tunnel->stage == SOCKS_ASKED)
        return socks_answered(tunnel, words);
    if (tunnel->in.n < 2)
        return YZ_TUNNEL_MORE;
    const unsigned char *p = (const unsigned char *)tunnel->in.p;
    bool greeted = tunnel->stage == SOCKS_GREETED;
    if (tunnel->in.n > 2 || p[0] != (greeted ? 5 : 1))
        return refuse(words, "the proxy does not speak SOCKS5");
    if (greeted ? (p[1] != 0 && !(p[1] == 2 && known)) : p[1] != 0)
        return refuse(words, "the proxy wants other credentials");
    tunnel->in.n = 0;
    if (greeted && p[1] == 2)
        socks_identify(tunnel, out);
    else
        socks_ask(tunnel, out);
    return YZ_TUNNEL_MORE;
}

/* ---- both ------------------------------------------------------------------------------------------------------------ */

void yz_tunnel_start(yz_tunnel *tunnel, const yz_url *proxy, const yz_url *url) {
    tunnel->proxy = proxy;
    tunnel->url = url;
}

yz_tunnel_step yz_tunnel_bytes(yz_tunnel *tunnel, yz_str bytes, yz_buf *out, const char **words) {
    if (yz_str_is(tunnel->proxy->scheme, "socks5"))
        return socks_bytes(tunnel, bytes, out, words);
    if (yz_str_is(tunnel->proxy->scheme, "http"))
        return http_bytes(tunnel, bytes, out, words);
    return refuse(words, "the proxy's address is neither http:// nor socks5://");
}

void yz_tunnel_free(yz_tunnel *tunnel) {
    yz_buf_free(&tunnel->in);
    if (tunnel->h1)
        yz_h1_free(tunnel->h1);
    if (tunnel->arena)
        yz_arena_free(tunnel->arena);
}
