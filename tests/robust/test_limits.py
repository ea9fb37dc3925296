"""A limit is exact: over all workers of a gateway, and over two gateways that share a Redis; and what happens without it is what the README says."""
import concurrent.futures
import http.client
import json
import os
import re
import socket
import subprocess
import time

import pytest
from gateway import STANDARD, Gateway
from redis_server import Redis
from simlib import BUILD, free_port

BODY = json.dumps({"model": "gpt-5.2", "messages": [{"role": "user", "content": "hello"}]})
HEADERS = {"authorization": "Bearer sk-client-alice-7f3a", "content-type": "application/json"}


def hammer(ports, clients=64, each=10):
    """Every client asks again and again, each on a connection of its own. The statuses, and what the answers say is left."""
    def one(i):
        c = http.client.HTTPConnection("127.0.0.1", ports[i % len(ports)], timeout=60)
        out = []
        for _ in range(each):
            c.request("POST", "/v1/chat/completions", BODY, HEADERS)
            r = c.getresponse()
            r.read()
            out.append((r.status, r.getheader("x-ratelimit-remaining-requests")))
        c.close()
        return out
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return [row for rows in pool.map(one, range(clients)) for row in rows]


def passed(rows):
    assert all(status in (200, 429) for status, _ in rows), {s for s, _ in rows}
    return sum(status == 200 for status, _ in rows)


def counted(rows):
    """Every answer has the limit's own number: without its store the provider's, which is larger, is passed on."""
    return all(left is not None and int(left) < 100 for _, left in rows)


def test_exact_over_four_workers(world):
    g = world.gateway(chain='auth {}, limit { limits = { { per = "key", requests = 100, window = "10m" } } }', workers=4)
    rows = hammer([g.port])
    assert passed(rows) == 100
    assert sorted(int(left) for status, left in rows if status == 200) == list(range(100)), "each answer says what was left after it"


def gateways(sim, redis, **more):
    store = f'store "fleet" {{ kind = "redis", url = "redis://127.0.0.1:{redis.port}", timeout = "10s" }}\n'
    rule = "".join(f", {k} = {json.dumps(v)}" for k, v in more.items())
    chain = f'chain {{ auth {{}}, limit {{ store = "fleet", limits = {{ {{ per = "key", requests = 100, window = "10m" }} }}{rule} }} }}\nsecret "one secret for both"\n'
    return [Gateway(STANDARD + store + chain, sim_port=sim.port, workers=2) for _ in range(2)]


def expect_seen(gateway, what):
    """An operator sees that the store is gone, and what became of requests."""
    (store,) = gateway.status()["stores"]
    assert store["store"] == "fleet" and store["away_ms"] > 0 and store["because"], store
    assert re.search(r"^yuzui_stores_away 1$", gateway.get("/metrics")[1].decode(), re.M)
    told = subprocess.run([os.path.join(BUILD, "yuzui"), "status", "--admin", f"127.0.0.1:{gateway.admin_port}"], capture_output=True, text=True, timeout=60)
    assert re.search(r"^store fleet cannot be reached for [\d.]+ s: \S", told.stdout, re.M), told.stdout + told.stderr
    end = time.monotonic() + 30
    while f'"limit":"store unavailable, {what}"' not in gateway.log():  # lines are written a little later
        assert time.monotonic() < end
        time.sleep(0.05)
    log = gateway.log()
    assert "nothing is found or counted in it until it is back" in log


@pytest.mark.parametrize("unavailable", ["allow", "refuse"])
def test_exact_over_two_gateways_and_without_redis_as_documented(running_sim, unavailable):
    running_sim.reset()
    redis = Redis(free_port())
    redis.start()
    a, b = gateways(running_sim, redis, unavailable=unavailable, timeout="20s")
    try:
        with a, b:
            assert passed(hammer([a.port, b.port])) == 100
            redis.stop()
            time.sleep(0.2)
            rows = hammer([a.port, b.port], clients=8, each=3)
            wanted = 200 if unavailable == "allow" else 503
            assert {status for status, _ in rows} == {wanted}
            assert a.status()["counters"]["limit_unavailable"] > 0
            expect_seen(a, "let through" if unavailable == "allow" else "refused")
            redis.start()  # empty: the window begins anew
            end = time.monotonic() + 60
            while not counted(hammer([a.port, b.port], clients=32, each=1)):  # some worker has not found it yet
                assert time.monotonic() < end
                time.sleep(0.05)
            rows = hammer([a.port, b.port])
            assert passed(rows) < 100 and counted(rows), "counted again, with what was asked meanwhile"
            while "away_ms" in a.status()["stores"][0]:
                assert time.monotonic() < end
                hammer([a.port], clients=8, each=1)
                time.sleep(0.2)
    finally:
        redis.stop()


