/* config/sense_chain.c: what chains may say and yet hardly mean: a gateway open to everybody, a chain that nobody takes. Warnings only:
 * whoever means it is served. Knows the bundled auth by name. The order of stages has a file of its own, sense_order.c.
 */
#include "base/network.h"
#include "config/read.h"

const yz_stage_settings *yz_chain_find_stage(const yz_chain_settings *chain, const char *name, size_t from) {
    for (size_t i = from; i < chain->n_stages; i++)
        if (strcmp(chain->stages[i].plugin->name, name) == 0)
            return &chain->stages[i];
    return NULL;
}

const char *yz_chain_words(yz_reader *reader, const yz_chain_settings *chain) {
    return chain->name.n > 0 ? yz_format(reader->arena, "chain \"%.*s\"", YZ_STR_ARGS(chain->name)).p : "chain";
}

const yz_option *yz_option_of(const yz_option *options, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

const void *yz_stage_option(const yz_stage_settings *stage, const char *name, yz_option_type type, const yz_option **option) {
    const yz_option *found = yz_option_of(stage->plugin->options, stage->plugin->n_options, name);
    if (!found || found->type != type)
        return NULL;
    if (option)
        *option = found;
    return (const char *)stage->config + found->offset;
}

/* ---- who takes a chain ----------------------------------------------------------------------------------------------------- */

/* Who asks for it; with `far` also whether somebody on another machine can. */
typedef struct takers {
    bool any, far;
    const yz_key_settings *key;
} takers;

static takers takers_of(const yz_settings *s, const yz_chain_settings *chain) {
    takers t = {.any = chain->models.n > 0, .far = chain->models.n > 0};
    for (size_t i = 0; i < s->n_listens; i++)
        if (s->listens[i].chain == chain) {
            t.any = true;
            t.far = t.far || !yz_read_is_loopback(s->listens[i].host);
        }
    for (size_t i = 0; !t.key && i < s->n_keys; i++)
        if (s->keys[i].chain == chain)
            t.key = &s->keys[i];
    t.any = t.any || t.key;
    return t;
}

bool yz_chain_may_take(const yz_settings *s, const yz_chain_settings *chain, const yz_key_settings *key) {
    bool takes = chain == s->default_chain || chain->models.n > 0;
    for (size_t i = 0; i < s->n_listens && !takes; i++)
        takes = s->listens[i].chain == chain;
    return key->chain ? key->chain == chain : takes;
}

static void check_named(yz_reader *reader, const yz_chain_settings *chain) {
    const yz_settings *s = reader->settings;
    takers t = takers_of(s, chain);
    bool open = !yz_chain_find_stage(chain, "auth", 0);
    const char *what = yz_chain_words(reader, chain);
    yz_diag_at(reader->diag, chain->at);
    if (!t.any)
        yz_diag_warn(
            reader->diag,
            "nobody takes %s: listen \"…\" { chain = \"%.*s\" }, key \"…\" { chain = \"%.*s\" } or models = { … } in it say who does", what,
            YZ_STR_ARGS(chain->name), YZ_STR_ARGS(chain->name));
    if (open && t.far && s->n_keys > 0)
        yz_diag_warn(reader->diag, "nobody is asked for a key in %s: it has no auth {}", what);
    else if (open && t.key)
        yz_diag_warn(reader->diag, "key \"%.*s\" takes %s, which has no auth {}: nobody looks which models it may use",
                     YZ_STR_ARGS(t.key->pub.name), what);
}

/* Some chain that requests to this address can take, and that asks nobody for a key; NULL: none. */
static const yz_chain_settings *open_chain(const yz_settings *s, const yz_listen_settings *listen) {
    for (size_t i = 0; i < s->n_chains; i++) {
        const yz_chain_settings *chain = &s->chains[i];
        bool taken = listen->chain ? listen->chain == chain : chain == s->default_chain || chain->models.n > 0;
        if (taken && !yz_chain_find_stage(chain, "auth", 0))
            return chain;
    }
    return NULL;
}

bool yz_read_is_paid(const yz_settings *s) {
    bool paid = false;
    for (size_t i = 0; i < s->n_providers; i++)
        paid = paid || s->providers[i]->key || s->providers[i]->headers.n + s->providers[i]->query.n > 0;
    return paid;
}

/* Whoever scans the network for such a gateway, and many do, spends its owner's money. */
static void check_relay(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    bool paid = yz_read_is_paid(s);
    for (size_t i = 0; i < s->n_listens && paid; i++) {
        const yz_listen_settings *listen = &s->listens[i];
        const yz_chain_settings *chain = yz_read_is_loopback(listen->host) ? NULL : open_chain(s, listen);
        if (!chain)
            continue;
        yz_diag_at(reader->diag, listen->at);
        yz_diag_warn(reader->diag,
                     "listen \"%.*s\" is open to other machines, and %s asks nobody for a key: whoever finds it spends your money. Put "
                     "auth {} first in the chain, with a key \"sk-…\" { name = \"team\" }, or listen on 127.0.0.1",
                     YZ_STR_ARGS(listen->address), yz_chain_words(reader, chain));
    }
}

/* Keys of clients cross the internet as they stand. Behind a proxy they do not: whoever names it in `trusted` knows. */
static void check_plain(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_listens && s->n_keys + (s->ledger != NULL) > 0; i++) {
        const yz_listen_settings *listen = &s->listens[i];
        bool container = listen->at.line == 0; /* run --listen: who may reach it is said outside */
        if (container || listen->tls || listen->n_trusted > 0 || yz_read_is_private(listen->host) || open_chain(s, listen))
            continue;
        yz_diag_at(reader->diag, listen->at);
        yz_diag_warn(
            reader->diag,
            "listen \"%.*s\" takes clients' keys over plain HTTP from other machines: cert and key make it TLS; behind a proxy that "
            "speaks TLS, trusted = { \"10.0.0.0/8\" } names the proxy",
            YZ_STR_ARGS(listen->address));
    }
}

static void check_doors(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    const yz_stage_settings *auth = NULL;
    for (size_t i = 0; !auth && i < s->n_chains; i++)
        auth = yz_chain_find_stage(&s->chains[i], "auth", 0);
    if (auth && s->n_keys == 0 && !s->ledger) { /* a ledger may keep some */
        yz_diag_at(reader->diag, auth->at);
        yz_diag_warn(reader->diag, "auth lets nobody in: there is no key; key \"sk-…\" { name = \"team\" } makes one");
    }
    if (!yz_chain_find_stage(s->default_chain, "auth", 0) && s->n_keys > 0) {
        yz_diag_at(reader->diag, s->default_chain->at);
        yz_diag_warn(reader->diag, "nobody is asked for a key: the chain has no auth {}");
    }
}

void yz_read_chain_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_chains; i++) {
        yz_read_order_sense(reader, &s->chains[i]);
        yz_read_limit_sense(reader, &s->chains[i]);
        yz_read_class_sense(reader, &s->chains[i]);
    }
    yz_read_money_sense(reader);
    yz_read_store_sense(reader);
    check_relay(reader);
    check_plain(reader);
    check_doors(reader);
    for (size_t i = 0; i < s->n_chains; i++)
        if (s->chains[i].name.n > 0)
            check_named(reader, &s->chains[i]);
}
