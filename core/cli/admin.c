/* cli/admin.c: see admin.h. No config is read: it may need an environment that whoever calls has not, and what is asked is the process that
 * runs, not the file. */
#include "cli/admin.h"

#include "config/settings.h"
#include "control/runs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_S = 5, SAID_S = 2, RELOAD_S = 30 /* a config may ask a ledger and commands */, MAX_ANSWER = 16 << 20 };

/* ---- which one ------------------------------------------------------------------------------------------------------------- */

static void list_runs(const yz_run *run) {
    for (; run; run = run->next)
        fprintf(stderr, "  pid %ld, %.*s, admin %.*s\n", run->pid, YZ_STR_ARGS(run->config),
                YZ_STR_ARGS(run->admin.n > 0 ? run->admin : YZ_STR("none")));
}

/* None with that config: those with another one may be meant, whose file was moved since they began. */
static void tell_none(const char *command, const char *config, yz_arena *arena) {
    const yz_run *others = config ? yz_runs_find(arena, NULL) : NULL;
    fprintf(stderr,
            "yuzui %s: no yuzui runs here%s%s (looked into %s): start one with `yuzui run -c FILE`, or name its admin address: "
            "--admin 127.0.0.1:8081\n",
            command, config ? " with the config " : "", config ? config : "", yz_runs_places(arena).p);
    if (others)
        fprintf(stderr, "with another config, or with this one where it was, run:\n");
    list_runs(others);
}

/* The admin address of the only one that runs; empty: why not was printed. */
static yz_str find_address(const char *command, const char *config, yz_arena *arena) {
    const yz_run *run = yz_runs_find(arena, config);
    if (!run) {
        tell_none(command, config, arena);
        return YZ_STR("");
    }
    if (run->next) {
        fprintf(stderr, "yuzui %s: several run here; say which with -c or --admin:\n", command);
        list_runs(run);
        return YZ_STR("");
    }
    if (run->admin.n == 0)
        fprintf(stderr,
                "yuzui %s: the one that runs (pid %ld, %.*s) has no admin address: add admin \"127.0.0.1:8081\"; `kill -HUP %ld` makes "
                "it read its config again\n",
                command, run->pid, YZ_STR_ARGS(run->config), run->pid);
    else if (run->tls)
        fprintf(stderr,
                "yuzui %s: the admin address %.*s speaks TLS, which this command does not: use curl with the token, or `kill -HUP %ld`\n",
                command, YZ_STR_ARGS(run->admin), run->pid);
    return run->tls ? YZ_STR("") : run->admin;
}

/* ---- asking ---------------------------------------------------------------------------------------------------------------- */

