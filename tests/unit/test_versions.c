/* Versions of a policy's file: what is kept, what is refused, and what a crash may leave behind. */
#include "base/arena.h"
#include "versions/versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], file[96], kept[96];
static yz_arena *arena;

static void write_to(const char *path, const char *mode, const char *text) {
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int set_up(void **state) {
    (void)state;
    strcpy(folder, "/tmp/yuzui-versions-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/a.lua", folder);
    snprintf(kept, sizeof kept, "%s/kept", folder);
    write_to(file, "w", "one");
    arena = yz_arena_new(NULL);
    return 0;
}

static int tear_down(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    yz_arena_free(arena);
    return system(command);
}

static yz_versions look(void) {
    yz_versions v;
    assert_int_equal(yz_versions_open(&v, arena, yz_str_of(kept), yz_str_of(file)), YZ_OK);
    return v;
}

static int put(const char *text) {
    yz_versions v = look();
    assert_int_equal(yz_versions_lock(&v), YZ_OK);
    int code = yz_versions_put(&v, &(yz_version_new){yz_str_of(text), YZ_STR("me"), YZ_STR("why \"so\""), 0});
    yz_versions_close(&v);
    return code;
}

static void test_kept(void **state) {
    (void)state;
    chmod(file, 0604);
    assert_int_equal(put("two"), YZ_OK);
    assert_int_equal(put("three"), YZ_OK);
    assert_int_equal(put("three"), YZ_EINVAL);
    yz_versions v = look();
    yz_str text;
    struct stat st;
    assert_int_equal(v.n, 3);
    assert_int_equal(v.current->number, 3);
    assert_true(yz_str_is(v.text, "three") && yz_str_is(v.all[0].by, "found") && yz_str_is(v.all[1].note, "why \"so\""));
    assert_int_equal(yz_versions_text(&v, 1, &text), YZ_OK);
    assert_true(yz_str_is(text, "one"));
    assert_int_equal(yz_versions_text(&v, 4, &text), YZ_ENOTFOUND);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0604);
}

/* A link stays one: the file that it leads to is what changes. */
static void test_link(void **state) {
    char link[96];
    struct stat st;
    (void)state;
    snprintf(link, sizeof link, "%s/link.lua", folder);
    assert_int_equal(symlink("a.lua", link), 0);
    yz_versions v;
    assert_int_equal(yz_versions_open(&v, arena, yz_str_of(kept), yz_str_of(link)), YZ_OK);
    assert_int_equal(yz_versions_lock(&v), YZ_OK);
    assert_int_equal(yz_versions_put(&v, &(yz_version_new){YZ_STR("two"), YZ_STR("me"), YZ_STR(""), 0}), YZ_OK);
    yz_versions_close(&v);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_true(yz_str_is(look().text, "two"));
}

static void test_one_at_a_time(void **state) {
    (void)state;
    yz_versions a = look(), b = look();
    assert_int_equal(yz_versions_lock(&a), YZ_OK);
    assert_int_equal(yz_versions_lock(&b), YZ_EAGAIN);
    yz_versions_close(&b);
    yz_versions_close(&a);
    b = look();
    assert_int_equal(yz_versions_lock(&b), YZ_OK);
    yz_versions_close(&b);
}

static void test_base(void **state) {
    (void)state;
    yz_versions v = look();
    write_to(file, "w", "edited");
    assert_int_equal(yz_versions_lock(&v), YZ_OK);
    assert_int_equal(yz_versions_base(&v, YZ_STR("7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed")),
                     YZ_EAGAIN); /* of "one" */
    assert_non_null(strstr(v.why, "edited in its place"));
    assert_int_equal(yz_versions_base(&v, v.hash), YZ_OK);
    /* an editor that saves between the look and the exchange keeps his text */
    write_to(file, "w", "saved in this very moment");
    assert_int_equal(yz_versions_put(&v, &(yz_version_new){YZ_STR("two"), YZ_STR("me"), YZ_STR(""), 0}), YZ_EAGAIN);
    yz_versions_close(&v);
    assert_true(yz_str_is(look().text, "saved in this very moment"));
}

/* A loss of power may tear the last line, and leave a text that no line names. */
static void test_torn(void **state) {
    char list[256], orphan[256];
    (void)state;
    assert_int_equal(put("two"), YZ_OK);
    snprintf(list, sizeof list, "%s%s/versions.jsonl", kept, file);
    snprintf(orphan, sizeof orphan, "%s%s/0003.lua", kept, file);
    write_to(list, "a", "{\"version\":3,\"ti");
    write_to(orphan, "w", "never named");
    assert_int_equal(look().n, 2);
    assert_int_equal(put("three"), YZ_OK);
    yz_versions v = look();
    yz_str text;
    assert_int_equal(v.n, 3);
    assert_int_equal(yz_versions_text(&v, 3, &text), YZ_OK);
    assert_true(yz_str_is(text, "three"));
}

static void test_not_there(void **state) {
    yz_versions v;
    (void)state;
    assert_int_equal(yz_versions_open(&v, arena, yz_str_of(kept), YZ_STR("/nowhere/a.lua")), YZ_ENOTFOUND);
    assert_non_null(strstr(v.why, "/nowhere/a.lua"));
    assert_int_equal(yz_versions_open(&v, arena, YZ_STR("/proc/1/never"), yz_str_of(file)), YZ_OK);
    assert_int_equal(yz_versions_lock(&v), YZ_EIO);
    yz_versions_close(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_base, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_torn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_there, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
