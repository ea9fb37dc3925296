/* redact.c: a stage of one's own: refuses requests that hold a forbidden word, and tells who asked how often it had to.
 *
 * The request's body is bytes; the words are looked for in them as they are, so a word spelt with \u escapes passes. A stage that must
 * be sure would look at the texts of request->json instead.
 */
#include <yuzui/plugin.h>

typedef struct redact_config {
    yz_list words;
    bool refuse;
} redact_config;

static const yz_str *forbidden(const redact_config *config, yz_str body) {
    for (size_t i = 0; i < config->words.n; i++) {
        const yz_str *word = &config->words.items[i];
        if (word->n && memmem(body.p, body.n, word->p, word->n))
            return word;
    }
    return NULL;
}

static void on_call(yz_call *call, const yz_request *request) {
    const redact_config *config = yz_config(call);
    if (!forbidden(config, request->body)) {
        yz_pass(call, NULL); /* nothing more of this call is of interest */
        return;
    }
    yz_note(call, "redact", config->refuse ? YZ_STR("refused") : YZ_STR("found"));
    if (config->refuse) /* the word itself is not said back: it may be the secret */
        yz_fail(call, YZ_ERROR_CONTENT_POLICY, "the request holds a word that may not leave this house");
    else
        yz_pass(call, NULL);
}

static const yz_filter filter = {YZ_FILTER, .on_call = on_call};

static const yz_option options[] = {
    {.name = "words", .type = YZ_OPTION_LIST, .offset = offsetof(redact_config, words), .help = "what may not leave", .required = true},
    {"refuse", YZ_OPTION_BOOL, offsetof(redact_config, refuse), "true", .help = "false: only note it"},
};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "redact", .summary = "Refuses requests that hold a forbidden word", .version = "1.0",
          .config_size = sizeof(redact_config), YZ_OPTIONS(options), .filter = &filter)
