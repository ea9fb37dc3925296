/* anthropic/mend_model.c: a request of this dialect that is forwarded, and what is known of the model that gets it.
 *
 * A client that names the very model it gets knows what it asks, and so its body goes as it came; but for a max_tokens that is greater than
 * anything the model can answer, which is sure to be refused. A client whose model an alias or a policy exchanged wrote its body for
 * another one: what this one refuses (adaptive thinking before 4.6, a budget from 4.7 on, effort, sampling, a prefill, instructions amid
 * the messages) becomes what it takes, as in a request that is translated (write.c), and is told.
 */
#include "anthropic.h"

/* The request itself while nothing has changed; a copy after that. */
typedef struct mending {
    const yz_model_facts *facts; /* NULL: nothing is known */
    yz_str model;
    int version; /* 0: no Claude */
    const yz_request *from;
    yz_request *copy;
    yz_arena *arena;
    yz_losses *losses;
} mending;

#define BUDGET_LEAST 1024

static const yz_json *get(const mending *m, const char *field) { return yz_json_given((m->copy ? m->copy : m->from)->json, field); }

static void set(mending *m, const char *field, yz_str raw) {
    if (!m->copy)
        m->copy = yz_request_copy(m->arena, m->from);
    yz_request_set(m->arena, m->copy, field, raw);
}

static void drop(mending *m, const char *field) { set(m, field, (yz_str){NULL, 0}); }

static bool is(const yz_json *node, const char *key, const char *word) { return yz_json_says(yz_json_get(node, key), word); }

static const yz_json *last_of(const yz_json *list) {
    const yz_json *last = yz_json_is(list, YZ_JSON_ARRAY) ? list->child : NULL;
    while (last && last->next)
        last = last->next;
    return last;
}

/* ---- limit ---------------------------------------------------------------------------------------------------------------- */

static void mend_limit(mending *m) {
    int64_t most = m->facts ? m->facts->max_tokens : 0;
    if (most <= 0 || yz_json_double(get(m, "max_tokens"), 0) <= (double)most)
        return;
    set(m, "max_tokens", yz_format(m->arena, "%lld", (long long)most));
    yz_lose_as(m->losses, "max_tokens", YZ_APPROXIMATED);
    const yz_json *thinking = get(m, "thinking");
    if (is(thinking, "type", "enabled") && yz_json_int(yz_json_get(thinking, "budget_tokens"), 0) >= most) /* it counts inside */
        set(m, "thinking", yz_format(m->arena, "{\"type\":\"enabled\",\"budget_tokens\":%lld}", (long long)most - 1));
}

/* ---- thinking ------------------------------------------------------------------------------------------------------------- */

/* Does the last turn call tools without the thoughts that a budget would want before them? */
static bool calls_thoughtlessly(const yz_json *messages) {
    const yz_json *turn = NULL;
    for (const yz_json *one = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL; one; one = one->next)
        turn = is(one, "role", "assistant") ? one : turn;
    const yz_json *content = yz_json_get(turn, "content"), *first = yz_json_is(content, YZ_JSON_ARRAY) ? content->child : NULL;
    bool calls = false, thinks = is(first, "type", "thinking") || is(first, "type", "redacted_thinking");
    for (const yz_json *block = first; block; block = block->next)
        calls |= is(block, "type", "tool_use");
    return calls && !thinks;
}

/* Does it end with words of the assistant's that are to be gone on with? No model thinks before those. */
static bool is_begun(const yz_json *messages) {
    bool begun = false;
    for (const yz_json *one = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL; one; one = one->next)
        if (!is(one, "role", "system"))
            begun = is(one, "role", "assistant");
    return begun;
}

/* What is to be cleared of thoughts refers to them. */
static void drop_thinking(mending *m) {
    yz_str management = yz_json_raw(get(m, "context_management"));
    drop(m, "thinking");
    yz_lose(m->losses, "thinking");
    if (management.n == 0 || !memmem(management.p, management.n, "clear_thinking", 14))
        return;
    drop(m, "context_management");
    yz_lose(m->losses, "context_management");
}

/* Thinking that the model decides on becomes one with a budget, by the word of effort, where there is room for it. */
static void give_budget(mending *m) {
    int64_t room = yz_json_int(get(m, "max_tokens"), 0);
    int64_t budget = an_budget_of(yz_json_text(m->arena, yz_json_given(get(m, "output_config"), "effort")));
    if (m->version < 37 || room <= BUDGET_LEAST || calls_thoughtlessly(get(m, "messages")) || is_begun(get(m, "messages"))) {
        drop_thinking(m);
        return;
    }
    set(m, "thinking",
        yz_format(m->arena, "{\"type\":\"enabled\",\"budget_tokens\":%lld}", (long long)(budget < room ? budget : BUDGET_LEAST)));
    yz_lose_as(m->losses, "thinking", YZ_APPROXIMATED);
}

static void mend_thinking(mending *m) {
    const yz_json *thinking = get(m, "thinking");
    if (is(thinking, "type", "adaptive") && m->version < 46) {
        give_budget(m);
    } else if (is(thinking, "type", "enabled") && m->version >= 47) {
        set(m, "thinking", YZ_STR("{\"type\":\"adaptive\"}"));
        yz_lose(m->losses, "thinking.budget_tokens");
    } else if (is(thinking, "type", "enabled") && (m->version < 37 || (m->version < 46 && is_begun(get(m, "messages"))))) {
        drop_thinking(m);
    } else if (thinking && m->version < 37) { /* they do not think: nothing has to be said */
        drop(m, "thinking");
    }
}

