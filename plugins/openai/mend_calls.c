/* openai/mend_calls.c: calls in the messages of a body of this dialect on its way to a provider of it: their ids, the arguments that a
 * server reads as a document, and signatures that this gateway put there.
 */
#include "mend.h"

static const yz_json *arguments_of(const yz_json *call) { return yz_json_get(yz_json_get(call, "function"), "arguments"); }

/* Arguments that a server which reads them cannot read: what a model wrote was no JSON, or was cut off. Its whole conversation is refused
 * for it there. */
static bool is_unreadable(const oa_mending *m, const yz_json *arguments) {
    yz_json *json = NULL;
    return m->config->arguments == OA_ARGUMENTS_OBJECT && yz_json_is(arguments, YZ_JSON_STRING) &&
           (yz_json_parse(m->arena, yz_json_text(m->arena, arguments), YZ_JSON_LONE_SURROGATES, &json, NULL) != YZ_OK ||
            !yz_json_is(json, YZ_JSON_OBJECT));
}

static bool is_concerned(const oa_mending *m, const yz_json *call) {
    return (m->own_model && yz_json_get(call, "extra_content")) || is_unreadable(m, arguments_of(call));
}

bool oa_concerned_calls(const oa_mending *m, const yz_json *calls) {
    bool any = oa_nine_ids(m) && yz_json_is(calls, YZ_JSON_ARRAY);
    for (const yz_json *call = yz_json_is(calls, YZ_JSON_ARRAY) ? calls->child : NULL; call && !any; call = call->next)
        any = is_concerned(m, call);
    return any;
}

static bool is_blank(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ' ' && text.p[i] != '\n' && text.p[i] != '\t' && text.p[i] != '\r')
            return false;
    return true;
}

void oa_put_shown(yz_arena *arena, yz_str arguments, yz_buf *out) {
    yz_str shown = is_blank(yz_json_unescape(arena, arguments)) ? YZ_STR("{}")
                                                                : yz_format(arena, "{\"raw_arguments\":\"%.*s\"}", YZ_STR_ARGS(arguments));
    yz_buf_json_str(out, shown);
}

static void put_function(const oa_mending *m, const yz_json *function, yz_buf *out) {
    const yz_json *arguments = yz_json_get(function, "arguments");
    const char *comma = "{\"";
    for (const yz_json *field = function->child; field; field = field->next, comma = ",\"") {
        yz_buf_lit(out, comma);
        yz_buf_str(out, yz_json_key(field));
        yz_buf_lit(out, "\":");
        if (field == arguments)
            oa_put_shown(m->arena, yz_json_escaped(arguments), out);
        else
            yz_buf_str(out, yz_json_raw(field));
    }
    yz_buf_char(out, '}');
    if (!is_blank(yz_json_text(m->arena, arguments)))
        yz_lose_as(m->losses, "messages.tool_calls", YZ_APPROXIMATED);
}

void oa_put_calls(const oa_mending *m, const yz_json *calls, yz_buf *out) {
    yz_buf_char(out, '[');
    for (const yz_json *call = calls->child; call; call = call->next) {
        const yz_json *function = yz_json_get(call, "function");
        const char *comma = "{\"";
        for (const yz_json *field = call->child; field; field = field->next) {
            if (m->own_model && yz_str_is(oa_plain_key(m, field), "extra_content"))
                continue;
            yz_buf_lit(out, comma);
            yz_buf_str(out, yz_json_key(field));
            yz_buf_lit(out, "\":");
            if (oa_nine_ids(m) && yz_str_is(oa_plain_key(m, field), "id") && yz_json_is(field, YZ_JSON_STRING))
                oa_put_nine(out, yz_json_escaped(field));
            else if (field == function && is_unreadable(m, arguments_of(call)))
                put_function(m, function, out);
            else
                yz_buf_str(out, yz_json_raw(field));
            comma = ",\"";
        }
        yz_buf_lit(out, *comma == '{' ? "{" : "");
        yz_buf_lit(out, call->next ? "}," : "}");
    }
    yz_buf_char(out, ']');
}
