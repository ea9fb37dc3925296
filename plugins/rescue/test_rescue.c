/* test_rescue.c: which events of two providers become one answer, and what is not continued. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "tree_leaf.h"

#include <yuzui/plugin.h>

/* What is still to be said, as the stage asks for it. */
static char asked[4][256];
static size_t n_asked;
static int note_go_on(yz_arena *arena, yz_request *request, yz_str said, yz_str ask) {
    (void)arena;
    (void)request;
    snprintf(asked[n_asked++], sizeof asked[0], "%.*s|%.*s", YZ_STR_ARGS(said), YZ_STR_ARGS(ask));
    return YZ_OK;
}
#define yz_request_go_on note_go_on
#include "rescue.c"

/* A provider whose n-th call says the n-th text: a letter an event. T, R, C begin an item (text, reasoning, a call), lower case letters are
 * its pieces, '.' ends it, F finishes, D is done, '!' breaks off; numbers are those of the items, from 0. '^' before the rest: no head. */
static const char *plays[4];
static size_t n_calls;

static yz_event event_of(char c, unsigned *n, char text[2]) {
    yz_event e = {YZ_EVENT};
    text[0] = c;
    text[1] = 0;
    switch (c) {
    case 'T':
    case 'R':
    case 'C':
        e.kind = YZ_EVENT_ITEM;
        e.item = c == 'T' ? YZ_PART_TEXT : c == 'R' ? YZ_PART_REASONING : YZ_PART_TOOL_CALL;
        e.index = (*n)++;
        return e;
    case '.':
        e.kind = YZ_EVENT_ITEM_END;
        break;
    case 'F':
        e.kind = YZ_EVENT_FINISH;
        e.finish = YZ_FINISH_STOP;
        return e;
    case 'D':
        e.kind = YZ_EVENT_DONE;
        return e;
    default:
        e.kind = YZ_EVENT_DELTA;
        e.text = yz_str_of(text);
        break;
    }
    e.index = *n - 1;
    return e;
}

static void play(yz_call *call, const yz_request *request) {
    const char *p = plays[n_calls++];
    unsigned n = 0;
    assert_true(!request->stream || request->events);
    if (*p != '^') {
        yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .stream = true, .dialect = request->dialect});
        yz_event start = {YZ_EVENT, .kind = YZ_EVENT_START};
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .events = &start});
    }
    for (p += *p == '^'; *p && *p != '!'; p++) {
        char text[2];
        yz_event e = event_of(*p, &n, text);
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .events = &e});
    }
    if (*p == '!')
        yz_send_error(call, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_BROKEN, .message = YZ_STR("cut")});
    else
        yz_send_end(call, &(yz_end){YZ_END, .finish = YZ_FINISH_STOP});
}
static const yz_filter player = {YZ_FILTER, .on_call = play};

/* What the client sees, in the letters above, each item and piece with its number. */
static char seen[256];
static void see(void *arg, yz_call *child, const yz_chunk *chunk) {
    (void)arg;
    (void)child;
    static const char *const items[] = {[YZ_PART_TEXT] = "T", [YZ_PART_REASONING] = "R", [YZ_PART_TOOL_CALL] = "C"};
    for (const yz_event *e = chunk->events; e; e = e->next) {
        size_t at = strlen(seen);
        char *to = seen + at;
        size_t room = sizeof seen - at;
        if (e->kind == YZ_EVENT_ITEM)
            snprintf(to, room, "%s%u", items[e->item], e->index);
        else if (e->kind == YZ_EVENT_DELTA)
            snprintf(to, room, "%.*s%u", YZ_STR_ARGS(e->text), e->index);
        else if (e->kind == YZ_EVENT_ITEM_END)
            snprintf(to, room, ".%u", e->index);
        else
            snprintf(to, room, "%s", e->kind == YZ_EVENT_START ? "S" : e->kind == YZ_EVENT_FINISH ? "F" : "D");
    }
}
static void see_head(void *arg, yz_call *child, const yz_head *head) {
    assert_true(!head->stream || head->reencode);
    client_head(arg, child, head);
}
/* Which of the calls has the answer, by the records, from 1 on; 0: none. */
static int answered;
static void see_end(void *arg, yz_call *child, const yz_end *end) {
    const yz_record *root = yz_call_record(child), *answer = yz_record_answer(root);
    answered = 0;
    for (const yz_record *r = root->next; r && answer != root; r = r->next) {
        answered++;
        if (r == answer)
            break;
    }
    client_end(arg, child, end);
}
static const yz_parent viewer = {YZ_PARENT, see_head, see, see_end, client_error};

