/* listener.c: listening sockets of one worker. Every worker has its own for each address (SO_REUSEPORT), so the kernel spreads
 * connections and no worker waits for another.
 *
 * On a reload a listener whose address is still wanted stays open, whatever else changed: closing it would reset the connections
 * in its queue. Its certificate is replaced in place; connections keep the context they began with.
 */
#include "server/listener.h"

#include "base/arena.h"
#include "base/check.h"
#include "generation.h"
#include "net/tls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define BACKLOG 4096
#define REST_MS 50
#define SAY_MS  10000

struct yz_listener {
    yz_listeners *all;
    yz_listener *next;
    uv_tcp_t *handle; /* NULL: it rests until `reopen` rings */
    int socket;       /* the same socket once more: while the handle rests, the kernel goes on queueing clients */
    yz_blob *address; /* as configured: its connections keep it too */
    yz_tls *tls;      /* a reference; NULL: plain */
    bool admin;
    bool wanted; /* while adopting */
};

bool yz_loopback(yz_str host) {
    return yz_str_is(host, "localhost") || yz_str_is(host, "::1") || (yz_str_starts(host, "127.") && host.n < 16);
}

static void on_closed(uv_handle_t *handle) { free(handle); }

/* ---- descriptors run low --------------------------------------------------------------------------------------------------------
 * Every client that is let in may need one more descriptor, towards its provider; a reload needs some for its files. So no worker lets
 * clients in while over half of the descriptors that were free at the start are in use: they wait in the kernel's queue, where nobody
 * is refused, and the listener rests. Admin listeners do not, so that `yuzui status` and `reload` work just then. */

