/* dialect/order.c: see order.h.
 *
 * A held item is the event that began it, its pieces joined, and what else was said of it, in that order. Items wait in the order in which
 * they began. When the open one ends, those that have ended meanwhile pass as a whole, and the first that has not becomes the open one.
 * Each of several answers has a lane of its own.
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

typedef struct lane {
    struct lane *next;
    unsigned choice;
    held *first, **end;
    unsigned open;
    bool is_open;
} lane;

struct yz_order {
    yz_sink *to;
    yz_arena *arena;
    size_t bytes; /* held */
    lane lanes;   /* the first; others follow as choices come */
};

static void on_free(void *arg) {
    yz_order *order = arg;
    for (lane *l = &order->lanes; l; l = l->next)
        for (held *h = l->first; h; h = h->next)
            yz_buf_free(&h->text);
}

yz_order *yz_order_new(yz_arena *arena, yz_sink *to) {
    yz_order *order = yz_alloc(arena, sizeof *order);
    order->to = to;
    order->arena = arena;
    order->lanes.end = &order->lanes.first;
    yz_on_free(arena, on_free, order);
    return order;
}

/* The lane of a choice, made when it is seen first. */
static lane *lane_of(yz_order *order, unsigned choice) {
    lane *l = &order->lanes;
    while (l->choice != choice) {
        if (!l->next) {
            l->next = yz_alloc(order->arena, sizeof *l);
            l->next->choice = choice;
            l->next->end = &l->next->first;
        }
        l = l->next;
    }
    return l;
}

/* ---- out ---------------------------------------------------------------------------------------------------------------- */

static void end_open(yz_order *order, lane *l) {
    if (l->is_open)
        yz_emit(order->to, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = l->open, .choice = l->choice});
    l->is_open = false;
}

/* An event of the lane's open item: it says which choice it is of. */
static void pass(const yz_order *order, const lane *l, const yz_event *event) {
    if (event->choice == l->choice) {
        yz_emit(order->to, event);
        return;
    }
    yz_event own = *event;
    own.choice = l->choice;
    yz_emit(order->to, &own);
}

/* The first item that waits passes, as far as it has come. */
static void pass_first(yz_order *order, lane *l) {
    held *h = l->first;
    l->first = h->next;
    if (!l->first)
        l->end = &l->first;
    l->open = h->item->index;
    l->is_open = true;
    pass(order, l, h->item);
    if (h->text.n)
        pass(order, l, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = l->open, .text = yz_buf_view(&h->text)});
    for (const yz_event *said = h->said; said; said = said->next)
        pass(order, l, said);
    order->bytes -= h->bytes;
    yz_buf_free(&h->text);
    if (h->ended)
        end_open(order, l);
}

static void pass_ended(yz_order *order, lane *l) {
    while (!l->is_open && l->first)
        pass_first(order, l);
}

/* Nothing waits any longer, and nothing is open. */
static void pass_all(yz_order *order) {
    for (lane *l = &order->lanes; l; l = l->next)
        do {
            end_open(order, l);
            pass_ended(order, l);
        } while (l->is_open);
}

/* ---- held --------------------------------------------------------------------------------------------------------------- */

static void count(yz_order *order, held *h, size_t bytes) {
    h->bytes += bytes;
    order->bytes += bytes;
}

static void hold_item(yz_order *order, lane *l, const yz_event *event) {
    held *h = yz_alloc(order->arena, sizeof *h);
    h->item = yz_event_copy(order->arena, event);
    h->said_end = &h->said;
    *l->end = h;
    l->end = &h->next;
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

/* An event of an item that is not an open one: of one that waits, or of one that is over, which has no effect. */
static void of_other(yz_order *order, const yz_event *event) {
    for (lane *l = &order->lanes; l; l = l->next)
        for (held *h = l->first; h; h = h->next)
            if (h->item->index == event->index) {
                if (!h->ended)
                    hold(order, h, event);
                if (order->bytes > YZ_ORDER_HELD) {
                    end_open(order, l);
                    pass_ended(order, l);
                }
                return;
            }
}

/* ---- in ----------------------------------------------------------------------------------------------------------------- */

/* The lane whose open item this event is of; NULL: it is of another. */
static lane *of_open(yz_order *order, const yz_event *event) {
    lane *l = &order->lanes;
    while (l && !(l->is_open && l->open == event->index))
        l = l->next;
    return l;
}

static void begin(yz_order *order, const yz_event *event) {
    lane *l = lane_of(order, event->choice);
    if (l->is_open) {
        hold_item(order, l, event);
        return;
    }
    l->open = event->index;
    l->is_open = true;
    yz_emit(order->to, event);
}

static void go_on(yz_order *order, const yz_event *event) {
    lane *l = of_open(order, event);
    if (!l) {
        of_other(order, event);
        return;
    }
    pass(order, l, event);
    if (event->kind != YZ_EVENT_ITEM_END)
        return;
    l->is_open = false;
    pass_ended(order, l);
}

void yz_order_put(yz_order *order, const yz_event *event) {
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        begin(order, event);
        return;
    case YZ_EVENT_DELTA:
    case YZ_EVENT_SIGNATURE:
    case YZ_EVENT_ANNOTATION:
    case YZ_EVENT_ITEM_END:
        go_on(order, event);
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
