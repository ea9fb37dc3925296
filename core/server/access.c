/* access.c: gathering lines, writing them out, and what stands in one. See access.h. */
#include "server/access.h"

#include "base/check.h"
#include "base/log.h"
#include "base/put.h"

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
    struct stat stat;
    bool plain = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
    *access = (yz_access){.turn = turn, .fd = fd, .plain = plain, .alarm.ring = on_alarm, .second = -1};
    yz_log_before(on_line, access);
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
    for (size_t at = 0; at < lines->n;) {
        if (!access->plain && !writable(access->fd)) {
            access->dropped += count_lines(lines->p + at, lines->n - at);
            break;
        }
        size_t n = access->plain ? lines->n - at : piece_of(lines->p + at, lines->n - at);
        ssize_t written = write(access->fd, lines->p + at, n);
        if (written < 0)
            access->dropped += count_lines(lines->p + at, n);
        at += n;
    }
    lines->n = 0;
    if (access->alarm.place)
        yz_alarm_drop(access->turn, &access->alarm);
    uint64_t dropped = access->dropped;
    if (dropped && writable(access->fd)) {
        access->dropped = 0;
        yz_log(YZ_LOG_WARN, "%" PRIu64 " lines of the access log were lost: its reader is too slow", dropped);
    }
}

void yz_access_free(yz_access *access) {
    yz_log_before(NULL, NULL);
    flush(access);
    yz_buf_free(&access->lines);
}

/* ---- a line --------------------------------------------------------------------------------------------------------- */

