"""G1, G3: what clients can send, and what of it may reach a provider: nothing that is malformed, nothing twice, nothing smuggled."""
import gzip
import json
import random
import re
import socket
import time

import pytest
import wire
from bench import ALICE, BOB, Offline, amount, ask, chat, complete, eventually, is_error, messages, post, shoot_all
from gateway import STANDARD, Gateway

SMUGGLED = f"POST /v1/chat/completions HTTP/1.1\r\nHost: evil\r\nAuthorization: Bearer {ALICE}\r\nContent-Type: application/json\r\nContent-Length: 83\r\n\r\n".encode()
MARKERS = ["sk-client-alice-7f3a", "sk-client-bob-91cc", "smuggled-model", "evil-header"]
PLAIN = 'auth {}, retry { attempts = 1 }'
# With these the gateway itself ends what is half a request, or the last one of its connection.
SHORT_WAITS = STANDARD + f'limits {{ header_time = "400ms", body_time = "400ms", idle_time = "400ms" }}\nchain {{ {PLAIN} }}\n'


def te_mutations():
    """The mutations of Transfer-Encoding that smuggling tools try: fixed ones, and every odd byte in four places."""
    out = [b"Transfer-Encoding : chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding:\tchunked", b" Transfer-Encoding: chunked",
           b"X: X\nTransfer-Encoding: chunked", b"Transfer-Encoding\n : chunked", b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding:\x00chunked",
           b"Transfer-Encoding: chunk", b"Transfer-Encoding: chu\x96ked", b"Transfer_Encoding: chunked", b"Transfer-Encoding: identity, chunked",
           b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
           b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: 'chunked'", b"transfer-encoding: CHUNKED, chunked",
           b"Transfer-Encoding: chunked;q=0", b"X: y\rTransfer-Encoding: chunked", b"X: y\r\rTransfer-Encoding: chunked", b"X: y\x00\r\nTransfer-Encoding: chunked",
           b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: chunked,", b"Transfer-Encoding:", b"Content-Encoding: chunked", b"TE: chunked", b"Transfer-Encoding: gzip, chunked",
           b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"Transfer-Encoding\r\n: chunked", b"Transfer-Encoding: chunked\n", b"Foo: bar\r\n\rTransfer-Encoding: chunked"]
    for byte in [*range(1, 0x20), *range(0x7f, 0x100)]:
        x = bytes([byte])
        out += [b"Transfer-Encoding" + x + b": chunked", b"Transfer-Encoding:" + x + b"chunked", b"Transfer-Encoding: chunked" + x, x + b"Transfer-Encoding: chunked"]
    return out


def smuggle(te):
    """CL.TE and TE.CL with one mutated header: a request hides behind an empty chunk, or inside a chunk."""
    inner = SMUGGLED + b'{"model":"smuggled-model","messages":[{"role":"user","content":"smuggled"}]}        '
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {BOB}\r\nContent-Type: application/json\r\n".encode()
    body = b"0\r\n\r\n" + inner
    yield head + te + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    body = hex(len(inner))[2:].encode() + b"\r\n" + inner + b"\r\n0\r\n\r\n"
    yield head + b"Content-Length: 4\r\n" + te + b"\r\n\r\n" + body


def test_g1_smuggling_corpus(world):
    world.sim.script({"markers": ["smuggled-model"]})
    gateway = world.gateway(SHORT_WAITS)
    te = te_mutations() if amount(0, 1) else random.Random(1).sample(te_mutations()[33:], 120) + te_mutations()[:33]
    shots = [s for t in te for s in smuggle(t)]
    for shot, (got, closed) in zip(shots, shoot_all(gateway.port, shots)):
        answers = Offline(got, bool(closed)).answers()
        assert answers, (shot[:300], closed)
        assert all(a.complete and 400 <= a.status < 502 for a in answers), (shot[:300], [a.status for a in answers])
        is_error(answers[0])
        if b"\r\nTE:" in shot or b"Transfer_Encoding" in shot:
            continue  # other headers: the body is what Content-Length says, and no JSON
        assert closed == "eof" and len(answers) == 1, (shot[:300], closed, len(answers))
    assert world.sim.stats()["requests"] == 0


