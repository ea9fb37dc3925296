/* tls.c: TLS contexts and the sessions of client contexts.
 *
 * Client contexts with the same settings are one object, shared by generations and workers: a reload keeps pooled connections and
 * sessions, and the system's certificates are loaded once. A changed CA file makes a new context.
 */
#include "net/tls_inner.h"

#include "base/arena.h"
#include "base/check.h"

#include <dirent.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <yuzui/plugin.h>

#define SESSIONS 64 /* hosts whose last session a client context keeps */

typedef struct kept_session {
    char *host;
    SSL_SESSION *session;
} kept_session;

struct yz_tls {
    SSL_CTX *context;
    _Atomic unsigned refs;
    bool server, insecure;
    char *spelling;       /* of a client's settings; NULL: not shared */
    struct yz_tls *next;  /* in `shared` */
    pthread_mutex_t lock; /* sessions */
    kept_session sessions[SESSIONS];
    unsigned turn; /* whose place the next new host takes */
};

static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static yz_tls *shared; /* client contexts alive */

SSL_CTX *yz_tls_context(const yz_tls *tls) { return tls->context; }
bool yz_tls_is_server(const yz_tls *tls) { return tls->server; }
bool yz_tls_is_insecure(const yz_tls *tls) { return tls->insecure; }

static const char *why(void) {
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    return reason ? reason : ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : "unknown reason";
}

/* OpenSSL's own asks the terminal, in the middle of a reload. */
static int no_pass_phrase(char *out, int n, int writing, void *arg) {
    (void)out, (void)n, (void)writing, (void)arg;
    return -1;
}

static yz_tls *tls_new(bool server) {
    yz_tls *tls = yz_calloc(1, sizeof *tls);
    tls->refs = 1;
    tls->server = server;
    pthread_mutex_init(&tls->lock, NULL);
    tls->context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    YZ_MUST(tls->context != NULL);
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
    SSL_CTX_set_default_passwd_cb(tls->context, no_pass_phrase);
    SSL_CTX_set_options(tls->context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(tls->context, SSL_MODE_RELEASE_BUFFERS);
    return tls;
}

static void tls_free(yz_tls *tls) {
    for (size_t i = 0; i < SESSIONS; i++) {
        free(tls->sessions[i].host);
        SSL_SESSION_free(tls->sessions[i].session);
    }
    SSL_CTX_free(tls->context);
    pthread_mutex_destroy(&tls->lock);
    free(tls->spelling);
    free(tls);
}

/* ---- listeners ------------------------------------------------------------------------------------------------------- */

static const unsigned char http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in, unsigned in_n, void *arg) {
    (void)ssl, (void)arg;
    for (unsigned i = 0; i < in_n; i += in[i] + 1u) {
        if (in[i] == http11[0] && i + sizeof http11 <= in_n && memcmp(in + i, http11, sizeof http11) == 0) {
            *out = in + i + 1;
            *out_n = in[i];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static int load_pair(yz_tls *tls, const char *cert, const char *key, yz_diag *diag) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(tls->context, cert) != 1)
        yz_diag_error(diag, "the certificate file \"%s\" cannot be used: %s; a PEM file with the certificate and its chain is wanted", cert,
                      why());
    else if (SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1)
        yz_diag_error(diag, "the key file \"%s\" cannot be used: %s; the PEM private key of \"%s\" is wanted", key, why(), cert);
    else
        return YZ_OK;
    return YZ_EINVAL;
}

yz_tls *yz_tls_server(yz_str cert_file, yz_str key_file, yz_diag *diag) {
    yz_tls *tls = tls_new(true);
    SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF); /* tickets need no memory here */
    SSL_CTX_set_num_tickets(tls->context, 1);
    SSL_CTX_set_alpn_select_cb(tls->context, choose_protocol, NULL);
    char *cert = strndup(cert_file.p, cert_file.n), *key = strndup(key_file.p, key_file.n);
    YZ_MUST(cert && key);
    int code = load_pair(tls, cert, key, diag);
    free(cert);
    free(key);
    if (code == YZ_OK)
        return tls;
    tls_free(tls);
    return NULL;
}

/* ---- upstreams ------------------------------------------------------------------------------------------------------- */

int yz_tls_host_index(void) {
    static _Atomic int index = -1;
    int known = atomic_load(&index);
    if (known >= 0)
        return known;
    pthread_mutex_lock(&shared_lock);
    if (atomic_load(&index) < 0)
        atomic_store(&index, SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL));
    pthread_mutex_unlock(&shared_lock);
    return atomic_load(&index);
}

static int on_session(SSL *ssl, SSL_SESSION *session) {
    yz_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    const char *host = SSL_get_ex_data(ssl, yz_tls_host_index());
    if (!host || !SSL_SESSION_is_resumable(session))
        return 0;
    yz_tls_session_keep(tls, host, session);
    return 1;
}

/* Is the system's folder of certificates one with names by hash? Then the ones that are needed are read when they are needed: loading
 * the whole bundle takes 1.5 MiB, and 50 ms of every reload. */
