/* admin/rehearse.c: GET /policies: the policies that run, as they were loaded. POST /policies/check and /policies/explain: what `yuzui
 * check` and `yuzui explain` say of the config as its files stand now, so that a change can be tried before a reload makes it count.
 *
 * Both build a whole generation, and a policy may compute for long: so each is a process of its own, started and waited for on a thread of
 * libuv's pool, which also needs those threads for names: a few run at once. A client that leaves ends it.
 */
#include "admin/inner.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/command.h"
#include "call/tree.h"
#include "generation.h"
#include "worker.h"

#include <stdatomic.h>
#include <uv.h>

enum { AT_ONCE = 2, RUN_MS = 20000, SAID_MOST = 4 << 20, WORDS = 16 };

static _Atomic int running;

struct yz_admin_errand {
    uv_work_t work;
    yz_admin_call *a; /* NULL: it has ended. The worker's */
    _Atomic bool stop;
    yz_arena *arena; /* it lives there itself */
    char *argv[WORDS];
    size_t n;
    yz_str input;
    yz_buf said;
    const char *problem;
    bool explains;
};

/* ---- GET /policies ------------------------------------------------------------------------------------------------------------ */

void yz_admin_policies(yz_admin_call *a, const yz_request *request) {
    (void)request;
    const yz_share *share = yz_call_chain(a->call)->share;
    yz_buf_lit(&a->body, "{\"file\":");
    yz_buf_json_str(&a->body, share->settings->file);
    yz_buf_printf(&a->body, ",\"generation\":%llu,", (unsigned long long)share->generation->number);
    yz_share_put_policies(share, &a->body);
    yz_buf_lit(&a->body, "}\n");
    yz_admin_send(a, 200);
}

/* ---- the answer --------------------------------------------------------------------------------------------------------------- */

/* What explain has found out is its last line, if that is an object; what stands before it are complaints about the config. */
static yz_str found_of(yz_str said) {
    while (said.n > 0 && said.p[said.n - 1] == '\n')
        said.n--;
    const char *line = said.n ? memrchr(said.p, '\n', said.n) : NULL;
    yz_str last = line ? yz_str_at(line + 1, said.n - (size_t)(line + 1 - said.p)) : said;
    return last.n > 0 && last.p[0] == '{' ? last : (yz_str){0};
}

static void answer(yz_admin_call *a, const struct yz_admin_errand *errand) {
    yz_str said = yz_buf_view(&errand->said), found = errand->explains ? found_of(said) : (yz_str){0};
    bool ok = errand->explains ? found.n > 0 : !errand->problem;
    if (!ok && said.n == 0)
        said = yz_str_of(errand->problem ? errand->problem : "it says nothing");
    yz_buf_printf(&a->body, "{\"ok\":%s,\"text\":", ok ? "true" : "false");
    yz_buf_json_str(&a->body, found.n ? yz_str_at(said.p, (size_t)(found.p - said.p)) : said);
    if (found.n) {
        yz_buf_lit(&a->body, ",\"found\":");
        yz_buf_str(&a->body, found);
    }
    yz_buf_lit(&a->body, "}\n");
    yz_admin_send(a, ok ? 200 : 422);
}

/* ---- the process -------------------------------------------------------------------------------------------------------------- */

static void run(uv_work_t *work) {
    struct yz_admin_errand *errand = YZ_CONTAINER(work, struct yz_admin_errand, work);
    const yz_command command = {
        .argv = errand->argv, .input = errand->input, .errors = true, .ms = RUN_MS, .most = SAID_MOST, .stop = &errand->stop};
    errand->problem = yz_command_run(&command, &errand->said, errand->arena);
}

static void ran(uv_work_t *work, int status) {
    struct yz_admin_errand *errand = YZ_CONTAINER(work, struct yz_admin_errand, work);
    yz_admin_call *a = errand->a;
    atomic_fetch_sub(&running, 1);
    if (a) {
        a->errand = NULL;
        yz_admin_waited(a);
        if (status == 0)
            answer(a, errand);
        else
            yz_fail(a->call, YZ_ERROR_UNAVAILABLE, "it was not run");
    }
    yz_buf_free(&errand->said);
    yz_arena_free(errand->arena);
}

