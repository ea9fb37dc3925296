/* cli/bindable.c: see bindable.h. The kernel is asked, with a port of its choice: it knows what is routed here better than any list. */
#include "cli/bindable.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* 0, or what binding it says; also 0 where nothing can be said. */
static int try_host(const char *host) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    bool is_six = inet_pton(AF_INET6, host, &six.sin6_addr) == 1;
    if (!is_six && inet_pton(AF_INET, host, &four.sin_addr) != 1)
        return 0;
    int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    int code = is_six ? bind(fd, (const struct sockaddr *)&six, sizeof six) : bind(fd, (const struct sockaddr *)&four, sizeof four);
    int why = code == 0 ? 0 : errno;
    close(fd);
    return why;
}

static void try_one(const char *directive, const yz_listen_settings *listen, yz_diag *diag) {
    if (listen->host.n == 0 || try_host(listen->host.p) != EADDRNOTAVAIL)
        return;
    yz_diag_at(diag, listen->at);
    yz_diag_warn(
        diag,
        "%s \"%.*s\": this machine has no such address, so here nothing could be served there: `ip address` lists those it has, and "
        "\":%u\" is all of them (check --offline does not try)",
        directive, YZ_STR_ARGS(listen->address), listen->port);
}

void yz_cli_try_addresses(const yz_settings *settings, yz_diag *diag) {
    for (size_t i = 0; i < settings->n_listens; i++)
        try_one("listen", &settings->listens[i], diag);
    if (settings->admin)
        try_one("admin", settings->admin, diag);
}
