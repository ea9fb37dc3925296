#!/usr/bin/env bash
# google-genai (Python) 3.6.1 and @google/genai (Node) 3.3.0: with the same base_url of http:// one opens its Live session with TLS, the other without,
# and with the key in its address.
#
# Expected: a base_url that begins with http:// is served without TLS by both clients, for Live as for everything else that they ask, and a
# key that goes into a header for generateContent goes into a header for Live.
# Seen: Python takes the host and port of the base_url, and speaks TLS to them whatever the scheme says, though its other calls to the same base_url
# are plain HTTP. Node opens a plain WebSocket, puts two slashes before the path, and writes the key into the query of
# the address, where access logs of whatever stands between have it.
# So a test server or a gateway on http://localhost that works for every other call of the Python client does not for Live (it gets bytes that are no
# HTTP, and the client waits for its handshake), a router that compares paths byte for byte does not know Node's, and a log of addresses holds keys.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check 'google-genai==3.6.1'
(cd "$dir" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund '@google/genai@3.3.0')
cat > "$dir/live.mjs" <<'JS'
import { GoogleGenAI } from '@google/genai';
const ai = new GoogleGenAI({ apiKey: 'the-key', httpOptions: { baseUrl: process.argv[2] } });
setTimeout(() => process.exit(0), 5000);
await ai.live.connect({ model: 'm', callbacks: { onmessage() {}, onerror() {}, onclose() {} } }).catch(() => {});
JS
"$dir/venv/bin/python" - "$dir" <<'PY'
import asyncio, re, socket, subprocess, sys, threading
from google import genai

first = []
server = socket.create_server(("127.0.0.1", 0))

def take():
    while True:
        s, _ = server.accept()
        s.settimeout(5)
        first.append(s.recv(4096))
        s.close()

threading.Thread(target=take, daemon=True).start()
url = f"http://127.0.0.1:{server.getsockname()[1]}"
client = genai.Client(api_key="the-key", http_options={"base_url": url})

async def live():
    async with client.aio.live.connect(model="m"):
        pass

def tried(what):
    first.clear()
    try:
        what()
    except Exception:
        pass
    return first[0]

plain = tried(lambda: client.models.generate_content(model="m", contents="x"))
python = tried(lambda: asyncio.run(asyncio.wait_for(live(), 5)))
node = tried(lambda: subprocess.run(["node", sys.argv[1] + "/live.mjs", url], check=False, timeout=20))
print("Python, generateContent begins with:", plain[:5].decode())
print("Python, Live begins with the bytes:", python[:3].hex(" "), "(a TLS handshake)" if python[:2] == b"\x16\x03" else "")
line = node.split(b"\r\n")[0].decode()
print("Node, Live asks:", re.sub(r"google[^?]*", "…", line))
assert plain.startswith(b"POST /v1") and b"x-goog-api-key: the-key" in plain, "the behaviour has changed"
assert python[:2] == b"\x16\x03", "the behaviour has changed"
assert line.startswith("GET //ws/google.ai.generativelanguage.") and "?key=the-key" in line, "the behaviour has changed"
PY
echo "as described"
