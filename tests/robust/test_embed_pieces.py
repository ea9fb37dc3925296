"""More inputs than a provider takes at once: asked for in pieces, in order, a few at a time; one answer, one charge, and nothing is bought twice."""
import base64
import json
import os
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import wire
from bench import ALICE, SANITIZED, ask, eventually, post
from gateway import Gateway
from test_money import balance, cli, credit, nano, usage
from test_money import settled as ended

CONFIG = """provider "open" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/open/v1" }
provider "google" { adapter = "gemini", key = "k", base_url = "http://127.0.0.1:%(port)d/google/v1beta" }
provider "narrow" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/narrow/v1", embed_inputs = 2 }
provider "single" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/single/v1", embed_inputs = 1 }
provider "wide" { adapter = "openai", key = "k", base_url = "http://127.0.0.1:%(port)d/wide/v1", embed_inputs = -1, embed_tokens = -1 }
model "text-embedding-3-small" { { "open" } }
model "gemini-embedding-001" { { "google" } }
model "narrow" { { "narrow", as = "e" } }
model "single" { { "single", as = "e" } }
model "wide" { { "wide", as = "text-embedding-3-small" } }
model "spare" { { "narrow", as = "e" }, { "open", as = "text-embedding-3-small" } }
key "%(alice)s" { name = "alice" }
for _, seller in ipairs { "open", "google", "narrow", "single", "wide" } do
    prices(seller) { source = "the test", date = "2026-11-28", models = { { name = "e", input = 2 }, { name = "text-embedding-3-small", input = 2 },
                                                                          { name = "gemini-embedding-001", input = 2 } } }
end
ledger "sqlite" { path = "${folder}/ledger.db" }
chain { auth {}, bill {}, cache { ttl = "1h", store = "memory" }, fallback {}, retry { attempts = 3, base = "1ms", cap = "2ms" } }
"""


