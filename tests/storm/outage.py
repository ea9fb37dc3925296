#!/usr/bin/env python3
"""Everything fails: Redis is killed, frozen and restarted, providers fail 30 % of their calls in eight ways, clients leave at random.
usage: outage.py [seconds=600] [rate=400]"""
import random
import sys
import threading
import time

from common import Load, Sampler, judge_load, mib, must, show
from gateway import STANDARD, Gateway, free_port
from simlib import Sim

sys.path.insert(0, sys.path[0] + "/../scenario")
from redis_server import Redis  # noqa: E402

CONFIG = STANDARD + """
store "redis" { url = "redis://127.0.0.1:${redis}" }
secret "the same everywhere"
chain { auth {}, cache { store = "redis" }, fallback {}, retry { attempts = 3, base = "20ms", budget = 0.5 } }
"""
FAULTS = [{"status": 500}, {"status": 429, "retry_after": "50ms"}, {"status": 529, "html": True}, {"reset_at": 0}, {"reset_after_chunks": 3}, {"close_after_chunks": 4},
          {"error_event": {"after": 0}}, {"error_event": {"after": 4}}, {"close_at": 600}, {"garble": {"at": 900, "with": '"""}'}}, {"hang": "head"}, {"hang_after_chunks": 2},
          {"stale_next": True}, {"status": 503, "body": "<html>"}, {"connection_close": True}]


def script(share=0.3):
    """Each fault strikes an equal part of `share`: the n-th rule sees only what those before it left."""
    rules, left = [], 1.0
    for fault in FAULTS:
        part = share / len(FAULTS)
        rules.append({"match": {"probability": part / left}, "do": fault})
        left -= part
    return {"seed": 42, "default": {"delay": [0, 40], "chunk_delay": [0, 15]}, "rules": rules}


class Saboteur(threading.Thread):
    def __init__(self, redis):
        super().__init__(daemon=True)
        self.redis, self.on, self.deeds = redis, True, []
        self.start()

    def run(self):
        rng = random.Random(7)
        while self.on:
            for deed, pause in (("stop", 1.5), ("start", 2), ("pause", 1.5), ("resume", 2)):
                if not self.on:
                    break
                getattr(self.redis, deed)()
                self.deeds.append(deed)
                time.sleep(pause * rng.uniform(0.5, 1.5))

    def stop(self):
        self.on = False
        self.join()


def run(seconds=600, rate=400, connections=64):
    must(Redis.available(), "redis-server is not installed")
    redis = Redis(free_port())
    redis.start()
    try:
        with Sim(log=1000) as sim:
            sim.script(script())
            gateway = Gateway(CONFIG, sim.port, timeouts='connect = "1s", first_byte = "1500ms", first_token = "1500ms", idle = "1500ms", total = "20s"', workers=2)
            gateway.names["redis"] = str(redis.port)
            gateway.write_config(CONFIG)
            try:
                gateway.start()
                load, sampler, saboteur = Load(gateway.port, seconds=seconds, rate=rate, connections=connections, aborts=10, repeat=20000, model="gpt-safe", served="gpt-5.2"), Sampler(gateway), Saboteur(redis)
                report = load.report(seconds)
                saboteur.stop()
                sampler.stop()
                must(gateway.process.poll() is None, "the gateway is gone:\n" + gateway.log()[-3000:])
                gateway.settle()
                counters = gateway.status()["counters"]
                must(gateway.stop() == 0, "the gateway did not end with 0")
                log = gateway.log()
            finally:
                gateway.remove()
            stats = sim.stats()
    finally:
        redis.stop()
    growth = sampler.growth(seconds * 0.25)
    figures = show("outage", {
        "requests": report["sent"], "per second": round(report["sent"] / report["seconds"]), "late": report["late"], "whole": report["whole"], "errors": report["error_answers"], "error events": report["error_events"],
        "left by the client": report["aborted"], "broken, hung, unanswered": (report["broken"], report["hung"], report["unanswered"]), "reasons": report["reasons"],
        "p50, p99, max": f"{report['p50_us']} µs, {report['p99_us']} µs, {report['max_us']} µs", "deeds on redis": len(saboteur.deeds), "provider calls": stats["requests"],
        "retries": counters["retries"], "memory growth after a quarter": mib(growth), "peak": mib(sampler.peak()), "open files at the end": sampler.samples[-1][2]})
    judge_load(report)
    must(growth < 4 << 20, f"memory grew by {mib(growth)}")
    must(stats["violations"] == 0, f"violations: {stats['violation_list']}")
    must("Sanitizer" not in log, "a sanitizer has spoken")
    return figures


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
