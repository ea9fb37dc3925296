"""Sessions of Gemini's Live API by WebSocket: the official clients through the gateway to a strict provider, the money of it, and how sessions
fail, on both sides."""
import asyncio
import json
import os
import socket
import ssl
import struct
import subprocess
import time

import pytest
import test_realtime
from bench import ALICE, eventually
from gateway import KEYS, free_port
from google import genai
from google.genai import errors, types
from live import HANDLE, USAGE, Live
from relay import certificate
from simlib import PATIENT
from test_money import balance, credit, settled
from test_realtime import line
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("YUZUI_BUILD", os.path.join(HERE, "..", "..", "build"))
PATH = "/ws/google.ai.generativelanguage.%s.GenerativeService.BidiGenerateContent"
CONFIG = KEYS + """
provider "google" { adapter = "gemini", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:%d/v1beta", timeout = { first_byte = "1s" } }
provider "second" { adapter = "gemini", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:%d/v1beta" }
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:%d/v1" }
model "gemini-live*" { "google" }
model "voice" { { "google", as = "gemini-live" } }
model "either" { { "google", as = "gemini-live" }, { "second", as = "gemini-live" } }
model "wrong" { { "google", as = "gemini-flash" } }
model "gpt-realtime" { "openai" }
key "sk-eve-0000001" { name = "eve" }
"""
EVE = "sk-eve-0000001"
BILLED = """
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "google" { source = "the test", date = "2026-11-30", models = {
  { name = "gemini-live", input = 0.5, cached = 0.125, output = 2, audio_input = 3, audio_output = 12 },
  { name = "gemini-live-silent", input = 0.5, output = 2 } } }
"""
# Of one turn: 30 cached; of the 70 tokens of sound that are not, and the 48 of text and tools; 27 of text and thoughts and 30 of sound back.
ONCE = 30 * 125 + 70 * 3000 + 48 * 500 + 27 * 2000 + 30 * 12_000  # nano-USD


@pytest.fixture(name="provider")
def a_provider():
    with Live() as provider:
        yield provider
    assert not provider.broken, provider.broken


def start(world, provider, chain="auth {}, fallback {}, retry { attempts = 1 }", more="", second=None, config=CONFIG, **options):
    ports = (provider.port, (second or provider).port, provider.port)
    return world.gateway(config % ports + more + f"\nchain {{ {chain} }}\n", **options)


def reach(g, key=ALICE, version="v1beta", path=None, **options):
    return connect(f"ws://127.0.0.1:{g.port}{path or PATH % version}", additional_headers={"x-goog-api-key": key} if key else {}, open_timeout=PATIENT, **options)


def hear(ws):
    return json.loads(ws.recv(PATIENT))


def talk(g, model="gemini-live", setup=None, **options):
    ws = reach(g, **options)
    ws.send(json.dumps({"setup": {"model": "models/" + model} | (setup or {})}))
    assert hear(ws) == {"setupComplete": {}}
    return ws


def ask(ws):
    """One turn; its messages."""
    ws.send(json.dumps({"clientContent": {"turns": [{"role": "user", "parts": [{"text": "Hello?"}]}], "turnComplete": True}}))
    messages = []
    while not messages or not messages[-1].get("serverContent", {}).get("turnComplete"):
        messages.append(hear(ws))
    return messages


def refused(g, first, **options):
    """The close code and reason of a session that begins so."""
    with reach(g, **options) as ws:
        ws.send(first if isinstance(first, (str, bytes)) else json.dumps(first))
        with pytest.raises(ConnectionClosed) as e:
            ws.recv(PATIENT)
    return e.value.rcvd.code, e.value.rcvd.reason


