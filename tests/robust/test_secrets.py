"""G16 to G19, and section 6: keys, prompts, tenants, and what a request may make the gateway do."""
import bisect
import json
import math
import os
import random
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest
import wire
from bench import ALICE, BOB, SANITIZED, SECRETS, Load, amount, ask, chat, fast, is_error, messages, percentile, post
from simlib import BUILD
from gateway import CHAIN, MODELS, PROVIDER_KEYS, PROVIDERS, STANDARD, Gateway

PROMPT = "PROMPT-MARKER-5be1"


def memory_of(pid, needle):
    """Mappings that hold the needle and would be in a core dump: (name, flags)."""
    found = []
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as f:
        text = f.read()
    with open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for block in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", text)[1:]:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", block)
            flags = re.search(r"VmFlags:(.*)", block).group(1).split()
            if "r" not in m.group(3) or m.group(4).startswith(("[v", "/")):
                continue
            try:
                mem.seek(int(m.group(1), 16))
                data = mem.read(int(m.group(2), 16) - int(m.group(1), 16))
            except OSError:
                continue
            if needle in data:
                found.append((m.group(4), flags))
    return found


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what was freed")
def test_g16_provider_key_in_memory(world):
    """It lies in locked pages that no core dump holds, and nowhere else but in the environment it came from."""
    gateway = world.gateway()
    for i in range(20):
        assert ask(gateway.port, chat(f"{i}", stream=i % 2 == 0)).status == 200
        assert ask(gateway.port, messages(f"{i}")).status == 200
    for name in ("OPENAI", "ANTHROPIC"):
        places = memory_of(gateway.process.pid, PROVIDER_KEYS[name].encode())
        assert any("dd" in flags for _, flags in places), places
        loose = [where for where, flags in places if "dd" not in flags]
        print(name, loose)
        assert all(where == "[stack]" for where in loose), loose


