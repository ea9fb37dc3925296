/* postgresql.c: a ledger that several gateways share: options, and what the writer's thread (common/writer.h) has the database do. */
#include "postgresql.h"

#include "../common/keep.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BATCH = 100 }; /* of one transaction: its results fit into the buffers of a socket, so neither side waits for the other */

static const yz_option options[] = {
    {"url", YZ_OPTION_STRING, offsetof(pg_config, url),
     .help = "the database, as in \"postgresql://yuzui@10.0.0.5/yuzui?sslmode=verify-full\"", .required = true},
    {"wills", YZ_OPTION_STRING, offsetof(pg_config, wills),
     .help =
         "absolute path, as in \"/var/lib/yuzui/ledger\": files that begin with it keep what a gateway was about to charge when it died"},
    {"keep", YZ_OPTION_DURATION, offsetof(pg_config, keep),
     .help = "requests that are older are removed but for what they came to, as in \"400d\"; not said: none is", KEEP_BOUNDS},
    {"password", YZ_OPTION_SECRET, offsetof(pg_config, password), .help = "of the user in the url"},
};

typedef struct ledger {
    pg_link link; /* the writer's */
    char *wills;  /* NULL: none are kept */
    int64_t keep; /* seconds; 0: for ever */
    char rule[KEEP_RULE];
    atomic_bool serves; /* a gateway does, and not a command */
    bool stuck;         /* nothing can be removed, and the log knows */
    writer *writer;
    pthread_mutex_t lock; /* guards the rest */
    pg_link idle;         /* of a question that was answered, for the next one; url NULL: there is none */
} ledger;

/* ---- what the writer asks for --------------------------------------------------------------------------------------- */

/* What fails is tried once more on a new connection: the server may have been restarted. */
static bool postgresql_write(void *arg, writer_item *first, const writer_item *end, int64_t now) {
    pg_link *link = &((ledger *)arg)->link;
    return pg_link_write(link, first, end, now) || pg_link_write(link, first, end, now);
}

/* Without a connection nothing is tried one by one: every try would wait for the server. */
static bool postgresql_ready(void *arg) { return pg_link_open(&((ledger *)arg)->link); }

static int postgresql_expire(void *arg, int64_t now, int most) { return pg_link_expire(&((ledger *)arg)->link, now, most); }

/* Sums first, or the next day's would be late. What does not add up is not removed, and all behind it waits: the log has to know. */
static int postgresql_roll(void *arg, int64_t now) {
    (void)now; /* the server's clock says */
    ledger *l = arg;
    int n = pg_link_roll(&l->link);
    if (n != 0 || !l->keep || !atomic_load(&l->serves))
        return n;
    n = pg_link_remove(&l->link, l->keep, l->rule);
    if (n < 0 && !l->stuck)
        yz_log(YZ_LOG_ERROR, "postgresql: what is older than %s cannot be removed: %s; `yuzui audit` says what does not add up", l->rule,
               l->link.why);
    l->stuck = n < 0;
    return n;
}

static const char *postgresql_why(void *arg) { return ((ledger *)arg)->link.why; }

static void postgresql_wanted(void *arg, int64_t now, writer_told *told, void *told_arg) {
    (void)now; /* the server's clock says */
    pg_link_wanted(&((ledger *)arg)->link, told, told_arg);
}

static const writer_store store_ops = {"postgresql",      BATCH,           postgresql_write, postgresql_ready,
                                       postgresql_expire, postgresql_roll, postgresql_why,   postgresql_wanted};

/* ---- the interface -------------------------------------------------------------------------------------------------- */

