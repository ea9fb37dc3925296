/* test_world.h: a ledger in a folder of its own, and postings that wait for their answer. */
#ifndef SQLITE_TEST_WORLD_H
#define SQLITE_TEST_WORLD_H

#define YZ_USD INT64_C(1000000000)

/* ---- a ledger in a folder of its own -------------------------------------------------------------------------------- */

static char folder[64], file[96];

static ledger *opened(void) {
    void *l = NULL;
    yz_diag diag = {0};
    int code = sqlite_open(&(config){.path = yz_str_of(file)}, &l, &diag);
    if (code != YZ_OK)
        fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    yz_diag_free(&diag);
    return l;
}

static int in_new_folder(void **unused) {
    (void)unused;
    strcpy(folder, "/tmp/test_sqlite.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/ledger.db", folder);
    return 0;
}

static int without_folder(void **unused) {
    (void)unused;
    static const char *const ends[] = {"/ledger.db", "/ledger.db-wal", "/ledger.db-shm", "/copy.db"};
    char name[128];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(name, sizeof name, "%s%s", folder, ends[i]);
        unlink(name);
    }
    rmdir(folder);
    return 0;
}

/* ---- posting and waiting -------------------------------------------------------------------------------------------- */

typedef struct answer {
    yz_posted posted;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
} answer;

static void on_answer(void *arg, const yz_posted *posted) {
    answer *a = arg;
    pthread_mutex_lock(&a->lock);
    a->posted = *posted;
    a->done = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
}

static yz_posted posted_now(ledger *l, yz_posting p) {
    answer a = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    p.size = sizeof p;
    assert_int_equal(sqlite_post(l, &p, on_answer, &a), YZ_OK);
    pthread_mutex_lock(&a.lock);
    while (!a.done)
        pthread_cond_wait(&a.wake, &a.lock);
    pthread_mutex_unlock(&a.lock);
    return a.posted;
}

static inline yz_posted credit(ledger *l, const char *account, const char *id, int64_t amount) {
    return posted_now(l, (yz_posting){.kind = YZ_POSTING_CREDIT, .account = yz_str_of(account), .id = yz_str_of(id), .amount = amount});
}
static inline yz_posted hold(ledger *l, const char *account, const char *id, int64_t amount) {
    return posted_now(l, (yz_posting){.kind = YZ_POSTING_HOLD,
                                      .account = yz_str_of(account),
                                      .id = yz_str_of(id),
                                      .amount = amount,
                                      .expires = writer_now() + 3600,
                                      .request = YZ_STR("req"),
                                      .model = YZ_STR("m"),
                                      .price = YZ_STR("p1")});
}
static inline yz_posted end(ledger *l, yz_posting_kind kind, const char *id, int64_t amount) {
    return posted_now(l, (yz_posting){.kind = kind, .id = yz_str_of(id), .amount = amount, .detail = YZ_STR("{}")});
}
static inline yz_posted refund(ledger *l, const char *of, const char *id, int64_t amount) {
    return posted_now(l, (yz_posting){.kind = YZ_POSTING_REFUND, .of = yz_str_of(of), .id = yz_str_of(id), .amount = amount});
}

static void count_fault(void *arg, const yz_ledger_row *row) {
    print_error("fault: %.*s %.*s: %.*s\n", YZ_STR_ARGS(row->account), YZ_STR_ARGS(row->id), YZ_STR_ARGS(row->text));
    ++*(int *)arg;
}
static inline int faults(ledger *l) {
    int n = 0;
    assert_int_equal(sqlite_read(l, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_FAULTS}, count_fault, &n), YZ_OK);
    return n;
}

#endif
