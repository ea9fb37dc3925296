/* test_options.c: option tables: types, units, ranges, defaults, and what is said about what is wrong. */
#include "base/arena.h"
#include "plugin/option_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct config {
    bool flag;
    int64_t count, wait, room;
    double share;
    yz_str name;
    int mode;
    yz_list names, drop;
    yz_map headers;
} config;

#define AT(field) offsetof(config, field)
static const yz_option OPTIONS[] = {
    {"flag", YZ_OPTION_BOOL, AT(flag), "true", .help = "a flag"},
    {"count", YZ_OPTION_INT, AT(count), "3", .help = "a count", .min = 1, .max = 10},
    {"wait", YZ_OPTION_DURATION, AT(wait), "1h30m", .help = "a wait", .max = 86400000},
    {"room", YZ_OPTION_SIZE, AT(room), "64KiB", .help = "a size"},
    {"share", YZ_OPTION_NUMBER, AT(share), "0.25", .help = "a share", .max = 1},
    {"name", YZ_OPTION_STRING, AT(name), "memory", .help = "a name"},
    {"mode", YZ_OPTION_CHOICE, AT(mode), "fair", .help = "a mode", .choices = "quick fair  slow"},
    {"names", YZ_OPTION_LIST, AT(names), "a b", .help = "names"},
    {"drop", YZ_OPTION_LIST, AT(drop), NULL, .help = "words", .choices = "temperature top_p seed"},
    {"headers", YZ_OPTION_MAP, AT(headers), "x=1 a=2", .help = "headers"},
};
enum { N = sizeof(OPTIONS) / sizeof(*OPTIONS) };

static yz_arena *arena;
static yz_diag diag;

static int set_up(void **state) {
    (void)state;
    arena = yz_arena_new(NULL);
    diag = (yz_diag){.at = {"yuzui.lua", 7}};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_diag_free(&diag);
    yz_arena_free(arena);
    return 0;
}

static yz_value text(const char *s) { return (yz_value){.kind = YZ_VALUE_STRING, .text = yz_str_of(s)}; }
static yz_value number(double n) { return (yz_value){.kind = YZ_VALUE_NUMBER, .number = n}; }
static yz_value boolean(bool b) { return (yz_value){.kind = YZ_VALUE_BOOL, .truth = b}; }

/* A table with one field. */
static yz_value field(const char *name, yz_value value) {
    yz_field *fields = yz_alloc(arena, sizeof(*fields));
    *fields = (yz_field){yz_str_of(name), value};
    return (yz_value){.kind = YZ_VALUE_TABLE, .fields = fields, .n_fields = 1};
}

static bool fill(config *into, const yz_value *table) {
    yz_option_set set = {OPTIONS, N, into};
    memset(into, 0, sizeof(*into));
    return yz_options_fill(&set, 1, table, "thing", arena, &diag);
}

/* Fills with one field; what is said must be `said`, without the place. */
static void refuse(const char *name, yz_value value, const char *said) {
    config c;
    yz_value table = field(name, value);
    assert_false(fill(&c, &table));
    yz_str expected = yz_format(arena, "yuzui.lua:7: error: thing: %s\n", said);
    yz_buf_char(&diag.text, '\0');
    assert_string_equal(diag.text.p, expected.p);
    diag.text.n = 0;
}

static void test_defaults(void **state) {
    (void)state;
    config c;
    assert_true(fill(&c, NULL));
    assert_true(c.flag);
    assert_int_equal(c.count, 3);
    assert_int_equal(c.wait, 5400000);
    assert_int_equal(c.room, 65536);
    assert_true(c.share == 0.25);
    assert_true(yz_str_is(c.name, "memory"));
    assert_int_equal(c.mode, 1);
    assert_int_equal(c.names.n, 2);
    assert_true(yz_str_is(c.names.items[1], "b"));
    assert_int_equal(c.headers.n, 2);
    assert_true(yz_str_is(c.headers.items[0].name, "a") && yz_str_is(c.headers.items[0].value, "2")); /* sorted */
    assert_int_equal(diag.errors, 0);
}

