"""Routing by examples, from outside: what a question is like decides, in two dialects, and an embedding model that is away holds nobody up."""
import http.server
import json
import pathlib
import threading

import pytest
from bench import ALICE, ask, chat, eventually, messages
from gateway import KEYS, MODELS, PROVIDERS

CONFIG = """
provider "vectors" { adapter = "openai", key = "sk-vectors-123456", base_url = "http://127.0.0.1:%d/v1" }
model "embed" { "vectors" }
log { file = "${folder}/access.log", format = "json" }
chain { auth {}, policy "${root}/policies/by-example.lua" { default = "gpt-5.2", options = { embedding = "embed", timeout = 500, routes = {
  billing = { model = "kimi-k2.5", like = { "where is my invoice", "我的发票在哪里" } }, code = { model = "claude-opus-4-6", like = { "why does this crash" } } } } }, retry { attempts = 1 } }
"""


class Vectors(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        texts = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        texts = texts if isinstance(texts, list) else [texts]
        self.server.asked.append(texts)
        rows = [[0.9 if any(w in t for w in ("invoice", "bill", "发票")) else 0.1, 0.9 if "crash" in t else 0.1, 0.9 if "hello" in t else 0.1] for t in texts]
        answer = json.dumps({"object": "list", "model": "embed", "usage": {"prompt_tokens": 5, "total_tokens": 5},
                             "data": [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]}).encode()
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture(name="vectors")
def one_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vectors) as server:
        server.asked, server.status = [], 200
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def start(world, vectors):
    return world.gateway(PROVIDERS + MODELS + KEYS + CONFIG % vectors.server_address[1], workers=1)


def lines(g, n):
    def read():
        with open(g.folder + "/access.log", encoding="utf-8") as f:
            return [json.loads(line) for line in f if '"asked"' in line]
    eventually(lambda: len([r for r in read() if r.get("op") == "chat"]) >= n, f"{n} lines")
    return [r for r in read() if r.get("op") == "chat"]


def model(answer):
    assert answer.status == 200, answer.body
    return answer.header("x-yuzui-model")


def test_by_what_is_asked(world, vectors):
    g = start(world, vectors)
    assert model(ask(g.port, chat("something is wrong with my bill", model="auto"))) == "kimi-k2.5"
    assert model(ask(g.port, chat("发票呢", model="auto", stream=True))) == "kimi-k2.5"
    assert model(ask(g.port, messages("it will crash", model="auto"), "/v1/messages")) == "claude-opus-4-6"
    assert model(ask(g.port, chat("hello there", model="auto"))) == "gpt-5.2"
    assert model(ask(g.port, chat("my bill", model="gpt-5-mini"))) == "gpt-5-mini", "a name that is configured is kept"
    assert sorted(len(texts) for texts in vectors.asked) == [1, 1, 1, 1, 3], "the examples once, each question once"
    first = lines(g, 5)[0]
    assert "billing" in first["policy"], first
    own = [json.loads(line) for line in pathlib.Path(g.folder, "access.log").read_text(encoding="utf-8").splitlines() if '"op":"policy"' in line]
    assert len([r for r in own if r["target"] == "vectors/embed" and r["request"] == first["id"]]) == 2, own


def test_without_vectors(world, vectors):
    """It goes on as it came, and is not made to wait again for a while; then it is asked anew."""
    g = start(world, vectors)
    vectors.status = 500
    assert [model(ask(g.port, chat("my bill", model="auto"))) for _ in range(3)] == ["gpt-5.2"] * 3
    assert len(vectors.asked) == 1
    vectors.status = 200
    g.skip(11_000)
    assert model(ask(g.port, chat("my bill", model="auto"))) == "kimi-k2.5"


def test_what_a_policy_says_wrong(world, vectors):
    g = start(world, vectors)
    for wrong, words in (('model = "embed", txt = "x"', "knows no field"), ('model = "embed"', "a text of 1 to 32768 bytes"), ('model = "none", text = "x"', "is not configured"),
                         ('model = "embed", text = {}', "a list of 1 to 64"), ('model = "embed", text = "x", dimensions = -1', "dimensions is a number"), ('model = "embed", text = { 1 }', "a text of 1 to")):
        g.write("wrong.lua", "return function(req, next)\n  local v, err = llm.embed { %s }\n  return next(req)\nend\n" % wrong)
        g.write_config(PROVIDERS + MODELS + KEYS + (CONFIG % vectors.server_address[1]).split("chain")[0] + 'chain { auth {}, policy "${folder}/wrong.lua" { on_error = "fail" }, retry {} }\n')
        assert g.reload()[0]
        answer = ask(g.port, chat("x", model="gpt-5.2"))
        assert answer.status == 500
        eventually(lambda words=words: words in pathlib.Path(g.folder, "access.log").read_text(encoding="utf-8"), f"the log says {words}")
    g.write("wrong.lua", 'return function(req, next)\n  local a = llm.embed { model = "embed", text = "bill" }\n  local b = llm.embed { model = "embed", text = { "bill", "crash" } }\n'
            '  req:because(("%d %.2f %.2f %s"):format(#a, a:near(b[1]), a:near(b[2]), tostring(getmetatable(a))))\n  return next(req)\nend\n')
    assert g.reload()[0]
    assert ask(g.port, chat("x", model="gpt-5.2"), key=ALICE).status == 200
    eventually(lambda: any("3 1.00 0.2" in r.get("policy", "") and "vector" in r["policy"] for r in lines(g, 1)), "what vectors say")
