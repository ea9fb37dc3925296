"""What a provider says of the operator's key or account stands in the operator's log, and nowhere else."""
import http.server
import json
import threading

import pytest
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
