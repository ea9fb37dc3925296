/* jobs.h: the parts of the jobs stage.
 *
 *   jobs.c     the stage: what is done with which request
 *   row.c      a job as the ledger keeps it
 *   collect.c  a whole answer of a provider, or to a client
 *   begin.c    a request that begins a job
 *   named.c    the jobs that a request names in its body
 *   earlier.c  a request that begins one from earlier ones
 *   ask.c      a request about one
 *   several.c  a request about several
 *   list.c     a request for the list of them
 *   look.c     how one stands: asked of its provider, and written
 *   settle.c   what a batch has cost, once it is over
 *   due.c      the stage's own work: those that are to be looked after
 *   inside.c   what was made, out of the document that holds it
 *   media.c    addresses of what was made become the gateway's
 *   hook.c     addresses of clients that are told how a job ended
 *   heard.c    addresses of ours by which a provider says that something has come of one
 */
#ifndef YUZUI_JOBS_H
#define YUZUI_JOBS_H

#include <yuzui/plugin.h>

typedef struct jobs_config {
    int64_t every, slowest, most, unsure, timeout; /* ms */
    yz_list hooks;                                 /* what addresses of clients may begin with; none: nobody is told */
    const yz_secret *hook_key;                     /* signs what they are told */
    bool hooks_private;
    yz_str heard_at; /* how providers reach this gateway; empty: none is told how */
} jobs_config;

typedef struct telling telling; /* hook.c */

typedef struct jobs_stage {
    yz_ledger *ledger;
    const jobs_config *config;
    yz_worker *worker;
    yz_http *http;     /* NULL: nobody is told */
    telling *tellings; /* those that are told at the moment */
    yz_counter begun, succeeded, failed, expired, refunded, unwritten, told, untold, heard;
} jobs_stage;

/* ---- row.c ---------------------------------------------------------------------------------------------------------- */

typedef struct job_row {
    yz_str id, owner, key;    /* id: that its owner knows */
    int64_t revision;         /* that the ledger has */
    int64_t created, look;    /* Unix seconds */
    yz_job job;               /* its id is the provider's; empty: not known */
    yz_str provider, dialect; /* dialect: of whoever began it */
    yz_str speaks;            /* the provider's dialect, where that is another one; empty: the same */
    yz_str cost;              /* USD, as it was told; empty: nothing was charged, or nobody knows */
    yz_str request;           /* x-request-id of the one that began it */
    yz_str by;                /* who has taken it to look at it, so that nobody takes it for his own; empty: nobody, or he has seen it */
    int64_t until;            /* Unix seconds: it is given up then, whoever looks */
    int64_t gone;             /* how often its provider has said, one time after the other, that it knows no such job */
    int64_t settles;          /* Unix seconds, since when it is over and waits for its results to say what it cost; 0: it does not */
    int64_t begun;            /* Unix seconds, when its provider said that it had begun; 0: it has not */
    yz_str asked;             /* the model, as its client named it; empty: of one that was begun before that was kept */
    yz_str hook;              /* that is to be told when it is over, and has not been yet; empty: nobody is */
    int64_t tries;            /* how often that was tried */
} job_row;

typedef struct job_usage { /* tokens */
    int64_t input, cached, output;
} job_usage;

/* False: it is not what this stage wrote. */
bool row_read(yz_arena *arena, const yz_ledger_row *from, job_row *out);
/* What is to be posted to have it stand like this, over the revision that was seen. back: what was charged for it is given back in the same
 * step. In the arena. */
const yz_posting *row_posting(yz_arena *arena, const job_row *row, bool back);
/* Likewise with so much of it given back (0: nothing), and why, and with what it has used, which is known by now. */
const yz_posting *row_posting_part(yz_arena *arena, const job_row *row, int64_t amount, yz_str why, const job_usage *used);
/* A new id, of the family of what that request begins; and a word that nobody else has. */
yz_str row_new_id(yz_arena *arena, yz_worker *worker, const yz_request *request);
yz_str row_new_word(yz_arena *arena, yz_worker *worker);
bool row_is_id(yz_str id);
/* The operation that began it, as far as its id says; CHAT: it does not. */
yz_op row_begun_by(yz_str id);
/* Takes over what a provider has said of it, in the dialect `speaks` (empty: that of its client): what it does not say stays. */
void row_learn(job_row *row, const yz_job *said, yz_str speaks);
/* With all its texts in this arena. */
job_row row_copy(yz_arena *arena, const job_row *row);
/* The adapter for its provider's answers. NULL: none here. */
const yz_adapter *row_speaker(const yz_call *call, const job_row *row);
/* Is its owner told how it stands in the gateway's own words, and never in the provider's? */
static inline bool row_is_told(const job_row *row) { return row->speaks.n > 0 || row->job.withheld; }
/* Whose jobs a request may ask for. */
yz_str row_owner(const yz_request *request);
/* Sets `look` to when it is to be looked at next. */
void row_next_look(const jobs_config *config, job_row *row, int64_t now);
/* Is it too early to ask its provider again, whoever asks? */
bool row_was_just_seen(const jobs_config *config, const job_row *row);
/* It is over and written so; back: with its charge given back. */
void row_count_end(const jobs_stage *stage, const job_row *row, bool back);
const char *row_state_word(yz_job_state state);
/* It is over, and made nothing. */
static inline bool row_came_to_nothing(const job_row *row) { return yz_job_over(row->job.state) && row->job.state != YZ_JOB_SUCCEEDED; }
static inline int64_t row_wall(void) { return yz_clock_wall_ns() / 1000000000; }

