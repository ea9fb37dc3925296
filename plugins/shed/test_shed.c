/* test_shed.c: who gets a place, who waits, who is refused, and what is served in time at twice the load. The clock is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "tree_leaf.h"

#include <yuzui/plugin.h>

#include "shed.c"

/* A provider that needs 100 ms. */
static size_t served;
static void slow_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_timer_start(call, 100);
}
static void slow_done(yz_call *call, yz_timer *timer) {
    (void)timer;
    served++;
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200});
    yz_send_end(call, &(yz_end){YZ_END});
}
static const yz_filter slow = {YZ_FILTER, .on_call = slow_call, .on_timer = slow_done};

/* Gives every call its deadline. */
static int64_t deadline_ms;
static void bound_call(yz_call *call, const yz_request *request) {
    if (deadline_ms > 0)
        yz_deadline(call, deadline_ms);
    yz_next(call, request);
}
static const yz_filter bound = {YZ_FILTER, .on_call = bound_call};

enum { CLIENTS = 6000 };
typedef struct fixture {
    world w;
    config cfg;
    yz_str high[1], low[1];
    yz_link links[3];
    yz_chain chain;
    yz_key keys[CLASSES];
    yz_request requests[CLASSES];
    client *clients;
    size_t n;
} fixture;

static void fixture_open(fixture *f, int64_t concurrency, int64_t queue) {
    memset(f, 0, sizeof *f);
    served = 0;
    deadline_ms = 0;
    f->high[0] = YZ_STR("vip-*");
    f->low[0] = YZ_STR("batch");
    f->cfg = (config){.concurrency = concurrency, .queue = queue, .wait = 5000, .high = {f->high, 1}, .low = {f->low, 1}};
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, &f->cfg, &stage, NULL), YZ_OK);
    world_open(&f->w);
    f->links[0] = (yz_link){&bound, "bound", NULL, NULL};
    f->links[1] = (yz_link){&filter, "shed", &f->cfg, stage};
    f->links[2] = (yz_link){&slow, "slow", NULL, NULL};
    f->chain = (yz_chain){.links = f->links, .n = 3};
    static const char *const names[] = {"vip-1", "somebody", "batch"};
    for (int c = 0; c < CLASSES; c++) {
        f->keys[c] = (yz_key){YZ_KEY, .name = yz_str_of(names[c])};
        f->requests[c] = (yz_request){YZ_REQUEST, .model = YZ_STR("m"), .key = &f->keys[c]};
    }
    f->clients = calloc(CLIENTS, sizeof *f->clients);
    assert_non_null(f->clients);
}

static client *ask(fixture *f, int class_) {
    client *c = &f->clients[f->n++];
    assert_true(f->n <= CLIENTS);
    client_start(c, &f->w, &f->chain, &f->requests[class_]);
    world_settle(&f->w);
    return c;
}

static void fixture_close(fixture *f) {
    world_pass(&f->w, 20000);
    shed_stage *stage = f->links[1].stage;
    assert_int_equal(yz_call_count(&f->w.worker), 0);
    assert_int_equal(stage->inside + stage->waiting, 0);
    free(stage);
    world_close(&f->w);
    free(f->clients);
}

static bool answered(const client *c) { return c->ended && strncmp(c->log, "head", 4) == 0; }
static bool refused(const client *c) { return c->ended && c->error == YZ_ERROR_UNAVAILABLE; }

static void test_first_come_first_served(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, 2, 10);
    client *c[4];
    for (int i = 0; i < 4; i++)
        c[i] = ask(&f, NORMAL);
    world_pass(&f.w, 100);
    assert_true(answered(c[0]) && answered(c[1]) && !c[2]->ended && !c[3]->ended);
    world_pass(&f.w, 100);
    assert_true(answered(c[2]) && answered(c[3]));
    fixture_close(&f);
}

static void test_classes(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, 1, 2);
    client *first = ask(&f, LOW), *batch = ask(&f, LOW), *normal = ask(&f, NORMAL), *vip = ask(&f, HIGH);
    assert_true(refused(batch)); /* the queue was full */
    assert_non_null(strstr(batch->message, "others go first"));
    client *late = ask(&f, LOW), *also = ask(&f, NORMAL);
    assert_true(refused(late) && refused(also));
    assert_non_null(strstr(also->message, "the queue is full"));
    world_pass(&f.w, 100);
    assert_true(answered(first) && !vip->ended);
    world_pass(&f.w, 100);
    assert_true(answered(vip) && !normal->ended);
    world_pass(&f.w, 100);
    assert_true(answered(normal));
    fixture_close(&f);
}

