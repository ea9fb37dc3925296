/* seal.c: documents are encrypted for the keys of certificates, in the standard's form for that, so that `openssl cms -decrypt` reads them
 * wherever the private key is. The gateway has none: who takes its disk, its config and its memory reads nothing of what was kept before.
 */
#include "capture.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdio.h>
#include <string.h>

bool seal_put(yz_buf *out, yz_str plain, STACK_OF(X509) * to) {
    BIO *in = BIO_new_mem_buf(plain.p, (int)plain.n), *sealed = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = in ? CMS_encrypt(to, in, EVP_aes_256_gcm(), CMS_BINARY) : NULL;
    bool done = cms && sealed && i2d_CMS_bio(sealed, cms) == 1;
    char *bytes = NULL;
    long n = done ? BIO_get_mem_data(sealed, &bytes) : 0;
    yz_buf_put(out, bytes, n > 0 ? (size_t)n : 0);
    CMS_ContentInfo_free(cms);
    BIO_free(sealed);
    BIO_free(in);
    ERR_clear_error();
    return done && n > 0;
}

/* ---- reading certificates ------------------------------------------------------------------------------------------------ */

/* One block of the file. False: it should be a certificate, and is none. */
static bool take_block(const char *name, const unsigned char *data, long n, STACK_OF(X509) * all, bool *keys) {
    *keys |= strstr(name, "PRIVATE KEY") != NULL;
    if (!strstr(name, "CERTIFICATE"))
        return true;
    X509 *one = d2i_X509(NULL, &data, n);
    return one && sk_X509_push(all, one) > 0;
}

/* All of the file, or NULL: one of its blocks is broken. *keys: there are private keys among them. */
static STACK_OF(X509) * read_all(BIO *file, bool *keys) {
    STACK_OF(X509) *all = sk_X509_new_null();
    char *name, *header;
    unsigned char *data;
    long n;
    bool whole = all != NULL;
    while (whole && PEM_read_bio(file, &name, &header, &data, &n) == 1) {
        whole = take_block(name, data, n, all, keys);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    whole = whole && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE; /* which is how the end is told */
    if (!whole)
        sk_X509_pop_free(all, X509_free);
    return whole ? all : NULL;
}

static const char *fault_of(STACK_OF(X509) * all) {
    yz_buf tried = {0};
    const char *fault = !all                                  ? "is no whole PEM file"
                        : sk_X509_num(all) == 0               ? "holds no certificate in PEM"
                        : !seal_put(&tried, YZ_STR("x"), all) ? "has a key that cannot be encrypted for (those of RSA and EC can)"
                                                              : NULL;
    yz_buf_free(&tried);
    return fault;
}

STACK_OF(X509) * seal_read(yz_str file, yz_diag *diag) {
    char name[4096];
    bool keys = false;
    snprintf(name, sizeof name, "%.*s", YZ_STR_ARGS(file));
    BIO *bio = BIO_new_file(name, "r");
    STACK_OF(X509) *all = bio ? read_all(bio, &keys) : NULL;
    const char *fault = bio ? fault_of(all) : "cannot be read";
    BIO_free(bio);
    ERR_clear_error();
    if (!fault && keys)
        yz_diag_warn(diag, "capture: certificate = \"%s\" holds a private key too, which does not belong on this machine", name);
    if (!fault)
        return all;
    sk_X509_pop_free(all, X509_free);
    yz_diag_error(diag,
                  "capture: certificate = \"%s\" %s; what is kept is encrypted for it, and read with its key, which does not belong here: "
                  "openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj /CN=capture -keyout capture.key -out capture.pem",
                  name, fault);
    return NULL;
}
