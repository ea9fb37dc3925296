"""What the attacks share: starting gateways, many raw connections at once, and judging answers. Standard library only."""
import asyncio
import json
import os
import re
import time

import wire
from gateway import CLIENT_KEYS, PROVIDER_KEYS, Gateway
from simlib import PATIENCE, PATIENT

LONG = os.environ.get("YUZUI_LONG") == "1"
ALICE, BOB = CLIENT_KEYS["alice"], CLIENT_KEYS["bob"]
SECRETS = list(CLIENT_KEYS.values()) + list(PROVIDER_KEYS.values())
# Sanitizer builds are slow; what is measured in milliseconds is judged in the plain build only.
SANITIZED = "asan" in os.environ.get("YUZUI_BUILD", "") or "tsan" in os.environ.get("YUZUI_BUILD", "")


def amount(short, long):
    return long if LONG else short


class World:
    def __init__(self, sim):
        self.sim, self.gateways = sim, []

    def gateway(self, config=None, port=None, **options):
        g = Gateway(config, sim_port=port or self.sim.port, **options)
        self.gateways.append(g)
        return g.start()

    def judge(self):
        for g in self.gateways:
            assert g.process.poll() is None, f"the gateway died with {g.process.returncode}:\n{g.log()[-6000:]}"
            status, log = g.stop(), g.log()
            report = re.search(r"Sanitizer|runtime error", log)
            assert not report, log[max(0, report.start() - 200):report.start() + 8000]
            assert status == 0, log[-6000:]
            for secret in SECRETS:
                assert secret not in log, "a key is in the log"
        stats = self.sim.stats()
        assert stats["violations"] == 0, stats["violation_list"]

    def close(self):
        for g in self.gateways:
            g.remove()


def chat(text, model="gpt-5.2", **fields):
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], **fields}).encode()


def messages(text, model="claude-opus-4-6", **fields):
    return json.dumps({"model": model, "max_tokens": 1000, "messages": [{"role": "user", "content": text}], **fields}).encode()


def post(body, path="/v1/chat/completions", key=ALICE, headers=""):
    """A well-formed request. The dialect follows from the path."""
    who = f"x-api-key: {key}" if path == "/v1/messages" else f"Authorization: Bearer {key}"
    return f"POST {path} HTTP/1.1\r\nHost: gateway\r\n{who}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def ask(port, body, path="/v1/chat/completions", seconds=PATIENT, **more):
    """One request on a fresh connection, its whole answer."""
    c = wire.Client(port)
    try:
        c.send(post(body, path, **more))
        if not c.read(lambda a: a.complete, seconds):
            raise wire.Broken(f"no whole answer: status {c.answer.status}, {c.answer.body[-200:]!r}, closed: {c.eof}")
        return c.answer
    finally:
        c.close()


class Offline(wire.Client):
    """The strict reader of answers, over bytes that are there already."""

    def __init__(self, data, eof):
        self.pending, self.eof, self.name = bytearray(data), eof, "offline"

    def answers(self, method="POST"):
        out = []
        while self.pending:
            a = wire.Answer(method)
            self.parse(a)
            if self.eof:
                self.at_end(a)
            out.append(a)
            if not a.complete:
                break
        return out


def is_error(answer, dialect="openai"):
    """Is it an error as clients of the dialect expect it? Says why not by failing."""
    assert (answer.header("content-type") or "").startswith("application/json"), answer.headers
    assert answer.header("x-request-id"), answer.headers
    o = answer.json()
    if dialect == "anthropic":
        assert o["type"] == "error"
    assert o["error"]["message"] and (o["error"].get("type") or o["error"].get("status")), o
    return o["error"]


