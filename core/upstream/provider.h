/* upstream/provider.h: the last stage of every chain: sends a call to its target and reads the answer.
 *
 * It picks the target, translates the request if the dialects differ, takes a connection from the pool, sends, and turns what
 * comes back into head, chunks and end, or one error. A stream's head is held until the first content or a usable error; a
 * document is held until it is complete or longer than 1 MiB; so that whatever goes wrong before can still be retried. A stream's call
 * ends with its last event; its connection waits for HTTP's end in the pool.
 *
 * What is longer than its target takes at once (embeddings of many inputs) comes back here in pieces (pieces.h).
 *
 * Memory of one call, besides the request: a stream holds at most 256 KiB before its first content, then one event (1 MiB) and
 * one read (64 KiB); a document 1 MiB, or the provider's max_answer when it must be translated; an error 64 KiB. Everything else is
 * forwarded as it is read, and a reader that is full stops the socket.
 */
#ifndef YUZUI_UPSTREAM_PROVIDER_H
#define YUZUI_UPSTREAM_PROVIDER_H

#include <yuzui/call.h>

extern const yz_filter yz_provider_filter;

/* Ends the call: nobody serves this model. Names those that its client may use, or says that a policy should have chosen another. */
void yz_provider_unknown_model(yz_call *call, yz_str model);

#endif
