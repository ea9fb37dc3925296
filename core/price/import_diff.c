/* import_diff.c: how a model of a price list differs from what a catalogue says of it, version by version, in words; and which of the
 * differences should wait for a person: price lists have slipped a decimal, said zero for days, and forgotten models.
 */
#include "base/arena.h"
#include "price/import.h"

#include <stdio.h>
#include <time.h>

enum { FAR = 2 }; /* a rate that becomes more than so many times what it was, or less than the like part */

/* ---- versions ------------------------------------------------------------------------------------------------------- */

/* The rows of a catalogue about one model; the oldest first. */
typedef struct present {
    const yz_price_row *rows;
    size_t n;
} present;

static present find_present(const yz_prices *prices, yz_str seller, yz_str model) {
    present p = {0};
    for (size_t i = 0; i < prices->n; i++)
        if (yz_str_eq(prices->rows[i].seller, seller) && yz_str_eq(prices->rows[i].model, model)) {
            p.rows = p.n ? p.rows : &prices->rows[i];
            p.n++;
        }
    return p;
}

static const yz_price *present_at(present p, int64_t at) {
    const yz_price *found = NULL;
    for (size_t i = 0; i < p.n && p.rows[i].price->from <= at; i++)
        found = p.rows[i].price;
    return found;
}

static const yz_price *version_at(const yz_import_model *m, int64_t at) {
    const yz_price *found = NULL;
    for (size_t i = 0; i < m->n_versions && m->versions[i]->from <= at; i++)
        found = m->versions[i];
    return found;
}

/* ---- words ---------------------------------------------------------------------------------------------------------- */

static void put_rate(yz_rate rate, int64_t value, yz_buf *out) {
    if (value < 0)
        yz_buf_lit(out, "unsaid");
    else if (yz_rate_units[rate] == 1000000)
        yz_price_usd(value, out);
    else
        yz_price_usd(value / (1000000 / yz_rate_units[rate]), out);
}

static void put_day(int64_t at, yz_buf *out) {
    char text[32] = "";
    time_t seconds = (time_t)at;
    struct tm tm;
    if (gmtime_r(&seconds, &tm))
        strftime(text, sizeof text, at % 86400 ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d", &tm);
    yz_buf_lit(out, text);
}

static void put_since(const yz_price *price, yz_buf *out) {
    if (price->from == 0)
        return;
    yz_buf_lit(out, "from ");
    put_day(price->from, out);
    yz_buf_lit(out, ": ");
}

static void put_all(const yz_rates *rates, yz_buf *out) {
    const char *comma = "";
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        if (rates->of[rate] < 0)
            continue;
        yz_buf_printf(out, "%s%s ", comma, yz_rate_words[rate]);
        put_rate(rate, rates->of[rate], out);
        comma = ", ";
    }
}

/* ---- differences ---------------------------------------------------------------------------------------------------- */

static void wait_for(yz_import_diff *diff, yz_str why) {
    if (diff->waits.n == 0)
        diff->waits = why;
}

static bool moves_far(int64_t old, int64_t new) { return (__int128)old * FAR < new || (__int128)new *FAR < old; }

/* Says where two sets of rates differ, each on a line. */
static bool compare_rates(const yz_price *since, const char *where, const yz_rates *old, const yz_rates *new, yz_import_diff *diff) {
    bool same = true;
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        int64_t a = old->of[rate], b = new->of[rate];
        if (a == b)
            continue;
        same = false;
        yz_buf_lit(&diff->text, "    ");
        put_since(since, &diff->text);
        yz_buf_printf(&diff->text, "%s%s ", where, yz_rate_words[rate]);
        put_rate(rate, a, &diff->text);
        yz_buf_lit(&diff->text, " -> ");
        put_rate(rate, b, &diff->text);
        yz_buf_char(&diff->text, '\n');
        if (a > 0 && b == 0)
            wait_for(diff, YZ_STR("a price becomes zero"));
        else if (a >= 0 && b < 0)
            wait_for(diff, YZ_STR("a price goes"));
        else if (a > 0 && b > 0 && moves_far(a, b))
            wait_for(diff, YZ_STR("a price moves more than twofold"));
    }
    return same;
}

