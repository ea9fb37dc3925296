/* cli/replay_read.c: lines of an access log, and sums of what came of replaying them; see replay.h. */
#include "cli/replay.h"
#include "price/price.h"

#include <yuzui/json.h>

#include <stdlib.h>

/* ---- a line ----------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    yz_meter meter;
} meters[] = {{"input_tokens", YZ_METER_INPUT},
              {"output_tokens", YZ_METER_OUTPUT},
              {"cached_tokens", YZ_METER_CACHED},
              {"cache_write_tokens", YZ_METER_CACHE_WRITE},
              {"cache_write_5m_tokens", YZ_METER_CACHE_WRITE_5M},
              {"cache_write_1h_tokens", YZ_METER_CACHE_WRITE_1H},
              {"reasoning_tokens", YZ_METER_REASONING},
              {"audio_input_tokens", YZ_METER_AUDIO_INPUT},
              {"audio_output_tokens", YZ_METER_AUDIO_OUTPUT},
              {"image_input_tokens", YZ_METER_IMAGE_INPUT},
              {"image_output_tokens", YZ_METER_IMAGE_OUTPUT},
              {"searches", YZ_METER_SEARCHES},
              {"pictures", YZ_METER_PICTURES},
              {"seconds", YZ_METER_SECONDS},
              {"characters", YZ_METER_CHARACTERS}};

/* "2026-11-28T15:04:05.123Z": its digits stand where they stand, so no general reader is needed for a million of them. */
static int64_t seconds_of(yz_str time) {
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    if (time.n < 19)
        return 0;
    const char *p = time.p;
#define TWO(i) ((p[i] - '0') * 10 + (p[(i) + 1] - '0'))
    int year = TWO(0) * 100 + TWO(2), month = TWO(5), day = TWO(8);
    if (year < 1970 || year > 2999 || month < 1 || month > 12)
        return 0;
    int past = year - (month > 2 ? 0 : 1); /* leap days up to it */
    int64_t days = (int64_t)(year - 1970) * 365 + past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400) +
                   before[month - 1] + day - 1;
    return days * 86400 + TWO(11) * 3600 + TWO(14) * 60 + TWO(17);
#undef TWO
}

static void read_member(const yz_json *m, yz_arena *arena, yz_logged *out, yz_str *op, yz_str *cache) {
    yz_str name = yz_json_key(m);
    const struct {
        const char *name;
        yz_str *text;
    } texts[] = {{"id", &out->id}, {"asked", &out->asked},   {"key", &out->key}, {"dialect", &out->dialect},
                 {"op", op},       {"target", &out->target}, {"cache", cache}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (yz_str_is(name, texts[i].name)) {
            *texts[i].text = yz_json_text(arena, m);
            return;
        }
    if (yz_str_is(name, "time"))
        out->at = seconds_of(yz_json_escaped(m));
    else if (yz_str_is(name, "ms"))
        out->ms = yz_json_int(m, 0);
    else if (yz_str_is(name, "stream"))
        out->stream = yz_json_true(m);
    else if (name.n > 6)
        for (size_t i = 0; i < sizeof meters / sizeof *meters; i++)
            if (yz_str_is(name, meters[i].name))
                yz_usage_set(&out->usage, meters[i].meter, yz_json_int(m, 0));
}

static const char *why_not(const yz_logged *l, yz_str op, yz_str cache) {
    if (!yz_str_is(op, "chat"))
        return yz_str_is(op, "policy") ? "questions of policies" : "no chats";
    if (yz_str_is(cache, "hit") || yz_str_is(cache, "coalesced"))
        return "answered by a cache";
    if (l->target.n == 0)
        return "no provider was asked";
    return l->asked.n == 0 || yz_str_is(l->asked, "?") ? "their model is not in the log" : NULL;
}

bool yz_replay_read(yz_str line, yz_arena *arena, yz_logged *out) {
    yz_json *json;
    yz_str op = {0}, cache = {0};
    *out = (yz_logged){.usage = yz_usage_of(0, 0)};
    if (line.n == 0 || line.p[0] != '{' || yz_json_parse(arena, line, 0, &json, NULL) != YZ_OK)
        return false;
    for (const yz_json *m = json->child; m; m = m->next)
        read_member(m, arena, out, &op, &cache);
    if (out->at == 0 || op.n == 0)
        return false;
    const yz_json *calls = yz_json_get(json, "calls"), *first = calls ? calls->child : NULL;
    if (first)
        out->target = yz_json_text(arena, yz_json_get(first, "target"));
    out->skipped = why_not(out, op, cache);
    return true;
}

/* ---- sums ------------------------------------------------------------------------------------------------------------------- */

void yz_replay_skip(yz_replayed *r, const char *why) {
    for (size_t i = 0; i < YZ_REPLAY_SKIPS; i++)
        if (!r->skip_words[i] || strcmp(r->skip_words[i], why) == 0) {
            r->skip_words[i] = why;
            r->skips[i]++;
            return;
        }
}

yz_moved *yz_replay_move(yz_replayed *r, yz_str from, yz_str to) {
    for (size_t i = 0; i < r->n_moves; i++)
        if (yz_str_eq(r->moves[i].from, from) && yz_str_eq(r->moves[i].to, to))
            return &r->moves[i];
    if (r->n_moves == YZ_REPLAY_MOVES)
        return &r->moves[YZ_REPLAY_MOVES - 1];
    bool last = r->n_moves == YZ_REPLAY_MOVES - 1;
    yz_moved *moved = &r->moves[r->n_moves++];
    moved->from = last ? YZ_STR("(others)") : yz_dup(r->arena, from);
    moved->to = last ? YZ_STR("(others)") : yz_dup(r->arena, to);
    return moved;
}

static const yz_pace *find_pace(const yz_replayed *r, yz_str target) {
    for (size_t i = 0; i < r->n_paces; i++)
        if (yz_str_eq(r->paces[i].target, target))
            return &r->paces[i];
    return NULL;
}

void yz_replay_pace(yz_replayed *r, yz_str target, int64_t output, int64_t ms) {
    yz_pace *pace = (yz_pace *)(uintptr_t)find_pace(r, target);
    if (!pace && r->n_paces == YZ_REPLAY_MOVES)
        return;
    if (!pace) {
        pace = &r->paces[r->n_paces++];
        *pace = (yz_pace){.target = yz_dup(r->arena, target)};
    }
    double x = (double)output, y = (double)ms;
    pace->n += 1, pace->x += x, pace->y += y, pace->xx += x * x, pace->xy += x * y;
}

/* Least squares; a slope that no answer can have means that the mean says more. */
double yz_replay_time(const yz_replayed *r, yz_str target, int64_t n, int64_t output) {
    const yz_pace *p = find_pace(r, target);
    if (!p)
        return -1;
    double spread = p->n * p->xx - p->x * p->x, slope = spread > 0 ? (p->n * p->xy - p->x * p->y) / spread : 0;
    slope = slope > 0 ? slope : 0;
    double begin = (p->y - slope * p->x) / p->n;
    if (begin < 0)
        return p->y / p->n * (double)n;
    return begin * (double)n + slope * (double)output;
}
