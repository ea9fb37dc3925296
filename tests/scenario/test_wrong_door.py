"""A request at the wrong place, or of another dialect than its path: the refusal says which is meant."""
import json
import os
import sys
import urllib.error
import urllib.request

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from gateway import Gateway  # noqa: E402
from simlib import PATIENT  # noqa: E402

CONFIG = """provider "demo" { adapter = "demo" }
model "gpt-5.2" { "demo" }
model "other" { "demo" }
key "sk-bob" { name = "bob", models = { "gpt-5.2", "kimi-*" } }
chain { auth {} }
"""
CHAT = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def gateway():
    with Gateway(config=CONFIG) as g:
        yield g


def post(port, path, body):
    """(status, message of the error)"""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"authorization": "Bearer sk-bob", "content-type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=PATIENT) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]["message"]


@pytest.mark.parametrize("path, meant", [
    ("/v1/chat", "POST /v1/chat/completions"), ("/chat", "POST /v1/chat/completions"), ("/v1/chat/completion", "POST /v1/chat/completions"),
    ("/v1/message", "POST /v1/messages"), ("/v1/respones", "POST /v1/responses"),
    ("/v1/audio", "POST /v1/audio/speech or POST /v1/audio/transcriptions or POST /v1/audio/translations"),
    ("/v1beta/models/gpt-5.2:generate", "POST /v1beta/models/{model}:generateContent"),
    ("/v1beta/models/gpt-5.2:streamGenerate", "POST /v1beta/models/{model}:streamGenerateContent")])
def test_a_path_that_is_not_there(gateway, path, meant):
    assert post(gateway.port, path, CHAT) == (404, f"there is no such path here: did you mean {meant}?")


def test_a_path_that_is_like_none(gateway):
    status, said = post(gateway.port, "/nothing/like/it", CHAT)
    assert status == 404 and "there is no such path here; there are: POST " in said
    status, said = post(gateway.port, "/api/generate", CHAT)
    assert status == 404 and "there is no such path here: did you mean POST /v1/chat/completions?" in said
    status, said = post(gateway.admin_port, "/v1/chat/completions", CHAT)
    assert status == 404 and "this is the admin address, clients ask at that of `listen`" in said


@pytest.mark.parametrize("path, body, belongs", [
    ("/v1/chat/completions", {"input": "hi"}, "a body with input belongs to /v1/responses"),
    ("/v1/chat/completions", {"prompt": "hi"}, "a body with prompt belongs to /v1/completions"),
    ("/v1/chat/completions", {"contents": [{"parts": [{"text": "hi"}]}]}, "a body with contents belongs to /v1beta/models/MODEL:generateContent"),
    ("/v1/messages", {"input": "hi", "max_tokens": 5}, "a body with input belongs to /v1/responses"),
    ("/v1/responses", {"messages": CHAT["messages"]}, "a body with messages belongs to /v1/chat/completions, or to /v1/messages"),
    ("/v1beta/models/gpt-5.2:generateContent", {"messages": CHAT["messages"]}, "a body with messages belongs to /v1/chat/completions, or to /v1/messages")])
def test_a_body_of_another_dialect(gateway, path, body, belongs):
    status, said = post(gateway.port, path, {"model": "gpt-5.2"} | body)
    assert status == 400 and said.endswith(belongs), said


def test_a_model_that_the_key_may_not_use(gateway):
    assert post(gateway.port, "/v1/chat/completions", CHAT | {"model": "other"}) == (403, 'the key "bob" may not use the model "other": it may use gpt-5.2, kimi-*')
    assert post(gateway.port, "/v1/chat/completions", CHAT) == (200, "")
