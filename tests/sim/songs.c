/* songs.c: songs and lyrics as relays of Suno make them (Suno-API, new-api, 2026-11): for each account apart, ready when they have been
 * asked for twice. What the prompt begins with says what becomes of it: "fails", "fails at length", "hangs", "lost", "mute" (over, and
 * nothing was made), "half" (one of the two songs), "refuse CODE" (with the status 200), "at once" (who begins it
 * is told the whole task), "over at once" (likewise, and it is ready by then).
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define SUBMIT "/suno/submit/"
#define FETCH  "/suno/fetch/"
enum { KEPT = 4096 };

static struct song {
    char account[24], prompt[160], mv[32];
    int asked;
    bool lyrics;
} songs[KEPT];
static size_t n_songs;

bool song_is(const char *path) { return !strncmp(path, SUBMIT, sizeof SUBMIT - 1) || !strncmp(path, FETCH, sizeof FETCH - 1); }

void song_error(const refusal *r, buf *out) {
    buf_adds(out, "{\"code\":");
    buf_json(out, r->code[0] ? r->code : "fail_to_fetch_task", strlen(r->code[0] ? r->code : "fail_to_fetch_task"));
    buf_adds(out, ",\"message\":");
    buf_json(out, r->message, strlen(r->message));
    buf_adds(out, ",\"data\":null}");
}

static bool is_told(const struct song *s, const char *what) { return !strncmp(s->prompt, what, strlen(what)); }
static bool is_over(const struct song *s) { return (s->asked > 1 && !is_told(s, "hangs")) || is_told(s, "over at once"); }

/* An id that this account has been told; NULL: it has not. */
static struct song *find(const char *id, const char *account) {
    unsigned long i = strtoul(!strncmp(id, "song-", 5) ? id + 5 : "999999999", NULL, 10);
    struct song *s = &songs[i % KEPT];
    return i < n_songs && !is_told(s, "lost") && !strcmp(s->account, account) ? s : NULL;
}

/* ---- what is refused ------------------------------------------------------------------------------------------------------ */

static bool invalid(refusal *out, const char *why, const char *what) {
    return refuse(out, 400, "", "invalid_request", NULL, "%s: %s", why, what);
}

static bool check_extension(const cJSON *body, const question *q, refusal *out) {
    const char *task = json_string(body, "task_id"), *clip = json_string(body, "continue_clip_id");
    if (!task || !*task)
        return clip && *clip ? invalid(out, "task_id is empty", clip) : true;
    const struct song *s = find(task, q->account);
    if (!s || !is_over(s))
        return refuse(out, 400, "", "task_not_exist", NULL, "task_not_exist: %s", task);
    return !clip || !strncmp(clip, task, strlen(task)) ? true : invalid(out, "continue_clip_id is not of this task", clip);
}

bool song_check(const request *r, const cJSON *body, question *q, refusal *out) {
    static const char *const known[] = {
        "prompt",           "mv",          "title", "tags", "gpt_description_prompt", "make_instrumental", "task_id", "continue_at",
        "continue_clip_id", "notify_hook", NULL};
    bool lyrics = !strcmp(r->path, SUBMIT "lyrics");
    const char *unknown = json_unknown(body, known), *prompt = json_string(body, "prompt"), *mv = json_string(body, "mv");
    if (!strncmp(r->path, FETCH, sizeof FETCH - 1))
        return find(r->path + sizeof FETCH - 1, q->account) ? true : refuse(out, 400, "", "task_not_exist", NULL, "task_not_exist");
    if (!lyrics && strcmp(r->path, SUBMIT "music") != 0)
        return invalid(out, "unsupported action", r->path);
    const cJSON *hook = cJSON_GetObjectItemCaseSensitive(body, "notify_hook");
    if (!unknown && hook && !own_hook(hook, "notify_hook")) /* whoever sends a client's on has this relay post to any address */
        unknown = "notify_hook";
    if (unknown)
        return invalid(out, "a field that is not known", unknown);
    if (lyrics && !prompt)
        return invalid(out, "prompt is empty", "lyrics");
    if (!lyrics && !prompt && !json_string(body, "gpt_description_prompt"))
        return invalid(out, "neither prompt nor gpt_description_prompt", "music");
    snprintf(q->model, sizeof q->model, "%.90s", lyrics ? "lyrics" : mv ? mv : "chirp-v3-0");
    return check_extension(body, q, out);
}

