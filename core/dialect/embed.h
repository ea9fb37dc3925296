/* dialect/embed.h: embeddings between dialects: a request written for another one, and its answer written back. No I/O. */
#ifndef YUZUI_DIALECT_EMBED_H
#define YUZUI_DIALECT_EMBED_H

#include <yuzui/adapter.h>

/* Can a client of this dialect ask a provider of that one? */
bool yz_embed_crosses(const yz_adapter *client, const yz_adapter *provider);
/* The request's body for the target, appended to out. YZ_OK, or *error says why not. */
int yz_embed_write(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out, yz_error *error);
/* A provider's whole answer as the client reads it, appended to out. YZ_EINVAL: it is none. */
int yz_embed_answer(const yz_request *request, const yz_adapter *provider, yz_str body, yz_arena *arena, yz_buf *out);

/* yz_embed_request (yuzui/adapter.h) for n texts at once. */
yz_request *yz_own_embed(const yz_call *like, yz_str model, const yz_str *texts, size_t n, int64_t dimensions);
/* The vectors of a whole answer to it, in the order of the texts. NULL: there are none in it. In the arena. */
const yz_vector *yz_own_embed_read(yz_arena *arena, const yz_adapter *dialect, yz_str body);
/* Those of one vector: how many there are. YZ_EINVAL: it is no list of numbers; YZ_ELIMIT: of more than `most`. */
int yz_own_embed_numbers(yz_arena *arena, const yz_vector *vector, float *out, size_t most);

#endif
