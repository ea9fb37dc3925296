/* dialect/results.c: the results of calls, right behind the calls.
 *
 * A client may put something between a call and its result: Codex a message of the user, Claude Code a reminder (role system), others a
 * word of the assistant; and readers leave every part where its client put it. No provider takes that: after a turn that calls it wants the
 * results, and nothing else. So results that stand elsewhere move behind the last message before them that made a call of their id (of an
 * id that nobody called: behind the last that called at all); what stood between follows them, but for words of the assistant, which belong
 * to the turn that called and stand before its calls, so that the conversation goes on after the results.
 *
 * Calls are sorted by their ids and found by halving, so that a long conversation takes about as long for each message as a short one.
 */
#include "dialect/chat.h"

#include <stdlib.h>
#include <string.h>

typedef struct call {
    yz_str id;
    size_t at; /* number of its message */
} call;

typedef struct moved { /* a result, and the numbers of the message it stands in, and of the one that called */
    yz_part *part;
    size_t from, to;
} moved;

typedef struct order {
    yz_chat *chat;
    yz_arena *arena;
    yz_message **messages;
    size_t n;
    call *calls; /* sorted by id, then by place */
    size_t n_calls;
    moved *moved; /* in the order of the conversation; later sorted by where they go */
    size_t n_moved;
    bool *gone; /* messages of which nothing is left, or that were joined to another */
} order;

static bool calls_tool(const yz_message *message) {
    for (const yz_part *part = message->parts; part; part = part->next)
        if (part->kind == YZ_PART_TOOL_CALL)
            return true;
    return false;
}

/* Results, and nothing else? */
static bool is_results(const yz_message *message) {
    for (const yz_part *part = message->parts; part; part = part->next)
        if (part->kind != YZ_PART_TOOL_RESULT)
            return false;
    return message->role == YZ_ROLE_USER && message->parts;
}

static int by_id(yz_str a, yz_str b) {
    int beginning = memcmp(a.n ? a.p : "", b.n ? b.p : "", a.n < b.n ? a.n : b.n);
    return beginning ? beginning : a.n < b.n ? -1 : a.n > b.n;
}

static int compare_calls(const void *a, const void *b) {
    const call *x = a, *y = b;
    int ids = by_id(x->id, y->id);
    return ids ? ids : x->at < y->at ? -1 : x->at > y->at;
}

static int compare_moved(const void *a, const void *b) {
    const moved *x = *(const moved *const *)a, *y = *(const moved *const *)b;
    return x->to != y->to ? (x->to < y->to ? -1 : 1) : x < y ? -1 : x > y;
}

/* ---- what is there ---------------------------------------------------------------------------------------------------- */

/* False: nothing was called, or nothing answered. */
static bool list_all(order *o) {
    size_t results = 0;
    for (const yz_message *m = o->chat->messages; m; m = m->next, o->n++)
        for (const yz_part *part = m->parts; part; part = part->next) {
            o->n_calls += part->kind == YZ_PART_TOOL_CALL;
            results += part->kind == YZ_PART_TOOL_RESULT;
        }
    if (o->n_calls == 0 || results == 0)
        return false;
    o->messages = yz_alloc(o->arena, o->n * sizeof(yz_message *));
    o->calls = yz_alloc(o->arena, o->n_calls * sizeof *o->calls);
    o->moved = yz_alloc(o->arena, results * sizeof *o->moved);
    o->gone = yz_alloc(o->arena, o->n);
    size_t at = 0, n = 0;
    for (yz_message *m = o->chat->messages; m; o->messages[at++] = m, m = m->next)
        for (const yz_part *part = m->parts; part; part = part->next)
            if (part->kind == YZ_PART_TOOL_CALL)
                o->calls[n++] = (call){.id = part->id, .at = at};
    qsort(o->calls, o->n_calls, sizeof *o->calls, compare_calls);
    return true;
}

