/* server_world.h: a server on a real loop and a real port, with a chain of one filter that does what the asked model's name
 * says, in front of it clients that are plain sockets. One thread runs both sides in turns, so every run is the same.
 * Include it after cmocka.h.
 */
#ifndef SERVER_WORLD_H
#define SERVER_WORLD_H

#include "admin/admin.h"
#include "base/arena.h"
#include "base/clock.h"
#include "call/tree.h"
#include "control.h"
#include "generation.h"
#include "loop/post.h"
#include "net/io.h"
#include "server/connection_inner.h"
#include "server/models.h"
#include "server/server_inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/* ---- the dialects --------------------------------------------------------------------------------------------------- */

static int fake_accept(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *model = yz_json_get(request->json, "model");
    if (!yz_json_is(model, YZ_JSON_STRING)) {
        *error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .message = YZ_STR("model is missing"), .param = YZ_STR("model")};
        return YZ_EINVAL;
    }
    request->model_node = model;
    request->model = yz_json_text(arena, model);
    request->stream = yz_json_true(yz_json_get(request->json, "stream"));
    return YZ_OK;
}

static void fake_error(const char *dialect, const yz_error *error, int status, yz_str id, yz_buf *out) {
    yz_buf_printf(out, "{\"%s\":%d,\"code\":\"%s\",\"id\":\"%.*s\",\"message\":", dialect, status, yz_error_word(error->class_),
                  YZ_STR_ARGS(id));
    yz_buf_json_str(out, error->message);
    yz_buf_lit(out, "}");
}
static inline void fake_error_openai(const yz_error *error, int status, yz_str id, yz_buf *out) {
    fake_error("openai", error, status, id, out);
}
static inline void fake_error_anthropic(const yz_error *error, int status, yz_str id, yz_buf *out) {
    fake_error("anthropic", error, status, id, out);
}

static inline void fake_models(const yz_listed *const *models, size_t n, int64_t now, yz_buf *out) {
    (void)now;
    for (size_t i = 0; i < n; i++)
        yz_buf_printf(out, "%s%.*s", i ? "," : "[", YZ_STR_ARGS(models[i]->name));
    yz_buf_lit(out, n ? "]" : "[]");
}

/* A stream of this dialect: `data: {"t":"text"}`, `data: {"fault":true}`, `data: [DONE]`; a document: {"t":"text"}. */
static int fake_decode_event(void *decoder, yz_str name, yz_str data, yz_arena *arena, yz_sink *sink) {
    (void)name;
    if (yz_str_is(data, "[DONE]")) {
        yz_items_end(decoder, sink);
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
        return YZ_OK;
    }
    yz_json *json;
    if (yz_json_parse(arena, data, 0, &json, NULL) < 0)
        return YZ_EINVAL;
    if (yz_json_get(json, "fault")) {
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_OVERLOADED, .message = YZ_STR("inside")};
        yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &error});
        return YZ_OK;
    }
    yz_items_put(decoder, sink, YZ_PART_TEXT, yz_json_escaped(yz_json_get(json, "t")));
    return YZ_OK;
}

