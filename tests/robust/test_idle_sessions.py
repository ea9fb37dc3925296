"""What a session costs that says nothing: a thousand of them, of each dialect, after a first answer; and what it costs where an account pays for it."""
import json
import resource
import socket
import struct
import threading

import pytest
from bench import ALICE, SANITIZED, eventually
from gateway import KEYS
from live import Live
from realtime import Realtime
from simlib import PATIENT
from test_money import credit

N, WARM = 1000, 400  # warm: what is kept once, such as memory for postings of the ledger, is there
MOST = {"": 12.0, "bill {},": 13.4}  # KiB
HAND = ("GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: python/3\r\nAuthorization: Bearer " + ALICE + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
CONFIG = KEYS + """
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:%d/v1", max_connections = 5000 }
provider "google" { adapter = "gemini", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:%d/v1beta", max_connections = 5000 }
model "gpt-realtime" { "openai" }
model "gemini-live" { "google" }
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "openai" { source = "the test", date = "2026-11-30", models = { { name = "gpt-realtime", input = 4, output = 16 } } }
prices "google" { source = "the test", date = "2026-11-30", models = { { name = "gemini-live", input = 4, output = 16 } } }
chain { auth {}, %s fallback {}, retry {} }
"""


def frame(event):
    data = json.dumps(event).encode()
    return b"\x81" + (bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))) + b"\0\0\0\0" + data


# The path, what is said first, what is heard then; what is asked, and the end of the answer.
DIALECTS = {"openai": ("/v1/realtime?model=gpt-realtime", b"", b"session.created", frame({"type": "response.create"}), b"response.done"),
            "gemini": ("/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
                       frame({"setup": {"model": "models/gemini-live"}}), b"setupComplete",
                       frame({"clientContent": {"turns": [{"role": "user", "parts": [{"text": "Hi"}]}], "turnComplete": True}}), b"turnComplete")}


def hear(s, until):
    data = b""
    while until not in data:
        piece = s.recv(65536)
        assert piece, data
        data += piece


def sessions(g, n, path, first, ready, turn, end):
    made = []
    for _ in range(n):
        s = socket.create_connection(("127.0.0.1", g.port), PATIENT)
        s.sendall((HAND % path).encode() + first)
        hear(s, ready)
        made.append(s)
    for s in made:
        s.sendall(turn)
    for s in made:
        hear(s, end)
    return made


def anonymous(g):
    with open(f"/proc/{g.process.pid}/smaps_rollup", encoding="ascii") as f:
        return int([line.split()[1] for line in f if line.startswith("Anonymous:")][0])


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's memory")
@pytest.mark.parametrize("paid", MOST, ids=["", "paid"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_idle_session(world, dialect, paid):
    most = MOST[paid]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 3 * (N + WARM):
        pytest.skip("too few files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3 * (N + WARM)), hard))
    stack = threading.stack_size(256 * 1024)
    try:
        with Realtime() as openai, Live() as google:
            g = world.gateway(CONFIG % (openai.port, google.port, paid))
            credit(g, "alice", 10**15)
            made = sessions(g, WARM, *DIALECTS[dialect])
            before = anonymous(g)
            made += sessions(g, N, *DIALECTS[dialect])
            eventually(lambda: (anonymous(g) - before) / N <= most, f"at most {most} KiB for each session; it is {(anonymous(g) - before) / N:.2f}")
            for s in made:
                s.close()
            eventually(lambda: all(s.close for s in openai.sessions + google.sessions), "their end")
    finally:
        threading.stack_size(stack)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
