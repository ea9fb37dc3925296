/* The cache stage: what is the same, what is stored, how answers are shared, and that a lying store is only a miss. */
#include "../common/recorded.c"
#include "../common/recorded_key.c"
#include "../common/replay.c"
#include "backlog.c"

#include "flight.c"

#include "cache.c"

#include "base/diag.h"
#include "generation.h"
#include "store/store.h"
#include "tree_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "test_world.h"

/* ---- the key ------------------------------------------------------------------------------------------------------------------ */

static bool same(const char *a, const yz_key *key_a, const char *model_a, const char *b, const yz_key *key_b, const char *model_b) {
    int before = play.n;
    uint8_t ka[YC_KEY_SIZE], kb[YC_KEY_SIZE];
    yz_arena *arena = yz_arena_new(NULL);
    ask(7);
    yz_call *call = clients[7].call;
    assert_true(yc_request_key(call, request_of(arena, a, key_a, model_a, false), NULL, ka));
    assert_true(yc_request_key(call, request_of(arena, b, key_b, model_b, true), NULL, kb));
    yz_cancel(call);
    world_settle(&w);
    play.n = before;
    yz_arena_free(arena);
    return memcmp(ka, kb, YC_KEY_SIZE) == 0;
}

static void what_is_the_same(void **state) {
    (void)state;
    const char *a = "{\"model\":\"m\",\"messages\":[1],\"temperature\":0.5}";
    assert_true(same(a, &alice, "m", " { \"temperature\" : 0.5 , \"stream\":true, \"messages\":[ 1 ],\"model\":\"x\"}", &alice, "m"));
    assert_false(same(a, &alice, "m", a, &bob, "m"));
    assert_false(same(a, &alice, "m", a, NULL, "m"));
    assert_false(same(a, &alice, "m", a, &alice, "n"));
    assert_false(same(a, &alice, "m", "{\"messages\":[1],\"temperature\":0.50}", &alice, "m"));
    assert_false(same(a, &alice, "m", "{\"messages\":[1],\"temperature\":0.5,\"top_p\":1}", &alice, "m"));
    assert_false(same("{\"a\":[1,2]}", &alice, "m", "{\"a\":[[1],2]}", &alice, "m"));
    /* A nested member called model is part of the question. */
    assert_false(same("{\"a\":{\"model\":1}}", &alice, "m", "{\"a\":{\"model\":2}}", &alice, "m"));
}

static void how_a_body_is_to_be_read_is_part_of_it(void **state) {
    (void)state;
    uint8_t keys[4][YC_KEY_SIZE];
    yz_header said[] = {{YZ_STR("x-version"), YZ_STR("1")}, {YZ_STR("x-version"), YZ_STR("2")}, {YZ_STR("x-beta"), YZ_STR("1")}};
    yz_header other = {YZ_STR("x-other"), YZ_STR("1")};
    const yz_header *headers[4] = {&other, &said[0], &said[1], &said[2]};
    yz_arena *arena = yz_arena_new(NULL);
    ask(7);
    for (int i = 0; i < 4; i++) {
        yz_request *request = request_of(arena, BODY, &alice, "m", false);
        request->headers = headers[i];
        request->n_headers = 1;
        assert_true(yc_request_key(clients[7].call, request, NULL, keys[i]));
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(keys[k], keys[i], YC_KEY_SIZE);
    }
    yz_request *request = request_of(arena, BODY, &alice, "m", false);
    assert_true(yc_request_key(clients[7].call, request, NULL, keys[1]));
    assert_memory_equal(keys[0], keys[1], YC_KEY_SIZE); /* any other header says nothing */
    yz_cancel(clients[7].call);
    yz_arena_free(arena);
}

/* ---- records ------------------------------------------------------------------------------------------------------------------ */

