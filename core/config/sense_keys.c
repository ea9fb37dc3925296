/* config/sense_keys.c: keys of clients that let nobody do anything, and keys that everybody can have: too short to be a secret, or printed
 * in documentation. Warnings only: on a machine that nobody else reaches any key will do.
 */
#include "config/read.h"

#include <ctype.h>

/* ---- is it a secret? -------------------------------------------------------------------------------------------------------- */

/* Printed in READMEs, ours and those of other gateways: whoever scans the internet for gateways tries them first. */
static const char *const PUBLISHED[] = {"sk-yz-demo",  "sk-yz-team", "sk-1234",  "sk-demo",  "sk-test", "sk-local", "sk-secret",
                                        "sk-changeme", "sk-yuzui",   "sk-proxy", "sk-admin", "EMPTY",   "none",     "sk-no-key-required"};

/* What people make a key of who do not make one by chance. */
static const char *const WORDS[] = {"password", "passwd",  "changeme", "letmein", "secret", "admin",
                                    "qwerty",   "welcome", "yuzui",    "test",    "demo"};

enum { LEAST = 16, FEW_SIGNS = 6, LITTLE = 8 /* "sk-", and a number */ };

static size_t different_signs(yz_str key) {
    bool seen[256] = {false};
    size_t n = 0;
    for (size_t i = 0; i < key.n; i++) {
        n += !seen[(unsigned char)key.p[i]];
        seen[(unsigned char)key.p[i]] = true;
    }
    return n;
}

/* How many letters and digits there are beside that word; all signs, if it is not there. */
static size_t beside_word(yz_str key, const char *word) {
    size_t signs = 0;
    for (size_t i = 0; i < key.n; i++)
        signs += isalnum((unsigned char)key.p[i]) != 0;
    for (size_t i = 0, n = strlen(word); i + n <= key.n; i++)
        if (strncasecmp(key.p + i, word, n) == 0)
            return signs - n;
    return key.n;
}

const char *yz_read_key_weakness(yz_str key) {
    for (size_t i = 0; i < sizeof PUBLISHED / sizeof *PUBLISHED; i++)
        if (yz_str_is(key, PUBLISHED[i]))
            return "is printed in documentation, where everybody reads it";
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (beside_word(key, WORDS[i]) <= LITTLE && key.n > LITTLE)
            return "is a word that is guessed soon";
    if (key.n < LEAST)
        return "is so short that it is guessed soon";
    return different_signs(key) < FEW_SIGNS ? "has so few different signs that it is guessed soon" : NULL;
}

/* An address that others than this machine reach; NULL: there is none. */
static const yz_listen_settings *open_address(const yz_settings *s) {
    for (size_t i = 0; i < s->n_listens; i++)
        if (!yz_read_is_loopback(s->listens[i].host))
            return &s->listens[i];
    return NULL;
}

/* Where answers cost nothing there is nothing to lose, as with the bundled demo provider. */
static void check_guessable(yz_reader *reader, const yz_key_settings *key) {
    const yz_settings *s = reader->settings;
    const yz_listen_settings *open = yz_read_is_paid(s) ? open_address(s) : NULL;
    if (key->weakness && open)
        yz_diag_warn(reader->diag,
                     "key \"%.*s\" %s, and listen \"%.*s\" is open to other machines: whoever has it spends your money; `openssl rand -hex "
                     "24` makes one",
                     YZ_STR_ARGS(key->pub.name), key->weakness, YZ_STR_ARGS(open->address));
}

/* ---- what may it do? -------------------------------------------------------------------------------------------------------- */

/* A key that no chain with a policy serves is judged more sharply. */
static bool meets_policy(const yz_settings *s, const yz_key_settings *key) {
    bool policy = false;
    for (size_t i = 0; i < s->n_chains; i++)
        policy = policy || yz_chain_find_stage(&s->chains[i], "policy", 0);
    return key->chain ? yz_chain_find_stage(key->chain, "policy", 0) != NULL : policy;
}

void yz_read_key_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_keys && !yz_diag_full(reader->diag); i++) {
        const yz_key_settings *key = &s->keys[i];
        const char *what = yz_format(reader->arena, "key \"%.*s\"", YZ_STR_ARGS(key->pub.name)).p;
        yz_diag_at(reader->diag, key->at);
        check_guessable(reader, key);
        if (s->n_models == 0)
            continue;
        if (key->pub.n_models == 0)
            yz_diag_warn(reader->diag, "%s may use no model: models = { \"*\" } allows all", what);
        yz_read_check_models(reader, what, &(yz_list){key->pub.models, key->pub.n_models}, meets_policy(s, key));
    }
}
