/* test_reach.c: what the log says of a provider that cannot be reached: one line when that begins, one for another reason, one when it is
 * over; no secret of its address; the same with four workers at once; and of one that comes and goes not a line for each time. */
#include "config/reach.h"

#include "base/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define REFUSED "connection refused"

static char path[] = "/tmp/yuzui-reach-XXXXXX";
static const yz_url url = {.tls = true,
                           .scheme = YZ_STR("https"),
                           .user = YZ_STR("sk-user-4f1c"),
                           .password = YZ_STR("sk-password-4f1c"),
                           .host = YZ_STR("api.example.com"),
                           .port = 8443,
                           .path = YZ_STR("/sk-path-4f1c/v1")};
static const yz_url proxy = {
    .scheme = YZ_STR("socks5"), .user = YZ_STR("me"), .password = YZ_STR("sk-proxy-4f1c"), .host = YZ_STR("::1"), .port = 1080};

/* What was logged since the last time, with the time and level of each line cut off. */
static char *logged(void) {
    static char text[8192];
    char line[1024];
    size_t n = 0;
    FILE *in = fopen(path, "r");
    while (fgets(line, sizeof line, in)) {
        const char *at = strstr(line, "provider ");
        assert_non_null(at);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", at);
    }
    fclose(in);
    text[n] = 0;
    assert_null(strstr(text, "4f1c"));
    assert_int_equal(truncate(path, 0), 0);
    return text;
}

/* Reasons are told apart by all of their hash: the last bits of these are the same. */
static void test_reasons_that_look_alike(void **state) {
    (void)state;
    yz_reach_of of = {YZ_STR("alike"), YZ_STR(""), &url, NULL};
    yz_reach *reach = yz_reach_find(&of);
    static const char *const alike = "it answers PING with NOAUTH Authentication required.";
    yz_reach_failed(reach, &of, 1000, REFUSED);
    yz_reach_failed(reach, &of, 1001, alike);
    char *said = logged();
    assert_non_null(strstr(said, "cannot be reached at https://api.example.com:8443: " REFUSED));
    assert_non_null(strstr(said, alike));
}

static void test_an_outage(void **state) {
    (void)state;
    yz_reach_of of = {YZ_STR("openai"), YZ_STR(""), &url, NULL};
    yz_reach *reach = yz_reach_find(&of);
    assert_ptr_equal(yz_reach_find(&of), reach);
    yz_reach_answered(reach, &of, 500);
    assert_string_equal(logged(), "");
    for (int i = 0; i < 5; i++)
        yz_reach_failed(reach, &of, 1000 + i, REFUSED);
    assert_string_equal(logged(), "provider openai cannot be reached at https://api.example.com:8443: " REFUSED "\n");
    for (int i = 0; i < 3; i++)
        yz_reach_failed(reach, &of, 2000, "it speaks plain HTTP on this port, not TLS");
    assert_string_equal(logged(),
                        "provider openai still cannot be reached at https://api.example.com:8443: it speaks plain HTTP on this port, "
                        "not TLS; base_url should begin with http://\n");
    yz_reach_answered(reach, &of, 13500);
    yz_reach_answered(reach, &of, 13501);
    assert_string_equal(logged(),
                        "provider openai is reached again at https://api.example.com:8443, after 12.5 s and 8 attempts that failed\n");
    yz_reach_failed(reach, &of, 20000, REFUSED);
    yz_reach_answered(reach, &of, 21000);
    assert_string_equal(logged(),
                        "provider openai cannot be reached at https://api.example.com:8443: " REFUSED "\n"
                        "provider openai is reached again at https://api.example.com:8443, after 1.0 s and 1 attempt that failed\n");
}

/* Half of its connections fail: a line for each would be two for every request. */
static void test_one_that_comes_and_goes(void **state) {
    (void)state;
    yz_reach_of of = {YZ_STR("shaky"), YZ_STR("tokyo"), &url, &proxy};
    yz_reach *reach = yz_reach_find(&of);
    for (int64_t now = 100000; now < 109000; now += 10) {
        yz_reach_failed(reach, &of, now, REFUSED);
        yz_reach_answered(reach, &of, now + 5);
    }
    assert_string_equal(logged(),
                        "provider shaky@tokyo cannot be reached at https://api.example.com:8443 through the proxy socks5://[::1]:1080: "
                        "" REFUSED "\nprovider shaky@tokyo is reached again at https://api.example.com:8443 through the proxy "
                        "socks5://[::1]:1080, after 0.0 s and 1 attempt that failed\n");
    yz_reach_failed(reach, &of, 109500, REFUSED); /* this time it stays away, and that is told, since when too */
    assert_string_equal(logged(), "");
    yz_reach_failed(reach, &of, 110500, REFUSED);
    assert_non_null(strstr(logged(), "cannot be reached"));
    yz_reach_answered(reach, &of, 119500);
    assert_non_null(strstr(logged(), "after 10.0 s and 2 attempts that failed"));
}

typedef struct crew {
    yz_reach *reach;
    yz_reach_of of;
    pthread_barrier_t start;
} crew;

static void *fail_often(void *arg) {
    crew *c = arg;
    pthread_barrier_wait(&c->start);
    for (int i = 0; i < 1000; i++)
        yz_reach_failed(c->reach, &c->of, 1000 + i, REFUSED);
    return NULL;
}

static void *answer_often(void *arg) {
    crew *c = arg;
    pthread_barrier_wait(&c->start);
    for (int i = 0; i < 1000; i++)
        yz_reach_answered(c->reach, &c->of, 5000 + i);
    return NULL;
}

static void together(crew *c, void *(*what)(void *arg)) {
    pthread_t threads[4];
    pthread_barrier_init(&c->start, NULL, 4);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, what, c);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&c->start);
}

static void test_four_workers_say_it_once(void **state) {
    (void)state;
    crew c = {.of = {YZ_STR("busy"), YZ_STR(""), &url, NULL}};
    c.reach = yz_reach_find(&c.of);
    together(&c, fail_often);
    assert_string_equal(logged(), "provider busy cannot be reached at https://api.example.com:8443: " REFUSED "\n");
    together(&c, answer_often);
    const char *back = logged();
    assert_non_null(strstr(back, "provider busy is reached again"));
    assert_non_null(strstr(back, "and 4000 attempts that failed\n"));
    assert_null(strchr(strchr(back, '\n') + 1, '\n'));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons_that_look_alike),
        cmocka_unit_test(test_an_outage),
        cmocka_unit_test(test_one_that_comes_and_goes),
        cmocka_unit_test(test_four_workers_say_it_once),
    };
    int file = mkstemp(path);
    if (file < 0 || !yz_log_open(path))
        return 1;
    close(file);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