static void a_record_survives_and_lies_do_not(void **state) {
    (void)state;
    uint8_t key[YC_KEY_SIZE] = {1, 2, 3}, other[YC_KEY_SIZE] = {1, 2, 4};
    yc_recorded r = {.stream = true,
                     .usage_event = true,
                     .status = 200,
                     .stored = 123,
                     .finish = YZ_FINISH_TOOLS,
                     .usage = yz_usage_of(1, 4),
                     .dialect = YZ_STR("d"),
                     .provider = YZ_STR("p"),
                     .model = YZ_STR("m"),
                     .content_type = YZ_STR("t"),
                     .body = YZ_STR("bo\0dy\n")};
    yz_blob *blob = yc_recorded_write(key, &r);
    yz_str bytes = yz_blob_bytes(blob);
    yc_recorded back;
    assert_true(yc_recorded_read(bytes, key, &back));
    assert_true(back.stream && back.usage_event && back.status == 200 && back.stored == 123 &&
                yz_usage_get(&back.usage, YZ_METER_OUTPUT) == 4);
    assert_true(yz_usage_get(&back.usage, YZ_METER_REASONING) == -1 && back.finish == YZ_FINISH_TOOLS && yz_str_eq(back.body, r.body));
    assert_true(yz_str_is(back.dialect, "d") && yz_str_is(back.provider, "p") && yz_str_is(back.model, "m") &&
                yz_str_is(back.content_type, "t"));
    assert_false(yc_recorded_read(bytes, other, &back));
    for (size_t n = 0; n < bytes.n; n++)
        assert_false(yc_recorded_read((yz_str){bytes.p, n}, key, &back));
    char *copy = malloc(bytes.n + 1);
    memcpy(copy, bytes.p, bytes.n);
    copy[bytes.n] = 'x';
    assert_false(yc_recorded_read((yz_str){copy, bytes.n + 1}, key, &back));
    for (size_t i = 0; i < bytes.n; i++) { /* every byte damaged in turn: must not crash, whatever it says */
        copy[i] = (char)~copy[i];
        (void)yc_recorded_read((yz_str){copy, bytes.n}, key, &back);
        copy[i] = (char)~copy[i];
    }
    free(copy);
    yz_blob_unref(blob);
}

/* ---- hits and misses ------------------------------------------------------------------------------------------------------------ */

static void the_second_time_is_a_hit(void **state) {
    (void)state;
    ask(0);
    answer(0, "hello");
    GOT(0, "head hello end");
    ask(1);
    assert_int_equal(play.n, 1);
    GOT(1, "head hello end");
    ask_as(2, BODY, &bob, "m", false);
    assert_int_equal(play.n, 2);
    answer(1, "for bob");
    GOT(2, "head for bob end");
    world_pass(&w, 60001);
    ask(3); /* expired */
    assert_int_equal(play.n, 3);
    answer(2, "again");
}

/* The usage of a hit is that of the call which filled the cache, and marked so; of a shared answer it is one client's. */
static void nobody_pays_twice(void **state) {
    (void)state;
    ask(0);
    ask(1);
    const yz_record *rider = yz_call_record(clients[1].call);
    assert_int_equal(yz_call_record(clients[0].call)->cache, YZ_CACHE_MISS);
    assert_int_equal(rider->cache, YZ_CACHE_COALESCED);
    assert_non_null(rider->shared);
    head_of(0, false);
    chunk_of(0, "hello");
    yz_usage usage = yz_usage_of(10, 20);
    yz_send_end(play.calls[0], &(yz_end){YZ_END, .usage = &usage, .finish = YZ_FINISH_STOP});
    const yz_record *paying = yz_record_answer(yz_call_record(clients[0].call)), *riding = yz_record_answer(rider);
    assert_int_equal(paying->source, YZ_SOURCE_PROVIDER);
    assert_int_equal(yz_usage_get(paying->usage, YZ_METER_OUTPUT), 20);
    assert_ptr_equal(riding->target, &targets[0]);
    assert_int_equal(riding->source, YZ_SOURCE_SHARED);
    assert_int_equal(riding->because, YZ_BECAUSE_COALESCED);
    assert_int_equal(yz_usage_get(riding->usage, YZ_METER_OUTPUT), 20);
    for (int i = 0; i < 2; i++) { /* one call asked, whoever shares its answer: that is one attempt */
        int asked = 0;
        for (const yz_record *r = yz_call_record(clients[i].call); r; r = r->next)
            asked += r->target != NULL;
        assert_int_equal(asked, 1);
    }
    world_settle(&w);
    ask_and_look(2);
    assert_int_equal(looked.cache, YZ_CACHE_HIT);
    assert_int_equal(looked.source, YZ_SOURCE_CACHED);
    assert_ptr_equal(looked.target, &targets[0]);
    assert_int_equal(looked.started, YZ_STARTED_NO);
    assert_int_equal(output_seen, 20);
    assert_int_equal(world_counter(&w, "cache_hits"), 1);
    assert_int_equal(world_counter(&w, "cache_misses"), 1);
}

