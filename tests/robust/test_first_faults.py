"""The faults of a first hour that show only when a request comes: a provider's key that is wrong, a base_url that leads elsewhere, a policy that
fails, a body that curl calls a form. The client reads which of the operator's parts failed, and no secret; the operator what would be right."""
import http.client
import http.server
import json
import threading

import pytest
from bench import eventually
from gateway import Gateway

KEY = "sk-the-operators-own-key-0123456789"
CONFIG = """provider "acme" { adapter = "openai", key = "%s", base_url = "http://127.0.0.1:%%(port)d%%(path)s" }
model "m" { { "acme", as = "theirs" } }
model "auto" {}
key "sk" { name = "team" }
""" % KEY
CHAIN = 'chain { auth {}, policy "route.lua"%s }\n'
ROUTE = 'return function(req, next)\n  if req.model == "auto" then\n    req.model = req.passed.nobody.model\n  end\n  return next(req)\nend\n'
PAGE = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status, kind, body = 404, "text/html", PAGE

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.status)
        self.send_header("content-type", self.kind)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def port():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def served(port, path="/v1", more=""):
    return Gateway(config=CONFIG % {"port": port, "path": path} + CHAIN % more, files={"route.lua": ROUTE})


def ask(g, model="m", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", g.port, timeout=30)
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hi"}]})
    connection.request("POST", "/v1/chat/completions", body, {"Authorization": "Bearer sk", "Content-Type": "application/json"} | (headers or {}))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def says(status, kind, body):
    Provider.status, Provider.kind, Provider.body = status, kind, body


def astray(g):
    return [line for line in g.log().splitlines() if "base_url leads elsewhere" in line]


def test_a_refused_key_names_provider_and_model(port):
    says(401, "application/json", json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}).encode())
    with served(port) as g:
        status, text = ask(g)
        assert status == 502, text
        assert "provider acme refused the gateway's credentials (status 401), for the model m: whoever runs the gateway finds more in its log" in text
        assert KEY not in text and "Incorrect" not in text and not astray(g)


@pytest.mark.parametrize("path, status, kind, body, told", [
    ("/v1", 404, "text/html", PAGE, "answers 404, but not as an API does: its base_url leads elsewhere, as it seems; it ends in a version now"),
    ("/api", 404, "text/html", PAGE, "it ends in no version now; https://HOST/v1 is what most have"),
    ("/v1", 404, "application/json", b'{"detail":"Not Found"}', "it ends in a version now"),
    ("/v1", 404, "text/plain", b"404 page not found", "it ends in a version now"),
    ("/v1", 404, "application/json", b'{"error":{"message":"Invalid URL (POST /v1/x)","type":"invalid_request_error"}}', "it ends in a version now"),
    ("/v1", 200, "text/html", PAGE.replace(b"404 Not Found", b"Welcome"), "answers 200, but not as an API does"),
    ("/v1", 404, "application/json", b'{"error":{"message":"The model `theirs` does not exist","code":"model_not_found"}}', None),
    ("/v1", 503, "text/html", PAGE, None)])
def test_an_address_that_leads_elsewhere_is_told_once(port, path, status, kind, body, told):
    says(status, kind, body)
    with served(port, path) as g:
        for _ in range(3):
            assert ask(g)[0] >= 400
        eventually(lambda: g.log().count('"path":"/v1/chat/completions"') >= 3, "the lines of the requests")
        lines = astray(g)
        assert len(lines) == (1 if told else 0), lines
        assert not told or (told in lines[0] and f"http://127.0.0.1:{port}" in lines[0]), lines
        assert KEY not in g.log()


def test_a_policy_that_fails_is_said_to(port):
    says(200, "application/json", b'{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"hi"}}]}')
    with served(port) as g:
        status, text = ask(g, "auto")
        assert status == 500 and "policy_error" in text, text
        assert "the routing policy failed (route), and without it nobody serves the model \\\"auto\\\"" in text
        assert "route.lua:3" in g.log() and "route.lua" not in text
        assert ask(g, "m")[0] == 200 # which the policy leaves alone
        status, text = ask(g, "nobodys")
        assert status == 404 and "policy" not in text, text # the client's own slip
    with served(port, more=' { default = "m" }') as g:
        assert ask(g, "auto")[0] == 200


def test_curl_without_a_type_is_told_what_to_add(port):
    with served(port) as g:
        status, text = ask(g, headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert status == 415 and "-H 'Content-Type: application/json'" in text, text
        status, text = ask(g, headers={"Content-Type": "text/plain"})
        assert status == 415 and "curl" not in text, text


def post(g, body, path="/v1/chat/completions", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", g.port, timeout=30)
    connection.request("POST", path, body, {"Authorization": "Bearer sk", "Content-Type": "application/json"} | (headers or {}))
    answer = connection.getresponse()
    text = json.loads(answer.read())["error"]["message"]
    connection.close()
    return answer.status, text


def test_a_body_that_is_nearly_json(port):
    with served(port) as g:
        for body, said in [
                ('{"model":"m","messages":[],}', "no comma stands before a ] or }"), ('{"a":[1,]}', "no comma stands before a ] or }"),
                ("{'model':'m'}", "stand in double quotes; in a shell the whole body stands in single ones"), ('{model:"m"}', "names stand in double quotes"),
                ('{"stream":True}', "true, false and null are written so"), ('{"a":None}', "true, false and null are written so"),
                ('{"a":"b\nc"}', "a line break in a text is written"), ('{"a":1 // b\n}', "JSON has no comments"), ('{"a":NaN}', "JSON has no such value"),
                ("model=m", "it looks like a form"), ("hello", "a JSON object begins with {"), ('{"a":"b', "it ends too early")]:
            status, text = post(g, body)
            assert status == 400 and text.startswith("the body is not usable JSON: ") and said in text, (body, text)
        status, text = post(g, '{"a" 1}')
        assert status == 400 and text.endswith(" at byte 5"), text # nothing is known of it


def test_what_came_in_place_of_a_key(port):
    with served(port) as g:
        for key, said in [
                ('"sk"', ": it came with its quotation marks"), ("$YUZUI_KEY", ": it begins with $"), ("YOUR_KEY", ": what came is the place where one should be put"),
                ("sk-ant-api03-0123456789", ": it looks like one of a provider's"), ("sk-0123456789", "")]:
            status, text = post(g, "{}", headers={"Authorization": "Bearer " + key})
            assert status == 401 and text.startswith("this API key is not known here" + said), (key, text)
            assert (said != "" or text == "this API key is not known here") and "api03" not in text


@pytest.mark.parametrize("path, said", [
    ("/api/chat", "did you mean POST /v1/chat/completions?"), ("/openai/deployments/m/chat/completions", "did you mean POST /v1/chat/completions?"),
    ("/reload", "it is answered at the admin address"), ("/metrics", "it is answered at the admin address"), ("/nowhere/at/all", "there are: ")])
def test_a_path_of_something_else(port, path, said):
    with served(port) as g:
        status, text = post(g, "{}", path)
        assert status == 404 and said in text, text
