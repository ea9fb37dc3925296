/* train/templates.c: questions made from templates: shapes of questions that public data lacks, written by people.
 *
 * A template file is named LABEL.LANG.txt. Its lines:
 *   # …                a comment
 *   name = a | b | c   a list; [name] in a template stands for one of its items, which may hold templates themselves
 *   + a | b            more items of the list above
 *   anything else      a template: {a|b|} stands for one of its parts (they may be empty, and nest), [n] for a number from 2 to 99
 * "\n" is a line break; a backslash before one of { } [ ] | and itself takes its meaning away. Lists of a file named common.LANG.txt serve
 * all files of that language. [passage] is a piece of a long text among the rows that were read before. What is made is then said as people
 * say it: some begin with an item of the list `before` and some end with one of `after`; of what has capitals some lose them, some lose
 * their last mark, and some have two letters swapped.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "train/rows.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 12
#define TEXT_MAX  4000

typedef struct list {
    yz_str name, lang;
    yz_names items;
} list;

typedef struct pool { /* the templates of one label and language */
    yz_str label, lang;
    yz_names items;
} pool;

typedef struct maker {
    yz_arena *arena;
    list *lists;
    size_t n_lists;
    pool *pools;
    size_t n_pools;
    const yz_rows *rows;
    yz_rng rng;
    const char *fault;
} maker;

static void push(yz_names *names, yz_str item) {
    if (names->n == names->cap) {
        names->cap = names->cap ? 2 * names->cap : 16;
        names->items = yz_realloc(names->items, names->cap * sizeof *names->items);
    }
    names->items[names->n++] = item;
}

static yz_str trim(yz_str s) {
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = (yz_str){s.p + 1, s.n - 1};
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------- */

static bool is_escaped(const char *p, const char *end) { return *p == '\\' && p + 1 < end && strchr("n{}|[]\\", p[1]); }

/* Where the part that begins at p ends: at a bar outside brackets, or at the end. */
static const char *part_end(const char *p, const char *end) {
    int depth = 0;
    for (; p < end && (*p != '|' || depth > 0); p += is_escaped(p, end) ? 2 : 1)
        depth += *p == '{' ? 1 : *p == '}' ? -1 : 0;
    return p < end ? p : end;
}

static void add_items(list *into, yz_str text) {
    const char *p = text.p, *end = text.p + text.n;
    while (p < end) {
        const char *stop = part_end(p, end);
        push(&into->items, trim((yz_str){p, (size_t)(stop - p)}));
        p = stop + 1;
    }
}

static bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

static bool is_list_line(yz_str line, size_t *at) {
    for (*at = 0; *at < line.n; ++*at) {
        char c = line.p[*at];
        if (c == ' ' && *at + 2 < line.n && line.p[*at + 1] == '=' && line.p[*at + 2] == ' ')
            return *at > 0;
        if (!is_name_char(c))
            return false;
    }
    return false;
}

static void read_line(maker *m, pool *into, yz_str lang, yz_str line) {
    size_t at;
    if (line.n == 0 || *line.p == '#')
        return;
    if (yz_str_starts(line, "+ ") && m->n_lists) {
        add_items(&m->lists[m->n_lists - 1], (yz_str){line.p + 2, line.n - 2});
    } else if (is_list_line(line, &at)) {
        m->lists = yz_realloc(m->lists, (m->n_lists + 1) * sizeof *m->lists);
        m->lists[m->n_lists] = (list){.name = {line.p, at}, .lang = lang};
        add_items(&m->lists[m->n_lists++], (yz_str){line.p + at + 3, line.n - at - 3});
    } else if (into) {
        push(&into->items, line);
    }
}

/* "knowledge.en.txt" into its label and language. */
static bool split_name(maker *m, const char *name, yz_str *label, yz_str *lang) {
    const char *dot = strchr(name, '.'), *end = dot ? strstr(dot + 1, ".txt") : NULL;
    if (!end || end[4] != 0 || end == dot + 1)
        return false;
    *label = yz_dup(m->arena, (yz_str){name, (size_t)(dot - name)});
    *lang = yz_dup(m->arena, (yz_str){dot + 1, (size_t)(end - dot - 1)});
    return true;
}

static int read_file(maker *m, const char *folder, const char *name) {
    yz_str label, lang, path = yz_format(m->arena, "%s/%s", folder, name);
    if (!split_name(m, name, &label, &lang))
        return YZ_OK;
    FILE *file = fopen(path.p, "re");
    if (!file) {
        fprintf(stderr, "%s: error: it cannot be read: %s\n", path.p, strerror(errno));
        return YZ_EIO;
    }
    pool *into = NULL;
    if (!yz_str_is(label, "common")) {
        m->pools = yz_realloc(m->pools, (m->n_pools + 1) * sizeof *m->pools);
        into = &m->pools[m->n_pools++];
        *into = (pool){.label = label, .lang = lang};
    }
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t n; (n = getline(&line, &cap, file)) >= 0;)
        read_line(m, into, lang, yz_dup(m->arena, trim((yz_str){line, strcspn(line, "\r\n")})));
    free(line);
    fclose(file);
    return YZ_OK;
}

