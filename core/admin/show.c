/* admin/show.c: a call that runs; see show.h. */
#include "admin/show.h"

#include "call/tree.h"
#include "generation.h"
#include "worker.h"

#include <yuzui/record.h>

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

/* The call to a provider that began last and still runs; NULL: none does. */
static const yz_record *asking(const yz_record *root) {
    const yz_record *found = NULL;
    for (const yz_record *r = root; r; r = r->next)
        if (r->outcome == YZ_OUTCOME_RUNNING && r->target && !r->answer)
            found = r;
    return found;
}

/* What it is about: a few words that the console shows. */
static const char *phase_of(const yz_record *root, const yz_record *asked) {
    if (root->content)
        return "answering";
    if (!asked)
        return "deciding";
    if (!asked->connect)
        return "connecting";
    return !asked->sent ? "sending" : !asked->first ? "waiting" : "thinking";
}

static void put_target(yz_buf *out, const yz_target *target) {
    yz_buf_lit(out, ",\"target\":\"");
    yz_buf_json(out, target->provider->name);
    if (target->node.n > 0) {
        yz_buf_char(out, '@');
        yz_buf_json(out, target->node);
    }
    yz_buf_char(out, '/');
    yz_buf_json(out, target->model);
    yz_buf_char(out, '"');
}

void yz_admin_put_call(yz_buf *out, const yz_worker *worker, const yz_call *call) {
    const yz_request *request = yz_call_request(call);
    const yz_chain *chain = yz_call_chain(call);
    const yz_record *root = yz_call_record(call), *asked = asking(root), *answer = yz_record_answer(root);
    const yz_target *target = asked ? asked->target : answer->target;
    yz_buf_printf(out, "{\"worker\":%u", worker->index);
    put_text(out, "id", request->id);
    yz_buf_printf(out, ",\"ms\":%lld,\"bytes\":%llu", (long long)((yz_clock_ns() - yz_call_record(call)->begin) / 1000000),
                  (unsigned long long)yz_call_sent(call));
    put_text(out, "model", yz_settings_shown(chain->share->settings, request->model));
    put_text(out, "key", request->key ? request->key->name : (yz_str){0});
    put_text(out, "chain", chain->name);
    yz_buf_printf(out, ",\"stream\":%s,\"phase\":\"%s\"", request->stream ? "true" : "false", phase_of(root, asked));
    if (yz_call_unread(call))
        yz_buf_lit(out, ",\"left\":true");
    if (target)
        put_target(out, target);
    put_waits(out, call);
    yz_buf_lit(out, "},");
}
