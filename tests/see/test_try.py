"""Try it: the playground asks as a client does, through the admin listener; what it prints for other programs is run as it stands."""
import http.client
import json
import os
import subprocess
import tomllib

import pytest
from bench import ask, chat, eventually
from browser import axe, shoot
from gateway import CLIENT_KEYS, STANDARD
from simlib import BUILD, looks_whole

TOKEN = "sk-admin-token-3f1c-and-more"
KEY = CLIENT_KEYS["alice"]
CHAIN = 'prices "anthropic" { source = "a test", date = "2026-11-28", models = { { name = "claude-opus-4-6", input = 5, output = 25 } } }\n'
CHAIN += 'ledger "sqlite" { path = "${folder}/ledger.db" }\nprices "openai" { source = "a test", date = "2026-11-28", models = { { name = "gpt-5.2", input = 2, output = 10 } } }\n'
CHAIN += "chain { auth {}, bill {}, fallback {}, retry { attempts = 2 } }\n"
ADMIN = 'listen "127.0.0.1:${port}"\nadmin "127.0.0.1:${admin}" { token = "' + TOKEN + '" }\n'
SCRIPT = {"default": {"words": 30, "chunks": 10, "chunk_delay": 20, "delay": 30}, "rules": [{"match": {"contains": "endless"}, "do": {"words": 4000, "chunks": 600, "chunk_delay": 100}}, {"match": {"contains": "broken"}, "do": {"status": 500}}]}


@pytest.fixture(name="guarded")
def fixture_guarded(world):
    world.sim.script(SCRIPT)
    gateway = world.gateway(ADMIN + STANDARD + CHAIN, head=False)
    subprocess.run([os.path.join(BUILD, "yuzui"), "credit", "alice", "--usd", "3", "--new", "-c", os.path.join(gateway.folder, "yuzui.lua")], env=gateway.env, cwd=gateway.folder, check=True, capture_output=True)
    return gateway


def open_try(guarded, open_page):
    page = open_page(guarded)
    page.get_by_label("Admin token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Try it").click()
    page.locator("#key").wait_for()
    open_page.said.clear()  # before the token was there, the browser said 401
    return page


def fill(page, text, model="gpt-5.2", key=KEY, dialect="openai-chat", stream=True):
    page.locator("#key").fill(key)
    page.locator("#dialect").select_option(dialect)
    page.locator("#model").fill(model)
    page.locator("#text").fill(text)
    page.locator("#stream").set_checked(stream)


def route(page):
    """What the page says of the way, once the gateway has written it down."""
    page.get_by_role("link", name="Its waterfall").wait_for()
    cells = page.locator("#route > *").all_inner_texts()
    return dict(zip(cells[::2], cells[1::2]))


@pytest.mark.parametrize("dialect", ["openai-chat", "openai-responses", "anthropic-messages", "gemini"])
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "document"])
def test_an_answer(guarded, open_page, dialect, stream):
    """Of every dialect, translated or not, the text, the way and the cost; the key is in no storage and no log."""
    page = open_try(guarded, open_page)
    fill(page, "what is a yuzu?", model="claude-opus-4-6", dialect=dialect, stream=stream)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Done.").wait_for()
    assert looks_whole(page.locator("#answer").text_content())
    way = route(page)
    assert way["Status"] == "200" and way["Target"] == "anthropic/claude-opus-4-6" and way["Cost"].startswith("$0.0") and "+" in way["Tokens in+out"], way
    page.get_by_role("link", name="Its waterfall").click()
    page.locator("#slow").wait_for()
    assert "alice" in page.locator("dl").inner_text()
    page.get_by_role("link", name="Try it").click()
    assert page.locator("#key").input_value() == KEY and page.locator("#text").input_value() == "what is a yuzu?"
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie, location.href])")
    assert KEY not in kept and "yuzu?" not in kept
    page.reload()
    page.locator("#key").wait_for()
    assert page.locator("#key").input_value() == ""
    assert KEY not in guarded.log() and TOKEN not in guarded.log()


