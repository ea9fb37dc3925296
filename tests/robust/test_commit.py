"""PostgreSQL under the ledger, whose connection is lost around a COMMIT, or which answers a write with "the disk is full" or "read only": nothing is
charged twice, nothing stays held, and requests are refused in clear words until it writes again."""
import os
import subprocess
import time
from types import SimpleNamespace

import pytest
import wire
from bench import ALICE, BOB, amount, ask, chat, eventually, is_error, post
from pg_proxy import AFTER, BEFORE, SENT, Proxy
from pg_server import programs
from test_disk import Asker, Bad
from test_money import CONFIG, SCRIPT, balance, cli, credit, settled, usage

# Nothing is answered from the cache: each request is one of its own for the ledger.
TEXT = (CONFIG % ('"postgresql" { url = "%s", wills = "${folder}/ledger" }', 'ttl = "10m"')).replace('cache { ttl = "1h", store = "memory" }, ', "")
POOR = 5 * 10**6  # nothing is lent of so little: each hold asks the books


def sql(server, text):
    env = dict(os.environ, PGOPTIONS="-c default_transaction_read_only=off")
    subprocess.run([os.path.join(programs(), "psql"), "-q", "-v", "ON_ERROR_STOP=1", server.url, "-c", text], env=env, check=True, timeout=30,
                   stdout=subprocess.DEVNULL)


@pytest.fixture
def server(postgres):
    return SimpleNamespace(folder=postgres.folder, url=postgres.database())


@pytest.fixture
def proxy(server):
    between = Proxy(server)
    yield between
    between.close()


class Lossy(Bad):
    """A gateway behind the proxy, with clients."""

    def __init__(self, world, proxy):  # pylint: disable=super-init-not-called
        world.sim.script({"default": dict(SCRIPT, chunk_delay=[0, 10], first_delay=[0, 10])})
        self.g = world.gateway(TEXT % proxy.url, workers=2)
        for account in ("alice", "bob"):
            credit(self.g, account, 10**12)
        self.askers = [Asker(self.g, seed) for seed in range(4)]


@pytest.mark.parametrize("how", [BEFORE, SENT, AFTER])
def test_the_answer_of_a_commit_is_lost(world, proxy, how):
    """Before the server has it, when it may have it, when it is done; and every second time nobody is let in again for a while."""
    bad = Lossy(world, proxy)
    bad.more("whole", 10)
    for i in range(amount(3, 200)):
        proxy.lose(how, away=i % 2 == 1)
        eventually(lambda: proxy.lost == i + 1, "a COMMIT that is lost")
        if proxy.away:
            time.sleep(0.3)
            proxy.away = False
        bad.more("whole", 3)
    bad.quiet()
    bad.judge()
    assert "was refused" not in bad.g.log(), bad.g.log()[-2000:]


@pytest.mark.parametrize("away", [False, True])
def test_who_leaves_while_a_hold_is_in_doubt(world, proxy, away):
    """The hold is written, its client has left, and only the second try finds that out: it is given back at once, not when its time is over."""
    world.sim.script({"default": SCRIPT})
    g = world.gateway(TEXT % proxy.url)
    credit(g, "bob", POOR)
    proxy.gate.clear()
    proxy.lose(AFTER, away)
    c = wire.Client(g.port)
    c.send(post(chat("leaves", max_completion_tokens=60), key=BOB, headers="x-request-id: leaves\r\n"))
    eventually(lambda: proxy.lost == 1, "a COMMIT that is lost")
    c.close()
    time.sleep(0.2)  # so that the gateway knows
    proxy.gate.set()
    time.sleep(0.3 if away else 0)
    proxy.away = False
    eventually(lambda: usage(g), "the hold")
    settled(g)
    rows = usage(g)
    assert [(u["request"], u["state"], u["charged"]) for u in rows] == [("leaves", "released", 0)] and rows[0]["detail"]["by"] == "unsent", rows
    b = balance(g, "bob")
    assert b["held"] == 0 and b["available"] == POOR and not world.sim.log(), b
    assert "adds up" in cli(g, "audit")


FULL = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file "base/5/2619": No space left on device' USING ERRCODE = '53100', HINT = 'Check free disk space.'; END $$;"""
# What the server is told, by what it answers a write with from then on; how it writes again; the words of the log.
REFUSALS = {
    "53100 at the statement": ((FULL + "CREATE TRIGGER full_disk BEFORE INSERT ON yuzui_txn FOR EACH ROW EXECUTE FUNCTION full_disk()",),
                               ("DROP FUNCTION full_disk CASCADE",), "No space left on device"),
    "53100 at the COMMIT": ((FULL + "CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON yuzui_txn DEFERRABLE INITIALLY DEFERRED "
                             "FOR EACH ROW EXECUTE FUNCTION full_disk()",), ("DROP FUNCTION full_disk CASCADE",), "No space left on device"),
    "25006": (("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"),
              ("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"), "read-only transaction"),
}


@pytest.mark.parametrize("what", sorted(REFUSALS))
def test_a_write_is_refused(world, server, proxy, what):
    """Requests are refused and say why, ends wait; when it writes again, requests are served, and all that waited is there once."""
    breaks, mends, words = REFUSALS[what]
    bad = Lossy(world, proxy)
    bad.more("whole", 8)
    for text in breaks:
        sql(server, text)
    bad.more("refused", 8)
    refused = ask(bad.g.port, chat("now", max_completion_tokens=60), key=ALICE, headers="x-request-id: now\r\n")
    assert refused.status == 503 and "the ledger cannot hold money" in is_error(refused)["message"], refused.body
    said = [line for line in bad.g.log().splitlines() if "the ledger cannot be written" in line]
    assert len(said) == 1 and words in said[0], said
    for text in mends:
        sql(server, text)
    eventually(lambda: "the ledger can be written again" in bad.g.log(), "a line that it writes again")
    bad.more("whole", 8)
    bad.quiet()
    of = bad.judge()
    refused = set().union(*(a.refused for a in bad.askers)) | {"now"}  # a hold that came after its time is given back
    assert not [u for name in refused for u in of.get(name, []) if u["state"] != "released"], refused & set(of)
