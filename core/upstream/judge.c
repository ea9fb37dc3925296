/* upstream/judge.c: the class of an error that a provider reported. */
#include "upstream/judge.h"

#include "upstream/classify.h"

enum { LONGEST_CODE = 64 };

/* A word that a program may compare; numbers are each vendor's own. */
static bool is_word(yz_str code) {
    if (code.n == 0 || code.n > LONGEST_CODE || (code.p[0] >= '0' && code.p[0] <= '9'))
        return false;
    return !memchr(code.p, ' ', code.n);
}

/* Codes that say only that something failed or is wrong, where it is known to be something else: an empty account is no invalid request. */
static bool misleads(yz_str code, yz_error_class class_) {
    static const struct {
        const char *code;
        yz_error_class class_;
    } general[] = {
        {"invalid_request_error", YZ_ERROR_BAD_REQUEST},
        {"api_error", YZ_ERROR_SERVER},
        {"server_error", YZ_ERROR_SERVER},
        {"INTERNAL", YZ_ERROR_SERVER},
        {"INVALID_ARGUMENT", YZ_ERROR_BAD_REQUEST},
        {"InternalServerError", YZ_ERROR_SERVER},
        {"failed", YZ_ERROR_SERVER},
        {"timeout", YZ_ERROR_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof general / sizeof *general; i++)
        if (yz_str_is(code, general[i].code))
            return class_ != general[i].class_;
    return false;
}

void yz_error_judge(yz_error *error, const yz_provider_settings *provider) {
    yz_error_class class_;
    if (yz_status_is_credentials(error->said))
        error->class_ = YZ_ERROR_UPSTREAM_AUTH;
    if (provider->flavours && yz_flavours_class(provider->flavours, provider->flavour, error, &class_) && class_ != error->class_) {
        error->class_ = class_;
        error->status = error->status == 413 && class_ == YZ_ERROR_CONTEXT_LENGTH ? 413 : 0; /* too many bytes: clients know that by it */
    }
    if (!is_word(error->code) || error->said >= 499 || misleads(error->code, error->class_))
        error->code = YZ_STR("");
}
