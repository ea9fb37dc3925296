/* bill.h: the parts of the bill stage.
 *
 *   bill.c     the stage: holds money before anything goes to a provider, ends the hold when the call has ended
 *   budget.c   budgets and the mark-up of the key
 *   downgrade.c  a cheaper model, where a budget does not cover the one asked for
 *   successor.c  another model, where the time of the one asked for is over
 *   end.c      the end of the hold, and its will
 *   bound.c    what a request may cost at most
 *   chats.c    … of a batch whose chats lie in a file
 *   units.c    pictures, seconds and characters that it asks for
 *   sound.c    how long a sound is
 *   charge.c   what it did cost, out of the records of its attempts
 *   explain.c  why, for the ledger
 *   leave.c    a client that leaves in the middle of its answer
 *   webhook.c  telling of a budget that is nearly used up
 */
#ifndef YUZUI_BILL_H
#define YUZUI_BILL_H

#include "../common/hook.h"

#include <yuzui/plugin.h>

enum { FREE, CHARGE };                 /* the words of `hits` */
enum { REFUSE, ALLOW };                /* the words of `unpriced` */
enum { ENDED_REFUSE, ENDED_REDIRECT }; /* the words of `ended` */
enum { BY_KEY, BY_TENANT };            /* the words of `account` */
enum { CUT, DRAIN };                   /* the words of `disconnect` */

enum { BILL_USD = 32 };          /* bytes of an amount: ten digits, a point and nine, and a sign */
enum { BILL_BYTES_OF_TEXT = 4 }; /* a token, as a rule of thumb */

typedef struct bill_config {
    int account, hits, unpriced, ended;
    double bytes_per_token;
    int64_t answer_tokens, picture_tokens, file_tokens, session_tokens, timeout, ttl;
    int disconnect;
    int64_t drain_time, drain_tokens;
    yz_str webhook;
    const yz_secret *webhook_key;
} bill_config;

typedef struct bound_chat {
    int64_t input, output; /* tokens at most */
} bound_chat;

/* What is known of a request while it runs. */
typedef struct bill_state {
    int64_t at;    /* Unix seconds: prices of that moment count */
    int64_t input; /* tokens at most, by the size of the body */
    int64_t held;  /* nano-USD: the most it may cost */
    bool holds;    /* the ledger has said that so much is held */
    yz_str id;     /* of the hold */
    int64_t noted; /* nano-USD of it in the note "cost", which holds the sum of the request's charges */
    int64_t said;  /* the amount that was last written as USD, and so */
    yz_str said_usd;
    char said_text[BILL_USD];  /* of that, where it is noted again and again */
    int64_t content;           /* bytes of the answer that went to the client */
    bool finished;             /* the answer's end was seen, so that what the provider says was used is all of it */
    bool ended;                /* the end of the hold is posted */
    yz_posting *hold;          /* what was held out of a lease; NULL: the ledger itself held it */
    uint64_t will;             /* of the hold; 0: the ledger keeps none */
    int64_t willed;            /* content when it was made */
    yz_timer *drain;           /* runs while the rest is read for nobody */
    int64_t text_left;         /* bytes of text that had come when the client left */
    bool cut;                  /* the rest was not waited for any longer */
    const char *disconnect;    /* what became of it when the client left; NULL: it has not */
    const yz_request *instead; /* what goes down for another model; NULL: the call's own request */
    bool downgraded;           /* it is a cheaper one than was asked for */
    yz_str redirected_from;    /* the model that was asked for, whose time is over; empty: it is not */
    int64_t pictures;          /* that a chat may make, if its model is one that does */
    const yz_usage
        *units; /* pictures, seconds, characters that it asks for; of sound that is heard, the seconds it may have at most; NULL: none */
    yz_service service;           /* that the request asks for; the provider may serve it or the standard one */
    bound_chat *chats;            /* of a batch that brings them along: what each of them may use */
    size_t n_chats;               /* of one that is followed to its end; 0: it is none */
    struct bill_reading *reading; /* its chats lie in a file; NULL: they do not */
    int64_t unmarked;             /* … and nano-USD of what is held, before the mark-up of the key */
    const yz_target *first;       /* that may serve it; NULL: there is none */
    const yz_target *priced;      /* the last target whose price was looked for, and that */
    const yz_price *price;
} bill_state;

/* ---- bound.c -------------------------------------------------------------------------------------------------------- */

/* What a request says itself, of all that multiplies what it costs: bounded; 0: nothing. */
typedef struct bound_asked {
    int64_t length, choices; /* tokens of an answer, and how many of those */
    yz_service service;
} bound_asked;

