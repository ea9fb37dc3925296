/* config/read_media.c: media { sign = env "MEDIA_KEY", base_url = "https://gateway.example" }: addresses of what providers have made become
 * addresses of the gateway. */
#include "config/read.h"
#include "net/tls.h"
#include "plugin/options.h"

enum { LEAST_KEY = 16 };

static const yz_option OPTIONS[] = {
    {"sign", YZ_OPTION_SECRET, offsetof(yz_media_settings, sign), .help = "signs the addresses; another one makes all of them void"},
    {"base_url", YZ_OPTION_STRING, offsetof(yz_media_settings, base_url), "", .help = "how clients reach this gateway"},
    {"expires", YZ_OPTION_DURATION, offsetof(yz_media_settings, expires), "1h", .min = 1000, .max = 604800000,
     .help = "how long an address is good, or up to a quarter longer"},
    {"private", YZ_OPTION_BOOL, offsetof(yz_media_settings, reach_private), "false",
     .help = "what providers have made may lie at private addresses"},
};

static void free_tls(void *tls) { yz_tls_unref(tls); }

static const char *fault_of(yz_media_settings *m, yz_arena *arena) {
    yz_url url;
    const char *reason = NULL;
    if (yz_secret_reveal(m->sign).n < LEAST_KEY)
        return "sign should be a secret of 16 bytes or more, as in sign = env \"MEDIA_KEY\": whoever knows it can make addresses";
    if (yz_url_parse(m->base_url, arena, &url, &reason) != YZ_OK || !yz_str_starts(url.scheme, "http") || url.user.n + url.password.n > 0)
        return "base_url should say how clients reach this gateway, as in base_url = \"https://gateway.example\"";
    while (m->base_url.p[m->base_url.n - 1] == '/')
        m->base_url.n--;
    return NULL;
}

void yz_read_media(yz_reader *reader, const yz_statement *statement) {
    yz_media_settings *m = yz_alloc(reader->arena, sizeof *m);
    yz_option_set set = {OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, m};
    if (!yz_options_fill(&set, 1, yz_read_arg(statement, 0), "media", reader->arena, reader->diag) ||
        !yz_read_no_more(reader, statement, 1))
        return;
    const char *fault = fault_of(m, reader->arena);
    if (fault) {
        yz_diag_error(reader->diag, "media: %s", fault);
        return;
    }
    m->tls = yz_tls_client(YZ_STR(""), false, reader->diag);
    if (!m->tls)
        return;
    yz_on_free(reader->arena, free_tls, m->tls);
    reader->settings->media = m;
}
