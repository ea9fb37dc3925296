"""Events of a payment provider, signed: what pays in, once, and what does not."""
import hashlib
import hmac
import json
import os
import subprocess
import threading
import time

from bench import ask, is_error
from gateway import STANDARD
from simlib import BUILD
from test_money import balance, cli, config, nano  # noqa: F401 (config is a fixture)

SECRET = "whsec_of-the-test"
PAYMENTS = f'\npayments "stripe" {{ secret = "{SECRET}" }}\n'
PAYMENTS += f'payments "shop" {{ secret = "other", header = "x-shop", type = "kind", paid = {{ "paid" }}, only = {{ kind = "paid" }}, id = "order",' \
            ' account = "for", amount = "nano", per_usd = 1000000000, currency = "in" }\n'


def session(n, account="alice", cents=1250, kind="checkout.session.completed", status="paid", currency="usd"):
    """As https://docs.stripe.com/api/checkout/sessions/object has it, in an event."""
    return json.dumps({"id": f"evt_{n}", "object": "event", "type": kind, "created": int(time.time()), "data": {"object": {
        "id": f"cs_test_{n}", "object": "checkout.session", "amount_total": cents, "client_reference_id": account, "currency": currency,
        "payment_status": status}}}).encode()


def signature(body, secret=SECRET, at=None):
    at = int(time.time()) if at is None else at
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def send(gateway, body, signed=None, name="stripe", header="stripe-signature"):
    signed = signature(body) if signed is None else signed
    return ask(gateway.port, body, path=f"/v1/payments/{name}", key="", headers=f"{header}: {signed}\r\n" if signed else "")


def test_what_pays_in(world, config):  # noqa: F811
    """A signed event pays in once, however often it comes; others are taken and forgotten; none is believed before its signature."""
    g = world.gateway(config("") + PAYMENTS)
    first = session(1)
    answer = send(g, first)
    assert answer.status == 200 and json.loads(answer.body) == {"ok": True, "before": False}, answer.body
    assert json.loads(send(g, first).body) == {"ok": True, "before": True}
    assert json.loads(send(g, session(1, kind="checkout.session.async_payment_succeeded")).body)["before"], "another event, the same payment"
    assert balance(g, "alice")["available"] == nano("12.5")
    for other in (session(2, status="unpaid"), session(2, kind="charge.refunded"), session(2, kind="x")):
        assert json.loads(send(g, other).body) == {"ok": True, "ignored": True}
    for wrong, code in ((session(1, account="bob"), 409), (session(1, cents=1), 409), (session(3, currency="eur"), 400), (session(3, account=""), 400),
                        (session(3, cents=0), 400), (session(3, cents=-5), 400), (session(3, cents=1.5), 400), (session(3, cents=10**17), 400),
                        (session(3, cents="100"), 400), (session(3, account="a\nb"), 400), (session("x" * 200), 400)):
        assert send(g, wrong).status == code, wrong
    now = int(time.time())
    good = signature(session(4)).partition("v1=")[2]
    body = session(4)
    for signed in ("", "x", "t=,v1=", signature(body, "guess"), signature(body, ""), signature(body, at=now - 400), signature(body, at=now + 400),
                   f"t={now + 1},v1={good}", f"v1={good}", f"t={now},v0={good}", f"t={now},v1={good[:-2]}", signature(body + b" "),
                   f"t={now},t={now},v1={good}", signature(body).upper()):
        refused = send(g, body, signed)
        assert refused.status == 401 and is_error(refused)["code"] == "signature_invalid", (signed, refused.body)
    assert send(g, body, f"{signature(body, 'old')},v1={signature(body).partition('v1=')[2]}").status == 200, "while the secret is changed"
    assert send(g, body, name="nobody").status == 404
    assert balance(g, "alice")["available"] == nano("25") and balance(g, "bob") is None

    own = json.dumps({"kind": "paid", "order": "7", "for": "carol", "nano": 7, "in": "USD"}).encode()
    assert send(g, own, signature(own, "other"), "shop", "x-shop").status == 200 and balance(g, "carol")["available"] == 7
    assert send(g, own, signature(own), "shop", "x-shop").status == 401, "the secret of another"
    assert "adds up" in cli(g, "audit")
    assert SECRET not in g.log()


def test_sent_a_hundred_times_at_once(world, config):  # noqa: F811
    """The same event, raced over all workers and, where the ledger is shared, two gateways: it pays in once."""
    text = config("") + PAYMENTS
    gateways = [world.gateway(text, workers=2)] + ([world.gateway(text, workers=2)] if "postgresql" in text else [])
    body, answers = session(9), []
    threads = [threading.Thread(target=lambda i=i: answers.extend(send(gateways[i % len(gateways)], body) for _ in range(5))) for i in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(answers) == 100 and {a.status for a in answers} == {200}
    assert sum(not json.loads(a.body)["before"] for a in answers) == 1
    assert balance(gateways[0], "alice")["available"] == nano("12.5")


def test_without_a_secret(world, config):  # noqa: F811
    """A config whose secret is missing or empty is no config: nobody could pay in by knowing nothing."""
    g = world.gateway(config(""))
    for options in ("", 'secret = ""', 'secret = env "NOT_SET_ANYWHERE"', 'secret = "x", per_usd = 3'):
        g.write_config(config("") + f'\npayments "stripe" {{ {options} }}\n')
        p = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "-c", os.path.join(g.folder, "yuzui.lua")], env=g.env, capture_output=True, text=True, check=False)
        assert p.returncode != 0 and 'payments "stripe"' in p.stdout + p.stderr, (options, p.stdout, p.stderr)
    g.write_config(STANDARD + "\nchain { auth {} }\n" + PAYMENTS)
    p = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "-c", os.path.join(g.folder, "yuzui.lua")], env=g.env, capture_output=True, text=True, check=False)
    assert p.returncode != 0 and "no ledger to pay into" in p.stdout + p.stderr, p.stderr
    assert send(g, session(1)).status == 404, "the old config goes on: it has no payments"
