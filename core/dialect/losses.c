/* dialect/losses.c: what a translation could not carry (yuzui/chat.h has the contract).
 *
 * A client chooses how many names there are, and they end in a header: so the first are listed, and of the others it is told how many
 * there are, in a last entry that reads like one more ("and 12 more"). So whoever copies a list name by name copies that, too.
 */
#include "dialect/losses.h"

#include <stddef.h>
#include <stdio.h>

#define LOSSES_MAX    64  /* names that are listed */
#define LOSS_NAME_MAX 128 /* bytes of one */
#define OTHERS_MAX    512 /* of the others those that are told apart, by their hashes; whatever comes after them is one more */

yz_losses *yz_losses_new(yz_arena *arena) {
    yz_losses *losses = yz_alloc(arena, sizeof *losses);
    losses->size = sizeof *losses;
    losses->arena = arena;
    return losses;
}

size_t yz_losses_more(yz_str name) {
    static const char begin[] = "and ", end[] = " more";
    size_t n = 0, digits = name.n - (sizeof begin - 1) - (sizeof end - 1);
    if (name.n < sizeof begin + sizeof end - 1 || digits > 9 || !yz_str_starts(name, begin) ||
        memcmp(name.p + name.n - (sizeof end - 1), end, sizeof end - 1) != 0)
        return 0;
    for (size_t i = 0; i < digits; i++) {
        char c = name.p[sizeof begin - 1 + i];
        if (c < '0' || c > '9')
            return 0;
        n = n * 10 + (size_t)(c - '0');
    }
    return n;
}

static bool is_listed(const yz_losses *losses, yz_str name) {
    for (size_t i = 0; i < losses->n; i++)
        if (yz_str_eq(losses->names[i], name))
            return true;
    return false;
}

static void append(yz_losses *losses, yz_str name) {
    if (losses->n == losses->cap) {
        size_t cap = losses->cap ? losses->cap * 2 : 8;
        yz_str *names = yz_alloc(losses->arena, cap * sizeof *names);
        if (losses->n)
            memcpy(names, losses->names, losses->n * sizeof *names);
        losses->names = names;
        losses->cap = cap;
    }
    losses->names[losses->n++] = name;
}

/* Was it not counted before? The place of its hash is where it may stand: half of the places are never taken, so the search ends. */
static bool is_new(yz_losses *losses, yz_str name) {
    enum { PLACES = 2 * OTHERS_MAX };
    if (losses->size < offsetof(yz_losses, n_others) + sizeof losses->n_others)
        return true; /* of a plugin that is older */
    if (!losses->others)
        losses->others = yz_alloc(losses->arena, PLACES * sizeof *losses->others);
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * 1099511628211u;
    size_t at = h % PLACES;
    for (; losses->others[at]; at = (at + 1) % PLACES)
        if (losses->others[at] == (h | 1))
            return false;
    if (losses->n_others == OTHERS_MAX)
        return true;
    losses->others[at] = h | 1;
    losses->n_others++;
    return true;
}

/* The entry is written anew in its place, since there may be as many as a body has fields. */
static void count(yz_losses *losses, size_t more) {
    enum { ROOM = 32, MOST = 999999999 };
    if (losses->n == LOSSES_MAX)
        append(losses, (yz_str){yz_alloc_bytes(losses->arena, ROOM), 0});
    yz_str *last = &losses->names[LOSSES_MAX];
    size_t sum = more + yz_losses_more(*last);
    last->n = (size_t)snprintf((char *)(uintptr_t)last->p, ROOM, "and %zu more", sum < MOST ? sum : MOST);
}

void yz_lose(yz_losses *losses, const char *field) {
    yz_str name = {field, strnlen(field, LOSS_NAME_MAX)};
    if (losses->n < LOSSES_MAX && !is_listed(losses, name))
        append(losses, yz_dup(losses->arena, name));
    else if (losses->n >= LOSSES_MAX && yz_losses_more(name) > 0)
        count(losses, yz_losses_more(name));
    else if (losses->n >= LOSSES_MAX && !is_listed(losses, name) && is_new(losses, name))
        count(losses, 1);
}
