/* demo/song.c: a song of the demo provider, or words for one, as relays of Suno tell them: begun, and asked for. A song is a few tones
 * (WAV) that stand in its address itself (data:), since this provider has none where it could lie. Nothing is kept: the id says what it is
 * drawn from. The protocol needs the stage jobs, which gives its clients ids of its own.
 */
#include "demo.h"

#include <yuzui/adapter.h>

#include <stdio.h>

#define SONG  "song_demo_"
#define WORDS "words_demo_"

enum { TONES = 8 };

static void put_address(uint32_t seed, yz_arena *arena, yz_buf *out) {
    yz_buf wav = {0}, words = {0};
    for (int i = 0; i < TONES; i++)
        yz_buf_printf(&words, "%x ", seed >> (4 * i & 31) & 15);
    demo_sound(yz_dup(arena, yz_buf_view(&words)), &wav);
    yz_buf_lit(out, "data:audio/wav;base64,");
    demo_base64(yz_buf_view(&wav), out);
    yz_buf_free(&wav), yz_buf_free(&words);
}

static void put_song(yz_str id, bool song, uint32_t seed, yz_arena *arena, yz_buf *out) {
    long long now = (long long)yz_clock_wall();
    yz_buf_lit(out, "{\"code\":\"success\",\"message\":\"\",\"data\":{\"task_id\":");
    yz_buf_json_str(out, id);
    yz_buf_printf(out,
                  ",\"action\":\"%s\",\"status\":\"SUCCESS\",\"progress\":\"100%%\",\"submit_time\":%lld,\"finish_time\":%lld,\"data\":",
                  song ? "MUSIC" : "LYRICS", now, now);
    if (song) {
        yz_buf_printf(out, "[{\"id\":\"clip_demo_%08x\",\"status\":\"complete\",\"title\":\"Demo %08x\",\"audio_url\":\"", seed, seed);
        put_address(seed, arena, out);
        yz_buf_lit(out, "\"}]}}");
    } else {
        yz_buf_printf(out, "{\"status\":\"complete\",\"title\":\"Demo %08x\",\"text\":\"[Verse]\\nla la, a yuzu and a weir\"}}}", seed);
    }
}

static bool read_song(yz_str id, const char *kind, yz_arena *arena, uint32_t *seed) {
    size_t n = strlen(kind);
    unsigned said = 0;
    if (!yz_str_starts(id, kind) || sscanf(yz_dup(arena, id).p + n, "%8x", &said) != 1)
        return false;
    *seed = said;
    return true;
}

const char *demo_song(const yz_request *request, yz_arena *arena, yz_buf *out) {
    uint32_t seed;
    if (request->op == YZ_OP_STORED) {
        bool song = read_song(request->stored, SONG, arena, &seed);
        if (!song && !read_song(request->stored, WORDS, arena, &seed))
            return NULL;
        put_song(request->stored, song, seed, arena, out);
        return "application/json";
    }
    const yz_json *prompt = yz_json_given(request->json, "prompt");
    prompt = prompt ? prompt : yz_json_given(request->json, "gpt_description_prompt");
    seed = demo_seed(yz_json_text(arena, prompt));
    yz_buf_printf(out, "{\"code\":\"success\",\"message\":\"\",\"data\":\"%s%08x\"}",
                  yz_str_is(request->model, "suno_lyrics") ? WORDS : SONG, seed);
    return "application/json";
}
