/* cli/main.c: which command is meant. */
#include "base/check.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/meant.h"

#include "base/arena.h"
#include "base/diag.h"
#include "config/settings.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <uv.h>

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
} command;

static int show_version(int argc, char **argv);
static int show_help(int argc, char **argv);

static const command COMMANDS[] = {
    {"run", yz_cli_run,
     "run [-c FILE]                     serve in the foreground; --listen ADDRESS, --admin ADDRESS: instead of the config's"},
    {"init", yz_cli_init, "init [FILE]                       ask for keys, try them, write a config; --force, --no-try"},
    {"check", yz_cli_check,
     "check [FILE]                      read a config and everything it names, and say what is wrong; --offline: without trying whether "
     "stores answer; --instead FILE=TEXT: with this text for a policy's file"},
    {"reload", yz_cli_reload, "reload [-c FILE | --admin ADDRESS] make the running yuzui read its config again"},
    {"status", yz_cli_status, "status [-c FILE | --admin ADDRESS] what the running yuzui has done so far; --json"},
    {"explain", yz_cli_explain,
     "explain [-c FILE] \"QUESTION\"      what the policies would do, and why; calls nobody; --body FILE, --model NAME, --key ITS_NAME, "
     "--listen ADDRESS, -H \"NAME: VALUE\", --dialect NAME, --instead FILE=TEXT, --json; - is standard input; explain --translate FROM TO "
     "FILE: "
     "a request of one dialect in another, and what is lost; TO may be a provider of -c FILE; --model NAME, --flavour NAME, --stream, "
     "--json"},
    {"policy", yz_cli_policy,
     "policy history|show|activate|rollback FILE: the versions of a policy's file; --text FILE (activate; - is standard input), --version "
     "N "
     "(show, rollback), --note TEXT, --versions FOLDER: instead of the config's, -c FILE, --json"},
    {"replay", yz_cli_replay,
     "replay LOG                        what the policies would do with the requests of an access log: what would have gone elsewhere, and "
     "what it "
     "would cost and take; - is standard input; --instead FILE=TEXT, -c FILE, --json"},
    {"price", yz_cli_price,
     "price MODEL                       what it costs; --input N, --output N, --meter cached=N, --at DATE, -c FILE, --json; price import "
     "FILE: "
     "how a price list of genai-prices or models.dev differs; --seller THEIRS=OURS, --model NAME, --beside FILE, --accept MODEL, --free "
     "MODEL, "
     "--cache-write-1h TIMES, --date DAY, -o FILE, -c FILE"},
    {"credit", yz_cli_credit,
     "credit ACCOUNT --usd AMOUNT       pay into the ledger; --id ID: only once, --note TEXT, --new: an account nobody knows yet; credit "
     "--refund ID --usd AMOUNT: take back of a credit, -c FILE"},
    {"transfer", yz_cli_transfer,
     "transfer ACCOUNT --to ACCOUNT --usd AMOUNT   from one account to another; --id ID, --note TEXT, --new: to an account nobody knows "
     "yet, -c FILE"},
    {"refund", yz_cli_refund, "refund ID --usd AMOUNT            give back of what a request cost; --id ID, --note TEXT, -c FILE"},
    {"balance", yz_cli_balance, "balance [ACCOUNT]                 what accounts have; --limit N, -c FILE, --json, --csv"},
    {"usage", yz_cli_usage,
     "usage [ACCOUNT | ID]              what was charged; of a request: why; or with --by day,model,key,account,provider,hour,label:NAME "
     "(--model NAME, --provider NAME, --label NAME=VALUE) its sums; --from DAY, --until DAY, --key NAME, --id REQUEST, --limit N, -c FILE, "
     "--json, --csv"},
    {"margins", yz_cli_margins,
     "margins                           what each provider's answers brought, and what its tries cost by its list price; --by day|hour, "
     "--from "
     "DAY, --until DAY, -c FILE, --json, --csv"},
    {"moves", yz_cli_moves,
     "moves [ACCOUNT]                   credits, refunds and transfers, the newest first; --limit N, -c FILE, --json, --csv"},
    {"jobs", yz_cli_jobs,
     "jobs [OWNER]                      work that providers go on with, the newest first; --limit N, -c FILE, --json, --csv"},
    {"audit", yz_cli_audit,
     "audit                             recompute every balance of the ledger; --provider-export FILE, --provider NAME, -c FILE, --json"},
    {"backup", yz_cli_backup, "backup FILE                       copy the ledger while it is in use; -c FILE"},
    {"key", yz_cli_key,
     "key create|show|change|rotate|revoke|disable|enable NAME, key list (--group, --labels A=B): the keys that the ledger keeps; --group, "
     "--models A,B, "
     "--addresses, "
     "--labels A=B, --expires, --rpm, --tpm, --budget-day USD, --budget-month, --budget-total, --warn-at PERCENT, --downgrade MODEL, "
     "--chain, --account, "
     "--note, --markup, "
     "--overlap 24h (rotate), -c FILE, --json"},
    {"group", yz_cli_group, "group create|show|change|disable|enable NAME, group list: groups of keys; options as those of key"},
    {"code", yz_cli_code,
     "code create BATCH --usd AMOUNT    codes that are worth money once: --count N, --expires DAY; code list [BATCH]; code revoke CODE | "
     "--batch BATCH; code redeem CODE "
     "--account ACCOUNT; -c FILE, --json"},
    {"test", yz_cli_test, "test PATH                         run the *_test.lua files there"},
    {"plugins", yz_cli_plugins, "plugins [NAME]                    list the plugins, or document one; -c FILE: those of its folders, too"},
    {"conform", yz_cli_conform, "conform FILE.so                   try an adapter on everything that may come"},
    {"train", yz_cli_train,
     "train QUESTIONS.jsonl             learn a model of labelled questions; -o FILE, --templates FOLDER, --leave-out, --dev FILE"},
    {"version", show_version, "version"},
    {"help", show_help,
     "help [config | COMMAND | WORD]    this, the directives of a config, how a command is used, or what a word of a config is: a stage, a "
     "directive, "
     "an option"},
};
enum { N_COMMANDS = sizeof(COMMANDS) / sizeof(*COMMANDS) };

