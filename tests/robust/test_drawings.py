"""Pictures by the protocol of Midjourney's relays: each step is its owner's, goes to the account that made the one before, and is paid for once."""
import concurrent.futures
import http.client
import json
import pathlib
import re

from bench import ALICE, BOB, eventually
from gateway import KEYS
from simlib import PATIENT
from test_jobs import count, send, start
from test_money import balance, cli, credit, settled, usage

CONFIG = KEYS.replace('"gpt-*"', '"*"') + """
provider "a" { adapter = "midjourney", key = "sk-up-a", base_url = "http://127.0.0.1:${sim}/p/a" }
provider "b" { adapter = "midjourney", key = "sk-up-b", credential = "bearer", base_url = "http://127.0.0.1:${sim}/p/b" }
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "a" { source = "the test", date = "2026-11-28", models = { { name = "mj_imagine", also = { "mj_modal", "mj_zoom", "mj_blend", "mj_describe", "mj_shorten", "mj_edits" }, request = 0.1 },
  { name = "mj_upscale", also = { "mj_variation", "mj_reroll", "swap_face" }, request = 0.05 }, { name = "mj_video", request = 0.8 }, { name = "mj_turbo_imagine", request = 0.2 } } }
prices "b" { source = "the test", date = "2026-11-28", models = { { name = "mj_imagine", request = 0.1 }, { name = "mj_upscale", request = 0.05 } } }
model "mj_*" { "a" }
model "mj_imagine" { "a", "b" }
model "mj_upscale" { "a", "b" }
model "swap_face" { "a" }
chain { auth {}, jobs { every = "1s", unsure = "3s" }, bill {}, fallback {}, retry { base = "1ms" } }
"""
IMAGINE, UPSCALE, PAID_IN = 100_000_000, 50_000_000, 100 * 10**9


def submit(g, what, body, code=1, prefix="/mj", **more):
    status, answer = send(g, "POST", f"{prefix}/submit/{what}", body, **more)
    assert status == 200 and answer["code"] == code and answer["result"].startswith("job_yz") and "discordInstanceId" not in answer["properties"] and (code != 1 or answer["properties"] == {}), answer
    return answer["result"]


def look(g, job, **more):
    return send(g, "GET", f"/mj/task/{job}/fetch", **more)


def soon(g, condition, what):
    """Where the stage looks once a second, the clock is pushed on."""
    eventually(lambda: condition() or g.skip(1100), what)


def until_over(g, job):
    seen = []

    def over():
        status, answer = look(g, job)
        assert status == 200 and answer["id"] == job, answer
        seen.append(answer)
        return seen[-1]["status"] in ("SUCCESS", "FAILURE")

    soon(g, over, "the end of a picture")
    return seen[-1]


def submits(world):
    return [r for r in world.sim.log() if "/submit/" in r["path"] or "/insight-face/" in r["path"]]


def test_step_by_step(world):
    """A picture, enlarged by each way to say it, at the account that drew it; the same step again is the same step, and is paid for once."""
    world.sim.script({"record": True})
    g = start(world, CONFIG, workers=2)
    cat = submit(g, "imagine", {"prompt": "猫猫", "notifyHook": "http://127.0.0.1:1/", "accountFilter": {"modes": ["TURBO"]}, "state": "s"})
    made = until_over(g, cat)
    assert made["status"] == "SUCCESS" and made["imageUrl"] == "https://cdn.example/a.png" and made["submitTime"] == 1689231405854 and not {"instanceId", "userId"} & set(made)
    assert made["properties"] == {"finalPrompt": "Cat"}, "also within"
    world.sim.script({"record": True, "rules": [{"match": {"provider": "a", "path": "/mj/submit/change", "times": 1}, "do": {"status": 503}}]})
    first = submit(g, "change", {"taskId": cat, "action": "UPSCALE", "index": 2})
    same = submit(g, "simple-change", {"content": cat + " U2"}, code=21)
    pressed = submit(g, "action", {"taskId": cat, "customId": made["buttons"][0]["customId"]})
    assert {until_over(g, job)["status"] for job in (first, same, pressed)} == {"SUCCESS"} and same != first
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - IMAGINE - 2 * UPSCALE and sorted(u["given_back"] for u in usage(g)) == [0, 0, 0, UPSCALE]
    assert send(g, "GET", f"/mj/task/{cat}/image-seed") == (200, {"code": 1, "description": "ok", "result": "1234567890", "properties": {}})
    log = [json.loads(r["body"]) for r in submits(world)]
    assert log[0] == {"prompt": "猫猫", "state": "s"} and cat not in json.dumps(log) and log[-2]["content"].endswith(" U2")
    assert {r["provider"] for r in world.sim.log()} == {"a"} and {r["key"] for r in submits(world)} == {"sk-up-a"}
    assert "adds up" in cli(g, "audit")


