/* test_form.c: forms as SDKs send them, and every way in which two readers might see two different ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "http/form_inner.h"

#define TYPE               "multipart/form-data; boundary=b1"
#define PART(head, value)  "--b1\r\n" head "\r\n\r\n" value "\r\n"
#define NAMED(name, value) PART("Content-Disposition: form-data; name=\"" name "\"", value)
#define LAST               "--b1--\r\n"

static int setup(void **state) {
    *state = yz_arena_new(NULL);
    return 0;
}
static int teardown(void **state) {
    yz_arena_free(*state);
    return 0;
}

static const yz_form *read_form(yz_arena *arena, const char *type, yz_str body) {
    const yz_form *form;
    const char *why = "";
    int code = yz_form_read(arena, yz_str_of(type), body, &form, &why);
    if (code < 0)
        print_message("%s\n", why);
    assert_int_equal(code, YZ_OK);
    return form;
}

static void test_as_sent(void **state) {
    const yz_form *form =
        read_form(*state, "Multipart/Form-Data; charset=utf-8; boundary=\"b1\"",
                  YZ_STR(NAMED("model", "whisper-1") NAMED("empty", "")
                             PART("content-type: audio/wav\r\nCONTENT-DISPOSITION: form-data; filename=\"a;\\\"b\\\".wav\"; name=file",
                                  "RIFF\r\n--b\r\n\r\n--b2 \0x") NAMED("tag[]", "a") NAMED("tag[]", "b") LAST));
    const yz_form_field *f = form->fields;
    assert_true(yz_str_is(f->name, "model") && yz_str_is(f->value, "whisper-1") && !f->file);
    f = f->next;
    assert_true(yz_str_is(f->name, "empty") && f->value.n == 0);
    f = f->next;
    assert_true(yz_str_is(f->name, "file") && f->file);
    assert_true(yz_str_eq(f->value, YZ_STR("RIFF\r\n--b\r\n\r\n--b2 \0x")));
    assert_ptr_equal(yz_form_find(form, "model"), form->fields);
    assert_null(yz_form_find(form, "file"));  /* a file is no field */
    assert_null(yz_form_find(form, "tag[]")); /* which of them? */
    assert_null(yz_form_find(form, "absent"));
}

static void test_ends(void **state) {
    assert_null(read_form(*state, TYPE, YZ_STR("--b1--"))->fields);
    assert_non_null(read_form(*state, TYPE, YZ_STR(NAMED("a", "b") "--b1--"))->fields);
}

