/* cli/admin.h: asking the admin address of a yuzui that runs: what `yuzui reload` and `yuzui status` share. */
#ifndef YUZUI_CLI_ADMIN_H
#define YUZUI_CLI_ADMIN_H

#include <yuzui/json.h>

/* Sends one request to the yuzui that is meant, and reads its answer, a JSON object in the arena. `address`: its admin address, NULL: that
 * of the one that runs (of `config`, unless that is NULL). The token is YUZUI_ADMIN_TOKEN of the environment. NULL: why was printed, as
 * "yuzui COMMAND: …". */
const yz_json *yz_cli_ask_admin(const char *command, const char *address, const char *config, const char *request, yz_arena *arena);

#endif
