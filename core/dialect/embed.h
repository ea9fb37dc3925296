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

#endif
