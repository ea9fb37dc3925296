"""Sessions of Gemini's Live API at their edges: what a client says too early or too late, keys that go, counts and codes that no provider should send."""
import json
import struct
import time

import pytest
from bench import SECRETS, eventually
from live import HANDLE, Live
from realtime import Realtime
from simlib import PATIENT
from test_gemini_live import BILLED, CONFIG, ONCE, SETUP, ask, closed, frame, hand, hear, reach, rest, start, talk
from test_money import balance, cli, credit, settled, usage
from test_realtime import line
from test_realtime import talk as talk_openai
from websockets.exceptions import ConnectionClosed, InvalidStatus

TURN = json.dumps({"clientContent": {"turns": [{"role": "user", "parts": [{"text": "Hello?"}]}], "turnComplete": True}}).encode()


@pytest.fixture(name="provider")
def a_provider():
    with Live() as provider:
        yield provider
    assert not provider.broken, provider.broken


def ends(ws):
    with pytest.raises(ConnectionClosed) as e:
        while True:
            ws.recv(PATIENT)
    return e.value.rcvd.code, e.value.rcvd.reason


@pytest.mark.parametrize("way", ("quota", "mute", "cut", "pings"))
def test_who_says_more_at_once_is_served_by_another(world, way):
    """What follows the first message waits until a provider has agreed: so a client that does not wait for that keeps its fallback."""
    with Live(way) as broken, Live() as sound:
        g = start(world, broken, second=sound)
        with reach(g) as ws:
            for message in (json.dumps({"setup": {"model": "models/either"}}).encode(), TURN, TURN):
                ws.send(message)
            assert hear(ws) == {"setupComplete": {}}
            for _ in range(2):
                while not hear(ws).get("serverContent", {}).get("turnComplete"):
                    pass
        assert len(broken.sessions) == 1 and [next(iter(e)) for e in sound.sessions[0].said] == ["setup", "clientContent", "clientContent"]
        assert line(g)["target"] == "second/gemini-live" and line(g)["input_tokens"] == 296, line(g)


def test_what_waits_is_bounded(world):
    """A client is not read while enough of it waits, and not for longer than a provider may take nothing."""
    with Live("mute") as provider:
        g = start(world, provider, more='limits { write_time = "400ms" }')
        g.skip(1)
        before = g.rss()
        with hand(g) as s:
            s.settimeout(PATIENT)
            sent = 0
            try:
                s.sendall(frame(SETUP))
                for _ in range(3000):
                    s.sendall(frame(b"x" * 60_000))
                    sent += 60_000
            except OSError:
                pass
            got = closed(rest(s)) if sent == 180_000_000 else None
        assert sent < 100_000_000 and got is None, "it was not read"
        assert g.rss() - before < 16 << 20
        eventually(lambda: line(g).get("error") == "upstream_timeout", "its line")


def test_first_messages_count_as_bodies(world, provider):
    g = start(world, provider, more='limits { body = "1MiB", bodies = "1300KiB" }')
    part = frame(b'{"setup": {"model": "models/voice", "systemInstruction": {"parts": [{"text": "' + b"x" * 700_000, fin=0)
    with hand(g) as first:
        first.sendall(part)
        eventually(lambda: not g.unread(), "the first one's bytes are taken")
        with hand(g) as second:
            second.sendall(part)
            code, words = closed(rest(second))
        assert code == 1013 and "as many bytes" in words, (code, words)
        talk(g, "voice").close()
    long = {"systemInstruction": {"parts": [{"text": "x" * 700_000}]}}

    def again():
        try:
            return talk(g, "voice", long)
        except ConnectionClosed as e:
            assert e.rcvd.code == 1013

    deadline = time.monotonic() + PATIENT
    while not (ws := again()):  # when the first is gone
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with ws:  # a message under way in a session counts, too, and only while it is
        for _ in range(4):
            ws.send([b'{"realtimeInput": {"audio": {"data": "' + b"A" * 300_000, b'"}}}'])
        ask(ws)
    assert [next(iter(e)) for e in provider.sessions[-1].said] == ["setup"] + ["realtimeInput"] * 4 + ["clientContent"]


