/* drawings.c: pictures as relays of Midjourney draw them (midjourney-proxy, its successors, 2026-11): for each account apart, ready when
 * they have been asked for twice. Answers to a submission have the status 200 and a code. What a prompt begins with says what becomes of
 * it: "fails", "fails at length", "hangs", "lost", "queued" (code 22), "code N" (at once).
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define GET(o, name) cJSON_GetObjectItemCaseSensitive(o, name)
enum { KEPT = 4096 };

static struct drawing {
    char account[24], prompt[160], change[96], action[16];
    size_t parent;
    int asked;
    bool waits; /* for more to be said: status MODAL */
} drawings[KEPT];
static size_t n_drawings;

/* Behind a speed: "/mj-turbo/mj/submit/imagine" */
static const char *bare(const char *path) {
    static const char *const speeds[] = {"/mj-fast", "/mj-turbo", "/mj-relax"};
    for (size_t i = 0; i < 3; i++)
        if (!strncmp(path, speeds[i], strlen(speeds[i])))
            return path + strlen(speeds[i]);
    return path;
}

bool drawing_is(const char *path) {
    const char *p = bare(path);
    return !strncmp(p, "/mj/submit/", 11) || !strncmp(p, "/mj/task/", 9) || !strcmp(p, "/mj/insight-face/swap");
}

bool drawing_check_head(const request *r, refusal *out) {
    str secret = http_header(r, "mj-api-secret"), bearer = http_header(r, "authorization");
    str key = secret.p ? secret : bearer.n > 7 ? (str){bearer.p + 7, bearer.n - 7} : (str){0};
    if (secret.p && bearer.p)
        return refuse(out, 400, "", "4", NULL, "sim: two credentials");
    return key.n && script_key_ok(key) ? true : refuse(out, 401, "", "9", NULL, "unauthorized");
}

void drawing_error(const refusal *r, buf *out) {
    buf_printf(out, "{\"code\":%s,\"description\":", r->code[0] ? r->code : "9");
    buf_json(out, r->message, strlen(r->message));
    buf_adds(out, ",\"result\":null}");
}

static bool is_told(const struct drawing *d, const char *what) { return !strncmp(d->prompt, what, strlen(what)); }
static bool is_over(const struct drawing *d) { return d->asked > 1 && !d->waits && !is_told(d, "hangs"); }

static struct drawing *find(const char *id, const char *account) {
    unsigned long i = id && !strncmp(id, "16892314", 8) ? strtoul(id + 8, NULL, 10) : 999999999;
    struct drawing *d = &drawings[i % KEPT];
    return i < n_drawings && !is_told(d, "lost") && !strcmp(d->account, account) ? d : NULL;
}

/* ---- a submission: the answer is a code, whatever it says ------------------------------------------------------------------- */

/* What each takes, the first ones must be there, and which action it is. */
static const struct {
    const char *path, *action;
    size_t required;
    const char *fields[10];
} forms[] = {
    {"imagine", "IMAGINE", 1, {"prompt", "base64Array"}},
    {"change", "", 2, {"taskId", "action", "index"}},
    {"simple-change", "", 1, {"content"}},
    {"action", "ACTION", 2, {"taskId", "customId", "chooseSameChannel", "enableRemix"}},
    {"modal", "MODAL", 1, {"taskId", "prompt", "maskBase64"}},
    {"blend", "BLEND", 1, {"base64Array", "dimensions"}},
    {"describe", "DESCRIBE", 1, {"base64", "link", "language"}},
    {"shorten", "SHORTEN", 1, {"prompt"}},
    {"edits", "EDITS", 2, {"prompt", "image"}},
    {"video", "VIDEO", 0, {"prompt", "motion", "image", "endImage", "loop", "action", "index", "taskId", "videoType", "batchSize"}},
    {"swap", "SWAP_FACE", 2, {"sourceBase64", "targetBase64"}},
};
enum { FORMS = sizeof forms / sizeof *forms };

static size_t form_of(const char *path) {
    const char *last = strrchr(path, '/') + 1;
    size_t i = 0;
    while (i < FORMS && strcmp(last, forms[i].path) != 0)
        i++;
    return i;
}

