/* yuzui/job.h: a job: work that a provider goes on with after it has answered, such as a film. Whoever began it asks for it by its id,
 * until it is over. How one stands, in neutral form: adapters read it from what their provider says, and write it for their clients.
 */
#ifndef YUZUI_JOB_H
#define YUZUI_JOB_H

#include <yuzui/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a job stands: name, word, is it over. The words are kept in the ledger: they never change. */
/* clang-format off */
#define YZ_JOB_STATES(X)                                                                                               \
    X(SUBMITTING, "submitting", false) /* it is being begun: the provider has not said that it did */                  \
    X(UNKNOWN, "unknown", false)       /* nobody knows if it was begun: the provider did not say */                    \
    X(QUEUED, "queued", false)                                                                                         \
    X(RUNNING, "running", false)                                                                                       \
    X(SUCCEEDED, "succeeded", true)                                                                                    \
    X(FAILED, "failed", true)                                                                                          \
    X(CANCELLED, "cancelled", true)                                                                                    \
    X(EXPIRED, "expired", true)        /* it was not over in time, or nobody ever knew of it */
/* clang-format on */
typedef enum yz_job_state {
#define YZ_JOB_ENUM(name, word, over) YZ_JOB_##name,
    YZ_JOB_STATES(YZ_JOB_ENUM)
#undef YZ_JOB_ENUM
        YZ_JOB_STATES_N
} yz_job_state;

static inline bool yz_job_over(yz_job_state state) { return state >= YZ_JOB_SUCCEEDED; }

/* Texts are plain, and in the arena of whoever made it. */
typedef struct yz_job {
    size_t size;
    yz_job_state state;
    yz_str id;              /* as the dialect names it: the provider's, or the one that its client was given */
    yz_str id_at;           /* read: where the id stands in the body, between its quotes; empty: who asks is told by write_job */
    yz_str id_too;          /* read: a second such place, behind that one; empty: there is none */
    yz_str from;            /* written: the id of the earlier job that it was made from, as its client knows that; empty: of none */
    yz_str from_at;         /* read: where its provider names that in the body, between the quotes; empty: it does not */
    yz_str path;            /* read: where a client of this dialect asks how it stands: "/v1/videos/video_123" */
    int progress;           /* 0 to 100 */
    yz_str model;           /* written: as the client asked for it */
    yz_str seconds, extent; /* of a film: how long ("8"), how large ("1280x720"); empty: not said */
    int64_t parts;          /* of a batch: how many chats; 0: not said */
    yz_str code, message;   /* why it failed */
    int64_t created, ended, expires; /* Unix seconds; 0: not said */
    /* What the provider says of it that is for its client, as an object of JSON: read: with `id_at` in it, in the body, or in a copy that
     * leaves something out; written: the same with the id that its client was given. Empty: it is the whole body, or nobody has asked the
     * provider. */
    yz_str told;
    bool again; /* read, of an answer to who was to begin one: it had been begun before, and is not paid for a second time */
    /* Read: where a client of this dialect gets what was made, a path for each piece of it: "/v1beta/files/abc:download", or that of a
     * document that holds it, and which of its texts it is ("#1", adapter.h: job_bytes). None: nothing is made yet, or it is got behind the
     * job's own path. Written: how many there are; a client asks for them by the id and a number. */
    const yz_str *made;
    size_t n_made;
    /* Read: the answer names places where only the provider's own account can ask. Whoever asks how the job stands is told so in the words
     * of write_job, and never in the provider's. */
    bool withheld;
    /* What of the provider's words is kept with the job, for who asks while that is not asked: an object of JSON, at most YZ_JOB_KEPT_MAX
     * bytes. Read: made by the adapter; written: the same. Empty: nothing is. */
    yz_str kept;
    yz_str keeper; /* written: the provider that keeps it, by name */
    /* Read, of a batch that is over: `answers` of its chats have an answer among what was made, and all others cost nothing.
     * answers_said false: its provider does not say. */
    bool answers_said;
    int64_t answers;
} yz_job;
#define YZ_JOB_KEPT_MAX 16384
#define YZ_JOB          .size = sizeof(yz_job)

#ifdef __cplusplus
}
#endif
#endif
