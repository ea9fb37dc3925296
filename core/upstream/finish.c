/* finish.c: why an answer ended, said in a vendor's own word, which the flavours know (yz_flavours_finish).
 *
 * Who gets a translated answer gets what the word means, and an error where the answer failed. In one that is forwarded the word would
 * reach clients that know their dialect's alone: there its place is exchanged for the dialect's word. Where the answer failed, or has not
 * ended after all, nothing is said in that place: the error comes at the end. A word that nobody knows means that the answer was cut short,
 * but of the vendor whose dialect it is: its clients may be newer than we are.
 */
#include "base/log.h"
#include "base/text.h"
#include "upstream/provider_inner.h"

/* YZ_FINISH_NONE: that the answer failed. */
static yz_finish finish_by(yz_str meaning) {
    static const struct {
        const char *word;
        yz_finish finish;
    } words[] = {
        {"stop", YZ_FINISH_STOP},
        {"length", YZ_FINISH_LENGTH},
        {"tools", YZ_FINISH_TOOLS},
        {"filter", YZ_FINISH_FILTER},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (yz_str_is(meaning, words[i].word))
            return words[i].finish;
    return meaning.n ? YZ_FINISH_NONE : YZ_FINISH_LENGTH;
}

static yz_str meaning_of(const yz_leaf *leaf, yz_str word) {
    const yz_provider_settings *provider = leaf->provider;
    return provider->flavours ? yz_flavours_finish(provider->flavours, provider->flavour, word) : YZ_STR("");
}

/* The class of a finish reason that says why the answer failed; BROKEN: no more than that it did. */
static yz_error_class class_of_end(yz_str meaning) { return yz_str_is(meaning, "error") ? YZ_ERROR_BROKEN : yz_flavour_class(meaning); }

static void fail(yz_leaf *leaf, yz_str reason, yz_str meaning) {
    yz_error error = {YZ_ERROR, .class_ = class_of_end(meaning), .started = YZ_STARTED_YES};
    error.message = yz_format(leaf->arena, "the provider broke its answer off (it says \"%.*s\")", YZ_STR_ARGS(reason));
    yz_emit(&leaf->sink, &(yz_event){YZ_EVENT, .kind = YZ_EVENT_ERROR, .error = &error});
}

bool yz_leaf_finish(yz_leaf *leaf, yz_event *event) {
    yz_str reason = event->name, name = leaf->provider->pub.name, meaning = meaning_of(leaf, reason);
    reason.n = reason.n < 40 ? reason.n : 40;
    event->finish = finish_by(meaning);
    event->name = (yz_str){0};
    if (event->finish == YZ_FINISH_NONE) {
        fail(leaf, reason, meaning);
        return false;
    }
    if (meaning.n == 0) {
        leaf->end.finish = YZ_FINISH_OTHER; /* for those who keep answers: a client is told that it was cut short */
        yz_log(YZ_LOG_WARN, "provider %.*s: nobody knows its finish reason \"%.*s\": taken as an answer that was cut short",
               YZ_STR_ARGS(name), YZ_STR_ARGS(reason));
    }
    return true;
}

/* ---- in an answer that is forwarded ---------------------------------------------------------------------------------- */

/* Is the vendor the one whose dialect this is? Its flavour has the name of its adapter then. */
static bool owns_dialect(const yz_leaf *leaf) {
    const yz_flavour *flavour = leaf->provider->flavour;
    return flavour && yz_str_eq(flavour->name, flavour->adapter);
}

/* The dialect's word; NULL: the provider's may stay. "" stands for none. */
static const char *word_for(const yz_leaf *leaf, const yz_event *event) {
    if (event->name.n == 0)
        return "";
    yz_str meaning = meaning_of(leaf, event->name);
    yz_finish finish = finish_by(meaning);
    if (meaning.n == 0 && owns_dialect(leaf))
        return NULL;
    if (finish == YZ_FINISH_STOP && event->finish == YZ_FINISH_TOOLS)
        finish = YZ_FINISH_TOOLS;
    return finish == YZ_FINISH_NONE ? "" : leaf->adapter->finish_words[finish - YZ_FINISH_STOP];
}

void yz_leaf_finish_word(yz_leaf *leaf, const yz_event *event) {
    const char *word = leaf->adapter->finish_words && !leaf->kept && event->raw.n ? word_for(leaf, event) : NULL;
    if (!(leaf->said & 1u << YZ_EVENT_FINISH_WORD))
        leaf->n_exchanged = 0;
    if (!word || leaf->n_exchanged == YZ_FINISH_WORDS)
        return;
    if (!leaf->exchanged)
        leaf->exchanged = yz_alloc(leaf->arena, YZ_FINISH_WORDS * sizeof *leaf->exchanged);
    yz_arena *arena = leaf->scratch ? leaf->scratch : leaf->arena;
    yz_str with = *word ? yz_format(arena, "\"%s\"", word) : YZ_STR("null");
    leaf->exchanged[leaf->n_exchanged++] = (yz_splice){YZ_SPLICE, .at = event->raw, .with = with};
    leaf->said |= 1u << YZ_EVENT_FINISH_WORD;
}