static bool is_known(size_t form, const char *name) {
    for (size_t i = 0; i < 10 && forms[form].fields[i]; i++)
        if (!strcmp(name, forms[form].fields[i]))
            return true;
    return !strcmp(name, "state") || !strcmp(name, "botType");
}

/* NULL: it is fine. A hook of his clients', and a filter of accounts, are not what an operator sends on. */
static const char *wrong_fields(size_t form, const cJSON *body) {
    const cJSON *v;
    for (size_t i = 0; i < forms[form].required; i++)
        if (!GET(body, forms[form].fields[i]))
            return forms[form].fields[i];
    cJSON_ArrayForEach(v, body) {
        if (!is_known(form, v->string) && !own_hook(v, "notifyHook"))
            return v->string;
    }
    return NULL;
}

/* The id and the change of "ID U2", or of taskId and what stands beside it. */
static void read_change(size_t form, const cJSON *body, char *id, size_t size, char *change, size_t room) {
    const char *content = json_string(body, "content"), *task = json_string(body, "taskId");
    const char *action = json_string(body, "action"), *custom = json_string(body, "customId");
    const cJSON *index = GET(body, "index");
    *id = *change = '\0';
    if (content && strchr(content, ' ')) {
        snprintf(id, size, "%.*s", (int)(strchr(content, ' ') - content), content);
        snprintf(change, room, "%c-%c", strchr(content, ' ')[1], strchr(content, ' ')[1] == 'R' ? '0' : strchr(content, ' ')[2]);
    } else if (task) {
        snprintf(id, size, "%s", task);
        if (custom || action)
            snprintf(change, room, "%.60s-%d", custom ? custom : (char[]){action[0], '\0'}, index ? index->valueint : 0);
        else
            snprintf(change, room, "%s", forms[form].path);
    }
}

/* A change that was asked for before; n_drawings: none. */
static size_t same_change(size_t parent, const char *change) {
    for (size_t i = 0; i < n_drawings; i++)
        if (drawings[i % KEPT].parent == parent + 1 && drawings[i % KEPT].change[0] == 'U' && !strcmp(drawings[i % KEPT].change, change))
            return i;
    return n_drawings;
}

static void say(buf *out, int code, const char *description, size_t id, const char *more) {
    buf_printf(out, "{\"code\":%d,\"description\":\"%s\",\"result\":", code, description);
    if (code == 1 || code == 21 || code == 22 || code == 23)
        buf_printf(out, "\"16892314%05zu\"", id);
    else
        buf_adds(out, "null");
    buf_printf(out, ",\"properties\":{%s}}", more);
}

static void begin(size_t form, const cJSON *body, const question *q, const char *change, size_t parent, buf *out) {
    const char *prompt = json_string(body, "prompt");
    struct drawing *d = &drawings[n_drawings % KEPT];
    bool zoom = !strncmp(change, "MJ::CustomZoom", 14), queued = prompt && !strncmp(prompt, "queued", 6);
    *d = (struct drawing){.parent = parent, .waits = zoom};
    snprintf(d->account, sizeof d->account, "%s", q->account);
    snprintf(d->prompt, sizeof d->prompt, "%.60s", prompt ? prompt : "");
    snprintf(d->change, sizeof d->change, "%.90s", change);
    snprintf(d->action, sizeof d->action, "%s",
             forms[form].action[0] ? forms[form].action
             : change[0] == 'U'    ? "UPSCALE"
             : change[0] == 'V'    ? "VARIATION"
                                   : "REROLL");
    say(out,
        zoom     ? 21
        : queued ? 22
                 : 1,
        zoom     ? "Waiting for window confirm"
        : queued ? "In queue"
                 : "Submit success",
        n_drawings++,
        queued ? "\"numberOfQueues\":2,\"discordInstanceId\":\"1118138338562560102\"" : "\"discordInstanceId\":\"1118138338562560102\"");
}