@pytest.mark.skipif(SANITIZED, reason="a sanitizer switches core dumps off")
def test_g16_core_dump(running_sim):
    """A crash leaves no core dump, which would hold prompts and keys, unless YUZUI_CORE_DUMPS=1 asks for one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    ended = {}
    for asked in ("0", "1"):
        gateway = Gateway(sim_port=running_sim.port, env={"YUZUI_CORE_DUMPS": asked})
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        try:
            gateway.start()
            assert ask(gateway.port, chat(PROMPT)).status == 200
            gateway.signal(signal.SIGSEGV)
            ended[asked] = os.waitid(os.P_PID, gateway.process.pid, os.WEXITED | os.WNOWAIT).si_code
            gateway.process.wait()
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
            gateway.remove()
    if ended["1"] != os.CLD_DUMPED:
        pytest.skip("this system writes no core dumps")
    assert ended["0"] == os.CLD_KILLED


def test_g16_markers(world):
    """At debug level, with errors of every kind: no key and no prompt in the log, in errors, in other answers, in /status."""
    world.sim.script({"markers": [ALICE, BOB, "client-cookie"], "rules": [{"match": {"contains": "refuse"}, "do": {"status": 401, "echo_key": True}}, {"match": {"contains": "bad"}, "do": {"status": 400, "echo_key": True}},
                                                                        {"match": {"contains": "cut"}, "do": {"reset_at": 500}}, {"match": {"contains": "inside"}, "do": {"error_event": {"after": 1, "type": "x", "message": f"{PROVIDER_KEYS['OPENAI']} {PROMPT}"}}}]})
    gateway = world.gateway(STANDARD + f'log {{ level = "debug" }}\nchain {{ {CHAIN.replace("attempts = 3", "attempts = 2, base = " + chr(34) + "1ms" + chr(34))} }}\n')
    bodies = []
    for kind in ("fine", "refuse", "bad", "cut", "inside"):
        for stream in (False, True):
            for path, body in (("/v1/chat/completions", chat), ("/v1/messages", messages)):
                for model in ("gpt-5.2", "claude-opus-4-6"):
                    a = ask(gateway.port, body(f"{PROMPT} {kind}", model=model, stream=stream), path, headers="cookie: client-cookie\r\nx-forwarded-for: 1.2.3.4\r\n")
                    bodies.append(a.body + repr(a.headers).encode())
    for data in (post(chat(PROMPT), key="sk-wrong-" + PROMPT), post(chat(PROMPT)[:-5]), post(chat(PROMPT, model=PROMPT)), post(b"{" + PROMPT.encode() + b"}"), post(chat(PROMPT)).replace(b"Host", b"Host " + PROMPT.encode())):
        c = wire.Client(gateway.port)
        c.send(data)
        c.read(lambda a: a.complete)
        c.close()
    a = ask(gateway.port, chat("in the query"), path=f"/v1/chat/completions?key={ALICE}&x={PROMPT}", key=ALICE)
    assert a.status == 200
    status = "".join(gateway.get(path)[1].decode() for path in ("/status", "/metrics", "/requests?limit=1000", "/calls"))
    assert '"tree":[' in status and "gen_ai_server_request_duration_seconds_bucket" in status
    time.sleep(1.2)
    for secret in [*SECRETS, "client-cookie"]:
        assert all(secret.encode() not in b for b in bodies), secret
        assert secret not in status and secret not in gateway.log(), secret
    log = gateway.log()
    assert PROMPT not in log, [line for line in log.splitlines() if PROMPT in line][:3]
    assert PROMPT not in status


def test_g17_two_tenants_same_prompt(world):
    """Each pays for its own: two calls upstream, no hit; also when they ask at the same time."""
    world.sim.script({"default": {"delay": 50}})
    gateway = world.gateway(workers=1)
    a, b = ask(gateway.port, chat("the same")), ask(gateway.port, chat("the same"), key=BOB)
    assert a.header("x-yuzui-cache") == "miss" and b.header("x-yuzui-cache") == "miss"
    assert world.sim.stats()["requests"] == 2
    assert ask(gateway.port, chat("the same"), key=BOB).header("x-yuzui-cache") == "hit"
    answers = []
    threads = [threading.Thread(target=lambda k=k: answers.append(ask(gateway.port, chat("at once"), key=k))) for k in (ALICE, BOB)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all(x.header("x-yuzui-cache") == "miss" for x in answers), "coalesced over tenants"
    assert world.sim.stats()["requests"] == 4


def test_g17_timing(world):
    """Bob cannot tell by the time it takes whether Alice has asked the same: a KS test. In the short form it fails only where chance does not."""
    gateway = world.gateway(workers=1)
    warm, cold, rng = [], [], random.Random(17)
    for i in range(amount(300, 2000)):
        known = rng.random() < 0.5
        ask(gateway.port, chat(f"probe {i}" if known else f"other {i}"))
        start = time.perf_counter()
        ask(gateway.port, chat(f"probe {i}"), key=BOB)
        (warm if known else cold).append(time.perf_counter() - start)
    points = sorted(warm + cold)
    warm.sort(), cold.sort()
    d = max(abs(bisect.bisect_right(warm, x) / len(warm) - bisect.bisect_right(cold, x) / len(cold)) for x in points)
    en = math.sqrt(len(warm) * len(cold) / (len(warm) + len(cold)))
    p = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * ((en + 0.12 + 0.11 / en) * d) ** 2) for k in range(1, 100))
    print(f"D {d:.4f}, p {p:.3f}")
    assert p > amount(1e-6, 0.01)


class Guesser:
    """Tries one wrong key after the other. Each costs a connection: who is refused by the head of a request is not read any further."""

    def __init__(self, port):
        self.port, self.n, self.client = port, 0, None

    def answered(self, seconds):
        if not self.client:
            self.client = wire.Client(self.port)
            self.client.send(post(chat("x"), key=f"sk-{self.n}"))
            self.n += 1
        if not self.client.read(lambda a: a.complete, seconds):
            return False
        assert self.client.answer.status == 401, self.client.answer.body
        self.close()
        return True

    def close(self):
        if self.client:
            self.client.close()
        self.client = None


def test_g18_wrong_keys(world):
    """Keys that are wrong in the first or the last byte, too long or empty are refused alike. Who guesses is slowed down, over all
    workers, and nobody else is: neither who has a right key nor who comes from another address."""
    world.sim.script({"default": {"words": 3, "chunks": 1}})
    # on all addresses, so that IPv4 comes in its IPv6 form
    gateway = world.gateway('listen ":${port}"\nadmin "127.0.0.1:${admin}"\nworkers(2)\n' + STANDARD + "chain { auth {} }\n", head=False)
    told = {ask(gateway.port, chat("x"), key=k).json()["error"]["message"] for k in ("x" + ALICE[1:], ALICE[:-1] + "x", ALICE + "x", ALICE[:-1], "k" * 4000)}
    assert len(told) == 1, told
    load = Load(gateway.port, n=2, pause=0.002).start()
    wrong, elsewhere, began = 0, [], time.monotonic()
    end = began + amount(3, 20)
    guesser = Guesser(gateway.port)
    while time.monotonic() < end or wrong < 100:
        if guesser.answered(0.3):
            wrong += 1
        else:  # slowed
            start = time.monotonic()
            c = wire.Client(gateway.port, source="127.0.0.2")
            c.send(post(chat("x"), key="sk-mistyped"))
            assert c.read(lambda a: a.complete) and c.answer.status == 401, c.answer.body
            c.close()
            elsewhere.append(time.monotonic() - start)
    seconds = time.monotonic() - began
    guesser.close()
    load.stop()
    print(f"{wrong} wrong keys, {load.done} good requests, p99 {percentile(load.times, 0.99) * 1000:.1f} ms")
    assert not load.failed, load.failed[:3]
    assert world.sim.stats()["requests"] == load.done
    assert wrong <= 102 * (seconds + 1), (wrong, seconds)  # a hundred a second, then one a second
    assert elsewhere and min(elsewhere) < 0.9, elsewhere  # a delay is a second
    assert fast(percentile(load.times, 0.99), 0.1)


POLICIES = {"endless": "return function(req, next) while true do end end", "memory": "return function(req, next) local t = {} while true do t[#t + 1] = ('x'):rep(10000) .. #t end end",
            "pcall": "return function(req, next) while true do pcall(function() while true do end end) end end", "pattern": "return function(req, next) return (('a'):rep(60)):find(('a?'):rep(60) .. ('a'):rep(60)) end"}


@pytest.mark.parametrize("name", POLICIES)
def test_g19_others_while_a_policy_runs_wild(world, name):
    """Requests of the same worker wait for the policy's 50 ms of CPU at most; the wild request is answered all the same."""
    world.sim.script({"default": {"words": 3, "chunks": 1}})
    wild = POLICIES[name].replace("return function(req, next)", "return function(req, next) if req.headers['x-wild'] ~= '1' then return next(req) end", 1)
    gateway = world.gateway(chain='auth {}, policy "wild.lua"', workers=1, files={"wild.lua": wild})
    load = Load(gateway.port, n=2, pause=0.002).start()
    time.sleep(1)
    calm, load.times = percentile(load.times, 0.95), []
    for _ in range(amount(4, 50)):
        start = time.monotonic()
        a = ask(gateway.port, chat("x"), headers="x-wild: 1\r\n")
        assert a.status == 200 or a.status >= 400 and is_error(a), a.status
        assert fast(time.monotonic() - start, 0.5)
        time.sleep(0.3)
    load.stop()
    assert not load.failed, load.failed[:3]
    wild95 = percentile(load.times, 0.95)
    wild99 = percentile(load.times, 0.99)
    print(f"{name}: p95 {calm * 1000:.1f} -> {wild95 * 1000:.1f}, p99 {wild99 * 1000:.1f} ms, most {max(load.times) * 1000:.1f}")
    assert fast(max(load.times), 0.5) and fast(wild95, calm + 0.02), (calm, wild95)


