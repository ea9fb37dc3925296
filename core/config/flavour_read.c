/* config/flavour_read.c: from files to flavours. A file is run as a config that knows one directive. */
#include "base/beside.h"
#include "config/flavour.h"
#include "config/script_inner.h"
#include "plugin/options.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define CLASSES  "context_length content_policy quota rate_limit overloaded auth not_found too_large bad_request unsupported timeout server"
#define FINISHES "stop length tools filter error overloaded rate_limit quota server timeout"

static const yz_option RULE_OPTIONS[] = {
    {"status", YZ_OPTION_INT, offsetof(yz_flavour_rule, status), "0", .help = "the status of the answer", .max = 599},
    {"code", YZ_OPTION_LIST, offsetof(yz_flavour_rule, code), .help = "the error's code, as text; a * stands for anything"},
    {"type", YZ_OPTION_LIST, offsetof(yz_flavour_rule, type), .help = "the error's type; a * stands for anything"},
    {"words", YZ_OPTION_LIST, offsetof(yz_flavour_rule, words), .help = "parts of the message; a * stands for anything"},
    {"wait", YZ_OPTION_BOOL, offsetof(yz_flavour_rule, wait), "false", .help = "only of an error that says how long to wait"},
    {"weak", YZ_OPTION_BOOL, offsetof(yz_flavour_rule, weak), "false",
     .help = "a relay's own word for what it was told: any line that says more goes before"},
    {"class", YZ_OPTION_STRING, offsetof(yz_flavour_rule, class_), .help = "what it means: one of " CLASSES, .required = true},
};
static const yz_option_table RULES = YZ_TABLE(RULE_OPTIONS, yz_flavour_rule);

#define FACT(name) offsetof(yz_flavour_model, facts.name)
#define KNOWN      "unknown no yes" /* as yz_switch has them */
static const yz_option MODEL_OPTIONS[] = {
    {"names", YZ_OPTION_LIST, offsetof(yz_flavour_model, names), .help = "of models; a * stands for anything", .required = true},
    {"own", YZ_OPTION_BOOL, offsetof(yz_flavour_model, own), "false", .help = "only where this vendor serves them"},
    {"max_tokens", YZ_OPTION_INT, FACT(max_tokens), "0", .help = "the most an answer may have", .max = 1e9},
    {"effort_beside_tools", YZ_OPTION_CHOICE, FACT(effort_beside_tools), "any", .choices = "any left_out none",
     .help = "reasoning_effort beside tools: must be left out, or must be none"},
    {"prefill", YZ_OPTION_CHOICE, FACT(prefill), "unknown", .choices = KNOWN, .help = "it takes an answer that is begun for it"},
    {"sampling", YZ_OPTION_CHOICE, FACT(sampling), "unknown", .choices = KNOWN " idle",
     .help = "it takes temperature, top_p and top_k; idle: while it does not think"},
    {"late_system", YZ_OPTION_CHOICE, FACT(late_system), "unknown", .choices = KNOWN, .help = "it takes role system amid the messages"},
    {"spelling", YZ_OPTION_CHOICE, FACT(spelling), "free", .choices = "free old new",
     .help = "of a model of OpenAI: max_tokens and role system, or max_completion_tokens and role developer"},
    {"stop", YZ_OPTION_CHOICE, FACT(stop), "unknown", .choices = KNOWN, .help = "it takes stop"},
    {"parallel", YZ_OPTION_CHOICE, FACT(parallel), "unknown", .choices = KNOWN, .help = "it takes parallel_tool_calls"},
    {"efforts", YZ_OPTION_STRING, FACT(efforts), .help = "the words of reasoning_effort that it takes, as \"low medium high\"; no: none"},
    {"penalties", YZ_OPTION_CHOICE, FACT(penalties), "unknown", .choices = KNOWN,
     .help = "it takes presence_penalty and frequency_penalty"},
    {"embed_inputs", YZ_OPTION_INT, FACT(embed_inputs), "0", .help = "the most inputs of one request for embeddings", .max = 1e9},
    {"embed_tokens", YZ_OPTION_INT, FACT(embed_tokens), "0", .help = "the most tokens of all of them", .max = 1e9},
};
static const yz_option_table MODELS = YZ_TABLE(MODEL_OPTIONS, yz_flavour_model);

