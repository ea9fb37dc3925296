/* chats.c: what a batch may cost whose chats lie in a file at its provider: before anything is held they are read out of that file, by the
 * same way down as any request's, a line at a time. None is kept: each adds what it may use at most.
 *
 * Nobody else is believed, and nothing is remembered from when the file came: what the provider has is what it will work on, whoever sent
 * it, in however many parts, through whichever gateway. So a restart, and several gateways, make no difference, and nothing has to be kept
 * for files that no batch is ever begun with. What it costs is one more passage of the file, when the batch is begun.
 */
#include "bill.h"

enum { READ_MS = 120000, MOST_LINES = 100000 };
#define LINE_MOST  ((size_t)4 << 20)
#define BYTES_MOST ((int64_t)256 << 20)

struct bill_reading {
    yz_call *child; /* NULL: it is read */
    const yz_record *record;
    const yz_provider *provider;
    yz_target target; /* that all of them ask for */
    const yz_price *price, *service;
    yz_str name; /* of the model, as clients name it */
    yz_buf line;
    int64_t bytes, most;
    size_t number, chats;
    bool over; /* the call has been ended for what was read */
};

bool chats_lie_apart(const yz_request *request) {
    return request->op == YZ_OP_BATCH && request->stored.n > 0 && request->dialect && request->dialect->batch_file &&
           request->dialect->batch_line;
}

void chats_read(yz_call *call) {
    bill_state *s = yz_state(call);
    yz_arena *arena = yz_call_arena(call);
    const yz_request *request = yz_call_request(call);
    yz_request *asks = yz_alloc(arena, sizeof *asks);
    *asks = (yz_request){YZ_REQUEST,
                         .dialect = request->dialect,
                         .op = YZ_OP_STORED,
                         .no_cache = true,
                         .id = request->id,
                         .method = YZ_STR("GET"),
                         .path = request->dialect->batch_file(request, arena),
                         .stored = request->stored,
                         .key = request->key,
                         .client = request->client,
                         .within = request->within,
                         .n_within = request->n_within,
                         .trace = request->trace,
                         .hops = request->hops,
                         .came_by = request->came_by,
                         .dialects = request->dialects};
    s->at = yz_clock_wall_ns() / 1000000000;
    s->service = YZ_SERVICE_BATCH;
    s->reading = yz_alloc(arena, sizeof *s->reading);
    *s->reading = (struct bill_reading){.child = yz_next(call, asks)};
    s->reading->record = yz_call_record(s->reading->child);
    yz_deadline(s->reading->child, READ_MS);
}

bool chats_are_read_by(const bill_state *s, const yz_call *child) { return s->reading && s->reading->child == child; }

bool chats_is_reading(const bill_state *s, const yz_record *record) { return s->reading && charge_is_below(record, s->reading->record); }

void chats_free(bill_state *s) {
    if (s->reading)
        yz_buf_free(&s->reading->line);
}

/* ---- a line ----------------------------------------------------------------------------------------------------------- */

/* The call ends with this, and nothing was begun. */
static void refuse(yz_call *call, const yz_error *error) {
    bill_state *s = yz_state(call);
    yz_call *child = s->reading->child;
    s->reading->over = true;
    s->reading->child = NULL;
    if (child)
        yz_cancel(child);
    yz_send_error(call, error);
}

static void refuse_text(yz_call *call, yz_error_class class_, const char *param, const char *why) {
    yz_error error = {YZ_ERROR, .class_ = class_, .param = yz_str_of(param), .message = yz_str_of(why)};
    refuse(call, &error);
}

/* The first line says for which model all of them are. False: the key may not use it, or nobody serves it. */
static bool aim(yz_call *call, yz_str model) {
    bill_state *s = yz_state(call);
    struct bill_reading *r = s->reading;
    const yz_request *request = yz_call_request(call);
    r->target = (yz_target){YZ_TARGET, .provider = r->provider, .model = yz_dup(yz_call_arena(call), model)};
    r->name = yz_model_called(call, request->key, &r->target);
    r->price = yz_price_find(call, &r->target, s->at);
    r->service = r->price ? yz_price_service(r->price, YZ_SERVICE_BATCH) : NULL;
    if (r->name.n > 0)
        return true;
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_FORBIDDEN, .param = YZ_STR("input_file_id")};
    error.message = yz_format(yz_call_arena(call), "input_file_id: the file is for the model \"%.*s\" of %.*s, which this key may not use",
                              (int)(model.n < 100 ? model.n : 100), model.p, YZ_STR_ARGS(r->provider->name));
    refuse(call, &error);
    return false;
}

