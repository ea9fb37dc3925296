/* schema_jobs.c: the fifth version of the database: jobs, and what is posted with them. */
#include "postgresql.h"

_Static_assert(YZ_POSTING_REFUND == 5 && YZ_EREMOVED == -10 && YZ_HOLD_OPEN == 0, "the database keeps these");

/* clang-format off */
/* A refund as before; of 0: of all that is left. What was given back under this id already, or nothing can be of yet, the function before tells. */
#define REFUND(create, removed) \
    create " FUNCTION yuzui_refund(p_id text, p_of text, p_amount bigint, p_detail text, p_now bigint, OUT code int, OUT before boolean, OUT state int," \
    " OUT amount bigint, OUT available bigint, OUT held bigint) LANGUAGE plpgsql AS $$ #variable_conflict use_column\n" \
    " DECLARE h yuzui_hold; wish bigint := p_amount; lent bigint; BEGIN" removed \
    "  IF p_amount = 0 THEN" \
    "   SELECT e.amount INTO wish FROM yuzui_txn x JOIN yuzui_entry e ON e.txn = x.id WHERE x.kind = 5 AND x.ref = p_id AND e.book = 1;" \
    "   IF NOT FOUND THEN SELECT * INTO h FROM yuzui_hold x WHERE x.id = p_of;" \
    "    IF h.state <> 0 AND h.captured = h.refunded THEN" \
    "     lent := yuzui_lent(h.account); code := 0; before := false; state := h.state; amount := 0;" \
    "     SELECT x.available + lent, x.held - lent INTO available, held FROM yuzui_account x WHERE x.id = h.account; RETURN; END IF;" \
    "    wish := CASE h.state WHEN 1 THEN h.captured - h.refunded ELSE 1 END; END IF; END IF;" \
    "  SELECT p.code, p.before, p.state, p.amount, p.available, p.held INTO code, before, state, amount, available, held" \
    "   FROM yuzui_post_told(5, '', p_id, p_of, wish, p_detail, p_now) p; END $$;"

const char pg_jobs[] =
    /* `place`: the order in which they were made. */
    "CREATE TABLE yuzui_job (id text PRIMARY KEY, owner text NOT NULL, key text NOT NULL, revision bigint NOT NULL CHECK (revision > 0),"
    " look bigint NOT NULL CHECK (look >= 0), created bigint NOT NULL, ended bigint NOT NULL DEFAULT 0,"
    " place bigint GENERATED ALWAYS AS IDENTITY UNIQUE, detail text NOT NULL);"
    "CREATE INDEX yuzui_job_due ON yuzui_job (look, place) WHERE look > 0;"
    "CREATE INDEX yuzui_job_owner ON yuzui_job (owner, place);"
    "CREATE TRIGGER yuzui_job_once BEFORE UPDATE ON yuzui_job FOR EACH ROW WHEN (old.look = 0) EXECUTE FUNCTION yuzui_refuse();"
    "CREATE TRIGGER yuzui_job_kept BEFORE DELETE ON yuzui_job FOR EACH ROW EXECUTE FUNCTION yuzui_refuse();";

const char pg_job_functions[] =
    REFUND("CREATE", "")

    /* A job, and with it the refund whose id is p_refund, unless that is empty. What is refused has written nothing. */
    "CREATE FUNCTION yuzui_job(p_owner text, p_id text, p_key text, p_seen bigint, p_look bigint, p_detail text, p_now bigint, p_refund text, p_of text,"
    " p_amount bigint, p_why text, OUT code int, OUT before boolean, OUT amount bigint) LANGUAGE plpgsql AS $$ #variable_conflict use_column\n"
    " DECLARE j yuzui_job; ours boolean; BEGIN"
    "  SELECT * INTO j FROM yuzui_job x WHERE x.id = p_id; amount := coalesce(j.revision, 0); ours := coalesce(j.owner = p_owner, true);"
    "  before := ours AND amount = p_seen + 1 AND j.look = p_look AND j.detail = p_detail;"
    "  code := CASE WHEN before OR (ours AND amount = p_seen AND j.look IS DISTINCT FROM 0) THEN 0 ELSE -1 END;"
    "  IF code <> 0 OR before THEN RETURN; END IF;"
    "  IF p_refund <> '' THEN SELECT r.code INTO code FROM yuzui_refund(p_refund, p_of, p_amount, p_why, p_now) r; END IF;"
    "  IF code <> 0 THEN RETURN; END IF;"
    "  amount := p_seen + 1;"
    "  IF p_seen = 0 THEN INSERT INTO yuzui_job (id, owner, key, revision, look, created, ended, detail)"
    "   VALUES (p_id, p_owner, p_key, 1, p_look, p_now, CASE p_look WHEN 0 THEN p_now ELSE 0 END, p_detail);"
    "  ELSE UPDATE yuzui_job x SET revision = p_seen + 1, look = p_look, ended = CASE p_look WHEN 0 THEN p_now ELSE 0 END, detail = p_detail WHERE x.id = p_id;"
    "  END IF; END $$;";

/* The tenth version's: of one that was removed nothing is given back; what was given back before is the same, said again. */
const char pg_job_functions_again[] =
    REFUND("CREATE OR REPLACE", "  IF EXISTS (SELECT 1 FROM yuzui_removed_hold x WHERE x.id = p_of) THEN code := -10; before := false; state := 0; amount := 0;"
    "   available := 0; held := 0;"
    "   SELECT CASE WHEN x.hold = p_of AND p_amount IN (0, e.amount) THEN e.amount ELSE -1 END, e.account INTO wish, lent FROM yuzui_txn x"
    "    JOIN yuzui_entry e ON e.txn = x.id WHERE x.kind = 5 AND x.ref = p_id AND e.book = 1;"
    "   IF NOT FOUND THEN RETURN; END IF; code := -1; IF wish < 0 THEN RETURN; END IF;"
    "   code := 0; before := true; state := 1; amount := wish;"
    "   SELECT x.available + yuzui_lent(x.id), x.held - yuzui_lent(x.id) INTO available, held FROM yuzui_account x WHERE x.id = lent; RETURN; END IF;");
/* clang-format on */