def test_the_list(world):
    """Of who asks, the newest first, in pages; as the ledger has them, so no relay is asked."""
    world.sim.script({"record": True})
    g = start(world, CONFIG)
    jobs = [submit(g, "imagine", {"prompt": f"cat {n}"}) for n in range(3)]
    bobs = submit(g, "imagine", {"prompt": "a dog"}, key=BOB)
    until_over(g, jobs[0])
    asked = len([r for r in world.sim.log() if r["path"] == "/mj/task/list"])
    status, listed = send(g, "GET", "/mj/task/list")
    assert status == 200 and [one["id"] for one in listed] == jobs[::-1], listed
    assert listed[2]["status"] == "SUCCESS" and listed[2]["action"] == "IMAGINE" and listed[2]["imageUrl"] == "" and listed[2]["prompt"] == "", listed[2]
    assert [one["id"] for one in send(g, "GET", "/mj-fast/mj/task/list?limit=2")[1]] == jobs[:0:-1]
    assert [one["id"] for one in send(g, "GET", f"/mj/task/list?after={jobs[1]}")[1]] == jobs[:1]
    assert [one["id"] for one in send(g, "GET", "/mj/task/list", key=BOB)[1]] == [bobs]
    for query, code in (("limit=0", 400), ("limit=x", 400), ("order=asc", 400), (f"after={bobs}", 404), ("after=job_yz0", 404)):
        assert send(g, "GET", "/mj/task/list?" + query)[0] == code, query
    assert asked == 0 and not [r for r in world.sim.log() if r["path"].endswith("/list")]


def test_all_that_is_submitted(world):
    """Each by its own model, at its own price; what waits for more is not paid for until that is said; the speed is of the path, and has a price of its own, or is refused."""
    g = start(world, CONFIG)
    cat = submit(g, "imagine", {"prompt": "a cat"}, prefix="/mj-turbo/mj")
    assert until_over(g, cat)["status"] == "SUCCESS"
    picture = "data:image/png;base64,AA=="
    submit(g, "blend", {"base64Array": [picture, picture]})
    submit(g, "describe", {"base64": picture})
    submit(g, "shorten", {"prompt": "a cat"})
    submit(g, "edits", {"prompt": "a hat", "image": picture})
    submit(g, "video", {"prompt": "it runs", "image": picture})
    submit(g, "swap-face", {"sourceBase64": picture, "targetBase64": picture})
    status, answer = send(g, "POST", "/mj/insight-face/swap", {"sourceBase64": picture, "targetBase64": picture})
    assert status == 200 and answer["code"] == 1
    submit(g, "change", {"taskId": cat, "action": "REROLL"})
    waits = submit(g, "action", {"taskId": cat, "customId": "MJ::CustomZoom::4ca6"}, code=21)
    assert until_modal(g, waits) and until_over(g, submit(g, "modal", {"taskId": waits, "prompt": "a cat --zoom 2"}))["status"] == "SUCCESS"
    settled(g)
    assert sorted(u["model"] for u in usage(g)) == sorted(["mj_turbo_imagine", "mj_blend", "mj_describe", "mj_shorten", "mj_edits", "mj_video", "swap_face", "swap_face", "mj_reroll", "mj_zoom", "mj_modal"])
    assert balance(g, "alice")["available"] == PAID_IN - 200_000_000 - 5 * IMAGINE - 800_000_000 - 3 * UPSCALE
    for body, word in (({"prompt": "x --turbo"}, "/mj-turbo/mj/submit"), ({"prompt": "x \u2014fast"}, "/mj-fast/mj/submit")):
        status, answer = send(g, "POST", "/mj/submit/imagine", body)
        assert status == 400 and word in answer["description"] and answer["code"] == 4, answer
    status, answer = send(g, "POST", "/mj-fast/mj/submit/imagine", {"prompt": "x"})
    assert status == 403 and "mj_fast_imagine" in answer["description"]


def until_modal(g, job):
    soon(g, lambda: look(g, job)[1]["status"] == "MODAL", "that it waits for more")
    return True


