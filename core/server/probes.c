/* probes.c: /healthz and /readyz: answered without a call, so that they say what they say also when no chain can be run. */
#include "server/probes.h"

#include "server/respond.h"

void yz_probe_answer(yz_exchange *x) {
    bool draining = x->asked.local == YZ_LOCAL_READY && x->front->worker->draining;
    yz_str body = x->asked.local == YZ_LOCAL_HEALTH ? YZ_STR("{\"status\":\"ok\"}\n")
                  : draining                        ? YZ_STR("{\"status\":\"draining\"}\n")
                                                    : YZ_STR("{\"status\":\"ready\"}\n");
    yz_exchange_enter(x, YZ_EXCHANGE_LOCAL);
    yz_respond(x, draining ? 503 : 200, YZ_STR("application/json"), body, NULL);
}