static void set_patience(int fd, time_t seconds) {
    struct timeval limit = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int dial(const yz_listen_settings *admin) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(admin->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(admin->port)};
    bool any = admin->host.n == 0 || yz_str_is(admin->host, "0.0.0.0");
    bool is_six = !any && inet_pton(AF_INET6, admin->host.p, &six.sin6_addr) == 1;
    if (!is_six && inet_pton(AF_INET, any ? "127.0.0.1" : admin->host.p, &four.sin_addr) != 1)
        return -1;
    int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_patience(fd, ANSWER_S);
    int code = is_six ? connect(fd, (struct sockaddr *)&six, sizeof(six)) : connect(fd, (struct sockaddr *)&four, sizeof(four));
    if (code == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
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

/* Is all of it there, as far as its head says how much? A server that keeps the connection open is not waited for. */
static bool is_whole(yz_str answer) {
    if (answer.n >= 5 && !yz_str_starts(answer, "HTTP/"))
        return true; /* of another protocol */
    const char *blank = answer.n > 4 ? memmem(answer.p, answer.n, "\r\n\r\n", 4) : NULL;
    for (const char *line = blank ? memchr(answer.p, '\n', answer.n) : NULL; line && line < blank; line = memchr(line + 1, '\n', answer.n))
        if (strncasecmp(line + 1, "content-length:", 15) == 0)
            return (size_t)(answer.p + answer.n - blank) - 4 >= strtoull(line + 16, NULL, 10);
    return false;
}

/* Receives more of the answer, as recv does. Where nothing comes, that is said once, and then it is waited for longer. */
static ssize_t receive(int fd, const char *command, yz_str address, yz_buf *answer) {
    time_t most = strcmp(command, "reload") == 0 ? RELOAD_S : ANSWER_S;
    bool first = answer->n == 0;
    set_patience(fd, first ? SAID_S : most);
    ssize_t n = recv(fd, yz_buf_room(answer, 4096), 4096, 0);
    if (n >= 0 || errno != EAGAIN || !first)
        return n;
    fprintf(stderr, "yuzui %s: %.*s has taken the question and says nothing yet; waiting up to %d s\n", command, YZ_STR_ARGS(address),
            (int)most);
    set_patience(fd, most - SAID_S);
    return recv(fd, yz_buf_room(answer, 4096), 4096, 0);
}

/* NULL, or why nothing was answered. */
static const char *exchange(const yz_listen_settings *admin, const char *command, const char *request, yz_buf *answer) {
    const char *token = getenv("YUZUI_ADMIN_TOKEN");
    int fd = dial(admin);
    if (fd < 0)
        return strerror(errno);
    yz_buf head = {0};
    yz_buf_printf(&head, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n", request);
    if (token && *token)
        yz_buf_printf(&head, "Authorization: Bearer %s\r\n", token);
    yz_buf_lit(&head, "\r\n");
    errno = 0; /* a peer that only closes leaves it so */
    bool ok = send_all(fd, yz_buf_view(&head));
    ssize_t n = 1;
    while (ok && n > 0 && answer->n < MAX_ANSWER && !is_whole(yz_buf_view(answer)) &&
           (n = receive(fd, command, admin->address, answer)) > 0)
        answer->n += (size_t)n;
    int why = errno;
    close(fd);
    yz_buf_free(&head);
    if (ok && answer->n > 0)
        return NULL;
    return why == EAGAIN ? "it takes the question and says nothing"
           : why != 0    ? strerror(why)
                         : "it closes without an answer, as what is no yuzui, or speaks TLS, does";
}

/* The bytes after the head; of a chunked answer, which the admin leaf never sends, nothing. */
static yz_json *read_answer(yz_str answer, yz_arena *arena) {
    const char *blank = answer.n > 4 ? memmem(answer.p, answer.n, "\r\n\r\n", 4) : NULL;
    yz_json *json = NULL;
    yz_str body = {blank ? blank + 4 : "", blank ? (size_t)(answer.p + answer.n - blank) - 4 : 0};
    return yz_json_parse(arena, yz_dup(arena, body), 0, &json, NULL) == YZ_OK && yz_json_is(json, YZ_JSON_OBJECT) ? json : NULL;
}

/* Every admin address knows what this command asks. */
static bool knows_no_such_path(yz_str answer) { return yz_str_starts(answer, "HTTP/1.1 404 ") || yz_str_starts(answer, "HTTP/1.1 405 "); }

/* What is most likely: the address that clients ask was said. Those that run here tell which is the other one. */
static void tell_other_address(const char *command, yz_str address, yz_arena *arena) {
    fprintf(
        stderr,
        "yuzui %s: %.*s is no admin address: what answers there knows nothing of this command, as on an address for clients (`listen`). "
        "The admin address is what admin \"…\" says in the config, such as admin \"127.0.0.1:8081\"\n",
        command, YZ_STR_ARGS(address));
    const yz_run *run = yz_runs_find(arena, NULL);
    if (run)
        fprintf(stderr, "here run:\n");
    list_runs(run);
}

/* Which may be the clients' address, or an admin address that this command cannot use. */
static void tell_tls(const char *command, yz_str address, yz_arena *arena) {
    fprintf(stderr,
            "yuzui %s: %.*s speaks TLS, which this command does not. The admin address is what admin \"…\" says in the config; if it is "
            "this one, use curl with the token, or `kill -HUP PID`\n",
            command, YZ_STR_ARGS(address));
    const yz_run *run = yz_runs_find(arena, NULL);
    if (run)
        fprintf(stderr, "here run:\n");
    list_runs(run);
}

/* A refusal in the form of whatever dialect: {"error":{"message":"…"}}. */
static bool refused(const char *command, yz_str address, const yz_json *json, yz_arena *arena) {
    const yz_json *message = yz_json_get(yz_json_get(json, "error"), "message");
    if (!message)
        return false;
    if (yz_str_starts(yz_json_text(arena, message), "plain HTTP was sent ")) {
        tell_tls(command, address, arena);
        return true;
    }
    bool token = getenv("YUZUI_ADMIN_TOKEN") != NULL;
    fprintf(stderr, "yuzui %s: refused: %.*s%s\n", command, YZ_STR_ARGS(yz_json_text(arena, message)),
            token ? "" : " (YUZUI_ADMIN_TOKEN in the environment is the token to show)");
    return true;
}

/* http://127.0.0.1:8081/ is what a browser shows of the same address. */
static yz_str without_scheme(yz_str address) {
    if (!yz_str_starts(address, "http://"))
        return address;
    address = (yz_str){address.p + 7, address.n - 7};
    if (address.n > 0 && address.p[address.n - 1] == '/')
        address.n--;
    return address;
}

const yz_json *yz_cli_ask_admin(const char *command, const char *address, const char *config, const char *request, yz_arena *arena) {
    yz_str found = address ? yz_str_of(address) : find_address(command, config, arena);
    yz_listen_settings admin = {0};
    yz_buf answer = {0};
    const yz_json *json = NULL;
    const char *why;
    if (found.n == 0)
        return NULL;
    if (address)
        found = without_scheme(found);
    if (yz_str_starts(found, "https://"))
        tell_tls(command, found, arena);
    else if (!yz_listen_parse(found, arena, &admin))
        fprintf(stderr, "yuzui %s: \"%.*s\" is no address such as 127.0.0.1:8081: %s\n", command, YZ_STR_ARGS(found),
                yz_listen_fault(found));
    else if ((why = exchange(&admin, command, request, &answer)))
        fprintf(stderr, "yuzui %s: nobody answers at the admin address %.*s: %s\n", command, YZ_STR_ARGS(found), why);
    else if (knows_no_such_path(yz_buf_view(&answer)))
        tell_other_address(command, found, arena);
    else if (!(json = read_answer(yz_buf_view(&answer), arena)))
        fprintf(stderr, "yuzui %s: what answers at %.*s is no yuzui, or speaks TLS\n", command, YZ_STR_ARGS(found));
    yz_buf_free(&answer);
    return json && refused(command, found, json, arena) ? NULL : json;
}
