/* Buffers, blobs, log, clock, randomness, the process's HMAC, secrets, and requests as values. */
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/hmac.h"
#include "base/log.h"
#include "base/secret.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <yuzui/adapter.h>
#include <yuzui/request.h>

static void words(void **state) {
    (void)state;
    assert_string_equal(yz_result_text(YZ_OK), "ok");
    assert_string_equal(yz_result_text(YZ_ETIMEOUT), "the deadline passed");
    assert_string_equal(yz_result_text(-999), "unknown error");
    assert_string_equal(yz_result_text(7), "unknown error");
}

static void folding(void **state) {
    (void)state;
    assert_true(yz_str_ieq(YZ_STR("Content-LENGTH"), YZ_STR("content-length")));
    assert_true(yz_str_ieq((yz_str){NULL, 0}, YZ_STR("")));
    assert_false(yz_str_ieq(YZ_STR("a"), YZ_STR("b")));
    assert_false(yz_str_ieq(YZ_STR("a"), YZ_STR("ab")));
    assert_false(yz_str_ieq(YZ_STR("@"), YZ_STR("`"))); /* 0x40 and 0x60: no letters */
    assert_false(yz_str_ieq(YZ_STR("["), YZ_STR("{")));
    assert_false(yz_str_ieq(YZ_STR("\xC4"), YZ_STR("\xE4")));
}

static void buffers(void **state) {
    (void)state;
    yz_buf buf = {0};
    assert_int_equal(yz_buf_view(&buf).n, 0);
    yz_buf_put(&buf, NULL, 0);
    yz_buf_lit(&buf, "ab");
    yz_buf_char(&buf, 'c');
    yz_buf_printf(&buf, "%d", 42);
    assert_true(yz_str_is(yz_buf_view(&buf), "abc42"));
    for (int i = 0; i < 1000; i++)
        yz_buf_printf(&buf, "%04d", i);
    assert_int_equal(buf.n, 4005);
    assert_memory_equal(buf.p + 4001, "0999", 4);
    char *room = yz_buf_room(&buf, 100000);
    memset(room, 'x', 100000);
    assert_int_equal(buf.n, 4005);
    yz_buf_free(&buf);
    assert_null(buf.p);
    yz_buf_free(&buf);
}

static void blobs(void **state) {
    (void)state;
    yz_blob *blob = yz_blob_new(YZ_STR("bytes"));
    assert_ptr_equal(yz_blob_ref(blob), blob);
    yz_blob_unref(blob);
    assert_true(yz_str_is(yz_blob_bytes(blob), "bytes"));
    yz_blob_unref(blob);
    yz_blob_unref(NULL);
    blob = yz_blob_new((yz_str){NULL, 0});
    assert_int_equal(yz_blob_bytes(blob).n, 0);
    yz_blob_unref(blob);
}

/* ---- log -------------------------------------------------------------------------------------------------------------- */

