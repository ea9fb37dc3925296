"""Films that fail, hang, get lost or are raced for: each is begun once, ends once, and is paid back once if it comes to nothing."""
import concurrent.futures
import datetime
import http.client
import json
import random
import threading
import time

import pytest
from batches import killed
from bench import ALICE, BOB, amount, eventually, post
from gateway import KEYS
from simlib import PATIENT
from test_money import balance, cli, credit, settled, usage

import wire

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/openai/v1" }
ledger %s
prices "openai" { source = "the test", date = "2026-11-28", models = { { name = "sora-2", second = 0.1 } } }
model "sora-2" { "openai" }
chain { auth {}, jobs { every = "1s", %s }, bill {}, fallback {}, retry {} }
"""
PRICE, PAID_IN = 400_000_000, 100 * 10**9


@pytest.fixture(name="config", params=["sqlite", "postgresql"])
def both_ledgers(request):
    """config(options of jobs): one ledger for all gateways that get it where the store can be shared."""
    if request.param == "sqlite":
        return lambda options="": CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', options)
    url = request.getfixturevalue("postgres").database()
    return lambda options="": CONFIG % (f'"postgresql" {{ url = "{url}", wills = "${{folder}}/ledger" }}', options)


@pytest.fixture(name="simple")
def one_ledger():
    """Likewise, where it does not matter which ledger it is."""
    return lambda options="": CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', options)


def start(world, text, **more):
    g = world.gateway(text, **more)
    for who in ("alice", "bob"):
        credit(g, who, PAID_IN)
    return g


def send(g, method, path, body=None, key=ALICE):
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    try:
        c.request(method, path, json.dumps(body) if body else None, {"authorization": "Bearer " + key, "content-type": "application/json"})
        r = c.getresponse()
        data = r.read()
        return r.status, json.loads(data) if r.getheader("content-type", "").startswith("application/json") else data
    finally:
        c.close()


def begin(g, prompt, **more):
    status, film = send(g, "POST", "/v1/videos", {"model": "sora-2", "prompt": prompt}, **more)
    assert status == 200 and film["status"] == "queued" and film["id"].startswith("video_yz"), film
    return film["id"]


def look(g, film, **more):
    return send(g, "GET", "/v1/videos/" + film, **more)


def until_over(g, film):
    seen = []

    def over():
        seen.append(look(g, film)[1])
        time.sleep(0.05)
        return seen[-1]["status"] in ("completed", "failed")

    eventually(over, "the end of a film")
    return seen[-1]


def count(g, name):
    return sum(int(float(line.split()[-1])) for line in g.get("/metrics")[1].decode().splitlines() if line.startswith(f"yuzui_{name}_total"))


def films(world):
    return [r for r in world.sim.log() if r["path"].endswith("/videos")]


def test_what_it_costs_is_said_once(world, simple):
    """Providers that do not look at the case of a name would make the longer film, at the price of the shorter."""
    g = start(world, simple())
    for field in ("Seconds", "SIZE", "\u017feconds"):
        status, answer = send(g, "POST", "/v1/videos", {"model": "sora-2", "prompt": "x", "seconds": "4", field: "12"})
        assert status == 400 and "spelt" in answer["error"]["message"] and answer["error"]["param"] == field, answer
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN


def test_one_that_succeeds(world, simple):
    g = start(world, simple())
    film = begin(g, "a weir")
    assert until_over(g, film)["id"] == film
    assert send(g, "GET", f"/v1/videos/{film}/content") == (200, b"\0\0\0\030ftypmp42\r\n\377")
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - PRICE
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        status, answer = send(g, method, f"/v1/videos/{film}{path}", key=BOB)
        assert status == 404 and film in answer["error"]["message"], answer
    assert send(g, "DELETE", "/v1/videos/" + film) == (200, {"id": film, "object": "video.deleted", "deleted": True})
    assert look(g, film)[0] == 404
    assert "adds up" in cli(g, "audit")


def test_nobody_asks_for_them(world, config):
    """Each ends all the same: the charge of one that failed is given back, the other's stands."""
    g = start(world, config())
    made, failed = begin(g, "a weir"), begin(g, "fails at once")
    eventually(lambda: count(g, "jobs_succeeded") == 1 and count(g, "jobs_failed") == 1, "the ends of both")
    assert count(g, "jobs_refunded") == 1 and balance(g, "alice")["available"] == PAID_IN - PRICE
    assert {u["id"]: u["given_back"] for u in usage(g)} == {made: 0, failed: PRICE}
    listed = [json.loads(line) for line in cli(g, "jobs", "alice", "--json").splitlines()]
    assert [(j["id"], j["state"], j["code"], j["cost"], j["look"], j["key"]) for j in listed] == [
        (failed, "failed", "moderation_blocked", "0.4", "", "alice"), (made, "succeeded", "", "0.4", "", "alice")]
    assert "moderation_blocked" in cli(g, "jobs") and cli(g, "jobs", "bob", code=1) == ""
    assert json.loads(g.get("/api/v1/jobs?owner=alice&limit=1")[1])["jobs"][0]["id"] == failed
    film = look(g, failed)[1]
    assert film["status"] == "failed" and film["error"] == {"code": "moderation_blocked", "message": "Your request was blocked by our moderation system."}
    assert film["id"] == failed and film["model"] == "sora-2" and film["seconds"] == "4" and film["prompt"] is None
    status, answer = send(g, "GET", f"/v1/videos/{failed}/content")
    assert status == 400 and "there is nothing to get: the job is failed" in answer["error"]["message"]
    assert "adds up" in cli(g, "audit")


