/* test_generation.c: generations: built, handed over, held by requests, taken apart; and nothing left behind. Under ASan a leak fails it.
 * The workers are driven by the test itself, in one thread. */
#include "base/arena.h"
#include "base/diag.h"
#include "generation.h"
#include "lua/policy.h"
#include "plugin/loader.h"
#include "worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORKERS = 3 };
static yz_worker *workers[WORKERS];
static yz_diag diag;
static char folder[] = "/tmp/yuzui-test-generation-XXXXXX";
static char config[100], policy[100];

static void put(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

#define CONFIG(extra)                                                                                                                      \
    "listen '127.0.0.1:1'\n"                                                                                                               \
    "provider 'p' { adapter = 'openai', key = 'sk-upstream', base_url = 'https://127.0.0.1:9/v1' }\n"                                      \
    "model 'm' { 'p' }\nkey 'sk-a' { name = 'a' }\nstore 'kept' { kind = 'memory' }\n"                                                     \
    "chain { auth {}, policy 'p.lua', cache { store = 'kept' }, fallback {}, retry {} " extra "}\n"

static int set_up(void **state) {
    (void)state;
    diag = (yz_diag){0};
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = yz_calloc(1, sizeof(yz_worker));
        workers[i]->index = i;
        yz_turn_init(&workers[i]->turn, 0);
        yz_rng_init(&workers[i]->rng, i);
    }
    put(policy, "return function(req, next) return next(req) end\n");
    put(config, CONFIG(""));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (unsigned i = 0; i < WORKERS; i++) {
        yz_share_leave(workers[i]);
        yz_turn_free(&workers[i]->turn);
        free(workers[i]);
    }
    yz_diag_free(&diag);
    return 0;
}

static yz_generation *build(uint64_t number) { return yz_generation_build(config, number, workers, WORKERS, &diag); }

static yz_generation *build_good(uint64_t number) {
    yz_generation *generation = build(number);
    yz_buf_char(&diag.text, '\0');
    if (!generation)
        fail_msg("refused: %s", diag.text.p);
    diag.text.n = 0;
    return generation;
}

static void adopt_all(void) {
    for (unsigned i = 0; i < WORKERS; i++)
        assert_true(yz_share_adopt(workers[i]));
}

static void test_build_and_discard(void **state) {
    (void)state;
    yz_generation *generation = build_good(1);
    assert_int_equal(generation->n_shares, WORKERS);
    const yz_share *share = &generation->shares[1];
    assert_ptr_equal(share->worker, workers[1]);
    assert_int_equal(share->chains[0].n, 7); /* five stages, the list of models, the provider */
    assert_string_equal(share->chains[0].links[0].name, "auth");
    assert_string_equal(share->chains[0].links[6].name, "provider");
    assert_non_null(share->lua);
    bool watched = false;
    for (size_t i = 0; i < generation->settings->n_watched; i++)
        watched = watched || yz_str_is(generation->settings->watched[i], policy);
    assert_true(watched);
    yz_generation_discard(generation);
}

/* Each chain has stages of its own, also where two name the same policy; one that cannot be opened takes the others down with it. */
static void test_several_chains(void **state) {
    (void)state;
    put(config, CONFIG("") "chain 'night' { models = { 'm-*' }, policy 'p.lua', retry { attempts = 9 } }\nchain 'open' {}\n");
    yz_generation *generation = build_good(1);
    const yz_share *share = &generation->shares[2];
    const yz_settings *settings = generation->settings;
    assert_int_equal(share->n_chains, 3);
    const yz_chain *usual = yz_share_chain(share, settings->default_chain),
                   *night = yz_share_chain(share, yz_chain_choose(settings, NULL, NULL, YZ_STR("m-1")));
    assert_int_equal(usual->n, 7);
    assert_int_equal(night->n, 4);
    assert_true(yz_str_is(night->name, "night"));
    assert_string_equal(night->links[0].name, "policy");
    assert_ptr_not_equal(night->links[0].stage, usual->links[1].stage);
    assert_int_equal(share->chains[2].n, 2);
    assert_ptr_equal(night->share, share);
    yz_generation_discard(generation);
    put(config, CONFIG("") "chain 'night' { retry {}, policy 'absent.lua', cache { store = 'nowhere' } }\n");
    assert_null(build(2));
    yz_buf_char(&diag.text, '\0');
    assert_non_null(strstr(diag.text.p, "absent.lua"));
    assert_non_null(strstr(diag.text.p, "nowhere")); /* both are reported */
}

