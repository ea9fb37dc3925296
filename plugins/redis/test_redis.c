/* The Redis store against a real server that is stopped, killed and brought back, and against a peer that talks nonsense. */
#include "redis_world.h"

static int listen_at(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* Answers whatever comes with nonsense. */
static pid_t start_liar(int port) {
    int fd = listen_at(port);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test must not leave it behind */
        for (;;) {
            char in[512];
            int peer = accept(fd, NULL, NULL);
            if (read(peer, in, sizeof in) > 0 && write(peer, "HTTP/1.1 400 no\r\n\r\n$5\r\nabc", 27) < 0)
                _exit(1);
            usleep(1000);
            close(peer);
        }
    }
    close(fd);
    return pid;
}

/* Welcomes everybody and then says nothing. Counts whom it welcomed. */
static pid_t start_mute(int port, int *welcomed) {
    int fd = listen_at(port);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            char in[512];
            int peer = accept(fd, NULL, NULL);
            if (read(peer, in, sizeof in) > 0 && write(peer, "+OK\r\n+PONG\r\n", 12) < 0)
                _exit(1);
            ++*welcomed;
        }
    }
    close(fd);
    return pid;
}

static size_t resident_kb(void) {
    size_t pages = 0;
    FILE *in = fopen("/proc/self/statm", "r");
    assert_non_null(in);
    assert_int_equal(fscanf(in, "%*s %zu", &pages), 1);
    fclose(in);
    return pages * 4;
}

/* ---- tests ------------------------------------------------------------------------------------------------------------------- */

static void stopped_killed_and_back(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis(port);
    open_store(port);
    assert_true(ask() <= AT_ONCE); /* not connected yet: a miss at once */
    assert_int_equal(got, YZ_ENOTFOUND);
    assert_true(works_within(5000));

    kill(redis, SIGSTOP);
    ask(); /* the deadline of the asker is 50 ms */
    assert_int_not_equal(got, YZ_OK);
    pump(150); /* now the connection has been dropped */
    assert_true(ask() <= AT_ONCE);
    assert_int_equal(got, YZ_ENOTFOUND);
    kill(redis, SIGCONT);
    assert_true(works_within(8000));

    stop(redis);
    pump(50);
    assert_true(ask() <= AT_ONCE);
    assert_int_equal(got, YZ_ENOTFOUND);
    redis = start_redis(port);
    assert_true(works_within(12000));
    close_store();
    stop(redis);
}

/* What was said right before the store is left is done: the last release of a call, whose end let the store go. A server that says nothing
 * is not waited for longer than for any answer. */
static void the_last_word(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis(port);
    open_store(port);
    assert_true(works_within(5000));
    assert_int_equal(add("n", 5, 60000), YZ_OK);
    for (int i = 0; i < 50; i++)
        yz_store_add(&worker, store, YZ_STR("n"), 1, 60000);
    close_store();

    open_store(port);
    assert_true(works_within(5000));
    assert_int_equal(add("n", 0, 60000), YZ_OK);
    assert_int_equal(sum, 55);
    kill(redis, SIGSTOP);
    yz_store_add(&worker, store, YZ_STR("n"), 1, 60000);
    int64_t begin = yz_clock_ms();
    close_store(); /* as a worker does that stops: nobody turns its clock */
    assert_in_range(yz_clock_ms() - begin, 90, 900);
    stop(redis);
}

static void next_address_and_password(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis_with(port, "--requirepass", "p@ss/w%");
    open_url("redis://:p%%40ss%%2fw%%25@two.test:%d/1", port, 100);
    assert_true(works_within(5000));
    close_store();
    stop(redis);
}

