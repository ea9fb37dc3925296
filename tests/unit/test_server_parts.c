/* test_server_parts.c: the parts of the server that need no socket: headers, the intake of bodies, how long a connection lingers. */
#include "base/arena.h"
#include "server/headers.h"
#include "server/intake.h"
#include "server/known.h"
#include "server/linger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static yz_arena *arena;

/* ---- headers ------------------------------------------------------------------------------------------------------------ */

#define H(name, value)                                                                                                                     \
    {                                                                                                                                      \
        {name, sizeof(name) - 1}, { value, sizeof(value) - 1 }                                                                             \
    }

/* Those that are passed on, "a=b;c=d;". */
static const char *passed(const yz_found *found) {
    static char text[512];
    text[0] = 0;
    for (size_t i = 0; i < found->n; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%.*s=%.*s;", YZ_STR_ARGS(found->headers[i].name), YZ_STR_ARGS(found->headers[i].value));
    }
    return text;
}

static yz_known known;
static const yz_adapter keys_declared = {YZ_ADAPTER, .key_headers = YZ_NAMES("x-api-key", "api-key")};

static int declare_keys(void **state) {
    static const yz_adapter *adapters[] = {&keys_declared};
    (void)state;
    yz_known_build(&known, &(yz_settings){.adapters = adapters, .n_adapters = 1});
    return 0;
}

static void what_is_passed_on(void **state) {
    (void)state;
    yz_header headers[] = {H("host", "g"),
                           H("cookie", "c"),
                           H("x-a", "1"),
                           H("connection", "x-b"),
                           H("x-b", "2"),
                           H("authorization", "Bearer k"),
                           H("x-c", "3"),
                           H("transfer-encoding", ""),
                           H("x-request-id", "not well formed"),
                           H("x-request-id", "r"),
                           H("x-authorization", "4"),
                           H("cache-control", "max-age=1, no-store")};
    yz_h1_head head = {.headers = headers, .n_headers = sizeof headers / sizeof *headers};
    yz_found found = {0};
    assert_null(yz_headers_read(arena, &known, &head, &found));
    assert_string_equal(passed(&found), "host=g;x-a=1;cache-control=max-age=1, no-store;x-c=3;x-authorization=4;");
    assert_true(yz_str_is(found.credential, "k") && yz_str_is(found.id, "r") && found.no_cache);
    assert_true(yz_str_is(yz_headers_id(&head), "r"));
}

static void one_credential(void **state) {
    (void)state;
    static const struct {
        yz_header headers[2];
        const char *query, *left;
        const char *credential; /* NULL: refused */
    } cases[] = {{{H("authorization", "Bearer k"), H("x-api-key", "k")}, "key=k", "", "k"},
                 {{H("authorization", "bearer  k "), H("x", "")}, "a=1&key=k&b=2", "a=1&b=2", "k"},
                 {{H("authorization", "Bearer"), H("x", "")}, "a&b", "a&b", ""},
                 {{H("x", ""), H("y", "")}, "key=%6B", "", "k"},
                 {{H("authorization", "Bearer k"), H("api-key", "l")}, "", "", NULL},
                 {{H("x-api-key", "k"), H("x", "")}, "key=l&c", "c", NULL},
                 {{H("authorization", "Basic k"), H("x", "")}, "", "", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yz_header headers[2];
        memcpy(headers, cases[i].headers, sizeof headers);
        yz_h1_head head = {.headers = headers, .n_headers = 2};
        yz_found found = {0};
        yz_str query = yz_str_of(cases[i].query);
        const yz_error *error = yz_headers_read(arena, &known, &head, &found),
                       *of_query = yz_headers_read_query(arena, YZ_NAMES("key"), &query, &found);
        assert_true(yz_str_is(query, cases[i].left));
        assert_int_equal(error || of_query, cases[i].credential == NULL);
        if (cases[i].credential)
            assert_true(yz_str_is(found.credential, cases[i].credential));
    }
}

/* ---- the intake of bodies ----------------------------------------------------------------------------------------------- */

#define KIB ((size_t)1024)
static char bytes[256 * 1024];
static const yz_limit_settings limits = {.http = {.body = 1 << 20}, .bodies = 512 * 1024};

static void add(yz_intake *intake, yz_arena *own, size_t n) {
    assert_null(yz_intake_add(intake, own, &limits, (yz_str){bytes + intake->n, n}));
}

static void a_body_is_kept_as_it_came(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i % 251);
    static const int64_t lengths[] = {100, 200 * 1024, -1};
    for (size_t i = 0; i < 3; i++) {
        yz_arena *own = yz_arena_new(NULL);
        yz_intake *intake = yz_alloc(own, sizeof *intake);
        assert_null(yz_intake_expect(intake, own, &limits, lengths[i]));
        size_t n = lengths[i] < 0 ? 150000 : (size_t)lengths[i];
        for (size_t at = 0; at < n; at += n / 4)
            add(intake, own, n / 4);
        assert_int_equal(intake->n, n);
        assert_memory_equal(intake->p, bytes, n);
        assert_int_equal(intake->place, i == 0 ? YZ_INTAKE_ARENA : YZ_INTAKE_HEAP);
        yz_arena_free(own);
    }
}

