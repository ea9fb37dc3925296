/* anthropic/plugin.c: the descriptor of the anthropic adapter: options, route, endpoint. */
#include "anthropic.h"

static const yz_option options[] = {
    {"version", YZ_OPTION_STRING, offsetof(an_config, version), "2023-06-01", .help = "the anthropic-version of translated requests"},
    {"max_tokens", YZ_OPTION_INT, offsetof(an_config, max_tokens), "0",
     .help = "limit of an answer where the client gives none; 0: by the model (4096 to 16384)", .max = 1000000},
    {"drop", YZ_OPTION_LIST, offsetof(an_config, drop), NULL, .help = "request fields this provider does not take",
     .choices = "temperature top_p top_k reasoning_effort user"},
    {"auth_header", YZ_OPTION_STRING, offsetof(an_config, auth_header), "x-api-key", .help = "the header the key goes in"},
    {"auth_prefix", YZ_OPTION_STRING, offsetof(an_config, auth_prefix), "", .help = "what stands before the key (\"Bearer \" for OAuth)"},
    {"path", YZ_OPTION_STRING, offsetof(an_config, path), "/v1/messages", .help = "path after base_url, may hold a query"},
};

/* What a client says about how its body is to be read goes along with the body, if it is made of names and dates. */
static yz_str own_words(const yz_request *request, const char *header) {
    yz_str value = yz_request_header(request, header);
    for (size_t i = 0; i < value.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_., ", value.p[i]))
            return YZ_STR("");
    return value.n <= 1024 ? value : YZ_STR("");
}

/* A body that is forwarded keeps the version and the betas it was written for; a translated one is written for ours. */
static void versions(const an_config *config, const yz_request *request, yz_endpoint *out) {
    bool forwarded = strcmp(request->dialect->dialect, "anthropic-messages") == 0;
    yz_str version = forwarded ? own_words(request, "anthropic-version") : YZ_STR("");
    yz_str beta = forwarded ? own_words(request, "anthropic-beta") : YZ_STR("");
    out->headers[out->n_headers++] = (yz_header){YZ_STR("anthropic-version"), version.n ? version : config->version};
    if (beta.n)
        out->headers[out->n_headers++] = (yz_header){YZ_STR("anthropic-beta"), beta};
}

static int endpoint(const yz_provider *provider, const yz_request *request, const yz_target *target, yz_arena *arena, yz_endpoint *out) {
    const an_config *config = provider->config;
    (void)target; /* named in the body */
    if (request->op != YZ_OP_CHAT)
        return YZ_EUNSUPPORTED;
    *out = (yz_endpoint){YZ_ENDPOINT, .path = config->path,
                         .auth_header = yz_str_is(config->auth_header, "x-api-key") ? "x-api-key" : yz_dup(arena, config->auth_header).p,
                         .auth_prefix = config->auth_prefix.n ? yz_dup(arena, config->auth_prefix).p : ""};
    versions(config, request, out);
    return YZ_OK;
}

static const yz_route routes[] = {{"POST", "/v1/messages", YZ_OP_CHAT}};

const yz_adapter an_adapter = {
    YZ_ADAPTER,
    .dialect = "anthropic-messages",
    .base_url = "https://api.anthropic.com",
    .endpoint = endpoint,
    .write = an_write,
    .writes = "tools tool_choice parallel_tool_calls max_tokens temperature top_p top_k n stop user reasoning_effort response_format",
    .mend = an_mend,
    .decoder_size = sizeof(an_decoder),
    .decode_event = an_decode_event,
    .decode_body = an_decode_body,
    .read_error = an_read_error,
    YZ_ROUTES(routes),
    .accept = an_accept,
    .read = an_read,
    .encoder_size = sizeof(an_encoder),
    .encode_open = an_encode_open,
    .encode = an_encode,
    .write_error = an_write_error,
    .overloaded = 529,
};

YZ_PLUGIN(.name = "anthropic", .summary = "Messages: Anthropic and everybody compatible with it", .version = "0.1.0",
          .config_size = sizeof(an_config), YZ_OPTIONS(options), .adapter = &an_adapter)