static void failures_are_not_stored(void **state) {
    (void)state;
    ask(0);
    yz_fail(play.calls[0], YZ_ERROR_SERVER, "no");
    world_settle(&w);
    assert_int_equal(clients[0].error, YZ_ERROR_SERVER);
    ask(1);
    head_of(1, true);
    chunk_of(1, "half");
    yz_fail(play.calls[1], YZ_ERROR_BROKEN, "cut");
    world_settle(&w);
    ask(2);
    assert_int_equal(play.n, 3);
    yz_send_head(play.calls[2], &(yz_head){YZ_HEAD, .status = 200, .dialect = &openai, .target = &targets[1]}); /* a fallback's model */
    chunk_of(2, "other");
    end_of(2);
    world_settle(&w);
    ask(3);
    assert_int_equal(play.n, 4);
    answer(3, "x");
}

static void passes_by_when_told(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_request *r = request_of(arena, BODY, &alice, "m", false);
        r->no_cache = true;
        clients[i].call = yz_call_start(&w.worker, &chain, 0, r, arena, &client_parent, &clients[i]);
        world_settle(&w);
        answer(i, "fresh");
    }
    assert_int_equal(play.n, 2);
}

/* ---- sharing -------------------------------------------------------------------------------------------------------------------- */

static void many_ask_at_once(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++)
        ask(i);
    assert_int_equal(play.n, 1);
    head_of(0, true);
    chunk_of(0, "a");
    ask(5); /* joins in the middle */
    GOT(5, "head a ");
    chunk_of(0, "b");
    yz_cancel(clients[0].call); /* the one who came first leaves */
    world_settle(&w);
    assert_false(play.cancelled[0]);
    chunk_of(0, "c");
    end_of(0);
    world_settle(&w);
    GOT(0, "head a b ");
    for (int i = 1; i < 5; i++)
        GOT(i, "head a b c end");
    GOT(5, "head a b c end");
}

static void the_last_to_leave_cancels(void **state) {
    (void)state;
    ask(0);
    ask(1);
    yz_cancel(clients[0].call);
    world_settle(&w);
    assert_false(play.cancelled[0]);
    yz_cancel(clients[1].call);
    world_settle(&w);
    assert_true(play.cancelled[0]);
    ask(2);
    assert_int_equal(play.n, 2);
    answer(1, "x");
}

static void all_share_a_failure(void **state) {
    (void)state;
    ask(0);
    ask(1);
    yz_fail(play.calls[0], YZ_ERROR_RATE_LIMIT, "slow down");
    world_settle(&w);
    assert_int_equal(clients[0].error, YZ_ERROR_RATE_LIMIT);
    assert_int_equal(clients[1].error, YZ_ERROR_RATE_LIMIT);
}

static void a_slow_reader_holds_nobody_up(void **state) {
    (void)state;
    ask(0);
    ask(1);
    head_of(0, true);
    yz_flow(clients[0].call, true);
    world_settle(&w);
    chunk_of(0, "a");
    chunk_of(0, "b");
    end_of(0);
    world_settle(&w);
    GOT(0, "head ");
    GOT(1, "head a b end");
    assert_false(play.paused[0]);
    yz_flow(clients[0].call, false);
    world_settle(&w);
    GOT(0, "head ab end");
}

/* A piece of the answer as the provider stage sends it to clients of another dialect: bytes, and beside them one event. */
static void told_of(int call, const char *text) {
    char said[32];
    snprintf(said, sizeof said, "%s", text); /* gone after the hook */
    yz_event event = {YZ_EVENT, .kind = YZ_EVENT_DELTA, .text = yz_str_of(said)};
    yz_send_chunk(play.calls[call], &(yz_chunk){YZ_CHUNK, .bytes = yz_str_of(text), .events = &event});
    memset(said, '!', sizeof said);
}

/* Riders get the events beside the bytes as they come; who joins late reads bytes first; who has read events gets all the others as well,
 * also those that came while it rested. */
