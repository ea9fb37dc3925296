/* test_dial.c: the race between the addresses of a name. The resolver is replaced by one that answers what the test says. */
#include "net/dns.h"
#include "net_fixture.h"
#include "upstream/dial.h"

#include <arpa/inet.h>

static uint16_t open_port, hanging_port, closed_port;

/* ---- a resolver of our own ------------------------------------------------------------------------------------------------ */

struct yz_dns_query {
    yz_task task;
    yz_dns_hook *hook;
    void *arg;
};

static struct sockaddr_storage answers[8];
static size_t n_answers;

yz_dns *yz_dns_new(yz_worker *worker) { return (yz_dns *)worker; }
void yz_dns_free(yz_dns *dns) { (void)dns; }
static void answer(yz_task *task) {
    yz_dns_query *query = YZ_CONTAINER(task, yz_dns_query, task);
    query->hook(query->arg, answers, n_answers, "nothing was found");
    free(query);
}
yz_dns_query *yz_dns_ask(yz_dns *dns, yz_str host, uint16_t port, yz_dns_hook *hook, void *arg) {
    yz_dns_query *query = calloc(1, sizeof *query);
    (void)dns, (void)host, (void)port;
    query->task.run = answer;
    query->hook = hook;
    query->arg = arg;
    yz_task_post(&F.worker.turn, &query->task);
    return query;
}
void yz_dns_forget(yz_dns_query *query) {
    yz_task_drop(&query->task);
    free(query);
}

static void add(const char *address, uint16_t port) {
    struct sockaddr_storage *at = &answers[n_answers++];
    if (strchr(address, ':'))
        uv_ip6_addr(address, port, (struct sockaddr_in6 *)at);
    else
        uv_ip4_addr(address, port, (struct sockaddr_in *)at);
}

/* ---- servers: one that takes connections, one that lets them hang ------------------------------------------------------------ */

static uv_tcp_t listener;
static unsigned taken;
static yz_stream *accepted[8];

static void ignore_open(void *arg, int code, const char *words) { (void)arg, (void)code, (void)words; }
static void ignore_bytes(void *arg, const char *p, size_t n) { (void)arg, (void)p, (void)n; }
static void ignore(void *arg) { (void)arg; }
static const yz_stream_hooks quiet = {ignore_open, ignore_bytes, ignore, ignore, ignore_open};

static void on_connection(uv_stream_t *handle, int status) {
    (void)status;
    accepted[taken++] = yz_stream_accept(&F.worker, handle, NULL, &quiet, NULL);
}

static void serve(void) { open_port = fixture_listen(&listener, 0, on_connection); }

