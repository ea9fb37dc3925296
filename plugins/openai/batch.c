/* openai/batch.c: batches: a file of requests, one a line, is uploaded, worked on within a day, and leaves files of answers and of errors
 * (API reference, "Files" and "Batch", 2026-11). Forwarded to a provider of this dialect.
 *
 * One model chooses who is asked, and is what a key may ask for or not, so the requests of a file are all for one model; each line gets the
 * name that it has at the target. The account that has the file works on the batch (kept.c). Other files than those of batches are not
 * taken: a batch's file names its model, and so says who may use it.
 */
#include "openai.h"

/* The next line of the file that is not blank; false: there is none. */
typedef struct lines {
    yz_str rest;
    size_t number; /* of the line just read, from 1 */
} lines;

bool oa_batch_blank(yz_str line) {
    size_t i = 0;
    while (i < line.n && strchr(" \t\r", line.p[i]) && line.p[i])
        i++;
    return i == line.n;
}

static bool next_line(lines *l, yz_str *line) {
    while (l->rest.n > 0) {
        const char *end = memchr(l->rest.p, '\n', l->rest.n);
        size_t n = end ? (size_t)(end - l->rest.p) : l->rest.n, taken = n + (end != NULL);
        *line = (yz_str){l->rest.p, n};
        l->rest = (yz_str){l->rest.p + taken, l->rest.n - taken};
        l->number++;
        if (!oa_batch_blank(*line))
            return true;
    }
    return false;
}

static const yz_json *parsed(yz_arena *scratch, yz_str line) {
    yz_json *json;
    return yz_json_parse(scratch, line, 0, &json, NULL) < 0 ? NULL : json;
}

/* The model that a line asks for, a node of its body; NULL: it names none. */
static const yz_json *model_in(const yz_json *line) {
    const yz_json *model = yz_json_get(yz_json_get(line, "body"), "model");
    return yz_json_is(model, YZ_JSON_STRING) && model->n > 2 ? model : NULL;
}

/* Nobody stands between a line and the account that works on it: what a chat by itself is refused for, or judged by, is refused here. */
int oa_batch_judge(const yz_json *line, size_t number, const char *param, yz_arena *arena, yz_error *error) {
    const yz_json *body = yz_json_get(line, "body");
    yz_str near = yc_near_key(line, YZ_NAMES("body", "url", "method", "custom_id"), arena);
    near = near.n == 0 ? yc_near_key(body, YZ_NAMES("model", "input", "messages", "prompt"), arena) : near;
    if (near.n > 0)
        return yz_refuse(arena, error, yz_str_of(param),
                         "%s: in line %zu the field \"%.*s\" may be read as another: fields are spelt as the API has them, such as model",
                         param, number, (int)(near.n < 40 ? near.n : 40), near.p);
    yz_str stored = yc_names_stored(body, arena);
    if (stored.n == 0)
        return YZ_OK;
    return yz_refuse(
        arena, error, yz_str_of(param),
        "%s: line %zu names something that is stored (%.*s), which a line of a batch may not do here: nobody would judge whose "
        "it is; send what it is about in the line itself",
        param, number, (int)(stored.n < 40 ? stored.n : 40), stored.p);
}

static const yz_form_field *file_of(const yz_form *form) {
    const yz_form_field *file = NULL;
    for (const yz_form_field *f = form ? form->fields : NULL; f; f = f->next)
        if (yz_str_is(f->name, "file")) {
            if (file || !f->file)
                return NULL;
            file = f;
        }
    return file;
}

/* A line with the target's name for the model. */
static void put_line(yz_str line, yz_str name, yz_str model, yz_buf *out) {
    const char *end = line.p + line.n, *after = name.p + name.n;
    yz_buf_put(out, line.p, (size_t)(name.p - line.p));
    yz_buf_json_str(out, model);
    yz_buf_put(out, after, (size_t)(end - after));
}

int oa_batch_line(yz_str line, size_t number, yz_str as, yz_arena *arena, yz_str *model, yz_buf *out, yz_error *error) {
    yz_arena *scratch = yz_arena_open();
    const yz_json *json = parsed(scratch, line), *node = model_in(json);
    yz_str name = node ? yz_json_text(scratch, node) : (yz_str){0};
    int code = YZ_OK;
    if (!node)
        code = yz_refuse(arena, error, YZ_STR("file"),
                         "file: line %zu is no request of a batch: a JSON object with a body that names a model", number);
    else if (model->n == 0)
        *model = yz_dup(arena, name);
    else if (!yz_str_eq(name, *model))
        code = yz_refuse(arena, error, YZ_STR("file"),
                         "file: a batch here is for one model, and this one is for \"%.*s\", not \"%.*s\" (line %zu); upload another file "
                         "for that",
                         YZ_STR_ARGS(*model), YZ_STR_ARGS(name), number);
    if (code == YZ_OK)
        code = oa_batch_judge(json, number, "file", arena, error);
    if (code == YZ_OK && out && yz_str_eq(as, *model))
        yz_buf_str(out, line);
    else if (code == YZ_OK && out)
        put_line(line, yz_json_raw(node), as, out);
    yz_arena_free(scratch);
    return code;
}