/* Tables in tables arrive as leaves, sorted by their way. */
static bool fill_tree(yz_map *into, const yz_value *value) {
    static const yz_option options[] = {{"tree", YZ_OPTION_TREE, 0, .help = "tables"}};
    yz_option_set set = {options, 1, into};
    yz_value table = field("tree", *value);
    return yz_options_fill(&set, 1, &table, "thing", arena, &diag);
}

static void test_tree(void **state) {
    (void)state;
    yz_value items[] = {text("x"), number(2)};
    yz_field inner[] = {{YZ_STR("empty"), {.kind = YZ_VALUE_TABLE}},
                        {YZ_STR("gpt-5.2"), {.kind = YZ_VALUE_TABLE, .items = items, .n_items = 2}}};
    yz_field outer[] = {{YZ_STR("flag"), boolean(true)}, {YZ_STR("tiers"), {.kind = YZ_VALUE_TABLE, .fields = inner, .n_fields = 2}}};
    yz_value tree = {.kind = YZ_VALUE_TABLE, .fields = outer, .n_fields = 2};
    yz_map map = {0};
    assert_true(fill_tree(&map, &tree));
    static const char *const ways[] = {"flag",
                                       "tiers\x1f"
                                       "empty\x1f",
                                       "tiers\x1fgpt-5.2\x1f"
                                       "1",
                                       "tiers\x1fgpt-5.2\x1f"
                                       "2"};
    static const char *const values[] = {"true", "", "x", "2"};
    assert_int_equal(map.n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(yz_str_is(map.items[i].name, ways[i]));
        assert_true(yz_str_is(map.items[i].value, values[i]));
    }
    outer[1].value = (yz_value){.kind = YZ_VALUE_OTHER, .text = YZ_STR("function")};
    assert_false(fill_tree(&map, &tree));
    inner[0].value = outer[1].value;
    outer[1].value = (yz_value){.kind = YZ_VALUE_TABLE, .fields = inner, .n_fields = 2};
    assert_false(fill_tree(&map, &tree));
    yz_value list = {.kind = YZ_VALUE_TABLE, .items = items, .n_items = 2};
    assert_false(fill_tree(&map, &list));
}

static void test_values(void **state) {
    (void)state;
    config c;
    yz_value table = field("wait", text("250ms"));
    assert_true(fill(&c, &table));
    assert_int_equal(c.wait, 250);
    table = field("wait", number(0));
    assert_true(fill(&c, &table));
    assert_int_equal(c.wait, 0);
    table = field("room", number(1000));
    assert_true(fill(&c, &table));
    assert_int_equal(c.room, 1000);
    table = field("mode", text("slow"));
    assert_true(fill(&c, &table));
    assert_int_equal(c.mode, 2);
    table = field("flag", boolean(false));
    assert_true(fill(&c, &table));
    assert_false(c.flag);
    yz_value known[] = {text("seed"), text("top_p")};
    table = field("drop", (yz_value){.kind = YZ_VALUE_TABLE, .items = known, .n_items = 2});
    assert_true(fill(&c, &table));
    assert_int_equal(c.drop.n, 2);
    yz_value set = {.kind = YZ_VALUE_ENV, .name = YZ_STR("X"), .text = YZ_STR("redis"), .has_text = true};
    table = field("name", set);
    assert_true(fill(&c, &table));
    assert_true(yz_str_is(c.name, "redis"));
}

