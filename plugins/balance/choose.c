/* choose.c: which of a model's targets gets a call.
 *
 * Those that can serve it and were not asked for this request yet; all that can, when every one was. Of these the ones that are in use,
 * have room, and do not run low on their provider's limits, of the lowest tier that has any. By latency: two of them at random, by weight;
 * the one with the smaller burden (time to the first content, squared, times the calls it has). So a slow target starves at once, and a
 * fast one is not trampled down. Who was out and is back gets a part of his share, which grows. When nobody is left: one that failed is
 * asked all the same (the last target is never taken out of use), the one that is back the soonest; but not one whose provider said how
 * long to wait, or that is full. A hedge is for those alone that were not asked yet.
 */
#include "balance.h"

#include <math.h>

#define WHOLE 1024

typedef struct candidate {
    const member *member;
    uint64_t weight; /* in 1/WHOLE */
    double part;     /* of its share that it gets; less than 1: it is coming back */
} candidate;

typedef struct field { /* who may be asked, for one call */
    yz_call *call;
    const balance_stage *stage;
    const yz_request *request;
    int64_t now;
    bool crowded;          /* those in use have no room: those on probation are tried more often, and those that are out as well */
    bool returning;        /* some of them get their share little by little */
    uint64_t thread;       /* the conversation that it belongs to; 0: nobody asks */
    candidate *candidates; /* `few`, or as many as it takes */
    size_t n;
    candidate few[8];
} field;

/* ---- what stays together ------------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t hash, yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ (unsigned char)text.p[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

/* What stays the same over the turns of a conversation: who asks, and the texts up to the first one of the user. Without the user's, it is
 * what many conversations begin with, whoever asks; 0: they begin with nothing. */
static uint64_t beginning(const field *f, bool instructions_alone) {
    const uint64_t start = 0xcbf29ce484222325u;
    uint64_t hash = instructions_alone ? start : mix(start, f->request->key ? f->request->key->name : f->request->client);
    const yz_reading *reading = yz_request_read(f->request, yz_call_arena(f->call));
    for (const yz_message *m = reading->chat ? reading->chat->messages : NULL; m; m = m->next) {
        if (instructions_alone && m->role == YZ_ROLE_USER)
            break;
        for (const yz_part *part = m->parts; part; part = part->next)
            hash = mix(hash, part->text);
        if (m->role == YZ_ROLE_USER)
            break;
    }
    return instructions_alone && hash == start ? 0 : hash;
}

static bool is_sticky(const field *f) { return f->stage->config->by == BY_CONVERSATION || f->stage->config->by == BY_PREFIX; }

/* By which it finds its target; 0: by something else. */
static uint64_t thread_of(const field *f) {
    uint64_t hash = f->stage->config->by == BY_PREFIX ? beginning(f, true) : 0;
    return hash != 0 || !is_sticky(f) ? hash : beginning(f, false);
}

/* 0 to 1, the same for the same number. */
static double lot_of(uint64_t number) { return ((double)(number >> 11) + 0.5) * 0x1p-53; }

/* ---- what goes on beside it ---------------------------------------------------------------------------------------------- */

/* Is it asked only because another call of the same request is late? That one goes on: to ask its target again, or one that is sick, would
 * cost money and help nobody. A retry of it is a call like any other. */
static bool begins_hedge(const yz_call *call) {
    const yz_record *record = yz_call_record(call);
    while (record->parent && record->because == YZ_BECAUSE_FIRST)
        record = record->parent;
    return record->because == YZ_BECAUSE_HEDGE;
}

static bool is_below(const yz_record *record, const yz_record *above) {
    while (record && record != above)
        record = record->parent;
    return record;
}

/* Is b asked at the same time as a, for the same, because one of them is late? */
static bool races(const yz_record *a, const yz_record *b) {
    for (const yz_record *leg = a; leg; leg = leg->parent)
        if (leg->because == YZ_BECAUSE_HEDGE && is_below(b, leg->parent) && !is_below(b, leg))
            return true;
    return false;
}

/* Is the target asked now, or just about to be, by a call that races this one? */
static bool is_rival(const yz_call *call, const yz_target *target) {
    const yz_record *own = yz_call_record(call), *record = own;
    while (record->parent)
        record = record->parent;
    for (; record; record = record->next)
        if ((record->target == target || record->aim == target) && record->outcome == YZ_OUTCOME_RUNNING &&
            (races(own, record) || races(record, own)))
            return true;
    return false;
}

