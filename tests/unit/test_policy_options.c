/* test_policy_options.c: options that a policy declares: what it finds in req.options, and what is wrong with what the config gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_world.h"

#define DECLARED                                                                                                                           \
    "options { model = { type = 'model', default = 'kimi-k2.5' }, limit = { type = 'number', default = 7, min = 1, max = 100 },\n"         \
    "  always = { type = 'boolean', default = false }, mode = { choices = { 'fast', 'good' }, default = 'fast' }, note = {},\n"            \
    "  who = { type = 'string', required = true, help = 'who is asked' } }\n"
#define SHOWS                                                                                                                              \
    "return function(req, next) local o = req.options req:because(('%s %s %s %s %s %s'):format(o.model, type(o.limit) .. o.limit,\n"       \
    "  tostring(o.always), o.mode, tostring(o.note), o.who)) return next(req) end\n"

/* Opens the policy with these options, "name=value" each. */
static int opened(policy_world *p, const char *source, const char *const *options) {
    static yz_header items[16];
    size_t n = 0;
    for (; options[n]; n++) {
        const char *equals = strchr(options[n], '=');
        items[n] = (yz_header){{options[n], (size_t)(equals - options[n])}, yz_str_of(equals + 1)};
    }
    p->config.options = (yz_map){items, n};
    return pw_open(p, source);
}

static void expect(const char *const *options, const char *shown) {
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(opened(p, DECLARED SHOWS, options), YZ_OK);
    pw_ask(p, "gpt-5.2", "\"messages\":[]", 0);
    assert_non_null(strstr(p->note, "; "));
    assert_string_equal(strstr(p->note, "; ") + 2, shown);
    pw_close(p);
    free(p);
}

static void have_their_types(void **state) {
    (void)state;
    expect((const char *const[]){"who=me", NULL}, "kimi-k2.5 number7 false fast nil me");
    expect((const char *const[]){"who=5", "model=gpt-5.2", "limit=10.5", "always=true", "mode=good", "note=x", NULL},
           "gpt-5.2 number10.5 true good x 5");
    expect((const char *const[]){"who=", "always=yes", NULL}, "kimi-k2.5 number7 true fast nil ");
}

static void refused(const char *source, const char *option, const char *said) {
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(opened(p, source, (const char *const[]){option, NULL}), YZ_EINVAL);
    yz_buf_char(&p->diag.text, '\0');
    if (!strstr(p->diag.text.p, said))
        fail_msg("%s: expected \"%s\" in \"%s\"", option, said, p->diag.text.p);
    pw_close(p);
    free(p);
}

static void what_is_wrong_is_found_at_once(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"limit=many", "options: limit is \"many\", but should be a number from 1 to 100"},
        {"limit=0", "options: limit is \"0\", but should be a number from 1 to 100"},
        {"limit=", "options: limit is \"\", but should be a number from 1 to 100"},
        {"always=maybe", "options: always is \"maybe\", but should be true or false"},
        {"mode=best", "options: mode is \"best\", but should be one of \"fast\", \"good\""},
        {"model=kimi-k2", "options: model: there is no model \"kimi-k2\": did you mean \"kimi-k2.5\"?"},
        {"model=zzzzzzzzz", "options: model: there is no model \"zzzzzzzzz\": configure it, or name one that is"},
        {"limti=5", "options: there is no \"limti\": did you mean \"limit\"?"},
        {"zzzzzz=5", "options: there is no \"zzzzzz\": it takes always, limit, mode, model, note, who"},
        {"mode=fast", "options: who is missing: who is asked"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(DECLARED SHOWS, wrong[i][0], wrong[i][1]);
}

static void declarations_are_checked(void **state) {
    (void)state;
#define END " return function() end"
    refused("options { x = { type = 'colour' } }" END, "x=1",
            "options: x: its type is \"colour\", but should be string, number, boolean, model, list, map or table");
    refused("options { x = { hlep = '' } }" END, "x=1", "options: x: an option is described by type, default, help");
    refused("options { x = 5 }" END, "x=1", "options: x is a number, but should be a table");
    refused("options { 'x' }" END, "x=1", "options takes at most 64 options by name");
    refused("options {} options {}" END, "x=1", "options is said twice");
    refused("options { x = { type = 'number', default = 'a' } }" END, "y=1", "options: x is \"a\", but should be a number");
}

/* A file that declares nothing takes what comes, as text. */
static void undeclared_ones_are_texts(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    const char *source = "return function(req, next) req:because(req.options.any .. tostring(req.options.none)) return next(req) end";
    assert_int_equal(opened(p, source, (const char *const[]){"any=thing", NULL}), YZ_OK);
    pw_ask(p, "gpt-5.2", "\"messages\":[]", 0);
    assert_string_equal(strstr(p->note, "; ") + 2, "thingnil");
    pw_close(p);
    free(p);
}

/* ---- tables in options ---------------------------------------------------------------------------------------------------------- */

#define IN "\x1f"
#define NESTED                                                                                                                             \
    "options { tiers = { type = 'map', of = { type = 'table', fields = { model = { type = 'model', required = true },\n"                   \
    "  seats = { type = 'number', default = 1 } } } }, order = { type = 'list', of = { type = 'model' }, default = { 'kimi-k2.5' } },\n"   \
    "  hours = { type = 'table', fields = { from = { type = 'number', default = 8 }, to = { type = 'number', default = 18 } } } }\n"
