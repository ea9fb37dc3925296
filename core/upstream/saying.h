/* upstream/saying.h: has an answer said something, and all of what it began? For those who keep answers (yz_end.unsaid). */
#ifndef YUZUI_UPSTREAM_SAYING_H
#define YUZUI_UPSTREAM_SAYING_H

#include <yuzui/answer.h>

/* What has been heard of one answer, or of each of several; zeroed at first. */
typedef struct yz_saying {
    struct yz_saying *next; /* of the other choices that have been heard of */
    unsigned choice;
    bool tools;     /* it ends in calls, it says */
    bool spoke;     /* a text that is more than blanks and thoughts, a picture, a sound */
    bool paused;    /* it ends where it would go on if it were asked to */
    bool broken;    /* the arguments of a call break off */
    bool text_open; /* the item at text_at is a text, */
    bool call_open; /* that at call_at a call */
    unsigned text_at, call_at, calls;
    uint8_t tag, tagged;  /* whether the text is within <think>, and how many bytes of the next tag have come */
    bool quoted, escaped; /* the arguments under way: within a string, and behind a backslash of it */
    bool begun, free;     /* something of them has come; they are no JSON object */
    int depth;
} yz_saying;

/* What is remembered of other choices than the first is in the arena. */
void yz_saying_hear(yz_saying *saying, const yz_event *event, yz_arena *arena);
/* Is there something, and is it whole, of each choice? `cut`: only the beginnings of its texts were heard. */
bool yz_saying_whole(const yz_saying *saying, bool cut);

#endif