static void a_password_of_its_own(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis_with(port, "--requirepass", "p@ss/w%");
    yz_secret *secret = yz_secret_new(YZ_STR("p@ss/w%"));
    password = secret;
    open_url("redis://127.0.0.1:%d/1", port, 100);
    password = NULL;
    assert_true(works_within(5000));
    close_store();
    stop(redis);
    struct yz_diag diag = {0};
    redis_config c = {.url = YZ_STR("redis://:here@h"), .prefix = YZ_STR("t:"), .timeout = 100, .in_flight = 100, .password = secret};
    void *opened = NULL;
    assert_true(yz_plugin_find(YZ_STR("redis"), &diag)->store->open(&c, &opened, &diag) < 0); /* and there */
    assert_int_equal(diag.errors, 1);
    yz_diag_free(&diag);
    yz_secret_free(secret);
}

/* A process that was stopped longer than an answer may take finds the answer in its socket. */
static void starved(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis(port);
    open_url("redis://127.0.0.1:%d/1", port, 1000);
    assert_true(works_within(5000));
    static client c;
    memset(&c, 0, sizeof c);
    got = 1;
    c.call = yz_call_start(&worker, &chain, 0, &(yz_request){YZ_REQUEST}, NULL, &client_parent, &c);
    turn(UV_RUN_NOWAIT);
    turn(UV_RUN_NOWAIT);
    assert_int_equal(got, 1);
    usleep(1100 * 1000);
    pump(60);
    for (ask(); got != YZ_OK; ask())
        assert_int_not_equal(got, YZ_ENOTFOUND); /* still connected, though Redis may be starved too */
    close_store();
    stop(redis);
}

static void reads_slowly(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis(port);
    open_store(port);
    assert_true(works_within(5000));
    kill(redis, SIGSTOP);
    static char bytes[1 << 20];
    yz_blob *blob = yz_blob_new((yz_str){bytes, sizeof bytes});
    size_t before = resident_kb(), most = 0;
    for (int i = 0; i < 90; i++) { /* of 100 in flight */
        yz_store_put(&worker, store, YZ_STR("big"), blob, 60000);
        size_t now = resident_kb();
        most = now > most ? now : most;
    }
#ifdef YZ_DEBUG_CHECKS
    before = most; /* sanitizers keep what was freed */
#endif
    assert_true(most - before < 40 * 1024);
    yz_blob_unref(blob);
    kill(redis, SIGCONT);
    close_store();
    stop(redis);
}

static void answers_puts_and_removes(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis(port);
    open_url("redis://127.0.0.1:%d/1", port, 2000);
    assert_true(works_within(5000)); /* the server is there: another store finds it at once */
    close_store();
    open_url("redis://127.0.0.1:%d/1", port, 2000);
    assert_int_equal(put_text("a", "1"), YZ_EIO);   /* not connected yet */
    assert_int_equal(add("first", 1, 1000), YZ_OK); /* who counts waits for it */
    assert_true(works_within(5000));
    assert_int_equal(put_text("a", "1"), YZ_OK);
    assert_int_equal(ask_for((struct question){.key = "a"}), YZ_OK);
    assert_int_equal(remove_key("a"), YZ_OK);
    assert_int_equal(remove_key("a"), YZ_ENOTFOUND);
    assert_int_equal(ask_for((struct question){.key = "a"}), YZ_ENOTFOUND);
    close_store();
    stop(redis);
}

static void adds_exactly(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis(port);
    open_url("redis://127.0.0.1:%d/1", port, 2000);
    assert_true(works_within(5000));
    assert_int_equal(add("n", 5, 60000), YZ_OK);
    assert_int_equal(sum, 5);
    assert_int_equal(add("n", -12, 60000), YZ_OK);
    assert_int_equal(sum, -7);
    assert_int_equal(ask_for((struct question){.key = "n"}), YZ_OK);
    assert_string_equal(value, "-7");
    assert_int_equal(put_text("n", "9007199254740993"), YZ_OK); /* more than a double holds exactly */
    assert_int_equal(add("n", 2, 60000), YZ_OK);
    assert_true(sum == INT64_C(9007199254740995));
    assert_int_equal(put_text("n", "9223372036854775807"), YZ_OK);
    assert_int_equal(add("n", 1, 60000), YZ_EINVAL);
    assert_int_equal(put_text("n", "many"), YZ_OK);
    assert_int_equal(add("n", 1, 60000), YZ_EINVAL);
    close_store();
    stop(redis);
}

