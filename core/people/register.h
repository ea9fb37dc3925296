/* people/register.h: what a register is made of: for register.c and directory.c. */
#ifndef YUZUI_PEOPLE_REGISTER_H
#define YUZUI_PEOPLE_REGISTER_H

#include "people/directory.h"

#include <stdatomic.h>

typedef struct yz_held {
    _Atomic size_t refs;
    yz_arena *arena; /* it lives there itself */
    yz_person person;
} yz_held;
void yz_held_unref(yz_held *held);

/* A table with open places. */
struct yz_register {
    yz_held **places;
    size_t n, cap; /* cap: a power of two, or 0 */
};
/* NULL: there is none. */
const yz_held *yz_register_find(const yz_register *reg, yz_person_kind kind, yz_str name);

#endif