/* All lines ask for one model: that one, in the arena. Else *error says which line does not. */
static int one_model(yz_str file, yz_arena *arena, yz_str *model, yz_error *error) {
    lines l = {.rest = file};
    yz_str line;
    int code = YZ_OK;
    while (code == YZ_OK && next_line(&l, &line))
        code = oa_batch_line(line, l.number, *model, arena, model, NULL, error);
    return code == YZ_OK && model->n == 0 ? yz_refuse(arena, error, YZ_STR("file"), "file: it holds no requests") : code;
}

/* Of a file that goes on: up to the end of its last whole line. */
yz_str oa_batch_whole(yz_str file) {
    const char *end = file.n ? memrchr(file.p, '\n', file.n) : NULL;
    return (yz_str){file.p, end ? (size_t)(end - file.p) + 1 : 0};
}

int oa_accept_file(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_form_field *purpose = request->form ? yz_form_find(request->form, "purpose") : NULL, *file = file_of(request->form);
    if (!request->form)
        return yz_refuse(arena, error, YZ_STR(""), "the Content-Type must be multipart/form-data: a file, and its purpose");
    if (!purpose || !yz_str_is(purpose->value, "batch"))
        return yz_refuse(arena, error, YZ_STR("purpose"), "purpose must be \"batch\": no other files are taken here");
    if (!file)
        return yz_refuse(arena, error, YZ_STR("file"), "file must stand in the form once, with a file name");
    request->model = (yz_str){NULL, 0};
    return one_model(file->open ? oa_batch_whole(file->value) : file->value, arena, &request->model, error);
}

int oa_accept_batch(yz_request *request, yz_arena *arena, yz_error *error) {
    const yz_json *file = yz_json_get(request->json, "input_file_id");
    request->stored = yz_json_escaped(file);
    if (!yc_kept_word(request->stored))
        return yz_refuse(arena, error, YZ_STR("input_file_id"), "input_file_id must be the id of a file, as in \"file-…\"");
    return YZ_OK;
}

/* ---- to the provider ------------------------------------------------------------------------------------------------------ */

/* The file's lines with the target's name for the model. */
void oa_batch_put(yz_str file, yz_str model, yz_buf *out) {
    lines l = {.rest = file};
    const char *done = file.p;
    yz_str line;
    while (next_line(&l, &line)) {
        yz_arena *scratch = yz_arena_open();
        yz_str name = yz_json_raw(model_in(parsed(scratch, line)));
        if (name.n > 0) {
            yz_buf_put(out, done, (size_t)(name.p - done));
            yz_buf_json_str(out, model);
            done = name.p + name.n;
        }
        yz_arena_free(scratch);
    }
    yz_buf_put(out, done, (size_t)(file.p + file.n - done));
}

const yz_request *oa_mend_file(const yz_request *request, const yz_target *target, yz_arena *arena) {
    const yz_form_field *file = file_of(request->form);
    if (file && file->open)
        return oa_stream_file(request, file->value, target, arena);
    if (!file || yz_str_eq(request->model, target->model))
        return request;
    const char *end = request->body.p + request->body.n, *after = file->value.p + file->value.n;
    yz_buf out = {0};
    yz_buf_put(&out, request->body.p, (size_t)(file->value.p - request->body.p));
    oa_batch_put(file->value, target->model, &out);
    yz_buf_put(&out, after, (size_t)(end - after));
    yz_request *mended = yz_request_copy(arena, request);
    mended->body = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return mended;
}

/* The file by its own id. */
const yz_request *oa_mend_batch(const yz_request *request, yz_arena *arena) {
    yz_str bare = yc_kept_bare(request->stored);
    if (bare.n == request->stored.n)
        return request;
    yz_request *mended = yz_request_copy(arena, request);
    yz_request_set(arena, mended, "input_file_id", yz_format(arena, "\"%.*s\"", YZ_STR_ARGS(bare)));
    return mended;
}
