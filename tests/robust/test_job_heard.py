"""Providers that say by themselves when something has come of a job: it is looked at then, and nothing that they say is believed."""
import datetime
import http.client
import json
import time
import urllib.parse

from bench import eventually
from simlib import PATIENT
from test_drawings import CONFIG as DRAWINGS
from test_drawings import IMAGINE, PAID_IN, soon, submit
from test_job_hooks import JOBS, Listener
from test_jobs import count, send, start
from test_money import balance, cli
from test_songs import CONFIG as SONGS
from test_songs import SONG
from test_songs import begin as begin_song

# Nobody looks by himself: the first look is an hour away.
HEARD = 'jobs { every = "1h", slowest = "1h", unsure = "1h", hook_key = "whsec-of-the-test", heard_at = "http://127.0.0.1:${port}/"%s'


def serve(world, config, more=""):
    world.sim.script({"record": True})
    return start(world, config.replace(JOBS, HEARD % more))


def told(world, field):
    """The paths that the relay was told, in the order of the jobs."""
    bodies = [json.loads(r["body"]) if isinstance(r["body"], str) else r["body"] for r in world.sim.log() if "/submit/" in r["path"]]
    return [urllib.parse.urlsplit(b[field]).path if field in b else None for b in bodies]


def say(g, path, body=None):
    """Its status, and what it answers: a success has no body."""
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    c.request("POST", path, json.dumps({"status": "IN_PROGRESS"} if body is None else body), {"content-type": "application/json"})
    r = c.getresponse()
    data = r.read()
    c.close()
    return r.status, json.loads(data) if data else b""


def until(g, path, counter):
    """A relay says it again and again, as its progress goes on."""
    def over():
        status, answer = say(g, path)
        assert status == 204 and answer == b"", (status, answer)
        return count(g, counter) == 1

    eventually(over, "the end that a provider tells")


def test_it_is_looked_at_when_the_relay_says_so(world):
    g = serve(world, DRAWINGS)
    job = submit(g, "imagine", {"prompt": "a weir"})
    path, = told(world, "notifyHook")
    assert path.startswith(f"/v1/hooks/{job}-") and len(path.rpartition("-")[2]) == 32
    asked = sum("/fetch" in r["path"] for r in world.sim.log())
    assert asked == 0, "nobody looks by himself"
    until(g, path, "jobs_succeeded")
    for _ in range(20):
        assert say(g, path)[0] == 204, "it is over, and stays so"
    assert sum(r["path"].endswith("/fetch") for r in world.sim.log()) <= count(g, "jobs_heard") - 20
    assert send(g, "GET", f"/mj/task/{job}/fetch")[1]["imageUrl"] and balance(g, "alice")["available"] == PAID_IN - IMAGINE and "adds up" in cli(g, "audit")


def test_whatever_its_body_is(world):
    """Nobody reads it."""
    g = serve(world, DRAWINGS)
    submit(g, "imagine", {"prompt": "a weir"})
    path, = told(world, "notifyHook")
    for body, kind in ((b"status=SUCCESS", "application/x-www-form-urlencoded"), (b"not JSON \xff", None), (b"[]", "application/json"), (b"{bad", "application/json"), (b"", None)):
        c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
        c.request("POST", path, body, {"content-type": kind} if kind else {})
        r = c.getresponse()
        assert (r.status, r.read()) == (204, b""), (body, kind)
        c.close()
    assert count(g, "jobs_heard") > 0


def test_songs_and_what_fails(world):
    """What is paid back is so by what the provider answers when it is asked, not by what is posted."""
    g = serve(world, SONGS)
    begin_song(g, "fails"), begin_song(g, "a weir")
    fails, works = told(world, "notify_hook")
    until(g, fails, "jobs_failed")
    status, answer = say(g, works, {"code": "success", "data": {"status": "FAILURE", "fail_reason": "so I say"}})
    assert status == 204 and answer == b""
    until(g, works, "jobs_succeeded")
    assert count(g, "jobs_failed") == count(g, "jobs_refunded") == 1 and balance(g, "alice")["available"] == PAID_IN - SONG and "adds up" in cli(g, "audit")


