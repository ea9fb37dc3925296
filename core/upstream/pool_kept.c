/* pool_kept.c: connections nobody uses at the moment: idle ones, and those that wait for HTTP's own end of an answer ("lingering").
 *
 * Both lists are in the order of their times, so the oldest of each is the next to go; one alarm serves both.
 */
#include "upstream/pool_inner.h"

/* ---- lists --------------------------------------------------------------------------------------------------------- */

void yz_pooled_unlist(yz_pooled *conn) {
    yz_pooled_list *list = conn->list;
    *(conn->newer ? &conn->newer->older : &list->newest) = conn->older;
    *(conn->older ? &conn->older->newer : &list->oldest) = conn->newer;
    conn->newer = conn->older = NULL;
    conn->list = NULL;
    list->n--;
}

static void watch(yz_pool *pool) {
    int64_t idle = pool->idle.oldest ? pool->idle.oldest->since + YZ_POOL_IDLE_MS : INT64_MAX;
    int64_t lingering = pool->lingering.oldest ? pool->lingering.oldest->since + YZ_POOL_LINGER_MS : INT64_MAX;
    int64_t next = idle < lingering ? idle : lingering;
    if (next != INT64_MAX && (!pool->alarm.place || pool->alarm.at > next))
        yz_alarm_set(yz_pool_turn(pool), &pool->alarm, next - yz_turn_now(yz_pool_turn(pool)));
}

static void put_in(yz_pooled_list *list, yz_pooled *conn, const yz_stream_hooks *hooks) {
    yz_stream_own(conn->stream, hooks, conn);
    conn->list = list;
    conn->since = yz_turn_now(yz_pool_turn(conn->pool));
    conn->older = list->newest;
    *(list->newest ? &list->newest->newer : &list->oldest) = conn;
    list->newest = conn;
    list->n++;
    watch(conn->pool);
}

void yz_pooled_drop_kept(yz_pooled *conn) {
    yz_pooled_unlist(conn);
    yz_pooled_drop(conn);
}

/* ---- what they receive ---------------------------------------------------------------------------------------------- */

static void on_kept_open(void *arg, int code, const char *reason) { (void)arg, (void)code, (void)reason; }
static void on_kept_eof(void *arg) { yz_pooled_drop_kept(arg); }
static void on_kept_drain(void *arg) { (void)arg; }
static void on_kept_broken(void *arg, int code, const char *reason) {
    (void)code, (void)reason;
    yz_pooled_drop_kept(arg);
}

static void on_idle_bytes(void *arg, const char *p, size_t n) {
    (void)p, (void)n;
    yz_pooled_drop_kept(arg);
}
const yz_stream_hooks yz_pool_idle_hooks = {on_kept_open, on_idle_bytes, on_kept_eof, on_kept_drain, on_kept_broken};

static void on_lingering_bytes(void *arg, const char *p, size_t n) {
    yz_pooled *conn = arg;
    size_t used = 0;
    int code = yz_h1_feed(conn->h1, p, n, &used);
    if (code == YZ_OK && !yz_h1_idle(conn->h1))
        return;
    yz_pooled_unlist(conn);
    if (code == YZ_OK && used == n)
        yz_pooled_give(conn);
    else
        yz_pooled_drop(conn);
}
static const yz_stream_hooks lingering_hooks = {on_kept_open, on_lingering_bytes, on_kept_eof, on_kept_drain, on_kept_broken};

/* ---- time ---------------------------------------------------------------------------------------------------------- */

static yz_pooled *overdue(const yz_pool *pool, int64_t now) {
    if (pool->idle.oldest && pool->idle.oldest->since + YZ_POOL_IDLE_MS <= now)
        return pool->idle.oldest;
    return pool->lingering.oldest && pool->lingering.oldest->since + YZ_POOL_LINGER_MS <= now ? pool->lingering.oldest : NULL;
}

void yz_pool_on_alarm(yz_alarm *alarm) {
    yz_pool *pool = YZ_CONTAINER(alarm, yz_pool, alarm);
    int64_t now = yz_turn_now(yz_pool_turn(pool));
    for (yz_pooled *conn; (conn = overdue(pool, now));) {
        bool last = pool->n_open == 1 && !pool->queue;
        yz_pooled_drop_kept(conn);
        if (last)
            return; /* the pool went with it */
    }
    watch(pool);
}

void yz_pooled_keep(yz_pooled *conn) { put_in(&conn->pool->idle, conn, &yz_pool_idle_hooks); }

void yz_pooled_linger(yz_pooled *conn) { put_in(&conn->pool->lingering, conn, &lingering_hooks); }
