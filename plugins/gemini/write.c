/* gemini/write.c: a neutral request as a generateContent body: everything but the contents (write_part.c).
 *
 * The model stands in the path, and so does the wish for a stream. The API refuses what a model does not take, so how it is told to think
 * depends on the model (model.c). Whatever was asked for and is not written, or written as something weaker, is reported as a loss, in the
 * words of the neutral form (those of Chat Completions).
 */
#include "gemini.h"

#define STOPS_MAX 5 /* stop sequences the API takes */

/* Asks whether a field that was given may be written; tells the loss if the option `drop` says no. */
static bool may(const gm_writer *w, const char *field) {
    for (size_t i = 0; i < w->config->drop.n; i++)
        if (yz_str_is(w->config->drop.items[i], field)) {
            yz_lose(w->losses, field);
            return false;
        }
    return true;
}

/* Begins a member of an object whose last byte tells whether it is the first. */
static void put_key(const gm_writer *w, const char *key) {
    yz_buf_printf(w->out, w->out->p[w->out->n - 1] == '{' ? "\"%s\":" : ",\"%s\":", key);
}

static void put_raw(const gm_writer *w, const char *key, yz_str raw) {
    put_key(w, key);
    yz_buf_str(w->out, raw);
}

static void put_word(const gm_writer *w, const char *key, const char *word) {
    put_key(w, key);
    yz_buf_printf(w->out, "\"%s\"", word);
}

/* ---- sampling and limits --------------------------------------------------------------------------------------------------------------
 */

/* The API's seed has 32 bits. */
static bool fits_seed(yz_str raw) {
    const yz_json number = {.p = raw.p, .n = (uint32_t)raw.n, .type = YZ_JSON_NUMBER};
    int64_t seed = yz_json_int(&number, INT64_MAX);
    return seed >= INT32_MIN && seed <= INT32_MAX;
}

/* The thoughts of a model with a budget count inside. */
static int64_t max_tokens(const gm_writer *w) {
    const yz_chat *c = w->chat;
    bool budgeted = w->version >= 25 && w->version < 30 && (c->effort.n || c->thinking_budget > 0);
    int64_t budget = budgeted ? gm_budget(w->model, c->effort, c->thinking_budget) : 0;
    return c->max_tokens > budget ? c->max_tokens : c->max_tokens + budget;
}

static void put_numbers(const gm_writer *w) {
    const yz_chat *c = w->chat;
    const struct {
        const char *field, *key;
        yz_str raw;
    } table[] = {{"temperature", "temperature", c->temperature},
                 {"top_p", "topP", c->top_p},
                 {"top_k", "topK", c->top_k},
                 {"seed", "seed", c->seed},
                 {"presence_penalty", "presencePenalty", c->presence_penalty},
                 {"frequency_penalty", "frequencyPenalty", c->frequency_penalty}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].raw.n == 0 || !may(w, table[i].field))
            continue;
        if (strcmp(table[i].key, "seed") == 0 && !fits_seed(table[i].raw))
            yz_lose(w->losses, "seed");
        else
            put_raw(w, table[i].key, table[i].raw);
    }
    if (c->max_tokens > 0)
        put_raw(w, "maxOutputTokens", yz_format(w->arena, "%lld", (long long)max_tokens(w)));
    if (c->n > 1)
        put_raw(w, "candidateCount", yz_format(w->arena, "%lld", (long long)c->n));
    if (!c->logprobs || !may(w, "logprobs"))
        return;
    put_raw(w, "responseLogprobs", YZ_STR("true"));
    if (c->top_logprobs.n)
        put_raw(w, "logprobs", c->top_logprobs);
}

static void put_stop(const gm_writer *w) {
    size_t n = 0, left = 0;
    if (!w->chat->stop || !may(w, "stop"))
        return;
    for (const yz_stop *stop = w->chat->stop; stop; stop = stop->next) {
        if (stop->text.n == 0 || n == STOPS_MAX) {
            left++;
            continue;
        }
        if (n++ == 0)
            put_raw(w, "stopSequences", YZ_STR("["));
        else
            yz_buf_char(w->out, ',');
        yc_put_quoted(w->out, stop->text);
    }
    if (n)
        yz_buf_char(w->out, ']');
    if (left)
        yz_lose_as(w->losses, "stop", n ? YZ_APPROXIMATED : YZ_DROPPED);
}

/* ---- thinking, form, sound --------------------------------------------------------------------------------------------------------------
 */

