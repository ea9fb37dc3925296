"""What policies would have done with requests that were logged: from the command line and in the console, of real lines of a real gateway."""
import json
import os
import resource
import subprocess

import pytest
from bench import ask, chat, eventually
from browser import axe, shoot
from gateway import STANDARD
from simlib import BUILD

ADMIN = 'listen "127.0.0.1:${port}"\nadmin "127.0.0.1:${admin}" { token = "sesame-sesame-sesame", edit_policies = "versions" }\n'
PRICES = """
prices "openai" { source = "the test", date = "2026-11-28", models = { { name = "gpt-5.2", input = 2, output = 10 }, { name = "gpt-5-mini", input = 0.2, output = 1 } } }
prices "anthropic" { source = "the test", date = "2026-11-28", models = { { name = "claude-opus-4-6", input = 5, output = 25 } } }
"""
POLICY = """
return function(req, next)
  if req.model == "auto" then req.model = req:tokens() > 50 and "claude-opus-4-6" or "gpt-5.2" end
  return next(req)
end
"""
CHEAP = POLICY.replace('"claude-opus-4-6"', '"gpt-5-mini"')
READS = "return function(req, next) req.model = #req:question() > 5 and 'gpt-5-mini' or 'gpt-5.2' return next(req) end\n"


@pytest.fixture(name="gateway")
def fixture_gateway(world):
    world.sim.script({"default": {"words": 5, "chunks": 2, "prompt_tokens": 10, "completion_tokens": 20},
                      "rules": [{"match": {"contains": "big"}, "do": {"prompt_tokens": 1000, "completion_tokens": 20, "words": 5}}]})
    g = world.gateway(ADMIN + STANDARD + PRICES + 'log { file = "access.log", format = "json" }\nchain { auth {}, policy "route.lua" {}, retry {} }\n', head=False, files={"route.lua": POLICY}, workers=2)
    for i in range(30):
        assert ask(g.port, chat("big " + "word " * 100 if i % 3 == 0 else "small", model="auto", stream=i % 2 == 0)).status == 200
        assert ask(g.port, chat("small", model="gpt-5-mini")).status == 200
    assert ask(g.port, chat("x", model="nobody-serves-this")).status == 404
    eventually(lambda: len(lines_of(g)) == 61, "all are logged")
    return g


def lines_of(g):
    with open(os.path.join(g.folder, "access.log"), encoding="utf-8") as f:
        return [line for line in f if '"op":"chat"' in line]


def replay(g, *words, text=None, code=0):
    p = subprocess.run([os.path.join(BUILD, "yuzui"), "replay", *words, "-c", os.path.join(g.folder, "yuzui.lua")], input=text, capture_output=True, text=True, env=g.env, cwd=g.folder, check=False)
    assert p.returncode == code, p.stdout + p.stderr
    return p.stdout if code == 0 else p.stderr


def test_the_command(gateway):
    """The same policy changes nothing; a cheaper one moves a third of `auto`, and by how much is exact."""
    with open(os.path.join(gateway.folder, "chats.log"), "w", encoding="utf-8") as f:
        f.writelines(lines_of(gateway))
    same = json.loads(replay(gateway, "chats.log", "--json").splitlines()[-1])
    assert same["skipped"] == {"no provider was asked": 1}
    assert (same["read"], same["replayed"], same["same"], same["elsewhere"], same["moves"]) == (61, 60, 60, 0, []), same
    assert same["before_usd"] == same["after_usd"] and same["before_ms"] == same["after_ms"]
    whole = json.loads(replay(gateway, "access.log", "--json").splitlines()[-1])
    assert whole["same"] == 60 and whole["skipped"]["no chats"] >= 1, "the log as it is"
    gateway.write("cheap.lua", CHEAP)
    cheap = json.loads(replay(gateway, "access.log", "--json", "--instead", "route.lua=cheap.lua").splitlines()[-1])
    assert (cheap["same"], cheap["elsewhere"], cheap["text"]) == (50, 10, 0), cheap
    move = cheap["moves"][0]
    assert (move["from"], move["to"], move["n"]) == ("anthropic/claude-opus-4-6", "openai/gpt-5-mini", 10)
    assert move["before_usd"] == pytest.approx(10 * (1000 * 5 + 20 * 25) / 1e6) and move["after_usd"] == pytest.approx(10 * (1000 * 0.2 + 20 * 1) / 1e6)
    assert cheap["before_usd"] - cheap["after_usd"] == pytest.approx(move["before_usd"] - move["after_usd"]) and move["after_ms"] is not None
    assert len(cheap["examples"]) == 10
    words = replay(gateway, "access.log", "--instead", "route.lua=cheap.lua")
    assert "10  would have gone elsewhere" in words and "anthropic/claude-opus-4-6 -> openai/gpt-5-mini: $0.0550 -> $0.0022" in words, words
    gateway.write("reads.lua", READS)
    reads = json.loads(replay(gateway, "access.log", "--json", "--instead", "route.lua=reads.lua").splitlines()[-1])
    assert reads["text"] == 60, "each decision by a made-up text is told"
    gateway.write("fails.lua", "return function(req, next) error('x') end")
    assert json.loads(replay(gateway, "access.log", "--json", "--instead", "route.lua=fails.lua").splitlines()[-1])["failed"] == 30, "those that asked for a model go on"
    assert "has no lines of an access log" in replay(gateway, "-", text="hello\n{}\n", code=1)
    replay(gateway, code=2)


def test_a_million_take_less_than_a_minute(gateway):
    """By the CPU time of fifty thousand: what else the machine does is not measured."""
    with open(os.path.join(gateway.folder, "many.log"), "w", encoding="utf-8") as f:
        for _ in range(50000 // 61 + 1):
            f.writelines(lines_of(gateway))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(replay(gateway, "many.log", "--json").splitlines()[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{found['read']} requests: {took:.2f} s of CPU")
    assert found["read"] >= 50000
    if "asan" not in BUILD:
        assert took / found["read"] * 1e6 < 60


def signed_in(open_page, gateway, **more):
    page = open_page(gateway, path="/console#/policies", **more)
    page.locator("#token").fill("sesame-sesame-sesame")
    page.keyboard.press("Enter")
    page.locator("#draft").wait_for()
    open_page.said.clear()  # the browser says that the first was a 401
    return page


def test_in_the_console(gateway, open_page):
    page = signed_in(open_page, gateway)
    page.get_by_role("button", name="Replay them").click()
    page.locator("#replayed").wait_for()
    assert "60" in page.locator("#replayed .card").first.inner_text() and page.locator("#moves").count() == 0
    page.locator("#draft").fill(CHEAP)
    page.get_by_role("button", name="Replay them").click()
    page.locator("#moves tbody tr").wait_for()
    row = page.locator("#moves tbody tr").inner_text()
    assert "anthropic/claude-opus-4-6" in row and "openai/gpt-5-mini" in row and "$0.055 → $0.0022" in row, row
    assert axe(page) == []
    shoot(page, "replayed-en-light-1280", full_page=True)
    page.locator("main a[href^='#/requests/']").first.click()
    page.get_by_role("heading", name="Its calls").wait_for()


def test_on_a_phone_in_chinese(gateway, open_page):
    page = signed_in(open_page, gateway, width=390, locale="zh-CN", color_scheme="dark")
    page.locator("#draft").fill(READS)
    page.get_by_role("button", name="重放").click()
    page.locator("#made-up").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    assert axe(page) == []
    shoot(page, "replayed-zh-CN-dark-390", full_page=True)
