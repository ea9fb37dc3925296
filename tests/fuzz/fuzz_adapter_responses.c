/* The responses adapter: answers, requests and errors, decoded, read and written again (adapter_story.h). */
#include "adapter_story.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    story_open("responses");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) { return story(p, n); }
