/* test_form_walk.c: a form that passes is judged as one that lies there whole, cut wherever it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "http/form_walk.h"

#define TYPE               "multipart/form-data; boundary=b1"
#define PART(head, value)  "--b1\r\n" head "\r\n\r\n" value "\r\n"
#define NAMED(name, value) PART("Content-Disposition: form-data; name=\"" name "\"", value)
#define FILE_(name, value) PART("Content-Disposition: form-data; name=\"" name "\"; filename=\"f\"", value)
#define LAST               "--b1--\r\n"

/* The parts a walk has seen, "model file* "; a part named "no" is refused. */
typedef struct seen {
    char text[512];
    size_t n;
} seen;

static int on_part(void *arg, const yz_form_field *field) {
    seen *s = arg;
    if (yz_str_is(field->name, "no"))
        return YZ_ECANCELLED;
    int n = snprintf(s->text + s->n, sizeof s->text - s->n, "%.*s%s ", YZ_STR_ARGS(field->name), field->file ? "*" : "");
    s->n += (size_t)n;
    return YZ_OK;
}

/* In portions of `step` bytes, the first one of `first`. */
static int walk(const char *type, yz_str body, size_t first, size_t step, seen *s, const char **why) {
    yz_form_walk *w = calloc(1, sizeof *w);
    *s = (seen){.n = 0};
    w->on_part = on_part;
    w->arg = s;
    int code = yz_form_walk_begin(w, yz_str_of(type));
    for (size_t at = 0, n = first; code == YZ_OK && at < body.n; at += n, n = step) {
        n = n < body.n - at ? n : body.n - at;
        char *copy = malloc(n + 1); /* so that a byte too far is seen */
        memcpy(copy, body.p + at, n);
        code = n > 0 ? yz_form_walk_feed(w, (yz_str){copy, n}) : YZ_OK;
        free(copy);
    }
    if (code == YZ_OK)
        code = yz_form_walk_end(w);
    *why = w->why;
    free(w);
    return code;
}

static const struct {
    const char *type, *body;
} forms[] = {
    {TYPE, "--b1--"},
    {TYPE, LAST},
    {TYPE, NAMED("model", "whisper-1") NAMED("empty", "") FILE_("file", "RIFF\r\n--b\r\n\r\n--b2 \r\r\n-\r\n--\r\n\r\n--b")
               NAMED("tag[]", "a") LAST},
    {TYPE, "--b1\r\nContent-Disposition: form-data; name=a\r\n\r\n--b1--\r\n"}, /* the line end before the boundary is the head's */
    {TYPE, NAMED("a", "\r\n\r\n\r\n") LAST},
    {TYPE, FILE_("f", "\r\n--b\r\n--b0\r\n--") LAST},
    {"multipart/form-data; boundary=\"-----------------------------0123456789abcdef0123456789abcdef012345678\"",
     "-------------------------------0123456789abcdef0123456789abcdef012345678\r\nContent-Disposition: form-data; name=a; "
     "filename=b\r\n\r\n"
     "\r\n-------------------------------0123456789abcdef0123456789abcdef01234567\r\n---------\r\n"
     "-------------------------------0123456789abcdef0123456789abcdef012345678--\r\n"},
    {"multipart/form-data", LAST},
    {TYPE, "before\r\n" NAMED("a", "b") LAST},
    {TYPE, "--b"},
    {TYPE, NAMED("a", "b")},
    {TYPE, NAMED("a", "b") "--b1-"},
    {TYPE, NAMED("a", "b") LAST "after"},
    {TYPE, NAMED("a", "b") LAST "\r\n"},
    {TYPE, NAMED("a", "b") "--b1--\r"},
    {TYPE, NAMED("a", "b") "--b1 \r\n"},
    {TYPE, "--b1\r\nContent-Disposition: form-data; name=\"a\"\r\n"},
    {TYPE, "--b1\r\n\r\nvalue\r\n" LAST},
    {TYPE, PART("X: y", "b") LAST},
    {TYPE, PART("Content-Disposition: attachment; name=\"a\"", "b") LAST},
    {TYPE, PART("Content-Disposition: form-data; name=\"a\"; name=\"b\"", "c") LAST},
    {TYPE, PART("no header", "c") LAST},
    {TYPE "; boundary*=utf-8''b2", LAST},
    {TYPE, PART("X: y\nContent-Disposition: form-data; name=\"b\"\r\nContent-Disposition: form-data; name=\"a\"", "c") LAST},
    {TYPE, FILE_("f", "a\n--b1\r\nContent-Disposition: form-data; name=model\n\nx") LAST},
    {TYPE, FILE_("f", "a\r--b1") LAST},
    {TYPE, FILE_("f", "\n--b1") LAST},
    {TYPE, FILE_("f", "--b1 x--b1\r\n-b1\r\n --b1") LAST}, /* behind no line end it is none */
};