static void test_publish_and_adopt(void **state) {
    (void)state;
    assert_false(yz_share_adopt(workers[0]));
    yz_generation_publish(build_good(1));
    assert_null(workers[0]->share);
    adopt_all();
    assert_int_equal(workers[2]->share->generation->number, 1);
    assert_false(yz_share_adopt(workers[0]));
    yz_generation_publish(build_good(2));
    assert_int_equal(workers[0]->share->generation->number, 1);
    adopt_all();
    assert_int_equal(workers[0]->share->generation->number, 2);
}

/* A worker that is slow sees several at once: the newest counts, the others are closed unused. */
static void test_overtaken(void **state) {
    (void)state;
    for (uint64_t i = 1; i <= 4; i++)
        yz_generation_publish(build_good(i));
    adopt_all();
    assert_int_equal(workers[1]->share->generation->number, 4);
    yz_generation_publish(build_good(5)); /* never adopted: yz_share_leave closes it */
}

/* A request keeps the share it began with, with its options and its policy, whatever comes after. */
static void test_requests_keep_their_generation(void **state) {
    (void)state;
    yz_generation_publish(build_good(1));
    adopt_all();
    yz_share *kept = yz_share_ref(workers[0]->share);
    put(config, "listen '127.0.0.1:1' chain { retry { attempts = 9 } }\n");
    yz_generation_publish(build_good(2));
    adopt_all();
    assert_int_equal(workers[0]->share->chains[0].n, 3);
    assert_null(workers[0]->share->lua);
    assert_int_equal(kept->generation->number, 1);
    assert_int_equal(kept->chains[0].n, 7);
    assert_true(yz_str_is(kept->settings->keys[0].pub.name, "a"));
    assert_true(yz_str_is(yz_secret_reveal(kept->settings->providers[0]->key), "sk-upstream"));
    yz_share_unref(kept); /* the last one of generation 1: all of it goes */
}

/* ---- dialects ------------------------------------------------------------------------------------------------------------- */

/* An adapter of the dialect "toy" whose files differ in `version`. */
static void put_toy(int version) {
    char source[1400], command[1000];
    snprintf(
        source, sizeof(source),
        "#include <yuzui/plugin.h>\n"
        "static int read(const yz_request *r, yz_arena *a, yz_losses *l, yz_chat *c, yz_error *e) { return YZ_EUNSUPPORTED; }\n"
        "static void encode(void *e, const yz_event *v, yz_buf *out) { yz_buf_printf(out, \"%d\"); }\n"
        "static int endpoint(const yz_provider *p, const yz_request *r, const yz_target *t, yz_arena *a, yz_endpoint *out) { return 0; }\n"
        "static const yz_adapter toy = {YZ_ADAPTER, .dialect = \"toy\", .endpoint = endpoint, .read = read, .encode = encode};\n"
        "YZ_PLUGIN(.name = \"toy\", .summary = \"s\", .version = \"1\", .adapter = &toy)\n",
        version);
    char file[100];
    snprintf(file, sizeof(file), "%s/toy.c", folder);
    put(file, source);
    snprintf(command, sizeof(command),
             "cc -w -std=gnu17 -D_GNU_SOURCE -shared -fPIC -fvisibility=hidden -I%s/include -o %s/new %s && mv %s/new %s/toy.so",
             YZ_SOURCE_FOLDER, folder, file, folder, folder);
    assert_int_equal(system(command), 0);
}

