/* hook.c: addresses that clients name to be told how a job ended, where the operator lets them: only those that begin as he says, at no
 * private address whatever their names resolve to, and signed, so that whoever gets it knows that it is from here.
 *
 * It stands in the job's row until the address has taken it, so it is told at least once, whoever is killed in between; one that does not
 * take it is tried again for a few hours, then it is given up: the job itself stands as it ended.
 */
#include "jobs.h"

#include <stdlib.h>

enum { MOST_URL = 1000, TRIES = 8, FIRST_WAIT_S = 5, LONGEST_WAIT_S = 3600, TELL_MS = 10000 };

const char *hook_fault(const jobs_config *config) {
    for (size_t i = 0; i < config->hooks.n; i++)
        if (!yz_str_starts(config->hooks.items[i], "https://") && !yz_str_starts(config->hooks.items[i], "http://"))
            return "hooks is a list of what addresses may begin with, such as \"https://hooks.example/\"";
    if (config->heard_at.n && !yz_str_starts(config->heard_at, "https://") && !yz_str_starts(config->heard_at, "http://"))
        return "heard_at is how providers reach this gateway, such as \"https://gateway.example\"";
    if (config->heard_at.n && !config->hook_key)
        return "what providers say comes to addresses that nobody may guess: hook_key = env \"HOOK_KEY\" says how they are made";
    return config->hooks.n > 0 && !config->hook_key ? "hooks are signed: hook_key = env \"HOOK_KEY\" says with what" : NULL;
}

/* "https://hooks.example" is for that host alone, not for "hooks.example.net". */
static bool begins_so(yz_str url, yz_str prefix) {
    if (url.n < prefix.n || memcmp(url.p, prefix.p, prefix.n) != 0)
        return false;
    return prefix.p[prefix.n - 1] == '/' || url.n == prefix.n || url.p[prefix.n] == '/' || url.p[prefix.n] == '?';
}

/* A server behind it may read it as another path than it seems to be, or it is no address. */
static bool is_odd(yz_str url) {
    bool odd = url.n > MOST_URL || memmem(url.p, url.n, "..", 2);
    for (size_t i = 0; i < url.n && !odd; i++) {
        unsigned char c = (unsigned char)url.p[i];
        bool dot = c == '%' && i + 2 < url.n && url.p[i + 1] == '2' && (url.p[i + 2] | 0x20) == 'e';
        odd = c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || dot;
    }
    return odd;
}

static bool may_be_told(const jobs_config *config, yz_str url) {
    bool odd = is_odd(url);
    for (size_t i = 0; i < config->hooks.n && !odd; i++)
        if (begins_so(url, config->hooks.items[i]))
            return true;
    return false;
}

yz_str hook_of(const jobs_config *config, const yz_request *request, yz_arena *arena) {
    const char *field = request->dialect->hook_field;
    yz_str url = field ? yz_json_text(arena, yz_json_get(request->json, field)) : YZ_STR("");
    return url.n > 0 && may_be_told(config, url) ? url : YZ_STR("");
}

/* ---- telling -------------------------------------------------------------------------------------------------------- */

enum { AT_ONCE = 256, OF_ONE_OWNER = 16 };

/* One that is told: not a part of the call that found it over, which others wait for. An address may take its time. */
struct telling {
    telling *next, **at;
    jobs_stage *stage;
    yz_arena *arena;
    job_row row;
};

static void forget(telling *t) {
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    yz_arena_free(t->arena);
    free(t);
}

void hooks_close(jobs_stage *stage) {
    while (stage->tellings)
        forget(stage->tellings);
}

/* Nobody waits for it to be written; where that fails, the job is told again, when whoever has taken it has had his time. */
static void write_told(telling *t) {
    yz_ledger_post(t->stage->ledger, row_posting(t->arena, &t->row, false));
    forget(t);
}

static void was_told(telling *t) {
    yz_count(t->stage->worker, t->stage->told, 1);
    t->row.hook = YZ_STR("");
    write_told(t);
}

