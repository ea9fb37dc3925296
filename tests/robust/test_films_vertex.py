"""Films of Vertex AI (Veo): begun there, asked for by a POST that names their operation, and handed out from within its answer, in whichever dialect they were asked
for; what it keeps back, puts elsewhere or breaks off is nobody's film and is paid back."""
import hashlib
import http.client
import json

import pytest
from bench import ALICE, BOB, eventually
from gateway import KEYS
from simlib import PATIENT
from test_jobs import count, start
from test_money import balance, cli, settled, usage
from test_operations import FILM, PAID_IN, places, send, until_done

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "vertex" { adapter = "gemini", project = "p", location = "europe-west4", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/vertex/v1" }
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "vertex" { source = "the test", date = "2026-11-30", models = { { name = "veo-3.1-generate-001", second = 0.4 } } }
model "veo" { { "vertex", as = "veo-3.1-generate-001" } }
chain { auth {}, jobs { every = "1s" }, bill {}, fallback {}, retry {} }
"""
AT = "/v1/projects/p/locations/europe-west4/publishers/google/models/veo-3.1-generate-001"


@pytest.fixture(name="g")
def one_gateway(world):
    world.sim.script({"record": True})
    return start(world, CONFIG, workers=2)


def videos(g, method, path="", body=None, key=ALICE, **headers):
    return send(g, method, "/v1/videos" + path, body, **{"authorization": "Bearer " + key, "key": "", **headers})


def begin(g, prompt, **parameters):
    return send(g, "POST", "/v1beta/models/veo:predictLongRunning", {"instances": [{"prompt": prompt}], "parameters": parameters})


def until_over(g, film):
    seen = []

    def over():
        seen.append(videos(g, "GET", "/" + film)[1])
        return seen[-1]["status"] in ("completed", "failed")

    eventually(over, "the end of a film")
    return seen[-1]


def test_by_the_videos_api(world, g):
    status, film = videos(g, "POST", body={"model": "veo", "prompt": "slow: a weir", "seconds": "6", "size": "720x1280"})
    assert status == 200 and film["status"] == "in_progress" and film["id"].startswith("video_yz"), film
    assert until_over(g, film["id"])["status"] == "completed"
    log = world.sim.log()
    assert log[0]["path"].startswith(AT)
    assert json.loads(log[0]["body"])["parameters"] == {"sampleCount": 1, "durationSeconds": 6, "aspectRatio": "9:16", "resolution": "720p"}
    (named,) = {r["body"] for r in log[1:]}
    assert json.loads(named)["operationName"].startswith(AT[4:] + "/operations/op") and len(log) == 3  # "slow": asked for twice
    assert videos(g, "GET", f"/{film['id']}/content") == (200, FILM)
    assert videos(g, "GET", f"/{film['id']}/content", range="bytes=0-3") == (200, FILM)  # whole, which a server may send
    assert videos(g, "GET", f"/{film['id']}/content", key=BOB)[0] == 404
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - 6 * 400_000_000 and "adds up" in cli(g, "audit")


def test_in_its_own_dialect(world, g):
    """Where it lies, and what it is called there, is nobody's; of several each is got by itself."""
    status, operation = begin(g, "a carp", sampleCount=2, seed=7, generateAudio=True)
    assert status == 200 and operation["name"].startswith("models/veo/operations/video_yz"), operation
    done = until_done(g, operation["name"])
    assert "bytesBase64Encoded" not in json.dumps(done) and "europe-west4" not in json.dumps(done)
    assert [send(g, "GET", place) for place in places(done)] == [(200, FILM), (200, FILM + b"1")]
    assert json.loads(world.sim.log()[0]["body"])["parameters"] == {"sampleCount": 2, "seed": 7, "generateAudio": True}
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - 16 * 400_000_000


def test_where_the_operator_s_account_may_write(world, g):
    """… no client has anything written, nor anybody told."""
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    c.request("POST", "/v1beta/models/veo:predictLongRunning", json.dumps({"instances": [{"prompt": "a carp"}], "parameters": {"storageUri": "gs://other", "seed": 1, "pubsubTopic": "t"}}),
              {"x-goog-api-key": ALICE, "content-type": "application/json"})
    r = c.getresponse()
    assert r.status == 200 and r.getheader("x-yuzui-lost") == "parameters.storageUri, parameters.pubsubTopic", (r.status, r.read())
    assert json.loads(world.sim.log()[0]["body"])["parameters"] == {"seed": 1}


def test_a_long_one(g):
    """It is not kept: not while it is asked how the job stands, and not while it is fetched."""
    status, operation = begin(g, "long: a carp", sampleCount=2)
    assert status == 200
    at = places(until_done(g, operation["name"]))
    films = [send(g, "GET", place)[1] for place in at]
    assert [hashlib.sha256(f).digest() for f in films] == [hashlib.sha256(b"fil" * (1 << 20)).digest(), hashlib.sha256(b"m1f" * (1 << 20)).digest()]


@pytest.mark.parametrize("prompt, code, words", [
    ("filtered: a carp", "content_policy", "鱼"), ("empty: a carp", "nothing_made", "has made nothing"), ("fails: a carp", "internal", "internal server issue"),
    ("elsewhere: a carp", "nothing_made", "no place from which a film can be fetched here")])
def test_paid_back(g, prompt, code, words):
    film = videos(g, "POST", body={"model": "veo", "prompt": prompt, "seconds": "4"})[1]["id"]
    end = until_over(g, film)
    assert (end["status"], end["error"]["code"]) == ("failed", code) and words in end["error"]["message"], end
    assert videos(g, "GET", f"/{film}/content")[0] == 400
    eventually(lambda: count(g, "jobs_refunded") == 1, "the refund")
    assert balance(g, "alice")["available"] == PAID_IN and [u["given_back"] for u in usage(g)] == [1_600_000_000] and "adds up" in cli(g, "audit")


def test_one_of_two_is_kept_back(g):
    status, operation = begin(g, "some: a carp", sampleCount=2)
    assert status == 200
    (place,) = places(until_done(g, operation["name"]))
    assert send(g, "GET", place) == (200, FILM + b"1")
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - 16 * 400_000_000  # what was asked for, as everywhere


def test_what_is_no_film(world, g):
    """A text that is no base64, a document that is broken off, an operation that is gone."""
    film = videos(g, "POST", body={"model": "veo", "prompt": "odd: a weir"})[1]["id"]
    assert until_over(g, film)["status"] == "completed"
    with pytest.raises(http.client.IncompleteRead):  # it is found out in the middle of it
        videos(g, "GET", f"/{film}/content")
    world.sim.script({"rules": [{"do": {"status": 404}}]})
    assert videos(g, "GET", f"/{film}/content")[0] == 404
    text = '{"name":"x","done":true,"response":{"videos":[]}}'
    world.sim.script({"rules": [{"do": {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n{text}"}}]})
    status, answer = videos(g, "GET", f"/{film}/content")
    assert status == 502 and "does not hold this film any more" in answer["error"]["message"], answer
    text = '{"bytesBase64Encoded":"AAAA'
    world.sim.script({"rules": [{"do": {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n{text}"}}]})
    try:
        assert videos(g, "GET", f"/{film}/content")[0] >= 500
    except http.client.IncompleteRead:
        pass


def test_what_it_says_while_it_works(world, g):
    """An answer that says nothing of the job changes nothing; it is asked again, and begun once."""
    world.sim.script({"record": True, "rules": [{"match": {"contains": "operationName"}, "do": {"status": 503}}]})
    film = videos(g, "POST", body={"model": "veo", "prompt": "a weir"})[1]["id"]
    eventually(lambda: len(world.sim.log()) > 2, "that it was asked for")
    assert videos(g, "GET", "/" + film)[1]["status"] == "in_progress"
    world.sim.script({"record": True})
    assert until_over(g, film)["status"] == "completed"
    assert len([r for r in world.sim.log() if "instances" in r["body"]]) <= 1


def test_by_google_s_client(world, g):
    from google import genai
    from google.genai import types
    client = genai.Client(api_key=ALICE, http_options=types.HttpOptions(base_url=f"http://127.0.0.1:{g.port}"))
    operation = types.GenerateVideosOperation(name=begin(g, "a carp")[1]["name"])
    eventually(lambda: client.operations.get(operation).done, "the end of a film")
    (film,) = client.operations.get(operation).response.generated_videos
    assert client.files.download(file=film) == FILM

