/* What servers and proxies outside say to the upstream client, other than HTTP itself: the first byte picks addresses as written, a
 * proxy's side of CONNECT or SOCKS5, headers that ask to wait, messages that may hold keys. */
#include "base/arena.h"
#include "base/check.h"
#include "base/secret.h"
#include "config/url.h"
#include "upstream/proxy_handshake.h"
#include "upstream/retry_after.h"
#include "upstream/scrub.h"

static void try_url(yz_str input, yz_arena *arena) {
    yz_url url, again;
    const char *words = NULL;
    if (yz_url_parse(input, arena, &url, &words) != YZ_OK) {
        YZ_MUST(words != NULL);
        return;
    }
    YZ_MUST(url.host.n > 0 && url.port > 0 && url.scheme.n > 0 && (url.path.n == 0 || url.path.p[0] == '/'));
    for (size_t i = 0; i < url.host.n; i++)
        YZ_MUST((unsigned char)url.host.p[i] > ' ' && url.host.p[i] != '/' && url.host.p[i] != '@');
    bool v6 = memchr(url.host.p, ':', url.host.n);
    yz_str text = yz_format(arena, "%.*s://%s%.*s%s:%u%.*s", YZ_STR_ARGS(url.scheme), v6 ? "[" : "", YZ_STR_ARGS(url.host), v6 ? "]" : "",
                            url.port, YZ_STR_ARGS(url.path));
    YZ_MUST(yz_url_parse(text, arena, &again, &words) == YZ_OK);
    YZ_MUST(yz_str_eq(again.host, url.host) && again.port == url.port && yz_str_eq(again.path, url.path) && again.tls == url.tls);
}

static void try_handshake(yz_str input, const char *scheme) {
    yz_url url = {.host = YZ_STR("api.example.com"), .port = 443};
    yz_url proxy = {.scheme = yz_str_of(scheme), .user = YZ_STR("me"), .password = YZ_STR("secret")};
    yz_proxy_handshake handshake = {0};
    yz_buf out = {0};
    const char *words = NULL;
    yz_proxy_handshake_start(&handshake, &proxy, &url);
    yz_proxy_step step = yz_proxy_handshake_bytes(&handshake, (yz_str){0}, &out, &words);
    size_t most = input.n ? 1 + (unsigned char)input.p[0] % 64 : 1;
    while (input.n && step == YZ_PROXY_MORE) {
        size_t n = most < input.n ? most : input.n;
        step = yz_proxy_handshake_bytes(&handshake, (yz_str){input.p, n}, &out, &words);
        input = (yz_str){input.p + n, input.n - n};
    }
    YZ_MUST(step != YZ_PROXY_REFUSED || words);
    YZ_MUST(out.n < 1024 && handshake.in.n <= 512);
    yz_buf_free(&out);
    yz_proxy_handshake_free(&handshake);
}

static void try_wait(yz_str input) {
    static const char *const names[] = {"retry-after", "retry-after-ms", "x-ratelimit-reset-requests"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        yz_header header = {yz_str_of(names[i]), input};
        int64_t ms = yz_retry_after(429, &header, 1, (const char *const[]){"x-ratelimit-reset", NULL}, 1700000000);
        YZ_MUST(ms >= 0 && ms <= YZ_LONGEST_WAIT_MS);
    }
}

static void try_scrub(yz_str input, yz_arena *arena) {
    static yz_provider_settings provider;
    if (!provider.key)
        provider.key = yz_secret_new(YZ_STR("!!secret!!"));
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .message = input};
    yz_error_scrub(&error, &provider, arena);
    YZ_MUST(error.message.n <= 2048);
    YZ_MUST(!memmem(error.message.p, error.message.n, "!!secret!!", 10));
    for (size_t i = 0; i < error.message.n; i++) {
        YZ_MUST((unsigned char)error.message.p[i] >= ' ' && error.message.p[i] != 0x7f);
        bool starts = i == 0 || error.message.p[i - 1] == ' ';
        yz_str rest = {error.message.p + i, error.message.n - i};
        YZ_MUST(!starts || rest.n < 8 || !yz_str_starts(rest, "sk-aaaaa"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    yz_str input = {(const char *)data + 1, size - 1};
    yz_arena *arena = yz_arena_new(NULL);
    switch (data[0] % 5) {
    case 0:
        try_url(input, arena);
        break;
    case 1:
        try_handshake(input, "http");
        break;
    case 2:
        try_handshake(input, "socks5");
        break;
    case 3:
        try_wait(input);
        break;
    default:
        try_scrub(input, arena);
        break;
    }
    yz_arena_free(arena);
    return 0;
}
