"""One job, and all who can find out that it is over, at once: clients who ask, clients who list, the relay that says so, the gateway that looks by itself, in two
processes, and the hook that is told: one end, one movement of money, and nobody who has seen the end sees it undone."""
import concurrent.futures
import re

import pytest
from bench import amount, eventually
from test_drawings import CONFIG as DRAWINGS
from test_drawings import IMAGINE, PAID_IN, submit
from test_job_heard import say, told
from test_job_hooks import HOOKS, JOBS, Listener
from test_jobs import count, send
from test_money import balance, cli, credit, settled, usage

ENDS = {"SUCCESS", "FAILURE"}


@pytest.fixture(name="listener")
def one_listener():
    with Listener() as listener:
        yield listener
        listener.shutdown()


@pytest.fixture(name="ledger", params=["sqlite", "postgresql"])
def both_ledgers(request):
    """Its directive, and how many gateways may share it."""
    if request.param == "sqlite":
        return '"sqlite" { path = "${folder}/ledger.db" }', 1
    url = request.getfixturevalue("postgres").database()
    return f'"postgresql" {{ url = "{url}", wills = "${{folder}}/ledger" }}', 2


def how_it_stands(g, job, way, path):
    """Asked by its id, in a list; or said by its relay, who is told nothing."""
    if way == 2:
        assert say(g, path) == (204, b"")
        return None
    if way == 0:
        status, answer = send(g, "GET", f"/mj/task/{job}/fetch")
        assert status == 200 and answer["id"] == job, answer
        return answer["status"]
    status, answers = send(g, "POST", "/mj/task/list-by-condition", {"ids": [job]})
    assert status == 200 and [a["id"] for a in answers] == [job], answers
    return answers[0]["status"]


@pytest.mark.parametrize("prompt, end", [("fails to be a weir", "FAILURE"), ("a weir", "SUCCESS")])
def test_everybody_at_once(world, ledger, listener, prompt, end):
    directive, n = ledger
    config = re.sub(r'ledger "sqlite" \{.*\}', "ledger " + directive, DRAWINGS).replace(JOBS, HOOKS % (listener.port, listener.port, ', hooks_private = true, timeout = "60s", heard_at = "http://127.0.0.1:1"'))
    world.sim.script({"record": True})
    gateways = [world.gateway(config, workers=2) for _ in range(n)]
    credit(gateways[0], "alice", PAID_IN)
    job = submit(gateways[0], "imagine", {"prompt": prompt, "notifyHook": f"http://127.0.0.1:{listener.port}/in/race"})
    path, = told(world, "notifyHook")
    over = False
    with concurrent.futures.ThreadPoolExecutor(amount(48, 200)) as pool:
        for _ in range(30):
            seen = list(pool.map(lambda i: how_it_stands(gateways[i % n], job, i // n % 3, path), range(amount(200, 1000))))
            seen = [state for state in seen if state]
            assert not over or set(seen) == {end}, "an end was undone"
            assert set(seen) & ENDS <= {end}, set(seen)
            if over:
                break
            over = set(seen) == {end}
            for g in gateways:
                g.skip(600)  # so that the gateways look, too, between and within
    assert over, seen
    eventually(lambda: sum(count(g, "jobs_told") for g in gateways) == 1 or any(g.skip(1100) for g in gateways), "the hook")
    settled(gateways[0])
    failed = end == "FAILURE"
    assert [u["given_back"] for u in usage(gateways[0])] == [IMAGINE if failed else 0]
    assert balance(gateways[0], "alice")["available"] == PAID_IN - (0 if failed else IMAGINE)
    assert sum(count(g, "jobs_failed") for g in gateways) == failed and sum(count(g, "jobs_refunded") for g in gateways) == failed
    assert len(listener.heard) == 1 and len([r for r in world.sim.log() if "/submit/" in r["path"]]) == 1
    assert "adds up" in cli(gateways[0], "audit") and sum(count(g, "jobs_heard") for g in gateways) > 0
