/* link.c: one worker's connection to Redis.
 *
 *   DOWN → RESOLVING → CONNECTING → UP → DOWN …        LEAVING → CLOSED
 *
 * A command that is not answered within the timeout brings the connection down: after a late answer every later one would be
 * taken for the wrong question. While it is down every command is refused at once; it comes back by itself, with growing pauses. Only while
 * it is made for the first time, commands that may wait do: nobody has reason to believe that it is down.
 * The log has a line when it goes, and one when it has been back for a while: a server that is back and gone many times a second
 * is one that is down. All workers together say it once (words.c).
 * Whoever closes it has often just sent the last word of a call: what was taken too much, a place that is free again. So it is kept until
 * that is answered, for as long as an answer may take.
 *
 * Of hiredis its reader alone is used: the bytes are ours (wire.c), so that TLS is the same over every version of it.
 */
#include "redis.h"

#include "wire.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_MS  1000
#define PAUSE_FIRST 100
#define PAUSE_LAST  10000
#define STEADY_MS   5000 /* up for so long, it is back */
#define LARGE       ((size_t)64 << 10)
#define LARGE_MS    (10 * 60000)      /* for so long a value of a size that broke the connection is not sent */
#define UNSENT_MAX  ((size_t)8 << 20) /* bytes of commands that the socket has not taken */

typedef enum state { DOWN, RESOLVING, CONNECTING, UP, LEAVING, CLOSED } state;

typedef struct command {
    link_question question;
    bool hello; /* one of ours, before the connection is up */
    int64_t since;
    struct command *next;
} command;

typedef struct early { /* a command that waits for the first connection, with its words after it */
    struct early *next;
    link_question question;
    int argc;
    size_t lengths[LINK_WORDS];
    char bytes[];
} early;

struct redis_link {
    yz_worker *worker;
    const redis_address *address;
    redis_told *told;
    void (*on_gone)(void *arg);
    void *arg;
    int64_t timeout, in_flight;
    state state;
    bool told_down; /* the log knows that it is down */
    bool looked;    /* an answer is late, and the socket has been looked at since */
    redis_wire *wire;
    redisReader *reader; /* of this connection */
    uv_timer_t timer;
    uv_getaddrinfo_t query;
    bool query_active, timer_closed;
    int64_t since; /* of this attempt to connect */
    int64_t again; /* when to try next */
    int64_t up;    /* since when */
    struct {
        size_t size; /* such a large value stood first in line when the connection broke */
        int64_t until;
    } large;
    unsigned failures;
    command *oldest, *newest;
    int64_t waiting;
    early *first_early, **last_early; /* last NULL: there is none */
    int64_t n_early;
};

/* ---- up and down ------------------------------------------------------------------------------------------------------------- */

static void link_tick(uv_timer_t *timer);

/* The timer runs only while something can be late: a command, a connect, or the next attempt. */
static void link_watch(redis_link *link) {
    int64_t now = yz_now(link->worker), ms = 0;
    link->looked = false;
    if (link->state == LEAVING || link->state == CLOSED)
        return;
    bool settling = link->state == UP && link->failures > 0;
    if (link->state == UP && !link->oldest && !settling) {
        uv_timer_stop(&link->timer);
        return;
    }
    if (link->state == UP && link->oldest)
        ms = link->oldest->since + link->timeout - now;
    else if (link->state == UP)
        ms = link->up + STEADY_MS - now;
    else if (link->state == DOWN)
        ms = link->again - now;
    else
        ms = link->since + CONNECT_MS - now;
    uv_timer_start(&link->timer, link_tick, ms > 0 ? (uint64_t)ms : 0, 0);
}

/* RESP: a list of strings, each with its length. */
static void wire_command(redis_wire *wire, int argc, const char **argv, const size_t *lengths) {
    char head[32];
    wire_put(wire, head, (size_t)snprintf(head, sizeof head, "*%d\r\n", argc));
    for (int i = 0; i < argc; i++) {
        wire_put(wire, head, (size_t)snprintf(head, sizeof head, "$%zu\r\n", lengths[i]));
        wire_put(wire, argv[i], lengths[i]);
        wire_put(wire, "\r\n", 2);
    }
}

static bool put_command(redis_link *link, link_question question, bool hello, int argc, const char **argv, const size_t *lengths) {
    command *c = calloc(1, sizeof *c);
    if (!c)
        return false;
    *c = (command){.question = question, .hello = hello, .since = yz_now(link->worker)};
    wire_command(link->wire, argc, argv, lengths);
    *(link->newest ? &link->newest->next : &link->oldest) = c;
    link->newest = c;
    if (!hello && link->waiting++ == 0)
        link_watch(link);
    return true;
}