/* What `fn` writes to stderr. */
static yz_str captured(yz_arena *arena, void (*fn)(void)) {
    int pipes[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
    dup2(pipes[1], STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipes[1]);
    char *text = yz_alloc_bytes(arena, 65536);
    ssize_t n = read(pipes[0], text, 65535);
    close(pipes[0]);
    text[n > 0 ? n : 0] = 0;
    return (yz_str){text, (size_t)(n > 0 ? n : 0)};
}

static void say_hostile(void) { yz_log(YZ_LOG_WARN, "got %s", "a\nb\x1B[2J\x7F\xC2\x9B \xE4\xB8\xAD"); }
static void say_little(void) {
    yz_log(YZ_LOG_DEBUG, "no");
    yz_log(YZ_LOG_INFO, "no");
    yz_log(YZ_LOG_ERROR, "yes");
}
static void say_much(void) {
    static char many[10000];
    memset(many, 'x', sizeof many - 1);
    yz_log(YZ_LOG_ERROR, "%s", many);
    memset(many, 1, sizeof many - 1);
    yz_log(YZ_LOG_ERROR, "%s", many);
}
static bool broken(void) { return YZ_CHECK(1 + 1 == 3); }
static void check_twice(void) {
    assert_false(broken());
    assert_false(broken());
}

static void log_lines(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    yz_str line = captured(arena, say_hostile);
    assert_int_equal(line.p[10], 'T');
    assert_int_equal(line.p[23], 'Z');
    assert_string_equal(line.p + 24, " warn got a\\x0ab\\x1b[2J\\x7f\\x9b \xE4\xB8\xAD\n");
    yz_log_level_set(YZ_LOG_WARN);
    line = captured(arena, say_little);
    yz_log_level_set(YZ_LOG_INFO);
    assert_string_equal(line.p + 24, " error yes\n");
    line = captured(arena, say_much);
    const char *end = strchr(line.p, '\n');
    assert_true(end - line.p < 4096);
    assert_memory_equal(end - 4, "x...", 4);
    assert_true(strlen(end + 1) <= 4096);
    assert_string_equal(line.p + line.n - 8, "\\x01...\n");
    line = captured(arena, check_twice);
    assert_non_null(strstr(line.p, "1 + 1 == 3"));
    assert_null(strchr(strchr(line.p, '\n') + 1, '\n')); /* said once */
    yz_arena_free(arena);
}

static void log_levels(void **state) {
    (void)state;
    assert_true(yz_log_wants(YZ_LOG_INFO));
    assert_false(yz_log_wants(YZ_LOG_DEBUG));
}

/* ---- time and chance --------------------------------------------------------------------------------------------------- */

static void time_can_be_skipped(void **state) {
    (void)state;
    int64_t ms = yz_clock_ms(), us = yz_clock_us(), ns = yz_clock_ns(), wall = yz_clock_wall(), wall_ns = yz_clock_wall_ns();
    yz_clock_skip(100000);
    assert_in_range(yz_clock_ms() - ms, 100000, 105000);
    assert_in_range(yz_clock_us() - us, 100000000, 105000000);
    assert_in_range(yz_clock_ns() - ns, 100000000000, 105000000000);
    assert_in_range(yz_clock_wall() - wall, 0, 5);                            /* as other machines have it */
    assert_in_range(yz_clock_wall_ns() - wall_ns, 99000000000, 105000000000); /* the machine may correct it meanwhile */
    assert_true(wall > 1700000000);
}

static void one_seed_replays_one_run(void **state) {
    (void)state;
    yz_rng a, b, c;
    setenv("YUZUI_SEED", "42", 1);
    yz_rng_init(&a, 1);
    yz_rng_init(&b, 1);
    yz_rng_init(&c, 2);
    unsetenv("YUZUI_SEED");
    bool differs = false;
    for (int i = 0; i < 100; i++) {
        uint64_t x = yz_rng_next(&a);
        assert_true(x == yz_rng_next(&b));
        differs |= x != yz_rng_next(&c);
    }
    assert_true(differs);
    yz_rng_init(&a, 1);
    yz_rng_init(&b, 1);
    assert_true(yz_rng_next(&a) != yz_rng_next(&b)); /* without a seed: from the system */
}

static void *take_random(void *out) {
    yz_secure_random(out, 16);
    return NULL;
}

static void secure_random_does_not_repeat(void **state) {
    (void)state;
    unsigned char seen[200][16], big[1000] = {0};
    for (int i = 0; i < 199; i++)
        yz_secure_random(seen[i], 16);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_random, seen[199]), 0);
    pthread_join(thread, NULL);
    for (int i = 0; i < 200; i++)
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(seen[i], seen[k], 16);
    yz_secure_random(big, sizeof big);
    int zeros = 0;
    for (size_t i = 0; i < sizeof big; i++)
        zeros += big[i] == 0;
    assert_true(zeros < 50);
}

/* ---- secrets ------------------------------------------------------------------------------------------------------------ */

static void hmac_is_rfc_2104(void **state) {
    (void)state;
    static const uint8_t wanted[32] = {0xf7, 0xbc, 0x83, 0xf4, 0x30, 0x53, 0x84, 0x24, 0xb1, 0x32, 0x98, 0xe6, 0xaa, 0x6f, 0xb1, 0x43,
                                       0xef, 0x4d, 0x59, 0xa1, 0x49, 0x46, 0x17, 0x59, 0x97, 0x47, 0x9d, 0xbc, 0x2d, 0x1a, 0x3c, 0xd8};
    static const uint8_t empty[32] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                      0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
    uint8_t got[32];
    assert_true(yz_hmac_secret_set(YZ_STR("key")));
    yz_hmac(YZ_STR("The quick brown fox jumps over the lazy dog"), got);
    assert_memory_equal(got, wanted, 32);
    assert_true(yz_hmac_secret_set(YZ_STR("key")));
    assert_false(yz_hmac_secret_set(YZ_STR("kez"))); /* another one needs a restart */
    yz_hmac(YZ_STR("The quick brown fox jumps over the lazy dog"), got);
    assert_memory_equal(got, wanted, 32);
    yz_sha256((yz_str){NULL, 0}, got);
    assert_memory_equal(got, empty, 32);
}

