/* elsewhere.c: members that say what a body is: an error, or one of another dialect that was sent to the wrong path, of which what it has
 * instead says which is meant. */
#include "common.h"

/* A word or number that stands for success, or for nothing. */
static bool says_well(yz_str word) {
    static const char *const words[] = {"", "0", "200", "ok", "success", "none", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (yz_str_ieq(word, yz_str_of(words[i])))
            return true;
    return false;
}

bool yc_names_error(const yz_json *error) {
    if (!error || error->type <= YZ_JSON_FALSE)
        return false;
    if (error->type != YZ_JSON_OBJECT && error->type != YZ_JSON_ARRAY)
        return !says_well(yz_json_is(error, YZ_JSON_STRING) ? yz_json_escaped(error) : yz_json_raw(error));
    const yz_json *member = error->child;
    while (member && !yc_names_error(member)) /* no deeper than a body may be */
        member = member->next;
    return member != NULL;
}

const char *yc_elsewhere(const yz_json *root, const char *own) {
    static const struct {
        const char *field, *says;
    } table[] = {
        {"messages", "; a body with messages belongs to /v1/chat/completions, or to /v1/messages"},
        {"contents", "; a body with contents belongs to /v1beta/models/MODEL:generateContent"},
        {"input", "; a body with input belongs to /v1/responses"},
        {"prompt", "; a body with prompt belongs to /v1/completions"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].field, own) != 0 && yz_json_given(root, table[i].field))
            return table[i].says;
    return "";
}
