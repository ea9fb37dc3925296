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
            "options: x: its type is \"colour\", but should be string, number, boolean or model");
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(have_their_types),
        cmocka_unit_test(what_is_wrong_is_found_at_once),
        cmocka_unit_test(declarations_are_checked),
        cmocka_unit_test(undeclared_ones_are_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
