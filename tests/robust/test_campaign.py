"""examples/studio as a team uses it: campaign.py makes a text, a picture and a tune with one key; each step is accounted, and one that fails is paid back."""
import decimal
import os
import pathlib
import re
import subprocess
import sys
import threading

from bench import ALICE
from simlib import BUILD, PATIENT
from test_jobs import PAID_IN
from test_money import balance, cli, credit, settled

STUDIO = pathlib.Path(__file__).parents[2] / "examples/studio"


def start(world):
    text = re.sub(r'(?m)^(listen|admin) .*$', "", (STUDIO / "yuzui.lua").read_text())
    for ours, theirs in (('env.RELAY_URL or "https://relay.example"', '"http://127.0.0.1:${sim}/p/relay"'), ("env.OPENAI_BASE_URL or nil", '"http://127.0.0.1:${sim}/p/words/v1"'),
                         ("env.ANTHROPIC_BASE_URL or nil", '"http://127.0.0.1:${sim}/p/editor"'), ('env.LEDGER or "/var/lib/yuzui/studio.db"', '"${folder}/ledger.db"'), ('env "TEAM_KEY"', f'"{ALICE}"')):
        assert ours in text, ours
        text = text.replace(ours, theirs)
    g = world.gateway(re.sub(r'env "\w+_KEY"', '"sk-up-studio"', text))
    credit(g, "team", PAID_IN)
    return g


def campaign(g, topic):
    """What it prints: {step: (USD, what came of it)}. Where the gateway looks after a job by itself, its clock is pushed on."""
    over = threading.Event()

    def push():
        while not over.wait(0.1):
            g.skip(1100)

    pusher = threading.Thread(target=push)
    pusher.start()
    try:
        run = subprocess.run([sys.executable, STUDIO / "campaign.py", topic], env=os.environ | {"YUZUI_URL": f"http://127.0.0.1:{g.port}", "YUZUI_KEY": ALICE, "EVERY": "0.1"},
                             capture_output=True, text=True, timeout=PATIENT)
    finally:
        over.set()
        pusher.join()
    assert run.returncode == 0, run.stderr
    return {name: (decimal.Decimal(usd), rest) for name, usd, rest in re.findall(r"(?m)^(\w+) +(\S+) USD *(.*)$", run.stdout)}


def test_as_it_is_shipped(tmp_path):
    """With the keys that it names, and nothing else."""
    keys = {name: "sk-1" for name in re.findall(r'env "(\w+)"', (STUDIO / "yuzui.lua").read_text())}
    run = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "-c", STUDIO / "yuzui.lua"], env=keys | {"PATH": os.environ["PATH"], "LEDGER": str(tmp_path / "studio.db")},
                         capture_output=True, text=True)
    assert run.returncode == 0 and "error" not in run.stdout + run.stderr, run.stdout + run.stderr


def test_a_campaign(world):
    g = start(world)
    made = campaign(g, "a weir that splits a river in two")
    assert list(made) == ["outline", "polish", "poster", "tune", "together"] and "cdn" in made["tune"][1] and "http" in made["poster"][1], made
    assert made["poster"][0] == made["tune"][0] == decimal.Decimal("0.1") and 0 < made["outline"][0] < 0.1 and 0 < made["polish"][0] < 0.1, made
    settled(g)
    spent = (PAID_IN - balance(g, "team")["available"]) / decimal.Decimal(10**9)
    assert spent == made["together"][0] == sum(made[name][0] for name in ("outline", "polish", "poster", "tune")), (spent, made)


def test_a_step_that_fails(world):
    g = start(world)
    made = campaign(g, "fails to be a weir")
    assert made["poster"] == made["tune"] == (0, "failed, and was paid back") and made["outline"][0] > 0 and made["polish"][0] > 0, made
    settled(g)
    assert (PAID_IN - balance(g, "team")["available"]) / decimal.Decimal(10**9) == made["together"][0] and "adds up" in cli(g, "audit")
