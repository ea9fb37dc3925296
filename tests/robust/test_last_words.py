"""The provider's last words: of an error in place of an answer, in any shape, or at the end of a stream that is cut off in it. They reach the client, and say the class."""
import json

import pytest
from bench import ask, chat, messages
from saying import CLAUDE, chunk, saying

W = "ZWORDZ went wrong"


def document(body, kind="application/json", status="200 OK"):
    body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return b"HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n" % (status.encode(), kind.encode(), len(body)) + body


def stream(text, ends):
    """ends: with the last chunk of the chunked coding, or cut off before it."""
    text = text.encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%s\r\n" % (len(text), text) + (b"0\r\n\r\n" if ends else b"")


# What stands where an answer is due: the body, its label, the status and code that the client gets; with [] what is said in the log's class.
INSIDE = {
    "list": ([{"error": {"message": f"This model's maximum context length is 10 tokens {W}", "code": 400}}], None, 400, "context_length_exceeded"),
    "message": ({"message": W}, None, 502, "upstream_error"), "msg": ({"msg": W}, None, 502, "upstream_error"),
    "deep": ({"message": {"detail": [{"msg": W}]}}, None, 502, "upstream_error"),
    "text": (W, "text/plain", 502, "upstream_unreadable"), "busy": (f"the server is busy: {W}", "text/plain", 503, "upstream_overloaded"),
    "mislabelled": (W, None, 502, "upstream_unreadable"),
    "page": (f"<html><head><title>{W}</title></head><body>secret stack</body></html>", "text/html", 502, "upstream_unreadable"),
    "cloudflare": ({"success": False, "errors": [{"code": 10000, "message": "Authentication error"}], "result": None}, None, 502, "upstream_auth"),
}
REFUSED = {
    "mislabelled-400": (W, None), "page-400": (f"<html><body><h1>{W}</h1></body></html>", "text/html"), "net-400": ({"title": "no", "errors": {"model": [W]}}, None),
    "oauth-400": ({"error": "invalid_client", "error_description": W}, None), "camel-400": ({"errorMessage": W}, None), "texts-400": ([W], None),
    "apigee-400": ({"fault": {"faultstring": W, "detail": {"errorcode": "x"}}}, None), "azure-400": ({"error": {"message": None, "innererror": {"message": W}}}, None),
    "aws-400": (f"<Error><Code>x</Code><Message>{W}</Message></Error>", "application/xml"),
}
ERROR, NAMED = json.dumps({"error": {"message": W}}), json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": W}})
STREAMS = {"unended": f"data: {ERROR}", "one-line-end": f"data: {ERROR}\n", "whole": f"data: {ERROR}\n\n", "bare": ERROR, "list": f"[{ERROR}]", "old": f"error: {ERROR}\n",
           "data-list": f"data: [{ERROR}]\n\n"}
IN_WORDS = {"plain": f"data: {W}\n\n", "page": f"<html><body>502 {W}</body></html>"}
CONFIG = """
provider "one" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "claude" { adapter = "anthropic", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}" }
model "gpt" { "one" }
model "opus" { "claude" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, retry { attempts = 1 } }
"""


def play(name, s, request):
    if name in INSIDE or name in REFUSED:
        body, kind = (INSIDE[name] if name in INSIDE else REFUSED[name])[:2]
        s.sendall(document(body, kind or "application/json", "200 OK" if name in INSIDE else "400 Bad Request"))
        return True
    what, _, ends = name.rpartition("-")
    claude = b"claude-opus" in request["body"] or b'"opus"' in request["body"]
    begun = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in CLAUDE[:3]) if claude else f"data: {json.dumps(chunk())}\n\n"
    said = {**STREAMS, **IN_WORDS}[what]
    if claude:
        said = said.replace("data: {", "event: error\ndata: {").replace(ERROR, NAMED)
    s.sendall(stream(begun + said, ends == "well"))
    return ends == "well"


@pytest.fixture(scope="module")
def provider(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


def asked(provider, name, model, messages_too=False, **fields):
    body, path = (messages, "/v1/messages") if messages_too else (chat, "/v1/chat/completions")
    return ask(provider[1].port, body(f"do:{name}: x", model=model, **fields), path)


@pytest.mark.parametrize("model", ["gpt", "opus"])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", INSIDE)
def test_an_error_in_place_of_an_answer(provider, name, model, streamed):
    _, _, status, code = INSIDE[name]
    answer = asked(provider, name, model, stream=streamed)
    assert answer.status == status and answer.json()["error"]["code"] == code, answer.body
    assert ("ZWORDZ" in answer.body.decode()) == (name != "cloudflare") and b"secret stack" not in answer.body, answer.body


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_in_any_shape(provider, name):
    answer = asked(provider, name, "gpt")
    assert answer.status == 400 and W in answer.json()["error"]["message"], answer.body


@pytest.mark.parametrize("model", ["gpt", "opus"])
@pytest.mark.parametrize("ends", ["well", "cut"])
@pytest.mark.parametrize("name", STREAMS)
def test_the_last_event_of_a_stream(provider, name, ends, model):
    for messages_too in (False, True):
        body = asked(provider, f"{name}-{ends}", model, messages_too, stream=True).body.decode()
        assert "half" in body and W in body, body
        if model == "opus" and name not in ("old",):
            assert "overloaded" in body, body


@pytest.mark.parametrize("model", ["gpt", "opus"])
@pytest.mark.parametrize("name", IN_WORDS)
def test_words_where_an_event_is_due(provider, name, model):
    for messages_too in (False, True):
        body = asked(provider, f"{name}-well", model, messages_too, stream=True).body.decode()
        assert "half" in body and W in body and "message_stop" not in body and "[DONE]" not in body, body
