/* write.c: a price as a row of a file in prices/ (config/read_prices.c reads it). Numbers are written out of whole nano-USD, so what is
 * read again is what was written.
 */
#include "price/import.h"

#include <stdio.h>
#include <time.h>

void yz_price_write_text(yz_str text, yz_buf *out) {
    yz_buf_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '"' || c == '\\')
            yz_buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            yz_buf_printf(out, "\\%03u", c);
        else
            yz_buf_char(out, (char)c);
    }
    yz_buf_char(out, '"');
}

static void write_moment(const char *name, int64_t at, yz_buf *out) {
    char text[32] = "";
    time_t seconds = (time_t)at;
    struct tm tm;
    if (at == 0 || !gmtime_r(&seconds, &tm))
        return;
    strftime(text, sizeof text, at % 86400 ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d", &tm);
    yz_buf_printf(out, ", %s = \"%s\"", name, text);
}

static void write_rates(const yz_rates *rates, yz_buf *out) {
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++) {
        if (rates->of[rate] < 0)
            continue;
        yz_buf_printf(out, ", %s = ", yz_rate_words[rate]);
        yz_price_usd(rates->of[rate] / (1000000 / yz_rate_units[rate]), out);
    }
}

static bool is_free(const yz_price *price) {
    for (yz_rate rate = 0; rate < YZ_RATES_N; rate++)
        if (price->rates.of[rate] > 0)
            return false;
    return true;
}

static void write_list(const char *name, const yz_str *words, size_t n, yz_buf *out) {
    if (n == 0)
        return;
    yz_buf_printf(out, ", %s = {", name);
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? ", " : " ");
        yz_price_write_text(words[i], out);
    }
    yz_buf_lit(out, " }");
}

static void write_tiers(const yz_price *price, yz_buf *out) {
    for (size_t i = 0; i < price->n_tiers; i++) {
        yz_buf_printf(out, "%s{ above = %lld%s", i ? ", " : ", tiers = { ", (long long)price->tiers[i].above,
                      price->marginal ? ", marginal = true" : "");
        write_rates(&price->tiers[i].rates, out);
        yz_buf_lit(out, " }");
    }
    if (price->n_tiers)
        yz_buf_lit(out, " }");
}

static void write_days(const yz_price_window *w, yz_buf *out) {
    static const yz_str names[] = {{"sun", 3}, {"mon", 3}, {"tue", 3}, {"wed", 3}, {"thu", 3}, {"fri", 3}, {"sat", 3}};
    static const char *const holidays[] = {"too", "skip", "only"};
    yz_str days[7];
    size_t n = 0;
    for (size_t day = 0; day < 7; day++)
        if (w->weekdays >> day & 1)
            days[n++] = names[day];
    if (n < 7)
        write_list("days", days, n, out);
    if (w->holidays != YZ_HOLIDAYS_TOO)
        yz_buf_printf(out, ", holidays = \"%s\"", holidays[w->holidays]);
}

static void write_windows(const yz_price *price, yz_buf *out) {
    for (size_t i = 0; i < price->n_windows; i++) {
        const yz_price_window *w = &price->windows[i];
        yz_buf_lit(out, i ? ", { name = " : ", windows = { { name = ");
        yz_price_write_text(w->name, out);
        if (!yz_str_is(w->zone_name, "UTC")) {
            yz_buf_lit(out, ", zone = ");
            yz_price_write_text(w->zone_name, out);
        }
        yz_buf_printf(out, ", from = \"%02d:%02d\", to = \"%02d:%02d\"", w->from / 60, w->from % 60, w->to / 60, w->to % 60);
        write_days(w, out);
        write_rates(&w->price->rates, out);
        yz_buf_lit(out, " }");
    }
    if (price->n_windows)
        yz_buf_lit(out, " }");
}

static void write_services(const yz_price *price, yz_buf *out) {
    for (size_t i = 0; i < price->n_services; i++) {
        const yz_price_at_service *s = &price->services[i];
        yz_buf_printf(out, "%s{ name = \"%s\"", i ? ", " : ", services = { ", yz_service_words[s->service]);
        if (s->times) {
            yz_buf_lit(out, ", times = ");
            yz_price_usd(s->times, out);
        } else {
            write_rates(&s->price->rates, out);
            write_tiers(s->price, out);
        }
        yz_buf_lit(out, " }");
    }
    if (price->n_services)
        yz_buf_lit(out, " }");
}

static void write_sizes(const yz_price *price, yz_buf *out) {
    for (size_t i = 0; i < price->n_sizes; i++) {
        const yz_price_at_size *at = &price->sizes[i];
        yz_buf_lit(out, i ? ", { size = " : ", sizes = { { size = ");
        yz_price_write_text(at->size, out);
        yz_buf_lit(out, ", quality = ");
        yz_price_write_text(at->quality, out);
        for (yz_rate rate = YZ_RATE_PICTURE; rate <= YZ_RATE_SECOND; rate++) {
            if (at->price->rates.of[rate] < 0)
                continue;
            yz_buf_printf(out, ", %s = ", yz_rate_words[rate]);
            yz_price_usd(at->price->rates.of[rate] / 1000000, out);
        }
        yz_buf_lit(out, " }");
    }
    if (price->n_sizes)
        yz_buf_lit(out, " }");
}

static void write_regions(const yz_price *price, yz_buf *out) {
    for (size_t i = 0; i < price->n_regions; i++) {
        yz_buf_lit(out, i ? ", { name = " : ", regions = { { name = ");
        yz_price_write_text(price->regions[i].region, out);
        yz_buf_lit(out, ", times = ");
        yz_price_usd(price->regions[i].times, out);
        yz_buf_lit(out, " }");
    }
    if (price->n_regions)
        yz_buf_lit(out, " }");
}

void yz_price_write(const yz_price *price, const yz_str *also, size_t n_also, yz_str kept, yz_buf *out) {
    yz_buf_lit(out, "        { name = ");
    yz_price_write_text(price->model, out);
    write_list("also", also, n_also, out);
    write_moment("from", price->from, out);
    if (is_free(price))
        yz_buf_lit(out, ", free = true");
    else
        write_rates(&price->rates, out);
    write_tiers(price, out);
    write_windows(price, out);
    write_services(price, out);
    write_sizes(price, out);
    write_regions(price, out);
    write_moment("ends", price->ends, out);
    if (price->successor.n) {
        yz_buf_lit(out, ", successor = ");
        yz_price_write_text(price->successor, out);
    }
    yz_buf_lit(out, " },");
    if (kept.n) {
        yz_buf_lit(out, " -- in the source: ");
        for (size_t i = 0; i < kept.n; i++) /* one line, whatever a file holds */
            yz_buf_char(out, kept.p[i] < ' ' ? ' ' : kept.p[i]);
    }
    yz_buf_char(out, '\n');
}
