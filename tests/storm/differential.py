#!/usr/bin/env python3
"""Mutated requests: whatever a client sends, providers see well-formed requests only, as many as clients got answers for, and no
client's key. A disagreement between the gateway and the strict reader of the fake world is a bug.
usage: differential.py [requests=100000] [seed=1]"""
import asyncio
import json
import random
import re
import sys
import time

from common import must, show
from gateway import CLIENT_KEYS, STANDARD, Gateway
from simlib import PATIENT, Sim

CONFIG = STANDARD + """
limits { header_time = "300ms", body_time = "300ms", idle_time = "300ms" }
log { access = false }
chain { auth {} }
"""
CODINGS = ["chunked", "Chunked", " chunked", "xchunked", "chunked ", "chunked\t", "\x0bchunked", "\x0cchunked", "identity", "gzip, chunked", "chunked, identity", "chunked, chunked", "\"chunked\"",
           "chunked;q=1", "chunk", "\x00chunked", "chunked\x00", "chu\rnked", "\xa0chunked", ",chunked", "chunked,", ""]
NAMES = ["Transfer-Encoding", "transfer-encoding", "Transfer-Encoding ", " Transfer-Encoding", "Transfer_Encoding", "Transfer-Encoding\t", "X: y\nTransfer-Encoding", "\rTransfer-Encoding", "Content-Length"]
LENGTHS = ["{n}", "+{n}", "-{n}", "0{n}", " {n}", "{n} ", "{n},{n}", "{n}, {m}", "0x{x}", "{n}.0", "{m}", "{n}e0", "", "{n}\x00", "18446744073709551616", "{n} {m}"]
HOSTS = ["a", "", "a b", "a\r\nHost: b", "a/b", "a@b", "a:99999", "[::1", "a,b", "\x00"]
CHUNKS = ["{x}", "0{x}", "{X}", "0x{x}", "+{x}", "{x};a=b", "{x} ", " {x}", "{x};", "{x}\t", "-1", "fffffffffffffffff", "{x}\n", "{y}", "{x};\x00"]
LINES = ["Cookie: sk-cookie-marker", "Proxy-Authorization: Basic sk-proxy-marker", "X-Forwarded-For: 1.2.3.4", "Connection: close, x-key", "Connection: keep-alive, authorization", "Upgrade: h2c",
         "Expect: 100-continue", "Expect: x", "TE: trailers", "Trailer: x", "Keep-Alive: 5", "X-Api-Key: sk-second-marker", "Forwarded: for=1", "X-Real-Ip: 1", "Origin: https://x", "X: a\r\n b", "X:\x7f", "X : y", ": y", "X",
         "Content-Type: text/plain", "X-Request-Id: a\x0bb", "Accept-Encoding: gzip", "X-HTTP-Method-Override: GET"]


