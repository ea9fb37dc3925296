/* base/json_mend.h: JSON as careless servers write it, made right. For answers that were paid for and that most readers take all the same;
 * never for requests, which two readers must not understand in two ways.
 *
 * What is mended: bytes behind the value are dropped; NaN, Infinity and -Infinity become null; of a key that stands twice the last counts,
 * as with nearly every reader; bytes that are not UTF-8 become U+FFFD; control characters in strings are escaped. Blanks between tokens
 * fall away, so that the result is one line.
 */
#ifndef YUZUI_BASE_JSON_MEND_H
#define YUZUI_BASE_JSON_MEND_H

#include <yuzui/base.h>

/* Appends `text` made right to out, whose new bytes still have to be proven. YZ_EINVAL: it is broken in another way, and what was appended
 * is of no use. Time is linear but for objects with a key that stands twice, which may have YZ_JSON_MEND_KEYS members. */
int yz_json_mend(yz_str text, yz_buf *out);

#define YZ_JSON_MEND_KEYS 256

#endif
