/* admin/api_spec.c: the API as an OpenAPI 3.1 document, made of the tables that it works by: routes, the members of keys and groups, the
 * columns of rows. So it says nothing that is not so. */
#include "admin/api.h"
#include "people/person.h"

/* ---- small things --------------------------------------------------------------------------------------------------- */

#define NAME_SCHEMA    "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9._@+-]{1,100}$\"}"
#define ACCOUNT_SCHEMA "{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}"
#define USD_SCHEMA     "{\"type\":\"number\",\"description\":\"USD, exact with up to nine digits after the point\"}"
#define PAID_SCHEMA                                                                                                                        \
    "{\"type\":[\"string\",\"number\"],\"exclusiveMinimum\":0,\"maximum\":1000000000,\"multipleOf\":0.01,"                                 \
    "\"pattern\":\"^[1-9][0-9]{0,8}(\\\\.[0-9]{1,9})?$\",\"description\":\"USD above zero, up to nine digits after the point\"}"
#define COUNT_SCHEMA "{\"type\":\"integer\"}"
#define TEXT_SCHEMA  "{\"type\":\"string\"}"
#define TIME_SCHEMA  "{\"type\":\"string\",\"description\":\"as 2026-11-28T15:04:05Z\"}"

static void put_text(yz_buf *out, const char *name, const char *text) {
    yz_buf_printf(out, "\"%s\":", name);
    yz_buf_json_str(out, yz_str_of(text));
}

static void ref(yz_buf *out, const char *schema) { yz_buf_printf(out, "{\"$ref\":\"#/components/schemas/%s\"}", schema); }

/* ---- schemas by tables ---------------------------------------------------------------------------------------------- */

static const char *column_schema(const yz_column *c) {
    switch (c->type) {
    case YZ_COLUMN_USD:
        return USD_SCHEMA;
    case YZ_COLUMN_NUMBER:
        return COUNT_SCHEMA;
    case YZ_COLUMN_TIME:
        return TIME_SCHEMA;
    case YZ_COLUMN_STATE:
        return "{\"enum\":[\"open\",\"captured\",\"released\",\"expired\"]}";
    case YZ_COLUMN_JSON:
        return "{\"type\":\"object\"}";
    default:
        return TEXT_SCHEMA;
    }
}

static void put_rows(yz_buf *out, const char *name, const yz_rows *rows) {
    const char *comma = "";
    yz_buf_printf(out, ",\n\"%s\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{", name);
    for (size_t i = 0; i < rows->n; i++) {
        yz_buf_printf(out, "%s\"%s\":{", i ? "," : "", rows->columns[i].name);
        put_text(out, "description", rows->columns[i].help);
        yz_buf_printf(out, ",\"allOf\":[%s]}", column_schema(&rows->columns[i]));
    }
    yz_buf_lit(out, "},\"required\":[");
    for (size_t i = 0; i < rows->n; i++)
        if (!rows->columns[i].by && rows->columns[i].type != YZ_COLUMN_JSON) {
            yz_buf_printf(out, "%s\"%s\"", comma, rows->columns[i].name);
            comma = ",";
        }
    yz_buf_lit(out, "]}");
}