static void test_refusals(void **state) {
    (void)state;
    yz_value unset = {.kind = YZ_VALUE_ENV, .name = YZ_STR("CACHE")};
    yz_value list = {.kind = YZ_VALUE_TABLE, .items = &unset, .n_items = 1};
    refuse("count", text("three"), "count is the string \"three\", but should be a whole number from 1 to 10");
    refuse("count", number(2.5), "count is the number 2.5, but should be a whole number from 1 to 10");
    refuse("count", number(11), "count is the number 11, but should be a whole number from 1 to 10");
    refuse("count", number(1e300), "count is the number 1e+300, but should be a whole number from 1 to 10");
    refuse("share", number(1.5), "share is the number 1.5, but should be a number from 0 to 1");
    refuse("flag", text("true"), "flag is the string \"true\", but should be true or false");
    refuse("wait", number(30), "wait is the number 30, but should be a duration such as \"30s\" or \"5m\", from 0 to 1d");
    refuse("wait", text("2d"), "wait is the string \"2d\", but should be a duration such as \"30s\" or \"5m\", from 0 to 1d");
    refuse("mode", text("fast"), "mode is the string \"fast\", but should be one of \"quick\", \"fair\", \"slow\"");
    refuse("name", boolean(true), "name is true, but should be a string");
    refuse("name", unset, "name is env \"CACHE\", but that variable is not set; it should be a string");
    refuse("names", text("a"), "names is the string \"a\", but should be a list of strings, such as { \"a\", \"b\" }");
    yz_value words[] = {text("seed"), text("temprature")}, strange[] = {text("zzz")};
    refuse("drop", (yz_value){.kind = YZ_VALUE_TABLE, .items = words, .n_items = 2},
           "drop holds \"temprature\": did you mean \"temperature\"?");
    refuse("drop", (yz_value){.kind = YZ_VALUE_TABLE, .items = strange, .n_items = 1},
           "drop holds \"zzz\", but should be a list of any of \"temperature\", \"top_p\", \"seed\"");
    refuse("drop", text("seed"), "drop is the string \"seed\", but should be a list of any of \"temperature\", \"top_p\", \"seed\"");
    refuse("headers", list, "headers: options have names, as in { name = value }, but here is env \"CACHE\" without one");
    refuse("cuont", number(1), "there is no option \"cuont\": did you mean \"count\"?");
    refuse("zzzzzz", number(1),
           "there is no option \"zzzzzz\": the options are flag, count, wait, room, share, name, mode, names, drop, headers");
}

static void test_all_errors_are_told(void **state) {
    (void)state;
    config c;
    yz_field fields[] = {{YZ_STR("count"), number(99)}, {YZ_STR("mode"), text("x")}, {YZ_STR("nmae"), text("x")}};
    yz_value item = number(1), table = {.kind = YZ_VALUE_TABLE, .fields = fields, .n_fields = 3, .items = &item, .n_items = 1};
    assert_false(fill(&c, &table));
    assert_int_equal(diag.errors, 4);
}

static void test_required(void **state) {
    (void)state;
    static const yz_option options[] = {{"file", YZ_OPTION_STRING, 0, .help = "the Lua file", .required = true}};
    yz_str file = {0};
    yz_option_set set = {options, 1, &file};
    assert_false(yz_options_fill(&set, 1, NULL, "policy", arena, &diag));
    yz_buf_char(&diag.text, '\0');
    assert_string_equal(diag.text.p, "yuzui.lua:7: error: policy: the option \"file\" is missing: the Lua file\n");
}

static void test_units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value; /* -1: refused */
    } durations[] = {{"0", 0},
                     {"5s", 5000},
                     {"1h30m", 5400000},
                     {"1.5s", 1500},
                     {"0.25s", 250},
                     {"1d2h3m4s5ms", 93784005},
                     {"5", -1},
                     {"", -1},
                     {"s", -1},
                     {"5 s", -1},
                     {"-5s", -1},
                     {"5s3m", -1},
                     {"5s5s", -1},
                     {"1.0005s", -1},
                     {"0.0005s", -1},
                     {"5sec", -1},
                     {"1e3s", -1},
                     {"5s ", -1},
                     {"0.5ms", -1},
                     {"99999999999999999999s", -1},
                     {"9223372036854775807d", -1},
                     {".5s", -1},
                     {"5.s", -1}},
      sizes[] = {{"0", 0},
                 {"4096", 4096},
                 {"32MiB", 33554432},
                 {"1.5KiB", 1536},
                 {"2GB", 2000000000},
                 {"7B", 7},
                 {"", -1},
                 {"MiB", -1},
                 {"32 MiB", -1},
                 {"32mib", -1},
                 {"0.0001KiB", -1},
                 {"-1", -1},
                 {"9223372036854775807GiB", -1}};
    for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++) {
        int64_t value = -1;
        bool ok = yz_parse_duration(yz_str_of(durations[i].text), &value);
        if (ok != (durations[i].value >= 0) || (ok && value != durations[i].value))
            fail_msg("duration \"%s\": %d %lld", durations[i].text, ok, (long long)value);
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        int64_t value = -1;
        bool ok = yz_parse_size(yz_str_of(sizes[i].text), &value);
        if (ok != (sizes[i].value >= 0) || (ok && value != sizes[i].value))
            fail_msg("size \"%s\": %d %lld", sizes[i].text, ok, (long long)value);
    }
}

