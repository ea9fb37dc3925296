"""A provider that a test plays, where the simulator is too strict to say what relays say; and a gateway before it that keeps books."""
import http.client
import http.server
import json
import threading

from gateway import KEYS, Gateway
from simlib import PATIENT
from test_money import credit, settled, usage

ALICE, BOB = "sk-client-alice-7f3a", "sk-client-bob-91cc"
OPENAI = 'provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/v1" }\n'
GOOGLE = 'provider "google" { adapter = "gemini", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:${sim}/v1beta" }\n'
BOOKS = 'ledger "sqlite" { path = "${folder}/ledger.db" }\nchain { auth {}, jobs { every = "1s" }, bill {}, fallback {}, retry { attempts = 3, base = "1ms", cap = "2ms" } }\n'
JSON, CENT = "application/json", 10_000_000


class Played(http.server.ThreadingHTTPServer):
    """says(request) -> (status, headers, body): `request` has method, path, headers and body. Keeps what it was asked."""
    daemon_threads = True

    def __init__(self, says):
        super().__init__(("127.0.0.1", 0), Player)
        self.says, self.asked = says, []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Player(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def chunks(self):
        while n := int(self.rfile.readline(), 16):
            yield self.rfile.read(n)
            self.rfile.readline()
        self.rfile.readline()

    def answer(self):
        chunked = self.headers.get("transfer-encoding") == "chunked"
        self.body = b"".join(self.chunks()) if chunked else self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, self.body))
        said = self.server.says(self)
        if said is None:  # it has answered by itself
            return
        status, headers, data = said
        if not isinstance(data, bytes):
            data, headers = json.dumps(data).encode(), {"content-type": JSON, **headers}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


def before(provider, text, **more):
    g = Gateway(config=KEYS.replace('"gpt-*"', '"*"') + text, sim_port=provider.port, **more).start()
    for who in ("alice", "bob"):
        credit(g, who, 100 * 10**9)
    return g


def send(g, method, path, body=None, key=ALICE, headers=None):
    """(status, answer, headers): of JSON what it says."""
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    try:
        c.request(method, path, raw, {"authorization": "Bearer " + key, "content-type": JSON, **(headers or {})})
        r = c.getresponse()
        data, kind = r.read(), r.getheader("content-type") or ""
        return r.status, json.loads(data) if kind.startswith(JSON) and data else data, {k.lower(): v for k, v in r.getheaders()}
    finally:
        c.close()


def form(fields, files):
    part = b'--x\r\ncontent-disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    body = b"".join(part % (name.encode(), b"", value.encode()) for name, value in fields)
    body += b"".join(part % (name.encode(), b'; filename="a"\r\ncontent-type: %s' % kind.encode(), data) for name, kind, data in files)
    return body + b"--x--\r\n", {"content-type": "multipart/form-data; boundary=x"}


def paid(g):
    """By all, in 1e-9 USD, after what was given back."""
    settled(g)
    return sum(u["charged"] - u.get("given_back", 0) for u in usage(g))
