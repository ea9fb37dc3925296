"""Paths as clients send them: base URLs without /v1, with it twice, with slashes too many; names of models with an escaped slash."""
import json
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("sim", "robust"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import wire  # noqa: E402
from bench import ask, chat, messages  # noqa: E402
from gateway import Gateway  # noqa: E402
from rawup import Raw  # noqa: E402

CONFIG = """
provider "oa" { adapter = "openai", key = "sk-o", base_url = "http://127.0.0.1:${sim}/v1" }
model "vendor/large" { "oa" }
model "gpt-x" { "oa" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, fallback {}, retry { attempts = 1 } }
"""
BODY = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]})


@pytest.fixture(scope="module")
def gateway():
    def play(_, s, __):
        s.sendall(f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(BODY)}\r\n\r\n{BODY}".encode())
        return True
    raw = Raw(play)
    with Gateway(CONFIG, sim_port=raw.port, workers=1) as g:
        yield g
    raw.close()


def get(gateway, target):
    c = wire.Client(gateway.port)
    try:
        c.send(f"GET {target} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer sk-client-alice-7f3a\r\n\r\n".encode())
        assert c.read(lambda a: a.complete) or c.eof
        return c.answer
    finally:
        c.close()


@pytest.mark.parametrize("path", ["/chat/completions", "/v1/v1/chat/completions", "/v1//chat/completions", "//v1/chat/completions", "/v1/chat/completions/"])
def test_base_urls_of_chats(gateway, path):
    assert ask(gateway.port, chat("hi", "gpt-x"), path).text() == "hello"


@pytest.mark.parametrize("path", ["/messages", "/v1/v1/messages", "/v1/messages/", "/v1/v1/messages?beta=true"])
def test_base_urls_of_messages(gateway, path):
    a = ask(gateway.port, messages("hi", "gpt-x"), path)
    assert a.json()["content"][0]["text"] == "hello"


@pytest.mark.parametrize("target", ["/v1/models/vendor/large", "/v1/models/vendor%2Flarge", "/v1/models/vendor%2flarge", "/models/vendor%2Flarge"])
def test_a_model_whose_name_has_a_slash(gateway, target):
    assert get(gateway, target).json()["id"] == "vendor/large"


@pytest.mark.parametrize("target", ["/v1%2Fmodels", "/v1/models%2Fgpt-x%2F..%2Fadmin", "/v1/models/..%2F..%2Fmetrics", "/v1/%2Fmodels", "/readyz%2F"])
def test_an_escaped_slash_is_nothing_else(gateway, target):
    assert get(gateway, target).status in (400, 404)


@pytest.mark.parametrize("path", ["/v2/chat/completions", "/chat", "/v1", "/v1/v1", "/V1/chat/completions"])
def test_no_other_path_is_guessed(gateway, path):
    assert ask(gateway.port, chat("hi", "gpt-x"), path).status == 404
