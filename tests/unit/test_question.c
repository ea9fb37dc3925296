/* test_question.c: the classifier: what is asked of a text, tokens and features that are the same everywhere, models that are refused,
 * training that gives the same bytes twice, and the model that ships. */
#include "base/arena.h"
#include "base/clock.h"
#include "question/features.h"
#include "question/model.h"
#include "question/weigh.h"
#include "train/leave_out.h"
#include "train/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define SHIPPED YZ_SOURCE_FOLDER "/policies/yuzui/question.model"
#define PUBLIC  YZ_SOURCE_FOLDER "/policies/yuzui/questions/public.jsonl"
#define FOLDER  YZ_SOURCE_FOLDER "/policies/yuzui/questions"

static void expect_ask(const char *text, const char *ask) {
    yz_str found = yz_ask_of(yz_str_of(text));
    assert_int_equal(found.n, strlen(ask));
    assert_memory_equal(found.p, ask, found.n);
}

static void the_ask_is_what_follows_the_last_marker(void **state) {
    (void)state;
    expect_ask("  hello \n", "hello");
    expect_ask("[system]\nBe brief.\n[user]\nWhy?", "Why?");
    expect_ask("User: a\nUser: b", "b");
    expect_ask("用户：你好", "你好");
    expect_ask("Human: Why?\n\nAssistant:", "Why?");
    expect_ask("系统：简短。\n用户：为什么？\n助手：", "为什么？");
    expect_ask("# 角色\n助手\n# 用户输入\n为什么？", "为什么？");
    expect_ask("Assistant:", "Assistant:");             /* nothing else is there */
    expect_ask("User: see [1]: a：b", "see [1]: a：b"); /* what ends as a marker does is none */
    expect_ask("er: [user", "er: [user");
    expect_ask("[user]", "");
    expect_ask("", "");
}

static unsigned count_tokens(const char *text, yz_tokens *t) {
    yz_tokens_read(t, yz_ask_of(yz_str_of(text)));
    return t->n;
}

