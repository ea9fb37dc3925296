/* test_provider_storm.c: thousands of calls at once through the provider stage to a server that does everything wrong at random, left
 * and paused at random: each ends once and in order, nothing is left over. The seed is printed; YUZUI_SEED replays it. */
#include "provider_world.h"

#define CALLS     3000
#define AT_ONCE   40
#define N_SCRIPTS 64

typedef struct storm_call {
    yz_call *call;
    bool headed, done, stream;
    unsigned chunks;
} storm_call;

static storm_call calls[CALLS];
static size_t n_begun, n_over, n_ended, n_failed, n_cancelled;
static yz_rng dice;
static bool over;

static uint64_t roll(uint64_t sides) { return yz_rng_next(&dice) % sides; }

static void begin_one(void);

static void finished(storm_call *c) {
    assert_false(c->done);
    c->done = true;
    n_over++;
    over = n_over == CALLS;
}

static void storm_head(void *arg, yz_call *child, const yz_head *head) {
    storm_call *c = arg;
    assert_true(!c->done && !c->headed && child == c->call && head->status == 200);
    c->headed = true;
    c->stream = head->stream;
}

static void storm_chunk(void *arg, yz_call *child, const yz_chunk *chunk) {
    storm_call *c = arg;
    assert_true(!c->done && c->headed && chunk->bytes.n > 0);
    c->chunks++;
    if (c->stream)
        assert_memory_equal(chunk->bytes.p + chunk->bytes.n - 2, "\n\n", 2);
    if (roll(10) == 0) {
        yz_cancel(child);
        n_cancelled++;
        finished(c);
    } else if (roll(4) == 0) {
        yz_flow(child, true);
        yz_flow(child, roll(3) == 0); /* sometimes it stays paused until the storm wakes it */
    }
}

static void storm_end(void *arg, yz_call *child, const yz_end *end) {
    storm_call *c = arg;
    (void)child, (void)end;
    assert_true(c->headed && c->chunks > 0);
    n_ended++;
    finished(c);
}

static void storm_error(void *arg, yz_call *child, const yz_error *error) {
    (void)child;
    assert_true(error->message.n > 0);
    n_failed++;
    finished(arg);
}

static const yz_parent storm_parent = {YZ_PARENT, storm_head, storm_chunk, storm_end, storm_error};

static void begin_one(void) {
    storm_call *c = &calls[n_begun++];
    c->call = yz_call_start(&F.worker, &chain, 0, &request, NULL, &storm_parent, c);
}

/* Each tick: begin some, leave one, wake one. */
static void tick(uv_timer_t *timer) {
    (void)timer;
    while (n_begun < CALLS && n_begun - n_over < AT_ONCE)
        begin_one();
    storm_call *c = &calls[roll(n_begun)];
    if (!c->done && roll(20) == 0) {
        yz_cancel(c->call);
        n_cancelled++;
        finished(c);
    }
    for (size_t i = n_begun > 200 ? n_begun - 200 : 0; i < n_begun; i++)
        if (!calls[i].done && roll(3) == 0)
            yz_flow(calls[i].call, false);
}

static const char *const answer_texts[] = {
    JSON_HEAD "content-length: 22\r\n\r\n{\"text\":\"x\",\"usage\":9}",
    JSON_HEAD CHUNKED "7\r\n{\"text\"\r\nf\r\n:\"x\",\"usage\":9}\r\n0\r\n\r\n",
    JSON_HEAD "\r\n{\"text\":\"until close\",\"usage\":9}",
    SSE_HEAD CHUNKED "1c\r\ndata: text a\n\ndata: [DONE]\n\n\r\n0\r\n\r\n",
    SSE_HEAD "\r\n: hello\n\ndata: start\n\ndata: text a\n\ndata: text b\n\ndata: usage\n\ndata: [DONE]\n\n",
    SSE_HEAD "\r\ndata: start\n\ndata: text a\n\ndata: error busy\n\n",
    SSE_HEAD CHUNKED "e\r\ndata: text a\n\n\r\nXX\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow\r\nretry-after: 1\r\ncontent-length: 17\r\n\r\n{\"message\":\"no!\"}",
    "HTTP/1.1 503 Down\r\nconnection: close\r\ncontent-length: 3\r\n\r\nno!",
    "SSH-2.0-garbage\r\n\r\n",
    "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
};

static void make_scripts(peer_script *scripts) {
    for (size_t i = 0; i < N_SCRIPTS; i++) {
        const char *text = answer_texts[roll(sizeof answer_texts / sizeof *answer_texts)];
        scripts[i] = (peer_script){.answer = text, .close = strstr(text, "\r\n\r\n:") || roll(5) == 0};
        if (!strstr(text, "content-length") && !strstr(text, "chunked"))
            scripts[i].close = true;
        if (roll(3) == 0)
            scripts[i].step = 1 + roll(40);
        if (roll(4) == 0)
            scripts[i].n = 1 + roll(strlen(text));
        scripts[i].close |= scripts[i].n > 0;
        scripts[i].reset = roll(6) == 0;
        scripts[i].bye_first = roll(12) == 0;
        scripts[i].silent = roll(25) == 0;
    }
}

static void storm(void **state) {
    (void)state;
    static peer_script scripts[N_SCRIPTS];
    const char *said = getenv("YUZUI_SEED");
    uint64_t seed = said ? strtoull(said, NULL, 10) : (uint64_t)uv_hrtime();
    print_message("seed %llu\n", (unsigned long long)seed);
    dice = (yz_rng){{seed, seed ^ 0x9E3779B97F4A7C15u, 3, 4}};
    for (int i = 0; i < 20; i++)
        yz_rng_next(&dice);
    make_scripts(scripts);
    serve(scripts, N_SCRIPTS);
    P.again = true;
    request.stream = true;
    provider.max_connections = 12;
    provider.timeout = (yz_timeouts){.connect = 2000, .first_byte = 60, .first_token = 100, .idle = 60, .total = 2000};
    uv_timer_t timer;
    uv_timer_init(&F.loop, &timer);
    uv_timer_start(&timer, tick, 0, 1);
    fixture_wait(&over, 120000);
    uv_close((uv_handle_t *)&timer, NULL);
    fixture_rest(20);
    print_message("%zu ended, %zu failed, %zu cancelled; %u connections, %u requests\n", n_ended, n_failed, n_cancelled, P.connections,
                  P.requests);
    assert_true(n_ended > CALLS / 20 && n_failed > CALLS / 20 && n_cancelled > CALLS / 50);
    assert_int_equal(yz_call_count(&F.worker), 0);
    assert_int_equal(yz_pools_open(F.worker.pools), yz_pools_idle(F.worker.pools));
    assert_true(yz_pools_idle(F.worker.pools) <= 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(storm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
