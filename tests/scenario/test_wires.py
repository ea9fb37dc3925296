"""TLS on both sides and proxies: what a scenario file cannot say."""
import base64
import http.client
import json
import os
import shutil
import socket
import ssl
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from gateway import CLIENT_KEYS, Gateway  # noqa: E402
from relay import TLS, HTTPProxy, SocksProxy, certificate  # noqa: E402
from simlib import PATIENT, Sim, expected  # noqa: E402

TAIL = """
model "gpt-5.2" { "openai" }
key "sk-client-alice-7f3a" { name = "alice" }
chain { auth {} }
"""


def provider(base_url, more=""):
    return f'provider "openai" {{ adapter = "openai", key = env "OPENAI_API_KEY", base_url = "{base_url}", {more} }}\n' + TAIL


def ask(gateway, text="hello", tls=None):
    c = http.client.HTTPSConnection("localhost", gateway.port, timeout=PATIENT, context=tls) if tls else http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    try:
        c.request("POST", "/v1/chat/completions", json.dumps({"model": "gpt-5.2", "messages": [{"role": "user", "content": text}]}),
                  {"authorization": "Bearer " + CLIENT_KEYS["alice"], "content-type": "application/json"})
        r = c.getresponse()
        return r.status, json.loads(r.read()), c.sock.version() if tls and c.sock else None
    finally:
        c.close()


def good(answer, text="hello"):
    assert answer[0] == 200, answer
    assert answer[1]["choices"][0]["message"]["content"] == expected("gpt-5.2", text)


def until_logged(gateway, words):
    end = time.monotonic() + PATIENT
    while words not in gateway.log():
        assert time.monotonic() < end, gateway.log()
        time.sleep(0.02)


@pytest.fixture(scope="module")
def sim():
    with Sim() as s:
        yield s


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("certificates"))
    return {"folder": folder, "localhost": certificate(folder, "localhost"), "other": certificate(folder, "other", "other.example"), "second": certificate(folder, "second", "localhost")}


def test_upstream_tls(sim, certificates):
    """Trusted by `ca`, with SNI; several requests on one connection."""
    relay = TLS(sim.port, *certificates["localhost"])
    with Gateway(provider(f"https://localhost:{relay.port}/v1", f'ca = "{certificates["localhost"][0]}"'), workers=1) as g:
        for i in range(3):
            good(ask(g, f"q{i}"), f"q{i}")
        assert set(relay.seen) == {"localhost"}
        assert len(relay.seen) == 1, "the connection was not used again"


@pytest.mark.parametrize("case", ["unknown issuer", "another host"])
def test_upstream_tls_is_verified(sim, certificates, case):
    cert = certificates["localhost" if case == "unknown issuer" else "other"]
    relay = TLS(sim.port, *cert)
    more = "" if case == "unknown issuer" else f'ca = "{cert[0]}"'
    with Gateway(provider(f"https://localhost:{relay.port}/v1", more)) as g:
        before = sim.stats()["requests"]
        status, body, _ = ask(g)
        assert status == 502 and body["error"]["code"] == "upstream_unreachable", body
        assert sim.stats()["requests"] == before
    with Gateway(provider(f"https://localhost:{relay.port}/v1", "insecure = true")) as g:
        good(ask(g))


def test_upstream_that_speaks_no_tls(sim):
    with Gateway(provider(f"https://localhost:{sim.port}/v1", 'insecure = true, timeout = { connect = "500ms" }')) as g:
        status, body, _ = ask(g)
        assert status in (502, 504) and body["error"]["code"] in ("upstream_unreachable", "upstream_timeout"), body
    stats = sim.stats()
    sim.reset()
    assert stats["violations"] <= 2  # the sim saw TLS hellos


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_http_proxy(sim, certificates, scheme):
    """CONNECT, and the proxy is asked by name; the password goes to the proxy only."""
    inner = TLS(sim.port, *certificates["localhost"]) if scheme == "https" else None
    password = base64.b64encode(b"me:secret").decode()
    proxy = HTTPProxy(inner.port if inner else sim.port, password)
    host = "localhost" if inner else "provider.invalid"
    more = f'proxy = "http://me:secret@127.0.0.1:{proxy.port}", ca = "{certificates["localhost"][0]}"'
    with Gateway(provider(f"{scheme}://{host}:4443/v1", more)) as g:
        good(ask(g))
        if inner:
            assert proxy.seen[0].startswith(f"CONNECT {host}:4443 HTTP/1.1\r\n")
            assert "sk-up" not in proxy.seen[0]
        else:
            assert proxy.seen[0].startswith(f"POST http://{host}:4443/v1/chat/completions HTTP/1.1\r\n")
    with Gateway(provider(f"{scheme}://{host}:4443/v1", f'proxy = "http://127.0.0.1:{proxy.port}"')) as g:
        status, body, _ = ask(g)
        assert status == 502 and body["error"]["code"] in ("upstream_unreachable", "upstream_auth", "upstream_error"), body


