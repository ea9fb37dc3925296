"""One number of attempts: the header, the field of the log and the list of calls say the same, whoever asked again and why."""
import json
import os
import re
import subprocess
import urllib.request

import pytest
from bench import ask, chat, eventually
from gateway import STANDARD, Gateway
from simlib import BUILD

ASKS = """
return function(req, next)
  if req.prompt:find("question") then llm.chat { model = "small", messages = "which?" } end
  return next(req)
end
"""
CONFIG = """provider "many" { adapter = "openai", keys = { "sk-one-111111", "sk-two-222222", "sk-three-333333" }, base_url = "http://127.0.0.1:${sim}/p/many/v1" }
provider "near" { adapter = "openai", key = "sk-near", base_url = "http://127.0.0.1:${sim}/p/near/v1" }
provider "far" { adapter = "openai", key = "sk-far", base_url = "http://127.0.0.1:${sim}/p/far/v1" }
provider "gone" { adapter = "openai", key = "sk-gone", base_url = "http://127.0.0.1:9/v1" }
model "keyed" { "many" }
model "two" { "near", "far" }
model "unreached" { "gone" }
model "dead" { "near" }
model "small" { "far" }
key "sk-bench" { name = "bench" }
key "sk-few" { name = "few" }
chain { auth {}, policy "asks.lua", limit { limits = { { requests = 1, keys = { "few" } } } }, rescue {},
  fallback { models = { ["dead"] = "two", ["unreached"] = "small" } }, hedge { after = "300ms", budget = 1 },
  retry { attempts = 2, base = "1ms" }, balance { by = "weight", failures = 1000, ratio = 1 } }
"""


def rule(word, provider=None, key=None, **do):
    match = {k: v for k, v in (("provider", provider), ("key", key), ("contains", word)) if v}
    return {"match": match, "do": do}


# of the question's words: the model, whether streamed, and its calls as (provider, because, error, key)
EXPECTED = {
    "plain": ("two", False, None),
    "keys": ("keyed", False, [("many", None, "rate_limited"), ("many", None, "rate_limited"), ("many", None, None)]),
    "retried": ("dead", False, [("near", None, "upstream_overloaded"), ("near", "retry", "upstream_overloaded"), ("*", "fallback", None)]),
    "late": ("two", False, [("*", None, "cancelled"), ("*", "hedge", None)]),
    "question": ("two", False, None),
    "nobody": ("unreached", False, [("gone", None, "upstream_unreachable"), ("gone", "retry", "upstream_unreachable"), ("far", "fallback", None)]),
    "failed": ("small", False, [("far", None, "upstream_overloaded"), ("far", "retry", "upstream_overloaded")]),
}


@pytest.fixture(scope="module")
def gateway(running_sim):
    running_sim.reset()
    running_sim.script({"rules": [rule("keys", key="sk-one-111111", status=429), rule("keys", key="sk-two-222222", status=429),
                                  rule("retried", "near", status=503), rule("late", "near", delay=20000), rule("failed", status=503)]})
    with Gateway(CONFIG, sim_port=running_sim.port, workers=1, files={"asks.lua": ASKS}) as g:
        yield g


def line_of(gateway, name):
    found = []

    def look():
        found[:] = [x for x in map(json.loads, (t for t in gateway.log().splitlines() if t.startswith("{"))) if x.get("id") == name]
        return found
    eventually(look, f"the line of {name}")
    return found[0]


def said(gateway, answer):
    """The number of attempts by the header, by the log, and by the list of calls."""
    headers = dict(answer.headers)
    line = line_of(gateway, headers["x-request-id"])
    return int(headers.get("x-yuzui-attempts", 1)), line.get("attempts", 1), len(line.get("calls", []))


