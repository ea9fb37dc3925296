/* anthropic/model.c: what a model takes, known by its name, since the API refuses what a model does not take.
 *
 * Names look like claude-opus-4-6, claude-sonnet-4-5-20250929, claude-3-5-haiku-latest, us.anthropic.claude-opus-5-v1:0.
 */
#include "anthropic.h"

/* A number of one or two digits at p (a date has eight); 0 digits: none. */
static size_t small_number(yz_str s, size_t at, int *value) {
    size_t n = 0;
    *value = 0;
    while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9' && n < 9)
        *value = *value * 10 + (s.p[at + n++] - '0');
    return n <= 2 ? n : 0;
}

int an_version(yz_str model) {
    const char *claude = model.n ? memmem(model.p, model.n, "claude", 6) : NULL;
    if (!claude)
        return 0;
    for (size_t i = (size_t)(claude - model.p) + 6; i + 1 < model.n; i++) {
        int major, minor;
        if (model.p[i] != '-')
            continue;
        size_t n = small_number(model, i + 1, &major);
        if (n == 0)
            continue;
        size_t after = i + 1 + n;
        bool separated = after < model.n && (model.p[after] == '-' || model.p[after] == '.');
        if (!separated || !small_number(model, after + 1, &minor) || minor > 9)
            minor = 0;
        return major * 10 + minor;
    }
    return 99;
}

/* Models think within the limit, newer ones whenever they see fit, so a small one cuts them off before they answer. A model that is newer
 * than any that is known here (99: also one that says no version) is asked for what every Claude since Opus 4 can answer: 32,000, the least
 * of their greatest (flavours/anthropic.lua), so it is refused nowhere. */
int64_t an_default_max_tokens(int version) {
    if (version > 48)
        return 32000;
    if (version >= 37)
        return 16384;
    return version >= 35 || version == 0 ? 8192 : 4096;
}