static void put_thinking(const gm_writer *w) {
    const yz_chat *c = w->chat;
    bool none = yz_str_is(c->effort, "none"), asked = c->effort.n || c->thinking_budget > 0, near = false;
    if (!asked && c->summary.n == 0)
        return;
    if (w->version < 25) { /* does not think */
        if (asked && !none)
            yz_lose(w->losses, "reasoning_effort");
        return;
    }
    if (asked && !may(w, "reasoning_effort"))
        return;
    put_raw(w, "thinkingConfig", YZ_STR("{"));
    if (asked && w->version < 30) {
        int64_t budget = gm_budget(w->model, c->effort, c->thinking_budget);
        put_raw(w, "thinkingBudget", yz_format(w->arena, "%lld", (long long)budget));
        near = c->effort.n ? none && budget > 0 : budget != c->thinking_budget;
    } else if (asked) {
        const char *level = gm_level(w->model, c->effort, c->thinking_budget);
        put_word(w, "thinkingLevel", level);
        near = c->effort.n && !yz_str_ieq(c->effort, yz_str_of(level));
    }
    if (near) /* another word or number than was asked for; where it was to be none, as little as it can */
        yz_lose_as(w->losses, "reasoning_effort", YZ_APPROXIMATED);
    if (!none)
        put_raw(w, "includeThoughts", YZ_STR("true"));
    yz_buf_char(w->out, '}');
}

/* Models before 3 refuse a form together with tools. */
static void put_form(gm_writer *w) {
    const yz_chat *c = w->chat;
    if ((!c->schema.n && !c->json_object) || !may(w, "response_format"))
        return;
    if (c->tools && w->version < 30) {
        yz_lose(w->losses, "response_format");
        return;
    }
    put_word(w, "responseMimeType", "application/json");
    if (!c->schema.n)
        return;
    put_key(w, "responseJsonSchema");
    gm_put_schema(w, c->schema);
    if (w->weakened)
        yz_lose_as(w->losses, "response_format.json_schema.schema", YZ_APPROXIMATED);
}

static yz_json *parse(const gm_writer *w, yz_str raw) {
    yz_json *root = NULL;
    return raw.n && yz_json_parse(w->arena, raw, YZ_JSON_LONE_SURROGATES, &root, NULL) == YZ_OK ? root : NULL;
}

