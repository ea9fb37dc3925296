"""Conversations that are kept: only of keys that agreed, readable with the private key alone, without what names a person, for as long as said."""
import json
import pathlib
import re
import subprocess

import pytest
import wire
from bench import ALICE, BOB, ask, chat, eventually, messages, post
from gateway import MODELS, PROVIDERS, Gateway
from simlib import BUILD
from test_jobs import count

KEYS = """
key "sk-client-alice-7f3a" { name = "alice", models = { "*" }, tags = { capture = "yes" } }
key "sk-client-bob-91cc"   { name = "bob",   models = { "*" }, tags = { capture = "no" } }
"""
CHAIN = 'chain { auth {}, %scapture { folder = "${folder}/kept", certificate = "${folder}/capture.pem", %s }, %sretry { attempts = 1 } }\n'
REDACT = 'redact = { "email", "secret", "iban", "id_cn", "card", "ip", "phone" }'
PERSON = "I am bob@example.com, call +49 30 1234567, pay 4111 1111 1111 1111"
CLEAN = "I am <EMAIL>, call <PHONE>, pay <CARD>"


def config(more=REDACT, above="", below=""):
    return PROVIDERS + MODELS + KEYS + CHAIN % (above, more, below)


@pytest.fixture(name="pem", scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=capture", "-keyout", folder / "capture.key",
                    "-out", folder / "capture.pem"], check=True, capture_output=True)
    return folder


def start(world, pem, text=None, **more):
    g = Gateway(text or config(), sim_port=world.sim.port, **more)
    world.gateways.append(g)
    pathlib.Path(g.folder, "capture.pem").write_bytes((pem / "capture.pem").read_bytes())
    return g.start()


def files(g):
    return sorted(pathlib.Path(g.folder, "kept").glob("*/*.cms"))


def read(pem, path):
    out = subprocess.run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", path, "-inkey", pem / "capture.key"], check=True, capture_output=True)
    return json.loads(out.stdout)


def kept(g, pem, n=1):
    eventually(lambda: len(files(g)) == n, f"{n} files")
    return sorted((read(pem, p) for p in files(g)), key=lambda d: d["time"])


def texts(document):
    return [i["text"] for i in document["answer"] if i["kind"] == "text"]


def test_each_way_there_is(world, pem):
    """Two dialects, documents and streams, whose pieces end within a word: the texts are whole, and without what names a person."""
    world.sim.script({"rules": [{"do": {"text": "Hello bob@example.com, your key is sk-0123456789abcdef0123", "chunks": 40}}]})
    g = start(world, pem, workers=2)
    for body, path in ((chat(PERSON), "/v1/chat/completions"), (chat(PERSON, stream=True), "/v1/chat/completions"),
                       (messages(PERSON), "/v1/messages"), (messages(PERSON, model="gpt-5.2", stream=True), "/v1/messages")):
        answer = ask(g.port, body, path)
        assert answer.status == 200 and answer.header("x-yuzui-captured") == "yes" and (b"bob@example.com" in answer.body or b'"stream":' in body)
    for document in kept(g, pem, 4):
        assert document["request"]["messages"][0] == {"role": "user", "content": CLEAN}, document
        assert texts(document) == ["Hello <EMAIL>, your key is <SECRET>"] and document["ended"] == "whole" and document["usage"]["output"] > 0, document
        assert document["key"] == "alice" and document["provider"] in ("openai", "anthropic") and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["time"])
    assert count(g, "capture_kept") == 4
    for path in files(g):
        data = path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
        assert not any(word in data for word in (b"bob@", b"EMAIL", b"alice", b"Hello"))


def test_only_of_keys_that_agreed(world, pem):
    """And of those only conversations; a policy that takes names out, above it, is all that it sees of them."""
    g = start(world, pem, config("", above='policy "${root}/policies/pii.lua" { operations = { "all" } }, '))
    answer = ask(g.port, chat("bob's secret"), key=BOB)
    assert answer.status == 200 and not answer.header("x-yuzui-captured")
    assert ask(g.port, chat("x", model="nobody-has-it")).status == 404
    assert ask(g.port, b'{"model":"gpt-5.2","input":"a"}', "/v1/embeddings").status in (200, 400, 404)
    answer = ask(g.port, chat(PERSON))
    assert answer.status == 200
    documents = kept(g, pem, 2)
    asked = [d["request"]["messages"][0]["content"] for d in documents]
    assert set(asked) == {"x", "I am <EMAIL_1>, call <PHONE_1>, pay <CARD_1>"}, asked
    refused = documents[asked.index("x")]
    assert refused["ended"] == "error" and refused["error"]["class"] == "not_found" and refused["answer"] == []


