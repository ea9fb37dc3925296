/* skeleton/skeleton.c: a plugin to read and to copy: a stage that times each call, and asks again once if the answer is too slow.
 *
 * It is small, but it does what stages do: it has options, starts children, listens to their events, keeps state for each call, waits
 * with a timer, and leaves notes. What it need not do is as telling: it frees nothing (a call's memory goes with the call), counts no
 * references, and cannot be called after its end (the five rules at the top of yuzui/call.h).
 *
 * Invariant: while a call has not sent its head up, at most two children run; from then on exactly one.
 */
#include <yuzui/plugin.h> /* the only header a plugin needs */

/* What the options below fill. One of these lives as long as the config it was read from. */
typedef struct skeleton_config {
    int64_t patience; /* ms */
} skeleton_config;

/* The state of one call: zeroed by the core, found with yz_state. */
typedef struct skeleton_call {
    int64_t begun; /* ms, monotonic */
    yz_timer *timer;
    yz_call *children[2];
    bool failed[2];
} skeleton_call;

/* A note becomes an x-yuzui-NAME response header if the head has not gone out yet, and a field of the access log. */
static void note_elapsed(yz_call *call, const char *name) {
    const skeleton_call *s = yz_state(call);
    int64_t ms = yz_now(yz_call_worker(call)) - s->begun;
    yz_note(call, name, yz_format(yz_call_arena(call), "%lld", (long long)ms));
}

/* A call has come in. A stage must answer it, pass it on, start a child or wait for something before it returns. */
static void on_call(yz_call *call, const yz_request *request) {
    const skeleton_config *config = yz_config(call);
    skeleton_call *s = yz_state(call);
    (void)request; /* unchanged: NULL below means "the call's own" */
    s->begun = yz_now(yz_call_worker(call));
    s->children[0] = yz_next(call, NULL); /* no event of it comes before this function returns */
    if (config->patience > 0)
        s->timer = yz_timer_start(call, config->patience);
}

/* No answer has begun in time: ask a second time, and take whichever begins first. */
static void on_timer(yz_call *call, yz_timer *timer) {
    skeleton_call *s = yz_state(call);
    (void)timer; /* there is only one */
    s->timer = NULL;
    if (!s->children[1])
        s->children[1] = yz_next_because(call, NULL, YZ_BECAUSE_HEDGE);
}

/* An answer begins: the other child is no longer needed. Chunks and the end are forwarded by themselves, since there is no hook. */
static void on_head(yz_call *call, yz_call *child, const yz_head *head) {
    skeleton_call *s = yz_state(call);
    int winner = child == s->children[1];
    yz_timer_stop(s->timer); /* NULL is allowed */
    s->timer = NULL;
    if (s->children[!winner])
        yz_cancel(s->children[!winner]); /* silent from now on */
    note_elapsed(call, "first");
    if (winner)
        yz_note(call, "asked", YZ_STR("twice"));
    yz_send_head(call, head);
}

/* A child has failed. As long as the other one may still answer, that is no news for whoever asked. */
static void on_error(yz_call *call, yz_call *child, const yz_error *error) {
    skeleton_call *s = yz_state(call);
    int which = child == s->children[1];
    s->failed[which] = true;
    if (!yz_committed(call) && s->children[!which] && !s->failed[!which])
        return;
    note_elapsed(call, "failed");
    yz_send_error(call, error);
}

static const yz_filter filter = {
    YZ_FILTER, .call_size = sizeof(skeleton_call), .on_call = on_call, .on_head = on_head, .on_error = on_error, .on_timer = on_timer};

/* The core parses and checks these, tells errors with file and line, and documents them: `yuzui plugins skeleton`. */
static const yz_option options[] = {
    {"patience", YZ_OPTION_DURATION, offsetof(skeleton_config, patience), "2s", .help = "asks again after this; 0: never", .max = 3600000},
};

/* The kinds are read without opening the file, which stays closed until a config names it; then one function is exported. */
YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "skeleton", .summary = "A plugin to read and to copy: times calls, asks twice when the answer is slow",
          .version = "0.1.0", .config_size = sizeof(skeleton_config), YZ_OPTIONS(options), .filter = &filter)
