/* base/json_skim.c: see json_skim.h. A state machine over the bytes; no byte is looked at twice, and none is kept that is not copied. */
#include "base/json_skim.h"

#include "base/text.h"

enum { VALUE, FIRST_ITEM, FIRST_KEY, KEY, COLON, AFTER, STRING, ESCAPE, WORD, DONE };

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool is_of_a_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.';
}

/* true, false, null, numbers, and those that are none (NaN, Infinity). */
static bool begins_word(char c) { return c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n' || c == 'N' || c == 'I'; }

static bool in_object(const yz_json_skim *s) { return s->depth > 0 && s->objects >> (s->depth - 1) & 1; }

/* ---- the copy -------------------------------------------------------------------------------------------------------- */

static void put(yz_json_skim *s, const char *p, size_t n) {
    if (s->dropped)
        return;
    s->full |= s->copy.n + n > YZ_SKIM_COPY;
    if (!s->full)
        yz_buf_put(&s->copy, p, n);
}

/* An item or a member begins: is it one of those that are left out? All that follow in the same list or object are as well. */
static void count_item(yz_json_skim *s) {
    uint8_t *items = &s->items[s->depth - 1];
    bool many = *items == YZ_SKIM_ITEMS;
    *items = (uint8_t)(*items + !many);
    if (many && !s->dropped && s->copy.n > YZ_SKIM_MUCH && (!in_object(s) || s->depth > YZ_SKIM_SHALLOW))
        s->dropped = (uint8_t)(s->depth + 1);
}

/* Of a token that is copied: the comma before it. */
static void put_comma(yz_json_skim *s) {
    if (s->comma)
        put(s, ",", 1);
    s->comma = false;
}

/* More of the string under way, as far as it is kept; `whole`: all of it or nothing, and then nothing more. */
static void put_text(yz_json_skim *s, const char *p, size_t n, size_t room) {
    size_t left = YZ_SKIM_TEXT - s->text;
    if (room > left) {
        s->text = YZ_SKIM_TEXT;
        return;
    }
    n = n < left ? n : left;
    put(s, p, n);
    s->text = (uint16_t)(s->text + n);
}

/* ---- tokens ---------------------------------------------------------------------------------------------------------- */

static void begin_string(yz_json_skim *s, bool key) {
    put_comma(s);
    put(s, "\"", 1);
    s->key = key;
    s->text = 0;
    s->state = STRING;
}

static void value_ended(yz_json_skim *s) {
    s->state = s->depth ? AFTER : DONE;
    if (s->dropped == s->depth + 1)
        s->dropped = 0;
}

static const char *string(yz_json_skim *s, const char *p, const char *end) {
    const char *q = p;
    while ((q = yz_text_scan(q, end)) < end && *q != '"' && *q != '\\')
        q++; /* not ASCII, or a control character: of the text all the same */
    if (q > p)
        put_text(s, p, (size_t)(q - p), 0);
    if (q == end)
        return q;
    if (*q == '\\') {
        s->state = ESCAPE;
    } else {
        put(s, "\"", 1);
        s->state = COLON;
        if (!s->key)
            value_ended(s);
    }
    return q + 1;
}

static const char *escape(yz_json_skim *s, const char *p) {
    char both[2] = {'\\', *p};
    put_text(s, both, 2, *p == 'u' ? 6 : 2); /* the digits follow as text, and are not cut off */
    s->state = STRING;
    return p + 1;
}

static void begin_word(yz_json_skim *s) {
    uint8_t *numbers = s->depth && !in_object(s) ? &s->numbers[s->depth - 1] : NULL;
    s->keep = !numbers || *numbers < YZ_SKIM_NUMBERS;
    if (numbers && s->keep)
        ++*numbers;
    if (s->keep)
        put_comma(s);
    s->state = WORD;
}

static const char *word(yz_json_skim *s, const char *p, const char *end) {
    const char *q = p;
    while (q < end && is_of_a_word(*q))
        q++;
    if (s->keep)
        put(s, p, (size_t)(q - p));
    if (q < end)
        value_ended(s);
    return q;
}

static bool open_container(yz_json_skim *s, char c) {
    if (s->depth == YZ_JSON_DEPTH)
        return false;
    put_comma(s);
    put(s, &c, 1);
    uint64_t bit = (uint64_t)1 << s->depth;
    s->objects = c == '{' ? s->objects | bit : s->objects & ~bit;
    s->items[s->depth] = 0;
    s->numbers[s->depth++] = 0;
    s->state = c == '{' ? FIRST_KEY : FIRST_ITEM;
    return true;
}

static bool close_container(yz_json_skim *s, char c) {
    if (s->depth == 0 || c != (in_object(s) ? '}' : ']'))
        return false;
    s->comma = false;
    put(s, &c, 1);
    s->depth--;
    value_ended(s);
    return true;
}

static bool begin_value(yz_json_skim *s, char c) {
    if (s->depth > 0 && !in_object(s))
        count_item(s);
    if (c == '"')
        begin_string(s, false);
    else if (c == '{' || c == '[')
        return open_container(s, c);
    else if (begins_word(c))
        begin_word(s);
    else
        return false;
    return true;
}

/* What follows a value. */
static bool after(yz_json_skim *s, char c) {
    if (c != ',')
        return close_container(s, c);
    s->comma = true;
    s->state = in_object(s) ? KEY : VALUE;
    return true;
}

/* A byte between two tokens, or the first of one; of a word it is not consumed. */
static bool between(yz_json_skim *s, char c) {
    switch (s->state) {
    case FIRST_KEY:
    case KEY:
        if (c == '"') {
            count_item(s);
            begin_string(s, true);
        } else if (s->state == KEY || !close_container(s, c)) {
            return false;
        }
        return true;
    case COLON:
        put(s, ":", 1);
        s->state = VALUE;
        return c == ':';
    case FIRST_ITEM:
        return c == ']' ? close_container(s, c) : begin_value(s, c);
    case VALUE:
        return begin_value(s, c);
    default:
        return after(s, c);
    }
}

int yz_json_skim_feed(yz_json_skim *s, yz_str bytes) {
    const char *p = bytes.n ? bytes.p : "", *end = p + bytes.n;
    while (p < end && s->state != DONE) {
        if (s->state == STRING) {
            p = string(s, p, end);
        } else if (s->state == ESCAPE) {
            p = escape(s, p);
        } else if (s->state == WORD) {
            p = word(s, p, end);
        } else if (is_blank(*p)) {
            p++;
        } else {
            if (!between(s, *p))
                return YZ_EINVAL;
            p += s->state != WORD;
        }
    }
    while (p < end && is_blank(*p))
        p++;
    s->after = (size_t)(end - p);
    return YZ_OK;
}

size_t yz_json_skim_after(const yz_json_skim *s) { return s->after; }

bool yz_json_skim_done(const yz_json_skim *s) { return s->state == DONE; }

void yz_json_skim_free(yz_json_skim *s) { yz_buf_free(&s->copy); }
