"""Workflows as models, through the official clients: what is streamed, what each step costs, and what happens when a step fails, one is slow, or
the client leaves. The workflows are those of the library; bill stands below them, so each step is a charge of its own."""
import json
import os
import subprocess
import threading
import time

import anthropic
import openai
import pytest
from gateway import CLIENT_KEYS, STANDARD, Gateway
from simlib import BUILD, PATIENT, Sim, expected

CONFIG = STANDARD + """
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "openai" { source = "the test", date = "2026-11-28", models = { { name = "gpt-5.2", input = 2, output = 10 } } }
prices "moonshot" { source = "the test", date = "2026-11-28", models = { { name = "kimi-k2.5", input = 1, output = 2 } } }
prices "anthropic" { source = "the test", date = "2026-11-28", models = { { name = "claude-opus-4-6", input = 5, output = 25 } } }
prices "google" { source = "the test", date = "2026-11-28", models = { { name = "gemini-3-flash", input = 0.5, output = 1 } } }
model "workflow/service-desk" {}
model "workflow/code-review" {}
model "workflow/outline-polish" {}
model "workflow/of-workflows" {}
chain { auth {},
  workflow "nested.lua" { model = "workflow/of-workflows" },
  workflow "workflows/service-desk.lua" { model = "workflow/service-desk", options = { patience = 1500, handbook = "Returns within 30 days." } },
  workflow "workflows/code-review.lua" { model = "workflow/code-review", options = { patience = 1500, quorum = 2 } },
  workflow "workflows/outline-polish.lua" { model = "workflow/outline-polish", options = { sections = 3, at_once = 2 } },
  bill {}, cache { ttl = "1h", store = "memory" }, retry { attempts = 2, base = "1ms" } }
"""
NESTED = """
return function(req)
  local desk = llm.chat { step = "desk", model = "workflow/service-desk", messages = req:question() }
  return desk and "the desk says " .. desk.text or nil, { class = "unavailable", message = "no desk" }
end
"""
# What each provider says was used, and so what a step costs, in nano-USD.
TOKENS = {"prompt_tokens": 100, "completion_tokens": 50, "words": 6, "chunks": 4}
COST = {"gpt-5.2": 100 * 2000 + 50 * 10000, "kimi-k2.5": 100 * 1000 + 50 * 2000, "gemini-3-flash": 100 * 500 + 50 * 1000, "claude-opus-4-6": 100 * 5000 + 50 * 25000}
PROVIDER = {"gpt-5.2": "openai", "kimi-k2.5": "moonshot", "gemini-3-flash": "google", "claude-opus-4-6": "anthropic"}


class World:
    def __init__(self, sim, gateway):
        self.sim, self.gateway, self.url = sim, gateway, f"http://127.0.0.1:{gateway.port}"
        self.seen = set()

    def cli(self, *words):
        p = subprocess.run([os.path.join(BUILD, "yuzui"), words[0], "-c", os.path.join(self.gateway.folder, "yuzui.lua"), *words[1:]], env=self.gateway.env,
                           cwd=self.gateway.folder, capture_output=True, text=True, check=False)
        assert p.returncode == 0, (words, p.stdout, p.stderr)
        return p.stdout

    def charges(self):
        """The holds that are new since the last time, when all have ended: (model, nano-USD) each, and how many requests they were for."""
        end = time.monotonic() + PATIENT
        while True:
            rows = [json.loads(line, parse_float=str, parse_int=str) for line in self.cli("usage", "--limit", "10000", "--json").splitlines()]
            if all(row["state"] != "open" for row in rows):
                break
            assert time.monotonic() < end, rows
            time.sleep(0.05)
        new = [row for row in rows if row["id"] not in self.seen]
        self.seen |= {row["id"] for row in new}
        return sorted((row["model"], round(float(row["charged"]) * 1e9)) for row in new), len({row["request"] for row in new})


@pytest.fixture(scope="module")
def running():
    with Sim() as sim, Gateway(CONFIG, sim_port=sim.port, files={"nested.lua": NESTED}, workers=2) as gateway:
        world = World(sim, gateway)
        world.cli("credit", "alice", "--usd", "1000")
        yield world


@pytest.fixture
def world(running):
    running.sim.reset()
    running.sim.script({"default": TOKENS})
    running.charges()
    yield running
    stats = running.sim.stats()
    assert stats["violations"] == 0, stats["violation_list"]
    running.gateway.settle()


