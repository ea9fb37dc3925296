/* answer_error.c: errors a provider reports: answers with status >= 400, and errors inside an answer with status 200. */
#include "base/clock.h"
#include "upstream/classify.h"
#include "upstream/provider_inner.h"
#include "upstream/retry_after.h"
#include "upstream/scrub.h"

void yz_leaf_inner_error(yz_leaf *leaf) {
    yz_error_scrub(leaf->error, leaf->provider, leaf->arena);
    leaf->error->started = yz_leaf_started(leaf);
    yz_leaf_error(leaf, leaf->error);
}

void yz_leaf_refused(yz_leaf *leaf, yz_str body) {
    int status = leaf->head->status;
    yz_json *json = NULL;
    yz_error error = {YZ_ERROR, .class_ = yz_error_class_of(status),
                      .retry_after =
                          yz_retry_after(status, leaf->head->headers, leaf->head->n_headers, leaf->adapter->reset_headers, yz_clock_wall()),
                      .started = yz_status_started(status)};
    if (leaf->total > (int64_t)YZ_HELD_ERROR || yz_json_parse(leaf->arena, body, YZ_JSON_LONE_SURROGATES, &json, NULL) != YZ_OK)
        json = NULL;
    if (leaf->adapter->read_error)
        leaf->adapter->read_error(status, json, leaf->arena, &error);
    if (yz_status_is_credentials(status))
        error.class_ = YZ_ERROR_UPSTREAM_AUTH;
    if (!json || error.message.n == 0 || !yz_status_explains(status))
        error.message = yz_format(leaf->arena, "provider %.*s answered with status %d", YZ_STR_ARGS(leaf->provider->pub.name), status);
    yz_error_scrub(&error, leaf->provider, leaf->arena);
    yz_leaf_error(leaf, &error);
}
