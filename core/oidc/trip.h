/* oidc/trip.h: one call of the stage: it waits for the provider as often as it must, and is answered once. Worker thread. */
#ifndef YUZUI_OIDC_TRIP_H
#define YUZUI_OIDC_TRIP_H

#include "oidc/login.h"
#include "oidc/provider.h"
#include "oidc/token.h"

typedef struct yz_oidc_trip { /* the state of the call: its memory is the call's */
    yz_call *call;
    yz_oidc_provider *provider;
    yz_login login;
    yz_str answer; /* the query that the provider sent the browser back with; of a begin empty */
    void (*step)(struct yz_oidc_trip *trip, const yz_http_answer *answer); /* what is done with what the provider answers */
    const char *asked;                                                     /* for what, in words */
    yz_id_token token;
    yz_str access_token;
    bool counted; /* among provider->running */
} yz_oidc_trip;

/* Both answer the call, now or later. The trip has its call and its provider. */
void yz_oidc_begin(yz_oidc_trip *trip);
/* `login`: what the page has kept of it. */
void yz_oidc_finish(yz_oidc_trip *trip, yz_str login, yz_str answer);
/* The call has ended. */
void yz_oidc_trip_close(yz_oidc_trip *trip);

/* A JSON text that nobody keeps, as the answer; the buffer is freed. */
void yz_oidc_answer(yz_call *call, yz_buf *json);
/* `code`: what the page looks up a sentence by. */
void yz_oidc_refuse(yz_call *call, yz_error_class class_, const char *code, yz_str message);

#endif
