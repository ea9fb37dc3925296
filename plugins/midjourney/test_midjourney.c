/* The midjourney adapter: what is a request, what it does, which jobs it names, where it goes; answers, how jobs stand, refusals, errors.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const yz_adapter *adapter;
static yz_arena *arena;

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_plugin *plugin = yz_plugin_load(YZ_BUILD_FOLDER "/plugins/midjourney.so", &diag);
    assert_non_null(plugin);
    adapter = plugin->adapter;
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

#define assert_str(s, c)                                                                                                                   \
    do {                                                                                                                                   \
        yz_str seen_ = (s);                                                                                                                \
        if (!yz_str_is(seen_, c))                                                                                                          \
            fail_msg("wanted %s, got %.*s", c, YZ_STR_ARGS(seen_));                                                                        \
    } while (0)

static yz_request asked(yz_op op, const char *path, const char *body) {
    yz_json *root = NULL;
    if (body)
        assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &root, NULL), YZ_OK);
    return (yz_request){YZ_REQUEST,  .dialect = adapter, .op = op, .path = yz_str_of(path), .body = body ? yz_str_of(body) : YZ_STR(""),
                        .json = root};
}

static void what_it_does(void **state) {
    (void)state;
    static const struct {
        const char *path, *body, *model, *named;
    } rows[] = {
        {"/mj/submit/imagine", "{\"prompt\":\"x --ar 1:1\"}", "mj_imagine", NULL},
        {"/mj-turbo/mj/submit/imagine", "{\"prompt\":\"x --turbo\"}", "mj_turbo_imagine", NULL},
        {"/mj-relax/mj/submit/change", "{\"taskId\":\"t\",\"action\":\"REROLL\"}", "mj_relax_reroll", "t"},
        {"/mj/submit/change", "{\"taskId\":\"t\",\"action\":\"UPSCALE\",\"index\":1}", "mj_upscale", "t"},
        {"/mj/submit/simple-change", "{\"content\":\"t U2\"}", "mj_upscale", "t"},
        {"/mj/submit/simple-change", "{\"content\":\"t V4\"}", "mj_variation", "t"},
        {"/mj/submit/simple-change", "{\"content\":\"t R\"}", "mj_reroll", "t"},
        {"/mj/submit/action", "{\"taskId\":\"t\",\"customId\":\"MJ::JOB::upsample::1::4ca6\"}", "mj_upscale", "t"},
        {"/mj/submit/action", "{\"taskId\":\"t\",\"customId\":\"MJ::JOB::low_variation::1::4ca6\"}", "mj_variation", "t"},
        {"/mj/submit/action", "{\"taskId\":\"t\",\"customId\":\"MJ::JOB::pan_left::1::4ca6\"}", "mj_pan", "t"},
        {"/mj/submit/action", "{\"taskId\":\"t\",\"customId\":\"MJ::JOB::animate_high::1\"}", "mj_video", "t"},
        {"/mj/submit/action", "{\"taskId\":\"t\",\"customId\":\"\\u004dJ::JOB::animate_high::1\"}", "mj_video", "t"},
        {"/mj/submit/action", "{\"taskId\":\"t\",\"customId\":\"MJ::BOOKMARK::1\"}", "mj_action", "t"},
        {"/mj/submit/modal", "{\"taskId\":\"t\"}", "mj_modal", "t"},
        {"/mj/submit/blend", "{\"base64Array\":[]}", "mj_blend", NULL},
        {"/mj/submit/describe", "{\"base64\":\"x\"}", "mj_describe", NULL},
        {"/mj/submit/shorten", "{\"prompt\":\"x\"}", "mj_shorten", NULL},
        {"/mj/submit/edits", "{\"prompt\":\"x\",\"image\":\"y\"}", "mj_edits", NULL},
        {"/mj/submit/video", "{\"prompt\":\"x\",\"taskId\":\"t\"}", "mj_video", "t"},
        {"/mj/submit/swap-face", "{}", "swap_face", NULL},
        {"/mj-fast/mj/insight-face/swap", "{}", "mj_fast_swap_face", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_request request = asked(YZ_OP_DRAWING, rows[i].path, rows[i].body);
        yz_error error = {YZ_ERROR};
        yz_str named[4];
        assert_int_equal(adapter->accept(&request, arena, &error), YZ_OK);
        assert_str(request.model, rows[i].model);
        assert_int_equal(adapter->names_jobs(&request, arena, named, 4), rows[i].named != NULL);
        if (rows[i].named) {
            assert_str(named[0], rows[i].named);
            assert_in_range((uintptr_t)named[0].p, (uintptr_t)request.body.p, (uintptr_t)(request.body.p + request.body.n));
        }
    }
}

static void what_is_refused(void **state) {
    (void)state;
    static const struct {
        yz_op op;
        const char *path, *body, *says;
    } rows[] = {
        {YZ_OP_DRAWING, "/mj/submit/change", "{\"taskId\":\"t\",\"action\":\"PAINT\"}", "what is to be done"},
        {YZ_OP_DRAWING, "/mj/submit/change", "{\"taskId\":7,\"action\":\"REROLL\"}", "taskId must be"},
        {YZ_OP_DRAWING, "/mj/submit/simple-change", "{\"content\":\"t U5\"}", "what is to be done"},
        {YZ_OP_DRAWING, "/mj/submit/simple-change", "{\"content\":\"t\"}", "what is to be done"},
        {YZ_OP_DRAWING, "/mj/submit/simple-change", "{\"content\":\" U1\"}", "what is to be done"},
        {YZ_OP_DRAWING, "/mj/submit/simple-change", "{}", "what is to be done"},
        {YZ_OP_DRAWING, "/mj/submit/action", "{\"taskId\":\"t\"}", "what is to be done"},
        {YZ_OP_DRAWING, "/mj/submit/action", "{\"customId\":\"MJ::JOB::reroll\"}", "taskId must be"},
        {YZ_OP_DRAWING, "/mj/submit/modal", "{}", "taskId must be"},
        {YZ_OP_DRAWING, "/mj/submit/video", "{\"prompt\":\"x\",\"taskId\":1700000000000001}", "taskId must be"},
        {YZ_OP_DRAWING, "/mj/submit/edits", "{\"prompt\":\"x\",\"taskId\":[\"1700000000000001\"]}", "taskId must be"},
        {YZ_OP_DRAWING, "/mj/submit/imagine", "{\"prompt\":\"x \\u002d-turbo\"}", "/mj-turbo/mj/submit"},
        {YZ_OP_DRAWING, "/mj-fast/mj/submit/imagine", "{\"prompt\":\"x \\u2014relax\"}", "/mj-relax/mj/submit"},
        {YZ_OP_DRAWING, "/mj/submit/imagine", "{\"prompt\":\"x\",\"NOTIFYHOOK\":\"y\"}", "spelt"},
        {YZ_OP_DRAWING, "/mj/submit/imagine", "{\"prompt\":\"x\",\"notifyHoo\\u212a\":\"y\"}", "spelt"},
        {YZ_OP_DRAWING, "/mj/submit/imagine", "{\"prompt\":\"x\",\"task\\u0049D\":\"y\"}", "spelt"},
        {YZ_OP_STORED, "/mj/task/list-by-condition", "{\"ids\":[1]}", "ids must be"},
        {YZ_OP_STORED, "/mj/task/list-by-condition", "{}", "ids must be"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_request request = asked(rows[i].op, rows[i].path, rows[i].body);
        yz_error error = {YZ_ERROR};
        request.method = YZ_STR("POST");
        assert_int_equal(adapter->accept(&request, arena, &error), YZ_EINVAL);
        if (!memmem(error.message.p, error.message.n, rows[i].says, strlen(rows[i].says)))
            fail_msg("%s: %.*s", rows[i].body, YZ_STR_ARGS(error.message));
    }
}

static void endpoints(void **state) {
    (void)state;
    const yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("p"), .adapter = adapter};
    const yz_target target = {YZ_TARGET, .provider = &provider};
    yz_endpoint out;
    yz_error why = {YZ_ERROR};
    yz_request request = asked(YZ_OP_DRAWING, "/mj-fast/mj/submit/swap-face", "{}");
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_OK);
    assert_str(out.path, "/mj-fast/mj/insight-face/swap");
    assert_false(adapter->holds(NULL, &request, &target, &why)); /* nobody follows it */
    assert_int_equal(why.class_, YZ_ERROR_UNSUPPORTED);
    request = asked(YZ_OP_STORED, "/mj-fast/mj/task/job_1/image-seed", NULL);
    request.stored = YZ_STR("job_1");
    assert_int_equal(adapter->accept(&request, arena, &why), YZ_OK);
    assert_str(request.path, "/mj/task/job_1/image-seed");
    assert_false(adapter->holds(NULL, &request, &target, &why));
    assert_int_equal(why.class_, YZ_ERROR_NOT_FOUND);
    request.path = YZ_STR("/mj/task/168/image-seed");
    request.stored = YZ_STR("168");
    request.keeper = YZ_STR("p");
    assert_true(adapter->holds(NULL, &request, &target, &why));
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_OK);
    assert_str(out.path, "/mj/task/168/image-seed");
    request.path = YZ_STR("/mj/task/168"); /* as the stage asks */
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_OK);
    assert_str(out.path, "/mj/task/168/fetch");
    assert_string_equal(out.method, "GET");
    request.op = YZ_OP_CHAT;
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_EUNSUPPORTED);
}

