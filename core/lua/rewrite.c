/* lua/rewrite.c: response:rewrite(function(piece, last, kind) … end): a policy that changes an answer, or breaks it off, as it comes.
 *
 *   piece   what comes next of an item, plain; may be empty
 *   last    it is the end of its item: what the function has kept back must come out now
 *   kind    "text", "thought", "refusal", or "arguments", which are a piece of JSON
 *   -> a text in its place; with "stop" after it: the answer ends there (content_filter); nil and an error: it breaks off with that
 *
 * So the function keeps back what may be the beginning of something, as pieces end anywhere. It runs on the way of the answer, each time
 * with the limits of a run and for all of an answer with a budget of its own; it may not wait. If it fails the answer fails, whatever
 * `on_error` says: what it was to keep from the client would come through.
 *
 *   chunks -> yz_answer_reader -> yz_order -> here -> yz_encoder -> bytes of the client's dialect
 *
 * A document is read whole before its head goes up, so that its failure still has a status of its own.
 */
#include "base/arena.h"
#include "base/record.h"
#include "base/request.h"
#include "dialect/losses.h"
#include "dialect/order.h"
#include "dialect/read_answer.h"
#include "lua/run.h"

typedef struct policy_rewrite {
    yz_sink read, in_order; /* where the reader, and then the order, put events */
    yz_policy_call *pc;
    attempt *a;
    int function; /* registry */
    yz_answer_reader *reader;
    yz_order *order;
    yz_encoder *encoder;
    yz_losses *losses;
    yz_arena *scratch; /* emptied before each chunk; NULL: not begun */
    yz_buf out;        /* what goes up next; of a document all of it */
    yz_buf high;       /* the first half of a character that \u spells in two, the rest of which has not come */
    yz_part_kind item; /* that is open */
    unsigned marks;
    int64_t spent_ms;
    bool over;          /* ended or failed: nothing more is done */
    bool stopped;       /* "stop" was said */
    bool counted, done; /* events said what was used; else DONE waits for the end, which may know it */
    yz_error error;     /* class_ set: it failed */
    bool failed;
} policy_rewrite;

/* ---- the function ------------------------------------------------------------------------------------------------------------ */

static const char *kind_of(yz_part_kind item) {
    switch (item) {
    case YZ_PART_TEXT:
        return "text";
    case YZ_PART_REASONING:
        return "thought";
    case YZ_PART_REFUSAL:
        return "refusal";
    case YZ_PART_TOOL_CALL:
        return "arguments";
    default:
        return NULL;
    }
}

static void fail(policy_rewrite *w, const char *message) {
    w->failed = true;
    w->error = policy_failure(w->pc->policy);
    policy_log_failure(w->pc, message);
}

/* What the function returned, plain, in the scratch arena. */
static yz_str returned(policy_rewrite *w, lua_State *co) {
    yz_str said = {0};
    if (lua_isnil(co, 1) && (lua_istable(co, 2) || lua_type(co, 2) == LUA_TSTRING)) {
        w->failed = true;
        policy_error_read(co, 2, yz_call_arena(w->pc->call), &w->error);
        return said;
    }
    if (lua_type(co, 1) != LUA_TSTRING) {
        fail(w, yz_format(w->scratch, "the function of rewrite returned a %s; it returns the text that is to stand there",
                          luaL_typename(co, 1))
                    .p);
        return said;
    }
    said.p = lua_tolstring(co, 1, &said.n);
    w->stopped = lua_type(co, 2) == LUA_TSTRING && strcmp(lua_tostring(co, 2), "stop") == 0;
    return yz_dup(w->scratch, said);
}

static yz_str run(policy_rewrite *w, yz_str piece, bool last) {
    yz_policy_call *pc = w->pc;
    yz_lua *lua = pc->lua;
    const policy_config *config = pc->policy->config;
    if (w->spent_ms >= config->answer_time) {
        fail(w, yz_format(w->scratch, "rewriting one answer took more than %lld ms of CPU time", (long long)config->answer_time).p);
        return (yz_str){0};
    }
    yz_lua_thread *thread = yz_lua_thread_take(lua);
    lua_State *co = thread->co;
    lua_rawgeti(co, LUA_REGISTRYINDEX, w->function);
    lua_pushlstring(co, piece.p ? piece.p : "", piece.n);
    lua_pushboolean(co, last);
    lua_pushstring(co, kind_of(w->item));
    lua->current = pc;
    yz_run_end end = yz_lua_run(lua, co, 3, config->time, config->memory);
    lua->current = NULL;
    w->spent_ms += lua->spent_ms;
    yz_str said = {0};
    if (end == YZ_RUN_DONE) {
        lua_settop(co, 2);
        said = returned(w, co);
        lua_settop(co, 0);
    } else {
        fail(w, end == YZ_RUN_WAITS ? "it waits while it rewrites an answer"
                                    : yz_lua_failure(w->scratch, end, co, config->time, config->memory).p);
    }
    yz_lua_thread_give(lua, thread, end == YZ_RUN_DONE);
    if (end == YZ_RUN_TIME || end == YZ_RUN_MEMORY)
        yz_lua_collect(lua);
    return said;
}

