"""What the commands of the ledger take and print: odd values, tables for people, JSON and CSV for machines."""
import csv
import io
import json
import os
import subprocess

import pytest
from bench import ask, chat, eventually, messages
from simlib import BUILD
from test_admin_api import api, opened
from test_money import CONFIG, COST, SCRIPT, cli, nano, settled


@pytest.fixture
def g(world):
    world.sim.script({"default": SCRIPT})
    return opened(world, CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', ""))


def run(g, *words):
    return subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(g.folder, "yuzui.lua")], env=g.env, cwd=g.folder, capture_output=True,
                          text=True, check=False)


def exact(text):
    return json.loads(text, parse_float=str, parse_int=str)


def test_odd_values_of_members(g):
    """A number is one number: no second member hides in it, none that means "no limit" is taken for "nothing"; the refusal names what it is of."""
    cli(g, "key", "create", "robert")
    for option, value in (("--budget-day", '1,"budget_month":2'), ("--budget-day", "12abc"), ("--rpm", "5,"), ("--rpm", "null"), ("--markup", "[1]"),
                          ("--budget-total", "Infinity"), ("--tpm", "true"), ("--budget-day", '"5"')):
        p = run(g, "key", "change", "robert", option, value)
        assert p.returncode == 2 and f'{option} should be a number, not "{value}"' in p.stderr, (option, value, p)
    for option, value in (("--rpm", "0"), ("--tpm", "0"), ("--warn-at", "0"), ("--warn-at", "101"), ("--rpm", "1.5"), ("--expires", "1970-01-01"),
                          ("--expires", "1969-07-20"), ("--budget-day", "0"), ("--budget-day", "1e308"), ("--markup", "0")):
        p = run(g, "key", "change", "robert", option, value)
        assert p.returncode == 1 and f"{option[2:].replace('-', '_')} should be" in p.stderr, (option, value, p)
    assert exact(cli(g, "key", "show", "robert", "--json"))["revision"] == "1", "nothing of that was done"
    assert api(g, "PATCH", "/keys/robert", '{"rpm": 0}').status == 400
    assert api(g, "PATCH", "/keys/robert", '{"budget_day": "12.5"}').json()["budget_day"] == "12.5", "an amount may be a text"
    assert api(g, "PATCH", "/keys/robert", '{"budget_day": "1e3"}').status == 400 and api(g, "PATCH", "/keys/robert", '{"markup": "1.2"}').status == 400


def test_tables_of_keys(g):
    """A head, the state of a key that has expired, and what its budgets have been used for."""
    key = exact(cli(g, "key", "create", "robert", "--budget-day", "1", "--json"))["key"]
    cli(g, "key", "create", "old", "--expires", "2020-01-01")
    cli(g, "group", "create", "acme", "--budget-total", "9")
    lines = cli(g, "key", "list").splitlines()
    assert lines[0].split() == ["key", "state", "group", "begins", "note"] and lines[1].split()[:2] == ["old", "expired"], lines
    assert lines[2].split()[:2] == ["robert", "good"] and key[:10] in lines[2], lines
    assert cli(g, "group", "list").splitlines()[0].split() == ["group", "state", "group", "note"]
    cli(g, "credit", "robert", "--usd", "1", "--new")
    eventually(lambda: ask(g.port, chat("x"), key=key).status == 200, "that a new key is known to all workers")
    settled(g)
    shown = exact(cli(g, "key", "show", "robert", "--json"))
    assert nano(shown["spent"]["day"]) == COST and "key" not in shown, shown
    assert 'spent          {"day":0.0007}' in cli(g, "key", "show", "robert") and 'spent          {"total":0}' in cli(g, "group", "show", "acme")


