"""Films of Gemini's dialect (Veo) that fail, are filtered, hang or get lost: each is begun once, ends once, and is paid back once if nothing was made; what
was made is its owner's alone, and the provider's places and names are nobody's."""
import concurrent.futures
import http.client
import json
import re

import pytest
from bench import ALICE, BOB, eventually
from gateway import KEYS, PROVIDER_KEYS
from simlib import PATIENT
from test_jobs import count, start
from test_money import balance, cli, settled, usage

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "google" { adapter = "gemini", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/google/v1beta" }
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "google" { source = "the test", date = "2026-11-28", models = {
  { name = "veo-3.1-generate-preview", second = 0.4, sizes = { { size = "720p", second = 0.4 }, { size = "1080p", second = 0.4 }, { size = "4k", second = 0.6 } } } } }
model "veo" { { "google", as = "veo-3.1-generate-preview" } }
chain { auth {}, jobs { every = "1s", %s }, bill {}, fallback {}, retry {} }
"""
PAID_IN, FILM = 100 * 10**9, b"\0\0\0\030ftypmp42\r\n\377"


def send(g, method, path, body=None, key=ALICE, **headers):
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    try:
        c.request(method, path, json.dumps(body) if body else None, {**({"x-goog-api-key": key} if key else {}), "content-type": "application/json", **headers})
        r = c.getresponse()
        data = r.read()
        return r.status, json.loads(data) if r.getheader("content-type", "").startswith("application/json") else data
    finally:
        c.close()


def ask(g, prompt, **parameters):
    return send(g, "POST", "/v1beta/models/veo:predictLongRunning", {"instances": [{"prompt": prompt}], **({"parameters": parameters} if parameters else {})})


def begin(g, prompt, **parameters):
    status, operation = ask(g, prompt, **parameters)
    assert status == 200 and re.fullmatch("models/veo/operations/video_yz[0-9a-f]{32}", operation["name"]) and list(operation) == ["name"], operation
    return operation["name"]


def until_done(g, name):
    seen = []

    def done():
        seen.append(send(g, "GET", "/v1beta/" + name)[1])
        return seen[-1].get("done", False)

    eventually(done, "the end of a film")
    assert seen[-1]["name"] == name
    return seen[-1]


def places(operation):
    uris = [s["video"]["uri"] for s in operation["response"]["generateVideoResponse"]["generatedSamples"]]
    assert all(re.fullmatch(r"https://127\.0\.0\.1:\d+/v1beta/files/[a-z0-9]+:download\?alt=media", u) for u in uris), uris
    return ["/" + u.split("/", 3)[3] for u in uris]


def file_of(name, number=1):
    return f"/v1beta/files/{number}{name.rpartition('/')[2].replace('_', 'x5f')}:download?alt=media"


def asked(world, part):
    return [r for r in world.sim.log() if part in r["path"]]


@pytest.fixture(name="g")
def one_gateway(world):
    return start(world, CONFIG % "", workers=2)


def test_to_its_end(world, g):
    """Two films of six seconds each; the second gateway's key, and a client without a Host that is anybody's, learn nothing."""
    name = begin(g, "slow: a weir", sampleCount=2, durationSeconds=6, aspectRatio="9:16")
    first, second = places(until_done(g, name))
    assert send(g, "GET", first) == (200, FILM) and send(g, "GET", second) == (200, FILM + b"1")
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - 2 * 6 * 400_000_000
    looked = len(asked(world, "/operations/"))
    assert places(until_done(g, name)) == [first, second] and len(asked(world, "/operations/")) == looked  # told from the ledger
    for path in ("/v1beta/" + name, first):
        status, answer = send(g, "GET", path, key=BOB)
        assert status == 404 and answer["error"]["status"] == "NOT_FOUND", answer
    third = first.replace("/files/1", "/files/3")
    assert send(g, "GET", third)[0] == 404 and send(g, "GET", first.replace("/files/1", "/files/"))[0] == 404
    assert send(g, "GET", "/v1/" + name)[0] == 200  # SDKs differ in the version that they ask
    for other in ("/v1beta/models/x/operations/op1x", "/v1beta/files/film0n0:download?alt=media"):
        assert send(g, "GET", other)[0] == 404  # the provider's own names are nobody's
    assert [r["key"] for r in world.sim.log()] == [PROVIDER_KEYS["GEMINI"]] * len(world.sim.log())
    assert "adds up" in cli(g, "audit")


def test_done_and_nothing_made(g):
    """Found out by the client or by the gateway, whoever is first; where the filter kept it back this dialect has no error, but no films either."""
    begun = {prompt: begin(g, prompt) for prompt in ("fails", "filtered", "empty", "elsewhere")}
    over = {prompt: until_done(g, name) for prompt, name in begun.items()}
    eventually(lambda: count(g, "jobs_refunded") == 4, "the refunds")
    filtered = over.pop("filtered")
    assert filtered["response"]["generateVideoResponse"] == {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [
        "Sorry, we can't create videos with 鱼. Your request was not charged."]} and "error" not in filtered
    assert all(o["error"]["code"] == 13 and o["error"]["message"] and "response" not in o for o in over.values()), over
    for name in begun.values():
        status, answer = send(g, "GET", file_of(name))
        assert status == 400 and "there is nothing to get: the job is failed" in answer["error"]["message"]
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN and [u["given_back"] for u in usage(g)] == [3_200_000_000] * 4
    assert "adds up" in cli(g, "audit")
    jobs = {j["id"]: j["code"] for j in map(json.loads, cli(g, "jobs", "--json").splitlines())}
    assert [jobs[name.rpartition("/")[2]] for name in begun.values()] == ["internal", "content_policy", "nothing_made", "nothing_made"]


def test_nobody_asks_and_many_do(g):
    """The gateway finds out by itself; or a crowd does at once: one refund."""
    name = begin(g, "filtered")
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert {s for s, _ in pool.map(lambda _: send(g, "GET", "/v1beta/" + name), range(200))} == {200}
    eventually(lambda: count(g, "jobs_failed") == 1, "its end")
    settled(g)
    assert count(g, "jobs_refunded") == 1 and balance(g, "alice")["available"] == PAID_IN


def test_hangs(world):
    g = start(world, CONFIG % 'most = "20s"')
    hangs = begin(g, "hangs")
    assert "done" not in send(g, "GET", "/v1beta/" + hangs)[1]
    status, answer = send(g, "GET", file_of(hangs))
    assert status == 400 and "not over yet" in answer["error"]["message"]
    g.skip(30_000)
    assert until_done(g, hangs)["error"] == {"code": 4, "message": "it was not over in time"}
    assert balance(g, "alice")["available"] == PAID_IN and count(g, "jobs_refunded") == 1


def test_money(g):
    """Eight seconds unless said; each film of several; the larger picture; what the provider refuses costs nothing; over a restart too."""
    prices = {(): 3.2, (("durationSeconds", 4),): 1.6, (("resolution", "4k"),): 4.8, (("sampleCount", 3), ("durationSeconds", 4), ("resolution", "720p")): 4.8}
    for parameters, usd in prices.items():
        before = balance(g, "alice")["available"]
        begin(g, "a weir", **dict(parameters))
        settled(g)
        assert before - balance(g, "alice")["available"] == round(usd * 10**9), parameters
    before = balance(g, "alice")["available"]
    for wrong in ({"durationSeconds": 5}, {"durationSeconds": "8"}, {"aspectRatio": "1:1"}, {"resolution": "8k"}, {"fps": 24}, {"sampleCount": 5}):
        status, answer = ask(g, "a weir", **wrong)
        assert status == 400 and next(iter(wrong)) in answer["error"]["message"], answer
    settled(g)
    assert balance(g, "alice")["available"] == before
    name = begin(g, "a weir")
    g.stop()
    g.start()
    assert send(g, "GET", places(until_done(g, name))[0]) == (200, FILM)


def test_a_film_that_has_moved(world, g):
    """At its provider it is followed, with the key, a few times; to anybody else nobody goes."""
    place = places(until_done(g, begin(g, "a weir")))[0]
    at = next(r["path"] for r in reversed(world.sim.log()) if "/operations/" in r["path"]).rpartition("/op")[2].rstrip("x")
    here = f"/p/google/v1beta/files/film{at}n0:download?alt=media"

    def moved(to, times=1, status=302):
        world.sim.script({"rules": [{"match": {"path": f"/v1beta/files/film{at}n0:download", "times": times}, "do": {"status": status, "headers": {"location": to}}}]})
        before = len(asked(world, "/files/"))
        answer = send(g, "GET", place)
        return answer, len(asked(world, "/files/")) - before

    assert moved(here) == ((200, FILM), 2) and moved(f"http://127.0.0.1:{world.sim.port}" + here, 3, 307) == ((200, FILM), 4)
    (status, answer), n = moved(here, 9)
    assert status == 502 and n == 4 and "more than 3 redirects" in answer["error"]["message"], answer
    for elsewhere in ("http://127.0.0.1:1" + here, f"https://127.0.0.1:{world.sim.port}" + here, "//example.com/x", "gs://b/x", "", "x", f"http://u:p@127.0.0.1:{world.sim.port}" + here):
        (status, answer), n = moved(elsewhere, 9)
        words = answer["error"]["message"]
        assert status == 502 and n == 1 and ("another server" in words or "at what is no address" in words), (elsewhere, answer)
    assert {r["key"] for r in world.sim.log()} == {PROVIDER_KEYS["GEMINI"]}


def test_without_the_stage(world):
    """Refused, and told what is missing; nothing is begun."""
    g = start(world, (CONFIG % "").replace('jobs { every = "1s",  }, ', ""))
    status, answer = ask(g, "a weir")
    assert status == 400 and "put the stage jobs into the chain" in answer["error"]["message"], answer
    assert send(g, "GET", "/v1beta/models/veo/operations/op0x")[0] == 404 and not world.sim.log()
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN
