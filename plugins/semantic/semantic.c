/* semantic.c: the stage: a question that means the same as one that was answered gets that answer. What it lacks (an embedding that does
 * not come, a record that does not serve) is a miss: the request goes on as if the stage were not there.
 *
 * The embedding is asked for by a call of its own on the stage below, before the request goes there: it is timed, traced and counted like a
 * policy's question, and nothing waits for it longer than `deadline`.
 */
#include "semantic.h"

#include <stdlib.h>

#define EMBEDDING_BYTES (256u << 10) /* of the answer that holds it */
/* The embedding without a model: what differs may be less than one pair of words (plain.c). With a model: what most of them need. */
#define PLAIN_THRESHOLD 0.96
#define MODEL_THRESHOLD 0.95

typedef struct semantic_stage {
    const semantic_config *config;
    answers *answers;
    float threshold;
    yz_counter hits, misses, passed, failed;
} semantic_stage;

/* One request at this stage. */
typedef struct semantic_call {
    question question;
    entry_key key;
    yz_call *asking;          /* for the embedding; NULL: not now */
    const yz_adapter *spoken; /* the dialect of the embedding's answer; NULL: opaque */
    const yz_target *by;      /* who gave it */
    yz_buf bytes;             /* of the answer that comes: the embedding's, then the request's own */
    const yz_head *head;      /* of the request's own, if it is kept */
    bool keeping;
} semantic_call;

static int semantic_open(yz_worker *worker, const void *config, void **out, yz_diag *diag) {
    const semantic_config *c = config;
    (void)worker;
    (void)diag;
    semantic_stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return YZ_EINTERNAL;
    stage->config = c;
    stage->answers = answers_open(c->model, c->entries, c->memory);
    stage->threshold = (float)(c->threshold > 0 ? c->threshold : c->model.n > 0 ? MODEL_THRESHOLD : PLAIN_THRESHOLD);
    stage->hits = yz_counter_declare("semantic_hits", "answers to questions that meant the same");
    stage->misses = yz_counter_declare("semantic_misses", "questions that meant the same as no other");
    stage->passed = yz_counter_declare("semantic_passed", "chats that are not answered by meaning: tools, long texts, no-store …");
    stage->failed = yz_counter_declare("semantic_failed", "embeddings that did not come: the request went on without");
    *out = stage;
    return YZ_OK;
}

/* ---- a hit, a miss ------------------------------------------------------------------------------------------------------- */

/* Two decimals too many rather than one too few: a threshold is chosen by them. Cut, not rounded: 0.9499 is no 0.95. */
static void note_nearness(yz_call *call, float nearness) {
    if (nearness >= 0)
        yz_note(call, "similarity", yz_format(yz_call_arena(call), "%.4f", (double)((int)(nearness * 10000)) / 10000));
}

static bool replayed(yz_call *call, const semantic_call *s, const found *f) {
    const semantic_stage *stage = yz_stage(call);
    yc_recorded r;
    if (!f->answer || !yc_recorded_read(yz_blob_bytes(f->answer), s->key.frame, &r) || !yc_serves(call, &r))
        return false;
    yz_note(call, "semantic", YZ_STR("hit"));
    yz_note(call, "original", yz_str_of(f->id));
    note_nearness(call, f->nearest);
    yz_count(yz_call_worker(call), stage->hits, 1);
    yc_replay(call, &r);
    return true;
}

/* Is it answered? Then the call has ended. */
static bool found_one(yz_call *call, const semantic_call *s, float *nearest) {
    const semantic_stage *stage = yz_stage(call);
    found f;
    answers_find(stage->answers, &s->key, stage->threshold, stage->config->compare, stage->config->ttl, yz_now(yz_call_worker(call)), &f);
    bool done = replayed(call, s, &f);
    yz_blob_unref(f.answer);
    *nearest = f.nearest;
    return done;
}

/* The request itself goes down. With a vector, what comes is kept. */
static void go_on(yz_call *call, semantic_call *s, const char *note) {
    s->bytes.n = 0;
    s->keeping = s->key.vector.n > 0;
    yz_note(call, "semantic", yz_str_of(note));
    yz_next(call, NULL);
}

static void compare(yz_call *call, semantic_call *s) {
    const semantic_stage *stage = yz_stage(call);
    float nearest;
    if (found_one(call, s, &nearest))
        return;
    note_nearness(call, nearest);
    yz_count(yz_call_worker(call), stage->misses, 1);
    go_on(call, s, "miss");
}

/* ---- the embedding ---------------------------------------------------------------------------------------------------------- */

static void without(yz_call *call, semantic_call *s, const char *note) {
    yz_count(yz_call_worker(call), ((const semantic_stage *)yz_stage(call))->failed, 1);
    s->asking = NULL;
    go_on(call, s, note);
}

