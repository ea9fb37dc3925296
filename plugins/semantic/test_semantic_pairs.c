/* How often the embedding without a model answers a question that means the same (pairs.jsonl, "same": true), and how often, falsely, one
 * that only looks so. Prints both by threshold, and by language; the shares at the stage's default are held to. */
#include "guard.c"
#include "plain.c"
#include "text.c"
#include "vector.c"
#include "words.c"

#include "base/arena.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DEFAULT 0.96 /* semantic.c: PLAIN_THRESHOLD */

typedef struct pair {
    bool same, chinese, later;
    yz_str a, b;
    float nearness; /* -1: the guard holds them apart; -2: too little to compare */
} pair;
static pair pairs[1000];
static size_t n_pairs;
static yz_arena *arena;

static float nearness_of(yz_str a, yz_str b) {
    static tokens ta, tb;
    int8_t va[PLAIN_DIMS], vb[PLAIN_DIMS];
    yz_buf ga = {0}, gb = {0};
    tokens_read(&ta, a);
    tokens_read(&tb, b);
    guard_put(&ta, &ga);
    guard_put(&tb, &gb);
    bool apart = !yz_str_eq(yz_buf_view(&ga), yz_buf_view(&gb)), said = plain_embed(&ta, va) & plain_embed(&tb, vb);
    yz_buf_free(&ga);
    yz_buf_free(&gb);
    vector x = vector_small(va, PLAIN_DIMS, PLAIN_SCALE), y = vector_small(vb, PLAIN_DIMS, PLAIN_SCALE);
    return !said ? -2 : apart ? -1 : vector_nearness(&x, &y, true);
}

static int read_pairs(void **state) {
    (void)state;
    static char line[4096];
    FILE *f = fopen(YZ_SOURCE_FOLDER "/plugins/semantic/pairs.jsonl", "r");
    assert_non_null(f);
    arena = yz_arena_new(NULL);
    while (fgets(line, sizeof line, f)) {
        yz_json *json;
        yz_str text = yz_dup(arena, yz_str_of(line));
        assert_int_equal(yz_json_parse(arena, text, 0, &json, NULL), YZ_OK);
        pair *p = &pairs[n_pairs++];
        *p = (pair){.same = yz_json_true(yz_json_get(json, "same")),
                    .chinese = yz_str_is(yz_json_text(arena, yz_json_get(json, "language")), "zh"),
                    .later = yz_json_true(yz_json_get(json, "later")),
                    .a = yz_json_text(arena, yz_json_get(json, "a")),
                    .b = yz_json_text(arena, yz_json_get(json, "b"))};
        p->nearness = nearness_of(p->a, p->b);
    }
    fclose(f);
    return 0;
}

/* Of the pairs of this kind (language -1: of both), how many would be hits. */
static size_t count(bool same, int language, float threshold, size_t *of) {
    size_t hits = 0;
    *of = 0;
    for (size_t i = 0; i < n_pairs; i++) {
        if (pairs[i].same != same || (language >= 0 && pairs[i].chinese != (language == 1)))
            continue;
        ++*of;
        hits += pairs[i].nearness >= threshold;
    }
    return hits;
}

static void shares(void **state) {
    (void)state;
    static const float thresholds[] = {0.5f, 0.7f, 0.8f, 0.9f, 0.92f, (float)DEFAULT};
    size_t of;
    print_message("threshold  paraphrases answered (en, zh)   near misses answered (en, zh)\n");
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++) {
        print_message("     %.2f ", (double)thresholds[i]);
        for (int same = 1; same >= 0; same--)
            for (int language = -1; language < 2; language++) {
                size_t hits = count(same, language, thresholds[i], &of);
                print_message("  %3zu/%zu %4.1f%%", hits, of, 100.0 * (double)hits / (double)of);
            }
        print_message("\n");
    }
    size_t right = count(true, -1, (float)DEFAULT, &of);
    assert_true(of >= 150 && right * 100 >= of * 25);
    size_t wrong = count(false, -1, (float)DEFAULT, &of);
    assert_true(of >= 150 && wrong * 100 < of);
    for (size_t i = 0; getenv("YUZUI_PAIRS") && i < n_pairs; i++)
        print_message("%s %6.3f %.*s | %.*s\n", pairs[i].same ? "same" : "miss", (double)pairs[i].nearness, YZ_STR_ARGS(pairs[i].a),
                      YZ_STR_ARGS(pairs[i].b));
}

/* Those of the pairs that were written when the words of the guard, and those that say nothing, stood as they are. */
static void of_later_ones(void **state) {
    (void)state;
    size_t hits[2] = {0}, of[2] = {0};
    for (size_t i = 0; i < n_pairs; i++)
        if (pairs[i].later) {
            of[pairs[i].same]++;
            hits[pairs[i].same] += pairs[i].nearness >= (float)DEFAULT;
        }
    print_message("of those written later: %zu of %zu paraphrases answered, %zu of %zu near misses\n", hits[1], of[1], hits[0], of[0]);
    assert_true(of[0] >= 40 && of[1] >= 40);
}

/* What the guard alone holds apart: that much is safe with any embedding, however near it puts them. */
static void guarded(void **state) {
    (void)state;
    size_t of = 0, apart = 0, same = 0, hindered = 0;
    for (size_t i = 0; i < n_pairs; i++)
        if (pairs[i].same) {
            same++;
            hindered += pairs[i].nearness == -1;
        } else {
            of++;
            apart += pairs[i].nearness == -1;
        }
    print_message("the guard alone: %zu of %zu near misses can be no hit, nor %zu of %zu paraphrases\n", apart, of, hindered, same);
    assert_true(apart * 100 >= of * 55);
}

/* A text a thousand bytes long, and whatever bytes: bounded, and no crash. */
static void any_bytes(void **state) {
    (void)state;
    static char text[TEXT_MAX];
    static tokens t;
    int8_t v[PLAIN_DIMS];
    uint64_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        size_t n = round % 7 ? (size_t)round % 300 : sizeof text;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[i] = round % 3 == 0 ? "n't \"`1.a\xe4\xbd\xa0'"[seed >> 33 & 7] : (char)(seed >> 40);
        }
        yz_buf out = {0};
        tokens_read(&t, (yz_str){text, n});
        assert_true(t.n <= TOKENS_MAX);
        guard_put(&t, &out);
        plain_embed(&t, v);
        yz_buf_free(&out);
    }
    const char *question = "Could you please tell me how I can change the delivery address of an order that has not been shipped yet?";
    int64_t begin = yz_clock_ns();
    for (int i = 0; i < 1000; i++) {
        yz_buf out = {0};
        tokens_read(&t, yz_str_of(question));
        guard_put(&t, &out);
        plain_embed(&t, v);
        yz_buf_free(&out);
    }
    print_message("a question of %zu bytes: %.1f µs\n", strlen(question), (double)(yz_clock_ns() - begin) / 1e6);
}

static int free_pairs(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(shares), cmocka_unit_test(of_later_ones), cmocka_unit_test(guarded),
                                       cmocka_unit_test(any_bytes)};
    return cmocka_run_group_tests(tests, read_pairs, free_pairs);
}
