/* control/outcome.c: what came of the last reload, for those who ask later: a gateway that goes on with an old config looks well, and
 * whoever sent a signal, or changed a file, got no answer.
 */
#include "base/clock.h"
#include "control.h"

#include <inttypes.h>
#include <pthread.h>

static struct {
    pthread_mutex_t lock;
    bool failed;
    int64_t at; /* Unix seconds; 0: there was none */
    const char *why;
    yz_buf text;
} last = {.lock = PTHREAD_MUTEX_INITIALIZER};

void yz_control_reloaded(bool ok, const char *why, yz_str text) {
    pthread_mutex_lock(&last.lock);
    last.failed = !ok;
    last.at = yz_clock_wall();
    last.why = why;
    last.text.n = 0;
    yz_buf_str(&last.text, text);
    pthread_mutex_unlock(&last.lock);
}

void yz_control_put_reload(yz_buf *out) {
    pthread_mutex_lock(&last.lock);
    if (last.at == 0) {
        yz_buf_lit(out, "null");
    } else {
        yz_buf_printf(out, "{\"ok\":%s,\"at\":%" PRId64 ",\"why\":\"%s\",\"text\":", last.failed ? "false" : "true", last.at, last.why);
        yz_buf_json_str(out, yz_buf_view(&last.text));
        yz_buf_char(out, '}');
    }
    pthread_mutex_unlock(&last.lock);
}

int64_t yz_control_reload_failed(void) {
    pthread_mutex_lock(&last.lock);
    int64_t at = last.failed ? last.at : 0;
    pthread_mutex_unlock(&last.lock);
    return at;
}
