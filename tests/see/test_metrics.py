"""Metrics: what promtool says of them, of the alert rules, and of every query of the dashboard."""
import json
import os
import re
import subprocess

import yaml
from bench import ALICE, ask, chat
from gateway import STANDARD
from simlib import ROOT

FOLDER = os.path.join(ROOT, "examples", "monitoring")


def promtool(*args, text=None):
    return subprocess.run(["promtool", *args], input=text, capture_output=True, text=True, timeout=60, check=False)


def queries():
    with open(os.path.join(FOLDER, "grafana.json"), encoding="utf-8") as f:
        board = json.load(f)
    return [(panel["title"], target["expr"].replace("$__rate_interval", "1m")) for panel in board["panels"] for target in panel["targets"]]


def test_rules_load():
    told = promtool("check", "rules", os.path.join(FOLDER, "alerts.yml"))
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_query_reads_what_there_is(world, tmp_path):
    """All names that rules and dashboard use are among those of a gateway that has served, failed, streamed, and lost a field; every query parses."""
    world.sim.script({"default": {"chunk_delay": 5}, "rules": [{"match": {"contains": "bad"}, "do": {"status": 500}}]})
    gateway = world.gateway(
        STANDARD + 'ledger "sqlite" { path = "${folder}/ledger.db" }\n'
        "chain { auth {}, limit {}, shed { concurrency = 50 }, retry { attempts = 1 }, balance {} }\n"
        'chain "paid" { models = { "gpt-4o" }, auth {}, bill { unpriced = "allow" } }\n')
    for text, stream in (("fine", True), ("fine", False), ("bad", False)):
        ask(gateway.port, chat(text, stream=stream))
    ask(gateway.port, chat("fine", model="claude-opus-4-6", seed=5))  # which Claude has not
    text = gateway.get("/metrics")[1].decode()
    told = promtool("check", "metrics", text=text)
    assert told.returncode == 0, told.stderr
    assert ALICE not in text
    there = set(re.findall(r"^([a-z_]+)(?:\{| )", text, re.M))
    with open(os.path.join(FOLDER, "alerts.yml"), encoding="utf-8") as f:
        rules = [(rule["alert"], rule["expr"]) for group in yaml.safe_load(f)["groups"] for rule in group["rules"]]
    for title, expr in queries() + rules:
        used = set(re.findall(r"\b((?:gen_ai_(?:server|client)|yuzui)_[a-z_]+)", expr))
        assert used and used <= there, (title, used - there)
    groups = {"groups": [{"name": "dashboard", "rules": [{"record": f"q{i}", "expr": expr} for i, (_, expr) in enumerate(queries())]}]}
    path = tmp_path / "queries.yml"
    path.write_text(json.dumps(groups))
    told = promtool("check", "rules", str(path))
    assert told.returncode == 0, told.stdout + told.stderr
