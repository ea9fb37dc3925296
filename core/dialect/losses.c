/* dialect/losses.c: what a translation could not carry, and how (yuzui/chat.h has the contract).
 *
 * An entry is a text as the header has it, "temperature;approximated", so that whoever copies a list name by name, or keeps it with a
 * recorded answer, copies how each was lost, too: it is read here again, and nowhere else.
 *
 * A field's name may be any text that its client has made up. So what reads as something else in a list, a header or a line of the log is
 * percent-encoded as in an address ("a%3Bb"): no name is another's mark, two names, or the count of the others.
 *
 * A client chooses how many names there are, and they end in a header: so the first are listed, and of the others it is told how many
 * there are, in a last entry that reads like one more ("and 12 more"). So whoever copies a list name by name copies that, too.
 */
#include "dialect/losses.h"

#include <stddef.h>
#include <stdio.h>

#define LOSSES_MAX    64  /* names that are listed */
#define LOSS_NAME_MAX 128 /* bytes of a field's */
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

/* ---- entries -------------------------------------------------------------------------------------------------------- */

static bool is_plain(char c) { return c >= ' ' && c <= '~' && c != ';' && c != ',' && c != '"' && c != '\\' && c != '%'; }

/* Does it stand as it is? `encoded`: it was encoded before. */
static bool stands(yz_str field, size_t i, bool encoded) {
    bool outer = i == 0 || i + 1 == field.n;
    return is_plain(field.p[i]) ? field.p[i] != ' ' || !outer : encoded && field.p[i] == '%';
}

/* As it stands in an entry, no longer than one may be. */
static yz_str told(yz_arena *arena, yz_str field, bool encoded) {
    bool forged = !encoded && yz_losses_more(field) > 0;
    size_t plain = 0;
    while (!forged && plain < field.n && stands(field, plain, encoded))
        plain++;
    if (plain == field.n || plain >= LOSS_NAME_MAX)
        return (yz_str){field.p, field.n < LOSS_NAME_MAX ? field.n : LOSS_NAME_MAX};
    char text[LOSS_NAME_MAX + 4];
    size_t n = 0;
    for (size_t i = 0; i < field.n && n < LOSS_NAME_MAX; i++) {
        bool kept = stands(field, i, encoded) && !(forged && i == 0);
        size_t more = kept ? 1 : 3;
        if (n + more > LOSS_NAME_MAX)
            break;
        if (kept)
            text[n] = field.p[i];
        else
            snprintf(text + n, sizeof text - n, "%%%02X", (unsigned)(unsigned char)field.p[i]);
        n += more;
    }
    return yz_dup(arena, yz_str_at(text, n));
}

/* The gravest first, as in the enum. */
static const char *const hows[] = {[YZ_DROPPED] = "", [YZ_APPROXIMATED] = ";approximated", [YZ_EMULATED] = ";emulated"};
static const unsigned n_hows = sizeof hows / sizeof *hows;

yz_loss yz_loss_of(yz_str entry, yz_str *field) {
    *field = entry;
    for (unsigned how = YZ_APPROXIMATED; how < n_hows; how++) {
        size_t n = strlen(hows[how]);
        if (entry.n <= n || memcmp(entry.p + entry.n - n, hows[how], n) != 0)
            continue;
        field->n = entry.n - n;
        return (yz_loss)how;
    }
    return YZ_DROPPED;
}

const char *yz_loss_mark(yz_loss how) { return (unsigned)how < n_hows ? hows[how] : hows[YZ_DROPPED]; }

yz_str yz_losses_said(const yz_losses *losses, yz_arena *arena) {
    yz_buf text = {0};
    for (size_t i = 0; i < losses->n; i++) {
        yz_str field;
        yz_loss how = yz_loss_of(losses->names[i], &field);
        yz_buf_lit(&text, i ? ", " : "");
        yz_buf_str(&text, field);
        if (how != YZ_DROPPED)
            yz_buf_printf(&text, " (%s)", hows[how] + 1);
    }
    yz_str said = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return said;
}

/* The entry of this field; NULL: it is not listed. */
static yz_str *entry_of(const yz_losses *losses, yz_str field) {
    for (size_t i = 0; i < losses->n; i++) {
        yz_str *entry = &losses->names[i], other;
        if (entry->n < field.n || memcmp(entry->p, field.p, field.n) != 0)
            continue;
        yz_loss_of(*entry, &other);
        if (other.n == field.n)
            return entry;
    }
    return NULL;
}

/* ---- the list ------------------------------------------------------------------------------------------------------- */

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

static yz_str text_of(yz_arena *arena, yz_str field, yz_loss how) {
    const char *mark = yz_loss_mark(how);
    size_t n = strlen(mark);
    char *text = yz_alloc_bytes(arena, field.n + n + 1);
    memcpy(text, field.p, field.n);
    memcpy(text + field.n, mark, n + 1);
    return (yz_str){text, field.n + n};
}

/* `field` as it stands in an entry. */
static void add(yz_losses *losses, yz_str field, yz_loss how) {
    yz_str *listed = entry_of(losses, field), other;
    bool full = losses->n >= LOSSES_MAX;
    size_t more = full ? yz_losses_more(field) : 0;
    if (listed && how < yz_loss_of(*listed, &other))
        *listed = text_of(losses->arena, field, how);
    else if (!listed && !full)
        append(losses, text_of(losses->arena, field, how));
    else if (more > 0)
        count(losses, more);
    else if (!listed && is_new(losses, field))
        count(losses, 1);
}

void yz_lose_as(yz_losses *losses, const char *field, yz_loss how) {
    yz_str name = told(losses->arena, yz_str_at(field, strnlen(field, LOSS_NAME_MAX)), false);
    add(losses, name, (unsigned)how < n_hows ? how : YZ_DROPPED);
}

void yz_lose(yz_losses *losses, const char *field) { yz_lose_as(losses, field, YZ_DROPPED); }

void yz_losses_copy(yz_losses *losses, const yz_str *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        yz_str field;
        yz_loss how = yz_loss_of(names[i], &field);
        add(losses, told(losses->arena, field, true), how);
    }
}