static const yz_adapter *found;
static void look_up(yz_call *call, const yz_request *request) {
    (void)request;
    found = yz_dialect_find(call, YZ_STR("toy"));
    assert_null(yz_dialect_find(call, YZ_STR("to")));
    yz_fail(call, YZ_ERROR_INTERNAL, "that is all");
}

static void ignore(void *arg, yz_call *call, const yz_error *error) { (void)arg, (void)call, (void)error; }

/* What a call that stands on this share finds. */
static const yz_adapter *toy_of(yz_share *share) {
    static const yz_filter filter = {YZ_FILTER, .on_call = look_up};
    static const yz_parent nobody = {YZ_PARENT, .on_error = ignore};
    yz_link link = {.filter = &filter, .name = "look up"};
    yz_chain chain = {.links = &link, .n = 1, .share = share};
    const yz_request request = {YZ_REQUEST};
    found = NULL;
    yz_call_start(share->worker, &chain, 0, &request, NULL, &nobody, NULL);
    yz_turn_run(&share->worker->turn, 0);
    return found;
}

/* An adapter that was exchanged, then dropped: each generation finds its own, in whatever order they are asked. */
static void test_dialects_of_a_generation(void **state) {
    (void)state;
    yz_share *shares[3];
    char text[1000];
    snprintf(text, sizeof(text), "plugins '%s'\n%s", folder, CONFIG(""));
    put(config, text);
    for (int i = 0; i < 3; i++) {
        char command[100];
        snprintf(command, sizeof(command), "rm '%s/toy.so'", folder);
        if (i < 2)
            put_toy(i);
        else
            assert_int_equal(system(command), 0);
        yz_generation_publish(build_good((uint64_t)i + 1));
        adopt_all();
        shares[i] = yz_share_ref(workers[0]->share);
    }
    const yz_adapter *first = toy_of(shares[0]), *second = toy_of(shares[1]);
    assert_true(first && second && first != second);
    assert_null(toy_of(shares[2]));
    assert_ptr_equal(toy_of(shares[0]), first);
    for (int i = 0; i < 3; i++)
        yz_share_unref(shares[i]);
}

static void test_broken_ones_change_nothing(void **state) {
    (void)state;
    static const char *const broken[] = {"listen 'x'", CONFIG(", retry { attempts = 0.5 }"), CONFIG(", cache { store = 'nowhere' }"),
                                         "listen ':1' chain { auth {}, policy 'absent.lua' }"};
    yz_generation_publish(build_good(1));
    adopt_all();
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        put(config, broken[i]);
        assert_null(build(2));
        assert_true(diag.errors > 0);
        assert_false(yz_share_adopt(workers[0]));
        diag.errors = 0;
        diag.text.n = 0;
    }
    put(config, CONFIG(""));
    put(policy, "return function(req, next)\n  return nxt(\nend\n"); /* a policy that does not compile */
    assert_null(build(2));
    yz_buf_char(&diag.text, '\0');
    assert_non_null(strstr(diag.text.p, "p.lua:3:"));
    assert_int_equal(workers[0]->share->generation->number, 1);
}

/* ---- a stage with work of its own ----------------------------------------------------------------------------------------- */

static int woken, every;
static bool finishes;
static yz_call *awake;

static int64_t wake(void *stage) {
    (void)stage;
    return every;
}
static void on_wake(yz_call *call, const yz_request *request) {
    assert_true(request->wake && !request->dialect && !request->key && request->model.n == 0);
    woken++;
    awake = call;
    if (finishes)
        yz_fail(call, YZ_ERROR_INTERNAL, "done");
    else
        yz_deadline(call, 1000000), yz_timer_start(call, 1000000);
}
static const yz_filter wake_filter = {YZ_FILTER, .on_call = on_wake, .wake = wake};
static const yz_plugin waker = {
    .abi_major = YZ_ABI_MAJOR, .size = sizeof(yz_plugin), .name = "waker", .summary = "x", .version = "1", .filter = &wake_filter};

