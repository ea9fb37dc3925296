"""The official OpenAI client for Python, unmodified, against the gateway: the same provider dialect, and across to Anthropic."""
import asyncio
import json

import openai
import pytest
from tools import WEATHER
from simlib import expected

MODELS = ["gpt-5.2", "claude-opus-4-6", "gemini-3-flash", "gpt-5.3-codex"]  # the others are translated
TOOLS = [{"type": "function", "function": {"name": name, "description": "a tool", "parameters": WEATHER}} for name in ("get_weather", "get_tides")]


@pytest.fixture
def client(world):
    with openai.OpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as c:
        yield c


def ask(client, model, text="hello", **more):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **more)


@pytest.mark.parametrize("model", MODELS)
def test_chat(client, model):
    answer = ask(client, model)
    assert answer.choices[0].message.content == expected(model, "hello")
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.object == "chat.completion" and answer.id and answer.created
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 100


@pytest.mark.parametrize("model", MODELS)
def test_stream(client, model):
    chunks = list(ask(client, model, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == expected(model, "hello")
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] == ["stop"]
    assert len({c.id for c in chunks}) == 1
    assert all(c.usage is None for c in chunks), "usage was not asked for"


@pytest.mark.parametrize("model", MODELS)
def test_stream_usage(world, client, model):
    world.sim.script({"default": {"prompt_tokens": 50, "cached_tokens": 20, "completion_tokens": 9}})
    chunks = list(ask(client, model, stream=True, stream_options={"include_usage": True}))
    usage = [c.usage for c in chunks if c.usage]
    assert len(usage) == 1 and chunks[-1].usage and chunks[-1].choices == []
    assert (usage[0].prompt_tokens, usage[0].completion_tokens, usage[0].total_tokens) == (50, 9, 59)
    assert usage[0].prompt_tokens_details.cached_tokens == 20


@pytest.mark.parametrize("model", MODELS)
def test_tool_round(client, model):
    """A call, its result, an answer: numbers past 2^53 and characters outside ASCII survive."""
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "use get_weather"}]
    answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS)
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert [c.function.name for c in message.tool_calls] == ["get_weather"]
    arguments = json.loads(message.tool_calls[0].function.arguments)
    assert arguments["station"] == 9007199254740993 and "鱼" in arguments["city"]
    messages += [message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "sunny"}]
    answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS)
    assert answer.choices[0].message.content == expected(model, "sunny")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
def test_parallel_tools(client, model, stream):
    messages = [{"role": "user", "content": "use get_weather and get_tides"}]
    calls = {}
    if stream:
        for chunk in client.chat.completions.create(model=model, messages=messages, tools=TOOLS, stream=True):
            for c in chunk.choices[0].delta.tool_calls or [] if chunk.choices else []:
                call = calls.setdefault(c.index, {"id": "", "name": "", "arguments": ""})
                call["id"] += c.id or ""
                call["name"] += c.function.name or ""
                call["arguments"] += c.function.arguments or ""
    else:
        message = client.chat.completions.create(model=model, messages=messages, tools=TOOLS).choices[0].message
        calls = {i: {"id": c.id, "name": c.function.name, "arguments": c.function.arguments} for i, c in enumerate(message.tool_calls)}
    assert sorted(calls) == [0, 1]
    assert [calls[i]["name"] for i in (0, 1)] == ["get_weather", "get_tides"]
    assert all(json.loads(c["arguments"])["station"] == 9007199254740993 for c in calls.values())
    assert len({c["id"] for c in calls.values()}) == 2
    assistant = {"role": "assistant", "content": None, "tool_calls": [
        {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}} for c in calls.values()]}
    results = [{"role": "tool", "tool_call_id": c["id"], "content": c["name"] + " done"} for c in calls.values()]
    answer = client.chat.completions.create(model=model, messages=messages + [assistant] + results + [{"role": "user", "content": "and now?"}], tools=TOOLS)
    assert answer.choices[0].message.content == expected(model, "and now?" if model.startswith("gpt") else "get_weather doneget_tides doneand now?")


