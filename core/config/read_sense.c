/* config/read_sense.c: what a config may say and yet hardly means: a gateway open to everybody, stages in an order that defeats one of
 * them, names that nothing answers to. Warnings only: whoever means it is served. Knows the bundled stages by name, no others.
 */
#include "config/read.h"

/* A stage that stands before the other does not do what one would think. */
static const struct {
    const char *stage, *after, *words;
} ORDER[] = {
    {"policy", "auth", "the policy runs before anybody knows who asks"},
    {"cache", "auth", "answers are given to anybody, with a key or without"},
    {"cache", "policy", "an answer is kept for the model asked for, whatever the policy would choose"},
    {"fallback", "policy", "targets are chosen before the policy has chosen the model"},
    {"retry", "policy", "the policy runs again for each attempt"},
};

static const yz_stage_settings *find_stage(const yz_settings *s, const char *name, size_t from) {
    for (size_t i = from; i < s->n_stages; i++)
        if (strcmp(s->stages[i].plugin->name, name) == 0)
            return &s->stages[i];
    return NULL;
}

/* One warning for each stage that stands too early: the gravest. */
static void check_order(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_stages; i++)
        for (size_t k = 0; k < sizeof(ORDER) / sizeof(*ORDER); k++) {
            const char *name = s->stages[i].plugin->name, *after = ORDER[k].after;
            if (strcmp(name, ORDER[k].stage) != 0 || !find_stage(s, after, i + 1) || find_stage(s, after, 0) < &s->stages[i])
                continue;
            yz_diag_at(reader->diag, s->stages[i].at);
            yz_diag_warn(reader->diag, "chain: %s stands before %s, so %s; the usual order is auth, policy, cache, fallback, retry", name,
                         after, ORDER[k].words);
            break;
        }
}

static void check_doors(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    const yz_stage_settings *auth = find_stage(s, "auth", 0);
    if (auth && s->n_keys == 0) {
        yz_diag_at(reader->diag, auth->at);
        yz_diag_warn(reader->diag, "auth lets nobody in: there is no key; key \"sk-…\" { name = \"team\" } makes one");
    }
    if (!auth && s->n_keys > 0) {
        yz_diag_at(reader->diag, s->keys[0].at);
        yz_diag_warn(reader->diag, "nobody is asked for a key: the chain has no auth {}");
    }
}

/* `key = env.MISSPELT` is nil, and so no key. Who serves without TLS is hardly a vendor that wants one. */
static void check_providers(yz_reader *reader) {
    for (size_t i = 0; i < reader->settings->n_providers; i++) {
        const yz_provider_settings *p = reader->settings->providers[i];
        if (!p->base.tls || p->key || p->key_missing.n + p->headers.n + p->query.n > 0)
            continue;
        yz_diag_at(reader->diag, p->at);
        yz_diag_warn(reader->diag, "provider \"%.*s\" has no key: calls go out without one", YZ_STR_ARGS(p->pub.name));
    }
}

/* With a policy, a key may name models that only the policy knows, such as "auto"; without one, or near a model's name, it is a mistake. */
static void check_allowed(yz_reader *reader, const yz_key_settings *key, const char *const *names, bool policy) {
    const yz_settings *s = reader->settings;
    yz_diag_at(reader->diag, key->at);
    if (key->pub.n_models == 0)
        yz_diag_warn(reader->diag, "key \"%.*s\" may use no model: models = { \"*\" } allows all", YZ_STR_ARGS(key->pub.name));
    for (size_t i = 0; i < key->pub.n_models && !yz_diag_full(reader->diag); i++) {
        yz_str allowed = key->pub.models[i];
        const yz_key one = {YZ_KEY, .models = &allowed, .n_models = 1};
        size_t k = 0;
        while (k < s->n_models && !yz_key_allows(&one, s->models[k].name))
            k++;
        const char *meant = k < s->n_models ? NULL : yz_did_you_mean(allowed, names, s->n_models);
        if (meant)
            yz_diag_warn(reader->diag, "key \"%.*s\": there is no model \"%.*s\": did you mean \"%s\"?", YZ_STR_ARGS(key->pub.name),
                         YZ_STR_ARGS(allowed), meant);
        else if (k == s->n_models && !policy)
            yz_diag_warn(reader->diag, "key \"%.*s\": there is no model \"%.*s\"", YZ_STR_ARGS(key->pub.name), YZ_STR_ARGS(allowed));
    }
}

void yz_read_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    const char **names = yz_alloc(reader->arena, (s->n_models + 1) * sizeof(*names));
    for (size_t i = 0; i < s->n_models; i++)
        names[i] = s->models[i].name.p;
    check_order(reader);
    check_doors(reader);
    check_providers(reader);
    if (s->n_models == 0) {
        yz_diag_at(reader->diag, (yz_place){s->watched[0].p, 0});
        yz_diag_warn(reader->diag, "there is no model: model \"gpt-5.2\" { \"openai\" } makes one");
        return;
    }
    for (size_t i = 0; i < s->n_keys; i++)
        check_allowed(reader, &s->keys[i], names, find_stage(s, "policy", 0));
}
