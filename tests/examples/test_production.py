"""examples/production as an operator sets it up: installed, with the files in etc/yuzui, started as the unit says, over TLS, with a Redis over TLS.
Only addresses, the providers (the fake ones) and the prefix are ours."""
import json
import os
import pathlib
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/sim"))
sys.path.insert(0, str(ROOT / "tests/scenario"))
from redis_server import Redis  # noqa: E402
from simlib import BUILD, PATIENT, Sim, free_port  # noqa: E402

KEYS = dict(OPENAI_API_KEY="sk-up-openai", ANTHROPIC_API_KEY="sk-up-anthropic", TEAM_KEY="sk-team-5f1d0c", REDIS_PASSWORD="a-password",
            YUZUI_SECRET="32-bytes-that-the-gateways-share")
ASK = {"model": "gpt-5.2", "temperature": 0, "messages": [{"role": "user", "content": "hi"}]}


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def certificates(folder):
    """An authority, and a certificate of it for the gateway and for the Redis."""
    folder.mkdir()
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    openssl("req", "-x509", *ec, "-subj", "/CN=authority", "-keyout", folder / "ca.key", "-out", folder / "redis-ca.pem")
    openssl("req", "-x509", *ec, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
            "-CA", folder / "redis-ca.pem", "-CAkey", folder / "ca.key", "-keyout", folder / "key.pem", "-out", folder / "cert.pem")


def unit(prefix):
    """{"ExecStart": […], …} of the unit that was installed."""
    text = (prefix / "lib/systemd/system/yuzui.service").read_text()
    return {name: shlex.split(value) for name, value in re.findall(r"(?m)^(Exec\w+|EnvironmentFile)=-?(.*)$", text)}


class Service:
    def __init__(self, prefix, sim):
        etc, self.prefix, self.port, self.admin, self.redis_port = prefix / "etc/yuzui", prefix, free_port(), free_port(), free_port()
        certificates(etc / "tls")
        config = (ROOT / "examples/production/yuzui.lua").read_text()
        for ours, theirs in (("-- ca = ", "ca = "), ("/etc/yuzui", str(etc)), ('":443"', f'"127.0.0.1:{self.port}"'), ("127.0.0.1:8081", f"127.0.0.1:{self.admin}"),
                             ("redis.internal:6379", f"localhost:{self.redis_port}"), ('adapter = "openai",', f'adapter = "openai", base_url = "{sim.url}/p/openai/v1",'),
                             ('adapter = "anthropic",', f'adapter = "anthropic", base_url = "{sim.url}/p/anthropic",')):
            assert ours in config, ours
            config = config.replace(ours, theirs)
        (etc / "yuzui.lua").write_text(config)
        env = (ROOT / "examples/production/env").read_text()
        (etc / "env").write_text(re.sub(r"(?m)^(\w+)=$", lambda m: f"{m[1]}={KEYS[m[1]]}", env))
        assert "=\n" not in (etc / "env").read_text()
        tls = etc / "tls"
        self.redis = Redis(self.redis_port)
        self.redis.process = subprocess.Popen(["redis-server", "--port", "0", "--tls-port", str(self.redis_port), "--bind", "127.0.0.1", "--requirepass", KEYS["REDIS_PASSWORD"], "--save", "",
                                               "--tls-cert-file", tls / "cert.pem", "--tls-key-file", tls / "key.pem", "--tls-auth-clients", "no"],
                                              stdout=subprocess.DEVNULL, cwd=prefix)
        self.unit, self.context = unit(prefix), ssl.create_default_context(cafile=str(tls / "redis-ca.pem"))

    def env(self):
        """What systemd gives a service: nothing but its EnvironmentFile."""
        lines = [line.partition("=") for line in pathlib.Path(self.unit["EnvironmentFile"][0]).read_text().splitlines() if line[:1] not in ("", "#")]
        return {"PATH": "/usr/bin:/bin", "RUNTIME_DIRECTORY": str(self.prefix)} | {name: value for name, _, value in lines}

    def yuzui(self, *words):
        return subprocess.run([self.unit["ExecStart"][0], *words], env=self.env(), capture_output=True, text=True, timeout=PATIENT)

    def start(self):
        with open(self.prefix / "log", "ab") as log:
            self.process = subprocess.Popen(self.unit["ExecStart"], env=self.env(), stderr=log, stdout=log, cwd="/")
        end = time.monotonic() + PATIENT
        while True:
            try:
                return urllib.request.urlopen(f"https://127.0.0.1:{self.port}/readyz", context=self.context, timeout=PATIENT).read()
            except urllib.error.URLError:
                assert self.process.poll() is None and time.monotonic() < end, self.log()
                time.sleep(0.05)

    def log(self):
        return (self.prefix / "log").read_text()

    def ask(self, key=KEYS["TEAM_KEY"]):
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}/v1/chat/completions", json.dumps(ASK).encode(),
                                         {"content-type": "application/json", "authorization": f"Bearer {key}"})
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=PATIENT) as answer:
                return answer.status, answer.headers.get("x-yuzui-cache")
        except urllib.error.HTTPError as error:
            return error.code, None

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENT)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("installed")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True, env={**os.environ, "DESTDIR": ""})
    with Sim() as sim:
        one = Service(prefix, sim)
        try:
            one.start()
            yield one
        finally:
            one.stop()
            one.redis.stop()


def test_the_config_has_nothing_that_is_warned_of(service):
    done = service.yuzui("check", service.unit["ExecStart"][-1])
    assert (done.returncode, done.stderr) == (0, "") and "0 warnings" in done.stdout, done.stderr


def test_answers_outlive_the_process(service):
    """What one gateway has kept in Redis, the next one gives."""
    end = time.monotonic() + PATIENT
    while service.ask() != (200, "hit"):  # until the connection to Redis stands
        assert time.monotonic() < end, service.log()
        time.sleep(0.1)
    assert service.stop() == 0, service.log()
    service.start()
    while service.ask() != (200, "hit"):
        assert time.monotonic() < end, service.log()
    assert service.ask("sk-of-nobody") == (401, None)


def test_reload_and_status(service):
    done = subprocess.run(service.unit["ExecReload"], env=service.env(), capture_output=True, text=True, timeout=PATIENT)
    assert done.returncode == 0 and done.stdout.startswith("generation 2\n"), done.stderr
    assert "generation 2" in service.yuzui("status").stdout


def test_a_renewed_certificate_is_taken(service):
    tls = service.prefix / "etc/yuzui/tls"
    before = ssl.get_server_certificate(("127.0.0.1", service.port))
    certificates(service.prefix / "renewed")
    for name in ("key.pem", "cert.pem"):
        shutil.move(service.prefix / "renewed" / name, tls / name)
    end = time.monotonic() + PATIENT
    while ssl.get_server_certificate(("127.0.0.1", service.port)) == before:
        assert time.monotonic() < end, service.log()
        time.sleep(0.1)


def test_no_key_stands_in_the_log(service):
    assert not [name for name, value in KEYS.items() if value in service.log()]


def test_the_page_shows_this_config():
    page = (ROOT / "docs/operate.md").read_text()
    assert re.search(r"```lua\n(.*?)```", page, re.S)[1].strip() == (ROOT / "examples/production/yuzui.lua").read_text().split("\n\n", 1)[1].strip()
