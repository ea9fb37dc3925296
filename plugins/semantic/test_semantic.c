/* The semantic stage: what is answered by the answer to another question, what never is, and that an embedding which does not come is no
 * more than a miss. The provider below is the test's: it plays chats and embeddings. */
#include "../common/recorded.c"
#include "../common/recorded_key.c"
#include "../common/replay.c"

#include "answers.c"
#include "guard.c"
#include "plain.c"
#include "text.c"
#include "vector.c"
#include "words.c"

#include "fit.c"

#include "semantic.c"

#include "base/arena.h"
#include "base/diag.h"
#include "base/request.h"
#include "generation.h"
#include "tree_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "test_world.h"

/* ---- by words ------------------------------------------------------------------------------------------------------------------ */

/* What the call's record and notes say at its end. */
static yz_record looked;
static char noted[3][64];
static void look_end(void *arg, yz_call *child, const yz_end *end) {
    static const char *const names[] = {"semantic", "similarity", "original"};
    looked = *yz_call_record(child);
    for (int i = 0; i < 3; i++)
        snprintf(noted[i], sizeof noted[i], "%.*s", YZ_STR_ARGS(yz_noted(child, names[i])));
    client_end(arg, child, end);
}
static const yz_parent looking = {YZ_PARENT, client_head, client_chunk, look_end, client_error};

static void the_same_in_other_words_is_a_hit(void **state) {
    (void)state;
    ask_text(0, "How do I reset my password?");
    give(0, "hello");
    GOT(0, "head hello end");
    yz_arena *arena = yz_arena_new(NULL);
    const char *body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"please tell me how to reset my password\"}]}";
    clients[1].call = yz_call_start(&w.worker, &chain, 0, request_of(arena, body, &alice, false), arena, &looking, &clients[1]);
    world_settle(&w);
    assert_int_equal(n_asked, 1);
    GOT(1, "head hello end");
    assert_int_equal(looked.cache, YZ_CACHE_HIT);
    assert_int_equal(looked.source, YZ_SOURCE_CACHED);
    assert_ptr_equal(looked.target, &targets[0]);
    assert_string_equal(noted[0], "hit");
    assert_string_equal(noted[1], "1.0000");
    assert_string_equal(noted[2], "r-1");
    assert_int_equal(world_counter(&w, "semantic_hits"), 1);
    assert_int_equal(world_counter(&w, "semantic_misses"), 1);
}

/* Asked after "How do I reset my password?" was answered: is it a hit? */
static bool hits(const char *text) {
    int before = n_asked;
    ask_text(7, text);
    bool hit = n_asked == before;
    if (!hit)
        yz_cancel(clients[7].call);
    world_settle(&w);
    return hit;
}

static void near_misses_are_misses(void **state) {
    (void)state;
    ask_text(0, "How do I convert 5 USD to EUR in March?");
    give(0, "x");
    assert_true(hits("how can i convert 5 USD to EUR in March"));
    assert_false(hits("How do I convert 6 USD to EUR in March?"));
    assert_false(hits("How do I convert 5 EUR to USD in March?"));
    assert_false(hits("How do I not convert 5 USD to EUR in March?"));
    assert_false(hits("Why do I convert 5 USD to EUR in March?"));
    assert_false(hits("How do I convert 5 USD to EUR in April?"));
    assert_false(hits("How do I convert 5 USD to CHF in March?"));
    assert_false(hits("How did I convert 5 USD to EUR in March?"));
    assert_false(hits("How do I convert 5 USD to \\\"EUR\\\" in March?"));
    assert_false(hits("3月怎么把5 USD换成EUR？"));
}

#define QUESTION "{\"role\":\"user\",\"content\":\"How do I reset my password?\"}"
#define SAME     "{\"role\":\"user\",\"content\":\"how can I reset my password\"}"
static bool hits_body(const char *body, const yz_key *key) {
    int before = n_asked;
    ask_body(7, body, key, false);
    bool hit = n_asked == before;
    if (!hit)
        yz_cancel(clients[7].call);
    world_settle(&w);
    return hit;
}