/* The first add says how long a number lives; a number that expires while others add to it is never left without an end. */
static void numbers_end(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis(port);
    open_url("redis://127.0.0.1:%d/1", port, 2000);
    assert_true(works_within(5000));
    assert_int_equal(add("window", 1, 400), YZ_OK);
    pump(250);
    assert_int_equal(add("window", 1, 100000), YZ_OK);
    assert_int_equal(sum, 2);
    pump(250);
    assert_int_equal(add("window", 1, 400), YZ_OK);
    assert_int_equal(sum, 1);
    for (int i = 0; i < 500; i++)
        assert_int_equal(add("brief", 1, 1 + i % 3), YZ_OK);
    pump(50);
    assert_int_equal(ask_for((struct question){.key = "brief"}), YZ_ENOTFOUND);
    close_store();
    stop(redis);
}

#define HOLDER(text) ((yz_str){text, sizeof(text) - 1})

/* No more than there are; each ends by itself, unless it is renewed. */
static void leases_end(void **state) {
    (void)state;
    enum { LONG = 60000, SHORT = 400 };
    int port = free_port();
    pid_t redis = start_redis(port);
    open_url("redis://127.0.0.1:%d/1", port, 2000);
    assert_true(works_within(5000));
    assert_int_equal(acquire(HOLDER("a\0\r\n"), 2, SHORT), YZ_OK); /* a holder is bytes */
    assert_int_equal(acquire(HOLDER("a\0"), 2, LONG), YZ_OK);
    assert_int_equal(acquire(HOLDER("b"), 2, LONG), YZ_ELIMIT);
    assert_int_equal(acquire(HOLDER("a\0\r\n"), 2, SHORT), YZ_OK); /* it has one */
    pump(SHORT + 50);
    assert_int_equal(acquire(HOLDER("b"), 2, LONG), YZ_OK); /* the first is over, though the key lives as long as the second */
    assert_int_equal(acquire(HOLDER("c"), 2, LONG), YZ_ELIMIT);
    yz_store_release(&worker, store, YZ_STR("places"), HOLDER("b"));
    yz_store_release(&worker, store, YZ_STR("places"), HOLDER("nobody"));
    assert_int_equal(acquire(HOLDER("c"), 2, SHORT), YZ_OK);
    for (int i = 0; i < 8; i++) { /* twice as long as its lease */
        yz_store_renew(&worker, store, YZ_STR("places"), HOLDER("c"), SHORT);
        pump(SHORT / 4);
    }
    assert_int_equal(acquire(HOLDER("d"), 2, LONG), YZ_ELIMIT);
    pump(SHORT + 50);
    assert_int_equal(acquire(HOLDER("d"), 2, LONG), YZ_OK);
    yz_store_renew(&worker, store, YZ_STR("places"), HOLDER("c"), LONG); /* late: it is under way all the same */
    yz_store_release(&worker, store, YZ_STR("places"), HOLDER("d"));
    assert_int_equal(acquire(HOLDER("e"), 2, LONG), YZ_ELIMIT);
    close_store();
    stop(redis);
}

/* Nobody can write to a full server: that is its fault, not the number's. */
static void a_full_server_is_no_wrong_number(void **state) {
    (void)state;
    int port = free_port();
    pid_t redis = start_redis_with(port, "--maxmemory", "1");
    open_url("redis://127.0.0.1:%d/1", port, 2000);
    for (int i = 0; i < 100 && (ask(), got != YZ_ENOTFOUND); i++)
        pump(20);
    pump(300); /* connected by now */
    assert_int_equal(add("n", 1, 1000), YZ_EIO);
    assert_int_equal(put_text("n", "1"), YZ_EIO);
    close_store();
    stop(redis);
}

