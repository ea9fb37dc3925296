/* admin/api_policy.c: versions of policies over HTTP: what stands in a file, what stood there before, and putting another text in its
 * place.
 *
 * A text is put there only if `yuzui check` of the whole config takes it, by the same command in a process of its own, and if what stands
 * there is what its author has seen. Then the gateway loads it. What serves goes on serving until that has succeeded.
 */
#include "admin/api.h"
#include "admin/errand.h"
#include "base/arena.h"
#include "call/tree.h"
#include "control.h"
#include "generation.h"
#include "versions/versions.h"

#include <yuzui/json.h>

/* ---- what is asked ---------------------------------------------------------------------------------------------------------- */

/* What the pool's thread needs: nothing of the call. */
typedef struct task {
    yz_api *api;
    yz_str file, base, source, note;
    int64_t number; /* the version that is meant; 0: the text is said */
    int64_t made;   /* the version that now stands there; 0: none was put there */
} task;

static void refuse_code(yz_api *api, int code, const char *why) {
    if (code == YZ_EAGAIN)
        yz_api_fail(api, YZ_ERROR_BAD_REQUEST, 409, "conflict", yz_str_of(why));
    else if (code == YZ_EIO)
        yz_api_fail(api, YZ_ERROR_UNAVAILABLE, 0, "unavailable", yz_str_of(why));
    else
        yz_api_fail_code(api, code == YZ_ELIMIT ? YZ_EINVAL : code, why);
}

static bool open_file(task *t, struct yz_admin_errand *errand, yz_versions *v) {
    int code = yz_versions_open(v, errand->arena, errand->folder, t->file);
    if (code != YZ_OK)
        refuse_code(t->api, code, v->why);
    return code == YZ_OK;
}

static bool read_number(yz_api *api, yz_str text, int64_t *number) {
    *number = 0;
    for (size_t i = 0; i < text.n && text.n < 10; i++)
        *number = text.p[i] >= '0' && text.p[i] <= '9' ? *number * 10 + text.p[i] - '0' : INT32_MIN;
    if (*number > 0 && text.n < 10)
        return true;
    yz_api_wrong(api, "version should be the number of one, such as 3");
    return false;
}

/* ---- looking ---------------------------------------------------------------------------------------------------------------- */

enum { SHOWN = 200 }; /* versions */

static void put_text(yz_buf *out, const char *name, yz_str text) {
    yz_buf_printf(out, "\"%s\":", name);
    yz_buf_json_str(out, text);
}

static void look(struct yz_admin_errand *errand) {
    task *t = errand->arg;
    yz_buf *out = &t->api->out;
    yz_versions v;
    if (!open_file(t, errand, &v))
        return;
    yz_buf_char(out, '{');
    put_text(out, "file", t->file);
    yz_buf_char(out, ',');
    put_text(out, "sha256", v.hash);
    yz_buf_printf(out, ",\"version\":%lld,", (long long)(v.current ? v.current->number : 0));
    put_text(out, "source", v.text);
    yz_buf_lit(out, ",\"versions\":[");
    for (size_t i = v.n; i-- > 0 && v.n - i <= SHOWN;) {
        yz_version_json(&v.all[i], out);
        yz_buf_lit(out, i > 0 && v.n - i < SHOWN ? ",\n" : "");
    }
    yz_buf_lit(out, "]}\n");
}

static void look_back(struct yz_admin_errand *errand) {
    task *t = errand->arg;
    yz_buf *out = &t->api->out;
    yz_versions v;
    yz_str text;
    if (!open_file(t, errand, &v))
        return;
    if (yz_versions_text(&v, t->number, &text) != YZ_OK) {
        refuse_code(t->api, YZ_ENOTFOUND, v.why);
        return;
    }
    yz_buf_char(out, '{');
    put_text(out, "file", t->file);
    yz_buf_printf(out, ",\"version\":%lld,", (long long)t->number);
    put_text(out, "source", text);
    yz_buf_lit(out, "}\n");
}

/* ---- activating ------------------------------------------------------------------------------------------------------------- */

/* The whole config, with this text in the file's place. */
static bool passes(task *t, struct yz_admin_errand *errand, yz_str text) {
    errand->draft_of = t->file;
    errand->draft = text;
    yz_admin_errand_command(errand);
    if (!errand->problem)
        return true;
    yz_str said = errand->said.n ? yz_dup(errand->arena, yz_buf_view(&errand->said)) : yz_str_of(errand->problem);
    yz_api_fail(t->api, YZ_ERROR_BAD_REQUEST, 422, "check_failed", said);
    return false;
}

static void put(task *t, struct yz_admin_errand *errand, yz_versions *v) {
    yz_api *api = t->api;
    yz_version_new made = {t->source, api->by, t->note, t->number};
    int code = yz_versions_lock(v);
    code = code == YZ_OK ? yz_versions_base(v, t->base) : code;
    if (code == YZ_OK && t->number)
        code = yz_versions_text(v, t->number, &made.text);
    if (code == YZ_OK && !passes(t, errand, made.text))
        return;
    code = code == YZ_OK && atomic_load(&errand->stop) ? YZ_ECANCELLED : code;
    code = code == YZ_OK ? yz_versions_put(v, &made) : code;
    if (code != YZ_OK) {
        refuse_code(api, code, v->why);
        return;
    }
    t->made = v->current->number;
    yz_log(YZ_LOG_INFO, "%.*s: policy %s: version %lld%s: sha256 %.*s", YZ_STR_ARGS(api->by), v->file.p, (long long)t->made,
           t->number ? yz_format(errand->arena, ", the text of version %lld", (long long)t->number).p : "", YZ_STR_ARGS(v->hash));
    yz_buf_lit(&api->out, "{");
    put_text(&api->out, "file", t->file);
    yz_buf_printf(&api->out, ",\"version\":%lld,", (long long)t->made);
    put_text(&api->out, "sha256", v->hash);
}

