/* What a policy asks outside: http.fetch over a real socket, and stores. Port 22500. */
#define FIXTURE_POOLS
#include "peer.h"

#include "plugin/loader.h"
#include "policy_world.h"
#include "store/store.h"

#define PORT  22500
#define HELLO "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]"

static peer P;

/* Asks once, over the fixture's loop, with these hosts; the policy's reason is in p->note. */
static policy_world *ask(const peer_script *script, const char *host, const char *body) {
    static yz_str hosts[1];
    policy_world *p = calloc(1, sizeof *p);
    fixture_open();
    if (script)
        peer_open(&P, PORT, script, 1);
    hosts[0] = yz_str_of(host);
    p->worker = &F.worker;
    p->config.hosts = (yz_list){hosts, 1};
    char source[4096];
    snprintf(source, sizeof source, "return function(req, next)\n%s\nreturn next(req)\nend\n", body);
    assert_int_equal(pw_open(p, source), YZ_OK);
    pw_start(p, "gpt-5.2", HELLO);
    return p;
}

static void wait_for_end(policy_world *p) {
    bool done = false;
    for (int i = 0; i < 4000 && !done; i++) {
        fixture_rest(5);
        done = p->c.ended > 0;
    }
    assert_string_equal(p->c.log, "head chunk end");
}

static void done(policy_world *p, const peer_script *script) {
    if (script)
        peer_close(&P);
    pw_close(p);
    fixture_close();
    free(p);
}

static void gives(const peer_script *script, const char *host, const char *body, const char *reason) {
    policy_world *p = ask(script, host, body);
    wait_for_end(p);
    const char *mark = strstr(p->note, "; ");
    if (!mark || strcmp(mark + 2, reason) != 0)
        fail_msg("%s: \"%s\", wanted \"%s\"", body, p->note, reason);
    done(p, script);
}

#define FETCH(more) "local r, err = http.fetch { url = 'http://127.0.0.1:22500/score?q=1', " more " }\n"

