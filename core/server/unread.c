/* unread.c: see unread.h. */
#include "server/unread.h"

#include "call/tree.h"

/* Had its client all of the answer, and was it one? Then nothing tells it from one that stayed. */
static bool is_whole(const yz_exchange *x) {
    const yz_record *root = yz_call_record(x->call);
    return root->outcome != YZ_OUTCOME_FAILED && yz_record_answer(root)->whole;
}

static void end(yz_exchange *x) {
    yz_unread *unread = x->unread;
    *x->unread_link = x->unread_next;
    if (x->unread_next)
        x->unread_next->unread_link = x->unread_link;
    unread->n--;
    bool whole = x->state == YZ_EXCHANGE_SETTLED && is_whole(x);
    x->left = whole ? 0 : x->left;
    yz_exchange_end(x, !whole);
    if (unread->n == 0)
        unread->on_last(unread);
}

static void on_answered(void *owner, bool close) {
    (void)close;
    end(owner);
}

/* Nothing of the exchange may lead to the connection any more. */
bool yz_unread_take(yz_unread *unread, yz_exchange *x) {
    if (x->state != YZ_EXCHANGE_CALLING || !yz_call_left(x->call))
        return false;
    x->outlet = NULL;
    x->proof = NULL;
    x->asked.address = (yz_str){0};
    x->on_answered = on_answered;
    x->owner = x;
    x->unread = unread;
    x->unread_next = unread->first;
    x->unread_link = &unread->first;
    if (x->unread_next)
        x->unread_next->unread_link = &x->unread_next;
    unread->first = x;
    unread->n++;
    return true;
}

void yz_unread_abort(yz_unread *unread) {
    while (unread->first)
        end(unread->first);
}
