/* The suno adapter: what is a request, which jobs it names, where it goes; answers, how jobs stand, refusals, errors. */
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
static const void *defaults;
static yz_arena *arena;

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_plugin *plugin = yz_plugin_load(YZ_BUILD_FOLDER "/plugins/suno.so", &diag);
    assert_non_null(plugin);
    defaults = yz_options_config(plugin, NULL, arena, &diag);
    assert_non_null(defaults);
    assert_null(yz_options_fault(plugin->options, plugin->n_options, plugin->config_size, arena));
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

#define MUSIC  "/suno/submit/music"
#define LYRICS "/suno/submit/lyrics"

static void requests(void **state) {
    (void)state;
    static const struct {
        const char *path, *body, *model, *refused, *named;
    } rows[] = {
        {MUSIC, "{\"prompt\":\"x\"}", "suno_music", NULL, NULL},
        {MUSIC, "{\"gpt_description_prompt\":\"x\",\"mv\":\"chirp-v4\"}", "suno_music", NULL, NULL},
        {MUSIC, "{\"task_id\":\"\",\"continue_clip_id\":\"\"}", "suno_music", NULL, NULL},
        {MUSIC, "{\"task_id\":null}", "suno_music", NULL, NULL},
        {MUSIC, "{\"task_id\":\"job_1\",\"continue_clip_id\":\"c\"}", "suno_music", NULL, "job_1"},
        {MUSIC, "{\"continue_clip_id\":\"c\"}", NULL, "task_id must say of which", NULL},
        {MUSIC, "{\"task_id\":7}", NULL, "as a string", NULL},
        {MUSIC, "{\"continue_clip_id\":7}", NULL, "as a string", NULL},
        {LYRICS, "{\"prompt\":\"x\"}", "suno_lyrics", NULL, NULL},
        {LYRICS, "{\"prompt\":\"\"}", NULL, "what the lyrics are about", NULL},
        {LYRICS, "{}", NULL, "what the lyrics are about", NULL},
        {MUSIC, "{\"prompt\":\"x\",\"Task_Id\":\"y\"}", NULL, "spelt", NULL},
        {MUSIC, "{\"prompt\":\"x\",\"notify_hoo\\u212a\":\"y\"}", NULL, "spelt", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_request request = asked(YZ_OP_MUSIC, rows[i].path, rows[i].body);
        yz_error error = {YZ_ERROR};
        yz_str named[4];
        assert_int_equal(adapter->accept(&request, arena, &error), rows[i].refused ? YZ_EINVAL : YZ_OK);
        if (rows[i].refused) {
            assert_non_null(memmem(error.message.p, error.message.n, rows[i].refused, strlen(rows[i].refused)));
            continue;
        }
        assert_str(request.model, rows[i].model);
        assert_int_equal(adapter->names_jobs(&request, arena, named, 4), rows[i].named != NULL);
        if (rows[i].named) {
            assert_str(named[0], rows[i].named);
            assert_in_range((uintptr_t)named[0].p, (uintptr_t)request.body.p, (uintptr_t)(request.body.p + request.body.n));
        }
    }
}

static void several(void **state) {
    (void)state;
    yz_request request = asked(YZ_OP_STORED, "/suno/fetch", "{\"ids\":[\"a\",\"b\",\"c\"],\"action\":\"MUSIC\"}");
    yz_error error = {YZ_ERROR};
    yz_str named[2];
    assert_int_equal(adapter->accept(&request, arena, &error), YZ_OK);
    assert_int_equal(adapter->names_jobs(&request, arena, named, 2), 3);
    assert_str(named[1], "b");
    static const char *const wrong[] = {"{}", "{\"ids\":\"a\"}", "{\"ids\":[\"a\",1]}"};
    for (size_t i = 0; i < 3; i++) {
        request = asked(YZ_OP_STORED, "/suno/fetch", wrong[i]);
        assert_int_equal(adapter->accept(&request, arena, &error), YZ_EINVAL);
        assert_str(error.param, "ids");
    }
    const yz_job one = {
        YZ_JOB, .id = YZ_STR("job_1"), .state = YZ_JOB_EXPIRED, .model = YZ_STR("suno_lyrics"), .code = YZ_STR("expired"), .ended = 9};
    const yz_job other = {YZ_JOB, .told = YZ_STR("{\"task_id\":\"job_2\"}")};
    yz_buf out = {0};
    adapter->write_jobs(&request, (const yz_job *const[]){&one, &other}, 2, false, &out);
    assert_str(yz_buf_view(&out),
               "{\"code\":\"success\",\"message\":\"\",\"data\":[{\"task_id\":\"job_1\",\"notify_hook\":\"\",\"action\":\"LYRICS\","
               "\"status\":\"FAILURE\","
               "\"fail_reason\":\"expired\",\"submit_time\":0,\"start_time\":0,\"finish_time\":9,\"progress\":\"100%\",\"data\":null},"
               "{\"task_id\":\"job_2\"}]}");
    yz_buf_free(&out);
}

static void endpoints(void **state) {
    (void)state;
    const yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("p"), .adapter = adapter, .config = defaults};
    const yz_target target = {YZ_TARGET, .provider = &provider};
    yz_endpoint out;
    yz_request request = asked(YZ_OP_MUSIC, LYRICS, "{\"prompt\":\"x\"}");
    yz_error why = {YZ_ERROR};
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_OK);
    assert_str(out.path, LYRICS);
    assert_false(adapter->holds(NULL, &request, &target, &why)); /* nobody follows it */
    assert_int_equal(why.class_, YZ_ERROR_UNSUPPORTED);
    request.job = YZ_STR("job_1");
    assert_true(adapter->holds(NULL, &request, &target, &why));
    request = asked(YZ_OP_STORED, "/suno/fetch/job_1", NULL);
    request.stored = YZ_STR("theirs");
    assert_false(adapter->holds(NULL, &request, &target, &why));
    assert_int_equal(why.class_, YZ_ERROR_NOT_FOUND);
    request.keeper = YZ_STR("p");
    assert_true(adapter->holds(NULL, &request, &target, &why));
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_OK);
    assert_str(out.path, "/suno/fetch/theirs");
    assert_string_equal(out.method, "GET");
    request.op = YZ_OP_CHAT;
    assert_int_equal(adapter->endpoint(&provider, &request, &target, arena, &out), YZ_EUNSUPPORTED);
}

