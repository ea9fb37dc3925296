/* test_loader.c: plugins as files: built here with the compiler, against include/ alone, as a third party would. */
#include "base/arena.h"
#include "base/diag.h"
#include "plugin/loader.h"
#include "plugin/options.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/yuzui-test-loader-XXXXXX";
static yz_diag diag;

/* A plugin that is right; `%s` are: what stands before, and the members of the descriptor. */
#define GOOD_PARTS ".name = \"sample\", .summary = \"s\", .version = \"1\", .filter = &filter"
#define SOURCE                                                                                                                             \
    "#include <yuzui/plugin.h>\n"                                                                                                          \
    "static void on_call(yz_call *call, const yz_request *request) { yz_pass(call, request); }\n"                                          \
    "static const yz_filter filter = {YZ_FILTER, .on_call = on_call};\n"

static const char *path_of(const char *name) {
    static char path[300];
    snprintf(path, sizeof(path), "%s/%s.so", folder, name);
    return path;
}

/* Compiles to FOLDER/NAME.so. */
static void compile(const char *name, const char *source) {
    char file[300], command[1400];
    snprintf(file, sizeof(file), "%s/%s.c", folder, name);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(source, out);
    fclose(out);
    snprintf(command, sizeof(command),
             "cc -w -std=gnu17 -D_GNU_SOURCE -shared -fPIC -fvisibility=hidden -I%s/include -o %s.new %s && mv %s.new %s", YZ_SOURCE_FOLDER,
             path_of(name), file, path_of(name), path_of(name));
    assert_int_equal(system(command), 0);
}

static const char *said(void) {
    yz_buf_char(&diag.text, '\0');
    diag.text.n = 0;
    return diag.text.p;
}

static void assert_refused(const char *name, const char *words) {
    assert_null(yz_plugin_load(path_of(name), &diag));
    const char *text = said();
    if (!strstr(text, words))
        fail_msg("expected \"%s\" in \"%s\"", words, text);
    if (!strstr(text, path_of(name)))
        fail_msg("expected the file in \"%s\"", text);
}

static int set_up(void **state) {
    (void)state;
    diag = (yz_diag){0};
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    yz_diag_free(&diag);
    return 0;
}

static void test_loads(void **state) {
    (void)state;
    compile("sample", SOURCE "YZ_PLUGIN(" GOOD_PARTS ")");
    const yz_plugin *plugin = yz_plugin_load(path_of("sample"), &diag);
    assert_non_null(plugin);
    assert_string_equal(plugin->name, "sample");
    assert_string_equal(yz_plugin_file(plugin), path_of("sample"));
    assert_ptr_equal(yz_plugin_load(path_of("sample"), &diag), plugin); /* the same content, the same plugin */
    yz_plugin_add_folder(folder);
    assert_true(yz_plugin_exists(YZ_STR("sample")));
    assert_ptr_equal(yz_plugin_find(YZ_STR("sample"), &diag), plugin);
    assert_ptr_equal(yz_plugin_find(yz_str_of(path_of("sample")), &diag), plugin);
    assert_int_equal(diag.errors, 0);
}

static void test_a_changed_file_is_another_plugin(void **state) {
    (void)state;
    compile("changing", SOURCE "YZ_PLUGIN(.name = \"changing\", .summary = \"s\", .version = \"1\", .filter = &filter)");
    const yz_plugin *old = yz_plugin_load(path_of("changing"), &diag);
    compile("changing", SOURCE "YZ_PLUGIN(.name = \"changing\", .summary = \"s\", .version = \"2\", .filter = &filter)");
    const yz_plugin *new = yz_plugin_load(path_of("changing"), &diag);
    assert_non_null(old);
    assert_non_null(new);
    assert_ptr_not_equal(old, new);
    assert_string_equal(old->version, "1"); /* it stays mapped */
    assert_string_equal(new->version, "2");
}

