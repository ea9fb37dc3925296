/* forwarded.c: see forwarded.h. Several headers of the name are one list, whose last element is the nearest proxy's word. */
#include "server/forwarded.h"

static const yz_str NAME = {"x-forwarded-for", 15};

/* The last element of a list, taken off it, without blanks; false: there is none. */
static bool take_last(yz_str *list, yz_str *element) {
    if (list->n == 0)
        return false;
    const char *comma = memrchr(list->p, ',', list->n);
    size_t at = comma ? (size_t)(comma - list->p) + 1 : 0;
    yz_str last = {list->p + at, list->n - at};
    list->n = comma ? at - 1 : 0;
    while (last.n > 0 && (*last.p == ' ' || *last.p == '\t'))
        last = (yz_str){last.p + 1, last.n - 1};
    while (last.n > 0 && (last.p[last.n - 1] == ' ' || last.p[last.n - 1] == '\t'))
        last.n--;
    *element = last;
    return true;
}

/* "[2001:db8::1]:443", "192.0.2.1:443": some proxies write the port as well. Empty: it is no address. */
static yz_str address_of(yz_str text) {
    const char *bracket = text.n > 1 && text.p[0] == '[' ? memchr(text.p, ']', text.n) : NULL;
    const char *colon = text.n > 0 ? memchr(text.p, ':', text.n) : NULL;
    if (bracket)
        text = (yz_str){text.p + 1, (size_t)(bracket - text.p) - 1};
    else if (colon && memrchr(text.p, ':', text.n) == colon)
        text.n = (size_t)(colon - text.p);
    yz_network network;
    bool whole = text.n > 0 && !memchr(text.p, '/', text.n);
    return whole && yz_network_parse(text, &network) ? text : (yz_str){0};
}

yz_str yz_forwarded_client(const yz_network *trusted, size_t n, yz_str peer, const yz_h1_head *head) {
    yz_str client = peer;
    for (size_t i = head->n_headers; i-- > 0;) {
        if (!yz_str_eq(head->headers[i].name, NAME))
            continue;
        yz_str list = head->headers[i].value;
        for (yz_str element; take_last(&list, &element);) {
            if (!yz_network_holds(trusted, n, client))
                return client;
            element = address_of(element);
            if (element.n == 0)
                return client;
            client = element;
        }
    }
    return client;
}
