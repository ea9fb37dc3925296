/* cli/meant.c: see meant.h. Words alone: what is misspelt is found by what is near. */
#include "cli/meant.h"

#include "base/diag.h"

static const struct {
    const char *called, *meant;
} CALLED[] = {
    {"serve", "yuzui run -c FILE serves"},
    {"server", "yuzui run -c FILE serves"},
    {"start", "yuzui run -c FILE serves in the foreground, systemctl start yuzui in the background"},
    {"stop", "systemctl stop yuzui, or SIGTERM, stops it"},
    {"restart", "systemctl restart yuzui does it"},
    {"validate", "yuzui check FILE does it"},
    {"verify", "yuzui check FILE does it"},
    {"lint", "yuzui check FILE does it"},
    {"config", "yuzui help config lists the directives of a config, yuzui check FILE says what is wrong with one"},
    {"doctor", "yuzui check FILE says what is wrong with a config, yuzui status what the one that runs does"},
    {"ps", "yuzui status says what the one that runs has done; systemctl status yuzui whether it runs"},
    {"log", "the log goes to stderr, or where log { file = … } says: journalctl -u yuzui, where systemd runs it"},
    {"logs", "the log goes to stderr, or where log { file = … } says: journalctl -u yuzui, where systemd runs it"},
    {"kill", "systemctl stop yuzui, or SIGTERM, stops it"},
    {"list", "yuzui plugins lists the stages, yuzui key list the keys, yuzui status what runs"},
    {"stages", "yuzui plugins lists them"},
    {"adapters", "yuzui plugins lists them"},
    {"providers", "yuzui status says how those of the one that runs do; they stand in the config"},
    {"policies", "policies/README.md describes those of the library, yuzui policy history FILE says which versions one had"},
    {"metrics", "GET /metrics at the admin address has them"},
    {"dashboard", "the console is at the admin address, in a browser"},
    {"console", "the console is at the admin address, in a browser"},
    {"ui", "the console is at the admin address, in a browser"},
    {"cost", "yuzui usage says what was charged, yuzui price MODEL what one costs"},
    {"costs", "yuzui usage says what was charged, yuzui price MODEL what one costs"},
    {"spend", "yuzui usage says what was charged, yuzui price MODEL what one costs"},
    {"ask", "yuzui explain \"QUESTION\" says where a question would go; what yuzui run prints at its start can be pasted to ask one"},
    {"chat", "yuzui explain \"QUESTION\" says where a question would go; what yuzui run prints at its start can be pasted to ask one"},
    {"update", "a new one is installed as the first was: ./dev install, a package, or an image"},
    {"upgrade", "a new one is installed as the first was: ./dev install, a package, or an image"},
    {"setup", "yuzui init asks for keys and writes a config"},
    {"new", "yuzui init asks for keys and writes a config"},
    {"dev", "it is a script of the source folder: ./dev"},
    {"models", "yuzui explain says which one a question would be asked of; GET /v1/models lists them"},
    {"keys", "yuzui key list lists them"},
    {"groups", "yuzui group list lists them"},
    {"-v", "yuzui version says it"},
    {"-V", "yuzui version says it"},
};

const char *yz_cli_command_meant(const char *name) {
    for (size_t i = 0; i < sizeof(CALLED) / sizeof(*CALLED); i++)
        if (strcmp(name, CALLED[i].called) == 0)
            return CALLED[i].meant;
    return NULL;
}

const char *yz_cli_verb_meant(const char *said, const char *const *verbs, size_t n) {
    static const struct {
        const char *called, *ours;
    } table[] = {
        {"add", "create"},      {"new", "create"},      {"generate", "create"}, {"make", "create"},       {"ls", "list"},
        {"all", "list"},        {"get", "show"},        {"info", "show"},       {"describe", "show"},     {"delete", "revoke"},
        {"remove", "revoke"},   {"rm", "revoke"},       {"del", "revoke"},      {"update", "change"},     {"edit", "change"},
        {"set", "change"},      {"modify", "change"},   {"list", "history"},    {"log", "history"},       {"versions", "history"},
        {"deploy", "activate"}, {"revert", "rollback"}, {"renew", "rotate"},    {"regenerate", "rotate"}, {"block", "disable"},
        {"unblock", "enable"},  {"use", "redeem"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t k = 0; k < n; k++)
            if (strcmp(said, table[i].called) == 0 && strcmp(verbs[k], table[i].ours) == 0)
                return table[i].ours;
    return yz_did_you_mean(yz_str_of(said), verbs, n);
}

const char *yz_cli_option_meant(const char *said, const char *const *names, size_t n) {
    static const struct {
        const char *called, *ours;
    } table[] = {
        {"--port", "--listen"},        {"-p", "--listen"},     {"--host", "--listen"}, {"--bind", "--listen"}, {"--address", "--listen"},
        {"--since", "--from"},         {"--start", "--from"},  {"--to", "--until"},    {"--end", "--until"},   {"--in", "--input"},
        {"--out", "--output"},         {"--file", "--config"}, {"-f", "--config"},     {"--conf", "--config"}, {"-j", "--json"},
        {"--data", "--body"},          {"-d", "--body"},       {"--user", "--key"},    {"--account", "--key"}, {"-y", "--force"},
        {"--no-network", "--offline"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t k = 0; k < n; k++)
            if (strcmp(said, table[i].called) == 0 && strcmp(names[k], table[i].ours) == 0)
                return table[i].ours;
    return yz_did_you_mean(yz_str_of(said), names, n);
}
