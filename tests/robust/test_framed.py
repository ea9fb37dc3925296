"""A whole document in the frame of an event, and other ways in which streams say what documents do."""
import http.server
import json
import threading
import time

import pytest
from gateway import Gateway
from test_stream_ends import ask, chat

LONG = "words " * 200_000
CHAT = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello you"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "hello you"}], "stop_reason": "end_turn", "stop_sequence": None,
           "usage": {"input_tokens": 3, "output_tokens": 2}}
RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "error": None,
            "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "hello you", "annotations": []}]}],
            "usage": {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 5}}
DOCUMENTS = {"open": CHAT, "messages": MESSAGE, "responses": RESPONSE}
FRAMES = {"alone": b"data: %s\n\n", "and done": b": hi\n\ndata: %s\n\ndata: [DONE]\n\n", "named": b"event: message\r\ndata: %s\r\n\r\n", "without its blank line": b"data: %s"}
CONFIG = """provider "open" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
provider "messages" { adapter = "anthropic", key = "k", base_url = "http://127.0.0.1:%(port)d" }
provider "responses" { adapter = "responses", key = "k", base_url = "http://127.0.0.1:%(port)d/v1" }
model "open" { { "open", as = "m" } }
model "messages" { { "messages", as = "m" } }
model "responses" { { "responses", as = "m" } }
key "sk" {}
chain { auth {}, retry { attempts = 3 } }
"""


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body, calls, length, ends = b"", 0, True, True

    def do_POST(self):
        type(self).calls += 1
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        if self.length:
            self.send_header("content-length", str(len(self.body)))
        else:
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(self.body)
        if not self.ends:
            self.wfile.flush()
            self.rfile.read(1)  # until the gateway goes

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


def asked(port, client, model, stream):
    """What a client reads: (text, why it ended)."""
    said = [{"role": "user", "content": "hi"}]
    path, body = {"chat": ("/v1/chat/completions", {"model": model, "messages": said, "stream": stream}),
                  "messages": ("/v1/messages", {"model": model, "max_tokens": 9, "messages": said, "stream": stream}),
                  "responses": ("/v1/responses", {"model": model, "input": "hi", "stream": stream}),
                  "generate": (f"/v1beta/models/{model}:" + ("streamGenerateContent?alt=sse" if stream else "generateContent"), {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})}[client]
    status, text = ask(port, path, body)
    assert status == 200, text
    documents = [json.loads(line[5:]) for line in text.splitlines() if line.startswith("data: {")] if stream else [json.loads(text)]
    return "".join(OF[client](d) for d in documents), " ".join(filter(None, (ENDS[client](d) for d in documents)))


def of_message(d):
    if d["type"] == "message":
        return d["content"][0]["text"]
    return d.get("delta", {}).get("text", "") if d["type"] == "content_block_delta" else ""


def of_response(d):
    if d.get("object") == "response":
        return d["output"][0]["content"][0]["text"]
    return d["delta"] if d["type"] == "response.output_text.delta" else ""


OF = {"chat": lambda d: "".join((c.get("delta") or c.get("message"))["content"] or "" for c in d["choices"] if (c.get("delta") or c.get("message") or {}).get("content")),
      "messages": of_message, "responses": of_response,
      "generate": lambda d: "".join(p.get("text", "") for c in d["candidates"] for p in c.get("content", {}).get("parts", []))}
ENDS = {"chat": lambda d: "".join(c.get("finish_reason") or "" for c in d["choices"]), "generate": lambda d: "".join(c.get("finishReason", "") for c in d["candidates"]),
        "messages": lambda d: d.get("stop_reason") or d.get("delta", {}).get("stop_reason"), "responses": lambda d: d.get("status") or (d["type"] == "response.completed" and "completed")}
WELL = {"chat": "stop", "messages": "end_turn", "responses": "completed", "generate": "STOP"}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("client", OF)
@pytest.mark.parametrize("model", DOCUMENTS)
def test_a_document_in_an_event(gateway, model, client, stream, frame):
    Provider.body, Provider.calls, Provider.length = FRAMES[frame] % json.dumps(DOCUMENTS[model]).encode(), 0, frame != "without its blank line"
    assert asked(gateway.port, client, model, stream) == ("hello you", WELL[client])
    assert Provider.calls == 1


