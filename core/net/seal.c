/* seal.c: TLS on top of a connection.
 *
 * OpenSSL does no I/O here: a BIO of our own reads from the bytes that just came and appends to the worker's `sealed` buffer, which
 * is sent before the function returns. So a quiet TLS connection holds no buffers of ours, and (SSL_MODE_RELEASE_BUFFERS) none of
 * OpenSSL's. All bytes of one read are decrypted into one buffer and handed on at once.
 *
 * A peer that closes without close_notify has cut the answer: on_broken, never on_eof.
 */
#include "base/arena.h"
#include "base/check.h"
#include "net/stream_inner.h"
#include "net/tls_inner.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

struct yz_seal {
    SSL *ssl;
    yz_tls *tls;
    char *host; /* a client's: also the name of its session */
    yz_str in;  /* encrypted bytes not yet taken by OpenSSL */
};

/* ---- the BIO --------------------------------------------------------------------------------------------------------- */

static int bio_read(BIO *bio, char *out, int size) {
    yz_stream *stream = BIO_get_data(bio);
    yz_str *in = &stream->seal->in;
    BIO_clear_retry_flags(bio);
    if (in->n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = in->n < (size_t)size ? in->n : (size_t)size;
    memcpy(out, in->p, n);
    in->p += n;
    in->n -= n;
    return (int)n;
}

static int bio_write(BIO *bio, const char *p, int n) {
    yz_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    yz_buf_put(&stream->worker->io->sealed, p, (size_t)n);
    return n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *p) {
    (void)bio, (void)number, (void)p;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;
static void make_method(void) {
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "yuzui stream");
    YZ_MUST(method && BIO_meth_set_read(method, bio_read) && BIO_meth_set_write(method, bio_write) && BIO_meth_set_ctrl(method, bio_ctrl));
}

static BIO *bio_new(yz_stream *stream) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_method);
    BIO *bio = BIO_new(method);
    YZ_MUST(bio != NULL);
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    return bio;
}

/* Sends what OpenSSL has written. */
static void flush(yz_stream *stream) {
    yz_buf *sealed = &stream->worker->io->sealed;
    if (sealed->n == 0)
        return;
    yz_str bytes = yz_buf_view(sealed);
    yz_outbox_send(stream, &bytes, 1);
    sealed->n = 0;
}

/* ---- starting -------------------------------------------------------------------------------------------------------- */

static bool is_address(const char *host) {
    struct in6_addr scratch;
    return uv_inet_pton(AF_INET, host, &scratch) == 0 || uv_inet_pton(AF_INET6, host, &scratch) == 0;
}

