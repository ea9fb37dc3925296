/* test_http_client.c: the HTTP client of plugins against a scripted peer: what is sent, what comes back, what is refused before a byte
 * goes out, and that nothing outlives its call or its client. */
#define FIXTURE_POOLS
#include "base/diag.h"
#include "base/secret.h"
#include "call/tree.h"
#include "peer.h"

#include <yuzui/http.h>

#define OK_ANSWER "HTTP/1.1 200 OK\r\nX-Kind: test\r\ncontent-length: 5\r\n\r\nhello"

typedef struct result {
    bool done, inside;
    int status, answers, errors;
    char body[64], kind[16], message[200];
    yz_error_class class_;
    yz_started started;
} result;

static peer P;
static result R;
static yz_http *http;
static yz_http_exchange *exchange;
static yz_http_plan plan;
static char url[100];
static bool cancel_inside;

/* ---- hooks ---------------------------------------------------------------------------------------------------------------- */

static void on_answer(void *arg, const yz_http_answer *answer) {
    result *r = arg;
    assert_false(r->inside);
    assert_int_equal(answer->size, sizeof(*answer));
    r->answers++;
    r->done = true;
    r->status = answer->status;
    snprintf(r->body, sizeof(r->body), "%.*s", YZ_STR_ARGS(answer->body));
    for (size_t i = 0; i < answer->n_headers; i++)
        if (yz_str_is(answer->headers[i].name, "x-kind"))
            snprintf(r->kind, sizeof(r->kind), "%.*s", YZ_STR_ARGS(answer->headers[i].value));
    if (cancel_inside)
        yz_http_cancel(exchange);
}

static void on_error(void *arg, const yz_error *error) {
    result *r = arg;
    assert_false(r->inside);
    r->errors++;
    r->done = true;
    r->class_ = error->class_;
    r->started = error->started;
    snprintf(r->message, sizeof(r->message), "%.*s", YZ_STR_ARGS(error->message));
}

static const yz_http_hooks hooks = {YZ_HTTP_HOOKS, .on_answer = on_answer, .on_error = on_error};

/* ---- a world ---------------------------------------------------------------------------------------------------------------- */

static void serve(const peer_script *scripts, size_t n) {
    peer_open(&P, 0, scripts, n);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/a/b?c=1", P.port);
    plan.url = yz_str_of(url);
}
#define SERVE(...)                                                                                                                         \
    static const peer_script scripts[] = {__VA_ARGS__};                                                                                    \
    serve(scripts, sizeof scripts / sizeof *scripts)

static void start(yz_call *call) {
    R.inside = true;
    exchange = yz_http_start(http, call, &plan, &hooks, &R);
    R.inside = false;
}

static void ask(void) {
    memset(&R, 0, sizeof(R));
    start(NULL);
    fixture_wait(&R.done, 8000);
}

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    fixture_open();
    memset(&P, 0, sizeof(P));
    memset(&R, 0, sizeof(R));
    cancel_inside = false;
    plan = (yz_http_plan){YZ_HTTP_PLAN};
    http = yz_http_open(&F.worker, &diag);
    assert_non_null(http);
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_http_close(http);
    if (P.port)
        peer_close(&P);
    fixture_close();
    return 0;
}

static void expect_sent(const char *text) {
    yz_buf_char(&P.last, '\0');
    P.last.n--;
    if (!strstr(P.last.p, text))
        fail_msg("\"%s\" was not sent: %s", text, P.last.p);
}

static void expect_error(yz_error_class class_, const char *text) {
    if (R.errors != 1 || R.answers || R.class_ != class_ || !strstr(R.message, text))
        fail_msg("errors %d answers %d class %d \"%s\"", R.errors, R.answers, (int)R.class_, R.message);
}

/* ---- what goes and comes ---------------------------------------------------------------------------------------------------- */

