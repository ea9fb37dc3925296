/* test_usage_money.c: the usage block of every dialect and of the vendors that spell it their own way, to the nano-USD. What counts inside
 * and what beside differs: each block is decoded by its adapter and priced by one price, whose rates tell every kind of token from the
 * others. The sums stand there as counts times nano-USD a token.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "cli/conform.h"
#include "config/settings.h"
#include "plugin/loader.h"

#include <yuzui/price.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* nano-USD a token, by the price below */
enum {
    IN = 1000,
    CACHED = 100,
    WRITE = 1250,
    WRITE_1H = 2000,
    AUDIO_IN = 7000,
    IMAGE_IN = 3000,
    OUT = 5000,
    THOUGHT = 4000,
    AUDIO_OUT = 20000,
    IMAGE_OUT = 30000,
    SEARCH = 10000000
};
static const char config[] =
    "listen '127.0.0.1:0'\nchain {}\nprovider 'acme' { adapter = 'openai', base_url = 'http://127.0.0.1:1' }\n"
    "prices 'acme' { source = 's', date = '2026-11-28', models = { { name = 'm', input = 1, cached = 0.1, cache_write = 1.25, "
    "cache_write_1h = "
    "2, audio_input = 7, image_input = 3, output = 5, reasoning = 4, audio_output = 20, image_output = 30, searches = 10, services = { { "
    "name = 'flex', times = 0.5 }, { name = 'fast', times = 2 }, { name = 'priority', input = 3, output = 11 } } } } }\n";

static yz_arena *arena;
static const yz_price *price;

static int set_up(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    const yz_settings *s = yz_settings_read_text("yuzui.lua", yz_str_of(config), arena, &diag);
    if (!s)
        fail_msg("%.*s", (int)diag.text.n, diag.text.p);
    const yz_target target = {YZ_TARGET, .provider = &s->providers[0]->pub, .model = YZ_STR("m")};
    price = yz_settings_price(s, &target, 1795000000);
    assert_non_null(price);
    yz_diag_free(&diag);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

typedef struct golden {
    const char *name, *usage;
    int64_t nano;
    bool odd;      /* what it says cannot be */
    bool unpriced; /* the service has no price */
} golden;

/* What a document, with the block in the place of %s, costs. */
static void check(const char *plugin, const char *around, const golden *rows, size_t n) {
    yz_diag diag = {0};
    const yz_plugin *found = yz_plugin_load(yz_format(arena, "%s/plugins/%s.so", YZ_BUILD_FOLDER, plugin).p, &diag);
    assert_non_null(found);
    for (size_t i = 0; i < n; i++) {
        yz_recording r;
        yz_usage usage = {0};
        yz_cost cost = {YZ_COST};
        const char *at = strstr(around, "%s");
        yz_recording_init(&r, arena);
        yz_play_document(found->adapter, yz_format(arena, "%.*s%s%s", (int)(at - around), around, rows[i].usage, at + 2), &r);
        if (!r.done || r.fault)
            fail_msg("%s: %s is not read: %s", plugin, rows[i].name, r.fault ? r.fault : "no end");
        for (size_t k = 0; k < r.n; k++)
            if (r.events[k].kind == YZ_EVENT_USAGE)
                yz_usage_merge(&usage, r.events[k].usage);
        assert_int_equal(yz_price_cost(price, &usage, &cost), YZ_OK);
        if (cost.total != rows[i].nano || cost.odd != rows[i].odd || cost.unpriced != (rows[i].unpriced ? YZ_UNPRICED_SERVICE : 0))
            fail_msg("%s: %s costs %lld, not %lld (odd: %d, unpriced: %llx)", plugin, rows[i].name, (long long)cost.total,
                     (long long)rows[i].nano, cost.odd, (unsigned long long)cost.unpriced);
    }
    yz_diag_free(&diag);
}
#define CHECK(plugin, around, rows) check(plugin, around, rows, sizeof rows / sizeof *rows)

static const char CHAT[] =
    "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{"
    "\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":%s}";

