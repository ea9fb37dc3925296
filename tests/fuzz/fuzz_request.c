/* Requests: whole and in pieces they must tell the same story. The first byte seeds the pieces. */
#include "h1_story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0)
        story_compare(false, false, (yz_str){(const char *)data + 1, size - 1}, data[0]);
    return 0;
}
