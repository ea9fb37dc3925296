/* rescue: when a provider dies in the middle of a streamed answer, another one goes on where it stopped, and the client reads one stream.
 *
 * It stands above fallback, retry and balance, which help as long as nothing has gone up; after that it is this stage's turn. It passes the
 * events of the answer on and keeps its text. When the answer breaks off, it asks once more, below, with the text so far as the beginning
 * of the answer: as it stands where the model goes on from there by itself, else with an instruction behind it. Of what comes then, that
 * which would begin an answer is left out, and the items are numbered on.
 *
 * What cannot be continued is not: a tool call of which a part has gone out, thoughts without an end, several answers at once, an answer
 * whose events nobody decodes. Then the client gets the error, in its own form, as without this stage.
 */
#include <stdlib.h>
#include <yuzui/plugin.h>

typedef struct config {
    int64_t attempts, most;
    yz_list prefix;
    yz_str instruction;
} config;

static const yz_option options[] = {
    {"attempts", YZ_OPTION_INT, offsetof(config, attempts), "2", .help = "so often one answer is continued at most", .min = 1, .max = 10},
    {"prefix", YZ_OPTION_LIST, offsetof(config, prefix), NULL,
     .help = "models that go on by themselves from the beginning of an answer; each may end in '*'", .names = YZ_NAMES_OF_MODELS},
    {"instruction", YZ_OPTION_STRING, offsetof(config, instruction),
     "Your answer above was cut off. Go on exactly where it stopped: begin with the very next character, repeat nothing, explain nothing.",
     .help = "what the others are told"},
    {"most", YZ_OPTION_SIZE, offsetof(config, most), "1MiB", .help = "a longer text is not continued", .min = 1024, .max = 67108864},
};

typedef struct counters { /* the stage on one worker */
    yz_counter tries, rescued, lost;
} counters;

enum { ITEMS = 64, DROPPED = -1 };

typedef struct state {
    yz_buf text;           /* of the answer so far, escaped */
    const yz_error *first; /* what the client gets if nobody can help */
    int64_t tries;
    bool headed, lost; /* lost: it cannot be continued */
    bool several;      /* answers at once */
    bool open;         /* an item is */
    yz_part_kind kind; /* of the last item */
    unsigned number;   /* of the last item */
    unsigned begun;    /* items the client has seen begin */
    yz_finish finish;
    /* of the answer that goes on */
    bool fresh;     /* no text of it came yet: the first belongs to the open item */
    bool joined;    /* nothing of it went up yet */
    int map[ITEMS]; /* the number its item has for the client, or DROPPED */
} state;

/* ---- what has gone out -------------------------------------------------------------------------------------------------- */

static void watch(state *s, const config *cfg, const yz_event *event) {
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        s->several |= event->choice > 0;
        s->lost |= s->several || (event->item != YZ_PART_TEXT && event->item != YZ_PART_REASONING);
        s->open = true;
        s->kind = event->item;
        s->number = event->index;
        s->begun = event->index + 1;
        break;
    case YZ_EVENT_DELTA:
        if (s->kind == YZ_PART_TEXT)
            yz_buf_str(&s->text, event->text);
        s->lost |= (int64_t)s->text.n > cfg->most;
        break;
    case YZ_EVENT_ITEM_END:
        s->open &= event->index != s->number;
        break;
    case YZ_EVENT_FINISH:
        s->finish = event->finish;
        break;
    default:
        break;
    }
}

static bool can_go_on(yz_call *call) {
    const state *s = yz_state(call);
    const config *cfg = yz_config(call);
    return s->headed && !s->lost && s->tries < cfg->attempts && !(s->open && s->kind == YZ_PART_REASONING) && yz_time_left(call) > 0;
}

/* ---- the answer that goes on ---------------------------------------------------------------------------------------------- */

/* Where its item belongs. */
static int place(state *s, const yz_event *event) {
    if (event->item == YZ_PART_REASONING && s->text.n > 0)
        return DROPPED; /* thoughts about going on are nobody's business in the middle of a text */
    if (event->item == YZ_PART_TEXT && s->fresh && s->open && s->kind == YZ_PART_TEXT) {
        s->fresh = false;
        return (int)s->number;
    }
    return (int)s->begun;
}

/* The event as the client shall see it, in `out`; false: not at all. */
static bool renumber(state *s, const yz_event *event, yz_event *out) {
    *out = (yz_event){YZ_EVENT};
    switch (event->kind) {
    case YZ_EVENT_START:
    case YZ_EVENT_LOGPROBS:
        return false;
    case YZ_EVENT_ITEM:
    case YZ_EVENT_DELTA:
    case YZ_EVENT_SIGNATURE:
    case YZ_EVENT_ANNOTATION:
    case YZ_EVENT_ITEM_END:
        break;
    default:
        return true;
    }
    if (event->index >= ITEMS) {
        s->lost = true;
        return false;
    }
    bool joins = false;
    if (event->kind == YZ_EVENT_ITEM) {
        s->map[event->index] = place(s, event);
        joins = s->map[event->index] >= 0 && s->map[event->index] < (int)s->begun;
    }
    out->index = s->map[event->index] < 0 ? 0 : (unsigned)s->map[event->index];
    return s->map[event->index] != DROPPED && !joins;
}

