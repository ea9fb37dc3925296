/* config/read_key.c: the key of a provider: said, in a variable of the environment, in a file, or made by a command; or several keys. */
#include "base/clock.h"
#include "base/hmac.h"
#include "base/secret.h"
#include "config/key_ring.h"
#include "config/read.h"
#include "config/token.h"
#include "http/h1.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ---- said ------------------------------------------------------------------------------------------------------------------ */

static void free_secret(void *secret) { yz_secret_free(secret); }

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* In a header, blanks at the ends are lost on the way. */
const char *yz_read_key_fault(yz_str key) {
    if (key.n > 0 && (is_blank(key.p[0]) || is_blank(key.p[key.n - 1])))
        return "begins or ends with a blank, which is lost on the way";
    return key.n > 0 && yz_h1_value_ok(key) ? NULL : "holds bytes that cannot stand in a header, such as a line break";
}

bool yz_read_key_is_placeholder(yz_str key) {
    static const char *const words[] = {"changeme", "change-me", "change_me", "secret", "password", "example", "test", "key", "todo"};
    static const char *const parts[] = {"...", "\xe2\x80\xa6", "YOUR_", "your-", "your_", "xxxxxx", "XXXXXX", "{{", "${"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (key.n == strlen(words[i]) && strncasecmp(key.p, words[i], key.n) == 0)
            return true;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        if (memmem(key.p, key.n, parts[i], strlen(parts[i])))
            return true;
    return yz_str_starts(key, "<");
}

/* Why this is hardly a key, whatever its provider's look like; NULL: it may be one. The variable of an env file that was not read by a
 * shell keeps its quotation marks; a header's "Bearer " is the adapter's to write. */
static const char *doubt(yz_str key) {
    char first = key.p[0], last = key.p[key.n - 1];
    if ((first == '"' || first == '\'') && last == first)
        return "stands in quotation marks that belong to it: docker's --env-file keeps them";
    if (yz_str_starts(key, "Bearer ") || yz_str_starts(key, "bearer "))
        return "begins with \"Bearer \", which is written before it anyway";
    if (yz_read_key_is_placeholder(key))
        return "looks like the place where one should be put";
    return memchr(key.p, ' ', key.n) ? "holds a blank, which no provider's does" : NULL;
}

static bool read_one_key(yz_reader *reader, const char *what, const char *option, const yz_value *value, yz_provider_settings *out) {
    if (value->kind == YZ_VALUE_ENV && !value->has_text) {
        out->key_missing = value->name;
        return true;
    }
    if (!yz_value_is_text(value) || yz_read_key_fault(value->text)) {
        bool text = yz_value_is_text(value);
        yz_str found = text ? YZ_STR("") : yz_value_describe(reader->arena, value);
        yz_diag_error(
            reader->diag,
            "%s: %s should be a string that can stand in a header, without blanks around it, such as env \"OPENAI_API_KEY\"%s%.*s", what,
            option, text ? "" : ", not ", YZ_STR_ARGS(found));
        return false;
    }
    const char *variable = yz_value_secret_variable(reader->arena, value->text);
    if (variable) {
        yz_diag_error(reader->diag, "%s: %s is the text \"%.*s\" as it stands: env \"%s\" reads the variable", what, option,
                      YZ_STR_ARGS(value->text), variable);
        return false;
    }
    const char *why = doubt(value->text);
    if (why)
        yz_diag_warn(reader->diag, "%s: %s %s", what, option, why);
    yz_secret *secret = yz_secret_new(value->text);
    yz_on_free(reader->arena, free_secret, secret);
    explicit_bzero((char *)(uintptr_t)value->text.p, value->text.n); /* our copy, in the arena */
    out->keys[out->n_keys++] = secret;
    return true;
}

/* Those whose variable is not set are left out; with none left, calls fail. */
static bool read_keys(yz_reader *reader, const char *what, const yz_value *list, yz_provider_settings *out) {
    bool ok = true;
    if (list->kind != YZ_VALUE_TABLE || list->n_fields > 0 || list->n_items == 0 || list->n_items > YZ_KEY_RING_MOST) {
        yz_diag_error(reader->diag, "%s: keys should be a list of 1 to %d keys, such as { env \"KEY_1\", env \"KEY_2\" }, not %.*s", what,
                      YZ_KEY_RING_MOST, YZ_STR_ARGS(yz_value_describe(reader->arena, list)));
        return false;
    }
    out->keys = yz_alloc(reader->arena, list->n_items * sizeof(*out->keys));
    for (size_t i = 0; i < list->n_items; i++) {
        const char *option = yz_format(reader->arena, "keys[%zu]", i + 1).p;
        out->key_missing = (yz_str){0};
        ok = read_one_key(reader, what, option, &list->items[i], out) && ok;
        if (out->key_missing.n > 0 && list->n_items > 1)
            yz_diag_warn(reader->diag, "%s: %s: env \"%.*s\" is not set: it is left out", what, option, YZ_STR_ARGS(out->key_missing));
    }
    return ok;
}

static void make_ring(yz_provider_settings *out) {
    yz_buf all = {0};
    uint8_t digest[32];
    for (size_t i = 0; i < out->n_keys; i++) {
        yz_buf_str(&all, yz_secret_reveal(out->keys[i]));
        yz_buf_char(&all, '\n');
    }
    yz_hmac(yz_buf_view(&all), digest);
    explicit_bzero(all.p, all.n);
    yz_buf_free(&all);
    out->ring = yz_key_ring_find(out->pub.name, digest, out->n_keys);
}

/* ---- one that runs out ----------------------------------------------------------------------------------------------------- */

static void take_secret(yz_reader *reader, yz_secret *secret, yz_provider_settings *out) {
    yz_on_free(reader->arena, free_secret, secret);
    out->keys = yz_alloc(reader->arena, sizeof(*out->keys));
    out->keys[out->n_keys++] = secret;
}

/* The watch sees to it that it is read anew. */
static bool read_key_file(yz_reader *reader, const char *what, yz_str path, yz_provider_settings *out) {
    yz_str full = yz_read_file(reader, path, yz_format(reader->arena, "%s: key_file", what).p);
    if (full.n == 0)
        return false;
    char bytes[YZ_TOKEN_MOST];
    int fd = open(full.p, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (fd >= 0)
        close(fd);
    yz_settings_renew_file(reader->settings, reader->arena, full);
    yz_token token = yz_token_read((yz_str){bytes, n > 0 ? (size_t)n : 0}, yz_clock_wall(), reader->arena);
    if (token.problem)
        yz_diag_error(reader->diag, "%s: key_file: %s: %s", what, full.p, n < 0 ? strerror(errno) : token.problem);
    else
        take_secret(reader, yz_secret_new(token.key), out);
    explicit_bzero(bytes, sizeof bytes);
    return !token.problem;
}

/* One that fails is asked again soon; a gateway begins without, since what makes the keys may begin later than it. */
static bool read_key_command(yz_reader *reader, const char *what, const yz_key_options *options, yz_provider_settings *out) {
    const char *problem;
    int64_t due;
    yz_secret *secret =
        yz_token_of_command(options->command.items, options->command.n, options->every / 1000, reader->arena, &due, &problem);
    yz_settings *s = reader->settings;
    s->renew_at = s->renew_at == 0 || due < s->renew_at ? due : s->renew_at;
    if (problem)
        yz_diag_warn(reader->diag, "%s: key_command: %.*s: %s%s", what, YZ_STR_ARGS(options->command.items[0]), problem,
                     secret ? "; the key it made before is still good" : ": calls to it will fail until it works");
    if (secret)
        take_secret(reader, secret, out);
    else
        out->key_problem = YZ_STR("its key_command fails");
    return true;
}

/* ---- which it is ----------------------------------------------------------------------------------------------------------- */

static bool is_said(const yz_value *value) { return value && value->kind != YZ_VALUE_NIL; }

bool yz_read_provider_key(yz_reader *reader, const char *what, const yz_value *table, const yz_key_options *options,
                          yz_provider_settings *out) {
    const yz_value *one = yz_value_get(table, "key"), *list = yz_value_get(table, "keys");
    bool ok = true, command = options->command.n > 0;
    if (is_said(one) + (list != NULL) + (options->file.n > 0) + command > 1) {
        yz_diag_error(reader->diag, "%s: of key, keys, key_file and key_command one can be said; of several keys all stand in keys", what);
        return false;
    }
    if (list) {
        ok = read_keys(reader, what, list, out);
    } else if (is_said(one)) {
        out->keys = yz_alloc(reader->arena, sizeof(*out->keys));
        ok = read_one_key(reader, what, "key", one, out);
    } else if (options->file.n > 0) {
        ok = read_key_file(reader, what, options->file, out);
    } else if (command) {
        ok = read_key_command(reader, what, options, out);
    }
    if (out->n_keys > 0)
        out->key_missing = (yz_str){0};
    else if (out->key_missing.n > 0)
        yz_diag_warn(reader->diag, "%s: env \"%.*s\" is not set: calls to it will fail", what, YZ_STR_ARGS(out->key_missing));
    out->key = out->n_keys > 0 ? out->keys[0] : NULL;
    if (out->n_keys > 1)
        make_ring(out);
    return ok;
}
