/* common/near_key.c: keys that one reader takes for another's. Many servers read the names of fields without looking at their case (Go's
 * encoding/json, and .NET as it is mostly set up), so what is to be taken out of a request, or exchanged in it, might pass in another
 * spelling.
 */
#include "common.h"

#include <ctype.h>

/* Go folds two letters that are not plain to plain ones: the long s to an s, and the sign of the kelvin to a k. Nothing else is one. */
bool yc_folds_to(yz_str key, const char *name) {
    static const char *const folded[] = {"\xc5\xbf", "\xe2\x84\xaa"};
    static const char plain[] = {'s', 'k'};
    size_t at = 0;
    for (; *name && at < key.n; name++) {
        char c = key.p[at];
        size_t n = 1;
        for (size_t i = 0; i < 2; i++)
            if (yz_str_starts(yz_str_at(key.p + at, key.n - at), folded[i]))
                c = plain[i], n = strlen(folded[i]);
        if (tolower((unsigned char)c) != tolower((unsigned char)*name))
            return false;
        at += n;
    }
    return !*name && at == key.n;
}

/* The name of the model in another spelling, as quickly as chats want it: nothing folds to it but its own letters. */
yz_str yc_near_model(const yz_json *body, yz_arena *arena) {
    const yz_str name = YZ_STR("model");
    for (const yz_json *m = body->child; m; m = m->next) {
        if (m->key_n != name.n && !m->key_escaped)
            continue;
        yz_str key = yz_json_unescape(arena, yz_json_key(m));
        if (!yz_str_eq(key, name) && yz_str_ieq(key, name))
            return key;
    }
    return YZ_STR("");
}

int yc_accept_model(const yz_json *body, yz_arena *arena, yz_error *error) {
    yz_str near = yc_near_model(body, arena);
    return near.n == 0 ? YZ_OK : yc_refuse_near(near, "model", arena, error);
}

int yc_refuse_near(yz_str near, const char *such, yz_arena *arena, yz_error *error) {
    return yz_refuse(arena, error, near, YC_NEAR_WORDS, (int)(near.n < 40 ? near.n : 40), near.p, such);
}

int yc_accept_names(const yz_json *body, const char *const *names, yz_arena *arena, yz_error *error) {
    yz_str near = yc_near_key(body, names, arena);
    return near.n == 0 ? YZ_OK : yc_refuse_near(near, names[0], arena, error);
}

yz_str yc_near_key(const yz_json *body, const char *const *names, yz_arena *arena) {
    for (const yz_json *m = yz_json_is(body, YZ_JSON_OBJECT) ? body->child : NULL; m; m = m->next) {
        yz_str key = yz_json_unescape(arena, yz_json_key(m));
        for (const char *const *name = names; *name; name++)
            if (!yz_str_is(key, *name) && yc_folds_to(key, *name))
                return key;
    }
    return YZ_STR("");
}
