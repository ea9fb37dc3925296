/* pieces.c: embeddings in pieces (pieces.h has the contract).
 *
 * The list is cut by the number of inputs and by a guess of their tokens that is rather too high: a piece too many costs a request, a piece
 * too long the whole answer. The same request is always cut in the same places for the same target, so a piece is known by its number.
 */
#include "upstream/pieces.h"

#include "base/arena.h"
#include "base/request.h"
#include "call/tree.h"
#include "config/settings.h"
#include "dialect/embed.h"
#include "worker.h"

#include <yuzui/adapter.h>
#include <yuzui/record.h>

enum {
    AT_ONCE = 4,              /* pieces under way */
    BYTES_OF_TOKEN = 2,       /* of escaped JSON. Latin letters are about four to a token, others three bytes to one */
    MOST_TRANSLATED = 100,    /* inputs whose answer is read number by number: JSON of more than YZ_JSON_VALUES values is not */
    MOST_REPEATED = 256 << 20 /* bytes beside the list, in all pieces together: each of them says these again */
};

/* ---- what has been answered ------------------------------------------------------------------------------------------- */

typedef struct yz_piece {
    struct yz_piece *next;
    yz_buf answer;       /* in the client's dialect */
    const yz_head *head; /* of the last piece alone, whose head goes up */
    yz_usage usage;
} yz_piece;

/* The whole answers of one target, by number. */
typedef struct kept {
    struct kept *next;
    const yz_target *target;
    size_t n;
    yz_piece **pieces;
} kept;

struct yz_pieces {
    yz_piece *all; /* those too that are not whole */
    kept *targets;
};

static void free_pieces(void *arg) {
    for (yz_piece *piece = ((struct yz_pieces *)arg)->all; piece; piece = piece->next)
        yz_buf_free(&piece->answer);
}

static struct yz_pieces *pieces_of(struct yz_neutral *place) {
    if (!place->pieces) {
        place->pieces = yz_alloc(place->arena, sizeof *place->pieces);
        yz_on_free(place->arena, free_pieces, place->pieces);
    }
    return place->pieces;
}

static kept *kept_of(struct yz_neutral *place, const yz_target *target, size_t n) {
    struct yz_pieces *pieces = pieces_of(place);
    for (kept *k = pieces->targets; k; k = k->next)
        if (k->n == n && yz_target_is_sibling(k->target, target))
            return k;
    kept *k = yz_alloc(place->arena, sizeof *k);
    *k = (kept){.next = pieces->targets, .target = target, .n = n, .pieces = yz_alloc(place->arena, n * sizeof(yz_piece *))};
    return pieces->targets = k;
}

static yz_piece *begin_answer(struct yz_neutral *place) {
    struct yz_pieces *pieces = pieces_of(place);
    yz_piece *piece = yz_alloc(place->arena, sizeof *piece);
    piece->next = pieces->all;
    return pieces->all = piece;
}

/* ---- cutting ---------------------------------------------------------------------------------------------------------- */

typedef struct limits {
    int64_t inputs, tokens;
} limits;

static int64_t limit(int64_t said, int64_t known) { return said > 0 ? said : said == 0 && known > 0 ? known : INT64_MAX; }

static bool is_translated(const yz_request *request, const yz_target *target) {
    return !yz_str_eq(yz_str_of(request->dialect->dialect), yz_str_of(target->provider->adapter->dialect));
}

static limits limits_of(const yz_request *request, const yz_target *target) {
    const yz_provider_settings *provider = (const yz_provider_settings *)(const void *)target->provider;
    const yz_model_facts none = {0}, *facts = target->facts ? target->facts : &none;
    limits most = {limit(provider->embed_inputs, facts->embed_inputs), limit(provider->embed_tokens, facts->embed_tokens)};
    if (is_translated(request, target) && most.inputs > MOST_TRANSLATED)
        most.inputs = MOST_TRANSLATED;
    return most;
}

/* The last input of the piece that begins with this one, and how many it has: one at least. */
static const yz_json *last_of(const yz_json *first, const limits *most, size_t *inputs) {
    int64_t tokens = (int64_t)first->n / BYTES_OF_TOKEN + 1;
    const yz_json *last = first;
    for (*inputs = 1; last->next && (int64_t)*inputs < most->inputs; ++*inputs) {
        tokens += (int64_t)last->next->n / BYTES_OF_TOKEN + 1;
        if (tokens > most->tokens)
            break;
        last = last->next;
    }
    return last;
}

static const yz_json *list_of(const yz_request *request) {
    const yz_adapter *dialect = request->dialect;
    if (request->op != YZ_OP_EMBEDDING || !request->json || request->upload || !dialect || !dialect->embed_list || !dialect->join_embedded)
        return NULL;
    const yz_json *list = dialect->embed_list(request);
    return list && list->child ? list : NULL;
}

