/* base/hmac.c: HMAC-SHA-256 with the secret of the process.
 *
 * The two hash states after the key's padding are computed once; a call copies them (two structs of 112 bytes). This needs the
 * low-level SHA-256 of OpenSSL: its EVP successor allocates for each copy of a state.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hmac.h"
#include "base/check.h"
#include "base/clock.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <pthread.h>

static struct {
    pthread_mutex_t lock;
    pthread_once_t once;
    bool chosen;
    SHA256_CTX inner, outer; /* immutable once chosen */
    uint8_t id[32];          /* hash of the secret, to know it again */
} process = {.lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

void yz_sha256(yz_str data, uint8_t out[32]) {
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, data.p, data.n);
    SHA256_Final(out, &hash);
}

/* With the lock held. */
static void choose(yz_str secret) {
    uint8_t block[64] = {0};
    yz_sha256(secret, process.id);
    if (secret.n > sizeof block)
        memcpy(block, process.id, sizeof process.id);
    else if (secret.n)
        memcpy(block, secret.p, secret.n);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36;
    SHA256_Init(&process.inner);
    SHA256_Update(&process.inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36 ^ 0x5C;
    SHA256_Init(&process.outer);
    SHA256_Update(&process.outer, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
    process.chosen = true;
}

bool yz_hmac_secret_set(yz_str secret) {
    pthread_mutex_lock(&process.lock);
    bool accepted = true;
    if (process.chosen) {
        uint8_t id[32];
        yz_sha256(secret, id);
        accepted = CRYPTO_memcmp(id, process.id, sizeof id) == 0;
    } else {
        choose(secret);
    }
    pthread_mutex_unlock(&process.lock);
    return accepted;
}

static void choose_random(void) {
    pthread_mutex_lock(&process.lock);
    if (!process.chosen) {
        uint8_t secret[32];
        yz_secure_random(secret, sizeof secret);
        choose((yz_str){(const char *)secret, sizeof secret});
        OPENSSL_cleanse(secret, sizeof secret);
    }
    pthread_mutex_unlock(&process.lock);
}

void yz_hmac(yz_str data, uint8_t out[32]) {
    pthread_once(&process.once, choose_random);
    SHA256_CTX hash = process.inner;
    SHA256_Update(&hash, data.p, data.n);
    SHA256_Final(out, &hash);
    hash = process.outer;
    SHA256_Update(&hash, out, 32);
    SHA256_Final(out, &hash);
}

void yz_sign(yz_str key, yz_str data, uint8_t out[32]) {
    unsigned n = 32;
    HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)data.p, data.n, out, &n);
}
