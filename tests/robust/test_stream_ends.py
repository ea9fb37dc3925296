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
           "openai": [chat("", "stop"), chat("The whole ", "stop"), chat("answer"), chat("", "stop")]}


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ends, calls = "well", 0

    def do_POST(self):
        type(self).calls += 1
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in STREAMS["gemini" if "generateContent" in self.path or "GenerateContent" in self.path else "openai"]:
            data = f"data: {json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
            time.sleep(0.02)
        if self.ends == "well":
            self.wfile.write(b"0\r\n\r\n")
        elif self.ends == "never":
            time.sleep(20)
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
        assert time.monotonic() - started < 15, "it waited for an end that does not come"
    assert Provider.calls == 1