static void tokens_are_words_numbers_characters_and_marks(void **state) {
    (void)state;
    yz_tokens t, u;
    assert_int_equal(count_tokens("What's 12 + 3500?", &t), 5);
    assert_int_equal(count_tokens("what's 99 + 1234?", &u), 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(t.item[i].hash, u.item[i].hash); /* case and digits do not count */
    assert_int_equal(t.shape.numbers, 2);
    assert_int_equal(t.shape.last, '?');
    assert_int_equal(count_tokens("什么是TCP？", &t), 5);
    assert_int_equal(t.shape.cjk, 3);
    assert_int_equal(count_tokens("One. Two! 三。四", &t), 7);
    assert_int_equal(t.sentences, 4);
    assert_int_equal(t.item[6].sentence, 3);
    assert_int_equal(count_tokens("a b a", &t), 3);
    assert_true(t.item[0].fresh && t.item[1].fresh && !t.item[2].fresh);
}

static void long_texts_are_seen_from_both_ends(void **state) {
    (void)state;
    yz_tokens t;
    yz_buf text = {0};
    yz_buf_lit(&text, "first ");
    for (int i = 0; i < 20000; i++)
        yz_buf_lit(&text, "词");
    yz_buf_lit(&text, " last");
    yz_tokens_read(&t, yz_buf_view(&text));
    assert_in_range(t.n, 600, YZ_ASK_CHARS);
    assert_int_equal(t.shape.bytes, text.n);
    assert_int_equal(t.shape.first, 'f');
    assert_int_equal(t.shape.last, 't');
    yz_buf_free(&text);
}

/* Eight at a time and one by one, over tables with hardly a free slot and with hardly one that is taken. */
static void both_ways_weigh_alike(void **state) {
    (void)state;
    enum { SLOTS = 256 };
    yz_rng rng;
    yz_rng_seed(&rng, 11);
    uint8_t *entries = malloc(SLOTS * 4); /* exactly so many bytes, for the sanitizer */
    yz_features f;
    for (int round = 0; round < 3000; round++) {
        unsigned taken = (unsigned)(yz_rng_next(&rng) % SLOTS);
        memset(entries, 0, SLOTS * 4);
        for (unsigned i = 0; i < taken; i++) {
            uint32_t e = (uint32_t)yz_rng_next(&rng) | 1;
            memcpy(entries + 4 * (size_t)(yz_rng_next(&rng) % SLOTS), &e, 4);
        }
        f.n = (unsigned)(yz_rng_next(&rng) % 40);
        for (unsigned i = 0; i < f.n; i++) {
            uint32_t slot = (uint32_t)(yz_rng_next(&rng) % SLOTS), e;
            memcpy(&e, entries + 4 * (size_t)((slot + yz_rng_next(&rng) % 3) % SLOTS), 4); /* the tag of one that may lie further on */
            f.hash[i] = (yz_rng_next(&rng) % 2 ? e << 16 : (uint32_t)yz_rng_next(&rng) << 16) | slot;
        }
        memset(entries + 4 * (size_t)(yz_rng_next(&rng) % SLOTS), 0, 4);
        yz_weights eights = yz_weigh(entries, SLOTS - 1, &f), each = yz_weigh_each(entries, SLOTS - 1, &f, 0);
        assert_int_equal(eights.first, each.first);
        assert_int_equal(eights.second, each.second);
        assert_int_equal(eights.known, each.known);
    }
    free(entries);
}

/* Any bytes: no read outside, never too many features. */
static void noise_is_judged_too(void **state) {
    (void)state;
    const char *why;
    yz_model *model = yz_model_open(SHIPPED, &why);
    assert_non_null(model);
    yz_rng rng;
    yz_rng_seed(&rng, 7);
    for (int round = 0; round < 3000; round++) {
        size_t n = yz_rng_next(&rng) % 3000;
        char *bytes = malloc(n ? n : 1); /* exactly so long, for the sanitizer */
        for (size_t i = 0; i < n; i++)
            bytes[i] = round % 3 == 0 ? (char)yz_rng_next(&rng) : "{}()`\xe4\xbd\xa0 a9.\n'$\\"[yz_rng_next(&rng) % 17];
        yz_judgement said;
        yz_model_judge(model, (yz_str){bytes, n}, &said);
        assert_true(said.label < 3 && said.second < 3 && said.label != said.second);
        assert_true(said.margin >= 0 && said.margin <= said.probability && said.probability <= 1);
        assert_true(said.difficulty >= 0 && said.difficulty <= 1);
        free(bytes);
    }
    yz_model_close(model);
}

static void a_damaged_model_is_refused(void **state) {
    (void)state;
    const char *why;
    assert_null(yz_model_open("/nowhere/question.model", &why));
    assert_non_null(why);
    assert_null(yz_model_open(PUBLIC, &why)); /* larger than any model, and none */
    yz_model_head head = {.magic = YZ_MODEL_MAGIC_BYTES,
                          .features = YZ_FEATURES_VERSION,
                          .n_labels = 2,
                          .label_bytes = 64,
                          .slots_log2 = 4,
                          .stride = 4,
                          .scale = 1};
    char bytes[64 + 64 + 64] = {0};
    memcpy(bytes + 64, "a\0b", 4);
    memcpy(bytes, &head, sizeof head);
    yz_model *model = yz_model_of((yz_str){bytes, sizeof bytes}, &why);
    assert_non_null(model);
    yz_model_close(model);
    assert_null(yz_model_of((yz_str){bytes, sizeof bytes - 1}, &why));
    assert_string_equal(why, "it is cut off or damaged");
    memset(bytes + 128, 1, 64); /* no free slot: a search would never end */
    assert_null(yz_model_of((yz_str){bytes, sizeof bytes}, &why));
    assert_string_equal(why, "its table is full");
    bytes[8] = 9;
    assert_null(yz_model_of((yz_str){bytes, sizeof bytes}, &why));
    assert_string_equal(why, "it was made for another version of the features: train it again");
}

/* ---- training ---------------------------------------------------------------------------------------------------------------- */

static void train(const yz_rows *rows, size_t entries, yz_buf *out) {
    yz_matrix matrix;
    yz_fit_plan plan = YZ_FIT_PLAN(rows);
    yz_matrix_build(&matrix, rows);
    double *weights = yz_fit(&matrix, &plan);
    yz_model_write(&matrix, weights, &rows->labels, entries, out);
    free(weights);
    yz_matrix_free(&matrix);
}

/* Five labels, each with words of its own, from three sources. */
static void make_five(yz_rows *rows) {
    static const char *const labels[] = {"billing", "bug", "feature", "praise", "default"};
    static const char *const words[] = {"invoice payment refund", "crash error broken", "wish add support", "love great thanks",
                                        "hello day weather"};
    static const char *const sources[] = {"mail", "chat", "forum"};
    rows->arena = yz_arena_new(NULL);
    for (int i = 0; i < 600; i++)
        yz_rows_add(rows, yz_format(rows->arena, "%s number %d about %s", i % 2 ? "message" : "note", i, words[i % 5]),
                    yz_str_of(labels[i % 5]), YZ_STR("en"), yz_str_of(sources[i % 3]), false);
    yz_rows_sort_labels(rows);
}

static void any_labels_can_be_learnt(void **state) {
    (void)state;
    yz_rows rows = {0};
    yz_buf first = {0}, second = {0};
    const char *why;
    double right = 0;
    make_five(&rows);
    assert_string_equal(rows.labels.items[4].p, "default"); /* last, the others by name */
    assert_string_equal(rows.labels.items[0].p, "billing");
    train(&rows, 1000, &first);
    train(&rows, 1000, &second);
    assert_int_equal(first.n, second.n);
    assert_memory_equal(first.p, second.p, first.n);
    yz_model *model = yz_model_of(yz_buf_view(&first), &why);
    assert_non_null(model);
    yz_judgement said;
    yz_model_judge(model, YZ_STR("a refund for my invoice"), &said);
    assert_string_equal(yz_model_label(model, said.label).p, "billing");
    yz_matrix matrix;
    yz_fit_plan plan = YZ_FIT_PLAN(&rows);
    FILE *out = fopen("/dev/null", "w");
    yz_matrix_build(&matrix, &rows);
    assert_int_equal(yz_leave_out(&rows, &matrix, &plan, out, &right), YZ_OK);
    assert_true(right > 0.95);
    fclose(out);
    yz_matrix_free(&matrix);
    yz_model_close(model);
    yz_rows_free(&rows);
    yz_buf_free(&first);
    yz_buf_free(&second);
}

static void exp_is_exp(void **state) {
    (void)state;
    for (double x = 0; x > -60; x -= 0.37) {
        double wanted = __builtin_exp(x), got = yz_fit_exp(x);
        assert_true(got >= wanted * (1 - 1e-14) && got <= wanted * (1 + 1e-14));
    }
    assert_true(yz_fit_exp(-1000) == 0);
}

/* The model in the tree is the one its data makes, to the byte. */
static void the_shipped_model_is_what_the_data_makes(void **state) {
    (void)state;
    yz_rows rows = {0};
    yz_buf made = {0};
    assert_int_equal(yz_rows_read(&rows, PUBLIC), YZ_OK);
    assert_int_equal(yz_rows_make(&rows, FOLDER, 18000, 1), YZ_OK);
    yz_rows_sort_labels(&rows);
    train(&rows, 40000, &made);
    FILE *file = fopen(SHIPPED, "re");
    assert_non_null(file);
    char *there = malloc(made.n + 1);
    assert_int_equal(fread(there, 1, made.n + 1, file), made.n);
    assert_memory_equal(there, made.p, made.n);
    fclose(file);
    free(there);
    yz_buf_free(&made);
    yz_rows_free(&rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ask_is_what_follows_the_last_marker),
        cmocka_unit_test(tokens_are_words_numbers_characters_and_marks),
        cmocka_unit_test(long_texts_are_seen_from_both_ends),
        cmocka_unit_test(both_ways_weigh_alike),
        cmocka_unit_test(noise_is_judged_too),
        cmocka_unit_test(a_damaged_model_is_refused),
        cmocka_unit_test(any_labels_can_be_learnt),
        cmocka_unit_test(exp_is_exp),
        cmocka_unit_test(the_shipped_model_is_what_the_data_makes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
