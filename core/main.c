/* main.c: the only file with a main. */
#include "cli/cli.h"

int main(int argc, char **argv) { return yz_cli_main(argc, argv); }
