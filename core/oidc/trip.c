/* oidc/trip.c: see trip.h. The steps of a login, in their order:
 *
 *   begin    what the provider says of itself → where the browser goes
 *   finish   the login and its state → what the provider says of itself → the code becomes a token → the provider's keys → the token is
 *            judged → if it lacks a claim that the config looks at: what the provider says of the person → a badge
 *
 * A step that has to ask (ask) says what is done with the answer; all that is asked is asked on behalf of the call, and ends with it. What
 * a provider says in an error is shown to the person and in the log; a code, a token or a secret never is.
 */
#include "oidc/trip.h"

#include "base/arena.h"
#include "base/clock.h"
#include "http/query.h"
#include "oidc/claims.h"

#include <openssl/crypto.h>

enum { RUNNING_MOST = 32, ASK_MS = 10000, BODY_MOST = 512 << 10, SAID_MOST = 300 /* bytes of what a provider says that are repeated */ };

/* ---- answers ------------------------------------------------------------------------------------------------------------- */

void yz_oidc_answer(yz_call *call, yz_buf *json) {
    static const yz_header headers[] = {{YZ_STR("cache-control"), YZ_STR("no-store")}};
    yz_str body = yz_dup(yz_call_arena(call), yz_buf_view(json));
    yz_buf_free(json);
    yz_send_head(call, &(yz_head){YZ_HEAD, .status = 200, .content_type = YZ_STR("application/json"), .length = (int64_t)body.n,
                                  .headers = headers, .n_headers = 1});
    if (!yz_ended(call))
        yz_send_chunk(call, &(yz_chunk){YZ_CHUNK, .bytes = body});
    if (!yz_ended(call))
        yz_send_end(call, &(yz_end){YZ_END});
}

void yz_oidc_refuse(yz_call *call, yz_error_class class_, const char *code, yz_str message) {
    yz_send_error(call, &(yz_error){YZ_ERROR, .class_ = class_, .code = yz_str_of(code), .message = message});
}

static yz_arena *arena_of(const yz_oidc_trip *trip) { return yz_call_arena(trip->call); }
static int64_t now(void) { return yz_clock_wall(); }

static void fail(yz_oidc_trip *trip, yz_error_class class_, const char *code, yz_str message) {
    yz_count(trip->provider->worker, trip->provider->failed, 1);
    yz_log(YZ_LOG_WARN, "single sign-on: %.*s", YZ_STR_ARGS(message));
    yz_oidc_refuse(trip->call, class_, code, message);
}

/* Of which the log has been told. */
static void no_provider(yz_oidc_trip *trip) {
    yz_count(trip->provider->worker, trip->provider->failed, 1);
    yz_oidc_refuse(trip->call, YZ_ERROR_UNAVAILABLE, "oidc_unavailable", yz_dup(arena_of(trip), yz_str_of(trip->provider->why)));
}

static void bad_token(yz_oidc_trip *trip, yz_str why) {
    fail(trip, YZ_ERROR_FORBIDDEN, "oidc_token", yz_format(arena_of(trip), "the provider's ID token is not taken: %.*s", YZ_STR_ARGS(why)));
}

/* ---- asking -------------------------------------------------------------------------------------------------------------- */

static void on_answer(void *arg, const yz_http_answer *answer) {
    yz_oidc_trip *trip = arg;
    trip->step(trip, answer);
}

static void on_error(void *arg, const yz_error *error) {
    yz_oidc_trip *trip = arg;
    yz_oidc_no_answer(trip->provider, trip->asked, error);
    no_provider(trip);
}

static void ask(yz_oidc_trip *trip, const char *what, yz_http_plan *plan, void (*step)(yz_oidc_trip *trip, const yz_http_answer *answer)) {
    static const yz_http_hooks hooks = {YZ_HTTP_HOOKS, .on_answer = on_answer, .on_error = on_error};
    trip->step = step;
    trip->asked = what;
    plan->total = ASK_MS;
    plan->max_body = BODY_MOST;
    yz_http_start(trip->provider->http, trip->call, plan, &hooks, trip);
}

static const yz_header wants_json = {YZ_STR("accept"), YZ_STR("application/json")};

static void get(yz_oidc_trip *trip, const char *what, yz_str url, void (*step)(yz_oidc_trip *trip, const yz_http_answer *answer)) {
    ask(trip, what, &(yz_http_plan){YZ_HTTP_PLAN, .url = url, .headers = &wants_json, .n_headers = 1}, step);
}

