/* stored.c: what Responses stores, for each account apart: answers, and conversations with their items. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define RESPONSES     "/v1/responses/"
#define CONVERSATIONS "/v1/conversations"
#define KEPT          64
#define INVALID       "invalid_request_error"

static struct kept {
    char account[24], id[64];
    buf document; /* of an answer, as it is when it is over */
    cJSON *items; /* of a conversation; NULL: it is an answer */
    cJSON *metadata;
    bool background, cancelled;
} kept[KEPT];
static size_t next_kept;

static struct kept *find(const char *account, const char *id, size_t n) {
    for (size_t i = 0; i < KEPT; i++)
        if (kept[i].id[0] && strlen(kept[i].id) == n && !memcmp(kept[i].id, id, n) && !strcmp(kept[i].account, account))
            return &kept[i];
    return NULL;
}

static void forget(struct kept *k) {
    cJSON_Delete(k->items);
    cJSON_Delete(k->metadata);
    buf_free(&k->document);
    *k = (struct kept){0};
}

static struct kept *keep(const char *account, const char *id) {
    struct kept *before = find(account, id, strlen(id)), *k = before ? before : &kept[next_kept++ % KEPT]; /* ids repeat after a reset */
    forget(k);
    snprintf(k->account, sizeof k->account, "%s", account);
    snprintf(k->id, sizeof k->id, "%s", id);
    return k;
}

bool stored_has(const char *account, const char *id) { return find(account, id, strlen(id)) != NULL; }

void stored_add(const answer *a, const question *q, const fault *f) {
    struct kept *k = keep(q->account, a->id);
    question over = *q;
    over.background = false;
    k->background = q->background;
    responses_document(a, &over, f, &k->document);
}

/* ---- answers ---------------------------------------------------------------------------------------------------------- */

static void put_document(const struct kept *k, buf *out) {
    cJSON *json = k->background || k->cancelled ? cJSON_ParseWithLength(k->document.p, k->document.n) : NULL;
    if (!json) {
        buf_add(out, k->document.p, k->document.n);
        return;
    }
    cJSON_ReplaceItemInObject(json, "background", cJSON_CreateTrue());
    if (k->cancelled) {
        cJSON_ReplaceItemInObject(json, "status", cJSON_CreateString("cancelled"));
        cJSON_ReplaceItemInObject(json, "output", cJSON_CreateArray());
    }
    char *text = cJSON_PrintUnformatted(json);
    buf_adds(out, text);
    free(text);
    cJSON_Delete(json);
}

