"""The experiment of "never late, never down": the same load, the same providers and the same seeds, once straight at a provider and once through
yuzui. `./dev bench resilience [--short] [--only N] [--out FOLDER]` prints three tables and writes a page with plots (resilience.html).

Load is open loop (tests/bench/openloop.c): a request that is late counts as late from the moment it was due, and no answer within the time-out is
a time-out. The providers are tests/sim; each scenario says below how they behave. Standard library only.
"""
import argparse
import json
import math
import os
import random
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "sim"))
from gateway import Gateway  # noqa: E402
from simlib import BUILD, Sim  # noqa: E402

SEED = 8


# ---- load ------------------------------------------------------------------------------------------------------------------------------

class Answers:
    """What came of one run: (due in s, latency in ms, status), status 0: no answer in time."""

    def __init__(self, lines):
        self.rows = sorted((int(d) / 1e6, int(l) / 1e3, int(s), int(k)) for d, l, s, k in (line.split() for line in lines))

    def __len__(self):
        return len(self.rows)

    def good(self):
        return [r for r in self.rows if r[2] == 200]

    def share(self, want):
        return sum(1 for r in self.rows if want(r)) / max(1, len(self.rows))

    def mean(self):
        """Of all requests: one that got no answer counts with the time its client waited for it."""
        return sum(r[1] for r in self.rows) / max(1, len(self.rows))

    def percentile(self, p, rows=None):
        times = sorted(r[1] for r in (self.good() if rows is None else rows))
        return times[min(len(times) - 1, int(p * len(times)))] if times else math.inf

    def peak(self, window=5):
        """The mean of the worst stretch of so many seconds."""
        by = {}
        for r in self.rows:
            by.setdefault(int(r[0] / window), []).append(r[1])
        return max((sum(v) / len(v) for v in by.values() if len(v) >= 20), default=0)


def load(port, requests, rate, seconds, timeout_ms, seed=SEED):
    run = subprocess.run([os.path.join(BUILD, "tests", "sim", "openloop"), str(port), str(rate), str(seconds), str(timeout_ms), str(seed)],
                         input="".join(requests), capture_output=True, text=True, check=True)
    return Answers(run.stdout.splitlines())


def request(path, model, text, key="", tokens=40):
    body = json.dumps({"model": model, "max_completion_tokens": tokens, "messages": [{"role": "user", "content": text}]})
    return f"{path}\tauthorization: Bearer {key}\t{body}\n"


# ---- providers -------------------------------------------------------------------------------------------------------------------------

class World:
    """A fake world whose rules follow a timetable: a thread sets the script anew at each change."""

    def __init__(self, sim, timetable):
        self.sim, self.timetable, self.over = sim, timetable, threading.Event()
        sim.reset()
        sim.script(timetable[0][1])

    def __enter__(self):
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()
        return self

    def follow(self):
        began = time.monotonic()
        for at, script in self.timetable[1:]:
            if self.over.wait(max(0, began + at - time.monotonic())):
                return
            self.sim.script(script)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def script(rules, seed):
    return {"seed": seed, "default": {"words": 30, "chunks": 3}, "rules": rules}


# ---- 1: the network table ----------------------------------------------------------------------------------------------------------------

NODES = 7
DISTANCE = [330, 220, 260, 300, 240, 280, 350]  # ms; the first is the one that is called directly


