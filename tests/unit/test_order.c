/* The items of an answer in order, and what decoders use to know where items end. */
#include "base/arena.h"
#include "dialect/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct world {
    yz_sink sink; /* first */
    yz_arena *arena;
    yz_order *order;
    char said[4096];
    size_t bytes;    /* of deltas */
    unsigned choice; /* of the last event */
} world;

/* What comes out, a word an event: "+0" begins item 0, "abc" is a piece, "-0" ends it. */
static void out(yz_sink *sink, const yz_event *e) {
    world *w = (world *)(void *)sink;
    size_t n = strlen(w->said);
    w->choice = e->choice;
    w->bytes += e->kind == YZ_EVENT_DELTA ? e->text.n : 0;
    if (e->kind == YZ_EVENT_DELTA && e->text.n > 100)
        return;
    if (e->kind == YZ_EVENT_ITEM || e->kind == YZ_EVENT_ITEM_END)
        snprintf(w->said + n, sizeof w->said - n, "%s%u ", e->kind == YZ_EVENT_ITEM ? "+" : "-", e->index);
    else
        snprintf(w->said + n, sizeof w->said - n, "%.*s ", YZ_STR_ARGS(e->kind == YZ_EVENT_FINISH ? YZ_STR("finish") : e->text));
}

static void open_world(world *w) {
    *w = (world){.sink = {out}, .arena = yz_arena_new(NULL)};
    w->order = yz_order_new(w->arena, &w->sink);
}
static void close_world(world *w) { yz_arena_free(w->arena); }

static void put(world *w, yz_event_kind kind, unsigned index, yz_str text) {
    yz_order_put(w->order, &(yz_event){YZ_EVENT, .kind = kind, .index = index, .text = text, .finish = YZ_FINISH_STOP});
}
static void item(world *w, unsigned index) { put(w, YZ_EVENT_ITEM, index, YZ_STR("")); }
static void piece(world *w, unsigned index, const char *text) { put(w, YZ_EVENT_DELTA, index, yz_str_of(text)); }
static void over(world *w, unsigned index) { put(w, YZ_EVENT_ITEM_END, index, YZ_STR("")); }

static void what_is_in_order_passes_at_once(void **state) {
    (void)state;
    world w;
    open_world(&w);
    item(&w, 0);
    piece(&w, 0, "a");
    assert_string_equal(w.said, "+0 a ");
    over(&w, 0);
    item(&w, 1);
    over(&w, 1);
    put(&w, YZ_EVENT_FINISH, 0, YZ_STR(""));
    assert_string_equal(w.said, "+0 a -0 +1 -1 finish ");
    close_world(&w);
}

static void interleaved_items_wait_for_the_open_one(void **state) {
    (void)state;
    world w;
    open_world(&w);
    item(&w, 0);
    item(&w, 1);
    item(&w, 2);
    piece(&w, 2, "c");
    piece(&w, 1, "b");
    piece(&w, 0, "a");
    put(&w, YZ_EVENT_SIGNATURE, 1, YZ_STR("sig"));
    piece(&w, 1, "B");
    over(&w, 1);
    assert_string_equal(w.said, "+0 a ");
    over(&w, 0); /* 1 has ended meanwhile, 2 has not: it is the open one now */
    assert_string_equal(w.said, "+0 a -0 +1 bB sig -1 +2 c ");
    piece(&w, 2, "C");
    piece(&w, 1, "late"); /* of an item that is over */
    over(&w, 2);
    assert_string_equal(w.said, "+0 a -0 +1 bB sig -1 +2 c C -2 ");
    close_world(&w);
}

static void a_finish_ends_what_is_open(void **state) {
    (void)state;
    world w;
    open_world(&w);
    item(&w, 0);
    item(&w, 1);
    piece(&w, 1, "b");
    item(&w, 2);
    put(&w, YZ_EVENT_FINISH, 0, YZ_STR(""));
    assert_string_equal(w.said, "+0 -0 +1 b -1 +2 -2 finish ");
    close_world(&w);
}

