"""The official clients for Node, each in a script of its own; the scripts print what they got, and it is judged here."""
import json
import os
import subprocess

import pytest
from simlib import BUILD, expected

HERE = os.path.dirname(os.path.abspath(__file__))


def run(world, script, model):
    p = subprocess.run(["node", os.path.join(HERE, script), world.url, world.key, model], capture_output=True, text=True, timeout=600, env=dict(os.environ, YUZUI_BUILD=BUILD), check=False)
    assert p.returncode == 0, p.stderr[-3000:]
    return json.loads(p.stdout)


def judge(out, model):
    assert out["chat"] == out["stream"] == expected(model, "hello")
    assert [name for name, _ in out["calls"]] == ["get_weather", "get_tides"] and all("鱼" in city for _, city in out["calls"])
    assert out["many"] == [expected(model, f"question {i}") for i in range(200)]


@pytest.mark.parametrize("model", ["gpt-5.2", "claude-opus-4-6", "gemini-3-flash", "gpt-5.3-codex"])
def test_openai(world, model):
    world.sim.script({"default": {"delay": 50}})
    out = run(world, "openai.mjs", model)
    judge(out, model)
    assert out["finish"] == "tool_calls" and out["error"] == ["AuthenticationError", 401, "invalid_api_key"]
    assert "kimi-k2.5" in out["models"]


@pytest.mark.parametrize("model", ["claude-opus-4-6", "gpt-5.2", "gemini-3-flash", "gpt-5.3-codex"])
def test_anthropic(world, model):
    world.sim.script({"default": {"delay": 50}})
    out = run(world, "anthropic.mjs", model)
    judge(out, model)
    assert out["finish"] == "tool_use" and out["error"] == ["AuthenticationError", 401, "authentication_error"]


@pytest.mark.parametrize("model", ["gemini-3-flash", "claude-opus-4-6", "gpt-5.2", "gpt-5.3-codex"])
def test_gemini(world, model):
    world.sim.script({"default": {"delay": 50}})
    out = run(world, "gemini.mjs", model)
    judge(out, model)
    assert out["finish"] == "STOP" and out["forced"] == ["get_tides"] and out["error"] == ["ApiError", 401]
    assert (out["first"], out["second"]) == (expected(model, "one"), expected(model, "two"))


@pytest.mark.parametrize("model", ["gpt-5.3-codex", "gpt-5.2", "claude-opus-4-6", "gemini-3-flash"])
def test_responses(world, model):
    world.sim.script({"default": {"delay": 50, "reasoning": "let me see"}})
    out = run(world, "responses.mjs", model)
    judge(out, model)
    assert out["finish"] == "completed" and out["error"] == ["AuthenticationError", 401, "invalid_api_key"]
    assert out["thoughts"] == "let me see" and out["round"] == "completed"
    if model == "gpt-5.3-codex":
        assert out["stored"] == {"same": True, "before": True, "items": 1, "cancelled": "cancelled", "compacted": "response.compaction", "talk": True,
                                 "gone": ["NotFoundError", 404]}
