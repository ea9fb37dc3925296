/* cli/people.c: `yuzui key` and `yuzui group`: the keys and groups that a config's ledger keeps. They open the ledger themselves, beside a
 * yuzui that runs or without one; one that runs knows of a change within a second. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "ledger/ledger.h"
#include "people/persons.h"
#include "people/spent.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_OPTIONS = 32 };

typedef struct asked {
    const char *command, *verb, *config, *name, *overlap;
    const char *members[MOST_OPTIONS]; /* by the table of members */
    bool json;
    yz_person_kind kind;
    yz_change change;
} asked;

/* ---- options -------------------------------------------------------------------------------------------------------- */

static const char *option_name(yz_arena *arena, const char *member) {
    char *name = yz_alloc_bytes(arena, strlen(member) + 3);
    memcpy(name, "--", 2);
    memcpy(name + 2, member, strlen(member) + 1);
    for (char *at = name; *at; at++)
        if (*at == '_')
            *at = '-';
    return name;
}

static bool is_option(const asked *a, const yz_person_member *m) { return !m->kept && m->type != YZ_PERSON_FLAG && (m->kinds & a->kind); }

static int read_options(int argc, char **argv, asked *a) {
    yz_cli_option options[MOST_OPTIONS + 4] = {
        {"--config", "-c", .value = &a->config}, {"--json", NULL, .flag = &a->json}, {"--overlap", NULL, .value = &a->overlap}};
    size_t n = 3;
    for (size_t i = 0; i < yz_person_n_members && i < MOST_OPTIONS; i++)
        if (is_option(a, &yz_person_members[i]))
            options[n++] = (yz_cli_option){.name = option_name(a->change.arena, yz_person_members[i].name), .value = &a->members[i]};
    argv[1] = argv[0]; /* the verb has been read */
    return yz_cli_options(argc - 1, argv + 1, options, n, &a->name);
}

/* A,B or A=B,C=D as JSON. */
static void put_list(yz_buf *out, yz_str text, bool labels) {
    const char *comma = "";
    yz_buf_char(out, labels ? '{' : '[');
    while (text.n > 0) {
        const char *end = memchr(text.p, ',', text.n);
        yz_str item = {text.p, end ? (size_t)(end - text.p) : text.n};
        const char *equals = labels ? memchr(item.p, '=', item.n) : NULL;
        yz_buf_lit(out, comma);
        if (labels) {
            yz_buf_json_str(out, yz_str_at(item.p, equals ? (size_t)(equals - item.p) : item.n));
            yz_buf_char(out, ':');
            item = equals ? yz_str_at(equals + 1, item.n - (size_t)(equals + 1 - item.p)) : YZ_STR("");
        }
        yz_buf_json_str(out, item);
        comma = ",";
        text = end ? yz_str_at(end + 1, text.n - (size_t)(end + 1 - text.p)) : YZ_STR("");
    }
    yz_buf_char(out, labels ? '}' : ']');
}

/* An option that is said empty takes the member away. */
static void put_member(yz_buf *out, const yz_person_member *m, const char *said) {
    yz_buf_printf(out, "%s\"%s\":", out->n > 1 ? "," : "", m->name);
    if (!*said)
        yz_buf_lit(out, "null");
    else if (m->type == YZ_PERSON_NAMES || m->type == YZ_PERSON_LABELS)
        put_list(out, yz_str_of(said), m->type == YZ_PERSON_LABELS);
    else if (m->type == YZ_PERSON_TEXT || m->type == YZ_PERSON_NAME || m->type == YZ_PERSON_TIME)
        yz_buf_json_str(out, yz_str_of(said));
    else
        yz_buf_lit(out, said);
}

/* Is every label A=B? One without a value was meant to have one. */
static bool labels_ok(const char *command, const char *said) {
    for (const char *at = said, *end; *at; at = *end ? end + 1 : end) {
        end = strchrnul(at, ',');
        const char *equals = memchr(at, '=', (size_t)(end - at));
        if (equals && equals > at)
            continue;
        yz_cli_wrong_usage(command,
                           "--labels should be NAME=VALUE, and more with a comma between, as in tier=gold,team=web; \"%.*s\" is not",
                           (int)(end - at), at);
        return false;
    }
    return true;
}

