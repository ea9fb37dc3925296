/* The Redis store over TLS, against a real server: whom it believes, whom the server believes, and answers of many records. */
#include "base/log.h"
#include "certs.h"
#include "redis_world.h"

/* It wants to see a certificate of its clients, too. */
static pid_t start_sealed_redis(int port) {
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        char text[8];
        snprintf(text, sizeof text, "%d", port);
        if (!freopen("/dev/null", "w", stdout))
            _exit(1);
        execlp("redis-server", "redis-server", "--port", "0", "--tls-port", text, "--bind", "127.0.0.1", "--save", "", "--tls-cert-file",
               certs_path("good.pem"), "--tls-key-file", certs_path("good.key"), "--tls-ca-cert-file", certs_path("ca.pem"), (char *)NULL);
        _exit(127);
    }
    return pid;
}

static char log_file[] = "/tmp/yuzui-test-redis-XXXXXX";

/* What the log says since it was asked last. */
static const char *log_said(void) {
    static char said[4096];
    FILE *in = fopen(log_file, "r");
    assert_non_null(in);
    said[fread(said, 1, sizeof said - 1, in)] = 0;
    fclose(in);
    assert_int_equal(truncate(log_file, 0), 0);
    return said;
}

static bool slow; /* what is wrong shows after a second */

static bool never_works(const char *fmt, int port) {
    bool worked = false;
    open_url(fmt, port, 1000);
    for (int i = 0; i < (slow ? 80 : 20) && !worked; i++, pump(20))
        worked = put_text("never", "v") == YZ_OK;
    close_store();
    return !worked;
}

/* It does not work, and the log says why. */
static void fails(const char *fmt, int port, const char *why) {
    log_said();
    assert_true(never_works(fmt, port));
    const char *said = log_said();
    if (!strstr(said, why))
        fail_msg("expected \"%s\" in: %s", why, said);
}

static void speaks_tls(void **state) {
    (void)state;
    certs_open();
    int port = free_port();
    pid_t redis = start_sealed_redis(port);
    tls.ca = certs_path("ca.pem"), tls.cert = certs_path("good.pem"), tls.key = certs_path("good.key");
    open_url("rediss://localhost:%d/1", port, 2000);
    assert_true(works_within(5000));
    static char large[3 << 20]; /* many records, more than the socket takes at once */
    memset(large, 'x', sizeof large);
    yz_blob *blob = yz_blob_new((yz_str){large, sizeof large});
    assert_int_equal(ask_for((struct question){.what = PUT, .key = "large", .value = blob, .ttl = 60000}), YZ_OK);
    yz_blob_unref(blob);
    for (int64_t until = yz_clock_ms() + 20000; ask_for((struct question){.key = "large"}) != YZ_OK;) /* a busy machine is slow */
        assert_true(yz_clock_ms() < until);
    assert_int_equal(add("n", 3, 60000), YZ_OK);
    kill(redis, SIGSTOP);                               /* and what is late is late */
    assert_int_not_equal(put_text("late", "v"), YZ_OK); /* a key of its own: it may be stored yet */
    kill(redis, SIGCONT);
    assert_true(works_within(8000));
    close_store();
    open_url("rediss://127.0.0.1:%d", port, 1000); /* an address is among the certificate's, too */
    assert_true(works_within(5000));
    close_store();

    fails("rediss://two.test:%d", port,
          "hostname mismatch: its certificate is for other names"); /* the same server, but the certificate is for another name */
    tls.ca = tls.cert;                                              /* no authority */
    fails("rediss://localhost:%d", port, "certificate");
    tls.ca = NULL; /* the system's */
    fails("rediss://localhost:%d", port, "ca = \"/….pem\" names the authority");
    tls.insecure = true;
    assert_false(never_works("rediss://two.test:%d", port));
    tls.cert = tls.key = NULL;
    fails("rediss://localhost:%d", port, "certificate required"); /* the server does not know us */
    tls.insecure = false;
    fails("redis://localhost:%d", port, "if it speaks TLS there, the url begins with rediss://"); /* it takes TLS alone */
    stop(redis);
    redis = start_redis(port = free_port());
    slow = true;
    fails("rediss://localhost:%d", port, "it does not answer the TLS handshake"); /* no TLS there */
    slow = false;
    stop(redis);
    certs_close();
    memset(&tls, 0, sizeof tls);
}

static void bad_files_are_refused(void **state) {
    (void)state;
    certs_open();
    const char *ca = certs_path("ca.pem"), *cert = certs_path("good.pem"), *key = certs_path("good.key"), *other = certs_path("ca.key");
    const struct {
        const char *url, *ca, *cert, *key;
        bool insecure;
    } bad[] = {
        {.url = "rediss://h", .ca = "/nowhere.pem"},
        {.url = "rediss://h", .ca = "cert.pem"}, /* in which folder? */
        {.url = "rediss://h", .ca = other},      /* no certificate */
        {.url = "rediss://h", .cert = cert},
        {.url = "rediss://h", .key = key},
        {.url = "rediss://h", .cert = cert, .key = other}, /* of another one */
        {.url = "redis://h", .ca = ca},
        {.url = "redis://h", .insecure = true},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct yz_diag diag = {0};
        redis_config c = {.url = yz_str_of(bad[i].url),
                          .ca = yz_str_of(bad[i].ca),
                          .cert = yz_str_of(bad[i].cert),
                          .key = yz_str_of(bad[i].key),
                          .insecure = bad[i].insecure};
        void *opened = NULL;
        assert_true(yz_plugin_find(YZ_STR("redis"), &diag)->store->open(&c, &opened, &diag) < 0);
        assert_int_equal(diag.errors, 1);
        yz_diag_free(&diag);
    }
    certs_close();
    memset(&tls, 0, sizeof tls);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    if (system("command -v redis-server >/dev/null 2>&1") != 0 && !getenv("CI")) {
        print_message("redis-server is not installed: nothing to test against\n");
        return 0;
    }
    int fd = mkstemp(log_file);
    assert_true(fd >= 0 && yz_log_open(log_file));
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_tls),
        cmocka_unit_test(bad_files_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(log_file);
    return failed;
}