class Provider:
    """Answers an input that is a number with its vector, and keeps what it was asked; `fails` says which piece is refused, and how often."""

    def __init__(self):
        outer, self.lock = self, threading.Lock()
        self.reset()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                texts = [r["content"]["parts"][0]["text"] for r in body["requests"]] if "requests" in body else body["input"]
                with outer.lock:
                    outer.asked.append((self.path, texts))
                    outer.now += 1
                    outer.most = max(outer.most, outer.now)
                    status, left = outer.fails.get(texts[0], (200, 0))
                    outer.fails[texts[0]] = (status, left - 1)
                if outer.gate and texts[0] not in outer.free:
                    outer.gate.wait(10)
                answer = outer.answer(texts, body) if left <= 0 else {"error": {"message": f"no {texts[0]} today", "type": "x", "code": None}}
                with outer.lock:
                    outer.now -= 1
                data = json.dumps(answer).encode()
                self.send_response(200 if left <= 0 else status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                try:
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    pass  # the gateway has left, as its client did

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        self.asked, self.fails, self.now, self.most, self.gate, self.free = [], {}, 0, 0, None, set()

    @staticmethod
    def vector(text):
        return [float(text.split()[0]), 0.5, -1.0]

    def answer(self, texts, body):
        if "requests" in body:
            return {"embeddings": [{"values": self.vector(t)} for t in texts], "usageMetadata": {"promptTokenCount": 3 * len(texts)}}
        form = (lambda v: base64.b64encode(struct.pack("<3f", *v)).decode()) if body.get("encoding_format") == "base64" else (lambda v: v)
        data = [{"object": "embedding", "embedding": form(self.vector(t)), "index": i} for i, t in enumerate(texts)]
        return {"object": "list", "data": data[::-1], "model": "e", "usage": {"prompt_tokens": 3 * len(texts), "total_tokens": 3 * len(texts)}}


@pytest.fixture(scope="module")
def running():
    provider = Provider()
    with Gateway(config=CONFIG % {"port": provider.port, "alice": ALICE}) as g:
        g.provider = provider
        credit(g, "alice", 10**11)
        yield g
    provider.server.shutdown()


@pytest.fixture
def g(running):
    running.provider.reset()
    return running


def sent(g, path, body):
    return ask(g.port, json.dumps(body).encode(), path)


def embed(g, model, inputs, **more):
    return sent(g, "/v1/embeddings", {"model": model, "input": inputs, **more})


def sizes(g):
    return sorted(len(texts) for _, texts in g.provider.asked)


def values(answer):
    return [d["embedding"][0] for d in answer["data"]]


def test_five_thousand(g):
    """By what is known of the model: three requests, one answer, its places and its usage of the whole."""
    answer = embed(g, "text-embedding-3-small", [f"{i}" for i in range(5000)])
    body = json.loads(answer.body)
    assert answer.status == 200 and sizes(g) == [904, 2048, 2048], answer.body[:500]
    assert [d["index"] for d in body["data"]] == list(range(5000)) and values(body) == [float(i) for i in range(5000)]
    assert body["usage"] == {"prompt_tokens": 15000, "total_tokens": 15000} and body["object"] == "list"
    assert answer.header("x-yuzui-pieces") == "3"


def test_a_piece_is_as_short_as_its_tokens(g):
    """300,000 tokens of all inputs, guessed rather too high; the config may say another number, or none."""
    texts = [f"{i} " + "word " * 2000 for i in range(100)]
    assert embed(g, "text-embedding-3-small", texts).status == 200
    assert len(sizes(g)) == 2 and sum(sizes(g)) == 100 and max(sum(len(t) for t in texts) for _, texts in g.provider.asked) <= 600_000, sizes(g)
    g.provider.reset()
    assert embed(g, "wide", ["1"] * 3000).status == 200 and sizes(g) == [3000]


@pytest.mark.parametrize("form", ["float", "base64"])
def test_between_dialects(g, form):
    """A client of Chat Completions with a model of Gemini, which takes a hundred."""
    answer = json.loads(embed(g, "gemini-embedding-001", [f"{i}" for i in range(250)], encoding_format=form).body)
    assert sizes(g) == [50, 100, 100] and {p for p, _ in g.provider.asked} == {"/google/v1beta/models/gemini-embedding-001:batchEmbedContents"}
    read = (lambda t: list(struct.unpack("<3f", base64.b64decode(t)))) if form == "base64" else list
    assert [read(d["embedding"]) for d in answer["data"]] == [[float(i), 0.5, -1.0] for i in range(250)]
    assert [d["index"] for d in answer["data"]] == list(range(250)) and answer["usage"]["prompt_tokens"] == 750


def test_of_geminis_client(g):
    """And the other way round, and Gemini's own: the list has no places, and none are made up."""
    def requests(model, n):
        return {"requests": [{"model": f"models/{model}", "content": {"parts": [{"text": str(i)}]}} for i in range(n)]}
    for model, pieces in (("narrow", [1, 2, 2]), ("gemini-embedding-001", [20, 100])):
        g.provider.reset()
        n = sum(pieces)
        answer = sent(g, f"/v1beta/models/{model}:batchEmbedContents", requests(model, n))
        assert json.loads(answer.body) == {"embeddings": [{"values": v} for v in json.loads(json.dumps([g.provider.vector(str(i)) for i in range(n)]))],
                                           "usageMetadata": {"promptTokenCount": 3 * n}}, answer.body
        assert sizes(g) == pieces


def test_a_few_at_a_time(g):
    """Four are under way, no more; the fifth begins when one of them is over."""
    g.provider.gate = threading.Event()
    done = []
    asking = threading.Thread(target=lambda: done.append(embed(g, "narrow", [str(i) for i in range(20)])))
    asking.start()
    while g.provider.now < 4:
        assert asking.is_alive()
    g.provider.gate.set()
    asking.join(20)
    assert done[0].status == 200 and g.provider.most == 4 and sizes(g) == [2] * 10
    assert values(json.loads(done[0].body)) == [float(i) for i in range(20)]


def test_nothing_is_bought_twice(g):
    """A piece that fails is tried again; those that were answered are not. One hold, one charge, of all of them once."""
    before = balance(g, "alice")
    g.provider.fails = {"200": (503, 1), "206": (429, 2)}
    answer = embed(g, "narrow", [str(i) for i in range(200, 210)])
    assert answer.status == 200 and values(json.loads(answer.body)) == [float(i) for i in range(200, 210)], answer.body
    firsts = sorted(texts[0] for _, texts in g.provider.asked)
    assert firsts == ["200", "200", "202", "204", "206", "206", "206", "208"], firsts
    ended(g)
    charge = usage(g)[0]
    assert charge["charged"] == 30 * 2000 and balance(g, "alice")["available"] == before["available"] - 30 * 2000, (charge, balance(g, "alice"))
    assert charge["detail"]["by"] == "provider" and sorted(t["cost"] for t in charge["detail"]["tries"]) == ["confirmed"] * 5 + ["none"] * 3, charge
    assert nano(charge["detail"]["attempts_usd"]) == 30 * 2000 and charge["detail"]["attempts_unknown"] == "0"
    eventually(lambda: charge["request"] in g.log(), "the line of the request")
    line = next(json.loads(x[x.index("{"):]) for x in g.log().splitlines() if charge["request"] in x)
    assert (line["input_tokens"], line["attempts"], line["pieces"], line["cost"]) == (30, 8, 5, 0.00006) and "usage" not in line, line
    g.provider.reset()
    again = embed(g, "narrow", [str(i) for i in range(200, 210)])
    assert again.body == answer.body and g.provider.asked == [] and again.header("x-yuzui-cache") == "hit"


def test_one_piece_fails_the_whole(g):
    """With its words, and which of the inputs they are about; what is under way ends first, and nothing is charged."""
    before = balance(g, "alice")
    g.provider.fails = {"304": (400, 9)}
    refused = embed(g, "narrow", [str(i) for i in range(300, 320)])
    error = json.loads(refused.body)["error"]
    assert refused.status == 400 and "no 304 today (inputs 4 to 5 of 20, which are asked for in 10 pieces)" in error["message"], refused.body
    assert len(sizes(g)) < 10
    ended(g)
    assert balance(g, "alice") == before and nano("0") == usage(g)[0]["charged"]


def test_another_target_begins_anew(g):
    """The vectors of two models are never mixed: where the fallback goes on, all are asked for again."""
    g.provider.fails = {"404": (500, 9)}
    answer = embed(g, "spare", [str(i) for i in range(400, 408)])
    assert answer.status == 200 and sorted(values(json.loads(answer.body))) == [float(i) for i in range(400, 408)], answer.body
    assert [len(t) for p, t in g.provider.asked if p == "/open/v1/embeddings"] == [8]


def test_what_is_one_input(g):
    """Numbers of tokens are one input, lists of them several."""
    assert cli(g, "check") is not None
    for inputs, pieces in (([1, 2, 3], 1), ("text", 1)):
        g.provider.reset()
        g.provider.answer = lambda texts, body: {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [1.0]}], "model": "e", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        try:
            g.provider.fails = {}
            embed(g, "narrow", inputs)
            assert len(g.provider.asked) == pieces
        finally:
            del g.provider.answer


