"""The official Anthropic client for Python, unmodified: to Anthropic, and across to OpenAI."""
import asyncio
import json

import anthropic
import pytest
from tools import WEATHER
from simlib import expected

MODELS = ["claude-opus-4-6", "gpt-5.2", "gemini-3-flash", "gpt-5.3-codex"]  # the others are translated
TOOLS = [{"name": name, "description": "a tool", "input_schema": WEATHER} for name in ("get_weather", "get_tides")]


@pytest.fixture
def client(world):
    with anthropic.Anthropic(base_url=world.url, api_key=world.key, max_retries=0) as c:
        yield c


def ask(client, model, text="hello", **more):
    return client.messages.create(model=model, max_tokens=1000, messages=[{"role": "user", "content": text}], **more)


@pytest.mark.parametrize("model", MODELS)
def test_message(client, model):
    answer = ask(client, model, system="be brief")
    assert [b.type for b in answer.content] == ["text"]
    assert answer.content[0].text == expected(model, "hello")
    assert (answer.role, answer.type, answer.stop_reason) == ("assistant", "message", "end_turn")
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens == 120


@pytest.mark.parametrize("model", MODELS)
def test_stream(world, client, model):
    world.sim.script({"default": {"prompt_tokens": 50, "cached_tokens": 20, "completion_tokens": 9}})
    with client.messages.stream(model=model, max_tokens=1000, messages=[{"role": "user", "content": "hello"}]) as stream:
        kinds = [e.type for e in stream]
        final = stream.get_final_message()
    assert final.content[0].text == expected(model, "hello")
    assert final.stop_reason == "end_turn" and final.usage.output_tokens == 9
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop"
    if model == "claude-opus-4-6":
        assert final.usage.input_tokens == 30 and final.usage.cache_read_input_tokens == 20


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_tools(client, model, stream):
    """Two calls at once, their results, an answer."""
    messages = [{"role": "user", "content": "use get_weather and get_tides"}]
    if stream:
        with client.messages.stream(model=model, max_tokens=1000, messages=messages, tools=TOOLS) as s:
            answer = s.get_final_message()
    else:
        answer = client.messages.create(model=model, max_tokens=1000, messages=messages, tools=TOOLS)
    calls = [b for b in answer.content if b.type == "tool_use"]
    assert answer.stop_reason == "tool_use"
    assert [c.name for c in calls] == ["get_weather", "get_tides"]
    assert all(c.input["station"] == 9007199254740993 and "鱼" in c.input["city"] for c in calls)
    messages += [{"role": "assistant", "content": [b.model_dump(include={"type", "id", "name", "input"}) for b in calls]},
                 {"role": "user", "content": [{"type": "tool_result", "tool_use_id": calls[0].id, "content": "sunny"},
                                              {"type": "tool_result", "tool_use_id": calls[1].id, "content": [{"type": "text", "text": "high"}]},
                                              {"type": "text", "text": "and now?"}]}]
    answer = client.messages.create(model=model, max_tokens=1000, messages=messages, tools=TOOLS)
    assert answer.content[0].text == expected(model, "and now?" if model.startswith("gpt") else "sunnyhighand now?")


@pytest.mark.parametrize("model", MODELS)
def test_tool_choice(client, model):
    answer = ask(client, model, tools=TOOLS, tool_choice={"type": "tool", "name": "get_tides"})
    assert [b.name for b in answer.content if b.type == "tool_use"] == ["get_tides"]
    answer = ask(client, model, tools=TOOLS, tool_choice={"type": "any", "disable_parallel_tool_use": True})
    assert answer.stop_reason == "tool_use"
    assert ask(client, model, "use get_tides", tools=TOOLS, tool_choice={"type": "none"}).content[0].type == "text"


@pytest.mark.parametrize("model", MODELS)
def test_length(client, model):
    answer = client.messages.create(model=model, max_tokens=20, messages=[{"role": "user", "content": "hello"}])
    assert answer.stop_reason == "max_tokens" and answer.content[0].text == expected(model, "hello", 20)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("status, error", [(400, anthropic.BadRequestError), (404, anthropic.NotFoundError), (429, anthropic.RateLimitError),
                                           (500, anthropic.InternalServerError), (529, anthropic.InternalServerError), (401, anthropic.InternalServerError)])
def test_errors(world, client, model, status, error):
    world.sim.script({"rules": [{"do": {"status": status, "message": "what went wrong"}}]})
    with pytest.raises(error) as e:
        ask(client, model)
    assert e.value.status_code == {401: 502, 500: 502}.get(status, status)
    assert e.value.body["type"] == "error" and e.value.body["error"]["type"] and e.value.body["error"]["message"]
    with pytest.raises(error):
        with client.messages.stream(model=model, max_tokens=10, messages=[{"role": "user", "content": "hello"}]) as s:
            s.get_final_message()


