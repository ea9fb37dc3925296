"""Codes that are worth money once, from outside."""
import json
import threading
import time

from bench import ALICE, ask, is_error
from test_keys import cli_error, made, until
from test_money import balance, cli, config, nano  # noqa: F401 (config is a fixture)


def test_life_of_a_code(world, config):  # noqa: F811
    """Made in a batch, told once, redeemed once; what is wrong with one that is not is said."""
    g = world.gateway(config(""))
    codes = cli(g, "code", "create", "spring", "--usd", "2.5", "--count", "20").split()
    assert len(set(codes)) == 20 and all(len(c) == 30 and c.startswith("yzc-") for c in codes), codes
    one = json.loads(cli(g, "code", "create", "other", "--usd", "1", "--expires", "2099-01-01", "--json"))["code"]
    listed = cli(g, "code", "list")
    assert len(listed.splitlines()) == 21 and not any(c in listed for c in codes + [one]), "a code is told once"
    assert "good until 2099-01-01" in cli(g, "code", "list", "other")

    assert "2.5 USD paid in; available 2.5 USD" in cli(g, "code", "redeem", codes[0], "--account", "alice")
    assert "redeemed before" in cli(g, "code", "redeem", codes[0], "--account", "alice")
    assert "has been redeemed" in cli_error(g, "code", "redeem", codes[0], "--account", "bob")
    assert "no such code" in cli_error(g, "code", "redeem", codes[0][:-1] + ("a" if codes[0][-1] != "a" else "b"), "--account", "bob")
    assert "no such code" in cli_error(g, "code", "redeem", "x", "--account", "bob")
    assert balance(g, "alice")["available"] == nano("2.5") and balance(g, "bob") is None
    first = next(c for c in map(json.loads, cli(g, "code", "list", "spring", "--json").splitlines()) if "redeemed" in c)
    assert first["account"] == "alice" and first["usd"] == 2.5 and first["shown"] == codes[0][:8], first

    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    late = cli(g, "code", "create", "late", "--usd", "1", "--expires", soon).strip()
    time.sleep(2.5)
    assert "expired" in cli_error(g, "code", "redeem", late, "--account", "bob")
    for words in (["x y", "--usd", "1"], ["x", "--usd", "1", "--expires", "2020-01-01"]):
        assert cli_error(g, "code", "create", *words), words
    assert "adds up" in cli(g, "audit")


def test_what_a_terminal_is_shown(world, config):  # noqa: F811
    """A note that would steer a terminal does not; a label without a value is not taken for one."""
    g = world.gateway(config(""))
    made(g, "mallory", "--note", "\x1b[31mred\x07 \x9bx")
    for out in (cli(g, "key", "list"), cli(g, "key", "show", "mallory")):
        assert "?[31mred? ?x" in out and "\x1b" not in out and "\x07" not in out and "\x9b" not in out, out
    for wrong in ("a", "=b", "a=b,c", "a=b,,c=d"):
        cli(g, "key", "create", "x", "--labels", wrong, code=2)
    assert made(g, "y", "--labels", "a=b,c=")["labels"] == {"a": "b", "c": ""}


def redeem(gateway, code, key, **more):
    return ask(gateway.port, json.dumps({"code": code, **more}).encode(), path="/v1/redeem", key=key)


def test_redeemed_by_the_owner_of_a_key(world, config):  # noqa: F811
    """POST /v1/redeem: for the account that pays; each refusal has a word of its own."""
    g = world.gateway(config(""))
    cli(g, "group", "create", "acme", "--account", "acme")
    key = made(g, "robert", "--group", "acme")["key"]
    first, second, late = (cli(g, "code", "create", "spring", "--usd", "2.5", "--count", "2").split() +
                           cli(g, "code", "create", "late", "--usd", "1", "--expires",
                               time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))).split())
    until(lambda: redeem(g, "x", key).status == 404, 3, "a new key")
    good = redeem(g, first, key)
    assert good.status == 200 and json.loads(good.body) == {"usd": 2.5, "before": False, "available": 2.5}, good.body
    assert json.loads(redeem(g, first, key).body) == {"usd": 2.5, "before": True, "available": 2.5}
    other = redeem(g, first, ALICE)
    assert other.status == 409 and is_error(other)["code"] == "code_redeemed", other.body
    assert redeem(g, second, ALICE).status == 200 and balance(g, "alice")["available"] == nano("2.5")
    time.sleep(2)
    gone = redeem(g, late, ALICE)
    assert gone.status == 410 and is_error(gone)["code"] == "code_expired", gone.body
    assert is_error(redeem(g, "yzc-nothing", ALICE))["code"] == "code_not_found"
    for body in (b"", b"[]", b"{}", b'{"code": 7}', b'{"code": ', b'{"code": "' + b"x" * 5000 + b'"}'):
        assert ask(g.port, body, path="/v1/redeem", key=ALICE).status in (400, 413), body
    began = time.monotonic()
    assert redeem(g, second, "sk-wrong").status == 401 and time.monotonic() - began >= 0.9
    assert g.get("/v1/redeem", port=g.port)[0] == 405
    cli(g, "key", "disable", "robert")
    until(lambda: redeem(g, first, key).status == 403, 3, "a disabled key")
    assert balance(g, "acme")["available"] == nano("2.5")
    assert "adds up" in cli(g, "audit")


