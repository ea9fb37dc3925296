/* lua/workflow.c: the stage `workflow "file.lua" { model = "…" }`: a Lua file that is a model (docs/workflows.md).
 *
 * It is a policy in all but this: it sees the chats for its model and nothing else, it must answer or choose another model, its failure
 * fails the request, and the whole of it has a deadline. What it asks goes to the stages below: so a workflow may use one that stands
 * below it, none can use itself, and each of its steps is cached, retried and paid as any request is.
 */
#include "base/diag.h"
#include "lua/run.h"
#include "plugin/loader.h"

static const yz_option options[] = {
    {.name = "file",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(policy_config, file),
     .required = true,
     .help = "the Lua file: absolute, relative to the config, or of the library"},
    {.name = "model",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(policy_config, serves),
     .required = true,
     .models = true,
     .help = "the model it is, declared without targets: model \"workflow/service-desk\" {}"},
    {.name = "timeout",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(policy_config, timeout),
     .otherwise = "10m",
     .min = 1,
     .max = 86400000,
     .help = "for all of a request, its answer included"},
    {.name = "time",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(policy_config, time),
     .otherwise = "50ms",
     .min = 5,
     .max = 10000,
     .help = "CPU time one run may take, until it waits or returns"},
    {.name = "call_time",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(policy_config, call_time),
     .otherwise = "1s",
     .min = 5,
     .max = 60000,
     .help = "CPU time all runs of one request may take"},
    {.name = "answer_time",
     .type = YZ_OPTION_DURATION,
     .offset = offsetof(policy_config, answer_time),
     .otherwise = "2s",
     .min = 5,
     .max = 600000,
     .help = "CPU time that rewriting one answer may take"},
    {.name = "memory",
     .type = YZ_OPTION_SIZE,
     .offset = offsetof(policy_config, memory),
     .otherwise = "16MiB",
     .min = 64 << 10,
     .max = 48 << 20,
     .help = "memory one request may take"},
    {.name = "hosts",
     .type = YZ_OPTION_LIST,
     .offset = offsetof(policy_config, hosts),
     .help = "hosts http.fetch may ask: \"api.example.com\", or \"*.example.com\" for all below"},
    {.name = "store",
     .type = YZ_OPTION_STRING,
     .offset = offsetof(policy_config, store),
     .help = "the store of store.get and store.put, such as \"memory\""},
    {.name = "options",
     .type = YZ_OPTION_TREE,
     .offset = offsetof(policy_config, options),
     .help = "what the workflow finds in req.options"},
};

bool policy_fails(const policy *p) { return p->config->on_error != 0 || p->config->serves.n > 0; }

bool policy_passes_by(const policy *p, const yz_request *request) {
    return !(p->operations >> request->op & 1) || (p->config->serves.n > 0 && !yz_str_eq(request->model, p->config->serves));
}

yz_error policy_failure(const policy *p) {
    if (p->config->serves.n == 0)
        return (yz_error){YZ_ERROR, .class_ = YZ_ERROR_INTERNAL, .code = YZ_STR("policy_error"),
                          .message = YZ_STR("the routing policy failed")};
    return (yz_error){YZ_ERROR, .class_ = YZ_ERROR_INTERNAL, .code = YZ_STR("workflow_error"),
                      .message = YZ_STR("the workflow failed; the gateway's log says where")};
}

/* Money is held for what a model's targets cost, and a workflow has none: its steps are paid for below it, or not at all. */
static bool paid_above(const yz_chain_settings *chain, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (strcmp(chain->stages[i].plugin->name, "bill") == 0)
            return true;
    return false;
}

int policy_workflow_check(const policy *p, const yz_chain_settings *chain, size_t at, yz_diag *diag) {
    const yz_str model = p->config->serves;
    const yz_model_settings *found = p->lua->share ? yz_model_find(p->lua->share->settings, model) : NULL;
    unsigned errors = diag->errors;
    if (found && (found->pattern || found->n_targets > 0))
        yz_diag_error(diag,
                      "workflow: the model \"%.*s\" has targets of its own: a workflow's is declared without, as in model \"%.*s\" {}",
                      YZ_STR_ARGS(found->name), YZ_STR_ARGS(model));
    if (chain && paid_above(chain, at))
        yz_diag_error(diag,
                      "workflow \"%.*s\" stands below bill, where its steps would not be paid for: put bill after it, and each step is "
                      "a charge of its own",
                      YZ_STR_ARGS(model));
    return diag->errors == errors ? YZ_OK : YZ_EINVAL;
}

const yz_plugin yz_workflow_plugin = {
    .abi_major = YZ_ABI_MAJOR,
    .abi_minor = YZ_ABI_MINOR,
    .size = sizeof(yz_plugin),
    .name = "workflow",
    .summary = "a Lua script that is a model: it asks others in steps, and answers",
    .version = "1",
    .config_size = sizeof(policy_config),
    YZ_OPTIONS(options),
    .filter = &policy_filter,
};
