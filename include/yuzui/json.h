/* yuzui/json.h: JSON as an index over the bytes.
 *
 * yz_json_parse proves a text in one pass (UTF-8, grammar, depth, numbers, no duplicate keys in an object, no lone surrogates)
 * and leaves an index of slices into it. Nothing is copied and no number is converted, so 64-bit ids keep their spelling and a
 * value can be forwarded as the bytes it came in. The source bytes must outlive the index.
 *
 * "Escaped text" below is the content of a JSON string as it stands between the quotes. All dialects are JSON, so text moves
 * from one to another in that form, without being unescaped and escaped again.
 */
#ifndef YUZUI_JSON_H
#define YUZUI_JSON_H

#include <yuzui/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum yz_json_type {
    YZ_JSON_NULL,
    YZ_JSON_FALSE,
    YZ_JSON_TRUE,
    YZ_JSON_NUMBER,
    YZ_JSON_STRING,
    YZ_JSON_ARRAY,
    YZ_JSON_OBJECT
} yz_json_type;

typedef struct yz_json {
    const char *p;         /* where the value starts in the source; for a string: the opening quote */
    const char *key_p;     /* its key in the parent object, between the quotes, escaped; NULL in an array */
    struct yz_json *child; /* first member of an object or array */
    struct yz_json *next;  /* next member of the parent */
    uint32_t n;            /* bytes of the value, quotes included */
    uint32_t key_n;
    uint8_t type;     /* yz_json_type */
    bool escaped;     /* a string that holds at least one backslash */
    bool key_escaped; /* likewise the key */
} yz_json;

#define YZ_JSON_DEPTH  64           /* deeper is refused */
#define YZ_JSON_VALUES (512 * 1024) /* more values in one text are refused */

typedef struct yz_json_fault {
    size_t at;          /* byte offset */
    const char *reason; /* what is wrong there: static */
} yz_json_fault;

/* Flags: what is JSON by its grammar, and that a reader may stumble over. Answers may hold it, which were paid for: it goes on as it
 * stands. Requests may not: a number that one reads as infinite and another as none would mean two things. */
#define YZ_JSON_LONE_SURROGATES 1u
#define YZ_JSON_WIDE_NUMBERS    2u /* beyond a double: 1e400 */
#define YZ_JSON_ANSWERED        (YZ_JSON_LONE_SURROGATES | YZ_JSON_WIDE_NUMBERS)

/* Proves and indexes `text`. *out is in the arena. YZ_EINVAL or YZ_ELIMIT with *fault filled (fault may be NULL). */
int yz_json_parse(yz_arena *arena, yz_str text, unsigned flags, yz_json **out, yz_json_fault *fault);

/* The member `key` (plain ASCII; however the object spells it: "\u0061" is "a") of an object; NULL if absent or if node is no
 * object or NULL. */
const yz_json *yz_json_get(const yz_json *node, const char *key);
/* Likewise, and NULL also for null: most dialects take it for absent. */
const yz_json *yz_json_given(const yz_json *node, const char *key);
/* Is it a string that says this word (plain ASCII), however it is spelt? A provider that unescapes it takes "\u0073ystem" for "system". */
bool yz_json_says(const yz_json *node, const char *word);

/* The value as it stands in the text, quotes and all; empty for NULL. */
static inline yz_str yz_json_raw(const yz_json *node) { return node ? yz_str_at(node->p, node->n) : yz_str_at(NULL, 0); }
/* The key of a member, still escaped and without its quotes; empty for what is no member. */
static inline yz_str yz_json_key(const yz_json *node) { return yz_str_at(node->key_p, node->key_n); }
/* NULL is of no type. */
static inline bool yz_json_is(const yz_json *node, yz_json_type type) { return node && node->type == type; }
/* The escaped text of a string; empty for anything else. */
static inline yz_str yz_json_escaped(const yz_json *node) {
    return yz_json_is(node, YZ_JSON_STRING) ? yz_str_at(node->p + 1, (size_t)node->n - 2) : yz_str_at(NULL, 0);
}
/* Is it `true`? Any other value, and NULL, is not. */
static inline bool yz_json_true(const yz_json *node) { return yz_json_is(node, YZ_JSON_TRUE); }
/* Elements of an array or members of an object, counted one by one; 0 for anything else. */
static inline size_t yz_json_count(const yz_json *node) {
    size_t n = 0;
    for (const yz_json *c = node ? node->child : NULL; c; c = c->next)
        n++;
    return n;
}

/* The text of a string, unescaped (lone surrogates become U+FFFD); in the arena only if it had escapes. Empty for non-strings. */
yz_str yz_json_text(yz_arena *arena, const yz_json *node);
/* Unescapes escaped text; escapes plain text. */
yz_str yz_json_unescape(yz_arena *arena, yz_str escaped);
yz_str yz_json_escape(yz_arena *arena, yz_str plain);
/* The value of an integer that fits, else `otherwise` (also for NULL and for non-numbers; 1.0 and 1e3 count as integers). */
int64_t yz_json_int(const yz_json *node, int64_t otherwise);
/* Likewise `otherwise` for a number that no double holds. */
double yz_json_double(const yz_json *node, double otherwise);

/* Writing. yz_buf_json escapes plain UTF-8 text (no quotes added); yz_buf_json_str adds the quotes too. Bytes that are not UTF-8
 * become U+FFFD. To write escaped text, use yz_buf_str between two quotes. */
void yz_buf_json(yz_buf *buf, yz_str plain);
void yz_buf_json_str(yz_buf *buf, yz_str plain);

#ifdef __cplusplus
}
#endif
#endif
