/* tls_slip.c: see tls_slip.h. */
#include "server/tls_slip.h"
#include "base/log.h"
#include "net/tls.h"

#define PAUSE_MS 60000

bool yz_tls_slip_begins(yz_str bytes) { return bytes.n >= 2 && bytes.p[0] == 0x16 && bytes.p[1] == 0x03; }

static bool is_time(int64_t *next, int64_t now) {
    if (now < *next)
        return false;
    *next = now + PAUSE_MS;
    return true;
}

void yz_tls_slip_plain(yz_tls_slips *slips, yz_str listener, int64_t now) {
    if (is_time(&slips->plain, now))
        yz_log(YZ_LOG_INFO,
               "listen \"%.*s\": a client spoke TLS to it, but it speaks plain HTTP: either the client's URL begins with http://, or "
               "listen has "
               "a cert and a key",
               YZ_STR_ARGS(listener));
}

void yz_tls_slip_failed(yz_tls_slips *slips, yz_str listener, const char *reason, int64_t now) {
    if (reason && yz_tls_is_distrust(reason) && is_time(&slips->distrust, now))
        yz_log(YZ_LOG_INFO,
               "listen \"%.*s\": a client broke the connection off: %s. One that no public authority has signed is named to clients: "
               "SSL_CERT_FILE (Python), NODE_EXTRA_CA_CERTS (Node), curl --cacert",
               YZ_STR_ARGS(listener), reason);
}
