/* access.c: gathering lines and writing them out. See access.h. */
#include "server/access.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FULL_BYTES  (32 * 1024)
#define PIECE_BYTES 4096 /* a pipe that polls writable takes as much without blocking */
#define FLUSH_MS    1000

static void flush(yz_access *access);

static void on_alarm(yz_alarm *alarm) { flush(YZ_CONTAINER(alarm, yz_access, alarm)); }
static void on_line(void *access) { flush(access); }

void yz_access_init(yz_access *access, yz_turn *turn, int fd) {
    *access = (yz_access){.turn = turn, .fd = fd, .alarm.ring = on_alarm, .second = -1};
    yz_log_before(on_line, access);
}

/* A file never makes anybody wait for a reader. */
static bool is_plain(int fd) {
    struct stat stat;
    return fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
}

static bool writable(int fd) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLOUT);
}

static size_t count_lines(const char *p, size_t n) {
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += p[i] == '\n';
    return lines;
}

/* The length of the first lines that fit into one piece; a longer line goes whole. */
static size_t piece_of(const char *p, size_t n) {
    const char *end = n > PIECE_BYTES ? memrchr(p, '\n', PIECE_BYTES) : NULL;
    if (n > PIECE_BYTES && !end)
        end = memchr(p, '\n', n);
    return end ? (size_t)(end - p) + 1 : n;
}

static void flush(yz_access *access) {
    yz_buf *lines = &access->lines;
    int fd = access->fd < 0 ? yz_log_fd() : access->fd;
    bool plain = lines->n > 0 && is_plain(fd);
    for (size_t at = 0; at < lines->n;) {
        if (!plain && !writable(fd)) {
            access->dropped += count_lines(lines->p + at, lines->n - at);
            break;
        }
        size_t n = plain ? lines->n - at : piece_of(lines->p + at, lines->n - at);
        ssize_t written = write(fd, lines->p + at, n);
        if (written < 0)
            access->dropped += count_lines(lines->p + at, n);
        at += n;
    }
    lines->n = 0;
    if (access->alarm.place)
        yz_alarm_drop(access->turn, &access->alarm);
    uint64_t dropped = access->dropped;
    if (dropped && writable(fd)) {
        access->dropped = 0;
        yz_log(YZ_LOG_WARN, "%" PRIu64 " lines of the access log were lost: its reader is too slow", dropped);
    }
}

void yz_access_free(yz_access *access) {
    yz_log_before(NULL, NULL);
    flush(access);
    yz_buf_free(&access->lines);
}

/* ---- lines ---------------------------------------------------------------------------------------------------------- */

yz_str yz_access_time(yz_access *access) {
    int64_t ms = yz_clock_wall_ns() / 1000000, now = ms / 1000;
    if (now != access->second) {
        access->second = now;
        time_t t = (time_t)now;
        struct tm tm;
        gmtime_r(&t, &tm);
        strftime(access->time, sizeof(access->time), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
    }
    for (int i = 0; i < 3; i++, ms /= 10)
        access->time[22 - i] = (char)('0' + ms % 10);
    return (yz_str){access->time, 24};
}

yz_buf *yz_access_lines(yz_access *access) { return &access->lines; }

void yz_access_added(yz_access *access) {
    if (access->lines.n >= FULL_BYTES)
        flush(access);
    else if (!access->alarm.place)
        yz_alarm_set(access->turn, &access->alarm, FLUSH_MS);
}
