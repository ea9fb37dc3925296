/* config/read_others.c: models that a provider's adapter cannot reach, and another one can: OpenAI has some that speak nothing but
 * Responses. Its flavour names them. A provider with the flavour's own adapter has, for each adapter that is named, a twin: the same
 * account, address and limits, another adapter, with its usual options. It has the provider's name, and nobody sees that there are two.
 */
#include "config/read.h"
#include "plugin/loader.h"
#include "plugin/options.h"

static const yz_provider *twin(yz_reader *reader, const yz_provider_settings *provider, yz_str adapter) {
    const yz_plugin *plugin = yz_plugin_exists(adapter) ? yz_plugin_find(adapter, reader->diag) : NULL;
    const void *config = plugin && plugin->adapter ? yz_options_config(plugin, NULL, reader->arena, reader->diag) : NULL;
    if (!config)
        return NULL; /* it is not installed: the model is asked for as it was */
    yz_provider_settings *twin = yz_alloc(reader->arena, sizeof *twin);
    *twin = *provider;
    twin->pub.adapter = plugin->adapter;
    twin->pub.config = config;
    twin->account.provider = &twin->pub;
    twin->others = NULL;
    twin->n_others = 0;
    return &twin->pub;
}

void yz_read_others(yz_reader *reader, const yz_plugin *plugin, yz_provider_settings *provider) {
    const yz_flavour *flavour = provider->flavour;
    if (!flavour || flavour->models.n == 0 || provider->exact_url || !yz_str_is(flavour->adapter, plugin->name))
        return;
    provider->others = yz_alloc(reader->arena, flavour->models.n * sizeof *provider->others);
    for (size_t i = 0; i < flavour->models.n; i++) {
        const yz_header *entry = &flavour->models.items[i];
        const yz_provider *other = NULL;
        for (size_t k = 0; k < i && !other; k++)
            if (yz_str_eq(flavour->models.items[k].value, entry->value))
                other = provider->others[k].provider;
        if (!other)
            other = twin(reader, provider, entry->value);
        provider->others[i] = (yz_other_provider){entry->name, other};
    }
    provider->n_others = flavour->models.n;
}
