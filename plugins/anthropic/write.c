/* anthropic/write.c: a neutral request as a Messages body: everything but the messages (write_message.c).
 *
 * The API refuses what a model does not take, so what is written depends on the model's version (model.c). Whatever was asked for
 * and is not written, or written as something weaker, is reported as a loss, in the words of the neutral form (those of Chat Completions).
 */
#include "anthropic.h"

/* Asks whether a field that was given may be written; tells the loss if the option `drop` says no. */
static bool may(const an_writer *w, const char *field) {
    for (size_t i = 0; i < w->config->drop.n; i++)
        if (yz_str_is(w->config->drop.items[i], field)) {
            yz_lose(w->losses, field);
            return false;
        }
    return true;
}

void an_put_cache(an_writer *w, yz_str cache) {
    if (cache.n == 0)
        return;
    an_mark mark = {.at = w->out->n, .of = w->part_of};
    yz_buf_lit(w->out, ",\"cache_control\":");
    yz_buf_str(w->out, cache);
    mark.n = w->out->n - mark.at;
    yz_buf_put(&w->marks, &mark, sizeof(mark));
}

/* Keeps the latest cache marks: what stands before them is in their prefix anyhow. */
static void trim_marks(an_writer *w) {
    an_mark *marks = (an_mark *)(void *)w->marks.p;
    size_t n = w->marks.n / sizeof(*marks), excess = n > AN_MARKS_MOST ? n - AN_MARKS_MOST : 0;
    if (excess > 0)
        yz_lose_as(w->losses, "cache_control", YZ_APPROXIMATED);
    for (int of = AN_OF_TOOLS; of <= AN_OF_MESSAGES; of++)
        for (size_t i = 0; i < n && excess > 0; i++)
            if (marks[i].of == of) {
                marks[i].of = -1; /* goes */
                excess--;
            }
    size_t left = 0, from = 0; /* the first bytes stay; those from there on come next */
    for (size_t i = 0; i < n; i++)
        if (marks[i].of < 0) {
            memmove(w->out->p + left, w->out->p + from, marks[i].at - from);
            left += marks[i].at - from;
            from = marks[i].at + marks[i].n;
        }
    memmove(w->out->p + left, w->out->p + from, w->out->n - from);
    w->out->n -= from - left;
    yz_buf_free(&w->marks);
}

/* ---- thinking ---------------------------------------------------------------------------------------------------------------- */

/* Is the last word an assistant's call that is now answered? Then thinking with a budget would need the thoughts of that turn. */
static bool in_tool_loop(const yz_chat *chat) {
    bool calls = false;
    for (const yz_message *message = chat->messages; message; message = message->next) {
        if (message->role != YZ_ROLE_ASSISTANT)
            continue;
        calls = false;
        for (const yz_part *part = message->parts; part; part = part->next)
            calls |= part->kind == YZ_PART_TOOL_CALL;
    }
    return calls;
}

/* Does it end with words of the assistant's that are to be gone on with? Those, too, would have to begin with thoughts. */
static bool is_begun(const yz_chat *chat) {
    bool begun = false;
    for (const yz_message *message = chat->messages; message; message = message->next)
        if (message->role != YZ_ROLE_SYSTEM && message->parts)
            begun = message->role == YZ_ROLE_ASSISTANT;
    return begun;
}

