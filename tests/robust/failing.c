/* failing.c: preloaded into the gateway, it makes the n-th call fail that touches an internet socket, or that asks for much memory, or from
 * the n-th on every one that asks for any, everywhere or while a name is looked up; or that takes a ledger's file to its disk: the n-th, or
 * all from it on, or the process is killed at the n-th, before it.
 *
 * The test and this share a file, mapped: {fail_at, count, fired, kinds}. Counting starts over whenever the test says so, so one process
 * is enough for a whole run, unless memory is at its end: then the gateway ends on purpose.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MUCH (64 * 1024)

enum { SOCKETS = 1, MEMORY = 2, ANY_MEMORY = 4, DISK = 8, DISK_FOR_GOOD = 16, DEATH = 32, LOOKUP = 64 };
static struct { _Atomic int fail_at, count, fired, kinds; } * shared;

/* A crash says where, since nobody has a debugger at hand when one request in thousands ends so. */
static void tell(int number) {
    void *frames[64];
    backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    signal(number, SIG_DFL); /* what crashed does it again */
}

__attribute__((constructor)) static void begin(void) {
    void *frame;
    backtrace(&frame, 1); /* the first time it loads a library, which needs memory */
    signal(SIGSEGV, tell);
    int fd = open(getenv("FAILING_FILE"), O_RDWR | O_CLOEXEC);
    shared = fd < 0 ? NULL : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static int due(int kind) {
    if (!shared || !(shared->kinds & kind) || shared->fail_at == 0)
        return 0;
    if (atomic_fetch_add(&shared->count, 1) + 1 != shared->fail_at)
        return 0;
    shared->fired++;
    return 1;
}

static int inet(int fd) {
    struct sockaddr_storage a;
    socklen_t n = sizeof(a);
    int before = errno, is = getsockname(fd, (struct sockaddr *)&a, &n) == 0 && (a.ss_family == AF_INET || a.ss_family == AF_INET6);
    errno = before;
    return is;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL(fd, code)                                                                                                                     \
    if (inet(fd) && due(SOCKETS)) {                                                                                                        \
        errno = code;                                                                                                                      \
        return -1;                                                                                                                         \
    }

ssize_t read(int fd, void *p, size_t n) {
    FAIL(fd, ECONNRESET)
    return NEXT(read)(fd, p, n);
}
ssize_t recv(int fd, void *p, size_t n, int flags) {
    FAIL(fd, ETIMEDOUT)
    return NEXT(recv)(fd, p, n, flags);
}
ssize_t recvmsg(int fd, struct msghdr *m, int flags) {
    FAIL(fd, ECONNRESET)
    return NEXT(recvmsg)(fd, m, flags);
}
ssize_t readv(int fd, const struct iovec *v, int n) {
    FAIL(fd, ECONNRESET)
    return NEXT(readv)(fd, v, n);
}
ssize_t write(int fd, const void *p, size_t n) {
    FAIL(fd, EPIPE)
    return NEXT(write)(fd, p, n);
}
ssize_t writev(int fd, const struct iovec *v, int n) {
    FAIL(fd, EPIPE)
    return NEXT(writev)(fd, v, n);
}
ssize_t send(int fd, const void *p, size_t n, int flags) {
    FAIL(fd, ECONNRESET)
    return NEXT(send)(fd, p, n, flags);
}
ssize_t sendmsg(int fd, const struct msghdr *m, int flags) {
    FAIL(fd, ENOBUFS)
    return NEXT(sendmsg)(fd, m, flags);
}
int connect(int fd, const struct sockaddr *a, socklen_t n) {
    FAIL(fd, EADDRNOTAVAIL)
    return NEXT(connect)(fd, a, n);
}
int accept4(int fd, struct sockaddr *a, socklen_t *n, int flags) {
    FAIL(fd, ECONNABORTED)
    return NEXT(accept4)(fd, a, n, flags);
}
int shutdown(int fd, int how) {
    FAIL(fd, ENOTCONN)
    return NEXT(shutdown)(fd, how);
}
int setsockopt(int fd, int level, int name, const void *value, socklen_t n) {
    FAIL(fd, EINVAL)
    return NEXT(setsockopt)(fd, level, name, value, n);
}
int socket(int domain, int type, int protocol) {
    if ((domain == AF_INET || domain == AF_INET6) && due(SOCKETS)) {
        errno = EMFILE;
        return -1;
    }
    return NEXT(socket)(domain, type, protocol);
}

static _Thread_local int looking_up;

static int no_memory(size_t n) {
    if (shared && shared->fired > 0 && (shared->kinds == ANY_MEMORY || (shared->kinds == LOOKUP && looking_up)))
        return 1;
    return (n >= MUCH && due(MEMORY)) || due(ANY_MEMORY) || (looking_up && due(LOOKUP));
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    looking_up = 1;
    int code = NEXT(getaddrinfo)(name, service, hints, found);
    looking_up = 0;
    return code;
}

extern void *__libc_malloc(size_t), *__libc_realloc(void *, size_t), *__libc_calloc(size_t, size_t);
#define UNLESS_NO_MEMORY(n, otherwise)                                                                                                     \
    if (no_memory(n)) {                                                                                                                    \
        errno = ENOMEM;                                                                                                                    \
        return NULL;                                                                                                                       \
    }                                                                                                                                      \
    return otherwise;
void *malloc(size_t n) { UNLESS_NO_MEMORY(n, __libc_malloc(n)) }
void *realloc(void *p, size_t n) { UNLESS_NO_MEMORY(n, __libc_realloc(p, n)) }
void *calloc(size_t count, size_t n) { UNLESS_NO_MEMORY(count * n, __libc_calloc(count, n)) }

static int of_ledger(int fd) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    return strstr(path, "/ledger.db") != NULL;
}

static int disk_fails(int fd) {
    if (!shared || shared->fail_at == 0 || !(shared->kinds & (DISK | DISK_FOR_GOOD | DEATH)) || !of_ledger(fd))
        return 0;
    int n = atomic_fetch_add(&shared->count, 1) + 1;
    if (n < shared->fail_at || (n > shared->fail_at && !(shared->kinds & DISK_FOR_GOOD)))
        return 0;
    if (shared->kinds & DEATH)
        kill(getpid(), SIGKILL);
    shared->fired++;
    errno = EIO;
    return 1;
}

int fsync(int fd) { return disk_fails(fd) ? -1 : NEXT(fsync)(fd); }
int fdatasync(int fd) { return disk_fails(fd) ? -1 : NEXT(fdatasync)(fd); }
