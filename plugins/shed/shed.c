/* shed: so many requests at once, a short queue for the rest, and a refusal at once for who would wait in vain.
 *
 * Twice the load that can be served is no reason to serve nobody in time: whoever gets a place must still be worth it. So a request waits
 * only if, by what answers usually take, its turn comes early enough to be answered before its deadline (and before `wait`); else it is
 * refused when it comes, while its client can still go elsewhere. A full queue gives way to those of a higher class, and keeps the order
 * of arrival within a class. Who has waited so long that the rest of his time is too short is refused when his turn comes.
 *
 * Counts are a worker's own: no lock, and no call waits for another thread.
 */
#include "../common/label.h"

#include <stdlib.h>

typedef struct config {
    int64_t concurrency, queue, wait;
    yz_list high, low;
    yz_str label;
} config;

static const yz_option options[] = {
    {"concurrency", YZ_OPTION_INT, offsetof(config, concurrency), NULL, .help = "requests under way at once, for each worker", .min = 1,
     .max = 1000000, .required = true},
    {"queue", YZ_OPTION_INT, offsetof(config, queue), "1000", .help = "requests that may wait, for each worker", .max = 1000000},
    {"wait", YZ_OPTION_DURATION, offsetof(config, wait), "5s", .help = "nobody waits for longer", .min = 1, .max = 3600000},
    {"high", YZ_OPTION_LIST, offsetof(config, high), .help = "keys whose requests go first; each may end in '*'", .names = YZ_NAMES_OF_KEYS,
     .unless = "label"},
    {"low", YZ_OPTION_LIST, offsetof(config, low), .help = "keys whose requests go last, and are the first to be refused; likewise",
     .names = YZ_NAMES_OF_KEYS, .unless = "label"},
    {"label", YZ_OPTION_STRING, offsetof(config, label), NULL,
     .help = "high and low are no keys but values of this label: what a policy passed on (req:pass), or a tag of the key"},
};

enum { HIGH, NORMAL, LOW, CLASSES };

typedef struct state {
    yz_call *call; /* NULL: it waits no more */
    struct state *next, *prev;
    int class_;
    bool inside; /* it has a place */
    int64_t since;
} state;

typedef struct lane {
    state *first, *last;
    int64_t n;
} lane;

typedef struct shed_stage { /* on one worker */
    const config *config;
    lane lanes[CLASSES];
    int64_t inside, waiting;
    int64_t usual; /* ms a request has its place, by a moving mean; 0: nobody knows */
    yz_counter queued, refused;
} shed_stage;

/* ---- lanes ---------------------------------------------------------------------------------------------------------------- */

static void join(shed_stage *stage, state *s) {
    lane *l = &stage->lanes[s->class_];
    s->prev = l->last;
    s->next = NULL;
    *(l->last ? &l->last->next : &l->first) = s;
    l->last = s;
    l->n++;
    stage->waiting++;
}

static void leave(shed_stage *stage, state *s) {
    lane *l = &stage->lanes[s->class_];
    *(s->prev ? &s->prev->next : &l->first) = s->next;
    *(s->next ? &s->next->prev : &l->last) = s->prev;
    s->call = NULL;
    l->n--;
    stage->waiting--;
}

static state *first_of(const shed_stage *stage) {
    for (int c = HIGH; c < CLASSES; c++)
        if (stage->lanes[c].first)
            return stage->lanes[c].first;
    return NULL;
}

/* The last one of the lowest class below this one; NULL: there is none. */
static state *last_below(const shed_stage *stage, int class_) {
    for (int c = LOW; c > class_; c--)
        if (stage->lanes[c].last)
            return stage->lanes[c].last;
    return NULL;
}

/* ---- judging -------------------------------------------------------------------------------------------------------------- */

static bool fits(const yz_list *names, yz_str name) {
    for (size_t i = 0; i < names->n; i++) {
        yz_str pattern = names->items[i];
        bool any = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
        if (any ? name.n >= pattern.n - 1 && memcmp(name.p, pattern.p, pattern.n - 1) == 0 : yz_str_eq(pattern, name))
            return true;
    }
    return false;
}

static int class_of(const config *cfg, const yz_request *request) {
    yz_str name = cfg->label.n > 0 ? label_of(request, cfg->label) : request->key ? request->key->name : YZ_STR("");
    if (name.n == 0)
        return NORMAL;
    return fits(&cfg->high, name) ? HIGH : fits(&cfg->low, name) ? LOW : NORMAL;
}

/* ms until a place is free for somebody of this class who comes now. */
static int64_t expected(const shed_stage *stage, int class_) {
    int64_t ahead = 0;
    for (int c = HIGH; c <= class_; c++)
        ahead += stage->lanes[c].n;
    return stage->usual * (ahead + 1) / stage->config->concurrency;
}

/* ms it may wait and still be answered in time; negative: it is too late already. */
static int64_t patience(const shed_stage *stage, const yz_call *call) {
    int64_t left = yz_time_left(call), wait = stage->config->wait;
    return left == INT64_MAX || left - stage->usual > wait ? wait : left - stage->usual;
}