/* Whom the request's last failed call asked, if that was told to wait; NULL: otherwise. */
static const yz_target *last_waited_for(const yz_call *call) {
    const yz_record *record = yz_call_record(call), *last = NULL;
    while (record->parent)
        record = record->parent;
    for (; record; record = record->next)
        if (record->target && record->asked > 0 && record->outcome == YZ_OUTCOME_FAILED && (!last || record->end >= last->end))
            last = record;
    return last && last->error == YZ_ERROR_RATE_LIMIT ? last->target : NULL;
}

/* ---- who may be asked --------------------------------------------------------------------------------------------------- */

/* On probation one call at a time tries; when it is lost, another one a second later. */
static bool may_probe(const field *f, const health *h) {
    int64_t last = HEALTH_GET(h->probe);
    return last == 0 || f->now - last >= (f->crowded ? room_pause(h) : 1000);
}

/* It went out, or is on probation, because it answers late: when all others stand in line, late is better than later. */
static bool is_late(const health *h) { return HEALTH_GET(h->outs) > 0 && HEALTH_GET(h->because) == YZ_ERROR_TIMEOUT; }

static bool in_use(const field *f, const health *h) {
    if (f->crowded && is_late(h))
        return !(HEALTH_GET(h->asked) && HEALTH_GET(h->until) > f->now);
    bool out = HEALTH_GET(h->until) > f->now && (!f->crowded || HEALTH_GET(h->asked));
    return !out && (HEALTH_GET(h->outs) == 0 || may_probe(f, h));
}

static bool is_full(const member *m) { return m->target->concurrency > 0 && HEALTH_GET(m->joint->running) >= m->target->concurrency; }

/* Which part of its share it gets: 1, less while it comes back. */
static double part_of(const field *f, const member *m) {
    int64_t back = HEALTH_GET(m->own->back), slow = f->stage->config->slow_start;
    int64_t account = HEALTH_GET(m->account->back), joint = HEALTH_GET(m->joint->back);
    back = account > back ? account : back;
    back = joint > back ? joint : back;
    if (back == 0 || f->now - back >= slow)
        return 1;
    double part = (double)(f->now - back) / (double)slow;
    return part > 1.0 / WHOLE ? part : 1.0 / WHOLE;
}

static uint64_t weight_of(const member *m, double part) {
    return (uint64_t)((m->target->weight > 0 ? m->target->weight : 1) * (double)WHOLE * part);
}

/* Whose limits run low takes part now and then, the more seldom the less is left: so it is not driven to refuse, and what it says stays
 * fresh. */
static bool has_spare(const field *f, const member *m) {
    double low = f->stage->config->low, share = low > 0 ? health_spare(m->joint, f->now) : 1;
    return share >= low || (double)(yz_random(yz_call_worker(f->call)) >> 11) * 0x1p-53 * low < share;
}

static void open_field(field *f, yz_call *call, const balance_stage *stage, const yz_request *request, size_t n) {
    f->call = call, f->stage = stage, f->request = request;
    f->now = yz_now(yz_call_worker(call));
    f->crowded = f->returning = false;
    f->n = 0;
    f->candidates = n <= sizeof f->few / sizeof *f->few ? f->few : yz_alloc(yz_call_arena(call), n * sizeof *f->candidates);
    f->thread = n > 1 ? thread_of(f) : 0;
}

static bool may_take_part(const field *f, const yz_target *target, bool again) {
    return yz_serves(f->call, target, f->request) && !(again ? is_rival(f->call, target) : yz_record_tried(f->call, target));
}

static size_t gather(field *f, const yz_target *const *targets, size_t n, bool again) {
    f->n = 0;
    for (size_t i = 0; i < n; i++) {
        const member *m = balance_member(f->stage, targets[i]);
        if (!m || !may_take_part(f, targets[i], again))
            continue;
        double part = part_of(f, m);
        f->returning |= part < 1;
        f->candidates[f->n++] = (candidate){.member = m, .weight = weight_of(m, part), .part = part};
    }
    return f->n;
}

static unsigned tier_of(const candidate *c) { return c->member->target->tier > 1 ? c->member->target->tier : 1; }

static bool is_ready(const field *f, const member *m) {
    return in_use(f, m->own) && (m->joint == m->own || in_use(f, m->joint)) && in_use(f, m->account) && !is_full(m);
}

