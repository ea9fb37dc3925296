/* upstream/retry_after.h: how long a peer asks to wait, read from the headers of its answer. No I/O, no clock of its own.
 *
 *   retry-after-ms        milliseconds; goes before retry-after
 *   retry-after           seconds, also with a fraction, or an HTTP date (RFC 9110, 10.2.3), in any of its three forms
 *   llm_provider-…        either, as LiteLLM passes on what it was told
 *   reset headers, which the adapter names
 *                         a duration: "6m0s", "120ms"; a moment in Unix seconds or milliseconds, or seconds to wait; a moment in RFC 3339,
 *                         UTC
 *
 * A value in any of these forms is understood in each of these headers, except that plain numbers of retry-after-ms are milliseconds and
 * never a moment. Of the reset headers, which stand in every answer, the one that frees last counts, and only with status 429. One of
 * whose limit something is left does not count: beside "x-reset-tokens" stands "x-remaining-tokens" with more than 0, or "x-status-tokens"
 * with "allowed" (Anthropic's unified limits).
 */
#ifndef YUZUI_UPSTREAM_RETRY_AFTER_H
#define YUZUI_UPSTREAM_RETRY_AFTER_H

#include <yuzui/request.h>

/* A wait or a moment in any of these forms, as ms from now, at most YZ_LONGEST_WAIT_MS; a plain number counts `unit` ms. Negative: it is
 * none of them. */
int64_t yz_wait_read(yz_str value, double unit, int64_t wall);

#define YZ_LONGEST_WAIT_MS ((int64_t)24 * 3600 * 1000) /* a peer that asks for more gets no more */

/* ms to wait as yz_error has it: 1 (at once) to YZ_LONGEST_WAIT_MS; 0: the headers do not say. A date that has passed is 1, a number of
 * Unix seconds that has passed says nothing. `wall`: Unix seconds now. `resets`: an adapter's reset_headers, or NULL. */
int64_t yz_retry_after(int status, const yz_header *headers, size_t n, const char *const *resets, int64_t wall);

#endif
