"""Why an answer ended, in words that clients of the dialect do not know: also where the answer is forwarded, they read their own, and every other
byte is the provider's."""
import json

import pytest
from bench import ask, chat, messages
from saying import document, saying, stream

CONFIG = """
provider "near" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "own" { flavour = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "claude" { adapter = "anthropic", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}" }
provider "first" { flavour = "anthropic", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}" }
model "near" { "near" }
model "own" { "own" }
model "claude" { "claude" }
model "first" { "first" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {} }
"""
CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
ASKED = {"answer": None}


def chunks(*words, calls=False, text="half"):
    """A stream of as many choices as words, which say them beside nothing."""
    part = {"tool_calls": [CALL]} if calls else {"content": text}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return [head | {"choices": [{"index": i, "delta": part, "finish_reason": None}]} for i in range(len(words))] + [
        head | {"choices": [{"index": i, "delta": {}, "finish_reason": w, "native": "\u00e9 <"} for i, w in enumerate(words)]}] + [head | {"choices": [], "usage": USAGE}]


def completion(*words, calls=False):
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]} if calls else {"role": "assistant", "content": "half"}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE,
            "choices": [{"index": i, "finish_reason": w, "message": message} for i, w in enumerate(words)]}


def events(word, calls=False):
    block = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}} if calls else {"type": "text", "text": ""}
    delta = {"type": "input_json_delta", "partial_json": "{}"} if calls else {"type": "text_delta", "text": "half"}
    return [{"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None, "usage": {"input_tokens": 3, "output_tokens": 1}}},
            {"type": "content_block_start", "index": 0, "content_block": block}, {"type": "content_block_delta", "index": 0, "delta": delta}, {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": word, "stop_sequence": None}, "usage": {"output_tokens": 2}}, {"type": "message_stop"}]


def message(word, calls=False):
    block = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}} if calls else {"type": "text", "text": "half"}
    return {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [block], "stop_reason": word, "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 2}}


def sse(parts, done=True):
    return [*parts, "data: [DONE]\n\n"] if done else [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in parts]


def play(name, s, request):
    s.sendall(ASKED["answer"])
    return True


@pytest.fixture(scope="module")
def gateway(running_sim):
    with saying(running_sim, play, CONFIG) as (_, gw):
        yield gw


def asked(gw, answer, dialect, model, streams):
    ASKED["answer"] = answer
    stream = {"stream": True} | ({"stream_options": {"include_usage": True}} if dialect == "openai" else {}) if streams else {}
    if dialect == "openai":
        got = ask(gw.port, chat("hi", model=model, **stream))
    else:
        got = ask(gw.port, messages("hi", model=model, **stream), "/v1/messages")
    return got.status, bytes(got.body)


CHAT = [("MAX_TOKENS", "length"), ("model_length", "length"), ("SAFETY", "content_filter"), ("sensitive", "content_filter"), ("content_filter: SAFETY", "content_filter"), ("eos", "stop"),
        ("Stop", "stop"), ("end_turn", "stop"), ("weird", "length")]
CLAUDE = [("length", "max_tokens"), ("stop", "end_turn"), ("content_filter", "refusal"), ("MAX_TOKENS", "max_tokens"), ("weird", "max_tokens")]


@pytest.mark.parametrize("word, right", CHAT)
def test_chat(gateway, word, right):
    for answer, streams, parts in ((document(**completion(word)), False, completion), (stream(*sse(chunks(word))), True, chunks)):
        status, body = asked(gateway, answer, "openai", "near", streams)
        wanted = stream(*sse(chunks(right))) if streams else document(**completion(right))
        assert status == 200 and body == wanted.split(b"\r\n\r\n", 1)[1], parts


@pytest.mark.parametrize("word, right", CLAUDE)
def test_messages(gateway, word, right):
    for answer, streams in ((document(**message(word)), False), (stream(*sse(events(word), False)), True)):
        status, body = asked(gateway, answer, "anthropic", "claude", streams)
        wanted = stream(*sse(events(right), False)) if streams else document(**message(right))
        assert status == 200 and body == wanted.split(b"\r\n\r\n", 1)[1]


@pytest.mark.parametrize("word", ["eos", "tool_use", "STOP"])
def test_calls_decide(gateway, word):
    assert json.loads(asked(gateway, document(**completion(word, calls=True)), "openai", "near", False)[1])["choices"][0]["finish_reason"] == "tool_calls"
    assert b'"finish_reason": "tool_calls"' in asked(gateway, stream(*sse(chunks(word, calls=True))), "openai", "near", True)[1]
    assert b'"tool_use"' in asked(gateway, stream(*sse(events("stop", calls=True), False)), "anthropic", "claude", True)[1].split(b"event: message_delta")[1]


def test_several(gateway):
    words = ["eos", "stop", "MAX_TOKENS", "safety"]
    right = ["stop", "stop", "length", "content_filter"]
    got = json.loads(asked(gateway, document(**completion(*words)), "openai", "near", False)[1])
    assert [c["finish_reason"] for c in got["choices"]] == right
    assert asked(gateway, stream(*sse(chunks(*words))), "openai", "near", True)[1] == stream(*sse(chunks(*right))).split(b"\r\n\r\n", 1)[1]
    assert json.loads(asked(gateway, document(**completion(*["MAX_TOKENS"] * 40)), "openai", "near", False)[1])["choices"][39]["finish_reason"] == "length"
    assert b"MAX_TOKENS" not in asked(gateway, stream(*sse(chunks(*["MAX_TOKENS"] * 40))), "openai", "near", True)[1]


@pytest.mark.parametrize("word", ["abort", "insufficient_system_resource", "engine_overloaded"])
def test_it_failed(gateway, word):
    """An error, and no word that looks like an end before it."""
    status, body = asked(gateway, document(**completion(word)), "openai", "near", False)
    assert status >= 500 and b"broke its answer off" in body, body
    status, body = asked(gateway, stream(*sse(chunks(word))), "openai", "near", True)
    assert status == 200 and b'"finish_reason": null, "native"' in body and b"broke its answer off" in body.split(b"native")[1], body
    assert b"[DONE]" not in body


def test_null_as_a_word(gateway):
    """"null" is no end: a client would take the first piece for the last."""
    parts = chunks("stop")
    said = json.loads(json.dumps(parts))
    said[0]["choices"][0]["finish_reason"] = "null"
    assert asked(gateway, stream(*sse(said)), "openai", "near", True)[1] == stream(*sse(parts)).split(b"\r\n\r\n", 1)[1]


def test_the_last_event_without_its_blank_line(gateway):
    text = b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in chunks("eos")[:2])[:-2]
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(text)}\r\n\r\n".encode()
    body = asked(gateway, head + text, "openai", "near", True)[1]
    assert b'"finish_reason": "stop"' in body and b"eos" not in body and body.endswith(b"data: [DONE]\n\n"), body


@pytest.mark.parametrize("dialect, model", [("openai", "own"), ("anthropic", "first")])
def test_whose_dialect_it_is_may_have_new_words(gateway, dialect, model):
    answers = [(completion("newer"), chunks("newer"))] if dialect == "openai" else [(message("newer"), events("newer"))]
    for whole, parts in answers:
        assert json.loads(asked(gateway, document(**whole), dialect, model, False)[1]) == whole
        text = stream(*sse(parts, dialect == "openai"))
        assert asked(gateway, text, dialect, model, True)[1] == text.split(b"\r\n\r\n", 1)[1]


def test_old_completions(gateway):
    """/v1/completions, whose words are the same."""
    ASKED["answer"] = document(id="c", object="text_completion", created=1, model="m", choices=[{"index": 0, "text": "half", "finish_reason": "eos_token"}])
    got = ask(gateway.port, json.dumps({"model": "near", "prompt": "hi"}).encode(), "/v1/completions")
    assert json.loads(bytes(got.body))["choices"][0]["finish_reason"] == "stop"
