#!/usr/bin/env python3
"""Memory at rest: four plugins, one worker; then thousands of idle connections, half of which have asked something.
usage: idle.py [connections=10000]"""
import resource
import socket
import sys
import time

from common import mib, must, show
from gateway import PROVIDERS, CLIENT_KEYS, Gateway
from simlib import Sim

CONFIG = PROVIDERS.split('provider "anthropic"')[0] + """
model "gpt-5.2" { "openai" }
key "sk-client-alice-7f3a" { name = "alice" }
log { access = false }
chain { auth {}, cache {}, retry {} }
"""  # openai, auth, cache, memory, retry


def rss(gateway):
    with open(f"/proc/{gateway.process.pid}/status", encoding="ascii", errors="replace") as f:
        lines = dict(line.split(":", 1) for line in f if ":" in line)
    return {name: int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "RssAnon")}


def mapped(gateway, names):
    with open(f"/proc/{gateway.process.pid}/maps", encoding="ascii", errors="replace") as f:
        text = f.read()
    return [name for name in names if name in text]


def connect(port, n):
    sockets = []
    body = '{"model":"gpt-5.2","messages":[{"role":"user","content":"idle"}]}'
    ask = (f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {CLIENT_KEYS['alice']}\r\ncontent-type: application/json\r\n"
           f"content-length: {len(body)}\r\n\r\n{body}").encode()
    for i in range(n):
        s = socket.create_connection(("127.0.0.1", port))
        if i % 2:
            s.sendall(ask)
            must(s.recv(65536).startswith(b"HTTP/1.1 200"), "no answer")
        sockets.append(s)
    return sockets


def run(connections=10000, head=True):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(connections, (hard if hard != resource.RLIM_INFINITY else 1 << 20) - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, connections + 200) if hard != resource.RLIM_INFINITY else connections + 200, hard))
    with Sim() as sim, Gateway(CONFIG, sim.port, workers=1) as gateway:
        time.sleep(1.5)
        idle, strangers = rss(gateway), mapped(gateway, ("libpq", "libsqlite3", "libhiredis"))
        sockets = connect(gateway.port, connections)
        time.sleep(1.5)
        full = rss(gateway)
        for s in sockets:
            s.close()
        time.sleep(1.5)
        after = rss(gateway)
        connect(gateway.port, 2)[1].close()  # it still answers
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    figures = show("idle", {"connections": connections, "at rest": {k: mib(v) for k, v in idle.items()}, "with them": {k: mib(v) for k, v in full.items()},
                            "without them again": {k: mib(v) for k, v in after.items()}, "a connection": f"{(full['RssAnon'] - idle['RssAnon']) / connections:.0f} bytes"})
    must(not strangers, f"mapped, though no stage, store or ledger of the config needs them: {strangers}")
    must(idle["VmRSS"] < 8 << 20, f"{mib(idle['VmRSS'])} at rest, 8 MiB allowed")
    must(full["VmRSS"] < 60 << 20, f"{mib(full['VmRSS'])} with {connections} connections, 60 MiB allowed")
    return figures


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
