/* test_auth.c: who gets in, for what, and what those who do not are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "tree_leaf.h"

#include <yuzui/plugin.h>

static const yz_str alices[] = {{"m", 1}, {"auto", 4}};
static const yz_key alice = {YZ_KEY, .name = YZ_STR("alice"), .tenant = YZ_STR("a"), .models = alices, .n_models = 2};
static int look_ups;

static const yz_key *test_key_find(const yz_call *call, yz_str credential) {
    (void)call;
    look_ups++;
    return yz_str_is(credential, "sk-alice") ? &alice : NULL;
}

static const yz_key *test_arrival_key(const yz_arrival *arrival) { return test_key_find(NULL, arrival->request->credential); }

#define yz_key_find    test_key_find
#define yz_arrival_key test_arrival_key
#include "auth.c"

static const yz_key *key_seen;
static void remember_key(yz_call *call, const yz_request *request) {
    key_seen = request->key;
    leaf_call(call, request);
}
static const yz_filter key_leaf = {YZ_FILTER, .on_call = remember_key};

static void auth_run(rig *r, const char *credential, const char *model, yz_op op) {
    memset(counters, 0, sizeof counters);
    rig_open(r, &filter, NULL, NULL);
    r->links[1].filter = &key_leaf;
    r->request.credential = yz_str_of(credential);
    r->request.model = yz_str_of(model);
    r->request.op = op;
    key_seen = NULL;
    rig_start(r);
    assert_int_equal(r->c.ended, 1);
}

static void test_known_key(void **state) {
    (void)state;
    rig r;
    auth_run(&r, "sk-alice", "m", YZ_OP_CHAT);
    assert_string_equal(r.c.log, "head hello end");
    assert_ptr_equal(key_seen, &alice);
    assert_null(r.request.key); /* the request itself is not changed */
    rig_close(&r);
}

