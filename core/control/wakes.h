/* control/wakes.h: the stages of a share that have work of their own (yz_filter.wake): when each begins a call. Worker thread. */
#ifndef YUZUI_CONTROL_WAKES_H
#define YUZUI_CONTROL_WAKES_H

#include "generation.h"

/* While it is built, when its stages are open: control thread. */
void yz_wakes_add(yz_share *share);
/* The share has become its worker's current one. */
void yz_wakes_start(yz_share *share);
/* It is that no longer: no more calls begin, and those that run go on. */
void yz_wakes_stop(const yz_share *share);

#endif
