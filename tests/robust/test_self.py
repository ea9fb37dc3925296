"""What the owner of a key may see of his own money, from outside."""
import http.client
import json

from bench import ALICE, ask, chat
from test_keys import made, until
from test_money import COST, SCRIPT, cli, config, settled  # noqa: F401 (config is a fixture)


def get(gateway, path, key=ALICE):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    c.request("GET", path, headers={"Authorization": "Bearer " + key} if key else {})
    r = c.getresponse()
    r.body = r.read()
    c.close()
    return r


def seen(gateway, path, key=ALICE):
    answer = get(gateway, path, key)
    assert answer.status == 200, (path, answer.status, answer.body)
    return json.loads(answer.body, parse_float=str)


def usd(nano):
    return f"{nano / 10**9:.9f}".rstrip("0").rstrip(".")


def test_own_money(world, config):  # noqa: F811
    """Balance, sums and single charges are those of the key that asks; panels of one-api find what they poll."""
    world.sim.script({"default": SCRIPT})
    g = world.gateway(config(""))
    assert seen(g, "/v1/balance") == {"account": "alice", "available": 0, "held": 0, "paid_in": 0, "charged": 0, "given_back": 0}
    cli(g, "credit", "alice", "--usd", "2", "--id", "c1")
    key = made(g, "robert")["key"]
    cli(g, "credit", "robert", "--usd", "1", "--id", "c2")
    until(lambda: get(g, "/v1/balance", key).status == 200, 3, "a new key")
    mine = [ask(g.port, chat(text)) for text in ("one", "two", "three")]
    assert [a.status for a in mine] == [200] * 3
    his = ask(g.port, chat("four"), key=key)
    assert his.status == 200
    settled(g)

    cost = usd(COST)
    balance = seen(g, "/v1/balance")
    assert str(balance["available"]) == usd(2 * 10**9 - 3 * COST) and str(balance["charged"]) == usd(3 * COST) and balance["held"] == 0, balance
    assert str(seen(g, "/v1/balance", key)["charged"]) == cost

    whole = seen(g, "/v1/usage")
    assert len(whole["usage"]) == 1 and whole["usage"][0]["requests"] == 3 and whole["more"] is False, whole
    by = seen(g, "/v1/usage?by=day%2Cmodel&from=2020-01-01")["usage"]
    assert len(by) == 1 and by[0]["model"] and by[0]["time"].endswith("T00:00:00Z") and str(by[0]["charged"]) == usd(3 * COST), by
    assert seen(g, "/v1/usage?until=2020-01-01") == {"usage": [], "more": False}
    assert seen(g, "/v1/usage", key)["usage"][0]["requests"] == 1

    name = dict(mine[0].headers)["x-request-id"]
    charge, = seen(g, "/v1/usage/" + name)["charges"]
    assert charge["request"] == name and charge["key"] == "alice" and str(charge["charged"]) == cost and charge["detail"], charge
    assert get(g, "/v1/usage/" + dict(his.headers)["x-request-id"]).status == 404, "another key's"
    assert get(g, "/v1/usage/nothing").status == 404

    limit, used = seen(g, "/v1/dashboard/billing/subscription"), seen(g, "/dashboard/billing/usage?start_date=2026-01-01&end_date=2026-12-31")
    assert float(limit["hard_limit_usd"]) == 2 and limit["object"] == "billing_subscription", limit
    assert str(used["total_usage"]) == usd(300 * COST), used


def test_who_may_not(world, config):  # noqa: F811
    g = world.gateway(config(""))
    for path in ("/v1/balance", "/v1/usage", "/v1/usage/x", "/dashboard/billing/usage"):
        assert get(g, path, None).status == 401 and get(g, path, "sk-nobody").status == 401, path
    for wrong in ("by=key%2Ctoday", "form=2026-01-01", "from=yesterday", "until=%zz"):
        answer = get(g, "/v1/usage?" + wrong)
        assert answer.status == 400 and json.loads(answer.body)["error"]["message"], (wrong, answer.body)
    assert get(g, "/v1/usage/%00").status in (400, 404)
