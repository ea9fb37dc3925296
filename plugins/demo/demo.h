/* demo/demo.h: what the files of the demo provider share.
 *
 *   demo.c     the filter that answers in place of a network: pace, faults, the descriptor
 *   compose.c  what the answer says
 *   made.c     a picture, and a sound
 *   film.c     a film; video.c   what the Videos API says of it
 *   song.c     a song, and words for one
 */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include <yuzui/plugin.h>

typedef struct demo_config {
    int64_t delay, pace; /* ms: before the answer, between its pieces */
} demo_config;

/* An answer, as plain text. The same request gets the same answer. */
typedef struct demo_answer {
    yz_str reasoning, text;
    yz_str tool;      /* escaped name of the tool to call; empty: none */
    yz_str arguments; /* of it: JSON */
    yz_finish finish;
    yz_usage usage;
} demo_answer;

void demo_compose(const yz_request *request, const yz_chat *chat, yz_arena *arena, demo_answer *out);
/* Bytes of the next piece of a text: about a word. */
size_t demo_piece(yz_str text);

/* made.c: a PNG that is of these words, a WAV of them; and the answer to a request for one: its content type. NULL: it makes nothing such.
 */
void demo_picture(yz_str prompt, yz_buf *out);
void demo_sound(yz_str text, yz_buf *out);
const char *demo_made(const yz_request *request, yz_arena *arena, yz_buf *out);

uint32_t demo_seed(yz_str text); /* the same for the same words */

/* A film of so many seconds, as MP4. */
void demo_film(uint32_t seed, int64_t seconds, yz_buf *out);
/* As demo_made, of requests to begin a film, and about one. */
const char *demo_video(const yz_request *request, yz_arena *arena, yz_buf *out);

void demo_base64(yz_str bytes, yz_buf *out);
const char *demo_song(const yz_request *request, yz_arena *arena, yz_buf *out); /* song.c: as demo_video, of songs and lyrics */

/* value.c: a value that fits a JSON Schema, as far as its types go. */
void demo_value(const yz_json *schema, unsigned depth, yz_buf *out);

#endif