static void try_later(telling *t) {
    int64_t wait = FIRST_WAIT_S << 2 * t->row.tries;
    t->row.look = row_wall() + (wait < LONGEST_WAIT_S ? wait : LONGEST_WAIT_S);
    if (++t->row.tries == TRIES) {
        yz_log(YZ_LOG_WARN, "jobs: the end of %.*s could not be told to its client's address, tried %d times; it stands in the ledger",
               YZ_STR_ARGS(t->row.id), TRIES);
        yz_count(t->stage->worker, t->stage->untold, 1);
        t->row.hook = YZ_STR("");
    }
    write_told(t);
}

static void on_answer(void *arg, const yz_http_answer *answer) {
    if (answer->status >= 200 && answer->status < 300)
        was_told(arg);
    else
        try_later(arg);
}

static void on_error(void *arg, const yz_error *error) {
    (void)error;
    try_later(arg);
}

/* "t=UNIX SECONDS,v1=HEX" of what stands before the body: those seconds, and a dot. */
static yz_str signature(const jobs_config *config, yz_arena *arena, yz_str body) {
    uint8_t digest[32];
    char hex[64];
    int64_t now = yz_clock_wall();
    yz_sign(yz_secret_reveal(config->hook_key), yz_format(arena, "%lld.%.*s", (long long)now, YZ_STR_ARGS(body)), digest);
    for (size_t i = 0; i < sizeof hex; i++)
        hex[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
    return yz_format(arena, "t=%lld,v1=%.*s", (long long)now, (int)sizeof hex, hex);
}

/* As it is told to who asks for it; empty: its dialect is not here any more, or what it made could not be heard. */
static yz_str words_of(yz_call *call, look *l) {
    yz_arena *arena = yz_call_arena(call);
    const yz_adapter *dialect = yz_dialect_find(call, l->row.dialect);
    yz_job job = l->row.job;
    yz_buf out = {0};
    if (!dialect || !dialect->write_job || (job.state == YZ_JOB_SUCCEEDED && !l->heard && !row_is_told(&l->row)))
        return YZ_STR("");
    job.told = l->heard ? collect_told(&l->answer, arena, &job, l->row.id, job.from) : YZ_STR("");
    job.id = l->row.id;
    dialect->write_job(yz_call_request(call), &job, &out);
    media_exchange(call, dialect, l->row.owner, &out);
    yz_str words = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return words;
}

/* How many are told at the moment: in all, and of this owner's. */
static bool has_room(const jobs_stage *stage, yz_str owner) {
    size_t n = 0, own = 0;
    for (const telling *t = stage->tellings; t; t = t->next, n++)
        own += yz_str_eq(t->row.owner, owner);
    return n < AT_ONCE && own < OF_ONE_OWNER;
}

static telling *new_telling(jobs_stage *stage, const job_row *row) {
    telling *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    *t = (telling){.next = stage->tellings, .at = &stage->tellings, .stage = stage, .arena = yz_arena_open()};
    t->row = row_copy(t->arena, row);
    if (t->next)
        t->next->at = &t->next;
    stage->tellings = t;
    return t;
}

static void send_words(telling *t, yz_str words) {
    static const yz_http_hooks hooks = {YZ_HTTP_HOOKS, .on_answer = on_answer, .on_error = on_error};
    const jobs_config *config = t->stage->config;
    const yz_header headers[] = {{YZ_STR("content-type"), YZ_STR("application/json")},
                                 {YZ_STR("x-yuzui-signature"), signature(config, t->arena, words)}};
    yz_http_plan plan = {YZ_HTTP_PLAN,    .url = t->row.hook, .headers = headers, .n_headers = 2, .body = yz_dup(t->arena, words),
                         .total = TELL_MS};
    plan.public_only = !config->hooks_private;
    yz_http_start(t->stage->http, NULL, &plan, &hooks, t);
}

void hook_tell(yz_call *call, look *l) {
    jobs_stage *stage = yz_stage(call);
    telling *t = has_room(stage, l->row.owner) ? new_telling(stage, &l->seen) : NULL;
    yz_str words = t ? words_of(call, l) : YZ_STR("");
    if (t && (words.n == 0 || !stage->http))
        try_later(t);
    else if (t)
        send_words(t, words);
    l->written = true;
    look_finish(call, l);
}
