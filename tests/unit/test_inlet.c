/* test_inlet.c: what a client says while its request runs: who waits for whom, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "server/inlet.h"

#define ROOM ((size_t)64 << 10)

static yz_turn turn;
static yz_arena *arena;
static yz_inlet inlet;
static yz_body_reader reader;
static int rooms, mores;

static void on_room(void *owner) {
    assert_ptr_equal(owner, &rooms);
    rooms++;
}

static void on_more(yz_body_reader *r) {
    assert_ptr_equal(r, &reader);
    mores++;
}

static yz_body_reader new_reader(void) { return (yz_body_reader){YZ_BODY_READER, .body = &inlet.body, .on_more = on_more}; }

static int setup(void **state) {
    (void)state;
    static const yz_str known = {"known", 5};
    yz_turn_init(&turn, 0);
    arena = yz_arena_new(NULL);
    inlet = (yz_inlet){.given = 0};
    yz_inlet_begin(&inlet, arena, &turn, -1);
    inlet.body.known = &known;
    inlet.body.n_known = 1;
    inlet.on_room = on_room;
    inlet.owner = &rooms;
    reader = new_reader();
    rooms = mores = 0;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    yz_body_close(&reader);
    yz_arena_free(arena);
    yz_turn_free(&turn);
    return 0;
}

/* Pulls up to `most`: what came, or NULL and the code. */
static yz_str pull(size_t most, int *code) {
    yz_str part = {NULL, 0};
    *code = yz_body_pull(&reader, most, &part, 1);
    return part;
}

static void test_known_then_rest(void **state) {
    (void)state;
    int code;
    assert_true(yz_str_is(pull(100, &code), "known"));
    assert_false(reader.taken);
    pull(100, &code);
    assert_int_equal(code, YZ_EAGAIN);
    assert_true(yz_inlet_put(&inlet, YZ_STR("abcdef")));
    assert_int_equal(mores, 0); /* never from inside */
    yz_turn_run(&turn, 1);
    assert_int_equal(mores, 1);
    assert_true(yz_str_is(pull(4, &code), "abcd"));
    assert_true(reader.taken);
    assert_true(yz_inlet_put(&inlet, YZ_STR("gh")));
    assert_true(yz_str_is(pull(4, &code), "ef"));
    assert_true(yz_str_is(pull(4, &code), "gh"));
    yz_inlet_end(&inlet, YZ_OK, NULL);
    pull(4, &code);
    assert_true(code == 0 && reader.ended);
}

/* Enough waits: the connection rests until it is taken. */
static void test_room(void **state) {
    (void)state;
    int code;
    char *bytes = yz_alloc_bytes(arena, ROOM);
    memset(bytes, 'x', ROOM);
    pull(100, &code);
    assert_true(yz_inlet_put(&inlet, (yz_str){bytes, ROOM - 1}));
    assert_false(yz_inlet_put(&inlet, (yz_str){bytes, 1}));
    assert_int_equal(rooms, 0);
    assert_int_equal(pull(2 * ROOM, &code).n, ROOM);
    assert_int_equal(rooms, 1);
}

/* It was whole, its client has left, and its call goes on: there is no connection to tell. */
static void test_room_without_a_connection(void **state) {
    (void)state;
    int code;
    char *bytes = yz_alloc_bytes(arena, ROOM);
    memset(bytes, 'x', ROOM);
    pull(100, &code);
    assert_false(yz_inlet_put(&inlet, (yz_str){bytes, ROOM}));
    yz_inlet_end(&inlet, YZ_OK, NULL);
    inlet.on_room = NULL;
    assert_int_equal(pull(2 * ROOM, &code).n, ROOM);
    pull(1, &code);
    assert_int_equal(code, 0);
}

/* What waits of a body that fails is not handed on. */
static void test_failure(void **state) {
    (void)state;
    int code;
    pull(100, &code);
    yz_inlet_put(&inlet, YZ_STR("abc"));
    yz_inlet_end(&inlet, YZ_EINVAL, "a reason");
    pull(100, &code);
    assert_int_equal(code, YZ_EINVAL);
    assert_string_equal(reader.why, "a reason");
}

/* The rest goes to one reader; who has read none of it leaves it to the next. */
static void test_second_reader(void **state) {
    (void)state;
    int code;
    pull(100, &code);
    pull(100, &code);
    yz_body_close(&reader);
    reader = new_reader();
    assert_true(yz_str_is(pull(100, &code), "known"));
    yz_inlet_put(&inlet, YZ_STR("abc"));
    assert_true(yz_str_is(pull(100, &code), "abc"));
    yz_body_close(&reader);
    reader = new_reader();
    assert_true(yz_str_is(pull(100, &code), "known"));
    pull(100, &code);
    assert_int_equal(code, YZ_ENOTFOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_known_then_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room_without_a_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_reader, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
