"""The admin HTTP API against whoever holds a low token, a page of another origin, or strange numbers, names and bodies."""
import concurrent.futures
import csv
import io
import json
import socket

import pytest
from bench import ask, chat
from test_admin_api import ALL, BILLING, SUPPORT, VIEWER, api, opened
from test_keys import until
from test_money import CONFIG, cli

LEDGER = '"sqlite" { path = "${folder}/ledger.db" }'
RANKS = {"read": 0, "operate": 1, "money": 2}
TOKENS = {VIEWER: 0, SUPPORT: 1, BILLING: 2}


@pytest.fixture
def g(world):
    return opened(world, CONFIG % (LEDGER, ""))


def routes(g):
    paths = json.loads(api(g, "GET", "/openapi.json").body)["paths"]
    for path, methods in paths.items():
        for method, route in methods.items():
            yield method.upper(), path.replace("{id}", "robert"), RANKS[route["description"].partition(": ")[2]]


def test_every_route_keeps_to_its_role(g):
    """Every path of the document, by every token that is too low for it, by none, and by a page of another origin."""
    api(g, "POST", "/keys", {"name": "robert"})
    before = api(g, "GET", "/changes").body
    for method, path, rank in routes(g):
        body = {} if method != "GET" else None
        assert api(g, method, path, body, token=None).status == 401, (method, path)
        for token, has in TOKENS.items():
            got = api(g, method, path, body, token)
            assert (got.status == 403) == (has < rank) or "policies" in path, (method, path, token, got.status, got.body)
        if method != "GET":
            for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:1"}):
                assert api(g, method, path, body, headers=headers).status == 403, (method, path, headers)
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
                assert api(g, method, path, b"{}", headers={"Content-Type": kind}).status in (400, 415), (method, path, kind)
    assert api(g, "GET", "/changes").body.count(b'"revoked"') == 1 and before, "robert was revoked by who may, and nothing else was done"


def test_a_strangers_body_is_not_read(g):
    """Who has no token is refused by the head: nobody asks for the ten megabytes that it announces, on no path that takes a body."""
    port = g.admin_port
    for path in ("/api/v1/keys", "/api/v1/credits"):
        for credential in ("", "Authorization: Bearer of-nobody\r\n"):
            head = (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n{credential}"
                    "Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n")
            with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
                s.sendall(head.encode())
                assert s.recv(4096).startswith(b"HTTP/1.1 401"), (path, credential)
    head = head.replace("of-nobody", ALL).replace("10000000", "2")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        s.sendall(head.encode())
        assert s.recv(4096).startswith(b"HTTP/1.1 100"), "whoever has one is asked for its body"


def test_two_groups_into_each_other(g):
    """Two admins move two groups below one another at once: one of them is refused, so that no group is in itself."""
    for name in ("a", "b"):
        assert api(g, "POST", "/groups", {"name": name}).status == 201
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(100):
            moved = list(pool.map(lambda pair: api(g, "PATCH", f"/groups/{pair[0]}", {"group": pair[1]}).status, (("a", "b"), ("b", "a"))))
            assert set(moved) <= {200, 400, 409}, moved
            above = {name: json.loads(api(g, "GET", f"/groups/{name}").body).get("group") for name in ("a", "b")}
            assert not (above["a"] and above["b"]), above
            for name in ("a", "b"):
                assert api(g, "PATCH", f"/groups/{name}", {"group": None}).status == 200


NUMBERS = ["-1", "0", "-0", "0.0000000001", "1e300", "1e3", "1E400", "-1e-9", "9223372036854775807", "9223372036854775808", "18446744073709551616",
           "1000000000.000000001", "NaN", "Infinity", "true", "null", "[]", "{}", '""', '"NaN"', '"1e3"', '"0x10"', '" 1"', '"1 "', '"+1"', '"1."', '".5"',
           '"-5"', '"１"', "01", "1." + "0" * 5000 + "1"]


