/* test_token.c: keys that run out: what a file or a command says, and when a command is run again. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/command.h"
#include "config/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static yz_arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = yz_arena_new(NULL);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

static void what_tools_say_is_read(void **state) {
    (void)state;
    static const struct {
        const char *said, *key;
        int64_t expires;
    } table[] = {
        {"ya29.a\n", "ya29.a", 0},
        {"  ya29.a \r\n", "ya29.a", 0},
        {"{\"access_token\":\"ya29.b\",\"expires_in\":3599,\"token_type\":\"Bearer\"}", "ya29.b", 4599}, /* Google's metadata server */
        {"{\"accessToken\":\"ey.c\",\"expiresOn\":\"2026-11-28 12:00:00\",\"expires_on\":2000}", "ey.c",
         2000},                                                                /* az account get-access-token */
        {"{\"access_token\":\"ey.d\",\"expires_on\":\"2000\"}", "ey.d", 2000}, /* Azure's metadata server */
        {"{\"token\":\"t\",\"expires_at\":3000}", "t", 3000},
        {"", NULL, 0},
        {" \n", NULL, 0},
        {"two words", NULL, 0},
        {"two\nlines", NULL, 0},
        {"{\"access_token\":", NULL, 0},
        {"{\"access_token\":7}", NULL, 0},
        {"{\"error\":\"no account\"}", NULL, 0},
        {"{\"access_token\":\"a b\"}", NULL, 0},
        {"{\"access_token\":\"old\",\"expires_on\":1000}", NULL, 0}, /* this moment */
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        yz_token token = yz_token_read(yz_str_of(table[i].said), 1000, arena);
        if ((token.problem == NULL) != (table[i].key != NULL))
            fail_msg("%s: %s", table[i].said, token.problem ? token.problem : "is taken");
        if (table[i].key && (!yz_str_is(token.key, table[i].key) || token.expires != table[i].expires))
            fail_msg("%s: %.*s, %lld", table[i].said, YZ_STR_ARGS(token.key), (long long)token.expires);
    }
}

static const char *run(const char *shell, size_t most, yz_buf *out) {
    char *argv[] = {"sh", "-c", (char *)(uintptr_t)shell, NULL};
    return yz_command_run(&(yz_command){.argv = argv, .ms = 400, .most = most}, out, arena);
}

static void commands_are_bounded(void **state) {
    (void)state;
    yz_buf out = {0};
    char *none[] = {"there-is-no-such-program", NULL};
    assert_null(run("echo a; cat", 100, &out)); /* its input is empty */
    assert_true(yz_str_is(yz_buf_view(&out), "a\n"));
    assert_string_equal(run("exit 7", 100, &out), "it ended with status 7");
    assert_string_equal(run("kill -9 $$", 100, &out), "it was ended by signal 9");
    assert_string_equal(run("while :; do echo aaaaaaaaaaaaaaaa; done", 1000, &out), "it says too much");
    assert_string_equal(run("sleep 60 & sleep 60", 100, &out), "it takes too long"); /* and what it started goes with it */
    assert_string_equal(run("exec >&-; sleep 60", 100, &out), "it takes too long");
    assert_non_null(strstr(yz_command_run(&(yz_command){.argv = none, .ms = 400, .most = 100}, &out, arena), "it cannot be run: "));
    yz_buf_free(&out);
}

/* What is read from it may be more than a pipe holds, while it says as much. */
static void a_command_reads_and_complains(void **state) {
    (void)state;
    yz_buf text = {0}, out = {0};
    for (int i = 0; i < 100000; i++)
        yz_buf_lit(&text, "0123456789");
    char *cat[] = {"cat", NULL}, *both[] = {"sh", "-c", "echo a >&2; echo b; exit 3", NULL}, *sleep[] = {"sleep", "60", NULL};
    assert_null(yz_command_run(&(yz_command){.argv = cat, .input = yz_buf_view(&text), .ms = 20000, .most = 2 << 20}, &out, arena));
    assert_true(yz_str_eq(yz_buf_view(&out), yz_buf_view(&text)));
    out.n = 0;
    assert_string_equal(yz_command_run(&(yz_command){.argv = both, .errors = true, .ms = 20000, .most = 100}, &out, arena),
                        "it ended with status 3");
    assert_true(yz_str_is(yz_buf_view(&out), "a\nb\n"));
    const _Atomic bool stop = true;
    assert_string_equal(yz_command_run(&(yz_command){.argv = sleep, .ms = 60000, .most = 100, .stop = &stop}, &out, arena),
                        "it was stopped");
    yz_buf_free(&out);
    yz_buf_free(&text);
}

static void a_command_is_run_when_its_key_is_due(void **state) {
    (void)state;
    const char *problem;
    int64_t due, now = yz_clock_wall();
    yz_str words[] = {YZ_STR("sh"), YZ_STR("-c"), YZ_STR("echo $$")},
           hour[] = {YZ_STR("sh"), YZ_STR("-c"), YZ_STR("echo '{\"token\":\"t\",\"expires_in\":1000}'")};
    yz_secret *one = yz_token_of_command(words, 3, 600, arena, &due, &problem),
              *two = yz_token_of_command(words, 3, 600, arena, &due, &problem);
    assert_null(problem);
    assert_true(yz_str_eq(yz_secret_reveal(one), yz_secret_reveal(two))); /* it was not run again */
    assert_true(due >= now + 600 && due <= yz_clock_wall() + 600);
    yz_secret_free(one);
    yz_secret_free(two);
    one = yz_token_of_command(hour, 3, 3600, arena, &due, &problem);
    assert_true(one && due >= now + 800 && due <= yz_clock_wall() + 800);
    yz_secret_free(one);
    yz_str fails[] = {YZ_STR("false")};
    assert_null(yz_token_of_command(fails, 1, 600, arena, &due, &problem));
    assert_string_equal(problem, "it ended with status 1");
    assert_true(due >= now + 30 && due <= yz_clock_wall() + 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_tools_say_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(commands_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_command_reads_and_complains, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_command_is_run_when_its_key_is_due, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
