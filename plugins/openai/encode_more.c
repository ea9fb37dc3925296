/* openai/encode_more.c: what an answer has beside text and calls, as this dialect says it.
 *
 * Sources are annotations of type url_citation, with places in the whole content, told when the text they are of has ended; log
 * probabilities go along with the next chunk. A picture is a data: URL in message.images, as OpenRouter and LiteLLM have it, in one chunk,
 * since a URL cannot be cut; sound is message.audio. Sources without a URL have no place here.
 */
#include "openai.h"

/* JSON on one line: in what was proven, one can only break between values. */
static void put_line(yz_str raw, yz_buf *out) {
    for (size_t i = 0; i < raw.n; i++)
        yz_buf_char(out, raw.p[i] == '\n' || raw.p[i] == '\r' ? ' ' : raw.p[i]);
}

/* ---- log probabilities --------------------------------------------------------------------------------------------------------- */

/* Entries of several lists, in one. */
void oa_more_logprobs(oa_encoder *e, oa_out_choice *c, const yz_event *event) {
    if (event->list.n < 2) {
        yc_lose_named(e->info, event->name, "logprobs");
        return;
    }
    yz_buf_lit(&c->logprobs, c->logprobs.n ? "," : "");
    put_line((yz_str){event->list.p + 1, event->list.n - 2}, &c->logprobs);
}

void oa_put_logprobs(oa_out_choice *c, yz_buf *out) {
    if (c->logprobs.n == 0) {
        yz_buf_lit(out, "null");
        return;
    }
    yz_buf_lit(out, "{\"content\":[");
    yz_buf_str(out, yz_buf_view(&c->logprobs));
    yz_buf_lit(out, "],\"refusal\":null}");
    c->logprobs.n = 0;
}

/* ---- sources ------------------------------------------------------------------------------------------------------------------- */

void oa_more_source(oa_encoder *e, oa_out_choice *c, const yz_event *event) {
    if (c->n_sources == c->cap_sources) {
        unsigned cap = c->cap_sources ? c->cap_sources * 2 : 4;
        const yz_event **sources = yz_alloc(e->info->arena, cap * sizeof(*sources));
        if (c->n_sources)
            memcpy(sources, c->sources, c->n_sources * sizeof(*sources));
        c->sources = sources;
        c->cap_sources = cap;
    }
    c->sources[c->n_sources++] = yz_event_copy(e->info->arena, event);
}

static void put_citation(const oa_out_choice *c, const yz_places *places, const yz_citation *citation, yz_buf *out) {
    int64_t from, to;
    yz_citation_place(citation, places, false, &from, &to);
    yz_buf_printf(out, "{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":%lld,\"end_index\":%lld,\"title\":\"",
                  (long long)(c->chars) + (long long)from, (long long)(c->chars) + (long long)to);
    yz_buf_str(out, citation->title.n ? citation->title : citation->url);
    yz_buf_lit(out, "\",\"url\":\"");
    yz_buf_str(out, citation->url);
    yz_buf_lit(out, "\"}}");
}

/* Its annotations, with commas between; an event of this dialect is one as it stands. */
static void put_source(const oa_encoder *e, const oa_out_choice *c, const yz_places *places, const yz_event *event, yz_buf *out) {
    bool own = yz_str_is(event->dialect, "openai-chat") && event->raw.n, told = false;
    if (own) {
        yz_buf_lit(out, out->n ? "," : "");
        put_line(event->raw, out);
        return;
    }
    for (const yz_citation *citation = event->citations; citation; citation = citation->next)
        if (citation->url.n) {
            yz_buf_lit(out, out->n ? "," : "");
            put_citation(c, places, citation, out);
            told = true;
        }
    if (!told)
        yc_lose_named(e->info, event->name, "message.annotations");
}

