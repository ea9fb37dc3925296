/* earlier.c: a request that makes something new of what earlier jobs made: a song that goes on, a picture that is varied. The account that
 * made those has them, and knows them by ids of its own: so the request goes there, with them in its body, and nowhere else. Of another
 * tenant's job nothing is made. A film that is made anew from another (a remix) is of that one's model, length and size.
 */
#include "jobs.h"

static bool may_be_asked(const yz_request *request, yz_str provider) {
    for (size_t i = 0; i < request->n_within; i++)
        if (yz_str_eq(request->within[i], provider))
            return true;
    return request->n_within == 0;
}

/* All of them, with one provider, which may be asked. False: the call has been ended. */
static bool are_good(yz_call *call, const named *jobs) {
    yz_str provider = jobs->rows[0].provider;
    for (size_t i = 0; i < jobs->n; i++) {
        const job_row *row = &jobs->rows[i];
        yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_NOT_FOUND};
        if (row->id.n == 0)
            error.message = yz_format(yz_call_arena(call), "no job with id '%.*s' was found", YZ_STR_ARGS(jobs->at[i]));
        else if (row->job.id.n == 0)
            error.message =
                yz_format(yz_call_arena(call), "nothing can be made of the job '%.*s': no provider has begun it", YZ_STR_ARGS(jobs->at[i]));
        else if (!yz_str_eq(row->provider, provider) || !may_be_asked(yz_call_request(call), provider))
            error.message = yz_format(yz_call_arena(call), "the job '%.*s' is at another provider than this request may go to",
                                      YZ_STR_ARGS(jobs->at[i]));
        if (error.message.n == 0)
            continue;
        yz_send_error(call, &error);
        return false;
    }
    return true;
}

static yz_str body_with(yz_arena *arena, yz_str body, const named *jobs) {
    yz_buf out = {0};
    for (size_t i = 0; i < jobs->n; i++) {
        size_t before = (size_t)(jobs->at[i].p - body.p), after = before + jobs->at[i].n;
        yz_buf_put(&out, body.p, before);
        yz_buf_json(&out, jobs->rows[i].job.id);
        body = yz_str_at(body.p + after, body.n - after);
    }
    yz_buf_str(&out, body);
    yz_str whole = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return whole;
}

const yz_request *earlier_request(yz_call *call, const named *jobs) {
    const yz_request *request = yz_call_request(call);
    yz_arena *arena = yz_call_arena(call);
    yz_json *root;
    if (jobs->n == 0)
        return request;
    if (!are_good(call, jobs))
        return NULL;
    yz_request *own = yz_request_copy(arena, request);
    own->body = body_with(arena, request->body, jobs);
    int code = yz_json_parse(arena, own->body, 0, &root, NULL);
    if (code != YZ_OK) {
        yz_fail(call, YZ_ERROR_INTERNAL, "the request cannot be written for the provider of the jobs that it names: %s",
                yz_result_text(code));
        return NULL;
    }
    own->json = root;
    own->model_node = request->model_node ? yz_json_get(root, "model") : NULL;
    own->within = &jobs->rows[0].provider;
    own->n_within = 1;
    return own;
}

/* ---- a film anew ------------------------------------------------------------------------------------------------------- */

/* What is wrong with it; NULL: nothing. */
static const char *unfit(const yz_call *call, const job_row *row) {
    if (row->job.state != YZ_JOB_SUCCEEDED)
        return "nothing can be made anew of a job that has made nothing (yet)";
    if (row->speaks.n > 0)
        return "its provider makes nothing anew: it speaks another dialect";
    if (row->asked.n == 0 || !may_be_asked(yz_call_request(call), row->provider))
        return "it cannot be told who may make it anew";
    return NULL;
}

static void put_field(yz_buf *out, const char *name, yz_str text) {
    if (text.n == 0)
        return;
    yz_buf_printf(out, ",\"%s\":", name);
    yz_buf_json_str(out, text);
}

/* With what the earlier one was asked by, for those below who judge it and price it. */
static const yz_request *as_asked(yz_call *call, const job_row *row) {
    const yz_request *request = yz_call_request(call);
    yz_arena *arena = yz_call_arena(call);
    yz_json *root;
    yz_buf body = {0};
    yz_request *own = yz_request_copy(arena, request);
    yz_buf_lit(&body, "{\"prompt\":");
    yz_buf_str(&body, yz_json_raw(yz_json_get(request->json, "prompt")));
    put_field(&body, "model", row->asked), put_field(&body, "seconds", row->job.seconds), put_field(&body, "size", row->job.extent);
    yz_buf_char(&body, '}');
    own->body = yz_dup(arena, yz_buf_view(&body));
    yz_buf_free(&body);
    if (yz_json_parse(arena, own->body, 0, &root, NULL) != YZ_OK) {
        yz_fail(call, YZ_ERROR_INTERNAL, "the request cannot be written for the provider of the job that it names");
        return NULL;
    }
    own->json = root;
    own->model = row->asked;
    own->model_node = yz_json_get(root, "model");
    own->stored = (yz_str){NULL, 0};
    own->path = yz_format(arena, "%.*s/remix", YZ_STR_ARGS(row->job.path));
    own->within = &row->provider;
    own->n_within = 1;
    return own;
}

const yz_request *earlier_anew(yz_call *call, const job_row *row) {
    const yz_request *request = yz_call_request(call);
    const char *why = row->id.n > 0 ? unfit(call, row) : NULL;
    if (row->id.n == 0)
        yz_fail(call, YZ_ERROR_NOT_FOUND, "no job with id '%.*s' was found", YZ_STR_ARGS(request->stored));
    else if (why)
        yz_fail(call, YZ_ERROR_BAD_REQUEST, "%s", why);
    else if (request->key && !yz_key_allows(request->key, row->asked))
        yz_fail(call, YZ_ERROR_FORBIDDEN, "this key may not use the model \"%.*s\", by which the film was made", YZ_STR_ARGS(row->asked));
    else
        return as_asked(call, row);
    return NULL;
}
