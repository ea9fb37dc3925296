/* base/command.c: see command.h. It has a process group of its own, so that one that hangs goes with what it has started. */
#include "base/command.h"

#include "base/arena.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Signals as a program expects them: ours are blocked or ignored in part. */
static int spawn(pid_t *pid, char *const *argv, int output) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    int code = posix_spawnp(pid, argv[0], &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

/* NULL: its output has ended. */
static const char *read_all(int fd, int64_t until, size_t most, yz_buf *out) {
    for (;;) {
        int64_t left = until - yz_clock_ms();
        struct pollfd waits = {.fd = fd, .events = POLLIN};
        if (left <= 0)
            return "it takes too long";
        int code = poll(&waits, 1, (int)left);
        if (code < 0 && errno != EINTR)
            return "its output cannot be read";
        if (code <= 0)
            continue;
        ssize_t n = read(fd, yz_buf_room(out, 4096), 4096);
        if (n == 0)
            return NULL;
        if (n < 0 && errno != EINTR)
            return "its output cannot be read";
        out->n += n > 0 ? (size_t)n : 0;
        if (out->n > most)
            return "it says too much";
    }
}

/* Its status; -1: it does not end in time. */
static int wait_for(pid_t pid, int64_t until) {
    int status = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (yz_clock_ms() >= until)
            return -1;
        poll(NULL, 0, 10);
    }
    return status;
}

const char *yz_command_run(char *const *argv, int64_t ms, size_t most, yz_buf *out, yz_arena *arena) {
    int ends[2], code, status = 0;
    pid_t pid;
    int64_t until = yz_clock_ms() + ms;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return yz_format(arena, "it cannot be run: %s", strerror(errno)).p;
    code = spawn(&pid, argv, ends[1]);
    close(ends[1]);
    const char *problem = code ? yz_format(arena, "it cannot be run: %s", strerror(code)).p : read_all(ends[0], until, most, out);
    close(ends[0]);
    if (code)
        return problem;
    if (!problem && (status = wait_for(pid, until)) < 0)
        problem = "it takes too long";
    if (problem) {
        kill(-pid, SIGKILL);
        waitpid(pid, &status, 0);
        return problem;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    return WIFEXITED(status) ? yz_format(arena, "it ended with status %d", WEXITSTATUS(status)).p
                             : yz_format(arena, "it was ended by signal %d", WTERMSIG(status)).p;
}