static bool has_room(const field *f, const member *m) {
    (void)f;
    return room_left(m->own);
}

/* Leaves those that `good` says yes to, if there are any: otherwise all, or none. */
static void keep(field *f, bool (*good)(const field *f, const member *m), bool or_all) {
    size_t kept = 0;
    for (size_t i = 0; i < f->n; i++) {
        const candidate c = f->candidates[i];
        if (!good(f, c.member))
            continue;
        f->candidates[i] = f->candidates[kept]; /* they change places, so that all of them stay there */
        f->candidates[kept++] = c;
    }
    if (kept > 0 || !or_all)
        f->n = kept;
}

/* Has the tier somebody who is not just coming back? */
static bool is_steady(const field *f, unsigned tier) {
    bool steady = false;
    for (size_t i = 0; i < f->n && !steady; i++)
        steady = tier_of(&f->candidates[i]) == tier && f->candidates[i].part >= 1;
    return steady;
}

static void keep_lowest_tier(field *f) {
    size_t kept = 0;
    unsigned tier = 0;
    for (size_t i = 0; i < f->n; i++) {
        const candidate c = f->candidates[i];
        if (kept == 0 || tier_of(&c) < tier) {
            tier = tier_of(&c);
            kept = 0;
        }
        if (tier_of(&c) == tier)
            f->candidates[kept++] = c;
    }
    f->n = kept;
}

static double lot(const field *f) { return lot_of(f->thread ? f->thread * 0x9e3779b97f4a7c15u : yz_random(yz_call_worker(f->call))); }

/* Passes over who is coming back, but for his part of the calls, where no choice by weight would spare him: when all of his tier come back,
 * and when the cheapest one is asked. A conversation draws the same lot each time, so it comes back once. */
static void keep_admitted(field *f) {
    double drawn = lot(f);
    size_t kept = 0;
    for (size_t i = 0; i < f->n; i++) {
        bool spared = f->stage->config->by != BY_PRICE && is_steady(f, tier_of(&f->candidates[i]));
        const candidate c = f->candidates[i];
        if (!spared && drawn >= c.part)
            continue;
        f->candidates[i] = f->candidates[kept];
        f->candidates[kept++] = c;
    }
    f->n = kept > 0 ? kept : f->n;
}

static bool has_late(const field *f, const member *m) {
    (void)f;
    return is_late(m->own);
}

/* Leaves those of the lowest tier that has any in use, with room, and with something left of its limits. */
static void keep_ready(field *f) {
    size_t all = f->n;
    keep(f, is_ready, false);
    bool any = f->n > 0;
    if (f->stage->config->adaptive && any) {
        keep(f, has_room, false);
        if (f->n == 0) {
            f->n = all;
            f->crowded = true;
            keep(f, is_ready, false);
            keep(f, has_room, true); /* nobody has any: all the same, then; a limit that was guessed refuses nobody */
            keep(f, has_late, true); /* a line that has begun makes all later calls wait: what is too much goes elsewhere at once */
            f->crowded = false;
        }
    }
    keep(f, has_spare, true); /* when all run low, they are asked all the same: their own refusal is more exact than our guess */
    if (f->returning)
        keep_admitted(f);
    keep_lowest_tier(f);
}

/* ---- one of them -------------------------------------------------------------------------------------------------------- */

/* One at random, by weight; not the one at `but`. */
static size_t draw(const field *f, size_t but) {
    uint64_t sum = 0;
    for (size_t i = 0; i < f->n; i++)
        sum += i == but ? 0 : f->candidates[i].weight;
    uint64_t at = sum > 0 ? yz_random(yz_call_worker(f->call)) % sum : 0;
    for (size_t i = 0; i < f->n; i++) {
        uint64_t weight = i == but ? 0 : f->candidates[i].weight;
        if (at < weight)
            return i;
        at -= weight;
    }
    return 0; /* not reached: at < sum */
}

/* Is a's load the smaller one for its weight? */
static bool less_loaded(const candidate *a, const candidate *b) {
    return (uint64_t)(HEALTH_GET(a->member->own->running) + 1) * b->weight <
           (uint64_t)(HEALTH_GET(b->member->own->running) + 1) * a->weight;
}

