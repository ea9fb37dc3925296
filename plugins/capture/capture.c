/* capture: conversations of the keys that agreed to it are kept, encrypted, for as long as the operator says: what the client sent, and
 * what it got. Of all other keys nothing is kept, and their requests are passed on without a further look.
 *
 * It keeps what passes it, so its place in the chain says what that is: below a policy that takes names out, it never sees them.
 */
#include "capture.h"

#include <stdlib.h>

static const yz_option options[] = {
    {"folder", YZ_OPTION_STRING, offsetof(capture_config, folder), .help = "where they are kept: a folder a day, a file a conversation",
     .required = true},
    {"certificate", YZ_OPTION_STRING, offsetof(capture_config, certificate),
     .help = "a PEM file: for whose key they are encrypted. The key itself does not belong on this machine", .required = true},
    {"tag", YZ_OPTION_STRING, offsetof(capture_config, tag), "capture", .help = "a key agrees by this tag: tags = { capture = \"yes\" }"},
    {"keep", YZ_OPTION_DURATION, offsetof(capture_config, keep), "7d", .help = "for so long, and to the end of that day (UTC)",
     .min = 3600000, .max = INT64_C(3650) * 86400000},
    {"most", YZ_OPTION_SIZE, offsetof(capture_config, most), "1GiB", .help = "of all that is kept: then the oldest day goes first",
     .min = 1 << 20, .max = INT64_C(1) << 50},
    {"of_one", YZ_OPTION_SIZE, offsetof(capture_config, of_one), "256KiB", .help = "of what one request says, and of one answer",
     .min = 1024, .max = 8 << 20},
    {"redact", YZ_OPTION_LIST, offsetof(capture_config, redact), NULL,
     .help = "kinds of words that are taken out before: email, secret, iban, id_cn, card, ip, phone"},
};

typedef struct capture_stage {
    vault_user user;
    yz_counter kept, dropped, failed;
} capture_stage;

typedef struct capture_state {
    bool on;
    captured what;
} capture_state;

/* ---- what is collected ---------------------------------------------------------------------------------------------- */

static capture_item *item_of(captured *c, const yz_event *event) {
    for (size_t i = c->n_items; i-- > 0;)
        if (c->items[i].index == event->index)
            return &c->items[i];
    return NULL;
}

static void begin_item(captured *c, const yz_event *event, yz_arena *arena) {
    if (!c->items)
        c->items = yz_alloc(arena, CAPTURE_ITEMS * sizeof *c->items);
    if (c->n_items == CAPTURE_ITEMS) {
        c->cut = true;
        return;
    }
    c->items[c->n_items++] = (capture_item){.kind = event->item,
                                            .index = event->index,
                                            .choice = event->choice,
                                            .id = yz_dup(arena, event->id),
                                            .name = yz_dup(arena, event->name)};
}

/* Of escaped text what stands before the last blank among its first bytes: never half of an escape. */
static yz_str before_blank(yz_str text, size_t n) {
    while (n > 0 && text.p[n] != ' ')
        n--;
    return yz_str_at(text.p, n);
}

static void take_event(captured *c, const yz_event *event, int64_t of_one, yz_arena *arena) {
    if (event->kind == YZ_EVENT_ITEM)
        begin_item(c, event, arena);
    capture_item *item = event->kind == YZ_EVENT_DELTA ? item_of(c, event) : NULL;
    if (!item)
        return;
    item->all += event->text.n;
    if (!capture_is_text(item->kind) || c->cut)
        return;
    size_t room = (size_t)of_one - c->bytes;
    c->cut = event->text.n > room;
    yz_str begin = c->cut ? before_blank(event->text, room) : event->text;
    c->bytes += begin.n;
    yz_buf_str(&item->text, begin);
}

/* ---- the call ----------------------------------------------------------------------------------------------------------- */

static bool agrees(const yz_key *key, yz_str tag) {
    for (size_t i = 0; key && i < key->n_tags; i++)
        if (yz_str_eq(key->tags[i].name, tag))
            return yz_str_is(key->tags[i].value, "yes") || yz_str_is(key->tags[i].value, "true");
    return false;
}

static void on_call(yz_call *call, const yz_request *request) {
    const capture_config *config = yz_config(call);
    const capture_stage *stage = yz_stage(call);
    capture_state *s = yz_state(call);
    s->on = request->op == YZ_OP_CHAT && request->json && request->dialect && agrees(request->key, config->tag);
    if (!s->on) {
        yz_pass(call, NULL);
        return;
    }
    if (!vault_full(&stage->user))
        yz_note(call, "captured", YZ_STR("yes")); /* whoever asks may know it */
    s->what.request = request;
    s->what.began = yz_clock_wall_ns() / 1000000000;
    yz_request *read = yz_request_copy(yz_call_arena(call), request);
    read->events = true;
    yz_next(call, read);
}

