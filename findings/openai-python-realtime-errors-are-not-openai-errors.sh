#!/usr/bin/env bash
# openai (Python) 2.54.0 with its extra "realtime": a session that the server refuses raises no error of the SDK, and is not tried again.
#
# Expected: client.realtime.connect() fails as every other call of that client does: openai.AuthenticationError at 401, RateLimitError at 429,
# with the server's message; 429 and 503 tried again up to max_retries times, after retry-after.
# Seen: chat.completions.create does all of that. realtime.connect raises websockets' InvalidStatus, which is no openai.OpenAIError, at once for
# each of the three; its text is "server rejected WebSocket connection: HTTP 429", and the server's words stand in error.response.body alone.
# So `except openai.OpenAIError` around both catches one of them, max_retries does nothing for sessions, and a log of the exception does not say
# why a key was refused. A gateway that asks for patience (429, retry-after) must expect the client to give up, and whoever writes
# the client has to wait and connect again by himself.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check 'openai[realtime]==2.54.0' 'websockets==15.0.1'
"$dir/venv/bin/python" - <<'PY'
import http.server, json, threading
import openai

class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = 0
    def do_GET(self):
        Provider.asked += 1
        body = json.dumps({"error": {"message": "these words say why", "type": "some_error", "code": None, "param": None}}).encode()
        self.send_response(Provider.status)
        for name, value in (("content-type", "application/json"), ("retry-after", "0"), ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/v1", max_retries=2)

def session():
    with client.realtime.connect(model="m"):
        pass

def chat():
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])

def tell(status, call):
    Provider.asked, Provider.status = 0, status
    try:
        call()
    except Exception as error:
        told = Provider.asked, isinstance(error, openai.OpenAIError), "these words say why" in str(error)
        print(f"{status} {call.__name__}: {type(error).__name__} after {told[0]} request(s): {str(error)[:70]}")
        return told
    raise SystemExit("it was answered")

assert [tell(status, chat) for status in (401, 429, 503)] == [(1, True, True), (3, True, True), (3, True, True)], "the behaviour has changed"
assert [tell(status, session) for status in (401, 429, 503)] == [(1, False, False)] * 3, "the behaviour has changed"
PY
echo "as described"
