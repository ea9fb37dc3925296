/* people/rows.c: see rows.h. */
#include "people/rows.h"
#include "base/arena.h"
#include "people/person.h"
#include "price/price.h"

#include <yuzui/json.h>

/* ---- the columns ---------------------------------------------------------------------------------------------------- */

#define AT(field) offsetof(yz_ledger_row, field)
#define ROWS_OF(table)                                                                                                                     \
    { (table), sizeof(table) / sizeof *(table) }

static const yz_column ACCOUNTS[] = {
    {"account", YZ_COLUMN_TEXT, AT(account), 0, "its name"},
    {"available", YZ_COLUMN_USD, AT(available), 0, "what may still be spent"},
    {"held", YZ_COLUMN_USD, AT(held), 0, "set aside for requests under way"},
    {"paid_in", YZ_COLUMN_USD, AT(amount), 0, "so far"},
    {"charged", YZ_COLUMN_USD, AT(captured), 0, "so far"},
    {"given_back", YZ_COLUMN_USD, AT(refunded), 0, "so far, of what was charged"},
};
static const yz_column CHARGES[] = {
    {"time", YZ_COLUMN_TIME, AT(created), 0, "when it began"},
    {"account", YZ_COLUMN_TEXT, AT(account), 0, "who pays"},
    {"key", YZ_COLUMN_TEXT, AT(key), 0, "who asked"},
    {"id", YZ_COLUMN_TEXT, AT(id), 0, "of the hold: what a refund names"},
    {"request", YZ_COLUMN_TEXT, AT(request), 0, "x-request-id"},
    {"model", YZ_COLUMN_TEXT, AT(model), 0, "that was asked for"},
    {"price", YZ_COLUMN_TEXT, AT(price), 0, "the version that counted"},
    {"state", YZ_COLUMN_STATE, AT(state), 0, "open, captured, released or expired"},
    {"held", YZ_COLUMN_USD, AT(amount), 0, "at most"},
    {"charged", YZ_COLUMN_USD, AT(captured), 0, "to the account"},
    {"lost", YZ_COLUMN_USD, AT(absorbed), 0, "beyond the hold and the account: the operator's"},
    {"given_back", YZ_COLUMN_USD, AT(refunded), 0, "of what was charged"},
    {"detail", YZ_COLUMN_JSON, AT(detail), 0, "why: meters, rates, attempts"},
};
static const yz_column SUMS[] = {
    {"time", YZ_COLUMN_TIME, AT(created), YZ_USAGE_BY_HOUR | YZ_USAGE_BY_DAY, "when the hour or day begins"},
    {"account", YZ_COLUMN_TEXT, AT(account), YZ_USAGE_BY_ACCOUNT, "who pays"},
    {"key", YZ_COLUMN_TEXT, AT(key), YZ_USAGE_BY_KEY, "who asked"},
    {"model", YZ_COLUMN_TEXT, AT(model), YZ_USAGE_BY_MODEL, "that was asked for"},
    {"provider", YZ_COLUMN_TEXT, AT(provider), YZ_USAGE_BY_PROVIDER, "who answered"},
    {"label", YZ_COLUMN_TEXT, AT(text), YZ_ROWS_BY_LABEL, "the value of the label that was named; empty: the key has it not"},
    {"requests", YZ_COLUMN_NUMBER, AT(calls), 0, "that have ended"},
    {"input", YZ_COLUMN_NUMBER, AT(input), 0, "tokens"},
    {"cached", YZ_COLUMN_NUMBER, AT(cached), 0, "tokens of the input that the provider had in its cache"},
    {"output", YZ_COLUMN_NUMBER, AT(output), 0, "tokens"},
    {"charged", YZ_COLUMN_USD, AT(captured), 0, "to accounts"},
    {"lost", YZ_COLUMN_USD, AT(absorbed), 0, "the operator's"},
    {"given_back", YZ_COLUMN_USD, AT(refunded), 0, "of what was charged"},
};
static const yz_column MARGINS[] = {
    {"time", YZ_COLUMN_TIME, AT(created), YZ_USAGE_BY_HOUR | YZ_USAGE_BY_DAY, "when the hour or day begins"},
    {"provider", YZ_COLUMN_TEXT, AT(provider), 0, "whose tries these are; empty: no provider answered"},
    {"requests", YZ_COLUMN_NUMBER, AT(calls), 0, "charged, that it answered"},
    {"tries", YZ_COLUMN_NUMBER, AT(output), 0, "that it was asked, retries and losers of a race included"},
    {"charged", YZ_COLUMN_USD, AT(captured), 0, "to accounts, for what it answered"},
    {"lost", YZ_COLUMN_USD, AT(absorbed), 0, "not covered by an account: not in charged"},
    {"given_back", YZ_COLUMN_USD, AT(refunded), 0, "of what was charged"},
    {"cost", YZ_COLUMN_USD, AT(amount), 0, "of its tries, by its list price"},
    {"estimated", YZ_COLUMN_USD, AT(held), 0, "of that cost, what the provider has not counted itself"},
    {"unknown", YZ_COLUMN_NUMBER, AT(input), 0, "tries whose cost is not known, and is not in cost"},
    {"margin", YZ_COLUMN_USD, AT(available), 0, "charged, less what was given back, less cost"},
};
static const yz_column MOVES[] = {
    {"time", YZ_COLUMN_TIME, AT(created), 0, "when"},
    {"kind", YZ_COLUMN_TEXT, AT(model), 0, "credit, refund or transfer"},
    {"account", YZ_COLUMN_TEXT, AT(account), 0, "whose"},
    {"usd", YZ_COLUMN_USD, AT(amount), 0, "what it gained; below 0: gave"},
    {"id", YZ_COLUMN_TEXT, AT(id), 0, "of the posting; a transfer is two moves: \"transfer from ID\" and \"transfer to ID\""},
    {"note", YZ_COLUMN_NOTE, AT(detail), 0, "for people"},
    {"by", YZ_COLUMN_BY, AT(detail), 0, "who made it: \"cli\", \"admin NAME\"; empty: not known"},
};
static const yz_column CHANGES[] = {
    {"time", YZ_COLUMN_TIME, AT(created), 0, "when"},    {"kind", YZ_COLUMN_TEXT, AT(account), 0, "key, group, payment or code"},
    {"name", YZ_COLUMN_TEXT, AT(id), 0, "whose"},        {"revision", YZ_COLUMN_NUMBER, AT(amount), 0, "from 1"},
    {"by", YZ_COLUMN_TEXT, AT(text), 0, "who wrote it"}, {"data", YZ_COLUMN_JSON, AT(detail), 0, "the record as it stood from then on"},
};
static const yz_column JOBS[] = {
    {"time", YZ_COLUMN_TIME, AT(created), 0, "when it was to be begun"},
    {"id", YZ_COLUMN_TEXT, AT(id), 0, "that its owner asks for it by; its charge has the same"},
    {"owner", YZ_COLUMN_TEXT, AT(account), 0, "the tenant that may ask for it"},
    {"key", YZ_COLUMN_TEXT, AT(key), 0, "that began it"},
    {"state", YZ_COLUMN_SAID, AT(detail), 0, "submitting, unknown, queued, running, succeeded, failed, cancelled or expired"},
    {"code", YZ_COLUMN_SAID, AT(detail), 0, "why it came to nothing"},
    {"provider", YZ_COLUMN_SAID, AT(detail), 0, "that works on it"},
    {"model", YZ_COLUMN_SAID, AT(detail), 0, "as its provider says"},
    {"cost", YZ_COLUMN_SAID, AT(detail), 0, "USD that it was charged; given back if it came to nothing"},
    {"look", YZ_COLUMN_TIME, AT(look), 0, "when it is looked at next; empty: it is over"},
    {"ended", YZ_COLUMN_TIME, AT(ended), 0, "when it was found over; empty: it is not"},
    {"detail", YZ_COLUMN_JSON, AT(detail), 0, "all that is kept of it"},
};
static const yz_column FAULTS[] = {
    {"account", YZ_COLUMN_TEXT, AT(account), 0, "whose; empty: of none"},
    {"id", YZ_COLUMN_TEXT, AT(id), 0, "of the hold or posting; empty: of none"},
    {"fault", YZ_COLUMN_TEXT, AT(text), 0, "what does not add up"},
};
const yz_rows yz_rows_accounts = ROWS_OF(ACCOUNTS), yz_rows_charges = ROWS_OF(CHARGES), yz_rows_sums = ROWS_OF(SUMS),
              yz_rows_margins = ROWS_OF(MARGINS), yz_rows_moves = ROWS_OF(MOVES), yz_rows_changes = ROWS_OF(CHANGES),
              yz_rows_jobs = ROWS_OF(JOBS), yz_rows_faults = ROWS_OF(FAULTS);