static int show_version(int argc, char **argv) {
    (void)argc, (void)argv;
    printf("yuzui %s (plugin interface %d.%d)\n", YZ_VERSION, YZ_ABI_MAJOR, YZ_ABI_MINOR);
    return 0;
}

/* The text in lines of at most WIDTH bytes, broken at blanks; those after the first begin with `indent` blanks. */
static void print_folded(FILE *to, const char *begin, const char *text, int indent) {
    enum { WIDTH = 110 };
    size_t at = strlen(begin);
    fputs(begin, to);
    for (const char *p = text, *end; *p; p = end) {
        size_t blanks = strspn(p, " ");
        end = p + blanks + strcspn(p + blanks, " ");
        size_t n = (size_t)(end - p);
        if (at + n > WIDTH && at > (size_t)indent) {
            fprintf(to, "\n%*s", indent, "");
            at = (size_t)indent;
            p += blanks;
            n -= blanks;
        }
        fwrite(p, 1, n, to);
        at += n;
    }
    fputc('\n', to);
}

static void print_usage(FILE *to) {
    fprintf(to, "yuzui: one endpoint for every language model\n\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        print_folded(to, "  yuzui ", COMMANDS[i].usage, 42);
}

static void print_command(FILE *to, const command *about) { print_folded(to, "usage: yuzui ", about->usage, 7); }

static const command *find_command(const char *name) {
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(name, COMMANDS[i].name) == 0)
            return &COMMANDS[i];
    return NULL;
}

static int tell_unknown(const char *name) {
    const char *names[N_COMMANDS];
    size_t n = strlen(name);
    const char *instead = yz_cli_command_meant(name);
    if (instead) {
        fprintf(stderr, "yuzui: there is no command \"%s\": %s\n", name, instead);
        return 2;
    }
    if (*name == '-' || (n > 4 && strcmp(name + n - 4, ".lua") == 0)) {
        fprintf(stderr, "yuzui: a command comes first, as in yuzui run -c yuzui.lua, not \"%s\"; `yuzui help` lists them\n", name);
        return 2;
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = COMMANDS[i].name;
    const char *meant = yz_did_you_mean(yz_str_of(name), names, N_COMMANDS);
    if (meant)
        fprintf(stderr, "yuzui: there is no command \"%s\": did you mean \"%s\"?\n", name, meant);
    else
        fprintf(stderr, "yuzui: there is no command \"%s\"; `yuzui help` lists them\n", name);
    return 2;
}

static int tell_unknown_word(const char *word) {
    const char *names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = COMMANDS[i].name;
    const char *meant = yz_cli_help_meant(word, names, N_COMMANDS);
    if (meant)
        fprintf(stderr, "yuzui: %s \"%s\": did you mean \"%s\"?\n", find_command(meant) ? "there is no command" : "nothing is called", word,
                meant);
    else
        fprintf(stderr,
                "yuzui: nothing is called \"%s\"; `yuzui help` lists the commands, `yuzui help config` the directives, `yuzui plugins` the "
                "stages\n",
                word);
    return 2;
}

static int show_help(int argc, char **argv) {
    const command *about = argc > 1 ? find_command(argv[1]) : NULL;
    if (argc > 1 && strcmp(argv[1], "config") == 0) {
        yz_buf text = {0};
        yz_settings_print_directives(&text);
        printf("A config is Lua. Its directives:\n\n%.*s", YZ_STR_ARGS(yz_buf_view(&text)));
        yz_buf_free(&text);
    } else if (about) {
        print_command(stdout, about);
        if (argc == 2) /* a stage or a directive of that name */
            yz_cli_help_word(argv[1]);
    } else if (argc > 1) {
        return yz_cli_help_word(argv[1]) ? 0 : tell_unknown_word(argv[1]);
    } else {
        print_usage(stdout);
    }
    return 0;
}

/* Where a standard descriptor is closed, the next socket would take its number, and what is printed would go to a client. */
static void open_standard_files(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDWR); /* the lowest free number: this one */
}

