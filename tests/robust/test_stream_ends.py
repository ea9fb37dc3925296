"""Where a stream ends: not at its first finish reason, and soon after its last one, whether or not the provider says that it ends."""
import http.client
import http.server
import json
import threading
import time

import pytest
from gateway import Gateway
from simlib import PATIENT

GEMINI = {"candidates": [{"index": 0}], "modelVersion": "gemini-3-flash", "responseId": "r"}


def gemini(text, reason=None, **more):
    candidate = {"index": 0, "content": {"role": "model", "parts": [{"text": text}] if text else []}, **({"finishReason": reason} if reason else {})}
    return {**GEMINI, "candidates": [candidate], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}, **more}


def chat(text, reason=None):
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}


STREAMS = {"gemini": [gemini("", "STOP"), gemini("The whole ", "STOP"), gemini("answer"), gemini("", "STOP")],
           "openai": [chat("", "stop"), chat("The whole ", "stop"), chat("answer"), {**chat("", "stop"), "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}]}


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ends, calls, events = "well", 0, None

    def do_POST(self):
        type(self).calls += 1
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in self.events or STREAMS["gemini" if "generateContent" in self.path or "GenerateContent" in self.path else "openai"]:
            data = event if isinstance(event, bytes) else f"data: {json.dumps(event)}\n\n".encode()
            if isinstance(event, float):
                time.sleep(event)
                continue
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
            time.sleep(0.02)
        if self.ends == "well":
            self.wfile.write(b"0\r\n\r\n")
        elif self.ends == "never":
            time.sleep(30)
        self.close_connection = True

    def log_message(self, *_):
        pass


CONFIG = """provider "google" { adapter = "gemini", key = "k", base_url = "http://127.0.0.1:%(port)d/v1beta" }
provider "open" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
model "gemini" { { "google", as = "gemini-3-flash" } }
model "openai" { { "open", as = "m" } }
key "sk" {}
chain { auth {}, cache {}, retry { attempts = 2 } }
"""


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


def ask(port, path, body):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENT)
    c.request("POST", path, json.dumps(body), {"content-type": "application/json", "authorization": "Bearer sk"})
    answer = c.getresponse()
    text = answer.read().decode()
    c.close()
    return answer.status, text


def texts(dialect, answer):
    events = [json.loads(line[6:]) for line in answer.splitlines() if line.startswith("data: {")]
    if dialect == "messages":
        return "".join(e["delta"].get("text", "") for e in events if e["type"] == "content_block_delta"), [e["delta"]["stop_reason"] for e in events if e["type"] == "message_delta"]
    if dialect == "chat":
        choices = [c for e in events for c in e["choices"]]
        return "".join(c["delta"].get("content") or "" for c in choices), [c["finish_reason"] for c in choices if c["finish_reason"]][-1:]
    parts = [p.get("text", "") for e in events for c in e["candidates"] for p in c.get("content", {}).get("parts", [])]
    return "".join(parts), [c["finishReason"] for e in events for c in e["candidates"] if "finishReason" in c][-1:]


BODIES = {"chat": ("/v1/chat/completions", lambda m, n: {"model": m, "stream": True, "messages": [{"role": "user", "content": n}]}, ["stop"]),
          "messages": ("/v1/messages", lambda m, n: {"model": m, "stream": True, "max_tokens": 9, "messages": [{"role": "user", "content": n}]}, ["end_turn"]),
          "generate": ("/v1beta/models/%s:streamGenerateContent?alt=sse", lambda m, n: {"contents": [{"role": "user", "parts": [{"text": n}]}]}, ["STOP"])}


@pytest.mark.parametrize("ends", ["well", "cut", "never"])
@pytest.mark.parametrize("model", ["gemini", "openai"])
@pytest.mark.parametrize("client", list(BODIES))
def test_a_finish_is_not_the_end(gateway, client, model, ends):
    Provider.ends, Provider.calls = ends, 0
    path, body, finish = BODIES[client]
    for _ in range(2):  # the second one comes from the cache
        started = time.monotonic()
        status, answer = ask(gateway.port, path % model if "%s" in path else path, body(model, ends))
        assert status == 200, answer
        assert texts(client, answer) == ("The whole answer", finish), answer
        assert time.monotonic() - started < 25, "it waited for an end that does not come"
    assert Provider.calls == 1


USAGE = {"id": "c", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 500, "total_tokens": 501}}
REFUSED = {**gemini("", "SAFETY")}


@pytest.fixture
def events():
    def use(list_of, ends="well"):
        Provider.events, Provider.ends, Provider.calls = list_of, ends, 0
    yield use
    Provider.events = None


def told(gateway, client, model, word):
    path, body, _ = BODIES[client]
    status, answer = ask(gateway.port, path % model if "%s" in path else path, body(model, word))
    assert status == 200, answer
    return answer


@pytest.mark.parametrize("client", ["chat", "messages"])
def test_a_pause_within_is_no_end(gateway, events, client):
    events([chat("The whole ", "stop"), 4.0, chat("answer", "stop"), USAGE, b"data: [DONE]\n\n"])
    assert texts(client, told(gateway, client, "openai", "pause"))[0] == "The whole answer"


@pytest.mark.parametrize("client", ["chat", "messages"])
def test_what_comes_after_the_finish_needs_no_other(gateway, events, client):
    events([chat("The answer", "stop"), chat("\n"), {**chat(""), "choices": [{"index": 1, "delta": {}, "finish_reason": None}]}, b"data: [DONE]\n\n"])
    assert texts(client, told(gateway, client, "openai", "after")) == ("The answer\n", BODIES[client][2]) and Provider.calls == 1


@pytest.mark.parametrize("client", ["chat", "messages", "generate"])
def test_cut_within_an_event(gateway, events, client):
    """More was coming: an error, not the half of an answer, and nothing is kept."""
    events([gemini("The half of", "STOP"), b'data: {"candidates": [{"con'], "cut")
    for _ in range(2):
        answer = told(gateway, client, "gemini", "cut within")
        assert "error" in answer, answer
    assert Provider.calls == 2


@pytest.mark.parametrize("client, finish", [("chat", ["content_filter"]), ("messages", ["refusal"]), ("generate", ["STOP"])])
def test_a_bare_stop_hides_no_reason(gateway, events, client, finish):
    events([gemini("The"), REFUSED, gemini("", "STOP")])
    assert texts(client, told(gateway, client, "gemini", "filtered")) == ("The", finish)


def test_done_is_not_of_this_dialect(gateway, events):
    events([gemini("The answer", "STOP"), b"data: [DONE]\n\n"])
    assert "[DONE]" not in told(gateway, "generate", "gemini", "done")


def test_comments_for_ever(gateway, events):
    events([chat("The answer", "stop"), USAGE] + [b": keep-alive\n\n", 0.5] * 50)
    started = time.monotonic()
    assert texts("chat", told(gateway, "chat", "openai", "comments"))[0] == "The answer"
    assert 10 < time.monotonic() - started < 22
