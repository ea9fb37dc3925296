"""A provider is killed at a random byte of its stream, and official clients read one whole answer all the same (the `rescue` stage)."""
import concurrent.futures
import json
import os
import random
import socket
import struct
import sys

import anthropic
import httpx2
import openai
import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "robust"))
from gateway import Gateway  # noqa: E402
from rawup import Raw  # noqa: E402

RUNS = 1000 if os.environ.get("YUZUI_LONG") == "1" else 120
WORDS = ["river", "鱼嘴", "\"quoted\"", "back\\slash", "line\nbreak", "🚀", "weir", "tab\t", "é", "</end>", "\u2028"]


def answer_of(question):
    r = random.Random(question)
    return " ".join(r.choice(WORDS) for _ in range(r.randint(5, 60)))


def stream_of(text, r):
    """Server-sent events of a chat completion, the text in pieces of any size."""
    def chunk(delta, finish=None):
        body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        return b"data: " + json.dumps(body, ensure_ascii=r.random() < 0.5).encode() + b"\n\n"
    out = chunk({"role": "assistant", "content": ""})
    at = 0
    while at < len(text):
        n = r.randint(1, 9)
        out += chunk({"content": text[at:at + n]})
        at += n
    return out + chunk({}, "stop") + b"data: [DONE]\n\n"


class Providers:
    """Two on one port. The first to be asked for a question dies somewhere in its answer; whoever is asked next goes on."""

    def __init__(self):
        self.died, self.went_on, self.wrong = {}, 0, []
        self.raw = Raw(self.play)

    def text_for(self, messages):
        """What is still to be said."""
        if len(messages) >= 3 and messages[-2]["role"] == "assistant":
            question, said, order = messages[-3]["content"], messages[-2]["content"], messages[-1]["content"]
            whole = answer_of(question)
            if "cut off" not in order or not said or not whole.startswith(said):
                self.wrong.append((question, said, order))
            self.went_on += 1
            return question, whole[len(said):]
        return messages[-1]["content"], answer_of(messages[-1]["content"])

    def play(self, _, s, request):
        question, text = self.text_for(json.loads(request["body"])["messages"])
        r = random.Random(question + "/" + str(question in self.died))
        body = stream_of(text, r)
        framed = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[i:i + 700] for i in range(0, len(body), 700))) + b"0\r\n\r\n"
        whole = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" + framed
        if question in self.died:
            s.sendall(whole)
            return True
        self.died[question] = r.randint(0, len(whole) - 1)
        s.sendall(whole[:self.died[question]])
        if r.random() < 0.5:  # reset, or closed
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


CONFIG = """
provider "one" { adapter = "openai", key = "sk-1", base_url = "http://127.0.0.1:${sim}/one/v1" }
provider "two" { adapter = "openai", key = "sk-2", base_url = "http://127.0.0.1:${sim}/two/v1" }
model "m" { "one", "two" }
key "sk-client" { name = "c" }
chain { auth {}, rescue {}, fallback {}, retry { attempts = 4, base = "1ms", budget = 10 }, balance { by = "weight", failures = 10000, ratio = 1 } }
"""


@pytest.fixture(scope="module")
def bench():
    providers = Providers()
    with Gateway(CONFIG, sim_port=providers.raw.port, workers=2) as gateway:
        yield providers, gateway
        assert gateway.process.poll() is None, gateway.log()[-3000:]
    assert not providers.wrong and not providers.raw.wrong, (providers.wrong[:3], providers.raw.wrong[:3])


def by_openai(client, question):
    chunks = list(client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}], stream=True))
    finishes = [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason]
    roles = [c.choices[0].delta.role for c in chunks if c.choices and c.choices[0].delta.role]
    assert finishes == ["stop"] and roles == ["assistant"] and len({c.id for c in chunks}) == 1, (finishes, roles)
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def joined(client, path, body):
    """How often the bytes of a stream say that another call went on; SDKs do not show comments."""
    return client.post(path, json=body, headers={"Authorization": "Bearer sk-client"}).text.count(": yuzui: another call goes on from here\n")


def by_anthropic(client, question):
    with client.messages.stream(model="m", max_tokens=1000, messages=[{"role": "user", "content": question}]) as stream:
        kinds = [e.type for e in stream]
        assert kinds.count("message_start") == kinds.count("message_stop") == kinds.count("content_block_start") == 1, kinds
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn"
    return "".join(block.text for block in final.content)


def test_killed_at_any_byte(bench):
    providers, gateway = bench
    url = f"http://127.0.0.1:{gateway.port}"
    with openai.OpenAI(base_url=url + "/v1", api_key="sk-client", max_retries=0) as o, \
            anthropic.Anthropic(base_url=url, api_key="sk-client", max_retries=0) as a:
        def run(i):
            question = f"question {i}"
            read = by_anthropic(a, question) if i % 2 else by_openai(o, question)
            return read == answer_of(question)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            good = list(pool.map(run, range(RUNS)))
    assert all(good), f"{good.count(False)} of {RUNS} answers are not whole: {[i for i, g in enumerate(good) if not g][:10]}"
    assert providers.went_on > RUNS // 2
    counters = gateway.status()["counters"]
    assert counters["rescue_done"] >= providers.went_on - counters["retries"] > 0 and counters["rescue_lost"] == 0


SEAMS = [("/v1/chat/completions", 1, lambda text: {"model": "m", "stream": True, "messages": [{"role": "user", "content": text}]}),
         ("/v1/messages", 1, lambda text: {"model": "m", "stream": True, "max_tokens": 900, "messages": [{"role": "user", "content": text}]}),
         ("/v1/responses", 1, lambda text: {"model": "m", "stream": True, "input": text}),
         ("/v1beta/models/m:streamGenerateContent?alt=sse", 0, lambda text: {"contents": [{"role": "user", "parts": [{"text": text}]}]})]


@pytest.mark.parametrize("path,told,body", SEAMS, ids=[s[0] for s in SEAMS])
def test_a_stream_says_where_it_was_joined(bench, path, told, body):
    providers, gateway = bench
    with httpx2.Client(base_url=f"http://127.0.0.1:{gateway.port}") as client:
        counts = set()
        for i in range(12):
            before = gateway.status()["counters"]["rescue_done"]
            said = joined(client, path, body(f"joined {path} {i}"))
            rescued = gateway.status()["counters"]["rescue_done"] - before
            assert said == rescued * told
            counts.add(rescued)
        assert counts == {0, 1}  # cut off before its first text, a request is begun anew
