"""Keys and groups that the ledger keeps, from outside: who gets in, what binds them, and how soon a change is known."""
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time

import wire
from bench import ask, chat, is_error, post
from simlib import BUILD, free_port
from test_money import CONFIG, COST, SCRIPT, UNPRICED, cli, config, nano, settled  # noqa: F401 (config is a fixture)

MODEL = "gpt-5.2"


def made(gateway, *words):
    return json.loads(cli(gateway, "key", "create", *words, "--json"))


def asks(gateway, key, model=MODEL):
    return ask(gateway.port, chat("hello", model=model), key=key)


def until(what, seconds, why):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.02)


def test_life_of_a_key(world, config):  # noqa: F811
    """Made, used, changed, rotated, disabled, revoked; each is known to every worker of every gateway of the ledger within a second or two."""
    text = config("").replace("bill {  }, ", "")
    gateways = [world.gateway(text, workers=4)]
    if "postgresql" in text:
        gateways.append(world.gateway(text, workers=4))
    g, soon = gateways[0], 1 if len(gateways) == 1 else 2

    def eventually_all(key, status, why, model=MODEL):
        for gateway in gateways:
            until(lambda: asks(gateway, key, model).status == status, soon, why)
            assert {asks(gateway, key, model).status for _ in range(12)} == {status}, why

    cli(g, "group", "create", "acme", "--models", "gpt-*,claude-*", "--labels", "tier=gold")
    cli(g, "group", "create", "research", "--group", "acme")
    key = made(g, "robert", "--group", "research", "--expires", "2099-01-01")
    assert key["key"].startswith("yz-") and len(key["key"]) == 46 and key["secrets"][0]["shown"] == key["key"][:10]
    shown = cli(g, "key", "show", "robert", "--json")
    assert key["key"] not in shown and "sha256" not in shown
    eventually_all(key["key"], 200, "a new key")
    assert asks(g, key["key"] + "x").status == 401 and asks(g, "sk-nobody").status == 401

    refused = asks(g, key["key"], "gemini-3-flash")
    assert refused.status == 403 and 'the group "acme" may not use' in is_error(refused)["message"], refused.body
    cli(g, "group", "change", "acme", "--models", "")
    eventually_all(key["key"], 200, "the group's models", "gemini-3-flash")

    cli(g, "group", "disable", "acme")
    eventually_all(key["key"], 403, "a disabled group binds all below")
    assert 'the group "acme" is disabled' in is_error(asks(g, key["key"]))["message"]
    cli(g, "group", "enable", "acme")
    eventually_all(key["key"], 200, "enabled again")

    cli(g, "key", "change", "robert", "--addresses", "10.0.0.0/8,2001:db8::/32")
    eventually_all(key["key"], 403, "from elsewhere")
    assert is_error(asks(g, key["key"]))["code"] == "address_not_allowed"
    cli(g, "key", "change", "robert", "--addresses", "127.0.0.0/8,::1")
    eventually_all(key["key"], 200, "from here")

    cli(g, "key", "change", "robert", "--expires", "2020-01-01")
    eventually_all(key["key"], 401, "expired")
    cli(g, "key", "change", "robert", "--expires", "")
    eventually_all(key["key"], 200, "without an end")

    second = json.loads(cli(g, "key", "rotate", "robert", "--overlap", "1h", "--json"))["key"]
    eventually_all(second, 200, "the new secret")
    assert asks(g, key["key"]).status == 200, "the old one, for an hour"
    third = json.loads(cli(g, "key", "rotate", "robert", "--json"))["key"]
    eventually_all(third, 200, "the third")
    assert asks(g, second).status == 401 and asks(g, key["key"]).status == 401

    cli(g, "key", "revoke", "robert")
    eventually_all(third, 401, "revoked")
    assert "for good" in cli_error(g, "key", "rotate", "robert")
    for words in (["key", "create", "robert"], ["key", "create", "a/b"], ["key", "create", "x", "--group", "none"], ["key", "show", "none"],
                  ["key", "create", "x", "--chain", "none"], ["key", "create", "x", "--addresses", "10.0.0.1/8"],
                  ["group", "change", "acme", "--group", "research"], ["key", "create", "x", "--rpm", "-1"]):
        assert cli_error(g, *words), words
    assert "adds up" in cli(g, "audit")