/* ---- inside.c ------------------------------------------------------------------------------------------------------- */

/* A document of JSON, as it comes: the texts of the members of one name (adapter.h: job_bytes) are told from all else. */
typedef struct inside {
    const char *name; /* NULL: nothing is */
    size_t number;    /* of the text that is passing, or was the last, from 1 */
    bool content, closes, in_string, escaped, named;
    char word[40]; /* the last text outside of them, as far as it may be the name */
    size_t n_word;
} inside;

/* How many of the first bytes, at least one of some, are alike: *content: in such a text. */
size_t inside_run(inside *s, yz_str bytes, bool *content);

/* One of these texts, decoded. */
typedef struct inner {
    inside in;
    size_t wanted; /* its number; 0: none is */
    uint32_t bits, unicode;
    unsigned n_bits, escape; /* escape: characters of an escape that has begun */
    bool found, ended, bad;
} inner;

/* The number behind a path of `made`; 0: there is none. */
size_t piece_number(yz_str made);

/* ---- collect.c ------------------------------------------------------------------------------------------------------ */

typedef struct collected {
    yz_head *head; /* NULL: none yet */
    yz_buf bytes;
    bool too_long;
    inside in; /* of what was made, and stands in it, only a letter is kept */
    size_t letters;
} collected;

/* What of it is not to be kept, by the adapter that reads it. */
static inline void collect_for(collected *c, const yz_adapter *reader) { c->in.name = reader ? reader->job_bytes : NULL; }
void collect_head(yz_arena *arena, collected *c, const yz_head *head);
void collect_chunk(collected *c, const yz_chunk *chunk);
/* Its document; NULL: it is none. */
const yz_json *collect_document(const collected *c, yz_arena *arena);
/* The object in it that is about the job (its `told`; empty: all of it), with the id `id` at its places, and `from` where it names the
 * earlier job. In the arena. */
yz_str collect_told(const collected *c, yz_arena *arena, const yz_job *said, yz_str id, yz_str from);
/* Sends it up as the call's answer, with another id where it names the job (`at`, a slice of the document; empty: nowhere). */
void collect_send(yz_call *call, const collected *c, yz_str at, yz_str id);
/* Sends a document of JSON as the call's answer, and frees it; with what a provider's answer (`heard`; NULL: none) has lost on its way. */
void send_document(yz_call *call, yz_buf *document, const yz_head *heard);

/* ---- media.c -------------------------------------------------------------------------------------------------------- */

/* In a document of JSON for this owner, in that dialect. */
void media_exchange(yz_call *call, const yz_adapter *dialect, yz_str owner, yz_buf *document);

/* ---- look.c --------------------------------------------------------------------------------------------------------- */

enum { TAKEN_S = 60 }; /* whoever has taken a job and died leaves it to others after that */

/* One job that is being looked at. */
typedef struct look {
    struct look *next;
    job_row row;    /* how it stands, as far as this process knows */
    job_row seen;   /* what is being written, once the provider has answered */
    yz_call *child; /* asks its provider; NULL: not yet, or not any more */
    collected answer;
    bool heard;                /* `answer` says what `row` says, which names the place of the id in it */
    bool written;              /* how it stands, or that another is at it */
    bool back;                 /* `seen` is written with what was charged given back */
    bool over;                 /* it is over, and its provider is only asked for what it made: nothing is written */
    bool tells;                /* … to tell it to the hook */
    struct settling *settling; /* its results are asked for; NULL: they are not */
    int64_t part;              /* of its charge that is given back with `seen`; 0: none, or all (back) */
    yz_str why;                /* … and why */
    job_usage used;            /* … and what it has used; 0: nothing, or it was said when it was charged */
    yz_call *call;
    void (*done)(yz_call *call, struct look *look);
} look;

/* Asks the provider how the job stands, unless another does, and writes what it says. done is called once, never from inside; not once the
 * call has ended. Events of the child are to be given to the others. */
void look_start(yz_call *call, look *l);
/* Asks the provider of one that is over for what it made, which is not kept here. Likewise. */
void look_again(yz_call *call, look *l);
/* For hook.c: it has been looked at, and written. */
void look_finish(yz_call *call, look *l);
void look_head(yz_call *call, look *l, const yz_head *head);
void look_chunk(yz_call *call, look *l, const yz_chunk *chunk);
void look_end(yz_call *call, look *l);
void look_error(yz_call *call, look *l, const yz_error *error);
/* A request to the account that keeps the job, for this path: as the client's own (`from`) asks, or how it stands. NULL: nobody here speaks
 * its dialect. */
const yz_request *look_request(yz_call *call, const job_row *row, const yz_request *from, yz_str path);

