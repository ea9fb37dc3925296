"""Sessions of the Realtime API by WebSocket: the official client through the gateway to a strict provider, and how sessions fail."""
import json
import re
import socket
import time

import openai
import pytest
import realtime
from bench import ALICE, BOB, eventually
from gateway import KEYS
from realtime import Realtime
from simlib import PATIENT
from test_money import balance, credit, settled, usage
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

CONFIG = KEYS + """
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:%d/v1" }
provider "backup" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:%d/v1" }
model "gpt-realtime" { "openai" }
model "gpt-realtime-*" { { "openai", as = "gpt-realtime-*" } }
model "gpt-twice" { { "openai", as = "gpt-realtime-refuses" }, { "backup", as = "gpt-realtime" } }
"""
BILLED = """
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "openai" { source = "the test", date = "2026-11-28", models = { { name = "gpt-realtime-silent", input = 4, output = 16 },
  { name = "gpt-realtime", input = 4, cached = 0.4, output = 16, audio_input = 32, audio_output = 64 } } }
prices "backup" { source = "the test", date = "2026-11-28", models = { { name = "gpt-realtime", input = 4, output = 16 } } }
"""
# Of one response (USAGE of the fake provider): 30 cached; of the 40 tokens of sound that are not, and the 30 of text; 20 of text and 30 of sound back.
ONCE = 30 * 400 + 40 * 32_000 + 30 * 4_000 + 20 * 16_000 + 30 * 64_000  # nano-USD


@pytest.fixture(name="provider")
def a_provider():
    with Realtime() as provider:
        yield provider
    assert not provider.broken, provider.broken


def start(world, provider, chain="auth {}, fallback {}, retry {}", more="", **options):
    return world.gateway(CONFIG % (provider.port, provider.port) + more + f"\nchain {{ {chain} }}\n", **options)


def url(g, model="gpt-realtime"):
    return f"ws://127.0.0.1:{g.port}/v1/realtime?model={model}"


def talk(g, model="gpt-realtime", key=ALICE, **options):
    return connect(url(g, model), additional_headers={"Authorization": "Bearer " + key}, open_timeout=PATIENT, **options)


def ask(ws):
    """One response; its events."""
    ws.send(json.dumps({"type": "response.create"}))
    events = []
    while not events or events[-1]["type"] != "response.done":
        events.append(json.loads(ws.recv(PATIENT)))
    return events


def line(g, model=""):
    """The access line of the last session, of such a model."""
    found = []

    def there():
        found[:] = [json.loads(row) for row in re.findall(r'^\{.*"op":"realtime".*"model":"%s.*\}$' % model, g.log(), re.M)]
        return found

    eventually(there, "an access line of a session")
    return found[-1]