/* ---- what the provider says of itself ---------------------------------------------------------------------------------------- */

static void send_address(yz_oidc_trip *trip);
static void redeem(yz_oidc_trip *trip);
static void go_on(yz_oidc_trip *trip) { (trip->answer.n == 0 ? send_address : redeem)(trip); }

static void on_metadata(yz_oidc_trip *trip, const yz_http_answer *answer) {
    if (yz_oidc_take_metadata(trip->provider, answer))
        go_on(trip);
    else
        no_provider(trip);
}

static void know_provider(yz_oidc_trip *trip) {
    yz_oidc_provider *provider = trip->provider;
    yz_str issuer = provider->settings->issuer;
    if (provider->running >= RUNNING_MOST) {
        fail(trip, YZ_ERROR_UNAVAILABLE, "oidc_busy", YZ_STR("too many sign in at once: try again in a moment"));
        return;
    }
    provider->running++;
    trip->counted = true;
    issuer.n -= issuer.p[issuer.n - 1] == '/';
    if (yz_oidc_metadata_fresh(provider))
        go_on(trip);
    else if (yz_oidc_rests(provider))
        no_provider(trip);
    else
        get(trip, "the discovery document", yz_format(arena_of(trip), "%.*s/.well-known/openid-configuration", YZ_STR_ARGS(issuer)),
            on_metadata);
}

/* ---- begin ----------------------------------------------------------------------------------------------------------------- */

static void send_address(yz_oidc_trip *trip) {
    yz_buf out = {0};
    yz_buf_lit(&out, "{\"url\":");
    yz_buf_json_str(&out, yz_oidc_address(trip->provider, &trip->login, arena_of(trip)));
    yz_buf_lit(&out, ",\"login\":");
    yz_buf_json_str(&out, trip->login.text);
    yz_buf_lit(&out, "}\n");
    yz_oidc_answer(trip->call, &out);
}

void yz_oidc_begin(yz_oidc_trip *trip) {
    trip->login = yz_login_begin(trip->provider->settings, now(), arena_of(trip));
    know_provider(trip);
}

/* ---- the end: a badge --------------------------------------------------------------------------------------------------------- */

static void welcome(yz_oidc_trip *trip, const yz_json *claims) {
    static const char *const words[] = {"read", "operate", "money"};
    const yz_oidc_settings *s = trip->provider->settings;
    yz_arena *arena = arena_of(trip);
    yz_badge badge;
    yz_str why = yz_claims_badge(s, claims, arena, &badge), sub = yz_json_text(arena, yz_json_get(claims, "sub"));
    if (why.n > 0) {
        yz_count(trip->provider->worker, trip->provider->refused, 1);
        yz_log(YZ_LOG_WARN, "single sign-on: not let in (sub %.*s): %.*s", YZ_STR_ARGS(sub), YZ_STR_ARGS(why));
        yz_oidc_refuse(trip->call, YZ_ERROR_FORBIDDEN, "oidc_no_role", why);
        return;
    }
    badge.until = yz_clock_wall_ns() / 1000000000 + s->session / 1000;
    yz_count(trip->provider->worker, trip->provider->signed_in, 1);
    yz_log(YZ_LOG_INFO, "single sign-on: %.*s has signed in (sub %.*s), role %s%s, for %lld minutes", YZ_STR_ARGS(badge.name),
           YZ_STR_ARGS(sub), words[badge.role], badge.policies ? " and policies" : "", (long long)(s->session / 60000));
    yz_buf out = {0};
    yz_buf_lit(&out, "{\"token\":");
    yz_buf_json_str(&out, yz_badge_make(s, &badge, arena));
    yz_buf_lit(&out, ",\"name\":");
    yz_buf_json_str(&out, badge.name);
    yz_buf_printf(&out, ",\"role\":\"%s\",\"policies\":%s,\"until\":%lld}\n", words[badge.role], badge.policies ? "true" : "false",
                  (long long)badge.until);
    yz_oidc_answer(trip->call, &out);
}

/* ---- what it says of the person, where the token is silent ----------------------------------------------------------------------- */

static void put_member(yz_buf *out, const yz_json *member) {
    yz_buf_printf(out, "%s\"%.*s\":", out->n > 1 ? "," : "", YZ_STR_ARGS(yz_json_key(member)));
    yz_buf_str(out, yz_json_raw(member));
}

