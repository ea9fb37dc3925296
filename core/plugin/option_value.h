/* plugin/option_value.h: one option and one value, for options.c, options_doc.c and options_fault.c. */
#ifndef YUZUI_PLUGIN_OPTION_VALUE_H
#define YUZUI_PLUGIN_OPTION_VALUE_H

#include "plugin/options.h"

/* The default as a value; NIL without one. */
yz_value yz_option_default(const yz_option *option, yz_arena *arena);
/* Checks type and range and writes the field; not of TABLE and TABLES. False: not written. A SECRET is taken out of the value. */
bool yz_option_put(const yz_option *option, const yz_value *value, void *field, yz_arena *arena);
/* What would be right: "a whole number from 1 to 10". */
yz_str yz_option_right(const yz_option *option, yz_arena *arena);
/* The first text of a list that is none of the option's words; NULL: all may stand there, or it has no words. */
const yz_value *yz_option_stranger(const yz_option *option, const yz_value *list);
/* Bytes of the field that receives it. */
size_t yz_option_field_size(yz_option_type type);
size_t yz_option_field_align(yz_option_type type);
/* The i-th word of `choices`; empty past the end. */
yz_str yz_option_choice(const yz_option *option, size_t i);

#endif
