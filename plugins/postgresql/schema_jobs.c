/* schema_jobs.c: the fifth version of the database: jobs, and what is posted with them. */
#include "postgresql.h"

_Static_assert(YZ_POSTING_REFUND == 5 && YZ_EREMOVED == -10 && YZ_HOLD_OPEN == 0, "the database keeps these");

/* clang-format off */
/* Counts of one day, or of one month (yuzui/ledger.h, yz_counted). */
#define OF_DAY   "name ~ ' [0-9]{4}-[0-9]{2}-[0-9]{2}$'"
#define OF_MONTH "name ~ ' [0-9]{4}-[0-9]{2}$'"
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

/* A job, and with it the refund whose id is p_refund, unless that is empty. What is refused has written nothing. */
#define JOB(create, removed) \
    create " FUNCTION yuzui_job(p_owner text, p_id text, p_key text, p_seen bigint, p_look bigint, p_detail text, p_now bigint, p_refund text, p_of text," \
    " p_amount bigint, p_why text, OUT code int, OUT before boolean, OUT amount bigint) LANGUAGE plpgsql AS $$ #variable_conflict use_column\n" \
    " DECLARE j yuzui_job; ours boolean; BEGIN" \
    "  SELECT * INTO j FROM yuzui_job x WHERE x.id = p_id; amount := coalesce(j.revision, 0); ours := coalesce(j.owner = p_owner, true);" \
    "  before := ours AND amount = p_seen + 1 AND j.look = p_look AND j.detail = p_detail;" \
    "  code := CASE WHEN before OR (ours AND amount = p_seen AND j.look IS DISTINCT FROM 0) THEN 0 ELSE -1 END;" \
    removed "  IF code <> 0 OR before THEN RETURN; END IF;" \
    "  IF p_refund <> '' THEN SELECT r.code INTO code FROM yuzui_refund(p_refund, p_of, p_amount, p_why, p_now) r; END IF;" \
    "  IF code <> 0 THEN RETURN; END IF;" \
    "  amount := p_seen + 1;" \
    "  IF p_seen = 0 THEN INSERT INTO yuzui_job (id, owner, key, revision, look, created, ended, detail)" \
    "   VALUES (p_id, p_owner, p_key, 1, p_look, p_now, CASE p_look WHEN 0 THEN p_now ELSE 0 END, p_detail);" \
    "  ELSE UPDATE yuzui_job x SET revision = p_seen + 1, look = p_look, ended = CASE p_look WHEN 0 THEN p_now ELSE 0 END, detail = p_detail WHERE x.id = p_id;" \
    "  END IF; END $$;"

const char pg_jobs[] =
    /* `place`: the order in which they were made. */
    "CREATE TABLE yuzui_job (id text PRIMARY KEY, owner text NOT NULL, key text NOT NULL, revision bigint NOT NULL CHECK (revision > 0),"
    " look bigint NOT NULL CHECK (look >= 0), created bigint NOT NULL, ended bigint NOT NULL DEFAULT 0,"
    " place bigint GENERATED ALWAYS AS IDENTITY UNIQUE, detail text NOT NULL);"
    "CREATE INDEX yuzui_job_due ON yuzui_job (look, place) WHERE look > 0;"
    "CREATE INDEX yuzui_job_owner ON yuzui_job (owner, place);"
    "CREATE TRIGGER yuzui_job_once BEFORE UPDATE ON yuzui_job FOR EACH ROW WHEN (old.look = 0) EXECUTE FUNCTION yuzui_refuse();"
    "CREATE TRIGGER yuzui_job_kept BEFORE DELETE ON yuzui_job FOR EACH ROW EXECUTE FUNCTION yuzui_refuse();";

const char pg_job_functions[] = REFUND("CREATE", "") JOB("CREATE", "");

/* The tenth version's: of one that was removed nothing is given back; what was given back before is the same, said again. */
const char pg_job_functions_again[] =
    REFUND("CREATE OR REPLACE", "  IF EXISTS (SELECT 1 FROM yuzui_removed_hold x WHERE x.id = p_of) THEN code := -10; before := false; state := 0; amount := 0;"
    "   available := 0; held := 0;"
    "   SELECT CASE WHEN x.hold = p_of AND p_amount IN (0, e.amount) THEN e.amount ELSE -1 END, e.account INTO wish, lent FROM yuzui_txn x"
    "    JOIN yuzui_entry e ON e.txn = x.id WHERE x.kind = 5 AND x.ref = p_id AND e.book = 1;"
    "   IF NOT FOUND THEN RETURN; END IF; code := -1; IF wish < 0 THEN RETURN; END IF;"
    "   code := 0; before := true; state := 1; amount := wish;"
    "   SELECT x.available + yuzui_lent(x.id), x.held - yuzui_lent(x.id) INTO available, held FROM yuzui_account x WHERE x.id = lent; RETURN; END IF;");

/* The twelfth version's: jobs that were over by then go when their holds have, and what was counted in days and months that were over; after
 * all holds that are old (schema_removed.c). Ids of jobs stay as those of holds do. */
