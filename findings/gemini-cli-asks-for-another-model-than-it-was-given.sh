#!/usr/bin/env bash
# @google/gemini-cli 0.61.0: with `--model gemini-3-flash` it asks for gemini-3.8-flash, and says nothing of it.
#
# Expected: a model named on the command line is the model in the request's path, as for every other name that was tried (gemini-2.5-flash,
# gemini-3-pro, gemini-3.1-pro and names of other vendors arrive as given).
# Seen: one name, gemini-3-flash, is replaced by a newer model before the request is made. Standard output and error do not mention it.
# So a gateway whose list of models has gemini-3-flash answers 404 to a user who typed exactly that: it needs an alias.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{}' >package.json
npm install --silent --no-audit --no-fund @google/gemini-cli@0.61.0
mkdir -p home/.gemini home/work
echo '{"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": false}}' >home/.gemini/settings.json
python3 - <<'PY'
import http.server, os, re, subprocess, threading

asked = []

class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        asked.append(re.search(r"/models/([^:]+):", self.path).group(1))
        body = (b'data: {"candidates":[{"content":{"role":"model","parts":[{"text":"pong"}]},"finishReason":"STOP","index":0}],'
                b'"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}\r\n\r\n')
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
env = {"PATH": os.environ["PATH"], "HOME": os.path.abspath("home"), "GEMINI_API_KEY": "none", "GEMINI_CLI_TRUST_WORKSPACE": "true",
       "GOOGLE_GEMINI_BASE_URL": f"http://127.0.0.1:{server.server_port}"}
for name in ("gemini-2.5-flash", "gemini-3-pro", "gemini-3-flash"):
    done = subprocess.run([os.path.abspath("node_modules/.bin/gemini"), "-m", name, "-p", "hi"], cwd="home/work", env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)
    print(f"--model {name}: asked for {asked[-1]}; printed {done.stdout.strip()!r}; names the other model: {asked[-1] in done.stdout + done.stderr}")
    assert done.returncode == 0 and done.stdout.strip() == "pong", done.stderr
    assert asked[-1] == ("gemini-3.8-flash" if name == "gemini-3-flash" else name), "the behaviour has changed"
    assert name == asked[-1] or asked[-1] not in done.stdout + done.stderr, "it says so now"
PY