static bool compare_tiers(const yz_price *old, const yz_price *new, const char *of, yz_import_diff *diff) {
    bool same = true;
    yz_rates none;
    memset(none.of, 0xff, sizeof none.of); /* -1: unsaid */
    if (old->n_tiers && new->n_tiers && old->marginal != new->marginal) {
        same = false;
        yz_buf_printf(&diff->text, "    %s%s\n", of, new->marginal ? "its tiers become marginal" : "its tiers count for all of a request");
        wait_for(diff, YZ_STR("its tiers change"));
    }
    for (size_t i = 0; i < old->n_tiers || i < new->n_tiers; i++) {
        const yz_price_tier *a = i < old->n_tiers ? &old->tiers[i] : NULL, *b = i < new->n_tiers ? &new->tiers[i] : NULL;
        char where[64];
        if (a && b && a->above == b->above) {
            snprintf(where, sizeof where, "%sabove %lld, ", of, (long long)a->above);
            same &= compare_rates(new, where, &a->rates, &b->rates, diff);
            continue;
        }
        same = false;
        if (a) {
            snprintf(where, sizeof where, "%sno longer above %lld: ", of, (long long)a->above);
            compare_rates(new, where, &a->rates, &none, diff);
        }
        if (b) {
            snprintf(where, sizeof where, "%snow above %lld: ", of, (long long)b->above);
            compare_rates(new, where, &none, &b->rates, diff);
            wait_for(diff, YZ_STR("its tiers change"));
        }
    }
    return same;
}

static bool same_window(const yz_price_window *a, const yz_price_window *b) {
    return a->from == b->from && a->to == b->to && a->weekdays == b->weekdays && a->holidays == b->holidays &&
           yz_str_eq(a->zone_name, b->zone_name) && memcmp(&a->price->rates, &b->price->rates, sizeof(yz_rates)) == 0;
}

static bool compare_windows(const yz_price *old, const yz_price *new, yz_import_diff *diff) {
    bool same = old->n_windows == new->n_windows;
    for (size_t i = 0; same && i < new->n_windows; i++)
        same = same_window(&old->windows[i], &new->windows[i]);
    if (same)
        return true;
    yz_buf_lit(&diff->text, "    ");
    put_since(new, &diff->text);
    yz_buf_printf(&diff->text, "%zu windows of hours -> %zu\n", old->n_windows, new->n_windows);
    for (size_t i = 0; i < new->n_windows; i++) {
        const yz_price_window *w = &new->windows[i];
        yz_buf_printf(&diff->text, "    %02d:%02d to %02d:%02d %.*s: ", w->from / 60, w->from % 60, w->to / 60, w->to % 60,
                      YZ_STR_ARGS(w->zone_name));
        put_all(&w->price->rates, &diff->text);
        yz_buf_char(&diff->text, '\n');
    }
    if (old->n_windows)
        wait_for(diff, YZ_STR("prices by the hour change"));
    return false;
}

/* Of each service that one of the two knows. That a list says more is no reason to wait. */
static bool compare_services(const yz_price *old, const yz_price *new, yz_import_diff *diff) {
    bool same = true;
    for (yz_service service = YZ_SERVICE_BATCH; service < YZ_SERVICE_OTHER; service++) {
        const yz_price *a = yz_price_service(old, service), *b = yz_price_service(new, service);
        char where[32];
        snprintf(where, sizeof where, "%s: ", yz_service_words[service]);
        if (a && b) {
            same &= compare_rates(new, where, &a->rates, &b->rates, diff);
            same &= compare_tiers(a, b, where, diff);
        } else if (a || b) {
            same = false;
            yz_buf_printf(&diff->text, "    %s%s", where, a ? "goes" : "");
            if (b)
                put_all(&b->rates, &diff->text);
            yz_buf_char(&diff->text, '\n');
            if (a)
                wait_for(diff, YZ_STR("a service goes"));
        }
    }
    return same;
}