/* `asked`: as a request may say it. */
static void put_member(yz_buf *out, const yz_person_member *m, bool asked) {
    const char *null = asked ? ",\"null\"" : "";
    yz_buf_printf(out, "\"%s\":{", m->name);
    put_text(out, "description", m->help);
    switch (m->type) {
    case YZ_PERSON_TEXT:
        yz_buf_printf(out, ",\"type\":[\"string\"%s],\"maxLength\":150", null);
        break;
    case YZ_PERSON_NAME:
        yz_buf_printf(out, ",\"type\":[\"string\"%s],\"pattern\":\"^[A-Za-z0-9._@+-]{0,100}$\"", null);
        break;
    case YZ_PERSON_NAMES:
        yz_buf_printf(out, ",\"type\":[\"array\"%s],\"maxItems\":%d,\"items\":" TEXT_SCHEMA, null, YZ_PERSON_LIST_MAX);
        break;
    case YZ_PERSON_LABELS:
        yz_buf_printf(out, ",\"type\":[\"object\"%s],\"maxProperties\":%d,\"additionalProperties\":" TEXT_SCHEMA, null, YZ_PERSON_LIST_MAX);
        break;
    case YZ_PERSON_TIME:
        yz_buf_printf(out, ",\"type\":[\"string\"%s]", null);
        break;
    case YZ_PERSON_NUMBER:
        yz_buf_printf(out, ",\"type\":[\"integer\"%s],\"minimum\":1,\"maximum\":%lld", null, (long long)m->most);
        break;
    case YZ_PERSON_USD:
        yz_buf_printf(out, ",\"type\":[\"number\"%s],\"exclusiveMinimum\":0,\"maximum\":1000000000", asked ? ",\"string\",\"null\"" : "");
        yz_buf_lit(out, asked ? ",\"pattern\":\"^[1-9][0-9]{0,8}(\\\\.[0-9]{1,9})?$\"" : "");
        break;
    case YZ_PERSON_FACTOR:
        yz_buf_printf(out, ",\"type\":[\"number\"%s],\"exclusiveMinimum\":0,\"maximum\":%lld", null, (long long)m->most);
        break;
    case YZ_PERSON_FLAG:
        yz_buf_printf(out, ",\"type\":[\"boolean\"%s]", null);
        break;
    case YZ_PERSON_SECRETS:
        yz_buf_lit(out, ",\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"shown\"],"
                        "\"properties\":{\"shown\":" TEXT_SCHEMA ",\"until\":" TIME_SCHEMA "}}");
        break;
    }
    yz_buf_char(out, '}');
}

typedef struct person_schema {
    const char *name;
    yz_person_kind kind;
    bool asked;       /* of a request: what yuzui keeps itself cannot be said */
    const char *more; /* properties, and */
    const char *required;
} person_schema;

static void put_person(yz_buf *out, const person_schema *s) {
    yz_buf_printf(out, ",\n\"%s\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{", s->name);
    const char *comma = "";
    for (size_t i = 0; i < yz_person_n_members; i++) {
        const yz_person_member *m = &yz_person_members[i];
        if (!(m->kinds & s->kind) || (s->asked && m->kept))
            continue;
        yz_buf_lit(out, comma);
        put_member(out, m, s->asked);
        comma = ",";
    }
    yz_buf_printf(out, "%s},\"required\":[%s]}", s->more, s->required);
}

/* ---- schemas -------------------------------------------------------------------------------------------------------- */

#define SHOWN  ",\"name\":" NAME_SCHEMA ",\"revision\":" COUNT_SCHEMA
#define SECRET ",\"key\":{\"type\":\"string\",\"description\":\"told this once\"}"
#define SPENT                                                                                                                              \
    ",\"spent\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"day\":" USD_SCHEMA ",\"month\":" USD_SCHEMA          \
    ",\"total\":" USD_SCHEMA "}}"

static const person_schema persons[] = {
    {"Key", YZ_PERSON_KEY, false, SHOWN, "\"name\",\"revision\""},
    {"KeyWithSecret", YZ_PERSON_KEY, false, SHOWN SECRET, "\"name\",\"revision\",\"key\""},
    {"KeyWithSpent", YZ_PERSON_KEY, false, SHOWN SPENT, "\"name\",\"revision\",\"spent\""},
    {"NewKey", YZ_PERSON_KEY, true, ",\"name\":" NAME_SCHEMA, "\"name\""},
    {"ChangeKey", YZ_PERSON_KEY, true, "", ""},
    {"Group", YZ_PERSON_GROUP, false, SHOWN, "\"name\",\"revision\""},
    {"GroupWithSpent", YZ_PERSON_GROUP, false, SHOWN SPENT, "\"name\",\"revision\",\"spent\""},
    {"NewGroup", YZ_PERSON_GROUP, true, ",\"name\":" NAME_SCHEMA, "\"name\""},
    {"ChangeGroup", YZ_PERSON_GROUP, true, "", ""},
};

#define CLOSED(properties, required)                                                                                                       \
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" properties "},\"required\":[" required "]}"
/* Of a list or a comparison that begins before what the ledger still has. */
#define REMOVED_SCHEMA                                                                                                                     \
    ",\"removed\":" CLOSED("\"before\":" TIME_SCHEMA ",\"requests\":" COUNT_SCHEMA ",\"rule\":" TEXT_SCHEMA ",\"left_out\":" COUNT_SCHEMA, \
                           "\"before\",\"requests\",\"rule\"")

