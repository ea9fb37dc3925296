/* admin/api_margin.c: what a provider's answers brought against what its tries cost by its list price; and what it says itself it has
 * counted.
 */
#include "admin/api.h"
#include "admin/errand.h"
#include "base/arena.h"
#include "call/tree.h"
#include "people/margins.h"

enum { MARGINS_MOST = 10000 };

/* ---- margins ---------------------------------------------------------------------------------------------------------------- */

static void on_margin(void *arg, const yz_ledger_row *row) { yz_api_list_row(arg, row); }

void yz_api_margins(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_margins, .name = "margins", .limit = MARGINS_MOST};
    yz_margins m = {.ledger = api->ledger, .arena = api->arena, .limit = MARGINS_MOST};
    if (!yz_api_times(api, &m.from, &m.to) || !yz_api_format(api))
        return;
    if (!yz_margins_by(yz_api_param(api, "by"), &m.by)) {
        yz_api_wrong(api, "by should be " YZ_MARGINS_BY_WORDS);
        return;
    }
    list.by = m.by;
    yz_api_list_begin(&list);
    int code = yz_margins_read(&m, on_margin, &list);
    if (code != YZ_OK)
        yz_api_fail_code(api, code, NULL);
    else if (!api->csv)
        yz_buf_printf(&api->out, "],\"more\":%s}\n", m.more ? "true" : "false");
}

/* ---- what the provider says -------------------------------------------------------------------------------------------------- */

/* Differences are lines that are objects, and so is what was not compared; anything else is words about the export, or a balance that does
 * not add up. */
static void put_lines(yz_str said, yz_buf *out, yz_buf *words, yz_str *removed, size_t *n) {
    while (said.n > 0) {
        const char *end = memchr(said.p, '\n', said.n);
        yz_str line = {said.p, end ? (size_t)(end - said.p) : said.n};
        if (yz_str_starts(line, "{\"request\":") || yz_str_starts(line, "{\"sum\":")) {
            yz_buf_lit(out, (*n)++ ? ",\n" : "");
            yz_buf_str(out, line);
        } else if (yz_str_starts(line, "{\"removed\":")) {
            *removed = yz_str_at(line.p + 1, line.n - 2); /* without its braces */
        } else if (line.n > 0) {
            yz_buf_str(words, line);
            yz_buf_char(words, '\n');
        }
        said = end ? yz_str_at(end + 1, said.n - line.n - 1) : YZ_STR("");
    }
}

static void answer(yz_admin_call *a, struct yz_admin_errand *errand) {
    yz_api *api = errand->arg;
    yz_buf words = {0};
    yz_str removed = YZ_STR("");
    size_t n = 0;
    yz_buf_lit(&api->out, "{\"differences\":[");
    put_lines(yz_buf_view(&errand->said), &api->out, &words, &removed, &n);
    if (errand->problem && n == 0)
        yz_api_fail(api, YZ_ERROR_BAD_REQUEST, 422, "check_failed",
                    words.n ? yz_dup(errand->arena, yz_buf_view(&words)) : yz_str_of(errand->problem));
    yz_buf_printf(&api->out, "],\"ok\":%s%s%.*s}\n", n ? "false" : "true", removed.n ? "," : "", YZ_STR_ARGS(removed));
    yz_buf_free(&words);
    yz_api_done(a, api);
}

static void free_api(void *arg) { yz_api_free(arg); }

bool yz_api_reconcile(yz_admin_call *a, yz_api *api) {
    yz_str provider, text;
    if (!yz_api_members_ok(api, "provider export") || !yz_api_text(api, "provider", false, &provider) ||
        !yz_api_text(api, "export", true, &text))
        return false;
    if (provider.n > YZ_LEDGER_NAME_MAX || (provider.n && memchr(provider.p, 0, provider.n))) {
        yz_api_wrong(api, "provider should be the name of one");
        return false;
    }
    struct yz_admin_errand *errand = yz_admin_errand_new(a, "audit");
    yz_admin_errand_say(errand, "--provider-export", YZ_STR("/dev/stdin"));
    yz_admin_errand_say(errand, "--provider", provider);
    errand->argv[errand->n++] = (char *)(uintptr_t) "--json";
    errand->input = yz_dup(errand->arena, text);
    errand->arg = api;
    errand->answer = answer;
    yz_on_free(errand->arena, free_api, api);
    yz_admin_errand_start(a, errand);
    return true;
}
