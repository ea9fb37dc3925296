"""What is paid for by the piece, from outside, at a provider that a table plays: pictures wherever they are made, films and speech by what may be asked for, and no field that says more than is priced."""
import http.client
import http.server
import json
import struct
import threading

import pytest
from gateway import KEYS, Gateway
from simlib import PATIENT
from websockets.sync.client import connect
from websockets.sync.server import serve

from test_money import credit, settled, usage

ALICE = "sk-client-alice-7f3a"
USD = 10**9
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
COUNTS = {"promptTokenCount": 10, "candidatesTokenCount": 1120, "totalTokenCount": 1130}
CONFIG = '''
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:%(port)d/v1" }
provider "google" { adapter = "gemini", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:%(port)d/v1beta" }
provider "answers" { adapter = "responses", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:%(port)d/v1" }
prices "google" { source = "t", date = "2026-11-28", models = { { name = "g", picture = 0.134, sizes = { { size = "1K", picture = 0.134 }, { size = "4K", picture = 0.24 } } }, { name = "veo", second = 0.4 } } }
prices "openai" { source = "t", date = "2026-11-28", models = { { name = "c", picture = 0.1, sizes = { { size = "4K", picture = 0.2 } } }, { name = "film", second = 0.1 }, { name = "sized", second = 0.1, sizes = { { size = "1280x720", second = 0.1 }, { size = "4k", second = 0.6 } } },
    { name = "cheap", free = true }, { name = "heard", second = 0.0001 }, { name = "tokens", input = 5, output = 40 }, { name = "speech", characters = 15 } } }
prices "answers" { source = "t", date = "2026-11-28", models = { { name = "r", picture = 0.1, sizes = { { size = "1536x1024", quality = "high", picture = 0.3 } } } } }
model "g" { "google" } model "veo" { "google" } model "c" { "openai" } model "film" { "openai" } model "sized" { "openai" } model "r" { "answers" } model "cheap" { "openai" } model "heard" { "openai" } model "tokens" { "openai" } model "speech" { "openai" }
ledger "sqlite" { path = "${folder}/ledger.db" }
chain { auth {}, jobs { every = "1s" }, bill {}, fallback {}, retry { attempts = 3 } }
'''


def gemini(*parts, counts=True):
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP"}], **({"usageMetadata": COUNTS} if counts else {})}


def chat_answer(content=""):
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    far = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    message = {"role": "assistant", "content": content, "images": [url, far]}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "c", "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}}


RESPONSE = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "r", "usage": {"input_tokens": 5, "output_tokens": 5, "total_tokens": 10},
            "output": [{"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo="}]}


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen, answer = [], {}

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.command == "POST":  # and how jobs stand is asked for meanwhile
            Provider.seen.append((self.path, body))
        stream = "stream" in self.path or b'"stream":true' in body.replace(b" ", b"")
        said = json.dumps(Provider.answer).encode()
        data = b"data: " + said + b"\n\n" if stream else said
        kind = "text/event-stream" if stream else "application/json"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(KEYS.replace('"gpt-*"', '"*"') + CONFIG % {"port": server.server_address[1]}, sim_port=server.server_address[1]) as g:
        credit(g, "alice", 1000 * USD)
        yield g
    server.shutdown()


