/* admin/errand.c: see errand.h. */
#include "admin/errand.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/command.h"
#include "call/tree.h"
#include "generation.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AT_ONCE = 2, RUN_MS = 20000, SAID_MOST = 4 << 20 };

static _Atomic int running;

/* ---- the process -------------------------------------------------------------------------------------------------------------- */

/* A file that only this process can read; NULL: errand->problem. */
static char *write_draft(struct yz_admin_errand *errand) {
    mkdir(errand->folder.p, 0750); /* its own complaint, if any, comes with the file's */
    char *path = (char *)(uintptr_t)yz_format(errand->arena, "%.*s/.draft-XXXXXX", YZ_STR_ARGS(errand->folder)).p;
    int fd = mkostemp(path, O_CLOEXEC);
    ssize_t n = fd >= 0 ? write(fd, errand->draft.p, errand->draft.n) : -1;
    if (n != (ssize_t)errand->draft.n)
        errand->problem = yz_format(errand->arena, "cannot write into %.*s: %s", YZ_STR_ARGS(errand->folder), strerror(errno)).p;
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? path : NULL;
}

void yz_admin_errand_command(struct yz_admin_errand *errand) {
    const yz_command command = {
        .argv = errand->argv, .input = errand->input, .errors = true, .ms = RUN_MS, .most = SAID_MOST, .stop = &errand->stop};
    char *draft = errand->draft_of.n ? write_draft(errand) : NULL;
    if (draft)
        yz_admin_errand_say(errand, "--instead", yz_format(errand->arena, "%.*s=%s", YZ_STR_ARGS(errand->draft_of), draft));
    if (!errand->problem)
        errand->problem = yz_command_run(&command, &errand->said, errand->arena);
    if (draft)
        unlink(draft);
}

static void run(uv_work_t *task) {
    struct yz_admin_errand *errand = YZ_CONTAINER(task, struct yz_admin_errand, task);
    (errand->work ? errand->work : yz_admin_errand_command)(errand);
}

static void ran(uv_work_t *task, int status) {
    struct yz_admin_errand *errand = YZ_CONTAINER(task, struct yz_admin_errand, task);
    yz_admin_call *a = errand->a;
    atomic_fetch_sub(&running, errand->reads ? 0 : 1);
    if (a) {
        a->errand = NULL;
        yz_admin_waited(a);
        if (status == 0)
            errand->answer(a, errand);
        else
            yz_fail(a->call, YZ_ERROR_UNAVAILABLE, "it was not run");
    } else if (errand->left && status == 0) {
        errand->left(errand, errand->worker);
    }
    yz_buf_free(&errand->said);
    yz_arena_free(errand->arena);
}

void yz_admin_errand_leave(struct yz_admin_errand *errand) {
    errand->a = NULL;
    atomic_store(&errand->stop, true);
    uv_cancel((uv_req_t *)&errand->task);
}

/* ---- what is asked ------------------------------------------------------------------------------------------------------------ */

void yz_admin_errand_say(struct yz_admin_errand *errand, const char *option, yz_str value) {
    if (value.n == 0 || errand->n + 3 > YZ_ERRAND_WORDS)
        return;
    errand->argv[errand->n++] = (char *)(uintptr_t)option;
    errand->argv[errand->n++] = (char *)(uintptr_t)yz_dup(errand->arena, value).p;
}

struct yz_admin_errand *yz_admin_errand_new(const yz_admin_call *a, const char *command) {
    const yz_settings *settings = yz_call_chain(a->call)->share->settings;
    yz_arena *arena = yz_arena_new(NULL); /* of another thread than the call's */
    struct yz_admin_errand *errand = yz_alloc(arena, sizeof *errand);
    errand->arena = arena;
    errand->folder = yz_dup(arena, settings->edit_policies);
    errand->argv[errand->n++] = (char *)(uintptr_t) "/proc/self/exe"; /* this very program, also if its file was replaced */
    errand->argv[errand->n++] = (char *)(uintptr_t)command;
    yz_admin_errand_say(errand, "--config", settings->file);
    return errand;
}

void yz_admin_errand_start(yz_admin_call *a, struct yz_admin_errand *errand) {
    uv_loop_t *loop = yz_call_worker(a->call)->loop;
    int one = errand->reads ? 0 : 1;
    if (!loop || atomic_fetch_add(&running, one) >= AT_ONCE + 1 - one) {
        atomic_fetch_sub(&running, loop ? one : 0);
        yz_arena_free(errand->arena);
        yz_fail(a->call, YZ_ERROR_UNAVAILABLE, "others are being tried at this moment: ask again soon");
        return;
    }
    errand->a = a;
    errand->worker = yz_call_worker(a->call);
    a->errand = errand;
    a->wait = yz_wait_start(a->call, "a process of its own", RUN_MS + 5000, NULL, NULL);
    uv_queue_work(loop, &errand->task, run, ran);
}
