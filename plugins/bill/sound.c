/* sound.c: how long a sound is, by the head of its file, where nobody says it: of a WAV that is not compressed, whose seconds are its bytes
 * by those of a second. What such a head says of itself must agree, so that no other length can be read from it: its decoder goes by the
 * same numbers. Of files that are compressed a head can say anything, so those are guessed as ever.
 */
#include "bill.h"

enum { MOST_RATE = 192000, MOST_CHANNELS = 8, MOST_BITS = 64, WHOLE = 1, FLOATS = 3, MORE_TO_SAY = 0xfffe };

static uint32_t little(const char *p, int n) {
    uint32_t value = 0;
    while (n-- > 0)
        value = value << 8 | (unsigned char)p[n];
    return value;
}

/* Whole numbers or floats. With more to say it is what its SubFormat names, which may be MP3 under the numbers of a plain one. */
static bool is_plain(const char *fmt, size_t n, uint32_t how) {
    static const char base[] = "\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"; /* KSDATAFORMAT_SUBTYPE */
    if (how == MORE_TO_SAY)
        how = n >= 40 && memcmp(fmt + 28, base, sizeof base - 1) == 0 ? little(fmt + 24, 4) : 0;
    return how == WHOLE || how == FLOATS;
}

/* Bytes of a second, by the chunk that says how it is stored; 0: it is compressed, or does not agree with itself. */
static uint32_t rate_of(const char *fmt, size_t n) {
    uint32_t how = little(fmt, 2), channels = little(fmt + 2, 2), rate = little(fmt + 4, 4), bytes = little(fmt + 8, 4);
    uint32_t frame = little(fmt + 12, 2), bits = little(fmt + 14, 2);
    bool agrees = channels > 0 && channels <= MOST_CHANNELS && rate > 0 && rate <= MOST_RATE && bits > 0 && bits <= MOST_BITS &&
                  frame == channels * ((bits + 7) / 8) && bytes == rate * frame;
    return is_plain(fmt, n, how) && agrees ? bytes : 0;
}

/* Of a file's first bytes, where in it the sound begins and how many bytes of it are a second. */
static uint32_t wave(yz_str head, size_t *begins) {
    uint32_t rate = 0;
    bool said = false;
    if (head.n < 12 || memcmp(head.p, "RIFF", 4) != 0 || memcmp(head.p + 8, "WAVE", 4) != 0)
        return 0;
    for (size_t at = 12; at + 8 <= head.n;) {
        const char *chunk = head.p + at;
        size_t n = little(chunk + 4, 4);
        if (memcmp(chunk, "data", 4) == 0) {
            *begins = at + 8;
            return rate;
        }
        if (memcmp(chunk, "fmt ", 4) == 0) {
            if (said || n < 16 || n > head.n - at - 8) /* of two, decoders differ in which one counts */
                return 0;
            rate = rate_of(chunk + 8, n);
            said = true;
        }
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
