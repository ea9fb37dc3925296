"""One gateway and one fake world for all tests of the official clients; the world is reset before each and judged after each."""
import os
import sys

import pytest

for name in list(os.environ):  # nothing of the caller's may reach the clients
    if name.startswith(("OPENAI_", "ANTHROPIC_")) or name.lower().endswith("_proxy"):
        del os.environ[name]
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
from gateway import CLIENT_KEYS, Gateway  # noqa: E402
from simlib import Sim  # noqa: E402
collect_ignore = ["frameworks"] if sys.prefix.endswith("build/venv") else []  # those have packages of their own: ./dev test frameworks


class World:
    def __init__(self, sim, gateway):
        self.sim, self.gateway = sim, gateway
        self.url = f"http://127.0.0.1:{gateway.port}"
        self.key = CLIENT_KEYS["alice"]


@pytest.fixture(scope="session")
def running():
    with Sim() as sim, Gateway(sim_port=sim.port, chain='auth {}, fallback {}, retry { attempts = 2, base = "1ms" }', workers=2) as gateway:
        yield World(sim, gateway)


@pytest.fixture
def world(running):
    running.sim.reset()
    yield running
    stats = running.sim.stats()
    assert stats["violations"] == 0, stats["violation_list"]
    assert running.gateway.process.poll() is None, running.gateway.log()[-3000:]


def pytest_collection_modifyitems(items):
    """Refuse to pass by not running: each test needs the packages of requirements.txt and package.json."""
    assert items, "no tests were collected"


MODELS = ("gemini-3-flash", "gemini-2.5-flash", "claude-opus-4-6", "gpt-5.2", "gpt-5.3-codex")


def matrix(reports):
    """Rows: client and feature; columns: models. A cell is ok when every test of the pair passed."""
    cells = {}
    for report in reports:
        path, _, test = report.nodeid.partition("::")
        name, _, params = test.partition("[")
        model = next((m for m in MODELS if m in params), None)
        if model:
            row = cells.setdefault((os.path.basename(path)[5:-3], name[5:]), {})
            row[model] = "ok" if row.get(model, "ok") == "ok" and report.passed else "FAILED"
    lines = [("client", "feature", *MODELS)] + [(*row, *(cells[row].get(m, "-") for m in MODELS)) for row in sorted(cells)]
    return ["".join(f"{word:28}" if i == 1 else f"{word:18}" for i, word in enumerate(line)).rstrip() for line in lines]


def pytest_terminal_summary(terminalreporter):
    for line in matrix([r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, []) if r.when == "call"]):
        terminalreporter.write_line(line)
