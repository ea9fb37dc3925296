"""Songs and lyrics, by the protocol that relays of Suno speak: each is begun once, is its owner's alone, and is paid back once if it comes to nothing."""
import concurrent.futures
import http.client
import json

import pytest
from bench import ALICE, BOB, eventually
from gateway import KEYS
from simlib import PATIENT
from test_jobs import count, send, start
from test_money import balance, cli, settled, usage

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "songs" { adapter = "suno", key = "sk-up-songs", base_url = "http://127.0.0.1:${sim}/p/songs" }
provider "others" { adapter = "suno", key = "sk-up-others", base_url = "http://127.0.0.1:${sim}/p/others" }
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "songs" { source = "the test", date = "2026-11-28", models = { { name = "suno_music", request = 0.1 }, { name = "suno_lyrics", request = 0.01 } } }
prices "others" { source = "the test", date = "2026-11-28", models = { { name = "suno_music", request = 0.1 } } }
model "suno_music" { "songs", "others" }
model "suno_lyrics" { "songs" }
chain { auth {}, jobs { every = "1s", unsure = "3s" }, bill {}, fallback {}, retry { base = "1ms" } }
"""
SONG, WORDS, PAID_IN = 100_000_000, 10_000_000, 100 * 10**9


def begin(g, prompt, what="music", **more):
    status, answer = send(g, "POST", "/suno/submit/" + what, {"prompt": prompt, **more})
    assert status == 200 and answer["code"] == "success" and answer["data"].startswith("job_yz"), answer
    return answer["data"]


def look(g, job, **more):
    return send(g, "GET", "/suno/fetch/" + job, **more)


def soon(g, condition, what):
    """Where the stage looks once a second, the clock is pushed on."""
    eventually(lambda: condition() or g.skip(1100), what)


def until_over(g, job):
    seen = []

    def over():
        status, answer = look(g, job)
        assert status == 200 and answer["code"] == "success" and answer["data"]["task_id"] == job, answer
        seen.append(answer["data"])
        return seen[-1]["status"] in ("SUCCESS", "FAILURE")

    soon(g, over, "the end of a song")
    return seen[-1]


def submits(world):
    return [r for r in world.sim.log() if "/submit/" in r["path"]]


def test_to_its_end(world):
    """A song and lyrics, with what else they say going on as it stands, but for a hook; then one that goes on from the song, at the same account."""
    world.sim.script({"record": True})
    g = start(world, CONFIG, workers=2)
    song, words = begin(g, "[Verse] 鱼嘴", mv="chirp-v4", title="t", tags="pop", notify_hook="http://127.0.0.1:1/"), begin(g, "a weir", "lyrics")
    made, said = until_over(g, song), until_over(g, words)
    assert made["status"] == "SUCCESS" and made["progress"] == "100%" and [c["audio_url"] for c in made["data"]] == ["https://cdn.example/song.mp3"] * 2
    assert not {"user_id", "channel_id", "quota"} & set(made) and set(made["data"][0]) & {"user_id", "handle", "id"} == {"id"} and made["submit_time"] == 1716191749
    assert said["action"] == "LYRICS" and said["data"]["text"] == "[Verse] 鱼嘴"
    more = begin(g, "", task_id=song, continue_clip_id=made["data"][0]["id"], continue_at=120.5)
    assert until_over(g, more)["status"] == "SUCCESS"
    first, _, last = [json.loads(r["body"]) for r in submits(world)]
    assert first == {"prompt": "[Verse] 鱼嘴", "mv": "chirp-v4", "title": "t", "tags": "pop"}
    assert last["task_id"] == made["data"][0]["id"][:-2] and last["continue_at"] == 120.5
    assert {r["provider"] for r in world.sim.log()} == {"songs"}
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - 2 * SONG - WORDS and sorted(u["charged"] for u in usage(g)) == [WORDS, SONG, SONG]
    assert "adds up" in cli(g, "audit")


def test_a_hook_is_told_as_lost(world):
    g = start(world, CONFIG)
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    c.request("POST", "/suno/submit/music", '{"prompt":"a weir","notify_hook":"http://127.0.0.1:1/"}', {"authorization": "Bearer " + ALICE, "content-type": "application/json"})
    assert c.getresponse().getheader("x-yuzui-lost") == "notify_hook"
    c.close()


def test_a_relay_that_says_all_at_once(world):
    """The whole task to who begins it: he gets the gateway's own id, as from any relay."""
    g = start(world, CONFIG)
    assert until_over(g, begin(g, "at once"))["status"] == "SUCCESS" and count(g, "jobs_succeeded") == 1
    assert until_over(g, begin(g, "over at once"))["status"] == "SUCCESS" and count(g, "jobs_succeeded") == 2


