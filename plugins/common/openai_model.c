/* common/openai_model.c: what a model of OpenAI takes, since it refuses what one does not take. All of it is in the catalogue (flavours/):
 * a model that it does not name gets what was asked for, and the option `drop` says what to leave out.
 */
#include "common.h"

static const yz_model_facts *known(const yz_model_facts *facts) { return facts && facts->size >= sizeof(*facts) ? facts : NULL; }

bool oa_is_own(const yz_model_facts *facts) { return known(facts) && facts->spelling != YZ_SPELLING_FREE; }

bool oa_new_style(const yz_model_facts *facts) { return known(facts) && facts->spelling == YZ_SPELLING_NEW; }

bool oa_takes_stop(const yz_model_facts *facts) { return !known(facts) || facts->stop != YZ_OFF; }

bool oa_takes_parallel(const yz_model_facts *facts) { return !known(facts) || facts->parallel != YZ_OFF; }

bool oa_takes_penalties(const yz_model_facts *facts) { return !known(facts) || facts->penalties != YZ_OFF; }

bool oa_thinks(const yz_model_facts *facts) { return known(facts) && facts->efforts.n && !yz_str_is(facts->efforts, "no"); }

bool oa_takes_sampling(const yz_model_facts *facts, yz_str effort) {
    if (known(facts) && facts->sampling == YZ_SAMPLING_IDLE)
        return effort.n == 0 || yz_str_is(effort, "none");
    return !known(facts) || facts->sampling != YZ_OFF;
}

/* Is it one of the words? */
static bool is_among(yz_str words, yz_str word) {
    for (size_t at = 0; at + word.n <= words.n; at++)
        if (memcmp(words.p + at, word.p, word.n) == 0 && (at == 0 || words.p[at - 1] == ' ') &&
            (at + word.n == words.n || words.p[at + word.n] == ' '))
            return true;
    return false;
}

yz_str oa_effort(const yz_model_facts *facts, yz_str effort) {
    static const char *const scale[] = {"minimal", "low", "medium", "high", "xhigh", "max"};
    enum { STEPS = sizeof(scale) / sizeof(*scale), MIDDLE = 2 };
    bool none = yz_str_is(effort, "none");
    int at = 0;
    if (!known(facts) || facts->efforts.n == 0)
        return none ? (yz_str){NULL, 0} : effort; /* leaving it out says the same */
    if (effort.n == 0 || is_among(facts->efforts, effort))
        return effort;
    if (none || yz_str_is(facts->efforts, "no"))
        return (yz_str){NULL, 0};
    while (at < STEPS && !yz_str_is(effort, scale[at]))
        at++;
    if (at == STEPS)
        return effort;                                                       /* a word of its own: let it be judged there */
    for (int step = at > MIDDLE ? -1 : 1; at >= 0 && at < STEPS; at += step) /* the nearest, towards the middle */
        if (is_among(facts->efforts, yz_str_of(scale[at])))
            return yz_str_of(scale[at]);
    return (yz_str){NULL, 0};
}

/* That a model which always thinks was not to is missed, where another model's silence says as much. A number has no word of its own. */
yz_str oa_effort_sent(const yz_model_facts *facts, const yz_chat *chat, yz_losses *losses) {
    yz_str asked = yc_effort_of(chat), sent = oa_effort(facts, asked);
    if (sent.n == 0 && (!yz_str_is(asked, "none") || oa_thinks(facts)))
        yz_lose(losses, "reasoning_effort");
    else if (sent.n > 0 && chat->effort.n > 0 && !yz_str_eq(sent, asked))
        yz_lose_as(losses, "reasoning_effort", YZ_APPROXIMATED);
    return sent;
}