@pytest.fixture
def client(world):
    with openai.OpenAI(base_url=world.url + "/v1", api_key=CLIENT_KEYS["alice"], max_retries=0) as c:
        yield c


def slow(model, ms):
    return {"match": {"provider": PROVIDER[model]}, "do": {**TOKENS, "delay": ms}}


def failing(model, status=500):
    return {"match": {"provider": PROVIDER[model]}, "do": {"status": status, "message": "it is broken"}}


def ask(client, workflow, text, **more):
    return client.chat.completions.create(model="workflow/" + workflow, messages=[{"role": "user", "content": text}], extra_headers={"cache-control": "no-cache"}, **more)


def streamed(client, workflow, text):
    return "".join(c.choices[0].delta.content or "" for c in ask(client, workflow, text, stream=True) if c.choices)


def test_listed(client):
    assert {"workflow/service-desk", "workflow/code-review", "workflow/outline-polish"} <= {m.id for m in client.models.list()}


def test_service_desk(world, client):
    """Document and stream say the writer's words; three charges for one request, each of its model's price."""
    text = streamed(client, "service-desk", "where is my parcel, one")
    assert text == expected("gpt-5.2", "where is my parcel, one", 6)
    assert world.charges() == (sorted((m, COST[m]) for m in ("kimi-k2.5", "gemini-3-flash", "gpt-5.2")), 1)
    answer = ask(client, "service-desk", "where is my parcel, two")
    assert answer.choices[0].message.content == expected("gpt-5.2", "where is my parcel, two", 6)
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (100, 50)
    assert world.charges() == (sorted((m, COST[m]) for m in ("kimi-k2.5", "gemini-3-flash", "gpt-5.2")), 1)


def test_usage_of_a_stream_is_the_last_steps(client):
    chunks = list(ask(client, "service-desk", "where is my parcel, and what does it cost", stream=True, stream_options={"include_usage": True}))
    assert [(c.usage.prompt_tokens, c.usage.completion_tokens) for c in chunks if c.usage] == [(100, 50)]
    assert all(c.usage is None for c in ask(client, "service-desk", "where is my parcel, and what does it cost, again", stream=True))


def test_first_words_before_the_last(world, client):
    """The last step streams: its first words are here before its last ones are said."""
    world.sim.script({"default": TOKENS, "rules": [{"match": {"provider": "openai"}, "do": {**TOKENS, "chunk_delay": 300}}]})
    began = None
    for chunk in ask(client, "service-desk", "slowly please", stream=True):
        if chunk.choices and chunk.choices[0].delta.content and began is None:
            began = time.monotonic()
    assert time.monotonic() - began > 0.5