static void dawdle(uv_work_t *work) {
    (void)work;
    usleep(1600 * 1000);
}

/* Names are looked up on the loop's thread pool: all of it is busy for longer than a connect may take. */
static void a_slow_name_is_no_end(void **state) {
    (void)state;
    static uv_work_t work[4];
    int port = free_port();
    pid_t redis = start_redis(port);
    uv_loop_t other;
    uv_loop_init(&other);
    for (int i = 0; i < 4; i++)
        uv_queue_work(&other, &work[i], dawdle, NULL);
    open_store(port);
    ask();
    pump(1400);
    ask();
    assert_int_equal(got, YZ_ENOTFOUND);
    assert_true(works_within(8000));
    close_store();
    uv_run(&other, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&other), 0);
    stop(redis);
}

static void nonsense_is_a_miss(void **state) {
    (void)state;
    int port = free_port();
    pid_t liar = start_liar(port);
    open_store(port);
    for (int i = 0; i < 40; i++) {
        ask();
        assert_int_not_equal(got, YZ_OK);
        pump(20);
    }
    close_store();
    stop(liar);
}

static void mute_is_tried_ever_more_rarely(void **state) {
    (void)state;
    int port = free_port();
    int *welcomed = mmap(NULL, sizeof *welcomed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(welcomed != MAP_FAILED);
    pid_t mute = start_mute(port, welcomed);
    open_store(port);
    for (int64_t until = yz_clock_ms() + 3000; yz_clock_ms() < until; pump(10)) {
        ask();
        assert_int_not_equal(got, YZ_OK);
    }
    close_store();
    stop(mute);
    assert_in_range(*welcomed, 2, 8); /* not each 0.2 s */
    munmap(welcomed, sizeof *welcomed);
}

static void nobody_there(void **state) {
    (void)state;
    open_store(free_port());
    for (int i = 0; i < 20; i++) {
        assert_true(ask() <= AT_ONCE);
        assert_int_equal(got, YZ_ENOTFOUND);
        pump(10);
    }
    close_store();
}

static void bad_urls_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "http://x",
                                      "redis://",
                                      "redis://:6379",
                                      "redis://h:123456789",
                                      "rediss://",
                                      "redisss://h",
                                      "redis://h:0",
                                      "redis://h:66000",
                                      "redis://h:1x",
                                      "redis://h/x",
                                      "redis://:%4@h"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct yz_diag diag = {0};
        const yz_plugin *plugin = yz_plugin_find(YZ_STR("redis"), &diag);
        redis_config c = {.url = yz_str_of(bad[i]), .prefix = YZ_STR("t:"), .timeout = 100, .in_flight = 100};
        void *opened = NULL;
        assert_true(plugin->store->open(&c, &opened, &diag) < 0);
        assert_int_equal(diag.errors, 1);
        yz_diag_free(&diag);
    }
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    if (system("command -v redis-server >/dev/null 2>&1") != 0 && !getenv("CI")) {
        print_message("redis-server is not installed: nothing to test against\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_puts_and_removes),
        cmocka_unit_test(adds_exactly),
        cmocka_unit_test(numbers_end),
        cmocka_unit_test(leases_end),
        cmocka_unit_test(a_full_server_is_no_wrong_number),
        cmocka_unit_test(stopped_killed_and_back),
        cmocka_unit_test(a_slow_name_is_no_end),
        cmocka_unit_test(nonsense_is_a_miss),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(bad_urls_are_refused),
        cmocka_unit_test(the_last_word),
        cmocka_unit_test(next_address_and_password),
        cmocka_unit_test(a_password_of_its_own),
        cmocka_unit_test(starved),
        cmocka_unit_test(mute_is_tried_ever_more_rarely),
        cmocka_unit_test(reads_slowly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
