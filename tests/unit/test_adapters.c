/* The bundled adapters against recorded answers (tests/streams) and requests (tests/requests): what each is decoded to, what it
 * becomes in each other dialect, and what a client's request becomes towards a provider of each other dialect. The expectations stand
 * beside the recordings; YUZUI_GOLDEN=write writes them anew, for a person to read the difference. */
#include "base/arena.h"
#include "base/diag.h"
#include "base/hmac.h"
#include "cli/conform.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *plugin, *model; /* asked for in requests, where they do not say */
} tried[] = {{"openai", "gpt-4o"}, {"anthropic", "claude-sonnet-4-5"}, {"gemini", "gemini-2.5-flash"}, {"responses", "gpt-5.2"}};
#define TRIED (sizeof tried / sizeof *tried)

static const yz_plugin *plugins[TRIED];
static const void *configs[TRIED];
static yz_arena *arena;

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    yz_hmac_secret_set(YZ_STR("one secret for every run")); /* hashed users stand in the expectations */
    arena = yz_arena_new(NULL);
    for (size_t i = 0; i < TRIED; i++) {
        yz_str file = yz_format(arena, "%s/plugins/%s.so", YZ_BUILD_FOLDER, tried[i].plugin);
        plugins[i] = yz_plugin_load(file.p, &diag);
        configs[i] = plugins[i] ? yz_options_config(plugins[i], NULL, arena, &diag) : NULL;
        if (!configs[i])
            fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    }
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

/* ---- files ----------------------------------------------------------------------------------------------------------- */

static yz_str load(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return (yz_str){NULL, 0};
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    char *p = yz_alloc_bytes(arena, n + 1);
    assert_int_equal(fread(p, 1, n, f), n);
    fclose(f);
    return (yz_str){p, n};
}

static void expect(const char *path, yz_str got) {
    if (getenv("YUZUI_GOLDEN")) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fwrite(got.p, 1, got.n, f);
        fclose(f);
        return;
    }
    yz_str want = load(path);
    if (!yz_str_eq(want, got))
        fail_msg("%s\n--- wanted\n%.*s\n--- got\n%.*s", path, YZ_STR_ARGS(want), YZ_STR_ARGS(got));
}

static bool ends(const char *name, const char *suffix) {
    size_t n = strlen(name), k = strlen(suffix);
    return n >= k && strcmp(name + n - k, suffix) == 0;
}

/* Calls `each` with every file of the folder that has the suffix; the number of them. */
static unsigned walk(const char *folder, const char *suffix, void (*each)(const char *path, const char *stem, size_t at), size_t at) {
    struct dirent **list;
    int n = scandir(folder, &list, NULL, alphasort);
    unsigned found = 0;
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        if (ends(list[i]->d_name, suffix)) {
            char path[512], stem[512];
            snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
            snprintf(stem, sizeof stem, "%.*s", (int)(strlen(path) - strlen(suffix)), path);
            each(path, stem, at);
            found++;
        }
        free(list[i]);
    }
    free(list);
    return found;
}

static unsigned walk_dialects(const char *what, const char *suffix, void (*each)(const char *path, const char *stem, size_t at)) {
    unsigned found = 0;
    for (size_t i = 0; i < TRIED; i++) {
        yz_str folder = yz_format(arena, "%s/tests/%s/%s", YZ_SOURCE_FOLDER, what, plugins[i]->adapter->dialect);
        found += walk(folder.p, suffix, each, i);
    }
    return found;
}

/* ---- answers --------------------------------------------------------------------------------------------------------- */

static void check_events(const char *path, const yz_recording *record) {
    yz_buf out = {0};
    yz_recording_print(record, &out);
    expect(path, yz_buf_view(&out));
    yz_buf_free(&out);
    if (record->fault)
        fail_msg("%s: %s", path, record->fault);
}

