"""Requests that nobody made, in a ledger of either store: rows as `bill` and the ledger write them, by the million. rows.py asks about them.

The statements are the same for both stores but for a few words. Requests come day by day out of a table that stands for their chunk; what
is random about one is a hash of its number, so two runs and both stores have the same. Holds are out of leases, one a day and account, as most
are. Indexes that are no constraint's are made when all rows are there.
"""
import contextlib
import os
import sqlite3
import subprocess
import time

DAYS, KEYS, ACCOUNTS, MODELS, PROVIDERS, HOLD = 400, 200, 20, 30, 6, 41030000
FIRST, LEASES, REFUNDS = 10_000_000, 1_000_000, 2_000_000  # numbers of transactions: of charges, of leases, of refunds
CHUNK = 125_000
SPAN = DAYS * 86400
PRIMES = (2654435761, 2246822519, 3266489917, 668265263, 374761393)  # one a property, so that they do not go together


def drawn(n, prime):
    return f"((i * {PRIMES[prime]}) % 4294967291) * {n} / 4294967291"


class Words:
    """What the two stores say differently; table names have a prefix in one."""

    def __init__(self, postgresql):
        self.prefix = "yuzui_" if postgresql else ""
        self.over = " OVERRIDING SYSTEM VALUE" if postgresql else ""
        self.series = "SELECT i FROM generate_series({0}::bigint, {1}::bigint) AS s (i)" if postgresql else (
            "WITH RECURSIVE s (i) AS (SELECT {0} UNION ALL SELECT i + 1 FROM s WHERE i < {1}) SELECT i FROM s")
        self.hex = "lpad(to_hex({0}), 16, '0')" if postgresql else "printf('%016x', {0})"
        self.pad = "lpad(({0})::text, {1}, '0')" if postgresql else "printf('%0{1}d', {0})"
        self.summed = "" if postgresql else ", summed"
        self.summed_value = "" if postgresql else ", 1"

    def usd(self, amount):
        return f"(({amount}) / 1000000000) || '.' || " + self.pad.format(f"({amount}) % 1000000000", 9)


def requests(w, first, last, step, start_ns):
    """A chunk: number, moment, who, what, where, how much, how it ended."""
    return f"""INSERT INTO req SELECT i, ns, ns / 1000000000, k, m, CASE WHEN other < 15 THEN (m + 1) % {PROVIDERS} ELSE m % {PROVIDERS} END, nin, nout,
 nin * 2000 + nout * 10000, CASE k % 3 WHEN 0 THEN (nin * 2000 + nout * 10000) / 5 * 6 ELSE nin * 2000 + nout * 10000 END, CASE i % 50 WHEN 0 THEN 2 ELSE 1 END, other
 FROM (SELECT i, {start_ns} + i * {step} AS ns, k, (k * 7 + j * 3) % {MODELS} AS m, nin, nout, other FROM (SELECT i,
 {KEYS} * r / 1000 * r / 1000 AS k, q * q / 125000 AS j, nin, nout, other FROM (SELECT i, {drawn(1000, 0)} AS r, {drawn(1000, 1)} AS q, 100 + {drawn(1900, 2)} AS nin,
 20 + {drawn(700, 3)} AS nout, {drawn(100, 4)} AS other FROM ({w.series.format(first, last)}) a) b) c) d"""


def detail(w, whole):
    """What bill explains a charge by; not whole: what the ledger keeps of one that is old."""
    model, provider = "'model-' || " + w.pad.format("m", 2), "'provider-' || p"
    counted = "',\"input\":' || nin || ',\"cached\":0,\"output\":' || nout || '"
    if not whole:
        tried = f"""'"tries":[{{"provider":"' || {provider} || '","cost":"' || CASE st WHEN 1 THEN 'confirmed' ELSE 'unknown' END || '","usd":' || CASE st WHEN 1 THEN {w.usd('list')} ELSE '0' END || '}}]}}'"""
        return f"""CASE st WHEN 1 THEN '{{"provider":"' || {provider} || '"{counted[1:]},' ELSE '{{' END || {tried}"""
    one = f"""'"provider":"' || {provider} || '","model":"' || {model} || '","id":"req_' || {w.hex.format('ns')} || '"{counted[1:]},"cost":"confirmed","usd":' || {w.usd('list')} || '}}'"""
    failed = f"""CASE WHEN other % 25 = 1 THEN '{{"because":"first","outcome":"error","status":503,"provider":"provider-' || ((p + 2) % {PROVIDERS}) || '","model":"' || {model} || '","cost":"none","usd":0}},' ELSE '' END"""
    return f"""CASE st WHEN 1 THEN '{{"by":"provider","provider":"' || {provider} || '","model":"' || {model} || '"{counted[1:]},"cost":{{"price":"' || {provider} || '/' || {model} || '#7d390a68","usd":' || {w.usd('cost')}
 || ',"parts":[{{"meter":"input","n":' || nin || ',"usd_per_million":2}},{{"meter":"output","n":' || nout || ',"usd_per_million":10}}]}},"tries":[' || {failed} || '{{"because":"first","outcome":"done","status":200,' || {one}
 || '],"attempts":1,"attempts_unknown":0,"attempts_usd":' || {w.usd('list')} || '}}' ELSE '{{"by":"nobody","tries":[{{"because":"first","outcome":"error","status":500,"provider":"' || {provider} || '","model":"' || {model}
 || '","cost":"unknown","usd":0}}],"attempts":1,"attempts_unknown":1,"attempts_usd":0}}' END"""


