/* cli/explain.c: `yuzui explain`: what the policies of a config would do with a question, and why, without asking any provider. */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/rehearse.h"
#include "loop/loop.h"
#include "plugin/loader.h"
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>

static void leaf(void *arg, yz_call *call, const yz_request *request, rehearsed *out) {
    (void)arg;
    (void)call;
    (void)request;
    out->text = YZ_STR("(explain asks no provider)");
}

/* The policy stages of the chain, in order, and room for the leaf. */
static size_t policies_of(const yz_share *share, yz_link *links) {
    size_t n = 0;
    for (size_t i = 0; i < share->chain.n; i++)
        if (share->chain.links[i].filter == yz_policy_plugin.filter)
            links[n++] = share->chain.links[i];
    return n;
}

static yz_str make_body(yz_arena *arena, const char *model, const char *question) {
    yz_buf text = {0};
    yz_buf_lit(&text, "{\"model\":");
    yz_buf_json_str(&text, yz_str_of(model));
    yz_buf_lit(&text, ",\"messages\":[{\"role\":\"user\",\"content\":");
    yz_buf_json_str(&text, yz_str_of(question));
    yz_buf_lit(&text, "}]}");
    yz_str body = yz_dup(arena, yz_buf_view(&text));
    yz_buf_free(&text);
    return body;
}

static void print_targets(const yz_settings *settings, yz_str model, bool json) {
    const yz_model_settings *found = yz_model_find(settings, model);
    for (size_t i = 0; found && i < found->n_targets; i++) {
        const yz_target *t = found->targets[i];
        printf("%s%s%.*s/%.*s%s", i ? (json ? "," : ", ") : "", json ? "\"" : "", YZ_STR_ARGS(t->provider->name), YZ_STR_ARGS(t->model),
               json ? "\"" : "");
    }
}

static yz_str answer_text(yz_arena *arena, yz_str document) {
    yz_json *root;
    if (yz_json_parse(arena, document, 0, &root, NULL) != YZ_OK)
        return (yz_str){0};
    const yz_json *choices = yz_json_get(root, "choices");
    return yz_json_text(arena, yz_json_get(yz_json_get(choices ? choices->child : NULL, "message"), "content"));
}

static void print_words(const rehearsal *r) {
    printf("policy   %.*s\n", YZ_STR_ARGS(r->policy));
    if (r->failed) {
        printf("error    %s: %.*s\n", yz_error_word(r->error.class_), YZ_STR_ARGS(r->error.message));
    } else if (r->served) {
        printf("model    %.*s\ntargets  ", YZ_STR_ARGS(r->served->model));
        print_targets(r->share->settings, r->served->model, false);
        printf("\n");
    } else {
        printf("answer   %.*s\n", YZ_STR_ARGS(answer_text(r->arena, r->body)));
    }
    if (r->reason.n)
        printf("reason   %.*s\n", YZ_STR_ARGS(r->reason));
    printf("time     %lld us\n", (long long)r->cpu_us);
}

static void print_json(const rehearsal *r) {
    yz_buf out = {0};
    yz_buf_lit(&out, "{\"policy\":");
    yz_buf_json_str(&out, r->policy);
    if (r->failed) {
        yz_buf_lit(&out, ",\"error\":");
        yz_buf_json_str(&out, r->error.message);
    } else if (r->served) {
        yz_buf_lit(&out, ",\"model\":");
        yz_buf_json_str(&out, r->served->model);
    } else {
        yz_buf_lit(&out, ",\"answer\":");
        yz_buf_json_str(&out, answer_text(r->arena, r->body));
    }
    yz_buf_lit(&out, ",\"reason\":");
    yz_buf_json_str(&out, r->reason);
    printf("%.*s,\"targets\":[", YZ_STR_ARGS(yz_buf_view(&out)));
    if (r->served)
        print_targets(r->share->settings, r->served->model, true);
    printf("],\"us\":%lld}\n", (long long)r->cpu_us);
    yz_buf_free(&out);
}

static int explain(yz_generation *generation, yz_worker *worker, const char *model, const char *question, bool json) {
    yz_share *share = &generation->shares[0];
    yz_arena *arena = yz_arena_new(NULL);
    rehearsal r = {.worker = worker, .share = share, .leaf = leaf, .arena = arena};
    r.links = yz_alloc(arena, (share->chain.n + 1) * sizeof *r.links);
    r.n_policies = policies_of(share, r.links);
    int code = 1;
    if (r.n_policies == 0) {
        fprintf(stderr, "yuzui explain: there is no policy in this config's chain\n");
    } else {
        share->lua->offline = true;
        yz_request *request = rehearsal_request(arena, make_body(arena, model, question));
        if (!request)
            fprintf(stderr, "yuzui explain: the question is not UTF-8\n");
        else if (!rehearse(&r, request))
            fprintf(stderr, "yuzui explain: the policy did not come to an end\n");
        else
            code = r.failed;
        if (request && (r.answered || r.failed))
            (json ? print_json : print_words)(&r);
    }
    yz_arena_free(arena);
    return code;
}

static int explain_config(const char *config, const char *model, const char *question, bool json) {
    yz_diag diag = {0};
    yz_lua_watchdog_start();
    yz_worker *worker = yz_worker_new(0);
    yz_generation *generation = yz_generation_build(config, 1, &worker, 1, &diag);
    if (diag.text.n)
        fprintf(stderr, "%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
    int code = 1;
    if (generation) {
        code = explain(generation, worker, model, question, json);
        yz_generation_discard(generation);
    }
    yz_diag_free(&diag);
    yz_worker_free(worker);
    yz_lua_watchdog_stop();
    return code;
}

int yz_cli_explain(int argc, char **argv) {
    const char *file = "yuzui.lua", *model = "auto", *question;
    bool json = false;
    const yz_cli_option options[] = {{"--config", "-c", &file, NULL}, {"--model", "-m", &model, NULL}, {"--json", NULL, NULL, &json}};
    if (yz_cli_options(argc, argv, options, 3, &question) != 0)
        return 2;
    if (!question)
        return yz_cli_wrong_usage(argv[0], "it needs a question");
    return explain_config(file, model, question, json);
}
