"""The Vercel AI SDK, unmodified, by each of its providers, in front of each of ours: vercel.mjs prints what it got, and it is judged here."""
import json
import os
import subprocess

import pytest
from simlib import BUILD, expected

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.mark.parametrize("model", ["gpt-5.2", "claude-opus-4-6", "gemini-3-flash", "gpt-5.3-codex"])
@pytest.mark.parametrize("dialect", ["chat_completions", "responses", "messages", "generate_content"])
def test_everything(world, dialect, model):
    world.sim.script({"rules": [{"match": {"contains": "form: soup"}, "do": {"text": json.dumps({"name": "soup", "steps": ["boil"]})}}]})
    script = os.path.join(BUILD, "frameworks", "vercel.mjs")  # it finds its modules beside itself
    with open(os.path.join(HERE, "vercel.mjs"), encoding="utf-8") as source, open(script, "w", encoding="utf-8") as copy:
        copy.write(source.read())
    p = subprocess.run(["node", script, world.url, world.key, dialect, model], capture_output=True, text=True, timeout=600, check=False)
    assert p.returncode == 0, p.stderr[-3000:]
    out = json.loads(p.stdout)
    assert out["failures"] == [] and out["finish"] == "stop" and out["tokens"] > 100
    assert out["chat"] == out["stream"] == expected(model, "hello")
    for name in ("round", "streamed"):
        assert "鱼" in out[name]["result"] and out[name]["text"] == expected(model, out[name]["result"])
    assert out["round"]["steps"] == 2
    # Of models it does not know to hold a form, its provider for Messages asks by a forced tool, whose arguments the fake world makes up.
    assert out["recipe"] == {"name": "soup", "steps": ["boil"]} or (dialect == "messages" and out["recipe"]["steps"] == [] and "鱼" in out["recipe"]["name"])
