"""The official OpenAI client for Python, unmodified, asking by Responses: every model behind another API."""
import asyncio
import http.client

import openai
import pytest
from simlib import expected
from tools import WEATHER

MODELS = ["gpt-5.2", "claude-opus-4-6", "gemini-3-flash"]
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
    assert caught.value.param == "previous_response_id" and "all items" in str(caught.value)


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