def test_at_once(world, provider):
    """A session counts from its first message on, as any request does when its body is whole."""
    g = start(world, provider, chain='auth {}, limit { limits = { { per = "key", concurrency = 1 } } }, fallback {}')
    with reach(g) as first, reach(g) as second:
        first.send(SETUP), hear(first)
        second.send(SETUP)
        code, words = ends(second)
        assert code == 1008 and "at once" in words, words
    eventually(lambda: provider.sessions[0].close, "its end")
    talk(g, "voice").close()


def test_a_key_that_goes_meanwhile(world, provider):
    """It is asked for at the handshake, and again when the first message says what for."""
    mallory = 'key "sk-mallory-001" { name = "mallory" }'
    text = CONFIG % ((provider.port,) * 3) + 'ledger "sqlite" { path = "${folder}/ledger.db" }\nchain { auth {} }\n'
    g = world.gateway(text + mallory)
    kept = json.loads(cli(g, "key", "create", "robert", "--json"))["key"]

    def is_known():
        try:
            reach(g, kept).close()
            return True
        except InvalidStatus:
            return False

    eventually(is_known, "a new key")
    with reach(g, kept) as waiting, reach(g, "sk-mallory-001") as config:
        cli(g, "key", "revoke", "robert")
        eventually(lambda: not is_known(), "the revoked key")
        waiting.send(json.dumps({"setup": {"model": "models/voice"}}))
        assert ends(waiting)[0] == 1008
        g.write_config(text)
        assert g.reload()[0]
        config.send(json.dumps({"setup": {"model": "models/voice"}}))
        code, words = ends(config)
        assert code == 1008 and "not known here any more" in words, words
    assert not provider.sessions
    with talk(g, "voice") as ws:
        ask(ws)


@pytest.mark.parametrize("model, words", (("gemini-live-vague", "usageMetadata"), ("gemini-live-absurd", "usageMetadata")))
def test_counts_that_are_none(world, provider, model, words):
    g = start(world, provider, chain="auth {}, bill {}, fallback {}", more=BILLED.replace("gemini-live-silent", model))
    credit(g, "alice", 10**9)
    with talk(g, model) as ws:
        ask(ws), ask(ws)
    assert line(g)["usage"] == "unread" and "input_tokens" not in line(g), line(g)
    assert g.log().count(f"was used ({words}) cannot be read") == 1, "once in a session"
    settled(g)
    guessed, left = usage(g)[0], balance(g, "alice")["available"]
    assert guessed["detail"]["by"] == "estimated" and guessed["charged"] == 10**9 - left and 0 < guessed["charged"] <= guessed["held"], guessed
    assert guessed["charged"] < 3 * ONCE, "by what went either way"
    with talk(g) as ws:
        ask(ws)
    settled(g)
    assert balance(g, "alice")["available"] == left - ONCE and "usage" not in line(g, "gemini-live\""), "a sound one"


def test_one_count_that_is_none(world, provider):
    """It is charged as the others of its session are, one by the other; never beyond what is held, where it ends the session."""
    prices = BILLED.replace('{ name = "gemini-live", ', '{ name = "gemini-live-sometimes", input = 0.5, cached = 0.125, output = 2, audio_input = 3, audio_output = 12 }, { name = "gemini-live", ')
    g = start(world, provider, chain="auth {}, bill {}, fallback {}", more=prices)
    credit(g, "alice", 10**9)
    with talk(g, "gemini-live-sometimes") as ws:
        for _ in range(4):
            ask(ws)
    settled(g)
    row = usage(g)[0]
    assert (row["charged"], row["detail"]["by"]) == (4 * ONCE, "estimated") and balance(g, "alice")["available"] == 10**9 - 4 * ONCE, row
    g = start(world, provider, chain="auth {}, bill { session_tokens = 1 }, fallback {}", more=BILLED.replace("gemini-live-silent", "gemini-live-vague"))
    credit(g, "alice", 10**9)
    with talk(g, "gemini-live-vague") as ws, pytest.raises(ConnectionClosed) as e:
        for _ in range(200):
            ask(ws)
    settled(g)
    assert e.value.rcvd.code == 1008 and "used up" in e.value.rcvd.reason and usage(g)[0]["charged"] == usage(g)[0]["held"] == 2500, usage(g)[0]