static void ask(yz_call *call, semantic_call *s) {
    const semantic_config *cfg = ((const semantic_stage *)yz_stage(call))->config;
    yz_request *request = yz_embed_request(call, cfg->model, s->question.text, cfg->dimensions);
    if (!request) {
        without(call, s, "no embedding (no adapter can ask for it)");
        return;
    }
    s->asking = yz_next_because(call, request, YZ_BECAUSE_QUESTION);
    yz_call_record(s->asking)->label = YZ_STR("embedding");
    yz_deadline(s->asking, cfg->deadline);
}

/* Vectors of two models have nothing to do with each other: also if a fallback chose the other one. */
static uint64_t space_of(const yz_target *by) {
    uint64_t hash = 14695981039346656037u;
    const yz_str parts[] = {by ? by->provider->name : YZ_STR(""), YZ_STR("/"), by ? by->model : YZ_STR("")};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (size_t k = 0; k < parts[i].n; k++)
            hash = (hash ^ (unsigned char)parts[i].p[k]) * 1099511628211u;
    return hash;
}

static void embedded(yz_call *call, semantic_call *s) {
    yz_arena *arena = yz_call_arena(call);
    float *numbers = yz_alloc(arena, DIMS_MAX * sizeof *numbers);
    int n = yz_embed_numbers(arena, s->spoken, yz_buf_view(&s->bytes), numbers, DIMS_MAX);
    vector v = n > 0 ? vector_of(numbers, (size_t)n, yz_alloc(arena, DIMS_MAX)) : (vector){0};
    s->asking = NULL;
    if (v.square == 0) {
        without(call, s, "no embedding (unreadable)");
        return;
    }
    s->key.vector = v;
    s->key.space = space_of(s->by);
    compare(call, s);
}

/* ---- the request -------------------------------------------------------------------------------------------------------------- */

static bool is_of(const semantic_config *cfg, yz_str model) {
    bool any = cfg->of.n == 0;
    for (size_t i = 0; i < cfg->of.n; i++)
        any = any || yz_str_eq(cfg->of.items[i], model);
    return any;
}

static void on_call(yz_call *call, const yz_request *request) {
    const semantic_stage *stage = yz_stage(call);
    semantic_call *s = yz_state(call);
    if (request->op != YZ_OP_CHAT || !is_of(stage->config, request->model)) {
        yz_pass(call, NULL);
        return;
    }
    const char *why = question_read(call, request, stage->config, &s->question);
    if (why) {
        yz_note(call, "semantic", yz_format(yz_call_arena(call), "bypass (%s)", why));
        yz_count(yz_call_worker(call), stage->passed, 1);
        yz_pass(call, NULL);
        return;
    }
    float nearest;
    memcpy(s->key.frame, s->question.frame, FRAME_SIZE);
    memcpy(s->key.exact, s->question.exact, FRAME_SIZE);
    s->key.absolute = stage->config->model.n == 0;
    if (s->key.absolute) {
        s->key.vector = vector_small(s->question.plain, PLAIN_DIMS, PLAIN_SCALE);
        compare(call, s);
    } else if (!found_one(call, s, &nearest)) { /* the same words need no embedding */
        ask(call, s);
    }
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    semantic_call *s = yz_state(call);
    if (child == s->asking) {
        s->spoken = head->dialect;
        s->by = head->target;
        return;
    }
    s->keeping = s->keeping && yc_head_kept(call, head);
    if (s->keeping)
        s->head = yz_head_copy(yz_call_arena(call), head);
    yz_send_head(call, head);
}

static void on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    semantic_call *s = yz_state(call);
    const semantic_stage *stage = yz_stage(call);
    bool asking = child == s->asking;
    size_t most = asking ? EMBEDDING_BYTES : (size_t)stage->config->max;
    bool fits = s->bytes.n + chunk->bytes.n <= most;
    if (asking && !fits) {
        yz_cancel(child);
        without(call, s, "no embedding (too long)");
        return;
    }
    s->keeping = s->keeping && (asking || fits);
    if (asking || s->keeping)
        yz_buf_str(&s->bytes, chunk->bytes);
    if (!asking)
        yz_send_chunk(call, chunk);
}

/* What another cache below had kept is not younger here: it says how old it is. */
static int64_t age_of(yz_call *call) {
    if (yz_record_answer(yz_call_record(call))->cache != YZ_CACHE_HIT)
        return 0;
    yz_str said = yz_noted(call, "age");
    int64_t seconds = 0;
    for (size_t i = 0; i < said.n && i < 9; i++)
        seconds = 10 * seconds + (said.p[i] - '0');
    return seconds;
}