static int fake_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink) {
    (void)arena;
    if (!yz_json_get(body, "t"))
        return YZ_EINVAL;
    yz_items_put(decoder, sink, YZ_PART_TEXT, yz_json_escaped(yz_json_get(body, "t")));
    yz_emit(sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    return YZ_OK;
}

typedef struct fake_encoder {
    bool stream;
    char text[256];
} fake_encoder;

static inline void fake_encode_open(void *encoder, const yz_encode_info *info) { ((fake_encoder *)encoder)->stream = info->stream; }

static inline void fake_encode_as(const char *mark, fake_encoder *e, const yz_event *event, yz_buf *out) {
    if (event->kind == YZ_EVENT_ERROR)
        yz_buf_printf(out, "event: error\ndata: {\"%s\":\"%.*s\"}\n\n", mark, YZ_STR_ARGS(event->error->message));
    else if (event->kind == YZ_EVENT_DELTA && e->stream)
        yz_buf_printf(out, "data: {\"%s\":\"%.*s\"}\n\n", mark, YZ_STR_ARGS(event->text));
    else if (event->kind == YZ_EVENT_DELTA)
        strncat(e->text, event->text.p, event->text.n < 200 - strlen(e->text) ? event->text.n : 0);
    else if (event->kind == YZ_EVENT_DONE)
        yz_buf_printf(out, e->stream ? "data: [%s]\n\n" : "{\"%s\":\"%s\"}", e->stream ? "DONE" : mark, e->text);
}
static inline void fake_encode_t(void *e, const yz_event *event, yz_buf *out) { fake_encode_as("t", e, event, out); }
static inline void fake_encode_a(void *e, const yz_event *event, yz_buf *out) { fake_encode_as("a", e, event, out); }

static const yz_route fake_openai_routes[] = {{.method = "POST", .path = "/v1/chat/completions", .op = YZ_OP_CHAT},
                                              {.method = "POST", .path = "/v1/embeddings", .op = YZ_OP_EMBEDDING},
                                              {.method = "GET", .path = "/v1/models", .op = YZ_OP_MODELS}};
static const yz_route fake_anthropic_routes[] = {{.method = "POST", .path = "/v1/messages", .op = YZ_OP_CHAT}};

static const yz_adapter fake_openai = {YZ_ADAPTER,
                                       .dialect = "openai-chat",
                                       YZ_ROUTES(fake_openai_routes),
                                       .fallback = true,
                                       .key_headers = YZ_NAMES("api-key", "x-goog-api-key"),
                                       .key_params = YZ_NAMES("key"),
                                       .accept = fake_accept,
                                       .write_error = fake_error_openai,
                                       .write_models = fake_models,
                                       .decoder_size = sizeof(yz_items),
                                       .decode_event = fake_decode_event,
                                       .decode_body = fake_decode_body,
                                       .encoder_size = sizeof(fake_encoder),
                                       .encode_open = fake_encode_open,
                                       .encode = fake_encode_t};
static const yz_adapter fake_anthropic = {YZ_ADAPTER,
                                          .dialect = "anthropic-messages",
                                          YZ_ROUTES(fake_anthropic_routes),
                                          .claim_targets = YZ_NAMES("/messages"),
                                          .claim_headers = YZ_NAMES("anthropic-version", "x-api-key"),
                                          .key_headers = YZ_NAMES("x-api-key"),
                                          .accept = fake_accept,
                                          .write_error = fake_error_anthropic,
                                          .encoder_size = sizeof(fake_encoder),
                                          .encode_open = fake_encode_open,
                                          .encode = fake_encode_a};

/* ---- the chain ------------------------------------------------------------------------------------------------------ */

/* What the last stage saw and did. */
static struct {
    unsigned calls, cancelled, paused;
    size_t sent;
    char body[65536 + 1], credential[256], id[160], headers[2048], line[300];
    size_t body_n;
    uint64_t sum; /* over the body */
    bool stream, no_cache;
} seen;

typedef struct fake_state {
    int step;
    size_t left;
    bool done, waits;
} fake_state;

static inline uint64_t sum_of(const char *p, size_t n) {
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ (unsigned char)p[i]) * 1099511628211u;
    return sum;
}

static inline void fake_remember(const yz_request *request) {
    seen.calls++;
    seen.body_n = request->body.n;
    seen.sum = sum_of(request->body.p, request->body.n);
    snprintf(seen.body, sizeof(seen.body), "%.*s", (int)(request->body.n < 65536 ? request->body.n : 65536), request->body.p);
    snprintf(seen.credential, sizeof(seen.credential), "%.*s", YZ_STR_ARGS(request->credential));
    snprintf(seen.id, sizeof(seen.id), "%.*s", YZ_STR_ARGS(request->id));
    snprintf(seen.line, sizeof(seen.line), "%.*s %.*s %.*s", YZ_STR_ARGS(request->method), YZ_STR_ARGS(request->path),
             YZ_STR_ARGS(request->query));
    seen.headers[0] = 0;
    for (size_t i = 0; i < request->n_headers; i++) {
        size_t n = strlen(seen.headers);
        snprintf(seen.headers + n, sizeof(seen.headers) - n, "%.*s=%.*s;", YZ_STR_ARGS(request->headers[i].name),
                 YZ_STR_ARGS(request->headers[i].value));
    }
    seen.stream = request->stream;
    seen.no_cache = request->no_cache;
}

