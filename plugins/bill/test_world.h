/* test_world.h: bill over a fake ledger that answers when the test wants it to, and a provider that does what a plan says. It includes the
 * stage itself: for one test program each. */
#ifndef BILL_TEST_WORLD_H
#define BILL_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/diag.h"
#include "price/price.h"
#include "tree_world.h"

#include <yuzui/plugin.h>

#include "test_fake.h"

/* ---- prices --------------------------------------------------------------------------------------------------------- */

static const yz_provider provider = {YZ_PROVIDER, .name = {"lab", 3}};
static const yz_target cheap = {YZ_TARGET, .provider = &provider, .model = {"cheap", 5}},
                       dear = {YZ_TARGET, .provider = &provider, .model = {"dear", 4}},
                       bare = {YZ_TARGET, .provider = &provider, .model = {"bare", 4}};
static yz_price prices[2];
static int64_t dear_from; /* from then on the cheap one is dear; 0: never */

static const yz_price *test_price_find(const yz_call *call, const yz_target *target, int64_t at) {
    (void)call;
    assert_true(at > 1700000000);
    if (dear_from && at >= dear_from && target == &cheap)
        return &prices[1];
    return target == &cheap ? &prices[0] : target == &dear ? &prices[1] : NULL;
}
static const yz_target *served[3];
static size_t n_served;
static size_t test_targets(const yz_call *call, yz_str model, const yz_target *const **targets) {
    static const yz_target *const newer[] = {&dear};
    (void)call;
    bool is_newer = yz_str_is(model, "newer");
    *targets = is_newer ? newer : served;
    return is_newer ? 1 : n_served;
}

/* Each model has its own name. */
static yz_str test_model_called(const yz_call *call, const yz_key *key, const yz_target *target) {
    (void)call;
    (void)key;
    return target->model;
}

#define yz_ledger_find  test_find
#define yz_ledger_hold  test_hold
#define yz_ledger_post  test_post
#define yz_ledger_will  test_will
#define yz_ledger_cover test_cover
#define yz_price_find   test_price_find
#define yz_targets      test_targets
#define yz_model_called test_model_called
#include "../common/hook.c"
#include "bill.c"
#include "bound.c"
#include "budget.c"
#include "charge.c"
#include "chats.c"
#include "downgrade.c"
#include "end.c"
#include "explain.c"
#include "leave.c"
#include "parts.c"
#include "sound.c"
#include "successor.c"
#include "units.c"
#include "webhook.c"

/* ---- a provider ----------------------------------------------------------------------------------------------------- */

typedef enum what { ANSWERS, FAILS, BREAKS, HANGS, HANGS_AFTER_CONTENT, ENDS_LATER } what;
enum { LATER = 10000 }; /* ms */
typedef struct plan {
    what what;
    yz_usage_source source;
    int64_t input, output; /* -1: not said */
    bool local, hit;       /* no provider; of a cache */
    yz_service service;
    int64_t pictures, seconds; /* 0: not said */
    int calls;
    unsigned marks; /* of its chunk */
} plan;

static void leaf_on_call(yz_call *call, const yz_request *request) {
    plan *p = (plan *)(uintptr_t)yz_config(call);
    yz_record *record = yz_call_record(call);
    p->calls++;
    record->target = p->local ? NULL : served[0];
    record->cache = p->hit ? YZ_CACHE_HIT : record->cache;
    record->started = p->local ? YZ_STARTED_NO : YZ_STARTED_YES;
    yz_usage usage = yz_usage_of(p->input, p->output);
    if (p->pictures)
        yz_usage_set(&usage, YZ_METER_PICTURES, p->pictures);
    if (p->seconds)
        yz_usage_set(&usage, YZ_METER_SECONDS, p->seconds);
    if (usage.known)
        yz_usage_set_service(&usage, p->service);
    if (usage.known)
        yz_record_usage(call, &usage, p->source);
    if (p->what == ANSWERS || p->what == BREAKS || p->what == HANGS_AFTER_CONTENT || p->what == ENDS_LATER) {
        record->text = 40;
        yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .stream = request->stream});
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = YZ_STR("four times ten bytes, that is forty here"), .marks = p->marks});
    }
    if (p->what == ANSWERS)
        yz_send_end(call, &(yz_end){YZ_END});
    else if (p->what == FAILS || p->what == BREAKS)
        yz_fail(call, YZ_ERROR_BROKEN, "planned");
    else
        yz_timer_start(call, p->what == ENDS_LATER ? LATER : 1000000000);
}
/* 40 more bytes of text, and what was used. */
static void leaf_on_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    yz_usage usage = yz_usage_of(1000, 20);
    yz_call_record(call)->text += 40;
    yz_record_usage(call, &usage, YZ_SOURCE_PROVIDER);
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = YZ_STR("four times ten bytes, that is forty here")});
    yz_send_end(call, &(yz_end){YZ_END});
}
static const yz_filter leaf = {YZ_FILTER, .on_call = leaf_on_call, .on_timer = leaf_on_timer};

