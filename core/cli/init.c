/* cli/init.c: `yuzui init`: from nothing to a gateway that answers: asks for keys, writes a config and a file with the keys, tries them,
 * and prints how clients are pointed here. Which providers are offered, and what clients want to hear, is data (packaging/init).
 */
#include "base/arena.h"
#include "base/beside.h"
#include "cli/cli.h"
#include "cli/try.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { MOST = 16, KEY_BYTES = 24 };
#define DEMO "demo" /* the bundled provider, and its model's name */

typedef struct offer {
    char name[40], adapter[40], variable[64], model[80], base[200];
    char key[600]; /* empty: none was given */
} offer;

typedef struct wizard {
    const char *config; /* the files that are written */
    char keys[PATH_MAX];
    offer offers[MOST];
    size_t n;
    char client[8 + 2 * KEY_BYTES]; /* the client's key */
    bool force, no_try;
} wizard;

/* ---- data -------------------------------------------------------------------------------------------------------------------------- */

static FILE *open_data(const char *name) {
    char path[PATH_MAX], relative[200];
    snprintf(relative, sizeof(relative), "%s/init/%s", YZ_DATA_FOLDER, name);
    FILE *file = yz_beside_binary(relative, path) ? fopen(path, "re") : NULL;
    snprintf(relative, sizeof(relative), "../packaging/init/%s", name);
    if (!file && yz_beside_binary(relative, path)) /* the binary runs from its build folder */
        file = fopen(path, "re");
    if (!file)
        fprintf(stderr, "yuzui init: %s is not there: %s\n", path, strerror(errno));
    return file;
}

static bool read_offers(wizard *w) {
    char line[600];
    FILE *file = open_data("providers.txt");
    while (file && w->n < MOST && fgets(line, sizeof(line), file)) {
        offer *o = &w->offers[w->n];
        if (line[0] != '#' && sscanf(line, "%39s %39s %63s %79s %199s", o->name, o->adapter, o->variable, o->model, o->base) == 5)
            w->n++;
    }
    if (file)
        fclose(file);
    return w->n > 0;
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------------ */

/* One line from standard input, which is not shown when somebody types it. False: the input has ended. */
static bool read_key(char *to, size_t size) {
    struct termios shown;
    bool typed = tcgetattr(STDIN_FILENO, &shown) == 0;
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    if (typed)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    char *line = fgets(to, (int)size, stdin);
    if (typed)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    printf("\n");
    if (!line)
        to[0] = '\0';
    to[strcspn(to, "\r\n")] = '\0';
    return line != NULL;
}

/* Can it stand in a header, and in a line NAME='value'? */
static bool is_good(const char *key) {
    for (const char *p = key; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || *p == '\'' || *p == '\\')
            return false;
    return true;
}

static void ask(offer *o) {
    const char *set = getenv(o->variable);
    for (;;) {
        printf("%s: API key (enter: %s) ", o->name, set && *set ? "the one in the environment" : "none");
        fflush(stdout);
        bool more = read_key(o->key, sizeof(o->key));
        if (o->key[0] == '\0' && set)
            snprintf(o->key, sizeof(o->key), "%s", set);
        if (is_good(o->key))
            return;
        printf("  That holds a blank or another sign that no key has.\n");
        o->key[0] = '\0';
        if (!more)
            return;
    }
}

/* ---- writing ----------------------------------------------------------------------------------------------------------------------- */

static FILE *create(const wizard *w, const char *path, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (w->force ? O_TRUNC : O_EXCL), mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && w->force)
        fchmod(fd, mode); /* it may have been another's to read */
    if (!file)
        fprintf(stderr, "yuzui init: cannot write %s: %s%s\n", path, strerror(errno), errno == EEXIST ? " (--force overwrites it)" : "");
    return file;
}

