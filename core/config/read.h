/* config/read.h: from statements to settings: what the files read_*.c share. Each reader takes one statement, reports every error in it,
 * and adds to the settings what was right. */
#ifndef YUZUI_CONFIG_READ_H
#define YUZUI_CONFIG_READ_H

#include "base/value.h"
#include "config/settings.h"
#include "plugin/options.h"

typedef struct yz_reader {
    yz_settings *settings;
    yz_arena *arena;
    yz_diag *diag;
    size_t n_records;               /* an upper bound for every list */
    const yz_statement *statements; /* of the whole config, stages too, whatever came of them */
} yz_reader;

/* The options of a directive, for who asks what it takes. */
typedef struct yz_option_rows {
    const yz_option *options;
    size_t n;
} yz_option_rows;
#define YZ_ROWS(table)                                                                                                                     \
    { table, sizeof(table) / sizeof *(table) }
extern const yz_option_rows yz_listen_rows, yz_admin_rows, yz_limits_rows, yz_cors_rows, yz_log_rows; /* read_server.c */
extern const yz_option_rows yz_provider_rows, yz_target_rows, yz_key_rows, yz_chain_rows;

typedef void yz_read_fn(yz_reader *reader, const yz_statement *statement);

/* The argument as text, or empty, reported: `needs` says what it should be ("an address such as listen \"127.0.0.1:8080\""). */
yz_str yz_read_text(yz_reader *reader, const yz_statement *statement, size_t i, const char *needs);
/* The first argument as a name that may stand in headers, logs and JSON; empty, reported, if it is none. */
yz_str yz_read_name(yz_reader *reader, const yz_statement *statement, const char *needs);
/* What keeps a text from being such a name; NULL if nothing does. */
const char *yz_name_fault(yz_str name);
/* The argument, or NULL if there is none. */
const yz_value *yz_read_arg(const yz_statement *statement, size_t i);
/* Tells the i-th argument and those after it as too many; true if there were none. */
bool yz_read_no_more(yz_reader *reader, const yz_statement *statement, size_t i);
/* A file that must be readable; its full path, watched from now on; empty, reported, if it is not. */
yz_str yz_read_file(yz_reader *reader, yz_str path, const char *what);
/* Tells that `found` is none of `names`, with a guess, or else with the list. `what`: "provider". */
void yz_read_tell_unknown(yz_reader *reader, const char *directive, const char *what, yz_str found, const char *const *names, size_t n);

/* read_kind.c: the plugin of that name or path, if it is of this kind (YZ_KIND_STORE); NULL: reported, with those there are. */
const yz_plugin *yz_read_plugin_of(yz_reader *reader, const char *what, unsigned kind, yz_str name);
yz_str yz_read_plugins_of(yz_reader *reader, unsigned kind, const char *between); /* "memory, redis" */

/* Tells of variables that are not set and that stand alone in a directive or a stage. */
void yz_read_unset(yz_reader *reader, const yz_statement *statement);

/* read_server.c */
yz_read_fn yz_read_listen, yz_read_admin, yz_read_workers, yz_read_limits, yz_read_cors, yz_read_log, yz_read_watch, yz_read_drain,
    yz_read_secret, yz_read_plugins;
void yz_read_said(yz_reader *reader);     /* what the command line says goes before what the config does: yz_settings_say */
void yz_read_defaults(yz_reader *reader); /* what holds for directives that are absent */
/* read_oidc.c: what stands in admin's `oidc`, and whether it can be meant; NULL: reported. */
extern const yz_option_table yz_oidc_table;
const yz_oidc_settings *yz_read_oidc(yz_reader *reader, const yz_oidc_settings *said);
/* read_others.c: the adapters that some models of this provider need; `plugin` is its own. */
void yz_read_others(yz_reader *reader, const yz_plugin *plugin, yz_provider_settings *provider);

/* read_flavour.c */
yz_read_fn yz_read_flavour;
/* What a provider says, with what its flavour says where it is silent; *flavour: the one it names, or NULL. NULL: reported. */
const yz_value *yz_read_flavoured(yz_reader *reader, const char *what, const yz_value *table, const yz_flavour **flavour);
/* What a provider that names no flavour says, and what the one has that it has a host of (NULL: none): `table` itself, if that is nothing.
 */