static void chat_completions(void **state) {
    (void)state;
    static const golden rows[] = {
        {"plain", "{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29}", 19 * IN + 10 * OUT, false, false},
        {"cached ones, written ones and thoughts are inside",
         "{\"prompt_tokens\":1117,\"completion_tokens\":46,\"total_tokens\":1163,\"prompt_tokens_details\":{\"cached_tokens\":1024,"
         "\"cache_write_tokens\":50,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":20,\"audio_tokens\":0,"
         "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}",
         43 * IN + 1024 * CACHED + 50 * WRITE + 26 * OUT + 20 * THOUGHT, false, false},
        {"sound on both sides",
         "{\"prompt_tokens\":100,\"completion_tokens\":80,\"prompt_tokens_details\":{\"audio_tokens\":60,\"text_tokens\":40},"
         "\"completion_tokens_details\":{\"audio_tokens\":70,\"text_tokens\":10}}",
         40 * IN + 60 * AUDIO_IN + 10 * OUT + 70 * AUDIO_OUT, false, false},
        {"rejected predictions are output",
         "{\"prompt_tokens\":10,\"completion_tokens\":30,\"completion_tokens_details\":{\"accepted_prediction_tokens\":9,"
         "\"rejected_prediction_tokens\":11}}",
         10 * IN + 30 * OUT, false, false},
        {"more cached than there was: no more than all of it",
         "{\"prompt_tokens\":100,\"completion_tokens\":1,\"prompt_tokens_details\":"
         "{\"cached_tokens\":500}}",
         100 * CACHED + 1 * OUT, false, false},
        {"nothing that is a number", "{\"prompt_tokens\":null,\"completion_tokens\":\"7\"}", 0, false, false},
    };
    CHECK("openai", CHAT, rows);
}

static void vendors_of_chat_completions(void **state) {
    (void)state;
    static const golden rows[] = {
        {"DeepSeek: hits and misses",
         "{\"prompt_tokens\":130,\"completion_tokens\":20,\"total_tokens\":150,\"prompt_tokens_details\":{\"cached_tokens\":128},"
         "\"completion_tokens_details\":{\"reasoning_tokens\":15},\"prompt_cache_hit_tokens\":128,\"prompt_cache_miss_tokens\":2}",
         2 * IN + 128 * CACHED + 5 * OUT + 15 * THOUGHT, false, false},
        {"DeepSeek without details",
         "{\"prompt_tokens\":130,\"completion_tokens\":20,\"prompt_cache_hit_tokens\":64,"
         "\"prompt_cache_miss_tokens\":66}",
         66 * IN + 64 * CACHED + 20 * OUT, false, false},
        {"Kimi: cached_tokens at the top", "{\"prompt_tokens\":300,\"completion_tokens\":12,\"total_tokens\":312,\"cached_tokens\":256}",
         44 * IN + 256 * CACHED + 12 * OUT, false, false},
        {"GLM",
         "{\"prompt_tokens\":48,\"completion_tokens\":23,\"total_tokens\":71,\"prompt_tokens_details\":{\"cached_tokens\":43},"
         "\"completion_tokens_details\":{\"reasoning_tokens\":17}}",
         5 * IN + 43 * CACHED + 6 * OUT + 17 * THOUGHT, false, false},
        {"Qwen: a cache made on purpose is inside the prompt",
         "{\"prompt_tokens\":3019,\"completion_tokens\":104,\"total_tokens\":3123,\"prompt_tokens_details\":{\"cached_tokens\":1000,"
         "\"cache_creation_input_tokens\":2000,\"cache_creation\":{\"ephemeral_5m_input_tokens\":2000},\"cache_type\":\"ephemeral\"},"
         "\"completion_tokens_details\":{\"reasoning_tokens\":100}}",
         19 * IN + 1000 * CACHED + 2000 * WRITE + 4 * OUT + 100 * THOUGHT, false, false},
        {"xAI: thoughts beside the completion",
         "{\"prompt_tokens\":32,\"completion_tokens\":9,\"total_tokens\":135,\"prompt_tokens_details\":{\"text_tokens\":32,"
         "\"audio_tokens\":0,\"image_tokens\":0,\"cached_tokens\":6},\"completion_tokens_details\":{\"reasoning_tokens\":94,"
         "\"audio_tokens\":0},\"num_sources_used\":0}",
         26 * IN + 6 * CACHED + 9 * OUT + 94 * THOUGHT, false, false},
        {"xAI: pictures, and sources that were searched",
         "{\"prompt_tokens\":500,\"completion_tokens\":9,\"total_tokens\":509,\"prompt_tokens_details\":{\"text_tokens\":100,"
         "\"image_tokens\":400},\"num_sources_used\":3}",
         100 * IN + 400 * IMAGE_IN + 9 * OUT + 3 * SEARCH, false, false},
        {"OpenRouter: its own cost beside, written tokens, searches",
         "{\"prompt_tokens\":194,\"completion_tokens\":2,\"total_tokens\":196,\"cost\":0.95,\"is_byok\":false,\"prompt_tokens_details\":{"
         "\"cached_tokens\":0,\"cache_write_tokens\":100,\"audio_tokens\":0},\"cost_details\":{\"upstream_inference_cost\":null},"
         "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"image_tokens\":0},\"server_tool_use\":{\"web_search_requests\":2}}",
         94 * IN + 100 * WRITE + 2 * OUT + 2 * SEARCH, false, false},
        {"LiteLLM: its word for written ones",
         "{\"prompt_tokens\":1000,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":300,\"cache_creation_tokens\":600},"
         "\"cache_read_input_tokens\":300,\"cache_creation_input_tokens\":600}",
         100 * IN + 300 * CACHED + 600 * WRITE + 2 * OUT, false, false},
    };
    CHECK("openai", CHAT, rows);
}

