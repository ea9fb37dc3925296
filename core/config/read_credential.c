/* config/read_credential.c: how a provider is shown its key: one of the ways its adapter declares, by name, perhaps in another header. */
#include "base/credential.h"
#include "config/read.h"
#include "http/h1.h"

static const yz_credential *find(yz_reader *reader, const char *what, const yz_adapter *adapter, yz_str name) {
    const yz_credential *found = yz_credential_find(adapter, name.n > 0 ? name.p : NULL);
    const char **names = yz_alloc(reader->arena, (adapter->n_credentials + 1) * sizeof *names);
    size_t n = adapter->n_credentials;
    for (size_t i = 0; i < n; i++)
        names[i] = adapter->credentials[i].name;
    if (n == 0)
        names[n++] = yz_credential_find(adapter, NULL)->name;
    if (!found)
        yz_read_tell_unknown(reader, what, "credential", name, names, n);
    return found;
}

static bool check(yz_reader *reader, const char *what, const yz_credential_options *options) {
    bool framing = yz_h1_framing(options->header);
    if (options->header.n > 0 && (framing || !yz_h1_name_ok(options->header)))
        yz_diag_error(reader->diag, "%s: auth_header: \"%.*s\" %s", what, YZ_STR_ARGS(options->header),
                      framing ? "is written by yuzui itself and cannot be set" : "holds bytes that cannot stand in a header's name");
    else if (!yz_h1_value_ok(options->prefix))
        yz_diag_error(reader->diag, "%s: auth_prefix holds bytes that cannot stand in a header", what);
    else
        return true;
    return false;
}

bool yz_read_credential(yz_reader *reader, const char *what, const yz_credential_options *options, yz_provider_settings *out) {
    if (options->name.n == 0 && options->header.n == 0 && !options->prefix_said)
        return true;
    const yz_credential *way = find(reader, what, out->pub.adapter, options->name);
    if (!way || !check(reader, what, options))
        return false;
    yz_credential *own = yz_alloc(reader->arena, sizeof *own);
    *own = *way;
    if (options->header.n > 0)
        own->header = options->header.p;
    if (options->prefix_said)
        own->prefix = options->prefix.n > 0 ? options->prefix.p : NULL;
    out->credential = own;
    return true;
}