/* Between the two: asks twice, and takes the second answer, as a retry does. */
static void twice_on_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_call *first = yz_next(call, NULL);
    *(yz_call **)yz_state(call) = first;
}
static void twice_on_end(yz_call *call, yz_call *child, const yz_end *end) {
    if (child == *(yz_call **)yz_state(call))
        yz_next(call, NULL);
    else
        yz_send_end(call, end);
}
static void twice_on_head(yz_call *call, yz_call *child, const yz_head *head) {
    if (child != *(yz_call **)yz_state(call))
        yz_send_head(call, head);
}
static void twice_on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    if (child != *(yz_call **)yz_state(call))
        yz_send_chunk(call, chunk);
}
static const yz_filter twice = {YZ_FILTER,
                                .call_size = sizeof(yz_call *),
                                .on_call = twice_on_call,
                                .on_head = twice_on_head,
                                .on_chunk = twice_on_chunk,
                                .on_end = twice_on_end};

static world w;
static client c;
static plan asked;
static bill_config cfg;
static yz_link links[3];
static yz_chain chain;
static yz_arena *arena;
static yz_key key = {YZ_KEY, .name = {"alice", 5}, .tenant = {"team", 4}};
static yz_request request;

static int set_up(void **state) {
    (void)state;
    world_open(&w);
    arena = yz_arena_new(NULL);
    c = (client){0};
    fake = (struct fake){0};
    asked = (plan){.source = YZ_SOURCE_PROVIDER, .input = 1000, .output = 10};
    cfg = (bill_config){.bytes_per_token = 2,
                        .answer_tokens = 100,
                        .picture_tokens = 5000,
                        .file_tokens = 70000,
                        .timeout = 5000,
                        .ttl = 3600000,
                        .drain_time = 30000,
                        .drain_tokens = 100};
    for (int i = 0; i < 2; i++) {
        prices[i] =
            (yz_price){.seller = YZ_STR("lab"), .model = i ? dear.model : cheap.model, .id = i ? YZ_STR("lab/dear") : YZ_STR("lab/cheap")};
        for (yz_rate r = 0; r < YZ_RATES_N; r++)
            prices[i].rates.of[r] = -1;
        prices[i].rates.of[YZ_RATE_INPUT] = (i ? 20 : 2) * INT64_C(1000000000);
        prices[i].rates.of[YZ_RATE_OUTPUT] = (i ? 100 : 10) * INT64_C(1000000000);
    }
    served[0] = &cheap, n_served = 1;
    void *stage;
    yz_diag diag = {0};
    assert_int_equal(open_stage(NULL, &cfg, &stage, &diag), YZ_OK);
    links[0] = (yz_link){&filter, "bill", &cfg, stage};
    links[1] = (yz_link){&leaf, "leaf", &asked, NULL};
    chain = (yz_chain){.links = links, .n = 2};
    request = (yz_request){YZ_REQUEST, .op = YZ_OP_CHAT, .model = YZ_STR("m"), .key = &key, .body = YZ_STR("0123456789")};
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    if (c.call && !c.ended)
        yz_cancel(c.call);
    world_settle(&w);
    assert_int_equal(yz_call_count(&w.worker), 0);
    free(links[0].stage);
    yz_arena_free(arena);
    world_close(&w);
    return 0;
}

static void start(void) {
    client_start(&c, &w, &chain, &request);
    world_settle(&w);
}
static void held(int code, int64_t available) {
    yz_wait_done(fake.wait);
    if (!yz_ended(fake.call))
        fake.on_held(fake.call, NULL, &(yz_posted){YZ_POSTED, .code = code, .available = available});
    world_settle(&w);
}
static inline void served_whole(void) {
    start();
    held(YZ_OK, 0);
}
static inline void leave(void) {
    yz_cancel(c.call);
    c.call = NULL;
    world_settle(&w);
}
static void assert_ended(yz_posting_kind kind, int64_t amount) {
    assert_int_equal(fake.posts, 1);
    assert_int_equal(fake.kind, kind);
    assert_int_equal(fake.amount, amount);
    assert_string_equal(fake.id, fake.ended);
}
static void assert_explained(const char *words) {
    if (!strstr(fake.detail, words))
        fail_msg("expected \"%s\" in \"%s\"", words, fake.detail);
}
static inline const char *note(const char *name) {
    for (const yz_note_entry *n = yz_call_notes(c.call); n; n = n->next)
        if (strcmp(n->name, name) == 0)
            return yz_dup(arena, n->value).p;
    return "";
}

#define BILL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