static void refuse(const shed_stage *stage, yz_call *call, const char *why) {
    int64_t wait = expected(stage, ((const state *)yz_state(call))->class_);
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_UNAVAILABLE, .retry_after = wait > 1000 ? wait : 1000};
    error.message = yz_format(yz_call_arena(call), "the gateway has more to do than it can: %s; try again in %.1f s", why,
                              (double)error.retry_after / 1e3);
    yz_note(call, "shed", yz_str_of(why));
    yz_count(yz_call_worker(call), stage->refused, 1);
    yz_send_error(call, &error);
}

/* ---- places ----------------------------------------------------------------------------------------------------------------- */

static void enter(shed_stage *stage, yz_call *call) {
    state *s = yz_state(call);
    stage->inside++;
    s->inside = true;
    s->since = yz_now(yz_call_worker(call));
    yz_next(call, NULL);
}

static void learn(shed_stage *stage, int64_t ms) {
    stage->usual = stage->usual == 0 ? ms : (stage->usual * 15 + ms + 8) / 16;
    if (stage->usual == 0)
        stage->usual = 1;
}

/* Gives free places to those who wait. */
static void fill(shed_stage *stage) {
    for (state *s = first_of(stage); s && stage->inside < stage->config->concurrency; s = first_of(stage)) {
        yz_call *call = s->call;
        leave(stage, s);
        if (yz_time_left(call) < stage->usual) {
            refuse(stage, call, "its time is too short for an answer by now");
            continue;
        }
        yz_note(call, "queue", yz_format(yz_call_arena(call), "%lld", (long long)(yz_now(yz_call_worker(call)) - s->since)));
        enter(stage, call);
    }
}

static void wait_for_place(shed_stage *stage, yz_call *call, int64_t most) {
    state *s = yz_state(call);
    s->call = call;
    s->since = yz_now(yz_call_worker(call));
    join(stage, s);
    yz_count(yz_call_worker(call), stage->queued, 1);
    yz_timer_start(call, most);
}

static void on_call(yz_call *call, const yz_request *request) {
    shed_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    s->class_ = class_of(stage->config, request);
    if (stage->inside < stage->config->concurrency) {
        enter(stage, call);
        return;
    }
    int64_t most = patience(stage, call);
    if (most <= 0 || expected(stage, s->class_) > most) {
        refuse(stage, call, "its turn would come too late");
        return;
    }
    if (stage->waiting >= stage->config->queue) {
        state *victim = last_below(stage, s->class_);
        if (!victim) {
            refuse(stage, call, "the queue is full");
            return;
        }
        yz_call *out = victim->call;
        leave(stage, victim);
        refuse(stage, out, "others go first");
    }
    wait_for_place(stage, call, most);
}

static void on_timer(yz_call *call, yz_timer *timer) {
    shed_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    (void)timer;
    if (!s->call)
        return; /* it has got its place in this very turn */
    leave(stage, s);
    refuse(stage, call, "its turn did not come in time");
}

static void on_close(yz_call *call) {
    shed_stage *stage = yz_stage(call);
    state *s = yz_state(call);
    if (s->call)
        leave(stage, s);
    if (!s->inside)
        return;
    stage->inside--;
    int64_t ms = yz_now(yz_call_worker(call)) - s->since;
    /* Given up, or over its deadline, it would have taken longer. */
    if (yz_call_record(call)->outcome == YZ_OUTCOME_DONE || ms > stage->usual)
        learn(stage, ms);
    fill(stage);
}

static int open_stage(yz_worker *worker, const void *cfg, void **out, yz_diag *diag) {
    (void)worker;
    (void)diag;
    shed_stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return YZ_ELIMIT;
    stage->config = cfg;
    stage->queued = yz_counter_declare("shed_queued", "requests that had to wait for a place");
    stage->refused = yz_counter_declare("shed_refused", "requests refused because the gateway had too much to do");
    *out = stage;
    return YZ_OK;
}

static void describe(const void *cfg, const yz_question *question, yz_buf *out) {
    (void)question;
    const config *c = cfg;
    yz_buf_printf(out, "%lld at once, %lld waiting for up to %lld ms, for each worker; the rest is refused", (long long)c->concurrency,
                  (long long)c->queue, (long long)c->wait);
}

/* Whoever is below may refuse a request by its head, body unread: this stage lets any pass. */
static bool on_arrival(yz_arrival *arrival) {
    (void)arrival;
    return true;
}

static const yz_filter filter = {YZ_FILTER,           .call_size = sizeof(state), .open = open_stage,   .close = free,
                                 .on_call = on_call,  .on_arrival = on_arrival,   .on_timer = on_timer, .on_close = on_close,
                                 .describe = describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "shed", .summary = "so many requests at once, a short queue, and a refusal at once for who would wait in vain",
          .version = "1.0", .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
