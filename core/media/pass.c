/* media/pass.c: see media.h. What passes is read letter by letter as far as its texts and their names, and no further: so it may be a
 * document or the events of a stream, and cut anywhere. A text is held while it may be an address; all others pass as they come, however
 * long they are, so a picture in base64 costs no memory.
 */
#include "base/arena.h"
#include "media/media.h"

#include <yuzui/json.h>

enum { MOST_WORD = 40, MOST_HELD = 12000 }; /* of a field's name; of a text that may be an address, with its escapes */

typedef enum place { OUTSIDE, INSIDE, HELD } place; /* of texts */

struct yz_media_pass {
    const yz_media_settings *settings;
    const char *const *fields;
    yz_str owner;
    place place;
    bool escape; /* the letter before was a backslash */
    bool named;  /* the last text was the name of such a field */
    bool due;    /* the next text is what stands in it */
    bool list;   /* … and so are those after it, up to the bracket */
    char word[MOST_WORD];
    size_t n; /* of the text under way, which may be a name; more than MOST_WORD: it is none */
    yz_buf held, out;
};

static void on_free(void *arg) {
    yz_media_pass *p = arg;
    yz_buf_free(&p->held);
    yz_buf_free(&p->out);
}

yz_media_pass *yz_media_pass_new(const yz_media_settings *settings, const char *const *fields, yz_str owner, yz_arena *arena) {
    yz_media_pass *p = yz_alloc(arena, sizeof *p);
    *p = (yz_media_pass){.settings = settings, .fields = fields, .owner = owner};
    yz_on_free(arena, on_free, p);
    return p;
}

static bool is_field(const yz_media_pass *p) {
    for (const char *const *field = p->fields; *field && p->n <= MOST_WORD; field++)
        if (yz_str_is(yz_str_at(p->word, p->n), *field))
            return true;
    return false;
}

/* Between texts: what the next one is. */
static void read_mark(yz_media_pass *p, char c) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
        return;
    bool opens = c == '[' && p->due, goes_on = c == ',' && p->list;
    p->due = (c == ':' && p->named) || opens || goes_on;
    p->list = opens || goes_on;
    p->named = false;
}

static void begin_text(yz_media_pass *p) {
    p->place = p->due ? HELD : INSIDE;
    p->due = p->named = false;
    p->n = 0;
    p->held.n = 0;
}

/* The text that is held, with its quotes: the gateway's address, if it is one of theirs. */
static void put_held(yz_media_pass *p) {
    yz_arena *arena = yz_arena_new(NULL);
    yz_str raw = yz_buf_view(&p->held), address = YZ_STR("");
    yz_json *text;
    if (yz_json_parse(arena, raw, YZ_JSON_ANSWERED, &text, NULL) == YZ_OK)
        address = yz_media_sign(p->settings, p->owner, yz_json_text(arena, text), yz_clock_wall(), arena);
    if (address.n)
        yz_buf_json_str(&p->out, address);
    else
        yz_buf_str(&p->out, raw);
    yz_arena_free(arena);
    p->held.n = 0;
}

static size_t outside(yz_media_pass *p, yz_str bytes) {
    size_t n = 0;
    while (n < bytes.n && bytes.p[n] != '"')
        read_mark(p, bytes.p[n++]);
    bool text = n < bytes.n;
    if (text)
        begin_text(p);
    n += text;
    yz_buf_put(&p->out, bytes.p, n - (p->place == HELD)); /* its quote is held, too */
    if (p->place == HELD)
        yz_buf_char(&p->held, '"');
    return n;
}

/* How much of it is the text under way: up to a quote, a backslash, or a line break, which stands in no text of JSON. */
static size_t plain(yz_str bytes) {
    const char *quote = memchr(bytes.p, '"', bytes.n);
    size_t n = quote ? (size_t)(quote - bytes.p) : bytes.n;
    const char *escape = n ? memchr(bytes.p, '\\', n) : NULL, *line = n ? memchr(bytes.p, '\n', n) : NULL;
    n = escape ? (size_t)(escape - bytes.p) : n;
    return line && (size_t)(line - bytes.p) < n ? (size_t)(line - bytes.p) : n;
}

static void add_to_word(yz_media_pass *p, yz_str piece) {
    bool fits = p->n <= MOST_WORD && piece.n <= MOST_WORD - p->n;
    if (fits && piece.n)
        memcpy(p->word + p->n, piece.p, piece.n);
    p->n = fits ? p->n + piece.n : MOST_WORD + 1;
}

static void end_text(yz_media_pass *p, bool whole) {
    if (p->place == HELD && whole)
        put_held(p);
    else if (p->place == HELD)
        yz_buf_str(&p->out, yz_buf_view(&p->held));
    p->named = whole && p->place == INSIDE && is_field(p);
    p->place = OUTSIDE;
}

static size_t inside(yz_media_pass *p, yz_str bytes) {
    yz_buf *to = p->place == HELD ? &p->held : &p->out;
    size_t n = p->escape ? 1 : plain(bytes);
    if (p->place == INSIDE)
        add_to_word(p, yz_str_at(bytes.p, n));
    bool mark = !p->escape && n < bytes.n; /* at it: a quote, a backslash, a line break */
    char c = mark ? bytes.p[n] : 0;
    p->escape = c == '\\';
    n += mark;
    yz_buf_put(to, bytes.p, n);
    if (c == '\\')
        add_to_word(p, YZ_STR("\\"));
    if (c == '"' || c == '\n')
        end_text(p, c == '"');
    else if (p->place == HELD && p->held.n > MOST_HELD) {
        yz_buf_str(&p->out, yz_buf_view(&p->held));
        p->place = INSIDE;
        p->n = MOST_WORD + 1;
    }
    return n;
}

yz_str yz_media_pass_put(yz_media_pass *p, yz_str bytes) {
    p->out.n = 0;
    while (bytes.n) {
        size_t n = p->place == OUTSIDE ? outside(p, bytes) : inside(p, bytes);
        bytes = yz_str_at(bytes.p + n, bytes.n - n);
    }
    return yz_buf_view(&p->out);
}

yz_str yz_media_pass_end(yz_media_pass *p) {
    p->out.n = 0;
    if (p->place == HELD)
        end_text(p, false);
    return yz_buf_view(&p->out);
}
