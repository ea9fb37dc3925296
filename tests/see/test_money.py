"""Cost in the console, against real requests whose price is known to the last nano-dollar: sums, what is left, single charges, files."""
import csv
import json
import os
import re
import subprocess

import pytest
from bench import ask, chat, eventually
from browser import axe, shoot
from simlib import BUILD
from test_keys import CONFIG, TOKEN, open_keys

# What the provider says was used. gpt-5.2 costs 2 and 10 USD a million: 100 in and 50 out are 0.0007 USD
SCRIPT = {"words": 5, "chunks": 4, "prompt_tokens": 100, "completion_tokens": 50}
EACH = 0.0007


def cli(gateway, *words):
    return subprocess.run([os.path.join(BUILD, "yuzui"), *words, "-c", os.path.join(gateway.folder, "yuzui.lua")], env=gateway.env, cwd=gateway.folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(name="spent")
def fixture_spent(world):
    """Two keys of a group, one of them with a label; five charges."""
    world.sim.script({"default": SCRIPT, "rules": []})
    gateway = world.gateway(CONFIG, head=False)
    cli(gateway, "group", "create", "acme", "--budget-month", "500")
    keys = {name: json.loads(cli(gateway, "key", "create", name, "--group", "acme", "--json", *more))["key"] for name, more in (("carol", ("--labels", "tier=gold", "--budget-day", "0.014")), ("dave", ()))}
    for name in keys:
        cli(gateway, "credit", name, "--usd", "3")
    eventually(lambda: ask(gateway.port, chat("x"), key=keys["dave"]).status == 200, "the keys are known")
    for i in range(4):
        assert ask(gateway.port, chat(f"question {i}", max_tokens=100), key=keys["carol"], headers=f"x-request-id: carol-{i}\r\n").status == 200
    eventually(lambda: len(json.loads(api(gateway, "charges"))["charges"]) == 5 and '"open"' not in api(gateway, "charges"), "all are settled")
    return gateway


def api(gateway, path):
    return subprocess.run(["curl", "-s", "-H", "authorization: Bearer " + TOKEN, f"http://127.0.0.1:{gateway.admin_port}/api/v1/{path}"], check=True, capture_output=True, text=True).stdout


def open_cost(gateway, open_page, **more):
    page = open_keys(gateway, open_page, **more)
    page.goto(page.url.split("#")[0] + "#/cost")
    page.locator("#sums").wait_for()
    return page


def rows(page, table):
    return [[cell.strip() for cell in row.split("\t")] for row in page.locator(f"#{table} tbody tr").all_inner_texts()]


def kept_apart(page, by):
    page.locator("#by").select_option(by)
    head = {"key": "key", "label:tier": "label", "model": "model", "provider": "provider", "day,key": "day", "account": "account"}[by]
    page.locator("#sums thead th").first.get_by_text(head, exact=True).wait_for()
    return rows(page, "sums")


def download(page, button):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    with open(waiting.value.path(), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def test_what_it_cost(spent, open_page):
    page = open_cost(spent, open_page)
    assert [r[1:6] for r in rows(page, "sums")] == [["5", "500", "0", "250", "$0.0035"]]
    assert page.locator("#sum-charged").inner_text() == "$0.0035" and page.locator(".u-wrap canvas").count() == 1
    assert [(r[0], r[5]) for r in kept_apart(page, "key")] == [("carol", "$0.0028"), ("dave", "$0.0007")]
    assert [(r[0], r[5]) for r in kept_apart(page, "model")] == [("gpt-5.2", "$0.0035")]
    assert [(r[0], r[5]) for r in kept_apart(page, "provider")] == [("openai", "$0.0035")]
    assert [(r[0], r[5]) for r in kept_apart(page, "label:tier")] == [("tier=gold", "$0.0028"), ("–", "$0.0007")]
    assert {row["label"]: float(row["charged"]) for row in download(page, "Export as CSV")} == {"gold": 4 * EACH, "": EACH}
    assert [(r[1], r[6]) for r in kept_apart(page, "day,key")] == [("carol", "$0.0028"), ("dave", "$0.0007")]
    exported = download(page, "Export as CSV")
    assert {row["key"]: float(row["charged"]) for row in exported} == {"carol": 4 * EACH, "dave": EACH}
    page.locator("#only-key").fill("dave")
    eventually(lambda: page.locator("#sum-charged").inner_text() == "$0.0007", "only that key's")
    page.locator("#only-key").fill("")
    assert axe(page) == []
    budgets = {r[0]: r for r in rows(page, "budgets")}
    assert budgets["Key carol"][2:4] == ["$0.0028", "$0.014"] and budgets["Key carol"][4].endswith("20 %")
    assert budgets["Group acme"][2:4] == ["$0.0035", "$500.00"]
    assert {r[0]: r[1] for r in rows(page, "accounts")} == {"carol": "$2.9972", "dave": "$2.9993"}
    assert [row["kind"] for row in download(page, "Export what was paid in")] == ["credit", "credit"]
    assert len(download(page, "Export single charges")) == 5
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Every balance is the sum of its entries.").wait_for()


def test_margin_and_the_bill(spent, open_page, tmp_path):
    """What a provider's answers brought against its list price, and its own count of them: of the right one nothing is said, of the wrong one what."""
    page = open_cost(spent, open_page)
    page.locator("#margins tbody tr").first.wait_for()
    (row,) = rows(page, "margins")
    assert (row[0], row[1], row[2], row[3], row[5], row[8]) == ("openai", "5", "5", "$0.0035", "$0.0035", "$0.00"), row
    (exported,) = download(page, "Export margins")
    assert (exported["provider"], float(exported["cost"]), float(exported["margin"])) == ("openai", 5 * EACH, 0)
    today = json.loads(api(spent, "charges"))["charges"][0]["time"][:10]
    for requests, said in ((5, "The export and the ledger agree."), (6, "600+300")):
        bill = tmp_path / f"bill-{requests}.csv"
        bill.write_text("date,model,input_tokens,output_tokens\n" + f"{today},gpt-5.2,100,50\n" * requests)
        page.locator("#reconciled").fill("openai")
        page.locator("#export").set_input_files(str(bill))
        page.get_by_role("button", name="Compare them").click()
        page.locator("#differences").get_by_text(said).wait_for()
    assert axe(page) == []
    shoot(page, "cost-margin-en-light-1280", full_page=True)
    (tmp_path / "none.csv").write_text("hello")
    page.locator("#export").set_input_files(str(tmp_path / "none.csv"))
    page.get_by_role("button", name="Compare them").click()
    page.get_by_role("alert").wait_for()
    open_page.said.clear()  # the browser says that it was a 422


def test_what_is_removed_is_said(world, open_page, tmp_path):
    """After what `keep` says single charges are gone and their sums are not: the page says so where they would be."""
    config = CONFIG.replace('path = "${folder}/ledger.db"', 'path = "${folder}/ledger.db", keep = "7d"')
    assert config != CONFIG
    world.sim.script({"default": SCRIPT, "rules": []})
    gateway = world.gateway(config, head=False)
    key = json.loads(cli(gateway, "key", "create", "carol", "--json"))["key"]
    cli(gateway, "credit", "carol", "--usd", "3")
    eventually(lambda: ask(gateway.port, chat("x"), key=key).status == 200, "the key is known")
    eventually(lambda: '"captured"' in api(gateway, "charges"), "it is settled")
    day = json.loads(api(gateway, "charges"))["charges"][0]["time"][:10]
    subprocess.run(["curl", "-sf", "-X", "POST", "-H", "authorization: Bearer " + TOKEN, f"http://127.0.0.1:{gateway.admin_port}/test/skip?ms={8 * 86400000}"], check=True)
    eventually(lambda: not json.loads(api(gateway, "charges"))["charges"], "what is a week old goes")
    page = open_cost(gateway, open_page)
    note = page.locator("p.removed")
    note.wait_for()
    assert note.inner_text().startswith("Requests from before ") and 'keep = "7d"' in note.inner_text() and page.locator("#sum-charged").inner_text() == "$0.0007"
    bill = tmp_path / "bill.csv"
    bill.write_text(f"date,model,input_tokens,output_tokens\n{day},gpt-5.2,100,50\n")
    page.locator("#export").set_input_files(str(bill))
    page.get_by_role("button", name="Compare them").click()
    page.locator("#differences").get_by_text("Rows of the export from then, not compared: 1.").wait_for()
    assert axe(page) == []
    shoot(page, "cost-removed-en-light-1280", full_page=True)


def test_one_charge(spent, open_page):
    """From the id that a client has to what it paid and why, and on to where its time went."""
    page = open_cost(spent, open_page)
    page.get_by_label("Find by id").fill("carol-2")
    page.keyboard.press("Enter")
    proof = page.locator(".proof")
    proof.wait_for()
    said = proof.inner_text()
    assert "$0.0007" in said and "gpt-5.2" in said and "carol" in said and re.search(r"\b100\b", said) and re.search(r"\b50\b", said)
    assert axe(page) == []
    proof.get_by_role("link").click()
    page.locator("#slow").wait_for()


def test_a_range_that_is_none(spent, open_page):
    page = open_cost(spent, open_page)
    page.locator("#from").fill("2020-01-02")
    page.locator("#until").fill("2020-01-01")
    page.get_by_role("alert").get_by_text("should begin before it ends").wait_for()
    page.locator("#until").fill("2020-02-01")
    eventually(lambda: page.locator("#sums").count() == 0 and page.locator("#sum-calls").inner_text() == "0", "nothing then")


@pytest.mark.parametrize("language, scheme, width", [("en", "light", 1280), ("zh-CN", "dark", 390), ("en", "dark", 390), ("zh-CN", "light", 1280)])
def test_pages(spent, open_page, language, scheme, width):
    page = open_cost(spent, open_page, width=width, locale=language, color_scheme=scheme)
    page.locator("#charges").wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    assert axe(page) == []
    shoot(page, f"cost-of-it-{language}-{scheme}-{width}", full_page=True)
    page.goto(page.url.split("#")[0] + "#/cost/carol-1")
    page.locator(".proof").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    assert axe(page) == []
    shoot(page, f"cost-proof-{language}-{scheme}-{width}", full_page=True)
