"""A store that lies: whatever Redis answers, clients get whole answers to their own questions, in time."""
import http.client
import json
import os
import socket
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from gateway import CLIENT_KEYS, STANDARD, Gateway  # noqa: E402
from simlib import PATIENCE, PATIENT, Sim, expected  # noqa: E402


class LyingRedis:
    """Keeps what it is given; what it answers to a GET is up to `lie(key, kept)`: bytes, or None to say nothing."""

    def __init__(self, lie):
        self.lie, self.kept, self.gets, self.connections = lie, {}, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        f = s.makefile("rb")
        try:
            while True:
                line = f.readline()
                if not line.startswith(b"*"):
                    return
                words = []
                for _ in range(int(line[1:])):
                    n = int(f.readline()[1:])
                    words.append(f.read(n))
                    f.read(2)
                self.answer(s, [w for w in words])
        except (OSError, ValueError):
            pass
        finally:
            s.close()

    def answer(self, s, words):
        if words[0].upper() == b"SET":
            self.kept[words[1]] = words[2]
            s.sendall(b"+OK\r\n")
        elif words[0].upper() == b"GET":
            self.gets += 1
            reply = self.lie(words[1], self.kept)
            if reply == b"":
                s.close()
            elif reply is not None:
                s.sendall(reply)
        else:
            s.sendall(b"+OK\r\n")


def bulk(value):
    return b"$%d\r\n%s\r\n" % (len(value), value)


def honest(key, kept):
    return bulk(kept[key]) if key in kept else b"$-1\r\n"


def other(key, kept):
    """The value of another key."""
    others = [v for k, v in kept.items() if k != key]
    return bulk(others[0]) if others else b"$-1\r\n"


LIES = {
    "garbage": lambda key, kept: b"HTTP/1.1 200 OK\r\n\r\n",
    "another value": other,
    "half a value": lambda key, kept: bulk(kept[key][:len(kept[key]) // 2]) if key in kept else b"$-1\r\n",
    "a changed value": lambda key, kept: bulk(kept[key][:40] + b"\x00\xff" * 8 + kept[key][56:]) if key in kept else b"$-1\r\n",
    "an endless value": lambda key, kept: b"$999999999999\r\nx",
    "a number": lambda key, kept: b":7\r\n",
    "a list": lambda key, kept: b"*2\r\n+a\r\n+b\r\n",
    "an error": lambda key, kept: b"-LOADING Redis is loading the dataset in memory\r\n",
    "nothing": lambda key, kept: None,
    "an end": lambda key, kept: b"",
    "two answers": lambda key, kept: honest(key, kept) + bulk(b"spare"),
}


def ask(gateway, text):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    began = time.monotonic()
    try:
        c.request("POST", "/v1/chat/completions", json.dumps({"model": "gpt-5.2", "messages": [{"role": "user", "content": text}]}),
                  {"authorization": "Bearer " + CLIENT_KEYS["alice"], "content-type": "application/json"})
        r = c.getresponse()
        body = r.read()
        assert r.status == 200, body
        assert json.loads(body)["choices"][0]["message"]["content"] == expected("gpt-5.2", text)
        assert time.monotonic() - began < 2 * PATIENCE
        return r.getheader("x-yuzui-cache")
    finally:
        c.close()


def world(sim, redis):
    return Gateway(STANDARD + f'store "redis" {{ url = "redis://127.0.0.1:{redis.port}" }}\nchain {{ auth {{}}, cache {{ store = "redis" }} }}\nsecret "the same everywhere"\n', sim.port, workers=1)


def test_honest():
    """The fake Redis of these tests is one that works, when it does not lie."""
    redis = LyingRedis(honest)
    with Sim() as sim, world(sim, redis) as gateway:
        assert ask(gateway, "one") == "miss"
        end = time.monotonic() + PATIENT
        while ask(gateway, "one") != "hit":
            assert time.monotonic() < end, "never a hit"
            time.sleep(0.02)


@pytest.mark.parametrize("lie", LIES)
def test_lies(lie):
    redis = LyingRedis(LIES[lie])
    with Sim() as sim, world(sim, redis) as gateway:
        for i in range(12):
            ask(gateway, f"question {i % 4}")
            if i % 4 == 3:
                gateway.skip(11000)  # past the pause before the next connection
                time.sleep(0.1)
        end = time.monotonic() + PATIENT
        while redis.gets == 0 and time.monotonic() < end:
            ask(gateway, f"question {redis.connections}")
        assert redis.gets > 0
        lines = [line for line in gateway.log().splitlines() if "redis" in line.lower()]
        assert len(lines) <= 2 * redis.connections + 2, lines
        assert gateway.process.poll() is None
        assert gateway.stop() == 0