/* A chunk of it: its events anew, and without its bytes, which nobody can join. */
static void send_on(yz_call *call, const yz_chunk *chunk) {
    state *s = yz_state(call);
    yz_arena *arena = yz_arena_open();
    const yz_event *list = NULL;
    const yz_event **end = &list;
    for (const yz_event *event = chunk->events; event; event = event->next) {
        yz_event seen;
        if (!renumber(s, event, &seen))
            continue;
        yz_event *copy = yz_event_copy(arena, event);
        copy->index = seen.index;
        copy->next = NULL;
        watch(s, yz_config(call), copy);
        *end = copy;
        end = &copy->next;
    }
    if (list) {
        unsigned seam = s->joined ? YZ_MARK_SEAM : 0;
        s->joined = false;
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = chunk->bytes, .marks = chunk->marks | seam, .events = list});
    }
    yz_arena_free(arena);
}

static bool is_prefix_model(const config *cfg, yz_str model) {
    for (size_t i = 0; i < cfg->prefix.n; i++) {
        yz_str pattern = cfg->prefix.items[i];
        bool any = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
        if (any ? model.n >= pattern.n - 1 && memcmp(model.p, pattern.p, pattern.n - 1) == 0 : yz_str_eq(pattern, model))
            return true;
    }
    return false;
}

/* Asks for the rest. False: it cannot be asked for. */
static bool go_on(yz_call *call) {
    state *s = yz_state(call);
    const config *cfg = yz_config(call);
    yz_arena *arena = yz_call_arena(call);
    yz_request *request = yz_request_copy(arena, yz_call_request(call));
    request->events = true;
    yz_str ask = is_prefix_model(cfg, request->model) ? YZ_STR("") : cfg->instruction;
    if (s->text.n > 0 && yz_request_go_on(arena, request, yz_buf_view(&s->text), ask) < 0)
        return false;
    s->tries++;
    s->fresh = s->joined = true;
    memset(s->map, 0xff, sizeof s->map); /* DROPPED */
    yz_note(call, "rescue", yz_format(arena, "%lld", (long long)s->tries));
    yz_count(yz_call_worker(call), ((const counters *)yz_stage(call))->tries, 1);
    yz_next_because(call, request, YZ_BECAUSE_RETRY);
    return true;
}

/* Everything was said but that it is the end. */
static void end_it(yz_call *call) {
    const state *s = yz_state(call);
    yz_event done = {YZ_EVENT, .kind = YZ_EVENT_DONE};
    yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .events = &done});
    yz_send_end(call, &(yz_end){YZ_END, .finish = s->finish});
}

/* ---- the stage ------------------------------------------------------------------------------------------------------------ */

static void on_call(yz_call *call, const yz_request *request) {
    if (!request->stream || request->op != YZ_OP_CHAT || request->upload) {
        yz_pass(call, NULL); /* nothing of a document goes up before it is whole */
        return;
    }
    yz_request *seen = yz_request_copy(yz_call_arena(call), request);
    seen->events = true;
    yz_next(call, seen);
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    state *s = yz_state(call);
    if (s->headed) {
        yz_call_record(call)->answer = yz_call_record(child); /* from here on it is another one's */
        return;
    }
    s->headed = true;
    s->lost = !head->dialect;
    yz_head *anew = yz_head_copy(yz_call_arena(call), head);
    anew->reencode = true;
    yz_send_head(call, anew);
}

static void on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    state *s = yz_state(call);
    (void)child;
    s->lost |= !chunk->events && chunk->bytes.n > 0 && s->tries == 0;
    if (s->tries > 0) {
        send_on(call, chunk);
        return;
    }
    for (const yz_event *event = chunk->events; event; event = event->next)
        watch(s, yz_config(call), event);
    yz_send_chunk(call, chunk);
}

static void on_end(yz_call *call, yz_call *child, const yz_end *end) {
    const state *s = yz_state(call);
    (void)child;
    if (s->tries > 0)
        yz_count(yz_call_worker(call), ((const counters *)yz_stage(call))->rescued, 1);
    yz_send_end(call, end);
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    state *s = yz_state(call);
    (void)child;
    if (!s->first)
        s->first = error;
    if (s->finish != YZ_FINISH_NONE && !s->several) {
        end_it(call);
        return;
    }
    if (can_go_on(call) && go_on(call))
        return;
    if (s->headed)
        yz_count(yz_call_worker(call), ((const counters *)yz_stage(call))->lost, 1);
    yz_send_error(call, s->first);
}

static void on_close(yz_call *call) { yz_buf_free(&((state *)yz_state(call))->text); }

static int open_stage(yz_worker *worker, const void *cfg, void **stage, yz_diag *diag) {
    (void)worker;
    (void)cfg;
    (void)diag;
    counters *c = calloc(1, sizeof *c);
    if (!c)
        return YZ_ELIMIT;
    c->tries = yz_counter_declare("rescue_tries", "answers that broke off and were asked to go on");
    c->rescued = yz_counter_declare("rescue_done", "answers that broke off and came to their end all the same");
    c->lost = yz_counter_declare("rescue_lost", "answers that broke off and could not be continued");
    *stage = c;
    return YZ_OK;
}

static void describe(const void *cfg, const yz_question *question, yz_buf *out) {
    (void)question;
    yz_buf_printf(out, "a stream that breaks off is continued, up to %lld times", (long long)((const config *)cfg)->attempts);
}

static const yz_filter filter = {
    YZ_FILTER,           .call_size = sizeof(state), .open = open_stage, .close = free,        .on_call = on_call,
    .on_head = on_head,  .on_chunk = on_chunk,       .on_end = on_end,   .on_error = on_error, .on_close = on_close,
    .describe = describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "rescue", .summary = "continues a stream on another target when its provider dies in mid-answer", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
