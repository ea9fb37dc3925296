/* test_config_nodes.c: a provider that is reached at several addresses: each is a target, and what is wrong with one is told. */
#include "config_world.h"

/* They share the provider's weight, its keys and its name. */
static void test_nodes(void **state) {
    (void)state;
    const yz_settings *s = yz_settings_read_text(
        "yuzui.lua",
        YZ_STR("listen ':1'\nprovider 'kimi' { adapter = 'openai', keys = { 'sk-one', 'sk-two' }, nodes = {\n"
               "  { 'https://api.moonshot.cn/v1', name = 'cn', weight = 2 }, 'https://api.moonshot.ai', 'http://10.0.0.7:8000/v1/' } }\n"
               "provider 'plain' { adapter = 'openai', key = 'sk-three', base_url = 'http://127.0.0.1:1/v1' }\n"
               "model 'kimi-k2.5' { { 'kimi', weight = 2, concurrency = 7 }, 'plain' }\nmodel 'alone' { 'plain' }\nchain {}\n"),
        arena, &diag);
    assert_non_null(s);
    assert_int_equal(s->n_providers, 2);
    const yz_model_settings *model = yz_model_find(s, YZ_STR("kimi-k2.5"));
    assert_int_equal(model->n_targets, 4);
    static const char *const names[] = {"kimi@cn/kimi-k2.5", "kimi@2/kimi-k2.5", "kimi@3/kimi-k2.5", "plain/kimi-k2.5"};
    static const char *const hosts[] = {"api.moonshot.cn", "api.moonshot.ai", "10.0.0.7", "127.0.0.1"};
    static const uint32_t weights[] = {1000, 500, 500, 1000};
    for (size_t i = 0; i < 4; i++) {
        const yz_target *target = model->targets[i];
        const yz_provider_settings *at = (const yz_provider_settings *)(const void *)target->provider;
        assert_string_equal(yz_target_name(arena, target).p, names[i]);
        assert_true(yz_str_is(at->base.host, hosts[i]) && yz_str_is(at->base.path, "/v1"));
        assert_int_equal(target->weight, weights[i]);
        assert_int_equal(target->concurrency, i < 3 ? 7 : 0);
        assert_true(i == 3 || (at->ring == s->providers[0]->ring && at->ring));
        assert_true((at->tls != NULL) == at->base.tls);
    }
    assert_ptr_equal(model->targets[0]->provider, &s->providers[0]->pub); /* what is stored is asked of the first */
    assert_int_equal(yz_model_find(s, YZ_STR("alone"))->targets[0]->weight, 1);
}

/* The flavour of OpenAI has models that another adapter reaches: so it is at every node; and its address gives way to them. */
static void test_nodes_of_a_flavour(void **state) {
    (void)state;
    const yz_settings *s = yz_settings_read_text(
        "yuzui.lua",
        YZ_STR("listen ':1'\nprovider 'o' { flavour = 'openai', key = 'sk', nodes = { 'http://127.0.0.1:1', 'http://127.0.0.1:2' } }\n"
               "model 'gpt-5.3-codex' { 'o' }\nmodel 'gpt-4*' { 'o' }\nchain {}\n"),
        arena, &diag);
    assert_non_null(s);
    const yz_model_settings *model = yz_model_find(s, YZ_STR("gpt-5.3-codex"));
    assert_int_equal(model->n_targets, 2);
    for (size_t i = 0; i < 2; i++) {
        const yz_provider_settings *at = (const yz_provider_settings *)(const void *)model->targets[i]->provider;
        assert_string_equal(at->pub.adapter->dialect, "openai-responses");
        assert_int_equal(at->base.port, i + 1);
    }
}

static void test_wrong_nodes(void **state) {
    (void)state;
    static const char *const table[][2] = {
        {"nodes = 'https://a.example'", "nodes should be a list of 1 to 32 addresses"},
        {"nodes = {}", "nodes should be a list of 1 to 32 addresses"},
        {"nodes = { 3 }", "nodes[1] should be an address, or"},
        {"nodes = { 'https://a.example', { 'https://b.example', wieght = 2 } }", "weight"},
        {"nodes = { 'https://a.example', { 'https://b.example', name = '1' } }", "nodes[2]: another node is called \"1\" as well"},
        {"nodes = { { 'https://a.example', name = 'a/b' } }", "holds a / or an @"},
        {"nodes = { 'a.example' }", "nodes[1]: base_url should begin with https://"},
        {"base_url = 'https://b.example', nodes = { 'https://a.example' }", "of base_url and nodes one can be said"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        char text[512];
        snprintf(text, sizeof text, "listen ':1' provider 'a' { adapter = 'openai', key = 'sk', %s } model 'm' { 'a' } chain {}",
                 table[i][0]);
        diag.text.n = 0;
        assert_null(yz_settings_read_text("yuzui.lua", yz_str_of(text), arena, &diag));
        yz_buf_char(&diag.text, '\0');
        if (!strstr(diag.text.p, table[i][1]))
            fail_msg("for: %s\nsaid:     %s\nexpected: %s", text, diag.text.p, table[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nodes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nodes_of_a_flavour, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_nodes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
