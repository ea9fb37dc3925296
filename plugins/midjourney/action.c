/* midjourney/action.c: what a request does: its path says it, or its body, or the button that it presses. That is the model it asks for, so
 * that each has a price, and a key may do some of it and not all. The speed is a part of it: what is made faster costs more.
 */
#include "midjourney.h"

#include <ctype.h>

static const char *const speeds[] = {"fast", "turbo", "relax"};
enum { SPEEDS = sizeof speeds / sizeof *speeds };

yz_str mj_path(yz_str path, yz_str *speed) {
    *speed = YZ_STR("");
    for (size_t i = 0; i < SPEEDS; i++) {
        size_t n = strlen("/mj-") + strlen(speeds[i]);
        if (path.n > n && yz_str_starts(path, "/mj-") && yz_str_starts(yz_str_at(path.p + 4, path.n - 4), speeds[i]) && path.p[n] == '/') {
            *speed = yz_str_of(speeds[i]);
            return yz_str_at(path.p + n, path.n - n);
        }
    }
    return path;
}

/* Buttons, by how their ids begin (Discord's components of Midjourney, 2026-11): the first that fits. */
static const struct {
    const char *button, *action;
} buttons[] = {{"MJ::JOB::upsample", "upscale"},
               {"MJ::JOB::variation", "variation"},
               {"MJ::JOB::low_variation", "variation"},
               {"MJ::JOB::high_variation", "variation"},
               {"MJ::JOB::reroll", "reroll"},
               {"MJ::JOB::pan_", "pan"},
               {"MJ::JOB::animate", "video"},
               {"MJ::JOB::video", "video"},
               {"MJ::Inpaint::", "inpaint"},
               {"MJ::Outpaint::", "outpaint"},
               {"MJ::CustomZoom::", "zoom"}};

static const char *action_of_button(yz_str id) {
    for (size_t i = 0; i < sizeof buttons / sizeof *buttons; i++)
        if (yz_str_starts(id, buttons[i].button))
            return buttons[i].action;
    return "action";
}

static const char *action_of_change(yz_str word) {
    static const char *const known[][2] = {{"UPSCALE", "upscale"}, {"VARIATION", "variation"}, {"REROLL", "reroll"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (yz_str_is(word, known[i][0]))
            return known[i][1];
    return NULL;
}

yz_str mj_changed(const yz_json *body) {
    yz_str content = yz_json_escaped(yz_json_get(body, "content"));
    const char *blank = content.n ? memchr(content.p, ' ', content.n) : NULL;
    return yz_str_at(content.p, blank ? (size_t)(blank - content.p) : 0);
}

/* "ID U2", "ID V1", "ID R". */
static const char *action_of_content(const yz_json *body) {
    yz_str content = yz_json_escaped(yz_json_get(body, "content")), id = mj_changed(body);
    yz_str rest = yz_str_at(content.p + id.n + 1, id.n ? content.n - id.n - 1 : 0);
    bool numbered = rest.n == 2 && rest.p[1] >= '1' && rest.p[1] <= '4';
    if (yz_str_is(rest, "R"))
        return "reroll";
    return numbered && rest.p[0] == 'U' ? "upscale" : numbered && rest.p[0] == 'V' ? "variation" : NULL;
}

static bool is_text(const yz_json *body, const char *name) { return yz_json_escaped(yz_json_get(body, name)).n > 0; }

/* What the path alone says. */
static const struct {
    const char *path, *action;
} paths[] = {{"/mj/submit/imagine", "imagine"}, {"/mj/submit/blend", "blend"},         {"/mj/submit/describe", "describe"},
             {"/mj/submit/shorten", "shorten"}, {"/mj/submit/edits", "edits"},         {"/mj/submit/video", "video"},
             {"/mj/submit/modal", "modal"},     {"/mj/submit/swap-face", "swap_face"}, {"/mj/insight-face/swap", "swap_face"}};

static const char *action_of(yz_str path, const yz_json *body, yz_arena *arena) {
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (yz_str_is(path, paths[i].path))
            return paths[i].action;
    if (yz_str_is(path, "/mj/submit/change"))
        return action_of_change(yz_json_escaped(yz_json_get(body, "action")));
    if (yz_str_is(path, "/mj/submit/simple-change"))
        return action_of_content(body);
    return is_text(body, "customId") ? action_of_button(yz_json_text(arena, yz_json_get(body, "customId"))) : NULL;
}

/* Of those that change something: what it is, they must say; a change in few words says it in its content. */
static bool names_none(yz_str path, const yz_json *body) {
    bool changes = yz_str_is(path, "/mj/submit/change") || yz_str_is(path, "/mj/submit/action") || yz_str_is(path, "/mj/submit/modal");
    return changes && !is_text(body, "taskId");
}

/* A flag in the prompt that asks for a speed which the path does not: "--turbo", also with the dash that phones make of two. */
static const char *asks_speed(const yz_json *body, yz_str speed, yz_arena *arena) {
    yz_str prompt = yz_json_text(arena, yz_json_get(body, "prompt"));
    for (size_t i = 0; i < SPEEDS && prompt.n > 0; i++) {
        yz_str plain = yz_format(arena, "--%s", speeds[i]), dash = yz_format(arena, "\u2014%s", speeds[i]);
        bool there = memmem(prompt.p, prompt.n, plain.p, plain.n) || memmem(prompt.p, prompt.n, dash.p, dash.n);
        if (there && !yz_str_is(speed, speeds[i]))
            return speeds[i];
    }
    return NULL;
}

int mj_accept_action(yz_request *request, yz_arena *arena, yz_error *error) {
    yz_str speed, path = mj_path(request->path, &speed);
    const char *action = action_of(path, request->json, arena), *flag = asks_speed(request->json, speed, arena);
    if (!action)
        return yz_refuse(
            arena, error, YZ_STR(""),
            "it does not say what is to be done: action is UPSCALE, VARIATION or REROLL; content is such as \"ID U2\", \"ID V1\" or "
            "\"ID R\"; customId is that of a button");
    const yz_json *task = yz_json_given(request->json, "taskId");
    if (names_none(path, request->json) || (task && !yz_json_is(task, YZ_JSON_STRING))) /* a relay would read a number as one */
        return yz_refuse(arena, error, YZ_STR("taskId"), "taskId must be the id of the job that is changed, as a string");
    if (flag)
        return yz_refuse(arena, error, YZ_STR("prompt"),
                         "the prompt asks for --%s: here the path says the speed, /mj-%s/mj/submit/…, and it is part of the price", flag,
                         flag);
    bool swap = strcmp(action, "swap_face") == 0 && speed.n == 0; /* the name that relays bill it by */
    request->model = swap ? YZ_STR("swap_face") : yz_format(arena, "mj_%.*s%s%s", YZ_STR_ARGS(speed), speed.n ? "_" : "", action);
    return YZ_OK;
}

void mj_put_action(yz_str model, yz_buf *out) {
    yz_str word = yz_str_starts(model, "mj_") ? yz_str_at(model.p + 3, model.n - 3) : model;
    for (size_t i = 0; i < SPEEDS; i++) {
        size_t n = strlen(speeds[i]);
        if (yz_str_starts(word, speeds[i]) && word.n > n && word.p[n] == '_')
            word = yz_str_at(word.p + n + 1, word.n - n - 1);
    }
    for (size_t i = 0; i < word.n; i++)
        yz_buf_char(out, (char)toupper((unsigned char)word.p[i]));
}
