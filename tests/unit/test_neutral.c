/* test_neutral.c: a request is read once and written once for each target, whoever asks and however often; a changed body is read anew;
 * what nobody uses any more is given back. The dialect here counts. */
#include "base/arena.h"
#include "dialect/neutral.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static unsigned reads, writes;
static size_t body_bytes; /* of what is written */

static int toy_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    reads++;
    if (yz_json_get(request->json, "wrong"))
        return yz_refuse(arena, error, YZ_STR("wrong"), "this is wrong");
    yz_lose(losses, "read");
    out->user = yz_json_escaped(yz_json_get(request->json, "user"));
    out->verbosity = YZ_STR("low"); /* which this writer does not know of */
    yz_tool_add(out)->name = YZ_STR("fits");
    yz_tool_add(out)->name = YZ_STR("files/read.all");
    return YZ_OK;
}

static int toy_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses,
                     yz_buf *out) {
    (void)provider, (void)arena;
    writes++;
    yz_lose(losses, "written");
    assert_true(yz_str_starts(chat->tools->next->name, "files_read_all_"));
    if (yz_str_is(target->model, "impossible"))
        return YZ_EUNSUPPORTED;
    yz_buf_printf(out, "%.*s for %.*s", YZ_STR_ARGS(chat->user), YZ_STR_ARGS(target->model));
    memset(yz_buf_room(out, body_bytes), 'x', body_bytes);
    out->n += body_bytes;
    return YZ_OK;
}

static const yz_adapter toy = {YZ_ADAPTER, .dialect = "toy", .read = toy_read, .write = toy_write, .writes = "tools user"};
static const yz_provider provider = {YZ_PROVIDER, .name = {"p", 1}, .adapter = &toy},
                         other = {YZ_PROVIDER, .name = {"q", 1}, .adapter = &toy};
static const yz_target one = {YZ_TARGET, &provider, {"one", 3}}, two = {YZ_TARGET, &provider, {"two", 3}},
                       one_of_other = {YZ_TARGET, &other, {"one", 3}};

static yz_arena *arena, *attempt;

static void set_body(yz_request *request, const char *body) {
    yz_json *json;
    request->body = yz_str_of(body);
    assert_int_equal(yz_json_parse(arena, request->body, 0, &json, NULL), YZ_OK);
    request->json = json;
}

static yz_request request_of(const char *body) {
    yz_request request = {YZ_REQUEST, .dialect = &toy, .op = YZ_OP_CHAT};
    set_body(&request, body);
    yz_request_place(arena, &request);
    return request;
}

