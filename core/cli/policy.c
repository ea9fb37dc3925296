/* cli/policy.c: `yuzui explain` and `yuzui test`: their work is done in lua/. */
#include "lua/policy.h"
#include "cli/cli.h"

int yz_cli_explain(int argc, char **argv) {
    const char *file = "yuzui.lua", *model = "auto", *question;
    bool json = false;
    const yz_cli_option options[] = {{"--config", "-c", &file, NULL}, {"--model", "-m", &model, NULL}, {"--json", NULL, NULL, &json}};
    if (yz_cli_options(argc, argv, options, 3, &question) != 0)
        return 2;
    if (!question)
        return yz_cli_wrong_usage(argv[0], "it needs a question");
    return yz_lua_explain(file, model, question, json);
}

int yz_cli_test(int argc, char **argv) {
    const char *path;
    if (yz_cli_options(argc, argv, NULL, 0, &path) != 0)
        return 2;
    return yz_lua_test(path ? path : "policies");
}
