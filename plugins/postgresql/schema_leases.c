/* schema_leases.c: the third version of the database: what is lent to gateways (common/lease.h), and holds out of it.
 *
 * A lease's time is the server's: gateways of a fleet may disagree about what time it is, and each stops using its leases by its own clock
 * half of their life before. Functions of the versions before stay, for gateways of those versions that still run.
 */
#include "postgresql.h"

_Static_assert(YZ_EAGAIN == -4 && YZ_EREMOVED == -10 && YZ_HOLD_OPEN == 0, "the database keeps these");

/* clang-format off */
/* A hold: out of its lease if that stands, else out of what is available; unless a count refuses it. */
#define HOLD(create, removed) \
    create " FUNCTION yuzui_hold(p_account text, p_id text, p_amount bigint, p_expires bigint, p_request text, p_model text, p_price text, p_now bigint," \
    " p_key text, p_counts text[], p_most bigint[], p_lease bigint, OUT code int, OUT before boolean, OUT state int, OUT amount bigint," \
    " OUT available bigint, OUT held bigint, OUT counted int) LANGUAGE plpgsql AS $$ #variable_conflict use_column\n" \
    " DECLARE a yuzui_account; h yuzui_hold; lent bigint; n bigint; ours boolean := false; BEGIN" \
    "  code := 0; before := false; state := 0; amount := 0; counted := 0;" \
    "  SELECT * INTO h FROM yuzui_hold x WHERE x.id = p_id;" removed " SELECT * INTO a FROM yuzui_account x WHERE x.name = p_account;" \
    "  lent := yuzui_lent(a.id); available := coalesce(a.available + lent, 0); held := coalesce(a.held - lent, 0);" \
    "  IF h.id IS NOT NULL THEN before := h.account IS NOT DISTINCT FROM a.id AND h.amount = p_amount; state := h.state; amount := h.amount;" \
    "   code := CASE WHEN before THEN 0 ELSE -1 END; RETURN; END IF;" \
    "  IF a.id IS NULL THEN code := -3; RETURN; END IF;" \
    "  IF p_lease > 0 THEN UPDATE yuzui_lease x SET rest = x.rest - p_amount WHERE x.number = p_lease AND x.account = a.id AND x.ended = 0 AND x.rest >= p_amount;" \
    "   ours := FOUND; END IF;" \
    "  IF NOT ours AND a.available < p_amount THEN code := -2; IF available >= p_amount THEN PERFORM yuzui_want(a.id); END IF; RETURN; END IF;" \
    "  FOR i IN 1 .. coalesce(array_length(p_counts, 1), 0) LOOP" \
    "   SELECT coalesce((SELECT c.amount FROM yuzui_counted c WHERE c.name = p_counts[i]), 0) INTO n;" \
    "   IF p_most[i] - n < p_amount THEN code := -2; counted := i; available := greatest(p_most[i] - n, 0); RETURN; END IF;" \
    "  END LOOP;" \
    "  INSERT INTO yuzui_hold (id, account, amount, request, model, price, created, expires, key, counts, lease)" \
    "   VALUES (p_id, a.id, p_amount, p_request, p_model, p_price, p_now, p_expires, p_key, p_counts, CASE WHEN ours THEN p_lease ELSE 0 END);" \
    "  INSERT INTO yuzui_counted AS c (name, amount) SELECT x, p_amount FROM unnest(p_counts) x ON CONFLICT (name) DO UPDATE SET amount = c.amount + p_amount;" \
    "  IF NOT ours THEN PERFORM yuzui_move(2, p_id, p_id, '', a.id, p_now, ARRAY[-p_amount, p_amount, 0, 0, 0]); END IF;" \
    "  amount := p_amount; available := available - p_amount; held := held + p_amount; END $$;"

/* The end of a hold, which is written first if it is one out of a lease that is not there yet. One that comes after its lease has ended, when its
 * account has spent what came back, is written for the sake of its charge. */
