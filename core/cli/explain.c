/* cli/explain.c: `yuzui explain`: what the policies of a config would do with a question, and why, without asking any provider. Which
 * chain it takes is chosen as in service: by the key's name and the address that are given, and by the model. */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/rehearse.h"
#include "loop/loop.h"
#include "plugin/loader.h"
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct question {
    const char *config, *model, *text;
    const char *key, *listen; /* NULL: none shown; the first one */
    bool json;
} question;

static void leaf(void *arg, yz_call *call, const yz_request *request, rehearsed *out) {
    (void)arg;
    (void)call;
    (void)request;
    out->text = YZ_STR("(explain asks no provider)");
}

/* ---- the chain --------------------------------------------------------------------------------------------------------------- */

static const yz_key_settings *find_key(const yz_settings *s, const char *name) {
    for (size_t i = 0; i < s->n_keys; i++)
        if (yz_str_is(s->keys[i].pub.name, name))
            return &s->keys[i];
    fprintf(stderr, "yuzui explain: there is no key of the name \"%s\" in this config\n", name);
    return NULL;
}

static const yz_listen_settings *find_listen(const yz_settings *s, const char *address) {
    const yz_listen_settings *found = yz_settings_listen(s, yz_str_of(address));
    if (!found)
        fprintf(stderr, "yuzui explain: there is no listen \"%s\" in this config\n", address);
    return found;
}

/* The chain the question takes, and why; NULL: an error was printed. */
static const yz_chain_settings *choose(const yz_settings *s, const question *q, const char **why) {
    const yz_key_settings *key = q->key ? find_key(s, q->key) : NULL;
    const yz_listen_settings *listen = q->listen ? find_listen(s, q->listen) : &s->listens[0];
    if ((q->key && !key) || !listen)
        return NULL;
    const yz_chain_settings *chain = yz_chain_choose(s, key, listen, yz_str_of(q->model));
    *why = key && key->chain ? "of the key" : listen->chain ? "of the address" : chain != s->default_chain ? "of the model" : "the default";
    return chain;
}

/* The policy stages of the chain, in order, and room for the leaf. */
static size_t policies_of(const yz_chain *chain, yz_link *links) {
    size_t n = 0;
    for (size_t i = 0; i < chain->n; i++)
        if (chain->links[i].filter == yz_policy_plugin.filter)
            links[n++] = chain->links[i];
    return n;
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------ */

static yz_str make_body(yz_arena *arena, const char *model, const char *said) {
    yz_buf text = {0};
    yz_buf_lit(&text, "{\"model\":");
    yz_buf_json_str(&text, yz_str_of(model));
    yz_buf_lit(&text, ",\"messages\":[{\"role\":\"user\",\"content\":");
    yz_buf_json_str(&text, yz_str_of(said));
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

/* `chain`: "" for the default one; NULL where there is but one. */
static void print_words(const rehearsal *r, const char *chain, const char *why) {
    if (chain)
        printf("chain    %s%s%s%s\n", chain, *chain ? " (" : "", why, *chain ? ")" : "");
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

static void print_json(const rehearsal *r, const char *chain, const char *why) {
    yz_buf out = {0};
    (void)why;
    yz_buf_lit(&out, "{");
    if (chain) {
        yz_buf_lit(&out, "\"chain\":");
        yz_buf_json_str(&out, yz_str_of(chain));
        yz_buf_lit(&out, ",");
    }
    yz_buf_lit(&out, "\"policy\":");
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

static int explain_in(yz_share *share, const yz_chain_settings *settings, const char *why, const question *q) {
    const yz_chain *chain = yz_share_chain(share, settings);
    yz_arena *arena = yz_arena_new(NULL);
    rehearsal r = {.worker = share->worker, .share = share, .leaf = leaf, .arena = arena};
    r.links = yz_alloc(arena, (chain->n + 1) * sizeof *r.links);
    r.n_policies = policies_of(chain, r.links);
    int code = 1;
    if (r.n_policies == 0) {
        fprintf(stderr, "yuzui explain: there is no policy in %s%s%s\n", settings->name.n ? "chain \"" : "this config's chain",
                settings->name.n ? settings->name.p : "", settings->name.n ? "\"" : "");
    } else {
        share->lua->offline = true;
        yz_request *request = rehearsal_request(arena, share->settings, make_body(arena, q->model, q->text));
        if (!request)
            fprintf(stderr, "yuzui explain: the question is not UTF-8\n");
        else if (!rehearse(&r, request))
            fprintf(stderr, "yuzui explain: the policy did not come to an end\n");
        else
            code = r.failed;
        if (request && (r.answered || r.failed))
            (q->json ? print_json : print_words)(&r, share->n_chains > 1 ? settings->name.n ? settings->name.p : "" : NULL, why);
    }
    yz_arena_free(arena);
    return code;
}

static int explain(const question *q) {
    yz_diag diag = {0};
    yz_worker *worker = yz_worker_new(0);
    yz_generation *generation = yz_generation_build(q->config, 1, &worker, 1, &diag);
    if (diag.text.n)
        fprintf(stderr, "%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
    int code = 1;
    if (generation) {
        const char *why = "";
        const yz_chain_settings *chain = choose(generation->settings, q, &why);
        code = chain ? explain_in(&generation->shares[0], chain, why, q) : 1;
        yz_generation_discard(generation);
    }
    yz_diag_free(&diag);
    yz_worker_free(worker);
    return code;
}

int yz_cli_explain(int argc, char **argv) {
    question q = {.config = "yuzui.lua", .model = "auto"};
    const yz_cli_option options[] = {{"--config", "-c", &q.config, NULL},
                                     {"--model", "-m", &q.model, NULL},
                                     {"--key", NULL, &q.key, NULL},
                                     {"--listen", NULL, &q.listen, NULL},
                                     {"--json", NULL, NULL, &q.json}};
    if (yz_cli_options(argc, argv, options, sizeof options / sizeof *options, &q.text) != 0)
        return 2;
    if (!q.text)
        return yz_cli_wrong_usage(argv[0], "it needs a question");
    return explain(&q);
}
