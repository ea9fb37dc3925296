/* cli/run.c: `yuzui run`: the process made ready, then the control thread; and what a person reads when it serves. */
#include "cli/cli.h"
#include "control.h"
#include "lua/policy.h"
#include "plugin/loader.h"

#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

/* The key of examples/quickstart: when a config knows it, the lines printed at the start can be pasted as they are. */
#define DEMO_KEY "sk-yz-demo"

static void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* ---- the start-up text ----------------------------------------------------------------------------------------------------- */

static bool is_local(const yz_provider_settings *provider) { return provider->pub.adapter->local != NULL; }

static bool is_of_a_key(yz_str variable) {
    return variable.n > 0 && (memmem(variable.p, variable.n, "KEY", 3) || memmem(variable.p, variable.n, "TOKEN", 5));
}

/* Only what this config reads is worth setting. */
static void print_missing(const yz_settings *s, yz_buf *out) {
    size_t n = 0;
    yz_buf_lit(out, "  Answers come from the bundled demo provider, as no provider has a key.");
    for (size_t i = 0; i < s->unset.n; i++)
        if (is_of_a_key(s->unset.items[i]))
            yz_buf_printf(out, "%s%.*s", n++ ? ", " : " This config reads\n  ", YZ_STR_ARGS(s->unset.items[i]));
    yz_buf_lit(out, n ? ": set one and start again.\n" : "\n");
}

static void print_providers(const yz_settings *s, yz_buf *out) {
    bool real = false, demo = false;
    for (size_t i = 0; i < s->n_providers; i++) {
        real = real || (!is_local(s->providers[i]) && s->providers[i]->key_missing.n == 0);
        demo = demo || is_local(s->providers[i]);
    }
    yz_buf_lit(out, "  providers:");
    for (size_t i = 0; i < s->n_providers; i++) {
        const yz_provider_settings *provider = s->providers[i];
        yz_buf_printf(out, "%s %.*s", i > 0 ? "," : "", YZ_STR_ARGS(provider->pub.name));
        if (is_local(provider))
            yz_buf_lit(out, " (bundled, no network)");
        else if (provider->key_missing.n > 0)
            yz_buf_printf(out, " (no key: %.*s is not set)", YZ_STR_ARGS(provider->key_missing));
    }
    yz_buf_lit(out, s->n_providers > 0 ? "\n" : " none\n");
    if (!real && demo)
        print_missing(s, out);
}

static void print_models(const yz_settings *s, yz_buf *out) {
    yz_buf_lit(out, "  models:   ");
    for (size_t i = 0; i < s->n_models && i < 12; i++)
        yz_buf_printf(out, "%s %.*s", i > 0 ? "," : "", YZ_STR_ARGS(s->models[i].name));
    yz_buf_lit(out, s->n_models > 12 ? ", …\n" : "\n");
}

static bool has_stage(const yz_chain_settings *chain, const char *name) {
    for (size_t i = 0; i < chain->n_stages; i++)
        if (strcmp(chain->stages[i].plugin->name, name) == 0)
            return true;
    return false;
}

/* Does a chat with it make sense? One that only makes songs or pictures is none. */
static bool chats(const yz_model_settings *model) {
    for (size_t i = 0; i < model->n_targets; i++) {
        const yz_adapter *adapter = model->targets[i]->provider->adapter;
        if (!adapter->write && !adapter->local)
            return false;
    }
    return true;
}

/* A model that can be asked for as it is spelt; the first one, if all of them are patterns. Empty: none of them chats. */
static yz_str some_model(const yz_settings *s) {
    yz_str found = YZ_STR("");
    for (size_t i = 0; i < s->n_models; i++) {
        const yz_model_settings *model = &s->models[i];
        if (!chats(model))
            continue;
        if (!model->pattern && model->n_targets > 0)
            return model->name;
        found = found.n > 0 ? found : model->name;
    }
    return found;
}

