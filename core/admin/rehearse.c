/* admin/rehearse.c: GET /policies: the policies that run, as they were loaded. POST /policies/check, /policies/explain and /policies/replay
 * (of the last requests): what `yuzui check`, `explain` and `replay` say of the config as its files stand now, or with another text for one
 * of them, so that a change can be tried before a reload makes it count. Each builds a whole generation, so it is a process of its own
 * (errand.h).
 */
#include "admin/errand.h"
#include "base/arena.h"
#include "call/tree.h"
#include "generation.h"

/* ---- GET /policies ------------------------------------------------------------------------------------------------------------ */

void yz_admin_policies(yz_admin_call *a, const yz_request *request) {
    (void)request;
    const yz_share *share = yz_call_chain(a->call)->share;
    yz_buf_lit(&a->body, "{\"file\":");
    yz_buf_json_str(&a->body, share->settings->file);
    yz_buf_printf(&a->body, ",\"generation\":%llu,\"editing\":%s,", (unsigned long long)share->generation->number,
                  share->settings->edit_policies.n ? "true" : "false");
    yz_share_put_policies(share, &a->body);
    yz_buf_lit(&a->body, "}\n");
    yz_admin_send(a, 200);
}

/* ---- the answer --------------------------------------------------------------------------------------------------------------- */

/* What explain has found out is its last line, if that is an object; what stands before it are complaints about the config. */
static yz_str found_of(yz_str said) {
    while (said.n > 0 && said.p[said.n - 1] == '\n')
        said.n--;
    const char *line = said.n ? memrchr(said.p, '\n', said.n) : NULL;
    yz_str last = line ? yz_str_at(line + 1, said.n - (size_t)(line + 1 - said.p)) : said;
    return last.n > 0 && last.p[0] == '{' ? last : (yz_str){0};
}

static void answer(yz_admin_call *a, struct yz_admin_errand *errand) {
    bool explains = strcmp(errand->argv[1], "check") != 0;
    yz_str said = yz_buf_view(&errand->said), found = explains ? found_of(said) : (yz_str){0};
    bool ok = explains ? found.n > 0 : !errand->problem;
    if (!ok && said.n == 0)
        said = yz_str_of(errand->problem ? errand->problem : "it says nothing");
    yz_buf_printf(&a->body, "{\"ok\":%s,\"text\":", ok ? "true" : "false");
    yz_buf_json_str(&a->body, found.n ? yz_str_at(said.p, (size_t)(found.p - said.p)) : said);
    if (found.n) {
        yz_buf_lit(&a->body, ",\"found\":");
        yz_buf_str(&a->body, found);
    }
    yz_buf_lit(&a->body, "}\n");
    yz_admin_send(a, ok ? 200 : 422);
}

/* ---- what is asked ------------------------------------------------------------------------------------------------------------ */

/* A text of the body, fit to be a word of a command; empty: it is not there, or nothing that could be. */
static yz_str word_of(yz_arena *arena, const yz_json *body, const char *name) {
    yz_str text = yz_json_text(arena, yz_json_get(body, name));
    return text.n > 0 && text.n <= 1000 && !memchr(text.p, 0, text.n) ? text : (yz_str){0};
}

