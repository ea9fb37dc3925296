"""docs/console.md is followed word by word: from the console alone one finds why a request was slow and what it cost.

Of its numbered steps these forms are known, and a sentence in bold or italics that is none of them is a fault of the page: click **LINK**; put `TEXT` into *FIELD*
(and press Enter or BUTTON); *SECTION* says `TEXT`, where … stands for anything."""
import os
import re

import pytest
from bench import ask, chat, eventually
from browser import shoot
from simlib import ROOT
from test_keys import CONFIG, TOKEN, open_keys
from test_money import SCRIPT, cli

SLOW = {"match": {"contains": "slow one"}, "do": {"delay": 2500, **SCRIPT}}


def steps():
    with open(os.path.join(ROOT, "docs", "console.md"), encoding="utf-8") as f:
        text = f.read()
    found = re.findall(r"^(\d+)\. (.*(?:\n {3,}.*)*)", text, re.M)
    assert [int(n) for n, _ in found] == list(range(1, len(found) + 1)) and len(found) > 10
    return [re.sub(r"\s+", " ", step) for _, step in found]


def section(page, title):
    """What stands below a heading of this name, up to the next one."""
    page.locator("h2").get_by_text(title, exact=True).first.wait_for()
    return page.evaluate("""title => {
        const head = [...document.querySelectorAll('h2')].find((h) => h.textContent === title)
        let said = ''
        for (let next = head.nextElementSibling; next && next.tagName !== 'H2'; next = next.nextElementSibling) said += next.innerText + '\\n'
        return said }""", title)


def says(page, title, wanted):
    pattern = ".*".join(re.escape(part) for part in wanted.split("…"))
    eventually(lambda: re.search(pattern, section(page, title)), f"{title} says {wanted}; it says: {section(page, title)}", 20)


def follow(page, step, key):
    """Does what a step says; how much of it was understood."""
    done = 0
    for link in re.findall(r"Click \*\*(.+?)\*\*", step):
        page.get_by_role("link", name=link, exact=True).first.click()
        done += 1
    for text, field, press in re.findall(r"Put (?:`(.+?)`|the key) into \*(.+?)\*(?: and press (\w+))?", step):
        page.get_by_label(field, exact=True).fill(text or key)
        if press == "Enter":
            page.keyboard.press("Enter")
        elif press:
            page.get_by_role("button", name=press).click()
        done += 1
    title = None
    for named, text in re.findall(r"(?:\*([^*]+)\*|It) says `(.+?)`", step):
        title = named or title
        says(page, title, text)
        done += 1
    return done


@pytest.fixture(name="toured")
def fixture_toured(world):
    world.sim.script({"default": SCRIPT, "rules": [SLOW]})
    gateway = world.gateway(CONFIG.replace('key "sk-client-alice-7f3a" { name = "alice", models = { "*" } }', ""), head=False)
    made = cli(gateway, "key", "create", "alice", "--budget-day", "2", "--json")
    gateway.key = re.search(r'"key":\s*"(yz-\w+)"', made).group(1)
    cli(gateway, "credit", "alice", "--usd", "5")
    eventually(lambda: ask(gateway.port, b"{}", key=gateway.key).status == 400, "the key is known")
    assert ask(gateway.port, chat("the slow one", max_tokens=100), key=gateway.key, headers="x-request-id: the-slow-one\r\n").status == 200
    return gateway


def test_the_tour(toured, open_page):
    page = open_keys(toured, open_page)
    page.get_by_role("link", name="Now").click()
    for step in steps():
        assert follow(page, step, toured.key), f"the tour says what this test does not understand: {step}"
    page.get_by_role("link", name="Its waterfall").click()
    page.locator("#slow").wait_for()
    shoot(page, "tour-end", full_page=True)
    assert TOKEN not in toured.log() and toured.key not in toured.log()