/* ---- events ------------------------------------------------------------------------------------------------------------------- */

static void put(policy_rewrite *w, const yz_event *event) { yz_encoder_put(w->encoder, event, &w->out); }

/* Of escaped text: does it end in the first half of a surrogate pair? */
static bool ends_high(yz_str s) {
    const char *p = s.p + s.n - 6;
    return s.n >= 6 && p[0] == '\\' && p[1] == 'u' && (p[2] == 'd' || p[2] == 'D') && strchr("89abAB", p[3]) && p[3];
}

/* The piece with the half that was kept back; a half at its end is kept in its turn. */
static yz_str whole_characters(policy_rewrite *w, yz_str piece, bool last) {
    if (w->high.n) {
        yz_buf_str(&w->high, piece);
        piece = yz_dup(w->scratch, yz_buf_view(&w->high));
        w->high.n = 0;
    }
    if (!last && ends_high(piece)) {
        yz_buf_put(&w->high, piece.p + piece.n - 6, 6);
        piece.n -= 6;
    }
    return piece;
}

static void say(policy_rewrite *w, const yz_event *event, yz_str text) {
    if (text.n == 0 || w->failed)
        return;
    yz_event *delta =
        yz_event_copy(w->scratch, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DELTA, .index = event->index, .choice = event->choice});
    delta->text = yz_json_escape(w->scratch, text);
    put(w, delta);
    w->marks |= YZ_MARK_CONTENT;
}

/* The function ends the answer here: as a filter would. */
static void stop(policy_rewrite *w, const yz_event *event) {
    put(w, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ITEM_END, .index = event->index, .choice = event->choice});
    put(w, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_FINISH, .finish = YZ_FINISH_FILTER, .choice = event->choice});
    put(w, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
}

static void piece(policy_rewrite *w, const yz_event *event, bool last) {
    yz_str text = whole_characters(w, event->kind == YZ_EVENT_DELTA ? event->text : (yz_str){0}, last);
    if (text.n == 0 && !last)
        return;
    say(w, event, run(w, yz_json_unescape(w->scratch, text), last));
    if (w->stopped && !w->failed)
        stop(w, event);
}

/* What quotes the text that was: it would bring back what has been taken out. */
static bool is_of_other_words(policy_rewrite *w, const yz_event *event) {
    if (event->kind != YZ_EVENT_LOGPROBS && event->kind != YZ_EVENT_ANNOTATION)
        return false;
    yz_lose(w->losses, event->kind == YZ_EVENT_LOGPROBS ? "logprobs" : "annotations");
    return true;
}

static void on_event(yz_sink *sink, const yz_event *event) {
    policy_rewrite *w = (policy_rewrite *)(void *)((char *)sink - offsetof(policy_rewrite, in_order));
    if (w->failed || w->stopped)
        return;
    if (event->choice > 0) { /* the function sees one text after another */
        yz_lose(w->losses, "choices");
        return;
    }
    if (event->kind == YZ_EVENT_ITEM)
        w->item = event->item;
    bool ours = kind_of(w->item) != NULL;
    if (ours && event->kind == YZ_EVENT_DELTA) {
        piece(w, event, false);
        return;
    }
    if (ours && event->kind == YZ_EVENT_ITEM_END)
        piece(w, event, true);
    w->counted |= event->kind == YZ_EVENT_USAGE;
    if (w->failed || w->stopped || is_of_other_words(w, event))
        return;
    if (event->kind == YZ_EVENT_DONE && !w->counted)
        w->done = true;
    else
        put(w, event);
}

static void on_read(yz_sink *sink, const yz_event *event) {
    yz_event room;
    yz_order_put(((policy_rewrite *)(void *)sink)->order, YZ_WIDE(event, &room));
}

/* ---- the life of it ------------------------------------------------------------------------------------------------------------ */

int policy_rewrite_set(lua_State *L, yz_policy_call *pc, attempt *a) {
    if (a->chat || a->state != ATTEMPT_HEAD)
        return luaL_error(L, "rewrite is asked of a response, as in local response, err = next(req)");
    if (yz_call_request(pc->call)->op != YZ_OP_CHAT)
        return luaL_error(L, "rewrite works on chats, but what was asked for is %s", yz_op_word(yz_call_request(pc->call)->op));
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (a->rewrite)
        return luaL_error(L, "this response is rewritten already");
    policy_rewrite *w = yz_alloc(yz_call_arena(pc->call), sizeof *w);
    w->pc = pc;
    w->a = a;
    lua_pushvalue(L, 2);
    w->function = luaL_ref(L, LUA_REGISTRYINDEX);
    a->rewrite = w;
    lua_settop(L, 1);
    return 1;
}

