/* config_world.h: what tests of the config begin and end with: an arena for the settings, and what was said of them. */
#ifndef CONFIG_WORLD_H
#define CONFIG_WORLD_H

#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static yz_arena *arena;
static yz_diag diag;

static int set_up(void **state) {
    (void)state;
    arena = yz_arena_new(NULL);
    diag = (yz_diag){0};
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    yz_diag_free(&diag);
    yz_arena_free(arena);
    return 0;
}

/* All of it, as one text. */
static inline const char *said(void) {
    yz_buf_char(&diag.text, '\0');
    return diag.text.p;
}

#endif
