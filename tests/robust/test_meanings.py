"""What an answer means, end to end: who is asked next, how long to wait, what a cache keeps, and the provider's own words."""
import json

import pytest
from bench import ask, chat, messages
from saying import CLAUDE, SLOW, chunk, completion, document, saying, stream


USED_UP = "x-ratelimit-remaining-requests: 4999\r\nx-ratelimit-reset-requests: 8h0m0s\r\nx-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 6ms\r\n"
NONE_USED_UP = USED_UP.replace("tokens: 0", "tokens: 70")
ANSWERS = {
    "spare": completion("stop"),
    "unknown": document(code=77, message="what nobody knows", sid="s"),
    "full": document("500 Internal Server Error", error={"message": "Context size has been exceeded.", "type": "server_error", "code": 500}),
    "used-up": document("429 Too Many Requests", USED_UP, **SLOW),
    "none-used-up": document("429 Too Many Requests", NONE_USED_UP, **SLOW),
    "quoted": document("429 Too Many Requests", error={"message": "Rate limit exceeded: free-models-per-min", "code": 429, "metadata": {"headers": {
        "X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": 7}}}),
    "words": stream(chunk(), "event: error\ndata: upstream exploded\n\n"),
    "bare": stream(chunk(), 'event: error\ndata: {"message":"boom"}\n\n'),
    "unreasoned": stream(*CLAUDE),
    "weird": stream(chunk(), chunk("weird"), "data: [DONE]\n\n"),
    "one-of-two": completion("stop", None),
    "sensitive": completion("stop", base_resp={"status_code": 1027, "status_msg": "output new_sensitive"}),
}

CONFIG = """
provider "one" { flavour = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "router" { flavour = "openrouter", key = "sk-up-two", base_url = "http://127.0.0.1:${sim}/v1" }
provider "claude" { adapter = "anthropic", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}" }
provider "mini" { flavour = "minimax", key = "sk-up-four", base_url = "http://127.0.0.1:${sim}/v1" }
store "memory" {}
model "gpt" { "one" }
model "routed" { "router" }
model "opus" { "claude" }
model "small" { "mini" }
model "alone" { "one" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, cache { ttl = "10m" }, fallback { models = { ["gpt"] = "small" } }, retry { attempts = 2, base = "1ms", rate_limit = 1 } }
"""


def play(name, s, request):
    s.sendall(ANSWERS["spare" if b'"small"' in request["body"] and name != "sensitive" else name])
    return True


@pytest.fixture(scope="module")
def provider(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


def asked(provider, name, model, body=chat, path="/v1/chat/completions", **fields):
    """The answer, and how many calls it took."""
    raw, gateway = provider
    before = len(raw.requests)
    answer = ask(gateway.port, body(f"do:{name}: {model}", model=model, **fields), path)
    return answer, len(raw.requests) - before


def test_an_error_in_a_200_that_nobody_knows_is_the_servers(provider):
    answer, calls = asked(provider, "unknown", "gpt")
    assert answer.status == 200 and answer.text() == "fine" and calls == 3  # twice the first, then who falls back for it
    answer, calls = asked(provider, "unknown", "alone")
    assert answer.status == 502 and "what nobody knows" in answer.body.decode() and calls == 2


def test_a_full_context_is_not_tried_again(provider):
    answer, calls = asked(provider, "full", "alone")
    assert answer.status == 400 and answer.json()["error"]["code"] == "context_length_exceeded" and calls == 1
    assert answer.header("x-should-retry") == "false"


@pytest.mark.parametrize("name, model, ms", [("used-up", "alone", 6), ("none-used-up", "alone", None), ("quoted", "routed", 7000)])
def test_a_limit_that_is_not_used_up_is_no_reason_to_wait(provider, name, model, ms):
    answer, _ = asked(provider, name, model)
    assert answer.status == 429
    seconds, exact = answer.header("retry-after"), answer.header("retry-after-ms")
    assert (seconds, exact) == ((None, None) if ms is None else (str(-(-ms // 1000)), str(ms) if ms % 1000 else None)), (seconds, exact)


@pytest.mark.parametrize("name, words", [("words", "upstream exploded"), ("bare", "boom")])
def test_an_event_that_is_named_an_error_keeps_its_words(provider, name, words):
    answer, _ = asked(provider, name, "alone", stream=True)
    assert answer.status == 200 and "half" in answer.body.decode()
    last = [json.loads(e[6:]) for e in answer.body.decode().split("\n\n") if e.startswith("data: {")][-1]
    assert last["error"]["message"] == words


def test_a_stream_without_a_stop_reason_is_broken(provider):
    answer, _ = asked(provider, "unreasoned", "opus", messages, "/v1/messages", stream=True)
    assert "event: error" in answer.body.decode() and "stop_reason" in answer.body.decode() and "message_stop" not in answer.body.decode()


@pytest.mark.parametrize("name, model, fields", [("weird", "alone", {"stream": True}), ("one-of-two", "alone", {"n": 2}), ("sensitive", "small", {}),
                                                 ("unreasoned", "opus", {"stream": True})])
def test_a_cache_keeps_no_answer_that_may_not_be_whole(provider, name, model, fields):
    for _ in range(2):
        answer, calls = asked(provider, name, model, **fields)
        assert calls >= 1 and answer.header("x-yuzui-cache") != "hit"
    assert answer.status == (400 if name == "sensitive" else 200)


def test_a_cache_keeps_one_that_is(provider):
    asked(provider, "spare", "alone")
    answer, calls = asked(provider, "spare", "alone")
    assert calls == 0 and answer.header("x-yuzui-cache") == "hit"