static void end_sources(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    yz_buf list = {0};
    const yz_places *places = c->n_sources ? yz_places_new(e->info->arena, yz_buf_view(&c->whole)) : NULL;
    for (unsigned i = 0; i < c->n_sources; i++)
        put_source(e, c, places, c->sources[i], &list);
    c->n_sources = 0;
    if (list.n && e->info->stream) {
        oa_chunk_begin(c, out);
        yz_buf_lit(out, "{\"annotations\":[");
        yz_buf_str(out, yz_buf_view(&list));
        yz_buf_lit(out, "]}");
        oa_chunk_end(e, c, out);
    } else if (list.n) {
        yz_buf_lit(&c->annotations, c->annotations.n ? "," : "");
        yz_buf_str(&c->annotations, yz_buf_view(&list));
    }
    yz_buf_free(&list);
}

/* ---- pictures and sound ---------------------------------------------------------------------------------------------------------- */

static void put_image(const oa_out_choice *c, yz_buf *out) {
    yz_buf_lit(out, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:");
    yz_buf_str(out, c->media_type.n ? c->media_type : YZ_STR("image/png"));
    yz_buf_lit(out, ";base64,");
    yz_buf_str(out, yz_buf_view(&c->whole));
    yz_buf_printf(out, "\"},\"index\":%u}", c->n_images);
}

static void end_image(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    if (e->info->stream) {
        oa_chunk_begin(c, out);
        yz_buf_lit(out, "{\"images\":[");
        put_image(c, out);
        yz_buf_lit(out, "]}");
        oa_chunk_end(e, c, out);
    } else {
        yz_buf_lit(&c->images, c->n_images ? "," : "");
        put_image(c, &c->images);
    }
    c->n_images++;
}

#define AUDIO_LIVES 3600 /* seconds: the field must be there, though nothing is kept here that could be asked for */

static void put_audio(const oa_encoder *e, yz_str data, yz_buf *out) {
    yz_buf_lit(out, "{\"id\":\"audio_");
    yz_buf_str(out, e->id);
    yz_buf_printf(out, "\",\"expires_at\":%lld,\"transcript\":\"\",\"data\":\"", (long long)(e->info->now + AUDIO_LIVES));
    yz_buf_str(out, data);
    yz_buf_lit(out, "\"}");
}

void oa_more_piece(oa_encoder *e, oa_out_choice *c, yz_str piece, yz_buf *out) {
    if (c->item == YZ_PART_IMAGE) {
        yz_buf_str(&c->whole, piece);
    } else if (e->info->stream) {
        oa_chunk_begin(c, out);
        yz_buf_lit(out, "{\"audio\":");
        put_audio(e, piece, out);
        yz_buf_char(out, '}');
        oa_chunk_end(e, c, out);
    } else if (c->audio.n && c->audio.p[c->audio.n - 1] == '=') { /* what is padded has an end */
        yc_lose_named(e->info, YZ_STR("message.audio"), "message.audio");
    } else {
        yz_buf_str(&c->audio, piece);
    }
}

void oa_more_end(oa_encoder *e, oa_out_choice *c, yz_buf *out) {
    if (c->item == YZ_PART_IMAGE)
        end_image(e, c, out);
    if (c->item == YZ_PART_TEXT) {
        end_sources(e, c, out);
        c->chars += yz_escaped_length(yz_buf_view(&c->whole), false);
    }
    c->whole.n = 0;
}

void oa_put_more(const oa_encoder *e, const oa_out_choice *c, yz_buf *out) {
    const struct {
        const char *key;
        const yz_buf *list;
    } table[] = {{"reasoning_details", &c->details}, {"images", &c->images}, {"annotations", &c->annotations}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].list->n) {
            yz_buf_printf(out, ",\"%s\":[", table[i].key);
            yz_buf_str(out, yz_buf_view(table[i].list));
            yz_buf_char(out, ']');
        }
    if (c->audio.n) {
        yz_buf_lit(out, ",\"audio\":");
        put_audio(e, yz_buf_view(&c->audio), out);
    }
}
