/* openai/write.c: a neutral request as a Chat Completions body: everything but the messages (write_message.c).
 *
 * Only fields that were asked for are written, in the spelling the provider's options choose. Hints that do not change the answer
 * (cache_control) are dropped without a word; everything else that has no place is reported as a loss.
 */
#include "openai.h"

#include <math.h>

/* Asks whether a field that was given may be written, as `key`; tells the loss if one of the options `drop` and `fields` says no. */
static bool may_as(const oa_writer *w, const char *field, const char *key) {
    bool taken = oa_takes_field(w->config, yz_str_of(key));
    for (size_t i = 0; i < w->config->drop.n && taken; i++)
        taken = !yz_str_is(w->config->drop.items[i], field);
    if (!taken)
        yz_lose(w->losses, field);
    return taken;
}

static bool may(const oa_writer *w, const char *field) { return may_as(w, field, field); }

static void put_key(const oa_writer *w, const char *key) {
    yz_buf_lit(w->out, ",\"");
    yz_buf_lit(w->out, key);
    yz_buf_lit(w->out, "\":");
}

static void put_escaped(const oa_writer *w, const char *key, yz_str escaped) {
    put_key(w, key);
    yc_put_quoted(w->out, escaped);
}

/* ---- sampling and limits -------------------------------------------------------------------------------------------------- */

static bool is_default(yz_str raw, double otherwise) {
    const yz_json number = {.p = raw.p, .n = (uint32_t)raw.n, .type = YZ_JSON_NUMBER};
    return fabs(yz_json_double(&number, -1) - otherwise) < 1e-9;
}

static void put_numbers(const oa_writer *w) {
    enum { SEED = 2 };
    const yz_chat *c = w->chat;
    bool sampling = oa_takes_sampling(w->facts, w->effort), penalties = sampling && oa_takes_penalties(w->facts);
    const struct {
        const char *key;
        yz_str raw;
    } table[] = {{"temperature", c->temperature},
                 {"top_p", c->top_p},
                 {"seed", c->seed},
                 {"presence_penalty", c->presence_penalty},
                 {"frequency_penalty", c->frequency_penalty}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].raw.n && may(w, table[i].key)) {
            if (i != SEED && !(i > SEED ? penalties : sampling)) {
                if (!is_default(table[i].raw, i > SEED ? 0 : 1))
                    yz_lose(w->losses, table[i].key);
                continue;
            }
            yz_buf_lit(w->out, ",");
            yz_buf_json_str(w->out, i == SEED ? w->config->seed_field : yz_str_of(table[i].key));
            yz_buf_char(w->out, ':');
            yz_buf_str(w->out, table[i].raw);
        }
    if (c->top_k.n && !w->config->top_k)
        yz_lose(w->losses, "top_k");
    else if (c->top_k.n) {
        put_key(w, "top_k");
        yz_buf_str(w->out, c->top_k);
    }
}

static void put_max_tokens(const oa_writer *w) {
    int field = w->config->max_tokens_field;
    if (field == OA_FIELD_AUTO)
        field = oa_new_style(w->facts) ? OA_FIELD_MAX_COMPLETION_TOKENS : OA_FIELD_MAX_TOKENS;
    const char *key = field == OA_FIELD_MAX_TOKENS ? "max_tokens" : "max_completion_tokens";
    if (w->chat->max_tokens <= 0 || !may_as(w, "max_tokens", key))
        return;
    bool less = w->chat->max_tokens < w->config->least_tokens;
    if (less)
        yz_lose_as(w->losses, "max_tokens", YZ_APPROXIMATED);
    put_key(w, key);
    yz_buf_int(w->out, less ? w->config->least_tokens : w->chat->max_tokens);
}

#define STOPS_MAX 4 /* more are refused */