HEAD = f"Authorization: Bearer {ALICE}\r\nContent-Type: application/json\r\n"
BODY = chat("corner")
FRAMING = [  # what, bytes, statuses
    ("obs-fold in a header", post(BODY, headers="X-A: b\r\n c\r\n"), {400}),
    ("bare LF as line end", post(BODY).replace(b"\r\nHost", b"\nHost"), {400}),
    ("bare CR in a value", post(BODY, headers="X-A: b\rc\r\n"), {400}),
    ("\\rX behind the head", post(b"", headers="")[:-2] + b"\rX" + BODY, {400}),
    ("\\r\\rX line end", post(BODY).replace(b"\r\nHost", b"\r\rHost"), {400}),
    ("absolute-form", post(BODY, path="http://evil.example/v1/chat/completions"), {400}),
    ("authority-form", post(BODY, path="evil.example:80"), {400}),
    ("asterisk", post(BODY, path="*"), {400}),
    ("two Hosts", post(BODY, headers="Host: evil\r\n"), {400}),
    ("two equal Hosts", post(BODY, headers="Host: gateway\r\n"), {400}),
    ("Host with a path", post(BODY).replace(b"Host: gateway", b"Host: a/b"), {400}),
    ("Host with a user", post(BODY).replace(b"Host: gateway", b"Host: u@a"), {400}),
    ("two equal lengths", post(BODY, headers=f"Content-Length: {len(BODY)}\r\n"), {400}),
    ("length with a blank inside", post(BODY).replace(b"Content-Length: ", b"Content-Length: 1 "), {400}),
    ("length 00", post(b"").replace(b"Content-Length: 0", b"Content-Length: -0"), {400}),
    ("chunk size with a blank", f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n".encode(), {400}),
    ("chunk size _", f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n1_0\r\nhello\r\n0\r\n\r\n".encode(), {400}),
    ("chunk end \\rX", f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\rX0\r\n\r\n".encode(), {400}),
    ("chunk extension with LF", f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n2;a=\nb\r\n{{}}\r\n0\r\n\r\n".encode(), {400}),
    ("chunk extension without end", f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n2;{'a' * 70000}\r\n{{}}\r\n0\r\n\r\n".encode(), {400, 413, 431}),
    ("trailer that is a header", f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\nContent-Length: 5\r\n x\r\n\r\n".encode(), {400}),
    ("gzip twice", post(gzip.compress(gzip.compress(BODY)), headers="Content-Encoding: gzip, gzip\r\n"), {415}),
    ("gzip request", post(gzip.compress(BODY), headers="Content-Encoding: gzip\r\n"), {200}),
    ("gzip hidden behind identity", post(BODY, headers="Content-Encoding: gzip\r\nContent-Encoding: identity\r\n"), {415}),
    ("another type behind JSON", post(BODY, headers="Content-Type: text/plain\r\n"), {415}),
    ("br request", post(BODY, headers="Content-Encoding: br\r\n"), {415}),
    ("two keys", post(BODY, headers=f"x-api-key: {BOB}\r\n"), {400}),
    ("key in header and query", post(BODY, path=f"/v1beta/models/gpt-5.2:generateContent?key={BOB}"), {400}),
    ("key= where no dialect reads it", post(BODY, path=f"/v1/chat/completions?key={BOB}"), {200}),
    ("upgrade to h2c", post(BODY, headers="Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), {200}),
    ("hop-by-hop named", post(BODY, headers="Connection: close, authorization\r\n"), {200, 401}),
    ("chunk extensions", f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n{len(BODY):x};evil-header=1\r\n{BODY.decode()}\r\n0\r\nevil-header: 1\r\n\r\n".encode(), {200}),
]


@pytest.mark.parametrize("what,data,statuses", FRAMING, ids=[f[0] for f in FRAMING])
def test_g1_framing(corner_world, what, data, statuses):
    """Refused as JSON, half-closed and drained; or taken, and then nothing of the oddity is passed on."""
    sim, gateway = corner_world
    before = sim.stats()["requests"]
    (got, closed), = shoot_all(gateway.port, [data], until=complete if 200 in statuses else None)
    answers = Offline(got, bool(closed)).answers()
    assert [a.status for a in answers] and answers[0].status in statuses and len(answers) == 1, (answers and answers[0].status, got[:300])
    if answers[0].status != 200:
        is_error(answers[0])
        assert closed == "eof"
        assert sim.stats()["requests"] == before
    assert sim.stats()["violations"] == 0, sim.stats()["violation_list"]


PACKED = [  # what, coding, bytes, status
    ("no gzip", "gzip", BODY, 400),
    ("no zstd", "zstd", BODY, 400),
    ("half of it", "gzip", gzip.compress(BODY)[:-4], 400),
    ("something behind it", "gzip", gzip.compress(BODY) + b"x", 400),
    ("a bomb of a MiB", "gzip", gzip.compress(BODY + b" " * (1 << 20)), 413),
    ("no JSON", "gzip", gzip.compress(b"so long"), 400),
    ("whole", "gzip", gzip.compress(BODY), 200),
]


@pytest.mark.parametrize("what,coding,data,status", PACKED, ids=[p[0] for p in PACKED])
def test_g1_packed(corner_world, what, coding, data, status):
    """A body that comes compressed is unpacked, or refused as JSON; the provider sees it plain."""
    sim, gateway = corner_world
    before = sim.stats()["requests"]
    answer = ask(gateway.port, data, headers=f"Content-Encoding: {coding}\r\n")
    assert answer.status == status, answer.body[:300]
    if status != 200:
        is_error(answer)
        assert sim.stats()["requests"] == before
    else:
        assert sim.stats()["requests"] == before + 1
    assert sim.stats()["violations"] == 0, sim.stats()["violation_list"]


@pytest.fixture(scope="module")
def corner_world(running_sim):
    running_sim.reset()
    running_sim.script({"markers": MARKERS})
    with Gateway(sim_port=running_sim.port, chain=PLAIN) as gateway:
        yield running_sim, gateway


def mutate(rng, data):
    """One to four mutations of the kinds that parsers disagree about."""
    data = bytearray(data)
    odd = [b"\r", b"\n", b"\r\n", b"\x00", b" ", b"\t", b":", b";", b",", b"\r\n\r\n", b"\x0b", b"\xff", b"%00", b"\r\n ", b"0\r\n\r\n", b"HTTP/1.1", b"\\u0000", b"\"", b"{"]
    lines = [b"\r\nTransfer-Encoding: chunked", b"\r\nContent-Length: 3", b"\r\nContent-Length: 9999", b"\r\nHost: evil", b"\r\nX-Evil: evil-header", b"\r\nConnection: content-length",
             b"\r\nExpect: 100-continue", b"\r\nTrailer: host", b"\r\nX-Api-Key: " + BOB.encode(), b"\r\nCookie: evil-header", b"\r\nX-Forwarded-For: 1.1.1.1", b"\r\nProxy-Authorization: evil-header",
             b"\r\nX-Request-Id: a\tb", b"\r\nAnthropic-Version: 1", b"\r\nOpenAI-Organization: evil\xff", b"\r\nAccept-Encoding: gzip"]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = data or bytearray(b"\r\n")
        at, kind = rng.randrange(len(data)), rng.randrange(8)
        if kind == 0:
            data[at:at] = rng.choice(odd)
        elif kind == 1:
            data[at] = rng.randrange(256)
        elif kind == 2:
            del data[at:at + rng.randint(1, 8)]
        elif kind == 3:
            data[at:at] = data[at:at + rng.randint(1, 40)]
        elif kind in (4, 5):
            ends = [m.start() for m in re.finditer(rb"\r\n", bytes(data))] or [0]
            data[(e := rng.choice(ends)):e] = rng.choice(lines)
        elif kind == 6:
            data[at] ^= 1 << rng.randrange(8)
        else:
            data = data[:at] or bytearray(b"\r\n")
    return bytes(data)


def seeds(i):
    text = f"case {i}"
    chunked = chat(text)
    yield post(chat(text))
    yield post(chat(text, stream=True))
    yield post(messages(text), path="/v1/messages")
    yield f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n{len(chunked):x}\r\n".encode() + chunked + b"\r\n0\r\n\r\n"
    yield post(json.dumps({"model": "gpt-5.2", "temperature": 0.5, "tools": [], "messages": [{"role": "system", "content": "é\\u0041"}, {"role": "user", "content": text}]}).encode())


def test_g3_mutated_requests(world):
    """Nothing malformed, nothing twice and no client marker reaches a provider, whatever the client sends."""
    world.sim.script({"markers": MARKERS, "record": True, "default": {"words": 3, "chunks": 1}})
    gateway = world.gateway(SHORT_WAITS, workers=2)
    n, rng = amount(3000, 100000), random.Random(20261122)
    counts, since = {}, 0
    for start in range(0, n, 1000):
        shots = [mutate(rng, list(seeds(i))[i % 5]) for i in range(start, start + 1000)]
        for shot, (got, closed) in zip(shots, shoot_all(gateway.port, shots, until=complete)):
            for a in Offline(got, bool(closed)).answers():
                counts[a.status] = counts.get(a.status, 0) + 1
                if a.complete and a.status != 200 and a.method != "HEAD":
                    is_error(a)
        log = world.sim.log(since)
        seen = {}
        for entry in log["requests"] if isinstance(log, dict) else log:
            since = max(since, entry["seq"])
            case = re.search(r"case (\d+)", entry.get("body") if isinstance(entry.get("body"), str) else json.dumps(entry.get("body")))
            if case:
                seen[case.group(1)] = seen.get(case.group(1), 0) + 1
        stats = world.sim.stats()
        assert stats["violations"] == 0, stats["violation_list"]
        # A mutation may change one case's number into another's, so a few may be seen twice; more than twice is a repetition.
        assert all(v <= 2 for v in seen.values()), {k: v for k, v in seen.items() if v > 2}
    print(counts)
    assert counts.get(200, 0) > n / 20 and counts.get(400, 0) > n / 20, counts
    gateway.settle()


def test_g1_refusal_is_read_whatever_follows(world):
    """A refused client that goes on sending reads its answer: half-close and drain, not a reset; and the drain has a bound."""
    gateway = world.gateway(chain=PLAIN)
    for n in (0, 1000, 200000):
        c = wire.Client(gateway.port)
        c.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n" + b"x" * n)
        assert c.read(lambda a: a.complete) and c.answer.status == 400
        assert c.read_closed(), "not closed"
        c.close()
    c = wire.Client(gateway.port)
    c.s.settimeout(10)
    c.send(b"BROKEN\r\n\r\n")
    start, sent = time.monotonic(), 0
    with pytest.raises(OSError):
        while time.monotonic() - start < 10:
            sent += c.s.send(b"x" * 65536)
    assert sent < 16 << 20, "a refused client is read without a bound"
    c.s.close()
    silent = socket.create_connection(("127.0.0.1", gateway.port))
    silent.sendall(b"BROKEN\r\n\r\n")
    gateway.settle()
    gateway.skip(3500)
    eventually(lambda: gateway.files() < 60, "fewer than 60 files")
    silent.close()


def test_s6_bodies_of_all_are_bounded(world):
    """Nobody knows yet who sends a body. Who finds no room is told before sending it; small ones are taken; what leaves makes room."""
    gateway = world.gateway(STANDARD + 'limits { body = "150KiB", bodies = "200KiB" }\nchain { auth {} }\n')
    large, end = post(chat("x" * 120000)), time.monotonic() + 20

    def asked(data, until):
        """Asks again and again, until it has been answered so: what others do takes effect when their worker has its turn."""
        while time.monotonic() < end:
            c = wire.Client(gateway.port)
            c.send(data)
            if c.read(lambda a: a.complete or a.interim, 5) and until(c.answer):
                return c
            c.close()
        raise AssertionError("not answered as it should be")

    waiting = wire.Client(gateway.port)
    waiting.send(large[:-1])
    head = post(chat("x" * 120000), headers="Expect: 100-continue\r\n").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    refused = asked(head, lambda a: not a.interim)
    assert refused.answer.status == 503 and is_error(refused.answer)["code"] == "bodies_full" and refused.answer.header("retry-after") == "1"
    assert refused.read_closed(5)
    assert ask(gateway.port, chat("small")).status == 200
    waiting.s.sendall(large[-1:])
    assert waiting.read(lambda a: a.complete) and waiting.answer.status == 200
    asked(large, lambda a: a.status == 200).close()
    waiting.close()


@pytest.mark.parametrize("above", ["", "otlp { }, ", "deadline { }, ", "shed { concurrency = 100 }, ", 'limit { limits = { { per = "client", requests = 1000 } } }, '])
def test_strangers_are_refused_by_their_head(world, above):
    """Whatever may stand above `auth`: who shows a wrong key is told so before a byte of the body is asked for."""
    gateway = world.gateway(chain=above + "auth {}", workers=1)
    head = post(chat("x" * 120000), headers="Expect: 100-continue\r\n").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    for data, interim in ((head, True), (head.replace(ALICE.encode(), b"sk-of-nobody-at-all-00"), False)):
        c = wire.Client(gateway.port)
        c.send(data)
        assert c.read(lambda a: a.complete or a.interim, 5) and bool(c.answer.interim) is interim
        assert interim or c.answer.status == 401 and c.read_closed(5)
        c.close()


HOSTILE_JSON = [
    ("depth", b'{"model":"gpt-5.2","messages":' + b"[" * 100 + b"]" * 100 + b"}"), ("depth 1e6", b'{"model":"gpt-5.2","messages":' + b"[" * 1000000),
    ("1e400", b'{"model":"gpt-5.2","temperature":1e400,"messages":[{"role":"user","content":"x"}]}'), ("NaN", b'{"model":"gpt-5.2","temperature":NaN,"messages":[]}'),
    ("bad UTF-8", b'{"model":"gpt-5.2","messages":[{"role":"user","content":"\xff\xfe"}]}'), ("overlong UTF-8", b'{"model":"gpt-5.2","messages":[{"role":"user","content":"\xc0\xaf"}]}'),
    ("surrogate in UTF-8", b'{"model":"gpt-5.2","messages":[{"role":"user","content":"\xed\xa0\x80"}]}'), ("lone surrogate", b'{"model":"gpt-5.2","messages":[{"role":"user","content":"\\ud800"}]}'),
    ("NUL byte", b'{"model":"gpt-5.2","messages":[{"role":"user","content":"\x00"}]}'), ("a second value", b'{"model":"gpt-5.2","messages":[]}{"model":"smuggled-model"}'),
    ("duplicate model", b'{"model":"gpt-5.2","messages":[{"role":"user","content":"x"}],"model":"smuggled-model"}'),
    ("duplicate by escape", b'{"model":"gpt-5.2","messages":[{"role":"user","content":"x"}],"mod\\u0065l":"smuggled-model"}'),
    ("BOM", b'\xef\xbb\xbf{"model":"gpt-5.2","messages":[]}'), ("comment", b'{/**/"model":"gpt-5.2","messages":[]}'), ("comma", b'{"model":"gpt-5.2","messages":[],}'),
    ("array", b'[{"model":"gpt-5.2"}]'), ("number", b"1"), ("leading zero", b'{"model":"gpt-5.2","n":01,"messages":[]}'), ("long number", b'{"model":"gpt-5.2","n":' + b"1" * 100000 + b',"messages":[]}'),
    ("unterminated", b'{"model":"gpt-5.2","messages":[{"role":"user","content":"x'), ("model is a list", b'{"model":["gpt-5.2"],"messages":[]}'),
]


@pytest.mark.parametrize("what,body", HOSTILE_JSON, ids=[h[0] for h in HOSTILE_JSON])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_s6_hostile_json(corner_world, what, body, path):
    sim, gateway = corner_world
    before = sim.stats()["requests"]
    a = ask(gateway.port, body, path)
    assert a.status in (400, 413), (a.status, a.body)
    is_error(a, "anthropic" if path == "/v1/messages" else "openai")
    assert sim.stats()["requests"] == before


@pytest.mark.parametrize("path,body", [
    ("/v1/chat/completions?model=gpt-5.2", chat("x", model="claude-opus-4-6")), ("/v1/chat/completions", chat("x", model="GPT-5.2")), ("/v1/chat/completions", chat("x", model="gpt-5.2\u0000")),
    ("/v1/chat/completions", chat("x", model="claude-opus-4-6", **{"Model": "gpt-5.2"})), ("/v1/chat/completions", chat("x", model=" gpt-5.2")),
    ("/v1/chat/completions", chat("x", model="gpt-../claude-opus-4-6")), ("/v1/chat/completions", b'{"model":"claude\\u002dopus-4-6","messages":[{"role":"user","content":"x"}]}'),
    ("/v1/messages?model=gpt-5.2", messages("x")), ("/v1//chat/completions", chat("x", model="claude-opus-4-6")), ("/v1/chat/completions/", chat("x", model="claude-opus-4-6")),
    ("/v1/%63hat/completions", chat("x", model="claude-opus-4-6")), ("/v1/chat/completions;model=gpt-5.2", chat("x", model="claude-opus-4-6")),
])
def test_s6_model_allow_list_by_pass(corner_world, path, body):
    """Bob may use gpt-* only. One place to read the model: the body; no query, no header, no path decides."""
    sim, gateway = corner_world
    before = sim.stats()["requests"]
    a = ask(gateway.port, body, path, key=BOB, headers="x-model: gpt-5.2\r\nopenai-model: gpt-5.2\r\n")
    assert a.status in (400, 401, 403, 404), (a.status, a.body)
    is_error(a, "anthropic" if path.startswith("/v1/messages") else "openai")
    assert sim.stats()["requests"] == before
