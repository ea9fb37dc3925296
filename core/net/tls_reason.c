/* tls_reason.c: why TLS failed, in words. OpenSSL's own stay where they say it (in parentheses), so that they can be looked up; what is met
 * most often is said so that nobody has to.
 */
#include "net/tls_inner.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define PLAIN_HTTP "it speaks plain HTTP on this port, not TLS"
#define NO_TLS     "it does not speak TLS on this port (wrong version number)"

#define DISTRUST "it does not trust the certificate"

bool yz_tls_is_plain(const char *reason) { return strcmp(reason, PLAIN_HTTP) == 0 || strcmp(reason, NO_TLS) == 0; }

bool yz_tls_is_distrust(const char *reason) { return strcmp(reason, DISTRUST) == 0; }

static const char *why_not_trusted(long verified) {
    switch (verified) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "its certificate is out of date (certificate has expired)";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "its certificate counts from a later time on (certificate is not yet valid)";
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return "its certificate is for other names (hostname mismatch)";
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "its certificate is not for this address (IP address mismatch)";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "its certificate is not trusted (self-signed certificate); if it is to be, the provider's option ca names it";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "its certificate is not trusted (self-signed certificate in certificate chain); the provider's option ca names the "
               "authority";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        return "its certificate is not trusted (unable to get local issuer certificate); the provider's option ca names the authority";
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "its certificate is not trusted (unable to verify the first certificate): the server should send its whole chain";
    default:
        return X509_verify_cert_error_string(verified);
    }
}

/* What the other side said when it refused (RFC 8446, section 6). */
static const char *why_refused(int alert) {
    switch (alert) {
    case SSL3_AD_HANDSHAKE_FAILURE:
        return "it refused the TLS handshake (handshake failure)";
    case SSL3_AD_BAD_CERTIFICATE:
        return "it refused the TLS handshake (bad certificate)";
    case SSL3_AD_CERTIFICATE_UNKNOWN:
        return "it refused the TLS handshake (certificate unknown)";
    case TLS1_AD_UNKNOWN_CA:
        return "it refused the TLS handshake (unknown ca)";
    case TLS1_AD_ACCESS_DENIED:
        return "it refused the TLS handshake (access denied)";
    case TLS1_AD_PROTOCOL_VERSION:
        return "it refused the TLS handshake (protocol version): TLS 1.2 or 1.3 is wanted";
    case TLS1_AD_INSUFFICIENT_SECURITY:
        return "it refused the TLS handshake (insufficient security)";
    case TLS1_AD_INTERNAL_ERROR:
        return "it refused the TLS handshake (internal error)";
    case TLS1_AD_UNRECOGNIZED_NAME:
        return "it refused the TLS handshake (unrecognized name): it does not know the host by this name";
    case TLS1_AD_NO_APPLICATION_PROTOCOL:
        return "it refused the TLS handshake (no application protocol): it does not speak HTTP/1.1";
    case TLS13_AD_CERTIFICATE_REQUIRED:
        return "it refused the TLS handshake (certificate required)";
    default:
        return NULL;
    }
}

static const char *why_left(int alert) {
    bool certificate = alert == SSL3_AD_BAD_CERTIFICATE || alert == SSL3_AD_CERTIFICATE_UNKNOWN || alert == TLS1_AD_UNKNOWN_CA;
    return certificate ? DISTRUST : NULL;
}

const char *yz_tls_reason(const SSL *ssl, bool client, bool verified) {
    long result = SSL_get_verify_result(ssl);
    if (client && verified && result != X509_V_OK)
        return why_not_trusted(result);
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    if (client && reason == SSL_R_WRONG_VERSION_NUMBER)
        return NO_TLS;
    int alert = reason > SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : -1;
    const char *refused = client ? why_refused(alert) : why_left(alert);
    const char *text = refused ? refused : ERR_reason_error_string(code);
    return text ? text : "the TLS handshake failed";
}

const char *yz_tls_reason_of_answer(const char *p, size_t n, const char *reason) {
    return n >= 5 && memcmp(p, "HTTP/", 5) == 0 ? PLAIN_HTTP : reason;
}
