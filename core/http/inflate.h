/* http/inflate.h: bodies that came compressed, piece by piece, at any split: gzip, deflate (with or without zlib's head), zstd, br.
 * The libraries of the system do the work; here are one form for all of them, and bounds. No I/O. */
#ifndef YUZUI_HTTP_INFLATE_H
#define YUZUI_HTTP_INFLATE_H

#include <yuzui/base.h>

typedef struct yz_inflate yz_inflate;

/* Of a content-encoding; NULL: it is not one of these, or several. Free with yz_inflate_free. */
yz_inflate *yz_inflate_new(yz_str coding);
/* Likewise of an answer, whose sums and lengths behind the text are passed over, whatever they say; of several, in the order in which they
 * were applied ("gzip, br"), with parameters, and words that say none; one that is said twice may have been applied once. At most two are
 * undone. *none: it says no coding at all. */
yz_inflate *yz_inflate_list(yz_str codings, bool *none);
/* What the first bytes of a body say of its coding, which head and body may differ about: `inflate` (NULL: none was declared) as it is
 * where they fit it, or do not tell; else it is freed, and what fits them is returned: one for gzip, zstd or zlib, by their marks; NULL for
 * a body that is not packed. */
yz_inflate *yz_inflate_fit(yz_inflate *inflate, yz_str first);
/* Is a body that begins so plainly JSON or events, and not packed, whatever its head says? */
#define YZ_INFLATE_SURE 16 /* bytes that tell, of a body that is as long */
bool yz_inflate_plain(yz_str first);
void yz_inflate_free(yz_inflate *inflate); /* NULL is allowed */

/* What more input makes. Calls emit(arg, bytes) with pieces of at most YZ_INFLATE_PIECE bytes, which are valid during the call; a negative
 * return stops it and is returned. YZ_EINVAL: not of this coding, or what follows its end is not another gzip member or zstd frame;
 * YZ_ELIMIT: this input alone would make more than `most` bytes. */
#define YZ_INFLATE_PIECE ((size_t)32 << 10)
int yz_inflate_feed(yz_inflate *inflate, yz_str input, size_t most, int (*emit)(void *arg, yz_str bytes), void *arg);
/* Is it complete? To be asked when no more input comes. */
bool yz_inflate_done(const yz_inflate *inflate);
/* Was it complete, and is what came since nothing that can be unpacked? */
bool yz_inflate_over(const yz_inflate *inflate);

#endif
