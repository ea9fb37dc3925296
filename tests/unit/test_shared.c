/* test_shared.c: memory of plugins that outlives a reload: found again, made once, apart from memory that is laid out differently; and
 * found by the next version of a plugin that was built from other source. */
#include "base/diag.h"
#include "plugin/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct counts {
    int64_t calls, limit;
} counts;

static int made;

static void make(void *memory, void *arg) {
    counts *c = memory;
    made++;
    assert_int_equal(c->calls, 0);
    c->limit = *(const int64_t *)arg;
}

static counts *find(const char *plugin, const char *name, uint32_t version) {
    int64_t limit = 7;
    return yz_shared(plugin, yz_str_of(name), version, sizeof(counts), make, &limit);
}

static void test_made_once_and_found_again(void **state) {
    (void)state;
    char plugin[] = "balance", name[] = "openai";
    made = 0;
    counts *c = find(plugin, name, 1);
    assert_int_equal((uintptr_t)c % 64, 0);
    assert_int_equal(c->limit, 7);
    c->calls = 3;
    memset(plugin, 'x', 1); /* both names were copied */
    memset(name, 'x', 1);
    assert_ptr_equal(find("balance", "openai", 1), c);
    assert_int_equal(c->calls, 3);
    assert_int_equal(made, 1);
    assert_ptr_not_equal(find("balance", "anthropic", 1), c);
    assert_ptr_not_equal(find("break", "openai", 1), c);
    assert_ptr_not_equal(find("balanceopen", "ai", 1), c);
    assert_int_equal(made, 4);
}

/* What is laid out otherwise is another memory; the old one stays, for those who still use it and for those who come back to it. */
static void test_another_layout(void **state) {
    (void)state;
    counts *old = find("layout", "", 1);
    old->calls = 3;
    counts *new = find("layout", "", 2);
    assert_ptr_not_equal(new, old);
    assert_int_equal(new->calls, 0);
    new->calls = 9;
    unsigned char *larger = yz_shared("layout", YZ_STR(""), 1, 100, NULL, NULL);
    for (size_t i = 0; i < 128; i++) /* whole cache lines */
        assert_int_equal(larger[i], 0);
    memset(larger, 0xff, 100);
    assert_int_equal(old->calls, 3);
    assert_ptr_equal(find("layout", "", 1), old);
    assert_ptr_equal(find("layout", "", 2), new);
}

/* ---- over a reload ---------------------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/yuzui-test-shared-XXXXXX";

#define PLUGIN                                                                                                                             \
    "#include <yuzui/plugin.h>\n"                                                                                                          \
    "typedef struct seen { int64_t opened; } seen;\n"                                                                                      \
    "static int open_stage(yz_worker *worker, const void *config, void **stage, yz_diag *diag) {\n"                                        \
    "    seen *s = yz_shared(\"counting\", YZ_STR(\"stages\"), 1, sizeof(seen), NULL, NULL);\n"                                            \
    "    s->opened++;\n    *stage = s;\n    return YZ_OK;\n}\n"                                                                            \
    "static void on_call(yz_call *call, const yz_request *request) { yz_pass(call, request); }\n"                                          \
    "static const yz_filter filter = {YZ_FILTER, .open = open_stage, .on_call = on_call};\n"                                               \
    "YZ_PLUGIN(.name = \"counting\", .summary = \"%s\", .version = \"1\", .filter = &filter)\n"

/* What open leaves in *stage, of a plugin that was built just now. */
static int64_t *open_version(const char *summary) {
    char file[100], library[100], command[1000];
    snprintf(file, sizeof(file), "%s/counting.c", folder);
    snprintf(library, sizeof(library), "%s/counting.so", folder);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fprintf(out, PLUGIN, summary);
    fclose(out);
    snprintf(command, sizeof(command),
             "cc -w -std=gnu17 -D_GNU_SOURCE -shared -fPIC -fvisibility=hidden -I%s/include -o %s.new %s && mv %s.new %s", YZ_SOURCE_FOLDER,
             library, file, library, library);
    assert_int_equal(system(command), 0);
    yz_diag diag = {0};
    const yz_plugin *plugin = yz_plugin_load(library, &diag);
    assert_non_null(plugin);
    assert_string_equal(plugin->summary, summary);
    void *stage = NULL;
    assert_int_equal(plugin->filter->open(NULL, NULL, &stage, &diag), YZ_OK);
    return stage;
}

static void test_the_next_version_of_a_plugin_finds_it(void **state) {
    (void)state;
    int64_t *first = open_version("the first");
    assert_int_equal(*first, 1);
    int64_t *second = open_version("the second");
    assert_ptr_equal(second, first);
    assert_int_equal(*second, 2);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}
static int remove_folder(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_once_and_found_again),
        cmocka_unit_test(test_another_layout),
        cmocka_unit_test(test_the_next_version_of_a_plugin_finds_it),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
