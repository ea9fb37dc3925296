/* words.c: what of a server's errors may be read in the log, and how often; likewise why it is down: each worker finds that out by itself.
 * An error such as "unknown command" repeats the command's words, which may hold a password, a key or an answer: of those with the code ERR
 * everything from the first quote on is left out.
 */
#include "redis.h"

#include <pthread.h>
#include <stdio.h>

#define TOLD_AGAIN_MS (3600 * 1000)
#define TOLD_GAP_MS   1000

static size_t length_of(const char *said) {
    size_t n = strlen(said);
    if (strncmp(said, "ERR", 3) == 0)
        n = strcspn(said, "'`\"");
    return n < REDIS_WORDS - 1 ? n : REDIS_WORDS - 1;
}

const char *redis_words(const redis_address *address, const char *said, char out[REDIS_WORDS]) {
    size_t n = length_of(said);
    memcpy(out, said, n);
    while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == ','))
        n--;
    out[n] = 0;
    if (address->password[0] && strstr(out, address->password))
        snprintf(out, REDIS_WORDS, "an error that holds the password");
    return out;
}

/* FNV-1a up to this byte. Up to the first blank: of the word that says what kind of error it is. */
static uint32_t hash_to(const char *said, char end) {
    uint32_t hash = 2166136261u;
    for (; *said && *said != end; said++)
        hash = (hash ^ (unsigned char)*said) * 16777619u;
    return hash;
}

void redis_tell_refusal(redis_told *told, const redis_address *address, int64_t now, const char *what, const char *said) {
    uint32_t code = hash_to(said, ' ');
    int64_t since = now - atomic_load(&told->at);
    if (since < TOLD_GAP_MS || (code == atomic_load(&told->code) && since < TOLD_AGAIN_MS))
        return;
    if (atomic_exchange(&told->code, code) == code && since < TOLD_AGAIN_MS)
        return; /* another worker was quicker */
    atomic_store(&told->at, now);
    char words[REDIS_WORDS];
    yz_log(YZ_LOG_WARN, "redis %s:%s refuses %s: %s", address->host, address->port, what, redis_words(address, said, words));
}

/* The place of a reason that has not been told yet; -1: it has, or as many as may be have. */
static int first_told(redis_told *told, uint32_t why) {
    for (int i = 0; i < REDIS_WHYS; i++) {
        uint32_t there = 0;
        if (atomic_compare_exchange_strong(&told->whys[i], &there, why ? why : 1))
            return i;
        if (there == why)
            return -1;
    }
    return -1;
}

static pthread_mutex_t lock =
    PTHREAD_MUTEX_INITIALIZER; /* of the texts of reasons: held when a connection breaks, and when they are shown */

static void keep_why(redis_told *told, const char *why) {
    pthread_mutex_lock(&lock);
    snprintf(told->why, sizeof told->why, "%s", why);
    pthread_mutex_unlock(&lock);
}

int64_t redis_down_for(redis_told *told, int64_t now, yz_buf *why) {
    if (atomic_load(&told->down) == 0)
        return 0;
    int64_t ms = now - atomic_load(&told->since);
    pthread_mutex_lock(&lock);
    yz_buf_str(why, yz_str_of(told->why));
    pthread_mutex_unlock(&lock);
    return ms > 1 ? ms : 1;
}

void redis_tell_down(redis_told *told, const redis_address *address, int64_t now, bool fresh, const char *why) {
    keep_why(told, why);
    if (fresh && atomic_fetch_add(&told->down, 1) == 0)
        atomic_store(&told->since, now);
    int place = first_told(told, hash_to(why, 0));
    if (place == 0)
        yz_log(YZ_LOG_WARN, "redis %s:%s is down (%s): nothing is found or counted in it until it is back", address->host, address->port,
               why);
    else if (place > 0) /* a server that was restarted with another password is gone first, then it refuses */
        yz_log(YZ_LOG_WARN, "redis %s:%s is still down (%s)", address->host, address->port, why);
}

void redis_tell_back(redis_told *told, const redis_address *address, bool silent) {
    if (atomic_fetch_sub(&told->down, 1) > 1)
        return;
    for (size_t i = 0; i < REDIS_WHYS; i++)
        atomic_store(&told->whys[i], 0);
    if (!silent)
        yz_log(YZ_LOG_INFO, "redis %s:%s is back", address->host, address->port);
}