static rlim_t limit_of_files(void) {
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/* A new descriptor is the lowest that is free: all below it are in use. */
static bool few_are_left(const yz_listener *listener, int newest) {
    rlim_t limit = limit_of_files(), own = (rlim_t)listener->socket;
    return limit != RLIM_INFINITY && newest >= 0 && (rlim_t)newest > own && (rlim_t)newest - own > (limit - own) / 2;
}

static void rest(yz_listener *listener, const char *why) {
    yz_listeners *all = listener->all;
    uint64_t now = uv_now(all->worker->loop);
    if (all->said == 0 || now - all->said > SAY_MS)
        yz_log(YZ_LOG_ERROR, "clients of %.*s have to wait: %s (the limit is %llu: `ulimit -n` raises it)",
               YZ_STR_ARGS(yz_blob_bytes(listener->address)), why, (unsigned long long)limit_of_files());
    all->said = now;
    uv_close((uv_handle_t *)listener->handle, on_closed);
    listener->handle = NULL;
    yz_alarm_set(&all->worker->turn, &all->reopen, REST_MS);
}

/* libuv answers a lack of descriptors by asking for the same connection again, and with several workers, where another takes what it
 * kept in reserve, without ever returning to the loop: only a closed handle ends that. */
static void on_connection(uv_stream_t *handle, int status) {
    yz_listener *listener = handle->data;
    if (status == UV_EMFILE || status == UV_ENFILE)
        rest(listener, uv_strerror(status));
    else if (status == 0) {
        int fd = yz_connection_accept(listener->all->connections, handle, listener->tls, listener->admin, listener->address);
        if (!listener->admin && few_are_left(listener, fd))
            rest(listener, "over half of the descriptors are in use, and the rest is for those that are here");
    }
}

/* The address to bind; an empty host is every address, of both families. */
static int address_of(const yz_listen_settings *settings, struct sockaddr_storage *out) {
    char host[64];
    yz_str name = settings->host;
    if (name.n >= sizeof(host))
        return UV_EINVAL;
    memcpy(host, name.p ? name.p : "", name.n);
    host[name.n] = 0;
    if (name.n == 0)
        return uv_ip6_addr("::", settings->port, (struct sockaddr_in6 *)out);
    if (strcmp(host, "localhost") == 0)
        return uv_ip4_addr("127.0.0.1", settings->port, (struct sockaddr_in *)out);
    return strchr(host, ':') ? uv_ip6_addr(host, settings->port, (struct sockaddr_in6 *)out)
                             : uv_ip4_addr(host, settings->port, (struct sockaddr_in *)out);
}

static int bind_listen(uv_tcp_t *handle, const struct sockaddr_storage *address) {
    uv_os_fd_t fd;
    int on = 1, code = uv_fileno((uv_handle_t *)handle, &fd);
    if (code == 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
        code = uv_translate_sys_error(errno);
    if (code == 0)
        code = uv_tcp_bind(handle, (const struct sockaddr *)address, 0);
    if (code == 0)
        code = uv_listen((uv_stream_t *)handle, BACKLOG, on_connection);
    return code;
}

/* NULL: see *code. A handle that libuv refuses to begin is no longer among those of its loop: it is freed, never closed. */
static uv_tcp_t *listen_at(uv_loop_t *loop, const struct sockaddr_storage *address, int *code) {
    uv_tcp_t *handle = yz_calloc(1, sizeof(*handle));
    *code = uv_tcp_init_ex(loop, handle, address->ss_family);
    if (*code < 0) {
        free(handle);
        return NULL;
    }
    *code = bind_listen(handle, address);
    if (*code == 0)
        return handle;
    uv_close((uv_handle_t *)handle, on_closed);
    return NULL;
}

/* The same socket once more, or a negative errno. */
static int dup_socket(int socket) {
    int fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? uv_translate_sys_error(errno) : fd;
}

/* Its handle again, from its socket. False: descriptors are still too few. */
static bool wake(yz_listener *listener) {
    int fd = dup_socket(listener->socket);
    if (fd < 0)
        return false;
    uv_tcp_t *handle = few_are_left(listener, fd) && !listener->admin ? NULL : yz_calloc(1, sizeof(*handle));
    if (!handle || uv_tcp_init(listener->all->worker->loop, handle) < 0) {
        free(handle);
        close(fd);
        return false;
    }
    handle->data = listener;
    int code = uv_tcp_open(handle, fd);
    if (code < 0)
        close(fd);
    else if ((code = uv_listen((uv_stream_t *)handle, BACKLOG, on_connection)) == 0) {
        listener->handle = handle;
        return true;
    }
    uv_close((uv_handle_t *)handle, on_closed);
    return false;
}

/* The handle of a listener at its address, or NULL, with an error in the log. */
static uv_tcp_t *open_handle(yz_listeners *all, const yz_listen_settings *settings) {
    struct sockaddr_storage address = {0};
    uv_tcp_t *handle = NULL;
    int code = address_of(settings, &address);
    if (code == 0)
        handle = listen_at(all->worker->loop, &address, &code);
    if (code == UV_EAFNOSUPPORT && settings->host.n == 0) { /* a machine without IPv6 */
        uv_ip4_addr("0.0.0.0", settings->port, (struct sockaddr_in *)&address);
        handle = listen_at(all->worker->loop, &address, &code);
    }
    if (!handle)
        yz_log(YZ_LOG_ERROR, "cannot listen on %.*s: %s", YZ_STR_ARGS(settings->address), uv_strerror(code));
    return handle;
}

static int open_listener(yz_listeners *all, const yz_listen_settings *settings, bool admin) {
    uv_tcp_t *handle = open_handle(all, settings);
    uv_os_fd_t fd;
    int socket = !handle ? UV_EIO : uv_fileno((uv_handle_t *)handle, &fd) < 0 ? UV_EBADF : dup_socket(fd);
    if (socket < 0) {
        if (handle)
            uv_close((uv_handle_t *)handle, on_closed);
        return YZ_EIO;
    }
    yz_listener *listener = yz_calloc(1, sizeof(*listener));
    *listener = (yz_listener){.all = all, .next = all->list, .handle = handle, .socket = socket, .admin = admin, .wanted = true};
    listener->address = yz_blob_new(settings->address);
    listener->tls = settings->tls ? yz_tls_ref(settings->tls) : NULL;
    handle->data = listener;
    all->list = listener;
    return YZ_OK;
}

static void on_reopen(yz_alarm *alarm) {
    yz_listeners *all = YZ_CONTAINER(alarm, yz_listeners, reopen);
    for (yz_listener *l = all->list; l; l = l->next)
        if (!l->handle && !wake(l))
            yz_alarm_set(&all->worker->turn, &all->reopen, REST_MS);
}

static void close_listener(yz_listener **place) {
    yz_listener *listener = *place;
    *place = listener->next;
    if (listener->handle)
        uv_close((uv_handle_t *)listener->handle, on_closed);
    close(listener->socket);
    if (listener->tls)
        yz_tls_unref(listener->tls);
    yz_blob_unref(listener->address);
    free(listener);
}

static int adopt_one(yz_listeners *all, const yz_listen_settings *settings, bool admin) {
    if (admin && !yz_loopback(settings->host) && all->worker->share->settings->admin_token.n == 0 &&
        all->worker->share->settings->admin_tokens.n == 0) {
        yz_log(YZ_LOG_ERROR, "the admin listener on %.*s is not opened: an address that others can reach needs a token",
               YZ_STR_ARGS(settings->address));
        return YZ_EUNSUPPORTED;
    }
    for (yz_listener *l = all->list; l; l = l->next) {
        if (l->admin != admin || !yz_str_eq(settings->address, yz_blob_bytes(l->address)))
            continue;
        l->wanted = true;
        yz_tls *old = l->tls;
        l->tls = settings->tls ? yz_tls_ref(settings->tls) : NULL;
        if (old)
            yz_tls_unref(old);
        return YZ_OK;
    }
    return open_listener(all, settings, admin);
}

void yz_listeners_init(yz_listeners *all, yz_worker *worker, yz_connections *connections) {
    *all = (yz_listeners){.worker = worker, .connections = connections, .reopen.ring = on_reopen};
}

int yz_listeners_adopt(yz_listeners *all, const yz_settings *settings) {
    int code = YZ_OK, first = YZ_OK;
    for (yz_listener *l = all->list; l; l = l->next)
        l->wanted = false;
    for (size_t i = 0; i < settings->n_listens; i++)
        if ((code = adopt_one(all, &settings->listens[i], false)) < 0 && first == YZ_OK)
            first = code;
    if (settings->admin && (code = adopt_one(all, settings->admin, true)) < 0 && first == YZ_OK)
        first = code;
    if (first < 0) /* better to be found under an old address than under none */
        return first;
    for (yz_listener **place = &all->list; *place;)
        if (!(*place)->wanted)
            close_listener(place);
        else
            place = &(*place)->next;
    return YZ_OK;
}

void yz_listeners_close(yz_listeners *all, bool admin_too) {
    if (admin_too)
        yz_alarm_drop(&all->worker->turn, &all->reopen);
    for (yz_listener **place = &all->list; *place;)
        if (admin_too || !(*place)->admin)
            close_listener(place);
        else
            place = &(*place)->next;
}

unsigned yz_listeners_port(const yz_listeners *all, bool admin) {
    for (const yz_listener *l = all->list; l; l = l->next) {
        struct sockaddr_storage address;
        socklen_t n = sizeof(address);
        if (l->admin == admin && getsockname(l->socket, (struct sockaddr *)&address, &n) == 0)
            return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                       : ((struct sockaddr_in *)&address)->sin_port);
    }
    return 0;
}
