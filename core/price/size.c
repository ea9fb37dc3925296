/* size.c: prices of pictures and films that depend on their size or quality, as the request asks for it. Whoever says nothing gets the
 * row's own price, since that is of what the seller makes then; what stands in no list costs as the dearest that does, so nobody gets a
 * large one for the price of a small one by a word that is not known here.
 */
#include "price/price.h"

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

static bool fits(yz_str wanted, yz_str asked) { return wanted.n == 0 || yz_str_eq(wanted, asked); }

const yz_price *yz_price_of_size(const yz_price *price, const yz_request *request) {
    bool odd = false;
    if (!price || price->n_sizes == 0 || !request)
        return price;
    yz_str size = said(request, "size", "resolution", &odd), quality = said(request, "quality", "quality", &odd);
    for (size_t i = 0; i < price->n_sizes && !odd; i++)
        if (fits(price->sizes[i].size, size) && fits(price->sizes[i].quality, quality))
            return price->sizes[i].price;
    return odd || size.n > 0 || quality.n > 0 ? price->any_size : price;
}
