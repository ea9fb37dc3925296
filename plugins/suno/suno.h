/* suno.h: the parts of the suno adapter.
 *
 *   plugin.c  the descriptor: paths, requests, errors
 *   song.c    how a job stands, read and written
 */
#ifndef YUZUI_SUNO_H
#define YUZUI_SUNO_H

#include "../common/common.h"

typedef struct su_config {
    yz_str prefix;
} su_config;

#define SU_MUSIC  "suno_music" /* the models: the names by which relays bill the two */
#define SU_LYRICS "suno_lyrics"

/* The contracts are yz_adapter's. */
int su_read_job(const yz_request *request, const yz_json *body, yz_arena *arena, yz_job *out);
void su_write_job(const yz_request *request, const yz_job *job, yz_buf *out);
void su_write_jobs(const yz_request *request, const yz_job *const *jobs, size_t n, bool more, yz_buf *out);

#endif