bool yz_pieces_wanted(const yz_request *request, const yz_target *target) {
    const yz_json *list = list_of(request);
    size_t inputs;
    if (!list)
        return false;
    limits most = limits_of(request, target);
    return last_of(list->child, &most, &inputs)->next != NULL;
}

/* ---- the call --------------------------------------------------------------------------------------------------------- */

typedef struct part {
    const yz_json *first, *last;
    size_t inputs, before; /* its own; those of the parts before it */
    yz_piece *answer;      /* NULL: none yet */
} part;

/* One that is asked for. Its request is freed with its child, and not with the call. */
typedef struct asked {
    yz_call *child; /* NULL: this place is free */
    part *part;
    yz_request *request;
} asked;

typedef struct state {
    const yz_request *request;
    struct yz_neutral *place;
    kept *kept;
    yz_str list;
    part *parts;
    asked asked[AT_ONCE];
    size_t n, inputs, next, under_way;
    const yz_error *error; /* of the first that failed */
    const part *failed;
} state;

static void cut(state *s, yz_arena *arena, const yz_json *list) {
    limits most = limits_of(s->request, s->request->target);
    size_t inputs;
    for (const yz_json *one = list->child; one; one = last_of(one, &most, &inputs)->next)
        s->n++;
    s->parts = yz_alloc(arena, s->n * sizeof *s->parts);
    s->kept = kept_of(s->place, s->request->target, s->n);
    part *p = s->parts;
    for (const yz_json *one = list->child; one; one = p++->last->next) {
        *p = (part){.first = one, .before = s->inputs, .answer = s->kept->pieces[p - s->parts]};
        p->last = last_of(one, &most, &p->inputs);
        s->inputs += p->inputs;
    }
}

static void free_arena(void *arg) { yz_arena_free(arg); }

/* The client's body with the inputs of one part, in an arena of its own. */
static yz_request *request_of(const state *s, const part *p, yz_arena *arena) {
    yz_str body = s->request->body, list = s->list;
    const char *after = list.p + list.n;
    yz_request *request = yz_request_copy(arena, s->request);
    yz_str piece = yz_format(arena, "%.*s[%.*s]%.*s", (int)(list.p - body.p), body.p, (int)(p->last->p + p->last->n - p->first->p),
                             p->first->p, (int)(body.p + body.n - after), after);
    return yz_request_replace(arena, request, piece) < 0 ? NULL : request;
}

static bool ask(yz_call *call, state *s, part *p) {
    yz_arena *arena = yz_arena_new(yz_call_worker(call)->blocks);
    yz_request *request = request_of(s, p, arena);
    if (!request) {
        yz_arena_free(arena);
        return false;
    }
    asked *a = s->asked;
    while (a->child)
        a++;
    *a = (asked){yz_next_because(call, request, YZ_BECAUSE_PIECE), p, request};
    yz_on_free(yz_call_arena(a->child), free_arena, arena);
    s->under_way++;
    return true;
}

/* ---- joining ---------------------------------------------------------------------------------------------------------- */

/* What the pieces have used, whoever asked for them. */
static yz_usage usage_of(const state *s) {
    yz_usage sum = {0};
    for (size_t i = 0; i < s->n; i++) {
        const yz_usage *one = &s->parts[i].answer->usage;
        for (unsigned m = 0; m < YZ_METERS_MAX; m++)
            if (yz_usage_get(one, (yz_meter)m) >= 0)
                yz_usage_set(&sum, (yz_meter)m, yz_usage_count(&sum, (yz_meter)m) + yz_usage_get(one, (yz_meter)m));
        yz_usage_set_service(&sum, yz_usage_service(one));
    }
    return sum;
}

static void send_joined(yz_call *call, const state *s, yz_str body) {
    yz_usage usage = usage_of(s);
    yz_head head = *s->parts[s->n - 1].answer->head;
    yz_call_record(call)->target = s->request->target;
    yz_record_usage(call, &usage, YZ_SOURCE_JOINED);
    if (is_translated(s->request, s->request->target))
        head.headers = NULL, head.n_headers = 0;
    head.dialect = s->request->dialect;
    head.length = (int64_t)body.n;
    yz_send_head(call, &head);
    if (!yz_ended(call))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = body, .marks = YZ_MARK_CONTENT});
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END, .usage = &usage});
}

