"""Several chains: by the key, the address, the model, or none of them. Needs two listeners, so it is no scenario file."""
import http.client
import json
import os
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from gateway import CLIENT_KEYS, MODELS, PROVIDERS, Gateway  # noqa: E402
from simlib import PATIENT, Sim, expected, free_port  # noqa: E402

NIGHT = "sk-client-night-0b1c"
CONFIG = PROVIDERS + MODELS + """
listen "127.0.0.1:${inside}" { chain = "inside" }
key "sk-client-alice-7f3a" { name = "alice" }
key "sk-client-night-0b1c" { name = "night", chain = "night", models = { "gpt-*" } }
chain { auth {} }
chain "inside" {}
chain "night" { auth {}, retry { attempts = 2 } }
chain "kimi" { models = { "kimi-*" }, auth {}, retry {} }
"""


@pytest.fixture(scope="module")
def running():
    inside = free_port()
    with Sim() as sim:
        g = Gateway(CONFIG.replace("${inside}", str(inside)), sim_port=sim.port, workers=2)
        with g:
            g.inside = inside
            yield g


def ask(port, model, key=None, path="/v1/chat/completions", method="POST"):
    """(status, the chain that was taken or None, the answer)"""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENT)
    try:
        headers = {"content-type": "application/json"} | ({"authorization": "Bearer " + key} if key else {})
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]}) if method == "POST" else None
        c.request(method, path, body, headers)
        r = c.getresponse()
        return r.status, r.getheader("x-yuzui-chain"), json.loads(r.read())
    finally:
        c.close()


def good(answer, chain, model="gpt-5.2"):
    assert answer[:2] == (200, chain), answer
    assert answer[2]["choices"][0]["message"]["content"] == expected(model, "hello")


def test_the_default(running):
    good(ask(running.port, "gpt-5.2", CLIENT_KEYS["alice"]), None)
    assert ask(running.port, "gpt-5.2")[0] == 401


def test_by_address(running):
    """No key is asked for there; a model's pattern does not lead out of it, and a key nobody knows chooses nothing."""
    good(ask(running.inside, "gpt-5.2"), "inside")
    good(ask(running.inside, "kimi-k2.5", "sk-unknown"), "inside", "kimi-k2.5")
    assert ask(running.inside, None, path="/v1/models", method="GET")[:2] == (200, "inside")


def test_by_model(running):
    good(ask(running.port, "kimi-k2.5", CLIENT_KEYS["alice"]), "kimi", "kimi-k2.5")
    assert ask(running.port, "kimi-k2.5")[:2] == (401, None)  # a stranger, whom every chain refuses, is refused before its model is read


def test_by_key(running):
    """Wherever it comes in; what it may use is still looked at."""
    good(ask(running.port, "gpt-5.2", NIGHT), "night")
    good(ask(running.inside, "gpt-5.2", NIGHT), "night")
    assert ask(running.port, "kimi-k2.5", NIGHT)[:2] == (403, "night")


def test_a_reload_moves_requests(running):
    running.write_config(CONFIG.replace("${inside}", str(running.inside)).replace('{ chain = "inside" }', '{ chain = "night" }').replace('chain "inside" {}', ""))
    assert running.reload()[0]
    assert ask(running.inside, "gpt-5.2")[:2] == (401, "night")
    end = time.monotonic() + PATIENT
    while '"chain":"night"' not in running.log():  # lines are written once a second
        assert time.monotonic() < end
        time.sleep(0.05)