class Trap:
    """A listener nobody may call."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.calls = self.listener.getsockname()[1], []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
                self.calls.append(s.recv(1000))
                s.close()
            except OSError:
                return


def test_s6_ssrf(world):
    """Neither Host, nor the target, nor a base_url in the body, nor an image's URL, nor a redirect makes the gateway call anybody."""
    trap = Trap()
    url = f"http://127.0.0.1:{trap.port}/"
    world.sim.script({"rules": [{"match": {"contains": "moved"}, "do": {"raw": f"HTTP/1.1 307 X\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n"}}]})
    gateway = world.gateway(chain="auth {}")
    host = f"127.0.0.1:{trap.port}"
    asked = [post(chat("x", base_url=url, api_base=url, endpoint=url)), post(chat("x")).replace(b"Host: gateway", b"Host: " + host.encode()), post(chat("x"), path=url + "v1/chat/completions"),
             post(chat("x"), path=f"//{host}/v1/chat/completions"), post(chat("x"), headers=f"x-base-url: {url}\r\nx-forwarded-host: {host}\r\nforwarded: host={host}\r\nx-original-url: {url}\r\n"),
             post(chat("x", model=url)), post(chat("x", model="gpt-5.2@" + host)), post(chat("moved")),
             post(json.dumps({"model": "gpt-5.2", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "look"}]}]}).encode()),
             post(json.dumps({"model": "claude-opus-4-6", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "look"}]}]}).encode()),
             f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()]
    for data in asked:
        c = wire.Client(gateway.port)
        c.send(data)
        c.read(lambda a: a.complete)
        assert c.answer.status and (c.answer.status == 200 or is_error(c.answer)), data[:200]
        c.close()
    time.sleep(0.3)
    assert not trap.calls, trap.calls
    trap.listener.close()


