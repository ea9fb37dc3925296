/* schema_parts.c: the sixth version of the database: usage of hours and days that are over, by fewer names. Nothing of it is done for a
 * request: an hour or a day gets these sums once it is over, by whichever gateway looks first, and what comes late (a refund, a clock that
 * was set back) is added by a trigger.
 */
#include "postgresql.h"

/* clang-format off */
#define NAMES(row) \
    "part, up_to, CASE up_to WHEN 0 THEN 0 ELSE " row "start - " row "start % up_to END, CASE WHEN part IN (1, 3, 5) THEN " row "account ELSE 0 END," \
    " CASE WHEN part IN (1, 5) THEN " row "key ELSE '' END, CASE WHEN part IN (2, 5) THEN " row "model ELSE '' END, CASE WHEN part IN (2, 5) THEN " row "provider ELSE '' END"
#define ADDS \
    " ON CONFLICT (part, span, start, account, key, model, provider) DO UPDATE SET calls = u.calls + excluded.calls, input = u.input + excluded.input," \
    " cached = u.cached + excluded.cached, output = u.output + excluded.output, captured = u.captured + excluded.captured," \
    " absorbed = u.absorbed + excluded.absorbed, refunded = u.refunded + excluded.refunded;"
#define GREW(column) "new." column " - coalesce(old." column ", 0)"

#define LATE \
    "CREATE OR REPLACE FUNCTION yuzui_usage_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN" \
    "  IF new.start < (SELECT until FROM yuzui_usage_rolled WHERE span = new.span) THEN" \
    "   INSERT INTO yuzui_usage_part AS u SELECT " NAMES("new.") ", " GREW("calls") ", " GREW("input") ", " GREW("cached") ", " GREW("output") ", " \
    GREW("captured") ", " GREW("absorbed") ", " GREW("refunded") " FROM " PG_PARTS " WHERE of = new.span" ADDS \
    "  END IF; RETURN NULL; END $$;"
/* One hour or day that is over, by the server's clock. 1: there are more; 0: none. */
#define ROLL \
    "CREATE OR REPLACE FUNCTION yuzui_roll() RETURNS int LANGUAGE plpgsql AS $$ DECLARE r record; ends bigint; next bigint; BEGIN" \
    "  FOR r IN SELECT span, until FROM yuzui_usage_rolled ORDER BY span DESC LOOP" \
    "   ends := yuzui_clock() - yuzui_clock() % r.span;" \
    "   IF r.until < ends THEN" \
    "    SELECT min(start) INTO next FROM yuzui_usage WHERE span = r.span AND start >= r.until AND start < ends;" \
    "    INSERT INTO yuzui_usage_part AS u SELECT " NAMES("x.") ", sum(calls), sum(input), sum(cached), sum(output), sum(captured), sum(absorbed), sum(refunded)" \
    "     FROM yuzui_usage x, " PG_PARTS " WHERE span = r.span AND start = next AND of = span GROUP BY 1, 2, 3, 4, 5, 6, 7" ADDS \
    "    UPDATE yuzui_usage_rolled SET until = coalesce(next + r.span, ends) WHERE span = r.span;" \
    "    RETURN 1; END IF; END LOOP;" \
    "  RETURN 0; END $$;"

const char pg_parts[] =
    "CREATE TABLE yuzui_usage_part (part int NOT NULL, span int NOT NULL, start bigint NOT NULL, account bigint NOT NULL, key text NOT NULL,"
    " model text NOT NULL, provider text NOT NULL, calls bigint NOT NULL, input bigint NOT NULL, cached bigint NOT NULL, output bigint NOT NULL,"
    " captured bigint NOT NULL, absorbed bigint NOT NULL, refunded bigint NOT NULL, PRIMARY KEY (part, span, start, account, key, model, provider));"
    /* What is before `until` has its sums. */
    "CREATE TABLE yuzui_usage_rolled (span int PRIMARY KEY, until bigint NOT NULL);"
    "INSERT INTO yuzui_usage_rolled VALUES (3600, 0), (86400, 0);"
    "CREATE INDEX yuzui_usage_model ON yuzui_usage (model, start) WHERE span = 86400;"
    "CREATE INDEX yuzui_usage_provider ON yuzui_usage (provider, start) WHERE span = 86400;";

const char pg_part_functions[] =
    "CREATE FUNCTION yuzui_rolled(p_span int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT until FROM yuzui_usage_rolled WHERE span = p_span $$;"
    LATE
    "CREATE TRIGGER yuzui_usage_late AFTER INSERT OR UPDATE ON yuzui_usage FOR EACH ROW EXECUTE FUNCTION yuzui_usage_late();"
    ROLL;

const char pg_part_functions_again[] = LATE ROLL;
const char pg_parts_again[] =
    "INSERT INTO yuzui_usage_part SELECT 4, span, start, 0, '', '', '', sum(calls), sum(input), sum(cached), sum(output), sum(captured), sum(absorbed), sum(refunded)"
    " FROM yuzui_usage_part WHERE part = 1 GROUP BY span, start;";

/* Usage of 8 and of 64 days, by account and key and by all names. */
const char pg_parts_long[] =
    "INSERT INTO yuzui_usage_part SELECT " NAMES("x.") ", sum(calls), sum(input), sum(cached), sum(output), sum(captured), sum(absorbed), sum(refunded) FROM yuzui_usage x, " PG_PARTS
    " WHERE span = 86400 AND start < (SELECT until FROM yuzui_usage_rolled WHERE span = 86400) AND of = span AND up_to > 86400 GROUP BY 1, 2, 3, 4, 5, 6, 7;"
    "CREATE INDEX yuzui_usage_part_account ON yuzui_usage_part (account, span, start) WHERE part = 5;"
    "CREATE INDEX yuzui_usage_part_key ON yuzui_usage_part (key, span, start) WHERE part = 5;";
/* clang-format on */
