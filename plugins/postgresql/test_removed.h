/* test_removed.h: what is older than is kept goes, also by the clock of a server. After test_postgresql.c's helpers. */

static int64_t say_of(const char *form, const char *name) {
    char text[128];
    snprintf(text, sizeof text, form, name);
    return say_once(text);
}
static int64_t rows_of(const char *table) { return say_of("SELECT count(*) FROM yuzui_%s", table); }
static void harm(const char *id) { say_of("UPDATE yuzui_hold SET captured = captured + 1 WHERE id = '%s' RETURNING captured", id); }
static const lp_store alone = {&ops, fresh, open_it, crash, 1, 0};
static const lr_store removing = {&alone, &keep, rows_of, harm};
static void old_requests_go(void **state) {
    (void)state;
    lease_rich = 1, lease_share = 2;
    lr_old_requests_go(&removing);
    lease_rich = 32, lease_share = 8;
}
static void faults_stay(void **state) {
    (void)state;
    lr_faults_stay(&removing);
}
static void old_jobs_go(void **state) {
    (void)state;
    lr_old_jobs_go(&removing);
}
