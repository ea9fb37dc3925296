/* call/ask.c: what a stage may ask about its call, and notes. */
#include "base/word.h"
#include "call/node.h"

void *yz_state(const yz_call *call) { return call->state; }
void *yz_stage(const yz_call *call) { return call->link->stage; }
const void *yz_config(const yz_call *call) { return call->link->config; }
const yz_request *yz_call_request(const yz_call *call) { return call->request; }
yz_worker *yz_call_worker(const yz_call *call) { return call->tree->worker; }
bool yz_ended(const yz_call *call) { return call->ended; }
bool yz_committed(const yz_call *call) { return call->headed || call->taken || call->tree->left; }

/* Made when first asked for: most stages of a request need none. Asking changes nothing that a reader of the call could see. */
yz_arena *yz_call_arena(const yz_call *call) {
    yz_call *owner = (yz_call *)(uintptr_t)call;
    if (!owner->arena)
        owner->arena = yz_arena_new(call->tree->env.blocks);
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

void yz_allow(yz_call *call, yz_quota_kind kind, const yz_quota *quota) {
    yz_tree *tree = call->tree;
    uint64_t bit = (uint64_t)1 << kind;
    if (!YZ_CHECK(kind < YZ_QUOTAS_NAMED))
        return;
    if (!tree->allowance) {
        tree->allowance = yz_alloc_raw(tree->arena, sizeof *tree->allowance);
        tree->allowance->known = 0; /* the figures behind it are looked at when they are known */
    }
    if (tree->allowance->known & bit && !is_tighter(quota, &tree->allowance->of[kind]))
        return;
    tree->allowance->known |= bit;
    tree->allowance->of[kind] = *quota;
}

const yz_allowance *yz_call_allowance(const yz_call *call) { return call->tree->allowance; }

/* ---- shared work ------------------------------------------------------------------------------------------------------- */

void yz_notes_copy(yz_call *to, const yz_call *from) {
    if (to->tree == from->tree)
        return;
    for (const yz_note_entry *note = from->tree->notes; note; note = note->next)
        yz_note(to, note->name, note->value);
    const yz_allowance *allowed = from->tree->allowance;
    for (unsigned kind = 0; allowed && kind < YZ_QUOTAS_NAMED; kind++)
        if (allowed->known >> kind & 1)
            yz_allow(to, (yz_quota_kind)kind, &allowed->of[kind]);
}
