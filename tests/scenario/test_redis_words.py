"""What the log says of a Redis that refuses: the server's own words, once; and what is not tried again and again."""
import http.client
import json
import os
import re
import socket
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from gateway import CLIENT_KEYS, STANDARD, Gateway  # noqa: E402
from simlib import PATIENT, Sim  # noqa: E402
from test_lying_redis import LyingRedis, ask, honest  # noqa: E402

PASSWORD = "pass-of-redis-3d1f"
SHARED = 'chain { auth {}, cache { store = "redis" } }\nsecret "the same everywhere"\n'


class Refusing(LyingRedis):
    """Answers as `says` has it, by command: bytes; or a function of the command's words; anything else honestly."""

    def __init__(self, says):
        self.says, self.sets = says, 0
        super().__init__(honest)

    def answer(self, s, words):
        name = words[0].decode().upper()
        self.sets += name == "SET"
        said = self.says.get(name)
        said = said(words) if callable(said) else said
        if said is None:
            return super().answer(s, words)
        s.sendall(said)
        if b"Protocol error" in said:
            s.shutdown(socket.SHUT_RDWR)


def world(sim, redis, options="", user=""):
    store = f'store "redis" {{ url = "redis://{user}127.0.0.1:{redis.port}"{options} }}\n'
    return Gateway(STANDARD + store + SHARED, sim.port, workers=1)


def ask_any(gateway, text):
    """Asks, whatever the answer says."""
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    try:
        c.request("POST", "/v1/chat/completions", json.dumps({"model": "gpt-5.2", "messages": [{"role": "user", "content": text}]}),
                  {"authorization": "Bearer " + CLIENT_KEYS["alice"], "content-type": "application/json"})
        r = c.getresponse()
        r.read()
        assert r.status == 200
        return r.getheader("x-yuzui-cache")
    finally:
        c.close()


def lines(gateway, pattern="redis"):
    return [line for line in gateway.log().splitlines() if not line.startswith("{") and re.search(pattern, line)]


def wait_for(condition, what, seconds=PATIENT):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def connected(gateway):
    """Asks until the store answers, which it does from the second question on at the earliest."""
    for i in range(20):
        ask(gateway, f"warm {i}")
        time.sleep(0.02)


STORES_NEVER = {
    "OOM": b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
    "NOPERM": b"-NOPERM User app has no permissions to run the 'set' command\r\n",
    "NOREPLICAS": b"-NOREPLICAS Not enough good replicas to write.\r\n",
    "CLUSTERDOWN": b"-CLUSTERDOWN Hash slot not served\r\n",
    "READONLY": b"-READONLY You can't write against a read only replica.\r\n",
}


@pytest.mark.parametrize("code", STORES_NEVER)
def test_a_store_that_never_stores(code):
    redis = Refusing({"SET": STORES_NEVER[code]})
    with Sim() as sim, world(sim, redis) as gateway:
        wait_for(lambda: ask(gateway, "again") and redis.sets > 0, "nothing was stored")
        for i in range(10):
            assert ask(gateway, f"question {i}") == "miss"
        wait_for(lambda: redis.sets > 10, "not all were stored")
        found = lines(gateway)
        assert len(found) == 1, found
        assert "refuses SET: " + STORES_NEVER[code][1:-2].decode() in found[0], found


