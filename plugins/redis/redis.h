/* redis.h: the rooms of the redis store: redis.c is the store (get, put, numbers, windows, leases), address.c where it is, link.c the
 * connection of one worker, wire.c its bytes, seal.c their TLS, words.c what the log reads of a server's errors. */
#ifndef REDIS_STORE_H
#define REDIS_STORE_H

#include <hiredis/hiredis.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <uv.h>
#include <yuzui/plugin.h>

typedef struct redis_config {
    yz_str url;
    yz_str prefix;
    int64_t timeout;
    int64_t in_flight;
    const yz_secret *password;
    int64_t max_value;
    yz_str ca, cert, key; /* PEM files, for rediss:// */
    bool insecure;
} redis_config;

/* The url, taken apart; all NUL-terminated. */
typedef struct redis_address {
    char host[256];
    char port[6];
    char user[128];
    char password[256];
    int database;
    bool sealed;  /* rediss:// */
    SSL_CTX *tls; /* NULL: no TLS */
} redis_address;

/* Reads url, password and what concerns TLS. The diag has what is wrong. */
int redis_address_read(const redis_config *config, redis_address *out, yz_diag *diag);
void redis_address_free(redis_address *address); /* and forgets the password */

#define REDIS_WORDS 200
enum { REDIS_WHYS = 8 }; /* reasons why it is down that the log is told, at most */

/* What the log has been told, by any worker of all. Zeroed at first. */
typedef struct redis_told {
    _Atomic uint32_t code;             /* of a command that the server refuses: a hash of the error's code */
    _Atomic int64_t at;                /* ms */
    _Atomic int down;                  /* connections that are down */
    _Atomic uint32_t whys[REDIS_WHYS]; /* hashes of the reasons told since the first of them was; 0: no more */
    _Atomic int64_t since;             /* ms: the first connection went down */
    char why[REDIS_WORDS + 32];        /* the last reason; under a lock of words.c */
} redis_told;

/* What of an error may stand in the log. Returns out. */
const char *redis_words(const redis_address *address, const char *said, char out[REDIS_WORDS]);
/* One line for an error of another code than the last, at most one a second; of the same code one an hour. Any thread. */
void redis_tell_refusal(redis_told *told, const redis_address *address, int64_t now, const char *what, const char *said);

/* A connection is down, for this reason; `fresh`: it was not before. One line for each reason until all are back. Any thread. */
void redis_tell_down(redis_told *told, const redis_address *address, int64_t now, bool fresh, const char *why);
/* One that was down is no more; `silent`: it was closed. */
void redis_tell_back(redis_told *told, const redis_address *address, bool silent);
/* For how many ms some connection has been down, at least 1, and why; 0: none is. Any thread. */
int64_t redis_down_for(redis_told *told, int64_t now, yz_buf *why);

typedef struct redis_link redis_link;

/* `address` and `told` outlive it: until `on_gone`, which is called once, on the worker's thread, when it has been closed and is no more.
 */
redis_link *link_new(yz_worker *worker, const redis_address *address, redis_told *told, int64_t timeout, int64_t in_flight,
                     void (*on_gone)(void *arg), void *arg);
/* Nobody hears of an answer any more. Frees itself when what was sent has been answered, or should have been, and its handles are closed.
 */
void link_close(redis_link *link);

/* Who asks, and how the answer is read for him. */
typedef struct link_question {
    yz_reply *reply;                                         /* NULL: nobody; the answer is only waited for */
    void (*read)(yz_reply *reply, const redisReply *answer); /* answer NULL: the connection is gone */
    bool patient;                                            /* rather wait for the first connection than be refused */
    const char *what;                                        /* "SET": for the log */
    size_t value;                                            /* bytes of a value that is to be kept; 0: there is none */
} link_question;

#define LINK_WORDS 8 /* of a command, at most */

/* Values of this size and above have broken the connection lately: they are not sent now. SIZE_MAX: none has. */
size_t link_too_large(const redis_link *link);
/* Sends a command, binary-safe. False: the link is down or full, and nothing will be called. */
bool link_send(redis_link *link, link_question question, int argc, const char **argv, const size_t *lengths);

#endif
