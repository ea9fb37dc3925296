/* cli/replay.h: what `yuzui replay` has found out about the requests of a log, and how it is shown. */
#ifndef YUZUI_CLI_REPLAY_H
#define YUZUI_CLI_REPLAY_H

#include "base/arena.h"

#include <yuzui/price.h>
#include <yuzui/request.h>

/* A request of the log, as far as it is replayed. Slices into its line, or of the arena of the line. */
typedef struct yz_logged {
    yz_str id, asked, key, dialect;
    yz_str target; /* that was asked first: "PROVIDER/MODEL" */
    bool stream;
    yz_usage usage;
    int64_t ms, at;      /* it took; Unix seconds */
    const char *skipped; /* why it is not replayed; NULL: it is */
} yz_logged;
/* Reads a line. False: it is none of an access log. */
bool yz_replay_read(yz_str line, yz_arena *arena, yz_logged *out);

/* Requests that went from one target to one: sums. */
typedef struct yz_moved {
    yz_str from, to;
    int64_t n, output, ms;
    int64_t before, after; /* nano-USD, of those whose both prices are known */
    int64_t unpriced;      /* the others */
} yz_moved;

/* How long a target takes by how much it says: a line through what the log has of it. */
typedef struct yz_pace {
    yz_str target;
    double n, x, y, xx, xy;
} yz_pace;

enum { YZ_REPLAY_MOVES = 1024, YZ_REPLAY_EXAMPLES = 20, YZ_REPLAY_SKIPS = 8 };

typedef struct yz_replayed {
    yz_arena *arena; /* of what stays */
    int64_t read, replayed, same, elsewhere;
    int64_t failed;        /* the policy could not decide, or nobody serves what it chose */
    int64_t answered;      /* by the policy itself */
    int64_t refused;       /* the key may not ask for the model any more */
    int64_t text, outside; /* the policy has read the text, or asked somebody: neither is in a log */
    int64_t skips[YZ_REPLAY_SKIPS];
    const char *skip_words[YZ_REPLAY_SKIPS];
    yz_moved moves[YZ_REPLAY_MOVES];
    size_t n_moves;
    yz_pace paces[YZ_REPLAY_MOVES];
    size_t n_paces;
    yz_str examples[YZ_REPLAY_EXAMPLES]; /* ids of requests that would have gone elsewhere */
    size_t n_examples;
    double seconds;
} yz_replayed;

void yz_replay_skip(yz_replayed *r, const char *why);
/* The row of the two; the last one is for all that have no place. */
yz_moved *yz_replay_move(yz_replayed *r, yz_str from, yz_str to);
void yz_replay_pace(yz_replayed *r, yz_str target, int64_t output, int64_t ms);
/* ms that `n` answers of `output` tokens together would take; negative: the log has no answer of this target. */
double yz_replay_time(const yz_replayed *r, yz_str target, int64_t n, int64_t output);

void yz_replay_words(yz_replayed *r);
void yz_replay_json(yz_replayed *r);

#endif
