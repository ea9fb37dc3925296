/* cli/policy.c: `yuzui policy`: the versions of a policy's file, where the config keeps them (admin { edit_policies = … }). It works on the
 * files, beside a yuzui that runs or without one; one that runs takes up a changed file by itself, unless its config says watch(false). */
#include "lua/policy.h"
#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "generation.h"
#include "loop/loop.h"
#include "versions/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct asked {
    const char *verb, *config, *file, *folder, *text, *number, *note;
    bool json;
    yz_arena *arena;
    yz_versions v;
} asked;

static int fail(const char *why) {
    fprintf(stderr, "yuzui policy: %s\n", why);
    return 1;
}

/* ---- looking ---------------------------------------------------------------------------------------------------------------- */

static void print_version(const asked *a, const yz_version *version) {
    yz_buf line = {0};
    if (a->json)
        yz_version_json(version, &line);
    else
        yz_buf_printf(&line, "%c %4lld  %.*s  %-16.*s %s%.*s", version == a->v.current ? '*' : ' ', (long long)version->number,
                      YZ_STR_ARGS(version->time), YZ_STR_ARGS(yz_cli_plain(a->arena, version->by)),
                      version->of ? yz_format(a->arena, "(as %lld) ", (long long)version->of).p : "",
                      YZ_STR_ARGS(yz_cli_plain(a->arena, version->note)));
    printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(&line)));
    yz_buf_free(&line);
}

static int history(asked *a) {
    for (size_t i = a->v.n; i-- > 0;)
        print_version(a, &a->v.all[i]);
    if (!a->json && !a->v.current)
        printf("what stands in %s now is %s\n", a->v.file.p, a->v.n ? "none of these: it was edited in its place" : "no version yet");
    return 0;
}

static int show(asked *a) {
    yz_str text = a->v.text;
    if (a->number && yz_versions_text(&a->v, strtoll(a->number, NULL, 10), &text) != YZ_OK)
        return fail(a->v.why);
    fwrite(text.p, 1, text.n, stdout);
    return 0;
}

/* ---- putting ---------------------------------------------------------------------------------------------------------------- */

/* The text of a file, or of standard input, in a file that can be read twice; NULL: it was said. */
static const char *text_file(asked *a, yz_str text) {
    char *path = (char *)(uintptr_t)yz_format(a->arena, "%s/yuzui-policy-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp").p;
    int fd = mkstemp(path);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;
    if (fd >= 0)
        close(fd);
    if (!ok)
        fail("the text cannot be written into a file for the check");
    return ok ? path : NULL;
}

/* As `yuzui check --instead` would. */
static bool passes(asked *a, yz_str text) {
    const char *path = text_file(a, text);
    yz_diag diag = {0};
    if (!path || !yz_lua_instead(a->v.file.p, path))
        return false;
    unlink(path);
    yz_worker *worker = yz_worker_new(0);
    yz_generation *generation = yz_generation_build(a->config, 1, &worker, 1, &diag);
    bool ok = generation && yz_lua_instead_was_read();
    fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    if (generation && !ok)
        fprintf(stderr, "yuzui policy: %s leads to no %s\n", a->config, a->file);
    if (generation)
        yz_generation_discard(generation);
    yz_diag_free(&diag);
    yz_worker_free(worker);
    return ok;
}

static int put(asked *a, const yz_version_new *made) {
    yz_versions *v = &a->v;
    if (!passes(a, made->text))
        return fail("nothing was changed");
    if (yz_versions_put(v, made) != YZ_OK)
        return fail(v->why);
    printf("version %lld stands in %s; a yuzui that runs takes it up by itself, with watch(false) by `yuzui reload`\n",
           (long long)v->current->number, v->file.p);
    return 0;
}

static int read_text(asked *a, yz_str *text) {
    yz_buf bytes = {0};
    FILE *from = strcmp(a->text, "-") == 0 ? stdin : fopen(a->text, "r");
    size_t n = 1;
    while (from && n > 0 && bytes.n <= YZ_VERSION_TEXT_MAX)
        bytes.n += n = fread(yz_buf_room(&bytes, 4096), 1, 4096, from);
    *text = yz_dup(a->arena, yz_buf_view(&bytes));
    yz_buf_free(&bytes);
    if (from && from != stdin)
        fclose(from);
    return !from                           ? fail(yz_format(a->arena, "cannot read %s", a->text).p)
           : text->n > YZ_VERSION_TEXT_MAX ? fail("a policy's text should have at most 64 KiB")
                                           : 0;
}

