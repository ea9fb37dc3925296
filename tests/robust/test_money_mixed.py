"""A million mixed requests: streams and documents of two dialects, retries, hedges, hits of the cache, riders on another's work, clients that leave
at every stage, providers that fail in every way; and each request held against the provider's own bill. Batch by batch: what agreed is forgotten.
"""
import json
import os
import random
import time

from bench import ALICE, BOB, amount, chat, eventually, messages, post
from gateway import MODELS, PROVIDERS
from mixed_client import Crowd, Request
from test_money import balance, cli, config, credit, usage  # noqa: F401: config is a fixture

CAROL = "sk-client-carol-55d0"
KEYS = {"alice": ALICE, "bob": BOB, "carol": CAROL}
# alice's answers are cut when she leaves, bob's are drained, carol pays for hits as if she had asked anew.
REST = ('cache { ttl = "1h", store = "memory" }, fallback {}, hedge { after = "30ms", least = "1ms", budget = 1 }, '
        'retry { attempts = 3, base = "2ms", cap = "5ms", budget = 1, floor = 1000 }')
STACK = f"""
log {{ access = false }}
%s
prices "openai" {{ source = "the test", date = "2026-11-28", models = {{ {{ name = "gpt-5.2", input = 2, cached = 0.5, output = 10 }} }} }}
prices "backup" {{ source = "the test", date = "2026-11-28", models = {{ {{ name = "gpt-5.2", input = 2, cached = 0.5, output = 10 }} }} }}
prices "anthropic" {{ source = "the test", date = "2026-11-28", models = {{ {{ name = "claude-opus-4-6", input = 2, cached = 0.5, output = 10 }} }} }}
key "{ALICE}" {{ name = "alice", models = {{ "*" }} }}
key "{BOB}"   {{ name = "bob",   models = {{ "*" }}, chain = "drained" }}
key "{CAROL}" {{ name = "carol", models = {{ "*" }}, chain = "hits" }}
chain {{ auth {{}}, bill {{}}, {REST} }}
chain "drained" {{ auth {{}}, bill {{ disconnect = "drain" }}, {REST} }}
chain "hits" {{ auth {{}}, bill {{ hits = "charge" }}, {REST} }}
"""
NANO_IN, NANO_CACHED, NANO_OUT = 2000, 500, 10000  # USD per million tokens are so many nano-USD per token
PAID = 10**15

CHUNK = '{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-5.2","choices":[%s]%s}'
SAYS = '{"index":0,"delta":{"role":"assistant","content":"some words of an answer "},"finish_reason":null}'
STOPS = '{"index":0,"delta":{},"finish_reason":"stop"}'
USED = ',"usage":{"prompt_tokens":41,"completion_tokens":31,"total_tokens":72}'
NONSENSE = ',"usage":{"prompt_tokens":-41,"completion_tokens":1e308,"total_tokens":"many"}'


def raw(*events, end="data: [DONE]\n\n", ids=""):
    body = "".join(f"data: {e}\n\n" for e in events) + end
    return {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{ids}content-length: {len(body)}\r\n\r\n{body}",
            "prompt_tokens": 41, "completion_tokens": 31}