static void a_get(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER}, {.answer = "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"});
    const yz_header headers[] = {{YZ_STR("x-mine"), YZ_STR("yes")}};
    yz_secret *secret = yz_secret_new(YZ_STR("tok-1"));
    plan.headers = headers, plan.n_headers = 1;
    plan.secret = secret;
    ask();
    assert_int_equal(R.answers, 1);
    assert_int_equal(R.status, 200);
    assert_string_equal(R.body, "hello");
    assert_string_equal(R.kind, "test");
    expect_sent("GET /a/b?c=1 HTTP/1.1\r\nhost: 127.0.0.1:");
    expect_sent("\r\nx-mine: yes\r\n");
    expect_sent("\r\nauthorization: Bearer tok-1\r\n");
    plan.secret_header = "x-token";
    ask();
    assert_int_equal(R.status, 503); /* an answer like others */
    expect_sent("\r\nx-token: tok-1\r\n");
    assert_int_equal(P.connections, 1);
    yz_secret_free(secret);
}

/* All of the plan is copied: what it was made of may change at once. */
static void a_post_of_what_is_gone(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    char body[] = "{\"event\":1}", name[] = "x-mine", value[] = "yes";
    yz_header headers[] = {{yz_str_of(name), yz_str_of(value)}};
    plan.body = yz_str_of(body);
    plan.headers = headers, plan.n_headers = 1;
    start(NULL);
    memset(body, '!', sizeof(body));
    memset(name, '!', sizeof(name));
    memset(value, '!', sizeof(value));
    memset(url, '!', sizeof(url));
    fixture_wait(&R.done, 8000);
    assert_int_equal(R.status, 200);
    expect_sent("POST /a/b?c=1 HTTP/1.1");
    expect_sent("\r\nx-mine: yes\r\n");
    expect_sent("\r\ncontent-length: 11\r\n");
    expect_sent("\r\n\r\n{\"event\":1}");
}

static void a_webhook_nobody_waits_for(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    assert_non_null(yz_http_start(http, NULL, &plan, NULL, NULL));
    for (int i = 0; i < 400 && P.requests == 0; i++)
        fixture_rest(10);
    assert_int_equal(P.requests, 1);
    fixture_rest(20);
}

/* A plan of an older, shorter kind: what it lacks is not said. */
static void a_shorter_plan(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    plan.size = offsetof(yz_http_plan, public_only);
    plan.public_only = true;
    ask();
    assert_int_equal(R.status, 200);
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------------- */

static void answers_are_bounded(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    plan.max_body = 5;
    ask();
    assert_int_equal(R.answers, 1);
    plan.max_body = 4;
    ask();
    expect_error(YZ_ERROR_BROKEN, "its answer is larger than 4 bytes");
    assert_int_equal(R.started, YZ_STARTED_MAYBE);
}

static void silence_has_an_end(void **state) {
    (void)state;
    SERVE({.silent = true});
    plan.total = 100;
    ask();
    expect_error(YZ_ERROR_TIMEOUT, "");
}

static void redirects_are_not_followed(void **state) {
    (void)state;
    SERVE({.answer = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n"});
    ask();
    expect_error(YZ_ERROR_SERVER, "redirect");
}

static void private_addresses_can_be_refused(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    plan.public_only = true;
    ask();
    expect_error(YZ_ERROR_CONNECT, "");
    assert_int_equal(P.connections, 0);
}

/* ---- what is refused before a byte goes out ----------------------------------------------------------------------------------- */

static void expect_refused(const char *text) {
    ask();
    expect_error(YZ_ERROR_INTERNAL, "the request cannot be sent: ");
    if (!strstr(R.message, text))
        fail_msg("\"%s\" is not in \"%s\"", text, R.message);
    assert_int_equal(R.started, YZ_STARTED_NO);
    assert_int_equal(P.connections, 0);
}

static void nothing_is_smuggled_into_a_head(void **state) {
    (void)state;
    static const yz_header bad[] = {{{"x-a", 3}, {"1\r\nx-b: 2", 9}},
                                    {{"x-a: 1\r\nx-b", 11}, {"2", 1}},
                                    {{"x-a", 3}, {"1\0", 2}},
                                    {{"", 0}, {"1", 1}},
                                    {{"Host", 4}, {"other", 5}},
                                    {{"content-length", 14}, {"0", 1}},
                                    {{"transfer-encoding", 17}, {"chunked", 7}}};
    SERVE({.answer = OK_ANSWER});
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        plan.headers = &bad[i], plan.n_headers = 1;
        expect_refused("header");
    }
    plan.n_headers = 65;
    expect_refused("more than 64");
    plan.n_headers = 0;
    static const char *const methods[] = {"GET /x HTTP/1.1\r\nx: y\r\n\r\nGET", "GE T", "CONNECT", "connect"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        plan.method = yz_str_of(methods[i]);
        expect_refused("method");
    }
    plan.method = YZ_STR("");
    yz_secret *secret = yz_secret_new(YZ_STR("tok")), *broken = yz_secret_new(YZ_STR("tok\r\nx: y"));
    plan.secret = secret;
    static const char *const names[] = {"x-a\r\nx-b", "host", "content-length", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        plan.secret_header = names[i];
        expect_refused("header of its secret");
    }
    plan.secret_header = "x-a";
    plan.secret_prefix = "a\r\nb: ";
    expect_refused("header of its secret");
    plan.secret_prefix = NULL;
    plan.secret = broken;
    expect_refused("key");
    yz_secret_free(secret);
    yz_secret_free(broken);
}

static void urls_are_read_strictly(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "127.0.0.1",
                                      "ftp://127.0.0.1/",
                                      "socks5://127.0.0.1/",
                                      "http://",
                                      "http://127.0.0.1/a b",
                                      "http://127.0.0.1/a\r\nx: y",
                                      "http://127.0.0.1\r\nx: y/",
                                      "http://127.0.0.1/#part",
                                      "http://127.0.0.1/\xc3\xa4",
                                      "http://user:password@127.0.0.1/",
                                      "http://127.0.0.1:0/",
                                      "http://127.0.0.1:99999/"};
    SERVE({.answer = OK_ANSWER});
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        plan.url = yz_str_of(bad[i]);
        expect_refused("it");
        assert_null(strstr(R.message, "password@"));
    }
}

