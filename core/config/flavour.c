/* config/flavour.c: what a flavour's tables mean for one error or finish reason. */
#include "config/flavour.h"
#include "config/quoted.h"

#include <ctype.h>

#define LONGEST_MESSAGE 4096 /* that is looked at */
#define LONGEST_WORD    256  /* of a code or type */

/* ---- classes --------------------------------------------------------------------------------------------------------- */

yz_error_class yz_flavour_class(yz_str word) {
    static const struct {
        const char *word;
        yz_error_class class_;
    } classes[] = {
        {"context_length", YZ_ERROR_CONTEXT_LENGTH},
        {"content_policy", YZ_ERROR_CONTENT_POLICY},
        {"quota", YZ_ERROR_QUOTA},
        {"rate_limit", YZ_ERROR_RATE_LIMIT},
        {"overloaded", YZ_ERROR_OVERLOADED},
        {"auth", YZ_ERROR_UPSTREAM_AUTH},
        {"not_found", YZ_ERROR_NOT_FOUND},
        {"too_large", YZ_ERROR_TOO_LARGE},
        {"bad_request", YZ_ERROR_BAD_REQUEST},
        {"unsupported", YZ_ERROR_UNSUPPORTED},
        {"timeout", YZ_ERROR_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (yz_str_is(word, classes[i].word))
            return classes[i].class_;
    return YZ_ERROR_SERVER;
}

/* ---- matching -------------------------------------------------------------------------------------------------------- */

/* A * stands for anything. */
static bool is_named(yz_str pattern, yz_str name) {
    const char *star = pattern.n ? memchr(pattern.p, '*', pattern.n) : NULL;
    if (!star)
        return yz_str_eq(pattern, name);
    size_t before = (size_t)(star - pattern.p);
    if (name.n < before || (before > 0 && memcmp(name.p, pattern.p, before) != 0))
        return false;
    pattern = yz_str_at(star + 1, pattern.n - before - 1);
    for (size_t at = before; at <= name.n; at++) /* names are short */
        if (is_named(pattern, yz_str_at(name.p + at, name.n - at)))
            return true;
    return false;
}

static bool holds(const yz_list *list, yz_str text) {
    for (size_t i = 0; i < list->n; i++)
        if (is_named(list->items[i], text))
            return true;
    return false;
}

static bool is_number(yz_str text) {
    for (size_t i = 0; i < text.n; i++)
        if (!isdigit((unsigned char)text.p[i]) && text.p[i] != '-')
            return false;
    return true;
}

/* Where `part` begins in the text, in any case; NULL: nowhere. */
static const char *find(yz_str text, yz_str part) {
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (yz_str_ieq(yz_str_at(text.p + i, part.n), part))
            return text.p + i;
    return NULL;
}

/* Do the parts between the stars stand in the text, one after another? */
static bool says(yz_str text, yz_str words) {
    while (words.n > 0) {
        const char *star = memchr(words.p, '*', words.n);
        yz_str part = {words.p, star ? (size_t)(star - words.p) : words.n};
        const char *at = part.n > 0 ? find(text, part) : text.p;
        if (!at)
            return false;
        text = yz_str_at(at + part.n, text.n - (size_t)(at - text.p) - part.n);
        words = yz_str_at(words.p + part.n + (star != NULL), words.n - part.n - (star != NULL));
    }
    return true;
}

static bool says_one(yz_str text, const yz_list *words) {
    for (size_t i = 0; i < words->n; i++)
        if (text.n > 0 && says(text, words->items[i]))
            return true;
    return false;
}

/* Statuses that say by themselves what is wrong, whatever the words beside them. */
static bool is_plain(int status) {
    return status == 401 || status == 404 || status == 405 || status == 408 || status == 501 || status == 504;
}

/* Of the account or the server, which a request that is refused for itself does not change: keys rest, and calls are repeated, for these.
 */
static bool is_of_account(const yz_flavour_rule *rule) {
    yz_error_class class_ = yz_flavour_class(rule->class_);
    return class_ == YZ_ERROR_QUOTA || class_ == YZ_ERROR_UPSTREAM_AUTH || class_ == YZ_ERROR_RATE_LIMIT || class_ == YZ_ERROR_OVERLOADED;
}

/* Does the status say more than the rule, whose words or type tell only that something failed? Of 4xx it says whose fault that is, and of
 * 429 that a pause helps. Numbers are a vendor's own codes, which say most; 499 says only that somebody hung up. */
static bool is_beaten(const yz_flavour_rule *rule, const yz_error *error) {
    yz_error_class class_ = yz_flavour_class(rule->class_);
    if (rule->status || error->said < 400 || error->said >= 499 || (rule->code.n > 0 && is_number(error->code)))
        return false;
    return class_ == YZ_ERROR_SERVER || class_ == YZ_ERROR_TIMEOUT || (class_ == YZ_ERROR_BAD_REQUEST && error->said == 429);
}

/* bare: the message without what it quotes. */
static bool fits(const yz_flavour_rule *rule, const yz_error *error, yz_str bare) {
    yz_str message = is_of_account(rule) ? bare : error->message;
    if ((rule->status ? rule->status != error->said : is_plain(error->said)) || (rule->wait && error->retry_after <= 0) ||
        is_beaten(rule, error))
        return false;
    return (rule->code.n == 0 || holds(&rule->code, error->code)) && (rule->type.n == 0 || holds(&rule->type, error->type)) &&
           (rule->words.n == 0 || says_one(message, &rule->words));
}

/* Does the rule mean something when another vendor says it? */
static bool is_common(const yz_flavour_rule *rule, const yz_error *error) {
    return rule->words.n > 0 || rule->type.n > 0 || (rule->code.n > 0 && !is_number(error->code));
}

/* Does it say no more than that it failed, or what a relay made of it? A rule of another vendor that says more goes before. */
static bool is_vague(const yz_flavour_rule *rule) {
    yz_error_class class_ = yz_flavour_class(rule->class_);
    return rule->weak || class_ == YZ_ERROR_BAD_REQUEST || class_ == YZ_ERROR_SERVER;
}

/* `own`: the flavour is the provider's. */
static const yz_flavour_rule *rule_of(const yz_flavour *flavour, bool own, bool vague, const yz_error *error, yz_str bare) {
    for (size_t i = 0; flavour && i < flavour->errors.n; i++) {
        const yz_flavour_rule *rule = flavour->errors.items[i];
        if (is_vague(rule) == vague && fits(rule, error, bare) && (own || is_common(rule, error)))
            return rule;
    }
    return NULL;
}

/* The number in brackets that the words end in; empty: they end otherwise. */
static yz_str end_code(yz_str words) {
    size_t end = words.n, at;
    while (end > 0 && (words.p[end - 1] == ' ' || words.p[end - 1] == '.'))
        end--;
    if (end == 0 || words.p[end - 1] != ')')
        return YZ_STR("");
    for (at = --end; at > 0 && isdigit((unsigned char)words.p[at - 1]);)
        at--;
    bool found = at > 0 && at < end && words.p[at - 1] == '(';
    return yz_str_at(words.p + at, found ? end - at : 0);
}

/* May a number in brackets mean this, where the status says that the request itself is wrong ("must be one of (1024)")? */
static bool may_end(const yz_flavour_rule *rule, int status) {
    yz_error_class class_ = yz_flavour_class(rule->class_);
    bool refused = status == 400 || status == 404 || status == 413;
    return !refused || (!is_of_account(rule) && class_ != YZ_ERROR_SERVER && class_ != YZ_ERROR_TIMEOUT);
}

/* What the vendor says by a code of its own it also says by words that end in it, under whatever status and type the dialect has: the code
 * goes before these, unless it says less than the status. */
static const yz_flavour_rule *rule_of_end(const yz_flavour *own, bool vague, const yz_error *error, yz_str bare) {
    yz_error coded = *error;
    if (!own || own->coded.n == 0 || (vague && is_plain(error->said)) || (coded.code = end_code(bare)).n == 0)
        return NULL;
    coded.type = own->coded;
    coded.said = 0;
    const yz_flavour_rule *rule = rule_of(own, true, vague, &coded, bare);
    return rule && may_end(rule, error->said) ? rule : NULL;
}

bool yz_flavours_class(const yz_flavours *flavours, const yz_flavour *own, const yz_error *whole, yz_error_class *out) {
    yz_error cut = *whole, *error = &cut; /* what matters is said at the beginning, and a message may be megabytes long */
    if (cut.message.n > LONGEST_MESSAGE)
        cut.message.n = LONGEST_MESSAGE;
    cut.code.n = cut.code.n < LONGEST_WORD ? cut.code.n : LONGEST_WORD;
    cut.type.n = cut.type.n < LONGEST_WORD ? cut.type.n : LONGEST_WORD;
    char room[LONGEST_MESSAGE];
    yz_str bare = yz_error_bare(error, room);
    const yz_flavour *any = yz_flavours_find(flavours, YZ_STR("any"));
    const yz_flavour_rule *rule = NULL;
    for (int vague = 0; !rule && vague < 2; vague++) {
        rule = rule_of(own, true, vague, error, bare);
        rule = rule ? rule : rule_of_end(own, vague, error, bare);
        rule = rule ? rule : rule_of(any, false, vague, error, bare);
        for (size_t i = 0; i < flavours->n && !rule; i++)
            rule = rule_of(flavours->items[i], false, vague, error, bare);
    }
    if (rule)
        *out = yz_flavour_class(rule->class_);
    return rule != NULL;
}

static yz_str finish_by(const yz_flavour *flavour, yz_str reason) {
    for (size_t i = 0; i < flavour->finish.n; i++)
        if (yz_str_ieq(flavour->finish.items[i].name, reason))
            return flavour->finish.items[i].value;
    return YZ_STR("");
}

static yz_str finish_by_any(const yz_flavours *flavours, const yz_flavour *own, yz_str reason) {
    yz_str found = own ? finish_by(own, reason) : YZ_STR("");
    for (size_t i = 0; found.n == 0 && i < flavours->n; i++)
        found = finish_by(flavours->items[i], reason);
    return found;
}

yz_str yz_flavours_finish(const yz_flavours *flavours, const yz_flavour *own, yz_str reason) {
    yz_str found = finish_by_any(flavours, own, reason);
    const char *colon = reason.n ? memchr(reason.p, ':', reason.n) : NULL; /* "content_filter: SAFETY" */
    if (found.n == 0 && colon)
        found = finish_by_any(flavours, own, yz_str_at(reason.p, (size_t)(colon - reason.p)));
    return found;
}

/* ---- finding --------------------------------------------------------------------------------------------------------- */

const yz_flavour *yz_flavours_find(const yz_flavours *flavours, yz_str name) {
    for (size_t i = 0; i < flavours->n; i++)
        if (yz_str_eq(flavours->items[i]->name, name))
            return flavours->items[i];
    return NULL;
}

/* "*.example.com" fits every host that ends in ".example.com". */
static bool host_fits(yz_str pattern, yz_str host) {
    if (!yz_str_starts(pattern, "*."))
        return yz_str_ieq(pattern, host);
    yz_str end = {pattern.p + 1, pattern.n - 1};
    return host.n > end.n && yz_str_ieq(yz_str_at(host.p + host.n - end.n, end.n), end);
}

bool yz_flavour_has_host(const yz_flavour *flavour, yz_str host) {
    for (size_t i = 0; i < flavour->hosts.n; i++)
        if (host_fits(flavour->hosts.items[i], host))
            return true;
    return false;
}

static bool is_called(yz_str alias, yz_str name) {
    size_t i = 0, k = 0;
    for (;;) {
        while (i < alias.n && !isalnum((unsigned char)alias.p[i]))
            i++;
        while (k < name.n && !isalnum((unsigned char)name.p[k]))
            k++;
        if (i == alias.n || k == name.n)
            return i == alias.n && k == name.n && alias.n > 0;
        if (tolower((unsigned char)alias.p[i++]) != tolower((unsigned char)name.p[k++]))
            return false;
    }
}

const yz_flavour *yz_flavours_called(const yz_flavours *flavours, yz_str name) {
    for (size_t i = 0; i < flavours->n; i++) {
        const yz_flavour *flavour = flavours->items[i];
        if (is_called(flavour->name, name))
            return flavour;
        for (size_t k = 0; k < flavour->aliases.n; k++)
            if (is_called(flavour->aliases.items[k], name))
                return flavour;
    }
    return NULL;
}

const yz_flavour *yz_flavours_of_host(const yz_flavours *flavours, yz_str host) {
    for (size_t i = 0; i < flavours->n; i++)
        if (yz_flavour_has_host(flavours->items[i], host))
            return flavours->items[i];
    return NULL;
}

yz_str yz_flavour_address(const yz_flavour *flavour, yz_str adapter) {
    for (size_t i = 0; i < flavour->addresses.n; i++)
        if (yz_str_eq(flavour->addresses.items[i].name, adapter))
            return flavour->addresses.items[i].value;
    return flavour->adapter.n == 0 || yz_str_eq(adapter, flavour->adapter) ? flavour->base_url : YZ_STR("");
}

/* ---- models ---------------------------------------------------------------------------------------------------------- */

/* `own`: the flavour is the provider's. */
static const yz_model_facts *facts_of(const yz_flavour *flavour, bool own, yz_str model) {
    for (size_t i = 0; i < flavour->catalogue.n; i++) {
        const yz_flavour_model *row = flavour->catalogue.items[i];
        for (size_t k = 0; k < row->names.n && (own || !row->own); k++)
            if (is_named(row->names.items[k], model))
                return &row->facts;
    }
    return NULL;
}

const yz_model_facts *yz_flavours_model(const yz_flavours *flavours, const yz_flavour *own, yz_str model) {
    for (size_t i = model.n; i > 0; i--) /* of "vendor/model", as routers name it */
        if (model.p[i - 1] == '/') {
            model = yz_str_at(model.p + i, model.n - i);
            break;
        }
    const yz_model_facts *facts = own ? facts_of(own, true, model) : NULL;
    for (size_t i = 0; flavours && !facts && i < flavours->n; i++)
        facts = facts_of(flavours->items[i], false, model);
    return facts;
}
