"""A limit is exact: over all workers of a gateway, and over two gateways that share a Redis; and what happens without it is what the README says."""
import concurrent.futures
import http.client
import json
import time

import pytest
from gateway import STANDARD, Gateway
from redis_server import Redis
from simlib import free_port

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
            redis.start()  # empty: the window begins anew
            end = time.monotonic() + 60
            while not counted(hammer([a.port, b.port], clients=32, each=1)):  # some worker has not found it yet
                assert time.monotonic() < end
                time.sleep(0.05)
            rows = hammer([a.port, b.port])
            assert passed(rows) < 100 and counted(rows), "counted again, with what was asked meanwhile"
    finally:
        redis.stop()