@pytest.mark.parametrize("version", ("v1beta", "v1alpha"))
def test_the_official_client(world, provider, tmp_path, version):
    """It speaks TLS to whatever address it is given."""
    port, (cert, key) = free_port(), certificate(str(tmp_path), "own")
    g = start(world, provider, more=f'\nlisten "127.0.0.1:{port}" {{ cert = "{cert}", key = "{key}" }}')
    trust = ssl.create_default_context(cafile=cert)
    options = types.HttpOptions(base_url=f"https://localhost:{port}", api_version=version, async_client_args={"ssl": trust})

    async def converse(api_key, model="voice"):
        client = genai.Client(api_key=api_key, http_options=options)
        config = types.LiveConnectConfig(response_modalities=["TEXT"], system_instruction="Be brief.", session_resumption=types.SessionResumptionConfig())
        text, usage, handle = "", None, None
        async with client.aio.live.connect(model=model, config=config) as session:
            await session.send_client_content(turns=types.Content(role="user", parts=[types.Part(text="Hello?")]), turn_complete=True)
            async for message in session.receive():
                text += message.text or ""
                usage = message.usage_metadata or usage
                handle = message.session_resumption_update.new_handle if message.session_resumption_update else handle
        return text, usage, handle

    text, usage, handle = asyncio.run(converse(ALICE))
    assert text == "Hello there." and usage.response_token_count == 50 and usage.thoughts_token_count == 7 and handle.startswith(HANDLE) and handle != HANDLE
    session = provider.sessions[0]
    eventually(lambda: session.close, "the end of the session")
    assert session.close in (1000, 1005), "the client's close frame reached the provider"
    assert session.path == PATH % version and session.setup["model"] == "models/gemini-live" and [next(iter(e)) for e in session.said] == ["setup", "clientContent"]
    head = provider.heads[0][1]
    assert "sec-websocket-extensions" not in head and ALICE not in str(provider.heads) and "x-goog-api-client" not in head
    entry = line(g)
    assert (entry["status"], entry["model"], entry["target"]) == (101, "voice", "google/gemini-live"), entry
    meters = ("input_tokens", "cached_tokens", "audio_input_tokens", "tool_prompt_tokens", "output_tokens", "reasoning_tokens", "audio_output_tokens")
    assert [entry.get(m) for m in meters] == [148, 30, 70, 8, 57, 7, 30], entry
    with pytest.raises(Exception) as e:
        asyncio.run(converse("sk-wrong"))
    assert "401" in str(e.value), e.value
    with pytest.raises(errors.APIError) as e:
        asyncio.run(converse(ALICE, "unknown"))
    assert e.value.code == 1008 and "unknown" in str(e.value), e.value


NODE = """
import { GoogleGenAI, Modality } from "@google/genai";
const ai = new GoogleGenAI({ apiKey: process.env.KEY, httpOptions: { baseUrl: process.env.URL } });
let text = "", last, done;
const over = new Promise(resolve => { done = resolve; });
const session = await ai.live.connect({ model: "voice", config: { responseModalities: [Modality.TEXT] }, callbacks: {
  onmessage: m => { text += m.text ?? ""; if (m.serverContent?.turnComplete) { last = m; done(); } }, onclose: e => done() } });
session.sendClientContent({ turns: "Hello?", turnComplete: true });
await over;
console.log(JSON.stringify({ text, tokens: last?.usageMetadata?.totalTokenCount }));
session.close();
"""


def test_the_official_client_for_node(world, provider):
    """Its address has two slashes, and its key in the query."""
    g = start(world, provider)
    modules = os.path.realpath(os.path.join(HERE, "..", "..", "build", "node_modules"))
    if not os.path.isdir(modules):
        assert not os.environ.get("CI"), "the official clients for Node are not installed: ./dev test sdk"
        pytest.skip("no node_modules")
    script = os.path.join(g.folder, "live.mjs")
    os.symlink(modules, os.path.join(g.folder, "node_modules"))
    with open(script, "w", encoding="utf-8") as f:
        f.write(NODE)
    ran = subprocess.run(["node", script], env=os.environ | {"KEY": ALICE, "URL": f"http://127.0.0.1:{g.port}"}, capture_output=True, text=True, timeout=PATIENT * 3, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"text": "Hello there.", "tokens": USAGE["totalTokenCount"]}
    assert ALICE not in str(provider.heads) + g.log()


