/* people/directory.h: the keys of a ledger, as they stood at one moment, ready to be looked up: by the hash of what a client shows. */
#ifndef YUZUI_PEOPLE_DIRECTORY_H
#define YUZUI_PEOPLE_DIRECTORY_H

#include "people/person.h"

/* ---- the register: persons as their records say, kept up to date ------------------------------------------------------- */

typedef struct yz_register yz_register;

yz_register *yz_register_new(void);
void yz_register_free(yz_register *reg);
/* A record was written. One that cannot be read is kept as disabled, and the log says so. */
void yz_register_put(yz_register *reg, yz_person_kind kind, yz_str name, int64_t revision, yz_str data);

/* ---- a directory: immutable; any thread ------------------------------------------------------------------------------- */

typedef struct yz_directory yz_directory;

/* A key with all that binds it. */
typedef struct yz_member {
    yz_key pub;   /* first: a yz_key of a directory can be cast to this */
    yz_str chain; /* its own, else that of the nearest group that names one; empty: none does */
    const yz_person *person;
} yz_member;

yz_directory *yz_directory_new(const yz_register *reg); /* one reference */
void yz_directory_ref(yz_directory *directory);
void yz_directory_unref(yz_directory *directory); /* NULL is allowed */
size_t yz_directory_size(const yz_directory *directory);
/* Whose key is that, at this time (Unix seconds)? NULL: nobody's. */
const yz_member *yz_directory_find(const yz_directory *directory, yz_str credential, int64_t now);

#endif