/* ---- values --------------------------------------------------------------------------------------------------------- */

static const char *const states[] = {
#define STATE(name, word) word,
    YZ_HOLD_STATES(STATE)
#undef STATE
};

/* What `detail` of a move says under this name; one that is no JSON is a note. */
static void put_of_detail(yz_str detail, const char *name, bool whole, yz_buf *out) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_json *json = NULL;
    bool object = detail.n > 0 && detail.p[0] == '{' && yz_json_parse(arena, detail, 0, &json, NULL) == YZ_OK;
    if (object)
        yz_buf_str(out, yz_json_text(arena, yz_json_get(json, name)));
    else if (whole)
        yz_buf_str(out, detail);
    yz_arena_free(arena);
}

/* As text, without quotes. */
static void put_plain(const yz_column *c, const yz_ledger_row *row, yz_buf *out) {
    const void *at = (const char *)row + c->offset;
    switch (c->type) {
    case YZ_COLUMN_TEXT:
        yz_buf_str(out, *(const yz_str *)at);
        break;
    case YZ_COLUMN_USD:
        yz_price_usd(*(const int64_t *)at, out);
        break;
    case YZ_COLUMN_NUMBER:
        yz_buf_int(out, *(const int64_t *)at);
        break;
    case YZ_COLUMN_TIME:
        if (*(const int64_t *)at)
            yz_person_put_moment(out, *(const int64_t *)at);
        break;
    case YZ_COLUMN_STATE:
        yz_buf_lit(out, (unsigned)row->state < YZ_HOLD_STATES_N ? states[row->state] : "?");
        break;
    case YZ_COLUMN_NOTE:
        put_of_detail(*(const yz_str *)at, "note", true, out);
        break;
    case YZ_COLUMN_BY:
        put_of_detail(*(const yz_str *)at, "by", false, out);
        break;
    case YZ_COLUMN_SAID:
        put_of_detail(*(const yz_str *)at, c->name, false, out);
        break;
    case YZ_COLUMN_JSON:
        break;
    }
}