#define FINISH(create, missing) \
    create " FUNCTION yuzui_finish(p_kind int, p_id text, p_cost bigint, p_detail text, p_final boolean, p_now bigint, p_account text, p_amount bigint," \
    " p_expires bigint, p_request text, p_model text, p_price text, p_key text, p_lease bigint, OUT code int, OUT before boolean, OUT state int," \
    " OUT amount bigint, OUT available bigint, OUT held bigint, OUT absorbed bigint) LANGUAGE plpgsql AS $$ #variable_conflict use_column\n" \
    " DECLARE a yuzui_account; h yuzui_hold; r record; lent bigint; late boolean := false; BEGIN" \
    "  code := 0; before := false; state := 0; amount := 0; available := 0; held := 0; absorbed := 0;" \
    "  SELECT * INTO h FROM yuzui_hold x WHERE x.id = p_id;" \
    "  IF h.id IS NULL AND p_account <> '' THEN" \
    "   SELECT * INTO r FROM yuzui_hold(p_account, p_id, p_amount, p_expires, p_request, p_model, p_price, p_now, p_key, '{}', '{}', p_lease);" \
    "   late := r.code = -2 AND p_lease <> 0; code := CASE WHEN NOT late THEN r.code WHEN p_kind <> 3 OR p_cost = 0 THEN -3 ELSE 0 END;" \
    "   IF code <> 0 THEN RETURN; END IF;" \
    "   SELECT * INTO h FROM yuzui_hold x WHERE x.id = p_id; END IF;" \
    "  IF h.id IS NULL AND NOT late THEN code := " missing "; RETURN; END IF;" \
    "  SELECT * INTO a FROM yuzui_account x WHERE CASE WHEN late THEN x.name = p_account ELSE x.id = h.account END; lent := yuzui_lent(a.id);" \
    "  IF NOT p_final AND lent > 0 AND (late OR (h.state = 0 AND p_kind = 3 AND p_cost > h.amount + a.available)) THEN" \
    "   PERFORM yuzui_want(a.id); code := -4; RETURN; END IF;" \
    "  IF late THEN INSERT INTO yuzui_hold (id, account, amount, request, model, price, created, expires, key, lease)" \
    "   VALUES (p_id, a.id, p_amount, p_request, p_model, p_price, p_now, p_expires, p_key, -1) RETURNING * INTO h; END IF;" \
    "  state := h.state;" \
    "  IF h.state <> 0 THEN before := true; amount := h.captured;" \
    "  ELSE amount := yuzui_end(p_id, p_kind, CASE p_kind WHEN 3 THEN p_cost ELSE 0 END, p_detail, p_now);" \
    "   absorbed := CASE p_kind WHEN 3 THEN p_cost - amount ELSE 0 END; state := CASE p_kind WHEN 3 THEN 1 ELSE 2 END; END IF;" \
    "  SELECT x.available + lent, x.held - lent INTO available, held FROM yuzui_account x WHERE x.id = a.id; END $$;"

const char pg_leases[] =
    /* One that was given back before it was there has no account, and has ended. */
    "CREATE TABLE yuzui_lease (number bigint PRIMARY KEY, account bigint REFERENCES yuzui_account, rest bigint NOT NULL CHECK (rest >= 0),"
    " taken bigint NOT NULL CHECK (taken >= rest), created bigint NOT NULL, expires bigint NOT NULL, ended bigint NOT NULL DEFAULT 0,"
    " CHECK (account IS NOT NULL OR (ended <> 0 AND taken = 0)));"
    "CREATE INDEX yuzui_lease_open ON yuzui_lease (account) WHERE ended = 0;"
    "CREATE TRIGGER yuzui_lease_once BEFORE UPDATE ON yuzui_lease FOR EACH ROW WHEN (old.ended <> 0) EXECUTE FUNCTION yuzui_refuse();"
    "CREATE TRIGGER yuzui_lease_kept BEFORE DELETE ON yuzui_lease FOR EACH ROW EXECUTE FUNCTION yuzui_refuse();"
    /* A hold: 0: out of its account; -1: nothing was held for it, and it was written with its end. */
    "ALTER TABLE yuzui_hold ADD COLUMN lease bigint NOT NULL DEFAULT 0;"
    "CREATE INDEX yuzui_hold_lease ON yuzui_hold (lease) WHERE lease <> 0;"
    /* When somebody last found too little, while enough was lent. */
    "ALTER TABLE yuzui_account ADD COLUMN wanted bigint NOT NULL DEFAULT 0;";

