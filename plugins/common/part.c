/* common/part.c: parts of a neutral chat as the JSON that several dialects spell alike. */
#include "common.h"

void yc_put_quoted(yz_buf *out, yz_str escaped) {
    yz_buf_char(out, '"');
    yz_buf_str(out, escaped);
    yz_buf_char(out, '"');
}

/* ---- texts ------------------------------------------------------------------------------------------------------------------ */

bool yc_is_text(const yz_part *part) { return part->kind == YZ_PART_TEXT || part->kind == YZ_PART_REFUSAL; }

void yc_put_texts(yz_buf *out, const yz_part *parts, const char *between) {
    bool first = true;
    for (const yz_part *part = parts; part; part = part->next) {
        if ((!yc_is_text(part) && part->kind != YZ_PART_OPAQUE) || part->text.n == 0)
            continue;
        if (!first)
            yz_buf_lit(out, between);
        first = false;
        yz_buf_str(out, part->text);
    }
}

void yc_put_joined(yz_buf *out, const yz_part *parts, const char *between) {
    yz_buf_char(out, '"');
    yc_put_texts(out, parts, between);
    yz_buf_char(out, '"');
}

bool yc_hides_error(const yz_part *result) {
    for (const yz_part *part = result->parts; part; part = part->next)
        if (yc_is_text(part) && part->text.n && memmem(part->text.p, part->text.n, "rror", 4))
            return false;
    return result->is_error;
}

yz_str yc_titled(yz_arena *arena, const yz_part *part) {
    bool named = part->kind == YZ_PART_FILE && part->name.n > 0 && part->text.n > 0;
    return named ? yz_format(arena, "%.*s\\n\\n%.*s", YZ_STR_ARGS(part->name), YZ_STR_ARGS(part->text)) : part->text;
}

bool yc_is_said(const yz_part *part) { return yc_is_text(part) || (part->kind == YZ_PART_FILE && part->text.n > 0); }

void yc_put_file_names(yz_buf *out, const yz_part *parts) {
    const char *before = "The result is not text but: ";
    for (const yz_part *part = parts; part; part = part->next) {
        bool image = part->kind == YZ_PART_IMAGE, sound = part->kind == YZ_PART_AUDIO;
        if (yc_is_said(part) || (!image && !sound && part->kind != YZ_PART_FILE))
            continue;
        yz_buf_lit(out, before);
        yz_buf_str(out, part->name.n ? part->name : image ? YZ_STR("image") : sound ? YZ_STR("sound") : YZ_STR("document"));
        before = ", ";
    }
}

void yc_put_result_text(yz_buf *out, const yz_part *result) {
    yz_buf_lit(out, yc_hides_error(result) ? "\"Error: " : "\"");
    bool first = true;
    for (const yz_part *part = result->parts; part; part = part->next) {
        if ((!yc_is_said(part) && part->kind != YZ_PART_OPAQUE) || part->text.n == 0)
            continue;
        yz_buf_lit(out, first ? "" : "\\n");
        first = false;
        if (part->kind == YZ_PART_FILE && part->name.n) {
            yz_buf_str(out, part->name);
            yz_buf_lit(out, "\\n\\n");
        }
        yz_buf_str(out, part->text);
    }
    if (first)
        yc_put_file_names(out, result->parts);
    yz_buf_char(out, '"');
}

/* ---- calls -------------------------------------------------------------------------------------------------------------------- */

void yc_put_arguments(yz_buf *out, const yz_part *call) {
    if (call->args.n)
        yz_buf_json_str(out, call->args);
    else
        yc_put_quoted(out, call->raw_args.n ? call->raw_args : YZ_STR("{}"));
}

void yc_put_short_id(yz_buf *out, yz_str id, const char *before, size_t n) {
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < id.n; i++)
        h = (h ^ (unsigned char)id.p[i]) * 1099511628211u;
    yz_buf_printf(out, "\"%s", before);
    for (size_t i = 0; i < n; i++, h /= 36)
        yz_buf_char(out, letters[h % 36]);
    yz_buf_char(out, '"');
}

void yc_put_call_id(yz_buf *out, yz_str id, size_t max) {
    if (id.n <= max)
        yc_put_quoted(out, id);
    else
        yc_put_short_id(out, id, "call_", 12);
}

/* ---- what else is said ----------------------------------------------------------------------------------------------------- */

void yc_put_user(yz_buf *out, yz_str user) {
    if (user.n <= 64) {
        yc_put_quoted(out, user);
        return;
    }
    uint8_t digest[32];
    yz_hmac(user, digest);
    yz_buf_char(out, '"');
    for (size_t i = 0; i < 16; i++)
        yz_buf_printf(out, "%02x", digest[i]);
    yz_buf_char(out, '"');
}

bool yc_offers_chosen(const yz_chat *chat) {
    const yz_tool *tool = chat->tools;
    while (tool && !yz_str_eq(tool->name, chat->tool_name))
        tool = tool->next;
    return tool || chat->tool_choice != YZ_TOOLS_NAMED;
}

yz_str yc_effort_of(const yz_chat *chat) {
    int64_t budget = chat->thinking_budget;
    if (chat->effort.n || budget <= 0)
        return chat->effort;
    return budget <= 2048 ? YZ_STR("low") : budget <= 8192 ? YZ_STR("medium") : YZ_STR("high");
}

/* A block of a tool's result is named in its place, which is all of it that has a text. */
void yc_lose_part(yz_losses *losses, yz_arena *arena, const yz_part *part) {
    yz_loss how = part->kind == YZ_PART_OPAQUE && part->text.n ? YZ_APPROXIMATED : YZ_DROPPED;
    yz_lose_as(losses, part->name.n ? yz_dup(arena, part->name).p : "messages.content", how);
}

/* ---- data URLs ------------------------------------------------------------------------------------------------------------- */

void yc_put_data_url(yz_buf *out, const yz_part *part) {
    yz_buf_lit(out, "\"data:");
    yz_buf_str(out, part->media_type);
    yz_buf_lit(out, ";base64,");
    yz_buf_str(out, part->data);
    yz_buf_char(out, '"');
}

bool yc_asks_detail(const yz_part *image) { return image->detail.n && !yz_str_is(image->detail, "auto"); }

bool yc_read_url(yz_arena *arena, const yz_json *node, yz_part *part) {
    yz_str plain = yz_json_text(arena, node); /* base64 may have been written with "\/" */
    if (!yz_str_starts(plain, "data:")) {
        part->url = yc_word(arena, node);
        return part->url.n > 0;
    }
    const char *comma = memchr(plain.p, ',', plain.n);
    const char *mark = comma ? memmem(plain.p, (size_t)(comma - plain.p), ";base64", 7) : NULL;
    if (!mark)
        return false;
    part->media_type = (yz_str){plain.p + 5, (size_t)(mark - plain.p) - 5};
    const char *more = part->media_type.n ? memchr(part->media_type.p, ';', part->media_type.n) : NULL; /* a charset, a file's name */
    if (more)
        part->media_type.n = (size_t)(more - part->media_type.p);
    if (yz_str_is(part->media_type, "image/jpg")) /* taken by OpenAI, refused by others */
        part->media_type = YZ_STR("image/jpeg");
    part->data = (yz_str){comma + 1, plain.n - (size_t)(comma + 1 - plain.p)};
    for (size_t i = 0; i < plain.n; i++) /* nothing in it may need escaping */
        if ((unsigned char)plain.p[i] < ' ' || plain.p[i] == '"' || plain.p[i] == '\\')
            return false;
    return true;
}
