"""Prepaid requests, from outside: what is admitted, what is charged, and that the ledger adds up, also after kill -9."""
import json
import os
import random
import sqlite3
import statistics
import subprocess
import threading
import time

import pytest
import wire
from bench import ALICE, BOB, amount, ask, chat, eventually, is_error, messages, post
from gateway import STANDARD
from simlib import BUILD

CONFIG = STANDARD + """
ledger %s
prices "openai" { source = "the test", date = "2026-11-28", models = { { name = "gpt-5.2", input = 2, output = 10 } } }
prices "anthropic" { source = "the test", date = "2026-11-28", models = { { name = "claude-opus-4-6", input = 2, output = 10 } } }
prices "google" { source = "the test", date = "2026-11-28", models = { { name = "gemini-3-flash", input = 2, output = 10 } } }
chain { auth {}, bill { %s }, cache { ttl = "1h", store = "memory" }, fallback {}, retry { attempts = 3 } }
"""
# What the provider says was used; nano-USD
UNPRICED = 'model "unpriced" { { "openai", as = "gpt-of-no-catalogue" } }\n'
SCRIPT = {"words": 5, "chunks": 4, "prompt_tokens": 100, "completion_tokens": 50}
COST = 100 * 2000 + 50 * 10000


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request):
    """config(bill's options): one ledger for all gateways that get it where the store can be shared."""
    if request.param == "sqlite":
        return lambda options="": CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', options)
    url = request.getfixturevalue("postgres").database()
    return lambda options="": CONFIG % (f'"postgresql" {{ url = "{url}", wills = "${{folder}}/ledger" }}', options)


def cli(gateway, *words, code=0):
    p = subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(gateway.folder, "yuzui.lua")], env=gateway.env,
                       cwd=gateway.folder, capture_output=True, text=True, check=False)
    assert p.returncode == code, (words, p.returncode, p.stdout, p.stderr)
    return p.stdout


def nano(usd):
    """Exactly, from the text of a number."""
    whole, _, part = usd.partition(".")
    return int(whole) * 10**9 + int((part + "0" * 9)[:9]) * (1 if not whole.startswith("-") else -1)


def balance(gateway, account):
    for line in cli(gateway, "balance", "--json").splitlines():
        o = json.loads(line, parse_float=str, parse_int=str)
        if o["account"] == account:
            return {k: nano(v) for k, v in o.items() if k != "account"}
    return None


def usage(gateway, newest=1000000):
    out = []
    for line in cli(gateway, "usage", "--limit", str(newest), "--json").splitlines():
        o = json.loads(line, parse_float=str, parse_int=str)
        out.append({k: nano(v) if k in ("held", "charged", "lost", "given_back") else v for k, v in o.items()})
    return out


def credit(gateway, account, n):
    cli(gateway, "credit", account, "--usd", f"{n // 10**9}.{n % 10**9:09d}")


def settled(gateway, newest=1000000):
    """Holds and their ends are written behind the answer's back: wait until none is open, and none has come since the last look."""
    seen = []

    def quiet():
        seen.append([(u["id"], u["state"]) for u in usage(gateway, newest)])
        time.sleep(0.05)
        return len(seen) > 1 and seen[-1] == seen[-2] and all(state != "open" for _, state in seen[-1])

    eventually(quiet, "the end of every hold")


