"""The official OpenAI client for Python, unmodified, asking by Responses: to a provider of the same API, and across to the others."""
import asyncio
import http.client

import openai
import pytest
from pydantic import BaseModel
from simlib import expected
from tools import WEATHER

MODELS = ["gpt-5.3-codex", "gpt-5.2", "claude-opus-4-6", "gemini-3-flash"]  # the first speaks it itself
TOOLS = [{"type": "function", "name": name, "description": "a tool", "parameters": WEATHER, "strict": False} for name in ("get_weather", "get_tides")]


@pytest.fixture
def client(world):
    with openai.OpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c:
        yield c


@pytest.mark.parametrize("model", MODELS)
def test_create(client, model):
    answer = client.responses.create(model=model, input="hello")
    assert answer.output_text == expected(model, "hello")
    assert answer.status == "completed" and answer.object == "response" and answer.id.startswith("resp_")
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 100


@pytest.mark.parametrize("model", MODELS)
def test_stream(client, model):
    with client.responses.stream(model=model, input=[{"role": "user", "content": "hello"}]) as stream:
        events = list(stream)
        answer = stream.get_final_response()
    assert answer.output_text == expected(model, "hello")
    kinds = [e.type for e in events]
    assert kinds[:4] == ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]
    assert kinds[-4:] == ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"]
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert answer.usage.output_tokens > 0


@pytest.mark.parametrize("model", MODELS)
def test_tool_round(client, model):
    items = [{"role": "user", "content": "use get_weather"}]
    with client.responses.stream(model=model, instructions="be brief", input=items, tools=TOOLS) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_response()
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [call.name for call in calls] == ["get_weather"] and calls[0].call_id
    items += [item.model_dump(exclude={"parsed_arguments"}, exclude_none=True) for item in answer.output]
    items.append({"type": "function_call_output", "call_id": calls[0].call_id, "output": "22 degrees"})
    again = client.responses.create(model=model, instructions="be brief", input=items, tools=TOOLS)
    assert again.output_text and again.status == "completed"


@pytest.mark.parametrize("model", MODELS)
def test_error(client, model):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=model, input="go on", previous_response_id="resp_1")
    assert caught.value.param == "previous_response_id"
    assert ("not found" if model == "gpt-5.3-codex" else "all items") in str(caught.value)


@pytest.mark.parametrize("stream", [False, True])
def test_going_on(world, client, stream):
    """An answer that is kept is gone on from at the account that keeps it, whichever target comes first."""
    def ask(model, text, **more):
        if not stream:
            return client.responses.create(model=model, input=text, **more)
        with client.responses.stream(model=model, input=text, **more) as s:
            for _ in s:
                pass
            return s.get_final_response()
    world.sim.script({"record": True})
    first = ask("gpt-5.3-codex", "hello")
    second = ask("gpt-5.3-codex", "more", previous_response_id=first.id)
    assert second.output_text == expected("gpt-5.3-codex", "more") and second.id != first.id
    assert "_yz" in first.id and "_yz" not in world.sim.log()[-1]["body"]
    # kept by the second target of this model, which the first target does not know of
    third = ask("gpt-kept", "again", previous_response_id=second.id)
    assert third.output_text == expected("gpt-5.3-codex", "again") and world.sim.log()[-1]["provider"] == "responses"
    with pytest.raises(openai.BadRequestError) as caught:  # nobody else's, and not of another tenant
        ask("gpt-other", "again", previous_response_id=second.id)
    assert caught.value.code == "previous_response_not_found" and caught.value.param == "previous_response_id"
    bob = client.with_options(api_key="sk-client-bob-91cc")
    with pytest.raises(openai.BadRequestError):
        bob.responses.create(model="gpt-5.3-codex", input="again", previous_response_id=second.id)
    assert "_yz" not in ask("gpt-5.3-codex", "hello", store=False).id


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("status, error", [(400, openai.BadRequestError), (404, openai.NotFoundError), (429, openai.RateLimitError), (500, openai.InternalServerError),
                                           (503, openai.InternalServerError), (401, openai.InternalServerError)])
def test_errors(world, client, model, status, error):
    world.sim.script({"rules": [{"do": {"status": status, "message": "what went wrong"}}]})
    with pytest.raises(error) as e:
        client.responses.create(model=model, input="hello")
    assert e.value.body["message"] and e.value.code and e.value.request_id
    with pytest.raises(error):
        list(client.responses.create(model=model, input="hello", stream=True))


