/* known.c: the table of header names; see known.h. A name of the server's own cannot be declared away by an adapter. */
#include "server/known.h"

static const struct yz_known_name own[] = {
#define OWN(name, meaning)                                                                                                                 \
    { {name, sizeof(name) - 1}, YZ_MEANS_##meaning }
    OWN("te", DROP),
    OWN("host", HOST),
    OWN("cookie", DROP),
    OWN("origin", ORIGIN),
    OWN("expect", EXPECT),
    OWN("trailer", DROP),
    OWN("upgrade", DROP),
    OWN("connection", CONNECTION),
    OWN("keep-alive", DROP),
    OWN("content-type", CONTENT_TYPE),
    OWN("x-request-id", REQUEST_ID),
    OWN("x-yuzui-hops", HOPS),
    OWN("authorization", BEARER),
    OWN("cache-control", CACHE_CONTROL),
    OWN("x-yuzui-strict", STRICT),
    OWN("content-length", DROP),
    OWN("content-encoding", CONTENT_ENCODING),
    OWN("x-yuzui-admin-token", DROP), /* trial.c has read it */
    OWN("proxy-connection", DROP),
    OWN("transfer-encoding", DROP),
    OWN("proxy-authorization", DROP),
    OWN("sec-websocket-key", DROP), /* these duplex.c has read; one of the protocols may be a key */
    OWN("sec-websocket-version", DROP),
    OWN("sec-websocket-protocol", DROP),
    OWN("sec-websocket-extensions", DROP),
#undef OWN
};

/* Keeps the names in order of their lengths. */
static void add(yz_known *known, yz_str name, yz_meaning meaning) {
    if (name.n == 0 || yz_known_meaning(known, name) != YZ_MEANS_NOTHING)
        return;
    if (name.n > YZ_KNOWN_LENGTH || known->n == YZ_KNOWN_NAMES) {
        yz_log(YZ_LOG_ERROR, "an adapter's header \"%.*s\" is not looked for: there are too many, or it is too long", YZ_STR_ARGS(name));
        return;
    }
    size_t at = known->first[name.n + 1];
    memmove(&known->names[at + 1], &known->names[at], (known->n - at) * sizeof(*known->names));
    known->names[at] = (struct yz_known_name){name, meaning};
    known->n++;
    known->lengths |= (uint64_t)1 << name.n;
    for (size_t n = name.n + 1; n < sizeof(known->first); n++)
        known->first[n]++;
}

void yz_known_build(yz_known *known, const yz_settings *settings) {
    memset(known, 0, sizeof(*known));
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        add(known, own[i].name, own[i].meaning);
    for (size_t i = 0; i < settings->n_adapters; i++)
        for (const char *const *name = settings->adapters[i]->key_headers; name && *name; name++)
            add(known, yz_str_of(*name), YZ_MEANS_KEY);
}
