/* upstream/saying.c: see saying.h. What a model says may be nothing that answers: thoughts alone, whether the dialect has a place for them
 * or they stand in the text (<think>…</think>), blanks, a call whose arguments break off, a turn that a provider has paused. A client is
 * given what came; who would give it to the next one who asks the same had better ask again. Of several answers (n) each has to say
 * something.
 */
#include "upstream/saying.h"

#include <string.h>

enum { OUTSIDE, WITHIN }; /* of <think> */
static const char *const tags[] = {"<think>", "</think>"};

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 0; }

/* The next byte that the escaped text stands for; of what is beyond ASCII any byte above it. */
static char next_byte(const char **p, const char *end) {
    static const char plain[] = "bfnrt", meant[] = "\b\f\n\r\t";
    char c = *(*p)++;
    if (c != '\\' || *p == end)
        return c;
    c = *(*p)++;
    if (c == 'u' && end - *p >= 4) {
        int code = hex((*p)[0]) << 12 | hex((*p)[1]) << 8 | hex((*p)[2]) << 4 | hex((*p)[3]);
        *p += 4;
        return code < 0x80 ? (char)code : (char)0xc3;
    }
    const char *found = c ? strchr(plain, c) : NULL;
    return found ? meant[found - plain] : c;
}

static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static void hear_text(yz_saying *s, yz_str text) {
    for (const char *p = text.p, *end = text.p + text.n; p < end && !s->spoke;) {
        char c = next_byte(&p, end);
        const char *tag = tags[s->tag];
        if (c == tag[s->tagged]) {
            s->tagged++;
            if (tag[s->tagged] == 0) {
                s->tag = s->tag == OUTSIDE ? WITHIN : OUTSIDE;
                s->tagged = 0;
            }
        } else if (s->tag == WITHIN) {
            s->tagged = c == tag[0];
        } else {
            s->spoke = s->tagged > 0 || !is_blank(c);
        }
    }
}

static void hear_arguments(yz_saying *s, yz_str text) {
    for (const char *p = text.p, *end = text.p + text.n; p < end && !s->free;) {
        char c = next_byte(&p, end);
        if (s->quoted) {
            s->quoted = s->escaped || c != '"';
            s->escaped = !s->escaped && c == '\\';
            continue;
        }
        s->free = !s->begun && !is_blank(c) && c != '{';
        s->begun = s->begun || !is_blank(c);
        s->quoted = c == '"';
        s->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
}

static bool call_is_whole(const yz_saying *s) { return s->free || (!s->quoted && s->depth == 0); }

static void begin(yz_saying *s, const yz_event *event) {
    switch (event->item) {
    case YZ_PART_TEXT:
        s->text_open = true;
        s->text_at = event->index;
        s->tag = OUTSIDE;
        s->tagged = 0;
        break;
    case YZ_PART_TOOL_CALL:
        s->broken |= !call_is_whole(s);
        s->call_open = true;
        s->call_at = event->index;
        s->calls++;
        s->quoted = s->escaped = s->begun = s->free = false;
        s->depth = 0;
        break;
    case YZ_PART_REASONING:
    case YZ_PART_OPAQUE: /* such as thoughts that nobody may read */
        break;
    default:
        s->spoke = true;
    }
}

static yz_saying *of_choice(yz_saying *s, unsigned choice, yz_arena *arena) {
    while (s->choice != choice && s->next)
        s = s->next;
    if (s->choice != choice) {
        s->next = yz_alloc(arena, sizeof *s->next);
        s = s->next;
        s->choice = choice;
    }
    return s;
}

/* Items are numbered over all choices. */
static void hear_delta(yz_saying *s, const yz_event *event) {
    for (; s; s = s->next)
        if (s->text_open && event->index == s->text_at)
            hear_text(s, event->text);
        else if (s->call_open && event->index == s->call_at)
            hear_arguments(s, event->text);
}

static void hear_finish(yz_saying *s, const yz_event *event) {
    s->tools |= event->finish == YZ_FINISH_TOOLS;
    s->paused |= event->finish == YZ_FINISH_STOP && event->name.n > 0;
}

void yz_saying_hear(yz_saying *s, const yz_event *event, yz_arena *arena) {
    if (event->kind == YZ_EVENT_DELTA)
        hear_delta(s, event);
    else if (event->kind == YZ_EVENT_ITEM)
        begin(of_choice(s, event->choice, arena), event);
    else if (event->kind == YZ_EVENT_FINISH)
        hear_finish(of_choice(s, event->choice, arena), event);
}

static bool is_whole(const yz_saying *s, bool cut) {
    bool called = s->calls > 0 && (cut || (!s->broken && call_is_whole(s)));
    bool uncalled = s->tools && s->calls == 0;
    return !s->paused && !uncalled && (called || (s->spoke && s->calls == 0));
}

bool yz_saying_whole(const yz_saying *s, bool cut) {
    while (s && is_whole(s, cut))
        s = s->next;
    return !s;
}
