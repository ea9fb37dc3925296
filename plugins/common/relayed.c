/* common/relayed.c: what the protocols of relays share (Suno's, Midjourney's): jobs that are asked for by a list of their ids, fields that
 * must be spelt as the protocol has them, and tasks whose progress is a text and which say more than their client is to know.
 */
#include "common.h"

#include <ctype.h>

int yc_relayed_spelling(const yz_json *body, const char *const *names, yz_arena *arena, yz_error *error) {
    yz_str near = yc_near_key(body, names, arena);
    if (near.n == 0)
        return YZ_OK;
    return yz_refuse(arena, error, near, "the field \"%.*s\" may be read as another: fields are spelt as the protocol has them, such as %s",
                     (int)(near.n < 40 ? near.n : 40), near.p, names[0]);
}

int yc_relayed_ids(const yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *ids = yz_json_get(request->json, "ids");
    bool fine = yz_json_is(ids, YZ_JSON_ARRAY);
    for (const yz_json *id = fine ? ids->child : NULL; id; id = id->next)
        fine &= yz_json_is(id, YZ_JSON_STRING);
    return fine ? YZ_OK : yz_refuse(arena, error, YZ_STR("ids"), "ids must be a list of the ids that are asked for, each a string");
}

size_t yc_relayed_named(const yz_request *request, yz_str *at, size_t most) {
    const yz_json *ids = yz_json_get(request->json, "ids");
    size_t n = 0;
    for (const yz_json *id = ids ? ids->child : NULL; id; id = id->next, n++)
        if (n < most)
            at[n] = yz_json_escaped(id);
    return n;
}

bool yc_relayed_holds(const yz_request *request, yz_str unfollowed, yz_error *why) {
    if (request->job.n || request->keeper.n)
        return true;
    bool asks = request->op == YZ_OP_STORED;
    why->class_ = asks ? YZ_ERROR_NOT_FOUND : YZ_ERROR_UNSUPPORTED;
    why->message = asks ? YZ_STR("no job with this id was found") : unfollowed;
    return false;
}

bool yc_relayed_good_id(yz_str id) { return yc_kept_word(id) && id.p[0] != '.' && id.n <= YC_KEPT_MAX; }

int yc_relayed_percent(const yz_json *value) {
    yz_str text = yz_json_escaped(value);
    int n = 0;
    for (size_t i = 0; i < text.n && isdigit((unsigned char)text.p[i]) && n <= 100; i++)
        n = n * 10 + (text.p[i] - '0');
    return n < 100 ? n : 100;
}

yz_str yc_relayed_text(yz_arena *arena, const yz_json *value) { return yz_dup(arena, yz_json_text(arena, value)); }

/* Everybody's words, since relays pass on those of whom they asked, in whatever case. */
yz_job_state yc_relayed_state(yz_str word) {
    static const struct {
        const char *word;
        yz_job_state state;
    } words[] = {
        {"", YZ_JOB_QUEUED},           {"NOT_START", YZ_JOB_QUEUED},    {"NOT_STARTED", YZ_JOB_QUEUED},  {"SUBMITTED", YZ_JOB_QUEUED},
        {"QUEUED", YZ_JOB_QUEUED},     {"IN_QUEUE", YZ_JOB_QUEUED},     {"QUEUEING", YZ_JOB_QUEUED},     {"PENDING", YZ_JOB_QUEUED},
        {"CREATED", YZ_JOB_QUEUED},    {"WAITING", YZ_JOB_QUEUED},      {"SUCCESS", YZ_JOB_SUCCEEDED},   {"SUCCEEDED", YZ_JOB_SUCCEEDED},
        {"SUCCEED", YZ_JOB_SUCCEEDED}, {"COMPLETED", YZ_JOB_SUCCEEDED}, {"COMPLETE", YZ_JOB_SUCCEEDED},  {"FINISHED", YZ_JOB_SUCCEEDED},
        {"DONE", YZ_JOB_SUCCEEDED},    {"FAILURE", YZ_JOB_FAILED},      {"FAILED", YZ_JOB_FAILED},       {"FAIL", YZ_JOB_FAILED},
        {"ERROR", YZ_JOB_FAILED},      {"CANCEL", YZ_JOB_CANCELLED},    {"CANCELLED", YZ_JOB_CANCELLED}, {"CANCELED", YZ_JOB_CANCELLED},
        {"EXPIRED", YZ_JOB_EXPIRED},   {"TIMEOUT", YZ_JOB_EXPIRED}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (yz_str_ieq(word, yz_str_of(words[i].word)))
            return words[i].state;
    return YZ_JOB_RUNNING;
}

yz_str yc_relayed_id(const yz_json *value) {
    yz_str number = yz_json_is(value, YZ_JSON_NUMBER) ? yz_json_raw(value) : YZ_STR("");
    for (size_t i = 0; i < number.n; i++)
        if (!isdigit((unsigned char)number.p[i]))
            return YZ_STR("");
    return number.n > 0 ? number : yz_json_escaped(value);
}

static void put_member(const yz_json *member, const char *id, yz_str status, yz_buf *out) {
    yz_str key = yz_json_key(member);
    yz_buf_printf(out, "\"%.*s\":", YZ_STR_ARGS(key));
    if (yz_str_is(key, id) && yz_json_is(member, YZ_JSON_NUMBER))
        yz_buf_printf(out, "\"%.*s\"", YZ_STR_ARGS(yz_json_raw(member)));
    else if (status.n > 0 && yz_str_is(key, "status"))
        yz_buf_json_str(out, status);
    else
        yz_buf_str(out, yz_json_raw(member));
}

/* Ids that are numbers become texts, since the one that its client was given is one. */
yz_str yc_relayed_respell(const yz_json *body, const char *id, yz_str status, yz_arena *arena) {
    yz_buf out = {0};
    yz_buf_char(&out, '{');
    for (const yz_json *member = yz_json_is(body, YZ_JSON_OBJECT) ? body->child : NULL; member; member = member->next) {
        put_member(member, id, status, &out);
        yz_buf_lit(&out, member->next ? "," : "");
    }
    yz_buf_char(&out, '}');
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}

void yc_relayed_tell(yz_job *job, const yz_json *body, const yc_hidden *hidden, const char *id, yz_str status, yz_arena *arena) {
    yz_json *told;
    yz_str text = yc_without(body, hidden, arena);
    if (yz_json_parse(arena, text, YZ_JSON_ANSWERED, &told, NULL) != YZ_OK)
        return;
    text = yc_relayed_respell(told, id, status, arena);
    if (yz_json_parse(arena, text, YZ_JSON_ANSWERED, &told, NULL) != YZ_OK)
        return;
    job->told = text;
    job->id_at = yz_json_escaped(yz_json_get(told, id));
}
