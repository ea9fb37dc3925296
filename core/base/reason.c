/* base/reason.c: why a file cannot be opened. */
#include "base/reason.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *yz_file_reason(int code) {
    static _Thread_local char text[160];
    if (code != EACCES)
        return strerror(code);
    struct passwd record, *user = NULL;
    char names[1024];
    if (getpwuid_r(geteuid(), &record, names, sizeof names, &user) != 0 || !user)
        snprintf(text, sizeof text, "permission denied to the user %ld, as whom this runs", (long)geteuid());
    else
        snprintf(text, sizeof text, "permission denied to the user \"%s\", as whom this runs", user->pw_name);
    return text;
}
