/* cli/proof.c: why a request cost what it did, for people: `yuzui usage ID`. The ledger keeps it as JSON that the bill stage wrote. */
#include "cli/proof.h"
#include "base/arena.h"
#include "cli/cli.h"
#include "price/price.h"

#include <stdio.h>
#include <yuzui/json.h>

/* A provider chose some of it. */
static yz_str text(yz_arena *arena, const yz_json *of, const char *name) {
    return yz_cli_plain(arena, yz_json_text(arena, yz_json_get(of, name)));
}
static yz_str raw(const yz_json *of, const char *name) { return yz_json_raw(yz_json_get(of, name)); }

/* n tokens x USD per million, a line each, and their sum: what a person can compute again. */
static void print_cost(yz_arena *arena, const yz_json *cost) {
    printf("  price     %.*s\n", YZ_STR_ARGS(text(arena, cost, "price")));
    const yz_json *parts = yz_json_get(cost, "parts");
    for (const yz_json *part = parts ? parts->child : NULL; part; part = part->next) {
        yz_str per = raw(part, "usd_per_million");
        printf("            %-14.*s %12.*s  x  %.*s%s\n", YZ_STR_ARGS(text(arena, part, "meter")), YZ_STR_ARGS(raw(part, "n")),
               YZ_STR_ARGS(per.n ? per : YZ_STR("no price")), per.n ? " USD per million" : "");
    }
    printf("            = %.*s USD\n", YZ_STR_ARGS(raw(cost, "usd")));
}

static void print_try(yz_arena *arena, const yz_json *one, int number) {
    printf("  try %-2d    %.*s at %.*s, %.*s, %.*s, HTTP %.*s", number, YZ_STR_ARGS(text(arena, one, "model")),
           YZ_STR_ARGS(text(arena, one, "provider")), YZ_STR_ARGS(text(arena, one, "because")), YZ_STR_ARGS(text(arena, one, "outcome")),
           YZ_STR_ARGS(raw(one, "status")));
    printf("; cost %.*s: %.*s USD", YZ_STR_ARGS(text(arena, one, "cost")), YZ_STR_ARGS(raw(one, "usd")));
    yz_str id = text(arena, one, "id");
    printf(id.n ? "; the provider calls it %.*s\n" : "%.*s\n", YZ_STR_ARGS(id));
}

void yz_proof_print(yz_str detail) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json;
    if (detail.n == 0 || yz_json_parse(arena, detail, 0, &json, NULL) != YZ_OK || !yz_json_is(json, YZ_JSON_OBJECT)) {
        if (detail.n)
            printf("  why       %.*s\n", YZ_STR_ARGS(detail));
        yz_arena_free(arena);
        return;
    }
    printf("  counted   by: %.*s\n", YZ_STR_ARGS(text(arena, json, "by")));
    if (text(arena, json, "disconnect").n)
        printf("  the client left: %.*s\n", YZ_STR_ARGS(text(arena, json, "disconnect")));
    const yz_json *cost = yz_json_given(json, "cost"), *tries = yz_json_get(json, "tries");
    if (cost)
        print_cost(arena, cost);
    int n = 0;
    for (const yz_json *one = tries ? tries->child : NULL; one; one = one->next)
        print_try(arena, one, ++n);
    if (tries)
        printf("  upstream  %.*s USD in %.*s tries, %.*s of them of unknown cost\n", YZ_STR_ARGS(raw(json, "attempts_usd")),
               YZ_STR_ARGS(raw(json, "attempts")), YZ_STR_ARGS(raw(json, "attempts_unknown")));
    yz_arena_free(arena);
}