static void keep(yz_call *call, const semantic_call *s, const yz_end *end) {
    const semantic_stage *stage = yz_stage(call);
    const yz_request *request = yz_call_request(call);
    if (!s->keeping || !s->head || !yc_end_kept(request, end))
        return;
    int64_t age = age_of(call);
    bool with_usage = yc_wants_usage(request) || s->head->reencode; /* a cache below says so: the client is to have it without */
    yz_blob *blob = yc_recorded_of(s->key.frame, s->head, end, with_usage, yz_clock_wall() - age, yz_buf_view(&s->bytes));
    answers_put(stage->answers, &s->key, blob, request->id, yz_now(yz_call_worker(call)) - 1000 * age);
    yz_blob_unref(blob);
}

static void on_end(yz_call *call, yz_call *child, const yz_end *end) {
    semantic_call *s = yz_state(call);
    if (child == s->asking) {
        embedded(call, s);
        return;
    }
    keep(call, s, end);
    yz_send_end(call, end);
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    semantic_call *s = yz_state(call);
    if (child == s->asking)
        without(call, s, yz_format(yz_call_arena(call), "no embedding (%s)", yz_error_word(error->class_)).p);
    else
        yz_send_error(call, error);
}

static void on_close(yz_call *call) { yz_buf_free(&((semantic_call *)yz_state(call))->bytes); }

/* ---- what it says of itself ------------------------------------------------------------------------------------------------------ */

static void show(void *stage, yz_buf *out) {
    int64_t entries, bytes;
    answers_size(((const semantic_stage *)stage)->answers, &entries, &bytes);
    yz_buf_printf(out, "{\"entries\":%lld,\"bytes\":%lld}", (long long)entries, (long long)bytes);
}

static void describe(const void *config, const yz_question *about, yz_buf *out) {
    const semantic_config *cfg = config;
    if (about->request->op != YZ_OP_CHAT || !is_of(cfg, about->request->model))
        return;
    yz_buf_lit(out, "a question that means the same as one before gets its answer, ");
    if (cfg->model.n > 0)
        yz_buf_printf(out, "by embeddings of %.*s", YZ_STR_ARGS(cfg->model));
    else
        yz_buf_lit(out, "by its words");
}

static const yz_filter filter = {YZ_FILTER,
                                 .call_size = sizeof(semantic_call),
                                 .open = semantic_open,
                                 .close = free,
                                 .on_call = on_call,
                                 .on_head = on_head,
                                 .on_chunk = on_chunk,
                                 .on_end = on_end,
                                 .on_error = on_error,
                                 .on_close = on_close,
                                 .show = show,
                                 .describe = describe};

#define AT(field) .offset = offsetof(semantic_config, field)
static const yz_option options[] = {
    {"model", YZ_OPTION_STRING, AT(model), .models = true,
     .help = "an embedding model of the config, which is asked about each question; empty: questions are compared by their words"},
    {"threshold", YZ_OPTION_NUMBER, AT(threshold), .min = 0, .max = 1,
     .help = "how near a question must be, up to 1; unless said 0.95 with a model, 0.96 without"},
    {"ttl", YZ_OPTION_DURATION, AT(ttl), "1h", "how long an answer may be served again", .min = 1000, .max = INT64_C(366) * 86400 * 1000},
    {"of", YZ_OPTION_LIST, AT(of), .help = "only chats with these models; all, unless said", .models = true},
    {"longest", YZ_OPTION_SIZE, AT(longest), "512B", "longer questions are not answered so", .min = 1, .max = TEXT_MAX},
    {"entries", YZ_OPTION_INT, AT(entries), "10000", "answers that are kept, at most; the oldest go first", .min = 1, .max = 1000000},
    {"memory", YZ_OPTION_SIZE, AT(memory), "64MiB", "likewise their bytes, with the vectors", .min = 1 << 20, .max = INT64_C(1) << 36},
    {"max", YZ_OPTION_SIZE, AT(max), "256KiB", "longer answers are not kept", .min = 1024, .max = 64 << 20},
    {"compare", YZ_OPTION_INT, AT(compare), "1000", "of the questions that could be the same, so many of the newest are compared", .min = 1,
     .max = 1000000},
    {"deadline", YZ_OPTION_DURATION, AT(deadline), "500ms", "an embedding that takes longer is a miss", .min = 1, .max = 60000},
    {"dimensions", YZ_OPTION_INT, AT(dimensions), "0", "of the embedding, for models that let one choose; 0: as many as it has", .min = 0,
     .max = DIMS_MAX},
};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "semantic", .summary = "answers a question by the answer to one that meant the same", .version = "0.1",
          .config_size = sizeof(semantic_config), YZ_OPTIONS(options), .filter = &filter)
