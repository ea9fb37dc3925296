/* people/persons.c: see persons.h. */
#include "people/persons.h"

#include <stdlib.h>

enum { DEPTH = 16 };

int yz_persons_read(yz_change *c, yz_persons *all) {
    *all = (yz_persons){0};
    int code = yz_change_list(c, YZ_PERSON_GROUP, &all->groups, &all->n_groups);
    return code == YZ_OK ? yz_change_list(c, YZ_PERSON_KEY, &all->keys, &all->n_keys) : code;
}

static int find_name(const void *name, const void *item) {
    yz_str a = *(const yz_str *)name, b = ((const yz_person *)item)->name;
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

const yz_person *yz_persons_group(const yz_persons *all, yz_str name) {
    return name.n && all->n_groups ? bsearch(&name, all->groups, all->n_groups, sizeof *all->groups, find_name) : NULL;
}

bool yz_persons_label(const yz_persons *all, const yz_person *person, yz_str label, yz_str *value) {
    for (int depth = 0; person && depth < DEPTH; depth++) {
        for (size_t i = 0; i < person->labels.n; i++)
            if (yz_str_eq(person->labels.items[i].name, label)) {
                *value = person->labels.items[i].value;
                return true;
            }
        person = yz_persons_group(all, person->group);
    }
    return false;
}

bool yz_label_read(yz_str text, yz_str *label, yz_str *value) {
    const char *equals = text.n ? memchr(text.p, '=', text.n) : NULL;
    *label = equals ? yz_str_at(text.p, (size_t)(equals - text.p)) : YZ_STR("");
    *value = equals ? yz_str_at(equals + 1, text.n - label->n - 1) : YZ_STR("");
    return label->n > 0;
}
