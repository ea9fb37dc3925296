/* config/sense_time.c: times that the deadline makes mean nothing: a provider that would be given up after the deadline has cut everything
 * off, pauses and second calls that would begin after it. Warnings only, and only of times that the config says itself. Knows the bundled
 * stages deadline, retry and hedge by name.
 */
#include "config/read.h"

/* ---- how long a request may take -------------------------------------------------------------------------------------------------- */

/* ms that requests of this chain have, those that are given the most without asking; 0: any time. */
static int64_t longest(const yz_stage_settings *deadline) {
    const int64_t *otherwise = yz_stage_option(deadline, "default", YZ_OPTION_DURATION, NULL);
    const int64_t *most = yz_stage_option(deadline, "most", YZ_OPTION_DURATION, NULL);
    const yz_option *option = NULL;
    const yz_tables *keys = yz_stage_option(deadline, "keys", YZ_OPTION_TABLES, &option);
    if (!otherwise || !most || !keys)
        return 0;
    int64_t ms = *otherwise;
    for (size_t i = 0; ms > 0 && i < keys->n; i++) {
        const yz_option *time = yz_option_of(option->table->options, option->table->n_options, "time");
        int64_t of_key = time ? *(const int64_t *)(const void *)((const char *)keys->items[i] + time->offset) : 0;
        ms = of_key > ms ? of_key : ms;
    }
    return *most > 0 && (ms == 0 || ms > *most) ? *most : ms;
}

/* The same of a stage, NULL: of all that asks a provider; a deadline below a stage does not bind it. */
static int64_t longest_of(const yz_chain_settings *chain, const yz_stage_settings *stage) {
    const yz_stage_settings *deadline = yz_chain_find_stage(chain, "deadline", 0);
    return deadline && (!stage || deadline < stage) ? longest(deadline) : 0;
}

/* May a client ask for more than that? */
static const char *unless_asked(const yz_stage_settings *deadline) {
    const int64_t *most = yz_stage_option(deadline, "most", YZ_OPTION_DURATION, NULL);
    const yz_str *header = yz_stage_option(deadline, "header", YZ_OPTION_STRING, NULL);
    bool more = most && header && header->n > 0 && (*most == 0 || *most > longest(deadline));
    return more ? ", where a client asks for no more" : "";
}

static const char *unless_any_asks(const yz_settings *s) {
    const char *unless = "";
    for (size_t i = 0; i < s->n_chains && !*unless; i++) {
        const yz_stage_settings *deadline = yz_chain_find_stage(&s->chains[i], "deadline", 0);
        unless = deadline ? unless_asked(deadline) : "";
    }
    return unless;
}

/* "30s", "1500ms". */
static const char *spell(yz_reader *reader, int64_t ms) {
    return yz_format(reader->arena, ms % 1000 == 0 ? "%llds" : "%lldms", (long long)(ms % 1000 == 0 ? ms / 1000 : ms)).p;
}

/* ---- stages ----------------------------------------------------------------------------------------------------------------------- */

/* What becomes of an option's time that is over the deadline. */
static const struct {
    const char *stage, *option, *so;
} TIMES[] = {
    {"retry", "base", "pauses up to that long are not begun"},
    {"retry", "cap", "pauses up to that long are not begun"},
    {"retry", "retry_after", "whoever asks for such a pause is not waited for"},
    {"hedge", "after", "nobody is ever asked a second time"},
    {"hedge", "least", "nobody is ever asked a second time"},
};