# What the provider does, by a word of the question: (how often one is asked, the rule's probability, what it does). Item 4 of the test plan.
KINDS = {
    "plain": (30, 1, {}),
    "over": (1, 1, {"completion_tokens": 700}),                                   # more than was held
    "cached": (3, 1, {"prompt_tokens": 60, "cached_tokens": 25}),
    "slow": (8, 0.5, {"first_delay": [0, 80]}),                                   # raced by a second target
    "stays": (14, 1, {"chunk_delay": [0, 8], "delay": [0, 6], "chunks": 6, "words": 40}),
    "busy": (6, 0.5, {"status": 503}),
    "limit": (4, 0.5, {"status": 429, "retry_after": "3ms"}),
    "empty": (2, 0.5, {"status": 500, "empty_body": True}),
    "down": (2, 1, {"status": 500}),
    "gateway": (2, 0.7, {"status": 504}),                                         # it may have done the work
    "wrong": (2, 1, {"status": 400}),
    "reset0": (3, 0.5, {"reset_at": 0}),
    "cuthead": (2, 0.5, {"close_at": 60}),
    "cutbody": (3, 0.8, {"close_at": 700}),
    "cut1": (3, 0.8, {"close_after_chunks": 1}),
    "cut3": (3, 0.8, {"reset_after_chunks": 3}),
    "error0": (2, 0.5, {"error_event": {"after": 0, "type": "server_error"}}),
    "error2": (2, 1, {"error_event": {"after": 2, "type": "server_error"}}),
    "error2on": (2, 1, {"error_event": {"after": 2, "type": "server_error", "goes_on": True}}),
    "silent": (3, 1, {"no_usage": True}),
    "undone": (3, 1, {"no_done": True}),
    "dripping": (2, 1, {"drip": {"bytes": 150, "ms": 1}}),
    "twice": (2, 1, raw(CHUNK % (SAYS, ""), CHUNK % (STOPS, ""), CHUNK % ("", USED), CHUNK % ("", USED))),
    "early": (2, 1, raw(CHUNK % (SAYS, USED), CHUNK % (SAYS, ""), CHUNK % (STOPS, ""))),
    "absurd": (2, 1, raw(CHUNK % (SAYS, ""), CHUNK % (STOPS, ""), CHUNK % ("", NONSENSE))),
    "sameid": (2, 1, raw(CHUNK % (SAYS, ""), CHUNK % (STOPS, ""), CHUNK % ("", USED), ids="x-request-id: the-same-for-all\r\n")),
}
CHAT_ONLY = {"twice", "early", "absurd", "sameid"}
SCRIPT = {"default": {"words": 8, "chunks": 5, "prompt_tokens": 40, "completion_tokens": 30},
          "rules": [{"match": {"contains": f"k:{kind};", "probability": p}, "do": what} for kind, (_, p, what) in KINDS.items()]}
for rule in SCRIPT["rules"][3:4]:  # only the first target is slow
    rule["match"]["provider"] = "openai"


class Planner:
    """The requests of a batch, all of chance, from a seed."""

    def __init__(self, seed):
        self.random, self.kinds, self.weights = random.Random(seed), list(KINDS), [w for w, _, _ in KINDS.values()]

    def one(self, name, kind, account, group, leaves):
        r = self.random
        stream = kind in CHAT_ONLY or r.random() < 0.6
        text = f"k:{kind}; {group} " + "and so on " * 8
        anthropic = kind not in CHAT_ONLY and r.random() < 0.25
        model = "gpt-safe" if kind == "slow" else "claude-opus-4-6" if kind not in CHAT_ONLY and r.random() < 0.2 else "gpt-5.2"
        if group[0] == "g":  # of a group all ask the same in the same words
            stream, anthropic, model = group.endswith("s"), False, "gpt-5.2"
        headers = f"x-request-id: {name}\r\n"
        if anthropic:
            headers += "anthropic-version: 2023-06-01\r\n"
            data = post(messages(text, model=model, stream=stream).replace(b"1000", b"60"), "/v1/messages", KEYS[account], headers)
        else:
            data = post(chat(text, model=model, stream=stream, max_completion_tokens=60) if model != "claude-opus-4-6" else
                        chat(text, model=model, stream=stream, max_tokens=60), key=KEYS[account], headers=headers)
        return Request(name, account, kind, group, stream, data, leaves, r.random() < 0.5, r.choice((0, 0.001, 0.004, 0.02)))

    def leaves(self, kind):
        if self.random.random() >= (0.5 if kind == "stays" else 0.12):
            return None
        return self.random.choice(("half", "sent", "sent", "fin", "head", "middle", "middle", "last"))

    def batch(self, number, n):
        out, r = [], self.random
        while len(out) < n:
            kind, account = r.choices(self.kinds, self.weights)[0], r.choice(list(KEYS))
            alone = r.random() < 0.75 or kind not in ("plain", "stays", "silent", "cut3")
            group = f"a{number}.{len(out)}" if alone else f"g{number}.{len(out)}{r.choice('ds')}"
            for _ in range(1 if alone else r.randint(2, 4)):
                out.append(self.one(f"m{number}-{len(out)}", kind, account, group, self.leaves(kind)))
        return out


def price(one):
    """Of a try or an explanation, by its counts: whole tokens of whole prices, so nothing is rounded."""
    cached = int(one.get("cached", 0))
    return (int(one["input"]) - cached) * NANO_IN + cached * NANO_CACHED + int(one["output"]) * NANO_OUT


def billed(entry):
    return entry["billed_prompt"] * NANO_IN + entry["billed_completion"] * NANO_OUT


