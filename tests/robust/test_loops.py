"""A gateway that is its own provider, in every way to make more calls of one: what comes back is refused before it has multiplied."""
import pytest
from bench import ask, chat, eventually
from gateway import free_port

PROVIDERS = """
provider "me" { adapter = "openai", key = "sk-a", base_url = "http://127.0.0.1:%(port)s/v1" }
provider "mea" { adapter = "anthropic", key = "sk-a", base_url = "http://127.0.0.1:%(port)s" }
provider "meg" { adapter = "gemini", key = "sk-a", base_url = "http://127.0.0.1:%(port)s" }
provider "mer" { adapter = "responses", key = "sk-a", base_url = "http://127.0.0.1:%(port)s/v1" }
model "one" { "me" }
model "m" { "me", "mea", "meg", "mer" }
model "n" { "mea" }
key "sk-a" { name = "a", models = { "*" } }
chain { %(chain)s }
"""
ALL = "auth {}, %sfallback {}, retry { attempts = 3 }"
POLICIES = {
    "asks.lua": 'return function(req, next) local a = llm.chat{model="m",messages="x"} local b = llm.chat{model="n",messages="y"} return next(req) end',
    "again.lua": "return function(req, next) local a, e for i = 1, 5 do a, e = next(req) if a then return a end end return nil, e end",
    "race.lua": "return function(req, next) local running = {} for _, m in ipairs{'m', 'n', 'one'} do req.model = m running[#running + 1] = next.start(req) end return next.first(running) end",
    "fetch.lua": 'return function(req, next) http.fetch{url="http://127.0.0.1:${port}/v1/chat/completions",method="POST",headers={authorization="Bearer sk-a",["content-type"]="application/json"},'
                 'body=json.encode({model="m",messages={{role="user",content="x"}}})} return next(req) end',
}


def taken(gateway):
    """How many requests it has got."""
    eventually(lambda: gateway.status()["in_flight"] == 0, "all have ended")
    return gateway.status()["counters"]["requests"]


def ask_in_a_circle(gateway):
    answer = ask(gateway.port, chat("x", model="m"), key="sk-a")
    assert answer.status == 508 and answer.json()["error"]["code"] == "loop_detected", answer.body


@pytest.mark.parametrize("chain", [ALL % "", ALL % "hedge { after = \"1ms\" }, ", "auth {}, fallback { models = { m = \"n\", n = \"one\" } }, retry {}", "auth {}, shadow { model = \"m\", share = 1 }"]
                         + [ALL % f'policy "{name}" {{ hosts = {{ "127.0.0.1" }} }}, ' for name in POLICIES])
def test_what_comes_back(world, chain):
    gateway = world.gateway(PROVIDERS % {"port": "${port}", "chain": chain}, files=POLICIES, workers=1)
    ask_in_a_circle(gateway)
    print(taken(gateway), "requests")
    assert 3 <= taken(gateway) <= 60


def test_two_that_lead_to_each_other(world):
    """The second time a process is come to is enough, whoever stands between."""
    there = free_port()
    one = world.gateway(PROVIDERS % {"port": there, "chain": ALL % ""}, workers=1)
    other = world.gateway(f'listen "127.0.0.1:{there}"\n' + PROVIDERS % {"port": one.port, "chain": ALL % ""}, workers=1)
    ask_in_a_circle(one)
    assert 4 <= taken(one) + taken(other) <= 8  # asking for the counter counts
