"""A status of success that holds an error, a page or nothing is the error it says, for pictures, sound, vectors, rankings and jobs as for chats: it costs nothing, a fallback answers in its place where nothing was begun, and what was made is never bought twice."""
import pytest
from played import BOOKS, GOOGLE, JSON, OPENAI, Played, before, form, paid, send

PRICES = """
prices "openai" { source = "t", date = "2026-11-28", models = { { name = "img", picture = 0.1 }, { name = "tts", characters = 15 }, { name = "whisper", second = 0.0001 }, { name = "call", request = 0.01 }, { name = "film", second = 0.1 } } }
prices "google" { source = "t", date = "2026-11-28", models = { { name = "veo", second = 0.4 } } }
prices "other" { source = "t", date = "2026-11-28", models = { { name = "img", picture = 0.1 }, { name = "film", second = 0.1 } } }
model "img" { "openai" } model "tts" { "openai" } model "whisper" { "openai" } model "call" { "openai" } model "film" { "openai" } model "veo" { "google" }
model "safe" { { "openai", as = "img" }, { "other", as = "img" } } model "reel" { { "openai", as = "film" }, { "other", as = "film" } }
"""
OTHER = OPENAI.replace('provider "openai"', 'provider "other"').replace("/v1", "/other/v1")
ERROR = {"error": {"message": "blocked", "type": "invalid_request_error", "code": "moderation_blocked"}}
BUSY = {"error": {"message": "slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
PICTURE = {"b64_json": "iVBORw0KGgo="}
IMAGE = "/v1/images/generations", {"model": "img", "prompt": "x", "n": 2}
SPEECH = "/v1/audio/speech", {"model": "tts", "input": "hello" * 100, "voice": "a"}
SAMPLES, RAW = (SPEECH[0], {**SPEECH[1], "response_format": "pcm"}), bytes(range(256)) * 400
HEARD = "/v1/audio/transcriptions", *form([("model", "whisper")], [("file", "audio/mpeg", b"x" * 40000)])
CALLS = {"embed": ("/v1/embeddings", {"model": "call", "input": "x"}), "moderate": ("/v1/moderations", {"model": "call", "input": "x"}),
         "rerank": ("/v1/rerank", {"model": "call", "query": "x", "documents": ["a"]})}
SOUND, PAGE = {"content-type": "audio/mpeg"}, {"content-type": "text/html"}
CASES = {
    "a picture's error": (IMAGE, (200, {}, ERROR), 400),
    "no pictures": (IMAGE, (200, {}, {"created": 1, "data": []}), 502),
    "an empty object": (IMAGE, (200, {}, {}), 502),
    "a page": (IMAGE, (200, PAGE, b"<html><title>busy</title>"), 502),
    "a task": (IMAGE, (202, {"content-type": JSON}, b'{"task_id":"1"}'), 502),
    "pictures of null": (IMAGE, (200, {}, {"created": 1, "data": [{"b64_json": None, "url": None}]}), 502),
    "an empty address": (IMAGE, (200, {}, {"created": 1, "data": [{"url": ""}]}), 502),
    "entries that are errors": (IMAGE, (200, {}, {"created": 1, "data": [ERROR, ERROR]}), 400),
    "speech's error": (SPEECH, (200, {}, ERROR), 400),
    "an error called sound": (SPEECH, (200, SOUND, b'{"error":{"message":"blocked","type":"invalid_request_error"}}'), 400),
    "an empty sound": (SPEECH, (200, SOUND, b""), 502),
    "a page for sound": (SPEECH, (200, PAGE, b"<html>"), 502),
    "a page called sound": (SPEECH, (200, SOUND, b"<html>"), 502),
    "a transcript's error": (HEARD, (200, {}, ERROR), 400),
    "a page for a transcript": (HEARD, (200, PAGE, b"<html>"), 502),
    "a moderation's error": (CALLS["moderate"], (200, {}, ERROR), 400),
    "an embedding's error": (CALLS["embed"], (200, {}, ERROR), 400),
    "no vectors": (CALLS["embed"], (200, {}, {"object": "list", "data": []}), 502),
    "an error called samples": (SAMPLES, (200, {"content-type": "audio/pcm"}, b' {"error":{"message":"blocked","type":"invalid_request_error"}}'), 400),
    "a page called samples": (SAMPLES, (200, {"content-type": "audio/pcm"}, b"<html><title>busy</title>"), 502),
    "nothing for samples": (SAMPLES, (200, {"content-type": "audio/pcm"}, b""), 502),
    "an empty ranking without usage": (CALLS["rerank"], (200, {}, {"results": []}), 502),
    "a ranking's error": (CALLS["rerank"], (200, {}, {"detail": "bad"}), 502),
}
GOOD = {
    "one of two": (IMAGE, (200, {}, {"created": 1, "data": [PICTURE, ERROR]}), 10**8),
    "an error beside a picture": (IMAGE, (200, {}, {"created": 1, "data": [PICTURE], **BUSY}), 10**8),
    "a picture in another shape": (IMAGE, (200, {}, {"images": [{"image": "https://a.example/1.png"}]}), None),
    "a picture's own bytes": (IMAGE, (200, {"content-type": "image/png"}, b"\x89PNG"), None),
    "samples": (SPEECH, (200, {"content-type": "audio/pcm"}, b"{<\0\0"), 7_500_000),
    **{f"{first} as {label}": (SAMPLES, (200, {"content-type": label}, first + RAW), 7_500_000) for label in ("audio/mpeg", "text/html") for first in (b"{", b"<", b"data:")},
    "few samples": (SAMPLES, (200, SOUND, b"{<"), 7_500_000),
    "an empty ranking": (CALLS["rerank"], (200, {}, {"results": [], "usage": {"total_tokens": 3}}), 10**7),
    "an empty ranking of another form": (CALLS["rerank"], (200, {}, {"results": [], "meta": {"billed_units": {"search_units": 1}}}), 10**7),
    "a silent sound file": (HEARD, (200, {}, {"text": ""}), None),
    "a bare ranking": (CALLS["rerank"], (200, {"content-type": JSON}, b'[{"index":0,"score":0.5}]'), 10**7),
    "a ranking": (CALLS["rerank"], (200, {}, {"results": [{"index": 0, "relevance_score": 0.5}]}), 10**7),
}


@pytest.fixture(name="world", scope="module")
def one_gateway():
    provider = Played(lambda request: provider.answers.pop(0) if len(provider.answers) > 1 else provider.answers[0])
    with before(provider, OPENAI + OTHER + GOOGLE + PRICES + BOOKS) as g:
        g.provider = provider
        yield g


def asked(g, place, *answers):
    """(status, answer, paid, how often the provider was asked)"""
    path, body, *headers = place
    g.provider.answers, g.provider.asked = list(answers), []
    before_it = paid(g)
    status, answer, _ = send(g, "POST", path, body, headers=headers[0] if headers else None)
    return status, answer, paid(g) - before_it, len(g.provider.asked)


@pytest.mark.parametrize("case", CASES)
def test_costs_nothing(world, case):
    place, said, status = CASES[case]
    got = asked(world, place, said)
    assert got[0] == status and got[2] == 0, got
    made = place in (IMAGE, SPEECH, SAMPLES)
    assert got[3] == 1 or not made, got  # it may have been made
    if said[2] == ERROR:
        assert got[1]["error"]["code"] == "moderation_blocked" and "blocked" in got[1]["error"]["message"], got


@pytest.mark.parametrize("case", GOOD)
def test_goes_through(world, case):
    place, said, cost = GOOD[case]
    status, answer, charged, times = asked(world, place, said)
    assert (status, times) == (200, 1), answer
    assert cost is None or charged == cost


def test_another_answers(world):
    status, answer, charged, times = asked(world, ("/v1/images/generations", {"model": "safe", "prompt": "x"}), (200, {}, BUSY), (200, {}, BUSY), (200, {}, BUSY), (200, {}, {"data": [PICTURE]}))
    assert (status, charged) == (200, 10**8) and times > 1 and answer["data"] == [PICTURE]


@pytest.mark.parametrize("path, body", [("/v1/videos", {"model": "film", "prompt": "x"}), ("/v1beta/models/veo:predictLongRunning", {"instances": [{"prompt": "x"}]}),
                                        ("/v1/video/generations", {"model": "film", "prompt": "x"})])
def test_a_job_that_is_refused(world, path, body):
    status, answer, charged, times = asked(world, (path, body), (200, {}, ERROR))
    assert (status, charged, times) == (400, 0, 1) and "blocked" in str(answer)


def test_a_job_that_another_begins(world):
    begun = {"id": "v1", "object": "video", "status": "queued", "model": "film", "seconds": "4"}
    status, answer, charged, times = asked(world, ("/v1/videos", {"model": "reel", "prompt": "x"}), (200, {}, BUSY), (200, {}, BUSY), (200, {}, BUSY), (200, {}, begun))
    assert (status, charged) == (200, 4 * 10**8) and times > 1 and answer["id"].startswith("video_yz")


def test_a_job_that_failed_at_once_is_one(world):
    status, answer, charged, _ = asked(world, ("/v1/videos", {"model": "film", "prompt": "x"}), (200, {}, {"id": "v2", "object": "video", "status": "failed", **ERROR}))
    assert (status, answer["status"], charged) == (200, "failed", 0) and answer["error"]["code"] == "moderation_blocked"


def test_speech_that_breaks_off(world):
    """All that the official SDKs send to have speech streamed is stream_format."""
    path, body = SPEECH
    says = (200, {"content-type": "text/event-stream"}, b'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n')
    _, answer, _, _ = asked(world, (path, {**body, "stream_format": "sse"}), says)
    assert b"speech.audio.delta" in answer and b'"error"' in answer
