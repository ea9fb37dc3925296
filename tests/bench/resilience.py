"""The experiment of "never late, never down": the same load, the same providers and the same seeds, once straight at a provider and once through
yuzui. `./dev bench resilience [--short] [--only NAME] [--out FOLDER]` prints tables and writes a page with plots (resilience.html).

Load is open loop (tests/bench/openloop.c): a request that is late counts as late from the moment it was due, and no answer within the time-out is
a time-out. The providers are tests/sim; each scenario says below how they behave. Standard library only.
"""
import argparse
import os
import random
import statistics
import sys

from oracle import mean_and_peak, oracle
from page import PAGE, Result, curve, ms, percent, plot
from trial import BUILD, ROOT, SEED, TIMEOUT, World, flood, load, on_processor, request, script

sys.path.insert(0, os.path.join(ROOT, "tests", "sim"))
from gateway import Gateway  # noqa: E402
from simlib import Sim  # noqa: E402

# ---- 1: the network table ----------------------------------------------------------------------------------------------------------------

NODES = 7
DISTANCE = [330, 220, 260, 300, 240, 280, 350]  # ms; the first is the one that is called directly
RATE = 165  # requests a second that a node begins; more of them stand in line
RATES_OF_NODES = {f"n{node}": RATE for node in range(NODES)}


