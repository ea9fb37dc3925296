"""The page of a key's owner, on the listener of requests: signed in with his own key he sees what is his, and nothing of anybody else's."""
import json
import os
import subprocess

import pytest
from bench import ask, chat, eventually
from browser import axe, shoot
from simlib import BUILD
from test_console import raw
from test_keys import CONFIG, TOKEN

SCRIPT = {"words": 5, "chunks": 4, "prompt_tokens": 100, "completion_tokens": 50}


def cli(gateway, *words):
    return subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(gateway.folder, "yuzui.lua")], env=gateway.env, cwd=gateway.folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(name="owner")
def fixture_owner(world):
    world.sim.script({"default": SCRIPT, "rules": []})
    gateway = world.gateway(CONFIG.replace('listen "127.0.0.1:${port}"', 'listen "127.0.0.1:${port}" { account_page = true }'), head=False)
    gateway.keys = {name: json.loads(cli(gateway, "key", "create", name, "--json"))["key"] for name in ("carol", "dave")}
    for name in gateway.keys:
        cli(gateway, "credit", name, "--usd", "3")
        eventually(lambda name=name: ask(gateway.port, chat("x", max_tokens=100), key=gateway.keys[name], headers=f"x-request-id: {name}-1\r\n").status == 200, "the key is known")
    gateway.code = json.loads(cli(gateway, "code", "create", "spring", "--usd", "5", "--json").splitlines()[-1])["code"]
    return gateway


def signed_in(open_page, gateway, name="carol", **more):
    page = open_page(gateway, path="/account", port=gateway.port, **more)
    page.locator("#key").fill(gateway.keys[name])
    page.keyboard.press("Enter")
    page.locator("#balance").wait_for()
    return page


def test_what_is_his(owner, open_page):
    page = signed_in(open_page, owner)
    eventually(lambda: "$2.9993" in signed(page), "the balance after one request")
    page.locator("#usage tbody tr").wait_for()
    page.locator("#by").select_option("day,model")
    eventually(lambda: "gpt-5.2" in page.locator("#usage").inner_text(), "by model")
    assert page.locator("#usage tbody tr").inner_text().split("\t")[2:] == ["1", "100", "50", "$0.0007"]
    page.locator("#request").fill("carol-1")
    page.keyboard.press("Enter")
    page.locator(".proof").wait_for()
    assert "$0.0007" in page.locator(".proof").inner_text()
    page.locator("#code").fill(owner.code)
    page.keyboard.press("Enter")
    page.locator("#redeemed").get_by_text("$5.00 paid in.").wait_for()
    eventually(lambda: "$7.9993" in signed(page), "the balance after the code")
    assert axe(page) == []
    shoot(page, "account-en-light-1280", full_page=True)
    page.locator("#request").fill("dave-1")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    open_page.said.clear()  # the browser says that it was a 404
    assert page.locator(".proof").count() == 0, "another's is not shown"
    assert page.context.cookies() == [] and page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })").find(owner.keys["carol"]) < 0
    page.reload()
    page.locator("#key").wait_for()
    assert owner.keys["carol"] not in owner.log()


def signed(page):
    return page.locator("#balance").inner_text()


def test_a_wrong_key(owner, open_page):
    page = open_page(owner, path="/account", port=owner.port)
    page.locator("#key").fill("yz-wrong-wrong-wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("not known here").wait_for()
    assert axe(page) == []
    open_page.said.clear()  # the browser says that it was a 401


@pytest.mark.parametrize("width, scheme", [(390, "dark"), (1280, "light")])
def test_in_chinese(owner, open_page, width, scheme):
    page = signed_in(open_page, owner, width=width, locale="zh-CN", color_scheme=scheme)
    page.locator("#usage tbody tr").wait_for()
    page.get_by_role("heading", name="你的账户").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    assert axe(page) == []
    shoot(page, f"account-zh-CN-{scheme}-{width}", full_page=True)


def test_nothing_of_the_operator(owner, world):
    """Only its own files are there, with the policy that binds them; where the config does not say so there is no page at all."""
    class Public:
        admin_port = owner.port
    page = raw(Public, "/account", host=f"127.0.0.1:{owner.port}")
    assert page.status == 200 and "default-src 'none'" in page.headers["content-security-policy"] and "set-cookie" not in page.headers
    for name, status in (("account.js", 200), ("style.css", 200), ("app.js", 404), ("index.html", 404), ("x", 404)):
        assert raw(Public, "/account/" + name, host="x").status == status, name
    for path in ("/console", "/console/app.js", "/accounts", "/account/../console"):
        assert raw(Public, path, host="x").status in (400, 404), path
    plain = world.gateway(CONFIG, head=False)

    class Plain:
        admin_port = plain.port
    assert raw(Plain, "/account", host="x").status == 404
    assert TOKEN not in plain.log()
