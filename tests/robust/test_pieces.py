"""Pictures, films, speech and regions, from outside: what is held, what is charged, and the explanation of it, to the nano-USD."""
import json

import pytest
from bench import ask
from gateway import KEYS
from test_money import cli, credit, nano, settled, usage

CONFIG = KEYS + """
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY", base_url = "http://127.0.0.1:${sim}/p/openai/v1" }
provider "backup" { adapter = "openai", key = env "BACKUP_API_KEY", base_url = "http://127.0.0.1:${sim}/p/backup/v1", region = "eu" }
ledger "sqlite" { path = "${folder}/ledger.db" }
prices "openai" { source = "the test", date = "2026-11-28", models = {
  { name = "gpt-image-2", picture = 0.04, sizes = { { size = "1024x1792", quality = "hd", picture = 0.12 }, { size = "1024x1024", picture = 0.04 } } },
  { name = "sora-2", second = 0.1, sizes = { { size = "1792x1024", second = 0.3 } } },
  { name = "gpt-4o-mini-tts", characters = 15 },
  { name = "gpt-5.2", input = 2, output = 10, regions = { { name = "eu", times = 1.1 } } },
} }
prices "backup" { source = "the test", date = "2026-11-28", models = {
  { name = "gpt-5.2", input = 2, output = 10, regions = { { name = "eu", times = 1.1 } } },
} }
model "gpt-image-2" { "openai" }
model "sora-2" { "openai" }
model "gpt-4o-mini-tts" { "openai" }
model "gpt-5.2" { "openai" }
model "gpt-eu" { { "backup", as = "gpt-5.2" } }
model "gpt-both" { { "openai", as = "gpt-5.2" }, { "backup", as = "gpt-5.2" } }
chain { auth {}, bill {}, fallback {} }
"""
USD = 10**9


def picture(n, **more):
    return {"model": "gpt-image-2", "prompt": "a weir", "n": n, **more}


# path, body, what is held (None: some bound), what is charged
CASES = [
    ("/v1/images/generations", picture(1), None, 40_000_000),
    ("/v1/images/generations", picture(3, size="1024x1024"), None, 120_000_000),
    ("/v1/images/generations", picture(2, size="1024x1792", quality="hd"), None, 240_000_000),
    ("/v1/images/generations", picture(1, size="auto"), None, 120_000_000),  # in no list: as the dearest
    ("/v1/videos", {"model": "sora-2", "prompt": "a weir", "seconds": "8"}, 800_000_000, 800_000_000),
    ("/v1/videos", {"model": "sora-2", "prompt": "a weir", "seconds": "4", "size": "1792x1024"}, 1_200_000_000, 1_200_000_000),
    ("/v1/audio/speech", {"model": "gpt-4o-mini-tts", "input": "鱼嘴 splits a river", "voice": "alloy"}, None, 17 * 15_000),
    ("/v1/chat/completions", {"model": "gpt-5.2", "messages": [{"role": "user", "content": "x"}]}, None, 100 * 2000 + 50 * 10000),
    ("/v1/chat/completions", {"model": "gpt-eu", "messages": [{"role": "user", "content": "x"}]}, None, 100 * 2200 + 50 * 11000),
]


@pytest.fixture(name="gateway")
def start(world):
    world.sim.script({"default": {"words": 5, "chunks": 4, "prompt_tokens": 100, "completion_tokens": 50}})
    g = world.gateway(CONFIG)
    credit(g, "alice", 100 * USD)
    return g


def test_what_pieces_cost(gateway):
    for path, body, held, charged in CASES:
        answer = ask(gateway.port, json.dumps(body).encode(), path=path)
        assert answer.status == 200, (body, answer.body)
        settled(gateway)
        newest = max(usage(gateway), key=lambda u: u["id"])
        assert newest["charged"] == charged and charged <= newest["held"] and newest["held"] in (held, newest["held"]), (body, newest)
        assert newest["lost"] == 0
    assert "adds up" in cli(gateway, "audit")


def test_who_cannot_pay_for_so_many_is_refused(world):
    world.sim.script({})
    g = world.gateway(CONFIG)
    credit(g, "alice", 100_000_000)
    few, many = (ask(g.port, json.dumps(picture(n, size="1024x1024")).encode(), path="/v1/images/generations") for n in (2, 3))
    assert few.status == 200 and many.status == 402, (few.body, many.body)
    assert 0 <= nano(many.header("x-yuzui-needed")) - 120_000_000 <= 1 and many.header("x-yuzui-left").startswith("0.02")


def test_a_region_is_held_as_the_dearest_and_charged_as_the_one_that_served(world, gateway):
    world.sim.script({"default": {"prompt_tokens": 100, "completion_tokens": 50}, "rules": [{"match": {"provider": "openai"}, "do": {"status": 500}}]})
    body = json.dumps({"model": "gpt-both", "max_completion_tokens": 50, "messages": [{"role": "user", "content": "x"}]}).encode()
    assert ask(gateway.port, body).status == 200
    settled(gateway)
    dear = usage(gateway)[0]
    world.sim.script({"default": {"prompt_tokens": 100, "completion_tokens": 50}})
    assert ask(gateway.port, body).status == 200
    settled(gateway)
    cheap = max(usage(gateway), key=lambda u: u["id"])
    assert (dear["charged"], cheap["charged"]) == (100 * 2200 + 50 * 11000, 100 * 2000 + 50 * 10000)
    assert dear["held"] == cheap["held"]
    said = json.dumps(dear["detail"])
    assert '"eu"' in said and "region_times" in said, said