static void put_time(yz_access *access, yz_buf *out) {
    int64_t ms = yz_clock_wall_ns() / 1000000, now = ms / 1000;
    if (now != access->second) {
        access->second = now;
        time_t t = (time_t)now;
        struct tm tm;
        gmtime_r(&t, &tm);
        strftime(access->time, sizeof(access->time), "%Y-%m-%dT%H:%M:%S", &tm);
    }
    char part[] = {'.', (char)('0' + ms / 100 % 10), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z'};
    yz_buf_put(out, access->time, 19);
    yz_buf_put(out, part, sizeof(part));
}

static void put_number(yz_buf *out, yz_str name, int64_t value) {
    yz_buf_put(out, ",\"", 2);
    yz_buf_str(out, name);
    yz_buf_put(out, "\":", 2);
    yz_put_number(out, value < 0 ? 0 : (uint64_t)value, 10);
}

static void put_text(yz_buf *out, yz_str name, yz_str value) {
    if (value.n == 0)
        return;
    yz_buf_put(out, ",\"", 2);
    yz_buf_str(out, name);
    yz_buf_put(out, "\":", 2);
    yz_buf_json_str(out, value);
}

/* "before/after", cut at 256 bytes. */
static void put_pair(yz_buf *out, yz_str name, yz_str before, yz_str after) {
    char text[256];
    yz_buf pair = {.p = text, .cap = sizeof(text)};
    yz_buf_put(&pair, before.p, before.n < 127 ? before.n : 127);
    yz_buf_put(&pair, "/", 1);
    yz_buf_put(&pair, after.p, after.n < 128 ? after.n : 128);
    put_text(out, name, yz_buf_view(&pair));
}

static void put_usage(yz_buf *out, const yz_usage *usage) {
    static const struct {
        yz_meter meter;
        yz_str name;
        int64_t least; /* less is not worth a field */
    } table[] = {{YZ_METER_INPUT, {"input_tokens", 12}, 0},
                 {YZ_METER_CACHED, {"cached_tokens", 13}, 1},
                 {YZ_METER_OUTPUT, {"output_tokens", 13}, 0},
                 {YZ_METER_REASONING, {"reasoning_tokens", 16}, 1}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (yz_usage_get(usage, table[i].meter) >= table[i].least)
            put_number(out, table[i].name, yz_usage_get(usage, table[i].meter));
}

/* ---- from the record ------------------------------------------------------------------------------------------------ */

/* What of a request's records makes up its line. */
typedef struct summary {
    const yz_record *usage;  /* whose tokens: of the answer; if there was none, of the last call that was cut off */
    const yz_record *target; /* who answered, or was asked last */
    yz_cache_state cache;
    int64_t attempts;
} summary;

static summary sum_up(const yz_record *root) {
    const yz_record *answer = yz_record_answer(root);
    summary s = {.usage = answer->usage ? answer : NULL, .target = answer->target ? answer : NULL, .attempts = 1};
    for (const yz_record *r = root; r; r = r->answer)
        s.cache = s.cache ? s.cache : r->cache;
    for (const yz_record *r = root; r; r = r->next) {
        if (r->usage && r->outcome == YZ_OUTCOME_CANCELLED && !answer->usage)
            s.usage = r;
        if (r->target && !answer->target)
            s.target = r;
        if (r->cache && !root->answer && !s.cache)
            s.cache = r->cache;
        s.attempts += r->because == YZ_BECAUSE_RETRY;
    }
    return s;
}

static const char *const cache_words[] = {
#define CACHE_WORD(name, word) word,
    YZ_CACHE_STATES(CACHE_WORD)
#undef CACHE_WORD
};
static const char *const source_words[] = {
#define SOURCE_WORD(name, word) word,
    YZ_USAGE_SOURCES(SOURCE_WORD)
#undef SOURCE_WORD
};

static void put_record(yz_buf *out, const summary *s) {
    if (s->usage) {
        put_usage(out, s->usage->usage);
        if (s->usage->source != YZ_SOURCE_PROVIDER && s->usage->source != YZ_SOURCE_NONE)
            put_text(out, YZ_STR("usage"), yz_str_of(source_words[s->usage->source]));
    }
    if (s->cache)
        put_text(out, YZ_STR("cache"), yz_str_of(cache_words[s->cache]));
    if (s->target) {
        put_text(out, YZ_STR("model"), s->target->model);
        put_pair(out, YZ_STR("target"), s->target->target->provider->name, s->target->target->model);
    }
    if (s->attempts > 1)
        put_number(out, YZ_STR("attempts"), s->attempts);
}

/* Did the record say it, better? */
static bool is_recorded(const summary *s, const char *name) {
    return (s->cache && strcmp(name, "cache") == 0) || (s->attempts > 1 && strcmp(name, "attempts") == 0) ||
           (s->target && (strcmp(name, "model") == 0 || strcmp(name, "target") == 0));
}

/* Names are the operator's, whatever they look like. */
static bool is_name(const char *note) {
    static const char *const names[] = {"key", "chain", "policy", "model", "target"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(note, names[i]) == 0)
            return true;
    return false;
}

/* A whole number, as stages write it in their notes. */
static bool is_number(yz_str text) {
    if (text.n == 0 || text.n > 15 || (text.p[0] == '0' && text.n > 1))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return true;
}

static void put_note(yz_buf *out, const yz_note_entry *note) {
    if (is_name(note->name) || !is_number(note->value)) {
        put_text(out, yz_str_of(note->name), note->value);
        return;
    }
    yz_buf_printf(out, ",\"%s\":%.*s", note->name, YZ_STR_ARGS(note->value));
}

void yz_access_add(yz_access *access, const yz_access_entry *entry) {
    yz_buf *out = &access->lines;
    yz_buf_put(out, "{\"time\":\"", 9);
    put_time(access, out);
    yz_buf_put(out, "\",\"id\":\"", 8);
    yz_buf_str(out, entry->id);
    yz_buf_put(out, "\"", 1);
    put_text(out, YZ_STR("client"), entry->client);
    put_text(out, YZ_STR("op"), yz_str_of(entry->op));
    put_text(out, YZ_STR("asked"), entry->asked);
    put_number(out, YZ_STR("status"), entry->status);
    if (entry->gone)
        yz_buf_str(out, YZ_STR(",\"gone\":true"));
    put_text(out, YZ_STR("error"), entry->error);
    put_number(out, YZ_STR("ms"), entry->ms);
    summary s = {0};
    if (entry->record) {
        s = sum_up(entry->record);
        if (entry->record->content)
            put_number(out, YZ_STR("first_ms"), entry->record->content / 1000000 - entry->started);
    }
    put_number(out, YZ_STR("bytes"), (int64_t)entry->bytes);
    put_record(out, &s);
    for (const yz_note_entry *note = entry->notes; note; note = note->next)
        if (!is_recorded(&s, note->name))
            put_note(out, note);
    put_text(out, YZ_STR("lost"), entry->lost);
    yz_buf_put(out, "}\n", 2);
    if (out->n >= FULL_BYTES)
        flush(access);
    else if (!access->alarm.place)
        yz_alarm_set(access->turn, &access->alarm, FLUSH_MS);
}
