/* base/json_write.c: plain text into JSON strings. */
#include "base/text.h"

#include <yuzui/json.h>

/* Writes one byte that cannot stand as it is. */
static void put_escape(yz_buf *buf, unsigned char c) {
    static const char hex[] = "0123456789abcdef";
    const char *name = NULL;
    switch (c) {
    case '"':
        name = "\\\"";
        break;
    case '\\':
        name = "\\\\";
        break;
    case '\b':
        name = "\\b";
        break;
    case '\f':
        name = "\\f";
        break;
    case '\n':
        name = "\\n";
        break;
    case '\r':
        name = "\\r";
        break;
    case '\t':
        name = "\\t";
        break;
    default:
        yz_buf_put(buf, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
        return;
    }
    yz_buf_put(buf, name, 2);
}

void yz_buf_json(yz_buf *buf, yz_str plain) {
    const char *p = plain.p, *end = plain.n ? p + plain.n : p, *from = p;
    while (p < end) {
        p = yz_text_scan(p, end);
        if (p < end && (unsigned char)*p >= 0x80) {
            p = yz_utf8_skip(p, end);
            if (p == end || (unsigned char)*p < 0x80)
                continue;
        }
        yz_buf_put(buf, from, (size_t)(p - from));
        if (p < end) {
            if ((unsigned char)*p >= 0x80)
                yz_buf_lit(buf, "\xEF\xBF\xBD");
            else
                put_escape(buf, (unsigned char)*p);
            p++;
        }
        from = p;
    }
    yz_buf_put(buf, from, (size_t)(p - from));
}

void yz_buf_json_str(yz_buf *buf, yz_str plain) {
    yz_buf_char(buf, '"');
    yz_buf_json(buf, plain);
    yz_buf_char(buf, '"');
}
