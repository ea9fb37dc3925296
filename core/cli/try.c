/* cli/try.c: see try.h. One worker serves the config as `run` would; the questions begin at the last stage of its chain, where a call meets
 * its provider, so that no key of a client is asked for and no other target is tried.
 */
#include "cli/try.h"

#include "base/arena.h"
#include "base/diag.h"
#include "cli/rehearse.h"
#include "config/settings.h"
#include "dialect/own_question.h"
#include "generation.h"
#include "loop/loop.h"

#include <stdio.h>
#include <uv.h>

typedef struct trial {
    yz_worker *worker;
    const yz_target *target;
    yz_arena *arena; /* of the request */
    uv_sem_t done;
    bool answered;
    char said[400]; /* why not */
    int64_t began, ms;
} trial;

/* ---- one question, on the worker's thread ------------------------------------------------------------------------------------------ */

static void over(trial *t) {
    t->ms = yz_clock_ms() - t->began;
    uv_sem_post(&t->done);
}

static void on_head(void *arg, yz_call *call, const yz_head *head) { (void)arg, (void)call, (void)head; }
static void on_chunk(void *arg, yz_call *call, const yz_chunk *chunk) { (void)arg, (void)call, (void)chunk; }

static void on_end(void *arg, yz_call *call, const yz_end *end) {
    trial *t = arg;
    (void)call, (void)end;
    t->answered = true;
    over(t);
}

static void on_error(void *arg, yz_call *call, const yz_error *error) {
    trial *t = arg;
    (void)call;
    snprintf(t->said, sizeof(t->said), "%s: %.*s", yz_error_word(error->class_), YZ_STR_ARGS(error->message));
    over(t);
}

static const yz_parent parent = {YZ_PARENT, .on_head = on_head, .on_chunk = on_chunk, .on_end = on_end, .on_error = on_error};

static void ask(yz_worker *worker, void *arg) {
    trial *t = arg;
    yz_share *share = worker->share;
    const yz_chain *chain = yz_share_chain(share, share->settings->default_chain);
    const yz_adapter *form = yz_dialects_fallback(&share->settings->dialects);
    yz_buf body = {0};
    yz_buf_lit(&body, "{\"model\":\"x\"}");
    yz_own_question_put(form, t->arena, YZ_STR("Reply with the word ok and nothing else."), &body);
    yz_request *request = rehearsal_request(t->arena, share->settings, form, yz_dup(t->arena, yz_buf_view(&body)));
    yz_buf_free(&body);
    yz_own_question(request);
    request->id = YZ_STR("yuzui-init");
    request->model = t->target->model;
    request->target = t->target;
    t->began = yz_clock_ms();
    yz_call_start(worker, chain, chain->n - 1, request, t->arena, &parent, t); /* the arena goes with the call */
}

/* ---- all of them, on ours ------------------------------------------------------------------------------------------------------------ */

/* The first target at this provider; NULL: no model names it. */
static const yz_target *target_at(const yz_settings *s, const yz_provider_settings *provider) {
    for (size_t i = 0; i < s->n_models; i++)
        for (size_t k = 0; k < s->models[i].n_targets; k++)
            if (s->models[i].targets[k]->provider == &provider->pub && !s->models[i].pattern)
                return s->models[i].targets[k];
    return NULL;
}

static bool try_one(yz_worker *worker, const yz_target *target) {
    trial t = {.worker = worker, .target = target, .arena = yz_arena_new(NULL)};
    yz_str name = target->provider->name;
    if (target->node.n > 0)
        name = yz_format(t.arena, "%.*s@%.*s", YZ_STR_ARGS(name), YZ_STR_ARGS(target->node));
    uv_sem_init(&t.done, 0);
    printf("  %-12.*s asked for %.*s … ", YZ_STR_ARGS(name), YZ_STR_ARGS(target->model));
    fflush(stdout);
    if (yz_worker_post(worker, ask, &t))
        uv_sem_wait(&t.done);
    else
        yz_arena_free(t.arena);
    if (t.answered)
        printf("answers (%.1f s)\n", (double)t.ms / 1000);
    else
        printf("%s\n", t.said);
    uv_sem_destroy(&t.done);
    return t.answered;
}

static void on_stopped(void *arg) { (void)arg; }

static unsigned try_all(yz_worker *worker, const yz_settings *s) {
    unsigned failed = 0;
    for (size_t i = 0; i < s->n_providers; i++) {
        const yz_provider_settings *provider = s->providers[i];
        for (size_t k = 0; k == 0 || k < provider->n_nodes; k++) {
            const yz_target *target = provider->key ? target_at(s, k > 0 ? provider->nodes[k] : provider) : NULL;
            if (target && !try_one(worker, target))
                failed++;
        }
    }
    return failed;
}

bool yz_try_providers(const char *config, unsigned *failed) {
    yz_diag diag = {0};
    yz_worker *worker = yz_worker_new(0);
    yz_settings_say("127.0.0.1:0", "none");
    yz_generation *generation = yz_generation_build(config, 1, &worker, 1, &diag);
    bool ok = generation != NULL;
    *failed = 0;
    if (!ok)
        fprintf(stderr, "%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
    yz_diag_free(&diag);
    if (ok) {
        yz_settings *settings = generation->settings; /* as long as the worker serves it */
        yz_generation_publish(generation);
        ok = yz_worker_start(worker, on_stopped, NULL) == YZ_OK;
        *failed = ok ? try_all(worker, settings) : 0;
        if (ok)
            yz_worker_drain(worker);
    }
    yz_worker_free(worker);
    return ok;
}