def singles(w, start_ns, whole):
    """The requests themselves: holds out of leases, their ends, refunds of a few."""
    t, account, day = w.prefix, f"(k % {ACCOUNTS} + 1)", "(at / 86400)"
    key, model, provider = "'key-' || " + w.pad.format("k", 3), "'model-' || " + w.pad.format("m", 2), "'provider-' || p"
    ident = w.hex.format("ns") + " || '-0-' || " + w.hex.format(f"(i * {PRIMES[1]}) % 9007199254740881")
    number = f"({LEASES} + {account} * 1000 + {day} - {start_ns // 86400000000000})"
    yield f"""INSERT INTO {t}hold (id, account, amount, request, model, price, created, expires, state, captured, absorbed, refunded, ended, detail, key, lease{w.summed})
 SELECT {ident}, {account}, {HOLD}, {w.hex.format(f'(i * {PRIMES[2]}) % 9007199254740881')} || {w.hex.format(f'(i * {PRIMES[3]}) % 9007199254740881')}, {model}, {provider} || '/' || {model} || '#7d390a68', at, at + 3600,
 st, CASE st WHEN 1 THEN cost ELSE 0 END, 0, CASE WHEN i % 100000 = 7 THEN cost ELSE 0 END, at, {detail(w, whole)}, {key}, {number}{w.summed_value} FROM req ORDER BY i"""
    yield f"""INSERT INTO {t}txn (id, kind, ref, hold, created, detail){w.over} SELECT {FIRST} + i, st + 2, {ident}, {ident}, at, '' FROM req ORDER BY i"""
    yield f"""INSERT INTO {t}txn (id, kind, ref, hold, created, detail){w.over} SELECT {REFUNDS} + i / 100000, 5, 'refund ' || i, {ident}, at, '' FROM req WHERE i % 100000 = 7"""
    yield f"""INSERT INTO {t}lease (number, account, rest, taken, created, expires, ended) SELECT {number}, {account}, 0, {HOLD} * COUNT(*), MIN(at), MIN(at) + 60, MAX(at) FROM req GROUP BY {account}, {day}"""
    yield f"""INSERT INTO {t}txn (id, kind, ref, hold, created, detail){w.over} SELECT {number}, 2, 'lease ' || {number} || ' 1', NULL, MIN(at), '' FROM req GROUP BY {account}, {day}"""
    for book, amount in ((1, f"-{HOLD} * COUNT(*)"), (2, f"{HOLD} * COUNT(*)")):
        yield f"INSERT INTO {t}entry (txn, book, account, amount) SELECT {number}, {book}, {account}, {amount} FROM req GROUP BY {account}, {day}"
    yield f"""INSERT INTO {t}entry (txn, book, account, amount) SELECT {FIRST} + i, book, {account}, CASE book WHEN 1 THEN {HOLD} - CASE st WHEN 1 THEN cost ELSE 0 END WHEN 2 THEN -{HOLD} ELSE cost END
 FROM req, (SELECT 1 AS book UNION ALL SELECT 2 UNION ALL SELECT 4) b WHERE book < 4 OR st = 1 ORDER BY i, book"""
    yield f"""INSERT INTO {t}entry (txn, book, account, amount) SELECT {REFUNDS} + i / 100000, book, {account}, CASE book WHEN 1 THEN cost ELSE -cost END
 FROM req, (SELECT 1 AS book UNION ALL SELECT 4) b WHERE i % 100000 = 7"""


