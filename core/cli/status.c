/* cli/status.c: `yuzui status`: what a running yuzui says of itself: since when, how much, and every counter that has counted. */
#include "base/arena.h"
#include "cli/admin.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t number(const yz_json *json, const char *name) { return yz_json_int(yz_json_get(json, name), 0); }

static void print_uptime(int64_t s) {
    if (s >= 86400)
        printf("%" PRId64 " d ", s / 86400);
    if (s >= 3600)
        printf("%" PRId64 " h ", s / 3600 % 24);
    printf("%" PRId64 " min", s / 60 % 60);
}

static void print_counters(const yz_json *json, yz_arena *arena) {
    const yz_json *counters = yz_json_get(json, "counters"), *help = yz_json_get(json, "help");
    for (const yz_json *c = counters ? counters->child : NULL; c; c = c->next) {
        int64_t n = yz_json_int(c, 0);
        const char *name = yz_dup(arena, yz_json_key(c)).p;
        if (n == 0)
            continue;
        yz_str text = yz_json_text(arena, yz_json_get(help, name));
        printf("  %-20s %12" PRId64 "  %.*s\n", name, n, YZ_STR_ARGS(text));
    }
}

/* What a target is judged by; of what is older than a minute, how old. */
static void print_times(const yz_json *target) {
    static const char *const forms[][3] = {{"document_ms", "document_ago_ms", "documents"}, {"stream_ms", "stream_ago_ms", "streams"}};
    for (size_t i = 0; i < 2; i++) {
        int64_t ago = number(target, forms[i][1]) / 1000;
        if (!yz_json_get(target, forms[i][0]))
            continue;
        printf("  %.0f ms (%s", yz_json_double(yz_json_get(target, forms[i][0]), 0), forms[i][2]);
        if (ago > 60)
            printf(", %" PRId64 " min ago", ago / 60);
        printf(")");
    }
}

static void print_target(const yz_json *target, yz_arena *arena) {
    yz_str name = yz_json_text(arena, yz_json_get(target, "target")), state = yz_json_text(arena, yz_json_get(target, "state"));
    yz_str because = yz_json_text(arena, yz_json_get(target, "because"));
    printf("  %-32.*s %-10.*s %4" PRId64 " running", YZ_STR_ARGS(name), YZ_STR_ARGS(state), number(target, "running"));
    print_times(target);
    if (because.n)
        printf("  for %.1f s: %.*s", (double)number(target, "for_ms") / 1e3, YZ_STR_ARGS(because));
    static const char *const limits[] = {"requests", "tokens"};
    for (size_t i = 0; i < 2; i++) {
        const yz_json *limit = yz_json_get(target, limits[i]);
        if (limit)
            printf("  %" PRId64 " of %" PRId64 " %s left", number(limit, "left"), number(limit, "most"), limits[i]);
    }
    const yz_json *probe = yz_json_get(target, "probe");
    if (probe)
        printf("  probe %.1f s ago: %.*s", (double)number(probe, "ago_ms") / 1e3,
               YZ_STR_ARGS(yz_json_text(arena, yz_json_get(probe, "said"))));
    printf("\n");
}

/* What stages know: targets and accounts, and the words of those who have others. */
static void print_stages(const yz_json *json, yz_arena *arena) {
    const yz_json *stages = yz_json_get(json, "stages");
    for (const yz_json *s = stages ? stages->child : NULL; s; s = s->next) {
        yz_str chain = yz_json_text(arena, yz_json_get(s, "chain")), stage = yz_json_text(arena, yz_json_get(s, "stage"));
        const yz_json *knows = yz_json_get(s, "knows"), *targets = yz_json_get(knows, "targets"),
                      *accounts = yz_json_get(knows, "accounts"), *limits = yz_json_get(knows, "limits");
        printf("%.*s%s%.*s\n", YZ_STR_ARGS(stage), chain.n ? " of the chain " : "", YZ_STR_ARGS(chain));
        for (const yz_json *t = targets ? targets->child : NULL; t; t = t->next)
            print_target(t, arena);
        for (const yz_json *a = accounts ? accounts->child : NULL; a; a = a->next)
            printf("  the account of %.*s is out of use for %.1f s: %.*s\n", YZ_STR_ARGS(yz_json_text(arena, yz_json_get(a, "provider"))),
                   (double)number(a, "for_ms") / 1e3, YZ_STR_ARGS(yz_json_text(arena, yz_json_get(a, "because"))));
        for (const yz_json *l = limits ? limits->child : NULL; l; l = l->next)
            printf("  %.*s\n", YZ_STR_ARGS(yz_json_text(arena, l)));
    }
}

