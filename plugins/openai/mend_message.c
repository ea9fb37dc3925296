/* openai/mend_message.c: the messages of a body of this dialect on its way to a provider of it (mend.c).
 *
 * A list of messages in which nothing is concerned stays as it is. Else each message that is concerned is written anew, its other members
 * as they came. Where instructions amid the talk are to be said by the user, they become a part of the user's message beside them:
 * templates that refuse the role refuse two messages of one role in a row as well; those between a call and its results come after these,
 * since the user may not speak there. Signatures that this gateway put into answers of other
 * vendors (encode_signature.c), and thoughts, never go to OpenAI's own models, which refuse fields they do not know.
 */
#include "mend.h"

static bool is(const yz_json *node, const char *word) { return yz_json_says(node, word); }

static bool is_from(const yz_json *message, const char *role) { return is(yz_json_get(message, "role"), role); }

static bool is_system(const yz_json *message) { return is_from(message, "system") || is_from(message, "developer"); }

static bool late_to_user(const oa_mending *m) { return m->config->late_system == OA_LATE_USER; }

/* The role this message must have; NULL: its own. `late`: somebody else has spoken before. */
static const char *role_of(const oa_mending *m, const yz_json *message, bool late) {
    int role = m->config->system_role;
    if (!is_system(message))
        return NULL;
    if (late && late_to_user(m))
        return "user";
    const char *wanted = role == OA_ROLE_SYSTEM ? "system" : role == OA_ROLE_DEVELOPER ? "developer" : NULL;
    return wanted && !is_from(message, wanted) ? wanted : NULL;
}

/* ---- thoughts and signatures ----------------------------------------------------------------------------------------------- */

static bool is_thought(yz_str key) {
    return yz_str_is(key, "reasoning_content") || yz_str_is(key, "reasoning") || yz_str_is(key, "reasoning_details");
}

/* Are thoughts refused there? */
static bool strips(const oa_mending *m) {
    return m->config->send_reasoning == OA_SEND_NEVER || (m->config->send_reasoning == OA_SEND_AUTO && m->own_model);
}

static bool has_thoughts(const oa_mending *m, const yz_json *message) {
    for (const yz_json *field = message->child; field; field = field->next)
        if (is_thought(oa_plain_key(m, field)))
            return true;
    return false;
}

/* The thoughts that an assistant's message must have in the provider's own field, and has not (raw); empty: it may stay. */
static yz_str missing_thoughts(const oa_mending *m, const yz_json *message) {
    const char *own = m->thoughts;
    if (!own || !is_from(message, "assistant") || yz_json_given(message, own))
        return (yz_str){NULL, 0};
    const yz_json *other = yz_json_given(message, strcmp(own, "reasoning") == 0 ? "reasoning_content" : "reasoning");
    if (yz_json_is(other, YZ_JSON_STRING))
        return yz_json_raw(other);
    int send = m->config->send_reasoning;
    bool wanted = send == OA_SEND_ALWAYS || (send == OA_SEND_WITH_CALLS && yz_json_count(yz_json_get(message, "tool_calls")) > 0);
    return wanted ? YZ_STR("\"\"") : (yz_str){NULL, 0}; /* they insist on the field */
}

/* ---- fields that are refused ------------------------------------------------------------------------------------------------- */

/* Does the provider take this field of a message? One that refuses what it does not know has a list: "content", or "tool.name" of one role.
 */
static bool takes(const oa_mending *m, const yz_json *message, yz_str key) {
    const yz_list *fields = &m->config->message_fields;
    yz_str role = yz_json_text(m->arena, yz_json_get(message, "role"));
    bool taken = fields->n == 0 || yz_str_is(key, "role");
    for (size_t i = 0; i < fields->n && !taken; i++) {
        yz_str name = fields->items[i];
        if (role.n > 0 && name.n > role.n && name.p[role.n] == '.' && memcmp(name.p, role.p, role.n) == 0)
            name = yz_str_at(name.p + role.n + 1, name.n - role.n - 1);
        taken = yz_str_eq(name, key);
    }
    return taken;
}

