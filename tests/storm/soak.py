#!/usr/bin/env python3
"""Many requests, a fifth of them streams, a tenth left by their clients: memory and open files must not follow their number.
usage: soak.py [requests=1000000] [connections=32]"""
import sys
import time

from common import Load, Sampler, judge_load, mib, must, show
from gateway import STANDARD, Gateway
from simlib import Sim

CONFIG = STANDARD + """
store "memory" { max = "4MiB" }
log { access = false }
chain { auth {}, cache {}, fallback {}, retry {} }
"""


def run(requests=1000000, connections=32, round_seconds=10):
    with Sim(log=1000) as sim, Gateway(CONFIG, sim.port, workers=1) as gateway:
        sampler, sent, unclean, rounds = Sampler(gateway), 0, 0, 0
        while sent < requests or rounds < 3:
            report = Load(gateway.port, seconds=round_seconds, connections=connections, streams=20, aborts=10, seed=rounds + 1).report(round_seconds)
            judge_load(report)
            unclean += report["error_answers"] + report["error_events"]
            sent += report["sent"]
            rounds += 1
            if rounds == 1:
                first, began = sent, time.monotonic() - sampler.begun
        sampler.stop()
        gateway.settle()
        files, stats = gateway.files(), sim.stats()
    growth = sampler.growth(began)
    slope = growth / max(1, sent - first)
    figures = show("soak", {"requests": sent, "errors": unclean, "memory growth after the first round": mib(growth), "bytes a request": f"{slope:.2f}", "peak": mib(sampler.peak()),
                            "open files": files})
    must(slope <= 1 or growth < 1 << 20, f"memory grows by {slope:.2f} bytes a request")
    must(stats["violations"] == 0, f"{stats['violation_list']}")
    return figures


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
