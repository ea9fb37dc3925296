/* astray.c: see astray.h. What servers say of a path that they do not have is not of their API, but of the framework below it. */
#include "upstream/astray.h"

#include "config/reach.h"

#include <strings.h>

/* The words of frameworks and of proxies: Express, Go, Gin, aiohttp, OpenAI's own, Cloudflare's workers. */
static const char *const WORDS[] = {"cannot post /",    "404 page not found",    "404: not found", "invalid url (post /",
                                    "no route matched", "default backend - 404", "no route found", "route not found"};

static bool holds(yz_str text, const char *words) {
    size_t n = strlen(words);
    for (size_t i = 0; i + n <= text.n; i++)
        if (strncasecmp(text.p + i, words, n) == 0)
            return true;
    return false;
}

static bool is_page(yz_str body) {
    while (body.n > 0 && (unsigned char)*body.p <= ' ')
        body = (yz_str){body.p + 1, body.n - 1};
    return body.n > 1 && *body.p == '<' && (body.p[1] == '!' || body.p[1] == 'h' || body.p[1] == 'H');
}

/* {"detail":"Not Found"}, of Starlette and so of FastAPI, vLLM, LiteLLM. */
static bool is_bare(const yz_json *json) {
    yz_str detail = yz_json_escaped(yz_json_get(json, "detail"));
    return yz_str_ieq(detail, YZ_STR("not found")) || yz_str_ieq(detail, YZ_STR("method not allowed"));
}

bool yz_is_astray(int status, yz_str body, const yz_json *json) {
    enum { LOOKED_AT = 2048 };
    if (status != 404 && status != 405 && status != 200)
        return false;
    if (json)
        body = yz_json_raw(json);
    body.n = body.n < LOOKED_AT ? body.n : LOOKED_AT;
    bool words = false;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS && status != 200; i++)
        words = words || holds(body, WORDS[i]);
    return words || (json ? status != 200 && is_bare(json) : is_page(body) || (status != 200 && body.n == 0));
}

/* The path may be a secret, so no more is said of it than how it ends. */
static const char *right(const yz_provider_settings *provider) {
    yz_str path = provider->base.path;
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    size_t last = slash ? (size_t)(path.p + path.n - slash) : 0;
    bool version = last > 2 && slash[1] == 'v' && slash[2] >= '0' && slash[2] <= '9';
    return version
               ? "it ends in a version now, as in /v1; what stands before that may be missing, as in https://HOST/api/v1, or the version "
                 "too much, which exact_url = true leaves out"
               : "it ends in no version now; https://HOST/v1 is what most have";
}

void yz_astray(const yz_provider_settings *provider, int status) {
    yz_reach_of of = yz_reach_of_provider(provider);
    char address[700];
    if (provider->reach && yz_reach_astray(provider->reach, &of, address, sizeof address))
        yz_log(YZ_LOG_WARN, "provider %.*s%s%.*s: %s answers %d, but not as an API does: its base_url leads elsewhere, as it seems; %s",
               YZ_STR_ARGS(of.name), of.node.n ? "@" : "", YZ_STR_ARGS(of.node), address, status, right(provider));
}
