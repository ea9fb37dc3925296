/* config/sense_time.c: times that other times make mean nothing: a provider that would be given up after the deadline has cut everything
 * off, pauses and second calls that would begin after it, a second call that would begin after the first has been given up, more than the
 * most. Warnings only, and only of times that the config says itself. Knows the bundled stages deadline, retry and hedge by name.
 */
#include "config/read.h"

/* ---- how long a request may take -------------------------------------------------------------------------------------------------- */

/* ms that a rule for keys gives them. */
static int64_t time_of(const yz_option_table *table, const void *rule) {
    const yz_option *time = yz_option_of(table->options, table->n_options, "time");
    return time ? *(const int64_t *)(const void *)((const char *)rule + time->offset) : 0;
}

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
        int64_t of_key = time_of(option->table, keys->items[i]);
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

/* What is given by default, or to a key, and is more than anybody gets. */
static void check_most(yz_reader *reader, const yz_chain_settings *chain, const yz_stage_settings *deadline) {
    const int64_t *otherwise = yz_stage_option(deadline, "default", YZ_OPTION_DURATION, NULL);
    const int64_t *most = yz_stage_option(deadline, "most", YZ_OPTION_DURATION, NULL);
    const yz_option *option = NULL;
    const yz_tables *keys = yz_stage_option(deadline, "keys", YZ_OPTION_TABLES, &option);
    if (strcmp(deadline->plugin->name, "deadline") != 0 || !otherwise || !most || !keys || *most == 0)
        return;
    const char *what = *otherwise > *most ? "default" : NULL;
    int64_t ms = *otherwise;
    for (size_t i = 0; i < keys->n && !what; i++) {
        ms = time_of(option->table, keys->items[i]);
        what = ms > *most ? yz_format(reader->arena, "keys[%zu].time", i + 1).p : NULL;
    }
    yz_diag_at(reader->diag, deadline->at);
    if (what)
        yz_diag_warn(reader->diag, "%s: deadline: %s is %s, and most is %s, which nobody gets more than: one of them is not meant",
                     yz_chain_words(reader, chain), what, spell(reader, ms), spell(reader, *most));
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

/* ---- a race ----------------------------------------------------------------------------------------------------------------------- */

/* ms after which whoever is asked through this chain has been given up without content, the most patient; 0: nobody is asked, or it is
 * nobody's word. */
static int64_t longest_to_content(const yz_settings *s, const yz_chain_settings *chain) {
    const yz_timeouts usual = yz_read_usual_times();
    int64_t most = 0;
    for (size_t i = 0; i < s->n_models; i++)
        for (size_t k = 0; k < s->models[i].n_targets && yz_chain_leads_to(s, chain, &s->models[i]); k++) {
            const yz_timeouts *t = &((const yz_provider_settings *)(const void *)s->models[i].targets[k]->provider)->timeout;
            int64_t ms = t->first_byte > t->first_token ? t->first_byte : t->first_token;
            if (ms == usual.first_byte || ms == usual.first_token)
                return 0;
            most = ms > most ? ms : most;
        }
    return most;
}

/* With retry below, its time goes on over several attempts. */
static void check_race(yz_reader *reader, const yz_chain_settings *chain, const yz_stage_settings *hedge) {
    static const char *const names[] = {"after", "least"};
    bool is_race = strcmp(hedge->plugin->name, "hedge") == 0 && !yz_chain_find_stage(chain, "retry", 0);
    int64_t bound = is_race ? longest_to_content(reader->settings, chain) : 0;
    for (size_t i = 0; bound > 0 && i < sizeof names / sizeof *names; i++) {
        const int64_t *ms = yz_stage_option(hedge, names[i], YZ_OPTION_DURATION, NULL);
        if (!ms || *ms < bound)
            continue;
        yz_diag_at(reader->diag, hedge->at);
        yz_diag_warn(
            reader->diag,
            "%s: hedge: %s is %s, and every provider is given up after %s without content (timeout.first_byte and first_token): the "
            "first call is over before a second one begins; less than that is right",
            yz_chain_words(reader, chain), names[i], spell(reader, *ms), spell(reader, bound));
    }
}

void yz_read_time_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    for (size_t i = 0; i < s->n_providers; i++)
        check_provider(reader, s->providers[i]);
    for (size_t i = 0; i < s->n_chains; i++)
        for (size_t k = 0; k < s->chains[i].n_stages; k++) {
            check_stage(reader, &s->chains[i], &s->chains[i].stages[k]);
            check_most(reader, &s->chains[i], &s->chains[i].stages[k]);
            check_purse(reader, &s->chains[i], &s->chains[i].stages[k]);
            check_race(reader, &s->chains[i], &s->chains[i].stages[k]);
        }
}