static void all_else_must_be_equal(void **state) {
    (void)state;
    ask_body(0, "{\"model\":\"m\",\"temperature\":0,\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," QUESTION "]}", &alice, false);
    give(0, "x");
    assert_true(hits_body("{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," SAME "],\"temperature\":0}", &alice));
    const char *others[] = {
        "{\"model\":\"m\",\"temperature\":1,\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," SAME "]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," SAME "]}",
        "{\"model\":\"m\",\"temperature\":0,\"messages\":[{\"role\":\"system\",\"content\":\"t\"}," SAME "]}",
        "{\"model\":\"m\",\"temperature\":0,\"messages\":[" SAME "]}",
        "{\"model\":\"m\",\"temperature\":0,\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," QUESTION "," SAME "]}",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(hits_body(others[i], &alice));
    assert_false(hits_body("{\"model\":\"m\",\"temperature\":0,\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," SAME "]}", &bob));
    assert_false(hits_body("{\"model\":\"m\",\"temperature\":0,\"messages\":[{\"role\":\"system\",\"content\":\"s\"}," SAME "]}", NULL));
}

/* A turn that says the same words as the last one is no hole: where the text lies counts, not what it says. */
static void only_the_last_turn_is_open(void **state) {
    (void)state;
    ask_body(0, "{\"model\":\"m\",\"messages\":[" QUESTION ",{\"role\":\"assistant\",\"content\":\"a\"}," QUESTION "]}", &alice, false);
    give(0, "x");
    assert_true(hits_body("{\"model\":\"m\",\"messages\":[" QUESTION ",{\"role\":\"assistant\",\"content\":\"a\"}," SAME "]}", &alice));
    assert_false(hits_body("{\"model\":\"m\",\"messages\":[" SAME ",{\"role\":\"assistant\",\"content\":\"a\"}," QUESTION "]}", &alice));
}

static void what_is_left_alone(void **state) {
    (void)state;
    char longer[1200] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"reset password ";
    size_t n = strlen(longer);
    memset(longer + n, 'x', 600);
    strcpy(longer + n + 600, "\"}]}");
    const char *bodies[] = {
        "{\"model\":\"m\",\"tools\":[],\"messages\":[" QUESTION "]}",
        "{\"model\":\"m\",\"n\":2,\"messages\":[" QUESTION "]}",
        "{\"model\":\"m\",\"odd\":2,\"messages\":[" QUESTION "]}",
        "{\"model\":\"m\",\"messages\":[" QUESTION ",{\"role\":\"assistant\",\"content\":\"a\"}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[\"reset my password\",\"reset my password\"]}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"what is it?\"}]}",
        longer,
    };
    const int n_bodies = (int)(sizeof bodies / sizeof *bodies);
    for (int i = 0; i < n_bodies; i++) {
        for (int k = 0; k < 2; k++) {
            ask_body(0, bodies[i], &alice, false);
            assert_int_equal(n_asked, 2 * i + k + 1);
            give(2 * i + k, "x");
            GOT(0, "head x end");
        }
    }
    assert_int_equal(world_counter(&w, "semantic_passed"), 2 * n_bodies);
}

static void passes_by_when_told(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_request *request = request_of(arena, "{\"model\":\"m\",\"messages\":[" QUESTION "]}", &alice, false);
        request->no_cache = true;
        memset(&clients[0], 0, sizeof clients[0]);
        clients[0].call = yz_call_start(&w.worker, &chain, 0, request, arena, &client_parent, &clients[0]);
        world_settle(&w);
        assert_int_equal(n_asked, i + 1);
        give(i, "x");
    }
    ask_text(1, "How do I reset my password?"); /* nothing was kept of them */
    assert_int_equal(n_asked, 3);
    give(2, "y");
}

