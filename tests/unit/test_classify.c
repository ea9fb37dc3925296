/* test_classify.c: what each failure means, written out: a change of a class, a clock or a text shows here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "upstream/classify.h"

static void faults(void **state) {
    (void)state;
    static const struct {
        yz_fault fault;
        yz_error_class class_;
        yz_fault_since since;
        const char *text;
    } golden[] = {
        {YZ_FAULT_PLAN, YZ_ERROR_INTERNAL, YZ_SINCE_NEVER, "the request cannot be sent"},
        {YZ_FAULT_CONNECT, YZ_ERROR_CONNECT, YZ_SINCE_NEVER, "no connection"},
        {YZ_FAULT_CONNECT_LATE, YZ_ERROR_TIMEOUT, YZ_SINCE_START, "no connection"},
        {YZ_FAULT_SEND_LATE, YZ_ERROR_TIMEOUT, YZ_SINCE_LIFE, "the request was not taken"},
        {YZ_FAULT_ANSWER_LATE, YZ_ERROR_TIMEOUT, YZ_SINCE_LIFE, "no answer"},
        {YZ_FAULT_SILENCE, YZ_ERROR_TIMEOUT, YZ_SINCE_LIFE, "silence in the middle of the answer"},
        {YZ_FAULT_TOTAL_LATE, YZ_ERROR_TIMEOUT, YZ_SINCE_GAIN, "the answer was not complete"},
        {YZ_FAULT_CUT_BEFORE, YZ_ERROR_BROKEN, YZ_SINCE_NEVER, "the connection ended before an answer"},
        {YZ_FAULT_CUT_WITHIN, YZ_ERROR_BROKEN, YZ_SINCE_NEVER, "the connection ended in the middle of its answer"},
        {YZ_FAULT_ENCODED, YZ_ERROR_BROKEN, YZ_SINCE_NEVER,
         "its answer is neither JSON nor events, in a content-encoding that nobody knows here"},
        {YZ_FAULT_INFLATED, YZ_ERROR_BROKEN, YZ_SINCE_NEVER, "its answer does not fit its content-encoding"},
        {YZ_FAULT_PARTIAL, YZ_ERROR_BROKEN, YZ_SINCE_NEVER, "it answered with a part of the answer (206), which was not asked for"},
        {YZ_FAULT_REDIRECT, YZ_ERROR_SERVER, YZ_SINCE_NEVER,
         "it answered with a redirect, which is never followed; its base_url is probably not right"},
        {YZ_FAULT_LIMIT, YZ_ERROR_BROKEN, YZ_SINCE_NEVER, "its answer passed a limit"},
        {YZ_FAULT_BODY, YZ_ERROR_BAD_REQUEST, YZ_SINCE_NEVER, "the body of the request failed"},
        {YZ_FAULT_BODY_LONG, YZ_ERROR_TOO_LARGE, YZ_SINCE_NEVER, "the body of the request is too long"},
        {YZ_FAULT_BODY_LATE, YZ_ERROR_BAD_REQUEST, YZ_SINCE_NEVER, "the body of the request did not come"},
        {YZ_FAULT_BODY_FULL, YZ_ERROR_UNAVAILABLE, YZ_SINCE_NEVER, "the body of the request was not taken"},
        {YZ_FAULT_BODY_GONE, YZ_ERROR_INTERNAL, YZ_SINCE_NEVER, "the body of the request cannot be sent again"},
        {YZ_FAULT_GARBLED, YZ_ERROR_BROKEN, YZ_SINCE_NEVER, ""},
    };
    size_t n = 0;
#define COUNT(name, class_, since, text) n++;
    YZ_FAULTS(COUNT)
    assert_int_equal(n, sizeof golden / sizeof *golden);
    for (size_t i = 0; i < n; i++) {
        const yz_fault_kind *kind = yz_fault_kind_of(golden[i].fault);
        assert_int_equal(kind->class_, golden[i].class_);
        assert_int_equal(kind->since, golden[i].since);
        assert_string_equal(kind->text, golden[i].text);
    }
}

static void heads(void **state) {
    (void)state;
    static const struct {
        int status;
        yz_fault fault;
    } golden[] = {{200, YZ_FAULT_NONE},     {206, YZ_FAULT_PARTIAL},  {299, YZ_FAULT_NONE}, {300, YZ_FAULT_REDIRECT},
                  {304, YZ_FAULT_REDIRECT}, {399, YZ_FAULT_REDIRECT}, {400, YZ_FAULT_NONE}, {529, YZ_FAULT_NONE}};
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++)
        assert_int_equal(yz_fault_of_head(golden[i].status), golden[i].fault);
}

static void statuses(void **state) {
    (void)state;
    static const struct {
        int status;
        yz_started started;
        bool credentials, explains;
    } golden[] = {{400, YZ_STARTED_NO, false, true},     {401, YZ_STARTED_NO, true, true},      {403, YZ_STARTED_NO, true, true},
                  {404, YZ_STARTED_NO, false, true},     {407, YZ_STARTED_NO, true, true},      {408, YZ_STARTED_MAYBE, false, true},
                  {429, YZ_STARTED_NO, false, true},     {499, YZ_STARTED_MAYBE, false, false}, {500, YZ_STARTED_MAYBE, false, false},
                  {502, YZ_STARTED_MAYBE, false, false}, {503, YZ_STARTED_NO, false, true},     {504, YZ_STARTED_MAYBE, false, false},
                  {529, YZ_STARTED_NO, false, true},     {599, YZ_STARTED_MAYBE, false, false}};
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        assert_int_equal(yz_status_started(golden[i].status), golden[i].started);
        assert_int_equal(yz_status_is_credentials(golden[i].status), golden[i].credentials);
        assert_int_equal(yz_status_explains(golden[i].status), golden[i].explains);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(faults), cmocka_unit_test(heads), cmocka_unit_test(statuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