def chunk(w, now, first, last, step, start_ns, whole, single):
    """The statements that write requests first to last, whole days of them."""
    t, account = w.prefix, f"(k % {ACCOUNTS} + 1)"
    key, model, provider = "'key-' || " + w.pad.format("k", 3), "'model-' || " + w.pad.format("m", 2), "'provider-' || p"
    yield "DELETE FROM req"
    yield requests(w, first, last, step, start_ns)
    if single:
        yield from singles(w, start_ns, whole)
    yield "DELETE FROM hourly"
    yield """INSERT INTO hourly SELECT at - at % 3600, k, m, p, COUNT(*), SUM(nin), SUM(nout), SUM(cost), SUM(CASE WHEN i % 100000 = 7 THEN cost ELSE 0 END)
 FROM req WHERE st = 1 GROUP BY at - at % 3600, k, m, p"""
    sums, columns = "SUM(calls), SUM(nin), 0, SUM(nout), SUM(cost), 0, SUM(refunded)", "account, key, model, provider, calls, input, cached, output, captured, absorbed, refunded"
    for span in (3600, 86400):
        begin, over = f"start - start % {span}", f"start < {now - now % span}" # parts are of hours and days that are over
        yield f"INSERT INTO {t}usage (span, start, {columns}) SELECT {span}, {begin}, {account}, {key}, {model}, {provider}, {sums} FROM hourly GROUP BY {begin}, k, m, p"
        for part, names, by in ((1, f"{account}, {key}, '', ''", "k"), (2, f"0, '', {model}, {provider}", "m, p"), (4, "0, '', '', ''", begin)):
            yield f"INSERT INTO {t}usage_part (part, span, start, {columns}) SELECT {part}, {span}, {begin}, {names}, {sums} FROM hourly WHERE {over} GROUP BY {begin}, {by}"
    yield from chunk_of_tries(t)


def chunk_of_tries(t):
    """What their details say of them: the one that answered, or failed and may have cost something. One of cost "none" counts for nothing."""
    yield f"""INSERT INTO {t}tried (start, provider, tries, amount, estimated, unknown) SELECT at - at % 3600, 'provider-' || p, COUNT(*), SUM(CASE st WHEN 1 THEN list ELSE 0 END), 0,
 SUM(st - 1) FROM req GROUP BY at - at % 3600, p ORDER BY 1, 2"""


def rolled(w, now):
    t = w.prefix
    yield f"""INSERT INTO {t}usage_part (part, span, start, account, key, model, provider, calls, input, cached, output, captured, absorbed, refunded) SELECT 3, 0, 0, account, '', '', '',
 SUM(calls), SUM(input), SUM(cached), SUM(output), SUM(captured), SUM(absorbed), SUM(refunded) FROM {t}usage_part WHERE part = 1 AND span = 86400 GROUP BY account"""
    columns, sums = "calls, input, cached, output, captured, absorbed, refunded", "SUM(calls), SUM(input), SUM(cached), SUM(output), SUM(captured), SUM(absorbed), SUM(refunded)"
    for span in (691200, 5529600): # stretches of 8 and of 64 days
        for part, names, by in ((1, "account, key, '', ''", "account, key"), (5, "account, key, model, provider", "account, key, model, provider")):
            yield f"""INSERT INTO {t}usage_part (part, span, start, account, key, model, provider, {columns}) SELECT {part}, {span}, start - start % {span}, {names}, {sums}
 FROM {t}usage WHERE span = 86400 AND start < {now - now % 86400} GROUP BY start - start % {span}, {by}"""
    for span in (3600, 86400):
        yield f"UPDATE {t}usage_rolled SET until = {now - now % span} WHERE span = {span}"


def balances(w):
    """What is available is what was paid in, less what was charged."""
    return f"""UPDATE {w.prefix}account SET available = available - (SELECT COALESCE(SUM(captured - refunded), 0) FROM {w.prefix}usage u WHERE u.account = {w.prefix}account.id AND span = 86400)"""


REQ = "CREATE TEMP TABLE req (i bigint, ns bigint, at bigint, k int, m int, p int, nin bigint, nout bigint, list bigint, cost bigint, st int, other int);" \
      "CREATE TEMP TABLE hourly (start bigint, k int, m int, p int, calls bigint, nin bigint, nout bigint, cost bigint, refunded bigint)"


