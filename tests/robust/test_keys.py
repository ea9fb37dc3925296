"""Keys and groups that the ledger keeps, from outside: who gets in, what binds them, and how soon a change is known."""
import json
import time

from bench import ask, chat, is_error
from test_money import cli, config  # noqa: F401 (a fixture)

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


def cli_error(gateway, *words):
    import os
    import subprocess

    from simlib import BUILD
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
    import threading
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
