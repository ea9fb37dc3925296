/* call/record.c: the records of calls (yuzui/record.h): what the tree itself knows of them, and how shared work gets into several lists.
 *
 * A record is a part of its call, which lives in the root's arena; so it costs no allocation of its own, and stays when the call's own
 * arena is given back. Everything a record points to is the generation's or in the root's arena as well: what comes from elsewhere is
 * copied. Nothing here happens for each chunk.
 *
 * Shared work is a tree of its own, which may be freed before the calls that share it, and they before it. So nobody keeps pointers
 * into the other's records: whichever ends first, the call gets copies (give). Usage is given in full to one call and marked as shared
 * for all others, so that nobody pays twice.
 */
#include "base/record.h"
#include "base/arena.h"
#include "base/request.h"
#include "call/node.h"

yz_record *yz_call_record(const yz_call *call) { return &((yz_call *)(uintptr_t)call)->record; }

/* ---- the life of a call ------------------------------------------------------------------------------------------------ */

static int64_t now_of(const yz_call *call) { return yz_turn_ns(call_turn(call)); }

/* The text as it is in `known`, which lives long enough, or a copy. */
static yz_str keep_text(yz_arena *arena, yz_str known, yz_str text) { return yz_str_eq(known, text) ? known : yz_dup(arena, text); }

void record_begin(yz_call *call) {
    yz_record *record = &call->record;
    yz_tree *tree = call->tree;
    record->size = sizeof *record;
    record->stage = call->link->name;
    record->begin = now_of(call);
    if (call->parent) {
        record->parent = &call->parent->record;
        record->model = keep_text(call_root_arena(call), record->parent->model, call->request->model);
        tree->last_record->next = record;
    } else {
        record->model = call->request->model; /* lives as long as the root */
        tree->sharers_end = &tree->sharers;
    }
    tree->last_record = record;
}

void record_moved(yz_call *call) {
    const yz_chain *chain = call->tree->chain;
    yz_record *record = &call->record;
    record->model = keep_text(call_root_arena(call), record->model, call->request->model);
    if (call->link >= chain->links && call->link < chain->links + chain->n)
        record->stage = call->link->name; /* other links may go with the call's own arena */
}

void record_failed(yz_call *call, const yz_error *error) {
    call->record.error = error->class_;
    call->record.started = error->started;
}

void record_headed(yz_call *call, const yz_head *head) {
    yz_record *record = &call->record;
    if (!record->target && !record->answer && !record->shared) /* shared: the work's own records say it, which will be copied */
        record->target = head->target;
}

void record_answered(yz_call *call, const yz_end *end) {
    const yz_record *record = &call->record;
    if (!record->usage && !record->answer)
        yz_record_usage(call, end->usage, record->target ? YZ_SOURCE_PROVIDER : YZ_SOURCE_NONE);
}

static bool is_above(const yz_record *above, const yz_record *record) {
    while (record && record != above)
        record = record->parent;
    return record;
}

/* Was it sent to the target and failed on its way, before it got there: at a limit, say? Or is it still on its way? */
static bool was_sent(const yz_record *record, const yz_target *target) {
    return record->aim == target && (record->outcome == YZ_OUTCOME_FAILED || record->outcome == YZ_OUTCOME_RUNNING);
}

bool yz_record_tried(const yz_call *call, const yz_target *target) {
    const yz_record *own = &call->record, *record = own;
    while (record->parent)
        record = record->parent;
    for (; record; record = record->next) {
        bool asked = record->target == target && record->outcome != YZ_OUTCOME_DONE;
        if ((asked || was_sent(record, target)) && (asked ? record != own : !is_above(record, own)))
            return true;
    }
    return false;
}

/* Behind those of earlier tries. A call that asks a provider has no other children. */
static void put_try(yz_call *call, yz_record *lost) {
    yz_tree *tree = call->tree;
    yz_record *last = &call->record;
    while (last->next && last->next->parent == &call->record)
        last = (yz_record *)(uintptr_t)last->next;
    lost->next = last->next;
    last->next = lost;
    if (tree->last_record == last)
        tree->last_record = lost;
}

void yz_call_resent(yz_call *call, yz_error_class error, yz_started started) {
    yz_record *record = &call->record, *lost = yz_alloc_raw(call_root_arena(call), sizeof *lost);
    *lost = (yz_record){.size = sizeof *lost, .parent = record, .stage = record->stage, .model = record->model};
    lost->target = record->target;
    lost->key = record->key;
    lost->outcome = YZ_OUTCOME_FAILED;
    lost->error = error;
    lost->started = started;
    lost->status = record->status;
    lost->id = record->id;
    lost->words = record->words;
    lost->begin = lost->asked = record->asked;
    lost->connect = record->connect, lost->sent = record->sent, lost->first = record->first, lost->last = record->last;
    lost->end = now_of(call);
    put_try(call, lost);
    record->asked = record->connect = record->sent = record->first = record->last = 0;
    record->status = 0;
    record->id = record->words = (yz_str){0};
    record->started = YZ_STARTED_NO;
}

void yz_call_said(yz_call *call, yz_str words) { call->record.words = yz_dup(call_root_arena(call), words); }

/* ---- what stages say --------------------------------------------------------------------------------------------------- */

static yz_usage *copy_usage(yz_arena *arena, const yz_usage *usage) {
    yz_usage *copy = yz_alloc_raw(arena, sizeof *copy);
    *copy = *usage;
    return copy;
}

void yz_record_usage(yz_call *call, const yz_usage *usage, yz_usage_source source) {
    yz_record *record = &call->record;
    if (!usage || !usage->known)
        return;
    record->source = source;
    if (record->usage)
        *(yz_usage *)(uintptr_t)record->usage = *usage; /* ours: nobody else sets it */
    else
        record->usage = copy_usage(call_root_arena(call), usage);
}