bound_asked bound_read(const yz_request *request);
/* The tokens of a request at most: of its input by its size, of its answers by what it asks for. */
int64_t bound_input(const yz_request *request, double bytes_per_token);
/* Likewise of a line of a batch, with a sum for each picture and file (parts.c). */
#define BOUND_MOST INT64_C(1000000000)
int64_t bound_line(const yz_request *request, const bill_config *cfg);
int64_t bound_output(const yz_request *request, const bound_asked *asked, int64_t unless_said);
/* Is it a batch that can be paid for: one whose chats can be read, and that a stage above follows until their results are there? */
bool bound_is_followed(const yz_request *request);
/* Of a batch what each chat may use, into s->chats. */
void bound_chats(const bill_config *cfg, const yz_call *call, const yz_request *request, bill_state *s);
/* The most it costs at the dearest of these targets, at that time. YZ_ENOTFOUND: *unpriced has no price; all others count.
 * YZ_EUNSUPPORTED: the time of all of them is over, *unpriced the first. */
int bound_cost(const yz_call *call, const yz_request *request, bill_state *s, int64_t output, int64_t *most, const yz_target **unpriced);
/* Is there a target that may be asked? */
bool bound_serves(const yz_call *call, const yz_request *request);

/* ---- units.c -------------------------------------------------------------------------------------------------------- */

/* Bytes of a request's body: at most, as long as nobody knows. */
int64_t units_bytes(const yz_request *request);
/* What a request asks for, or brings, that may be paid for by the piece; bounded. `times`: how often it is asked for;
 * 0: it does not say. */
yz_usage units_asked(const yz_request *request, int64_t times);
/* What those cost at most. NULL: there are none. */
int64_t units_most(const yz_price *price, const yz_usage *units);
/* Does the price ask for any of these? */
bool units_sold(const yz_price *price, const yz_usage *units);
/* Does it ask for pieces at all, of whatever kind? */
bool units_other(const yz_price *price);
/* How many pictures a chat may make as far as it says: one for each answer. What of it is made its answer says alone. */
int64_t units_pictures(const yz_request *request, int64_t times);
/* What so many cost, where the price asks for pictures. */
int64_t units_most_pictures(const yz_price *price, int64_t pictures);
/* Of what was used, also the units that the price asks for and nobody has said: as many as were asked for. */
void units_add(const yz_price *price, const yz_request *request, const yz_usage *units, yz_usage *usage);

/* ---- sound.c -------------------------------------------------------------------------------------------------------- */

/* Of the sound that is to be heard, as its file says, begun ones as whole ones; -1: it cannot be told. */
int64_t sound_seconds(const yz_request *request);

/* ---- budget.c ------------------------------------------------------------------------------------------------------- */

/* What a hold of this key counts in: every budget that binds it. Their number. */
size_t budget_counts(yz_call *call, const yz_key *key, const yz_counted *const **out);
/* The budget that stands there as number `which`, from 1, in words. */
yz_str budget_name(yz_call *call, const yz_key *key, size_t which);
/* A price as it is for this key, rounded once, half up. */
int64_t budget_marked_up(const yz_key *key, int64_t amount);

/* ---- downgrade.c ---------------------------------------------------------------------------------------------------- */

/* A budget does not cover the request: the same for the model that the key, or the nearest group of it, has for that, with what it may cost
 * in s->held, if that is less. NULL: there is none, or it was tried already; then nothing has changed. */
const yz_request *downgrade(yz_call *call, size_t budget);

/* ---- successor.c ---------------------------------------------------------------------------------------------------- */

/* No target serves the model any longer: the same for the model that its seller says to use instead, if this gateway serves that and the
 * key may use it, with what it may cost in s->held. NULL: there is none; then nothing has changed. */
const yz_request *successor(yz_call *call, const yz_request *request, const yz_target *ended);
/* Likewise for a call that is another stage's, with what it may cost in s->held; nobody is told. */
const yz_request *successor_find(const bill_config *cfg, const yz_call *call, const yz_request *request, const yz_target *ended,
                                 bill_state *s);

/* ---- bill.c --------------------------------------------------------------------------------------------------------- */

/* The most that the request may cost its key, into s->held; at the prices of now. As bound_cost. */
int bill_bound(const bill_config *cfg, const yz_call *call, const yz_request *request, bill_state *s, const yz_target **unpriced);

/* So much is held (s->held, s->instead, what goes down), or why not: `code` as bound_cost. */
void bill_go_on(yz_call *call, const yz_request *request, int code, const yz_target *unpriced);

