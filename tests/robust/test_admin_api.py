"""The admin HTTP API (docs/admin-api.md), from outside: who may, what it does, and that it is the same as the command line's."""
import concurrent.futures
import csv
import http.client
import io
import json

from bench import ask, chat
from test_keys import until
from test_money import COST, SCRIPT, cli, config, nano, settled  # noqa: F401 (config is a fixture)

TOKENS = """admin "127.0.0.1:${admin}" { token = "sesame-sesame-sesame", tokens = {
  { name = "viewer", token = "viewer-viewer-viewer" }, { name = "support", token = "support-support-support", role = "operate" },
  { name = "billing", token = "billing-billing-billing", role = "money" } } }
"""
ALL, VIEWER, SUPPORT, BILLING = "sesame-sesame-sesame", "viewer-viewer-viewer", "support-support-support", "billing-billing-billing"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body, parse_float=str)

    def code(self):
        return json.loads(self.body)["error"]["code"]


def api(gateway, method, path, body=None, token=ALL, headers=None):
    c = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=30)
    headers = dict(headers or {})
    if token:
        headers["Authorization"] = "Bearer " + token
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
        body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    c.request(method, path if path.startswith("/api") or "//" in path else "/api/v1" + path, body, headers)
    r = c.getresponse()
    out = Answer(r.status, dict(r.getheaders()), r.read())
    c.close()
    return out


def opened(world, text):
    return world.gateway('listen "127.0.0.1:${port}"\n' + TOKENS + text, head=False)