def test_moves_for_machines(g):
    """--json of what moves money, as the admin API answers."""
    assert exact(cli(g, "credit", "alice", "--usd", "3", "--id", "c1", "--json")) == {
        "id": "c1", "before": False, "usd": "3", "available": "3", "held": "0"}
    assert exact(cli(g, "credit", "alice", "--usd", "3", "--id", "c1", "--json"))["before"] is True
    moved = exact(cli(g, "transfer", "alice", "--to", "bob", "--usd", "1", "--id", "t1", "--json"))
    assert (moved["usd"], moved["available"]) == ("1", "2"), moved
    taken = exact(cli(g, "credit", "--refund", "c1", "--usd", "3", "--id", "p1", "--json"))
    assert taken == {"id": "p1", "before": False, "account": "alice", "taken": "2", "missing": "1"}, taken
    cli(g, "credit", "alice", "--usd", "1")
    assert ask(g.port, chat("x")).status == 200
    settled(g)
    hold = exact(cli(g, "usage", "--limit", "1", "--json"))["id"]
    assert exact(cli(g, "refund", hold, "--usd", "0.0001", "--id", "r1", "--json"))["usd"] == "0.0001"


def test_what_estimates_are_worth(world):
    """Where the provider says how long a question was, the guess is held against it."""
    world.sim.script({"default": SCRIPT})
    g, off, guessed = world.gateway(CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', "")), 0, 0
    cli(g, "credit", "alice", "--usd", "1")
    for words in (1, 400):
        body = chat("word " * words)
        assert ask(g.port, body).status == 200
        off, guessed = off + abs(len(body) // 4 - 100), guessed + len(body) // 4
    settled(g)
    said, guess, missed = (g.status()["counters"][f"bill_tokens_{name}"] for name in ("said", "guessed", "off"))
    assert said == 200 and abs(guess - guessed) <= 4 and abs(missed - off) <= 4, (said, guess, missed, guessed, off)


def test_usage_by_key_model_provider(g):
    """Sums and requests of one key, model or provider; as CSV; and whoever gets a part of the rows is told so."""
    for account in ("alice", "bob"):
        cli(g, "credit", account, "--usd", "1", "--new")
    assert ask(g.port, chat("one")).status == 200 and ask(g.port, messages("two"), path="/v1/messages").status == 200
    assert ask(g.port, chat("three"), key="sk-client-bob-91cc").status == 200
    settled(g)

    def rows(*words):
        return [exact(line) for line in cli(g, "usage", "--by", "key,model,provider", *words, "--json").splitlines()]

    assert [(r["key"], r["model"]) for r in rows("--key", "bob")] == [("bob", "gpt-5.2")]
    assert [r["key"] for r in rows("--model", "gpt-5.2")] == ["alice", "bob"] and [r["key"] for r in rows("--provider", "anthropic")] == ["alice"]
    assert rows("--provider", "nobody") == [] and rows("bob", "--key", "alice") == []
    assert {exact(line)["key"] for line in cli(g, "usage", "--key", "bob", "--json").splitlines()} == {"bob"}
    table = list(csv.DictReader(io.StringIO(cli(g, "usage", "--by", "model", "--csv"), newline="")))
    assert [(r["model"], r["requests"], nano(r["charged"])) for r in table] == [("claude-opus-4-6", "1", COST), ("gpt-5.2", "2", 2 * COST)], table
    assert "key" not in table[0] and len(list(csv.reader(io.StringIO(cli(g, "usage", "--csv"), newline="")))) == 4
    assert [r["account"] for r in csv.DictReader(io.StringIO(cli(g, "balance", "--csv"), newline=""))] == ["alice", "bob"]
    assert run(g, "usage", "--model", "gpt-5.2").returncode == 2 and run(g, "usage", "--csv", "--json").returncode == 2
    for command in (("usage", "--limit", "2"), ("usage", "--by", "key", "--limit", "2"), ("balance", "--limit", "2")):
        assert "there may be more: --limit N" in run(g, *command).stderr, command
    assert run(g, "usage", "--limit", "4").stderr == ""
