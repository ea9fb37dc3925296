"""Where money went, by time, key, model, provider and label: the command line and the admin API ask the same, and say what they do not understand."""
import csv
import io
import time

import pytest
from bench import ask, chat
from test_admin_api import api, opened
from test_keys import until
from test_ledger_words import exact, run
from test_money import COST, SCRIPT, cli, config, nano, settled  # noqa: F401 (config is a fixture)

TAGGED = 'key "sk-client-carol-7f01" { name = "carol", tags = { team = "web", tier = "silver" } }\n'


@pytest.fixture
def g(world, config):  # noqa: F811
    """One request of each: alice without a label, robert of the group web, carol whose config says so, dora of another team."""
    world.sim.script({"default": SCRIPT})
    gateway = opened(world, config() + TAGGED)
    gateway.world = world
    cli(gateway, "group", "create", "acme", "--labels", "team=web")
    gateway.keys = {"carol": "sk-client-carol-7f01"}
    for name, words in (("robert", ("--group", "acme", "--labels", "tier=gold")), ("dora", ("--group", "acme", "--labels", "team=ops"))):
        gateway.keys[name] = exact(cli(gateway, "key", "create", name, *words, "--json"))["key"]
    for name in ("alice", "robert", "carol", "dora"):
        cli(gateway, "credit", name, "--usd", "1")
    until(lambda: ask(gateway.port, chat("robert"), key=gateway.keys["robert"]).status == 200, 3, "a new key")
    until(lambda: ask(gateway.port, chat("dora"), key=gateway.keys["dora"]).status == 200, 3, "a new key")
    time.sleep(1.1)  # the ledger's times are whole seconds
    assert ask(gateway.port, chat("carol"), key=gateway.keys["carol"]).status == 200 and ask(gateway.port, chat("alice")).status == 200
    settled(gateway)
    return gateway


def sums(g, *words):
    """By the command line; and the API says the same."""
    rows = [exact(line) for line in cli(g, "usage", *words, "--json").splitlines()]
    query = "&".join(f"{name[2:]}={value}" for name, value in zip(words[::2], words[1::2], strict=True))
    theirs = api(g, "GET", "/usage?" + query).json()["usage"]
    assert [{k: v for k, v in r.items() if k in t} for r, t in zip(rows, theirs, strict=True)] == [
        {k: str(v) for k, v in t.items()} for t in theirs], (rows, theirs)
    return rows


def test_by_label(g):
    """Of the keys that have a label, or kept apart by its value; by themselves, by a group, as a tag of the config."""
    assert [r["key"] for r in sums(g, "--by", "key", "--label", "team=web")] == ["carol", "robert"], "the own label of dora hides the group's"
    assert [r["key"] for r in sums(g, "--by", "key", "--label", "tier=gold")] == ["robert"]
    one, = sums(g, "--by", "model", "--label", "team=web")
    assert (one["requests"], nano(one["charged"]), one["key"]) == ("2", 2 * COST, ""), one
    apart = sums(g, "--by", "label:team")
    assert [(r["label"], r["requests"]) for r in apart] == [("", "1"), ("ops", "1"), ("web", "2")], apart
    both = sums(g, "--by", "model,label:tier", "--label", "team=web")
    assert [(r["model"], r["label"], nano(r["charged"])) for r in both] == [("gpt-5.2", "gold", COST), ("gpt-5.2", "silver", COST)], both
    table = list(csv.DictReader(io.StringIO(cli(g, "usage", "--by", "label:team", "--csv"), newline="")))
    assert [(r["label"], r["requests"]) for r in table] == [("", "1"), ("ops", "1"), ("web", "2")] and "key" not in table[0], table
    shown = cli(g, "usage", "--by", "label:team").splitlines()
    assert [line.split()[0] for line in shown] == ["-", "ops", "web"], shown
    assert "there may be more" in run(g, "usage", "--by", "label:team", "--limit", "2").stderr
    assert "no key has a label taem" in run(g, "usage", "--by", "label:taem").stderr and run(g, "usage", "--by", "label:team").stderr == ""
    assert [k["name"] for k in api(g, "GET", "/keys?label=team=web").json()["keys"]] == ["robert"]