static bool make_client_key(wizard *w) {
    unsigned char bits[KEY_BYTES];
    if (getrandom(bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
        return false;
    size_t n = (size_t)snprintf(w->client, sizeof(w->client), "sk-yz-");
    for (size_t i = 0; i < KEY_BYTES; i++)
        n += (size_t)snprintf(w->client + n, sizeof(w->client) - n, "%02x", bits[i]);
    return true;
}

static bool write_keys(wizard *w) {
    FILE *file = create(w, w->keys, 0600);
    if (!file)
        return false;
    fprintf(file, "# Keys of the gateway: for a shell (set -a; . ./FILE) and for systemd (EnvironmentFile=).\nYUZUI_KEY='%s'\n", w->client);
    setenv("YUZUI_KEY", w->client, 1);
    for (size_t i = 0; i < w->n; i++)
        if (w->offers[i].key[0] != '\0') {
            fprintf(file, "%s='%s'\n", w->offers[i].variable, w->offers[i].key);
            setenv(w->offers[i].variable, w->offers[i].key, 1);
        }
    return fclose(file) == 0;
}

static void write_provider(FILE *file, const offer *o) {
    fprintf(file, "provider \"%s\" { adapter = \"%s\", key = env \"%s\"", o->name, o->adapter, o->variable);
    if (strcmp(o->base, "-") != 0)
        fprintf(file, ", base_url = \"%s\"", o->base);
    fprintf(file, " }\nmodel \"%s\" { \"%s\" }\n", o->model, o->name);
}

static bool write_config(const wizard *w) {
    bool any = false;
    FILE *file = create(w, w->config, 0644);
    if (!file)
        return false;
    fprintf(file, "-- Made by `yuzui init`. `yuzui check %s` says what is wrong with it; keys stand in %s.\n\n", w->config, w->keys);
    fprintf(file, "listen \"127.0.0.1:8080\"\nadmin \"127.0.0.1:8081\" -- yuzui reload, yuzui status: for everybody on this machine, "
                  "without a token\n\n");
    for (size_t i = 0; i < w->n; i++)
        if (w->offers[i].key[0] != '\0') {
            write_provider(file, &w->offers[i]);
            any = true;
        }
    if (!any)
        fprintf(file, "-- No key was given: the bundled demo provider answers, without a network.\n"
                      "provider \"demo\" { adapter = \"demo\" }\nmodel \"demo\" { \"demo\" }\n");
    fprintf(file, "\nkey(env \"YUZUI_KEY\") { name = \"me\" }\n\n"
                  "chain { auth {}, cache { ttl = \"1h\", store = \"memory\" }, fallback {}, retry { attempts = 3 } }\n");
    return fclose(file) == 0;
}

/* ---- the end ------------------------------------------------------------------------------------------------------------------------- */

static const char *first_model(const wizard *w) {
    for (size_t i = 0; i < w->n; i++)
        if (w->offers[i].key[0] != '\0')
            return w->offers[i].model;
    return DEMO;
}

/* The client's lines, with {base}, {key} and {model} filled in. */
static void print_line(const wizard *w, const char *line) {
    const struct {
        const char *hole, *with;
    } holes[] = {{"{base}", "http://127.0.0.1:8080"}, {"{key}", w->client}, {"{model}", first_model(w)}};
    for (const char *p = line; *p;) {
        bool filled = false;
        for (size_t i = 0; !filled && i < sizeof(holes) / sizeof(*holes); i++)
            if (strncmp(p, holes[i].hole, strlen(holes[i].hole)) == 0) {
                fputs(holes[i].with, stdout);
                p += strlen(holes[i].hole);
                filled = true;
            }
        if (!filled)
            putchar(*p++);
    }
}

/* How a shell finds this binary: by its bare name only where PATH leads to it. */
static const char *own_command(char path[PATH_MAX]) {
    struct stat own, found;
    const char *folders = getenv("PATH");
    if (!yz_beside_binary("yuzui", path) || stat(path, &own) != 0)
        return "yuzui";
    for (const char *p = folders ? folders : "", *end; *p; p = *end ? end + 1 : end) {
        char candidate[PATH_MAX];
        end = strchrnul(p, ':');
        int n = snprintf(candidate, sizeof(candidate), "%.*s/yuzui", (int)(end - p), p);
        if (n < (int)sizeof(candidate) && access(candidate, X_OK) == 0)
            return stat(candidate, &found) == 0 && found.st_ino == own.st_ino && found.st_dev == own.st_dev ? "yuzui" : path;
    }
    return path;
}

static void print_clients(const wizard *w) {
    char line[1000], path[PATH_MAX];
    FILE *file = open_data("clients.txt");
    printf("\nWrote %s, and %s with the keys, which only you can read.\n\nStart it:\n  set -a; . %s%s; set +a; %s run -c %s\n\nClients:\n",
           w->config, w->keys, strchr(w->keys, '/') ? "" : "./", w->keys, own_command(path), w->config);
    while (file && fgets(line, sizeof(line), file)) {
        printf("  ");
        print_line(w, line);
    }
    if (file)
        fclose(file);
}

/* Before anything is asked for: what has been typed would be lost. */
static bool can_write(const wizard *w) {
    const char *files[] = {w->config, w->keys}, *slash = strrchr(w->config, '/');
    char folder[PATH_MAX];
    struct stat st;
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - w->config) + 1 : 1, slash ? w->config : ".");
    if (access(folder, W_OK | X_OK) != 0) {
        fprintf(stderr, "yuzui init: cannot write into %s: %s\n", folder, strerror(errno));
        return false;
    }
    for (int i = 0; i < 2; i++) {
        bool there = stat(files[i], &st) == 0;
        if (there && S_ISDIR(st.st_mode))
            fprintf(stderr, "yuzui init: %s is a folder: name the file of the config, such as %s/yuzui.lua\n", files[i], files[i]);
        else if (there && !w->force)
            fprintf(stderr, "yuzui init: %s is there already: --force overwrites it, and another name writes beside it\n", files[i]);
        if (there && (S_ISDIR(st.st_mode) || !w->force))
            return false;
    }
    return true;
}

static int init(wizard *w) {
    unsigned failed = 0;
    if (!can_write(w) || !read_offers(w) || !make_client_key(w))
        return 1;
    printf("Keys of providers you have; what you type is not shown.\n");
    for (size_t i = 0; i < w->n; i++)
        ask(&w->offers[i]);
    if (!write_keys(w) || !write_config(w))
        return 1;
    if (!w->no_try && strcmp(first_model(w), DEMO) != 0) {
        printf("\nTrying them:\n");
        if (!yz_try_providers(w->config, &failed))
            return 1;
    }
    print_clients(w);
    if (failed > 0)
        printf("\n%u of the providers did not answer, for the reason above: a refused key is changed in %s, and one that cannot be reached "
               "may be taken out of %s.\n",
               failed, w->keys, w->config);
    return failed > 0;
}

int yz_cli_init(int argc, char **argv) {
    wizard w = {.config = "yuzui.lua"};
    const char *rest;
    const yz_cli_option options[] = {{"--force", NULL, .flag = &w.force}, {"--no-try", NULL, .flag = &w.no_try}};
    if (yz_cli_options(argc, argv, options, 2, &rest) != 0)
        return 2;
    w.config = rest ? rest : w.config;
    const char *slash = strrchr(w.config, '/'), *dot = strrchr(slash ? slash : w.config, '.');
    snprintf(w.keys, sizeof(w.keys), "%.*s.env", (int)(dot ? dot - w.config : (ptrdiff_t)strlen(w.config)), w.config);
    int code = init(&w);
    explicit_bzero(&w, sizeof(w));
    return code;
}