static int expect_host(yz_seal *seal, const char *host) {
    X509_VERIFY_PARAM *param = SSL_get0_param(seal->ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    bool address = is_address(host);
    if (!address && SSL_set_tlsext_host_name(seal->ssl, host) != 1)
        return YZ_EINVAL;
    if (yz_tls_is_insecure(seal->tls))
        return YZ_OK;
    int done = address ? X509_VERIFY_PARAM_set1_ip_asc(param, host) : X509_VERIFY_PARAM_set1_host(param, host, 0);
    return done == 1 ? YZ_OK : YZ_EINVAL;
}

static int become_client(yz_seal *seal, const char *host) {
    SSL_set_connect_state(seal->ssl);
    seal->host = strdup(host);
    YZ_MUST(seal->host != NULL);
    SSL_set_ex_data(seal->ssl, yz_tls_host_index(), seal->host);
    if (expect_host(seal, host) != YZ_OK)
        return YZ_EINVAL;
    SSL_SESSION *session = yz_tls_session_find(seal->tls, host);
    if (session) {
        SSL_set_session(seal->ssl, session);
        SSL_SESSION_free(session);
    }
    return YZ_OK;
}

static const char *reason(const yz_seal *seal) {
    return yz_tls_reason(seal->ssl, !yz_tls_is_server(seal->tls), !yz_tls_is_insecure(seal->tls));
}

/* "GET /…": a method, which no record of TLS begins with. */
static bool is_plain_http(yz_str came) {
    size_t n = 0;
    while (n < came.n && n < 8 && came.p[n] >= 'A' && came.p[n] <= 'Z')
        n++;
    return n >= 3 && n < came.n && came.p[n] == ' ';
}

/* Goes on with the handshake, of which these bytes came; what fails is reported at once only when a callback of the loop asks. */
static void shake(yz_stream *stream, yz_str came, bool now) {
    ERR_clear_error();
    int done = SSL_do_handshake(stream->seal->ssl);
    int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(stream->seal->ssl, done);
    if (error == SSL_ERROR_SSL && yz_tls_is_server(stream->seal->tls) && is_plain_http(came)) {
        stream->worker->io->sealed.n = 0; /* an alert, which it could not read */
        ERR_clear_error();
        yz_stream_opened_plain(stream);
        return;
    }
    flush(stream);
    if (error == SSL_ERROR_NONE)
        yz_stream_opened(stream);
    else if (error != SSL_ERROR_WANT_READ)
        yz_stream_break(stream, YZ_EIO, yz_tls_reason_of_answer(came.p, came.n, reason(stream->seal)), now);
    ERR_clear_error();
}

int yz_seal_start(yz_stream *stream, yz_tls *tls, const char *host) {
    yz_seal *seal = yz_calloc(1, sizeof *seal);
    stream->seal = seal;
    seal->tls = yz_tls_ref(tls);
    seal->ssl = SSL_new(yz_tls_context(tls));
    YZ_MUST(seal->ssl != NULL);
    BIO *bio = bio_new(stream);
    SSL_set_bio(seal->ssl, bio, bio);
    if (yz_tls_is_server(tls)) {
        SSL_set_accept_state(seal->ssl);
        return YZ_OK;
    }
    int code = become_client(seal, host);
    if (code == YZ_OK)
        shake(stream, (yz_str){0}, false);
    return code;
}

bool yz_seal_resumed(const yz_seal *seal) { return SSL_session_reused(seal->ssl) == 1; }

void yz_seal_free(yz_seal *seal) {
    if (!seal)
        return;
    SSL_free(seal->ssl);
    yz_tls_unref(seal->tls);
    free(seal->host);
    free(seal);
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

/* Decrypts until the bytes are used up or the buffer is full. Returns SSL_get_error's code of what stopped it, NONE when full. */
static int decrypt(yz_stream *stream, char *out, size_t *n) {
    *n = 0;
    while (*n < YZ_IO_PLAIN) {
        size_t got;
        ERR_clear_error();
        if (SSL_read_ex(stream->seal->ssl, out + *n, YZ_IO_PLAIN - *n, &got) != 1)
            return SSL_get_error(stream->seal->ssl, 0);
        *n += got;
    }
    return SSL_ERROR_NONE;
}

void yz_seal_bytes(yz_stream *stream, const char *p, size_t n) {
    yz_io *io = stream->worker->io;
    stream->seal->in = (yz_str){p, n};
    if (stream->phase == YZ_STREAM_SHAKING)
        shake(stream, (yz_str){p, n}, true);
    if (stream->phase != YZ_STREAM_OPEN || !stream->seal)
        return;
    if (!io->plain)
        io->plain = yz_malloc(YZ_IO_PLAIN);
    int stopped;
    do {
        size_t got;
        stopped = decrypt(stream, io->plain, &got);
        flush(stream); /* answers to key updates */
        stream->received += got;
        if (got)
            stream->hooks->on_bytes(stream->arg, io->plain, got);
    } while (stopped == SSL_ERROR_NONE && stream->phase == YZ_STREAM_OPEN);
    if (stream->phase != YZ_STREAM_OPEN || stopped == SSL_ERROR_WANT_READ)
        return;
    if (stopped == SSL_ERROR_ZERO_RETURN)
        yz_stream_ended(stream);
    else
        yz_stream_break(stream, YZ_EIO, reason(stream->seal), true);
}

void yz_seal_eof(yz_stream *stream) {
    bool shaking = stream->phase == YZ_STREAM_SHAKING;
    yz_stream_break(stream, YZ_EIO, shaking ? "closed during the TLS handshake" : "closed without a TLS close_notify", true);
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static void encrypt(yz_stream *stream, const char *p, size_t n) {
    yz_buf *sealed = &stream->worker->io->sealed;
    while (n > 0 && stream->phase == YZ_STREAM_OPEN) {
        size_t piece = n < YZ_IO_RECORD ? n : YZ_IO_RECORD, wrote;
        ERR_clear_error();
        if (SSL_write_ex(stream->seal->ssl, p, piece, &wrote) != 1) {
            yz_stream_break(stream, YZ_EIO, reason(stream->seal), false);
            return;
        }
        p += wrote;
        n -= wrote;
        if (sealed->n >= 4 * YZ_IO_RECORD)
            flush(stream);
    }
}

/* Small parts share a record; large ones are encrypted where they lie. */
void yz_seal_write(yz_stream *stream, const yz_str *parts, size_t n) {
    yz_io *io = stream->worker->io;
    if (!io->gather)
        io->gather = yz_malloc(YZ_IO_RECORD);
    size_t held = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        if (held + parts[i].n > YZ_IO_RECORD) {
            encrypt(stream, io->gather, held);
            held = 0;
        }
        if (parts[i].n > YZ_IO_RECORD) {
            encrypt(stream, parts[i].p, parts[i].n);
        } else if (parts[i].n) {
            memcpy(io->gather + held, parts[i].p, parts[i].n);
            held += parts[i].n;
            most = held > most ? held : most;
        }
    }
    encrypt(stream, io->gather, held);
    flush(stream);
    OPENSSL_cleanse(io->gather, most); /* heads carry keys */
}

void yz_seal_finish(yz_stream *stream) {
    ERR_clear_error();
    SSL_shutdown(stream->seal->ssl);
    flush(stream);
}