/* Plays these calls; the events the client saw, then its end ("end" or the class of the error). */
static const char *watched(const config *cfg, const char *one, const char *two, const char *three) {
    static const yz_adapter dialect = {YZ_ADAPTER, .dialect = "any"};
    world w;
    world_open(&w);
    void *stage = NULL;
    assert_int_equal(open_stage(NULL, cfg, &stage, NULL), YZ_OK);
    yz_link links[2] = {{&filter, "rescue", cfg, stage}, {&player, "player", NULL, NULL}};
    yz_chain chain = {.links = links, .n = 2};
    yz_request request = {YZ_REQUEST, .dialect = &dialect, .model = YZ_STR("m"), .op = YZ_OP_CHAT, .stream = true};
    client c = {0};
    plays[0] = one, plays[1] = two, plays[2] = three;
    n_calls = n_asked = 0;
    seen[0] = 0;
    c.call = yz_call_start(&w.worker, &chain, 0, &request, NULL, &viewer, &c);
    world_settle(&w);
    assert_int_equal(c.ended, 1);
    size_t at = strlen(seen);
    snprintf(seen + at, sizeof seen - at, " %s", c.error ? yz_error_word(c.error) : "end");
    assert_int_equal(yz_call_count(&w.worker), 0);
    free(stage);
    world_close(&w);
    return seen;
}

static const config plain = {.attempts = 2, .most = 1000, .instruction = {"go on", 5}};

static void test_whole_answers_pass_as_they_are(void **unused) {
    (void)unused;
    assert_string_equal(watched(&plain, "RxyTab.FD", "", ""), "SR0x0y0T1a1b1.1FD end");
    assert_int_equal(n_calls, 1);
}

static void test_the_text_goes_on(void **unused) {
    (void)unused;
    assert_string_equal(watched(&plain, "Tab!", "Tcd.FD", ""), "ST0a0b0c0d0.0FD end");
    assert_string_equal(asked[0], "ab|go on");
    assert_string_equal(watched(&plain, "Tab!", "Tc!", "Td.FD"), "ST0a0b0c0d0.0FD end");
    assert_string_equal(asked[1], "abc|go on");
    assert_string_equal(watched(&plain, "Rx.Ta!", "Rz.Tb.Cu.FD", ""),
                        "SR0x0.0T1a1b1.1C2u2.2FD end"); /* no thoughts in the middle of a text */
    assert_string_equal(watched(&plain, "Ta.!", "Tb.FD", ""), "ST0a0.0T1b1.1FD end");
    assert_string_equal(watched(&plain, "Rx.!", "Ry.Tb.FD", ""), "SR0x0.0R1y1.1T2b2.2FD end"); /* no text yet: from the beginning */
    assert_int_equal(n_asked, 0);
}

/* Who ended it; but one that never began has not. */
static void test_whose_answer_it_is(void **unused) {
    (void)unused;
    watched(&plain, "Ta.FD", "", "");
    assert_int_equal(answered, 1);
    watched(&plain, "Tab!", "Tcd.FD", "");
    assert_int_equal(answered, 2);
    watched(&plain, "Tab!", "^!", "Tcd.FD");
    assert_int_equal(answered, 3);
    watched(&plain, "Ta.F!", "", ""); /* only the end was missing */
    assert_int_equal(answered, 1);
}

static void test_models_that_go_on_by_themselves(void **unused) {
    (void)unused;
    static const yz_str names[] = {{"m*", 2}};
    config cfg = plain;
    cfg.prefix = (yz_list){names, 1};
    assert_string_equal(watched(&cfg, "Ta!", "Tb.FD", ""), "ST0a0b0.0FD end");
    assert_string_equal(asked[0], "a|");
}

static void test_what_is_not_continued(void **unused) {
    (void)unused;
    assert_string_equal(watched(&plain, "Ta.Cu!", "", ""), "ST0a0.0C1u1 upstream_broken");
    assert_string_equal(watched(&plain, "Rx!", "", ""), "SR0x0 upstream_broken");
    assert_string_equal(watched(&plain, "^!", "", ""), " upstream_broken"); /* nothing has gone up: for the stages below */
    assert_int_equal(n_calls, 1);
    assert_string_equal(watched(&plain, "Ta!", "Tb!", "Tc!"), "ST0a0b0c0 upstream_broken");
    assert_int_equal(n_calls, 3);
    config cfg = plain;
    cfg.most = 2;
    assert_string_equal(watched(&cfg, "Tabc!", "", ""), "ST0a0b0c0 upstream_broken");
}

static void test_the_next_one_fails_at_once(void **unused) {
    (void)unused;
    assert_string_equal(watched(&plain, "Ta!", "^!", "Tb.FD"), "ST0a0b0.0FD end");
}

static void test_only_the_end_is_missing(void **unused) {
    (void)unused;
    assert_string_equal(watched(&plain, "Ta.F!", "", ""), "ST0a0.0FD end");
    assert_string_equal(watched(&plain, "Cu.F!", "", ""), "SC0u0.0FD end");
    assert_int_equal(n_calls, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_answers_pass_as_they_are),
        cmocka_unit_test(test_the_text_goes_on),
        cmocka_unit_test(test_whose_answer_it_is),
        cmocka_unit_test(test_models_that_go_on_by_themselves),
        cmocka_unit_test(test_what_is_not_continued),
        cmocka_unit_test(test_the_next_one_fails_at_once),
        cmocka_unit_test(test_only_the_end_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
