/* outcome.c: what calls teach about a target: how fast it is, and whether it is better left alone for a while.
 *
 * A target goes out of use after so many failures in a row, or when too large a share of the calls of a window failed; for cool_off, twice
 * as long each time in a row. After that it is on probation: one call at a time may try it. The first content ends all that.
 * A provider that says itself how long to wait (a 429 with Retry-After) is taken at its word. A refused key or an empty account
 * is a matter of the account: all targets of the provider go out of use.
 */
#include "balance.h"

#define WINDOW_MS      10000
#define ACCOUNT_OUT_MS 60000 /* an account does not fill up, and a key is not renewed, in seconds */

/* ---- latency ------------------------------------------------------------------------------------------------------------ */

/* value / 2^(dt / half), with a straight line between the halvings. */
static int64_t decayed(int64_t value, int64_t dt, int64_t half) {
    if (dt <= 0)
        return value;
    if (dt / half > 40)
        return 1;
    value >>= dt / half;
    return value - value * (dt % half) / (2 * half);
}

int64_t health_latency(const config *cfg, const health *own, bool stream, int64_t now) {
    int64_t known = HEALTH_GET(own->latency[stream]);
    if (known == 0)
        return 0;
    int64_t value = decayed(known, now - HEALTH_GET(own->met[stream]), cfg->half_life);
    return value > 0 ? value : 1;
}

/* Peaks count at once, and what is faster counts the more the older the old figure is, an eighth at least. But one answer does no more than
 * double what was believed a moment ago: of many answers a few are always late, and if each of them counted in full, the choice would be
 * between targets that have just had one and those that are about to. A target that has become slow is known after a handful of answers. */
#define ONE (INT64_C(1) << 20)
static void measured(const config *cfg, health *own, bool stream, int64_t us, int64_t now) {
    int64_t old = HEALTH_GET(own->latency[stream]), dt = now - HEALTH_GET(own->met[stream]);
    int64_t value = us > 0 ? us : 1;
    if (old > 0 && dt < cfg->half_life && value > 2 * old)
        value = 2 * old;
    if (old > value) {
        int64_t kept = decayed(ONE, dt, cfg->half_life);
        value += (old - value) * (kept < ONE - ONE / 8 ? kept : ONE - ONE / 8) / ONE;
    }
    HEALTH_SET(own->latency[stream], value);
    HEALTH_SET(own->met[stream], now);
}

/* ---- what is left of the provider's limits -------------------------------------------------------------------------------- */

/* Figures without a time hold for a minute, the window of nearly everybody. */
#define WINDOW_UNSAID_MS 60000

static void tell(spare *s, const yz_quota *quota, int64_t left, int64_t now) {
    HEALTH_SET(s->most, quota->most > quota->left ? quota->most : quota->left);
    HEALTH_SET(s->left, left);
    HEALTH_SET(s->until, now + (quota->reset > 0 ? quota->reset : WINDOW_UNSAID_MS));
}

/* Of several limits of tokens the one that has the smallest share left. */
static const yz_quota *scarcest(const yz_allowance *allowance) {
    const yz_quota *found = NULL;
    for (size_t kind = YZ_QUOTA_TOKENS; kind <= YZ_QUOTA_OUTPUT_TOKENS; kind++) {
        const yz_quota *quota = &allowance->of[kind];
        if (!(allowance->known >> kind & 1) || quota->most <= 0)
            continue;
        if (!found || (double)quota->left * (double)found->most < (double)found->left * (double)quota->most)
            found = quota;
    }
    return found;
}

/* A provider counts a request when it arrives, and answers come out of order: those that began after this one are not in its figure yet,
 * and a figure that is older than the last one is no news. So `left` is kept as the number of the call that will find nothing left. */
void health_told(const member *m, const yz_allowance *allowance, int64_t number, int64_t now) {
    health *own = m->joint;
    const yz_quota *requests = &allowance->of[YZ_QUOTA_REQUESTS], *tokens = scarcest(allowance);
    if (number < HEALTH_GET(own->told))
        return;
    HEALTH_SET(own->told, number);
    if (allowance->known & 1u << YZ_QUOTA_REQUESTS && (requests->most > 0 || requests->left == 0))
        tell(&own->requests, requests, number + requests->left, now);
    if (tokens)
        tell(&own->tokens, tokens, tokens->left, now);
}

