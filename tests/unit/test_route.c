/* test_route.c: which path is whose. */
#include "base/arena.h"
#include "server/claim.h"
#include "server/listener.h"
#include "server/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void write_error(const yz_error *error, int status, yz_str id, yz_buf *out) { (void)error, (void)status, (void)id, (void)out; }

static const yz_route chat[] = {{.method = "POST", .path = "/v1/chat/completions", .op = YZ_OP_CHAT},
                                {.method = "GET", .path = "/v1/models", .op = YZ_OP_MODELS}};
static const yz_route messages[] = {{.method = "POST", .path = "/v1/messages", .op = YZ_OP_CHAT},
                                    {.method = "GET", .path = "/v1/models", .op = YZ_OP_MODELS}};
static const yz_adapter openai = {YZ_ADAPTER, .dialect = "openai-chat", YZ_ROUTES(chat), .write_error = write_error, .fallback = true};
static const yz_adapter anthropic = {YZ_ADAPTER,
                                     .dialect = "anthropic-messages",
                                     YZ_ROUTES(messages),
                                     .write_error = write_error,
                                     .claim_targets = YZ_NAMES("/messages"),
                                     .claim_headers = YZ_NAMES("anthropic-version", "x-api-key")};
static const yz_adapter *both[] = {&openai, &anthropic};
static const yz_settings settings = {.adapters = both, .n_adapters = 2};