static const struct {
    const char *name, *item, *list, *end; /* end: the property that says whether there is more */
} lists[] = {
    {"Keys", "Key", "keys", "next"},    {"Groups", "Group", "groups", "next"},    {"Accounts", "Account", "accounts", "next"},
    {"Moves", "Move", "moves", "next"}, {"Charges", "Charge", "charges", "next"}, {"Changes", "Change", "changes", "next"},
    {"Usage", "Sum", "usage", "more"},  {"Margins", "Margin", "margins", "more"}, {"Audit", "Fault", "faults", "ok"},
    {"Jobs", "Job", "jobs", "next"},
};

#define NOTE_SCHEMA "{\"type\":\"string\",\"maxLength\":200,\"pattern\":\"^[^\\\\x00-\\\\x1f\\\\x7f]*$\"}"
#define POSTED      "\"usd\":" PAID_SCHEMA ",\"id\":" ACCOUNT_SCHEMA ",\"note\":{\"type\":[\"string\",\"null\"],\"maxLength\":200}"

/* clang-format off */
static const char fixed[] =
    "\"Error\":{\"type\":\"object\",\"required\":[\"error\"],\"properties\":{\"error\":{\"type\":\"object\",\"required\":[\"message\",\"code\"],"
    "\"properties\":{\"message\":" TEXT_SCHEMA ",\"code\":{\"type\":[\"string\",\"null\"]}}}}}"
    ",\n\"Object\":{\"type\":\"object\"}"
    ",\n\"Empty\":{\"type\":\"object\",\"additionalProperties\":false}"
    ",\n\"Rotate\":" CLOSED("\"overlap\":{\"type\":[\"integer\",\"null\"],\"minimum\":0,\"maximum\":316224000,"
        "\"description\":\"seconds that the old secret stays good\"}", "")
    ",\n\"Credit\":" CLOSED("\"account\":" ACCOUNT_SCHEMA ",\"new\":{\"type\":\"boolean\"}," POSTED, "\"account\",\"usd\",\"id\"")
    ",\n\"Refund\":" CLOSED("\"request\":" ACCOUNT_SCHEMA "," POSTED, "\"request\",\"usd\",\"id\"")
    ",\n\"Transfer\":" CLOSED("\"from\":" ACCOUNT_SCHEMA ",\"to\":" ACCOUNT_SCHEMA ",\"new\":{\"type\":\"boolean\"}," POSTED,
        "\"from\",\"to\",\"usd\",\"id\"")
    ",\n\"Moved\":" CLOSED("\"id\":" TEXT_SCHEMA ",\"before\":{\"type\":\"boolean\",\"description\":\"it was done before, and this changed nothing\"}"
        ",\"usd\":" USD_SCHEMA ",\"available\":" USD_SCHEMA ",\"held\":" USD_SCHEMA, "\"id\",\"before\",\"usd\",\"available\",\"held\"")
    ",\n\"Token\":" CLOSED("\"name\":" TEXT_SCHEMA ",\"role\":{\"enum\":[\"read\",\"operate\",\"money\"]},\"ledger\":{\"type\":\"boolean\"}"
        ",\"policies\":{\"type\":\"boolean\"}", "\"name\",\"role\",\"ledger\",\"policies\"")
    ",\n\"Tree\":" CLOSED("\"name\":" NAME_SCHEMA ",\"disabled\":{\"type\":\"boolean\"},\"groups\":{\"type\":\"array\",\"items\":{\"$ref\":"
        "\"#/components/schemas/Tree\"}},\"keys\":{\"type\":\"array\",\"items\":" NAME_SCHEMA "}", "\"groups\",\"keys\"");
/* clang-format on */

#define HASH_SCHEMA    "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"}"
#define VERSION_SCHEMA "{\"type\":\"integer\",\"minimum\":0,\"description\":\"0: none\"}"
#define FILE_SCHEMA    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,\"description\":\"as GET /policies spells it\"}"
#define NUMBER_SCHEMA  "{\"type\":\"integer\",\"minimum\":1,\"maximum\":999999999}"

