"""Answers as real servers give them, and no fake of ours: events as large as a picture, labels that lie, JSON that is not quite JSON. What was
paid for is delivered if it can be read, and never asked for twice if it cannot."""
import json
import os
import re
import sys
import threading
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("sim", "robust"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import wire  # noqa: E402
from bench import chat, messages, post  # noqa: E402
from gateway import Gateway  # noqa: E402
from rawup import Raw  # noqa: E402
from simlib import PATIENT  # noqa: E402

CONFIG = """
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/v1" }
provider "anthropic" { adapter = "anthropic", key = env "ANTHROPIC_API_KEY", base_url = "http://127.0.0.1:${sim}" }
model "gpt-5.2" { "openai" }
model "claude-opus-4-6" { "anthropic" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, fallback {}, retry { attempts = 3, base = "1ms" } }
"""


def event(delta=None, finish=None, **more):
    return b"data: " + json.dumps({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.2",
                                   "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}).encode() + b"\n\n"


def document(text="Hello", **more):
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-5.2", "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}], **more}


DONE = b"data: [DONE]\n\n"
HELLO = event({"role": "assistant", "content": "Hel"}) + event({"content": "lo"}) + event(finish="stop", usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}) + DONE
PLAIN = json.dumps(document()).encode()


def answer(body, content_type="application/json"):
    return f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def sse(body):
    return answer(body, "text/event-stream")


@pytest.fixture(scope="module")
def provider():
    """provider.answer: what is said to every request."""
    def play(_, s, __):
        s.sendall(raw.answer)
        return not raw.close_after
    raw = Raw(play)
    raw.close_after = False
    with Gateway(CONFIG, sim_port=raw.port, workers=1) as g:
        raw.gateway = g
        yield raw
    raw.close()


def ask(provider, said, dialect="openai", stream=False, model="gpt-5.2", **more):
    """The client's answer, and how many requests it took."""
    provider.answer, before = said, len(provider.requests)
    body = (chat if dialect == "openai" else messages)("hi", model=model, **({"stream": True} if stream else {}), **more)
    c = wire.Client(provider.gateway.port)
    try:
        c.send(post(body, "/v1/chat/completions" if dialect == "openai" else "/v1/messages"))
        assert c.read(lambda a: a.complete) or c.eof
        return c.answer, len(provider.requests) - before
    finally:
        c.close()


FORMS = [(d, s) for d in ("openai", "anthropic") for s in (False, True)]


# ---- labels that lie: whatever comes, the client gets what it asked for

LABELS = {"events as JSON": (HELLO, "application/json"), "events as text": (HELLO, "text/plain; charset=utf-8"), "events": (HELLO, "text/event-stream"),
          "a document as events": (PLAIN, "text/event-stream"), "a document as text": (PLAIN, "text/plain"), "a document": (PLAIN, "application/json"),
          "blank lines first": (b"\n\r\n \n" + PLAIN, "application/json"), "a mark first": (b"\xef\xbb\xbf" + PLAIN, "application/json"), "no label of ours": (PLAIN, "text/html")}


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("dialect,stream", FORMS)
def test_labels_lie(provider, name, dialect, stream):
    a, n = ask(provider, answer(*LABELS[name]), dialect, stream)
    assert (a.status, n, a.text()) == (200, 1, "Hello"), a.body
    assert a.header("content-type").startswith("text/event-stream" if stream else "application/json")
    assert not stream or a.stream_done()


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json", "text/plain"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_bare_error(provider, content_type, stream):
    said = b'{"error":{"message":"bad thing happened","type":"invalid_request_error","code":"x"}}'
    a, n = ask(provider, answer(said, content_type), stream=stream)
    assert a.status == 400 and b"bad thing happened" in a.body and n == 1


# ---- events as large as max_answer

