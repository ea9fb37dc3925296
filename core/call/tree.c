/* call/tree.c: calls: how they start, move on, are cancelled and buried.
 *
 * Keeps rules 1 (call_close is the only way out), 2 (on_call runs from the ready queue), 3 (closing closes the children first),
 * 4 (a closed call may not act) and 5 (burial at the end of a turn, when no pin is left). Events are in events.c, time in wait.c.
 */
#include "base/record.h"
#include "call/node.h"

/* ---- the task of a call ------------------------------------------------------------------------------------------- */

void call_todo(yz_call *call, unsigned what) {
    call->todo |= (uint8_t)what;
    yz_task_post(call_turn(call), &call->task);
}

static void tell_flow(yz_call *call) {
    const yz_filter *filter = call_filter(call);
    if (call->ended || call->reported == call->paused || !filter->on_flow)
        return;
    call->reported = call->paused;
    filter->on_flow(call, call->paused);
}

static void call_run(yz_task *task) {
    yz_call *call = YZ_CONTAINER(task, yz_call, task);
    unsigned todo = call->todo;
    call->todo = 0;
    if (todo & TODO_CANCEL) {
        call_filter(call)->on_close(call);
        call_unpin(call);
        return;
    }
    if (todo & TODO_START)
        call_filter(call)->on_call(call, call->request);
    if (!(call->todo & TODO_START))
        tell_flow(call);
    if (!(call->todo & TODO_START) && !call->ended && call->waits == 0) /* with TODO_START it was passed on */
        call_misused(call, "returned without having answered, passed on, or anything to wait for");
}

/* ---- memory --------------------------------------------------------------------------------------------------------- */

void call_pin(yz_call *call) {
    while (call && call->pins++ == 0)
        call = call->parent;
}

void call_unpin(yz_call *call) {
    while (call && --call->pins == 0) {
        if (!call->parent || !call->headed)
            yz_task_bury(call_turn(call), &call->burial);
        call = call->parent;
    }
}

void yz_call_let_go(yz_call *child) {
    child->headed = false;
    if (child->pins == 0)
        yz_task_bury(call_turn(child), &child->burial);
}

/* Gives back the arenas of a call and of all below it. The calls themselves live in the root's arena. */
static void free_arenas(yz_call *call) {
    for (yz_call *child = call->children; child; child = child->sibling) {
        yz_task_drop(&child->burial);
        free_arenas(child);
    }
    if (call->arena && call->parent) {
        yz_arena_free(call->arena);
        call->arena = NULL;
    }
}

static void bury(yz_task *task) {
    yz_call *call = YZ_CONTAINER(task, yz_call, burial);
    if (call->pins > 0)
        return; /* somebody took a wait meanwhile: its release brings us back */
    free_arenas(call);
    if (call->parent)
        return;
    yz_tree tree = *call->tree; /* in the arena that goes now */
    *tree.env.calls -= tree.n_calls;
    yz_arena_free(call->arena);
    if (tree.like)
        call_unpin(tree.like);
    if (tree.chain->unref)
        tree.chain->unref(tree.chain->share);
}

yz_arena *call_root_arena(const yz_call *call) { return call->tree->arena; }

/* ---- what runs ------------------------------------------------------------------------------------------------------ */

static void enlist(yz_call *root) {
    yz_call_list *running = root->tree->env.running;
    root->tree->earlier = running->last;
    *(running->last ? &running->last->tree->later : &running->first) = root;
    running->last = root;
}

static void delist(const yz_call *root) {
    yz_tree *tree = root->tree;
    *(tree->earlier ? &tree->earlier->tree->later : &tree->env.running->first) = tree->later;
    *(tree->later ? &tree->later->tree->earlier : &tree->env.running->last) = tree->earlier;
}

const yz_call *yz_call_oldest(const yz_worker *worker) { return yz_worker_env(worker).running->first; }
const yz_call *yz_call_later(const yz_call *root) { return root->tree->later; }
uint64_t yz_call_sent(const yz_call *root) { return root->tree->sent; }

