/* config/reach.h: can a provider be reached? All workers share one answer, so that the log says once when it cannot be any more, and once
 * when it can again; it is still known after a reload. Any thread, without locks. */
#ifndef YUZUI_CONFIG_REACH_H
#define YUZUI_CONFIG_REACH_H

#include "config/settings.h"

typedef struct yz_reach yz_reach;

/* What a line says of the provider. */
typedef struct yz_reach_of {
    yz_str name, node;  /* node empty: it has one address */
    const yz_url *base; /* of it scheme, host and port are shown: a user, a password, a path may be secrets */
    const yz_url *proxy;
} yz_reach_of;

static inline yz_reach_of yz_reach_of_provider(const yz_provider_settings *provider) {
    return (yz_reach_of){provider->pub.name, provider->node, &provider->base, &provider->proxy};
}

/* That of this provider at this address. As long as the process. Control thread. */
yz_reach *yz_reach_find(const yz_reach_of *of);
/* No connection was made, and why: words that name no address. `now` in ms. */
void yz_reach_failed(yz_reach *reach, const yz_reach_of *of, int64_t now, const char *why);
/* It answers, and not as an API does: to be told? The first time alone; then `address` has where it is. */
bool yz_reach_astray(yz_reach *reach, const yz_reach_of *of, char *address, size_t room);
/* It has answered. Cheap while nothing is wrong. */
void yz_reach_answered(yz_reach *reach, const yz_reach_of *of, int64_t now);

#endif
