/* cli/train.c: `yuzui train`: a model of questions from labelled lines (train/rows.h), for policies to ask (docs/policies.md).
 *
 * The same data, options and version give the same file, to the byte. With --leave-out nothing is written: it prints how well such a
 * model does on sources it has never seen.
 */
#include "base/arena.h"
#include "cli/cli.h"
#include "train/leave_out.h"
#include "train/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LEAST_ROWS  20
#define ENTRIES_MAX (size_t)80000

typedef struct wishes {
    const char *data, *out, *templates, *made, *entries, *dev;
    bool leave_out;
} wishes;

static bool number(const char *text, size_t most, size_t *value) {
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    *value = (size_t)n;
    return *text >= '0' && *text <= '9' && *end == 0 && n <= most;
}

static int read_all(const wishes *w, size_t made, yz_rows *rows) {
    int code = yz_rows_read(rows, w->data);
    if (code == YZ_OK && w->templates)
        code = yz_rows_make(rows, w->templates, made, 1);
    if (code < 0)
        return code;
    if (rows->n < LEAST_ROWS || rows->labels.n < 2) {
        fprintf(stderr, "%s: error: it has %zu rows of %zu labels; a model needs %d rows and two labels\n", w->data, rows->n,
                rows->labels.n, LEAST_ROWS);
        return YZ_EINVAL;
    }
    yz_rows_sort_labels(rows);
    return YZ_OK;
}

/* ---- judging the result ---------------------------------------------------------------------------------------------------- */

static void judge_file(const yz_model *model, const yz_rows *rows, const char *name) {
    size_t right = 0;
    for (size_t i = 0; i < rows->n; i++) {
        yz_judgement said;
        yz_model_judge(model, rows->items[i].text, &said);
        right += yz_str_eq(yz_model_label(model, said.label), rows->labels.items[rows->items[i].label]);
    }
    printf("%s: %zu of %zu right (%.1f %%)\n", name, right, rows->n, rows->n ? 100.0 * (double)right / (double)rows->n : 0);
}

static int judge_dev(const char *path, yz_str bytes) {
    const char *why;
    yz_rows rows = {0};
    yz_model *model = yz_model_of(bytes, &why);
    int code = yz_rows_read(&rows, path);
    if (code == YZ_OK && model)
        judge_file(model, &rows, path);
    yz_model_close(model);
    yz_rows_free(&rows);
    return code;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------------ */

/* Written beside its place and moved there whole: a gateway that reloads sees the old model or the new one. */
static int write_file(const char *path, yz_str bytes) {
    yz_arena *arena = yz_arena_new(NULL);
    const char *beside = yz_format(arena, "%s.new", path).p;
    FILE *file = fopen(beside, "we");
    bool good = file && fwrite(bytes.p, 1, bytes.n, file) == bytes.n;
    good = (file ? fclose(file) == 0 : false) && good && rename(beside, path) == 0;
    if (!good)
        fprintf(stderr, "%s: error: it cannot be written: %s\n", path, strerror(errno));
    yz_arena_free(arena);
    return good ? YZ_OK : YZ_EIO;
}

static int learn(const wishes *w, size_t entries, const yz_rows *rows) {
    yz_matrix matrix;
    yz_fit_plan plan = YZ_FIT_PLAN(rows);
    double right;
    yz_matrix_build(&matrix, rows);
    int code = YZ_OK;
    if (w->leave_out) {
        code = yz_leave_out(rows, &matrix, &plan, stdout, &right);
    } else {
        yz_buf model = {0};
        double *weights = yz_fit(&matrix, &plan);
        yz_model_write(&matrix, weights, &rows->labels, entries, &model);
        code = write_file(w->out, yz_buf_view(&model));
        if (code == YZ_OK)
            printf("%s: %zu labels, %zu rows, %zu bytes\n", w->out, rows->labels.n, rows->n, model.n);
        if (code == YZ_OK && w->dev)
            code = judge_dev(w->dev, yz_buf_view(&model));
        free(weights);
        yz_buf_free(&model);
    }
    yz_matrix_free(&matrix);
    return code;
}

int yz_cli_train(int argc, char **argv) {
    wishes w = {.out = "question.model", .made = "18000", .entries = "40000"};
    const yz_cli_option options[] = {{"--out", "-o", .value = &w.out},   {"--templates", NULL, .value = &w.templates},
                                     {"--made", NULL, .value = &w.made}, {"--entries", NULL, .value = &w.entries},
                                     {"--dev", NULL, .value = &w.dev},   {"--leave-out", NULL, .flag = &w.leave_out}};
    size_t made, entries;
    if (yz_cli_options(argc, argv, options, sizeof options / sizeof *options, &w.data) != 0)
        return 2;
    if (!w.data)
        return yz_cli_wrong_usage(argv[0], "it needs a file of labelled questions");
    if (!number(w.made, 1000000, &made) || !number(w.entries, ENTRIES_MAX, &entries) || entries < 16)
        return yz_cli_wrong_usage(argv[0], "--made takes a number up to 1000000, --entries one from 16 to 80000");
    yz_rows rows = {0};
    int code = read_all(&w, made, &rows);
    if (code == YZ_OK)
        code = learn(&w, entries, &rows);
    yz_rows_free(&rows);
    return code == YZ_OK ? 0 : 1;
}