@pytest.mark.parametrize("word", EXPECTED)
def test_one_number(gateway, word):
    model, stream, calls = EXPECTED[word]
    for _ in range(8):  # until the dice fall on the one that is late, or the key whose turn it is
        answer = ask(gateway.port, chat(word, model=model, stream=stream), key="sk-bench")
        line = line_of(gateway, dict(answer.headers)["x-request-id"])
        told = [(c["target"].split("/")[0], c.get("because"), "cancelled" if c.get("cancelled") else c.get("error")) for c in line["calls"]]
        if calls is None or len(told) == len(calls):
            break
    print(line)
    assert len(told) == len(calls or [1])
    assert said(gateway, answer) == (len(told),) * 3
    for c, wanted in zip(told, calls or []):
        assert c[1:] == wanted[1:] and wanted[0] in ("*", c[0]), told
    at = [c["at_ms"] for c in line["calls"]]
    assert at == sorted(at)
    for c in line["calls"]:
        times = [c[name] for name in ("connect_ms", "sent_ms", "first_ms", "ms") if name in c]
        assert times == sorted(times), c
    if word == "keys":
        assert [c["key"] for c in line["calls"]] == [1, 2, 3] and [c["status"] for c in line["calls"]] == [429, 429, 200]
        for earlier, later in zip(line["calls"], line["calls"][1:]):
            assert earlier["at_ms"] + earlier["ms"] <= later["at_ms"] + 1, line["calls"]


def test_the_tree_says_it_too(gateway):
    answer = ask(gateway.port, chat("retried", model="dead"), key="sk-bench")
    name = dict(answer.headers)["x-request-id"]
    calls = line_of(gateway, name)["calls"]  # three; and a hedge on a slow machine
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin_port}/requests?id={name}", timeout=60) as record:
        tree = json.load(record)["tree"]
    assert len([node for node in tree if "asked" in node]) == len(calls) >= 3, tree


def test_what_is_refused_is_none(gateway):
    answers = [ask(gateway.port, chat("plain", model="two"), key="sk-few") for _ in range(2)]
    assert [a.status for a in answers] == [200, 429]
    line = line_of(gateway, dict(answers[1].headers)["x-request-id"])
    assert "attempts" not in line and "calls" not in line and "x-yuzui-attempts" not in dict(answers[1].headers)


# ---- an answer that another target went on with

RESCUED = STANDARD + """
provider "first" { adapter = "openai", key = "sk-first", base_url = "http://127.0.0.1:${sim}/p/first/v1" }
provider "second" { adapter = "openai", key = "sk-second", base_url = "http://127.0.0.1:${sim}/p/second/v1" }
model "told" { "first", "second" }
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "first" { source = "the test", date = "2026-11-28", models = { { name = "told", input = 20, output = 100 } } }
prices "second" { source = "the test", date = "2026-11-28", models = { { name = "told", input = 2, output = 10 } } }
chain { auth {}, bill {}, rescue {}, fallback {}, retry { attempts = 2, base = "1ms" } }
"""


def cli(gateway, *words):
    return subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(gateway.folder, "yuzui.lua")], env=gateway.env,
                          cwd=gateway.folder, capture_output=True, text=True, check=True).stdout


def test_a_rescued_stream(world):
    """The line names who ended it, why it ended, and the tokens that its charge is made of; the one that died stands in its calls."""
    world.sim.script({"default": {"words": 30, "chunks": 10, "prompt_tokens": 100, "completion_tokens": 50},
                      "rules": [{"match": {"provider": "first"}, "do": {"close_after_chunks": 4}}]})
    g = world.gateway(RESCUED, workers=1)
    cli(g, "credit", "alice", "--usd", "10", "--id", "one")
    answer = ask(g.port, chat("tell me", model="told", stream=True))
    assert answer.status == 200
    line = line_of(g, dict(answer.headers)["x-request-id"])
    print(line)
    assert (line["target"], line["finish"], line["rescue"], line["attempts"]) == ("second/told", "stop", 1, 2)
    assert (line["input_tokens"], line["output_tokens"], line["cost"]) == (100, 50, 0.0007)
    assert [(c["target"], c.get("because"), c.get("error")) for c in line["calls"]] == [("first/told", None, "upstream_broken"), ("second/told", "retry", None)]
    eventually(lambda: "9.9993" in cli(g, "balance"), "the charge of what the log says")


# ---- keys that rest, and accounts that are out

KEYS = STANDARD + """
provider "many" { adapter = "openai", keys = { "sk-one-111111", "sk-two-222222", "sk-three-333333" }, base_url = "http://127.0.0.1:${sim}/p/many/v1" }
provider "poor" { adapter = "openai", key = "sk-poor", base_url = "http://127.0.0.1:${sim}/p/poor/v1" }
model "keyed" { "many" }
model "paid" { "poor", "many" }
chain { auth {}, fallback {}, retry { attempts = 2, base = "1ms" }, balance { by = "weight" } }
"""