static bool is_number(const yz_column *c) { return c->type == YZ_COLUMN_USD || c->type == YZ_COLUMN_NUMBER; }
static bool is_left_out(const yz_column *c, unsigned by) { return c->by && !(c->by & by); }

/* ---- JSON ----------------------------------------------------------------------------------------------------------- */

static void put_json(const yz_column *c, const yz_ledger_row *row, yz_buf *out) {
    yz_buf text = {0};
    if (c->type == YZ_COLUMN_JSON) {
        yz_buf_str(out, *(const yz_str *)(const void *)((const char *)row + c->offset));
        return;
    }
    if (is_number(c)) {
        put_plain(c, row, out);
        return;
    }
    put_plain(c, row, &text);
    yz_buf_json_str(out, yz_buf_view(&text));
    yz_buf_free(&text);
}

static bool has_json(const yz_column *c, const yz_ledger_row *row) {
    const yz_str *text = (const yz_str *)(const void *)((const char *)row + c->offset);
    return text->n > 0 && text->p[0] == '{';
}

void yz_rows_json(const yz_rows *rows, const yz_ledger_row *row, unsigned by, bool detail, yz_buf *out) {
    const char *comma = "";
    yz_buf_char(out, '{');
    for (size_t i = 0; i < rows->n; i++) {
        const yz_column *c = &rows->columns[i];
        if (is_left_out(c, by) || (c->type == YZ_COLUMN_JSON && (!detail || !has_json(c, row))))
            continue;
        yz_buf_printf(out, "%s\"%s\":", comma, c->name);
        put_json(c, row, out);
        comma = ",";
    }
    yz_buf_char(out, '}');
}

