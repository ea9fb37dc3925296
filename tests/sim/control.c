/* control.c: the tests' side: /_sim/script, /_sim/reset, /_sim/log, /_sim/stats, /_sim/listen, /_sim/drop. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static const fault none = {
    .hang_chunks = -1, .reset_chunks = -1, .close_chunks = -1, .reset_at = -1, .close_at = -1, .event_chunks = -1, .garble_at = -1};

static void reply(play *p, int status, cJSON *json) {
    char *text = cJSON_PrintUnformatted(json);
    p->fault = &none;
    buf_adds(&p->out, text);
    free(text);
    cJSON_Delete(json);
    play_finish(p, status, "application/json", "");
}

static void reply_word(play *p, int status, const char *name, const char *word) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, name, word);
    reply(p, status, o);
}

static void load_script(const cJSON *json, play *p) {
    const char *wrong = json ? script_load(json) : "not JSON";
    if (wrong)
        reply_word(p, 400, "error", wrong);
    else
        reply_word(p, 200, "script", "loaded");
}

static void drop(const cJSON *json, play *p) {
    const char *what = json_string(json, "what");
    cJSON *o = cJSON_CreateObject();
    size_t n = conn_drop(what && !strcmp(what, "all"), cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "reset")));
    cJSON_AddNumberToObject(o, "dropped", (double)n);
    reply(p, 200, o);
}

void control(const request *r, str body, play *p) {
    cJSON *json = body.n ? cJSON_ParseWithLength(body.p, body.n) : NULL;
    const char *path = r->path + 6;
    if (!strcmp(path, "script")) {
        load_script(json, p);
    } else if (!strcmp(path, "reset")) {
        script_reset();
        ledger_reset();
        sim_listen(true);
        reply_word(p, 200, "sim", "reset");
    } else if (!strcmp(path, "log")) {
        unsigned long long since = 0;
        sscanf(r->query, "since=%llu", &since);
        reply(p, 200, ledger_log(since));
    } else if (!strcmp(path, "stats")) {
        reply(p, 200, ledger_stats());
    } else if (!strcmp(path, "listen")) {
        bool open = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(json, "open"));
        reply_word(p, sim_listen(open) ? 500 : 200, "listen", open ? "open" : "closed");
    } else if (!strcmp(path, "drop")) {
        drop(json, p);
    } else {
        reply_word(p, 404, "error", "script, reset, log, stats, listen or drop");
    }
    cJSON_Delete(json);
}
