/* batches.c: Message Batches, for each account apart: what they refuse, how they go on, and their results (API reference, 2026-11). A batch
 * is over when it has been asked for once, unless the first chat's custom_id begins with "slow" (three times) or "hangs"; chats whose
 * custom_id begins with "errored", "expired" or "unread" (an answer without counts) come to that; "short": its results lack the last one.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCHES      "/v1/messages/batches"
#define INVALID      "invalid_request_error"
#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)

enum { KEPT = 1024, CHATS = 16 };

static struct batch {
    char account[24], model[CHATS][64], custom[CHATS][65];
    int n, asked;
    bool made, cancelled;
} batches[KEPT];
static size_t n_batches;

static bool begins(const char *text, const char *word) { return !strncmp(text, word, strlen(word)); }
static bool is_over(const struct batch *b) {
    return b->asked > (begins(b->custom[0], "slow") ? 2 : 0) && (b->cancelled || !begins(b->custom[0], "hangs"));
}

static int count(const struct batch *b, const char *word) {
    int n = 0;
    for (int i = 0; i < b->n; i++)
        n += begins(b->custom[i], word);
    return n;
}

static void put(size_t i, buf *out) {
    const struct batch *b = &batches[i % KEPT];
    bool over = is_over(b), cut = b->cancelled;
    int errored = over && !cut ? count(b, "errored") : 0, expired = over && !cut ? count(b, "expired") : 0;
    buf_printf(out,
               "{\"id\":\"msgbatch_sim%zu\",\"type\":\"message_batch\",\"processing_status\":\"%s\",\"request_counts\":{\"processing\":%d,"
               "\"succeeded\":%d,\"errored\":%d,\"canceled\":%d,\"expired\":%d},\"ended_at\":%s,\"created_at\":\"2026-11-01T00:00:00Z\","
               "\"expires_at\":\"2026-11-02T00:00:00Z\",\"archived_at\":null,\"cancel_initiated_at\":%s,\"results_url\":",
               i,
               over  ? "ended"
               : cut ? "canceling"
                     : "in_progress",
               over ? 0 : b->n, over && !cut ? b->n - errored - expired : 0, errored, over && cut ? b->n : 0, expired,
               over ? "\"2026-11-01T00:10:00Z\"" : "null", cut ? "\"2026-11-01T00:05:00Z\"" : "null");
    if (over)
        buf_printf(out, "\"https://api.anthropic.com" BATCHES "/msgbatch_sim%zu/results\"}", i);
    else
        buf_adds(out, "null}");
}

static bool take_chat(struct batch *b, const cJSON *item, refusal *out) {
    static const char *const known[] = {"custom_id", "params", NULL};
    const char *unknown = json_unknown(item, known), *custom = json_string(item, "custom_id");
    const cJSON *params = GET(item, "params");
    question q = {0};
    if (unknown)
        return refuse(out, 400, INVALID, "", "", "requests.%d.%s: Extra inputs are not permitted", b->n, unknown);
    if (!custom || !*custom || strlen(custom) > 64 ||
        custom[strspn(custom, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
        return refuse(out, 400, INVALID, "", "", "requests.%d.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'", b->n);
    for (int i = 0; i < b->n; i++)
        if (!strcmp(b->custom[i], custom))
            return refuse(out, 400, INVALID, "", "", "requests: custom_id must be unique, found %s twice", custom);
    if (GET(params, "stream"))
        return refuse(out, 400, INVALID, "", "", "requests.%d.params.stream: Extra inputs are not permitted", b->n);
    if (!anthropic_check(params, &q, out))
        return false;
    snprintf(b->custom[b->n], sizeof b->custom[0], "%s", custom);
    snprintf(b->model[b->n++], sizeof b->model[0], "%.63s", q.model);
    return true;
}

bool batch_begin(const cJSON *body, question *q, buf *out, refusal *why_not) {
    static const char *const known[] = {"requests", NULL};
    const char *unknown = json_unknown(body, known);
    const cJSON *list = GET(body, "requests"), *item;
    struct batch b = {.made = true};
    snprintf(b.account, sizeof b.account, "%s", q->account);
    if (unknown)
        return refuse(why_not, 400, INVALID, "", "", "%s: Extra inputs are not permitted", unknown);
    if (!cJSON_IsArray(list) || !list->child || cJSON_GetArraySize(list) > CHATS)
        return refuse(why_not, 400, INVALID, "", "", "requests: List should have at least 1 item after validation, not 0");
    cJSON_ArrayForEach(item, list) if (!take_chat(&b, item, why_not)) return false;
    snprintf(q->model, sizeof q->model, "%s", b.model[0]);
    batches[n_batches % KEPT] = b;
    put(n_batches++, out);
    return true;
}

static void put_results(const struct batch *b, buf *out) {
    for (int i = 0; i < b->n - begins(b->custom[0], "short"); i++) {
        buf_printf(out, "{\"custom_id\":\"%s\",\"result\":", b->custom[i]);
        if (b->cancelled)
            buf_adds(out, "{\"type\":\"canceled\"}}\n");
        else if (begins(b->custom[i], "expired"))
            buf_adds(out, "{\"type\":\"expired\"}}\n");
        else if (begins(b->custom[i], "errored"))
            buf_adds(out, "{\"type\":\"errored\",\"error\":{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
                          "\"no\"}}}}\n");
        else if (begins(b->custom[i], "unread"))
            buf_adds(out, "{\"type\":\"succeeded\",\"message\":{\"usage\":{\"input_tokens\":\"ten\"}}}}\n");
        else
            buf_printf(
                out,
                "{\"type\":\"succeeded\",\"message\":{\"id\":\"msg_sim%d\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"%s\","
                "\"content\":[{\"type\":\"text\",\"text\":\"to %s\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":"
                "{\"input_tokens\":10,\"cache_read_input_tokens\":100,\"output_tokens\":5,\"service_tier\":\"batch\"}}}}\n",
                i, b->model[i], b->custom[i]);
    }
}

bool batch_resource(const request *r, const char *account, buf *out, const char **type, refusal *why_not) {
    const char *id = r->path + sizeof(BATCHES), *rest = strchr(id, '/');
    unsigned long i = strncmp(id, "msgbatch_sim", 12) ? KEPT : strtoul(id + 12, NULL, 10);
    struct batch *b = &batches[i % KEPT];
    bool results = rest && !strcmp(rest, "/results"), cancel = rest && !strcmp(rest, "/cancel");
    if (i >= n_batches || !b->made || strcmp(b->account, account) != 0 || (rest && !results && !cancel))
        return refuse(why_not, 404, "not_found_error", "", "", "Message batch not found: %s", id);
    if (results && !is_over(b))
        return refuse(why_not, 404, "not_found_error", "", "", "The results of this batch are not available yet");
    if (str_is(r->method, "DELETE") && !is_over(b))
        return refuse(why_not, 400, INVALID, "", "", "Message batch %s is still in progress and cannot be deleted", id);
    if (results) {
        *type = "application/x-jsonl";
        put_results(b, out);
    } else if (str_is(r->method, "DELETE")) {
        b->made = false;
        buf_printf(out, "{\"id\":\"msgbatch_sim%lu\",\"type\":\"message_batch_deleted\"}", i);
    } else if (cancel) {
        b->cancelled = true;
        put(i, out);
    } else {
        b->asked++;
        put(i, out);
    }
    return true;
}
