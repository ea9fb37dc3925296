/* dialect/error_text.h: the words of an error that is no JSON: a line of a proxy, a page of HTML, XML. No I/O. */
#ifndef YUZUI_DIALECT_ERROR_TEXT_H
#define YUZUI_DIALECT_ERROR_TEXT_H

#include <yuzui/base.h>

/* What such a body says to people: a plain text itself, of a page its title or its first heading, of XML its message; `all`: of a page
 * without these the text between its tags, which may hold more than clients shall know. In the arena; empty: nothing that can be read. Not
 * for hot paths. */
yz_str yz_error_text(yz_arena *arena, yz_str body, bool all);

#endif
