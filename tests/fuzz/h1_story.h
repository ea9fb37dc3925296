/* fuzz/h1_story.h: feeds a message whole and in pieces, and insists that both tell the same story. Included by the h1 targets. */
#ifndef YUZUI_FUZZ_H1_STORY_H
#define YUZUI_FUZZ_H1_STORY_H

#include "base/arena.h"
#include "base/check.h"
#include "http/h1.h"

#include <stdlib.h>

typedef struct story {
    yz_buf text;
    yz_arena *arena;
    bool open; /* between on_head and on_end */
    int code, status;
} story;

static yz_arena *story_begin(void *arg) { return ((story *)arg)->arena; }

static int story_head(void *arg, const yz_h1_head *head) {
    story *s = arg;
    YZ_MUST(!s->open);
    s->open = true;
    yz_buf_printf(&s->text, "\n%.*s %.*s %d 1.%u %lld %d%d%d%d\n", YZ_STR_ARGS(head->method), YZ_STR_ARGS(head->target), head->status,
                  head->minor, (long long)head->length, head->chunked, head->has_body, head->keep_alive, head->expect_continue);
    for (size_t i = 0; i < head->n_headers; i++) {
        yz_str name = head->headers[i].name, value = head->headers[i].value;
        YZ_MUST(yz_h1_name_ok(name) && yz_h1_value_ok(value));
        for (size_t k = 0; k < name.n; k++)
            YZ_MUST(name.p[k] < 'A' || name.p[k] > 'Z');
        yz_buf_printf(&s->text, "%.*s=%.*s\n", YZ_STR_ARGS(name), YZ_STR_ARGS(value));
    }
    yz_str path, query;
    if (head->target.n && yz_h1_target(s->arena, head->target, &path, &query) == YZ_OK)
        YZ_MUST(path.n > 0 && (path.p[0] == '/' || path.p[0] == '*') && !memchr(path.p, 0, path.n) && !memchr(path.p, '\\', path.n));
    return YZ_OK;
}

static int story_body(void *arg, yz_str bytes) {
    story *s = arg;
    YZ_MUST(s->open && bytes.n > 0);
    yz_buf_str(&s->text, bytes);
    return YZ_OK;
}

static void story_end(void *arg) {
    story *s = arg;
    YZ_MUST(s->open);
    s->open = false;
    yz_buf_lit(&s->text, "\nEND");
}

/* Pieces of 1 to `most` bytes, chosen by `seed`; most 0: whole. */
static story story_tell(bool response, bool answers_head, yz_str input, size_t most, uint32_t seed) {
    static const yz_h1_hooks hooks = {story_begin, story_head, story_body, story_end};
    static const yz_h1_limits limits = {.line = 200, .headers = 600, .count = 12, .body = 4000};
    story s = {.arena = yz_arena_new(NULL)};
    yz_h1 *h1 = yz_h1_new(response, &limits, &hooks, &s);
    yz_h1_expect(h1, answers_head);
    for (size_t at = 0; at < input.n && s.code == YZ_OK;) {
        seed = seed * 1664525u + 1013904223u;
        size_t n = most ? 1 + (seed >> 8) % most : input.n;
        n = n < input.n - at ? n : input.n - at;
        char *piece = malloc(n); /* of its own, so that reading past it is seen */
        memcpy(piece, input.p + at, n);
        for (size_t fed = 0; fed < n && s.code == YZ_OK;) {
            size_t used = 0;
            s.code = yz_h1_feed(h1, piece + fed, n - fed, &used);
            YZ_MUST(used <= n - fed && (used > 0 || s.code < 0));
            fed += used;
        }
        free(piece);
        at += n;
    }
    if (s.code == YZ_OK)
        s.code = yz_h1_eof(h1);
    s.status = yz_h1_refusal(h1, NULL);
    YZ_MUST((s.code < 0) == (s.status != 0));
    yz_h1_free(h1);
    yz_arena_free(s.arena);
    return s;
}

static void story_compare(bool response, bool answers_head, yz_str input, uint32_t seed) {
    story whole = story_tell(response, answers_head, input, 0, 0);
    for (size_t most = 1; most <= 64; most *= 8) {
        story split = story_tell(response, answers_head, input, most, seed);
        YZ_MUST(split.code == whole.code && split.status == whole.status);
        YZ_MUST(yz_str_eq(yz_buf_view(&split.text), yz_buf_view(&whole.text)));
        yz_buf_free(&split.text);
    }
    yz_buf_free(&whole.text);
}

#endif
