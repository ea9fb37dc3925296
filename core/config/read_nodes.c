/* config/read_nodes.c: nodes: the addresses at which one account can be reached, as a vendor has them in several regions. Each is a target
 * of its own, with the provider's name, keys and options; the first one is the provider itself.
 */
#include "config/read.h"

typedef struct node_options {
    yz_str name, region;
    int64_t weight;
} node_options;

static const yz_option NODE_OPTIONS[] = {
    {"name", YZ_OPTION_STRING, offsetof(node_options, name), .help = "what it is called; its number in the list unless said"},
    {"weight", YZ_OPTION_INT, offsetof(node_options, weight), "1", .help = "its share of the provider's calls, beside the others'",
     .min = 1, .max = 1000},
    {"region", YZ_OPTION_STRING, offsetof(node_options, region), .help = "where it is; as the provider says unless said"},
};

static bool name_fits(yz_reader *reader, const char *what, yz_str name) {
    const char *fault = yz_name_fault(name);
    if (!fault && (memchr(name.p, '/', name.n) || memchr(name.p, '@', name.n)))
        fault = "holds a / or an @, which stand between provider, node and model";
    if (fault)
        yz_diag_error(reader->diag, "%s: its name \"%.*s\" %s", what, YZ_STR_ARGS(name), fault);
    return !fault;
}

/* "https://…", or { "https://…", name = "…", weight = 2 }. */
static bool read_node(yz_reader *reader, const char *what, const yz_value *value, size_t number, yz_provider_settings *node) {
    node_options options = {.weight = 1};
    const yz_value *address = value;
    if (value->kind == YZ_VALUE_TABLE) {
        yz_value named = {.kind = YZ_VALUE_TABLE, .fields = value->fields, .n_fields = value->n_fields};
        yz_option_set set = {NODE_OPTIONS, sizeof(NODE_OPTIONS) / sizeof(*NODE_OPTIONS), &options};
        address = value->n_items == 1 ? &value->items[0] : NULL;
        if (address && !yz_options_fill(&set, 1, &named, what, reader->arena, reader->diag))
            return false;
    }
    if (!yz_value_is_text(address)) {
        yz_diag_error(reader->diag, "%s should be an address, or { \"https://…\", name = \"tokyo\", weight = 2 }, not %.*s", what,
                      YZ_STR_ARGS(yz_value_describe(reader->arena, value)));
        return false;
    }
    node->node = options.name.n > 0 ? options.name : yz_format(reader->arena, "%zu", number);
    node->node_weight = (uint32_t)options.weight;
    if (options.region.n > 0)
        node->region = options.region;
    return name_fits(reader, what, node->node) && yz_read_base(reader, what, address->text, node);
}

static bool is_new(yz_reader *reader, const char *what, const yz_provider_settings *out, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (out->nodes[k] && yz_str_eq(out->nodes[k]->node, out->nodes[i]->node)) {
            yz_diag_error(reader->diag, "%s: another node is called \"%.*s\" as well", what, YZ_STR_ARGS(out->nodes[i]->node));
            return false;
        }
    return true;
}

bool yz_read_nodes(yz_reader *reader, const char *what, const yz_value *list, yz_provider_settings *out) {
    const yz_str region = out->region; /* of all that do not say theirs; the first node is the provider */
    bool ok = true;
    if (list->kind != YZ_VALUE_TABLE || list->n_fields > 0 || list->n_items == 0 || list->n_items > YZ_NODES_MOST) {
        yz_diag_error(
            reader->diag,
            "%s: nodes should be a list of 1 to %d addresses, such as { \"https://eu.example/v1\", { \"https://us.example/v1\", name "
            "= \"us\" } }, not %.*s",
            what, YZ_NODES_MOST, YZ_STR_ARGS(yz_value_describe(reader->arena, list)));
        return false;
    }
    out->nodes = yz_alloc(reader->arena, list->n_items * sizeof(*out->nodes));
    out->n_nodes = list->n_items;
    for (size_t i = 0; i < list->n_items; i++) {
        const char *which = yz_format(reader->arena, "%s: nodes[%zu]", what, i + 1).p;
        yz_provider_settings *node = out->nodes[i] = i == 0 ? out : yz_alloc(reader->arena, sizeof(*node));
        node->pub.adapter = out->pub.adapter;
        node->exact_url = out->exact_url;
        node->region = region;
        ok = read_node(reader, which, &list->items[i], i + 1, node) && is_new(reader, which, out, i) && ok;
    }
    return ok;
}

void yz_node_fill(const yz_provider_settings *provider, yz_provider_settings *node) {
    const yz_provider_settings own = *node;
    *node = *provider;
    node->base = own.base;
    node->node = own.node;
    node->node_weight = own.node_weight;
    node->region = own.region;
    node->account.provider = &node->pub;
    node->proxy = (yz_url){0};
    node->nodes = NULL;
    node->n_nodes = 0;
}
