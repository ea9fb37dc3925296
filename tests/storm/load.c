/* load.c: a load client that judges every answer.
 *
 *   load --port N --key K [--connections 64] [--rate 0] [--seconds 10] [--streams 30] [--anthropic 20] [--aborts 0] [--repeat 0]
 *        [--model M] [--served M,M,…] [--words 120] [--pad BYTES] [--timeout 30000] [--seed 1]
 *
 * Rate in requests a second over all connections (0: each connection asks again at once); streams, anthropic, aborts in percent;
 * repeat: so many different questions, 0: every one is new. It prints one JSON object: how many answers were whole, errors, broken,
 * hung; latencies in µs. SIGTERM ends it early. An abort closes the connection at a random moment within 300 ms.
 */
#include "judge.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define MAX_LATENCIES 4000000

static struct options {
    int port, connections, rate, seconds, streams, anthropic, aborts, repeat, pad, timeout;
    const char *key, *model;
    asked served;
    uint64_t seed;
} opt = {.connections = 64,
         .seconds = 10,
         .streams = 30,
         .anthropic = 20,
         .timeout = 30000,
         .key = "sk-client-alice-7f3a",
         .model = "gpt-5.2",
         .seed = 1};

static struct report {
    uint64_t sent, whole, error_answers, error_events, broken, hung, aborted, unanswered, connect_failed, late, bytes;
    uint64_t statuses[600];
    uint32_t *latencies;
    size_t n_latencies;
    struct {
        char why[160];
        uint64_t n;
    } reasons[40];
} report;

typedef enum state { CLOSED, CONNECTING, IDLE, WAITING, CLOSING } state;

typedef struct client {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    uv_timer_t timer;
    state state;
    asked asked;
    buf out, in, body;
    size_t read; /* of in */
    bool head, chunked, event_stream, will_close, abort;
    int status;
    int64_t length;
    uint64_t sent_at;
} client;

static uv_loop_t *loop;
static client *clients;
static uint64_t started, next_question, random_state;
static bool ending;
static int live;

static void ask(client *c);
static void open_connection(client *c);

