/* yuzui/plugin.h: what a plugin is, and the one header it includes.
 *
 * A plugin is a shared object with one exported symbol, made by YZ_PLUGIN below. It gets a table of host functions and returns a
 * descriptor. The functions of the other headers are members of that table; macros at the end of this file let a plugin call
 * them by their names. Compile with hidden visibility. A plugin is never unloaded; a changed file is loaded beside the old one.
 *
 * A plugin runs on a host of the same major and an equal or later minor.
 *
 * THE RULE of growing. A minor adds: functions at the end of the host table, members at the end of records, names at the end of enums.
 *   - values: yz_str, yz_buf, yz_header, yz_list, yz_map, yz_tables, yz_usage, yz_quota, yz_allowance, yz_sink, yz_same, yz_items,
 * yz_whole, yz_json, yz_json_fault. They never change: they are embedded, copied by assignment, put in arrays.
 *   - records: every other struct. Its first member is `size_t size`, set by its macro (YZ_HEAD, YZ_EVENT, YZ_FILTER …: `.size =
 * sizeof(…)`) or by the host function that makes it. Records are passed by pointer and linked or listed as pointers, never embedded in
 * another public struct. The host reads what `size` covers and takes the rest for zero, so zero always means "not said". What the host
 * hands out is at least as long as the plugin knows it.
 *   - rows: yz_option, yz_route and yz_credential stand in static tables: YZ_OPTIONS, YZ_ROUTES and YZ_CREDENTIALS tell the width of a row,
 * once.
 *
 * So a plugin copies a record with the host's function (yz_request_copy, yz_head_copy, yz_error_copy, yz_end_copy, yz_event_copy): an
 * assignment would copy the part it knows under the size of the whole. A record that the host gives it to fill (`out`) it may fill by
 * members, or by assigning one it made with the macro. And it calls no function of another plugin: the host stands between them and
 * widens what passes.
 *
 * ABI changelog (major.minor)
 *   1.0  2026-11  first
 */
#ifndef YUZUI_PLUGIN_H
#define YUZUI_PLUGIN_H

#include <yuzui/adapter.h>
#include <yuzui/base.h>
#include <yuzui/body.h>
#include <yuzui/call.h>
#include <yuzui/http.h>
#include <yuzui/json.h>
#include <yuzui/ledger.h>
#include <yuzui/price.h>
#include <yuzui/record.h>
#include <yuzui/request.h>
#include <yuzui/store.h>

