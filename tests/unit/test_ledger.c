/* test_ledger.c: instances of ledgers, and holding money for a call, when the call, the ledger or neither is in time. The ledger is a fake
 * that answers when the test wants it to, on the test's thread or on one of its own. */
#include "base/clock.h"
#include "base/diag.h"
#include "ledger/desk.h"
#include "ledger/ledger.h"
#include "loop/post.h"
#include "plugin/loader.h"
#include "tree_world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct fake_config {
    yz_str place;
} fake_config;

/* What was posted and not answered yet. */
typedef struct asked {
    yz_ledger_done *done;
    void *arg;
} asked;

enum { ASKED = 4096 };
static int opened, closed, refuse_with, answer_with;     /* answer_with: before post returns */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static asked waiting[ASKED];
static size_t n_waiting, released, captured;
static char last_id[64], last_detail[64];
static _Atomic int reads, read_fails;
static _Atomic int64_t has;

static int fake_open(const void *config, void **ledger, yz_diag *diag) {
    (void)config, (void)diag;
    *ledger = &opened;
    opened++;
    return YZ_OK;
}
static void fake_close(void *ledger) {
    (void)ledger;
    closed++;
}
static int fake_post(void *ledger, const yz_posting *posting, yz_ledger_done *done, void *arg) {
    (void)ledger;
    if (done && refuse_with)
        return refuse_with;
    if (done && answer_with) {
        done(arg, &(yz_posted){YZ_POSTED, .code = answer_with});
        return YZ_OK;
    }
    pthread_mutex_lock(&lock);
    if (done)
        waiting[n_waiting++] = (asked){done, arg};
    released += posting->kind == YZ_POSTING_RELEASE;
    captured += posting->kind == YZ_POSTING_CAPTURE;
    snprintf(last_id, sizeof last_id, "%.*s", YZ_STR_ARGS(posting->id));
    snprintf(last_detail, sizeof last_detail, "%.*s", YZ_STR_ARGS(posting->detail));
    pthread_mutex_unlock(&lock);
    return YZ_OK;
}
static int fake_read(void *ledger, const yz_ledger_query *query, yz_ledger_on_row *on_row, void *arg) {
    (void)ledger;
    if (query->what == YZ_LEDGER_BALANCES)
        reads++;
    if (read_fails)
        return YZ_EIO;
    if (query->account.n == 0 || yz_str_is(query->account, "alice"))
        on_row(arg, &(yz_ledger_row){YZ_LEDGER_ROW, .account = YZ_STR("alice"), .available = has});
    return YZ_OK;
}
static const yz_ledger_ops fake_ops = {YZ_LEDGER, .open = fake_open, .close = fake_close, .post = fake_post, .read = fake_read};
static const yz_option fake_options[] = {{"place", YZ_OPTION_STRING, offsetof(fake_config, place), .help = "where it is"}};
static const yz_plugin fake = {.abi_major = YZ_ABI_MAJOR,
                               .size = sizeof(yz_plugin),
                               .name = "fake_ledger",
                               .summary = "answers when told",
                               .version = "1",
                               .config_size = sizeof(fake_config),
                               YZ_OPTIONS(fake_options),
                               .ledger = &fake_ops};

/* Answers the oldest that waits. False: nobody does. */
static bool answer(int code, bool before) {
    pthread_mutex_lock(&lock);
    bool any = n_waiting > 0;
    asked a = waiting[0];
    if (any)
        memmove(waiting, waiting + 1, --n_waiting * sizeof *waiting);
    pthread_mutex_unlock(&lock);
    if (any)
        a.done(a.arg, &(yz_posted){YZ_POSTED, .code = code, .before = before, .available = 7});
    return any;
}

/* ---- a world: a declared ledger, a stage that holds ------------------------------------------------------------------ */

static const fake_config here = {.place = {"here", 4}}, there = {.place = {"there", 5}};
static yz_store_settings declared = {.name = {"fake_ledger", 11}, .plugin = &fake, .config = &here},
                         other = {.name = {"fake_ledger", 11}, .plugin = &fake, .config = &there};