/* Opus 4.5 was the first that takes it; the greatest words but one came with 4.7. */
static void mend_effort(mending *m) {
    const yz_json *config = get(m, "output_config");
    yz_str effort = yz_json_text(m->arena, yz_json_given(config, "effort")), name = m->model;
    bool taken = m->version >= 46 || memmem(name.p, name.n, "opus-4-5", 8) || memmem(name.p, name.n, "opus-4.5", 8);
    if (effort.n == 0 || (taken && (m->version >= 47 || !yz_str_is(effort, "xhigh"))))
        return;
    yz_str left = an_without(config, "effort", m->arena);
    if (taken)
        left = yz_format(m->arena, "{\"effort\":\"high\"%s%.*s", left.n > 2 ? "," : "", (int)left.n - 1, left.p + 1);
    set(m, "output_config", left.n > 2 ? left : (yz_str){NULL, 0});
    yz_lose_as(m->losses, "output_config.effort", taken ? YZ_APPROXIMATED : YZ_DROPPED);
}

/* ---- sampling --------------------------------------------------------------------------------------------------------------- */

static void mend_sampling(mending *m) {
    static const char *const fields[] = {"temperature", "top_p", "top_k"};
    bool refused = m->facts && m->facts->sampling == YZ_OFF, both = m->version >= 41 && get(m, "temperature") && get(m, "top_p");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const yz_json *given = get(m, fields[i]);
        if (!given || (!refused && !(both && i == 1)))
            continue;
        if (i == 2 || yz_json_double(given, 0) < 1) /* 1 is what holds without it */
            yz_lose(m->losses, fields[i]);
        drop(m, fields[i]);
    }
}

/* ---- messages --------------------------------------------------------------------------------------------------------------- */

/* A conversation that ends with the model's own words is gone on with, where it may not begin an answer with them. */
static void mend_prefill(mending *m) {
    const yz_json *messages = get(m, "messages"), *last = last_of(messages);
    if (!m->facts || m->facts->prefill != YZ_OFF || !is(last, "role", "assistant"))
        return;
    yz_str raw = yz_json_raw(messages);
    set(m, "messages", yz_format(m->arena, "%.*s,{\"role\":\"user\",\"content\":\"" YC_GO_ON "\"}]", (int)raw.n - 1, raw.p));
    yz_lose_as(m->losses, "messages.prefill", YZ_EMULATED);
}

/* A text, or the blocks of a list, as blocks behind those that are there. */
static void put_blocks(const yz_json *content, yz_buf *out) {
    if (yz_json_is(content, YZ_JSON_STRING) && yz_json_escaped(content).n > 0) {
        yz_buf_lit(out, out->n > 1 ? ",{\"type\":\"text\",\"text\":" : "{\"type\":\"text\",\"text\":");
        yz_buf_str(out, yz_json_raw(content));
        yz_buf_char(out, '}');
    }
    for (const yz_json *block = yz_json_is(content, YZ_JSON_ARRAY) ? content->child : NULL; block; block = block->next) {
        yz_buf_lit(out, out->n > 1 ? "," : "");
        yz_buf_str(out, yz_json_raw(block));
    }
}

/* Instructions amid the messages go to the front, where nobody speaks but user and assistant. */
static void move_instructions(mending *m) {
    const yz_json *messages = get(m, "messages");
    bool any = false;
    yz_buf rest = {0}, system = {0};
    yz_buf_char(&rest, '[');
    yz_buf_char(&system, '[');
    put_blocks(get(m, "system"), &system);
    for (const yz_json *one = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL; one; one = one->next)
        if (is(one, "role", "system")) {
            any = true;
            put_blocks(yz_json_get(one, "content"), &system);
            an_lose_options(one, m->arena, m->losses);
        } else {
            yz_buf_lit(&rest, rest.n > 1 ? "," : "");
            yz_buf_str(&rest, yz_json_raw(one));
        }
    yz_buf_char(&rest, ']');
    yz_buf_char(&system, ']');
    if (any && rest.n > 2) {
        set(m, "messages", yz_buf_view(&rest));
        if (system.n > 2)
            set(m, "system", yz_buf_view(&system));
        yz_lose_as(m->losses, "messages.role", YZ_APPROXIMATED);
    }
    yz_buf_free(&rest);
    yz_buf_free(&system);
}

const yz_request *an_mend_for_model(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    mending m = {.facts = target->facts,
                 .model = target->model,
                 .version = an_version(target->model),
                 .from = request,
                 .arena = arena,
                 .losses = losses};
    mend_limit(&m);
    if (!yc_names_target(request, target, arena)) {
        if (m.version > 0) {
            mend_thinking(&m);
            mend_effort(&m);
        }
        mend_sampling(&m);
        if (m.facts && m.facts->late_system == YZ_OFF)
            move_instructions(&m);
        mend_prefill(&m);
    }
    return m.copy ? m.copy : request;
}
