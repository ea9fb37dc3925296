/* test_catalogue.c: what the catalogue of models says, and who goes before whom. */
#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"

#include <yuzui/chat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char config[] =
    "listen '127.0.0.1:1' chain {}\n"
    "flavour \"mine\" { source = \"here\", date = \"2026-11\", catalogue = { { names = { \"gpt-4o-mine\" }, max_tokens = 7 } } }\n"
    "flavour \"lab\" { source = \"here\", date = \"2026-11\", catalogue = { { names = { \"claude-opus-4-1\" }, max_tokens = 9 } } }\n"
    "provider \"a\" { adapter = \"anthropic\", key = \"k\" }\n"
    "provider \"lab\" { adapter = \"openai\", base_url = \"http://127.0.0.1:1\", flavour = \"lab\" }\n"
    "model \"claude-opus-4-1\" { \"a\", \"lab\" }\n"
    "model \"unheard-of\" { \"a\" }\n";

static yz_arena *arena;
static yz_settings *settings;

static int read_config(void **state) {
    (void)state;
    yz_diag diag = {0};
    arena = yz_arena_new(NULL);
    settings = yz_settings_read_text("yuzui.lua", yz_str_of(config), arena, &diag);
    yz_buf_char(&diag.text, '\0');
    if (!settings)
        fail_msg("%s", diag.text.p);
    yz_diag_free(&diag);
    return 0;
}

