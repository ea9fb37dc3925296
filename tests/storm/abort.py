#!/usr/bin/env python3
"""Clients leave at random moments: how soon does the provider see it?
usage: abort.py [aborts=10000]"""
import asyncio
import json
import random
import sys
import time

from common import must, show
from gateway import CLIENT_KEYS, STANDARD, Gateway
from simlib import PATIENCE, Sim


async def leave(port, i, rng, left):
    stream = i % 2 == 0
    body = json.dumps({"model": "gpt-5.2", "stream": stream, "messages": [{"role": "user", "content": f"leave {i}"}]})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {CLIENT_KEYS['alice']}\r\nx-request-id: leave-{i}\r\n"
                  f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}").encode())
    await asyncio.sleep(rng.uniform(0, 0.15))
    left[f"leave-{i}"] = time.time()
    if i % 3:
        writer.close()
    else:
        writer.transport.abort()
    del reader


async def all_leave(port, n, at_once):
    rng, left, gate = random.Random(3), {}, asyncio.Semaphore(at_once)

    async def one(i):
        async with gate:
            await leave(port, i, rng, left)
    await asyncio.gather(*(one(i) for i in range(n)))
    return left


def run(aborts=10000, at_once=50):
    with Sim(log=aborts * 2) as sim, Gateway(STANDARD + "chain { auth {}, cache {}, fallback {}, retry {} }\n", sim.port, workers=1) as gateway:
        sim.script({"default": {"delay": [0, 100], "chunk_delay": [0, 60]}})
        left = asyncio.run(all_leave(gateway.port, aborts, at_once))
        gateway.settle()
        log = sim.wait(lambda log: all(e["aborted"] or e["done"] for e in log), what="the end of every call")
        stats = sim.stats()
    took, finished = [], 0
    for e in log:
        if e["aborted"]:
            took.append((e["at_us"] + e["end_us"]) / 1000 - left[e["request_id"]] * 1000)
        else:
            finished += 1
    took.sort()
    partial = sum(1 for e in log if e["aborted"] and 0 < e["billed_completion"] < e["completion_tokens"])
    figures = show("clients that leave", {"left": aborts, "calls upstream": len(log), "cancelled upstream": len(took), "finished before": finished, "billed in part": partial,
                                          "p50, p99, max": f"{took[len(took) // 2]:.1f} ms, {took[len(took) * 99 // 100]:.1f} ms, {took[-1]:.1f} ms"})
    must(len(took) > aborts * 0.2, "too few calls were under way")
    must(took[len(took) * 99 // 100] <= 100 * PATIENCE, "the p99 is over 100 ms")
    must(stats["violations"] == 0, f"{stats['violation_list']}")
    return figures


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