static inline void fake_send(yz_call *call, const char *text) {
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, yz_str_of(text), YZ_MARK_CONTENT});
}

static inline void fake_end(yz_call *call) {
    ((fake_state *)yz_state(call))->done = true;
    const yz_usage usage = yz_usage_of(3, 5);
    yz_send_end(call, &(yz_end){YZ_END, .usage = &usage, .finish = YZ_FINISH_STOP});
}

static inline void fake_head(yz_call *call, bool stream, int64_t length) {
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .stream = stream, .dialect = &fake_openai,
                                  .content_type = stream ? YZ_STR("text/event-stream") : YZ_STR("application/json"), .length = length});
}

/* Sends 16 KiB pieces until all are sent or the reader is full. */
static inline void fake_pour(yz_call *call) {
    static char piece[16384];
    memset(piece, 'x', sizeof(piece));
    fake_state *s = yz_state(call);
    while (s->left && !yz_paused(call)) {
        size_t n = s->left < sizeof(piece) ? s->left : sizeof(piece);
        s->left -= n;
        seen.sent += n;
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, {piece, n}, YZ_MARK_CONTENT});
    }
    if (!s->left)
        fake_end(call);
    else
        yz_timer_start(call, 600000);
}

static void fake_call(yz_call *call, const yz_request *request) {
    fake_remember(request);
    yz_str model = request->model;
    fake_state *s = yz_state(call);
    if (yz_str_is(model, "doc")) {
        yz_note(call, "cache", YZ_STR("miss"));
        yz_note(call, "key", YZ_STR("nobody"));
        fake_head(call, false, 11);
        fake_send(call, "{\"t\":\"hey\"}");
        fake_end(call);
    } else if (yz_str_is(model, "opaque")) {
        fake_head(call, false, -1);
        fake_send(call, "{\"t\":");
        fake_send(call, "\"hey\"}");
        fake_end(call);
    } else if (yz_str_is(model, "stream") || yz_str_is(model, "stream-breaks") || yz_str_is(model, "stream-fault")) {
        fake_head(call, true, -1);
        fake_send(call, "data: {\"t\":\"one\"}\n\n");
        s->step = yz_str_is(model, "stream-breaks") ? 10 : yz_str_is(model, "stream-fault") ? 20 : 0;
        yz_timer_start(call, 1);
    } else if (yz_str_starts(model, "doc-breaks")) {
        fake_head(call, false, yz_str_is(model, "doc-breaks-11") ? 11 : -1);
        fake_send(call, "{\"t\":");
        s->step = 10;
        yz_timer_start(call, 1);
    } else if (yz_str_is(model, "short")) {
        fake_head(call, false, 11);
        fake_send(call, "{\"t\":");
        fake_end(call);
    } else if (yz_str_is(model, "long")) {
        fake_head(call, false, 11);
        fake_send(call, "{\"t\":\"hey\"}HTTP/1.1 666 more\r\n\r\n");
        fake_end(call);
    } else if (yz_str_is(model, "limit")) {
        yz_send_error(call, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_RATE_LIMIT, .message = YZ_STR("slow down"), .retry_after = 1500});
    } else if (yz_str_is(model, "garbage")) {
        fake_head(call, false, -1);
        fake_send(call, "not json");
        fake_end(call);
    } else if (yz_str_starts(model, "big")) {
        s->left = (size_t)atoi(yz_str_is(model, "big") ? "64" : model.p + 3) << 20;
        fake_head(call, false, (int64_t)s->left);
        fake_pour(call);
    } else if (yz_str_is(model, "wait")) {
        yz_timer_start(call, 600000);
    } else {
        yz_fail(call, YZ_ERROR_NOT_FOUND, "no such model: %.*s", YZ_STR_ARGS(model));
    }
}

static void fake_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    fake_state *s = yz_state(call);
    if (s->step == 10) {
        s->done = true;
        yz_fail(call, YZ_ERROR_BROKEN, "it broke");
        return;
    }
    if (s->step == 20) {
        fake_send(call, "data: {\"fault\":1}\n\ndata: {\"t\":\"never\"}\n\n");
        if (!yz_ended(call))
            fake_end(call);
        return;
    }
    fake_send(call, "data: {\"t\":\"two\"}\n\ndata: [DONE]\n\n");
    if (!yz_ended(call))
        fake_end(call);
}

