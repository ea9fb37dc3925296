"""G5, and what section 6 says of providers: whatever one sends, the client gets a whole answer, a JSON error or an error event within the
time-out + 1 s; nothing hangs, nothing of the next client's answer is poisoned."""
import gzip
import json
import time

import pytest
import wire
from bench import SECRETS, World, amount, ask, chat, messages, outcome, post
from rawup import Raw, reset, wait_gone
from simlib import PATIENT

# Of the virtual clock: where a provider is silent or endless, the tests skip ahead, so no stall of the machine makes a time-out of its own.
TIMEOUTS = 'connect = "20s", first_byte = "20s", first_token = "20s", idle = "20s", total = "60s"'
TOTAL = 60


def document(text="fine"):
    return json.dumps({"id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-5.2", "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
                       "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}).encode()


def event(text="x", finish=None, **more):
    return b"data: " + json.dumps({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.2",
                                   "choices": [{"index": 0, "delta": {"content": text} if finish is None else {}, "finish_reason": finish}], **more}).encode() + b"\n\n"


END = event(finish="stop") + b"data: [DONE]\n\n"
OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"content-type: application/json\r\n"
SSE = OK + b"content-type: text/event-stream\r\n\r\n"
CHUNKED = OK + b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def sized(body, head=JSON, n=None):
    return head + f"content-length: {len(body) if n is None else n}\r\n\r\n".encode() + body


def chunks(*parts):
    return b"".join(f"{len(p):x}\r\n".encode() + p + b"\r\n" for p in parts) + b"0\r\n\r\n"


D = document()
# name: (bytes, then "close", "reset" or "hang"); a callable writes for itself
ANSWERS = {
    "cl-and-te": (JSON + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n" + chunks(D), "close"),
    "te-and-cl": (JSON + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n" + chunks(D), "close"),
    "te-gzip": (JSON + b"transfer-encoding: gzip, chunked\r\n\r\n" + chunks(gzip.compress(D)), "close"),
    "te-unknown": (JSON + b"transfer-encoding: cow\r\n\r\n" + D, "close"),
    "two-lengths": (JSON + f"content-length: {len(D)}\r\ncontent-length: 5\r\n\r\n".encode() + D, "close"),
    "length-minus": (sized(D, n=-1), "close"), "length-huge": (sized(D, n=10**30), "close"), "length-plus": (sized(D, n="+5"), "close"),
    "short": (sized(D, n=len(D) + 10), "close"), "short-hang": (sized(D, n=len(D) + 10), "hang"), "long": (sized(D) + b"GARBAGE" * 100, "hang"),
    "second-answer": (sized(D) + sized(document("POISON")), "hang"),
    "early-200": (sized(D), "early"),
    "chunk-garbage": (CHUNKED + b"zz\r\nhello\r\n", "close"), "chunk-no-crlf": (CHUNKED + b"5\r\nhelloXX0\r\n\r\n", "close"), "chunk-huge": (CHUNKED + b"ffffffffffffffff1\r\nx", "close"),
    "chunk-short": (CHUNKED + b"20\r\nhello", "close"), "chunk-lf": (CHUNKED + b"5\nhello\n0\n\n", "close"), "chunk-tiny": lambda s: tiny_chunks(s),
    "chunk-line-endless": lambda s: endless(s, CHUNKED + b"5;", b"a" * 1000), "trailers-endless": lambda s: endless(s, CHUNKED + b"0\r\n", b"a: b\r\n" * 100),
    "interim-flood": lambda s: endless(s, b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"), "interim-100": (b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + sized(D), "close"),
    "switching": (b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n", "hang"),
    "folded": (OK + b"x-a: b\r\n c: d\r\n" + sized(D, head=b""), "close"), "folded-length": (JSON + b"content-length:\r\n 5\r\n\r\nhello", "close"),
    "bare-cr": (OK + b"x-a: b\rc\r\n" + sized(D, head=b""), "close"), "bare-lf": (b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}", "close"),
    "nul-header": (OK + b"x-a: b\x00c\r\n" + sized(D, head=b""), "close"), "blank-colon": (OK + b"content-length : 2\r\n\r\n{}", "close"),
    "split-header": (OK + b"x-request-id: a\r\nset-cookie: stolen=1\r\nx-yuzui-evil: 1\r\nserver: evil\r\nlocation: /\r\nalt-svc: h3=\":1\"\r\n" + sized(D, head=b"content-type: application/json\r\n"), "close"),
    "type-injection": (OK + b"content-type: application/json\x0bset-cookie: a\r\n" + sized(D, head=b""), "close"),
    "http09": (D, "close"), "http2": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80", "close"), "http2-text": (b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n{}", "close"),
    "http10": (b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n" + D, "close"), "http10-te": (b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks(D), "close"),
    "status-word": (b"HTTP/1.1 OK\r\n\r\n", "close"), "status-99": (b"HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n", "close"), "status-999": (b"HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n", "close"),
    "status-204": (b"HTTP/1.1 204 No Content\r\n\r\n", "close"), "status-304": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "close"), "status-206": (sized(D, head=b"HTTP/1.1 206 Partial\r\ncontent-type: application/json\r\n"), "close"),
    "moved": (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", "close"), "moved-307": (b"HTTP/1.1 307 X\r\nlocation: //evil/\r\ncontent-length: 0\r\n\r\n", "close"),
    "head-huge": (OK + b"x: " + b"a" * 2000000 + b"\r\n" + sized(D, head=b""), "close"), "head-endless": lambda s: endless(s, OK, b"x-a: b\r\n" * 50), "head-drip": lambda s: drip(s, OK + b"x-a: " + b"b" * 1000, 0.1),
    "many-headers": (OK + b"x: y\r\n" * 5000 + sized(D, head=b""), "close"), "line-endless": lambda s: endless(s, b"HTTP/1.1 200 ", b"O" * 1000),
    "gzip": (OK + b"content-type: application/json\r\ncontent-encoding: gzip\r\n" + sized(gzip.compress(D), head=b""), "close"),
    "gzip-bomb": (OK + b"content-type: application/json\r\ncontent-encoding: gzip\r\n" + sized(gzip.compress(b" " * (64 << 20)), head=b""), "close"),
    "nothing": (b"", "close"), "reset": (b"", "reset"), "hang": (b"", "hang"), "head-hang": (JSON + b"content-length: 100\r\n\r\n", "hang"), "head-reset": (JSON + b"content-length: 100\r\n\r\n{", "reset"),
    "html": (sized(b"<html>sk-up-openai-d41d8c</html>", head=OK + b"content-type: text/html\r\n"), "close"), "html-502": (sized(b"<html>sk-up-openai-d41d8c</html>", head=b"HTTP/1.1 502 Bad\r\ncontent-type: text/html\r\n"), "close"),
    "not-json": (sized(b'{"id":'), "close"), "json-list": (sized(b"[]"), "close"), "json-null": (sized(b"null"), "close"), "json-deep": (sized(b'{"choices":' + b"[" * 100000 + b"]" * 100000 + b"}"), "close"),
    "json-utf8": (sized(D.replace(b"fine", b"\xff\xfe")), "close"), "json-nul": (sized(D.replace(b"fine", b"\x00")), "close"), "json-surrogate": (sized(D.replace(b"fine", b"\\ud800")), "close"), "json-twice": (sized(D + D), "close"),
    "json-no-choices": (sized(b'{"id":"x"}'), "close"), "json-types": (sized(b'{"id":1,"choices":{"a":[]},"usage":"much"}'), "close"), "usage-lies": (sized(D.replace(b'"total_tokens": 2', b'"total_tokens": -1e308')), "close"),
    "error-echo": (sized(b'{"error":{"message":"bad key sk-up-openai-d41d8c","type":"x","code":"y"}}', head=b"HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\n"), "close"),
    "error-401": (sized(b'{"error":{"message":"Incorrect API key provided: sk-up-openai-d41d8c"}}', head=b"HTTP/1.1 401 No\r\ncontent-type: application/json\r\nwww-authenticate: Bearer\r\n"), "close"),
    "error-403": (sized(b'{"error":{"message":"no sk-up-openai-d41d8c"}}', head=b"HTTP/1.1 403 No\r\ncontent-type: application/json\r\n"), "close"),
    "error-huge": (sized(b'{"error":{"message":"' + b"m" * 3000000 + b'"}}', head=b"HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\n"), "close"),
    "error-crlf": (sized(b'{"error":{"message":"a\\r\\nset-cookie: x","type":"t\\r\\n","code":"c\\u0000"}}', head=b"HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\n"), "close"),
    "retry-after-lies": (sized(b"{}", head=b"HTTP/1.1 429 X\r\nretry-after: 99999999999999999999\r\ncontent-type: application/json\r\n"), "close"),
    "sse-fine": (SSE + event() + END, "close"), "sse-no-done": (SSE + event() + event(finish="stop"), "close"), "sse-cut": (SSE + event() + event()[:20], "close"), "sse-reset": (SSE + event(), "reset"), "sse-hang": (SSE + event(), "hang"),
    "sse-silent": (SSE, "hang"), "sse-empty": (SSE, "close"), "sse-comments": lambda s: endless(s, SSE, b": ping\n\n", 0.05), "sse-drip": lambda s: drip(s, SSE + event() * 50, 0.05),
    "sse-big-event": (SSE + b"data: " + b"x" * (2 << 20) + b"\n\n" + END, "close"), "sse-no-newline": lambda s: endless(s, SSE + b"data: ", b"x" * 65536), "sse-many-lines": lambda s: endless(s, SSE, b"data: x\n" * 1000),
    "sse-big-later": (SSE + event() + b"data: " + b"x" * (2 << 20) + b"\n\n" + END, "close"), "sse-endless": lambda s: endless(s, SSE, event("much " * 1000)),
    "sse-nul": (SSE + event() + b"data: {\"a\":\"\x00\"}\n\n" + END, "close"), "sse-utf8": (SSE + event() + event().replace(b'"x"', b'"\xff\xfe"') + END, "close"), "sse-bad-json": (SSE + event() + b"data: {\"choices\":[\n\n" + END, "close"),
    "sse-html": (SSE + event() + b"data: <html>\n\n" + END, "close"), "sse-done-twice": (SSE + event() + END + b"data: [DONE]\n\n", "close"), "sse-after-done": (SSE + event() + END + event("POISON"), "close"), "sse-done-hang": (SSE + event() + END, "hang"), "sse-done-first": (SSE + b"data: [DONE]\n\n", "close"),
    "sse-error": (SSE + event() + b'data: {"error":{"message":"boom sk-up-openai-d41d8c","type":"server_error"}}\n\n', "close"), "sse-error-first": (SSE + b'data: {"error":{"message":"boom sk-up-openai-d41d8c","type":"server_error"}}\n\n', "close"),
    "sse-error-goes-on": (SSE + event() + b'data: {"error":{"message":"boom"}}\n\n' + event() + END, "close"), "sse-names": (SSE + event() + b"event: error\ndata: {}\n\n" + END, "close"), "sse-cr": (SSE + (event() + END).replace(b"\n", b"\r"), "close"),
    "sse-inject": (SSE + event() + b"id: 1\nretry: 0\nevent: evil\ndata: 1\ndata: 2\n\n" + END, "close"), "sse-document": (sized(D), "close"), "sse-chunk-cut": (CHUNKED + chunks(event())[:-5], "close"),
}


def tiny_chunks(s):
    s.sendall(CHUNKED)
    for _ in range(20):
        s.sendall(b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n" * 500)


def endless(s, first, again, pause=0.0):
    s.settimeout(PATIENT)
    s.sendall(first)
    end, sent = time.monotonic() + amount(2, 8), 0
    while time.monotonic() < end and sent < amount(1 << 26, 1 << 30):
        s.sendall(again)
        sent += len(again)
        if pause:
            time.sleep(pause)


def drip(s, data, pause):
    for i in range(0, len(data)):
        s.sendall(data[i:i + 1])
        time.sleep(pause)
        if i * pause > PATIENT:
            return


def play(name, s, request):
    if name not in ANSWERS:  # a good request between the bad ones
        s.sendall(CHUNKED + chunks(event("good"), END) if b'"stream": true' in request["body"] or b'"stream":true' in request["body"] else sized(document("good")))
        return True
    what = ANSWERS[name]
    if callable(what):
        what(s)
        return False
    data, then = what
    s.sendall(data)
    if then == "reset":
        time.sleep(0.05)
        reset(s)
    elif then == "hang":
        wait_gone(s, PATIENT)
    return False


CONFIG = """
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/v1", timeout = { ${timeouts} } }
model "gpt-5.2" { "openai" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
limits { write_time = "80s" }
chain { auth {} }
"""


@pytest.fixture(scope="module")
def liar(running_sim):
    raw = Raw(play)
    w = World(running_sim)
    running_sim.reset()
    try:
        yield raw, w.gateway(CONFIG, port=raw.port, timeouts=TIMEOUTS)
        w.judge()
        assert not raw.wrong, raw.wrong
    finally:
        w.close()
        raw.close()


FORMS = [("openai", "document"), ("openai", "stream"), ("anthropic", "document"), ("anthropic", "stream")]


def one(gateway, text, dialect, form, slow, model="gpt-5.2"):
    stream = {"stream": True} if form == "stream" else {}
    body = (chat if dialect == "openai" else messages)(text, model=model, **stream)
    c = wire.Client(gateway.port)
    try:
        c.send(post(body, "/v1/chat/completions" if dialect == "openai" else "/v1/messages"))
        return read_whole(gateway, c, slow)
    finally:
        c.close()


def read_whole(gateway, c, slow):
    """Reads the answer. Of a provider that never ends: skips ahead until the gateway ends it, and not further than it may take."""
    skipped = 0
    while slow and not c.read(lambda a: a.complete, 0.1) and not c.eof and skipped < TOTAL:
        gateway.skip(5000)
        skipped += 5
    c.read(lambda a: a.complete)
    return c.answer


FINE = {"interim-100", "http10", "sse-fine", "split-header"}


@pytest.mark.parametrize("name", ANSWERS)
def test_g5_answer(liar, name):
    raw, gateway = liar
    slow = callable(ANSWERS[name]) or ANSWERS[name][1] == "hang"
    for dialect, form in FORMS if not slow else amount(FORMS[1:3], FORMS):
        answer = one(gateway, f"do:{name}:", dialect, form, slow)
        where = f"{name} {dialect} {form}"
        if name == "sse-cr":  # allowed, and our reader knows it, but not the one of these tests
            answer.body = answer.body.replace(b"\r", b"\n")
        got = outcome(answer, dialect)
        assert b"POISON" not in answer.body and b"sk-up" not in answer.body, (where, answer.body[-300:])
        assert answer.status != 401 and answer.status != 403, where  # ours would be understood as the client's key
        for header in ("set-cookie", "x-yuzui-evil", "alt-svc", "location", "www-authenticate"):
            assert answer.header(header) is None, (where, header)
        if name in FINE and not name.startswith("sse") and form == "document":
            assert got == "whole", (where, answer.body)
        # the next client's answer is its own
        good = ask(gateway.port, chat("good"))
        assert good.status == 200 and good.text() == "good", (where, good.body)


SIM_FAULTS = [
    {"hang": "head"}, {"hang": "after_head"}, {"hang_after_chunks": 2}, {"reset_at": 0}, {"reset_at": 40}, {"reset_at": 700}, {"close_at": 0}, {"close_at": 100}, {"close_at": 900}, {"reset_after_chunks": 2},
    {"close_after_chunks": 2}, {"status": 500}, {"status": 529}, {"status": 503, "html": True}, {"status": 500, "empty_body": True}, {"status": 401, "echo_key": True}, {"status": 429, "retry_after": "date+3"},
    {"error_event": {"after": 0, "type": "overloaded_error", "message": "x"}}, {"error_event": {"after": 2, "type": "server_error", "message": "x", "goes_on": True}}, {"no_done": True}, {"crlf": True, "comments": True},
    {"as": "document"}, {"as": "stream"}, {"garble": {"at": 30, "with": "}}}}"}}, {"drip": {"bytes": 3, "ms": 100}}, {"content_type": "text/plain"}, {"content_length_delta": 5}, {"content_length_delta": -5}, {"cl_te": True},
    {"until_close": True}, {"http10": True}, {"informational": {"count": 500, "status": 103}}, {"silent_close": True}, {"stale_next": True}, {"first_delay": 3000}, {"delay": 3000}, {"chunk_delay": 3000}, {"no_usage": True}, {"huge": 3000000},
]


@pytest.mark.parametrize("fault", SIM_FAULTS, ids=[json.dumps(f)[:50] for f in SIM_FAULTS])
def test_g5_every_fault_of_the_fake_world(faults, fault):
    sim, gateway = faults
    sim.reset()
    sim.script({"default": fault})
    slow = {"hang", "hang_after_chunks", "delay", "first_delay", "chunk_delay", "drip"} & fault.keys()
    for dialect, form in FORMS if not slow else amount(FORMS[1:3], FORMS):
        for model in ("gpt-5.2", "claude-opus-4-6"):
            answer = one(gateway, "hello", dialect, form, slow, model)
            outcome(answer, dialect)
            for secret in SECRETS:
                assert secret.encode() not in answer.body
    assert sim.stats()["violations"] == 0, sim.stats()["violation_list"]


@pytest.fixture(scope="module")
def faults(running_sim):
    w = World(running_sim)
    running_sim.reset()
    try:
        gateway = w.gateway(chain="auth {}", timeouts=TIMEOUTS)
        yield running_sim, gateway
        w.judge()
    finally:
        w.close()