static void activate(struct yz_admin_errand *errand) {
    task *t = errand->arg;
    yz_versions v;
    if (!open_file(t, errand, &v))
        return;
    put(t, errand, &v);
    yz_versions_close(&v);
}

/* The file is there, and passes: should another fault of the config keep it from being loaded, that is said. */
static void answer_loaded(yz_admin_call *a, bool ok, yz_str text) {
    yz_buf_printf(&a->body, ",\"loaded\":%s,", ok ? "true" : "false");
    put_text(&a->body, "text", text);
    yz_buf_lit(&a->body, "}\n");
    yz_admin_send(a, 200);
}

static void ignore(void *arg, bool ok, yz_str text) { (void)arg, (void)ok, (void)text; }

/* Its client has gone; what stands in the file is to serve all the same. */
static void left(struct yz_admin_errand *errand, yz_worker *worker) {
    if (((task *)errand->arg)->made)
        yz_control_reload(worker, ignore, NULL);
}

static void answer(yz_admin_call *a, struct yz_admin_errand *errand) {
    task *t = errand->arg;
    if (!t->made) {
        yz_api_done(a, t->api);
        return;
    }
    yz_buf_str(&a->body, yz_buf_view(&t->api->out));
    yz_admin_reload_start(a, answer_loaded);
}

/* ---- routes ----------------------------------------------------------------------------------------------------------------- */

static bool editing(yz_admin_call *a, yz_api *api, yz_str file) {
    if (api->settings->edit_policies.n == 0)
        yz_api_fail(api, YZ_ERROR_FORBIDDEN, 0, "forbidden",
                    YZ_STR("policies are not edited here; the config may allow it: admin \"127.0.0.1:8081\" { token = env \"ADMIN_TOKEN\", "
                           "edit_policies = \"/var/lib/yuzui/policy-versions\" }"));
    else if (!yz_share_has_policy(yz_call_chain(a->call)->share, file))
        yz_api_fail_code(api, YZ_ENOTFOUND, "the config that serves has no such file of a policy: GET /policies lists them");
    return !api->code;
}

static void free_api(void *arg) { yz_api_free(arg); }

/* The api goes with the errand. False: it was refused. */
static bool start(yz_admin_call *a, yz_api *api, const task *asked, void (*work)(struct yz_admin_errand *errand)) {
    if (!editing(a, api, asked->file))
        return false;
    struct yz_admin_errand *errand = yz_admin_errand_new(a, "check");
    task *t = yz_alloc(errand->arena, sizeof *t);
    *t = *asked;
    t->api = api;
    errand->arg = t;
    errand->work = work;
    errand->reads = work != activate;
    errand->answer = answer;
    errand->left = left;
    yz_on_free(errand->arena, free_api, api);
    yz_admin_errand_start(a, errand);
    return true;
}

bool yz_api_policy_file(yz_admin_call *a, yz_api *api) {
    const task t = {.file = yz_api_param(api, "file")};
    return start(a, api, &t, look);
}

bool yz_api_policy_version(yz_admin_call *a, yz_api *api) {
    task t = {.file = yz_api_param(api, "file")};
    return read_number(api, yz_api_param(api, "version"), &t.number) && start(a, api, &t, look_back);
}

/* One line: it becomes a line of a file, and of the log of who reads it. */
static bool note_ok(yz_api *api, yz_str note) {
    bool ok = note.n <= YZ_VERSION_NOTE_MAX;
    for (size_t i = 0; i < note.n; i++)
        ok &= (unsigned char)note.p[i] >= ' ' && note.p[i] != 0x7f;
    if (!ok)
        yz_api_wrong(api, "note should be one line of at most %d bytes", YZ_VERSION_NOTE_MAX);
    return ok;
}

bool yz_api_policy_activate(yz_admin_call *a, yz_api *api) {
    const yz_json *source = yz_json_given(api->body, "source"), *version = yz_json_given(api->body, "version");
    task t = {.number = yz_json_int(version, 0)};
    if (!api->bearer.policies) {
        yz_api_fail(api, YZ_ERROR_FORBIDDEN, 0, "role_too_low",
                    YZ_STR("this token may not activate policies: in the config it would say policies = true"));
        return false;
    }
    if (!yz_api_members_ok(api, "file base source version note") || !yz_api_text(api, "file", true, &t.file) ||
        !yz_api_text(api, "base", true, &t.base) || !yz_api_text(api, "note", false, &t.note) || !note_ok(api, t.note))
        return false;
    t.source = yz_json_text(api->arena, source);
    if (yz_json_is(source, YZ_JSON_STRING) == (t.number > 0) || (source && version) || memchr(t.file.p, 0, t.file.n))
        yz_api_wrong(api, "say either \"source\", a text, or \"version\", the number of one of its versions");
    else if (t.source.n > YZ_VERSION_TEXT_MAX)
        yz_api_wrong(api, "source should have at most %d bytes", YZ_VERSION_TEXT_MAX);
    return !api->code && start(a, api, &t, activate);
}
