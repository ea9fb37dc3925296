/* test_body.c: reading bodies: whole ones, those that stream, and those that lie about their length. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "body_source.h"

static yz_turn turn;
static unsigned mores;

static void on_more(yz_body_reader *reader) {
    (void)reader;
    mores++;
}

static yz_body_reader reader_of(const yz_body *body) { return (yz_body_reader){YZ_BODY_READER, .body = body, .on_more = on_more}; }

/* Reads on until there is no more, in portions of `most`. Returns what the last pull did. */
static int read_on(yz_body_reader *reader, size_t most, yz_buf *out) {
    yz_str parts[3];
    int n;
    while ((n = yz_body_pull(reader, most, parts, 3)) > 0) {
        size_t sum = 0;
        for (int i = 0; i < n; i++) {
            assert_true(parts[i].n > 0);
            yz_buf_str(out, parts[i]);
            sum += parts[i].n;
        }
        assert_true(sum <= most);
    }
    return n;
}

static void expect(yz_buf *got, const char *text) {
    assert_int_equal(got->n, strlen(text));
    assert_memory_equal(got->p, text, got->n);
    yz_buf_free(got);
}

/* However small the portions are, every byte comes once, and as often as it is read. */
static void a_whole_body(void **state) {
    (void)state;
    const yz_str known[] = {YZ_STR("{\"model\":"), {NULL, 0}, YZ_STR("\"their-name\""), YZ_STR("}")};
    yz_body body = {YZ_BODY, .known = known, .n_known = 4, .length = 22};
    yz_buf got = {0};
    for (size_t most = 1; most < 30; most++) {
        yz_body_reader reader = reader_of(&body);
        assert_int_equal(read_on(&reader, most, &got), 0);
        assert_true(reader.ended && !reader.taken && reader.at == 22);
        assert_int_equal(read_on(&reader, most, &got), 0); /* and stays at its end */
        expect(&got, "{\"model\":\"their-name\"}");
        yz_body_pause(&reader, true);
        yz_body_close(&reader);
    }
    yz_str parts[4];
    yz_body_reader reader = reader_of(&body);
    assert_int_equal(yz_body_pull(&reader, 1000, parts, 4), 3); /* at once, and where they lie */
    assert_ptr_equal(parts[0].p, known[0].p);
    assert_ptr_equal(parts[1].p, known[2].p);
}

static void a_stream(void **state) {
    (void)state;
    const yz_str known = YZ_STR("known ");
    body_source source;
    source_open(&source, &turn, &known, -1);
    yz_body_reader reader = reader_of(&source.body);
    yz_buf got = {0};
    mores = 0;
    assert_int_equal(read_on(&reader, 4, &got), YZ_EAGAIN);
    assert_true(reader.at == 6 && !reader.taken && !reader.ended);
    source_feed(&source, YZ_STR("and "));
    assert_int_equal(mores, 0);
    yz_turn_run(&turn, 1);
    assert_int_equal(mores, 1);
    assert_int_equal(read_on(&reader, 100, &got), YZ_EAGAIN);
    assert_true(reader.taken);
    source_feed(&source, YZ_STR("told"));
    source_end(&source, 0);
    assert_int_equal(read_on(&reader, 100, &got), 0);
    yz_body_pause(&reader, true);
    assert_true(reader.ended && source.paused);
    yz_body_close(&reader);
    yz_body_close(&reader);
    assert_int_equal(source.closed, 1);
    expect(&got, "known and told");
    source_free(&source);
}

static void what_is_gone_is_gone(void **state) {
    (void)state;
    const yz_str known = YZ_STR("known ");
    body_source source;
    source_open(&source, &turn, &known, 10);
    source_feed(&source, YZ_STR("once"));
    source_end(&source, 0);
    yz_body_reader first = reader_of(&source.body), second = first, third = first, fourth = first;
    yz_buf got = {0};
    yz_str part;
    assert_int_equal(yz_body_pull(&first, 100, &part, 1), 1); /* known bytes are there for the next one too */
    assert_false(first.taken);
    yz_body_close(&first);
    assert_int_equal(source.opened, 0);
    assert_int_equal(read_on(&second, 100, &got), 0);
    expect(&got, "known once");
    yz_body_close(&second);
    assert_int_equal(read_on(&third, 100, &got), YZ_ENOTFOUND);
    expect(&got, "known ");
    yz_body_close(&third);
    source.body.replayable = true;
    assert_int_equal(read_on(&fourth, 100, &got), 0);
    assert_false(fourth.taken);
    expect(&got, "known once");
    yz_body_close(&fourth);
    source_free(&source);
}

static void lengths_are_held(void **state) {
    (void)state;
    static const struct {
        int64_t length;
        int end, code;
    } cases[] = {{10, 0, 0},
                 {9, 0, YZ_EINVAL},
                 {11, 0, YZ_EINVAL},
                 {0, 0, YZ_EINVAL},
                 {-1, 0, 0},
                 {10, YZ_EINVAL, YZ_EINVAL},
                 {11, YZ_ELIMIT, YZ_ELIMIT},
                 {-1, YZ_ECANCELLED, YZ_ECANCELLED},
                 {9, YZ_ECANCELLED, YZ_EINVAL}};
    const yz_str known = YZ_STR("known ");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        body_source source;
        source_open(&source, &turn, &known, cases[i].length);
        source_feed(&source, YZ_STR("once"));
        source_end(&source, cases[i].end);
        yz_body_reader reader = reader_of(&source.body);
        yz_buf got = {0};
        assert_int_equal(read_on(&reader, 100, &got), cases[i].code);
        assert_int_equal(reader.ended, cases[i].code == 0);
        yz_body_close(&reader);
        yz_buf_free(&got);
        source_free(&source);
    }
    yz_body whole = {YZ_BODY, .known = &known, .n_known = 1, .length = 7};
    yz_body_reader reader = reader_of(&whole);
    yz_buf got = {0};
    assert_int_equal(read_on(&reader, 100, &got), YZ_EINVAL);
    yz_buf_free(&got);
}

static int set_up(void **state) {
    (void)state;
    yz_turn_init(&turn, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_turn_free(&turn);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_gone_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lengths_are_held, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