DOWN = {
    "NOAUTH": ({"PING": b"-NOAUTH Authentication required.\r\n"}, "", "PING with NOAUTH Authentication required."),
    "WRONGPASS": ({"AUTH": b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"}, f":{PASSWORD}@", "AUTH with WRONGPASS invalid"),
    "LOADING": ({"PING": b"-LOADING Redis is loading the dataset in memory\r\n"}, "", "PING with LOADING Redis is loading"),
    "ACL without ping": ({"PING": b"-NOPERM User app has no permissions to run the 'ping' command\r\n"}, "", "PING with NOPERM User app has no permissions to run the 'ping'"),
    "SELECT": ({"SELECT": b"-ERR DB index is out of range\r\n"}, "", "SELECT with ERR DB index is out of range"),
    "an echo": ({"AUTH": lambda words: b"-ERR unknown command 'AUTH', with args beginning with: '" + words[1] + b"'\r\n"}, f":{PASSWORD}@", "AUTH with ERR unknown command"),
    "a bare echo": ({"AUTH": lambda words: b"-NO " + words[1] + b"\r\n"}, f":{PASSWORD}@", "AUTH with an error that holds the password"),
}


@pytest.mark.parametrize("case", DOWN)
def test_why_it_is_down(case):
    says, user, words = DOWN[case]
    redis = Refusing(says)
    with Sim() as sim, world(sim, redis, user=user) as gateway:
        if case == "SELECT":
            gateway.write_config(STANDARD + f'store "redis" {{ url = "redis://127.0.0.1:{redis.port}/99" }}\n' + SHARED)
            assert gateway.ask("POST", "/reload")[0] == 200
        wait_for(lambda: ask(gateway, "hello") and redis.connections > 2, "it was not tried again")
        found = lines(gateway)
        assert len(found) == 1 and words in found[0], found
        assert PASSWORD not in gateway.log()


def test_an_echo_of_what_was_stored():
    """An error that repeats the command's words may hold an answer."""
    redis = Refusing({"SET": lambda words: b"-ERR unknown command `SET`, with args beginning with: `" + words[1] + b"`, `" + words[2][:60].replace(b"\r", b"").replace(b"\n", b"") + b"`\r\n"})
    with Sim() as sim, world(sim, redis) as gateway:
        wait_for(lambda: ask(gateway, "again") and redis.sets > 0, "nothing was stored")
        ask(gateway, "more")
        found = lines(gateway)
        assert len(found) == 1 and found[0].endswith("refuses SET: ERR unknown command"), found


def test_a_trickle():
    """A server that answers some and is late with others is down for the log until it stays: no flood of lines."""
    turn = {"n": 0}

    def late(words):
        turn["n"] += 1
        if turn["n"] % 2 == 0:
            time.sleep(0.2)
        return b"$-1\r\n"

    redis = Refusing({"GET": late})
    with Sim() as sim, world(sim, redis) as gateway:
        end, i = time.monotonic() + 4, 0
        while time.monotonic() < end or redis.connections < 4:
            ask(gateway, f"question {i}")
            i += 1
            assert i < 100000
        found = lines(gateway)
        assert 1 <= len(found) <= 2, found


def test_a_value_it_does_not_take():
    """Its limit is found out once; smaller ones are stored as ever."""
    big = 200000
    redis = Refusing({"SET": lambda words: b"-ERR Protocol error: invalid bulk length\r\n" if len(words[2]) >= big else None})
    with Sim() as sim, world(sim, redis) as gateway:
        connected(gateway)
        sim.script({"rules": [{"match": {"contains": "long"}, "do": {"text": "x" * big}}]})
        before = redis.connections
        ask_any(gateway, "long 0")
        wait_for(lambda: redis.connections > before, "the connection was not closed")
        wait_for(lambda: ask(gateway, "probe") == "hit", "the store is not back")
        before = redis.connections
        for i in range(1, 6):
            ask_any(gateway, f"long {i}")
        wait_for(lambda: ask(gateway, "after") == "hit", "smaller ones are not stored")
        assert redis.connections == before
        assert len(lines(gateway, "broke off at a value of")) == 1, lines(gateway)


def test_the_largest_value():
    redis = Refusing({})
    with Sim() as sim, world(sim, redis, ', max_value = "100KiB"') as gateway:
        sim.script({"rules": [{"match": {"contains": "long"}, "do": {"text": "x" * 200000}}]})
        connected(gateway)
        for _ in range(3):
            assert ask_any(gateway, "long") == "miss"
        wait_for(lambda: ask(gateway, "short") == "hit", "smaller ones are not stored")
        assert all(len(value) < 150000 for value in redis.kept.values())
