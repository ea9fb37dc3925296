"""Single sign-on in a real browser, before a strict provider: in both languages, by keyboard, back to the place that was left."""
import pytest
from browser import axe, shoot
from gateway import STANDARD, Gateway
from oidc import SECRET, Provider

TOKEN = "sk-admin-token-3f1c-and-more"
WORDS = {"en": ("Sign in with Example", "Sign out", "Usage", "Admin token", "Your sign-in has ended", "By token"),
         "zh-CN": ("使用 Example 登录", "退出", "用量", "管理令牌", "登录已过期", "使用令牌")}


@pytest.fixture(name="realm")
def fixture_realm(world):
    gateway = Gateway("", head=False, env={"OIDC_SECRET": SECRET})
    url = f"http://127.0.0.1:{gateway.admin_port}"
    provider = Provider(url + "/console/signed-in")
    gateway.names["sim"] = str(world.sim.port)
    gateway.write("yuzui.lua", f'''listen "127.0.0.1:${{port}}"
admin "127.0.0.1:${{admin}}" {{ token = "{TOKEN}", oidc = {{ issuer = "{provider.issuer}", client_id = "yuzui", client_secret = env "OIDC_SECRET",
  url = "{url}", label = "Example", roles = {{ {{ value = "operators", role = "operate" }} }} }} }}
''' + STANDARD + "chain { auth {} }\n")
    world.gateways.append(gateway)
    gateway.provider = provider
    yield gateway.start()
    provider.close()


def outside_is_meant(open_page, provider):
    """The page itself asks nobody else; the browser goes to the provider."""
    open_page.said[:] = [one for one in open_page.said if not one.startswith(f"outside: http://127.0.0.1:{provider.port}/") and "401" not in one]


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize("scheme, size", [("light", (1280, 900)), ("dark", (390, 844))], ids=["desktop", "phone"])
def test_the_whole_login(realm, open_page, language, scheme, size):
    """From a place in the console to the provider and back to that place; who it is is shown; signed out, and nothing is kept."""
    button, out, usage, token, ended, by_token = WORDS[language]
    page = open_page(realm, path="/console#/usage", locale=language, color_scheme=scheme, width=size[0], height=size[1])
    page.get_by_role("button", name=button).wait_for()
    page.get_by_role("heading", level=2, name=by_token).wait_for()
    assert page.get_by_label(token).is_visible() and axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"signon-{language}-{scheme}-{size[0]}")
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.innerText || ''") == button:
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.get_by_label("User").fill("alice")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=usage).wait_for()
    assert page.url == f"http://127.0.0.1:{realm.admin_port}/console#/usage", page.url
    page.get_by_text("alice@example.com (operate)").wait_for()
    assert axe(page) == [] and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"signed-on-{language}-{scheme}-{size[0]}")
    assert page.context.cookies() == []
    page.reload()
    page.get_by_text("alice@example.com (operate)").wait_for()
    page.evaluate("fetch('/test/skip?ms=14460000', { method: 'POST', headers: { authorization: 'Bearer ' + sessionStorage.getItem('token') } })")
    page.evaluate("sessionStorage.setItem('who', JSON.stringify({ ...JSON.parse(sessionStorage.getItem('who')), until: 1 }))")  # the browser's clock stands
    page.get_by_text(ended).wait_for()
    assert page.url.endswith("/console#/usage") and axe(page) == []
    page.get_by_role("button", name=button).click()
    page.get_by_label("User").fill("alice")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=usage).wait_for()
    page.get_by_role("button", name=out).click()
    page.get_by_role("button", name=button).wait_for()
    assert page.evaluate("[sessionStorage.token, sessionStorage.who, sessionStorage.login].every((one) => one === undefined)")
    assert realm.provider.violations == []
    outside_is_meant(open_page, realm.provider)


@pytest.mark.parametrize("language, words", [("en", "have no role here"), ("zh-CN", "没有角色")])
def test_who_is_not_let_in(realm, open_page, language, words):
    """The page says in the reader's language what it is, and the gateway what was found; a token still signs in."""
    page = open_page(realm, locale=language)
    page.get_by_role("button", name=WORDS[language][0]).click()
    page.get_by_label("User").fill("mallory")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert words in alert.inner_text() and 'groups is ["visitors"]' in alert.inner_text()
    assert axe(page) == []
    shoot(page, f"signon-refused-{language}")
    page.get_by_label(WORDS[language][3]).fill(TOKEN)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=WORDS[language][1]).wait_for()
    open_page.said[:] = [one for one in open_page.said if "403" not in one]
    outside_is_meant(open_page, realm.provider)


def test_links_that_look_like_an_answer(realm, open_page):
    """An answer to a login of somebody else's: nothing is signed in, nothing is asked of the provider."""
    page = open_page(realm, path="/console/signed-in?code=of-somebody-else&state=x&iss=y")
    page.get_by_role("alert").wait_for()
    assert "not begun in this tab" in page.get_by_role("alert").inner_text()
    assert page.url.endswith("/console") and realm.provider.seen == []
    outside_is_meant(open_page, realm.provider)


def test_a_provider_that_is_away(realm, open_page):
    realm.provider.faults["/.well-known/openid-configuration"] = 500
    page = open_page(realm)
    page.get_by_role("button", name="Sign in with Example").click()
    page.get_by_role("alert").wait_for()
    assert "A token still signs in." in page.get_by_role("alert").inner_text() and "answered with 500" in page.get_by_role("alert").inner_text()
    open_page.said[:] = [one for one in open_page.said if "503" not in one]
    outside_is_meant(open_page, realm.provider)