/* ---- answers -------------------------------------------------------------------------------------------------------------- */

static int read_job(yz_op op, const char *text, yz_job *job) {
    const yz_request request = asked(op, MUSIC, text);
    *job = (yz_job){YZ_JOB};
    return adapter->read_job(&request, request.json, arena, job);
}

#define TASK(status, data)                                                                                                                 \
    "{\"code\":\"success\",\"message\":\"\",\"data\":{\"task_id\":\"t-1\",\"status\":\"" status                                            \
    "\",\"fail_reason\":\"why\",\"progress\":\"30%\",\"data\":" data "}}"

static void how_jobs_stand(void **state) {
    (void)state;
    yz_job job;
    assert_int_equal(read_job(YZ_OP_MUSIC, "{\"code\":\"success\",\"message\":\"\",\"data\":\"t-1\"}", &job), YZ_OK);
    assert_int_equal(job.state, YZ_JOB_QUEUED);
    assert_str(job.id, "t-1");
    assert_int_equal(job.id_at.n, 0); /* nothing else is told */
    assert_str(job.path, "/suno/fetch/t-1");
    static const struct {
        const char *text;
        yz_job_state state;
    } rows[] = {{TASK("NOT_START", "null"), YZ_JOB_QUEUED},
                {TASK("QUEUED", "null"), YZ_JOB_QUEUED},
                {TASK("IN_PROGRESS", "[]"), YZ_JOB_RUNNING},
                {TASK("UNKNOWN", "null"), YZ_JOB_RUNNING},
                {TASK("SUCCESS", "[{\"status\":\"error\"},{\"status\":\"complete\"}]"), YZ_JOB_SUCCEEDED},
                {TASK("SUCCESS", "{\"text\":\"la\",\"status\":\"complete\"}"), YZ_JOB_SUCCEEDED},
                {TASK("FAILURE", "null"), YZ_JOB_FAILED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read_job(YZ_OP_STORED, rows[i].text, &job), YZ_OK);
        assert_int_equal(job.state, rows[i].state);
        assert_str(job.id, "t-1");
        assert_int_equal(job.progress, 30);
        assert_true(job.told.n > 0 && job.id_at.p > job.told.p && job.id_at.p < job.told.p + job.told.n);
    }
    assert_str(job.message, "why");
    const char *at_once = TASK("QUEUED", "null"); /* some say all of it to who begins one */
    assert_int_equal(read_job(YZ_OP_MUSIC, at_once, &job), YZ_OK);
    assert_int_equal(job.told.n + job.id_at.n, 0);
    assert_str(job.id, "t-1");
}

