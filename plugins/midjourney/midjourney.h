/* midjourney.h: the parts of the midjourney adapter.
 *
 *   plugin.c  the descriptor: paths, requests, where they go
 *   action.c  what a request does, which decides its price
 *   answer.c  answers to a submission, refusals, errors
 *   task.c    how a job stands, read and written
 */
#ifndef YUZUI_MIDJOURNEY_H
#define YUZUI_MIDJOURNEY_H

#include "../common/common.h"

#define MJ_SEED "/image-seed"

/* ---- action.c ------------------------------------------------------------------------------------------------------- */

/* The path as it is without a speed before it, "/mj/submit/imagine", and that speed: "turbo"; empty: none. */
yz_str mj_path(yz_str path, yz_str *speed);
/* Sets the model of a submission, "mj_imagine", "mj_turbo_upscale". Refuses what does not say clearly what it does, and what asks for a
 * speed elsewhere than in its path. */
int mj_accept_action(yz_request *request, yz_arena *arena, yz_error *error);
/* The action of such a model, as tasks say it: "UPSCALE". In the arena. */
void mj_put_action(yz_str model, yz_buf *out);
/* The id at the beginning of the content of a simple change, "ID U2"; empty: there is none. */
yz_str mj_changed(const yz_json *body);

/* ---- answer.c ------------------------------------------------------------------------------------------------------- */

enum { MJ_SUBMITTED = 1, MJ_EXISTS = 21, MJ_QUEUED = 22 }; /* the codes of what was taken */

static inline bool mj_taken(int64_t code) { return code == MJ_SUBMITTED || code == MJ_EXISTS || code == MJ_QUEUED; }

/* The contracts of these are yz_adapter's. */
bool mj_refuses(const yz_request *request, const yz_json *body, yz_arena *arena, yz_error *out);
void mj_read_error(int status, const yz_json *body, yz_arena *arena, yz_error *out);
void mj_write_error(const yz_error *error, int status, yz_str request_id, yz_buf *out);
int mj_decode_body(void *decoder, const yz_json *body, yz_arena *arena, yz_sink *sink);

/* ---- task.c: likewise ----------------------------------------------------------------------------------------------- */

int mj_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out);
void mj_write_job(const yz_request *request, const yz_job *job, yz_buf *out);
void mj_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out);

#endif
