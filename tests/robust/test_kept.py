"""Requests that are older than the ledger keeps them (`keep`): they go while it serves, their sums and the balances stay, and whoever asks for one is told."""
import http.client
import json
import os
import subprocess
import time

import pg_server
import pytest
from bench import ALICE, ask, chat, eventually
from simlib import BUILD
from test_admin_api import ALL, TOKENS, api, opened
from test_money import CONFIG, COST, SCRIPT, balance, cli, settled, usage

WEEK, EIGHT_DAYS = ', keep = "7d"', 8 * 86400


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request):
    """(the ledger as the config says it, with more options; what its clock has to be told when the gateway's is skipped)"""
    if request.param == "sqlite":
        return lambda more: CONFIG % ('"sqlite" { path = "${folder}/ledger.db"%s }' % more, ""), lambda: None
    url = request.getfixturevalue("postgres").database()
    later = f"CREATE OR REPLACE FUNCTION yuzui_clock() RETURNS bigint LANGUAGE sql AS $$ SELECT extract(epoch FROM clock_timestamp())::bigint + {EIGHT_DAYS} $$"
    psql = os.path.join(pg_server.programs(), "psql")
    return (lambda more: CONFIG % (f'"postgresql" {{ url = "{url}", wills = "${{folder}}/ledger"{more} }}', ""),
            lambda: subprocess.run([psql, url, "-Xq", "-c", later], check=True))


def said(g, *words, code=0):
    p = subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(g.folder, "yuzui.lua")], env=g.env, cwd=g.folder, capture_output=True, text=True, check=False)
    assert p.returncode == code, (words, p)
    return p.stdout + p.stderr


def sums(g, by):
    return [json.loads(line, parse_float=str) for line in cli(g, "usage", "--by", by, "--json").splitlines()]


def http_at(port, method, path, token):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    c.request(method, path, headers={"Authorization": "Bearer " + token})
    r = c.getresponse()
    return r.status, r.read()


def of_old(g, old, hold):
    """Each way to ask for it says that it was removed, and by which rule."""
    for path in (f"/charges/{old['request']}", f"/charges/{hold}"):
        r = api(g, "GET", path)
        assert r.status == 404 and 'keep = \\"7d\\"' in r.body.decode() and "removed" in r.body.decode(), r.body
    assert "this request was removed" in api(g, "GET", f"/charges/{hold}").body.decode()
    assert "no request and no hold has this id; requests from before" in api(g, "GET", "/charges/nothing").body.decode()
    r = http_at(g.port, "GET", f"/v1/usage/{old['request']}", ALICE)
    assert r[0] == 404 and b"were removed" in r[1], r
    r = api(g, "POST", "/refunds", {"request": hold, "usd": 0.0001, "id": "late"})
    assert r.status == 404 and "no longer kept" in r.body.decode(), r.body
    assert "this request was removed" in said(g, "usage", hold, code=1)
    assert "no longer kept" in said(g, "refund", hold, "--usd", "0.0001", "--id", "later", code=1)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
    assert "requests from before" in said(g, "usage", "--from", day), "a list that is not all says so"


def compared(g, rows, *more, code=0):
    with open(os.path.join(g.folder, "bill.csv"), "w", encoding="utf-8") as f:
        f.write("\n".join(rows))
    return said(g, "audit", "--provider-export", "bill.csv", "--provider", "openai", *more, code=code)


