/* queue.c: postings in a row, each copied with all its texts into one piece of memory. */
#include "queue.h"

#include <stdlib.h>

enum { USUAL = 2048 }; /* bytes of an item: most fit */

void queue_reset(queue *q) { *q = (queue){.last = &q->first}; }

void queue_put(queue *q, writer_item *it) {
    it->next = NULL;
    *q->last = it;
    q->last = &it->next;
    q->n++;
}

writer_item *queue_take(queue *q) {
    writer_item *it = q->first;
    if (it) {
        q->first = it->next;
        q->n--;
        if (!q->first)
            q->last = &q->first;
    }
    return it;
}

void queue_put_before(queue *q, queue *from) {
    if (!from->first)
        return;
    *from->last = q->first;
    q->last = q->first ? q->last : from->last;
    q->first = from->first;
    q->n += from->n;
    queue_reset(from);
}

void queue_split(queue *from, queue *out, size_t most) {
    queue_reset(out);
    for (writer_item *it; out->n < most && (it = queue_take(from));)
        queue_put(out, it);
}

void queue_fail(const queue *q) {
    for (writer_item *it = q->first; it; it = it->next)
        it->posted = (yz_posted){YZ_POSTED, .code = YZ_EIO};
}

size_t queue_asked(const queue *q) {
    size_t n = 0;
    for (const writer_item *it = q->first; it; it = it->next)
        n += it->done != NULL;
    return n;
}

static yz_str move_text(char **at, yz_str text) {
    yz_str copy = {*at, text.n};
    if (text.n)
        memcpy(*at, text.p, text.n);
    *at += text.n;
    return copy;
}

size_t queue_texts(const yz_posting *p) {
    return p->account.n + p->id.n + p->of.n + p->request.n + p->model.n + p->price.n + p->detail.n + p->key.n;
}

/* Of another posting that comes along. */
static size_t size_of_other(const yz_posting *p) { return p ? sizeof *p + queue_texts(p) : 0; }

/* What follows an item: the hold, what is posted with it, pointers to its counts, the counts, and all texts. */
static size_t size_of(const yz_posting *p) {
    size_t size = queue_texts(p) + p->n_counts * (sizeof(yz_counted *) + sizeof(yz_counted));
    for (size_t i = 0; i < p->n_counts; i++)
        size += p->counts[i]->name.n;
    return size + size_of_other(p->hold) + size_of_other(p->with);
}

static void move_counts(char **at, const yz_posting *from, yz_posting *to) {
    const yz_counted **pointers = (const yz_counted **)(void *)*at;
    yz_counted *counts = (yz_counted *)(pointers + from->n_counts);
    *at = (char *)(counts + from->n_counts);
    for (size_t i = 0; i < from->n_counts; i++) {
        counts[i] = (yz_counted){YZ_COUNTED, .name = move_text(at, from->counts[i]->name), .most = from->counts[i]->most};
        pointers[i] = &counts[i];
    }
    to->counts = pointers;
    to->n_counts = from->n_counts;
}

static void move_texts(char **at, const yz_posting *from, yz_posting *to) {
    to->account = move_text(at, from->account), to->id = move_text(at, from->id), to->of = move_text(at, from->of);
    to->request = move_text(at, from->request), to->model = move_text(at, from->model), to->price = move_text(at, from->price);
    to->detail = move_text(at, from->detail), to->key = move_text(at, from->key);
}

static yz_posting numbers_of(const yz_posting *p) {
    return (yz_posting){YZ_POSTING,        .kind = p->kind,   .amount = p->amount, .expires = p->expires,
                        .lease = p->lease, .input = p->input, .cached = p->cached, .output = p->output};
}

/* But for its texts. NULL: there is none. */
static yz_posting *move_other(char **at, const yz_posting *from) {
    yz_posting *to = from ? (yz_posting *)(void *)*at : NULL;
    if (!to)
        return NULL;
    *at += sizeof *to;
    *to = numbers_of(from);
    return to;
}

bool queue_is_usual(const writer_item *it) { return it->room == USUAL; }

writer_item *queue_item(writer_item *spare, const yz_posting *p, yz_ledger_done *done, void *arg) {
    size_t need = sizeof *spare + size_of(p), room = need < USUAL ? USUAL : need;
    writer_item *it = spare && room == USUAL ? spare : malloc(room);
    if (spare && it != spare)
        free(spare);
    if (!it)
        return NULL;
    char *at = (char *)(it + 1);
    *it = (writer_item){.room = room, .posting = numbers_of(p), .done = done, .arg = arg};
    yz_posting *hold = move_other(&at, p->hold), *with = move_other(&at, p->with);
    it->posting.hold = hold, it->posting.with = with;
    move_counts(&at, p, &it->posting);
    move_texts(&at, p, &it->posting);
    if (hold)
        move_texts(&at, p->hold, hold);
    if (with)
        move_texts(&at, p->with, with);
    return it;
}