const char pg_jobs_removed[] =
    "CREATE TABLE yuzui_removed_job (id text PRIMARY KEY);"
    "CREATE TRIGGER yuzui_removed_job_kept BEFORE UPDATE OR DELETE ON yuzui_removed_job FOR EACH ROW EXECUTE FUNCTION yuzui_refuse();"
    "DROP TRIGGER yuzui_job_kept ON yuzui_job;"
    "CREATE TRIGGER yuzui_job_kept BEFORE DELETE ON yuzui_job FOR EACH ROW EXECUTE FUNCTION yuzui_refuse_unless_removing();"
    "CREATE TRIGGER yuzui_job_open BEFORE DELETE ON yuzui_job FOR EACH ROW WHEN (old.look <> 0) EXECUTE FUNCTION yuzui_refuse();"
    "CREATE INDEX yuzui_job_over ON yuzui_job (ended) WHERE look = 0;"
    "CREATE INDEX yuzui_counted_day ON yuzui_counted (right(name, 10)) WHERE " OF_DAY ";"
    "CREATE INDEX yuzui_counted_month ON yuzui_counted (right(name, 7)) WHERE " OF_MONTH ";";

#define COUNTS_BEFORE(of, n, form) \
    "  DELETE FROM yuzui_counted WHERE name IN (SELECT name FROM yuzui_counted WHERE " of " AND right(name, " n ") < to_char(to_timestamp(old) AT TIME ZONE 'UTC', " form ")" \
    "   AND amount = removed ORDER BY right(name, " n ") LIMIT p_most);" \
    "  GET DIAGNOSTICS n = ROW_COUNT; more := more OR n = p_most;"

const char pg_job_functions_removed[] =
    JOB("CREATE OR REPLACE", "  IF j.id IS NULL AND (EXISTS (SELECT 1 FROM yuzui_removed_job x WHERE x.id = p_id) OR EXISTS (SELECT 1 FROM yuzui_removed_hold x WHERE x.id = p_id))"
    "   THEN code := -10; before := false; RETURN; END IF;")
    /* 1: there is more; 0: there is not. */
    "CREATE FUNCTION yuzui_remove_rest(p_keep bigint, p_most int) RETURNS int LANGUAGE plpgsql AS $$"
    " DECLARE old bigint := yuzui_clock() - p_keep; ids text[]; n int; more boolean; BEGIN"
    "  SELECT array_agg(id) INTO ids FROM (SELECT id FROM yuzui_job j WHERE look = 0 AND ended < old AND NOT EXISTS (SELECT 1 FROM yuzui_hold h WHERE h.id = j.id)"
    "   ORDER BY ended LIMIT p_most) x;"
    "  more := coalesce(array_length(ids, 1), 0) = p_most;"
    "  IF ids IS NOT NULL THEN"
    "   PERFORM set_config('yuzui.removing', 'on', true);"
    "   INSERT INTO yuzui_removed_job SELECT i FROM unnest(ids) i WHERE NOT EXISTS (SELECT 1 FROM yuzui_removed_hold r WHERE r.id = i);"
    "   DELETE FROM yuzui_job WHERE id = ANY (ids);"
    "   PERFORM set_config('yuzui.removing', '', true); END IF;"
    COUNTS_BEFORE(OF_DAY, "10", "'YYYY-MM-DD'")
    COUNTS_BEFORE(OF_MONTH, "7", "'YYYY-MM'")
    "  RETURN more::int; END $$;";

/* The thirteenth version's: tokens that become known with the end of a job, into the sums that its charge stands in. */
const char pg_job_used[] =
    "CREATE FUNCTION yuzui_used(p_id text, p_input bigint, p_cached bigint, p_output bigint) RETURNS void LANGUAGE sql AS $$"
    "  UPDATE yuzui_usage u SET input = u.input + p_input, cached = u.cached + p_cached, output = u.output + p_output FROM yuzui_hold_usage h"
    "   WHERE h.id = p_id AND u.span = h.span AND u.start = h.start AND u.account = h.account AND u.key = h.key AND u.model = h.model"
    "   AND u.provider = h.provider $$;";

const char pg_job_used_functions[] =
    "CREATE FUNCTION yuzui_job_used(p_owner text, p_id text, p_key text, p_seen bigint, p_look bigint, p_detail text, p_now bigint, p_refund text, p_of text,"
    " p_amount bigint, p_why text, p_input bigint, p_cached bigint, p_output bigint, OUT code int, OUT before boolean, OUT amount bigint)"
    " LANGUAGE plpgsql AS $$ #variable_conflict use_column\n"
    " BEGIN"
    "  SELECT j.code, j.before, j.amount INTO code, before, amount"
    "   FROM yuzui_job(p_owner, p_id, p_key, p_seen, p_look, p_detail, p_now, p_refund, p_of, p_amount, p_why) j;"
    "  IF code = 0 AND NOT before THEN PERFORM yuzui_used(p_id, p_input, p_cached, p_output); END IF; END $$;";
/* clang-format on */