static void nothing_was_made(void **state) {
    (void)state;
    yz_job job;
    static const char *const texts[] = {TASK("SUCCESS", "null"), TASK("SUCCESS", "[]"), TASK("SUCCESS", "{\"status\":\"error\"}"),
                                        TASK("SUCCESS", "[{\"status\":\"error\",\"metadata\":{\"error_message\":\"no\"}},{\"status\":"
                                                        "\"error\",\"metadata\":{\"error_message\":\"nor that\"}}]")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(read_job(YZ_OP_STORED, texts[i], &job), YZ_OK);
        assert_int_equal(job.state, YZ_JOB_FAILED);
        assert_int_equal(job.id_at.n + job.told.n, 0); /* its own words say that all is well */
    }
    assert_str(job.message, "no");
}

static void no_jobs(void **state) {
    (void)state;
    yz_job job;
    static const char *const texts[] = {"[]",
                                        "7",
                                        "{}",
                                        "{\"code\":\"success\",\"data\":\"\"}",
                                        "{\"code\":\"success\",\"data\":\"../x\"}",
                                        "{\"code\":\"success\",\"data\":[]}",
                                        "{\"data\":{\"task_id\":\"t-1\"}}",
                                        "{\"data\":{\"task_id\":7.5,\"status\":\"SUCCESS\"}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(read_job(YZ_OP_STORED, texts[i], &job), YZ_EINVAL);
    assert_int_equal(read_job(YZ_OP_STORED, "{\"code\":\"success\",\"message\":\"\",\"data\":null}", &job), YZ_ENOTFOUND);
    assert_int_equal(read_job(YZ_OP_STORED, "{\"data\":{\"task_id\":7,\"status\":\"Failed\"}}", &job), YZ_OK); /* a relay's own words */
    assert_int_equal(job.state, YZ_JOB_FAILED);
    assert_str(job.told, "{\"task_id\":\"7\",\"status\":\"FAILURE\"}");
    assert_int_equal(read_job(YZ_OP_MUSIC, "{\"code\":\"success\",\"message\":\"\",\"data\":null}", &job), YZ_EINVAL);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *code;
        yz_error_class class_;
        int said;
    } rows[] = {{"quota_not_enough", YZ_ERROR_QUOTA, 429},
                {"invalid_request", YZ_ERROR_BAD_REQUEST, 400},
                {"task_not_exist", YZ_ERROR_NOT_FOUND, 404},
                {"who_knows", YZ_ERROR_SERVER, 500}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const yz_request request =
            asked(YZ_OP_MUSIC, MUSIC, yz_format(arena, "{\"code\":\"%s\",\"message\":\"no\",\"data\":null}", rows[i].code).p);
        yz_error error = {YZ_ERROR};
        assert_true(adapter->refuses(&request, request.json, arena, &error));
        assert_int_equal(error.class_, rows[i].class_);
        assert_int_equal(error.said, rows[i].said);
        assert_str(error.message, "no");
        adapter->read_error(403, request.json, arena, &error);
        assert_int_equal(error.class_, i < 3 ? rows[i].class_ : yz_error_class_of(403));
    }
    const yz_request fine = asked(YZ_OP_MUSIC, MUSIC, "{\"code\":\"success\",\"data\":\"t-1\"}");
    yz_error error = {YZ_ERROR};
    assert_false(adapter->refuses(&fine, fine.json, arena, &error));
    yz_buf out = {0};
    error = (yz_error){YZ_ERROR, .class_ = YZ_ERROR_RATE_LIMIT, .message = YZ_STR("\"slow\"")};
    adapter->write_error(&error, 429, YZ_STR("r"), &out);
    assert_str(yz_buf_view(&out), "{\"code\":\"rate_limited\",\"message\":\"\\\"slow\\\"\",\"data\":null}");
    yz_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(requests),       cmocka_unit_test(several),          cmocka_unit_test(endpoints),
                                       cmocka_unit_test(how_jobs_stand), cmocka_unit_test(nothing_was_made), cmocka_unit_test(no_jobs),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