/* Options whose values stand in JSON as they were said: each must be one number, and nothing beside it. */
static bool numbers_ok(const asked *a) {
    for (size_t i = 0; i < yz_person_n_members && i < MOST_OPTIONS; i++) {
        yz_person_type type = yz_person_members[i].type;
        bool number = type == YZ_PERSON_NUMBER || type == YZ_PERSON_USD || type == YZ_PERSON_FACTOR;
        yz_json *json = NULL;
        if (!number || !a->members[i] || !*a->members[i])
            continue;
        yz_str said = yz_dup(a->change.arena, yz_str_of(a->members[i]));
        if (yz_json_parse(a->change.arena, said, 0, &json, NULL) == YZ_OK && yz_json_is(json, YZ_JSON_NUMBER))
            continue;
        yz_cli_wrong_usage(a->command, "%s should be a number, not \"%s\"", option_name(a->change.arena, yz_person_members[i].name),
                           a->members[i]);
        return false;
    }
    return true;
}

/* What the options say, as the members of an object; NULL: a value is none, which was reported. */
static const yz_json *members_of(asked *a, const char *flag) {
    yz_buf out = {0};
    yz_json *json = NULL;
    if (!numbers_ok(a))
        return NULL;
    yz_buf_char(&out, '{');
    if (flag)
        yz_buf_printf(&out, "\"disabled\":%s", flag);
    for (size_t i = 0; i < yz_person_n_members && i < MOST_OPTIONS; i++) {
        bool labels = a->members[i] && yz_person_members[i].type == YZ_PERSON_LABELS;
        if (labels && !labels_ok(a->command, a->members[i])) {
            yz_buf_free(&out);
            return NULL;
        }
        if (a->members[i])
            put_member(&out, &yz_person_members[i], a->members[i]);
    }
    yz_buf_char(&out, '}');
    if (yz_json_parse(a->change.arena, yz_dup(a->change.arena, yz_buf_view(&out)), 0, &json, NULL) != YZ_OK)
        fprintf(stderr, "yuzui %s: an option is no text of UTF-8\n", a->command);
    yz_buf_free(&out);
    return json;
}

/* "90", "15m", "24h", "7d" in seconds; -1: it is none. */
static int64_t seconds_of(const char *text) {
    char *end;
    long long n = strtoll(text, &end, 10);
    int64_t unit = *end == 0 || strcmp(end, "s") == 0 ? 1
                   : strcmp(end, "m") == 0            ? 60
                   : strcmp(end, "h") == 0            ? 3600
                   : strcmp(end, "d") == 0            ? 86400
                                                      : 0;
    return end == text || unit == 0 || n < 0 || n > 3660LL * 86400 ? -1 : n * unit;
}

/* What the verb does not look at, nobody believes to count: only create and change say something of a key or a group, and list asks for
 * those of a group or a label. 0, or 2: reported. */
static int check_options(const asked *a) {
    bool says = strcmp(a->verb, "create") == 0 || strcmp(a->verb, "change") == 0, lists = strcmp(a->verb, "list") == 0;
    for (size_t i = 0; i < yz_person_n_members && i < MOST_OPTIONS && !says; i++) {
        const yz_person_member *m = &yz_person_members[i];
        if (a->members[i] && !(lists && (strcmp(m->name, "group") == 0 || m->type == YZ_PERSON_LABELS)))
            return yz_cli_wrong_usage(a->command, "%s belongs to create and change, not to %s", option_name(a->change.arena, m->name),
                                      a->verb);
    }
    if (a->overlap && strcmp(a->verb, "rotate") != 0)
        return yz_cli_wrong_usage(a->command, "--overlap belongs to rotate, not to %s", a->verb);
    return 0;
}

/* ---- showing -------------------------------------------------------------------------------------------------------- */

static int64_t now(void) { return yz_clock_wall_ns() / 1000000000; }

static void print_json(const yz_person *person, yz_str secret) {
    yz_buf out = {0};
    yz_person_show(person, &out);
    if (secret.n > 0) {
        out.n--;
        yz_buf_lit(&out, ",\"key\":");
        yz_buf_json_str(&out, secret);
        yz_buf_char(&out, '}');
    }
    printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(&out)));
    yz_buf_free(&out);
}