/* What an SDK kept of an answer says nothing where it is null, but of a content. */
static bool takes_field(const oa_mending *m, const yz_json *message, const yz_json *field) {
    yz_str key = oa_plain_key(m, field);
    bool says = m->config->message_fields.n == 0 || !yz_json_is(field, YZ_JSON_NULL) || yz_str_is(key, "content");
    return says && takes(m, message, key);
}

static bool takes_all(const oa_mending *m, const yz_json *message) {
    for (const yz_json *field = message->child; field; field = field->next)
        if (!takes_field(m, message, field))
            return false;
    return true;
}

/* What the assistant said in place of a content, where that has no field of its own; NULL: nothing. */
static const yz_json *refusal_for(const oa_mending *m, const yz_json *message) {
    const yz_json *refusal = yz_json_get(message, "refusal");
    bool said = yz_json_is(refusal, YZ_JSON_STRING) && !oa_is_empty(refusal) && !yz_json_given(message, "content");
    return said && (m->config->content != OA_CONTENT_ANY || !takes(m, message, YZ_STR("refusal"))) ? refusal : NULL;
}

/* What a client would miss of a field that goes: a hint for a cache changes no answer. */
static void lose_field(const oa_mending *m, const yz_json *message, const yz_json *field) {
    yz_str key = oa_plain_key(m, field);
    if (!oa_is_empty(field) && !yz_str_is(key, "cache_control") && refusal_for(m, message) != field)
        yz_lose(m->losses, yz_format(m->arena, "messages.%.*s", YZ_STR_ARGS(key)).p);
}

/* Parts of a content with hints for a cache, which go where fields that nobody knows are refused. */
static bool has_marks(const oa_mending *m, const yz_json *content) {
    bool any = false;
    for (const yz_json *part = yz_json_is(content, YZ_JSON_ARRAY) ? content->child : NULL; part && !any; part = part->next)
        any = yz_json_get(part, "cache_control") != NULL;
    return any && m->config->message_fields.n > 0;
}

static void put_unmarked(const oa_mending *m, const yz_json *content, yz_buf *out) {
    yz_buf_char(out, '[');
    for (const yz_json *part = content->child; part; part = part->next) {
        const char *comma = "{\"";
        for (const yz_json *field = part->child; field; field = field->next) {
            if (yz_str_is(oa_plain_key(m, field), "cache_control"))
                continue;
            yz_buf_lit(out, comma);
            yz_buf_str(out, yz_json_key(field));
            yz_buf_lit(out, "\":");
            yz_buf_str(out, yz_json_raw(field));
            comma = ",\"";
        }
        if (!yz_json_is(part, YZ_JSON_OBJECT))
            yz_buf_str(out, yz_json_raw(part));
        else
            yz_buf_lit(out, *comma == '{' ? "{}" : "}");
        yz_buf_lit(out, part->next ? "," : "");
    }
    yz_buf_char(out, ']');
}

/* ---- content --------------------------------------------------------------------------------------------------------------- */

/* A text, or a list of nothing but texts. */
static bool is_text(const yz_json *content) {
    if (!yz_json_is(content, YZ_JSON_ARRAY))
        return yz_json_is(content, YZ_JSON_STRING);
    for (const yz_json *part = content->child; part; part = part->next)
        if (!is(yz_json_get(part, "type"), "text") || !yz_json_is(yz_json_get(part, "text"), YZ_JSON_STRING))
            return false;
    return true;
}

/* Adds the texts of a content to those before it. */
static void put_texts(const yz_json *content, const char *between, bool *first, yz_buf *out) {
    const yz_json *part = yz_json_is(content, YZ_JSON_ARRAY) ? content->child : content;
    for (; part; part = part == content ? NULL : part->next) {
        yz_str text = yz_json_escaped(part == content ? content : yz_json_get(part, "text"));
        if (text.n == 0)
            continue;
        yz_buf_lit(out, *first ? "" : between);
        *first = false;
        yz_buf_str(out, text);
    }
}

