/* rule.c: what an entry of `limits` says: whom it binds, by what it counts, and how it reads. */
#include "limit.h"

#include "../common/label.h"

static const yz_option rule_options[] = {
    {"per", YZ_OPTION_CHOICE, offsetof(limit_rule, per), "key", .help = "who is counted together",
     .choices = "key tenant client model provider all label"},
    {"requests", YZ_OPTION_INT, offsetof(limit_rule, most[LIMIT_REQUESTS]), "0", .help = "requests in a window; 0: any number", .min = 0,
     .max = INT64_C(1) << 40},
    {"tokens", YZ_OPTION_INT, offsetof(limit_rule, most[LIMIT_TOKENS]), "0", .help = "tokens in a window, input and output; 0: any number",
     .min = 0, .max = INT64_C(1) << 50},
    {"concurrency", YZ_OPTION_INT, offsetof(limit_rule, most[LIMIT_CALLS]), "0", .help = "requests at once; 0: any number", .min = 0,
     .max = 1000000},
    {"window", YZ_OPTION_DURATION, offsetof(limit_rule, window), "1m", .help = "how long requests and tokens count", .min = 1000,
     .max = INT64_C(31) * 86400000},
    {"models", YZ_OPTION_LIST, offsetof(limit_rule, models), NULL, .help = "only requests for these; each may end in '*'",
     .names = YZ_NAMES_OF_MODELS},
    {"keys", YZ_OPTION_LIST, offsetof(limit_rule, keys), NULL, .help = "only requests of these keys; each may end in '*'",
     .names = YZ_NAMES_OF_KEYS},
    {"label", YZ_OPTION_STRING, offsetof(limit_rule, label), NULL,
     .help = "only requests that have it: a name that a policy passed on (req:pass), or a tag of the key"},
    {"values", YZ_OPTION_LIST, offsetof(limit_rule, values), NULL, .help = "only those whose label is one of these; each may end in '*'"},
};
const yz_option_table limit_rule_table = YZ_TABLE(rule_options, limit_rule);

/* ---- who is counted ----------------------------------------------------------------------------------------------------- */

static bool matches(const yz_list *names, yz_str name) {
    for (size_t i = 0; i < names->n; i++) {
        yz_str pattern = names->items[i];
        bool any = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
        if (any ? name.n >= pattern.n - 1 && memcmp(name.p, pattern.p, pattern.n - 1) == 0 : yz_str_eq(pattern, name))
            return true;
    }
    return names->n == 0;
}

bool rule_binds(const limit_rule *rule, const yz_request *request) {
    if (rule->label.n > 0) {
        yz_str label = label_of(request, rule->label);
        if (label.n == 0 || !matches(&rule->values, label))
            return false;
    }
    return matches(&rule->models, request->model) && matches(&rule->keys, request->key ? request->key->name : YZ_STR(""));
}

bool rule_may_bind(const limit_rule *rule, const yz_question *question) {
    limit_rule known = *rule;
    if (question->anybody) { /* its key, and the tags of that, may be any */
        known.keys = (yz_list){0};
        known.label = label_of(question->request, rule->label).n > 0 ? rule->label : YZ_STR("");
    }
    return rule_binds(&known, question->request);
}

static const yz_target *target_of(const yz_call *call, const yz_request *request) {
    const yz_target *const *targets;
    if (request->target)
        return request->target;
    return yz_targets(call, request->model, &targets) > 0 ? targets[0] : NULL;
}

yz_str rule_counted(const yz_call *call, const yz_request *request, const limit_rule *rule) {
    const yz_target *target;
    switch (rule->per) {
    case PER_KEY:
        return request->key ? request->key->name : request->client;
    case PER_TENANT:
        return request->key ? request->key->tenant : request->client;
    case PER_CLIENT:
        return request->client;
    case PER_MODEL:
        return request->model;
    case PER_PROVIDER:
        target = target_of(call, request);
        return target ? target->provider->name : YZ_STR("");
    case PER_LABEL:
        return label_of(request, rule->label);
    default:
        return YZ_STR("");
    }
}

/* ---- how it reads ------------------------------------------------------------------------------------------------------- */

const char *const rule_words[] = {"requests", "tokens", "concurrency"};

yz_str rule_per(const limit_rule *rule) {
    static const char *const pers[] = {"key", "tenant", "client", "model", "provider", "all"};
    return rule->per == PER_LABEL ? rule->label : yz_str_of(pers[rule->per]);
}

void rule_name(const limit_rule *rule, limit_what what, yz_buf *out) {
    const yz_list *const lists[] = {&rule->models, &rule->keys, &rule->values};
    const char *per = rule->per == PER_LABEL ? "label" : rule_per(rule).p;
    yz_buf_printf(out, "limit %s %s %lld", rule_words[what], per, (long long)rule->window);
    if (rule->label.n > 0)
        yz_buf_printf(out, "\n%zu:%.*s", rule->label.n, YZ_STR_ARGS(rule->label));
    for (size_t k = 0; k < (rule->label.n > 0 ? 3 : 2); k++) {
        yz_buf_char(out, '\n');
        for (size_t i = 0; i < lists[k]->n; i++)
            yz_buf_printf(out, "%zu:%.*s", lists[k]->items[i].n, YZ_STR_ARGS(lists[k]->items[i]));
    }
    yz_buf_char(out, '\n');
}

const char *rule_fault(const limit_rule *rule) {
    if (rule->most[0] + rule->most[1] + rule->most[2] <= 0)
        return "limits nothing: say requests, tokens or concurrency";
    if (rule->label.n == 0 && rule->per == PER_LABEL)
        return "counts per label: say which one, as in label = \"tier\"";
    if (rule->label.n == 0 && rule->values.n > 0)
        return "has values, but of no label: say which one, as in label = \"tier\"";
    return NULL;
}

/* ", for the models a, b or c*"; nothing: for all. */
static void put_only(const char *what, const yz_list *names, yz_buf *out) {
    for (size_t i = 0; i < names->n; i++)
        yz_buf_printf(out, "%s%.*s", i == 0 ? what : i + 1 == names->n ? " or " : ", ", YZ_STR_ARGS(names->items[i]));
}

void rule_put(const limit_rule *rule, yz_buf *out) {
    const char *comma = "";
    for (int what = 0; what < LIMIT_WHATS; what++) {
        if (rule->most[what] <= 0)
            continue;
        yz_buf_printf(out, "%s%lld %s", comma, (long long)rule->most[what], what == LIMIT_CALLS ? "at once" : rule_words[what]);
        if (what != LIMIT_CALLS)
            yz_buf_printf(out, " in %lld s", (long long)(rule->window / 1000));
        comma = ", ";
    }
    if (rule->per == PER_ALL)
        yz_buf_lit(out, " for all together");
    else
        yz_buf_printf(out, " per %.*s", YZ_STR_ARGS(rule_per(rule)));
    put_only(", for the keys ", &rule->keys, out);
    put_only(", for the models ", &rule->models, out);
    if (rule->label.n > 0 && (rule->per != PER_LABEL || rule->values.n > 0)) {
        yz_buf_printf(out, ", where %.*s is ", YZ_STR_ARGS(rule->label));
        put_only("", &rule->values, out);
        yz_buf_lit(out, rule->values.n > 0 ? "" : "said");
    }
}
