#!/usr/bin/env bash
# google-genai (Python) 3.6.1 and @google/genai (Node) 2.32.0: a chat forgets a turn whose stream ended without a finishReason, and says nothing.
#
# Expected: either the stream fails, or what it said is a turn of the chat like any other; at the least, as an answer that is no stream does,
# since the same candidate without a finishReason in one document is kept.
# Seen: send_message_stream hands out every piece and ends without an error. get_history() lists the question and the answer. But the next
# message is sent without both: the model is asked "how large is it?" and never learns of what. In both languages alike, and only for
# streams. get_history(curated=True) is what is sent.
# So a server that ends a stream cleanly and leaves the finishReason out, or a proxy that ends the chunks properly behind a cut, makes the
# model lose the thread, while the page that shows the history has it whole. Whoever serves Gemini's dialect says in the last chunk why an
# answer ends, or sends an error.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check google-genai==3.6.1
(cd "$dir" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund @google/genai@2.32.0)
cat >"$dir/chat.mjs" <<'JS'
import { GoogleGenAI } from "@google/genai";
const chat = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: process.argv[2] } }).chats.create({ model: process.argv[3] });
if (process.argv[4] === "stream") for await (const _ of await chat.sendMessageStream({ message: "capital of Peru?" }));
else await chat.sendMessage({ message: "capital of Peru?" });
await chat.sendMessage({ message: "how large is it?" });
console.log(chat.getHistory().length);
JS
cd "$dir" && "$dir/venv/bin/python" - <<'PY'
import http.server, json, subprocess, threading
from google import genai

asked = []

class Provider(http.server.BaseHTTPRequestHandler):
    """Its model "mute" does not say why an answer ends."""
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        candidate = {"index": 0, "content": {"role": "model", "parts": [{"text": "Lima"}]}}
        if "mute" not in self.path:
            candidate["finishReason"] = "STOP"
        answer, stream = json.dumps({"candidates": [candidate]}), "stream" in self.path
        data = (f"data: {answer}\r\n\r\n" if stream else answer).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if stream else "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
client = genai.Client(api_key="none", http_options=genai.types.HttpOptions(base_url=base))

def python(model, stream):
    chat = client.chats.create(model=model)
    if stream:
        assert "".join(part.text for part in chat.send_message_stream("capital of Peru?")) == "Lima"
    else:
        assert chat.send_message("capital of Peru?").text == "Lima"
    chat.send_message("how large is it?")
    return len(chat.get_history())

def node(model, stream):
    return int(subprocess.run(["node", "chat.mjs", base, model, "stream" if stream else "once"], check=True, capture_output=True, text=True).stdout)

for language in (python, node):
    for model in ("plain", "mute"):
        for stream in (True, False):
            asked.clear()
            shown, sent = language(model, stream), len(asked[-1]["contents"])
            print(f"{language.__name__}, {'streamed' if stream else 'at once'}, {'without a finishReason' if model == 'mute' else 'with one'}: "
                  f"the history has {shown} contents, the second question went out with {sent}")
            assert (shown, sent) == (4, 1 if model == "mute" and stream else 3), "the behaviour has changed"
PY
echo "as described"
