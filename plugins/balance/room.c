/* room.c: how many calls at once a target takes before it gets slower, found out by watching it (`adaptive`).
 *
 * The time to the first content of late stands beside what is usual for this target. As long as it is less than twice that, the limit
 * grows; beyond, it shrinks in proportion, and with each failure. So it settles where the calls begin to stand in line (the rule is known
 * as the gradient of concurrency limits). What is usual falls in seconds and rises in minutes: a line does not become usual.
 * A limit that was guessed refuses nobody: who is at his limit is passed over for others, and asked when all are (choose.c).
 *
 * Relaxed atomics, as all of it: an update that is lost is made by the next answer.
 */
#include "balance.h"

#define ROOM_FALL_MS 5000
#define ROOM_RISE_MS 60000
#define ROOM_LEAST   4.0 /* calls at once that anybody takes */
#define ROOM_SPARE   4.0 /* a limit grows by so many with each round of calls */

static double moved(double from, double to, int64_t dt, int64_t over) {
    return from + (to - from) * (dt < over ? (double)dt / (double)over : 1);
}

/* The usual time of the form, in us, brought up to date by an answer. */
static double usual_now(health *own, bool stream, int64_t us, int64_t now) {
    double usual = (double)HEALTH_GET(own->usual[stream]);
    int64_t dt = now - HEALTH_GET(own->seen[stream]);
    HEALTH_SET(own->seen[stream], now);
    usual = usual <= 0 ? (double)us : moved(usual, (double)us, dt > 0 ? dt : 1, (double)us < usual ? ROOM_FALL_MS : ROOM_RISE_MS);
    HEALTH_SET(own->usual[stream], (int64_t)usual);
    return usual;
}

static void set_room(health *own, double room) { HEALTH_SET(own->room, (int64_t)((room > ROOM_LEAST ? room : ROOM_LEAST) * 16)); }

void room_answered(health *own, bool stream, int64_t us, int64_t now) {
    double usual = usual_now(own, stream, us, now), lately = (double)HEALTH_GET(own->lately[stream]);
    lately = lately <= 0 ? (double)us : lately + ((double)us - lately) / 64;
    HEALTH_SET(own->lately[stream], (int64_t)lately);
    double running = (double)HEALTH_GET(own->running), room = (double)HEALTH_GET(own->room) / 16;
    double gradient = 2 * usual / (lately > 1 ? lately : 1);
    gradient = gradient > 1 ? 1 : gradient < 0.5 ? 0.5 : gradient;
    if (room <= 0 && gradient < 1 && running > ROOM_LEAST)
        set_room(own, running); /* until it first got slower, nobody had counted */
    else if (room > 0 && running * 2 >= room)
        set_room(own, room + (room * gradient + ROOM_SPARE - room) / running);
}

void room_failed(health *own) {
    double running = (double)HEALTH_GET(own->running), room = (double)HEALTH_GET(own->room) / 16;
    if (room <= 0 || room > 2 * running)
        room = running; /* what it did not get, it has not shown that it can take */
    set_room(own, room - room / (2 * running + 1));
}

bool room_left(const health *own) {
    int64_t room = HEALTH_GET(own->room);
    return room == 0 || HEALTH_GET(own->running) * 16 < room;
}

int64_t room_pause(const health *own) {
    int64_t room = HEALTH_GET(own->room);
    return room > 16 ? 16000 / room : 250;
}