def test_what_a_first_message_must_be(world, provider):
    g = start(world, provider)
    for first, code, words in (({"clientContent": {"turnComplete": True}}, 1007, "the first message must be"), ({"setup": {"model": "models/voice"}, "clientContent": {}}, 1007, "nothing beside it"),
                               ({"setup": {}}, 1007, "setup.model"), ({"setup": {"model": 7}}, 1007, "setup.model"), ("no JSON", 1007, "first message is not usable JSON"), ("[]", 1007, "must be a JSON object"),
                               ('{"setup": {"model": "models/voice", "model": "models/gemini-live"}}', 1007, "not usable JSON"), (b"\xff\xfe", 1007, "not usable JSON"), ("", 1007, "not usable JSON"),
                               ({"setup": {"model": "models/unknown"}}, 1008, "unknown"), ({"setup": {"model": "models/" + "x" * 1_100_000}}, 1009, "longer than 1048576 bytes"),
                               ({"setup": {"model": "models/wrong"}}, 1008, "is not found for API version"), ({"setup": {"model": "models/voice", "temperature": 1}}, 1007, 'Unknown name "temperature"'),
                               ({"setup": {"model": "models/gpt-realtime"}}, 1008, "cannot be translated")):
        said = refused(g, first)
        assert said[0] == code and words in said[1], said
    eventually(lambda: '"error":"model_not_found"' in g.log(), "an unknown model's line")


def test_who_may(world, provider):
    """The key is judged before the handshake is answered; the models that it may use, when one is named."""
    keys = f'\nkey "sk-narrow-0001" {{ name = "narrow", models = {{ "voice" }} }}\nkey "sk-none-00001" {{ name = "none", models = {{ "gpt-*" }} }}'
    g = start(world, provider, more=keys)
    for key in ("sk-wrong", None):
        with pytest.raises(InvalidStatus) as e:
            reach(g, key)
        answer = json.loads(e.value.response.body)["error"]
        assert e.value.response.status_code == 401 and answer["status"] == "UNAUTHENTICATED", answer
    talk(g, "voice", key="sk-narrow-0001").close()
    for key, model in (("sk-narrow-0001", "gemini-live"), ("sk-none-00001", "voice")):
        code, reason = refused(g, {"setup": {"model": "models/" + model}}, key=key)
        assert code == 1008 and model in reason, reason
    talk(g, "voice", key=None, path=PATH % "v1beta" + "?key=" + EVE).close()
    with pytest.raises(InvalidStatus) as e:
        reach(g, None, path=PATH % "v1alpha" + "Constrained?access_token=auth_tokens/x")
    assert e.value.response.status_code == 404
    assert len(provider.sessions) == 2 and EVE not in str(provider.heads)


def test_a_policy_chooses(world, provider):
    policy = "return function(req, next) if req.model == 'any' then req.model = 'voice' end return next(req) end"
    g = start(world, provider, chain='auth {}, policy "${folder}/p.lua" { operations = { "all" } }', files=[("p.lua", policy)])
    with talk(g, "any") as ws:
        ask(ws)
    assert provider.sessions[0].setup["model"] == "models/gemini-live" and line(g)["model"] == "voice"


def test_no_translation(world, provider):
    g = start(world, provider)
    with pytest.raises(InvalidStatus) as e:
        test_realtime.talk(g, "voice")
    words = json.loads(e.value.response.body)["error"]["message"]
    assert e.value.response.status_code >= 400 and "cannot be translated" in words, words
    assert not provider.sessions


