/* dialect/matched.c: one result for each call, and none without (yuzui/chat.h has the contract).
 *
 * Clients cut their history, or are cut off in the middle of a turn: a call has no result, two, or a result has no call. Most providers
 * refuse the whole conversation for that. So a call without one gets a result that says there is none, and what answers no call, or one
 * that was answered, becomes a text that names it. Results stand right behind their calls already (results.c).
 */
#include "dialect/chat.h"

#include <stdlib.h>
#include <string.h>

#define NO_RESULT "there is no result"

typedef struct calls { /* of one turn, sorted by their ids, then by their places */
    const yz_part **list;
    size_t n;
    size_t *next; /* at the first of an id: how many of that id have been answered */
    bool *answered;
} calls;

static int by_id(yz_str a, yz_str b) {
    int beginning = memcmp(a.n ? a.p : "", b.n ? b.p : "", a.n < b.n ? a.n : b.n);
    return beginning ? beginning : a.n < b.n ? -1 : a.n > b.n;
}

static int compare(const void *a, const void *b) { return by_id((*(const yz_part *const *)a)->id, (*(const yz_part *const *)b)->id); }

static size_t count(const yz_message *message, yz_part_kind kind) {
    size_t n = 0;
    for (const yz_part *part = message ? message->parts : NULL; part; part = part->next)
        n += part->kind == kind;
    return n;
}

static const yz_part *next_of(const yz_part *part, yz_part_kind kind) {
    while (part && part->kind != kind)
        part = part->next;
    return part;
}

static calls calls_of(const yz_message *turn, yz_arena *arena) {
    calls c = {.n = count(turn, YZ_PART_TOOL_CALL)};
    c.list = yz_alloc(arena, (c.n + 1) * sizeof *c.list);
    c.next = yz_alloc(arena, (c.n + 1) * sizeof *c.next);
    c.answered = yz_alloc(arena, c.n + 1);
    size_t i = 0;
    for (const yz_part *p = next_of(turn->parts, YZ_PART_TOOL_CALL); p; p = next_of(p->next, YZ_PART_TOOL_CALL))
        c.list[i++] = p;
    qsort(c.list, c.n, sizeof *c.list, compare);
    return c;
}

