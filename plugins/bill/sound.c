/* sound.c: how long a sound is, by the head of its file, where nobody says it: of a WAV that is not compressed, whose seconds are its bytes
 * by those of a second. What such a head says of itself must agree, so that no other length can be read from it: its decoder goes by the
 * same numbers. Of files that are compressed a head can say anything, so those are guessed as ever.
 */
#include "bill.h"

enum { MOST_RATE = 192000, MOST_CHANNELS = 8 };

static uint32_t little(const char *p, int n) {
    uint32_t value = 0;
    while (n-- > 0)
        value = value << 8 | (unsigned char)p[n];
    return value;
}

/* Bytes of a second, by the chunk that says how it is stored; 0: it is compressed, or does not agree with itself. */
static uint32_t rate_of(const char *fmt) {
    uint32_t how = little(fmt, 2), channels = little(fmt + 2, 2), rate = little(fmt + 4, 4), bytes = little(fmt + 8, 4);
    uint32_t frame = little(fmt + 12, 2), bits = little(fmt + 14, 2);
    bool plain = how == 1 || how == 3 || how == 0xfffe; /* whole numbers, floats, or either of them with more to say */
    bool agrees = channels > 0 && channels <= MOST_CHANNELS && rate > 0 && rate <= MOST_RATE && frame == channels * ((bits + 7) / 8) &&
                  frame > 0 && bytes == rate * frame;
    return plain && agrees ? bytes : 0;
}

/* Of a file's first bytes, where in it the sound begins and how many bytes of it are a second. */
static uint32_t wave(yz_str head, size_t *begins) {
    uint32_t rate = 0;
    if (head.n < 12 || memcmp(head.p, "RIFF", 4) != 0 || memcmp(head.p + 8, "WAVE", 4) != 0)
        return 0;
    for (size_t at = 12; at + 8 <= head.n;) {
        const char *chunk = head.p + at;
        size_t n = little(chunk + 4, 4);
        if (memcmp(chunk, "data", 4) == 0) {
            *begins = at + 8;
            return rate;
        }
        if (memcmp(chunk, "fmt ", 4) == 0 && n >= 16 && at + 24 <= head.n)
            rate = rate_of(chunk + 8);
        at += 8 + n + (n & 1);
    }
    return 0;
}

int64_t sound_seconds(const yz_request *request) {
    const yz_form_field *sound = NULL;
    size_t begins = 0;
    for (const yz_form_field *f = request->form ? request->form->fields : NULL; f; f = f->next) {
        if (f->file && sound) /* which of them is heard? */
            return -1;
        sound = f->file ? f : sound;
    }
    uint32_t rate = sound ? wave(sound->value, &begins) : 0;
    if (rate == 0)
        return -1;
    int64_t bytes = (sound->open ? units_bytes(request) : (int64_t)sound->value.n) - (int64_t)begins;
    return bytes > 0 ? (bytes + rate - 1) / rate : 1;
}