void stored_stream(play *p) {
    buf event = {0}, document = p->out;
    p->out = (buf){0};
    p->chunked = true;
    buf_adds(&event, "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":");
    buf_add(&event, document.p, document.p[document.n - 1] == '\n' ? document.n - 1 : document.n);
    buf_adds(&event, "}");
    buf_free(&document);
    play_event(p, "response.completed", event.p, event.n);
    buf_free(&event);
}

static bool of_answer(const request *r, struct kept *k, const char *rest, play *p, refusal *why_not) {
    bool get = str_is(r->method, "GET"), post = str_is(r->method, "POST");
    if (get && !*rest && strstr(r->query, "stream=true")) {
        put_document(k, &p->out);
        p->stream = true;
    } else if (get && !*rest) {
        put_document(k, &p->out);
    } else if (str_is(r->method, "DELETE") && !*rest) {
        buf_printf(&p->out, "{\"id\":\"%s\",\"object\":\"response\",\"deleted\":true}", k->id);
        forget(k);
    } else if (get && !strcmp(rest, "/input_items")) {
        buf_adds(&p->out,
                 "{\"object\":\"list\",\"data\":[{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"user\",\"status\":\"completed\","
                 "\"content\":[{\"type\":\"input_text\",\"text\":\"hello\"}]}],\"first_id\":\"msg_1\",\"last_id\":\"msg_1\","
                 "\"has_more\":false}");
    } else if (post && !strcmp(rest, "/cancel")) {
        if (!k->background)
            return refuse(why_not, 400, INVALID, NULL, NULL, "Cannot cancel a synchronous response.");
        k->cancelled = true;
        put_document(k, &p->out);
    } else {
        return refuse(why_not, 404, INVALID, "unknown_url", NULL, "Unknown request URL: %s.", r->path);
    }
    return true;
}

/* ---- conversations ---------------------------------------------------------------------------------------------------- */

static void put_conversation(const struct kept *k, buf *out) {
    char *metadata = cJSON_PrintUnformatted(k->metadata);
    buf_printf(out, "{\"id\":\"%s\",\"object\":\"conversation\",\"created_at\":1765000000,\"metadata\":%s}", k->id, metadata);
    free(metadata);
}

static void put_items(const struct kept *k, buf *out) {
    char *items = cJSON_PrintUnformatted(k->items);
    int n = cJSON_GetArraySize(k->items);
    buf_printf(out, "{\"object\":\"list\",\"data\":%s,\"first_id\":\"msg_0\",\"last_id\":\"msg_%d\",\"has_more\":false}", items, n - 1);
    free(items);
}

static void add_items(struct kept *k, const cJSON *body) {
    const cJSON *item, *items = body ? cJSON_GetObjectItemCaseSensitive(body, "items") : NULL;
    cJSON_ArrayForEach(item, items) {
        char id[32];
        snprintf(id, sizeof id, "msg_%d", cJSON_GetArraySize(k->items));
        cJSON *copy = cJSON_Duplicate(item, true);
        cJSON_AddStringToObject(copy, "id", id);
        if (!cJSON_GetObjectItemCaseSensitive(copy, "type"))
            cJSON_AddStringToObject(copy, "type", "message");
        if (!cJSON_GetObjectItemCaseSensitive(copy, "status"))
            cJSON_AddStringToObject(copy, "status", "completed");
        cJSON_AddItemToArray(k->items, copy);
    }
}

static void set_metadata(struct kept *k, const cJSON *body) {
    const cJSON *metadata = body ? cJSON_GetObjectItemCaseSensitive(body, "metadata") : NULL;
    if (k->metadata && !metadata)
        return;
    cJSON_Delete(k->metadata);
    k->metadata = metadata ? cJSON_Duplicate(metadata, true) : cJSON_CreateObject();
}

static bool create(const char *account, const cJSON *body, buf *out) {
    char id[64];
    snprintf(id, sizeof id, "conv_%s%llu", account, (unsigned long long)sim_totals.requests);
    struct kept *k = keep(account, id);
    k->items = cJSON_CreateArray();
    set_metadata(k, body);
    add_items(k, body);
    put_conversation(k, out);
    return true;
}

static bool of_item(const request *r, struct kept *k, const char *id, buf *out, refusal *why_not) {
    cJSON *item;
    cJSON_ArrayForEach(item, k->items) {
        if (strcmp(json_string(item, "id"), id) != 0)
            continue;
        if (str_is(r->method, "DELETE")) {
            cJSON_Delete(cJSON_DetachItemViaPointer(k->items, item));
            put_conversation(k, out);
        } else {
            char *text = cJSON_PrintUnformatted(item);
            buf_adds(out, text);
            free(text);
        }
        return true;
    }
    return refuse(why_not, 404, INVALID, NULL, NULL, "Item with id '%s' not found.", id);
}

static bool of_conversation(const request *r, struct kept *k, const char *rest, const cJSON *body, buf *out, refusal *why_not) {
    bool get = str_is(r->method, "GET"), post = str_is(r->method, "POST");
    if (!*rest && get) {
        put_conversation(k, out);
    } else if (!*rest && post) {
        set_metadata(k, body);
        put_conversation(k, out);
    } else if (!*rest) {
        buf_printf(out, "{\"id\":\"%s\",\"object\":\"conversation.deleted\",\"deleted\":true}", k->id);
        forget(k);
    } else if (!strcmp(rest, "/items")) {
        if (post)
            add_items(k, body);
        put_items(k, out);
    } else if (!strncmp(rest, "/items/", 7)) {
        return of_item(r, k, rest + 7, out, why_not);
    } else {
        return refuse(why_not, 404, INVALID, "unknown_url", NULL, "Unknown request URL: %s.", r->path);
    }
    return true;
}

bool stored_resource(const request *r, const char *account, const cJSON *body, play *p, refusal *why_not) {
    bool talk = !strncmp(r->path, CONVERSATIONS, sizeof CONVERSATIONS - 1);
    if (talk && !r->path[sizeof CONVERSATIONS - 1])
        return create(account, body, &p->out);
    const char *id = r->path + (talk ? sizeof CONVERSATIONS : sizeof RESPONSES - 1);
    size_t n = strcspn(id, "/");
    struct kept *k = find(account, id, n);
    if (!k || talk != (k->items != NULL))
        return refuse(why_not, 404, INVALID, NULL, NULL, "%s with id '%.*s' not found.", talk ? "Conversation" : "Response", (int)n, id);
    return talk ? of_conversation(r, k, id + n, body, &p->out, why_not) : of_answer(r, k, id + n, p, why_not);
}

void responses_compact(const question *q, size_t body, buf *out) {
    buf_printf(out,
               "{\"id\":\"resp_%llu\",\"object\":\"response.compaction\",\"created_at\":1765000000,\"output\":[{\"id\":\"cmp_1\",\"type\":"
               "\"compaction\",\"encrypted_content\":\"" RESPONSES_SEAL "compact\"}],\"usage\":{\"input_tokens\":%zu,"
               "\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":7,\"output_tokens_details\":{\"reasoning_tokens\":0},"
               "\"total_tokens\":%zu}}",
               (unsigned long long)answer_hash(q->model, "compact", 7), body / 4, body / 4 + 7);
}
