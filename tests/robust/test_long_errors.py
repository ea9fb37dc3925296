"""Errors of any length keep their words and their class: servers repeat the request that they refuse, as one long text or in many small values."""
import http.server
import json
import threading

import pytest
from gateway import Gateway
from test_stream_ends import BODIES, ask

WORDS = "This model's maximum context length is 8192 tokens. However, you requested 100000 tokens"
CHAT = [{"role": "user", "content": "a few words", "n": i} for i in range(40000)]  # 2 MB
OBJECT = {"message": WORDS, "type": "BadRequestError", "code": 400}
KINDS = {"one long text, after it": {"error": {**OBJECT, "input": "x" * 300_000}},
         "one long text, before it": {"error": {"input": "x" * 300_000, **OBJECT}},
         "a chat of many messages, after it": {"error": {**OBJECT, "details": {"body": {"messages": CHAT}}}},
         "a chat of many messages, before it": {"error": {"details": {"body": {"messages": CHAT}}, **OBJECT}},
         "many fields, before it": {"error": {"details": {"body": {"metadata": {f"field-{i}": "value" for i in range(80000)}}}, **OBJECT}},
         "FastAPI's": {"detail": [{"type": "value_error", "loc": ["body", "messages"], "msg": WORDS, "input": CHAT}]}}
FRAMES = {"a document": b"%s", "an event": b"data: %s\n\ndata: [DONE]\n\n", "an event with a name": b": hi\r\nevent: error\r\ndata: %s\r\n\r\n"}


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body, calls = b"", 0

    def do_POST(self):
        type(self).calls += 1
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(400)
        self.send_header("content-type", "application/json" if self.body[:1] == b"{" else "text/event-stream")
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


CONFIG = """provider "open" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
model "openai" { { "open", as = "m" } }
key "sk" {}
chain { auth {}, retry { attempts = 2 } }
"""


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_its_words_and_its_class(gateway, kind, frame):
    Provider.body, Provider.calls = FRAMES[frame] % json.dumps(KINDS[kind]).encode(), 0
    assert len(Provider.body) > 200_000
    for client in ("chat", "messages"):
        path, body, _ = BODIES[client]
        status, answer = ask(gateway.port, path, body("openai", kind))
        assert status == 400 and WORDS in answer and len(answer) < 4000, (status, answer[:300])
        if client == "chat":
            assert json.loads(answer)["error"]["code"] == "context_length_exceeded", answer
    assert Provider.calls == 2