/* ---- answers -------------------------------------------------------------------------------------------------------------- */

static int read_job(yz_op op, const char *text, yz_job *job) {
    const yz_request request = asked(op, "/mj/submit/imagine", text);
    *job = (yz_job){YZ_JOB};
    return adapter->read_job(&request, request.json, arena, job);
}

static void how_jobs_stand(void **state) {
    (void)state;
    yz_job job;
    for (int code = 0; code < 32; code++) {
        const char *text = yz_format(arena, "{\"code\":%d,\"description\":\"d\",\"result\":\"168\",\"properties\":{}}", code).p;
        bool taken = code == 1 || code == 21 || code == 22;
        assert_int_equal(read_job(YZ_OP_DRAWING, text, &job), taken ? YZ_OK : YZ_EINVAL);
        assert_int_equal(job.again, code == 21);
        if (taken)
            assert_str(job.id, "168");
        if (taken) /* of one that was simply taken nothing else is told */
            assert_str(job.id_at, code == 1 ? "" : "168");
    }
    static const struct {
        const char *status;
        yz_job_state state;
    } rows[] = {{"\"NOT_START\"", YZ_JOB_QUEUED},    {"\"SUBMITTED\"", YZ_JOB_QUEUED}, {"null", YZ_JOB_QUEUED},
                {"\"IN_PROGRESS\"", YZ_JOB_RUNNING}, {"\"MODAL\"", YZ_JOB_RUNNING},    {"\"SUCCESS\"", YZ_JOB_SUCCEEDED},
                {"\"FAILURE\"", YZ_JOB_FAILED},      {"\"CANCEL\"", YZ_JOB_CANCELLED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = yz_format(arena,
                                     "{\"id\":\"168\",\"status\":%s,\"progress\":\"42%%\",\"failReason\":\"why\",\"submitTime\":"
                                     "1689231405854,\"imageUrl\":\"https://x/y\"}",
                                     rows[i].status)
                               .p;
        assert_int_equal(read_job(YZ_OP_STORED, text, &job), YZ_OK);
        assert_int_equal(job.state, rows[i].state);
        assert_int_equal(job.progress, 42);
        assert_int_equal(job.created, 1689231405);
        assert_str(job.message, "why");
        assert_str(job.path, "/mj/task/168");
        assert_str(job.told, text);
        assert_true(job.id_at.p > job.told.p && job.id_at.p < job.told.p + job.told.n);
    }
    const char *spelt = "{\"id\":168,\"status\":\"success\",\"imageUrl\":\"https://x/y\"}"; /* relays of others */
    assert_int_equal(read_job(YZ_OP_STORED, spelt, &job), YZ_OK);
    assert_int_equal(job.state, YZ_JOB_SUCCEEDED);
    assert_str(job.told, "{\"id\":\"168\",\"status\":\"SUCCESS\",\"imageUrl\":\"https://x/y\"}");
    assert_str(job.id_at, "168");
    assert_int_equal(read_job(YZ_OP_DRAWING, "{\"code\":1,\"result\":12}", &job), YZ_OK);
    assert_str(job.id, "12");
    static const char *const wrong[] = {
        "[]", "{}", "{\"id\":\"168\"}", "{\"id\":1.5,\"status\":\"SUCCESS\"}", "{\"id\":\"../x\",\"status\":\"SUCCESS\"}", "\"SUCCESS\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(read_job(YZ_OP_STORED, wrong[i], &job), YZ_EINVAL);
    assert_int_equal(
        read_job(YZ_OP_STORED,
                 "{\"InstanceId\":\"1\",\"id\":\"168\",\"status\":\"SUCCESS\",\"userId\":\"7\",\"clientIp\":\"::1\",\"prompt\":\"x\"}",
                 &job),
        YZ_OK);
    assert_str(job.told, "{\"id\":\"168\",\"status\":\"SUCCESS\",\"prompt\":\"x\"}");
    assert_int_equal(read_job(YZ_OP_STORED, "null", &job), YZ_ENOTFOUND);
    assert_int_equal(read_job(YZ_OP_DRAWING, "{\"code\":1,\"result\":\"\"}", &job), YZ_EINVAL);
}

/* A success that has made nothing is none, and told in words of ours. */
static void what_was_made(void **state) {
    (void)state;
    const struct {
        const char *members;
        bool made;
    } rows[] = {{"\"action\":\"IMAGINE\",\"imageUrl\":\"https://x/y\"", true},
                {"\"action\":\"VIDEO\",\"videoUrls\":[{\"url\":\"https://x/y\"}]", true},
                {"\"action\":\"IMAGINE\",\"imageUrl\":\"\",\"promptEn\":\"x\",\"prompt\":\"x\"", false},
                {"\"action\":\"IMAGINE\",\"imageUrl\":null,\"videoUrls\":[]", false},
                {"\"action\":\"IMAGINE\"", false},
                {"\"action\":\"DESCRIBE\",\"imageUrl\":\"https://x/asked\",\"promptEn\":\"1. a cat\"", true},
                {"\"action\":\"SHORTEN\",\"properties\":{\"finalPrompt\":\"cat\"}", true},
                {"\"action\":\"DESCRIBE\",\"imageUrl\":\"https://x/asked\",\"promptEn\":\"\",\"properties\":{}", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_job job;
        const char *text = yz_format(arena, "{\"id\":\"168\",\"status\":\"SUCCESS\",%s}", rows[i].members).p;
        assert_int_equal(read_job(YZ_OP_STORED, text, &job), YZ_OK);
        if ((job.state == YZ_JOB_SUCCEEDED) != rows[i].made || (job.told.n > 0) != rows[i].made)
            fail_msg("%s: state %d", rows[i].members, job.state);
    }
}

static void written(void **state) {
    (void)state;
    const yz_job failed = {YZ_JOB,
                           .id = YZ_STR("job_1"),
                           .state = YZ_JOB_EXPIRED,
                           .model = YZ_STR("mj_turbo_upscale"),
                           .message = YZ_STR("late"),
                           .created = 5,
                           .ended = 9};
    const yz_job told = {YZ_JOB, .told = YZ_STR("{\"id\":\"job_2\"}")};
    yz_request request = asked(YZ_OP_STORED, "/mj/task/list-by-condition", "{\"ids\":[\"job_1\",\"job_2\"]}");
    yz_str named[1];
    assert_int_equal(adapter->names_jobs(&request, arena, named, 1), 2);
    yz_buf out = {0};
    adapter->write_jobs(&request, (const yz_job *const[]){&failed, &told}, 2, false, &out);
    assert_str(
        yz_buf_view(&out),
        "[{\"id\":\"job_1\",\"action\":\"UPSCALE\",\"status\":\"FAILURE\",\"progress\":\"100%\",\"prompt\":\"\",\"promptEn\":\"\","
        "\"description\":\"\",\"state\":\"\",\"submitTime\":5000,\"startTime\":0,\"finishTime\":9000,\"imageUrl\":\"\",\"buttons\":[],"
        "\"properties\":{},\"failReason\":\"late\"},{\"id\":\"job_2\"}]");
    out.n = 0;
    request.op = YZ_OP_DRAWING;
    adapter->write_job(&request, &failed, &out);
    assert_str(yz_buf_view(&out), "{\"code\":1,\"description\":\"submitted\",\"result\":\"job_1\",\"properties\":{}}");
    yz_buf_free(&out);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        int code;
        yz_error_class class_;
        int said, told;
    } rows[] = {{3, YZ_ERROR_OVERLOADED, 503, 3},       {4, YZ_ERROR_BAD_REQUEST, 400, 4}, {23, YZ_ERROR_OVERLOADED, 503, 23},
                {24, YZ_ERROR_CONTENT_POLICY, 400, 24}, {30, YZ_ERROR_QUOTA, 429, 30},     {9, YZ_ERROR_SERVER, 500, 9},
                {5, YZ_ERROR_SERVER, 500, 9},           {77, YZ_ERROR_SERVER, 500, 9}};
    const yz_target target = {YZ_TARGET};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = yz_format(arena, "{\"code\":%d,\"description\":\"no\",\"properties\":{\"bannedWord\":\"w\"}}", rows[i].code).p;
        const yz_request request = asked(YZ_OP_DRAWING, "/mj/submit/imagine", text);
        yz_error error = {YZ_ERROR}, other = {YZ_ERROR};
        yz_buf out = {0};
        assert_true(adapter->refuses(&request, request.json, arena, &error));
        assert_int_equal(error.class_, rows[i].class_);
        assert_int_equal(error.said, rows[i].said);
        assert_str(error.message, "no: w");
        error.target = &target;
        adapter->write_error(&error, 400, YZ_STR("r"), &out);
        assert_true(yz_str_starts(yz_buf_view(&out), "{\"description\":\"no: w\",\"type\":\""));
        assert_non_null(
            memmem(out.p, out.n, yz_format(arena, ",\"code\":%d}", rows[i].told).p, yz_format(arena, ",\"code\":%d}", rows[i].told).n));
        yz_buf_free(&out);
        adapter->read_error(400, request.json, arena, &other); /* as relays of relays say it */
        assert_int_equal(other.class_, rows[i].class_);
        assert_int_equal(other.said, 400);
        adapter->read_error(401, request.json, arena, &other);
        assert_int_equal(other.class_, yz_error_class_of(401));
    }
    yz_error error = {YZ_ERROR};
    const yz_request seed = asked(YZ_OP_STORED, "/mj/task/1/image-seed", "{\"code\":3,\"description\":\"no such task\"}");
    assert_true(adapter->refuses(&seed, seed.json, arena, &error));
    assert_int_equal(error.said, 404);
    const yz_request fine = asked(YZ_OP_STORED, "/mj/task/1/image-seed", "{\"code\":1,\"result\":\"7\"}");
    assert_false(adapter->refuses(&fine, fine.json, arena, &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_it_does),   cmocka_unit_test(what_is_refused), cmocka_unit_test(endpoints),
                                       cmocka_unit_test(how_jobs_stand), cmocka_unit_test(what_was_made),   cmocka_unit_test(written),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