static double share_of(const spare *s, int64_t gone, int64_t now) {
    int64_t most = HEALTH_GET(s->most), left = HEALTH_GET(s->left) - gone;
    if (HEALTH_GET(s->until) <= now)
        return 1;
    return left > 0 && most > 0 ? (double)left / (double)most : 0;
}

double health_spare(const health *own, int64_t now) {
    double requests = share_of(&own->requests, HEALTH_GET(own->begun), now), tokens = share_of(&own->tokens, 0, now);
    double least = requests < tokens ? requests : tokens;
    return least < 1 ? least : 1;
}

/* ---- outcomes ----------------------------------------------------------------------------------------------------------- */

/* The window as one number, so that it turns over at once: 32 bits of its index, 16 of failures, 16 of calls. */
static void count(health *own, int64_t now, bool failed, unsigned *failures, unsigned *calls) {
    uint64_t index = (uint64_t)(now / WINDOW_MS) & 0xffffffffu, old = HEALTH_GET(own->window);
    uint64_t base = old >> 32 == index ? old : index << 32;
    unsigned c = (unsigned)(base & 0xffff), f = (unsigned)(base >> 16 & 0xffff);
    if (c < 0xffff) {
        c++;
        f += failed;
    }
    HEALTH_SET(own->window, index << 32 | (uint64_t)f << 16 | c);
    *failures = f;
    *calls = c;
}

/* An answer that was under way when the target was put out says nothing; a later one does, also to a call that was sent there because
 * nobody else was left. A pause that was asked for goes on. */
int64_t health_back(health *h, int64_t begun, int64_t now) {
    if (HEALTH_GET(h->outs) == 0 || begun <= HEALTH_GET(h->since))
        return 0;
    int64_t ms = now - HEALTH_GET(h->first);
    if (!HEALTH_GET(h->asked))
        HEALTH_SET(h->until, 0);
    HEALTH_SET(h->probe, 0);
    HEALTH_SET(h->back, now);
    bool was = atomic_exchange_explicit(&h->outs, 0, memory_order_relaxed) > 0; /* of several workers one has seen it */
    return !was ? 0 : ms > 1 ? ms : 1;
}

came_back health_answered(const config *cfg, const member *m, bool stream, int64_t us, int64_t begun, int64_t now) {
    unsigned failures, calls;
    measured(cfg, m->own, stream, us, now);
    if (cfg->adaptive)
        room_answered(m->own, stream, us, now);
    count(m->own, now, false, &failures, &calls);
    if (HEALTH_GET(m->own->failures[stream]) != 0)
        HEALTH_SET(m->own->failures[stream], 0);
    came_back back = {.target = health_back(m->own, begun, now)};
    if (m->joint != m->own) {
        HEALTH_SET(m->joint->failures[stream], 0);
        int64_t joint = health_back(m->joint, begun, now);
        back.target = joint > back.target ? joint : back.target;
    }
    back.account = health_back(m->account, begun, now);
    return back;
}

void health_slow(const config *cfg, const member *m, bool stream, int64_t us, int64_t now) {
    if (us > health_latency(cfg, m->own, stream, now))
        measured(cfg, m->own, stream, us, now);
}

/* Out of use for `ms`. False: it is already, for as long. */
static bool put_out(health *h, yz_error_class because, bool asked, int64_t now, int64_t ms) {
    int64_t until = HEALTH_GET(h->until);
    if (until >= now + ms)
        return false;
    HEALTH_SET(h->because, (int)because);
    HEALTH_SET(h->asked, asked);
    HEALTH_SET(h->probe, 0);
    return atomic_compare_exchange_strong(&h->until, &until, now + ms) && until <= now;
}

static int64_t times_two(int64_t ms, int64_t times, int64_t most) {
    while (times-- > 0 && ms < most)
        ms *= 2;
    return ms < most ? ms : most;
}

/* Of what is out already, a time more in the row. */
static void begin_out(health *h, int64_t outs, int64_t now) {
    if (outs == 0)
        HEALTH_SET(h->first, now);
    HEALTH_SET(h->outs, outs + 1);
    HEALTH_SET(h->since, now);
}

