"""Tools of free text (custom) at vendors that take functions alone: asked for as functions of one text, and answered as what the client knows; tools of other types are left out, and told."""
import json

import pytest
from bench import ask, chat
from saying import saying

CALL = {"id": "call_1", "type": "function", "function": {"name": "run", "arguments": '{"input":"echo \\"hi\\"\\n"}'}}
OWN = {"id": "call_1", "type": "custom", "custom": {"name": "run", "input": "ls"}}
SHELL = {"type": "custom", "custom": {"name": "run", "description": "Runs a command.", "format": {"type": "text"}}}
LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
SPACE = {"type": "namespace", "name": "files", "tools": [LOOK]}
CONFIG = "\n".join(f"""provider "{name}" {{ flavour = "{flavour}", key = "sk-up-one", base_url = "http://127.0.0.1:${{sim}}/v1" }}
model "{name}" {{ {{ "{name}", as = "m" }} }}""" for name, flavour in (("vllm", "vllm"), ("mistral", "mistral"), ("kimi", "kimi"), ("openai", "openai"), ("azure", "azure"))) + """
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, retry { attempts = 1 } }
"""
SMALL = ["vllm", "mistral", "kimi"]


def play(name, s, request):
    asked = json.loads(request["body"])
    call = CALL if all(t["type"] == "function" for t in asked.get("tools", [])) else {"id": "call_1", "type": "custom", "custom": {"name": "run", "input": 'echo "hi"\n'}}
    shared = {"id": "c", "created": 1, "model": "m"}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        body = json.dumps({**shared, "object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}).encode()
        s.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        return True
    first = {**call, "index": 0, "function": {"name": "run", "arguments": ""}}
    args = call["function"]["arguments"]
    deltas = [{"role": "assistant", "tool_calls": [first]}, *({"tool_calls": [{"index": 0, "function": {"arguments": args[i : i + 5]}}]} for i in range(0, len(args), 5))]
    chunks = [{**shared, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": d, "finish_reason": None}]} for d in deltas]
    chunks.append({**shared, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    body = "".join(f"data: {json.dumps(c)}\n\n" for c in chunks).encode() + b"data: [DONE]\n\n"
    s.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    return True


@pytest.fixture(scope="module")
def provider(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


def asked(provider, model, tools, **fields):
    """The answer, and what the provider was sent."""
    raw, gateway = provider
    answer = ask(gateway.port, chat("do:it: x", model=model, tools=tools, **fields))
    assert answer.status == 200, answer.body
    return answer, json.loads(raw.requests[-1]["body"])


@pytest.mark.parametrize("model", SMALL)
def test_a_document(provider, model):
    answer, sent = asked(provider, model, [SHELL, LOOK], tool_choice={"type": "custom", "custom": {"name": "run"}})
    assert [t["type"] for t in sent["tools"]] == ["function", "function"] and sent["tools"][0]["function"]["name"] == "run"
    assert list(sent["tools"][0]["function"]["parameters"]["properties"]) == ["input"]
    call = answer.json()["choices"][0]["message"]["tool_calls"][0]
    assert call["type"] == "custom" and call["custom"] == {"name": "run", "input": 'echo "hi"\n'} and call["id"] == "call_1", call
    assert "tools.custom;emulated" in answer.header("x-yuzui-lost")


@pytest.mark.parametrize("model", SMALL)
def test_a_stream(provider, model):
    answer, _ = asked(provider, model, [SHELL], stream=True)
    calls = [c for line in answer.body.decode().splitlines() if line.startswith("data: {") for choice in json.loads(line[6:])["choices"] for c in choice["delta"].get("tool_calls", [])]
    assert calls[0]["type"] == "custom" and calls[0]["custom"]["name"] == "run" and "function" not in calls[0], calls
    assert "".join(c["custom"]["input"] for c in calls) == 'echo "hi"\n', calls


@pytest.mark.parametrize("model", SMALL)
def test_a_call_that_was_made(provider, model):
    """Its history goes out as a function's, also where the tool itself is not offered any more."""
    talk = [{"role": "user", "content": "do:it: x"}, {"role": "assistant", "content": None, "tool_calls": [OWN]}, {"role": "tool", "tool_call_id": "call_1", "content": "a b"}]
    for tools in ([SHELL], [LOOK]):
        _, sent = asked(provider, model, tools, messages=talk)
        call = next(m for m in sent["messages"] if m["role"] == "assistant")["tool_calls"][0]
        assert call["type"] == "function" and json.loads(call["function"]["arguments"]) == {"input": "ls"}, call


@pytest.mark.parametrize("model", SMALL)
def test_tools_of_other_types_are_told(provider, model):
    for tools in ([LOOK, SPACE, {"type": "tool_search"}], [SHELL, SPACE, {"type": "tool_search"}]):
        answer, sent = asked(provider, model, tools)
        assert [t["type"] for t in sent["tools"]] == ["function"]
        assert {"tools.namespace", "tools.tool_search"} <= set(answer.header("x-yuzui-lost").split(", ")), answer.header("x-yuzui-lost")
    answer, sent = asked(provider, model, [SPACE], tool_choice="auto")
    assert "tools" not in sent and "tool_choice" not in sent


@pytest.mark.parametrize("model", ["openai", "azure"])
def test_who_takes_them_gets_them(provider, model):
    answer, sent = asked(provider, model, [SHELL, LOOK])
    assert sent["tools"] == [SHELL, LOOK] and answer.json()["choices"][0]["message"]["tool_calls"][0]["type"] == "custom"
