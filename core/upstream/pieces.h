/* upstream/pieces.h: a request for embeddings that has more inputs than its provider takes at once: it is asked for in pieces.
 *
 * The stage stands between a call that has chosen its target and the provider stage, in no chain. It takes the client's body apart, asks
 * for a few pieces at a time, in order, and joins their answers to one, which reads as if one request had been answered. All go to one
 * target, so no answer mixes the vectors of two models.
 *
 * Nobody gets a part of an answer: if a piece fails, no more are begun, those under way end, and the call fails with the words of the first
 * that did, and with the place of its inputs. What has been answered until then is kept with the request's body: another attempt at the
 * same target (a retry) asks only for what is missing. What was used stands in the records of the pieces, and summed up in that of the call
 * that joined them (YZ_SOURCE_JOINED): so the client pays for all of them once, and for none if one fails.
 *
 * Memory: the bodies of the pieces under way, each with all that stands beside the list (which all pieces together repeat up to 256 MiB;
 * beyond that the request is refused). Their answers are held, twice while they are joined, and once more until the client has read them.
 */
#ifndef YUZUI_UPSTREAM_PIECES_H
#define YUZUI_UPSTREAM_PIECES_H

#include <yuzui/call.h>

/* Does this target take fewer inputs at once than this request for embeddings has, as its config or its model's facts say? */
bool yz_pieces_wanted(const yz_request *request, const yz_target *target);

/* Of a call that is aimed at the target. */
extern const yz_filter yz_pieces_filter;

#endif