@pytest.mark.parametrize("model", MODELS)
def test_tool_choice(client, model):
    answer = ask(client, model, tools=TOOLS, tool_choice={"type": "function", "function": {"name": "get_tides"}})
    assert [c.function.name for c in answer.choices[0].message.tool_calls] == ["get_tides"]
    answer = ask(client, model, "use get_weather", tools=TOOLS, tool_choice="none")
    assert answer.choices[0].message.content
    answer = ask(client, model, tools=TOOLS, tool_choice="required", parallel_tool_calls=False)
    assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("model", MODELS)
def test_images_and_parts(world, client, model):
    pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    content = [{"type": "text", "text": "what is "}, {"type": "image_url", "image_url": {"url": pixel}},
               {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}, {"type": "text", "text": "this?"}]
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
    assert answer.choices[0].message.content == expected(model, "what is this?")


@pytest.mark.parametrize("model", MODELS)
def test_length(client, model):
    answer = ask(client, model, max_completion_tokens=20)
    assert answer.choices[0].finish_reason == "length"
    assert answer.choices[0].message.content == expected(model, "hello", 20)


def test_models(client):
    assert {"gpt-5.2", "claude-opus-4-6", "kimi-k2.5"} <= {m.id for m in client.models.list()}


def test_pass_through(client):
    one = client.embeddings.create(model="text-embedding-3-small", input="hello")  # base64 on the wire
    two = client.embeddings.create(model="text-embedding-3-small", input=["hello", "you"], encoding_format="float")
    assert len(two.data) == 2 and one.data[0].embedding == pytest.approx(two.data[0].embedding)
    assert client.moderations.create(input="violence", model="omni-moderation-latest").results[0].flagged
    assert client.completions.create(model="gpt-3.5-turbo-instruct", prompt="hello").choices[0].text
    assert "".join(c.choices[0].text for c in client.completions.create(model="gpt-3.5-turbo-instruct", prompt="hello", stream=True) if c.choices)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("status, error", [(400, openai.BadRequestError), (404, openai.NotFoundError), (429, openai.RateLimitError), (500, openai.InternalServerError),
                                           (503, openai.InternalServerError), (529, openai.InternalServerError), (401, openai.InternalServerError)])
def test_errors(world, client, model, status, error):
    world.sim.script({"rules": [{"do": {"status": status, "message": "what went wrong"}}]})
    with pytest.raises(error) as e:
        ask(client, model)
    assert e.value.body["message"] and e.value.code and e.value.request_id
    if status in (400, 404):
        assert "what went wrong" in e.value.message
    with pytest.raises(error):
        ask(client, model, stream=True)


def test_own_errors(world, client):
    with pytest.raises(openai.AuthenticationError) as e:
        ask(client.with_options(api_key="sk-wrong"), "gpt-5.2")
    assert e.value.code == "invalid_api_key"
    with pytest.raises(openai.PermissionDeniedError):
        ask(client.with_options(api_key="sk-client-bob-91cc"), "claude-opus-4-6")
    with pytest.raises(openai.NotFoundError):
        ask(client, "no-such-model")
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="gpt-5.2", messages="x")


@pytest.mark.parametrize("model", MODELS)
def test_stream_that_breaks(world, client, model):
    world.sim.script({"rules": [{"do": {"close_after_chunks": 3}}]})
    with pytest.raises(openai.APIError):
        list(ask(client, model, stream=True))
    world.sim.script({"rules": [{"do": {"error_event": {"after": 3, "type": "overloaded_error"}}}]})
    with pytest.raises(openai.APIError):
        list(ask(client, model, stream=True))


