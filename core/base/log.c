/* base/log.c: lines to stderr, each with one write, so that lines of several threads never mix.
 *
 * A line is `2026-11-22T21:54:14.123Z level text`. Control bytes (C1 ones too) are escaped, so that what a peer sent can neither
 * forge a line nor drive a terminal. A line longer than the buffer ends in an ellipsis.
 */
#include "base/log.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define PATIENCE_MS    20 /* with a reader who is slow */

static atomic_int lowest = YZ_LOG_INFO;

static const char *const words[] = {
#define LEVEL_WORD(name, word) word,
    YZ_LOG_LEVELS(LEVEL_WORD)
#undef LEVEL_WORD
};

void yz_log_level_set(yz_log_level level) { atomic_store_explicit(&lowest, (int)level, memory_order_relaxed); }

bool yz_log_wants(yz_log_level level) { return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed); }

static size_t stamp(char *out, size_t cap, yz_log_level level) {
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t n = strftime(out, cap, "%Y-%m-%dT%H:%M:%S", &tm);
    return n + (size_t)snprintf(out + n, cap - n, ".%03dZ %s ", (int)(now.tv_nsec / 1000000), words[level]);
}

/* Copies text to out with control bytes escaped; stops before `room` bytes. */
static size_t escape(char *out, size_t room, const char *text) {
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    for (const unsigned char *t = (const unsigned char *)text; *t; t++) {
        bool c1 = *t == 0xC2 && t[1] >= 0x80 && t[1] < 0xA0;
        bool control = *t < 0x20 || *t == 0x7F || c1;
        if (n + 4 > room)
            break;
        if (!control) {
            out[n++] = (char)*t;
            continue;
        }
        t += c1;
        memcpy(out + n, (char[]){'\\', 'x', hex[*t >> 4], hex[*t & 15]}, 4);
        n += 4;
    }
    return n;
}

static _Thread_local void (*before)(void *arg);
static _Thread_local void *before_arg;

void yz_log_before(void (*fn)(void *arg), void *arg) {
    before = fn;
    before_arg = arg;
}

void yz_log(yz_log_level level, const char *fmt, ...) {
    if (!yz_log_wants(level))
        return;
    if (before)
        before(before_arg);
    char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    size_t n = stamp(line, sizeof line, level);
    size_t room = sizeof line - n - 4;
    size_t written = escape(line + n, room, wanted < 0 ? "(bad log format)" : text);
    n += written;
    if (wanted >= (int)sizeof text || written + 4 > room) {
        memcpy(line + n, "...", 3);
        n += 3;
    }
    line[n++] = '\n';
    /* A log that cannot be written is no reason to fail, and there is nowhere to say it. Nor is one that nobody reads a reason to stand
     * still: what polls writable takes a line without blocking. */
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, PATIENCE_MS) == 0)
        return;
    ssize_t ignored = write(STDERR_FILENO, line, n);
    (void)ignored;
}