/* Every command that waits is answered with nothing; its answer is still waited for. */
static void disappoint(redis_link *link) {
    for (command *c = link->oldest; c; c = c->next) {
        if (c->question.reply)
            c->question.read(c->question.reply, NULL);
        c->question.reply = NULL;
    }
}

/* Closes the connection. */
static void hang_up(redis_link *link) {
    if (link->wire)
        wire_close(link->wire);
    if (link->reader)
        redisReaderFree(link->reader);
    link->wire = NULL, link->reader = NULL;
    disappoint(link);
    while (link->oldest) {
        command *c = link->oldest;
        link->oldest = c->next;
        free(c);
    }
    link->newest = NULL, link->waiting = 0;
}

static bool send_now(redis_link *link, link_question question, int argc, const char **argv, const size_t *lengths);

/* They are sent, or answered with nothing. */
static void end_waiting(redis_link *link) {
    early *e = link->first_early;
    link->first_early = NULL;
    link->last_early = NULL;
    link->n_early = 0;
    while (e) {
        early *next = e->next;
        const char *argv[LINK_WORDS];
        for (size_t i = 0, at = 0; i < (size_t)e->argc; at += e->lengths[i++])
            argv[i] = e->bytes + at;
        if ((link->state != UP || !send_now(link, e->question, e->argc, argv, e->lengths)) && e->question.reply)
            e->question.read(e->question.reply, NULL);
        free(e);
        e = next;
    }
}

/* It has stayed: what went before is over. */
static void link_settle(redis_link *link) {
    if (link->state != UP || link->failures == 0 || yz_now(link->worker) - link->up < STEADY_MS)
        return;
    link->failures = 0;
    if (link->told_down)
        redis_tell_back(link->told, link->address, false);
    link->told_down = false;
}

/* A server that does not take a value of this size closes the connection, often before its error is read, and one that takes it too slowly
 * is late: either would happen again with every answer of that size. */
static void suspect(redis_link *link, size_t size) {
    if (size < LARGE || size >= link_too_large(link))
        return;
    link->large.size = size - size / 8; /* the next one may be a few bytes shorter */
    link->large.until = yz_now(link->worker) + LARGE_MS;
    yz_log(YZ_LOG_WARN, "redis %s:%s broke off at a value of %zu bytes: such large ones are not stored for ten minutes",
           link->address->host, link->address->port, size);
}

static void link_shut(redis_link *link);

static void link_down(redis_link *link, const char *why) {
    if (link->state == LEAVING)
        link_shut(link);
    if (link->state == DOWN || link->state == CLOSED)
        return;
    if (link->state == UP && link->oldest)
        suspect(link, link->oldest->question.value);
    redis_tell_down(link->told, link->address, yz_now(link->worker), !link->told_down, why);
    link->told_down = true;
    link->state = DOWN;
    int64_t pause = PAUSE_FIRST << (link->failures < 7 ? link->failures : 7);
    link->failures++;
    if (pause > PAUSE_LAST)
        pause = PAUSE_LAST;
    link->again = yz_now(link->worker) + pause / 2 + (int64_t)(yz_random(link->worker) % (uint64_t)pause);
    hang_up(link);
    end_waiting(link);
    link_watch(link);
}

/* Down, by an answer that is an error. */
static void link_refused(redis_link *link, const char *what, const redisReply *reply) {
    char why[REDIS_WORDS + 32], words[REDIS_WORDS];
    bool error = reply->type == REDIS_REPLY_ERROR;
    snprintf(why, sizeof why, "it answers %s with %s", what,
             error ? redis_words(link->address, reply->str, words) : "something else than it should");
    link_down(link, why);
}

static void look_at(redis_link *link, const link_question *question, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ERROR)
        return;
    redis_tell_refusal(link->told, link->address, yz_now(link->worker), question->what, reply->str);
    if (strstr(reply->str, "Protocol error")) /* the end of the connection follows */
        suspect(link, question->value);
}

/* Only an answer proves that somebody is there: the kernel accepts for a process that is stopped, too. */
static void on_hello(redis_link *link, const char *what, const redisReply *reply) {
    bool last = strcmp(what, "PING") == 0;
    if (reply->type == REDIS_REPLY_ERROR || (last && reply->type != REDIS_REPLY_STATUS)) {
        link_refused(link, what, reply);
    } else if (last) {
        link->state = UP;
        link->up = yz_now(link->worker);
        link_watch(link);
        end_waiting(link);
    }
}