def test_a_long_story_why(world, simple):
    """What the provider says of a failure may be longer than a row, and hold what no database takes: it ends all the same."""
    g = start(world, simple())
    film = begin(g, "fails at length")
    eventually(lambda: count(g, "jobs_failed") == 1, "its end")
    error = look(g, film)[1]["error"]
    assert error["code"] == "moderation_blocked" and error["message"].startswith("\ufffd") and 1900 < len(error["message"].encode()) <= 2000
    assert balance(g, "alice")["available"] == PAID_IN and "adds up" in cli(g, "audit")


def test_many_at_once(world, simple):
    """More than are taken at a time: none waits for its turn."""
    g = start(world, simple(), workers=2)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        begun = list(pool.map(lambda i: begin(g, "fails" if i % 2 else "a weir"), range(200)))
    eventually(lambda: count(g, "jobs_succeeded") == 100 and count(g, "jobs_failed") == 100, "the ends of all")
    settled(g)
    assert len(begun) == len(set(begun)) and balance(g, "alice")["available"] == PAID_IN - 100 * PRICE


def test_who_asks_and_leaves(world, simple):
    """Whoever has taken a job to look at it does so to the end, or others would wait for him."""
    world.sim.script({"rules": [{"match": {"path": "/v1/videos"}, "do": {}}, {"do": {"first_delay": 500}}]})
    g = start(world, simple('slowest = "1h"').replace('every = "1s"', 'every = "1h"'))
    film = begin(g, "hangs")
    g.skip(3_700_000)
    c = wire.Client(g.port)
    c.send(f"GET /v1/videos/{film} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {ALICE}\r\n\r\n".encode())
    eventually(lambda: any("/videos/" in r["path"] for r in world.sim.log()), "the provider")
    c.close()

    def seconds_ahead():
        (job,) = [json.loads(line) for line in cli(g, "jobs", "--json").splitlines()]
        began, next_look = (datetime.datetime.fromisoformat(job[name].replace("Z", "+00:00")) for name in ("time", "look"))
        return (next_look - began).total_seconds()

    eventually(lambda: seconds_ahead() > 7000, "what was seen")  # the hour that was skipped, and another; not a minute, as while it is taken


def test_one_stray_404(world, simple):
    """Of a server in between, while the film is made: it is asked for again."""
    world.sim.script({"rules": [{"match": {"path": "/v1/videos"}, "do": {}}, {"match": {"times": 1}, "do": {"status": 404}}]})
    g = start(world, simple())
    film = begin(g, "a weir")
    g.skip(130_000)
    assert until_over(g, film)["status"] == "completed"


def test_most_is_of_who_began_it(world, simple):
    """Another chain, or gateway, with less patience does not give up what is not its own."""
    g = start(world, simple() + 'key "sk-hasty-4242" { name = "hasty", chain = "hasty", models = { "*" } }\nchain "hasty" { auth {}, jobs { every = "1s", most = "2s" }, bill {} }\n')
    film = begin(g, "hangs")
    time.sleep(5)
    assert look(g, film)[1]["status"] in ("queued", "in_progress") and count(g, "jobs_expired") == 0


def test_asked_for_elsewhere(world, simple):
    g = start(world, simple())
    film = begin(g, "a weir")
    until_over(g, film)
    for method, path in (("GET", "/v1/files/"), ("GET", "/v1/batches/"), ("DELETE", "/v1/files/")):
        assert send(g, method, path + film)[0] == 404
    assert send(g, "POST", f"/v1/batches/{film}/cancel")[0] == 404
    assert not [r for r in world.sim.log() if r["path"].endswith("/cancel")]