static void fake_cancel(yz_call *call) { seen.cancelled += !((fake_state *)yz_state(call))->done; }
static void fake_flow(yz_call *call, bool paused) {
    seen.paused += paused;
    fake_state *s = yz_state(call);
    if (!paused && s->left)
        fake_pour(call);
}

static const yz_filter fake_filter = {
    YZ_FILTER,           .call_size = sizeof(fake_state), .on_call = fake_call, .on_timer = fake_timer, .on_close = fake_cancel,
    .on_flow = fake_flow};

/* ---- what the control thread would do ------------------------------------------------------------------------------- */

static struct {
    void (*done)(void *arg, bool ok, yz_str text);
    void *arg;
    unsigned wakes;
} control;

/* ---- the world ------------------------------------------------------------------------------------------------------ */

typedef struct world {
    uv_loop_t loop;
    yz_worker worker;
    yz_settings settings;
    yz_listen_settings listen, admin;
    yz_link links[2], admin_links[2];
    yz_chain_settings chain_settings;
    yz_chain chain;
    yz_share share;
    yz_generation generation;
    yz_model_settings models[2];
    const yz_adapter *adapters[2];
    unsigned port, admin_port;
} world;

static inline void world_turn(world *w) {
    uv_run(&w->loop, UV_RUN_NOWAIT);
    yz_posts_run(&w->worker);
    do
        yz_turn_run(&w->worker.turn, yz_clock_ms());
    while (yz_turn_next(&w->worker.turn) == 0);
}

static inline void world_settle(world *w, int turns) {
    for (int i = 0; i < turns; i++)
        world_turn(w);
}

/* Lets the clock run ahead and gives every time-out its chance. */
static inline void world_skip(world *w, int64_t ms) {
    for (int64_t left = ms; left > 0; left -= 500) {
        yz_clock_skip(left < 500 ? left : 500);
        world_settle(w, 2);
    }
}

static inline void world_prepare(world *w) {
    memset(w, 0, sizeof(*w));
    memset(&seen, 0, sizeof(seen));
    memset(&control, 0, sizeof(control));
    w->adapters[0] = &fake_openai;
    w->adapters[1] = &fake_anthropic;
    w->models[0].name = YZ_STR("doc");
    w->models[1].name = YZ_STR("stream");
    w->listen = (yz_listen_settings){.address = YZ_STR("127.0.0.1:0"), .host = YZ_STR("127.0.0.1")};
    w->admin = (yz_listen_settings){.address = YZ_STR("127.0.0.1:00"), .host = YZ_STR("127.0.0.1")};
    w->settings = (yz_settings){.listens = &w->listen,
                                .n_listens = 1,
                                .admin = &w->admin,
                                .adapters = w->adapters,
                                .n_adapters = 2,
                                .models = w->models,
                                .n_models = 2,
                                .chains = &w->chain_settings,
                                .n_chains = 1,
                                .default_chain = &w->chain_settings,
                                .limits = {.http = yz_h1_defaults,
                                           .bodies = 512 << 20,
                                           .connections = 1000,
                                           .header_time = 10000,
                                           .body_time = 20000,
                                           .body_rate = 100,
                                           .idle_time = 60000,
                                           .write_time = 30000,
                                           .drain_time = 30000}};
}

static inline void world_start(world *w) {
    uv_loop_init(&w->loop);
    w->worker.loop = &w->loop;
    yz_posts_init(&w->worker);
    yz_turn_init(&w->worker.turn, yz_clock_ms());
    yz_rng_init(&w->worker.rng, 7);
    w->worker.blocks = yz_block_pool_new(16);
    w->worker.io = yz_io_new();
    w->links[0] = (yz_link){.filter = &yz_models_filter, .name = "models"};
    w->links[1] = (yz_link){.filter = &fake_filter, .name = "fake"};
    w->generation = (yz_generation){.number = 4, .settings = &w->settings, .shares = &w->share, .n_shares = 1, .open_shares = 1};
    w->share = (yz_share){
        .generation = &w->generation, .settings = &w->settings, .worker = &w->worker, .chains = &w->chain, .n_chains = 1, .refs = 1};
    w->admin_links[0] = (yz_link){.filter = &yz_admin_guard, .name = "guard"};
    w->admin_links[1] = (yz_link){.filter = &yz_admin_leaf, .name = "admin"};
    w->share.admin = (yz_chain){.links = w->admin_links, .n = 2, .share = &w->share, .ref = yz_share_ref, .unref = yz_share_unref};
    w->chain = (yz_chain){.links = w->links, .n = 2, .share = &w->share, .ref = yz_share_ref, .unref = yz_share_unref};
    w->worker.share = &w->share;
    int code = YZ_OK;
    w->worker.server = yz_server_start(&w->worker, &code);
    if (!w->worker.server)
        abort();
    w->port = yz_server_port(w->worker.server, false);
    w->admin_port = yz_server_port(w->worker.server, true);
}

