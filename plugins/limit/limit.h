/* limit.h: what the files of the limit stage share. */
#ifndef LIMIT_H
#define LIMIT_H

#include <yuzui/plugin.h>

typedef enum limit_what { LIMIT_REQUESTS, LIMIT_TOKENS, LIMIT_CALLS } limit_what;
#define LIMIT_WHATS 3

typedef enum limit_per { PER_KEY, PER_TENANT, PER_CLIENT, PER_MODEL, PER_PROVIDER, PER_ALL, PER_LABEL } limit_per; /* the words of `per` */

typedef struct limit_rule {
    int per;
    int64_t most[LIMIT_WHATS]; /* requests, tokens, concurrency; 0: no such limit */
    int64_t window;            /* ms */
    yz_list models, keys;      /* whom it binds; empty: all. Each may end in '*' */
    yz_str label;              /* only those that have a label of this name; empty: all */
    yz_list values;            /* … and only with one of these */
} limit_rule;

/* ---- rule.c: what an entry of `limits` says -------------------------------------------------------------------------------- */

extern const yz_option_table limit_rule_table;
extern const char *const rule_words[LIMIT_WHATS]; /* what may be limited, as an option's name */

bool rule_binds(const limit_rule *rule, const yz_request *request);
/* Likewise of one that is only asked about, where it may be unknown whose it is. */
bool rule_may_bind(const limit_rule *rule, const yz_question *question);
/* Whom the rule counts this request for; without a key, the address stands for it. */
yz_str rule_counted(const yz_call *call, const yz_request *request, const limit_rule *rule);
/* What it counts by, for people. */
yz_str rule_per(const limit_rule *rule);
/* What makes a limit the same one, also after a reload and in another gateway: all but how much it allows. Appended. */
void rule_name(const limit_rule *rule, limit_what what, yz_buf *out);
/* What is wrong with it; NULL: nothing. */
const char *rule_fault(const limit_rule *rule);
/* It in a few words, for people. Appended. */
void rule_put(const limit_rule *rule, yz_buf *out);

/* ---- local.c: counts of this process, for all workers and generations ------------------------------------------------------- */

/* What stands under `id`, a hash of the rule and of whom it counts for. Of a sliding window the last LIMIT_SLOTS slots and the one that
 * runs are kept, so no stretch of time as long as the window ever holds more than the limit; what left it frees up to a slot late. */
#define LIMIT_SLOTS 32

typedef struct taken { /* what local_take took, for giving it back */
    uint64_t id;
    int64_t slot, n;
} taken;

/* Takes n from the window. False: that would be more than `most`; *wait: ms until it might not be. *left: what is left, after it. */
bool local_take(uint64_t id, int64_t n, int64_t most, int64_t window, int64_t now, taken *out, int64_t *left, int64_t *wait);
/* Corrects what was taken by `more`, which may be negative; nothing if it has left the window. */
void local_correct(const taken *what, int64_t window, int64_t now, int64_t more);
/* One more call under way; false: `most` are. */
bool local_enter(uint64_t id, int64_t most, int64_t now);
void local_leave(uint64_t id, int64_t now);

void local_open(void); /* control thread, before the first of the others */

#endif