void yz_record_allowance(yz_call *call, const yz_allowance *allowance) {
    call->record.allowance = yz_allowance_copy(call_root_arena(call), allowance);
}

void yz_record_id(yz_call *call, yz_str id) { call->record.id = yz_dup(call_root_arena(call), id); }

static yz_decision *copy_decision(yz_arena *arena, const yz_decision *decision) {
    yz_decision *copy = yz_alloc_raw(arena, sizeof *copy), room;
    *copy = *YZ_WIDE(decision, &room);
    copy->policy = yz_dup(arena, copy->policy);
    copy->asked = yz_dup(arena, copy->asked);
    copy->chosen = keep_text(arena, copy->asked, copy->chosen);
    copy->reason = copy->reason.n ? yz_dup(arena, copy->reason) : (yz_str){0};
    return copy;
}

void yz_record_decision(yz_call *call, const yz_decision *decision) {
    yz_decision *copy = copy_decision(call_root_arena(call), decision);
    copy->earlier = call->record.decision;
    call->record.decision = copy;
}

/* ---- copies of shared work --------------------------------------------------------------------------------------------- */

static const yz_decision *copy_decisions(yz_arena *arena, const yz_decision *decision) {
    const yz_decision *first = NULL, **at = &first;
    for (; decision; decision = decision->earlier) {
        yz_decision *copy = copy_decision(arena, decision);
        *at = copy;
        at = &copy->earlier;
    }
    return first;
}

/* One record for the list of a call that ends now, or whose work has ended; what it points to in its own list is still to be set. */
static yz_record *copy_record(yz_call *call, const yz_record *from, bool in_full) {
    yz_arena *arena = call_root_arena(call);
    yz_record *copy = yz_alloc_raw(arena, sizeof *copy);
    *copy = *from;
    copy->next = copy->shared = NULL;
    copy->allowance = NULL; /* whoever was to learn from it has */
    copy->model = keep_text(arena, call->record.model, from->model);
    copy->id = yz_dup(arena, from->id);
    copy->words = yz_dup(arena, from->words);
    copy->decision = copy_decisions(arena, from->decision);
    if (from->usage)
        copy->usage = copy_usage(arena, from->usage);
    bool tried = copy->target || copy->source != YZ_SOURCE_NONE; /* also where nobody has said what was used: it is one client's */
    if (!in_full && tried && copy->source != YZ_SOURCE_CACHED)
        copy->source = YZ_SOURCE_SHARED;
    if (from->outcome == YZ_OUTCOME_RUNNING) { /* for others perhaps, but no longer for this call */
        copy->outcome = YZ_OUTCOME_CANCELLED;
        copy->end = now_of(call);
    }
    return copy;
}

/* Of two lists of the same order: what stands in the second where `wanted` stands in the first. Lists are as short as the attempts for
 * one request are few. */
static const yz_record *twin(const yz_record *wanted, const yz_record *first, const yz_record *second) {
    while (first && first != wanted) {
        first = first->next;
        second = second->next;
    }
    return second;
}

/* Puts a copy of a tree's records into a call's list, after its own record. */
static void give(yz_call *call, const yz_call *root, bool in_full) {
    const yz_record *from = &root->record;
    yz_record *record = &call->record, *first = NULL, *last = NULL;
    for (const yz_record *r = from; r; r = r->next) {
        yz_record *copy = copy_record(call, r, in_full);
        if (last)
            last->next = copy;
        else
            first = copy;
        last = copy;
    }
    const yz_record *r = from;
    for (yz_record *copy = first; copy; copy = (yz_record *)(uintptr_t)copy->next, r = r->next) {
        copy->parent = r->parent ? twin(r->parent, from, first) : record;
        copy->answer = r->answer ? twin(r->answer, from, first) : NULL;
    }
    if (root->tree->like != call)
        first->because = YZ_BECAUSE_COALESCED;
    last->next = record->next;
    record->next = first;
    record->shared = NULL;
    if (!record->answer)
        record->answer = first;
    if (call->tree->last_record == record)
        call->tree->last_record = last;
}

/* ---- sharing ----------------------------------------------------------------------------------------------------------- */

static void share_end(call_share *share, bool in_full) {
    yz_tree *tree = share->root->tree;
    *share->link = share->next;
    if (share->next)
        share->next->link = share->link;
    else
        tree->sharers_end = share->link;
    share->call->share = NULL;
    in_full = in_full && !tree->usage_given;
    tree->usage_given |= in_full;
    give(share->call, share->root, in_full);
}

void yz_record_share(yz_call *call, yz_call *root) {
    yz_tree *tree = root->tree;
    if (call->ended || root->ended || !YZ_CHECK(!call->share && !root->parent && call->tree != tree))
        return;
    call_share *share = yz_alloc(call_root_arena(call), sizeof *share);
    *share = (call_share){.call = call, .root = root, .link = tree->sharers_end};
    *tree->sharers_end = share;
    tree->sharers_end = &share->next;
    call->share = share;
    call->record.shared = &root->record;
}

void record_ended(yz_call *call, yz_outcome outcome) {
    yz_tree *tree = call->tree;
    call->record.outcome = outcome;
    call->record.end = now_of(call);
    if (call->share) { /* it leaves; if it is the last, the work has nobody else */
        const yz_tree *work = call->share->root->tree;
        share_end(call->share, work->sharers == call->share && !call->share->next);
    }
    if (!call->parent)
        while (tree->sharers)
            share_end(tree->sharers, true);
}
