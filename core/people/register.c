/* people/register.c: persons by kind and name. Each has an arena of its own and is counted, since directories of several moments share
 * those that did not change between them. */
#include "people/register.h"
#include "base/arena.h"
#include "base/log.h"

#include <stdlib.h>

void yz_held_unref(yz_held *held) {
    if (atomic_fetch_sub(&held->refs, 1) == 1)
        yz_arena_free(held->arena); /* it lives there */
}

yz_register *yz_register_new(void) { return yz_calloc(1, sizeof(yz_register)); }

void yz_register_free(yz_register *reg) {
    for (size_t i = 0; i < reg->cap; i++)
        if (reg->places[i])
            yz_held_unref(reg->places[i]);
    free(reg->places);
    free(reg);
}

static uint64_t hash_of(yz_person_kind kind, yz_str name) {
    uint64_t hash = 14695981039346656037u + (uint64_t)kind; /* FNV-1a */
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

static yz_held **place_of(const yz_register *reg, yz_person_kind kind, yz_str name) {
    size_t at = (size_t)hash_of(kind, name) & (reg->cap - 1);
    for (; reg->places[at]; at = (at + 1) & (reg->cap - 1))
        if (reg->places[at]->person.kind == kind && yz_str_eq(reg->places[at]->person.name, name))
            break;
    return &reg->places[at];
}

/* At most half full. */
static void make_room(yz_register *reg) {
    if (reg->n * 2 < reg->cap)
        return;
    yz_register old = *reg;
    reg->cap = old.cap ? old.cap * 2 : 64;
    reg->places = yz_calloc(reg->cap, sizeof *reg->places);
    for (size_t i = 0; i < old.cap; i++)
        if (old.places[i])
            *place_of(reg, old.places[i]->person.kind, old.places[i]->person.name) = old.places[i];
    free(old.places);
}

void yz_register_put(yz_register *reg, yz_person_kind kind, yz_str name, int64_t revision, yz_str data) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_held *held = yz_alloc(arena, sizeof *held);
    held->arena = arena;
    held->refs = 1;
    const char *fault = yz_person_of_record(&held->person, kind, name, revision, data, arena);
    if (fault) {
        yz_log(YZ_LOG_ERROR, "the record of the %.*s %.*s cannot be read, so it is refused: %s", YZ_STR_ARGS(yz_person_kind_word(kind)),
               YZ_STR_ARGS(name), fault);
        held->person.disabled = true;
    }
    make_room(reg);
    yz_held **place = place_of(reg, kind, held->person.name);
    if (*place)
        yz_held_unref(*place);
    else
        reg->n++;
    *place = held;
}

const yz_held *yz_register_find(const yz_register *reg, yz_person_kind kind, yz_str name) {
    return reg->cap > 0 ? *place_of(reg, kind, name) : NULL;
}
