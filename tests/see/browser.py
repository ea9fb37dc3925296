"""A real browser (Chromium) before a gateway under load: its pages, what it says, what axe finds. Screenshots are kept in YUZUI_SHOTS."""
import os
import shutil
import threading
import time

import pytest
from bench import ask, chat
from gateway import STANDARD
from playwright.sync_api import sync_playwright
from simlib import BUILD

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = os.environ.get("YUZUI_SHOTS", os.path.join(BUILD, "see", "shots"))


@pytest.fixture(scope="session", name="browser")
def fixture_browser():
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Traffic:
    """A few clients that ask until it is stopped: documents, streams, failures."""

    def __init__(self, port):
        self.stopped = False
        self.threads = [threading.Thread(target=self.run, args=(port, i), daemon=True) for i in range(3)]
        for thread in self.threads:
            thread.start()

    def run(self, port, i):
        n = 0
        while not self.stopped:
            n += 1
            ask(port, chat("bad" if n % 7 == 0 else f"question {n}", stream=n % 2 == 0, model=("gpt-5.2", "gpt-safe", "kimi-k2.5")[i]))
            time.sleep(0.05)

    def stop(self):
        self.stopped = True
        for thread in self.threads:
            thread.join()


@pytest.fixture(name="busy")
def fixture_busy(world):
    world.sim.script({"default": {"words": 30, "chunks": 10, "chunk_delay": 20, "delay": 30}, "rules": [{"match": {"contains": "bad"}, "do": {"status": 500}}, {"match": {"contains": "slow"}, "do": {"delay": 2500}}, {"match": {"contains": "endless"}, "do": {"words": 4000, "chunks": 600, "chunk_delay": 100}}]})
    gateway = world.gateway(STANDARD + "chain { auth {}, fallback {}, retry { attempts = 2 }, balance {} }\n", workers=2)
    traffic = Traffic(gateway.port)
    yield gateway
    traffic.stop()


@pytest.fixture(name="open_page")
def fixture_open_page(browser):
    contexts, said = [], []

    def open_page(gateway, path="/console", width=1280, height=900, port=None, **more):
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        page = context.new_page()
        origin = f"http://127.0.0.1:{port or gateway.admin_port}"
        page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: said.append(str(e)))
        page.on("request", lambda r: said.append("outside: " + r.url) if not r.url.startswith((origin + "/", "data:")) else None)
        page.goto(origin + path)
        return page
    open_page.said = said
    yield open_page
    for context in contexts:
        context.close()
    assert not said, said


def axe(page):
    """Violations that axe finds. Its script is run by the debugger's protocol, which the page's policy does not bind."""
    with open(os.path.join(BUILD, "see", "node_modules", "axe-core", "axe.min.js"), encoding="utf-8") as f:
        page.evaluate(f.read() + "; undefined")
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in result["violations"]]


def shoot(page, name, full_page=False):
    os.makedirs(SHOTS, exist_ok=True)
    page.screenshot(path=os.path.join(SHOTS, name + ".png"), full_page=full_page)