/* The token goes first: it is signed. */
static const yz_json *both(const yz_json *token, const yz_json *more, yz_arena *arena) {
    yz_buf out = {0};
    yz_json *json = NULL;
    yz_buf_char(&out, '{');
    for (const yz_json *member = token->child; member; member = member->next)
        put_member(&out, member);
    for (const yz_json *member = more->child; member; member = member->next)
        if (!yz_json_get(token, yz_json_unescape(arena, yz_dup(arena, yz_json_key(member))).p))
            put_member(&out, member);
    yz_buf_char(&out, '}');
    yz_str text = yz_dup(arena, yz_buf_view(&out));
    yz_buf_free(&out);
    return yz_json_parse(arena, text, 0, &json, NULL) == YZ_OK ? json : token;
}

static void on_person(yz_oidc_trip *trip, const yz_http_answer *answer) {
    yz_arena *arena = arena_of(trip);
    yz_json *more = NULL;
    const yz_json *claims = trip->token.claims;
    if (answer->status != 200)
        fail(trip, YZ_ERROR_UNAVAILABLE, "oidc_unavailable",
             yz_format(arena, "the provider's userinfo was answered with %d", answer->status));
    else if (yz_json_parse(arena, yz_dup(arena, answer->body), 0, &more, NULL) != YZ_OK || !yz_json_is(more, YZ_JSON_OBJECT))
        fail(trip, YZ_ERROR_UNAVAILABLE, "oidc_unavailable", YZ_STR("the provider's userinfo is no JSON object"));
    else if (!yz_str_eq(yz_json_text(arena, yz_json_get(more, "sub")), yz_json_text(arena, yz_json_get(claims, "sub"))))
        bad_token(trip, YZ_STR("the provider's userinfo is about somebody else (its sub is another one)"));
    else
        welcome(trip, both(claims, more, arena));
}

static void judge(yz_oidc_trip *trip) {
    const yz_oidc_provider *provider = trip->provider;
    const yz_id_token *token = &trip->token;
    yz_arena *arena = arena_of(trip);
    if (!yz_jwks_has(provider->keys, token->alg, token->kid)) {
        bad_token(trip, yz_format(arena, "none of the %zu keys at its jwks_uri is the one that it names (kid \"%.*s\", alg %.*s)",
                                  yz_jwks_count(provider->keys), (int)(token->kid.n < 100 ? token->kid.n : 100),
                                  token->kid.n ? token->kid.p : "", YZ_STR_ARGS(token->alg)));
        return;
    }
    if (!yz_jwks_verify(provider->keys, token->alg, token->kid, token->text, token->signature)) {
        bad_token(trip, YZ_STR("its signature is wrong"));
        return;
    }
    const yz_oidc_settings *s = provider->settings;
    yz_str wrong = yz_id_token_wrong(token->claims, &(yz_id_wanted){s->issuer, s->client_id, trip->login.nonce, now()}, arena);
    if (wrong.n > 0) {
        bad_token(trip, wrong);
    } else if (trip->access_token.n > 0 && provider->metadata.userinfo.n > 0 && yz_claims_lack(s, token->claims, arena)) {
        const yz_header headers[] = {wants_json,
                                     {YZ_STR("authorization"), yz_format(arena, "Bearer %.*s", YZ_STR_ARGS(trip->access_token))}};
        ask(trip, "the userinfo", &(yz_http_plan){YZ_HTTP_PLAN, .url = provider->metadata.userinfo, .headers = headers, .n_headers = 2},
            on_person);
    } else {
        welcome(trip, token->claims);
    }
}

/* ---- the code becomes a token ------------------------------------------------------------------------------------------------------ */

static void on_keys(yz_oidc_trip *trip, const yz_http_answer *answer) {
    if (yz_oidc_take_keys(trip->provider, answer))
        judge(trip);
    else
        no_provider(trip);
}

/* Why the provider gave none, in its own words. */
static yz_str refusal(const yz_http_answer *answer, const yz_json *json, yz_arena *arena) {
    yz_str error = yz_json_text(arena, yz_json_get(json, "error")), more = yz_json_text(arena, yz_json_get(json, "error_description"));
    more.n = more.n < SAID_MOST ? more.n : SAID_MOST;
    const char *hint = yz_str_is(error, "invalid_client") || yz_str_is(error, "unauthorized_client")
                           ? "; the config's client_id and client_secret should be those that are registered there"
                           : "";
    return yz_format(arena, "the provider gave no token for its code: %d %.*s%s%.*s%s", answer->status, (int)(error.n < 60 ? error.n : 60),
                     error.n ? error.p : "", more.n ? ": " : "", (int)more.n, more.n ? more.p : "", hint);
}

