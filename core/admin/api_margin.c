/* admin/api_margin.c: what a provider's answers brought against what its tries cost by its list price; and what it says itself it has
 * counted.
 *
 * The ledger sums what is charged. What a try costs stands in the explanation of its hold alone, so holds of that time are read.
 */
#include "admin/api.h"
#include "admin/errand.h"
#include "base/arena.h"
#include "call/tree.h"
#include "ledger/ledger.h"
#include "price/price.h"

#include <yuzui/json.h>

#include <stdlib.h>

enum { PAGE = 5000, HOLDS_MOST = 400000, PROVIDERS = 256 };

/* ---- margins ---------------------------------------------------------------------------------------------------------------- */

typedef struct margins {
    yz_api *api;
    int64_t from, to, last, read; /* Unix seconds, excluded `to`; the place of the last hold; holds of this page */
    yz_ledger_row of[PROVIDERS];
    size_t n;
} margins;

static yz_ledger_row *row_of(margins *m, yz_str provider) {
    for (size_t i = 0; i < m->n; i++)
        if (yz_str_eq(m->of[i].provider, provider))
            return &m->of[i];
    if (m->n == PROVIDERS)
        return &m->of[PROVIDERS - 1];
    m->of[m->n] = (yz_ledger_row){.size = sizeof *m->of, .provider = yz_dup(m->api->arena, provider)};
    return &m->of[m->n++];
}

static void take_try(margins *m, yz_arena *arena, const yz_json *one) {
    yz_str state = yz_json_escaped(yz_json_get(one, "cost"));
    int64_t usd = 0;
    if (state.n == 0 || yz_str_is(state, "none"))
        return;
    yz_ledger_row *row = row_of(m, yz_json_text(arena, yz_json_get(one, "provider")));
    (void)yz_price_amount(yz_json_raw(yz_json_get(one, "usd")), &usd);
    row->output++;
    row->amount += usd;
    row->held += yz_str_is(state, "estimated") ? usd : 0;
    row->input += yz_str_is(state, "unknown");
}

static void take_hold(margins *m, yz_arena *arena, const yz_ledger_row *hold) {
    yz_json *json = NULL;
    if (hold->detail.n > 0 && yz_json_parse(arena, hold->detail, 0, &json, NULL) != YZ_OK)
        json = NULL;
    yz_ledger_row *row = row_of(m, yz_json_text(arena, yz_json_get(json, "provider")));
    row->calls += hold->captured > 0;
    row->captured += hold->captured;
    row->absorbed += hold->absorbed;
    row->refunded += hold->refunded;
    const yz_json *tries = yz_json_get(json, "tries");
    for (const yz_json *one = tries ? tries->child : NULL; one; one = one->next)
        take_try(m, arena, one);
}

static void on_hold(void *arg, const yz_ledger_row *hold) {
    margins *m = arg;
    m->read++;
    m->last = hold->place;
    if (hold->state == YZ_HOLD_OPEN)
        return;
    yz_arena *arena = yz_arena_new(NULL);
    take_hold(m, arena, hold);
    yz_arena_free(arena);
}

/* True: there are more holds than are read at once. */
static bool read_holds(margins *m, int *code) {
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HOLDS, .limit = PAGE, .from = m->from, .to = m->to};
    for (int64_t all = 0; all < HOLDS_MOST; all += m->read) {
        m->read = 0;
        *code = yz_ledger_read(m->api->ledger, &query, on_hold, m);
        if (*code != YZ_OK || m->read < PAGE)
            return false;
        query.place = m->last;
    }
    return true;
}

static int by_cost(const void *a, const void *b) {
    const yz_ledger_row *x = a, *y = b;
    return x->amount < y->amount ? 1 : x->amount > y->amount ? -1 : 0;
}

void yz_api_margins(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_margins, .name = "margins", .limit = PROVIDERS};
    margins *m = yz_alloc(api->arena, sizeof *m);
    int code = YZ_OK;
    m->api = api;
    if (!yz_api_times(api, &m->from, &m->to) || !yz_api_format(api))
        return;
    bool more = read_holds(m, &code);
    if (code != YZ_OK) {
        yz_api_fail_code(api, code, NULL);
        return;
    }
    qsort(m->of, m->n, sizeof *m->of, by_cost);
    yz_api_list_begin(&list);
    for (size_t i = 0; i < m->n; i++) {
        m->of[i].available = m->of[i].captured - m->of[i].refunded - m->of[i].amount;
        yz_api_list_row(&list, &m->of[i]);
    }
    if (!api->csv)
        yz_buf_printf(&api->out, "],\"more\":%s}\n", more ? "true" : "false");
}

/* ---- what the provider says -------------------------------------------------------------------------------------------------- */

/* Differences are lines that are objects; anything else is words about the export, or a balance that does not add up. */
static void put_lines(yz_str said, yz_buf *out, yz_buf *words, size_t *n) {
    while (said.n > 0) {
        const char *end = memchr(said.p, '\n', said.n);
        yz_str line = {said.p, end ? (size_t)(end - said.p) : said.n};
        if (yz_str_starts(line, "{\"request\":") || yz_str_starts(line, "{\"sum\":")) {
            yz_buf_lit(out, (*n)++ ? ",\n" : "");
            yz_buf_str(out, line);
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
    size_t n = 0;
    yz_buf_lit(&api->out, "{\"differences\":[");
    put_lines(yz_buf_view(&errand->said), &api->out, &words, &n);
    if (errand->problem && n == 0)
        yz_api_fail(api, YZ_ERROR_BAD_REQUEST, 422, "check_failed",
                    words.n ? yz_dup(errand->arena, yz_buf_view(&words)) : yz_str_of(errand->problem));
    yz_buf_printf(&api->out, "],\"ok\":%s}\n", n ? "false" : "true");
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