#ifdef __cplusplus
extern "C" {
#endif

#define YZ_ABI_MAJOR 1
#define YZ_ABI_MINOR 0

/* ---- options -------------------------------------------------------------------------------------------------------- */

/* The type of an option, and of the field of the config struct that receives it. */
/* clang-format off */
#define YZ_OPTION_TYPES(X)                                                                                             \
    X(BOOL, "true or false")                              /* bool */                                                   \
    X(INT, "a whole number")                              /* int64_t */                                                \
    X(NUMBER, "a number")                                 /* double */                                                 \
    X(STRING, "a string")                                 /* yz_str */                                                 \
    X(DURATION, "a duration such as \"30s\" or \"5m\"")   /* int64_t, ms; units ms s m h d */                          \
    X(SIZE, "a size such as \"64KiB\" or \"32MiB\"")      /* int64_t, bytes; units B KiB MiB GiB KB MB GB */           \
    X(CHOICE, "one of a few words")                       /* int, the index of the word in `choices` */                \
    X(LIST, "a list of strings")                          /* yz_list */                                                \
    X(MAP, "a table of strings")                          /* yz_map */                                                 \
    X(SECRET, "a credential such as env \"API_KEY\"")     /* const yz_secret *; NULL when not said */                  \
    X(TABLE, "a table")                                   /* const T *, T being the struct that `table` fills */       \
    X(TABLES, "a list of tables")                         /* yz_tables */                                              \
    X(VALUES, "a table of strings, numbers, true and false") /* yz_map: each as text */                                \
    X(TREE, "a table of strings, numbers, true, false and such tables") /* yz_map: each as text, see YZ_TREE_SEP */
/* clang-format on */
typedef enum yz_option_type {
#define YZ_OPTION_ENUM(name, meaning) YZ_OPTION_##name,
    YZ_OPTION_TYPES(YZ_OPTION_ENUM)
#undef YZ_OPTION_ENUM
} yz_option_type;

/* A value inside of tables has the names of all of them before its own, outermost first, with this between; in a list its number from 1.
 * An empty table is one entry whose last name is empty. */
#define YZ_TREE_SEP '\x1f'

typedef struct yz_list {
    const yz_str *items;
    size_t n;
} yz_list;

typedef struct yz_map {
    const yz_header *items; /* name -> value, sorted by name; names keep their case here */
    size_t n;
} yz_map;

/* What a list of tables became, in its order: each item is a const T *, T being the struct that `table` fills. */
typedef struct yz_tables {
    const void *const *items;
    size_t n;
} yz_tables;

/* Whose names a list holds. */
typedef enum yz_option_names { YZ_NAMES_OF_NOBODY, YZ_NAMES_OF_KEYS, YZ_NAMES_OF_MODELS } yz_option_names;

/* Documented, checked and reported as options of a plugin are; messages and documentation name the path, as in limits[2].rpm, where
 * [1] is the first. A SECRET is a string or env "NAME" that can stand in a header; it has no default and is shown nowhere. */
typedef struct yz_option {
    const char *name;
    yz_option_type type;
    size_t offset;         /* of the field in the config struct */
    const char *otherwise; /* default, spelt as in the config; NULL: zero or empty */
    const char *help;      /* one line for `yuzui plugins` and error messages */
    const char *choices;   /* CHOICE: words with a blank between. LIST: likewise what it may hold; NULL: anything */
    int64_t min, max;      /* INT, DURATION, SIZE, NUMBER: both 0 means unchecked */
    bool required;
    /* TABLE, TABLES: what stands in one. A TABLE that is not said is NULL; with the default "{}" it is as if said empty. */
    const struct yz_option_table *table;
    bool models; /* STRING, LIST, MAP (names and values): models of the config. The core refuses one that nobody serves. */
    bool url;    /* STRING: the address of a server, http:// or https://, or empty. The core refuses another. */
    /* LIST: names, each of which may end in '*', of keys or of models. The core warns of one that fits none of the config. */
    yz_option_names names;
    const char *unless; /* the option beside it that makes `names` those of something else, when it is said; NULL: none does */
} yz_option;

/* A nested table: its options, and the struct they fill, which the host makes. At most 4 deep. YZ_TABLE(options, type) makes one. */
typedef struct yz_option_table {
    size_t size;
    size_t config_size;
    const yz_option *options;
    size_t n_options, option_size;
} yz_option_table;

/* Reports a config error; the core adds file and line of the directive. One line, saying what was found and what would be right. */
void yz_diag_error(yz_diag *diag, const char *fmt, ...) YZ_PRINTF(2, 3);
void yz_diag_warn(yz_diag *diag, const char *fmt, ...) YZ_PRINTF(2, 3);

/* What is wrong with PEM files, for a plugin that gives them to OpenSSL: false, and told, when a file cannot be read, holds something else,
 * is damaged, has a pass phrase, or the key is not the certificate's. `directive` begins the messages, before the options cert, key and ca;
 * it may be "". */
bool yz_pem_pair(yz_diag *diag, const char *directive, const char *cert, const char *key);
bool yz_pem_authorities(yz_diag *diag, const char *directive, const char *file);

/* ---- memory that outlives a reload ------------------------------------------------------------------------------------ */

/* Memory that the stages of a plugin share: on all workers, in all generations, and with the versions of the plugin that are loaded later.
 * What a balancer or a breaker knows of the world stands in it. It is found by the names of the plugin and of the memory (both are copied),
 * and made by whoever asks first: `size` bytes, zeroed, on cache lines of its own, then init(memory, arg) unless that is NULL. It lives as
 * long as the process. Several workers read and write it at once, so its members are the plugin's own atomics.
 * `version` says how it is laid out: raise it with every change of that. For another version or another size the memory is another one,
 * fresh; the old one stays as it is for the stages of older generations, and is found again by whoever asks as they did.
 * Control thread, while a filter or a store is opened. Nothing is ever freed: take names from the config, never from requests. */
void *yz_shared(const char *plugin, yz_str name, uint32_t version, size_t size, void (*init)(void *memory, void *arg), void *arg);

/* ---- the descriptor ------------------------------------------------------------------------------------------------- */

typedef struct yz_plugin {
    size_t size;
    uint32_t abi_major, abi_minor;
    const char *functions; /* the host's that it was built for, by name and in order, a blank after each: YZ_PLUGIN sets it */
    const char *name;      /* "retry": the directive, and the word in logs */
    const char *summary;   /* one line */
    const char *version;
    size_t config_size;       /* bytes of the config struct the options fill */
    const yz_option *options; /* YZ_OPTIONS sets all three */
    size_t n_options, option_size;
    /* any of: */
    const yz_filter *filter;
    const yz_adapter *adapter;
    const yz_store_ops *store;
    const yz_ledger_ops *ledger;
} yz_plugin;

/* ---- the host table ------------------------------------------------------------------------------------------------- */

/* Every function of these headers, in the order they were added. New ones go to the end, with a new minor: a plugin whose names are not the
 * first of its host's, in this order, is refused. */
/* clang-format off */
#define YZ_HOST_FUNCTIONS(X)                                                                                           \
    X(ledger_find) X(ledger_hold) X(ledger_post)                                                                       \
    X(price_find) X(price_id) X(price_cost) X(price_most) X(price_explain) X(price_usd)                                \
    X(reply_sum) X(store_adds) X(store_add) X(store_put_ack) X(store_remove_ack) X(store_add_ack)                      \
    X(secret_reveal) X(http_open) X(http_close) X(http_start) X(http_cancel)                                           \
    X(result_text) X(str_ieq) X(alloc) X(alloc_bytes) X(dup) X(format) X(on_free) X(buf_room) X(buf_free)             \
    X(buf_printf) X(blob_new) X(blob_ref) X(blob_unref) X(blob_bytes) X(log)                                           \
    X(json_parse) X(json_get) X(json_text) X(json_unescape) X(json_int) X(json_double) X(buf_json) X(buf_json_str)     \
    X(request_copy) X(request_set) X(request_header) X(error_word) X(error_class_of) X(error_status)                                     \
    X(next) X(pass) X(cancel) X(root) X(send_head) X(send_chunk) X(send_end) X(send_error) X(fail) X(committed)        \
    X(timer_start) X(timer_stop) X(wait_start) X(wait_done) X(deadline) X(time_left) X(flow) X(paused)                    \
    X(state) X(stage) X(config) X(call_arena) X(call_request) X(call_worker) X(ended) X(note)                          \
    X(targets) X(key_find) X(key_allows) X(now) X(random) X(worker_index) X(worker_loop) X(hmac)                       \
    X(clock_ns) X(clock_wall_ns) X(worker_post) X(after_turn) X(shared)                                                \
    X(body_pull) X(body_pause) X(body_close)                                                                           \
    X(lose) X(dialect_find) X(notes_copy) X(allow) X(next_target) X(clock_wall) X(reply_done) X(store_find) X(store_get) X(store_put) X(store_remove) X(diag_error) X(diag_warn) \
    X(json_given) X(json_escape) X(refuse) X(same_remember) X(same_text) X(request_read)                               \
    X(head_copy) X(end_copy) X(error_copy) X(event_copy) X(losses_new) X(arena_open) X(arena_free) X(serves)                  \
    X(chat_new) X(message_add) X(message_insert) X(part_add) X(part_add_to) X(tool_add) X(stop_add) X(embed_add) X(vector_add) \
    X(call_record) X(next_because) X(record_usage) X(record_decision) X(record_share) X(counter_declare) X(count) \
    X(emit_broken) X(items_put) X(items_end) X(whole_put) X(encoder_new) X(encoder_put) X(usage_read)                                \
    X(record_tried) X(models_each) X(error_read) X(arrival_key) X(request_most_output) X(record_allowance) X(request_go_on) X(reply_taken) X(store_takes) X(store_take) X(store_settle) \
    X(citation_place) X(escaped_length) X(custom_input) X(ledger_will) X(key_judge) X(record_id) X(price_ended) X(ledger_cover) X(ledger_news) X(probe_request) \
    X(pem_pair) X(pem_authorities) X(price_service) X(noted) X(service_of) \
    X(store_leases) X(store_acquire) X(store_renew) X(store_release) X(elsewhere) X(target_name) X(embed_request) X(embed_numbers) \
    X(ledger_ask) X(ledger_look) X(sign) X(body_keep) X(media_address) X(json_says) X(tool_name) X(lose_as) X(model_called) X(places_new) X(results_matched)
/* clang-format on */

typedef struct yz_host {
    size_t size;
    uint32_t abi_major, abi_minor;
#define YZ_HOST_MEMBER(name) __typeof__(&yz_##name) name;
    YZ_HOST_FUNCTIONS(YZ_HOST_MEMBER)
#undef YZ_HOST_MEMBER
} yz_host;

#define YZ_HOST_NAME(name) #name " "
#define YZ_HOST_NAMES      YZ_HOST_FUNCTIONS(YZ_HOST_NAME)

/* The exported symbol's type and name. */
typedef const yz_plugin *yz_plugin_entry(const yz_host *host);
#define YZ_PLUGIN_SYMBOL "yuzui_plugin"

/* The inline functions of base.h call this one by its symbol: in a plugin it leads to the host's. */
#ifdef YZ_CORE
#define YZ_PLUGIN_ROOM
#else
#define YZ_PLUGIN_ROOM                                                                                                                     \
    __attribute__((visibility("hidden"))) char *yz_plugin_room(yz_buf *buf, size_t more) __asm__("yz_buf_room");                           \
    char *yz_plugin_room(yz_buf *buf, size_t more) { return yz_host_table->buf_room(buf, more); }
#endif

#ifdef __cplusplus
#define YZ_EXTERN_C extern "C"
#else
#define YZ_EXTERN_C extern
#endif

/* Defines the exported symbol: YZ_PLUGIN(.name = "retry", .summary = "…", .filter = &filter, …) */
#define YZ_PLUGIN(...)                                                                                                                     \
    const yz_host *yz_host_table;                                                                                                          \
    YZ_PLUGIN_ROOM                                                                                                                         \
    YZ_EXTERN_C __attribute__((visibility("default"))) const yz_plugin *yuzui_plugin(const yz_host *host);                                 \
    const yz_plugin *yuzui_plugin(const yz_host *host) {                                                                                   \
        static const yz_plugin plugin = {                                                                                                  \
            .size = sizeof(yz_plugin), .abi_major = YZ_ABI_MAJOR, .abi_minor = YZ_ABI_MINOR, .functions = YZ_HOST_NAMES, __VA_ARGS__};     \
        yz_host_table = host;                                                                                                              \
        return &plugin;                                                                                                                    \
    }
/* What kinds of plugin a file holds, said so that it can be read without opening it: YZ_PLUGIN_KINDS("stage"), one or more of stage,
 * adapter, store, ledger, with a blank between. yuzui looks into files for adapters, since clients may speak the dialect of any; a file
 * that says it has none stays closed, and its libraries out of memory, until a config names it. Without this it is opened to be looked
 * at. A plugin whose kinds are others than it says is refused when it is opened. */
#define YZ_PLUGIN_KINDS(words)                                                                                                             \
    YZ_EXTERN_C __attribute__((visibility("default"))) const char yuzui_plugin_kinds[];                                                    \
    const char yuzui_plugin_kinds[] = YZ_PLUGIN_KINDS_MARK words
#define YZ_PLUGIN_KINDS_MARK "\x01yuzui plugin kinds\x02"
#define YZ_TABLE(table, type)                                                                                                              \
    { .size = sizeof(yz_option_table), .config_size = sizeof(type), YZ_OPTIONS(table) }
#define YZ_OPTIONS(table) .options = (table), .n_options = sizeof(table) / sizeof(*(table)), .option_size = sizeof(yz_option)

#ifndef YZ_CORE /* the core, and programs that link it, call the functions themselves */
extern __attribute__((visibility("hidden"))) const yz_host *yz_host_table;
#include <yuzui/host-names.h>
#endif

#ifdef __cplusplus
}
#endif
#endif
