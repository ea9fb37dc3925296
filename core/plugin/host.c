/* plugin/host.c: the table of functions every plugin gets. Its order is the interface: see yuzui/plugin.h. */
#include "plugin/loader.h"

const yz_host yz_host_functions = {.abi_major = YZ_ABI_MAJOR,
                                   .abi_minor = YZ_ABI_MINOR,
                                   .size = sizeof(yz_host),
#define HOST_ENTRY(name) .name = yz_##name,
                                   YZ_HOST_FUNCTIONS(HOST_ENTRY)
#undef HOST_ENTRY
};