def test_what_is_long_and_who_leaves(world, pem):
    """Pictures are not kept, texts up to a bound, calls of tools whole; a client that leaves leaves what it had."""
    g = start(world, pem, config('of_one = "2KiB"'))
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "iVBORw0KGgo" * 600}}
    body = json.dumps({"model": "gpt-5.2", "messages": [{"role": "user", "content": [{"type": "text", "text": "see"}, picture, {"type": "text", "text": "word " * 900}]}]})
    assert ask(g.port, body.encode()).status == 200
    first, media, long = kept(g, pem)[0]["request"]["messages"][0]["content"]
    assert first["text"] == "see" and media["image_url"]["url"] == f"[data left out: {22 + 11 * 600} bytes]" and long["text"] == "[text left out: 4500 bytes]"
    world.sim.script({"rules": [{"do": {"words": 3000, "chunks": 300}}]})
    assert ask(g.port, chat("at length", stream=True)).status == 200
    eventually(lambda: len(files(g)) == 2, "the second")
    second = [d for d in (read(pem, p) for p in files(g)) if d.get("answer_left_out")]
    assert second[0]["answer_left_out"] == "the rest of it" and 0 < len(texts(second[0])[0]) <= 2048
    world.sim.script({"rules": [{"do": {"chunks": 10, "hang_after_chunks": 3}}]})
    c = wire.Client(g.port)
    c.send(post(chat("leaves", stream=True)))
    c.read(lambda a: a.body.count(b"data:") >= 3, 20)
    c.close()
    documents = kept(g, pem, 3)
    left = [d for d in documents if d["ended"] == "left"]
    assert len(left) == 1 and texts(left[0])[0], documents


def test_an_answer_out_of_a_cache(world, pem):
    """Nobody has read it: that is said, and it is not kept as it came."""
    g = start(world, pem, config(below="cache {}, "))
    assert [ask(g.port, chat("again")).status for _ in range(2)] == [200, 200]
    documents = kept(g, pem, 2)
    assert sorted(d.get("answer_left_out", "") for d in documents) == ["", "it came out of a cache"] and sorted(len(texts(d)) for d in documents) == [0, 1]


def test_for_as_long_as_said(world, pem):
    """Days that are over go, whatever the config said when they were written; what cannot be written harms no request, and is told once."""
    g = start(world, pem, config('keep = "24h"'))
    assert ask(g.port, chat("one")).status == 200
    kept(g, pem)
    (old,) = {p.parent for p in files(g)}
    g.skip(3 * 86_400_000)
    assert ask(g.port, chat("two")).status == 200
    eventually(lambda: not old.exists() and len(files(g)) == 1, "that the old day is gone")
    (day,) = {p.parent for p in files(g)}
    for path in day.iterdir():
        path.unlink()
    day.rmdir()
    day.write_text("in the way")
    assert [ask(g.port, chat(f"three {i}")).status for i in range(3)] == [200] * 3
    eventually(lambda: "cannot be kept in" in g.log(), "that it is told")
    day.unlink()
    assert ask(g.port, chat("four")).status == 200
    eventually(lambda: "are kept again" in g.log(), "that it goes on")
    assert g.log().count("cannot be kept in") == 1
    eventually(lambda: any(read(pem, p)["request"]["messages"][0]["content"] == "four" for p in files(g)), "the fourth")
    assert ask(g.port, chat("five")).status == 200 and count(g, "capture_failed") >= 1


def test_a_reload_and_an_end_lose_none(world, pem):
    g = start(world, pem)
    for i in range(20):
        assert ask(g.port, chat(f"number {i}")).status == 200
        if i == 10:
            assert g.reload()[0]
    assert g.stop() == 0
    assert {d["request"]["messages"][0]["content"] for d in kept(g, pem, 20)} == {f"number {i}" for i in range(20)}
    g.start()


@pytest.mark.parametrize("wrong, words", (("certificate", "cannot be read"), ("pem", "holds no certificate in PEM"), ("folder", "cannot be written to"), ("kind", 'redact knows no "emails": it knows email, secret')))
def test_what_is_wrong_is_said(world, pem, wrong, words):
    g = start(world, pem)
    text = config('redact = { "emails" }' if wrong == "kind" else REDACT)
    if wrong == "certificate":
        text = text.replace("capture.pem", "none.pem")
    if wrong == "pem":
        pathlib.Path(g.folder, "capture.pem").write_text("hello")
    if wrong == "folder":
        text = text.replace("${folder}/kept", "${folder}/capture.pem/kept")
    g.write_config(text)
    well, said = g.reload()
    assert not well and words in said.replace("\\\"", "\""), said


def test_texts_within_texts(world, pem):
    """Arguments of tools are JSON in a text, keys and numbers are texts too, and what a client calls its request is in a file's name."""
    g = start(world, pem)
    secret = json.dumps({"to": "bob@example.com\nsk-0123456789abcdef0123", "card": 4111111111111111, "alice@example.com": 1, "carol@example.com": 2})
    body = {"model": "gpt-5.2", "messages": [{"role": "user", "content": secret}], "metadata": {"dave@example.com": "\u002b49 30 1234567"}}
    assert ask(g.port, json.dumps(body).encode(), headers="X-Request-Id: bob@example.com\r\n").status == 200
    (document,) = kept(g, pem)
    assert json.loads(document["request"]["messages"][0]["content"]) == {"to": "<EMAIL>\n<SECRET>", "card": "<CARD>", "<EMAIL> 1": 1, "<EMAIL> 2": 2}
    assert document["request"]["metadata"] == {"<EMAIL> 3": "<PHONE>"} and "bob" not in json.dumps(document) and "bob" not in files(g)[0].name
    for _ in range(12):
        assert ask(g.port, chat("again"), headers="X-Request-Id: same.id\r\n").status == 200
    assert len(kept(g, pem, 13)) == 13 and files(g)[-1].name.startswith("same.id.")