/* The text that is tried instead of a file's, if the body says one. False: it was refused. */
static bool say_draft(yz_admin_call *a, const yz_request *request, struct yz_admin_errand *errand) {
    const yz_share *share = yz_call_chain(a->call)->share;
    const yz_json *source = yz_json_get(request->json, "source");
    yz_str file = word_of(errand->arena, request->json, "file");
    yz_admin_bearer bearer;
    if (!source && file.n == 0)
        return true;
    yz_admin_bearer_of(share->settings, request->credential, NULL, &bearer);
    if (share->settings->edit_policies.n == 0)
        yz_fail(a->call, YZ_ERROR_FORBIDDEN, "policies are not edited here: admin { edit_policies = FOLDER } in the config allows it");
    else if (!bearer.policies) /* it is code that runs, be it in a process of its own */
        yz_admin_refuse(a, YZ_ERROR_FORBIDDEN, 0, "role_too_low",
                        YZ_STR("this token may not try texts of policies: in the config it would say policies = true"));
    else if (!yz_json_is(source, YZ_JSON_STRING) || file.n == 0)
        yz_fail(a->call, YZ_ERROR_BAD_REQUEST, "\"file\" and \"source\" are two texts, and go together");
    else if (!yz_share_has_policy(share, file))
        yz_fail(a->call, YZ_ERROR_NOT_FOUND, "the config that serves has no such file of a policy: GET /policies lists them");
    else {
        errand->draft = yz_json_text(errand->arena, source);
        errand->draft_of = file;
        return true;
    }
    return false;
}

static void start_with_draft(yz_admin_call *a, const yz_request *request, struct yz_admin_errand *errand) {
    errand->answer = answer;
    if (say_draft(a, request, errand))
        yz_admin_errand_start(a, errand);
    else
        yz_arena_free(errand->arena);
}

void yz_admin_check(yz_admin_call *a, const yz_request *request) { start_with_draft(a, request, yz_admin_errand_new(a, "check")); }

void yz_admin_explain(yz_admin_call *a, const yz_request *request) {
    static const char *const options[][2] = {{"model", "--model"}, {"key", "--key"}, {"dialect", "--dialect"}, {"listen", "--listen"}};
    const yz_json *question = yz_json_get(request->json, "question"), *body = yz_json_get(request->json, "body");
    bool asks = yz_json_is(question, YZ_JSON_STRING), whole = yz_json_is(body, YZ_JSON_OBJECT);
    if (asks == whole) {
        yz_fail(a->call, YZ_ERROR_BAD_REQUEST, "say either \"question\", a text, or \"body\", a whole request as an object");
        return;
    }
    struct yz_admin_errand *errand = yz_admin_errand_new(a, "explain");
    errand->argv[errand->n++] = (char *)(uintptr_t) "--json";
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
        yz_admin_errand_say(errand, options[i][1], word_of(errand->arena, request->json, options[i][0]));
    errand->input = yz_dup(errand->arena, whole ? yz_json_raw(body) : yz_json_text(errand->arena, question));
    if (whole)
        yz_admin_errand_say(errand, "--body", YZ_STR("-"));
    else
        errand->argv[errand->n++] = (char *)(uintptr_t) "-";
    start_with_draft(a, request, errand);
}

/* ---- the last requests ---------------------------------------------------------------------------------------------------------- */

static void replay(void *arg, const yz_gathered *answers, size_t n) {
    yz_admin_call *a = arg;
    struct yz_admin_errand *errand = yz_admin_errand_new(a, "replay");
    yz_buf lines = {0};
    yz_admin_put_last(&lines, answers, n, a->limit, "\n");
    errand->argv[errand->n++] = (char *)(uintptr_t) "--json";
    errand->argv[errand->n++] = (char *)(uintptr_t) "-";
    errand->input = yz_dup(errand->arena, yz_buf_view(&lines));
    yz_buf_free(&lines);
    yz_admin_waited(a);
    start_with_draft(a, yz_call_request(a->call), errand);
}

void yz_admin_replay(yz_admin_call *a, const yz_request *request) {
    const yz_json *limit = yz_json_given(request->json, "limit");
    int64_t n = yz_json_int(limit, limit ? 0 : 1000);
    if (n < 1 || n > YZ_ADMIN_LAST_MOST) {
        yz_fail(a->call, YZ_ERROR_BAD_REQUEST, "limit should be a whole number from 1 to %d", YZ_ADMIN_LAST_MOST);
        return;
    }
    a->limit = (size_t)n;
    yz_admin_gather(a, yz_str_at((const char *)&a->limit, sizeof a->limit), yz_admin_ask_last, replay);
}