static void test_refused(void **state) {
    static const struct {
        const char *type, *body, *why;
    } cases[] = {
        {"multipart/form-data", LAST, "its Content-Type names no boundary of 1 to 70 characters"},
        {"multipart/form-data; boundary=\"a b\"", LAST, "its Content-Type names no boundary of 1 to 70 characters"},
        {"multipart/form-data; boundary=b1; boundary=b2", LAST, "its Content-Type names two boundaries"},
        {TYPE, "before\r\n" NAMED("a", "b") LAST, "it does not begin with the boundary its Content-Type names"},
        {TYPE, "", "it does not begin with the boundary its Content-Type names"},
        {TYPE, NAMED("a", "b"), "it ends before its last boundary"},
        {TYPE, NAMED("a", "b") "--b1-", "its boundary is followed by something else than the end of the line"},
        {TYPE, NAMED("a", "b") LAST "after", "something stands after its last boundary"},
        {TYPE, NAMED("a", "b") "--b1 \r\n", "its boundary is followed by something else than the end of the line"},
        {TYPE, "--b1\r\nContent-Disposition: form-data; name=\"a\"\r\n", "it ends within the head of a part"},
        {TYPE, PART("X: y", "b") LAST, "a part has no Content-Disposition"},
        {TYPE, PART("Content-Disposition: attachment; name=\"a\"", "b") LAST, "the Content-Disposition of a part is not form-data"},
        {TYPE, PART("Content-Disposition: form-data; filename=\"a\"", "b") LAST,
         "a part has no name, or its Content-Disposition cannot be read"},
        {TYPE, PART("Content-Disposition: form-data; name=\"a", "b") LAST, "a part has no name, or its Content-Disposition cannot be read"},
        {TYPE, PART("Content-Disposition: form-data; name=\"a\"; name=\"b\"", "c") LAST, "a part has two names"},
        {TYPE, PART("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "c") LAST,
         "a part has two headers Content-Disposition"},
        {TYPE, PART("Content-Disposition: form-data;\r\n name=\"a\"", "b") LAST,
         "a part has no name, or its Content-Disposition cannot be read"},
        {TYPE, PART("X: y\r\n folded: z", "b") LAST, "the head of a part has a line that is no header"},
        /* where readers differ */
        {TYPE "; boundary*=utf-8''b2", NAMED("a", "b") LAST, "its Content-Type has a parameter with a '*' in its name"},
        {TYPE "; boundary*0=b2", NAMED("a", "b") LAST, "its Content-Type has a parameter with a '*' in its name"},
        {"multipart/form-data; x=\"a;boundary=b2;c\"; boundary=b1", NAMED("a", "b") LAST,
         "its Content-Type has a parameter with a ';' or a backslash in its value"},
        {"multipart/form-data; x=\"\\\"; boundary=b2; y=\"; boundary=b1", NAMED("a", "b") LAST,
         "its Content-Type has a parameter with a ';' or a backslash in its value"},
        {TYPE, PART("X: y\nContent-Disposition: form-data; name=\"b\"\r\nContent-Disposition: form-data; name=\"a\"", "c") LAST,
         "the head of a part has a control character in it"},
        {TYPE, PART("X: y\rZ: z\r\nContent-Disposition: form-data; name=\"a\"", "c") LAST,
         "the head of a part has a control character in it"},
        {TYPE, PART("Content-Disposition: form-data; name=\"a\nb\"", "c") LAST, "the head of a part has a control character in it"},
        {TYPE, PART("Content-Disposition: form-data; name=\"a\"; name*=utf-8''b", "c") LAST,
         "the Content-Disposition of a part has a parameter with a '*' in its name"},
        {TYPE, PART("Content-Disposition: form-data; name*0=\"a\"", "c") LAST,
         "the Content-Disposition of a part has a parameter with a '*' in its name"},
        {TYPE, PART("Content-Disposition: form-data; name=\"a\"; filename=\"\"", "c") LAST,
         "a part has an empty filename, which some read as a field and some as a file"},
        {TYPE, PART("Content-Disposition: form-data; name=\"a\"; filename=\"b\"; filename=\"c\"", "c") LAST, "a part has two filenames"},
        {TYPE, PART("Content-Disposition: form-data; name=\"a\"; filename*=utf-8''b", "c") LAST,
         "a part has a filename* and no filename, which some read as a field"},
        {TYPE, NAMED("a", "b\n--b1\r\nc") LAST, YZ_FORM_HALF},
        {TYPE, NAMED("a", "b\r--b1\r\nc") LAST, YZ_FORM_HALF},
        {TYPE, NAMED("a", "\n--b1--") LAST, YZ_FORM_HALF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const yz_form *form;
        const char *why = "";
        assert_int_equal(yz_form_read(*state, yz_str_of(cases[i].type), yz_str_of(cases[i].body), &form, &why), YZ_EINVAL);
        assert_string_equal(why, cases[i].why);
    }
}

static void test_limits(void **state) {
    const yz_form *form;
    const char *why;
    yz_buf body = {0};
    for (size_t i = 0; i < YZ_FORM_FIELDS; i++)
        yz_buf_lit(&body, NAMED("a", "b"));
    size_t most = body.n;
    yz_buf_lit(&body, LAST);
    assert_int_equal(yz_form_read(*state, YZ_STR(TYPE), yz_buf_view(&body), &form, &why), YZ_OK);
    body.n = most;
    yz_buf_lit(&body, NAMED("a", "b") LAST);
    assert_int_equal(yz_form_read(*state, YZ_STR(TYPE), yz_buf_view(&body), &form, &why), YZ_ELIMIT);
    body.n = 0;
    yz_buf_lit(&body, "--b1\r\nContent-Disposition: form-data; name=a\r\n");
    while (body.n < YZ_FORM_HEAD + 100)
        yz_buf_lit(&body, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
    yz_buf_lit(&body, "\r\nb\r\n" LAST);
    assert_int_equal(yz_form_read(*state, YZ_STR(TYPE), yz_buf_view(&body), &form, &why), YZ_ELIMIT);
    yz_buf_free(&body);
}

/* Cut off anywhere, a form is refused and nothing outside it is read (ASan). */
static void test_cut(void **state) {
    yz_str whole = YZ_STR(NAMED("model", "m") PART("Content-Disposition: form-data; name=\"f\"; filename=\"g\"", "\r\n--b") "--b1--");
    for (size_t n = 0; n < whole.n; n++) {
        const yz_form *form;
        const char *why;
        yz_buf part = {0};
        yz_buf_put(&part, whole.p, n);
        assert_int_equal(yz_form_read(*state, YZ_STR(TYPE), yz_buf_view(&part), &form, &why), YZ_EINVAL);
        yz_buf_free(&part);
    }
}

static void test_type(void **state) {
    (void)state;
    assert_true(yz_form_is(YZ_STR("multipart/form-data; boundary=x")) && yz_form_is(YZ_STR("Multipart/Form-Data")));
    assert_false(yz_form_is(YZ_STR("multipart/form-datax")) || yz_form_is(YZ_STR("multipart/mixed; boundary=x")) || yz_form_is(YZ_STR("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_as_sent, setup, teardown), cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown), cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),     cmocka_unit_test(test_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