def test_what_is_not_understood(g):
    """Of a question nothing is left out: what does not belong to it, or cannot be, is said."""
    for words, code, told in (
            (("usage", "--by", "key", "--label", "team"), 2, 'such as tier=gold, not "team"'),
            (("usage", "--by", "key", "--label", "taem=web"), 1, "no key has the label taem=web"),
            (("usage", "--by", "label:"), 2, "label:NAME"), (("usage", "--by", "label:a,label:b"), 2, "label:NAME"), (("usage", "--by", ""), 2, "label:NAME"),
            (("usage", "--label", "team=web"), 2, "belong to --by"), (("usage", "--by", "key", "--id", "r1"), 2, "--id is of one request"),
            (("usage", "--by", "key", "--csv", "--json"), 2, "--csv or --json?"),
            (("usage", "--by", "day", "--from", "2026-11-02", "--until", "2026-11-01"), 2, "should be after from"),
            (("usage", "--by", "day", "--from", "yesterday"), 2, '--from should be a day such as 2026-11-28, or a moment of UTC such as 2026-11-28T15:04:05Z, not "yesterday"'),
            (("usage", "--by", "day", "--until", "2026-02-30"), 2, '--until should be a day'), (("usage", "--limit", "99999999999999999999"), 2, "--limit should be"),
            (("usage", "--by", "day", "--key", "nobody"), 0, "no ended request of that kind"), (("usage", "--key", "nobody"), 0, "no request of that kind"),
            (("usage", "--usd", "3"), 2, "--usd is no option of usage, but of credit transfer refund"),
            (("credit", "alice", "--usd", "1", "--to", "bob"), 2, "--to is no option of credit, but of transfer"),
            (("credit", "--refund", "c1", "--usd", "1", "--note", "x"), 2, "--note"), (("balance", "--from", "2026-01-01"), 2, "but of usage"),
            (("audit", "alice"), 2, "whole ledger"), (("audit", "--provider", "openai"), 2, "--provider-export"),
            (("moves", "nobody"), 1, "nobody"), (("key", "show", "robert", "--rpm", "5"), 2, "--rpm belongs to create and change, not to show"),
            (("key", "list", "--rpm", "5"), 2, "--rpm belongs"), (("key", "create", "x", "--overlap", "1h"), 2, "--overlap belongs to rotate"),
            (("key", "list", "--labels", "team"), 2, "NAME=VALUE"), (("key", "list", "--group", "nobody"), 0, "none of that kind"),
            (("key", "change", "robert"), 2, "what is to be changed?"), (("refund", "r1", "--usd", "1"), 1, "and not the request's own"),
            (("code", "list", "--usd", "5"), 2, "--usd is no option of list, but of create"), (("code", "redeem", "yzc-x", "--batch", "b"), 2, "but of revoke")):
        p = run(g, *words)
        assert p.returncode == code and told in p.stderr and p.stdout == "", (words, p)
    for path, told in (("/usage?by=label:", "label:NAME"), ("/usage?label=team", "such as tier=gold"), ("/usage?from=2026-11-02&until=2026-11-01", "after from"),
                       ("/margins?from=2026-11-02&until=2026-11-02", "after from")):
        refused = api(g, "GET", path)
        assert refused.status == 400 and told in refused.body.decode(), (path, refused.body)


def test_lists(g):
    """Keys of a group or a label; credits, refunds and transfers, as the API has them; and a table has its head also where it has no row."""
    assert [exact(line)["name"] for line in cli(g, "key", "list", "--group", "acme", "--json").splitlines()] == ["dora", "robert"]
    assert [exact(line)["name"] for line in cli(g, "key", "list", "--labels", "team=web,tier=gold", "--json").splitlines()] == ["robert"]
    cli(g, "transfer", "alice", "--to", "dora", "--usd", "0.25", "--id", "t1", "--note", "lunch, both")
    moved = [exact(line) for line in cli(g, "moves", "dora", "--json").splitlines()]
    theirs = api(g, "GET", "/moves?account=dora").json()["moves"]
    assert moved == [{k: str(v) for k, v in m.items()} for m in theirs] and [m["kind"] for m in moved] == ["transfer", "credit"], moved
    table = list(csv.DictReader(io.StringIO(cli(g, "moves", "--csv"), newline="")))
    assert [r["note"] for r in table if r["account"] == "dora"] == ["lunch, both", ""], table
    assert "lunch, both" in cli(g, "moves", "dora") and "there may be more" in run(g, "moves", "--limit", "2").stderr
    for words in (("usage", "--by", "day", "--key", "nobody"), ("usage", "--key", "nobody"), ("moves", "nobody")):
        assert run(g, *words, "--csv").stdout.startswith("time,"), words


