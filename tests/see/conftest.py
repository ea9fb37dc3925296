"""What can be seen of a gateway: traces, metrics files, the console in a browser. The fake world and the gateways are those of tests/robust."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "robust"))
from importlib import util  # noqa: E402

spec = util.spec_from_file_location("robust_conftest", os.path.join(HERE, "..", "robust", "conftest.py"))
robust = util.module_from_spec(spec)
spec.loader.exec_module(robust)
running_sim, world = robust.running_sim, robust.world
sys.path.insert(0, HERE)
from browser import fixture_browser, fixture_busy, fixture_open_page  # noqa: E402, F401, pylint: disable=unused-import