/* What has not finished, or says nothing, is no answer to keep: the next one who asks gets a fresh one. */
static void only_finished_answers_are_kept(void **state) {
    (void)state;
    static const struct {
        yz_finish finish;
        bool unsaid, kept;
    } table[] = {{YZ_FINISH_NONE, false, false},  {YZ_FINISH_OTHER, false, false}, {YZ_FINISH_FILTER, false, false},
                 {YZ_FINISH_STOP, true, false},   {YZ_FINISH_LENGTH, true, false}, {YZ_FINISH_STOP, false, true},
                 {YZ_FINISH_LENGTH, false, true}, {YZ_FINISH_TOOLS, false, true}};
    int calls = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        static char body[64];
        snprintf(body, sizeof body, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%zu\"}]}", i);
        ask_as(0, body, &alice, "m", false);
        head_of(calls, false);
        chunk_of(calls, "x");
        ended_as(calls++, table[i].finish, table[i].unsaid);
        ask_as(1, body, &alice, "m", false);
        assert_int_equal(clients[1].ended, table[i].kept);
        if (!table[i].kept)
            answer(calls++, "y");
    }
}

static void events_ride_along(void **state) {
    (void)state;
    ask(0);
    ask(1);
    head_of(0, true);
    told_of(0, "a");
    ask(2); /* late: bytes, then events */
    yz_flow(clients[0].call, true);
    world_settle(&w);
    ask(3);
    yz_flow(clients[3].call, true); /* late, and resting before it has had any event */
    world_settle(&w);
    told_of(0, "b");
    told_of(0, "c");
    GOT(0, "head a(a) ");
    GOT(1, "head a(a) b(b) c(c) ");
    GOT(2, "head a b(b) c(c) ");
    yz_flow(clients[0].call, false);
    world_settle(&w);
    GOT(0, "head a(a) b(b) c(c) ");
    told_of(0, "d");
    yz_flow(clients[1].call, true);
    world_settle(&w);
    told_of(0, "e");
    end_of(0);
    yz_flow(clients[1].call, false);
    yz_flow(clients[3].call, false);
    world_settle(&w);
    GOT(0, "head a(a) b(b) c(c) d(d) e(e) end");
    GOT(1, "head a(a) b(b) c(c) d(d) e(e) end");
    GOT(2, "head a b(b) c(c) d(d) e(e) end");
    GOT(3, "head a bcde end");
    ask(4); /* from the store: bytes */
    GOT(4, "head abcde end");
}

static void a_long_answer_is_read_as_fast_as_the_slowest(void **state) {
    (void)state;
    char big[900];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    ask(0);
    ask(1);
    head_of(0, true);
    yz_flow(clients[0].call, true);
    chunk_of(0, big);
    world_settle(&w);
    assert_false(play.paused[0]); /* still within what is recorded */
    chunk_of(0, big);
    world_settle(&w);
    assert_true(play.paused[0]);
    ask(2); /* too late to join, and nothing stored: its own call */
    assert_int_equal(play.n, 2);
    yz_flow(clients[0].call, false);
    world_settle(&w);
    assert_false(play.paused[0]);
    chunk_of(0, "end");
    end_of(0);
    world_settle(&w);
    assert_int_equal(clients[0].ended, 1);
    assert_int_equal(strlen(clients[0].log), strlen(clients[1].log) - 1); /* two chunks came as one: one blank less */
    answer(1, "y");
}

/* A stage above may keep a head for as long as the call that sent it has memory: after a hit whose record has left the store, and
 * after a flight that has landed. */
static yz_str kept_type, kept_loss;
static void keep_head(yz_call *call, yz_call *child, const yz_head *head) {
    (void)child;
    kept_type = head->content_type;
    kept_loss = head->n_losses ? head->losses[0] : (yz_str){0};
    yz_timer_start(call, 1000); /* the answer is held: nothing goes up */
}
static void keep_call(yz_call *call, const yz_request *request) {
    (void)request;
    yz_next(call, NULL);
}
static void keep_nothing(yz_call *call, yz_call *child, const yz_chunk *chunk) { (void)call, (void)child, (void)chunk; }
static void keep_end(yz_call *call, yz_call *child, const yz_end *end) { (void)call, (void)child, (void)end; }
static void keep_timer(yz_call *call, yz_timer *timer) {
    (void)timer;
    yz_arena *arena = yz_call_arena(call);
    yz_fail(call, YZ_ERROR_OVERLOADED, "%s %s", yz_dup(arena, kept_type).p, yz_dup(arena, kept_loss).p);
}
static const yz_filter keep_filter = {YZ_FILTER,          .on_call = keep_call,  .on_head = keep_head, .on_chunk = keep_nothing,
                                      .on_end = keep_end, .on_timer = keep_timer};

