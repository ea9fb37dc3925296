/* http/json_array.h: a stream that is one JSON array whose values come one by one, for any split of the bytes, and its way from and to
 * server-sent events: one value is what would be the data of one event.
 *
 * Only objects are values here: the events of every dialect that streams like this are objects. They are found by their braces and
 * quotes and not proven: whoever decodes one does that. A body that is one object and no array is taken for an array of one, since
 * servers answer a request for a stream with a single error so. What holds: the values do not depend on how the stream was split.
 */
#ifndef YUZUI_HTTP_JSON_ARRAY_H
#define YUZUI_HTTP_JSON_ARRAY_H

#include <yuzui/base.h>

typedef int (*yz_json_array_sink)(void *arg, yz_str value);

/* ---- reading -------------------------------------------------------------------------------------------------------- */

/* Zero-initialise, set limit. */
typedef struct yz_json_array {
    size_t limit;   /* bytes of one value at most; 0: 1 MiB */
    yz_buf pending; /* the beginning of a value whose end has not come */
    size_t depth;   /* of the value under way */
    uint8_t state;  /* json_array.c */
    bool bare;      /* an object without an array around it */
    bool string, escape;
} yz_json_array;

/* Calls on_value for each complete value, in order. A negative return of on_value stops and is returned; the rest of `bytes` is
 * dropped. YZ_EINVAL: this is no array of objects; YZ_ELIMIT: a value is too long. Slices live until on_value returns. */
int yz_json_array_feed(yz_json_array *array, yz_str bytes, yz_json_array_sink on_value, void *arg);
bool yz_json_array_ended(const yz_json_array *array); /* its closing bracket was seen */
void yz_json_array_free(yz_json_array *array);

/* ---- writing -------------------------------------------------------------------------------------------------------- */

/* A value as a server-sent event. Line breaks, which stand between tokens only, become blanks. */
void yz_json_array_event(yz_str value, yz_buf *out);
/* Appends one value to an array; *begun is false before the first. */
void yz_json_array_put(bool *begun, yz_str value, yz_buf *out);
void yz_json_array_close(bool *begun, yz_buf *out); /* also of none: then the array is empty */

#endif
