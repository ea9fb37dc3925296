/* body_source.h: a body that streams: a test feeds it bit by bit, sees when its reader rests, and ends it or lets it fail. */
#ifndef YUZUI_TESTS_BODY_SOURCE_H
#define YUZUI_TESTS_BODY_SOURCE_H

#include "base/check.h"
#include "call/turn.h"

#include <yuzui/body.h>

typedef struct body_source {
    yz_body body;
    yz_turn *turn;          /* on_more comes from here */
    yz_body_reader *reader; /* the one that reads now */
    yz_task task;
    yz_buf bytes;    /* fed so far */
    size_t at;       /* how far they were read */
    int end;         /* 1: more is to come; else what a pull returns after the last byte */
    bool waits;      /* a pull found nothing */
    bool paused;     /* what the reader last said */
    unsigned pauses; /* how often it rested */
    unsigned opened, closed;
} body_source;

static inline int source_pull(yz_body_reader *reader, size_t most, yz_str *parts, size_t max) {
    body_source *s = reader->body->source;
    (void)max;
    if (!reader->state) {
        if (!s->body.replayable && s->at > 0)
            return YZ_ENOTFOUND;
        reader->state = s;
        s->reader = reader;
        s->opened++;
        s->at = 0;
    }
    if (s->at < s->bytes.n) {
        size_t n = s->bytes.n - s->at;
        parts[0] = (yz_str){s->bytes.p + s->at, n < most ? n : most};
        s->at += parts[0].n;
        return 1;
    }
    s->waits = s->end == 1;
    return s->waits ? YZ_EAGAIN : s->end;
}

static inline void source_pause(yz_body_reader *reader, bool paused) {
    body_source *s = reader->body->source;
    s->paused = paused;
    s->pauses += paused;
}

static inline void source_close(yz_body_reader *reader) {
    body_source *s = reader->body->source;
    s->closed += reader->state != NULL;
    s->reader = NULL;
    yz_task_drop(&s->task);
}

static const yz_body_ops source_ops = {YZ_BODY_OPS, .pull = source_pull, .pause = source_pause, .close = source_close};

static inline void source_run(yz_task *task) {
    body_source *s = YZ_CONTAINER(task, body_source, task);
    s->waits = false;
    s->reader->on_more(s->reader);
}

static inline void source_wake(body_source *s) {
    if (s->waits && s->reader)
        yz_task_post(s->turn, &s->task);
}

/* `known` must stay. */
static inline void source_open(body_source *s, yz_turn *turn, const yz_str *known, int64_t length) {
    *s = (body_source){.turn = turn, .end = 1, .task.run = source_run};
    s->body = (yz_body){YZ_BODY, .known = known, .n_known = known ? 1 : 0, .length = length, .ops = &source_ops, .source = s};
}

/* Bytes move when there are more: only between turns, and never while a pulled slice is in use. */
static inline void source_feed(body_source *s, yz_str bytes) {
    yz_buf_str(&s->bytes, bytes);
    source_wake(s);
}

/* 0: it is complete; negative: it fails there. */
static inline void source_end(body_source *s, int code) {
    s->end = code;
    source_wake(s);
}

static inline void source_free(body_source *s) { yz_buf_free(&s->bytes); }

#endif