static void join(yz_call *call, const state *s) {
    yz_arena *arena = yz_call_arena(call);
    yz_str *answers = yz_alloc(arena, s->n * sizeof *answers);
    size_t *inputs = yz_alloc(arena, s->n * sizeof *inputs);
    yz_buf out = {0};
    for (size_t i = 0; i < s->n; i++) {
        answers[i] = yz_buf_view(&s->parts[i].answer->answer);
        inputs[i] = s->parts[i].inputs;
    }
    yz_note(call, "pieces", yz_format(arena, "%zu", s->n));
    if (s->request->dialect->join_embedded(answers, inputs, s->n, arena, &out) == YZ_OK)
        send_joined(call, s, yz_buf_view(&out));
    else
        yz_fail(call, YZ_ERROR_ANSWERED, "the provider's answers to %zu pieces of the request are not one embedding for each input", s->n);
    yz_buf_free(&out);
}

/* ---- the hooks -------------------------------------------------------------------------------------------------------- */

static void fail(yz_call *call, const state *s) {
    yz_error error = *s->error;
    const part *p = s->failed;
    error.message = yz_format(yz_call_arena(call), "%.*s (inputs %zu to %zu of %zu, which are asked for in %zu pieces)",
                              YZ_STR_ARGS(error.message), p->before, p->before + p->inputs - 1, s->inputs, s->n);
    yz_send_error(call, &error);
}

/* Begins what may begin; or it is over, one way or the other. */
static void go_on(yz_call *call, state *s) {
    for (; !s->error && s->next < s->n && s->under_way < AT_ONCE; s->next++)
        if (!s->parts[s->next].answer && !ask(call, s, &s->parts[s->next])) {
            yz_fail(call, YZ_ERROR_INTERNAL, "a piece of the request for embeddings is no request");
            return;
        }
    if (s->under_way > 0)
        return;
    if (s->error)
        fail(call, s);
    else
        join(call, s);
}

static void on_call(yz_call *call, const yz_request *request) {
    state *s = yz_state(call);
    yz_request *own = yz_request_copy(yz_call_arena(call), request);
    if (!own->neutral || own->neutral->json != own->json)
        yz_request_place(yz_call_arena(call), own);
    s->request = own;
    s->place = own->neutral;
    s->list = yz_json_raw(list_of(own));
    cut(s, yz_call_arena(call), list_of(own));
    size_t beside = own->body.n - s->list.n;
    if (beside > MOST_REPEATED / s->n)
        yz_fail(call, YZ_ERROR_TOO_LARGE,
                "%zu inputs are asked for in %zu pieces, and each repeats the %zu bytes that stand beside the inputs: "
                "together these may be %d MiB, so send fewer inputs at once, or shorter fields beside them",
                s->inputs, s->n, beside, MOST_REPEATED >> 20);
    else
        go_on(call, s);
}

static asked *asked_of(state *s, const yz_call *child) {
    asked *a = s->asked;
    while (a->child != child)
        a++;
    return a;
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    state *s = yz_state(call);
    part *p = asked_of(s, child)->part;
    p->answer = begin_answer(s->place);
    if (p == &s->parts[s->n - 1])
        p->answer->head = yz_head_copy(s->place->arena, head);
}

static void on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    yz_buf_str(&asked_of(yz_state(call), child)->part->answer->answer, chunk->bytes);
}

/* Into the client's dialect, while it is short enough to be read. */
static bool translate(yz_call *call, const state *s, const asked *a) {
    yz_buf *answer = &a->part->answer->answer;
    yz_buf anew = {0};
    yz_arena *arena = yz_arena_new(yz_call_worker(call)->blocks);
    int code = yz_embed_answer(a->request, s->request->target->provider->adapter, yz_buf_view(answer), arena, &anew);
    yz_arena_free(arena);
    yz_buf_free(answer);
    *answer = anew;
    return code == YZ_OK;
}

/* What it was asked goes when nothing holds it any more. */
static void is_over(state *s, asked *a) {
    yz_call_let_go(a->child);
    a->child = NULL;
    s->under_way--;
}

static void on_end(yz_call *call, yz_call *child, const yz_end *end) {
    state *s = yz_state(call);
    asked *a = asked_of(s, child);
    part *p = a->part;
    yz_usage_merge(&p->answer->usage, end->usage);
    bool is_read = !is_translated(s->request, s->request->target) || translate(call, s, a);
    is_over(s, a);
    if (!is_read) {
        yz_fail(call, YZ_ERROR_ANSWERED, "the provider's answer is not one embedding, a list of numbers, for each input");
        return;
    }
    s->kept->pieces[p - s->parts] = p->answer;
    go_on(call, s);
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    state *s = yz_state(call);
    asked *a = asked_of(s, child);
    if (!s->error) {
        s->failed = a->part;
        s->error = error;
    }
    is_over(s, a);
    go_on(call, s);
}

const yz_filter yz_pieces_filter = {YZ_FILTER,           .call_size = sizeof(state), .on_call = on_call,
                                    .on_head = on_head,  .on_chunk = on_chunk,       .on_end = on_end,
                                    .on_error = on_error};
