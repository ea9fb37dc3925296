"""Each decision about a request (who was chosen and why, attempts, hedge, pauses, limits, models in place of others) is in the access log and in its
record, told the same, and `yuzui explain` says beforehand what they are made by."""
import json
import subprocess
import urllib.request

import pytest
from bench import ask, chat, eventually
from gateway import Gateway
from simlib import BUILD

CONFIG = """provider "near" { adapter = "openai", key = "sk-near", base_url = "http://127.0.0.1:${sim}/p/near/v1" }
provider "far" { adapter = "openai", key = "sk-far", base_url = "http://127.0.0.1:${sim}/p/far/v1" }
provider "spare" { adapter = "anthropic", key = "sk-spare", base_url = "http://127.0.0.1:${sim}/p/spare" }
model "gpt-5.2" { { "near", weight = 1000 }, { "far", weight = 1 } }
model "kimi-k2.5" { "near" }
model "claude-opus-4-6" { "spare" }
key "sk-bench" { name = "bench" }
key "sk-few" { name = "few" }
chain { auth {}, policy "${root}/policies/by-question.lua", limit { limits = { { requests = 1, keys = { "few" } } } },
  fallback { models = { ["gpt-5.2"] = "claude-opus-4-6" } }, hedge { after = "300ms", budget = 1 }, retry { attempts = 2, base = "30ms" },
  balance { by = "weight" } }
"""


def provider(name, word, **do):
    return {"match": {"provider": name, "contains": word}, "do": do}


# of the question: its key, status, fields of its line, and its calls as (target, because, error or None)
EXPECTED = {
    "plain": ("sk-bench", 200, {"balance": "weight"}, [("near/gpt-5.2", None, None)]),
    "late": ("sk-bench", 200, {"balance": "only", "hedge": "won"}, [("near/gpt-5.2", None, "cancelled"), ("far/gpt-5.2", "hedge", None)]),
    "broken": ("sk-bench", 200, {"balance": "only", "attempts": 2}, [("near/gpt-5.2", None, "upstream_overloaded"), ("far/gpt-5.2", "retry", None)]),
    "nowhere": ("sk-bench", 200, {"model": "claude-opus-4-6", "fallback": "far upstream_overloaded"},
                [("near/gpt-5.2", None, "upstream_overloaded"), ("far/gpt-5.2", "retry", "upstream_overloaded"), ("spare/claude-opus-4-6", "fallback", None)]),
    "history of the world: broken": ("sk-bench", 503, {"attempts": 2},
                                     [("near/kimi-k2.5", None, "upstream_overloaded"), ("near/kimi-k2.5", "retry", "upstream_overloaded")]),
    "first of few": ("sk-few", 200, {"balance": "weight"}, [("near/gpt-5.2", None, None)]),
    "second of few": ("sk-few", 429, {"limit": "requests per key"}, []),
}


@pytest.fixture(scope="module")
def gateway(running_sim):
    running_sim.reset()
    running_sim.script({"rules": [provider("near", "late", delay=20000), provider("near", "broken", status=503), provider("near", "nowhere", status=503),
                                  provider("far", "nowhere", status=503)]})
    with Gateway(CONFIG, sim_port=running_sim.port, workers=2) as g:
        yield g


def line_of(gateway, name):
    found = [x for x in map(json.loads, (t for t in gateway.log().splitlines() if t.startswith("{"))) if x["id"] == name]
    return found[0] if found else None


def record_of(gateway, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin_port}/requests?id={name}", timeout=60) as answer:
        return json.load(answer)


@pytest.mark.parametrize("question", EXPECTED)
def test_told(gateway, question):
    key, status, fields, calls = EXPECTED[question]
    answer = ask(gateway.port, chat(question, model="auto"), key=key)
    assert answer.status == status, answer.body
    name = dict(answer.headers)["x-request-id"]
    eventually(lambda: line_of(gateway, name), "its line")
    line, record = line_of(gateway, name), record_of(gateway, name)
    for field, value in fields.items():
        assert field in line and (value is None or line[field] == value), (field, line)
    assert line["policy"].startswith("by-question; ")
    told = [(c["target"], c.get("because"), "cancelled" if c.get("cancelled") else c.get("error")) for c in line.get("calls", [])]
    assert told == calls, line
    asked = [c for c in record["tree"] if c["stage"] == "provider"]
    assert [c["target"] for c in asked] == [c[0] for c in calls]
    assert [c.get("error") for c in asked if c["outcome"] == "failed"] == [c[2] for c in calls if c[2] not in (None, "cancelled")]
    assert record["tree"][0]["decisions"][0]["reason"] == line["policy"].split("; ")[1]
    for call, said in zip(asked, line.get("calls", [])):  # the same times, and why somewhere above it
        assert call["begin"] // 1000 == said["at_ms"], (call, said)
        above, why = call, call["because"]
        while why == "first" and "up" in above:
            above = record["tree"][above["up"]]
            why = above["because"]
        assert why == said.get("because", "first")


def test_a_wait_is_told(gateway):
    """Waits are dice from 0 to 30 ms, and one of 0 is none: of ten one is told in any case. Answers in between keep the target in use: there
    is no second try for one that is known to be down."""
    waits = []
    for _ in range(10):
        for word in ("fine", "fine", "fine", "broken"):
            name = dict(ask(gateway.port, chat(f"history of the world: {word}", model="auto"), key="sk-bench").headers)["x-request-id"]
        eventually(lambda name=name: line_of(gateway, name), "its line")
        assert line_of(gateway, name)["attempts"] == 2, line_of(gateway, name)
        waits.append(line_of(gateway, name).get("waited", 0))
    assert 0 < max(waits) <= 30, waits


def test_explained_beforehand(gateway):
    p = subprocess.run([f"{BUILD}/yuzui", "explain", "-c", f"{gateway.folder}/yuzui.lua", "--model", "auto", "--key", "few", "late"],
                       capture_output=True, text=True, timeout=120, check=False)
    assert p.returncode == 0, p.stderr
    rows = {row.split(None, 1)[0]: row.split(None, 1)[1] for row in p.stdout.splitlines() if row.strip()}
    assert rows["policy"] == "by-question" and rows["reason"] == "default" and rows["model"] == "gpt-5.2"
    assert rows["targets"] == "near/gpt-5.2, far/gpt-5.2" and rows["then"] == "claude-opus-4-6: spare/claude-opus-4-6"
    assert rows["limit"].startswith("1 requests in 60 s per key") and "300 ms" in rows["hedge"] and rows["retry"].startswith("up to 2 attempts")
    assert "by weight" in rows["balance"]
