"""G4: the n-th call to the kernel fails, for n to the end of a scenario: no crash, no leak, nothing but whole answers and well-formed errors."""
import mmap
import os
import signal
import socket
import ssl
import struct
import subprocess

import pytest
import wire
from bench import SANITIZED, amount, ask, chat, eventually, messages, outcome, post
from gateway import STANDARD, Gateway, free_port
from simlib import PATIENT
from test_lying_redis import LyingRedis, honest

HERE = os.path.dirname(os.path.abspath(__file__))


class Failing:
    """The shim, and the page it shares with the gateway."""

    def __init__(self, folder):
        self.library, self.path = str(folder / "failing.so"), str(folder / "failing.page")
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", self.library, os.path.join(HERE, "failing.c"), "-ldl"], check=True)
        with open(self.path, "wb") as f:
            f.write(bytes(4096))
        self.file = open(self.path, "r+b")
        self.page = mmap.mmap(self.file.fileno(), 4096)

    def set(self, fail_at, kinds=1):
        self.page[0:16] = struct.pack("iiii", 0, 0, 0, kinds)
        self.page[0:4] = struct.pack("i", fail_at)

    def count(self):
        return struct.unpack("ii", self.page[4:12])


def scenario(port, n):
    """n requests of all forms; how many ended without an answer, because the failure struck the client's own connection."""
    lost = 0
    for i in range(n):
        anthropic, stream = i % 2, {"stream": True} if i % 3 == 0 else {}
        body = (messages if anthropic else chat)(f"n {i}", model=("gpt-5.2", "claude-opus-4-6")[i // 2 % 2], **stream)
        try:
            c = wire.Client(port)
            c.send(post(body, "/v1/messages" if anthropic else "/v1/chat/completions"))
            c.read(lambda a: a.complete)
            if c.eof and not c.answer.complete:
                lost += 1
            else:
                outcome(c.answer, "anthropic" if anthropic else "openai")
            c.close()
        except ConnectionError:
            lost += 1
    return lost


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's run time wants to be loaded first")
def test_g4_every_nth_call_fails(world, tmp_path):
    failing = Failing(tmp_path)
    world.sim.script({"default": {"words": 10, "chunks": 3}})
    gateway = world.gateway(chain='auth {}, fallback {}, retry { attempts = 3, base = "1ms", cap = "2ms", floor = 1000 }', workers=1,
                            env={"LD_PRELOAD": failing.library, "FAILING_FILE": failing.path})
    n_requests = amount(6, 50)
    failing.set(1 << 30)
    assert scenario(gateway.port, n_requests) == 0
    calls = failing.count()[0]
    assert calls > 5 * n_requests
    files, lost = gateway.files(), 0
    for n in range(1, calls + 1, amount(3, 1)):
        failing.set(n)
        here = scenario(gateway.port, n_requests)
        assert here <= 1, f"the {n}th call failed, and {here} clients got no answer"
        lost += here
        failing.set(0)
        assert gateway.process.poll() is None, f"call {n}: {gateway.log()[-2000:]}"
        assert ask(gateway.port, chat("fine")).status == 200, n
    gateway.settle()
    world.sim.drop("all")
    eventually(lambda: abs(gateway.files() - files) <= 8, f"{files} files as at first")
    print(f"{calls} calls, {lost} clients without an answer")


@pytest.mark.skipif(SANITIZED, reason="a sanitizer has an allocator of its own")
def test_g4_no_memory_for_a_body(world, tmp_path):
    """A body for which there is no memory costs that request, not the process. (Elsewhere the process ends when memory does.)"""
    failing = Failing(tmp_path)
    gateway = world.gateway(chain="auth {}", env={"LD_PRELOAD": failing.library, "FAILING_FILE": failing.path})
    whole = post(chat("x" * 300000))
    for chunked in (False, True):
        failing.set(1, 2)
        c = wire.Client(gateway.port)
        if chunked:
            body = chat("x" * 300000)
            head = whole[:whole.index(b"Content-Length")]
            c.send(head + b"Transfer-Encoding: chunked\r\n\r\n" + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
        else:
            c.send(whole)
        assert c.read(lambda a: a.complete), c.answer.status
        assert failing.count()[1] == 1
        assert c.answer.status == 503, c.answer.body
        outcome(c.answer)
        c.close()
        failing.set(0)
        assert ask(gateway.port, chat("y" * 300000)).status == 200


@pytest.mark.skipif(SANITIZED, reason="a sanitizer has an allocator of its own")
def test_g4_no_memory_for_the_first_name(world, tmp_path):
    """glibc's first look-up of a name in a process reads what names are looked up by, and crashes where there is no memory for that. The gateway
    has done it before it serves, so a look-up that fails is a look-up that fails."""
    failing = Failing(tmp_path)
    redis = LyingRedis(honest)
    for n in range(1, 7):
        failing.set(0)
        gateway = world.gateway(STANDARD + f'store "redis" {{ url = "redis://localhost:{redis.port}" }} chain {{ auth {{}}, cache {{ store = "redis" }} }}', workers=1,
                                env={"LD_PRELOAD": failing.library, "FAILING_FILE": failing.path})
        failing.set(n, 64)
        assert ask(gateway.port, chat(f"n {n}")).status == 200
        eventually(lambda: failing.count()[1] or gateway.process.poll() is not None, "the name was looked up")
        assert ask(gateway.port, chat("again")).status == 200, gateway.log()
        failing.set(0)
        assert gateway.stop() == 0, gateway.log()
        world.gateways.remove(gateway)
        gateway.remove()


def over_tls(port, n):
    """n requests to the TLS address: answered, or cut off by whatever struck."""
    context = ssl._create_unverified_context()
    for i in range(n):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as plain, context.wrap_socket(plain) as s:
                s.sendall(post(chat(f"n {i}", stream=i % 2 == 0), headers="Connection: close\r\n"))
                while s.recv(65536):
                    pass
        except OSError:
            pass


@pytest.mark.skipif(SANITIZED, reason="a sanitizer has an allocator of its own")
def test_g4_memory_ends(world, tmp_path):
    """From the n-th allocation on none succeeds, whichever library asks: the gateway lives, or ends on purpose and says so. It never crashes."""
    failing = Failing(tmp_path)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=a", "-days", "2",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    redis, tls = LyingRedis(honest), free_port()
    config = STANDARD + f"""
        listen "127.0.0.1:{tls}" {{ cert = "{tmp_path}/cert.pem", key = "{tmp_path}/key.pem" }}
        secret "the same everywhere"
        store "redis" {{ url = "redis://localhost:{redis.port}" }}
        chain {{ auth {{}}, policy "hello.lua", cache {{ store = "redis" }}, fallback {{}}, retry {{ attempts = 2, base = "1ms" }} }}"""
    files = {"hello.lua": """return function(req)
        local words = {}
        for word in tostring(req:get("messages")):gmatch("%w+") do words[#words + 1] = word end
        req:because(table.concat(words, " "))
    end"""}

    def start():
        failing.set(0)
        gateway = Gateway(config, world.sim.port, workers=1, files=files, env={"LD_PRELOAD": failing.library, "FAILING_FILE": failing.path})
        gateway.start()
        over_tls(tls, 1)
        return gateway

    gateway, ends, said = start(), {}, 0
    try:
        failing.set(1 << 30, 4)
        over_tls(tls, 3)
        calls = failing.count()[0]
        for n in range(1, calls, max(1, calls // amount(60, 1000))):
            failing.set(n, 4)
            over_tls(tls, 3)
            fired = failing.count()[1]
            failing.set(0)
            if not fired:
                continue
            try:
                status = gateway.process.wait(1)
            except subprocess.TimeoutExpired:
                status = None
            ends[status] = ends.get(status, 0) + 1
            if status is not None:
                log = gateway.log()
                assert status == -signal.SIGABRT, f"allocation {n}: {status}: {log[-3000:]}"
                said += "out of memory" in log
                gateway.remove()
                gateway = start()
    finally:
        failing.set(0)
        gateway.remove()
    print(calls, ends, said)
    ended = ends.get(-signal.SIGABRT, 0)
    assert ended > 5 and said > ended / 2, (ends, said)  # libuv ends it without a word
