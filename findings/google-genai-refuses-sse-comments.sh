#!/usr/bin/env bash
# google-genai (Python) 3.6.1: a comment line in an event stream ends the stream with an exception.
#
# Expected: lines that begin with a colon are comments, and readers pass them over (WHATWG HTML, "Server-sent events"); gateways and load
# balancers send them as heartbeats, and the OpenAI and Anthropic clients read them in silence.
# Seen: generate_content_stream raises UnknownApiResponseError at ": keep-alive"; the same stream without that line gives both texts.
# So a gateway must not keep a waiting Gemini client alive with comments.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check google-genai==3.6.1
"$dir/venv/bin/python" - <<'PY'
import http.server, json, threading
from google import genai
from google.genai import errors

def event(text, **more):
    return "data: " + json.dumps({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, **more}]}) + "\r\n\r\n"

STREAMS = {"plain": event("one") + event("two", finishReason="STOP"), "comment": event("one") + ": keep-alive\r\n\r\n" + event("two", finishReason="STOP")}

class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = STREAMS["comment" if "comment" in self.path else "plain"].encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = genai.Client(api_key="none", http_options={"base_url": f"http://127.0.0.1:{server.server_port}"})

def read(model):
    texts = []
    try:
        for chunk in client.models.generate_content_stream(model=model, contents="hi"):
            texts.append(chunk.text)
    except errors.UnknownApiResponseError as error:
        return texts, type(error).__name__
    return texts, None

plain, comment = read("plain"), read("comment")
print("without a comment:", plain)
print("with ': keep-alive' between the events:", comment)
assert plain == (["one", "two"], None), "the plain stream is no longer read"
assert comment[1] == "UnknownApiResponseError" and "two" not in comment[0], "the behaviour has changed"
PY
echo "as described"
