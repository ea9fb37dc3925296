#!/usr/bin/env bash
# openai (Python) 3.57.0: a 429 whose Retry-After is longer than two minutes is not retried at all.
#
# Expected: with max_retries=2 a retryable answer leads to three requests, and a Retry-After that is thought too long is cut or replaced by
# the client's own pause, as its comment on "reasonable" waits suggests.
# Seen: without Retry-After, 3 requests. With "Retry-After: 121", 1 request: RateLimitError is raised at once, though the caller allowed two
# retries. A gateway that passes a provider's long wait on turns its clients' retries off; one that leaves it out invites them at once.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check openai==3.57.0
"$dir/venv/bin/python" - <<'PY'
import http.server, json, threading
import openai

calls = {}

class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        wait = self.path.split("/")[1]
        calls[wait] = calls.get(wait, 0) + 1
        body = json.dumps({"error": {"message": "slow down", "type": "rate_limit_exceeded", "code": "rate_limit_exceeded"}}).encode()
        self.send_response(429)
        if wait != "none":
            self.send_header("retry-after", wait)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()

for wait in ("none", "121"):
    client = openai.OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/{wait}/v1", max_retries=2)
    try:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
    except openai.RateLimitError as error:
        print(f"Retry-After {wait}: {calls[wait]} request(s), then {type(error).__name__}")
assert calls == {"none": 3, "121": 1}, f"the behaviour has changed: {calls}"
PY
echo "as described"