static void pass(yz_worker *worker, int64_t *now, int64_t ms) {
    for (int64_t until = *now + ms; *now < until;) {
        *now += 1;
        yz_turn_run(&worker->turn, *now);
    }
}

/* One call at a time, the next some time after it; none of a generation that is not the current one; those that run go on, until the worker
 * stops. */
static void test_work_of_its_own(void **state) {
    (void)state;
    int64_t now = 0;
    woken = 0, every = 10, finishes = true;
    yz_plugin_add_core(&waker);
    put(config, "listen '127.0.0.1:1'\nprovider 'p' { adapter = 'openai', key = 'k' }\nmodel 'm' { 'p' }\nchain { waker {} }\n");
    yz_generation_publish(build_good(1));
    pass(workers[0], &now, 50);
    assert_int_equal(woken, 0); /* not adopted yet */
    adopt_all();
    pass(workers[0], &now, 9);
    assert_int_equal(woken, 0);
    pass(workers[0], &now, 24);
    assert_true(woken == 2 || woken == 3);
    finishes = false;
    pass(workers[0], &now, 100);
    int running = woken;
    assert_false(yz_ended(awake));
    yz_generation_publish(build_good(2)); /* the first goes on, and its share stays */
    yz_share *old = workers[0]->share;
    assert_true(yz_share_adopt(workers[0]));
    assert_int_equal(old->refs, 1);
    pass(workers[0], &now, 15);
    assert_int_equal(woken, running + 1); /* of the second */
    every = 0;
    yz_share_rest(workers[0]);
    pass(workers[0], &now, 100);
    assert_int_equal(woken, running + 1);
    assert_int_equal(yz_call_count(workers[0]), 1); /* of the first, which its own deadline ends */
    pass(workers[0], &now, 1000000);
    assert_int_equal(yz_call_count(workers[0]), 0);
}

/* Requests that begin and end at random while generations come and go. */
/* Each reads config, flavours and prices anew, so a sanitizer makes the thousand take minutes: fewer there, but for YUZUI_LONG=1. */
static uint64_t swaps(void) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    const char *is_long = getenv("YUZUI_LONG");
    return is_long && *is_long == '1' ? 1000 : 200;
#else
    return 1000;
#endif
}

static void test_a_thousand_swaps(void **state) {
    (void)state;
    yz_share *held[64] = {0};
    yz_rng rng;
    yz_rng_init(&rng, 99);
    for (uint64_t n = 1; n <= swaps(); n++) {
        if (n % 10 == 0)
            put(policy, n % 20 == 0 ? "return function(req, next) return next(req) end\n" : "return function(req, next) end\n");
        yz_generation_publish(build_good(n));
        for (unsigned i = 0; i < WORKERS; i++)
            if (n == 1 || yz_rng_next(&rng) % 4 != 0) /* else it is overtaken */
                yz_share_adopt(workers[i]);
        for (int k = 0; k < 8; k++) {
            yz_share **slot = &held[yz_rng_next(&rng) % 64];
            if (*slot)
                yz_share_unref(*slot);
            *slot = yz_rng_next(&rng) % 3 ? yz_share_ref(workers[yz_rng_next(&rng) % WORKERS]->share) : NULL;
        }
    }
    for (size_t i = 0; i < 64; i++)
        if (held[i])
            yz_share_unref(held[i]);
    for (unsigned i = 0; i < WORKERS; i++)
        yz_share_adopt(workers[i]);
    assert_int_equal(workers[0]->share->generation->number, swaps());
}

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(config, sizeof(config), "%s/yuzui.lua", folder);
    snprintf(policy, sizeof(policy), "%s/p.lua", folder);
    return 0;
}
static int remove_folder(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_build_and_discard),
        TEST(test_several_chains),
        TEST(test_publish_and_adopt),
        TEST(test_overtaken),
        TEST(test_requests_keep_their_generation),
        TEST(test_dialects_of_a_generation),
        TEST(test_broken_ones_change_nothing),
        TEST(test_work_of_its_own),
        TEST(test_a_thousand_swaps),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
