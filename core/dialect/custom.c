/* dialect/custom.c: calls of tools that take free text (yuzui/answer.h has the contract). */
#include <yuzui/answer.h>

yz_str yz_custom_input(yz_arena *arena, yz_str arguments) {
    yz_json *object;
    yz_str plain = yz_json_unescape(arena, arguments);
    if (yz_json_parse(arena, plain, YZ_JSON_ANSWERED, &object, NULL) < 0)
        return arguments;
    const yz_json *input = yz_json_get(object, "input");
    return yz_json_is(input, YZ_JSON_STRING) ? yz_json_escaped(input) : arguments;
}
