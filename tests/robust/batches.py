"""What the tests of batches that an account pays for share: both ledgers, an account with money, gateways that are killed, and what must be true in the end."""
import json
import random
import time

from bench import amount, eventually
from test_money import balance, cli, credit, settled, usage

PAID_IN = 100 * 10**9
CHAT = 350_000  # half of: 10 tokens in, 100 from the cache, 5 out
SQLITE = '"sqlite" { path = "${folder}/ledger.db" }'


def on_both_ledgers(request, config):
    """text(options of jobs), and how many gateways may share the ledger."""
    if request.param == "sqlite":
        return (lambda options="": config % (SQLITE, options)), 1
    url = request.getfixturevalue("postgres").database()
    return (lambda options="": config % (f'"postgresql" {{ url = "{url}", wills = "${{folder}}/ledger" }}', options)), 2


def start(world, text, **more):
    g = world.gateway(text, **{"workers": 2, **more})
    for who in ("alice", "bob"):
        credit(g, who, PAID_IN)
    return g


def killed(g, makers, most=40, pause=(0.2, 1.5)):
    """They make what they make while the gateway is killed and started again and again; then they end."""
    for m in makers:
        m.start()
    dice = random.Random(13)
    for _ in range(amount(3, most)):
        time.sleep(dice.uniform(*pause))
        g.kill()
        assert "adds up" in cli(g, "audit")
        g.start()
    for m in makers:
        m.stop = True
    for m in makers:
        m.join(20)


def reckoned(g, makers):
    """Each batch of theirs is over and costs what its chats have used; of the others none that came to nothing costs anything; the account has the rest. All of them, and what each cost."""
    told = {batch: answered for m in makers for batch, answered in m.told.items()}
    jobs = lambda: {j["id"]: j for j in map(json.loads, cli(g, "jobs", "--json", "--limit", "100000").splitlines())}  # noqa: E731
    eventually(lambda: all(j["ended"] for j in jobs().values()) or g.skip(20_000), "the ends of all batches")
    settled(g)
    rows, paid = jobs(), {u["id"]: u["charged"] - u["given_back"] for u in usage(g)}
    assert told and set(told) <= set(rows) and set(paid) <= set(rows)
    assert {batch: paid[batch] for batch in told} == {batch: answered * CHAT for batch, answered in told.items()}
    assert all(left in (0, CHAT, 3 * CHAT) for left in paid.values()) and all(paid.get(batch, 0) == 0 for batch, j in rows.items() if j["state"] != "succeeded")
    assert balance(g, "alice")["available"] == PAID_IN - sum(paid.values()) and balance(g, "alice")["held"] == 0 and "adds up" in cli(g, "audit")
    print(f"{len(told)} batches told, of {len(rows)} that were to be begun")
    return rows, paid