static void on_token(yz_oidc_trip *trip, const yz_http_answer *answer) {
    yz_oidc_provider *provider = trip->provider;
    yz_arena *arena = arena_of(trip);
    yz_json *json = NULL;
    bool object = yz_json_parse(arena, yz_dup(arena, answer->body), YZ_JSON_LONE_SURROGATES, &json, NULL) == YZ_OK &&
                  yz_json_is(json, YZ_JSON_OBJECT);
    if (answer->status != 200 || !object) {
        fail(trip, answer->status >= 500 ? YZ_ERROR_UNAVAILABLE : YZ_ERROR_FORBIDDEN, "oidc_code",
             refusal(answer, object ? json : NULL, arena));
        return;
    }
    yz_str text = yz_json_text(arena, yz_json_get(json, "id_token"));
    const char *wrong = text.n ? yz_id_token_read(text, arena, &trip->token) : "there is none in its answer";
    trip->access_token = yz_json_text(arena, yz_json_get(json, "access_token"));
    if (wrong)
        bad_token(trip, yz_str_of(wrong));
    else if (yz_oidc_keys_fresh(provider, trip->token.alg, trip->token.kid))
        judge(trip);
    else
        get(trip, "the keys", provider->metadata.keys, on_keys);
}

static void redeem(yz_oidc_trip *trip) {
    yz_arena *arena = arena_of(trip);
    const yz_oidc_provider *provider = trip->provider;
    yz_str iss = yz_query_get(arena, trip->answer, "iss"), code = yz_query_get(arena, trip->answer, "code");
    if (iss.n > 0 ? !yz_str_eq(iss, provider->settings->issuer) : provider->metadata.says_issuer) {
        fail(trip, YZ_ERROR_FORBIDDEN, "oidc_answer",
             iss.n ? YZ_STR("the answer is of another provider (its iss is another one)")
                   : YZ_STR("the answer does not name its issuer (iss), which this provider's always do"));
        return;
    }
    const yz_header headers[] = {wants_json, {YZ_STR("content-type"), YZ_STR("application/x-www-form-urlencoded")}};
    yz_http_plan plan = {YZ_HTTP_PLAN, .url = provider->metadata.token, .headers = headers, .n_headers = 2};
    plan.body = yz_oidc_redemption(provider, &trip->login, code, arena);
    if (provider->basic && !yz_oidc_secret_in_body(provider)) {
        plan.secret = provider->basic;
        plan.secret_header = "authorization";
        plan.secret_prefix = "Basic ";
    }
    ask(trip, "the token endpoint", &plan, on_token);
}

/* ---- finish -------------------------------------------------------------------------------------------------------------------------- */

void yz_oidc_finish(yz_oidc_trip *trip, yz_str login, yz_str answer) {
    yz_arena *arena = arena_of(trip);
    yz_str state = yz_query_get(arena, answer, "state"), error = yz_query_get(arena, answer, "error");
    const char *wrong = yz_login_resume(trip->provider->settings, login, state, now(), arena, &trip->login);
    trip->answer = answer;
    if (wrong) {
        fail(trip, YZ_ERROR_FORBIDDEN, "oidc_login", yz_str_of(wrong));
    } else if (error.n > 0) {
        yz_str more = yz_query_get(arena, answer, "error_description");
        fail(trip, YZ_ERROR_FORBIDDEN, "oidc_denied",
             yz_format(arena, "the provider did not sign you in: %.*s%s%.*s", (int)(error.n < 60 ? error.n : 60), error.p,
                       more.n ? ": " : "", (int)(more.n < SAID_MOST ? more.n : SAID_MOST), more.n ? more.p : ""));
    } else if (yz_query_get(arena, answer, "code").n == 0) {
        fail(trip, YZ_ERROR_FORBIDDEN, "oidc_answer", YZ_STR("the provider's answer has no code"));
    } else {
        know_provider(trip);
    }
}

void yz_oidc_trip_close(yz_oidc_trip *trip) {
    if (trip->counted)
        trip->provider->running--;
}