def test_it_is_its_owners_alone(world):
    """Not asked for, not gone on from, not in a list by anybody else, and not known by the relay's own id; a song that is named without its job is refused."""
    g = start(world, CONFIG)
    song = begin(g, "a weir")
    until_over(g, song)
    for job, key in ((song, BOB), ("song-0", BOB), ("job_yz" + "0" * 32, None)):
        who = {"key": key} if key else {}
        status, answer = look(g, job, **who)
        assert status == 404 and answer["code"] == "not_found" and answer["data"] is None, answer
        status, answer = send(g, "POST", "/suno/submit/music", {"prompt": "x", "task_id": job}, **who)
        assert status == 404 and job in answer["message"]
        assert send(g, "POST", "/suno/fetch", {"ids": [job], "action": "MUSIC"}, **who) == (200, {"code": "success", "message": "", "data": []})
    status, answer = send(g, "POST", "/suno/submit/music", {"prompt": "x", "continue_clip_id": "song-0-0"})
    assert status == 400 and "task_id must say of which" in answer["message"]
    assert len(submits(world)) == 1 and balance(g, "bob")["available"] == PAID_IN


def test_failures_are_paid_back_once(world):
    """Also where it is said to be over and nothing was made; where one song of two was, it stands. All are asked for at once."""
    g = start(world, CONFIG)
    jobs = {what: begin(g, what) for what in ("fails", "fails at length", "mute", "half", "hangs", "a weir")}
    soon(g, lambda: count(g, "jobs_failed") == 3 and count(g, "jobs_succeeded") == 2, "the ends of five")
    settled(g)
    assert count(g, "jobs_refunded") == 3 and balance(g, "alice")["available"] == PAID_IN - 3 * SONG
    status, answer = send(g, "POST", "/suno/fetch", {"ids": [jobs["a weir"], jobs["fails"], "job_yzx", jobs["mute"], jobs["half"], jobs["hangs"], jobs["fails at length"]]})
    assert status == 200 and [t["task_id"] for t in answer["data"]] == [jobs[k] for k in ("a weir", "fails", "mute", "half", "hangs", "fails at length")]
    well, failed, mute, half, hangs, long_one = answer["data"]
    assert not any("quota" in t for t in answer["data"])
    assert [c["status"] for c in well["data"]] == ["complete"] * 2 and [c["status"] for c in half["data"]] == ["error", "complete"]
    assert failed["status"] == mute["status"] == "FAILURE" and mute["fail_reason"] == "the lyrics are not allowed" and hangs["status"] == "IN_PROGRESS"
    assert len(send(g, "POST", "/suno/fetch", {"ids": [jobs["a weir"]] * 50})[1]["data"]) == 1, "one that is named twice is told once"
    assert long_one["fail_reason"].startswith("moderation: 鱼嘴!") and len(long_one["fail_reason"].encode()) <= 2000
    assert look(g, jobs["mute"])[1]["data"]["status"] == "FAILURE"
    assert sorted(u["given_back"] for u in usage(g)) == [0, 0, 0, SONG, SONG, SONG] and "adds up" in cli(g, "audit")
    status, answer = send(g, "POST", "/suno/fetch", {"ids": ["x"] * 101})
    assert status == 400 and "at most 100" in answer["message"]