const char pg_lease_functions[] =
    "CREATE FUNCTION yuzui_clock() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT extract(epoch FROM clock_timestamp())::bigint $$;"
    /* Of an account: what leases may still hold. It is a part of `held`; to whoever asks it is available. */
    "CREATE FUNCTION yuzui_lent(p_account bigint) RETURNS bigint LANGUAGE sql STABLE AS"
    " $$ SELECT coalesce(sum(rest), 0)::bigint FROM yuzui_lease WHERE account = p_account AND ended = 0 $$;"
    "CREATE FUNCTION yuzui_want(p_account bigint) RETURNS void LANGUAGE sql AS $$ UPDATE yuzui_account SET wanted = yuzui_clock() WHERE id = p_account $$;"

    "CREATE FUNCTION yuzui_lend(p_account text, p_id text, p_amount bigint, p_number bigint, p_life bigint, p_share bigint, p_pause bigint, p_now bigint,"
    " OUT code int, OUT amount bigint) LANGUAGE plpgsql AS $$ DECLARE a yuzui_account; l yuzui_lease; BEGIN"
    "  SELECT e.amount INTO amount FROM yuzui_txn x JOIN yuzui_entry e ON e.txn = x.id WHERE x.kind = 2 AND x.ref = p_id AND e.book = 2;"
    "  code := 0; IF FOUND THEN RETURN; END IF;"
    "  SELECT * INTO a FROM yuzui_account x WHERE x.name = p_account; SELECT * INTO l FROM yuzui_lease x WHERE x.number = p_number;"
    "  amount := least(p_amount, coalesce(a.available, 0) / p_share);"
    "  IF amount <= 0 OR amount < p_amount / 4 OR p_life <= 0 OR l.ended <> 0 OR l.account <> a.id OR yuzui_clock() - a.wanted <= p_pause THEN"
    "   code := -2; amount := 0; RETURN; END IF;"
    "  INSERT INTO yuzui_lease AS x (number, account, rest, taken, created, expires) VALUES (p_number, a.id, amount, amount, p_now, yuzui_clock() + p_life)"
    "   ON CONFLICT (number) DO UPDATE SET rest = x.rest + excluded.rest, taken = x.taken + excluded.taken, expires = excluded.expires;"
    "  PERFORM yuzui_move(2, p_id, NULL, '', a.id, p_now, ARRAY[-amount, amount, 0, 0, 0]); END $$;"

    /* The end of a lease: what it has left is available again. Once; one that never was never will be. */
    "CREATE FUNCTION yuzui_return(p_number bigint, p_why text, p_now bigint) RETURNS boolean LANGUAGE plpgsql AS $$ DECLARE l yuzui_lease; BEGIN"
    "  SELECT * INTO l FROM yuzui_lease WHERE number = p_number;"
    "  IF NOT FOUND THEN INSERT INTO yuzui_lease (number, rest, taken, created, expires, ended) VALUES (p_number, 0, 0, p_now, 0, p_now); RETURN false; END IF;"
    "  IF l.ended <> 0 THEN RETURN true; END IF;"
    "  UPDATE yuzui_lease SET ended = p_now WHERE number = p_number;"
    "  IF l.rest > 0 THEN PERFORM yuzui_move(4, 'lease ' || p_number, NULL, p_why, l.account, p_now, ARRAY[l.rest, -l.rest, 0, 0, 0]); END IF;"
    "  RETURN false; END $$;"

    "CREATE OR REPLACE FUNCTION yuzui_expire(p_now bigint, p_most int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE n int := 0; i text; l bigint; BEGIN"
    "  FOR i IN SELECT id FROM yuzui_hold WHERE state = 0 AND expires <= p_now ORDER BY expires LIMIT p_most LOOP"
    "   PERFORM yuzui_end(i, 6, 0, 'its time was over', p_now); n := n + 1; END LOOP;"
    "  FOR l IN SELECT number FROM yuzui_lease WHERE ended = 0 AND expires <= yuzui_clock() LIMIT p_most LOOP"
    "   PERFORM yuzui_return(l, 'its time was over', p_now); END LOOP;"
    "  RETURN n; END $$;"

    /* As before; nothing was set aside for a hold whose lease is -1. */
    "CREATE OR REPLACE FUNCTION yuzui_end(p_id text, p_kind int, p_cost bigint, p_detail text, p_now bigint) RETURNS bigint LANGUAGE plpgsql AS $$"
    " DECLARE h yuzui_hold; a yuzui_account; aside bigint; paid bigint; BEGIN"
    "  SELECT * INTO h FROM yuzui_hold WHERE id = p_id; SELECT * INTO a FROM yuzui_account WHERE id = h.account;"
    "  aside := CASE WHEN h.lease < 0 THEN 0 ELSE h.amount END; paid := least(p_cost, aside + a.available);"
    "  UPDATE yuzui_hold SET state = CASE p_kind WHEN 3 THEN 1 WHEN 4 THEN 2 ELSE 3 END, captured = paid, absorbed = p_cost - paid, ended = p_now,"
    "   detail = p_detail WHERE id = p_id;"
    "  PERFORM yuzui_move(p_kind, p_id, p_id, '', h.account, p_now, ARRAY[aside - paid, -aside, 0, p_cost, paid - p_cost]);"
    "  RETURN paid; END $$;"

    HOLD("CREATE", "")
    FINISH("CREATE", "-3")

    /* The functions before, told as whoever asks sees it. */
    "CREATE FUNCTION yuzui_post_told(p_kind int, p_account text, p_id text, p_of text, p_amount bigint, p_detail text, p_now bigint, OUT code int,"
    " OUT before boolean, OUT state int, OUT amount bigint, OUT available bigint, OUT held bigint) LANGUAGE plpgsql AS $$ #variable_conflict use_column\n"
    " DECLARE r record; lent bigint; BEGIN"
    "  SELECT * INTO r FROM yuzui_post(p_kind, p_account, p_id, p_of, p_amount, 0, '', '', '', p_detail, p_now);"
    "  SELECT yuzui_lent(x.id) INTO lent FROM yuzui_account x WHERE CASE p_kind WHEN 5 THEN x.id = (SELECT h.account FROM yuzui_hold h WHERE h.id = p_of)"
    "   ELSE x.name = p_account END; lent := coalesce(lent, 0);"
    "  code := r.code; before := r.before; state := r.state; amount := r.amount; available := r.available + lent; held := r.held - lent; END $$;"
    "CREATE FUNCTION yuzui_transfer_told(p_from text, p_id text, p_to text, p_amount bigint, p_detail text, p_now bigint, OUT code int, OUT before boolean,"
    " OUT state int, OUT amount bigint, OUT available bigint, OUT held bigint) LANGUAGE plpgsql AS $$ #variable_conflict use_column\n"
    " DECLARE r record; a yuzui_account; lent bigint; BEGIN"
    "  SELECT * INTO r FROM yuzui_transfer(p_from, p_id, p_to, p_amount, p_detail, p_now); SELECT * INTO a FROM yuzui_account x WHERE x.name = p_from;"
    "  lent := yuzui_lent(a.id); code := r.code; before := r.before; state := r.state; amount := r.amount;"
    "  available := r.available + lent; held := coalesce(a.held - lent, 0);"
    "  IF code = -2 AND a.available < p_amount AND available >= p_amount THEN PERFORM yuzui_want(a.id); END IF; END $$;";

/* The tenth version's: one that was removed is not made again. */
#define IS_REMOVED "EXISTS (SELECT 1 FROM yuzui_removed_hold x WHERE x.id = p_id)"
const char pg_lease_functions_again[] =
    HOLD("CREATE OR REPLACE", " IF h.id IS NULL AND " IS_REMOVED " THEN code := -10; available := 0; held := 0; RETURN; END IF;")
    FINISH("CREATE OR REPLACE", "CASE WHEN " IS_REMOVED " THEN -10 ELSE -3 END");
/* clang-format on */
