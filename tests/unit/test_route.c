/* test_route.c: which path is whose. */
#include "base/arena.h"
#include "server/claim.h"
#include "server/headers.h"
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
    assert_ptr_equal(path->adapter, &openai);
    yz_header by_key[] = {{YZ_STR("Host"), YZ_STR("x")}, {YZ_STR("X-Api-Key"), YZ_STR("k")}};
    assert_ptr_equal(yz_routes_choose(&routes, path, &(yz_h1_head){.headers = by_key, .n_headers = 2})->adapter, &anthropic);
    assert_ptr_equal(yz_routes_choose(&routes, path, &(yz_h1_head){.headers = by_key, .n_headers = 1})->adapter, &openai);
    assert_null(yz_routes_find(&routes, YZ_STR("GET"), YZ_STR("/v1/messages"), &known));
    assert_true(known);
    static const char *const strange[] = {"/v1/messages/", "/v1/message", "/V1/messages", "", "/", "/status", "/reload"};
    for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
        assert_null(yz_routes_find(&routes, YZ_STR("POST"), yz_str_of(strange[i]), &known));
        assert_false(known);
    }
    yz_routes_build(&routes, &settings, true); /* anew: nothing of before is left */
    assert_null(yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/v1/messages"), &known));
    assert_int_equal(yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/reload"), &known)->local, YZ_LOCAL_ADMIN);
    assert_null(yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/test/skip"), &known));
    yz_routes_free(&routes);
}

/* A base URL without the version, with it twice, or with slashes too many. */
static void paths_are_guessed(void **state) {
    (void)state;
    static const struct {
        const char *asked, *found;
    } table[] = {{"/messages", "/v1/messages"},
                 {"/v1/v1/messages", "/v1/messages"},
                 {"/v1//messages", "/v1/messages"},
                 {"//v1/messages/", "/v1/messages"},
                 {"/v1/v1/v1/models", "/v1/models"},
                 {"/v1beta/v1/messages", "/v1/messages"}, /* the version that the client says holds */
                 {"/v2/v1beta1/v1/models", "/v1/models"},
                 {"/v1/video/messages", NULL},
                 {"/models/", "/v1/models"},
                 {"/v1/message", NULL},
                 {"/V1/messages", NULL},
                 {"/", NULL},
                 {"/v2/messages", NULL}};
    yz_arena *arena = yz_arena_new(NULL);
    yz_routes routes = {0};
    yz_routes_build(&routes, &settings, false);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        bool known, get = strstr(table[i].asked, "models");
        yz_str path = yz_str_of(table[i].asked);
        const yz_path *found = yz_routes_guess(&routes, get ? YZ_STR("GET") : YZ_STR("POST"), &path, arena, &known);
        assert_int_equal(found != NULL, table[i].found != NULL);
        assert_true(yz_str_is(path, table[i].found ? table[i].found : table[i].asked));
        assert_false(known);
    }
    bool known;
    yz_str path = YZ_STR("/messages");
    assert_null(yz_routes_guess(&routes, YZ_STR("GET"), &path, arena, &known)); /* it takes another method */
    assert_true(known && yz_str_is(path, "/v1/messages"));
    yz_routes_free(&routes);
    yz_arena_free(arena);
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
    assert_true(yz_str_is(yz_path_named(path, asked), "a-model"));
    assert_false(path->stream);
    path = yz_routes_find(&routes, YZ_STR("POST"), streamed, &known);
    assert_true(path && path->stream && yz_str_is(yz_path_named(path, streamed), "b:c"));
    path = yz_routes_find(&routes, YZ_STR("POST"), YZ_STR("/v1beta/models/fixed:generate"), &known); /* a path as it stands goes first */
    assert_int_equal(path->op, YZ_OP_EMBEDDING);
    assert_int_equal(yz_path_named(path, YZ_STR("/v1beta/models/fixed:generate")).n, 0);
    static const char *const none[] = {"/v1beta/models/:generate", "/v1beta/models//b:generate", "/v1beta/models/a:generat",
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

/* ---- patterns -------------------------------------------------------------------------------------------------------- */

static const yz_route with_models[] = {
    {.method = "POST", .path = "/v1beta/models/{model}:generate", .op = YZ_OP_CHAT},
    {.method = "POST", .path = "/v1beta/models/{model}:generateStream", .op = YZ_OP_CHAT, .stream = true},
    {.method = "GET", .path = "/v1beta/models/{model}", .op = YZ_OP_MODELS},
    {.method = "GET", .path = "/v1beta/models/all", .op = YZ_OP_MODELS},
    {.method = "POST", .path = "/deployments/{model}/chat", .op = YZ_OP_CHAT},
    {.method = "POST", .path = "/talks/fixed", .op = YZ_OP_CHAT},
    {.method = "GET", .path = "/talks/{id}", .op = YZ_OP_STORED},
    {.method = "DELETE", .path = "/talks/{id}", .op = YZ_OP_STORED},
    {.method = "GET", .path = "/talks/{id}/items", .op = YZ_OP_STORED},
    {.method = "DELETE", .path = "/talks/{id}/items/{part}", .op = YZ_OP_STORED},
};
static const yz_adapter with_patterned_paths = {YZ_ADAPTER, .dialect = "patterned", YZ_ROUTES(with_models), .write_error = write_error};

static void patterns_name_the_model(void **state) {
    (void)state;
    static const yz_adapter *one[] = {&with_patterned_paths};
    static const yz_settings with_patterns = {.adapters = one, .n_adapters = 1};
    static const struct {
        const char *method, *path, *pattern, *model; /* pattern NULL: none, and another method would not do either */
    } table[] = {
        {"POST", "/v1beta/models/gemini-3:generate", "/v1beta/models/{model}:generate", "gemini-3"},
        {"POST", "/v1beta/models/gemini-3:generateStream", "/v1beta/models/{model}:generateStream", "gemini-3"},
        {"POST", "/v1beta/models/llama3:8b:generate", "/v1beta/models/{model}:generate", "llama3:8b"},
        {"POST", "/v1beta/models/\xE9\xB1\xBC :generate", "/v1beta/models/{model}:generate", "\xE9\xB1\xBC "},
        {"GET", "/v1beta/models/gemini-3:generate", "/v1beta/models/{model}", "gemini-3:generate"},
        {"GET", "/v1beta/models/all", "/v1beta/models/all", ""}, /* though it was declared later */
        {"HEAD", "/v1beta/models/x", "/v1beta/models/{model}", "x"},
        {"POST", "/deployments/x/chat", "/deployments/{model}/chat", "x"},
        {"POST", "/deployments//chat", NULL, NULL},
        {"POST", "/deployments/chat", NULL, NULL},
        {"POST", "/deployments/a/b/chat", NULL, NULL},
        {"POST", "/deployments/x/chat/", NULL, NULL},
        {"POST", "/v1beta/models/", NULL, NULL},
        {"POST", "/v1beta/models/a/b:generate", "/v1beta/models/{model}:generate", "a/b"},
        {"GET", "/v1beta/models/a/b", "/v1beta/models/{model}", "a/b"},
        {"GET", "/v1beta/models//b", NULL, NULL},
        {"GET", "/v1beta/models/b/", NULL, NULL},
        {"POST", "/v1beta/models/{model}", "", NULL}, /* GET alone */
        {"GET", "/talks/t1", "/talks/{id}", "t1"},
        {"GET", "/talks/fixed", "/talks/{id}", "fixed"},
        {"POST", "/talks/fixed", "/talks/fixed", ""},
        {"GET", "/talks/t1/items", "/talks/{id}/items", "t1"},
        {"DELETE", "/talks/t1/items/i2", "/talks/{id}/items/{part}", "t1"},
        {"DELETE", "/talks/t1/items/", NULL, NULL},
        {"DELETE", "/talks/t1/items/a/b", NULL, NULL},
        {"GET", "/talks/a/b", NULL, NULL},
        {"GET", "/talks/", NULL, NULL},
        {"POST", "/v1beta/models/:generate", "", NULL},
        {"DELETE", "/v1beta/models/x:generate", "", NULL},
    };
    yz_routes routes = {0};
    yz_routes_build(&routes, &with_patterns, false);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        bool known;
        const yz_path *path = yz_routes_find(&routes, yz_str_of(table[i].method), yz_str_of(table[i].path), &known);
        bool wanted = table[i].pattern && *table[i].pattern;
        if ((path != NULL) != wanted || (!path && known != (table[i].pattern != NULL)))
            fail_msg("%s %s", table[i].method, table[i].path);
        if (path && (!yz_str_is(path->path, table[i].pattern) || !yz_str_is(yz_path_named(path, yz_str_of(table[i].path)), table[i].model)))
            fail_msg("%s %s is %.*s", table[i].method, table[i].path, YZ_STR_ARGS(path->path));
        assert_true(!path || path->stream == (strstr(table[i].path, "Stream") != NULL));
    }
    yz_arena *arena = yz_arena_new(NULL);
    assert_string_equal(yz_routes_allow(&routes, YZ_STR("/v1beta/models/x:generate"), arena).p, "GET, HEAD, POST, OPTIONS");
    assert_string_equal(yz_routes_allow(&routes, YZ_STR("/deployments/x/chat"), arena).p, "POST, OPTIONS");
    assert_string_equal(yz_routes_allow(&routes, YZ_STR("/talks/x"), arena).p, "GET, HEAD, DELETE, OPTIONS");
    assert_string_equal(yz_routes_list(&routes, arena, 1).p, "GET /v1beta/models/all, and 11 more");
    yz_arena_free(arena);
    yz_routes_free(&routes);
}

/* ---- headers -------------------------------------------------------------------------------------------------------- */

static void keys_stand_where_adapters_say(void **state) {
    (void)state;
    char longest[] = "x-a-name-that-no-request-has-ever-had-and-which-is-longer-than-63-bytes";
    const char *const names[] = {"x-vendor-key", "authorization", longest, NULL};
    const yz_adapter adapter = {YZ_ADAPTER, .dialect = "d", .key_headers = names};
    const yz_adapter *one[] = {&adapter};
    const yz_settings with_keys = {.adapters = one, .n_adapters = 1};
    yz_known known;
    yz_known_build(&known, &with_keys);
    assert_int_equal(yz_known_meaning(&known, YZ_STR("x-vendor-key")), YZ_MEANS_KEY);
    assert_int_equal(yz_known_meaning(&known, YZ_STR("authorization")), YZ_MEANS_BEARER); /* cannot be declared away */
    assert_int_equal(yz_known_meaning(&known, yz_str_of(longest)), YZ_MEANS_NOTHING);
    assert_int_equal(yz_known_meaning(&known, YZ_STR("te")), YZ_MEANS_DROP);
    assert_int_equal(yz_known_meaning(&known, YZ_STR("proxy-authorization")), YZ_MEANS_DROP);
    assert_int_equal(yz_known_meaning(&known, YZ_STR("content-type")), YZ_MEANS_CONTENT_TYPE);
    assert_int_equal(yz_known_meaning(&known, YZ_STR("x-vendor-kez")), YZ_MEANS_NOTHING);
    assert_int_equal(yz_known_meaning(&known, YZ_STR("")), YZ_MEANS_NOTHING);
    yz_known_build(&known, &(yz_settings){0}); /* anew: nothing of before is left */
    assert_int_equal(yz_known_meaning(&known, YZ_STR("x-vendor-key")), YZ_MEANS_NOTHING);
}

static void keys_are_cut_out_of_a_query(void **state) {
    (void)state;
    static const char *const names[] = {"key", "token", NULL};
    static const struct {
        const char *query, *left, *credential; /* credential NULL: refused */
    } table[] = {
        {"key=sk-1", "", "sk-1"},
        {"a=1&key=sk-1&b=2", "a=1&b=2", "sk-1"},
        {"token=a%20b&alt=sse", "alt=sse", "a b"},
        {"key=a&token=a", "", "a"},
        {"key=a&key=b", "", NULL},
        {"keys=a&xkey=b", "keys=a&xkey=b", ""},
        {"key&a=key=b", "key&a=key=b", ""},
        {"key=", "", ""},
        {"", "", ""},
    };
    yz_arena *arena = yz_arena_new(NULL);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        yz_found found = {0};
        yz_str query = yz_str_of(table[i].query);
        const yz_error *error = yz_headers_read_query(arena, names, &query, &found);
        assert_true((error != NULL) == (table[i].credential == NULL));
        if (!yz_str_is(query, table[i].left) || (!error && !yz_str_is(found.credential, table[i].credential)))
            fail_msg("%s leaves %.*s", table[i].query, YZ_STR_ARGS(query));
        query = yz_str_of(table[i].query);
        assert_null(yz_headers_read_query(arena, NULL, &query, &found)); /* of a dialect that has no such habit */
        assert_true(yz_str_is(query, table[i].query));
    }
    yz_arena_free(arena);
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
        cmocka_unit_test(paths_are_found),
        cmocka_unit_test(paths_are_guessed),
        cmocka_unit_test(paths_may_name_the_model),
        cmocka_unit_test(lists_are_for_people),
        cmocka_unit_test(a_dialect_is_guessed),
        cmocka_unit_test(patterns_name_the_model),
        cmocka_unit_test(keys_stand_where_adapters_say),
        cmocka_unit_test(keys_are_cut_out_of_a_query),
        cmocka_unit_test(loopback_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
