/* media/media.h: what a provider has made and keeps at an address of its own (a picture, a song, a film), served through the gateway.
 *
 * Where the config has `media`, the stage that owns jobs tells its clients addresses of the gateway instead: signed, good for a while, and
 * for the tenant that they were given to. Nothing is kept: all that is needed stands in the address.
 *
 * It is a bearer address: a page or a player shows no key. Who shows one all the same must be of that tenant. Whoever has one learns
 * neither whose it is nor where it lies: that is enciphered, but for the name of the file.
 *
 *   address.c  making one, and reading it; no I/O
 *   pass.c     an answer that passes, in which places are told: with such addresses instead; no I/O
 *   leaf.c     GET /v1/media/ADDRESS/NAME: fetched where it lies, and streamed through
 */
#ifndef YUZUI_MEDIA_MEDIA_H
#define YUZUI_MEDIA_MEDIA_H

#include "config/settings.h"

#include <yuzui/call.h>

#define YZ_MEDIA_PATH  "/v1/media/"
#define YZ_MEDIA_ROUTE YZ_MEDIA_PATH "{id}/{part}"

/* One that was read: whose it is, where it lies, and until when it is good (Unix seconds). */
typedef struct yz_media {
    yz_str owner, url;
    int64_t expires;
} yz_media;

/* The whole address, in the arena; empty: this url is none that could be served, or is one of ours already. now: Unix seconds. */
yz_str yz_media_sign(const yz_media_settings *settings, yz_str owner, yz_str url, int64_t now, yz_arena *arena);
/* `signed_part`: what stands in the path. False: *why, fit for a client; *out has what could be proven of it. */
bool yz_media_read(const yz_media_settings *settings, yz_str signed_part, int64_t now, yz_arena *arena, yz_media *out, yz_error *why);

/* An answer with texts in these fields (yz_adapter.media_fields), for this owner. It lives in the arena; what `put` and `end` return, until
 * the next of them. Of a text no more than a few kilobytes are held. */
typedef struct yz_media_pass yz_media_pass;
yz_media_pass *yz_media_pass_new(const yz_media_settings *settings, const char *const *fields, yz_str owner, yz_arena *arena);
yz_str yz_media_pass_put(yz_media_pass *pass, yz_str bytes);
yz_str yz_media_pass_end(yz_media_pass *pass); /* what was held of an answer that breaks off; empty: nothing */

extern const yz_filter yz_media_leaf;

#endif
