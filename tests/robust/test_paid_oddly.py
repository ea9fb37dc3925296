"""Answers that were paid for and are odd in some place: a number beyond a double, thoughts in a list alone, a vendor's word for what cut it off, one
choice of several that says nothing. Who asked gets all that can be read; nobody else does where it is no whole answer."""
import json

import pytest
from bench import ask, chat, messages
from saying import document, saying, stream

CONFIG = """
provider "oa" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "an" { adapter = "anthropic", key = "sk-up-two", base_url = "http://127.0.0.1:${sim}" }
provider "re" { adapter = "responses", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}/v1" }
provider "ge" { adapter = "gemini", key = "sk-up-four", base_url = "http://127.0.0.1:${sim}" }
model "oa" { "oa" }
model "an" { "an" }
model "re" { "re" }
model "ge" { "ge" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
key "sk-client-cora-9b1c" { name = "cora", models = { "*" }, chain = "kept" }
chain { auth {}, retry { attempts = 3, base = "1ms" } }
chain "kept" { auth {}, cache { ttl = "1h" } }
"""
PATHS = {"oa": "/v1/chat/completions", "an": "/v1/messages", "re": "/v1/responses"}
SAID = {"answer": b""}


def play(name, s, request):
    s.sendall(SAID["answer"])
    return True


@pytest.fixture(scope="module")
def both(running_sim):
    with saying(running_sim, play, CONFIG) as b:
        yield b


def asked(both, answer, client, model, streams=False, text="hi", **more):
    """The answer's bytes, and how often it was bought."""
    raw, gateway = both
    SAID["answer"] = answer
    before = len(raw.requests)
    path = PATHS.get(client, f"/v1beta/models/{model}:" + ("streamGenerateContent?alt=sse" if streams else "generateContent"))
    body = {"oa": lambda: chat(text, model=model, stream=streams), "an": lambda: messages(text, model=model, stream=streams),
            "re": lambda: json.dumps({"model": model, "input": text, "stream": streams}).encode(),
            "ge": lambda: json.dumps({"contents": [{"role": "user", "parts": [{"text": text}]}]}).encode()}[client]()
    if more.get("n"):
        body = chat(text, model=model, stream=streams, n=more.pop("n"))
    got = ask(gateway.port, body, path, **more)
    return got.status, bytes(got.body), len(raw.requests) - before


def plain(answer):
    return answer.split(b"\r\n\r\n", 1)[1]


# ---- numbers ----------------------------------------------------------------------------------------------------------

CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"x":"BIG"}'}}
WHOLE = {
    "oa": {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "fine", "tool_calls": [CALL]}, "finish_reason": "tool_calls"}],
           "usage": {"prompt_tokens": "BIG", "completion_tokens": 2, "total_tokens": 3}},
    "an": {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "fine"}, {"type": "tool_use", "id": "t", "name": "look", "input": {"x": "BIG"}}],
           "stop_reason": "tool_use", "stop_sequence": None, "usage": {"input_tokens": "BIG", "output_tokens": 2}},
    "re": {"id": "r", "object": "response", "created_at": 1, "status": "completed", "model": "m", "error": None, "incomplete_details": None, "usage": {"input_tokens": "BIG", "output_tokens": 2, "total_tokens": 3},
           "output": [{"id": "msg", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "fine", "annotations": []}]},
                      {"id": "fc", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "look", "arguments": '{"x":"BIG"}'}]},
    "ge": {"candidates": [{"content": {"role": "model", "parts": [{"text": "fine"}, {"functionCall": {"name": "look", "args": {"x": "BIG"}}}]}, "index": 0, "finishReason": "STOP"}],
           "usageMetadata": {"promptTokenCount": "BIG", "candidatesTokenCount": 2, "totalTokenCount": 3}, "modelVersion": "m", "responseId": "r"},
}
NUMBERS = ["1e400", "-1e400", "9" * 400, "1E+99999999999999999999"]


def big(answer, number):
    """With the number in place of each BIG."""
    head, body = answer.split(b"\r\n\r\n", 1)
    body = body.replace(b'\\"BIG\\"', number.encode()).replace(b'"BIG"', number.encode())
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"content-length"))
    return head + b"\r\ncontent-length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("number", NUMBERS, ids=["1e400", "minus", "digits", "exponent"])
@pytest.mark.parametrize("provider", WHOLE)
def test_a_number_beyond_a_double(both, provider, number):
    """It goes on as it stands, in the provider's own dialect byte for byte, as a call's argument in every other."""
    answer = big(document(**WHOLE[provider]), number)
    for client in WHOLE:
        status, body, bought = asked(both, answer, client, provider)
        assert (status, bought) == (200, 1) and b"fine" in body and number.encode() in body, (client, body)
        assert client != provider or body == plain(answer)


