"""What an operator sees while it happens: /live, /requests, and ending a request that runs."""
import http.client
import json
import threading
import time

import pytest
import wire
from bench import ask, chat, eventually, fast, post
from gateway import STANDARD

PROMPT = "PROMPT-MARKER-77c1"


class Watch:
    """Reads /live on a thread of its own; `events` grows."""

    def __init__(self, gateway):
        self.events, self.stopped = [], False
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=60)
        self.connection.request("GET", "/live")
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200 and self.answer.headers["content-type"] == "text/event-stream"
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while not self.stopped:
            try:
                line = self.answer.readline()
            except (OSError, ValueError, AttributeError):
                return
            if line.startswith(b"data: "):
                self.events.append((time.monotonic(), json.loads(line[6:])))

    def find(self, kind, **wanted):
        for at, event in list(self.events):
            for entry in event[kind]:
                if all(entry.get(k) == v for k, v in wanted.items()):
                    return at, entry
        return None

    def wait(self, kind, **wanted):
        eventually(lambda: self.find(kind, **wanted), f"{kind} with {wanted}")
        return self.find(kind, **wanted)

    def close(self):
        self.stopped = True
        self.connection.close()


@pytest.fixture(name="watched")
def fixture_watched(world):
    world.sim.script({"default": {"words": 200, "chunk_delay": 50}, "rules": [{"match": {"contains": "fast"}, "do": {"words": 3, "chunks": 1}}, {"match": {"contains": "silent"}, "do": {"delay": 30000}}]})
    gateway = world.gateway(STANDARD + "chain { auth {}, retry {} }\n", workers=2)
    watch = Watch(gateway)
    yield world, gateway, watch
    watch.close()


def test_a_request_is_seen(watched):
    """While it runs, with its phase and target, soon after it began; and once when it has ended, with the tree of its calls."""
    _, gateway, watch = watched
    c = wire.Client(gateway.port)
    began = time.monotonic()
    c.send(post(chat(PROMPT, stream=True), headers="x-request-id: seen\r\n"))
    at, call = watch.wait("calls", id="seen")
    print(f"seen after {(at - began) * 1000:.0f} ms")
    assert fast(at - began, 0.3)
    assert call["target"] == "openai/gpt-5.2" and call["stream"] is True and call["model"] == "gpt-5.2"
    assert watch.wait("calls", id="seen", phase="answering")[1]["bytes"] > 0
    c.close()
    _, ended = watch.wait("ended", id="seen")
    assert ended["gone"] is True and ended["key"] == "alice"
    assert ended["tree"][0]["stage"] and ended["tree"][-1]["target"] == "openai/gpt-5.2" and ended["tree"][-1]["up"] >= 0
    leaf = ended["tree"][-1]
    assert leaf["begin"] <= leaf["connect"] <= leaf["sent"] <= leaf["first"] <= leaf["content"] <= leaf["end"]
    assert ask(gateway.port, chat(PROMPT + " fast"), headers="x-request-id: quick\r\n").status == 200
    watch.wait("ended", id="quick", status=200)
    for _, event in watch.events:
        assert PROMPT not in json.dumps(event)
    assert sum(e["id"] == "seen" for _, event in watch.events for e in event["ended"]) == 1


def test_silent_ones_wait(watched):
    _, gateway, watch = watched
    c = wire.Client(gateway.port)
    c.send(post(chat("silent"), headers="x-request-id: mute\r\n"))
    watch.wait("calls", id="mute", phase="waiting")
    c.close()


@pytest.mark.parametrize("stream", [False, True])
def test_ending_one(watched, stream):
    """The client gets an error of its dialect, the provider is left at once, and others go on."""
    world, gateway, watch = watched
    c, other = wire.Client(gateway.port), wire.Client(gateway.port)
    other.send(post(chat("other", stream=True)))
    c.send(post(chat("x" if stream else "silent", stream=stream), headers="x-request-id: doomed\r\n"))
    watch.wait("calls", id="doomed", phase="answering" if stream else "waiting")
    assert json.loads(gateway.ask("POST", "/calls/cancel?id=doomed")[1])["ended"] == 1
    assert c.read(lambda a: a.complete)
    if stream:
        assert c.answer.status == 200 and b"the operator of the gateway has ended this request" in c.answer.body
    else:
        assert c.answer.status == 503 and c.answer.json()["error"]["code"] == "cancelled_by_operator", c.answer.body
    assert c.answer.header("x-should-retry") == ("false" if not stream else None)
    _, ended = watch.wait("ended", id="doomed")
    assert ended["error"] == "cancelled_by_operator" and ended["calls"][-1]["cancelled"] is True
    assert gateway.ask("POST", "/calls/cancel?id=doomed")[0] == 404
    assert gateway.ask("POST", "/calls/cancel")[0] == 400
    assert not other.answer.complete and other.read(lambda a: len(a.body) > 2000)
    assert world.sim.stats()["requests"] == 2, "it is not tried again"
    c.close(), other.close()


