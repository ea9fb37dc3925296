/* yuzui/body.h: the body of a request as an object: what of it is there already, how long it is, and how the rest comes.
 *
 * A body is *whole* when all of its bytes are known: a chat, an embedding. A body may also *stream*: an upload of which only the beginning
 * is known when the call starts, and the rest is read while it goes upstream. Both travel through the same tree, and stages that only
 * pass requests on see no difference.
 *
 *   known       bytes at the beginning, as slices: kept, and read as often as wanted
 *   the rest    comes from a source, one portion after the other, as fast as its reader takes it
 *
 * A body is immutable (but for the length of one that said none, which is set when its end has come) and may have several readers, one
 * after another (a retry) or at once (a hedge). If the rest cannot be read again
 * (`replayable` false), its bytes go to whoever pulls first; from the first such byte on yz_committed is true for every call above the
 * reader, so that no stage tries again what can no longer be sent. Until then, while only known bytes have gone out, it may.
 *
 * Everything is called on the worker thread of the call. Nothing here waits, and nothing is copied.
 */
#ifndef YUZUI_BODY_H
#define YUZUI_BODY_H

#include <yuzui/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct yz_body yz_body;
typedef struct yz_body_reader yz_body_reader;

/* What a source does for one reader. */
typedef struct yz_body_ops {
    size_t size;
    /* The next bytes of the rest: at most `most` of them, in at most `max` slices that stay until the next pull or close. Returns how many
     * slices, none of them empty. 0: that was all. YZ_EAGAIN: none are there; reader->on_more follows. Other codes: see yz_body_pull. */
    int (*pull)(yz_body_reader *reader, size_t most, yz_str *parts, size_t max);
    /* The reader will not pull for a while (paused), or goes on: bring no more than is asked for. Optional. */
    void (*pause)(yz_body_reader *reader, bool paused);
    /* The reader has finished, or gives up. Called once if it has pulled; on_more may not be called any more. Optional. */
    void (*close)(yz_body_reader *reader);
    /* See yz_body_keep. Optional: what is kept of it counts for nothing. */
    bool (*keep)(const yz_body *body, int64_t n);
} yz_body_ops;
#define YZ_BODY_OPS .size = sizeof(yz_body_ops)

/* Lives as long as the request it belongs to. */
struct yz_body {
    size_t size;
    const yz_str *known; /* in order */
    size_t n_known;
    int64_t length;         /* bytes in all, the known ones included; -1: nobody knows before the end */
    const yz_body_ops *ops; /* how the rest comes; NULL: there is none, the body is whole */
    void *source;           /* theirs */
    bool replayable;        /* the rest may be read again, from its beginning */
    int64_t most;           /* with length -1: more bytes than these it will not have; 0: it has no bound */
};
#define YZ_BODY .size = sizeof(yz_body)

/* One reading, in the reader's memory: {YZ_BODY_READER, .body = …, .on_more = …}. It begins at the first byte. */
struct yz_body_reader {
    size_t size;
    const yz_body *body;
    /* After YZ_EAGAIN: pull again. Called by the source from the loop's turn, never from inside a function of this header. */
    void (*on_more)(yz_body_reader *reader);
    void *state; /* the source's */
    /* How far it has come: read only. */
    uint64_t at;          /* bytes pulled */
    size_t part, part_at; /* of the known ones */
    bool begun;           /* the source has been asked */
    bool ended;           /* all of it has been pulled: the next pull returns 0 */
    bool taken;           /* a byte that cannot be read again has been pulled */
    const char *why; /* set by a source whose pull fails: for the client, without a full stop; it lives as long as the body. Optional */
};
#define YZ_BODY_READER .size = sizeof(yz_body_reader)

/* The next bytes: at most `most`, in at most `max` slices (both at least 1), which stay until the next pull or close. Returns how many
 * slices. 0: the end, and it was where `length` said. YZ_EAGAIN: later (on_more). Otherwise the body has failed, and only yz_body_close
 * is left: YZ_EINVAL, it is not what it should be, or longer or shorter than it said; YZ_ELIMIT, it is too long; YZ_ECANCELLED, whoever
 * sent it has left, and YZ_ETIMEOUT, sends no more; YZ_EIO, there is no room for what of it must be kept (yz_body_keep): it may be sent
 * again later; YZ_ENOTFOUND, its bytes are gone: they went to an earlier reader. */
int yz_body_pull(yz_body_reader *reader, size_t most, yz_str *parts, size_t max);
void yz_body_pause(yz_body_reader *reader, bool paused);
/* Whoever reads it keeps n bytes more of the rest, or with n negative, fewer: these count as those of other large bodies do (limits {
 * bodies
 * }). False: all of them together are as many as may be, and nothing was counted. */
bool yz_body_keep(const yz_body *body, int64_t n);
/* Also of a reader that has not pulled; twice does nothing. */
void yz_body_close(yz_body_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