def lists_say_so(g, old):
    """A list, and a comparison, that begin before what is complete say since when that is, instead of being shorter or different without a word."""
    day = old["time"][:10]
    told = json.loads(api(g, "GET", f"/charges?from={day}").body)
    assert set(told) == {"charges", "removed"} and told["removed"]["rule"] == 'keep = "7d"' and told["removed"]["requests"] == 5, told
    assert told["removed"]["before"] > old["time"] and json.loads(api(g, "GET", "/charges").body)["removed"] == told["removed"]
    assert "removed" not in json.loads(api(g, "GET", f"/charges?from={told['removed']['before']}").body), "since then all is there"
    assert "removed" not in api(g, "GET", f"/charges?from={day}&format=csv").body.decode()
    assert "were removed" in said(g, "usage", "--until", day)
    bill = ["date,model,input_tokens,output_tokens", f"{day},gpt-5.2,500,250", f"{day},gpt-5.2-mini,7,7"]
    assert 'not compared: 2 rows of the export from before' in compared(g, bill) and "differences" not in compared(g, bill)
    line = json.loads(compared(g, bill, "--json"))
    assert line == {"removed": {**told["removed"], "left_out": 2}}, line
    r = json.loads(api(g, "POST", "/reconcile", {"provider": "openai", "export": "\n".join(bill)}).body)
    assert r == {"differences": [], "ok": True, **line}, r
    new = time.strftime("%Y-%m-%d", time.gmtime(time.time() + EIGHT_DAYS))
    assert f"{new} gpt-5.2" in compared(g, [*bill, f"{new},gpt-5.2,1,2"], code=1), "a day that is complete is compared"
    assert "requests from before" in compared(g, ["id,input_tokens,output_tokens", "chatcmpl-nobody,1,2"], code=1), "of whatever day it is"


def test_old_requests_go(world, store):
    config, later = store
    world.sim.script({"default": SCRIPT})
    g = opened(world, config(WEEK))
    cli(g, "credit", "alice", "--usd", "1", "--id", "c1")
    for i in range(5):
        assert ask(g.port, chat(f"question {i}")).status == 200
    settled(g)
    old = usage(g)[-1]
    cli(g, "refund", old["id"], "--usd", "0.0003", "--id", "r1")
    before = {by: sums(g, by) for by in ("day", "hour,model", "key,provider")}
    had, moves, margins = balance(g, "alice"), cli(g, "moves", "--json"), cli(g, "margins", "--json")
    assert http_at(g.admin_port, "POST", f"/test/skip?ms={EIGHT_DAYS * 1000}", ALL)[0] == 200
    later()
    eventually(lambda: not usage(g), "that what is a week old goes")
    assert {by: sums(g, by) for by in before} == before
    assert (balance(g, "alice"), cli(g, "moves", "--json"), cli(g, "margins", "--json")) == (had, moves, margins)
    audit = said(g, "audit")
    assert "the ledger adds up" in audit and '5 requests from before' in audit and 'keep = "7d"' in audit, audit
    of_old(g, old, old["id"])
    lists_say_so(g, old)
    assert ask(g.port, chat("one more")).status == 200
    settled(g)
    assert len(usage(g)) == 1 and balance(g, "alice")["available"] == had["available"] - COST
    of_old(g, old, old["id"])
    g.stop()
    g.write_config('listen "127.0.0.1:${port}"\n' + TOKENS + config(""))
    g.start()
    assert "the ledger adds up" in said(g, "audit")
    assert sum(s["requests"] for s in sums(g, "day")) == 6


def test_commands_remove_nothing(world, store):
    """Whoever looks, or checks a config that is not served, leaves the ledger as it is."""
    config, later = store
    world.sim.script({"default": SCRIPT})
    g = opened(world, config(""))
    cli(g, "credit", "alice", "--usd", "1", "--id", "c1")
    for i in range(3):
        assert ask(g.port, chat(f"question {i}")).status == 200
    settled(g)
    later()
    new = os.path.join(g.folder, "new.lua")
    with open(os.path.join(g.folder, "yuzui.lua"), encoding="utf-8") as f:
        text = f.read()
    plain = config("").partition('ledger ')[2].partition("\n")[0]
    kept = config(WEEK).partition('ledger ')[2].partition("\n")[0]
    for name, value in g.names.items():
        plain, kept = plain.replace("${%s}" % name, value), kept.replace("${%s}" % name, value)
    assert plain in text, (plain, text)
    with open(new, "w", encoding="utf-8") as f:
        f.write(text.replace(plain, kept))
    for words in (("check",), ("balance", "alice"), ("audit",), ("usage",), ("check",)):
        p = subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", new], env=g.env, cwd=g.folder, capture_output=True, text=True, check=False)
        assert p.returncode == 0, (words, p)
        time.sleep(0.3)
    assert len(usage(g)) == 3


def test_too_short(world, store):
    """Less than a week is no rule for money."""
    g = opened(world, store[0](""))
    g.write_config('listen "127.0.0.1:${port}"\n' + TOKENS + store[0](', keep = "6d"'))
    assert "from 7d to 36500d" in said(g, "check", code=1)
