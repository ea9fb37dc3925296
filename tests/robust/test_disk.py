"""A disk that fails under the ledger: syncs that say EIO once or for good, a log whose end is torn, pages that are garbled. What was acknowledged is
charged once, what was refused is nowhere, and damage is said, never counted with."""
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
import wire
from bench import ALICE, BOB, SANITIZED, amount, ask, chat, eventually, post
from simlib import BUILD
from test_failing import Failing
from test_money import CONFIG, COST, SCRIPT, balance, cli, credit, settled, usage

pytestmark = pytest.mark.skipif(SANITIZED, reason="a sanitizer's run time wants to be loaded first")
ONCE, FOR_GOOD, DEATH = 8, 16, 32
TEXT = (CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', 'ttl = "10m"')).replace('cache { ttl = "1h", store = "memory" }, ', "")
CANNOT = "the ledger cannot be written"


class Asker(threading.Thread):
    """Asks until told to stop, also while the gateway is away."""

    def __init__(self, gateway, seed):
        super().__init__(daemon=True)
        self.gateway, self.seed, self.stop, self.n = gateway, seed, False, 0
        self.whole, self.refused, self.odd = set(), set(), []
        self.start()

    def run(self):
        dice = random.Random(self.seed)
        while not self.stop:
            self.n += 1
            c, name = None, f"d{self.seed}-{self.n}"
            try:
                c = wire.Client(self.gateway.port)
                c.send(post(chat(name, stream=dice.random() < 0.5, max_completion_tokens=60), key=dice.choice((ALICE, BOB)), headers=f"x-request-id: {name}\r\n"))
                if c.read(lambda a: a.complete, 20) and c.answer.complete:
                    if c.answer.status == 200:
                        self.whole.add(name)
                    elif c.answer.status == 503:
                        self.refused.add(name)
                    else:
                        self.odd.append((name, c.answer.status, c.answer.body[-200:]))
            except (OSError, wire.Broken):
                time.sleep(0.02)
            finally:
                if c:
                    c.close()


class Bad:
    """A gateway on a disk that fails, with clients."""

    def __init__(self, world, folder):
        self.failing = Failing(folder)
        self.failing.set(0)
        world.sim.script({"default": dict(SCRIPT, chunk_delay=[0, 10], first_delay=[0, 10])})
        self.g = world.gateway(TEXT, workers=2, env={"LD_PRELOAD": self.failing.library, "FAILING_FILE": self.failing.path})
        for name in ("LD_PRELOAD", "FAILING_FILE"):  # commands, and gateways after this one, have another disk
            self.g.env.pop(name)
        for account in ("alice", "bob"):
            credit(self.g, account, 10**12)
        self.askers = [Asker(self.g, seed) for seed in range(5)]

    def count(self, what):
        return sum(len(getattr(a, what)) for a in self.askers)

    def more(self, what, n):
        before = self.count(what)
        eventually(lambda: self.count(what) >= before + n, f"{n} more are {what}")

    def quiet(self):
        for a in self.askers:
            a.stop = True
        for a in self.askers:
            a.join(30)
        assert not [x for a in self.askers for x in a.odd], [x for a in self.askers for x in a.odd][:3]

    def judge(self):
        """After everything has ended: each charge once, nothing of what was refused."""
        settled(self.g)
        of = {}
        for u in usage(self.g):
            assert u["lost"] == 0 and u["charged"] <= u["held"], u
            of.setdefault(u["request"], []).append(u)
        for name in set().union(*(a.whole for a in self.askers)):
            assert [u["charged"] for u in of[name]] == [COST], (name, of[name])
        for name in set().union(*(a.refused for a in self.askers)):
            assert not sum(u["charged"] for u in of.get(name, [])), (name, of[name])
        for account in ("alice", "bob"):
            b = balance(self.g, account)
            assert b["held"] == 0 and b["available"] == 10**12 - b["charged"], b
        assert "adds up" in cli(self.g, "audit")
        return of


def test_a_sync_fails_once(world, tmp_path):
    """Again and again one fails, and the next succeeds, as a kernel does that has dropped the pages: nothing is lost, refused or doubled."""
    bad = Bad(world, tmp_path)
    bad.more("whole", 20)
    dice, times = random.Random(4), amount(8, 300)
    for _ in range(times):
        bad.failing.set(dice.randint(1, 6), ONCE)
        eventually(lambda: bad.failing.count()[1] == 1, "a sync that fails")
        bad.more("whole", 5)
    bad.failing.set(0)
    bad.quiet()
    bad.judge()
    said = [line for line in bad.g.log().splitlines() if CANNOT in line]
    assert 1 <= len(said) <= times and all("ledger.db" in line and "Input/output error" in line for line in said), said


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_no_sync_succeeds_any_more(world, tmp_path, how):
    """Requests are refused, ends wait, the log says it once; whoever comes next, on a disk that works, finishes it by the wills."""
    bad = Bad(world, tmp_path)
    bad.more("whole", 30)
    bad.failing.set(1, FOR_GOOD)
    bad.more("refused", 40)
    answered = ask(bad.g.port, chat("now", max_completion_tokens=60), headers="x-request-id: now\r\n")
    assert answered.status == 503, answered.body
    log = bad.g.log()
    if how == "killed":
        bad.g.kill()
    else:
        bad.g.process.send_signal(signal.SIGTERM)
        bad.g.process.wait(60)
    said = [line for line in log.splitlines() if "rror sqlite" in line]
    assert len(said) == 1 and CANNOT in said[0] and "ledger.db" in said[0] and "Input/output error" in said[0], said
    assert "adds up" in cli(bad.g, "audit")
    held = {u["request"] for u in usage(bad.g)}
    refused = set().union(*(a.refused for a in bad.askers)) | {"now"}
    bad.g.start()
    bad.more("whole", 20)
    bad.quiet()
    of = bad.judge()
    assert not [u for name in refused for u in of.get(name, []) if u["state"] != "released"] and "now" not in held, refused & held
    print(f"{how}: {bad.count('whole')} whole, {len(refused)} refused, of which {len(refused & set(of))} had been held before and were released")


def tear(path, how):
    """The last frame of the log, as a loss of power may leave it."""
    with open(path, "r+b") as f:
        size = os.fstat(f.fileno()).st_size
        frame = 24 + 4096
        last = 32 + ((size - 32) // frame - 1) * frame
        assert last >= 32, size
        if how == "cut":
            f.truncate(last + frame // 2)
        else:
            f.seek(last + 24 + (2048 if how == "half" else 0))
            f.write(os.urandom(2048) if how == "half" else bytes(4096))


@pytest.mark.parametrize("how", ["cut", "zeros", "half"])
def test_the_log_is_torn(world, tmp_path, how):
    """Killed in the moment before a sync: its pages are in the log, whole, in part or not at all. Nobody was told of them."""
    bad = Bad(world, tmp_path)
    dice = random.Random(how)
    for _ in range(amount(2, 100)):
        bad.g.env.update({"LD_PRELOAD": bad.failing.library, "FAILING_FILE": bad.failing.path})
        bad.more("whole", 10)
        bad.failing.set(dice.randint(1, 8), DEATH)
        bad.g.process.wait(60)
        bad.failing.set(0)
        tear(os.path.join(bad.g.folder, "ledger.db-wal"), how)
        assert "adds up" in cli(bad.g, "audit")
        bad.g.start()
    bad.quiet()
    bad.judge()
    assert "had been told to" not in bad.g.log() and "it is ended" not in bad.g.log()


def yuzui(g, *words):
    return subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(g.folder, "yuzui.lua")], env=g.env, cwd=g.folder, capture_output=True,
                          text=True, check=False, timeout=60)


def test_a_page_is_garbled(world, tmp_path):
    """The balances' page: nothing is opened. A page of entries: the audit says so. Both name the file and what to do, and that works."""
    world.sim.script({"default": SCRIPT})
    g = world.gateway(TEXT)
    credit(g, "alice", 10**10)
    for i in range(30):
        assert ask(g.port, chat(f"n {i}", max_completion_tokens=60)).status == 200
    settled(g)
    copy, path = str(tmp_path / "copy.db"), os.path.join(g.folder, "ledger.db")
    cli(g, "backup", copy)
    before = balance(g, "alice")
    assert g.stop() == 0
    with sqlite3.connect(path) as db:
        pages = dict(db.execute("SELECT name, rootpage FROM sqlite_master"))
    assert "adds up" in cli(g, "audit")
    for name in ("account", "entry"):
        with open(path, "r+b") as f:
            f.seek((pages[name] - 1) * 4096)
            f.write(os.urandom(4096))
        p = yuzui(g, "audit")
        assert p.returncode != 0 and path in p.stderr + p.stdout and "yuzui backup" in p.stderr + p.stdout, (name, p.stdout, p.stderr)
        if name == "account":
            p = yuzui(g, "balance")
            assert p.returncode != 0 and "alice" not in p.stdout and path in p.stderr, (p.stdout, p.stderr)
            p = yuzui(g, "run")
            assert p.returncode != 0 and path in p.stderr and "yuzui backup" in p.stderr, p.stderr
        for end in ("", "-wal", "-shm"):
            if os.path.exists(path + end):
                os.remove(path + end)
        shutil.copy(copy, path)
    g.start()
    assert balance(g, "alice") == before and "adds up" in cli(g, "audit")
    assert ask(g.port, chat("again")).status == 200
    settled(g)