/* ---- what is answered ----------------------------------------------------------------------------------------------------- */

static void put_clip(const struct song *s, size_t i, int clip, bool fails, buf *out) {
    buf_printf(out,
               "%s{\"id\":\"song-%zu-%d\",\"title\":\"t\",\"user_id\":\"u-7\",\"handle\":\"ours\",\"status\":\"%s\",\"audio_url\":\"%s\","
               "\"video_url\":\"\",\"image_url\":\"\","
               "\"model_name\":\"%s\",\"metadata\":{\"prompt\":\"%s\",\"duration\":187.2,\"error_type\":\"\",\"error_message\":\"%s\"}}",
               clip ? "," : "", i, clip, fails ? "error" : "complete", fails ? "" : lies_at(s->prompt, "https://cdn.example/song.mp3"),
               s->mv, s->prompt, fails ? "the lyrics are not allowed" : "");
}

static void put_data(const struct song *s, size_t i, buf *out) {
    if (!is_over(s) || is_told(s, "fails")) {
        buf_adds(out, "null");
    } else if (s->lyrics) {
        buf_printf(out, "{\"id\":\"words-%zu\",\"text\":\"[Verse] 鱼嘴\",\"title\":\"t\",\"status\":\"complete\"}", i);
    } else {
        buf_adds(out, "[");
        put_clip(s, i, 0, is_told(s, "mute") || is_told(s, "half"), out);
        put_clip(s, i, 1, is_told(s, "mute"), out);
        buf_adds(out, "]");
    }
}

static void put_task(struct song *s, size_t i, buf *out) {
    bool over = is_over(s), failed = over && is_told(s, "fails");
    buf_printf(out,
               "{\"code\":\"success\",\"message\":\"\",\"data\":{\"task_id\":\"song-%zu\",\"notify_hook\":\"\",\"action\":\"%s\","
               "\"status\":\"%s\",\"user_id\":7,\"channel_id\":3,\"quota\":50000,\"fail_reason\":\"",
               i, s->lyrics ? "LYRICS" : "MUSIC",
               failed     ? "FAILURE"
               : over     ? "SUCCESS"
               : s->asked ? "IN_PROGRESS"
                          : "QUEUED");
    for (int n = failed && is_told(s, "fails at length") ? 20000 : failed; n > 0; n--)
        buf_adds(out, "moderation: 鱼嘴! ");
    buf_printf(out, "\",\"submit_time\":1716191749,\"start_time\":1716191786,\"finish_time\":%d,\"progress\":\"%d%%\",\"data\":",
               over ? 1716191900 : 0, over ? 100 : 30 * (s->asked > 0));
    put_data(s, i, out);
    buf_adds(out, "}}");
    s->asked++;
}

void song_answer(const request *r, const cJSON *body, const question *q, buf *out) {
    if (!strncmp(r->path, FETCH, sizeof FETCH - 1)) {
        struct song *s = find(r->path + sizeof FETCH - 1, q->account);
        put_task(s, (size_t)(strtoul(r->path + sizeof FETCH + 4, NULL, 10)), out);
        return;
    }
    const char *prompt = json_string(body, "prompt");
    if (prompt && !strncmp(prompt, "refuse ", 7)) { /* with a status of success */
        buf_printf(out, "{\"code\":\"%.40s\",\"message\":\"no song\",\"data\":null}", prompt + 7);
        return;
    }
    struct song *s = &songs[n_songs % KEPT];
    *s = (struct song){.lyrics = !strcmp(r->path, SUBMIT "lyrics")};
    snprintf(s->account, sizeof s->account, "%s", q->account);
    snprintf(s->prompt, sizeof s->prompt, "%.60s", prompt ? prompt : json_string(body, "gpt_description_prompt"));
    snprintf(s->mv, sizeof s->mv, "%.30s", q->model);
    if (is_told(s, "at once") || is_told(s, "over at once")) /* as some relays do */
        put_task(s, n_songs++, out);
    else
        buf_printf(out, "{\"code\":\"success\",\"message\":\"\",\"data\":\"song-%zu\"}", n_songs++);
}