int64_t an_budget_of(yz_str effort) {
    static const struct {
        const char *word;
        int64_t tokens;
    } table[] = {{"medium", 2048}, {"high", 4096}, {"xhigh", 8192}, {"max", 16384}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (yz_str_is(effort, table[i].word))
            return table[i].tokens;
    return 1024; /* minimal, low */
}

static yz_str effort_of(const an_writer *w) {
    yz_str effort = w->chat->effort;
    int64_t budget = w->chat->thinking_budget;
    if (effort.n == 0)
        return budget <= 2048 ? YZ_STR("low") : budget <= 8192 ? YZ_STR("medium") : YZ_STR("high");
    if (yz_str_is(effort, "minimal"))
        return YZ_STR("low");
    return yz_str_is(effort, "xhigh") && w->version < 47 ? YZ_STR("high") : effort;
}

static void plan_thinking(an_writer *w) {
    yz_str effort = w->chat->effort;
    int64_t budget = w->chat->thinking_budget;
    if ((effort.n == 0 && budget <= 0) || !may(w, "reasoning_effort"))
        return;
    if (yz_str_is(effort, "none")) {
        w->think = w->version >= 37 ? AN_THINK_OFF : AN_THINK_UNSAID;
    } else if (w->version >= 46) {
        w->think = AN_THINK_ADAPTIVE;
        w->effort = effort_of(w);
        if (effort.n && !yz_str_eq(effort, w->effort))
            yz_lose_as(w->losses, "reasoning_effort", YZ_APPROXIMATED);
    } else if (w->version >= 37 && !in_tool_loop(w->chat) && !is_begun(w->chat)) {
        w->think = AN_THINK_BUDGET;
        w->budget = effort.n ? an_budget_of(effort) : budget < 1024 ? 1024 : budget;
        if (effort.n == 0 && budget < 1024)
            yz_lose_as(w->losses, "reasoning_effort", YZ_APPROXIMATED);
    } else {
        yz_lose(w->losses, "reasoning_effort");
    }
}

static bool thinks(const an_writer *w) { return w->think == AN_THINK_BUDGET || w->think == AN_THINK_ADAPTIVE; }

static void put_thinking(const an_writer *w) {
    if (w->think == AN_THINK_OFF)
        yz_buf_lit(w->out, ",\"thinking\":{\"type\":\"disabled\"}");
    else if (w->think == AN_THINK_ADAPTIVE && w->chat->summary.n && w->version >= 47) /* these keep their thoughts to themselves */
        yz_buf_lit(w->out, ",\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}");
    else if (w->think == AN_THINK_ADAPTIVE)
        yz_buf_lit(w->out, ",\"thinking\":{\"type\":\"adaptive\"}");
    else if (w->think == AN_THINK_BUDGET)
        yz_buf_printf(w->out, ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":%lld}", (long long)w->budget);
}

/* ---- limits and sampling --------------------------------------------------------------------------------------------------------- */

static void put_max_tokens(const an_writer *w) {
    int64_t max = w->chat->max_tokens;
    if (max <= 0)
        max = w->config->max_tokens > 0 ? w->config->max_tokens : an_default_max_tokens(w->version);
    if (w->think == AN_THINK_BUDGET && max <= w->budget)
        max += w->budget; /* the budget counts inside */
    yz_buf_printf(w->out, ",\"max_tokens\":%lld", (long long)max);
}

static void put_raw(const an_writer *w, const char *key, yz_str raw) {
    yz_buf_printf(w->out, ",\"%s\":", key);
    yz_buf_str(w->out, raw);
}

static void put_temperature(const an_writer *w) {
    yz_str raw = w->chat->temperature;
    const yz_json number = {.p = raw.p, .n = (uint32_t)raw.n, .type = YZ_JSON_NUMBER};
    if (yz_json_double(&number, 0) > 1) { /* this dialect ends at 1 */
        yz_lose_as(w->losses, "temperature", YZ_APPROXIMATED);
        raw = YZ_STR("1");
    }
    put_raw(w, "temperature", raw);
}

/* Thinking refuses all of them, and so do some models; from 4.1 on they refuse temperature and top_p together. */
static void put_sampling(const an_writer *w) {
    const yz_chat *c = w->chat;
    bool refused = thinks(w) || (w->facts && w->facts->sampling == YZ_OFF), both = w->version >= 41 && c->temperature.n && c->top_p.n;
    const struct {
        const char *key;
        yz_str raw;
        bool lost;
    } table[] = {{"temperature", c->temperature, refused}, {"top_p", c->top_p, refused || both}, {"top_k", c->top_k, refused}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (table[i].raw.n == 0)
            continue;
        if (table[i].lost)
            yz_lose(w->losses, table[i].key);
        else if (may(w, table[i].key)) {
            if (i == 0)
                put_temperature(w);
            else
                put_raw(w, table[i].key, table[i].raw);
        }
    }
}

/* Blank stop sequences are refused. */
static void put_stop(const an_writer *w) {
    bool first = true, left = false;
    for (const yz_stop *stop = w->chat->stop; stop; stop = stop->next) {
        yz_str plain = yz_json_unescape(w->arena, stop->text);
        size_t blanks = 0;
        while (blanks < plain.n && strchr(" \t\r\n", plain.p[blanks]))
            blanks++;
        if (blanks == plain.n) {
            left = true;
            continue;
        }
        yz_buf_lit(w->out, first ? ",\"stop_sequences\":[" : ",");
        yc_put_quoted(w->out, stop->text);
        first = false;
    }
    if (!first)
        yz_buf_char(w->out, ']');
    if (left)
        yz_lose_as(w->losses, "stop", first ? YZ_DROPPED : YZ_APPROXIMATED);
}

/* ---- tools -------------------------------------------------------------------------------------------------------------------------- */

/* As the API takes it, and then as the provider does. */
static void put_schema(an_writer *w, yz_str schema) {
    size_t at = w->out->n;
    bool lost = false;
    an_put_input_schema(w, schema);
    if (w->config->schemas != AN_SCHEMAS_PLAIN)
        return;
    yz_str plain = yc_plain_schema(w->arena, yz_dup(w->arena, yz_str_at(w->out->p + at, w->out->n - at)), &lost);
    w->out->n = at;
    yz_buf_str(w->out, plain);
    if (lost)
        yz_lose_as(w->losses, "tools.function.parameters", YZ_APPROXIMATED);
}

static void put_tool(an_writer *w, const yz_tool *tool) {
    yz_buf_lit(w->out, "{\"name\":");
    yc_put_quoted(w->out, tool->name);
    if (tool->description.n) {
        yz_buf_lit(w->out, ",\"description\":");
        yc_put_quoted(w->out, tool->description);
    }
    yz_buf_lit(w->out, ",\"input_schema\":");
    bool asked = tool->strict == YZ_ON && w->version >= 45, strict = asked && an_put_strict_schema(w, tool->schema);
    if (!asked)
        put_schema(w, tool->schema);
    if (strict)
        yz_buf_lit(w->out, ",\"strict\":true");
    else if (tool->strict == YZ_ON)
        yz_lose(w->losses, "tools.function.strict");
    an_put_cache(w, tool->cache);
    yz_buf_char(w->out, '}');
}

static void put_tool_choice(const an_writer *w) {
    static const char *const types[] = {
        [YZ_TOOLS_AUTO] = "auto", [YZ_TOOLS_NONE] = "none", [YZ_TOOLS_REQUIRED] = "any", [YZ_TOOLS_NAMED] = "tool"};
    yz_tool_choice choice = w->chat->tool_choice;
    bool single = w->chat->parallel_tools == YZ_OFF;
    if (choice >= YZ_TOOLS_REQUIRED && (thinks(w) || !w->config->forced_tools)) { /* thinking and force refuse each other */
        yz_lose_as(w->losses, "tool_choice", YZ_APPROXIMATED);
        choice = YZ_TOOLS_AUTO;
    }
    if (choice == YZ_TOOLS_UNSAID && single)
        choice = YZ_TOOLS_AUTO;
    if (choice == YZ_TOOLS_UNSAID)
        return;
    yz_buf_printf(w->out, ",\"tool_choice\":{\"type\":\"%s\"", types[choice]);
    if (choice == YZ_TOOLS_NAMED) {
        yz_buf_lit(w->out, ",\"name\":");
        yc_put_quoted(w->out, w->chat->tool_name);
    }
    if (single && choice != YZ_TOOLS_NONE)
        yz_buf_lit(w->out, ",\"disable_parallel_tool_use\":true");
    yz_buf_char(w->out, '}');
}

static void put_tools(an_writer *w) {
    if (!w->chat->tools)
        return;
    yz_buf_lit(w->out, ",\"tools\":[");
    for (const yz_tool *tool = w->chat->tools; tool; tool = tool->next) {
        if (tool != w->chat->tools)
            yz_buf_char(w->out, ',');
        put_tool(w, tool);
    }
    yz_buf_char(w->out, ']');
    put_tool_choice(w);
}

/* ---- form, user ------------------------------------------------------------------------------------------------------------------------
 */

static void put_output_config(an_writer *w) {
    bool format = w->chat->schema.n && w->version >= 45, effort = w->think == AN_THINK_ADAPTIVE;
    if (!format && !effort)
        return;
    yz_buf_lit(w->out, ",\"output_config\":{");
    if (effort) {
        yz_buf_lit(w->out, "\"effort\":");
        yc_put_quoted(w->out, w->effort);
    }
    if (format) {
        yz_buf_lit(w->out,
                   effort ? ",\"format\":{\"type\":\"json_schema\",\"schema\":" : "\"format\":{\"type\":\"json_schema\",\"schema\":");
        an_put_output_schema(w, w->chat->schema);
        yz_buf_char(w->out, '}');
        if (w->weakened)
            yz_lose_as(w->losses, "response_format.json_schema.schema", YZ_APPROXIMATED);
    }
    yz_buf_char(w->out, '}');
}

/* An opaque id: no e-mail address, 256 characters at most; anything else goes as its hash. */
static void put_user(const an_writer *w) {
    yz_str user = w->chat->user;
    if (user.n == 0 || !may(w, "user"))
        return;
    yz_buf_lit(w->out, ",\"metadata\":{\"user_id\":\"");
    if (user.n <= 256 && !memchr(user.p, '@', user.n)) {
        yz_buf_str(w->out, user);
    } else {
        uint8_t digest[32];
        yz_hmac(user, digest);
        for (size_t i = 0; i < 16; i++)
            yz_buf_printf(w->out, "%02x", digest[i]);
    }
    yz_buf_lit(w->out, "\"}");
}

int an_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out) {
    an_writer w = {.config = provider->config,
                   .chat = yz_results_matched(chat, arena, losses),
                   .model = target->model,
                   .version = an_version(target->model),
                   .facts = target->facts,
                   .arena = arena,
                   .losses = losses,
                   .out = out,
                   .role = -1};
    if (chat->n > 1) { /* the neutral answer is one answer */
        yz_lose(losses, "n");
        return YZ_EUNSUPPORTED;
    }
    plan_thinking(&w);
    yz_buf_lit(out, "{\"model\":");
    yz_buf_json_str(out, target->model);
    put_max_tokens(&w);
    put_tools(&w);
    an_write_messages(&w);
    trim_marks(&w);
    if (w.refused)
        return YZ_EUNSUPPORTED;
    put_sampling(&w);
    put_stop(&w);
    put_thinking(&w);
    put_output_config(&w);
    put_user(&w);
    if (chat->json_object || (chat->schema.n && w.version < 45)) /* asked for in words instead */
        yz_lose_as(losses, "response_format", YZ_EMULATED);
    yz_buf_lit(out, chat->stream ? ",\"stream\":true}" : "}");
    return YZ_OK;
}