def outcome(answer, dialect="openai"):
    """"whole", "error" or "broken off", each well formed in the dialect; anything else fails."""
    assert answer.complete, (answer.status, answer.body[-300:])
    if answer.status != 200:
        assert answer.status >= 400, answer.status
        is_error(answer, dialect)
        return "error"
    if not answer.is_stream():
        answer.json()
        return "whole"
    answer.body.decode()
    events = answer.events()
    done = [n for n, d in events if d == "[DONE]" or n == "message_stop"]
    errors = [d for n, d in events if d != "[DONE]" and (n == "error" or "error" in json.loads(d))]
    assert len(done) <= 1 and len(errors) <= 1, answer.body[-600:]
    if errors:
        assert not done or dialect == "openai", answer.body[-600:]
        return "broken off"
    if dialect == "openai" and not done:  # servers leave [DONE] out: then a finish_reason says that it is whole
        assert events and any(c.get("finish_reason") for _, d in events for c in json.loads(d).get("choices", [])), answer.body[-600:]
        return "whole"
    assert done and (events[-1][1] == "[DONE]" or events[-1][0] == "message_stop"), answer.body[-600:]
    return "whole"


# ---- many at once ---------------------------------------------------------------------------------------------------------

async def shoot(port, data, seconds, until=None):
    """Sends bytes, reads until the peer closes, until(bytes so far) holds, or time is up. (bytes, closed: "eof", "reset" or None)"""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got, closed = b"", None
    end = time.monotonic() + seconds
    try:
        writer.write(data)
        while not (until and until(got)):
            try:
                more = await asyncio.wait_for(reader.read(65536), max(0.001, end - time.monotonic()))
            except asyncio.TimeoutError:
                break
            if not more:
                closed = "eof"
                break
            got += more
    except ConnectionError:
        closed = "reset"
    finally:
        writer.close()
    return got, closed


def shoot_all(port, shots, seconds=PATIENT, at_once=100, until=None):
    """shoot() for each of them; results in order."""
    async def run():
        gate = asyncio.Semaphore(at_once)

        async def one(data):
            async with gate:
                return await shoot(port, data, seconds, until)
        return await asyncio.gather(*(one(d) for d in shots))
    return asyncio.run(run())


def complete(got):
    """Has one whole answer come?"""
    try:
        a = Offline(got, False).answers()
    except wire.Broken:
        return True
    return bool(a) and a[-1].complete


class Load:
    """Keep-alive clients in one thread of asyncio: `n` of them, each asking again and again until stop()."""

    def __init__(self, port, n=8, make=None, pause=0.0):
        self.port, self.n, self.pause = port, n, pause
        self.make = make or (lambda i: post(chat(f"load {i}")))
        self.done, self.failed, self.times, self.stopping, self.count = 0, [], [], False, 0

    async def client(self):
        reader = writer = None
        while not self.stopping:
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                self.count += 1
                start = time.monotonic()
                writer.write(self.make(self.count))
                got = b""
                while not complete(got):
                    more = await asyncio.wait_for(reader.read(262144), PATIENT)
                    if not more:
                        raise ConnectionError(f"closed after {got[-200:]!r}")
                    got += more
                a = Offline(got, False).answers()[0]
                self.times.append(time.monotonic() - start)
                self.judge(a)
                if a.header("connection") == "close":
                    writer.close()
                    writer = None
            except (OSError, asyncio.TimeoutError, wire.Broken, AssertionError) as e:
                self.failed.append(repr(e)[:500])
                if writer:
                    writer.close()
                writer = None
                await asyncio.sleep(0.01)
            if self.pause:
                await asyncio.sleep(self.pause)
        if writer:
            writer.close()

    def judge(self, answer):
        if answer.status == 200 and outcome(answer) == "whole":
            self.done += 1
        else:
            self.failed.append(f"{answer.status} {answer.body[-300:]!r}")

    async def run(self):
        await asyncio.gather(*(self.client() for _ in range(self.n)))

    def start(self):
        import threading
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.stopping = True
        self.thread.join(2 * PATIENT)
        assert not self.thread.is_alive(), "a client hangs"
        return self


def fast(seconds, bound):
    """Is it as fast as it should be? Judged in the plain build only, and as it stands in the long form only (simlib.PATIENCE)."""
    return SANITIZED or seconds <= bound * PATIENCE


def eventually(condition, what, seconds=PATIENT):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come true"
        time.sleep(0.02)


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p))] if values else 0.0