static int drop_config(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

/* What OpenAI's models take: the two spellings, and the words of reasoning_effort. */
static void openai_models_are_known(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int spelling, stop, parallel, sampling;
        const char *efforts;
    } table[] = {
        {"gpt-3.5-turbo", YZ_SPELLING_OLD, YZ_UNSAID, YZ_UNSAID, YZ_UNSAID, "no"},
        {"gpt-4.5-preview", YZ_SPELLING_OLD, YZ_UNSAID, YZ_UNSAID, YZ_UNSAID, "no"},
        {"chatgpt-4o-latest", YZ_SPELLING_OLD, YZ_UNSAID, YZ_UNSAID, YZ_UNSAID, "no"},
        {"gpt-5-chat-latest", YZ_SPELLING_NEW, YZ_OFF, YZ_UNSAID, YZ_UNSAID, "no"},
        {"o1-2024-12-17", YZ_SPELLING_NEW, YZ_UNSAID, YZ_OFF, YZ_OFF, "low medium high"},
        {"o3-mini", YZ_SPELLING_NEW, YZ_OFF, YZ_OFF, YZ_OFF, "low medium high"},
        {"openai/gpt-5-nano", YZ_SPELLING_NEW, YZ_OFF, YZ_UNSAID, YZ_OFF, "minimal low medium high"},
        {"gpt-5.1-codex", YZ_SPELLING_NEW, YZ_OFF, YZ_UNSAID, YZ_SAMPLING_IDLE, "none low medium high"},
        {"gpt-5.2", YZ_SPELLING_NEW, YZ_OFF, YZ_UNSAID, YZ_SAMPLING_IDLE, "none low medium high xhigh"},
        {"gpt-7", YZ_SPELLING_NEW, YZ_OFF, YZ_UNSAID, YZ_SAMPLING_IDLE, "none low medium high xhigh"},
        {"claude-opus-4-6", YZ_SPELLING_FREE, YZ_UNSAID, YZ_UNSAID, YZ_UNSAID, ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const yz_model_facts *f = yz_flavours_model(&settings->flavours, NULL, yz_str_of(table[i].name));
        if (!f || f->spelling != table[i].spelling || f->stop != table[i].stop || f->parallel != table[i].parallel ||
            f->sampling != table[i].sampling || !yz_str_is(f->efforts, table[i].efforts))
            fail_msg("%s", table[i].name);
    }
}

static void models_are_known(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t max_tokens;
        int beside_tools, prefill, sampling;
    } table[] = {
        {"gpt-4o-mini", 16384, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"openai/gpt-5.4-mini", 128000, YZ_BESIDE_TOOLS_LEFT_OUT, YZ_UNSAID, YZ_SAMPLING_IDLE},
        {"gpt-5.2-2026-01-15", 128000, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_SAMPLING_IDLE},
        {"gpt-5.6-sol", 0, YZ_BESIDE_TOOLS_NONE, YZ_UNSAID, YZ_SAMPLING_IDLE},
        {"gpt-6-astra", 0, YZ_BESIDE_TOOLS_NONE, YZ_UNSAID, YZ_SAMPLING_IDLE},
        {"o4-mini", 100000, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_OFF},
        {"claude-3-5-haiku-latest", 8192, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"claude-opus-4-20250514", 32000, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"anthropic/claude-sonnet-4.5", 64000, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"us.anthropic.claude-opus-4-6-v1:0", 128000, YZ_BESIDE_TOOLS_ANY, YZ_OFF, YZ_UNSAID},
        {"claude-sonnet-4-6", 64000, YZ_BESIDE_TOOLS_ANY, YZ_OFF, YZ_UNSAID},
        {"claude-opus-5-5", 0, YZ_BESIDE_TOOLS_ANY, YZ_OFF, YZ_OFF},
        {"gemini-2.5-pro", 65536, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"deepseek-chat", 393216, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"moonshotai/kimi-k2.5", 262144, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"glm-4.5-air", 98304, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"qwen-max-latest", 8192, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"qwen3.6-plus", 65536, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"mistral-large-latest", 262144, YZ_BESIDE_TOOLS_ANY, YZ_OFF, YZ_UNSAID},
        {"grok-4", 256000, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"llama-3.3-70b-versatile", 32768, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"MiniMax-M2.5", 131072, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID},
        {"gpt-4o-mine", 7, YZ_BESIDE_TOOLS_ANY, YZ_UNSAID, YZ_UNSAID}, /* the config goes before the files */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const yz_model_facts *f = yz_flavours_model(&settings->flavours, NULL, yz_str_of(table[i].name));
        if (!f || f->max_tokens != table[i].max_tokens || f->effort_beside_tools != table[i].beside_tools ||
            f->prefill != table[i].prefill || f->sampling != table[i].sampling || f->size != sizeof *f)
            fail_msg("%s", table[i].name);
    }
    static const char *const unknown[] = {"kimi-next", "gpt-oss-120b", "qwen3-8b", "gpt-image-2", "llama", "", "/"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        if (yz_flavours_model(&settings->flavours, NULL, yz_str_of(unknown[i])))
            fail_msg("%s is known", unknown[i]);
}

/* Who refuses reasoning_effort, stop and penalties, and where that holds of models that many serve. */
static void vendors_differ(void **state) {
    (void)state;
    static const struct {
        const char *flavour, *name, *efforts; /* NULL: nothing is known */
        int stop, penalties;
    } table[] = {
        {"xai", "grok-4", "no", YZ_OFF, YZ_OFF},
        {"xai", "grok-4-fast-reasoning", "no", YZ_OFF, YZ_OFF},
        {"xai", "grok-4-fast-non-reasoning", "no", YZ_UNSAID, YZ_UNSAID},
        {"xai", "grok-code-fast-1", "no", YZ_OFF, YZ_OFF},
        {"xai", "grok-3-mini", "low high", YZ_OFF, YZ_OFF},
        {"xai", "grok-3", "no", YZ_UNSAID, YZ_UNSAID},
        {"xai", "grok-4.3", "low medium high", YZ_OFF, YZ_OFF},
        {"xai", "grok-4.20-multi-agent-0309", "low medium high xhigh", YZ_OFF, YZ_OFF},
        {"openrouter", "x-ai/grok-4", "no", YZ_OFF, YZ_OFF},
        {"groq", "llama-3.3-70b-versatile", "no", YZ_UNSAID, YZ_UNSAID},
        {"groq", "meta-llama/llama-4-scout-17b-16e-instruct", "no", YZ_UNSAID, YZ_UNSAID},
        {"groq", "qwen/qwen3-32b", "none default", YZ_UNSAID, YZ_UNSAID},
        {"groq", "openai/gpt-oss-120b", "low medium high", YZ_UNSAID, YZ_UNSAID},
        {"groq", "tomorrows", NULL, 0, 0},
        {"vllm", "qwen/qwen3-32b", NULL, 0, 0},
        {"vllm", "llama-4-scout", NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const yz_flavour *own = yz_flavours_find(&settings->flavours, yz_str_of(table[i].flavour));
        const yz_model_facts *f = yz_flavours_model(&settings->flavours, own, yz_str_of(table[i].name));
        bool right = f ? table[i].efforts && yz_str_is(f->efforts, table[i].efforts) && f->stop == table[i].stop &&
                             f->penalties == table[i].penalties
                       : !table[i].efforts;
        if (!right)
            fail_msg("%s at %s", table[i].name, table[i].flavour);
    }
}

static void targets_know_their_model(void **state) {
    (void)state;
    const yz_model_settings *model = yz_model_find(settings, YZ_STR("claude-opus-4-1"));
    assert_int_equal(model->targets[0]->facts->max_tokens, 32000);
    assert_int_equal(model->targets[1]->facts->max_tokens, 9); /* its own flavour goes before others */
    assert_null(yz_model_find(settings, YZ_STR("unheard-of"))->targets[0]->facts);
}

/* A flavour whose options its adapter does not know could not be used at all. */
static void each_flavour_makes_a_provider(void **state) {
    (void)state;
    size_t n = 0;
    for (size_t i = 0; i < settings->flavours.n; i++) {
        const yz_flavour *flavour = settings->flavours.items[i];
        yz_diag diag = {0};
        yz_arena *own = yz_arena_new(NULL);
        yz_str text =
            yz_format(own,
                      "listen '127.0.0.1:1' chain {} flavour 'mine' { source = 's', date = '2026-11' }\n"
                      "provider 'p' { flavour = '%.*s', adapter = '%.*s', key = 'k', base_url = 'http://127.0.0.1:9' } model 'm' { 'p' }",
                      YZ_STR_ARGS(flavour->name), YZ_STR_ARGS(flavour->adapter.n ? flavour->adapter : YZ_STR("openai")));
        bool mine = yz_str_is(flavour->name, "mine") || yz_str_is(flavour->name, "lab"); /* of the config above */
        if (!mine && !yz_settings_read_text("yuzui.lua", text, own, &diag))
            fail_msg("%.*s: %.*s", YZ_STR_ARGS(flavour->name), (int)diag.text.n, diag.text.p);
        n += !mine;
        yz_diag_free(&diag);
        yz_arena_free(own);
    }
    assert_true(n >= 21);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(openai_models_are_known), cmocka_unit_test(models_are_known),
                                       cmocka_unit_test(vendors_differ), cmocka_unit_test(targets_know_their_model),
                                       cmocka_unit_test(each_flavour_makes_a_provider)};
    return cmocka_run_group_tests(tests, read_config, drop_config);
}
