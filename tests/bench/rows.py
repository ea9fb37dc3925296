"""How long the questions of the console and the command line take over N requests: `./dev bench rows [N] [--store sqlite|postgresql] [--kept DAYS] [--single DAYS] [--keep DAYS] [--folder DIR] [--audit]`.

Both ledger stores are filled with N requests (default 1,000,000) of 400 days: 200 keys in 20 groups that pay for them, with labels, 30 models, 6 providers
(rows_fill.py). Then a gateway is asked, over HTTP, what the pages of the console ask, what a key's owner asks, and the command line what it asks: the
median and the longest of several times, in milliseconds. --kept: only the requests of the last DAYS days have their explanation, and of others
no more than the sums need. --single: only those of the last DAYS days are there at all, and sums of the others, for a disk that has no room for all: then the
audit finds what is missing. --keep: then the ledger is told to keep DAYS days (`keep`), and what is measured is how long it takes until the older ones are gone, how long
a credit waits meanwhile, and the room that is free then. --audit: `yuzui audit` reads everything, which takes minutes by the million. Longer than 300 ms is marked.
"""
import argparse
import datetime
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "sim"), os.path.join(HERE, "..", "robust")]
import pg_server  # noqa: E402
import rows_fill as rows  # noqa: E402
from gateway import Gateway  # noqa: E402
from simlib import BUILD  # noqa: E402

TIMES, MOST = 7, 300
TOKEN = "sesame-sesame-sesame"
CONFIG = """listen "127.0.0.1:${port}"
admin "127.0.0.1:${admin}" { token = "sesame-sesame-sesame" }
ledger @LEDGER@
provider "provider-0" { adapter = "openai", key = "sk-up", base_url = "http://127.0.0.1:9/v1" }
model "model-00" { "provider-0" }
prices "provider-0" { source = "the bench", date = "2026-11-28", models = { { name = "model-00", input = 2, output = 10 } } }
chain { auth {}, bill {} }
"""


def day(at):
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%d")


class Asked:
    def __init__(self, gateway, key):
        self.gateway, self.key, self.slow = gateway, key, []

    def http(self, port, path, token):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        c.request("GET", path, headers={"Authorization": "Bearer " + token})
        r = c.getresponse()
        body = r.read()
        c.close()
        assert r.status == 200, (path, r.status, body[:300])
        return body

    def admin(self, path):
        return self.http(self.gateway.admin_port, "/api/v1/" + path, TOKEN)

    def self(self, path):
        return self.http(self.gateway.port, "/v1/" + path, self.key)

    def cli(self, *words):
        return self.gateway.command(*words).encode()

    def show(self, what, ask, *words):
        """Fewer times of what is slow."""
        took, body = [], b""
        while len(took) < TIMES and sum(took) < 10:
            since = time.monotonic()
            body = ask(*words)
            took.append(time.monotonic() - since)
        middle, longest = statistics.median(took) * 1000, max(took) * 1000
        self.slow += [what] if middle > MOST else []
        print(f"  {what:58s}{middle:10.1f}{longest:10.1f}  {len(body):9,} bytes{'  <-- slow' if middle > MOST else ''}", flush=True)
        return body


class Cli(Gateway):
    def command(self, *words, code=0):
        p = subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(self.folder, "yuzui.lua")], env=self.env, capture_output=True, text=True, check=False)
        assert p.returncode == code, (words, p.returncode, p.stdout[-500:], p.stderr[-500:])
        return p.stdout


def people(gateway):
    """Groups that pay, in the order that the rows count accounts in, and keys in them; the secret of the first."""
    for i in range(rows.ACCOUNTS):
        name = f"team-{i:02d}"
        gateway.command("group", "create", name, "--account", name, "--labels", f"floor={i % 4}")
        gateway.command("credit", name, "--usd", "1000000")
    made = [gateway.command("key", "create", f"key-{i:03d}", "--group", f"team-{i % rows.ACCOUNTS:02d}", "--labels", f"tier={'gold' if i % 5 == 0 else 'silver'}", "--json")
            for i in range(rows.KEYS)]
    return json.loads(made[0])["key"]