static int change(asked *a) {
    yz_version_new made = {.by = YZ_STR("cli"), .note = yz_cli_plain(a->arena, yz_str_of(a->note))};
    yz_str base = a->v.hash;
    if (a->text && read_text(a, &made.text) != 0)
        return 1;
    if (yz_versions_lock(&a->v) != YZ_OK || yz_versions_base(&a->v, base) != YZ_OK)
        return fail(a->v.why);
    made.of = a->number ? strtoll(a->number, NULL, 10) : 0;
    if (a->number && yz_versions_text(&a->v, made.of, &made.text) != YZ_OK)
        return fail(a->v.why);
    return put(a, &made);
}

/* ---- the command ------------------------------------------------------------------------------------------------------------ */

/* The folder that the config names. */
static bool find_folder(asked *a) {
    yz_diag diag = {0};
    const yz_settings *settings = yz_settings_read(a->config, a->arena, &diag);
    a->folder = settings ? yz_dup(a->arena, settings->edit_policies).p : NULL;
    if (!settings)
        fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    else if (!*a->folder)
        fprintf(stderr,
                "yuzui policy: %s keeps no versions: it would say so as admin { edit_policies = FOLDER }, or --versions FOLDER does\n",
                a->config);
    yz_diag_free(&diag);
    return a->folder && *a->folder;
}

static int run(asked *a) {
    int (*const verb)(asked *) = strcmp(a->verb, "history") == 0 ? history : strcmp(a->verb, "show") == 0 ? show : change;
    if (!a->folder && !find_folder(a))
        return 1;
    if (*a->folder != '/')
        return fail("--versions should be a path that begins with /");
    if (yz_versions_open(&a->v, a->arena, yz_str_of(a->folder), yz_str_of(a->file)) != YZ_OK)
        return fail(a->v.why);
    int code = verb(a);
    yz_versions_close(&a->v);
    return code;
}

static int wrong_usage(const char *name, const asked *a) {
    static const char *const verbs[] = {"history", "show", "activate", "rollback"};
    bool activates = strcmp(a->verb, "activate") == 0, back = strcmp(a->verb, "rollback") == 0;
    if (!activates && !back && strcmp(a->verb, "history") != 0 && strcmp(a->verb, "show") != 0)
        return yz_cli_wrong_verb(name, a->verb, verbs, sizeof verbs / sizeof *verbs);
    if (!a->file)
        return yz_cli_wrong_usage(name, "which one? It needs the file of a policy");
    if (activates != (a->text != NULL))
        return yz_cli_wrong_usage(name, activates ? "activate needs --text FILE; - is standard input" : "--text is for activate alone");
    if (back ? !a->number : a->number && activates)
        return yz_cli_wrong_usage(name, back ? "rollback needs --version N" : "--version is not for activate: rollback does that");
    return 0;
}

int yz_cli_policy(int argc, char **argv) {
    asked a = {.verb = argc > 1 ? argv[1] : "", .config = "yuzui.lua"};
    const yz_cli_option options[] = {{"--config", "-c", .value = &a.config}, {"--versions", NULL, .value = &a.folder},
                                     {"--text", NULL, .value = &a.text},     {"--version", NULL, .value = &a.number},
                                     {"--note", NULL, .value = &a.note},     {"--json", NULL, .flag = &a.json}};
    const char *name = argv[0];
    int code = 0;
    if (argc > 1) {
        argv[1] = argv[0]; /* the verb has been read */
        code = yz_cli_options(argc - 1, argv + 1, options, sizeof options / sizeof *options, &a.file);
    }
    code = code ? code : wrong_usage(name, &a);
    if (code)
        return code;
    a.arena = yz_arena_new(NULL);
    code = run(&a);
    yz_arena_free(a.arena);
    return code;
}
