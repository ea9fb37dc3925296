/* demo/video.c: what the Videos API says of a film of the demo provider, which is ready at once: begun, asked for, downloaded, deleted. Its
 * id says what it is drawn from, and how long it is: "video_demo_8badf00d_8". What a dialect puts behind an id, so that it says whose it
 * is, the client's dialect puts behind this one too; who asks has been found to be the owner before this provider is asked.
 */
#include "demo.h"

#include <yuzui/adapter.h>

#include <stdio.h>

#define ID      "video_demo_"
#define LONGEST 20 /* seconds */

static const char *const names[] = {"prompt", "seconds", "size"};
enum { PROMPT, SECONDS, SIZE };

static yz_str field(const yz_request *request, yz_arena *arena, int i) {
    const yz_form_field *in_form = request->form ? yz_form_find(request->form, names[i]) : NULL;
    return in_form ? in_form->value : yz_json_text(arena, yz_json_get(request->json, names[i]));
}

static void put_video(const yz_request *request, yz_str id, int64_t seconds, yz_str size, yz_buf *out) {
    yz_buf_lit(out, "{\"id\":");
    yz_buf_json_str(out, id);
    yz_buf_lit(out, ",\"object\":\"video\",\"model\":");
    yz_buf_json_str(out, request->model.n ? request->model : YZ_STR("demo"));
    yz_buf_printf(out,
                  ",\"status\":\"completed\",\"progress\":100,\"created_at\":%lld,\"completed_at\":%lld,\"seconds\":\"%lld\",\"size\":",
                  (long long)yz_clock_wall(), (long long)yz_clock_wall(), (long long)seconds);
    yz_buf_json_str(out, size.n ? size : YZ_STR("64x64"));
    yz_buf_lit(out, ",\"error\":null}");
}

/* The id in the answer, as the client's dialect gives it out; where a stage follows films, that does. */
static void mark(const yz_request *request, yz_arena *arena, yz_buf *out) {
    yz_splice place = {YZ_SPLICE}, *places[] = {&place};
    yz_str text = yz_dup(arena, yz_buf_view(out));
    bool followed = request->job.n || request->keeper.n || !request->dialect->stamp;
    if (followed || request->dialect->stamp(request, request->target, text, arena, places, 1) == 0)
        return;
    out->n = (size_t)(place.at.p - text.p);
    yz_buf_str(out, place.with);
    yz_buf_put(out, place.at.p + place.at.n, (size_t)(text.p + text.n - (place.at.p + place.at.n)));
}

static bool read_id(yz_str id, yz_arena *arena, uint32_t *seed, int64_t *seconds) {
    unsigned said = 0, long_ = 0;
    if (!yz_str_starts(id, ID) || sscanf(yz_dup(arena, id).p, ID "%8x_%2u", &said, &long_) != 2 || long_ < 1 || long_ > LONGEST)
        return false;
    *seed = said;
    *seconds = long_;
    return true;
}

static const char *stored(const yz_request *request, yz_arena *arena, yz_buf *out) {
    static const char content[] = "/content";
    uint32_t seed;
    int64_t seconds;
    if (!read_id(request->stored, arena, &seed, &seconds))
        return NULL;
    if (request->path.n > sizeof content && memcmp(request->path.p + request->path.n - 8, content, 8) == 0) {
        demo_film(seed, seconds, out);
        return "video/mp4";
    }
    if (yz_str_is(request->method, "DELETE")) {
        yz_buf_lit(out, "{\"id\":");
        yz_buf_json_str(out, request->stored);
        yz_buf_lit(out, ",\"object\":\"video.deleted\",\"deleted\":true}");
    } else {
        put_video(request, request->stored, seconds, YZ_STR(""), out);
    }
    return "application/json";
}

const char *demo_video(const yz_request *request, yz_arena *arena, yz_buf *out) {
    if (request->op == YZ_OP_STORED)
        return stored(request, arena, out);
    yz_str prompt = field(request, arena, PROMPT), said = field(request, arena, SECONDS);
    int64_t seconds = 0;
    for (size_t i = 0; i < said.n && i < 3 && said.p[i] >= '0' && said.p[i] <= '9'; i++)
        seconds = seconds * 10 + (said.p[i] - '0');
    seconds = said.n == 0 ? 4 : seconds;
    if (prompt.n == 0 || seconds < 1 || seconds > LONGEST)
        return NULL;
    put_video(request, yz_format(arena, ID "%08x_%lld", demo_seed(prompt), (long long)seconds), seconds, field(request, arena, SIZE), out);
    mark(request, arena, out);
    return "application/json";
}