void policy_rewrite_free(policy_rewrite *w) {
    luaL_unref(w->pc->lua->L, LUA_REGISTRYINDEX, w->function);
    yz_buf_free(&w->out);
    yz_buf_free(&w->high);
    if (w->scratch)
        yz_arena_free(w->scratch);
}

static void give_up(policy_rewrite *w, const yz_error *error) {
    w->over = true;
    yz_cancel(w->a->child);
    yz_send_error(w->pc->call, error);
}

/* A stream's head goes up at once; a document's when all of it is known. */
static void send_head(policy_rewrite *w, int64_t length) {
    yz_call *call = w->pc->call;
    const yz_request *client = yz_call_request(call);
    yz_head *head = yz_head_copy(yz_call_arena(call), &w->a->head);
    head->dialect = client->dialect;
    head->stream = client->stream;
    head->reencode = false;
    head->content_type = client->stream ? YZ_STR("text/event-stream") : YZ_STR("application/json");
    head->length = length;
    head->losses = w->losses->names;
    head->n_losses = w->losses->n;
    yz_send_head(call, head);
}

static void send_out(policy_rewrite *w) {
    yz_call *call = w->pc->call;
    if (yz_call_request(call)->stream && w->out.n && !yz_ended(call)) {
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, yz_buf_view(&w->out), w->marks});
        w->out.n = 0;
    }
    w->marks = 0;
}

/* All has come, or the function wants no more. */
static void finish(policy_rewrite *w, const yz_end *end) {
    yz_call *call = w->pc->call;
    w->over = true;
    send_out(w);
    if (w->stopped)
        yz_cancel(w->a->child);
    if (!yz_call_request(call)->stream) {
        send_head(w, (int64_t)w->out.n);
        if (!yz_ended(call))
            yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, yz_buf_view(&w->out), YZ_MARK_CONTENT | YZ_MARK_FINISH});
    }
    if (!yz_ended(call))
        yz_send_end(call, end);
}

bool policy_rewrite_begin(policy_rewrite *w) {
    yz_policy_call *pc = w->pc;
    yz_arena *arena = yz_call_arena(pc->call);
    const yz_request *client = yz_call_request(pc->call);
    w->losses = yz_losses_new(arena);
    yz_losses_copy(w->losses, w->a->head.losses, w->a->head.n_losses);
    w->read.emit = on_read;
    w->in_order.emit = on_event;
    w->scratch = yz_arena_new(NULL);
    w->order = yz_order_new(arena, &w->in_order);
    w->encoder = yz_encoder_new(client, yz_clock_wall(), arena, w->losses);
    w->reader = w->encoder ? yz_answer_reader_new(arena, w->a->request, &w->a->head, &w->read) : NULL;
    if (!w->reader) {
        give_up(w, &(yz_error){YZ_ERROR, .class_ = YZ_ERROR_UNSUPPORTED, .message = YZ_STR("no adapter can rewrite this answer")});
        return false;
    }
    if (client->stream)
        send_head(w, -1);
    return !yz_ended(pc->call);
}

/* After events have come: what is to go up goes, or the answer ends here. False: it has. */
static bool went_on(policy_rewrite *w, int code, const yz_error *error) {
    if (w->failed)
        error = &w->error;
    if (w->failed || (code < 0 && !w->stopped)) {
        send_out(w); /* what came before is the client's */
        if (!yz_ended(w->pc->call))
            give_up(w, error);
        return false;
    }
    if (w->stopped) {
        finish(w, &(yz_end){YZ_END, .finish = YZ_FINISH_FILTER});
        return false;
    }
    send_out(w);
    return !yz_ended(w->pc->call);
}

void policy_rewrite_chunk(policy_rewrite *w, const yz_chunk *chunk) {
    const yz_error *error = NULL;
    if (w->over)
        return;
    yz_arena_reset(w->scratch);
    int code = yz_answer_reader_chunk(w->reader, chunk, &error);
    (void)went_on(w, code, error);
}

void policy_rewrite_end(policy_rewrite *w, const yz_end *end) {
    const yz_error *error = NULL;
    if (w->over)
        return;
    yz_arena_reset(w->scratch);
    int code = yz_answer_reader_end(w->reader, &error);
    if (code == YZ_OK && w->done) {
        if (end->usage && end->usage->known)
            put(w, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_USAGE, .usage = end->usage});
        put(w, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_DONE});
    }
    if (went_on(w, code, error))
        finish(w, end);
}
