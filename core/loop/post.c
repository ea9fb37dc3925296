/* loop/post.c: work for a worker that comes from other threads, and work for the end of its turn.
 *
 * What is posted waits in a list under a lock of the worker's own, which is held for a few instructions and never on the way of a
 * request. The worker is woken under the same lock, so that nobody wakes one whose loop is being taken down; from then on a post is
 * refused, and whoever posted keeps his argument. Functions are run without the lock, so they may post. Knows nothing of libuv:
 * `wake` does.
 */
#include "loop/post.h"

#include "base/arena.h"
#include "base/check.h"

#include <stdlib.h>

typedef void yz_work(yz_worker *worker, void *arg);

struct yz_post {
    yz_work *fn;
    void *arg;
    struct yz_post *next;
};

void yz_posts_init(yz_worker *worker) { YZ_MUST(pthread_mutex_init(&worker->posts.lock, NULL) == 0); }

bool yz_worker_post(yz_worker *worker, yz_work *fn, void *arg) {
    yz_posts *posts = &worker->posts;
    struct yz_post *post = yz_malloc(sizeof(*post));
    *post = (struct yz_post){.fn = fn, .arg = arg};
    pthread_mutex_lock(&posts->lock);
    bool open = !posts->closed;
    if (open) {
        *(posts->last ? &posts->last->next : &posts->first) = post;
        posts->last = post;
        if (worker->wake)
            worker->wake(worker);
    }
    pthread_mutex_unlock(&posts->lock);
    if (!open)
        free(post);
    return open;
}

static struct yz_post *take_all(yz_posts *posts, bool close) {
    pthread_mutex_lock(&posts->lock);
    struct yz_post *first = posts->first;
    posts->first = posts->last = NULL;
    posts->closed |= close;
    pthread_mutex_unlock(&posts->lock);
    return first;
}

static void run_all(yz_worker *worker, struct yz_post *post) {
    for (struct yz_post *next; post; post = next) {
        next = post->next;
        post->fn(worker, post->arg);
        free(post);
    }
}

void yz_posts_run(yz_worker *worker) { run_all(worker, take_all(&worker->posts, false)); }
void yz_posts_close(yz_worker *worker) { run_all(worker, take_all(&worker->posts, true)); }

/* ---- the end of a turn -------------------------------------------------------------------------------------------------- */

typedef struct after {
    yz_task task;
    yz_worker *worker;
    yz_work *fn;
    void *arg;
} after;

static void run_after(yz_task *task) {
    after *a = YZ_CONTAINER(task, after, task);
    a->fn(a->worker, a->arg);
    free(a);
}

void yz_after_turn(yz_worker *worker, yz_work *fn, void *arg) {
    after *a = yz_malloc(sizeof(*a));
    *a = (after){.task.run = run_after, .worker = worker, .fn = fn, .arg = arg};
    yz_task_after(&worker->turn, &a->task);
}