/* clang-format off */
static const char policy_schemas[] =
    ",\n\"PolicyVersion\":" CLOSED("\"version\":" COUNT_SCHEMA ",\"time\":" TIME_SCHEMA ",\"by\":" TEXT_SCHEMA ",\"of\":" COUNT_SCHEMA
        ",\"note\":" TEXT_SCHEMA ",\"sha256\":" HASH_SCHEMA ",\"bytes\":" COUNT_SCHEMA,
        "\"version\",\"time\",\"by\",\"note\",\"sha256\",\"bytes\"")
    ",\n\"PolicyFile\":" CLOSED("\"file\":" FILE_SCHEMA ",\"sha256\":" HASH_SCHEMA ",\"version\":" VERSION_SCHEMA ",\"source\":" TEXT_SCHEMA
        ",\"versions\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/PolicyVersion\"}}",
        "\"file\",\"sha256\",\"version\",\"source\",\"versions\"")
    ",\n\"PolicyText\":" CLOSED("\"file\":" FILE_SCHEMA ",\"version\":" COUNT_SCHEMA ",\"source\":" TEXT_SCHEMA,
        "\"file\",\"version\",\"source\"")
    ",\n\"Activate\":{\"oneOf\":["
        CLOSED("\"file\":" FILE_SCHEMA ",\"base\":" HASH_SCHEMA ",\"note\":" NOTE_SCHEMA ",\"source\":{\"type\":\"string\",\"maxLength\":65536}",
            "\"file\",\"base\",\"source\"") ","
        CLOSED("\"file\":" FILE_SCHEMA ",\"base\":" HASH_SCHEMA ",\"note\":" NOTE_SCHEMA ",\"version\":" NUMBER_SCHEMA,
            "\"file\",\"base\",\"version\"") "]}"
    ",\n\"Reconcile\":" CLOSED("\"provider\":" ACCOUNT_SCHEMA ",\"export\":{\"type\":\"string\",\"minLength\":1,\"description\":\"CSV, JSON or JSON lines\"}", "\"export\"")
    ",\n\"Reconciled\":" CLOSED("\"differences\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},\"ok\":{\"type\":\"boolean\"}" REMOVED_SCHEMA, "\"differences\",\"ok\"")
    ",\n\"Activated\":" CLOSED("\"file\":" FILE_SCHEMA ",\"version\":" COUNT_SCHEMA ",\"sha256\":" HASH_SCHEMA
        ",\"loaded\":{\"type\":\"boolean\"},\"text\":" TEXT_SCHEMA,
        "\"file\",\"version\",\"sha256\",\"loaded\",\"text\"");
/* clang-format on */

static const char paybacks[] =
    ",\n\"Payback\":" CLOSED("\"credit\":" ACCOUNT_SCHEMA ",\"usd\":" PAID_SCHEMA ",\"id\":" ACCOUNT_SCHEMA, "\"credit\",\"usd\",\"id\""),
                  paid_back[] =
                      ",\n\"PaidBack\":" CLOSED("\"id\":" TEXT_SCHEMA ",\"before\":{\"type\":\"boolean\"},\"account\":" TEXT_SCHEMA
                                                ",\"taken\":" USD_SCHEMA ",\"missing\":" USD_SCHEMA,
                                                "\"id\",\"before\",\"account\",\"taken\",\"missing\""),
                  codes[] =
                      ",\n\"RevokeCodes\":" CLOSED("\"code\":" ACCOUNT_SCHEMA ",\"batch\":" ACCOUNT_SCHEMA,
                                                   "") ",\n\"RevokedCodes\":" CLOSED("\"revoked\":" COUNT_SCHEMA ",\"before\":" COUNT_SCHEMA
                                                                                     ",\"redeemed\":" COUNT_SCHEMA,
                                                                                     "\"revoked\",\"before\",\"redeemed\"");

