/* openai/mend_model.c: a body of this dialect, and what the catalogue says of the model that gets it.
 *
 * A client that names the very model it gets knows what it asks, and so its body goes as it came; but for a limit that is greater than
 * anything the model can answer, which is asked for by clients that take one number for all models, and is sure to be refused. A client
 * whose model an alias or a policy exchanged meant another one: then what this one is known to refuse is left out, as from a request that
 * is translated (write.c), and told.
 */
#include "mend.h"

#include <math.h>

/* ---- the limit ---------------------------------------------------------------------------------------------------------- */

void oa_mend_limit(oa_mending *m) {
    static const char *const fields[] = {"max_tokens", "max_completion_tokens"};
    int64_t most = m->facts ? m->facts->max_tokens : 0;
    for (size_t i = 0; most > 0 && i < sizeof fields / sizeof *fields; i++)
        if (yz_json_double(oa_mend_get(m, fields[i]), 0) > (double)most) {
            oa_mend_set(m, fields[i], yz_format(m->arena, "%lld", (long long)most));
            yz_lose_as(m->losses, "max_tokens", YZ_APPROXIMATED);
        }
}

/* ---- reasoning ---------------------------------------------------------------------------------------------------------- */

/* The word that may be sent in place of this one (plain; empty: none). */
static yz_str effort_for(const oa_mending *m, yz_str effort) {
    int beside = yz_json_count(oa_mend_get(m, "tools")) > 0 ? m->facts->effort_beside_tools : YZ_BESIDE_TOOLS_ANY;
    if (beside != YZ_BESIDE_TOOLS_ANY)
        return beside == YZ_BESIDE_TOOLS_NONE ? YZ_STR("none") : YZ_STR("");
    return m->facts->efforts.n ? oa_effort(m->facts, effort) : effort;
}

/* That a model which always thinks was not to is missed, where another model's silence says as much. */
static bool is_missed(const oa_mending *m, yz_str asked) {
    if (!yz_str_is(asked, "none"))
        return true;
    return oa_thinks(m->facts) && oa_effort(m->facts, asked).n == 0;
}

bool oa_mend_thinking(oa_mending *m, bool meant) {
    static const char *const fields[] = {"thinking", "reasoning", "enable_thinking", "thinking_budget", "output_config"};
    const char *first = NULL;
    int wanted = m->config->thinking_fields;
    if (wanted == OA_THINKING_KEEP || (wanted == OA_THINKING_AUTO && (meant || !m->own_model)))
        return false;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!oa_mend_get(m, fields[i]))
            continue;
        if (!first && yz_json_given(m->from->json, fields[i]))
            first = fields[i];
        oa_mend_set(m, fields[i], (yz_str){NULL, 0});
    }
    if (!first)
        return false;
    yz_chat chat = {0};
    oa_reader reader = {.arena = m->arena, .losses = m->losses, .out = &chat};
    oa_read_effort(&reader, m->from->json);
    yz_str asked = yc_effort_of(&chat), effort = oa_effort(m->facts, asked);
    if (yz_json_given(m->from->json, "reasoning_effort"))
        return true; /* the dialect's own word counts first */
    oa_mend_set(m, "reasoning_effort", effort.n ? yz_format(m->arena, "\"%.*s\"", YZ_STR_ARGS(effort)) : effort);
    if (effort.n == 0 && is_missed(m, asked))
        yz_lose(m->losses, first);
    return true;
}

/* Returns the word that is sent. */
static yz_str mend_effort(oa_mending *m) {
    const yz_json *given = oa_mend_get(m, "reasoning_effort");
    yz_str effort = yz_json_text(m->arena, given), wanted = effort_for(m, effort);
    if (yz_str_eq(effort, wanted))
        return effort;
    oa_mend_set(m, "reasoning_effort", wanted.n ? yz_format(m->arena, "\"%.*s\"", YZ_STR_ARGS(wanted)) : wanted);
    if (effort.n && is_missed(m, effort))
        yz_lose_as(m->losses, "reasoning_effort", wanted.n == 0 || yz_str_is(wanted, "none") ? YZ_DROPPED : YZ_APPROXIMATED);
    return wanted;
}

/* ---- sampling and the rest ------------------------------------------------------------------------------------------------ */

static void mend_sampling(oa_mending *m, yz_str effort) {
    static const struct {
        const char *field;
        double otherwise;
        bool penalty;
    } table[] = {{"temperature", 1, false},
                 {"top_p", 1, false},
                 {"presence_penalty", 0, true},
                 {"frequency_penalty", 0, true},
                 {"top_k", NAN, false}};
    bool sampling = oa_takes_sampling(m->facts, effort), penalties = sampling && oa_takes_penalties(m->facts);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const yz_json *given = oa_mend_get(m, table[i].field);
        if (!given || (table[i].penalty ? penalties : sampling))
            continue;
        if (yz_json_is(given, YZ_JSON_NUMBER) && !(fabs(yz_json_double(given, NAN) - table[i].otherwise) < 1e-9))
            yz_lose(m->losses, table[i].field);
        oa_mend_set(m, table[i].field, (yz_str){NULL, 0});
    }
}

void oa_mend_for_model(oa_mending *m) {
    if (!m->facts)
        return;
    mend_sampling(m, mend_effort(m));
    if (!oa_takes_stop(m->facts))
        oa_mend_drop(m, "stop");
    if (!oa_takes_parallel(m->facts))
        oa_mend_drop(m, "parallel_tool_calls");
}

/* ---- an answer that is begun --------------------------------------------------------------------------------------------- */

void oa_mend_prefill(oa_mending *m) {
    const yz_json *messages = oa_mend_get(m, "messages"), *last = yz_json_is(messages, YZ_JSON_ARRAY) ? messages->child : NULL;
    while (last && last->next)
        last = last->next;
    bool begun = last && yz_json_says(yz_json_get(last, "role"), "assistant") && yz_json_count(yz_json_get(last, "tool_calls")) == 0;
    if (!begun || !m->facts || m->facts->prefill != YZ_OFF ||
        yz_json_true(yz_json_get(last, "prefix"))) /* that says it in Mistral's word */
        return;
    yz_str raw = yz_json_raw(messages);
    oa_mend_set(m, "messages", yz_format(m->arena, "%.*s,{\"role\":\"user\",\"content\":\"" YC_GO_ON "\"}]", (int)raw.n - 1, raw.p));
    yz_lose_as(m->losses, "messages.prefill", YZ_EMULATED);
}
