/* base/json_skim.h: a JSON text that is too long to be held, looked at as it passes, in pieces of any size: does it hang together, and what
 * does it say besides its long strings and its long lists of numbers?
 *
 * It is lenient: what yz_json_mend makes right is no fault here, since the bytes have gone on already. What it keeps is a text of the same
 * shape, with strings cut after YZ_SKIM_TEXT bytes and the numbers of a list after the first YZ_SKIM_NUMBERS left out: to be mended and
 * proven as any other, and then read by whoever knows such texts. Once YZ_SKIM_MUCH bytes are kept, no more than YZ_SKIM_ITEMS items of a
 * list are, nor members of an object that lies deeper than YZ_SKIM_SHALLOW: a server that repeats a long chat in many small values says
 * what is wrong with it after that, near the root.
 */
#ifndef YUZUI_BASE_JSON_SKIM_H
#define YUZUI_BASE_JSON_SKIM_H

#include <yuzui/base.h>
#include <yuzui/json.h>

#define YZ_SKIM_TEXT    1024
#define YZ_SKIM_NUMBERS 16
#define YZ_SKIM_COPY    ((size_t)1 << 20) /* bytes kept, at most */
#define YZ_SKIM_MUCH    ((size_t)512 << 10)
#define YZ_SKIM_SHALLOW 3
#define YZ_SKIM_ITEMS   64

/* Zeroed: nothing came yet. */
typedef struct yz_json_skim {
    yz_buf copy;
    bool full; /* copy is not all of it */
    uint8_t state, depth;
    uint8_t dropped;       /* 1 + the depth of the item or member under way that is not kept; 0: none */
    bool key, comma, keep; /* the string is a key; a comma is due; the token under way is copied */
    uint16_t text;         /* bytes kept of the string */
    size_t after;          /* see yz_json_skim_after */
    uint64_t objects;      /* bit d: the container at depth d is an object */
    uint8_t numbers[YZ_JSON_DEPTH];
    uint8_t items[YZ_JSON_DEPTH]; /* or members, up to YZ_SKIM_ITEMS */
} yz_json_skim;

/* YZ_EINVAL: this is no JSON; nothing more may be fed. */
int yz_json_skim_feed(yz_json_skim *skim, yz_str bytes);
bool yz_json_skim_done(const yz_json_skim *skim); /* the value is complete; whatever still comes is passed over */
/* Of the bytes of the last feed: how many stand after the value's end, from the first that is not blank. */
size_t yz_json_skim_after(const yz_json_skim *skim);
void yz_json_skim_free(yz_json_skim *skim);

#endif
