/* schema_removed.c: the ninth version of the database: what is older than is kept goes, a few hundred requests at a time, in a transaction
 * of whichever gateway looks first, by the server's clock.
 *
 * A hold goes with the transactions of its beginning and its end; what those came to is added to yuzui_removed, by the hour of its end and
 * by its account, in the same step. So at any moment what remains and what was removed add up to the balances and the sums, and the audit
 * holds them against each other. yuzui_removed refuses what does not add up in itself: a fault is not removed, it stays for the audit. Ids
 * of holds stay, so that none is posted again. A lease goes when all its holds have. Triggers let nothing else go.
 */
#include "postgresql.h"

_Static_assert(YZ_POSTING_REFUND == 5 && YZ_POSTING_EXPIRE == 6 && YZ_HOLD_OPEN == 0, "the database keeps these");

/* clang-format off */
const char pg_removed[] =
    "CREATE TABLE yuzui_removed_hold (id text PRIMARY KEY);"
    "CREATE TABLE yuzui_removed (start bigint NOT NULL, account bigint NOT NULL REFERENCES yuzui_account, holds bigint NOT NULL, available bigint NOT NULL,"
    " held bigint NOT NULL, revenue bigint NOT NULL, lost bigint NOT NULL, captured bigint NOT NULL, refunded bigint NOT NULL, PRIMARY KEY (start, account),"
    " CONSTRAINT yuzui_removed_adds_up CHECK (available + held + revenue = lost AND revenue - lost = captured));"
    "CREATE TABLE yuzui_removed_tries (start bigint NOT NULL, provider text NOT NULL, tries bigint NOT NULL, amount bigint NOT NULL, estimated bigint NOT NULL,"
    " unknown bigint NOT NULL, PRIMARY KEY (start, provider));"
    /* Since when nothing is complete any more, and by which rule: one row. */
    "CREATE TABLE yuzui_removal (until bigint NOT NULL, rule text NOT NULL); INSERT INTO yuzui_removal VALUES (0, '');"
    "ALTER TABLE yuzui_counted ADD COLUMN removed bigint NOT NULL DEFAULT 0;"
    "ALTER TABLE yuzui_lease ADD COLUMN removed bigint NOT NULL DEFAULT 0;"
    "CREATE INDEX yuzui_lease_over ON yuzui_lease (ended) WHERE ended <> 0;"
    "CREATE INDEX yuzui_txn_lease ON yuzui_txn (split_part(ref, ' ', 2)) WHERE hold IS NULL AND kind IN (2, 4);"
    /* A refund outlives its hold: the audit looks that it is there, or removed. */
    "ALTER TABLE yuzui_txn DROP CONSTRAINT yuzui_txn_hold_fkey;"
    "DROP TRIGGER yuzui_entry_kept ON yuzui_entry; DROP TRIGGER yuzui_txn_kept ON yuzui_txn; DROP TRIGGER yuzui_hold_kept ON yuzui_hold;"
    "DROP TRIGGER yuzui_lease_kept ON yuzui_lease; DROP TRIGGER yuzui_lease_once ON yuzui_lease;";