/* The API's word for one of Chat Completions; NULL: it has none. */
static const char *modality(yz_str word) {
    static const char *const table[][2] = {{"text", "TEXT"}, {"audio", "AUDIO"}, {"image", "IMAGE"}, {"video", "VIDEO"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (yz_str_is(word, table[i][0]))
            return table[i][1];
    return NULL;
}

/* One of a list of words, which begins with the first. */
static void put_item(const gm_writer *w, const char *key, bool *first, const char *word) {
    if (*first)
        put_raw(w, key, YZ_STR("["));
    yz_buf_printf(w->out, *first ? "\"%s\"" : ",\"%s\"", word);
    *first = false;
}

static void put_modalities(const gm_writer *w) {
    const yz_json *list = parse(w, w->chat->modalities), *voice = parse(w, w->chat->voice);
    const yz_json *name = yz_json_get(voice, "voice");
    bool first = true, left = false;
    for (const yz_json *m = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL; m; m = m->next) {
        const char *word = modality(yz_json_escaped(m));
        left |= !word;
        if (word)
            put_item(w, "responseModalities", &first, word);
    }
    if (!first)
        yz_buf_char(w->out, ']');
    if (left)
        yz_lose_as(w->losses, "modalities", first ? YZ_DROPPED : YZ_APPROXIMATED);
    if (yz_json_is(name, YZ_JSON_STRING)) {
        put_raw(w, "speechConfig", YZ_STR("{\"voiceConfig\":{\"prebuiltVoiceConfig\":{\"voiceName\":"));
        yz_buf_str(w->out, yz_json_raw(name));
        yz_buf_lit(w->out, "}}}");
    } else if (voice) {
        yz_lose(w->losses, "audio");
    }
}

static void put_config(gm_writer *w) {
    size_t start = w->out->n;
    put_raw(w, "generationConfig", YZ_STR("{"));
    put_numbers(w);
    put_stop(w);
    put_form(w);
    put_thinking(w);
    put_modalities(w);
    if (w->out->p[w->out->n - 1] == '{') /* nothing was asked */
        w->out->n = start;
    else
        yz_buf_char(w->out, '}');
}

/* ---- tools ------------------------------------------------------------------------------------------------------------------------ */

/* Parameters only where there are some: an object without properties is refused. */
static void put_function(const gm_writer *w, const yz_tool *tool) {
    const yz_json *schema = parse(w, tool->schema);
    yz_buf_lit(w->out, "{\"name\":");
    yc_put_quoted(w->out, tool->name);
    if (tool->description.n) {
        put_key(w, "description");
        yc_put_quoted(w->out, tool->description);
    }
    if (yz_json_is(schema, YZ_JSON_OBJECT) && (yz_json_get(schema, "$ref") || yz_json_count(yz_json_get(schema, "properties"))))
        put_raw(w, "parametersJsonSchema", tool->schema);
    else if (yz_json_is(schema, YZ_JSON_OBJECT) && schema->child && !yz_json_get(schema, "type"))
        yz_lose(w->losses, "tools.function.parameters");
    if (tool->strict == YZ_ON) /* arguments are never held to the schema of one tool */
        yz_lose(w->losses, "tools.function.strict");
    yz_buf_char(w->out, '}');
}

static void put_tool_choice(const gm_writer *w) {
    static const char *const modes[] = {
        [YZ_TOOLS_AUTO] = "AUTO", [YZ_TOOLS_NONE] = "NONE", [YZ_TOOLS_REQUIRED] = "ANY", [YZ_TOOLS_NAMED] = "ANY"};
    yz_tool_choice choice = w->chat->tool_choice;
    bool offered = yc_offers_chosen(w->chat);
    if (w->chat->parallel_tools == YZ_OFF)
        yz_lose(w->losses, "parallel_tool_calls");
    if (!offered)
        yz_lose(w->losses, "tool_choice");
    if (choice == YZ_TOOLS_UNSAID || !offered)
        return;
    put_raw(w, "toolConfig", YZ_STR("{\"functionCallingConfig\":{"));
    put_word(w, "mode", modes[choice]);
    if (choice == YZ_TOOLS_NAMED) {
        put_raw(w, "allowedFunctionNames", YZ_STR("["));
        yc_put_quoted(w->out, w->chat->tool_name);
        yz_buf_char(w->out, ']');
    }
    yz_buf_lit(w->out, "}}");
}

static void put_tools(const gm_writer *w) {
    if (!w->chat->tools)
        return;
    put_raw(w, "tools", YZ_STR("[{\"functionDeclarations\":["));
    for (const yz_tool *tool = w->chat->tools; tool; tool = tool->next) {
        put_function(w, tool);
        if (tool->next)
            yz_buf_char(w->out, ',');
    }
    yz_buf_lit(w->out, "]}]");
    put_tool_choice(w);
}

/* ---- beside it ------------------------------------------------------------------------------------------------------------------------
 */

static void put_tier(const gm_writer *w) {
    yz_str tier = w->chat->tier;
    if (yc_one_of(tier, YZ_NAMES("default", "standard", "standard_only")))
        put_word(w, "serviceTier", "standard");
    else if (yc_one_of(tier, YZ_NAMES("flex", "priority")))
        put_raw(w, "serviceTier", yz_format(w->arena, "\"%.*s\"", YZ_STR_ARGS(tier)));
    else if (tier.n && !yz_str_is(tier, "auto"))
        yz_lose(w->losses, "service_tier");
}

int gm_write(const yz_provider *provider, const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out) {
    gm_writer w = {.config = provider->config,
                   .chat = chat,
                   .answers = gm_answers_of(chat, arena),
                   .model = target->model,
                   .version = gm_version(target->model),
                   .arena = arena,
                   .losses = losses,
                   .out = out,
                   .role = -1};
    if (chat->n > GM_CANDIDATES_MAX) {
        yz_lose(losses, "n");
        return YZ_EUNSUPPORTED;
    }
    yz_buf_char(out, '{');
    gm_write_contents(&w);
    put_tools(&w);
    put_config(&w);
    if (chat->safety.n)
        put_raw(&w, "safetySettings", chat->safety);
    if (chat->cached.n)
        put_raw(&w, "cachedContent", yz_format(arena, "\"%.*s\"", YZ_STR_ARGS(chat->cached)));
    if (chat->metadata.n && w.config->project.n)
        put_raw(&w, "labels", chat->metadata);
    else if (chat->metadata.n) /* of Vertex AI alone */
        yz_lose(losses, "metadata");
    put_tier(&w);
    yz_buf_char(out, '}');
    return YZ_OK;
}
