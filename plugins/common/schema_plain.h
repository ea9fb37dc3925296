/* common/schema_plain.h: what the two files share that make a schema plain: schema_plain.c its words, schema_refs.c its references. */
#ifndef COMMON_SCHEMA_PLAIN_H
#define COMMON_SCHEMA_PLAIN_H

#include "common.h"

typedef struct yc_plain_moved { /* a schema that something refers to, and that is no definition: it becomes one */
    struct yc_plain_moved *next;
    const yz_json *node;
    yz_str reference; /* "#/$defs/ref_1"; empty: nothing that was written refers to it yet */
} yc_plain_moved;

typedef struct yc_plain {
    yz_arena *arena;
    const yz_json *root;
    yz_buf *out;
    bool changed, lost;
    bool defining;                /* definitions are being written: what is one of its own is referred to within them */
    yc_index *moved;              /* yc_plain_moved, by where the schema stands; NULL: none yet */
    yc_plain_moved *first, **end; /* those that have a reference */
    size_t n_moved;
    yc_index *steps; /* members of objects that were walked, by object and key; NULL: none yet */
} yc_plain;

void yc_plain_key(yc_plain *p, bool *first, yz_str key);                /* of a member that is written next */
void yc_plain_definition(yc_plain *p, const yz_json *node, bool whole); /* not whole: as a reference, if it has moved */
/* A member of an object, or an item of a list, by its key (plain) or number; NULL: there is none. */
const yz_json *yc_plain_child(yc_plain *p, const yz_json *node, yz_str key);
/* The same reference to a definition; one that leads nowhere stays as it is. Escaped. */
yz_str yc_plain_reference(yc_plain *p, const yz_json *reference);
/* To a schema that has moved, where definitions are written; empty: it stands where it is. Escaped. */
yz_str yc_plain_moved_to(yc_plain *p, const yz_json *node);
/* The whole itself, or the schema that it refers to; NULL: it refers to nothing. */
const yz_json *yc_plain_meant(yc_plain *p);
/* The definitions, and all that was referred to; nothing if there are none. */
void yc_plain_definitions(yc_plain *p, bool *first);

#endif
