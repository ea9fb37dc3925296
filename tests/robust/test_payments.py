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


def refund(n, payment, cents, kind="refund.created", prefix="re"):
    """As https://docs.stripe.com/api/refunds/object and …/disputes/object have it, in an event."""
    return json.dumps({"id": f"evt_{prefix}_{n}", "object": "event", "type": kind, "created": int(time.time()), "data": {"object": {
        "id": f"{prefix}_{n}", "amount": cents, "currency": "usd", "payment_intent": payment, "status": "succeeded"}}}).encode()


def paid(n, payment, **more):
    event = json.loads(session(n, **more))
    event["data"]["object"]["payment_intent"] = payment
    return json.dumps(event).encode()


def done(answer):
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def available(gateway, account):
    return balance(gateway, account)["available"]


def test_what_is_taken_back(world, config):  # noqa: F811
    """A refund takes its part once, all of a payment's never more than it; what is spent is missing; a balance is never below zero; what is
    reinstated comes back."""
    g = world.gateway(config("") + PAYMENTS)
    done(send(g, paid(1, "pi_1", cents=2000)))
    assert done(send(g, refund(1, "pi_1", 500))) == {"ok": True, "before": False}
    assert done(send(g, refund(1, "pi_1", 500))) == {"ok": True, "before": True}
    assert available(g, "alice") == nano("15") and available(g, "refunded") == nano("5")
    assert send(g, refund(1, "pi_1", 501)).status == 409, "the same refund with another amount"

    done(send(g, refund(2, "pi_1", 1000, "charge.dispute.funds_withdrawn", "dp")))
    assert available(g, "alice") == nano("5")
    done(send(g, refund(2, "pi_1", 1000, "charge.dispute.funds_reinstated", "dp")))
    assert done(send(g, refund(2, "pi_1", 1000, "charge.dispute.funds_reinstated", "dp")))["before"]
    assert done(send(g, refund(2, "pi_1", 1000, "charge.dispute.funds_withdrawn", "dp")))["before"], "what was undone stays so"
    assert available(g, "alice") == nano("15")

    cli(g, "transfer", "alice", "--to", "spent", "--usd", "12", "--id", "t", "--new")
    done(send(g, refund(3, "pi_1", 5000)))
    assert available(g, "alice") == 0 and available(g, "refunded") == nano("8")
    assert "spent or held already, and so lost: 12 USD" in g.log(), g.log()[-500:]
    done(send(g, refund(4, "pi_1", 100)))
    assert available(g, "alice") == 0, "nothing is left of the payment"
    done(send(g, paid(2, "pi_2", cents=1000)))
    assert done(send(g, refund(3, "pi_1", 5000)))["before"] and available(g, "alice") == nano("10"), "another payment pays no old refund"
    done(send(g, refund(9, "pi_9", 100)))
    assert available(g, "alice") == nano("10"), "of a payment that nobody knows"
    for wrong in (refund(5, "pi_2", 0), refund(5, "pi_2", -1), refund(5, "pi_2", 1.5), refund(5, "", 100), refund("x" * 100, "pi_2", 1)):
        assert send(g, wrong).status == 400, wrong
    assert send(g, refund(5, "pi_2", 100), signature(refund(5, "pi_2", 101))).status == 401
    assert "adds up" in cli(g, "audit")


def test_a_refund_before_its_payment(world, config):  # noqa: F811
    """Events come in any order: the refund waits for the payment; one that was undone before it came takes nothing."""
    g = world.gateway(config("") + PAYMENTS)
    done(send(g, refund(1, "pi_1", 500)))
    done(send(g, refund(2, "pi_1", 700, "refund.failed")))
    done(send(g, refund(2, "pi_1", 700)))
    assert balance(g, "alice") is None
    done(send(g, paid(1, "pi_1", cents=2000)))
    assert available(g, "alice") == nano("15")
    done(send(g, paid(1, "pi_1", cents=2000)))
    assert available(g, "alice") == nano("15") and "adds up" in cli(g, "audit")


def test_refunds_at_once(world, config):  # noqa: F811
    """A hundred deliveries of ten refunds, each a tenth of the payment and one too many: all that was paid, and no more, goes back."""
    g = world.gateway(config("") + PAYMENTS, workers=2)
    done(send(g, paid(1, "pi_1", cents=1000)))
    done(send(g, paid(2, "pi_2", cents=500)))
    answers = []

    def deliver(n):
        for _ in range(20):
            answer = send(g, refund(n % 11, "pi_1", 100))
            answers.append(answer.status)
            if answer.status == 200:
                return
            assert answer.status == 503, answer.body
            time.sleep(0.05)

    threads = [threading.Thread(target=deliver, args=(n,)) for n in range(110)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
    assert answers.count(200) == 110, answers
    assert available(g, "alice") == nano("5") and available(g, "refunded") == nano("10")
    assert "adds up" in cli(g, "audit")


def test_killed_while_it_takes_back(world, config):  # noqa: F811
    """kill -9 in the middle, and the provider sends again until it is answered: what was paid goes back once."""
    g = world.gateway(config("") + PAYMENTS)
    total = 20
    for n in range(total):
        done(send(g, paid(n, f"pi_{n}", cents=100)))
    answered, stop = set(), []

    def deliver():
        while not stop and len(answered) < total:
            for n in range(total):
                try:
                    if n not in answered and send(g, refund(n, f"pi_{n}", 100)).status == 200:
                        answered.add(n)
                except (OSError, AssertionError, Exception):  # it is being killed
                    time.sleep(0.01)

    t = threading.Thread(target=deliver)
    t.start()
    for _ in range(4):
        time.sleep(0.06)
        g.kill()
        g.start()
    t.join(60)
    stop.append(True)
    assert len(answered) == total
    assert available(g, "alice") == 0 and available(g, "refunded") == nano("20")
    assert "adds up" in cli(g, "audit")


def test_a_credit_is_taken_back(world, config):  # noqa: F811
    """By hand: `yuzui credit --refund`; what was paid in by whomever."""
    g = world.gateway(config("") + PAYMENTS)
    cli(g, "credit", "alice", "--usd", "10", "--id", "invoice-1")
    assert "4 USD taken back from alice" in cli(g, "credit", "--refund", "invoice-1", "--usd", "4", "--id", "back-1")
    assert "done before: 4 USD" in cli(g, "credit", "--refund", "invoice-1", "--usd", "4", "--id", "back-1")
    cli(g, "transfer", "alice", "--to", "bob", "--usd", "5", "--id", "t")
    assert "1 USD taken back from alice; spent or held already: 5 USD" in cli(g, "credit", "--refund", "invoice-1", "--usd", "99", "--id", "back-2")
    assert available(g, "alice") == 0
    for words, code in ((("--refund", "nothing", "--usd", "1"), 1), (("--refund", "invoice-1"), 2), (("alice", "--refund", "invoice-1", "--usd", "1"), 2),
                        (("--refund", "t", "--usd", "1"), 1), (("--refund", "transfer to t", "--usd", "1"), 1)):
        cli(g, "credit", *words, code=code)
    for reserved in ("code x", "payment stripe cs_1", "payback 1 a b", "transfer to x"):
        cli(g, "credit", "alice", "--usd", "1", "--id", reserved, code=1)
    assert "adds up" in cli(g, "audit")