static void a_head_may_be_kept(void **state) {
    (void)state;
    const yz_str loss = YZ_STR("a field that was lost");
    yz_link above[3] = {{.filter = &keep_filter, .name = "keep"}, links[0], links[1]};
    chain.links = above;
    chain.n = 3;
    ask(0);
    yz_send_head(play.calls[0], &(yz_head){YZ_HEAD, .status = 200, .dialect = &openai, .target = &targets[0],
                                           .content_type = YZ_STR("text/x-kept-for-long"), .length = -1, .losses = &loss, .n_losses = 1});
    chunk_of(0, "hello");
    end_of(0);
    world_pass(&w, 1000);
    assert_string_equal(clients[0].message, "text/x-kept-for-long a field that was lost");
    kept_type = kept_loss = (yz_str){0};
    ask(1); /* a hit */
    assert_int_equal(play.n, 1);
    world_pass(&w, 100);
    for (int i = 0; i < 20000; i++) { /* pushes the record out of the store */
        char name[16];
        snprintf(name, sizeof name, "k%d", i);
        yz_blob *blob = yz_blob_new((yz_str){(const char *)&clients, 16384});
        yz_store_put(&w.worker, ((cache_stage *)links[0].stage)->store, yz_str_of(name), blob, 60000);
        yz_blob_unref(blob);
    }
    world_pass(&w, 1000);
    assert_string_equal(clients[1].message, "text/x-kept-for-long a field that was lost"); /* told again with each hit */
}

static void only_streams_with_usage_serve_those_who_want_it(void **state) {
    (void)state;
    const char *wants = "{\"model\":\"m\",\"messages\":[],\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    const char *not = "{\"model\":\"m\",\"messages\":[],\"stream\":true}";
    ask_as(0, not, &alice, "m", true);
    ask_as(1, wants, &alice, "m", true); /* cannot ride on the first */
    assert_int_equal(play.n, 2);
    for (int i = 1; i >= 0; i--) { /* the one without usage is stored last */
        head_of(i, true);
        chunk_of(i, i ? "with" : "without");
        end_of(i);
        world_settle(&w);
    }
    ask_as(2, not, &alice, "m", true);
    GOT(2, "head without end");
    ask_as(3, wants, &alice, "m", true);
    assert_int_equal(play.n, 3); /* a miss */
    head_of(2, true);
    chunk_of(2, "with");
    end_of(2);
    world_settle(&w);
    ask_as(4, not, &alice, "m", true);
    GOT(4, "head with end");
    assert_int_equal(play.n, 3);
}

static void what_another_form_would_impoverish_keeps_its_own(void **state) {
    (void)state;
    const char *two = "{\"model\":\"m\",\"messages\":[],\"n\":2}";
    ask_as(0, two, &alice, "m", true);
    ask_as(1, two, &alice, "m", false); /* does not ride */
    assert_int_equal(play.n, 2);
    for (int i = 1; i >= 0; i--) { /* the stream is stored last */
        head_of(i, i == 0);
        chunk_of(i, "x");
        end_of(i);
        world_settle(&w);
    }
    ask_as(2, two, &alice, "m", true);
    GOT(2, "head x end");
    ask_as(3, two, &alice, "m", false);
    assert_int_equal(play.n, 3); /* a miss */
    answer(2, "y");
    GOT(3, "head y end");
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_is_the_same),
        WORLD_TEST(how_a_body_is_to_be_read_is_part_of_it),
        cmocka_unit_test(a_record_survives_and_lies_do_not),
        WORLD_TEST(the_second_time_is_a_hit),
        WORLD_TEST(nobody_pays_twice),
        WORLD_TEST(failures_are_not_stored),
        WORLD_TEST(passes_by_when_told),
        WORLD_TEST(many_ask_at_once),
        WORLD_TEST(the_last_to_leave_cancels),
        WORLD_TEST(all_share_a_failure),
        WORLD_TEST(a_slow_reader_holds_nobody_up),
        WORLD_TEST(only_finished_answers_are_kept),
        WORLD_TEST(events_ride_along),
        WORLD_TEST(a_long_answer_is_read_as_fast_as_the_slowest),
        WORLD_TEST(a_head_may_be_kept),
        WORLD_TEST(only_streams_with_usage_serve_those_who_want_it),
        WORLD_TEST(what_another_form_would_impoverish_keeps_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
