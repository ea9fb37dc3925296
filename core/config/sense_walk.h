/* config/sense_walk.h: the options of all stages, one after the other, for what looks at them by what they are, whatever stage they are of.
 */
#ifndef YUZUI_CONFIG_SENSE_WALK_H
#define YUZUI_CONFIG_SENSE_WALK_H

#include "config/read.h"

/* A table of options as a stage was given it: its own, or one that stands in it. */
typedef struct yz_option_place {
    yz_reader *reader;
    const yz_chain_settings *chain;
    const yz_stage_settings *stage;
    const char *path; /* before the option's name: "limit: ", "limit: limits[1]." */
    const yz_option *options;
    size_t n_options;
    const void *config; /* that they fill */
} yz_option_place;

/* Called for every option; messages are said of the stage's line. `field`: what it was filled with. */
typedef void yz_option_looker(const yz_option_place *at, const yz_option *option, const void *field);
void yz_walk_options(yz_reader *reader, yz_option_looker *look);
const void *yz_option_field(const yz_option_place *at, const yz_option *option);

/* A name, or a pattern that ends in '*' and fits every name it begins. */
bool yz_name_fits(yz_str pattern, yz_str name);

#endif