def test_odd_amounts(g):
    """As USD in each form, as a budget, and as a limit: refused, with nothing moved; or exact."""
    api(g, "POST", "/keys", {"name": "robert"})
    for i, n in enumerate(NUMBERS):
        for path, body in (("/credits", '"account": "robert"'), ("/transfers", '"from": "robert", "to": "b"'), ("/refunds", '"request": "x"'),
                           ("/paybacks", '"credit": "x"')):
            got = api(g, "POST", path, f'{{{body}, "id": "n{i}", "usd": {n}}}')
            assert got.status in (400, 404), (path, n, got.status, got.body)
        for member in ("budget_day", "budget_total", "markup", "rpm", "tpm", "warn_at"):
            got = api(g, "PATCH", "/keys/robert", f'{{"{member}": {n}}}')
            assert got.status in (200, 400), (member, n, got.status, got.body)
            if got.status == 200 and n != "null":
                said = json.loads(got.body, parse_float=str, parse_int=str).get(member)
                assert said is None or float(said) == float(n.strip('"')), (member, n, said)
    assert api(g, "GET", "/accounts").json() == {"accounts": []} and api(g, "GET", "/audit").json()["ok"]
    assert api(g, "POST", "/credits", '{"account": "robert", "id": "most", "usd": 1000000000}').status == 201
    for i in range(4):
        last = api(g, "POST", "/credits", {"account": "robert", "id": f"more{i}", "usd": 1000000000})
    assert last.status == 402 and "too much" in last.body.decode(), last.body
    assert api(g, "GET", "/audit").json()["ok"]


def test_odd_bodies(g):
    """Doubled members, deep and huge ones, other encodings: refused, and the next request is answered."""
    for body, status in (('{"account": "a", "account": "b", "usd": 1, "id": "d", "new": true}', 400), ('{"usd": 1, "usd": 1000, "account": "a", "id": "d", "new": true}', 400),
                         ('{"usd": 1, "u\\u0073d": 1000, "account": "a", "id": "d", "new": true}', 400), ("[" * 100000, 413), ('{"a":' * 500 + "1" + "}" * 500, 413),
                         ("\ufeff{}", 400), (b"\xff\xfe{\x00}\x00", 400), (b'{"account": "\xff"}', 400), (b'{"account": "a\\ud800", "usd": 1, "id": "x", "new": true}', 400),
                         ("null", 400), ('"x"', 400), ("{} {}", 400), ("", 400), (b'"' + b"x" * (10 << 20) + b'"', 400)):
        try:
            got = api(g, "POST", "/credits", body)
        except (ConnectionError, OSError):
            assert len(body) > 1 << 20, body[:100]  # it was not read to its end
            continue
        assert got.status == status, (body[:80], got.status, got.body[:300])
    assert api(g, "GET", "/accounts").json() == {"accounts": []}


NAMES = ["a\nb", "a\x00b", "\x1b[31m", "a\u202eb", "a/b", "..", "%2e%2e", "", " ", "a" * 201, "=cmd()", "a\x7f", "\u0085", "<script>", "a,b", "'", '"']


def test_odd_names(g):
    """Of keys, groups, accounts, ids, notes and labels: refused or shown as they are, safely; no log line is forged."""
    for name in NAMES:
        for path in ("/keys", "/groups"):
            got = api(g, "POST", path, {"name": name})
            assert got.status in (201, 400), (path, name, got.status, got.body)
            if any(c < " " or c in "\x7f\u0085\u202e/<, \"'=" for c in name) or not name:
                assert got.status == 400, (path, name)
        api(g, "POST", "/credits", {"account": name, "usd": 1, "id": "c" + name, "new": True})
        api(g, "POST", "/credits", {"account": "plain", "usd": 1, "id": name, "new": True, "note": name})
    for answer in (api(g, "GET", "/accounts"), api(g, "GET", "/moves?limit=1000")):
        assert not any(c < 0x20 and c != 0x0a for c in answer.body), answer.body
        json.loads(answer.body)
    assert not any(c < " " for line in g.log().splitlines() for c in line), "the log is lines of text"
    out = cli(g, "balance")
    assert "\x1b" not in out and "\x00" not in out and "\u202e" not in out and "\x7f" not in out, out
    assert "adds up" in cli(g, "audit")


def test_formulas_in_csv(g):
    """What a spreadsheet would run stands there as text, in every column and table."""
    evil = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\",\"y\")"]
    for i, text in enumerate(evil):
        api(g, "POST", "/credits", {"account": text, "usd": 1, "id": f"{text} {i}", "note": text, "new": True})
    for path in ("/accounts?format=csv", "/moves?format=csv"):
        rows = list(csv.reader(io.StringIO(api(g, "GET", path).body.decode(), newline="")))
        assert len(rows) >= 6, rows
        for row in rows[1:]:
            for cell in row:
                number = cell.replace(".", "").lstrip("-").isdigit()
                assert number or not cell or cell[0] not in "=+-@\t\r", (path, row)


