/* server/json_slip.h: what is meant where a body is no JSON, but nearly: for the words of a 400. */
#ifndef YUZUI_SERVER_JSON_SLIP_H
#define YUZUI_SERVER_JSON_SLIP_H

#include <yuzui/base.h>

/* What would be right at this byte, as the end of a sentence that begins with a colon; "": nothing that is known. Shows nothing of it. */
const char *yz_json_slip(yz_str body, size_t at);

#endif