def test_behind_another_gateway(world, simple):
    """One that has no jobs marks the ids of its films: they are asked for with the mark."""
    far = start(world, simple().replace('jobs { every = "1s",  }, ', ""))
    near = start(world, simple().replace("http://127.0.0.1:${sim}/p/openai/v1", f"http://127.0.0.1:{far.port}/v1").replace('env "OPENAI_API_KEY"', f'"{ALICE}"'))
    film = begin(near, "a weir")
    assert until_over(near, film)["status"] == "completed" and send(near, "GET", f"/v1/videos/{film}/content")[0] == 200
    assert send(near, "DELETE", "/v1/videos/" + film)[1]["deleted"]


def test_raced_for(world, config):
    """Hundreds of clients and the gateway itself find out at once that it has failed: one end, one refund, and the provider is not asked by each."""
    g = start(world, config(), workers=4)
    film = begin(g, "fails")
    with concurrent.futures.ThreadPoolExecutor(amount(64, 200)) as pool:
        for _ in range(3):
            seen = list(pool.map(lambda _: look(g, film), range(amount(128, 1000))))
            assert {status for status, _ in seen} == {200}
            time.sleep(1.2)
    until_over(g, film)
    settled(g)
    assert [u["given_back"] for u in usage(g)] == [PRICE] and balance(g, "alice")["available"] == PAID_IN
    assert count(g, "jobs_failed") == 1 and count(g, "jobs_refunded") == 1
    assert len([r for r in world.sim.log() if "/videos/" in r["path"]]) < 12
    assert "adds up" in cli(g, "audit")


def test_not_over_in_time(world, simple):
    g = start(world, simple('most = "6s"'))
    film = begin(g, "hangs for ever")
    eventually(lambda: look(g, film)[1]["status"] == "in_progress", "its beginning")
    status, answer = send(g, "DELETE", "/v1/videos/" + film)
    assert status == 400 and "not over yet" in answer["error"]["message"]
    assert until_over(g, film)["error"] == {"code": "expired", "message": "it was not over in time"}
    assert balance(g, "alice")["available"] == PAID_IN and count(g, "jobs_expired") == 1


def test_lost_by_its_provider(world, simple):
    """One that its provider does not know is asked for again for two minutes, and five times in a row, then it is given up."""
    g = start(world, simple())
    film = begin(g, "lost")
    eventually(lambda: sum("/videos/" in r["path"] for r in world.sim.log()) >= 5, "five looks")
    assert look(g, film)[1]["status"] == "queued"
    g.skip(130_000)
    assert until_over(g, film)["error"]["code"] == "lost"
    assert balance(g, "alice")["available"] == PAID_IN


@pytest.mark.parametrize("rule, unknown", [({"status": 500}, False), ({"status": 429}, False), ({"hang": "head"}, True), ({"close_at": 0}, True)])
def test_not_begun_or_nobody_knows(world, simple, rule, unknown):
    """Never begun again, never charged, and over in the end."""
    world.sim.script({"rules": [{"match": {"path": "/v1/videos"}, "do": rule}]})
    g = start(world, simple('unsure = "3s"').replace("sim}/p/openai/v1\"", "sim}/p/openai/v1\", timeout = { first_byte = \"1s\" }"))
    status, _ = send(g, "POST", "/v1/videos", {"model": "sora-2", "prompt": "a weir"})
    assert status >= 429 and (len(films(world)) == 1 or rule == {"status": 429})
    if unknown:
        assert count(g, "jobs_failed") == 0
        eventually(lambda: count(g, "jobs_expired") == 1, "the end of one of which nobody knows")
    else:
        assert count(g, "jobs_failed") == 1
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN
    assert "adds up" in cli(g, "audit")


def test_client_leaves_while_it_begins(world, simple):
    world.sim.script({"rules": [{"match": {"path": "/v1/videos"}, "do": {"first_delay": 800}}]})
    g = start(world, simple())
    c = wire.Client(g.port)
    c.send(post(json.dumps({"model": "sora-2", "prompt": "a weir"}).encode(), "/v1/videos"))
    eventually(lambda: len(films(world)) == 1, "the provider")
    c.close()
    eventually(lambda: count(g, "jobs_succeeded") == 1, "its end")
    settled(g)
    assert [u["charged"] for u in usage(g)] == [PRICE] and len(films(world)) == 1


