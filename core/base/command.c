/* base/command.c: see command.h. It has a process group of its own, so that one that hangs goes with what it has started. */
#include "base/command.h"

#include "base/arena.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 100 }; /* how soon it is seen that nobody wants it any more */

extern char **environ;

/* Signals as a program expects them: ours are blocked or ignored in part. */
static int spawn(pid_t *pid, const yz_command *command, int input, int output) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    if (input < 0)
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&files, input, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    if (command->errors)
        posix_spawn_file_actions_adddup2(&files, output, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    int code = posix_spawnp(pid, command->argv[0], &files, &attributes, command->argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

/* A file without a name that holds what it is to read; a pipe would have to be filled while its output is read. -1: it cannot be made. */
static int input_of(yz_str text) {
    int fd = memfd_create("input", MFD_CLOEXEC);
    for (size_t at = 0; fd >= 0 && at < text.n;) {
        ssize_t n = write(fd, text.p + at, text.n - at);
        if (n < 0 && errno != EINTR) {
            close(fd);
            return -1;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool stopped(const yz_command *command) { return command->stop && atomic_load(command->stop); }

/* NULL: its output has ended. */
static const char *read_all(const yz_command *command, int fd, int64_t until, yz_buf *out) {
    for (;;) {
        int64_t left = until - yz_clock_ms();
        struct pollfd waits = {.fd = fd, .events = POLLIN};
        if (left <= 0)
            return "it takes too long";
        if (stopped(command))
            return "it was stopped";
        int code = poll(&waits, 1, (int)(command->stop && left > LOOK_MS ? LOOK_MS : left));
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
        if (out->n > command->most)
            return "it says too much";
    }
}

/* Its status; -1: it does not end in time. */
static int wait_for(const yz_command *command, pid_t pid, int64_t until) {
    int status = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (yz_clock_ms() >= until || stopped(command))
            return -1;
        poll(NULL, 0, 10);
    }
    return status;
}

/* 0, or why it does not run (errno). *output: to be read, and closed. */
static int start(const yz_command *command, pid_t *pid, int *output) {
    int ends[2], input = -1;
    if (command->input.n > 0 && (input = input_of(command->input)) < 0)
        return errno;
    int code = pipe2(ends, O_CLOEXEC) < 0 ? errno : 0;
    if (!code) {
        code = spawn(pid, command, input, ends[1]);
        close(ends[1]);
        *output = ends[0];
        if (code)
            close(ends[0]);
    }
    if (input >= 0)
        close(input);
    return code;
}

const char *yz_command_run(const yz_command *command, yz_buf *out, yz_arena *arena) {
    int output = -1, status = 0;
    pid_t pid;
    int64_t until = yz_clock_ms() + command->ms;
    int code = start(command, &pid, &output);
    if (code)
        return yz_format(arena, "it cannot be run: %s", strerror(code)).p;
    const char *problem = read_all(command, output, until, out);
    close(output);
    if (!problem && (status = wait_for(command, pid, until)) < 0)
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
