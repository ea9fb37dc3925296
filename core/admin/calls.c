/* admin/calls.c: GET /calls: the calls that run on all workers, the oldest of each worker first, with what each waits for.
 *
 * A worker writes its own part on its own thread, so what is read stands still; it writes at most MOST calls, because meanwhile it does
 * nothing else. The admin's own calls are left out.
 */
#include "admin/inner.h"
#include "admin/show.h"
#include "call/tree.h"
#include "generation.h"
#include "worker.h"

enum { MOST = 1000 }; /* of one worker */

/* The number of calls that were left out, then the others, each with a comma after it. */
static void ask(yz_worker *worker, yz_str question, yz_buf *out) {
    (void)question;
    size_t n = 0, left_out = 0;
    yz_buf_put(out, &left_out, sizeof(left_out));
    for (const yz_call *call = yz_call_oldest(worker); call; call = yz_call_later(call)) {
        const yz_chain *chain = yz_call_chain(call);
        if (!chain->share || chain == &chain->share->admin)
            continue;
        if (n++ < MOST)
            yz_admin_put_call(out, worker, call);
        else
            left_out++;
    }
    memcpy(out->p, &left_out, sizeof(left_out));
}

static void answer(void *arg, const yz_gathered *answers, size_t n) {
    yz_admin_call *a = arg;
    size_t left_out = 0, more;
    yz_buf_lit(&a->body, "{\"calls\":[");
    for (size_t i = 0; i < n; i++) {
        if (!answers[i].answered)
            continue;
        memcpy(&more, answers[i].answer.p, sizeof(more));
        yz_buf_put(&a->body, answers[i].answer.p + sizeof(more), answers[i].answer.n - sizeof(more));
        left_out += more;
    }
    if (a->body.p[a->body.n - 1] == ',')
        a->body.n--;
    yz_buf_printf(&a->body, "],\"left_out\":%zu", left_out);
    yz_admin_put_missing(&a->body, answers, n);
    yz_buf_lit(&a->body, "}\n");
    yz_admin_waited(a);
    yz_admin_send(a, 200);
}

void yz_admin_calls(yz_admin_call *a, const yz_request *request) {
    (void)request;
    yz_admin_gather(a, (yz_str){0}, ask, answer);
}
