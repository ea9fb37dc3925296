/* The openai adapter: batches that a stage follows: what their files ask for, how one stands, what its answers used, how it is told. */
#include "test_openai.h"

static int line_of(const char *endpoint, const char *line, yz_request *out, yz_error *error) {
    yz_json *json;
    yz_str body = yz_format(arena, "{\"endpoint\":\"%s\"}", endpoint);
    assert_int_equal(yz_json_parse(arena, body, 0, &json, NULL), YZ_OK);
    *error = (yz_error){YZ_ERROR};
    const yz_request batch = {YZ_REQUEST, .dialect = adapter, .op = YZ_OP_BATCH, .json = json, .stored = YZ_STR("file-1")};
    return adapter->batch_line(&batch, yz_str_of(line), 7, arena, out, error);
}

#define LINE(url, body) "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"" url "\",\"body\":" body "}"

static void lines_of_a_file(void **state) {
    (void)state;
    static const struct {
        const char *endpoint, *line;
        yz_op op;         /* STORED: it is refused, … */
        const char *says; /* … with this */
    } table[] = {
        {"/v1/chat/completions", LINE("/v1/chat/completions", "{\"model\":\"m\",\"n\":2}"), YZ_OP_CHAT, NULL},
        {"/v1/responses", LINE("\\/v1\\/responses", "{\"model\":\"m\"}"), YZ_OP_CHAT, NULL},
        {"/v1/embeddings", LINE("/v1/embeddings", "{\"model\":\"m\"}"), YZ_OP_EMBEDDING, NULL},
        {"/v1/chat/completions", LINE("/v1/embeddings", "{\"model\":\"m\"}"), YZ_OP_STORED, "line 7 of its file for \"/v1/embeddings\""},
        {"/v1/videos", LINE("/v1/videos", "{\"model\":\"m\"}"), YZ_OP_STORED, "not paid for by tokens"},
        {"/v1/embeddings", LINE("/v1/embeddings", "{\"model\":\"\"}"), YZ_OP_STORED, "line 7 of the file is no request"},
        {"/v1/embeddings", LINE("/v1/embeddings", "[]"), YZ_OP_STORED, "line 7 of the file is no request"},
        {"/v1/embeddings", LINE("/v1/embeddings", "{\"model\":\"m\",\"model\":\"n\"}"), YZ_OP_STORED, "line 7 of the file is no request"},
        {"", "{\"body\":{\"model\":\"m\"}}", YZ_OP_STORED, "not paid for by tokens"},
        {"/v1/chat/completions", LINE("/v1/chat/completions", "{\"model\":\"m\",\"Model\":\"n\"}"), YZ_OP_STORED,
         "line 7 the field \"Model\""},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"previous_response_id\":\"resp_1\"}"), YZ_OP_STORED,
         "line 7 names something that is stored (previous_response_id)"},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"previous_response_id\":null,\"conversation\":null}"), YZ_OP_CHAT, NULL},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"prompt\":{\"id\":\"pmpt_1\"}}"), YZ_OP_STORED, "(prompt)"},
        {"/v1/completions", LINE("/v1/completions", "{\"model\":\"m\",\"prompt\":\"file_id\"}"), YZ_OP_COMPLETION, NULL},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"conversation\":{\"id\":\"conv_1\"}}"), YZ_OP_STORED, "(conversation)"},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]}"),
         YZ_OP_STORED, "(item_reference)"},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"input\":[{\"id\":\"msg_1\"}]}"), YZ_OP_STORED, "(item_reference)"},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"tools\":[{\"container\":\"cntr_1\"}]}"), YZ_OP_STORED, "(container)"},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"tools\":[{\"container\":{\"type\":\"auto\"}}]}"), YZ_OP_CHAT, NULL},
        {"/v1/responses", LINE("/v1/responses", "{\"model\":\"m\",\"tools\":[{\"vector_store_ids\":[\"vs_1\"]}]}"), YZ_OP_STORED,
         "(vector_store_ids)"},
        {"/v1/chat/completions",
         LINE("/v1/chat/completions", "{\"model\":\"m\",\"messages\":[{\"content\":[{\"file\":{\"f\\u0069le_id\":\"file-1\"}}]}]}"),
         YZ_OP_STORED, "(file_id)"},
        {"/v1/chat/completions", LINE("/v1/chat/completions", "{\"model\":\"m\",\"tools\":[{\"parameters\":{\"file_id\":{}}}]}"),
         YZ_OP_CHAT, NULL},
        {"/v1/chat/completions",
         LINE("/v1/chat/completions",
              "{\"model\":\"m\",\"messages\":[{\"content\":[{\"type\":\"tool_use\",\"input\":{\"file_id\":\"x\"}}]}]}"),
         YZ_OP_CHAT, NULL},
        {"", "no JSON", YZ_OP_STORED, "line 7 of the file is no request"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_request chat;
        yz_error error;
        bool refused = table[i].op == YZ_OP_STORED;
        assert_int_equal(line_of(table[i].endpoint, table[i].line, &chat, &error), refused ? YZ_EINVAL : YZ_OK);
        if (refused)
            has(yz_dup(arena, error.message).p, table[i].says);
        else
            assert_true(chat.op == table[i].op && yz_str_is(chat.model, "m") && chat.body.p[0] == '{' && yz_json_get(chat.json, "model"));
    }
}

