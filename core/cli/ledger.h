/* cli/ledger.h: what the commands of a config's ledger share. They open it themselves, beside a yuzui that runs or without one.
 *
 *   ledger.c        options, opening; `yuzui credit`, `transfer`, `refund`, `backup`
 *   ledger_read.c   `yuzui balance`, `usage`, `margins`, `moves`, `audit`
 */
#ifndef YUZUI_CLI_LEDGER_H
#define YUZUI_CLI_LEDGER_H

#include "config/settings.h"

#include <yuzui/ledger.h>

/* What was asked for. Texts are NULL where they were not said. */
typedef struct yz_asked {
    const char *command, *rest;
    const char *config, *amount, *id, *note, *limit, *export, *provider, *to, *by, *from, *until, *refund, *key, *model, *label;
    bool json, csv, fresh;
    yz_arena *arena; /* as ledger and settings: NULL before yz_asked_open */
    const yz_settings *settings;
    yz_ledger *ledger;
    size_t rows;      /* that were read */
    unsigned columns; /* of sums: YZ_USAGE_BY_…, YZ_ROWS_BY_LABEL */
    bool proof;
} yz_asked;

/* 0, or 2: wrong usage was reported, also of an option that is another command's. */
int yz_asked_read(int argc, char **argv, yz_asked *a);
bool yz_asked_open(yz_asked *a); /* false: why was printed */
/* Closes what was opened. Returns the code. */
int yz_asked_done(yz_asked *a, int code);
void yz_print_usd(const char *before, int64_t nano, const char *after);

#endif
