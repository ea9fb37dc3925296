"""The semantic cache from outside: embeddings of a model that the test plays, both dialects, documents and streams, tenants, money, outages."""
import http.server
import json
import os
import subprocess
import sys
import threading
import time

import pytest
from bench import ALICE, BOB, ask, chat, eventually, messages
from gateway import KEYS, MODELS, PROVIDERS, STANDARD
from simlib import ROOT, expected
from test_money import COST, SCRIPT, balance, cli, settled, usage

EMBEDDING = """
provider "vectors" { adapter = "openai", key = "sk-vectors-123456", base_url = "http://127.0.0.1:%d/v1" }
model "embed" { "vectors" }
"""
CHAIN = 'chain { auth {}, semantic { model = "embed", threshold = 0.9, deadline = "%s", memory = "8MiB" }, cache {}, fallback {}, retry { attempts = 1 } }\n'
FORGOT, LOST = "I forgot my password", "help me with my account please"


class Vectors(http.server.BaseHTTPRequestHandler):
    """An embedding model that knows two meanings."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text, = body["input"]
        self.server.asked.append(text)
        time.sleep(self.server.slow)
        about = "password" in text or "account" in text
        vector = [0.8, 0.6 if "password" in text else 0.61, 0.0] if about else [0.0, 0.1, 0.9]
        answer = json.dumps({"object": "list", "model": body["model"], "usage": {"prompt_tokens": 5, "total_tokens": 5},
                             "data": [{"object": "embedding", "index": 0, "embedding": vector}]}).encode()
        try:
            self.send_response(self.server.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            pass  # whoever asked had no more time

    def log_message(self, *_):
        pass


@pytest.fixture
def vectors():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vectors)
    server.asked, server.slow, server.status = [], 0, 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def gateway(world, vectors, deadline="20s"):
    text = PROVIDERS + EMBEDDING % vectors.server_port + MODELS + KEYS + CHAIN % deadline
    return world.gateway(text, workers=2)


def is_hit(answer, original):
    assert answer.status == 200, answer.body
    said = {k: answer.header("x-yuzui-" + k) for k in ("semantic", "cache", "original")}
    return said == {"semantic": "hit", "cache": "hit", "original": original}


@pytest.mark.parametrize("path,body,model", [("/v1/chat/completions", chat, "gpt-5.2"), ("/v1/messages", messages, "claude-opus-4-6"),
                                             ("/v1/chat/completions", chat, "claude-opus-4-6"), ("/v1/messages", messages, "gpt-5.2")])
@pytest.mark.parametrize("streams", [False, True])
def test_a_hit_in_every_form(world, vectors, path, body, model, streams):
    g = gateway(world, vectors)
    first = ask(g.port, body(FORGOT, model=model, stream=streams), path)
    assert first.header("x-yuzui-semantic") == "miss" and first.text() == expected(model, FORGOT), first.headers
    for again in (False, True):
        hit = ask(g.port, body(LOST, model=model, stream=again), path)
        assert is_hit(hit, first.header("x-request-id")), hit.headers
        assert hit.text() == expected(model, FORGOT) and hit.is_stream() == again
        assert 0.9 < float(hit.header("x-yuzui-similarity")) < 1
    other = ask(g.port, body("what is the weather", model=model, stream=streams), path)
    assert other.header("x-yuzui-semantic") == "miss" and other.text() == expected(model, "what is the weather")
    before = len(vectors.asked)
    same = ask(g.port, body(FORGOT, model=model), path)
    assert is_hit(same, first.header("x-request-id")) and same.header("x-yuzui-similarity") == "1.0000"
    assert len(vectors.asked) == before, "the same words need no embedding"


def test_a_model_of_another_dialect(world):
    """Gemini's answer to a question in nobody's dialect is read in its own; the world's says the same vector to everything."""
    g = world.gateway(STANDARD + 'chain { auth {}, semantic { model = "gemini-embedding-001", dimensions = 128 }, fallback {} }\n')
    first, hit = ask(g.port, chat(FORGOT)), ask(g.port, chat(LOST))
    assert is_hit(hit, first.header("x-request-id")) and hit.text() == expected("gpt-5.2", FORGOT), hit.headers
    asked = [x for x in world.sim.log() if x["provider"] == "google"]
    assert len(asked) == 2 and all(x["status"] == 200 for x in asked), asked


def test_tenants_are_apart(world, vectors):
    g = gateway(world, vectors)
    assert ask(g.port, chat(FORGOT)).header("x-yuzui-semantic") == "miss"
    bob = ask(g.port, chat(LOST), key=BOB)
    assert bob.header("x-yuzui-semantic") == "miss" and bob.text() == expected("gpt-5.2", LOST)
    assert not bob.header("x-yuzui-original")
    alice = ask(g.port, chat(LOST))
    assert alice.header("x-yuzui-semantic") == "hit" and alice.text() == expected("gpt-5.2", FORGOT)


