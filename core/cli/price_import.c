/* cli/price_import.c: `yuzui price import FILE`: a price list of genai-prices or models.dev beside the present catalogue. It says what
 * would change and what of the list cannot be carried; with -o it writes what may be taken without asking, and what --accept names.
 *
 * Nothing that is there is lost: models that the list lacks, and those that wait, keep their rows in the file that is written.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "config/read.h"
#include "config/settings.h"
#include "price/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MARK "-- Written by `yuzui price import`"

enum { MOST_BYTES = 64 << 20, MOST_SELLERS = 256 };

typedef struct asked {
    const char *config, *file, *out, *date, *write_1h;
    yz_cli_words sellers, models, free, accept, beside;
    yz_arena *arena;
    yz_diag diag;
    yz_prices prices; /* what counts today */
    yz_prices own;    /* of the other files beside the one to be written */
    yz_import_seller seller[MOST_SELLERS];
    size_t n_sellers;
    yz_import in, others[32]; /* the list, and those beside it */
    int64_t now;
    unsigned same, fresh, changed, waiting;
    yz_buf rows; /* what is to be written, seller by seller */
    yz_str row_seller;
} asked;

/* ---- the question --------------------------------------------------------------------------------------------------- */

static int read_question(int argc, char **argv, asked *a) {
    const yz_cli_option options[] = {
        {"--config", "-c", .value = &a->config}, {"--out", "-o", .value = &a->out},   {"--seller", NULL, .words = &a->sellers},
        {"--model", NULL, .words = &a->models},  {"--free", NULL, .words = &a->free}, {"--accept", NULL, .words = &a->accept},
        {"--beside", NULL, .words = &a->beside}, {"--date", NULL, .value = &a->date}, {"--cache-write-1h", NULL, .value = &a->write_1h},
    };
    int64_t day;
    argv[1] = argv[0]; /* the verb has been read */
    if (yz_cli_options(argc - 1, argv + 1, options, sizeof options / sizeof *options, &a->file) != 0)
        return 2;
    if (!a->file)
        return yz_cli_wrong_usage("price", "import which file? The data.json of genai-prices, or the api.json of models.dev");
    if (a->date && (strlen(a->date) != 10 || !yz_price_time(yz_str_of(a->date), &day)))
        return yz_cli_wrong_usage("price", "--date should be the day of the list, such as 2026-11-28, not \"%s\"", a->date);
    if (a->write_1h && (!yz_price_amount(yz_str_of(a->write_1h), &a->in.write_1h) || a->in.write_1h > INT64_C(100000000000)))
        return yz_cli_wrong_usage("price", "--cache-write-1h should be how many times the input it costs, such as 2, not \"%s\"",
                                  a->write_1h);
    a->now = yz_clock_wall();
    if (!a->date) {
        char text[16] = "";
        time_t seconds = (time_t)a->now;
        struct tm tm;
        if (gmtime_r(&seconds, &tm))
            strftime(text, sizeof text, "%Y-%m-%d", &tm);
        a->date = yz_dup(a->arena, yz_str_of(text)).p;
    }
    return 0;
}

static bool is_among(const yz_cli_words *words, yz_str word) {
    for (size_t i = 0; i < words->n; i++)
        if (yz_str_is(word, words->items[i]))
            return true;
    return false;
}