static void paths_are_found(void **state) {
    (void)state;
    yz_routes routes = {0};
    yz_routes_build(&routes, &settings, false);
    bool known;
    const yz_path *path = yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/v1/messages"), &known);
    assert_ptr_equal(path->adapter, &anthropic);
    assert_int_equal(path->op, YZ_OP_CHAT);
    path = yz_routes_find(&routes, YZ_STR("HEAD"), YZ_STR("/v1/models"), &known);
    assert_ptr_equal(path->adapter, &openai); /* the first of a path wins */
    assert_null(yz_routes_find(&routes, YZ_STR("GET"), YZ_STR("/v1/messages"), &known));
    assert_true(known);
    static const char *const strange[] = {"/v1/messages/", "/v1/message", "/V1/messages", "", "/", "/status", "/reload"};
    for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
        assert_null(yz_routes_find(&routes, YZ_STR("POST"), yz_str_of(strange[i]), &known));
        assert_false(known);
    }
    yz_routes_build(&routes, &settings, true); /* anew: nothing of before is left */
    assert_null(yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/v1/messages"), &known));
    assert_int_equal(yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/reload"), &known)->local, YZ_LOCAL_RELOAD);
    assert_null(yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/test/skip"), &known));
    yz_routes_free(&routes);
}

static const yz_route patterned[] = {{.method = "POST", .path = "/v1beta/models/{model}:generate", .op = YZ_OP_CHAT},
                                     {.method = "POST", .path = "/v1beta/models/{model}:streamGenerate", .op = YZ_OP_CHAT, .stream = true},
                                     {.method = "POST", .path = "/v1beta/models/fixed:generate", .op = YZ_OP_EMBEDDING}};
static const yz_adapter paths_with_models = {YZ_ADAPTER, .dialect = "patterns", YZ_ROUTES(patterned), .write_error = write_error};

static void paths_may_name_the_model(void **state) {
    (void)state;
    const yz_adapter *one[] = {&paths_with_models};
    yz_settings own = {.adapters = one, .n_adapters = 1};
    yz_routes routes = {0};
    bool known;
    yz_routes_build(&routes, &own, false);
    yz_str asked = YZ_STR("/v1beta/models/a-model:generate"), streamed = YZ_STR("/v1beta/models/b:c:streamGenerate");
    const yz_path *path = yz_routes_find(&routes, YZ_STR("POST"), asked, &known);
    assert_non_null(path);
    assert_true(yz_str_is(yz_path_model(path, asked), "a-model"));
    assert_false(path->stream);
    path = yz_routes_find(&routes, YZ_STR("POST"), streamed, &known);
    assert_true(path && path->stream && yz_str_is(yz_path_model(path, streamed), "b:c"));
    path = yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/v1beta/models/fixed:generate"), &known); /* a path as it stands goes first */
    assert_int_equal(path->op, YZ_OP_EMBEDDING);
    assert_int_equal(yz_path_model(path, YZ_STR("/v1beta/models/fixed:generate")).n, 0);
    static const char *const none[] = {"/v1beta/models/:generate", "/v1beta/models/a/b:generate", "/v1beta/models/a:generat",
                                       "/v1beta/models/a"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_null(yz_routes_find(&routes, YZ_STR("POST"), yz_str_of(none[i]), &known));
        assert_false(known);
    }
    assert_null(yz_routes_find(&routes, YZ_STR("GET"), asked, &known));
    assert_true(known);
    yz_routes_free(&routes);
}

static void lists_are_for_people(void **state) {
    (void)state;
    yz_routes routes = {0};
    yz_routes_build(&routes, &settings, false);
    yz_arena *arena = yz_arena_new(NULL);
    assert_string_equal(yz_routes_allow(&routes, YZ_STR("/v1/models"), arena).p, "GET, HEAD, OPTIONS");
    assert_string_equal(yz_routes_allow(&routes, YZ_STR("/v1/messages"), arena).p, "POST, OPTIONS");
    assert_string_equal(yz_routes_allow(&routes, YZ_STR("*"), arena).p, "GET, HEAD, POST, OPTIONS");
    assert_string_equal(yz_routes_list(&routes, arena, 2).p, "POST /v1/chat/completions, GET /v1/models, and 3 more");
    yz_arena_free(arena);
    yz_routes_free(&routes);
}

static const yz_adapter *guess(const char *target, const char *header) {
    yz_header headers[] = {{YZ_STR("host"), YZ_STR("g")}, {yz_str_of(header), YZ_STR("x")}};
    yz_h1_head head = {.method = YZ_STR("POST"), .target = yz_str_of(target), .headers = headers, .n_headers = 2};
    return yz_claim(&settings, &head);
}

static void a_dialect_is_guessed(void **state) {
    (void)state;
    assert_ptr_equal(guess("/v1/chat", "accept"), &openai);
    assert_ptr_equal(guess("/chat", "anthropic-version"), &anthropic);
    assert_ptr_equal(guess("/v1/nothing", "x-api-key"), &anthropic);
    assert_ptr_equal(guess("/messages", "accept"), &anthropic);
    assert_ptr_equal(guess("/v1beta/models/x", "accept"), &openai); /* no such adapter is loaded: the commonest */
    assert_ptr_equal(yz_claim_raw(&settings, (yz_str){0}), &openai);
    assert_ptr_equal(yz_claim_raw(&settings, YZ_STR("POST /v1/messages HTTP/1.1\r\nHost : x\r\n")), &anthropic);
    assert_ptr_equal(yz_claim_raw(&settings, YZ_STR("GET / HTTP/1.1\r\nanthropic-version: 1\r\n : ")), &anthropic);
    assert_ptr_equal(yz_claim_raw(&settings, YZ_STR("POST /v1/chat HTTP/1.1\r\nx: /messages\r\n")), &openai);
    assert_null(yz_claim_raw(&(yz_settings){0}, YZ_STR("GET")));
}

static void loopback_addresses(void **state) {
    (void)state;
    static const char *const good[] = {"127.0.0.1", "127.9.9.9", "::1", "localhost"};
    static const char *const bad[] = {"", "0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.com.evil", "localhost.evil"};
    for (size_t i = 0; i < 4; i++)
        assert_true(yz_loopback(yz_str_of(good[i])));
    for (size_t i = 0; i < 6; i++)
        assert_false(yz_loopback(yz_str_of(bad[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_found),      cmocka_unit_test(paths_may_name_the_model), cmocka_unit_test(lists_are_for_people),
        cmocka_unit_test(a_dialect_is_guessed), cmocka_unit_test(loopback_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
