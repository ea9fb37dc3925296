/* auth: who is asking, and may they ask for this model?
 *
 * It looks the credential up, once, and passes the request on with its key; later stages (cache, limits, policies) read
 * request->key. The allow-list is held against request->model, which is the only place a model is read from.
 *
 * A policy below may choose another model: it is the operator's code and may use what it likes. Who wants the list to hold for its
 * choice as well puts a second `auth {}` behind it.
 */
#include <yuzui/plugin.h>

static void on_call(yz_call *call, const yz_request *request) {
    if (request->credential.n == 0) {
        yz_fail(call, YZ_ERROR_AUTH,
                "no API key: send one as \"Authorization: Bearer KEY\", \"x-api-key: KEY\" or \"x-goog-api-key: KEY\"");
        return;
    }
    const yz_key *key = request->key ? request->key : yz_key_find(call, request->credential);
    if (!key) {
        yz_fail(call, YZ_ERROR_AUTH, "this API key is not known here");
        return;
    }
    yz_note(call, "key", key->name); /* for the access log; clients are not told */
    if (request->op != YZ_OP_MODELS && !yz_key_allows(key, request->model)) {
        yz_fail(call, YZ_ERROR_FORBIDDEN, "the key \"%.*s\" may not use the model \"%.*s\"", YZ_STR_ARGS(key->name),
                (int)(request->model.n < 100 ? request->model.n : 100), request->model.p);
        return;
    }
    if (request->key) {
        yz_pass(call, NULL);
        return;
    }
    yz_request *known = yz_request_copy(yz_call_arena(call), request);
    known->key = key;
    yz_pass(call, known);
}

static const yz_filter filter = {YZ_FILTER, .on_call = on_call};

YZ_PLUGIN(.name = "auth", .summary = "finds out whose key a request carries, and whether that key may use the model", .version = "1.0",
          .filter = &filter)