def cpu(g):
    """Seconds on a CPU."""
    total = 0
    for task in os.listdir(f"/proc/{g.process.pid}/task"):
        with open(f"/proc/{g.process.pid}/task/{task}/schedstat", encoding="utf-8") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def test_a_piece_takes_as_long_among_many(g):
    """A request of eight times as many pieces takes about eight times as long, tried again as well: it was 64 times, in which nobody else was served."""
    def seconds(n, tag):
        inputs = [f"{i} {tag}" for i in range(n)]
        g.provider.reset()
        g.provider.fails = {inputs[-1]: (503, 2)}
        before = cpu(g)
        answer = embed(g, "single", inputs)
        assert answer.status == 200 and len(g.provider.asked) == n + 2, answer.body[:300]
        return cpu(g) - before
    for tried in range(3):
        few, many = seconds(600, f"few{tried}"), seconds(4800, f"many{tried}")
        if many < 24 * few:
            return
    raise AssertionError((few, many))


def test_what_stands_beside_the_list_is_held_for_four(g):
    """Each piece repeats it: it is freed when the piece is over, and where it would be repeated too often the request is refused."""
    embed(g, "single", ["1", "2"])
    g.provider.reset()
    before, most = g.rss(), 0
    done = []
    asking = threading.Thread(target=lambda: done.append(embed(g, "single", [str(i) for i in range(400)], user="x" * 500_000)))
    asking.start()
    while asking.is_alive():
        most = max(most, g.rss())
        asking.join(0.01)
    assert done[0].status == 200 and len(g.provider.asked) == 400
    assert SANITIZED or most - before < 60 << 20, (before, most)  # a sanitizer keeps what is freed
    g.provider.reset()
    refused = embed(g, "single", [str(i) for i in range(1000)], user="x" * 500_000)
    error = json.loads(refused.body)["error"]["message"]
    assert refused.status == 413 and g.provider.asked == [] and "1000 inputs are asked for in 1000 pieces, and each repeats the 500" in error, refused.body


def test_who_leaves_pays_for_what_was_asked(g):
    """Two pieces of twenty are over and four under way when the client goes: six of twenty are charged, by what the two said."""
    g.provider.gate = gate = threading.Event()
    inputs = [f"{i} " + "word " * 20 for i in range(500, 540)]
    g.provider.free = {inputs[0], inputs[2]}
    c = wire.Client(g.port)
    c.send(post(json.dumps({"model": "narrow", "input": inputs}).encode(), "/v1/embeddings"))
    eventually(lambda: len(g.provider.asked) == 6 and g.provider.now == 4, "two pieces that are over, and four that wait")
    c.close()
    ended(g)
    gate.set()
    charge = usage(g)[0]
    assert charge["detail"]["by"] == "estimated" and 5 * 6 * 2000 <= charge["charged"] <= 7 * 6 * 2000, charge
    assert len(g.provider.asked) == 6