def test_socks_proxy(sim):
    proxy = SocksProxy(sim.port)
    with Gateway(provider("http://provider.invalid:81/v1", f'proxy = "socks5://127.0.0.1:{proxy.port}"')) as g:
        good(ask(g))
        assert proxy.seen[0] == (1, 3, b"provider.invalid", 81)


def test_proxy_of_the_environment(sim, certificates):
    inner = TLS(sim.port, *certificates["localhost"])
    proxy = HTTPProxy(inner.port)
    config = provider("https://localhost:4443/v1", f'ca = "{certificates["localhost"][0]}"')
    with Gateway(config, env={"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}) as g:
        good(ask(g))
        assert len(proxy.seen) == 1
    with Gateway(provider(f"https://localhost:{inner.port}/v1", f'ca = "{certificates["localhost"][0]}"'),
                 env={"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "NO_PROXY": "localhost"}) as g:
        good(ask(g))
        assert len(proxy.seen) == 1, "NO_PROXY was not heeded"


def client_context(cert, version=None):
    context = ssl.create_default_context(cafile=cert)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def test_listener_tls(sim, certificates):
    """1.2 and 1.3; plain text and older versions are refused; a new certificate is used after a reload, old connections go on."""
    g = Gateway(f'listen "127.0.0.1:${{port}}" {{ cert = "${{folder}}/c.pem", key = "${{folder}}/c.key" }}\nadmin "127.0.0.1:${{admin}}"\n'
                + provider(f"http://127.0.0.1:{sim.port}/v1"), head=False)
    try:
        for source, name in zip(certificates["localhost"], ("c.pem", "c.key")):
            shutil.copy(source, os.path.join(g.folder, name))
        g.start(wait=False)
        end = time.monotonic() + PATIENT
        while True:
            try:
                answer = ask(g, tls=client_context(certificates["localhost"][0], ssl.TLSVersion.TLSv1_3))
                break
            except OSError:
                assert time.monotonic() < end and g.process.poll() is None, g.log()
                time.sleep(0.02)
        good(answer)
        good(ask(g, tls=client_context(certificates["localhost"][0], ssl.TLSVersion.TLSv1_2)))
        with pytest.raises((ssl.SSLError, OSError)):
            old = client_context(certificates["localhost"][0], ssl.TLSVersion.TLSv1_1)
            old.set_ciphers("ALL:@SECLEVEL=0")
            ask(g, tls=old)
        status, *_ = ask(g)
        assert status == 400, "plain HTTP is told that this port has TLS"
        with pytest.raises(ssl.SSLError):
            ask(g, tls=ssl.create_default_context())
        until_logged(g, "it does not trust the certificate")
        held = http.client.HTTPSConnection("localhost", g.port, timeout=PATIENT, context=client_context(certificates["localhost"][0]))
        held.request("GET", "/healthz")
        assert held.getresponse().read()
        for source, name in zip(certificates["second"], ("c.pem", "c.key")):
            shutil.copy(source, os.path.join(g.folder, name))
        assert g.reload()[0]
        good(ask(g, tls=client_context(certificates["second"][0])))
        with pytest.raises(ssl.SSLError):
            ask(g, tls=client_context(certificates["localhost"][0]))
        held.request("GET", "/healthz")
        assert held.getresponse().status == 200
        held.close()
        assert g.stop() == 0
    finally:
        g.remove()


def test_tls_to_a_plain_port(sim):
    """Its client reads no words, so the log has them, once a minute; what else is no HTTP is no TLS."""
    with Gateway(provider(f"http://127.0.0.1:{sim.port}/v1")) as g:
        with socket.create_connection(("127.0.0.1", g.port), PATIENT) as s:
            s.sendall(b"\x16\x02 is no handshake\r\n\r\n")
            assert b"400" in s.recv(100)
        assert "spoke TLS" not in g.log()
        for _ in range(9):
            with pytest.raises((ssl.SSLError, OSError)):
                ask(g, tls=ssl.create_default_context())
        until_logged(g, "a client spoke TLS to it, but it speaks plain HTTP")
        good(ask(g))
        assert g.log().count("spoke TLS") <= len(os.sched_getaffinity(0)), "each worker says it once"


def test_listener_tls_of_a_broken_certificate(sim, certificates):
    """A certificate that does not fit its key: the reload fails, the old one serves."""
    g = Gateway(f'listen "127.0.0.1:${{port}}"\nlisten "127.0.0.1:0" {{ cert = "{certificates["localhost"][0]}", key = "{certificates["second"][1]}" }}\nadmin "127.0.0.1:${{admin}}"\n'
                + provider(f"http://127.0.0.1:{sim.port}/v1"), head=False)
    try:
        g.start(wait=False)
        assert g.process.wait(PATIENT) == 1
        assert "yuzui.lua:2" in g.log()
    finally:
        g.remove()