/* ---- chats.c -------------------------------------------------------------------------------------------------------- */

/* Does this batch name a file in which its chats lie? */
bool chats_lie_apart(const yz_request *request);
/* Reads them, and goes on when all are read. Events of the child that reads are to be given to the others. */
void chats_read(yz_call *call);
bool chats_are_read_by(const bill_state *s, const yz_call *child);
void chats_head(yz_call *call, const yz_head *head);
void chats_chunk(yz_call *call, yz_str bytes);
void chats_end(yz_call *call);
/* Is it of reading them, for which nobody pays? */
bool chats_is_reading(const bill_state *s, const yz_record *record);
void chats_free(bill_state *s);

/* ---- charge.c ------------------------------------------------------------------------------------------------------- */

/* What is to be paid, and why. */
typedef struct charge {
    bool due;       /* else the hold is given back */
    int64_t amount; /* nano-USD */
    const char *by; /* who says how much was used: provider, estimated, cached, shared; or why nothing is due */
    bool unpriced;  /* some of it has no price */
    const yz_price *price;
    const yz_target *target;
    yz_usage usage;
} charge;

/* Is it of the call that `above` is of, or of one below it? */
bool charge_is_below(const yz_record *record, const yz_record *above);
/* Is it an answer, or a try, of a cache or of another request's work: nothing was used for this one. */
bool charge_is_second_hand(const yz_record *record);
/* Tokens of the call's question, by the size of its body: what is charged when nobody says them. */
int64_t charge_question(const yz_call *call);
/* The target's price, as of the time the request began. NULL: it has none. */
const yz_price *charge_price(const yz_call *call, bill_state *s, const yz_target *target);
/* What so much costs by that price: worked out once, however often it is asked for in a row. Good until it is asked for something else. */
const yz_cost *charge_cost(const yz_call *call, const yz_price *price, const yz_usage *usage);
/* The provider has said all it will say of this answer, and the client gets it to its end. */
bool charge_is_whole(const yz_call *call, const yz_record *answer);
/* Of an answer that is complete. */
charge charge_answer(const yz_call *call, const yz_record *answer);
/* Of a call that has ended, in whatever way. */
charge charge_call(const yz_call *call);
/* Of a call that would end now, broken off. */
charge charge_so_far(const yz_call *call);
/* ---- explain.c ------------------------------------------------------------------------------------------------------ */

/* For the ledger: a JSON object with the target, who says so, the parts of the sum, and what all attempts cost upstream. */
void charge_explain(const yz_call *call, const charge *c, yz_buf *out);
/* Without the parts of the sum and the attempts: in the middle of a stream, for the case that the process dies there. */
void charge_explain_briefly(const yz_call *call, const charge *c, yz_buf *out);

/* ---- end.c ---------------------------------------------------------------------------------------------------------- */

typedef struct bill_stage {
    yz_ledger *ledger;
    yz_counter refused, unavailable, unpriced, estimated, drained, cut, tokens_said, tokens_guessed, tokens_off;
    hook hook; /* for the webhook */
    /* The last cost that was worked out here, since it is mostly asked for again at once: by this price, of so much. Not a call's own: a
     * thousand sessions that say nothing would each hold one. */
    const yz_price *cost_price;
    yz_usage cost_usage;
    yz_cost cost;
} bill_stage;

/* ---- leave.c -------------------------------------------------------------------------------------------------------- */

bool leave_on_leave(yz_call *call);
void leave_on_timer(yz_call *call, yz_timer *timer);
/* More of the answer has come. False: it was more than is read for nobody, and the call has ended. */
bool leave_goes_on(yz_call *call);
/* The answer is whole. */
void leave_ended(yz_call *call);

/* ---- webhook.c ------------------------------------------------------------------------------------------------------ */

bool webhook_open(bill_stage *stage, yz_worker *worker, const bill_config *cfg, yz_diag *diag); /* false: reported */
void webhook_send(const bill_stage *stage);                                                     /* what there is to tell */
void webhook_close(void *stage);                                                                /* frees it */

/* Holds at once, if the ledger has lent enough. False: the ledger is to be asked, and the hold has a will already. */
bool end_cover(yz_call *call, yz_posting *hold);
/* Makes anew what is to be charged if the process dies now. all: it is known, so the explanation is whole. */
void end_will(yz_call *call, bool all);
/* There is no hold to end. */
void end_forget(yz_call *call);
/* Posts the end, once. */
void end_post(yz_call *call, const charge *c);

#endif
