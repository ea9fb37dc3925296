/* anthropic/encode_document.c: the collected blocks of an answer as one Messages document. */
#include "anthropic.h"

static void put_count(const char *before, int64_t count, yz_buf *out) {
    yz_buf_lit(out, before);
    yz_buf_int(out, count);
}

void an_put_usage(const yz_usage *u, yz_buf *out) {
    int64_t cached = yz_usage_count(u, YZ_METER_CACHED), written = yz_usage_count(u, YZ_METER_CACHE_WRITE);
    int64_t input = yz_usage_count(u, YZ_METER_INPUT) - cached - written; /* counted beside here */
    put_count("\"usage\":{\"input_tokens\":", input > 0 ? input : 0, out);
    put_count(",\"cache_creation_input_tokens\":", written, out);
    put_count(",\"cache_read_input_tokens\":", cached, out);
    put_count(",\"output_tokens\":", yz_usage_count(u, YZ_METER_OUTPUT), out);
    if (yz_usage_get(u, YZ_METER_REASONING) >= 0)
        yz_buf_printf(out, ",\"output_tokens_details\":{\"thinking_tokens\":%lld}", (long long)yz_usage_get(u, YZ_METER_REASONING));
    if (yz_usage_get(u, YZ_METER_CACHE_WRITE_5M) >= 0 || yz_usage_get(u, YZ_METER_CACHE_WRITE_1H) >= 0)
        yz_buf_printf(out, ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":%lld,\"ephemeral_1h_input_tokens\":%lld}",
                      (long long)yz_usage_count(u, YZ_METER_CACHE_WRITE_5M), (long long)yz_usage_count(u, YZ_METER_CACHE_WRITE_1H));
    if (yz_usage_get(u, YZ_METER_SEARCHES) >= 0)
        yz_buf_printf(out, ",\"server_tool_use\":{\"web_search_requests\":%lld}", (long long)yz_usage_get(u, YZ_METER_SEARCHES));
    yz_buf_char(out, '}');
}

static void put_string(const char *before, yz_str escaped, yz_buf *out) {
    yz_buf_lit(out, before);
    yz_buf_str(out, escaped);
    yz_buf_char(out, '"');
}

/* The arguments are text; here an object is wanted. */
static void put_input(yz_arena *arena, yz_str escaped, yz_buf *out) {
    yz_json *root;
    yz_str text = yz_json_unescape(arena, escaped);
    if (escaped.n == 0)
        yz_buf_lit(out, "{}");
    else if (yz_json_parse(arena, text, YZ_JSON_ANSWERED, &root, NULL) == YZ_OK && root->type == YZ_JSON_OBJECT)
        yz_buf_str(out, yz_json_raw(root));
    else { /* no object: shown as it came, under a name of its own */
        put_string("{\"raw_arguments\":\"", escaped, out);
        yz_buf_char(out, '}');
    }
}

static void put_text(const an_block *block, yz_buf *out) {
    put_string("{\"type\":\"text\",\"text\":\"", yz_buf_view(&block->text), out);
    if (block->citations.n) {
        yz_buf_lit(out, ",\"citations\":[");
        yz_buf_str(out, yz_buf_view(&block->citations));
        yz_buf_char(out, ']');
    }
    yz_buf_char(out, '}');
}

/* The block as it came; input that came in pieces goes where its start has none. */
static void put_opaque(yz_arena *arena, const an_block *block, yz_buf *out) {
    yz_json *root;
    if (block->text.n == 0 || yz_json_parse(arena, block->raw, YZ_JSON_ANSWERED, &root, NULL) < 0) {
        yz_buf_str(out, block->raw);
        return;
    }
    yz_buf_char(out, '{');
    for (const yz_json *member = root->child; member; member = member->next) {
        put_string(member == root->child ? "\"" : ",\"", yz_json_key(member), out);
        yz_buf_char(out, ':');
        if (yz_str_is(yz_json_key(member), "input"))
            put_input(arena, yz_buf_view(&block->text), out);
        else
            yz_buf_str(out, yz_json_raw(member));
    }
    yz_buf_char(out, '}');
}

static void put_block(yz_arena *arena, const an_block *block, yz_buf *out) {
    switch (block->kind) {
    case YZ_PART_REASONING:
        put_string("{\"type\":\"thinking\",\"thinking\":\"", yz_buf_view(&block->text), out);
        put_string(",\"signature\":\"", block->signature, out);
        yz_buf_char(out, '}');
        break;
    case YZ_PART_TOOL_CALL:
        put_string("{\"type\":\"tool_use\",\"id\":\"", block->id, out);
        put_string(",\"name\":\"", block->name, out);
        yz_buf_lit(out, ",\"input\":");
        put_input(arena, yz_buf_view(&block->text), out);
        yz_buf_char(out, '}');
        break;
    case YZ_PART_OPAQUE:
        put_opaque(arena, block, out);
        break;
    default:
        put_text(block, out);
    }
}

void an_encode_document(const an_encoder *e, yz_buf *out) {
    put_string("{\"id\":\"", e->id, out);
    put_string(",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"", e->model, out);
    yz_buf_lit(out, ",\"content\":[");
    for (size_t i = 0; i < e->n_blocks; i++) {
        if (i)
            yz_buf_char(out, ',');
        put_block(e->info->arena, &e->blocks[i], out);
    }
    yz_buf_lit(out, "],");
    an_put_stop(e, out);
    yz_buf_char(out, ',');
    an_put_usage(&e->usage, out);
    yz_buf_char(out, '}');
}
