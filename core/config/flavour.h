/* config/flavour.h: flavours: what is known of the vendors that speak a dialect, each in its own way, as data. One file a flavour,
 * flavours/NAME.lua, which says one thing, `flavour "NAME" {…}` (docs/flavours.md has the form); the config may say some as well. Read
 * with the config, immutable after it.
 *
 * A flavour says where a vendor is and which options its adapter needs there, which a provider takes that names it (`flavour = "groq"`);
 * which of its models that adapter cannot reach, and another one can;
 * and what the vendor's errors and finish reasons mean. Of the latter those of all flavours hold for every provider, its own first: who
 * sells other people's models relays their words.
 */
#ifndef YUZUI_CONFIG_FLAVOUR_H
#define YUZUI_CONFIG_FLAVOUR_H

#include "base/value.h"

#include <yuzui/plugin.h>

/* A line of the table of errors. What is said must all fit; of each list one entry. */
typedef struct yz_flavour_rule {
    int64_t status; /* of the answer; 0: any that leaves the meaning open (yz_flavours_class) */
    yz_list code;   /* the error's code, as text; a * stands for anything */
    yz_list type;   /* its type; likewise */
    yz_list words;  /* parts of its message, in any case; a * stands for anything */
    yz_str class_;  /* a word of yz_flavour_class */
    bool wait;      /* only of an error that says how long to wait */
    bool weak;      /* a relay's own word for what it was told: any line that says more goes before */
} yz_flavour_rule;

/* A row of the catalogue of models. */
typedef struct yz_flavour_model {
    yz_list names; /* a * stands for anything */
    bool own;      /* only of the flavour's own providers: others that have these models serve them in another way */
    yz_model_facts facts;
} yz_flavour_model;

typedef struct yz_flavour {
    yz_place at;
    yz_str name;
    yz_list aliases;         /* what else it is called: whoever says one is told its name */
    yz_list keys;            /* what its keys begin with, and those of no other vendor */
    yz_str source, date;     /* where that is known from, and since when */
    yz_str adapter;          /* empty: the provider says */
    yz_str base_url;         /* empty: likewise */
    yz_map addresses;        /* another adapter -> where the vendor speaks its dialect */
    yz_list hosts;           /* a provider whose base_url has one of these hosts is of this flavour; each may begin with "*." */
    const yz_value *options; /* of the adapter and of the provider, unless the config says them; NULL: none */
    yz_tables errors;        /* yz_flavour_rule */
    yz_map finish;       /* finish reason -> stop length tools filter; error, or the class that it is of: overloaded rate_limit quota server
                            timeout */
    yz_tables catalogue; /* yz_flavour_model: the first row that fits a name counts */
    yz_str coded;        /* a number in brackets at the end of its words is a code of this type: "login fail (1004)"; empty: none is */
    yz_list resets;      /* headers that say when a limit frees again */
    yz_map models;       /* a model, or what its name begins with and a * -> the adapter that reaches it, in place of `adapter` */

    const yz_value *adapter_options; /* another adapter -> its options, likewise, in place of `options`; NULL: none */
    /* Such options that also hold for a provider that has one of its hosts and names no flavour; NULL: none. */
    const yz_value *host_options;
} yz_flavour;

typedef struct yz_flavours {
    const yz_flavour **items; /* the config's, those beside it, the installed ones; of one name only the first */
    size_t n;
} yz_flavours;

/* The class that the word of a rule stands for: context_length content_policy quota rate_limit overloaded auth not_found too_large
 * bad_request unsupported timeout server. */
yz_error_class yz_flavour_class(yz_str word);

/* Reads one `flavour "NAME" {…}`. NULL: what is wrong has been reported. */
const yz_flavour *yz_flavour_read(const yz_statement *statement, yz_arena *arena, yz_diag *diag);
/* Adds a flavour unless one of its name is there. */
void yz_flavours_add(yz_flavours *flavours, const yz_flavour *flavour, yz_arena *arena);
/* Reads every file of a folder (with its slash) in the order of their names; one that is not there holds none. */
void yz_flavours_read_folder(yz_flavours *flavours, const char *folder, yz_arena *arena, yz_diag *diag);
/* Those beside the config, then the installed ones: in YUZUI_FLAVOURS, beside the binary, where `install` put them. */
void yz_flavours_read_all(yz_flavours *flavours, yz_str config_folder, yz_arena *arena, yz_diag *diag);
/* NULL: there is none of that name, or for that host. */
const yz_flavour *yz_flavours_find(const yz_flavours *flavours, yz_str name);
const yz_flavour *yz_flavours_of_host(const yz_flavours *flavours, yz_str host);
/* The one that is also called so, in any case and with whatever stands between its words; NULL: none. */
const yz_flavour *yz_flavours_called(const yz_flavours *flavours, yz_str name);
bool yz_flavour_has_host(const yz_flavour *flavour, yz_str host);
/* Where the vendor speaks the dialect of this adapter; empty: it does not say. */
yz_str yz_flavour_address(const yz_flavour *flavour, yz_str adapter);

/* What an error means whose status, code, type and message are known (`error->said`, 0: none, as of one inside an answer). `own`: the
 * provider's flavour or NULL, whose rules go first; but those that say little (bad_request, server, and what is called weak) only after
 * those of all flavours that say more; a code that its words end in counts too, where it says so. A rule without a status does not hold
 * where the status is plain by itself: 401, 404, 405, 408, 501, 504. Rules of other flavours hold if they name words, a type, or a code
 * that is more than a number, which each vendor counts in its own way. False: no rule fits. */
bool yz_flavours_class(const yz_flavours *flavours, const yz_flavour *own, const yz_error *error, yz_error_class *out);
/* What is known of a model, by the provider's name for it, with or without a vendor before a slash: the own flavour's rows first, then
 * those of all others, since many sell other people's models. NULL: nothing. Not for hot paths: targets keep it. */
const yz_model_facts *yz_flavours_model(const yz_flavours *flavours, const yz_flavour *own, yz_str model);
/* What a finish reason means, in any case and also with a ": detail" behind it: one of the words above, which lives as long as the
 * settings; empty: nobody knows it. */
yz_str yz_flavours_finish(const yz_flavours *flavours, const yz_flavour *own, yz_str reason);

#endif