def test_status_shows_what_rests(world):
    world.sim.script({"rules": [{"match": {"key": "sk-one-111111"}, "do": {"status": 429, "headers": {"retry-after": "100"}}},
                                {"match": {"key": "sk-two-222222"}, "do": {"status": 401}},
                                {"match": {"provider": "poor"}, "do": {"status": 402}}]})
    g = world.gateway(KEYS, workers=2)
    assert g.status()["provider_keys"] == [{"provider": "many", "keys": 3, "resting": []}]
    assert ask(g.port, chat("x", model="keyed")).status == 200
    assert g.status()["counters"]["upstream_errors"] == 2, "each try that failed"
    for _ in range(20):
        assert ask(g.port, chat("x", model="paid")).status == 200
    status = g.status()
    (many,) = status["provider_keys"]
    assert [(k["key"], k["because"]) for k in many["resting"]] == [(1, "rate_limited"), (2, "upstream_auth")]
    assert 60_000 < many["resting"][0]["for_ms"] <= 100_000 and 500_000 < many["resting"][1]["for_ms"] <= 600_000
    (knows,) = [s["knows"] for s in status["stages"] if s["stage"] == "balance"]
    poor = [t for t in knows["targets"] if t["target"] == "poor/paid"]
    assert [(t["state"], t["because"]) for t in poor] == [("out", "upstream_quota")], (poor, knows["accounts"])
    words = cli(g, "status")
    assert "key 1 of 3 of provider many rests for " in words and "key 2 of 3 of provider many rests for " in words
    assert "sk-" not in words and "sk-" not in json.dumps(status)


def test_a_key_that_is_taken_again_rests_no_more(world):
    """All rest, so that the one whose rest is the shortest is tried; and a rest that is shorter than what the provider asked for is told."""
    world.sim.script({"default": {"status": 429, "headers": {"retry-after": "3600"}}})
    g = world.gateway(KEYS.replace(', balance { by = "weight" }', ""), workers=1)
    ask(g.port, chat("x", model="keyed"))
    assert len(g.status()["provider_keys"][0]["resting"]) == 3
    assert "rests for 600 s, though it was to be left alone for 3600 s: rate_limited" in g.log()
    world.sim.script({})
    eventually(lambda: ask(g.port, chat("x", model="keyed")).status == 200, "it is tried")
    assert len(g.status()["provider_keys"][0]["resting"]) == 2
    assert re.search(r"provider many: key \d of 3 is taken again, and rests no more", g.log())


def test_a_rescue_costs_no_more_than_was_held(world):
    """What the first had sent is input of the second, and its output is counted from there: dearer than anything the client had asked for."""
    world.sim.script({"default": {"words": 30, "chunks": 10, "prompt_tokens": 50000, "completion_tokens": 5000},
                      "rules": [{"match": {"provider": "first"}, "do": {"close_after_chunks": 4}}]})
    g = world.gateway(RESCUED, workers=1)
    cli(g, "credit", "alice", "--usd", "10", "--id", "one")
    answer = ask(g.port, chat("tell me", model="told", stream=True, max_tokens=60))
    line = line_of(g, dict(answer.headers)["x-request-id"])
    said = cli(g, "usage", line["id"])
    held = float(re.search(r"held +([0-9.]+)", said)[1])
    assert 0 < held < 0.02 and line["cost"] == pytest.approx(held), said
    assert float(re.search(r"charged +([0-9.]+)", said)[1]) == pytest.approx(held), said


def test_the_header_names_who_answered(world):
    """Of a race that the first one wins: the target asked last is another one."""
    world.sim.script({"rules": [{"match": {"provider": "first"}, "do": {"delay": 600}}, {"match": {"provider": "second"}, "do": {"delay": 20000}}]})
    g = world.gateway(RESCUED.split("ledger")[0] + 'chain { auth {}, fallback {}, hedge { after = "100ms", budget = 1 }, retry {} }\n', workers=1)
    answer = ask(g.port, chat("tell me", model="told"))
    line = line_of(g, dict(answer.headers)["x-request-id"])
    assert line["attempts"] == 2 and (dict(answer.headers)["x-yuzui-target"], line["target"]) == ("first/told", "first/told")