/* The message that the result in message `at` belongs behind: the last before it with a call of this id, or else `last`. */
static size_t called_at(const order *o, yz_str id, size_t at, size_t last) {
    call wanted = {.id = id, .at = at};
    size_t from = 0, to = o->n_calls;
    while (from < to) { /* the first call that is not before the wanted one */
        size_t middle = from + (to - from) / 2;
        if (compare_calls(&o->calls[middle], &wanted) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from > 0 && by_id(o->calls[from - 1].id, id) == 0 ? o->calls[from - 1].at : last;
}

/* Which results stand elsewhere than behind their calls, with nothing but other results between? */
static void find_moved(order *o) {
    size_t run = 0, last = SIZE_MAX; /* where the results in a row began; the last message that called */
    for (size_t at = 0; at < o->n; at++) {
        const yz_message *message = o->messages[at];
        for (yz_part *part = message->parts; part && last != SIZE_MAX; part = part->next) {
            if (part->kind != YZ_PART_TOOL_RESULT)
                continue;
            size_t to = called_at(o, part->id, at, last);
            if (to + 1 != run)
                o->moved[o->n_moved++] = (moved){part, at, to};
        }
        run = is_results(message) ? run : at + 1;
        last = calls_tool(message) ? at : last;
    }
}

/* ---- the new order ------------------------------------------------------------------------------------------------------ */

typedef struct parts {
    yz_part **list;
    size_t n, cap;
} parts;

static void add(const order *o, parts *to, yz_part *part) {
    if (to->n == to->cap) {
        yz_part **old = to->list;
        to->cap = to->cap ? 2 * to->cap : 16;
        to->list = yz_alloc(o->arena, to->cap * sizeof(yz_part *));
        if (to->n)
            memcpy(to->list, old, to->n * sizeof(yz_part *));
    }
    to->list[to->n++] = part;
}

/* Takes the results that move out of the messages they stood in. */
static void take_out(order *o) {
    size_t next = 0;
    parts left = {0};
    for (size_t at = 0; at < o->n && next < o->n_moved; at++) {
        size_t before = next;
        left.n = 0;
        for (yz_part *part = o->messages[at]->parts; part; part = part->next)
            if (next < o->n_moved && o->moved[next].part == part)
                next++;
            else
                add(o, &left, part);
        if (next == before)
            continue;
        o->gone[at] = left.n == 0;
        yz_message_set_parts(o->messages[at], left.list, left.n);
    }
}

/* What the assistant said between the calls of message `at` and the last of their results stands before those calls. */
static void join_words(order *o, size_t at, size_t last) {
    parts all = {0};
    yz_part *own_part = o->messages[at]->parts;
    for (; own_part && own_part->kind != YZ_PART_TOOL_CALL; own_part = own_part->next)
        add(o, &all, own_part);
    size_t own = all.n;
    for (size_t i = at + 1; i < last; i++) {
        const yz_message *m = o->messages[i];
        if (m->role == YZ_ROLE_ASSISTANT && !calls_tool(m)) {
            for (yz_part *part = m->parts; part; part = part->next)
                add(o, &all, part);
            o->gone[i] = true;
        } else if (m->role != YZ_ROLE_SYSTEM && !o->gone[i] && !is_results(m)) {
            break;
        }
    }
    if (all.n == own)
        return;
    for (; own_part; own_part = own_part->next)
        add(o, &all, own_part);
    yz_message_set_parts(o->messages[at], all.list, all.n);
}

/* These results belong behind message `at`: they join those that stand there. Returns their message, if it is new. */
static yz_message *put_behind(const order *o, moved *const *results, size_t n, size_t at) {
    parts all = {0};
    yz_message *behind = at + 1 < o->n && !o->gone[at + 1] && o->messages[at + 1]->role == YZ_ROLE_USER ? o->messages[at + 1] : NULL;
    bool joins = false;
    for (const yz_part *part = behind ? behind->parts : NULL; part; part = part->next)
        joins |= part->kind == YZ_PART_TOOL_RESULT;
    yz_message *to = joins ? behind : yz_message_insert(o->chat, o->messages[at], YZ_ROLE_USER);
    for (yz_part *part = to->parts; part; part = part->next)
        add(o, &all, part);
    for (size_t i = 0; i < n; i++)
        add(o, &all, results[i]->part);
    yz_message_set_parts(to, all.list, all.n);
    return joins ? NULL : to;
}

static moved **sort_moved(const order *o) {
    moved **sorted = yz_alloc(o->arena, o->n_moved * sizeof(moved *));
    for (size_t i = 0; i < o->n_moved; i++)
        sorted[i] = &o->moved[i];
    qsort(sorted, o->n_moved, sizeof(moved *), compare_moved);
    return sorted;
}

void yz_results_behind_calls(yz_chat *chat, yz_arena *arena) {
    order o = {.chat = chat, .arena = arena};
    if (!list_all(&o))
        return;
    find_moved(&o);
    if (o.n_moved == 0)
        return;
    moved **sorted = sort_moved(&o);
    take_out(&o);
    yz_message **list = yz_alloc(arena, (o.n + o.n_moved) * sizeof(yz_message *));
    size_t n = 0, next = 0;
    for (size_t at = 0; at < o.n; at++) {
        size_t from = next;
        if (!o.gone[at])
            list[n++] = o.messages[at];
        while (next < o.n_moved && sorted[next]->to == at)
            next++;
        if (next == from)
            continue;
        join_words(&o, at, sorted[next - 1]->from);
        yz_message *behind = put_behind(&o, sorted + from, next - from, at);
        if (behind)
            list[n++] = behind;
    }
    yz_chat_set_messages(chat, list, n);
}
