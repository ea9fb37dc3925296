/* headers.c: the headers of a request, in one walk; see headers.h. */
#include "server/headers.h"

#include "server/refusal.h"

/* ---- lists in header values ----------------------------------------------------------------------------------------- */

static yz_str trim(yz_str s) {
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = (yz_str){s.p + 1, s.n - 1};
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* The next element of a comma-separated value; false at its end. */
static bool next_token(yz_str *rest, char comma, yz_str *token) {
    if (rest->n == 0)
        return false;
    const char *end = memchr(rest->p, comma, rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    *token = trim((yz_str){rest->p, n});
    n += end != NULL;
    *rest = (yz_str){rest->p + n, rest->n - n};
    return true;
}

static bool has_token(yz_str value, const char *word) {
    for (yz_str token; next_token(&value, ',', &token);)
        if (yz_str_ieq(token, yz_str_of(word)))
            return true;
    return false;
}

/* A header that came twice is one list. */
static void add_to_list(yz_arena *arena, yz_str *list, yz_str value) {
    if (list->n == 0) {
        *list = value;
        return;
    }
    char *p = yz_alloc_bytes(arena, list->n + 1 + value.n);
    memcpy(p, list->p, list->n);
    p[list->n] = ',';
    if (value.n)
        memcpy(p + list->n + 1, value.p, value.n);
    *list = (yz_str){p, list->n + 1 + value.n};
}

/* ---- single headers ------------------------------------------------------------------------------------------------- */

static const yz_error *add_credential(yz_arena *arena, yz_str value, yz_found *found) {
    if (value.n == 0) {
        if (!found->credential.p)
            found->credential = value; /* where one should stand */
        return NULL;
    }
    if (found->credential.n && !yz_str_eq(found->credential, value))
        return yz_refusal(arena, YZ_ERROR_BAD_REQUEST, 0, "the request carries two different API keys: send one");
    found->credential = value;
    return NULL;
}

static const yz_error *add_bearer(yz_arena *arena, yz_str value, yz_found *found) {
    if (value.n >= 6 && yz_str_ieq((yz_str){value.p, 6}, YZ_STR("bearer")) && (value.n == 6 || value.p[6] == ' '))
        return add_credential(arena, trim((yz_str){value.p + 6, value.n - 6}), found);
    return yz_refusal(arena, YZ_ERROR_AUTH, 0, "the Authorization header must read: Bearer YOUR_KEY");
}

static const yz_error *add_strict(yz_arena *arena, yz_str value, yz_found *found) {
    found->strict |= yz_str_ieq(value, YZ_STR("true")) || yz_str_is(value, "1");
    if (found->strict || yz_str_ieq(value, YZ_STR("false")) || yz_str_is(value, "0"))
        return NULL;
    return yz_refusal(arena, YZ_ERROR_BAD_REQUEST, 0, "x-yuzui-strict is true or false: whether to refuse what would be lost");
}

static bool id_ok(yz_str id) {
    if (id.n == 0 || id.n > 128)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

bool yz_headers_packed(yz_str coding) {
    return yz_str_ieq(coding, YZ_STR("gzip")) || yz_str_ieq(coding, YZ_STR("x-gzip")) || yz_str_ieq(coding, YZ_STR("zstd"));
}

bool yz_headers_json(yz_str value) {
    const char *end = value.n ? memchr(value.p, ';', value.n) : NULL;
    yz_str type = trim((yz_str){value.p, end ? (size_t)(end - value.p) : value.n});
    if (yz_str_ieq(type, YZ_STR("application/json")))
        return true;
    return type.n > 17 && yz_str_ieq((yz_str){type.p, 12}, YZ_STR("application/")) &&
           yz_str_ieq((yz_str){type.p + type.n - 5, 5}, YZ_STR("+json"));
}

#define HOPS_MOST 10000 /* more than any limit may be */

/* The greatest number of a list: what stands between may have put several headers into one. What is no number says nothing. */
static uint32_t hops_of(yz_str value) {
    uint32_t most = 0, n = 0;
    bool number = true;
    for (size_t i = 0; i <= value.n; i++) {
        char c = i < value.n ? value.p[i] : ',';
        if (c == ',') {
            most = number && n > most ? n : most;
            n = 0;
            number = true;
        } else if (c >= '0' && c <= '9') {
            n = n < HOPS_MOST ? n * 10 + (uint32_t)(c - '0') : n;
        } else if (c != ' ' && c != '\t') {
            number = false;
        }
    }
    return most;
}

/* One header that means something. True: it is passed on as well. */
static bool take(yz_arena *arena, yz_meaning meaning, yz_str value, yz_found *found, const yz_error **error) {
    const yz_error *wrong = NULL;
    switch (meaning) {
    case YZ_MEANS_NOTHING:
    case YZ_MEANS_HOST:
        return true;
    case YZ_MEANS_DROP:
        return false;
    case YZ_MEANS_REQUEST_ID:
        if (id_ok(value))
            found->id = value;
        return false;
    case YZ_MEANS_HOPS: {
        uint32_t n = hops_of(value);
        if (n > found->hops)
            found->hops = n, found->came_by = value;
        return false;
    }
    case YZ_MEANS_ORIGIN:
        found->origin = value;
        return true;
    case YZ_MEANS_EXPECT:
        found->expects_other |= !yz_str_ieq(value, YZ_STR("100-continue"));
        return false;
    case YZ_MEANS_CONNECTION:
        add_to_list(arena, &found->connection, value);
        return false;
    case YZ_MEANS_CONTENT_TYPE: /* of several, one that is wrong counts: nobody after us shall read another one than we did */
        if (!found->type.n || !yz_headers_json(value))
            found->type = value;
        return true;
    case YZ_MEANS_CONTENT_ENCODING:
        add_to_list(arena, &found->coding, value);
        return false;
    case YZ_MEANS_CACHE_CONTROL:
        found->no_cache |= has_token(value, "no-store") || has_token(value, "no-cache");
        return true;
    case YZ_MEANS_STRICT:
        wrong = add_strict(arena, value, found);
        break;
    case YZ_MEANS_BEARER:
        wrong = add_bearer(arena, value, found);
        break;
    case YZ_MEANS_KEY:
        wrong = add_credential(arena, value, found);
        break;
    }
    if (wrong && !*error)
        *error = wrong;
    return false;
}

/* Drops what the Connection header names: it is meant for this hop only. Where a request comes from and goes to is not: nobody hides that
 * from a stage that judges by it. */
static void drop_nominated(yz_found *found) {
    yz_str connection = found->connection;
    if (!connection.n || yz_str_ieq(connection, YZ_STR("keep-alive")) || yz_str_ieq(connection, YZ_STR("close")))
        return;
    for (yz_str token; next_token(&connection, ',', &token);) {
        if (yz_str_ieq(token, YZ_STR("host")) || yz_str_ieq(token, YZ_STR("origin")))
            continue;
        for (size_t i = 0; i < found->n; i++)
            if (yz_str_ieq(found->headers[i].name, token))
                found->headers[i--] = found->headers[--found->n];
    }
}

const yz_error *yz_headers_read(yz_arena *arena, const yz_known *known, const yz_h1_head *head, yz_found *found) {
    const yz_error *error = NULL;
    found->headers = head->headers;
    for (size_t i = 0; i < head->n_headers; i++) {
        yz_header header = head->headers[i];
        if (!take(arena, yz_known_meaning(known, header.name), header.value, found, &error))
            continue;
        head->headers[i] = head->headers[found->n]; /* those that are not passed on stand after the others */
        head->headers[found->n++] = header;
    }
    drop_nominated(found);
    return error;
}

/* The value of a parameter that carries a key. */
static bool key_of(yz_str pair, const char *const *names, yz_str *value) {
    const char *equals = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
    yz_str name = {pair.p, equals ? (size_t)(equals - pair.p) : 0};
    for (; equals && *names; names++)
        if (yz_str_is(name, *names)) {
            *value = (yz_str){equals + 1, pair.n - name.n - 1};
            return true;
        }
    return false;
}

const yz_error *yz_headers_read_query(yz_arena *arena, const char *const *names, yz_str *query, yz_found *found) {
    yz_str rest = *query;
    if (!names || rest.n == 0)
        return NULL;
    char *kept = yz_alloc_bytes(arena, rest.n + 1);
    const yz_error *error = NULL;
    size_t n = 0;
    for (yz_str pair, value, key; next_token(&rest, '&', &pair);) {
        if (key_of(pair, names, &value)) {
            if (!error && yz_h1_unescape(arena, value, &key) == YZ_OK)
                error = add_credential(arena, key, found);
            continue;
        }
        if (pair.n)
            memcpy(kept + n, pair.p, pair.n);
        n += pair.n;
        kept[n++] = '&';
    }
    *query = (yz_str){kept, n > 0 ? n - 1 : 0};
    return error;
}

yz_str yz_headers_id(const yz_h1_head *head) {
    yz_str id = {0};
    for (size_t i = 0; i < head->n_headers; i++)
        if (yz_str_is(head->headers[i].name, "x-request-id") && id_ok(head->headers[i].value))
            id = head->headers[i].value;
    return id;
}