static void check_stage(yz_reader *reader, const yz_chain_settings *chain, const yz_stage_settings *stage) {
    int64_t bound = longest_of(chain, stage);
    for (size_t i = 0; bound > 0 && i < sizeof TIMES / sizeof *TIMES; i++) {
        const yz_option *option = NULL;
        int64_t usual = 0;
        const int64_t *ms =
            strcmp(stage->plugin->name, TIMES[i].stage) == 0 ? yz_stage_option(stage, TIMES[i].option, YZ_OPTION_DURATION, &option) : NULL;
        if (!ms || *ms <= bound || (option->otherwise && yz_parse_duration(yz_str_of(option->otherwise), &usual) && usual == *ms))
            continue;
        yz_diag_at(reader->diag, stage->at);
        yz_diag_warn(reader->diag, "%s: %s: %s is %s, and the deadline %s%s: %s; less than the deadline is right",
                     yz_chain_words(reader, chain), TIMES[i].stage, TIMES[i].option, spell(reader, *ms), spell(reader, bound),
                     unless_asked(yz_chain_find_stage(chain, "deadline", 0)), TIMES[i].so);
    }
}

/* Neither a share of the requests nor so many a second: there is no second call at all. */
static void check_purse(yz_reader *reader, const yz_chain_settings *chain, const yz_stage_settings *stage) {
    const double *budget = yz_stage_option(stage, "budget", YZ_OPTION_NUMBER, NULL);
    const double *floor = yz_stage_option(stage, "floor", YZ_OPTION_NUMBER, NULL);
    if (strcmp(stage->plugin->name, "hedge") != 0 || !budget || !floor || *budget > 0 || *floor > 0)
        return;
    yz_diag_at(reader->diag, stage->at);
    yz_diag_warn(reader->diag,
                 "%s: hedge never asks anybody a second time: budget and floor are 0; budget = 0.05 allows 5 of 100 requests one",
                 yz_chain_words(reader, chain));
}

/* ---- providers -------------------------------------------------------------------------------------------------------------------- */

static bool is_of(const yz_model_settings *model, const yz_provider_settings *provider) {
    for (size_t i = 0; i < model->n_targets; i++)
        if (yz_str_eq(model->targets[i]->provider->name, provider->pub.name))
            return true;
    return false;
}

/* ms that whoever asks this provider has at most, through whichever chain; 0: any time, or nobody asks it. */
static int64_t longest_at(const yz_settings *s, const yz_provider_settings *provider) {
    int64_t most = 0;
    for (size_t i = 0; i < s->n_chains; i++) {
        bool leads = false;
        for (size_t k = 0; k < s->n_models && !leads; k++)
            leads = is_of(&s->models[k], provider) && yz_chain_leads_to(s, &s->chains[i], &s->models[k]);
        int64_t ms = leads ? longest_of(&s->chains[i], NULL) : 0;
        if (leads && ms == 0)
            return 0;
        most = ms > most ? ms : most;
    }
    return most;
}

static void check_provider(yz_reader *reader, const yz_provider_settings *provider) {
    const yz_timeouts usual = yz_read_usual_times();
    const struct {
        const char *name;
        int64_t ms, usual;
    } times[] = {{"first_byte", provider->timeout.first_byte, usual.first_byte},
                 {"first_token", provider->timeout.first_token, usual.first_token}};
    int64_t bound = longest_at(reader->settings, provider);
    for (size_t i = 0; bound > 0 && i < sizeof times / sizeof *times; i++) {
        if (times[i].ms <= bound || times[i].ms == times[i].usual)
            continue;
        yz_diag_at(reader->diag, provider->at);
        yz_diag_warn(reader->diag,
                     "provider \"%.*s\": timeout.%s is %s, and the deadline of those who ask it %s%s: it is never given up before the "
                     "request is over, "
                     "so nobody else is asked; less than the deadline is right",
                     YZ_STR_ARGS(provider->pub.name), times[i].name, spell(reader, times[i].ms), spell(reader, bound),
                     unless_any_asks(reader->settings));
    }
}

void yz_read_time_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_providers; i++)
        check_provider(reader, s->providers[i]);
    for (size_t i = 0; i < s->n_chains; i++)
        for (size_t k = 0; k < s->chains[i].n_stages; k++) {
            check_stage(reader, &s->chains[i], &s->chains[i].stages[k]);
            check_purse(reader, &s->chains[i], &s->chains[i].stages[k]);
        }
}
