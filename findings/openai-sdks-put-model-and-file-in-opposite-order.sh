#!/usr/bin/env bash
# openai (Python) 2.54.0 and openai (Node) 6.49.0: the same transcription reaches a server with its fields in opposite order, one of the two always so.
#
# Expected: a form of either official client has its short fields, the model among them, in a place that a server can count on, so that a long file
# behind them can go on to whoever serves that model as it comes.
# Seen: Python puts every field before every file, whatever the order of the arguments. Node writes the parts in the order of the object's keys, and
# the call is written { file, model } in most examples: then the file comes first, all of it, and the model is the last thing to arrive. Written as
# { model, file } it comes first.
# So a server that chooses by the model (a gateway, a quota, a router) can pass a long file on from one of the clients, and has to keep the whole of
# it, or refuse it, from the other; and whether it can does not depend on the client's version but on the order of two keys in an application.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check 'openai==2.54.0'
(cd "$dir" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund 'openai@6.49.0')
cat > "$dir/call.mjs" <<'JS'
import OpenAI, { toFile } from 'openai';
const client = new OpenAI({ apiKey: 'none', baseURL: process.argv[2], maxRetries: 0 });
const file = () => toFile(Buffer.from('sound'), 'a.wav');
await client.audio.transcriptions.create({ file: await file(), model: 'm' });
await client.audio.transcriptions.create({ model: 'm', file: await file() });
JS
"$dir/venv/bin/python" - "$dir" <<'PY'
import http.server, json, re, subprocess, sys, threading
import openai

orders = []

class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        if "content-length" in self.headers:
            body = self.rfile.read(int(self.headers["content-length"]))
        else:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        orders.append(re.findall(rb'[ ;]name="([a-z]+)"', body))
        answer = json.dumps({"text": "said"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"
client = openai.OpenAI(api_key="none", base_url=url, max_retries=0)
client.audio.transcriptions.create(file=("a.wav", b"sound"), model="m")
client.audio.transcriptions.create(model="m", file=("a.wav", b"sound"))
subprocess.run(["node", sys.argv[1] + "/call.mjs", url], check=True)
for who, order in zip(("Python, file and model", "Python, model and file", "Node, { file, model }", "Node, { model, file }"), orders):
    print(f"{who}: {b', '.join(order).decode()}")
assert [order.index(b"model") < order.index(b"file") for order in orders] == [True, True, False, True], "the behaviour has changed"
PY
echo "as described"