/* Those that rest; where all are in use there is nothing to say. */
static void print_keys(const yz_json *json, yz_arena *arena) {
    const yz_json *providers = yz_json_get(json, "provider_keys");
    for (const yz_json *p = providers ? providers->child : NULL; p; p = p->next) {
        yz_str name = yz_json_text(arena, yz_json_get(p, "provider"));
        const yz_json *resting = yz_json_get(p, "resting");
        for (const yz_json *k = resting ? resting->child : NULL; k; k = k->next)
            printf("key %" PRId64 " of %" PRId64 " of provider %.*s rests for %.1f s: %.*s\n", number(k, "key"), number(p, "keys"),
                   YZ_STR_ARGS(name), (double)number(k, "for_ms") / 1e3, YZ_STR_ARGS(yz_json_text(arena, yz_json_get(k, "because"))));
    }
}

/* Those that cannot be reached. */
static void print_stores(const yz_json *json, yz_arena *arena) {
    const yz_json *stores = yz_json_get(json, "stores");
    for (const yz_json *s = stores ? stores->child : NULL; s; s = s->next)
        if (number(s, "away_ms") > 0)
            printf("store %.*s cannot be reached for %.1f s: %.*s\n", YZ_STR_ARGS(yz_json_text(arena, yz_json_get(s, "store"))),
                   (double)number(s, "away_ms") / 1e3, YZ_STR_ARGS(yz_json_text(arena, yz_json_get(s, "because"))));
}

/* One that failed, and every error of it. */
static void print_reload(const yz_json *json, yz_arena *arena) {
    const yz_json *reload = yz_json_get(json, "reload");
    if (!reload || !yz_json_is(yz_json_get(reload, "ok"), YZ_JSON_FALSE))
        return;
    time_t at = (time_t)number(reload, "at");
    char when[32] = "";
    struct tm parts;
    if (gmtime_r(&at, &parts))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &parts);
    printf("the last reload (%.*s, %s) failed, and generation %" PRId64 " goes on serving:\n%.*s",
           YZ_STR_ARGS(yz_json_text(arena, yz_json_get(reload, "why"))), when, number(json, "generation"),
           YZ_STR_ARGS(yz_json_text(arena, yz_json_get(reload, "text"))));
}

static void print_words(const yz_json *json, yz_arena *arena) {
    yz_str version = yz_json_text(arena, yz_json_get(json, "version"));
    int64_t workers = number(json, "workers");
    printf("yuzui %.*s, generation %" PRId64 ", up ", YZ_STR_ARGS(version), number(json, "generation"));
    print_uptime(number(json, "uptime_s"));
    printf(", %" PRId64 " worker%s, %" PRId64 " in flight%s\n", workers, workers == 1 ? "" : "s", number(json, "in_flight"),
           yz_json_true(yz_json_get(json, "draining")) ? ", draining" : "");
    print_reload(json, arena);
    print_counters(json, arena);
    print_keys(json, arena);
    print_stores(json, arena);
    print_stages(json, arena);
}

int yz_cli_status(int argc, char **argv) {
    const char *file = NULL, *admin = NULL, *rest;
    bool as_json = false;
    const yz_cli_option options[] = {
        {"--config", "-c", .value = &file}, {"--admin", NULL, .value = &admin}, {"--json", NULL, .flag = &as_json}};
    if (yz_cli_options(argc, argv, options, 3, &rest) != 0)
        return 2;
    if (rest && file)
        return yz_cli_wrong_usage(argv[0], "\"%s\" is one argument too many", rest);
    yz_arena *arena = yz_arena_new(NULL);
    const yz_json *json = yz_cli_ask_admin(argv[0], admin, file ? file : rest, "GET /status", arena);
    if (json && !yz_json_get(json, "generation")) {
        fprintf(stderr, "yuzui %s: what answers there is no yuzui: it says nothing of a generation\n", argv[0]);
        json = NULL;
    }
    if (json && as_json)
        printf("%.*s\n", (int)json->n, json->p);
    else if (json)
        print_words(json, arena);
    yz_arena_free(arena);
    return json ? 0 : 1;
}
