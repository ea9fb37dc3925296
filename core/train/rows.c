/* train/rows.c: JSON lines into rows (see rows.h). A wrong line is an error that says what was found: a model made of half of the data
 * would look like one made of all. */
#include "train/rows.h"

#include "base/arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yuzui/json.h>

#define LINE_MAX_BYTES ((size_t)1 << 20)

static int number_of(yz_names *names, yz_str name, yz_arena *arena) {
    for (size_t i = 0; i < names->n; i++)
        if (yz_str_eq(names->items[i], name))
            return (int)i;
    if (names->n == YZ_NAMES_MAX)
        return YZ_ELIMIT;
    if (names->n == names->cap) {
        names->cap = names->cap ? 2 * names->cap : 16;
        names->items = yz_realloc(names->items, names->cap * sizeof *names->items);
    }
    names->items[names->n] = yz_dup(arena, name);
    return (int)names->n++;
}

int yz_rows_add(yz_rows *rows, yz_str text, yz_str label, yz_str lang, yz_str source, bool made) {
    rows->arena = rows->arena ? rows->arena : yz_arena_new(NULL);
    int l = number_of(&rows->labels, label, rows->arena), g = number_of(&rows->langs, lang, rows->arena),
        s = number_of(&rows->sources, source, rows->arena);
    if (l < 0 || g < 0 || s < 0 || rows->labels.n > YZ_MODEL_LABELS_MAX)
        return YZ_ELIMIT;
    if (rows->n == rows->cap) {
        rows->cap = rows->cap ? 2 * rows->cap : 4096;
        rows->items = yz_realloc(rows->items, rows->cap * sizeof *rows->items);
    }
    rows->items[rows->n++] = (yz_row){.text = text, .label = (uint16_t)l, .lang = (uint16_t)g, .source = (uint16_t)s, .made = made};
    return YZ_OK;
}

void yz_rows_free(yz_rows *rows) {
    free(rows->items);
    free(rows->labels.items);
    free(rows->langs.items);
    free(rows->sources.items);
    if (rows->arena)
        yz_arena_free(rows->arena);
    *rows = (yz_rows){0};
}

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

static int wrong(const char *path, size_t line, const char *what) {
    fprintf(stderr, "%s:%zu: error: %s\n", path, line, what);
    return YZ_EINVAL;
}

static yz_str field(yz_arena *arena, const yz_json *row, const char *name) {
    return yz_dup(arena, yz_json_text(arena, yz_json_get(row, name)));
}

static int read_line(yz_rows *rows, const char *path, size_t number, yz_str line) {
    yz_json *json;
    yz_json_fault fault;
    rows->arena = rows->arena ? rows->arena : yz_arena_new(NULL);
    if (yz_json_parse(rows->arena, yz_dup(rows->arena, line), YZ_JSON_LONE_SURROGATES, &json, &fault) < 0)
        return wrong(path, number, yz_format(rows->arena, "it is not JSON: %s at byte %zu", fault.reason, fault.at).p);
    yz_str text = field(rows->arena, json, "text"), label = field(rows->arena, json, "label");
    if (text.n == 0)
        return wrong(path, number, "it has no \"text\": a line is {\"text\": \"…\", \"label\": \"…\"}");
    if (label.n == 0 || label.n > YZ_MODEL_LABEL_MAX)
        return wrong(path, number, "its \"label\" is missing, or longer than 63 bytes");
    yz_str lang = field(rows->arena, json, "lang"), source = field(rows->arena, json, "source");
    if (yz_rows_add(rows, text, label, lang, source.n ? source : YZ_STR("-"), false) < 0)
        return wrong(path, number, "there are too many labels (16), languages or sources (4096)");
    return YZ_OK;
}

static int read_lines(yz_rows *rows, const char *path, FILE *file) {
    char *line = NULL;
    size_t cap = 0, number = 0;
    int code = YZ_OK;
    for (ssize_t n; code == YZ_OK && (n = getline(&line, &cap, file)) >= 0;) {
        number++;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r' || line[n - 1] == ' '))
            n--;
        if ((size_t)n > LINE_MAX_BYTES)
            code = wrong(path, number, "it is longer than 1 MiB");
        else if (n > 0)
            code = read_line(rows, path, number, (yz_str){line, (size_t)n});
    }
    free(line);
    return code;
}

int yz_rows_read(yz_rows *rows, const char *path) {
    FILE *file = fopen(path, "re");
    if (!file) {
        fprintf(stderr, "%s: error: it cannot be read: %s\n", path, strerror(errno));
        return YZ_EIO;
    }
    int code = read_lines(rows, path, file);
    fclose(file);
    return code;
}

/* ---- labels ----------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    yz_str x = *(const yz_str *)a, y = *(const yz_str *)b;
    bool x_last = yz_str_is(x, "default"), y_last = yz_str_is(y, "default");
    if (x_last != y_last)
        return x_last ? 1 : -1;
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return order ? order : (x.n > y.n) - (x.n < y.n);
}

void yz_rows_sort_labels(yz_rows *rows) {
    yz_str before[YZ_MODEL_LABELS_MAX];
    uint16_t now[YZ_MODEL_LABELS_MAX] = {0};
    size_t n = rows->labels.n;
    memcpy(before, rows->labels.items, n * sizeof *before);
    qsort(rows->labels.items, n, sizeof *before, by_name);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (yz_str_eq(before[i], rows->labels.items[k]))
                now[i] = (uint16_t)k;
    for (size_t i = 0; i < rows->n; i++)
        rows->items[i].label = now[rows->items[i].label];
}
