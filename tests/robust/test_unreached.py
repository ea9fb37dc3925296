"""What the log says of providers that cannot be reached: the address, and why, when it begins; once more when they are back; nothing for each
request between; no secret. Four workers say it as one."""
import http.server
import os
import re
import socket
import ssl
import subprocess
import threading

import pytest
from bench import ask, eventually
from gateway import STANDARD, free_port
from relay import TLS, certificate

SECRETS = ("sk-key-4f1c", "sk-path-4f1c")
CONFIG = STANDARD + """
provider "there" { adapter = "openai", key = "sk-key-4f1c", base_url = "%s", timeout = { connect = "2s" }%s }
model "lost" { { "there", as = "gpt-5.2" } }
chain { auth {} }
"""


def lines(gateway):
    return [line for line in gateway.log().splitlines() if not line.startswith("{") and re.search(r"reached (again )?at", line)]


def try_it(gateway):
    return ask(gateway.port, b'{"model":"lost","messages":[{"role":"user","content":"hi"}]}')


def url_of(scheme, host, port):
    return f"{scheme}://{host}:{port}/sk-path-4f1c/v1"


class Plain(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


def expired(folder):
    key, csr, cert = (os.path.join(folder, name) for name in ("old.key", "old.csr", "old.pem"))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", *curve, "-keyout", key, "-out", csr, "-subj", "/CN=old"], check=True, capture_output=True)
    with open(os.path.join(folder, "ext"), "w", encoding="ascii") as f:
        f.write("subjectAltName=DNS:localhost\n")
    subprocess.run(["openssl", "x509", "-req", "-in", csr, "-signkey", key, "-out", cert, "-days", "-1", "-extfile", f.name], check=True, capture_output=True)
    return cert, key


def refusing(folder):
    """It wants a version of TLS that no one has any more."""
    cert, key = certificate(folder, "v")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["h3"])
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cert)
    context.maximum_version = ssl.TLSVersion.TLSv1_2 # so that the refusal is part of the handshake
    return context


def start(how, folder, sim_port):
    """(base_url, more options, what the log says of it)"""
    port = free_port()
    if how == "refused":
        return url_of("http", "127.0.0.1", port), "", "connection refused$"
    if how == "no such name":
        return url_of("https", "nowhere.invalid", 443), "", "its name does not resolve"
    if how == "plain HTTP":
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Plain)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return url_of("https", "127.0.0.1", port), "", "(it speaks plain HTTP|it does not speak TLS).*; base_url should begin with http://$"
    if how == "silent":
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=lambda: [listener.accept() for _ in range(9)], daemon=True).start()
        start.kept = listener
        return url_of("https", "127.0.0.1", port), "", "it timed out in the TLS handshake$"
    if how == "not trusted":
        relay = TLS(sim_port, *certificate(folder, "own"))
        return url_of("https", "localhost", relay.port), "", r"its certificate is not trusted \(self-signed certificate\)"
    if how == "expired":
        cert, key = expired(folder)
        return url_of("https", "localhost", TLS(sim_port, cert, key).port), f', ca = "{cert}"', r"its certificate is out of date \(certificate has expired\)$"
    if how == "another name":
        cert, key = certificate(folder, "other", host="other.example")
        return url_of("https", "localhost", TLS(sim_port, cert, key).port), f', ca = "{cert}"', r"its certificate is for other names \(hostname mismatch\)$"
    cert, key = certificate(folder, "v")
    relay = TLS(sim_port, cert, key)
    relay.context = refusing(folder)
    return url_of("https", "localhost", relay.port), f', ca = "{os.path.join(folder, "v.pem")}"', r"it refused the TLS handshake \(handshake failure\)$"


@pytest.mark.parametrize("how", ["refused", "no such name", "plain HTTP", "silent", "not trusted", "expired", "another name", "handshake"])
def test_why(world, tmp_path, how):
    base, options, why = start(how, str(tmp_path), world.sim.port)
    gateway = world.gateway(CONFIG % (base, options), workers=4)
    for _ in range(3):
        answer = try_it(gateway)
        assert answer.status in (502, 504), answer.body
        assert b"127.0.0.1" not in answer.body and b"4f1c" not in answer.body, answer.body
    eventually(lambda: lines(gateway), "no line says so")
    found = lines(gateway)
    assert len(found) == 1, found
    scheme, host = base.split("://")[0], base.split("/")[2]
    assert f"provider there cannot be reached at {scheme}://{host}: " in found[0], found
    assert re.search(why, found[0]), found
    assert not any(secret in gateway.log() for secret in SECRETS)


def test_back(world):
    port = free_port()
    gateway = world.gateway(CONFIG % (f"http://127.0.0.1:{port}/p/openai/v1", ""), workers=4)
    for _ in range(12):
        assert try_it(gateway).status == 502
    relay = Forward(port, world.sim.port)
    assert try_it(gateway).status in (200, 401, 502) # the fake world may not know the key; it has answered
    found = lines(gateway)
    assert len(found) == 2, found
    assert "cannot be reached" in found[0] and re.search(r"provider there is reached again at http://127.0.0.1:\d+, after [0-9.]+ s and 12 attempts that failed$", found[1]), found
    relay.close()


class Forward:
    """A port that leads to another one."""

    def __init__(self, port, target):
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.run, args=(target,), daemon=True).start()

    def run(self, target):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            out = socket.create_connection(("127.0.0.1", target))
            for a, b in ((s, out), (out, s)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    @staticmethod
    def pump(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.close()