static void free_ledger(ledger *l) {
    pg_link_free(&l->link);
    free(l->wills);
    pg_link_free(&l->idle);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static bool init_link(pg_link *link, const pg_config *cfg) {
    char *url = strndup(cfg->url.p, cfg->url.n);
    yz_str secret = cfg->password ? yz_secret_reveal(cfg->password) : yz_str_at(NULL, 0);
    char *password = secret.n ? strndup(secret.p, secret.n) : NULL;
    bool ok = url && pg_link_init(link, url, password);
    if (password)
        explicit_bzero(password, secret.n);
    free(password);
    free(url);
    return ok;
}

/* Without wills all else works; but what a gateway was about to charge when it died is not charged, so that it has to be said. */
static bool take_wills(ledger *l, yz_str path, yz_diag *diag) {
    if (path.n == 0) {
        yz_diag_warn(diag,
                     "postgresql: wills is not set, as in wills = \"/var/lib/yuzui/ledger\": what a gateway that is killed was about to "
                     "charge will not be charged");
        return true;
    }
    if (path.p[0] != '/' || memchr(path.p, 0, path.n)) {
        yz_diag_error(diag, "postgresql: wills should be an absolute path, as in \"/var/lib/yuzui/ledger\", not \"%.*s\"",
                      YZ_STR_ARGS(path));
        return false;
    }
    l->wills = strndup(path.p, path.n);
    return l->wills != NULL;
}

static int postgresql_open(const void *cfg, void **out, yz_diag *diag) {
    ledger *l = calloc(1, sizeof *l);
    if (!l || !init_link(&l->link, cfg)) {
        free(l);
        return YZ_ELIMIT;
    }
    pthread_mutex_init(&l->lock, NULL);
    l->keep = keep_read(((const pg_config *)cfg)->keep, l->rule);
    if (!take_wills(l, ((const pg_config *)cfg)->wills, diag)) {
        free_ledger(l);
        return YZ_EINVAL;
    }
    bool linked = pg_link_open(&l->link);
    l->writer = linked ? writer_start(&store_ops, l, l->wills) : NULL;
    if (!l->writer) {
        yz_diag_error(diag, "postgresql: %s", linked ? "no thread can be made" : l->link.why);
        free_ledger(l);
        return YZ_EIO;
    }
    *out = l;
    return YZ_OK;
}

static void postgresql_close(void *arg) {
    ledger *l = arg;
    writer_close(l->writer);
    free_ledger(l);
}

static int postgresql_post(void *arg, const yz_posting *posting, yz_ledger_done *done, void *done_arg) {
    return writer_post(((ledger *)arg)->writer, posting, done, done_arg);
}

static uint64_t postgresql_will(void *arg, const yz_posting *posting) { return writer_will(((ledger *)arg)->writer, posting); }

static bool postgresql_cover(void *arg, yz_posting *hold, yz_posting *end) {
    return pg_send_ok(hold) && writer_cover(((ledger *)arg)->writer, hold, end);
}

/* *was: it has been connected before, so it may be dead by now. */
static bool take_link(ledger *l, pg_link *out, bool *was) {
    pthread_mutex_lock(&l->lock);
    *out = l->idle;
    l->idle = (pg_link){0};
    pthread_mutex_unlock(&l->lock);
    *was = out->url != NULL;
    return *was || pg_link_init(out, l->link.url, l->link.password);
}

static void give_link(ledger *l, pg_link *link) {
    pthread_mutex_lock(&l->lock);
    bool keep = !l->idle.url;
    if (keep)
        l->idle = *link;
    pthread_mutex_unlock(&l->lock);
    if (!keep)
        pg_link_free(link);
}

/* On a connection that is not the writer's, so that a long question keeps nobody waiting. Rows are told once all of them are there, so a
 * connection that turns out to be dead has told none. */
static int postgresql_read(void *arg, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *row_arg) {
    ledger *l = arg;
    pg_link link;
    bool was;
    if (!take_link(l, &link, &was)) {
        pg_link_free(&link);
        return YZ_EIO;
    }
    int code = pg_read(&link, query, on_row, row_arg);
    if (code != YZ_OK && was) {
        pg_link_close(&link);
        code = pg_read(&link, query, on_row, row_arg);
    }
    if (code != YZ_OK)
        pg_link_close(&link);
    give_link(l, &link);
    return code;
}

static void postgresql_serve(void *arg) { atomic_store(&((ledger *)arg)->serves, true); }

static const yz_ledger_ops ops = {YZ_LEDGER,
                                  .open = postgresql_open,
                                  .close = postgresql_close,
                                  .post = postgresql_post,
                                  .read = postgresql_read,
                                  .will = postgresql_will,
                                  .cover = postgresql_cover,
                                  .serve = postgresql_serve};

YZ_PLUGIN_KINDS("ledger");
YZ_PLUGIN(.name = "postgresql", .summary = "a ledger for several gateways: prepaid money, held, charged and given back", .version = "1.0",
          .config_size = sizeof(pg_config), YZ_OPTIONS(options), .ledger = &ops)
