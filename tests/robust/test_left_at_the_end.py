"""A client that leaves when it has read why its answer ended has all of it: the counts that follow are read, and it is logged, kept and priced as a whole answer."""
import json
import threading

import pytest
import wire
from bench import ask, chat, eventually, messages, post
from saying import CLAUDE, chunk, saying

USAGE = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
FIRST = {"gpt": [chunk(), chunk("stop")], "opus": [*CLAUDE[:4], {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}]}
REST = {"gpt": [USAGE, "data: [DONE]\n\n"], "opus": [{"type": "message_delta", "delta": {}, "usage": {"input_tokens": 3, "output_tokens": 2}}, {"type": "message_stop"}]}
MORE = {"gpt": [chunk(text=" and more"), chunk("stop")], "opus": [{"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
                                                                 {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "more"}}]}
CONFIG = """
provider "one" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "claude" { adapter = "anthropic", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}" }
model "gpt" { "one" }
model "opus" { "claude" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, cache { ttl = "10m", store = "memory" }, retry { attempts = 2, base = "1ms" } }
"""
LEFT = threading.Event()


def framed(*events):
    return "".join(e if isinstance(e, str) else f"data: {json.dumps(e)}\n\n" for e in events).encode()


def play(name, s, request):
    model = json.loads(request["body"])["model"]
    rest = {"rest": REST[model], "goes-on": MORE[model], "halfway": REST[model]}[name]
    s.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + framed(*FIRST[model][: -1 if name == "halfway" else None]))
    LEFT.wait(20)
    s.sendall(framed(*rest))
    if name == "goes-on":
        s.recv(1)
    return False


@pytest.fixture(scope="module")
def provider(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


def left(provider, name, model, until):
    """The line of the log of a client that leaves when it has read this."""
    gateway, body = provider[1], {"gpt": chat, "opus": messages}[model]
    LEFT.clear()
    asked, path = body(f"do:{name}: {model}", model=model, stream=True), {"gpt": "/v1/chat/completions", "opus": "/v1/messages"}[model]
    before = len(gateway.log().splitlines())
    c = wire.Client(gateway.port)
    c.send(post(asked, path))
    assert c.read(lambda a: until in a.body, 20), c.answer.body
    c.close(False)

    def noticed():
        calls = json.loads(gateway.get("/calls")[1])["calls"]
        return not calls or any("left" in call for call in calls)

    eventually(noticed, "that the gateway has noticed it")
    LEFT.set()

    def lines():
        return [line for line in map(json.loads, (x for x in gateway.log().splitlines()[before:] if x.startswith("{"))) if line.get("model") == model]

    eventually(lines, "its line")
    return lines()[-1], asked, path


@pytest.mark.parametrize("model, until", [("gpt", b'"finish_reason": "stop"'), ("opus", b"message_delta")])
def test_who_has_read_the_finish_has_a_whole_answer(provider, model, until):
    line, asked, path = left(provider, "rest", model, until)
    assert "gone" not in line and "left_ms" not in line and line["status"] == 200 and line["finish"] == "stop" and line["output_tokens"] == 2, json.dumps(line)
    again = ask(provider[1].port, asked, path)
    assert again.header("x-yuzui-cache") == "hit"


@pytest.mark.parametrize("model", FIRST)
def test_who_leaves_before_it_is_gone(provider, model):
    line, _, _ = left(provider, "halfway", model, b"half")
    assert line["gone"] is True and line["status"] == 200, line


@pytest.mark.parametrize("model, until", [("gpt", b'"finish_reason": "stop"'), ("opus", b"message_delta")])
def test_a_finish_that_was_none_ends_it_there(provider, model, until):
    """Some servers write a finish into every chunk: what comes behind it is read by nobody, and made for nobody."""
    line, _, _ = left(provider, "goes-on", model, until)
    assert model == "opus" or line["gone"] is True, line
