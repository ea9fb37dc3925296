/* config/token.h: keys that run out: read from a file that somebody else renews, or made by a command (Google Cloud, Azure Entra, a vault).
 *
 * A key is renewed by a reload: the file is watched, and for a command the control thread reloads when it is due (yz_settings.renew_at).
 * What a command made is kept as long as the process and used by every reload until then, and, when it fails, until it has run out: so
 * neither an edit of the config nor an outage of a token server costs a key that is still good. Control thread. */
#ifndef YUZUI_CONFIG_TOKEN_H
#define YUZUI_CONFIG_TOKEN_H

#include "base/secret.h"

#define YZ_TOKEN_MOST ((size_t)16 << 10) /* bytes that a file or a command may say */

/* What was said: the key alone, or a JSON object with it (access_token, accessToken, token or id_token) and, if it says so, when it runs
 * out: expires_in (seconds), expires_on or expires_at (Unix seconds). */
typedef struct yz_token {
    yz_str key;          /* a slice of what was read */
    int64_t expires;     /* Unix seconds; 0: it does not say */
    const char *problem; /* what is wrong with it; NULL: nothing */
} yz_token;
yz_token yz_token_read(yz_str said, int64_t now /* Unix seconds */, yz_arena *arena);

/* The key that this command makes (words; no shell), run unless one it made is still good: that is used for `every` seconds, and for no
 * longer than four fifths of its life. NULL: it fails and there is none; *problem says why, in the arena. *due: when it is to be asked for
 * again, Unix seconds. The secret is the caller's. */
yz_secret *yz_token_of_command(const yz_str *words, size_t n, int64_t every, yz_arena *arena, int64_t *due, const char **problem);

#endif
