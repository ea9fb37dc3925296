/* dialect/allowance.h: what a client may still ask, in the headers of its dialect. */
#ifndef YUZUI_DIALECT_ALLOWANCE_H
#define YUZUI_DIALECT_ALLOWANCE_H

#include <yuzui/adapter.h>

/* Appends a header line ("name: value\r\n") for each limit that is known and that the dialect has a name for. `now`: Unix seconds. */
void yz_allowance_write(const yz_adapter *dialect, const yz_allowance *allowance, int64_t now, yz_buf *out);

#endif