@pytest.mark.parametrize("code, told", ((1000, 1000), (1003, 1003), (1004, 1011), (1006, 1011), (1012, 1012), (1014, 1014), (1015, 1011), (1016, 1011), (2999, 1011), (3000, 3000), (4999, 4999), (5000, 1011),
                                        (999, 1011), (0, 1011), (65535, 1011)))
def test_codes_that_may_not_be_sent(world, provider, code, told):
    """Of both dialects' sessions: a client's library fails at such a frame, and hides what it says."""
    with Realtime() as other:
        g = world.gateway(CONFIG % (provider.port, provider.port, other.port) + "\nmodel \"gpt-realtime-*\" { { \"openai\", as = \"gpt-realtime-*\" } }\nchain { auth {} }\n",
                          env={"OPENAI_API_KEY": other.key})
        with talk(g, f"gemini-live-closes-{code}") as ws:
            ask(ws)
            said = ends(ws)
        assert said[0] == told and said[1].endswith("so be it") and (str(code) in said[1] or code == told), said
        with talk_openai(g, f"gpt-realtime-closes-{code}") as ws:
            ws.send(json.dumps({"type": "response.create"}))
            said = ends(ws)
        assert said[0] == told and said[1].endswith("so be it"), said
    if told == 1000:
        with talk(g, "gemini-live-closes-bytes-1008") as ws:
            ask(ws)
            assert ends(ws) == (1008, "a reason that is no UTF-8")


def test_a_second_setup(world, provider):
    """Could name a model that nobody has judged: it never is whole at the provider, in whatever way it is written."""
    g = start(world, provider)
    second = {"setup": {"model": "models/gemini-live-dear"}}
    for said in (frame(json.dumps(second).encode()), frame(json.dumps(second).encode(), op=2), frame(json.dumps({"clientContent": {}} | second).encode()), frame(b'{"set\\u0075p": {"model": "models/x"}}'),
                 frame(b'{"setup": {', fin=0) + frame(b"", op=9) + frame(b"}}", op=0), frame(b"{'setup': {}}"), frame(b'{"setup":1,"setup":2}'), frame(b'{"pad": "' + b"x" * 300_000 + b'", "setup": {}}')):
        with hand(g) as s:
            begun = len(provider.sessions)
            s.sendall(frame(SETUP))
            eventually(lambda n=begun: len(provider.sessions) > n and provider.sessions[-1].said, "the session")
            s.sendall(said)
            code, words = closed(rest(s))
        assert code == 1007 and ("only the first" in words or "not usable JSON" in words), (said[:40], code, words)
        eventually(lambda: provider.sessions[-1].close, "its end")
        assert len(provider.sessions[-1].said) == 1, said[:40]
    with talk(g) as ws:  # the word alone is none
        ws.send(json.dumps({"clientContent": {"turns": [{"role": "user", "parts": [{"text": '{"setup": {}} \\ setup'}]}], "turnComplete": True}}))
        assert "serverContent" in hear(ws)
    assert all(secret not in g.log() for secret in SECRETS) and HANDLE not in g.log()


def test_a_message_that_is_too_long_to_be_read(world, provider):
    g = start(world, provider, more='limits { session_frame = "64KiB" }')
    with talk(g) as ws:
        ws.send([b'{"realtimeInput": {"audio": {"data": "'] + [b"A" * 30_000] * 4 + [b'"}}}'])
        code, words = ends(ws)
    assert code == 1009 and "longer than 65536 bytes" in words, words
    assert len(provider.sessions[0].said) == 1
