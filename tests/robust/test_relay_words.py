"""What relays say of jobs in words that are none of the dialect's: what it means is known, and clients read the dialect's own words, and ids that are texts."""
import json
import time

import pytest
from bench import eventually
from played import BOOKS, OPENAI, Played, before, paid, send

MJ = 'provider "mj" { adapter = "midjourney", key = "k", base_url = "http://127.0.0.1:${sim}" }\nprovider "suno" { adapter = "suno", key = "k", base_url = "http://127.0.0.1:${sim}" }\n'
PRICES = """
prices "openai" { source = "t", date = "2026-11-28", models = { { name = "film", second = 0.1 } } }
prices "mj" { source = "t", date = "2026-11-28", models = { { name = "mj_imagine", request = 0.1 } } }
prices "suno" { source = "t", date = "2026-11-28", models = { { name = "suno_music", request = 0.1 } } }
model "film" { "openai" } model "mj_imagine" { "mj" } model "suno_music" { "suno" }
"""


class Relay(Played):
    """Its ids are numbers, and its words what the test says."""

    def __init__(self):
        super().__init__(self.say)
        self.word, self.n, self.more = "queued", 100, {}

    def say(self, request):
        path, begins = request.path.split("?")[0], request.command == "POST"
        self.n += begins
        last = path.rstrip("/").split("/")[-1]
        if path.startswith("/mj"):
            task = {"id": int(path.split("/")[3]), "action": "IMAGINE", "status": self.word, "progress": "50%", "prompt": "x", "imageUrl": "https://a.example/1.png", "failReason": None, "buttons": [], "properties": {}} if not begins else None
            return 200, {}, {"code": 1, "description": "ok", "result": self.n} if begins else task
        if path.startswith("/suno"):
            return 200, {}, {"code": "success", "message": "", "data": self.n if begins else {"task_id": int(last), "action": "MUSIC", "status": self.word, "fail_reason": "", "progress": "50%", "data": [{"id": "c", "status": "complete", "audio_url": "https://a.example/1.mp3"}]}}
        if begins:
            return 200, {}, {"id": self.n, "object": "video", "status": "queued", "model": "film", "seconds": "4"}
        return 200, {}, {"id": int(last), "object": "video", "status": self.word, "progress": "50%", "seconds": "4", "metadata": {"seed": 7}, **self.more}


@pytest.fixture(name="g", scope="module")
def one_gateway():
    provider = Relay()
    with before(provider, OPENAI + MJ + PRICES + BOOKS) as g:
        g.provider = provider
        yield g


def film(g):
    return send(g, "GET", "/v1/videos/" + send(g, "POST", "/v1/videos", {"model": "film", "prompt": "x"})[1]["id"])


def until(g, path, status, read):
    seen = []

    def is_so():
        time.sleep(0.05)
        seen.append(send(g, "GET", path)[1])
        return read(seen[-1]) == status

    eventually(is_so, f"the word {status}")
    return seen[-1]


@pytest.mark.parametrize("said, told, cost", [("succeeded", "completed", 1), ("SUCCESS", "completed", 1), ("Success", "completed", 1), ("failure", "failed", 0), ("FAILURE", "failed", 0), ("error", "failed", 0),
                                              ("canceled", "failed", 0), ("cancelled", "failed", 0), ("expired", "failed", 0), ("timeout", "failed", 0), ("processing", "in_progress", 1), ("odd-word", "in_progress", 1),
                                              ("NOT_START", "queued", 1), ("PENDING", "queued", 1), ("completed", "completed", 1)])
def test_films(g, said, told, cost):
    g.provider.word, g.provider.more = "queued", {}
    was = paid(g)
    begun = send(g, "POST", "/v1/videos", {"model": "film", "prompt": "x"})[1]
    assert begun["id"].startswith("video_yz") and begun["status"] == "queued" and begun["object"] == "video", begun
    g.provider.word, g.provider.more = said, {"fail_reason": "too dark"} if told == "failed" else {}
    got = until(g, "/v1/videos/" + begun["id"], told, lambda answer: answer["status"])
    assert got["id"] == begun["id"] and got["seconds"] == "4", got
    if told == "failed":
        assert got["error"]["message"] == "too dark" and got["error"]["code"], got
    elif told == "completed":
        assert got["metadata"] == {"seed": 7}, got  # what it says besides stays
    eventually(lambda: paid(g) - was == cost * 4 * 10**8, "what it costs")
    assert send(g, "GET", "/v1/videos?limit=1")[1]["data"][0]["status"] == told
    g.provider.word = "completed"


@pytest.mark.parametrize("said, told", [("succeeded", "SUCCESS"), ("success", "SUCCESS"), ("failed", "FAILURE"), ("processing", "IN_PROGRESS"), ("modal", "MODAL"), ("MODAL", "MODAL"), ("Submitted", "NOT_START")])
def test_drawings(g, said, told):
    g.provider.word = "SUBMITTED"
    task = send(g, "POST", "/mj/submit/imagine", {"prompt": "x"})[1]["result"]
    assert isinstance(task, str) and not task.isdigit()
    g.provider.word = said
    path = f"/mj/task/{task}/fetch"
    assert until(g, path, told, lambda answer: answer["status"])["id"] == task
    g.provider.word = "SUCCESS"


@pytest.mark.parametrize("said, told", [("succeeded", "SUCCESS"), ("success", "SUCCESS"), ("failed", "FAILURE"), ("running", "IN_PROGRESS"), ("queueing", "QUEUED")])
def test_songs(g, said, told):
    g.provider.word = "SUBMITTED"
    task = send(g, "POST", "/suno/submit/music", {"prompt": "x", "mv": "chirp-v4"})[1]["data"]
    assert isinstance(task, str) and not task.isdigit()
    g.provider.word = said
    got = until(g, "/suno/fetch/" + task, told, lambda answer: answer["data"]["status"])
    assert got["data"]["task_id"] == task and json.dumps(got)
    g.provider.word = "SUCCESS"