static void test_abi(void **state) {
    (void)state;
    compile("newer_major", SOURCE "YZ_PLUGIN(.abi_major = 2, .abi_minor = 3, " GOOD_PARTS ")");
    assert_refused("newer_major", "was built for plugin interface 2.3, but this yuzui offers 1.0: update yuzui");
    compile("newer_minor", SOURCE "YZ_PLUGIN(.abi_minor = YZ_ABI_MINOR + 1, " GOOD_PARTS ")");
    assert_refused("newer_minor", "was built for plugin interface 1.1, but this yuzui offers 1.0");
    compile("older_major", SOURCE "YZ_PLUGIN(.abi_major = 0, .abi_minor = 9, " GOOD_PARTS ")");
    assert_refused("older_major", "was built for plugin interface 0.9, but this yuzui offers 1.0: build the plugin against");
    compile("other_table", SOURCE "YZ_PLUGIN(.functions = \"next pass cancel \", " GOOD_PARTS ")");
    assert_refused("other_table",
                   "was built against other headers than this yuzui's, though both say plugin interface 1.0: build it again");
    compile("longer_table", SOURCE "YZ_PLUGIN(.functions = YZ_HOST_NAMES \"later \", " GOOD_PARTS ")");
    assert_refused("longer_table", "was built against other headers");
    compile("no_table", SOURCE "YZ_PLUGIN(.functions = NULL, " GOOD_PARTS ")");
    assert_refused("no_table", "was built against other headers");
    compile("wrong_size", SOURCE "YZ_PLUGIN(.size = 8, " GOOD_PARTS ")");
    assert_refused("wrong_size", "its descriptor has 8 bytes, but should have");
    compile("wrong_filter",
            "#include <yuzui/plugin.h>\nstatic void on_call(yz_call *call, const yz_request *request) { yz_pass(call, request); }\n"
            "static const yz_filter filter = {.on_call = on_call};\nYZ_PLUGIN(" GOOD_PARTS ")");
    assert_refused("wrong_filter", "its filter has 0 bytes, but should have");
}

/* A plugin of an older minor: its tables are shorter, and what lies after them is something else. */
static void test_older_minor(void **state) {
    (void)state;
    compile("shorter", "#include <yuzui/plugin.h>\n"
                       "static void on_call(yz_call *call, const yz_request *request) { yz_pass(call, request); }\n"
                       "static const yz_filter filter = {.size = offsetof(yz_filter, on_close), .on_call = on_call, .on_close = (void *)1, "
                       ".on_flow = (void *)2};\n"
                       "YZ_PLUGIN(.size = offsetof(yz_plugin, adapter), .adapter = (void *)3, .store = (void *)4, .name = \"shorter\", "
                       ".summary = \"s\", .version = \"1\", .filter = &filter)");
    const yz_plugin *plugin = yz_plugin_load(path_of("shorter"), &diag);
    assert_non_null(plugin);
    assert_null(plugin->adapter);
    assert_null(plugin->store);
    assert_non_null(plugin->filter->on_call);
    assert_null(plugin->filter->on_timer);
    assert_null(plugin->filter->on_close);
    assert_null(plugin->filter->on_flow);
    assert_int_equal(diag.errors, 0);
    compile("longer",
            SOURCE "YZ_PLUGIN(.size = sizeof(yz_plugin) + 8, .name = \"longer\", .summary = \"s\", .version = \"1\", .filter = &filter)");
    assert_refused("longer", "its descriptor has");
    compile("local", "#include <yuzui/plugin.h>\nstatic const yz_filter local = {YZ_FILTER};\n"
                     "static const yz_adapter adapter = {YZ_ADAPTER, .dialect = \"d\", .local = &local};\n"
                     "YZ_PLUGIN(.name = \"local\", .summary = \"s\", .version = \"1\", .adapter = &adapter)");
    assert_refused("local", "local filter has no on_call");
}

#define ADAPTER                                                                                                                            \
    "#include <yuzui/plugin.h>\n"                                                                                                          \
    "static int accept(yz_request *r, yz_arena *a, yz_error *e) { (void)r, (void)a, (void)e; return YZ_OK; }\n"                            \
    "static void write_error(const yz_error *e, int s, yz_str id, yz_buf *o) { (void)e, (void)s, (void)id, (void)o; }\n"
#define WITH_ROUTES(name, routes)                                                                                                          \
    ADAPTER "static const yz_adapter adapter = {YZ_ADAPTER, .dialect = \"d\", .accept = accept, .write_error = write_error, " routes       \
            "};\nYZ_PLUGIN(.name = \"" name "\", .summary = \"s\", .version = \"1\", .adapter = &adapter)"

