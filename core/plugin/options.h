/* plugin/options.h: option tables: what a config says becomes the fields of a config struct, with every error reported. Shared by
 * plugins and by the core's own directives, so that all of them speak alike. Control thread. */
#ifndef YUZUI_PLUGIN_OPTIONS_H
#define YUZUI_PLUGIN_OPTIONS_H

#include "base/value.h"

/* Some options, and the struct they fill. */
typedef struct yz_option_set {
    const yz_option *options;
    size_t n;
    void *into;
} yz_option_set;

/* The offset of an option that its directive reads itself: it is known and documented, but not filled. */
#define YZ_OPTION_ELSEWHERE ((size_t)-1)

/* Fills every set from the table (NULL: nothing was said, defaults only); positional items are refused. `what` begins the messages
 * ("retry", "provider \"openai\""). Strings and lists are copied into the arena. False: at least one error was reported. */
bool yz_options_fill(const yz_option_set *sets, size_t n_sets, const yz_value *table, const char *what, yz_arena *arena, yz_diag *diag);

/* The name of the option that a value without one is most likely for; NULL: there is none at all. */
const char *yz_option_likely(const yz_option *options, size_t n, const yz_value *value);

/* Which of these options is meant by a name that none has, as other programs spell it or misspelt; NULL: none is known. */
const char *yz_option_meant(yz_str name, const char *const *names, size_t n);

/* The config struct of a plugin, made in the arena. NULL: errors were reported. */
void *yz_options_config(const yz_plugin *plugin, const yz_value *table, yz_arena *arena, yz_diag *diag);

/* The filled struct as text, all options in order: equal text, equal options. Holds what the config holds: not for logs. */
void yz_options_spell(const yz_plugin *plugin, const void *config, yz_buf *out);

/* A table of the options for people: name, type, default, help. */
void yz_options_print(const yz_option *options, size_t n, yz_buf *out);

/* Is the table itself sound (names, types, offsets, defaults that parse)? NULL, or what is wrong with it, in the arena. */
const char *yz_options_fault(const yz_option *options, size_t n, size_t config_size, yz_arena *arena);

/* "1h30m", "250ms", "0" -> ms; "32MiB", "4096" -> bytes. False: malformed or too large. */
bool yz_parse_duration(yz_str text, int64_t *ms);
bool yz_parse_size(yz_str text, int64_t *bytes);

#endif