static void test_spelling(void **state) {
    (void)state;
    yz_plugin plugin = {.name = "thing", .options = OPTIONS, .n_options = N, .config_size = sizeof(config)};
    yz_buf a = {0}, b = {0};
    yz_value table = field("wait", text("90m")), other = field("wait", text("91m"));
    yz_options_spell(&plugin, yz_options_config(&plugin, NULL, arena, &diag), &a);
    yz_options_spell(&plugin, yz_options_config(&plugin, &table, arena, &diag), &b);
    assert_true(yz_str_eq(yz_buf_view(&a), yz_buf_view(&b))); /* 1h30m and 90m are the same */
    b.n = 0;
    yz_options_spell(&plugin, yz_options_config(&plugin, &other, arena, &diag), &b);
    assert_false(yz_str_eq(yz_buf_view(&a), yz_buf_view(&b)));
    yz_buf_free(&a);
    yz_buf_free(&b);
}

static const char *fault_of(yz_option option) { return yz_options_fault(&option, 1, sizeof(config), arena); }

/* ---- credentials ----------------------------------------------------------------------------------------------------------- */

static const yz_option SECRET[] = {{"token", YZ_OPTION_SECRET, 0, .help = "a token"}};

/* A text that the config holds, which may be wiped. */
static yz_value said(const char *s) { return (yz_value){.kind = YZ_VALUE_STRING, .text = yz_dup(arena, yz_str_of(s))}; }

static const char *fill_secret(const yz_secret **into, yz_value value) {
    yz_value table = field("token", value);
    yz_option_set set = {SECRET, 1, into};
    *into = NULL;
    diag.text.n = 0;
    bool ok = yz_options_fill(&set, 1, &table, "hook", arena, &diag);
    yz_buf_char(&diag.text, '\0');
    assert_int_equal(ok, diag.text.n == 1);
    return diag.text.p;
}

static void test_secrets(void **state) {
    (void)state;
    const yz_secret *secret;
    yz_value table = field("token", said("tok-0123456789"));
    yz_option_set set = {SECRET, 1, &secret};
    yz_str copy = table.fields[0].value.text;
    assert_true(yz_options_fill(&set, 1, &table, "hook", arena, &diag));
    assert_true(yz_str_is(yz_secret_reveal(secret), "tok-0123456789"));
    for (size_t i = 0; i < copy.n; i++)
        assert_int_equal(copy.p[i], 0);                                  /* what the script left is gone */
    assert_true(yz_options_fill(&set, 1, &table, "hook", arena, &diag)); /* a stage that stands in a chain twice */
    assert_true(yz_str_is(yz_secret_reveal(secret), "tok-0123456789"));
    yz_value env = said("from-env");
    env.kind = YZ_VALUE_ENV, env.name = YZ_STR("TOKEN"), env.has_text = true;
    fill_secret(&secret, env);
    assert_true(yz_str_is(yz_secret_reveal(secret), "from-env"));
    secret = NULL;
    assert_true(yz_options_fill(&set, 1, NULL, "hook", arena, &diag));
    assert_null(secret);
}