#define SHOWS_NESTED                                                                                                                       \
    "return function(req, next) local o = req.options local names = {} for name, tier in pairs(o.tiers or {}) do\n"                        \
    "  names[#names + 1] = name .. '=' .. tier.model .. 'x' .. tier.seats end table.sort(names)\n"                                         \
    "  o.order[1] = o.order[1] .. '!' req:because(table.concat(names, ',') .. ' ' .. table.concat(req.options.order, ',') .. ' ' ..\n"     \
    "  (o.hours and o.hours.from .. '-' .. o.hours.to or 'always')) return next(req) end\n"

static void expect_nested(const char *const *options, const char *shown) {
    policy_world *p = calloc(1, sizeof *p);
    if (opened(p, NESTED SHOWS_NESTED, options) != YZ_OK) {
        yz_buf_char(&p->diag.text, '\0');
        fail_msg("%s", p->diag.text.p);
    }
    for (int i = 0; i < 2; i++) { /* the second request finds what the first one found */
        pw_ask(p, "gpt-5.2", "\"messages\":[]", 0);
        assert_int_equal(policy_errors(p), 0);
        assert_string_equal(strstr(p->note, "; ") + 2, shown);
    }
    pw_close(p);
    free(p);
}

static void tables_in_tables_have_their_types(void **state) {
    (void)state;
    expect_nested((const char *const[]){NULL}, " kimi-k2.5 always");
    expect_nested((const char *const[]){"hours" IN "=", "order" IN "1=gpt-5.2", "order" IN "2=claude-opus-4-6",
                                        "tiers" IN "gpt-5.2" IN "model=gpt-5.2", "tiers" IN "silver" IN "model=kimi-k2.5",
                                        "tiers" IN "silver" IN "seats=3", NULL},
                  "gpt-5.2=gpt-5.2x1,silver=kimi-k2.5x3 gpt-5.2,claude-opus-4-6 8-18");
    expect_nested((const char *const[]){"hours" IN "to=20", "order" IN "=", "order" IN "1=gpt-5.2", NULL}, " gpt-5.2 8-20");
}

static void what_is_wrong_in_tables_is_found(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"tiers=x", "options: tiers is one value, but should be a map"},
        {"tiers" IN "gold=x", "options: tiers.gold is one value, but should be a table"},
        {"tiers" IN "gold" IN "model=kimi-k2", "options: tiers.gold.model: there is no model \"kimi-k2\": did you mean \"kimi-k2.5\"?"},
        {"tiers" IN "gold" IN "seats=2", "options: tiers.gold.model is missing"},
        {"tiers" IN "gold" IN "seets=2", "options: there is no \"tiers.gold.seets\": did you mean \"seats\"?"},
        {"tiers" IN "gold" IN "seats" IN "1=2", "options: tiers.gold.seats is a table, but should be a number"},
        {"order" IN "first=gpt-5.2", "options: order is a table with names, but should be a list"},
        {"order" IN "1=gpt-5", "options: order.1: there is no model \"gpt-5\""},
        {"hours" IN "form=3", "options: there is no \"hours.form\": did you mean \"from\"?"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(NESTED SHOWS_NESTED, wrong[i][0], wrong[i][1]);
}

static void declarations_of_tables_are_checked(void **state) {
    (void)state;
    refused("options { x = { type = 'list' } }" END, "y=1", "options: x: a list has values of one kind, as in of = { type = \"model\" }");
    refused("options { x = { type = 'table' } }" END, "y=1", "options: x: a table has fields");
    refused("options { x = { type = 'list', of = { type = 'colour' } } }" END, "y=1", "its type is \"colour\"");
    refused("options { x = { type = 'table', fields = { 'a' } } }" END, "y=1", "options takes at most 64 options by name");
    refused("local s = { type = 'list' } s.of = s options { x = s }" END, "y=1", "options are nested at most 4 deep");
    refused("options { x = { type = 'list', of = {}, default = 3 } }" END, "y=1", "options: x is one value, but should be a list");
    refused("options { x = { default = function() end } }" END, "y=1", "options: x is by default nothing that can stand in a config");
    refused("local t = {} t[1] = t options { x = { type = 'list', of = {}, default = t } }" END, "y=1",
            "nothing that can stand in a config");
    refused("options { x = setmetatable({}, { __index = function() error() end }), y = 5 }" END, "z=1", "options: y is a number");
}

static void undeclared_tables_are_of_texts(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    const char *source =
        "return function(req, next) local o = req.options req:because(o.list[2] .. o.list[1].deep .. tostring(o.none[1]) .. #o.list) "
        "return next(req) end";
    assert_int_equal(opened(p, source, (const char *const[]){"list" IN "1" IN "deep=a", "list" IN "2=b", "none" IN "=", NULL}), YZ_OK);
    pw_ask(p, "gpt-5.2", "\"messages\":[]", 0);
    assert_string_equal(strstr(p->note, "; ") + 2, "banil2");
    pw_close(p);
    free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(have_their_types),
        cmocka_unit_test(what_is_wrong_is_found_at_once),
        cmocka_unit_test(declarations_are_checked),
        cmocka_unit_test(undeclared_ones_are_texts),
        cmocka_unit_test(tables_in_tables_have_their_types),
        cmocka_unit_test(what_is_wrong_in_tables_is_found),
        cmocka_unit_test(declarations_of_tables_are_checked),
        cmocka_unit_test(undeclared_tables_are_of_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
