"""`yuzui train` on an operator's own labels: five of them, made up, from three sources: the same bytes each time, honest figures for sources it has
not seen, and a policy that uses what was learnt."""
import json
import os
import re
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sim"))
from simlib import BUILD  # noqa: E402

SAID = {
    "billing": ["why was {x} charged twice", "send me the invoice for {x}", "what does {x} cost a month", "i want my money back for {x}"],
    "shipping": ["where is my parcel with {x}", "how long is the delivery of {x}", "{x} arrived broken, when is it picked up", "track the package of {x}"],
    "password": ["i forgot the password of {x}", "reset my login for {x}", "{x} says my account is locked", "two factor code for {x} does not come"],
    "bug": ["{x} crashes when i open it", "error 500 on the page of {x}", "{x} is slow since the update", "the button of {x} does nothing"],
    "praise": ["{x} is wonderful, thank you", "best thing ever, {x}", "your team helped me so kindly with {x}", "i love {x}"],
}
THINGS = {"mail": ["the red lamp", "order 17", "a garden chair", "my tent", "the blue mug"], "chat": ["the app", "premium", "my phone case", "the site", "that printer"],
          "phone": ["a kettle", "the heater", "subscription two", "the school bag", "our sofa"]}


def rows():
    for label, shapes in SAID.items():
        for source, things in THINGS.items():
            for shape in shapes:
                for thing in things:
                    yield {"text": shape.format(x=thing), "label": label, "source": source}


def yuzui(*words, code=0, **more):
    p = subprocess.run([os.path.join(BUILD, "yuzui"), *words], capture_output=True, text=True, check=False, **more)
    assert p.returncode == code, (words, p.stdout, p.stderr)
    return p.stdout + p.stderr


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "tickets.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()))
    return path


def test_the_same_bytes_and_a_policy_of_it(data, tmp_path):
    for name in ("one", "two"):
        out = yuzui("train", str(data), "-o", str(tmp_path / f"{name}.model"))
        assert "5 labels, 300 rows" in out
    assert (tmp_path / "one.model").read_bytes() == (tmp_path / "two.model").read_bytes()
    assert (tmp_path / "one.model").stat().st_size < 1 << 20
    (tmp_path / "desk.lua").write_text('local model = classify.open "one.model"\n'
                                       'return function(req) local label, margin = model:judge(req) return label .. (margin > 0.3 and "" or "?") end\n')
    (tmp_path / "desk_test.lua").write_text('test("it knows them", function()\n'
                                            '  local function of(text) return run("desk.lua", { model = "gpt-5.2", messages = text }).text end\n'
                                            '  equal(of("i forgot the password of the new tool"), "password")\n  equal(of("where is my parcel with the books"), "shipping")\n'
                                            '  equal(of("error 500 on the page of the shop"), "bug")\nend)\n')
    assert "1 passed, 0 failed" in yuzui("test", str(tmp_path))


def test_figures_of_sources_it_has_not_seen(data):
    out = yuzui("train", str(data), "--leave-out")
    pooled = re.search(r"^pooled +sources never seen +300 rows +([\d.]+) % \+- ([\d.]+)", out, re.M)
    assert pooled and float(pooled[1]) >= 95 and float(pooled[2]) < 5, out
    for label in SAID:
        assert re.search(rf"^label +{label} +60 rows", out, re.M), out
    for source in THINGS:
        assert re.search(rf"^source +{source} +100 rows", out, re.M), out
    table = out[out.index("is \\ taken for"):].splitlines()
    assert len(table) >= 6 and all(sum(int(n) for n in re.findall(r"\d+", line)) == 60 for line in table[1:6]), out


def test_labels_that_are_noise_are_not_learnt(data, tmp_path):
    """Against a test that cannot fail: with labels dealt out by the row's number nothing can be known of an unseen source."""
    noise = tmp_path / "noise.jsonl"
    labels = list(SAID)
    noise.write_text("".join(json.dumps(dict(row, label=labels[i * 7 // 3 % 5])) + "\n" for i, row in enumerate(rows())))
    out = yuzui("train", str(noise), "--leave-out")
    assert float(re.search(r"^pooled .*?([\d.]+) %", out, re.M)[1]) < 50, out
