"""What a provider says beside an answer: an error next to one that is whole, events of its own amid a stream. The answer stays one, and the words are in the log."""
import json

import pytest
from bench import ask, chat, eventually, messages
from saying import CLAUDE, chunk, document, saying, stream

W = "ZWARNINGZ your plan ends soon"
ERROR = {"message": W, "type": "warning", "code": "plan"}
CHOICE = {"index": 0, "message": {"role": "assistant", "content": "fine"}, "finish_reason": "stop"}
CHAT = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [CHOICE]}
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "fine"}], "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
GEMINI = {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "fine"}]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1}}
RESPONSE = {"id": "r", "object": "response", "created_at": 1, "status": "completed", "model": "m", "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
            "output": [{"type": "message", "id": "i", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "fine", "annotations": []}]}]}
WHOLE = {"gpt": CHAT, "opus": MESSAGE, "flash": GEMINI, "five": RESPONSE}
BROKEN = {"gpt": {**CHAT, "choices": [{**CHOICE, "message": {"role": "assistant", "content": ""}, "finish_reason": None}]}, "opus": {**MESSAGE, "content": [], "stop_reason": None},
          "flash": {"candidates": [{"index": 0, "content": {"role": "model", "parts": []}}]}, "five": {**RESPONSE, "status": "failed", "output": []}}
ASIDES = {"status": {"type": "status", "message": "still thinking"}, "queue": {"status": "queued", "message": "3 before you"}, "detail": {"type": "progress", "detail": "loading"},
          "router": {"type": "litellm_proxy_info", "message": "routed to deployment 2", "code": 0}, "empty": {}, "other": {"object": "trace.event", "step": 4},
          "ping": "data: ping\n\n", "nothing": "data: null\n\n", "named": "event: status\ndata: {\"type\":\"status\",\"message\":\"working\"}\n\n", "list": "data: []\n\n"}
