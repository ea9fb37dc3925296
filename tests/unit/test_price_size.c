/* test_price_size.c: pictures and films by size and quality: which row a request gets, and how they are read, written and refused. */
#include "price_world.h"

#include "price/import.h"

static const yz_settings *read_config(const char *row) {
    return yz_settings_read_text("yuzui.lua",
                                 yz_format(arena,
                                           "listen '127.0.0.1:0'\nchain {}\nprovider 'acme' { adapter = 'openai', region = 'eu', base_url ="
                                           " 'http://127.0.0.1:1' }\nmodel 'm' { 'acme' }\n"
                                           "prices 'acme' { source = 's', date = '2026-11-28', models = { %s } }",
                                           row),
                                 arena, &diag);
}

static const yz_price *price_of(const char *row) {
    const yz_settings *s = read_config(row);
    if (!s)
        fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    return yz_settings_price(s, yz_model_find(s, YZ_STR("m"))->targets[0], 1795000000);
}

static const yz_price *asked(const yz_price *price, const char *body) {
    yz_request *request = yz_alloc(arena, sizeof *request);
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, yz_str_of(body), 0, &json, NULL), YZ_OK);
    *request = (yz_request){YZ_REQUEST, .op = YZ_OP_IMAGE, .json = json};
    return yz_price_of_size(price, request);
}

static int64_t each(const yz_price *price, yz_meter meter) {
    yz_usage usage = {0};
    yz_cost cost = {YZ_COST};
    yz_usage_set(&usage, meter, 1);
    assert_int_equal(yz_price_cost(price, &usage, &cost), YZ_OK);
    return cost.total;
}

#define ROW                                                                                                                                \
    "{ name = 'm', picture = 0.04, second = 0.4, sizes = { { size = '1024x1792', quality = 'hd', picture = 0.12 },"                        \
    " { size = '1024x1792', picture = 0.08 }, { quality = 'standard', picture = 0.04 }, { size = '4k', second = 0.6 } } }"

