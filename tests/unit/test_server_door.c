/* test_server_door.c: who is turned away by the head alone, and what becomes of the body it goes on sending. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server_world.h"

/* ---- a stage that knows one key ------------------------------------------------------------------------------------- */

static const yz_key somebody = {YZ_KEY, .name = YZ_STR("somebody")};
static unsigned asked, called;
static bool key_seen, body_seen, lets_through;

static bool guard_arrival(yz_arrival *arrival) {
    asked++;
    assert_int_equal(arrival->request->body.n, 0);
    assert_null(arrival->request->json);
    arrival->key = yz_str_is(arrival->request->credential, "right") ? &somebody : NULL;
    return arrival->key != NULL;
}

static void guard_call(yz_call *call, const yz_request *request) {
    called++;
    key_seen = request->key == &somebody;
    body_seen = request->body.n > 0;
    if (request->key || lets_through)
        yz_pass(call, NULL);
    else
        yz_timer_start(call, 1000);
}

static void guard_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    yz_fail(call, YZ_ERROR_AUTH, "a stranger");
}

static const yz_filter guard = {YZ_FILTER, .on_call = guard_call, .on_timer = guard_timer, .on_arrival = guard_arrival};

static void forward_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_pass(call, NULL);
}
static const yz_filter blind = {YZ_FILTER, .on_call = forward_call};

/* The guard, perhaps behind a stage that cannot judge by a head, before the leaf. */
static yz_link door_links[3];
static void door_open(world *w, bool guard_first) {
    asked = called = 0;
    key_seen = body_seen = lets_through = false;
    world_open(w);
    door_links[0] = (yz_link){.filter = guard_first ? &guard : &blind, .name = "first"};
    door_links[1] = (yz_link){.filter = guard_first ? &blind : &guard, .name = "second"};
    door_links[2] = (yz_link){.filter = &fake_filter, .name = "fake"};
    w->chain.links = door_links;
    w->chain.n = 3;
}

static const char *head_of(const char *key, const char *more) {
    static char text[1024];
    snprintf(text, sizeof(text),
             "POST " CHAT " HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n%s\r\n", key, more);
    return text;
}

/* ---- tests ---------------------------------------------------------------------------------------------------------- */

static void a_stranger_sends_no_body(void **state) {
    (void)state;
    static const char *const framings[] = {"Content-Length: 1000000\r\nExpect: 100-continue\r\n", "Content-Length: 20\r\n",
                                           "Transfer-Encoding: chunked\r\n"};
    for (int i = 0; i < 3; i++) {
        world w;
        door_open(&w, true);
        client c = client_open(&w, w.port);
        client_ask(&c, head_of("wrong", framings[i]));
        assert_string_equal(client_answer(&c), ""); /* the stage takes its time, and nobody asks for a body */
        client_send(&c, "123456789012345678901234567890", 30);
        world_skip(&w, 1500);
        assert_int_equal(status_of(client_answer(&c)), 401);
        assert_has(c.got.p, "a stranger");
        assert_has(c.got.p, "connection: close");
        assert_lacks(c.got.p, "100 Continue");
        assert_int_equal(called, 1);
        assert_false(body_seen);
        assert_int_equal(seen.calls, 0);
        assert_true(c.closed);
        client_close(&c);
        world_close(&w);
    }
}

/* While the answer takes its time the body stays where it is: with the kernel. */
static void its_body_is_not_held(void **state) {
    (void)state;
    static char lots[65536];
    memset(lots, ' ', sizeof(lots));
    world w;
    door_open(&w, true);
    client c = client_open(&w, w.port);
    client_ask(&c, head_of("wrong", "Content-Length: 30000000\r\n"));
    size_t sent = 0;
    for (int full = 0; full < 20; full++) {
        ssize_t n = send(c.fd, lots, sizeof(lots), MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            full = 0;
        }
        world_settle(&w, 2);
        assert_true(sent < 16u << 20); /* buffers of both sockets, no more */
    }
    world_skip(&w, 1500);
    assert_int_equal(status_of(client_answer(&c)), 401);
    world_skip(&w, 8000);
    client_close(&c);
    world_close(&w);
}

