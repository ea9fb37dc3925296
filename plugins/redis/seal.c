/* seal.c: TLS to Redis. OpenSSL itself, since the client library of Debian 12 (hiredis 0.14) has none; so every build has the same.
 *
 * A server proves who it is by a certificate for the host of the url, from an authority that the system or `ca` names. The files are read
 * once, when the store is opened: a changed one counts after a reload that changes the store's options, or after a restart.
 */
#include "wire.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* The first error says what is wrong with a file, later ones who noticed. */
static const char *reason(void) {
    unsigned long code = ERR_peek_error();
    const char *text = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    return text ? text : "unknown reason";
}

static bool trust(SSL_CTX *context, const char *ca, yz_diag *diag) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (!*ca && SSL_CTX_set_default_verify_paths(context) == 1)
        return true;
    if (*ca && !yz_pem_authorities(diag, "", ca))
        return false;
    if (*ca && SSL_CTX_load_verify_locations(context, ca, NULL) == 1)
        return true;
    if (*ca)
        yz_diag_error(diag, "ca: the file \"%s\" cannot be used: %s; a PEM file of CA certificates is wanted", ca, reason());
    else
        yz_diag_error(diag, "the system's CA certificates cannot be loaded: %s; install ca-certificates, or name a file with ca", reason());
    return false;
}

static bool show_ourselves(SSL_CTX *context, const char *cert, const char *key, yz_diag *diag) {
    if (!*cert != !*key)
        yz_diag_error(diag, "cert and key belong together: the PEM files of a client's certificate and of its private key");
    else if (*cert && !yz_pem_pair(diag, "", cert, key))
        return false;
    else if (*cert && SSL_CTX_use_certificate_chain_file(context, cert) != 1)
        yz_diag_error(diag, "cert: the file \"%s\" cannot be used: %s; a PEM certificate and its chain is wanted", cert, reason());
    else if (*cert && SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        yz_diag_error(diag, "key: the file \"%s\" cannot be used: %s; the PEM private key of \"%s\" is wanted", key, reason(), cert);
    else
        return true;
    return false;
}

static char *text_of(yz_str s) { return s.n ? strndup(s.p, s.n) : strdup(""); }

/* A service runs in another folder than whoever wrote its config. */
static bool is_absolute(const char *option, const char *path, yz_diag *diag) {
    if (*path && *path != '/')
        yz_diag_error(diag, "%s: \"%s\" should be an absolute path", option, path);
    return !*path || *path == '/';
}

SSL_CTX *seal_context(const seal_config *config, yz_diag *diag) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    char *ca = text_of(config->ca), *cert = text_of(config->cert), *key = text_of(config->key);
    bool good = context && ca && cert && key;
    ERR_clear_error();
    if (good) {
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
        good = is_absolute("ca", ca, diag) && is_absolute("cert", cert, diag) && is_absolute("key", key, diag) &&
               (config->insecure || trust(context, ca, diag)) && show_ourselves(context, cert, key, diag);
    } else {
        yz_diag_error(diag, "TLS cannot be set up: out of memory");
    }
    free(ca), free(cert), free(key);
    ERR_clear_error();
    if (good)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

/* An address is looked for among a certificate's addresses; a name is also said to the server, who may have several certificates. */
static bool expect_host(SSL *ssl, const char *host) {
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    struct in6_addr scratch;
    if (inet_pton(AF_INET, host, &scratch) == 1 || inet_pton(AF_INET6, host, &scratch) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, host) == 1 && X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

SSL *seal_new(SSL_CTX *context, const char *host, int fd) {
    SSL *ssl = SSL_new(context);
    if (ssl && SSL_set_fd(ssl, fd) == 1 && expect_host(ssl, host)) {
        SSL_set_connect_state(ssl);
        return ssl;
    }
    SSL_free(ssl);
    return NULL;
}

/* In OpenSSL's words, and for what is met most often what would be right. */
static const char *why_not_trusted(long verified) {
    switch (verified) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return "hostname mismatch: its certificate is for other names than the host of the url";
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "IP address mismatch: its certificate is not for this address; the url should have a name that it is for";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "self-signed certificate: ca = \"/….pem\" names it, if it is to be trusted";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "self-signed certificate in certificate chain: ca = \"/….pem\" names the authority, if it is to be trusted";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        return "unable to get local issuer certificate: ca = \"/….pem\" names the authority that signed its certificate";
    default:
        return X509_verify_cert_error_string(verified);
    }
}

const char *seal_why(const SSL *ssl) {
    long verified = SSL_get_verify_result(ssl);
    if (verified != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE)
        return why_not_trusted(verified);
    unsigned long code = ERR_peek_error();
    if (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
        return "it does not speak TLS on this port";
    const char *text = ERR_reason_error_string(code);
    return text && ERR_GET_REASON(code) != SSL_R_UNEXPECTED_EOF_WHILE_READING ? text : "it closed the connection";
}
