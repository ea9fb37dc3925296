"""Clients that leave in the middle of an answer: the disconnect policy of `bill`, what is charged then, and what the provider notices."""
import json
import time

import pytest
import wire
from bench import ask, chat, eventually, post
from gateway import STANDARD
from test_keys import cli_error
from test_money import CONFIG, COST, SCRIPT, balance, cli, credit, settled, usage

MODELS = {"gpt-5.2": "openai", "claude-opus-4-6": "anthropic", "gemini-3-flash": "google", "gpt-5.3-codex": "responses"}
PRICED = """
prices "responses" { source = "the test", date = "2026-11-28", models = { { name = "gpt-5.3-codex", input = 2, output = 10 } } }
"""
DRAIN = 'disconnect = "drain"'


def config(options=""):
    return CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', options)


def leave(world, g, body, streamed, way="close"):
    """Asks, and leaves when the first of the answer is there; or, of a document, when the provider works at it."""
    before = len(world.sim.log())
    c = wire.Client(g.port)
    c.send(post(body))
    if streamed:
        assert c.read(lambda a: a.status == 200 and a.body, 20), c.answer.body
    else:
        eventually(lambda: len(world.sim.log()) > before, "the provider's work")
    c.close(way == "reset")


def last(world):
    return world.sim.log()[-1]


def gone(g):
    """The line of the log of a client that has left."""
    def found():
        return [line for line in (json.loads(x) for x in g.log().splitlines() if x.startswith("{")) if line.get("gone")]

    eventually(found, "the line of a client that left")
    return found()[-1]


def only(g):
    settled(g)
    rows = usage(g)
    assert len(rows) == 1, rows
    return rows[0]


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("model", sorted(MODELS))
def test_drained_to_its_usage(world, model, streamed):
    """In every dialect the provider's count comes last: it is read, and charged, as if the client had stayed. The cache has the answer."""
    world.sim.script({"default": dict(SCRIPT, words=40, chunks=8, chunk_delay=40, delay=300)})
    g = world.gateway(config(DRAIN) + PRICED)
    credit(g, "alice", 10**9)
    leave(world, g, chat("leaves", model=model, stream=streamed), streamed)
    u = only(g)
    assert u["charged"] == COST and u["detail"]["by"] == "provider" and u["detail"]["disconnect"] == "drained", u
    assert last(world)["done"] and not last(world)["aborted"], last(world)
    line = gone(g)
    assert line["disconnect"] == "drained" and line["output_tokens"] == 50 and 0 < line["left_ms"] <= line["ms"], line
    assert ask(g.port, chat("leaves", model=model, stream=streamed)).header("x-yuzui-cache") == "hit"
    assert g.status()["in_flight"] <= 1
    assert "the client left: drained" in cli(g, "usage", u["request"])
    assert balance(g, "alice")["available"] == 10**9 - COST and "adds up" in cli(g, "audit")


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("model", sorted(MODELS))
def test_cut_at_once(world, model, streamed):
    """The default: the provider sees its client go, and what has come is charged by an estimate, the same as where the provider breaks off."""
    world.sim.script({"default": dict(SCRIPT, words=40, chunks=8, chunk_delay=100, delay=300),
                      "rules": [{"match": {"contains": "breaks"}, "do": {"close_after_chunks": 2, "chunk_delay": 0}}]})
    g = world.gateway(config() + PRICED)
    credit(g, "alice", 10**9)
    leave(world, g, chat("leaves", model=model, stream=streamed), streamed, "reset")
    eventually(lambda: last(world)["aborted"], "the provider's notice")
    u = only(g)
    assert 0 < u["charged"] < COST + u["held"] and u["detail"]["by"] == "estimated" and u["detail"]["disconnect"] == "cut", u
    line = gone(g)
    assert line["disconnect"] == "cut" and line["ms"] - line["left_ms"] < 2000, line


