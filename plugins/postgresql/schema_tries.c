/* schema_tries.c: the eighth version of the database: what tries cost, by the hour in which their holds ended and by the provider that was
 * asked, as the details of holds say. The end of a hold adds its own by the trigger that sums its usage.
 */
#include "postgresql.h"

/* clang-format off */
#define SUMS "count(*) AS tries, sum(amount)::bigint AS amount, coalesce(sum(amount) FILTER (WHERE cost = 'estimated'), 0)::bigint AS estimated," \
    " count(*) FILTER (WHERE cost = 'unknown') AS unknown"

const char pg_tries[] =
    "CREATE TABLE yuzui_tried (start bigint NOT NULL, provider text NOT NULL, tries bigint NOT NULL, amount bigint NOT NULL, estimated bigint NOT NULL,"
    " unknown bigint NOT NULL, PRIMARY KEY (start, provider));"
    "CREATE VIEW yuzui_hold_tries AS SELECT h.id, h.ended - h.ended % 3600 AS start, coalesce(t.one ->> 'provider', '') AS provider,"
    " CASE jsonb_typeof(t.one -> 'usd') WHEN 'number' THEN round((t.one ->> 'usd')::numeric * 1000000000)::bigint ELSE 0 END AS amount, t.one ->> 'cost' AS cost"
    " FROM yuzui_hold h, LATERAL (SELECT yuzui_said(h.detail) -> 'tries' AS said) d,"
    " LATERAL jsonb_array_elements(CASE jsonb_typeof(d.said) WHEN 'array' THEN d.said ELSE '[]' END) AS t (one)"
    " WHERE h.state <> 0 AND jsonb_typeof(t.one) = 'object' AND coalesce(t.one ->> 'cost', '') NOT IN ('', 'none');"
    "INSERT INTO yuzui_tried SELECT start, provider, " SUMS " FROM yuzui_hold_tries GROUP BY start, provider;";

const char pg_try_functions[] =
    "CREATE FUNCTION yuzui_hold_tried() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    "  INSERT INTO yuzui_tried AS t SELECT start, provider, " SUMS " FROM yuzui_hold_tries WHERE id = new.id GROUP BY start, provider"
    "   ON CONFLICT (start, provider) DO UPDATE SET tries = t.tries + excluded.tries, amount = t.amount + excluded.amount,"
    "   estimated = t.estimated + excluded.estimated, unknown = t.unknown + excluded.unknown;"
    "  RETURN NULL; END $$;"
    "CREATE TRIGGER yuzui_hold_tried AFTER UPDATE OF state ON yuzui_hold FOR EACH ROW WHEN (new.detail LIKE '{%' AND new.detail NOT LIKE '%\"tries\":[]%')"
    " EXECUTE FUNCTION yuzui_hold_tried();";
/* clang-format on */