def test_charges_of_a_time(g):
    """Single requests of a stretch of time, by the API page for page and by the command line; both ends as they were said."""
    day = api(g, "GET", "/charges?limit=1").json()["charges"][0]["time"][:10]
    every = api(g, "GET", "/charges").json()["charges"]
    assert len(every) == 4 and all(c["time"].startswith(day) or c["time"] > day for c in every), every
    first, last = min(c["time"] for c in every), max(c["time"] for c in every)

    def pages(query):
        seen, after = [], ""
        while after is not None:
            page = api(g, "GET", f"/charges?limit=1&{query}{after}").json()
            seen += page["charges"]
            after = f"&after={page['next']}" if "next" in page else None
        return seen

    assert pages(f"from={first}") == every and pages("from=2026-01-01&until=2099-01-01") == every
    assert pages(f"until={first}") == [] and pages(f"from={first}&until={last}") == [c for c in every if c["time"] < last]
    assert pages(f"from={last}") == [c for c in every if c["time"] == last] and pages(f"from={first}&key=dora") == [c for c in every if c["key"] == "dora"]
    assert [exact(line)["id"] for line in cli(g, "usage", "--from", first, "--json").splitlines()] == [c["id"] for c in every]
    assert cli(g, "usage", "--until", first) == "" and cli(g, "usage", "alice", "--from", "2099-01-01") == ""
    assert api(g, "GET", "/charges?from=2099-01-01&format=csv").body.decode().count("\n") == 1
    margin, = api(g, "GET", f"/margins?from={first}&until=2099-01-01").json()["margins"]
    assert margin["requests"] == 4 and api(g, "GET", "/margins?until=2026-01-01").json()["margins"] == [], margin


def test_margins(g):
    """Of each provider, by the command line and the API: what was charged, what its tries cost, also those of a request that came to nothing."""
    g.world.sim.script({"default": SCRIPT, "rules": [{"match": {"contains": "fails"}, "do": {"status": 400}}]})
    assert ask(g.port, chat("it fails")).status == 400
    cli(g, "refund", [u["id"] for u in map(exact, cli(g, "usage", "--key", "dora", "--json").splitlines())][0], "--usd", "0.0001")
    settled(g)
    margin, = [exact(line) for line in cli(g, "margins", "--json").splitlines()]
    assert (margin["provider"], margin["requests"], nano(margin["charged"]), nano(margin["cost"])) == ("openai", "4", 4 * COST, 4 * COST), margin
    assert (nano(margin["given_back"]), nano(margin["margin"]), int(margin["tries"]) >= 4) == (100000, -100000, True), margin
    theirs, = api(g, "GET", "/margins").json()["margins"]
    assert {k: str(v) for k, v in theirs.items()} == margin
    for by in ("day", "hour"):
        apart = api(g, "GET", "/margins?by=" + by).json()["margins"]
        assert sum(m["requests"] for m in apart) == 4 and all(m["time"].endswith(":00:00Z") for m in apart), apart
        table = list(csv.DictReader(io.StringIO(cli(g, "margins", "--by", by, "--csv"), newline="")))
        assert [(r["time"], r["provider"], r["requests"]) for r in table] == [(m["time"], m["provider"], str(m["requests"])) for m in apart], table
    assert "openai" in cli(g, "margins") and "margin -0.0001 USD" in cli(g, "margins")
    for words, code, told in ((("margins", "openai"), 2, "all providers"), (("margins", "--by", "week"), 2, '--by should be day or hour, not "week"'),
                              (("margins", "--until", "2026-01-01"), 0, "no request has ended then")):
        p = run(g, *words)
        assert p.returncode == code and told in p.stderr and p.stdout == "", (words, p)
    assert "by should be day or hour" in api(g, "GET", "/margins?by=model").body.decode()
    assert "adds up" in cli(g, "audit")
