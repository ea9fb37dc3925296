/* cli/status.c: `yuzui status`: what a running yuzui says of itself: since when, how much, and every counter that has counted. */
#include "base/arena.h"
#include "cli/admin.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>

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

static void print_words(const yz_json *json, yz_arena *arena) {
    yz_str version = yz_json_text(arena, yz_json_get(json, "version"));
    int64_t workers = number(json, "workers");
    printf("yuzui %.*s, generation %" PRId64 ", up ", YZ_STR_ARGS(version), number(json, "generation"));
    print_uptime(number(json, "uptime_s"));
    printf(", %" PRId64 " worker%s, %" PRId64 " in flight%s\n", workers, workers == 1 ? "" : "s", number(json, "in_flight"),
           yz_json_true(yz_json_get(json, "draining")) ? ", draining" : "");
    print_counters(json, arena);
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
    if (json && as_json)
        printf("%.*s\n", (int)json->n, json->p);
    else if (json)
        print_words(json, arena);
    yz_arena_free(arena);
    return json ? 0 : 1;
}
