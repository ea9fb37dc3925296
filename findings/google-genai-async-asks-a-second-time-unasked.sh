#!/usr/bin/env bash
# google-genai (Python) 3.6.1 with aiohttp: an asynchronous call whose connection closes before the answer is sent again, with retries off.
#
# Expected: retries are asked for by HttpRetryOptions, and without them the client makes one attempt, as its synchronous half does; above all
# a POST that reached the server whole is not repeated by itself, since it may have been worked on and billed.
# Seen: generate_content of client.models sends one request and raises. The same of client.aio.models, with aiohttp installed (the extra
# "aiohttp", or because another package brings it), waits 1 to 10 s and sends the same body a second time, silently but for a log line at
# INFO; only the second failure is raised. With HttpRetryOptions(attempts=1) it is one request again.
# So a gateway or provider that drops a connection after it began to work is asked for the work twice; an idempotency key does not help,
# since none is sent. Who wants one call sets attempts=1, which says more than no options at all.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check 'google-genai[aiohttp]==3.6.1'
"$dir/venv/bin/python" - <<'PY'
import asyncio, http.server, threading
from google import genai
from google.genai import types

asked = []

class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(self.rfile.read(int(self.headers["content-length"])))
        self.close_connection = True  # and not a word of an answer
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"

def client(**options):
    return genai.Client(api_key="none", http_options=types.HttpOptions(base_url=base, **options))

def count(call):
    asked.clear()
    try:
        call()
    except Exception as error:
        return len(asked), len(set(asked)), type(error).__name__
    raise SystemExit("it was answered")

async def ask(**options):
    async with client(**options).aio as aio:
        await aio.models.generate_content(model="m", contents="hi")

kept = client()  # one that nobody holds is closed before it asks
one = count(lambda: kept.models.generate_content(model="m", contents="hi"))
two = count(lambda: asyncio.run(ask()))
told = count(lambda: asyncio.run(ask(retry_options=types.HttpRetryOptions(attempts=1))))
print("synchronous: %d request(s), %d different, then %s" % one)
print("asynchronous: %d request(s), %d different, then %s" % two)
print("asynchronous, attempts=1: %d request(s), %d different, then %s" % told)
assert (one[0], two[:2], told[0]) == (1, (2, 1), 1), "the behaviour has changed"
PY
echo "as described"