def test_without_the_embedding_model_requests_go_on(world, vectors):
    g = gateway(world, vectors, deadline="300ms")
    vectors.status = 503
    answer = ask(g.port, chat(FORGOT))
    assert answer.text() == expected("gpt-5.2", FORGOT) and answer.header("x-yuzui-semantic").startswith("no embedding (upstream_"), answer.headers
    vectors.status, vectors.slow = 200, 3
    began = time.monotonic()
    answer = ask(g.port, chat(FORGOT + " once more"))
    assert answer.text() == expected("gpt-5.2", FORGOT + " once more") and answer.header("x-yuzui-semantic") == "no embedding (upstream_timeout)", answer.headers
    assert time.monotonic() - began < 2.9, "it did not wait for the embedding"
    vectors.slow = 0
    eventually(lambda: ask(g.port, chat(FORGOT)).header("x-yuzui-semantic") == "hit", "an embedding again")
    assert ask(g.port, chat(LOST)).header("x-yuzui-semantic") == "hit"


def test_off_unless_asked_for(world):
    g = world.gateway(STANDARD + "chain { auth {}, cache {}, fallback {}, retry {} }\n")
    for _ in range(2):
        answer = ask(g.port, chat("how do I reset my password"))
        assert answer.status == 200 and not [h for h in dict(answer.headers) if "semantic" in h or "similarity" in h]


def test_the_ledger_takes_a_hit_for_one(world, vectors):
    """Nothing is charged for a hit, and the ledger says what it was; what the embedding takes is not the client's."""
    world.sim.script({"default": SCRIPT})
    money = """ledger "sqlite" { path = "${folder}/ledger.db" }
prices "openai" { source = "the test", date = "2026-11-28", models = { { name = "gpt-5.2", input = 2, output = 10 } } }
prices "vectors" { source = "the test", date = "2026-11-28", models = { { name = "embed", input = 1 } } }
"""
    text = PROVIDERS + EMBEDDING % vectors.server_port + MODELS + KEYS + money + (CHAIN % "20s").replace("auth {}, ", "auth {}, bill {}, ")
    g = world.gateway(text, workers=1)
    cli(g, "credit", "alice", "--usd", "2")
    first, hit = ask(g.port, chat(FORGOT)), ask(g.port, chat(LOST))
    assert is_hit(hit, first.header("x-request-id"))
    settled(g)
    charges = {c["request"]: c for c in usage(g)}
    paid, free = charges[first.header("x-request-id")], charges[hit.header("x-request-id")]
    assert paid["charged"] == COST and free["charged"] == 0 and "cached" in json.dumps(free), (paid, free)
    assert balance(g, "alice")["charged"] == COST and balance(g, "alice")["held"] == 0


def test_the_log_says_it(world, vectors):
    g = gateway(world, vectors)
    first, hit = ask(g.port, chat(FORGOT)), ask(g.port, chat(LOST))
    lines = []

    def written():
        lines[:] = [json.loads(t) for t in g.log().splitlines() if t.startswith("{")]
        return any(x.get("id") == hit.header("x-request-id") and "status" in x for x in lines)
    eventually(written, "the line of the hit")
    line = next(x for x in lines if x.get("id") == hit.header("x-request-id") and "status" in x)
    assert line["cache"] == "hit" and line["usage"] == "cached" and line["semantic"] == "hit" and line["original"] == first.header("x-request-id"), line
    assert any(x.get("model") == "embed" and x is not line for x in lines), "the embedding has a line of its own"
    assert FORGOT not in g.log() and LOST not in g.log()


def test_an_operator_measures_it(world):
    """plugins/semantic/measure.py, against a gateway whose chats cost nothing."""
    g = world.gateway('provider "demo" { adapter = "demo" }\nmodel "m" { "demo" }\nkey "%s" { name = "alice" }\nchain { auth {}, semantic {} }\n' % ALICE)
    script = os.path.join(ROOT, "plugins", "semantic", "measure.py")
    done = subprocess.run([sys.executable, script, "--url", f"http://127.0.0.1:{g.port}/v1", "--key", ALICE, "--model", "m"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    row = next(line.split() for line in done.stdout.splitlines() if line.split()[:1] == ["0.96"])
    assert float(row[1].rstrip("%")) >= 20 and float(row[2].rstrip("%")) < 1, done.stdout
    off = world.gateway('provider "demo" { adapter = "demo" }\nmodel "m" { "demo" }\nkey "%s" { name = "alice" }\nchain { auth {} }\n' % ALICE)
    done = subprocess.run([sys.executable, script, "--url", f"http://127.0.0.1:{off.port}/v1", "--key", ALICE, "--model", "m"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "semantic" in done.stderr, (done.returncode, done.stderr)