def test_it_streams_and_stops(guarded, open_page):
    """The text grows while it comes; Stop leaves the provider, as a client that goes does. By keyboard alone."""
    page = open_try(guarded, open_page)
    fill(page, "an endless one")
    page.locator("#text").press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    answer = page.locator("#answer")
    eventually(lambda: len(answer.text_content()) > 20, "it begins")
    first = answer.text_content()
    eventually(lambda: len(answer.text_content()) > len(first) + 20, "it grows")
    assert answer.text_content().startswith(first)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") in ("Stop", "Send"), "the focus was lost"
    page.get_by_role("button", name="Stop").press("Enter")
    page.get_by_text("Stopped.").wait_for()
    assert route(page)["Target"] == "openai/gpt-5.2"
    assert json.loads(raw(guarded, "GET", "/status", authorization="Bearer " + TOKEN)[1])["in_flight"] == 0


def test_what_fails_is_said(guarded, open_page):
    """A wrong key, a provider that fails, a model that is none: the gateway's own words; the list of models of a right key."""
    page = open_try(guarded, open_page)
    fill(page, "hello", key="sk-nobody")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").first.wait_for()
    assert page.locator("#token").count() == 0, "a client's wrong key does not sign the operator out"
    fill(page, "broken")
    page.locator("#model").focus()
    eventually(lambda: page.locator("#models option").count() > 10, "the models of this key are offered")
    page.get_by_role("button", name="Send").click()
    way = route(page)
    assert way["Status"] == "502" and page.get_by_role("alert").count() == 1, way
    assert axe(page) == []
    open_page.said.clear()  # the browser says that some were 401 and 502


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_an_answer(busy, open_page, language, size, scheme):
    page = open_page(busy, path="/console#/try", width=size[0], height=size[1], locale=language, color_scheme=scheme)
    fill(page, "what is a yuzu?", model="claude-opus-4-6")
    page.locator("button").get_by_text("Send" if language == "en" else "发送").click()
    page.locator("#route ~ p a, #route + p a").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    assert axe(page) == []
    shoot(page, f"tried-{language}-{scheme}-{size[0]}", full_page=True)


# ---- what is printed for other programs


def snippet(page, name):
    page.locator("#snippet-of").select_option(name)
    return page.locator("#snippet").text_content()


def test_snippets_run(busy, open_page, tmp_path):
    """Each that needs no program but the official libraries is run as it stands, with a question that is hard to quote."""
    page = open_page(busy, path="/console#/try")
    fill(page, "it's \"hard\" to $quote \\ 你好", model="gpt-5.2", key="")
    env = {**os.environ, "YUZUI_KEY": KEY, "NODE_PATH": os.path.join(BUILD, "node_modules")}
    sdk, frameworks = (os.path.join(BUILD, *folder, "bin", "python") for folder in (("venv",), ("frameworks", "venv")))
    (tmp_path / "node_modules").symlink_to(os.path.join(BUILD, "node_modules"))
    for name, file, command in (("python", "ask.py", [sdk, "ask.py"]), ("langchain", "chain.py", [frameworks, "chain.py"]), ("node", "ask.mjs", ["node", "ask.mjs"]), ("curl", "ask.sh", ["sh", "-e", "ask.sh"])):
        text = snippet(page, name)
        assert f"127.0.0.1:{busy.port}" in text and KEY not in text
        (tmp_path / file).write_text(text, encoding="utf-8")
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        said = json.loads(done.stdout)["choices"][0]["message"]["content"] if name == "curl" else done.stdout
        assert looks_whole(said.strip()), f"{name}: {done.stdout}"


def test_snippets_of_agents(busy, open_page):
    """Files that must parse, commands that a shell takes, and the address each wants: with /v1 or without."""
    page = open_page(busy, path="/console#/try")
    fill(page, "hello", model="kimi-k2.5")
    here = f"http://127.0.0.1:{busy.port}"
    codex = tomllib.loads(snippet(page, "codex"))
    assert codex["model_providers"]["yuzui"]["base_url"] == here + "/v1" and codex["model"] == "kimi-k2.5"
    openclaw = json.loads(snippet(page, "openclaw"))
    assert openclaw["models"]["providers"]["yuzui"]["baseUrl"] == here + "/v1" and openclaw["agents"]["defaults"]["model"]["primary"] == "yuzui/kimi-k2.5"
    for name, variable, program in (("claude", "ANTHROPIC_BASE_URL", "claude"), ("gemini", "GOOGLE_GEMINI_BASE_URL", "gemini")):
        script = f"{program}() {{ printf '%s %s' \"${variable}\" \"$2\"; }}\n" + snippet(page, name)
        assert subprocess.run(["sh", "-eu", "-c", script], env={"YUZUI_KEY": KEY}, capture_output=True, text=True, check=True).stdout == here + " kimi-k2.5"
    compile(snippet(page, "llamaindex"), "llamaindex", "exec")
    page.get_by_label("Address of the gateway").fill("https://gateway.example/")
    assert 'api_base="https://gateway.example/v1"' in snippet(page, "llamaindex")


