"""What a provider says is left of its limits reaches clients of other dialects under their own names and in their own forms; and waits that relays pass on are read."""
import calendar
import json
import time

import pytest
from bench import ask, chat, messages
from saying import SLOW, completion, document, saying

MESSAGE = dict(id="m", type="message", role="assistant", model="m", content=[{"type": "text", "text": "fine"}], stop_reason="end_turn", stop_sequence=None,
               usage={"input_tokens": 1, "output_tokens": 1})
OPENAI = ("x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 6m0s\r\n"
          "x-ratelimit-limit-tokens: 1000\r\nx-ratelimit-remaining-tokens: 70\r\nx-ratelimit-reset-tokens: 1s\r\n")


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def anthropic():
    return ("anthropic-ratelimit-requests-limit: 50\r\nanthropic-ratelimit-requests-remaining: 40\r\nanthropic-ratelimit-requests-reset: " + moment(700) +
            "\r\nanthropic-ratelimit-tokens-limit: 1000\r\nanthropic-ratelimit-tokens-remaining: 0\r\nanthropic-ratelimit-tokens-reset: " + moment(70) + "\r\n")


WAITS = {"relay-ms": ("llm_provider-retry-after-ms: 30500\r\n", 30500), "relay-s": ("llm_provider-retry-after: 31\r\n", 31000),
         "by-size": ("ratelimitbysize-reset: 42\r\nratelimitbysize-remaining: 0\r\n", 42000), "draft": ("ratelimit-reset: 17\r\nratelimit-remaining: 0\r\n", 17000)}
CONFIG = """
provider "one" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
provider "claude" { adapter = "anthropic", key = "sk-up-three", base_url = "http://127.0.0.1:${sim}" }
model "gpt" { "one" }
model "opus" { "claude" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, retry { attempts = 1 } }
"""


def play(name, s, request):
    claude = b'"opus"' in request["body"]
    if name in WAITS:
        s.sendall(document("429 Too Many Requests", WAITS[name][0], **SLOW))
    elif name == "refused":
        s.sendall(document("429 Too Many Requests", anthropic() if claude else OPENAI, **SLOW))
    elif claude:
        s.sendall(document("200 OK", anthropic(), **MESSAGE))
    else:
        s.sendall(completion("stop").replace(b"\r\ncontent-length", b"\r\n" + OPENAI.encode() + b"content-length", 1))
    return True


@pytest.fixture(scope="module")
def provider(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


@pytest.mark.parametrize("name, status", [("fine", 200), ("refused", 429)])
def test_an_openai_provider_and_a_client_of_anthropics(provider, name, status):
    answer = ask(provider[1].port, messages(f"do:{name}: x", model="gpt"), "/v1/messages")
    assert answer.status == status
    said = {what: answer.header(f"anthropic-ratelimit-{what}") for what in ("requests-limit", "requests-remaining", "requests-reset", "tokens-limit", "tokens-remaining", "tokens-reset")}
    assert (said["requests-limit"], said["requests-remaining"], said["tokens-limit"], said["tokens-remaining"]) == ("60", "0", "1000", "70"), said
    left = calendar.timegm(time.strptime(said["requests-reset"], "%Y-%m-%dT%H:%M:%SZ")) - time.time()
    assert 300 < left <= 361, said
    assert answer.header("x-ratelimit-limit-requests") is None


@pytest.mark.parametrize("name, status", [("fine", 200), ("refused", 429)])
def test_an_anthropic_provider_and_a_client_of_openais(provider, name, status):
    answer = ask(provider[1].port, chat(f"do:{name}: x", model="opus"))
    assert answer.status == status
    said = {what: answer.header(f"x-ratelimit-{what}") for what in ("limit-requests", "remaining-requests", "reset-requests", "limit-tokens", "remaining-tokens", "reset-tokens")}
    assert (said["limit-requests"], said["remaining-requests"], said["limit-tokens"], said["remaining-tokens"]) == ("50", "40", "1000", "0"), said
    assert said["reset-requests"].startswith("11m") and said["reset-requests"].endswith("s"), said  # of 700 s
    assert answer.header("anthropic-ratelimit-requests-limit") is None


@pytest.mark.parametrize("name", WAITS)
def test_waits_that_relays_pass_on(provider, name):
    answer = ask(provider[1].port, chat(f"do:{name}: x", model="gpt"))
    ms = WAITS[name][1]
    assert answer.status == 429 and answer.header("retry-after") == str(-(-ms // 1000)), json.dumps(answer.body.decode())
    assert answer.header("retry-after-ms") == (str(ms) if ms % 1000 else None)
    if name == "by-size":
        assert answer.header("ratelimitbysize-remaining") == "0"