/* THEIRS or THEIRS=OURS; unless said, every seller that the catalogue knows, under the same name. */
static void choose_sellers(asked *a) {
    for (size_t i = 0; i < a->sellers.n; i++) {
        yz_str said = yz_str_of(a->sellers.items[i]);
        const char *equals = memchr(said.p, '=', said.n);
        size_t n = equals ? (size_t)(equals - said.p) : said.n;
        yz_str ours = equals ? yz_str_at(equals + 1, said.n - n - 1) : said;
        a->seller[a->n_sellers++] = (yz_import_seller){yz_str_at(said.p, n), ours};
    }
    for (size_t i = 0; a->sellers.n == 0 && i < a->prices.n && a->n_sellers < MOST_SELLERS; i++) {
        yz_str seller = a->prices.rows[i].seller;
        if (i == 0 || !yz_str_eq(seller, a->prices.rows[i - 1].seller))
            a->seller[a->n_sellers++] = (yz_import_seller){seller, seller};
    }
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

static bool read_bytes(const char *path, yz_arena *arena, yz_str *text) {
    FILE *file = fopen(path, "rb");
    long size = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    bool ok = size >= 0 && size <= MOST_BYTES && fseek(file, 0, SEEK_SET) == 0;
    char *bytes = ok ? yz_alloc_bytes(arena, (size_t)size + 1) : NULL;
    ok = ok && fread(bytes, 1, (size_t)size, file) == (size_t)size;
    if (!ok)
        fprintf(stderr, "yuzui price: %s cannot be read: %s\n", path,
                size > MOST_BYTES ? "it has more than 64 MiB"
                : errno           ? strerror(errno)
                                  : "it is no file");
    if (file)
        fclose(file);
    *text = yz_str_at(bytes, ok ? (size_t)size : 0);
    return ok;
}

static void print_fault(const asked *a, const char *path, const yz_import_note *note) {
    yz_str text = yz_cli_plain(a->arena, note->text), model = yz_cli_plain(a->arena, note->model);
    fprintf(stderr, "%s:", path);
    if (note->line)
        fprintf(stderr, "%zu:%zu:", note->line, note->column);
    fprintf(stderr, " error: ");
    if (note->model.n)
        fprintf(stderr, "%.*s/%.*s: ", YZ_STR_ARGS(note->seller), YZ_STR_ARGS(model));
    fprintf(stderr, "%.*s\n", YZ_STR_ARGS(text));
}

static bool read_list(asked *a, const char *path, yz_import *in) {
    yz_str text;
    *in = (yz_import){.arena = a->arena,
                      .sellers = a->seller,
                      .n_sellers = a->n_sellers,
                      .free = a->free.items,
                      .n_free = a->free.n,
                      .write_1h = in->write_1h};
    errno = 0;
    if (!read_bytes(path, a->arena, &text))
        return false;
    yz_import_read(in, text);
    for (const yz_import_note *note = in->notes; note; note = note->next)
        if (note->fault)
            print_fault(a, path, note);
    return in->faults == 0;
}

static void read_present(asked *a) {
    const yz_settings *settings = a->config ? yz_settings_read(a->config, a->arena, &a->diag) : NULL;
    if (settings)
        a->prices = settings->prices;
    else if (!a->config)
        yz_prices_read_all(&a->prices, YZ_STR("."), a->arena, &a->diag);
    const char *slash = a->out ? strrchr(a->out, '/') : NULL;
    yz_str folder = slash ? yz_dup(a->arena, yz_str_at(a->out, (size_t)(slash - a->out))) : YZ_STR("");
    bool counts = yz_str_is(folder, "prices") || (folder.n > 7 && strcmp(folder.p + folder.n - 7, "/prices") == 0);
    if (counts)
        yz_prices_read_folder(&a->own, folder.p, slash + 1, a->arena, &a->diag);
}

/* ---- what is taken -------------------------------------------------------------------------------------------------- */

static void begin_seller(asked *a, yz_str seller, yz_str source, yz_str date) {
    yz_buf_lit(&a->rows, "prices ");
    yz_price_write_text(seller, &a->rows);
    yz_buf_lit(&a->rows, " {\n    source = ");
    yz_price_write_text(source, &a->rows);
    yz_buf_lit(&a->rows, ",\n    date = ");
    yz_price_write_text(date, &a->rows);
    yz_buf_lit(&a->rows, ",\n");
}

static void end_seller(asked *a) {
    if (a->row_seller.n)
        yz_buf_lit(&a->rows, "    },\n}\n");
    a->row_seller = yz_str_at(NULL, 0);
}

/* Who says the price already, and goes before what is written, or beside it; NULL: nobody. */
static const char *said_elsewhere(const asked *a, yz_str seller, yz_str model) {
    for (size_t i = 0; i < a->own.n; i++)
        if (yz_str_eq(a->own.rows[i].seller, seller) && yz_str_eq(a->own.rows[i].model, model))
            return "another file beside the one to be written says its price";
    for (size_t i = 0; a->config && i < a->prices.n; i++)
        if (a->prices.rows[i].layer == 0 && yz_str_eq(a->prices.rows[i].seller, seller) && yz_str_eq(a->prices.rows[i].model, model))
            return "the config itself says its price, which goes before any file";
    return NULL;
}

static void take(asked *a, yz_import_model *m) {
    const char *slash = strrchr(a->file, '/');
    size_t names = 0;
    m->taken = true;
    for (size_t i = 0; i < m->n_also; i++)
        if (!said_elsewhere(a, m->seller, m->also[i]))
            m->also[names++] = m->also[i];
    m->n_also = names;
    if (!yz_str_eq(a->row_seller, m->seller)) {
        end_seller(a);
        begin_seller(a, m->seller, yz_format(a->arena, "%s (%s)", a->in.format, slash ? slash + 1 : a->file), yz_str_of(a->date));
        yz_buf_lit(&a->rows, "    models = {\n");
        a->row_seller = m->seller;
    }
    for (size_t i = 0; i < m->n_versions; i++)
        yz_price_write(m->versions[i], m->also, m->n_also, i == 0 ? m->kept : YZ_STR(""), &a->rows);
}

/* ---- the report ----------------------------------------------------------------------------------------------------- */

/* Why a model should wait: what differs is far off, or a list beside this one says something else. */
static yz_str reason_to_wait(asked *a, const yz_import_model *m, const yz_import_diff *diff) {
    for (size_t i = 0; i < a->beside.n; i++) {
        const yz_import_model *other = yz_import_find(&a->others[i], m->seller, m->model);
        yz_str where = other ? yz_import_disagree(m, other, a->now, a->arena) : YZ_STR("");
        if (where.n && diff->change != YZ_IMPORT_SAME)
            return yz_format(a->arena, "%s disagrees: %.*s", a->beside.items[i], YZ_STR_ARGS(where));
        if (where.n)
            printf("  %.*s/%.*s: %s disagrees: %.*s\n", YZ_STR_ARGS(m->seller), YZ_STR_ARGS(m->model), a->beside.items[i],
                   YZ_STR_ARGS(where));
    }
    return diff->waits;
}

static void weigh(asked *a, yz_import_model *m) {
    static const char signs[] = {[YZ_IMPORT_SAME] = '=', [YZ_IMPORT_NEW] = '+', [YZ_IMPORT_CHANGED] = '~'};
    yz_import_diff diff;
    yz_import_compare(m, &a->prices, &diff);
    yz_str waits = reason_to_wait(a, m, &diff), name = yz_cli_plain(a->arena, m->model);
    const char *elsewhere = diff.change == YZ_IMPORT_SAME ? NULL : said_elsewhere(a, m->seller, m->model);
    if (elsewhere)
        waits = yz_str_of(elsewhere);
    bool accepted = !elsewhere && (waits.n == 0 || is_among(&a->accept, m->model) || is_among(&a->accept, YZ_STR("all")));
    a->same += diff.change == YZ_IMPORT_SAME;
    a->fresh += diff.change == YZ_IMPORT_NEW;
    a->changed += diff.change == YZ_IMPORT_CHANGED;
    a->waiting += !accepted;
    if (diff.change != YZ_IMPORT_SAME)
        printf("%c %.*s/%.*s%s%.*s\n%.*s", accepted ? signs[diff.change] : '!', YZ_STR_ARGS(m->seller), YZ_STR_ARGS(name),
               accepted ? "" : "  waits: ", accepted ? 0 : (int)waits.n, waits.p ? waits.p : "", YZ_STR_ARGS(yz_buf_view(&diff.text)));
    if (accepted && !said_elsewhere(a, m->seller, m->model))
        take(a, m);
    yz_buf_free(&diff.text);
}

static bool is_chosen(const asked *a, yz_str model) { return a->models.n == 0 || is_among(&a->models, model); }

/* What the catalogue has of these sellers and the list does not: it stays. */
static void tell_missing(const asked *a) {
    const char *before = "- not in the list, or without a price there, so they stay as they are: ", *end = "";
    for (size_t i = 0; i < a->prices.n; i++) {
        const yz_price_row *row = &a->prices.rows[i];
        bool ours = false, again = i > 0 && yz_str_eq(row[-1].model, row->model);
        for (size_t k = 0; k < a->n_sellers; k++)
            ours |= yz_str_eq(a->seller[k].ours, row->seller);
        if (!ours || again || !is_chosen(a, row->model) || !yz_str_eq(row->model, row->price->model) ||
            yz_import_find(&a->in, row->seller, row->model))
            continue;
        printf("%s%.*s/%.*s", before, YZ_STR_ARGS(row->seller), YZ_STR_ARGS(row->model));
        before = ", ", end = "\n";
    }
    printf("%s", end);
}

static bool is_of_interest(const asked *a, const yz_import_note *note) { return note->model.n == 0 || is_chosen(a, note->model); }

/* A remark, and all models of which it is made. */
static void tell_note(const asked *a, const yz_import_note *first) {
    printf("  %.*s", YZ_STR_ARGS(yz_cli_plain(a->arena, first->text)));
    const char *before = ": ";
    for (const yz_import_note *note = first; note; note = note->next) {
        if (!is_of_interest(a, note) || !yz_str_eq(note->text, first->text))
            continue;
        if (note->model.n)
            printf("%s%.*s/%.*s", before, YZ_STR_ARGS(note->seller), YZ_STR_ARGS(yz_cli_plain(a->arena, note->model)));
        if (note->line)
            printf(" (line %zu)", note->line);
        before = ", ";
    }
    putchar('\n');
}

static void tell_notes(const asked *a) {
    const char *title = "\nwhat the list says that is not carried, or not as it stands:\n";
    for (const yz_import_note *note = a->in.notes; note; note = note->next) {
        bool told = !is_of_interest(a, note);
        for (const yz_import_note *other = a->in.notes; other != note && !told; other = other->next)
            told = is_of_interest(a, other) && yz_str_eq(other->text, note->text);
        if (told)
            continue;
        printf("%s", title);
        title = "";
        tell_note(a, note);
    }
}

static int tell_no_models(const asked *a) {
    fprintf(stderr, "yuzui price: %s has no prices of these sellers and models", a->file);
    for (size_t i = 0; i < a->in.n_others; i++)
        fprintf(stderr, "%s%.*s", i ? ", " : "; --seller NAME, or NAME=OURS where it has another name here, chooses of: ",
                YZ_STR_ARGS(yz_cli_plain(a->arena, a->in.others[i])));
    fputc('\n', stderr);
    return 1;
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

/* Names that a price goes by beside its model's own. */
static size_t other_names(const yz_prices *prices, const yz_price *price, yz_str *names, size_t most) {
    size_t n = 0;
    for (size_t i = 0; i < prices->n && n < most; i++)
        if (prices->rows[i].price == price && !yz_str_eq(prices->rows[i].model, price->model))
            names[n++] = prices->rows[i].model;
    return n;
}

static bool is_taken(const asked *a, const yz_price *price) {
    const yz_import_model *m = yz_import_find(&a->in, price->seller, price->model);
    return m && m->taken;
}

/* What the file says today of models that are not replaced. */
static bool keep_old(asked *a) {
    yz_prices old = {0};
    yz_str text;
    if (access(a->out, F_OK) != 0)
        return true;
    if (!read_bytes(a->out, a->arena, &text))
        return false;
    if (!yz_str_starts(text, MARK)) {
        fprintf(stderr, "yuzui price: %s is there and was not written by an import; -o should name another file\n", a->out);
        return false;
    }
    yz_prices_read_file(&old, a->out, a->arena, &a->diag);
    yz_prices_sort(&old);
    for (size_t i = 0; i < old.n; i++) {
        const yz_price *price = old.rows[i].price;
        yz_str names[16];
        if (!yz_str_eq(old.rows[i].model, price->model) || is_taken(a, price))
            continue;
        begin_seller(a, price->seller, price->source, price->date);
        for (size_t k = 0; k < price->n_holidays; k++) {
            char day[16] = "";
            time_t seconds = (time_t)(price->holidays[k] * 86400);
            struct tm tm;
            if (gmtime_r(&seconds, &tm))
                strftime(day, sizeof day, "%Y-%m-%d", &tm);
            yz_buf_printf(&a->rows, "%s\"%s\"%s", k ? ", " : "    holidays = { ", day, k + 1 == price->n_holidays ? " },\n" : "");
        }
        yz_buf_lit(&a->rows, "    models = {\n");
        yz_price_write(price, names, other_names(&old, price, names, 16), YZ_STR(""), &a->rows);
        yz_buf_lit(&a->rows, "    },\n}\n");
    }
    return a->diag.errors == 0;
}

/* Whole or not at all, and only if it can be read again. */
static bool write_out(asked *a) {
    yz_str part = yz_format(a->arena, "%s.part", a->out);
    yz_prices again = {0};
    end_seller(a);
    if (!keep_old(a))
        return false;
    FILE *file = fopen(part.p, "w");
    bool ok = file &&
              fprintf(file, MARK " on %s. The next import replaces it; rows of your own belong into another file.\n", a->date) > 0 &&
              fwrite(a->rows.p ? a->rows.p : "", 1, a->rows.n, file) == a->rows.n;
    if (file)
        ok = fflush(file) == 0 && fsync(fileno(file)) == 0 && ok;
    if (file && fclose(file) != 0)
        ok = false;
    if (!ok)
        fprintf(stderr, "yuzui price: %s cannot be written: %s\n", part.p, strerror(errno));
    if (ok)
        yz_prices_read_file(&again, part.p, a->arena, &a->diag);
    if (!ok || a->diag.errors || rename(part.p, a->out) != 0) {
        unlink(part.p);
        return false;
    }
    printf("%s is written\n", a->out);
    return true;
}

/* ---- the command ---------------------------------------------------------------------------------------------------- */

static int import(asked *a) {
    unsigned chosen = 0;
    read_present(a);
    choose_sellers(a);
    for (size_t i = 0; i < a->beside.n; i++)
        if (!read_list(a, a->beside.items[i], &a->others[i]))
            return 1;
    if (a->diag.errors || !read_list(a, a->file, &a->in))
        return 1;
    for (const yz_import_model *m = a->in.models; m; m = m->next)
        chosen += is_chosen(a, m->model);
    if (chosen == 0)
        return tell_no_models(a);
    for (yz_import_model *m = a->in.models; m; m = m->next)
        if (is_chosen(a, m->model))
            weigh(a, m);
    tell_missing(a);
    tell_notes(a);
    printf("\n%u new, %u changed, %u the same; %u wait for a person", a->fresh, a->changed, a->same, a->waiting);
    printf(a->waiting ? ": --accept MODEL takes one, --accept all every one\n" : "\n");
    if (!a->out)
        printf("nothing was written; -o FILE writes it, such as prices/imported.lua beside the config\n");
    return (a->out && !write_out(a)) || a->waiting > 0;
}

int yz_cli_price_import(int argc, char **argv) {
    asked *a = yz_calloc(1, sizeof *a);
    a->arena = yz_arena_new(NULL);
    int code = read_question(argc, argv, a);
    if (code == 0)
        code = import(a);
    fwrite(a->diag.text.p ? a->diag.text.p : "", 1, a->diag.text.n, stderr);
    yz_buf_free(&a->rows);
    yz_diag_free(&a->diag);
    yz_arena_free(a->arena);
    free(a);
    return code;
}
