#!/usr/bin/env python3
"""Idle and dripping clients must not slow down the others.
usage: crowd.py [idle=10000] [drips=500] [rate=1000] [seconds=10]"""
import resource
import socket
import sys
import threading
import time

from common import Load, judge_load, must, show
from gateway import STANDARD, Gateway
from simlib import PATIENCE, Sim

CONFIG = STANDARD + """
limits { connections = 30000, header_time = "10m", body_time = "10m", idle_time = "10m", body_rate = "0" }
log { access = false }
chain { auth {}, fallback {}, retry {} }
"""
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n"


class Drips(threading.Thread):
    """Each socket gets one byte of a request four times a second."""

    def __init__(self, port, n):
        super().__init__(daemon=True)
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(n)]
        self.on, self.sent, self.at = True, 0, 0
        self.start()

    def run(self):
        while self.on:
            byte = HEAD[self.at:self.at + 1] or b"x"
            self.at += 1
            for s in self.sockets:
                try:
                    s.send(byte)
                    self.sent += 1
                except OSError:
                    pass
            time.sleep(0.25)

    def stop(self):
        self.on = False
        self.join()
        for s in self.sockets:
            s.close()


def run(idle=10000, drips=500, rate=1000, seconds=10):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle = min(idle, hard - drips - 500) if hard != resource.RLIM_INFINITY else idle
    options = {"seconds": seconds, "rate": rate, "connections": 32, "streams": 20}
    with Sim(log=1000) as sim, Gateway(CONFIG, sim.port, workers=1) as gateway:
        Load(gateway.port, **options).report(seconds)
        alone = Load(gateway.port, **options).report(seconds)
        sockets = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(idle)]
        dripping = Drips(gateway.port, drips)
        crowded = Load(gateway.port, seed=2, **options).report(seconds)
        dripping.stop()
        for s in sockets:
            s.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    figures = show("a crowd", {"idle, dripping": (idle, drips), "dripped bytes": dripping.sent, "alone: p50, p99": f"{alone['p50_us']} µs, {alone['p99_us']} µs",
                               "in the crowd: p50, p99": f"{crowded['p50_us']} µs, {crowded['p99_us']} µs", "requests": crowded["sent"], "late": crowded["late"]})
    for report in (alone, crowded):
        judge_load(report)
        must(report["error_answers"] + report["error_events"] == 0, f"{report['reasons']}")
    must(crowded["p99_us"] <= max(2 * alone["p99_us"], 100000) * PATIENCE, f"p99 {crowded['p99_us']} µs in the crowd, {alone['p99_us']} µs alone")
    return figures


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