static int set_up(void **state) {
    (void)state;
    reads = writes = 0;
    body_bytes = 10;
    arena = yz_arena_new(NULL);
    attempt = yz_arena_new(NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (attempt)
        yz_arena_free(attempt);
    yz_arena_free(arena);
    return 0;
}

static void read_once_by_all_copies(void **state) {
    (void)state;
    yz_request request = request_of("{\"user\":\"u\"}");
    yz_request *copy = yz_request_copy(attempt, &request);
    copy->model = YZ_STR("another");
    const yz_reading *reading = yz_request_read(copy, attempt);
    assert_int_equal(reading->code, YZ_OK);
    yz_arena_free(attempt); /* the attempt that asked first is over */
    attempt = NULL;
    assert_ptr_equal(yz_request_read(&request, arena), reading);
    assert_true(yz_str_is(reading->chat->user, "u") && yz_str_is(reading->losses->names[0], "read"));
    assert_null(reading->error);
    assert_int_equal(reads, 1);
}

static void a_changed_body_is_read_anew(void **state) {
    (void)state;
    yz_request request = request_of("{\"user\":\"u\"}"), *changed = yz_request_copy(attempt, &request);
    const yz_reading *reading = yz_request_read(&request, arena);
    assert_int_equal(yz_request_set(attempt, changed, "user", YZ_STR("\"v\"")), YZ_OK);
    assert_true(yz_str_is(yz_request_read(changed, attempt)->chat->user, "v"));
    assert_ptr_equal(yz_request_read(changed, attempt), yz_request_read(changed, attempt));
    assert_int_equal(reads, 2);
    assert_ptr_equal(yz_request_read(&request, arena), reading);

    yz_request *assigned = yz_request_copy(attempt, &request);
    set_body(assigned, "{\"user\":\"w\"}");
    assert_true(yz_str_is(yz_request_read(assigned, attempt)->chat->user, "w"));
    assert_true(yz_str_is(reading->chat->user, "u"));
}

static void what_cannot_be_read_is_known(void **state) {
    (void)state;
    yz_request wrong = request_of("{\"wrong\":1}"), embedding = request_of("{}"), bare = {.dialect = &toy, .op = YZ_OP_CHAT};
    for (int i = 0; i < 2; i++) {
        const yz_reading *reading = yz_request_read(&wrong, arena);
        assert_int_equal(reading->code, YZ_EINVAL);
        assert_true(!reading->chat && yz_str_is(reading->error->param, "wrong"));
    }
    assert_int_equal(reads, 1);
    yz_written *written = yz_request_write(&wrong, arena, &one);
    assert_true(written->code == YZ_EINVAL && written->reading->error && !written->body.n);
    yz_written_done(written);
    embedding.op = YZ_OP_EMBEDDING;
    assert_int_equal(yz_request_read(&embedding, arena)->code, YZ_EUNSUPPORTED);
    assert_int_equal(yz_request_read(&bare, arena)->code, YZ_EUNSUPPORTED);
    assert_true(reads == 1 && writes == 0);
}

static void written_once_for_each_target(void **state) {
    (void)state;
    yz_request request = request_of("{\"user\":\"u\"}");
    const yz_target same_as_one = one;
    const yz_target *const targets[] = {&one, &same_as_one, &two, &one, &one_of_other, &one_of_other};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        yz_written *written = yz_request_write(yz_request_copy(arena, &request), attempt, targets[i]);
        assert_int_equal(written->code, YZ_OK);
        assert_true(yz_str_starts(yz_buf_view(&written->body), targets[i] == &two ? "u for two" : "u for one"));
        assert_int_equal(written->losses.n, 3);
        assert_true(yz_str_is(written->losses.names[2], "verbosity"));
        yz_written_done(written);
    }
    assert_int_equal(reads, 1);
    assert_int_equal(writes, 3);
    assert_true(yz_str_is(yz_request_read(&request, arena)->chat->tools->next->name, "files/read.all")); /* writing left it alone */
}

static void what_cannot_be_written_is_tried_once(void **state) {
    (void)state;
    yz_request request = request_of("{}");
    const yz_target impossible = {YZ_TARGET, &provider, YZ_STR("impossible")};
    for (int i = 0; i < 2; i++) {
        yz_written *written = yz_request_write(&request, arena, &impossible);
        assert_true(written->code == YZ_EUNSUPPORTED && !written->reading->error && written->losses.n == 2);
        yz_written_done(written);
    }
    assert_int_equal(writes, 1);
}

/* Long bodies: in use, all of them stay; afterwards one does. */
static void long_bodies_are_given_back(void **state) {
    (void)state;
    yz_request request = request_of("{}");
    body_bytes = YZ_WRITTEN_KEPT;
    yz_written *first = yz_request_write(&request, arena, &one), *second = yz_request_write(&request, arena, &two);
    assert_true(first->body.n > YZ_WRITTEN_KEPT && second->body.n > YZ_WRITTEN_KEPT);
    assert_ptr_equal(yz_request_write(&request, arena, &one), first);
    yz_written_done(first);
    yz_written_done(second);
    assert_true(first->body.n && !second->body.n);
    yz_written_done(first);
    assert_true(first->body.n); /* for the next attempt */
    yz_written *again = yz_request_write(&request, arena, &two);
    assert_true(again->body.n && !first->body.n);
    yz_written_done(again);
    assert_int_equal(writes, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(read_once_by_all_copies),      TEST(a_changed_body_is_read_anew),          TEST(what_cannot_be_read_is_known),
        TEST(written_once_for_each_target), TEST(what_cannot_be_written_is_tried_once), TEST(long_bodies_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
