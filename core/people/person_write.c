/* people/person_write.c: a key or a group as JSON: for its record, and for people. */
#include "people/person.h"

#include <stdio.h>
#include <time.h>

void yz_person_put_moment(yz_buf *out, int64_t seconds) {
    char text[32] = "";
    time_t at = (time_t)seconds;
    struct tm tm;
    if (gmtime_r(&at, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    yz_buf_lit(out, text);
}

void yz_person_put_time(yz_buf *out, int64_t seconds) {
    yz_buf_char(out, '"');
    yz_person_put_moment(out, seconds);
    yz_buf_char(out, '"');
}

static void put_names(yz_buf *out, const yz_list *list) {
    yz_buf_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        yz_buf_lit(out, i ? "," : "");
        yz_buf_json_str(out, list->items[i]);
    }
    yz_buf_char(out, ']');
}

static void put_labels(yz_buf *out, const yz_map *labels) {
    yz_buf_char(out, '{');
    for (size_t i = 0; i < labels->n; i++) {
        yz_buf_lit(out, i ? "," : "");
        yz_buf_json_str(out, labels->items[i].name);
        yz_buf_char(out, ':');
        yz_buf_json_str(out, labels->items[i].value);
    }
    yz_buf_char(out, '}');
}

static void put_secret(yz_buf *out, const yz_person_secret *secret, bool kept) {
    yz_buf_lit(out, "{\"shown\":");
    yz_buf_json_str(out, secret->shown);
    if (kept) {
        yz_buf_lit(out, ",\"sha256\":\"");
        for (size_t i = 0; i < sizeof secret->hash; i++)
            yz_buf_printf(out, "%02x", secret->hash[i]);
        yz_buf_char(out, '"');
    }
    if (secret->until) {
        yz_buf_lit(out, ",\"until\":");
        yz_person_put_time(out, secret->until);
    }
    yz_buf_char(out, '}');
}

static void put_secrets(yz_buf *out, const yz_person *person, bool kept) {
    yz_buf_char(out, '[');
    for (size_t i = 0; i < person->n_secrets; i++) {
        yz_buf_lit(out, i ? "," : "");
        put_secret(out, &person->secrets[i], kept);
    }
    yz_buf_char(out, ']');
}

static bool is_said(const yz_person *person, const yz_person_member *m) {
    const void *at = (const char *)person + m->offset;
    switch (m->type) {
    case YZ_PERSON_TEXT:
    case YZ_PERSON_NAME:
        return ((const yz_str *)at)->n > 0;
    case YZ_PERSON_NAMES:
        return ((const yz_list *)at)->n > 0;
    case YZ_PERSON_LABELS:
        return ((const yz_map *)at)->n > 0;
    case YZ_PERSON_FLAG:
        return *(const bool *)at;
    case YZ_PERSON_SECRETS:
        return person->n_secrets > 0;
    default:
        return *(const int64_t *)at != 0;
    }
}

static void put_value(yz_buf *out, const yz_person *person, const yz_person_member *m, bool kept) {
    const void *at = (const char *)person + m->offset;
    if (m->type == YZ_PERSON_TEXT || m->type == YZ_PERSON_NAME)
        yz_buf_json_str(out, *(const yz_str *)at);
    else if (m->type == YZ_PERSON_NAMES)
        put_names(out, at);
    else if (m->type == YZ_PERSON_LABELS)
        put_labels(out, at);
    else if (m->type == YZ_PERSON_FLAG)
        yz_buf_lit(out, "true");
    else if (m->type == YZ_PERSON_SECRETS)
        put_secrets(out, person, kept);
    else if (m->type == YZ_PERSON_TIME)
        yz_person_put_time(out, *(const int64_t *)at);
    else if (m->type == YZ_PERSON_NUMBER)
        yz_buf_printf(out, "%lld", (long long)*(const int64_t *)at);
    else
        yz_price_usd(m->type == YZ_PERSON_FACTOR ? *(const int64_t *)at * 1000 : *(const int64_t *)at, out);
}

static void put_members(yz_buf *out, const yz_person *person, const char *comma, bool kept) {
    for (size_t i = 0; i < yz_person_n_members; i++) {
        const yz_person_member *m = &yz_person_members[i];
        if (!(m->kinds & person->kind) || !is_said(person, m))
            continue;
        yz_buf_printf(out, "%s\"%s\":", comma, m->name);
        put_value(out, person, m, kept);
        comma = ",";
    }
    yz_buf_char(out, '}');
}

void yz_person_write(const yz_person *person, yz_buf *out) {
    yz_buf_char(out, '{');
    put_members(out, person, "", true);
}

void yz_person_show(const yz_person *person, yz_buf *out) {
    yz_buf_lit(out, "{\"name\":");
    yz_buf_json_str(out, person->name);
    yz_buf_printf(out, ",\"revision\":%lld", (long long)person->revision);
    put_members(out, person, ",", false);
}
