/* dialect/film.h: films between dialects: a request written for another one. How one stands is read and written by whoever follows it
 * (yz_adapter.read_job, write_job). No I/O. */
#ifndef YUZUI_DIALECT_FILM_H
#define YUZUI_DIALECT_FILM_H

#include <yuzui/adapter.h>

/* Can a client of this dialect have a film begun at a provider of that one? */
bool yz_film_crosses(const yz_adapter *client, const yz_adapter *provider);
/* The request's body for the target, appended to out. YZ_OK, or *error says why not; with YZ_EUNSUPPORTED what was lost does. */
int yz_film_write(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out, yz_error *error);

#endif
