/* test_inside.c: a film within a document is found and decoded, wherever the document is cut; what is none is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "inside.c"

#define FILM(text) "\"bytes\" : \"" text "\""

/* The piece of that number, the document cut into portions of n bytes; NULL: it is none, or not whole. */
static const char *piece_in(const char *document, size_t number, size_t n) {
    static char text[256];
    inner p = {.wanted = number, .in = {.name = "bytes"}};
    yz_buf out = {0};
    bool good = true;
    for (size_t at = 0, length = strlen(document); at < length && good; at += n)
        good = take(&p, yz_str_at(document + at, length - at < n ? length - at : n), &out);
    snprintf(text, sizeof text, "%.*s", (int)out.n, out.p ? out.p : "");
    yz_buf_free(&out);
    return good && is_whole(&p) ? text : NULL;
}

static void found_wherever_it_is_cut(void **state) {
    (void)state;
    static const struct {
        const char *document;
        size_t number;
        const char *piece; /* NULL: none */
    } table[] = {
        {"{" FILM("aGVsbG8=") "}", 1, "hello"},
        {"{" FILM("aGVsbG8\\u003d") ",\"mime\":\"video/mp4\"}", 1, "hello"},
        {"{" FILM("aGVsbG8") "}", 1, "hello"}, /* nobody needs the padding */
        {"{" FILM("Pz8\\/Pz8/") "}", 1, "??\x3f??\x3f"},
        {"[{" FILM("YQ==") "},{" FILM("Yg==") "}]", 2, "b"},
        {"[{" FILM("YQ==") "},{" FILM("Yg==") "}]", 1, "a"},
        {"[{" FILM("") "},{" FILM("Yg==") "}]", 2, "b"},
        {"{\"x\":\"\\\"bytes\\\":\\\"\",\"y\":\"bytes\"," FILM("YQ==") "}", 1, "a"}, /* the name within a text, and as one */
        {"{\"mybytes\":\"eA==\",\"bytesx\":\"eA==\",\"bytes\":[\"eA==\"]," FILM("YQ==") "}", 1, "a"},
        {"[{" FILM("YQ==") "}]", 2, NULL},
        {"{" FILM("YQ=*") "}", 1, NULL},
        {"{" FILM("YQ==YQ==") "}", 1, NULL},
        {"{" FILM("Y\\n") "}", 1, NULL},
        {"{" FILM("Y\\u00zz") "}", 1, NULL},
        {"{\"bytes\":\"aGVs", 1, NULL}, /* it breaks off */
        {"{\"bytes\":7}", 1, NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t n = 1; n <= strlen(table[i].document); n++) {
            const char *piece = piece_in(table[i].document, table[i].number, n);
            if ((piece == NULL) != (table[i].piece == NULL) || (piece && strcmp(piece, table[i].piece) != 0))
                fail_msg("%s in portions of %zu: %s", table[i].document, n, piece ? piece : "none");
        }
}

static void the_number_behind_a_path(void **state) {
    (void)state;
    assert_int_equal(piece_number(YZ_STR("/v1/a#2")), 2);
    assert_int_equal(piece_number(YZ_STR("/v1/a")), 0);
    assert_int_equal(piece_number(YZ_STR("/v1/a#")), 0);
    assert_int_equal(piece_number(YZ_STR("/v1/a#x")), 0);
    assert_int_equal(piece_number(YZ_STR("")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(found_wherever_it_is_cut), cmocka_unit_test(the_number_behind_a_path)};
    return cmocka_run_group_tests_name("inside", tests, NULL, NULL);
}
