"""The last event of a stream without its blank line, as servers and proxies send it: it is forwarded like any other, and kept so."""
import json

import pytest
from bench import ask, chat, messages
from saying import saying
from test_finish_words import chunks, events

CONFIG = """
workers(1)
provider "near" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "claude" { adapter = "anthropic", key = "sk-up-two", base_url = "http://127.0.0.1:${sim}" }
provider "answers" { adapter = "responses", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}/v1" }
provider "google" { adapter = "gemini", key = "sk-up-four", base_url = "http://127.0.0.1:${sim}/v1beta" }
store "memory" {}
model "near" { "near" }
model "claude" { "claude" }
model "answers" { "answers" }
model "google" { "google" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, cache { ttl = "1h", store = "memory" } }
"""
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "half", "annotations": []}]}
RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "output": [MESSAGE],
            "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}}
RESPONSES = [{"type": "response.created", "sequence_number": 0, "response": RESPONSE | {"status": "in_progress", "output": []}},
             {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": MESSAGE | {"status": "in_progress", "content": []}},
             {"type": "response.output_text.delta", "sequence_number": 2, "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "half"},
             {"type": "response.output_item.done", "sequence_number": 3, "output_index": 0, "item": MESSAGE},
             {"type": "response.completed", "sequence_number": 4, "response": RESPONSE}]
GEMINI = [{"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "half"}]}}], "modelVersion": "m", "responseId": "r"},
          {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": " way"}]}, "finishReason": "STOP"}], "modelVersion": "m", "responseId": "r",
           "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}}]


def named(parts):
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in parts)


STREAMS = {"near": "".join(f"data: {json.dumps(e)}\n\n" for e in chunks("stop")[:2]) + "data: [DONE]\n\n", "claude": named(events("end_turn")), "answers": named(RESPONSES),
           "google": "".join(f"data: {json.dumps(e)}\n\n" for e in GEMINI)}
ENDS = {"none": lambda text: text[:-2], "one": lambda text: text[:-1], "cr": lambda text: text.replace("\n", "\r"), "crlf": lambda text: text.replace("\n", "\r\n")[:-2],
        "crlf-none": lambda text: text.replace("\n", "\r\n")[:-4]}
ASKED = {}


def play(name, s, request):
    text = ASKED["text"].encode()
    s.sendall(f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(text)}\r\n\r\n".encode() + text)
    return True


@pytest.fixture(scope="module")
def asks(running_sim):
    with saying(running_sim, play, CONFIG) as (raw, gw):
        def asks(model, text):
            if model == "google":
                body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
                return ask(gw.port, json.dumps(body).encode(), "/v1beta/models/google:streamGenerateContent?alt=sse")
            if model == "answers":
                return ask(gw.port, json.dumps({"model": model, "input": text, "stream": True, "store": False}).encode(), "/v1/responses")
            return ask(gw.port, chat(text, model=model, stream=True)) if model == "near" else ask(gw.port, messages(text, model=model, stream=True), "/v1/messages")
        yield asks, raw


def events_of(body):
    """What a client makes of it, and that its last event is whole."""
    text = bytes(body).decode().replace("\r\n", "\n").replace("\r", "\n")
    assert text.endswith("\n\n"), text[-80:]
    return [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("model", STREAMS)
def test_it_is_there(asks, model, end):
    ask_it, raw = asks
    ASKED["text"] = ENDS[end](STREAMS[model])
    whole, before = events_of(STREAMS[model].encode()), len(raw.requests)
    for turn in ("as it comes", "out of the cache"):
        answer = ask_it(model, f"{model} {end}")
        assert answer.status == 200 and events_of(answer.body) == whole, turn
    assert len(raw.requests) == before + 1
