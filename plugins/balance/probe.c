/* probe.c: asking a target that nobody uses at the moment whether it answers (`probe`).
 *
 * Probes are begun while calls pass by: a gateway that serves nobody asks nobody. A target is due when it is out of use or on probation, or
 * when nothing was heard of it for `probe_every`; of several workers one asks, each time a little sooner or later, so that a fleet does
 * not ask at once. A probe stands for itself: no client waits for it, no key pays for it, and its time says nothing about real calls.
 *
 * An answer ends what it disproves. A list of models shows that a provider can be reached and takes the key, not that a model answers: a
 * target that timed out or failed stays out until its time is over. One token shows it all.
 */
#include "balance.h"

typedef struct probe {
    const balance_stage *stage;
    const member *member;
    yz_worker *worker;
    int64_t begun;
    bool heard;
} probe;

static bool rests(const health *h, int64_t now) { return HEALTH_GET(h->outs) > 0 || (HEALTH_GET(h->until) > now && !HEALTH_GET(h->asked)); }

static bool is_silent(const health *h, int64_t now, int64_t since) {
    int64_t last = HEALTH_GET(h->met[0]) > HEALTH_GET(h->met[1]) ? HEALTH_GET(h->met[0]) : HEALTH_GET(h->met[1]);
    return HEALTH_GET(h->running) == 0 && now - last >= since;
}

/* 80 to 120 of a hundred. */
static int64_t jittered(yz_worker *worker, int64_t ms) { return ms * (int64_t)(80 + yz_random(worker) % 41) / 100; }

/* True for one worker, when its time has come. A pause that was asked for is kept by probes, too. */
static bool is_due(const balance_stage *stage, const member *m, yz_worker *worker, int64_t now) {
    int64_t due = HEALTH_GET(m->own->probe_due), every = stage->config->probe_every;
    bool paused = HEALTH_GET(m->joint->asked) && HEALTH_GET(m->joint->until) > now;
    if (now < due || paused || (HEALTH_GET(m->own->asked) && HEALTH_GET(m->own->until) > now))
        return false;
    if (!rests(m->own, now) && !rests(m->account, now) && !is_silent(m->own, now, every))
        return false;
    return atomic_compare_exchange_strong(&m->own->probe_due, &due, now + jittered(worker, every));
}

static bool shows(int kind, const health *h) {
    yz_error_class because = (yz_error_class)HEALTH_GET(h->because);
    return kind == PROBE_ANSWER || because == YZ_ERROR_CONNECT || because == YZ_ERROR_BROKEN || because == YZ_ERROR_UPSTREAM_AUTH;
}

static void probe_said(const probe *p, int word) {
    HEALTH_SET(p->member->own->probed, yz_now(p->worker));
    HEALTH_SET(p->member->own->probe_said, word);
}

static void probe_head(void *arg, yz_call *child, const yz_head *head) {
    probe *p = arg;
    const config *cfg = p->stage->config;
    int64_t now = yz_now(p->worker);
    (void)child;
    (void)head;
    p->heard = true;
    probe_said(p, PROBE_WELL);
    came_back back = {0};
    if (shows(cfg->probe, p->member->own))
        back.target = health_back(p->member->own, p->begun, now);
    if (shows(cfg->probe, p->member->account))
        back.account = health_back(p->member->account, p->begun, now);
    balance_report_back(p->stage, p->member, back);
}

static void probe_error(void *arg, yz_call *child, const yz_error *error) {
    const probe *p = arg;
    (void)child;
    yz_count(p->worker, p->stage->probes_failed, 1);
    probe_said(p, (int)error->class_);
    if (!p->heard && health_failed(p->stage->config, p->member, error, false, p->begun, yz_now(p->worker), -1))
        balance_report(p->worker, p->stage, p->member, error->class_, yz_now(p->worker));
}

static void probe_chunk(void *arg, yz_call *child, const yz_chunk *chunk) { (void)arg, (void)child, (void)chunk; }
static void probe_end(void *arg, yz_call *child, const yz_end *end) { (void)arg, (void)child, (void)end; }

static const yz_parent probe_parent = {YZ_PARENT, .on_head = probe_head, .on_chunk = probe_chunk, .on_end = probe_end,
                                       .on_error = probe_error};

static void probe_ask(yz_call *like, const balance_stage *stage, const member *m, int64_t now) {
    yz_request *request = yz_probe_request(like, m->target, stage->config->probe == PROBE_ANSWER);
    if (!request)
        return;
    probe *p = yz_alloc(yz_call_arena(like), sizeof *p); /* which stays until the probe is over */
    *p = (probe){.stage = stage, .member = m, .worker = yz_call_worker(like), .begun = now};
    yz_count(p->worker, stage->probes, 1);
    yz_deadline(yz_root(like, request, &probe_parent, p), stage->config->probe_timeout);
}

void balance_probe(yz_call *call, balance_stage *stage) {
    yz_worker *worker = yz_call_worker(call);
    int64_t now = yz_now(worker);
    if (now < stage->look)
        return;
    stage->look = now + (stage->config->probe_every < 4000 ? stage->config->probe_every / 4 + 1 : 1000);
    for (size_t i = 0; i < stage->slots; i++)
        if (stage->members[i].target && is_due(stage, &stage->members[i], worker, now))
            probe_ask(call, stage, &stage->members[i], now);
}