static void refuse_model(yz_call *call, yz_str model) {
    const bill_state *s = yz_state(call);
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST, .param = YZ_STR("input_file_id")};
    error.message =
        yz_format(yz_call_arena(call), "input_file_id: a batch is for one model, and line %zu of its file is for \"%.*s\", not \"%.*s\"",
                  s->reading->number, (int)(model.n < 100 ? model.n : 100), model.p, YZ_STR_ARGS(s->reading->target.model));
    refuse(call, &error);
}

static void add(yz_call *call, const yz_request *chat) {
    const bill_config *cfg = yz_config(call);
    struct bill_reading *r = ((bill_state *)yz_state(call))->reading;
    bound_asked asked = bound_read(chat);
    int64_t cost = 0;
    if (r->service)
        yz_price_most(r->service, bound_line(chat, cfg), bound_output(chat, &asked, cfg->answer_tokens), &cost);
    r->most = cost < YZ_LEDGER_AMOUNT_MAX - r->most ? r->most + cost : YZ_LEDGER_AMOUNT_MAX;
    r->chats++;
}

static void take_chat(yz_call *call, yz_str line, yz_arena *scratch) {
    struct bill_reading *r = ((bill_state *)yz_state(call))->reading;
    const yz_request *request = yz_call_request(call);
    yz_request chat;
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST};
    if (request->dialect->batch_line(request, line, r->number, scratch, &chat, &error) != YZ_OK)
        refuse(call, &error);
    else if (r->chats == 0 && !aim(call, chat.model))
        return;
    else if (!yz_str_eq(chat.model, r->target.model))
        refuse_model(call, chat.model);
    else if (r->chats == MOST_LINES)
        refuse_text(call, YZ_ERROR_TOO_LARGE, "input_file_id", "input_file_id: a batch that is paid for here has 100000 requests at most");
    else
        add(call, &chat);
}

static bool is_blank(yz_str line) {
    size_t i = 0;
    while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\r' || line.p[i] == '\t'))
        i++;
    return i == line.n;
}

static void line_ends(yz_call *call) {
    struct bill_reading *r = ((bill_state *)yz_state(call))->reading;
    yz_arena *scratch = yz_arena_open();
    r->number++;
    if (!is_blank(yz_buf_view(&r->line)))
        take_chat(call, yz_buf_view(&r->line), scratch);
    r->line.n = 0;
    yz_arena_free(scratch);
}

/* ---- the file --------------------------------------------------------------------------------------------------------- */

void chats_head(yz_call *call, const yz_head *head) {
    const bill_state *s = yz_state(call);
    s->reading->provider = head->target ? head->target->provider : NULL;
    if (!s->reading->provider)
        refuse_text(call, YZ_ERROR_SERVER, "input_file_id", "input_file_id: nobody says which provider has the file");
}

void chats_chunk(yz_call *call, yz_str bytes) {
    struct bill_reading *r = ((bill_state *)yz_state(call))->reading;
    r->bytes += (int64_t)bytes.n;
    if (r->bytes > BYTES_MOST)
        refuse_text(call, YZ_ERROR_TOO_LARGE, "input_file_id",
                    "input_file_id: the file of a batch that is paid for here has 256 MiB at most");
    while (bytes.n > 0 && !r->over) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
        if (r->line.n + n > LINE_MOST) {
            refuse_text(call, YZ_ERROR_TOO_LARGE, "input_file_id",
                        "input_file_id: a line of a batch that is paid for here has 4 MiB at most");
            return;
        }
        yz_buf_put(&r->line, bytes.p, n);
        if (!end)
            return;
        line_ends(call);
        bytes = yz_str_at(end + 1, bytes.n - n - 1);
    }
}

static int judge(const bill_state *s) {
    const struct bill_reading *r = s->reading;
    yz_str successor;
    if (r->price && yz_price_ended(r->price, s->at, &successor))
        return YZ_EUNSUPPORTED;
    return r->service ? YZ_OK : YZ_ENOTFOUND;
}

void chats_end(yz_call *call) {
    bill_state *s = yz_state(call);
    struct bill_reading *r = s->reading;
    r->child = NULL;
    line_ends(call);
    yz_buf_free(&r->line);
    if (r->over)
        return;
    if (r->chats == 0) {
        refuse_text(call, YZ_ERROR_BAD_REQUEST, "input_file_id", "input_file_id: the file holds no requests");
        return;
    }
    yz_request *named = yz_request_copy(yz_call_arena(call), yz_call_request(call));
    named->model = r->name; /* for whoever pays, and the log; where it goes is the file's to say */
    s->instead = named;
    s->first = &r->target;
    s->n_chats = r->chats;
    s->unmarked = r->most;
    s->held = budget_marked_up(named->key, r->most);
    bill_go_on(call, named, judge(s), &r->target);
}
