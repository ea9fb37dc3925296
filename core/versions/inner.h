/* versions/inner.h: what the two files of this room share. */
#ifndef YUZUI_VERSIONS_INNER_H
#define YUZUI_VERSIONS_INNER_H

#include "versions/versions.h"

#define YZ_VERSIONS_LIST     "versions.jsonl"
#define YZ_VERSIONS_LIST_MAX (64 << 20) /* bytes: some hundred thousand lines */

/* Sets v->why by errno; returns the code. */
int yz_versions_fail(yz_versions *v, int code, const char *what, const char *path);
int yz_versions_read(const char *path, size_t most, yz_arena *arena, yz_str *text);
/* The file and the list, as they are now. */
int yz_versions_look(yz_versions *v);
void yz_versions_add(yz_versions *v, const yz_version *version);
const char *yz_versions_path(yz_versions *v, int64_t number);
yz_str yz_versions_hash(yz_arena *arena, yz_str text);

#endif