def test_what_a_request_costs(world, config):
    """Documents, streams, hits, errors and leavers; 402 in each dialect; the provider's bill equals ours."""
    world.sim.script({"default": SCRIPT, "rules": [{"match": {"contains": "fails"}, "do": {"status": 400}}]})
    g = world.gateway(config() + UNPRICED)
    bare = ask(g.port, chat("poor"))
    assert bare.status == 402 and is_error(bare)["code"] == "insufficient_balance", bare.body
    assert nano(bare.header("x-yuzui-needed")) > 0 and bare.header("x-yuzui-left") == "0"
    poor = ask(g.port, messages("poor"), path="/v1/messages")
    assert poor.status == 402 and is_error(poor, "anthropic")["type"] == "billing_error", poor.body
    assert not world.sim.log(), "nothing reaches a provider that is not paid for"

    credit(g, "alice", 10**9)
    whole = ask(g.port, chat("one"))
    assert whole.status == 200 and nano(whole.header("x-yuzui-cost")) == COST, whole.headers
    hit = ask(g.port, chat("one"))
    assert hit.header("x-yuzui-cache") == "hit" and hit.header("x-yuzui-cost") == "0", hit.headers
    assert ask(g.port, chat("two", stream=True)).status == 200
    assert ask(g.port, messages("three"), path="/v1/messages").status == 200
    assert ask(g.port, chat("fails")).status == 400
    settled(g)
    all_of_it = usage(g)
    assert sorted(u["charged"] for u in all_of_it) == [0, 0, COST, COST, COST], all_of_it
    assert all(u["detail"]["by"] == "provider" for u in all_of_it if u["charged"]), all_of_it
    b = balance(g, "alice")
    assert b["held"] == 0 and b["available"] == 10**9 - 3 * COST and b["charged"] == 3 * COST, b
    charged = next(u for u in all_of_it if u["charged"])
    cli(g, "refund", charged["id"], "--usd", "0.0001", "--id", "r1")
    assert balance(g, "alice")["available"] == 10**9 - 3 * COST + 100000
    assert "adds up" in cli(g, "audit")
    unpriced = ask(g.port, chat("x", model="unpriced"))
    assert unpriced.status == 403 and is_error(unpriced)["code"] == "model_without_price", unpriced.body


def test_a_model_whose_time_is_over(world, config):
    """Refused with its successor named once its day has come, within the life of one process; or the successor answers, at its price."""
    world.sim.script({"default": SCRIPT})
    priced = 'name = "gpt-5.2", input = 2, output = 10'
    for options in ("", 'ended = "redirect"'):
        text = config(options)
        assert priced in text
        gone = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        g = world.gateway(text.replace(priced, f'{priced}, ends = "{gone}", successor = "claude-opus-4-6"', 1))
        credit(g, "alice", 10**9)
        before = ask(g.port, chat("before"))
        assert before.status == 200 and before.header("x-yuzui-redirected") is None, before.body
        settled(g)
        g.skip(3600 * 1000)
        after = ask(g.port, chat("after"))
        if not options:
            assert is_error(after)["code"] == "model_ended" and "claude-opus-4-6" in is_error(after)["message"], after.body
            continue
        assert after.status == 200 and after.header("x-yuzui-target") == "anthropic/claude-opus-4-6", after.headers
        assert after.header("x-yuzui-redirected") == "gpt-5.2 to claude-opus-4-6: it is no longer served"
        settled(g)
        newest = usage(g, 1)[0]
        assert newest["model"] == "claude-opus-4-6" and newest["detail"]["redirected_from"] == "gpt-5.2", newest