static void test_routes(void **state) {
    (void)state;
    compile("narrow",
            "#define ROW struct row { const char *method, *path; yz_op op; }\n" WITH_ROUTES(
                "narrow",
                ".routes = (const yz_route *)(const void *)(const ROW[]){{\"GET\", \"/a\", YZ_OP_MODELS}, {\"POST\", \"/b/{model}:c\", "
                "YZ_OP_CHAT}}, .n_routes = 2, .route_size = sizeof(struct row)"));
    const yz_plugin *plugin = yz_plugin_load(path_of("narrow"), &diag);
    assert_int_equal(diag.errors, 0);
    assert_int_equal(plugin->adapter->n_routes, 2);
    assert_string_equal(plugin->adapter->routes[1].path, "/b/{model}:c");
    assert_int_equal(plugin->adapter->routes[1].op, YZ_OP_CHAT);
    assert_false(plugin->adapter->routes[0].stream);
    compile("no_width", WITH_ROUTES("no_width", ".routes = (const yz_route[]){{.method = \"GET\", .path = \"/a\"}}, .n_routes = 1"));
    assert_refused("no_width", "the rows of a table have 0 bytes, but should have");
#define REFUSED(name, text)                                                                                                                \
    compile(name, WITH_ROUTES(name, ".routes = (const yz_route[]){{.method = \"GET\", .path = \"" text                                     \
                                    "\"}}, .n_routes = 1, .route_size = sizeof(yz_route)"));                                               \
    assert_refused(name, "a route without a method, or whose path")
    REFUSED("no_slash", "a");
    REFUSED("two_models", "/{model}/{model}");
    REFUSED("another", "/{name}");
    REFUSED("unclosed", "/{model");
    REFUSED("closed", "/{model}}");
    REFUSED("id_at_once", "/{model}/{id}");
    REFUSED("id_before", "/{id}/{model}");
    REFUSED("two_ids", "/a/{model}/b/{id}/{id}");
    REFUSED("id_in_a_word", "/a/{id}b");
}

#define WITH_CREDENTIALS(name, rows)                                                                                                       \
    WITH_ROUTES(name, ".routes = (const yz_route[]){{.method = \"GET\", .path = \"/a\"}}, .n_routes = 1, "                                 \
                      ".route_size = sizeof(yz_route), " rows)

static void test_credentials(void **state) {
    (void)state;
    compile("narrow_keys",
            "#define ROW struct row { const char *name, *header; }\n" WITH_CREDENTIALS(
                "narrow_keys", ".credentials = (const yz_credential *)(const void *)(const ROW[]){{\"a\", \"x-a\"}, {\"b\", \"x-b\"}}, "
                               ".n_credentials = 2, .credential_size = sizeof(struct row)"));
    const yz_plugin *plugin = yz_plugin_load(path_of("narrow_keys"), &diag);
    assert_int_equal(diag.errors, 0);
    assert_string_equal(plugin->adapter->credentials[1].header, "x-b");
    assert_null(plugin->adapter->credentials[1].prefix);
    assert_null(plugin->adapter->credentials[0].signer);
    compile("signer",
            WITH_CREDENTIALS("signer", "YZ_CREDENTIALS({\"a\", \"x-a\", \"\", \"basic\"}, {\"b\", \"x-b\", \"\", \"of-tomorrow\"})"));
    assert_refused("signer", "a credential with a signer that this yuzui does not know: update yuzui");
    compile("twice", WITH_CREDENTIALS("twice", "YZ_CREDENTIALS({\"a\", \"x-a\"}, {\"a\", \"x-b\"})"));
    assert_refused("twice", "two credentials of one name");
    compile("header", WITH_CREDENTIALS("header", "YZ_CREDENTIALS({\"a\", \"X A\"})"));
    assert_refused("header", "a credential without a name, or whose header is not a word in lower case");
    compile("prefix", WITH_CREDENTIALS("prefix", "YZ_CREDENTIALS({\"a\", \"x-a\", \"b\\r\\n\"})"));
    assert_refused("prefix", "a credential whose prefix holds bytes that may not stand in a header");
}