/* The events as another dialect's answer. */
static void check_translation(const char *path, const yz_recording *record, size_t to, bool stream) {
    yz_buf out = {0};
    yz_play_encode(plugins[to]->adapter, record, stream, true, &out);
    if (!stream && out.n) { /* must be JSON */
        yz_json *json;
        assert_int_equal(yz_json_parse(arena, yz_buf_view(&out), YZ_JSON_LONE_SURROGATES, &json, NULL), YZ_OK);
        yz_buf_char(&out, '\n');
    }
    expect(path, yz_buf_view(&out));
    yz_buf_free(&out);
}

static void each_stream(const char *path, const char *stem, size_t at) {
    char file[600];
    yz_recording record;
    yz_recording_init(&record, arena);
    yz_play_stream(plugins[at]->adapter, load(path), NULL, 0, &record);
    snprintf(file, sizeof file, "%s.sse.events", stem);
    check_events(file, &record);
    for (size_t to = 0; to < TRIED; to++) {
        snprintf(file, sizeof file, "%s.sse.to-%s", stem, plugins[to]->adapter->dialect);
        if (to != at)
            check_translation(file, &record, to, true);
    }
}

static void each_document(const char *path, const char *stem, size_t at) {
    char file[600];
    yz_recording record;
    yz_recording_init(&record, arena);
    yz_play_document(plugins[at]->adapter, load(path), &record);
    snprintf(file, sizeof file, "%s.json.events", stem);
    check_events(file, &record);
    for (size_t to = 0; to < TRIED; to++) {
        snprintf(file, sizeof file, "%s.json.to-%s", stem, plugins[to]->adapter->dialect);
        if (to != at && record.done)
            check_translation(file, &record, to, false);
    }
}

static void streams_decode_and_translate(void **state) {
    (void)state;
    assert_true(walk_dialects("streams", ".sse", each_stream) > 60);
}

static void documents_decode_and_translate(void **state) {
    (void)state;
    assert_true(walk_dialects("streams", ".json", each_document) > 10);
}

/* ---- requests ---------------------------------------------------------------------------------------------------------- */

static void request_to(const char *path, const char *stem, size_t at, size_t to) {
    char file[600];
    yz_losses losses;
    yz_error error;
    yz_buf out = {0};
    yz_str body = load(path), model = yz_str_of(tried[to].model);
    yz_json *json, *own;
    assert_int_equal(yz_json_parse(arena, body, 0, &json, NULL), YZ_OK);
    yz_str asked = yz_json_text(arena, yz_json_get(json, "model")); /* a recording may ask for a certain model by "target:" in its own */
    bool gemini = yz_str_starts(asked, "target:gemini");
    if (yz_str_starts(asked, "target:") && gemini == (strcmp(tried[to].plugin, "gemini") == 0))
        model = (yz_str){asked.p + 7, asked.n - 7};
    int code = yz_play_request(plugins[at]->adapter, plugins[to]->adapter, configs[to], model, body, arena, &losses, &out, &error);
    if (code == YZ_OK)
        assert_int_equal(yz_json_parse(arena, yz_buf_view(&out), 0, &own, NULL), YZ_OK);
    else
        out.n = 0, yz_buf_printf(&out, "REFUSED %s %.*s: %.*s", yz_result_text(code), YZ_STR_ARGS(error.param), YZ_STR_ARGS(error.message));
    yz_buf_char(&out, '\n');
    for (size_t i = 0; i < losses.n; i++)
        yz_buf_printf(&out, "LOST %.*s\n", YZ_STR_ARGS(losses.names[i]));
    snprintf(file, sizeof file, "%s.to-%s", stem, plugins[to]->adapter->dialect);
    expect(file, yz_buf_view(&out));
    yz_buf_free(&out);
}

static void each_request(const char *path, const char *stem, size_t at) {
    for (size_t to = 0; to < TRIED; to++)
        if (to != at)
            request_to(path, stem, at, to);
}

static void requests_translate(void **state) {
    (void)state;
    assert_true(walk_dialects("requests", ".json", each_request) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_decode_and_translate),
        cmocka_unit_test(documents_decode_and_translate),
        cmocka_unit_test(requests_translate),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