def test_proof_and_drift(world, config):
    """Every try is in the proof of its request, also the one that failed; and what the provider has counted is held against it."""
    world.sim.script({"default": SCRIPT, "rules": [{"match": {"contains": "again", "times": 1}, "do": {"status": 503}}]})
    g = world.gateway(config())
    credit(g, "alice", 10**9)
    assert ask(g.port, chat("again"), headers="x-request-id: r1\r\n").status == 200
    assert ask(g.port, chat("plain", stream=True), headers="x-request-id: r2\r\n").status == 200
    settled(g)
    by_name = {u["request"]: u for u in usage(g)}
    first, last = by_name["r1"]["detail"]["tries"]
    assert first["because"] == "first" and first["status"] == "503" and first["outcome"] == "failed" and first["usd"] == "0", first
    assert last["because"] == "retry" and last["cost"] == "confirmed" and nano(last["usd"]) == COST and last["input"] == "100", last
    proof = cli(g, "usage", "r1")
    for line in ("charged   0.0007 USD", "input                   100  x  2 USD per million", "output                   50  x  10 USD per million",
                 "= 0.0007 USD", "gpt-5.2 at openai, retry, done, HTTP 200; cost confirmed: 0.0007 USD"):
        assert line in proof, (line, proof)
    assert "neither an account" in subprocess.run([os.path.join(BUILD, "yuzui"), "usage", "-c", os.path.join(g.folder, "yuzui.lua"), "nobody"], env=g.env,
                                                  cwd=g.folder, capture_output=True, text=True, check=False).stderr

    tries = [t for u in by_name.values() for t in u["detail"]["tries"] if t["cost"] == "confirmed"]
    assert len(tries) == 2 and all(t.get("id") for t in tries), tries
    rows = [f'{t["id"]},{t["model"]},2026-11-28,{t["input"]},{t["output"]},{t["usd"]}' for t in tries]

    def audit(lines, code, *more):
        with open(os.path.join(g.folder, "export.csv"), "w", encoding="utf-8") as f:
            f.write("\r\n".join(lines) + "\n")
        return cli(g, "audit", "--provider-export", "export.csv", "--provider", "openai", *more, code=code)

    head = "request_id,model,note,input_tokens,output_tokens,cost".replace("note", "kind")
    head, rows = head, [r.replace(",2026-11-28,", ',"a, kind",') for r in rows]
    told = cli(g, "audit", "--provider-export", "nowhere.csv", code=1)
    unknown = sum(1 for u in by_name.values() for t in u["detail"]["tries"] if t["cost"] == "unknown" and t.get("id"))
    agreed = audit([head, *rows], 1 if unknown else 0)
    assert ("agree: 0 differences in 2 requests" in agreed) == (unknown == 0), agreed
    missing = audit([head, rows[0]], 1)
    assert tries[1]["id"] in missing and "theirs: nothing" in missing, missing
    more = audit([head, rows[0].replace(",50,", ",51,"), rows[1]], 1, "--json")
    differing = next(json.loads(x) for x in more.splitlines() if '"request"' in x and tries[0]["id"] in x)
    assert differing["ours"]["output"] == 50 and differing["theirs"]["output"] == 51, differing
    day = next(iter(by_name.values()))["time"][:10]
    summed = audit(["date,model,input_tokens,output_tokens,cost", f"{day},gpt-5.2,200,100,0.0014"], 1 if any(
        t["cost"] == "unknown" for u in by_name.values() for t in u["detail"]["tries"]) else 0)
    assert "days and models" in summed and told is not None, summed


def test_what_is_sent_again_is_a_try(world, config):
    """A pooled connection was dead: the provider may have read the request all the same. Two tries in the proof, the lost one's cost unknown; one charge."""
    world.sim.script({"default": SCRIPT, "rules": [{"match": {"contains": "last"}, "do": {"stale_next": True}}]})
    g = world.gateway(config(), workers=1)
    credit(g, "alice", 10**9)
    for n, stream in enumerate((False, True)):
        assert ask(g.port, chat(f"last {n}")).status == 200
        assert ask(g.port, chat(f"again {n}", stream=stream), headers=f"x-request-id: again-{n}\r\n").status == 200
    settled(g)
    for u in (u for u in usage(g) if u["request"].startswith("again")):
        done, lost = u["detail"]["tries"]
        assert u["charged"] == COST and done["cost"] == "confirmed" and done["outcome"] == "done", u
        assert lost["outcome"] == "failed" and lost["cost"] == "unknown" and lost["usd"] == "0" and lost["provider"] == "openai", u
        assert u["detail"]["attempts"] == "2" and u["detail"]["attempts_unknown"] == "1", u
        assert "openai, first, failed, HTTP 0; cost unknown" in cli(g, "usage", u["request"])
    assert balance(g, "alice")["available"] == 10**9 - 4 * COST and "adds up" in cli(g, "audit")