def test_s6_header_injection(world):
    """Nothing a client sends stands in a head to a provider but what was checked: not its headers, not its id, not its model's name."""
    world.sim.script({"markers": ["evil-value", ALICE], "record": True})
    gateway = world.gateway(chain="auth {}")
    for headers in ("x-request-id: a b\r\n", "x-request-id: " + "a" * 500 + "\r\n", "x-request-id: a\tevil-value\r\n", "x-request-id: \xe9\r\n", "openai-organization: evil-value\r\n", "x-evil: evil-value\r\n",
                    "anthropic-beta: evil-value\r\n", "user-agent: evil-value\r\n", "cookie: evil-value\r\n", "te: evil-value\r\n", "x-api-version: evil-value\r\n", "proxy-authorization: evil-value\r\n"):
        a = ask(gateway.port, chat("x"), headers=headers)
        assert a.status == 200, (headers, a.body)
        assert "evil" not in a.header("x-request-id") and len(a.header("x-request-id")) <= 128
    a = ask(gateway.port, chat("x", model="gpt-5.2\r\nx-evil: evil-value"))
    assert a.status == 404 or a.status == 400 or a.status == 403, a.status
    assert a.header("x-evil") is None and "\r" not in (a.header("x-yuzui-model") or "")


def test_s6_config_cannot_inject(world):
    """Headers and keys of the config with a line end in them: refused when the config is read, or when the request would be sent; never sent."""
    config = PROVIDERS.replace('adapter = "openai",    key = env "OPENAI_API_KEY",', 'adapter = "openai", key = env "OPENAI_API_KEY", headers = { ["x-a"] = "b\\r\\nx-evil: 1" },', 1) + MODELS + 'key "k" { name = "k", models = { "*" } }\nchain { auth {} }\n'
    good = STANDARD + "chain { auth {} }\n"
    gateway = world.gateway(good)
    gateway.write_config(config)
    ok, text = gateway.reload()
    assert not ok or ask(gateway.port, chat("x"), key="k").status >= 500, text
    assert ask(gateway.port, chat("x"), key=ALICE if not ok else "k").status == (200 if not ok else 500)


def test_s6_admin_token(world):
    """An admin listener on every address wants its token, from no web page, and tells it nobody; `yuzui reload` has it from the environment."""
    token = "sk-admin-token-3f1c"
    gateway = world.gateway('listen "127.0.0.1:${port}"\nadmin ":${admin}" { token = "' + token + '" }\n' + STANDARD + "chain { auth {} }\n", head=False)
    for headers, status in (("", 401), (f"authorization: Bearer {token[:-1]}\r\n", 401), (f"authorization: Bearer {token}\r\n", 200),
                            (f"authorization: Bearer {token}\r\norigin: https://example.com\r\n", 403), (f"authorization: Bearer {token}\r\norigin: null\r\n", 403)):
        c = wire.Client(gateway.admin_port)
        c.send(f"GET /status HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        assert c.read(lambda a: a.complete) and c.answer.status == status, (headers, c.answer.body)
        assert token.encode() not in c.answer.body
        c.close()
    told = subprocess.run([os.path.join(BUILD, "yuzui"), "reload", "-c", os.path.join(gateway.folder, "yuzui.lua")], env={**gateway.env, "YUZUI_ADMIN_TOKEN": token}, capture_output=True, text=True, timeout=30, check=False)
    assert told.returncode == 0, told
    assert token not in told.stdout + told.stderr + gateway.log()


def test_s6_clock_jump(world):
    """Time-outs and expiry use the monotonic clock: no source of ours but the log's clock reads the wall."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    users = []
    for folder in ("core", "plugins"):
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith((".c", ".h")) and not name.startswith("test_"):
                    with open(os.path.join(path, name), encoding="utf-8") as f:
                        if re.search(r"CLOCK_REALTIME|gettimeofday\(|[^_a-z]time\(NULL\)|yz_clock_wall(_ns)?\(|uv_clock_gettime", f.read()):
                            users.append(os.path.relpath(os.path.join(path, name), root))
    print(users)
    assert not [u for u in users if u.startswith("core/") and u.split("/")[1] in ("call", "net", "http", "store")], users