def test_left_early(world, client):
    """A client that stops reading a stream: the provider's call ends."""
    world.sim.script({"default": {"chunk_delay": 100}})
    with ask(client, "gpt-5.2", stream=True) as stream:
        next(iter(stream))
    world.sim.wait(lambda log: any(e["aborted"] for e in log), what="a cancelled call")


@pytest.mark.parametrize("stream", [False, True])
def test_200_in_flight(world, stream):
    world.sim.script({"default": {"delay": 300, "chunk_delay": [0, 20]}})

    async def one(client, i):
        model, text = MODELS[i % 2], f"question {i}"
        answer = await client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], stream=stream)
        if stream:
            got = "".join([c.choices[0].delta.content or "" async for c in answer if c.choices])
        else:
            got = answer.choices[0].message.content
        assert got == expected(model, text)

    async def main():
        async with openai.AsyncOpenAI(base_url=world.url + "/v1", api_key=world.key, max_retries=0) as client:
            await asyncio.gather(*(one(client, i) for i in range(200)))

    asyncio.run(main())
    assert world.sim.stats()["answered"] == 200


def test_json_schema(world, client):
    world.sim.script({"record": True, "default": {"text": '{"a": 1}'}})
    schema = {"type": "json_schema", "json_schema": {"name": "thing", "strict": True, "schema": {"type": "object", "properties": {"a": {"type": "integer"}},
                                                                                                "required": ["a"], "additionalProperties": False}}}
    assert json.loads(ask(client, "gpt-5.2", response_format=schema).choices[0].message.content) == {"a": 1}
    assert json.loads(ask(client, "gpt-5.3-codex", response_format=schema).choices[0].message.content) == {"a": 1}
    assert json.loads(world.sim.log()[-1]["body"])["text"]["format"]["strict"] is True
    assert json.loads(ask(client, "gemini-2.5-flash", response_format=schema).choices[0].message.content) == {"a": 1}
    assert json.loads(world.sim.log()[-1]["body"])["generationConfig"]["responseMimeType"] == "application/json"
    assert json.loads(ask(client, "claude-opus-4-6", response_format=schema).choices[0].message.content) == {"a": 1}
    sent = json.loads(world.sim.log()[-1]["body"])
    assert sent["output_config"]["format"]["type"] == "json_schema"


@pytest.mark.parametrize("stream", [False, True])
def test_thoughts_and_counts_of_gemini(world, client, stream):
    world.sim.script({"default": {"reasoning": "let me see", "prompt_tokens": 50, "cached_tokens": 20, "completion_tokens": 9}})
    answer = ask(client, "gemini-3-flash", stream=stream, reasoning_effort="low", **({"stream_options": {"include_usage": True}} if stream else {}))
    if stream:
        chunks = list(answer)
        thoughts = "".join(getattr(c.choices[0].delta, "reasoning_content", None) or "" for c in chunks if c.choices)
        usage = chunks[-1].usage
    else:
        thoughts, usage = answer.choices[0].message.reasoning_content, answer.usage
    assert thoughts == "let me see"
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens) == (50, 20, 12)
    assert usage.completion_tokens_details.reasoning_tokens == 3


@pytest.mark.parametrize("stream", [False, True])
def test_encrypted_thoughts_go_back(world, client, stream):
    """A model that speaks Responses alone gets its own thoughts back, from a client that sends the message as it came; others do not."""
    world.sim.script({"record": True, "default": {"reasoning": "let me see"}})
    messages = [{"role": "user", "content": "use get_weather"}]
    if stream:
        with client.chat.completions.stream(model="gpt-5.3-codex", messages=messages, tools=TOOLS, reasoning_effort="high") as s:
            message = s.get_final_completion().choices[0].message
    else:
        message = client.chat.completions.create(model="gpt-5.3-codex", messages=messages, tools=TOOLS, reasoning_effort="high").choices[0].message
    assert message.reasoning_content == "let me see"
    messages += [message.model_dump(exclude={"parsed"}, exclude_none=True), {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "sunny"}]
    for call in messages[1]["tool_calls"]:
        call["function"].pop("parsed_arguments", None)
    for model in ("gpt-5.3-codex", "gpt-5.2", "claude-opus-4-6"):
        assert ask_with(client, model, messages) == expected(model, "sunny")
        assert ("gAAAAAsim-_9" in world.sim.log()[-1]["body"]) == (model == "gpt-5.3-codex")


