/* test_config_oidc.c: what stands in admin's `oidc`: what is taken, what is refused and in which words. */
#include "config_world.h"

static const yz_settings *read_text(const char *text) { return yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag); }

#define ADMIN(options) "listen '127.0.0.1:1' chain {} admin '127.0.0.1:2' { " options " }"
#define TOKEN          "token = '0123456789abcdef', "
#define ISSUER         "issuer = 'https://login.example.com/realms/x', "
#define CLIENT         "client_id = 'yuzui', "
#define ROLES          "roles = { { value = 'ops', role = 'operate' } }, "
#define URL            "url = 'https://gateway.example.com', "

static const yz_oidc_settings *read_good(const char *text) {
    const yz_settings *settings = read_text(text);
    if (!settings)
        fail_msg("refused: %s", said());
    assert_non_null(settings->oidc);
    return settings->oidc;
}

static void test_good(void **state) {
    (void)state;
    const yz_oidc_settings *oidc = read_good(ADMIN(TOKEN "oidc = { " ISSUER CLIENT URL ROLES "}"));
    assert_true(yz_str_is(oidc->redirect_uri, "https://gateway.example.com/console/signed-in"));
    assert_true(yz_str_is(oidc->label, "login.example.com") && oidc->session == 4 * 3600000 && oidc->scopes.n == 3 && oidc->tls);
    uint8_t print[32];
    memcpy(print, oidc->print, 32);
    oidc = read_good(ADMIN(TOKEN "oidc = { " ISSUER CLIENT "url = 'https://Gateway.example.com:443/', label = 'L', " ROLES "}"));
    assert_true(yz_str_is(oidc->url, "https://gateway.example.com")); /* as a browser says it */
    assert_memory_equal(print, oidc->print, 32);
    oidc = read_good(ADMIN(TOKEN "oidc = { " ISSUER CLIENT URL "roles = { { value = 'ops', role = 'money' } } }"));
    assert_memory_not_equal(print, oidc->print, 32); /* who was signed in for `operate` is so no more */
    oidc = read_good(ADMIN(TOKEN "oidc = { issuer = 'http://127.0.0.1:9/x', url = 'http://[::1]:8081', " CLIENT ROLES "}"));
    assert_true(yz_str_is(oidc->url, "http://[::1]:8081") && !oidc->tls);
    assert_null(strstr(said(), "oidc"));
    read_good(ADMIN("tokens = { { name = 'a', token = '0123456789abcdef' } }, edit_policies = '/tmp/v', oidc = { " ISSUER CLIENT URL
                    "roles = { { value = 'ops', role = 'operate', policies = true } } }"));
}

static void test_broken(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {ADMIN("oidc = { " ISSUER CLIENT URL ROLES "}"), "admin: oidc needs a token beside it"},
        {ADMIN(TOKEN "oidc = { " CLIENT URL ROLES "}"), "issuer"},
        {ADMIN(TOKEN "oidc = { " ISSUER URL ROLES "}"), "client_id"},
        {ADMIN(TOKEN "oidc = { " ISSUER CLIENT ROLES "}"), "url"},
        {ADMIN(TOKEN "oidc = { " ISSUER CLIENT URL "}"), "roles"},
        {ADMIN(TOKEN "oidc = { " ISSUER CLIENT URL "roles = {} }"), "roles is empty, so that nobody is let in"},
        {ADMIN(TOKEN "oidc = { " ISSUER CLIENT URL "roles = { { value = '' } } }"), "roles[1]: value should say what the claim must be"},
        {ADMIN(TOKEN "oidc = { " ISSUER CLIENT URL "roles = { { value = 'x', policies = true } } }"), "policies = true needs role"},
        {ADMIN(TOKEN "oidc = { " ISSUER CLIENT URL "roles = { { value = 'x', role = 'root' } } }"), "root"},
        {ADMIN(TOKEN "oidc = { issuer = 'login.example.com', " CLIENT URL ROLES "}"), "issuer should begin with https://"},
        {ADMIN(TOKEN "oidc = { issuer = 'http://login.example.com', " CLIENT URL ROLES "}"),
         "issuer is \"http://login.example.com\": it should begin with https://"},
        {ADMIN(TOKEN "oidc = { issuer = 'https://a:b@login.example.com', " CLIENT URL ROLES "}"), "issuer holds a user or a password"},
        {ADMIN(TOKEN "oidc = { issuer = 'https://l.example/.well-known/openid-configuration', " CLIENT URL ROLES "}"),
         "issuer is the address without /.well-known"},
        {ADMIN(TOKEN "oidc = { url = 'https://gateway.example.com/console', " ISSUER CLIENT ROLES "}"),
         "url should have no path, not \"/console\""},
        {ADMIN(TOKEN "oidc = { url = 'http://gateway.example.com', " ISSUER CLIENT ROLES "}"), "url is \"http://gateway.example.com\""},
        {ADMIN(TOKEN "oidc = { scopes = { 'email' }, " ISSUER CLIENT URL ROLES "}"), "scopes should hold \"openid\""},
        {ADMIN(TOKEN "oidc = { scopes = { 'openid email' }, " ISSUER CLIENT URL ROLES "}"), "should be one word"},
        {ADMIN(TOKEN "oidc = { session = '2d', " ISSUER CLIENT URL ROLES "}"), "session"},
        {ADMIN(TOKEN "oidc = { ca = '/nowhere.pem', " ISSUER CLIENT URL ROLES "}"), "admin: oidc: ca"},
        {ADMIN(TOKEN "oidc = { redirect_uri = 'x', " ISSUER CLIENT URL ROLES "}"), "there is no option \"oidc.redirect_uri\""},
        {ADMIN(TOKEN "oidc = { client_secret = env 'YUZUI_NOT_SET', " ISSUER CLIENT URL ROLES "}"), "YUZUI_NOT_SET"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool refused = !read_text(cases[i][0]);
        if (!refused || !strstr(said(), cases[i][1]))
            fail_msg("for: %s\nrefused: %d\nsaid: %s\nwanted: %s", cases[i][0], refused, said(), cases[i][1]);
        diag.text.n = 0;
        diag.errors = diag.warnings = 0;
    }
    assert_non_null(read_text(ADMIN(TOKEN "oidc = { " ISSUER CLIENT URL "roles = { { claim = 'sub', value = '*', role = 'money' } } }")));
    assert_non_null(strstr(said(), "whoever has an account at the issuer"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
