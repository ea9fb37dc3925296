/* openai/mend.c: a body of this dialect on its way to a provider of it, as the provider's options say it must be.
 *
 * A body goes out byte for byte, unless an option asks for something else: a policy or an alias may send a request that was written for
 * one vendor to another one, who refuses the role developer, the newer spelling of a limit, another model's thoughts, or its ids of calls.
 * Options that are left at "auto" change nothing here: what a client writes for the vendor it means is its own affair; but for the older
 * spelling of a limit, which OpenAI's newer models are sure to refuse, and with which half of all clients are written. Every value that is
 * not concerned stays as the client spelt it. Signatures that this gateway put into answers of other vendors (encode_signature.c) never go
 * to OpenAI's own models, which refuse fields they do not know.
 */
#include "openai.h"

static const char *const limits[] = {[OA_FIELD_MAX_TOKENS] = "max_tokens", [OA_FIELD_MAX_COMPLETION_TOKENS] = "max_completion_tokens"};

static const char *const thoughts[] = {"reasoning_content", "reasoning", "reasoning_details"};

/* ---- fields ------------------------------------------------------------------------------------------------------------- */

/* The request itself while nothing has changed; a copy after that. */
typedef struct mending {
    const oa_config *config;
    bool own_model; /* one of OpenAI's */
    bool new_style; /* and one that takes the newer spelling of a limit alone */
    const yz_request *from;
    yz_request *copy;
    yz_arena *arena;
} mending;

static void set(mending *m, const char *field, yz_str raw) {
    if (!m->copy)
        m->copy = yz_request_copy(m->arena, m->from);
    yz_request_set(m->arena, m->copy, field, raw);
}

static void drop_field(mending *m, const char *field) {
    if (yz_json_get(m->from->json, field))
        set(m, field, (yz_str){NULL, 0});
}

static void drop_fields(mending *m) {
    for (size_t i = 0; i < m->config->drop.n; i++) {
        yz_str name = m->config->drop.items[i];
        drop_field(m, yz_dup(m->arena, name).p);
        if (yz_str_is(name, "max_tokens"))
            drop_field(m, limits[OA_FIELD_MAX_COMPLETION_TOKENS]);
        if (yz_str_is(name, "tools"))
            drop_field(m, "tool_choice");
    }
}

/* Both at once are refused by some: the one that is not wanted goes, its value stays. */
static void spell_limit(mending *m) {
    int wanted = m->config->max_tokens_field;
    if (wanted == OA_FIELD_AUTO && m->new_style)
        wanted = OA_FIELD_MAX_COMPLETION_TOKENS;
    if (wanted == OA_FIELD_AUTO)
        return;
    const char *other = limits[wanted == OA_FIELD_MAX_TOKENS ? OA_FIELD_MAX_COMPLETION_TOKENS : OA_FIELD_MAX_TOKENS];
    const yz_json *value = yz_json_get(m->copy ? m->copy->json : m->from->json, other);
    if (!value)
        return;
    if (!yz_json_given(m->from->json, limits[wanted]))
        set(m, limits[wanted], yz_json_raw(value));
    set(m, other, (yz_str){NULL, 0});
}

/* ---- messages ----------------------------------------------------------------------------------------------------------- */

static bool is(const yz_json *node, const char *word) { return yz_str_is(yz_json_escaped(node), word); }

static bool is_system(const yz_json *message) {
    const yz_json *role = yz_json_get(message, "role");
    return is(role, "system") || is(role, "developer");
}

/* The role this message must have; NULL: its own. `late`: somebody else has spoken before. */
static const char *role_of(const oa_config *config, const yz_json *message, bool late) {
    if (!is_system(message))
        return NULL;
    if (late && config->late_system == OA_LATE_USER)
        return "user";
    const char *wanted = config->system_role == OA_ROLE_SYSTEM ? "system" : config->system_role == OA_ROLE_DEVELOPER ? "developer" : NULL;
    return wanted && !is(yz_json_get(message, "role"), wanted) ? wanted : NULL;
}

static bool is_thought(const mending *m, const yz_json *field) {
    for (size_t i = 0; m->config->send_reasoning == OA_SEND_NEVER && i < sizeof thoughts / sizeof *thoughts; i++)
        if (yz_str_is(yz_json_key(field), thoughts[i]))
            return true;
    return false;
}

static bool has_thoughts(const mending *m, const yz_json *message) {
    for (const yz_json *field = is(yz_json_get(message, "role"), "assistant") ? message->child : NULL; field; field = field->next)
        if (is_thought(m, field))
            return true;
    return false;
}

/* Signatures in the places other vendors have for them. */
static bool has_signatures(const yz_json *message) {
    const yz_json *calls = yz_json_get(message, "tool_calls");
    if (yz_json_get(message, "reasoning_details"))
        return true;
    for (const yz_json *call = yz_json_is(calls, YZ_JSON_ARRAY) ? calls->child : NULL; call; call = call->next)
        if (yz_json_get(call, "extra_content"))
            return true;
    return false;
}

static bool any_signatures(const yz_json *body) {
    const yz_json *messages = yz_json_get(body, "messages");
    for (const yz_json *m = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL; m; m = m->next)
        if (has_signatures(m))
            return true;
    return false;
}

static bool nine_ids(const mending *m) { return m->config->call_ids == OA_IDS_NINE; }

/* The value of an id of a call, in a message of whatever role. */
static bool is_id(const mending *m, const yz_json *field, const char *key) {
    return nine_ids(m) && yz_str_is(yz_json_key(field), key) && yz_json_is(field, YZ_JSON_STRING);
}

