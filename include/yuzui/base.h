/* yuzui/base.h: the few types every other header is written in.
 *
 * Conventions of the whole interface:
 *   - A function that can fail returns int: YZ_OK (0) or a negative YZ_E... code.
 *   - Running out of memory for a small block aborts the process. Anything whose size a peer chooses is bounded before it is
 *     allocated and fails softly.
 *   - Times are int64_t milliseconds of the monotonic clock unless a name says otherwise.
 *   - A yz_str is a slice: it owns nothing and is not NUL-terminated.
 *   - Everything is called on the worker thread that owns the call, except where a comment says "control thread".
 *   - A struct is a value, whose members never change, or a record, which may gain some: see the rule in plugin.h.
 */
#ifndef YUZUI_BASE_H
#define YUZUI_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define YZ_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define YZ_PRINTF(fmt, args)
#endif

/* Result codes: name, value, text for a log line. */
/* clang-format off */
#define YZ_RESULTS(X)                                                                                                  \
    X(OK, 0, "ok")                                                                                                     \
    X(EINVAL, -1, "malformed input")                                                                                   \
    X(ELIMIT, -2, "a limit was passed")                                                                                \
    X(ENOTFOUND, -3, "not found")                                                                                      \
    X(EAGAIN, -4, "the answer comes later")                                                                            \
    X(ETIMEOUT, -5, "the deadline passed")                                                                             \
    X(EIO, -6, "input or output failed")                                                                               \
    X(EUNSUPPORTED, -7, "not supported")                                                                               \
    X(ECANCELLED, -8, "cancelled")                                                                                     \
    X(EINTERNAL, -9, "internal error")                                                                                 \
    X(EREMOVED, -10, "removed, since it is older than is kept")
/* clang-format on */
enum {
#define YZ_RESULT_ENUM(name, value, text) YZ_##name = (value),
    YZ_RESULTS(YZ_RESULT_ENUM)
#undef YZ_RESULT_ENUM
};

/* The text of a result code, for logs. Never NULL. */
const char *yz_result_text(int code);

/* ---- slices ------------------------------------------------------------------------------------------------------- */

typedef struct yz_str {
    const char *p; /* may be NULL when n is 0 */
    size_t n;      /* bytes */
} yz_str;

#ifdef __cplusplus
#define YZ_STR(literal) (yz_str{"" literal, sizeof(literal) - 1})
#else
#define YZ_STR(literal) ((yz_str){"" literal, sizeof(literal) - 1})
#endif
#define YZ_STR_ARGS(s) (int)(s).n, (s).p /* for "%.*s" */

