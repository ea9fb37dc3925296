/* call/ask.c: what a stage may ask about its call, and notes. */
#include "base/record.h"
#include "base/word.h"
#include "call/node.h"

void *yz_state(const yz_call *call) { return call->state; }
void *yz_stage(const yz_call *call) { return call->link->stage; }
const void *yz_config(const yz_call *call) { return call->link->config; }
const yz_request *yz_call_request(const yz_call *call) { return call->request; }
yz_worker *yz_call_worker(const yz_call *call) { return call->tree->worker; }
bool yz_ended(const yz_call *call) { return call->ended; }
bool yz_committed(const yz_call *call) { return call->headed || call->taken || call->tree->left; }

bool yz_elsewhere(const yz_call *call, const yz_error *error) {
    yz_error room;
    YZ_WIDE(error, &room);
    for (yz_call *up = call->parent; up; up = up->parent)
        if (!up->ended && call_filter(up)->elsewhere && call_filter(up)->elsewhere(up, error))
            return true;
    return false;
}

/* Made when first asked for: most stages of a request need none. Asking changes nothing that a reader of the call could see. */
yz_arena *yz_call_arena(const yz_call *call) {
    yz_call *owner = (yz_call *)(uintptr_t)call;
    if (!owner->arena)
        owner->arena = yz_arena_is_thin(call->tree->arena) ? yz_arena_new_thin() : yz_arena_new(call->tree->env.blocks);
    return owner->arena;
}

const yz_chain *yz_call_chain(const yz_call *call) { return call->tree->chain; }
size_t yz_call_count(const yz_worker *worker) { return *yz_worker_env(worker).calls; }

/* ---- notes ---------------------------------------------------------------------------------------------------------- */

void yz_note(yz_call *call, const char *name, yz_str value) {
    yz_arena *arena = call_root_arena(call);
    yz_note_entry **at = &call->tree->notes;
    while (*at && !yz_word_is((*at)->name, name))
        at = &(*at)->next;
    if (!*at) {
        *at = yz_alloc(arena, sizeof **at);
        (*at)->name = name;
    } else if (yz_str_eq((*at)->value, value)) {
        return;
    }
    (*at)->value = yz_dup(arena, value);
}

yz_str yz_noted(const yz_call *call, const char *name) {
    for (const yz_note_entry *note = call->tree->notes; note; note = note->next)
        if (yz_word_is(note->name, name))
            return note->value;
    return yz_str_at(NULL, 0);
}

const yz_note_entry *yz_call_notes(const yz_call *root) { return root->tree->notes; }

/* ---- what is allowed -------------------------------------------------------------------------------------------------- */

/* Is there less left of a, for its size? */
static bool is_tighter(const yz_quota *a, const yz_quota *b) {
    return (double)a->left * (double)b->most < (double)b->left * (double)a->most;
}

static void keep_tighter(yz_allowance *into, unsigned kind, const yz_quota *quota) {
    if (into->known >> kind & 1 && !is_tighter(quota, &into->of[kind]))
        return;
    into->known |= (uint64_t)1 << kind;
    into->of[kind] = *quota;
}

void yz_allow(yz_call *call, yz_quota_kind kind, const yz_quota *quota) {
    if (!YZ_CHECK(kind < YZ_QUOTAS_NAMED))
        return;
    if (!call->allowance) {
        call->allowance = yz_alloc_raw(call->tree->arena, sizeof *call->allowance);
        call->allowance->known = 0; /* the figures behind it are looked at when they are known */
    }
    keep_tighter(call->allowance, kind, quota);
}

/* The call below whose answer this one has; without an answer, the one that was tried last. Who was refused on another way, or lost, says
 * nothing about what the client was given. */
static const yz_call *next_on_the_way(const yz_call *call) {
    const yz_call *child = call->children;
    while (child && (call->record.answer ? &child->record != call->record.answer : child->record.because == YZ_BECAUSE_QUESTION))
        child = child->sibling;
    return child;
}

bool yz_call_allowance(const yz_call *root, yz_allowance *out) {
    out->known = 0;
    for (const yz_call *call = root; call; call = next_on_the_way(call))
        for (unsigned kind = 0; call->allowance && kind < YZ_QUOTAS_NAMED; kind++)
            if (call->allowance->known >> kind & 1)
                keep_tighter(out, kind, &call->allowance->of[kind]);
    return out->known != 0;
}

/* ---- shared work ------------------------------------------------------------------------------------------------------- */

void yz_notes_copy(yz_call *to, const yz_call *from) {
    if (to->tree == from->tree)
        return;
    for (const yz_note_entry *note = from->tree->notes; note; note = note->next)
        yz_note(to, note->name, note->value);
    yz_allowance allowed;
    bool known = yz_call_allowance(from, &allowed);
    for (unsigned kind = 0; known && kind < YZ_QUOTAS_NAMED; kind++)
        if (allowed.known >> kind & 1)
            yz_allow(to, (yz_quota_kind)kind, &allowed.of[kind]);
}