def test_the_official_client(world, provider):
    g = start(world, provider)
    client = openai.OpenAI(api_key=ALICE, base_url=f"http://127.0.0.1:{g.port}/v1")
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        connection.conversation.item.create(item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello?"}]})
        connection.response.create()
        kinds, text = [], ""
        for event in connection:
            kinds.append(event.type)
            if event.type == "response.output_text.delta":
                text += event.delta
            if event.type == "response.done":
                assert event.response.usage.total_tokens == 150
                break
    assert text == "Hello there." and kinds[:2] == ["session.created", "conversation.item.added"], kinds
    session = provider.sessions[0]
    eventually(lambda: session.close, "the end of the session")
    assert session.close in (1000, 1005), "the client's close frame reached the provider"
    assert [e["type"] for e in session.said] == ["session.update", "conversation.item.create", "response.create"]
    head = provider.heads[0][1]
    assert "sec-websocket-extensions" not in head and ALICE not in str(head)
    entry = line(g)
    assert entry["status"] == 101 and entry["model"] == "gpt-realtime" and entry["target"] == "openai/gpt-realtime", entry
    assert (entry["input_tokens"], entry["cached_tokens"], entry["audio_input_tokens"], entry["output_tokens"], entry["audio_output_tokens"]) == (100, 30, 40, 50, 30)


def test_texts_of_any_size_both_ways(world, provider):
    g = start(world, provider)
    with talk(g, "gpt-realtime-loud-pieces", max_size=None) as ws:
        sound = "A" * 3_000_000
        ws.send(json.dumps({"type": "input_audio_buffer.append", "audio": sound}))
        assert len(ask(ws)) > 4
        ask(ws)
        ws.ping().wait(PATIENT)
    assert provider.sessions[0].said[0]["audio"] == sound
    assert line(g)["input_tokens"] == 200, "two responses, whose last event came in pieces"


def test_a_browser_shows_its_key_among_the_protocols(world, provider):
    g = start(world, provider)
    with connect(url(g), subprotocols=["realtime", "openai-insecure-api-key." + BOB], open_timeout=PATIENT) as ws:
        assert ws.subprotocol == "realtime" and len(ask(ws)) > 3
    assert BOB not in str(provider.heads)
    with pytest.raises(InvalidStatus) as e:
        connect(url(g), subprotocols=["realtime", "openai-insecure-api-key.sk-wrong"], open_timeout=PATIENT)
    assert e.value.response.status_code == 401


def test_refused_before_it_begins(world, provider):
    """As an ordinary answer, in the client's dialect; what another provider can do, it does."""
    g = start(world, provider, chain="auth {}, fallback {}, retry { attempts = 2, base = \"1ms\" }")
    for model, key, status, words in (("gpt-realtime", "sk-wrong", 401, "key"), ("gpt-realtime-refuses", ALICE, 429, "too many sessions"),
                                      ("gpt-realtime-plain", ALICE, 502, "status 200 where a WebSocket was asked for"),
                                      ("gpt-realtime-wrong", ALICE, 502, "RFC 6455"), ("unknown", ALICE, 404, "unknown")):
        with pytest.raises(InvalidStatus) as e:
            talk(g, model, key)
        answer = e.value.response
        assert answer.status_code == status and words in json.loads(answer.body)["error"]["message"], (model, answer.status_code, answer.body)
    with talk(g, "gpt-twice") as ws:
        assert ask(ws)[0]["session"]["model"] == "gpt-realtime", "the second target"


def raw(g, head):
    with socket.create_connection(("127.0.0.1", g.port), PATIENT) as s:
        s.sendall(head.replace("\n", "\r\n").encode())
        data = b""
        while piece := s.recv(65536):
            data += piece
        return int(data.split()[1]), data.decode()


def test_no_handshake(world, provider):
    g = start(world, provider)
    head = f"GET /v1/realtime?model=gpt-realtime HTTP/1.1\nHost: x\nAuthorization: Bearer {ALICE}\n"
    good = head + "Connection: keep-alive, Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\n"
    for text, status, words in ((head + "Connection: close\n\n", 426, "wss://"), (good.replace(": 13", ": 8") + "Connection: close\n\n", 426, "must be 13"),
                                (good.replace("ZWY", "").replace("RlZg", "Rl") + "Connection: close\n\n", 400, "16 bytes"),
                                (good.replace("?model=gpt-realtime", "") + "Connection: close\n\n", 400, "model parameter")):
        got, answer = raw(g, text)
        assert got == status and words in answer, answer
    for text in (good.replace("GET", "HEAD"), head.replace("GET", "HEAD")):
        assert raw(g, text + "Connection: close\n\n")[0] == 426
    assert raw(g, good + "Sec-WebSocket-Key: YWJjZGVmZ2hpamtsbW5vcA==\nConnection: close\n\n")[0] == 400
    assert "upgrade: websocket" in raw(g, head + "Connection: close\n\n")[1]
    assert not provider.sessions


def test_a_provider_that_breaks_off(world, provider):
    g = start(world, provider)
    with talk(g, "gpt-realtime-breaks") as ws, pytest.raises(ConnectionClosed) as e:
        ask(ws)
    assert e.value.rcvd is None, "no frame may stand in the middle of another"
    with talk(g, "gpt-realtime-leaves") as ws:
        ask(ws)
        with pytest.raises(ConnectionClosed) as e:
            ws.recv(PATIENT)
    assert e.value.rcvd.code == 1001 and e.value.rcvd.reason == "bye"


def test_no_frames(world, provider):
    """What comes is handed on as it is, and looked at no more; the gateway stands."""
    g = start(world, provider)
    with talk(g, "gpt-realtime-garbles") as ws, pytest.raises(ConnectionClosed):
        while True:
            ask(ws)
    with talk(g) as ws:
        ask(ws)
    with talk(g, "gpt-realtime-drops") as ws:
        ask(ws)
        with pytest.raises(ConnectionClosed) as e:
            ws.recv(PATIENT)
    assert e.value.rcvd.code == 1011 and "no close frame" in e.value.rcvd.reason, "an end without a word is none"
    assert line(g, "gpt-realtime-drops")["error"] == "upstream_broken"


def test_a_provider_that_takes_nothing(world, provider):
    """Its client is not read then, so nobody would see it leave: there is a bound."""
    g = start(world, provider, more='limits { write_time = "500ms" }')
    with talk(g, "gpt-realtime-deaf") as ws:
        with pytest.raises(ConnectionClosed) as e:
            for _ in range(200):
                ws.send("x" * 500_000)
    assert e.value.rcvd is None or e.value.rcvd.code == 1011, e.value.rcvd
    assert line(g)["error"] == "upstream_timeout", line(g)


def test_behind_another_request(world, provider):
    """A handshake, and a first frame, that come in one packet with the request before."""
    g = start(world, provider)
    models = f"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ALICE}\r\n\r\n"
    hand = (f"GET /v1/realtime?model=gpt-realtime HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ALICE}\r\nConnection: keep-alive\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
    for size in (10, 60_000):
        first, second = (json.dumps({"type": "input_audio_buffer.append", "audio": c * size}).encode() for c in "ab")
        frames = [b"\x81" + bytes([0x80 | 126]) + len(d).to_bytes(2) + b"\0\0\0\0" + d for d in (first, second)]
        with socket.create_connection(("127.0.0.1", g.port), PATIENT) as s:
            s.sendall((models + hand).encode() + frames[0])
            time.sleep(0.2)
            s.sendall(frames[1])
            eventually(lambda: provider.sessions and len(provider.sessions[-1].said) == 2, "both texts")
            assert [e["audio"][0] for e in provider.sessions[-1].said] == ["a", "b"]
        eventually(lambda: provider.sessions[-1].close, "its end")
        provider.sessions.clear()


def test_a_client_that_leaves(world, provider):
    g = start(world, provider)
    ws = talk(g)
    ask(ws)
    ws.socket.close()
    eventually(lambda: provider.sessions[0].close, "the provider learns that the client is gone")
    assert line(g)["output_tokens"] == 50


def test_time(world, provider):
    g = start(world, provider, more='limits { session_idle = "300ms" }')
    with talk(g) as ws:
        for _ in range(5):
            time.sleep(0.15)
            ask(ws)
        with pytest.raises(ConnectionClosed) as e:
            ws.recv(PATIENT)
    assert e.value.rcvd.code == 1011 and "silence" in e.value.rcvd.reason, e.value.rcvd
    g = start(world, provider, more='limits { session_time = "1s" }')
    with talk(g) as ws, pytest.raises(ConnectionClosed):
        while True:
            ask(ws)
            time.sleep(0.1)


def test_an_hour(world, provider):
    """By the gateway's own clock: as long as one of them says something within ten minutes it goes on, and after an hour it is over."""
    g = start(world, provider)
    with talk(g) as ws:
        for _ in range(6):
            g.skip(9 * 60 * 1000)
            ask(ws)
        with pytest.raises(ConnectionClosed) as e:
            g.skip(7 * 60 * 1000)
            ws.recv(PATIENT)
    assert e.value.rcvd.code == 1011 and "not complete" in e.value.rcvd.reason, e.value.rcvd
    assert line(g)["input_tokens"] == 600
    with talk(g) as ws, pytest.raises(ConnectionClosed) as e:
        ask(ws)
        g.skip(11 * 60 * 1000)
        ws.recv(PATIENT)
    assert "silence" in e.value.rcvd.reason, e.value.rcvd


def test_a_reload_and_a_stop(world, provider):
    """A session stands on the config it began with; a stop says to its client that the gateway goes."""
    g = start(world, provider, more='drain "1s"')
    with talk(g) as ws:
        ask(ws)
        g.reload()
        ask(ws)
        g.process.terminate()
        with pytest.raises(ConnectionClosed) as e:
            ws.recv(PATIENT)
    assert e.value.rcvd.code == 1001, e.value.rcvd
    g.process.wait(PATIENT)
    world.gateways.remove(g)
    g.remove()


def test_money(world, provider):
    g = start(world, provider, chain="auth {}, bill { session_tokens = 100 }, fallback {}, retry {}", more=BILLED)
    credit(g, "alice", 10**9)
    with talk(g) as ws:
        ask(ws)
    settled(g)
    assert balance(g, "alice")["available"] == 10**9 - ONCE
    with talk(g) as ws:  # 100 tokens each way at the dearest are held: as much as a few responses
        with pytest.raises(ConnectionClosed) as e:
            for _ in range(20):
                ask(ws)
    held = 100 * (32_000 + 64_000)
    assert e.value.rcvd.code == 1008 and "0.0096 USD" in e.value.rcvd.reason, e.value.rcvd
    settled(g)
    times = -(-held // ONCE)
    assert balance(g, "alice")["available"] == 10**9 - (1 + times) * ONCE, "ended by the response that used it up"
    with talk(g, "gpt-realtime-silent") as ws:
        ask(ws)
    settled(g)
    assert balance(g, "alice")["available"] == 10**9 - (1 + times) * ONCE, "nobody said what it used"
    with pytest.raises(InvalidStatus) as e:
        talk(g, key=BOB)
    assert e.value.response.status_code == 402


def test_a_guard_is_not_passed_by(world, provider):
    policy = "return function(req, next) for _, text in ipairs(req:texts()) do if text:find('secret') then return { refuse = 'no' } end end return next() end"
    g = start(world, provider, chain='auth {}, policy "${folder}/guard.lua" { on_error = "fail", operations = { "all" } }', files=[("guard.lua", policy)])
    with pytest.raises(InvalidStatus) as e:
        talk(g)
    assert e.value.response.status_code >= 400 and not provider.sessions, e.value.response


@pytest.mark.parametrize("wrong", [{"input_tokens": "100"}, {"output_tokens": 1 << 40}, {"input_tokens": -5}, {"output_tokens": 50.5}, {"output_token_details": {"audio_tokens": "30"}}])
def test_counts_that_cannot_be_paid_for(world, provider, monkeypatch, wrong):
    """One that is no count makes the others no bill: it is estimated, and never more than was held."""
    monkeypatch.setattr(realtime, "USAGE", realtime.USAGE | wrong)
    g = start(world, provider, chain="auth {}, bill { session_tokens = 100000 }, fallback {}, retry {}", more=BILLED)
    credit(g, "alice", 10**12)
    with talk(g) as ws:
        ask(ws)
    settled(g)
    row = usage(g)[0]
    assert row["detail"]["by"] == "estimated" and 0 < row["charged"] <= row["held"] and balance(g, "alice")["available"] == 10**12 - row["charged"], row


def test_many_at_once(world, provider):
    g = start(world, provider)
    sessions = [talk(g) for _ in range(60)]
    for ws in sessions:
        ask(ws)
    for ws in sessions:
        ws.close()
    eventually(lambda: all(s.close for s in provider.sessions), "their end")
    assert len(provider.sessions) == 60
