/* plugin/kinds.c: which kinds of plugin are in a file.
 *
 * To open a plugin is to map all libraries it needs, for the life of the process: those of a database client alone are as large as all
 * the rest of yuzui. So a file is looked at first. What it says stands in its bytes after a mark that nothing else has; no more of the
 * format of shared objects needs to be known, and a file that says nothing is opened, as any was before there was a mark.
 */
#include "plugin/kinds.h"

#include <string.h>

static const struct {
    const char *word;
    unsigned kind;
} WORDS[] = {{"stage", YZ_KIND_STAGE}, {"adapter", YZ_KIND_ADAPTER}, {"store", YZ_KIND_STORE}, {"ledger", YZ_KIND_LEDGER}};
enum { N_WORDS = sizeof(WORDS) / sizeof(*WORDS) };

unsigned yz_kinds_of(const yz_plugin *plugin) {
    return (plugin->filter ? YZ_KIND_STAGE : 0U) | (plugin->adapter ? YZ_KIND_ADAPTER : 0U) | (plugin->store ? YZ_KIND_STORE : 0U) |
           (plugin->ledger ? YZ_KIND_LEDGER : 0U);
}

static unsigned kind_of_word(yz_str word) {
    for (size_t i = 0; i < N_WORDS; i++)
        if (yz_str_is(word, WORDS[i].word))
            return WORDS[i].kind;
    return 0;
}

/* "stage store" up to the zero that ends a text in C. One unknown word, and nothing is known. */
static unsigned read_words(yz_str words) {
    unsigned kinds = 0;
    for (size_t at = 0, end; at < words.n; at = end + 1) {
        for (end = at; end < words.n && words.p[end] != ' ';)
            end++;
        unsigned kind = kind_of_word((yz_str){words.p + at, end - at});
        if (kind == 0)
            return 0;
        kinds |= kind;
    }
    return kinds;
}

unsigned yz_kinds_said(yz_str content) {
    static const char mark[] = YZ_PLUGIN_KINDS_MARK;
    const char *found = content.n > 0 ? memmem(content.p, content.n, mark, sizeof(mark) - 1) : NULL;
    if (!found)
        return 0;
    const char *words = found + sizeof(mark) - 1, *limit = content.p + content.n;
    const char *end = memchr(words, '\0', (size_t)(limit - words));
    return end ? read_words((yz_str){words, (size_t)(end - words)}) : 0;
}

static void put_words(yz_buf *out, unsigned kinds) {
    for (size_t i = 0; i < N_WORDS; i++)
        if (kinds & WORDS[i].kind)
            yz_buf_printf(out, "%s%s", out->n > 0 ? " " : "", WORDS[i].word);
}

bool yz_kinds_check(const yz_plugin *plugin, unsigned said, const char *file, yz_diag *diag) {
    unsigned is = yz_kinds_of(plugin);
    if (said == 0 || said == is)
        return true;
    yz_buf found = {0}, right = {0};
    put_words(&found, said);
    put_words(&right, is);
    yz_diag_error(diag, "plugin %s says YZ_PLUGIN_KINDS(\"%.*s\"), but is YZ_PLUGIN_KINDS(\"%.*s\")", file,
                  YZ_STR_ARGS(yz_buf_view(&found)), YZ_STR_ARGS(yz_buf_view(&right)));
    yz_buf_free(&found);
    yz_buf_free(&right);
    return false;
}