/* One that crashes when it is opened ends the process, and is named. */
static void test_crashing_plugin(void **state) {
    (void)state;
    compile("crashing", "__attribute__((constructor)) static void begin(void) { __builtin_trap(); }\n");
    int out[2];
    char text[1000] = "";
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDERR_FILENO);
        yz_plugin_load(path_of("crashing"), &diag);
        _exit(0);
    }
    close(out[1]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    unlink(path_of("crashing")); /* the next test opens all there are */
    assert_true(WIFSIGNALED(status));
    assert_true(read(out[0], text, sizeof text - 1) > 0);
    close(out[0]);
    assert_non_null(strstr(text, path_of("crashing")));
    assert_non_null(strstr(text, "crashed while it was opened"));
}

static void test_broken_files(void **state) {
    (void)state;
    assert_refused("absent", "No such file");
    compile("no_symbol", "int nothing;\n");
    assert_refused("no_symbol", "does not export yuzui_plugin");
    compile("null", "#include <yuzui/plugin.h>\nconst yz_host *yz_host_table;\n__attribute__((visibility(\"default\"))) const yz_plugin "
                    "*yuzui_plugin(const yz_host *host);\n"
                    "const yz_plugin *yuzui_plugin(const yz_host *host) { yz_host_table = host; return 0; }\n");
    assert_refused("null", "returned no descriptor");
    compile("undefined", SOURCE "void not_there(void);\nstatic void call(yz_call *c, const yz_request *r) { not_there(); }\nstatic const "
                                "yz_filter other = {YZ_FILTER, .on_call = call};\n"
                                "YZ_PLUGIN(.name = \"undefined\", .summary = \"s\", .version = \"1\", .filter = &other)");
    assert_refused("undefined", "not_there"); /* RTLD_NOW: found here, not in the middle of a request */
    FILE *out = fopen(path_of("text"), "w");
    fputs("#!/bin/sh\n", out);
    fclose(out);
    assert_refused("text", "cannot load plugin");
    out = fopen(path_of("empty"), "w");
    fclose(out);
    assert_refused("empty", "cannot load plugin");
}

static void test_descriptors(void **state) {
    (void)state;
    compile("bad_name", SOURCE "YZ_PLUGIN(.name = \"Bad Name\", .summary = \"s\", .version = \"1\", .filter = &filter)");
    assert_refused("bad_name", "has no proper name");
    compile("no_parts", SOURCE "YZ_PLUGIN(.name = \"no_parts\", .summary = \"s\", .version = \"1\")");
    assert_refused("no_parts", "neither a filter nor an adapter nor a store");
    compile("bad_option", SOURCE "static const yz_option options[] = {{\"ttl\", YZ_OPTION_DURATION, 0, \"soon\", \"h\"}};\n"
                                 "YZ_PLUGIN(" GOOD_PARTS ", .config_size = 8, YZ_OPTIONS(options))");
    assert_refused("bad_option", "option \"ttl\" has a default that it would refuse itself");
    compile("outside", SOURCE "static const yz_option options[] = {{\"ttl\", YZ_OPTION_DURATION, 8, \"1s\", \"h\"}};\n"
                              "YZ_PLUGIN(" GOOD_PARTS ", .config_size = 8, YZ_OPTIONS(options))");
    assert_refused("outside", "option \"ttl\" has an offset outside its config struct");
    compile("misnamed", SOURCE "YZ_PLUGIN(.name = \"other\", .summary = \"s\", .version = \"1\", .filter = &filter)");
    yz_plugin_add_folder(folder);
    assert_null(yz_plugin_find(YZ_STR("misnamed"), &diag));
    assert_non_null(strstr(said(), "calls itself \"other\": the file should be other.so"));
}

static void test_unknown_option(void **state) {
    (void)state;
    compile(
        "optional", SOURCE
        "static const yz_option options[] = {{\"attempts\", YZ_OPTION_INT, 0, \"3\", \"how often\"}};\n"
        "YZ_PLUGIN(.name = \"optional\", .summary = \"s\", .version = \"1\", .filter = &filter, .config_size = 8, YZ_OPTIONS(options))");
    const yz_plugin *plugin = yz_plugin_load(path_of("optional"), &diag);
    assert_non_null(plugin);
    yz_arena *arena = yz_arena_new(NULL);
    yz_field field = {YZ_STR("atempts"), {.kind = YZ_VALUE_NUMBER, .number = 2}};
    yz_value table = {.kind = YZ_VALUE_TABLE, .fields = &field, .n_fields = 1};
    assert_null(yz_options_config(plugin, &table, arena, &diag));
    assert_string_equal(said(), "error: optional: there is no option \"atempts\": did you mean \"attempts\"?\n");
    yz_buf doc = {0};
    yz_options_print(plugin->options, plugin->n_options, &doc);
    yz_buf_char(&doc, '\0');
    assert_string_equal(doc.p, "  attempts  int       3             how often\n");
    yz_buf_free(&doc);
    yz_arena_free(arena);
}