class Judge:
    """Holds batches against the provider's bill, and keeps sums, and the ids of what was not confirmed."""

    def __init__(self):
        self.charged = dict.fromkeys(KEYS, 0)
        self.counts, self.unconfirmed, self.off, self.wrong = {}, set(), 0, []

    def count(self, what, n=1):
        self.counts[what] = self.counts.get(what, 0) + n

    def batch(self, requests, rows, log):
        of, entries, asked = {}, {}, {r.name: r for r in requests}
        for u in rows:
            if "detail" not in u:  # its client left while it was waited for
                assert u["state"] == "released" and asked[u["request"]].outcome == "left", u
                u["detail"] = {"by": "nothing"}
            of.setdefault(u["request"], []).append(u)
        for e in log:
            entries.setdefault(asked[e["request_id"]].group, []).append(e)
        groups = {}
        for r in requests:
            groups.setdefault(r.group, []).append(r)
            assert r.outcome, r.name
            self.count(r.outcome)
            self.count("requests")
        for name, members in groups.items():
            self.ask(self.group, members, [u for r in members for u in of.get(r.name, [])], entries.get(name, []))
        for r in requests:
            self.ask(self.request, r, of.get(r.name, []))

    def ask(self, question, *about):
        """All that is wrong is worth knowing, not the first of it."""
        try:
            question(*about)
        except AssertionError as e:
            self.wrong.append(f"{question.__name__}: {e}")

    def request(self, r, rows):
        where = json.dumps((r.name, r.kind, r.account, r.outcome, r.status, r.leaves, r.cache, r.cost, repr(r.tail[-120:]), rows))
        assert len(rows) <= 1, where  # one hold for one request: charged once, if at all
        assert rows or r.leaves == "half" or (r.outcome == "left" and not r.status), where
        for u in rows:
            self.row(r, u, where)
        if r.outcome == "whole":
            assert rows, where
            self.whole(r, rows[0], where)
        elif r.outcome == "error":
            assert all(u["charged"] == 0 for u in rows), where

    def row(self, r, u, where):
        by = u["detail"]["by"]
        self.count("by " + by)
        self.charged[r.account] += u["charged"]
        assert u["account"] == r.account and u["state"] in ("captured", "released") and u["lost"] == 0 and u["given_back"] == 0, where
        if by == "provider":
            assert u["charged"] == price(u["detail"]), where
            assert u["charged"] <= u["held"] or r.kind == "over", where
        elif by in ("cached", "shared"):
            assert u["charged"] == (price(u["detail"]) if r.account == "carol" else 0), where
        elif by == "estimated":
            assert u["charged"] <= u["held"], where
        else:
            assert u["charged"] == 0, where
        for t in u["detail"].get("tries", ()):
            self.count("try " + t["cost"])
            self.count("because " + t["because"])

    def whole(self, r, u, where):
        by = u["detail"]["by"]
        if r.kind in ("silent", "absurd") and by != "provider":  # some of the dialects say a count all the same
            if r.account == "carol" or not r.cache or r.cache == "miss":
                assert by in ("estimated", "shared") and (u["charged"] > 0) == (by == "estimated"), where
            else:
                assert by in ("cached", "shared", "estimated") and (by == "estimated") == (u["charged"] > 0), where
        elif r.cache == "hit":
            assert by == "cached", where
        else:
            assert by == "provider" or (by == "shared" and r.group[0] == "g"), where
            assert r.stream or by != "provider" or not r.cost or r.account == "carol" or price(u["detail"]) == u["charged"], where

    def group(self, members, rows, entries):
        """Those who asked the same: what the provider did for them, try by try, and who of them pays for it."""
        where = json.dumps([[(r.name, r.kind, r.account, r.outcome, r.leaves, r.cache) for r in members], rows, entries])
        tries = [t for u in rows for t in u["detail"].get("tries", ())]
        by_id = {e["answer_id"]: e for e in entries if e["answer_id"]}
        known = set()
        for t in tries:
            e = by_id.get(t.get("id"))
            if t["cost"] == "confirmed" and t.get("id") != "the-same-for-all" and e is None:
                assert members[0].kind in CHAT_ONLY, f"{t} {where}"
            if t.get("id") in by_id:
                assert t["id"] not in known, f"{t} {where}"  # no try is told twice
                known.add(t["id"])
            if t["cost"] == "confirmed" and e:
                assert e["done"] and nano_of(t) == price(t) and (int(t["input"]), int(t["output"])) == (e["prompt_tokens"], e["completion_tokens"]), f"{t} {where}"
        paid = [e for e in entries if e["billed_prompt"]]
        # One kind of tries is told as less than it was: what was on its way when its client left is none. The provider's bill has it, and so has
        # the reconciliation.
        raced = sum(t["cost"] == "none" and t["outcome"] == "cancelled" for t in tries)
        could = sum(t["cost"] != "none" for t in tries) + raced
        self.count("sent for nobody", min(raced, len(paid)))
        assert could >= len(paid), "the provider billed a try that is not in the record: " + where
        confirmed = [t for t in tries if t["cost"] == "confirmed"]
        payers = [u for u in rows if u["detail"]["by"] == "provider"]
        assert len(payers) <= len(confirmed), "charged more often than answered: " + where
        for u in payers:
            assert any((u["detail"]["input"], u["detail"]["output"]) == (t["input"], t["output"]) for t in confirmed), where
        guesses = [u for u in rows if u["detail"]["by"] == "estimated" and u["account"] != "carol"]
        begun = sum(t["cost"] != "none" for t in tries)
        assert len(payers) + len(guesses) <= begun, "charged more often than anything was begun: " + where
        agreed = {t.get("id") for t in confirmed}
        for e in paid:
            if e["answer_id"]:
                if e["answer_id"] not in agreed:
                    self.unconfirmed.add(e["answer_id"])
                self.off += 0 if e["answer_id"] in agreed else billed(e)


