"""A status says whose fault an error is: a word for any failure beside it buys no other try. Where a redirect leads, how long to wait, and what the first of several lines says."""
import json
import time

import pytest
from bench import ask, chat
from saying import document, saying

CONFIG = """
provider "open" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "claude" { adapter = "anthropic", key = "sk-up-two", base_url = "http://127.0.0.1:${sim}" }
provider "items" { adapter = "responses", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}/v1" }
provider "google" { adapter = "gemini", key = "sk-up-four", base_url = "http://127.0.0.1:${sim}" }
model "open" { "open" } model "claude" { "claude" } model "items" { "items" } model "google" { "google" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, retry { attempts = 3, base = "1ms", retry_after = "0s" } }
"""
PROVIDERS = ["open", "claude", "items", "google"]
SAYS = [b""]  # to each request


def play(name, s, request):
    s.sendall(SAYS[0])
    return True


@pytest.fixture(scope="module")
def world(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


def asked(world, model, says, **fields):
    """The answer, and how many calls it took."""
    raw, gateway = world
    SAYS[0], before = says, len(raw.requests)
    answer = ask(gateway.port, chat("hi", model=model, **fields), "/v1/chat/completions")
    return answer, len(raw.requests) - before


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("head, status", [("400 Bad Request", 400), ("422 Unprocessable", 422), ("413 Too Large", 413), ("403 No", 502)])
@pytest.mark.parametrize("word", ["api_error", "server_error", "timeout", "InternalServerError", "INTERNAL"])
def test_a_status_beats_a_word_for_any_failure(world, model, head, status, word):
    answer, calls = asked(world, model, document(head, error={"type": word, "status": word, "message": "temperature is too high"}))
    assert (answer.status, calls, answer.header("x-should-retry")) == (status, 1, "false"), answer.body
    assert answer.json()["error"]["code"] == {413: "request_too_large", 502: "upstream_auth"}.get(status, "bad_request")
    assert status == 502 or "temperature is too high" in answer.body.decode()


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("word", ["not_found_error", "api_error", "invalid_request_error", "NOT_FOUND", "InternalServerError"])
def test_429_is_a_limit(world, model, word):
    answer, _ = asked(world, model, document("429 Too Many Requests", "retry-after: 9\r\n", error={"type": word, "status": word, "message": "slow down"}))
    assert answer.status == 429 and answer.header("retry-after") == "9" and answer.header("x-should-retry") is None


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("word", ["invalid_request_error", "api_error", "client_closed_request", "CANCELLED", ""])
def test_499_is_a_relays_lost_connection(world, model, word):
    """The client has not hung up: it gets a server's failure, after the tries that one is worth, and never the 499 that says it did."""
    answer, calls = asked(world, model, document("499 Client Closed Request", error={"type": word, "status": word, "message": "context canceled"}))
    assert (answer.status, calls) == (502, 3) and answer.json()["error"]["code"] == "upstream_error", answer.body


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("head", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect", "304 Not Modified"])
def test_a_redirect_leads_the_same_way_again(world, head, stream):
    answer, calls = asked(world, "open", f"HTTP/1.1 {head}\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".encode(), stream=stream)
    assert (answer.status, calls, answer.header("x-should-retry")) == (502, 1, "false") and "redirect" in answer.body.decode()


def date(form, seconds):
    return time.strftime(form, time.gmtime(time.time() + seconds))


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("name, value", [
    ("retry-after", lambda: date("%a, %d %b %Y %H:%M:%S GMT", 40)), ("retry-after", lambda: date("%A, %d-%b-%y %H:%M:%S GMT", 40)), ("retry-after", lambda: date("%a %b %e %H:%M:%S %Y", 40)),
    ("x-ratelimit-reset-requests", lambda: "40s"), ("x-ratelimit-reset-tokens", lambda: "40s"), ("anthropic-ratelimit-unified-5h-reset", lambda: str(int(time.time()) + 40)),
    ("anthropic-ratelimit-tokens-reset", lambda: date("%Y-%m-%dT%H:%M:%SZ", 40))])
def test_how_long_to_wait_in_any_form_behind_any_dialect(world, model, name, value):
    answer, calls = asked(world, model, document("429 Too Many Requests", f"{name}: {value()}\r\n", error={"message": "slow down"}))
    assert answer.status == 429 and calls == 1 and 20 <= int(answer.header("retry-after")) <= 41


def lines(*texts, status="400 Bad Request", end="\n"):
    body = end.join(t if isinstance(t, str) else json.dumps(t) for t in texts).encode()
    return f"HTTP/1.1 {status}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


FIRST = {"error": {"message": "the first of them", "type": "invalid_request_error"}}


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("says", [lines(FIRST, {"error": {"message": "another"}}), lines(FIRST, {"done": True}, ""), lines({"status": "loading"}, FIRST), lines(FIRST, FIRST, end="\r\n"),
                                  lines(FIRST, FIRST, end=""), lines(FIRST, "and words")], ids=range(6))
def test_the_first_error_of_several_lines(world, model, says):
    answer, calls = asked(world, model, says)
    assert answer.status == 400 and answer.json()["error"]["message"] == "the first of them" and calls == 1


def test_words_that_begin_with_a_number_are_words(world):
    answer, _ = asked(world, "open", b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 15\r\n\r\n400 No such way")
    assert answer.status == 400 and "No such way" in answer.body.decode()


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("words, status, code", [("model 'x' not found", 404, "not_found"), ("model x is overloaded, please try again later", 503, "upstream_overloaded")])
def test_words_alone_in_an_answer(world, model, words, status, code, stream):
    answer, _ = asked(world, model, document(error=words), stream=stream)
    assert (answer.status, answer.json()["error"]["code"]) == (status, code) and words in answer.body.decode()


@pytest.mark.parametrize("code, status", [("503", 503), ("429", 429), (429, 429), ("400", 400)])
@pytest.mark.parametrize("stream", [False, True])
def test_geminis_code_as_a_text(world, code, status, stream):
    answer, _ = asked(world, "google", document(error={"code": code, "message": "no", "status": "x"}), stream=stream)
    assert answer.status == status, answer.body
