"""The official clients for Python pass over heartbeats, wherever they come: before the first event, between two, and before an error."""
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai
import pytest
from gateway import STANDARD, Gateway
from conftest import World
from google import genai
from google.genai import errors, types
from simlib import Sim, expected

MODELS = ["gpt-5.2", "claude-opus-4-6", "gemini-3-flash"]
SLOW = {"first_delay": 1300, "chunks": 2, "chunk_delay": 1300}


@pytest.fixture(scope="module")
def world():
    config = STANDARD.replace("timeout = { ${timeouts} }", "") + 'limits { heartbeat = "500ms" }\nchain { auth {} }\n'
    with Sim() as sim, Gateway(config, sim_port=sim.port, workers=2) as gateway:
        yield World(sim, gateway)


def by_chat(world, model):
    with openai.OpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c:
        return "".join(x.choices[0].delta.content or "" for x in c.chat.completions.create(model=model, stream=True, messages=[{"role": "user", "content": "hello"}]) if x.choices)


def by_responses(world, model):
    with openai.OpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c:
        return "".join(x.delta for x in c.responses.create(model=model, stream=True, input="hello") if x.type == "response.output_text.delta")


def by_messages(world, model):
    with anthropic.Anthropic(base_url=world.url, api_key=world.key, max_retries=0) as c, c.messages.stream(model=model, max_tokens=1000, messages=[{"role": "user", "content": "hello"}]) as s:
        return "".join(s.text_stream)


def by_gemini(world, model):
    client = genai.Client(api_key=world.key, http_options=types.HttpOptions(base_url=world.url))
    return "".join(c.text or "" for c in client.models.generate_content_stream(model=model, contents="hello"))


CLIENTS = [by_chat, by_responses, by_messages, by_gemini]


@pytest.mark.parametrize("model", MODELS)
def test_slow_streams(world, model):
    world.sim.script({"default": SLOW})
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(lambda ask: ask(world, model), CLIENTS)) == [expected(model, "hello")] * len(CLIENTS)


ERRORS = {by_chat: openai.APIError, by_responses: None, by_messages: anthropic.APIStatusError, by_gemini: errors.APIError}


@pytest.mark.parametrize("ask", CLIENTS)
def test_an_error_after_heartbeats(world, ask):
    world.sim.script({"default": {"delay": 1300, "status": 400, "message": "no such thing", "type": "invalid_request_error"}})
    if not ERRORS[ask]:  # an event of this client's, and no exception
        assert ask(world, "gpt-5.2") == ""
        return
    with pytest.raises(ERRORS[ask]) as failed:
        ask(world, "gpt-5.2")
    assert "no such thing" in str(failed.value)