/* A provider serves many calls at once: one more makes the others hardly slower, so its time counts for more than its load. With the plain
 * product a node of ten times the latency got one call in thirty as soon as the others were busy. */
static double burden(const candidate *c, int64_t latency) {
    return (double)latency * (double)latency * (double)(HEALTH_GET(c->member->own->running) + 1) / c->part;
}

static size_t by_latency(const field *f) {
    size_t a = draw(f, f->n), b = f->n == 2 ? 1 - a : draw(f, a);
    const health *ha = f->candidates[a].member->own, *hb = f->candidates[b].member->own;
    int64_t la = health_latency(f->stage->config, ha, f->request->stream, f->now);
    int64_t lb = health_latency(f->stage->config, hb, f->request->stream, f->now);
    if (la == 0 || lb == 0) /* nobody knows yet: the one with less to do learns */
        return less_loaded(&f->candidates[b], &f->candidates[a]) ? b : a;
    return burden(&f->candidates[b], lb) < burden(&f->candidates[a], la) ? b : a;
}

static size_t by_load(const field *f) {
    size_t best = draw(f, f->n); /* so that equals share */
    for (size_t i = 0; i < f->n; i++)
        if (less_loaded(&f->candidates[i], &f->candidates[best]))
            best = i;
    return best;
}

/* Rendezvous, by weight: a target that goes, or comes and gains weight, moves only its own conversations, and each of them once. */
static size_t by_beginning(const field *f) {
    double highest = 0;
    size_t best = 0;
    for (size_t i = 0; i < f->n; i++) {
        const yz_target *target = f->candidates[i].member->target;
        uint64_t number = mix(mix(mix(f->thread, target->provider->name), target->node) * 0x9e3779b97f4a7c15u, target->model);
        double score = (double)f->candidates[i].weight / -log(lot_of(number));
        if (i == 0 || score > highest) {
            highest = score;
            best = i;
        }
    }
    return best;
}

/* ---- the cheapest one ----------------------------------------------------------------------------------------------------- */

enum { ANSWER_UNSAID = 500 }; /* tokens of an answer whose request does not say how long it may be */

int64_t balance_cost(const yz_price *price, const yz_request *request) {
    int64_t most, answer = yz_request_most_output(request);
    if (!price || yz_price_most(price, (int64_t)request->body.n / 4, answer > 0 ? answer : ANSWER_UNSAID, &most) < 0)
        return INT64_MAX;
    return most;
}

static size_t by_price(field *f) {
    int64_t at = yz_clock_wall(), least = INT64_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < f->n; i++) {
        const candidate c = f->candidates[i];
        int64_t price = balance_cost(yz_price_find(f->call, c.member->target, at), f->request);
        if (i == 0 || price < least) {
            least = price;
            kept = 0;
        }
        if (price == least)
            f->candidates[kept++] = c;
    }
    f->n = kept;
    return kept > 1 ? by_latency(f) : 0; /* equals: the faster one */
}

static bool on_probation(const member *m) {
    return HEALTH_GET(m->own->outs) + HEALTH_GET(m->joint->outs) + HEALTH_GET(m->account->outs) > 0;
}

static size_t index_by(field *f) {
    switch (f->stage->config->by) {
    case BY_LATENCY:
        return by_latency(f);
    case BY_WEIGHT:
        return draw(f, f->n);
    case BY_LOAD:
        return by_load(f);
    case BY_PRICE:
        return by_price(f);
    default:
        return by_beginning(f);
    }
}

static choice pick(field *f) {
    static const char *const why[] = {"latency", "weight", "load", "conversation", "prefix", "price"};
    const char *reason = f->n == 1 ? "only" : why[f->stage->config->by];
    const member *m = f->candidates[f->n == 1 ? 0 : index_by(f)].member;
    return (choice){.member = m, .why = on_probation(m) ? "probe" : reason};
}

/* Among those who were all asked before: the pause that the last one asked for has just been waited for, so it is his turn. */
static choice pick_waited(const field *f) {
    const yz_target *waited = last_waited_for(f->call);
    for (size_t i = 0; waited && i < f->n; i++)
        if (f->candidates[i].member->target == waited && is_ready(f, f->candidates[i].member))
            return (choice){.member = f->candidates[i].member, .why = "waited"};
    return (choice){0};
}

/* ---- nobody may be asked ------------------------------------------------------------------------------------------------ */

