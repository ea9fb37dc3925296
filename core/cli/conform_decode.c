/* cli/conform_decode.c: a decoder against recorded answers: whole, cut at every byte, ended at every byte, damaged.
 *
 * What must hold: the events keep their grammar; the pieces do not matter; what is not whole is never reported as DONE; nothing crashes
 * (which shows best under a sanitizer).
 */
#include "base/arena.h"
#include "base/clock.h"
#include "cli/conform.h"

#include <stdio.h>
#include <stdlib.h>

#define CUTS_MAX 16384 /* of one recording; longer ones are cut in steps */
#define DAMAGES  400   /* of each recording */

static void play(yz_conform *c, const yz_sample *sample, yz_str bytes, yz_recording *out) {
    yz_recording_init(out, yz_arena_new(NULL));
    if (sample->stream)
        yz_play_stream(c->adapter, bytes, NULL, 0, out);
    else
        yz_play_document(c->adapter, bytes, out);
}

static yz_str printed(yz_conform *c, const yz_recording *r) {
    yz_buf buf = {0};
    yz_recording_print(r, &buf);
    yz_str text = yz_dup(c->arena, yz_buf_view(&buf));
    yz_buf_free(&buf);
    return text;
}

/* Prints into a buffer that is kept for the next time, and compares. */
static bool same(const yz_recording *r, yz_str expected, yz_buf *buf) {
    buf->n = 0;
    yz_recording_print(r, buf);
    return yz_str_eq(yz_buf_view(buf), expected);
}

static size_t step_of(size_t n) { return n / CUTS_MAX + 1; }

static void every_split(yz_conform *c, const yz_sample *sample, yz_str expected) {
    yz_buf buf = {0};
    yz_recording r;
    size_t wrong = 0;
    bool ok = true;
    for (size_t cut = 1; cut < sample->bytes.n && ok; cut += step_of(sample->bytes.n)) {
        yz_recording_init(&r, yz_arena_new(NULL));
        yz_play_stream(c->adapter, sample->bytes, &cut, 1, &r);
        ok = same(&r, expected, &buf);
        wrong = cut;
        yz_arena_free(r.arena);
    }
    yz_conform_tell(c, ok, "every split", sample->name, "cut in two at byte %zu it says\n%.*s", wrong, YZ_STR_ARGS(yz_buf_view(&buf)));
    yz_recording_init(&r, yz_arena_new(NULL));
    yz_play_bytewise(c->adapter, sample->bytes, &r);
    yz_conform_tell(c, same(&r, expected, &buf), "byte by byte", sample->name, "it says\n%.*s", YZ_STR_ARGS(yz_buf_view(&buf)));
    yz_arena_free(r.arena);
    yz_buf_free(&buf);
}

/* Where the event ends that brought DONE, or made the answer complete without: nothing shorter is a whole answer. */
static size_t end_of_done(yz_conform *c, const yz_sample *sample) {
    yz_recording r;
    size_t end = sample->bytes.n;
    if (sample->stream) {
        yz_recording_init(&r, yz_arena_new(NULL));
        yz_play_bytewise(c->adapter, sample->bytes, &r);
        end = r.done ? r.done_at - 1 : end; /* without the byte that showed it: a blank line, or what comes after a CR */
        yz_arena_free(r.arena);
    }
    while (end && (unsigned char)sample->bytes.p[end - 1] <= ' ')
        end--;
    return end;
}

static void every_truncation(yz_conform *c, const yz_sample *sample) {
    size_t end = end_of_done(c, sample), at = 0;
    const char *fault = NULL;
    for (; at < end && !fault; at += step_of(end)) {
        yz_recording r;
        play(c, sample, (yz_str){sample->bytes.p, at}, &r);
        fault = r.fault ? r.fault : r.done ? "it is reported as DONE" : NULL;
        yz_arena_free(r.arena);
    }
    yz_conform_tell(c, !fault, "every truncation", sample->name, "ended after %zu of %zu bytes: %s", at, sample->bytes.n,
                    fault ? fault : "");
}

/* One random change: a byte, a byte less, a piece twice, a piece away. */
static void damage(yz_rng *rng, yz_buf *b) {
    size_t at = yz_rng_next(rng) % b->n, n = yz_rng_next(rng) % 16 + 1;
    n = n > b->n - at ? b->n - at : n;
    switch (yz_rng_next(rng) % 5) {
    case 0:
        b->p[at] = (char)yz_rng_next(rng);
        break;
    case 1:
        b->p[at] = "\"{}[],:\\\n0"[yz_rng_next(rng) % 10];
        break;
    case 2:
        yz_buf_room(b, n);
        memmove(b->p + at + n, b->p + at, b->n - at);
        b->n += n;
        break;
    case 3:
        memmove(b->p + at, b->p + at + n, b->n - at - n);
        b->n -= n;
        break;
    default:
        b->p[at] ^= (char)(1u << yz_rng_next(rng) % 8);
    }
}