static bool out_for_failing(const config *cfg, health *own, yz_error_class because, int64_t now) {
    int64_t outs = HEALTH_GET(own->outs);
    if (!put_out(own, because, false, now, times_two(cfg->cool_off, outs, cfg->cool_off_most)))
        return false;
    begin_out(own, outs, now);
    HEALTH_SET(own->failures[0], 0);
    HEALTH_SET(own->failures[1], 0);
    HEALTH_SET(own->window, 0);
    return true;
}

/* Of a call that was under way when the target was put out, and of one that was sent all the same, because nobody else was left: known
 * already. Were they counted, a target that let a hundred calls hang would stay out for minutes. */
static bool is_old_news(const health *own, int64_t begun, int64_t now) {
    return HEALTH_GET(own->until) > now || (HEALTH_GET(own->outs) > 0 && begun <= HEALTH_GET(own->since));
}

/* Streams and documents have rows of their own: where each stream breaks, documents may be well, and end no row of theirs. */
static bool failed_once_more(const config *cfg, health *own, yz_error_class class_, bool stream, int64_t begun, int64_t now) {
    unsigned failures, calls;
    if (is_old_news(own, begun, now))
        return false;
    count(own, now, true, &failures, &calls);
    int64_t in_a_row = atomic_fetch_add_explicit(&own->failures[stream], 1, memory_order_relaxed) + 1;
    bool many = calls >= cfg->ratio_calls && failures >= cfg->ratio * calls;
    if (HEALTH_GET(own->outs) > 0 || in_a_row >= cfg->failures || many)
        return out_for_failing(cfg, own, class_, now);
    return false;
}

/* An answer that began has failed after all. Its beginning had ended a row of failures, which goes on; and it is counted once. */
static void took_back(health *own, bool stream, int64_t row, int64_t now) {
    int64_t none = 0;
    uint64_t old = HEALTH_GET(own->window);
    atomic_compare_exchange_strong_explicit(&own->failures[stream], &none, row, memory_order_relaxed, memory_order_relaxed);
    if (old >> 32 == ((uint64_t)(now / WINDOW_MS) & 0xffffffffu) && (old & 0xffff) > (old >> 16 & 0xffff))
        HEALTH_SET(own->window, old - 1);
}

bool health_late(const config *cfg, const member *m, bool stream, int64_t begun, int64_t now) {
    return failed_once_more(cfg, m->own, YZ_ERROR_TIMEOUT, stream, begun, now);
}

static bool is_overload(yz_error_class class_) {
    return class_ == YZ_ERROR_TIMEOUT || class_ == YZ_ERROR_OVERLOADED || class_ == YZ_ERROR_RATE_LIMIT || class_ == YZ_ERROR_SERVER;
}

bool health_failed(const config *cfg, const member *m, const yz_error *error, bool stream, int64_t begun, int64_t now, int64_t row) {
    if (cfg->adaptive && is_overload(error->class_))
        room_failed(m->own);
    switch (error->class_) {
    case YZ_ERROR_CONNECT:
    case YZ_ERROR_BROKEN:
    case YZ_ERROR_TIMEOUT:
    case YZ_ERROR_SERVER:
        if (row >= 0)
            took_back(m->own, stream, row, now);
        return failed_once_more(cfg, m->own, error->class_, stream, begun, now);
    case YZ_ERROR_OVERLOADED:
    case YZ_ERROR_RATE_LIMIT:
        if (error->retry_after > 1)
            return put_out(health_of_class(m, error->class_), error->class_, true, now, error->retry_after);
        return failed_once_more(cfg, health_of_class(m, error->class_), error->class_, stream, begun, now);
    case YZ_ERROR_QUOTA:
    case YZ_ERROR_UPSTREAM_AUTH:
        if (!put_out(m->account, error->class_, false, now, error->retry_after > 1 ? error->retry_after : ACCOUNT_OUT_MS))
            return false;
        begin_out(m->account, HEALTH_GET(m->account->outs), now);
        return true;
    default: /* says nothing about the target */
        return false;
    }
}