static void who_is_known_is_asked_once(void **state) {
    (void)state;
    world w;
    door_open(&w, true);
    client c = client_open(&w, w.port);
    client_ask(&c, head_of("right", "Content-Length: 15\r\nExpect: 100-continue\r\n"));
    assert_has(c.got.p, "100 Continue");
    client_ask(&c, "{\"model\":\"doc\"}");
    assert_int_equal(status_of(c.got.p), 200);
    assert_true(key_seen && body_seen);
    assert_int_equal(asked, 1);
    client_ask(&c, post(CHAT, "Authorization: Bearer right\r\n", "{\"model\":\"doc\"}")); /* on the same connection */
    assert_int_equal(status_of(c.got.p), 200);
    client_close(&c);
    world_close(&w);
}

/* Behind a stage that needs the body nobody is judged before it. */
static void only_the_first_stages_are_asked(void **state) {
    (void)state;
    world w;
    door_open(&w, false);
    client c = client_open(&w, w.port);
    client_ask(&c, head_of("wrong", "Content-Length: 15\r\nExpect: 100-continue\r\n"));
    assert_has(c.got.p, "100 Continue");
    client_ask(&c, "{\"model\":\"doc\"}");
    world_skip(&w, 1500);
    assert_int_equal(status_of(client_answer(&c)), 401);
    assert_int_equal(asked, 0);
    assert_true(body_seen);
    client_close(&c);
    world_close(&w);
}

/* A stage that thinks better of it does no harm: without its body a request gets no further. */
static void a_request_without_its_body_goes_nowhere(void **state) {
    (void)state;
    world w;
    door_open(&w, true);
    lets_through = true;
    client c = client_open(&w, w.port);
    client_ask(&c, head_of("wrong", "Content-Length: 15\r\n"));
    assert_int_equal(status_of(client_answer(&c)), 500);
    assert_int_equal(seen.calls, 0);
    client_close(&c);
    world_close(&w);
}

static void a_client_that_leaves_at_the_door(void **state) {
    (void)state;
    world w;
    door_open(&w, true);
    client c = client_open(&w, w.port);
    client_ask(&c, head_of("wrong", "Content-Length: 15\r\n"));
    client_close(&c);
    world_skip(&w, 8000);
    world_close(&w); /* which finds nothing left */
}

/* ---- several chains ------------------------------------------------------------------------------------------------- */

/* Where the model chooses the chain, a stranger is turned away only if all that it could come to refuse it. */
static int with_two_chains(bool second_guarded, const char *key, const char *body) {
    world w;
    static const yz_str models[] = {YZ_STR("stream*")};
    yz_chain_settings two[] = {{.models = {NULL, 0}}, {.name = YZ_STR("open"), .models = {models, 1}}};
    yz_link open_links[2] = {{.filter = second_guarded ? &guard : &blind, .name = "blind"}, {.filter = &fake_filter, .name = "fake"}};
    yz_chain chains[2];
    door_open(&w, true);
    w.settings.chains = two;
    w.settings.n_chains = 2;
    w.settings.default_chain = two;
    chains[0] = w.chain;
    chains[1] =
        (yz_chain){.name = two[1].name, .links = open_links, .n = 2, .share = &w.share, .ref = yz_share_ref, .unref = yz_share_unref};
    w.share.chains = chains;
    w.share.n_chains = 2;
    client c = client_open(&w, w.port);
    char length[64];
    snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(body));
    client_ask(&c, head_of(key, length));
    client_ask(&c, body);
    world_skip(&w, 1500);
    int status = status_of(client_answer(&c));
    client_close(&c);
    world_close(&w);
    return status;
}

static void the_model_may_choose_the_chain(void **state) {
    (void)state;
    assert_int_equal(with_two_chains(false, "wrong", "{\"model\":\"doc\"}"), 401);
    assert_true(body_seen); /* it might have asked for the other model */
    assert_int_equal(with_two_chains(false, "wrong", "{\"model\":\"stream\",\"stream\":true}"), 200);
    assert_int_equal(with_two_chains(true, "wrong", "{\"model\":\"stream\",\"stream\":true}"), 401);
    assert_false(body_seen);
    assert_int_equal(with_two_chains(true, "right", "{\"model\":\"stream\",\"stream\":true}"), 401);
    assert_false(key_seen); /* whoever was found at the head of another chain is nobody yet */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_sends_no_body),
        cmocka_unit_test(its_body_is_not_held),
        cmocka_unit_test(who_is_known_is_asked_once),
        cmocka_unit_test(only_the_first_stages_are_asked),
        cmocka_unit_test(a_request_without_its_body_goes_nowhere),
        cmocka_unit_test(a_client_that_leaves_at_the_door),
        cmocka_unit_test(the_model_may_choose_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
