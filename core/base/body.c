/* body.c: reading a body: first the bytes that are known, then those of its source, held to the length that was said. */
#include <yuzui/body.h>

static size_t pull_known(yz_body_reader *r, size_t most, yz_str *parts, size_t max) {
    size_t n = 0;
    while (r->part < r->body->n_known && n < max && most > 0) {
        yz_str rest = r->body->known[r->part];
        rest = (yz_str){rest.p + r->part_at, rest.n - r->part_at};
        size_t take = rest.n < most ? rest.n : most;
        if (take)
            parts[n++] = (yz_str){rest.p, take};
        most -= take;
        r->part_at += take;
        if (take == rest.n) {
            r->part++;
            r->part_at = 0;
        }
    }
    return n;
}

/* A length is a promise that has gone out in a head: more or fewer bytes would be read as something else. */
static int end(yz_body_reader *r) {
    if (r->body->length >= 0 && r->at != (uint64_t)r->body->length)
        return YZ_EINVAL;
    r->ended = true;
    return 0;
}

int yz_body_pull(yz_body_reader *r, size_t most, yz_str *parts, size_t max) {
    const yz_body *body = r->body;
    int n = (int)pull_known(r, most, parts, max);
    if (n == 0) {
        if (!body->ops || r->ended)
            return end(r);
        r->begun = true;
        n = body->ops->pull(r, most, parts, max);
        if (n <= 0)
            return n == 0 ? end(r) : n;
        r->taken |= !body->replayable;
    }
    for (int i = 0; i < n; i++)
        r->at += parts[i].n;
    if (body->length >= 0 && r->at > (uint64_t)body->length)
        return YZ_EINVAL;
    r->ended = !body->ops && r->at == (uint64_t)body->length; /* a whole one needs no asking whether that was all */
    return n;
}

void yz_body_pause(yz_body_reader *r, bool paused) {
    if (r->begun && r->body->ops->pause)
        r->body->ops->pause(r, paused);
}

bool yz_body_keep(const yz_body *body, int64_t n) {
    const yz_body_ops *ops = body->ops;
    bool counts = ops && ops->size > offsetof(yz_body_ops, keep) && ops->keep;
    return !counts || ops->keep(body, n);
}

void yz_body_close(yz_body_reader *r) {
    bool begun = r->begun;
    r->begun = false;
    if (begun && r->body->ops->close)
        r->body->ops->close(r);
}
