/* cli/owned.c: options of a table that several verbs, or several commands, share: what one does not look at, nobody is to believe that it
 * counts. */
#include "base/check.h"
#include "cli/cli.h"

enum { MOST = 32 };

static bool has_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *at = words; *at;) {
        size_t m = strcspn(at, " ");
        if (m == n && memcmp(at, word, n) == 0)
            return true;
        at += m + (at[m] == ' ');
    }
    return false;
}

static bool is_said(const yz_cli_option *option) { return option->flag ? *option->flag : *option->value != NULL; }

int yz_cli_options_of(int argc, char **argv, const char *who, const yz_cli_owned *all, size_t n, const char **rest) {
    yz_cli_option options[MOST] = {{.name = NULL}};
    YZ_MUST(n <= MOST);
    for (size_t i = 0; i < n; i++)
        options[i] = all[i].option;
    int code = yz_cli_options(argc, argv, options, n, rest);
    for (size_t i = 0; i < n && code == 0; i++)
        if (is_said(&options[i]) && !has_word(all[i].owners, who))
            code = yz_cli_wrong_usage(argv[0], "%s is no option of %s, but of %s", options[i].name, who, all[i].owners);
    return code;
}