def chunks(w, n, now, kept, single):
    """Whole days, about CHUNK requests each; the last day is today's, until now."""
    start = (now - now % 86400) - (DAYS - 1) * 86400
    step = max(1, (now - start) * 1000000000 // (n + 1))
    first_of = [-(-day * 86400 * 1000000000 // step) for day in range(DAYS + 1)]
    days = max(1, CHUNK * DAYS // n) if min(kept, single) >= DAYS else 1
    for day in range(0, DAYS, days):
        first, last = max(1, first_of[day]), min(n, first_of[min(DAYS, day + days)] - 1)
        if first <= last:
            yield chunk(w, now, first, last, step, start * 1000000000, DAYS - day <= kept, DAYS - day <= single)


def said(text, since):
    print(f"  {text}: {time.monotonic() - since:.0f} s", flush=True)


def fill_sqlite(path, n, now, kept, single):
    db, since, w = sqlite3.connect(path, isolation_level=None), time.monotonic(), Words(False)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "temp_store = MEMORY", "locking_mode = EXCLUSIVE", "threads = 2"):
        db.execute("PRAGMA " + pragma)
    indexes = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('hold', 'txn', 'entry', 'usage')").fetchall()
    for name, _ in indexes:
        db.execute("DROP INDEX " + name)
    db.executescript(REQ)
    db.execute("UPDATE usage_rolled SET until = 0") # or a trigger would do for each row what is done here for all
    for statements in chunks(w, n, now, kept, single):
        db.execute("BEGIN")
        for sql in statements:
            db.execute(sql)
        db.execute("COMMIT")
    for sql in (balances(w), *rolled(w, now)):
        db.execute(sql)
    said(f"{n:,} requests written", since)
    for _, sql in indexes:
        db.execute(sql)
    said("indexes made", since)
    db.execute("PRAGMA locking_mode = NORMAL")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    return sum(os.path.getsize(path + end) for end in ("", "-wal") if os.path.exists(path + end))


def fill_postgresql(psql, url, n, now, kept, single):
    """Through psql; triggers and foreign keys do not run, and the sequences are told where they stand."""
    since, w = time.monotonic(), Words(True)
    ask = lambda sql: subprocess.run([psql, url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, capture_output=True, text=True).stdout.strip()  # noqa: E731
    own = "FROM pg_indexes i WHERE tablename IN ('yuzui_hold', 'yuzui_txn', 'yuzui_entry', 'yuzui_usage') AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
    indexes = ask(f"SELECT indexdef {own}").splitlines()
    with subprocess.Popen([psql, url, "-Xq", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, text=True) as p:
        say = lambda sql: p.stdin.write(sql + ";\n")  # noqa: E731
        say("SET session_replication_role = replica")
        say("SET work_mem = '256MB'")
        say("SET maintenance_work_mem = '2GB'")
        say("SET client_min_messages = warning")
        for name in ask(f"SELECT indexname {own}").splitlines():
            say("DROP INDEX " + name)
        say(REQ)
        for statements in chunks(w, n, now, kept, single):
            say("BEGIN")
            for sql in statements:
                say(sql)
            say("COMMIT")
        for sql in (balances(w), *rolled(w, now), *indexes):
            say(sql)
        say("SELECT setval(pg_get_serial_sequence('yuzui_txn', 'id'), (SELECT MAX(id) FROM yuzui_txn)) \\g /dev/null\nVACUUM ANALYZE")
    if p.returncode:
        raise RuntimeError("psql failed")
    said(f"{n:,} requests written, indexes made", since)
    return int(ask("SELECT pg_database_size(current_database())"))


class Sqlite:
    def __init__(self, path):
        self.path = path

    def fill(self, *more):
        return fill_sqlite(self.path, *more)

    def ask(self, sql):
        with contextlib.closing(sqlite3.connect(self.path, timeout=60)) as db:
            return db.execute(sql).fetchone()[0]

    def oldest(self):
        """When the oldest request was made that is still there."""
        return self.ask("SELECT MIN(created) FROM hold")

    def room(self):
        page = self.ask("PRAGMA page_size")
        return f"the file has {self.ask('PRAGMA page_count') * page / 1e9:.2f} GB, {self.ask('PRAGMA freelist_count') * page / 1e9:.2f} of them free for what comes"


class Postgresql:
    def __init__(self, psql, url):
        self.psql, self.url = psql, url

    def fill(self, *more):
        return fill_postgresql(self.psql, self.url, *more)

    def ask(self, sql):
        return int(subprocess.run([self.psql, self.url, "-XAtq", "-c", sql], check=True, capture_output=True, text=True).stdout.strip())

    def oldest(self):
        return self.ask("SELECT min(created) FROM yuzui_hold")

    def room(self):
        """What a VACUUM FULL would leave is what is in use."""
        before = self.ask("SELECT pg_database_size(current_database())")
        subprocess.run([self.psql, self.url, "-Xq", "-c", "VACUUM FULL"], check=True)
        used = self.ask("SELECT pg_database_size(current_database())")
        return f"the tables have {before / 1e9:.2f} GB, {(before - used) / 1e9:.2f} of them free for what comes"
