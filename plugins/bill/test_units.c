/* test_units.c: what is paid for by the piece: what a request asks for bounds the hold, what the answer says is charged, and what nobody
 * says costs as it was asked for.
 */
#include "test_world.h"

#define USD INT64_C(1000000000)

static yz_form_field said, again;
static yz_form form;

/* A price that asks for nothing but that. */
static int set_up_units(void **state) {
    set_up(state);
    prices[0].rates.of[YZ_RATE_INPUT] = prices[0].rates.of[YZ_RATE_OUTPUT] = -1;
    return 0;
}

static void price(yz_rate rate, int64_t nano_each) { prices[0].rates.of[rate] = nano_each * 1000000; }

static void ask(yz_op op, const char *body) {
    yz_json *json;
    fake.posts = 0;
    request.op = op;
    request.body = yz_str_of(body);
    request.form = NULL;
    assert_int_equal(yz_json_parse(arena, request.body, 0, &json, NULL), YZ_OK);
    request.json = json;
    start();
}

static void ask_form(yz_op op, const char *name, const char *value, int64_t bytes) {
    said = (yz_form_field){YZ_FORM_FIELD, .name = yz_str_of(name), .value = yz_str_of(value), .next = again.size ? &again : NULL};
    form = (yz_form){YZ_FORM, .fields = &said};
    fake.posts = 0;
    request.op = op;
    request.json = NULL;
    request.form = &form;
    request.body = yz_str_at(memset(yz_alloc(arena, (size_t)bytes), 'x', (size_t)bytes), (size_t)bytes);
    start();
}

static void pictures_as_many_as_were_asked_for(void **state) {
    (void)state;
    price(YZ_RATE_PICTURE, USD / 25);
    asked.input = asked.output = -1;
    const struct {
        const char *body;
        int64_t n;
    } rows[] = {{"{\"prompt\":\"x\"}", 1}, {"{\"n\":3}", 3}, {"{\"n\":0}", 1}, {"{\"n\":-4}", 1}, {"{\"n\":1e18}", 1000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(YZ_OP_IMAGE, rows[i].body);
        assert_int_equal(fake.held, rows[i].n * USD / 25 + 1);
        held(YZ_OK, 0);
        assert_ended(YZ_POSTING_CAPTURE, rows[i].n * USD / 25);
        world_settle(&w);
    }
    ask_form(YZ_OP_IMAGE_EDIT, "n", "4", 10);
    assert_int_equal(fake.held, 4 * USD / 25 + 1);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 4 * USD / 25);
    again = (yz_form_field){YZ_FORM_FIELD, .name = YZ_STR("n"), .value = YZ_STR("7")};
    world_settle(&w);
    ask_form(YZ_OP_IMAGE_EDIT, "n", "4", 10); /* twice: which of them counts, every server decides for itself */
    again = (yz_form_field){0};
    assert_int_equal(fake.held, 7 * USD / 25 + 1);
    held(YZ_OK, 0);
}

/* Three were asked for, and one was made: that is charged. */
static void the_answer_s_count_goes_first(void **state) {
    (void)state;
    price(YZ_RATE_PICTURE, USD / 25);
    asked.pictures = 1;
    ask(YZ_OP_IMAGE, "{\"n\":3}");
    assert_int_equal(fake.held, 3 * USD / 25 + 1);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, USD / 25);
    assert_explained("{\"meter\":\"picture\",\"n\":1,\"usd_each\":0.04}");
}

/* Of a chat its answer alone says what was made, and one for each answer is held where the model is sold by the picture. */
static void pictures_of_chats(void **state) {
    (void)state;
    price(YZ_RATE_PICTURE, USD / 25);
    asked.pictures = 2;
    ask(YZ_OP_CHAT, "{\"n\":3}");
    assert_int_equal(fake.held, 3 * USD / 25 + 1);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 2 * USD / 25);
    asked.pictures = 0;
    world_settle(&w);
    ask(YZ_OP_CHAT, "{}");
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 0);
}