static const char RESPONSE[] = "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1,\"status\":\"completed\",\"model\":\"m\","
                               "\"output\":[{\"type\":\"message\","
                               "\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
                               "\"text\":\"x\",\"annotations\":"
                               "[]}]}],\"usage\":%s}";

static void responses(void **state) {
    (void)state;
    static const golden rows[] = {
        {"plain", "{\"input_tokens\":36,\"output_tokens\":87,\"total_tokens\":123}", 36 * IN + 87 * OUT, false, false},
        {"cached, written and thoughts",
         "{\"input_tokens\":2006,\"input_tokens_details\":{\"cached_tokens\":1920,\"cache_write_tokens\":80},\"output_tokens\":300,"
         "\"output_tokens_details\":{\"reasoning_tokens\":256},\"total_tokens\":2306}",
         6 * IN + 1920 * CACHED + 80 * WRITE + 44 * OUT + 256 * THOUGHT, false, false},
        {"pictures",
         "{\"input_tokens\":50,\"input_tokens_details\":{\"image_tokens\":40},\"output_tokens\":20,\"output_tokens_details\":{"
         "\"image_tokens\":19}}",
         10 * IN + 40 * IMAGE_IN + 1 * OUT + 19 * IMAGE_OUT, false, false},
    };
    CHECK("responses", RESPONSE, rows);
}

static const char MESSAGE[] =
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[{\"type\":\"text\","
    "\"text\":\"x\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":%s}";

static void messages(void **state) {
    (void)state;
    static const golden rows[] = {
        {"plain", "{\"input_tokens\":2095,\"output_tokens\":503}", 2095 * IN + 503 * OUT, false, false},
        {"what came from and went into the cache is beside the input",
         "{\"input_tokens\":21,\"cache_creation_input_tokens\":188086,\"cache_read_input_tokens\":1000,\"output_tokens\":393}",
         21 * IN + 1000 * CACHED + INT64_C(188086) * WRITE + 393 * OUT, false, false},
        {"five minutes and an hour",
         "{\"input_tokens\":2048,\"cache_read_input_tokens\":1800,\"cache_creation_input_tokens\":248,\"output_tokens\":503,"
         "\"cache_creation\":{\"ephemeral_5m_input_tokens\":148,\"ephemeral_1h_input_tokens\":100}}",
         2048 * IN + 1800 * CACHED + 148 * WRITE + 100 * WRITE_1H + 503 * OUT, false, false},
        {"searches and thoughts",
         "{\"input_tokens\":105,\"output_tokens\":6039,\"server_tool_use\":{\"web_search_requests\":3},\"output_tokens_details\":{"
         "\"thinking_tokens\":5000},\"service_tier\":\"standard\"}",
         105 * IN + 1039 * OUT + 5000 * THOUGHT + INT64_C(3) * SEARCH, false, false},
        {"nothing but cache", "{\"input_tokens\":0,\"cache_read_input_tokens\":70000,\"output_tokens\":1}", 70000 * CACHED + 1 * OUT, false,
         false},
    };
    CHECK("anthropic", MESSAGE, rows);
}

static const char CANDIDATES[] =
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}],\"role\":\"model\"},\"finishReason\":\"STOP\","
    "\"index\":0}],\"modelVersion\":\"m\",\"responseId\":\"r\",\"usageMetadata\":%s}";

static void gemini(void **state) {
    (void)state;
    static const golden rows[] = {
        {"plain", "{\"promptTokenCount\":8,\"candidatesTokenCount\":27,\"totalTokenCount\":35}", 8 * IN + 27 * OUT, false, false},
        {"thoughts are beside what the candidates say",
         "{\"promptTokenCount\":8,\"candidatesTokenCount\":27,\"thoughtsTokenCount\":900,\"totalTokenCount\":935,\"promptTokensDetails\":[{"
         "\"modality\":\"TEXT\",\"tokenCount\":8}]}",
         8 * IN + 27 * OUT + 900 * THOUGHT, false, false},
        {"the cached ones are inside, results of tools beside the prompt",
         "{\"promptTokenCount\":5000,\"cachedContentTokenCount\":4096,\"toolUsePromptTokenCount\":30,\"candidatesTokenCount\":10}",
         934 * IN + 4096 * CACHED + 10 * OUT, false, false},
        {"sound and pictures by modality",
         "{\"promptTokenCount\":1000,\"candidatesTokenCount\":1130,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":100},{"
         "\"modality\":\"AUDIO\",\"tokenCount\":642},{\"modality\":\"IMAGE\",\"tokenCount\":258}],\"candidatesTokensDetails\":[{"
         "\"modality\":"
         "\"IMAGE\",\"tokenCount\":1120}]}",
         100 * IN + 642 * AUDIO_IN + 258 * IMAGE_IN + 10 * OUT + 1120 * IMAGE_OUT, false, false},
        {"sound out of the cache is cached, not sound once more",
         "{\"promptTokenCount\":1000,\"cachedContentTokenCount\":800,\"candidatesTokenCount\":1,\"promptTokensDetails\":[{\"modality\":"
         "\"TEXT\","
         "\"tokenCount\":300},{\"modality\":\"AUDIO\",\"tokenCount\":700}],\"cacheTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":"
         "600},{"
         "\"modality\":\"TEXT\",\"tokenCount\":200}]}",
         100 * IN + 100 * AUDIO_IN + 800 * CACHED + 1 * OUT, false, false},
    };
    CHECK("gemini", CANDIDATES, rows);
}

