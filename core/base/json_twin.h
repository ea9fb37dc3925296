/* base/json_twin.h: do two members of an object have the same key? Internal to base/: json.c asks when its filter suspects so. */
#ifndef YUZUI_BASE_JSON_TWIN_H
#define YUZUI_BASE_JSON_TWIN_H

#include <yuzui/json.h>

/* The second of two members with equal keys (unescaped) among the `count` members of the object; NULL: there are none. `escaped`: some key
 * holds a backslash. Takes time near to linear in `count`, whatever the keys are; unescaped keys go into the arena. */
const yz_json *yz_json_twin(yz_arena *arena, const yz_json *object, size_t count, bool escaped);

#endif
