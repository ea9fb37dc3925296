/* common/named.c: whether a client meant the model it gets. An alias, a policy or a fallback exchanges it: then the body was written for
 * another model, and says what that one takes.
 */
#include "common.h"

bool yc_names_target(const yz_request *request, const yz_target *target, yz_arena *arena) {
    return request->model_node && yz_str_eq(yz_json_text(arena, request->model_node), target->model);
}