static void secrets(void **state) {
    (void)state;
    char big[10000];
    memset(big, 's', sizeof big);
    yz_secret *secret = yz_secret_new(YZ_STR("sk-123")), *large = yz_secret_new((yz_str){big, sizeof big});
    assert_true(yz_str_is(yz_secret_reveal(secret), "sk-123"));
    assert_true(yz_str_eq(yz_secret_reveal(large), (yz_str){big, sizeof big}));
    assert_int_equal(yz_secret_reveal(NULL).n, 0);
    yz_secret_free(secret);
    yz_secret_free(large);
    yz_secret_free(NULL);
}

/* ---- requests ------------------------------------------------------------------------------------------------------------ */

static yz_request *request_of(yz_arena *arena, const char *body) {
    yz_request *request = yz_alloc(arena, sizeof *request);
    request->size = sizeof *request;
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    request->body = yz_str_of(body);
    request->json = json;
    request->model_node = yz_json_get(json, "model");
    return request;
}

static void fields_can_be_set(void **state) {
    (void)state;
    yz_arena *arena = yz_arena_new(NULL);
    const yz_request *first = request_of(arena, " { \"a\" : [1, 2] , \"mod\\u0065l\":\"m\", \"b\":null } ");
    yz_request *r = yz_request_copy(arena, first);
    assert_int_equal(yz_request_set(arena, r, "b", YZ_STR("{\"x\":1}")), YZ_OK);
    assert_true(yz_str_is(r->body, "{\"a\":[1, 2],\"mod\\u0065l\":\"m\",\"b\":{\"x\":1}}"));
    assert_true(yz_str_is(yz_json_raw(r->model_node), "\"m\""));
    assert_true(r->model_node->p > r->body.p && r->model_node->p < r->body.p + r->body.n);
    assert_int_equal(yz_request_set(arena, r, "c", YZ_STR("\"new\"")), YZ_OK);
    assert_int_equal(yz_request_set(arena, r, "a", (yz_str){NULL, 0}), YZ_OK);
    assert_true(yz_str_is(r->body, "{\"mod\\u0065l\":\"m\",\"b\":{\"x\":1},\"c\":\"new\"}"));
    assert_int_equal(yz_request_set(arena, r, "none", (yz_str){NULL, 0}), YZ_OK);
    assert_int_equal(yz_json_count(r->json), 3);
    assert_true(yz_str_starts(first->body, " { \"a\" : [1")); /* the original is untouched */
    /* what must not be */
    assert_int_equal(yz_request_set(arena, r, "model", YZ_STR("\"n\"")), YZ_EINVAL);
    assert_int_equal(yz_request_set(arena, r, "b", YZ_STR("1,\"model\":2")), YZ_EINVAL);
    assert_int_equal(yz_request_set(arena, r, "b", YZ_STR("x")), YZ_EINVAL);
    assert_int_equal(yz_json_count(r->json), 3);
    yz_request bodyless = {YZ_REQUEST};
    assert_int_equal(yz_request_set(arena, &bodyless, "b", YZ_STR("1")), YZ_EINVAL);
    r = request_of(arena, "{}");
    assert_int_equal(yz_request_set(arena, r, "a", YZ_STR("1")), YZ_OK);
    assert_int_equal(yz_request_set(arena, r, "a", (yz_str){NULL, 0}), YZ_OK);
    assert_true(yz_str_is(r->body, "{}"));
    yz_arena_free(arena);
}

/* One index of a text is as good as the other. */
static void assert_same_index(const yz_json *a, const yz_json *b) {
    assert_true(a->p == b->p && a->n == b->n && a->type == b->type && a->escaped == b->escaped);
    assert_true(a->key_p == b->key_p && a->key_n == b->key_n && a->key_escaped == b->key_escaped);
    const yz_json *x = a->child, *y = b->child;
    for (; x && y; x = x->next, y = y->next)
        assert_same_index(x, y);
    assert_true(!x && !y);
}

