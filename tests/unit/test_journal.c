/* test_journal.c: what of a request is written down: the ring of the last ones, the client a proxy speaks for, the log's file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/network.h"
#include "journal/recent.h"
#include "server/forwarded.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- networks -------------------------------------------------------------------------------------------------------- */

static bool within(const char *network, const char *address) {
    yz_network n;
    assert_true(yz_network_parse(yz_str_of(network), &n));
    return yz_network_holds(&n, 1, yz_str_of(address));
}

static void networks(void **state) {
    (void)state;
    assert_true(within("10.0.0.0/8", "10.255.0.1"));
    assert_false(within("10.0.0.0/8", "11.0.0.1"));
    assert_true(within("10.1.2.128/25", "10.1.2.200"));
    assert_false(within("10.1.2.128/25", "10.1.2.100"));
    assert_true(within("0.0.0.0/0", "203.0.113.9"));
    assert_true(within("192.0.2.7", "192.0.2.7"));
    assert_false(within("192.0.2.7", "192.0.2.8"));
    assert_true(within("10.0.0.0/8", "::ffff:10.1.1.1")); /* as a socket for both families shows it */
    assert_true(within("fd00::/8", "fd12::1"));
    assert_false(within("fd00::/8", "10.0.0.1"));
    assert_false(within("0.0.0.0/0", "::1"));
    yz_network n;
    static const char *const wrong[] = {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129", "a.example", "10.0.0.0/-1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(yz_network_parse(yz_str_of(wrong[i]), &n));
}

/* ---- whom a proxy speaks for ------------------------------------------------------------------------------------------- */

static const char *client_of(const char *peer, const char *first, const char *second) {
    static char text[64];
    yz_network trusted[2];
    yz_header headers[3] = {
        {YZ_STR("host"), YZ_STR("x")}, {YZ_STR("x-forwarded-for"), yz_str_of(first)}, {YZ_STR("x-forwarded-for"), yz_str_of(second)}};
    yz_h1_head head = {.headers = headers, .n_headers = second ? 3 : 2};
    assert_true(yz_network_parse(YZ_STR("10.0.0.0/8"), &trusted[0]));
    assert_true(yz_network_parse(YZ_STR("::1"), &trusted[1]));
    snprintf(text, sizeof(text), "%.*s", YZ_STR_ARGS(yz_forwarded_client(trusted, 2, yz_str_of(peer), &head)));
    return text;
}

static void whom_a_proxy_speaks_for(void **state) {
    (void)state;
    assert_string_equal(client_of("10.0.0.1", "192.0.2.9", NULL), "192.0.2.9");
    assert_string_equal(client_of("192.0.2.1", "192.0.2.9", NULL), "192.0.2.1");         /* nobody trusts the peer */
    assert_string_equal(client_of("10.0.0.1", "8.8.8.8, 192.0.2.9", NULL), "192.0.2.9"); /* the client's own word is not believed */
    assert_string_equal(client_of("10.0.0.1", "8.8.8.8, 192.0.2.9 ,10.0.0.7", NULL), "192.0.2.9"); /* over two proxies */
    assert_string_equal(client_of("10.0.0.1", "8.8.8.8", "192.0.2.9"), "192.0.2.9");               /* two headers are one list */
    assert_string_equal(client_of("::1", "[2001:db8::5]:4711", NULL), "2001:db8::5");
    assert_string_equal(client_of("10.0.0.1", "192.0.2.9:1234", NULL), "192.0.2.9");
    assert_string_equal(client_of("10.0.0.1", "unknown", NULL), "10.0.0.1");
    assert_string_equal(client_of("10.0.0.1", "8.8.8.8, my prompt", NULL), "10.0.0.1");
    assert_string_equal(client_of("10.0.0.1", "0.0.0.0/0", NULL), "10.0.0.1");
    assert_string_equal(client_of("10.0.0.1", "", NULL), "10.0.0.1");
    assert_string_equal(client_of("10.0.0.1", "10.0.0.3", NULL), "10.0.0.3"); /* proxies all the way: the first of them */
}

/* ---- the last requests --------------------------------------------------------------------------------------------------- */

static void the_last_requests(void **state) {
    (void)state;
    yz_recent *recent = yz_recent_new();
    char id[32];
    assert_int_equal(yz_recent_find(recent, YZ_STR("r1")).n, 0);
    for (int i = 1; i <= YZ_RECENT_MAX + 5; i++) {
        snprintf(id, sizeof(id), "r%d", i);
        yz_buf_printf(yz_recent_add(recent, yz_str_of(id)), "{%d}", i);
    }
    assert_int_equal(yz_recent_count(recent), YZ_RECENT_MAX + 5);
    assert_int_equal(yz_recent_at(recent, 5).n, 0); /* gone */
    assert_true(yz_str_is(yz_recent_at(recent, 6), "{6}"));
    assert_true(yz_str_is(yz_recent_at(recent, YZ_RECENT_MAX + 5), "{1005}"));
    assert_int_equal(yz_recent_at(recent, YZ_RECENT_MAX + 6).n, 0);
    assert_int_equal(yz_recent_at(recent, 0).n, 0);
    assert_true(yz_str_is(yz_recent_find(recent, YZ_STR("r700")), "{700}"));
    assert_int_equal(yz_recent_find(recent, YZ_STR("r2")).n, 0);
    yz_buf_str(yz_recent_add(recent, YZ_STR("r700")), YZ_STR("{again}"));
    assert_true(yz_str_is(yz_recent_find(recent, YZ_STR("r700")), "{again}")); /* the last one of a client that uses an id twice */
    yz_recent_free(recent);
}

/* ---- the log's file -------------------------------------------------------------------------------------------------------- */

static const char *read_all(const char *path) {
    static char text[4096];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
    return text;
}

static void the_log_has_a_file(void **state) {
    (void)state;
    char folder[] = "/tmp/yuzui-log-XXXXXX", path[64], moved[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/log", folder);
    snprintf(moved, sizeof(moved), "%s/log.1", folder);
    assert_false(yz_log_open("/no/such/folder/log"));
    assert_int_equal(yz_log_fd(), STDERR_FILENO);
    assert_true(yz_log_open(path));
    int fd = yz_log_fd();
    yz_log(YZ_LOG_WARN, "one\nline");
    yz_log_json(true);
    yz_log(YZ_LOG_ERROR, "a \"quoted\" one");
    yz_log_json(false);
    const char *text = read_all(path);
    assert_non_null(strstr(text, "Z warn one\\x0aline\n{\"time\":\"2"));
    assert_non_null(strstr(text, "Z\",\"level\":\"error\",\"message\":\"a \\\"quoted\\\" one\"}\n"));
    assert_int_equal(rename(path, moved), 0);
    yz_log(YZ_LOG_WARN, "before");
    assert_true(yz_log_reopen());
    yz_log(YZ_LOG_WARN, "after");
    assert_int_equal(yz_log_fd(), fd); /* so that no thread writes to a closed one */
    assert_non_null(strstr(read_all(moved), "before"));
    assert_null(strstr(read_all(moved), "after"));
    assert_non_null(strstr(read_all(path), "after"));
    assert_true(yz_log_open(NULL)); /* back to stderr */
    yz_log(YZ_LOG_WARN, "elsewhere");
    assert_null(strstr(read_all(path), "elsewhere"));
    unlink(path);
    unlink(moved);
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks),
        cmocka_unit_test(whom_a_proxy_speaks_for),
        cmocka_unit_test(the_last_requests),
        cmocka_unit_test(the_log_has_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