def test_chain_of_a_key(world, config):  # noqa: F811
    """A key's chain, its group's if it has none, takes its requests whatever model they ask for."""
    text = config("").replace("bill {  }, ", "") + 'chain "narrow" { auth {}, operations = { "embedding" } }\n'
    g = world.gateway(text, workers=2)
    cli(g, "group", "create", "few", "--chain", "narrow")
    inside, outside = made(g, "dora", "--group", "few")["key"], made(g, "emil")["key"]
    until(lambda: asks(g, inside).status == 403, 2, "the chain of the group")
    until(lambda: asks(g, outside).status == 200, 2, "the default chain")
    assert {asks(g, inside).status for _ in range(8)} == {403} and {asks(g, outside).status for _ in range(8)} == {200}
    cli(g, "group", "change", "few", "--chain", "")
    until(lambda: asks(g, inside).status == 200, 2, "no chain of its own any more")


def cli_error(gateway, *words):
    p = subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(gateway.folder, "yuzui.lua")], env=gateway.env, cwd=gateway.folder,
                       capture_output=True, text=True, check=False)
    assert p.returncode == 1, (words, p.stdout, p.stderr)
    return p.stderr


def test_a_request_outlives_its_key(world, config):  # noqa: F811
    """A key that goes while its request runs: the request ends well, and what was known of the key stays as long as it does."""
    world.sim.script({"default": {"words": 20, "chunks": 20, "delay": 1500}})
    g = world.gateway(config("").replace("bill {  }, ", ""), workers=2)
    key = made(g, "carol")["key"]
    until(lambda: asks(g, key).status == 200, 2, "a new key")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask(g.port, chat("slow", stream=True), key=key).status)) for _ in range(8)]
    for t in threads:
        t.start()
    time.sleep(0.5)
    cli(g, "key", "revoke", "carol")
    for t in threads:
        t.join()
    assert answers == [200] * 8, answers
    until(lambda: asks(g, key).status == 401, 2, "revoked")