static int not_hidden(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static int read_folder(maker *m, const char *folder) {
    struct dirent **names;
    int n = scandir(folder, &names, not_hidden, alphasort), code = YZ_OK;
    if (n < 0) {
        fprintf(stderr, "%s: error: it cannot be read: %s\n", folder, strerror(errno));
        return YZ_EIO;
    }
    for (int i = 0; i < n; i++) {
        if (code == YZ_OK)
            code = read_file(m, folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return code;
}

/* ---- making ------------------------------------------------------------------------------------------------------------------ */

static const list *find_list(const maker *m, yz_str name, yz_str lang) {
    for (size_t i = m->n_lists; i-- > 0;)
        if (yz_str_eq(m->lists[i].name, name) && yz_str_eq(m->lists[i].lang, lang) && m->lists[i].items.n)
            return &m->lists[i];
    return NULL;
}

static size_t one_of(maker *m, size_t n) { return (size_t)(yz_rng_next(&m->rng) % n); }

/* ---- passages ---------------------------------------------------------------------------------------------------------------- */

#define PASSAGE_MIN 150 /* bytes of a paragraph that is taken */

static bool ends_sentence(const char *p, const char *end) {
    bool ascii = (*p == '.' || *p == '?' || *p == '!') && (p + 1 == end || p[1] == ' ');
    return ascii || (end - p >= 3 && (memcmp(p, "。", 3) == 0 || memcmp(p, "？", 3) == 0 || memcmp(p, "！", 3) == 0));
}

/* One to five sentences of a paragraph, from any of them on. */
static yz_str some_sentences(maker *m, yz_str paragraph) {
    const char *starts[64], *p = paragraph.p, *end = paragraph.p + paragraph.n;
    size_t n = 0;
    starts[n++] = p;
    for (; p < end && n < 63; p++)
        if (ends_sentence(p, end)) {
            p += *p & 0x80 ? 2 : 0;
            starts[n++] = p + 1;
        }
    starts[n] = end;
    size_t length = 1 + one_of(m, 5), from = one_of(m, n > length ? n - length + 1 : 1);
    const char *stop = from + length < n ? starts[from + length] : end;
    return trim((yz_str){starts[from], (size_t)(stop - starts[from])});
}

static yz_str longest_paragraph(yz_str text) {
    yz_str best = {0};
    for (const char *p = text.p, *end = text.p + text.n; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop ? stop : end;
        if ((size_t)(stop - p) > best.n)
            best = (yz_str){p, (size_t)(stop - p)};
        p = stop + 1;
    }
    return best;
}

/* A piece of a pasted text: of a row that has a long paragraph and more. */
static yz_str passage(maker *m, yz_str lang) {
    for (size_t tries = 0; m->rows->n && tries < 2000; tries++) {
        const yz_row *row = &m->rows->items[one_of(m, m->rows->n)];
        if (row->made || !yz_str_eq(m->rows->langs.items[row->lang], lang))
            continue;
        yz_str paragraph = longest_paragraph(row->text);
        if (paragraph.n >= PASSAGE_MIN && paragraph.n + 4 < row->text.n)
            return some_sentences(m, paragraph);
    }
    return YZ_STR("...");
}

/* ---- expanding ----------------------------------------------------------------------------------------------------------------- */

static void expand(maker *m, yz_str text, yz_str lang, int depth, yz_buf *out);

static void expand_choice(maker *m, yz_str inside, yz_str lang, int depth, yz_buf *out) {
    yz_str parts[64];
    size_t n = 0;
    const char *p = inside.p, *end = inside.p + inside.n;
    for (; n < 64; p++) {
        const char *stop = part_end(p, end);
        parts[n++] = (yz_str){p, (size_t)(stop - p)};
        if ((p = stop) >= end)
            break;
    }
    expand(m, parts[one_of(m, n)], lang, depth + 1, out);
}

static void expand_slot(maker *m, yz_str name, yz_str lang, int depth, yz_buf *out) {
    const list *from = find_list(m, name, lang);
    if (yz_str_is(name, "n"))
        yz_buf_printf(out, "%zu", 2 + one_of(m, 98));
    else if (yz_str_is(name, "passage"))
        yz_buf_str(out, passage(m, lang));
    else if (from)
        expand(m, from->items.items[one_of(m, from->items.n)], lang, depth + 1, out);
    else
        m->fault = yz_format(m->arena, "there is no list \"%.*s\" for the language %.*s", YZ_STR_ARGS(name), YZ_STR_ARGS(lang)).p;
}

/* The brace that closes the one at p. */
static const char *closing(const char *p, const char *end) {
    for (int depth = 0; p < end; p += is_escaped(p, end) ? 2 : 1) {
        depth += *p == '{' ? 1 : *p == '}' ? -1 : 0;
        if (depth == 0)
            return p;
    }
    return NULL;
}

static bool is_slot(yz_str name) {
    for (size_t i = 0; i < name.n; i++)
        if (!is_name_char(name.p[i]))
            return false;
    return name.n > 0;
}

static void expand(maker *m, yz_str text, yz_str lang, int depth, yz_buf *out) {
    const char *p = text.p, *end = text.p + text.n;
    while (p < end && depth < DEPTH_MAX && out->n < TEXT_MAX) {
        const char *stop = *p == '{' ? closing(p, end) : *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL;
        yz_str inside = {p + 1, stop ? (size_t)(stop - p - 1) : 0};
        if (stop && *p == '{') {
            expand_choice(m, inside, lang, depth, out);
        } else if (stop && is_slot(inside)) {
            expand_slot(m, inside, lang, depth, out);
        } else {
            bool escaped = is_escaped(p, end);
            yz_buf_char(out, !escaped ? *p : p[1] == 'n' ? '\n' : p[1]);
            stop = p + escaped;
        }
        p = stop + 1;
    }
}

/* ---- as people say it ---------------------------------------------------------------------------------------------------------- */

static bool chance(maker *m, unsigned percent) { return one_of(m, 100) < percent; }

static void put_item(maker *m, const char *name, yz_str lang, yz_buf *out) {
    const list *from = find_list(m, yz_str_of(name), lang);
    if (from)
        expand(m, from->items.items[one_of(m, from->items.n)], lang, 0, out);
}

static void lower(yz_buf *text) {
    for (size_t i = 0; i < text->n; i++)
        text->p[i] = text->p[i] >= 'A' && text->p[i] <= 'Z' ? (char)(text->p[i] + 32) : text->p[i];
}

static bool has_capitals(const yz_buf *text) {
    for (size_t i = 0; i < text->n; i++)
        if (text->p[i] >= 'A' && text->p[i] <= 'Z')
            return true;
    return false;
}

static void swap_letters(maker *m, yz_buf *text) {
    size_t at = one_of(m, text->n - 1);
    char c = text->p[at];
    if ((c | text->p[at + 1]) & 0x80)
        return;
    text->p[at] = text->p[at + 1];
    text->p[at + 1] = c;
}

static void roughen(maker *m, yz_str lang, yz_buf *text) {
    bool western = has_capitals(text);
    if (western && chance(m, 35))
        lower(text);
    while (western && text->n > 1 && strchr("?.!", text->p[text->n - 1]) && chance(m, 25))
        text->n--;
    if (western && text->n > 12 && chance(m, 6))
        swap_letters(m, text);
    if (chance(m, 5))
        put_item(m, "after", lang, text);
}

static int make_one(maker *m, yz_rows *rows, const pool *from, yz_str template) {
    yz_buf text = {0};
    if (chance(m, 8))
        put_item(m, "before", from->lang, &text);
    expand(m, template, from->lang, 0, &text);
    roughen(m, from->lang, &text);
    rows->arena = rows->arena ? rows->arena : yz_arena_new(NULL);
    yz_str kept = yz_dup(rows->arena, trim(yz_buf_view(&text)));
    yz_buf_free(&text);
    return kept.n ? yz_rows_add(rows, kept, from->label, from->lang, YZ_STR("made"), true) : YZ_OK;
}

static int make_all(maker *m, yz_rows *rows, size_t n) {
    for (size_t i = 0; i < m->n_pools; i++) {
        pool *from = &m->pools[i];
        for (size_t k = 0; from->items.n && k < n / m->n_pools; k++)
            if (make_one(m, rows, from, from->items.items[k % from->items.n]) < 0)
                m->fault = "there are too many labels (16) or languages";
        if (m->fault) {
            fprintf(stderr, "templates %.*s.%.*s: error: %s\n", YZ_STR_ARGS(from->label), YZ_STR_ARGS(from->lang), m->fault);
            return YZ_EINVAL;
        }
    }
    return YZ_OK;
}

int yz_rows_make(yz_rows *rows, const char *folder, size_t n, uint64_t seed) {
    maker m = {.arena = yz_arena_new(NULL), .rows = rows};
    yz_rng_seed(&m.rng, seed);
    int code = read_folder(&m, folder);
    if (code == YZ_OK)
        code = make_all(&m, rows, n);
    for (size_t i = 0; i < m.n_lists; i++)
        free(m.lists[i].items.items);
    for (size_t i = 0; i < m.n_pools; i++)
        free(m.pools[i].items.items);
    free(m.lists);
    free(m.pools);
    yz_arena_free(m.arena);
    return code;
}