/* What failed, was filtered, came from a model that a fallback chose, or is too long, is not kept. */
static void only_whole_answers_are_kept(void **state) {
    (void)state;
    char big[1100];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    ask_text(0, "How do I reset my password?");
    yz_fail(asked[0], YZ_ERROR_SERVER, "no");
    ask_text(0, "How do I reset my password?");
    head_of(1, false, &targets[0]);
    rest_of(1, "x", YZ_FINISH_FILTER);
    ask_text(0, "How do I reset my password?");
    head_of(2, false, &targets[1]);
    rest_of(2, "x", YZ_FINISH_STOP);
    ask_text(0, "How do I reset my password?");
    head_of(3, false, &targets[0]);
    rest_of(3, big, YZ_FINISH_STOP);
    ask_text(0, "How do I reset my password?");
    head_of(4, true, &targets[0]);
    yz_send_chunk(asked[4], &(yz_chunk){YZ_CHUNK, .bytes = YZ_STR("half")});
    yz_fail(asked[4], YZ_ERROR_BROKEN, "cut");
    world_settle(&w);
    ask_text(0, "How do I reset my password?");
    assert_int_equal(n_asked, 6);
    give(5, "x");
    assert_true(hits("How do I reset my password?"));
    world_pass(&w, 60001);
    assert_false(hits("How do I reset my password?")); /* too old */
}

static void a_stream_serves_a_document_if_it_says_what_was_used(void **state) {
    (void)state;
    const char *wants = "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[" QUESTION "]}";
    ask_body(0, "{\"model\":\"m\",\"stream\":true,\"messages\":[" QUESTION "]}", &alice, true);
    head_of(0, true, &targets[0]);
    rest_of(0, "x", YZ_FINISH_STOP);
    assert_true(hits_body("{\"model\":\"m\",\"messages\":[" SAME "]}", &alice));
    ask_body(1, wants, &alice, true); /* its usage event was not asked for then */
    assert_int_equal(n_asked, 2);
    head_of(1, true, &targets[0]);
    rest_of(1, "y", YZ_FINISH_STOP);
    ask_body(1, wants, &alice, true);
    assert_int_equal(n_asked, 2);
    GOT(1, "head y end");
}

/* ---- by a model ---------------------------------------------------------------------------------------------------------------- */

static bool asks_embedding(int call, const char *text) {
    const yz_request *r = yz_call_request(asked[call]);
    return r->op == YZ_OP_EMBEDDING && yz_str_is(r->model, "e") && yz_str_is(yz_json_escaped(yz_json_get(r->json, "input")), text) &&
           yz_json_int(yz_json_get(r->json, "dimensions"), 0) == 3 && r->model_node && !r->target && !r->stream &&
           yz_call_record(asked[call])->because == YZ_BECAUSE_QUESTION;
}

static void vectors_decide(void **state) {
    (void)state;
    ask_text(0, "I forgot my password");
    assert_int_equal(n_asked, 1);
    assert_true(asks_embedding(0, "I forgot my password"));
    give(0, "{\"vector\":[0.6,0.8,0]}");
    GOT(0, ""); /* nothing of the embedding goes up */
    assert_int_equal(n_asked, 2);
    assert_int_equal(yz_call_request(asked[1])->op, YZ_OP_CHAT);
    give(1, "set a new one");
    GOT(0, "head set a new one end");
    ask_text(1, "how do I get back in");
    give(2, "{\"vector\":[0.61,0.79,0.01]}");
    assert_int_equal(n_asked, 3);
    GOT(1, "head set a new one end");
    ask_text(2, "what else");
    give(3, "{\"vector\":[0.9,0.1,0.4]}");
    assert_int_equal(n_asked, 5);
    give(4, "far");
    GOT(2, "head far end");
    ask_text(3, "I forgot my password"); /* the same words: nobody is asked */
    assert_int_equal(n_asked, 5);
    GOT(3, "head set a new one end");
    ask_text(4, "I forgot my 2 passwords"); /* however near it is */
    give(5, "{\"vector\":[0.6,0.8,0]}");
    assert_int_equal(n_asked, 7);
    give(6, "x");
}