def test_it_is_its_owners_alone(world):
    """Not asked for, changed, or listed by anybody else, in no spelling; the key may stand in a header of the protocol's own."""
    g = start(world, CONFIG)
    cat = submit(g, "imagine", {"prompt": "a cat"})
    until_over(g, cat)
    for job, key in ((cat, BOB), ("1689231400000", BOB), ("1689231400000", ALICE), ("job_yz" + "0" * 32, ALICE)):
        for path in ("fetch", "image-seed"):
            status, answer = send(g, "GET", f"/mj/task/{job}/{path}", key=key)
            assert status == 404 and answer["code"] == 3 and answer["type"] == "not_found", answer
        for what, body in (("change", {"taskId": job, "action": "UPSCALE", "index": 1}), ("simple-change", {"content": job + " U1"}), ("modal", {"taskId": job}),
                           ("action", {"taskId": job, "customId": "MJ::JOB::upsample::1::x"}), ("video", {"taskId": job, "action": "extend", "index": 0})):
            status, answer = send(g, "POST", "/mj/submit/" + what, body, key=key)
            assert status == 404 and job in answer["description"], (what, answer)
        for which in ("condition", "ids"):
            assert send(g, "POST", "/mj/task/list-by-" + which, {"ids": [job]}, key=key) == (200, [])
    for body in ({"TaskId": "1689231400000"}, {"prompt": "x", "NotifyHook": "http://127.0.0.1/"}, {"ta\u017fkId": "1689231400000"}):
        status, answer = send(g, "POST", "/mj/submit/imagine", {"prompt": "x", **body}, key=BOB)
        assert status == 400 and "spelt" in answer["description"], answer
    assert len(submits(world)) == 1 and balance(g, "bob")["available"] == PAID_IN
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    c.request("GET", f"/mj/task/{cat}/fetch", headers={"mj-api-secret": ALICE})
    assert json.load(c.getresponse())["status"] == "SUCCESS"
    c.close()


def test_failures_are_paid_back_once(world):
    g = start(world, CONFIG)
    status, queued = send(g, "POST", "/mj/submit/imagine", {"prompt": "queued"})
    assert status == 200 and queued["properties"] == {"numberOfQueues": 2}, "where it stands is told"
    jobs = {what: submit(g, "imagine", {"prompt": what}) for what in ("fails", "fails at length", "hangs", "a cat")}
    soon(g, lambda: count(g, "jobs_failed") == 2 and count(g, "jobs_succeeded") == 2, "the ends of four")
    settled(g)
    assert count(g, "jobs_refunded") == 2 and balance(g, "alice")["available"] == PAID_IN - 3 * IMAGINE
    status, tasks = send(g, "POST", "/mj/task/list-by-condition", {"ids": [jobs["a cat"], jobs["fails"], "x", jobs["hangs"], jobs["fails at length"]]})
    later = send(g, "POST", "/mj-fast/mj/task/list-by-ids", {"ids": [t["id"] for t in tasks]})[1]
    assert [(t["id"], t["status"]) for t in later] == [(t["id"], t["status"]) for t in tasks], "the name that later relays have"
    assert status == 200 and [(t["id"], t["status"]) for t in tasks] == [(jobs["a cat"], "SUCCESS"), (jobs["fails"], "FAILURE"), (jobs["hangs"], "IN_PROGRESS"), (jobs["fails at length"], "FAILURE")]
    assert tasks[0]["imageUrl"] and "instanceId" not in tasks[0] and tasks[1]["failReason"].startswith("banned: ") and tasks[1]["action"] == "IMAGINE" and len(tasks[3]["failReason"].encode()) <= 2000
    assert sorted(u["given_back"] for u in usage(g)) == [0, 0, 0, IMAGINE, IMAGINE] and "adds up" in cli(g, "audit")


def test_what_never_said_more(world):
    """It was not to be paid for, and is given up in time: nothing is paid back a second time."""
    g = start(world, CONFIG.replace('unsure = "3s"', 'unsure = "3s", most = "20s"'))
    cat = submit(g, "imagine", {"prompt": "a cat"})
    until_over(g, cat)
    waits = submit(g, "action", {"taskId": cat, "customId": "MJ::CustomZoom::4ca6"}, code=21)
    assert until_over(g, waits)["failReason"] == "it was not over in time"
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN - IMAGINE and sorted(u["given_back"] for u in usage(g)) == [0, IMAGINE] and "adds up" in cli(g, "audit")


