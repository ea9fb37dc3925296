/* settle.c: what a batch has cost, once it is over. It was paid for when it was begun, by the most that its chats may use; each line of its
 * results says what one of them did use, and what that leaves is given back in the step that ends the job. So nobody pays less than was
 * used, however the chats end, and whoever finds a batch over, a client or the stage itself, only writes that it is to be settled: the
 * stage does it, since results may be long.
 *
 * Prices are those of the moment it was begun, of batches. What is given back is in the proportion in which it was held, so a mark-up
 * counts for both.
 */
#include "jobs.h"

enum {
    RESULTS_MS = 120000, /* a provider has this long to say all of them */
    TIME_S = 86400,      /* results that cannot be had for so long are not waited for: what was held stays paid */
    LAST_S = 3600        /* for so long after it those are taken that are there: some may be beyond reading for ever */
};
#define LINE_MOST ((size_t)32 << 20)
#define SEEN_MOST ((size_t)1 << 20)

struct settling {
    const yz_price *price;
    int64_t paid, most;             /* nano-USD: what its account has paid and was not given back; what was held before a mark-up */
    int64_t chats;                  /* that were begun */
    int64_t again;                  /* lines that are no chat's first result */
    int64_t named;                  /* that have had a result by their name */
    int64_t results, unread, spent; /* unread: of the results */
    job_usage used;
    int64_t answers, due; /* results that are not of a chat that came to nothing; as many there are to be, -1: nobody says */
    size_t file;          /* of those that the results lie in, which is read */
    yz_buf line, seen;    /* seen: marks of the names that results have had (see was_seen) */
    bool too_long;
};

bool settle_is_due(const yz_adapter *dialect, const job_row *row, const yz_job *said) {
    bool batch = dialect && dialect->read_result && row_begun_by(row->id) != YZ_OP_VIDEO; /* a dialect may have films, too */
    return batch && said->state == YZ_JOB_SUCCEEDED && said->n_made > 0 && row->cost.n > 0;
}

void settle_later(job_row *row, int64_t now) {
    row->job.state = YZ_JOB_RUNNING;
    row->settles = now;
    row->until = now + TIME_S;
    row->look = now;
}

int64_t settle_deadline(void) { return RESULTS_MS; }

void settle_free(struct settling *s) {
    if (!s)
        return;
    yz_buf_free(&s->line);
    yz_buf_free(&s->seen);
}

/* ---- what was paid ---------------------------------------------------------------------------------------------------- */

/* A model may have several targets at one provider: the one that was asked, if the charge says which. */
static const yz_target *target_of(const yz_call *call, yz_str model, yz_str provider, yz_str asked) {
    const yz_target *const *targets = NULL, *found = NULL;
    size_t n = yz_targets(call, model, &targets);
    for (size_t i = n; i-- > 0;)
        if (yz_str_eq(targets[i]->provider->name, provider) && (!found || !yz_str_eq(found->model, asked)))
            found = targets[i];
    return found;
}

/* False: nothing of it can be given back. */
static bool read_hold(yz_call *call, const yz_ledger_row *hold, yz_str provider, struct settling *s) {
    yz_json *detail;
    if (hold->state != YZ_HOLD_CAPTURED || yz_json_parse(yz_call_arena(call), hold->detail, 0, &detail, NULL) < 0)
        return false;
    const yz_target *target = target_of(call, hold->model, provider, yz_json_text(yz_call_arena(call), yz_json_get(detail, "model")));
    s->price = target ? yz_price_find(call, target, hold->created) : NULL;
    s->most = yz_json_int(yz_json_get(detail, "most_nano"), 0);
    s->chats = yz_json_int(yz_json_get(detail, "chats"), 0);
    s->paid = hold->captured - hold->refunded;
    s->due = -1;
    return s->price && s->most > 0 && s->chats > 0;
}

static void stands(yz_call *call, look *l, const char *why) {
    yz_log(YZ_LOG_ERROR, "jobs: the batch %.*s at %.*s is over, and what was held for it stays paid: %s", YZ_STR_ARGS(l->row.id),
           YZ_STR_ARGS(l->row.provider), why);
    l->seen.job.message = yz_str_of(why);
    look_settled(call, l, 0, YZ_STR(""), &(job_usage){0});
}