/* Tables of options in a table of options. */
static void test_nested_options(void **state) {
    (void)state;
    compile("nested", SOURCE "typedef struct limit { int64_t rpm; } limit;\n"
                             "static const yz_option rows[] = {{\"rpm\", YZ_OPTION_INT, 0, \"60\", .help = \"h\", .max = 90}};\n"
                             "static const yz_option_table table = YZ_TABLE(rows, limit);\n"
                             "static const yz_option options[] = {{\"limits\", YZ_OPTION_TABLES, 0, .help = \"h\", .table = &table}};\n"
                             "YZ_PLUGIN(.name = \"nested\", .summary = \"s\", .version = \"1\", .filter = &filter, .config_size = "
                             "sizeof(yz_tables), YZ_OPTIONS(options))");
    const yz_plugin *plugin = yz_plugin_load(path_of("nested"), &diag);
    assert_non_null(plugin);
    yz_arena *arena = yz_arena_new(NULL);
    yz_field rpm = {YZ_STR("rpm"), {.kind = YZ_VALUE_NUMBER, .number = 91}};
    yz_value items[] = {{.kind = YZ_VALUE_TABLE}, {.kind = YZ_VALUE_TABLE, .fields = &rpm, .n_fields = 1}};
    yz_field limits = {YZ_STR("limits"), {.kind = YZ_VALUE_TABLE, .items = items, .n_items = 2}};
    yz_value table = {.kind = YZ_VALUE_TABLE, .fields = &limits, .n_fields = 1};
    assert_null(yz_options_config(plugin, &table, arena, &diag));
    assert_non_null(strstr(said(), "nested: limits[2].rpm is the number 91, but should be a whole number from 0 to 90"));
    rpm.value.number = 5;
    const yz_tables *config = yz_options_config(plugin, &table, arena, &diag);
    assert_int_equal(*(const int64_t *)config->items[0], 60);
    assert_int_equal(*(const int64_t *)config->items[1], 5);
    yz_arena_free(arena);
}

/* Rows of an older, narrower kind, in the nested table too: what they lack reads as zero. */
static void test_narrow_nested_options(void **state) {
    (void)state;
    compile("narrow",
            SOURCE "typedef struct row { const char *name; yz_option_type type; size_t offset; const char *otherwise, *help, *choices; "
                   "int64_t min, max; } row;\n"
                   "static const row rows[] = {{\"a\", YZ_OPTION_INT, 0, \"1\", \"h\"}, {\"b\", YZ_OPTION_INT, 8, \"2\", \"h\"}};\n"
                   "static const yz_option_table table = {.size = sizeof(table), .config_size = 16, .options = (const void *)rows, "
                   ".n_options = 2, .option_size = sizeof(row)};\n"
                   "static const yz_option options[] = {{\"ab\", YZ_OPTION_TABLE, 0, \"{}\", .help = \"h\", .table = &table}};\n"
                   "YZ_PLUGIN(.name = \"narrow\", .summary = \"s\", .version = \"1\", .filter = &filter, .config_size = 8, "
                   "YZ_OPTIONS(options))");
    const yz_plugin *plugin = yz_plugin_load(path_of("narrow"), &diag);
    assert_non_null(plugin);
    yz_arena *arena = yz_arena_new(NULL);
    const int64_t *const *config = yz_options_config(plugin, NULL, arena, &diag);
    assert_int_equal((*config)[0], 1);
    assert_int_equal((*config)[1], 2);
    yz_arena_free(arena);
}

static void test_missing_plugin(void **state) {
    (void)state;
    yz_plugin_add_folder(folder);
    compile("sample", SOURCE "YZ_PLUGIN(" GOOD_PARTS ")");
    assert_null(yz_plugin_find(YZ_STR("smaple"), &diag));
    assert_non_null(strstr(said(), "there is no plugin \"smaple\": did you mean \"sample\"?"));
    assert_false(yz_plugin_exists(YZ_STR("smaple")));
}