static void a_rehearsal_asks_nobody(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    yz_pools *pools = F.worker.pools;
    F.worker.pools = NULL;
    ask();
    expect_error(YZ_ERROR_UNAVAILABLE, "rehearsal");
    F.worker.pools = pools;
}

/* ---- the end ---------------------------------------------------------------------------------------------------------------------- */

static void cancelled_ones_are_silent(void **state) {
    (void)state;
    SERVE({.silent = true});
    start(NULL);
    for (int i = 0; i < 400 && P.requests == 0; i++)
        fixture_rest(10);
    yz_http_cancel(exchange);
    for (int i = 0; i < 400 && P.gone == 0; i++)
        fixture_rest(10);
    assert_int_equal(P.gone, 1);
    assert_int_equal(R.answers + R.errors, 0);
    plan.url = YZ_STR("nonsense"); /* what would be reported later */
    start(NULL);
    yz_http_cancel(exchange);
    fixture_rest(20);
    assert_int_equal(R.answers + R.errors, 0);
}

static void a_hook_may_cancel_what_has_ended(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    cancel_inside = true;
    ask();
    assert_int_equal(R.answers, 1);
}

static void a_client_that_closes_ends_its_own(void **state) {
    (void)state;
    SERVE({.silent = true});
    for (int i = 0; i < 3; i++)
        start(NULL);
    for (int i = 0; i < 400 && P.requests < 3; i++)
        fixture_rest(10);
    yz_http_close(http);
    http = NULL;
    for (int i = 0; i < 400 && P.gone < 3; i++)
        fixture_rest(10);
    assert_int_equal(P.gone, 3);
    assert_int_equal(R.answers + R.errors, 0);
}

/* ---- on behalf of a call --------------------------------------------------------------------------------------------------------- */

static int parent_errors;
static bool parent_done;
static void parent_head(void *arg, yz_call *child, const yz_head *head) { (void)arg, (void)child, (void)head; }
static void parent_chunk(void *arg, yz_call *child, const yz_chunk *chunk) { (void)arg, (void)child, (void)chunk; }
static void parent_end(void *arg, yz_call *child, const yz_end *end) { (void)arg, (void)child, (void)end; }
static void parent_error(void *arg, yz_call *child, const yz_error *error) {
    (void)arg, (void)child, (void)error;
    parent_errors++;
    parent_done = true;
}
static const yz_parent parent = {YZ_PARENT, .on_head = parent_head, .on_chunk = parent_chunk, .on_end = parent_end,
                                 .on_error = parent_error};