static void test_secrets_are_not_shown(void **state) {
    (void)state;
    const yz_secret *secret;
#define SHOULD_BE ", but should be a credential such as env \"API_KEY\", without control bytes or blanks around it\n"
    assert_string_equal(fill_secret(&secret, said("a\nb")), "yuzui.lua:7: error: hook: token is a string of 3 bytes" SHOULD_BE);
    assert_string_equal(fill_secret(&secret, said("abc ")), "yuzui.lua:7: error: hook: token is a string of 4 bytes" SHOULD_BE);
    assert_string_equal(fill_secret(&secret, said("")), "yuzui.lua:7: error: hook: token is a string of 0 bytes" SHOULD_BE);
    assert_string_equal(fill_secret(&secret, number(1234)), "yuzui.lua:7: error: hook: token is a number" SHOULD_BE);
    yz_value unset = {.kind = YZ_VALUE_ENV, .name = YZ_STR("TOKEN")};
    assert_non_null(strstr(fill_secret(&secret, unset), "token is env \"TOKEN\", but that variable is not set"));
    yz_plugin plugin = {.name = "hook", .options = SECRET, .n_options = 1, .config_size = sizeof(secret)};
    yz_buf a = {0}, b = {0}, c = {0};
    fill_secret(&secret, said("tok-1"));
    yz_options_spell(&plugin, &secret, &a);
    fill_secret(&secret, said("tok-2"));
    yz_options_spell(&plugin, &secret, &b);
    fill_secret(&secret, said("tok-1"));
    yz_options_spell(&plugin, &secret, &c);
    assert_false(yz_str_eq(yz_buf_view(&a), yz_buf_view(&b)));
    assert_true(yz_str_eq(yz_buf_view(&a), yz_buf_view(&c)));
    assert_null(memmem(a.p, a.n, "tok-", 4));
    yz_buf_free(&a);
    yz_buf_free(&b);
    yz_buf_free(&c);
}

/* ---- tables in tables ------------------------------------------------------------------------------------------------------- */

typedef struct window {
    int64_t span;
} window;
typedef struct limit {
    yz_str key;
    int64_t rpm;
    const window *window;
} limit;
typedef struct limits_config {
    yz_tables limits;
    const window *window, *spare;
} limits_config;

static const yz_option WINDOW[] = {
    {"span", YZ_OPTION_DURATION, offsetof(window, span), "1m", .help = "how long", .min = 1000, .max = 3600000},
};
static const yz_option_table WINDOW_TABLE = YZ_TABLE(WINDOW, window);
static const yz_option LIMIT[] = {
    {"key", YZ_OPTION_STRING, offsetof(limit, key), .help = "whose", .required = true},
    {"rpm", YZ_OPTION_INT, offsetof(limit, rpm), "60", .help = "requests a minute", .min = 1, .max = 1000},
    {"window", YZ_OPTION_TABLE, offsetof(limit, window), "{}", .help = "a window", .table = &WINDOW_TABLE},
};
static const yz_option_table LIMIT_TABLE = YZ_TABLE(LIMIT, limit);
static const yz_option LIMITS[] = {
    {"limits", YZ_OPTION_TABLES, offsetof(limits_config, limits), .help = "limits", .table = &LIMIT_TABLE},
    {"window", YZ_OPTION_TABLE, offsetof(limits_config, window), "{}", .help = "a window", .table = &WINDOW_TABLE},
    {"spare", YZ_OPTION_TABLE, offsetof(limits_config, spare), .help = "another", .table = &WINDOW_TABLE},
};

static bool fill_limits(limits_config *into, const yz_value *table) {
    yz_option_set set = {LIMITS, 3, into};
    memset(into, 0, sizeof(*into));
    return yz_options_fill(&set, 1, table, "limit", arena, &diag);
}

static yz_value list(size_t n, yz_value a, yz_value b) {
    yz_value *items = yz_alloc(arena, 2 * sizeof(*items));
    items[0] = a, items[1] = b;
    return (yz_value){.kind = YZ_VALUE_TABLE, .items = items, .n_items = n};
}

