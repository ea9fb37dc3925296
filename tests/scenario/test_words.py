"""What providers say of a failure, in shapes and frames of their own: its class, its words and how long to wait reach the client."""
import json
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("sim", "robust"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
from bench import ask  # noqa: E402
from gateway import Gateway  # noqa: E402
from rawup import Raw  # noqa: E402

CONFIG = """
provider "oa" { adapter = "openai", key = "sk-o", base_url = "http://127.0.0.1:${sim}/v1" }
provider "an" { adapter = "anthropic", key = "sk-n", base_url = "http://127.0.0.1:${sim}" }
provider "ge" { adapter = "gemini", key = "sk-g", base_url = "http://127.0.0.1:${sim}/v1beta" }
provider "re" { adapter = "responses", key = "sk-r", base_url = "http://127.0.0.1:${sim}/v1" }
provider "more" { adapter = "openai", key = "sk-m", base_url = "http://127.0.0.1:${sim}/more" }
model "gpt-x" { "oa" }
model "claude-x" { "an" }
model "gemini-x" { "ge" }
model "re-x" { "re" }
model "two" { { "oa", as = "small" }, { "more", as = "large" } }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, fallback { on = { "context_length" } }, retry { attempts = 1 } }
"""


@pytest.fixture(scope="module")
def provider():
    """provider.answer: status, content type and body of every answer but those of the provider "more"."""
    def play(_, s, request):
        status, kind, body = raw.answer
        if b"large" in request["body"]:
            status, kind, body = 200, "application/json", json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
                {"index": 0, "message": {"role": "assistant", "content": "long enough"}, "finish_reason": "stop"}]})
        s.sendall(f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body.encode())}\r\n\r\n{body}".encode())
        return True
    raw = Raw(play)
    with Gateway(CONFIG, sim_port=raw.port, workers=1) as g:
        raw.gateway = g
        yield raw
    raw.close()


def said(provider, status, kind, body, model="gpt-x", **more):
    provider.answer = status, kind, body if isinstance(body, str) else json.dumps(body)
    return ask(provider.gateway.port, json.dumps({"model": model, "messages": [{"role": "user", "content": "x"}], **more}).encode())


@pytest.mark.parametrize("model", ["gpt-x", "claude-x", "gemini-x", "re-x"])
@pytest.mark.parametrize("body", [
    {"message": "out of its words"}, {"Message": "out of its words"}, {"detail": "out of its words"}, {"detail": [{"loc": ["body"], "msg": "out of its words"}]},
    {"error": {"message": {"text": "out of its words"}}}, {"object": "error", "message": {"detail": [{"msg": "out of its words"}]}}, {"errors": ["out of its words"]},
    {"error": {"code": "BadRequest", "message": "", "details": [{"message": "out of its words"}]}}, {"error": "out of its words", "error_type": "validation"},
], ids=lambda b: "-".join(b))
def test_words_in_every_shape(provider, model, body):
    a = said(provider, 400, "application/json", body, model)
    assert a.status == 400 and "out of its words" in a.json()["error"]["message"]


@pytest.mark.parametrize("model, frame", [("gpt-x", "data: %s\n\n"), ("claude-x", "event: error\ndata: %s\n\n"), ("gpt-x", ": comment\r\n\r\ndata:%s")])
def test_a_failure_framed_as_an_event(provider, model, frame):
    a = said(provider, 400, "text/event-stream", frame % json.dumps({"error": {"type": "invalid_request_error", "message": "out of its words"}}), model, stream=True)
    assert a.status == 400 and a.json()["error"]["message"] == "out of its words"


@pytest.mark.parametrize("kind, body", [("application/json", json.dumps({"error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}})),
                                        ("text/html", "<title>413 Request Entity Too Large</title>")])
def test_a_body_too_large_for_one_goes_to_another(provider, kind, body):
    a = said(provider, 413, kind, body, "two")
    assert a.status == 200 and a.text() == "long enough"
    assert said(provider, 413, kind, body).status == 413


@pytest.mark.parametrize("model", ["gpt-x", "gemini-x"])
def test_a_limit_of_a_minute_in_the_words_of_an_empty_account(provider, model):
    """Google's; its endpoint of Chat Completions answers in the same shape."""
    a = said(provider, 429, "application/json", [{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "You exceeded your current quota, please check your plan and billing details. Please retry in 34.4s.",
                                                            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}]}}], model)
    assert a.status == 429 and a.json()["error"]["code"] == "rate_limited" and a.header("retry-after") == "35"
