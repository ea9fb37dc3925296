/* The policies that come with the gateway, by their own tests (what `yuzui test policies` runs), and the examples of docs/policies.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "plugin/loader.h"
#include "policy_world.h"

static void library_passes_its_tests(void **state) {
    (void)state;
    assert_int_equal(yz_cli_test(2, (char *[]){"test", YZ_SOURCE_FOLDER "/policies", NULL}), 0);
}

static char *read_file(const char *path) {
    yz_buf text = {0};
    assert_int_equal(yz_lua_read_file(path, &text), YZ_OK);
    yz_buf_char(&text, 0);
    return text.p;
}

/* The example must open, and serve requests without an error. */
static void try_example(const char *source) {
    policy_world *p = calloc(1, sizeof *p);
    if (pw_open(p, source) != YZ_OK)
        fail_msg("%.*s\n%s", YZ_STR_ARGS(yz_buf_view(&p->diag.text)), source);
    pw_ask(p, "gpt-5.2", "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]", 5000);
    if (policy_errors(p) > 0 || !p->c.ended)
        fail_msg("it failed:\n%s", source);
    assert_string_equal(p->c.log, "head chunk end");
    pw_close(p);
    free(p);
}

static void examples_of_the_reference_work(void **state) {
    (void)state;
    char *text = read_file(YZ_SOURCE_FOLDER "/docs/policies.md");
    int n = 0;
    for (char *at = text; (at = strstr(at, "```lua\n")); n++) {
        at += 7;
        char *end = strstr(at, "```");
        assert_non_null(end);
        *end = 0;
        try_example(at);
        at = end + 1;
    }
    assert_in_range(n, 6, 50);
    free(text);
}

int main(void) {
    yz_diag diag = {0};
    setenv("YUZUI_POLICIES", YZ_SOURCE_FOLDER "/policies", 1);
    if (!yz_plugin_find(YZ_STR("openai"), &diag))
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(library_passes_its_tests), cmocka_unit_test(examples_of_the_reference_work)};
    return cmocka_run_group_tests(tests, pw_load, pw_unload);
}
