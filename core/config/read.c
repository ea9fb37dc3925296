/* config/read.c: small things every reader of statements needs. */
#include "config/read.h"

#include "base/reason.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const yz_value *yz_read_arg(const yz_statement *statement, size_t i) {
    return i < statement->n_args && statement->args[i].kind != YZ_VALUE_NIL ? &statement->args[i] : NULL;
}

yz_str yz_read_text(yz_reader *reader, const yz_statement *statement, size_t i, const char *needs) {
    const yz_value *value = yz_read_arg(statement, i);
    bool text = yz_value_is_text(value) && value->kind == YZ_VALUE_STRING, secret = yz_str_is(statement->name, "secret");
    const char *variable = !text    ? NULL
                           : secret ? yz_value_secret_variable(reader->arena, value->text)
                                    : yz_value_variable(reader->arena, value->text);
    if (variable) {
        yz_diag_error(reader->diag, "%s is the text \"%.*s\" as it stands: %s(env \"%s\") reads the variable", statement->name.p,
                      YZ_STR_ARGS(value->text), statement->name.p, variable);
        return YZ_STR("");
    }
    if (yz_value_is_text(value) && value->text.n > 0)
        return value->text;
    if (value && value->kind == YZ_VALUE_ENV)
        yz_diag_error(reader->diag, "%s needs %s, but env \"%.*s\" is not set", statement->name.p, needs, YZ_STR_ARGS(value->name));
    else if (value)
        yz_diag_error(reader->diag, "%s needs %s, not %.*s", statement->name.p, needs,
                      YZ_STR_ARGS(yz_value_describe(reader->arena, value)));
    else
        yz_diag_error(reader->diag, "%s needs %s", statement->name.p, needs);
    return YZ_STR("");
}

const char *yz_name_fault(yz_str name) {
    if (name.n > 200)
        return "is longer than 200 bytes";
    if (name.n > 0 && (name.p[0] == ' ' || name.p[name.n - 1] == ' '))
        return "begins or ends with a blank";
    for (size_t i = 0, n; i < name.n; i += n) { /* a name that was not said has no bytes to point to */
        const char *p = name.p + i;
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return "holds a control byte, such as a line break";
        n = (unsigned char)*p < 0x80 ? 1 : yz_utf8_length(p, name.p + name.n);
        if (n == 0)
            return "is not UTF-8: save the file as UTF-8";
    }
    return NULL;
}

yz_str yz_read_name(yz_reader *reader, const yz_statement *statement, const char *needs) {
    yz_str name = yz_read_text(reader, statement, 0, needs);
    const char *fault = yz_name_fault(name);
    if (!fault)
        return name;
    yz_diag_error(reader->diag, "%s: its name %s", statement->name.p, fault);
    return YZ_STR("");
}

/* Where calls and keys go, who may command, whether there is TLS: no matter for a default that nobody asked for. */
static bool is_grave(yz_str option) {
    bool address = option.n >= 3 && memcmp(option.p + option.n - 3, "url", 3) == 0;
    return address || yz_str_is(option, "token") || yz_str_is(option, "cert");
}

void yz_read_unset(yz_reader *reader, const yz_statement *statement) {
    for (const yz_unset *u = statement->unset; u && !yz_diag_full(reader->diag); u = u->next) {
        yz_diag_at(reader->diag, u->at);
        if (u->option.n == 0)
            yz_diag_warn(reader->diag, "the variable %.*s is not set, so env.%.*s is nil: nothing is said here", YZ_STR_ARGS(u->variable),
                         YZ_STR_ARGS(u->variable));
        else
            (is_grave(u->option) ? yz_diag_error : yz_diag_warn)(
                reader->diag, "the variable %.*s is not set, so %.*s is not said: %.*s = env.%.*s or nil, if that is meant",
                YZ_STR_ARGS(u->variable), YZ_STR_ARGS(u->option), YZ_STR_ARGS(u->option), YZ_STR_ARGS(u->variable));
    }
}