static void films_by_the_second(void **state) {
    (void)state;
    price(YZ_RATE_SECOND, USD / 10);
    asked.input = asked.output = -1;
    const struct {
        const char *body;
        int64_t n;
    } rows[] = {{"{}", 4},
                {"{\"seconds\":\"8\"}", 8},
                {"{\"seconds\":12}", 12},
                {"{\"seconds\":\"12abc\"}", 20},
                {"{\"duration\":9.5}", 20},
                {"{\"seconds\":0}", 20}, /* which is no length */
                {"{\"seconds\":\"0\"}", 20},
                {"{\"duration\":0.0}", 20},
                {"{\"instances\":[{}],\"parameters\":{\"durationSeconds\":0}}", 20},
                {"{\"duration\":5.0}", 5},
                {"{\"duration\":10.00,\"n\":2}", 20},
                {"{\"duration\":\".0\"}", 20},
                {"{\"seconds\":\"4\",\"duration\":10}", 10},
                {"{\"seconds\":99999999999999999999}", 20},
                {"{\"instances\":[{\"prompt\":\"x\"}]}", 8},
                {"{\"instances\":[{}],\"parameters\":{\"durationSeconds\":6,\"sampleCount\":2}}", 12},
                {"{\"instances\":[{},{}],\"parameters\":{\"durationSeconds\":4,\"duration_seconds\":\"6\",\"sample_count\":3}}", 36},
                {"{\"instances\":[{}],\"durationSeconds\":4,\"parameters\":{\"durationSeconds\":\"long\"}}", 20}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask(YZ_OP_VIDEO, rows[i].body);
        assert_int_equal(fake.held, rows[i].n * USD / 10 + 1);
        held(YZ_OK, 0);
        assert_ended(YZ_POSTING_CAPTURE, rows[i].n * USD / 10);
        world_settle(&w);
    }
    ask_form(YZ_OP_VIDEO, "seconds", "8", 10);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 8 * USD / 10);
}

static void speech_by_the_character(void **state) {
    (void)state;
    price(YZ_RATE_CHARACTERS, 15000);
    asked.input = asked.output = -1;
    ask(YZ_OP_SPEECH, "{\"input\":\"h\xc3\xa9\xe4\xb8\xad\\n\\u00e9\"}"); /* five */
    assert_int_equal(fake.held, 5 * 15000 + 1);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 5 * 15000);
    assert_explained("{\"meter\":\"characters\",\"n\":5,\"usd_per_million\":15}");
}

/* What is heard is bounded by its bytes, and charged as the provider says; where it does not, as speech of that size mostly is long. */
static void transcripts_by_the_second(void **state) {
    (void)state;
    price(YZ_RATE_SECOND, USD / 10000);
    asked.seconds = 42;
    ask_form(YZ_OP_TRANSCRIPTION, "model", "m", 400000);
    assert_int_equal(fake.held, 401 * (USD / 10000) + 1);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 42 * (USD / 10000));
    asked.seconds = 0, asked.input = asked.output = -1;
    world_settle(&w);
    ask_form(YZ_OP_TRANSCRIPTION, "model", "m", 400000);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 101 * (USD / 10000));
    assert_explained("\"by\":\"estimated\"");
}

/* A WAV says how long it is, if it agrees with itself; all else is guessed. */
static char wav[128 + 352800 + 1];

static size_t put_little(size_t at, int64_t value, int n) {
    for (int i = 0; i < n; i++, value >>= 8)
        wav[at + (size_t)i] = (char)value;
    return at + (size_t)n;
}

typedef struct wave_format {
    unsigned how, channels, rate, bytes, frame, bits;
    unsigned more; /* what follows of it: the first two bytes of a SubFormat; 0: nothing does */
} wave_format;