def form(**fields):
    text = "".join(f'--x\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()) + "--x--\r\n"
    return text, {"content-type": "multipart/form-data; boundary=x"}


def paid(gateway):
    settled(gateway)
    return sum(row["charged"] for row in usage(gateway))


def send(gateway, path, body):
    text, head = body if isinstance(body, tuple) else (json.dumps(body), {"content-type": "application/json"})
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", path, text, {"authorization": "Bearer " + ALICE, **head})
    r = c.getresponse()
    said = r.read().decode()
    c.close()
    return r.status, said


def ask(gateway, path, body):
    """Status, answer, and what was paid for it."""
    before = paid(gateway)
    return *send(gateway, path, body), paid(gateway) - before


def words(size=None):
    return {"contents": [{"role": "user", "parts": [{"text": "a cat"}]}], "generationConfig": {"imageConfig": {"imageSize": size}} if size else {}}


CHAT = {"model": "c", "messages": [{"role": "user", "content": "x"}]}
DRAWN = [
    ("gemini", "/v1beta/models/g:generateContent", words(), gemini(PICTURE), 134),
    ("gemini stream", "/v1beta/models/g:streamGenerateContent?alt=sse", words(), gemini(PICTURE), 134),
    ("gemini two", "/v1beta/models/g:generateContent", words("1K"), gemini(PICTURE, {"text": "and"}, PICTURE), 268),
    ("gemini a thought", "/v1beta/models/g:generateContent", words("1K"), gemini({**PICTURE, "thought": True}, PICTURE), 134),
    ("gemini a file", "/v1beta/models/g:generateContent", words("1K"), gemini({"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/x"}}), 134),
    ("gemini 4K", "/v1beta/models/g:generateContent", words("4K"), gemini(PICTURE), 240),
    ("gemini as protobuf", "/v1beta/models/g:generateContent", {**words(), "generation_config": {"image_config": {"image_size": "4K"}}}, gemini(PICTURE), 240),
    ("gemini unknown size", "/v1beta/models/g:generateContent", words("8K"), gemini(PICTURE), 240),
    ("gemini without counts", "/v1beta/models/g:generateContent", words("4K"), gemini(PICTURE, counts=False), 240),
    ("gemini none made", "/v1beta/models/g:generateContent", words(), gemini({"text": "no"}), 0),
    ("chat for gemini", "/v1/chat/completions", {**CHAT, "model": "g"}, gemini(PICTURE), 134),
    ("chat", "/v1/chat/completions", CHAT, chat_answer(), 200),
    ("chat in parts", "/v1/chat/completions", CHAT, chat_answer([{"type": "image_url", "image_url": {"url": "https://example.com/x"}}]), 300),
    ("chat 4K", "/v1/chat/completions", {**CHAT, "image_config": {"image_size": "4K"}}, chat_answer(), 400),
    ("responses", "/v1/responses", {"model": "r", "input": "x", "tools": [{"type": "image_generation"}]}, RESPONSE, 100),
    ("responses, large", "/v1/responses", {"model": "r", "input": "x", "tools": [{"type": "image_generation", "size": "1536x1024", "quality": "high"}]}, RESPONSE, 300),
]


@pytest.mark.parametrize("name, path, body, answer, milli", DRAWN, ids=[row[0] for row in DRAWN])
def test_a_picture_of_a_chat_is_paid_for(gateway, name, path, body, answer, milli):
    Provider.answer = answer
    status, said, cost = ask(gateway, path, body)
    assert status == 200, said
    assert 0 <= cost - milli * USD // 1000 < 2, (name, cost)  # a guess may be rounded up


def test_nothing_is_no_length(gateway):
    """0 seconds are no film: many providers take them for "unless said", and make one."""
    Provider.answer = {"id": "v1", "object": "video", "status": "queued", "seconds": "4", "model": "film", "created_at": 1, "name": "models/veo/operations/a"}
    film = {"model": "film", "prompt": "x"}
    rows = [("/v1/videos", {**film, "seconds": n}, 2) for n in (0, "0", "0.0", "00", 0.0)]
    rows += [("/v1/videos", form(model="film", prompt="x", seconds="0"), 2), ("/v1/video/generations", {**film, "duration": 0}, 2)]
    rows += [("/v1beta/models/veo:predictLongRunning", {"instances": [{"prompt": "x"}], "parameters": {"durationSeconds": 0}}, 8)]
    for at, (path, body, usd) in enumerate(rows):
        Provider.answer["id"] = f"v{at}"
        status, said, cost = ask(gateway, path, body)
        assert status == 200 and cost == usd * USD, (path, body, said, cost)
    for nothing in ("", ["a long text"], None, 7):
        status, said, cost = ask(gateway, "/v1/audio/speech", {"model": "speech", "voice": "a", "input": nothing})
        assert status == 400 and "input must be a text" in said and cost == 0, (nothing, said)


