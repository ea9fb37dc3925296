"""Compressed answers, which nobody asked for, in the ways that servers get wrong: what can be read is delivered, and is bought once."""
import gzip
import json
import lzma
import zlib

import pytest
from bench import ask, chat
from saying import chunk, completion, saying

DOCUMENT = completion("stop").split(b"\r\n\r\n", 1)[1]
STREAM = "".join(f"data: {json.dumps(e)}\n\n" for e in (chunk(text="fi"), chunk(text="ne"), chunk("stop"))).encode() + b"data: [DONE]\n\n"


def flushed(body):
    z = zlib.compressobj(6, zlib.DEFLATED, 31)
    return z.compress(body) + z.flush(zlib.Z_SYNC_FLUSH)


GOOD = {
    "and-none": ("gzip, identity", gzip.compress), "said-twice": ("gzip, gzip", gzip.compress), "done-twice": ("gzip, gzip", lambda b: gzip.compress(gzip.compress(b))),
    "parameter": ("gzip;q=1", gzip.compress), "no-trailer": ("gzip", flushed), "half-a-trailer": ("gzip", lambda b: gzip.compress(b)[:-3]),
    "wrong-sum": ("gzip", lambda b: gzip.compress(b)[:-8] + b"abcdefgh"), "wrong-length": ("gzip", lambda b: gzip.compress(b)[:-4] + b"abcd"), "wrong-adler": ("deflate", lambda b: zlib.compress(b)[:-4] + b"abcd"),
    "junk": ("gzip", lambda b: gzip.compress(b) + b"<!-- 5 ms -->\n"), "zeros": ("gzip", lambda b: gzip.compress(b) + b"\0" * 512), "members": ("gzip", lambda b: gzip.compress(b[:9]) + gzip.compress(b[9:])),
}
# what is not said, or said of another coding, or of none
GOOD |= {"unsaid": ("", gzip.compress), "unsaid-zlib": ("", zlib.compress), "identity": ("identity", gzip.compress), "plain-gzip": ("gzip", bytes), "plain-br": ("br", bytes), "plain-zstd": ("zstd", bytes),
         "plain-deflate": ("deflate", bytes), "gzip-br": ("br", gzip.compress), "gzip-deflate": ("deflate", gzip.compress), "zlib-gzip": ("gzip", zlib.compress), "gzip-zstd": ("zstd", gzip.compress)}
# words that are none, or that nobody knows: the bytes decide
GOOD |= {"charset": ("utf-8", bytes), "none": ("none", bytes), "aws": ("aws-chunked", bytes), "unknown-plain": ("x-word", bytes), "unknown-blanks": ("x-word", lambda b: b"\n" * 20 + b), "unknown-listed": ("gzip, lzma", bytes), "unknown-gzip": ("gzip, lzma", gzip.compress),
         "unknown-zlib": ("aws-chunked", zlib.compress)}
BAD = {"unsaid-cut": ("", lambda b: gzip.compress(b)[:-30]), "unsaid-lie": ("", lambda b: b"\x1f\x8b" + b), "cut": ("gzip", lambda b: gzip.compress(b)[:-30]), "unknown": ("lzma", lzma.compress),
       "framed": ("aws-chunked", lambda b: b"%x;chunk-signature=0\r\n" % len(b) + b + b"\r\n0;chunk-signature=0\r\n\r\n"), "page": ("x-word", lambda b: b"<html>what is no answer</html>"), "short": ("x-word", lambda b: b"\1\2\3")}
CONFIG = """
provider "one" { adapter = "openai", key = "sk-up-one", base_url = "http://127.0.0.1:${sim}/v1" }
model "gpt" { "one" }
key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }
chain { auth {}, retry { attempts = 3, base = "1ms" } }
"""


def play(name, s, request):
    if name == "refused":
        body = gzip.compress(json.dumps({"error": {"message": "ZWORDZ is no model", "type": "invalid_request_error"}}).encode())
        s.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        return True
    coding, pack = {**GOOD, **BAD}[name]
    streamed = b'"stream": true' in request["body"] or b'"stream":true' in request["body"]
    body = pack(STREAM if streamed else DOCUMENT)
    said = f"content-encoding: {coding}\r\n".encode() if coding else b""
    s.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%scontent-length: %d\r\n\r\n" % (b"text/event-stream" if streamed else b"application/json", said, len(body)))
    for at in range(0, len(body), 7):  # in pieces: what the first say holds for all
        s.sendall(body[at : at + 7])
    return True


@pytest.fixture(scope="module")
def provider(running_sim):
    with saying(running_sim, play, CONFIG) as both:
        yield both


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_what_can_be_read_is_delivered(provider, name, streamed):
    raw, gateway = provider
    before = len(raw.requests)
    answer = ask(gateway.port, chat(f"do:{name}: x", model="gpt", stream=streamed))
    assert len(raw.requests) - before == 1
    if name in BAD:
        assert answer.status == 502 and answer.json()["error"]["code"] == "upstream_unreadable", answer.body
    elif streamed:
        assert answer.status == 200 and b"[DONE]" in answer.body and b'"error"' not in answer.body, answer.body
    else:
        assert answer.status == 200 and answer.text() == "fine", answer.body


def test_the_words_of_an_error_are_read_too(provider):
    answer = ask(provider[1].port, chat("do:refused: x", model="gpt"))
    assert answer.status == 400 and "ZWORDZ is no model" in answer.json()["error"]["message"], answer.body
