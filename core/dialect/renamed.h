/* dialect/renamed.h: an answer that is forwarded as its provider's bytes, but for names of tools: those that its request could not have
 * there (yz_adapter.renamed) become the client's own again. A changed name ends in a hash (dialect/tool_name.h), so a string that consists
 * of one is found wherever it stands, without reading what is around it. */
#ifndef YUZUI_DIALECT_RENAMED_H
#define YUZUI_DIALECT_RENAMED_H

#include <yuzui/adapter.h>

typedef struct yz_renamed yz_renamed;

/* NULL: nothing was renamed for this target, or it is not of the request's own dialect. In the arena, which must outlive it. */
yz_renamed *yz_renamed_new(yz_arena *arena, const yz_request *request, const yz_target *target);
/* Appends the bytes to `out` with the client's names. What may be the beginning of a name waits for what follows. */
void yz_renamed_put(yz_renamed *renamed, yz_str bytes, yz_buf *out);
void yz_renamed_end(yz_renamed *renamed, yz_buf *out); /* nothing follows */

#endif