def test_budgets_bind_all_below(world, config):  # noqa: F811
    """A budget of a group binds the keys of all groups in it, exactly, however many ask at once; a refusal names it; a mark-up counts in it."""
    world.sim.script({"default": dict(SCRIPT, prompt_tokens=100, completion_tokens=50)})
    g = world.gateway(config("").replace("cache { ttl = \"1h\", store = \"memory\" }, ", ""), workers=4)
    cli(g, "group", "create", "acme", "--account", "acme")
    cli(g, "group", "create", "lab", "--group", "acme")
    keys = [made(g, f"k{i}", "--group", "lab")["key"] for i in range(4)]
    cli(g, "credit", "acme", "--usd", "100", "--new")
    until(lambda: asks(g, keys[3]).status == 200, 2, "new keys")
    settled(g)
    spent = nano(json.loads(cli(g, "balance", "acme", "--json"), parse_float=str, parse_int=str)["charged"])
    assert spent == COST, spent

    body = chat("at once", max_completion_tokens=50)
    hold = (len(body) // 2 + 1) * 2000 + 50 * 10000
    k = 7
    most = spent + k * hold + hold // 2
    cli(g, "group", "change", "acme", "--budget-day", f"{most // 10**9}.{most % 10**9:09d}")
    time.sleep(2)
    world.sim.script({"default": dict(SCRIPT, prompt_tokens=len(body) // 2 + 1, completion_tokens=50, delay=3000)})
    clients = [wire.Client(g.port) for _ in range(32)]
    try:
        for i, c in enumerate(clients):
            c.send(post(body, key=keys[i % 4]))
        for c in clients:
            assert c.read(lambda a: a.complete, 60)
        statuses = [c.answer.status for c in clients]
        refused = next(c.answer for c in clients if c.answer.status == 402)
    finally:
        for c in clients:
            c.close()
    # what was spent before the budget was there is not in its count
    assert statuses.count(200) == (most // hold) and statuses.count(402) == 32 - most // hold, statuses
    e = is_error(refused)
    assert e["code"] == "budget_exceeded" and 'the budget of the group "acme" for this day' in e["message"], e
    settled(g)

    cli(g, "group", "change", "acme", "--budget-day", "", "--markup", "1.5")
    time.sleep(2)
    world.sim.script({"default": SCRIPT})
    dearer = asks(g, keys[0])
    assert dearer.status == 200 and nano(dearer.header("x-yuzui-cost")) == COST * 3 // 2, dearer.headers
    settled(g)
    assert "adds up" in cli(g, "audit")


def test_limits_of_their_own(world, config):  # noqa: F811
    """Requests in a minute, of a group: counted over all its keys, and named."""
    g = world.gateway(config("").replace("bill {  }, ", "limit {}, "), workers=2)
    cli(g, "group", "create", "crowd", "--rpm", "5")
    keys = [made(g, f"k{i}", "--group", "crowd")["key"] for i in range(2)]
    until(lambda: ask(g.port, chat("x"), key=keys[1]).status != 401, 2, "new keys")
    statuses = [asks(g, keys[i % 2]).status for i in range(8)]
    assert 3 <= statuses.count(200) <= 5 and statuses[-1] == 429, statuses
    assert 'for the group "crowd"' in is_error(asks(g, keys[0]))["message"]


def test_tour(world, config):  # noqa: F811
    """The tour of docs/keys.md, as it stands there but for the port."""
    world.sim.script({"default": SCRIPT})
    g = world.gateway(config(""))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "keys.md"), encoding="utf-8") as f:
        script = f.read().split("```sh\n")[1].split("```")[0].replace("127.0.0.1:8080", f"127.0.0.1:{g.port}")
    env = dict(g.env, PATH=BUILD + ":" + os.path.dirname(sys.executable) + ":" + g.env["PATH"])
    p = subprocess.run(["sh", "-euc", script], env=env, cwd=g.folder, capture_output=True, text=True, check=False, timeout=120)
    assert p.returncode == 0, (p.stdout, p.stderr)
    lines = p.stdout.splitlines()
    cost = next(nano(line.split()[1]) for line in lines if line.startswith("cost "))
    left = [nano(line.split(" available ")[1].split()[0]) for line in lines if line.startswith("tourist ") and " available " in line]
    charge = next(json.loads(line, parse_float=str, parse_int=str) for line in lines if line.startswith('{"time"'))
    assert cost == COST and left == [5 * 10**9, 5 * 10**9 - cost], (cost, left)
    assert nano(charge["charged"]) == cost and charge["detail"]["by"] == "provider" and nano(charge["detail"]["cost"]["usd"]) == cost, charge
    assert '"invalid_api_key"' in lines[-1], lines[-1]


def test_transfers_and_sums(world, config):  # noqa: F811
    """Money moves once under one id, never more than is there; sums of usage are those of the requests."""
    world.sim.script({"default": SCRIPT})
    g = world.gateway(config("").replace("cache { ttl = \"1h\", store = \"memory\" }, ", ""))

    def available(account):
        return nano(json.loads(cli(g, "balance", account, "--json"), parse_float=str, parse_int=str)["available"])

    cli(g, "credit", "alice", "--usd", "3", "--new")
    for _ in range(2):
        cli(g, "transfer", "alice", "--to", "spare", "--usd", "1", "--id", "t1", "--new")
    assert "no key, group or tenant has it: nobody would spend it. With --new" in cli_error(g, "transfer", "alice", "--to", "spaer", "--usd", "1")
    assert (available("alice"), available("spare")) == (2 * 10**9, 10**9)
    assert "more than is available" in cli_error(g, "transfer", "alice", "--to", "spare", "--usd", "2.5")
    assert "no such account" in cli_error(g, "transfer", "nobody", "--to", "spare", "--usd", "1")
    assert cli_error(g, "transfer", "alice", "--to", "spare", "--usd", "2", "--id", "t1"), "the id names another one"
    for _ in range(3):
        assert ask(g.port, chat("hello")).status == 200
    settled(g)
    line, = cli(g, "usage", "--by", "day,key,model,provider", "--json").splitlines()
    row = json.loads(line, parse_float=str, parse_int=str)
    assert (row["key"], row["model"], row["provider"], row["requests"]) == ("alice", MODEL, "openai", "3"), row
    assert (row["input"], row["output"], nano(row["charged"])) == ("300", "150", 3 * COST), row
    line, = cli(g, "usage", "alice", "--by", "hour", "--from", "2026-01-01", "--json").splitlines()
    assert nano(json.loads(line, parse_float=str)["charged"]) == 3 * COST
    assert cli(g, "usage", "--by", "day", "--until", "2026-01-01") == ""
    hold = json.loads(cli(g, "usage", "--limit", "1", "--json"))["id"]
    cli(g, "refund", hold, "--usd", "0.0001", "--id", "r1")
    row = json.loads(cli(g, "usage", "--by", "model", "--json"), parse_float=str)
    assert nano(row["given_back"]) == 100000, row
    assert "adds up" in cli(g, "audit")


MONEY_LUA = """
return function(req, next)
  local estimate, other, balance = req:estimate(), req:estimate("claude-opus-4-6"), req.key.balance
  local bare, none = req:estimate("unpriced"), req:estimate("nobody-serves-it")
  req:because(("%s %s %s %s %s"):format(tostring(estimate), tostring(other == estimate), tostring(balance), tostring(bare), tostring(none)))
  return next(req)
end
"""


def test_policies_see_money(world, config):  # noqa: F811
    """What a policy is told of a request's price is what is held, and the balance what the account has, a moment later."""
    world.sim.script({"default": SCRIPT})
    g = world.gateway(config("").replace("auth {}, ", 'auth {}, policy "money.lua", ') + UNPRICED, files={"money.lua": MONEY_LUA}, workers=1)
    key = made(g, "paula", "--markup", "1.5")["key"]
    cli(g, "credit", "paula", "--usd", "2", "--new")
    until(lambda: asks(g, key).status == 200, 2, "a new key")

    def told():
        answer = asks(g, key)
        assert answer.status == 200, answer.body
        settled(g)
        return answer.header("x-yuzui-policy").partition("money; ")[2].split()

    until(lambda: told()[2] not in ("nil", "0"), 5, "the balance")
    estimate, other, available, bare, none = told()
    holds = [json.loads(line, parse_float=str, parse_int=str) for line in cli(g, "usage", "paula", "--json").splitlines()]
    assert nano(estimate) == nano(holds[0]["held"]) > 0, (estimate, holds[0])
    assert (other, bare, none) == ("true", "nil", "nil")
    # What was read while a request ran lacks its hold: the balance of some moment, to the nano-USD that a double in Lua's "%.14g" keeps.
    charge, held = nano(holds[0]["charged"]), nano(holds[0]["held"])
    moments = [2 * 10**9 - done * charge - open_ * held for done in range(len(holds) + 1) for open_ in (0, 1)]
    assert min(abs(round(float(available) * 10**9) - m) for m in moments) == 0, (available, moments)


def test_a_cheaper_model_within_the_budget(world, config):  # noqa: F811
    """Where a budget does not cover the model asked for, the one that the group names answers, the client is told, and the budget is exact."""
    world.sim.script({"default": SCRIPT})
    dear = config("").replace('name = "gpt-5.2", input = 2, output = 10', 'name = "gpt-5.2", input = 200, output = 1000')
    g = world.gateway(dear.replace('cache { ttl = "1h", store = "memory" }, ', ""), workers=2)
    assert "no model" in cli_error(g, "group", "create", "acme", "--downgrade", "nobody-serves-it")
    cli(g, "group", "create", "acme", "--account", "acme", "--budget-day", "0.1", "--downgrade", "claude-opus-4-6")
    key = made(g, "dora", "--group", "acme")["key"]
    cli(g, "credit", "acme", "--usd", "100", "--new")
    until(lambda: asks(g, key, "claude-opus-4-6").status == 200, 2, "a new key")
    settled(g)

    cheaper = asks(g, key)
    assert cheaper.status == 200 and cheaper.header("x-yuzui-target") == "anthropic/claude-opus-4-6", cheaper.headers
    assert cheaper.header("x-yuzui-downgraded") == f'{MODEL} to claude-opus-4-6: the budget of the group "acme" for this day'
    assert nano(cheaper.header("x-yuzui-cost")) == COST
    settled(g)
    hold = json.loads(cli(g, "usage", "acme", "--json", "--limit", "1"))
    assert hold["detail"]["downgraded_from"] == MODEL and hold["model"] == "claude-opus-4-6", hold
    assert asks(g, key, "claude-opus-4-6").header("x-yuzui-downgraded") is None

    cli(g, "group", "change", "acme", "--budget-day", "0.000001")
    until(lambda: asks(g, key).status == 402, 2, "neither is covered")
    assert is_error(asks(g, key))["code"] == "budget_exceeded"
    settled(g)
    assert "adds up" in cli(g, "audit")


class Listener(http.server.BaseHTTPRequestHandler):
    """Takes what a webhook sends."""
    got = []

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["content-length"]))
        Listener.got.append((self.headers["authorization"], json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_budget_that_is_nearly_used_up(world, config):  # noqa: F811
    """It is told of once a period, by the log of one gateway and the webhook, also after a restart."""
    world.sim.script({"default": SCRIPT})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Listener.got.clear()
    text = config(f'webhook = "http://127.0.0.1:{server.server_port}/hook", webhook_key = "hook-key-of-the-test"').replace(
        'cache { ttl = "1h", store = "memory" }, ', "")
    gateways = [world.gateway(text, workers=2) for _ in range(2 if "postgresql" in text else 1)]
    g = gateways[0]
    cli(g, "group", "create", "acme", "--account", "acme", "--budget-day", "1", "--budget-total", "100", "--warn-at", "5")
    key = made(g, "nora", "--group", "acme")["key"]
    cli(g, "credit", "acme", "--usd", "100", "--new")
    until(lambda: asks(g, key).status == 200, 2, "a new key")
    settled(g)
    told = lambda: sum(gw.log().count('the budget of the group "acme" (day) is used up to 5 %') for gw in gateways)  # noqa: E731
    time.sleep(5)
    assert told() == 0 and not Listener.got, "too early"
    for _ in range(5 * 10**7 // COST + 1):
        assert asks(g, key).status == 200
    settled(g)
    until(lambda: told() == 1, 10, "the warning")

    def hook():
        for gw in gateways:
            assert asks(gw, key).status == 200
        return len(Listener.got) == 1

    until(hook, 10, "the webhook")
    who, what = Listener.got[0]
    assert who == "Bearer hook-key-of-the-test"
    assert what["event"] == "budget_warning" and what["name"] == "acme" and what["period"] == "day" and what["budget"] == 1 and what["usd"] >= 0.05, what
    assert what["gateway"] == socket.gethostname(), what
    g.stop()
    g.start()
    time.sleep(5)
    hook()
    assert told() == 1 and len(Listener.got) == 1, "once a day"
    server.shutdown()


def test_a_warning_that_nobody_takes(world):
    """It is counted, and the log says so, without the address."""
    world.sim.script({"default": SCRIPT})
    g = world.gateway((CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', f'webhook = "http://127.0.0.1:{free_port()}/path-of-hook"')).replace(
        'cache { ttl = "1h", store = "memory" }, ', ""))
    key = made(g, "nora", "--budget-day", "1", "--budget-total", "1", "--warn-at", "1")["key"]
    cli(g, "credit", "nora", "--usd", "100")
    until(lambda: asks(g, key).status == 200, 2, "a new key")
    for _ in range(10**7 // COST + 1):
        assert asks(g, key).status == 200
    until(lambda: asks(g, key).status == 200 and g.status()["counters"]["bill_webhook_failed"] == 2, 15, "both budgets are told of, to nobody")
    assert g.log().count("bill: the webhook did not take the news") == 1 and "path-of-hook" not in g.log()