def node_rules(node, bad):
    """Good: its distance, sometimes long, rarely nothing. A bad spell: a quarter of the requests hang, the rest takes seconds."""
    at = {"provider": f"n{node}"}
    if bad:
        return [{"match": dict(at, probability=0.27), "do": {"hang": "head"}}, {"match": at, "do": {"delay": {"mean": 3300, "sd": 900}}}]
    return [{"match": dict(at, probability=0.004), "do": {"hang": "head"}}, {"match": dict(at, probability=0.02), "do": {"delay": [1500, 4000]}},
            {"match": at, "do": {"delay": {"mean": DISTANCE[node], "sd": DISTANCE[node] // 8}}}]


def bad_spells(seconds, spell, seed):
    """Each node has bad spells of its own: three tenths of its time."""
    r = random.Random(seed)
    spans = []
    for node in range(NODES):
        at = r.uniform(-1, 2.3) * spell
        while at < seconds:
            spans.append((node, at, at + spell))
            at += spell + r.uniform(1.6, 3.0) * spell
    return spans


def network_timetable(seconds, spell, seed):
    spans = bad_spells(seconds, spell, seed)
    times = sorted({0.0} | {t for _, a, b in spans for t in (a, b) if t < seconds})
    return [(t, script([rule for n in range(NODES) for rule in node_rules(n, any(k == n and a <= t < b for k, a, b in spans))], seed, RATES_OF_NODES))
            for t in times]


def nodes_config(chain=""):
    provider = "\n".join(f'provider "n{i}" {{ adapter = "openai", key = "sk-n{i}", base_url = "http://127.0.0.1:${{sim}}/p/n{i}/v1", max_connections = 5000, timeout = {{ first_byte = "4s" }} }}' for i in range(NODES))
    targets = ", ".join(f'"n{i}"' for i in range(NODES))
    return f"""{provider}
model "gpt-5.2" {{ {targets} }}
key "sk-bench" {{ name = "bench" }}
chain {{ auth {{}}, {chain or STAGES} }}
"""


STAGES = """deadline { default = "9s" }, fallback {}, hedge { percentile = 0.97, budget = 0.04 },
        retry { attempts = 3, base = "1ms", ambiguous = "retry", budget = 0.05, floor = 1 }, balance { adaptive = true }"""
DIRECT = [request("/p/n0/v1/chat/completions", "gpt-5.2", f"question {i}", "sk-n0") for i in range(64)]
THROUGH = [request("/v1/chat/completions", "gpt-5.2", f"question {i}", "sk-bench") for i in range(64)]


def degrades(sim, port, requests, rates, seconds):
    """The highest of the rates, in good times, at which all are answered and half of them hardly later than at the lowest one."""
    rules, held, usual = [rule for n in range(NODES) for rule in node_rules(n, False)[2:]], 0, None
    for rate in rates:
        with World(sim, [(0, script(rules, SEED, RATES_OF_NODES))]):
            answers = load(port, requests, rate, seconds)
        usual = usual or answers.percentile(0.5)
        if answers.share(lambda r: r[2] != 200) > 0.002 or answers.percentile(0.5) > 1.5 * usual:
            break
        held = rate
    return held


def network(sim, short):
    seconds, spell, sweep = (40, 12, 4) if short else (300, 60, 10)
    timetable = network_timetable(seconds, spell, SEED)
    with World(sim, timetable):
        direct = load(sim.port, DIRECT, 150, seconds)
    direct_most = degrades(sim, sim.port, DIRECT, (100, 150, 200, 300), sweep)
    with Gateway(nodes_config(), sim_port=sim.port, workers=2) as g:
        with World(sim, timetable):
            ours = load(g.port, THROUGH, 150, seconds)
            counters = g.status()["counters"]
        with World(sim, timetable):
            crowd = load(g.port, THROUGH, 500, seconds)
            extra_of_crowd = (g.status()["counters"]["upstream_calls"] - counters["upstream_calls"]) / len(crowd) - 1
        ours_most = degrades(sim, g.port, THROUGH, (150, 500, 700, 900), sweep)
    extra = counters["upstream_calls"] / len(ours) - 1
    lost = ours.share(lambda r: r[2] != 200)
    knows = {rate: mean_and_peak(oracle(DISTANCE, RATE, bad_spells(seconds, spell, SEED), rate, seconds, SEED, hedge), spell)
             for rate, hedge in ((150, 450), (500, 600))}
    failed = percent(crowd.share(lambda r: r[2] != 200))
    rows = [("requests/s", "150", "150", "150", "500", "500", "-"),
            ("mean, answers alone", ms(direct.mean(False)), ms(ours.mean(False)), "-", ms(crowd.mean(False)), "-", "1,200 ms → 380 ms"),
            ("mean, a time-out counted as its 10 s", ms(direct.mean()), ms(ours.mean()), ms(knows[150][0]), ms(crowd.mean()), ms(knows[500][0]), "380 ms"),
            ("time-outs and errors", percent(direct.share(lambda r: r[2] != 200)), percent(lost), "-", failed, "-", "8.5 % → 0.2 %"),
            (f"at peak (worst {spell} s), answers alone", ms(direct.peak(spell, waited=False)), ms(ours.peak(spell, waited=False)), "-", ms(crowd.peak(spell, waited=False)), "-",
             "3,500 ms → 850 ms"),
            ("at peak, time-outs counted", ms(direct.peak(spell)), ms(ours.peak(spell)), ms(knows[150][1]), ms(crowd.peak(spell)), ms(knows[500][1]), "850 ms"),
            ("worst 5 s, time-outs counted", ms(direct.peak(5)), ms(ours.peak(5)), "-", ms(crowd.peak(5)), "-", "-"),
            ("p99", ms(direct.percentile(0.99)), ms(ours.percentile(0.99)), "-", ms(crowd.percentile(0.99)), "-", "-"),
            ("before it degrades (tried up to 900/s)", f"{direct_most}/s", f"{ours_most}/s", "-", "-", "-", "150/s → 500/s"),
            ("extra provider calls", "-", percent(extra), "-", percent(extra_of_crowd), "-", "< 5 %")]
    beaten = ours.mean() < 380 and lost < 0.002 and ours.peak(spell) < 850 and extra < 0.05 and extra_of_crowd < 0.05 and ours_most >= 500
    why = ", ".join(f"{name} {counters.get(name, 0)}" for name in ("hedges", "hedge_wins", "hedge_dry", "retries", "fallbacks", "balance_outs"))
    return Result("1. The network table", ("", "direct", "yuzui", "oracle", "yuzui", "oracle", "reference"), rows, beaten,
                  [plot("Latency over time, direct (150/s)", direct), plot("Latency over time, yuzui (150/s)", ours), plot("Latency over time, yuzui (500/s)", crowd)],
                  f"{seconds} s. Seven nodes of one provider at {', '.join(map(str, DISTANCE))} ms, each begins {RATE} requests/s at most; each has bad spells "
                  f"of {spell} s of its own, in which 27 % of the requests hang and the others take 3.3 s. Directly, one node is called. The load is that "
                  f"of the direct calls, then 500/s, which in the worst minute is more than the good nodes begin. The oracle (tests/bench/oracle.py) knows which nodes "
                  f"are bad and how long their lines are, and hedges. {why}.")


# ---- 2: the load table -------------------------------------------------------------------------------------------------------------------

RATES = ((100, 100, 680), (300, 100, 890), (500, 99.8, 1200), (800, 99.5, 1800), (2000, None, None), (5000, None, None))


def load_table(sim, short):
    seconds = 6 if short else 15
    rules = [{"do": {"delay": {"mean": 400, "sd": 60}}}]
    rows, plots, beaten = [], [], True
    with Gateway(nodes_config(), sim_port=sim.port, workers=2) as g:
        for rate, success, p99 in RATES:
            with World(sim, [(0, script(rules, SEED))]):
                direct = load(sim.port, [request("/p/n0/v1/chat/completions", "gpt-5.2", f"q {i}", "sk-n0") for i in range(64)], rate, seconds)
            with World(sim, [(0, script(rules, SEED))]):
                ours = load(g.port, [request("/v1/chat/completions", "gpt-5.2", f"q {i}", "sk-bench") for i in range(64)], rate, seconds)
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
        return f'store "answers" {{ kind = "redis", url = "redis://127.0.0.1:{self.server.port}" }}\nsecret "the same everywhere"'

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
        direct = load(sim.port, direct_requests, 40, seconds)
    with Redis() as store, Gateway(service_config(store), sim_port=sim.port, workers=2, files=[("route.lua", POLICY)]) as g, World(sim, timetable):
        ours = load(g.port, requests, 40, seconds)
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
        ours = load(g.port, [request("/v1/chat/completions", "gpt-5.2", f"q {i}", "sk-bench") for i in range(64)], 200, seconds)
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


# ---- hedging --------------------------------------------------------------------------------------------------------------------------------

def hedging(sim, short):
    """Three of a hundred answers begin after four seconds, the others after 300 ms: the same stream of questions without and with `hedge`."""
    seconds, rate = (20, 60) if short else (60, 100)
    rules = [{"match": {"probability": 0.03}, "do": {"first_delay": 4000, "chunk_delay": 10}}, {"do": {"first_delay": {"mean": 300, "sd": 40}, "chunk_delay": 10}}]
    asked = [request("/v1/chat/completions", "gpt-5.2", f"question {i}", "sk-bench", stream=True) for i in range(64)]
    found = {}
    for name, stages in (("without", "balance {}"), ("with", "hedge { budget = 0.05 }, balance {}")):
        with Gateway(nodes_config(stages), sim_port=sim.port, workers=2) as g, World(sim, [(0, script(rules, SEED))]):
            answers = load(g.port, asked, rate, seconds)
            found[name] = answers, g.status()["counters"]["upstream_calls"] / len(answers) - 1
    (before, _), (after, extra) = found["without"], found["with"]
    rows = [(f"p{p:g} of the time to the first token", ms(before.percentile(p / 100, 4)), ms(after.percentile(p / 100, 4))) for p in (50, 95, 99, 99.9)]
    rows += [("extra provider calls", "-", percent(extra)), ("answers", *(percent(a.share(lambda r: r[2] == 200)) for a, _ in found.values()))]
    halved = after.percentile(0.99, 4) * 2 < before.percentile(0.99, 4)
    return Result("Hedging a bimodal provider (streams)", ("", "without", "with hedge"), rows, halved and extra <= 0.05,
                  [plot("Latency over time, with hedge", after)], f"{rate}/s for {seconds} s; 3 % of the answers begin after 4 s.")


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
    machine. Turns are short and what counts is the difference of the two of a pair: a busy neighbour comes and goes slower than that. The gateway
    has a processor of its own and as much to do as it can: one that idles between two requests finds other programs' data in its caches, and
    measures those."""
    pairs, seconds = (6, 1) if short else (60, 1)
    with_them = "auth {}, limit { limits = { { per = \"key\", requests = 100000000 } } }, hedge {}, balance {}"
    # Two targets at one provider, neither of which is called as the client called it: so connections and bodies are the same ones.
    config = """provider "n0" { adapter = "openai", key = "sk-n0", base_url = "http://127.0.0.1:${sim}/p/n0/v1" }
model "gpt-5.2" { { "n0", as = "gpt-5-nano" }, { "n0", as = "gpt-5-mini" } }
key "sk-bench" { name = "bench" }
"""
    times, rates = {"off": [], "on": []}, []
    with World(sim, [(0, script([], SEED))]), Gateway(config + "chain { auth {} }\n", sim_port=sim.port, workers=1) as off, \
            Gateway(config + f"chain {{ {with_them} }}\n", sim_port=sim.port, workers=1) as on, \
            on_processor(1, sim.process.pid, os.getpid()), on_processor(0, off.process.pid, on.process.pid):
        asked = request("/v1/chat/completions", "gpt-5.2", "x" * 800, "sk-bench")
        both = [("off", off), ("on", on)]
        for k in range(pairs + 1):
            for name, g in both if k % 2 else reversed(both):
                before = cpu_us(g.process.pid)
                answers = flood(g.port, asked, seconds)
                if k > 0:  # the first one warms up
                    times[name].append((cpu_us(g.process.pid) - before) / answers)
                    rates.append(answers / seconds)
    quarters = {name: statistics.quantiles(v, n=4) for name, v in (times | {"more": [n - f for f, n in zip(times["off"], times["on"])]}).items()}
    rows = [(name, f"{quarters[name][1]:.1f} us", f"{quarters[name][0]:.1f} to {quarters[name][2]:.1f}") for name in ("off", "on")]
    more = quarters["more"]
    rows.append(("balance + hedge + limit", f"{more[1]:+.1f} us, wanted: at most 3", f"{more[0]:+.1f} to {more[2]:+.1f}"))
    return Result("Cost of balance, hedge and limit, CPU for a request of 1 KB", ("", "median", "half of the turns"), rows, more[1] <= 3, [],
                  f"{pairs} pairs of turns of {seconds} s, as fast as one worker answers: {statistics.median(rates):,.0f}/s.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--short", action="store_true", help="runs of seconds: for a look, and for CI")
    parser.add_argument("--only", choices=("network", "load", "service", "choosing", "hedging", "cost"), action="append")
    parser.add_argument("--out", default=BUILD)
    args = parser.parse_args()
    parts = {"network": network, "load": load_table, "service": service, "choosing": choosing, "hedging": hedging, "cost": cost_of_stages}
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