/* Takes the next call of this id that has no result yet. */
static bool answers(calls *c, yz_str id) {
    size_t from = 0, to = c->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (by_id(c->list[middle]->id, id) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    size_t at = from < c->n ? from + c->next[from] : c->n;
    if (at >= c->n || by_id(c->list[at]->id, id) != 0)
        return false;
    c->next[from]++;
    c->answered[at] = true;
    return true;
}

/* ---- is anything wrong? --------------------------------------------------------------------------------------------------- */

static const yz_message *results_behind(const yz_message *turn) {
    return turn->next && turn->next->role == YZ_ROLE_USER ? turn->next : NULL;
}

static bool calls_tools(const yz_message *message) { return message->role == YZ_ROLE_ASSISTANT && count(message, YZ_PART_TOOL_CALL) > 0; }

/* The results are those of the calls, one for each, in whatever order. */
static bool turn_matches(const yz_message *turn, yz_arena *arena) {
    const yz_message *behind = results_behind(turn);
    const yz_part *call = next_of(turn->parts, YZ_PART_TOOL_CALL);
    const yz_part *result = next_of(behind ? behind->parts : NULL, YZ_PART_TOOL_RESULT);
    while (call && result && yz_str_eq(call->id, result->id)) { /* mostly in their order */
        call = next_of(call->next, YZ_PART_TOOL_CALL);
        result = next_of(result->next, YZ_PART_TOOL_RESULT);
    }
    if (!call && !result)
        return true;
    calls c = calls_of(turn, arena);
    size_t n = 0;
    for (result = next_of(behind ? behind->parts : NULL, YZ_PART_TOOL_RESULT); result;
         result = next_of(result->next, YZ_PART_TOOL_RESULT)) {
        if (!answers(&c, result->id))
            return false;
        n++;
    }
    return n == c.n;
}

static bool all_match(const yz_chat *chat, yz_arena *arena) {
    const yz_message *expected = NULL;
    for (const yz_message *m = chat->messages; m; m = m->next) {
        if (calls_tools(m) && !turn_matches(m, arena))
            return false;
        if (m->role == YZ_ROLE_USER && m != expected && count(m, YZ_PART_TOOL_RESULT) > 0)
            return false; /* behind no turn that calls */
        expected = calls_tools(m) ? results_behind(m) : NULL;
    }
    return true;
}

/* ---- mending ---------------------------------------------------------------------------------------------------------------- */

typedef struct mending {
    yz_chat *chat;
    yz_arena *arena;
    yz_losses *losses;
    yz_part **list;
    size_t n;
} mending;

/* "[tool_result: id] …", and what else it holds behind that. */
static void add_stray(mending *m, yz_message *to, const yz_part *result) {
    yz_buf text = {0};
    yz_buf_printf(&text, "[tool_result: %.*s]", YZ_STR_ARGS(result->id));
    for (const yz_part *inner = result->parts; inner; inner = inner->next)
        if (inner->kind == YZ_PART_TEXT) {
            yz_buf_char(&text, ' ');
            yz_buf_str(&text, inner->text);
        }
    yz_part *said = yz_part_add(to, YZ_PART_TEXT);
    said->text = yz_dup(m->arena, yz_buf_view(&text));
    yz_buf_free(&text);
    m->list[m->n++] = said;
    for (yz_part *inner = result->parts, *next; inner; inner = next) {
        next = inner->next;
        if (inner->kind != YZ_PART_TEXT)
            m->list[m->n++] = inner;
    }
    yz_lose_as(m->losses, "messages.tool_call_id", YZ_APPROXIMATED);
}

static void add_missing(mending *m, yz_message *to, const yz_part *call) {
    yz_part *result = yz_part_add(to, YZ_PART_TOOL_RESULT);
    result->id = call->id;
    result->name = call->name;
    result->is_error = true;
    yz_part_add_to(result, YZ_PART_TEXT)->text = YZ_STR(NO_RESULT);
    m->list[m->n++] = result;
    yz_lose_as(m->losses, "messages.tool_calls", YZ_APPROXIMATED);
}

static size_t room_for(const yz_message *message, size_t n_calls) {
    size_t n = n_calls;
    for (const yz_part *part = message->parts; part; part = part->next) {
        n += 2;
        for (const yz_part *inner = part->parts; inner; inner = inner->next)
            n++;
    }
    return n;
}

/* The results of the turn's calls (none: of no turn) first, then what answers none, then all else. */
static void mend_results(mending *m, yz_message *behind, calls *c) {
    yz_part *first = behind->parts, *next;
    m->list = yz_alloc(m->arena, (room_for(behind, c->n) + 1) * sizeof *m->list);
    m->n = 0;
    size_t n_parts = 0, at = 0;
    for (const yz_part *part = first; part; part = part->next)
        n_parts++;
    bool *stray = yz_alloc(m->arena, n_parts + 1);
    for (yz_part *part = first; part; part = part->next, at++) {
        bool result = part->kind == YZ_PART_TOOL_RESULT, own = result && answers(c, part->id);
        stray[at] = result && !own;
        if (own)
            m->list[m->n++] = part;
    }
    for (size_t i = 0; i < c->n; i++)
        if (!c->answered[i])
            add_missing(m, behind, c->list[i]);
    at = 0;
    for (yz_part *part = first; at < n_parts; part = next, at++) {
        next = part->next;
        if (stray[at])
            add_stray(m, behind, part);
        else if (part->kind != YZ_PART_TOOL_RESULT)
            m->list[m->n++] = part;
    }
    yz_message_set_parts(behind, m->list, m->n);
}

const yz_chat *yz_results_matched(const yz_chat *chat, yz_arena *arena, yz_losses *losses) {
    if (chat->previous.n > 0 || all_match(chat, arena)) /* what it goes on from may hold the calls */
        return chat;
    mending m = {.chat = yz_chat_copy(chat, arena), .arena = arena, .losses = losses};
    const yz_message *expected = NULL;
    for (yz_message *message = m.chat->messages; message; message = message->next) {
        bool strays = message->role == YZ_ROLE_USER && message != expected && count(message, YZ_PART_TOOL_RESULT) > 0;
        calls none = {.list = yz_alloc(arena, sizeof *none.list), .next = yz_alloc(arena, sizeof *none.next)};
        if (strays)
            mend_results(&m, message, &none);
        expected = NULL;
        if (!calls_tools(message))
            continue;
        yz_message *behind = (yz_message *)(uintptr_t)results_behind(message);
        if (!behind)
            behind = yz_message_insert(m.chat, message, YZ_ROLE_USER);
        calls c = calls_of(message, arena);
        mend_results(&m, behind, &c);
        expected = behind;
    }
    return m.chat;
}