def questions(a, now, single):
    month, whole = f"from={day(now - 29 * 86400)}&until={day(now + 86400)}", f"from={day(now - 399 * 86400)}&until={day(now + 86400)}"
    print(f"  {'':58s}{'median':>10s}{'longest':>10s}", flush=True)
    for name, span in (("30 days", month), ("400 days", whole)):
        for by in ("day", "key", "model", "provider", "account", "day,model", "day,key", "hour", "label:tier", "key,model", "account,model", "key,provider",
                   "label:tier,model"):
            a.show(f"usage of {name} by {by}", a.admin, f"usage?{span}&by={by}")
        for only in ("key=key-007", "model=model-07", "provider=provider-2", "account=team-03", "label=tier=gold", "label=floor=1"):
            for by in ("day", "model", "key"):
                a.show(f"usage of {name} by {by}, {only}", a.admin, f"usage?{span}&by={by}&{only}")
        a.show(f"usage of {name} by day,key as CSV", a.admin, f"usage?{span}&by=day,key&format=csv")
        a.show(f"margins of {name}", a.admin, f"margins?{span}")
    a.show("balances", a.admin, "accounts?limit=1000")
    a.show("one balance", a.admin, "accounts/team-03")
    a.show("moves", a.admin, "moves?limit=1000&format=csv")
    last = json.loads(a.show("the last 50 charges", a.admin, "charges?limit=50"))
    a.show("the next 50", a.admin, f"charges?limit=50&after={last['next']}")
    a.show("the last 50 charges of a key", a.admin, "charges?limit=50&key=key-007")
    a.show("1000 charges of a key as CSV", a.admin, "charges?limit=1000&key=key-007&format=csv")
    ago = now - min(365, single - 1) * 86400
    old = json.loads(a.show("charges of an old day", a.admin, f"charges?limit=1000&from={day(ago)}&until={day(ago + 86400)}"))["charges"]
    a.show("one charge by its request", a.admin, "charges/" + old[len(old) // 2]["request"])
    a.show("keys", a.admin, "keys?limit=1000")
    mine = json.loads(a.admin("charges?limit=1&key=key-000"))["charges"][0]
    a.show("of the owner: /v1/balance", a.self, "balance")
    a.show("of the owner: /v1/usage by day, 30 days", a.self, f"usage?by=day&{month}")
    a.show("of the owner: /v1/usage by day,model, 400 days", a.self, f"usage?by=day,model&{whole}")
    a.show("of the owner: /v1/usage/{request}", a.self, "usage/" + mine["request"])
    a.show("yuzui usage --by day --from …", a.cli, "usage", "--by", "day", "--from", day(now - 29 * 86400))
    a.show("yuzui usage --by model", a.cli, "usage", "--by", "model")
    a.show("yuzui usage --limit 20", a.cli, "usage", "--limit", "20")
    a.show("yuzui balance", a.cli, "balance")


def waits(a, times, done=lambda: False):
    """Milliseconds that each of so many credits takes, one after the other, or until it is done."""
    took = []
    while len(took) < times and not done():
        body = json.dumps({"account": "team-00", "usd": 0.001, "id": f"bench-{time.monotonic_ns()}"})
        since = time.monotonic()
        c = http.client.HTTPConnection("127.0.0.1", a.gateway.admin_port, timeout=600)
        c.request("POST", "/api/v1/credits", body, {"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"})
        r = c.getresponse()
        assert r.status in (200, 201), (r.status, r.read())
        c.close()
        took.append((time.monotonic() - since) * 1000)
        time.sleep(0.02)
    took.sort()
    return f"{len(took)} credits wait {statistics.median(took):.1f} ms, 99 of 100 at most {took[len(took) * 99 // 100]:.1f}, the longest {took[-1]:.1f}"


def forget(gateway, store, ledger, days):
    """What is older than so many days goes, while credits are posted."""
    a, old = Asked(gateway, ""), int(time.time()) - days * 86400
    print(f"  with all of them: {waits(a, 300)}", flush=True)
    gateway.stop()
    gateway.write("yuzui.lua", CONFIG.replace("@LEDGER@", ledger.replace(" }", f', keep = "{days}d" }}')))
    gateway.start()
    since, looked = time.monotonic(), [0, False]

    def done():
        if time.monotonic() - looked[0] > 2:
            looked[:] = time.monotonic(), store.oldest() >= old
        return looked[1]

    print(f"  while older ones go: {waits(a, 10_000_000, done)}", flush=True)
    took = time.monotonic() - since
    print(f"  older than {days} days are gone: {took:.0f} s, {store.room()}", flush=True)


def measure(name, store, ledger, args):
    print(f"{name}: {args.n:,} requests", flush=True)
    gateway = Cli(CONFIG.replace("@LEDGER@", ledger), head=False)
    try:
        gateway.start()
        key = people(gateway)
        gateway.stop()
        now = int(time.time())
        print(f"  {store.fill(args.n, now, args.kept, args.single) / 1e9:.2f} GB", flush=True)
        gateway.start()
        a = Asked(gateway, key)
        if args.keep:
            forget(gateway, store, ledger, args.keep)
        questions(a, now, min(args.single, args.keep or args.single))
        if args.audit:
            since = time.monotonic()
            print("  " + gateway.command("audit").strip(), f"({time.monotonic() - since:.0f} s)", flush=True)
        return a.slow
    finally:
        gateway.stop()
        gateway.remove()


def main():
    parser = argparse.ArgumentParser(prog="./dev bench rows")
    parser.add_argument("n", nargs="?", type=lambda text: int(text.replace("_", "").replace(",", "")), default=1_000_000)
    parser.add_argument("--store", choices=("sqlite", "postgresql"))
    parser.add_argument("--kept", type=int, default=rows.DAYS)
    parser.add_argument("--single", type=int, default=rows.DAYS, choices=range(2, rows.DAYS + 1), metavar="DAYS")
    parser.add_argument("--keep", type=int, metavar="DAYS")
    parser.add_argument("--audit", action="store_true")
    parser.add_argument("--folder", default=None, help="where the ledgers are made: a disk that has room")
    args = parser.parse_args()
    folder, slow = tempfile.mkdtemp(prefix="yuzui-rows-", dir=args.folder), []
    try:
        if args.store != "postgresql":
            path = os.path.join(folder, "ledger.db")
            slow += measure("sqlite", rows.Sqlite(path), f'"sqlite" {{ path = "{path}" }}', args)
            os.unlink(path)
        if args.store != "sqlite":
            pg = pg_server.Postgres(args.folder).start()
            try:
                url = pg.database()
                slow += measure("postgresql", rows.Postgresql(os.path.join(pg_server.programs(), "psql"), url), f'"postgresql" {{ url = "{url}", wills = "{folder}/ledger" }}', args)
            finally:
                pg.remove()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(slow)} take longer than {MOST} ms" + "".join("\n  " + what for what in slow))


if __name__ == "__main__":
    main()