/* A list, or null, where the provider takes texts alone: what the user says is taken as a list everywhere. */
static bool flattens(const oa_mending *m, const yz_json *message, const yz_json *content) {
    bool list = yz_json_is(content, YZ_JSON_ARRAY) && is_text(content) && !is_from(message, "user");
    return m->config->content != OA_CONTENT_ANY && ((list && m->config->content == OA_CONTENT_TEXT) || yz_json_is(content, YZ_JSON_NULL));
}

/* Nothing is said there, where something must be: null, or no content at all, without calls. */
static bool lacks_content(const oa_mending *m, const yz_json *message) {
    bool calls = yz_json_count(yz_json_get(message, "tool_calls")) > 0 || yz_json_given(message, "function_call");
    return m->config->content != OA_CONTENT_ANY && yz_json_is(message, YZ_JSON_OBJECT) && !calls && !yz_json_given(message, "content");
}

static void put_flat(const yz_json *message, const yz_json *content, yz_buf *out) {
    bool first = true;
    yz_buf_char(out, '"');
    put_texts(content, is_system(message) ? "\\n\\n" : is_from(message, "tool") ? "\\n" : "", &first, out);
    yz_buf_char(out, '"');
}

/* ---- one message ----------------------------------------------------------------------------------------------------------- */

/* A field of a message that is written anew; false: it goes. */
static bool keeps(const oa_mending *m, const yz_json *message, const yz_json *field, bool thinks) {
    yz_str key = oa_plain_key(m, field);
    if (is_thought(key) && strips(m)) {
        if (!yz_json_is(field, YZ_JSON_NULL) && !yz_str_is(key, "reasoning_details"))
            yz_lose(m->losses, "reasoning_content");
        return false;
    }
    if (thinks && (yz_str_is(key, "reasoning_content") || yz_str_is(key, "reasoning")))
        return false;
    if (!takes_field(m, message, field) || refusal_for(m, message) == field) {
        lose_field(m, message, field);
        return false;
    }
    return !(yz_str_is(key, "reasoning_details") && m->own_model) &&
           !(yz_str_is(key, "content") && yz_json_is(field, YZ_JSON_NULL) && flattens(m, message, field) &&
             yz_json_count(yz_json_get(message, "tool_calls")) > 0);
}

static void put_value(const oa_mending *m, const yz_json *message, const yz_json *field, const char *role, yz_buf *out) {
    yz_str key = oa_plain_key(m, field);
    if (role && yz_str_is(key, "role"))
        yz_buf_printf(out, "\"%s\"", role);
    else if (yz_str_is(key, "tool_calls") && yz_json_is(field, YZ_JSON_ARRAY))
        oa_put_calls(m, field, out);
    else if (oa_nine_ids(m) && yz_str_is(key, "tool_call_id") && yz_json_is(field, YZ_JSON_STRING))
        oa_put_nine(out, yz_json_escaped(field));
    else if (yz_str_is(key, "content") && refusal_for(m, message))
        yz_buf_str(out, yz_json_raw(refusal_for(m, message)));
    else if (yz_str_is(key, "content") && flattens(m, message, field))
        put_flat(message, field, out);
    else if (yz_str_is(key, "content") && has_marks(m, field))
        put_unmarked(m, field, out);
    else
        yz_buf_str(out, yz_json_raw(field));
}

static void put_message(const oa_mending *m, const yz_json *message, const char *role, yz_str thoughts, yz_buf *out) {
    const char *comma = "{\"";
    for (const yz_json *field = message->child; field; field = field->next) {
        if (!keeps(m, message, field, thoughts.n > 0))
            continue;
        yz_buf_lit(out, comma);
        yz_buf_str(out, yz_json_key(field));
        yz_buf_lit(out, "\":");
        put_value(m, message, field, role, out);
        comma = ",\"";
    }
    if (!yz_json_get(message, "content") && refusal_for(m, message)) {
        yz_buf_lit(out, *comma == '{' ? "{\"content\":" : ",\"content\":");
        yz_buf_str(out, yz_json_raw(refusal_for(m, message)));
        comma = ",\"";
    } else if (!yz_json_get(message, "content") && lacks_content(m, message)) {
        yz_buf_lit(out, *comma == '{' ? "{\"content\":\"\"" : ",\"content\":\"\"");
        comma = ",\"";
    }
    if (thoughts.n) {
        yz_buf_lit(out, ",");
        yz_buf_json_str(out, yz_str_of(m->thoughts));
        yz_buf_char(out, ':');
        yz_buf_str(out, thoughts);
    }
    yz_buf_lit(out, *comma == '{' ? "{}" : "}");
}

