/* test_store.c: instances of stores (found, shared, left, closed) and waiting for what they say. The store is a fake that answers when
 * the test wants it to. */
#include "base/diag.h"
#include "generation.h"
#include "plugin/loader.h"
#include "store/store.h"
#include "tree_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct fake_config {
    yz_str name, place;
} fake_config;

static int opened, closed, left;
static bool refuses;
static yz_reply *asked; /* by the get that was not answered at once */

static int fake_open(const void *config, void **store, yz_diag *diag) {
    (void)config;
    if (refuses) {
        yz_diag_error(diag, "it refuses");
        return YZ_EINVAL;
    }
    *store = &opened;
    opened++;
    return YZ_OK;
}
static void fake_close(void *store) {
    (void)store;
    closed++;
}
static int fake_get(void *store, yz_worker *worker, yz_str key, yz_blob **value, yz_reply *wait) {
    (void)store;
    (void)worker;
    if (yz_str_is(key, "now")) {
        *value = yz_blob_new(YZ_STR("here"));
        return YZ_OK;
    }
    asked = wait;
    return YZ_EAGAIN;
}
static void fake_put(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl) {
    (void)store, (void)worker, (void)key, (void)value, (void)ttl;
}
static void fake_remove(void *store, yz_worker *worker, yz_str key) { (void)store, (void)worker, (void)key; }
static void fake_leave(void *store, yz_worker *worker) {
    (void)store;
    (void)worker;
    left++;
}
static int fake_put_ack(void *store, yz_worker *worker, yz_str key, yz_blob *value, int64_t ttl, yz_reply *wait) {
    (void)store, (void)worker, (void)value, (void)ttl;
    asked = wait;
    return yz_str_is(key, "now") ? YZ_ELIMIT : YZ_EAGAIN;
}
static int adds, delta_added;
static int fake_add(void *store, yz_worker *worker, yz_str key, int64_t delta, int64_t ttl, int64_t *sum, yz_reply *wait) {
    (void)store, (void)worker, (void)ttl;
    adds++;
    delta_added = (int)delta;
    asked = wait;
    *sum = INT64_MIN;
    return yz_str_is(key, "now") ? YZ_OK : YZ_EAGAIN;
}
static const yz_store_ops fake_ops = {YZ_STORE,        .open = fake_open,     .close = fake_close, .get = fake_get,
                                      .put = fake_put, .remove = fake_remove, .leave = fake_leave, .put_ack = fake_put_ack,
                                      .add = fake_add};
static const yz_option fake_options[] = {
    {"name", YZ_OPTION_STRING, offsetof(fake_config, name), .help = "what it is called"},
    {"place", YZ_OPTION_STRING, offsetof(fake_config, place), .help = "where it is", .required = true},
};
static const yz_plugin fake = {.abi_major = YZ_ABI_MAJOR,
                               .size = sizeof(yz_plugin),
                               .name = "fake_store",
                               .summary = "answers when told",
                               .version = "1",
                               .config_size = sizeof(fake_config),
                               YZ_OPTIONS(fake_options),
                               .store = &fake_ops};

/* ---- a world: two declared stores, a stage that asks ------------------------------------------------------------------------- */

static const fake_config here = {.name = {"s", 1}, .place = {"here", 4}}, there = {.name = {"s", 1}, .place = {"there", 5}};
static yz_store_settings declared[] = {{.name = {"a", 1}, .plugin = &fake, .config = &here},
                                       {.name = {"same", 4}, .plugin = &fake, .config = &here},
                                       {.name = {"other", 5}, .plugin = &fake, .config = &there}};
static const yz_settings settings = {.stores = declared, .n_stores = 3};
static world w;
static yz_store_set *set;
static yz_store *store;
static yz_diag diag;
static const char *key;
static enum { GET, PUT, REMOVE, ADD } wanted;
static int told, code, arg_;
static int64_t sum;
static char value[16];