/* Lines that can be pasted: the official SDK goes into a folder of its own, as Debian lets pip install nowhere else. */
static void print_examples(const yz_settings *s, const char *base, yz_buf *out) {
    const yz_key_settings *demo = yz_settings_key(s, YZ_STR(DEMO_KEY));
    const yz_chain_settings *chain = yz_chain_choose(s, demo ? demo->chain : NULL, &s->listens[0], YZ_STR("auto"));
    const char *key = demo ? DEMO_KEY : has_stage(chain, "auth") ? "YOUR_KEY" : "none";
    yz_str model = demo && has_stage(chain, "policy") ? YZ_STR("auto") : some_model(s);
    yz_buf_printf(out, "\ncurl %s/v1/chat/completions ", base);
    if (has_stage(chain, "auth"))
        yz_buf_printf(out, "-H 'Authorization: Bearer %s' ", key);
    yz_buf_printf(out,
                  "-H 'Content-Type: application/json' \\\n"
                  "  -d '{\"model\": \"%.*s\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello!\"}]}'\n",
                  YZ_STR_ARGS(model));
    yz_buf_printf(out,
                  "\n# Python: python3 -m venv ~/.venv/yuzui && ~/.venv/yuzui/bin/pip install openai   (needs python3-venv)\n"
                  "#         ~/.venv/yuzui/bin/python\n"
                  "from openai import OpenAI\n"
                  "client = OpenAI(base_url=\"%s/v1\", api_key=\"%s\")\n"
                  "answer = client.chat.completions.create(model=\"%.*s\", messages=[{\"role\": \"user\", \"content\": \"Hello!\"}])\n"
                  "print(answer.choices[0].message.content)\n\n",
                  base, key, YZ_STR_ARGS(model));
}

static void print_listen(const yz_listen_settings *listen, yz_buf *out) {
    yz_buf_printf(out, "  serving:   %s://%.*s", listen->tls ? "https" : "http", YZ_STR_ARGS(listen->address));
    if (listen->chain)
        yz_buf_printf(out, " (chain \"%.*s\")", YZ_STR_ARGS(listen->chain->name));
    yz_buf_char(out, '\n');
}

static void print_ready(const yz_settings *s, size_t n_workers) {
    yz_buf out = {0};
    yz_buf_printf(&out, "yuzui %s: %zu worker%s\n", YZ_VERSION, n_workers, n_workers == 1 ? "" : "s");
    for (size_t i = 0; i < s->n_listens; i++)
        print_listen(&s->listens[i], &out);
    if (s->admin)
        yz_buf_printf(&out, "  admin:     %s://%.*s\n", s->admin->tls ? "https" : "http", YZ_STR_ARGS(s->admin->address));
    print_providers(s, &out);
    print_models(s, &out);
    const yz_listen_settings *first = &s->listens[0];
    if (some_model(s).n > 0) {
        char base[300];
        bool any = first->host.n == 0 || yz_str_is(first->host, "0.0.0.0");
        bool six = !any && memchr(first->host.p, ':', first->host.n) != NULL;
        snprintf(base, sizeof(base), "%s://%s%.*s%s:%u", first->tls ? "https" : "http", six ? "[" : "", any ? 9 : (int)first->host.n,
                 any ? "127.0.0.1" : first->host.p, six ? "]" : "", first->port);
        print_examples(s, base, &out);
    }
    fwrite(out.p, 1, out.n, stderr);
    yz_buf_free(&out);
}

/* glibc reads how names are looked up (nsswitch.conf) at the first look-up of any kind, and crashes if it gets no memory for that. So the
 * first one is here, before memory can be short; of a user, since that one asks no network, as a host's might. */
static void prepare_look_ups(void) { (void)getpwuid(0); }

int yz_cli_run(int argc, char **argv) {
    const char *file = NULL, *listen = NULL, *admin = NULL, *rest;
    const yz_cli_option options[] = {
        {"--config", "-c", .value = &file}, {"--listen", "-l", .value = &listen}, {"--admin", NULL, .value = &admin}};
    if (yz_cli_options(argc, argv, options, 3, &rest) != 0)
        return 2;
    if (rest && file)
        return yz_cli_wrong_usage(argv[0], "\"%s\" is one argument too many", rest);
    if (!file && !rest && access("yuzui.lua", F_OK) != 0)
        return yz_cli_wrong_usage(argv[0], "it needs a config: -c FILE; there is no yuzui.lua in this folder, and yuzui init writes one");
    const char *wrong = yz_settings_say(listen, admin);
    if (wrong)
        return yz_cli_wrong_usage(argv[0], "\"%s\" is no IP address with a port, such as 127.0.0.1:8080, [::1]:8080 or :8080", wrong);
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    prepare_look_ups();
    mallopt(M_ARENA_MAX, (int)uv_available_parallelism() + 1); /* the default, eight per processor, keeps freed memory in too many places */
    mallopt(M_MMAP_THRESHOLD, 4 << 20); /* a body of 200 KiB mapped and unmapped for each request costs more than all else done with it */
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    return yz_control_run(file ? file : rest ? rest : "yuzui.lua", print_ready);
}