/* Memory and environment hold keys and prompts: nobody but root may look into them, and no crash leaves them in a core file, unless
 * somebody who hunts a bug asks for it. */
static void hide_memory(void) {
    const char *asked = getenv("YUZUI_CORE_DUMPS");
    if (!asked || strcmp(asked, "1") != 0)
        prctl(PR_SET_DUMPABLE, 0);
}

/* ---- memory of libraries: small, and never of a size that a peer chooses. Some of them crash when there is none, in the midst of what
 * they hold: so it ends like our own, at once and on purpose. */

static void *ssl_malloc(size_t size, const char *file, int line) {
    (void)file, (void)line;
    return yz_malloc(size);
}

static void *ssl_realloc(void *p, size_t size, const char *file, int line) {
    (void)file, (void)line;
    if (size > 0)
        return yz_realloc(p, size);
    free(p);
    return NULL;
}

static void ssl_free(void *p, const char *file, int line) {
    (void)file, (void)line;
    free(p);
}

/* OpenSSL takes it only before its first use. */
static void lend_memory(void) {
    uv_replace_allocator(yz_malloc, yz_realloc, yz_calloc, free);
    CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free);
}

static bool asks_for_help(const char *word) { return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0; }

int yz_cli_main(int argc, char **argv) {
    open_standard_files();
    hide_memory();
    lend_memory();
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version"
                       : asks_for_help(argv[1])          ? "help"
                       : strcmp(argv[1], "prices") == 0  ? "price"
                                                         : argv[1];
    const command *found = find_command(name);
    if (!found)
        return tell_unknown(name);
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || (i == 2 && argc == 3 && asks_for_help(argv[i]))) {
            print_command(stdout, found);
            return 0;
        }
    return found->run(argc - 1, argv + 1);
}

int yz_cli_wrong_usage(const char *name, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "yuzui %s: ", name);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(COMMANDS[i].name, name) == 0)
            print_command(stderr, &COMMANDS[i]);
    return 2;
}

int yz_cli_wrong_verb(const char *name, const char *verb, const char *const *verbs, size_t n) {
    yz_buf all = {0};
    for (size_t i = 0; i < n; i++)
        yz_buf_printf(&all, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", verbs[i]);
    const char *meant = *verb ? yz_cli_verb_meant(verb, verbs, n) : NULL;
    int code = meant   ? yz_cli_wrong_usage(name, "it knows no \"%s\": did you mean \"%s\"?", verb, meant)
               : *verb ? yz_cli_wrong_usage(name, "it knows no \"%s\", but %.*s", verb, YZ_STR_ARGS(yz_buf_view(&all)))
                       : yz_cli_wrong_usage(name, "what is to be done? %.*s", YZ_STR_ARGS(yz_buf_view(&all)));
    yz_buf_free(&all);
    return code;
}

int yz_cli_options(int argc, char **argv, const yz_cli_option *options, size_t n, const char **rest) {
    enum { MOST = 64 };
    const char *names[MOST];
    *rest = NULL;
    YZ_MUST(n <= MOST);
    for (int i = 1; i < argc; i++) {
        const yz_cli_option *found = NULL;
        if (argv[i][0] != '-' || argv[i][1] == '\0') {
            if (*rest)
                return yz_cli_wrong_usage(argv[0], "\"%s\" is one argument too many%s", argv[i],
                                          strchr(*rest, ' ') ? "" : "; one that holds blanks stands in quotes");
            *rest = argv[i];
            continue;
        }
        size_t long_n = argv[i][1] == '-' ? strcspn(argv[i], "=") : 0; /* --config=FILE */
        const char *joined = long_n > 0 && argv[i][long_n] == '=' ? argv[i] + long_n + 1 : NULL;
        for (size_t k = 0; k < n; k++) {
            names[k] = options[k].name;
            bool same = joined && strlen(options[k].name) == long_n && memcmp(options[k].name, argv[i], long_n) == 0;
            if (same || strcmp(argv[i], options[k].name) == 0 || (options[k].brief && strcmp(argv[i], options[k].brief) == 0))
                found = &options[k];
        }
        if (!found) {
            const char *meant = yz_cli_option_meant(argv[i], names, n);
            return meant ? yz_cli_wrong_usage(argv[0], "there is no option %s: did you mean %s?", argv[i], meant)
                         : yz_cli_wrong_usage(argv[0], "there is no option %s", argv[i]);
        }
        if (found->flag && joined) {
            return yz_cli_wrong_usage(argv[0], "%s takes no value", found->name);
        } else if (found->flag) {
            *found->flag = true;
        } else if (!joined && i + 1 == argc) {
            return yz_cli_wrong_usage(argv[0], "%s needs a value", argv[i]);
        } else if (found->words && found->words->n == sizeof(found->words->items) / sizeof(*found->words->items)) {
            return yz_cli_wrong_usage(argv[0], "%s is there too often", argv[i]);
        } else if (found->words) {
            found->words->items[found->words->n++] = joined ? joined : argv[++i];
        } else {
            *found->value = joined ? joined : argv[++i];
        }
    }
    return 0;
}