const char pg_removed_functions[] =
    "CREATE FUNCTION yuzui_refuse_unless_removing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    "  IF TG_OP = 'DELETE' AND current_setting('yuzui.removing', true) = 'on' THEN RETURN old; END IF;"
    "  RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$;"
    "CREATE TRIGGER yuzui_entry_kept BEFORE UPDATE OR DELETE ON yuzui_entry FOR EACH ROW EXECUTE FUNCTION yuzui_refuse_unless_removing();"
    "CREATE TRIGGER yuzui_txn_kept BEFORE UPDATE OR DELETE ON yuzui_txn FOR EACH ROW EXECUTE FUNCTION yuzui_refuse_unless_removing();"
    "CREATE TRIGGER yuzui_txn_money BEFORE DELETE ON yuzui_txn FOR EACH ROW WHEN (old.kind IN (1, 5)) EXECUTE FUNCTION yuzui_refuse();"
    "CREATE TRIGGER yuzui_hold_kept BEFORE DELETE ON yuzui_hold FOR EACH ROW EXECUTE FUNCTION yuzui_refuse_unless_removing();"
    "CREATE TRIGGER yuzui_lease_kept BEFORE DELETE ON yuzui_lease FOR EACH ROW EXECUTE FUNCTION yuzui_refuse_unless_removing();"
    "CREATE TRIGGER yuzui_lease_once BEFORE UPDATE ON yuzui_lease FOR EACH ROW WHEN (old.ended <> 0 AND old.removed = new.removed) EXECUTE FUNCTION yuzui_refuse();"
    "CREATE TRIGGER yuzui_removed_kept BEFORE UPDATE OR DELETE ON yuzui_removed_hold FOR EACH ROW EXECUTE FUNCTION yuzui_refuse();"

    /* Does it add up, as the audit wants it? What does not is not removed, the audit finds it. */
    "CREATE FUNCTION yuzui_hold_sound(h yuzui_hold) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT"
    "  (h.lease <> 0 OR h.amount = coalesce((SELECT sum(e.amount) FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind = 2 AND t.ref = h.id AND e.book = 2), 0))"
    "  AND h.captured + h.absorbed = coalesce((SELECT sum(e.amount) FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind IN (3, 4, 6) AND t.ref = h.id AND e.book = 4), 0)"
    "  AND h.refunded = coalesce((SELECT sum(e.amount) FROM yuzui_txn t JOIN yuzui_entry e ON e.txn = t.id WHERE t.kind = 5 AND t.hold = h.id AND e.book = 1), 0)"
    "  AND h.refunded <= h.captured"
    "  AND (SELECT array_agg(t.kind::int) FROM yuzui_txn t WHERE t.ref = h.id AND t.kind IN (3, 4, 6)) = ARRAY[CASE h.state WHEN 1 THEN 3 WHEN 2 THEN 4 ELSE 6 END] $$;"
    /* Of a job that is not over something may have to be given back. */
    "CREATE FUNCTION yuzui_hold_free(p_id text, p_old bigint) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT NOT EXISTS"
    "  (SELECT 1 FROM yuzui_job j WHERE j.id = p_id AND (j.look <> 0 OR j.ended >= p_old)) $$;"

    /* At most p_most holds and leases. 1: there is more; 0: there is not. */
    "CREATE FUNCTION yuzui_remove(p_keep bigint, p_rule text, p_most int) RETURNS int LANGUAGE plpgsql AS $$"
    " DECLARE old bigint := yuzui_clock() - p_keep; ids text[]; leases bigint[]; last bigint; BEGIN"
    "  SELECT array_agg(id), max(created) INTO ids, last FROM"
    "   (SELECT id, created FROM yuzui_hold h WHERE created < old AND state <> 0 AND ended < old AND yuzui_hold_free(h.id, old) AND yuzui_hold_sound(h)"
    "    ORDER BY created, seq LIMIT p_most) x;"
    "  UPDATE yuzui_lease l SET removed = l.removed + s.amount FROM (SELECT lease, sum(amount)::bigint AS amount FROM yuzui_hold WHERE id = ANY (ids) AND lease > 0"
    "   GROUP BY lease) s WHERE l.number = s.lease;"
    "  SELECT array_agg(number) INTO leases FROM (SELECT number FROM yuzui_lease WHERE ended <> 0 AND ended < old AND account IS NOT NULL AND taken = rest + removed"
    "   ORDER BY ended LIMIT p_most) x;"
    "  IF ids IS NULL AND leases IS NULL THEN RETURN 0; END IF;"
    "  PERFORM set_config('yuzui.removing', 'on', true);"
    "  INSERT INTO yuzui_removed_tries AS r SELECT start, provider, count(*), sum(amount), coalesce(sum(amount) FILTER (WHERE cost = 'estimated'), 0),"
    "   count(*) FILTER (WHERE cost = 'unknown') FROM yuzui_hold_tries WHERE id = ANY (ids) GROUP BY start, provider ON CONFLICT (start, provider) DO UPDATE SET"
    "   tries = r.tries + excluded.tries, amount = r.amount + excluded.amount, estimated = r.estimated + excluded.estimated, unknown = r.unknown + excluded.unknown;"
    "  UPDATE yuzui_counted c SET removed = c.removed + s.amount FROM (SELECT n, sum(captured - refunded)::bigint AS amount FROM yuzui_hold, unnest(counts) n"
    "   WHERE id = ANY (ids) GROUP BY n) s WHERE c.name = s.n;"
    "  WITH t AS MATERIALIZED (SELECT x.id, h.ended - h.ended % 3600 AS start FROM yuzui_hold h JOIN yuzui_txn x ON x.hold = h.id AND x.ref = h.id AND"
    "    x.kind IN (2, 3, 4, 6) WHERE h.id = ANY (ids)"
    "   UNION ALL SELECT x.id, l.ended - l.ended % 3600 FROM yuzui_lease l JOIN yuzui_txn x ON x.hold IS NULL AND x.kind IN (2, 4) AND"
    "    split_part(x.ref, ' ', 2) = l.number::text WHERE l.number = ANY (leases)),"
    "  e AS (DELETE FROM yuzui_entry e USING t WHERE e.txn = t.id RETURNING t.start, e.account, e.book, e.amount)"
    "  INSERT INTO yuzui_removed AS r (start, account, holds, available, held, revenue, lost, captured, refunded)"
    "   SELECT start, account, sum(holds), coalesce(sum(amount) FILTER (WHERE book = 1), 0), coalesce(sum(amount) FILTER (WHERE book = 2), 0),"
    "   coalesce(sum(amount) FILTER (WHERE book = 4), 0), -coalesce(sum(amount) FILTER (WHERE book = 5), 0), sum(captured), sum(refunded) FROM"
    "   (SELECT start, account, 0 AS holds, book, amount, 0 AS captured, 0 AS refunded FROM e UNION ALL"
    "    SELECT ended - ended % 3600, account, 1, 0, 0, captured, refunded FROM yuzui_hold WHERE id = ANY (ids)) x GROUP BY start, account"
    "   ON CONFLICT (start, account) DO UPDATE SET holds = r.holds + excluded.holds, available = r.available + excluded.available, held = r.held + excluded.held,"
    "   revenue = r.revenue + excluded.revenue, lost = r.lost + excluded.lost, captured = r.captured + excluded.captured, refunded = r.refunded + excluded.refunded;"
    "  INSERT INTO yuzui_removed_hold SELECT unnest(ids);"
    "  DELETE FROM yuzui_txn WHERE hold = ANY (ids) AND kind IN (2, 3, 4, 6);"
    "  DELETE FROM yuzui_txn WHERE hold IS NULL AND kind IN (2, 4) AND split_part(ref, ' ', 2) = ANY (leases::text[]);"
    "  DELETE FROM yuzui_hold WHERE id = ANY (ids);"
    "  DELETE FROM yuzui_lease WHERE number = ANY (leases);"
    "  UPDATE yuzui_removal SET until = greatest(until, last + 1), rule = p_rule;"
    "  PERFORM set_config('yuzui.removing', '', true);"
    "  RETURN CASE WHEN coalesce(array_length(ids, 1), 0) = p_most OR coalesce(array_length(leases, 1), 0) = p_most THEN 1 ELSE 0 END; END $$;";
/* clang-format on */