static void on_value(yz_call *call, void *arg, int how, yz_blob *blob) {
    assert_ptr_equal(arg, &arg_);
    told++;
    code = how;
    yz_str bytes = blob ? yz_blob_bytes(blob) : YZ_STR("none");
    snprintf(value, sizeof(value), "%.*s", YZ_STR_ARGS(bytes));
    yz_fail(call, YZ_ERROR_INTERNAL, "asked");
}
static void on_done(yz_call *call, void *arg, int how) {
    assert_ptr_equal(arg, &arg_);
    told++;
    code = how;
    yz_fail(call, YZ_ERROR_INTERNAL, "asked");
}
static void on_sum(yz_call *call, void *arg, int how, int64_t is) {
    sum = is;
    on_done(call, arg, how);
}
static void ask(yz_call *call, const yz_request *request) {
    (void)request;
    yz_str k = yz_str_of(key);
    if (wanted == GET)
        yz_store_get(call, store, k, 50, on_value, &arg_);
    else if (wanted == PUT)
        yz_store_put_ack(call, store, k, NULL, 1000, 50, on_done, &arg_);
    else if (wanted == REMOVE)
        yz_store_remove_ack(call, store, k, 50, on_done, &arg_);
    else
        yz_store_add_ack(call, store, k, -3, 1000, 50, on_sum, &arg_);
}
static const yz_filter ask_filter = {YZ_FILTER, .on_call = ask};
static yz_link link_ = {.filter = &ask_filter, .name = "ask"};
static const yz_chain chain = {.links = &link_, .n = 1};
static client c;

static void start(const char *name) {
    key = name;
    told = 0;
    asked = NULL;
    client_start(&c, &w, &chain, &(yz_request){YZ_REQUEST});
    world_settle(&w);
}

static int set_up(void **state) {
    (void)state;
    opened = closed = left = 0;
    wanted = GET;
    diag = (yz_diag){0};
    world_open(&w);
    yz_plugin_add_core(&fake);
    set = yz_store_set_begin(&settings, &w.worker);
    store = yz_store_find(&w.worker, YZ_STR("a"), &diag);
    yz_store_set_end();
    assert_non_null(store);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    yz_store_set_close(set, true);
    assert_int_equal(closed, opened);
    world_settle(&w);
    assert_int_equal(yz_call_count(&w.worker), 0);
    world_close(&w);
    yz_diag_free(&diag);
    return 0;
}

/* ---- instances ---------------------------------------------------------------------------------------------------------------- */

static void equal_options_share_an_instance(void **state) {
    (void)state;
    yz_store_set *second = yz_store_set_begin(&settings, &w.worker);
    assert_ptr_equal(yz_store_find(&w.worker, YZ_STR("same"), &diag), store);
    assert_ptr_not_equal(yz_store_find(&w.worker, YZ_STR("other"), &diag), store);
    yz_store_set_end();
    assert_int_equal(opened, 2);
    yz_store_set_close(second, true);
    assert_int_equal(closed, 1); /* the other one */
    assert_int_equal(left, 1);
}

static void a_store_that_must_be_told_something(void **state) {
    (void)state;
    yz_store_set *second = yz_store_set_begin(&settings, &w.worker);
    assert_null(yz_store_find(&w.worker, YZ_STR("fake_store"), &diag)); /* by its plugin's name, with defaults */
    yz_store_set_end();
    yz_store_set_close(second, false);
    assert_int_equal(diag.errors, 1);
    yz_buf_char(&diag.text, '\0');
    assert_non_null(strstr(diag.text.p, "the option \"place\" is missing"));
    assert_int_equal(left, 0); /* never published: the worker never met it */
}