static const yz_settings settings = {.ledger = &declared}, others = {.ledger = &other}, none = {0};
static world w;
static yz_ledger *ledger;
static yz_diag diag;
static int told, code;
static bool inside;
static int64_t available;
static const char *id;

static void on_held(yz_call *call, void *arg, const yz_posted *posted) {
    assert_ptr_equal(arg, &told);
    assert_false(inside);
    told++;
    code = posted->code;
    available = posted->available;
    yz_fail(call, YZ_ERROR_INTERNAL, "held");
}
static void ask(yz_call *call, const yz_request *request) {
    (void)request;
    inside = true;
    yz_ledger_hold(call, ledger,
                   &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_HOLD, .account = YZ_STR("alice"), .id = yz_str_of(id), .amount = 1}, 50,
                   on_held, &told);
    inside = false;
}
static const yz_filter ask_filter = {YZ_FILTER, .on_call = ask};
static yz_link link_ = {.filter = &ask_filter, .name = "ask"};
static const yz_chain chain = {.links = &link_, .n = 1};
static client c;

static void start(void) {
    client_start(&c, &w, &chain, &(yz_request){YZ_REQUEST});
    world_settle(&w);
}
static void settle(void) {
    yz_posts_run(&w.worker);
    world_settle(&w);
}

static yz_ledger *find_in(const yz_settings *in) {
    yz_ledger_begin(in);
    yz_ledger *asked_for = yz_ledger_find(&w.worker, &diag), *again = yz_ledger_find(&w.worker, &diag);
    yz_ledger *ended = yz_ledger_end();
    assert_ptr_equal(asked_for, ended);
    assert_true(!ended || again == ended);
    return ended;
}

static int set_up(void **state) {
    (void)state;
    opened = closed = told = refuse_with = answer_with = 0;
    n_waiting = released = captured = 0;
    reads = read_fails = 0;
    id = "h1";
    diag = (yz_diag){0};
    world_open(&w);
    yz_posts_init(&w.worker);
    yz_plugin_add_core(&fake);
    ledger = find_in(&settings);
    assert_non_null(ledger);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    settle();
    assert_int_equal(yz_call_count(&w.worker), 0);
    yz_ledger_unuse(ledger);
    assert_int_equal(closed, opened);
    yz_posts_close(&w.worker);
    world_close(&w);
    yz_diag_free(&diag);
    return 0;
}

/* ---- instances ------------------------------------------------------------------------------------------------------- */

static void equal_options_share_an_instance(void **state) {
    (void)state;
    yz_ledger *same = find_in(&settings), *another = find_in(&others);
    assert_ptr_equal(same, ledger);
    assert_ptr_not_equal(another, ledger);
    assert_int_equal(opened, 2);
    yz_ledger_unuse(same);
    assert_int_equal(closed, 0);
    yz_ledger_unuse(another);
    assert_int_equal(closed, 1);
}

static void none_is_declared(void **state) {
    (void)state;
    assert_null(find_in(&none));
    assert_true(diag.errors > 0);
    yz_ledger_unuse(NULL);
}

static void count_row(void *arg, const yz_ledger_row *row) { *(bool *)arg = yz_str_is(row->account, "alice"); }
static void what_a_ledger_cannot_do(void **state) {
    (void)state;
    bool alice = false;
    assert_int_equal(yz_ledger_read(ledger, &(yz_ledger_query){YZ_LEDGER_QUERY}, count_row, &alice), YZ_OK);
    assert_true(alice);
    assert_int_equal(yz_ledger_backup(ledger, YZ_STR("/copy")), YZ_EUNSUPPORTED);
}