static yz_value with(yz_value table, const char *name, yz_value value) {
    yz_field *fields = yz_alloc(arena, (table.n_fields + 1) * sizeof(*fields));
    memcpy(fields, table.fields, table.n_fields * sizeof(*fields));
    fields[table.n_fields++] = (yz_field){yz_str_of(name), value};
    table.fields = fields;
    return table;
}

static void test_tables(void **state) {
    (void)state;
    limits_config c;
    assert_true(fill_limits(&c, NULL));
    assert_int_equal(c.limits.n, 0);
    assert_int_equal(c.window->span, 60000); /* by its default it is there, with defaults */
    assert_null(c.spare);
    yz_value first = with(field("key", text("a")), "window", field("span", text("5s"))),
             second = with(field("key", text("b")), "rpm", number(7));
    yz_value table = with(field("limits", list(2, first, second)), "spare", field("span", text("2s")));
    assert_true(fill_limits(&c, &table));
    assert_int_equal(c.limits.n, 2);
    const limit *a = c.limits.items[0], *b = c.limits.items[1];
    assert_true(yz_str_is(a->key, "a") && a->rpm == 60 && a->window->span == 5000);
    assert_true(yz_str_is(b->key, "b") && b->rpm == 7 && b->window->span == 60000);
    assert_int_equal(c.spare->span, 2000);
    assert_int_equal(diag.errors, 0);
}

/* What is reported of one table with this in it, without the place. */
static void refuse_limits(yz_value table, const char *expected) {
    limits_config c;
    diag.text.n = 0;
    assert_false(fill_limits(&c, &table));
    yz_str whole = yz_format(arena, "yuzui.lua:7: error: limit: %s\n", expected);
    yz_buf_char(&diag.text, '\0');
    assert_string_equal(diag.text.p, whole.p);
}

static void test_errors_name_the_path(void **state) {
    (void)state;
    yz_value good = field("key", text("a"));
    refuse_limits(field("limits", list(2, good, with(good, "rpm", number(0)))),
                  "limits[2].rpm is the number 0, but should be a whole number from 1 to 1000");
    refuse_limits(field("limits", list(2, good, with(good, "rmp", number(5)))),
                  "there is no option \"limits[2].rmp\": did you mean \"rpm\"?");
    refuse_limits(field("limits", list(1, field("rpm", number(5)), good)), "the option \"limits[1].key\" is missing: whose");
    refuse_limits(field("limits", list(1, with(good, "window", field("span", text("2d"))), good)),
                  "limits[1].window.span is the string \"2d\", but should be a duration such as \"30s\" or \"5m\", from 1s to 1h");
    refuse_limits(field("limits", list(2, good, number(3))), "limits[2] is the number 3, but should be a table, such as { name = value }");
    refuse_limits(field("limits", good), "limits is a table, but should be a list of tables, such as { { name = value } }");
    refuse_limits(field("window", text("x")), "window is the string \"x\", but should be a table, such as { name = value }");
    refuse_limits(field("window", list(1, text("x"), good)),
                  "window: options have names, as in { name = value }, but here is the string \"x\" without one");
    refuse_limits(field("window", field("zzzzzz", number(1))), "there is no option \"window.zzzzzz\": the options are span");
}

static void test_tables_are_documented_and_spelt(void **state) {
    (void)state;
    yz_buf doc = {0}, a = {0};
    yz_options_print(LIMITS, 3, &doc);
    yz_buf_char(&doc, '\0');
    assert_string_equal(doc.p, "  limits                tables    -             limits\n"
                               "  limits[].key          string    required      whose\n"
                               "  limits[].rpm          int       60            requests a minute\n"
                               "  limits[].window       table     {}            a window\n"
                               "  limits[].window.span  duration  1m            how long\n"
                               "  window                table     {}            a window\n"
                               "  window.span           duration  1m            how long\n"
                               "  spare                 table     -             another\n"
                               "  spare.span            duration  1m            how long\n");
    yz_plugin plugin = {.name = "limit", .options = LIMITS, .n_options = 3, .config_size = sizeof(limits_config)};
    yz_value table = field("limits", list(1, field("key", text("a")), number(0)));
    yz_options_spell(&plugin, yz_options_config(&plugin, &table, arena, &diag), &a);
    yz_buf_char(&a, '\0');
    assert_string_equal(a.p, "limits={key=\"a\";rpm=60;window={span=60000;};};window={span=60000;};spare=-;");
    yz_buf_free(&doc);
    yz_buf_free(&a);
}

