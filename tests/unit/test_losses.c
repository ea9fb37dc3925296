/* Losses: what a translation could not carry, how, and how many of them. */
#include "base/arena.h"
#include "dialect/losses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void duplicates_are_merged_and_many_are_counted(void **state) {
    (void)state;
    yz_losses losses = {YZ_LOSSES, .arena = yz_arena_new(NULL)};
    for (int i = 0; i < 40; i++) {
        char name[8] = {(char)('a' + i % 20), 0};
        yz_lose(&losses, name);
    }
    assert_int_equal(losses.n, 20);
    assert_true(yz_str_is(losses.names[19], "t"));
    for (int i = 0; i < 2 * 56; i++) /* each twice: 44 are listed, and 12 others counted once */
        yz_lose(&losses, yz_format(losses.arena, "field_%d", i % 56).p);
    assert_int_equal(losses.n, 65);
    assert_true(yz_str_is(losses.names[63], "field_43"));
    assert_true(yz_str_is(losses.names[64], "and 12 more"));
    yz_losses *copy = yz_losses_new(losses.arena);
    yz_losses_copy(copy, losses.names, losses.n); /* whoever copies a list copies that, too */
    yz_lose(copy, "later");
    yz_lose(copy, "a");
    assert_int_equal(copy->n, 65);
    assert_true(yz_str_is(copy->names[64], "and 13 more"));
    for (int i = 0; i < 100000; i++)
        yz_lose(copy, yz_format(losses.arena, "many_%d", i).p);
    assert_true(yz_str_is(copy->names[64], "and 100013 more"));
    yz_arena_free(losses.arena);
}

/* How a field was lost is a part of its entry: what is worse remains, and whoever copies an entry copies it. */
static void losses_say_how(void **state) {
    (void)state;
    yz_losses *losses = yz_losses_new(yz_arena_new(NULL));
    yz_lose(losses, "seed");
    yz_lose_as(losses, "temperature", YZ_APPROXIMATED);
    yz_lose_as(losses, "response_format", YZ_EMULATED);
    yz_lose_as(losses, "seed", YZ_EMULATED);
    yz_lose_as(losses, "stop", YZ_EMULATED);
    yz_lose_as(losses, "stop", YZ_APPROXIMATED);
    yz_lose_as(losses, "stop_sequences", YZ_EMULATED);
    yz_lose_as(losses, "stop_sequences", YZ_DROPPED);
    yz_lose_as(losses, "from_a_later_minor", (yz_loss)7);
    static const char *const entries[] = {"seed",           "temperature;approximated", "response_format;emulated", "stop;approximated",
                                          "stop_sequences", "from_a_later_minor"};
    enum { N = sizeof entries / sizeof *entries };
    yz_losses *copy = yz_losses_new(losses->arena);
    yz_lose_as(copy, "temperature", YZ_EMULATED);
    yz_losses_copy(copy, losses->names, losses->n);
    assert_int_equal(losses->n, N);
    assert_int_equal(copy->n, N);
    for (size_t i = 0; i < N; i++)
        assert_string_equal(losses->names[i].p, entries[i]);
    assert_string_equal(copy->names[0].p, "temperature;approximated");
    assert_string_equal(
        yz_losses_said(losses, losses->arena).p,
        "seed, temperature (approximated), response_format (emulated), stop (approximated), stop_sequences, from_a_later_minor");
    yz_str field;
    assert_int_equal(yz_loss_of(YZ_STR("a.b;emulated"), &field), YZ_EMULATED);
    assert_true(yz_str_is(field, "a.b"));
    assert_int_equal(yz_loss_of(YZ_STR(";emulated"), &field), YZ_DROPPED);
    assert_true(yz_str_is(field, ";emulated"));
    yz_arena_free(losses->arena);
}

static void long_lists_of_losses_say_how(void **state) {
    (void)state;
    yz_losses *losses = yz_losses_new(yz_arena_new(NULL));
    char name[200];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    yz_lose_as(losses, name, YZ_APPROXIMATED);
    yz_losses_copy(losses, losses->names, 1);
    assert_int_equal(losses->n, 1);
    assert_int_equal(losses->names[0].n, 128 + strlen(";approximated"));
    for (int i = 0; i < 70; i++)
        yz_lose_as(losses, yz_format(losses->arena, "field_%d", i).p, YZ_EMULATED);
    yz_lose_as(losses, "field_69", YZ_APPROXIMATED); /* counted once, however it was lost */
    yz_lose_as(losses, "field_3", YZ_APPROXIMATED);
    assert_true(yz_str_is(losses->names[4], "field_3;approximated"));
    assert_true(yz_str_is(losses->names[64], "and 7 more"));
    yz_arena_free(losses->arena);
}

/* A name that a client has made up is one entry, and no other's mark. */
static void names_forge_nothing(void **state) {
    (void)state;
    yz_losses *losses = yz_losses_new(yz_arena_new(NULL));
    static const char *const names[][2] = {
        {"seed;emulated", "seed%3Bemulated"},
        {"a, b", "a%2C b"},
        {"a\r\nset-cookie: b", "a%0D%0Aset-cookie: b"},
        {"say \"x\"", "say %22x%22"},
        {"100%", "100%25"},
        {"a\\u003bb", "a%5Cu003bb"},
        {"and 12 more", "%61nd 12 more"},
        {" padded ", "%20padded%20"},
        {"\xe6\xb8\xa9", "%E6%B8%A9"},
        {"tools.function.x-y_z[0]", "tools.function.x-y_z[0]"},
    };
    enum { N = sizeof names / sizeof *names };
    for (size_t i = 0; i < N; i++)
        yz_lose_as(losses, names[i][0], i % 2 ? YZ_APPROXIMATED : YZ_DROPPED);
    yz_losses *copy = yz_losses_new(losses->arena), *again = yz_losses_new(losses->arena);
    yz_losses_copy(copy, losses->names, losses->n);
    yz_losses_copy(again, copy->names, copy->n);
    assert_int_equal(again->n, N);
    for (size_t i = 0; i < N; i++) {
        yz_str field;
        assert_int_equal(yz_loss_of(again->names[i], &field), i % 2 ? YZ_APPROXIMATED : YZ_DROPPED);
        assert_int_equal(field.n, strlen(names[i][1]));
        assert_memory_equal(field.p, names[i][1], field.n);
    }
    yz_str wild[] = {YZ_STR("a,b\n;approximated")}; /* as a plugin may have put it into a head */
    yz_losses *foreign = yz_losses_new(losses->arena);
    yz_losses_copy(foreign, wild, 1);
    assert_string_equal(foreign->names[0].p, "a%2Cb%0A;approximated");
    char name[200];
    memset(name, ',', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    yz_lose(losses, name); /* as long as an entry may be, and no part of an escape */
    assert_int_equal(losses->names[N].n, 126);
    yz_arena_free(losses->arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duplicates_are_merged_and_many_are_counted),
        cmocka_unit_test(losses_say_how),
        cmocka_unit_test(long_lists_of_losses_say_how),
        cmocka_unit_test(names_forge_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
