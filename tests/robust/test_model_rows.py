"""examples/models as it is shipped, in front of the fake world: each of the models that people ask for first answers, or is refused, or its client is sent to its
successor, as the catalogue says of this day; and the day is shown wherever somebody looks."""
import datetime
import http.client
import json
import os
import pathlib
import re
import subprocess

import pytest
from gateway import CLIENT_KEYS
from simlib import BUILD, PATIENT
from test_jobs import PAID_IN
from test_money import cli, credit

MODELS = pathlib.Path(__file__).parents[2] / "examples/models/yuzui.lua"
STRICT, LENIENT = CLIENT_KEYS["alice"], CLIENT_KEYS["bob"]
KEYS = {name: "sk-up-models" for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MOONSHOT_API_KEY", "DEEPSEEK_API_KEY", "DASHSCOPE_API_KEY", "RELAY_KEY")}
# Behind each name: when its seller ends it and what that says to use instead; then what is served under the name, if that is another.
ROWS = {
    "chat": {
        "gpt-4": ("2026-10-23", "gpt-5.6-sol"), "gpt-4-turbo": ("2026-10-23", "gpt-5.6-sol"),
        "gpt-4o": ("2027-01-14", "gpt-6-luna"), "gpt-4o-mini": ("2027-01-14", "gpt-6-luna"),
        "gpt-4.1": ("2027-01-14", "gpt-6-luna"), "gpt-4.1-mini": ("2027-01-14", "gpt-6-luna"), "gpt-4.1-nano": ("2027-01-14", "gpt-6-luna"),
        "gpt-5": ("2026-12-11", "gpt-5.6-sol"), "o3": ("2026-12-11", "gpt-6.1-sol"),
        "gpt-5.2": (), "gpt-5.2-pro": (), "gpt-5.2-chat-latest": ("2026-08-10",), "gpt-5.2-codex": ("2026-07-23",), "gpt-5.3-codex": ("2027-04-01",),
        "gpt-5.6-sol": (), "gpt-5.6-terra": (), "gpt-5.6-luna": (), "gpt-6-sol": (), "gpt-6-luna": (), "gpt-6-astra": (), "gpt-6.1-sol": (), "gpt-6.1-terra": (),
        "kimi-k2.5": (), "kimi-k2.6": (), "kimi-k2.7-code": (), "kimi-k3": (),
        "deepseek-chat": (), "deepseek-reasoner": (), "deepseek-flash": (), "deepseek-v4-pro": (),
        "qwen-max": (), "qwen-plus": (), "qwen-turbo": (), "qwen3-max": (), "qwen3.7-max": (),
    },
    "messages": {
        "claude-opus-4-6": (), "claude-sonnet-4-5": ("2026-11-30",), "claude-sonnet-4-6": (), "claude-opus-5": (), "claude-opus-5-5": (),
        "claude-sonnet-5": (), "claude-sonnet-5-5": (), "claude-haiku-5-5": (), "claude-fable-5-1": (),
    },
    "generate": {
        "gemini-3-pro-preview": ("2026-03-09", "gemini-3.1-pro-preview"), "gemini-3.1-pro-preview": (), "gemini-3-flash-preview": (),
        "gemini-3.8-flash": (), "gemini-4-argon": (), "gemini-3-pro-image-preview": ("2026-06-25", "gemini-3-pro-image"), "gemini-3-pro-image": (),
    },
    "picture": {
        "gpt-image-1": ("2026-10-23", "gpt-image-2"), "gpt-image-1-mini": ("2026-12-01", "gpt-image-2"), "gpt-image-1.5": ("2026-12-01", "gpt-image-2"), "gpt-image-2": (),
    },
    "film": {
        "sora-2": ("2026-09-24",), "sora-2-pro": ("2026-09-24",), "relay-sora-2": (None, None, "sora-2"), "relay-sora-2-pro": (None, None, "sora-2-pro"),
        "veo-3.0-generate-001": ("2026-06-30", "veo-3.1-generate-001"), "veo-3.0-fast-generate-001": ("2026-06-30", "veo-3.1-fast-generate-001"),
        "veo-3.1-generate-preview": ("2026-10-22", "veo-3.1-generate-001"), "veo-3.1-fast-generate-preview": ("2026-10-22", "veo-3.1-fast-generate-001"),
        "veo-3.1-generate-001": (), "veo-3.1-fast-generate-001": (),
    },
    "drawing": {"mj_imagine": ()},
    "song": {"suno_music": (), "suno_lyrics": ()},
}
ALL = [(kind, name, *(facts + (None,) * 3)[:3]) for kind, rows in ROWS.items() for name, facts in rows.items()]
TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def days_to(day):
    return (datetime.date.fromisoformat(day) - TODAY).days if day else None


def is_over(day):
    return day is not None and days_to(day) <= 0


@pytest.fixture(name="gateway")
def started(world):
    """With a client's keys and addresses in the variables that it names; but for where it listens."""
    port = world.sim.port
    env = KEYS | {"CLIENT_KEY": STRICT, "LENIENT_KEY": LENIENT, "RELAY_URL": f"http://127.0.0.1:{port}/p/relay"}
    env |= {name + "_BASE_URL": f"http://127.0.0.1:{port}/p/{name.lower()}/{version}".rstrip("/") for name, version in
            (("OPENAI", "v1"), ("ANTHROPIC", ""), ("GEMINI", "v1beta"), ("MOONSHOT", "v1"), ("DEEPSEEK", "v1"), ("DASHSCOPE", "v1"))}
    text = re.sub(r"(?m)^(listen|admin) .*$", "", MODELS.read_text()).replace("env.LEDGER", '"${folder}/ledger.db"')
    g = world.gateway(text, env=env)
    credit(g, "team", PAID_IN)
    return g


def body_of(kind, name):
    """Path and body of a request that the kind takes."""
    if kind == "chat":
        return "/v1/chat/completions", {"model": name, "messages": [{"role": "user", "content": "one short line"}]}
    if kind == "messages":
        return "/v1/messages", {"model": name, "max_tokens": 200, "messages": [{"role": "user", "content": "one short line"}]}
    if kind == "generate":
        return f"/v1beta/models/{name}:generateContent", {"contents": [{"role": "user", "parts": [{"text": "one short line"}]}]}
    if kind == "picture":
        return "/v1/images/generations", {"model": name, "prompt": "a weir", "size": "1024x1024"}
    if kind == "film":
        return "/v1/videos", {"model": name, "prompt": "a weir", "seconds": "4", "size": "1280x720"}
    if kind == "drawing":
        return "/mj/submit/imagine", {"prompt": "a weir"}
    return "/suno/submit/" + name.removeprefix("suno_"), {"prompt": "a weir"}


def ask(g, kind, name, key):
    path, body = body_of(kind, name)
    c = http.client.HTTPConnection("127.0.0.1", g.port, timeout=PATIENT)
    try:
        c.request("POST", path, json.dumps(body), {"authorization": "Bearer " + key, "content-type": "application/json"})
        r = c.getresponse()
        return r.status, r.headers, json.loads(r.read())
    finally:
        c.close()


def asked(world, since):
    """What the fake world was asked for since then, by POST."""
    return [r["model"] for r in world.sim.log(since) if r["model"]]


def last(world):
    log = world.sim.log()
    return log[-1]["seq"] if log else 0


def test_each_row(world, gateway):
    for kind, name, ends, successor, served_as in ALL:
        since = last(world)
        status, headers, answer = ask(gateway, kind, name, STRICT)
        if not is_over(ends):
            assert status == 200, (name, status, answer)
            assert kind in ("drawing", "song") or asked(world, since)[0] == (served_as or name), (name, world.sim.log(since))
            continue
        assert status == 404 and headers["x-yuzui-error"] == "model_ended", (name, status, answer)
        assert not asked(world, since) and (not successor or successor in json.dumps(answer)), (name, answer)
        status, headers, answer = ask(gateway, kind, name, LENIENT)
        if successor:
            assert status == 200 and headers["x-yuzui-redirected"] and asked(world, since)[0] == successor, (name, status, answer, world.sim.log(since))
        else:
            assert status == 404 and headers["x-yuzui-error"] == "model_ended" and not asked(world, since), (name, answer)


def test_the_list_says_when(gateway):
    c = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENT)
    c.request("GET", "/v1/models", headers={"authorization": "Bearer " + STRICT})
    listed = {m["id"]: m for m in json.loads(c.getresponse().read())["data"]}
    for _, name, ends, _, _ in ALL:
        model = listed.get(name) or listed["mj_*"]
        assert model.get("shutdown_date") == ends, (name, model)
        if name in listed:
            c.request("GET", "/v1/models/" + name, headers={"authorization": "Bearer " + STRICT})
            assert json.loads(c.getresponse().read()).get("shutdown_date") == ends, name
    assert set(listed) - {name for _, name, *_ in ALL} == {"mj_*", "swap_face"}, "a model of the example is not looked at here"
    c.close()


