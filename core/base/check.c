/* base/check.c: what happens when an assertion fails. */
#include "base/check.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <yuzui/base.h>

_Noreturn void yz_must_failed(const char *file, int line, const char *what) {
    yz_log(YZ_LOG_ERROR, "%s:%d: must hold and does not: %s", file, line, what);
    abort();
}

/* One line per place is enough: a broken check on the path of every request must not flood the log. Places share 256 slots; a
 * collision only hides a second place. */
bool yz_check_failed(const char *file, int line, const char *what) {
    static atomic_bool said[256];
    size_t slot = (((uintptr_t)file >> 3) + (size_t)line * 31) % 256;
    if (!atomic_exchange(&said[slot], true))
        yz_log(YZ_LOG_ERROR, "%s:%d: should hold and does not (said once): %s", file, line, what);
    return false;
}