/* Several answers side by side wait for nobody but themselves, and every event of an item says whose it is. */
static void choices_do_not_wait_for_each_other(void **state) {
    (void)state;
    world w;
    open_world(&w);
    item(&w, 0);
    yz_order_put(w.order, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = 1, .choice = 1});
    yz_order_put(w.order, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM, .index = 2, .choice = 1});
    piece(&w, 1, "b");
    assert_int_equal(w.choice, 1);
    piece(&w, 2, "c");
    piece(&w, 0, "a");
    assert_int_equal(w.choice, 0);
    assert_string_equal(w.said, "+0 +1 b a ");
    over(&w, 1);
    assert_int_equal(w.choice, 1);
    assert_string_equal(w.said, "+0 +1 b a -1 +2 c ");
    put(&w, YZ_EVENT_FINISH, 0, YZ_STR(""));
    assert_string_equal(w.said, "+0 +1 b a -1 +2 c -0 -2 finish ");
    close_world(&w);
}

static void what_is_held_is_bounded(void **state) {
    (void)state;
    static char big[17 << 20];
    world w;
    open_world(&w);
    memset(big, 'x', sizeof big - 1);
    item(&w, 0);
    item(&w, 1);
    piece(&w, 1, big);
    assert_int_equal(w.bytes, 0);
    piece(&w, 1, big);
    assert_int_equal(w.bytes, 2 * (sizeof big - 1)); /* the first was ended as it was */
    piece(&w, 0, "late");
    piece(&w, 1, "b");
    over(&w, 1);
    assert_string_equal(w.said, "+0 -0 +1 b -1 ");
    close_world(&w);
}

static void text_is_cut_into_items_by_kind(void **state) {
    (void)state;
    world w = {.sink = {out}};
    yz_items items = {0};
    yz_items_put(&items, &w.sink, YZ_PART_REASONING, YZ_STR("hm"));
    yz_items_put(&items, &w.sink, YZ_PART_REASONING, YZ_STR("hm"));
    yz_items_put(&items, &w.sink, YZ_PART_TEXT, YZ_STR(""));
    yz_items_put(&items, &w.sink, YZ_PART_TEXT, YZ_STR("yes"));
    yz_items_end(&items, &w.sink);
    yz_items_end(&items, &w.sink);
    yz_items_put(&items, &w.sink, YZ_PART_TEXT, YZ_STR("more"));
    assert_string_equal(w.said, "+0 hm hm -0 +1 yes -1 +2 more ");
}

static void whole_arguments_are_known(void **state) {
    (void)state;
    static const struct {
        const char *pieces[3];
        bool whole;
    } cases[] = {{{"{}"}, true},
                 {{"{\\\"s\\\":\\\"}\\\\\\\"\\\"", "}"}, true}, /* a brace and a quote in a string */
                 {{"{\\\"s\\\":\\\"}\\\\\\\"\\\""}, false},
                 {{"[1,{\\\"a\\\":2}", "]"}, true},
                 {{"7"}, false},
                 {{""}, false},
                 {{"{\\u0022a}\\u0022:1", "}"}, false}, /* quotes that hide end the count */
                 {{"}", "{}"}, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_whole whole = {0};
        bool got = false;
        for (size_t k = 0; k < 3 && cases[i].pieces[k]; k++)
            got = yz_whole_put(&whole, yz_str_of(cases[i].pieces[k]));
        if (got != cases[i].whole)
            fail_msg("case %zu: %s", i, got ? "whole" : "not whole");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_order_passes_at_once), cmocka_unit_test(interleaved_items_wait_for_the_open_one),
        cmocka_unit_test(a_finish_ends_what_is_open),      cmocka_unit_test(choices_do_not_wait_for_each_other),
        cmocka_unit_test(what_is_held_is_bounded),         cmocka_unit_test(text_is_cut_into_items_by_kind),
        cmocka_unit_test(whole_arguments_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
