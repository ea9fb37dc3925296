/* config/lookup.c: looking things up in settings. */
#include "config/settings.h"

#include <endian.h>
#include <openssl/crypto.h>

static bool is_meant(yz_str pattern, yz_str model) {
    bool begins = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
    size_t n = begins ? pattern.n - 1 : pattern.n;
    return (begins ? model.n >= n : model.n == n) && (n == 0 || memcmp(model.p, pattern.p, n) == 0);
}

const yz_provider *yz_provider_for(const yz_provider *provider, yz_str model) {
    const yz_provider_settings *settings = (const yz_provider_settings *)provider;
    for (size_t i = 0; i < settings->n_others; i++)
        if (settings->others[i].provider && is_meant(settings->others[i].model, model))
            return settings->others[i].provider;
    return provider;
}

static const yz_model_settings *find_pattern(const yz_settings *settings, yz_str name) {
    const yz_model_settings *found = NULL;
    for (size_t i = 0; i < settings->n_models; i++) {
        const yz_model_settings *model = &settings->models[i];
        bool fits = model->pattern && name.n + 1 >= model->name.n && memcmp(name.p, model->name.p, model->name.n - 1) == 0;
        if (fits && (!found || model->name.n > found->name.n))
            found = model;
    }
    return found;
}

const yz_model_settings *yz_model_find(const yz_settings *settings, yz_str name) {
    size_t low = 0, high = settings->n_models;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        yz_str there = settings->models[middle].name;
        int order = memcmp(name.p ? name.p : "", there.p, name.n < there.n ? name.n : there.n);
        if (order == 0 && name.n == there.n)
            return &settings->models[middle];
        if (order < 0 || (order == 0 && name.n < there.n))
            high = middle;
        else
            low = middle + 1;
    }
    return settings->n_patterns > 0 ? find_pattern(settings, name) : NULL;
}

const yz_price *yz_settings_price(const yz_settings *settings, const yz_target *target, int64_t at) {
    const yz_provider_settings *provider = (const yz_provider_settings *)target->provider;
    const yz_price *price = yz_prices_find(&settings->prices, provider->pub.name, target->model, at);
    if (!price && provider->flavour)
        price = yz_prices_find(&settings->prices, provider->flavour->name, target->model, at);
    return yz_price_in(price, provider->region);
}

yz_str yz_settings_shown(const yz_settings *settings, yz_str model) {
    const yz_model_settings *found = model.n > 0 ? yz_model_find(settings, model) : NULL;
    if (found && found->pattern)
        return found->name; /* what a client puts for the * may be anything */
    return model.n == 0 || found || yz_str_is(model, "auto") ? model : YZ_STR("?");
}

/* 1 if hash a comes before hash b, else 0: by subtraction, in a time that is the same for all of them. */
static size_t before(const uint8_t a[32], const uint8_t b[32]) {
    uint64_t x, y;
    bool borrow = false;
    for (size_t at = 32; at > 0;) {
        at -= sizeof(x);
        memcpy(&x, a + at, sizeof(x));
        memcpy(&y, b + at, sizeof(y));
        bool less = __builtin_sub_overflow(be64toh(x), be64toh(y), &x);
        borrow = less | __builtin_sub_overflow(x, borrow, &x);
    }
    return borrow;
}

/* Takes as many steps for every hash, and goes the same way in the code. */
const yz_key_settings *yz_settings_key_of(const yz_settings *settings, const uint8_t hash[32]) {
    const yz_key_settings *key = settings->keys;
    for (size_t n = settings->n_keys, half; n > 1; n -= half) {
        half = n / 2;
        key += half & -before(key[half - 1].hash, hash);
    }
    return settings->n_keys > 0 && CRYPTO_memcmp(hash, key->hash, sizeof(key->hash)) == 0 ? key : NULL;
}

const yz_key_settings *yz_settings_key(const yz_settings *settings, yz_str credential) {
    uint8_t hash[32];
    yz_hmac(credential, hash);
    return yz_settings_key_of(settings, hash);
}

uint64_t yz_operations_of(const yz_list *words) {
    static const char *const known[] = {
#define WORD(name, word) word,
        YZ_OPS(WORD)
#undef WORD
    };
    uint64_t operations = 0;
    for (size_t i = 0; i < words->n; i++)
        for (size_t op = 0; op < sizeof(known) / sizeof(*known); op++)
            if (yz_str_is(words->items[i], known[op]) || yz_str_is(words->items[i], "all"))
                operations |= (uint64_t)1 << op;
    return operations;
}
