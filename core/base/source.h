/* base/source.h: is this a Lua source file at all? The parser's message about one that is not helps nobody. */
#ifndef YUZUI_BASE_SOURCE_H
#define YUZUI_BASE_SOURCE_H

#include <yuzui/base.h>

/* NULL, or what is wrong with it as a whole: "…, save it as UTF-8". A byte order mark of UTF-8 is fine. */
static inline const char *yz_source_fault(yz_str text) {
    if (text.n >= 2 && (memcmp(text.p, "\xff\xfe", 2) == 0 || memcmp(text.p, "\xfe\xff", 2) == 0))
        return "the file is UTF-16: save it as UTF-8";
    if (text.n > 0 && text.p[0] == '\033')
        return "the file is compiled Lua: only source text is read";
    if (text.n > 0 && memchr(text.p, '\0', text.n))
        return "the file holds NUL bytes and so is no Lua text: if it is UTF-16, save it as UTF-8";
    return NULL;
}

#endif