static void answer_call(void *arg, const yz_http_answer *answer) {
    R.answers++;
    yz_fail(arg, YZ_ERROR_UNAVAILABLE, "it said %d", answer->status);
}
static void fail_call(void *arg, const yz_error *error) {
    R.errors++;
    yz_send_error(arg, error);
}
static const yz_http_hooks call_hooks = {YZ_HTTP_HOOKS, .on_answer = answer_call, .on_error = fail_call};

static void on_call(yz_call *call, const yz_request *request) {
    (void)request;
    exchange = yz_http_start(http, call, &plan, &call_hooks, call);
}
static int closes;
static void on_call_close(yz_call *call) {
    (void)call;
    closes++;
    yz_http_cancel(exchange); /* a stage may do so, in the turn in which the call ended */
}
static const yz_filter filter = {YZ_FILTER, .on_call = on_call, .on_close = on_call_close};
static yz_link link_ = {.filter = &filter, .name = "asks"};
static const yz_chain chain = {.links = &link_, .n = 1};

static yz_call *call_start(void) {
    static const yz_request request = {.size = sizeof(request)};
    parent_errors = closes = 0;
    parent_done = false;
    return yz_call_start(&F.worker, &chain, 0, &request, NULL, &parent, NULL);
}

static void a_call_waits_for_it(void **state) {
    (void)state;
    SERVE({.answer = OK_ANSWER});
    call_start();
    fixture_wait(&parent_done, 8000);
    assert_int_equal(R.answers, 1);
    assert_int_equal(parent_errors, 1);
    assert_int_equal(closes, 1);
    assert_int_equal(yz_call_count(&F.worker), 0);
    plan.url = YZ_STR("nonsense");
    call_start();
    fixture_wait(&parent_done, 8000);
    assert_int_equal(R.errors, 1);
    assert_int_equal(yz_call_count(&F.worker), 0);
}

static void it_is_cancelled_with_its_call(void **state) {
    (void)state;
    SERVE({.silent = true});
    link_.filter = &filter;
    yz_call *call = call_start();
    for (int i = 0; i < 400 && P.requests == 0; i++)
        fixture_rest(10);
    assert_int_equal(yz_call_count(&F.worker), 1);
    yz_cancel(call);
    fixture_turn();
    assert_int_equal(yz_call_count(&F.worker), 0); /* it keeps no memory */
    for (int i = 0; i < 400 && P.gone == 0; i++)
        fixture_rest(10);
    assert_int_equal(P.gone, 1);
    assert_int_equal(R.answers + R.errors + parent_errors, 0);
}

/* The stage does not help: it has no on_close. */
static void it_is_cancelled_all_by_itself(void **state) {
    (void)state;
    static const yz_filter careless = {YZ_FILTER, .on_call = on_call};
    SERVE({.silent = true});
    link_.filter = &careless;
    yz_call *call = call_start();
    for (int i = 0; i < 400 && P.requests == 0; i++)
        fixture_rest(10);
    yz_deadline(call, 1); /* ended by the core */
    for (int i = 0; i < 400 && P.gone == 0; i++)
        fixture_rest(10);
    link_.filter = &filter;
    assert_int_equal(P.gone, 1);
    assert_int_equal(R.answers + R.errors, 0);
    assert_int_equal(parent_errors, 1);
    assert_int_equal(yz_call_count(&F.worker), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_get),
        TEST(a_post_of_what_is_gone),
        TEST(a_webhook_nobody_waits_for),
        TEST(a_shorter_plan),
        TEST(answers_are_bounded),
        TEST(silence_has_an_end),
        TEST(redirects_are_not_followed),
        TEST(private_addresses_can_be_refused),
        TEST(nothing_is_smuggled_into_a_head),
        TEST(urls_are_read_strictly),
        TEST(a_rehearsal_asks_nobody),
        TEST(cancelled_ones_are_silent),
        TEST(a_hook_may_cancel_what_has_ended),
        TEST(a_client_that_closes_ends_its_own),
        TEST(a_call_waits_for_it),
        TEST(it_is_cancelled_with_its_call),
        TEST(it_is_cancelled_all_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
