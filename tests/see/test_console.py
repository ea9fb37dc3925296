"""The console in a real browser, against a gateway under load: every page, both languages, by keyboard, on a phone; nothing is loaded
from elsewhere, nothing is said on the browser's console, and axe finds nothing."""
import http.client
import json
import re
import threading

import pytest
from bench import amount, ask, chat, eventually
from browser import axe, shoot
from gateway import STANDARD

TOKEN = "sk-admin-token-3f1c-and-more"
PAGES = {"now": ("Now", "现在"), "requests": ("Requests", "请求"), "health": ("Health", "健康"), "usage": ("Usage", "用量"), "keys": ("Keys", "密钥与组"), "cost": ("Cost", "费用"), "policies": ("Policies", "策略"), "try": ("Try it", "试用")}


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page(busy, open_page, language, size, scheme):
    page = open_page(busy, width=size[0], height=size[1], locale=language, color_scheme=scheme)
    for name, titles in PAGES.items():
        page.goto(page.url.split("#")[0] + f"#/{name}")
        page.get_by_role("heading", level=1, name=titles[language != "en"]).wait_for()
        if name in ("requests", "now", "usage"):
            page.locator("tbody tr").first.wait_for()
        page.wait_for_timeout(1500 if name == "now" else 200)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"
        shoot(page, f"{name}-{language}-{scheme}-{size[0]}")
        assert axe(page) == [], name


def test_why_was_it_slow(busy, open_page):
    """The tour of docs/console.md: from the page alone, why a request was slow, who was tried, and what it used."""
    assert ask(busy.port, chat("a slow one"), headers="x-request-id: the-slow-one\r\n").status == 200
    page = open_page(busy)
    page.get_by_role("link", name="Requests").click()
    page.get_by_label("Find by id").fill("the-slow-one")
    page.keyboard.press("Enter")
    page.locator("#slow").wait_for()
    said = page.locator("#slow").inner_text()
    assert re.fullmatch(r"openai/gpt-5\.2: waiting 2[5-9]\d\d ms / 2[5-9]\d\d ms", said), said
    facts = page.locator("dl").inner_text()
    assert "input_tokens" in facts and "alice" in facts and "openai/gpt-5.2" in facts
    assert page.locator(".fall .track .bar.wait").count() >= 1
    shoot(page, "why-en-light-1280")
    assert axe(page) == []
    page.goto(page.url.split("#")[0] + "#/requests/nobody")
    page.get_by_role("alert").wait_for()
    open_page.said.clear()  # the browser says that this one was a 404


def test_ending_one_by_keyboard(busy, open_page):
    """What runs is there within moments; ended by Tab and Enter alone; its client gets the error."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask(busy.port, chat("endless", stream=True), headers="x-request-id: endless-one\r\n")), daemon=True)
    thread.start()
    page = open_page(busy)
    page.get_by_role("button", name="Cancel endless-one").wait_for()
    page.on("dialog", lambda d: d.accept())
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label') || ''") == "Cancel endless-one":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    thread.join(30)
    assert answers and b"the operator of the gateway has ended this request" in answers[0].body


def test_the_token(world, open_page):
    """Asked for, refused when wrong, kept for the tab, given up; nothing is a cookie."""
    gateway = world.gateway('listen "127.0.0.1:${port}"\nadmin "127.0.0.1:${admin}" { token = "' + TOKEN + '" }\n' + STANDARD + "chain { auth {} }\n", head=False)
    page = open_page(gateway)
    page.get_by_label("Admin token").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert axe(page) == []
    page.get_by_label("Admin token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Now").wait_for()
    page.reload()
    page.get_by_role("heading", level=1, name="Now").wait_for()
    assert page.context.cookies() == [] and TOKEN not in page.url
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Admin token").wait_for()
    assert TOKEN not in gateway.log()
    open_page.said.clear()  # the browser says that some were 401


def test_a_gateway_that_goes_and_comes_back(world, open_page):
    """The page says that the gateway is gone, and goes on by itself when it is back."""
    gateway = world.gateway(chain="auth {}")
    page = open_page(gateway)
    page.get_by_text("Nothing runs.").wait_for()
    gateway.stop()
    page.get_by_role("status").wait_for()
    gateway.start()
    page.get_by_role("status").wait_for(state="detached")
    assert ask(gateway.port, chat("x")).status == 200
    page.locator("tbody tr").first.wait_for()
    open_page.said.clear()  # the browser says that it could not connect


def raw(gateway, path, **headers):
    c = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=30)
    c.putrequest(headers.pop("method", "GET"), path, skip_host=True)
    for name, value in headers.items():
        c.putheader(name.replace("_", "-"), value)
    c.endheaders()
    r = c.getresponse()
    r.body = r.read()
    return r


def test_guards(world):
    """What another page, or a name that was made to lead here, gets; and the headers that bind ours."""
    gateway = world.gateway(chain="auth {}")
    here = f"127.0.0.1:{gateway.admin_port}"
    page = raw(gateway, "/console", host=here)
    assert page.status == 200 and b"<title>yuzui</title>" in page.body
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff" and page.headers["x-frame-options"] == "DENY" and "set-cookie" not in page.headers
    assert raw(gateway, "/console/app.js", host=here).headers["content-type"].startswith("text/javascript")
    assert raw(gateway, "/console/../status", host=here).status == 400 and raw(gateway, "/console/nothing", host=here).status == 404
    assert raw(gateway, "/console", host="rebound.example").status == 403  # a page may point a name of its own here
    for path, method in (("/status", "GET"), ("/reload", "POST"), ("/calls/cancel?id=x", "POST"), ("/requests", "GET")):
        assert raw(gateway, path, method=method, host=here, origin="https://evil.example", content_length="0").status == 403, path
        assert raw(gateway, path, method=method, host=here, origin=f"http://{here}.evil.example", content_length="0").status == 403, path
        assert raw(gateway, path, method=method, host=f"rebound.example:{gateway.admin_port}", origin=f"http://rebound.example:{gateway.admin_port}", content_length="0").status == 403, path
    assert raw(gateway, "/calls/cancel?id=x", method="POST", host=here, origin=f"http://{here}", content_length="0").status == 404  # our own page may
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    c.request("GET", "/console")
    assert c.getresponse().status == 404  # clients of the gateway have no console


def test_the_page_stays_small(busy, open_page):
    """Under load the heap of the page does not grow beyond a few MB: ten seconds, or an hour, looked at each minute."""
    page = open_page(busy)
    page.locator("tbody tr").first.wait_for()
    client = page.context.new_cdp_session(page)

    def heap():
        client.send("HeapProfiler.collectGarbage")
        return client.send("Runtime.getHeapUsage")["usedSize"]
    page.wait_for_timeout(amount(3000, 120000))
    sizes = [heap()]
    for _ in range(amount(1, 60)):
        page.wait_for_timeout(amount(8000, 60000))
        sizes.append(heap())
    print("heap in MB: " + " ".join(f"{n / 1e6:.2f}" for n in sizes))
    assert max(sizes[1:]) < sizes[0] + 4e6
    eventually(lambda: json.loads(busy.get("/status")[1])["in_flight"] >= 0, "it serves")
