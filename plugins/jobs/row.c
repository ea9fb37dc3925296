/* row.c: a job as the ledger keeps it: who began what where, how it stands, and what it cost. Nothing of what was asked or made. */
#include "jobs.h"

enum { MOST_TEXT = 2000 };        /* bytes of a text of a row */
enum { DIGITS = 32, PREFIX = 8 }; /* of an id; bytes before them at most */
/* By what has begun it, so that it is asked for where such jobs are; a batch of a file has its own, and all others the second. */
static const char *const prefixes[] = {"video_yz", "job_yz", "batch_yz"};

/* ---- ids ------------------------------------------------------------------------------------------------------------ */

/* Nobody guesses it, and nobody else has made it: the secret is the process's or the fleet's, the moment and the worker are its own. */
static yz_str unique(yz_arena *arena, yz_worker *worker, const char *prefix, size_t digits) {
    const uint64_t parts[] = {(uint64_t)yz_clock_wall_ns(), (uint64_t)yz_clock_ns(), yz_random(worker), yz_random(worker),
                              yz_worker_index(worker)};
    uint8_t digest[32];
    char text[PREFIX + DIGITS];
    size_t n = strlen(prefix);
    yz_hmac(yz_str_at((const char *)parts, sizeof parts), digest);
    memcpy(text, prefix, n);
    for (size_t i = 0; i < digits; i++)
        text[n + i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
    return yz_dup(arena, yz_str_at(text, n + digits));
}

yz_str row_new_id(yz_arena *arena, yz_worker *worker, const yz_request *request) {
    bool of_file = request->op == YZ_OP_BATCH && request->stored.n > 0;
    return unique(arena, worker, prefixes[of_file ? 2 : request->op != YZ_OP_VIDEO], DIGITS);
}
yz_str row_new_word(yz_arena *arena, yz_worker *worker) { return unique(arena, worker, "", DIGITS / 2); }

static bool begins_with(yz_str id, const char *prefix) { return id.n == strlen(prefix) + DIGITS && yz_str_starts(id, prefix); }

bool row_is_id(yz_str id) {
    if (!begins_with(id, prefixes[0]) && !begins_with(id, prefixes[1]) && !begins_with(id, prefixes[2]))
        return false;
    for (size_t i = id.n - DIGITS; i < id.n; i++)
        if (!((id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'f')))
            return false;
    return true;
}

yz_op row_begun_by(yz_str id) {
    return begins_with(id, prefixes[0]) ? YZ_OP_VIDEO : begins_with(id, prefixes[2]) ? YZ_OP_BATCH : YZ_OP_CHAT;
}

yz_str row_owner(const yz_request *request) { return request->key && request->key->tenant.n ? request->key->tenant : YZ_STR("(no key)"); }

/* ---- reading -------------------------------------------------------------------------------------------------------- */

const char *row_state_word(yz_job_state state) {
    static const char *const words[] = {
#define WORD(name, word, over) word,
        YZ_JOB_STATES(WORD)
#undef WORD
    };
    return words[state];
}

static yz_job_state state_of(yz_str word) {
    unsigned state = 0;
    while (state < YZ_JOB_STATES_N && !yz_str_is(word, row_state_word((yz_job_state)state)))
        state++;
    return (yz_job_state)state;
}

static yz_str text(yz_arena *arena, const yz_json *root, const char *name) { return yz_json_text(arena, yz_json_get(root, name)); }
static int64_t number(const yz_json *root, const char *name) { return yz_json_int(yz_json_get(root, name), 0); }

static void read_made(yz_arena *arena, const yz_json *list, yz_job *job) {
    size_t n = yz_json_is(list, YZ_JSON_ARRAY) ? yz_json_count(list) : 0;
    yz_str *made = n ? yz_alloc(arena, n * sizeof *made) : NULL;
    for (const yz_json *one = n ? list->child : NULL; one; one = one->next)
        made[job->n_made++] = yz_json_text(arena, one);
    job->made = made;
}

bool row_read(yz_arena *arena, const yz_ledger_row *from, job_row *out) {
    yz_json *root;
    if (yz_json_parse(arena, from->detail, 0, &root, NULL) < 0)
        return false;
    *out = (job_row){.id = from->id,
                     .owner = from->account,
                     .key = from->key,
                     .revision = from->amount,
                     .created = from->created,
                     .look = from->look,
                     .provider = text(arena, root, "provider"),
                     .dialect = text(arena, root, "dialect"),
                     .speaks = text(arena, root, "speaks"),
                     .cost = text(arena, root, "cost"),
                     .request = text(arena, root, "request"),
                     .by = text(arena, root, "by"),
                     .until = number(root, "until"),
                     .gone = number(root, "gone"),
                     .begun = number(root, "begun"),
                     .settles = number(root, "settles"),
                     .asked = text(arena, root, "asked"),
                     .hook = text(arena, root, "hook"),
                     .tries = number(root, "tries")};
    out->job = (yz_job){YZ_JOB,
                        .state = state_of(text(arena, root, "state")),
                        .id = text(arena, root, "id"),
                        .path = text(arena, root, "path"),
                        .progress = (int)number(root, "progress"),
                        .model = text(arena, root, "model"),
                        .seconds = text(arena, root, "seconds"),
                        .extent = text(arena, root, "size"),
                        .parts = number(root, "parts"),
                        .from = text(arena, root, "from"),
                        .code = text(arena, root, "code"),
                        .message = text(arena, root, "message"),
                        .created = from->created,
                        .ended = number(root, "ended"),
                        .expires = number(root, "expires"),
                        .withheld = number(root, "withheld") > 0,
                        .kept = text(arena, root, "kept"),
                        .keeper = out->provider,
                        .answers_said = number(root, "answers_said") > 0,
                        .answers = number(root, "answers")};
    read_made(arena, yz_json_get(root, "made"), &out->job);
    return out->job.state != YZ_JOB_STATES_N;
}

void row_learn(job_row *row, const yz_job *said, yz_str speaks) {
    yz_job known = row->job;
    row->speaks = speaks;
    row->job = *said;
    row->job.model = said->model.n && speaks.n == 0 ? said->model : known.model;
    row->job.seconds = said->seconds.n ? said->seconds : known.seconds;
    row->job.extent = said->extent.n ? said->extent : known.extent;
    row->job.from = known.from;
    row->job.parts = said->parts ? said->parts : known.parts;
    row->job.created = row->created;
    row->job.keeper = row->provider;
    if (row_is_told(row))
        row->job.id_at.n = 0;
}

const yz_adapter *row_speaker(const yz_call *call, const job_row *row) {
    return yz_dialect_find(call, row->speaks.n > 0 ? row->speaks : row->dialect);
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

/* What a provider says may be long, and a row that is too long is not written: as many whole characters as fit. */
static yz_str cut(yz_str text) {
    size_t n = text.n < MOST_TEXT ? text.n : MOST_TEXT;
    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    return yz_str_at(text.p, n);
}

static void put_text(yz_buf *out, const char *name, yz_str value) {
    value = cut(value);
    if (value.n == 0)
        return;
    yz_buf_printf(out, ",\"%s\":", name);
    yz_buf_json_str(out, value);
}

static void put_number(yz_buf *out, const char *name, int64_t value) {
    if (value)
        yz_buf_printf(out, ",\"%s\":%lld", name, (long long)value);
}

/* Whole ones only: half a path is none. */
static void put_made(yz_buf *out, const yz_job *job) {
    for (size_t i = 0; i < job->n_made; i++) {
        yz_buf_lit(out, i ? "," : ",\"made\":[");
        yz_buf_json_str(out, job->made[i]);
    }
    yz_buf_lit(out, job->n_made ? "]" : "");
}

/* Whole, too: it is an object. */
static void put_kept(yz_buf *out, yz_str kept) {
    if (kept.n == 0 || kept.n > YZ_JOB_KEPT_MAX)
        return;
    yz_buf_lit(out, ",\"kept\":");
    yz_buf_json_str(out, kept);
}

static yz_str detail_of(yz_arena *arena, const job_row *row) {
    const yz_job *j = &row->job;
    yz_buf out = {0};
    yz_buf_printf(&out, "{\"state\":\"%s\"", row_state_word(j->state));
    put_text(&out, "provider", row->provider), put_text(&out, "dialect", row->dialect), put_text(&out, "speaks", row->speaks);
    put_text(&out, "id", j->id);
    put_text(&out, "path", j->path), put_text(&out, "model", j->model), put_text(&out, "seconds", j->seconds);
    put_text(&out, "size", j->extent), put_text(&out, "code", j->code), put_text(&out, "message", j->message);
    put_text(&out, "cost", row->cost), put_text(&out, "request", row->request), put_text(&out, "by", row->by);
    put_text(&out, "from", j->from), put_text(&out, "asked", row->asked);
    put_text(&out, "hook", row->hook), put_number(&out, "tries", row->tries);
    put_number(&out, "settles", row->settles), put_number(&out, "parts", j->parts);
    put_number(&out, "until", row->until), put_number(&out, "gone", row->gone);
    put_number(&out, "progress", j->progress), put_number(&out, "begun", row->begun), put_number(&out, "ended", j->ended);
    put_number(&out, "expires", j->expires), put_number(&out, "withheld", j->withheld);
    put_number(&out, "answers_said", j->answers_said), put_number(&out, "answers", j->answers);
    put_made(&out, j);
    put_kept(&out, j->kept);
    yz_buf_char(&out, '}');
    yz_str detail = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return detail;
}

/* By what is kept of it: that is all there is. */
job_row row_copy(yz_arena *arena, const job_row *row) {
    job_row copy = {0};
    const yz_ledger_row kept = {YZ_LEDGER_ROW,
                                .id = yz_dup(arena, row->id),
                                .account = yz_dup(arena, row->owner),
                                .key = yz_dup(arena, row->key),
                                .amount = row->revision,
                                .created = row->created,
                                .look = row->look,
                                .detail = detail_of(arena, row)};
    (void)row_read(arena, &kept, &copy); /* we have just written it */
    return copy;
}

static yz_posting *posting(yz_arena *arena, const job_row *row, bool back, int64_t amount, yz_str why) {
    yz_posting *refund = yz_alloc(arena, sizeof *refund), *p = yz_alloc(arena, sizeof *p);
    *refund = (yz_posting){YZ_POSTING,    .kind = YZ_POSTING_REFUND, .id = yz_format(arena, "job %.*s", YZ_STR_ARGS(row->id)),
                           .of = row->id, .amount = amount,          .detail = why};
    *p = (yz_posting){YZ_POSTING,
                      .kind = YZ_POSTING_JOB,
                      .account = row->owner,
                      .id = row->id,
                      .key = row->key,
                      .amount = row->revision,
                      .expires = yz_job_over(row->job.state) && row->hook.n == 0 ? 0 : row->look,
                      .detail = detail_of(arena, row),
                      .with = back ? refund : NULL};
    return p;
}

const yz_posting *row_posting(yz_arena *arena, const job_row *row, bool back) {
    return posting(arena, row, back, 0, yz_format(arena, "the job is %s", row_state_word(row->job.state)));
}

const yz_posting *row_posting_part(yz_arena *arena, const job_row *row, int64_t amount, yz_str why, const job_usage *used) {
    yz_posting *p = posting(arena, row, amount > 0, amount, why);
    p->input = used->input, p->cached = used->cached, p->output = used->output;
    return p;
}

/* The older it is, the less often: most are over soon, and one that is not may take hours. */
void row_next_look(const jobs_config *config, job_row *row, int64_t now) {
    int64_t wait = (now - row->created) * 1000 / 8;
    wait = wait < config->every ? config->every : wait > config->slowest ? config->slowest : wait;
    row->look = now + (wait + 999) / 1000;
}

/* A client may ask more often than the stage does, but not many at once, and none more than once a second. */
bool row_was_just_seen(const jobs_config *config, const job_row *row) {
    job_row next = *row;
    int64_t now = row_wall();
    row_next_look(config, &next, now);
    int64_t longest = config->slowest / 1000 + 2 * TAKEN_S; /* later than that was written by a clock that was wrong */
    return row->look >= next.look && row->look <= now + longest;
}

void row_count_end(const jobs_stage *stage, const job_row *row, bool back) {
    yz_job_state state = row->job.state;
    yz_count(stage->worker, stage->succeeded, state == YZ_JOB_SUCCEEDED);
    yz_count(stage->worker, stage->failed, state == YZ_JOB_FAILED || state == YZ_JOB_CANCELLED);
    yz_count(stage->worker, stage->expired, state == YZ_JOB_EXPIRED);
    yz_count(stage->worker, stage->refunded, back);
}
