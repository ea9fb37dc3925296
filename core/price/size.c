/* size.c: prices of pictures and films that depend on their size or quality, as the request asks for it. Whoever says nothing gets the
 * row's own price, since that is of what the seller makes then; what stands in no list costs as the dearest that does, so nobody gets a
 * large one for the price of a small one by a word that is not known here. Films are asked for by their size or by a word for it ("720p"),
 * and may be made by who knows the other: those are compared, where the list does not say the very same.
 */
#include "price/price.h"

#include <stdio.h>

/* Where a request may say it: names within names, each in its two spellings, the last one NULL. */
typedef const char *const place[4][2];
#define TOP(name)                                                                                                                          \
    {                                                                                                                                      \
        { name, NULL }                                                                                                                     \
    }
#define GENERATION                                                                                                                         \
    {"generationConfig", "generation_config"}, { "imageConfig", "image_config" }
static place size_places[] = {TOP("size"),
                              TOP("resolution"),
                              {{"parameters", NULL}, {"resolution", NULL}},
                              {GENERATION, {"imageSize", "image_size"}},                       /* Gemini */
                              {{"image_config", "imageConfig"}, {"image_size", "imageSize"}}}; /* chats, as OpenRouter has them */
static place quality_places[] = {TOP("quality"), {{"parameters", NULL}, {"quality", NULL}}};

/* What was said so far, of one thing; odd: it is no text, or was said twice. */
typedef struct wish {
    yz_str text;
    bool said, odd;
} wish;

static void add_json(wish *w, const yz_json *value) {
    if (!value)
        return;
    w->odd |= w->said || !yz_json_is(value, YZ_JSON_STRING);
    w->said = true;
    w->text = yz_json_escaped(value);
}

static void look(wish *w, const yz_json *object, const char *const (*names)[2]) {
    for (int spelling = 0; spelling < 2 && names[0][spelling]; spelling++) {
        const yz_json *value = yz_json_given(object, names[0][spelling]);
        if (value && names[1][0])
            look(w, value, names + 1);
        else
            add_json(w, value);
    }
}

/* A picture that a chat may have made says so where the tool is listed (Responses). */
static void look_at_tools(wish *w, const yz_json *root, const char *name) {
    const yz_json *tools = yz_json_given(root, "tools");
    for (const yz_json *tool = yz_json_is(tools, YZ_JSON_ARRAY) ? tools->child : NULL; tool; tool = tool->next)
        if (yz_json_says(yz_json_get(tool, "type"), "image_generation"))
            add_json(w, yz_json_given(tool, name));
}

static void look_at_form(wish *w, const yz_form *form, const char *name) {
    for (const yz_form_field *f = form ? form->fields : NULL; f; f = f->next)
        if (yz_str_is(f->name, name)) {
            w->odd |= w->said || f->file;
            w->said = true;
            w->text = f->value;
        }
}

static wish said(const yz_request *request, place *places, size_t n, const char *name) {
    wish w = {0};
    for (size_t i = 0; i < n; i++)
        look(&w, request->json, places[i]);
    look_at_tools(&w, request->json, name);
    look_at_form(&w, request->form, name);
    return w;
}

/* How many lines a film has of which only a word says it; 0: it is no such word. */
static int lines_of_word(yz_str word) {
    static const struct {
        const char *word;
        int lines;
    } words[] = {{"480p", 480}, {"720p", 720}, {"1080p", 1080}, {"4k", 2160}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (yz_str_is(word, words[i].word))
            return words[i].lines;
    return 0;
}

/* Of "1280x720": as many as the least word that is not less. 0: it is no such size. */
static int lines_of_size(yz_str size) {
    static const int lines[] = {480, 720, 1080, 2160};
    int sides[2] = {0}, side = 0;
    for (size_t i = 0; i < size.n; i++) {
        bool digit = size.p[i] >= '0' && size.p[i] <= '9';
        if ((!digit && (size.p[i] != 'x' || side++ > 0)) || sides[side] > 9999)
            return 0;
        sides[side] = digit ? sides[side] * 10 + (size.p[i] - '0') : sides[side];
    }
    int shorter = sides[0] < sides[1] ? sides[0] : sides[1];
    for (size_t i = 0; shorter > 0 && i < sizeof lines / sizeof *lines; i++)
        if (shorter <= lines[i])
            return lines[i];
    return 0;
}

/* "720p" and "1280x720", whichever of the two the request says, and the list. */
static bool as_large(yz_str a, yz_str b) {
    int word_a = lines_of_word(a), word_b = lines_of_word(b);
    return (word_a > 0 && word_a == lines_of_size(b)) || (word_b > 0 && word_b == lines_of_size(a));
}

static bool fits(yz_str wanted, yz_str asked) { return wanted.n == 0 || yz_str_eq(wanted, asked); }

/* A number as it stands there, at most `n` bytes of it; false: there is none. */
static bool number(const yz_request *request, const char *name, yz_str *out) {
    const yz_json *value = yz_json_given(request->json, name);
    *out = yz_json_raw(value);
    return yz_json_is(value, YZ_JSON_NUMBER) && out->n <= 5;
}

/* Width and height as one, in `text`; empty: they are not said. */
static yz_str two_sides(const yz_request *request, char text[16], bool *odd) {
    yz_str width, height;
    bool wide = number(request, "width", &width), tall = number(request, "height", &height);
    bool any = yz_json_given(request->json, "width") || yz_json_given(request->json, "height");
    *odd |= any && (!wide || !tall);
    int n = wide && tall ? snprintf(text, 16, "%.*sx%.*s", YZ_STR_ARGS(width), YZ_STR_ARGS(height)) : 0;
    return (yz_str){text, (size_t)n};
}

#define SAID(request, places, name) said(request, places, sizeof(places) / sizeof *(places), name)

const yz_price *yz_price_of_size(const yz_price *price, const yz_request *request) {
    char text[16];
    if (!price || price->n_sizes == 0 || !request)
        return price;
    wish asked = SAID(request, size_places, "size"), quality = SAID(request, quality_places, "quality");
    look_at_form(&asked, request->form, "resolution");
    bool odd = asked.odd || quality.odd;
    yz_str size = asked.text.n ? asked.text : two_sides(request, text, &odd);
    for (size_t i = 0; i < price->n_sizes && !odd; i++)
        if (fits(price->sizes[i].size, size) && fits(price->sizes[i].quality, quality.text))
            return price->sizes[i].price;
    for (size_t i = 0; i < price->n_sizes && !odd; i++)
        if (as_large(price->sizes[i].size, size) && fits(price->sizes[i].quality, quality.text))
            return price->sizes[i].price;
    return odd || size.n > 0 || quality.text.n > 0 ? price->any_size : price;
}