# ---- the way through the admin listener


def raw(gateway, method, path, body=None, port=None, **headers):
    c = http.client.HTTPConnection("127.0.0.1", port or gateway.admin_port, timeout=30)
    c.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    r = c.getresponse()
    return r.status, r.read(), r.headers


def test_who_may_try(guarded, world):
    """It needs the admin token and the client's key, each in its place; nobody else's page may; and the provider sees neither."""
    body = json.dumps({"model": "gpt-5.2", "messages": [{"role": "user", "content": "x"}]})
    asked = {"content_type": "application/json", "authorization": "Bearer " + KEY, "x_yuzui_admin_token": TOKEN}

    def post(path="/try/v1/chat/completions", port=None, **change):
        return raw(guarded, "POST", path, body, port, **{k: v for k, v in {**asked, **change}.items() if v})
    assert post()[0] == 200
    status, said, _ = post(x_yuzui_admin_token=None)
    assert status == 401 and b"x-yuzui-admin-token" in said
    assert post(x_yuzui_admin_token="wrong-" + TOKEN)[0] == 401
    assert post(authorization=None)[0] == 401
    assert post(authorization="Bearer " + TOKEN)[0] == 401, "the admin token is no key"
    assert post(origin="https://evil.example")[0] == 403
    assert post("/try/v1/nothing")[0] == 404 and post("/v1/chat/completions")[0] == 404 and post("/try/status")[0] == 404
    assert post("/try/../status")[0] in (400, 404) and post("/tryv1/chat/completions")[0] == 404
    assert post(port=guarded.port)[0] == 404, "clients have no /try"
    assert post("/v1/chat/completions", port=guarded.port)[0] == 200
    assert raw(guarded, "GET", "/try/v1/models", authorization="Bearer " + CLIENT_KEYS["bob"], x_yuzui_admin_token=TOKEN)[0] == 200
    seen = json.dumps(world.sim.log()).lower()
    assert "chat/completions" in seen and "x-yuzui-admin-token" not in seen and TOKEN not in seen
    eventually(lambda: '"path":"/v1/chat/completions"' in guarded.log(), "the access log has them")
    assert TOKEN not in guarded.log() and KEY not in guarded.log()


def test_a_name_without_a_token(world):
    """Without an admin token a page under a name that was made to lead here gets nothing by this way either."""
    gateway = world.gateway(chain="auth {}")
    assert raw(gateway, "GET", "/try/v1/models", host="rebound.example", authorization="Bearer " + KEY)[0] == 403
    assert raw(gateway, "GET", "/try/v1/models", authorization="Bearer " + KEY)[0] == 200


def test_the_first_listener_chooses(world):
    """Where an address has a chain of its own, what is tried takes that of the first."""
    gateway = world.gateway('listen "127.0.0.1:${port}" { chain = "own" }\nadmin "127.0.0.1:${admin}"\n' + STANDARD + 'chain { auth {} }\nchain "own" { auth {}, retry {} }\n', head=False)
    headers = {"authorization": "Bearer " + KEY, "content_type": "application/json"}
    body = json.dumps({"model": "gpt-5.2", "messages": [{"role": "user", "content": "x"}]})
    assert raw(gateway, "POST", "/try/v1/chat/completions", body, **headers)[2]["x-yuzui-chain"] == "own"
    assert ask(gateway.port, chat("x")).status == 200
    assert json.loads(raw(gateway, "GET", "/status")[1])["listen"] == [{"address": f"127.0.0.1:{gateway.port}", "tls": False}]