def test_a_number_beyond_a_double_in_a_stream(both):
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    answer = big(stream(head | {"choices": [{"index": 0, "delta": {"content": "fine"}, "finish_reason": None}], "x": "BIG"},
                        head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": "BIG", "completion_tokens": 2}}, "data: [DONE]\n\n"), "1e400")
    assert asked(both, answer, "oa", "oa", True) == (200, plain(answer), 1)
    status, body, bought = asked(both, answer, "an", "oa", True)
    assert (status, bought) == (200, 1) and b"fine" in body and b"message_stop" in body and b'"error"' not in body


def test_a_number_beyond_a_double_in_a_document_that_passes(both):
    answer = big(document(**WHOLE["an"], more=["x" * 200000] * 8), "1e400")
    assert asked(both, answer, "an", "an") == (200, plain(answer), 1)


def test_a_request_with_such_a_number_is_refused(both):
    raw, gateway = both
    before = len(raw.requests)
    got = ask(gateway.port, b'{"model":"oa","temperature":1e400,"messages":[{"role":"user","content":"hi"}]}')
    assert got.status == 400 and "beyond the range of a double" in got.json()["error"]["message"] and len(raw.requests) == before


# ---- thoughts -----------------------------------------------------------------------------------------------------------

def thinking(streams, *deltas):
    if not streams:
        return document(id="c", object="chat.completion", created=1, model="m", choices=[{"index": 0, "message": {"role": "assistant", **deltas[0]}, "finish_reason": "stop"}])
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return stream(*[head | {"choices": [{"index": 0, "delta": d, "finish_reason": None}]} for d in deltas], head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, "data: [DONE]\n\n")


def details(text, kind="text", **more):
    return {"reasoning_details": [{"type": f"reasoning.{kind}", kind: text, "index": 0}], **more}


DEEP = "Deeply thought."
THOUGHTS = {"text": details(DEEP), "summary": details(DEEP, "summary"), "reasoning-beside": details(DEEP, reasoning=DEEP), "content-beside": details(DEEP, reasoning_content=DEEP)}


@pytest.mark.parametrize("streams", [False, True], ids=["document", "stream"])
@pytest.mark.parametrize("client", ["an", "re", "ge"])
@pytest.mark.parametrize("kind", THOUGHTS)
def test_thoughts_in_a_list(both, kind, client, streams):
    """Told once, in the client's own place for them."""
    parts = [THOUGHTS[kind], {"content": "fine"}] if streams else [THOUGHTS[kind] | {"content": "fine"}]
    status, body, _ = asked(both, thinking(streams, *parts), client, "oa", streams)
    events = [json.loads(line[5:]) for line in body.decode().split("\n") if line.startswith("data:")] if streams else [json.loads(body)]
    place = {"an": lambda e: [b.get("thinking", "") for b in e.get("content", [])] + [(e.get("delta") or {}).get("thinking", "")],
             "re": lambda e: [s["text"] for i in e.get("response", e).get("output") or [] if i["type"] == "reasoning" for s in i["summary"]],
             "ge": lambda e: [p["text"] for p in e["candidates"][0]["content"]["parts"] if p.get("thought")]}[client]
    assert status == 200 and "".join("".join(place(e)) for e in events) == DEEP, body
    assert b"fine" in body


# ---- what cut a response off --------------------------------------------------------------------------------------------

def response(reason, status="incomplete"):
    return WHOLE["re"] | {"output": WHOLE["re"]["output"][:1], "status": status, "incomplete_details": {"reason": reason}, "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}


def response_events(reason):
    start = {"type": "response.created", "sequence_number": 0, "response": response(reason) | {"output": [], "status": "in_progress", "incomplete_details": None}}
    return [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in (start, {"type": "response.incomplete", "sequence_number": 1, "response": response(reason)})]


@pytest.mark.parametrize("word, right", [("length", "max_output_tokens"), ("max_tokens", "max_output_tokens"), ("MAX_TOKENS", "max_output_tokens"), ("max_output_tokens", "max_output_tokens"),
                                         ("safety", "content_filter"), ("content_filter", "content_filter"), ("weird", "max_output_tokens"), ("stop", None)])
def test_why_a_response_is_incomplete(both, word, right):
    """Clients of its own dialect read their own word, and every other byte is the provider's."""
    assert asked(both, document(**response(word)), "re", "re") == (200, plain(document(**response(right))), 1)
    assert asked(both, stream(*response_events(word)), "re", "re", True) == (200, plain(stream(*response_events(right))), 1)


def test_why_a_response_is_incomplete_beside_its_id(both):
    """One that the provider keeps gets an id that says whose it is, in the same event."""
    whole = response("length") | {"id": "resp_1"}
    for answer, streams in ((document(**whole), False), (stream(*[e.replace('"id": "r"', '"id": "resp_1"') for e in response_events("length")]), True)):
        status, body, _ = asked(both, answer, "re", "re", streams)
        got = json.loads(body.split(b"event: response.incomplete\ndata:")[1])["response"] if streams else json.loads(body)
        assert got["id"].startswith("resp_1") and got["id"] != "resp_1" and got | {"id": "resp_1"} == response("max_output_tokens") | {"id": "resp_1"}, body


# ---- several answers ----------------------------------------------------------------------------------------------------

SECOND = {"empty": ({"content": ""}, False), "thoughts": ({"content": "", "reasoning_content": "hm"}, False), "blank": ({"content": " \n"}, False), "whole": ({"content": "B"}, True)}


@pytest.mark.parametrize("streams", [False, True], ids=["document", "stream"])
@pytest.mark.parametrize("turned", [False, True], ids=["second", "first"])
@pytest.mark.parametrize("name", SECOND)
def test_one_choice_that_says_nothing_is_not_kept(both, name, turned, streams):
    said, kept = SECOND[name]
    pair = [said, {"content": "A"}] if turned else [{"content": "A"}, said]
    if streams:
        head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        answer = stream(*[head | {"choices": [{"index": i, "delta": d, "finish_reason": None}]} for i, d in enumerate(pair)],
                        *[head | {"choices": [{"index": i, "delta": {}, "finish_reason": "stop"}]} for i in range(2)], "data: [DONE]\n\n")
    else:
        answer = document(id="c", object="chat.completion", created=1, model="m", choices=[{"index": i, "message": {"role": "assistant", **d}, "finish_reason": "stop"} for i, d in enumerate(pair)])
    for again in range(2):
        status, body, bought = asked(both, answer, "oa", "oa", streams, text=f"{name} {turned} {streams}", n=2, key="sk-client-cora-9b1c")
        assert status == 200 and bought == (0 if again and kept else 1), body