def test_a_thousand_want_one_code(world, config):  # noqa: F811
    """A thousand clients of eight accounts, over all workers and, where the ledger is shared, two gateways: one is paid, once."""
    text = config("")
    gateways = [world.gateway(text, workers=4)] + ([world.gateway(text, workers=2)] if "postgresql" in text else [])
    g = gateways[0]
    keys = [made(g, f"k{i}")["key"] for i in range(8)]
    code = cli(g, "code", "create", "one", "--usd", "5").strip()
    for gateway in gateways:
        until(lambda: redeem(gateway, "x", keys[-1]).status == 404, 3, "new keys")
    answers = []

    def client(n):
        for i in range(n, 1000, 40):
            answers.append(redeem(gateways[i % len(gateways)], code, keys[i % len(keys)]))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(answers) == 1000 and {a.status for a in answers} == {200, 409}, {a.status for a in answers}
    paid = [a for a in answers if a.status == 200 and not json.loads(a.body)["before"]]
    assert len(paid) == 1, len(paid)
    lines = [json.loads(line) for line in cli(g, "balance", "--json").splitlines()]
    assert len(lines) == 1 and lines[0]["available"] == 5, lines
    assert "adds up" in cli(g, "audit")


def test_revoked(world, config):  # noqa: F811
    """For good, alone or as the rest of a batch; the owner is told; what was redeemed stays so."""
    g = world.gateway(config(""))
    codes = cli(g, "code", "create", "spring", "--usd", "2", "--count", "5").split()
    cli(g, "code", "redeem", codes[0], "--account", "alice")
    assert "has been redeemed" in cli_error(g, "code", "revoke", codes[0])
    assert cli(g, "code", "revoke", codes[1]) == "revoked 1, before 0, redeemed 0\n"
    assert cli(g, "code", "revoke", codes[1]) == "revoked 0, before 1, redeemed 0\n"
    assert "has been revoked" in cli_error(g, "code", "redeem", codes[1], "--account", "alice")
    gone = redeem(g, codes[1], ALICE)
    assert gone.status == 410 and is_error(gone)["code"] == "code_revoked", gone.body
    assert json.loads(cli(g, "code", "revoke", "--batch", "spring", "--json")) == {"revoked": 3, "before": 1, "redeemed": 1}
    assert cli(g, "code", "list", "spring").count(" USD  revoked ") == 4
    assert balance(g, "alice")["available"] == nano("2")
    assert "no such code" in cli_error(g, "code", "revoke", "yzc-x") and "no such batch" in cli_error(g, "code", "revoke", "--batch", "x")
    cli(g, "code", "revoke", code=2), cli(g, "code", "revoke", "x", "--batch", "spring", code=2)
    cli(g, "code", "redeem", codes[1], "--account", "(revoked codes)", code=1)
    assert "adds up" in cli(g, "audit")


def test_revoked_and_redeemed_at_once(world, config):  # noqa: F811
    """Of who redeems and who revokes in the same moment exactly one wins, code by code."""
    g = world.gateway(config(""), workers=2)
    codes = cli(g, "code", "create", "race", "--usd", "1", "--count", "40").split()
    statuses = {}
    threads = [threading.Thread(target=lambda c=c: statuses.setdefault(c, redeem(g, c, ALICE).status)) for c in codes]
    threads.insert(20, threading.Thread(target=lambda: cli(g, "code", "revoke", "--batch", "race")))
    for t in threads:
        t.start()
        time.sleep(0.002)
    for t in threads:
        t.join()
    listed = [json.loads(line) for line in cli(g, "code", "list", "race", "--json").splitlines()]
    redeemed = sum("redeemed" in c for c in listed)
    assert all(("redeemed" in c) != ("revoked" in c) for c in listed), listed
    assert redeemed == list(statuses.values()).count(200) and set(statuses.values()) <= {200, 410, 503}, statuses
    assert (balance(g, "alice") or {"available": 0})["available"] == redeemed * 10**9
    assert "adds up" in cli(g, "audit")
