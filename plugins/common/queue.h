/* common/queue.h: postings that wait to be written, in their order. */
#ifndef COMMON_QUEUE_H
#define COMMON_QUEUE_H

#include "writer.h"

typedef struct queue {
    writer_item *first, **last;
    size_t n;
} queue;

void queue_reset(queue *q);
void queue_put(queue *q, writer_item *it);
/* NULL: it is empty. */
writer_item *queue_take(queue *q);
/* All of `from`, before what is in `q` already. */
void queue_put_before(queue *q, queue *from);
/* The first of `from`, at most `most`, into `out`, whatever was in that. */
void queue_split(queue *from, queue *out, size_t most);
/* Each of them failed, with YZ_EIO. */
void queue_fail(const queue *q);
/* How many somebody waits for. */
size_t queue_asked(const queue *q);

/* A copy of a posting, its hold, what is posted with it, and its counts. spare: memory to make it of; NULL: of new. NULL: no memory. Freed
 * with free(). */
writer_item *queue_item(writer_item *spare, const yz_posting *p, yz_ledger_done *done, void *arg);
/* Has an item as much room as most need, so that another can be made of its memory? */
bool queue_is_usual(const writer_item *it);
/* Bytes of a posting's own texts. */
size_t queue_texts(const yz_posting *p);

#endif