static inline void world_open(world *w) {
    world_prepare(w);
    world_start(w);
}

/* Closes all and looks whether anything is left. */
static inline void world_close(world *w) {
    yz_server_free(w->worker.server);
    world_settle(w, 4);
    if (yz_call_count(&w->worker) != 0 || w->share.refs != 1)
        abort();
    uv_run(&w->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&w->loop) != 0)
        abort();
    pthread_mutex_destroy(&w->worker.posts.lock);
    yz_turn_free(&w->worker.turn);
    yz_io_free(w->worker.io);
    yz_block_pool_free(w->worker.blocks);
}

/* ---- clients -------------------------------------------------------------------------------------------------------- */

typedef struct client {
    world *w;
    int fd;
    yz_buf got;
    bool closed; /* by the server */
    bool reset;
} client;

static inline client client_open(world *w, unsigned port) {
    client c = {.w = w, .fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(c.fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        abort();
    fcntl(c.fd, F_SETFL, O_NONBLOCK);
    world_settle(w, 2);
    return c;
}

static inline void client_close(client *c) {
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    yz_buf_free(&c->got);
    world_settle(c->w, 3);
}

/* Takes what is there. */
static inline size_t client_read(client *c) {
    char bytes[65536];
    size_t before = c->got.n;
    for (;;) {
        ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);
        if (n > 0) {
            yz_buf_put(&c->got, bytes, (size_t)n);
            continue;
        }
        c->reset |= n < 0 && errno == ECONNRESET;
        c->closed |= n == 0 || (n < 0 && errno != EAGAIN);
        break;
    }
    yz_buf_put(&c->got, "", 1); /* so that it can be searched as text */
    c->got.n--;
    return c->got.n - before;
}

static inline void client_send(client *c, const char *bytes, size_t n) {
    for (size_t at = 0; at < n;) {
        ssize_t sent = send(c->fd, bytes + at, n - at, MSG_NOSIGNAL);
        if (sent > 0)
            at += (size_t)sent;
        else if (errno != EAGAIN)
            break;
        world_settle(c->w, 2);
        client_read(c);
    }
    world_settle(c->w, 2);
}

/* Reads until nothing comes any more for a while. */
static inline const char *client_answer(client *c) {
    for (int quiet = 0; quiet < 6 && !c->closed; quiet++) {
        world_settle(c->w, 2);
        if (client_read(c) > 0)
            quiet = 0;
        struct timespec pause = {0, 500000}; /* timers of 1 ms are under way */
        nanosleep(&pause, NULL);
    }
    return c->got.p ? c->got.p : "";
}

static inline const char *client_ask(client *c, const char *text) {
    c->got.n = 0;
    client_send(c, text, strlen(text));
    return client_answer(c);
}

static inline const char *post(const char *path, const char *headers, const char *body) {
    static char text[8192];
    snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s",
             path, strlen(body), headers, body);
    return text;
}
#define CHAT "/v1/chat/completions"

#define assert_has(text, part)                                                                                                             \
    do {                                                                                                                                   \
        if (!strstr(text, part))                                                                                                           \
            print_error("not in answer: %s\nanswer: %s\n", part, text);                                                                    \
        assert_non_null(strstr(text, part));                                                                                               \
    } while (0)
#define assert_lacks(text, part) assert_null(strstr(text, part))

static inline int status_of(const char *answer) { return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0; }
static inline size_t count_of(const char *text, const char *part) {
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
        n++;
    return n;
}

#endif