static void read_results(yz_call *call, look *l) {
    struct settling *s = l->settling;
    if (s->file == 0 && l->row.job.answers_said)
        s->due = l->row.job.answers < s->chats ? l->row.job.answers : s->chats;
    look_ask_for(call, l, l->row.job.made[s->file], RESULTS_MS);
}

static void on_hold(yz_call *call, void *arg, int code, const yz_ledger_row *const *rows, size_t n) {
    look *l = arg;
    struct settling *s = l->settling = yz_alloc(yz_call_arena(call), sizeof *s);
    bool open = code == YZ_OK && n == 1 && rows[0]->state == YZ_HOLD_OPEN; /* its charge is on its way */
    if (code != YZ_OK || open)
        look_goes_on(call, l);
    else if (n == 0)
        stands(call, l, "its charge is not in the ledger (any more)");
    else if (!read_hold(call, rows[0], l->row.provider, s))
        stands(call, l, "its model, or the price that it had when it was begun, is not known here any more");
    else
        read_results(call, l);
}

void settle(yz_call *call, look *l) {
    const jobs_stage *stage = yz_stage(call);
    const yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .id = l->row.id, .limit = 1};
    if (row_wall() >= l->row.until + LAST_S)
        stands(call, l, "its results could not be had for a day");
    else if (l->row.job.n_made == 0)
        stands(call, l, "its provider has not said where its results are");
    else
        yz_ledger_look(call, stage->ledger, &query, stage->config->timeout, on_hold, l);
}

/* ---- what was used ---------------------------------------------------------------------------------------------------- */

static int64_t sum(int64_t a, int64_t b) { return b < YZ_LEDGER_AMOUNT_MAX - a ? a + b : YZ_LEDGER_AMOUNT_MAX; }

static uint64_t mark_of(yz_str name) {
    uint64_t mark = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < name.n; i++)
        mark = (mark ^ (unsigned char)name.p[i]) * UINT64_C(1099511628211);
    return mark ? mark : 1;
}

/* Has this chat had its result? Kept is a mark of each name, in a table that is twice as large as there are chats: when as many have had
 * one each further is of none. Two chats whose marks are alike count as one, so the other's result is missing, and costs its share. */
static bool was_seen(struct settling *s, yz_str name) {
    size_t room = 2, at;
    while (room < 2 * (size_t)s->chats && room < SEEN_MOST)
        room *= 2;
    if (s->seen.n == 0) {
        memset(yz_buf_room(&s->seen, room * sizeof(uint64_t)), 0, room * sizeof(uint64_t));
        s->seen.n = room * sizeof(uint64_t);
    }
    uint64_t *marks = (uint64_t *)(void *)s->seen.p, mark = mark_of(name);
    for (at = mark & (room - 1); marks[at] != 0; at = (at + 1) & (room - 1))
        if (marks[at] == mark)
            return true;
    if (s->named >= s->chats || s->named >= (int64_t)room / 2)
        return true;
    marks[at] = mark;
    s->named++;
    return false;
}

/* A line may be one of a page or of an error that came in their place, and says nothing of any chat. A chat whose result does not say what
 * it has used costs its share of what was held. */
static void take_line(const yz_adapter *dialect, struct settling *s, yz_str line) {
    yz_usage usage = {0};
    yz_cost cost = {YZ_COST};
    yz_arena *scratch = yz_arena_open();
    yz_str of = YZ_STR("");
    int code = s->too_long ? YZ_EINVAL : dialect->read_result(line, scratch, &of, &usage);
    if (code != YZ_ENOTFOUND && !s->too_long && was_seen(s, of)) { /* said twice is paid once */
        code = YZ_ENOTFOUND;
        s->again++;
    }
    s->results += code != YZ_ENOTFOUND;
    s->answers += code != YZ_ENOTFOUND && (code != YZ_OK || usage.known);
    if (code != YZ_OK) {
        s->unread += code != YZ_ENOTFOUND;
    } else if (usage.known) {
        yz_usage_set_service(&usage, YZ_SERVICE_BATCH); /* whatever else it says: that is how it was asked */
        (void)yz_price_cost(s->price, &usage, &cost);
        s->spent = sum(s->spent, cost.total);
        s->used.input = sum(s->used.input, yz_usage_count(&usage, YZ_METER_INPUT));
        s->used.cached = sum(s->used.cached, yz_usage_count(&usage, YZ_METER_CACHED));
        s->used.output = sum(s->used.output, yz_usage_count(&usage, YZ_METER_OUTPUT));
    }
    s->too_long = false;
    yz_arena_free(scratch);
}