/* What is wrong with a store is told of its own line, once; the stage that names it is told where to look. */
static void a_store_that_cannot_be_opened(void **state) {
    (void)state;
    static const fake_config nowhere = {.name = {"s", 1}, .place = {"nowhere", 7}};
    yz_store_settings said[] = {{.name = {"broken", 6}, .plugin = &fake, .config = &nowhere},
                                {.name = {"forgotten", 9}, .plugin = &fake, .config = &nowhere}};
    said[0].at = (yz_place){"yuzui.lua", 3};
    said[1].at = (yz_place){"yuzui.lua", 4};
    yz_settings two = {.stores = said, .n_stores = 2};
    yz_store_set *second = yz_store_set_begin(&two, &w.worker);
    refuses = true;
    yz_diag_at(&diag, (yz_place){"yuzui.lua", 7});
    assert_null(yz_store_find(&w.worker, YZ_STR("broken"), &diag));
    assert_null(yz_store_find(&w.worker, YZ_STR("broken"), &diag));
    refuses = false;
    assert_int_equal(diag.at.line, 7); /* the stage goes on with its own errors */
    yz_store_set_unused(&diag);
    yz_store_set_end();
    yz_store_set_close(second, false);
    yz_buf_char(&diag.text, '\0');
    assert_string_equal(diag.text.p, "yuzui.lua:3: error: it refuses\n"
                                     "yuzui.lua:7: error: store \"broken\" cannot be opened: see line 3\n"
                                     "yuzui.lua:4: warning: store \"forgotten\" is used by no stage: cache { store = \"forgotten\" } or "
                                     "limit { store = \"forgotten\", … } does\n");
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------- */

static void an_answer_at_once_and_one_later(void **state) {
    (void)state;
    start("now");
    assert_int_equal(told, 1);
    assert_string_equal(value, "here");
    start("later");
    assert_int_equal(told, 0);
    yz_reply_done(asked, YZ_OK, yz_blob_new(YZ_STR("late")));
    assert_int_equal(told, 0); /* never from inside */
    world_settle(&w);
    assert_int_equal(told, 1);
    assert_string_equal(value, "late");
}

static void one_that_comes_too_late(void **state) {
    (void)state;
    start("later");
    world_pass(&w, 50);
    assert_int_equal(told, 1);
    assert_int_equal(code, YZ_ETIMEOUT);
    assert_string_equal(value, "none");
    yz_reply_done(asked, YZ_OK, yz_blob_new(YZ_STR("late")));
    world_settle(&w);
    assert_int_equal(told, 1);
}

/* The store answers, and in the same turn, before the call learns of it, the deadline passes. */
static void one_that_comes_at_the_last_moment(void **state) {
    (void)state;
    start("later");
    w.now += 50;
    yz_reply_done(asked, YZ_OK, yz_blob_new(YZ_STR("just")));
    world_settle(&w);
    assert_int_equal(told, 1);
    assert_int_equal(code, YZ_OK);
    assert_string_equal(value, "just");
}

static void a_call_that_left_meanwhile(void **state) {
    (void)state;
    start("later");
    yz_cancel(c.call);
    world_pass(&w, 1000);
    assert_int_equal(yz_call_count(&w.worker), 1); /* the store may still write */
    yz_reply_done(asked, YZ_OK, yz_blob_new(YZ_STR("late")));
    world_settle(&w);
    assert_int_equal(told, 0);
    assert_int_equal(yz_call_count(&w.worker), 0);
}

static void a_put_that_is_answered(void **state) {
    (void)state;
    wanted = PUT;
    start("now");
    assert_int_equal(told, 1);
    assert_int_equal(code, YZ_ELIMIT);
    start("later");
    assert_int_equal(told, 0);
    yz_reply_done(asked, YZ_OK, NULL);
    world_settle(&w);
    assert_int_equal(told, 1);
    assert_int_equal(code, YZ_OK);
    start("later");
    world_pass(&w, 50);
    assert_int_equal(code, YZ_ETIMEOUT);
    yz_reply_done(asked, YZ_EIO, NULL);
    world_settle(&w);
    assert_int_equal(told, 1);
}

static void what_a_store_cannot_do(void **state) {
    (void)state;
    wanted = REMOVE;
    start("later");
    assert_int_equal(told, 1);
    assert_int_equal(code, YZ_EUNSUPPORTED);
}

static void sums(void **state) {
    (void)state;
    wanted = ADD;
    assert_true(yz_store_adds(store));
    start("now");
    assert_int_equal(delta_added, -3);
    assert_int_equal(code, YZ_OK);
    assert_true(sum == INT64_MIN);
    start("later");
    assert_int_equal(told, 0);
    yz_reply_sum(asked, YZ_OK, 7);
    world_settle(&w);
    assert_int_equal(code, YZ_OK);
    assert_int_equal(sum, 7);
    start("later");
    yz_reply_sum(asked, YZ_EINVAL, 8);
    world_settle(&w);
    assert_int_equal(code, YZ_EINVAL);
    assert_int_equal(sum, 0);
    adds = 0;
    yz_store_add(&w.worker, store, YZ_STR("later"), 1, 1000); /* nobody waits */
    assert_int_equal(adds, 1);
    assert_null(asked);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(equal_options_share_an_instance), STORE_TEST(a_store_that_must_be_told_something),
        STORE_TEST(a_store_that_cannot_be_opened),   STORE_TEST(an_answer_at_once_and_one_later),
        STORE_TEST(one_that_comes_too_late),         STORE_TEST(one_that_comes_at_the_last_moment),
        STORE_TEST(a_call_that_left_meanwhile),      STORE_TEST(a_put_that_is_answered),
        STORE_TEST(what_a_store_cannot_do),          STORE_TEST(sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
