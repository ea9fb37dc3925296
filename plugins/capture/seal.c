/* seal.c: documents are encrypted for the keys of certificates, in the standard's form for that, so that `openssl cms -decrypt` reads them
 * wherever the private key is. The gateway has none: who takes its disk, its config and its memory reads nothing of what was kept before.
 */
#include "capture.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdio.h>

static STACK_OF(X509) * read_all(BIO *file) {
    STACK_OF(X509) *all = sk_X509_new_null();
    for (X509 *one; (one = PEM_read_bio_X509(file, NULL, NULL, NULL));)
        sk_X509_push(all, one);
    ERR_clear_error(); /* the last try found the end */
    return all;
}

STACK_OF(X509) * seal_read(yz_str file, yz_diag *diag) {
    char name[4096];
    snprintf(name, sizeof name, "%.*s", YZ_STR_ARGS(file));
    BIO *bio = BIO_new_file(name, "r");
    STACK_OF(X509) *all = bio ? read_all(bio) : NULL;
    BIO_free(bio);
    if (all && sk_X509_num(all) > 0)
        return all;
    sk_X509_pop_free(all, X509_free);
    yz_diag_error(diag,
                  "capture: certificate = \"%s\": %s; what is kept is encrypted for it, and read with its key, which does not belong here: "
                  "openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj /CN=capture -keyout capture.key -out capture.pem",
                  name, bio ? "holds no certificate in PEM" : "cannot be read");
    return NULL;
}

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
