"""Answers that a policy changes as they come, through the official clients: words that name a person come back in streams, wherever the pieces
end, and a guard's words never show, in all three dialects and forms; and no other operation goes round a guard."""
import json

import anthropic
import openai
import pytest
from gateway import CLIENT_KEYS, STANDARD, Gateway
from simlib import Sim

CONFIG = STANDARD + """
model "pii" { { "openai", as = "gpt-5.2" } }
model "pii-claude" { { "anthropic", as = "claude-opus-4-6" } }
model "guarded" { { "openai", as = "gpt-5.2" } }
model "guarded-claude" { { "anthropic", as = "claude-opus-4-6" } }
model "guarded-embedding" { { "openai", as = "text-embedding-3-small" } }
model "guarded-instruct" { { "openai", as = "gpt-3.5-turbo-instruct" } }
model "broken" { { "openai", as = "gpt-5.2" } }
model "endless" { { "openai", as = "gpt-5.2" } }
chain "pii" { models = { "pii*" }, auth {}, policy "policies/pii.lua" { on_error = "fail", operations = { "all" } }, cache { store = "memory" }, retry { attempts = 2 } }
chain "guarded" { models = { "guarded*" }, auth {}, policy "policies/guard.lua" { on_error = "fail", operations = { "all" },
  options = { ask = { "project falcon" }, say = { "top secret plan" } } }, retry { attempts = 2 } }
chain "broken" { models = { "broken" }, auth {}, policy "broken.lua" {} }
chain "endless" { models = { "endless" }, auth {}, policy "endless.lua" { time = "20ms" } }
chain { auth {} }
"""
FILES = {
    "broken.lua": "return function(req, next) local r = next(req) local n = 0 return r:rewrite(function(p) n = n + 1 if n > 3 then error('boom') end return p end) end",
    "endless.lua": "return function(req, next) local r = next(req) return r:rewrite(function(p) while true do end end) end",
}
ASKED = "Mail alice@example.com and bob@example.com, or call +49 30 1234567."
SAID = "I wrote to <EMAIL_2>, then to <EMAIL_1>; <PHONE_1> was busy. <EMAIL_9> is nobody, a < b, <b>bold</b>, 鱼嘴 🚀 <EMAIL_1>"
RESTORED = "I wrote to bob@example.com, then to alice@example.com; +49 30 1234567 was busy. <EMAIL_9> is nobody, a < b, <b>bold</b>, 鱼嘴 🚀 alice@example.com"


@pytest.fixture(scope="module")
def running():
    with Sim() as sim, Gateway(CONFIG, sim_port=sim.port, files=FILES, workers=1) as gateway:
        yield sim, gateway


@pytest.fixture
def sim(running):
    running[0].reset()
    yield running[0]
    stats = running[0].stats()
    assert stats["violations"] == 0, stats["violation_list"]
    assert running[1].process.poll() is None, running[1].log()[-3000:]


@pytest.fixture
def client(running, sim):
    with openai.OpenAI(base_url=f"http://127.0.0.1:{running[1].port}/v1", api_key=CLIENT_KEYS["alice"], max_retries=0) as c:
        yield c


@pytest.fixture
def claude(running, sim):
    with anthropic.Anthropic(base_url=f"http://127.0.0.1:{running[1].port}", api_key=CLIENT_KEYS["alice"], max_retries=0) as c:
        yield c


def say(sim, text, chunks=1, **more):
    sim.script({"record": True, "default": {"text": text, "chunks": chunks, "prompt_tokens": 20, "completion_tokens": 30, **more}})


def ask_openai(client, model, text, stream):
    more = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], extra_headers={"cache-control": "no-cache"}, **more)
    if not stream:
        return answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage
    chunks = list(answer)
    return ("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), [c.choices[0].finish_reason for c in chunks if c.choices][-1],
            next((c.usage for c in chunks if c.usage), None))