static const yz_option FLAVOUR_OPTIONS[] = {
    {"source", YZ_OPTION_STRING, offsetof(yz_flavour, source), .help = "where that is known from", .required = true},
    {"date", YZ_OPTION_STRING, offsetof(yz_flavour, date), .help = "since when: YYYY-MM", .required = true},
    {"aliases", YZ_OPTION_LIST, offsetof(yz_flavour, aliases), .help = "what else it is called, for the words of an error"},
    {"keys", YZ_OPTION_LIST, offsetof(yz_flavour, keys), .help = "what its keys begin with, such as \"gsk_\""},
    {"adapter", YZ_OPTION_STRING, offsetof(yz_flavour, adapter), .help = "the plugin that speaks its dialect"},
    {"base_url", YZ_OPTION_STRING, offsetof(yz_flavour, base_url), .help = "where its API is"},
    {"addresses", YZ_OPTION_MAP, offsetof(yz_flavour, addresses),
     .help = "where it speaks the dialects of other adapters: adapter = address"},
    {"hosts", YZ_OPTION_LIST, offsetof(yz_flavour, hosts), .help = "the hosts of its API, such as \"api.example.com\""},
    {"options", YZ_OPTION_VALUES, YZ_OPTION_ELSEWHERE, .help = "options of the adapter and of the provider"},
    {"adapter_options", YZ_OPTION_VALUES, YZ_OPTION_ELSEWHERE,
     .help = "options for a provider that speaks by another adapter: adapter = { options }"},
    {"host_options", YZ_OPTION_VALUES, YZ_OPTION_ELSEWHERE,
     .help = "such options that also hold for a provider that has one of its hosts and names no flavour"},
    {"errors", YZ_OPTION_TABLES, offsetof(yz_flavour, errors), .help = "what its errors mean", .table = &RULES},
    {"coded", YZ_OPTION_STRING, offsetof(yz_flavour, coded),
     .help = "the type of what a number in brackets at the end of its words is a code of, as in \"login fail (1004)\""},
    {"finish", YZ_OPTION_MAP, offsetof(yz_flavour, finish), .help = "what its finish reasons mean: one of " FINISHES},
    {"models", YZ_OPTION_MAP, offsetof(yz_flavour, models), .help = "models that another adapter reaches: name, or its beginning and a *"},
    {"catalogue", YZ_OPTION_TABLES, offsetof(yz_flavour, catalogue), .help = "what its models take", .table = &MODELS},
    {"reset_headers", YZ_OPTION_LIST, offsetof(yz_flavour, resets), .help = "headers that say when a limit frees again"},
};

/* Is `word` one of these? */
static bool is_one_of(const char *words, yz_str word) {
    for (const char *at = words; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (yz_str_eq(yz_str_at(at, n), word))
            return true;
        at += n;
    }
    return false;
}

static bool check_rules(const yz_flavour *flavour, yz_diag *diag) {
    bool ok = true;
    for (size_t i = 0; i < flavour->errors.n; i++) {
        const yz_flavour_rule *rule = flavour->errors.items[i];
        if (!is_one_of(CLASSES, rule->class_))
            yz_diag_error(diag, "flavour \"%.*s\": errors[%zu].class is \"%.*s\", but should be one of %s", YZ_STR_ARGS(flavour->name),
                          i + 1, YZ_STR_ARGS(rule->class_), CLASSES);
        else if (!rule->status && rule->code.n + rule->type.n + rule->words.n == 0)
            yz_diag_error(diag, "flavour \"%.*s\": errors[%zu] fits every error: it should say a status, code, type or words",
                          YZ_STR_ARGS(flavour->name), i + 1);
        else
            continue;
        ok = false;
    }
    return ok;
}

static bool check_finish(const yz_flavour *flavour, yz_diag *diag) {
    bool ok = true;
    for (size_t i = 0; i < flavour->finish.n; i++) {
        const yz_header *entry = &flavour->finish.items[i];
        if (is_one_of(FINISHES, entry->value))
            continue;
        yz_diag_error(diag, "flavour \"%.*s\": finish.%.*s is \"%.*s\", but should be one of %s", YZ_STR_ARGS(flavour->name),
                      YZ_STR_ARGS(entry->name), YZ_STR_ARGS(entry->value), FINISHES);
        ok = false;
    }
    return ok;
}

static bool check_adapters(const yz_flavour *flavour, yz_diag *diag) {
    const yz_value *options = flavour->adapter_options;
    for (size_t i = 0; options && i < options->n_fields; i++) {
        const yz_field *field = &options->fields[i];
        if (field->value.kind == YZ_VALUE_TABLE && !yz_str_eq(field->name, flavour->adapter))
            continue;
        yz_diag_error(diag, "flavour \"%.*s\": adapter_options.%.*s %s", YZ_STR_ARGS(flavour->name), YZ_STR_ARGS(field->name),
                      field->value.kind == YZ_VALUE_TABLE ? "is of its own adapter: that one's options are said under options"
                                                          : "should be a table of options, such as { send_reasoning = \"text\" }");
        return false;
    }
    return true;
}

