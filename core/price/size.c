/* size.c: prices of pictures and films that depend on their size or quality, as the request asks for it. Whoever says nothing gets the
 * row's own price, since that is of what the seller makes then; what stands in no list costs as the dearest that does, so nobody gets a
 * large one for the price of a small one by a word that is not known here. Films are asked for by their size or by a word for it ("720p"),
 * and may be made by who knows the other: those are compared, where the list does not say the very same.
 */
#include "price/price.h"

#include <stdio.h>

/* What a request says under a name, at the top or among its parameters; *odd: something that is no text, or two things. */
static yz_str said(const yz_request *request, const char *name, const char *parameter, bool *odd) {
    const yz_json *value = yz_json_given(request->json, name),
                  *inner = yz_json_given(yz_json_given(request->json, "parameters"), parameter);
    *odd |= value && inner;
    value = value ? value : inner;
    const yz_form_field *field = request->form ? yz_form_find(request->form, name) : NULL;
    *odd |= value && !yz_json_is(value, YZ_JSON_STRING);
    for (const yz_form_field *f = request->form && !field ? request->form->fields : NULL; f; f = f->next)
        *odd |= yz_str_is(f->name, name);
    return field ? field->value : yz_json_escaped(value);
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

const yz_price *yz_price_of_size(const yz_price *price, const yz_request *request) {
    bool odd = false;
    char text[16];
    if (!price || price->n_sizes == 0 || !request)
        return price;
    yz_str size = said(request, "size", "resolution", &odd), quality = said(request, "quality", "quality", &odd);
    size = size.n ? size : two_sides(request, text, &odd);
    for (size_t i = 0; i < price->n_sizes && !odd; i++)
        if (fits(price->sizes[i].size, size) && fits(price->sizes[i].quality, quality))
            return price->sizes[i].price;
    for (size_t i = 0; i < price->n_sizes && !odd; i++)
        if (as_large(price->sizes[i].size, size) && fits(price->sizes[i].quality, quality))
            return price->sizes[i].price;
    return odd || size.n > 0 || quality.n > 0 ? price->any_size : price;
}
