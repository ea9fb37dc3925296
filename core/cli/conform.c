/* cli/conform.c: `yuzui conform FILE.so [FOLDER]`: tries an adapter on everything that may come.
 *
 * Recorded answers are looked for in FOLDER/DIALECT, or FOLDER itself; without one among those that came with yuzui. Files *.sse are
 * streams, *.json documents; NAME.events beside one says what it means. FOLDER/../requests/DIALECT/ may hold *.json requests.
 */
#include "cli/conform.h"

#include "base/arena.h"
#include "base/beside.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX_BYTES (64 << 20)
#define SHOWN          4000 /* bytes of an explanation that are printed */

bool yz_conform_tell(yz_conform *c, bool ok, const char *check, yz_str on, const char *fmt, ...) {
    c->checks++;
    if (ok) {
        if (c->verbose)
            printf("ok    %s: %.*s\n", check, (int)(on.n < 100 ? on.n : 100), on.p);
        return true;
    }
    va_list args;
    char text[SHOWN];
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    c->failures++;
    printf("FAIL  %s: %.*s\n      %s\n", check, (int)(on.n < 100 ? on.n : 100), on.p, text);
    return false;
}

/* ---- recordings -------------------------------------------------------------------------------------------------------- */

static yz_str load(yz_arena *arena, const char *path) {
    FILE *f = fopen(path, "rb");
    yz_str text = {NULL, 0};
    if (!f)
        return text;
    long n = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    if (n > 0 && n <= FILE_MAX_BYTES) {
        char *p = yz_alloc_bytes(arena, (size_t)n);
        rewind(f);
        text = (yz_str){p, fread(p, 1, (size_t)n, f)};
    }
    fclose(f);
    return text;
}

static bool ends(const char *name, const char *suffix) {
    size_t n = strlen(name), k = strlen(suffix);
    return n > k && strcmp(name + n - k, suffix) == 0;
}

static bool try_answer(yz_conform *c, const char *folder, const char *name) {
    yz_sample sample = {.name = yz_dup(c->arena, yz_str_of(name)), .stream = ends(name, ".sse")};
    bool can = sample.stream ? c->adapter->decode_event != NULL : c->adapter->decode_body != NULL;
    if (!can || (!sample.stream && !ends(name, ".json")))
        return false;
    sample.bytes = load(c->arena, yz_format(c->arena, "%s/%s", folder, name).p);
    sample.expected = load(c->arena, yz_format(c->arena, "%s/%s.events", folder, name).p);
    yz_conform_decode(c, &sample);
    return true;
}

static bool try_request(yz_conform *c, const char *folder, const char *name) {
    bool is = ends(name, ".json");
    if (is)
        yz_conform_request(c, yz_dup(c->arena, yz_str_of(name)), load(c->arena, yz_format(c->arena, "%s/%s", folder, name).p));
    return is;
}

/* Tries every file of a folder; how many there were. */
static unsigned each_file(yz_conform *c, const char *folder, bool (*try)(yz_conform *c, const char *folder, const char *name)) {
    struct dirent **list;
    unsigned tried = 0;
    int n = scandir(folder, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        tried += list[i]->d_name[0] != '.' && try(c, folder, list[i]->d_name);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return tried;
}

static bool is_folder(const char *path) {
    DIR *dir = opendir(path);
    if (dir)
        closedir(dir);
    return dir != NULL;
}

/* Where the recordings that come with yuzui are: installed, or in the source tree the binary was built in. */
static const char *own_folder(yz_arena *arena) {
    static const char *const places[] = {YZ_DATA_FOLDER "/streams", "../tests/streams"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (yz_beside_binary(places[i], path) && is_folder(path))
            return yz_dup(arena, yz_str_of(path)).p;
    return NULL;
}

/* ---- the command ---------------------------------------------------------------------------------------------------------- */

static void recorded(yz_conform *c, const char *folder) {
    const char *dialect = c->adapter->dialect;
    unsigned answers = 0, requests = 0;
    if (folder) {
        const char *own = yz_format(c->arena, "%s/%s", folder, dialect).p;
        answers = each_file(c, is_folder(own) ? own : folder, try_answer);
        const char *asked = yz_format(c->arena, "%s/../requests/%s", folder, dialect).p;
        if (c->adapter->read && c->adapter->write && is_folder(asked))
            requests = each_file(c, asked, try_request);
    }
    printf("%u files of recorded answers and %u of requests in %s\n", answers, requests, folder ? folder : "no folder");
    if (answers == 0)
        printf("      (record some of the provider's answers as *.sse and *.json, and give their folder: yuzui conform FILE.so FOLDER)\n");
}

/* An adapter that has neither side of its dialect (demo answers by itself) has not been tried: that is no success. */
static int verdict(const yz_conform *c) {
    if (c->checks == 0) {
        printf("nothing was checked: this adapter reads and writes nothing itself\n");
        return 1;
    }
    printf("%u checks, %u failed: %s\n", c->checks, c->failures, c->failures ? "it does not conform" : "it conforms");
    return c->failures ? 1 : 0;
}

static int conform(yz_conform *c, const char *file, const char *folder) {
    const char *own = own_folder(c->arena);
    const char *mine = own ? yz_format(c->arena, "%s/%s", own, c->adapter->dialect).p : NULL;
    printf("%s: plugin %s %s, dialect %s\n", file, c->plugin->name, c->plugin->version, c->adapter->dialect);
    recorded(c, folder ? folder : mine && is_folder(mine) ? own : NULL);
    if (c->adapter->decode_event || c->adapter->decode_body)
        yz_conform_garbage(c);
    yz_conform_synthetic(c);
    yz_conform_write(c);
    yz_conform_errors(c);
    return verdict(c);
}

int yz_cli_conform(int argc, char **argv) {
    const char *args[2] = {NULL, NULL};
    size_t n = 0;
    yz_conform c = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0 || strcmp(argv[i], "--verbose") == 0)
            c.verbose = true;
        else if (strcmp(argv[i], "--streams") == 0 && i + 1 < argc)
            args[1] = argv[++i];
        else if (argv[i][0] == '-' || n == 2)
            return yz_cli_wrong_usage("conform", "\"%s\" is too much: a plugin's file, then perhaps a folder, and -v", argv[i]);
        else
            args[n++] = argv[i];
    }
    if (!args[0])
        return yz_cli_wrong_usage("conform", "the plugin's file is missing");
    yz_diag diag = {0};
    c.arena = yz_arena_new(NULL);
    c.plugin = yz_plugin_load(args[0], &diag);
    if (c.plugin && !c.plugin->adapter)
        yz_diag_error(&diag, "plugin %s has no adapter: there is nothing to try", c.plugin->name);
    c.adapter = c.plugin ? c.plugin->adapter : NULL;
    c.config = c.adapter ? yz_options_config(c.plugin, NULL, c.arena, &diag) : NULL;
    int code = 1;
    if (diag.errors)
        fprintf(stderr, "%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
    else
        code = conform(&c, args[0], args[1]);
    yz_diag_free(&diag);
    yz_arena_free(c.arena);
    return code;
}