/* ---- starting ------------------------------------------------------------------------------------------------------- */

static void end_of_chain(yz_call *call, const yz_request *request) {
    (void)request;
    yz_fail(call, YZ_ERROR_INTERNAL, "the last stage of the chain has nothing to pass a request on to");
}

/* Where a call goes that a leaf starts or passes on by mistake. */
static const yz_filter end_filter = {YZ_FILTER, .on_call = end_of_chain};
static const yz_link end_link = {.filter = &end_filter, .name = "end of the chain"};

static const yz_link *link_at(const yz_chain *chain, size_t at) { return at < chain->n ? &chain->links[at] : &end_link; }

/* After a link that stands in no chain (yz_call_hand_over) there is nothing. */
static const yz_link *link_after(const yz_call *call) {
    const yz_chain *chain = call->tree->chain;
    uintptr_t at = (uintptr_t)call->link, first = (uintptr_t)chain->links;
    if (at < first || at >= first + chain->n * sizeof(yz_link))
        return call->below ? call->below : &end_link;
    size_t next = (size_t)(call->link - chain->links) + 1;
    return next < call->tree->reach ? &chain->links[next] : &end_link;
}

/* With the state of the stage that it begins at, in one piece. */
static yz_call *call_new(yz_tree *tree, yz_call *parent, yz_arena *arena, const yz_link *link, const yz_request *request) {
    size_t own = (sizeof(yz_call) + 15) / 16 * 16; /* what is aligned for any type */
    yz_call *call = yz_alloc(arena, own + link->filter->call_size);
    call->state = (char *)call + own;
    call->task.run = call_run;
    call->burial.run = bury;
    call->tree = tree;
    call->parent = parent;
    call->link = link;
    call->request = request;
    record_begin(call);
    tree->n_calls++;
    ++*tree->env.calls;
    return call;
}

/* It is kept: a plugin's may be shorter than ours. */
static const yz_parent *wide_parent(yz_arena *arena, const yz_parent *parent) {
    return parent->size == sizeof *parent ? parent : yz_wide(parent, yz_alloc(arena, sizeof *parent), sizeof *parent);
}

yz_call *yz_call_start(yz_worker *worker, const yz_chain *chain, size_t at, const yz_request *request, yz_arena *arena,
                       const yz_parent *parent, void *arg) {
    yz_call_env env = yz_worker_env(worker);
    if (!arena)
        arena = yz_arena_new(env.blocks);
    yz_tree *tree = yz_alloc(arena, sizeof *tree);
    tree->worker = worker;
    tree->env = env;
    tree->arena = arena;
    tree->chain = chain;
    tree->reach = chain->n;
    if (chain->ref)
        chain->ref(chain->share);
    yz_call *call = call_new(tree, NULL, arena, link_at(chain, at), request);
    call->arena = arena;
    call->above = wide_parent(arena, parent);
    call->arg = arg;
    call_pin(call);
    enlist(call);
    call_todo(call, TODO_START);
    return call;
}

void yz_call_confine(yz_call *root, size_t n) { root->tree->reach = n; }

yz_call *yz_root(yz_call *like, const yz_request *request, const yz_parent *parent, void *arg) {
    const yz_chain *chain = like->tree->chain;
    const yz_link *link = link_after(like);
    size_t at = link == &end_link ? chain->n : (size_t)(link - chain->links);
    yz_call *root = yz_call_start(like->tree->worker, chain, at, request ? request : like->request, NULL, parent, arg);
    root->tree->like = like;
    call_pin(like);
    return root;
}

yz_call *yz_next_because(yz_call *call, const yz_request *request, yz_because because) {
    yz_arena *arena = call_root_arena(call);
    yz_call *child = call_new(call->tree, call, arena, link_after(call), request ? request : call->request);
    child->record.because = because;
    child->record.aim = child->request->target_free ? NULL : child->request->target;
    child->sibling = call->children;
    call->children = child;
    if (!call_may_act(call)) {
        child->ended = true;
        record_ended(child, YZ_OUTCOME_CANCELLED);
        return child;
    }
    call->waits++;
    call_pin(child);
    child->paused = call->paused && !call_filter(call)->on_flow;
    call_todo(child, TODO_START);
    return child;
}

