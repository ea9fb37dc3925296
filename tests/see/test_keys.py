"""Keys and groups in the console: from making one to its end, each step seen by a client of the gateway as well."""
import json
import re

import pytest
from bench import ask, chat, eventually
from browser import axe, shoot
from gateway import STANDARD

TOKEN, LOOKER = "sk-admin-token-3f1c-and-more", "sk-looker-token-77-and-more"
CONFIG = ('listen "127.0.0.1:${port}"\nadmin "127.0.0.1:${admin}" { token = "' + TOKEN + '", tokens = { { name = "looker", token = "' + LOOKER + '", role = "read" } } }\n'
          'ledger "sqlite" { path = "${folder}/ledger.db" }\n' + STANDARD +
          'prices "openai" { source = "a test", date = "2026-11-28", models = { { name = "gpt-5.2", input = 2, output = 10 } } }\nchain { auth {}, bill {}, retry { attempts = 2 } }\n')


@pytest.fixture(name="kept")
def fixture_kept(world):
    return world.gateway(CONFIG, head=False)


def open_keys(gateway, open_page, token=TOKEN, place="/console#/keys", **more):
    page = open_page(gateway, path=place, **more)
    page.locator("#token").fill(token)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=re.compile("Keys|密钥与组")).wait_for()
    open_page.said.clear()  # before the token was there, the browser said 401
    return page


def make(page, kind, name, **members):
    page.get_by_role("link", name=f"New {kind}").click()
    page.get_by_label("Name", exact=True).fill(name)
    for member, value in members.items():
        field = page.locator(f"[name={member}]")
        if member == "group":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Create").click()
    page.get_by_text("is made.").wait_for()


def secret(page):
    text = page.locator("#secret code").inner_text()
    assert text.startswith("yz-") and len(text) > 40
    return text


def asked(gateway, key, model="gpt-5.2"):
    return ask(gateway.port, chat("x", model=model), key=key).status


def test_a_key_from_its_making_to_its_end(kept, open_page):
    page = open_keys(kept, open_page)
    make(page, "group", "acme", models="gpt-*", budget_month="500")
    page.get_by_role("link", name="Back to the keys").click()
    make(page, "key", "carol", group="acme", budget_day="2.5", labels="tier=gold, team=blue", rpm="600", expires="2099-01-01")
    key = secret(page)
    assert axe(page) == []
    page.get_by_role("link", name="carol").click()
    page.locator("#spent").wait_for()
    assert page.locator("#secret").count() == 0 and key not in page.content(), "it is shown once"
    eventually(lambda: asked(kept, key) == 402, "it is known, and has no money")
    page.get_by_label("Top up").fill("3")
    page.get_by_role("button", name="Pay in").click()
    page.get_by_text("Available: $3.00").wait_for()
    assert asked(kept, key) == 200 and asked(kept, key, "claude-opus-4-6") == 403
    page.reload()
    page.locator("#spent").get_by_text("/ $2.50").wait_for()
    eventually(lambda: again(page) and "$0.00 /" not in page.locator("#spent").inner_text(), "what it has used counts")
    assert page.locator("[name=labels]").input_value() == "tier=gold, team=blue" and page.locator("[name=group]").input_value() == "acme"
    page.locator("#overlap").select_option("3600")
    page.get_by_role("button", name="Rotate").click()
    newer = secret(page)
    assert newer != key
    eventually(lambda: page.locator("#secrets tbody tr").count() == 2, "both are shown")
    eventually(lambda: asked(kept, newer) == 200, "the new one is good")
    assert asked(kept, key) == 200, "and the old one for an hour"
    page.locator("[name=models]").fill("kimi-*")
    page.locator("[name=rpm]").fill("")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    eventually(lambda: asked(kept, newer) == 403, "its models are others now")
    page.get_by_role("button", name="Disable").click()
    page.get_by_text("disabled", exact=True).wait_for()
    page.get_by_role("button", name="Enable").click()
    page.get_by_text("good", exact=True).wait_for()
    page.on("dialog", lambda d: d.accept())
    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("revoked", exact=True).wait_for()
    eventually(lambda: asked(kept, newer) == 401, "it is gone")
    eventually(lambda: page.locator("#history tbody tr").count() == 6, "each change is in its history")
    assert "admin admin" in page.locator("#history").inner_text()
    assert axe(page) == []
    for text in (key, newer):
        assert text not in kept.log()


def again(page):
    page.reload()
    page.locator("#spent").wait_for()
    return True


def test_what_is_refused_is_said(kept, open_page):
    """A name that is taken; somebody else who was faster; and nothing is lost of what was typed."""
    page = open_keys(kept, open_page)
    make(page, "key", "dave", note="first")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("alert").get_by_text("there is one of that name already").wait_for()
    page.get_by_role("link", name="dave").click()
    page.locator("[name=note]").fill("mine")
    kept_other = open_keys(kept, open_page, place="/console#/keys/key/dave")
    kept_other.locator("[name=note]").fill("theirs")
    kept_other.get_by_role("button", name="Save").click()
    kept_other.get_by_text("Saved.").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    assert page.locator("[name=note]").input_value() == "mine"
    open_page.said.clear()  # the browser says that some were 409


def test_who_may_only_look(kept, open_page):
    make(open_keys(kept, open_page), "key", "erin")
    page = open_keys(kept, open_page, token=LOOKER)
    page.get_by_text("This token may only look").wait_for()
    page.get_by_role("link", name="erin").click()
    page.get_by_role("button", name="Rotate").wait_for()
    for name in ("Rotate", "Revoke", "Disable", "Save", "Pay in"):
        assert page.get_by_role("button", name=name).is_disabled(), name
    assert page.locator("[name=note]").is_disabled()


def test_without_a_ledger(world, open_page):
    page = open_page(world.gateway(chain="auth {}"), path="/console#/keys")
    page.get_by_text("this config has none").wait_for()
    assert axe(page) == []


@pytest.mark.parametrize("language, scheme, width", [("en", "light", 1280), ("zh-CN", "dark", 390), ("en", "dark", 390), ("zh-CN", "light", 1280)])
def test_pages(kept, open_page, language, scheme, width):
    page = open_keys(kept, open_page, width=width, locale=language, color_scheme=scheme)
    for path, body in (("groups", {"name": "acme", "budget_month": 500}), ("groups", {"name": "research", "group": "acme"}), ("keys", {"name": "carol", "group": "research", "budget_day": 2.5, "labels": {"tier": "gold"}, "models": ["gpt-*", "claude-*"]}), ("keys", {"name": "dave"})):
        made = page.evaluate("([path, body, token]) => fetch('/api/v1/' + path, {method: 'POST', body: JSON.stringify(body), headers: {'content-type': 'application/json', authorization: 'Bearer ' + token}}).then(r => r.status)", [path, body, TOKEN])
        assert made == 201, json.dumps(body)
    for place, wait in (("", "#keys"), ("/key/carol", "#history"), ("/new/key", "[name=note]")):
        page.goto(page.url.split("#")[0] + "#/now")
        page.goto(page.url.split("#")[0] + "#/keys" + place)
        page.locator(wait).wait_for()
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place + " is wider than the screen"
        assert axe(page) == [], place
        shoot(page, f"keys{place.replace('/', '-')}-{language}-{scheme}-{width}", full_page=True)
