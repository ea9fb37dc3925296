"""Addresses that clients name to be told how a job ended: those that the operator allows, signed, at least once, and never inside his network."""
import hashlib
import hmac
import http.server
import json
import threading

import pytest
from bench import BOB, eventually
from simlib import PATIENT
from test_drawings import CONFIG as DRAWINGS
from test_drawings import soon
from test_drawings import submit as submit_drawing
from test_jobs import count, send, start
from test_money import balance, cli
from test_songs import CONFIG as SONGS
from test_songs import PAID_IN, SONG
from test_songs import begin as begin_song

JOBS = 'jobs { every = "1s", unsure = "3s"'
HOOKS = JOBS + ', hooks = { "http://127.0.0.1:%d/in/", "http://127.0.0.1:%d/just" }, hook_key = "whsec-of-the-test"%s'


class Listener(http.server.ThreadingHTTPServer):
    """Keeps what it is told, and answers with the next of `statuses`, or 204."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taker)
        self.heard, self.statuses, self.hangs = [], [], None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class Taker(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        self.server.heard.append((status, self.path, dict(self.headers.items()), body))
        if self.server.hangs and self.path == "/in/hangs":
            self.server.hangs.wait(PATIENT)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(name="listener")
def one_listener():
    with Listener() as listener:
        yield listener
        listener.shutdown()


def with_hooks(config, listener, more=", hooks_private = true"):
    return config.replace(JOBS, HOOKS % (listener.port, listener.port, more))


def signed(headers, body):
    """As docs say: HMAC over the seconds, a dot and the body."""
    seconds, _, digest = headers["x-yuzui-signature"].removeprefix("t=").partition(",v1=")
    return hmac.compare_digest(hmac.new(b"whsec-of-the-test", f"{seconds}.".encode() + body, hashlib.sha256).hexdigest(), digest)


def test_told_until_it_is_taken(world, listener):
    """What it would get if it asked, once it has ended; an address that is not allowed is told as lost, and the relay hears of neither."""
    world.sim.script({"record": True})
    listener.statuses = [500, 302]
    g = start(world, with_hooks(SONGS, listener))
    base = f"http://127.0.0.1:{listener.port}"
    jobs = {what: begin_song(g, what, notify_hook=base + path) for what, path in (("a weir", "/in/a?b=c"), ("fails", "/just"))}
    for url in (base + "/justice", base + "/in/../out", base + "/in/%2E%2e/out", base + "/in/a b", base + "/in/a#b", "http://127.0.0.1:1/in/", f"http://127.0.0.1:{listener.port}@127.0.0.1:1/in/"):
        begin_song(g, "a weir", notify_hook=url)
    soon(g, lambda: count(g, "jobs_told") == 2, "both ends told")
    taken = {path: json.loads(body) for status, path, headers, body in listener.heard if status == 204 and signed(headers, body)}
    assert len(listener.heard) == 4 and set(taken) == {"/in/a?b=c", "/just"}
    assert taken["/in/a?b=c"] == send(g, "GET", "/suno/fetch/" + jobs["a weir"])[1] and taken["/in/a?b=c"]["data"]["data"][0]["audio_url"]
    assert taken["/just"]["data"] == {**taken["/just"]["data"], "task_id": jobs["fails"], "status": "FAILURE"} and taken["/just"]["data"]["fail_reason"].startswith("moderation")
    assert not any("notify_hook" in r["body"] for r in world.sim.log() if r["path"].endswith("/music"))
    g.skip(4_000_000)
    assert len(listener.heard) == 4 and balance(g, "alice")["available"] == PAID_IN - 8 * SONG and "adds up" in cli(g, "audit")


def test_a_kill_forgets_none(world, listener):
    listener.statuses = [503]
    g = start(world, with_hooks(DRAWINGS, listener))
    picture = submit_drawing(g, "imagine", {"prompt": "a cat", "notifyHook": f"http://127.0.0.1:{listener.port}/in/"})
    soon(g, lambda: len(listener.heard) == 1, "the first try")
    g.kill()
    g.start()
    soon(g, lambda: count(g, "jobs_told") == 1, "its end told")
    status, _, headers, body = listener.heard[-1]
    assert status == 204 and signed(headers, body) and json.loads(body)["id"] == picture and json.loads(body)["imageUrl"]


def test_not_inside_the_network(world, listener):
    """Whatever the operator allows; it is given up after a few hours, and the job stands."""
    g = start(world, with_hooks(DRAWINGS, listener, ""))
    picture = submit_drawing(g, "imagine", {"prompt": "fails", "notifyHook": f"http://127.0.0.1:{listener.port}/in/"})
    soon(g, lambda: count(g, "jobs_failed") == 1, "its end")
    eventually(lambda: count(g, "jobs_untold") == 1 or g.skip(4_000_000), "that it is given up")
    assert listener.heard == [] and send(g, "GET", f"/mj/task/{picture}/fetch")[1]["status"] == "FAILURE" and balance(g, "alice")["available"] == PAID_IN
    for wrong, why in (('hooks = { "https://hooks.example/" }', "hooks are signed: hook_key = env"), ('hooks = { "hooks.example" }, hook_key = "x"', "what addresses may begin with")):
        g.write_config(DRAWINGS.replace(JOBS, JOBS + ", " + wrong))
        well, said = g.reload()
        assert not well and why in said


def test_one_that_hangs_holds_nobody_up(world, listener):
    """An address that takes its time is waited for beside everything else: other jobs are looked at, end, and are told; it is told again when it never answered."""
    hangs = threading.Event()
    listener.hangs = hangs
    g = start(world, with_hooks(SONGS, listener))
    base = f"http://127.0.0.1:{listener.port}/in/"
    for _ in range(20):  # more than are told at once for one owner
        begin_song(g, "a weir", notify_hook=base + "hangs")
    soon(g, lambda: len(listener.heard) >= 16, "as many as are told at once for one owner")
    assert send(g, "POST", "/suno/submit/music", {"prompt": "a weir", "notify_hook": base + "answers"}, key=BOB)[0] == 200
    soon(g, lambda: any(path == "/in/answers" for _, path, _, _ in listener.heard), "another's, while they hang")
    assert count(g, "jobs_told") <= 1
    begin_song(g, "a weir")
    soon(g, lambda: count(g, "jobs_succeeded") == 22, "the end of one that nobody is told of")
    hangs.set()
    soon(g, lambda: count(g, "jobs_told") == 21, "all of them")
    assert "adds up" in cli(g, "audit")