static void *answer_one(void *unused) {
    (void)unused;
    while (!answer(YZ_OK, true))
        usleep(100);
    return NULL;
}
static void a_command_waits(void **state) {
    (void)state;
    pthread_t thread;
    pthread_create(&thread, NULL, answer_one, NULL);
    yz_posted posted;
    yz_ledger_post_now(ledger, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .id = YZ_STR("c1"), .amount = 1}, &posted);
    pthread_join(thread, NULL);
    assert_true(posted.code == YZ_OK && posted.before && posted.available == 7);
    answer_with = YZ_ENOTFOUND;
    yz_ledger_post_now(ledger, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .id = YZ_STR("c3"), .amount = 1}, &posted);
    assert_int_equal(posted.code, YZ_ENOTFOUND);
    refuse_with = YZ_ELIMIT;
    yz_ledger_post_now(ledger, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CREDIT, .id = YZ_STR("c2"), .amount = 1}, &posted);
    assert_int_equal(posted.code, YZ_ELIMIT);
}

/* ---- holding --------------------------------------------------------------------------------------------------------- */

static void one_that_is_held(void **state) {
    (void)state;
    start();
    assert_true(answer(YZ_OK, false));
    assert_int_equal(told, 0); /* the ledger's thread only posts it */
    settle();
    assert_int_equal(told, 1);
    assert_int_equal(code, YZ_OK);
    assert_int_equal(available, 7);
    assert_int_equal(released, 0); /* it is the stage's to end now */
}

static void several_at_once_in_their_order(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        start();
    assert_true(answer(YZ_ELIMIT, false) && answer(YZ_EIO, false) && answer(YZ_OK, false));
    settle();
    assert_int_equal(told, 3);
    assert_int_equal(code, YZ_OK); /* of the last */
    assert_int_equal(released, 0);
}

static void one_that_comes_too_late(void **state) {
    (void)state;
    start();
    world_pass(&w, 50);
    assert_int_equal(told, 1);
    assert_int_equal(code, YZ_ETIMEOUT);
    answer(YZ_OK, false);
    settle();
    assert_int_equal(told, 1);
    assert_int_equal(released, 1);
    assert_string_equal(last_id, "h1");
    assert_string_equal(last_detail, "{\"by\":\"unsent\"}"); /* who reads usage is told why there is nothing to pay */
}

static void one_whose_call_has_left(void **state) {
    (void)state;
    start();
    yz_cancel(c.call);
    world_pass(&w, 1000);
    assert_int_equal(yz_call_count(&w.worker), 1); /* the ledger may still answer */
    answer(YZ_OK, false);
    settle();
    assert_int_equal(told, 0);
    assert_int_equal(released, 1);
}