static void a_request_gets_its_size(void **state) {
    (void)state;
    const yz_price *p = price_of(ROW);
    const struct {
        const char *body;
        int64_t nano;
    } rows[] = {
        {"{}", 40000000},
        {"{\"size\":null}", 40000000},
        {"{\"size\":\"1024x1792\",\"quality\":\"hd\"}", 120000000},
        {"{\"size\":\"1024x1792\",\"quality\":\"standard\"}", 80000000},
        {"{\"size\":\"1024x1792\"}", 80000000},
        {"{\"quality\":\"standard\"}", 40000000},
        {"{\"size\":\"auto\"}", 120000000}, /* what no row knows costs as the dearest */
        {"{\"quality\":\"ultra\"}", 120000000},
        {"{\"size\":7}", 120000000},
        {"{\"parameters\":{\"resolution\":\"1024x1792\"}}", 80000000},
        {"{\"resolution\":\"1024x1792\"}", 80000000},
        {"{\"image_config\":{\"image_size\":\"1024x1792\"}}", 80000000},
        {"{\"generation_config\":{\"imageConfig\":{\"image_size\":\"1024x1792\"}}}", 80000000},
        {"{\"tools\":[{\"type\":\"image_generation\",\"size\":\"1024x1792\"}]}", 80000000},
        {"{\"tools\":[{\"type\":\"function\",\"size\":\"4k\"}]}", 40000000},
        {"{\"generationConfig\":{\"imageConfig\":{\"imageSize\":\"1024x1792\",\"image_size\":\"1024x1792\"}}}", 120000000},
        {"{\"size\":\"1024x1792\",\"parameters\":{\"resolution\":\"1024x1792\"}}", 120000000}, /* which of them counts? */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (each(asked(p, rows[i].body), YZ_METER_PICTURES) != rows[i].nano)
            fail_msg("%s: %lld", rows[i].body, (long long)each(asked(p, rows[i].body), YZ_METER_PICTURES));
    assert_int_equal(each(asked(p, "{\"size\":\"4k\"}"), YZ_METER_SECONDS), 600000000);
    assert_int_equal(each(asked(p, "{\"size\":\"4k\"}"), YZ_METER_PICTURES), 40000000); /* it says nothing of pictures */
}

/* A film's size and the word for it, whoever says which. */
static void words_and_sizes(void **state) {
    (void)state;
    const yz_price *words = price_of("{ name = 'm', second = 0.4, sizes = { { size = '720p', second = 0.4 }, { size = '1080p', second = "
                                     "0.5 }, { size = '4k', second = 0.6 } } }");
    const yz_price *sizes =
        price_of("{ name = 'm', second = 0.1, sizes = { { size = '1280x720', second = 0.1 }, { size = '1792x1024', second = 0.3 } } }");
    const struct {
        const yz_price *price;
        const char *body;
        int64_t nano;
    } rows[] = {
        {words, "{\"size\":\"720x1280\"}", 400000000},
        {words, "{\"size\":\"1792x1024\"}", 500000000}, /* more than 720 lines */
        {words, "{\"size\":\"3840x2160\"}", 600000000},
        {words, "{\"size\":\"640x360\"}", 600000000}, /* in no list */
        {words, "{\"size\":\"720x1280x1\"}", 600000000},
        {words, "{\"size\":\"720\"}", 600000000},
        {words, "{\"size\":\"99999x99999\"}", 600000000},
        {sizes, "{\"parameters\":{\"resolution\":\"720p\"}}", 100000000},
        {sizes, "{\"parameters\":{\"resolution\":\"1080p\"}}", 300000000},
        {sizes, "{\"size\":\"720x1280\"}", 300000000}, /* another one than is listed */
        {sizes, "{}", 100000000},
        {sizes, "{\"width\":1280,\"height\":720}", 100000000},
        {words, "{\"width\":1920,\"height\":1080}", 500000000},
        {words, "{\"width\":1280}", 600000000},
        {words, "{\"width\":\"1280\",\"height\":720}", 600000000},
        {words, "{\"width\":123456,\"height\":1}", 600000000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (each(asked(rows[i].price, rows[i].body), YZ_METER_SECONDS) != rows[i].nano)
            fail_msg("%s: %lld", rows[i].body, (long long)each(asked(rows[i].price, rows[i].body), YZ_METER_SECONDS));
}

/* As one of a form is, unless it stands there twice. */
static void a_form_gets_its_size(void **state) {
    (void)state;
    const yz_price *p = price_of(ROW);
    const yz_form_field second = {YZ_FORM_FIELD, .name = YZ_STR("size"), .value = YZ_STR("4k")};
    yz_form_field first = {YZ_FORM_FIELD, .name = YZ_STR("size"), .value = YZ_STR("1024x1792")};
    const yz_form form = {YZ_FORM, .fields = &first};
    const yz_request request = {YZ_REQUEST, .op = YZ_OP_IMAGE_EDIT, .form = &form};
    assert_int_equal(each(yz_price_of_size(p, &request), YZ_METER_PICTURES), 80000000);
    first.next = &second;
    assert_int_equal(each(yz_price_of_size(p, &request), YZ_METER_PICTURES), 120000000);
}

static void sizes_are_explained_named_and_written(void **state) {
    (void)state;
    const yz_price *p = asked(price_of(ROW), "{\"size\":\"1024x1792\",\"quality\":\"hd\"}");
    yz_usage usage = {0};
    yz_buf text = {0};
    yz_usage_set(&usage, YZ_METER_PICTURES, 2);
    yz_price_explain(p, &usage, &text);
    yz_buf_char(&text, 0);
    assert_non_null(strstr(text.p,
                           "+1024x1792-hd\",\"size\":\"1024x1792\",\"quality\":\"hd\",\"usd\":0.24,\"parts\":[{\"meter\":\"picture\","
                           "\"n\":2,\"usd_each\":0.12}]}"));
    text.n = 0;
    yz_price_write(price_of(ROW), NULL, 0, YZ_STR(""), &text);
    yz_str row = yz_dup(arena, yz_buf_view(&text));
    assert_int_equal(each(asked(price_of(row.p), "{\"size\":\"1024x1792\"}"), YZ_METER_PICTURES), 80000000);
    yz_buf_free(&text);
}

static void sizes_have_their_regions(void **state) {
    (void)state;
    const yz_price *p = price_of("{ name = 'm', picture = 0.04, sizes = { { size = '2k', picture = 0.08 } },"
                                 " regions = { { name = 'eu', times = 1.5 } } }");
    assert_int_equal(each(asked(p, "{}"), YZ_METER_PICTURES), 60000000);
    assert_int_equal(each(asked(p, "{\"size\":\"2k\"}"), YZ_METER_PICTURES), 120000000);
    assert_int_equal(each(asked(p, "{\"size\":\"8k\"}"), YZ_METER_PICTURES), 120000000);
}

static void what_is_refused(void **state) {
    (void)state;
    const struct {
        const char *row, *why;
    } rows[] = {
        {"picture = 1, sizes = { { picture = 2 } }", "should each say a size or a quality, and picture or second"},
        {"picture = 1, sizes = { { size = 'x' } }", "should each say a size or a quality, and picture or second"},
        {"picture = 1, sizes = { { size = 'x', picture = -2 } }", "sizes.picture of \"m\" is -2"},
        {"picture = 1, sizes = { { size = 'x', picture = 2 } }, services = { { name = 'flex', times = 0.5 } }",
         "beside windows or services"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        diag.text.n = 0;
        assert_null(read_config(yz_format(arena, "{ name = 'm', %s }", rows[i].row).p));
        yz_buf_char(&diag.text, 0);
        if (!strstr(diag.text.p, rows[i].why))
            fail_msg("expected \"%s\" in \"%s\"", rows[i].why, diag.text.p);
    }
}

#define SIZE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_prices, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        SIZE_TEST(a_request_gets_its_size),  SIZE_TEST(words_and_sizes),
        SIZE_TEST(a_form_gets_its_size),     SIZE_TEST(sizes_are_explained_named_and_written),
        SIZE_TEST(sizes_have_their_regions), SIZE_TEST(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
