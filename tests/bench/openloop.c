/* openloop.c: an open-loop client: requests go out at their times, whether or not earlier ones were answered, and how long one took counts
 * from the time it was due. So a server that is slow is not asked less, and what waits for a connection is late like the rest.
 *
 *   openloop PORT RATE SECONDS TIMEOUT_MS SEED < requests
 *
 * stdin: one request a line, "PATH<tab>HEADERS<tab>BODY" (headers with a "|" between); which one is sent next is drawn by the seed. Times
 * between requests are exponential. stdout: a line for each, in the order they ended: due (us since the start), latency (us), status (0: no
 * answer in time, or a broken one), number of its line, time to the answer's head (us; 0: none came).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 20000, HEAD = 8192 };

typedef struct conn {
    int fd;
    struct conn *next, *prev; /* idle: next alone; busy: both, in the order of their due times */
    bool busy, open, chunked, fresh;
    int64_t due, head_at; /* head_at: 0 until it is there */
    size_t kind, sent;
    char head[HEAD];
    size_t n;      /* bytes in head */
    int64_t left;  /* of the body; -1: the head is not whole */
    unsigned tail; /* matched bytes of the last chunk */
    int status;
} conn;

typedef struct text {
    char *p;
    size_t n;
} text;

static struct {
    int port, epoll;
    int64_t start, timeout;
    text *requests;
    size_t n_requests, n_conns, running;
    conn *idle, *first, *last;
    uint64_t rng;
} world;

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t draw(void) {
    world.rng += 0x9e3779b97f4a7c15u;
    uint64_t z = world.rng;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static double draw_unit(void) { return ((double)(draw() >> 11) + 1) * 0x1p-53; }

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* ---- one exchange ------------------------------------------------------------------------------------------------------------ */

static void unlist(conn *c) {
    *(c->prev ? &c->prev->next : &world.first) = c->next;
    *(c->next ? &c->next->prev : &world.last) = c->prev;
    c->busy = false;
    world.running--;
}

static void drop(conn *c) {
    if (c->open)
        close(c->fd);
    c->open = false;
}

static void finish(conn *c, int status, bool keep) {
    printf("%lld %lld %d %zu %lld\n", (long long)(c->due - world.start), (long long)(now_us() - c->due), status, c->kind,
           (long long)(c->head_at ? c->head_at - c->due : 0));
    unlist(c);
    if (!keep)
        drop(c);
    c->next = world.idle;
    world.idle = c;
}

static void dial(conn *c) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)world.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->open = c->fresh = true;
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        die("connect");
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data.ptr = c};
    if (epoll_ctl(world.epoll, EPOLL_CTL_ADD, c->fd, &event) < 0)
        die("epoll_ctl");
}

static void begin(conn *c) {
    c->sent = c->n = 0;
    c->left = -1;
    c->head_at = 0;
    c->tail = 0;
    c->status = 0;
    c->chunked = false;
    if (!c->open)
        dial(c);
}

static void push(conn *c) {
    const text *r = &world.requests[c->kind];
    while (c->sent < r->n) {
        ssize_t n = send(c->fd, r->p + c->sent, r->n - c->sent, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        c->sent += (size_t)n;
    }
}

/* Looks for the end of a chunked body: "0\r\n\r\n" behind a line's end. */
static bool ends(conn *c, const char *p, size_t n) {
    static const char end[] = "\r\n0\r\n\r\n";
    for (size_t i = 0; i < n; i++) {
        c->tail = p[i] == end[c->tail] ? c->tail + 1 : p[i] == '\r' ? 1 : 0;
        if (c->tail == 7)
            return true;
    }
    return false;
}

static bool body_done(conn *c, const char *p, size_t n) {
    if (c->chunked)
        return ends(c, p, n);
    c->left -= (int64_t)n;
    return c->left <= 0;
}

static const char *header(const char *head, const char *name) {
    const char *at = strcasestr(head, name);
    return at ? at + strlen(name) : NULL;
}

/* True: the answer is whole. */
static bool take(conn *c, const char *p, size_t n) {
    if (c->left >= 0 || c->chunked)
        return body_done(c, p, n);
    size_t room = HEAD - 1 - c->n, k = n < room ? n : room, before = c->n;
    memcpy(c->head + c->n, p, k);
    c->n += k;
    c->head[c->n] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end)
        return false;
    size_t used = (size_t)(end - c->head) + 4 - before;
    *end = 0;
    c->head_at = now_us();
    c->status = atoi(c->head + 9);
    const char *length = header(c->head, "\r\ncontent-length:");
    c->chunked = header(c->head, "\r\ntransfer-encoding:") != NULL;
    c->left = c->chunked ? 0 : length ? atoll(length) : 0;
    c->tail = 2; /* the head's end is a line's end */
    if (!c->chunked && c->left == 0)
        return true;
    return n > used && body_done(c, p + used, n - used);
}