const yz_value *yz_read_hosted(yz_reader *reader, const yz_value *table, const yz_flavour *flavour);
/* read_models.c */
yz_read_fn yz_read_provider, yz_read_model;
/* An address that is the option's; false: reported. */
bool yz_read_url(yz_reader *reader, yz_str text, const char *what, const char *option, yz_url *out);
/* read_base.c: the provider's base_url into out->base, mended unless out->exact_url; out->pub.adapter is known. False: reported. */
bool yz_read_base(yz_reader *reader, const char *what, yz_str said, yz_provider_settings *out);
/* The address that holds where none is said: the adapter's, if a flavour that is named has that host. Empty: there is none. */
yz_str yz_read_usual_base(yz_reader *reader, const yz_provider_settings *provider);
/* read_nodes.c: the addresses of a provider that has several, into out->nodes, of which the first is `out` itself; out->pub.adapter and
 * exact_url are known. False: reported. */
bool yz_read_nodes(yz_reader *reader, const char *what, const yz_value *list, yz_provider_settings *out);
/* All that a node has in common with its provider; its own proxy, TLS context of another scheme, and others are still to come. */
void yz_node_fill(const yz_provider_settings *provider, yz_provider_settings *node);
/* read_client.c */
yz_read_fn yz_read_key;
void yz_read_finish_keys(yz_reader *reader); /* sorts them by hash; reports what is there twice */
/* read_key.c: why this key cannot stand in a header as it is, as the end of a sentence; NULL: it can. */
const char *yz_read_key_fault(yz_str key);
/* sense_keys.c: why it is no secret, as the end of a sentence; NULL: it may be one. */
const char *yz_read_key_weakness(yz_str key);
/* Is it a text such as "changeme", or "sk-your-key", that stands where a key should be put? */
bool yz_read_key_is_placeholder(yz_str key);
/* The provider's key, as `table` or the options say it, into out->keys and what belongs to them. False: reported. */
typedef struct yz_key_options {
    yz_str file;
    yz_list command;
    int64_t every;
} yz_key_options;
bool yz_read_provider_key(yz_reader *reader, const char *what, const yz_value *table, const yz_key_options *options,
                          yz_provider_settings *out);
/* read_credential.c: how the key is shown, into out->credential; out->pub.adapter is known. False: reported. */
typedef struct yz_credential_options {
    yz_str name, header, prefix; /* empty: not said, but for */
    bool prefix_said;            /* which may be nothing */
} yz_credential_options;
bool yz_read_credential(yz_reader *reader, const char *what, const yz_credential_options *options, yz_provider_settings *out);
void yz_read_finish_models(yz_reader *reader); /* sorts; reports what is there twice */
/* read_sense.c: warns of what is allowed and yet hardly meant; after all that is wrong has been reported. */
void yz_read_sense(yz_reader *reader);
void yz_read_model_names(yz_reader *reader);    /* sense_models.c: refuses models that options of stages name and nobody serves */
void yz_read_provider_sense(yz_reader *reader); /* sense_providers.c: likewise, of providers */
/* Warns of those that nobody serves, as far as can be known: where a policy chooses, a name may be one that only it knows. */
void yz_read_check_models(yz_reader *reader, const char *what, const yz_list *models, bool policy);
void yz_read_addresses(yz_reader *reader);    /* sense_options.c: refuses options of stages that should be addresses and are none */
void yz_read_option_sense(yz_reader *reader); /* likewise, warns of names of keys and models that nobody has, or nobody who comes there */
void yz_read_label_sense(yz_reader *reader);  /* sense_labels.c: likewise, of labels */
void yz_read_limit_sense(yz_reader *reader, const yz_chain_settings *chain); /* sense_limits.c: likewise, of limits that are one count */
void yz_read_class_sense(yz_reader *reader,
                         const yz_chain_settings *chain); /* sense_classes.c: likewise, of keys to be served first and last */
