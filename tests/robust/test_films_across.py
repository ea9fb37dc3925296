"""Films between dialects: asked for by the Videos API and made by Veo, and the other way round: followed, fetched, priced and paid back as among their own."""
import base64
import http.client
import json

import pytest
from bench import ALICE, BOB, eventually
from gateway import KEYS
from simlib import PATIENT
from test_jobs import count, start
from test_money import balance, cli, settled, usage
from test_operations import FILM, PAID_IN, asked, places, send, until_done

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "google" { adapter = "gemini", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/google/v1beta" }
provider "strict" { adapter = "gemini", key = env "GEMINI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/strict/v1beta", strict = true }
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/openai/v1" }
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "google" { source = "the test", date = "2026-11-28", models = {
  { name = "veo-3.1-generate-preview", second = 0.4, sizes = { { size = "720p", second = 0.4 }, { size = "1080p", second = 0.5 }, { size = "4k", second = 0.6 } } } } }
prices "strict" { source = "the test", date = "2026-11-28", models = { { name = "veo-3.1-generate-preview", second = 0.4 } } }
prices "openai" { source = "the test", date = "2026-11-28", models = { { name = "sora-2", second = 0.1 } } }
model "veo" { { "google", as = "veo-3.1-generate-preview" } }
model "strict" { { "strict", as = "veo-3.1-generate-preview" } }
model "sora-2" { "openai" }
model "either" { { "strict", as = "veo-3.1-generate-preview" }, { "openai", as = "sora-2" } }
chain { auth {}, jobs { every = "1s" }, bill {}, fallback {}, retry {} }
"""
PNG = b"\x89PNG\r\n\x1a\nx"


@pytest.fixture(name="g")
def one_gateway(world):
    world.sim.script({"record": True})
    return start(world, CONFIG, workers=2)


def videos(g, method, path="", body=None, key=ALICE, **headers):
    return send(g, method, "/v1/videos" + path, body, **{"authorization": "Bearer " + key, "key": "", **headers})


def begin(g, **body):
    status, film = videos(g, "POST", body={"model": "veo", "prompt": "a weir", **body})
    assert status == 200, film
    return film


def sent(world):
    return json.loads([r for r in world.sim.log() if r["path"].endswith((":predictLongRunning", "/videos"))][-1]["body"])


def until_over(g, film):
    seen = []

    def over():
        seen.append(videos(g, "GET", "/" + film)[1])
        return seen[-1]["status"] in ("completed", "failed")

    eventually(over, "the end of a film")
    return seen[-1]


def test_made_by_veo(world, g):
    film = begin(g, seconds="6", size="720x1280", input_reference={"image_url": "data:image/png;base64," + base64.b64encode(PNG).decode()})
    assert film["id"].startswith("video_yz") and film["object"] == "video" and film["status"] == "in_progress" and film["seconds"] == "6" and film["size"] == "720x1280"
    assert film["model"] == "veo" and sent(world) == {
        "instances": [{"prompt": "a weir", "image": {"bytesBase64Encoded": base64.b64encode(PNG).decode(), "mimeType": "image/png"}}],
        "parameters": {"sampleCount": 1, "durationSeconds": 6, "aspectRatio": "9:16", "resolution": "720p"}}
    over = until_over(g, film["id"])
    assert (over["status"], over["progress"], over["seconds"], over["size"], over["model"]) == ("completed", 100, "6", "720x1280", "veo"), over
    assert videos(g, "GET", f"/{film['id']}/content") == (200, FILM) and videos(g, "GET", f"/{film['id']}/content?variant=video") == (200, FILM)
    assert [f["id"] for f in videos(g, "GET")[1]["data"]] == [film["id"]]
    status, answer = videos(g, "GET", f"/{film['id']}/content?variant=thumbnail")
    assert status == 404 and "no such piece" in answer["error"]["message"]
    status, answer = videos(g, "DELETE", "/" + film["id"])
    assert status == 400 and "forgets it by itself" in answer["error"]["message"]
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        assert videos(g, method, f"/{film['id']}{path}", key=BOB)[0] == 404
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - 6 * 400_000_000 and "adds up" in cli(g, "audit")


def test_paid_back(world, g):
    """What Veo keeps back, loses or fails at, and what it is done with and has not made."""
    begun = {prompt: begin(g, prompt=prompt)["id"] for prompt in ("filtered", "fails", "empty")}
    codes = {prompt: until_over(g, film)["error"]["code"] for prompt, film in begun.items()}
    assert codes == {"filtered": "content_policy", "fails": "internal", "empty": "nothing_made"}
    status, answer = videos(g, "GET", f"/{begun['filtered']}/content")
    assert status == 400 and "there is nothing to get" in answer["error"]["message"]
    eventually(lambda: count(g, "jobs_refunded") == 3, "the refunds")
    assert balance(g, "alice")["available"] == PAID_IN and [u["given_back"] for u in usage(g)] == [1_600_000_000] * 3
    assert {r["provider"] for r in world.sim.log()} == {"google"} and "adds up" in cli(g, "audit")


def test_what_cannot_be_carried(world, g):
    """Told as lost, or refused where another film would be made than the one that is paid for; what the provider refuses is its word."""
    before = balance(g, "alice")["available"]
    for body, words in (({"input_reference": {"image_url": "https://example.com/a.png"}}, "no data: URL"), ({"input_reference": {"file_id": "file-1"}}, "must be an object with an image_url"),
                        ({"seconds": "4.5"}, "no whole number"), ({"seconds": "12"}, "durationSeconds"), ({"prompt": ""}, "prompt must be a text")):
        status, answer = videos(g, "POST", body={"model": "veo", "prompt": "a weir", **body})
        assert status == 400 and words in answer["error"]["message"], answer
    status, answer = videos(g, "POST", body={"model": "strict", "prompt": "a weir", "size": "1792x1024"})
    assert status == 400 and "size" in answer["error"]["message"], answer
    settled(g)
    assert balance(g, "alice")["available"] == before
    begin(g, size="1792x1024", user="me")
    assert sent(world)["parameters"] == {"sampleCount": 1, "durationSeconds": 4, "aspectRatio": "16:9", "resolution": "720p"}
    settled(g)
    assert before - balance(g, "alice")["available"] == 4 * 500_000_000  # what is asked for has more than 720 lines
    film = begin(g, model="either", size="1792x1024")  # who loses nothing
    assert film["status"] == "queued" and len(asked(world, "/videos")) == 1


def test_gemini_s_client(world, g):
    """In front of a provider of the Videos API."""
    status, operation = send(g, "POST", "/v1beta/models/sora-2:predictLongRunning", {
        "instances": [{"prompt": "soon: a weir", "image": {"bytesBase64Encoded": base64.b64encode(PNG).decode(), "mimeType": "image/png"}}],
        "parameters": {"aspectRatio": "9:16", "sampleCount": 1, "negativePrompt": "rain"}})
    assert status == 200 and operation["name"].startswith("models/sora-2/operations/video_yz"), operation
    assert sent(world) == {"model": "sora-2", "prompt": "soon: a weir", "seconds": "8", "size": "720x1280", "input_reference": {"image_url": "data:image/png;base64," + base64.b64encode(PNG).decode()}}
    (place,) = places(until_done(g, operation["name"]))
    assert send(g, "GET", place) == (200, FILM) and send(g, "GET", place, key=BOB)[0] == 404
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - 800_000_000
    status, answer = send(g, "POST", "/v1beta/models/sora-2:predictLongRunning", {"instances": [{"prompt": "a weir"}], "parameters": {"sampleCount": 2}})
    assert status == 400 and "more than one film" in answer["error"]["message"], answer
    assert balance(g, "alice")["available"] == PAID_IN - 800_000_000


def test_the_older_form(world, g):
    """/v1/video/generations of relays: of whoever makes films, and priced by its own words for length and size."""
    for model, seconds, usd in (("sora-2", 8, 0.8), ("veo", 4, 4.8)):
        before = balance(g, "alice")["available"]
        body = {"model": model, "prompt": "soon: a weir", "duration": float(seconds), "width": 1280, "height": 720, "image": base64.b64encode(PNG).decode(), "fps": 24}
        if model == "veo":
            body.update(width=3840, height=2160)
        status, task = send(g, "POST", "/v1/video/generations", body, key="", authorization="Bearer " + ALICE)
        if model == "veo":  # four seconds of 4k are refused by the provider, and eight are made
            assert status == 400 and "resolution" in task["error"]["message"]
            status, task = send(g, "POST", "/v1/video/generations", {**body, "duration": 8}, key="", authorization="Bearer " + ALICE)
        assert sent(world).get("size", "") == ("1280x720" if model == "sora-2" else "") and base64.b64encode(PNG).decode() in json.dumps(sent(world))
        assert status == 200 and task["task_id"] == task["id"] and task["status"] in ("queued", "processing") and task["url"] is None, task
        seen = []

        def over(task=task, seen=seen):
            seen.append(send(g, "GET", "/v1/video/generations/" + task["id"], key="", authorization="Bearer " + ALICE)[1])
            return seen[-1]["status"] in ("succeeded", "failed")

        eventually(over, "the end of a film")
        end = seen[-1]
        assert end["status"] == "succeeded" and end["url"] == f"http://127.0.0.1:{g.port}/v1/videos/{task['id']}/content" and end["error"] is None and "prompt" not in end, end
        assert end["metadata"]["duration"] == 8 and (model == "sora-2" or end["metadata"]["width"] == 3840), end
        assert videos(g, "GET", f"/{task['id']}/content") == (200, FILM) and videos(g, "GET", "/" + task["id"])[1]["status"] == "completed"
        assert send(g, "GET", "/v1/video/generations/" + task["id"], key="", authorization="Bearer " + BOB)[0] == 404
        settled(g)
        assert before - balance(g, "alice")["available"] == round(usd * 10**9)
    before = balance(g, "alice")["available"]
    for wrong, word in (({"n": "3"}, "n must be a whole number"), ({"n": 0}, "n must be"), ({"n": 1.5}, "n must be"), ({"duration": 8, "seconds": "4"}, "one of them is enough")):
        status, answer = send(g, "POST", "/v1/video/generations", {"model": "veo", "prompt": "a weir", **wrong}, key="", authorization="Bearer " + ALICE)
        assert status == 400 and word in answer["error"]["message"], answer
    settled(g)
    assert balance(g, "alice")["available"] == before
    film = begin(g, model="sora-2", prompt="soon")["id"]  # who asks in the one form leaves the other as it is
    older = lambda film: send(g, "GET", "/v1/video/generations/" + film, key="", authorization="Bearer " + ALICE)[1]  # noqa: E731
    eventually(lambda: older(film)["status"] == "succeeded", "the end of a film")
    assert videos(g, "GET", "/" + film)[1]["prompt"] == "soon" and older(film)["url"] and videos(g, "GET", f"/{film}/content?variant=thumbnail")[0] == 200
    assert videos(g, "DELETE", "/" + film)[1]["deleted"]
    film = begin(g, prompt="filtered")
    until_over(g, film["id"])
    status, task = send(g, "GET", "/v1/video/generations/" + film["id"], key="", authorization="Bearer " + ALICE)
    assert (status, task["status"], task["error"]["code"], task["url"]) == (200, "failed", "content_policy", None)


def test_a_part(world, g):
    """What was made is got by its parts, as players do: in either dialect, of either provider; what nobody asks for by its parts is whole."""
    def part(path, wanted):
        c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
        c.request("GET", path, headers={"authorization": "Bearer " + ALICE, "range": wanted})
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, r.getheader("content-range"), r.getheader("accept-ranges"), data

    for film in [begin(g, model=model, prompt="soon")["id"] for model in ("veo", "sora-2")]:
        until_over(g, film)
        place = f"/v1/videos/{film}/content"
        assert part(place, "bytes=4-7") == (206, "bytes 4-7/15", "bytes", FILM[4:8]) and part(place, "bytes=8-") == (206, "bytes 8-14/15", "bytes", FILM[8:])
        for odd in ("bytes=0-1,4-5", "lines=1-2", "bytes=x-1", "bytes=-", "bytes=20-30"):
            assert part(place, odd) == (200, None, "bytes", FILM), odd
        status, content_range, accepts, _ = part("/v1/videos/" + film, "bytes=0-3")
        assert (status, content_range, accepts) == (200, None, None)


def test_without_the_stage(world):
    g = start(world, CONFIG.replace('jobs { every = "1s" }, ', ""))
    status, answer = videos(g, "POST", body={"model": "veo", "prompt": "a weir"})
    assert status == 400 and "put the stage jobs into the chain" in answer["error"]["message"] and not world.sim.log()
