/* dialect/order.c: see order.h.
 *
 * A held item is the event that began it, its pieces joined, and what else was said of it, in that order. Items wait in the order in which
 * they began. When the open one ends, those that have ended meanwhile pass as a whole, and the first that has not becomes the open one.
 */
#include "dialect/order.h"

typedef struct held {
    struct held *next;
    const yz_event *item;
    yz_buf text; /* of its pieces */
    const yz_event *said, **said_end;
    size_t bytes;
    bool ended;
} held;

struct yz_order {
    yz_sink *to;
    yz_arena *arena;
    held *first, **end;
    size_t bytes; /* held */
    unsigned open;
    bool is_open;
};

static void on_free(void *arg) {
    yz_order *order = arg;
    for (held *h = order->first; h; h = h->next)
        yz_buf_free(&h->text);
}

yz_order *yz_order_new(yz_arena *arena, yz_sink *to) {
    yz_order *order = yz_alloc(arena, sizeof *order);
    order->to = to;
    order->arena = arena;
    order->end = &order->first;
    yz_on_free(arena, on_free, order);
    return order;
}

/* ---- out ---------------------------------------------------------------------------------------------------------------- */

static void end_open(yz_order *order) {
    if (order->is_open)
        yz_emit(order->to, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = order->open});
    order->is_open = false;
}

/* The first item that waits passes, as far as it has come. */
static void pass_first(yz_order *order) {
    held *h = order->first;
    order->first = h->next;
    if (!order->first)
        order->end = &order->first;
    order->open = h->item->index;
    order->is_open = true;
    yz_emit(order->to, h->item);
    if (h->text.n)
        yz_emit(order->to, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = order->open, .text = yz_buf_view(&h->text)});
    for (const yz_event *said = h->said; said; said = said->next)
        yz_emit(order->to, said);
    order->bytes -= h->bytes;
    yz_buf_free(&h->text);
    if (h->ended)
        end_open(order);
}

static void pass_ended(yz_order *order) {
    while (!order->is_open && order->first)
        pass_first(order);
}

/* Nothing waits any longer, and nothing is open. */
static void pass_all(yz_order *order) {
    do {
        end_open(order);
        pass_ended(order);
    } while (order->is_open);
}

/* ---- held --------------------------------------------------------------------------------------------------------------- */

static void count(yz_order *order, held *h, size_t bytes) {
    h->bytes += bytes;
    order->bytes += bytes;
}

static void hold_item(yz_order *order, const yz_event *event) {
    held *h = yz_alloc(order->arena, sizeof *h);
    h->item = yz_event_copy(order->arena, event);
    h->said_end = &h->said;
    *order->end = h;
    order->end = &h->next;
    count(order, h, sizeof *h + sizeof *event);
}

static void hold(yz_order *order, held *h, const yz_event *event) {
    if (event->kind == YZ_EVENT_ITEM_END) {
        h->ended = true;
    } else if (event->kind == YZ_EVENT_DELTA) {
        yz_buf_str(&h->text, event->text);
        count(order, h, event->text.n);
    } else {
        yz_event *kept = yz_event_copy(order->arena, event);
        *h->said_end = kept;
        h->said_end = &kept->next;
        count(order, h, sizeof *event + event->text.n + event->raw.n);
    }
}

/* An event of an item that is not the open one: of one that waits, or of one that is over, which has no effect. */
static void of_other(yz_order *order, const yz_event *event) {
    for (held *h = order->first; h; h = h->next)
        if (h->item->index == event->index) {
            if (!h->ended)
                hold(order, h, event);
            break;
        }
    if (order->bytes > YZ_ORDER_HELD) {
        end_open(order);
        pass_ended(order);
    }
}

/* ---- in ----------------------------------------------------------------------------------------------------------------- */

void yz_order_put(yz_order *order, const yz_event *event) {
    bool open = order->is_open && order->open == event->index;
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        if (order->is_open) {
            hold_item(order, event);
            return;
        }
        order->open = event->index;
        order->is_open = true;
        break;
    case YZ_EVENT_DELTA:
    case YZ_EVENT_SIGNATURE:
    case YZ_EVENT_ANNOTATION:
        if (!open) {
            of_other(order, event);
            return;
        }
        break;
    case YZ_EVENT_ITEM_END:
        if (!open) {
            of_other(order, event);
            return;
        }
        order->is_open = false;
        yz_emit(order->to, event);
        pass_ended(order);
        return;
    case YZ_EVENT_FINISH:
    case YZ_EVENT_DONE:
        pass_all(order);
        break;
    default: /* a start, counts, probabilities, an error */
        break;
    }
    yz_emit(order->to, event);
}