/* What misses may be read into its place, and then is not copied. */
static void a_long_body_is_read_into_its_place(void **state) {
    (void)state;
    yz_arena *own = yz_arena_new(NULL);
    yz_intake *intake = yz_alloc(own, sizeof *intake);
    assert_null(yz_intake_expect(intake, own, &limits, (int64_t)(100 * KIB)));
    size_t room = 0;
    assert_null(yz_intake_room(intake, &room)); /* nothing has come: no memory is taken for a promise */
    add(intake, own, KIB);
    char *p = yz_intake_room(intake, &room);
    assert_ptr_equal(p, intake->p + KIB);
    assert_int_equal(room, 99 * KIB);
    memset(p, 'x', 98 * KIB);
    assert_null(yz_intake_add(intake, own, &limits, (yz_str){p, 98 * KIB}));
    assert_int_equal(intake->p[99 * KIB - 1], 'x');
    assert_null(yz_intake_room(intake, &room)); /* too little to care */
    yz_arena_free(own);
}

/* One limit for those of all requests; what is freed is there again, and small ones are always taken. */
static void bodies_share_a_limit(void **state) {
    (void)state;
    for (int round = 0; round < 2; round++) {
        yz_arena *owns[3];
        yz_intake *intakes[3];
        for (int i = 0; i < 3; i++) {
            owns[i] = yz_arena_new(NULL);
            intakes[i] = yz_alloc(owns[i], sizeof(yz_intake));
            assert_null(yz_intake_expect(intakes[i], owns[i], &limits, -1));
        }
        add(intakes[0], owns[0], 250 * KIB);
        add(intakes[1], owns[1], 250 * KIB);
        add(intakes[2], owns[2], 64 * KIB);
        const yz_error *error = yz_intake_add(intakes[2], owns[2], &limits, (yz_str){bytes, 1});
        assert_non_null(error);
        assert_true(yz_str_is(error->code, "bodies_full") && intakes[2]->n == 64 * KIB);
        assert_non_null(yz_intake_expect(intakes[2], owns[2], &limits, (int64_t)(65 * KIB)));
        for (int i = 0; i < 3; i++)
            yz_arena_free(owns[i]);
    }
}

/* ---- lingering ---------------------------------------------------------------------------------------------------------- */

static void how_long_a_connection_lingers(void **state) {
    (void)state;
    yz_linger l;
    yz_linger_begin(&l, false, 1000);
    assert_true(yz_linger_tick(&l, 0, false, 2999));
    assert_false(yz_linger_tick(&l, 0, false, 3000)); /* quiet for two seconds */
    assert_false(yz_linger_tick(&l, 0, true, 1001));  /* it will send no more */
    assert_true(yz_linger_tick(&l, 1, true, 9000));   /* but still reads the answer: time begins anew */
    assert_true(yz_linger_tick(&l, 0, false, 10999));
    for (int64_t now = 10000; now < 14000; now += 1000)
        assert_true(yz_linger_bytes(&l, 1, now));
    assert_true(yz_linger_tick(&l, 0, false, 13999));
    assert_false(yz_linger_tick(&l, 0, false, 14000)); /* in all */
    assert_true(yz_linger_bytes(&l, (1 << 20) - 4, 13000));
    assert_false(yz_linger_bytes(&l, 1, 13000)); /* so much was refused already */
}

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

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {T(what_is_passed_on),         T(one_credential),
                                       T(a_body_is_kept_as_it_came), T(a_long_body_is_read_into_its_place),
                                       T(bodies_share_a_limit),      T(how_long_a_connection_lingers)};
    return cmocka_run_group_tests(tests, declare_keys, NULL);
}