static void put_stop(const oa_writer *w) {
    if (!w->chat->stop || !may(w, "stop"))
        return;
    if (!oa_takes_stop(w->facts)) {
        yz_lose(w->losses, "stop");
        return;
    }
    put_key(w, "stop");
    size_t n = 0;
    for (const yz_stop *stop = w->chat->stop; stop; stop = stop->next) {
        if (n == STOPS_MAX) {
            yz_lose_as(w->losses, "stop", YZ_APPROXIMATED);
            break;
        }
        yz_buf_lit(w->out, n++ ? ",\"" : "[\"");
        yz_buf_str(w->out, stop->text);
        yz_buf_char(w->out, '"');
    }
    yz_buf_char(w->out, ']');
}

static void put_user(const oa_writer *w) {
    if (w->chat->user.n == 0 || !may(w, "user"))
        return;
    put_key(w, "user");
    yc_put_user(w->out, w->chat->user);
}

/* ---- reasoning and form ------------------------------------------------------------------------------------------------------ */

static void plan_beside_tools(oa_writer *w) {
    int beside = w->chat->tools && w->facts ? w->facts->effort_beside_tools : YZ_BESIDE_TOOLS_ANY;
    if (beside == YZ_BESIDE_TOOLS_ANY)
        return;
    if (w->effort.n && !yz_str_is(w->effort, "none"))
        yz_lose(w->losses, "reasoning_effort");
    w->effort = beside == YZ_BESIDE_TOOLS_NONE ? YZ_STR("none") : YZ_STR("");
}

static void plan_effort(oa_writer *w) {
    if (yc_effort_of(w->chat).n > 0 && may(w, "reasoning_effort"))
        w->effort = oa_effort_sent(w->facts, w->chat, w->losses);
}

/* Writes what was asked for, if the schema allows it. */
static void put_strict(const oa_writer *w, yz_switch strict, yz_str schema) {
    if (strict == YZ_ON && !yc_strict_ok(w->arena, schema)) {
        yz_lose(w->losses, "strict");
        return;
    }
    if (strict != YZ_UNSAID)
        yz_buf_lit(w->out, strict == YZ_ON ? ",\"strict\":true" : ",\"strict\":false");
}

/* As this provider takes schemas; what that takes away is told as `field`. */
static yz_str taken_schema(const oa_writer *w, yz_str schema, const char *field) {
    bool lost = false;
    if (w->config->schemas == OA_SCHEMAS_PLAIN)
        schema = yc_plain_schema(w->arena, schema, &lost);
    if (lost)
        yz_lose_as(w->losses, field, YZ_APPROXIMATED);
    return schema;
}

static void put_format(const oa_writer *w) {
    const yz_chat *c = w->chat;
    if ((!c->schema.n && !c->json_object) || !may(w, "response_format"))
        return;
    if (!c->schema.n) {
        yz_buf_lit(w->out, ",\"response_format\":{\"type\":\"json_object\"}");
        return;
    }
    yz_buf_lit(w->out, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"");
    yz_buf_str(w->out, c->schema_name.n ? c->schema_name : YZ_STR("answer"));
    yz_buf_lit(w->out, "\",\"schema\":");
    yz_str schema = taken_schema(w, c->schema, "response_format.json_schema.schema");
    yz_buf_str(w->out, schema);
    put_strict(w, c->schema_strict, schema);
    yz_buf_lit(w->out, "}}");
}

/* ---- tools ---------------------------------------------------------------------------------------------------------------------- */

static void put_tool(const oa_writer *w, const yz_tool *tool) {
    yz_buf_lit(w->out, "{\"type\":\"function\",\"function\":{\"name\":\"");
    yz_buf_str(w->out, tool->name);
    yz_buf_char(w->out, '"');
    if (tool->description.n)
        put_escaped(w, "description", tool->description);
    put_key(w, "parameters");
    yz_str schema = tool->schema.n ? taken_schema(w, tool->schema, "tools.function.parameters") : YZ_STR(YC_NO_PARAMETERS);
    yz_buf_str(w->out, schema);
    put_strict(w, tool->strict, schema);
    yz_buf_lit(w->out, "}}");
}

