/* base/beside.h: files that were installed with the binary are found from where it stands, so that the whole tree may be moved. */
#ifndef YUZUI_BASE_BESIDE_H
#define YUZUI_BASE_BESIDE_H

#include <limits.h>
#include <stdbool.h>

/* The path of `relative`, seen from the folder of the running binary; false (and an empty path) where that is unknown. */
bool yz_beside_binary(const char *relative, char to[PATH_MAX]);

#endif
