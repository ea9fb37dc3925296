/* openai/ask_usage.c: token counts of a stream whose client did not ask for them. They come in a chunk of their own, which the host keeps
 * to itself, when stream_options.include_usage is true; the other chunks then say "usage":null, which every client takes.
 *
 * The body is changed in this one place: whatever else stands in stream_options stays. */
#include "openai.h"

bool oa_ask_usage(const yz_provider *provider, const yz_request *request, yz_splice *out) {
    const oa_config *config = provider->config;
    const yz_json *root = request->json, *options = yz_json_get(root, "stream_options"), *asked = yz_json_get(options, "include_usage");
    if (!config->include_usage || !yz_json_is(root, YZ_JSON_OBJECT) || !root->child || yz_json_true(asked))
        return false;
    if (asked) {
        out->at = yz_json_raw(asked);
        out->with = YZ_STR("true");
    } else if (yz_json_is(options, YZ_JSON_OBJECT)) {
        out->at = (yz_str){options->p + 1, 0};
        out->with = options->child ? YZ_STR("\"include_usage\":true,") : YZ_STR("\"include_usage\":true");
    } else if (!options) {
        out->at = (yz_str){root->p + 1, 0};
        out->with = YZ_STR("\"stream_options\":{\"include_usage\":true},");
    } else if (options->type == YZ_JSON_NULL) {
        out->at = yz_json_raw(options);
        out->with = YZ_STR("{\"include_usage\":true}");
    } else {
        return false; /* the provider will say what is wrong with it */
    }
    return true;
}