def test_ending_all_of_an_id(watched):
    """An id may be a client's own, and of several requests at once: all of them end, and the answer says how many."""
    _, gateway, watch = watched
    clients = [wire.Client(gateway.port) for _ in range(3)]
    for c, name in zip(clients, ("shared", "shared", "apart")):
        c.send(post(chat("silent"), headers=f"x-request-id: {name}\r\n"))
    eventually(lambda: sum(call["phase"] == "waiting" for call in json.loads(gateway.get("/calls")[1])["calls"]) == 3, "three waiting calls")
    assert json.loads(gateway.ask("POST", "/calls/cancel?id=shared")[1])["ended"] == 2
    assert all(c.read(lambda a: a.complete) and c.answer.status == 503 for c in clients[:2])
    assert not clients[2].answer.complete
    for c in clients:
        c.close()


def test_a_page_is_refused_by_its_own_word(watched):
    """Not as a model would be."""
    _, gateway, _ = watched
    for headers, code in (({"Host": "127.0.0.1", "Origin": "https://page.example"}, "origin_not_allowed"), ({"Host": "rebound.example"}, "host_not_allowed")):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=30)
        connection.request("GET", "/status", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 403 and json.loads(answer.read())["error"]["code"] == code
        connection.close()


def test_the_last_requests(world):
    """The newest first, of all workers; a bounded number; by id; with nothing of a prompt or a key."""
    world.sim.script({"default": {"words": 3, "chunks": 1}})
    gateway = world.gateway(STANDARD + 'chain { auth {}, policy "p.lua" }\n', workers=2, files={"p.lua": "return function(req, next) return next(req) end"})
    assert ask(gateway.port, chat("x", model=PROMPT)).status == 404
    for i in range(60):
        assert ask(gateway.port, chat(PROMPT), headers=f"x-request-id: n{i}\r\n").status == 200
    status, body = gateway.get("/requests?limit=50")
    entries = json.loads(body)["requests"]
    assert PROMPT.encode() not in gateway.get("/requests")[1], "the name of a model that nobody knows"
    assert status == 200 and len(entries) == 50 and PROMPT.encode() not in body and b"sk-" not in body
    assert [e["time"] for e in entries] == sorted((e["time"] for e in entries), reverse=True)
    assert {e["id"] for e in entries[:40]} <= {f"n{i}" for i in range(10, 60)}
    one = json.loads(gateway.get("/requests?id=n7")[1])
    assert one["id"] == "n7" and one["tree"][-1]["answered"] is True and one["tree"][-1]["input_tokens"] > 0
    assert gateway.get("/requests?id=nobody")[0] == 404
    assert len(json.loads(gateway.get("/requests?limit=3")[1])["requests"]) == 3
    for wrong in ("abc", "0", "-1", "3x", "1e3"):
        status, body = gateway.get("/requests?limit=" + wrong)
        assert status == 400 and "a whole number from 1 to 2000" in json.loads(body)["error"]["message"], wrong
    assert gateway.get("/requests?limit=99999999999999999999999")[0] == 200
    assert gateway.get("/requests?id=n%37")[0] == 404


def test_a_slow_reader_gets_less(world):
    """Who reads nothing gets no backlog, and stops nobody."""
    world.sim.script({"default": {"words": 3, "chunks": 1}})
    gateway = world.gateway(STANDARD + "chain { auth {} }\n", workers=1)
    slow = wire.Client(gateway.admin_port)
    slow.send(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    for _ in range(300):
        assert ask(gateway.port, chat("x")).status == 200
    slow.close()