bool yz_read_no_more(yz_reader *reader, const yz_statement *statement, size_t i) {
    if (statement->n_args <= i)
        return true;
    yz_diag_error(reader->diag, "%s takes no more after %s, but here is %.*s", statement->name.p,
                  i == 0   ? "its name"
                  : i == 1 ? "one argument"
                           : "two arguments",
                  YZ_STR_ARGS(yz_value_describe(reader->arena, &statement->args[i])));
    return false;
}

yz_str yz_settings_path(const yz_settings *settings, yz_arena *arena, yz_str path) {
    if ((path.n > 0 && path.p[0] == '/') || yz_str_is(settings->folder, "."))
        return yz_dup(arena, path);
    return yz_format(arena, "%.*s/%.*s", YZ_STR_ARGS(settings->folder), YZ_STR_ARGS(path));
}

void yz_settings_renew_file(yz_settings *settings, yz_arena *arena, yz_str path) {
    yz_str *more = yz_alloc(arena, (settings->renewed.n + 1) * sizeof(*more));
    for (size_t i = 0; i < settings->renewed.n; i++)
        more[i] = settings->renewed.items[i];
    more[settings->renewed.n] = path;
    settings->renewed = (yz_list){more, settings->renewed.n + 1};
}

void yz_settings_watch(yz_settings *settings, yz_arena *arena, yz_str path) {
    for (size_t i = 0; i < settings->n_watched; i++)
        if (yz_str_eq(settings->watched[i], path))
            return;
    size_t n = settings->n_watched;
    if ((n & (n - 1)) == 0) { /* 0, 1, 2, 4, 8 …: full */
        yz_str *more = yz_alloc(arena, (n > 0 ? 2 * n : 1) * sizeof(*more));
        if (n > 0)
            memcpy(more, settings->watched, n * sizeof(*more));
        settings->watched = more;
    }
    settings->watched[settings->n_watched++] = yz_dup(arena, path);
}

yz_str yz_read_file(yz_reader *reader, yz_str path, const char *what) {
    yz_str full = yz_settings_path(reader->settings, reader->arena, path);
    struct stat st;
    int code = access(full.p, R_OK) != 0 || stat(full.p, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    bool odd = code == 0 && !S_ISREG(st.st_mode); /* whoever reads a pipe waits for its writer, perhaps for ever */
    if (code != 0 && yz_str_starts(path, "~/")) {
        yz_diag_error(reader->diag, "%s: \"%.*s\": ~ is the shell's word for a home folder: here it is written out, as in /home/NAME/%.*s",
                      what, YZ_STR_ARGS(path), (int)path.n - 2, path.p + 2);
        return YZ_STR("");
    }
    if (code != 0 || odd) {
        yz_diag_error(reader->diag, "%s: cannot read %s: %s", what, full.p, odd ? "it is no regular file" : yz_file_reason(code));
        return YZ_STR("");
    }
    yz_settings_watch(reader->settings, reader->arena, full);
    return full;
}

void yz_read_tell_unknown(yz_reader *reader, const char *directive, const char *what, yz_str found, const char *const *names, size_t n) {
    if (yz_diag_full(reader->diag))
        return; /* one list can be wrong in thousands of places */
    const char *meant = yz_did_you_mean(found, names, n);
    yz_buf list = {0};
    for (size_t i = 0; i < n; i++)
        yz_buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    if (meant)
        yz_diag_error(reader->diag, "%s: there is no %s \"%.*s\": did you mean \"%s\"?", directive, what, YZ_STR_ARGS(found), meant);
    else if (n > 0)
        yz_diag_error(reader->diag, "%s: there is no %s \"%.*s\": there are %.*s", directive, what, YZ_STR_ARGS(found),
                      YZ_STR_ARGS(yz_buf_view(&list)));
    else
        yz_diag_error(reader->diag, "%s: there is no %s \"%.*s\", nor any other", directive, what, YZ_STR_ARGS(found));
    yz_buf_free(&list);
}
