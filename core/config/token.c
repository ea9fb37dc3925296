/* config/token.c: see token.h. Commands are few and known by their words, so what they made stands in a list. */
#include "config/token.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/command.h"

#include <stdlib.h>
#include <yuzui/json.h>

#define RUN_MS    20000 /* a command that takes longer has failed */
#define AGAIN     30    /* seconds after a failure */
#define MOST_LIFE ((int64_t)366 * 86400)

/* ---- what was said ----------------------------------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static yz_str trimmed(yz_str text) {
    while (text.n && is_blank(text.p[0]))
        text = (yz_str){text.p + 1, text.n - 1};
    while (text.n && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

/* Seconds, also as a text, as Azure's metadata says them. */
static int64_t seconds(const yz_json *node, yz_arena *arena) {
    int64_t n = 0;
    yz_str text = yz_json_is(node, YZ_JSON_STRING) ? yz_json_text(arena, node) : (yz_str){NULL, 0};
    if (!text.n)
        return yz_json_int(node, 0);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || n > INT64_MAX / 100)
            return 0;
        n = n * 10 + (text.p[i] - '0');
    }
    return n;
}

static const yz_json *first_of(const yz_json *object, const char *const *names) {
    const yz_json *found = NULL;
    for (; *names && !found; names++)
        found = yz_json_given(object, *names);
    return found;
}

static yz_token of_object(const yz_json *object, int64_t now, yz_arena *arena) {
    static const char *const keys[] = {"access_token", "accessToken", "token", "id_token", NULL};
    static const char *const moments[] = {"expires_on", "expires_at", NULL};
    const yz_json *key = first_of(object, keys);
    yz_token token = {0};
    if (!yz_json_is(key, YZ_JSON_STRING)) {
        token.problem = "it is a JSON object without access_token, accessToken, token or id_token";
        return token;
    }
    token.key = yz_json_text(arena, key);
    int64_t life = seconds(yz_json_get(object, "expires_in"), arena), moment = seconds(first_of(object, moments), arena);
    token.expires = life > 0 && life < MOST_LIFE ? now + life : moment > 0 ? moment : 0;
    return token;
}

static bool can_be_sent(yz_str key) {
    for (size_t i = 0; i < key.n; i++)
        if ((unsigned char)key.p[i] <= ' ' || (unsigned char)key.p[i] >= 0x7f)
            return false;
    return key.n > 0;
}

yz_token yz_token_read(yz_str said, int64_t now, yz_arena *arena) {
    yz_str text = trimmed(said);
    yz_token token = {.key = text};
    yz_json *json = NULL;
    bool object = text.n && text.p[0] == '{';
    if (object && yz_json_parse(arena, text, 0, &json, NULL) == YZ_OK)
        token = of_object(json, now, arena);
    else if (object)
        token.problem = "it begins as a JSON object and is none";
    if (!token.problem && !can_be_sent(token.key))
        token.problem = text.n ? "it is neither a key of one line, without blanks, nor a JSON object that holds one" : "it says nothing";
    if (!token.problem && token.expires && token.expires <= now)
        token.problem = "the key it says has run out";
    return token;
}

/* ---- commands ---------------------------------------------------------------------------------------------------------- */

typedef struct made {
    yz_str words; /* with a NUL behind each */
    yz_secret *key;
    int64_t expires, due;
    struct made *next;
} made;

static made *all; /* of the process: read from one config to the next */

static made *find(yz_str words) {
    made *m = all;
    while (m && !yz_str_eq(m->words, words))
        m = m->next;
    if (m)
        return m;
    m = yz_calloc(1, sizeof *m);
    char *copy = yz_calloc(1, words.n + 1);
    memcpy(copy, words.p, words.n);
    m->words = (yz_str){copy, words.n};
    m->next = all;
    return all = m;
}

static void renew(made *m, char **argv, int64_t every, int64_t now, yz_arena *arena, const char **problem) {
    yz_buf said = {0};
    *problem = yz_command_run(&(yz_command){.argv = argv, .ms = RUN_MS, .most = YZ_TOKEN_MOST}, &said, arena);
    yz_token token = {.problem = *problem};
    if (!*problem)
        token = yz_token_read(yz_buf_view(&said), now, arena);
    m->due = now + AGAIN;
    *problem = token.problem;
    if (!token.problem) {
        int64_t life = token.expires ? (token.expires - now) * 4 / 5 : every;
        yz_secret_free(m->key);
        m->key = yz_secret_new(token.key);
        m->expires = token.expires;
        m->due = now + (life < 1 ? 1 : life < every ? life : every);
    }
    if (said.p)
        explicit_bzero(said.p, said.cap);
    yz_buf_free(&said);
}

yz_secret *yz_token_of_command(const yz_str *words, size_t n, int64_t every, yz_arena *arena, int64_t *due, const char **problem) {
    char **argv = yz_alloc(arena, (n + 1) * sizeof *argv);
    yz_buf name = {0};
    for (size_t i = 0; i < n; i++) {
        argv[i] = (char *)(uintptr_t)yz_dup(arena, words[i]).p;
        yz_buf_put(&name, argv[i], words[i].n + 1);
    }
    argv[n] = NULL;
    made *m = find(yz_buf_view(&name));
    yz_buf_free(&name);
    int64_t now = yz_clock_wall();
    *problem = NULL;
    if (m->due <= now)
        renew(m, argv, every, now, arena, problem);
    *due = m->due;
    bool good = m->key && (m->expires == 0 || m->expires > now);
    return good ? yz_secret_new(yz_secret_reveal(m->key)) : NULL;
}