/* A listener nobody accepts from, with a full queue: the kernel drops what asks to connect. */
static int hanging[4] = {-1, -1, -1, -1};
static void let_hang(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    hanging[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(hanging[0], (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(hanging[0], 0), 0);
    assert_int_equal(getsockname(hanging[0], (struct sockaddr *)&address, &size), 0);
    hanging_port = ntohs(address.sin_port);
    for (int i = 1; i < 4; i++) {
        hanging[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(hanging[i], (const struct sockaddr *)&address, sizeof address);
    }
}

/* ---- one dial ----------------------------------------------------------------------------------------------------------------- */

static struct {
    bool done;
    yz_stream *stream;
    char words[100];
    int64_t took;
} D;

static void on_dialled(void *arg, yz_stream *stream, const char *words) {
    (void)arg;
    D.done = true;
    D.stream = stream;
    snprintf(D.words, sizeof D.words, "%s", words);
    if (stream)
        yz_stream_own(stream, &quiet, NULL);
}

static const yz_url url = {.scheme = {"http", 4}, .host = {"example.com", 11}, .port = 80};

static yz_dial_plan plan;

static yz_dial *begin(void) {
    memset(&D, 0, sizeof D);
    return yz_dial_start(&F.worker, &plan, on_dialled, NULL);
}

static void run(void) {
    int64_t began = yz_clock_ms();
    begin();
    fixture_wait(&D.done, 3000);
    D.took = yz_clock_ms() - began;
}

static int set_up(void **state) {
    (void)state;
    fixture_open();
    closed_port = fixture_closed_port();
    serve();
    let_hang();
    n_answers = 0;
    taken = 0;
    plan = (yz_dial_plan){.url = &url};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (D.stream)
        yz_stream_close(D.stream);
    for (unsigned i = 0; i < taken; i++)
        yz_stream_close(accepted[i]);
    for (int i = 0; i < 4; i++)
        close(hanging[i]);
    uv_close((uv_handle_t *)&listener, NULL);
    memset(&D, 0, sizeof D);
    fixture_close();
    return 0;
}

static void first_wins(void **state) {
    (void)state;
    add("127.0.0.1", open_port);
    add("127.0.0.1", hanging_port);
    run();
    assert_non_null(D.stream);
    fixture_rest(300); /* the second must not start after all */
    assert_int_equal(taken, 1);
}

static void second_starts_late(void **state) {
    (void)state;
    add("127.0.0.1", hanging_port);
    add("127.0.0.1", open_port);
    run();
    assert_non_null(D.stream);
    assert_true(D.took >= 240);
}

static void second_starts_at_once_on_failure(void **state) {
    (void)state;
    add("127.0.0.1", closed_port); /* nobody */
    add("::1", closed_port);
    add("127.0.0.1", open_port);
    for (int tries = 1;; tries++) { /* a machine that stalls is slow, but not each time */
        run();
        assert_non_null(D.stream);
        if (D.took < 450) /* not 250 ms each */
            break;
        assert_true(tries < 10);
        yz_stream_close(D.stream);
    }
}

static void all_fail(void **state) {
    (void)state;
    add("127.0.0.1", closed_port);
    add("127.0.0.1", closed_port);
    run();
    assert_null(D.stream);
    assert_string_equal(D.words, "connection refused");
    n_answers = 0;
    run();
    assert_null(D.stream);
    assert_string_equal(D.words, "nothing was found");
}

/* One hangs, the other fails late in the race: the hanging one still counts. */
static void the_slow_one_still_runs(void **state) {
    (void)state;
    add("127.0.0.1", hanging_port);
    add("127.0.0.1", closed_port);
    yz_dial *dial = begin();
    fixture_rest(400);
    assert_false(D.done);
    assert_string_equal(yz_dial_state(dial), "connect");
    yz_dial_stop(dial);
    fixture_rest(20);
    assert_false(D.done);
}

/* The name may have meant something else when somebody looked before. */
static void no_private_address(void **state) {
    (void)state;
    plan.public_only = true;
    add("2606:4700::1111", 9);
    add("127.0.0.1", open_port);
    run();
    assert_null(D.stream);
    assert_non_null(strstr(D.words, "its address is private"));
    assert_int_equal(taken, 0);
}

static void which_addresses_are_private(void **state) {
    (void)state;
    static const char *const secret[] = {"127.0.0.1",
                                         "0.0.0.0",
                                         "10.1.2.3",
                                         "100.64.0.1",
                                         "169.254.169.254",
                                         "172.31.255.255",
                                         "192.168.0.1",
                                         "224.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "fe80::1",
                                         "fc00::1",
                                         "fd00:ec2::254",
                                         "ff02::1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:169.254.169.254",
                                         "::127.0.0.1",
                                         "64:ff9b::10.0.0.1",
                                         "64:ff9b:1::1",
                                         "2002:7f00:1::",
                                         "2002:a9fe:a9fe::1"};
    static const char *const open[] = {"1.1.1.1",         "100.128.0.1",    "172.32.0.1",       "192.169.0.1",    "223.255.255.255",
                                       "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        n_answers = 0;
        add(secret[i], 1);
        assert_true(yz_address_is_private(&answers[0]));
    }
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        n_answers = 0;
        add(open[i], 1);
        assert_false(yz_address_is_private(&answers[0]));
    }
}

static void stopped_anywhere(void **state) {
    (void)state;
    add("127.0.0.1", hanging_port);
    add("127.0.0.1", hanging_port);
    yz_dial_stop(begin());
    yz_dial *dial = begin();
    fixture_rest(20);
    yz_dial_stop(dial);
    dial = begin();
    fixture_rest(280);
    yz_dial_stop(dial);
    fixture_rest(20);
    assert_false(D.done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(first_wins),         TEST(second_starts_late),          TEST(second_starts_at_once_on_failure),
        TEST(all_fail),           TEST(the_slow_one_still_runs),     TEST(stopped_anywhere),
        TEST(no_private_address), TEST(which_addresses_are_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
