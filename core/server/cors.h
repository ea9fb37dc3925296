/* server/cors.h: lets pages of other origins use the gateway, if the settings say so. Without them no header is sent and a browser keeps
 * such pages out; requests without an Origin, and those of the admin listener, are none of this file's business. Worker thread. */
#ifndef YUZUI_SERVER_CORS_H
#define YUZUI_SERVER_CORS_H

#include "server/request.h"

/* Appends what every answer to such a page carries. */
void yz_cors_headers(const yz_asked *asked, yz_buf *out);
/* What the answer to a preflight (OPTIONS) carries besides. Returns how many. */
#define YZ_CORS_PREFLIGHT 3
size_t yz_cors_preflight(const yz_asked *asked, yz_header headers[YZ_CORS_PREFLIGHT]);

#endif
