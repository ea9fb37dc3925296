/* http/sse.c: server-sent events.
 *
 * Two steps: find where an event ends (a state machine over line ends that remembers three bits between feeds, so no byte is
 * looked at twice), then read its fields. An event that came whole is read where it lies; only one that came in pieces is copied.
 */
#include "http/sse.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LIMIT_DEFAULT ((size_t)1 << 20)

static const char bom[3] = "\xEF\xBB\xBF";

#ifdef __SSE2__
/* Which of the 16 bytes at p end a line. */
static inline __m128i line_ends(const char *p) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    return _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
}

/* Of the 64 bytes at p: does any end a line? */
static inline bool has_line_end(const char *p) {
    __m128i first = _mm_or_si128(line_ends(p), line_ends(p + 16)), second = _mm_or_si128(line_ends(p + 32), line_ends(p + 48));
    return _mm_movemask_epi8(_mm_or_si128(first, second)) != 0;
}

/* The first CR or LF from p on, or end. Of the last block some bytes may have been looked at before. */
static const char *find_line_end(const char *p, const char *end) {
    if (end - p >= 16) {
        while (end - p >= 64 && !has_line_end(p))
            p += 64;
        for (; p < end; p += 16) {
            p = end - p < 16 ? end - 16 : p;
            unsigned mask = (unsigned)_mm_movemask_epi8(line_ends(p));
            if (mask)
                return p + __builtin_ctz(mask);
        }
        return end;
    }
#else
static const char *find_line_end(const char *p, const char *end) {
#endif
    while (p < end && *p != '\n' && *p != '\r')
        p++;
    return p;
}

/* ---- where an event ends ---------------------------------------------------------------------------------------------- */

/* A line end is complete. True: it ended an event. Blank lines before any other belong to the event that follows. */
static bool line_ended(yz_sse *sse) {
    bool blank = !sse->open;
    sse->open = false;
    if (!blank || !sse->started)
        return false;
    sse->started = false;
    return true;
}

/* What follows the end of the event under way, or NULL if it is not in [p, end). */
static const char *find_event_end(yz_sse *sse, const char *p, const char *end) {
    while (p < end) {
        if (sse->after_cr) {
            sse->after_cr = false;
            p += *p == '\n';
            if (line_ended(sse))
                return p;
            continue;
        }
        const char *q = find_line_end(p, end);
        if (q > p)
            sse->open = sse->started = true;
        if (q == end)
            return NULL;
        p = q + 1;
        if (*q == '\r')
            sse->after_cr = true;
        else if (line_ended(sse))
            return p;
    }
    return NULL;
}

/* ---- what an event says ----------------------------------------------------------------------------------------------- */

static void add_data(yz_sse *sse, yz_sse_event *event, yz_str value) {
    if (!event->has_data) {
        event->has_data = true;
        event->data = value;
        return;
    }
    if (sse->joined.n == 0)
        yz_buf_str(&sse->joined, event->data);
    yz_buf_char(&sse->joined, '\n');
    yz_buf_str(&sse->joined, value);
    event->data = yz_buf_view(&sse->joined);
}

static void read_line(yz_sse *sse, yz_sse_event *event, const char *p, const char *end) {
    if (end - p >= 6 && memcmp(p, "data: ", 6) == 0) { /* as nearly all are */
        add_data(sse, event, (yz_str){p + 6, (size_t)(end - p) - 6});
        return;
    }
    const char *colon = memchr(p, ':', (size_t)(end - p));
    yz_str field = {p, (size_t)((colon ? colon : end) - p)}, value = {end, 0};
    if (colon) {
        value.p = colon + 1 + (end - colon > 1 && colon[1] == ' ');
        value.n = (size_t)(end - value.p);
    }
    if (field.n == 4 && memcmp(field.p, "data", 4) == 0)
        add_data(sse, event, value);
    else if (field.n == 5 && memcmp(field.p, "event", 5) == 0)
        event->name = value;
}

static int deliver(yz_sse *sse, yz_str raw, yz_sse_sink on_event, void *arg) {
    yz_sse_event event = {.raw = raw};
    sse->joined.n = 0;
    for (const char *p = raw.p, *end = p + raw.n; p < end;) {
        const char *q = find_line_end(p, end);
        if (q > p)
            read_line(sse, &event, p, q);
        p = q + 1; /* the LF of a CR LF is one more blank line, which says nothing */
    }
    return on_event(arg, &event);
}

/* ---- feeding ---------------------------------------------------------------------------------------------------------- */

static size_t limit_of(const yz_sse *sse) { return sse->limit ? sse->limit : LIMIT_DEFAULT; }

/* Passes over a byte order mark at the very start; bytes that only began like one are put back. */
static void skip_bom(yz_sse *sse, const char **p, const char *end) {
    while (sse->bom < 3 && *p < end) {
        if (**p == bom[sse->bom]) {
            sse->bom++;
            ++*p;
            continue;
        }
        yz_buf_put(&sse->pending, bom, sse->bom);
        sse->open = sse->started = sse->bom > 0;
        sse->bom = 3;
    }
}

/* The events a stream is made of: one line, LF, LF. They are read in one pass. Returns the end of the last of those that lie at p. */
static const char *deliver_simple(yz_sse *sse, const char *p, const char *end, size_t limit, yz_sse_sink on_event, void *arg, int *code) {
    while (p < end) {
        const char *q = find_line_end(p, end);
        if (q == p || end - q < 2 || q[0] != '\n' || q[1] != '\n' || (size_t)(q + 2 - p) > limit)
            return p;
        yz_sse_event event = {.raw = {p, (size_t)(q + 2 - p)}};
        read_line(sse, &event, p, q);
        p = q + 2;
        if ((*code = on_event(arg, &event)) < 0)
            break;
    }
    return p;
}

static bool between_events(const yz_sse *sse) { return !sse->started && !sse->open && !sse->after_cr && sse->pending.n == 0; }

int yz_sse_feed(yz_sse *sse, yz_str bytes, yz_sse_sink on_event, void *arg) {
    const char *p = bytes.n ? bytes.p : "", *end = p + bytes.n;
    size_t limit = limit_of(sse);
    if (sse->bom < 3)
        skip_bom(sse, &p, end);
    while (p < end) {
        int code = YZ_OK;
        if (between_events(sse) && (p = deliver_simple(sse, p, end, limit, on_event, arg, &code)) == end)
            return code;
        if (code < 0)
            return code;
        const char *stop = find_event_end(sse, p, end);
        size_t n = (size_t)((stop ? stop : end) - p);
        if (sse->pending.n + n > limit)
            return YZ_ELIMIT;
        if (!stop) {
            yz_buf_put(&sse->pending, p, n);
            return YZ_OK;
        }
        yz_str raw = {p, n};
        if (sse->pending.n) {
            yz_buf_put(&sse->pending, p, n);
            raw = yz_buf_view(&sse->pending);
        }
        sse->pending.n = 0; /* the bytes stay until the next feed */
        code = deliver(sse, raw, on_event, arg);
        if (code < 0)
            return code;
        p = stop;
    }
    return YZ_OK;
}

/* Does the event have a line that begins a data field? */
static bool has_data(yz_str raw) {
    for (const char *p = raw.p, *end = p + raw.n; p < end;) {
        const char *q = find_line_end(p, end);
        if (q - p >= 4 && memcmp(p, "data", 4) == 0 && (q - p == 4 || p[4] == ':'))
            return true;
        p = q + 1;
    }
    return false;
}

int yz_sse_end(yz_sse *sse, yz_sse_sink on_event, void *arg, size_t *left) {
    yz_str raw = yz_buf_view(&sse->pending);
    bool started = sse->started;
    bool ended = sse->after_cr && line_ended(sse);
    *left = sse->bom < 3 ? sse->bom : 0;
    sse->pending.n = 0;
    sse->started = sse->open = sse->after_cr = false;
    if (!started)
        return YZ_OK;
    if (ended || has_data(raw))
        return deliver(sse, raw, on_event, arg);
    *left = raw.n;
    return YZ_OK;
}

void yz_sse_free(yz_sse *sse) {
    yz_buf_free(&sse->pending);
    yz_buf_free(&sse->joined);
}