static void test_soundness(void **state) {
    (void)state;
    assert_null(yz_options_fault(OPTIONS, N, sizeof(config), arena));
    assert_non_null(fault_of((yz_option){NULL, YZ_OPTION_BOOL, 0, NULL, .help = "h"}));
    assert_non_null(fault_of((yz_option){"Flag", YZ_OPTION_BOOL, 0, NULL, .help = "h"}));
    assert_non_null(fault_of((yz_option){"flag", (yz_option_type)77, 0, NULL, .help = "h"}));
    assert_non_null(fault_of((yz_option){"flag", YZ_OPTION_BOOL, sizeof(config), NULL, .help = "h"}));
    assert_non_null(fault_of((yz_option){"count", YZ_OPTION_INT, sizeof(config) - 4, NULL, .help = "h"}));
    assert_non_null(fault_of((yz_option){"count", YZ_OPTION_INT, 1, NULL, .help = "h"}));
    assert_non_null(fault_of((yz_option){"count", YZ_OPTION_INT, AT(count), "many", .help = "h"}));
    assert_non_null(fault_of((yz_option){"count", YZ_OPTION_INT, AT(count), "99", .help = "h", .max = 10}));
    assert_non_null(fault_of((yz_option){"wait", YZ_OPTION_DURATION, AT(wait), "soon", .help = "h"}));
    assert_non_null(fault_of((yz_option){"mode", YZ_OPTION_CHOICE, AT(mode), "x", .help = "h"}));
    assert_non_null(fault_of((yz_option){"flag", YZ_OPTION_BOOL, 0, .help = NULL}));
    assert_non_null(fault_of((yz_option){"token", YZ_OPTION_SECRET, 0, "sk-1", .help = "h"}));
    assert_non_null(fault_of((yz_option){"limits", YZ_OPTION_TABLES, 0, NULL, .help = "h"}));
    assert_non_null(fault_of((yz_option){"limits", YZ_OPTION_TABLES, 0, "{}", .help = "h", .table = &LIMIT_TABLE}));
    assert_non_null(fault_of((yz_option){"flag", YZ_OPTION_BOOL, 0, NULL, .help = "h", .table = &WINDOW_TABLE}));
    assert_non_null(fault_of((yz_option){"limit", YZ_OPTION_TABLE, 0, "{}", .help = "h", .table = &LIMIT_TABLE})); /* requires a key */
    assert_null(yz_options_fault(LIMITS, 3, sizeof(limits_config), arena));
    yz_option inside[] = {WINDOW[0]}, outside = {"window", YZ_OPTION_TABLE, 0, NULL, .help = "h"};
    inside[0].otherwise = "soon";
    yz_option_table broken = YZ_TABLE(inside, window),
                    endless = {.size = sizeof(endless), .config_size = 8, .options = &outside, .n_options = 1};
    outside.table = &broken;
    assert_string_equal(fault_of(outside), "option \"window.span\" has a default that it would refuse itself");
    outside.table = &endless;
    assert_non_null(strstr(fault_of(outside), "stands too deep"));
    yz_option twice[] = {OPTIONS[0], OPTIONS[0]};
    assert_string_equal(yz_options_fault(twice, 2, sizeof(config), arena), "option \"flag\" is there twice");
}

