"""`yuzui audit --provider-export`: exports as vendors' own APIs and consoles give them, against what the ledger knows of the tries."""
import json
import os
import time

import pytest
from bench import ask, chat, messages
from test_money import CONFIG, SCRIPT, cli, credit, settled, usage

DAY = 86400


@pytest.fixture
def g(world):
    """Two requests of 100 tokens in and 50 out at OpenAI, one at Anthropic."""
    world.sim.script({"default": SCRIPT})
    g = world.gateway(CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', ""))
    credit(g, "alice", 10**9)
    for answer in (ask(g.port, chat("one")), ask(g.port, chat("two")), ask(g.port, messages("three"), path="/v1/messages")):
        assert answer.status == 200, answer.body
    settled(g)
    tries = [t for u in usage(g) for t in u["detail"]["tries"]]
    assert [t["cost"] for t in tries] == ["confirmed"] * 3, tries
    g.today = usage(g)[0]["time"][:10]
    g.start = int(time.time()) // DAY * DAY
    return g


def audit(g, export, provider, code=0, *more):
    with open(os.path.join(g.folder, "export"), "w", encoding="utf-8") as f:
        f.write(export if isinstance(export, str) else json.dumps(export))
    return cli(g, "audit", "--provider-export", "export", "--provider", provider, *more, code=code)


def test_usage_of_openai(g):
    """GET /v1/organization/usage/completions?group_by=model: buckets of results, Unix seconds, dated names, cached tokens in the input."""
    def page(**changed):
        result = {"object": "organization.usage.completions.result", "input_tokens": 200, "output_tokens": 100, "num_model_requests": 2,
                  "model": "gpt-5.2-2025-12-11", "input_cached_tokens": 20, "project_id": None, **changed}
        empty = {"object": "bucket", "start_time": g.start - DAY, "end_time": g.start, "results": []}
        return {"object": "page", "data": [empty, dict(empty, start_time=g.start, end_time=g.start + DAY, results=[result])], "has_more": False,
                "next_page": None}
    assert "agree: 0 differences in 1 days and models" in audit(g, page(), "openai")
    wrong = json.loads(audit(g, page(output_tokens=101), "openai", 1, "--json"))
    assert wrong == {"sum": f"{g.today} gpt-5.2", "ours": {"n": 2, "input": 200, "output": 100, "usd": 0.0014, "unknown": 0},
                     "theirs": {"n": 2, "input": 200, "output": 101, "usd": None}}, wrong
    assert "agree: 0 differences in 1 days" in audit(g, page(model=None), "openai"), "without group_by=model"
    assert "nothing" in audit(g, page(model="gpt-5.2-mini"), "openai", 1), "another model"


def test_usage_of_anthropic(g):
    """GET /v1/organizations/usage_report/messages, and the CSV of its console: what was read from a cache or written to it is not in the input."""
    result = {"uncached_input_tokens": 40, "cache_read_input_tokens": 30, "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10},
              "output_tokens": 50, "model": "claude-opus-4-6", "workspace_id": None, "server_tool_use": {"web_search_requests": 0}}
    bucket = {"starting_at": f"{g.today}T00:00:00Z", "ending_at": f"{g.today}T23:59:59Z", "results": [result]}
    assert "agree: 0 differences" in audit(g, {"data": [bucket], "has_more": False, "next_page": None}, "anthropic")
    result["cache_creation"]["ephemeral_1h_input_tokens"] = 11
    assert "101 in, 50 out" in audit(g, {"data": [bucket]}, "anthropic", 1)
    head = "usage_date_utc,model_version,usage_type,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,"
    head += "usage_input_tokens_cache_read,usage_output_tokens\n"
    assert "agree: 0 differences" in audit(g, f"{head}{g.today},claude-opus-4-6,standard,40,20,10,30,50\n", "anthropic")


def test_what_an_export_does_not_say(g):
    """Is not compared: costs alone, tokens alone, models without days, days without models. One that says nothing is told so."""
    assert "agree" in audit(g, f"date,model,cost\n{g.today},gpt-5.2,0.0014\n", "openai")
    assert "0.0015 USD" in audit(g, f"date,model,cost\n{g.today},gpt-5.2,0.0015\n", "openai", 1)
    assert "agree: 0 differences in 1 models" in audit(g, "model,input_tokens\ngpt-5.2,200\n", "openai")
    assert "agree: 0 differences in 1 days" in audit(g, f"date,output_tokens\n{g.today},100\n", "openai")
    mixed = f"date,model,input_tokens,cost\n{g.today},gpt-5.2,100,0.0007\n{g.today},gpt-5.2,100,\n"
    assert "agree" in audit(g, mixed, "openai"), "a sum of costs that lacks one is none"
    for nothing in ({"data": []}, "[]", '{"object": "page"}', [{"start_time": g.start}], "date,model\n2026-11-28,gpt-5.2\n", [{"input_tokens": 5}]):
        assert audit(g, nothing, "openai", 1).splitlines()[1:] == [], nothing
