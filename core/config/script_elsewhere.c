/* config/script_elsewhere.c: what other programs call what a directive or a stage is for, and what of Lua a config does not have. Words
 * only: what would be right is written out, so that it can be copied.
 */
#include "config/script_inner.h"

#define LISTEN  "the address that it serves is said by listen \"127.0.0.1:8080\""
#define TLS     "TLS belongs to an address: listen \"0.0.0.0:443\" { cert = \"cert.pem\", key = \"key.pem\" }"
#define ROUTES  "who answers what is decided by a policy of the chain: chain { auth {}, policy \"policies/by-question.lua\" { … } }"
#define DEFAULT "what answers where nobody chose is an option of a policy: policy \"…\" { default = \"gpt-5.2\" }"
#define ALIAS   "another name for a model is a model: model \"gpt-4\" { { \"PROVIDER\", as = \"gpt-5.2\" } }"
#define LOG     "the log is set by log { level = \"debug\" }"
#define RATES   "rates are a stage of the chain: chain { auth {}, limit { limits = { { requests = 60, window = \"1m\" } } } }"
#define BALANCE "several targets of a model are balanced by the last stage of the chain, balance {}"
#define TIMES   "times belong to a provider, timeout = { total = \"2m\" }, or to a stage of the chain, deadline { default = \"2m\" }"
#define BOOKS                                                                                                                              \
    "money, keys and jobs are kept by ledger \"sqlite\" { path = \"ledger.db\" }, answers and counts by store \"shared\" { kind = "        \
    "\"redis\" }"
#define METRICS  "metrics and the console are at admin \"127.0.0.1:8081\""
#define STAGES   "what a request runs through is chain { auth {}, retry {} }"
#define FALLBACK "what is tried next is a stage of the chain: fallback { models = { [\"gpt-5.2\"] = \"kimi-k2.5\" } }"
#define GUARD    "what is forbidden is said to a policy: policy \"policies/guard.lua\" { on_error = \"fail\" }"
#define ALONE    "directives stand by themselves, in no table of their own"
#define FILES    "a config reads no files and runs no programs: a variable is env \"NAME\", another file of its folder require \"NAME\""
#define PROVIDER "it is an option of a provider: provider \"NAME\" { … }"
#define KEY      "each client has a key of its own: key \"sk-…\" { name = \"team\" }"

static const struct {
    const char *name, *hint;
} table[] = {
    {"server", LISTEN},
    {"port", LISTEN},
    {"host", LISTEN},
    {"bind", LISTEN},
    {"address", LISTEN},
    {"http", LISTEN},
    {"listener", LISTEN},
    {"tls", TLS},
    {"ssl", TLS},
    {"https", TLS},
    {"certificate", TLS},
    {"route", ROUTES},
    {"routes", ROUTES},
    {"router", ROUTES},
    {"routing", ROUTES},
    {"router_settings", ROUTES},
    {"default", DEFAULT},
    {"default_model", DEFAULT},
    {"alias", ALIAS},
    {"aliases", ALIAS},
    {"model_alias", ALIAS},
    {"logging", LOG},
    {"log_level", LOG},
    {"debug", LOG},
    {"verbose", LOG},
    {"rate_limit", RATES},
    {"rate_limits", RATES},
    {"ratelimit", RATES},
    {"quota", RATES},
    {"throttle", RATES},
    {"load_balance", BALANCE},
    {"load_balancer", BALANCE},
    {"loadbalance", BALANCE},
    {"lb", BALANCE},
    {"timeout", TIMES},
    {"timeouts", TIMES},
    {"database", BOOKS},
    {"db", BOOKS},
    {"metrics", METRICS},
    {"prometheus", METRICS},
    {"dashboard", METRICS},
    {"middleware", STAGES},
    {"middlewares", STAGES},
    {"pipeline", STAGES},
    {"stages", STAGES},
    {"filters", STAGES},
    {"failover", FALLBACK},
    {"fallbacks", FALLBACK},
    {"guard", GUARD},
    {"guards", GUARD},
    {"guardrails", GUARD},
    {"settings", ALONE},
    {"config", ALONE},
    {"general_settings", ALONE},
    {"litellm_settings", ALONE},
    {"model_list", "each model stands by itself: model \"gpt-5.2\" { \"PROVIDER\" }"},
    {"base_url", PROVIDER},
    {"api_key", PROVIDER},
    {"flavour", PROVIDER},
    {"users", KEY},
    {"virtual_keys", KEY},
    {"master_key", KEY},
    {"os", FILES},
    {"io", FILES},
    {"package", FILES},
    {"loadstring", FILES},
    {"setfenv", FILES},
    {"print", "a config prints nothing: error(\"…\") says something and ends it"},
    {"pcall", "nothing is caught in a config: what is wrong in it is said, and to be mended"},
    {"xpcall", "nothing is caught in a config: what is wrong in it is said, and to be mended"},
    {"coroutine", "a config has no coroutines"},
    {"options", "options { … } stands in a policy's own file; the config says them beside its name: policy \"…\" { options = { … } }"},
};

const char *yz_script_elsewhere(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(name, table[i].name) == 0)
            return table[i].hint;
    return NULL;
}
