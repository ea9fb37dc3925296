/* dialect/translate.h: an answer on its way to the client: forwarded as bytes when dialect and form (stream or document) match,
 * otherwise decoded into neutral events and encoded in the client's dialect. Where a forwarded request went out with other names of tools,
 * its answer is forwarded but for those (dialect/renamed.h). No I/O: bytes in, bytes out. Used by the server. */
#ifndef YUZUI_DIALECT_TRANSLATE_H
#define YUZUI_DIALECT_TRANSLATE_H

#include <yuzui/adapter.h>

typedef struct yz_translator yz_translator;

/* `request` is what the client sent (dialect, stream, model, id); head what came up; now: Unix seconds. Lives in the arena, which
 * must outlive it, as must request and the adapters. Only chats are translated: whatever else comes is forwarded. */
yz_translator *yz_translator_new(yz_arena *arena, const yz_request *request, const yz_head *head, int64_t now);
bool yz_translator_forwards(const yz_translator *translator); /* the bytes go out as they came: chunk and end have nothing to do */
/* What was lost so far, of the request (as the head reported it) and of the answer. Its strings are the arena's. */
const yz_losses *yz_translator_losses(const yz_translator *translator);

/* Translates a chunk: its events, or where it brings none its bytes; what is to be sent is appended to out (a document: nothing before the
 * end). Negative: the answer cannot go on, and *error says why (YZ_EINVAL: it is not its dialect; YZ_ELIMIT: too long to collect; YZ_EIO:
 * the provider failed inside its answer, *error is what it said). *error outlives the translator. Nothing may be fed after a failure. */
int yz_translator_chunk(yz_translator *translator, const yz_chunk *chunk, yz_buf *out, const yz_error **error);
/* The answer is complete: a document is decoded and written now. `usage` is written where no event has said any; NULL: it is not known.
 * Fails likewise, also when no terminal event was seen. */
int yz_translator_end(yz_translator *translator, const yz_usage *usage, yz_buf *out, const yz_error **error);
/* Appends the client's dialect's error event, for an answer that fails inside a stream; also a forwarded one, of which so many bytes went
 * out. */
void yz_translator_error(yz_translator *translator, const yz_error *error, uint64_t forwarded, yz_buf *out);

/* Is this request of the target's own dialect written anew for it (adapter.h: rewrites)? A chat's answer is, then, too. */
bool yz_rewrites(const yz_request *request, const yz_target *target);

#endif
