/* adapter_story.h: what the fuzz targets of the adapters do with their bytes. The first byte chooses:
 *
 *   stream    played whole and cut at two places: the same events both times, grammar kept; what ends well is encoded and decoded again
 *   document  likewise, from one JSON text
 *   request   read and written three times: JSON, and in the end the same
 *   error     a status and a body, read and written
 */
#ifndef ADAPTER_STORY_H
#define ADAPTER_STORY_H

#include "base/arena.h"
#include "base/check.h"
#include "base/diag.h"
#include "cli/conform.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <stdio.h>
#include <stdlib.h>

static const yz_adapter *adapter;
static const void *config;

static void story_open(const char *name) {
    yz_diag diag = {0};
    yz_arena *arena = yz_arena_new(NULL); /* kept for ever */
    const yz_plugin *plugin = yz_plugin_load(yz_format(arena, "%s/plugins/%s.so", YZ_BUILD_FOLDER, name).p, &diag);
    if (!plugin || !(config = yz_options_config(plugin, NULL, arena, &diag))) {
        fprintf(stderr, "%.*s", YZ_STR_ARGS(yz_buf_view(&diag.text)));
        exit(1);
    }
    adapter = plugin->adapter;
}

static void encode_again(const yz_recording *events, bool stream) {
    yz_buf bytes = {0};
    yz_recording back;
    yz_play_encode(adapter, events, stream, true, &bytes);
    yz_recording_init(&back, yz_arena_new(NULL));
    if (stream)
        yz_play_stream(adapter, yz_buf_view(&bytes), NULL, 0, &back);
    else
        yz_play_document(adapter, yz_buf_view(&bytes), &back);
    YZ_MUST(back.done && !back.fault);
    yz_arena_free(back.arena);
    yz_buf_free(&bytes);
}

static void check_answer(const yz_recording *r) {
    if (r->fault)
        fprintf(stderr, "the grammar of events: %s\n", r->fault);
    YZ_MUST(!r->fault);
    if (r->done) {
        encode_again(r, true);
        encode_again(r, false);
    }
}

static void stream_story(yz_str bytes) {
    yz_recording whole, cut;
    yz_buf a = {0}, b = {0};
    size_t cuts[2] = {bytes.n / 3, bytes.n / 3 * 2};
    yz_recording_init(&whole, yz_arena_new(NULL));
    yz_recording_init(&cut, yz_arena_new(NULL));
    yz_play_stream(adapter, bytes, NULL, 0, &whole);
    yz_play_stream(adapter, bytes, cuts, 2, &cut);
    yz_recording_print(&whole, &a);
    yz_recording_print(&cut, &b);
    YZ_MUST(yz_str_eq(yz_buf_view(&a), yz_buf_view(&b)));
    check_answer(&whole);
    yz_arena_free(whole.arena);
    yz_arena_free(cut.arena);
    yz_buf_free(&a);
    yz_buf_free(&b);
}

static void document_story(yz_str bytes) {
    yz_recording r;
    yz_recording_init(&r, yz_arena_new(NULL));
    yz_play_document(adapter, bytes, &r);
    check_answer(&r);
    yz_arena_free(r.arena);
}

/* Writing puts a request into order (neighbours merged, results first), so what is written a second time must stay as it is. */
static void request_story(yz_str bytes) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_losses losses;
    yz_error error;
    yz_buf out[3] = {{0}};
    yz_json *json;
    int code = YZ_OK;
    for (int i = 0; i < 3 && code == YZ_OK; i++) {
        yz_str body = i ? yz_buf_view(&out[i - 1]) : bytes;
        code = yz_play_request(adapter, adapter, config, YZ_STR("a-model"), body, arena, &losses, &out[i], &error);
        YZ_MUST(code < 0 || yz_json_parse(arena, yz_buf_view(&out[i]), 0, &json, NULL) == YZ_OK);
    }
    YZ_MUST(code < 0 || yz_str_eq(yz_buf_view(&out[1]), yz_buf_view(&out[2])));
    for (int i = 0; i < 3; i++)
        yz_buf_free(&out[i]);
    yz_arena_free(arena);
}

static void error_story(yz_str bytes) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json = NULL;
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_SERVER};
    yz_buf out = {0};
    int status = bytes.n ? 400 + (unsigned char)bytes.p[0] % 200 : 500;
    if (yz_json_parse(arena, bytes.n ? (yz_str){bytes.p + 1, bytes.n - 1} : bytes, YZ_JSON_ANSWERED, &json, NULL) < 0)
        json = NULL;
    adapter->read_error(status, json, arena, &error);
    adapter->write_error(&error, yz_error_status(&error), YZ_STR("r"), &out);
    YZ_MUST(yz_json_parse(arena, yz_buf_view(&out), 0, &json, NULL) == YZ_OK);
    yz_buf_free(&out);
    yz_arena_free(arena);
}

static int story(const uint8_t *p, size_t n) {
    static void (*const stories[])(yz_str bytes) = {stream_story, document_story, request_story, error_story};
    if (n > 0)
        stories[p[0] & 3]((yz_str){(const char *)p + 1, n - 1});
    return 0;
}

#endif
