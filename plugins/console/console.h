/* console/console.h: the files of the console, made at build time by build.mjs. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>

typedef struct console_asset {
    const char *name, *type, *tag; /* tag: with its quotes, as an etag has it */
    const unsigned char *bytes;
    size_t n;
} console_asset;

extern const console_asset console_assets[];
extern const size_t console_n_assets;

#endif