static int64_t back_at(const member *m) {
    int64_t own = HEALTH_GET(m->own->until), joint = HEALTH_GET(m->joint->until), account = HEALTH_GET(m->account->until);
    own = own > joint ? own : joint;
    return own > account ? own : account;
}

static bool is_paused(const health *h, int64_t now) { return HEALTH_GET(h->asked) && HEALTH_GET(h->until) > now; }

static choice last_resort(const field *f) {
    choice resort = {0}, refused = {0};
    for (size_t i = 0; i < f->n; i++) {
        const member *m = f->candidates[i].member;
        if (is_full(m))
            continue;
        bool asked = is_paused(m->own, f->now) || is_paused(m->joint, f->now);
        if (!asked && (!resort.member || back_at(m) < back_at(resort.member)))
            resort = (choice){.member = m, .why = "last"};
        int64_t wait = back_at(m) - f->now;
        if (asked && (refused.wait == 0 || wait < refused.wait))
            refused.wait = wait;
    }
    refused.none = refused.wait > 0 ? NONE_PAUSED : NONE_FULL;
    return resort.member ? resort : refused;
}

static int64_t first_back(const field *f) {
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < f->n; i++)
        first = back_at(f->candidates[i].member) < first ? back_at(f->candidates[i].member) : first;
    return first - f->now > 1 ? first - f->now : 1;
}

/* ms until the first pause that was asked for is over; 0: nobody asked for one. What is out for its failures may fail again. */
static int64_t first_pause(const field *f) {
    int64_t first = 0;
    for (size_t i = 0; i < f->n; i++) {
        const member *m = f->candidates[i].member;
        bool asked = is_paused(m->own, f->now) || is_paused(m->joint, f->now) || is_paused(m->account, f->now);
        int64_t ms = back_at(m) - f->now;
        first = asked && (first == 0 || ms < first) ? ms : first;
    }
    return first;
}

outlook balance_outlook(yz_call *call, const balance_stage *stage, const yz_request *request, const member *failed, outlook_wait *wait) {
    const yz_target *const *targets;
    size_t n = yz_targets(call, request->model, &targets);
    field f;
    open_field(&f, call, stage, request, n);
    *wait = (outlook_wait){0};
    for (int again = 0; again < 2; again++) {
        gather(&f, targets, n, again);
        keep_ready(&f);
        for (size_t i = 0; i < f.n; i++)
            wait->others |= f.candidates[i].member != failed;
        if (f.n > 0)
            return again ? OUTLOOK_AGAIN : OUTLOOK_ELSEWHERE;
    }
    if (gather(&f, targets, n, true) > 0) {
        wait->back = first_back(&f);
        wait->pause = first_pause(&f);
    }
    return OUTLOOK_NOWHERE;
}

int64_t balance_fastest_other(yz_call *call, const balance_stage *stage, const yz_request *request, const member *but) {
    const yz_target *const *targets;
    size_t n = yz_targets(call, request->model, &targets);
    field f = {.call = call, .stage = stage, .request = request, .now = yz_now(yz_call_worker(call))};
    int64_t least = 0;
    for (size_t i = 0; i < n; i++) {
        const member *m = balance_member(stage, targets[i]);
        int64_t us = m && m != but && is_ready(&f, m) ? health_latency(stage->config, m->own, request->stream, f.now) : 0;
        least = us > 0 && (least == 0 || us < least) ? us : least;
    }
    return least;
}

static bool is_served(const field *f, const yz_target *const *targets, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (balance_member(f->stage, targets[i]) && yz_serves(f->call, targets[i], f->request))
            return true;
    return false;
}

choice balance_choose(yz_call *call, const balance_stage *stage, const yz_request *request) {
    const yz_target *const *targets;
    size_t n = yz_targets(call, request->model, &targets);
    field f;
    open_field(&f, call, stage, request, n);
    bool hedge = false;
    for (int again = 0; again < 2 && !hedge; again++) {
        gather(&f, targets, n, again);
        choice waited = again ? pick_waited(&f) : (choice){0};
        if (waited.member)
            return waited;
        keep_ready(&f);
        if (f.n > 0)
            return pick(&f);
        hedge = begins_hedge(call);
    }
    if (!hedge && gather(&f, targets, n, true) > 0)
        return last_resort(&f);
    return (choice){.none = is_served(&f, targets, n) ? NONE_BESIDE : NONE_SERVES};
}
