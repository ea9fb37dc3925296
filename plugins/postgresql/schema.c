/* schema.c: the tables, and what each kind of posting does to them: in the database, so that a posting is one question and a batch of them
 * one trip. Whoever writes holds the writers' lock (link.c), so what is read here stays true until it is written, and no two batches
 * deadlock.
 *
 * Numbers of kinds, states and codes are those of yuzui/ledger.h and yuzui/base.h; books: 1 available, 2 held, 3 paid, 4 revenue, 5
 * absorbed.
 */
#include "postgresql.h"

#define OK        "0"
#define INVALID   "-1"
#define NOT_FOUND "-3"
#define LIMIT     "-2"

_Static_assert(YZ_OK == 0 && YZ_EINVAL == -1 && YZ_ELIMIT == -2 && YZ_ENOTFOUND == -3 && YZ_POSTING_CREDIT == 1 && YZ_POSTING_HOLD == 2 &&
                   YZ_POSTING_CAPTURE == 3 && YZ_POSTING_RELEASE == 4 && YZ_POSTING_REFUND == 5 && YZ_HOLD_CAPTURED == 1 &&
                   YZ_HOLD_RELEASED == 2 && YZ_HOLD_EXPIRED == 3,
               "the database keeps these");

/* clang-format off */
static const char TABLES[] =
    "CREATE TABLE yuzui_account (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE,"
    " available bigint NOT NULL DEFAULT 0 CHECK (available >= 0), held bigint NOT NULL DEFAULT 0 CHECK (held >= 0), created bigint NOT NULL);"
    "CREATE TABLE yuzui_hold (seq bigint GENERATED ALWAYS AS IDENTITY, id text PRIMARY KEY, account bigint NOT NULL REFERENCES yuzui_account,"
    " amount bigint NOT NULL CHECK (amount > 0), request text NOT NULL, model text NOT NULL, price text NOT NULL, created bigint NOT NULL,"
    " expires bigint NOT NULL, state int NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3), captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),"
    " absorbed bigint NOT NULL DEFAULT 0 CHECK (absorbed >= 0), refunded bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND captured),"
    " ended bigint NOT NULL DEFAULT 0, detail text NOT NULL DEFAULT '');"
    "CREATE INDEX yuzui_hold_open ON yuzui_hold (expires) WHERE state = 0;"
    "CREATE INDEX yuzui_hold_account ON yuzui_hold (account, created);"
    "CREATE INDEX yuzui_hold_request ON yuzui_hold (request);"
    "CREATE INDEX yuzui_hold_created ON yuzui_hold (created, seq);"
    "CREATE TABLE yuzui_txn (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind int NOT NULL CHECK (kind BETWEEN 1 AND 6),"
    " ref text NOT NULL, hold text REFERENCES yuzui_hold, created bigint NOT NULL, detail text NOT NULL, UNIQUE (kind, ref));"
    "CREATE UNIQUE INDEX yuzui_txn_end ON yuzui_txn (ref) WHERE kind IN (3, 4, 6);" /* a hold ends once */
    "CREATE INDEX yuzui_txn_hold ON yuzui_txn (hold);"
    "CREATE TABLE yuzui_entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, txn bigint NOT NULL REFERENCES yuzui_txn,"
    " book int NOT NULL CHECK (book BETWEEN 1 AND 5), account bigint NOT NULL REFERENCES yuzui_account, amount bigint NOT NULL CHECK (amount <> 0),"
    " UNIQUE (txn, book));"
    "CREATE INDEX yuzui_entry_account ON yuzui_entry (account, book);"
    "CREATE FUNCTION yuzui_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$;"
    "CREATE TRIGGER yuzui_entry_kept BEFORE UPDATE OR DELETE ON yuzui_entry FOR EACH ROW EXECUTE FUNCTION yuzui_refuse();"
    "CREATE TRIGGER yuzui_txn_kept BEFORE UPDATE OR DELETE ON yuzui_txn FOR EACH ROW EXECUTE FUNCTION yuzui_refuse();"
    "CREATE TRIGGER yuzui_hold_kept BEFORE DELETE ON yuzui_hold FOR EACH ROW EXECUTE FUNCTION yuzui_refuse();"
    "CREATE TRIGGER yuzui_hold_once BEFORE UPDATE OF state ON yuzui_hold FOR EACH ROW WHEN (old.state <> 0) EXECUTE FUNCTION yuzui_refuse();"

    /* The entries of a transaction, and the balances along with them. */
    "CREATE FUNCTION yuzui_move(p_kind int, p_ref text, p_hold text, p_detail text, p_account bigint, p_now bigint, p_amounts bigint[])"
    " RETURNS void LANGUAGE plpgsql AS $$ DECLARE t bigint; BEGIN"
    "  INSERT INTO yuzui_txn (kind, ref, hold, created, detail) VALUES (p_kind, p_ref, p_hold, p_now, p_detail) RETURNING id INTO t;"
    "  INSERT INTO yuzui_entry (txn, book, account, amount) SELECT t, b, p_account, p_amounts[b] FROM generate_series(1, 5) b WHERE p_amounts[b] <> 0;"
    "  UPDATE yuzui_account SET available = available + p_amounts[1], held = held + p_amounts[2] WHERE id = p_account;"
    " END $$;"

    /* The end of an open hold: the hold pays first, then the rest of the account, then the operator. */
    "CREATE FUNCTION yuzui_end(p_id text, p_kind int, p_cost bigint, p_detail text, p_now bigint) RETURNS bigint LANGUAGE plpgsql AS $$"
    " DECLARE h yuzui_hold; a yuzui_account; paid bigint; BEGIN"
    "  SELECT * INTO h FROM yuzui_hold WHERE id = p_id; SELECT * INTO a FROM yuzui_account WHERE id = h.account;"
    "  paid := least(p_cost, h.amount + a.available);"
    "  UPDATE yuzui_hold SET state = CASE p_kind WHEN 3 THEN 1 WHEN 4 THEN 2 ELSE 3 END, captured = paid, absorbed = p_cost - paid, ended = p_now,"
    "   detail = p_detail WHERE id = p_id;"
    "  PERFORM yuzui_move(p_kind, p_id, p_id, '', h.account, p_now, ARRAY[h.amount - paid, -h.amount, 0, p_cost, paid - p_cost]);"
    "  RETURN paid; END $$;"

    "CREATE FUNCTION yuzui_expire(p_now bigint, p_most int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE n int := 0; i text; BEGIN"
    "  FOR i IN SELECT id FROM yuzui_hold WHERE state = 0 AND expires <= p_now ORDER BY expires LIMIT p_most LOOP"
    "   PERFORM yuzui_end(i, 6, 0, 'its time was over', p_now); n := n + 1; END LOOP;"
    "  RETURN n; END $$;";