def command(redis, *words):
    """What Redis answers to it, as text."""
    data = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(w).encode() for w in words))
    with socket.create_connection(("127.0.0.1", redis.port), timeout=30) as s:
        s.sendall(data)
        return s.recv(65536).decode(errors="replace")


def keys_of_leases(redis):
    return [line for line in command(redis, "KEYS", "*lease:*").split("\r\n") if "lease:" in line]


def leases(redis):
    return sum(int(command(redis, "ZCARD", key)[1:]) for key in keys_of_leases(redis))


def pass_time(redis, ms):
    """For Redis's leases: to wait would take as long."""
    if os.environ.get("YUZUI_LONG") == "1":
        time.sleep(ms / 1000)
        return
    command(redis, "EVAL", "for _, key in ipairs(redis.call('KEYS', '*lease:*')) do for _, m in ipairs(redis.call('ZRANGE', key, 0, -1)) do "
                           f"redis.call('ZINCRBY', key, -{ms}, m) end end return 1", 0)


def test_what_a_killed_gateway_held_is_free_again_soon(running_sim):
    running_sim.reset()
    redis = Redis(free_port())
    redis.start()
    chain = 'chain { auth {}, limit { store = "fleet", timeout = "20s", limits = { { per = "key", concurrency = 3 } } } }\nsecret "one secret for both"\n'
    store = f'store "fleet" {{ kind = "redis", url = "redis://127.0.0.1:{redis.port}", timeout = "10s" }}\n'
    a, b = (Gateway(STANDARD + store + chain, sim_port=running_sim.port, workers=2) for _ in range(2))
    pool = concurrent.futures.ThreadPoolExecutor(8)
    try:
        with a, b:
            running_sim.script({"default": {"words": 5, "delay": 120000}})
            for _ in range(3):
                pool.submit(hammer_quietly, a.port)
            end = time.monotonic() + 60
            while leases(redis) < 3:
                assert time.monotonic() < end
                time.sleep(0.02)
            running_sim.script({"default": {"words": 5}})
            assert {status for status, _ in hammer([b.port], clients=4, each=2)} == {429}
            for _ in range(4):  # as long as they last they are renewed
                pass_time(redis, 9000)
                renewed_by = time.monotonic() + 60
                a.skip(10000)
                while min(scores(redis)) < wall(redis) + 25000:
                    assert time.monotonic() < renewed_by
                    time.sleep(0.02)
            assert leases(redis) == 3
            a.kill()
            assert {status for status, _ in hammer([b.port], clients=4, each=1)} == {429}, "Redis cannot know yet"
            pass_time(redis, 30500)
            assert {status for status, _ in hammer([b.port], clients=3, each=5)} == {200}
            b.settle()
            assert leases(redis) == 0
    finally:
        redis.stop()
        pool.shutdown(wait=True, cancel_futures=True)


def hammer_quietly(port):
    try:
        hammer([port], clients=1, each=1)
    except (OSError, http.client.HTTPException):
        pass  # its gateway is killed


def scores(redis):
    (key,) = keys_of_leases(redis)
    return [float(line) for line in command(redis, "EVAL", f"local out = {{}} for i, x in ipairs(redis.call('ZRANGE', '{key}', 0, -1, 'WITHSCORES')) do if i % 2 == 0 then out[#out + 1] = x end end return out", 0).split("\r\n") if line and line[0] not in "*$"]


def wall(redis):
    seconds, micros = [line for line in command(redis, "TIME").split("\r\n") if line and line[0] not in "*$"]
    return int(seconds) * 1000 + int(micros) // 1000
