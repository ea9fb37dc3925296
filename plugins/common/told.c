/* common/told.c: what clients are told of jobs, alike in the dialects that have any. */
#include "common.h"

yz_str yc_told(const yz_json *body, const char *const *names, bool nulls, yz_arena *arena) {
    yz_buf out = {0};
    for (; *names; names++) {
        yz_str raw = yz_json_raw(nulls ? yz_json_get(body, *names) : yz_json_given(body, *names));
        if (raw.n > 0 && out.n + strlen(*names) + raw.n + 8 < YZ_JOB_KEPT_MAX)
            yz_buf_printf(&out, "%c\"%s\":%.*s", out.n ? ',' : '{', *names, YZ_STR_ARGS(raw));
    }
    yz_buf_lit(&out, out.n ? "}" : "");
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return text;
}

static void put_id(const char *name, const yz_job *job, yz_buf *out) {
    yz_buf_printf(out, ",\"%s\":", name);
    if (job)
        yz_buf_json_str(out, job->id);
    else
        yz_buf_lit(out, "null");
}

void yc_put_ends(const yz_job *const *jobs, size_t n, bool more, yz_buf *out) {
    put_id("first_id", n ? jobs[0] : NULL, out);
    put_id("last_id", n ? jobs[n - 1] : NULL, out);
    yz_buf_printf(out, ",\"has_more\":%s", more ? "true" : "false");
}
