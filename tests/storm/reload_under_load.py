#!/usr/bin/env python3
"""Reloads under load: config, policy and plugin files change while requests run, one of the configs is broken.
usage: reload_under_load.py [seconds=60] [reloads=20] [rate=2000]"""
import http.client
import json
import os
import shutil
import sys
import time

from common import BUILD, Load, Sampler, judge_load, mib, must, show, until
from gateway import CLIENT_KEYS, STANDARD, Gateway
from simlib import PATIENCE, PATIENT, Sim

CONFIG = STANDARD + """
store "memory" { max = "4MiB" }
log { access = false }
chain { auth {}, policy "pick.lua", cache { store = "memory" }, fallback {}, retry { attempts = 2 } }
"""
MODELS = ["gpt-5.2", "kimi-k2.5"]


def policy(model):
    return f'return function(req, next) req.model = "{model}" return next(req) end\n'


class Probe:
    """Asks one question after the other and tells which model answered."""

    def __init__(self, port):
        self.c = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENT)
        self.n = 0

    def model(self):
        self.n += 1
        body = json.dumps({"model": "auto", "messages": [{"role": "user", "content": f"probe {self.n}"}]})
        self.c.request("POST", "/v1/chat/completions", body, {"authorization": "Bearer " + CLIENT_KEYS["alice"], "content-type": "application/json"})
        r = self.c.getresponse()
        answer = r.read()
        must(r.status == 200, f"the probe got {r.status}: {answer!r}")
        return r.getheader("x-yuzui-model")

    def seconds_until(self, model):
        began = time.monotonic()
        while self.model() != model:
            must(time.monotonic() - began < PATIENT, f"{model} was not seen within {PATIENT} s")
            time.sleep(0.01)
        return time.monotonic() - began


def change_plugin(folder, i):
    """A plugin file with other content and the same code: bytes behind an ELF image mean nothing."""
    path = os.path.join(folder, "plugins", "retry.so")
    with open(path, "rb") as f:
        code = f.read()
    with open(path + ".new", "wb") as f:
        f.write(code + bytes([i]) * 16)
    os.replace(path + ".new", path)


def wait_generation(gateway, number):
    until(lambda: gateway.status()["generation"] >= number, f"generation {number}")


def one_change(gateway, probe, i, figures):
    before = gateway.status()["generation"]
    kind = "broken" if i == 9 else ("policy", "config", "plugin")[i % 3]
    if kind == "broken":
        gateway.write_config(CONFIG.replace("chain {", "chian {"))
        until(lambda: "chian" in gateway.log() and "yuzui.lua:" in gateway.log(), "a log that says what is broken")
        must(gateway.status()["generation"] == before, "a broken config made a generation")
        gateway.write_config(CONFIG)
    elif kind == "config":
        gateway.write_config(CONFIG + f'model "extra-{i}" {{ "openai" }}\n')
    elif kind == "plugin":
        change_plugin(gateway.folder, i)
    else:
        figures["policies"] += 1
        model = MODELS[figures["policies"] % 2]
        gateway.write("pick.lua", policy(model))
        figures["seen"].append(probe.seconds_until(model))
    wait_generation(gateway, before + 1)
    figures["kinds"].append(kind)


def growth_at_rest(gateway, probe, policies, reloads=30):
    """Bytes a reload costs once everything has reached its full size: the cache, the pools, two generations side by side. Under load
    that cannot be told from the memory of calls in flight, of which there are sometimes more. The load must be over."""
    before, figures = gateway.rss(), {"policies": policies, "seen": [], "kinds": []}
    for i in range(reloads):
        one_change(gateway, probe, 100 + i, figures)
    return (gateway.rss() - before) / reloads


def run(seconds=60, reloads=20, rate=2000, connections=64):
    figures = {"seen": [], "kinds": [], "policies": 0}
    with Sim(log=1000) as sim:
        gateway = Gateway(CONFIG, sim.port, {"pick.lua": policy(MODELS[0])})
        shutil.copytree(os.path.join(BUILD, "plugins"), os.path.join(gateway.folder, "plugins"))
        gateway.env["YUZUI_PLUGINS"] = os.path.join(gateway.folder, "plugins")
        try:
            gateway.start()
            probe, load, sampler = Probe(gateway.port), Load(gateway.port, seconds=seconds, rate=rate, connections=connections, model="auto", served=",".join(MODELS)), Sampler(gateway)
            began = time.monotonic()
            for i in range(reloads):
                time.sleep(max(0, began + (i + 1) * seconds * 0.95 / (reloads + 1) - time.monotonic()))
                one_change(gateway, probe, i, figures)
            report = load.report(seconds)
            sampler.stop()
            at_rest = growth_at_rest(gateway, probe, figures["policies"])
            first = began - sampler.begun + seconds * 2 / (reloads + 1)
            log = gateway.log()
            must(gateway.stop() == 0, "the gateway did not end with 0")
        finally:
            gateway.remove()
        violations = sim.stats()["violations"]
    figures = show("reload under load", {
        "requests": report["sent"], "per second": round(report["sent"] / report["seconds"]), "late": report["late"], "whole": report["whole"],
        "errors": report["error_answers"] + report["error_events"], "broken, hung, unanswered": (report["broken"], report["hung"], report["unanswered"]),
        "p50, p99, max": f"{report['p50_us']} µs, {report['p99_us']} µs, {report['max_us']} µs", "reloads": dict((k, figures["kinds"].count(k)) for k in set(figures["kinds"])),
        "policy seen after": ", ".join(f"{s * 1000:.0f} ms" for s in figures["seen"]), "memory growth after the first": mib(sampler.growth(first)), "peak": mib(sampler.peak()),
        "growth at rest": f"{at_rest / 1024:.1f} KiB a reload",
        "growth": sampler.growth(first), "seen": figures["seen"], "files": sampler.samples[-1][2]})
    judge_load(report)
    must(report["error_answers"] + report["error_events"] == 0, f"failed requests: {report['reasons']}")
    must(max(figures["seen"]) < PATIENCE, f"a policy change took longer than {PATIENCE} s")
    must(figures["growth"] < 3 << 20, f"memory grew by {mib(figures['growth'])}")
    must(at_rest < 16 << 10, f"memory grew by {at_rest / 1024:.1f} KiB a reload")  # every third maps a new plugin for good: 13 KiB
    must(violations == 0 and "Sanitizer" not in log, "violations, or a sanitizer has spoken")
    return figures


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
