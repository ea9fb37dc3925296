/* deadline: how long a request may take, whoever is asked for it and how often: everything below shares one deadline, as the call tree
 * hands it down. What is said last counts least: the client's own header, then the key's, then the default; and never more than `most`.
 *
 * A retry, a fallback and a hedge look at what is left before they begin (yz_time_left); when it is over, all that runs is cancelled and
 * the client gets a 504 that says what was waited for.
 */
#include <yuzui/plugin.h>

typedef struct config {
    yz_str header;
    int64_t otherwise, most;
    yz_tables keys;
} config;

typedef struct key_rule {
    yz_list keys;
    int64_t time;
} key_rule;

static const yz_option key_options[] = {
    {"keys", YZ_OPTION_LIST, offsetof(key_rule, keys), .help = "whose requests; each may end in '*'", .required = true,
     .names = YZ_NAMES_OF_KEYS},
    {"time", YZ_OPTION_DURATION, offsetof(key_rule, time), .help = "may take so long", .min = 1, .max = 86400000, .required = true},
};
static const yz_option_table key_table = YZ_TABLE(key_options, key_rule);

static const yz_option options[] = {
    {"default", YZ_OPTION_DURATION, offsetof(config, otherwise), "0ms", .help = "of requests that nobody said more about; 0: none",
     .max = 86400000},
    {"most", YZ_OPTION_DURATION, offsetof(config, most), "0ms", .help = "of all, whatever a client says; 0: any time", .max = 86400000},
    {"keys", YZ_OPTION_TABLES, offsetof(config, keys),
     .help = "of keys, as in { { keys = { \"batch-*\" }, time = \"1h\" } }; the first that fits", .table = &key_table},
    {"header", YZ_OPTION_STRING, offsetof(config, header), "x-request-timeout",
     .help = "where a client says it, in seconds; empty: it may not"},
};

enum { LONGEST_MS = 86400000 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "30", "2.5": ms, at least 1; 0: it is none. */
static int64_t read_seconds(yz_str text) {
    int64_t ms = 0;
    size_t i = 0;
    for (; i < text.n && is_digit(text.p[i]) && ms <= LONGEST_MS; i++)
        ms = ms * 10 + (int64_t)(text.p[i] - '0') * 1000;
    bool whole = i > 0;
    if (whole && i < text.n && text.p[i] == '.')
        for (int64_t unit = 100; ++i < text.n && is_digit(text.p[i]); unit /= 10)
            ms += (int64_t)(text.p[i] - '0') * unit;
    return whole && i == text.n && ms <= LONGEST_MS ? ms : 0;
}

static bool fits(const yz_list *names, yz_str name) {
    for (size_t i = 0; i < names->n; i++) {
        yz_str pattern = names->items[i];
        bool any = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
        if (any ? name.n >= pattern.n - 1 && memcmp(name.p, pattern.p, pattern.n - 1) == 0 : yz_str_eq(pattern, name))
            return true;
    }
    return false;
}

/* The time that the config gives this key; NULL: none. */
static const key_rule *rule_of(const config *cfg, const yz_key *key) {
    for (size_t i = 0; key && i < cfg->keys.n; i++) {
        const key_rule *rule = cfg->keys.items[i];
        if (fits(&rule->keys, key->name))
            return rule;
    }
    return NULL;
}

typedef struct time_of {
    int64_t ms;        /* 0: any time */
    const char *whose; /* who said so, for people */
    yz_str wrong;      /* what the client said, that is no time; empty: it said none, or one */
} time_of;

static time_of time_for(const config *cfg, const yz_request *request) {
    yz_str said = cfg->header.n > 0 ? yz_request_header(request, cfg->header.p) : (yz_str){0};
    const key_rule *rule = said.n > 0 ? NULL : rule_of(cfg, request->key);
    time_of t = {.ms = rule ? rule->time : cfg->otherwise, .whose = rule ? "of the key" : "by default"};
    if (said.n > 0)
        t = (time_of){.ms = read_seconds(said), .whose = "of the client"};
    if (said.n > 0 && t.ms == 0)
        t.wrong = said;
    if (cfg->most > 0 && (t.ms == 0 || t.ms > cfg->most))
        t.ms = cfg->most, t.whose = "the most there is";
    return t;
}

/* What a client said may be long, and hold anything. */
static void put_wrong(const config *cfg, yz_str said, yz_buf *out) {
    enum { SHOWN = 40 };
    yz_buf_printf(out, "the header %.*s is \"", YZ_STR_ARGS(cfg->header));
    for (size_t i = 0; i < said.n && i < SHOWN; i++)
        yz_buf_char(out, said.p[i] >= ' ' && said.p[i] <= '~' ? said.p[i] : '?');
    yz_buf_printf(out, "%s\", but should be a number of seconds up to %d, such as 30 or 2.5", said.n > SHOWN ? "…" : "", LONGEST_MS / 1000);
}

static void refuse(yz_call *call, const config *cfg, yz_str said) {
    yz_error error = {YZ_ERROR, .class_ = YZ_ERROR_BAD_REQUEST};
    yz_buf message = {0};
    put_wrong(cfg, said, &message);
    error.message = yz_dup(yz_call_arena(call), yz_buf_view(&message));
    yz_buf_free(&message);
    yz_send_error(call, &error);
}

static void on_call(yz_call *call, const yz_request *request) {
    const config *cfg = yz_config(call);
    time_of t = time_for(cfg, request);
    if (t.wrong.n > 0) {
        refuse(call, cfg, t.wrong);
        return;
    }
    if (t.ms == 0) {
        yz_pass(call, NULL);
        return;
    }
    yz_note(call, "deadline", yz_format(yz_call_arena(call), "%lld", (long long)t.ms));
    yz_deadline(call, t.ms);
    yz_next(call, NULL);
}

static void describe(const void *config_, const yz_question *question, yz_buf *out) {
    const config *cfg = config_;
    time_of t = time_for(cfg, question->request);
    bool said = cfg->header.n > 0 && yz_request_header(question->request, cfg->header.p).n > 0;
    if (t.wrong.n > 0) {
        yz_buf_lit(out, "refused: ");
        put_wrong(cfg, t.wrong, out);
        return;
    }
    if (t.ms > 0)
        yz_buf_printf(out, "%lld ms, %s", (long long)t.ms, t.whose);
    else
        yz_buf_lit(out, "none");
    if (question->anybody && !said && cfg->keys.n > 0)
        yz_buf_lit(out, "; some keys have times of their own");
    if (cfg->header.n > 0 && !said)
        yz_buf_printf(out, "; a client may say another in %.*s", YZ_STR_ARGS(cfg->header));
    if (cfg->header.n > 0 && !said && cfg->most > 0)
        yz_buf_printf(out, ", of %lld ms at most", (long long)cfg->most);
}

/* Whoever is below may refuse a request by its head, body unread: this stage lets any pass. */
static bool on_arrival(yz_arrival *arrival) {
    (void)arrival;
    return true;
}

static const yz_filter filter = {YZ_FILTER, .on_call = on_call, .on_arrival = on_arrival, .describe = describe};

YZ_PLUGIN_KINDS("stage");
YZ_PLUGIN(.name = "deadline", .summary = "bounds the time of a request, and of all that is done for it", .version = "1.0",
          .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
