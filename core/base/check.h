/* base/check.h: three tiers of assertion. Nothing else asserts.
 *
 *   YZ_MUST(x)    the program is wrong and cannot go on: print and abort (also in release builds)
 *   YZ_CHECK(x)   should hold; when it does not, say so once in the log and let the caller recover: `if (!YZ_CHECK(x)) return …;`
 *   YZ_DEBUG(x)   too expensive for release builds: only in debug and sanitizer builds
 */
#ifndef YUZUI_BASE_CHECK_H
#define YUZUI_BASE_CHECK_H

#include <stdbool.h>

_Noreturn void yz_must_failed(const char *file, int line, const char *what);
bool yz_check_failed(const char *file, int line, const char *what); /* logs; returns false */

#define YZ_MUST(x)  ((x) ? (void)0 : yz_must_failed(__FILE__, __LINE__, #x))
#define YZ_CHECK(x) ((x) ? true : yz_check_failed(__FILE__, __LINE__, #x))
#ifdef YZ_DEBUG_CHECKS
#define YZ_DEBUG(x) YZ_MUST(x)
#else
#define YZ_DEBUG(x) ((void)sizeof(x))
#endif

/* The object around a member. */
#define YZ_CONTAINER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