void yz_admin_errand_leave(struct yz_admin_errand *errand) {
    errand->a = NULL;
    atomic_store(&errand->stop, true);
    uv_cancel((uv_req_t *)&errand->work);
}

static void say(struct yz_admin_errand *errand, const char *option, yz_str value) {
    if (value.n == 0 || errand->n + 3 > WORDS)
        return;
    errand->argv[errand->n++] = (char *)(uintptr_t)option;
    errand->argv[errand->n++] = (char *)(uintptr_t)yz_dup(errand->arena, value).p;
}

static struct yz_admin_errand *errand_new(const yz_admin_call *a, const char *command) {
    yz_arena *arena = yz_arena_new(NULL); /* of another thread than the call's */
    struct yz_admin_errand *errand = yz_alloc(arena, sizeof *errand);
    errand->arena = arena;
    errand->argv[errand->n++] = (char *)(uintptr_t) "/proc/self/exe"; /* this very program, also if its file was replaced */
    errand->argv[errand->n++] = (char *)(uintptr_t)command;
    say(errand, "--config", yz_call_chain(a->call)->share->settings->file);
    return errand;
}

static void start(yz_admin_call *a, struct yz_admin_errand *errand) {
    uv_loop_t *loop = yz_call_worker(a->call)->loop;
    if (!loop || atomic_fetch_add(&running, 1) >= AT_ONCE) {
        atomic_fetch_sub(&running, loop ? 1 : 0);
        yz_arena_free(errand->arena);
        yz_fail(a->call, YZ_ERROR_UNAVAILABLE, "others are being tried at this moment: ask again soon");
        return;
    }
    errand->a = a;
    a->errand = errand;
    a->wait = yz_wait_start(a->call, "a process of its own", RUN_MS + 5000, NULL, NULL);
    uv_queue_work(loop, &errand->work, run, ran);
}

/* ---- what is asked ------------------------------------------------------------------------------------------------------------ */

void yz_admin_check(yz_admin_call *a, const yz_request *request) {
    (void)request;
    start(a, errand_new(a, "check"));
}

/* A text of the body, fit to be a word of a command; empty: it is not there, or nothing that could be. */
static yz_str word_of(yz_arena *arena, const yz_json *body, const char *name) {
    yz_str text = yz_json_text(arena, yz_json_get(body, name));
    return text.n > 0 && text.n <= 1000 && !memchr(text.p, 0, text.n) ? text : (yz_str){0};
}

void yz_admin_explain(yz_admin_call *a, const yz_request *request) {
    static const char *const options[][2] = {{"model", "--model"}, {"key", "--key"}, {"dialect", "--dialect"}, {"listen", "--listen"}};
    const yz_json *question = yz_json_get(request->json, "question"), *body = yz_json_get(request->json, "body");
    bool asks = yz_json_is(question, YZ_JSON_STRING), whole = yz_json_is(body, YZ_JSON_OBJECT);
    if (asks == whole) {
        yz_fail(a->call, YZ_ERROR_BAD_REQUEST, "say either \"question\", a text, or \"body\", a whole request as an object");
        return;
    }
    struct yz_admin_errand *errand = errand_new(a, "explain");
    errand->explains = true;
    errand->argv[errand->n++] = (char *)(uintptr_t) "--json";
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
        say(errand, options[i][1], word_of(errand->arena, request->json, options[i][0]));
    errand->input = yz_dup(errand->arena, whole ? yz_json_raw(body) : yz_json_text(errand->arena, question));
    if (whole)
        say(errand, "--body", YZ_STR("-"));
    else
        errand->argv[errand->n++] = (char *)(uintptr_t) "-";
    start(a, errand);
}
