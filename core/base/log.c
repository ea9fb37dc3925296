/* base/log.c: lines to stderr or a file, each with one write, so that lines of several threads never mix.
 *
 * A line is `2026-11-22T21:54:14.123Z level text`, or the same as JSON. Under systemd, whose journal reads stderr, it has its priority
 * before it, `<4>`. Control bytes (C1 ones too) are escaped, so that what a peer sent can neither forge a line nor drive a terminal. A line
 * longer than the buffer ends in an ellipsis.
 */
#include "base/log.h"

#include <yuzui/json.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define PATIENCE_MS    20 /* with a reader who is slow */

static atomic_int lowest = YZ_LOG_INFO, log_fd = STDERR_FILENO;
static atomic_bool as_json;
static char *log_path; /* NULL: stderr */

static const char *const words[] = {
#define LEVEL_WORD(name, word) word,
    YZ_LOG_LEVELS(LEVEL_WORD)
#undef LEVEL_WORD
};

void yz_log_level_set(yz_log_level level) { atomic_store_explicit(&lowest, (int)level, memory_order_relaxed); }

bool yz_log_wants(yz_log_level level) { return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed); }

/* ---- where lines go ------------------------------------------------------------------------------------------------------- */

int yz_log_fd(void) { return atomic_load_explicit(&log_fd, memory_order_relaxed); }

void yz_log_json(bool json) { atomic_store(&as_json, json); }

/* The descriptor that threads write to keeps its number, so none of them writes to one that is closed. */
static bool take_over(int fd) {
    int now = yz_log_fd();
    if (now == STDERR_FILENO) {
        atomic_store(&log_fd, fd);
        return true;
    }
    bool ok = dup3(fd, now, O_CLOEXEC) >= 0;
    int code = errno;
    if (fd != STDERR_FILENO)
        close(fd);
    errno = code;
    return ok;
}

/* Without waiting: a FIFO that nobody reads would hold the process until somebody does. That is ENXIO now. */
static int open_log(const char *path) {
    if (!path)
        return STDERR_FILENO;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
    if (fd >= 0)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

bool yz_log_open(const char *path) {
    bool same = path ? log_path && strcmp(path, log_path) == 0 : !log_path;
    if (same)
        return true;
    int fd = open_log(path);
    if (fd < 0 || !take_over(fd))
        return false;
    free(log_path);
    log_path = path ? strdup(path) : NULL;
    return true;
}

bool yz_log_reopen(void) {
    int fd = log_path ? open_log(log_path) : STDERR_FILENO;
    return fd >= 0 && (!log_path || take_over(fd));
}

/* Does systemd's journal read what is written there? It says so by the number of the socket (systemd.exec(5)). */
static bool is_journal(int fd) {
    const char *said = getenv("JOURNAL_STREAM");
    struct stat stat;
    char own[64];
    if (!said || fstat(fd, &stat) < 0)
        return false;
    snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)stat.st_dev, (unsigned long long)stat.st_ino);
    return strcmp(own, said) == 0;
}

/* ---- a line ------------------------------------------------------------------------------------------------------------------ */

static size_t priority(char *out, size_t cap, yz_log_level level, int fd) {
    static const char numbers[] = {'7', '6', '4', '3'};
    return is_journal(fd) ? (size_t)snprintf(out, cap, "<%c>", numbers[level]) : 0;
}

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

/* A log that cannot be written is no reason to fail, and there is nowhere to say it. Nor is one that nobody reads a reason to stand
 * still: what polls writable takes a line without blocking. */
static void write_out(int fd, const char *line, size_t n) {
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    if (poll(&out, 1, PATIENCE_MS) == 0)
        return;
    ssize_t ignored = write(fd, line, n);
    (void)ignored;
}

static void write_json(int fd, yz_log_level level, const char *text) {
    char time[64];
    yz_buf line = {0};
    stamp(time, sizeof(time), level);
    yz_buf_printf(&line, "{\"time\":\"%.24s\",\"level\":\"%s\",\"message\":", time, words[level]);
    yz_buf_json_str(&line, yz_str_of(text));
    yz_buf_lit(&line, "}\n");
    write_out(fd, line.p, line.n);
    yz_buf_free(&line);
}

static void write_plain(int fd, yz_log_level level, const char *text, bool cut) {
    char line[LINE_MAX_BYTES];
    size_t n = priority(line, sizeof line, level, fd);
    n += stamp(line + n, sizeof line - n, level);
    size_t room = sizeof line - n - 4, written = escape(line + n, room, text);
    n += written;
    if (cut || written + 4 > room) {
        memcpy(line + n, "...", 3);
        n += 3;
    }
    line[n++] = '\n';
    write_out(fd, line, n);
}

void yz_log(yz_log_level level, const char *fmt, ...) {
    if (!yz_log_wants(level))
        return;
    if (before)
        before(before_arg);
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const char *said = wanted < 0 ? "(bad log format)" : text;
    if (atomic_load_explicit(&as_json, memory_order_relaxed))
        write_json(yz_log_fd(), level, said);
    else
        write_plain(yz_log_fd(), level, said, wanted >= (int)sizeof text);
}