def test_pictures_are_known_by_their_place(world, pem):
    g = start(world, pem, config('of_one = "64KiB"'))
    prose = "鱼嘴" * 2500
    body = {"model": "gpt-5.2", "messages": [{"role": "user", "content": [{"type": "text", "text": prose}, {"type": "input_audio", "input_audio": {"data": "Ym9iQGV4YW1wbGUuY29t", "format": "wav"}}]}]}
    assert ask(g.port, json.dumps(body).encode()).status == 200
    text, sound = kept(g, pem)[0]["request"]["messages"][0]["content"]
    assert text["text"] == prose and sound["input_audio"]["data"] == "[data left out: 20 bytes]"
    body = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "x"}], "metadata": {f"key-{i}-" + "k" * 100: "v" for i in range(16)}, "stop": ["y" * 20000] * 4}
    ask(g.port, json.dumps(body).encode())
    eventually(lambda: len(files(g)) == 2, "the second")
    assert all(len(json.dumps(read(pem, p), ensure_ascii=False)) < 70_000 for p in files(g))
    world.sim.script({"rules": [{"do": {"words": 30000}}]})
    assert ask(g.port, chat("at length, whole")).status == 200
    long = [d for d in kept(g, pem, 3) if d.get("answer_left_out")]
    assert 50_000 < len(texts(long[0])[0]) <= 65_536 and long[0]["answer"][0]["bytes"] > 100_000


def test_only_what_is_in_force(world, pem, tmp_path):
    """A config that is checked, or refused, touches nothing; of two stages on one folder each seals for its own certificate."""
    g = start(world, pem)
    assert not pathlib.Path(g.folder, "kept").exists()
    subprocess.run([BUILD + "/yuzui", "check", "-c", g.folder + "/yuzui.lua"], check=True, capture_output=True, env=g.env)
    assert not pathlib.Path(g.folder, "kept").exists()
    assert ask(g.port, chat("one")).status == 200
    kept(g, pem)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=other",
                    "-keyout", tmp_path / "capture.key", "-out", pathlib.Path(g.folder, "other.pem")], check=True, capture_output=True)
    other = config().replace("capture.pem", "other.pem")
    g.write_config(other + 'model "x" { "nobody" }\n')
    assert not g.reload()[0] and ask(g.port, chat("two")).status == 200
    assert {d["request"]["messages"][0]["content"] for d in kept(g, pem, 2)} == {"one", "two"}
    both = config(above='capture { folder = "${folder}/kept", certificate = "${folder}/other.pem" }, ')
    g.write_config(both)
    assert g.reload()[0] and ask(g.port, chat("three")).status == 200
    eventually(lambda: len(files(g)) == 4, "both")
    for key in (pem, tmp_path):
        mine = []
        for path in files(g):
            try:
                mine.append(read(key, path)["request"]["messages"][0]["content"])
            except subprocess.CalledProcessError:
                pass
        assert sorted(mine) == (["one", "three", "two"] if key is pem else ["three"])
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", "/CN=x", "-keyout", tmp_path / "x.key", "-out", pathlib.Path(g.folder, "other.pem")], check=True, capture_output=True)
    well, said = g.reload()
    assert not well and "cannot be encrypted for" in said


def test_a_full_folder(world, pem):
    """Today's is not thrown away for more of today's: no more is kept, that is said, and who asks is not told that it is. A day that cannot go is left alone."""
    g = start(world, pem, config('most = "1MiB", of_one = "1MiB"'))
    stuck = pathlib.Path(g.folder, "kept", "2020-01-01", "sub")
    stuck.mkdir(parents=True)
    (stuck.parent / ".hidden").write_text("x")
    text = "a long text " * 30000
    for i in range(4):
        assert ask(g.port, chat(f"{i} {text}")).status == 200
        eventually(lambda i=i: len(files(g)) >= min(i + 1, 3), "what there is room for")
    eventually(lambda: "no more is kept" in g.log(), "that it is said")
    eventually(lambda: not ask(g.port, chat("no")).header("x-yuzui-captured"), "that it is not told")
    assert g.log().count("cannot be removed") == 1 and not (stuck.parent / ".hidden").exists() and count(g, "capture_dropped") > 0
    for path in files(g):
        path.unlink()
    g.skip(70_000)
    eventually(lambda: ask(g.port, chat("yes")).header("x-yuzui-captured") == "yes", "that it goes on")
    assert g.stop() == 0
    g.start()