static void fetches(void **state) {
    (void)state;
    static const peer_script script = {.answer = "HTTP/1.1 201 Created\r\nx-score: 7\r\ncontent-length: 8\r\n\r\n{\"a\":[]}"};
    policy_world *p = ask(&script, "127.0.0.1",
                          FETCH("method = 'POST', headers = { ['x-token'] = 'abc' }, body = 'hello'") //
                          "req:because(r.status .. ' ' .. r.headers['x-score'] .. ' ' .. #json.decode(r.body).a)");
    wait_for_end(p);
    assert_string_equal(strstr(p->note, "; "), "; 201 7 0");
    yz_buf_char(&P.last, 0);
    assert_non_null(strstr(P.last.p, "POST /score?q=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(P.last.p, "x-token: abc\r\n"));
    assert_non_null(strstr(P.last.p, "\r\n\r\nhello"));
    done(p, &script);
}

/* req.headers is a view, and goes on as the headers that it shows. */
static void fetch_passes_the_clients_headers_on(void **state) {
    (void)state;
    static const peer_script script = {.answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"};
    policy_world *p = ask(&script, "127.0.0.1", FETCH("headers = req.headers") "req:because(r.status)");
    wait_for_end(p);
    yz_buf_char(&P.last, 0);
    assert_non_null(strstr(P.last.p, "x-team: blue\r\n"));
    done(p, &script);
}

static void fetch_fails_softly(void **state) {
    (void)state;
    static const peer_script silent = {.silent = true}, bye = {.bye_first = true};
    static const peer_script redirect = {.answer = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"};
    gives(&silent, "127.0.0.1", FETCH("timeout = 100") "req:because(err.class)", "upstream_timeout");
    gives(&bye, "127.0.0.1", FETCH() "req:because(err.class)", "upstream_broken");
    gives(&redirect, "127.0.0.1", FETCH() "req:because(tostring(r) .. ' ' .. err.class)", "nil upstream_error");
    gives(NULL, "127.0.0.1", FETCH() "req:because(err.class)", "upstream_unreachable");
}

static void fetch_bounds_the_body(void **state) {
    (void)state;
    char *answer = malloc(1200100);
    size_t n = (size_t)sprintf(answer, "HTTP/1.1 200 OK\r\ncontent-length: 1200000\r\n\r\n");
    memset(answer + n, 'x', 1200000);
    const peer_script script = {.answer = answer, .n = n + 1200000};
    gives(&script, "127.0.0.1", FETCH() "req:because(tostring(r) .. ' ' .. err.message)", "nil the body is larger than 1 MiB");
    free(answer);
}

static void fetch_goes_where_it_may(void **state) {
    (void)state;
    /* only a pattern matches: then no private address */
    gives(NULL, "*.0.0.1", FETCH() "req:because(err.class .. ': ' .. err.message)",
          "upstream_unreachable: no connection: its address is private, which only a host that is named in full may have");
    static const char *const refused[] = {
        "http.fetch { url = 'http://example.org/' }",
        "http.fetch { url = 'http://127.0.0.1.example.com/' }",
        "http.fetch { url = 'http://127.0.0.1@example.com/' }",
        "http.fetch { url = 'ftp://127.0.0.1/' }",
        "http.fetch { url = 'http://127.0.0.1/\\r\\nx: y' }",
        "http.fetch { url = 'http://127.0.0.1/ x' }",
        "http.fetch { url = 'http://127.0.0.1/', headers = { ['a\\r\\nb'] = 'c' } }",
        "http.fetch { url = 'http://127.0.0.1/', headers = { a = 'c\\r\\nd: e' } }",
        "http.fetch { url = 'http://127.0.0.1/', headers = { Host = 'x' } }",
        "http.fetch { url = 'http://127.0.0.1/', method = 'CONNECT' }",
        "http.fetch { url = 'http://127.0.0.1/', method = 'GET /x' }",
        "http.fetch { url = 'http://127.0.0.1/', timeout = 0 }",
        "http.fetch { url = 'http://127.0.0.1/', timeout = 1e9 }",
        "http.fetch { url = 'http://127.0.0.1/', body = ('x'):rep(2^20) .. 'y' }",
        "http.fetch {}",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char body[512];
        snprintf(body, sizeof body, "local ok, words = pcall(function() return %s end) req:because(ok and 'asked' or 'refused')",
                 refused[i]);
        gives(NULL, "127.0.0.1", body, "refused");
    }
}

static void a_fetch_ends_with_its_call(void **state) {
    (void)state;
    static const peer_script silent = {.silent = true};
    policy_world *p = ask(&silent, "127.0.0.1", FETCH());
    fixture_rest(30);
    assert_int_equal(P.connections, 1);
    yz_cancel(p->c.call);
    fixture_rest(30);
    assert_int_equal(P.gone, 1);
    assert_int_equal(yz_call_count(&F.worker), 0);
    done(p, &silent);
}

/* What began and may not be waited for any more is closed, also when the policy catches the refusal and asks again. */
static void a_refused_wait_leaves_nothing_open(void **state) {
    (void)state;
    static const peer_script silent = {.silent = true};
    static const char twice[] = "for _ = 1, 1000 do sleep(0) end\n"
                                "local function get() http.fetch { url = 'http://127.0.0.1:22500/', timeout = 60000 } end\n"
                                "local _, words = pcall(get) pcall(get)\n"
                                "req:because(words:match('may wait'))";
    policy_world *p = ask(&silent, "127.0.0.1", twice);
    wait_for_end(p);
    assert_string_equal(strstr(p->note, "; "), "; may wait");
    fixture_rest(30);
    assert_int_equal(P.gone, P.connections);
    done(p, &silent);
}

/* ---- stores ------------------------------------------------------------------------------------------------------------------- */

static void keeps_values(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    p->config.store = YZ_STR("memory");
    yz_store_set *set = yz_store_set_begin(&p->settings, &p->w.worker);
    assert_int_equal(pw_open(p, "return function(req, next)\n"
                                "local n = tonumber(store.get('n') or 0) + 1\n"
                                "store.put('n', tostring(n), 60)\n"
                                "if n == 3 then store.remove('n') end\n"
                                "req:because(n)\n"
                                "return next(req) end"),
                     YZ_OK);
    yz_store_set_end();
    static const char *const wanted[] = {"; 1", "; 2", "; 3", "; 1"};
    for (size_t i = 0; i < 4; i++) {
        pw_ask(p, "gpt-5.2", HELLO, 10);
        assert_string_equal(strstr(p->note, "; "), wanted[i]);
    }
    assert_int_equal(policy_errors(p), 0);
    pw_close(p);
    yz_store_set_close(set, false);
    free(p);
}

static void numbers_are_added_to(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    p->config.store = YZ_STR("memory");
    yz_store_set *set = yz_store_set_begin(&p->settings, &p->w.worker);
    assert_int_equal(pw_open(p, "return function(req, next)\n"
                                "local n = store.add('n') + store.add('n', 10) + store.add('n', -1, 60)\n"
                                "store.put('text', 'x')\n"
                                "local none, why = store.add('text')\n"
                                "local ok, wrong = pcall(store.add, 'n', 0.5)\n"
                                "req:because(n .. ' ' .. store.get('n') .. ' ' .. tostring(none) .. ' ' .. why .. ' ' .. tostring(ok))\n"
                                "return next(req) end"),
                     YZ_OK);
    yz_store_set_end();
    pw_ask(p, "gpt-5.2", HELLO, 0);
    assert_non_null(strstr(p->note, "; 22 10 nil what stands there is no number that this can be added to false"));
    pw_ask(p, "gpt-5.2", HELLO, 0);
    assert_non_null(strstr(p->note, "; 52 20 nil"));
    pw_close(p);
    yz_store_set_close(set, false);
    free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetches),
        cmocka_unit_test(fetch_passes_the_clients_headers_on),
        cmocka_unit_test(fetch_fails_softly),
        cmocka_unit_test(fetch_bounds_the_body),
        cmocka_unit_test(fetch_goes_where_it_may),
        cmocka_unit_test(a_fetch_ends_with_its_call),
        cmocka_unit_test(a_refused_wait_leaves_nothing_open),
        cmocka_unit_test(keeps_values),
        cmocka_unit_test(numbers_are_added_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
