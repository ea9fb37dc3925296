/* zone.c: time zones, out of the system's own files. The C library knows one zone a process, and to change it is not for several threads.
 *
 * A file holds the changes of the past, and a rule for all that follows. Files of today hold few changes and leave the rest to the rule, so
 * both are needed.
 */
#include "price/zone.h"
#include "base/arena.h"

enum { HEADER = 44, DAY = 86400, HOUR = 3600, WEEK = 7 };

/* When the clocks change, each year: on a day, at a time by the wall clock. */
typedef struct change {
    char form; /* 'M': weekday `day` of week `week` (5: the last) of `month`; 'J': day 1 to 365, 29 February never counts; 'D': day 0 to 365
                */
    int month, week, day, seconds;
} change;

struct yz_zone {
    const unsigned char *times, *types, *infos; /* of the file; infos: six bytes a type */
    size_t n_times, n_infos;
    bool ruled;               /* a rule follows */
    bool summer;              /* it has summer time */
    int64_t standard, saving; /* seconds ahead of UTC */
    change starts, ends;
};

/* ---- the calendar --------------------------------------------------------------------------------------------------- */

static bool is_leap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

/* Days since 1970-01-01 of the first of a month; of any month from the year 1 on. */
static int64_t day_of(int64_t year, int month) {
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719162 + before[month - 1] + (month > 2 && is_leap(year));
}

static int64_t year_of(int64_t at) {
    int64_t year = 1970 + at / (365 * (int64_t)DAY + DAY / 4);
    while (day_of(year, 1) * DAY > at)
        year--;
    while (day_of(year + 1, 1) * DAY <= at)
        year++;
    return year;
}

static int64_t weekday(int64_t day) { return ((day + 4) % WEEK + WEEK) % WEEK; }

/* By the wall clock, as if it were UTC. */
static int64_t moment_of(const change *c, int64_t year) {
    int64_t day;
    if (c->form == 'M') {
        int64_t first = day_of(year, c->month), next = c->month < 12 ? day_of(year, c->month + 1) : day_of(year + 1, 1);
        day = first + (c->day - weekday(first) + WEEK) % WEEK + (c->week - 1) * WEEK;
        while (day >= next)
            day -= WEEK;
    } else {
        day = day_of(year, 1) + c->day - (c->form == 'J') + (c->form == 'J' && c->day > 59 && is_leap(year));
    }
    return day * DAY + c->seconds;
}

static int64_t by_rule(const yz_zone *zone, int64_t at) {
    if (!zone->summer)
        return zone->standard;
    int64_t year = year_of(at + zone->standard);
    int64_t starts = moment_of(&zone->starts, year) - zone->standard, ends = moment_of(&zone->ends, year) - zone->saving;
    bool summer = starts < ends ? at >= starts && at < ends : at >= starts || at < ends;
    return summer ? zone->saving : zone->standard;
}

/* ---- rules ---------------------------------------------------------------------------------------------------------- */

typedef struct reader {
    const char *at, *end;
} reader;

static bool take(reader *r, char c) {
    bool is = r->at < r->end && *r->at == c;
    r->at += is;
    return is;
}