def test_keys_money_usage(world, config):  # noqa: F811
    """A group and a key are made, the key pays, asks and is charged; usage, charges and moves tell so, as JSON, as CSV and by the CLI."""
    world.sim.script({"default": SCRIPT})
    g = opened(world, config())
    assert api(g, "POST", "/groups", {"name": "acme", "labels": {"tier": "gold"}, "budget_month": 500}).status == 201
    made = api(g, "POST", "/keys", {"name": "robert", "group": "acme", "budget_day": 1.5}, SUPPORT)
    assert made.status == 201 and made.json()["key"].startswith("yz-"), made.body
    key = made.json()["key"]
    for path in ("/keys", "/keys/robert", "/changes", "/tree"):
        assert key not in api(g, "GET", path).body.decode() and "sha256" not in api(g, "GET", path).body.decode(), path
    assert api(g, "POST", "/credits", {"account": "robert", "usd": 1, "id": "c1"}, BILLING).json() == {
        "id": "c1", "before": False, "usd": 1, "available": 1, "held": 0}
    until(lambda: ask(g.port, chat("hello"), key=key).status == 200, 2, "a key that the API made")
    settled(g)
    account = api(g, "GET", "/accounts/robert").json()
    assert nano(account["charged"]) == COST and nano(account["available"]) == 10**9 - COST, account
    assert nano(api(g, "GET", "/keys/robert").json()["spent"]["day"]) == COST
    assert nano(api(g, "GET", "/groups/acme").json()["spent"]["month"]) == COST
    for query in ("by=key,model", "by=key,model&label=tier=gold", "by=key,model&key=robert", "by=key,model&from=2026-01-01"):
        usage = api(g, "GET", "/usage?" + query).json()
        assert [(u["key"], u["model"], u["requests"], nano(u["charged"])) for u in usage["usage"]] == [("robert", "gpt-5.2", 1, COST)], usage
    assert nano(api(g, "GET", "/usage?label=tier=gold").json()["usage"][0]["charged"]) == COST
    assert api(g, "GET", "/usage?label=tier=silver").json() == {"usage": [], "more": False}
    charge, = api(g, "GET", "/charges?key=robert").json()["charges"]
    proof, = api(g, "GET", f"/charges/{charge['id']}").json()["charges"]
    assert api(g, "GET", f"/charges/{charge['request']}").json()["charges"] == [proof]
    assert proof["detail"]["cost"]["usd"] == charge["charged"] and proof["detail"]["tries"], proof
    assert json.loads(cli(g, "usage", "robert", "--json"), parse_float=str) == proof, "one proof, however one asks"
    back = {"request": charge["id"], "usd": "0.0001", "id": "r1", "note": "=sorry, \"friend\""}
    assert api(g, "POST", "/refunds", back, SUPPORT).code() == "role_too_low"
    assert api(g, "POST", "/refunds", back, BILLING).status == 201
    assert api(g, "POST", "/refunds", {**back, "id": "r2", "usd": 1}).code() == "insufficient_funds"
    assert api(g, "POST", "/transfers", {"from": "robert", "to": "spare", "usd": 0.25, "id": "t1", "new": True}).status == 201
    moves = api(g, "GET", "/moves?account=robert").json()["moves"]
    assert [(m["kind"], m["by"], m["note"]) for m in moves] == [
        ("transfer", "admin admin", ""), ("refund", "admin billing", back["note"]), ("credit", "admin billing", "")], moves
    table = api(g, "GET", "/moves?account=robert&format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.body.decode())))
    assert [r["kind"] for r in rows] == ["transfer", "refund", "credit"] and rows[1]["note"] == "'" + back["note"], rows
    cli(g, "credit", "robert", "--usd", "1", "--note", "by hand")
    first = api(g, "GET", "/moves?limit=1").json()
    assert (first["moves"][0]["by"], first["moves"][0]["note"]) == ("cli", "by hand")
    second = api(g, "GET", f"/moves?limit=1&after={first['next']}").json()
    assert second["moves"][0]["id"] == "transfer to t1", second
    assert api(g, "GET", "/audit").json() == {"faults": [], "ok": True}
    cli(g, "audit")


def test_changes_of_keys(world, config):  # noqa: F811
    """Limits are changed, nobody overwrites another, an old secret is good for as long as was said, and a revoked key for ever not."""
    g = opened(world, config("").replace("bill {  }, ", ""))
    key = api(g, "POST", "/keys", {"name": "robert"}).json()["key"]
    until(lambda: ask(g.port, chat("hello"), key=key).status == 200, 2, "a new key")
    assert api(g, "PATCH", "/keys/robert", {"models": ["claude-*"], "note": None}).json()["models"] == ["claude-*"]
    until(lambda: ask(g.port, chat("hello"), key=key).status == 403, 2, "its models")
    assert api(g, "PATCH", "/keys/robert?revision=1", {"models": None}).code() == "conflict"
    assert "models" not in api(g, "PATCH", "/keys/robert?revision=2", {"models": None}).json()
    second = api(g, "POST", "/keys/robert/rotate", {"overlap": 3600}).json()["key"]
    until(lambda: ask(g.port, chat("hello"), key=second).status == 200, 2, "the new secret")
    assert ask(g.port, chat("hello"), key=key).status == 200, "the old one, for an hour"
    third = api(g, "POST", "/keys/robert/rotate").json()["key"]
    until(lambda: ask(g.port, chat("hello"), key=third).status == 200, 2, "the third")
    until(lambda: ask(g.port, chat("hello"), key=second).status == 401, 2, "no overlap")
    assert api(g, "POST", "/keys/robert/revoke").json()["revoked"]
    until(lambda: ask(g.port, chat("hello"), key=third).status == 401, 2, "revoked")
    assert api(g, "POST", "/keys/robert/revoke").status == 200
    assert api(g, "PATCH", "/keys/robert", {"disabled": True}).code() == "conflict"
    history = api(g, "GET", "/changes?kind=key&name=robert").json()["changes"]
    assert [c["revision"] for c in history] == [6, 5, 4, 3, 2, 1] and {c["by"] for c in history} == {"admin admin"}, history
    names = [f"k{i:02d}" for i in range(7)]
    for name in names:
        cli(g, "key", "create", name, "--group", "") if name == "k03" else api(g, "POST", "/keys", {"name": name})
    seen, after = [], ""
    while after is not None:
        page = api(g, "GET", "/keys?limit=3" + (f"&after={after}" if after else "")).json()
        seen += [k["name"] for k in page["keys"]]
        after = page.get("next")
    assert seen == [*names, "robert"], seen


def test_who_may(world, config):  # noqa: F811
    """Roles; without any token nothing of the ledger is changed; pages of others, and names that lead here, change nothing at all."""
    g = opened(world, config())
    assert [api(g, "GET", "/token", token=t).json()["role"] for t in (VIEWER, SUPPORT, BILLING, ALL)] == ["read", "operate", "money", "money"]
    assert api(g, "GET", "/keys", token=None).status == 401 and api(g, "GET", "/keys", token="sesame").status == 401
    for path, body in (("/keys", {"name": "x"}), ("/groups", {"name": "x"}), ("/keys/x/rotate", None), ("/keys/x/revoke", None),
                       ("/credits", {"account": "x", "usd": 1, "id": "1", "new": True})):
        assert api(g, "POST", path, body, VIEWER).code() == "role_too_low", path
    assert api(g, "POST", "/credits", {"account": "x", "usd": 1, "id": "1", "new": True}, SUPPORT).code() == "role_too_low"
    c = http.client.HTTPConnection("127.0.0.1", g.admin_port, timeout=30)
    c.request("POST", "/reload", headers={"Authorization": "Bearer " + VIEWER})
    assert c.getresponse().status == 403
    assert api(g, "POST", "/keys", {"name": "x"}, headers={"Origin": "https://evil.example"}).status == 403
    assert api(g, "POST", "/keys", '{"name": "x"}', headers={"Content-Type": "text/plain"}).status == 415
    assert api(g, "GET", "/keys").json() == {"keys": []}
    bare = world.gateway(config())
    assert api(bare, "GET", "/token", token=None).json()["role"] == "read"
    assert api(bare, "GET", "/keys", token=None).status == 200
    assert api(bare, "POST", "/keys", {"name": "x"}, None).code() == "forbidden"
    assert api(bare, "GET", "/keys", token=None, headers={"Host": "rebound.example"}).status == 403
    unkept = opened(world, "\n".join(line for line in config().splitlines() if not line.startswith("ledger")).replace("bill {  }, ", ""))
    assert api(unkept, "GET", "/keys").code() == "no_ledger" and api(unkept, "GET", "/openapi.json").status == 200


def test_what_is_refused(world, config):  # noqa: F811
    """What is not as it should be, by its message; and nothing of it was done."""
    g = opened(world, config())
    api(g, "POST", "/keys", {"name": "robert"})
    wrong = [
        ("POST", "/keys", {"name": "robert"}, 409, "already"), ("POST", "/keys", {"name": "a b"}, 400, "letters"),
        ("POST", "/keys", {"name": "x", "rmp": 5}, 400, '"rmp" is nothing that a key has'), ("POST", "/keys", [], 400, "object"),
        ("POST", "/keys", {"name": "x", "revoked": "2026-01-01"}, 400, "revoked"), ("POST", "/keys", '{"name": "x"', 400, "JSON"),
        ("POST", "/keys", {"name": "x", "group": "none"}, 400, 'no group "none"'), ("POST", "/keys", None, 400, "empty"),
        ("POST", "/keys", {"name": "x", "note": "n" * 70000}, 413, "64 KiB"), ("POST", "/keys", {"name": 5}, 400, "string"),
        ("PATCH", "/keys/robert?revision=x", {}, 400, "revision"), ("PATCH", "/keys/nobody", {}, 404, "nobody"),
        ("POST", "/keys/robert/rotate", {"overlap": -1}, 400, "overlap"), ("POST", "/keys/robert/revoke", {"why": 1}, 400, "why"),
        ("GET", "/keys?limit=0", None, 400, "limit"), ("GET", "/keys?limti=5", None, 400, "limti"), ("GET", "/keys?label=x", None, 400, "label"),
        ("GET", "/keys/%00", None, 400, ""), ("GET", "/keys?group=%ff", None, 400, "UTF-8"), ("GET", "/moves?after=x", None, 400, "after"),
        ("GET", "/usage?by=keys", None, 400, "by should"), ("GET", "/usage?from=yesterday", None, 400, "from"),
        ("GET", "/charges?format=xml", None, 400, "format"), ("GET", "/charges/none", None, 404, "has this id"), ("GET", "/nothing", None, 404, ""),
        ("DELETE", "/keys/robert", None, 405, "PATCH"), ("GET", "/accounts/none", None, 404, "account"),
        ("POST", "/credits", {"account": "robret", "usd": 1, "id": "c"}, 404, "nobody would spend it"),
        ("POST", "/credits", {"account": "robert", "usd": -1, "id": "c"}, 400, "above zero"),
        ("POST", "/credits", '{"account": "robert", "usd": 1e3, "id": "c"}', 400, "exponent"),
        ("POST", "/credits", {"account": "robert", "usd": "0.0000000001", "id": "c"}, 400, "nine digits"),
        ("POST", "/credits", {"account": "robert", "usd": 1}, 400, "id is needed"),
        ("POST", "/credits", {"account": "robert", "usd": 1, "id": "c", "currency": "EUR"}, 400, "currency"),
        ("POST", "/transfers", {"from": "robert", "to": "robert", "usd": 1, "id": "t"}, 404, "no such account"),
        ("POST", "/refunds", {"request": "none", "usd": 1, "id": "r"}, 404, "no charge of that id"),
    ]
    for method, path, body, status, why in wrong:
        got = api(g, method, path, body)
        message = json.loads(got.body)["error"]["message"]
        assert got.status == status and why in message, (method, path, body, got.status, got.body)
    assert [k["name"] for k in api(g, "GET", "/keys").json()["keys"]] == ["robert"]
    assert api(g, "GET", "/accounts").json() == {"accounts": []}


def test_many_at_once(world, config):  # noqa: F811
    """One id, posted by many at once, is paid in once; one name is taken once; and clients are served meanwhile."""
    g = opened(world, config())
    api(g, "POST", "/keys", {"name": "robert"})
    with concurrent.futures.ThreadPoolExecutor(48) as pool:
        paid = list(pool.map(lambda i: api(g, "POST", "/credits", {"account": "robert", "usd": 2, "id": "c1"}), range(200)))
        made = list(pool.map(lambda i: api(g, "POST", "/keys", {"name": "same"}), range(100)))
    assert {a.status for a in paid} <= {200, 201, 503} and sum(a.status == 201 for a in paid) == 1, [a.status for a in paid]
    assert {a.status for a in made} <= {201, 409, 503} and sum(a.status == 201 for a in made) == 1, [a.status for a in made]
    assert api(g, "GET", "/accounts/robert").json()["available"] == 2
    assert api(g, "GET", "/audit").json()["ok"] is True