def test_exactly_as_many_as_are_paid_for(world, config):
    """Money for k requests, 64 clients at once over four workers, of two gateways where the ledger can be shared: k are admitted, whatever the
    order, with an account that is rich enough at first for a part of it to be lent and without. Each costs all of its hold."""
    body = chat("at once", max_completion_tokens=50)
    tokens = len(body) // 2 + 1
    world.sim.script({"default": dict(SCRIPT, prompt_tokens=tokens, delay=4000)})
    text = config().replace("cache { ttl = \"1h\", store = \"memory\" }, ", "")
    gateways = [world.gateway(text, workers=4)]
    if "postgresql" in text:
        gateways.append(world.gateway(text, workers=4))
    g = gateways[0]
    hold = tokens * 2000 + 50 * 10000
    for round_ in range(amount(2, 1000)):
        k = random.Random(round_).randint(1, 20) if round_ % 2 else random.Random(round_).randint(40, 90)
        credit(g, "alice", k * hold)
        clients = [wire.Client(gateways[i % len(gateways)].port) for i in range(64)]
        try:
            statuses = []
            for _ in range(3):
                for c in clients:
                    c.send(post(body))
                for c in clients:
                    assert c.read(lambda a: a.complete, 60)
                    statuses.append(c.answer.status)
                    c.next()
        finally:
            for c in clients:
                c.close()
        assert statuses.count(200) == k and statuses.count(402) == len(statuses) - k, (k, statuses)
        settled(g, 1000)
        after = balance(g, "alice")
        assert after["held"] == 0 and after["available"] == 0, (k, after)
        assert "adds up" in cli(g, "audit")


class Bill:
    """What the fake provider billed: the names of the requests that it answered to the end. It forgets the oldest, so it is read as it grows."""

    def __init__(self, sim):
        self.sim, self.seen, self.names, self.under_way = sim, 0, set(), set()

    def read(self):
        for entry in self.sim.log(min(self.under_way, default=self.seen + 1) - 1):
            self.seen = max(self.seen, entry["seq"])
            self.under_way.discard(entry["seq"])
            if entry.get("done"):
                self.names.add(entry["request_id"])
            elif not entry.get("aborted"):
                self.under_way.add(entry["seq"])
        return self.names


class Asker(threading.Thread):
    """Asks until told to stop; a gateway that is away is waited for."""

    def __init__(self, gateway, seed):
        super().__init__(daemon=True)
        self.gateway, self.random, self.stop, self.whole, self.n = gateway, random.Random(seed), False, set(), 0
        self.seed = seed

    def run(self):
        while not self.stop:
            self.n += 1
            c, name = None, f"r{self.seed}-{self.n}"
            body = chat(name, stream=self.random.random() < 0.5, max_completion_tokens=60)
            try:
                c = wire.Client(self.gateway.port)
                c.send(post(body, key=self.random.choice((ALICE, BOB)), headers=f"x-request-id: {name}\r\n"))
                leaves = self.random.random() < 0.2
                if c.read(lambda a: a.complete or (leaves and a.status), 10) and c.answer.complete and c.answer.status == 200:
                    self.whole.add(name)
            except (OSError, wire.Broken):
                time.sleep(0.02)
            finally:
                if c:
                    c.close()


def test_kill_9(world, config, request):
    """Killed again and again under load: the audit is clean, no hold stays, nobody pays twice, and each charge is what the provider billed."""
    world.sim.script({"default": dict(SCRIPT, chunk_delay=[0, 15], first_delay=[0, 20])})
    g = world.gateway(config('ttl = "1m"'), workers=2)
    for account in ("alice", "bob"):
        credit(g, account, 10**12)
    askers = [Asker(g, seed) for seed in range(6)]
    for a in askers:
        a.start()
    bill = Bill(world.sim)
    dice = random.Random(9)
    for _ in range(amount(6, 2000)):
        time.sleep(dice.uniform(0.3, 1.2))
        g.kill()
        assert "adds up" in cli(g, "audit")
        g.start()
        bill.read()
    for a in askers:
        a.stop = True
    for a in askers:
        a.join(20)
    def all_ended():
        return all(u["state"] != "open" for u in usage(g))

    if request.node.callspec.params["config"] == "sqlite":
        eventually(all_ended, "the ends of holds whose gateway died, by their wills")
    else:  # what was on its way to the server may be written after the next gateway has looked; its time ends it
        time.sleep(1)
        assert sum(1 for u in usage(g) if u["state"] == "open") < 10
        g.skip(61000)
        eventually(all_ended, "the end of holds whose gateway died")
    every = usage(g)
    assert len({u["id"] for u in every}) == len(every)
    of = {}
    for u in every:
        assert u["lost"] == 0 and u["charged"] <= u["held"], u
        of.setdefault(u["request"], []).append(u)
        if u["state"] == "captured" and u["detail"]["by"] == "provider":
            assert u["charged"] == COST, u
    whole = set().union(*(a.whole for a in askers))
    for name in whole:  # whoever got an answer pays for it, to the last nano-USD: also if the gateway was killed in the same moment
        assert [u["charged"] for u in of[name]] == [COST], (name, of[name])
    billed = bill.read()
    exact = {name for name, rows in of.items() if any(u["state"] == "captured" and u["detail"]["by"] == "provider" for u in rows)}
    assert exact <= billed, exact - billed
    unconfirmed = billed - exact  # the provider had sent the last byte, and the gateway never saw it, or its client was gone before it came
    assert whole and not whole & unconfirmed
    for account in ("alice", "bob"):
        b = balance(g, account)
        assert b["held"] == 0 and b["available"] == 10**12 - b["charged"], b
        assert b["charged"] == sum(u["charged"] for u in every if u["account"] == account)
    print(f"{len(every)} holds; {len(whole)} answers came whole, {len(exact)} were charged by the provider's count, of {len(billed)} that it billed; "
          f"{sum(1 for u in every if u['detail'].get('by') == 'estimated')} estimated, {sum(1 for u in every if u['state'] == 'released')} released, "
          f"{sum(1 for u in every if u['state'] == 'expired')} expired")
    assert "adds up" in cli(g, "audit")