static const char *state_of(const yz_person *p) {
    return p->revoked ? "revoked" : p->disabled ? "disabled" : p->expires && p->expires <= now() ? "expired" : "good";
}

static void print_head(const asked *a) {
    printf("%-24s %-9s %-16s %-10s  %s\n", a->command, "state", "group", a->kind == YZ_PERSON_KEY ? "begins" : "", "note");
}

static void print_line(const asked *a, const yz_person *p) {
    yz_str shown = p->n_secrets ? p->secrets[p->n_secrets - 1].shown : YZ_STR("");
    printf("%-24.*s %-9s %-16.*s %-10.*s  %.*s\n", YZ_STR_ARGS(p->name), state_of(p), YZ_STR_ARGS(p->group), YZ_STR_ARGS(shown),
           YZ_STR_ARGS(yz_cli_plain(a->change.arena, p->note)));
}

static void print_members(asked *a, const yz_json *json) {
    for (const yz_json *m = json->child; m; m = m->next)
        printf(
            "%-14.*s %.*s\n", YZ_STR_ARGS(yz_json_key(m)),
            YZ_STR_ARGS(yz_cli_plain(a->change.arena, yz_json_is(m, YZ_JSON_STRING) ? yz_json_text(a->change.arena, m) : yz_json_raw(m))));
}

/* With what its budgets have been used for, as GET /api/v1/keys/{name} has it; people get the members one below the other. */
static int show(asked *a) {
    yz_buf out = {0};
    yz_json *json = NULL;
    yz_person_show(&a->change.person, &out);
    out.n--;
    yz_buf_lit(&out, ",\"spent\":");
    int code = yz_spent_put(a->change.ledger, &a->change.person, now(), &out);
    yz_buf_char(&out, '}');
    if (code != YZ_OK)
        fprintf(stderr, "yuzui %s: the ledger cannot be read\n", a->command);
    else if (a->json)
        printf("%.*s\n", YZ_STR_ARGS(yz_buf_view(&out)));
    else if (yz_json_parse(a->change.arena, yz_buf_view(&out), 0, &json, NULL) == YZ_OK)
        print_members(a, json);
    yz_buf_free(&out);
    return code == YZ_OK ? 0 : 1;
}

static int tell(asked *a, int code) {
    yz_change *c = &a->change;
    if (code != YZ_OK) {
        fprintf(stderr, "yuzui %s: %s\n", a->command, c->why ? c->why : yz_result_text(code));
        return 1;
    }
    if (strcmp(a->verb, "show") == 0)
        return show(a);
    if (a->json) {
        print_json(&c->person, c->secret);
    } else {
        print_line(a, &c->person);
        if (c->secret.n > 0)
            printf("the key, which is shown only now: %.*s\n", YZ_STR_ARGS(c->secret));
    }
    return 0;
}

/* ---- listing -------------------------------------------------------------------------------------------------------- */

static const char *said_of(const asked *a, const char *member) {
    for (size_t i = 0; i < yz_person_n_members && i < MOST_OPTIONS; i++)
        if (strcmp(yz_person_members[i].name, member) == 0)
            return a->members[i];
    return NULL;
}

/* Has it each of tier=gold,team=web, by itself or by a group? */
static bool has_labels(const yz_persons *all, const yz_person *p, const char *labels) {
    for (const char *at = labels, *end; *at; at = *end ? end + 1 : end) {
        yz_str label, value, own;
        end = strchrnul(at, ',');
        if (!yz_label_read(yz_str_at(at, (size_t)(end - at)), &label, &value) || !yz_persons_label(all, p, label, &own) ||
            !yz_str_eq(own, value))
            return false;
    }
    return true;
}

/* --group: those in it; "": those in none. --labels: those that have them. */
static int list(asked *a) {
    yz_persons all;
    const char *group = said_of(a, "group"), *labels = said_of(a, "labels");
    if (labels && !labels_ok(a->command, labels))
        return 2;
    int code = yz_persons_read(&a->change, &all);
    if (code != YZ_OK)
        return tell(a, code);
    bool keys = a->kind == YZ_PERSON_KEY, any = false;
    for (size_t i = 0; i < (keys ? all.n_keys : all.n_groups); i++) {
        const yz_person *p = keys ? &all.keys[i] : &all.groups[i];
        if ((group && !yz_str_is(p->group, group)) || (labels && !has_labels(&all, p, labels)))
            continue;
        if (!any && !a->json)
            print_head(a);
        any = true;
        if (a->json)
            print_json(p, YZ_STR(""));
        else
            print_line(a, p);
    }
    if (!any && (group || labels))
        fprintf(stderr, "yuzui %s: there is none of that kind\n", a->command);
    return 0;
}