/* Answers come in the order of the questions. */
static void answer_oldest(redis_link *link, const redisReply *reply) {
    command *c = link->oldest;
    link->oldest = c->next;
    if (!link->oldest)
        link->newest = NULL;
    if (c->hello) {
        on_hello(link, c->question.what, reply);
    } else {
        link->waiting--;
        look_at(link, &c->question, reply);
        link_settle(link);
        if (c->question.reply)
            c->question.read(c->question.reply, reply);
    }
    free(c);
    if (link->state == LEAVING && !link->oldest)
        link_shut(link);
    link_watch(link);
}

static void on_bytes(void *arg, const char *p, size_t n) {
    redis_link *link = arg;
    void *reply = NULL;
    redisReaderFeed(link->reader, p, n);
    while (link->reader && redisReaderGetReply(link->reader, &reply) == REDIS_OK && reply) {
        if (link->oldest)
            answer_oldest(link, reply);
        else
            link_down(link, "it sent an answer nobody asked for");
        freeReplyObject(reply);
    }
    if (link->reader && link->reader->err)
        link_down(link, n > 1 && p[0] == 0x15 && p[1] == 3 ? "it speaks TLS on this port: the url should begin with rediss://"
                                                           : link->reader->errstr);
}

static void say(redis_link *link, const char *what, const char *first, const char *second) {
    const char *argv[] = {what, first, second};
    size_t lengths[] = {strlen(what), first ? strlen(first) : 0, second ? strlen(second) : 0};
    put_command(link, (link_question){.what = what}, true, first ? second ? 3 : 2 : 1, argv, lengths);
}

static void on_open(void *arg) {
    redis_link *link = arg;
    const redis_address *a = link->address;
    char database[12];
    snprintf(database, sizeof database, "%d", a->database);
    if (a->user[0])
        say(link, "AUTH", a->user, a->password);
    else if (a->password[0])
        say(link, "AUTH", a->password, NULL);
    if (a->database)
        say(link, "SELECT", database, NULL);
    say(link, "PING", NULL, NULL);
}

/* A server that wants TLS hangs up on whoever speaks without, or answers in its terms. */
static void on_end(void *arg, const char *why) {
    redis_link *link = arg;
    char words[REDIS_WORDS];
    bool untold = link->state == CONNECTING && !link->address->sealed && link->oldest;
    if (untold)
        snprintf(words, sizeof words, "%s before it answered: if it speaks TLS there, the url begins with rediss://", why);
    link_down(link, untold ? words : why);
}

static void link_connect(redis_link *link, const struct sockaddr *address) {
    static const wire_hooks hooks = {.on_open = on_open, .on_bytes = on_bytes, .on_end = on_end};
    const char *why = "out of memory";
    link->state = CONNECTING;
    link->reader = redisReaderCreate();
    if (link->reader)
        link->wire = wire_open(yz_worker_loop(link->worker), address, link->address->tls, link->address->host, &hooks, link, &why);
    if (!link->wire)
        link_down(link, why);
}

static void link_free_when_closed(redis_link *link) {
    if (!link->timer_closed || link->query_active)
        return;
    link->on_gone(link->arg);
    free(link);
}

/* Of several addresses each attempt takes the next: "localhost" may be ::1 first, where nobody listens. */
static const struct sockaddr *next_address(const redis_link *link, const struct addrinfo *found) {
    unsigned n = 0;
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        n++;
    for (n = link->failures % n; n > 0; n--)
        found = found->ai_next;
    return found->ai_addr;
}

static void on_resolved(uv_getaddrinfo_t *query, int status, struct addrinfo *found) {
    redis_link *link = query->data;
    link->query_active = false;
    if (link->state == CLOSED)
        link_free_when_closed(link);
    else if (link->state == RESOLVING && status == 0 && found)
        link_connect(link, next_address(link, found));
    else if (link->state == RESOLVING)
        link_down(link, "its name does not resolve");
    else
        link_watch(link); /* it took too long and was given up; now the next attempt can begin */
    uv_freeaddrinfo(found);
}