const yz_flavour *yz_flavour_read(const yz_statement *statement, yz_arena *arena, yz_diag *diag) {
    const yz_value *name = statement->n_args > 0 ? &statement->args[0] : NULL;
    if (!yz_value_is_text(name) || name->text.n == 0 || statement->n_args > 2) {
        yz_diag_error(diag, "flavour needs a name and what it says, as in flavour \"groq\" { source = \"…\", date = \"2026-11\", … }");
        return NULL;
    }
    yz_flavour *flavour = yz_alloc(arena, sizeof *flavour);
    yz_option_set set = {FLAVOUR_OPTIONS, sizeof FLAVOUR_OPTIONS / sizeof *FLAVOUR_OPTIONS, flavour};
    const yz_value *table = statement->n_args > 1 ? &statement->args[1] : NULL;
    const char *what = yz_format(arena, "flavour \"%.*s\"", YZ_STR_ARGS(name->text)).p;
    flavour->at = statement->at;
    flavour->name = name->text;
    flavour->options = yz_value_get(table, "options");
    flavour->host_options = yz_value_get(table, "host_options");
    flavour->adapter_options = yz_value_get(table, "adapter_options");
    bool ok = yz_options_fill(&set, 1, table, what, arena, diag);
    for (size_t i = 0; ok && i < flavour->catalogue.n; i++) /* else some may be missing */
        ((yz_flavour_model *)(uintptr_t)flavour->catalogue.items[i])->facts.size = sizeof(yz_model_facts);
    return ok && check_rules(flavour, diag) && check_adapters(flavour, diag) && check_finish(flavour, diag) ? flavour : NULL;
}

void yz_flavours_add(yz_flavours *flavours, const yz_flavour *flavour, yz_arena *arena) {
    if (!flavour || yz_flavours_find(flavours, flavour->name))
        return;
    if ((flavours->n & (flavours->n - 1)) == 0) { /* 0, 1, 2, 4, 8 …: full */
        const yz_flavour **more = yz_alloc(arena, (flavours->n ? 2 * flavours->n : 1) * sizeof *more);
        if (flavours->n)
            memcpy(more, flavours->items, flavours->n * sizeof *more);
        flavours->items = more;
    }
    flavours->items[flavours->n++] = flavour;
}

/* ---- files ----------------------------------------------------------------------------------------------------------- */

static void read_file(yz_flavours *flavours, const char *path, yz_arena *arena, yz_diag *diag) {
    static const char *const directives[] = {"flavour"};
    yz_buf text = {0};
    yz_script script;
    const char *kept = yz_dup(arena, yz_str_of(path)).p;
    yz_diag_at(diag, (yz_place){kept, 0});
    if (!yz_running_read(kept, &text)) {
        yz_diag_error(diag, "cannot read the flavour %s", kept);
    } else if (yz_script_run(kept, yz_buf_view(&text), YZ_STR(""), directives, 1, arena, diag, &script)) {
        for (const yz_statement *statement = script.statements; statement; statement = statement->next) {
            yz_diag_at(diag, statement->at);
            yz_flavours_add(flavours, yz_flavour_read(statement, arena, diag), arena);
        }
    }
    yz_buf_free(&text);
}

static int is_lua(const struct dirent *entry) {
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 4 && strcmp(entry->d_name + n - 4, ".lua") == 0;
}

void yz_flavours_read_folder(yz_flavours *flavours, const char *folder, yz_arena *arena, yz_diag *diag) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_lua, alphasort);
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path)
            read_file(flavours, path, arena, diag);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* The first of these folders that is there: a build has its own, and what is installed is the same. */
static void read_installed(yz_flavours *flavours, yz_arena *arena, yz_diag *diag) {
    size_t before = flavours->n;
    const char *chosen = getenv("YUZUI_FLAVOURS");
    char folder[PATH_MAX];
    if (chosen && *chosen)
        yz_flavours_read_folder(flavours, chosen, arena, diag);
    if (flavours->n == before && yz_beside_binary("../flavours", folder))
        yz_flavours_read_folder(flavours, folder, arena, diag);
    if (flavours->n == before && yz_beside_binary(YZ_FLAVOUR_FOLDER, folder))
        yz_flavours_read_folder(flavours, folder, arena, diag);
}

void yz_flavours_read_all(yz_flavours *flavours, yz_str config_folder, yz_arena *arena, yz_diag *diag) {
    yz_flavours_read_folder(flavours, yz_format(arena, "%.*s/flavours", YZ_STR_ARGS(config_folder)).p, arena, diag);
    read_installed(flavours, arena, diag);
}