def test_lost_by_its_relay(world):
    """It says so with the status 400."""
    g = start(world, CONFIG)
    song = begin(g, "lost")
    soon(g, lambda: sum("/fetch/" in r["path"] for r in world.sim.log()) >= 5, "five looks")
    g.skip(130_000)
    assert until_over(g, song)["fail_reason"] == "its provider does not know it any more" and balance(g, "alice")["available"] == PAID_IN


def test_what_a_relay_refuses(world):
    """Goes elsewhere where it surely was not begun, also where the refusal has a status of success; nothing is charged."""
    g = start(world, CONFIG)
    for said, status, asked in (({"status": 503}, 503, 3), ({"status": 400, "body": '{"code":"invalid_request","message":"no such voice","data":null}'}, 400, 1),
                                ("refuse quota_not_enough", 429, 2), ("refuse who_knows", 502, 1)):
        world.sim.script({"rules": [{"match": {"path": "/suno/submit/music"}, "do": said}] if isinstance(said, dict) else []})
        before = len(submits(world))
        got, answer = send(g, "POST", "/suno/submit/music", {"prompt": said if isinstance(said, str) else "a weir"})
        assert got == status and answer["data"] is None and answer["message"], answer
        assert len({r["provider"] for r in submits(world)[before:]}) == min(asked, 2), said
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN and count(g, "jobs_failed") == 4 and {u["charged"] for u in usage(g)} == {0}


def test_without_the_stage_that_follows_them(world):
    g = start(world, CONFIG.replace('jobs { every = "1s", unsure = "3s" }, ', ""))
    status, answer = send(g, "POST", "/suno/submit/music", {"prompt": "a weir"})
    assert status == 400 and "the chain needs the stage jobs" in answer["message"] and not submits(world)


def test_songs_stand_in_nobodys_way(world):
    """The ledger has jobs of all dialects together: a list of films goes on behind them."""
    g = start(world, CONFIG + """
provider "films" { adapter = "openai", key = "sk-up-films", base_url = "http://127.0.0.1:${sim}/p/films/v1" }
prices "films" { source = "the test", date = "2026-11-28", models = { { name = "sora-2", second = 0.1 } } }
model "sora-2" { "films" }
""")
    films = [send(g, "POST", "/v1/videos", {"model": "sora-2", "prompt": "x"})[1]["id"]]
    for _ in range(102):
        begin(g, "hangs")
    films.append(send(g, "POST", "/v1/videos", {"model": "sora-2", "prompt": "x"})[1]["id"])
    listed = send(g, "GET", "/v1/videos")[1]
    assert [f["id"] for f in listed["data"]] == films[::-1] and not listed["has_more"], listed
    listed = send(g, "GET", "/v1/videos?limit=1")[1]
    assert [f["id"] for f in listed["data"]] == films[1:] and listed["has_more"]
    assert [f["id"] for f in send(g, "GET", "/v1/videos?limit=1&after=" + films[1])[1]["data"]] == films[:1]


def test_killed_in_the_midst(world):
    """Nothing is lost, and nothing begun twice."""
    world.sim.script({"rules": [{"match": {"path": "/suno/submit/music", "nth": 3}, "do": {"hang": "head"}}]})
    g = start(world, CONFIG)
    good, bad = begin(g, "a weir"), begin(g, "fails")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        third = pool.submit(begin, g, "nobody knows")
        eventually(lambda: len(submits(world)) == 3, "the third")
        g.kill()
        assert isinstance(third.exception(), (OSError, http.client.HTTPException))
    g.start()
    assert until_over(g, good)["status"] == "SUCCESS" and until_over(g, bad)["status"] == "FAILURE"
    soon(g, lambda: count(g, "jobs_expired") == 1, "the end of one of which nobody knows")
    settled(g)
    assert len(submits(world)) == 3 and balance(g, "alice")["available"] == PAID_IN - SONG and "adds up" in cli(g, "audit")
