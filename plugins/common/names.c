/* common/names.c: names of tools that a provider refuses, as they are met in a body on its way there. They are exchanged where they stand,
 * by the rule that all dialects share (yz_tool_name), so a name is the same wherever it is said, and all other bytes stay. The host puts
 * the client's names back in the answer.
 */
#include "common.h"

void yc_see_name(yc_names *names, const yz_json *name) {
    yz_str escaped = yz_json_escaped(name), plain = yz_json_text(names->arena, name), sent = yz_tool_name(names->arena, escaped);
    if (plain.n == 0 || yz_str_eq(sent, plain))
        return;
    if (names->patched)
        yc_patch(names->patched, escaped, sent);
    else if (names->n < names->most)
        names->at[names->n] = escaped;
    names->n++;
}
