/* admin/api_people.c: keys and groups over HTTP, by what people/change.h does; their tree, and their history. */
#include "admin/api.h"
#include "base/arena.h"
#include "base/clock.h"
#include "ledger/ledger.h"
#include "people/persons.h"
#include "people/spent.h"

#include <yuzui/json.h>

#include <stdlib.h>

enum { OVERLAP_MOST = 3660 * 86400, DEPTH = 16 };

static yz_change change_of(const yz_api *api) {
    return (yz_change){.ledger = api->ledger, .settings = api->settings, .by = api->by, .arena = api->arena};
}

static yz_person_kind kind_of(const yz_api *api) {
    return yz_str_starts(yz_str_of(api->route->path), "/api/v1/groups") ? YZ_PERSON_GROUP : YZ_PERSON_KEY;
}

/* ---- one ------------------------------------------------------------------------------------------------------------ */

/* The object of a person with more members. `secret`: told this once. */
static void put_person(yz_api *api, const yz_person *person, yz_str secret, bool spent) {
    yz_buf *out = &api->out;
    yz_person_show(person, out);
    out->n--;
    if (secret.n > 0) {
        yz_buf_lit(out, ",\"key\":");
        yz_buf_json_str(out, secret);
    }
    if (spent) {
        yz_buf_lit(out, ",\"spent\":");
        int code = yz_spent_put(api->ledger, person, yz_clock_wall_ns() / 1000000000, out);
        if (code != YZ_OK)
            yz_api_fail_code(api, code, NULL);
    }
    yz_buf_lit(out, "}\n");
}

static void tell(yz_api *api, const yz_change *c, int code, bool spent) {
    if (code == YZ_OK)
        put_person(api, &c->person, c->secret, spent);
    else
        yz_api_fail_code(api, code, c->why);
}

/* A change: the log has it too. */
static void tell_change(yz_api *api, const yz_change *c, int code) {
    tell(api, c, code, false);
    if (code == YZ_OK)
        yz_log(YZ_LOG_INFO, "%.*s: %s %s: %.*s, revision %lld", YZ_STR_ARGS(api->by), api->route->method, api->route->path,
               YZ_STR_ARGS(c->person.name), (long long)c->person.revision);
}

void yz_api_person(yz_api *api) {
    yz_change c = change_of(api);
    tell(api, &c, yz_change_get(&c, kind_of(api), api->name), true);
}

/* The body without its member `name`, which is none of the person's own. */
static const yz_json *without_name(yz_api *api) {
    yz_json *object = yz_alloc(api->arena, sizeof *object), **at = &object->child;
    *object = *api->body;
    for (const yz_json *m = api->body->child; m; m = m->next) {
        if (m == yz_json_get(api->body, "name"))
            continue;
        *at = yz_alloc(api->arena, sizeof **at);
        **at = *m;
        at = &(*at)->next;
    }
    *at = NULL;
    return object;
}

void yz_api_person_create(yz_api *api) {
    yz_change c = change_of(api);
    yz_str name;
    if (!yz_api_text(api, "name", true, &name))
        return;
    tell_change(api, &c, yz_change_create(&c, kind_of(api), name, without_name(api)));
}

void yz_api_person_update(yz_api *api) {
    yz_change c = change_of(api);
    yz_str revision = yz_api_param(api, "revision");
    char *end = NULL;
    c.expected = revision.n > 0 && revision.n < 18 ? strtoll(yz_dup(api->arena, revision).p, &end, 10) : 0;
    if (revision.n > 0 && (!end || *end || c.expected <= 0)) {
        yz_api_wrong(api, "revision should be a number: the one that you have seen");
        return;
    }
    tell_change(api, &c, yz_change_update(&c, kind_of(api), api->name, api->body));
}

void yz_api_key_rotate(yz_api *api) {
    yz_change c = change_of(api);
    const yz_json *said = yz_json_given(api->body, "overlap");
    int64_t overlap = said ? yz_json_int(said, -1) : 0;
    if (!yz_api_members_ok(api, "overlap"))
        return;
    if (overlap < 0 || overlap > OVERLAP_MOST)
        yz_api_wrong(api, "overlap should be a whole number of seconds, at most ten years");
    else
        tell_change(api, &c, yz_change_rotate(&c, api->name, overlap));
}

void yz_api_key_revoke(yz_api *api) {
    yz_change c = change_of(api);
    if (yz_api_members_ok(api, ""))
        tell_change(api, &c, yz_change_revoke(&c, api->name));
}

/* ---- all of them ---------------------------------------------------------------------------------------------------- */

static bool read_all(yz_api *api, yz_persons *p) {
    yz_change c = change_of(api);
    int code = yz_persons_read(&c, p);
    if (code != YZ_OK)
        yz_api_fail_code(api, code, c.why);
    return code == YZ_OK;
}

bool yz_api_label(yz_api *api, yz_str *label, yz_str *value) {
    yz_str text = yz_api_param(api, "label");
    if (yz_label_read(text, label, value) || text.n == 0)
        return true;
    yz_api_wrong(api, "label should be a label and its value, such as tier=gold");
    return false;
}

static bool has_label(const yz_persons *all, const yz_person *person, yz_str label, yz_str value) {
    yz_str own;
    return label.n == 0 || (yz_persons_label(all, person, label, &own) && yz_str_eq(own, value));
}

