/* common/others.c: members of an object that a reader of a dialect has no place for, and parts of an answer that a writer has none for:
 * none is left out without a word. */
#include "common.h"

void yc_lose_others(const yz_json *object, const char *what, const char *const *known, yz_arena *arena, yz_losses *losses) {
    for (const yz_json *m = yz_json_is(object, YZ_JSON_OBJECT) ? object->child : NULL; m; m = m->next) {
        yz_str key = yz_json_key(m);
        if (!yc_one_of(key, known) && m->type != YZ_JSON_NULL && m->type != YZ_JSON_FALSE)
            yz_lose(losses, yz_format(arena, "%s.%.*s", what, YZ_STR_ARGS(key)).p);
    }
}

void yc_lose_named(const yz_encode_info *info, yz_str name, const char *otherwise) {
    yz_lose(info->losses, name.n ? yz_dup(info->arena, name).p : otherwise);
}