yz_call *yz_next_target(yz_call *call, const yz_target *target, bool free, yz_because because) {
    yz_request *aimed = yz_request_copy(call_root_arena(call), call->request);
    aimed->target = target;
    aimed->target_free = free;
    return yz_next_because(call, aimed, because);
}

yz_call *yz_next(yz_call *call, const yz_request *request) { return yz_next_because(call, request, YZ_BECAUSE_FIRST); }

void yz_pass(yz_call *call, const yz_request *request) { yz_call_hand_over(call, link_after(call), request); }

void yz_call_hand_over(yz_call *call, const yz_link *link, const yz_request *request) {
    if (!call_may_act(call))
        return;
    if (call->children || call->headed) {
        call_misused(call, "passed a call on after starting a child or sending a head");
        return;
    }
    while (call->timers)
        yz_timer_stop(call->timers);
    call->link = link;
    if (request)
        call->request = request;
    record_moved(call);
    call->reported = false;
    call->state = yz_alloc(call_root_arena(call), call_filter(call)->call_size);
    call_todo(call, TODO_START);
}

void yz_call_hand_over_above(yz_call *call, const yz_link *link, const yz_link *below, const yz_request *request) {
    call->below = below;
    yz_call_hand_over(call, link, request);
}

/* ---- ending --------------------------------------------------------------------------------------------------------- */

bool call_may_act(yz_call *call) {
    if (!call->ended && !(call->todo & TODO_START))
        return true;
    /* Somebody above may have ended the call inside one of its own verbs: then its stage cannot know, and does no wrong. */
    bool used_after_own_end_or_pass = call->own_end || !call->ended;
    (void)YZ_CHECK(!used_after_own_end_or_pass);
    return false;
}

void call_close(yz_call *call, yz_outcome outcome) {
    call->ended = true;
    if (!call->parent)
        delist(call);
    call_stop_waiting(call);
    for (yz_call *child = call->children; child; child = child->sibling)
        if (!child->ended)
            call_close(child, YZ_OUTCOME_CANCELLED);
    record_ended(call, outcome);
    bool started = !(call->todo & TODO_START);
    call->todo = 0;
    yz_task_drop(&call->task);
    if (started && call_filter(call)->on_close)
        call_todo(call, TODO_CANCEL);
    else
        call_unpin(call);
}

void yz_cancel(yz_call *child) {
    if (child->ended)
        return;
    call_close(child, YZ_OUTCOME_CANCELLED);
    if (child->parent)
        call_unwait(child->parent);
}

void call_unwait(yz_call *call) {
    if (!call->ended && --call->waits == 0)
        call_todo(call, TODO_CHECK);
}

static bool is_wanted(yz_call *call);

/* The work of another root that this call shares. */
static bool is_shared_work_wanted(const yz_call *call) { return call->share && !call->share->root->ended && is_wanted(call->share->root); }

/* Those below say first how far the answer is. */
static bool is_wanted(yz_call *call) {
    bool wanted = is_shared_work_wanted(call);
    for (yz_call *child = call->children; child; child = child->sibling)
        if (!child->ended)
            wanted |= is_wanted(child);
    bool asks = !call->ended && !(call->todo & TODO_START) && call_filter(call)->on_leave;
    return (asks && call_filter(call)->on_leave(call)) || wanted;
}

/* Work that is shared is read as long as one of those who share it is. */
bool yz_call_unread(const yz_call *root) {
    const call_share *share = root->tree->sharers;
    bool unread = root->tree->left || share;
    for (; share && unread && !root->tree->left; share = share->next)
        unread = share->call->tree->left;
    return unread;
}

bool yz_call_left(yz_call *root) {
    if (root->ended)
        return false;
    root->tree->left = is_wanted(root);
    if (root->tree->left)
        yz_flow(root, false);
    return root->tree->left;
}
