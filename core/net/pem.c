/* net/pem.c: what is wrong with a file of certificates or a key, in words for whoever named it. OpenSSL says "PEM lib" of a key with a pass
 * phrase, of a certificate in the key's place and of an empty file alike, and for a pass phrase it asks the terminal. So a file is looked
 * at here first: what it holds, whether that can be read, whether both belong together. Never shows a byte of it.
 */
#include "base/arena.h"
#include "base/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yuzui/plugin.h>

enum { MOST = 4 << 20 }; /* bytes; the bundle of all public authorities has 220 KiB */

typedef struct contents {
    const char *option, *path, *wanted;
    yz_diag *diag;
    char *bytes;
    size_t n;
    unsigned certs, keys;
    bool locked;       /* the key has a pass phrase */
    const char *other; /* what else it holds, that was taken for one of them; NULL: nothing known */
} contents;

YZ_PRINTF(2, 3) static bool say(const contents *c, const char *format, ...) {
    char text[500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    yz_diag_error(c->diag, "%s: \"%s\" %s", c->option, c->path, text);
    return false;
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------- */

static bool read_all(contents *c) {
    int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st = {0};
    if (fd < 0 || fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        int code = fd < 0 ? errno : EISDIR;
        if (fd >= 0)
            close(fd);
        return say(c, "cannot be read: %s", yz_file_reason(code));
    }
    bool fits = S_ISREG(st.st_mode) && st.st_size <= MOST;
    c->bytes = fits ? yz_calloc(1, (size_t)st.st_size + 1) : NULL;
    ssize_t n = fits ? read(fd, c->bytes, (size_t)st.st_size) : -1;
    close(fd);
    c->n = n > 0 ? (size_t)n : 0;
    if (!fits)
        return say(c, "is no regular file of at most %d MiB", MOST >> 20);
    return n > 0 || say(c, n == 0 ? "is empty, but should hold %s in PEM form" : "cannot be read: %s is expected", c->wanted);
}

static const struct label {
    const char *begin;
    enum { CERT, KEY, LOCKED, OTHER } kind;
    const char *what;
} LABELS[] = {
    {"CERTIFICATE-----", CERT, NULL},
    {"X509 CERTIFICATE-----", CERT, NULL},
    {"TRUSTED CERTIFICATE-----", CERT, NULL},
    {"PRIVATE KEY-----", KEY, NULL},
    {"RSA PRIVATE KEY-----", KEY, NULL},
    {"EC PRIVATE KEY-----", KEY, NULL},
    {"ENCRYPTED PRIVATE KEY-----", LOCKED, NULL},
    {"CERTIFICATE REQUEST-----", OTHER, "a request for a certificate, which an authority has yet to answer"},
    {"NEW CERTIFICATE REQUEST-----", OTHER, "a request for a certificate, which an authority has yet to answer"},
    {"OPENSSH PRIVATE KEY-----", OTHER, "a key of OpenSSH"},
    {"PUBLIC KEY-----", OTHER, "a public key"},
    {"RSA PUBLIC KEY-----", OTHER, "a public key"},
    {"PKCS7-----", OTHER, "a PKCS #7 bundle (openssl pkcs7 -print_certs makes PEM of it)"},
    {"X509 CRL-----", OTHER, "a list of revoked certificates"},
};

static void look_for_labels(contents *c) {
    static const char begin[] = "-----BEGIN ";
    const char *end = c->bytes + c->n;
    for (const char *p = c->bytes; (p = memmem(p, (size_t)(end - p), begin, sizeof begin - 1));) {
        p += sizeof begin - 1;
        for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++) {
            const struct label *l = &LABELS[i];
            if (strncmp(p, l->begin, strlen(l->begin)) != 0)
                continue;
            const char *next = memmem(p, (size_t)(end - p), "-----END ", 9);
            c->certs += l->kind == CERT;
            c->keys += l->kind == KEY || l->kind == LOCKED;
            c->locked |= l->kind == LOCKED || (l->kind == KEY && memmem(p, (size_t)((next ? next : end) - p), "4,ENCRYPTED", 11));
            c->other = l->kind == OTHER ? l->what : c->other;
        }
    }
}

/* Not PEM: what other programs write. */
static void look_at_bytes(contents *c) {
    const unsigned char *p = (const unsigned char *)c->bytes, *cert = p, *key = p, *bundle = p;
    X509 *x = d2i_X509(NULL, &cert, (long)c->n);
    EVP_PKEY *k = x ? NULL : d2i_AutoPrivateKey(NULL, &key, (long)c->n);
    PKCS12 *b = x || k ? NULL : d2i_PKCS12(NULL, &bundle, (long)c->n);
    if (x)
        c->other = "a certificate in DER form (openssl x509 -inform der -in IT -out cert.pem makes PEM of it)";
    else if (k)
        c->other = "a key in DER form (openssl pkey -inform der -in IT -out key.pem makes PEM of it)";
    else if (b)
        c->other = "a PKCS #12 bundle (openssl pkcs12 -in IT -nokeys -out cert.pem and -nocerts -nodes -out key.pem make PEM of it)";
    else if (c->n > 3 && memcmp(p, "\xfe\xed\xfe\xed", 4) == 0)
        c->other = "a keystore of Java (keytool can export it as PKCS #12, and openssl pkcs12 make PEM of that)";
    else if (c->n > 1 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0))
        c->other = "text in UTF-16; PEM is plain ASCII";
    X509_free(x);
    EVP_PKEY_free(k);
    PKCS12_free(b);
    ERR_clear_error();
}

static bool look(contents *c) {
    if (!read_all(c))
        return false;
    look_for_labels(c);
    if (c->certs + c->keys == 0 && !c->other)
        look_at_bytes(c);
    return true;
}

