/* test_dns.c: names to addresses: literals, cache, shared look-ups, forgotten questions, failures. */
#include "net_fixture.h"

#include <arpa/inet.h>

typedef struct question {
    yz_dns_query *query;
    bool done, inside;
    size_t n;
    char first[INET6_ADDRSTRLEN], words[128];
    uint16_t port;
} question;

static void on_answer(void *arg, const struct sockaddr_storage *addresses, size_t n, const char *words) {
    question *q = arg;
    assert_false(q->inside || q->done);
    q->done = true;
    q->n = n;
    snprintf(q->words, sizeof q->words, "%s", words ? words : "");
    if (n && addresses[0].ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&addresses[0];
        inet_ntop(AF_INET, &in->sin_addr, q->first, sizeof q->first);
        q->port = ntohs(in->sin_port);
    } else if (n) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&addresses[0];
        inet_ntop(AF_INET6, &in->sin6_addr, q->first, sizeof q->first);
        q->port = ntohs(in->sin6_port);
    }
}

static void ask(question *q, const char *host, uint16_t port) {
    memset(q, 0, sizeof *q);
    q->inside = true;
    q->query = yz_dns_ask(F.worker.dns, yz_str_of(host), port, on_answer, q);
    q->inside = false;
}

static int set_up(void **state) {
    (void)state;
    fixture_open();
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    fixture_close();
    return 0;
}

static void literals(void **state) {
    (void)state;
    question q;
    ask(&q, "192.0.2.7", 443);
    fixture_wait(&q.done, 100);
    assert_int_equal(q.n, 1);
    assert_string_equal(q.first, "192.0.2.7");
    assert_int_equal(q.port, 443);
    ask(&q, "2001:db8::1", 80);
    fixture_wait(&q.done, 100);
    assert_string_equal(q.first, "2001:db8::1");
    assert_int_equal(q.port, 80);
}

static void names_are_kept(void **state) {
    (void)state;
    question q;
    ask(&q, "localhost", 8080);
    fixture_wait(&q.done, 5000);
    assert_true(q.n >= 1);
    assert_true(strcmp(q.first, "127.0.0.1") == 0 || strcmp(q.first, "::1") == 0);
    assert_int_equal(q.port, 8080);
    ask(&q, "LocalHost", 81);
    fixture_turn(); /* no look-up: the next turn answers */
    assert_true(q.done);
    assert_int_equal(q.port, 81);
    yz_clock_skip(61000);
    fixture_turn();
    ask(&q, "localhost", 82);
    fixture_turn();
    assert_false(q.done); /* too old */
    fixture_wait(&q.done, 5000);
}

static void equal_questions_share(void **state) {
    (void)state;
    question q[5];
    for (int i = 0; i < 5; i++)
        ask(&q[i], "localhost", (uint16_t)(100 + i));
    yz_dns_forget(q[1].query);
    for (int i = 0; i < 5; i++)
        if (i != 1)
            fixture_wait(&q[i].done, 5000);
    assert_false(q[1].done);
    assert_int_equal(q[4].port, 104);
}

static void failures_are_kept_briefly(void **state) {
    (void)state;
    question q;
    ask(&q, "no-such-host.invalid", 1);
    fixture_wait(&q.done, 20000);
    assert_int_equal(q.n, 0);
    assert_true(strlen(q.words) > 0);
    ask(&q, "no-such-host.invalid", 1);
    fixture_turn();
    assert_true(q.done);
    yz_clock_skip(6000);
    fixture_turn();
    ask(&q, "no-such-host.invalid", 1);
    fixture_turn();
    assert_false(q.done);
    fixture_wait(&q.done, 20000);
}

static void nonsense(void **state) {
    (void)state;
    question q;
    char longest[300];
    memset(longest, 'a', 299);
    longest[299] = 0;
    const char *names[] = {"", longest, "a b", "..", "[::1]"};
    for (size_t i = 0; i < 5; i++) {
        ask(&q, names[i], 1);
        fixture_wait(&q.done, 20000);
        assert_int_equal(q.n, 0);
    }
}

/* Forgotten in every state: queued, looked up, waiting with others; and a resolver freed while it looks up. */
static void forgotten(void **state) {
    (void)state;
    question q, r;
    ask(&q, "127.0.0.1", 1);
    yz_dns_forget(q.query);
    ask(&r, "localhost", 1);
    yz_dns_forget(r.query);
    ask(&r, "localhost", 1); /* the call-off of the first must not lose this one */
    fixture_wait(&r.done, 5000);
    assert_true(r.n >= 1);
    assert_false(q.done);
    ask(&q, "localhost", 1); /* known */
    yz_dns_forget(q.query);
    fixture_turn();
    assert_false(q.done);
    for (int i = 0; i < 600; i++) { /* more names than are kept */
        char name[64];
        snprintf(name, sizeof name, "host-%d.invalid.", i);
        ask(&q, name, 1);
        yz_dns_forget(q.query);
    }
    ask(&r, "gone.invalid", 1);
    yz_dns_forget(r.query);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(literals), TEST(names_are_kept), TEST(equal_questions_share), TEST(failures_are_kept_briefly),
                                       TEST(nonsense), TEST(forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