static const yz_plugin *of_kind(unsigned kinds, const char *name, yz_diag *said_) {
    const yz_plugin *const *plugins;
    size_t n = yz_plugin_list(kinds, &plugins, said_);
    for (size_t i = 0; i < n; i++)
        if (strcmp(plugins[i]->name, name) == 0)
            return plugins[i];
    return NULL;
}

static const yz_plugin *in_list(const char *name, yz_diag *said_) { return of_kind(YZ_KIND_ANY, name, said_); }

/* A reload in the moment when a plugin is being linked anew finds it missing, or half of it. */
static void test_lost_for_a_moment(void **state) {
    (void)state;
    yz_plugin_add_folder(folder);
    compile("moment", SOURCE "YZ_PLUGIN(.name = \"moment\", .summary = \"s\", .version = \"1\", .filter = &filter)");
    const yz_plugin *old = in_list("moment", NULL);
    assert_non_null(old);
    FILE *half = fopen(path_of("moment"), "w");
    fputs("\177ELF", half);
    fclose(half);
    assert_ptr_equal(in_list("moment", &diag), old);
    assert_non_null(strstr(said(), "moment.so cannot be loaded: the one that was loaded before serves on"));
    compile("moment", SOURCE "YZ_PLUGIN(.name = \"moment\", .summary = \"s\", .version = \"2\", .filter = &filter)");
    assert_string_equal(in_list("moment", NULL)->version, "2");
    char command[1500]; /* away, and there again while it is looked for */
    snprintf(command, sizeof(command), "mv '%s' '%s.away'; (sleep 0.1; mv '%s.away' '%s') &", path_of("moment"), path_of("moment"),
             path_of("moment"), path_of("moment"));
    assert_int_equal(system(command), 0);
    const yz_plugin *again = in_list("moment", NULL);
    assert_non_null(again);
    assert_string_equal(again->version, "2");
    compile("moment", SOURCE "YZ_PLUGIN(.name = \"renamed\", .summary = \"s\", .version = \"3\", .filter = &filter)");
    assert_null(in_list("moment", NULL)); /* its file is there, and it is not in it */
    unlink(path_of("moment"));
    assert_null(in_list("renamed", NULL)); /* taken away */
}

/* A plugin whose file says what it is stays closed while something else is looked for: this one would end the process. */
static void test_stays_closed(void **state) {
    (void)state;
    yz_plugin_add_folder(folder);
    compile("closed", "#include <stdlib.h>\n" SOURCE "YZ_PLUGIN_KINDS(\"stage\");\n"
                      "YZ_PLUGIN(.name = \"closed\", .summary = \"s\", .version = \"1\", .filter = &filter)\n"
                      "__attribute__((constructor)) static void opened(void) { setenv(\"YUZUI_TEST_OPENED\", \"1\", 1); }");
    compile("silent", SOURCE "YZ_PLUGIN(.name = \"silent\", .summary = \"s\", .version = \"1\", .filter = &filter)\n"
                             "__attribute__((constructor)) static void opened(void) { setenv(\"YUZUI_TEST_LOOKED\", \"1\", 1); }");
    unsetenv("YUZUI_TEST_OPENED");
    unsetenv("YUZUI_TEST_LOOKED");
    assert_null(of_kind(YZ_KIND_ADAPTER, "closed", NULL));
    assert_null(of_kind(YZ_KIND_STORE | YZ_KIND_LEDGER, "closed", NULL));
    assert_null(getenv("YUZUI_TEST_OPENED"));
    assert_non_null(getenv("YUZUI_TEST_LOOKED")); /* it does not say, so it had to be */
    assert_null(of_kind(YZ_KIND_ADAPTER, "silent", NULL));
    assert_non_null(of_kind(YZ_KIND_STAGE, "silent", NULL));
    assert_non_null(of_kind(YZ_KIND_STAGE, "closed", NULL));
    assert_non_null(getenv("YUZUI_TEST_OPENED"));
    assert_null(of_kind(YZ_KIND_ADAPTER, "closed", NULL)); /* open now, and still no adapter */
    unlink(path_of("closed"));
    unlink(path_of("silent"));
}