static bool has_hashed_folder(void) {
    const char *path = getenv(X509_get_default_cert_dir_env());
    DIR *folder = opendir(path ? path : X509_get_default_cert_dir());
    bool found = false;
    for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
        size_t n = strlen(entry->d_name);
        found = n == 10 && strcmp(entry->d_name + 8, ".0") == 0;
    }
    if (folder)
        closedir(folder);
    return found;
}

static bool trust_system(SSL_CTX *context) {
    if (!getenv(X509_get_default_cert_file_env()) && has_hashed_folder())
        return SSL_CTX_set_default_verify_dir(context) == 1;
    return SSL_CTX_set_default_verify_paths(context) == 1;
}

static int trust(yz_tls *tls, const char *ca_file, bool insecure, yz_diag *diag) {
    tls->insecure = insecure;
    SSL_CTX_set_verify(tls->context, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (insecure)
        return YZ_OK;
    ERR_clear_error();
    if (!*ca_file) {
        if (trust_system(tls->context))
            return YZ_OK;
        yz_diag_error(diag, "the system's CA certificates cannot be loaded: %s; install ca-certificates, or name a file with the option ca",
                      why());
    } else if (SSL_CTX_load_verify_locations(tls->context, ca_file, NULL) == 1) {
        return YZ_OK;
    } else {
        yz_diag_error(diag, "the CA file \"%s\" cannot be used: %s; a PEM file of CA certificates is wanted", ca_file, why());
    }
    return YZ_EINVAL;
}

static yz_tls *shared_find(const char *spelling) {
    for (yz_tls *tls = shared; tls; tls = tls->next)
        if (strcmp(tls->spelling, spelling) == 0)
            return yz_tls_ref(tls);
    return NULL;
}

static yz_tls *client_new(const char *ca_file, bool insecure, yz_diag *diag) {
    yz_tls *tls = tls_new(false);
    SSL_CTX_set_app_data(tls->context, tls);
    SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls->context, on_session);
    SSL_CTX_set_alpn_protos(tls->context, http11, sizeof http11);
    if (trust(tls, ca_file, insecure, diag) == YZ_OK)
        return tls;
    tls_free(tls);
    return NULL;
}

yz_tls *yz_tls_client(yz_str ca_file, bool insecure, yz_diag *diag) {
    struct stat at = {0};
    char *file = strndup(ca_file.n ? ca_file.p : "", ca_file.n);
    YZ_MUST(file != NULL);
    if (*file)
        stat(file, &at);
    yz_buf spelling = {0};
    yz_buf_printf(&spelling, "%d %lld.%09ld %lld %s", insecure, (long long)at.st_mtim.tv_sec, at.st_mtim.tv_nsec, (long long)at.st_size,
                  file);
    yz_buf_char(&spelling, 0);
    yz_tls_host_index();
    pthread_mutex_lock(&shared_lock);
    yz_tls *tls = shared_find(spelling.p);
    if (!tls && (tls = client_new(file, insecure, diag))) {
        tls->spelling = strdup(spelling.p);
        YZ_MUST(tls->spelling != NULL);
        tls->next = shared;
        shared = tls;
    }
    pthread_mutex_unlock(&shared_lock);
    yz_buf_free(&spelling);
    free(file);
    return tls;
}

yz_tls *yz_tls_ref(yz_tls *tls) {
    atomic_fetch_add(&tls->refs, 1);
    return tls;
}

void yz_tls_unref(yz_tls *tls) {
    if (!tls)
        return;
    pthread_mutex_lock(&shared_lock); /* so that shared_find meets no context that is on its way out */
    bool last = atomic_fetch_sub(&tls->refs, 1) == 1;
    for (yz_tls **at = &shared; last && *at; at = &(*at)->next) {
        if (*at == tls) {
            *at = tls->next;
            break;
        }
    }
    pthread_mutex_unlock(&shared_lock);
    if (last)
        tls_free(tls);
}

/* ---- sessions -------------------------------------------------------------------------------------------------------- */

static kept_session *place_of(yz_tls *tls, const char *host) {
    for (size_t i = 0; i < SESSIONS; i++)
        if (tls->sessions[i].host && strcmp(tls->sessions[i].host, host) == 0)
            return &tls->sessions[i];
    return NULL;
}

SSL_SESSION *yz_tls_session_find(yz_tls *tls, const char *host) {
    SSL_SESSION *session = NULL;
    pthread_mutex_lock(&tls->lock);
    kept_session *place = place_of(tls, host);
    if (place && SSL_SESSION_is_resumable(place->session) && SSL_SESSION_up_ref(place->session))
        session = place->session;
    pthread_mutex_unlock(&tls->lock);
    return session;
}

void yz_tls_session_keep(yz_tls *tls, const char *host, SSL_SESSION *session) {
    pthread_mutex_lock(&tls->lock);
    kept_session *place = place_of(tls, host);
    if (!place) {
        place = &tls->sessions[tls->turn++ % SESSIONS];
        free(place->host);
        place->host = strdup(host);
        YZ_MUST(place->host != NULL);
    }
    SSL_SESSION_free(place->session);
    place->session = session;
    pthread_mutex_unlock(&tls->lock);
}
