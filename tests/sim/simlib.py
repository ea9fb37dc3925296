"""The fake world from Python: start it, script it, read its ledger, and know what it will say. Standard library only."""
import collections
import http.client
import json
import os
import random
import re
import select
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("YUZUI_BUILD", os.path.join(ROOT, "build")))
WORDS = ["river", "levee", "split", "gate", '"sand"', "鱼嘴", "dam\\weir", "🚀", "spring", "tide", "fish", "mouth", "line\nup", "ﬁeld", "canal", "stone"]
MASK = (1 << 64) - 1
# Whether the machine is quiet decides how fast things are, not whether they are right. Bounds that are about speed are judged as they stand in
# the long form only; else, on a machine that nobody knows (a CI), they are this many times wider, so that a hang fails and a stall does not.
PATIENCE = 1 if os.environ.get("YUZUI_LONG") == "1" else 20
PATIENT = 60  # seconds to wait for what must come: costs nothing when it comes


given = collections.deque(maxlen=200)  # the newest ports given: a process of tests lives long enough to want them all


def ports():
    """The range that ports are taken from: YUZUI_TEST_PORTS ("low-high"), or those below the ones that the kernel gives to outgoing
    connections, which would take one while a test has its server stopped, or would meet themselves. Of tests that run side by side
    (pytest-xdist) each process has a part of it for itself."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
        first = int(f.read().split()[0])
    low, high = map(int, (os.environ.get("YUZUI_TEST_PORTS") or f"{first // 2}-{first - 1}").split("-"))
    share = (high - low + 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    low += share * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    return low, low + share - 1


def free_port():
    """A port nobody listens on and that was not given lately."""
    low, high = ports()
    for _ in range(1000):
        port = random.randint(low, high)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in given:
            given.append(port)
            return port
    raise RuntimeError("no free port")


def answer_hash(model, text):
    h = 14695981039346656037
    for byte in model.encode() + b"\n" + text.encode():
        h = ((h ^ byte) * 1099511628211) & MASK
    return h


def expected(model, text, words=120):
    """What the sim answers to a last user turn of `text`."""
    h = x = answer_hash(model, text)
    out = [f"[{h:016x}]"]
    for _ in range(words):
        x = (x * 6364136223846793005 + 1442695040888963407) & MASK
        out.append(WORDS[x >> 60])
    return " ".join(out) + f" [/{h:016x}]"


def looks_whole(text):
    """Is this an answer of the sim, from its first byte to its last? For callers that do not know which model was asked."""
    m = re.fullmatch(r"\[([0-9a-f]{16})\] .* ?\[/([0-9a-f]{16})\]", text, re.S)
    return bool(m and m.group(1) == m.group(2))


class Sim:
    """A running fake world. Ends with this process, or at the end of a with block."""

    def __init__(self, log=20000):
        program = os.path.join(BUILD, "tests", "sim", "sim")
        self.process = subprocess.Popen([program, "--port", str(free_port()), "--control", "0", "--log", str(log), "--stdin"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENT)
        line = self.process.stdout.readline().decode() if ready else ""
        found = re.search(r"provider port (\d+), control port (\d+)", line)
        if not found:
            raise RuntimeError(f"{program} did not start: {line!r}")
        self.port, self.control_port = int(found.group(1)), int(found.group(2))
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=PATIENT)
        try:
            c.request("POST" if body is not None else "GET", "/_sim/" + path, None if body is None else json.dumps(body))
            r = c.getresponse()
            answer = json.loads(r.read())
            if r.status != 200:
                raise ValueError(f"sim refused {path}: {answer}")
            return answer
        finally:
            c.close()

    def script(self, script):
        return self.ask("script", script)

    def reset(self):
        return self.ask("reset", {})

    def log(self, since=0):
        return self.ask(f"log?since={since}")

    def stats(self):
        return self.ask("stats")

    def drop(self, what="idle", reset=False):
        return self.ask("drop", {"what": what, "reset": reset})["dropped"]

    def listen(self, is_open):
        return self.ask("listen", {"open": is_open})

    def wait(self, condition, seconds=PATIENT, what="condition"):
        """Polls the ledger until condition(log) holds; returns the log."""
        end = time.monotonic() + seconds
        while True:
            log = self.log()
            if condition(log):
                return log
            if time.monotonic() > end:
                raise TimeoutError(f"sim: {what} did not come true in {seconds} s; log: {json.dumps(log)[:2000]}")
            time.sleep(0.005)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