static void put_calls(const mending *m, const yz_json *calls, bool clean, yz_buf *out) {
    yz_buf_char(out, '[');
    for (const yz_json *call = calls->child; call; call = call->next) {
        const char *comma = "{\"";
        for (const yz_json *field = call->child; field; field = field->next) {
            if (clean && yz_str_is(yz_json_key(field), "extra_content"))
                continue;
            yz_buf_lit(out, comma);
            yz_buf_str(out, yz_json_key(field));
            yz_buf_lit(out, "\":");
            if (is_id(m, field, "id"))
                oa_put_nine(out, yz_json_escaped(field));
            else
                yz_buf_str(out, yz_json_raw(field));
            comma = ",\"";
        }
        yz_buf_lit(out, *comma == '{' ? "{" : "");
        yz_buf_lit(out, call->next ? "}," : "}");
    }
    yz_buf_char(out, ']');
}

/* `clean`: without signatures. */
static void put_message(const mending *m, const yz_json *message, const char *role, bool clean, yz_buf *out) {
    const char *comma = "{";
    for (const yz_json *field = message->child; field; field = field->next) {
        bool is_role = yz_str_is(yz_json_key(field), "role");
        bool calls = (clean || nine_ids(m)) && yz_str_is(yz_json_key(field), "tool_calls") && yz_json_is(field, YZ_JSON_ARRAY);
        if (is_thought(m, field) || (clean && yz_str_is(yz_json_key(field), "reasoning_details")))
            continue;
        yz_buf_lit(out, comma);
        yz_buf_char(out, '"');
        yz_buf_str(out, yz_json_key(field));
        yz_buf_lit(out, "\":");
        if (is_role && role)
            yz_buf_printf(out, "\"%s\"", role);
        else if (calls)
            put_calls(m, field, clean, out);
        else if (is_id(m, field, "tool_call_id"))
            oa_put_nine(out, yz_json_escaped(field));
        else
            yz_buf_str(out, yz_json_raw(field));
        comma = ",";
    }
    yz_buf_lit(out, *comma == '{' ? "{}" : "}");
}

static void mend_messages(mending *m) {
    const yz_json *messages = yz_json_get(m->from->json, "messages");
    bool late = false, changed = false;
    yz_buf out = {0};
    yz_buf_char(&out, '[');
    for (const yz_json *message = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL; message; message = message->next) {
        const char *role = role_of(m->config, message, late);
        if (message != messages->child)
            yz_buf_char(&out, ',');
        bool clean = m->own_model && has_signatures(message);
        bool ids = nine_ids(m) && (yz_json_given(message, "tool_calls") || yz_json_given(message, "tool_call_id"));
        if (role || clean || ids || has_thoughts(m, message)) {
            put_message(m, message, role, clean, &out);
            changed = true;
        } else {
            yz_buf_str(&out, yz_json_raw(message));
        }
        late |= !is_system(message);
    }
    yz_buf_char(&out, ']');
    if (changed)
        set(m, "messages", yz_buf_view(&out));
    yz_buf_free(&out);
}

/* ---- schemas -------------------------------------------------------------------------------------------------------------- */

/* A field with other schemas in it; `at` is how far it has been written. */
typedef struct patched {
    yz_buf out;
    const char *at;
    bool changed;
} patched;

static void patch(mending *m, patched *p, const yz_json *schema) {
    bool lost = false; /* nobody can be told: the client gets the provider's own answer */
    yz_str raw = yz_json_raw(schema), plain = schema ? yc_plain_schema(m->arena, raw, &lost) : raw;
    if (!schema || plain.p == raw.p)
        return;
    yz_buf_put(&p->out, p->at, (size_t)(raw.p - p->at));
    yz_buf_str(&p->out, plain);
    p->at = raw.p + raw.n;
    p->changed = true;
}

static void end_patching(mending *m, patched *p, const char *field, const yz_json *value) {
    yz_str raw = yz_json_raw(value);
    yz_buf_put(&p->out, p->at, (size_t)(raw.p + raw.n - p->at));
    if (p->changed)
        set(m, field, yz_buf_view(&p->out));
    yz_buf_free(&p->out);
}

static void mend_schemas(mending *m) {
    const yz_json *tools = yz_json_given(m->from->json, "tools"), *format = yz_json_given(m->from->json, "response_format");
    patched p = {.at = yz_json_raw(tools).p};
    for (const yz_json *tool = yz_json_is(tools, YZ_JSON_ARRAY) ? tools->child : NULL; tool; tool = tool->next)
        patch(m, &p, yz_json_get(yz_json_get(tool, "function"), "parameters"));
    if (tools)
        end_patching(m, &p, "tools", tools);
    p = (patched){.at = yz_json_raw(format).p};
    patch(m, &p, yz_json_get(yz_json_get(format, "json_schema"), "schema"));
    if (format)
        end_patching(m, &p, "response_format", format);
}

const yz_request *oa_mend(const yz_request *request, const yz_target *target, yz_arena *arena) {
    const oa_config *config = target->provider->config;
    mending m = {
        .config = config, .own_model = oa_is_own(target->facts), .new_style = oa_new_style(target->facts), .from = request, .arena = arena};
    if (oa_is_upload(request))
        return oa_mend_upload(request, arena);
    if (request->op == YZ_OP_FILE)
        return oa_mend_file(request, target, arena);
    if (request->op == YZ_OP_BATCH)
        return oa_mend_batch(request, arena);
    if (request->op != YZ_OP_CHAT)
        return request;
    drop_fields(&m);
    spell_limit(&m);
    if (config->system_role != OA_ROLE_AUTO || config->late_system == OA_LATE_USER || config->send_reasoning == OA_SEND_NEVER ||
        nine_ids(&m) || (m.own_model && any_signatures(request->json)))
        mend_messages(&m);
    if (config->schemas == OA_SCHEMAS_PLAIN)
        mend_schemas(&m);
    return m.copy ? m.copy : request;
}