#define BATCH(status, more)              "{\"id\":\"batch_1\",\"object\":\"batch\",\"status\":\"" status "\"" more "}"
#define COUNTS(total, completed, failed) ",\"request_counts\":{\"total\":" total ",\"completed\":" completed ",\"failed\":" failed "}"
#define OUTPUT                           ",\"output_file_id\":\"file-o\""
#define ERRORS                           ",\"error_file_id\":\"file-e\""

static yz_job job_of(const char *body) {
    yz_json *json;
    yz_job job;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    assert_int_equal(adapter->read_job(&(yz_request){YZ_REQUEST}, json, arena, &job), YZ_OK);
    assert_true(yz_str_is(job.path, "/v1/batches/batch_1") && job.withheld);
    return job;
}

static void how_a_batch_stands(void **state) {
    (void)state;
    static const struct {
        const char *body;
        yz_job_state state;
        size_t made;
        int64_t answers; /* -1: nobody says */
    } table[] = {
        {BATCH("validating", ""), YZ_JOB_QUEUED, 0, -1},
        {BATCH("in_progress", COUNTS("3", "1", "0") OUTPUT), YZ_JOB_RUNNING, 0, 1}, /* not whole yet */
        {BATCH("finalizing", COUNTS("3", "3", "0")), YZ_JOB_RUNNING, 0, 3},
        {BATCH("completed", COUNTS("3", "2", "1") OUTPUT ERRORS), YZ_JOB_SUCCEEDED, 2, 2},
        {BATCH("completed", COUNTS("3", "1", "1") OUTPUT ERRORS), YZ_JOB_SUCCEEDED, 2, -1}, /* one is lost: nobody believes that */
        {BATCH("completed", COUNTS("0", "0", "0") OUTPUT), YZ_JOB_SUCCEEDED, 1, -1},
        {BATCH("completed", COUNTS("3", "9", "0") OUTPUT), YZ_JOB_SUCCEEDED, 1, -1},
        {BATCH("completed", OUTPUT), YZ_JOB_SUCCEEDED, 1, -1},
        {BATCH("completed", COUNTS("3", "3", "0")), YZ_JOB_RUNNING, 0, 3}, /* its answers are nowhere yet */
        {BATCH("completed", COUNTS("3", "0", "3") ERRORS), YZ_JOB_SUCCEEDED, 1, 0},
        {BATCH("completed", COUNTS("3", "0", "3")), YZ_JOB_FAILED, 0, 0},
        {BATCH("failed", COUNTS("0", "0", "0")), YZ_JOB_FAILED, 0, -1},
        {BATCH("cancelling", COUNTS("3", "1", "0")), YZ_JOB_RUNNING, 0, 1},
        {BATCH("cancelled", COUNTS("3", "0", "0")), YZ_JOB_CANCELLED, 0, 0},
        {BATCH("cancelled", COUNTS("3", "1", "0") OUTPUT), YZ_JOB_SUCCEEDED, 1, 1},
        {BATCH("expired", COUNTS("3", "0", "0")), YZ_JOB_EXPIRED, 0, 0},
        {BATCH("expired", COUNTS("3", "1", "2") OUTPUT ERRORS), YZ_JOB_SUCCEEDED, 2, 1},
        {BATCH("cancelled", ""), YZ_JOB_RUNNING, 0, -1}, /* what was answered, nobody says, and it may be paid for */
        {BATCH("something_new", ""), YZ_JOB_RUNNING, 0, -1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_job job = job_of(table[i].body);
        if (job.state != table[i].state || job.n_made != table[i].made || (job.answers_said ? job.answers : -1) != table[i].answers)
            fail_msg("%s: state %d, %zu files, %d %lld answers", table[i].body, (int)job.state, job.n_made, job.answers_said,
                     (long long)job.answers);
        if (job.n_made > 0)
            assert_true(yz_str_starts(job.made[0], "/v1/files/file-") && yz_str_eq(job.made[0], yz_str_of(job.made[0].p)));
    }
    yz_job failed = job_of(BATCH("failed", ",\"errors\":{\"data\":[{\"code\":\"bad\",\"message\":\"why\"}]}"));
    assert_true(yz_str_is(failed.code, "bad") && yz_str_is(failed.message, "why"));
}

static const char *told(const yz_job *job) {
    const yz_key alice = {YZ_KEY, .tenant = YZ_STR("a")};
    yz_buf out = {0};
    yz_json *json;
    adapter->write_job(&(yz_request){YZ_REQUEST, .dialect = adapter, .path = YZ_STR("/v1/batches"), .key = &alice}, job, &out);
    const char *text = yz_dup(arena, yz_buf_view(&out)).p;
    assert_int_equal(yz_json_parse(arena, yz_buf_view(&out), 0, &json, NULL), YZ_OK);
    yz_buf_free(&out);
    return text;
}

static void a_batch_is_told_in_its_words(void **state) {
    (void)state;
    yz_job job = job_of(BATCH("completed", COUNTS("2", "2", "0") OUTPUT ",\"endpoint\":\"/v1/x\",\"metadata\":{\"a\":\"b\"},\"secret\":1"));
    job.id = YZ_STR("batch_yz1"), job.from = YZ_STR("file-1_yz2"), job.keeper = YZ_STR("one");
    const char *text = told(&job);
    has(text, "{\"id\":\"batch_yz1\",\"object\":\"batch\",\"status\":\"completed\",\"input_file_id\":\"file-1_yz2\"");
    has(text, "\"output_file_id\":\"file-o_yz"), has(text, "\"error_file_id\":null"), has(text, "\"metadata\":{\"a\":\"b\"}");
    has(text, "\"endpoint\":\"/v1/x\""), has(text, "\"completion_window\":\"24h\""), has_not(text, "secret");
    job = job_of(BATCH("in_progress", ""));
    job.state = YZ_JOB_EXPIRED, job.code = YZ_STR("expired"), job.message = YZ_STR("it was not over in time"); /* given up here */
    has(told(&job), "\"status\":\"expired\""), has(told(&job), "\"code\":\"expired\",\"message\":\"it was not over in time\"");
    job = (yz_job){YZ_JOB, .id = YZ_STR("batch_yz1"), .state = YZ_JOB_UNKNOWN, .created = 5};
    has(told(&job), "\"status\":\"validating\""), has(told(&job), "\"created_at\":5");
    char *long_text = yz_alloc(arena, 2 * YZ_JOB_KEPT_MAX);
    memset(long_text, 'x', YZ_JOB_KEPT_MAX);
    job = job_of(yz_format(arena, BATCH("failed", ",\"metadata\":{\"a\":\"%s\"}"), long_text).p);
    assert_true(job.kept.n < YZ_JOB_KEPT_MAX);
    has(told(&job), "\"status\":\"failed\""), has(told(&job), "\"metadata\":null");
}

#define RESULT(more)   "{\"id\":\"r\",\"custom_id\":\"a\"" more "}"
#define ANSWERED(body) RESULT(",\"response\":{\"status_code\":200,\"body\":" body "},\"error\":null")

static void what_an_answer_used(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int code;
        int64_t input, cached, output; /* -1: nothing */
    } table[] = {
        {ANSWERED("{\"usage\":{\"prompt_tokens\":110,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":100}}}"), YZ_OK,
         110, 100, 5},
        {ANSWERED("{\"usage\":{\"input_tokens\":11,\"output_tokens\":5,\"input_tokens_details\":{\"cached_tokens\":10}}}"), YZ_OK, 11, 10,
         5},
        {ANSWERED("{\"object\":\"list\",\"usage\":{\"prompt_tokens\":4,\"total_tokens\":4}}"), YZ_OK, 4, -1, -1},
        {ANSWERED("{\"usage\":{\"prompt_tokens\":4}}"), YZ_EINVAL, 4, -1, -1},
        {ANSWERED("{}"), YZ_EINVAL, -1, -1, -1},
        {RESULT(",\"response\":{\"status_code\":400,\"body\":{\"error\":{}}},\"error\":null"), YZ_OK, -1, -1, -1},
        {RESULT(",\"response\":null,\"error\":{\"code\":\"batch_expired\"}"), YZ_OK, -1, -1, -1},
        {ANSWERED("{\"error\":{\"message\":\"no\"}}"), YZ_OK, -1, -1, -1},
        {ANSWERED("{\"error\":{\"code\":\"x\"},\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":1}}"), YZ_OK, 4, -1,
         1}, /* it says so */
        {RESULT(""), YZ_ENOTFOUND, -1, -1, -1},
        {RESULT(",\"response\":null,\"error\":null"), YZ_ENOTFOUND, -1, -1, -1},
        {"{\"error\":{\"message\":\"no\"}}", YZ_ENOTFOUND, -1, -1, -1},
        {"<html>", YZ_ENOTFOUND, -1, -1, -1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_usage usage;
        yz_str of;
        int code = adapter->read_result(yz_str_of(table[i].line), arena, &of, &usage);
        if (code != table[i].code || yz_usage_get(&usage, YZ_METER_INPUT) != table[i].input ||
            yz_usage_get(&usage, YZ_METER_CACHED) != table[i].cached || yz_usage_get(&usage, YZ_METER_OUTPUT) != table[i].output)
            fail_msg("%s: code %d, %lld in, %lld cached, %lld out", table[i].line, code, (long long)yz_usage_get(&usage, YZ_METER_INPUT),
                     (long long)yz_usage_get(&usage, YZ_METER_CACHED), (long long)yz_usage_get(&usage, YZ_METER_OUTPUT));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_a_file),
        cmocka_unit_test(how_a_batch_stands),
        cmocka_unit_test(a_batch_is_told_in_its_words),
        cmocka_unit_test(what_an_answer_used),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
