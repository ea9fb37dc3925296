/* test_watch.c: the file watch: what editors and deployments do to files, and what must not count. Real time, real files. */
#include "base/arena.h"
#include "control/watch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

static char folder[] = "/tmp/yuzui-test-watch-XXXXXX";
static uv_loop_t loop;
static yz_watcher *watcher;
static int changes;

static void on_changed(void *arg) {
    (void)arg;
    changes++;
}

static const char *path_of(const char *name) {
    static char paths[4][200];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text) {
    FILE *out = fopen(path_of(name), "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void on_limit(uv_timer_t *timer) { *(bool *)timer->data = true; }

/* Turns the loop for `ms`, or until something has changed. Returns the changes since the last call. */
static int turn(uint64_t ms) {
    bool late = false;
    uv_timer_t limit;
    uv_timer_init(&loop, &limit);
    limit.data = &late;
    uv_timer_start(&limit, on_limit, ms, 0);
    while (!late && changes == 0)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    int n = changes;
    changes = 0;
    return n;
}

enum { SOON = 30000, QUIET = 350 }; /* ms: a change must be reported by then; nothing may be reported within */

static int set_up(void **state) {
    (void)state;
    uv_loop_init(&loop);
    watcher = yz_watcher_new(&loop, on_changed, NULL);
    put("a.lua", "one");
    put("b.lua", "one");
    yz_str files[] = {yz_str_of(path_of("a.lua")), yz_str_of(path_of("b.lua"))};
    yz_watcher_set(watcher, files, 2);
    changes = 0;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_watcher_free(watcher);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static void test_written_in_place(void **state) {
    (void)state;
    assert_int_equal(turn(QUIET), 0);
    put("a.lua", "two");
    assert_int_equal(turn(SOON), 1);
    assert_int_equal(turn(QUIET), 0); /* told once */
    put("b.lua", "two");
    assert_int_equal(turn(SOON), 1);
}

static void test_replaced_by_renaming(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) { /* the watch must survive it */
        char text[20];
        snprintf(text, sizeof(text), "text %d", i);
        put("a.lua.tmp", text);
        assert_int_equal(rename(path_of("a.lua.tmp"), path_of("a.lua")), 0);
        assert_int_equal(turn(SOON), 1);
    }
}

/* A pipe in place of a file is a change, and nobody waits for somebody to write into it; one that is written to without end ends too. */
static void test_a_pipe(void **state) {
    (void)state;
    assert_int_equal(unlink(path_of("a.lua")), 0);
    assert_int_equal(mkfifo(path_of("a.lua"), 0600), 0);
    assert_int_equal(turn(SOON), 1);
    int fd = open(path_of("a.lua"), O_RDWR | O_NONBLOCK);
    assert_true(fd >= 0 && write(fd, "text", 4) == 4);
    put("b.lua", "two");
    assert_int_equal(turn(SOON), 1);
    close(fd);
    assert_int_equal(unlink(path_of("a.lua")), 0);
    put("a.lua", "one again");
    assert_int_equal(turn(SOON), 1);
}

static void test_several_at_once_are_one(void **state) {
    (void)state;
    put("a.lua", "two");
    put("b.lua", "two");
    put("a.lua", "three");
    assert_int_equal(turn(SOON), 1);
    assert_int_equal(turn(QUIET), 0);
}

static void test_the_same_content_is_no_change(void **state) {
    (void)state;
    put("a.lua", "one");
    put("a.tmp", "one");
    assert_int_equal(rename(path_of("a.tmp"), path_of("b.lua")), 0);
    put("other.lua", "a file nobody uses");
    assert_int_equal(turn(QUIET), 0);
}

static void test_removed_and_back(void **state) {
    (void)state;
    unlink(path_of("a.lua"));
    assert_int_equal(turn(SOON), 1);
    put("a.lua", "two");
    assert_int_equal(turn(SOON), 1);
}

/* As in a folder of a cluster's config map: the file is a link whose target is exchanged. */
static void test_links(void **state) {
    (void)state;
    mkdir(path_of("v1"), 0700);
    mkdir(path_of("v2"), 0700);
    put("v1/c.lua", "one");
    put("v2/c.lua", "two");
    assert_int_equal(symlink("v1", path_of("data")), 0);
    assert_int_equal(symlink("data/c.lua", path_of("c.lua")), 0);
    yz_str file = yz_str_of(path_of("c.lua"));
    yz_watcher_set(watcher, &file, 1);
    assert_int_equal(symlink("v2", path_of("data.tmp")), 0);
    assert_int_equal(rename(path_of("data.tmp"), path_of("data")), 0);
    assert_int_equal(turn(SOON), 1);
}

static void on_log(uv_timer_t *timer) {
    (void)timer;
    put("access.log", "a line");
}

static void test_a_busy_folder_puts_nothing_off(void **state) {
    (void)state;
    uv_timer_t log;
    uv_timer_init(&loop, &log);
    uv_timer_start(&log, on_log, 0, 10);
    put("a.lua", "two");
    assert_int_equal(turn(SOON), 1);
    uv_close((uv_handle_t *)&log, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

/* After a build that failed, the file at fault may be one that is not watched yet. */
static void test_eager(void **state) {
    (void)state;
    put("new.lua", "x");
    assert_int_equal(turn(QUIET), 0);
    yz_watcher_mark(watcher, true);
    put("notes.txt", "x");
    assert_int_equal(turn(QUIET), 0);
    put("new.lua", "y");
    assert_int_equal(turn(SOON), 1);
    yz_watcher_mark(watcher, false);
    put("new.lua", "z");
    assert_int_equal(turn(QUIET), 0);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_written_in_place),
        TEST(test_replaced_by_renaming),
        TEST(test_a_pipe),
        TEST(test_several_at_once_are_one),
        TEST(test_the_same_content_is_no_change),
        TEST(test_removed_and_back),
        TEST(test_links),
        TEST(test_a_busy_folder_puts_nothing_off),
        TEST(test_eager),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
