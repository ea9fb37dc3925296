/* server/intake.h: the bytes of a request's body as they come: where they are kept, and how many of all requests together.
 *
 * A body is the one large thing that a client makes us hold, and before the chain has seen who asks. So bodies longer than 64 KiB count
 * towards one limit of the whole process, by what has come of them, until their request is over; what does not fit is refused and may
 * be sent again. What a head merely promises counts for nothing, or promising would be enough to shut others out. Small bodies are
 * bounded by the number of connections, and are taken also when large ones fill the limit.
 */
#ifndef YUZUI_SERVER_INTAKE_H
#define YUZUI_SERVER_INTAKE_H

#include "config/settings.h"

typedef enum yz_intake_place { YZ_INTAKE_NONE, YZ_INTAKE_ARENA, YZ_INTAKE_HEAP } yz_intake_place;

/* Zeroed at first; lives in the arena, and is emptied when that is freed. */
typedef struct yz_intake {
    char *p;
    size_t n, cap;
    size_t promised;       /* by the head; 0: nothing */
    size_t counted;        /* what of it counts towards the limit on all bodies */
    yz_intake_place place; /* heap: freed with the arena */
} yz_intake;

/* A body is about to come, of `length` bytes (-1: not said). NULL, or why it cannot be taken. */
const yz_error *yz_intake_expect(yz_intake *intake, yz_arena *arena, const yz_limit_settings *limits, int64_t length);
/* NULL, or why these bytes cannot be kept: then the request is refused. Bytes that lie where yz_intake_room said are not copied. */
const yz_error *yz_intake_add(yz_intake *intake, yz_arena *arena, const yz_limit_settings *limits, yz_str bytes);
/* Where the next bytes of the body may be read to, and how many; NULL: it is too little to care. */
char *yz_intake_room(const yz_intake *intake, size_t *n);
/* n more bytes of a body that streams are kept by somebody (fewer: n negative). False: in all they would be more than `most`. */
bool yz_intake_keep(int64_t n, int64_t most);

#endif