static void damaged(yz_conform *c, const yz_sample *sample) {
    yz_rng rng;
    yz_buf copy = {0};
    const char *fault = NULL;
    yz_rng_init(&rng, 7);
    for (unsigned i = 0; i < DAMAGES && !fault; i++) {
        yz_recording r;
        copy.n = 0;
        yz_buf_str(&copy, sample->bytes);
        for (uint64_t k = yz_rng_next(&rng) % 4 + 1; k > 0 && copy.n > 1; k--)
            damage(&rng, &copy);
        play(c, sample, yz_buf_view(&copy), &r);
        fault = r.fault;
        yz_arena_free(r.arena);
    }
    yz_conform_tell(c, !fault, "damaged", sample->name, "%s, for:\n%.*s", fault ? fault : "", YZ_STR_ARGS(yz_buf_view(&copy)));
    yz_buf_free(&copy);
}

void yz_conform_decode(yz_conform *c, const yz_sample *sample) {
    yz_recording whole;
    play(c, sample, sample->bytes, &whole);
    yz_str said = printed(c, &whole);
    if (c->verbose)
        printf("%.*s says:\n%.*s", YZ_STR_ARGS(sample->name), YZ_STR_ARGS(said));
    yz_conform_tell(c, !whole.fault, "grammar of events", sample->name, "%s:\n%.*s", whole.fault ? whole.fault : "", YZ_STR_ARGS(said));
    yz_conform_tell(c, whole.done || whole.failed || whole.code < 0, "comes to an end", sample->name,
                    "a whole recording must lead to DONE, ERROR or a refusal; it says\n%.*s", YZ_STR_ARGS(said));
    if (sample->expected.n)
        yz_conform_tell(c, yz_str_eq(said, sample->expected), "as recorded", sample->name, "wanted\n%.*sbut it says\n%.*s",
                        YZ_STR_ARGS(sample->expected), YZ_STR_ARGS(said));
    if (sample->stream)
        every_split(c, sample, said);
    every_truncation(c, sample);
    if (sample->bytes.n > 1)
        damaged(c, sample);
    if (whole.done && c->adapter->encode)
        yz_conform_encode(c, sample->name, &whole);
    yz_arena_free(whole.arena);
}

/* ---- what no provider sends ------------------------------------------------------------------------------------------------------ */

static void one_garbage(yz_conform *c, yz_str name, yz_str data) {
    yz_recording r;
    yz_recording_init(&r, yz_arena_new(NULL));
    char *exact = yz_malloc(data.n + 1);
    memcpy(exact, data.p, data.n);
    if (c->adapter->decode_event)
        c->adapter->decode_event(yz_conform_decoder(c->adapter, r.arena), (yz_str){NULL, 0}, (yz_str){exact, data.n}, r.arena, &r.sink);
    yz_json *json;
    yz_recording d;
    yz_recording_init(&d, yz_arena_new(NULL));
    if (c->adapter->decode_body && yz_json_parse(d.arena, data, YZ_JSON_ANSWERED, &json, NULL) == YZ_OK)
        c->adapter->decode_body(yz_conform_decoder(c->adapter, d.arena), json, d.arena, &d.sink);
    const char *fault = r.fault ? r.fault : d.fault ? d.fault : r.done || d.done ? "it is reported as DONE" : NULL;
    yz_conform_tell(c, !fault, "garbage", name, "%s", fault ? fault : "");
    free(exact);
    yz_arena_free(r.arena);
    yz_arena_free(d.arena);
}

void yz_conform_garbage(yz_conform *c) {
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "[]",
        "null",
        "true",
        "0",
        "\"x\"",
        "{}",
        "{\"a\":1}",
        "[DONE",
        "DONE",
        "{\"error\":[]}",
        "{\"error\":\"\"}",
        "{\"type\":7}",
        "{\"choices\":7}",
        "{\"choices\":[7]}",
        "{\"choices\":[{}]}",
        "{\"choices\":[{\"delta\":7}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[7,{},{\"index\":-1},{\"index\":99999999999999999999}]}}]}",
        "\xff\xfe",
        "{\"a\":\"\xc3\"}",
        "{\"candidates\":[]}",
        "{\"content\":[7,null]}",
        "{\"usage\":{\"input_tokens\":-5,\"prompt_tokens\":1e300}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        one_garbage(c, yz_str_of(texts[i]), yz_str_of(texts[i]));
    yz_buf big = {0};
    yz_buf_lit(&big, "{\"x\":\"");
    memset(yz_buf_room(&big, 4u << 20), 'x', 4u << 20);
    big.n += 4u << 20;
    one_garbage(c, YZ_STR("4 MiB without an end"), yz_buf_view(&big));
    yz_buf_lit(&big, "\"}");
    one_garbage(c, YZ_STR("4 MiB of an unknown event"), yz_buf_view(&big));
    big.n = 0;
    for (unsigned i = 0; i < 100000; i++)
        yz_buf_char(&big, '[');
    one_garbage(c, YZ_STR("100,000 brackets"), yz_buf_view(&big));
    yz_buf_free(&big);
}