static void test_refusals(void **state) {
    (void)state;
    const struct {
        const char *credential, *model, *log, *message;
    } cases[] = {
        {NULL, "m", "error:invalid_api_key", "no API key: send one as"},
        {"", "m", "error:invalid_api_key", "no API key: the header for it is empty, as by a variable that is not set: send one as"},
        {"Bearer sk-bob", "m", "error:invalid_api_key", "not known here: Bearer stands there twice"},
        {"sk-bob", "m", "error:invalid_api_key", "not known here"},
        {"sk-alice", "other", "error:model_not_allowed", "the key \"alice\" may not use the model \"other\""},
        {"sk-alice", "", "error:model_not_allowed", "the model \"\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        auth_run(&r, cases[i].credential, cases[i].model, YZ_OP_CHAT);
        assert_string_equal(r.c.log, cases[i].log);
        assert_non_null(strstr(r.c.message, cases[i].message));
        assert_null(strstr(r.c.message, "sk-bob"));
        assert_int_equal(r.plan.calls, 0);
        rig_close(&r);
    }
}

/* Who shows no key reads where his dialect has it. */
static void test_the_place_of_a_key(void **state) {
    (void)state;
    const yz_adapter own = {YZ_ADAPTER, .dialect = "own", .key_headers = YZ_NAMES("x-own-key", "x-other")}, none = {YZ_ADAPTER};
    const yz_adapter *dialects[] = {&own, &none};
    for (int i = 0; i < 2; i++) {
        rig r;
        rig_open(&r, &filter, NULL, NULL);
        r.request.credential = YZ_STR("");
        r.request.dialect = dialects[i];
        rig_start(&r);
        assert_int_equal(strstr(r.c.message, "or \"x-own-key: KEY\"") != NULL, i == 0);
        assert_non_null(strstr(r.c.message, "Authorization: Bearer KEY"));
        rig_close(&r);
    }
}

static void test_list_of_models_needs_a_key_only(void **state) {
    (void)state;
    rig r;
    auth_run(&r, "sk-alice", "", YZ_OP_MODELS);
    assert_string_equal(r.c.log, "head hello end");
    rig_close(&r);
    auth_run(&r, "", "", YZ_OP_MODELS);
    assert_string_equal(r.c.log, "error:invalid_api_key");
    rig_close(&r);
}

/* Whose body is asked for, by the head alone. */
static void test_arrival(void **state) {
    (void)state;
    const struct {
        const char *credential, *model;
        bool in;
    } cases[] = {{"sk-alice", "", true}, {"sk-alice", "m", true}, {"sk-alice", "other", false}, {"sk-bob", "", false}, {"", "", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_request request = {YZ_REQUEST, .credential = yz_str_of(cases[i].credential), .model = yz_str_of(cases[i].model)};
        yz_arena *arena = yz_arena_open();
        yz_arrival arrival = {YZ_ARRIVAL, .request = &request, .arena = arena};
        assert_int_equal(filter.on_arrival(&arrival), cases[i].in);
        assert_ptr_equal(arrival.key, strcmp(cases[i].credential, "sk-alice") == 0 ? &alice : NULL);
        yz_arena_free(arena);
    }
    rig r; /* who was found at the head is not looked for again */
    rig_open(&r, &filter, NULL, NULL);
    r.links[1].filter = &key_leaf;
    r.request.key = &alice;
    r.request.credential = YZ_STR("sk-alice");
    r.request.model = YZ_STR("m");
    look_ups = 0;
    rig_start(&r);
    assert_string_equal(r.c.log, "head hello end");
    assert_ptr_equal(key_seen, &alice);
    assert_int_equal(look_ups, 0);
    rig_close(&r);
}

/* A request from this address: was it answered at once? */
static bool quick(rig *r, const char *address) {
    r->request.client = yz_str_of(address);
    rig_start(r);
    return r->c.ended == 1;
}

static void test_guessing_is_slow(void **state) {
    (void)state;
    rig r;
    auth_run(&r, "sk-bob", "m", YZ_OP_CHAT);
    world_pass(&r.w, 1000 - yz_now(&r.w.worker) % 1000);
    for (int i = 0; i < WRONG_A_SECOND; i++)
        assert_true(quick(&r, "192.0.2.1"));
    assert_false(quick(&r, "192.0.2.1"));
    world_pass(&r.w, WRONG_WAITS - 1);
    assert_int_equal(r.c.ended, 0);
    world_pass(&r.w, 1);
    assert_string_equal(r.c.log, "error:invalid_api_key");
    for (int i = 0; i < WRONG_A_SECOND; i++) /* a second has passed: quick again */
        assert_true(quick(&r, "192.0.2.1"));
    r.request.credential = YZ_STR("sk-alice"); /* who has a key never waits */
    assert_true(quick(&r, "192.0.2.1"));
    assert_string_equal(r.c.log, "head hello end");
    rig_close(&r);
}

static bool quick_or_never(rig *r, const char *address) {
    if (quick(r, address))
        return true;
    yz_cancel(r->c.call);
    world_settle(&r->w);
    return false;
}

static void test_guessing_is_slow_by_address(void **state) {
    (void)state;
    static const char *const alike[] = {"2001:db8:0:7::1", "2001:db8:0:7:ffff:ffff:ffff:ffff", "2001:db8:0:7:1:2:3:4"};
    rig r;
    auth_run(&r, "sk-bob", "m", YZ_OP_CHAT);
    world_pass(&r.w, 1000 - yz_now(&r.w.worker) % 1000);
    for (int i = 0; i < WRONG_A_SECOND; i++)
        assert_true(quick_or_never(&r, alike[i % 3]));
    assert_false(quick_or_never(&r, alike[0])); /* one /64 is one guesser */
    int slowed = 0;
    for (int i = 0; i < 100; i++) { /* others are not, but for the few that share its counter */
        char other[64];
        snprintf(other, sizeof other, i % 2 ? "2001:db8:0:%x::1" : "192.0.2.%d", 100 + i);
        slowed += !quick_or_never(&r, other);
    }
    assert_true(slowed < 5);
    static const char *const none[] = {"no address", "", "-", "unix"}; /* each has a counter, too */
    slowed = 0;
    for (int i = 0; i < 4; i++)
        slowed += !quick_or_never(&r, none[i]);
    assert_true(slowed < 2);
    rig_close(&r);
}

static const char *policy_chooses;
static void policy_call(yz_call *call, const yz_request *request) {
    yz_request *changed = yz_request_copy(yz_call_arena(call), request);
    changed->model = yz_str_of(policy_chooses);
    yz_pass(call, changed);
}
static const yz_filter policy = {YZ_FILTER, .on_call = policy_call};

/* auth, policy, [auth,] leaf */
static const char *through_a_policy(bool second_auth, const char *asked, const char *chosen) {
    static client c;
    world w;
    world_open(&w);
    leaf_plan plan = {0};
    yz_link links[4] = {
        {&filter, "auth", NULL, NULL}, {&policy, "policy", NULL, NULL}, {&filter, "auth", NULL, NULL}, {&leaf_filter, "leaf", &plan, NULL}};
    if (!second_auth)
        links[2] = links[3];
    yz_chain chain = {.links = links, .n = second_auth ? 4 : 3};
    yz_request request = {YZ_REQUEST, .credential = YZ_STR("sk-alice"), .model = yz_str_of(asked)};
    policy_chooses = chosen;
    client_start(&c, &w, &chain, &request);
    world_settle(&w);
    assert_int_equal(yz_call_count(&w.worker), 0);
    world_close(&w);
    return c.log;
}

static void test_models_chosen_by_a_policy(void **state) {
    (void)state;
    assert_string_equal(through_a_policy(false, "auto", "secret"), "head hello end"); /* the operator's code may */
    assert_string_equal(through_a_policy(false, "secret", "m"), "error:model_not_allowed");
    look_ups = 0;
    assert_string_equal(through_a_policy(true, "auto", "secret"), "error:model_not_allowed"); /* unless a second auth says no */
    assert_string_equal(through_a_policy(true, "auto", "m"), "head hello end");
    assert_int_equal(look_ups, 2); /* the second one knows the key already */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_key),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_the_place_of_a_key),
        cmocka_unit_test(test_list_of_models_needs_a_key_only),
        cmocka_unit_test(test_arrival),
        cmocka_unit_test(test_guessing_is_slow),
        cmocka_unit_test(test_guessing_is_slow_by_address),
        cmocka_unit_test(test_models_chosen_by_a_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
