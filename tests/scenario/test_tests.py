"""`yuzui test`: what a test fakes is as it is in service, and what it cannot be is refused."""
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from simlib import BUILD, PATIENT  # noqa: E402

POLICY = "return function(req, next) if req.headers['x-team'] == 'blue' then req.model = 'blue' end local res = next(req) return res end\n"


def run(tmp_path, body):
    (tmp_path / "p.lua").write_text(POLICY)
    (tmp_path / "p_test.lua").write_text("local question = { model = 'red', messages = 'hi' }\ntest('it', function()\n" + body + "\nend)\n")
    return subprocess.run([os.path.join(BUILD, "yuzui"), "test", "p_test.lua"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENT)


def test_headers_are_in_lower_case(tmp_path):
    done = run(tmp_path, "equal(run('p.lua', question, nil, { headers = { ['X-Team'] = 'blue' }, models = { 'blue', 'red' } }).calls[1], 'blue')")
    assert done.returncode == 0 and "1 passed, 0 failed" in done.stdout, done.stdout


@pytest.mark.parametrize("fake, said", [
    ("function() return { text = 'x', after = -5 } end", "the fake's after is -5, but should be a number from 0 to 86400000"),
    ("function() return { error = 'rate_limited', status = 'x' } end", "the fake's status is string, but should be a number from 100 to 599"),
    ("function() return { error = 'rate_limited', status = 42 } end", "the fake's status is 42, but should be a number from 100 to 599"),
    ("function() return { error = 'rate_limited', retry_after = 'soon' } end", "the fake's retry_after is string"),
    ("nil, {}, 5", "a fifth argument is one too many")])
def test_what_cannot_be(tmp_path, fake, said):
    done = run(tmp_path, f"run('p.lua', question, {fake}, {{ models = {{ 'red' }} }})" if "nil" not in fake else f"run('p.lua', question, {fake})")
    assert done.returncode == 1 and said in done.stdout, done.stdout
