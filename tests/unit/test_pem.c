/* test_pem.c: files that are not the certificate, the key or the authorities that an option names, and what is said of each. */
#include "base/diag.h"
#include "certs.h"

#include <openssl/pkcs12.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <yuzui/plugin.h>

#include <cmocka.h>

static void write_bytes(const char *name, const void *bytes, size_t n) {
    FILE *file = fopen(certs_path(name), "w");
    fwrite(bytes, 1, n, file);
    fclose(file);
}

static size_t read_bytes(const char *name, char *out, size_t cap) {
    FILE *file = fopen(certs_path(name), "r");
    size_t n = fread(out, 1, cap, file);
    fclose(file);
    return n;
}

static EVP_PKEY *read_key(const char *name) {
    FILE *file = fopen(certs_path(name), "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    return key;
}

static X509 *read_cert(const char *name) {
    FILE *file = fopen(certs_path(name), "r");
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    return cert;
}

/* What people put into the place of a PEM file. */
static int make_files(void **state) {
    (void)state;
    certs_open();
    certs_make("old", "DNS:localhost", -7200, -3600);
    certs_make("soon", "DNS:localhost", 3600, 7200);
    EVP_PKEY *key = read_key("good.key");
    X509 *cert = read_cert("good.pem");
    unsigned char *der = NULL;
    int n = i2d_X509(cert, &der);
    write_bytes("cert.der", der, (size_t)n);
    OPENSSL_free(der);
    der = NULL;
    n = i2d_PrivateKey(key, &der);
    write_bytes("key.der", der, (size_t)n);
    OPENSSL_free(der);
    PKCS12 *bundle = PKCS12_create("x", "a", key, cert, NULL, 0, 0, 0, 0, 0);
    FILE *file = fopen(certs_path("both.p12"), "w");
    i2d_PKCS12_fp(file, bundle);
    fclose(file);
    PKCS12_free(bundle);
    file = fopen(certs_path("locked.key"), "w");
    PEM_write_PKCS8PrivateKey(file, key, EVP_aes_256_cbc(), "abcd", 4, NULL, NULL);
    fclose(file);
    BIO *out = BIO_new_file(certs_path("locked-old.key"), "w");
    PEM_write_bio_PrivateKey_traditional(out, key, EVP_aes_256_cbc(), (unsigned char *)(uintptr_t) "abcd", 4, NULL, NULL);
    BIO_free(out);
    file = fopen(certs_path("public.pem"), "w");
    PEM_write_PUBKEY(file, key);
    fclose(file);
    char text[16384];
    size_t old = read_bytes("old.pem", text, sizeof text), good = read_bytes("good.pem", text + old, sizeof text - old);
    write_bytes("reversed.pem", text, old + good);
    write_bytes("cut.pem", text + old, good / 2);
    size_t k = read_bytes("good.key", text, sizeof text);
    write_bytes("cut.key", text, k / 2);
    write_bytes("empty.pem", "", 0);
    write_bytes("text.pem", "hello\n", 6);
    write_bytes("utf16.pem", "\xff\xfe-\0-\0", 6);
    write_bytes("request.pem", "-----BEGIN CERTIFICATE REQUEST-----\n", 36);
    write_bytes("ssh.key", "-----BEGIN OPENSSH PRIVATE KEY-----\n", 36);
    EVP_PKEY_free(key);
    X509_free(cert);
    return 0;
}

static int drop_files(void **state) {
    (void)state;
    certs_close();
    return 0;
}

/* The text without the folder of the files. */
static void strip(char *text) {
    size_t n = strlen(certs_folder) + 1;
    for (char *at; (at = strstr(text, certs_folder));)
        memmove(at, at + n, strlen(at + n) + 1);
}

static void expect(bool good, yz_diag *diag, bool ok, const char *said) {
    yz_buf_char(&diag->text, '\0');
    strip(diag->text.p);
    char *end = strchr(diag->text.p, '\n');
    if (end)
        *end = '\0';
    const char *mark = strstr(diag->text.p, ok ? "warning: " : "error: ");
    const char *found = mark ? mark + strlen(ok ? "warning: " : "error: ") : diag->text.p;
    if (good != ok || (*said == '\0' ? *found != '\0' : strncmp(found, said, strlen(said)) != 0))
        fail_msg("said:     %s\nexpected: %s", found, said);
    yz_diag_free(diag);
}

#define CERT   "should hold a certificate (-----BEGIN CERTIFICATE-----) in PEM form, but "
#define KEY    "should hold a private key (-----BEGIN PRIVATE KEY-----) in PEM form, but "
#define LOCKED "holds a key with a pass phrase, which nobody can type here; openssl pkey -in IT -out key.pem takes it off"
#define WHOLE  "was it copied whole, from its line BEGIN to its line END?"

static void test_pairs(void **state) {
    static const struct {
        const char *cert, *key, *said;
    } table[] = {
        {"nope.pem", "good.key", "listen: cert: \"nope.pem\" cannot be read: No such file or directory"},
        {"good.pem", "nope.key", "listen: key: \"nope.key\" cannot be read: No such file or directory"},
        {"good.pem", "", "listen: key: \"\" cannot be read: Is a directory"},
        {"good.pem", "old.key",
         "listen: key: \"old.key\" does not belong to the certificate in \"good.pem\": a key and its certificate are made together"},
        {"reversed.pem", "good.key",
         "listen: key: \"good.key\" belongs to certificate number 2 of \"reversed.pem\"; a server's own stands there first, then those "
         "that "
         "vouch for it"},
        {"good.key", "good.pem",
         "listen: cert and key are the wrong way round: \"good.key\" holds the key and \"good.pem\" the certificate"},
        {"good.pem", "good.pem", "listen: key: \"good.pem\" " KEY "holds a certificate"},
        {"good.key", "good.key", "listen: cert: \"good.key\" " CERT "holds a private key"},
        {"good.pem", "locked.key", "listen: key: \"locked.key\" " LOCKED},
        {"good.pem", "locked-old.key", "listen: key: \"locked-old.key\" " LOCKED},
        {"cert.der", "good.key",
         "listen: cert: \"cert.der\" " CERT
         "holds a certificate in DER form (openssl x509 -inform der -in IT -out cert.pem makes PEM of it)"},
        {"good.pem", "key.der",
         "listen: key: \"key.der\" " KEY "holds a key in DER form (openssl pkey -inform der -in IT -out key.pem makes PEM of it)"},
        {"both.p12", "both.p12", "listen: cert: \"both.p12\" " CERT "holds a PKCS #12 bundle (openssl pkcs12 -in IT -nokeys -out cert.pem"},
        {"good.pem", "public.pem", "listen: key: \"public.pem\" " KEY "holds a public key"},
        {"good.pem", "ssh.key", "listen: key: \"ssh.key\" " KEY "holds a key of OpenSSH"},
        {"request.pem", "good.key",
         "listen: cert: \"request.pem\" " CERT "holds a request for a certificate, which an authority has yet to answer"},
        {"empty.pem", "good.key", "listen: cert: \"empty.pem\" is empty, but should hold a certificate (-----BEGIN CERTIFICATE-----)"},
        {"text.pem", "good.key", "listen: cert: \"text.pem\" " CERT "no line in it begins so"},
        {"utf16.pem", "good.key", "listen: cert: \"utf16.pem\" " CERT "holds text in UTF-16; PEM is plain ASCII"},
        {"cut.pem", "good.key", "listen: cert: \"cut.pem\" holds a certificate that is damaged, the first of 1: " WHOLE},
        {"good.pem", "cut.key", "listen: key: \"cut.key\" holds a private key that is damaged: " WHOLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_diag diag = {0};
        expect(yz_pem_pair(&diag, "listen", certs_path(table[i].cert), certs_path(table[i].key)), &diag, false, table[i].said);
    }
}

static void test_good_pairs(void **state) {
    static const struct {
        const char *cert, *key, *said;
    } table[] = {
        {"good.pem", "good.key", ""},
        {"old.pem", "old.key", "listen: cert: the certificate in \"old.pem\" was good until "},
        {"soon.pem", "soon.key", "listen: cert: the certificate in \"soon.pem\" is not good before "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_diag diag = {0};
        expect(yz_pem_pair(&diag, "listen", certs_path(table[i].cert), certs_path(table[i].key)), &diag, true, table[i].said);
    }
}

static void test_authorities(void **state) {
    static const struct {
        const char *file, *said; /* empty: it is good */
    } table[] = {
        {"ca.pem", ""},
        {"reversed.pem", ""},
        {"nope.pem", "ca: \"nope.pem\" cannot be read: No such file or directory"},
        {"empty.pem", "ca: \"empty.pem\" is empty, but should hold certificates of authorities (-----BEGIN CERTIFICATE-----) in PEM form"},
        {"good.key",
         "ca: \"good.key\" should hold certificates of authorities (-----BEGIN CERTIFICATE-----) in PEM form, but holds a private key"},
        {"cut.pem", "ca: \"cut.pem\" holds a certificate that is damaged, the first of 1: " WHOLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        yz_diag diag = {0};
        expect(yz_pem_authorities(&diag, "", certs_path(table[i].file)), &diag, *table[i].said == '\0', table[i].said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_good_pairs),
        cmocka_unit_test(test_authorities),
    };
    return cmocka_run_group_tests(tests, make_files, drop_files);
}
