/* cli/check.c: `yuzui check`: a generation is built just as `run` would, policies and all, and thrown away. Nothing listens. */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/bindable.h"
#include "cli/cli.h"
#include "cli/reachable.h"
#include "cli/tryout.h"
#include "generation.h"
#include "loop/loop.h"
#include "lua/policy.h"

#include <stdio.h>

#define KEYS_SHOWN 10

static size_t count_stages(const yz_settings *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->n_chains; i++)
        n += s->chains[i].n_stages;
    return n;
}

/* A key that says no models may use all of them: right for some, and a surprise for others. */
static bool is_free(const yz_key *key) {
    for (size_t m = 0; m < key->n_models; m++)
        if (yz_str_is(key->models[m], "*"))
            return true;
    return false;
}

static size_t count_free_keys(const yz_settings *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->n_keys; i++)
        n += is_free(&s->keys[i].pub);
    return n;
}

/* Which they are: in the order of the config, the first of them. */
static void print_free_keys(const char *file, const yz_settings *s, size_t n_free) {
    if (n_free == 0)
        return;
    printf("%s: may use all models:", file);
    size_t shown = 0;
    for (int line = 0; shown < n_free && shown < KEYS_SHOWN;) {
        const yz_key_settings *next = NULL; /* they are sorted by hash */
        for (size_t i = 0; i < s->n_keys; i++)
            if (is_free(&s->keys[i].pub) && s->keys[i].at.line > line && (!next || s->keys[i].at.line < next->at.line))
                next = &s->keys[i];
        if (!next)
            break; /* two stand in one line, or in two files */
        printf("%s key \"%.*s\"", shown++ > 0 ? "," : "", YZ_STR_ARGS(next->pub.name));
        line = next->at.line;
    }
    if (shown < n_free)
        printf(" and %zu more", n_free - shown);
    printf(" (models = { … } says which)\n");
}

static const char *plural(size_t n) { return n == 1 ? "" : "s"; }

static void print_sum(const char *file, const yz_settings *s, unsigned warnings) {
    size_t n_stages = count_stages(s), n_free = count_free_keys(s);
    print_free_keys(file, s, n_free);
    printf("%s: ok: %zu provider%s, %zu model%s, %zu key%s", file, s->n_providers, plural(s->n_providers), s->n_models, plural(s->n_models),
           s->n_keys, plural(s->n_keys));
    if (n_free > 0)
        printf(" (%zu for all models)", n_free);
    printf(", %zu stage%s", n_stages, plural(n_stages));
    if (s->n_chains > 1)
        printf(" in %zu chains", s->n_chains);
    printf(", %u warning%s\n", warnings, plural(warnings));
}

int yz_cli_instead(const char *name, const char *said) {
    const char *equals = said ? strchr(said, '=') : NULL;
    yz_arena *arena = yz_arena_new(NULL);
    int code = 0;
    if (said && (!equals || equals == said))
        code = yz_cli_wrong_usage(name, "--instead should be FILE=TEXT, two files, not \"%s\"", said);
    else if (said && !yz_lua_instead(yz_dup(arena, yz_str_at(said, (size_t)(equals - said))).p, equals + 1))
        code = yz_cli_wrong_usage(name, "--instead %s: both files should be there", said);
    yz_arena_free(arena);
    return code;
}

int yz_cli_check(int argc, char **argv) {
    const char *file = NULL, *instead = NULL, *rest;
    bool offline = false;
    const yz_cli_option options[] = {
        {"--config", "-c", .value = &file}, {"--instead", NULL, .value = &instead}, {"--offline", NULL, .flag = &offline}};
    if (yz_cli_options(argc, argv, options, 3, &rest) != 0)
        return 2;
    if (yz_cli_instead(argv[0], instead) != 0)
        return 2;
    if (file && rest)
        return yz_cli_wrong_usage(argv[0], "\"%s\" is one argument too many", rest);
    file = file ? file : rest ? rest : "yuzui.lua";
    yz_diag diag = {0};
    yz_worker *worker = yz_worker_new(0);
    yz_generation *generation = yz_generation_build(file, 1, &worker, 1, &diag);
    if (generation && !offline && !instead) {
        yz_cli_try_addresses(generation->settings, &diag);
        yz_cli_try_stores(generation, &diag);
    }
    if (generation)
        yz_cli_try_policies(generation, &diag);
    fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    bool unread = generation && instead && !yz_lua_instead_was_read();
    if (unread)
        fprintf(stderr, "%s: nothing leads to the file of --instead: it was not tried\n", file);
    if (generation) {
        print_sum(file, generation->settings, diag.warnings);
        yz_generation_discard(generation);
    }
    yz_diag_free(&diag);
    yz_worker_free(worker);
    return generation && !unread ? 0 : 1;
}