/* ---- verbs ---------------------------------------------------------------------------------------------------------- */

static int change(asked *a) {
    yz_change *c = &a->change;
    yz_str name = yz_str_of(a->name);
    const char *flag = strcmp(a->verb, "disable") == 0 ? "true" : strcmp(a->verb, "enable") == 0 ? "false" : NULL;
    const yz_json *members = members_of(a, flag);
    int64_t overlap = a->overlap ? seconds_of(a->overlap) : 0;
    if (!members)
        return 2;
    if (strcmp(a->verb, "change") == 0 && !members->child)
        return yz_cli_wrong_usage(a->command, "what is to be changed? An option that is said empty takes it away, as in --note \"\"");
    if (overlap < 0)
        return yz_cli_wrong_usage(a->command, "--overlap should be a time such as 24h, at most ten years, not \"%s\"", a->overlap);
    if (strcmp(a->verb, "create") == 0)
        return tell(a, yz_change_create(c, a->kind, name, members));
    if (strcmp(a->verb, "show") == 0)
        return tell(a, yz_change_get(c, a->kind, name));
    if (strcmp(a->verb, "change") == 0 || flag)
        return tell(a, yz_change_update(c, a->kind, name, members));
    if (strcmp(a->verb, "rotate") == 0)
        return tell(a, yz_change_rotate(c, name, overlap));
    return tell(a, yz_change_revoke(c, name));
}

static const char *const VERBS[] = {"create", "list", "show", "change", "disable", "enable", "rotate", "revoke"};

/* Groups have not the last two. */
static size_t count_verbs(const asked *a) { return sizeof VERBS / sizeof *VERBS - (a->kind == YZ_PERSON_KEY ? 0 : 2); }

static bool is_verb(const asked *a) {
    for (size_t i = 0; i < count_verbs(a); i++)
        if (strcmp(a->verb, VERBS[i]) == 0)
            return true;
    return false;
}

static bool open_ledger(asked *a, yz_settings **settings) {
    yz_diag diag = {0};
    *settings = yz_settings_read(a->config ? a->config : "yuzui.lua", a->change.arena, &diag);
    a->change.ledger = *settings ? yz_ledger_use(*settings, &diag) : NULL;
    if (!a->change.ledger)
        fwrite(diag.text.p ? diag.text.p : "", 1, diag.text.n, stderr);
    yz_diag_free(&diag);
    return a->change.ledger != NULL;
}

static int run_with(int argc, char **argv, asked *a) {
    bool lists = strcmp(a->verb, "list") == 0;
    yz_settings *settings;
    if (read_options(argc, argv, a) != 0)
        return 2;
    if (lists != (a->name == NULL))
        return yz_cli_wrong_usage(a->command, lists ? "list takes no name" : "which one? It needs a name");
    if (check_options(a) != 0)
        return 2;
    if (!open_ledger(a, &settings))
        return 1;
    a->change.settings = settings;
    int code = lists ? list(a) : change(a);
    yz_ledger_unuse(a->change.ledger);
    return code;
}

static int run(int argc, char **argv, yz_person_kind kind) {
    asked a = {.command = argv[0], .kind = kind, .verb = argc > 1 ? argv[1] : ""};
    if (!is_verb(&a))
        return yz_cli_wrong_verb(argv[0], a.verb, VERBS, count_verbs(&a));
    a.change = (yz_change){.by = YZ_STR("cli"), .arena = yz_arena_new(NULL)};
    int code = run_with(argc, argv, &a);
    yz_arena_free(a.change.arena);
    return code;
}

int yz_cli_key(int argc, char **argv) { return run(argc, argv, YZ_PERSON_KEY); }
int yz_cli_group(int argc, char **argv) { return run(argc, argv, YZ_PERSON_GROUP); }
