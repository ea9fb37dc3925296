/* Addresses of what jobs have made: made and read, until when, and which are none. The leaf is tried from outside (tests/robust). */
#include "base/arena.h"
#include "base/base64.h"
#include "base/secret.h"
#include "media/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { HOUR = 3600, NOW = 1800000000 };
static yz_arena *arena;
static yz_media_settings settings;

static int set_up(void **state) {
    (void)state;
    arena = yz_arena_new(NULL);
    settings = (yz_media_settings){
        .sign = yz_secret_new(YZ_STR("a key of sixteen bytes")), .base_url = YZ_STR("https://gw.example"), .expires = HOUR * 1000};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    yz_secret_free((yz_secret *)settings.sign);
    yz_arena_free(arena);
    return 0;
}

static yz_str made(const char *owner, const char *url, int64_t now) {
    return yz_media_sign(&settings, yz_str_of(owner), yz_str_of(url), now, arena);
}

/* What of an address stands in its {id}. */
static yz_str id_of(yz_str address) {
    static const char before[] = "https://gw.example" YZ_MEDIA_PATH;
    assert_true(yz_str_starts(address, before));
    yz_str rest = yz_str_at(address.p + sizeof before - 1, address.n - sizeof before + 1);
    const char *slash = memchr(rest.p, '/', rest.n);
    assert_non_null(slash);
    return yz_str_at(rest.p, (size_t)(slash - rest.p));
}

static const char *fault_of(yz_str id, int64_t now) {
    yz_media media;
    yz_error why = {YZ_ERROR};
    return yz_media_read(&settings, id, now, arena, &media, &why) ? NULL : yz_dup(arena, why.code).p;
}

static void what_is_signed_is_read(void **state) {
    (void)state;
    static const char *const urls[] = {"https://cdn.example/a.png", "http://10.0.0.1:81/x/y?sig=a%2Bb&e=1", "https://cdn.example"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        yz_media media;
        yz_error why = {YZ_ERROR};
        assert_true(yz_media_read(&settings, id_of(made("the team", urls[i], NOW)), NOW, arena, &media, &why));
        assert_true(yz_str_is(media.url, urls[i]) && yz_str_is(media.owner, "the team"));
        assert_true(media.expires >= NOW + HOUR && media.expires <= NOW + HOUR + HOUR / 4);
    }
}

static void it_is_the_same_for_a_while_and_then_none(void **state) {
    (void)state;
    yz_str first = made("a", "https://cdn.example/a.png", NOW), next = made("a", "https://cdn.example/a.png", NOW + 1);
    assert_true(yz_str_eq(first, next) || yz_str_eq(next, made("a", "https://cdn.example/a.png", NOW + 2)));
    assert_null(fault_of(id_of(first), NOW + HOUR - 1));
    assert_string_equal(fault_of(id_of(first), NOW + HOUR + HOUR / 4), "media_address_expired");
    assert_false(yz_str_eq(first, made("b", "https://cdn.example/a.png", NOW)));
}

static void another_letter_is_another_address(void **state) {
    (void)state;
    yz_str id = id_of(made("a", "https://cdn.example/a.png", NOW));
    for (size_t i = 0; i < id.n; i++) {
        yz_str other = yz_dup(arena, id);
        ((char *)other.p)[i] = id.p[i] == '0' ? '1' : '0';
        assert_string_equal(fault_of(other, NOW), "media_address_invalid");
    }
    for (size_t n = 0; n < id.n; n++)
        assert_string_equal(fault_of(yz_str_at(id.p, n), NOW), "media_address_invalid");
    const yz_secret *own = settings.sign;
    yz_secret *other = yz_secret_new(YZ_STR("another key, as long as that"));
    settings.sign = other;
    assert_string_equal(fault_of(id, NOW), "media_address_invalid");
    settings.sign = own;
    yz_secret_free(other);
}

/* Not in base64 either, whatever is around it; and the same word is another one in another address. */
static void nobody_reads_whose_it_is_or_where(void **state) {
    (void)state;
    yz_str id = id_of(made("the-team-of-alice", "https://secret-relay.example/a.png", NOW));
    yz_str other = id_of(made("the-team-of-alice", "https://secret-relay.example/b.png", NOW));
    const char *dash = memchr(id.p, '-', id.n);
    size_t n = 0, before = (size_t)(dash + 1 - id.p), same = 0;
    const char *bytes = yz_base64url_read(arena, yz_str_at(dash + 1, id.n - before - 33), &n);
    assert_non_null(bytes);
    assert_null(memmem(bytes, n, "alice", 5));
    assert_null(memmem(bytes, n, "relay", 5));
    for (size_t i = before; i < id.n - 33; i++)
        same += id.p[i] == other.p[i];
    assert_true(same < (id.n - 33 - before) / 4);
}

static void names_are_plain(void **state) {
    (void)state;
    const struct {
        const char *url, *ends;
    } rows[] = {{"https://c.example/a.png", "/a.png"},  {"https://c.example/x/A_b-1.webp?e=/b.png", "/A_b-1.webp"},
                {"https://c.example/", "/file"},        {"https://c.example", "/file"},
                {"https://c.example/%61.png", "/file"}, {"https://c.example/.htaccess", "/file"},
                {"https://c.example/a;b", "/file"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        yz_str address = made("a", rows[i].url, NOW);
        size_t n = strlen(rows[i].ends);
        if (address.n < n || memcmp(address.p + address.n - n, rows[i].ends, n) != 0)
            fail_msg("%s: %.*s", rows[i].url, YZ_STR_ARGS(address));
    }
}

static void others_stay_as_they_are(void **state) {
    (void)state;
    static const char *const urls[] = {
        "", "a cat", "data:image/png;base64,AA==", "ftp://c.example/a", "https://gw.example/v1/media/x/y", "https://gw.example"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_int_equal(made("a", urls[i], NOW).n, 0);
    assert_int_equal(made("a\nb", "https://c.example/a", NOW).n, 0);
    assert_true(made("a", "https://gw.example.net/a", NOW).n > 0);
    assert_true(
        yz_str_eq(made("a", "HTTPS://c.example/a b#c", NOW), made("a", "https://c.example/a%20b", NOW))); /* as it can be asked for */
    assert_true(yz_str_eq(made("a", "https://c.example/\xe7\x8c\xab", NOW), made("a", "https://c.example/%E7%8C%AB", NOW)));
    char *long_one = yz_alloc_bytes(arena, 4000);
    memset(long_one, 'a', 4000);
    memcpy(long_one, "https://c.example/", 18);
    assert_int_equal(yz_media_sign(&settings, YZ_STR("a"), yz_str_at(long_one, 4000), NOW, arena).n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_is_read),
        cmocka_unit_test(it_is_the_same_for_a_while_and_then_none),
        cmocka_unit_test(another_letter_is_another_address),
        cmocka_unit_test(nobody_reads_whose_it_is_or_where),
        cmocka_unit_test(names_are_plain),
        cmocka_unit_test(others_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
