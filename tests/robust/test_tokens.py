"""Keys that run out: in a file that somebody else renews, or made by a command."""
import http.server
import json
import os
import stat
import threading
import time

import pytest
from gateway import Gateway
from simlib import PATIENT

ANSWER = {"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}}


class Vertex(http.server.BaseHTTPRequestHandler):
    """Takes one token, and says which it saw, and where."""
    token, seen = "", []

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        type(self).seen.append((self.path, self.headers["authorization"], self.headers["x-goog-api-key"]))
        good = self.headers["authorization"] == "Bearer " + type(self).token
        body = json.dumps(ANSWER if good else {"error": {"code": 401, "message": "Request had invalid authentication credentials.", "status": "UNAUTHENTICATED"}}).encode()
        self.send_response(200 if good else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def vertex():
    Vertex.seen = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vertex)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def config(port, key, more=""):
    return f"""
provider "vertex" {{
  adapter = "gemini", project = "my-project", location = "europe-west4", base_url = "http://127.0.0.1:{port}/v1", {key}
}}
model "gemini-3-flash" {{ "vertex" }}
chain {{ }}
{more}
"""


def ask(gateway):
    import http.client
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", "/v1/chat/completions", json.dumps({"model": "gemini-3-flash", "messages": [{"role": "user", "content": "hi"}]}), {"content-type": "application/json"})
    answer = c.getresponse()
    text = answer.read().decode()
    c.close()
    return answer.status, text


def until(what, seconds=PATIENT):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def script(folder, text):
    path = os.path.join(folder, "token.sh")
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path + ".new", stat.S_IRWXU)
    os.replace(path + ".new", path)


@pytest.mark.parametrize("watch", ["", "watch(false)"])
def test_a_file_is_read_anew(vertex, watch):
    Vertex.token = "ya29.first"
    gateway = Gateway(config=config(vertex, 'key_file = "token"', watch), files={"token": "ya29.first\n"})
    try:
        gateway.start()
        assert ask(gateway)[0] == 200
        path, shown, other = Vertex.seen[-1]
        assert path == "/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-3-flash:generateContent"
        assert shown == "Bearer ya29.first" and other is None
        Vertex.token = "ya29.second"
        gateway.write("token", json.dumps({"access_token": "ya29.second", "expires_in": 3599, "token_type": "Bearer"}))
        until(lambda: ask(gateway)[0] == 200)
        gateway.write("token", "two words")  # a mistake: the old one stays
        until(lambda: "it is neither a key of one line" in gateway.log())
        assert ask(gateway)[0] == 200
        assert "ya29" not in gateway.log()
    finally:
        gateway.remove()


def test_a_command_is_run_again_before_its_key_runs_out(vertex):
    Vertex.token = "ya29.1"
    gateway = Gateway(config=config(vertex, 'key_command = { "./token.sh" }'))
    try:
        script(gateway.folder, 'n=$(cat n 2>/dev/null || echo 0); n=$((n + 1)); echo $n >n\necho "{\\"access_token\\": \\"ya29.$n\\", \\"expires_in\\": 5}"\n')
        gateway.start()
        assert ask(gateway)[0] == 200
        assert gateway.reload()[0] and ask(gateway)[0] == 200  # not for every reload: it is still good
        Vertex.token = "ya29.2"
        until(lambda: ask(gateway)[0] == 200)
        assert "a key is due" in gateway.log() and "ya29" not in gateway.log()
    finally:
        gateway.remove()


def test_a_command_that_fails(vertex):
    """Keys it made before are used until they have run out; without one calls fail and say why, and it is run again."""
    Vertex.token = "ya29.1"
    gateway = Gateway(config=config(vertex, 'key_command = { "./token.sh" }, key_every = "1s"'))
    try:
        script(gateway.folder, "exit 3\n")
        gateway.start()
        status, text = ask(gateway)
        assert status == 502 and "its key_command fails" in text
        assert "it ended with status 3" in gateway.log()
        script(gateway.folder, "echo ya29.1\n")
        until(lambda: ask(gateway)[0] == 200, 60)  # after 30 s
        script(gateway.folder, "sleep 600\n")  # it hangs: the gateway serves meanwhile, and the key it made is used
        until(lambda: "it takes too long" in gateway.log(), 60)
        assert ask(gateway)[0] == 200
    finally:
        gateway.remove()


def test_one_way_to_say_a_key(vertex):
    gateway = Gateway(config=config(vertex, 'key = "a", key_file = "token"'), files={"token": "b"})
    try:
        with pytest.raises(RuntimeError) as caught:
            gateway.start()
        assert "of key, keys, key_file and key_command one can be said" in str(caught.value)
    finally:
        gateway.remove()
