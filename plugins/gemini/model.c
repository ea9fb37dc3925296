/* gemini/model.c: what a model takes, known by its name: how it is told to think.
 *
 * Names look like gemini-2.5-pro, gemini-3-flash-preview, gemini-3.1-pro, gemini-2.0-flash-001, gemini-flash-latest, and behind slashes on
 * Vertex. Budgets are those of the API's guide to thinking: 2.5-pro takes 128 to 32768 and always thinks, 2.5-flash 0 to 24576,
 * 2.5-flash-lite 512 to 24576 or 0; from 3 on there are levels instead.
 */
#include "gemini.h"

static bool holds(yz_str model, const char *word) { return model.n && memmem(model.p, model.n, word, strlen(word)); }

static int digit(yz_str s, size_t at) { return at < s.n && s.p[at] >= '0' && s.p[at] <= '9' ? s.p[at] - '0' : -1; }

int gm_version(yz_str model) {
    const char *name = model.n ? memmem(model.p, model.n, "gemini-", 7) : NULL;
    if (!name)
        return 0;
    size_t at = (size_t)(name - model.p) + 7;
    int major = digit(model, at), minor = at + 1 < model.n && model.p[at + 1] == '.' ? digit(model, at + 2) : 0;
    return major < 0 ? 99 : major * 10 + (minor < 0 ? 0 : minor);
}

bool gm_is_pro(yz_str model) { return holds(model, "-pro"); }

const char *gm_level(yz_str model, yz_str effort, int64_t budget) {
    bool pro = gm_is_pro(model);
    if (effort.n == 0)
        effort = budget <= 2048 ? YZ_STR("low") : budget <= 8192 ? YZ_STR("medium") : YZ_STR("high");
    if (yz_str_is(effort, "none") || yz_str_is(effort, "minimal")) /* the least a model can do */
        return pro ? "LOW" : "MINIMAL";
    if (yz_str_is(effort, "low"))
        return "LOW";
    return yz_str_is(effort, "medium") && !(pro && gm_version(model) == 30) ? "MEDIUM" : "HIGH";
}

int64_t gm_budget(yz_str model, yz_str effort, int64_t budget) {
    static const struct {
        const char *word;
        int64_t tokens;
    } table[] = {{"none", 0}, {"minimal", 512}, {"low", 1024}, {"medium", 8192}, {"high", 24576}};
    bool pro = gm_is_pro(model);
    int64_t least = pro ? 128 : holds(model, "-lite") ? 512 : 1, most = pro ? 32768 : 24576;
    if (effort.n) {
        budget = most; /* xhigh, max */
        for (size_t i = 0; i < sizeof table / sizeof *table; i++)
            if (yz_str_is(effort, table[i].word))
                budget = table[i].tokens;
    }
    if (budget == 0 && !pro)
        return 0;
    return budget < least ? least : budget > most ? most : budget;
}