/* What was refused, or is another's of the same id, is not given back. */
static void what_was_not_held_stays(void **state) {
    (void)state;
    static const struct {
        int code;
        bool before;
    } cases[] = {{YZ_ELIMIT, false}, {YZ_ENOTFOUND, false}, {YZ_EIO, false}, {YZ_OK, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        yz_cancel(c.call);
        answer(cases[i].code, cases[i].before);
        settle();
    }
    assert_int_equal(released, 0);
}

static void one_that_is_refused_at_once(void **state) {
    (void)state;
    refuse_with = YZ_ELIMIT;
    start();
    assert_int_equal(told, 1);
    assert_int_equal(code, YZ_ELIMIT);
    refuse_with = 0;
    char longest[YZ_LEDGER_NAME_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    id = longest;
    start();
    assert_int_equal(told, 2);
    assert_int_equal(code, YZ_EINVAL);
    assert_int_equal(n_waiting, 0);
}

static void a_posting_that_nobody_waits_for(void **state) {
    (void)state;
    yz_ledger_post(ledger, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_CAPTURE, .id = YZ_STR("h7"), .amount = 3});
    assert_int_equal(captured, 1);
    assert_string_equal(last_id, "h7");
}

/* The ledger stays open for a hold that is under way, whatever the generation does. */
static void the_last_share_leaves_first(void **state) {
    (void)state;
    start();
    yz_ledger_unuse(ledger);
    assert_int_equal(closed, 0);
    answer(YZ_OK, false);
    settle();
    assert_int_equal(told, 1);
    assert_int_equal(closed, 1);
    ledger = NULL;
}

/* ---- balances that nobody waits for ----------------------------------------------------------------------------------- */

static bool known_soon(const char *name, int64_t wanted) {
    int64_t found = -1;
    for (int i = 0; i < 5000; i++, usleep(1000))
        if (yz_ledger_known(ledger, yz_str_of(name), &found) && found == wanted)
            return true;
    return false;
}

static void a_balance_is_known_a_moment_later(void **state) {
    (void)state;
    int64_t found = 0;
    has = 5;
    assert_false(yz_ledger_known(ledger, YZ_STR("alice"), &found));
    assert_true(known_soon("alice", 5));
    int before = reads;
    for (int i = 0; i < 1000; i++)
        assert_true(yz_ledger_known(ledger, YZ_STR("alice"), &found) && found == 5);
    assert_true(reads <= before + 1); /* who asks often does not ask the database often */
    assert_true(known_soon("nobody", 0));
    assert_false(yz_ledger_known(ledger, YZ_STR(""), &found));
}

static void a_balance_grows_old(void **state) {
    (void)state;
    int64_t found = 0;
    has = 5;
    yz_ledger_known(ledger, YZ_STR("alice"), &found);
    assert_true(known_soon("alice", 5));
    has = 3;
    yz_clock_skip(1000);
    assert_true(yz_ledger_known(ledger, YZ_STR("alice"), &found)); /* what was known last, while it is read again */
    assert_int_equal(found, 5);
    assert_true(known_soon("alice", 3));
    read_fails = 1;
    yz_clock_skip(61000);
    assert_false(yz_ledger_known(ledger, YZ_STR("alice"), &found)); /* too old to be told, and it cannot be read */
    usleep(20000);
    assert_false(yz_ledger_known(ledger, YZ_STR("alice"), &found));
    read_fails = 0;
    assert_true(known_soon("alice", 3));
}

/* ---- other postings, and reading ----------------------------------------------------------------------------------------- */

static void ask_other(yz_call *call, const yz_request *request) {
    (void)request;
    inside = true;
    yz_ledger_ask(call, ledger, &(yz_posting){YZ_POSTING, .kind = YZ_POSTING_JOB, .account = YZ_STR("alice"), .id = yz_str_of(id)}, 50,
                  on_held, &told);
    inside = false;
}
static const yz_filter other_filter = {YZ_FILTER, .on_call = ask_other};

static void what_is_posted_stands_though_its_call_has_left(void **state) {
    (void)state;
    link_.filter = &other_filter;
    start();
    assert_true(answer(YZ_OK, false));
    settle();
    assert_true(told == 1 && code == YZ_OK);
    start();
    yz_cancel(c.call);
    assert_true(answer(YZ_OK, false));
    settle();
    assert_true(told == 1 && released == 0); /* a hold would be given back */
    start();
    world_pass(&w, 50);
    assert_true(told == 2 && code == YZ_ETIMEOUT);
    assert_true(answer(YZ_OK, false));
    settle();
    assert_true(told == 2 && released == 0);
    link_.filter = &ask_filter;
}

static size_t n_rows;
static void on_rows(yz_call *call, void *arg, int result, const yz_ledger_row *const *rows, size_t n) {
    assert_ptr_equal(arg, &told);
    assert_false(inside);
    told++;
    code = result;
    n_rows = n;
    assert_true(n == 0 || (yz_str_is(rows[0]->account, "alice") && rows[0]->available == 5));
    yz_fail(call, YZ_ERROR_INTERNAL, "read");
}
static void look_up(yz_call *call, const yz_request *request) {
    char name[] = "alice"; /* gone when the ledger reads */
    inside = true;
    yz_ledger_look(
        call, ledger,
        &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_ACCOUNTS, .account = request->model.n ? request->model : yz_str_of(name)},
        60000, on_rows, &told);
    memset(name, 0, sizeof name);
    inside = false;
}
static const yz_filter look_filter = {YZ_FILTER, .on_call = look_up};

