/* sides.h: the four adapters as they are, each as a client's side and as a provider's. */
#ifndef SIDES_H
#define SIDES_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/hmac.h"
#include "cli/conform.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *plugin, *model;
} tried[] = {{"openai", "gpt-4o"}, {"anthropic", "claude-sonnet-4-5"}, {"gemini", "gemini-2.5-flash"}, {"responses", "gpt-5.2"}};
#define TRIED (sizeof tried / sizeof *tried)

typedef struct side {
    const yz_adapter *adapter;
    const void *config;
    const char *model;
} side;

static side sides[TRIED];
static yz_arena *kept, *arena; /* of the run, of a case */

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    yz_hmac_secret_set(YZ_STR("one secret for every run"));
    kept = yz_arena_new(NULL);
    for (size_t i = 0; i < TRIED; i++) {
        yz_str file = yz_format(kept, "%s/plugins/%s.so", YZ_BUILD_FOLDER, tried[i].plugin);
        const yz_plugin *plugin = yz_plugin_load(file.p, &diag);
        const void *config = plugin ? yz_options_config(plugin, NULL, kept, &diag) : NULL;
        if (!config)
            fail_msg("%.*s", (int)diag.text.n, diag.text.p);
        sides[i] = (side){plugin->adapter, config, tried[i].model};
    }
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(kept);
    return 0;
}

#endif
