/* parts.c: pictures and files that a line of a batch brings or names by an address. Its bytes say nothing of what they cost: an address of
 * 30 bytes may be a book, and a picture of one colour as large as any. So for each a fixed sum of tokens is held, and what it did not use
 * is given back.
 *
 * In doubt it is one: what a part is called counts, and where it is called nothing what it has. */
#include "bill.h"

enum { NO_PART, PICTURE, PAPER };

static const struct {
    const char *word;
    int what;
} part_words[] = {{"image", PICTURE},     {"image_url", PICTURE}, {"input_image", PICTURE}, {"file", PAPER},          {"input_file", PAPER},
                  {"file_url", PAPER},    {"file_data", PAPER},   {"document", PAPER},      {"input_audio", PAPER},   {"audio_url", PAPER},
                  {"input_video", PAPER}, {"video_url", PAPER},   {"video", PAPER},         {"input_document", PAPER}};

static int part_called(yz_str word) {
    for (size_t i = 0; i < sizeof part_words / sizeof *part_words; i++)
        if (yz_str_ieq(word, yz_str_of(part_words[i].word)))
            return part_words[i].what;
    return NO_PART;
}

/* Of an object, by its type, else by the first of its members that says it. */
static int part_of(const yz_json *object, bool by_members) {
    int what = part_called(yz_json_escaped(yz_json_get(object, "type")));
    for (const yz_json *m = object->child; m && by_members && what == NO_PART; m = m->next)
        what = part_called(yz_json_key(m));
    return what;
}

/* `inside`: it is a member of a part that has been counted, which its own members do not make another one. */
static void count_parts(const yz_json *node, bool inside, const bill_config *cfg, int64_t *tokens) {
    bool object = yz_json_is(node, YZ_JSON_OBJECT);
    int what = object ? part_of(node, !inside) : NO_PART;
    int64_t more = what == PICTURE ? cfg->picture_tokens : what == PAPER ? cfg->file_tokens : 0;
    *tokens = more < BOUND_MOST - *tokens ? *tokens + more : BOUND_MOST;
    if (object || yz_json_is(node, YZ_JSON_ARRAY))
        for (const yz_json *child = node->child; child; child = child->next)
            count_parts(child, what != NO_PART && yz_json_is(child, YZ_JSON_OBJECT), cfg, tokens); /* no deeper than a body may be */
}

int64_t bound_line(const yz_request *request, const bill_config *cfg) {
    int64_t tokens = bound_input(request, cfg->bytes_per_token);
    count_parts(request->json, false, cfg, &tokens);
    return tokens;
}
