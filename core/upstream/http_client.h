/* upstream/http_client.h: the core's side of the HTTP client of plugins (yuzui/http.h). */
#ifndef YUZUI_UPSTREAM_HTTP_CLIENT_H
#define YUZUI_UPSTREAM_HTTP_CLIENT_H

#include <yuzui/http.h>

struct yz_tls;
/* A client that trusts whom this context trusts, of which it takes a reference. Never NULL. */
yz_http *yz_http_open_as(yz_worker *worker, struct yz_tls *tls);

#endif
