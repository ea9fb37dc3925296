/* common/patch.c: a value that stays byte for byte, but for some places in it. */
#include "common.h"

void yc_patch(yc_patched *p, yz_str place, yz_str with) {
    if (place.p < p->at) /* places come in their order; one that does not stays as it is */
        return;
    yz_buf_put(&p->out, p->at, (size_t)(place.p - p->at));
    yz_buf_str(&p->out, with);
    p->at = place.p + place.n;
    p->changed = true;
}

bool yc_end_patching(yc_patched *p, const yz_json *value) {
    yz_str raw = yz_json_raw(value);
    if (p->changed)
        yz_buf_put(&p->out, p->at, (size_t)(raw.p + raw.n - p->at));
    return p->changed;
}