static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    capture_state *s = yz_state(call);
    (void)child;
    s->what.head = yz_head_copy(yz_call_arena(call), head);
    yz_send_head(call, head);
}

static void on_chunk(yz_call *call, yz_call *child, const yz_chunk *chunk) {
    capture_state *s = yz_state(call);
    const capture_config *config = yz_config(call);
    (void)child;
    s->what.unread |= !chunk->events && chunk->marks & YZ_MARK_CONTENT;
    for (const yz_event *e = chunk->events; e; e = e->next)
        take_event(&s->what, e, config->of_one, yz_call_arena(call));
    yz_send_chunk(call, chunk);
}

static void on_end(yz_call *call, yz_call *child, const yz_end *end) {
    capture_state *s = yz_state(call);
    (void)child;
    s->what.end = yz_end_copy(yz_call_arena(call), end);
    yz_send_end(call, end);
}

static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    capture_state *s = yz_state(call);
    (void)child;
    s->what.error = error;
    yz_send_error(call, error);
}

static void on_close(yz_call *call) {
    capture_stage *stage = yz_stage(call);
    const capture_config *config = yz_config(call);
    capture_state *s = yz_state(call);
    yz_worker *worker = yz_call_worker(call);
    yz_buf document = {0};
    if (!s->on)
        return;
    document_put(&document, &s->what, config->of_one, yz_call_arena(call));
    for (size_t i = 0; i < s->what.n_items; i++)
        yz_buf_free(&s->what.items[i].text);
    bool taken = vault_put(&stage->user, s->what.request->id, s->what.began, &document);
    yz_count(worker, taken ? stage->kept : stage->dropped, 1);
    yz_count(worker, stage->failed, vault_failures(&stage->user));
}

/* ---- opening ------------------------------------------------------------------------------------------------------------ */

static bool read_kinds(const capture_config *config, unsigned *kinds, yz_diag *diag) {
    for (size_t i = 0; i < config->redact.n; i++) {
        unsigned kind = redact_kind(config->redact.items[i]);
        if (!kind) {
            yz_diag_error(diag, "capture: redact knows no \"%.*s\": it knows %s", YZ_STR_ARGS(config->redact.items[i]), redact_names());
            return false;
        }
        *kinds |= kind;
    }
    return true;
}

static int open_stage(yz_worker *worker, const void *cfg, void **out, yz_diag *diag) {
    capture_stage *stage = calloc(1, sizeof *stage);
    (void)worker;
    if (!stage || !read_kinds(cfg, &stage->user.kinds, diag) || !vault_open(&stage->user, cfg, diag)) {
        free(stage);
        return YZ_EINVAL;
    }
    stage->kept = yz_counter_declare("capture_kept", "conversations that were given to be kept");
    stage->dropped = yz_counter_declare("capture_dropped", "conversations that were not: too many waited, or the folder is full");
    stage->failed = yz_counter_declare("capture_failed", "conversations that could not be written");
    *out = stage;
    return YZ_OK;
}

/* Asked when the config has come into force. */
static int64_t wake(void *arg) {
    vault_live(&((capture_stage *)arg)->user);
    return 0;
}

static void close_stage(void *arg) {
    capture_stage *stage = arg;
    vault_close(&stage->user);
    free(stage);
}

static void describe(const void *cfg, const yz_question *question, yz_buf *out) {
    const capture_config *config = cfg;
    if (question->request->op == YZ_OP_CHAT && agrees(question->request->key, config->tag))
        yz_buf_lit(out, "keeps the conversation, encrypted: the key agrees");
}

static const yz_filter filter = {YZ_FILTER,
                                 .call_size = sizeof(capture_state),
                                 .open = open_stage,
                                 .close = close_stage,
                                 .on_call = on_call,
                                 .on_head = on_head,
                                 .on_chunk = on_chunk,
                                 .on_end = on_end,
                                 .on_error = on_error,
                                 .on_close = on_close,
                                 .describe = describe,
                                 .wake = wake};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "capture", .summary = "keeps conversations of keys that agreed to it, encrypted, for a while", .version = "0.1.0",
          .config_size = sizeof(capture_config), YZ_OPTIONS(options), .filter = &filter)