BIG = {"a picture": event({"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 1_900_000}}]}),
       "a call": event({"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "write", "arguments": json.dumps({"content": "x" * 3_000_000})}}]}),
       "a text": event({"content": "y" * 5_000_000})}


@pytest.mark.parametrize("name", BIG)
def test_a_large_event_is_forwarded(provider, name):
    body = event({"role": "assistant", "content": ""}) + BIG[name] + event(finish="stop") + DONE
    a, n = ask(provider, sse(body), stream=True)
    assert bytes(a.body) == body and n == 1


@pytest.mark.parametrize("stream", [False, True])
def test_a_large_call_is_translated(provider, stream):
    body = event({"role": "assistant", "content": "so:"}) + BIG["a call"] + event(finish="tool_calls") + DONE
    a, n = ask(provider, sse(body), "anthropic", stream)
    if stream:
        text = "".join(json.loads(d)["delta"].get("partial_json", "") for name, d in a.events() if name == "content_block_delta")
        assert json.loads(text) == {"content": "x" * 3_000_000} and a.stream_done()
    else:
        assert a.json()["content"][1]["input"] == {"content": "x" * 3_000_000}
    assert n == 1


# ---- not quite JSON, but paid for

CARELESS = {"trailing bytes": PLAIN + b"\n</body>", "twice": PLAIN + PLAIN, "a key twice": PLAIN.replace(b'"id": "c1"', b'"id": "c0", "id": "c1"'),
            "NaN": PLAIN.replace(b'"usage": {', b'"usage": {"cost": NaN, '), "bad UTF-8": PLAIN.replace(b'"id": "c1"', b'"id": "c1\xff"'), "a raw tab": PLAIN.replace(b'"id": "c1"', b'"id": "c\t1"')}


@pytest.mark.parametrize("name", CARELESS)
@pytest.mark.parametrize("dialect,stream", FORMS)
def test_careless_documents_are_delivered(provider, name, dialect, stream):
    a, n = ask(provider, answer(CARELESS[name]), dialect, stream)
    assert (a.status, n, a.text()) == (200, 1, "Hello"), a.body
    if not stream:
        a.body.decode()
        json.loads(a.body, parse_constant=pytest.fail)


CARELESS_EVENTS = {"a key twice": (b'"id": "c1"', b'"id": "c0", "id": "c1"'), "NaN": (b'"created": 1', b'"created": NaN'), "bad UTF-8": (b'"id": "c1"', b'"id": "c1\xff"')}


@pytest.mark.parametrize("name", CARELESS_EVENTS)
@pytest.mark.parametrize("dialect,stream", FORMS)
def test_careless_events_are_delivered(provider, name, dialect, stream):
    a, n = ask(provider, sse(HELLO.replace(*CARELESS_EVENTS[name])), dialect, stream)
    assert (a.status, n, a.text()) == (200, 1, "Hello"), a.body
    assert a.body.decode() and (not stream or a.stream_done())


USELESS = {"a page": (b"<html>hello</html>", "text/html"), "half": (PLAIN[:-5], "application/json"), "another dialect": (b'{"answer": 42}', "application/json"), "a word": (b"hello", "text/plain"),
           "no events of ours": (b"data: hello\n\n", "text/event-stream")}


@pytest.mark.parametrize("name", USELESS)
@pytest.mark.parametrize("dialect,stream", FORMS)
def test_what_cannot_be_read_is_not_bought_again(provider, name, dialect, stream):
    a, n = ask(provider, answer(*USELESS[name]), dialect, stream)
    assert (a.status, n) == (502, 1), a.body
    assert b"upstream_unreadable" in a.body


# ---- documents too long to be held: looked at as they pass

LONG = json.dumps(document("l" * (3 << 20))).encode()
LONG_CALL = document(None)
LONG_CALL["choices"][0]["message"]["tool_calls"] = [{"id": "c1", "type": "function", "function": {"name": "write", "arguments": json.dumps({"content": "x\n\u00e4" * 700_000})}}]
LONG_MESSAGE = {"id": "m1", "type": "message", "role": "assistant", "model": "claude-opus-4-6", "stop_reason": "tool_use", "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 6},
                "content": [{"type": "thinking", "thinking": "t" * 900_000, "signature": "s" * 500_000}, {"type": "text", "text": "u" * 900_000}, {"type": "tool_use", "id": "t1", "name": "write", "input": {"content": ["v" * 900_000, *range(50_000)]}}]}


@pytest.mark.parametrize("dialect,model,body", [("openai", "gpt-5.2", LONG), ("openai", "gpt-5.2", json.dumps(LONG_CALL).encode()), ("anthropic", "claude-opus-4-6", json.dumps(LONG_MESSAGE).encode())])
def test_long_documents_pass_and_are_counted(provider, dialect, model, body):
    a, n = ask(provider, answer(body), dialect, model=model)
    assert (a.status, n) == (200, 1) and bytes(a.body) == body
    end, line = time.monotonic() + PATIENT, None  # the log is written when there is time
    while not line and time.monotonic() < end:
        line = next((x for x in provider.gateway.log().splitlines() if a.header("x-request-id") in x and x.startswith("{")), None)
        time.sleep(0.02)
    assert re.search(r'"output[a-z_]*":[1-9]', line), line


USELESS_LONG = {"garbage": b"x" * (2 << 20), "garbage behind a brace": b'{"id": ' + b"y" * (2 << 20), "half": LONG[:-1000], "half, by one": LONG[:-1], "another dialect": json.dumps({"answer": "z" * (2 << 20)}).encode(),
                "garbage later": LONG[:2_000_000] + b'"' + LONG[2_000_000:]}


@pytest.mark.parametrize("framing", ["length", "chunks", "close"])
@pytest.mark.parametrize("name", USELESS_LONG)
def test_long_garbage_is_no_whole_answer(provider, name, framing):
    body = USELESS_LONG[name]
    said = {"length": answer(body), "chunks": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n",
            "close": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n" + body}[framing]
    provider.close_after = framing == "close"
    try:
        a, n = ask(provider, said)
    finally:
        provider.close_after = False
    assert n == 1
    assert a.status == 502 or not a.complete, (a.status, len(a.body))


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_over_max_answer_is_not_bought_again(provider, dialect):
    a, n = ask(provider, answer(json.dumps(document("z" * (33 << 20))).encode()), dialect)
    assert (a.status, n) == (502, 1) and b"max_answer" in a.body


# ---- heartbeats: a client that waits for its stream is told that somebody is there, in its own dialect

GEMINI = "/v1beta/models/gpt-5.2:streamGenerateContent"
WAITING = {"chat": ("/v1/chat/completions", chat("hi", stream=True), "", b": keep-alive\n\n"),
           "completion": ("/v1/completions", b'{"model":"gpt-5.2","prompt":"hi","stream":true}', "", b": keep-alive\n\n"),
           "messages": ("/v1/messages", messages("hi", model="gpt-5.2", stream=True), "", b'event: ping\ndata: {"type": "ping"}\n\n'),
           "responses": ("/v1/responses", json.dumps({"model": "gpt-5.2", "input": "hi", "stream": True}).encode(), "", b": keep-alive\n\n"),
           "gemini": (GEMINI + "?alt=sse", b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}', "", b"\n\n"),
           "gemini, an array": (GEMINI, b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}', "", b"\n")}


@pytest.fixture
def thinker():
    """A provider that thinks until thinker.go is set, then says thinker.answer."""
    def play(_, s, __):
        assert raw.go.wait(60)
        s.sendall(raw.answer)
        return True
    raw = Raw(play)
    raw.go, raw.answer = threading.Event(), sse(HELLO)
    with Gateway(CONFIG, sim_port=raw.port, workers=1) as g:
        raw.gateway = g
        yield raw
        raw.go.set()
    raw.close()


def wait(thinker, path, body, headers=""):
    c = wire.Client(thinker.gateway.port)
    c.send(post(body, path, headers=headers))
    while not thinker.requests:
        time.sleep(0.01)
    return c


def beat(thinker, c, n):
    """Skips ahead until n bytes of the body are there."""
    for _ in range(40):
        if c.read(lambda a: len(a.body) >= n, 0.05):
            return
        thinker.gateway.skip(5000)
    raise AssertionError(f"no sign of life: {c.answer.status} {c.answer.body!r}")


@pytest.mark.parametrize("name", WAITING)
def test_heartbeats(thinker, name):
    path, body, headers, sign = WAITING[name]
    c = wait(thinker, path, body, headers)
    thinker.gateway.skip(8000)
    assert not c.read(lambda a: a.status, 0.3), "too early"
    for i in range(3):
        beat(thinker, c, len(sign) * (i + 1))
        assert bytes(c.answer.body) == sign * (i + 1)
    assert c.answer.status == 200
    assert c.answer.header("content-type").startswith("application/json" if "array" in name else "text/event-stream")
    thinker.go.set()
    assert c.read(lambda a: a.complete)
    rest = bytes(c.answer.body)[len(sign) * 3:]
    if name in ("chat", "completion"):
        assert rest == HELLO
    elif "array" in name:
        assert "".join(p["text"] for e in json.loads(c.answer.body) for p in e["candidates"][0]["content"].get("parts", []) if "candidates" in e) == "Hello"
    else:
        assert b"Hel" in rest and sign.strip() not in rest[:-2] or name == "gemini"
    c.close()


@pytest.mark.parametrize("name", WAITING)
def test_an_error_after_a_heartbeat_is_an_event(thinker, name):
    path, body, headers, sign = WAITING[name]
    thinker.answer = b'HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\ncontent-length: 51\r\n\r\n{"error":{"message":"no such thing","type":"bad_x"}}'
    thinker.answer = thinker.answer.replace(b"content-length: 51", b"content-length: %d" % len(thinker.answer.split(b"\r\n\r\n")[1]))
    c = wait(thinker, path, body, headers)
    thinker.gateway.skip(11000)
    beat(thinker, c, len(sign))
    thinker.go.set()
    assert c.read(lambda a: a.complete)
    assert c.answer.status == 200 and b"no such thing" in c.answer.body
    if "array" in name:
        assert json.loads(c.answer.body)
    c.close()


def test_heartbeats_in_the_middle(thinker):
    """Between two events, and none while events come."""
    first, rest = HELLO[:HELLO.index(b"\n\n") + 2], HELLO[HELLO.index(b"\n\n") + 2:]
    go = threading.Event()

    def play(_, s, __):
        s.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + first)
        go.wait(60)
        s.sendall(rest)
        return False
    thinker.play = play
    c = wait(thinker, "/v1/chat/completions", chat("hi", stream=True))
    assert c.read(lambda a: len(a.body) >= len(first))
    beat(thinker, c, len(first) + 1)
    assert bytes(c.answer.body) == first + b": keep-alive\n\n"
    go.set()
    assert c.read(lambda a: a.complete)
    assert bytes(c.answer.body) == first + b": keep-alive\n\n" + rest
    c.close()


@pytest.mark.parametrize("path,body,headers", [("/v1/chat/completions", chat("hi"), ""), (GEMINI + "?alt=sse", WAITING["gemini"][1], "x-goog-api-client: genai-js/0.24.1\r\n")])
def test_no_heartbeat_where_none_is_safe(thinker, path, body, headers):
    """A document, and a client that fails at empty lines."""
    c = wait(thinker, path, body, headers)
    thinker.gateway.skip(30000)
    assert not c.read(lambda a: a.status, 1)
    thinker.go.set()
    assert c.read(lambda a: a.complete) and c.answer.status == 200
    c.close()


def test_retries_work_behind_heartbeats(thinker):
    said = [b"HTTP/1.1 503 X\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}", sse(HELLO)]

    def play(_, s, __):
        assert thinker.go.wait(60)
        s.sendall(said.pop(0))
        return True
    thinker.play = play
    c = wait(thinker, "/v1/chat/completions", chat("hi", stream=True))
    thinker.gateway.skip(11000)
    beat(thinker, c, 14)
    thinker.go.set()
    assert c.read(lambda a: a.complete)
    assert c.answer.text() == "Hello" and c.answer.stream_done() and len(thinker.requests) == 2
    c.close()


# ---- attempts mean what they say

@pytest.mark.parametrize("attempts", [None, 1, 2, 3])
def test_dead_connections_count(attempts):
    """The pool is full of connections, and each dies with the next request: `attempts` requests go out, and one more where no stage counts."""
    go = threading.Event()

    def play(_, s, request):
        if b"die" in request["body"]:
            return False
        assert go.wait(60)
        s.sendall(sse(HELLO))
        return True
    raw = Raw(play)
    chain = "auth {}" + (f', retry {{ attempts = {attempts}, base = "1ms" }}' if attempts else "")
    with Gateway(CONFIG[:CONFIG.index("chain")] + f"chain {{ {chain} }}", sim_port=raw.port, workers=1) as g:
        clients = [wire.Client(g.port) for _ in range(8)]
        for c in clients:
            c.send(post(chat("hi", stream=True)))
        while len(raw.requests) < 8:
            time.sleep(0.01)
        go.set()
        for c in clients:
            assert c.read(lambda a: a.complete) and c.answer.text() == "Hello"
            c.close()
        c = wire.Client(g.port)
        c.send(post(chat("die")))
        assert c.read(lambda a: a.complete) and c.answer.status == 502
        c.close()
        assert len(raw.requests) == 8 + (attempts or 2)
    raw.close()