def test_handles(world, provider):
    """A handle is its owner's, at the account that keeps the session; the provider reads its own."""
    with Live() as other:
        g = start(world, provider, second=other)
        for model in ("voice", "gemini-live-pieces"):
            with talk(g, model, {"sessionResumption": {}}) as ws:
                update = [m for m in ask(ws) if "sessionResumptionUpdate" in m][0]["sessionResumptionUpdate"]
            handle = update["newHandle"]
            assert handle.startswith(HANDLE + "_yz") and update["resumable"] is True
        with talk(g, "either", {"sessionResumption": {"handle": handle, "transparent": True}}) as ws:
            ask(ws)
        assert provider.sessions[-1].setup["sessionResumption"] == {"handle": HANDLE, "transparent": True} and not other.sessions
        for key, wrong in ((EVE, handle), (ALICE, HANDLE), (ALICE, handle[:-1] + ("0" if handle[-1] != "0" else "1"))):
            code, reason = refused(g, {"setup": {"model": "models/either", "sessionResumption": {"handle": wrong}}}, key=key)
            assert code == 1008 and "for you" in reason and HANDLE not in reason, reason
        assert not other.sessions
        n, bare = len(provider.sessions), handle[:handle.index("_yz")]
        for odd in ({"sessionResumption": {}, "session_resumption": {"handle": bare}}, {"sessionResumption": [{"handle": bare}]}, {"sessionResumption": {"handle": [bare]}},
                    {"sessionResumption": bare}, {"session_resumption": {"handle": {"handle": bare}}}):
            code, reason = refused(g, {"setup": {"model": "models/either"} | odd}, key=EVE)
            assert code == 1007 and "must stand there once" in reason, (odd, reason)
        assert len(provider.sessions) == n, "nobody is asked with what is not looked at"


def test_a_client_s_words_are_no_word_about_the_account(world, provider):
    """The provider quotes what is wrong in a message: that says nothing of the operator's key."""
    g = start(world, provider)
    for name in ("API key", "credentials", "quota exceeded", "RESOURCE_EXHAUSTED", "models/x is not found"):
        code, reason = refused(g, {"setup": {"model": "models/voice", name: 1}})
        assert code == 1007 and "Unknown name" in reason, reason
    assert "rests for" not in g.log() and "upstream_auth" not in g.log()


@pytest.mark.parametrize("way, code, words, error", (("quota", 1008, "exceeded your current quota", "rate_limited"), ("key", 1011, "refused the gateway's credentials", "upstream_auth"),
                                                      ("mute", 1011, "no content within 1.0 s", "upstream_timeout"), ("cut", 1011, "no close frame", "upstream_broken"), ("masks", 1011, "no close frame", "upstream_broken"), ("pings", 1011, "at length", "upstream_broken")))
def test_another_is_asked(world, way, code, words, error):
    """Until it has said that it agrees, a provider that fails is as good as one that was not there."""
    with Live(way) as broken, Live() as sound:
        g = start(world, broken, second=sound)
        with talk(g, "either") as ws:
            assert len(ask(ws)) == 4
        assert len(broken.sessions) == 1 and sound.sessions[0].said[0]["setup"]["model"] == "models/gemini-live"
        said = refused(g, {"setup": {"model": "models/voice"}})
        assert said[0] == code and words in said[1], said
        eventually(lambda: line(g).get("error") == error, f"a line with {error}")
        assert line(g)["target"] == "google/gemini-live", line(g)


def test_a_provider_that_fails_later(world, provider):
    g = start(world, provider)
    with talk(g, "gemini-live-leaves") as ws:
        assert {"goAway": {"timeLeft": "50s"}} in ask(ws)
        with pytest.raises(ConnectionClosed) as e:
            hear(ws)
    assert e.value.rcvd.code == 1011 and "Internal error" in e.value.rcvd.reason and provider.key not in e.value.rcvd.reason, e.value.rcvd
    with talk(g, "gemini-live-breaks") as ws, pytest.raises(ConnectionClosed) as e:
        ask(ws)
    assert e.value.rcvd.code == 1011 and "no close frame" in e.value.rcvd.reason, "nothing of the half went out"
    assert refused(g, {"setup": {"model": "models/gemini-live-garbles"}})[0] == 1011
    with talk(g, "gemini-live-loud-pieces", max_size=None) as ws:
        assert len(ask(ws)) == 5 and len(ask(ws)) == 5
    assert line(g, "gemini-live-loud-pieces")["input_tokens"] == 296, "two turns, whose last message came in pieces"


