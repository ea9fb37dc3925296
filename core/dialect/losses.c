/* dialect/losses.c: what a translation could not carry (yuzui/chat.h has the contract). */
#include <yuzui/chat.h>

#define LOSSES_MAX    64  /* names reported: clients choose them, and they end in a header */
#define LOSS_NAME_MAX 128 /* bytes of one */

yz_losses *yz_losses_new(yz_arena *arena) {
    yz_losses *losses = yz_alloc(arena, sizeof *losses);
    losses->size = sizeof *losses;
    losses->arena = arena;
    return losses;
}

void yz_lose(yz_losses *losses, const char *field) {
    yz_str name = {field, strnlen(field, LOSS_NAME_MAX)};
    if (losses->n == LOSSES_MAX)
        return;
    for (size_t i = 0; i < losses->n; i++)
        if (yz_str_eq(losses->names[i], name))
            return;
    if (losses->n == losses->cap) {
        size_t cap = losses->cap ? losses->cap * 2 : 8;
        yz_str *names = yz_alloc(losses->arena, cap * sizeof *names);
        if (losses->n)
            memcpy(names, losses->names, losses->n * sizeof *names);
        losses->names = names;
        losses->cap = cap;
    }
    losses->names[losses->n++] = yz_dup(losses->arena, name);
}