def test_nobody_guesses_one(world):
    g = serve(world, DRAWINGS)
    job, other = submit(g, "imagine", {"prompt": "a weir"}), submit(g, "imagine", {"prompt": "a weir"})
    path, second = told(world, "notifyHook")
    signature, last = path.rpartition("-")[2], "0" if path[-1] != "0" else "1"
    for wrong in (f"{job}-{second.rpartition('-')[2]}", f"{other}-{signature}", f"{job}-{signature[:-1]}{last}", f"{job}-{signature.upper()}", f"{job}-{signature}0", f"{job}-", job, signature, "x", f"video_yz{job[6:]}-{signature}"):
        status, answer = say(g, "/v1/hooks/" + wrong)
        assert status == 404 and "no job's" in answer["error"]["message"], (wrong, status, answer)
    assert say(g, path + "/x")[0] == 404 and send(g, "GET", path)[0] == 405 and count(g, "jobs_heard") == 0
    assert not any(r["path"].endswith("/fetch") for r in world.sim.log()), "the relay was asked for none of them"
    assert path not in g.log(), "it is not for logs"
    assert say(g, path)[0] == 204


def test_a_relay_that_says_it_too_often(world):
    """However often, a job is asked for once a second."""
    g = serve(world, DRAWINGS)
    submit(g, "imagine", {"prompt": "hangs"})
    path, = told(world, "notifyHook")
    asked, said, begun = [], 0, time.monotonic()
    while len(asked) < 3:
        assert say(g, path)[0] == 204 and time.monotonic() < begun + PATIENT
        said += 1
        asked = [r for r in world.sim.log() if r["path"].endswith("/fetch")]
    assert said > 30 and count(g, "jobs_heard") == said and len(asked) <= time.monotonic() - begun + 2, (said, len(asked))


def test_what_is_said_within_the_second(world):
    """It is not lost: the stage itself looks in the next one, and not when it would have."""
    g = serve(world, DRAWINGS)
    submit(g, "imagine", {"prompt": "hangs"})
    path, = told(world, "notifyHook")
    assert say(g, path)[0] == 204

    def sooner():
        row = json.loads(cli(g, "jobs", "--json"))
        look, begun = (datetime.datetime.fromisoformat(row[name].replace("Z", "+00:00")) for name in ("look", "time"))
        return (look - begun).total_seconds() < 100 or any(r["path"].endswith("/fetch") for r in world.sim.log())

    eventually(sooner, "a look that is due")


def test_a_clients_own_is_told_by_the_gateway(world):
    """The relay gets ours instead of it; one that is not allowed is lost, as ever."""
    with Listener() as listener:
        own = f"http://127.0.0.1:{listener.port}/in/x"
        world.sim.script({"record": True})
        more = f', hook_key = "whsec-of-the-test", heard_at = "http://127.0.0.1:${{port}}", hooks = {{ "http://127.0.0.1:{listener.port}/in/" }}, hooks_private = true'
        g = start(world, DRAWINGS.replace(JOBS, JOBS + more))
        job = submit(g, "imagine", {"prompt": "a weir", "notifyHook": own})
        submit(g, "imagine", {"prompt": "a weir", "notifyHook": own.replace("/in/", "/out/")})
        paths = told(world, "notifyHook")
        assert all(p.startswith("/v1/hooks/") for p in paths) and own not in str([r["body"] for r in world.sim.log()])
        assert say(g, paths[0])[0] == 204
        soon(g, lambda: listener.heard, "its client's hook")
        assert json.loads(listener.heard[0][3])["id"] == job
        listener.shutdown()


def test_without_it_no_relay_is_told(world):
    world.sim.script({"record": True})
    g = start(world, DRAWINGS)
    job = submit(g, "imagine", {"prompt": "a weir"})
    assert told(world, "notifyHook") == [None]
    assert say(g, f"/v1/hooks/{job}-{'0' * 32}")[0] == 404
    for wrong, why in (('heard_at = "gateway.example", hook_key = "x"', "heard_at is how providers reach this gateway"), ('heard_at = "https://gateway.example"', "hook_key = env")):
        g.write_config(DRAWINGS.replace(JOBS, JOBS + ", " + wrong))
        well, said = g.reload()
        assert not well and why in said, said