def frame(payload, op=1, fin=0x80, mask=b"abcd"):
    n = len(payload)
    size = bytes([0x80 | n]) if n < 126 else b"\xfe" + struct.pack("!H", n) if n < 65536 else b"\xff" + struct.pack("!Q", n)
    size = size if mask else bytes([size[0] & 127]) + size[1:]
    return bytes([fin | op]) + size + (mask or b"") + bytes(c ^ mask[i % 4] if mask else c for i, c in enumerate(payload))


def hand(g):
    s = socket.create_connection(("127.0.0.1", g.port), PATIENT)
    s.sendall((f"GET {PATH % 'v1beta'} HTTP/1.1\r\nHost: x\r\nx-goog-api-key: {ALICE}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n").encode())
    return s


def rest(s):
    data = b""
    s.settimeout(PATIENT)
    while piece := s.recv(65536):
        data += piece
    return data.split(b"\r\n\r\n", 1)[1]


def closed(data):
    """Code and reason of the close frame at its end."""
    at = data.rfind(b"\x88")
    return struct.unpack("!H", data[at + 2:at + 4])[0], data[at + 4:].decode()


SETUP = json.dumps({"setup": {"model": "models/voice"}}).encode()


def test_hostile_peers(world, provider):
    g = start(world, provider, more='limits { session_frame = "64KiB", body_time = "700ms" }')
    for said, code, words in ((frame(SETUP, mask=None), 1002, "masked"), (b"\xf1\x00", 1002, "no WebSocket"), (frame(SETUP, op=0), 1002, "no WebSocket"), (frame(b"x" * 70_000), 1009, "session_frame"),
                              (frame(SETUP) + frame(b"{}", mask=None), 1002, "masked"), (frame(SETUP) + b"\x81\xff" + b"\x7f" * 8 + b"mask", 1009, "session_frame"),
                              (frame(SETUP) + frame(b"", op=8) + frame(b"{}"), 1002, "after a close"), (b"", 1011, "did not come"), (frame(b"x" * 50, fin=0) + frame(b"y", op=9), 1011, "did not come")):
        with hand(g) as s:
            s.sendall(said)
            got = closed(rest(s))
        assert got[0] == code and words in got[1], (said[:20], got)
    with hand(g) as s:  # it leaves before it has asked
        s.sendall(frame(struct.pack("!H", 1000), op=8))
        assert rest(s) == b"\x88\x02\x03\xe8"
    with hand(g) as s:
        s.sendall(frame(SETUP[:9], fin=0))
        s.shutdown(socket.SHUT_WR)
        assert rest(s) == b""
    begun = len(provider.sessions)
    with hand(g) as s:  # in pieces of a byte, in two frames, with a ping between them, and a turn behind it
        turn = frame(json.dumps({"realtimeInput": {"text": "Hi"}}).encode(), op=2)
        for byte in frame(SETUP[:20], fin=0) + frame(b"ping", op=9) + frame(SETUP[20:], op=0) + turn:
            s.sendall(bytes([byte]))
        eventually(lambda: len(provider.sessions) > begun and len(provider.sessions[-1].said) == 2, "both messages")
        s.shutdown(socket.SHUT_WR)
        eventually(lambda: provider.sessions[-1].close, "a client that closes its side is gone")


def test_behind_another_request(world, provider):
    g = start(world, provider)
    models = f"GET /v1beta/models HTTP/1.1\r\nHost: x\r\nx-goog-api-key: {ALICE}\r\n\r\n"
    head = f"GET {PATH % 'v1beta'} HTTP/1.1\r\nHost: x\r\nx-goog-api-key: {ALICE}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    with socket.create_connection(("127.0.0.1", g.port), PATIENT) as s:
        s.sendall((models + head).encode() + frame(SETUP) + frame(json.dumps({"realtimeInput": {"text": "Hi"}}).encode()))
        eventually(lambda: provider.sessions and len(provider.sessions[-1].said) == 2, "both messages")