static void wipe(contents *c) {
    if (c->bytes)
        explicit_bzero(c->bytes, c->n);
    free(c->bytes);
}

#define WANTED_CERT  "a certificate (-----BEGIN CERTIFICATE-----)"
#define WANTED_CERTS "certificates of authorities (-----BEGIN CERTIFICATE-----)"
#define WANTED_KEY   "a private key (-----BEGIN PRIVATE KEY-----)"

/* ---- judging ----------------------------------------------------------------------------------------------------------------- */

static int no_pass_phrase(char *out, int n, int writing, void *arg) {
    (void)out, (void)n, (void)writing, (void)arg;
    return -1;
}

static BIO *open_bytes(const contents *c) { return BIO_new_mem_buf(c->bytes, (int)c->n); }

/* Says what it holds instead of what is wanted. */
static bool say_other(const contents *c, bool is_cert, bool is_key) {
    const char *found = c->other ? c->other : is_cert && c->certs ? "a certificate" : is_key && c->keys ? "a private key" : NULL;
    if (found)
        return say(c, "should hold %s in PEM form, but holds %s", c->wanted, found);
    return say(c, "should hold %s in PEM form, but no line in it begins so", c->wanted);
}

/* Each certificate in it can be read; false: said which one cannot. */
static bool judge_certs(const contents *c) {
    BIO *bio = open_bytes(c);
    unsigned n = 0;
    for (X509 *x; (x = PEM_read_bio_X509_AUX(bio, NULL, no_pass_phrase, NULL)); n++)
        X509_free(x);
    BIO_free(bio);
    ERR_clear_error();
    if (n >= c->certs)
        return true;
    return say(c, "holds a certificate that is damaged, the %s of %u: was it copied whole, from its line BEGIN to its line END?",
               n == 0              ? "first"
               : n + 1 == c->certs ? "last"
                                   : "next",
               c->certs);
}

/* Which certificate of the file this key belongs to: 1, 2 …; 0: none. */
static unsigned owner_of(const contents *certs, EVP_PKEY *key) {
    BIO *bio = open_bytes(certs);
    unsigned n = 0, found = 0;
    for (X509 *x; !found && (x = PEM_read_bio_X509_AUX(bio, NULL, no_pass_phrase, NULL)); X509_free(x)) {
        n++;
        found = X509_check_private_key(x, key) == 1 ? n : 0;
    }
    BIO_free(bio);
    ERR_clear_error();
    return found;
}

static bool judge_key(const contents *c, const contents *certs) {
    if (c->locked)
        return say(c, "holds a key with a pass phrase, which nobody can type here; openssl pkey -in IT -out key.pem takes it off");
    BIO *bio = open_bytes(c);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (!key)
        return say(c, "holds a private key that is damaged: was it copied whole, from its line BEGIN to its line END?");
    unsigned owner = owner_of(certs, key);
    EVP_PKEY_free(key);
    if (owner > 1)
        return say(c, "belongs to certificate number %u of \"%s\"; a server's own stands there first, then those that vouch for it", owner,
                   certs->path);
    return owner == 1 || say(c, "does not belong to the certificate in \"%s\": a key and its certificate are made together", certs->path);
}

static void warn_of_time(const contents *c) {
    BIO *bio = open_bytes(c);
    X509 *x = PEM_read_bio_X509_AUX(bio, NULL, no_pass_phrase, NULL);
    char when[80] = "";
    bool late = x && X509_cmp_current_time(X509_get0_notAfter(x)) < 0, early = x && X509_cmp_current_time(X509_get0_notBefore(x)) > 0;
    BIO *out = BIO_new(BIO_s_mem());
    if ((late || early) && ASN1_TIME_print(out, late ? X509_get0_notAfter(x) : X509_get0_notBefore(x)) == 1)
        when[BIO_read(out, when, sizeof when - 1)] = '\0';
    if (late || early)
        yz_diag_warn(c->diag, "%s: the certificate in \"%s\" %s %s: clients refuse it", c->option, c->path,
                     late ? "was good until" : "is not good before", when);
    BIO_free(out);
    BIO_free(bio);
    X509_free(x);
    ERR_clear_error();
}

bool yz_pem_pair(yz_diag *diag, const char *directive, const char *cert, const char *key) {
    char cert_option[80], key_option[80];
    snprintf(cert_option, sizeof cert_option, "%s%scert", directive, *directive ? ": " : "");
    snprintf(key_option, sizeof key_option, "%s%skey", directive, *directive ? ": " : "");
    contents c = {.option = cert_option, .path = cert, .wanted = WANTED_CERT, .diag = diag};
    contents k = {.option = key_option, .path = key, .wanted = WANTED_KEY, .diag = diag};
    bool both = look(&c), read = look(&k);
    both = both && read;
    bool good = false;
    if (both && !c.certs && c.keys && k.certs && !k.keys)
        yz_diag_error(diag, "%s and key are the wrong way round: \"%s\" holds the key and \"%s\" the certificate", cert_option, cert, key);
    else if (both && !c.certs)
        say_other(&c, false, true);
    else if (both && !k.keys)
        say_other(&k, true, false);
    else
        good = both && judge_certs(&c) && judge_key(&k, &c);
    if (good)
        warn_of_time(&c);
    wipe(&c);
    wipe(&k);
    return good;
}

bool yz_pem_authorities(yz_diag *diag, const char *directive, const char *file) {
    char option[80];
    snprintf(option, sizeof option, "%s%sca", directive, *directive ? ": " : "");
    contents c = {.option = option, .path = file, .wanted = WANTED_CERTS, .diag = diag};
    bool good = look(&c) && (c.certs || say_other(&c, false, true)) && judge_certs(&c);
    wipe(&c);
    return good;
}