static void link_resolve(redis_link *link) {
    if (link->query_active)
        return; /* an earlier look-up is still under way: its end goes on from here */
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    link->state = RESOLVING;
    link->since = yz_now(link->worker);
    link->query.data = link;
    if (uv_getaddrinfo(yz_worker_loop(link->worker), &link->query, on_resolved, link->address->host, link->address->port, &hints) == 0)
        link->query_active = true;
    else
        link_down(link, "its name cannot be looked up");
    link_watch(link);
}

static void link_tick(uv_timer_t *timer) {
    redis_link *link = timer->data;
    int64_t now = yz_now(link->worker);
    uv_update_time(yz_worker_loop(link->worker));
    link_settle(link);
    bool late = link->state == UP && link->oldest && now - link->oldest->since >= link->timeout;
    if (late && !link->looked) { /* a process that was starved finds the answer in its socket: timers come before the poll */
        link->looked = true;
        uv_timer_start(timer, link_tick, 1, 0);
    } else if (late)
        link_down(link, "it did not answer in time");
    else if ((link->state == CONNECTING || link->state == RESOLVING) && now - link->since >= CONNECT_MS)
        link_down(link, link->state == RESOLVING ? "looking up its name took too long" : wire_late(link->wire));
    else if (link->state == DOWN && now >= link->again)
        link_resolve(link);
    else
        link_watch(link);
}

/* ---- commands ------------------------------------------------------------------------------------------------------------------ */

size_t link_too_large(const redis_link *link) {
    return link->large.size > 0 && yz_now(link->worker) < link->large.until ? link->large.size : SIZE_MAX;
}

static bool send_now(redis_link *link, link_question question, int argc, const char **argv, const size_t *lengths) {
    return link->state == UP && link->waiting < link->in_flight && wire_unsent(link->wire) <= UNSENT_MAX &&
           put_command(link, question, false, argc, argv, lengths);
}

/* Is it being made, and has it never been there or gone? */
static bool is_new(const redis_link *link) {
    return (link->state == RESOLVING || link->state == CONNECTING) && !link->told_down && link->failures == 0;
}

static bool wait_for_it(redis_link *link, link_question question, int argc, const char **argv, const size_t *lengths) {
    size_t n = 0;
    for (int i = 0; i < argc; i++)
        n += lengths[i];
    early *e = link->n_early < link->in_flight ? malloc(sizeof *e + n) : NULL;
    if (!e)
        return false;
    *e = (early){.question = question, .argc = argc};
    for (int i = 0, at = 0; i < argc; at += (int)lengths[i++]) {
        memcpy(e->bytes + at, argv[i], lengths[i]);
        e->lengths[i] = lengths[i];
    }
    *(link->last_early ? link->last_early : &link->first_early) = e;
    link->last_early = &e->next;
    link->n_early++;
    return true;
}

bool link_send(redis_link *link, link_question question, int argc, const char **argv, const size_t *lengths) {
    if (question.patient && is_new(link))
        return wait_for_it(link, question, argc, argv, lengths);
    return send_now(link, question, argc, argv, lengths);
}

/* ---- birth and death -------------------------------------------------------------------------------------------------------------- */

redis_link *link_new(yz_worker *worker, const redis_address *address, redis_told *told, int64_t timeout, int64_t in_flight,
                     void (*on_gone)(void *arg), void *arg) {
    redis_link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    *link = (redis_link){.worker = worker, .address = address, .told = told, .timeout = timeout, .in_flight = in_flight};
    link->on_gone = on_gone;
    link->arg = arg;
    uv_timer_init(yz_worker_loop(worker), &link->timer);
    link->timer.data = link;
    link_resolve(link);
    return link;
}

static void on_timer_closed(uv_handle_t *handle) {
    redis_link *link = handle->data;
    link->timer_closed = true;
    link_free_when_closed(link);
}

static void link_shut(redis_link *link) {
    if (link->told_down)
        redis_tell_back(link->told, link->address, true);
    link->state = CLOSED;
    hang_up(link);
    end_waiting(link);
    if (link->query_active)
        uv_cancel((uv_req_t *)&link->query);
    uv_close((uv_handle_t *)&link->timer, on_timer_closed);
}

static void on_left(uv_timer_t *timer) { link_shut(timer->data); }

void link_close(redis_link *link) {
    if (link->state != UP || !link->oldest) {
        link_shut(link);
        return;
    }
    link->state = LEAVING;
    disappoint(link);
    uv_update_time(yz_worker_loop(link->worker));
    uv_timer_start(&link->timer, on_left, (uint64_t)link->timeout, 0);
}