void yz_read_time_sense(yz_reader *reader);               /* sense_time.c: likewise, of times that other times make mean nothing */
void yz_read_target_sense(yz_reader *reader); /* sense_targets.c: likewise, of targets that are told apart, and nobody who does */
void yz_read_chain_sense(yz_reader *reader);  /* sense_chain.c: likewise, of chains */
void yz_read_order_sense(yz_reader *reader, const yz_chain_settings *chain); /* sense_order.c: likewise, of the order of its stages */
void yz_read_key_sense(yz_reader *reader);                                   /* sense_keys.c: likewise, of clients' keys */
void yz_read_money_sense(yz_reader *reader); /* sense_money.c: likewise, of models that nobody can pay for */
void yz_read_store_sense(yz_reader *reader); /* sense_stores.c: likewise, of stores of a fleet that this gateway cannot share */
/* The times of a provider that says none. */
yz_timeouts yz_read_usual_times(void);
/* sense_chain.c: can requests with this key take the chain? Which model they ask for is left aside. */
bool yz_chain_may_take(const yz_settings *settings, const yz_chain_settings *chain, const yz_key_settings *key);
/* sense_targets.c: can a request that goes through the chain come to this model, be it through a stage that leads there? */
bool yz_chain_leads_to(const yz_settings *settings, const yz_chain_settings *chain, const yz_model_settings *model);
/* The first stage of that name, from the given place on; NULL: none. */
const yz_stage_settings *yz_chain_find_stage(const yz_chain_settings *chain, const char *name, size_t from);
/* "chain", or "chain "batch"": how messages of it begin. */
const char *yz_chain_words(yz_reader *reader, const yz_chain_settings *chain);
/* The option of that name; NULL: none. */
const yz_option *yz_option_of(const yz_option *options, size_t n, const char *name);
/* What a stage's option of that name and type was filled with; NULL: it has none. *option: which it is; may be NULL. */
const void *yz_stage_option(const yz_stage_settings *stage, const char *name, yz_option_type type, const yz_option **option);
/* Is this IP address one that only this machine reaches? */
bool yz_read_is_loopback(yz_str host);
/* sense_vendors.c: warns of a flavour, an adapter or a key of another vendor than the address is of; `what` begins the message. */
void yz_read_vendor_sense(yz_reader *reader, const char *what, const yz_provider_settings *provider);
/* sense_chain.c: do answers cost money, as far as can be known? */
bool yz_read_is_paid(const yz_settings *settings);
/* sense_providers.c: or one of a network that is its owner's, as far as an address can tell. False for a name. */
bool yz_read_is_private(yz_str address);
/* Patterns of models: a * may stand only at the end. `what` begins the message. */
void yz_read_check_patterns(yz_reader *reader, const char *what, const yz_list *models);
/* read_prices.c */
yz_read_fn yz_read_prices;
/* After the config's own: the files of prices/ beside it, then the installed ones; sorts the catalogue. */
void yz_prices_read_all(yz_prices *prices, yz_str config_folder, yz_arena *arena, yz_diag *diag);
/* Adds all files of a folder but one, or one file alone, unsorted. */
void yz_prices_read_folder(yz_prices *prices, const char *folder, const char *but, yz_arena *arena, yz_diag *diag);
void yz_prices_read_file(yz_prices *prices, const char *path, yz_arena *arena, yz_diag *diag);
/* read_chain.c */
yz_read_fn yz_read_chain, yz_read_store, yz_read_ledger;
/* The chain of that name, for a directive that names one; NULL: nothing was said, or it does not exist, which was reported. Chains are read
 * before those who name them. */
const yz_chain_settings *yz_read_chain_named(yz_reader *reader, const char *directive, yz_str name);
/* read_media.c */
yz_read_fn yz_read_media;
/* read_payment.c */
yz_read_fn yz_read_payments;
void yz_read_finish_payments(yz_reader *reader);
void yz_read_finish_chains(yz_reader *reader); /* tells which models two chains would take */
void yz_read_adapters(yz_reader *reader);
/* The options of a plugin from a statement: a text first means the first option, a table the rest. NULL: there was an error. */
const void *yz_read_plugin_options(yz_reader *reader, const yz_statement *statement);

#endif