def spelt_otherwise():
    cheap = {"model": "cheap"}
    chat = {**cheap, "messages": [{"role": "user", "content": "x"}]}
    for path, body in (("/v1/chat/completions", chat), ("/v1/embeddings", {**cheap, "input": "x"}), ("/v1/moderations", {**cheap, "input": "x"}),
                       ("/v1/completions", {**cheap, "prompt": "x"}), ("/v1/rerank", {**cheap, "query": "x", "documents": ["a"]}), ("/v1/responses", {**cheap, "input": "x"}),
                       ("/v1/messages", {**chat, "max_tokens": 5}), ("/v1/images/generations", {**cheap, "prompt": "x"}), ("/v1/audio/speech", {**cheap, "input": "x", "voice": "a"})):
        for near in ("Model", "MODEL", "\\u004dodel"):
            yield path, json.dumps(body)[:-1] + f', "{near}": "dear"}}', {"content-type": "application/json"}
        yield path, json.dumps({"Model": "dear", **body}), {"content-type": "application/json"}
    picture, speech = {**cheap, "prompt": "x"}, {**cheap, "input": "x", "voice": "a"}
    for field in ({"N": 10}, {"Size": "4k"}, {"Quality": "high"}, {"\u017fize": "4k"}):
        yield "/v1/images/generations", json.dumps({**picture, **field}), {"content-type": "application/json"}
    yield "/v1/audio/speech", json.dumps({**speech, "Input": "y" * 5000}), {"content-type": "application/json"}
    yield "/v1/images/edits", *form(model="cheap", prompt="x", N=10)
    yield "/v1/videos", *form(model="film", prompt="x", Seconds=60)
    veo = {"instances": [{"prompt": "x"}], "parameters": {"durationSeconds": 4, "DurationSeconds": 60}}
    yield "/v1beta/models/veo:predictLongRunning", json.dumps(veo), {"content-type": "application/json"}
    yield "/v1beta/models/veo:predictLongRunning", json.dumps({**veo, "parameters": {}, "Parameters": {"durationSeconds": 60}}), {"content-type": "application/json"}


def test_no_field_is_spelt_otherwise(gateway):
    """Relays in Go read names without their case, and the last of two counts: a key that may use a cheap model would get a dear one for its price."""
    for path, text, head in spelt_otherwise():
        n = len(Provider.seen)
        status, said = send(gateway, path, (text, head))
        assert status == 400 and "may be read as another" in said and len(Provider.seen) == n, (path, text, said)


def test_what_is_like_no_name_passes(gateway):
    """A letter that folds to none of ours makes a name nobody takes for another's, and a note on a film asks for nothing."""
    film = {"model": "film", "prompt": "x", "seconds": "4"}
    Provider.answer = {"created": 1, "data": [{"url": "https://a.example/1.png"}], "id": "v-noted", "object": "video", "status": "queued", "seconds": "4", "model": "film"}
    for name in ("\u5907\u6ce8", "donn\u00e9es", "\uff4d\uff4f\uff44\uff45\uff4c", "\u017fizes"):
        status, said, _ = ask(gateway, "/v1/images/generations", {"model": "cheap", "prompt": "x", name: "x"})
        assert status != 400, (name, said)
    for at, body in enumerate(({**film, "metadata": {"user": "1", "order": {"\u5907\u6ce8": ["x"]}}}, {**film, "metadata": None}, form(**film, metadata='{"user":"1"}'), form(**film, metadata=""))):
        Provider.answer["id"] = f"v-noted{at}"
        status, said, cost = ask(gateway, "/v1/videos", body)
        assert status == 200 and cost > 0, (body, said)


def test_a_film_says_what_it_costs(gateway):
    """What relays hand on to vendors unread is no way to a longer film, and a resolution is a size."""
    film = {"model": "film", "prompt": "x", "seconds": "4", "size": "1280x720"}
    for body in ({**film, "metadata": {"seconds": "60"}}, {**film, "metadata": {"resolution": "4k"}}, {**film, "metadata": {"note": 1, "output": {"Duration_Seconds": 60}}}, {**film, "metadata": [{"N": 4}]}, {**film, "metadata": "{}"},
                 {**film, "metadata": {"\u017fize": "4k"}}, form(**film, metadata="seconds=60"), {**film, "extra_body": {"duration": 60}}, {**film, "num_frames": 10000},
                 form(**film, metadata='{"seconds":60}'), form(**film, num_frames="10000")):
        n = len(Provider.seen)
        status, said, cost = ask(gateway, "/v1/videos", body)
        assert status == 400 and "more than is paid for" in said and cost == 0 and len(Provider.seen) == n, (body, said)
    Provider.answer = {"id": "v-large", "object": "video", "status": "queued", "seconds": "4", "model": "film", "created_at": 1}
    for at, body in enumerate(({"model": "sized", "prompt": "x", "seconds": "4", "resolution": "4k"}, form(model="sized", prompt="x", seconds="4", resolution="4k"))):
        Provider.answer["id"] = f"v-large{at}"
        status, said, cost = ask(gateway, "/v1/videos", body)
        assert status == 200 and cost == 24 * USD // 10, (said, cost)