def nano_of(t):
    whole, _, part = t["usd"].partition(".")
    return int(whole) * 10**9 + int((part + "0" * 9)[:9])


def quiet(g, number, n):
    """The rows of a batch, when all of them have ended and no more come."""
    seen = []

    def same():
        seen.append([(u["id"], u["state"]) for u in usage(g, 64)])
        time.sleep(0.05)
        return len(seen) > 1 and seen[-1] == seen[-2] and all(state != "open" for _, state in seen[-1])

    def ended():
        eventually(same, "the end of the last holds")
        rows[:] = [u for u in usage(g, n + 64) if u["request"].startswith(f"m{number}-")]
        return all(u["state"] != "open" for u in rows)

    rows = []
    g.settle()
    eventually(ended, "the end of every hold")
    return rows


def test_mixed(world, config):  # noqa: F811
    world.sim.script(SCRIPT)
    ledger = next(line for line in config().splitlines() if line.startswith("ledger"))
    g = world.gateway(PROVIDERS + MODELS + STACK % ledger, workers=2)
    for account in KEYS:
        credit(g, account, PAID)
    planner, judge, since, began = Planner(20261128), Judge(), 0, time.monotonic()
    batches, n = amount((2, 1000), (250, 4000))
    bill_of_all = open(os.path.join(g.folder, "bill.csv"), "w", encoding="utf-8")
    bill_of_all.write("request_id,model,input_tokens,output_tokens\n")
    crowd = Crowd(g.port)
    for number in range(batches):
        requests = planner.batch(number, n)
        crowd.run(requests)
        rows = quiet(g, number, len(requests))
        log = world.sim.log(since)
        since = log[-1]["seq"]
        judge.batch(requests, rows, log)
        assert not judge.wrong, f"{len(judge.wrong)} wrong: " + "\n\n".join(judge.wrong[:20])
        for e in log:
            if e["billed_prompt"] and e["answer_id"]:
                bill_of_all.write(f'{e["answer_id"]},{e["model"]},{e["billed_prompt"]},{e["billed_completion"]}\n')
        for account in KEYS:
            b = balance(g, account)
            assert b["held"] == 0 and b["charged"] == judge.charged[account] and b["available"] == PAID - b["charged"], (account, b, judge.charged)
        if number % 25 == 24 or number == batches - 1:
            took = time.monotonic() - began
            print(f'{judge.counts["requests"]} requests in {took:.0f} s ({judge.counts["requests"] / took:.0f}/s): {json.dumps(judge.counts)}', flush=True)
    crowd.close()
    bill_of_all.close()
    assert judge.counts["sent for nobody"] <= judge.counts["requests"] // 100, judge.counts  # 0.4 % was the most of many runs
    assert "adds up" in cli(g, "audit")
    told = [json.loads(line) for line in cli(g, "audit", "--provider-export", "bill.csv", "--json", code=1).splitlines() if '"request"' in line]
    differing = {d["request"] for d in told if d["theirs"]}
    # An estimate may be right by chance; what was confirmed never differs.
    assert differing and differing <= judge.unconfirmed, sorted(differing - judge.unconfirmed)[:9]
    print(f"{len(differing)} of {len(judge.unconfirmed)} tries that were billed and not confirmed are listed: {judge.off / 10**9:.6f} USD")
