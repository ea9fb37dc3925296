/* dialect/read_answer.h: an answer read as it comes up, chunk by chunk: the events that its chunks bring, or what their bytes say where
 * they bring none (a cache replays bytes, a stage has kept them). What the core itself reads of answers it reads through this: the
 * translation of the edge, llm.chat, rehearsals. */
#ifndef YUZUI_DIALECT_READ_ANSWER_H
#define YUZUI_DIALECT_READ_ANSWER_H

#include <yuzui/adapter.h>

#define YZ_READ_COLLECT ((size_t)32 << 20) /* bytes of a document that is collected to be decoded, or of one event, at most */

/* The state of a decoder of this adapter, for one answer. Never NULL. */
void *yz_decoder_new(const yz_adapter *adapter, yz_arena *arena);

typedef struct yz_answer_reader yz_answer_reader;

/* The answer that begins with `head`, to `request`. `sink` gets its events, each at its full size, until DONE and without ERROR. NULL: no
 * adapter can read this form of its dialect. It lives in the arena, which must outlive it, as must request, sink and adapters. */
yz_answer_reader *yz_answer_reader_new(yz_arena *arena, const yz_request *request, const yz_head *head, yz_sink *sink);
/* Reads a chunk. Negative: the answer cannot go on, and *error (in the arena) says why. YZ_EINVAL: it is not its dialect; YZ_ELIMIT: it is
 * too long to be collected; YZ_EIO: the provider failed inside its answer, and *error is what it said. Nothing may be fed after that. */
int yz_answer_reader_chunk(yz_answer_reader *reader, const yz_chunk *chunk, const yz_error **error);
/* The answer is complete: a document is decoded now, and a DONE that the dialect does not say is given. Fails likewise, also when the
 * answer was not complete. */
int yz_answer_reader_end(yz_answer_reader *reader, const yz_error **error);

#endif