def test_what_a_relay_refuses(world):
    """With the status 200, by its code: 3, 23 and 24 go elsewhere, 4 says what is wrong, 9 may have begun; nothing is charged."""
    g = start(world, CONFIG)
    for code, status, said, asked in ((3, 503, 3, {"a", "b"}), (23, 503, 23, {"a", "b"}), (4, 400, 4, {"a"}), (24, 400, 24, {"a", "b"}), (9, 502, 9, {"a"}), (5, 502, 9, {"a"})):
        before = len(submits(world))
        got, answer = send(g, "POST", "/mj/submit/imagine", {"prompt": f"code {code}"})
        assert got == status and answer["code"] == said and "refused" in answer["description"], (code, got, answer)
        assert {r["provider"] for r in submits(world)[before:]} == asked and (code == 24) == ("blood" in answer["description"])
    settled(g)
    assert balance(g, "alice")["available"] == PAID_IN and count(g, "jobs_failed") == 6
    status, answer = send(g, "POST", "/mj/submit/change", {"taskId": "x", "action": "PAINT"})
    assert status == 400 and "UPSCALE, VARIATION or REROLL" in answer["description"]


def test_lost_by_its_relay(world):
    """It says null, with the status 200."""
    g = start(world, CONFIG)
    cat = submit(g, "imagine", {"prompt": "lost"})
    soon(g, lambda: sum("/fetch" in r["path"] for r in world.sim.log()) >= 5, "five looks")
    g.skip(130_000)
    assert until_over(g, cat)["failReason"] == "its provider does not know it any more" and balance(g, "alice")["available"] == PAID_IN


def test_killed_in_the_midst(world):
    """Nothing is lost, and nothing begun twice."""
    world.sim.script({"rules": [{"match": {"path": "/mj/submit/imagine", "nth": 3}, "do": {"hang": "head"}}]})
    g = start(world, CONFIG)
    good, bad = submit(g, "imagine", {"prompt": "a cat"}), submit(g, "imagine", {"prompt": "fails"})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        third = pool.submit(submit, g, "imagine", {"prompt": "nobody knows"})
        eventually(lambda: len(submits(world)) == 3, "the third")
        g.kill()
        assert isinstance(third.exception(), (OSError, http.client.HTTPException))
    g.start()
    assert until_over(g, good)["status"] == "SUCCESS" and until_over(g, bad)["status"] == "FAILURE"
    soon(g, lambda: count(g, "jobs_expired") == 1, "the end of one of which nobody knows")
    settled(g)
    assert len(submits(world)) == 3 and balance(g, "alice")["available"] == PAID_IN - IMAGINE and "adds up" in cli(g, "audit")


def test_the_studio(world):
    """The config among the examples, as it stands, but for its addresses."""
    text = (pathlib.Path(__file__).parents[2] / "examples/studio/yuzui.lua").read_text()
    text = re.sub(r'(?m)^(listen|admin) .*$', "", text).replace('env.RELAY_URL or "https://relay.example"', '"http://127.0.0.1:${sim}/p/relay"')
    text = text.replace("env.OPENAI_BASE_URL or nil", '"http://127.0.0.1:${sim}/p/words/v1"').replace('env.LEDGER or "/var/lib/yuzui/studio.db"', '"${folder}/ledger.db"')
    g = world.gateway(re.sub(r'env "(OPENAI_API_KEY|RELAY_KEY)"', '"sk-up-studio"', text).replace('env "TEAM_KEY"', f'"{ALICE}"'))
    credit(g, "team", PAID_IN)
    song = send(g, "POST", "/suno/submit/music", {"prompt": "a weir", "mv": "chirp-v4"})[1]["data"]
    assert until_over(g, submit(g, "imagine", {"prompt": "a cat"}))["status"] == "SUCCESS"
    assert send(g, "POST", "/v1/chat/completions", {"model": "gpt-5.2", "messages": [{"role": "user", "content": "hi"}]})[0] == 200
    soon(g, lambda: send(g, "GET", "/suno/fetch/" + song)[1]["data"]["status"] == "SUCCESS", "the song")
    assert send(g, "POST", "/mj-turbo/mj/submit/imagine", {"prompt": "a cat"})[0] == 403
    settled(g)
    assert balance(g, "team")["available"] < PAID_IN - 2 * IMAGINE and "adds up" in cli(g, "audit")
