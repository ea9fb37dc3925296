/* dialect/film.c: see film.h. */
#include "dialect/film.h"

bool yz_film_crosses(const yz_adapter *client, const yz_adapter *provider) {
    return client && client->read_film && client->write_job && provider->write_film && provider->read_job;
}

int yz_film_write(const yz_request *request, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out, yz_error *error) {
    yz_film film = {YZ_FILM};
    int code = request->dialect->read_film(request, arena, losses, &film, error);
    if (code == YZ_OK)
        code = target->provider->adapter->write_film(target->provider, &film, target, arena, losses, out);
    return code;
}
