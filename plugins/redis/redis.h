/* redis.h: the rooms of the redis store: redis.c is the store (options, get, put), link.c the connection of one worker. */
#ifndef REDIS_STORE_H
#define REDIS_STORE_H

#include <hiredis/async.h>
#include <uv.h>
#include <yuzui/plugin.h>

typedef struct redis_config {
    yz_str url;
    yz_str prefix;
    int64_t timeout;
    int64_t in_flight;
    const yz_secret *password;
} redis_config;

/* The url, taken apart; all NUL-terminated. */
typedef struct redis_address {
    char host[256];
    char port[6];
    char user[128];
    char password[256];
    int database;
} redis_address;

typedef struct redis_link redis_link;

redis_link *link_new(yz_worker *worker, const redis_address *address, int64_t timeout, int64_t in_flight);
void link_close(redis_link *link); /* frees itself when its handles are closed */

/* Who asks, and how the answer is read for him. */
typedef struct link_question {
    yz_reply *reply;                                         /* NULL: nobody; the answer is only waited for */
    void (*read)(yz_reply *reply, const redisReply *answer); /* answer NULL: the connection is gone */
    bool patient;                                            /* rather wait for the first connection than be refused */
} link_question;

#define LINK_WORDS 8 /* of a command, at most */

/* Sends a command, binary-safe. False: the link is down or full, and nothing will be called. */
bool link_send(redis_link *link, link_question question, int argc, const char **argv, const size_t *lengths);

#endif