static uint64_t draw(void) { /* splitmix64 */
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static bool percent(int p) { return (int)(draw() % 100) < p; }

static void note(const char *why) {
    for (size_t i = 0; i < sizeof report.reasons / sizeof *report.reasons; i++) {
        if (!report.reasons[i].n)
            snprintf(report.reasons[i].why, sizeof report.reasons[i].why, "%s", why);
        if (!strcmp(report.reasons[i].why, why)) {
            report.reasons[i].n++;
            return;
        }
    }
}

/* ---- connections ---------------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle) {
    client *c = handle->data;
    c->state = CLOSED;
    live--;
    if (!ending)
        open_connection(c);
}

static void drop(client *c) {
    if (c->state == CLOSED || c->state == CLOSING)
        return;
    c->state = CLOSING;
    uv_timer_stop(&c->timer);
    c->in.n = c->read = 0;
    c->head = false;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void finished(client *c) {
    uv_timer_stop(&c->timer);
    c->state = IDLE;
    if (c->will_close || ending)
        drop(c);
    else if (!opt.rate)
        ask(c);
}

static void verdict_of(client *c) {
    char why[160];
    uint64_t took = (uv_hrtime() - c->sent_at) / 1000;
    if (report.n_latencies < MAX_LATENCIES)
        report.latencies[report.n_latencies++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
    report.statuses[c->status < 600 ? c->status : 0]++;
    buf_add(&c->body, "", 0);
    switch (judge(&c->asked, c->status, c->event_stream, c->body.p, c->body.n, why)) {
    case WHOLE:
        report.whole++;
        break;
    case ERROR_ANSWER:
        report.error_answers++, note(why);
        break;
    case ERROR_EVENT:
        report.error_events++, note(why);
        break;
    case BROKEN:
        report.broken++, note(why);
        break;
    }
    finished(c);
}

static void broken_wire(client *c, const char *why) {
    report.broken++;
    note(why);
    drop(c);
}

static void on_time_out(uv_timer_t *timer) {
    client *c = timer->data;
    if (c->state == CONNECTING) {
        report.connect_failed++;
    } else if (c->abort) {
        report.aborted++;
    } else {
        report.hung++;
        note("hung");
    }
    drop(c);
}

/* ---- reading -------------------------------------------------------------------------------------------------------- */

static bool read_head(client *c) {
    char *p = c->in.p + c->read, *end = memmem(p, c->in.n - c->read, "\r\n\r\n", 4);
    if (!end)
        return false;
    *end = 0;
    c->status = atoi(p + 9);
    if (strncmp(p, "HTTP/1.1 ", 9) != 0 || c->status < 200)
        c->status = 0;
    c->chunked = strcasestr(p, "\r\ntransfer-encoding: chunked") != NULL;
    const char *length = strcasestr(p, "\r\ncontent-length: "), *type = strcasestr(p, "\r\ncontent-type: text/event-stream");
    c->length = length ? atoll(length + 18) : -1;
    c->event_stream = type != NULL;
    c->will_close = strcasestr(p, "\r\nconnection: close") != NULL;
    c->body.n = 0;
    c->head = true;
    c->read = (size_t)(end + 4 - c->in.p);
    if (!c->status || (c->chunked == (length != NULL)))
        broken_wire(c, "not an HTTP head with one framing");
    return true;
}

/* One chunk; -1 malformed, 0 more bytes are needed, 1 read, 2 the last. */
static int read_chunk(client *c) {
    char *p = c->in.p + c->read, *eol = memmem(p, c->in.n - c->read, "\r\n", 2), *end;
    if (!eol)
        return 0;
    size_t n = strtoul(p, &end, 16);
    if (end != eol || end == p)
        return -1;
    if ((size_t)(c->in.p + c->in.n - eol) < n + 4)
        return 0;
    if (memcmp(eol + 2 + n, "\r\n", 2) != 0)
        return -1;
    buf_add(&c->body, eol + 2, n);
    c->read += (size_t)(eol + 4 - p) + n;
    return n ? 1 : 2;
}

static void read_body(client *c) {
    if (!c->chunked) {
        size_t have = c->in.n - c->read, want = (size_t)c->length - c->body.n;
        size_t n = have < want ? have : want;
        buf_add(&c->body, c->in.p + c->read, n);
        c->read += n;
        if (n == want)
            verdict_of(c);
        return;
    }
    int rc;
    while ((rc = read_chunk(c)) == 1)
        ;
    if (rc < 0)
        broken_wire(c, "malformed chunk");
    else if (rc == 2)
        verdict_of(c);
}

static void take(client *c) {
    if (c->state != WAITING) {
        broken_wire(c, "bytes that nobody asked for");
        return;
    }
    if (!c->head && !read_head(c))
        return;
    if (c->state == WAITING)
        read_body(c);
    if (c->state == IDLE || c->state == WAITING) {
        memmove(c->in.p, c->in.p + c->read, c->in.n - c->read);
        c->in.n -= c->read;
        c->read = 0;
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b) {
    client *c = handle->data;
    (void)suggested;
    *b = uv_buf_init(buf_room(&c->in, 65536), 65536);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b) {
    client *c = stream->data;
    (void)b;
    if (c->state == CLOSING)
        return;
    if (n >= 0) {
        c->in.n += (size_t)n;
        report.bytes += (uint64_t)n;
        take(c);
        return;
    }
    if (c->state == WAITING) {
        if (c->in.n || c->head) {
            report.broken++;
            note(c->event_stream ? "closed inside a stream" : "closed inside an answer");
        } else {
            report.unanswered++;
            note("closed without an answer");
        }
    }
    drop(c);
}

/* ---- asking --------------------------------------------------------------------------------------------------------- */

static void on_written(uv_write_t *write, int status) {
    (void)write;
    (void)status; /* the reader sees what became of it */
}

static void compose(client *c) {
    asked *a = &c->asked;
    *a = opt.served;
    a->stream = percent(opt.streams);
    a->anthropic = percent(opt.anthropic);
    uint64_t number = opt.repeat ? draw() % (uint64_t)opt.repeat : ++next_question;
    snprintf(a->text, sizeof a->text, "storm %llu.%llu", (unsigned long long)opt.seed, (unsigned long long)number);
    buf body = {0};
    buf_printf(&body, "{\"model\":\"%s\",%s\"stream\":%s,\"messages\":[", opt.model, a->anthropic ? "\"max_tokens\":4096," : "",
               a->stream ? "true" : "false");
    if (opt.pad) {
        buf_adds(&body, "{\"role\":\"user\",\"content\":\"");
        memset(buf_room(&body, (size_t)opt.pad), 'p', (size_t)opt.pad);
        body.n += (size_t)opt.pad;
        buf_adds(&body, "\"},{\"role\":\"assistant\",\"content\":\"yes\"},");
    }
    buf_printf(&body, "{\"role\":\"user\",\"content\":\"%s\"}]}", a->text);
    c->out.n = 0;
    buf_printf(&c->out,
               "POST %s HTTP/1.1\r\nhost: 127.0.0.1\r\n%s: %s%s\r\n%scontent-type: application/json\r\ncontent-length: %zu\r\n\r\n",
               a->anthropic ? "/v1/messages" : "/v1/chat/completions", a->anthropic ? "x-api-key" : "authorization",
               a->anthropic ? "" : "Bearer ", opt.key, a->anthropic ? "anthropic-version: 2023-06-01\r\n" : "", body.n);
    buf_add(&c->out, body.p, body.n);
    buf_free(&body);
}

static void ask(client *c) {
    compose(c);
    c->state = WAITING;
    c->head = false;
    c->in.n = c->read = 0;
    c->abort = percent(opt.aborts);
    c->sent_at = uv_hrtime();
    report.sent++;
    uv_timer_start(&c->timer, on_time_out, c->abort ? draw() % 300 : (uint64_t)opt.timeout, 0);
    uv_buf_t b = uv_buf_init(c->out.p, (unsigned)c->out.n);
    int done = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    if (done == (int)c->out.n)
        return;
    b = uv_buf_init(c->out.p + (done > 0 ? done : 0), (unsigned)(c->out.n - (done > 0 ? (size_t)done : 0)));
    uv_write(&c->write, (uv_stream_t *)&c->tcp, &b, 1, on_written);
}

static void on_connected(uv_connect_t *connect, int status) {
    client *c = connect->data;
    if (c->state != CONNECTING)
        return;
    if (status < 0) {
        report.connect_failed++;
        drop(c);
        return;
    }
    uv_timer_stop(&c->timer);
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    c->state = IDLE;
    if (!opt.rate)
        ask(c);
}

static void open_connection(client *c) {
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", opt.port, &address);
    uv_tcp_init(loop, &c->tcp);
    c->tcp.data = c->connect.data = c;
    c->state = CONNECTING;
    live++;
    uv_timer_start(&c->timer, on_time_out, 5000, 0);
    if (uv_tcp_connect(&c->connect, &c->tcp, (struct sockaddr *)&address, on_connected)) {
        report.connect_failed++;
        drop(c);
    }
}

/* ---- the clock ------------------------------------------------------------------------------------------------------ */

static client *idle_client(void) {
    static int at;
    for (int i = 0; i < opt.connections; i++) {
        client *c = &clients[(at + i) % opt.connections];
        if (c->state == IDLE) {
            at = (at + i + 1) % opt.connections;
            return c;
        }
    }
    return NULL;
}

static bool busy(void) {
    for (int i = 0; i < opt.connections; i++)
        if (clients[i].state == WAITING)
            return true;
    return false;
}

static void on_tick(uv_timer_t *timer) {
    static uint64_t due_done;
    double seconds = (double)(uv_hrtime() - started) / 1e9;
    if (seconds >= opt.seconds) {
        ending = true;
        for (int i = 0; i < opt.connections; i++)
            if (clients[i].state == IDLE || clients[i].state == CONNECTING)
                drop(&clients[i]);
        if (!busy() && !live)
            uv_timer_stop(timer), uv_stop(loop);
        return;
    }
    uint64_t due = (uint64_t)(seconds * opt.rate);
    for (; opt.rate && due_done < due; due_done++) {
        client *c = idle_client();
        if (!c) { /* all are waiting: the rate cannot be held */
            report.late += due - due_done;
            due_done = due;
            return;
        }
        ask(c);
    }
}

static void on_stop(uv_signal_t *handle, int number) {
    (void)handle;
    (void)number;
    opt.seconds = 0; /* what is under way is waited for, then the report is printed */
}

static int by_value(const void *a, const void *b) {
    return (*(const uint32_t *)a > *(const uint32_t *)b) - (*(const uint32_t *)a < *(const uint32_t *)b);
}

static void print_report(void) {
    struct report *r = &report;
    qsort(r->latencies, r->n_latencies, sizeof *r->latencies, by_value);
    buf o = {0};
    buf_printf(&o, "{\"seconds\":%.2f", (double)(uv_hrtime() - started) / 1e9);
#define NUMBER(name) buf_printf(&o, ",\"" #name "\":%llu", (unsigned long long)r->name)
    NUMBER(sent), NUMBER(whole), NUMBER(error_answers), NUMBER(error_events), NUMBER(broken), NUMBER(hung), NUMBER(aborted),
        NUMBER(unanswered);
    NUMBER(connect_failed), NUMBER(late), NUMBER(bytes);
    size_t n = r->n_latencies;
    buf_printf(&o, ",\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"statuses\":{", n ? r->latencies[n / 2] : 0,
               n ? r->latencies[n * 99 / 100] : 0, n ? r->latencies[n - 1] : 0);
    const char *comma = "";
    for (size_t i = 0; i < 600; i++)
        if (r->statuses[i])
            buf_printf(&o, "%s\"%zu\":%llu", comma, i, (unsigned long long)r->statuses[i]), comma = ",";
    buf_adds(&o, "},\"reasons\":{");
    comma = "";
    for (size_t i = 0; i < 40 && r->reasons[i].n; i++) {
        buf_adds(&o, comma);
        for (char *p = r->reasons[i].why; *p; p++) /* cut inside a character perhaps */
            *p = *p < 0x20 || *p == 0x7f ? '.' : *p;
        buf_json(&o, r->reasons[i].why, strlen(r->reasons[i].why));
        buf_printf(&o, ":%llu", (unsigned long long)r->reasons[i].n);
        comma = ",";
    }
    buf_adds(&o, "}}\n");
    fwrite(o.p, 1, o.n, stdout);
    buf_free(&o);
}

static void split_models(char *list) {
    for (char *m = strtok(list, ","); m && opt.served.n_models < 8; m = strtok(NULL, ","))
        opt.served.models[opt.served.n_models++] = m;
}

static bool number_option(const char *name, const char *value) {
    const struct {
        const char *name;
        int *to;
    } numbers[] = {{"--port", &opt.port},       {"--connections", &opt.connections}, {"--rate", &opt.rate},     {"--seconds", &opt.seconds},
                   {"--streams", &opt.streams}, {"--anthropic", &opt.anthropic},     {"--aborts", &opt.aborts}, {"--repeat", &opt.repeat},
                   {"--pad", &opt.pad},         {"--timeout", &opt.timeout}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!strcmp(name, numbers[i].name)) {
            *numbers[i].to = atoi(value);
            return true;
        }
    }
    return false;
}

static bool read_options(int argc, char **argv) {
    opt.served.words = 120;
    for (int i = 1; i + 1 < argc; i += 2) {
        char *value = argv[i + 1];
        if (number_option(argv[i], value))
            continue;
        if (!strcmp(argv[i], "--key"))
            opt.key = value;
        else if (!strcmp(argv[i], "--model"))
            opt.model = value;
        else if (!strcmp(argv[i], "--served"))
            split_models(value);
        else if (!strcmp(argv[i], "--words"))
            opt.served.words = atoll(value);
        else if (!strcmp(argv[i], "--seed"))
            opt.seed = (uint64_t)atoll(value);
        else
            return false;
    }
    if (!opt.served.n_models)
        opt.served.models[opt.served.n_models++] = opt.model;
    return opt.port > 0 && argc % 2 == 1 && opt.connections > 0;
}

int main(int argc, char **argv) {
    static uv_timer_t tick;
    static uv_signal_t stop;
    struct rlimit limit;
    if (!read_options(argc, argv)) {
        fprintf(stderr, "usage: load --port N [--key K] [--connections N] [--rate N] [--seconds N] … (see the head of load.c)\n");
        return 2;
    }
    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    signal(SIGPIPE, SIG_IGN);
    random_state = opt.seed;
    loop = uv_default_loop();
    report.latencies = sim_alloc(MAX_LATENCIES * sizeof *report.latencies);
    clients = sim_alloc((size_t)opt.connections * sizeof *clients);
    started = uv_hrtime();
    for (int i = 0; i < opt.connections; i++) {
        uv_timer_init(loop, &clients[i].timer);
        clients[i].timer.data = &clients[i];
        open_connection(&clients[i]);
    }
    uv_signal_init(loop, &stop);
    uv_signal_start(&stop, on_stop, SIGTERM);
    uv_timer_init(loop, &tick);
    uv_timer_start(&tick, on_tick, 1, 1);
    uv_run(loop, UV_RUN_DEFAULT);
    print_report();
    return report.broken || report.hung || report.unanswered ? 1 : 0;
}