/* The n bytes at p, where they lie. */
static inline yz_str yz_str_at(const char *p, size_t n) {
    yz_str s = {p, n};
    return s;
}
/* The bytes of a C string, where they lie; NULL is empty. */
static inline yz_str yz_str_of(const char *c) { return yz_str_at(c, c ? strlen(c) : 0); }
/* Byte by byte; _is and _starts take a C string. Not for secrets: the time depends on the bytes. */
static inline bool yz_str_eq(yz_str a, yz_str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
static inline bool yz_str_is(yz_str a, const char *c) { return yz_str_eq(a, yz_str_of(c)); }
/* Does `a` begin with c? */
static inline bool yz_str_starts(yz_str a, const char *c) {
    size_t n = strlen(c);
    return a.n >= n && memcmp(a.p, c, n) == 0;
}
/* Equal when ASCII letters are folded: for header names. */
bool yz_str_ieq(yz_str a, yz_str b);

/* ---- arenas ------------------------------------------------------------------------------------------------------- */

/* An arena gives memory that is freed all at once. Every call has one (yz_call_arena); it lives as long as the call's memory. */
typedef struct yz_arena yz_arena;

void *yz_alloc(yz_arena *arena, size_t size);                            /* zeroed, aligned for any type; never NULL */
char *yz_alloc_bytes(yz_arena *arena, size_t size);                      /* not zeroed, not aligned: for text */
yz_str yz_dup(yz_arena *arena, yz_str s);                                /* a copy, with a NUL after it that is not counted */
yz_str yz_format(yz_arena *arena, const char *fmt, ...) YZ_PRINTF(2, 3); /* likewise NUL-terminated */
/* Runs fn(arg) when the arena is freed, last registered first: for what is not memory of the arena. */
void yz_on_free(yz_arena *arena, void (*fn)(void *arg), void *arg);
/* An arena of one's own, for what no single call owns; freed by whoever opened it, on the same thread. */
yz_arena *yz_arena_open(void);
void yz_arena_free(yz_arena *arena);

/* ---- growing buffers ------------------------------------------------------------------------------------------------ */

/* Bytes that grow. Zero-initialised is empty and ready. Owned by whoever declared it: yz_buf_free, or hand p over. */
typedef struct yz_buf {
    char *p;
    size_t n, cap;
} yz_buf;

/* Makes room for `more` bytes after n, and returns where they go. Does not change n. */
char *yz_buf_room(yz_buf *buf, size_t more);
void yz_buf_free(yz_buf *buf);                                         /* empty and ready again */
void yz_buf_printf(yz_buf *buf, const char *fmt, ...) YZ_PRINTF(2, 3); /* appends */

/* Appends n bytes, which must not lie in the buffer itself: it may move. */
static inline void yz_buf_put(yz_buf *buf, const void *p, size_t n) {
    if (n == 0)
        return;
    memcpy(buf->cap - buf->n >= n ? buf->p + buf->n : yz_buf_room(buf, n), p, n);
    buf->n += n;
}
/* Append a slice, a C string, a character. */
static inline void yz_buf_str(yz_buf *buf, yz_str s) { yz_buf_put(buf, s.p, s.n); }
static inline void yz_buf_lit(yz_buf *buf, const char *c) { yz_buf_put(buf, c, strlen(c)); }
static inline void yz_buf_char(yz_buf *buf, char c) { yz_buf_put(buf, &c, 1); }
/* Appends a whole number in decimal: what yz_buf_printf would do at twenty times the cost. */
static inline void yz_buf_int(yz_buf *buf, int64_t number) {
    char digits[24], *p = digits + sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        *--p = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *--p = '-';
    yz_buf_put(buf, p, (size_t)(digits + sizeof digits - p));
}
/* What it holds, where it lies: good until the buffer is appended to or freed. */
static inline yz_str yz_buf_view(const yz_buf *buf) { return yz_str_at(buf->p, buf->n); }

/* ---- shared bytes --------------------------------------------------------------------------------------------------- */

/* Immutable bytes with an atomic reference count: what a store hands out. Any thread. */
typedef struct yz_blob yz_blob;

yz_blob *yz_blob_new(yz_str bytes);        /* a copy, one reference */
yz_blob *yz_blob_ref(yz_blob *blob);       /* returns blob */
void yz_blob_unref(yz_blob *blob);         /* NULL is allowed */
yz_str yz_blob_bytes(const yz_blob *blob); /* good as long as the reference */

/* ---- secrets -------------------------------------------------------------------------------------------------------- */

/* A credential, in memory that is locked (best effort), left out of core dumps, and wiped when it goes. A pointer to one cannot be printed
 * by mistake. */
typedef struct yz_secret yz_secret;

/* The bytes, to be read only where they are sent or used; they live as long as the secret. NULL: empty. */
yz_str yz_secret_reveal(const yz_secret *secret);

/* ---- log ------------------------------------------------------------------------------------------------------------ */

/* clang-format off */
#define YZ_LOG_LEVELS(X) X(DEBUG, "debug") X(INFO, "info") X(WARN, "warn") X(ERROR, "error")
/* clang-format on */
typedef enum yz_log_level {
#define YZ_LOG_ENUM(name, word) YZ_LOG_##name,
    YZ_LOG_LEVELS(YZ_LOG_ENUM)
#undef YZ_LOG_ENUM
} yz_log_level;

/* One line to the log (stderr). Control bytes are escaped. Never pass keys or prompts. Any thread. */
void yz_log(yz_log_level level, const char *fmt, ...) YZ_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif
#endif
