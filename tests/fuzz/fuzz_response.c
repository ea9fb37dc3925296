/* Responses, likewise; the lowest bit of the first byte says whether they answer a HEAD. */
#include "h1_story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0)
        story_compare(true, data[0] & 1, (yz_str){(const char *)data + 1, size - 1}, data[0]);
    return 0;
}
