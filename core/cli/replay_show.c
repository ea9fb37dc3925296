/* cli/replay_show.c: what `yuzui replay` prints; see replay.h. */
#include "cli/cli.h"
#include "cli/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <yuzui/json.h>

/* What changed, the most first; what stayed, in one row. */
static int by_n(const void *a, const void *b) {
    const yz_moved *x = a, *y = b;
    return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

static bool stays(const yz_moved *m) { return yz_str_eq(m->from, m->to); }

/* ms all of them would take where they go; negative: not known. */
static double time_of(const yz_replayed *r, const yz_moved *m) {
    return stays(m) ? (double)m->ms : yz_replay_time(r, m->to, m->n, m->output);
}

typedef struct total {
    int64_t n, before, after, unpriced;
    double before_ms, after_ms; /* of those whose time is known */
    int64_t timed;
} total;

static total total_of(const yz_replayed *r) {
    total t = {0};
    for (size_t i = 0; i < r->n_moves; i++) {
        const yz_moved *m = &r->moves[i];
        double ms = time_of(r, m);
        t.n += m->n, t.before += m->before, t.after += m->after, t.unpriced += m->unpriced;
        if (ms < 0)
            continue;
        t.timed += m->n;
        t.before_ms += (double)m->ms;
        t.after_ms += ms;
    }
    return t;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------------------- */

static void put_ms(yz_buf *out, const char *name, double ms, int64_t n) {
    if (n > 0 && ms >= 0)
        yz_buf_printf(out, ",\"%s\":%.1f", name, ms / (double)n);
    else
        yz_buf_printf(out, ",\"%s\":null", name);
}

static void put_usd(yz_buf *out, const char *name, int64_t nano) {
    yz_buf_printf(out, ",\"%s\":", name);
    yz_price_usd(nano, out);
}

static void put_move(yz_buf *out, const yz_replayed *r, const yz_moved *m) {
    yz_buf_lit(out, "{\"from\":");
    yz_buf_json_str(out, m->from);
    yz_buf_lit(out, ",\"to\":");
    yz_buf_json_str(out, m->to);
    yz_buf_printf(out, ",\"n\":%lld", (long long)m->n);
    put_usd(out, "before_usd", m->before);
    put_usd(out, "after_usd", m->after);
    yz_buf_printf(out, ",\"unpriced\":%lld", (long long)m->unpriced);
    put_ms(out, "before_ms", (double)m->ms, m->n);
    put_ms(out, "after_ms", time_of(r, m), m->n);
    yz_buf_char(out, '}');
}

static void put_counts(yz_buf *out, const yz_replayed *r) {
    const struct {
        const char *name;
        int64_t n;
    } counts[] = {{"read", r->read},           {"replayed", r->replayed}, {"same", r->same},
                  {"elsewhere", r->elsewhere}, {"failed", r->failed},     {"answered", r->answered},
                  {"refused", r->refused},     {"text", r->text},         {"outside", r->outside}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        yz_buf_printf(out, "%s\"%s\":%lld", i ? "," : "{", counts[i].name, (long long)counts[i].n);
    yz_buf_lit(out, ",\"skipped\":{");
    for (size_t i = 0; i < YZ_REPLAY_SKIPS && r->skip_words[i]; i++)
        yz_buf_printf(out, "%s\"%s\":%lld", i ? "," : "", r->skip_words[i], (long long)r->skips[i]);
    yz_buf_char(out, '}');
}

void yz_replay_json(yz_replayed *r) {
    yz_buf out = {0};
    total t = total_of(r);
    qsort(r->moves, r->n_moves, sizeof *r->moves, by_n);
    put_counts(&out, r);
    put_usd(&out, "before_usd", t.before);
    put_usd(&out, "after_usd", t.after);
    yz_buf_printf(&out, ",\"unpriced\":%lld", (long long)t.unpriced);
    put_ms(&out, "before_ms", t.before_ms, t.timed);
    put_ms(&out, "after_ms", t.after_ms, t.timed);
    yz_buf_printf(&out, ",\"timed\":%lld,\"seconds\":%.3f,\"moves\":[", (long long)t.timed, r->seconds);
    for (size_t i = 0, n = 0; i < r->n_moves; i++) {
        if (stays(&r->moves[i]))
            continue;
        yz_buf_lit(&out, n++ ? ",\n" : "");
        put_move(&out, r, &r->moves[i]);
    }
    yz_buf_lit(&out, "],\"examples\":[");
    for (size_t i = 0; i < r->n_examples; i++) {
        yz_buf_lit(&out, i ? "," : "");
        yz_buf_json_str(&out, r->examples[i]);
    }
    yz_buf_lit(&out, "]}\n");
    for (size_t i = 0; i + 1 < out.n; i++)
        if (out.p[i] == '\n')
            out.p[i] = ' '; /* it is one line, which whoever runs this looks for */
    fwrite(out.p, 1, out.n, stdout);
    yz_buf_free(&out);
}

/* ---- words ------------------------------------------------------------------------------------------------------------------ */

static const char *usd_of(yz_arena *arena, int64_t nano) { return yz_format(arena, "$%.4f", (double)nano / 1e9).p; }

static const char *ms_of(yz_arena *arena, double ms, int64_t n) {
    return n > 0 && ms >= 0 ? yz_format(arena, "%.0f ms", ms / (double)n).p : "not known";
}

static void print_count(const char *what, int64_t n) {
    if (n > 0)
        printf("  %9lld  %s\n", (long long)n, what);
}

static void print_counts(const yz_replayed *r) {
    printf("%lld requests read, %lld replayed in %.1f s\n", (long long)r->read, (long long)r->replayed, r->seconds);
    print_count("would have gone where they went", r->same);
    print_count("would have gone elsewhere", r->elsewhere);
    print_count("would have been answered by a policy itself", r->answered);
    print_count("would have failed", r->failed);
    print_count("would have been refused: their key may not ask for the model", r->refused);
    for (size_t i = 0; i < YZ_REPLAY_SKIPS && r->skip_words[i]; i++)
        printf("  %9lld  left out: %s\n", (long long)r->skips[i], r->skip_words[i]);
    if (r->text)
        printf("A policy read the text of %lld of them, which no log has: it decided by a made-up one.\n", (long long)r->text);
    if (r->outside)
        printf("A policy asked a store or a host for %lld of them, and got nothing.\n", (long long)r->outside);
}

void yz_replay_words(yz_replayed *r) {
    yz_arena *arena = yz_arena_new(NULL);
    total t = total_of(r);
    qsort(r->moves, r->n_moves, sizeof *r->moves, by_n);
    print_counts(r);
    if (t.n > 0)
        printf("cost   %s -> %s at list prices, with the same tokens%s\n", usd_of(arena, t.before), usd_of(arena, t.after),
               t.unpriced ? yz_format(arena, " (without %lld of which a price is not known)", (long long)t.unpriced).p : "");
    if (t.timed > 0)
        printf("time   %s -> %s on average, as the targets answered in this log\n", ms_of(arena, t.before_ms, t.timed),
               ms_of(arena, t.after_ms, t.timed));
    for (size_t i = 0; i < r->n_moves; i++) {
        const yz_moved *m = &r->moves[i];
        if (!stays(m))
            printf("  %9lld  %.*s -> %.*s: %s -> %s, %s -> %s\n", (long long)m->n, YZ_STR_ARGS(yz_cli_plain(arena, m->from)),
                   YZ_STR_ARGS(yz_cli_plain(arena, m->to)), usd_of(arena, m->before), usd_of(arena, m->after),
                   ms_of(arena, (double)m->ms, m->n), ms_of(arena, time_of(r, m), m->n));
    }
    for (size_t i = 0; i < r->n_examples; i++)
        printf("%s%.*s%s", i ? " " : "as for ", YZ_STR_ARGS(yz_cli_plain(arena, r->examples[i])), i + 1 == r->n_examples ? "\n" : "");
    yz_arena_free(arena);
}
