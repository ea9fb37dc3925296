/* yuzui/film.h: what a film is asked for by, in neutral form: what adapters of two dialects hand to each other. All texts are plain; empty,
 * or 0, is "not said". How it stands, once it is begun, is a job (job.h).
 *
 *   here          the Videos API       predictLongRunning
 *   prompt        prompt               instances[0].prompt
 *   negative      -                    parameters.negativePrompt
 *   seconds       seconds              parameters.durationSeconds
 *   extent        size                 -
 *   aspect        -                    parameters.aspectRatio
 *   resolution    -                    parameters.resolution
 *   count         -                    parameters.sampleCount
 *   picture       input_reference      instances[0].image
 */
#ifndef YUZUI_FILM_H
#define YUZUI_FILM_H

#include <yuzui/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct yz_film {
    size_t size;
    yz_str prompt, negative; /* what is to be seen, and what is not */
    yz_str seconds;          /* "8"; a reader says what its dialect means where a client says nothing: that is what is paid for */
    yz_str extent;           /* width and height: "1280x720" … */
    yz_str aspect;           /* … or what they are to each other, "16:9", … */
    yz_str resolution;       /* … and "720p", "1080p", "4k" */
    int64_t count;           /* of films from the one prompt */
    yz_str picture;          /* base64 of what it begins with … */
    yz_str picture_type;     /* … and its type: "image/png" */
    yz_str picture_url;      /* or where that lies */
} yz_film;
#define YZ_FILM .size = sizeof(yz_film)

#ifdef __cplusplus
}
#endif
#endif
