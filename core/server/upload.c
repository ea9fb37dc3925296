/* upload.c: see upload.h. */
#include "server/upload.h"

#include "base/arena.h"
#include "server/refusal.h"

#define FIRST_TRY   ((size_t)64 << 10)  /* so much is looked at first, then twice as much each time */
#define FIELDS_MOST ((size_t)256 << 10) /* … and the fields of a form that is too long to be kept must stand within so many bytes */
#define UNSAID      ((size_t)1 << 20)   /* a form that does not say its length is kept as long as it has no more bytes */

bool yz_upload_expect(yz_exchange *x) {
    const yz_limit_settings *limits = &x->front->limits;
    const yz_h1_head *head = x->asked.head;
    bool may = x->asked.streams && x->asked.local == YZ_LOCAL_NONE && yz_form_is(x->asked.found.type) && !x->asked.found.coding.n &&
               limits->upload > limits->stream_from;
    bool is = may && (head->length < 0 || head->length > limits->stream_from);
    size_t at = (size_t)limits->stream_from < UNSAID ? (size_t)limits->stream_from : UNSAID;
    x->upload_at = !is ? 0 : head->length < 0 ? at + 1 : FIRST_TRY;
    return is;
}

/* ---- the beginning ------------------------------------------------------------------------------------------------------- */

static bool is_among(const char *const *names, yz_str name) {
    for (; *names; names++)
        if (yz_str_is(name, *names))
            return true;
    return false;
}

/* The rest holds files alone. What the names of its fields mean to whom, nobody here knows. */
static int on_part(void *arg, const yz_form_field *field) {
    yz_upload *u = arg;
    if ((field->file && is_among(u->names, field->name)) || u->came == 0)
        return YZ_OK;
    int n = field->name.n < 64 ? (int)field->name.n : 64;
    u->walk.why = yz_format(u->arena,
                            field->file ? "a file named \"%.*s\" stands behind one that streams: nobody here takes it"
                                        : "the field \"%.*s\" stands behind a file that is too long to be kept: put all fields before "
                                          "the file",
                            n, field->name.p)
                      .p;
    return YZ_EINVAL;
}

static yz_upload *new_upload(yz_exchange *x) {
    yz_upload *u = yz_alloc(x->arena, sizeof *u);
    u->arena = x->arena;
    u->names = x->asked.streams;
    u->known = (yz_str){x->body.p, x->body.n};
    u->walk.on_part = on_part;
    u->walk.arg = u;
    yz_inlet_begin(&u->inlet, x->arena, &x->front->worker->turn, x->asked.head->length);
    u->inlet.body.known = &u->known;
    u->inlet.body.n_known = 1;
    u->inlet.body.most = x->front->limits.upload;
    u->inlet.bodies = x->front->limits.bodies;
    return u;
}

/* A form that cannot be kept, and does not begin with what must be known of it. */
static const yz_error *behind(yz_exchange *x, const yz_error *missing) {
    yz_str why = missing ? missing->message : YZ_STR("");
    return yz_refusal(
        x->arena, YZ_ERROR_TOO_LARGE, 413,
        "the body is too long to be kept (limits { body = %lld }), so the fields of the form must stand before its file, which is "
        "then passed on as it comes: put the file last. Missing is: %.*s",
        (long long)x->front->limits.http.body, (int)(why.n < 200 ? why.n : 200), why.p);
}

/* NULL: enough is known. */
static const yz_error *begin(yz_exchange *x) {
    yz_upload *u = new_upload(x);
    if (yz_form_walk_begin(&u->walk, x->asked.found.type) < 0 || yz_form_walk_feed(&u->walk, u->known) < 0)
        return yz_refusal(x->arena, YZ_ERROR_BAD_REQUEST, 0, "the body is no usable form: %s", u->walk.why);
    const yz_error *missing = yz_asked_read_known(&x->asked, &u->inlet.body);
    if (missing)
        return missing;
    u->came = (int64_t)u->known.n;
    x->upload = u;
    x->inlet = &u->inlet;
    return NULL;
}

const yz_error *yz_upload_try(yz_exchange *x) {
    int64_t most = x->front->limits.http.body;
    bool over = (int64_t)x->body.n > most;
    if (x->upload_at == 0 || (!over && x->body.n < x->upload_at))
        return NULL;
    const yz_error *missing = begin(x);
    if (!missing)
        return NULL;
    x->upload_at = x->body.n * 2;
    return over || (x->asked.head->length > most && x->body.n >= FIELDS_MOST) ? behind(x, missing) : NULL;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------------------- */

void yz_upload_fail(yz_upload *u, int code, const char *why) {
    if (!u->inlet.ended)
        yz_inlet_end(&u->inlet, code, why);
}

static void refuse(yz_upload *u) {
    const char *said = u->walk.why ? u->walk.why : "it is broken";
    yz_upload_fail(u, YZ_EINVAL, yz_format(u->arena, "no usable form: %s", said).p);
}

bool yz_upload_put(yz_upload *u, yz_str bytes) {
    if (u->inlet.ended)
        return false;
    u->came += (int64_t)bytes.n;
    if (yz_form_walk_feed(&u->walk, bytes) == YZ_OK)
        return yz_inlet_put(&u->inlet, bytes);
    refuse(u);
    return false;
}

void yz_upload_end(yz_upload *u) {
    if (u->inlet.ended)
        return;
    if (yz_form_walk_end(&u->walk) < 0) {
        refuse(u);
        return;
    }
    u->inlet.body.length = u->came;
    yz_inlet_end(&u->inlet, YZ_OK, NULL);
}