def test_anthropic_client(world):
    with anthropic.Anthropic(base_url=world.url, api_key=CLIENT_KEYS["alice"], max_retries=0) as c:
        for i, stream in enumerate((False, True)):
            text = f"an anthropic client asks {i}"
            more = {"model": "workflow/service-desk", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
            if stream:
                with c.messages.stream(**more) as s:
                    assert "".join(s.text_stream) == expected("gpt-5.2", text, 6)
                    assert s.get_final_message().usage.output_tokens == 50
            else:
                assert c.messages.create(**more).content[0].text == expected("gpt-5.2", text, 6)


def test_code_review(world, client):
    assert streamed(client, "code-review", "int main(void) { return 1 / 0; }").startswith("[")
    assert world.charges() == (sorted((m, COST[m]) for m in ("claude-opus-4-6", "gpt-5.2", "kimi-k2.5", "claude-opus-4-6")), 1)


def test_outline_polish(world, client):
    assert streamed(client, "outline-polish", "an essay about weirs").startswith("[")
    models, requests = world.charges()
    assert requests == 1 and {m for m, _ in models} == {"claude-opus-4-6", "kimi-k2.5", "gpt-5.2"} and all(cost == COST[m] for m, cost in models)


def test_workflow_of_workflows(world, client):
    """A step may be a workflow that stands below: its own steps are the request's too."""
    answer = ask(client, "of-workflows", "where is my parcel, three")
    assert answer.choices[0].message.content == "the desk says " + expected("gpt-5.2", "where is my parcel, three", 6)
    assert world.charges() == (sorted((m, COST[m]) for m in ("kimi-k2.5", "gemini-3-flash", "gpt-5.2")), 1)


def test_a_step_fails(world, client):
    """What the workflow can do without costs nothing and is done without; what it cannot is the client's error."""
    world.sim.script({"default": TOKENS, "rules": [failing("kimi-k2.5")]})
    assert streamed(client, "service-desk", "one step fails") == expected("gpt-5.2", "one step fails", 6)
    assert world.charges()[0] == sorted([("gemini-3-flash", COST["gemini-3-flash"]), ("gpt-5.2", COST["gpt-5.2"]), ("kimi-k2.5", 0)])
    world.sim.script({"default": TOKENS, "rules": [failing("gpt-5.2", 429)]})
    with pytest.raises(openai.RateLimitError, match="it is broken"):
        ask(client, "service-desk", "the last step fails", stream=True)
    assert world.charges()[0] == sorted([("gemini-3-flash", COST["gemini-3-flash"]), ("kimi-k2.5", COST["kimi-k2.5"]), ("gpt-5.2", 0)])
    world.sim.script({"default": TOKENS, "rules": [failing("gpt-5.2"), failing("kimi-k2.5")]})
    with pytest.raises(openai.InternalServerError, match="Only 1 of 3 reviewers answered"):
        ask(client, "code-review", "two of three fail")
    assert world.charges()[0] == sorted([("claude-opus-4-6", COST["claude-opus-4-6"]), ("gpt-5.2", 0), ("kimi-k2.5", 0)])


def test_a_step_breaks_off_while_it_streams(world, client):
    world.sim.script({"default": TOKENS, "rules": [{"match": {"provider": "openai"}, "do": {**TOKENS, "close_after_chunks": 2}}]})
    with pytest.raises(openai.APIError):
        streamed(client, "service-desk", "the last step breaks off")


def test_a_step_is_slow(world, client):
    """It is cut at its own deadline, at the provider too, and the others go on."""
    world.sim.script({"default": TOKENS, "rules": [slow("gemini-3-flash", 600000)]})
    began = time.monotonic()
    assert streamed(client, "service-desk", "one step hangs") == expected("gpt-5.2", "one step hangs", 6)
    assert 1.4 < time.monotonic() - began < 1.5 + PATIENT
    world.sim.wait(lambda log: any(e.get("provider") == "google" and e.get("aborted") for e in log), what="the slow step was cut off")


@pytest.mark.parametrize("stage", ["in the fan-out", "while it streams"])
def test_the_client_leaves(world, client, stage):
    """Every step that runs is cancelled at its provider, nothing more is asked, nothing hangs."""
    if stage == "in the fan-out":
        world.sim.script({"default": TOKENS, "rules": [slow("kimi-k2.5", 600000), slow("gemini-3-flash", 600000)]})
        asking = threading.Thread(target=lambda: pytest.raises(openai.APITimeoutError, ask, client, "service-desk", "a client that leaves", stream=True, timeout=0.7))
        asking.start()
        asking.join()
        world.sim.wait(lambda log: sum(e.get("aborted") for e in log) == 2, what="both steps were cancelled")
        assert all(e.get("provider") != "openai" for e in world.sim.log()), "the last step began all the same"
    else:
        world.sim.script({"default": TOKENS, "rules": [{"match": {"provider": "openai"}, "do": {**TOKENS, "words": 400, "chunks": 300, "chunk_delay": 100}}]})
        stream = ask(client, "service-desk", "a client that leaves later", stream=True)
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                break
        stream.close()
        world.sim.wait(lambda log: any(e.get("provider") == "openai" and e.get("aborted") for e in log), what="the last step was cancelled")
    world.gateway.settle()


def test_nobody_pays_nothing(world):
    """A workflow below bill would be for nothing: the config is refused."""
    config = CONFIG.replace("chain { auth {},", "chain { auth {}, bill {},", 1)
    folder = os.path.join(world.gateway.folder, "wrong.lua")
    names = world.gateway.names
    for name, value in names.items():
        config = config.replace("${" + name + "}", value)
    with open(folder, "w", encoding="utf-8") as f:
        f.write('listen "127.0.0.1:1"\n' + config)
    p = subprocess.run([os.path.join(BUILD, "yuzui"), "check", "-c", folder], env=world.gateway.env, capture_output=True, text=True, check=False)
    assert p.returncode != 0 and "would not be paid for" in p.stdout + p.stderr, p.stdout + p.stderr