def test_no_usage_is_not_free(gateway):
    """A picture of a model that is sold by the token, whose answer says no tokens, is estimated; and what is sold by a piece that nobody counts of this work has no price."""
    Provider.answer = {"created": 1, "data": [{"b64_json": "iVBORw0KGgo=" * 1000}]}
    status, said, cost = ask(gateway, "/v1/images/generations", {"model": "tokens", "prompt": "x" * 1000})
    assert status == 200 and 250 * 5000 + 3000 * 40000 <= cost < 170 * 10**6, (said, cost)  # at most what is held
    for path, body in (("/v1/audio/speech", {"model": "film", "input": "hello", "voice": "a"}), ("/v1/videos", {"model": "c", "prompt": "x"}),
                       ("/v1/chat/completions", {**CHAT, "model": "film"})):
        n = len(Provider.seen)
        status, said, cost = ask(gateway, path, body)
        assert status == 403 and "price" in said and cost == 0 and len(Provider.seen) == n, (path, said)


def response_done(which, out=500):
    usage = {"total_tokens": 1000 + out, "input_tokens": 1000, "output_tokens": out, "input_token_details": {"text_tokens": 1000}, "output_token_details": {"text_tokens": out}}
    return {"type": "response.done", "response": {"id": which, "status": "completed", "usage": usage}}


SESSIONS = [("by_request", [response_done("r1")], 3, 200), ("by_token", [response_done("r1"), response_done("r1")], 1, 12),
            ("by_token", [response_done("r1"), response_done("r2"), response_done("r1", 600)], 1, 12 + 12 + 13.6), ("by_token", [response_done(None), response_done("")], 1, 24)]


@pytest.fixture(scope="module")
def talks():
    script = []

    def provider(ws):
        ws.send(json.dumps({"type": "session.created", "session": {"id": "s"}}))
        for _ in ws:
            for event in script:
                ws.send(json.dumps(event))

    with serve(provider, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        config = f'''
provider "openai" {{ adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:{port}/v1" }}
prices "openai" {{ source = "t", date = "2026-11-28", models = {{ {{ name = "by_token", input = 4, output = 16 }}, {{ name = "by_request", request = 0.2 }} }} }}
model "by_token" {{ "openai" }} model "by_request" {{ "openai" }}
ledger "sqlite" {{ path = "${{folder}}/ledger.db" }}
chain {{ auth {{}}, bill {{ ttl = "2h" }}, retry {{}} }}
'''
        with Gateway(KEYS.replace('"gpt-*"', '"*"') + config, sim_port=port) as g:
            credit(g, "alice", 1000 * USD)
            yield g, script


@pytest.mark.parametrize("model, events, turns, milli", SESSIONS)
def test_a_session_is_paid_for_once(talks, model, events, turns, milli):
    """A price by the request uses nothing up; of one response that is said twice one is paid for, and two that look alike are two."""
    gateway, script = talks
    script[:], before = events, paid(gateway)
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/realtime?model={model}", additional_headers={"authorization": "Bearer " + ALICE}, open_timeout=PATIENT) as ws:
        ws.recv(timeout=PATIENT)
        for _ in range(turns):
            ws.send('{"type":"response.create"}')
            for event in events:
                assert json.loads(ws.recv(timeout=PATIENT)) == event
        ws.ping().wait(PATIENT)
    assert paid(gateway) - before == round(milli * 10**6)


def test_a_sketch_is_no_result(gateway):
    Provider.answer = gemini({**PICTURE, "thought": True}, PICTURE)
    status, said, cost = ask(gateway, "/v1/images/generations", {"model": "g", "prompt": "x"})
    assert status == 200 and len(json.loads(said)["data"]) == 1 and cost == 134 * 10**6, (said, cost)


def test_a_wave_is_as_long_as_it_says(gateway):
    n = 1764000  # ten seconds
    head = b"RIFF" + struct.pack("<I", 36 + n) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16) + b"data" + struct.pack("<I", n)
    fields, kind = form(model="heard")
    text = fields.removesuffix("--x--\r\n").encode() + b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + head + bytes(n) + b"\r\n--x--\r\n"
    Provider.answer = {"text": "hi"}
    status, said, cost = ask(gateway, "/v1/audio/transcriptions", (text, kind))
    assert status == 200 and 10 <= cost / (USD // 10000) <= 11, (said, cost)
