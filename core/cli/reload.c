/* cli/reload.c: `yuzui reload`: asks the admin address of a config's running yuzui to read it again, and prints what came of it.
 *
 * The config is read here too, for the address alone; when it is broken, the running one cannot be found by it, but what is wrong
 * is just what the reload would have said.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "config/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_S = 30, MAX_ANSWER = 1 << 20 };

static int dial(const yz_listen_settings *admin) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(admin->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(admin->port)};
    bool any = admin->host.n == 0 || yz_str_is(admin->host, "0.0.0.0");
    bool is_six = inet_pton(AF_INET6, admin->host.p, &six.sin6_addr) == 1;
    if (!is_six && inet_pton(AF_INET, any ? "127.0.0.1" : admin->host.p, &four.sin_addr) != 1)
        return -1;
    int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = ANSWER_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    int code = is_six ? connect(fd, (struct sockaddr *)&six, sizeof(six)) : connect(fd, (struct sockaddr *)&four, sizeof(four));
    if (code == 0)
        return fd;
    close(fd);
    return -1;
}

static bool send_all(int fd, yz_str bytes) {
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes = (yz_str){bytes.p + n, bytes.n - (size_t)n};
    }
    return true;
}

static bool ask(const yz_settings *s, yz_buf *answer) {
    int fd = dial(s->admin);
    if (fd < 0)
        return false;
    yz_buf head = {0};
    yz_buf_lit(&head, "POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n");
    if (s->admin_token.n > 0)
        yz_buf_printf(&head, "Authorization: Bearer %.*s\r\n", YZ_STR_ARGS(s->admin_token));
    yz_buf_lit(&head, "\r\n");
    bool ok = send_all(fd, yz_buf_view(&head));
    ssize_t n = 1;
    while (ok && n > 0 && answer->n < MAX_ANSWER && (n = recv(fd, yz_buf_room(answer, 4096), 4096, 0)) > 0)
        answer->n += (size_t)n;
    close(fd);
    yz_buf_free(&head);
    return ok && answer->n > 0;
}

/* The outcome is in the body: {"ok": …, "text": "…"}. */
static int print_outcome(yz_str answer, yz_arena *arena) {
    const char *blank = answer.n > 4 ? memmem(answer.p, answer.n, "\r\n\r\n", 4) : NULL;
    yz_json *json = NULL;
    if (!blank || yz_json_parse(arena, (yz_str){blank + 4, (size_t)(answer.p + answer.n - blank) - 4}, 0, &json, NULL) != YZ_OK ||
        !yz_json_get(json, "text")) {
        fprintf(stderr, "yuzui reload: the admin address gave an answer that is none of yuzui's\n");
        return 1;
    }
    yz_str text = yz_json_text(arena, yz_json_get(json, "text"));
    bool ok = yz_json_true(yz_json_get(json, "ok"));
    bool newline = text.n > 0 && text.p[text.n - 1] == '\n';
    fprintf(ok ? stdout : stderr, "%s%.*s%s", ok ? "" : "reload failed; the old config goes on serving:\n", YZ_STR_ARGS(text),
            newline ? "" : "\n");
    return ok ? 0 : 1;
}

int yz_cli_reload(int argc, char **argv) {
    const char *file = NULL, *rest;
    const yz_cli_option options[] = {{"--config", "-c", &file, NULL}};
    if (yz_cli_options(argc, argv, options, 1, &rest) != 0)
        return 2;
    file = file ? file : rest ? rest : "yuzui.lua";
    yz_diag diag = {0};
    yz_arena *arena = yz_arena_new(NULL);
    yz_settings *settings = yz_settings_read(file, arena, &diag);
    yz_buf answer = {0};
    int code = 1;
    if (!settings)
        fprintf(stderr, "reload failed; the old config goes on serving:\n%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
    else if (!settings->admin)
        fprintf(stderr, "%s has no admin address: add admin \"127.0.0.1:8081\", or send SIGHUP\n", file);
    else if (settings->admin->tls)
        fprintf(stderr, "the admin address speaks TLS, which this command does not: send SIGHUP, or POST /reload with the token\n");
    else if (!ask(settings, &answer))
        fprintf(stderr, "nothing answers at the admin address %.*s: %s\n", YZ_STR_ARGS(settings->admin->address), strerror(errno));
    else
        code = print_outcome(yz_buf_view(&answer), arena);
    yz_buf_free(&answer);
    yz_diag_free(&diag);
    yz_arena_free(arena);
    return code;
}