def test_check_and_price_say_when(gateway, tmp_path):
    """And the example is right as it stands, with nothing but the keys."""
    run = subprocess.run([os.path.join(BUILD, "yuzui"), "check", MODELS], env=gateway.env | {"LEDGER": str(tmp_path / "models.db"), "PWD": str(tmp_path)},
                         cwd=tmp_path, capture_output=True, text=True, check=False)
    said = run.stdout + run.stderr
    assert run.returncode == 0 and "error" not in said and "nobody can be sent there" not in said, said
    told = {m[0]: m[1] for m in re.findall(r'model "([^"]+)": \S+ serves "[^"]+" ((?:no longer|for another)[^\n]*)', said)}
    for kind, name, ends, successor, served_as in ALL:
        soon = ends is not None and days_to(ends) <= 30
        assert (name in told) == soon and (not soon or told[name].startswith("no longer") == is_over(ends)), (name, told)
        assert not soon or not successor or f'"{successor}"' in told[name], told[name]
        if kind in ("drawing", "song") or served_as:
            continue
        price = cli(gateway, "price", name)
        word = "ended" if is_over(ends) else "ends "
        assert (f"{word}          {ends}" in price) if ends else ("\n  end" not in price), price
        assert not successor or f"use {successor}" in price, price
        assert name.startswith("veo-3.1") and not ends or re.search(r"source .*https://.*\(2026-\d\d-\d\d\)", price), price
    assert not set(told) - {name for _, name, *_ in ALL}, told
