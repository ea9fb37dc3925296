/* cli/cli.h: the commands of the binary; each returns an exit code: 0 success, 1 failure, 2 wrong usage. */
#ifndef YUZUI_CLI_CLI_H
#define YUZUI_CLI_CLI_H

#include <yuzui/base.h>

int yz_cli_main(int argc, char **argv); /* finds the command and runs it */
/* argv[0] is the command's name. */
int yz_cli_run(int argc, char **argv);
int yz_cli_init(int argc, char **argv);
int yz_cli_check(int argc, char **argv);
int yz_cli_reload(int argc, char **argv);
int yz_cli_status(int argc, char **argv);
int yz_cli_explain(int argc, char **argv);
bool yz_cli_translates(int argc, char **argv); /* is it `yuzui explain --translate …`? */
int yz_cli_translate(int argc, char **argv);
int yz_cli_test(int argc, char **argv);
int yz_cli_plugins(int argc, char **argv);
int yz_cli_conform(int argc, char **argv);
int yz_cli_train(int argc, char **argv);
int yz_cli_price(int argc, char **argv);
int yz_cli_price_import(int argc, char **argv); /* argv[1] is "import" */
int yz_cli_credit(int argc, char **argv);
int yz_cli_refund(int argc, char **argv);
int yz_cli_transfer(int argc, char **argv);
int yz_cli_balance(int argc, char **argv);
int yz_cli_usage(int argc, char **argv);
int yz_cli_moves(int argc, char **argv);
int yz_cli_margins(int argc, char **argv);
int yz_cli_jobs(int argc, char **argv);
int yz_cli_audit(int argc, char **argv);
int yz_cli_backup(int argc, char **argv);
int yz_cli_key(int argc, char **argv);
int yz_cli_group(int argc, char **argv);
int yz_cli_code(int argc, char **argv);
int yz_cli_replay(int argc, char **argv);
int yz_cli_policy(int argc, char **argv);

/* The values of an option that may be there several times. */
typedef struct yz_cli_words {
    const char *items[32];
    size_t n;
} yz_cli_words;

/* An option of a command: with a value, several, or a flag. */
typedef struct yz_cli_option {
    const char *name;   /* "--config" */
    const char *brief;  /* "-c", or NULL */
    const char **value; /* one of the three */
    bool *flag;
    yz_cli_words *words;
} yz_cli_option;
/* Reads options and at most one other argument (*rest, NULL if there is none). 0, or 2: wrong usage has been reported. */
int yz_cli_options(int argc, char **argv, const yz_cli_option *options, size_t n, const char **rest);
/* An option with a value, or a flag, and whose it is: verbs or commands with a blank between. */
typedef struct yz_cli_owned {
    yz_cli_option option;
    const char *owners;
} yz_cli_owned;
/* Likewise; one that is not of `who` is reported, with those that have it. At most 32. */
int yz_cli_options_of(int argc, char **argv, const char *who, const yz_cli_owned *all, size_t n, const char **rest);
/* The text with a question mark for every control character: for a terminal, of what others chose. In the arena, or the text itself. */
yz_str yz_cli_plain(yz_arena *arena, yz_str text);
/* --instead FILE=TEXT: wherever FILE, a policy or what one requires, is read, TEXT is (check.c). NULL: it was not said. 0, or 2: reported.
 */
int yz_cli_instead(const char *name, const char *said);
/* Of a command that goes on with another word: what there is, and what was meant. Returns 2. */
int yz_cli_wrong_verb(const char *name, const char *verb, const char *const *verbs, size_t n);
/* Says what is wrong and how the command is used, on stderr. Returns 2. */
int yz_cli_wrong_usage(const char *name, const char *fmt, ...) YZ_PRINTF(2, 3);

#endif
