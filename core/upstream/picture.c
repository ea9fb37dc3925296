/* picture.c: pictures that a model of another dialect paints in a chat, for a client that asked for pictures alone. Their bytes are looked
 * at as they pass: a chat without a picture, or with one that no client can read, is no answer, though it is paid for.
 */
#include "upstream/provider_inner.h"

static void finish(yz_leaf *leaf) {
    leaf->garbled |= leaf->painting && !yz_base64_whole(&leaf->picture);
    leaf->painting = false;
}

/* Its pieces follow each other; should two be painted at once, only the later one is looked at. */
static void begin(yz_leaf *leaf, unsigned index) {
    leaf->painted = leaf->painting = true;
    leaf->picture = (yz_base64_look){0};
    leaf->picture_index = index;
}

void yz_leaf_paint(yz_leaf *leaf, const yz_event *event) {
    if (event->kind == YZ_EVENT_ITEM && event->item == YZ_PART_IMAGE) {
        begin(leaf, event->index);
        return;
    }
    if (!leaf->painting || event->index != leaf->picture_index)
        return;
    if (event->kind == YZ_EVENT_ITEM_END)
        finish(leaf);
    if (event->kind != YZ_EVENT_DELTA)
        return;
    bool escaped = event->text.n > 0 && memchr(event->text.p, '\\', event->text.n) != NULL; /* "/" as "\/", "=" as "\u003d" */
    yz_base64_feed(&leaf->picture, escaped ? yz_json_unescape(leaf->arena, event->text) : event->text);
}

bool yz_leaf_unpainted(yz_leaf *leaf) {
    if (!leaf->paints)
        return false;
    finish(leaf);
    if (leaf->painted && !leaf->garbled)
        return false;
    bool refused = !leaf->painted && leaf->end.finish == YZ_FINISH_FILTER;
    yz_leaf_fail(leaf, refused ? YZ_ERROR_CONTENT_POLICY : YZ_ERROR_ANSWERED,
                 refused         ? "it refused to paint this"
                 : leaf->garbled ? "its picture is not base64"
                                 : "it answered without a picture");
    return true;
}
