#!/usr/bin/env python3
"""A huge answer to a slow reader: the gateway must not hold more than a bounded piece of it.
usage: gib.py [mebibytes=1000]"""
import json
import socket
import sys
import time

from common import Sampler, mib, must, show
from gateway import CLIENT_KEYS, STANDARD, Gateway
from simlib import Sim

BOUND = 4 << 20


def ask(port, path, model, stream):
    limit = "max_tokens" if path == "/v1/messages" else "max_completion_tokens"
    body = json.dumps({"model": model, limit: 100, "stream": stream, "messages": [{"role": "user", "content": "all of it"}]})
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.connect(("127.0.0.1", port))
    s.settimeout(60)
    s.sendall((f"POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {CLIENT_KEYS['alice']}\r\ncontent-type: application/json\r\nconnection: close\r\n"
               f"content-length: {len(body)}\r\n\r\n{body}").encode())
    return s


def read_all(s, slow):
    """Nothing for a while, then slowly, then as fast as it comes. Counts the payload's letters."""
    time.sleep(slow)
    letters, size, tail, began = 0, 0, b"", time.monotonic()
    while True:
        data = s.recv(1 << 18)
        if not data:
            return letters, size, tail
        size += len(data)
        letters += data.count(b"x")
        tail = (tail + data)[-600:]
        if time.monotonic() - began < slow:
            time.sleep(0.002)


# A document over max_answer is refused, and 1 GiB is the most that may be asked for.
LARGE = STANDARD.replace("timeout = {", 'max_answer = "1GiB", timeout = {')


def run(mebibytes=1000, slow=2):
    figures = {}
    with Sim() as sim, Gateway(LARGE + "chain { auth {}, fallback {}, retry {} }\n", sim.port, workers=1) as gateway:
        sim.script({"default": {"huge": mebibytes << 20}})
        cases = {"stream": ("/v1/chat/completions", "gpt-5.2", True, b"[DONE]"), "document": ("/v1/chat/completions", "gpt-5.2", False, b"total_tokens"),
                 "stream, translated": ("/v1/messages", "gpt-5.2", True, b"message_stop")}
        for name, (path, model, stream, end) in cases.items():
            before, sampler, began = gateway.rss(), Sampler(gateway), time.monotonic()
            letters, size, tail = read_all(ask(gateway.port, path, model, stream), slow)
            sampler.stop()
            figures[name] = f"{mib(size)} in {time.monotonic() - began:.1f} s, memory +{mib(sampler.peak() - before)}"
            must(letters >= mebibytes << 20, f"{name}: {letters} of {mebibytes << 20} bytes came; the end: {tail!r}")
            must(end in tail, f"{name}: no proper end: {tail!r}")
            must(sampler.peak() - before < BOUND, f"{name}: memory rose by {mib(sampler.peak() - before)}, {mib(BOUND)} allowed")
    return show("a huge answer to a slow reader", figures)


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