/* Pictures and sound of their own endpoints are counted with other names. */
static void pictures_and_sound(void **state) {
    (void)state;
    static const golden pictures[] = {
        {"a picture",
         "{\"input_tokens\":50,\"input_tokens_details\":{\"text_tokens\":10,\"image_tokens\":40},\"output_tokens\":1120,"
         "\"output_tokens_details\":{\"image_tokens\":1100,\"text_tokens\":20},\"total_tokens\":1170}",
         10 * IN + 40 * IMAGE_IN + 20 * OUT + INT64_C(1100) * IMAGE_OUT, false, false},
    };
    static const golden sound[] = {
        {"a transcription",
         "{\"type\":\"tokens\",\"input_tokens\":14,\"input_token_details\":{\"text_tokens\":4,\"audio_tokens\":10},"
         "\"output_tokens\":45,\"total_tokens\":59}",
         4 * IN + 10 * AUDIO_IN + 45 * OUT, false, false},
    };
    CHECK("openai", "{\"created\":1,\"data\":[{\"b64_json\":\"AA==\"}],\"usage\":%s}", pictures);
    CHECK("openai", "{\"text\":\"x\",\"usage\":%s}", sound);
}

/* The service that answered, which need not be the one that was asked for. */
static void services(void **state) {
    (void)state;
    static const golden chat[] = {
        {"flex", "{\"prompt_tokens\":10,\"completion_tokens\":10},\"service_tier\":\"flex\"", 5 * IN + 5 * OUT, false, false},
        {"priority", "{\"prompt_tokens\":10,\"completion_tokens\":10},\"service_tier\":\"priority\"", 10 * 3000 + 10 * 11000, false, false},
        {"the standard one", "{\"prompt_tokens\":10,\"completion_tokens\":10},\"service_tier\":\"default\"", 10 * IN + 10 * OUT, false,
         false},
        {"one without a price", "{\"prompt_tokens\":10,\"completion_tokens\":10},\"service_tier\":\"batch\"", 10 * IN + 10 * OUT, false,
         true},
        {"one without a name", "{\"prompt_tokens\":10,\"completion_tokens\":10},\"service_tier\":\"scale\"", 10 * IN + 10 * OUT, false,
         true},
    };
    static const golden response[] = {
        {"priority", "{\"input_tokens\":10,\"output_tokens\":10},\"service_tier\":\"priority\"", 10 * 3000 + 10 * 11000, false, false}};
    static const golden message[] = {
        {"fast", "{\"input_tokens\":10,\"output_tokens\":10,\"service_tier\":\"standard\",\"speed\":\"fast\"}", 20 * IN + 20 * OUT, false,
         false},
        {"standard", "{\"input_tokens\":10,\"output_tokens\":10,\"service_tier\":\"standard\",\"speed\":\"standard\"}", 10 * IN + 10 * OUT,
         false, false},
    };
    static const golden vertex[] = {
        {"flex", "{\"promptTokenCount\":10,\"candidatesTokenCount\":10,\"trafficType\":\"ON_DEMAND_FLEX\"}", 5 * IN + 5 * OUT, false,
         false},
        {"standard", "{\"promptTokenCount\":10,\"candidatesTokenCount\":10,\"trafficType\":\"ON_DEMAND\"}", 10 * IN + 10 * OUT, false,
         false},
    };
    CHECK("openai", CHAT, chat);
    CHECK("responses", RESPONSE, response);
    CHECK("anthropic", MESSAGE, message);
    CHECK("gemini", CANDIDATES, vertex);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chat_completions), cmocka_unit_test(vendors_of_chat_completions),
        cmocka_unit_test(responses),        cmocka_unit_test(messages),
        cmocka_unit_test(gemini),           cmocka_unit_test(pictures_and_sound),
        cmocka_unit_test(services),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