def test_a_poor_client_begins_none(world, simple):
    g = world.gateway(simple())
    credit(g, "alice", PRICE - 1)
    status, answer = send(g, "POST", "/v1/videos", {"model": "sora-2", "prompt": "a weir"})
    assert status == 402 and answer["error"]["code"] == "insufficient_balance" and not films(world)
    assert count(g, "jobs_failed") == 1


def test_over_reloads_and_restarts(world, simple):
    g = start(world, simple())
    film, hangs = begin(g, "a weir"), begin(g, "hangs")
    for _ in range(3):
        assert g.reload()[0]
    g.stop()
    g.start()
    assert until_over(g, film)["id"] == film and look(g, hangs)[1]["status"] in ("queued", "in_progress")
    g.write_config(simple().replace('provider "openai"', 'provider "other"').replace('prices "openai"', 'prices "other"').replace('{ "openai" }', '{ "other" }'))
    assert g.reload()[0]
    status, answer = send(g, "GET", f"/v1/videos/{film}/content")
    assert status == 503 and '"openai", which keeps it, is not configured here any more' in answer["error"]["message"]


class Maker(threading.Thread):
    """Begins films, and asks for some of them, whatever happens to the gateway."""

    def __init__(self, g, seed):
        super().__init__()
        self.g, self.dice, self.stop, self.told = g, random.Random(seed), False, {}

    def run(self):
        while not self.stop:
            try:
                kind = self.dice.choice(["a weir", "fails"])
                status, film = send(self.g, "POST", "/v1/videos", {"model": "sora-2", "prompt": kind})
                if status == 200:
                    self.told[film["id"]] = kind
                    send(self.g, "GET", "/v1/videos/" + self.dice.choice(list(self.told)))
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.02)
            time.sleep(self.dice.uniform(0, 0.2))


def test_kill_9(world, config):
    """Killed again and again: none is lost, none begun twice, none charged twice; each that failed, or of which nobody knows, is paid back."""
    world.sim.script({"rules": [{"match": {"path": "/v1/videos"}, "do": {"first_delay": [0, 30]}}]})
    g = start(world, config('unsure = "5s"'), workers=2)
    makers = [Maker(g, seed) for seed in range(6)]
    killed(g, makers, most=500, pause=(0.2, 1.0))
    told = {film: kind for m in makers for film, kind in m.told.items()}
    ends = {film: until_over(g, film)["status"] for film in told}
    assert told and ends == {film: "failed" if kind == "fails" else "completed" for film, kind in told.items()}
    time.sleep(6)
    g.skip(61_000)
    settled(g)

    def kept():
        return {j["id"]: j for j in map(json.loads, cli(g, "jobs", "--json", "--limit", "100000").splitlines())}

    eventually(lambda: all(j["ended"] for j in kept().values()), "the ends of those whose clients were never told")
    settled(g)
    rows, paid = kept(), {u["id"]: u for u in usage(g)}
    assert len(paid) == len(usage(g)) and set(paid) <= set(rows) and set(told) <= set(paid)
    for film, u in paid.items():  # a client that was never told finds it in the list
        made = rows[film]["state"] == "succeeded"
        assert u["charged"] - u["given_back"] == (PRICE if made else 0), (u, rows[film])
    assert all(rows[film]["state"] == ("failed" if kind == "fails" else "succeeded") for film, kind in told.items())
    b = balance(g, "alice")
    assert b["held"] == 0 and b["available"] == PAID_IN - PRICE * sum(j["state"] == "succeeded" for j in rows.values())
    assert "adds up" in cli(g, "audit")
    print(f"{len(told)} films told, of {len(rows)} that were to be begun and {len(paid)} held")


def test_two_gateways(world, postgres):
    """On one ledger: either knows the other's, and they do not both ask the provider."""
    url = postgres.database()
    text = CONFIG % (f'"postgresql" {{ url = "{url}", wills = "${{folder}}/ledger" }}', "")
    a, b = start(world, text), world.gateway(text)
    begun = [begin(a, "fails" if i % 2 else "a weir") for i in range(10)]
    ends = [until_over(b, film)["status"] for film in begun]
    assert ends == ["failed" if i % 2 else "completed" for i in range(10)]
    eventually(lambda: sum(u["given_back"] for u in usage(a)) == 5 * PRICE, "refunds")
    assert count(a, "jobs_refunded") + count(b, "jobs_refunded") == 5
    assert balance(a, "alice")["available"] == PAID_IN - 5 * PRICE