def ask_with(client, model, messages):
    return client.chat.completions.create(model=model, messages=messages, tools=TOOLS).choices[0].message.content


def test_strict_tools(world, client):
    """What one API takes strictly the other may refuse: the request goes through, and says what was left out."""
    bounded = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"], "additionalProperties": False}
    closed = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
    tools = [{"type": "function", "function": {"name": name, "strict": True, "parameters": schema}} for name, schema in (("bounded", bounded), ("closed", closed))]
    world.sim.script({"record": True})
    answer = client.chat.completions.with_raw_response.create(model="claude-opus-4-6", messages=[{"role": "user", "content": "hello"}], tools=tools)
    assert answer.headers["x-yuzui-lost"] == "tools.function.strict"
    assert [t.get("strict") for t in json.loads(world.sim.log()[-1]["body"])["tools"]] == [None, True]


# ---- embeddings between dialects -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [None, "float", "base64"])
def test_embeddings_of_another_dialect(world, client, encoding):
    """The client asks for base64 unless told otherwise, and unpacks it; Gemini says numbers."""
    world.sim.script({"record": True})
    more = {"encoding_format": encoding} if encoding else {}
    answer = client.embeddings.create(model="gemini-embedding-001", input=["one", "two \"鱼\"\n"], dimensions=3, **more)
    assert [item.index for item in answer.data] == [0, 1] and answer.model == "gemini-embedding-001"
    vectors = [item.embedding for item in answer.data]
    if encoding == "base64":
        import base64
        import struct
        vectors = [list(struct.unpack("<3f", base64.b64decode(vector))) for vector in vectors]
    assert vectors == [[0.25, -0.5, 1], [0.25, -0.5, 1]]
    entry = world.sim.log()[-1]
    assert entry["path"].endswith(":batchEmbedContents")
    assert "\"outputDimensionality\":3" in entry["body"] and "two \\\"鱼\\\"\\n" in entry["body"]
    assert len(client.embeddings.create(model="gemini-embedding-001", input="one", **more).data) == 1
    with pytest.raises(openai.BadRequestError) as caught:  # numbers of tokens
        client.embeddings.create(model="gemini-embedding-001", input=[1, 2, 3])
    assert caught.value.param == "input"
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model="claude-opus-4-6", input="one")


@pytest.mark.parametrize("field, value", [("dimensions", "8"), ("dimensions", 0), ("dimensions", 2.5), ("dimensions", [8]), ("encoding_format", 7), ("encoding_format", "float64")])
def test_embeddings_of_a_wrong_kind(world, client, field, value):
    """What cannot be meant is not left out in silence."""
    with pytest.raises(openai.BadRequestError, match=field + " must be") as caught:
        client.embeddings.create(model="gemini-embedding-001", input="one", **{field: value})
    assert caught.value.param == field and not world.sim.log()


@pytest.mark.parametrize("vector", ["[1,null]", "[]", "[[1]]", "[true]", "[\"1\"]", "{}", "7"])
@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_vectors_of_no_numbers(world, client, vector, encoding):
    body = '{"embeddings":[{"values":%s}],"usageMetadata":{"promptTokenCount":3}}' % vector
    world.sim.script({"rules": [{"do": {"raw": f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"}}]})
    with pytest.raises(openai.APIStatusError, match="not one embedding, a list of numbers, for each input") as caught:
        client.embeddings.create(model="gemini-embedding-001", input="one", encoding_format=encoding)
    assert caught.value.status_code == 502 and len(world.sim.log()) == 1
