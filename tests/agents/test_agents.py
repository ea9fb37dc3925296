"""Real agents through a gateway to simulated providers of every dialect: each finishes a task that takes a tool, in one process run."""
import json
import os
import re
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
import agents  # noqa: E402
from gateway import CLIENT_KEYS, STANDARD, Gateway  # noqa: E402
from simlib import BUILD, Sim, looks_whole  # noqa: E402

TARGETS = ("claude-opus-4-6", "gpt-4o", "gemini-3-flash")
CHAIN = 'auth {}, fallback {}, retry { attempts = 2, base = "1ms" }'
TOOL_USERS = (agents.ClaudeCode, agents.Codex, agents.GeminiCli, agents.OpenCode, agents.QwenCode, agents.OpenClaw)


@pytest.fixture(scope="module")
def sim():
    with Sim() as running:
        yield running


# Gemini CLI asks for a model of another name than the one it is given.
CONFIG = STANDARD + 'model "gemini-3-flash-preview" { { "google", as = "gemini-3-flash" } }\nmodel "gemini-3.*" { { "google", as = "gemini-3-flash" } }\n'


@pytest.fixture
def gateway(sim):
    sim.reset()
    with Gateway(CONFIG + f"chain {{ {CHAIN} }}", sim_port=sim.port, workers=2) as running:
        yield running
        assert running.process.poll() is None, running.log()[-3000:]
    stats = sim.stats()
    assert stats["violations"] == 0, stats["violation_list"]


def agent_of(kind, tmp_path, gateway, key=CLIENT_KEYS["alice"]):
    folder = os.path.join(BUILD, "agents", "venv/bin" if kind is agents.Aider else "node_modules/.bin")
    return kind(folder, str(tmp_path), f"http://127.0.0.1:{gateway.port}", key)


def asked(gateway):
    """What clients asked of the gateway: path and status of each line of its access log."""
    lines = [json.loads(line) for line in gateway.log().splitlines() if line.startswith('{"time"')]
    return [(line.get("path"), line["status"]) for line in lines]


@pytest.mark.parametrize("model", TARGETS)
@pytest.mark.parametrize("kind", TOOL_USERS, ids=lambda kind: kind.__name__)
def test_a_task_with_a_tool(sim, gateway, tmp_path, kind, model):
    agent = agent_of(kind, tmp_path, gateway)
    sim.script({"record": True, "rules": [{"match": {"contains": agents.NOTE}, "do": {"words": 20, "call": {"name": "no more"}}},
                                          {"do": {"words": 20, "call": {"name": agent.tool, "arguments": agent.arguments()}}}]})
    code, out, err = agent.run(model)
    log = sim.log()
    assert code == 0, (out, err, gateway.log()[-3000:])
    bodies = [entry["body"] for entry in log if entry["status"] == 200]
    assert any(agents.NOTE in body for body in bodies), f"no request brought what the tool read\n{out}\n{err}"
    answers = re.findall(r"\[[0-9a-f]{16}\].*?\[/[0-9a-f]{16}\]", out, re.S)
    assert any(looks_whole(answer) for answer in answers), out
    refused = [(path, status) for path, status in asked(gateway) if status >= 400]
    assert not refused, refused


@pytest.mark.parametrize("model", TARGETS)
def test_an_edit_without_tools(sim, gateway, tmp_path, model):
    agent = agent_of(agents.Aider, tmp_path, gateway)
    sim.script({"default": {"text": agent.ANSWER}})
    code, out, err = agent.run(model, "The gate was shut. Say so in note.txt.")
    assert code == 0, (out, err)
    with open(agent.note, encoding="utf-8") as f:
        assert f.read() == "the gate is shut\n", out


def test_a_wrong_key_is_one_try(gateway, tmp_path):
    """Without x-should-retry Claude Code asks eleven times, for three minutes."""
    agent = agent_of(agents.ClaudeCode, tmp_path, gateway, key="sk-of-nobody")
    code, out, err = agent.run("claude-opus-4-6")
    assert code != 0 and "401" in out + err, (out, err)
    gateway.settle()
    end = time.monotonic() + 10
    while not (refused := [status for _, status in asked(gateway) if status == 401]) and time.monotonic() < end:
        time.sleep(0.1)
    assert refused == [401], gateway.log()[-3000:]