def node_rules(node, bad):
    """Good: its distance, sometimes long, rarely nothing. A bad minute: a third of the requests hang, the rest takes seconds."""
    at = {"provider": f"n{node}"}
    if bad:
        return [{"match": dict(at, probability=0.27), "do": {"hang": "head"}}, {"match": at, "do": {"delay": {"mean": 3300, "sd": 900}}}]
    return [{"match": dict(at, probability=0.004), "do": {"hang": "head"}}, {"match": dict(at, probability=0.02), "do": {"delay": [1500, 4000]}},
            {"match": at, "do": {"delay": {"mean": DISTANCE[node], "sd": DISTANCE[node] // 8}}}]


def network_timetable(seconds, seed):
    """Each node has bad minutes of its own (here shorter ones, so that a run sees several): three tenths of its time."""
    r = random.Random(seed)
    minute, spans = max(9, seconds / 8), []
    for node in range(NODES):
        at = r.uniform(0, minute * 2)
        while at < seconds:
            spans.append((node, at, at + minute))
            at += minute + r.uniform(1.6, 3.0) * minute
    times = sorted({0.0} | {t for _, a, b in spans for t in (a, b) if t < seconds})
    return [(t, script([rule for n in range(NODES) for rule in node_rules(n, any(k == n and a <= t < b for k, a, b in spans))], seed)) for t in times]


def nodes_config():
    provider = "\n".join(f'provider "n{i}" {{ adapter = "openai", key = "sk-n{i}", base_url = "http://127.0.0.1:${{sim}}/p/n{i}/v1", timeout = {{ first_byte = "1500ms" }} }}' for i in range(NODES))
    targets = ", ".join(f'"n{i}"' for i in range(NODES))
    return f"""{provider}
model "gpt-5.2" {{ {targets} }}
key "sk-bench" {{ name = "bench" }}
chain {{ auth {{}}, deadline {{ default = "9s" }}, fallback {{}}, hedge {{ percentile = 0.98, budget = 0.01 }},
        retry {{ attempts = 3, base = "1ms", ambiguous = "retry", budget = 0.03, floor = 3 }}, balance {{}} }}
"""


def network(sim, short):
    seconds = 24 if short else 90
    requests = [request("/v1/chat/completions", "gpt-5.2", f"question {i}", "sk-bench") for i in range(64)]
    direct_requests = [request("/p/n0/v1/chat/completions", "gpt-5.2", f"question {i}", "sk-n0") for i in range(64)]
    timetable = network_timetable(seconds, SEED)
    with World(sim, timetable):
        direct = load(sim.port, direct_requests, 150, seconds, 10000)
    with Gateway(nodes_config(), sim_port=sim.port, workers=2) as g, World(sim, timetable):
        ours = load(g.port, requests, 500, seconds, 10000)
        counters = g.status()["counters"]
        calls = counters["upstream_calls"]
    rows = [("requests/s", "150", "500", "500"),
            ("mean", ms(direct.mean()), ms(ours.mean()), "380 ms"),
            ("time-outs", percent(direct.share(lambda r: r[2] == 0)), percent(ours.share(lambda r: r[2] != 200)), "0.2 %"),
            ("at peak (worst 5 s)", ms(direct.peak()), ms(ours.peak()), "850 ms"),
            ("p99", ms(direct.percentile(0.99)), ms(ours.percentile(0.99)), "-"),
            ("extra provider calls", "-", percent(calls / len(ours) - 1), "< 5 %")]
    beaten = ours.mean() < 380 and ours.share(lambda r: r[2] != 200) < 0.002 and ours.peak() < 850 and calls / len(ours) < 1.05
    return Result("1. The network table", ("", "direct", "yuzui", "reference"), rows, beaten,
                  [plot("Latency over time, direct (150/s)", direct), plot("Latency over time, yuzui (500/s)", ours)],
                  f"Seven nodes of one provider at {', '.join(map(str, DISTANCE))} ms; each has bad minutes of its own, in which 27 % of the requests hang "
                  f"and the others take 3.3 s. Directly, one node is called. hedges {counters.get('hedges', 0)}, retries {counters.get('retries', 0)}.")


# ---- 2: the load table -------------------------------------------------------------------------------------------------------------------

RATES = ((100, 100, 680), (300, 100, 890), (500, 99.8, 1200), (800, 99.5, 1800), (2000, None, None), (5000, None, None))


def load_table(sim, short):
    seconds = 6 if short else 15
    rules = [{"do": {"delay": {"mean": 400, "sd": 60}}}]
    rows, plots, beaten = [], [], True
    with Gateway(nodes_config(), sim_port=sim.port, workers=2) as g:
        for rate, success, p99 in RATES:
            with World(sim, [(0, script(rules, SEED))]):
                direct = load(sim.port, [request("/p/n0/v1/chat/completions", "gpt-5.2", f"q {i}", "sk-n0") for i in range(64)], rate, seconds, 10000)
            with World(sim, [(0, script(rules, SEED))]):
                ours = load(g.port, [request("/v1/chat/completions", "gpt-5.2", f"q {i}", "sk-bench") for i in range(64)], rate, seconds, 10000)
            good = ours.share(lambda r: r[2] == 200)
            own = ours.percentile(0.5) - direct.percentile(0.5)
            rows.append((f"{rate}/s", percent(direct.share(lambda r: r[2] == 200)), ms(direct.percentile(0.99)), percent(good), ms(ours.percentile(0.99)),
                         f"{own:+.1f} ms", f"{success} %" if success else "-", f"{p99} ms" if p99 else "-"))
            if success:
                beaten &= good == 1 and ours.percentile(0.99) < p99
            plots.append(plot(f"{rate} requests/s through yuzui", ours))
    return Result("2. The load table", ("offered", "direct ok", "direct p99", "yuzui ok", "yuzui p99", "yuzui's own share (p50)", "reference ok", "reference p99"),
                  rows, beaten, plots, "Providers that need 400 ms ± 60. All on one machine: load client, providers and gateway share its processors.")


# ---- 3: the customer-service case ----------------------------------------------------------------------------------------------------------

# USD per million tokens, input and output: the vendors' list prices of 2026-11 in ../shared/facts/prices.md are not the project's; these three
# are round figures of a large, a middle and a small model, said here so that the derivation can be followed.
PRICES = {"large": (3.0, 15.0), "middle": (0.8, 4.0), "small": (0.1, 0.4)}
QUESTIONS, INPUT, OUTPUT = 3000, 400, 150


def zipf(n, r):
    weights = [1 / (i + 1) for i in range(n)]
    return r.choices(range(n), weights, k=20000)


def service_rules(state):
    """large is slow and sometimes browns out; middle; small is fast. `state`: "good", "brown" (large), "down" (middle for two minutes)."""
    rules = []
    if state == "brown":
        rules.append({"match": {"provider": "large", "probability": 0.35}, "do": {"hang": "head"}})
        rules.append({"match": {"provider": "large"}, "do": {"delay": {"mean": 7000, "sd": 1500}}})
    if state == "down":
        rules.append({"match": {"provider": "middle"}, "do": {"status": 503}})
    rules += [{"match": {"provider": "large", "probability": 0.04}, "do": {"hang": "head"}}, {"match": {"provider": "large"}, "do": {"delay": {"mean": 2300, "sd": 400}}},
              {"match": {"provider": "middle"}, "do": {"delay": {"mean": 1200, "sd": 200}}}, {"match": {"provider": "small"}, "do": {"delay": {"mean": 500, "sd": 80}}}]
    return rules


POLICY = """
-- Four of ten questions are small talk, four need knowledge, two need thought: told by how they begin.
return function(req, next)
  local word = req:question():sub(1, 4)
  req.model = word == "talk" and "small" or word == "know" and "middle" or "large"
  return next(req)
end
"""


def service_questions(r):
    """The questions people ask, the frequent ones often: each line one of them."""
    kinds = ["talk"] * 4 + ["know"] * 4 + ["think"] * 2
    names = [f"{kinds[i % 10]} {i}" for i in range(QUESTIONS)]
    return [names[i] for i in zipf(QUESTIONS, r)]


def service_config(store):
    providers = "\n".join(f'provider "{n}" {{ adapter = "openai", key = "sk-{n}", base_url = "http://127.0.0.1:${{sim}}/p/{n}/v1", timeout = {{ first_byte = "6s" }} }}'
                          for n in PRICES)
    return f"""{providers}
model "auto" {{}}
model "small" {{ {{ "small", as = "gpt-5.2" }}, {{ "middle", as = "gpt-5.2", tier = 2 }} }}
model "middle" {{ {{ "middle", as = "gpt-5.2" }}, {{ "small", as = "gpt-5.2", tier = 2 }} }}
model "large" {{ {{ "large", as = "gpt-5.2" }}, {{ "middle", as = "gpt-5.2", tier = 2 }}, {{ "small", as = "gpt-5.2", tier = 3 }} }}
key "sk-bench" {{ name = "bench" }}
{store}
chain {{ auth {{}}, policy "route.lua", cache {{ ttl = "1h", store = "answers" }}, fallback {{}}, hedge {{ percentile = 0.97, budget = 0.04 }},
        retry {{ attempts = 3, ambiguous = "retry", budget = 0.04 }}, balance {{}} }}
"""


def cost(counts):
    return sum(n * (INPUT * PRICES[m][0] + OUTPUT * PRICES[m][1]) / 1e6 for m, n in counts.items())


class Redis:
    """A Redis of its own, if the machine has one."""

    def __enter__(self):
        sys.path.insert(0, os.path.join(ROOT, "tests", "scenario"))
        from redis_server import Redis as Server
        from simlib import free_port
        self.server = Server(free_port())
        self.server.start()
        return f'store "answers" {{ kind = "redis", url = "redis://127.0.0.1:{self.server.port}" }}'

    def __exit__(self, *_):
        self.server.stop()


def service(sim, short):
    scale = 0.2 if short else 1
    seconds = int(300 * scale)
    changes = [(0, "good"), (40 * scale, "brown"), (90 * scale, "good"), (130 * scale, "down"), (250 * scale, "good")]
    timetable = [(at, script(service_rules(state), SEED)) for at, state in changes]
    r = random.Random(SEED)
    asked = service_questions(r)
    direct_requests = [request("/p/large/v1/chat/completions", "gpt-5.2", q, "sk-large") for q in asked]
    requests = [request("/v1/chat/completions", "auto", q, "sk-bench") for q in asked]
    with World(sim, timetable):
        direct = load(sim.port, direct_requests, 40, seconds, 10000)
    with Redis() as store, Gateway(service_config(store), sim_port=sim.port, workers=2, files=[("route.lua", POLICY)]) as g, World(sim, timetable):
        ours = load(g.port, requests, 40, seconds, 10000)
        counters = g.status()["counters"]
        ledger = sim.log()
    calls = {m: sum(1 for e in ledger if e["provider"] == m) for m in PRICES}
    wanted = len(ours) - counters.get("cache_hits", 0) - counters.get("cache_coalesced", 0)
    extra = (counters.get("hedges", 0) + counters.get("retries", 0)) / max(1, len(ours))
    fail = ours.share(lambda x: x[2] != 200)
    rows = [("mean", ms(direct.mean()), ms(ours.mean()), "3.2 s → 1.1 s"),
            ("time-outs", percent(direct.share(lambda x: x[2] == 0)), percent(ours.share(lambda x: x[2] == 0)), "12 % → 0.3 %"),
            ("availability", percent(direct.share(lambda x: x[2] == 200), 3), percent(1 - fail, 3), "96.5 % → 99.8 %"),
            ("extra provider calls", "-", percent(extra), "< 5 %"),
            ("calls to large / middle / small", f"{len(direct)} / 0 / 0", " / ".join(str(calls[m]) for m in PRICES), "-"),
            ("cost", f"${cost({'large': len(direct)}):.2f}", f"${cost(calls):.2f}", "derived below")]
    beaten = ours.mean() < 1100 and ours.share(lambda x: x[2] == 0) < 0.003 and 1 - fail >= 0.9999 and extra < 0.05
    how = "; ".join(f"{m}: {n} calls × ({INPUT} × ${PRICES[m][0]} + {OUTPUT} × ${PRICES[m][1]}) / 1e6" for m, n in calls.items())
    return Result("3. The customer-service case", ("", "direct (large)", "yuzui", "reference"), rows, beaten,
                  [plot("Latency over time, direct", direct), plot("Latency over time, yuzui", ours)],
                  f"{QUESTIONS} questions by Zipf, 40/s; large browns out from {40 * scale:.0f} to {90 * scale:.0f} s, middle is down from {130 * scale:.0f} to "
                  f"{250 * scale:.0f} s. {wanted} answers were not in the cache. Cost: {how}.")


# ---- choosing ------------------------------------------------------------------------------------------------------

def choosing(sim, short):
    """One of seven nodes at ten times its latency, then well again: its share of the calls over time."""
    sick, well, seconds = (8, 20, 40) if short else (15, 45, 90)
    slow = [{"match": {"provider": "n3"}, "do": {"delay": {"mean": 3000, "sd": 200}}}]
    rest = [{"do": {"delay": {"mean": 300, "sd": 40}}}]
    timetable = [(0, script(rest, SEED)), (sick, script(slow + rest, SEED)), (well, script(rest, SEED))]
    with Gateway(nodes_config(), sim_port=sim.port, workers=2) as g, World(sim, timetable):
        ours = load(g.port, [request("/v1/chat/completions", "gpt-5.2", f"q {i}", "sk-bench") for i in range(64)], 200, seconds, 10000)
        ledger = sim.log()
    first = min(e["at_us"] for e in ledger)
    at = [((e["at_us"] - first) / 1e6, e["provider"] == "n3") for e in ledger]

    def share(a, b):
        inside = [x for t, x in at if a <= t < b]
        return sum(inside) / max(1, len(inside))
    shares = [(t, share(t, t + 2)) for t in range(0, seconds, 2)]
    late, back = share(sick + 10, well) if sick + 10 < well else share(well - 3, well), share(min(well + 30, seconds - 5), seconds)
    herd = max((s for t, s in shares if t >= well), default=0)
    rows = [("share while sick, after 10 s", percent(late), "< 1 %"), ("share after it is well again", percent(back), f"{100 / NODES:.1f} %"),
            ("most within 2 s after it is well", percent(herd), "no herd: < 30 %"), ("answers", percent(ours.share(lambda r: r[2] == 200)), "100 %")]
    return Result("Choosing: one sick node of seven", ("", "yuzui", "wanted"), rows, late < 0.01 and 0.07 < back < 0.25 and herd < 0.30,
                  [curve("Share of the sick node (percent, per 2 s)", [(t, s * 100) for t, s in shares], 100 / NODES)], f"Sick from {sick} s to {well} s.")


# ---- what it costs ---------------------------------------------------------------------------------------------------------------------------

def cpu_us(pid):
    """Time that its threads have run, to the nanosecond."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total / 1e3


def cost_of_stages(sim, short):
    """CPU of the gateway for a request, without and with balance, hedge and limit (in memory): in turns, in one run, so that both see the same
    machine."""
    rounds, seconds, rate = (3, 4, 1000) if short else (7, 8, 2000)
    with_them = "auth {}, limit { limits = { { per = \"key\", requests = 100000000 } } }, hedge {}, balance {}"
    # Two targets at one provider: so the connections are the same ones, and what differs is the stages alone.
    config = """provider "n0" { adapter = "openai", key = "sk-n0", base_url = "http://127.0.0.1:${sim}/p/n0/v1" }
model "gpt-5.2" { { "n0", weight = 1 }, { "n0", as = "gpt-5-mini" } }
key "sk-bench" { name = "bench" }
"""
    times = {"off": [], "on": []}
    with World(sim, [(0, script([], SEED))]), Gateway(config + "chain { auth {} }\n", sim_port=sim.port, workers=1) as off, \
            Gateway(config + f"chain {{ {with_them} }}\n", sim_port=sim.port, workers=1) as on:
        asked = [request("/v1/chat/completions", "gpt-5.2", "x" * 800, "sk-bench")]
        for k in range(rounds + 1):
            for name, g in (("off", off), ("on", on)):
                before = cpu_us(g.process.pid)
                answers = load(g.port, asked, rate, seconds, 10000)
                if k > 0:  # the first round warms up
                    times[name].append((cpu_us(g.process.pid) - before) / max(1, len(answers.good())))
    middle = {name: sorted(v)[len(v) // 2] for name, v in times.items()}
    more = middle["on"] - middle["off"]
    rows = [(name, f"{middle[name]:.1f} us", f"{min(times[name]):.1f} to {max(times[name]):.1f}") for name in ("off", "on")]
    rows.append(("balance + hedge + limit", f"{more:+.1f} us", "wanted: at most 3"))
    return Result("Cost of balance, hedge and limit, CPU for a request of 1 KB", ("", "median", "rounds"), rows, more <= 3, [], f"{rounds} rounds of {rate}/s.")


# ---- words and pictures ----------------------------------------------------------------------------------------------------------------------

class Result:
    def __init__(self, title, head, rows, beaten, plots, text):
        self.title, self.head, self.rows, self.beaten, self.plots, self.text = title, head, rows, beaten, plots, text

    def show(self):
        table = [self.head, *self.rows]
        widths = [max(len(str(row[i])) for row in table) for i in range(len(self.head))]
        print(f"\n{self.title}: {'as wanted' if self.beaten else 'NOT as wanted'}")
        for row in table:
            print("  " + "  ".join(str(cell).ljust(w) for cell, w in zip(row, widths)))
        print("  " + self.text, flush=True)

    def html(self):
        cells = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in self.rows)
        head = "".join(f"<th>{escape(c)}</th>" for c in self.head)
        return f"<h2>{escape(self.title)}</h2><p>{escape(self.text)}</p><table><tr>{head}</tr>{cells}</table>{''.join(self.plots)}"


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def ms(x):
    return "none" if math.isinf(x) else f"{x / 1000:.2f} s" if x >= 10000 else f"{x:.0f} ms"


def percent(x, digits=2):
    return f"{x * 100:.{digits}f} %"


WIDE, HIGH = 760, 220


def frame(title, inside, x_most, y_most, unit):
    lines = "".join(f'<line x1="50" x2="{WIDE - 10}" y1="{y}" y2="{y}"/><text x="45" y="{y + 4}" text-anchor="end">{v:g}</text>'
                    for v, y in ((y_most * k / 4, HIGH - 30 - (HIGH - 50) * k / 4) for k in range(5)))
    ticks = "".join(f'<text x="{50 + (WIDE - 60) * k / 6:.0f}" y="{HIGH - 12}" text-anchor="middle">{x_most * k / 6:.0f} s</text>' for k in range(7))
    return (f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{escape(title)}">'
            f'{lines}{ticks}<text x="50" y="14">{unit}</text>{inside}</svg></figure>')


def place(x, y, x_most, y_most):
    return f"{50 + (WIDE - 60) * x / x_most:.1f}", f"{HIGH - 30 - (HIGH - 50) * min(1, y / y_most):.1f}"


def plot(title, answers):
    """Every request a dot, at most 6,000 of them; those without an answer are red at the top."""
    rows = answers.rows if len(answers) <= 6000 else random.Random(1).sample(answers.rows, 6000)
    x_most = max((r[0] for r in answers.rows), default=1) or 1
    y_most = max(1000, 2 ** math.ceil(math.log2(max(1, answers.percentile(0.995)))) if answers.good() else 1000)
    dots = ""
    for r in rows:
        x, y = place(r[0], r[1], x_most, y_most)
        dots += f'<circle class="{"good" if r[2] == 200 else "bad"}" cx="{x}" cy="{y if r[2] == 200 else 20}" r="1.3"/>'
    return frame(title, dots, x_most, y_most, "ms")


def curve(title, points, wanted):
    x_most, y_most = max(x for x, _ in points) or 1, max(max(y for _, y in points), wanted) * 1.2
    path = " ".join(f"{'M' if i == 0 else 'L'}{','.join(place(x, y, x_most, y_most))}" for i, (x, y) in enumerate(points))
    level = place(0, wanted, x_most, y_most)[1]
    return frame(title, f'<path class="wanted" d="M50,{level} L{WIDE - 10},{level}"/><path class="curve" d="{path}"/>', x_most, y_most, "%")


PAGE = """<!doctype html><meta charset="utf-8"><title>yuzui: never late, never down</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:800px;margin:2em auto;padding:0 1em;color:#222;background:#fff}table{border-collapse:collapse;margin:1em 0}
td,th{border:1px solid #ccc;padding:.3em .7em;text-align:left;font-variant-numeric:tabular-nums}figure{margin:1em 0}figcaption{font-weight:600}
svg{width:100%}svg text{font-size:11px;fill:#666}svg line{stroke:#e5e5e5}.good{fill:#2a6fbb;fill-opacity:.45}.bad{fill:#c22}.curve{fill:none;stroke:#2a6fbb;stroke-width:2}
.wanted{stroke:#999;stroke-dasharray:4 4}@media(prefers-color-scheme:dark){body{background:#181a1b;color:#ddd}td,th{border-color:#444}svg line{stroke:#333}svg text{fill:#aaa}}
</style><h1>Never late, never down</h1><p>Open-loop load: a late answer counts from the moment its request was due. Same seeds, same providers, straight and through yuzui.</p>"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--short", action="store_true", help="runs of seconds: for a look, and for CI")
    parser.add_argument("--only", choices=("network", "load", "service", "choosing", "cost"), action="append")
    parser.add_argument("--out", default=BUILD)
    args = parser.parse_args()
    parts = {"network": network, "load": load_table, "service": service, "choosing": choosing, "cost": cost_of_stages}
    results = []
    with Sim(log=200000) as sim:
        for name in args.only or parts:
            results.append(parts[name](sim, args.short))
            results[-1].show()
    page = os.path.join(args.out, "resilience.html")
    with open(page, "w", encoding="utf-8") as f:
        f.write(PAGE + "".join(r.html() for r in results))
    print(f"\nplots: {page}")
    return 0 if all(r.beaten for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
