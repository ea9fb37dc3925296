"""A request of the target's own dialect that a policy or an alias sends to a vendor it was not written for: what the provider's options say
holds for it too. And what comes back keeps the vendor's own names."""
import json
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("sim", "robust"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
from bench import ask  # noqa: E402
from gateway import Gateway  # noqa: E402
from rawup import Raw  # noqa: E402

CONFIG = """
provider "mi" { flavour = "mistral", key = "sk-m", base_url = "http://127.0.0.1:${sim}/v1" }
provider "an" { adapter = "anthropic", key = "sk-n", base_url = "http://127.0.0.1:${sim}", drop = { "temperature", "reasoning_effort", "user" } }
provider "ge" { adapter = "gemini", key = "sk-g", base_url = "http://127.0.0.1:${sim}/v1beta", drop = { "temperature", "stop", "reasoning_effort" } }
model "mistral-x" { "mi" }
model "claude-x" { "an" }
model "gemini-x" { "ge" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, fallback {}, retry { attempts = 1 } }
"""


@pytest.fixture(scope="module")
def provider():
    """provider.answer: the body of every answer."""
    def play(_, s, __):
        body, kind = raw.answer, "text/event-stream" if raw.answer.startswith("data:") else "application/json"
        s.sendall(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
        return True
    raw = Raw(play)
    raw.answer = "{}"
    with Gateway(CONFIG, sim_port=raw.port, workers=1) as g:
        raw.gateway = g
        yield raw
    raw.close()


def sent(provider, body, path):
    ask(provider.gateway.port, json.dumps(body).encode(), path)
    return json.loads(provider.requests[-1]["body"])


def test_ids_of_calls_of_another_model(provider):
    call = {"id": "call_abcdefghijklmnop", "type": "function", "function": {"name": "ls", "arguments": "{\"n\":12345678901234567890}"}}
    body = sent(provider, {"model": "mistral-x", "messages": [
        {"role": "user", "content": "x"}, {"role": "assistant", "content": None, "tool_calls": [call, {**call, "id": "abcdefgh9"}]},
        {"role": "tool", "tool_call_id": "call_abcdefghijklmnop", "content": "a"}, {"role": "tool", "tool_call_id": "abcdefgh9", "content": "b"}]}, "/v1/chat/completions")
    calls, results = body["messages"][1]["tool_calls"], body["messages"][2:]
    assert [c["id"] for c in calls] == [r["tool_call_id"] for r in results]
    assert len(calls[0]["id"]) == 9 and calls[0]["id"].isalnum() and calls[1]["id"] == "abcdefgh9"  # one that fits stays
    assert calls[0]["function"] == call["function"]


def test_what_messages_drops(provider):
    body = sent(provider, {"model": "claude-x", "max_tokens": 9, "temperature": 0.5, "top_p": 0.5, "metadata": {"user_id": "u"}, "thinking": {"type": "adaptive"},
                           "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {}}}, "messages": [{"role": "user", "content": "x"}]}, "/v1/messages")
    assert not {"temperature", "metadata", "thinking"} & set(body) and body["top_p"] == 0.5
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": {}}}


@pytest.mark.parametrize("outer, stop, thinking", [("generationConfig", "stopSequences", "thinkingConfig"), ("generation_config", "stop_sequences", "thinking_config")])
def test_what_gemini_drops(provider, outer, stop, thinking):
    body = sent(provider, {"contents": [{"role": "user", "parts": [{"text": "x"}]}], outer: {"temperature": 0.5, stop: ["a"], thinking: {}, "seed": 12345678}}, "/v1beta/models/gemini-x:generateContent")
    assert body[outer] == {"seed": 12345678}


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_thoughts_keep_the_name_of_their_field(provider, field):
    """vLLM says reasoning: a client of it finds it there, also in a document made of a stream."""
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    provider.answer = "".join("data: " + json.dumps({**head, "choices": [{"index": 0, "delta": d, "finish_reason": f}]}) + "\n\n"
                              for d, f in (({"role": "assistant", field: "h"}, None), ({field: "m"}, None), ({"content": "ok"}, None), ({}, "stop")))
    a = ask(provider.gateway.port, json.dumps({"model": "mistral-x", "messages": [{"role": "user", "content": "x"}]}).encode())
    message = a.json()["choices"][0]["message"]
    assert message[field] == "hm" and {"reasoning", "reasoning_content"} & set(message) == {field}
    message = {k: message[k] for k in ("role", "content", field)}  # and a stream made of a document
    provider.answer = json.dumps({**head, "object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    a = ask(provider.gateway.port, json.dumps({"model": "mistral-x", "stream": True, "messages": [{"role": "user", "content": "x"}]}).encode())
    assert f'"{field}":"hm"' in bytes(a.body).decode()