def test_time(world, provider):
    g = start(world, provider, more='limits { session_idle = "300ms" }')
    with talk(g) as ws:
        for _ in range(4):
            time.sleep(0.15)
            ask(ws)
        with pytest.raises(ConnectionClosed) as e:
            hear(ws)
    assert e.value.rcvd.code == 1011 and "silence" in e.value.rcvd.reason, e.value.rcvd


def test_an_hour_and_its_money(world, provider):
    """By the gateway's own clock; each turn is charged with all of its context, as the provider says."""
    g = start(world, provider, chain="auth {}, bill { session_tokens = 1000 }, fallback {}, retry { attempts = 1 }", more=BILLED)
    credit(g, "alice", 10**9)
    with talk(g) as ws:
        for _ in range(6):
            g.skip(9 * 60 * 1000)
            ask(ws)
        with pytest.raises(ConnectionClosed) as e:
            g.skip(7 * 60 * 1000)
            hear(ws)
    assert e.value.rcvd.code == 1011 and "not complete" in e.value.rcvd.reason, e.value.rcvd
    assert line(g)["input_tokens"] == 6 * 148
    settled(g)
    left = 10**9 - 6 * ONCE
    assert balance(g, "alice")["available"] == left
    with talk(g) as ws:  # 1000 tokens each way at the dearest are held
        with pytest.raises(ConnectionClosed) as e:
            for _ in range(200):
                ask(ws)
    held = 1000 * (3000 + 12_000)
    assert e.value.rcvd.code == 1008 and "0.015 USD" in e.value.rcvd.reason, e.value.rcvd
    settled(g)
    left -= -(-held // ONCE) * ONCE
    assert balance(g, "alice")["available"] == left, "ended by the turn that used it up"
    for model in ("gemini-live-silent", "unknown"):
        if model == "unknown":
            assert refused(g, {"setup": {"model": "models/unknown"}})[0] == 1008
        else:
            with talk(g, model) as ws:
                ask(ws)
    settled(g)
    assert balance(g, "alice")["available"] == left, "nobody said what was used; nothing was asked"
    code, reason = refused(g, {"setup": {"model": "models/voice"}}, key=EVE)
    assert code == 1008 and "balance" in reason, reason


def test_a_reload_and_a_stop(world, provider):
    g = start(world, provider, more='drain "1s"')
    waiting = hand(g)
    with talk(g) as ws:
        g.reload()
        ask(ws)
        g.process.terminate()
        with pytest.raises(ConnectionClosed) as e:
            hear(ws)
    assert e.value.rcvd.code == 1001, e.value.rcvd
    assert closed(rest(waiting))[0] == 1001, "also one that has said nothing yet"
    waiting.close()
    g.process.wait(PATIENT)
    world.gateways.remove(g)
    g.remove()


def test_vertex(world):
    """Its sessions are another path, the key a bearer token, and the model a whole name; clients of either path are served."""
    with Live(bearer=True) as provider:
        config = KEYS + 'provider "vertex" { adapter = "gemini", project = "p", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:%d/v1" }\nmodel "voice" { { "vertex", as = "gemini-live" } }\n-- %d %d\n'
        g = start(world, provider, config=config)
        vertex = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
        with talk(g, "voice") as ws:
            ask(ws)
        with reach(g, path=vertex) as ws:
            ws.send(json.dumps({"setup": {"model": "projects/x/locations/y/publishers/google/models/voice"}}))
            hear(ws)
            ask(ws)
        assert [s.path for s in provider.sessions] == [vertex] * 2 and len({s.setup["model"] for s in provider.sessions}) == 1
    assert not provider.broken