static void read_for(const char *model) {
    client_start(&c, &w, &chain, &(yz_request){YZ_REQUEST, .model = yz_str_of(model)});
    world_settle(&w);
    for (int i = 0, before = told; i < 5000 && told == before; i++, usleep(1000))
        settle();
}

static void what_a_call_reads(void **state) {
    (void)state;
    link_.filter = &look_filter;
    has = 5;
    read_for("");
    assert_true(told == 1 && code == YZ_OK && n_rows == 1);
    read_for("nobody");
    assert_true(told == 2 && code == YZ_OK && n_rows == 0);
    read_fails = 1;
    read_for("");
    assert_true(told == 3 && code == YZ_EIO && n_rows == 0);
    start(); /* and leaves */
    yz_cancel(c.call);
    for (int i = 0; i < 5000 && yz_call_count(&w.worker) > 0; i++, usleep(1000))
        settle();
    assert_int_equal(told, 3);
    yz_desk_close();
    link_.filter = &ask_filter;
}

/* A thousand clients who ask for their jobs in the same moment. */
static void many_calls_read_at_once(void **state) {
    (void)state;
    enum { MANY = 1000 };
    static client clients[MANY];
    link_.filter = &look_filter;
    has = 5;
    int before = told;
    code = YZ_OK;
    for (size_t i = 0; i < MANY; i++) {
        client_start(&clients[i], &w, &chain, &(yz_request){YZ_REQUEST});
        world_settle(&w);
        assert_int_equal(code, YZ_OK);
    }
    for (int i = 0; i < 20000 && told < before + MANY; i++, usleep(1000)) {
        settle();
        assert_int_equal(code, YZ_OK);
    }
    assert_int_equal(told, before + MANY);
    yz_desk_close();
    link_.filter = &ask_filter;
}

/* ---- with a thread ---------------------------------------------------------------------------------------------------- */

enum { CALLS = 2000 };
static _Atomic bool enough;

static void *answer_all(void *unused) {
    (void)unused;
    for (size_t i = 0; !atomic_load(&enough);)
        i += answer(i % 4 ? YZ_OK : YZ_ELIMIT, false);
    return NULL;
}

/* Every third call leaves before it can know; what was held for those is given back, and nothing else is. */
static void many_while_a_thread_answers(void **state) {
    (void)state;
    pthread_t thread;
    atomic_store(&enough, false);
    pthread_create(&thread, NULL, answer_all, NULL);
    int left = 0;
    for (int i = 0; i < CALLS; i++) {
        client_start(&c, &w, &chain, &(yz_request){YZ_REQUEST});
        world_settle(&w);
        if (i % 3 == 0)
            yz_cancel(c.call), left++;
        settle();
    }
    for (int i = 0; i < 20000 && yz_call_count(&w.worker) > 0; i++) {
        settle();
        usleep(100);
    }
    atomic_store(&enough, true);
    pthread_join(thread, NULL);
    assert_int_equal(told + left, CALLS);
    assert_true(released > 0 && released <= (size_t)left);
}

#define LEDGER_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(equal_options_share_an_instance),
        LEDGER_TEST(none_is_declared),
        LEDGER_TEST(what_a_ledger_cannot_do),
        LEDGER_TEST(a_command_waits),
        LEDGER_TEST(one_that_is_held),
        LEDGER_TEST(several_at_once_in_their_order),
        LEDGER_TEST(one_that_comes_too_late),
        LEDGER_TEST(one_whose_call_has_left),
        LEDGER_TEST(what_was_not_held_stays),
        LEDGER_TEST(one_that_is_refused_at_once),
        LEDGER_TEST(a_posting_that_nobody_waits_for),
        LEDGER_TEST(the_last_share_leaves_first),
        LEDGER_TEST(what_is_posted_stands_though_its_call_has_left),
        LEDGER_TEST(what_a_call_reads),
        LEDGER_TEST(many_calls_read_at_once),
        LEDGER_TEST(many_while_a_thread_answers),
        LEDGER_TEST(a_balance_is_known_a_moment_later),
        LEDGER_TEST(a_balance_grows_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
