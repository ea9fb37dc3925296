/* price_world.h: as config_world.h, and without the installed prices. */
#ifndef PRICE_WORLD_H
#define PRICE_WORLD_H

#include "config_world.h"

#include <stdlib.h>

static int set_up_prices(void **state) {
    setenv("YUZUI_PRICES", "/nonexistent", 1);
    return set_up(state);
}

#endif
