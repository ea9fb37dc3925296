"""The examples, built by a stranger's hand against the installed headers, loaded into the real gateway and used."""

import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim"))
from simlib import PATIENT, free_port  # noqa: E402

BUILD = pathlib.Path(os.environ["YUZUI_BUILD"]).resolve()
EXAMPLES = pathlib.Path(os.environ["YUZUI_EXAMPLES"]).resolve()


def command(*args, **kw):
    return subprocess.run([BUILD / "yuzui", *args], capture_output=True, text=True, timeout=600, **kw)


class Gateway:
    """yuzui over an example's own config, on a port of ours."""

    def __init__(self, folder, env=None):
        self.port = free_port()
        config = folder / "test.lua"
        config.write_text((folder / "yuzui.lua").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{self.port}"))
        self.process = subprocess.Popen([BUILD / "yuzui", "run", "-c", config], stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "YUZUI_PLUGINS": str(BUILD / "plugins"), **(env or {})})
        deadline = time.monotonic() + PATIENT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, self.process.stderr.read()
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def ask(self, path, body, **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(),
                                         {"content-type": "application/json", "authorization": "Bearer sk-yz-demo", **headers})
        try:
            with urllib.request.urlopen(request, timeout=PATIENT) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def stop(self):
        self.process.terminate()
        self.process.stderr.close()
        assert self.process.wait(PATIENT) == 0


class Acme(http.server.BaseHTTPRequestHandler):
    """The invented provider, as strict about requests as real ones are."""

    seen = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Acme.seen.append(body)
        status, kind = 200, "application/json"
        if self.headers.get("x-acme-key") != "acme-secret":
            status, answer = 401, json.dumps({"problem": "wrong key", "kind": "wrong"})
        elif self.path != "/talk" or set(body) != {"engine", "brief", "turns", "limit", "live"}:
            status, answer = 400, json.dumps({"problem": "malformed", "kind": "wrong"})
        elif body["turns"][-1]["say"] == "busy?":
            status, answer = 500, json.dumps({"problem": "try later", "kind": "busy"})
        elif body["live"]:
            kind = "text/event-stream"
            answer = ('event: piece\ndata: {"say": "Hel"}\n\nevent: piece\ndata: {"say": "lo \\"you\\""}\n\n'
                      'event: last\ndata: {"why": "finished", "cost": {"read": 5, "written": 3}}\n\n')
        else:
            answer = json.dumps({"engine": "a-1", "say": "Hello", "why": "finished", "cost": {"read": 5, "written": 1}})
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def acme():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Acme)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    gateway = Gateway(EXAMPLES / "own-provider", {"ACME_KEY": "acme-secret", "ACME_URL": f"http://127.0.0.1:{server.server_port}"})
    yield gateway
    gateway.stop()
    server.shutdown()


@pytest.fixture(scope="module")
def redact():
    gateway = Gateway(EXAMPLES / "own-filter")
    yield gateway
    gateway.stop()


def test_own_provider_conforms():
    verdict = command("conform", str(EXAMPLES / "own-provider/acme.so"), str(EXAMPLES / "own-provider/streams"))
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert "it conforms" in verdict.stdout


def test_own_provider_is_under_150_lines():
    files = ["acme.c", "Makefile", "CMakeLists.txt"]
    assert sum(len((EXAMPLES / "own-provider" / f).read_text().splitlines()) for f in files) < 150


def test_own_provider_answers_a_document(acme):
    status, headers, body = acme.ask("/v1/chat/completions", {"model": "a-1", "messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": 'Say "hi"'}]})
    answer = json.loads(body)
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "Hello")
    assert answer["usage"]["prompt_tokens"] == 5
    assert Acme.seen[-1] == {"engine": "a-1", "brief": "Be brief.", "turns": [{"by": "user", "say": 'Say "hi"'}], "limit": 1000, "live": False}


def test_own_provider_streams_to_both_dialects(acme):
    ask = {"model": "a-1", "max_tokens": 50, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    _, _, openai = acme.ask("/v1/chat/completions", ask)
    chunks = [json.loads(line[6:]) for line in openai.splitlines() if line.startswith("data: {")]
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in chunks) == 'Hello "you"'
    assert openai.endswith("data: [DONE]\n\n")
    _, _, anthropic = acme.ask("/v1/messages", ask)
    assert anthropic.endswith('event: message_stop\ndata: {"type":"message_stop"}\n\n')
    assert '"output_tokens":3' in anthropic


def test_own_provider_tells_what_it_lost(acme):
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    ask = {"model": "a-1", "messages": [{"role": "user", "content": "Hi"}], "tools": tools, "temperature": 0.5, "stop": ["END"]}
    _, headers, _ = acme.ask("/v1/chat/completions", ask)
    assert sorted(headers["x-yuzui-lost"].replace(",", " ").split()) == ["stop", "temperature", "tools"]


def test_own_provider_errors_are_classed(acme):
    status, headers, body = acme.ask("/v1/chat/completions", {"model": "a-1", "messages": [{"role": "user", "content": "busy?"}]})
    assert (status, json.loads(body)["error"]["code"]) == (503, "upstream_overloaded")
    assert headers["x-yuzui-attempts"] == "2"


def test_own_filter_refuses_and_passes(redact):
    def ask(text):
        return redact.ask("/v1/chat/completions", {"model": "gpt-5.2", "messages": [{"role": "user", "content": text}]})

    status, headers, body = ask("What is Project Nightfall?")
    assert (status, json.loads(body)["error"]["code"], headers["x-yuzui-redact"]) == (400, "content_policy", "refused")
    assert "Nightfall" not in body
    assert ask("What is a project?")[0] == 200


def test_what_is_installed_finds_its_parts(tmp_path):
    """Under whatever prefix, and without help from the environment."""
    config = tmp_path / "yuzui.lua"
    config.write_text("""listen "127.0.0.1:1" provider "demo" { adapter = "demo" } key "sk" {}
                         model "claude-opus-4-6" { "demo" } model "gpt-5.2" { "demo" } model "kimi-k2.5" { "demo" }
                         chain { auth {}, policy "policies/by-question.lua" { default = "gpt-5.2" } }""")

    def installed(*args):
        env = {k: v for k, v in os.environ.items() if not k.startswith("YUZUI_")}
        return subprocess.run([BUILD / "installed/bin/yuzui", *args], capture_output=True, text=True, timeout=600, env=env, cwd=tmp_path)

    done = installed("check")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert f"{BUILD}/installed/lib" in installed("plugins", "openai").stdout
    assert "it conforms" in installed("conform", next((BUILD / "installed").rglob("openai.so"))).stdout


def test_cmake_builds_what_make_builds(tmp_path):
    prefix = BUILD / "installed"
    pc = next(prefix.rglob("yuzui-plugin.pc"), None)
    assert pc, "the headers are not installed"
    for name, so in (("own-provider", "acme.so"), ("own-filter", "redact.so")):
        out = tmp_path / name
        env = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}
        subprocess.run(["cmake", "-S", EXAMPLES / name, "-B", out], check=True, env=env, capture_output=True)
        subprocess.run(["cmake", "--build", out], check=True, env=env, capture_output=True)
        assert command("plugins", str(out / so)).returncode == 0