def ask_claude(claude, model, text, stream):
    more = {"model": model, "max_tokens": 500, "messages": [{"role": "user", "content": text}]}
    if stream:
        with claude.messages.stream(**more) as s:
            answer = s.get_final_message()
    else:
        answer = claude.messages.create(**more)
    return answer.content[0].text if answer.content else "", answer.stop_reason, answer.usage


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["pii", "pii-claude"])
@pytest.mark.parametrize("chunks", [1, 7, 200])
def test_words_come_back(sim, client, claude, model, stream, chunks):
    say(sim, SAID, chunks)
    text, finish, usage = ask_openai(client, model, ASKED, stream)
    assert (text, finish) == (RESTORED, "stop") and usage.completion_tokens == 30
    text, finish, usage = ask_claude(claude, model, ASKED, stream)
    assert (text, finish) == (RESTORED, "end_turn") and usage.output_tokens == 30
    asked = json.dumps([e.get("body") for e in sim.log()], ensure_ascii=False)
    assert "<EMAIL_1>" in asked and "alice@example.com" not in asked and "1234567" not in asked, "the provider saw it"


def test_arguments_of_tools_too(sim, client):
    say(sim, "", 5, call={"name": "send_mail", "arguments": {"to": "<EMAIL_1>", "n": 12}})
    tools = [{"type": "function", "function": {"name": "send_mail", "description": "a tool", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}}}]
    for stream in (False, True):
        answer = client.chat.completions.create(model="pii", messages=[{"role": "user", "content": "use send_mail: " + ASKED}], tools=tools, stream=stream)
        if stream:
            arguments = "".join(t.function.arguments or "" for c in answer if c.choices for t in c.choices[0].delta.tool_calls or [])
        else:
            arguments = answer.choices[0].message.tool_calls[0].function.arguments
        assert json.loads(arguments) == {"to": "alice@example.com", "n": 12}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["guarded", "guarded-claude"])
@pytest.mark.parametrize("chunks", [1, 9, 200])
def test_a_guards_words_never_show(sim, client, claude, model, stream, chunks):
    say(sim, "Well, the top secrets are none; but the TOP Secret Plan is this: dig.", chunks)
    text, finish, _ = ask_openai(client, model, "what is it", stream)
    assert (text, finish) == ("Well, the top secrets are none; but the [removed by policy]", "content_filter")
    text, finish, _ = ask_claude(claude, model, "what is it", stream)
    assert (text, finish) == ("Well, the top secrets are none; but the [removed by policy]", "refusal")


def test_no_other_door(sim, client):
    """Every operation meets the guard: its words refused, answers it cannot look at not given."""
    for ask in (lambda: client.embeddings.create(model="guarded-embedding", input="Project Falcon"),
                lambda: client.completions.create(model="guarded-instruct", prompt="about project falcon"),
                lambda: client.responses.create(model="guarded", input="PROJECT FALCON"),
                lambda: client.chat.completions.create(model="guarded", messages=[{"role": "user", "content": [{"type": "text", "text": "project falcon"}]}])):
        with pytest.raises(openai.BadRequestError, match="may not be asked"):
            ask()
    with pytest.raises(openai.BadRequestError, match="ask by a chat"):
        client.completions.create(model="guarded-instruct", prompt="hello")
    assert client.embeddings.create(model="guarded-embedding", input="hello").data
    say(sim, "the top secret plan", 4)
    assert client.responses.create(model="guarded", input="hello").output_text == "the [removed by policy]"
    assert len([e for e in sim.log() if e.get("path")]) == 2, "a refused request went out"


def test_what_fails_does_not_come_through(running, sim, client):
    """Whatever `on_error` says: a function that fails, or takes too long, ends the answer with an error."""
    say(sim, "one two three four five six seven eight", 40)
    with pytest.raises(openai.InternalServerError, match="policy"):
        ask_openai(client, "endless", "hello", False)
    got = []
    with pytest.raises(openai.APIError):
        for chunk in client.chat.completions.create(model="broken", messages=[{"role": "user", "content": "hello"}], stream=True):
            got += [chunk.choices[0].delta.content or ""] if chunk.choices else []
    assert "one two three four five six seven eight".startswith("".join(got)) and len("".join(got)) < 20
    assert "boom" in running[1].log()