/* The embedding does not come, or is none: the request goes on, and nothing is kept of it. */
static void without_an_embedding_it_goes_on(void **state) {
    (void)state;
    static const char *const answers_[] = {"{}", "{\"vector\":[0,0,0]}", "{\"vector\":[\"x\"]}", "{\"vector\":[]}", "junk"};
    for (int i = 0; i < 5; i++) {
        ask_text(0, "How do I reset my password?");
        give(2 * i, answers_[i]);
        assert_int_equal(n_asked, 2 * i + 2);
        give(2 * i + 1, "x");
        GOT(0, "head x end");
    }
    ask_text(0, "How do I reset my password?");
    yz_fail(asked[10], YZ_ERROR_CONNECT, "away");
    world_settle(&w);
    give(11, "x");
    GOT(0, "head x end");
    ask_text(0, "How do I reset my password?");
    world_pass(&w, 501); /* its deadline */
    assert_int_equal(n_asked, 14);
    assert_true(closed[12]);
    give(13, "x");
    GOT(0, "head x end");
    assert_int_equal(world_counter(&w, "semantic_failed"), 7);
    int64_t entries, bytes;
    answers_size(((const semantic_stage *)links[0].stage)->answers, &entries, &bytes);
    assert_int_equal(entries, 0);
}

static void an_endless_embedding_is_cut(void **state) {
    (void)state;
    char *big = malloc(EMBEDDING_BYTES + 1);
    memset(big, '1', EMBEDDING_BYTES + 1);
    ask_text(0, "How do I reset my password?");
    head_of(0, false, &targets[0]);
    yz_send_chunk(asked[0], &(yz_chunk){YZ_CHUNK, .bytes = {big, EMBEDDING_BYTES}});
    assert_int_equal(n_asked, 1);
    yz_send_chunk(asked[0], &(yz_chunk){YZ_CHUNK, .bytes = {big, 1}});
    world_settle(&w);
    assert_true(closed[0]);
    give(1, "x");
    GOT(0, "head x end");
    free(big);
}

/* Another model behind the same name says other numbers. */
static void vectors_of_two_models_are_not_compared(void **state) {
    (void)state;
    ask_text(0, "I forgot my password");
    give(0, "{\"vector\":[0.6,0.8,0]}");
    give(1, "x");
    ask_text(1, "how do I get back in");
    head_of(2, false, &targets[1]);
    rest_of(2, "{\"vector\":[0.6,0.8,0]}", YZ_FINISH_NONE);
    assert_int_equal(n_asked, 4);
    give(3, "y");
    ask_text(1, "how do I get back in again");
    give(4, "{\"vector\":[0.6,0.8,0,0]}"); /* nor of other lengths */
    assert_int_equal(n_asked, 6);
    give(5, "z");
}

static void a_client_that_leaves_takes_its_embedding_along(void **state) {
    (void)state;
    ask_text(0, "I forgot my password");
    yz_cancel(clients[0].call);
    world_settle(&w);
    assert_true(closed[0]);
    ask_text(0, "I forgot my password");
    give(1, "{\"vector\":[0.6,0.8,0]}");
    yz_cancel(clients[0].call);
    world_settle(&w);
    assert_true(closed[2]);
}

#define WORDS_TEST(f) cmocka_unit_test_prestate_setup_teardown(f, open_world, close_world, (void *)(uintptr_t)&by_words)
#define MODEL_TEST(f) cmocka_unit_test_prestate_setup_teardown(f, open_world, close_world, (void *)(uintptr_t)&by_model)
int main(void) {
    const struct CMUnitTest tests[] = {
        WORDS_TEST(the_same_in_other_words_is_a_hit),
        WORDS_TEST(near_misses_are_misses),
        WORDS_TEST(all_else_must_be_equal),
        WORDS_TEST(only_the_last_turn_is_open),
        WORDS_TEST(what_is_left_alone),
        WORDS_TEST(passes_by_when_told),
        WORDS_TEST(only_whole_answers_are_kept),
        WORDS_TEST(a_stream_serves_a_document_if_it_says_what_was_used),
        MODEL_TEST(vectors_decide),
        MODEL_TEST(without_an_embedding_it_goes_on),
        MODEL_TEST(an_endless_embedding_is_cut),
        MODEL_TEST(vectors_of_two_models_are_not_compared),
        MODEL_TEST(a_client_that_leaves_takes_its_embedding_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
