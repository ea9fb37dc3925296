"""Policies edited in the console: a text is changed, tried, activated and rolled back, by keyboard alone too; who may not is told; nobody's edit is lost."""
import pytest
from bench import ask, chat, eventually
from browser import axe, shoot
from gateway import STANDARD

ALL, VIEWER = "sesame-sesame-sesame", "viewer-viewer-viewer"
POLICY = """-- The short ones go to the fast model.
return function(req, next)
  req:because("a question of " .. #req:question() .. " bytes")
  req.model = #req:question() > 20 and "claude-opus-4-6" or "gpt-5.2"
  return next(req)
end
"""
ADMIN = 'listen "127.0.0.1:${port}"\nadmin "127.0.0.1:${admin}" { token = "%s", edit_policies = "versions", tokens = { { name = "eve", token = "%s" } } }\n' % (ALL, VIEWER)
LONG = "a question that is long enough"


@pytest.fixture(name="gateway")
def fixture_gateway(world):
    return world.gateway(ADMIN + STANDARD + 'chain { auth {}, policy "by-length.lua" {} }\n', head=False, files={"by-length.lua": POLICY})


def signed_in(open_page, gateway, token=ALL, **more):
    page = open_page(gateway, path="/console#/policies", **more)
    page.locator("#token").fill(token)
    page.keyboard.press("Enter")
    page.locator("#draft").wait_for()
    open_page.said.clear()  # the browser says that the first was a 401
    page.on("dialog", lambda d: d.accept())
    return page


def model(gateway):
    return ask(gateway.port, chat(LONG, model="auto")).json()["model"]


def test_edit_try_activate_roll_back(gateway, open_page):
    page = signed_in(open_page, gateway)
    assert page.locator("#draft").input_value() == POLICY
    assert page.get_by_role("button", name="Activate").is_disabled(), "nothing was changed yet"
    page.locator("#draft").fill(POLICY + "broken(")
    page.get_by_role("button", name="Check this text").click()
    page.locator("#outcome").get_by_text("expected near").wait_for()
    page.get_by_role("button", name="Activate").click()
    page.locator("#outcome").get_by_text("expected near").wait_for()
    open_page.said.clear()  # the browser says that these were 422
    assert model(gateway).startswith("claude"), "what serves goes on"
    page.locator("#draft").fill(POLICY.replace("> 20", "> 200"))
    assert "+1 −1" in page.get_by_role("heading", name="Your changes").inner_text()
    page.locator("#with-draft").wait_for()
    page.locator("#text").fill(LONG)
    page.get_by_role("button", name="Run").click()
    page.locator("#found").get_by_text("openai/gpt-5.2").wait_for()
    assert model(gateway).startswith("claude"), "a dry run changes nothing"
    page.locator("#note").fill("longer ones are fast, too")
    assert axe(page) == []
    shoot(page, "edited-en-light-1280", full_page=True)
    page.get_by_role("button", name="Activate").click()
    page.locator("#outcome").get_by_text("Version 2: generation").wait_for()
    assert model(gateway).startswith("gpt-5.2")
    rows = page.locator("#versions tbody tr")
    eventually(lambda: rows.count() == 2, "both versions")
    assert "admin admin" in rows.nth(0).inner_text() and "longer ones are fast, too" in rows.nth(0).inner_text() and "edited in its place" in rows.nth(1).inner_text()
    eventually(lambda: "> 200" in page.locator("#source").text_content(), "the page shows what runs now")
    page.get_by_role("button", name="Compare 1").click()
    assert "> 200" in page.locator("#compared").text_content()
    page.get_by_role("button", name="Roll back to it 1").click()
    page.locator("#outcome").get_by_text("Version 3: generation").wait_for()
    assert model(gateway).startswith("claude") and page.locator("#draft").input_value() == POLICY
    assert axe(page) == []


def test_two_operators(gateway, open_page):
    """The second is told who was faster, keeps his text, sees both, and may go on from there."""
    first, second = signed_in(open_page, gateway), signed_in(open_page, gateway)
    first.locator("#draft").fill(POLICY.replace("> 20", "> 100"))
    second.locator("#draft").fill(POLICY.replace("> 20", "> 300"))
    first.get_by_role("button", name="Activate").click()
    first.locator("#outcome").get_by_text("Version 2").wait_for()
    second.get_by_role("button", name="Activate").click()
    second.get_by_role("alert").get_by_text("version 2 by admin admin stands there").wait_for()
    open_page.said.clear()  # the browser says that it was a 409
    eventually(lambda: "> 100" in second.locator("#changes").text_content() and "> 300" in second.locator("#changes").text_content(), "both")
    assert axe(second) == []
    second.get_by_role("button", name="Activate").click()
    second.locator("#outcome").get_by_text("Version 3").wait_for()
    gateway.write("by-length.lua", POLICY.replace("> 20", "> 400"))
    first.locator("#draft").fill(POLICY.replace("> 20", "> 500"))
    first.get_by_role("button", name="Activate").click()
    first.get_by_role("alert").get_by_text("has changed since you looked").wait_for()
    open_page.said.clear()


def test_by_keyboard(gateway, open_page):
    page = signed_in(open_page, gateway)

    def reach(what):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id || document.activeElement.textContent") == what:
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        raise AssertionError(f"Tab never comes to {what}")
    reach("draft")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(POLICY.replace("> 20", "> 200"))
    reach("note")
    page.keyboard.type("by keyboard")
    reach("Activate")
    page.keyboard.press("Enter")
    page.locator("#outcome").get_by_text("Version 2").wait_for()
    assert model(gateway).startswith("gpt-5.2")


def test_who_may_not(gateway, open_page):
    page = signed_in(open_page, gateway, VIEWER)
    page.locator("#draft").fill(POLICY + "-- mine\n")
    page.get_by_text("This token may not activate").wait_for()
    assert page.get_by_role("button", name="Activate").is_disabled()


@pytest.mark.parametrize("width,scheme", [(390, "dark"), (1280, "light")])
def test_in_chinese(gateway, open_page, width, scheme):
    page = signed_in(open_page, gateway, width=width, locale="zh-CN", color_scheme=scheme)
    page.locator("#draft").fill(POLICY.replace("> 20", "> 200"))
    page.get_by_role("button", name="启用").click()
    page.locator("#outcome").get_by_text("版本 2").wait_for()
    page.get_by_role("button", name="比较 1").click()
    page.locator("#compared").wait_for()
    page.locator("#draft").fill(POLICY.replace("> 20", "> 250"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    assert axe(page) == []
    shoot(page, f"edited-zh-CN-{scheme}-{width}", full_page=True)
