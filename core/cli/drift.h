/* cli/drift.h: the ledger's tries against what a provider says it has counted. */
#ifndef YUZUI_CLI_DRIFT_H
#define YUZUI_CLI_DRIFT_H

#include "base/arena.h"
#include "ledger/ledger.h"

/* A row of a provider's usage export, as far as it says it. */
typedef struct yz_export_row {
    yz_str id, model, day; /* id: of the request, as the provider calls it; day: YYYY-MM-DD; empty: not said */
    int64_t input, output; /* tokens; -1: not said */
    int64_t beside;        /* tokens read from its cache or written to it that are not in `input` (Anthropic); -1: not said */
    int64_t usd;           /* nano-USD; -1: not said */
    int64_t requests;      /* how many the row is of; -1: not said */
} yz_export_row;

typedef struct yz_export {
    yz_export_row *rows;
    size_t n;
} yz_export;

/* Reads a file of CSV with a line of names, of JSON (an array of objects, or one object with such an array, whose objects may each have
 * `results`, as the usage APIs of OpenAI and Anthropic have), or of JSON lines. False: it cannot, or there is nothing to compare in it, and
 * *fault says why. */
bool yz_export_read(const char *path, yz_arena *arena, yz_export *out, yz_str *fault);

/* Prints where the ledger and the export differ: request by request where the export names requests, else by day and model, or by that of
 * the two which it says. What it does not say of tokens and cost is not compared, nor are days of which requests were removed: that is
 * told. provider: only its tries; NULL: all. The number of differences; -1: the ledger cannot be read. */
int yz_drift_print(yz_ledger *ledger, const yz_export *export, const char *provider, bool json, yz_arena *arena);

#endif
