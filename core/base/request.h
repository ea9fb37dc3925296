/* base/request.h: the core's side of yuzui/request.h: what several rooms need of operations, headers and errors. */
#ifndef YUZUI_BASE_REQUEST_H
#define YUZUI_BASE_REQUEST_H

#include <yuzui/request.h>

/* Where the neutral form of one body is kept: in the arena the body lives in, shared by all copies of a request. dialect/neutral.h
 * fills it. */
struct yz_neutral {
    yz_arena *arena;
    const yz_json *json; /* the index of that body: a request that shows another one has had its body exchanged by assignment */
    const struct yz_reading *reading; /* NULL: nobody has asked */
    struct yz_written *written;       /* for targets, the last one used first */
    struct yz_pieces *pieces;         /* of a request for embeddings: parts of it that have been answered (upstream/pieces.h) */
    bool disposed;                    /* what is written goes with the arena: that is seen to */
    bool own;                         /* a question of the gateway's own (dialect/own_question.h) */
};
/* Gives a request with a new body (json set), which lives in `arena`, such a place. */
void yz_request_place(yz_arena *arena, yz_request *request);

/* Gives a request another body, an object that lives in `arena` and has the same fields, and indexes it. Negative: it is not JSON, or too
 * large; nothing has changed. */
int yz_request_replace(yz_arena *arena, yz_request *request, yz_str body);

/* "chat", "embedding", … */
const char *yz_op_word(yz_op op);
/* The value of the first of n headers with this name, empty if there is none. The name and theirs in lower case. */
yz_str yz_header_find(const yz_header *headers, size_t n, const char *name);
/* Copies; NULL stays NULL. */
yz_usage *yz_usage_copy(yz_arena *arena, const yz_usage *usage);
const yz_allowance *yz_allowance_copy(yz_arena *arena, const yz_allowance *allowance);

/* May this provider be asked with this request (yz_request.within)? */
static inline bool yz_request_within(const yz_request *request, yz_str provider) {
    for (size_t i = 0; i < request->n_within; i++)
        if (yz_str_eq(request->within[i], provider))
            return true;
    return request->n_within == 0;
}

#endif