/* What is moved is what reading it would have said. */
static void a_changed_body_is_indexed_as_if_read(void **state) {
    (void)state;
    static const char body[] = " {\"a\":[1, {\"b\":\"\\n\", \"\\u0063\":[]}] ,\"model\": \"m\",\"d\":{ },\"\\u0065\":-1.5e3}";
    static const struct {
        const char *field, *raw;
    } changes[] = {{"a", "[{\"x\":[true]}]"},
                   {"d", "  {\"y\":{\"z\":null}} "},
                   {"e", "\"\\\"\""},
                   {"new", "[[[]]]"},
                   {"a", ""},
                   {"e", ""},
                   {"none", ""}};
    yz_arena *arena = yz_arena_new(NULL);
    yz_request *r = yz_request_copy(arena, request_of(arena, body));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        yz_json *read;
        assert_int_equal(yz_request_set(arena, r, changes[i].field, yz_str_of(changes[i].raw)), YZ_OK);
        assert_int_equal(yz_json_parse(arena, r->body, 0, &read, NULL), YZ_OK);
        assert_same_index(read, r->json);
        assert_ptr_equal(r->model_node, yz_json_get(r->json, "model"));
    }
    /* renamed: its value is taken as it lies there */
    r = request_of(arena, "{\"a\":{\"b\":[1]},\"model\":\"m\"}");
    assert_int_equal(yz_request_set(arena, r, "c", yz_json_raw(yz_json_get(r->json, "a"))), YZ_OK);
    assert_int_equal(yz_request_set(arena, r, "a", (yz_str){NULL, 0}), YZ_OK);
    assert_true(yz_str_is(r->body, "{\"model\":\"m\",\"c\":{\"b\":[1]}}"));
    yz_json *read;
    assert_int_equal(yz_json_parse(arena, r->body, 0, &read, NULL), YZ_OK);
    assert_same_index(read, r->json);
    yz_arena_free(arena);
}

static void headers_of_a_request(void **state) {
    (void)state;
    yz_header headers[] = {{YZ_STR("a"), YZ_STR("1")}, {YZ_STR("bc"), YZ_STR("2")}};
    yz_request request = {YZ_REQUEST, .headers = headers, .n_headers = 2};
    assert_true(yz_str_is(yz_request_header(&request, "bc"), "2"));
    assert_int_equal(yz_request_header(&request, "b").n, 0);
}

static void errors_have_words(void **state) {
    (void)state;
    assert_string_equal(yz_error_word(YZ_ERROR_RATE_LIMIT), "rate_limited");
    assert_string_equal(yz_error_word((yz_error_class)1000), "internal_error");
    assert_int_equal(yz_error_status(&(yz_error){YZ_ERROR, .class_ = YZ_ERROR_TIMEOUT}), 504);
    assert_int_equal(yz_error_status(&(yz_error){YZ_ERROR, .class_ = YZ_ERROR_TIMEOUT, .status = 418}), 418);
}

static void statuses_have_classes(void **state) {
    (void)state;
    static const struct {
        int status;
        yz_error_class class_;
    } table[] = {{200, YZ_ERROR_SERVER},        {400, YZ_ERROR_BAD_REQUEST}, {401, YZ_ERROR_UPSTREAM_AUTH}, {402, YZ_ERROR_QUOTA},
                 {403, YZ_ERROR_UPSTREAM_AUTH}, {404, YZ_ERROR_NOT_FOUND},   {408, YZ_ERROR_TIMEOUT},       {413, YZ_ERROR_TOO_LARGE},
                 {422, YZ_ERROR_BAD_REQUEST},   {429, YZ_ERROR_RATE_LIMIT},  {498, YZ_ERROR_BAD_REQUEST},   {499, YZ_ERROR_SERVER},
                 {500, YZ_ERROR_SERVER},        {501, YZ_ERROR_UNSUPPORTED}, {502, YZ_ERROR_SERVER},        {503, YZ_ERROR_OVERLOADED},
                 {504, YZ_ERROR_TIMEOUT},       {529, YZ_ERROR_OVERLOADED}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(yz_error_class_of(table[i].status), table[i].class_);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_have_classes),
        cmocka_unit_test(words),
        cmocka_unit_test(folding),
        cmocka_unit_test(buffers),
        cmocka_unit_test(blobs),
        cmocka_unit_test(log_lines),
        cmocka_unit_test(log_levels),
        cmocka_unit_test(time_can_be_skipped),
        cmocka_unit_test(one_seed_replays_one_run),
        cmocka_unit_test(secure_random_does_not_repeat),
        cmocka_unit_test(hmac_is_rfc_2104),
        cmocka_unit_test(secrets),
        cmocka_unit_test(fields_can_be_set),
        cmocka_unit_test(a_changed_body_is_indexed_as_if_read),
        cmocka_unit_test(headers_of_a_request),
        cmocka_unit_test(errors_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
