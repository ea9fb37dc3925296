/* openai/picture.c: the Images API where a model of another dialect paints. Such models paint in chats, so the request becomes a chat whose
 * answer is wanted as pictures, and what comes is written as the Images API says it. Words beside the pictures have no place in that.
 */
#include "openai.h"

/* ---- the request ---------------------------------------------------------------------------------------------------------- */

static void tell_losses(const yz_json *root, yz_arena *arena, yz_losses *losses) {
    static const char *const carried[] = {"model", "prompt", "n", "stream", "user", NULL};
    for (const yz_json *field = root->child; field; field = field->next) {
        bool as_wanted = yz_str_is(yz_json_key(field), "response_format") && yz_json_says(field, "b64_json");
        if (!yc_one_of(yz_json_key(field), carried) && field->type != YZ_JSON_NULL && !as_wanted)
            yz_lose(losses, yz_dup(arena, yz_json_key(field)).p);
    }
}

int oa_read_picture(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *out, yz_error *error) {
    const yz_json *root = request->json, *prompt = yz_json_get(root, "prompt"), *n = yz_json_given(root, "n");
    if (!yz_json_is(prompt, YZ_JSON_STRING) || yz_json_escaped(prompt).n == 0)
        return yz_refuse(arena, error, YZ_STR("prompt"), "prompt must be a string that is not empty");
    if (n && (!yz_json_is(n, YZ_JSON_NUMBER) || yz_json_int(n, 0) < 1 || yz_json_int(n, 0) > 10))
        return yz_refuse(arena, error, YZ_STR("n"), "n must be a number from 1 to 10");
    out->stream = request->stream;
    out->source = root;
    yz_part_add(yz_message_add(out, YZ_ROLE_USER), YZ_PART_TEXT)->text = yz_json_escaped(prompt);
    out->modalities = YZ_STR("[\"image\"]");
    out->user = yz_json_escaped(yz_json_get(root, "user"));
    out->n = yz_json_int(n, 0);
    tell_losses(root, arena, losses);
    return YZ_OK;
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------- */

static void put_usage(const yz_usage *u, yz_buf *out) {
    int64_t in = yz_usage_count(u, YZ_METER_INPUT), output = yz_usage_count(u, YZ_METER_OUTPUT),
            pictures = yz_usage_count(u, YZ_METER_IMAGE_INPUT);
    if (!u->known)
        return;
    yz_buf_printf(
        out,
        ",\"usage\":{\"total_tokens\":%lld,\"input_tokens\":%lld,\"output_tokens\":%lld,\"input_tokens_details\":{\"text_tokens\":%lld,"
        "\"image_tokens\":%lld}}",
        (long long)(in + output), (long long)in, (long long)output, (long long)(in > pictures ? in - pictures : 0), (long long)pictures);
}

/* "png" of "image/png". */
static yz_str format_of(yz_str media_type) {
    bool picture = yz_str_starts(media_type, "image/") && yc_kept_word((yz_str){media_type.p + 6, media_type.n - 6});
    return picture ? (yz_str){media_type.p + 6, media_type.n - 6} : YZ_STR("png");
}

static void put_event(const oa_encoder *e, const oa_out_picture *picture, yz_buf *out) {
    yz_buf_lit(out, "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"");
    yz_buf_str(out, yz_buf_view(&picture->data));
    yz_buf_printf(out, "\",\"created_at\":%lld,\"size\":\"auto\",\"quality\":\"auto\",\"background\":\"auto\",\"output_format\":\"%.*s\"",
                  (long long)e->created, YZ_STR_ARGS(format_of(picture->media_type)));
    put_usage(&e->usage, out);
    yz_buf_lit(out, "}\n\n");
}

static void put_document(const oa_encoder *e, yz_buf *out) {
    yz_buf_printf(out, "{\"created\":%lld,\"data\":[", (long long)e->created);
    for (const oa_out_picture *p = e->pictures; p; p = p->next) {
        yz_buf_lit(out, p == e->pictures ? "{\"b64_json\":\"" : ",{\"b64_json\":\"");
        yz_buf_str(out, yz_buf_view(&p->data));
        yz_buf_lit(out, "\"}");
    }
    yz_buf_char(out, ']');
    put_usage(&e->usage, out);
    yz_buf_char(out, '}');
}

static void done(oa_encoder *e, yz_buf *out) {
    e->closed = true;
    if (!e->info->stream)
        put_document(e, out);
    for (const oa_out_picture *p = e->pictures; p && e->info->stream; p = p->next)
        put_event(e, p, out);
}

static void free_picture(void *arg) { yz_buf_free(&((oa_out_picture *)arg)->data); }

static void begin(oa_encoder *e, const yz_event *event) {
    if (event->item != YZ_PART_IMAGE) {
        yc_lose_named(e->info, event->name, "message.content");
        return;
    }
    oa_out_picture *p = yz_alloc(e->info->arena, sizeof *p), **last = &e->pictures;
    *p = (oa_out_picture){.choice = event->choice, .item = event->index, .media_type = yz_dup(e->info->arena, event->media_type)};
    yz_on_free(e->info->arena, free_picture, p);
    while (*last)
        last = &(*last)->next;
    *last = p;
}

static void more(oa_encoder *e, const yz_event *event) {
    for (oa_out_picture *p = e->pictures; p; p = p->next)
        if (p->choice == event->choice && p->item == event->index)
            yz_buf_str(&p->data, event->text);
}

void oa_encode_picture(oa_encoder *e, const yz_event *event, yz_buf *out) {
    switch (event->kind) {
    case YZ_EVENT_ITEM:
        begin(e, event);
        break;
    case YZ_EVENT_DELTA:
        more(e, event);
        break;
    case YZ_EVENT_USAGE:
        yz_usage_merge(&e->usage, event->usage);
        break;
    case YZ_EVENT_DONE:
        done(e, out);
        break;
    default:
        break;
    }
}