@pytest.mark.parametrize("model", MODELS)
def test_stream_that_breaks(world, client, model):
    for fault in ({"close_after_chunks": 3}, {"error_event": {"after": 3, "type": "server_error"}}):
        world.sim.script({"rules": [{"do": fault}]})
        got = []
        try:
            got = [e for e in client.responses.create(model=model, input="hello", stream=True)]
            assert got[-1].type == "response.failed" and got[-1].response.error.code and got[-1].response.error.message
        except openai.APIError:
            pass  # an error event, or an end without one: this client raises
        assert not got or got[-1].type != "response.completed"


class Person(BaseModel):
    name: str
    age: int


@pytest.mark.parametrize("model", MODELS)
def test_parse(world, client, model):
    world.sim.script({"default": {"text": '{"name": "鱼", "age": 3}'}})
    assert client.responses.parse(model=model, input="who?", text_format=Person).output_parsed == Person(name="鱼", age=3)


@pytest.mark.parametrize("model", MODELS)
def test_usage_and_length(world, client, model):
    world.sim.script({"default": {"prompt_tokens": 50, "cached_tokens": 20, "completion_tokens": 20}})
    answer = client.responses.create(model=model, input="hello", max_output_tokens=20)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert answer.output_text == expected(model, "hello", 20)
    assert (answer.usage.input_tokens, answer.usage.input_tokens_details.cached_tokens, answer.usage.output_tokens) == (50, 20, 20)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_thoughts_go_back(world, client, model, stream):
    """Thoughts of every vendor come back to it with the next turn; OpenAI refuses what it has not encrypted."""
    world.sim.script({"record": True, "default": {"reasoning": "let me see"}})
    items = [{"role": "user", "content": "use get_weather"}]
    ask_for = {"model": model, "tools": TOOLS, "store": False, "include": ["reasoning.encrypted_content"], "reasoning": {"effort": "high"}, "max_output_tokens": 30000}
    if stream:
        with client.responses.stream(input=items, **ask_for) as s:
            for _ in s:
                pass
            answer = s.get_final_response()
    else:
        answer = client.responses.create(input=items, **ask_for)
    assert [item.type for item in answer.output][:2] == ["reasoning", "function_call"]
    assert answer.output[0].summary[0].text == "let me see"
    items += [item.model_dump(exclude={"parsed_arguments"}, exclude_none=True) for item in answer.output]
    items += [{"type": "function_call_output", "call_id": item.call_id, "output": "sunny"} for item in answer.output if item.type == "function_call"]
    assert client.responses.create(input=items, **ask_for).status == "completed"
    sent = world.sim.log()[-1]["body"]
    seal = {"gpt-5.3-codex": "gAAAAAsim", "claude-opus-4-6": "c2ltIHNpZ25hdHVyZQ=="}.get(model)
    assert not seal or seal in sent


def test_a_talk_that_changes_its_model(world, client):
    """Each vendor gets its own thoughts, and none of the others'."""
    world.sim.script({"default": {"reasoning": "let me see"}})
    items = [{"role": "user", "content": "use get_weather"}]
    for model in MODELS * 2:
        answer = client.responses.create(model=model, input=items, tools=TOOLS, store=False, include=["reasoning.encrypted_content"] if model == "gpt-5.3-codex" else None)
        items += [item.model_dump(exclude_none=True) for item in answer.output]
        items += [{"type": "function_call_output", "call_id": item.call_id, "output": "sunny"} for item in answer.output if item.type == "function_call"]
        items.append({"role": "user", "content": "use get_tides"})


@pytest.mark.parametrize("model", MODELS)
def test_async_and_raw(world, model):
    async def run():
        async with openai.AsyncOpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c:
            raw = await c.responses.with_raw_response.create(model=model, input="hello")
            return raw.headers["x-request-id"], raw.parse().output_text

    request_id, text = asyncio.run(run())
    assert request_id and text == expected(model, "hello")


def test_websocket_is_refused_at_once(world):
    """Codex asks for a WebSocket first: at 426 it goes over to HTTP without another try."""
    connection = http.client.HTTPConnection("127.0.0.1", world.gateway.port, timeout=10)
    wish = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
    connection.request("GET", "/v1/responses", headers=wish)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("upgrade")) == (426, "HTTP/1.1") and b"use POST" in answer.read()
    connection.close()
