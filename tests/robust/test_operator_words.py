"""What a provider says of the operator's key or account stands in the operator's log, and nowhere else."""
import http.server
import json
import threading

import pytest
from bench import eventually
from gateway import Gateway
from test_stream_ends import BODIES, ask

KEY = "sk-the-operators-own-key-0123456789"
CONFIG = """provider "open" { adapter = "openai", key = "%s", base_url = "http://127.0.0.1:%%(port)d/v1" }
model "openai" { { "open", as = "m" } }
key "sk" {}
chain { auth {} }
""" % KEY


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status, message = 403, ""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"error": {"message": self.message, "type": "x"}}).encode()
        self.send_response(self.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def gateway():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Gateway(config=CONFIG % {"port": server.server_address[1]}) as g:
        yield g
    server.shutdown()


@pytest.mark.parametrize("status, message, said", [
    (403, "Your organization must be verified to use the model o3.\nMore of it", "upstream_auth (status 403): it refuses the key; it says: Your organization must be verified to use the model o3. [request"),
    (401, f"Incorrect API key provided: {KEY}. It doesn't exist, doesn't it?", "it says: Incorrect API key provided: [removed]. It doesn't exist, doesn't it? [request"),
    (402, "Insufficient balance for 'MARKER of a prompt' and \"MARKER\"", "quota (status 402): its account has no credit or quota left; it says: Insufficient balance for ' and \" [request"),
    (403, "Access denied: 'I don't want MARKER shown', \"he said \\\"MARKER\\\" to me\"", "it says: Access denied: ', \" to me\" [request"),
    (403, "Denied: “MARKER” «MARKER» 「MARKER」 ‘MARKER’ and 'MARKER that never ends", "it says: Denied: “ « 「 ‘ and  [request"),
    (403, "Access denied " + "鱼" * 100, "it says: Access denied " + "鱼" * 62 + " [request")])
def test_the_log_has_them(gateway, status, message, said):
    Provider.status, Provider.message = status, message
    path, body, _ = BODIES["chat"]
    _, answer = ask(gateway.port, path, body("openai", "hi"))
    last = [line for line in gateway.log().splitlines() if " warn provider open: " in line][-1]
    assert said in last and KEY not in gateway.log() and "MARKER" not in last, last
    if status in (401, 403):
        assert "refused the gateway's credentials" in answer and "verified" not in answer and "Incorrect" not in answer, answer


LONG = "tell me how the moon was made of green cheese, and by whom"
WIDE = "我在上海的银行账号密码是八八八八请不要告诉任何人"


@pytest.mark.parametrize("status, message, said", [
    (400, "this field is wrong", "this field is wrong"), (404, "no such thing", "no such thing"), (422, "unprocessable", "unprocessable"), (429, "slow down please", "slow down please"),
    (500, "it broke", "it broke"), (503, "later", "later"), (413, "too much of 'MARKER'", "too much of '"),
    (400, f"Invalid prompt: {LONG}. Ask something else", "Invalid prompt: . Ask something else"),
    (400, "cannot read PROMPT-MARKER-5be1 at all", "cannot read  at all"),
    (500, f"key {KEY} of us", "key [removed] of us"), (500, f"key {KEY[:12]}... of us", "key [removed]... of us"), (400, "é" * 200, "é" * 100),
    # whatever the case, the spelling, and what stands between
    (400, f"flagged: {LONG.upper()}", "flagged: "), (400, f"flagged: {LONG.replace(' ', '  ')}!", "flagged: !"), (400, f"flagged: {LONG.replace(' ', '%20')}", "flagged: "),
    (400, "flagged: " + "".join("\\u%04x" % ord(c) for c in LONG[:20]), "flagged: "), (400, "flagged: " + LONG.replace(" ", "&nbsp;"), "flagged: "),
    (400, "flagged: " + " | ".join(LONG[i:i + 20] for i in range(0, len(LONG), 20)) + ". Sorry", "flagged: . Sorry"), (400, "tokens: " + ", ".join(LONG.split()), "tokens: "),
    (400, "内容违规：" + " ".join(WIDE), "内容违规："), (400, "错误: " + WIDE[:7], "错误: "), (400, "rejected: Bomb recipe, pls", "rejected: "),
    (400, "messages: text content blocks must be non-empty", "messages: text content blocks must be non-empty")])
def test_the_line_of_the_request_has_them(gateway, status, message, said):
    Provider.status, Provider.message = status, message
    path, body, _ = BODIES["chat"]
    before = len(requests_of(gateway))  # one of an earlier test may still come behind them
    _, answer = ask(gateway.port, path, body("openai", f"{LONG} MARKER PROMPT-MARKER-5be1") | {"user": WIDE, "metadata": {"more": "bomb recipe pls"}})
    eventually(lambda: any(e.get("said") == said and e["calls"][-1]["said"] == said for e in requests_of(gateway)[before:]), "the line of the request")
    assert "MARKER" not in gateway.log() and "green cheese" not in gateway.log() and KEY not in gateway.log()
    if "MARKER" not in message and KEY[:12] not in message:
        assert json.dumps(message, ensure_ascii=False)[1:-1] in answer, answer


def requests_of(gateway):
    return [json.loads(line) for line in gateway.log().splitlines() if line.startswith('{"time"') and '"path":"/v1/chat/completions"' in line]