def test_the_bounds_of_a_drain(world):
    """By time and by tokens: beyond them the provider is left, and what had come is charged by an estimate."""
    world.sim.script({"default": dict(SCRIPT, words=4000, chunks=400, chunk_delay=20),
                      "rules": [{"match": {"contains": "mute"}, "do": {"hang_after_chunks": 2}}, {"match": {"contains": "head"}, "do": {"hang": "head"}}]})
    for options, text, word in (('drain_time = "300ms"', "mute", "drain_time"), ("drain_tokens = 100", "talks on", "drain_tokens"),
                                ('drain_time = "300ms"', "head", "drain_time")):
        g = world.gateway(config(f"{DRAIN}, {options}"))
        credit(g, "alice", 10**9)
        leave(world, g, chat(text, stream=text != "head"), text != "head")
        eventually(lambda: last(world)["aborted"], "the provider's notice")
        settled(g)
        u = usage(g)[0]
        assert u["detail"]["by"] == "estimated" and u["detail"]["disconnect"] == word and u["charged"] > 0, u
        if word == "drain_tokens":
            assert 100 < int(u["detail"]["output"]) < 400, u
        assert gone(g)["disconnect"] == word


def test_nothing_is_begun_for_nobody(world):
    """What fails after the client has left is not tried again, and costs nothing; who leaves while a retry is waited for is gone at once."""
    world.sim.script({"default": SCRIPT, "rules": [{"match": {"contains": "fails"}, "do": {"status": 503, "delay": 400}},
                                                   {"match": {"contains": "again"}, "do": {"status": 429, "retry_after": 5}}]})
    g = world.gateway(config(DRAIN).replace("cache { ttl = \"1h\", store = \"memory\" }, ", ""))
    credit(g, "alice", 10**9)
    leave(world, g, chat("fails"), False)
    settled(g)
    u = usage(g)[0]
    assert len(world.sim.log()) == 1 and u["charged"] == 0 and u["state"] == "released", (u, world.sim.log())
    leave(world, g, chat("again"), False)
    time.sleep(0.2)
    g.settle()
    assert len(world.sim.log()) == 2
    settled(g)
    assert usage(g)[0]["charged"] == 0 and usage(g)[0]["detail"]["disconnect"] == "cut", usage(g)[0]


def test_a_stop_waits_for_what_is_drained(world):
    """SIGTERM while an answer is read on: it is read to its end; at the drain's deadline it is cut, and charged by an estimate."""
    world.sim.script({"default": dict(SCRIPT, words=40, chunks=8, chunk_delay=150)})
    for deadline, by in (("30s", "provider"), ("200ms", "estimated")):
        g = world.gateway(f'drain "{deadline}"\n' + config(DRAIN))
        credit(g, "alice", 10**9)
        leave(world, g, chat(f"leaves {deadline}", stream=True), True)
        assert g.stop() == 0
        row = next(u for u in usage(g) if u["detail"].get("disconnect"))
        assert row["detail"]["by"] == by, row
        assert row["charged"] == COST or by == "estimated"
        g.start()


def test_a_policy_for_each_key(world):
    """The chain of a key has its own bill: alice's answers are drained, bob's are cut."""
    world.sim.script({"default": dict(SCRIPT, words=40, chunks=8, chunk_delay=60)})
    text = config() + f'chain "drained" {{ auth {{}}, bill {{ {DRAIN} }}, retry {{}} }}\n'
    g = world.gateway(text.replace('name = "alice",', 'name = "alice", chain = "drained",'))
    for account, key in (("alice", "sk-client-alice-7f3a"), ("bob", "sk-client-bob-91cc")):
        credit(g, account, 10**9)
        c = wire.Client(g.port)
        c.send(post(chat("x " + account, stream=True), key=key))
        assert c.read(lambda a: a.status == 200 and a.body, 20)
        c.close()
    settled(g)
    assert {u["account"]: u["detail"]["disconnect"] for u in usage(g)} == {"alice": "drained", "bob": "cut"}


def test_a_drain_shorter_than_its_hold(world):
    """What cannot be is refused when the config is read."""
    bad = STANDARD + 'ledger "sqlite" { path = "${folder}/ledger.db" }\nchain { auth {}, bill { disconnect = "drain", drain_time = "1h", ttl = "10m" } }\n'
    g = world.gateway()
    g.write_config(bad)
    assert "drain_time must be shorter than ttl" in cli_error(g, "check")
