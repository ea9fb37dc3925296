"""Rankings in three forms: a client of Jina's, Cohere's or Voyage's with a provider of any of them; and Voyage's embeddings."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from bench import ALICE, ask
from gateway import Gateway
from test_money import credit, settled, usage

CONFIG = """provider "jina" { flavour = "jina", key = "k", base_url = "http://127.0.0.1:%(port)d/jina/v1" }
provider "cohere" { flavour = "cohere-rerank", key = "k", base_url = "http://127.0.0.1:%(port)d/cohere/v2" }
provider "voyage" { adapter = "openai", rerank_form = "voyage", embeddings_form = "voyage", key = "k", base_url = "http://127.0.0.1:%(port)d/voyage/v1" }
for _, name in ipairs { "jina", "cohere", "voyage" } do
    model(name) { { name, as = "r" } }
    prices(name) { source = "the test", date = "2026-11-28", models = { { name = "r", input = 2, searches = 2 } } }
end
key "%(alice)s" { name = "alice" }
ledger "sqlite" { path = "${folder}/ledger.db" }
chain { auth {}, bill {}, cache { ttl = "1h", store = "memory" } }
"""
DOCUMENTS = ["a weir", "a carp", "a yuzu"]
KNOWN = {"jina": {"model", "query", "documents", "top_n", "return_documents"}, "cohere": {"model", "query", "documents", "top_n", "max_tokens_per_doc", "priority"},
         "voyage": {"model", "query", "documents", "top_k", "return_documents", "truncation"}}


def ranked(form, body):
    """As the vendor answers; nothing that it does not know."""
    if set(body) - KNOWN[form]:
        return 400, {"detail": f"unknown: {set(body) - KNOWN[form]}"}
    if form != "jina" and not all(isinstance(d, str) for d in body["documents"]):
        return 400, {"detail": "documents must be strings"}
    n = body.get("top_k" if form == "voyage" else "top_n") or len(body["documents"])
    results = [{"index": len(body["documents"]) - 1 - i, "relevance_score": 0.9 - i / 10} for i in range(n)]
    return 200, {"jina": {"model": "r", "usage": {"total_tokens": 12}, "results": results},
                 "cohere": {"id": "x", "results": results, "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}},
                 "voyage": {"object": "list", "data": results, "model": "r", "usage": {"total_tokens": 12}}}[form]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = []

    def do_POST(self):
        body, (_, form, *path) = json.loads(self.rfile.read(int(self.headers["content-length"]))), self.path.split("/")
        Handler.asked.append((self.path, body))
        if path[-1] == "rerank":
            status, answer = ranked(form, body)
        else:
            bad = set(body) - {"model", "input", "output_dimension", "input_type", "encoding_format"} or body.get("encoding_format") == "float"
            status, answer = (400, {"detail": "no"}) if bad else (200, {"object": "list", "data": [{"object": "embedding", "embedding": [0.5] * body.get("output_dimension", 2), "index": i}
                                                                                              for i in range(len(body["input"]))], "model": "r", "usage": {"total_tokens": 7}})
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def g():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1], "alice": ALICE}) as gateway:
        credit(gateway, "alice", 10**9)
        yield gateway
    server.shutdown()


def sent(g, path, **body):
    Handler.asked.clear()
    return ask(g.port, json.dumps(body).encode(), path)


FORMS = {"jina": ("/v1/rerank", {"top_n": 2}, "results"), "cohere": ("/v2/rerank", {"top_n": 2}, "results"),
         "voyage": ("/v1/rerank", {"top_k": 2, "truncation": True}, "data")}


@pytest.mark.parametrize("client", FORMS)
@pytest.mark.parametrize("provider", FORMS)
def test_every_pair(g, client, provider):
    """Asked in the form of its client, which reads its own; at most so many, by the places in its own list."""
    path, fields, name = FORMS[client]
    answer = sent(g, path, model=provider, query="which fish?", documents=DOCUMENTS, **fields)
    body = json.loads(answer.body)
    assert answer.status == 200 and [r["index"] for r in body[name]] == [2, 1] and {"results", "data"} & set(body) == {name}, answer.body
    if client != "cohere":
        assert body["model"] in ("r", provider) and (provider == "cohere" or body["usage"] == {"total_tokens": 12}), body
    elif provider != "cohere":
        assert body["meta"] == {"tokens": {"input_tokens": 12}}, body
    (_, asked), = Handler.asked
    assert asked["model"] == "r" and asked["documents"] == DOCUMENTS and set(asked) <= KNOWN[provider]


@pytest.mark.parametrize("provider, lost", [("cohere", {"return_documents"}), ("voyage", {"max_tokens_per_doc", "return_documents"})])
def test_what_is_lost_is_told(g, provider, lost):
    answer = sent(g, "/v1/rerank", model=provider, query="q", documents=[{"text": "a"}, "b"], return_documents=True, max_tokens_per_doc=9)
    assert answer.status == 200 and set(answer.header("x-yuzui-lost").replace(" ", "").split(",")) == lost, (answer.header("x-yuzui-lost"), answer.body)
    assert Handler.asked[0][1]["documents"] == ["a", "b"]
    answer = sent(g, "/v2/rerank", model="jina", query="q", documents=["a"], max_tokens_per_doc=9)
    assert answer.status == 200 and answer.header("x-yuzui-lost") == "max_tokens_per_doc"


def test_what_is_paid(g):
    """By tokens where they are said, by searches where those are; and a cached answer is that of its own form."""
    for provider, due in (("jina", 12 * 2000), ("cohere", 2 * 10**6), ("voyage", 12 * 2000)):
        body = {"model": provider, "query": "what is paid?", "documents": DOCUMENTS}
        first = sent(g, "/v1/rerank", **body)
        assert first.status == 200 and len(Handler.asked) == 1
        settled(g)
        assert usage(g)[0]["charged"] == due, usage(g)[0]
        assert sent(g, "/v2/rerank", **body).status == 200 and len(Handler.asked) == 1, "another form is another answer"
        again = sent(g, "/v1/rerank", **body)
        assert again.body == first.body and Handler.asked == []


@pytest.mark.parametrize("path, body", [("/v1/embeddings", {"input": ["a", "b"], "encoding_format": "float", "dimensions": 3, "user": "u"}),
                                        ("/v1beta/models/voyage:batchEmbedContents", {"requests": [{"model": "models/voyage", "content": {"parts": [{"text": t}]}, "outputDimensionality": 3} for t in "ab"]})])
def test_embeddings_of_voyage(g, path, body):
    """Two names of its own, and no word for numbers; a client of another dialect too."""
    answer = sent(g, path, **({"model": "voyage"} if "input" in body else {}), **body)
    assert answer.status == 200 and Handler.asked[0][1] == {"model": "r", "input": ["a", "b"], "output_dimension": 3}, (answer.body, Handler.asked)
    got = json.loads(answer.body)
    assert [e.get("embedding", e.get("values")) for e in got.get("data", got.get("embeddings"))] == [[0.5] * 3] * 2
