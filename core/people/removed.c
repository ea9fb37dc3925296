/* people/removed.c: see removed.h. */
#include "people/removed.h"

#include "people/person.h"

typedef struct removed_row {
    yz_removed *out;
    yz_arena *arena;
} removed_row;

static void on_row(void *arg, const yz_ledger_row *row) {
    const removed_row *r = arg;
    *r->out = (yz_removed){row->created, row->calls, row->id.n > 0, yz_dup(r->arena, row->text)};
}

int yz_removed_read(yz_ledger *ledger, yz_str id, yz_arena *arena, yz_removed *out) {
    removed_row row = {out, arena};
    *out = (yz_removed){.until = 0};
    return yz_ledger_read(ledger, &(yz_ledger_query){YZ_LEDGER_QUERY, .what = YZ_LEDGER_REMOVED, .id = id}, on_row, &row);
}

void yz_removed_json(const yz_removed *r, yz_buf *out) {
    yz_buf_lit(out, "{\"before\":\"");
    yz_person_put_moment(out, r->until);
    yz_buf_printf(out, "\",\"requests\":%lld,\"rule\":", (long long)r->calls);
    yz_buf_json_str(out, r->rule);
    yz_buf_char(out, '}');
}

yz_str yz_removed_why(yz_ledger *ledger, yz_str id, yz_arena *arena, const char *otherwise) {
    yz_removed r;
    yz_buf when = {0};
    if (yz_removed_read(ledger, id, arena, &r) != YZ_OK || r.until == 0)
        return yz_str_of(otherwise);
    yz_person_put_moment(&when, r.until);
    yz_str why =
        r.this_one ? yz_format(arena, "this request was removed, as all from before %.*s (%.*s of the ledger): only sums of them are kept",
                               YZ_STR_ARGS(yz_buf_view(&when)), YZ_STR_ARGS(r.rule))
                   : yz_format(arena, "%s; requests from before %.*s were removed (%.*s of the ledger)", otherwise,
                               YZ_STR_ARGS(yz_buf_view(&when)), YZ_STR_ARGS(r.rule));
    yz_buf_free(&when);
    return why;
}
