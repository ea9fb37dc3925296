/* base/beside.c: see beside.h. */
#include "base/beside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool yz_beside_binary(const char *relative, char to[PATH_MAX]) {
    ssize_t n = readlink("/proc/self/exe", to, PATH_MAX - 1);
    to[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(to, '/');
    for (; slash && strncmp(relative, "../", 3) == 0; relative += 3) {
        *slash = '\0';
        slash = strrchr(to, '/');
    }
    size_t room = slash ? (size_t)(to + PATH_MAX - slash - 1) : 0;
    if (strlen(relative) < room) {
        strcpy(slash + 1, relative);
        return true;
    }
    to[0] = '\0';
    return false;
}