static void test_who_would_be_late_is_refused_at_once(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, 1, 100);
    ask(&f, NORMAL);
    world_pass(&f.w, 100); /* now it is known that answers take 100 ms */
    deadline_ms = 250;
    client *now = ask(&f, NORMAL), *next = ask(&f, NORMAL), *late = ask(&f, NORMAL);
    assert_false(next->ended);
    assert_true(refused(late));
    assert_non_null(strstr(late->message, "its turn would come too late"));
    world_pass(&f.w, 200);
    assert_true(answered(now) && answered(next));
    fixture_close(&f);
}

/* When no answer comes in time, nobody stands in line for one: how long they take is known from those that were given up. */
static void test_nobody_waits_for_what_comes_too_late(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, 1, 100);
    deadline_ms = 80;
    client *first = ask(&f, NORMAL);
    world_pass(&f.w, 80);
    assert_true(first->ended && !answered(first));
    ask(&f, NORMAL);
    client *next = ask(&f, NORMAL);
    assert_true(refused(next));
    fixture_close(&f);
}

/* What a policy, or the key's tag, says is more than the key's name, where a label is named. */
static void test_classes_by_label(void **unused) {
    (void)unused;
    static const yz_str urgent[] = {YZ_STR("urgent")}, batch[] = {YZ_STR("batch*")};
    static const yz_header said[] = {{YZ_STR("class"), YZ_STR("urgent")}}, tags[] = {{YZ_STR("class"), YZ_STR("batch-2")}};
    yz_key key = {YZ_KEY, .name = YZ_STR("urgent"), .tags = tags, .n_tags = 1};
    yz_request request = {YZ_REQUEST, .key = &key};
    config cfg = {.high = {urgent, 1}, .low = {batch, 1}};
    assert_int_equal(class_of(&cfg, &request), HIGH); /* by its name */
    cfg.label = YZ_STR("class");
    assert_int_equal(class_of(&cfg, &request), LOW);
    request.passed = said, request.n_passed = 1;
    assert_int_equal(class_of(&cfg, &request), HIGH);
    request.n_passed = 0, request.key = NULL;
    assert_int_equal(class_of(&cfg, &request), NORMAL);
}

static void test_who_leaves_gives_up_his_place(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, 1, 100);
    client *one = ask(&f, NORMAL), *two = ask(&f, NORMAL), *three = ask(&f, NORMAL);
    yz_cancel(two->call);
    yz_cancel(one->call);
    world_settle(&f.w);
    world_pass(&f.w, 100);
    assert_true(answered(three));
    assert_int_equal(served, 1);
    fixture_close(&f);
}

static void test_nobody_waits_for_ever(void **unused) {
    (void)unused;
    fixture f;
    fixture_open(&f, 1, 100);
    f.cfg.wait = 50;
    ask(&f, NORMAL);
    client *c = ask(&f, NORMAL);
    world_pass(&f.w, 60);
    assert_true(refused(c));
    assert_non_null(strstr(c->message, "did not come in time"));
    fixture_close(&f);
}

/* Ten at once of 100 ms each: 100 a second. What comes in time within ten seconds, of so many a second that want it within half a second?
 */
static size_t goodput(int per_10_ms) {
    fixture f;
    fixture_open(&f, 10, 1000);
    deadline_ms = 500;
    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k < per_10_ms; k++)
            ask(&f, NORMAL);
        world_pass(&f.w, 10);
    }
    size_t good = 0;
    for (size_t i = 0; i < f.n; i++)
        good += answered(&f.clients[i]);
    fixture_close(&f);
    return good;
}

static void test_goodput_at_twice_the_load(void **unused) {
    (void)unused;
    size_t once = goodput(1), twice = goodput(2), five_times = goodput(5);
    assert_in_range(once, 970, 1000);
    assert_in_range(twice, 970, 1000);
    assert_in_range(five_times, 970, 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_come_first_served),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_who_would_be_late_is_refused_at_once),
        cmocka_unit_test(test_nobody_waits_for_what_comes_too_late),
        cmocka_unit_test(test_classes_by_label),
        cmocka_unit_test(test_who_leaves_gives_up_his_place),
        cmocka_unit_test(test_nobody_waits_for_ever),
        cmocka_unit_test(test_goodput_at_twice_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
