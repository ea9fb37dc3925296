/* test_fake.h: a ledger that answers when the test wants it to, and keeps what it was told last. */
#ifndef BILL_TEST_FAKE_H
#define BILL_TEST_FAKE_H

static struct fake {
    int holds, posts;
    yz_call *call;
    yz_ledger_on_held *on_held;
    yz_wait *wait;
    char account[64], price[64], detail[4096], will_detail[4096];
    int64_t held, amount, will_amount;
    yz_posting_kind kind, will_kind;
    int wills, covered;
    bool lends;  /* holds are covered */
    uint64_t of; /* the lease of the hold that the last end or will was about */
    char id[64], ended[64];
} fake;

static yz_ledger *test_find(yz_worker *worker, yz_diag *diag) {
    (void)worker, (void)diag;
    return (yz_ledger *)&fake;
}
static void keep(char *to, size_t room, yz_str text) { snprintf(to, room, "%.*s", YZ_STR_ARGS(text)); }
static void test_hold(yz_call *call, yz_ledger *ledger, const yz_posting *p, int64_t ms, yz_ledger_on_held *on_held, void *arg) {
    (void)ledger, (void)arg;
    assert_int_equal(p->kind, YZ_POSTING_HOLD);
    fake.holds++;
    fake.call = call;
    fake.on_held = on_held;
    fake.held = p->amount;
    keep(fake.account, sizeof fake.account, p->account);
    keep(fake.price, sizeof fake.price, p->price);
    keep(fake.id, sizeof fake.id, p->id);
    fake.wait = yz_wait_start(call, "fake ledger", ms + 1000000, NULL, NULL);
}
static void test_post(yz_ledger *ledger, const yz_posting *p) {
    (void)ledger;
    fake.posts++;
    fake.kind = p->kind;
    fake.of = p->hold ? p->hold->lease : 0;
    fake.amount = p->amount;
    keep(fake.ended, sizeof fake.ended, p->id);
    keep(fake.detail, sizeof fake.detail, p->detail);
}

static uint64_t test_will(yz_ledger *ledger, const yz_posting *p) {
    (void)ledger;
    fake.wills++;
    fake.will_kind = p->kind;
    fake.of = p->hold ? p->hold->lease : 0;
    fake.will_amount = p->amount;
    keep(fake.will_detail, sizeof fake.will_detail, p->detail);
    if (p->will)
        assert_int_equal(p->will, 7);
    return p->kind == YZ_POSTING_NONE ? 0 : 7;
}

static bool test_cover(yz_ledger *ledger, yz_posting *hold, yz_posting *end) {
    (void)ledger;
    if (!fake.lends || hold->n_counts)
        return false;
    assert_int_equal(end->kind, YZ_POSTING_RELEASE);
    fake.covered++;
    keep(fake.will_detail, sizeof fake.will_detail, end->detail);
    fake.held = hold->amount;
    keep(fake.id, sizeof fake.id, hold->id);
    hold->lease = 5;
    end->hold = hold;
    end->will = 7;
    return true;
}

#endif
