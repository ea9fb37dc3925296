"""How streams end: with a finish and no terminal event, in an error without its blank line, or in the middle. What was said counts, and what
was used before a break is in the log."""
import json
import os
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("sim", "robust"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import wire  # noqa: E402
from bench import chat, messages, post  # noqa: E402
from gateway import Gateway  # noqa: E402
from rawup import Raw  # noqa: E402

CONFIG = """
provider "oa" { adapter = "openai", key = "sk-o", base_url = "http://127.0.0.1:${sim}/v1" }
provider "an" { adapter = "anthropic", key = "sk-n", base_url = "http://127.0.0.1:${sim}" }
provider "ge" { adapter = "gemini", key = "sk-g", base_url = "http://127.0.0.1:${sim}/v1beta" }
provider "re" { adapter = "responses", key = "sk-r", base_url = "http://127.0.0.1:${sim}/v1" }
model "gpt-x" { "oa" }
model "claude-x" { "an" }
model "gemini-x" { "ge" }
model "re-x" { "re" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, fallback {}, retry { attempts = 1 } }
"""


def data(value, name=None):
    return (f"event: {name}\n" if name else "") + "data: " + json.dumps(value) + "\n\n"


def chunk(delta, finish=None, **more):
    return data({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})


def an(type, **more):
    return data({"type": type, **more}, type)


START = an("message_start", message={"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None, "usage": {"input_tokens": 77, "output_tokens": 1}})
BLOCK = an("content_block_start", index=0, content_block={"type": "text", "text": ""})
HELLO = START + BLOCK + an("content_block_delta", index=0, delta={"type": "text_delta", "text": "hello"}) + an("content_block_stop", index=0)
REASON = an("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 5})
RESPONSE = data({"type": "response.created", "sequence_number": 0, "response": {"id": "r1", "object": "response", "status": "in_progress", "output": []}}, "response.created")


@pytest.fixture(scope="module")
def provider():
    """provider.answer: the stream that every request gets; provider.clean: it ends as HTTP says."""
    def play(_, s, __):
        body = raw.answer.encode()
        s.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n" % (len(body), body))
        if raw.clean:
            s.sendall(b"0\r\n\r\n")
        return raw.clean
    raw = Raw(play)
    with Gateway(CONFIG, sim_port=raw.port, workers=1) as g:
        raw.gateway = g
        yield raw
    raw.close()


def ask(provider, stream, path, model, clean=True):
    provider.answer, provider.clean = stream, clean
    if path == "/v1/messages":
        body = messages("hi", model=model, stream=True)
    elif path == "/v1/chat/completions":
        body = chat("hi", model=model, stream=True)
    else:
        body = json.dumps({"model": model, "input": "hi", "stream": True}).encode()
    c = wire.Client(provider.gateway.port)
    try:
        c.send(post(body, path))
        assert c.read(lambda a: a.complete) or c.eof
        return c.answer.status, bytes(c.answer.body).decode()
    finally:
        c.close()


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_a_finish_and_a_clean_end_is_complete(provider, path):
    status, body = ask(provider, HELLO + REASON, path, "claude-x")
    assert status == 200 and "error" not in body
    assert body.count("message_stop" if path == "/v1/messages" else "data: [DONE]") == (2 if path == "/v1/messages" else 1)  # event: and its type
    status, body = ask(provider, chunk({"role": "assistant", "content": "hello"}) + chunk({}, "stop"), path, "gpt-x")
    assert status == 200 and "error" not in body
    assert body.rstrip().endswith('{"type":"message_stop"}' if path == "/v1/messages" else "data: [DONE]")


def test_a_reason_that_is_null_is_no_stop(provider):
    _, body = ask(provider, HELLO + an("message_delta", delta={"stop_reason": None, "stop_sequence": None}, usage={"output_tokens": 5}) + an("message_stop"), "/v1/chat/completions", "claude-x")
    assert '"finish_reason":"length"' in body  # what nobody knows to be whole is not told, or kept, as such


def test_no_reason_is_not_complete(provider):
    status, body = ask(provider, HELLO, "/v1/messages", "claude-x")
    assert "upstream_broken" in body and "message_stop" not in body
    status, body = ask(provider, HELLO + REASON, "/v1/messages", "claude-x", clean=False)
    assert "upstream_broken" not in body and "message_stop" in body  # cut off after its reason, with nothing more under way


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions", "/v1/responses"])
@pytest.mark.parametrize("model, stream", [
    ("gpt-x", chunk({"role": "assistant", "content": "hel"}) + 'data: {"error": {"message": "out of its words", "type": "internal", "param": null, "code": "internal_error"}}'),
    ("gpt-x", chunk({"role": "assistant", "content": "hel"}) + 'event: error\ndata: {"message": "out of its words", "code": 500}'),
    ("claude-x", START + BLOCK + 'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"out of its words"}}\n'),
    ("gemini-x", data({"candidates": [{"content": {"parts": [{"text": "hel"}]}, "index": 0}]}) + 'data: {"error":{"code":500,"message":"out of its words","status":"INTERNAL"}}'),
    ("gemini-x", data({"candidates": [{"content": {"parts": [{"text": "hel"}]}, "index": 0}]}) + '{"error":{"code":500,"message":"out of its words","status":"INTERNAL"}}'),
    ("gemini-x", data({"candidates": [{"content": {"parts": [{"text": "hel"}]}, "index": 0}]}) + '{"error":{"code":500,"message":"out of its words","status":"INTERNAL"}}\n\n'),
    ("re-x", RESPONSE + 'event: error\ndata: {"type":"error","code":"server_error","message":"out of its words","sequence_number":9}'),
], ids=["chat", "chat-event", "messages", "gemini", "gemini-bare", "gemini-bare-line", "responses"])
def test_the_last_words_of_an_error(provider, model, stream, path):
    assert "out of its words" in ask(provider, stream, path, model)[1]


def test_an_event_that_is_cut_is_no_error_of_its_own(provider):
    _, body = ask(provider, chunk({"role": "assistant", "content": "hel"}) + 'data: {"error": {"message": "out of its wo', "/v1/chat/completions", "gpt-x")
    assert "stopped without its last event" in body


@pytest.mark.parametrize("said", [START, START + BLOCK, HELLO])
def test_what_was_used_before_a_break_is_logged(provider, said):
    before = len(provider.gateway.log())
    ask(provider, said, "/v1/messages", "claude-x", clean=False)
    end = time.monotonic() + 20
    while '"error":"upstream_broken"' not in provider.gateway.log()[before:] and time.monotonic() < end:
        time.sleep(0.05)
    line = [json.loads(x) for x in provider.gateway.log()[before:].splitlines() if '"op":"chat"' in x][-1]
    assert line["error"] == "upstream_broken" and line["input_tokens"] == 77


@pytest.mark.parametrize("head", ["transfer-encoding: chunked", "content-length: 100000"])
def test_a_failure_on_a_broken_connection(head):
    """Its status was known: that decides whether another try is worth it, and what the client reads."""
    said = {}

    def play(_, s, __):
        body = said["body"]
        s.sendall(f"HTTP/1.1 {said['status']} X\r\ncontent-type: application/json\r\n{head}\r\n\r\n".encode() + (b"%x\r\n%s\r\n" % (len(body), body) if "chunked" in head else body))
        return False
    raw = Raw(play)
    with Gateway(CONFIG.replace("attempts = 1", 'attempts = 3, base = "1ms"'), sim_port=raw.port, workers=1) as g:
        for status, body, text, tries in ((400, b'{"error":{"message":"out of its words"}}', "out of its words", 1), (429, b'{"error"', "429", 3), (404, b"", "404", 1)):
            said.update(status=status, body=body or b" ")
            before = len(raw.requests)
            c = wire.Client(g.port)
            c.send(post(chat("hi", model="gpt-x")))
            assert c.read(lambda a: a.complete) or c.eof
            assert c.answer.status == status and text in bytes(c.answer.body).decode() + str(c.answer.status)
            assert len(raw.requests) - before == tries
            c.close()
    raw.close()