class Mutant:
    """One request: a valid one with one to three faults."""

    def __init__(self, rng, number):
        self.rng = rng
        self.method, self.target, self.version = "POST", "/v1/chat/completions", "HTTP/1.1"
        self.body = json.dumps({"model": "gpt-5.2", "stream": rng.random() < 0.2, "messages": [{"role": "user", "content": f"mutant {number} GET /v1/models HTTP/1.1"}]}).encode()
        self.headers = [("Host", "a"), ("Authorization", "Bearer " + CLIENT_KEYS["alice"]), ("Content-Type", "application/json")]
        self.chunked = rng.random() < 0.4
        self.headers.append(("Transfer-Encoding", "chunked") if self.chunked else ("Content-Length", str(len(self.body))))
        self.size = "{x}"
        self.tail = b""
        self.flips = 0
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            rng.choice([self.coding, self.length, self.host, self.chunk, self.line, self.double, self.flip, self.request_line, self.behind, self.content])()

    def number(self, pattern):
        n = len(self.body)
        return pattern.format(n=n, m=n + self.rng.randint(-5, 5), x=f"{n:x}", X=f"{n:X}", y=f"{n + self.rng.randint(-3, 3):x}")

    def coding(self):
        self.headers.insert(self.rng.randint(0, len(self.headers)), (self.rng.choice(NAMES), self.rng.choice(CODINGS)))

    def length(self):
        self.headers.insert(self.rng.randint(0, len(self.headers)), ("Content-Length", self.number(self.rng.choice(LENGTHS))))
        if self.rng.random() < 0.5 and not self.chunked:
            self.headers = [h for i, h in enumerate(self.headers) if h != ("Content-Length", str(len(self.body)))]

    def host(self):
        self.headers = [(n, self.rng.choice(HOSTS) if n == "Host" else v) for n, v in self.headers]

    def chunk(self):
        self.size = self.rng.choice(CHUNKS)

    def line(self):
        name, _, value = self.rng.choice(LINES).partition(": ")
        self.headers.insert(self.rng.randint(0, len(self.headers)), (name, value))

    def double(self):
        self.headers.append(self.rng.choice(self.headers))

    def flip(self):
        self.flips += 1

    def request_line(self):
        self.method = self.rng.choice(["POST", "post", "GET", "PO ST", "POST\t", ""])
        self.target = self.rng.choice([self.target, "http://a" + self.target, "//a" + self.target, self.target + "?key=sk-query-marker", self.target + "#x", "*", self.target + "\xff", "/v1/./chat/completions"])
        self.version = self.rng.choice(["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1 ", "HTTP/0.9", "HTTP/1.10", ""])

    def behind(self):
        self.tail = self.rng.choice([b"GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + CLIENT_KEYS["bob"].encode() + b"\r\n\r\n", b"\r\n", b"X", b"0\r\n\r\n", b"\x00" * 9])

    def content(self):
        i = self.rng.randint(0, len(self.body) - 1)
        self.body = self.body[:i] + bytes([self.rng.randint(0, 255)]) + self.body[i + self.rng.randint(0, 1):]

    def bytes(self):
        eol = self.rng.choice(["\r\n"] * 20 + ["\n", "\r", "\r\r\n"])
        head = f"{self.method} {self.target} {self.version}\r\n".replace("\r\n", eol) + "".join(f"{n}: {v}\r\n" for n, v in self.headers) + "\r\n"
        data = bytearray(head.encode("latin-1"))
        for _ in range(self.flips):
            i = self.rng.randint(0, len(data) - 1)
            data[i:i + self.rng.randint(0, 1)] = bytes([self.rng.choice([0, 9, 10, 11, 13, 32, 44, 58, 127, 255, self.rng.randint(0, 255)])])
        body = self.body
        if self.chunked:
            body = self.number(self.size).encode("latin-1") + b"\r\n" + body + b"\r\n0\r\n\r\n"
        return bytes(data) + body + self.tail


async def send(port, data, seen):
    """Sends, reads until the gateway closes; counts the answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    got = b""
    try:
        writer.write(data)
        while True:
            more = await asyncio.wait_for(reader.read(65536), PATIENT)
            if not more:
                break
            got += more
    except asyncio.TimeoutError:
        seen["hung"] += 1
    except OSError:
        seen["reset"] += 1
    finally:
        writer.close()
    seen["bytes"] += len(got)
    for status, kind in re.findall(rb"(?:^|\n|\}|\])HTTP/1\.1 (\d{3})[^\r]*\r\n(?:[^\r]+\r\n)*?content-type: ([^\r;]+)", got):
        seen[status.decode()] = seen.get(status.decode(), 0) + 1
        if int(status) >= 400:
            must(kind == b"application/json", f"an error that is not JSON: {got!r}")
    for key in (b"sk-up-", b"sim-cookie-marker"):
        must(key not in got, f"{key!r} in an answer: {got!r}")
    # `[hash] … [/hash]` stands in every answer a provider gave
    seen["served"] += len(re.findall(rb"\[/[0-9a-f]{16}\]", got))


async def all_of(port, requests, seed, seen, at_once=100):
    rng, gate = random.Random(seed), asyncio.Semaphore(at_once)

    async def one(data):
        async with gate:
            await send(port, data, seen)
    for begin in range(0, requests, 2000):
        await asyncio.gather(*(one(Mutant(rng, i).bytes()) for i in range(begin, min(requests, begin + 2000))))


def run(requests=100000, seed=1):
    seen = {"hung": 0, "reset": 0, "bytes": 0, "served": 0}
    began = time.monotonic()
    with Sim(log=10) as sim, Gateway(CONFIG, sim.port, workers=1) as gateway:
        sim.script({"markers": ["sk-client-", "sk-cookie-marker", "sk-proxy-marker", "sk-second-marker", "sk-query-marker"], "default": {"words": 3, "chunks": 1}})
        asyncio.run(all_of(gateway.port, requests, seed, seen))
        gateway.settle()
        stats, log = sim.stats(), gateway.log()
    figures = show("differential", {"requests": requests, "seconds": round(time.monotonic() - began), "statuses": {k: v for k, v in sorted(seen.items()) if k.isdigit()}, "providers saw": stats["requests"],
                                    "answers that came back": seen["served"], "provider refused": stats["refused"], "malformed": stats["violations"], "markers": stats["markers"],
                                    "hung, reset": (seen["hung"], seen["reset"])})
    must(stats["violations"] == 0, f"a provider saw what it must not see: {json.dumps(stats['violation_list'])[:3000]}")
    must(seen["hung"] == 0, "the gateway neither answered nor closed")
    must(stats["requests"] - stats["refused"] == seen["served"], f"providers served {stats['requests'] - stats['refused']}, clients got {seen['served']}")
    must("sk-client" not in log and "Sanitizer" not in log, "a key in the log, or a sanitizer has spoken")
    return figures


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