/* Must it be written anew? */
static bool is_concerned(const oa_mending *m, const yz_json *message, bool late) {
    bool stripped = strips(m) && is_from(message, "assistant") && has_thoughts(m, message);
    bool sealed = m->own_model && (yz_json_get(message, "reasoning_details"));
    bool ids = oa_nine_ids(m) && yz_json_given(message, "tool_call_id");
    return stripped || sealed || ids || oa_concerned_calls(m, yz_json_get(message, "tool_calls")) || lacks_content(m, message) ||
           !takes_all(m, message) || has_marks(m, yz_json_get(message, "content")) || role_of(m, message, late) ||
           missing_thoughts(m, message).n > 0 || flattens(m, message, yz_json_get(message, "content"));
}

static void put_mended(const oa_mending *m, const yz_json *message, bool late, yz_buf *out) {
    const char *role = role_of(m, message, late);
    if (role && strcmp(role, "user") == 0)
        yz_lose_as(m->losses, "messages.role", YZ_APPROXIMATED);
    put_message(m, message, role, missing_thoughts(m, message), out);
}

/* ---- messages in order ---------------------------------------------------------------------------------------------------- */

typedef struct talk {
    const yz_json **at; /* the messages as they go out */
    size_t n;
    bool moved; /* not all stand where they stood */
} talk;

/* Instructions that the user is to say, amid the results of calls, go behind the results. `first`: the message after those calls. Returns
 * what comes next. */
static const yz_json *put_results(talk *t, const yz_json *first) {
    const yz_json *end = first, *instructions = NULL;
    for (; end && (is_from(end, "tool") || is_system(end)); end = end->next) {
        if (is_system(end)) {
            instructions = instructions ? instructions : end;
            continue;
        }
        t->moved |= instructions != NULL;
        t->at[t->n++] = end;
    }
    for (const yz_json *one = instructions; one && one != end; one = one->next)
        if (is_system(one))
            t->at[t->n++] = one;
    return end;
}

static talk in_order(const oa_mending *m, const yz_json *messages) {
    talk t = {.at = yz_alloc(m->arena, (yz_json_count(messages) + 1) * sizeof(yz_json *))};
    for (const yz_json *one = messages->child; one;) {
        bool called = yz_json_count(yz_json_get(one, "tool_calls")) > 0;
        t.at[t.n++] = one;
        one = called && late_to_user(m) ? put_results(&t, one->next) : one->next;
    }
    return t;
}

/* ---- messages that become one --------------------------------------------------------------------------------------------- */

/* What follows the messages that become one with this: instructions in a row at the front; and, later, instructions with what the user
 * says before and after them. */
static size_t group_end(const oa_mending *m, const talk *t, size_t from, bool late) {
    bool front = !late && is_system(t->at[from]), user = is_from(t->at[from], "user");
    size_t last = from;
    for (; late_to_user(m) && (front || user || is_system(t->at[from])) && last + 1 < t->n; last++) {
        const yz_json *next = t->at[last + 1];
        bool more = is_system(next) && is_text(yz_json_get(next, "content"));
        if (!more && (front || !is_system(t->at[last]) || !is_from(next, "user")))
            break;
    }
    return last + 1;
}

static void put_parts(const yz_json *content, yz_buf *out) {
    const char *comma = out->p[out->n - 1] == '[' ? "" : ",";
    if (yz_json_is(content, YZ_JSON_STRING)) {
        yz_buf_printf(out, "%s{\"type\":\"text\",\"text\":", comma);
        yz_buf_str(out, yz_json_raw(content));
        yz_buf_char(out, '}');
    }
    for (const yz_json *part = yz_json_is(content, YZ_JSON_ARRAY) ? content->child : NULL; part; part = part->next, comma = ",") {
        yz_buf_lit(out, comma);
        yz_buf_str(out, yz_json_raw(part));
    }
}