/* For settle.c: it goes on as it stands, asked for something at that path, and over, with so much given back (0: nothing). */
void look_goes_on(yz_call *call, look *l);
void look_ask_for(yz_call *call, look *l, yz_str path, int64_t ms);
void look_settled(yz_call *call, look *l, int64_t part, yz_str why, const job_usage *used);

/* ---- settle.c ------------------------------------------------------------------------------------------------------- */

/* What was said of it is that it is over: does that say no more than where its results are, and was it paid for before it was known what it
 * costs? Then it is to be settled, by the stage's own work. */
bool settle_is_due(const yz_adapter *dialect, const job_row *row, const yz_job *said);
void settle_later(job_row *row, int64_t now);
/* ms that asking for its results may take. */
int64_t settle_deadline(void);
void settle(yz_call *call, look *l);
void settle_chunk(yz_call *call, look *l, yz_str bytes);
void settle_end(yz_call *call, look *l);
void settle_free(struct settling *s);

/* ---- named.c -------------------------------------------------------------------------------------------------------- */

enum { NAMED_MOST = 100 };

/* The jobs that the call's request names in its body. */
typedef struct named {
    size_t n, read;
    yz_str *at;    /* slices of the body */
    job_row *rows; /* one each; without an id: there is no such job of who asks */
    void (*done)(yz_call *call);
} named;

/* Reads them, one after the other. done is called once, perhaps from inside; not where the call was ended, as it is where the ledger cannot
 * be read, or too many are named. */
void named_read(yz_call *call, void (*done)(yz_call *call));

/* ---- earlier.c ------------------------------------------------------------------------------------------------------ */

/* The request as the provider of the jobs that it names knows them, and for that one alone. NULL: it cannot be, and the call has ended. */
const yz_request *earlier_request(yz_call *call, const named *jobs);
/* Likewise of one that makes anew what the job has made that its path names, by the model and as long and large as that was. */
const yz_request *earlier_anew(yz_call *call, const job_row *row);

/* ---- hook.c --------------------------------------------------------------------------------------------------------- */

/* What is wrong with the options; NULL: nothing. */
const char *hook_fault(const jobs_config *config);
/* The address that the request names, if it may be told; empty: there is none. In the arena. */
yz_str hook_of(const jobs_config *config, const yz_request *request, yz_arena *arena);
/* Tells it how a job ended, which whoever looks at it has taken: what it made is in `l` if that was heard. That goes on by itself, and
 * writes that it was told, or when it is to be tried again; the look is finished at once. */
void hook_tell(yz_call *call, look *l);
/* Those that are told at the moment are forgotten, once nobody hears of their answers any more: they are told again by whoever looks next.
 */
void hooks_close(jobs_stage *stage);

/* ---- heard.c -------------------------------------------------------------------------------------------------------- */

/* The address for that job, which nobody else can make; empty: there is none. In the arena. */
yz_str heard_address(const jobs_config *config, yz_arena *arena, yz_str id);
/* A provider, or somebody who knows its address, says that something has come of a job: it is looked at, and what was said is not. */
void heard_knock(yz_call *call, const yz_request *request);

/* ---- the calls of this stage ---------------------------------------------------------------------------------------- */

typedef enum jobs_step { STEP_OTHER, STEP_BEGIN, STEP_LOOK, STEP_RELAY, STEP_PIECE } jobs_step;

typedef struct jobs_state {
    jobs_step step;
    job_row row;             /* BEGIN, RELAY */
    yz_call *child;          /* likewise */
    collected answer;        /* likewise */
    const yz_request *asked; /* BEGIN: what goes on */
    yz_str hook;             /* likewise: who is to be told how it ends */
    named named;
    yz_str rest; /* of the path, behind the id */
    look *looks; /* LOOK */
    look *all;   /* several of them, in the order that they were asked for */
    size_t n_all;
    size_t running;         /* of them */
    size_t rounds;          /* of the stage's own work */
    const yz_job **listed;  /* of a list: those of the client's dialect so far, one more than are asked for at most */
    inner piece;            /* PIECE */
    bool began;             /* … and some of it has gone out */
    size_t n_listed, pages; /* … out of so many answers of the ledger */
    yz_str before;          /* … the last ones before this id; empty: the first ones */
    bool skipped;           /* … and there are others before those */
    bool full;              /* there may be more to look at */
} jobs_state;

/* inside.c: more of a document of which a piece is the call's answer, and its end. */
void piece_chunk(yz_call *call, yz_str bytes);
void piece_end(yz_call *call);
void begin(yz_call *call, const yz_request *request);
void begin_end(yz_call *call);
/* How a job stands by its row, as the answer of the call, in the client's dialect. */
void tell(yz_call *call, const job_row *row);
/* Likewise in the provider's own words, which were just heard. */
void tell_heard(yz_call *call, const collected *answer, const job_row *row, const yz_job *said);
void begin_error(yz_call *call, const yz_error *error);
void ask(yz_call *call, const yz_request *request);
void relay_end(yz_call *call);
void list(yz_call *call, const yz_request *request);
void several(yz_call *call);
void due(yz_call *call);

#endif
