"""Policies in the console: what runs is shown, the files as they stand now are checked and tried; nobody is asked, and the gateway goes on."""
import http.client
import json
import os
import threading
import time

from bench import ask, chat, eventually
from browser import axe, shoot
from gateway import CLIENT_KEYS, STANDARD

POLICY = """
return function(req, next)
  if req:question() == "what is in the store?" then store.get("x") end
  req:because("a question of " .. #req:question() .. " bytes")
  req.model = #req:question() > 20 and "claude-opus-4-6" or "gpt-5.2"
  return next(req)
end
"""
SLOW = "return function(req, next) local n = 0 while true do n = n + 1 end end\n"
CHAIN = 'chain { auth {}, policy "by-length.lua" {}, retry { attempts = 2 } }\n'
WATCHED_NOT = "watch(false)\n"


def gateway_of(world, policy=POLICY, chain=CHAIN, **more):
    return world.gateway(STANDARD + WATCHED_NOT + chain, files={"by-length.lua": policy}, **more)


def test_from_the_file_to_service(world, open_page):
    """As an operator does it: look, try a question, edit the file, see what is wrong, right it, try again, load."""
    gateway = gateway_of(world)
    page = open_page(gateway, path="/console#/policies")
    assert page.locator("#source").text_content() == POLICY
    page.locator("#text").fill("a question that is long enough")
    page.get_by_role("button", name="Run").click()
    found = page.locator("#found")
    found.wait_for()
    assert "claude-opus-4-6" in found.inner_text() and "anthropic/claude-opus-4-6" in found.inner_text() and "a question of 30 bytes" in found.inner_text()
    assert page.locator("#decisions tbody tr").inner_text().split("\t") == ["by-length", "auto", "claude-opus-4-6", "a question of 30 bytes"]
    assert axe(page) == []
    gateway.write("by-length.lua", POLICY + "broken(")
    page.get_by_role("button", name="Check").click()
    page.get_by_text("expected near").wait_for()
    open_page.said.clear()  # the browser says that it was a 422
    assert page.locator("#source").text_content() == POLICY, "what runs is what was loaded"
    better = POLICY.replace("> 20", "> 200")
    gateway.write("by-length.lua", better)
    page.get_by_role("button", name="Check").click()
    page.get_by_text("yuzui.lua: ok").wait_for()
    page.get_by_role("button", name="Run").click()
    page.locator("#found").get_by_text("openai/gpt-5.2").wait_for()
    assert ask(gateway.port, chat("a question that is long enough", model="auto")).json()["model"].startswith("claude"), "not before it is loaded"
    page.get_by_role("button", name="Load").click()
    page.get_by_text("generation 2").first.wait_for()  # what the config warns of follows it
    eventually(lambda: page.locator("#source").text_content() == better, "the page shows what runs now")
    assert ask(gateway.port, chat("a question that is long enough", model="auto")).json()["model"].startswith("gpt-5.2")


def test_a_whole_body(world, open_page):
    """Of another dialect, by a key's name; what is wrong with it is said; what was made up as well."""
    gateway = gateway_of(world)
    page = open_page(gateway, path="/console#/policies")
    page.locator("#whole").check()
    page.locator("#dialect").select_option("anthropic-messages")
    page.locator("#key").fill("alice")
    page.locator("#text").fill('{"model": "auto", "max_tokens": 10, "messages": [{"role": "user", "content": "short"}]}')
    page.get_by_role("button", name="Run").click()
    page.locator("#found").get_by_text("openai/gpt-5.2").wait_for()
    page.locator("#text").fill("{")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("alert").get_by_text("This is no JSON").wait_for()
    page.locator("#text").fill("{}")
    page.locator("#key").fill("nobody")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("alert").get_by_text("no key of this config has that one").wait_for()
    open_page.said.clear()  # the browser says that it was a 422
    assert world.sim.log() == [], "a provider was asked"


def test_on_a_phone_in_chinese(world, open_page):
    gateway = gateway_of(world)
    for width, scheme in ((390, "dark"), (1280, "light")):
        page = open_page(gateway, path="/console#/policies", width=width, locale="zh-CN", color_scheme=scheme)
        page.locator("#text").fill("这是一个足够长的问题，应该交给较大的模型")
        page.get_by_role("button", name="运行", exact=True).click()
        page.locator("#found").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
        assert axe(page) == []
        shoot(page, f"explained-zh-CN-{scheme}-{width}", full_page=True)


def post(gateway, path, body=None, **headers):
    c = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=60)
    c.request("POST", path, json.dumps(body) if body is not None else None, {"content-type": "application/json", **headers})
    r = c.getresponse()
    return r.status, json.loads(r.read())


def test_what_is_refused(world):
    gateway = gateway_of(world)
    for body in ({}, {"question": 1}, {"body": "text"}, {"question": "a", "body": {}}, {"question": None}):
        assert post(gateway, "/policies/explain", body)[0] == 400, body
    assert post(gateway, "/policies/explain", {"question": "x", "model": "--help"})[0] in (200, 422)
    status, said = post(gateway, "/policies/explain", {"question": "--body", "key": "--json"})
    assert status == 422 and "no key of this config has that one" in said["text"], "a value is never an option"
    assert post(gateway, "/policies/explain", {"question": "x"}, origin="https://evil.example")[0] == 403
    assert post(gateway, "/policies/check", None, host="rebound.example")[0] == 403
    assert gateway.ask("GET", "/policies", port=gateway.port)[0] == 404, "clients see no policies"


def test_it_goes_on_serving(world):
    """A policy that computes for ever, tried by more than may at once: each is a process of its own, requests are answered meanwhile, clients that leave
    end theirs, and nothing is left."""
    gateway = gateway_of(world, chain=CHAIN.replace("{}, retry", "{ time = \"4s\", call_time = \"4s\" }, retry"), workers=1)
    gateway.write("by-length.lua", SLOW)
    results, took = [], []
    threads = [threading.Thread(target=lambda: results.append(post(gateway, "/policies/explain", {"question": "x"}))) for _ in range(4)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        began = time.monotonic()
        assert ask(gateway.port, chat("x")).status == 200
        took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < 0.5, took
    for thread in threads:
        thread.join()
    assert [status for status, _ in results].count(503) == 2, results
    c = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=60)
    c.request("POST", "/policies/explain", json.dumps({"question": "x"}), {"content-type": "application/json"})
    eventually(lambda: len(children(gateway)) == 1, "it runs")
    c.close()
    eventually(lambda: not children(gateway), "it is ended with its client", 5)
    c = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=60)
    c.request("POST", "/policies/explain", json.dumps({"question": "x"}), {"content-type": "application/json"})
    eventually(lambda: len(children(gateway)) == 1, "it runs")
    began = time.monotonic()
    gateway.stop()
    assert time.monotonic() - began < 15
    gateway.start()
    assert CLIENT_KEYS["alice"] not in gateway.log()


def children(gateway):
    """Of any thread: the pool's threads start them."""
    tasks = f"/proc/{gateway.process.pid}/task"
    found = []
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/children", encoding="ascii") as f:
            found += f.read().split()
    return found
