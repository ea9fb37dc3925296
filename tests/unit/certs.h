/* certs.h: certificates made anew for a test run: a CA, and what it signs. Files lie in a temporary folder of the test. */
#ifndef YUZUI_TESTS_CERTS_H
#define YUZUI_TESTS_CERTS_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char certs_folder[64];
static EVP_PKEY *certs_ca_key;
static X509 *certs_ca;

/* The path of a file of the folder, good until the fourth call after. */
static inline const char *certs_path(const char *name) {
    static char paths[4][128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", certs_folder, name);
    return path;
}

static inline void certs_extend(X509 *cert, int nid, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static inline X509 *certs_new(EVP_PKEY *key, const char *name, const char *hosts, long from, long until) {
    static long serial = 1;
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), from);
    X509_gmtime_adj(X509_getm_notAfter(cert), until);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(certs_ca ? certs_ca : cert));
    X509_set_pubkey(cert, key);
    certs_extend(cert, NID_basic_constraints, certs_ca ? "CA:FALSE" : "critical,CA:TRUE");
    if (hosts)
        certs_extend(cert, NID_subject_alt_name, hosts);
    X509_sign(cert, certs_ca ? certs_ca_key : key, EVP_sha256());
    return cert;
}

static inline void certs_write(const char *name, X509 *cert, EVP_PKEY *key) {
    char file[64];
    snprintf(file, sizeof file, "%s.pem", name);
    FILE *out = fopen(certs_path(file), "w");
    PEM_write_X509(out, cert);
    fclose(out);
    snprintf(file, sizeof file, "%s.key", name);
    out = fopen(certs_path(file), "w");
    PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
    fclose(out);
}

/* NAME.pem and NAME.key: a certificate of the CA for `hosts` ("DNS:localhost,IP:127.0.0.1"), valid from…until seconds from now. */
static inline void certs_make(const char *name, const char *hosts, long from, long until) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = certs_new(key, name, hosts, from, until);
    certs_write(name, cert, key);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* Makes the folder with the CA (ca.pem) and a certificate for localhost and 127.0.0.1 (good.pem, good.key). */
static inline void certs_open(void) {
    snprintf(certs_folder, sizeof certs_folder, "/tmp/yuzui-certs-XXXXXX");
    if (!mkdtemp(certs_folder))
        abort();
    certs_ca_key = EVP_EC_gen("P-256");
    certs_ca = certs_new(certs_ca_key, "test CA", NULL, -3600, 86400);
    certs_write("ca", certs_ca, certs_ca_key);
    certs_make("good", "DNS:localhost,IP:127.0.0.1", -3600, 86400);
}

static inline void certs_close(void) {
    char command[128];
    X509_free(certs_ca);
    EVP_PKEY_free(certs_ca_key);
    certs_ca = NULL;
    snprintf(command, sizeof command, "rm -r '%s'", certs_folder);
    if (system(command) != 0)
        fprintf(stderr, "%s was left behind\n", certs_folder);
}

#endif
