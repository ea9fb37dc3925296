/* Every text of a request: which strings of a body are texts, whose they are, and what setting them leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_world.h"

/* Marks every text as "role:text", for requests whose members are these; gives the body that arrives. */
static void expect_marked(const char *members, const char *wanted) {
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(pw_open(p, "return function(req, next) local texts, roles = req:texts() "
                                "for i, text in ipairs(texts) do texts[i] = roles[i] .. ':' .. text end "
                                "req:set_texts(texts) return next(req) end"),
                     YZ_OK);
    char body[4096];
    snprintf(body, sizeof body, "{\"model\":\"gpt-5.2\",%s}", wanted);
    pw_ask(p, "gpt-5.2", members, 0);
    assert_int_equal(policy_errors(p), 0);
    assert_string_equal(p->body, body);
    pw_close(p);
    free(p);
}

static void of_chat_completions(void **state) {
    (void)state;
    expect_marked(
        "\"temperature\": 0.50 , \"messages\":[{\"role\":\"developer\",\"content\":\"a\"},"
        "{\"role\":\"user\",\"name\":\"bob\",\"content\":[{\"type\":\"text\",\"text\":\"b\\n\"},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\",\"detail\":\"low\"}},"
        "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}]},"
        "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"c\",\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\","
        "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"d\"}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"g\"}}],\"user\":\"u\"",
        "\"temperature\": 0.50 , \"messages\":[{\"role\":\"developer\",\"content\":\"system:a\"},"
        "{\"role\":\"user\",\"name\":\"bob\",\"content\":[{\"type\":\"text\",\"text\":\"user:b\\n\"},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\",\"detail\":\"low\"}},"
        "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}]},"
        "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"assistant:c\",\"tool_calls\":[{\"id\":\"call_1\",\"type\":"
        "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"assistant:{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"call_1\","
        "\"content\":\"tool:d\"}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"system:g\"}}],\"user\":\"u\"");
}

static void of_messages(void **state) {
    (void)state;
    expect_marked(
        "\"system\":[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":["
        "{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"title\":\"t\",\"source\":{\"type\":\"text\",\"media_type\":\"text/"
        "plain\","
        "\"data\":\"b\"}},{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAAA\"}}]},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"c\",\"signature\":\"s\"},"
        "{\"type\":\"redacted_thinking\",\"data\":\"AAAA\"},"
        "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"name\":\"d\",\"n\":[1,{\"id\":\"e\"}]}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":[{\"type\":\"text\",\"text\":\"g\"}]}"
        ","
        "{\"type\":\"text\",\"text\":\"h\"}]}]",
        "\"system\":[{\"type\":\"text\",\"text\":\"system:a\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":["
        "{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"title\":\"user:t\",\"source\":{\"type\":\"text\",\"media_type\":"
        "\"text/plain\",\"data\":\"user:b\"}},{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":"
        "\"AAAA\"}}]},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"assistant:c\",\"signature\":\"s\"},"
        "{\"type\":\"redacted_thinking\",\"data\":\"AAAA\"},"
        "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"name\":\"assistant:d\",\"n\":[1,{\"id\":\"assistant:e\"}]}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":[{\"type\":\"text\",\"text\":"
        "\"tool:g\"}]},{\"type\":\"text\",\"text\":\"user:h\"}]}]");
}

static void of_responses(void **state) {
    (void)state;
    expect_marked(
        "\"instructions\":\"a\",\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"b\"},"
        "{\"type\":\"input_image\",\"image_url\":\"data:x\"}]},{\"type\":\"reasoning\",\"id\":\"r\",\"summary\":[],"
        "\"encrypted_content\":\"AAAA\"},{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"d\"},"
        "{\"type\":\"image_generation_call\",\"id\":\"i\",\"result\":\"AAAA\"}]",
        "\"instructions\":\"system:a\",\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":"
        "\"user:b\"},{\"type\":\"input_image\",\"image_url\":\"data:x\"}]},{\"type\":\"reasoning\",\"id\":\"r\",\"summary\":[],"
        "\"encrypted_content\":\"AAAA\"},{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"assistant:{}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"tool:d\"},"
        "{\"type\":\"image_generation_call\",\"id\":\"i\",\"result\":\"AAAA\"}]");
    expect_marked("\"input\":\"one\"", "\"input\":\"user:one\"");
}

static void of_contents(void **state) {
    (void)state;
    expect_marked(
        "\"systemInstruction\":{\"parts\":[{\"text\":\"a\"}]},\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"b\"},"
        "{\"inlineData\":{\"mimeType\":\"image/"
        "png\",\"data\":\"AAAA\"}}]},{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\","
        "\"args\":{\"name\":\"c\"}},\"thoughtSignature\":\"AAAA\"}]},{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\","
        "\"response\":{\"id\":\"d\"}}}]}]",
        "\"systemInstruction\":{\"parts\":[{\"text\":\"system:a\"}]},\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"user:b\"},"
        "{\"inlineData\":{\"mimeType\":\"image/"
        "png\",\"data\":\"AAAA\"}}]},{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\","
        "\"args\":{\"name\":\"assistant:c\"}},\"thoughtSignature\":\"AAAA\"}]},{\"role\":\"user\",\"parts\":[{\"functionResponse\":{"
        "\"name\":\"f\",\"response\":{\"id\":\"tool:d\"}}}]}]");
}

static void of_other_operations(void **state) {
    (void)state;
    expect_marked("\"input\":[\"one\",\"two\"]", "\"input\":[\"user:one\",\"user:two\"]"); /* embeddings */
    expect_marked("\"prompt\":[\"a\"],\"suffix\":\"b\"", "\"prompt\":[\"user:a\"],\"suffix\":\"user:b\"");
    expect_marked("\"input\":[1,2],\"encoding_format\":\"float\"", "\"input\":[1,2],\"encoding_format\":\"float\"");
    expect_marked("\"query\":\"a\",\"documents\":[\"b\",{\"text\":\"c\"}]",
                  "\"query\":\"user:a\",\"documents\":[\"user:b\",{\"text\":\"user:c\"}]");
}

/* They come last, wherever they stand in the body, and are put back where they stood. */
static void of_descriptions(void **state) {
    (void)state;
    expect_marked(
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"n\",\"description\":\"a\",\"parameters\":{\"type\":\"object\","
        "\"properties\":{\"description\":{\"type\":\"string\",\"description\":\"b\"}}}}}],\"prompt\":\"c\"",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"n\",\"description\":\"system:a\",\"parameters\":{\"type\":\"object\","
        "\"properties\":{\"description\":{\"type\":\"string\",\"description\":\"system:b\"}}}}}],\"prompt\":\"user:c\"");
    expect_marked("\"messages\":[\"a\"],\"text\":{\"format\":{\"name\":\"n\",\"schema\":{\"description\":\"b\"}}}",
                  "\"messages\":[\"user:a\"],\"text\":{\"format\":{\"name\":\"n\",\"schema\":{\"description\":\"system:b\"}}}");
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(pw_open(p, "return function(req, next) req:because(table.concat(req:texts(), '/')) return next(req) end"), YZ_OK);
    pw_ask(p, "gpt-5.2", "\"tools\":[{\"function\":{\"description\":\"last\"}}],\"prompt\":[\"first\",\"second\"]", 0);
    assert_non_null(strstr(p->note, "; first/second/last"));
    pw_close(p);
    free(p);
}

/* A field that nobody has heard of is a text: a guard must not be passed by a new one. */
static void of_what_nobody_knows(void **state) {
    (void)state;
    expect_marked("\"messages\":[{\"role\":\"user\",\"whispered\":{\"softly\":[\"a\"]}}]",
                  "\"messages\":[{\"role\":\"user\",\"whispered\":{\"softly\":[\"user:a\"]}}]");
}

static void bytes_that_are_not_changed_stay(void **state) {
    (void)state;
    policy_world *p = calloc(1, sizeof *p);
    assert_int_equal(pw_open(p, "return function(req, next) local texts = req:texts() texts[2] = '\"new\"' req:set_texts(texts) "
                                "req.temperature = 1 texts = req:texts() req:because(texts[1] .. texts[2]) return next(req) end"),
                     YZ_OK);
    pw_ask(p, "gpt-5.2", "\"n\":1.0, \"prompt\" : [\"\\u0061\\/\", \"old\"]", 0);
    assert_string_equal(p->body, "{\"model\":\"gpt-5.2\",\"n\":1.0,\"prompt\":[\"\\u0061\\/\", \"\\\"new\\\"\"],\"temperature\":1}");
    assert_non_null(strstr(p->note, "; a/\"new\""));
    pw_close(p);
    free(p);
}

static void lists_that_do_not_fit_are_errors(void **state) {
    (void)state;
    static const struct {
        const char *list, *words;
    } bad[] = {{"{}", "the list has 0 texts, but the request has 1"},
               {"{ 1 }", "entry 1 is a number, but should be a text"},
               {"{ 'a', 'b' }", "the list has 2 texts"},
               {"nil", "table expected"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        policy_world *p = calloc(1, sizeof *p);
        char source[512];
        snprintf(source, sizeof source,
                 "return function(req, next) local ok, why = pcall(req.set_texts, req, %s) req:because(tostring(why):sub(1, 100)) "
                 "return next(req) end",
                 bad[i].list);
        assert_int_equal(pw_open(p, source), YZ_OK);
        pw_ask(p, "gpt-5.2", "\"prompt\":\"x\"", 0);
        if (!strstr(p->note, bad[i].words))
            fail_msg("%s: %s", bad[i].list, p->note);
        assert_string_equal(p->body, "{\"model\":\"gpt-5.2\",\"prompt\":\"x\"}");
        pw_close(p);
        free(p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_chat_completions),
        cmocka_unit_test(of_messages),
        cmocka_unit_test(of_responses),
        cmocka_unit_test(of_contents),
        cmocka_unit_test(of_other_operations),
        cmocka_unit_test(of_descriptions),
        cmocka_unit_test(of_what_nobody_knows),
        cmocka_unit_test(bytes_that_are_not_changed_stay),
        cmocka_unit_test(lists_that_do_not_fit_are_errors),
    };
    return cmocka_run_group_tests(tests, pw_load, pw_unload);
}