/* ---- CSV (RFC 4180) ------------------------------------------------------------------------------------------------- */

static void put_field(yz_str text, bool number, yz_buf *out) {
    bool formula = !number && text.n > 0 && memchr("=+-@\t\r", text.p[0], 6), quoted = false;
    for (size_t i = 0; i < text.n; i++)
        quoted |= text.p[i] == '"' || text.p[i] == ',' || text.p[i] == '\n' || text.p[i] == '\r';
    yz_buf_lit(out, quoted ? "\"" : "");
    yz_buf_lit(out, formula ? "'" : "");
    for (size_t i = 0; i < text.n; i++) {
        yz_buf_char(out, text.p[i]);
        if (text.p[i] == '"')
            yz_buf_char(out, '"');
    }
    yz_buf_lit(out, quoted ? "\"" : "");
}

void yz_rows_csv(const yz_rows *rows, const yz_ledger_row *row, unsigned by, yz_buf *out) {
    const char *comma = "";
    yz_buf text = {0};
    for (size_t i = 0; i < rows->n; i++) {
        const yz_column *c = &rows->columns[i];
        if (is_left_out(c, by) || c->type == YZ_COLUMN_JSON)
            continue;
        text.n = 0;
        if (row)
            put_plain(c, row, &text);
        else
            yz_buf_lit(&text, c->name);
        yz_buf_lit(out, comma);
        put_field(yz_buf_view(&text), is_number(c), out);
        comma = ",";
    }
    yz_buf_lit(out, "\r\n");
    yz_buf_free(&text);
}

/* ---- words ---------------------------------------------------------------------------------------------------------- */

/* YZ_USAGE_BY_…, or YZ_ROWS_BY_LABEL; 0: it is no such word. */
static unsigned by_word(yz_str word, yz_str *label) {
    static const struct {
        const char *word;
        unsigned by;
    } known[] = {{"account", YZ_USAGE_BY_ACCOUNT},   {"key", YZ_USAGE_BY_KEY},   {"model", YZ_USAGE_BY_MODEL},
                 {"provider", YZ_USAGE_BY_PROVIDER}, {"hour", YZ_USAGE_BY_HOUR}, {"day", YZ_USAGE_BY_DAY}};
    static const char LABEL[] = "label:";
    const size_t n = sizeof LABEL - 1;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (yz_str_is(word, known[i].word))
            return known[i].by;
    if (!label || label->n > 0 || word.n <= n || memcmp(word.p, LABEL, n) != 0)
        return 0;
    *label = yz_str_at(word.p + n, word.n - n);
    return YZ_ROWS_BY_LABEL;
}

bool yz_rows_by(yz_str words, unsigned *by, yz_str *label) {
    if (label)
        *label = YZ_STR("");
    for (*by = 0; words.n > 0;) {
        const char *end = memchr(words.p, ',', words.n);
        yz_str word = {words.p, end ? (size_t)(end - words.p) : words.n};
        unsigned found = by_word(word, label);
        if (!found)
            return false;
        *by |= found;
        words = end ? yz_str_at(end + 1, words.n - word.n - 1) : YZ_STR("");
    }
    return true;
}

void yz_rows_put_note(yz_str by, yz_str note, yz_buf *out) {
    yz_buf_lit(out, "{\"by\":");
    yz_buf_json_str(out, by);
    yz_buf_lit(out, ",\"note\":");
    yz_buf_json_str(out, note);
    yz_buf_char(out, '}');
}

void yz_rows_note(yz_str detail, yz_buf *out) { put_of_detail(detail, "note", true, out); }