static bool take_number(reader *r, int most, int *n) {
    const char *from = r->at;
    for (*n = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9' && *n <= most; r->at++)
        *n = *n * 10 + (*r->at - '0');
    return r->at > from && *n <= most;
}

static bool take_time(reader *r, int *seconds) {
    int sign = take(r, '-') ? -1 : 1, h, m = 0, s = 0;
    take(r, '+');
    if (!take_number(r, 167, &h) || (take(r, ':') && (!take_number(r, 59, &m) || (take(r, ':') && !take_number(r, 59, &s)))))
        return false;
    *seconds = sign * (h * HOUR + m * 60 + s);
    return true;
}

static bool take_name(reader *r) {
    const char *from = r->at;
    if (take(r, '<')) {
        while (r->at < r->end && *r->at != '>')
            r->at++;
        return take(r, '>');
    }
    while (r->at < r->end && ((*r->at >= 'A' && *r->at <= 'Z') || (*r->at >= 'a' && *r->at <= 'z')))
        r->at++;
    return r->at - from >= 3;
}

static bool take_change(reader *r, change *c) {
    *c = (change){.form = 'D', .seconds = 2 * HOUR};
    bool ok = take(r, ',');
    if (take(r, 'M')) {
        c->form = 'M';
        ok = ok && take_number(r, 12, &c->month) && take(r, '.') && take_number(r, 5, &c->week) && take(r, '.') &&
             take_number(r, 6, &c->day);
        ok = ok && c->month > 0 && c->week > 0;
    } else {
        c->form = take(r, 'J') ? 'J' : 'D';
        ok = ok && take_number(r, 365, &c->day);
    }
    return ok && (!take(r, '/') || take_time(r, &c->seconds));
}

/* In a rule the sign is of what is to be added to reach UTC. */
static bool read_rule(yz_zone *zone, yz_str rule) {
    reader r = {rule.p, rule.p + rule.n};
    int ahead, saving;
    if (!take_name(&r) || !take_time(&r, &ahead))
        return false;
    zone->ruled = true;
    zone->standard = -ahead;
    if (r.at == r.end)
        return true;
    zone->summer = true;
    zone->saving = zone->standard + HOUR;
    if (!take_name(&r))
        return false;
    if (r.at < r.end && *r.at != ',') {
        if (!take_time(&r, &saving))
            return false;
        zone->saving = -saving;
    }
    return take_change(&r, &zone->starts) && take_change(&r, &zone->ends) && r.at == r.end;
}

const yz_zone *yz_zone_rule(yz_arena *arena, yz_str rule) {
    yz_zone *zone = yz_alloc(arena, sizeof *zone);
    *zone = (yz_zone){0};
    return read_rule(zone, rule) ? zone : NULL;
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

static int64_t big(const unsigned char *p, size_t n) {
    uint64_t value = n > 0 && p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return (int64_t)value;
}

typedef struct counts {
    size_t utc, standard, leaps, times, infos, letters;
} counts;

/* How long the block is whose header stands at `at`; 0: there is none. */
static size_t block(yz_str file, size_t at, size_t width, counts *c) {
    if (at + HEADER > file.n || memcmp(file.p + at, "TZif", 4) != 0)
        return 0;
    size_t *const fields[] = {&c->utc, &c->standard, &c->leaps, &c->times, &c->infos, &c->letters};
    for (size_t i = 0; i < 6; i++) {
        *fields[i] = (size_t)big((const unsigned char *)file.p + at + 20 + 4 * i, 4);
        if (*fields[i] > 100000)
            return 0;
    }
    size_t n = HEADER + c->times * (width + 1) + c->infos * 6 + c->letters + c->leaps * (width + 4) + c->standard + c->utc;
    return at + n <= file.n && c->infos > 0 ? n : 0;
}

static bool types_ok(const yz_zone *zone) {
    for (size_t i = 0; i < zone->n_times; i++)
        if (zone->types[i] >= zone->n_infos)
            return false;
    return true;
}

const yz_zone *yz_zone_read(yz_arena *arena, yz_str file) {
    counts c;
    size_t first = block(file, 0, 4, &c), second = first ? block(file, first, 8, &c) : 0;
    if (!second || file.p[4] < '2')
        return NULL;
    yz_zone *zone = yz_alloc(arena, sizeof *zone);
    *zone = (yz_zone){.times = (const unsigned char *)file.p + first + HEADER, .n_times = c.times, .n_infos = c.infos};
    zone->types = zone->times + 8 * c.times;
    zone->infos = zone->types + c.times;
    yz_str rule = yz_str_at(file.p + first + second, file.n - first - second);
    if (rule.n > 2 && rule.p[0] == '\n' && rule.p[rule.n - 1] == '\n' && !read_rule(zone, yz_str_at(rule.p + 1, rule.n - 2)))
        return NULL;
    return types_ok(zone) ? zone : NULL;
}

int64_t yz_zone_offset(const yz_zone *zone, int64_t at) {
    size_t low = 0, high = zone->n_times; /* behind the last change that was */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (big(zone->times + 8 * middle, 8) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (zone->ruled && low == zone->n_times)
        return by_rule(zone, at);
    return zone->n_infos ? big(zone->infos + 6 * (size_t)(low ? zone->types[low - 1] : 0), 4) : 0;
}
