/* cli/cli.h: the commands of the binary; each returns an exit code: 0 success, 1 failure, 2 wrong usage. */
#ifndef YUZUI_CLI_CLI_H
#define YUZUI_CLI_CLI_H

int yz_cli_main(int argc, char **argv); /* finds the command and runs it */
int yz_cli_run(int argc, char **argv);
int yz_cli_check(int argc, char **argv);
int yz_cli_reload(int argc, char **argv);
int yz_cli_explain(int argc, char **argv);
int yz_cli_test(int argc, char **argv);
int yz_cli_plugins(int argc, char **argv);
int yz_cli_conform(int argc, char **argv);

#endif
