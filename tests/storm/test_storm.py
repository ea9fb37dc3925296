"""The short forms of the storm drivers, twice as long with YUZUI_LONG=1 where they are about time; each can be run by hand for as long as one likes."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import abort  # noqa: E402
import crowd  # noqa: E402
import differential  # noqa: E402
import gib  # noqa: E402
import idle  # noqa: E402
import outage  # noqa: E402
import reload_under_load  # noqa: E402
import reloads  # noqa: E402
import soak  # noqa: E402

TIMES = 2 if os.environ.get("YUZUI_LONG") == "1" else 1


def test_reload_under_load():
    reload_under_load.run(seconds=10 * TIMES, reloads=5 * TIMES, rate=1000)


def test_outage():
    if not outage.Redis.available():
        pytest.skip("redis-server is not installed")
    outage.run(seconds=15 * TIMES, rate=300)


def test_idle():
    idle.run(2000)


def test_gib():
    gib.run(256, slow=1)


def test_abort():
    abort.run(1000)


def test_differential():
    differential.run(3000)


def test_reloads():
    reloads.run(1000)


def test_soak():
    soak.run(30000, round_seconds=3)


def test_crowd():
    crowd.run(idle=2000, drips=200, rate=500, seconds=4)