static void submit(const request *r, const cJSON *body, const question *q, buf *out) {
    char id[64], change[96];
    size_t form = form_of(r->path), parent = 0;
    const char *wrong = wrong_fields(form, body), *prompt = json_string(body, "prompt");
    if (wrong) {
        say(out, 4, "a field is missing, or not known", 0, "");
        return;
    }
    if (prompt && !strncmp(prompt, "code ", 5)) {
        int code = atoi(prompt + 5);
        say(out, code, "refused", n_drawings, code == 24 ? "\"promptEn\":\"x\",\"bannedWord\":\"blood\"" : "");
        return;
    }
    read_change(form, body, id, sizeof id, change, sizeof change);
    const struct drawing *from = id[0] ? find(id, q->account) : NULL;
    if (id[0] && !from) {
        say(out, 3, "the task does not exist, or not any more", 0, "");
        return;
    }
    if (from && !is_over(from) && !from->waits) {
        say(out, 4, "the task is not over", 0, "");
        return;
    }
    parent = from ? (size_t)(from - drawings) + 1 : 0;
    if (from && from->waits) { /* what it waited for */
        drawings[from - drawings].waits = false;
        say(out, 1, "Submit success", (size_t)(from - drawings), "");
        return;
    }
    size_t before = from ? same_change(parent - 1, change) : n_drawings;
    if (before < n_drawings)
        say(out, 21, "exists", before, "\"status\":\"SUCCESS\",\"imageUrl\":\"https://cdn.example/a.png\",\"discordInstanceId\":\"1118\"");
    else
        begin(form, body, q, change, parent, out);
}

/* ---- a task ----------------------------------------------------------------------------------------------------------------- */

static void put_task(struct drawing *d, size_t i, buf *out) {
    bool over = is_over(d), failed = over && is_told(d, "fails");
    buf_printf(out,
               "{\"id\":\"16892314%05zu\",\"action\":\"%s\",\"status\":\"%s\",\"progress\":\"%d%%\",\"prompt\":\"%s\",\"promptEn\":\"%s\","
               "\"submitTime\":1689231405854,\"startTime\":1689231442755,\"finishTime\":%s,\"imageUrl\":\"%s\",\"buttons\":[{\"customId\":"
               "\"MJ::JOB::upsample::1::4ca6\",\"label\":\"U1\",\"type\":2,\"style\":2}],\"instanceId\":\"1118\",\"userId\":\"7\","
               "\"properties\":{\"finalPrompt\":\"Cat\",\"discordInstanceId\":\"1118\"},\"failReason\":",
               i, d->action,
               d->waits   ? "MODAL"
               : failed   ? "FAILURE"
               : over     ? "SUCCESS"
               : d->asked ? "IN_PROGRESS"
                          : "SUBMITTED",
               over ? 100 : 30 * (d->asked > 0), d->prompt, d->prompt, over ? "1689231544312" : "null",
               over && !failed ? lies_at(d->prompt, "https://cdn.example/a.png") : "");
    if (failed) {
        buf_adds(out, "\"");
        for (int n = is_told(d, "fails at length") ? 20000 : 1; n > 0; n--)
            buf_adds(out, "banned: 嘴! ");
        buf_adds(out, "\"}");
    } else {
        buf_adds(out, "null}");
    }
    d->asked++;
}

bool drawing_check(const request *r, const cJSON *body, refusal *out) {
    const char *path = bare(r->path);
    bool asks = !strncmp(path, "/mj/task/", 9);
    bool fine = asks ? str_is(r->method, "GET") && (strstr(path, "/fetch") || strstr(path, "/image-seed")) : form_of(path) < FORMS && body;
    return fine ? true : refuse(out, 404, "", "3", NULL, "sim: there is no %s", r->path);
}

void drawing_answer(const request *r, const cJSON *body, const question *q, buf *out) {
    char id[64];
    const char *path = bare(r->path), *last = strrchr(path, '/');
    if (strncmp(path, "/mj/task/", 9) != 0) {
        submit(r, body, q, out);
        return;
    }
    snprintf(id, sizeof id, "%.*s", (int)(last - path - 9), path + 9);
    struct drawing *d = find(id, q->account);
    if (!strcmp(last, "/image-seed") && d && is_over(d))
        buf_adds(out, "{\"code\":1,\"description\":\"ok\",\"result\":\"1234567890\",\"properties\":{\"discordInstanceId\":\"1118\"}}");
    else if (!strcmp(last, "/image-seed"))
        buf_adds(out, "{\"code\":3,\"description\":\"no such task\",\"result\":null}");
    else if (d)
        put_task(d, (size_t)(d - drawings), out);
    else
        buf_adds(out, "null");
}