static void put_schemas(yz_buf *out) {
    yz_buf_lit(out, fixed);
    yz_buf_lit(out, paybacks);
    yz_buf_lit(out, paid_back);
    yz_buf_lit(out, codes);
    yz_buf_lit(out, policy_schemas);
    for (size_t i = 0; i < sizeof persons / sizeof *persons; i++)
        put_person(out, &persons[i]);
    put_rows(out, "Account", &yz_rows_accounts);
    put_rows(out, "Move", &yz_rows_moves);
    put_rows(out, "Job", &yz_rows_jobs);
    put_rows(out, "Charge", &yz_rows_charges);
    put_rows(out, "Change", &yz_rows_changes);
    put_rows(out, "Sum", &yz_rows_sums);
    put_rows(out, "Margin", &yz_rows_margins);
    put_rows(out, "Fault", &yz_rows_faults);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        bool next = strcmp(lists[i].end, "next") == 0;
        yz_buf_printf(out,
                      ",\n\"%s\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"%s\"%s%s%s],\"properties\":{\"%s\":",
                      lists[i].name, lists[i].list, next ? "" : ",\"", next ? "" : lists[i].end, next ? "" : "\"", lists[i].list);
        yz_buf_lit(out, "{\"type\":\"array\",\"items\":");
        ref(out, lists[i].item);
        yz_buf_printf(out, "},\"%s\":{\"type\":\"%s\"}%s}}", lists[i].end, next ? "string" : "boolean",
                      strcmp(lists[i].name, "Charges") == 0 ? REMOVED_SCHEMA : "");
    }
}

/* ---- paths ---------------------------------------------------------------------------------------------------------- */

#define BY_PATTERN    "(account|key|model|provider|hour|day)"
#define LABEL_PATTERN "[A-Za-z0-9_.-]{1,40}"

static const struct {
    const char *name, *schema, *help;
} params[] = {
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}", "rows at most; else 100"},
    {"after", "{\"type\":\"string\",\"pattern\":\"^[0-9]{1,18}$\"}", "the \"next\" of the answer before"},
    {"format", "{\"enum\":[\"json\",\"csv\"]}", "json, or csv as RFC 4180 has it"},
    {"group", ACCOUNT_SCHEMA, "in this group itself"},
    {"label", "{\"type\":\"string\",\"pattern\":\"^[^=]{1,40}=.{0,40}\"}", "with this label, as tier=gold: its own or its groups'"},
    {"revision", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000000000}", "only if it still stands so"},
    {"account", ACCOUNT_SCHEMA, "of this account alone"},
    {"owner", ACCOUNT_SCHEMA, "of this tenant alone"},
    {"key", ACCOUNT_SCHEMA, "of this key alone"},
    {"model", ACCOUNT_SCHEMA, "of this model alone"},
    {"provider", ACCOUNT_SCHEMA, "of this provider alone"},
    {"file", FILE_SCHEMA, "a policy's, as GET /policies spells it"},
    {"version", NUMBER_SCHEMA, "its number"},
    {"kind", "{\"enum\":[\"key\",\"group\",\"payment\",\"code\"]}", "of one kind alone"},
    {"name", ACCOUNT_SCHEMA, "of this one alone"},
    {"by", "{\"type\":\"string\",\"pattern\":\"^" BY_PATTERN "(," BY_PATTERN "){0,3}(,label:" LABEL_PATTERN ")?$\"}",
     "what sums are kept apart by: some of " YZ_ROWS_BY_WORDS "; one label at most"},
    {"from", "{\"type\":\"string\",\"format\":\"date\"}", "a day or a moment of UTC, included"},
    {"until", "{\"type\":\"string\",\"format\":\"date\"}", "a day or a moment of UTC, excluded"},
};

static void put_params(yz_buf *out, const yz_api_route *route) {
    const char *comma = "";
    yz_buf_lit(out, ",\"parameters\":[");
    if (strstr(route->path, "{id}")) {
        yz_buf_lit(out, "{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":" NAME_SCHEMA "}");
        comma = ",";
    }
    for (const char *at = route->params ? route->params : ""; *at;) {
        size_t n = strcspn(at, " ");
        for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
            if (!yz_str_is(yz_str_at(at, n), params[i].name))
                continue;
            bool name = strcmp(params[i].name, "after") == 0 && !strstr("moves charges changes jobs", strrchr(route->path, '/') + 1);
            yz_buf_printf(out, "%s{\"name\":\"%s\",\"in\":\"query\",\"required\":%s,\"schema\":%s,", comma, params[i].name,
                          strstr("file version", params[i].name) ? "true" : "false", name ? ACCOUNT_SCHEMA : params[i].schema);
            put_text(out, "description", params[i].help);
            yz_buf_char(out, '}');
            comma = ",";
        }
        at += n + (at[n] == ' ');
    }
    yz_buf_char(out, ']');
}

