"""The attackers' bench: one fake world, gateways per test, and afterwards the questions every attack is judged by."""
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("sim", "scenario", "robust"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
os.environ.setdefault("TSAN_OPTIONS", "suppressions=" + os.path.join(HERE, "tsan.supp"))
from bench import World  # noqa: E402
from pg_server import Postgres  # noqa: E402
from simlib import Sim  # noqa: E402


@pytest.fixture(scope="session")
def running_sim():
    with Sim() as sim:
        yield sim


@pytest.fixture(scope="session")
def postgres():
    """One server for all: making one takes seconds, and a gateway whose ledger ends before it does waits for it as long again."""
    if not Postgres.available():
        pytest.skip("no PostgreSQL server")
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def world(running_sim):
    """world.gateway(…) starts one; at the end of the test each must be alive, end with status 0, and have broken no rule of a provider."""
    running_sim.reset()
    w = World(running_sim)
    try:
        yield w
        w.judge()
    finally:
        w.close()