def test_own_errors(client):
    with pytest.raises(anthropic.AuthenticationError):
        ask(client.with_options(api_key="sk-wrong"), "claude-opus-4-6")
    with pytest.raises(anthropic.PermissionDeniedError):
        ask(client.with_options(api_key="sk-client-bob-91cc"), "claude-opus-4-6")
    with pytest.raises(anthropic.NotFoundError):
        ask(client, "no-such-model")
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(model="gpt-5.2", max_tokens=10, messages="x")


@pytest.mark.parametrize("model", MODELS)
def test_stream_that_breaks(world, client, model):
    for fault in ({"close_after_chunks": 3}, {"error_event": {"after": 3, "type": "overloaded_error"}}):
        world.sim.script({"rules": [{"do": fault}]})
        with pytest.raises(anthropic.APIError):
            with client.messages.stream(model=model, max_tokens=100, messages=[{"role": "user", "content": "hello"}]) as s:
                s.get_final_message()


def test_thinking(world, client):
    world.sim.script({"default": {"reasoning": "let me see"}})
    answer = client.messages.create(model="claude-opus-4-6", max_tokens=4000, thinking={"type": "enabled", "budget_tokens": 2000},
                                    messages=[{"role": "user", "content": "hello"}])
    assert [b.type for b in answer.content] == ["thinking", "text"] and answer.content[0].signature
    assert [b.type for b in ask(client, "gpt-5.2").content] == ["thinking", "text"]


@pytest.mark.parametrize("stream", [False, True])
def test_thoughts_of_another_model(world, client, stream):
    """A talk that changes its model: Anthropic refuses thoughts it has not signed, so those of others must not get there."""
    messages = [{"role": "user", "content": "use get_weather"}]
    world.sim.script({"record": True, "default": {"reasoning": "let me see"}})
    for model in ("gpt-5.2", "claude-opus-4-6", "gpt-5.3-codex", "claude-opus-4-6", "gpt-5.3-codex", "gpt-5.2"):
        ask_for = {"model": model, "max_tokens": 4000, "messages": messages, "tools": TOOLS, "thinking": {"type": "enabled", "budget_tokens": 2000}}
        if stream:
            with client.messages.stream(**ask_for) as s:
                answer = s.get_final_message()
        else:
            answer = client.messages.create(**ask_for)
        assert answer.content[0].type == "thinking" and bool(answer.content[0].signature) == (model != "gpt-5.2")
        sent = world.sim.log()[-1]["body"]
        assert ("gAAAAAsim-_9" in sent) == (model == "gpt-5.3-codex" and len(messages) > 5)
        calls = [b for b in answer.content if b.type == "tool_use"]
        messages += [{"role": "assistant", "content": answer.content},
                     {"role": "user", "content": [{"type": "tool_result", "tool_use_id": c.id, "content": "sunny"} for c in calls] +
                                                 [{"type": "text", "text": "use get_tides"}]}]


def test_200_in_flight(world):
    world.sim.script({"default": {"delay": 300, "chunk_delay": [0, 20]}})

    async def one(client, i):
        model, text = MODELS[i % 2], f"question {i}"
        async with client.messages.stream(model=model, max_tokens=1000, messages=[{"role": "user", "content": text}]) as s:
            assert (await s.get_final_message()).content[0].text == expected(model, text)

    async def main():
        async with anthropic.AsyncAnthropic(base_url=world.url, api_key=world.key, max_retries=0) as client:
            await asyncio.gather(*(one(client, i) for i in range(200)))

    asyncio.run(main())
    assert world.sim.stats()["answered"] == 200


def test_strict_tools(world, client):
    """Optional properties: strict at Anthropic, refused as strict by OpenAI."""
    world.sim.script({"record": True})
    schemas = [{"type": "object", "properties": {"a": {"type": "string"}}, "required": required, "additionalProperties": False} for required in (["a"], [])]
    tools = [{"name": f"f{i}", "strict": True, "input_schema": s} for i, s in enumerate(schemas)]
    answer = client.messages.with_raw_response.create(model="gpt-5.2", max_tokens=100, messages=[{"role": "user", "content": "hello"}], tools=tools)
    assert answer.headers["x-yuzui-lost"] == "strict"
    assert [t["function"].get("strict") for t in json.loads(world.sim.log()[-1]["body"])["tools"]] == [True, None]


@pytest.mark.parametrize("model", ["gpt-5.2", "gpt-5-mini", "o3", "gpt-4o"])
def test_what_openai_models_refuse(world, client, model):
    """A client of Messages knows nothing of it."""
    answer = client.messages.create(model=model, max_tokens=3000, extra_body={"temperature": 0.7}, stop_sequences=["END"], thinking={"type": "enabled", "budget_tokens": 2000}, tools=TOOLS,
                                    tool_choice={"type": "auto", "disable_parallel_tool_use": True}, messages=[{"role": "user", "content": "hello"}])
    assert answer.content[-1].text == expected(model, "hello")