static void put_content(yz_buf *out, const char *schema, bool csv) {
    yz_buf_lit(out, "\"content\":{\"application/json\":{\"schema\":");
    ref(out, schema);
    yz_buf_lit(out, csv ? "},\"text/csv\":{\"schema\":{\"type\":\"string\"}}}" : "}}");
}

static void put_answers(yz_buf *out, const yz_api_route *route) {
    static const char *const errors[][2] = {{"400", "malformed, or not allowed"},
                                            {"401", "no token, or an unknown one"},
                                            {"402", "more than there is"},
                                            {"403", "the role does not allow it"},
                                            {"404", "there is no such thing"},
                                            {"405", "no such method here"},
                                            {"409", "it stands otherwise"},
                                            {"413", "the body is too large"},
                                            {"415", "the body is no JSON"},
                                            {"422", "the config does not pass the check with it"},
                                            {"503", "the ledger cannot be reached: ask again"},
                                            {"504", "the ledger took too long"}};
    bool csv = route->params && strstr(route->params, "format");
    yz_buf_lit(out, ",\"responses\":{");
    if (route->made) {
        yz_buf_printf(out, "\"%d\":{\"description\":\"it was done\",", route->made);
        put_content(out, route->answers, false);
        yz_buf_lit(out, "},");
    }
    yz_buf_printf(out, "\"200\":{\"description\":\"%s\",", route->made ? "it was done before" : "here it is");
    put_content(out, route->answers, csv);
    yz_buf_char(out, '}');
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        yz_buf_printf(out, ",\"%s\":{\"description\":\"%s\",", errors[i][0], errors[i][1]);
        put_content(out, "Error", false);
        yz_buf_char(out, '}');
    }
    yz_buf_char(out, '}');
}

static void put_route(yz_buf *out, const yz_api_route *route) {
    static const char *const roles[] = {"read", "operate", "money"};
    yz_buf_lit(out, strcmp(route->method, "GET") == 0 ? "\"get\":{" : strcmp(route->method, "PATCH") == 0 ? "\"patch\":{" : "\"post\":{");
    put_text(out, "summary", route->help);
    yz_buf_printf(out, ",\"description\":\"role: %s\"", roles[route->role]);
    put_params(out, route);
    if (route->asks) {
        yz_buf_printf(out, ",\"requestBody\":{\"required\":%s,", route->body == YZ_API_NEEDS_BODY ? "true" : "false");
        put_content(out, route->asks, false);
        yz_buf_char(out, '}');
    }
    put_answers(out, route);
    yz_buf_char(out, '}');
}

/* The first route of its path? Those that follow it there are methods of the same. */
static bool is_first(size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(yz_api_routes[k].path, yz_api_routes[i].path) == 0)
            return false;
    return true;
}

void yz_api_spec(yz_api *api) {
    yz_buf *out = &api->out;
    yz_buf_lit(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"yuzui: keys, money and usage\",\"version\":\"" YZ_VERSION "\"},\n"
                    "\"security\":[{\"token\":[]}],\"paths\":{");
    for (size_t i = 0; i < yz_api_n_routes; i++) {
        if (!is_first(i))
            continue;
        yz_buf_printf(out, "%s\n\"%s\":{", i ? "," : "", yz_api_routes[i].path);
        for (size_t k = i, n = 0; k < yz_api_n_routes; k++) {
            if (strcmp(yz_api_routes[k].path, yz_api_routes[i].path) != 0)
                continue;
            yz_buf_lit(out, n++ ? "," : "");
            put_route(out, &yz_api_routes[k]);
        }
        yz_buf_char(out, '}');
    }
    yz_buf_lit(out, "},\n\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}},\"schemas\":{");
    put_schemas(out);
    yz_buf_lit(out, "}}}\n");
}