/* The same judgement as of the whole, and the same words, wherever it is cut. */
static void test_cut_anywhere(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        yz_arena *arena = yz_arena_new(NULL);
        yz_str body = yz_str_of(forms[i].body);
        const yz_form *form;
        const char *why = NULL, *said = NULL;
        int wanted = yz_form_read(arena, yz_str_of(forms[i].type), body, &form, &why);
        seen all = {.n = 0}, s;
        for (const yz_form_field *f = form->fields; wanted == YZ_OK && f; f = f->next)
            on_part(&all, f);
        for (size_t first = 0; first <= body.n; first++)
            for (size_t step = 1; step <= body.n + 1; step = step < 4 ? step + 1 : step * 3) {
                int code = walk(forms[i].type, body, first, step, &s, &said);
                if (code != wanted || (code < 0 && strcmp(said, why) != 0))
                    print_message("form %zu, cut at %zu by %zu: %s, not %s\n", i, first, step, said ? said : "", why ? why : "");
                assert_int_equal(code, wanted);
                if (wanted < 0)
                    assert_string_equal(said, why);
                else
                    assert_string_equal(s.text, all.text);
            }
        yz_arena_free(arena);
    }
}

static void test_a_part_that_is_refused(void **state) {
    (void)state;
    seen s;
    const char *why;
    assert_int_equal(walk(TYPE, YZ_STR(FILE_("file", "x") NAMED("no", "y") LAST), 7, 5, &s, &why), YZ_ECANCELLED);
    assert_string_equal(s.text, "file* ");
}

static void test_bounds(void **state) {
    (void)state;
    seen s;
    const char *why;
    yz_buf body = {0};
    yz_buf_lit(&body, "--b1\r\nContent-Disposition: form-data; name=\"a\"\r\nX: ");
    while (body.n < YZ_FORM_HEAD + 6)
        yz_buf_char(&body, 'x');
    yz_buf_lit(&body, "\r\n\r\nv\r\n" LAST);
    assert_int_equal(walk(TYPE, yz_buf_view(&body), 100, 1000, &s, &why), YZ_ELIMIT);
    body.n = 0;
    for (int i = 0; i < 1000; i++)
        yz_buf_lit(&body, NAMED("a", "b"));
    size_t n = body.n;
    yz_buf_lit(&body, LAST);
    yz_form_walk most = {.n_held = 0}, w = {.n_held = 0};
    assert_int_equal(yz_form_walk_begin(&most, YZ_STR(TYPE)), YZ_OK);
    assert_int_equal(yz_form_walk_feed(&most, yz_buf_view(&body)), YZ_OK);
    assert_int_equal(yz_form_walk_end(&most), YZ_OK);
    body.n = n;
    yz_buf_lit(&body, NAMED("a", "b") LAST);
    assert_int_equal(yz_form_walk_begin(&w, YZ_STR(TYPE)), YZ_OK);
    assert_int_equal(yz_form_walk_feed(&w, yz_buf_view(&body)), YZ_ELIMIT);
    assert_string_equal(w.why, "it has more than 1000 fields");
    yz_buf_free(&body);
}

/* What lies there of a form that goes on: its fields, and the part it has got to. */
static void test_the_beginning(void **state) {
    (void)state;
    static const char body[] = NAMED("model", "m") FILE_("file", "12345\r\n--b") LAST;
    size_t file = (size_t)(strstr(body, "12345") - body), end = strlen(body) - strlen("\r\n" LAST);
    yz_arena *arena = yz_arena_new(NULL);
    for (size_t n = 0; n <= strlen(body); n++) {
        char *copy = malloc(n + 1);
        memcpy(copy, body, n);
        const yz_form *form;
        bool open = yz_form_read_known(arena, YZ_STR(TYPE), (yz_str){copy, n}, &form);
        if (n > file && n <= end) {
            assert_true(open && yz_str_is(form->fields->value, "m") && !form->fields->open);
            const yz_form_field *last = form->fields->next;
            assert_true(last->open && last->file && !last->next && last->value.n == n - file);
        }
        if (n > end + strlen("\r\n--b1"))
            assert_false(open);
        if (n < (size_t)(strstr(body, "m\r\n") - body))
            assert_false(open && form->fields->next);
        free(copy);
    }
    yz_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_a_part_that_is_refused),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_the_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