/* One that says too little would be missed by whoever looks for the rest. */
static void test_says_what_it_is_not(void **state) {
    (void)state;
    compile("liar", SOURCE
            "YZ_PLUGIN_KINDS(\"store ledger\");\nYZ_PLUGIN(.name = \"liar\", .summary = \"s\", .version = \"1\", .filter = &filter)");
    assert_refused("liar", "says YZ_PLUGIN_KINDS(\"store ledger\"), but is YZ_PLUGIN_KINDS(\"stage\")");
    compile("newer",
            SOURCE "YZ_PLUGIN_KINDS(\"oracle\");\nYZ_PLUGIN(.name = \"newer\", .summary = \"s\", .version = \"1\", .filter = &filter)");
    assert_non_null(yz_plugin_load(path_of("newer"), &diag)); /* a word that is not known says nothing */
    unlink(path_of("liar"));
    unlink(path_of("newer"));
}

/* Each plugin here says what it is: so a config opens only those it names, and the adapters. */
static void test_plugins_here_stay_closed(void **state) {
    (void)state;
    static const char *const names[] = {"auth",   "balance", "bill",       "cache", "console",  "limit",
                                        "memory", "otlp",    "postgresql", "redis", "skeleton", "sqlite"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[300];
        yz_buf content = {0};
        snprintf(path, sizeof(path), "%s/plugins/%s.so", YZ_BUILD_FOLDER, names[i]);
        FILE *file = fopen(path, "r");
        if (!file) /* not built here: what it needs is missing */
            continue;
        for (size_t n = 1; n > 0; content.n += n)
            n = fread(yz_buf_room(&content, 65536), 1, 65536, file);
        fclose(file);
        unsigned kinds = yz_kinds_said(yz_buf_view(&content));
        yz_buf_free(&content);
        if (kinds == 0 || kinds & YZ_KIND_ADAPTER)
            fail_msg("%s does not say what it is", path);
    }
}

/* Whoever can write the copies could run code in this process. */
static void test_private_copies(void **state) {
    (void)state;
    compile("sample", SOURCE "YZ_PLUGIN(" GOOD_PARTS ")");
    assert_non_null(yz_plugin_load(path_of("sample"), &diag));
    DIR *tmp = opendir("/tmp");
    bool found = false;
    for (struct dirent *entry = readdir(tmp); entry; entry = readdir(tmp)) {
        struct stat st;
        if (strncmp(entry->d_name, "yuzui-plugins-", 14) != 0 || fstatat(dirfd(tmp), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        found = true;
        assert_int_equal(st.st_mode & 0777, 0700);
    }
    closedir(tmp);
    assert_true(found);
}

static void test_every_plugin_here_is_sound(void **state) {
    (void)state;
    const yz_plugin *const *plugins;
    setenv("YUZUI_PLUGINS", YZ_BUILD_FOLDER "/plugins", 1);
    size_t n = yz_plugin_list(YZ_KIND_ANY, &plugins, NULL), stages = 0, dialects = 0;
    for (size_t i = 0; i < n; i++) {
        stages += plugins[i]->filter != NULL;
        dialects += plugins[i]->adapter && plugins[i]->adapter->n_routes > 0;
        assert_true(i == 0 || strcmp(plugins[i - 1]->name, plugins[i]->name) < 0);
    }
    assert_true(stages >= 3);
    assert_true(dialects >= 2);
}

static int make_folder(void **state) {
    (void)state;
    unsetenv("TMPDIR");
    return mkdtemp(folder) ? 0 : -1;
}
static int remove_folder(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_loads),
        TEST(test_a_changed_file_is_another_plugin),
        TEST(test_abi),
        TEST(test_older_minor),
        TEST(test_routes),
        TEST(test_credentials),
        TEST(test_crashing_plugin),
        TEST(test_broken_files),
        TEST(test_descriptors),
        TEST(test_unknown_option),
        TEST(test_nested_options),
        TEST(test_narrow_nested_options),
        TEST(test_missing_plugin),
        TEST(test_lost_for_a_moment),
        TEST(test_stays_closed),
        TEST(test_says_what_it_is_not),
        TEST(test_plugins_here_stay_closed),
        TEST(test_private_copies),
        TEST(test_every_plugin_here_is_sound),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
