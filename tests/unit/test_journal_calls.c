/* test_journal_calls.c: what a line says of the calls to providers: which are attempts, in which order, and their times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>

#include <cmocka.h>

#include "journal/journal.h"

#define MS INT64_C(1000000)

static const yz_provider provider = {YZ_PROVIDER, .name = {"p", 1}};
static const yz_target target = {YZ_TARGET, .provider = &provider, .model = {"m", 1}};

static const char *line_of(const yz_record *root, int64_t started) {
    static char text[4096];
    yz_buf out = {0};
    yz_journal_put(&out, &(yz_journal_entry){.id = YZ_STR("r"), .status = 200, .started = started, .record = root});
    yz_buf_char(&out, 0);
    snprintf(text, sizeof text, "%s", out.p);
    yz_buf_free(&out);
    return text;
}

static void assert_line(const yz_record *root, const char *wanted) {
    const char *line = line_of(root, 1000 * MS);
    if (!strstr(line, wanted))
        fail_msg("no %s in %s", wanted, line);
}

/* asked: ms since the request began; negative: nobody was. */
static yz_record record(const yz_record *parent, int64_t asked, yz_outcome outcome) {
    return (yz_record){.size = sizeof(yz_record),
                       .stage = "s",
                       .parent = parent,
                       .outcome = outcome,
                       .target = parent ? &target : NULL,
                       .begin = 1000 * MS,
                       .asked = asked < 0 ? 0 : (1000 + asked) * MS,
                       .end = 2000 * MS};
}

/* One call with three keys: its record comes first, and was the last try. */
static void tries_of_a_call(void **state) {
    (void)state;
    yz_record root = record(NULL, -1, YZ_OUTCOME_DONE), own = record(&root, 50, YZ_OUTCOME_DONE), one = record(&own, 10, YZ_OUTCOME_FAILED),
              two = record(&own, 30, YZ_OUTCOME_FAILED);
    root.next = root.answer = &own, own.next = &one, one.next = &two;
    one.key = 1, two.key = 2, own.key = 3;
    one.status = two.status = 429, own.status = 200;
    one.error = two.error = YZ_ERROR_RATE_LIMIT;
    one.first = (1000 + 25) * MS, one.end = (1000 + 28) * MS, own.connect = (1000 + 51) * MS, own.first = (1000 + 70) * MS;
    assert_line(&root, "\"attempts\":3,\"calls\":[{\"target\":\"p/m\",\"status\":429,\"error\":\"rate_limited\",\"key\":1,\"at_ms\":10,"
                       "\"first_ms\":15,\"ms\":18},{\"target\":\"p/m\",\"status\":429,\"error\":\"rate_limited\",\"key\":2,\"at_ms\":30,");
    assert_line(&root, "{\"target\":\"p/m\",\"status\":200,\"key\":3,\"at_ms\":50,\"connect_ms\":1,\"first_ms\":20,\"ms\":950}]");
}

/* Refused on its way, asked by a policy for itself, and a hedge. */
static void what_an_attempt_is(void **state) {
    (void)state;
    yz_record root = record(NULL, -1, YZ_OUTCOME_DONE), refused = record(&root, -1, YZ_OUTCOME_FAILED),
              question = record(&root, 5, YZ_OUTCOME_DONE), late = record(&root, 9, YZ_OUTCOME_CANCELLED),
              hedge = record(&root, 500, YZ_OUTCOME_DONE);
    root.next = &refused, refused.next = &question, question.next = &late, late.next = root.answer = &hedge;
    question.because = YZ_BECAUSE_QUESTION, hedge.because = YZ_BECAUSE_HEDGE;
    refused.error = YZ_ERROR_OVERLOADED;
    assert_int_equal(yz_journal_attempts(&root), 2);
    assert_line(&root, "\"attempts\":2,\"calls\":[{\"target\":\"p/m\",\"cancelled\":true,\"at_ms\":9,\"ms\":991},"
                       "{\"target\":\"p/m\",\"because\":\"hedge\",\"at_ms\":500,\"ms\":500}]");
    late.asked = 0; /* given up before it was its turn */
    assert_null(strstr(line_of(&root, 1000 * MS), "attempts"));
}

/* A copy of work that was begun for another request is shown, and counts there. */
static void shared_work(void **state) {
    (void)state;
    yz_record root = record(NULL, -1, YZ_OUTCOME_DONE), work = record(&root, -1, YZ_OUTCOME_DONE),
              failed = record(&work, 3, YZ_OUTCOME_FAILED), good = record(&work, 8, YZ_OUTCOME_DONE);
    root.next = root.answer = &work, work.next = &failed, failed.next = work.answer = &good;
    work.because = YZ_BECAUSE_COALESCED, failed.source = good.source = YZ_SOURCE_SHARED;
    failed.error = YZ_ERROR_SERVER;
    assert_int_equal(yz_journal_attempts(&root), 0);
    assert_line(&root,
                "\"calls\":[{\"target\":\"p/m\",\"because\":\"coalesced\",\"error\":\"upstream_error\",\"shared\":true,\"at_ms\":3,");
    failed.source = good.source = YZ_SOURCE_NONE; /* whoever began it has left: now it is this one's */
    assert_int_equal(yz_journal_attempts(&root), 2);
}

/* While it runs, what a request has begun for others too is its own; those who joined have none. */
static void work_under_way(void **state) {
    (void)state;
    yz_record own = record(NULL, -1, YZ_OUTCOME_RUNNING), work = record(NULL, -1, YZ_OUTCOME_RUNNING),
              asked = record(&work, 3, YZ_OUTCOME_RUNNING);
    work.next = &asked, own.shared = &work;
    own.cache = YZ_CACHE_MISS;
    assert_int_equal(yz_journal_attempts(&own), 1);
    own.cache = YZ_CACHE_COALESCED;
    assert_int_equal(yz_journal_attempts(&own), 0);
}

/* A provider that failed when all but the end had come: a stage ended the answer in its place. */
static void why_an_answer_ended(void **state) {
    (void)state;
    yz_record root = record(NULL, -1, YZ_OUTCOME_DONE), broken = record(&root, 3, YZ_OUTCOME_FAILED);
    root.next = root.answer = &broken;
    root.finish = YZ_FINISH_LENGTH;
    assert_line(&root, "\"finish\":\"length\"");
    broken.finish = YZ_FINISH_STOP;
    assert_line(&root, "\"finish\":\"stop\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(tries_of_a_call), cmocka_unit_test(what_an_attempt_is),
                                       cmocka_unit_test(shared_work), cmocka_unit_test(work_under_way),
                                       cmocka_unit_test(why_an_answer_ended)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
