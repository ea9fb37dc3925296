/* media.c: where an answer says in which places lies what a job made, its owner is told addresses of the gateway instead, if it serves them
 * (yz_media_address). The fields are those that the client's dialect names; a text in one of them that is no address stays as it is.
 */
#include "jobs.h"

typedef struct places {
    const char *const *fields;
    const yz_json **at; /* NULL: they are counted */
    size_t n;
} places;

static bool is_field(const places *p, yz_str key) {
    for (const char *const *field = p->fields; *field; field++)
        if (yz_str_is(key, *field))
            return true;
    return false;
}

/* A list in such a field holds addresses, too: its texts have the key of the list around them. */
static void find(places *p, const yz_json *node, yz_str key) {
    if (node->key_p)
        key = yz_json_key(node);
    if (yz_json_is(node, YZ_JSON_STRING) && is_field(p, key)) {
        if (p->at)
            p->at[p->n] = node;
        p->n++;
    }
    bool whole = yz_json_is(node, YZ_JSON_OBJECT) || yz_json_is(node, YZ_JSON_ARRAY);
    for (const yz_json *m = whole ? node->child : NULL; m; m = m->next)
        find(p, m, key);
}

static void put_anew(yz_call *call, yz_str owner, const places *p, yz_str from, yz_buf *out) {
    const char *at = from.p;
    for (size_t i = 0; i < p->n; i++) {
        yz_str raw = yz_json_raw(p->at[i]), address = yz_media_address(call, owner, yz_json_text(yz_call_arena(call), p->at[i]));
        if (address.n == 0)
            continue;
        yz_buf_put(out, at, (size_t)(raw.p - at));
        yz_buf_json_str(out, address);
        at = raw.p + raw.n;
    }
    yz_buf_put(out, at, (size_t)(from.p + from.n - at));
}

void media_exchange(yz_call *call, const yz_adapter *dialect, yz_str owner, yz_buf *document) {
    yz_str from = yz_buf_view(document);
    yz_json *root;
    places p = {.fields = dialect && dialect->media_fields ? dialect->media_fields(yz_call_request(call)) : NULL};
    if (!p.fields || yz_media_address(call, owner, YZ_STR("https://media.example/")).n == 0 ||
        yz_json_parse(yz_call_arena(call), from, YZ_JSON_ANSWERED, &root, NULL) != YZ_OK)
        return;
    find(&p, root, YZ_STR(""));
    p.at = yz_alloc(yz_call_arena(call), (p.n + 1) * sizeof *p.at);
    p.n = 0;
    find(&p, root, YZ_STR(""));
    yz_buf out = {0};
    put_anew(call, owner, &p, from, &out);
    yz_buf_free(document);
    *document = out;
}
