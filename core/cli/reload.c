/* cli/reload.c: `yuzui reload`: asks a running yuzui to read its config again, in its own environment, and prints what came of it. */
#include "base/arena.h"
#include "cli/admin.h"
#include "cli/cli.h"

#include <stdio.h>

/* The outcome is {"ok": …, "text": "…"}. */
static int print_outcome(const yz_json *json, yz_arena *arena) {
    yz_str text = yz_json_text(arena, yz_json_get(json, "text"));
    bool ok = yz_json_true(yz_json_get(json, "ok"));
    bool newline = text.n > 0 && text.p[text.n - 1] == '\n';
    fprintf(ok ? stdout : stderr, "%s%.*s%s", ok ? "" : "reload failed; the old config goes on serving:\n", YZ_STR_ARGS(text),
            newline ? "" : "\n");
    return ok ? 0 : 1;
}

int yz_cli_reload(int argc, char **argv) {
    const char *file = NULL, *admin = NULL, *rest;
    const yz_cli_option options[] = {{"--config", "-c", .value = &file}, {"--admin", NULL, .value = &admin}};
    if (yz_cli_options(argc, argv, options, 2, &rest) != 0)
        return 2;
    if (rest && file)
        return yz_cli_wrong_usage(argv[0], "\"%s\" is one argument too many", rest);
    yz_arena *arena = yz_arena_new(NULL);
    const yz_json *json = yz_cli_ask_admin(argv[0], admin, file ? file : rest, "POST /reload", arena);
    bool ours = json && yz_json_get(json, "ok");
    if (json && !ours)
        fprintf(stderr, "yuzui %s: what answers there is no yuzui: it says nothing of a reload\n", argv[0]);
    int code = ours ? print_outcome(json, arena) : 1;
    yz_arena_free(arena);
    return code;
}
