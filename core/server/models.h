/* server/models.h: the list of models, GET /v1/models. */
#ifndef YUZUI_SERVER_MODELS_H
#define YUZUI_SERVER_MODELS_H

#include <yuzui/call.h>

/* A core link that stands in every chain just before the provider: it answers op MODELS with the models of the generation that the
 * request's key may use, and passes everything else on. So the list goes through the chain like any other request, and whatever
 * stage says who asks (auth) or refuses (limits) holds for it too. It has no options and no state. */
extern const yz_filter yz_models_filter;

#endif
