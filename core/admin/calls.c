/* admin/calls.c: GET /calls: the calls that run on all workers, the oldest of each worker first, with what each waits for.
 *
 * A worker writes its own part on its own thread, so what is read stands still; it writes at most MOST calls, because meanwhile it does
 * nothing else. The admin's own calls are left out.
 */
#include "admin/inner.h"
#include "call/tree.h"
#include "generation.h"
#include "worker.h"

#include <yuzui/record.h>

enum { MOST = 1000 }; /* of one worker */

/* "[\"provider: connect 120 ms\", …]" from lines. */
static void put_waits(yz_buf *out, const yz_call *call) {
    yz_buf text = {0};
    const char *comma = "";
    yz_call_print_pending(call, &text);
    yz_buf_lit(out, ",\"waits\":[");
    for (const char *line = text.p, *end; text.n > 0 && line < text.p + text.n; line = end + 1) {
        end = memchr(line, '\n', (size_t)(text.p + text.n - line));
        yz_buf_lit(out, comma);
        yz_buf_json_str(out, (yz_str){line, (size_t)(end - line)});
        comma = ",";
    }
    yz_buf_lit(out, "]");
    yz_buf_free(&text);
}

static void put_text(yz_buf *out, const char *name, yz_str text) {
    yz_buf_printf(out, ",\"%s\":", name);
    yz_buf_json_str(out, text);
}

static void put_call(yz_buf *out, const yz_worker *worker, const yz_call *call) {
    const yz_request *request = yz_call_request(call);
    const yz_chain *chain = yz_call_chain(call);
    yz_buf_printf(out, "{\"worker\":%u", worker->index);
    put_text(out, "id", request->id);
    yz_buf_printf(out, ",\"ms\":%lld,\"bytes\":%llu", (long long)((yz_clock_ns() - yz_call_record(call)->begin) / 1000000),
                  (unsigned long long)yz_call_sent(call));
    put_text(out, "model", yz_settings_shown(chain->share->settings, request->model));
    put_text(out, "key", request->key ? request->key->name : (yz_str){0});
    put_text(out, "chain", chain->name);
    put_waits(out, call);
    yz_buf_lit(out, "},");
}

/* The number of calls that were left out, then the others, each with a comma after it. */
static void ask(yz_worker *worker, yz_buf *out) {
    size_t n = 0, left_out = 0;
    yz_buf_put(out, &left_out, sizeof(left_out));
    for (const yz_call *call = yz_call_oldest(worker); call; call = yz_call_later(call)) {
        const yz_chain *chain = yz_call_chain(call);
        if (!chain->share || chain == &chain->share->admin)
            continue;
        if (n++ < MOST)
            put_call(out, worker, call);
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
    yz_admin_gather(a, ask, answer);
}
