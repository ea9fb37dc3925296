/* price/import.h: price lists that others publish, read into prices as the core keeps them: what a file says, what of it cannot be carried,
 * and how it differs from a catalogue. Reads and compares only; whether a change is taken is for whoever asked.
 *
 * Two formats: genai-prices (an array of providers; USD per million tokens, versions by start date, hours of the day, tiers by input) and
 * models.dev (api.json: an object of providers; USD per million, no dates). Names count as they stand. Numbers go from their digits to
 * nano-USD, never through a double.
 */
#ifndef YUZUI_PRICE_IMPORT_H
#define YUZUI_PRICE_IMPORT_H

#include "price/price.h"

#include <yuzui/json.h>

/* A seller of the file, and what it is called here. */
typedef struct yz_import_seller {
    yz_str theirs, ours;
} yz_import_seller;

/* Something of a file that a reader should know of. */
typedef struct yz_import_note {
    struct yz_import_note *next;
    yz_str seller, model; /* empty: of the whole file */
    size_t line, column;
    bool fault; /* the file is wrong: nothing of it should be used */
    yz_str text;
} yz_import_note;

/* A model at a seller: all its versions, the oldest first. */
typedef struct yz_import_model {
    struct yz_import_model *next;
    yz_str seller, model;
    yz_str also[16]; /* other exact names */
    size_t n_also, line;
    yz_price **versions;
    size_t n_versions;
    bool free;    /* somebody said so */
    bool taken;   /* the caller's */
    yz_str waits; /* why it should not be taken without a person; empty: nothing in the file itself */
    yz_str kept;  /* literals that are no whole nano-USD: "cache_write 0.0833333333333333" */
} yz_import_model;

typedef struct yz_import {
    /* said by the caller */
    yz_arena *arena;
    const yz_import_seller *sellers; /* of these only; none: of all, under their own names */
    size_t n_sellers;
    const char *const *free; /* models that are free, where the file says zero */
    size_t n_free;
    int64_t write_1h; /* nano: a cache write for an hour costs so many times the input, where the format does not know such a price; 0:
                         unsaid */
    /* filled */
    const char *format; /* "genai-prices" or "models.dev" */
    yz_import_model *models, **end;
    yz_import_note *notes, **last;
    yz_str others[200]; /* sellers that were not asked for */
    size_t n_others;
    unsigned faults;
    yz_str text;
    const char *counted; /* lines were counted up to there */
    size_t lines;
} yz_import;

/* Reads a file's text. Faults and remarks are in notes; in->faults counts the former. */
void yz_import_read(yz_import *in, yz_str text);

/* ---- how it differs -------------------------------------------------------------------------------------------------- */

typedef enum yz_import_change { YZ_IMPORT_SAME, YZ_IMPORT_NEW, YZ_IMPORT_CHANGED } yz_import_change;

typedef struct yz_import_diff {
    yz_import_change change;
    yz_buf text;  /* lines, each indented by four */
    yz_str waits; /* why a person should look: a price that moves more than twofold, goes, or becomes zero; empty: no reason */
} yz_import_diff;

/* Compares a model with what `prices` says of it. The text is the caller's to free. */
void yz_import_compare(const yz_import_model *model, const yz_prices *prices, yz_import_diff *diff);
/* Where two files disagree on what both say of a model at a moment, in one line; empty: nowhere. */
yz_str yz_import_disagree(const yz_import_model *a, const yz_import_model *b, int64_t at, yz_arena *arena);
const yz_import_model *yz_import_find(const yz_import *in, yz_str seller, yz_str model);

/* ---- writing --------------------------------------------------------------------------------------------------------- */

/* A row as a file of prices has it, in Lua, with an end of line. `kept`: a remark behind it, or empty. */
void yz_price_write(const yz_price *price, const yz_str *also, size_t n_also, yz_str kept, yz_buf *out);
/* A text as Lua reads it, with its quotes. */
void yz_price_write_text(yz_str text, yz_buf *out);

/* ---- what the readers share ------------------------------------------------------------------------------------------ */

/* Rates and the tiers of some of them, as they are read one by one. */
typedef struct yz_import_rates {
    yz_rates base;
    struct {
        yz_rate rate;
        int64_t above, value;
    } tiers[64];
    size_t n_tiers;
} yz_import_rates;

size_t yz_import_line(yz_import *in, const yz_json *at); /* 0: nowhere */
void yz_import_say(yz_import *in, const yz_import_model *model, const yz_json *at, bool fault, const char *fmt, ...) YZ_PRINTF(5, 6);
/* What the seller is called here; empty: it was not asked for. */
yz_str yz_import_seller_of(yz_import *in, yz_str theirs);
/* One price, `name` in the file; -1 if it says none (null). False: told. */
bool yz_import_rate(yz_import *in, yz_import_model *model, const yz_json *value, int64_t units, int64_t *rate);
/* Makes a price of rates: from when on, with their tiers. */
yz_price *yz_import_price(const yz_import *in, const yz_import_model *model, int64_t from, const yz_import_rates *rates);
/* Adds a tier. False: there are too many. */
bool yz_import_tier(yz_import_rates *rates, yz_rate rate, int64_t above, int64_t value);
/* Are zeros all that it says? Then it is kept only where somebody said that the model is free, and told otherwise. False: leave it out. */
bool yz_import_worth(yz_import *in, yz_import_model *model, const yz_json *at, yz_import_rates *rates);
void yz_import_add(yz_import *in, yz_import_model *model);
yz_import_model *yz_import_model_new(yz_import *in, yz_str seller, yz_str model, const yz_json *at);
/* Tells a member that no reader knows, once for each name. */
void yz_import_unknown(yz_import *in, const char *where, const yz_json *member);

void yz_import_genai(yz_import *in, const yz_json *root);
void yz_import_models_dev(yz_import *in, const yz_json *root);

#endif