static bool is_blank(yz_str line) {
    size_t i = 0;
    while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\r' || line.p[i] == '\t'))
        i++;
    return i == line.n;
}

static void gather(struct settling *s, yz_str bytes) {
    s->too_long |= s->line.n + bytes.n > LINE_MOST;
    if (!s->too_long)
        yz_buf_str(&s->line, bytes);
}

static void line_ends(const yz_adapter *dialect, struct settling *s) {
    if (s->too_long || !is_blank(yz_buf_view(&s->line)))
        take_line(dialect, s, yz_buf_view(&s->line));
    s->line.n = 0;
}

void settle_chunk(yz_call *call, look *l, yz_str bytes) {
    const yz_adapter *dialect = row_speaker(call, &l->row);
    while (bytes.n > 0) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
        gather(l->settling, yz_str_at(bytes.p, n));
        if (!end)
            return;
        line_ends(dialect, l->settling);
        bytes = yz_str_at(end + 1, bytes.n - n - 1);
    }
}

/* As much of what was paid as is not spent of what was held, rounded so that nobody is given more. */
static int64_t left_of(const struct settling *s) {
    int64_t unread = s->unread < s->chats ? s->unread : s->chats;
    int64_t due = sum(s->spent, (int64_t)((__int128)s->most * unread / s->chats));
    __int128 left = due < s->most ? (__int128)s->paid * (s->most - due) / s->most : 0;
    return (int64_t)left;
}

static void warn(const look *l, const struct settling *s) {
    if (s->spent > s->most)
        yz_log(YZ_LOG_WARN, "jobs: the batch %.*s has used more than was held for it, which nobody has paid", YZ_STR_ARGS(l->row.id));
    if (s->again > 0)
        yz_log(YZ_LOG_WARN, "jobs: %lld results of the batch %.*s at %.*s are second ones of their chats, or of none: they are not counted",
               (long long)s->again, YZ_STR_ARGS(l->row.id), YZ_STR_ARGS(l->row.provider));
    if (s->unread > 0)
        yz_log(YZ_LOG_WARN,
               "jobs: of %lld of the %lld chats of the batch %.*s at %.*s no result says what they have used: their share of what was held "
               "stays paid",
               (long long)s->unread, (long long)s->chats, YZ_STR_ARGS(l->row.id), YZ_STR_ARGS(l->row.provider));
}

/* Each chat has a result, whatever it came to, or as many have an answer as the provider says. */
static int64_t missing(const struct settling *s) {
    int64_t n = s->due >= 0 ? s->due - s->answers : s->chats - s->results;
    return n > 0 ? n : 0;
}

/* Those that are missing may be there later, but not for ever. */
static bool is_enough(const look *l, const struct settling *s) { return missing(s) == 0 || (s->results > 0 && row_wall() >= l->row.until); }

void settle_end(yz_call *call, look *l) {
    struct settling *s = l->settling;
    yz_arena *arena = yz_call_arena(call);
    line_ends(row_speaker(call, &l->row), s);
    if (++s->file < l->row.job.n_made) {
        read_results(call, l);
        return;
    }
    if (!is_enough(l, s)) {
        look_goes_on(call, l);
        return;
    }
    s->unread += missing(s);
    int64_t left = left_of(s);
    warn(l, s);
    yz_buf usd = {0};
    yz_price_usd(s->paid - left, &usd);
    l->seen.cost = yz_dup(arena, yz_buf_view(&usd));
    yz_buf_free(&usd);
    look_settled(call, l, left,
                 yz_format(arena, "the batch is over: %lld chats, %lld that cannot be read, %lld tokens in, %lld out", (long long)s->chats,
                           (long long)s->unread, (long long)s->used.input, (long long)s->used.output),
                 &s->used);
}
