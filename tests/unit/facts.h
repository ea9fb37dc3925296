/* facts.h: what the shipped catalogue knows of a model, for tests of adapters. */
#ifndef YUZUI_TESTS_FACTS_H
#define YUZUI_TESTS_FACTS_H

#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"

#include <stdlib.h>

/* NULL: nothing. */
static inline const yz_model_facts *facts_of(const char *model) {
    static yz_settings *settings;
    if (!settings) {
        yz_diag diag = {0};
        setenv("YUZUI_FLAVOURS", YZ_SOURCE_FOLDER "/flavours", 1);
        settings = yz_settings_read_text("yuzui.lua", YZ_STR("listen '127.0.0.1:1' chain {}"), yz_arena_new(NULL), &diag);
        yz_diag_free(&diag);
    }
    return settings ? yz_flavours_model(&settings->flavours, NULL, yz_str_of(model)) : NULL;
}

#endif
