/* responses/write.c: a neutral request as a Responses body: everything but the items (write_item.c).
 *
 * Nothing is to be kept: `store` is false, so thoughts come back encrypted and the next turn brings them along. `stream` is always said,
 * since there are servers that stream where it is left out; so is `strict`, which here is true where it is left out.
 */
#include "responses.h"

#include <math.h>

bool rs_drops(const rs_config *config, yz_str field) {
    for (size_t i = 0; i < config->drop.n; i++)
        if (yz_str_eq(config->drop.items[i], field))
            return true;
    return false;
}

int rs_sends_reasoning(const rs_config *config, const yz_model_facts *facts) {
    if (config->send_reasoning != RS_SEND_AUTO)
        return config->send_reasoning;
    return oa_is_own(facts) && oa_thinks(facts) ? RS_SEND_ENCRYPTED : RS_SEND_NEVER;
}

/* May a field that was given be written? Tells the loss if the option `drop` says no. */
static bool may(const rs_writer *w, const char *field) {
    if (!rs_drops(w->config, yz_str_of(field)))
        return true;
    yz_lose(w->losses, field);
    return false;
}

static void put_key(const rs_writer *w, const char *key) { yz_buf_printf(w->out, ",\"%s\":", key); }

/* ---- sampling and limits -------------------------------------------------------------------------------------------------- */

static void put_sampling(const rs_writer *w, const char *key, yz_str raw) {
    const yz_json number = {.p = raw.p, .n = (uint32_t)raw.n, .type = YZ_JSON_NUMBER};
    if (raw.n == 0 || !may(w, key))
        return;
    if (oa_takes_sampling(w->facts, w->effort)) {
        put_key(w, key);
        yz_buf_str(w->out, raw);
    } else if (fabs(yz_json_double(&number, -1) - 1) > 1e-9) {
        yz_lose(w->losses, key);
    }
}

#define LIMIT_LEAST 16 /* OpenAI refuses a lower one */

static void put_limit(const rs_writer *w) {
    int64_t n = w->chat->max_tokens;
    if (n <= 0 || !may(w, "max_output_tokens"))
        return;
    if (n < LIMIT_LEAST && oa_is_own(w->facts)) {
        yz_lose_as(w->losses, "max_tokens", YZ_APPROXIMATED);
        n = LIMIT_LEAST;
    }
    put_key(w, "max_output_tokens");
    yz_buf_printf(w->out, "%lld", (long long)n);
}

/* ---- reasoning and form ------------------------------------------------------------------------------------------------------ */

static void plan_effort(rs_writer *w) {
    if (yc_effort_of(w->chat).n > 0 && may(w, "reasoning"))
        w->effort = oa_effort_sent(w->facts, w->chat, w->losses);
}

static void put_reasoning(const rs_writer *w) {
    bool thinks = !oa_is_own(w->facts) || oa_thinks(w->facts);
    yz_str summary = thinks && !rs_drops(w->config, YZ_STR("reasoning")) ? w->chat->summary : (yz_str){NULL, 0};
    if (w->send_reasoning == RS_SEND_ENCRYPTED && !rs_drops(w->config, YZ_STR("include")))
        yz_buf_lit(w->out, ",\"include\":[\"reasoning.encrypted_content\"]");
    if (w->effort.n == 0 && summary.n == 0)
        return;
    yz_buf_lit(w->out, ",\"reasoning\":{");
    if (w->effort.n) {
        yz_buf_lit(w->out, "\"effort\":");
        yc_put_quoted(w->out, w->effort);
    }
    if (summary.n) {
        yz_buf_lit(w->out, w->effort.n ? ",\"summary\":" : "\"summary\":");
        yc_put_quoted(w->out, summary);
    }
    yz_buf_char(w->out, '}');
}

/* Writes what was asked for, if the schema allows it. */
static void put_strict(const rs_writer *w, yz_switch strict, yz_str schema) {
    bool on = strict == YZ_ON && yc_strict_ok(w->arena, schema);
    if (strict == YZ_ON && !on)
        yz_lose(w->losses, "strict");
    yz_buf_lit(w->out, on ? ",\"strict\":true" : ",\"strict\":false");
}

static void put_form(const rs_writer *w) {
    const yz_chat *c = w->chat;
    bool format = c->schema.n || c->json_object;
    if ((!format && c->verbosity.n == 0) || !may(w, "text"))
        return;
    yz_buf_lit(w->out, ",\"text\":{");
    if (c->schema.n) {
        yz_buf_lit(w->out, "\"format\":{\"type\":\"json_schema\",\"name\":");
        yc_put_quoted(w->out, c->schema_name.n ? c->schema_name : YZ_STR("answer"));
        yz_buf_lit(w->out, ",\"schema\":");
        yz_buf_str(w->out, c->schema);
        put_strict(w, c->schema_strict, c->schema);
        yz_buf_char(w->out, '}');
    } else if (format) {
        yz_buf_lit(w->out, "\"format\":{\"type\":\"json_object\"}");
    }
    if (c->verbosity.n) {
        yz_buf_lit(w->out, format ? ",\"verbosity\":" : "\"verbosity\":");
        yc_put_quoted(w->out, c->verbosity);
    }
    yz_buf_char(w->out, '}');
}