FAILURES = {"bare": {"type": "server_error", "message": W}, "failing-status": {"status": "failed", "message": W}, "coded": {"code": 1302, "message": W}, "detail-alone": {"detail": W}}
BEGIN = {"gpt": [chunk(text="fi")], "opus": CLAUDE[:3], "flash": [{"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "fi"}]}}]}],
         "five": [{"type": "response.created", "response": {"id": "r", "object": "response", "created_at": 1, "model": "m", "status": "in_progress", "output": []}},
                  {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "id": "i", "role": "assistant", "status": "in_progress", "content": []}},
                  {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, "delta": "fi"}]}
END = {"gpt": [chunk(text="ne"), chunk("stop"), "data: [DONE]\n\n"],
       "opus": [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ne"}}, {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}, {"type": "message_stop"}],
       "flash": [{"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "ne"}]}, "finishReason": "STOP"}]}],
       "five": [{"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, "delta": "ne"}, {"type": "response.completed", "response": RESPONSE}]}
CONFIG = """
provider "one" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "claude" { adapter = "anthropic", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}" }
provider "google" { adapter = "gemini", key = "sk-up-four", base_url = "http://127.0.0.1:${sim}" }
provider "responses" { adapter = "responses", key = "sk-up-five", base_url = "http://127.0.0.1:${sim}/v1" }
model "gpt" { "one" }
model "opus" { "claude" }
model "flash" { "google" }
model "five" { "responses" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, retry { attempts = 2, base = "1ms" } }
"""


# An error behind the event that says why the answer ends.
NAMED = f'event: error\ndata: {{"type":"error","error":{{"type":"server_error","message":"{W}"}}}}\n\n'
AFTER = {"object": {"error": ERROR}, "named": NAMED, "list": f'data: [{{"error":{{"message":"{W}"}}}}]\n\n', "words": f"event: error\ndata: {W}\n\n",
         "bare": f'{{"error":{{"message":"{W}"}}}}\n\n', "page": f"<html><body>{W}</body></html>\n\n", "unended": f'data: {{"error":{{"message":"{W}"}}}}',
         "type": {"type": "server_error", "message": W}}


def model_of(request):
    return "flash" if "generateContent" in request["line"] or "streamGenerateContent" in request["line"] else json.loads(request["body"])["model"]


def says(event):
    """Something of the answer's text, in a stream of Chat Completions or Messages."""
    return event.get("type", "").startswith("content_block") or (event.get("choices") or [{}])[0].get("delta", {}).get("content")


def play(name, s, request):
    model = model_of(request)
    said = {**ASIDES, **FAILURES}
    if name == "whole":
        s.sendall(document(**WHOLE[model], error=ERROR))
    elif name == "broken":
        s.sendall(document(**BROKEN[model], error=ERROR))
    elif name == "beside":
        last = [{**e, "error": ERROR} if isinstance(e, dict) and (e.get("choices") or e.get("candidates")) else e for e in END[model]]
        last = [{**e, "response": {**e["response"], "error": ERROR}} if isinstance(e, dict) and "response" in e else e for e in last]
        s.sendall(stream(*BEGIN[model], *last))
    elif name.startswith("after-"):
        _, what, place = name.split("-")
        end, last = (END[model][:-1], END[model][-1:]) if model in ("gpt", "opus") else (END[model], [])
        s.sendall(stream(*BEGIN[model], *end, AFTER[what], *(last if place == "before" else [])))
    elif name == "nothing-said":
        s.sendall(stream(*[e for e in BEGIN[model] + END[model][:-1] if not says(e)], {"error": ERROR}))
    else:
        s.sendall(stream(*BEGIN[model], said[name], *([] if name in FAILURES else END[model])))
    return True


@pytest.fixture(scope="module")
def provider(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


def asked(provider, name, model, body=chat, path="/v1/chat/completions", **fields):
    raw, gateway = provider
    before = len(raw.requests)
    answer = ask(gateway.port, body(f"do:{name}: {model}", model=model, **fields), path)
    return answer, len(raw.requests) - before


def lines_with(provider, words):
    return [line for line in provider[1].log().splitlines() if words in line]


@pytest.mark.parametrize("model", WHOLE)
def test_an_answer_that_is_whole_stays_one(provider, model):
    before = len(lines_with(provider, "ZWARNINGZ"))
    answer, calls = asked(provider, "whole", model)
    assert calls == 1 and answer.status == 200 and answer.text() == "fine", answer.body
    eventually(lambda: len(lines_with(provider, "ZWARNINGZ")) > before, "its words in the log")


@pytest.mark.parametrize("model", WHOLE)
def test_one_that_is_not_is_an_error(provider, model):
    answer, calls = asked(provider, "broken", model)
    assert calls == 2 and answer.status == 502 and W in answer.json()["error"]["message"], answer.body


def streamed(answer):
    return "".join((c["delta"].get("content") or "").replace("half", "fi") for line in answer.body.decode().splitlines() if line.startswith("data: {") for c in json.loads(line[6:]).get("choices", []))


@pytest.mark.parametrize("model", WHOLE)
def test_an_error_beside_the_end_of_a_stream(provider, model):
    answer, calls = asked(provider, "beside", model, stream=True)
    assert calls == 1 and streamed(answer) == "fine" and b"[DONE]" in answer.body, answer.body


@pytest.mark.parametrize("model", WHOLE)
@pytest.mark.parametrize("name", ASIDES)
def test_an_event_of_the_providers_own_ends_nothing(provider, name, model):
    answer, calls = asked(provider, name, model, stream=True)
    assert calls == 1 and streamed(answer) == "fine" and b"[DONE]" in answer.body, answer.body
    answer, calls = asked(provider, name, model, messages, "/v1/messages", stream=True)
    assert calls == 1 and b"message_stop" in answer.body, answer.body


@pytest.mark.parametrize("model", WHOLE)
@pytest.mark.parametrize("name", FAILURES)
def test_an_event_that_is_an_error_ends_it(provider, name, model):
    answer, _ = asked(provider, name, model, stream=True)
    if model == "flash":
        assert b"[DONE]" not in answer.body and b'"error"' in answer.body, answer.body
    else:
        assert W.encode() in answer.body and b"[DONE]" not in answer.body, answer.body


@pytest.mark.parametrize("model", WHOLE)
@pytest.mark.parametrize("place", ["before", "instead"])
@pytest.mark.parametrize("what", AFTER)
def test_an_error_behind_the_end_of_an_answer(provider, what, place, model):
    """Before the stream's last event, or in its place: every client gets the answer, nobody the error, and the log its words."""
    if what == "unended" and place == "before":
        pytest.skip("that would be one event with the next")
    name, before = f"after-{what}-{place}", len(lines_with(provider, "ZWARNINGZ"))
    answer, calls = asked(provider, name, model, stream=True)
    assert calls == 1 and streamed(answer) == "fine" and b"[DONE]" in answer.body and b'"error"' not in answer.body and W.encode() not in answer.body, answer.body
    assert b'"finish_reason":"stop"' in answer.body.replace(b": ", b":"), answer.body
    answer, calls = asked(provider, name, model, messages, "/v1/messages", stream=True)
    assert calls == 1 and b"message_stop" in answer.body and b"end_turn" in answer.body and b"event: error" not in answer.body and W.encode() not in answer.body, answer.body
    answer, calls = asked(provider, name, model)
    assert calls == 1 and answer.status == 200 and answer.text().replace("half", "fi") == "fine", answer.body
    if model != "five" and (what, model) != ("type", "flash"):  # the one ends with its last event; the other passes over what it does not know
        eventually(lambda: len(lines_with(provider, "ZWARNINGZ")) >= before + 3, "its words in the log")


@pytest.mark.parametrize("model", ["gpt", "opus"])
def test_an_error_behind_an_end_that_said_nothing_is_one(provider, model):
    answer, calls = asked(provider, "nothing-said", model, stream=True)
    assert calls == 2 and answer.status == 502 and W in answer.json()["error"]["message"], answer.body