static const char POST[] =
    "CREATE FUNCTION yuzui_post(p_kind int, p_account text, p_id text, p_of text, p_amount bigint, p_expires bigint, p_request text, p_model text,"
    " p_price text, p_detail text, p_now bigint, OUT code int, OUT before boolean, OUT state int, OUT amount bigint, OUT available bigint, OUT held bigint)"
    " LANGUAGE plpgsql AS $$ #variable_conflict use_column\n"
    " DECLARE a yuzui_account; h yuzui_hold; t record; BEGIN"
    "  code := " OK "; before := false; state := 0; amount := 0; available := 0; held := 0;"
    "  IF p_kind IN (1, 2) THEN SELECT * INTO a FROM yuzui_account x WHERE x.name = p_account;"
    "  ELSE SELECT * INTO h FROM yuzui_hold x WHERE x.id = CASE p_kind WHEN 5 THEN p_of ELSE p_id END;"
    "   IF h.id IS NULL THEN code := " NOT_FOUND "; RETURN; END IF;"
    "   SELECT * INTO a FROM yuzui_account x WHERE x.id = h.account; state := h.state; END IF;"
    "  IF p_kind IN (1, 5) THEN"
    "   SELECT x.hold, e.account, e.amount INTO t FROM yuzui_txn x JOIN yuzui_entry e ON e.txn = x.id WHERE x.kind = p_kind AND x.ref = p_id AND e.book = 1;"
    "   IF FOUND THEN"
    "    before := t.amount = p_amount AND CASE p_kind WHEN 1 THEN t.account IS NOT DISTINCT FROM a.id ELSE t.hold = p_of END;"
    "    code := CASE WHEN before THEN " OK " ELSE " INVALID " END; amount := CASE WHEN before THEN t.amount ELSE 0 END;"
    "    available := coalesce(a.available, 0); held := coalesce(a.held, 0); RETURN; END IF;"
    "  END IF;"
    "  IF p_kind = 1 THEN"
    "   IF a.id IS NULL THEN INSERT INTO yuzui_account (name, created) VALUES (p_account, p_now) RETURNING * INTO a; END IF;"
    "   IF a.available + a.held > 4000000000000000000 - p_amount THEN code := " LIMIT ";"
    "   ELSE PERFORM yuzui_move(1, p_id, NULL, p_detail, a.id, p_now, ARRAY[p_amount, 0, -p_amount, 0, 0]); amount := p_amount; END IF;"
    "  ELSIF p_kind = 2 THEN SELECT * INTO h FROM yuzui_hold x WHERE x.id = p_id;"
    "   IF h.id IS NOT NULL THEN before := h.account IS NOT DISTINCT FROM a.id AND h.amount = p_amount; state := h.state; amount := h.amount;"
    "    code := CASE WHEN before THEN " OK " ELSE " INVALID " END;"
    "   ELSIF a.id IS NULL THEN code := " NOT_FOUND ";"
    "   ELSIF a.available < p_amount THEN code := " LIMIT ";"
    "   ELSE INSERT INTO yuzui_hold (id, account, amount, request, model, price, created, expires)"
    "     VALUES (p_id, a.id, p_amount, p_request, p_model, p_price, p_now, p_expires);"
    "    PERFORM yuzui_move(2, p_id, p_id, '', a.id, p_now, ARRAY[-p_amount, p_amount, 0, 0, 0]); amount := p_amount; END IF;"
    "  ELSIF p_kind IN (3, 4) THEN"
    "   IF h.state <> 0 THEN before := true; amount := h.captured;"
    "   ELSE amount := yuzui_end(p_id, p_kind, CASE p_kind WHEN 3 THEN p_amount ELSE 0 END, p_detail, p_now);"
    "    state := CASE p_kind WHEN 3 THEN 1 ELSE 2 END; END IF;"
    "  ELSE"
    "   IF h.state <> 1 OR h.captured - h.refunded < p_amount OR a.available + a.held > 4000000000000000000 - p_amount THEN code := " LIMIT ";"
    "   ELSE UPDATE yuzui_hold x SET refunded = x.refunded + p_amount WHERE x.id = p_of;"
    "    PERFORM yuzui_move(5, p_id, p_of, p_detail, a.id, p_now, ARRAY[p_amount, 0, 0, -p_amount, 0]); amount := p_amount; END IF;"
    "  END IF;"
    "  IF a.id IS NOT NULL THEN SELECT x.available, x.held INTO available, held FROM yuzui_account x WHERE x.id = a.id; END IF;"
    " END $$;";
/* clang-format on */

/* What is asked of one account, and of money that was moved: rows that no request changes. */
static const char OF_ACCOUNT[] = "CREATE INDEX yuzui_usage_account ON yuzui_usage (account, span, start);",
                  OF_MOVES[] = "CREATE INDEX yuzui_txn_moves ON yuzui_txn (id) WHERE kind IN (1, 5);";

const pg_migration pg_migrations[] = {{TABLES, POST},
                                      {pg_records, pg_record_functions},
                                      {pg_leases, pg_lease_functions},
                                      {OF_ACCOUNT, OF_MOVES},
                                      {pg_jobs, pg_job_functions},
                                      {pg_parts, pg_part_functions},
                                      {pg_parts_again, pg_part_functions_again},
                                      {pg_tries, pg_try_functions},
                                      {pg_removed, pg_removed_functions},
                                      {pg_lease_functions_again, pg_job_functions_again},
                                      {pg_parts_long, pg_part_functions_again},
                                      {pg_jobs_removed, pg_job_functions_removed},
                                      {pg_job_used, pg_job_used_functions}};
const int pg_version = sizeof pg_migrations / sizeof *pg_migrations;