/* ---- tools ---------------------------------------------------------------------------------------------------------------------- */

static void put_tool(const rs_writer *w, const yz_tool *tool) {
    yz_str schema = tool->schema.n ? tool->schema : YZ_STR(YC_NO_PARAMETERS);
    yz_buf_lit(w->out, "{\"type\":\"function\",\"name\":");
    yc_put_quoted(w->out, tool->name);
    if (tool->description.n) {
        put_key(w, "description");
        yc_put_quoted(w->out, tool->description);
    }
    put_key(w, "parameters");
    yz_buf_str(w->out, schema);
    put_strict(w, tool->strict, schema);
    yz_buf_char(w->out, '}');
}

static void put_choice(const rs_writer *w) {
    static const char *const words[] = {[YZ_TOOLS_AUTO] = "\"auto\"", [YZ_TOOLS_NONE] = "\"none\"", [YZ_TOOLS_REQUIRED] = "\"required\""};
    yz_tool_choice choice = w->chat->tool_choice;
    bool idle = choice == YZ_TOOLS_AUTO && rs_drops(w->config, YZ_STR("tool_choice")); /* what holds without it */
    if (choice == YZ_TOOLS_UNSAID || idle || !may(w, "tool_choice"))
        return;
    if (!yc_offers_chosen(w->chat)) {
        yz_lose(w->losses, "tool_choice");
        return;
    }
    put_key(w, "tool_choice");
    if (choice != YZ_TOOLS_NAMED) {
        yz_buf_str(w->out, yz_str_of(words[choice]));
        return;
    }
    yz_buf_lit(w->out, "{\"type\":\"function\",\"name\":");
    yc_put_quoted(w->out, w->chat->tool_name);
    yz_buf_char(w->out, '}');
}

static void put_tools(const rs_writer *w) {
    yz_switch parallel = w->chat->parallel_tools;
    if (!w->chat->tools || !may(w, "tools"))
        return;
    put_key(w, "tools");
    for (const yz_tool *tool = w->chat->tools; tool; tool = tool->next) {
        yz_buf_char(w->out, tool == w->chat->tools ? '[' : ',');
        put_tool(w, tool);
    }
    yz_buf_char(w->out, ']');
    put_choice(w);
    if (parallel != YZ_UNSAID && may(w, "parallel_tool_calls"))
        yz_buf_lit(w->out, parallel == YZ_ON ? ",\"parallel_tool_calls\":true" : ",\"parallel_tool_calls\":false");
}

/* ---- what is passed on as it is ---------------------------------------------------------------------------------------------- */

static void put_wishes(const rs_writer *w) {
    const yz_chat *c = w->chat;
    const struct {
        const char *key;
        yz_str escaped;
    } table[] = {{"service_tier", c->tier}, {"prompt_cache_key", c->cache_key}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].escaped.n && may(w, table[i].key)) {
            put_key(w, table[i].key);
            yc_put_quoted(w->out, table[i].escaped);
        }
    if (c->metadata.n && may(w, "metadata")) {
        put_key(w, "metadata");
        yz_buf_str(w->out, c->metadata);
    }
    if (c->user.n && may(w, "user")) {
        put_key(w, "user");
        yc_put_user(w->out, c->user);
    }
}

int rs_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out) {
    rs_writer w = {.config = provider->config,
                   .chat = yc_with_json_word(yz_results_matched(chat, arena, losses), arena),
                   .facts = target->facts,
                   .send_reasoning = rs_sends_reasoning(provider->config, target->facts),
                   .arena = arena,
                   .losses = losses,
                   .out = out};
    if (chat->n > 1) { /* there is one answer */
        yz_lose(losses, "n");
        return YZ_EUNSUPPORTED;
    }
    plan_effort(&w);
    yz_buf_lit(out, "{\"model\":");
    yz_buf_json_str(out, target->model);
    rs_write_input(&w);
    if (w.refused)
        return YZ_EUNSUPPORTED;
    put_tools(&w);
    put_limit(&w);
    put_sampling(&w, "temperature", chat->temperature);
    put_sampling(&w, "top_p", chat->top_p);
    put_reasoning(&w);
    put_form(&w);
    put_wishes(&w);
    yz_buf_lit(out, rs_drops(w.config, YZ_STR("store")) ? "" : ",\"store\":false");
    yz_buf_lit(out, chat->stream ? ",\"stream\":true}" : ",\"stream\":false}");
    return YZ_OK;
}
