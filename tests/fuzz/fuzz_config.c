/* fuzz_config.c: any text as yuzui.lua: it is read or refused, within its limits, and leaves nothing behind. */
#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"
#include "net/tls.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool ready;
    if (!ready) {
        yz_diag unheard = {0};
        setenv("YUZUI_PLUGINS", YZ_BUILD_FOLDER "/plugins", 1);
        yz_tls_client(YZ_STR(""), false, &unheard); /* kept: making one for every input would be most of the work */
        ready = true;
    }
    yz_arena *arena = yz_arena_new(NULL);
    yz_diag diag = {0};
    const yz_settings *settings = yz_settings_read_text("fuzz/yuzui.lua", (yz_str){(const char *)data, size}, arena, &diag);
    if (!settings && diag.errors == 0)
        abort(); /* refused without a word */
    if (settings && (diag.errors > 0 || settings->n_listens == 0))
        abort();
    yz_diag_free(&diag);
    yz_arena_free(arena);
    return 0;
}