static size_t put_format(size_t at, const wave_format *f) {
    memcpy(wav + at, "fmt ", 4);
    at = put_little(at + 4, f->more ? 40 : 16, 4);
    at = put_little(at, f->how, 2), at = put_little(at, f->channels, 2), at = put_little(at, f->rate, 4);
    at = put_little(at, f->bytes, 4), at = put_little(at, f->frame, 2), at = put_little(at, f->bits, 2);
    if (!f->more)
        return at;
    at = put_little(put_little(put_little(at, 22, 2), f->bits, 2), 4, 4);
    memcpy(wav + put_little(at, f->more, 4), "\0\0\20\0\x80\0\0\xaa\0\x38\x9b\x71", 12);
    return at + 16;
}

/* What two seconds and a byte of such a file cost, in seconds. */
static void costs_seconds(const wave_format *first, const wave_format *second, int64_t wanted) {
    static yz_form_field file;
    memcpy(wav, "RIFF....WAVE", 12);
    size_t at = put_format(12, first);
    at = second ? put_format(at, second) : at;
    memcpy(wav + at, "data\0\0\0\0", 8);
    file = (yz_form_field){YZ_FORM_FIELD, .name = YZ_STR("file"), .file = true, .value = {wav, at + 8 + 352800 + 1}};
    said = (yz_form_field){YZ_FORM_FIELD, .name = YZ_STR("model"), .value = YZ_STR("m"), .next = &file};
    form = (yz_form){YZ_FORM, .fields = &said};
    fake.posts = 0;
    request.op = YZ_OP_TRANSCRIPTION;
    request.json = NULL;
    request.form = &form;
    request.body = file.value;
    start();
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, wanted * (USD / 10000));
    world_settle(&w);
}

static void sound_by_its_head(void **state) {
    (void)state;
    const struct {
        wave_format format;
        int64_t seconds;
    } rows[] = {{{1, 2, 44100, 176400, 4, 16, 0}, 3},
                {{3, 1, 44100, 176400, 4, 32, 0}, 3},
                {{0xfffe, 1, 176400, 176400, 1, 8, 1}, 3},
                {{0xfffe, 1, 176400, 176400, 1, 8, 3}, 3},
                {{0xfffe, 1, 176400, 176400, 1, 8, 0x55}, 89}, /* MP3 under the numbers of a plain one */
                {{0xfffe, 1, 176400, 176400, 1, 8, 0}, 89},    /* no SubFormat */
                {{1, 2, 44100, 999999, 4, 16, 0}, 89},
                {{85, 2, 44100, 176400, 4, 16, 0}, 89},
                {{1, 0, 0, 0, 0, 16, 0}, 89},
                {{1, 2, 44100, 176400, 4, 24, 0}, 89},
                {{1, 1, 44100, 44100 * 8191u, 8191, 65528, 0}, 89}};
    const wave_format honest = {1, 2, 44100, 176400, 4, 16, 0}, wide = {1, 8, 192000, 192000 * 32, 32, 32, 0};
    price(YZ_RATE_SECOND, USD / 10000);
    asked.input = asked.output = -1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        costs_seconds(&rows[i].format, NULL, rows[i].seconds);
    costs_seconds(&honest, &wide, 89); /* decoders differ in which of two counts */
    costs_seconds(&wide, &honest, 89);
}

/* A model that is paid for by tokens costs what it did: nobody adds pieces, and none is without a price. */
static void tokens_cost_as_ever(void **state) {
    (void)state;
    price(YZ_RATE_INPUT, 2000), price(YZ_RATE_OUTPUT, 10000);
    asked.pictures = 2;
    ask(YZ_OP_IMAGE, "{\"n\":2}");
    assert_int_equal(fake.held, 4 * 2000 + 200 * 10000);
    held(YZ_OK, 0);
    assert_ended(YZ_POSTING_CAPTURE, 2100000);
}

#define UNITS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_units, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        UNITS_TEST(pictures_as_many_as_were_asked_for),
        UNITS_TEST(the_answer_s_count_goes_first),
        UNITS_TEST(pictures_of_chats),
        UNITS_TEST(films_by_the_second),
        UNITS_TEST(speech_by_the_character),
        UNITS_TEST(transcripts_by_the_second),
        UNITS_TEST(sound_by_its_head),
        UNITS_TEST(tokens_cost_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
