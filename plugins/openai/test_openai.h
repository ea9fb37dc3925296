/* plugins/openai/test_openai.h: what the tests of the openai adapter share. */
#ifndef OPENAI_TEST_OPENAI_H
#define OPENAI_TEST_OPENAI_H

#include "base/arena.h"
#include "base/diag.h"
#include "cli/conform.h"
#include "dialect/losses.h"
#include "facts.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include "openai.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const yz_adapter *adapter;
static const oa_config *defaults;
static yz_arena *arena;

static inline int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_plugin *plugin = yz_plugin_load(YZ_BUILD_FOLDER "/plugins/openai.so", &diag);
    assert_non_null(plugin);
    defaults = yz_options_config(plugin, NULL, arena, &diag);
    assert_non_null(defaults);
    assert_null(yz_options_fault(plugin->options, plugin->n_options, plugin->config_size, arena));
    adapter = plugin->adapter;
    yz_diag_free(&diag);
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

static yz_losses losses;

static inline void has(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no %s in\n%s", part, text);
}

static inline void has_not(const char *text, const char *part) {
    if (strstr(text, part))
        fail_msg("%s in\n%s", part, text);
}

static inline bool lost(const char *field) {
    for (size_t i = 0; i < losses.n; i++)
        if (yz_str_is(losses.names[i], field))
            return true;
    return false;
}

/* A body as it goes to a provider of the same dialect with these options. */
static inline const char *mended_for(const char *model, const oa_config *config, yz_op op, const char *body) {
    yz_provider provider = {YZ_PROVIDER, .adapter = adapter, .config = config};
    yz_target target = {YZ_TARGET, .provider = &provider, .model = yz_str_of(model), .facts = facts_of(model)};
    yz_request request = {YZ_REQUEST, .dialect = adapter, .op = op, .body = yz_str_of(body)};
    yz_json *json;
    assert_int_equal(yz_json_parse(arena, request.body, 0, &json, NULL), YZ_OK);
    request.json = json;
    request.model_node = yz_json_get(json, "model");
    losses = (yz_losses){YZ_LOSSES, .arena = arena};
    const yz_request *out = adapter->mend(&request, &target, arena, &losses);
    return out == &request ? body : yz_dup(arena, out->body).p;
}

static inline const char *mended_as(const oa_config *config, yz_op op, const char *body) { return mended_for("m", config, op, body); }
static inline const char *mended(const oa_config *config, const char *body) { return mended_as(config, YZ_OP_CHAT, body); }

#endif
