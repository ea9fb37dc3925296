/* config/read_sense.c: what a config may say and yet hardly means: here, names that nothing answers to. Warnings only: whoever means it is
 * served. Keys, providers and chains have files of their own, sense_keys.c,
 * sense_providers.c and sense_chain.c.
 */
#include "config/read.h"

/* "there are gpt-5.2, kimi-k2.5"; of many the first. */
static void tell_nobody(yz_reader *reader, const char *what, yz_str wanted, const char *const *names, size_t n) {
    enum { SHOWN = 8 };
    yz_buf list = {0};
    for (size_t i = 0; i < n && i < SHOWN; i++)
        yz_buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    if (n > SHOWN)
        yz_buf_printf(&list, " and %zu more", n - SHOWN);
    yz_diag_warn(reader->diag, "%s: there is no model \"%.*s\": there are %.*s", what, YZ_STR_ARGS(wanted),
                 YZ_STR_ARGS(yz_buf_view(&list)));
    yz_buf_free(&list);
}

/* With a policy, a name may be one that only the policy knows, such as "auto"; without one, or near a model's name, it is a mistake. A
 * pattern stands for names of models, which no policy makes up: who means it declares it. */
void yz_read_check_models(yz_reader *reader, const char *what, const yz_list *models, bool policy) {
    const yz_settings *s = reader->settings;
    const char **names = yz_alloc(reader->arena, (s->n_models + 1) * sizeof(*names));
    for (size_t i = 0; i < s->n_models; i++)
        names[i] = s->models[i].name.p;
    for (size_t i = 0; i < models->n && !yz_diag_full(reader->diag); i++) {
        yz_str wanted = models->items[i];
        const yz_key one = {YZ_KEY, .models = &wanted, .n_models = 1};
        size_t k = 0;
        while (k < s->n_models && !yz_key_allows(&one, s->models[k].name))
            k++;
        if (k == s->n_models && yz_model_find(s, wanted))
            continue; /* a pattern serves it */
        const char *meant = k < s->n_models ? NULL : yz_did_you_mean(wanted, names, s->n_models);
        if (meant)
            yz_diag_warn(reader->diag, "%s: there is no model \"%.*s\": did you mean \"%s\"?", what, YZ_STR_ARGS(wanted), meant);
        else if (k == s->n_models && !policy)
            tell_nobody(reader, what, wanted, names, s->n_models);
        else if (k == s->n_models && wanted.n > 1 && wanted.p[wanted.n - 1] == '*')
            yz_diag_warn(
                reader->diag,
                "%s: no model is called \"%.*s\": model \"%.*s\" { … } says who serves them, or without targets, model \"%.*s\" {}, "
                "that a policy knows them",
                what, YZ_STR_ARGS(wanted), YZ_STR_ARGS(wanted), YZ_STR_ARGS(wanted));
    }
}

static void check_chain(yz_reader *reader, const yz_chain_settings *chain) {
    yz_diag_at(reader->diag, chain->at);
    yz_read_check_models(reader, yz_chain_words(reader, chain), &chain->models, yz_chain_find_stage(chain, "policy", 0) != NULL);
}

void yz_read_sense(yz_reader *reader) {
    const yz_settings *s = reader->settings;
    yz_read_chain_sense(reader);
    yz_read_provider_sense(reader);
    yz_read_key_sense(reader);
    if (s->n_models == 0) {
        yz_diag_at(reader->diag, (yz_place){s->watched[0].p, 0});
        yz_diag_warn(reader->diag, "there is no model: model \"gpt-5.2\" { \"openai\" } makes one");
        return;
    }
    for (size_t i = 0; i < s->n_chains; i++)
        check_chain(reader, &s->chains[i]);
    yz_read_option_sense(reader);
    yz_read_label_sense(reader);
    yz_read_time_sense(reader);
    yz_read_target_sense(reader);
}