def test_groups_in_a_circle(g):
    """Nobody is above himself, also when two are changed at the same time; and requests below go on being answered."""
    for name in ("a", "b", "c"):
        assert api(g, "POST", "/groups", {"name": name}).status == 201
    assert api(g, "PATCH", "/groups/a", {"group": "a"}).status == 400
    assert api(g, "PATCH", "/groups/b", {"group": "a"}).status == 200 and api(g, "PATCH", "/groups/c", {"group": "b"}).status == 200
    assert api(g, "PATCH", "/groups/a", {"group": "c"}).status == 400
    key = api(g, "POST", "/keys", {"name": "robert", "group": "c"}).json()["key"]
    for _ in range(20):
        api(g, "PATCH", "/groups/a", {"group": None}), api(g, "PATCH", "/groups/b", {"group": None})
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda pair: api(g, "PATCH", f"/groups/{pair[0]}", {"group": pair[1]}), (("a", "b"), ("b", "a"))))
        tree = api(g, "GET", "/tree")
        assert tree.status == 200 and len(tree.body) < 10000, tree.body
    groups = {x["name"]: x.get("group") for x in api(g, "GET", "/groups").json()["groups"]}
    until(lambda: ask(g.port, chat("x"), key=key).status in (402, 403), 3, "an answer, whatever the groups are")
    if groups["a"] == "b" and groups["b"] == "a":  # two at once can close it: then whoever is below is refused, and it can be opened again
        assert api(g, "PATCH", "/groups/a", {"group": None}).status == 200


def test_edits_at_the_same_time(g):
    """Forty changes of one key at once, each of a member of its own or all of one: none is lost, no revision is used twice."""
    api(g, "POST", "/keys", {"name": "robert"})
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda i: api(g, "PATCH", "/keys/robert", {"note": f"n{i}"}), range(40)))
        seen = list(pool.map(lambda i: api(g, "PATCH", "/keys/robert?revision=1", {"rpm": i + 1}), range(20)))
    good = [a.json()["revision"] for a in answers if a.status == 200]
    assert len(set(good)) == len(good) and {a.status for a in answers} <= {200, 409, 503}, [a.status for a in answers]
    assert {a.status for a in seen} <= {409, 503}, "it stands no longer so"
    history = api(g, "GET", "/changes?kind=key&name=robert&limit=1000").json()["changes"]
    assert [c["revision"] for c in history] == list(range(len(good) + 1, 0, -1)), history


def test_pages(g):
    """The edges of limit and after; every account is on one page, once, also while new ones come."""
    for name in ("B", "a", "ä", "z", "Z", "_", "0", "a b", "\U0001f600"):
        assert api(g, "POST", "/credits", {"account": name, "usd": 1, "id": "c" + name, "new": True}).status == 201
    for query in ("limit=1001", "limit=-1", "limit=1.5", "limit=", "limit=1&limit=2", "limit=9223372036854775808", "after=x", "after=-1",
                  "after=99999999999999999999", "after=1e3", "after=%00"):
        got = api(g, "GET", "/moves?" + query)
        assert got.status == 400, (query, got.status, got.body[:200])
    assert api(g, "GET", "/moves?after=999999999999999999&limit=1").status == 200
    assert api(g, "GET", "/accounts?after=" + "%f0%9f%98%80" * 50).json() == {"accounts": []}
    from urllib.parse import quote
    seen, after = [], ""
    for i in range(30):
        page = api(g, "GET", "/accounts?limit=2" + (f"&after={quote(after)}" if after else "")).json()
        seen += [a["account"] for a in page["accounts"]]
        after = page.get("next")
        if after is None:
            break
        api(g, "POST", "/credits", {"account": f"a{i}", "usd": 1, "id": f"late{i}", "new": True})
    assert {"B", "a", "ä", "z", "Z", "_", "0", "a b", "\U0001f600"} <= set(seen) and len(seen) == len(set(seen)), seen


def test_audits_leave_room(g):
    """A hundred audits at once, and who asks for a balance is answered meanwhile."""
    api(g, "POST", "/credits", {"account": "a", "usd": 1, "id": "c", "new": True})
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        audits = [pool.submit(api, g, "GET", "/audit") for _ in range(30)]
        others = list(pool.map(lambda _: api(g, "GET", "/accounts/a").status, range(20)))
        assert {a.result().status for a in audits} <= {200, 503}
    assert set(others) <= {200, 503} and api(g, "GET", "/audit", token=ALL).json()["ok"]
