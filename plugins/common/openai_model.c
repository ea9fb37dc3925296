/* common/openai_model.c: what a model takes, known by its name, since OpenAI refuses what one does not take. Names of others (llama,
 * deepseek, kimi, gpt-oss) tell nothing: they get what was asked for, and the option `drop` says what to leave out.
 */
#include "common.h"

static yz_str after(yz_str s, size_t n) { return s.n > n ? (yz_str){s.p + n, s.n - n} : (yz_str){NULL, 0}; }

/* openai/gpt-5, as routers name it */
static yz_str bare(yz_str model) {
    for (const char *slash; model.n && (slash = memchr(model.p, '/', model.n));)
        model = after(model, (size_t)(slash - model.p) + 1);
    return model;
}

oa_family oa_family_of(yz_str model) {
    model = bare(model);
    if (model.n >= 2 && model.p[0] == 'o' && model.p[1] >= '1' && model.p[1] <= '9')
        return model.p[1] == '1' ? OA_FAMILY_O1 : OA_FAMILY_O;
    if (yz_str_starts(model, "chatgpt-"))
        return OA_FAMILY_OLD;
    yz_str version = yz_str_starts(model, "gpt-") ? after(model, 4) : (yz_str){NULL, 0};
    if (version.n == 0 || version.p[0] < '1' || version.p[0] > '9')
        return OA_FAMILY_FOREIGN;
    if (version.p[0] < '5')
        return OA_FAMILY_OLD;
    if (yz_str_starts(version, "5-chat"))
        return OA_FAMILY_CHAT;
    return version.p[0] > '5' || (version.n > 1 && version.p[1] == '.') ? OA_FAMILY_GPT5_X : OA_FAMILY_GPT5;
}

bool oa_new_style(yz_str model) { return oa_family_of(model) > OA_FAMILY_OLD; }

bool oa_takes_stop(oa_family family) { return family <= OA_FAMILY_OLD || family == OA_FAMILY_O1; }

bool oa_takes_parallel(oa_family family) { return family != OA_FAMILY_O1 && family != OA_FAMILY_O; }

bool oa_takes_sampling(oa_family family, yz_str effort) {
    if (family == OA_FAMILY_GPT5_X) /* while it does not think */
        return effort.n == 0 || yz_str_is(effort, "none");
    return family <= OA_FAMILY_CHAT;
}

yz_str oa_effort(oa_family family, yz_str model, yz_str effort) {
    bool none = yz_str_is(effort, "none"), most = yz_str_is(effort, "max"), more = most || yz_str_is(effort, "xhigh");
    switch (family) {
    case OA_FAMILY_FOREIGN:
        return none ? (yz_str){NULL, 0} : effort; /* leaving it out says the same */
    case OA_FAMILY_OLD:
    case OA_FAMILY_CHAT:
        return (yz_str){NULL, 0};
    case OA_FAMILY_O1:
    case OA_FAMILY_O:
        return none ? (yz_str){NULL, 0} : more ? YZ_STR("high") : yz_str_is(effort, "minimal") ? YZ_STR("low") : effort;
    case OA_FAMILY_GPT5:
        return none ? (yz_str){NULL, 0} : more ? YZ_STR("high") : effort;
    case OA_FAMILY_GPT5_X:
        if (more && memmem(model.p, model.n, "gpt-5.1", 7))
            return YZ_STR("high");
        return most ? YZ_STR("xhigh") : yz_str_is(effort, "minimal") ? YZ_STR("low") : effort;
    }
    return effort;
}
