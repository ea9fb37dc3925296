/* responses/stored.c: requests about what a provider keeps: responses and conversations, under their id. They go to the account that keeps
 * them (state.c) as they are, but for the id.
 */
#include "responses.h"

#include <stdio.h>

/* "stream=true" is one of the parameters. */
static bool says_stream(yz_str query) {
    const char word[] = "stream=true";
    const char *at = query.n ? memmem(query.p, query.n, word, sizeof(word) - 1) : NULL;
    const char *end = at ? at + sizeof(word) - 1 : NULL;
    return at && (at == query.p || at[-1] == '&') && (end == query.p + query.n || *end == '&');
}

int rs_accept_stored(yz_request *request, yz_arena *arena, yz_error *error) {
    yz_str rest = yc_kept_rest(request);
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] != '/' && !yc_kept_word((yz_str){rest.p + i, 1}))
            return yz_refuse(arena, error, YZ_STR(""), "an id is made of letters, digits, '_', '-' and '.'");
    if (request->stored.n && !yc_kept_word(request->stored))
        return yz_refuse(arena, error, YZ_STR(""), "an id is made of letters, digits, '_', '-' and '.'");
    request->stream = says_stream(request->query);
    request->include_usage = true;
    return YZ_OK;
}

/* The provider's path without its query, for conversations beside that for responses. */
static yz_str place_of(const rs_config *config, const yz_request *request, yz_str *own_query, yz_arena *arena) {
    yz_str place = config->responses_path;
    const char *mark = memchr(place.p, '?', place.n);
    *own_query = mark ? (yz_str){mark + 1, (size_t)(place.p + place.n - mark) - 1} : (yz_str){NULL, 0};
    place.n = mark ? (size_t)(mark - place.p) : place.n;
    if (!memmem(request->path.p, request->path.n, RS_CONVERSATIONS, sizeof(RS_CONVERSATIONS) - 1))
        return place;
    static const char responses[] = "/responses";
    size_t n = sizeof(responses) - 1;
    bool ends = place.n >= n && memcmp(place.p + place.n - n, responses, n) == 0;
    return yz_format(arena, "%.*s" RS_CONVERSATIONS, (int)(ends ? place.n - n : 0), place.p);
}

void rs_endpoint_stored(const rs_config *config, const yz_request *request, yz_arena *arena, yz_endpoint *out) {
    yz_str own, place = place_of(config, request, &own, arena), id = yc_kept_bare(request->stored), rest = yc_kept_rest(request);
    yz_str query = yc_kept_query(request, arena);
    const char *between = own.n && query.n ? "&" : "", *mark = own.n || query.n ? "?" : "";
    out->method = yz_str_is(request->method, "POST") ? "POST" : yz_str_is(request->method, "DELETE") ? "DELETE" : "GET";
    out->path = yz_format(arena, "%.*s%s%.*s%.*s%s%.*s%s%.*s", YZ_STR_ARGS(place), id.n ? "/" : "", YZ_STR_ARGS(id), YZ_STR_ARGS(rest),
                          mark, YZ_STR_ARGS(own), between, YZ_STR_ARGS(query));
}