static bool compare_versions(const yz_price *old, const yz_price *new, yz_import_diff *diff) {
    bool rates = compare_rates(new, "", &old->rates, &new->rates, diff), tiers = compare_tiers(old, new, "", diff),
         windows = compare_windows(old, new, diff);
    return compare_services(old, new, diff) && rates && tiers && windows;
}

static void put_new(const yz_price *price, yz_import_diff *diff) {
    yz_buf_lit(&diff->text, "    ");
    put_since(price, &diff->text);
    put_all(&price->rates, &diff->text);
    for (size_t i = 0; i < price->n_tiers; i++) {
        yz_buf_printf(&diff->text, "; above %lld: ", (long long)price->tiers[i].above);
        put_all(&price->tiers[i].rates, &diff->text);
    }
    yz_buf_char(&diff->text, '\n');
    if (price->n_windows)
        compare_windows(&(yz_price){0}, price, diff);
    if (price->n_services)
        compare_services(&(yz_price){0}, price, diff);
}

/* A version that the catalogue has and the list lacks is no loss if the list says the same for that time. */
static bool compare_lost(present p, const yz_import_model *model, yz_import_diff *diff) {
    bool same = true;
    for (size_t i = 0; i < p.n; i++) {
        const yz_price *old = p.rows[i].price, *new = version_at(model, old->from);
        yz_import_diff ignored = {0};
        bool there = new && (new->from == old->from || compare_versions(old, new, &ignored));
        yz_buf_free(&ignored.text);
        if (there)
            continue;
        same = false;
        yz_buf_lit(&diff->text, "    ");
        put_since(old, &diff->text);
        yz_buf_lit(&diff->text, "this version goes: ");
        put_all(&old->rates, &diff->text);
        yz_buf_char(&diff->text, '\n');
        wait_for(diff, YZ_STR("a version goes"));
    }
    return same;
}

static bool ends(present p) { return p.n > 0 && p.rows[p.n - 1].price->ends > 0; }

void yz_import_compare(const yz_import_model *model, const yz_prices *prices, yz_import_diff *diff) {
    present p = find_present(prices, model->seller, model->model);
    bool same = true;
    *diff = (yz_import_diff){.change = p.n ? YZ_IMPORT_CHANGED : YZ_IMPORT_NEW, .waits = model->waits};
    for (size_t i = 0; i < model->n_versions; i++) {
        const yz_price *new = model->versions[i], *old = present_at(p, new->from);
        if (old)
            same &= compare_versions(old, new, diff);
        else
            put_new(new, diff), same = false;
    }
    same &= compare_lost(p, model, diff);
    if (p.n && same) {
        diff->change = YZ_IMPORT_SAME;
        diff->waits = YZ_STR("");
    } else if (ends(p)) { /* neither format knows ends */
        yz_buf_lit(&diff->text, "    its end and successor go: the file does not know them\n");
        wait_for(diff, YZ_STR("the end of the model goes"));
    } else if (p.n && p.rows[p.n - 1].price->n_regions) { /* nor regions */
        yz_buf_lit(&diff->text, "    its regions go: the file does not know them\n");
        wait_for(diff, YZ_STR("its regions go"));
    }
}

yz_str yz_import_disagree(const yz_import_model *a, const yz_import_model *b, int64_t at, yz_arena *arena) {
    const yz_price *one = version_at(a, at), *other = version_at(b, at);
    yz_buf out = {0};
    for (yz_rate rate = 0; one && other && rate < YZ_RATES_N; rate++) {
        int64_t x = one->rates.of[rate], y = other->rates.of[rate];
        if (x < 0 || y < 0 || x == y)
            continue;
        yz_buf_printf(&out, "%s%s ", out.n ? ", " : "", yz_rate_words[rate]);
        put_rate(rate, x, &out);
        yz_buf_lit(&out, " here and ");
        put_rate(rate, y, &out);
        yz_buf_lit(&out, " there");
    }
    yz_str kept = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return kept;
}