@pytest.mark.parametrize("model", DOCUMENTS)
@pytest.mark.parametrize("client", OF)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("more", [b"", b"data: [DONE]\n\n"])
def test_who_never_ends_it(gateway, monkeypatch, model, client, stream, more):
    """The document is whole, and nobody waits for the end of its stream."""
    monkeypatch.setattr(Provider, "ends", False)
    Provider.body, Provider.calls, Provider.length = b"data: %s\n\n" % json.dumps(DOCUMENTS[model]).encode() + more, 0, False
    began = time.monotonic()
    assert asked(gateway.port, client, model, stream) == ("hello you", WELL[client]) and Provider.calls == 1
    assert time.monotonic() - began < 5
    Provider.length = True


@pytest.mark.parametrize("client", OF)
@pytest.mark.parametrize("stream", [True, False])
def test_a_long_one(gateway, client, stream):
    document = {**CHAT, "choices": [{**CHAT["choices"][0], "message": {"role": "assistant", "content": LONG}}]}
    Provider.body, Provider.calls = FRAMES["and done"] % json.dumps(document).encode(), 0
    assert asked(gateway.port, client, "open", stream) == (LONG, WELL[client]) and Provider.calls == 1


@pytest.mark.parametrize("client", ["messages", "responses", "generate"])
@pytest.mark.parametrize("stream", [True, False])
def test_messages_for_deltas(gateway, client, stream):
    chunks = [{**CHAT, "object": "chat.completion.chunk", "usage": None, "choices": [{"index": 0, "message": {"content": text}, "finish_reason": end}]} for text, end in (("hello ", None), ("you", "stop"))]
    Provider.body, Provider.calls = b"".join(b"data: %s\n\n" % json.dumps(c).encode() for c in chunks) + b"data: [DONE]\n\n", 0
    assert asked(gateway.port, client, "open", stream) == ("hello you", WELL[client]) and Provider.calls == 1


@pytest.mark.parametrize("word", ["null", "None"])
@pytest.mark.parametrize("client", OF)
@pytest.mark.parametrize("stream", [True, False])
def test_null_as_a_text(gateway, client, stream, word):
    """It is no reason to end, and hides none; and counts that were cleared at the end take none back."""
    chunks = [chat("hello ", word), {**chat("you", word), "usage": CHAT["usage"]}, chat("", "stop"), {**chat(""), "choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}]
    Provider.body = b"".join(b"data: %s\n\n" % json.dumps(c).encode() for c in chunks) + b"data: [DONE]\n\n"
    text, end = asked(gateway.port, client, "open", stream)
    assert text == "hello you" and end.split()[-1] == WELL[client], (text, end)
    if client == "messages" and not stream:
        assert json.loads(ask(gateway.port, "/v1/messages", {"model": "open", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]})[1])["usage"]["output_tokens"] == 2


@pytest.mark.parametrize("begun, ended, counted", [
    ({"input_tokens": 3, "output_tokens": 1}, {"input_tokens": 0, "output_tokens": 2}, 3),
    ({"input_tokens": 3, "cache_read_input_tokens": 4}, {"input_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 2}, 7),
    ({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 3, "output_tokens": 2}, 3),  # others count it at the end
    ({"input_tokens": 9}, {"input_tokens": 0, "cache_read_input_tokens": 8, "output_tokens": 2}, 8)])  # all of it came from the cache
def test_input_that_is_counted_once(gateway, begun, ended, counted):
    """At the start or at the end of a stream of Messages: a zero at the end takes none back."""
    events = [{"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None, "usage": begun}},
              {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
              {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hello you"}}, {"type": "content_block_stop", "index": 0},
              {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": ended}, {"type": "message_stop"}]
    Provider.body = b"".join(b"event: %s\ndata: %s\n\n" % (e["type"].encode(), json.dumps(e).encode()) for e in events)
    answer = json.loads(ask(gateway.port, "/v1/chat/completions", {"model": "messages", "messages": [{"role": "user", "content": "hi"}]})[1])
    assert answer["usage"]["prompt_tokens"] == counted and answer["usage"]["completion_tokens"] == 2
