/* config/read_models.c: who answers: provider, model. */
#include "config/proxy.h"
#include "config/reach.h"
#include "config/read.h"
#include "config/url.h"
#include "net/tls.h"
#include "plugin/loader.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- provider -------------------------------------------------------------------------------------------------------------- */

typedef struct provider_options {
    yz_str base_url, region, proxy, ca;
    yz_credential_options credential;
    yz_key_options key;
    yz_map headers, query;
    bool insecure, strict, exact_url;
    int64_t max_connections, max_answer, min_rate, embed_inputs, embed_tokens;
} provider_options;

#define OPTION(name, type, def, text, ...)                                                                                                 \
    { #name, YZ_OPTION_##type, offsetof(provider_options, name), .otherwise = def, .help = text, __VA_ARGS__ }
static const yz_option PROVIDER_OPTIONS[] = {
    {"adapter", YZ_OPTION_STRING, YZ_OPTION_ELSEWHERE, .help = "the plugin that speaks its dialect", .required = true},
    {"key", YZ_OPTION_STRING, YZ_OPTION_ELSEWHERE, .help = "its API key, as in env \"OPENAI_API_KEY\""},
    {"keys", YZ_OPTION_LIST, YZ_OPTION_ELSEWHERE, .help = "several API keys, used in turn; one that is refused or at its limit rests"},
    {"key_file", YZ_OPTION_STRING, offsetof(provider_options, key.file),
     .help = "a file that holds the key, read anew when it changes: the key alone, or JSON with access_token and expires_in"},
    {"key_command", YZ_OPTION_LIST, offsetof(provider_options, key.command),
     .help = "a command that says the key likewise, as in { \"gcloud\", \"auth\", \"print-access-token\" }; run without a shell"},
    {"key_every", YZ_OPTION_DURATION, offsetof(provider_options, key.every), "5m",
     .help = "how long what it said is used at most, and never longer than four fifths of its life", .min = 1000, .max = 86400000},
    {"credential", YZ_OPTION_STRING, offsetof(provider_options, credential.name),
     .help =
         "how the key is shown, by the name the adapter has for it, such as \"bearer\" or \"basic\"; the adapter's own way unless said"},
    {"auth_header", YZ_OPTION_STRING, offsetof(provider_options, credential.header), .help = "another header for the key"},
    {"auth_prefix", YZ_OPTION_STRING, offsetof(provider_options, credential.prefix), .help = "what stands before the key there"},
    {"timeout", YZ_OPTION_MAP, YZ_OPTION_ELSEWHERE, .help = "a table of durations: connect, first_byte, first_token, idle, total, stall"},
    {"flavour", YZ_OPTION_STRING, YZ_OPTION_ELSEWHERE, .help = "the vendor whose ways it has, such as \"groq\" (docs/flavours.md)"},
    OPTION(base_url, STRING, NULL, "where its API is; the adapter's own unless said"),
    OPTION(region, STRING, NULL, "where it is, as in \"eu\": what its seller asks may depend on that (docs/prices.md)"),
    {"nodes", YZ_OPTION_LIST, YZ_OPTION_ELSEWHERE,
     .help =
         "several addresses of the same account instead of base_url, each a target: { \"https://…\", { \"https://…\", name = \"eu\" } }"},
    OPTION(exact_url, BOOL, "false", "take base_url as it stands: neither add a /v1 that is missing nor leave out one that is there twice"),
    OPTION(proxy, STRING, NULL, "http:// or socks5:// address to go through; \"none\": not even the environment's"),
    OPTION(ca, STRING, NULL, "PEM file of the authorities to trust instead of the system's"),
    OPTION(insecure, BOOL, "false", "do not check its certificate: for tests"),
    OPTION(headers, MAP, NULL, "headers added to every request"),
    OPTION(query, MAP, NULL, "query parameters added to every request"),
    OPTION(max_connections, INT, "512", "open connections of one worker", .min = 1, .max = 100000),
    OPTION(min_rate, SIZE, "0B", "bytes of content a second that a stream must bring, over timeout.stall; 0: any number", .max = 1 << 20),
    OPTION(max_answer, SIZE, "32MiB", "bytes of a document that answers a chat, and of one event of a stream", .min = 1024, .max = 1 << 30),
    OPTION(embed_inputs, INT, "0", "inputs it embeds at once: more go in pieces; 0: as known of the model, -1: any", .min = -1, .max = 1e9),
    OPTION(embed_tokens, INT, "0", "tokens of all of them, likewise", .min = -1, .max = 1e9),
    OPTION(strict, BOOL, "false", "refuse what a translation would lose instead of telling it in x-yuzui-lost"),
};
const yz_option_rows yz_provider_rows = YZ_ROWS(PROVIDER_OPTIONS);

#define TIMEOUT(name, def, text)                                                                                                           \
    { #name, YZ_OPTION_DURATION, offsetof(yz_timeouts, name), .otherwise = def, .help = text, .min = 1, .max = 86400000 }
static const yz_option TIMEOUT_OPTIONS[] = {
    TIMEOUT(connect, "5s", "until the connection stands, TLS included"),
    TIMEOUT(first_byte, "10m", "until the head of the answer: of a document, the time a model thinks"),
    TIMEOUT(first_token, "10m", "until the first content of a stream"),
    TIMEOUT(idle, "5m", "between two reads of an answer, of a stream once its content has begun"),
    TIMEOUT(total, "15m", "for a document; for a stream, between two pieces of content"),
    TIMEOUT(stall, "30s", "of a stream that brings less than min_rate"),
};
#define SET(options, into) ((yz_option_set){options, sizeof(options) / sizeof(*(options)), into})

static const yz_provider_settings *find_provider(const yz_settings *s, yz_str name) {
    for (size_t i = 0; i < s->n_providers; i++)
        if (yz_str_eq(s->providers[i]->pub.name, name))
            return s->providers[i];
    return NULL;
}

static bool read_proxy(yz_reader *reader, const char *what, const provider_options *options, yz_provider_settings *out) {
    if (yz_str_is(options->proxy, "none") || out->base.host.n == 0)
        return true;
    if (options->proxy.n > 0) {
        bool ok = yz_read_url(reader, options->proxy, what, "proxy", &out->proxy);
        if (ok && out->proxy.tls)
            yz_diag_error(reader->diag, "%s: proxy should begin with http:// or socks5://", what);
        return ok && !out->proxy.tls;
    }
    yz_str complaint = {0};
    out->proxy = yz_proxy_from_env(&out->base, reader->arena, &complaint);
    if (complaint.n > 0)
        yz_diag_warn(reader->diag, "%s: %.*s", what, YZ_STR_ARGS(complaint));
    return true;
}

static void free_tls(void *tls) { yz_tls_unref(tls); }

static bool read_tls(yz_reader *reader, const char *what, const provider_options *options, yz_provider_settings *out) {
    if (!out->base.tls)
        return true;
    yz_str ca = options->ca.n > 0 ? yz_read_file(reader, options->ca, yz_format(reader->arena, "%s: ca", what).p) : YZ_STR("");
    if (options->ca.n > 0 && (ca.n == 0 || (!options->insecure && !yz_pem_authorities(reader->diag, what, ca.p))))
        return false;
    out->tls = yz_tls_client(ca, options->insecure, reader->diag);
    if (!out->tls)
        return false;
    yz_on_free(reader->arena, free_tls, out->tls);
    if (options->insecure)
        yz_diag_warn(reader->diag, "%s: insecure: anybody on the way can read and change what is said, keys included", what);
    return true;
}

/* Headers the core writes itself, or that would break the message. */
static bool check_headers(yz_reader *reader, const char *what, const yz_map *headers) {
    bool ok = true;
    for (size_t i = 0; i < headers->n; i++) {
        const yz_header *header = &headers->items[i];
        const char *fault = NULL;
        if (yz_h1_framing(header->name))
            fault = "is written by yuzui itself and cannot be set";
        else if (!yz_h1_name_ok(header->name) || !yz_h1_value_ok(header->value))
            fault = "holds bytes that cannot stand in a header";
        if (fault)
            yz_diag_error(reader->diag, "%s: headers: \"%.*s\" %s", what, YZ_STR_ARGS(header->name), fault);
        ok = ok && !fault;
    }
    return ok;
}

/* An option that should have been adapter or flavour: flavor, type. False: there is none. */
static bool tell_misspelt(yz_reader *reader, const char *what, const yz_value *table) {
    static const char *const names[] = {"adapter", "flavour"};
    for (size_t i = 0; i < table->n_fields; i++) {
        const char *meant = yz_option_meant(table->fields[i].name, names, 2);
        if (!meant || yz_str_is(table->fields[i].name, meant))
            continue;
        yz_diag_error(reader->diag, "%s: there is no option \"%.*s\": did you mean \"%s\"?", what, YZ_STR_ARGS(table->fields[i].name),
                      meant);
        return true;
    }
    return false;
}

/* Neither adapter nor a flavour that has one: `name` is what the provider is called, often after its vendor. */
static void tell_no_adapter(yz_reader *reader, const char *what, yz_str name, const yz_value *said, const yz_flavour *flavour) {
    if (said && said->kind == YZ_VALUE_NIL && reader->diag->errors > 0)
        return; /* a name without quotes, which has been reported */
    const char *adapters = yz_read_plugins_of(reader, YZ_KIND_ADAPTER, "\" or \"").p;
    const yz_flavour *called = yz_flavours_called(&reader->settings->flavours, name);
    if (said)
        yz_diag_error(reader->diag, "%s: adapter should be \"%s\", not %.*s", what, adapters,
                      YZ_STR_ARGS(yz_value_describe(reader->arena, said)));
    else if (flavour)
        yz_diag_error(reader->diag, "%s: which dialect does it speak? Its flavour does not say; adapter = \"%s\"", what, adapters);
    else if (yz_plugin_exists(name))
        yz_diag_error(reader->diag, "%s: which dialect does it speak? adapter = \"%.*s\" is missing", what, YZ_STR_ARGS(name));
    else if (called)
        yz_diag_error(reader->diag, "%s: whose ways has it? flavour = \"%.*s\" is missing, which brings adapter and base_url", what,
                      YZ_STR_ARGS(called->name));
    else
        yz_diag_error(
            reader->diag,
            "%s: which dialect does it speak? adapter = \"%s\" is missing (\"openai\" is what most servers speak), or the flavour "
            "of a known vendor (docs/flavours.md), as in flavour = \"groq\"",
            what, adapters);
}

/* "OpenAI" is one that is spelt otherwise. */
static bool is_plugin(yz_reader *reader, yz_str name) {
    yz_str lower = yz_dup(reader->arena, name);
    for (size_t i = 0; i < lower.n; i++)
        ((char *)(uintptr_t)lower.p)[i] = (char)tolower((unsigned char)lower.p[i]);
    return yz_plugin_exists(lower);
}

static const yz_plugin *find_adapter(yz_reader *reader, const char *what, const yz_value *table, const yz_provider_settings *provider) {
    const yz_value *value = yz_value_get(table, "adapter");
    if (!yz_value_is_text(value) || value->text.n == 0) {
        if (value || provider->flavour || !tell_misspelt(reader, what, table))
            tell_no_adapter(reader, what, provider->pub.name, value, provider->flavour);
        return NULL;
    }
    const yz_flavour *called = is_plugin(reader, value->text) ? NULL : yz_flavours_called(&reader->settings->flavours, value->text);
    if (called) {
        yz_diag_error(reader->diag, "%s: \"%.*s\" is no adapter but a flavour: flavour = \"%.*s\", which says which adapter it needs", what,
                      YZ_STR_ARGS(value->text), YZ_STR_ARGS(called->name));
        return NULL;
    }
    const yz_plugin *plugin = yz_read_plugin_of(reader, what, YZ_KIND_ADAPTER, value->text);
    if (plugin && yz_plugin_file(plugin))
        yz_settings_watch(reader->settings, reader->arena, yz_str_of(yz_plugin_file(plugin)));
    return plugin;
}

static bool read_address(yz_reader *reader, const char *what, const yz_statement *statement, const yz_value *table, yz_str base_url,
                         yz_provider_settings *out) {
    const yz_value *nodes = yz_value_get(table, "nodes"), *said = yz_value_get(table, "base_url");
    yz_str own = yz_read_usual_base(reader, out);
    if (said && yz_value_is_text(said) && said->text.n == 0) {
        yz_diag_error(reader->diag, "%s: base_url is empty: an address such as \"https://api.example.com/v1\" is wanted%s%.*s", what,
                      own.n > 0 ? "; left out it is " : "", YZ_STR_ARGS(own));
        return false;
    }
    if (!nodes)
        return yz_read_base(reader, what, base_url, out);
    if (yz_value_get(yz_read_arg(statement, 1), "base_url")) { /* that of a flavour gives way */
        yz_diag_error(reader->diag, "%s: of base_url and nodes one can be said; all addresses stand in nodes", what);
        return false;
    }
    return yz_read_nodes(reader, what, nodes, out);
}

static yz_reach *find_reach(const yz_provider_settings *provider) {
    yz_reach_of of = yz_reach_of_provider(provider);
    return yz_reach_find(&of);
}

static bool finish_node(yz_reader *reader, const char *what, const yz_plugin *plugin, const provider_options *options,
                        const yz_provider_settings *provider, yz_provider_settings *node) {
    yz_node_fill(provider, node);
    bool ok = read_proxy(reader, what, options, node);
    if (node->base.tls != provider->base.tls) {
        node->tls = NULL;
        ok = read_tls(reader, what, options, node) && ok;
    }
    node->reach = ok ? find_reach(node) : NULL;
    yz_read_others(reader, plugin, node);
    return ok;
}

yz_timeouts yz_read_usual_times(void) {
    yz_timeouts usual = {0};
    for (size_t i = 0; i < sizeof TIMEOUT_OPTIONS / sizeof *TIMEOUT_OPTIONS; i++)
        yz_parse_duration(yz_str_of(TIMEOUT_OPTIONS[i].otherwise), (int64_t *)(void *)((char *)&usual + TIMEOUT_OPTIONS[i].offset));
    return usual;
}

static bool read_provider_options(yz_reader *reader, const yz_statement *statement, const char *what, yz_provider_settings *out) {
    const yz_value *table = yz_read_flavoured(reader, what, yz_read_arg(statement, 1), &out->flavour);
    const yz_plugin *plugin = table ? find_adapter(reader, what, table, out) : NULL;
    if (!plugin)
        return false;
    provider_options options = {0};
    void *config = yz_alloc(reader->arena, plugin->config_size + 1);
    yz_option_set sets[] = {SET(PROVIDER_OPTIONS, &options), {plugin->options, plugin->n_options, config}};
    yz_option_set times = SET(TIMEOUT_OPTIONS, &out->timeout);
    const char *times_what = yz_format(reader->arena, "%s: timeout", what).p;
    bool ok = yz_options_fill(sets, 2, table, what, reader->arena, reader->diag);
    ok = yz_options_fill(&times, 1, yz_value_get(table, "timeout"), times_what, reader->arena, reader->diag) && ok;
    out->pub.adapter = plugin->adapter;
    out->pub.config = config;
    out->headers = options.headers;
    out->query = options.query;
    out->max_connections = options.max_connections;
    out->max_answer = options.max_answer;
    out->min_rate = options.min_rate;
    out->embed_inputs = options.embed_inputs;
    out->embed_tokens = options.embed_tokens;
    out->strict = options.strict;
    ok = yz_read_provider_key(reader, what, table, &options.key, out) && ok;
    options.credential.prefix_said = yz_value_get(table, "auth_prefix") != NULL;
    ok = yz_read_credential(reader, what, &options.credential, out) && ok;
    ok = check_headers(reader, what, &out->headers) && ok;
    out->exact_url = options.exact_url;
    out->region = options.region;
    ok = read_address(reader, what, statement, table, options.base_url, out) && ok;
    out->flavours = &reader->settings->flavours;
    if (!out->flavour) {
        out->flavour = yz_flavours_of_host(out->flavours, out->base.host);
        const yz_value *more = ok ? yz_read_hosted(reader, table, out->flavour) : table;
        ok = (more == table || yz_options_fill(sets, 2, more, what, reader->arena, reader->diag)) && ok;
    }
    ok = ok && read_proxy(reader, what, &options, out) && read_tls(reader, what, &options, out);
    for (size_t i = 1; ok && i < out->n_nodes; i++)
        ok = finish_node(reader, what, plugin, &options, out, out->nodes[i]);
    out->reach = ok ? find_reach(out) : NULL;
    yz_read_others(reader, plugin, out);
    return ok;
}

void yz_read_provider(yz_reader *reader, const yz_statement *statement) {
    yz_settings *s = reader->settings;
    yz_str name =
        yz_read_name(reader, statement, "a name, as in provider \"openai\" { adapter = \"openai\", key = env \"OPENAI_API_KEY\" }");
    if (name.n == 0)
        return;
    const char *what = yz_format(reader->arena, "provider \"%.*s\"", YZ_STR_ARGS(name)).p;
    const yz_provider_settings *other = find_provider(s, name);
    yz_provider_settings *provider = yz_alloc(reader->arena, sizeof(*provider));
    provider->pub.size = sizeof(provider->pub);
    provider->pub.name = yz_dup(reader->arena, name);
    provider->account = (yz_target){YZ_TARGET, .provider = &provider->pub};
    provider->at = statement->at;
    if (other)
        yz_diag_error(reader->diag, "%s is there twice: first in line %d", what, other->at.line);
    else
        s->providers[s->n_providers++] = provider; /* also when it is wrong: models may name it without a second error */
    read_provider_options(reader, statement, what, provider);
    yz_read_no_more(reader, statement, 2);
}

/* ---- model ----------------------------------------------------------------------------------------------------------------- */

typedef struct target_options {
    yz_str as;
    int64_t weight, tier, concurrency;
} target_options;

static const yz_option TARGET_OPTIONS[] = {
    {"as", YZ_OPTION_STRING, offsetof(target_options, as), .help = "the provider's own name for the model"},
    {"weight", YZ_OPTION_INT, offsetof(target_options, weight), "1", .help = "its share of the calls, beside the others' (balance)",
     .min = 1, .max = 1000},
    {"tier", YZ_OPTION_INT, offsetof(target_options, tier), "1",
     .help = "1: asked first; higher ones when no lower one can take more (balance)", .min = 1, .max = 100},
    {"concurrency", YZ_OPTION_INT, offsetof(target_options, concurrency), "0",
     .help = "calls at once, of all workers; 0: any number (balance)", .min = 0, .max = 1000000},
};
const yz_option_rows yz_target_rows = YZ_ROWS(TARGET_OPTIONS);

/* "openai/gpt-5.2" is how others write a provider and its model. */
static bool tell_path(yz_reader *reader, const char *what, yz_str found) {
    const char *slash = found.n > 0 ? memchr(found.p, '/', found.n) : NULL;
    yz_str provider = {found.p, slash ? (size_t)(slash - found.p) : 0};
    if (!slash || !find_provider(reader->settings, provider))
        return false;
    yz_diag_error(reader->diag, "%s: a target is a provider, and as = its name for the model: { \"%.*s\", as = \"%.*s\" }, not \"%.*s\"",
                  what, YZ_STR_ARGS(provider), (int)(found.n - provider.n - 1), slash + 1, YZ_STR_ARGS(found));
    return true;
}

static void tell_no_provider(yz_reader *reader, const char *what, yz_str found) {
    const yz_settings *s = reader->settings;
    if (tell_path(reader, what, found))
        return;
    const char **names = yz_alloc(reader->arena, (s->n_providers + 1) * sizeof(*names));
    for (size_t i = 0; i < s->n_providers; i++)
        names[i] = s->providers[i]->pub.name.p;
    yz_read_tell_unknown(reader, what, "provider", found, names, s->n_providers);
}

/* A target with several nodes is one for each of them, which share its weight; so weights are in thousandths, if any has. */
#define PARTS 1000

static uint32_t part_of(const yz_provider_settings *provider, const yz_provider_settings *node, int64_t weight) {
    int64_t all = 0;
    for (size_t i = 0; i < provider->n_nodes; i++)
        all += provider->nodes[i]->node_weight;
    int64_t part = weight * PARTS * node->node_weight / (all > 0 ? all : 1);
    return part > 0 ? (uint32_t)part : 1;
}

static void add_target(yz_reader *reader, const yz_provider_settings *provider, const target_options *options, yz_str model,
                       yz_model_settings *out) {
    yz_target *target = yz_alloc(reader->arena, sizeof(*target));
    target->size = sizeof(*target);
    target->model = options->as.n > 0 ? options->as : model;
    target->provider = yz_provider_for(&provider->pub, target->model);
    target->node = provider->node;
    target->weight = (uint32_t)options->weight;
    target->tier = (uint32_t)options->tier;
    target->concurrency = (uint32_t)options->concurrency;
    target->facts = yz_flavours_model(provider->flavours, provider->flavour, target->model);
    out->targets[out->n_targets++] = target;
}

/* What is said of it for whoever chooses among the targets; NULL: nothing. */
static const char *told_apart(const yz_provider_settings *provider, const target_options *options) {
    bool nodes = false;
    for (size_t i = 1; i < provider->n_nodes; i++)
        nodes = nodes || provider->nodes[i]->node_weight != provider->nodes[0]->node_weight;
    return options->weight != 1 || nodes ? "weight" : options->tier > 1 ? "tier" : options->concurrency > 0 ? "concurrency" : NULL;
}

static void add_targets(yz_reader *reader, const yz_provider_settings *provider, const target_options *options, yz_model_settings *out) {
    const char *said = out->told_apart ? NULL : told_apart(provider, options);
    size_t first = out->n_targets;
    if (provider->n_nodes == 0)
        add_target(reader, provider, options, out->name, out);
    for (size_t i = 0; i < provider->n_nodes; i++) {
        target_options own = *options;
        own.weight = part_of(provider, provider->nodes[i], options->weight);
        add_target(reader, provider->nodes[i], &own, out->name, out);
    }
    if (said) {
        out->told_apart = said;
        out->told_of = out->targets[first];
    }
}

static void even_weights(yz_reader *reader, yz_model_settings *model) {
    bool parts = false;
    for (size_t i = 0; i < model->n_targets; i++)
        parts = parts || model->targets[i]->node.n > 0;
    for (size_t i = 0; parts && i < model->n_targets; i++) {
        if (model->targets[i]->node.n > 0)
            continue;
        yz_target *whole = yz_alloc(reader->arena, sizeof(*whole));
        *whole = *model->targets[i];
        whole->weight *= PARTS;
        model->targets[i] = whole;
    }
}

static bool ends_in_star(yz_str name) { return name.n > 0 && name.p[name.n - 1] == '*'; }

static void read_target(yz_reader *reader, const char *what, const yz_value *value, yz_model_settings *out) {
    target_options options = {.weight = 1};
    const yz_value *name = value;
    if (value->kind == YZ_VALUE_TABLE) {
        yz_value named = {.kind = YZ_VALUE_TABLE, .fields = value->fields, .n_fields = value->n_fields};
        yz_option_set set = SET(TARGET_OPTIONS, &options);
        name = value->n_items == 1 ? &value->items[0] : NULL;
        if (yz_value_is_text(name))
            what = yz_format(reader->arena, "%s: target \"%.*s\"", what, YZ_STR_ARGS(name->text)).p;
        if (name && !yz_options_fill(&set, 1, &named, what, reader->arena, reader->diag))
            return;
    }
    if (value->kind == YZ_VALUE_NIL && reader->diag->errors > 0)
        return; /* a name that is not known, which has been reported */
    if (ends_in_star(options.as) && !ends_in_star(out->name)) {
        yz_diag_error(
            reader->diag,
            "%s: the * of as = \"%.*s\" stands for what a client puts in place of the model's own, and its name has none: as = the "
            "provider's whole name for it",
            what, YZ_STR_ARGS(options.as));
        return;
    }
    if (!yz_value_is_text(name)) {
        yz_diag_error(reader->diag,
                      "%s: a target should be the name of a provider, or { \"NAME\", as = \"its name for the model\" }, not %.*s", what,
                      YZ_STR_ARGS(yz_value_describe(reader->arena, value)));
        return;
    }
    const yz_provider_settings *provider = find_provider(reader->settings, name->text);
    if (provider)
        add_targets(reader, provider, &options, out);
    else
        tell_no_provider(reader, what, name->text);
}

/* One that is wrong counts too: the model lacks nothing. */
static bool has_policy(const yz_reader *reader) {
    for (const yz_statement *s = reader->statements; s; s = s->next)
        if (yz_str_is(s->name, "policy") || yz_str_is(s->name, "workflow"))
            return true;
    return false;
}

static bool is_target_option(yz_str name) {
    for (size_t i = 0; i < yz_target_rows.n; i++)
        if (yz_str_is(name, yz_target_rows.options[i].name))
            return true;
    return false;
}

void yz_read_model(yz_reader *reader, const yz_statement *statement) {
    yz_settings *s = reader->settings;
    yz_str name = yz_read_name(reader, statement, "a name and targets, as in model \"gpt-5.2\" { \"openai\", \"backup\" }");
    if (name.n == 0)
        return;
    const char *what = yz_format(reader->arena, "model \"%.*s\"", YZ_STR_ARGS(name)).p;
    const yz_value *list = yz_read_arg(statement, 1);
    yz_model_settings model = {.at = statement->at, .name = yz_dup(reader->arena, name)};
    if (list && list->kind == YZ_VALUE_TABLE && list->n_fields > 0 && list->n_items == 0 && !is_target_option(list->fields[0].name)) {
        yz_diag_error(reader->diag, "%s: targets stand in its braces without a name, not as %.*s = …: %s { \"openai\", \"backup\" }", what,
                      YZ_STR_ARGS(list->fields[0].name), what);
    } else if (list && list->kind == YZ_VALUE_TABLE && list->n_fields > 0) {
        yz_diag_error(
            reader->diag,
            "%s: %.*s stands beside the targets: an option goes into the target's own braces, as in { { \"openai\", as = \"…\" } }", what,
            YZ_STR_ARGS(list->fields[0].name));
    } else if (list && list->kind == YZ_VALUE_TABLE && list->n_items == 0 && has_policy(reader)) {
        model.n_targets = 0; /* a policy makes it another one, or a workflow is it */
    } else if (!list || list->kind != YZ_VALUE_TABLE || list->n_items == 0) {
        yz_diag_error(reader->diag, "%s needs a list of targets, in order of preference, as in %s { \"openai\", \"backup\" }", what, what);
    } else {
        model.targets = yz_alloc(reader->arena, list->n_items * YZ_NODES_MOST * sizeof(*model.targets));
        for (size_t i = 0; i < list->n_items; i++)
            read_target(reader, what, &list->items[i], &model);
        even_weights(reader, &model);
    }
    yz_read_check_patterns(reader, "model", &(yz_list){&model.name, 1});
    model.pattern = model.name.p[model.name.n - 1] == '*';
    s->n_patterns += model.pattern;
    s->models[s->n_models++] = model;
    yz_read_no_more(reader, statement, 2);
}

static bool is_expression(yz_str model) {
    for (size_t i = 0; i < model.n; i++)
        if (model.p[i] && strchr("?[]()^$|\\", model.p[i]))
            return true;
    return false;
}

void yz_read_check_patterns(yz_reader *reader, const char *what, const yz_list *models) {
    for (size_t i = 0; i < models->n; i++) {
        const yz_str model = models->items[i];
        const char *star = model.n > 0 ? memchr(model.p, '*', model.n) : NULL;
        if (star && star != model.p + model.n - 1)
            yz_diag_error(reader->diag, "%s: \"%.*s\": a * may stand only at the end", what, YZ_STR_ARGS(model));
        if (is_expression(model))
            yz_diag_warn(reader->diag, "%s: \"%.*s\": of a name only a * at its end stands for others; it is no regular expression", what,
                         YZ_STR_ARGS(model));
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    const yz_model_settings *x = a, *y = b;
    int order = strcmp(x->name.p, y->name.p);
    return order != 0 ? order : x->at.line - y->at.line;
}
void yz_read_finish_models(yz_reader *reader) {
    yz_settings *s = reader->settings;
    yz_read_finish_keys(reader);
    qsort(s->models, s->n_models, sizeof(*s->models), by_name);
    for (size_t i = 1; i < s->n_models; i++)
        if (yz_str_eq(s->models[i].name, s->models[i - 1].name)) {
            yz_diag_at(reader->diag, s->models[i].at);
            yz_diag_error(reader->diag, "model \"%.*s\" is there twice: first in line %d", YZ_STR_ARGS(s->models[i].name),
                          s->models[i - 1].at.line);
        }
}
