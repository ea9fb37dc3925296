"""Every page by keyboard alone: Tab comes to whatever can be worked, in the order of the page, is seen where it stands, and gets out again."""
import pytest
from bench import ask, chat, eventually
from gateway import STANDARD
from test_keys import CONFIG, TOKEN
from test_money import SCRIPT, cli

POLICY = "return function(req, next) req.model = 'gpt-5.2' req:because('all to one') return next(req) end\n"
PAGES = ["now", "requests", "requests/one", "health", "usage", "keys", "keys/new/key", "keys/new/group", "keys/key/carol", "keys/group/acme", "cost", "cost/one",
         "policies", "try"]

# Whatever a mouse could work, but of the radios of one name only one, which the arrows leave for the others; by its place in the page.
MARK = """() => {
  const seen = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden' && !e.disabled && !e.closest('[inert]')
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter((e) => seen(e) && e.tabIndex >= 0)
  const radios = new Map()
  for (const e of all) if (e.type === 'radio') radios.set(e.name, e.checked ? e : radios.get(e.name) || e)
  return all.filter((e) => e.type !== 'radio' || radios.get(e.name) === e)
            .map((e, i) => { e.dataset.place = i; return (e.getAttribute('aria-label') || e.id || e.name || e.textContent).trim().slice(0, 40) })
}"""
WHERE = """() => {
  const e = document.activeElement, style = getComputedStyle(e)
  return [e.dataset.place === undefined ? -1 : +e.dataset.place, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0]
}"""
# What reacts to a mouse must be something that a keyboard comes to.
MOUSE_ONLY = "() => [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).cursor === 'pointer' && !e.closest('a[href], button, input, select, textarea, summary, label, [tabindex]')).map((e) => e.outerHTML.slice(0, 80))"


@pytest.fixture(name="full")
def fixture_full(world):
    """Something on every page: a charge, a key in a group, a policy."""
    world.sim.script({"default": SCRIPT})
    gateway = world.gateway(CONFIG.replace("chain { auth {},", 'chain { auth {}, policy "one.lua" {},'), head=False, files={"one.lua": POLICY})
    cli(gateway, "group", "create", "acme")
    cli(gateway, "key", "create", "carol", "--group", "acme")
    cli(gateway, "credit", "alice", "--usd", "3")
    eventually(lambda: ask(gateway.port, chat("x"), headers="x-request-id: one\r\n").status == 200, "the account is known")
    assert STANDARD in CONFIG
    return gateway


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_control(full, open_page, language):
    page = open_page(full, locale=language)
    page.keyboard.press("Tab")
    page.locator("#token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).wait_for()
    open_page.said.clear()  # before the token was there, the browser said 401
    for name in PAGES:
        page.goto(page.url.split("#")[0] + "#/" + name)
        page.reload()
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_load_state("networkidle") if name != "now" else page.wait_for_timeout(1500)  # that one never rests
        page.wait_for_timeout(300)
        controls = page.evaluate(MARK)
        assert len(controls) >= 10, (name, controls)
        reached = []
        for _ in range(8 * len(controls)):
            page.keyboard.press("Tab")
            place, outlined = page.evaluate(WHERE)
            if len(reached) == len(controls) and place != reached[-1]:
                break
            if place < 0 or place == (reached or [-1])[-1]:  # the browser's own; a date has parts
                continue
            assert outlined, f"{name}: nobody sees that {controls[place]} has the focus"
            assert place not in reached, f"{name}: Tab never comes to {[c for i, c in enumerate(controls) if i not in reached]}"
            reached.append(place)
        else:
            raise AssertionError(f"{name}: Tab does not leave {controls[reached[-1]] if reached else 'the browser'}")
        at = reached.index(0)  # the focus may have stood somewhere at the beginning
        assert reached[at:] + reached[:at] == sorted(reached), f"{name}: in another order than the page's: {[controls[i] for i in reached]}"
        assert page.evaluate(MOUSE_ONLY) == [], name
