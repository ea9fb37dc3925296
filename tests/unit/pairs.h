/* pairs.h: what the tests of the pairs of dialects share: the four adapters as they are, and what is drawn for their requests and answers.
 */
#ifndef PAIRS_H
#define PAIRS_H

#include "property.h"

#include "sides.h"

typedef struct pair {
    const side *a, *b;
    bool stream;
} pair;

/* ---- what is drawn ----------------------------------------------------------------------------------------------------- */

static const char *const words[] = {"a",
                                    "fish",
                                    " mouth ",
                                    "\\n",
                                    "\\\"",
                                    "\\\\",
                                    "\xE9\xB1\xBC",
                                    "\\u0000",
                                    "\\ud83d\\ude00",
                                    "{}",
                                    "</x>",
                                    "data: [DONE]\\n\\n",
                                    "\\/",
                                    "\xF0\x9F\x9A\x80",
                                    "e\xCC\x81",
                                    "\\t"};
#define WORDS (sizeof words / sizeof *words)

/* Escaped text that says something: never blank alone, which some dialects refuse. */
static yz_str text(draw *d, yz_arena *to) {
    yz_buf out = {0};
    for (unsigned n = pick(d, 6) + 1; n > 0; n--)
        yz_buf_lit(&out, words[pick(d, WORDS)]);
    yz_buf_lit(&out, "x");
    yz_str made = yz_dup(to, yz_buf_view(&out));
    yz_buf_free(&out);
    return made;
}

/* A JSON object, of keys in order, with what doubles spoil. */
static yz_str object(draw *d, yz_arena *to) {
    static const char *const values[] = {"1", "9007199254740993", "null", "true", "[]", "{}", "-0.5", "[1,{\"b\":\"c\"}]"};
    yz_buf out = {0};
    yz_buf_char(&out, '{');
    for (unsigned i = 0, n = pick(d, 4); i < n; i++) {
        yz_buf_printf(&out, "%s\"k%u\":", i ? "," : "", i);
        yz_str value = maybe(d) ? text(d, to) : (yz_str){NULL, 0};
        if (value.n)
            yz_buf_printf(&out, "\"%.*s\"", YZ_STR_ARGS(value));
        else
            yz_buf_lit(&out, values[pick(d, 8)]);
    }
    yz_buf_char(&out, '}');
    yz_str made = yz_dup(to, yz_buf_view(&out));
    yz_buf_free(&out);
    return made;
}

#endif