static void test_did_you_mean(void **state) {
    (void)state;
    static const char *const words[] = {"provider", "model", "policy", "cache", "key"};
    assert_string_equal(yz_did_you_mean(YZ_STR("provder"), words, 5), "provider");
    assert_string_equal(yz_did_you_mean(YZ_STR("cahce"), words, 5), "cache");
    assert_string_equal(yz_did_you_mean(YZ_STR("models"), words, 5), "model");
    assert_null(yz_did_you_mean(YZ_STR("zebra"), words, 5));
    assert_null(yz_did_you_mean(YZ_STR("xyz"), words, 5));
    assert_null(yz_did_you_mean(YZ_STR(""), words, 5));
    char longest[500];
    memset(longest, 'a', sizeof(longest));
    assert_null(yz_did_you_mean((yz_str){longest, sizeof(longest)}, words, 5));
}

static void test_diag_order(void **state) {
    (void)state;
    yz_diag_at(&diag, (yz_place){"b.lua", 9});
    yz_diag_error(&diag, "late: 5");
    yz_diag_at(&diag, (yz_place){"b.lua", 2});
    yz_diag_warn(&diag, "early");
    yz_diag_at(&diag, (yz_place){"b.lua", 9});
    yz_diag_error(&diag, "later");
    yz_diag_sort(&diag);
    yz_buf_char(&diag.text, '\0');
    assert_string_equal(diag.text.p, "b.lua:2: warning: early\nb.lua:9: error: late: 5\nb.lua:9: error: later\n");
}

static void test_diag_order_of_files(void **state) {
    static const yz_place PLACES[] = {{"a.lua", 5}, {"b.lua", 1}, {"a.lua", 3}, {NULL, 0}, {"b.lua", 7}, {"a.lua", 4}};
    (void)state;
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(*PLACES); i++) {
        yz_diag_at(&diag, PLACES[i]);
        yz_diag_error(&diag, "x");
    }
    yz_diag_sort(&diag);
    yz_buf_char(&diag.text, '\0');
    assert_string_equal(diag.text.p, "a.lua:3: error: x\na.lua:4: error: x\na.lua:5: error: x\n"
                                     "b.lua:1: error: x\nb.lua:7: error: x\nerror: x\n");
}

/* What a line is, is known and not read back out of it: messages may hold newlines, numbers and the names of levels. */
static void test_diag_lines(void **state) {
    (void)state;
    yz_diag_at(&diag, (yz_place){"b.lua", 9});
    yz_diag_error(&diag, "said\n3: warning: this");
    yz_diag_at(&diag, (yz_place){"b.lua", 0});
    yz_diag_warn(&diag, "error: none");
    yz_diag_at(&diag, (yz_place){"b.lua", 2});
    yz_diag_error(&diag, "%s", "");
    yz_diag_sort(&diag);
    static const struct {
        const char *text, *message;
        bool warning;
    } golden[] = {{"b.lua:2: error: \n", "\n", false},
                  {"b.lua:9: error: said\n3: warning: this\n", "said\n3: warning: this\n", false},
                  {"b.lua: warning: error: none\n", "error: none\n", true}};
    assert_int_equal(yz_diag_count(&diag), 3);
    for (size_t i = 0; i < 3; i++) {
        const yz_diag_line *line = &diag.lines[i];
        yz_str text = {diag.text.p + line->at, line->n};
        assert_true(yz_str_is(text, golden[i].text));
        assert_true(yz_str_is((yz_str){text.p + line->message, text.n - line->message}, golden[i].message));
        assert_int_equal(line->warning, golden[i].warning);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_values),
        TEST(test_tree),
        TEST(test_refusals),
        TEST(test_all_errors_are_told),
        TEST(test_required),
        TEST(test_units),
        TEST(test_spelling),
        TEST(test_secrets),
        TEST(test_secrets_are_not_shown),
        TEST(test_tables),
        TEST(test_errors_name_the_path),
        TEST(test_tables_are_documented_and_spelt),
        TEST(test_soundness),
        TEST(test_did_you_mean),
        TEST(test_diag_order),
        TEST(test_diag_order_of_files),
        TEST(test_diag_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
