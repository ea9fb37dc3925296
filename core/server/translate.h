/* server/translate.h: an answer on its way to the client: forwarded as bytes when dialect and form (stream or document) match,
 * otherwise decoded into neutral events and encoded in the client's dialect. No I/O: bytes in, bytes out. Used by the server, by
 * llm.chat (to collect text) and by conform. */
#ifndef YUZUI_SERVER_TRANSLATE_H
#define YUZUI_SERVER_TRANSLATE_H

#include <yuzui/adapter.h>

typedef struct yz_translator yz_translator;

/* `request` is what the client sent (dialect, stream, model, id); head what came up. Lives in the arena. */
yz_translator *yz_translator_new(yz_arena *arena, const yz_request *request, const yz_head *head);
bool yz_translator_forwards(const yz_translator *translator); /* the bytes go out as they came */
/* Translates a chunk; what is to be sent is appended to out. YZ_EINVAL: the answer is not its dialect. YZ_ELIMIT: too long to
 * collect. An ERROR event inside is told through *error. */
int yz_translator_chunk(yz_translator *translator, yz_str bytes, yz_buf *out, const yz_error **error);
int yz_translator_end(yz_translator *translator, yz_buf *out, const yz_error **error);

#endif