def cpu(gateway):
    """ns on a CPU, and voluntary switches: of the ledger's thread, and of all others."""
    out = {"ledger": [0, 0], "others": [0, 0]}
    tasks = f"/proc/{gateway.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/comm", encoding="utf-8") as f:
            of = out["ledger" if f.read().strip() == "ledger" else "others"]
        with open(f"{tasks}/{task}/schedstat", encoding="utf-8") as f:
            of[0] += int(f.read().split()[0])
        with open(f"{tasks}/{task}/status", encoding="utf-8") as f:
            of[1] += int(next(line for line in f if line.startswith("voluntary")).split()[1])
    return out


def ask_in_rounds(port, rounds, clients):
    """Latencies in ms; all clients ask at once, again and again, over their connections."""
    out, wires = [], [wire.Client(port) for _ in range(clients)]
    try:
        for i in range(rounds):
            for c in wires:
                c.began = time.perf_counter()
                c.send(post(chat(f"round {i}", max_completion_tokens=60)))
            for c in wires:
                assert c.read(lambda a: a.complete, 20) and c.answer.status == 200, c.answer.body
                out.append((time.perf_counter() - c.began) * 1000)
                c.next()
    finally:
        for c in wires:
            c.close()
    return out


def test_most_holds_wait_for_no_disk(world):
    """Off and on by turns in one run: what accounting costs a worker is printed, that holds come out of what was lent is judged."""
    world.sim.script({"default": SCRIPT})
    on = world.gateway((CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', "")).replace('cache { ttl = "1h", store = "memory" }, ', ""), workers=1)
    off = world.gateway((CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', "")).replace("bill {  }, cache { ttl = \"1h\", store = \"memory\" }, ", ""), workers=1)
    credit(on, "alice", 10**12)
    rounds, clients, cost = amount(20, 200), 16, {}
    for g in (off, on):
        ask_in_rounds(g.port, 2, clients)
    for _ in range(4):
        for name, g in (("off", off), ("on", on)):
            before, late, after = cpu(g), ask_in_rounds(g.port, rounds, clients), cpu(g)
            part = {of: [after[of][i] - before[of][i] for i in range(2)] for of in after}
            cost.setdefault(name, []).append((part, late))
    n = 4 * rounds * clients
    for name, parts in cost.items():
        for of in ("others", "ledger"):
            print(f"{name}, {of}: {sum(p[of][0] for p, _ in parts) / n / 1000:.1f} us of CPU a request, {sum(p[of][1] for p, _ in parts) / n:.2f} sleeps")
        print(f"{name}: p50 {statistics.median(x for _, late in parts for x in late):.2f} ms")
    settled(on)
    with sqlite3.connect(f"file:{on.folder}/ledger.db?mode=ro", uri=True) as db:
        every, covered = db.execute("SELECT COUNT(*), SUM(lease <> 0) FROM hold").fetchone()
    assert every == (4 * rounds + 2) * clients and covered > 0.9 * every, (covered, every)
    assert "adds up" in cli(on, "audit")
