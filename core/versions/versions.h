/* versions/versions.h: the versions of a policy's file, and putting one of them in its place.
 *
 * The file that the config names stays the truth: a reload and a restart read it, and nothing else. Beside it, in a folder of the
 * operator's choice, stands every text it has had, as plain files:
 *
 *   FOLDER/etc/yuzui/route.lua/0001.lua, 0002.lua, …    the texts
 *   FOLDER/etc/yuzui/route.lua/versions.jsonl           a line for each: who, when, of which one, why
 *
 * A text that is about to be replaced and is none of them becomes one first, so an edit by hand is never lost. Whoever replaces says what
 * he has seen there (its SHA-256); if something else stands there by now, nothing is done. Both are exchanged in one step of the file
 * system and what comes out is looked at, so this holds for editors too, which take no lock.
 *
 * For threads that may wait for a disk. */
#ifndef YUZUI_VERSIONS_VERSIONS_H
#define YUZUI_VERSIONS_VERSIONS_H

#include <yuzui/base.h>

#define YZ_VERSION_TEXT_MAX 65536 /* bytes of a text */
#define YZ_VERSION_NOTE_MAX 200

typedef struct yz_version {
    int64_t number;    /* 1, 2, 3 … */
    yz_str time, by;   /* "2026-11-28T15:04:05Z"; "admin ann", "cli", "found": it stood there already */
    int64_t of;        /* the one whose text it has again; 0: none */
    yz_str note, hash; /* in hex */
    int64_t bytes;
} yz_version;

typedef struct yz_versions {
    yz_arena *arena;
    yz_str root, file, folder; /* of all versions; absolute, links followed; where its versions are */
    yz_str text, hash;         /* what stands there now */
    const yz_version *current; /* the newest one of this text; NULL: none */
    yz_version *all;           /* the oldest first */
    size_t n;
    const char *why; /* of a failure, in the arena */
    int lock;        /* -1: none */
} yz_versions;

/* Looks at a file and at its versions under `folder`, which need not be there yet. YZ_ENOTFOUND, YZ_ELIMIT (too long), YZ_EIO: v->why. */
int yz_versions_open(yz_versions *v, yz_arena *arena, yz_str folder, yz_str file);
/* The text of one of them; YZ_ENOTFOUND. */
int yz_versions_text(yz_versions *v, int64_t number, yz_str *text);

/* From here until yz_versions_close nobody else puts anything, into no file: what passed the check with the others as they stand stays so.
 * What stands there is looked at anew. YZ_EAGAIN: somebody else does at this moment. */
int yz_versions_lock(yz_versions *v);
/* YZ_OK: `base` (a hash) is what stands there. Else YZ_EAGAIN, and v->why says what does, and since when. */
int yz_versions_base(yz_versions *v, yz_str base);

typedef struct yz_version_new {
    yz_str text, by, note;
    int64_t of;
} yz_version_new;
/* Keeps a text as the newest version and puts it into the file; v->current is it then. Locked, and after yz_versions_base. YZ_EAGAIN: an
 * editor was faster; YZ_EINVAL: the file says that already; YZ_EIO: it cannot be written. */
int yz_versions_put(yz_versions *v, const yz_version_new *made);

void yz_versions_close(yz_versions *v);

/* {"version":3,"time":…,"by":…,"of":1,"note":…,"sha256":…,"bytes":…} */
void yz_version_json(const yz_version *version, yz_buf *out);

#endif