static void on_event(conn *c, uint32_t events) {
    char bytes[65536];
    if (!c->busy) {
        if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) /* the server lets an idle connection go */
            drop(c);
        return;
    }
    push(c);
    for (;;) {
        ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
        if (n > 0 && take(c, bytes, (size_t)n)) {
            finish(c, c->status, true);
            return;
        }
        if (n > 0)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (!c->fresh && c->n == 0 && !c->chunked) { /* an idle connection that was closed while the request was on its way */
            drop(c);
            begin(c);
            return;
        }
        finish(c, 0, false);
        return;
    }
}

/* ---- the schedule ------------------------------------------------------------------------------------------------------------ */

static void start(int64_t due) {
    conn *c = world.idle;
    size_t kind = draw() % world.n_requests;
    if (c) {
        world.idle = c->next;
    } else if (world.n_conns < MOST) {
        c = calloc(1, sizeof *c);
        if (!c)
            die("calloc");
        world.n_conns++;
    } else {
        printf("%lld %lld 0 %zu 0\n", (long long)(due - world.start), (long long)world.timeout, kind);
        return;
    }
    c->due = due;
    c->kind = kind;
    c->next = NULL;
    c->prev = world.last;
    *(world.last ? &world.last->next : &world.first) = c;
    world.last = c;
    c->busy = true;
    world.running++;
    if (c->open)
        c->fresh = false;
    begin(c);
    push(c);
}

static void expire(int64_t now) {
    while (world.first && now - world.first->due >= world.timeout)
        finish(world.first, 0, false);
}

static void run(double rate, int64_t us) {
    struct epoll_event events[256];
    int64_t next = world.start;
    for (;;) {
        int64_t now = now_us();
        for (; next <= now && next < world.start + us; next += (int64_t)(-log(draw_unit()) * 1e6 / rate))
            start(next);
        expire(now);
        if (next >= world.start + us && world.running == 0)
            return;
        int64_t wait = next < world.start + us ? next - now : 10000;
        int n = epoll_wait(world.epoll, events, 256, wait > 1000 ? (int)(wait < 10000 ? wait / 1000 : 10) : 0);
        for (int i = 0; i < n; i++)
            on_event(events[i].data.ptr, events[i].events);
    }
}

/* ---- the requests ------------------------------------------------------------------------------------------------------------ */

static void add_request(char *line) {
    char *headers = strchr(line, '\t'), *body = headers ? strchr(headers + 1, '\t') : NULL;
    if (!body) {
        fprintf(stderr, "openloop: a line should be PATH<tab>HEADERS<tab>BODY\n");
        exit(2);
    }
    *headers++ = 0;
    *body++ = 0;
    text *r = &world.requests[world.n_requests++];
    size_t room = strlen(line) + strlen(headers) * 2 + strlen(body) + 256;
    r->p = malloc(room);
    if (!r->p)
        die("malloc");
    r->n = (size_t)snprintf(r->p, room, "POST %s HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n",
                            line, strlen(body));
    for (char *one = strtok(headers, "|"); one; one = strtok(NULL, "|"))
        r->n += (size_t)snprintf(r->p + r->n, room - r->n, "%s\r\n", one);
    r->n += (size_t)snprintf(r->p + r->n, room - r->n, "\r\n%s", body);
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: openloop PORT RATE SECONDS TIMEOUT_MS SEED < requests\n");
        return 2;
    }
    world.port = atoi(argv[1]);
    world.timeout = atoll(argv[4]) * 1000;
    world.rng = strtoull(argv[5], NULL, 10);
    world.epoll = epoll_create1(EPOLL_CLOEXEC);
    world.requests = calloc(1 << 16, sizeof *world.requests);
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t n; world.n_requests < 1 << 16 && (n = getline(&line, &cap, stdin)) > 1;) {
        line[n - 1] = 0;
        add_request(line);
    }
    free(line);
    if (world.n_requests == 0)
        return 2;
    world.start = now_us();
    run(atof(argv[2]), (int64_t)(atof(argv[3]) * 1e6));
    return 0;
}
