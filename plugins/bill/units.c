/* units.c: what is paid for by the piece: pictures, seconds of sound and film, characters of speech. What a client asks for is bounded here
 * before it multiplies anything; what a provider says was made goes before what was asked for.
 */
#include "bill.h"

enum {
    MOST_SECONDS = 86400,
    FILM_SECONDS = 20,    /* of a film whose length cannot be read: the longest that the protocol has */
    FILM_UNLESS_SAID = 4, /* seconds, by the protocol of OpenAI, and by that of Gemini: */
    VEO_UNLESS_SAID = 8,
    MOST_FILMS = 1000, /* listed in one request */
    LEAST_RATE = 1000, /* bytes of sound a second, at least: 8 kbit/s, below which nobody understands it */
    USUAL_RATE = 4000, /* as speech is mostly sent: 32 kbit/s */
};

static int64_t clamp(int64_t n, int64_t most) { return n < most ? n : most; }

/* "5.0" is 5. */
static yz_str without_fraction(yz_str text) {
    size_t n = text.n;
    while (n > 0 && text.p[n - 1] == '0')
        n--;
    return n > 1 && text.p[n - 1] == '.' ? yz_str_at(text.p, n - 1) : text;
}

/* A whole number, 1 or more; `odd` for what is none. */
static int64_t whole_number(yz_str text, int64_t odd) {
    int64_t n = 0;
    text = without_fraction(text);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || n > MOST_SECONDS)
            return odd;
        n = n * 10 + (text.p[i] - '0');
    }
    return n > 0 ? n : odd; /* nothing is no length */
}

/* What stands there under that name, in JSON also as a text; of a form the largest, should it stand there twice. -1: nothing does. */
static int64_t number_in(const yz_json *object, const char *name, int64_t odd) {
    const yz_json *value = yz_json_given(object, name);
    if (!value)
        return -1;
    return whole_number(yz_json_is(value, YZ_JSON_STRING) ? yz_json_escaped(value) : yz_json_raw(value), odd);
}

static int64_t number_of(const yz_request *request, const char *name, int64_t odd) {
    int64_t most = number_in(request->json, name, odd);
    for (const yz_form_field *f = request->form ? request->form->fields : NULL; f; f = f->next) {
        int64_t n = yz_str_is(f->name, name) ? whole_number(f->value, odd) : -1;
        most = n > most ? n : most;
    }
    return most;
}

/* How many films a request of Gemini's dialect is for, which lists them; 0: it is none. */
static int64_t instances(const yz_request *request) {
    const yz_json *list = yz_json_given(request->json, "instances");
    return yz_json_is(list, YZ_JSON_ARRAY) ? clamp((int64_t)yz_json_count(list), MOST_FILMS) : list != NULL;
}

/* Each of these says the length of a film somewhere: the longest counts. */
static int64_t film_seconds(const yz_request *request) {
    static const char *const names[] = {"seconds", "duration", "durationSeconds", "duration_seconds"};
    const yz_json *parameters = yz_json_given(request->json, "parameters");
    int64_t most = -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t here = number_of(request, names[i], FILM_SECONDS), there = number_in(parameters, names[i], FILM_SECONDS);
        most = here > most ? here : most;
        most = there > most ? there : most;
    }
    if (most < 0)
        return instances(request) ? VEO_UNLESS_SAID : FILM_UNLESS_SAID;
    return clamp(most, MOST_SECONDS);
}

/* Of all films that it is for; each of them as often as it says. */
static int64_t all_seconds(const yz_request *request, int64_t times) {
    int64_t listed = instances(request);
    return film_seconds(request) * (listed > 0 ? listed : 1) * (times > 0 ? times : 1);
}

/* Of a text as it lies in JSON: an escape is one, and a pair of them one too many. */
static int64_t length(yz_str escaped) {
    int64_t n = 0;
    for (size_t i = 0; i < escaped.n; i++) {
        unsigned char c = (unsigned char)escaped.p[i];
        if (c == '\\')
            i += i + 1 < escaped.n && escaped.p[i + 1] == 'u' ? 5 : 1;
        n += (c & 0xc0) != 0x80;
    }
    return n;
}

