"""GET /calls: what runs on all workers; and clients that leave while the admin listener has not answered yet."""
import http.client
import json
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from gateway import CLIENT_KEYS, STANDARD, Gateway  # noqa: E402
from simlib import PATIENT, Sim  # noqa: E402

N = 12


def begin(gateway, i):
    """A stream that has begun: its first chunk is here."""
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("POST", "/v1/chat/completions", json.dumps({"model": "gpt-5.2", "stream": True, "messages": [{"role": "user", "content": "slow"}]}),
              {"authorization": "Bearer " + CLIENT_KEYS["alice"], "content-type": "application/json", "x-request-id": f"call-{i}"})
    r = c.getresponse()
    assert r.status == 200 and r.getheader("x-yuzui-chain") == "night"
    r.readline()
    return c, r


def calls(gateway):
    answer = json.loads(gateway.get("/calls")[1])
    assert answer["missing"] == [] and answer["left_out"] == 0
    return answer["calls"]


def until(condition):
    end = time.monotonic() + PATIENT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_calls_of_all_workers():
    with Sim() as sim, Gateway(STANDARD + 'chain { auth {} }\nchain "night" { models = { "gpt-*" }, auth {}, retry {} }\n', sim_port=sim.port, workers=3) as g:
        sim.script({"rules": [{"match": {"contains": "slow"}, "do": {"hang_after_chunks": 2}}]})
        assert calls(g) == []
        running = [begin(g, i) for i in range(N)]
        listed = calls(g)
        assert sorted(c["id"] for c in listed) == sorted(f"call-{i}" for i in range(N))
        assert {(c["model"], c["key"], c["chain"]) for c in listed} == {("gpt-5.2", "alice", "night")}
        assert all(c["bytes"] > 0 and c["ms"] >= 0 and c["waits"] for c in listed)
        assert {c["worker"] for c in listed} <= {0, 1, 2}
        for c, r in running:
            r.close()
            c.close()
        until(lambda: calls(g) == [])
        status = g.status()
        assert status["missing"] == [] and status["in_flight"] == 0


def test_clients_that_leave_during_a_reload():
    with Sim() as sim, Gateway(STANDARD + "chain { auth {} }\n", sim_port=sim.port, workers=2) as g:
        before = g.status()["generation"]
        for i in range(10):
            with socket.create_connection(("127.0.0.1", g.admin_port), timeout=PATIENT) as s:
                s.sendall(b"POST /reload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
                if i % 2:
                    time.sleep(0.01)
        assert g.reload()[0]
        assert g.status()["generation"] > before
        g.settle()
        assert calls(g) == []