static void put_group(const oa_mending *m, const talk *t, size_t from, size_t end, bool late, yz_buf *out) {
    const yz_json *message = t->at[from];
    bool front = !late && is_system(message), plain = true, first = true;
    const char *role = role_of(m, message, late);
    for (size_t i = from; i < end; i++)
        plain &= is_text(yz_json_get(t->at[i], "content"));
    if (!front)
        yz_lose_as(m->losses, "messages.role", YZ_APPROXIMATED);
    yz_buf_lit(out, "{\"role\":\"");
    yz_buf_str(out, role ? yz_str_of(role) : yz_json_escaped(yz_json_get(message, "role")));
    yz_buf_lit(out, plain ? "\",\"content\":\"" : "\",\"content\":[");
    for (size_t i = from; i < end; i++)
        if (plain)
            put_texts(yz_json_get(t->at[i], "content"), "\\n\\n", &first, out);
        else
            put_parts(yz_json_get(t->at[i], "content"), out);
    yz_buf_lit(out, plain ? "\"}" : "]}");
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------ */

/* Would the user follow a tool here, where that is refused? `before`: the message before this one; NULL: it is the first. */
static bool follows_tool(const oa_mending *m, const yz_json *before, const yz_json *message) {
    bool user = is_from(message, "user") || (late_to_user(m) && is_system(message));
    return m->config->after_tool == OA_AFTER_TOOL_ASSISTANT && user && before && is_from(before, "tool");
}

/* Is there an option that may concern a message? */
static bool any_option(const oa_mending *m) {
    const oa_config *c = m->config;
    return m->own_model || c->system_role != OA_ROLE_AUTO || late_to_user(m) || c->send_reasoning != OA_SEND_AUTO || oa_nine_ids(m) ||
           c->content != OA_CONTENT_ANY || c->arguments != OA_ARGUMENTS_ANY || c->message_fields.n > 0 || m->thoughts ||
           c->after_tool != OA_AFTER_TOOL_ANY;
}

static bool any_concerned(const oa_mending *m, const talk *t) {
    bool late = false, any = t->moved;
    for (size_t i = 0; i < t->n && !any; i++) {
        const yz_json *message = t->at[i];
        any = is_concerned(m, message, late) || group_end(m, t, i, late) != i + 1 || follows_tool(m, i > 0 ? t->at[i - 1] : NULL, message);
        late |= !is_system(message);
    }
    return any;
}

/* Thoughts that are sent have the provider's own name; where nothing is said of it, the client's. */
static bool names_thoughts(const oa_mending *m) {
    return m->config->send_reasoning >= OA_SEND_WITH_CALLS || (!strips(m) && m->config->reasoning_field.n > 0);
}

void oa_mend_messages(oa_mending *m) {
    m->thoughts = names_thoughts(m) ? yz_dup(m->arena, oa_thoughts_field(m->config)).p : NULL;
    const yz_json *messages = any_option(m) ? oa_mend_get(m, "messages") : NULL;
    talk t = yz_json_is(messages, YZ_JSON_ARRAY) ? in_order(m, messages) : (talk){0};
    if (!any_concerned(m, &t))
        return;
    bool late = false;
    yz_buf out = {0};
    yz_buf_char(&out, '[');
    for (size_t i = 0, end; i < t.n; i = end) {
        const yz_json *message = t.at[i];
        end = group_end(m, &t, i, late);
        if (i > 0)
            yz_buf_char(&out, ',');
        if (follows_tool(m, i > 0 ? t.at[i - 1] : NULL, message)) {
            yz_buf_lit(&out, OA_ANSWERED ",");
            yz_lose_as(m->losses, "messages.role", YZ_APPROXIMATED);
        }
        if (end != i + 1)
            put_group(m, &t, i, end, late, &out);
        else if (is_concerned(m, message, late))
            put_mended(m, message, late, &out);
        else
            yz_buf_str(&out, yz_json_raw(message));
        late |= !is_system(message);
    }
    yz_buf_char(&out, ']');
    oa_mend_set(m, "messages", yz_buf_view(&out));
    yz_buf_free(&out);
}