/* An upload that does not say its length is taken for the longest that there may be, until its end is there. */
int64_t units_bytes(const yz_request *request) {
    const yz_body *upload = request->upload;
    int64_t own = (int64_t)request->body.n, all = !upload ? 0 : upload->length >= 0 ? upload->length : upload->most;
    return all > own ? all : own;
}

static bool hears(const yz_request *request) { return request->op == YZ_OP_TRANSCRIPTION || request->op == YZ_OP_TRANSLATION; }

yz_usage units_asked(const yz_request *request, int64_t times) {
    yz_usage units = {0};
    if (request->op == YZ_OP_IMAGE || request->op == YZ_OP_IMAGE_EDIT || request->op == YZ_OP_IMAGE_VARIATION)
        yz_usage_set(&units, YZ_METER_PICTURES, times > 0 ? times : 1);
    else if (request->op == YZ_OP_VIDEO)
        yz_usage_set(&units, YZ_METER_SECONDS, all_seconds(request, times));
    else if (request->op == YZ_OP_SPEECH)
        yz_usage_set(&units, YZ_METER_CHARACTERS, length(yz_json_escaped(yz_json_get(request->json, "input"))));
    else if (hears(request))
        yz_usage_set(&units, YZ_METER_SECONDS, clamp(units_bytes(request) / LEAST_RATE + 1, MOST_SECONDS));
    return units;
}

/* One nano-USD more than it is: this is rounded by itself. What a request costs is in it a second time. */
int64_t units_most(const yz_price *price, const yz_usage *units) {
    yz_cost cost = {YZ_COST};
    if (!units)
        return 0;
    (void)yz_price_cost(price, units, &cost);
    return cost.total > 0 ? cost.total + 1 : 0;
}

static const yz_meter meters[] = {YZ_METER_PICTURES, YZ_METER_SECONDS, YZ_METER_CHARACTERS};

static bool asks_for(const yz_price *price, yz_meter meter) {
    yz_usage one = {0};
    yz_cost cost = {YZ_COST};
    yz_usage_set(&one, meter, 1);
    return yz_price_cost(price, &one, &cost) == YZ_OK && !(cost.unpriced >> meter & 1);
}

bool units_sold(const yz_price *price, const yz_usage *units) {
    for (size_t i = 0; i < sizeof meters / sizeof *meters; i++)
        if (yz_usage_get(units, meters[i]) >= 0 && asks_for(price, meters[i]))
            return true;
    return false;
}

bool units_other(const yz_price *price) {
    for (size_t i = 0; i < sizeof meters / sizeof *meters; i++)
        if (asks_for(price, meters[i]))
            return true;
    return false;
}

int64_t units_pictures(const yz_request *request, int64_t times) {
    bool chats = request->op == YZ_OP_CHAT;
    return !chats ? 0 : times > 0 ? times : 1;
}

int64_t units_most_pictures(const yz_price *price, int64_t pictures) {
    yz_usage made = {0};
    if (pictures == 0 || !asks_for(price, YZ_METER_PICTURES))
        return 0;
    yz_usage_set(&made, YZ_METER_PICTURES, pictures);
    return units_most(price, &made);
}

void units_add(const yz_price *price, const yz_request *request, const yz_usage *units, yz_usage *usage) {
    for (size_t i = 0; i < sizeof meters / sizeof *meters; i++) {
        int64_t asked = yz_usage_get(units, meters[i]);
        if (asked < 0 || yz_usage_get(usage, meters[i]) >= 0 || !asks_for(price, meters[i]))
            continue;
        if (meters[i] == YZ_METER_SECONDS && hears(request)) {
            int64_t seconds = sound_seconds(request);
            asked = clamp(seconds >= 0 ? seconds : units_bytes(request) / USUAL_RATE + 1, asked);
        }
        yz_usage_set(usage, meters[i], asked);
    }
}
