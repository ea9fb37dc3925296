#!/usr/bin/env python3
"""Reload after reload, as fast as they go, one in five broken, under load with streams: no failed request, no dropped stream.
usage: reloads.py [reloads=1000] [rate=300]"""
import sys
import time

from common import Load, Sampler, judge_load, mib, must, show
from gateway import STANDARD, Gateway
from simlib import Sim

CONFIG = STANDARD + """
watch(false)
store "memory" { max = "1MiB" }
log { access = false }
chain { auth {}, policy "pick.lua", cache {}, fallback {}, retry {} }
"""


def run(reloads=1000, rate=300):
    with Sim(log=1000) as sim:
        sim.script({"default": {"chunk_delay": [0, 30]}})
        gateway = Gateway(CONFIG, sim.port, {"pick.lua": "return function(req, next) return next(req) end\n"}, workers=2)
        try:
            gateway.start()
            sampler, load, broken, began = Sampler(gateway), Load(gateway.port, seconds=3600, rate=rate, connections=64, streams=50), 0, time.monotonic()
            for i in range(reloads):
                bad = i % 5 == 4
                gateway.write_config(CONFIG + ("chian {}\n" if bad else f'model "extra-{i}" {{ "openai" }}\n'))
                ok, text = gateway.reload()
                must(ok != bad and (not bad or "yuzui.lua:" in text), f"reload {i}: {text}")
                broken += bad
            seconds = time.monotonic() - began
            load.process.send_signal(15)
            report = load.report()
            sampler.stop()
            generation = gateway.status()["generation"]
            must(gateway.stop() == 0, "the gateway did not end with 0")
        finally:
            gateway.remove()
    growth = sampler.growth(seconds / 2)  # before, pools come to their high water
    figures = show("reloads", {"reloads": f"{reloads}, {broken} broken, in {seconds:.1f} s", "generation": generation, "requests": report["sent"], "whole": report["whole"],
                               "errors": report["error_answers"] + report["error_events"], "p99": f"{report['p99_us']} µs", "memory growth after a half": mib(growth), "peak": mib(sampler.peak())})
    judge_load(report)
    must(report["error_answers"] + report["error_events"] == 0, f"failed requests: {report['reasons']}")
    must(growth < 3 << 20, f"memory grew by {mib(growth)}")
    return figures


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