static int by_name(yz_str a, yz_str b) {
    int order = memcmp(a.p ? a.p : "", b.p ? b.p : "", a.n < b.n ? a.n : b.n);
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* Persons after ?after=, of ?group= and ?label=, until ?limit=. */
void yz_api_people(yz_api *api) {
    yz_persons p;
    int64_t limit, n = 0;
    yz_str after = yz_api_param(api, "after"), group = yz_api_param(api, "group"), label, value, last = YZ_STR("");
    bool keys = kind_of(api) == YZ_PERSON_KEY, more = false;
    if (!yz_api_limit(api, &limit) || !yz_api_label(api, &label, &value) || !read_all(api, &p))
        return;
    yz_buf_printf(&api->out, "{\"%s\":[", keys ? "keys" : "groups");
    for (size_t i = 0; i < (keys ? p.n_keys : p.n_groups) && !more; i++) {
        const yz_person *person = keys ? &p.keys[i] : &p.groups[i];
        if (by_name(person->name, after) <= 0 || (group.n && !yz_str_eq(person->group, group)) || !has_label(&p, person, label, value))
            continue;
        more = n++ == limit;
        if (more)
            break;
        yz_buf_lit(&api->out, n > 1 ? ",\n" : "");
        yz_person_show(person, &api->out);
        last = person->name;
    }
    yz_buf_char(&api->out, ']');
    if (more) {
        yz_buf_lit(&api->out, ",\"next\":");
        yz_buf_json_str(&api->out, last);
    }
    yz_buf_lit(&api->out, "}\n");
}

/* ---- the tree ------------------------------------------------------------------------------------------------------- */

/* What is in the group of this name; "": in none. A group whose own one is not there stands at the top, so that it is seen. */
static bool is_below(const yz_persons *p, const yz_person *person, yz_str name) {
    return name.n > 0 ? yz_str_eq(person->group, name) : !yz_persons_group(p, person->group);
}

static void put_below(yz_api *api, const yz_persons *p, yz_str name, int depth) {
    const char *comma = "";
    yz_buf_lit(&api->out, "\"groups\":[");
    for (size_t i = 0; i < p->n_groups && depth < DEPTH; i++) {
        const yz_person *group = &p->groups[i];
        if (!is_below(p, group, name))
            continue;
        yz_buf_printf(&api->out, "%s{\"name\":", comma);
        yz_buf_json_str(&api->out, group->name);
        yz_buf_printf(&api->out, ",\"disabled\":%s,", group->disabled ? "true" : "false");
        put_below(api, p, group->name, depth + 1);
        yz_buf_char(&api->out, '}');
        comma = ",";
    }
    yz_buf_lit(&api->out, "],\"keys\":[");
    comma = "";
    for (size_t i = 0; i < p->n_keys; i++) {
        if (!is_below(p, &p->keys[i], name))
            continue;
        yz_buf_lit(&api->out, comma);
        yz_buf_json_str(&api->out, p->keys[i].name);
        comma = ",";
    }
    yz_buf_char(&api->out, ']');
}

void yz_api_tree(yz_api *api) {
    yz_persons p;
    if (!read_all(api, &p))
        return;
    yz_buf_char(&api->out, '{');
    put_below(api, &p, YZ_STR(""), 0);
    yz_buf_lit(&api->out, "}\n");
}

/* ---- their history -------------------------------------------------------------------------------------------------- */

/* A record as people may see it: without hashes. */
static void on_change(void *arg, const yz_ledger_row *row) {
    yz_api_list *list = arg;
    yz_arena *arena = yz_arena_new(NULL);
    yz_person person;
    yz_ledger_row shown = *row;
    yz_buf data = {0};
    bool key = yz_str_is(row->account, "key");
    if ((key || yz_str_is(row->account, "group")) &&
        !yz_person_of_record(&person, key ? YZ_PERSON_KEY : YZ_PERSON_GROUP, row->id, row->amount, row->detail, arena))
        yz_person_show(&person, &data);
    bool open = yz_str_is(row->account, "payment") || yz_str_is(row->account, "code"); /* of a code it is the hash that is its name */
    shown.detail = open ? row->detail : yz_buf_view(&data);
    yz_api_list_row(list, &shown);
    yz_buf_free(&data);
    yz_arena_free(arena);
}

static bool is_kind(yz_str kind) {
    return yz_str_is(kind, "key") || yz_str_is(kind, "group") || yz_str_is(kind, "payment") || yz_str_is(kind, "code");
}

void yz_api_changes(yz_api *api) {
    yz_api_list list = {.api = api, .rows = &yz_rows_changes, .name = "changes", .detail = true};
    yz_ledger_query query = {YZ_LEDGER_QUERY, .what = YZ_LEDGER_HISTORY, .account = yz_api_param(api, "kind"),
                             .id = yz_api_param(api, "name")};
    if (query.account.n > 0 && !is_kind(query.account)) {
        yz_api_wrong(api, "kind should be key, group, payment or code");
        return;
    }
    if (!yz_api_limit(api, &list.limit) || !yz_api_place(api, &query.place))
        return;
    query.limit = list.limit + 1;
    yz_api_list_begin(&list);
    int code = yz_ledger_read(api->ledger, &query, on_change, &list);
    if (code == YZ_OK)
        yz_api_list_end(&list);
    else
        yz_api_fail_code(api, code, NULL);
}
