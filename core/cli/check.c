/* cli/check.c: `yuzui check`: a generation is built just as `run` would, policies and all, and thrown away. Nothing listens. */
#include "base/diag.h"
#include "cli/cli.h"
#include "generation.h"
#include "loop/loop.h"
#include "lua/policy.h"

#include <stdio.h>

int yz_cli_check(int argc, char **argv) {
    const char *file = NULL, *rest;
    const yz_cli_option options[] = {{"--config", "-c", .value = &file}};
    if (yz_cli_options(argc, argv, options, 1, &rest) != 0)
        return 2;
    if (file && rest)
        return yz_cli_wrong_usage(argv[0], "\"%s\" is one argument too many", rest);
    file = file ? file : rest ? rest : "yuzui.lua";
    yz_diag diag = {0};
    yz_worker *worker = yz_worker_new(0);
    yz_generation *generation = yz_generation_build(file, 1, &worker, 1, &diag);
    fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    if (generation) {
        const yz_settings *s = generation->settings;
        size_t n_stages = 0;
        for (size_t i = 0; i < s->n_chains; i++)
            n_stages += s->chains[i].n_stages;
        printf("%s: ok: %zu provider%s, %zu model%s, %zu key%s, %zu stage%s", file, s->n_providers, s->n_providers == 1 ? "" : "s",
               s->n_models, s->n_models == 1 ? "" : "s", s->n_keys, s->n_keys == 1 ? "" : "s", n_stages, n_stages == 1 ? "" : "s");
        if (s->n_chains > 1)
            printf(" in %zu chains", s->n_chains);
        printf(", %u warning%s\n", diag.warnings, diag.warnings == 1 ? "" : "s");
        yz_generation_discard(generation);
    }
    yz_diag_free(&diag);
    yz_worker_free(worker);
    return generation ? 0 : 1;
}
