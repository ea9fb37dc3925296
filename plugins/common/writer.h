/* common/writer.h: what the ledgers share: a queue of postings, and one thread that writes them to a database. A ledger plugin says how its
 * database does that (writer_store), and is the rest of yuzui/ledger.h itself.
 *
 * Postings of all threads go into one queue; the thread takes all that wait, has them written in one transaction, and tells everybody how
 * it went. So under load a sync of the disk, or a trip to the server, is shared by many requests. What fails is undone as a whole and then
 * tried one by one, so that nobody fails for another's sake. What nobody waits for is tried until it is written: the end of a request is a
 * charge, and must not be lost because the disk was full for a minute. So is what may be written although it failed: nobody is told that
 * nothing was done as long as nobody knows.
 */
#ifndef COMMON_WRITER_H
#define COMMON_WRITER_H

#include <yuzui/ledger.h>
#include <yuzui/plugin.h>

/* Two kinds of posting are the writer's own, beyond those of yuzui/ledger.h (which they follow in all else):
 * LEASE   available -> held, for the lease of the number `lease`: as much of `amount` as is a lease_share-th of what is available, and
 *         YZ_ELIMIT if that is less than a quarter of it, if that lease has ended, or if what is lent of the account is wanted back. A
 *         lease that stands gets it on top, and lasts until `expires` from now on. `id` is this posting's own.
 * RETURN  the rest of the lease whose number is `amount` -> available, once. `id` names it. From then on there is none of this number,
 *         also if it comes before the LEASE, which a failure may have held up.
 */
#define WRITER_LEASE  ((yz_posting_kind)100)
#define WRITER_RETURN ((yz_posting_kind)101)

/* A posting that waits, or was written. */
typedef struct writer_item {
    struct writer_item *next;
    size_t room;        /* bytes of it, texts included */
    yz_posting posting; /* its texts follow */
    yz_ledger_done *done;
    void *arg;
    yz_posted posted;
    uint64_t will; /* dropped once it is written */
    int64_t until; /* ms: how long it is tried again for what others may give back; 0: it has lacked nothing yet */
    bool final;    /* what it lacks will not be given back by anybody */
    bool doubt;    /* the store's: it failed, and may be written all the same, as when the answer to a COMMIT is lost. It stays set */
} writer_item;

typedef void writer_told(void *arg, uint64_t number, yz_str account);

/* What a database does; all of it on the writer's thread, and in writer_start. `db` is the plugin's own. */
typedef struct writer_store {
    const char *name; /* of the plugin */
    size_t batch;     /* postings of one transaction */
    /* Writes the postings from first until end in one transaction, and says in each how it went. False: nothing of it happened, or (the
     * connection was lost) perhaps all of it, which it says in each (`doubt`): to post it again is right in both cases. A CAPTURE that
     * finds less than it costs, while some of the account is lent, is answered YZ_EAGAIN and not done, unless it is final. Whatever finds
     * too little, while it would be enough with what is lent, has that wanted back. now: Unix seconds. */
    bool (*write)(void *db, writer_item *first, const writer_item *end, int64_t now);
    /* After a batch that failed: is there any use in trying its postings one by one? */
    bool (*ready)(void *db);
    /* Ends the holds whose time is over, at most `most`. Their number, or negative: it failed. */
    int (*expire)(void *db, int64_t now, int most);
    /* Does a portion of what no request waits for, some milliseconds' worth: sums of what is over, and then what is older than is kept
     * goes. 1: there is more; 0: nothing; negative: it failed. */
    int (*roll)(void *db, int64_t now);
    /* The last failure. */
    const char *(*why)(void *db);
    /* Calls told(arg, number, account) for every lease that is wanted back, whoever has it. NULL: it knows no leases. */
    void (*wanted)(void *db, int64_t now, writer_told *told, void *arg);
} writer_store;

typedef struct writer writer;

/* Carries out the wills of dead processes, ends what has expired, and starts the thread. NULL: there is no memory, or no thread. The
 * database is the writer's until writer_close. wills_base: how the names of their files begin (wills.h), kept by the
 * caller; NULL: none are kept. */
writer *writer_start(const writer_store *store, void *db, const char *wills_base);
/* Writes what waits, or tells its posters of the failure, and ends the thread. */
void writer_close(writer *w);
/* As the `post` of yuzui/ledger.h. */
int writer_post(writer *w, const yz_posting *posting, yz_ledger_done *done, void *arg);
/* As `will`. */
uint64_t writer_will(writer *w, const yz_posting *posting);
/* As `cover`. */
bool writer_cover(writer *w, yz_posting *hold, yz_posting *end);

#endif