static void put_tool_choice(const oa_writer *w) {
    static const char *const words[] = {[YZ_TOOLS_AUTO] = "auto", [YZ_TOOLS_NONE] = "none", [YZ_TOOLS_REQUIRED] = "required"};
    yz_tool_choice choice = w->chat->tool_choice;
    if (choice == YZ_TOOLS_UNSAID || !may(w, "tool_choice"))
        return;
    if (choice >= YZ_TOOLS_REQUIRED && !w->config->forced_tools) {
        yz_lose_as(w->losses, "tool_choice", YZ_APPROXIMATED);
        choice = YZ_TOOLS_AUTO;
    }
    if (choice != YZ_TOOLS_NAMED) {
        put_escaped(w, "tool_choice", yz_str_of(words[choice]));
        return;
    }
    if (!yc_offers_chosen(w->chat)) {
        yz_lose(w->losses, "tool_choice");
        return;
    }
    yz_buf_lit(w->out, ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"");
    yz_buf_str(w->out, w->chat->tool_name);
    yz_buf_lit(w->out, "\"}}");
}

static void put_tools(const oa_writer *w) {
    if (!w->chat->tools || !may(w, "tools"))
        return;
    yz_buf_lit(w->out, ",\"tools\":[");
    for (const yz_tool *tool = w->chat->tools; tool; tool = tool->next) {
        if (tool != w->chat->tools)
            yz_buf_char(w->out, ',');
        put_tool(w, tool);
    }
    yz_buf_char(w->out, ']');
    put_tool_choice(w);
    if (w->chat->parallel_tools == YZ_UNSAID || !may(w, "parallel_tool_calls"))
        return;
    if (!oa_takes_parallel(w->facts))
        yz_lose(w->losses, "parallel_tool_calls");
    else
        yz_buf_lit(w->out, w->chat->parallel_tools == YZ_ON ? ",\"parallel_tool_calls\":true" : ",\"parallel_tool_calls\":false");
}

/* ---- what is passed on as it is ---------------------------------------------------------------------------------------------- */

static void put_wishes(const oa_writer *w) {
    const yz_chat *c = w->chat;
    const struct {
        const char *key;
        yz_str raw, escaped;
    } table[] = {{"logit_bias", c->logit_bias, {0}},     {"logprobs", c->logprobs ? YZ_STR("true") : YZ_STR(""), {0}},
                 {"top_logprobs", c->top_logprobs, {0}}, {"metadata", c->metadata, {0}},
                 {"modalities", c->modalities, {0}},     {"audio", c->voice, {0}},
                 {"prediction", c->prediction, {0}},     {"verbosity", {0}, c->verbosity},
                 {"service_tier", {0}, c->tier},         {"prompt_cache_key", {0}, c->cache_key}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if ((!table[i].raw.n && !table[i].escaped.n) || !may(w, table[i].key)) {
            continue;
        } else if (table[i].raw.n) {
            put_key(w, table[i].key);
            yz_buf_str(w->out, table[i].raw);
        } else {
            put_escaped(w, table[i].key, table[i].escaped);
        }
}

int oa_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out) {
    oa_writer w = {.config = provider->config,
                   .chat = yc_with_json_word(yz_results_matched(chat, arena, losses), arena),
                   .facts = target->facts,
                   .arena = arena,
                   .losses = losses,
                   .out = out};
    plan_effort(&w);
    plan_beside_tools(&w);
    yz_buf_lit(out, "{\"model\":");
    yz_buf_json_str(out, target->model);
    oa_write_messages(&w);
    if (w.refused)
        return YZ_EUNSUPPORTED;
    put_tools(&w);
    put_max_tokens(&w);
    put_numbers(&w);
    put_stop(&w);
    if (w.effort.n)
        put_escaped(&w, "reasoning_effort", w.effort);
    put_format(&w);
    put_user(&w);
    if (chat->n > 1 && may(&w, "n"))
        yz_buf_printf(out, ",\"n\":%lld", (long long)chat->n);
    put_wishes(&w);
    if (chat->stream)
        yz_buf_lit(out, w.config->include_usage ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : ",\"stream\":true");
    yz_buf_char(out, '}');
    return YZ_OK;
}
